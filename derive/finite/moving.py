r"""Derivatives in instances, by dual numbers: a value and its slope, carried through the same evaluation.

The slope of the variable is one, that of all else that is drawn is zero, but for the weights of laws that have the
variable among their parameters: these are drawn too. A smooth function is a polynomial with drawn coefficients. What
looks values up in a list, as a law does with what it is given, has no slope here and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flint import arb

from derive.algebra.rules import Unsupported
from derive.domains import NotRealisable
from derive.expression import Density, Expectation, Expr, Index, Rank, Symbol, walk
from derive.finite.alphabets import At, Env
from derive.finite.draws import Draws
from derive.finite.rings import Entries, Numeric, Ring, Scalar
from derive.worlds.places import Places

if TYPE_CHECKING:
    from derive.instance import Instance

LAWS = ("weight-", "factor-", "tilt-", "lean-", "density-")
"""How the names of the drawn numbers begin that laws are made of."""


@dataclass(frozen=True, eq=False)
class Dual:
    """A number and its slope, None for zero."""

    ring: DualRing
    value: Scalar
    slope: Scalar | None = None

    def __add__(self, other: Scalar) -> Dual:
        other = self.ring.lift(other)
        slopes = [slope for slope in (self.slope, other.slope) if slope is not None]
        slope = None if not slopes else slopes[0] if len(slopes) == 1 else slopes[0] + slopes[1]
        return Dual(self.ring, self.value + other.value, slope)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(self.ring, -self.value, None if self.slope is None else -self.slope)

    def __sub__(self, other: Scalar) -> Dual:
        return self + (-self.ring.lift(other))

    def __mul__(self, other: Scalar) -> Dual:
        other = self.ring.lift(other)
        value = self.value * other.value
        if self.slope is None:
            return Dual(self.ring, value, None if other.slope is None else self.value * other.slope)
        first = self.slope * other.value
        return Dual(self.ring, value, first if other.slope is None else first + self.value * other.slope)

    __rmul__ = __mul__

    def conjugate(self) -> Dual:
        return Dual(self.ring, self.value.conjugate(), None if self.slope is None else self.slope.conjugate())


class DualRing:
    """Pairs of a number of another ring and its slope."""

    def __init__(self, inner: Ring) -> None:
        self.inner = inner
        self.letters, self.degree, self.numeric = inner.letters, inner.degree, inner.numeric

    def lift(self, value: Scalar) -> Dual:
        return value if isinstance(value, Dual) and value.ring is self else Dual(self, self.inner.number(0) + value)

    @property
    def i(self) -> Dual:
        return Dual(self, self.inner.i)

    def number(self, value: object) -> Dual:
        return Dual(self, self.inner.number(value))  # type: ignore[arg-type]

    def drawn(self, label: str, value: object, domain: str) -> Dual:
        return Dual(self, self.inner.drawn(label, value, domain))  # type: ignore[arg-type]

    def pi(self) -> Dual:
        return Dual(self, self.inner.pi())

    def chained(self, value: Scalar, slope: Scalar, argument: Dual) -> Dual:
        return Dual(self, value, None if argument.slope is None else slope * argument.slope)

    def inverse(self, value: Dual) -> Dual:
        below = self.inner.inverse(value.value)
        return self.chained(below, -(below * below), value)

    def power(self, base: Dual, exponent: int) -> Dual:
        raised = self.inner.power(base.value, exponent)
        if base.slope is None or exponent == 0:
            return Dual(self, raised)
        slope = self.inner.number(exponent) * self.inner.power(base.value, exponent - 1)
        return self.chained(raised, slope, base)

    def modulus(self, value: Dual) -> Dual:
        return self.call("sqrt", self.squared_modulus(value))

    def squared_modulus(self, value: Dual) -> Dual:
        return value * value.conjugate()

    def call(self, name: str, argument: Dual) -> Dual:
        found = self.inner.call(name, argument.value)
        if argument.slope is None:
            return Dual(self, found)
        return self.chained(found, self._slope(name, argument.value, found), argument)

    def _slope(self, name: str, at: Scalar, found: Scalar) -> Scalar:
        one = self.inner.number(1)
        match name:
            case "exp":
                return found
            case "log":
                return self.inner.inverse(at)
            case "sqrt":
                return self.inner.inverse(found + found)
            case "sin":
                return self.inner.call("cos", at)
            case "cos":
                return -self.inner.call("sin", at)
            case "tan":
                return one + found * found
            case "sinh":
                return self.inner.call("cosh", at)
            case "cosh":
                return self.inner.call("sinh", at)
            case "tanh":
                return one - found * found
            case "arcsin":
                return self.inner.inverse(self.inner.call("sqrt", one - at * at))
        raise NotRealisable(f"the derivative of {name}")

    def exp_of_matrix(self, entries: Entries) -> Entries:
        raise NotRealisable("the derivative of the exponential of an operator")

    def equal(self, left: Scalar, right: Scalar) -> bool:
        gap = self.lift(left) - self.lift(right)
        zero = self.inner.number(0)
        flat = gap.slope is None or self.inner.equal(gap.slope, zero)
        return flat and self.inner.equal(self.lift(left).value, self.lift(right).value)

    def is_negative(self, value: Dual) -> bool:
        return self.inner.is_negative(value.value)

    def tidy(self, value: Dual) -> Dual:
        return Dual(self, self.inner.tidy(value.value), None if value.slope is None else self.inner.tidy(value.slope))


class MovingDraws(Draws):
    """The base values of another instance, with their slopes in one symbol."""

    def __init__(self, instance: Instance, still: Instance, name: str, at: At) -> None:
        super().__init__(instance)
        self.still = still
        self.moving = (name, at)
        self.ring: DualRing = instance.ring  # type: ignore[assignment]

    def number(self, name: str, at: At, *, symbolic: bool = True) -> Scalar:
        draws = self.still.draws
        value = draws.number(name, at, symbolic=symbolic)
        if (name, at) == self.moving:
            return Dual(self.ring, value, self.ring.inner.number(1))
        law = name.partition(" ")[2]
        declared = self.instance.scope.symbols.get(law)
        if name.startswith(LAWS) and declared is not None and self.moving[0] in declared.parameters:
            place = (self.place_of_variable(), *self.moving[1], *at)
            return Dual(self.ring, value, draws.number(f"slope of {name}", place, symbolic=symbolic))
        return Dual(self.ring, value)

    def place_of_variable(self) -> int:
        return list(self.instance.scope.symbols).index(self.moving[0])

    def identify(
        self, name: str, values: tuple[Scalar, ...], kinds: tuple[str, ...] = (), *, even: bool = False
    ) -> int:
        if any(value.slope is not None for value in values):
            raise NotRealisable(f"how {name} depends on {self.moving[0]} is not known")
        return self.still.draws.identify(name, tuple(value.value for value in values), kinds, even=even)


def slope(instance: Instance, of: Expr, by: Expr, places: Places, env: Env, at: At) -> Scalar:
    """The derivative of a scalar in a symbol, or in one component of a column.

    Raises NotRealisable where something in it has no slope.
    """
    if not isinstance(by, Symbol) or of.type.kind != "scalar":
        raise NotRealisable("a derivative of or in what is no number")
    rest = list(at)
    filled = tuple(rest.pop(0) if slot_at is None else slot_at for slot_at in _places(instance, by, places))
    _check(instance, of, by.name)
    value = instance.quantities.symbol(by.name, filled, env)
    moving = _twin(instance, by.name, filled)
    ring = moving.ring
    assert isinstance(ring, DualRing)
    here = {key: ring.lift(bound) for key, bound in env.items()}
    is_base = not env.keys() & {(by.name, filled)} and not instance.alphabets.is_random_name(by.name)
    by_rule = any(isinstance(rule.left, Symbol) and rule.left.name == by.name for rule in instance.rules)
    if not is_base or by_rule:
        here[by.name, filled] = Dual(ring, value, ring.inner.number(1))
    found = moving.value(of, places, here)
    return ring.lift(found).slope if ring.lift(found).slope is not None else ring.inner.number(0)


def rank(instance: Instance, expr: Rank) -> int:
    """The rank of a Jacobian at the point that the instance has drawn, by elimination in balls.

    Raises NotRealisable where that is not what rational arithmetic says of it: an entry that is zero in all its digits
    need not be zero.
    """
    from derive.algebra.jacobian import bounds, components
    from derive.algebra.lowering import Lowering

    if not instance.ring.numeric:
        raise NotRealisable("the rank of a Jacobian of functions of symbols")
    lowering = Lowering(instance.scope, instance.rules)
    try:
        least, most = bounds(expr, lowering)
        by = [one for item in expr.by for one in components(item, lowering)]
        of = [one for item in expr.of for one in components(item, lowering)]
    except Unsupported as problem:
        raise NotRealisable(str(problem)) from problem
    rows = [[_ball(instance, slope(instance, one, symbol, {}, {}, ())) for symbol in by] for one in of]
    found = 0
    while rows and rows[0]:
        places = [(i, j) for i, row in enumerate(rows) for j, entry in enumerate(row) if not entry.contains(0)]
        if not places:
            break
        i, j = max(places, key=lambda place: float(abs(rows[place[0]][place[1]]).mid()))
        pivot = rows.pop(i)
        rows = [
            [a - row[j] / pivot[j] * b for k, (a, b) in enumerate(zip(row, pivot, strict=True)) if k != j]
            for row in rows
        ]
        found += 1
    if not found == least == most:
        raise NotRealisable(f"the rank is {found} in balls, and from {least} to {most} in rational numbers")
    return found


def _ball(instance: Instance, value: Scalar) -> arb:
    if isinstance(value, Dual):
        raise NotRealisable("the rank of a Jacobian of functions of symbols")
    real, imaginary = Numeric.pair(value)
    if not imaginary.contains(0):
        raise NotRealisable("the rank of a Jacobian of complex numbers")
    return real


def _places(instance: Instance, by: Symbol, places: Places) -> list[int | None]:
    return [instance.place(slot, places) if isinstance(slot, Index) else None for slot in by.slots]


def _twin(instance: Instance, name: str, at: At) -> Instance:
    """The same instance with slopes in one symbol."""
    twins = instance.twins
    if (name, at) not in twins:
        twins[name, at] = instance.with_ring(DualRing(instance.ring))
        twins[name, at].draws = MovingDraws(twins[name, at], instance, name, at)
        twins[name, at].tables.numbers = instance.tables.numbers
    twin = twins[name, at]
    twin.point, twin.busy = instance.point, list(instance.busy)
    return twin


def _check(instance: Instance, of: Expr, name: str) -> None:
    """Refuses what would need the slope of a density in what it is of, or of a moment that a rule gives."""

    def moves(expr: Expr) -> bool:
        return any(isinstance(node, Symbol) and name in instance.quantities.reached(node.name) for node in walk(expr))

    for node in (node for expr in (of, *(rule.right for rule in instance.rules)) for node in walk(expr)):
        if isinstance(node, Density) and any(map(moves, (*node.of, *node.given))):
            raise NotRealisable(f"the slope of a density in {name}, which it is of or given")
        if isinstance(node, Expectation) and any(map(moves, node.given)):
            raise NotRealisable(f"the slope of a law that is given {name}")
    if any(isinstance(rule.left, Expectation) and moves(rule.right) for rule in instance.rules):
        raise NotRealisable(f"the slope of a moment that is given, in {name}")
