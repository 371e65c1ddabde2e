"""Matrices of special kinds, for premises that hold of no matrix in general position.

Where premises say that matrices commute, that one is its own inverse or its own transpose, and no model in general
position meets them, models are drawn of each of these families. Whether the premises hold there is looked at as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import fmpq, fmpq_mat

FAMILIES = (
    *("multiple", "diagonal", "commuting", "polynomial", "symmetric", "antisymmetric", "involution", "rotation"),
    *("projector", "nilpotent", "anticommuting"),
)
"""The families of matrices. Those of a polynomial are polynomials in one matrix, commuting ones in a symmetric one."""
SYMMETRIC = frozenset(("multiple", "diagonal", "commuting", "symmetric", "involution", "projector"))
Draw = Callable[[str, tuple[int, ...]], Fraction]
"""A drawn number, by a word of the family and a place."""
Kinds = tuple[frozenset[str] | None, ...]
"""Which matrices or operators are to be of a family, by name, tried in turn; None for all. Others stay general."""


def matrix_of(family: str, name: str, ordinal: int, size: int, draw: Draw) -> list[list[Fraction]] | None:
    """The entries of a matrix of a family; None where there is none of this size.

    ``ordinal`` is its place in the scope, by which those that anticommute are told apart.
    """

    def drawn(of: str) -> fmpq_mat:
        return fmpq_mat(size, size, [_fmpq(draw(of, (i, j, 7))) for i in range(size) for j in range(size)])

    a, b = (_fmpq(draw(name, (size, size, k))) for k in range(2))
    one = fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
    own = drawn(name)
    column = fmpq_mat(size, 1, [_fmpq(draw(name, (i, 9)) or Fraction(1)) for i in range(size)])
    onto = column * column.transpose() * (1 / (column.transpose() * column)[0, 0])
    match family:
        case "multiple":
            found = one * a
        case "diagonal":
            found = fmpq_mat(size, size, [own[i, i] if i == j else 0 for i in range(size) for j in range(size)])
        case "commuting" | "polynomial":
            shared = drawn("shared")
            found = one * a + (shared + shared.transpose() if family == "commuting" else shared) * b
        case "symmetric":
            found = own + own.transpose()
        case "antisymmetric":
            found = own - own.transpose()
        case "involution":
            found = one - onto * 2
        case "rotation":
            turned = own - own.transpose()
            found = (one - turned) * (one + turned).inv()
        case "projector":
            found = onto
        case "nilpotent" if size > 1:
            other = fmpq_mat(size, 1, [own[i, 0] for i in range(size)])
            found = column * (other - onto * other).transpose()
        case "anticommuting" if size % 2 == 0:
            found = _doubled(((0, 1, 1, 0), (1, 0, 0, -1), (0, 1, -1, 0))[ordinal % 3], size) * a
        case _:
            return None
    return [[Fraction(int(found[i, j].p), int(found[i, j].q)) for j in range(size)] for i in range(size)]


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _doubled(block: tuple[int, int, int, int], size: int) -> fmpq_mat:
    """The 2 × 2 block along the diagonal."""
    entries = [[0] * size for _ in range(size)]
    for k in range(0, size, 2):
        for n, value in enumerate(block):
            entries[k + n // 2][k + n % 2] = value
    return fmpq_mat(size, size, [value for row in entries for value in row])
