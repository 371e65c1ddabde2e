"""How an expression scales when units change: its weight, and what logarithms gain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from derive.algebra.atoms import SIZE, Sym
from derive.algebra.indexed import Poly, SingularTerm, atom, freshen, new_index, number, recanonical, rename_poly
from derive.algebra.indices import indices_of_poly
from derive.algebra.lowering import Lowering
from derive.algebra.raising import Raising
from derive.algebra.rules import Unsupported
from derive.analytic import Binomial, Definite, Factorial, Infinity, Series, Special
from derive.constants import constant
from derive.dimension import Dimension
from derive.expression import (
    Abs,
    Add,
    Applied,
    Bra,
    Call,
    Commutator,
    Count,
    Dagger,
    Density,
    Det,
    Dirac,
    Dot,
    Element,
    Expectation,
    Expr,
    Frac,
    Gaussian,
    Identity,
    ImaginaryUnit,
    Index,
    Integral,
    Ket,
    Kronecker,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pattern,
    Pow,
    Size,
    StateMean,
    Symbol,
    Transpose,
    ValueSum,
    Zero,
    walk,
)
from derive.latex.writer import write
from derive.notation import WHOLE, Scope
from derive.units.demands import Demands
from derive.units.weights import (
    ANY,
    UNIT,
    UNKNOWN,
    is_plain,
)

PURE = ("binary", *WHOLE, "unit")
"""Domains of pure numbers, which need no dimension in the table."""


@dataclass(frozen=True)
class Scaling:
    """Under a change of units E becomes e^weight (E + gain); no gain is zero."""

    weight: Poly = field(default_factory=Poly)
    gain: Expr | None = None


class Rules:
    """How expressions of a scope scale: one case for each kind of node. What they need goes to ``demands``."""

    def __init__(self, scope: Scope, dimensions: Mapping[str, Dimension | None], demands: Demands) -> None:
        self.scope = scope
        self.dimensions = dimensions
        self.demands = demands
        self.lowering = Lowering(scope)
        self.raising = Raising(scope)
        self.open: list[str] = []
        """What has no rule here."""
        self.fresh = 0

    def scaling(self, expr: Expr) -> Scaling:
        """The weight and gain of an expression; what it demands of its parts is recorded."""
        try:
            return self.rule(expr)
        except (Unsupported, SingularTerm) as problem:
            return self.unknown(str(problem))

    def rule(self, expr: Expr) -> Scaling:
        match expr:
            case Number(value=0) | Zero():
                return self.free()
            case Number() | Size() | Identity():
                return Scaling()
            case Symbol(name=name):
                return Scaling(self.symbol(name))
            case Neg(term=part) | Transpose(of=part) | Element(of=part) | Call(function="Trace", argument=part):
                return self.linear(expr, part)
            case Norm(of=part) | Abs(of=part):
                return Scaling(self.bare(part))
            case Det(of=part):
                return Scaling(self.bare(part) * self.count(part.type.axes[:1]))
            case Mul() | Dot():
                return self.linear(expr, *expr.children)
            case Frac(top=top, bottom=bottom):
                found = self.linear(expr, top)
                return Scaling(found.weight - self.bare(bottom), found.gain)
            case Pow():
                return self.power(expr)
            case Add(terms=terms):
                return self.added(terms)
            case Over(operation=operation, index=index, excluded=excluded, body=body):
                return self.over(expr, operation, index, excluded, body)
            case Call(function=function, argument=argument):
                return self.function(function, argument)
            case Pattern(diagonal=diagonal, upper=upper, lower=lower):
                return Scaling(self.bare(Add((diagonal, upper, lower))))
            case Density(of=of, given=given):
                for part in given:
                    self.scaling(part)
                return Scaling(-sum((self.volume(part) for part in of), Poly()))
            case Gaussian(of=of, mean=mean, covariance=covariance):
                square = self.bare(Add((of, mean))).scaled(Fraction(2))
                says = f"{self.written(covariance)} is a covariance and has the dimension of {self.written(of)} squared"
                self.demands.demand(self.bare(covariance) - square, f"{says} times ")
                return Scaling(-self.volume(of))
            case Integral(variable=variable, body=body):
                found = self.averaged(expr, body)
                return Scaling(found.weight + self.volume(variable), found.gain)
            case Definite(variable=variable, lower=lower, upper=upper, body=body):
                self.between(variable, (lower, upper))
                found = self.averaged(expr, body)
                return Scaling(found.weight + self.bare(variable), found.gain)
            case Series(operation="sum", variable=variable, lower=lower, upper=upper, body=body):
                self.between(variable, (lower, upper))
                return self.averaged(expr, body)
            case Factorial() | Binomial() | Special():
                for part in expr.children:
                    self.pure(part, f"the argument of {self.written(expr)}")
                return Scaling()
            case Expectation():
                return self.moment(expr)
            case ValueSum(body=body):
                return self.averaged(expr, body)
            case ImaginaryUnit() | Count() | Ket() | Bra():
                return Scaling()
            case Kronecker(left=left, right=right):
                self.bare(Add((left, right)))
                return Scaling()
            case Dirac(argument=argument):
                return Scaling(-self.bare(argument))
            case StateMean(of=part) | Dagger(of=part):
                return self.linear(expr, part)
            case Commutator(left=left, right=right):
                return self.linear(expr, left, right)
            case Applied(name=name, arguments=arguments):
                for part in arguments:
                    self.bare(part)
                return Scaling(self.symbol(name))
            case _:
                return self.unknown(f"{type(expr).__name__} has no rule for dimensions yet")

    def symbol(self, name: str) -> Poly:
        declared = self.scope.symbols.get(name)
        known = self.dimensions.get(name)
        if known is not None:
            return sum((atom(Sym(UNIT + base)).scaled(power) for base, power in known.exponents.items()), Poly())
        if declared is not None and declared.part_of is not None:
            return self.symbol(declared.part_of[1])
        if name == r"\pi" or (declared is not None and declared.domain in PURE):
            return Poly()
        return atom(Sym(UNKNOWN + name))

    def linear(self, expr: Expr, *parts: Expr) -> Scaling:
        """A node that is linear in each of its parts: its gain is the node with the gain of a part put for the part."""
        found = [(part, self.scaling(part)) for part in parts]
        weight = sum((inner.weight for _, inner in found), Poly())
        gaining = [inner for inner in found if inner[1].gain is not None]
        if len(gaining) > 1:
            return self.unknown(f"{self.written(expr)} is a product of logarithms")
        if not gaining:
            return Scaling(weight)
        ((gains, inner),) = gaining
        return Scaling(weight, expr.map(lambda child: inner.gain if child is gains and inner.gain else child))

    def added(self, terms: tuple[Expr, ...]) -> Scaling:
        found = [self.scaling(term) for term in terms]
        for term, inner in zip(terms[1:], found[1:], strict=True):
            says = f"{self.written(term)} has the dimension of {self.written(terms[0])} times "
            self.demands.demand(inner.weight - found[0].weight, says)
        gains = tuple(inner.gain for inner in found if inner.gain is not None)
        return Scaling(found[0].weight, Add(gains) if gains else None)

    def power(self, expr: Pow) -> Scaling:
        weight, exponent = self.bare(expr.base), constant(expr.exponent)
        if exponent is not None:
            return Scaling(weight.scaled(exponent))
        self.pure(expr.exponent, "an exponent")
        return Scaling(weight * freshen(self.lowering.scalar(expr.exponent)) if weight else weight)

    def over(self, expr: Expr, operation: str, index: Index, excluded: tuple[Index, ...], body: Expr) -> Scaling:
        bound = new_index(index.range)
        if operation == "product":
            weight = rename_poly(self.bare(body), {index: bound})
            return Scaling(recanonical(self.lowering.summed(weight, bound, excluded)))
        found = self.linear(expr, body)
        if index in indices_of_poly(self.demands.reduced(found.weight)):
            return self.unknown(f"the dimension of {self.written(body)} depends on the index of its sum")
        return found

    def function(self, function: str, argument: Expr) -> Scaling:
        match function:
            case "sqrt":
                return Scaling(self.bare(argument).scaled(Fraction(1, 2)))
            case "log":
                weight = self.demands.reduced(self.bare(argument))
                gain = self.raising.poly(weight)
                if argument.type.kind == "matrix":
                    gain = Mul((gain, Identity(argument.type.axes[0])))
                return Scaling(Poly(), gain if weight else None)
            case "exp":
                gain = self.pure(argument, "the argument of exp", may_gain=True)
                return Scaling(self.lowering.scalar(gain)) if gain is not None else Scaling()
            case "sin" | "cos" | "tan" | "arcsin" | "sinh" | "cosh" | "tanh":
                self.pure(argument, f"the argument of {function}")
                return Scaling()
            case _:
                return self.unknown(f"the function {function} has no rule for dimensions yet")

    def between(self, variable: Expr, limits: tuple[Expr, ...]) -> None:
        """Limits have the dimension of what runs between them; an infinite one has any."""
        for limit in limits:
            if not any(isinstance(node, Infinity) for node in walk(limit)):
                self.added((variable, limit))

    def averaged(self, expr: Expr, body: Expr) -> Scaling:
        """An integral or expectation, which is homogeneous if no exponent depends on what is integrated over."""
        found = self.linear(expr, body)
        if not is_plain(found.weight):
            return self.unknown(f"the dimension of {self.written(body)} may depend on what is integrated over")
        return found

    def moment(self, expr: Expectation) -> Scaling:
        if expr.kind == "E":
            return self.averaged(expr, expr.arguments[0])
        weight = Poly()
        for argument in (expr.arguments[0], expr.arguments[-1]):
            inner = self.averaged(Expectation("E", expr.law, (argument,)), argument)
            weight = weight + inner.weight
            if inner.gain is not None and not is_plain(self.lowering.scalar(inner.gain)):
                return self.unknown(f"a logarithm in {self.written(expr)} may gain something random")
        return Scaling(weight)

    def volume(self, of: Expr) -> Poly:
        """The weight of the volume element of a variable or an array of them; values that are counted are pure."""
        if any(axis not in self.scope.ranges for axis in of.type.axes):
            return atom(Sym(f"{UNKNOWN}d{self.written(of).strip('$')}"))
        return self.bare(of) * self.count(of.type.axes)

    def count(self, axes: tuple[str, ...]) -> Poly:
        """The number of entries of an array with these axes."""
        result = number(1)
        for axis in axes:
            result = result * atom(Sym(SIZE + axis, (), True))
        return result

    # -- what the rules are made of --------------------------------------------------------------------------------

    def free(self) -> Scaling:
        """A dimension to be chosen: that of a zero, which fits every other."""
        self.fresh += 1
        return Scaling(atom(Sym(f"{ANY}{self.fresh}")))

    def unknown(self, why: str) -> Scaling:
        """What has no rule leaves the line undecided, and the rest of it is looked at all the same."""
        self.open.append(why)
        return self.free()

    def bare(self, part: Expr) -> Poly:
        """The weight of a part whose gain could not be followed further."""
        found = self.scaling(part)
        if found.gain is not None:
            return self.unknown(f"the logarithm in {self.written(part)} stands in a place that is not linear").weight
        return found.weight

    def pure(self, part: Expr, what: str, may_gain: bool = False) -> Expr | None:
        """The gain of a part that must be a pure number, and that must not gain anything unless it may."""
        found = self.scaling(part)
        self.demands.demand(found.weight, f"{what}, {self.written(part)}, is no pure number but has the dimension ")
        if found.gain is not None and not may_gain:
            self.demands.still.append((found.gain, True, f"{what}, {self.written(part)}"))
        return found.gain

    def written(self, expr: Expr) -> str:
        try:
            return f"${write(expr, self.scope)}$"
        except (TypeError, KeyError):
            return f"the {type(expr).__name__}"
