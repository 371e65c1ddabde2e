r"""Laws as points with weights: integrals as sums over points.

``\int dx p(x) f(x)`` becomes ``\sum_s w_s f(x_s)``. Samples, quadratures and finite laws are of this form, and what is
proved for every law holds for them. A law of several variables has points of all of them together; a single binary
variable that is summed over is an axis of its two values, 1 and -1. A density that is no weight, and a function that
the paper leaves open, are arrays of values (:mod:`derive.kernels.openings`).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import count

from derive.expression import (
    SCALAR,
    Add,
    Applied,
    Call,
    Density,
    Expr,
    Frac,
    Index,
    Integral,
    Kronecker,
    Mul,
    Neg,
    Number,
    Over,
    Partial,
    Symbol,
    ValueSum,
    walk,
)
from derive.kernels.integrands import factors_of, is_over_a_column, outside_logs, parts_of, tie, without_delta
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.names import identifier
from derive.kernels.openings import VALUES, Opened, Openings, point
from derive.latex.writer import write
from derive.notation import Range, Scope

_OPEN = (Integral, Density, Applied, Kronecker)


class Laws(Openings):
    """What integrals are over, and where the values of densities and functions stand, in one kernel.

    Raises KernelError for an integral that is no mean under a law.
    """

    def __init__(self, kernel: KernelInput) -> None:
        super().__init__(kernel.scope)
        self.kernel = kernel
        self.operators: dict[str, tuple[Index, ...]] = {}
        """The points on which operators depend."""
        self.plain: set[object] = set()
        """The densities that do not stand in logarithms alone, or not as factors."""
        self.depth = 0
        """In how many logarithms the expression at hand stands."""
        sides = [kernel.right, *(rule.right for rule in kernel.definitions)]
        self.is_needed = any(isinstance(one, _OPEN) or is_over_a_column(one) for side in sides for one in walk(side))
        if self.is_needed:
            self.find(sides)

    def find(self, sides: list[Expr]) -> None:
        """The laws of all integrals; then which densities are given by their logarithms."""
        nodes = [one for side in sides for one in walk(side)]
        binders = [one for one in nodes if isinstance(one, Integral) or is_over_a_column(one)]
        names = {one.variable.name for one in binders}
        tied: list[tuple[Symbol, Expr]] = []
        for one in binders:
            weight = self.weight(one.variable, one.body, names)
            said = tie(one) if weight is None else None
            if said is not None:
                tied.append((one.variable, said))
                continue
            if weight is None:
                raise KernelError(
                    f"the {'integral' if isinstance(one, Integral) else 'sum'} over {one.variable.name} has no density"
                    " of it, so that it is no mean over the points of a law"
                )
            own = [part.name for part in weight.of if isinstance(part, Symbol) and part.name in names]
            known = next((self.ranges[name] for name in own if name in self.ranges), None)
            for name in own:
                self.ranges[name] = known or (f"point {len(set(self.ranges.values())) + 1}" if self.ranges else "point")
                known = self.ranges[name]
            if any(isinstance(inner, Integral) and inner.variable == one.variable for inner in walk(one.body)):
                raise KernelError(f"an integral over {one.variable.name} inside another one cannot be compiled yet")
            self.weights.setdefault(weight, "")
        for one in binders:
            laws = [law for law in outside_logs(one.body) if law in self.weights and one.variable in law.of]
            if (one.variable, tie(one)) not in tied and len(laws) != 1:
                raise KernelError(f"the law {write(laws[0], self.scope)} stands twice in an integral over it")
        for variable, value in tied:
            points = [
                self.ranges[one.name] for one in walk(value) if isinstance(one, Symbol) and one.name in self.ranges
            ]
            if not points or variable.type != SCALAR:
                raise KernelError(f"the delta sets {variable.name} to something that is of no law, or is no number")
            self.ties[variable.name] = (variable, value)
            self.ranges[variable.name] = points[0]
        keys = {weight: self.weight_key(weight) for weight in self.weights}
        for weight, key in keys.items():
            single = len({*keys.values()}) == 1
            said = " ".join(identifier(part.name) for part in weight.of if isinstance(part, Symbol))
            self.weights[weight] = self.names.setdefault(key, "weights" if single else f"weights {said}")
        for side in sides:
            self.visit(side, frozenset())
        self.arrays, self.logs = {}, set()

    def weight(self, variable: Symbol, body: Expr, names: set[str]) -> Density | None:
        """The density by which a body is a mean over a variable: the one of its law, if there are several."""
        found = [
            one
            for one in factors_of(body)
            if any(isinstance(part, Symbol) and part.name == variable.name for part in one.of)
            and not any(isinstance(s, Symbol) and s.name in names for given in one.given for s in walk(given))
        ]
        declared = self.scope.symbols.get(variable.name)
        law = declared.law if declared is not None else None
        return next((one for one in found if one.law == law), found[0] if found else None)

    # -- the tree with arrays ------------------------------------------------------------------------------------------

    def lowered(self) -> KernelInput:
        """The kernel with sums over points for integrals, and arrays for densities and functions."""
        if not self.is_needed:
            return self.kernel
        right = self.visit(self.kernel.right, frozenset())
        rules = [replace(rule, right=self.visit(rule.right, frozenset())) for rule in self.kernel.definitions]
        rules = [rule for rule in rules if not (isinstance(rule.left, Symbol) and rule.left.name in self.ranges)]
        return replace(self.kernel, right=right, definitions=tuple(rules), scope=self.extended())

    def extended(self) -> Scope:
        """The scope with the ranges of points and of values, and with the arrays."""
        ranges, symbols = dict(self.scope.ranges), dict(self.scope.symbols)
        sizes = {one.size for one in ranges.values()}
        for name in dict.fromkeys(self.ranges.values()):
            size = next(one for n in count(1) if (one := "S" if n == 1 else f"S_{n}") not in sizes)
            sizes.add(size)
            ranges[name] = Range(name, size, ("s",))
        ranges[VALUES] = Range(VALUES, "2", ("b",))
        for name, points in self.ranges.items():
            if name not in self.ties and name in symbols:
                symbols[name] = replace(symbols[name], slots=(points, *symbols[name].slots))
        for name, points in self.operators.items():
            symbols[name] = replace(symbols[name], slots=(*(one.range for one in points), *symbols[name].slots))
        return replace(self.scope, ranges=ranges, symbols=symbols | self.arrays)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the docstring of a kernel says of its laws."""
        if not self.ranges:
            return ()
        return (
            "A law is given as points with weights: samples of equal weight, a quadrature, or a finite law, whose",
            "density is the weight. What is proved for every law holds for these. The weights of a law add up to 1,",
            "which is not checked; points of weight 0 do not count, whatever is given there.",
        )

    def visit(self, expr: Expr, inside: frozenset[str]) -> Expr:
        """An expression with arrays; ``inside`` are the variables of the integrals around it."""
        match expr:
            case Symbol(name=name) if name in self.ties and expr == self.ties[name][0]:
                return self.visit(self.ties[name][1], inside)
            case Symbol(name=name) if name in self.ranges:
                return replace(expr, slots=(point(self.ranges[name]), *expr.slots))
            case Integral() if expr.variable.name in self.ties:
                return self.visit(without_delta(expr.body, expr.variable), inside)
            case Integral(variable=variable, body=body):
                return self.over_points(variable, body, inside)
            case ValueSum(variable=variable, body=body) if is_over_a_column(expr):
                return self.over_points(variable, body, inside)
            case Density():
                if self.depth or expr not in self.weights:
                    self.plain.add(self.key(expr))
                return self.applied(self.opened(expr, weights=not self.depth))
            case Applied(own=own) if own.kind == "scalar":
                if any(isinstance(part, Density) for part in expr.arguments):
                    raise KernelError(f"{expr.name} is a functional of a law, and no formula of it is known")
                return self.applied(self.opened(expr))
            case Applied(own=own) if own.kind == "operator" and self.points_of(expr):
                points = tuple(dict.fromkeys(point(one.range) for one in self.points_of(expr)))
                if self.operators.setdefault(expr.name, points) != points:
                    raise KernelError(f"{expr.name} is taken at points of a law, and elsewhere at other ones")
                return replace(expr, arguments=(), slots=(*points, *expr.slots))
            case Partial():
                return self.gradient(expr)
            case Call(function="log", argument=argument):
                return self.log(argument, inside)
            case Kronecker(left=left, right=right):
                if not (self.is_sign(left) and self.is_sign(right)):
                    raise KernelError("a Kronecker delta of what is not 1 or -1 cannot be compiled yet")
                product = Mul((self.visit(left, inside), self.visit(right, inside)))
                return Frac(Add((Number(Fraction(1)), product)), Number(Fraction(2)))
        return expr.map(lambda child: self.visit(child, inside))

    def over_points(self, variable: Symbol, body: Expr, inside: frozenset[str]) -> Expr:
        """The sum over the points of a law; the variables of a law together have one."""
        points, depth = self.ranges[variable.name], self.depth
        self.depth = 0
        within = self.visit(body, inside | {variable.name})
        self.depth = depth
        if any(self.ranges[name] == points for name in inside):
            return within
        return Over("sum", point(points), (), within)

    def applied(self, opened: Opened) -> Applied:
        points = dict.fromkeys(one.range for one in opened.points)
        return Applied(opened.name, opened.values, slots=(*map(point, points), *opened.letters))

    def log(self, argument: Expr, inside: frozenset[str]) -> Expr:
        """A logarithm, with those of densities that are given so apart."""
        self.depth += 1
        terms: list[Expr] = []
        rest: list[tuple[bool, Expr]] = []
        for above, part in parts_of(argument):
            found = self.log_of(part)
            if found is None:
                rest.append((above, self.visit(part, inside)))
            else:
                terms.append(found if above else Neg(found))
        if rest:
            above, below = ([part for up, part in rest if up is side] for side in (True, False))
            top = above[0] if len(above) == 1 else Mul(tuple(above)) if above else Number(Fraction(1))
            whole = Frac(top, below[0] if len(below) == 1 else Mul(tuple(below))) if below else top
            terms.append(Call("log", whole if terms else self.visit(argument, inside)))
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def log_of(self, part: Expr) -> Expr | None:
        """The logarithm of a density that is given by it, or of a product of such; None of anything else."""
        match part:
            case Density() if self.key(part) not in self.plain:
                return self.applied(self.opened(part, log=True))
            case Over(operation="product", body=body):
                inner = self.log_of(body)
                return None if inner is None else replace(part, operation="sum", body=inner)
        return None

    def weighs(self, factors: tuple[Expr, ...]) -> bool:
        """Whether a product has a weight in it, and a logarithm, which may be infinite where the weight is 0."""
        weights, rest = self.apart(factors)
        infinite = any(
            (isinstance(one, Call) and one.function == "log") or (isinstance(one, Applied) and one.name in self.logs)
            for part in rest
            for one in walk(part)
        )
        return bool(weights) and infinite

    def apart(self, factors: tuple[Expr, ...]) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
        """The weights and probabilities in a product, and the rest."""
        weights = tuple(one for one in factors if isinstance(one, Applied) and one.name in self.probabilities)
        return weights, tuple(one for one in factors if one not in weights)

    def is_sign(self, expr: Expr) -> bool:
        """Whether an expression is 1 or -1: a product of binary variables."""
        return all(map(self.is_sign, expr.factors)) if isinstance(expr, Mul) else self.is_value(expr)


__all__ = ["Laws"]
