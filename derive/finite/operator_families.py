"""Operators of special kinds, for premises that hold of no operator in general position: as for matrices."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.domains import on_sphere
from derive.finite.rings import Ring, Scalar
from derive.finite.spinors import Operator, adjoint, cayley, matrix, multiple_of_one, pauli, plus, times

OPERATOR_FAMILIES = ("multiple", "commuting", "Hermitian", "involution", "projector", "nilpotent", "anticommuting")


def operator_of(
    family: str,
    ring: Ring,
    ordinal: int,
    properties: frozenset[str],
    own: Callable[[int], Scalar],
    shared: Callable[[int], Scalar],
) -> Operator | None:
    """An operator of a family, with drawn real numbers, its own and those that all have; None where there is none."""
    one = multiple_of_one(ring, ring.number(1))
    is_hermitian, is_unitary = "Hermitian" in properties, "unitary" in properties
    if family in ("multiple", "commuting", "Hermitian"):
        axis = along(ring, [shared(k) for k in range(2)]) if family == "commuting" else None
        a, b, c, d = (own(k) for k in range(4))
        if family == "Hermitian":
            found = matrix(a, b + ring.i * c, b - ring.i * c, d)
        else:
            found = times(ring, a, one)
            if axis is not None:
                found = plus(ring, found, times(ring, b, axis))
            if not is_hermitian and not is_unitary:
                found = plus(ring, found, times(ring, ring.i * c, one if axis is None else axis))
        return cayley(ring, found) if is_unitary and not is_hermitian else found
    if family == "involution":
        return along(ring, [own(k) for k in range(2)])
    if family == "anticommuting":
        return pauli(ring, ordinal % 3 + 1)
    if is_unitary:
        return None
    if family == "projector":
        return times(ring, ring.number(Fraction(1, 2)), plus(ring, one, along(ring, [own(k) for k in range(2)])))
    if family == "nilpotent" and not is_hermitian:
        turn = cayley(ring, matrix(own(0), own(1), own(1), own(2)))
        zero = ring.number(0)
        step = matrix(zero, ring.number(1), zero, zero)
        return times(ring, times(ring, turn, step), adjoint(ring, turn))
    return None


def along(ring: Ring, foot: list[Scalar]) -> Operator:
    """The Pauli matrix along a direction: Hermitian, unitary, and its own inverse."""
    x, y, z = on_sphere(foot, ring.number(1), ring.inverse)
    return matrix(z, x - ring.i * y, x + ring.i * y, -z)
