r"""States and operators of exact instances: on C², and on spinors that are polynomials in three coordinates.

An operator with constant entries is a 2 × 2 matrix. A momentum, -i ħ ∂_d, and a field, the multiplication by a
polynomial, only act; whatever acts does so on a :class:`Spinor`, a pair of polynomials, so that an identity between
such operators is tested by what the two sides make of a general spinor, and of its derivatives, at one point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import product as cartesian
from typing import Any

from derive.domains import NotRealisable
from derive.finite.rings import Entries, Ring, Scalar

Monomial = tuple[int, int, int]
Polynomial = Mapping[Monomial, Scalar]
"""A polynomial in three coordinates: the coefficient of each monomial, by its exponents."""
Spinor = tuple[Polynomial, Polynomial]


def monomials(degree: int) -> list[Monomial]:
    """All monomials of three coordinates up to a degree."""
    return [(a, b, c) for a, b, c in cartesian(range(degree + 1), repeat=3) if a + b + c <= degree]


def added(left: Polynomial, right: Polynomial) -> Polynomial:
    total = dict(left)
    for monomial, coefficient in right.items():
        total[monomial] = total[monomial] + coefficient if monomial in total else coefficient
    return total


def multiplied(left: Polynomial, right: Polynomial) -> Polynomial:
    total: dict[Monomial, Scalar] = {}
    for (a, b, c), x in left.items():
        for (d, e, f), y in right.items():
            monomial = (a + d, b + e, c + f)
            total[monomial] = total[monomial] + x * y if monomial in total else x * y
    return total


def derivative(of: Polynomial, coordinate: int, ring: Ring) -> Polynomial:
    found: dict[Monomial, Scalar] = {}
    for monomial, coefficient in of.items():
        exponent = monomial[coordinate]
        if exponent:
            lowered = tuple(e - (k == coordinate) for k, e in enumerate(monomial))
            found[lowered] = ring.number(exponent) * coefficient  # type: ignore[index]
    return found


def at_point(of: Polynomial, point: tuple[Scalar, ...], ring: Ring) -> Scalar:
    total = ring.number(0)
    for monomial, coefficient in of.items():
        powers = [ring.power(value, exponent) for value, exponent in zip(point, monomial, strict=True) if exponent]
        total = total + reduce(lambda a, b: a * b, powers, coefficient)
    return total


@dataclass(frozen=True)
class Column:
    """A state: the vector of a ket."""

    upper: Scalar
    lower: Scalar


@dataclass(frozen=True)
class Row:
    """The dual of a state: what stands in a bra."""

    upper: Scalar
    lower: Scalar


@dataclass(frozen=True)
class Operator:
    """What acts on spinors; ``entries`` where it is a constant matrix."""

    act: Callable[[Spinor], Spinor]
    entries: Entries | None = None

    @property
    def matrix(self) -> Entries:
        if self.entries is None:
            raise NotRealisable("a momentum or a field acts on functions and is no matrix")
        return self.entries


Value = Any
"""A number of the ring, an :class:`Operator`, a :class:`Column` or a :class:`Row`."""


def matrix(a: Scalar, b: Scalar, c: Scalar, d: Scalar) -> Operator:
    """The operator with rows (a, b) and (c, d)."""

    def act(spinor: Spinor) -> Spinor:
        up, down = spinor
        return added(_scaled(up, a), _scaled(down, b)), added(_scaled(up, c), _scaled(down, d))

    return Operator(act, (a, b, c, d))


def _scaled(of: Polynomial, by: Scalar) -> Polynomial:
    return {monomial: by * coefficient for monomial, coefficient in of.items()}


def multiple_of_one(ring: Ring, by: Scalar) -> Operator:
    zero = ring.number(0)
    return matrix(by, zero, zero, by)


def pauli(ring: Ring, number: int) -> Operator:
    """The Pauli matrix 1, 2 or 3."""
    zero, one, i = ring.number(0), ring.number(1), ring.i
    table = {1: (zero, one, one, zero), 2: (zero, -i, i, zero), 3: (one, zero, zero, -one)}
    if number not in table:
        raise NotRealisable(f"there is no Pauli matrix {number}")
    return matrix(*table[number])


def gradient(ring: Ring, coordinate: int) -> Operator:
    """The derivative by one of the three coordinates."""
    if coordinate > 2:
        raise NotRealisable(f"there is no coordinate {coordinate + 1}")
    return Operator(
        lambda spinor: (derivative(spinor[0], coordinate, ring), derivative(spinor[1], coordinate, ring)), None
    )


def multiplication(by: Polynomial) -> Operator:
    """The multiplication by a polynomial."""
    return Operator(lambda spinor: (multiplied(by, spinor[0]), multiplied(by, spinor[1])), None)


def curl(ring: Ring, field: Callable[[int], Value], component: int) -> Value:
    """One component of the curl of multiplications: ∂_e F_f - F_f ∂_e multiplies by the derivative of F_f."""
    e, f = (component + 1) % 3, (component + 2) % 3
    one, other = commutator(ring, gradient(ring, e), field(f)), commutator(ring, gradient(ring, f), field(e))
    return minus(ring, one, other)


def adjoint(ring: Ring, of: Value) -> Value:
    match of:
        case Operator():
            a, b, c, d = (entry.conjugate() for entry in of.matrix)
            return matrix(a, c, b, d)
        case Column(upper=upper, lower=lower):
            return Row(upper.conjugate(), lower.conjugate())
        case Row(upper=upper, lower=lower):
            return Column(upper.conjugate(), lower.conjugate())
    return of.conjugate()


def inverse(ring: Ring, of: Operator) -> Operator:
    a, b, c, d = of.matrix
    over = ring.inverse(a * d - b * c)
    return matrix(d * over, -b * over, -c * over, a * over)


def plus(ring: Ring, left: Value, right: Value) -> Value:
    """The sum; a number added to an operator is a multiple of the identity."""
    match left, right:
        case Operator(), Operator():
            if left.entries is not None and right.entries is not None:
                return matrix(*(a + b for a, b in zip(left.entries, right.entries, strict=True)))

            def act(spinor: Spinor) -> Spinor:
                (a, b), (c, d) = left.act(spinor), right.act(spinor)
                return added(a, c), added(b, d)

            return Operator(act)
        case Operator(), _:
            return plus(ring, left, multiple_of_one(ring, right))
        case _, Operator():
            return plus(ring, multiple_of_one(ring, left), right)
        case (Column(), Column()) | (Row(), Row()):
            return type(left)(left.upper + right.upper, left.lower + right.lower)
    return left + right


def minus(ring: Ring, left: Value, right: Value) -> Value:
    return plus(ring, left, times(ring, ring.number(-1), right))


def times(ring: Ring, left: Value, right: Value) -> Value:
    """The product of two neighbours: numbers, operators, a ket to the right of an operator, a bra to its left, …"""
    match left, right:
        case Operator(), Operator():
            if left.entries is not None and right.entries is not None:
                (a, b, c, d), (e, f, g, h) = left.entries, right.entries
                return matrix(a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h)
            return Operator(lambda spinor: left.act(right.act(spinor)))
        case Operator(), Column():
            a, b, c, d = left.matrix
            return Column(a * right.upper + b * right.lower, c * right.upper + d * right.lower)
        case Row(), Operator():
            a, b, c, d = right.matrix
            return Row(left.upper * a + left.lower * c, left.upper * b + left.lower * d)
        case Row(), Column():
            return left.upper * right.upper + left.lower * right.lower
        case Column(), Row():
            u, v = left.upper, left.lower
            return matrix(u * right.upper, u * right.lower, v * right.upper, v * right.lower)
        case (Operator() | Column() | Row(), Operator() | Column() | Row()):
            raise NotRealisable(f"a {type(left).__name__} is not multiplied by a {type(right).__name__}")
        case Operator() | Column() | Row(), _:
            return times(ring, right, left)
        case _, Operator():
            if right.entries is not None:
                return matrix(*(left * entry for entry in right.entries))
            return times(ring, multiple_of_one(ring, left), right)
        case _, (Column() | Row()):
            return type(right)(left * right.upper, left * right.lower)
    return left * right


def commutator(ring: Ring, left: Value, right: Value) -> Value:
    return minus(ring, times(ring, left, right), times(ring, right, left))


def cayley(ring: Ring, hermitian: Operator) -> Operator:
    """The unitary (1 + iA) (1 - iA)^{-1} of a Hermitian A."""
    one, turned = multiple_of_one(ring, ring.number(1)), times(ring, ring.i, hermitian)
    return times(ring, plus(ring, one, turned), inverse(ring, minus(ring, one, turned)))
