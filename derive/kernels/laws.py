r"""Laws as points with weights: an integral is a sum over points, an unknown density or function its values there.

``\int dx p(x) f(x)`` becomes ``\sum_s w_s f(x_s)``. Samples, quadratures and finite laws are of this form, and what is
proved for every law holds for them. A law of several variables has points of all of them together; a single binary
variable that is summed over is an axis of its two values, 1 and -1. A density that is no weight, and a function that
the paper leaves open, are arrays of values, over the points of what they depend on, the letters of their indices and
the values of binary variables. A density that stands in logarithms alone is given by its logarithm, which lasts where
the density itself is too small for a double.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count

from derive.constants import constant
from derive.expression import (
    Add,
    Applied,
    Call,
    Density,
    Dirac,
    Expr,
    Frac,
    Index,
    Integral,
    Kronecker,
    Mul,
    Neg,
    Number,
    Over,
    Symbol,
    ValueSum,
    Whole,
    free_indices,
    substitute_indices,
    walk,
)
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.names import identifier
from derive.latex.writer import write
from derive.notation import Declared, Range, Scope

VALUES = "value of a binary variable"
"""The range of the axis over the values 1 and -1."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Where the values of a density or function stand: its array, and what its axes are at one use."""

    name: str
    points: tuple[Index, ...]
    """The points on which it depends, of laws and of variables that a delta ties to them."""
    letters: tuple[Index, ...]
    values: tuple[Expr, ...]
    """The binary variables, or the numbers in their place."""


@dataclass
class Laws:
    """What integrals are over, and where the values of densities and functions stand, in one kernel.

    Raises KernelError for an integral that is no mean under a law.
    """

    kernel: KernelInput

    def __post_init__(self) -> None:
        self.scope = self.kernel.scope
        self.ranges: dict[str, str] = {}
        """The range of points of each variable of a law, by its name."""
        self.ties: dict[str, tuple[Symbol, Expr]] = {}
        """The variables that a delta ties to others, with what they are."""
        self.weights: dict[Density, str] = {}
        self.arrays: dict[str, Declared] = {}
        """The arrays of weights and values, by name, in the order in which they first stand in print."""
        self.operators: dict[str, tuple[Index, ...]] = {}
        """The points on which operators depend."""
        self.logs: set[str] = set()
        self.probabilities: set[str] = set()
        """The arrays of weights, and of densities that are given themselves."""
        self.names: dict[object, str] = {}
        self.plain: set[object] = set()
        """The densities that do not stand in logarithms alone, or not as factors."""
        self.depth = 0
        """In how many logarithms the expression at hand stands."""
        sides = [self.kernel.right, *(rule.right for rule in self.kernel.definitions)]
        self.is_needed = any(isinstance(one, _OPEN) for side in sides for one in walk(side))
        if self.is_needed:
            self.find(sides)

    # -- laws ----------------------------------------------------------------------------------------------------------

    def find(self, sides: list[Expr]) -> None:
        """The laws of all integrals; then which densities are given by their logarithms."""
        nodes = [one for side in sides for one in walk(side)]
        binders = [one for one in nodes if isinstance(one, Integral) or is_over_a_column(one)]
        names = {one.variable.name for one in binders}
        tied: list[tuple[Symbol, Expr]] = []
        for one in binders:
            said = tie(one)
            if said is not None:
                tied.append((one.variable, said))
                continue
            weight = self.weight(one.variable, one.body, names)
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
            if outside_logs(one.body).count(weight) != 1:
                raise KernelError(f"the law {write(weight, self.scope)} stands twice in an integral over it")
            self.weights.setdefault(weight, "")
        for variable, value in tied:
            points = [
                self.ranges[one.name] for one in walk(value) if isinstance(one, Symbol) and one.name in self.ranges
            ]
            if not points:
                raise KernelError(f"the delta sets {variable.name} to something that is of no law")
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

    # -- arrays --------------------------------------------------------------------------------------------------------

    def is_value(self, expr: Expr) -> bool:
        """Whether something in a bracket is a single binary variable, or a value of one."""
        if constant(expr) in (1, -1):
            return True
        if not isinstance(expr, Symbol) or expr.name in self.ranges:
            return False
        declared = self.scope.symbols.get(expr.name)
        whole = any(not isinstance(slot, Index) for slot in expr.slots)
        return declared is not None and declared.domain == "binary" and not whole

    def point(self, name: str) -> Index:
        """The index of the points of a variable."""
        return Index(name, self.ranges[name]) if name in self.ties else point(self.ranges[name])

    def opened(self, expr: Density | Applied, *, log: bool = False, weights: bool = True) -> Opened:
        """Where the values of a density or function stand: perhaps as weights, or by its logarithm."""
        function = isinstance(expr, Applied)
        values = tuple(part for part in _bracket(expr) if self.is_value(part))
        if any(constant(part) is not None for part in _bracket(expr)) and not function:
            raise KernelError(f"the density {write(expr, self.scope)} is one at a printed value")
        points = self.points_of(expr)
        letters: dict[Index, None] = dict.fromkeys(s for s in getattr(expr, "slots", ()) if isinstance(s, Index))
        for part in _bracket(expr):
            if not (function and part in values):
                named = [slot for one in walk(part) for slot in getattr(one, "slots", ()) if isinstance(slot, Index)]
                letters |= dict.fromkeys(letter for letter in named if letter in free_indices(part))
        own = self.weights.get(expr) if isinstance(expr, Density) and weights and not log else None
        key = (log, *self.key(expr))
        name = own or self.names.get(key) or self.named(expr, log)
        if not own:
            self.names[key] = name
        if name not in self.arrays:
            ranges = tuple(dict.fromkeys(one.range for one in points))
            slots = (*ranges, *(letter.range for letter in letters), *[VALUES] * len(values))
            self.arrays[name] = self.declared(name, expr, slots, log=log, weights=bool(own))
        return Opened(name, points, tuple(letters), values)

    def points_of(self, expr: Density | Applied) -> tuple[Index, ...]:
        """The points on which something depends by its bracket."""
        symbols = (one for part in _bracket(expr) for one in walk(part) if isinstance(one, Symbol))
        return tuple(dict.fromkeys(self.point(one.name) for one in symbols if one.name in self.ranges))

    def key(self, expr: Density | Applied) -> tuple[object, ...]:
        """What is the same for two uses of one array: letters by their order, and a mark for values."""
        letters = dict.fromkeys(slot for slot in getattr(expr, "slots", ()) if isinstance(slot, Index))
        for part in _bracket(expr):
            letters |= dict.fromkeys(sorted(free_indices(part), key=lambda letter: letter.name))
        change = {letter: Index(f"#{number}", letter.range) for number, letter in enumerate(letters)}
        if isinstance(expr, Applied):
            bracket = tuple(
                "value" if self.is_value(part) else substitute_indices(part, change) for part in _bracket(expr)
            )
            return (expr.name, bracket)
        return (expr.law, *(tuple(substitute_indices(part, change) for part in side) for side in (expr.of, expr.given)))

    def weight_key(self, weight: Density) -> tuple[object, ...]:
        """What is the same for the weights of a law of several variables and for those of its law of some of them."""
        points = {self.ranges[part.name] for part in weight.of if isinstance(part, Symbol) and part.name in self.ranges}
        values = tuple(part for part in weight.of if not (isinstance(part, Symbol) and part.name in self.ranges))
        return ("weights", *points, *self.key(replace(weight, of=values)))

    def named(self, expr: Density | Applied, log: bool) -> str:
        """A name for an array of values that no symbol and no other array has."""
        if isinstance(expr, Applied):
            name = expr.name
            taken = set(self.arrays)
        else:
            said = [" ".join(identifier(_plain(part)) for part in side) for side in (expr.of, expr.given) if side]
            name = f"{'log ' if log else ''}{identifier(expr.law)} {' given '.join(said)}"
            taken = {*self.scope.symbols, *self.arrays}
        return next(
            one for number in range(1, 100) if (one := name if number == 1 else f"{name} {number}") not in taken
        )

    def declared(
        self, name: str, expr: Density | Applied, slots: tuple[str, ...], *, log: bool, weights: bool
    ) -> Declared:
        """What an array of values is."""
        printed = f"${write(expr, self.scope)}$"
        values = slots.count(VALUES)
        said = ["at each point"] * any(slot in self.ranges.values() for slot in slots)
        said += ["for the values 1 and -1" + " of each binary variable" * (values > 1)] * (values > 0)
        what = f"weights of the points of the law {printed}" if weights else f"log of {printed}" if log else printed
        if weights:
            said = said[1:]
        if log:
            self.logs.add(name)
        elif isinstance(expr, Density):
            self.probabilities.add(name)
        domain = "real" if log or isinstance(expr, Applied) else "nonnegative"
        return Declared(name, slots=slots, domain=domain, meaning=" ".join((what, ", ".join(said))).strip())

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
        points = self.ranges[variable.name]
        within = self.visit(body, inside | {variable.name})
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
        for above, part in _parts(argument):
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


_OPEN = (Integral, Density, Applied, Kronecker)


def point(range_: str) -> Index:
    """The index of the points of a law."""
    return Index("s", range_)


def is_over_a_column(expr: Expr) -> bool:
    """Whether an expression sums over the values of a whole column of binary variables."""
    return isinstance(expr, ValueSum) and any(isinstance(slot, Whole) for slot in expr.variable.slots)


def outside_logs(expr: Expr) -> list[Density]:
    """The densities in an expression that do not stand in a logarithm."""
    if isinstance(expr, Density):
        return [expr]
    if isinstance(expr, Call) and expr.function == "log":
        return []
    return [one for child in expr.children for one in outside_logs(child)]


def factors_of(body: Expr) -> Iterator[Density]:
    """The densities by which a body is multiplied."""
    match body:
        case Density():
            yield body
        case Mul(factors=factors):
            for factor in factors:
                yield from factors_of(factor)
        case Neg(term=inner) | Integral(body=inner) | ValueSum(body=inner) | Frac(top=inner):
            yield from factors_of(inner)


def tie(expr: Integral | ValueSum) -> Expr | None:
    """What a delta under an integral sets its variable to."""
    for one in walk(expr.body):
        match one:
            case Dirac(argument=Add(terms=(first, second))):
                for own, other in ((first, second), (second, first)):
                    if own == expr.variable and isinstance(other, Neg):
                        return other.term
                    if own == Neg(expr.variable):
                        return other
    return None


def without_delta(body: Expr, variable: Symbol) -> Expr:
    """The body of an integral whose variable a delta sets, without the delta; factors go to where the delta stood."""
    match body:
        case Mul(factors=factors):
            for number, factor in enumerate(factors):
                rest = (*factors[:number], *factors[number + 1 :])
                if isinstance(factor, Dirac) and variable in tuple(walk(factor)):
                    return rest[0] if len(rest) == 1 else Mul(rest)
                inside = isinstance(factor, Integral | ValueSum | Mul)
                if inside and any(isinstance(one, Dirac) and variable in tuple(walk(one)) for one in walk(factor)):
                    return without_delta(_put_in(factor, rest), variable)
        case Integral(body=inner) | ValueSum(body=inner):
            return replace(body, body=without_delta(inner, variable))
        case Neg(term=term):
            return Neg(without_delta(term, variable))
    raise KernelError(f"a delta that sets {variable.name} and is no factor cannot be compiled yet")


def _put_in(expr: Expr, factors: tuple[Expr, ...]) -> Expr:
    """An expression times some factors, these inside its integrals."""
    match expr:
        case Integral(body=inner) | ValueSum(body=inner):
            return replace(expr, body=_put_in(inner, factors))
        case Mul(factors=own):
            return Mul((*factors, *own))
    return Mul((*factors, expr))


def _parts(expr: Expr, above: bool = True) -> Iterator[tuple[bool, Expr]]:
    """The factors of an expression, and whether they stand above the line."""
    match expr:
        case Mul(factors=factors):
            for factor in factors:
                yield from _parts(factor, above)
        case Frac(top=top, bottom=bottom):
            yield from _parts(top, above)
            yield from _parts(bottom, not above)
        case _:
            yield above, expr


def _bracket(expr: Density | Applied) -> tuple[Expr, ...]:
    return expr.arguments if isinstance(expr, Applied) else (*expr.of, *expr.given)


def _plain(expr: Expr) -> str:
    return expr.name if isinstance(expr, Symbol) else "".join(str(one) for one in walk(expr) if isinstance(one, Symbol))


__all__ = ["VALUES", "Laws", "Opened", "is_over_a_column", "tie"]
