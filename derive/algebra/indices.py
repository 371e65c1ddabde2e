"""The free indices of normal forms."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from derive.algebra.atoms import (
    GENERAL,
    Atom,
    Delta,
    Determinant,
    Entry,
    Factors,
    Fn,
    Imaginary,
    Mean,
    Moment,
    Opaque,
    Root,
    Sym,
    Trace,
    Value,
)
from derive.expression import Index, free_indices

if TYPE_CHECKING:
    from derive.algebra.indexed import Poly


@lru_cache(maxsize=100_000)
def indices_of_atom(which: Atom) -> frozenset[Index]:
    """The free indices that occur in an atom."""
    match which:
        case Sym(at=indices):
            return frozenset(indices)
        case Imaginary():
            return frozenset()
        case Value(at=indices, arguments=arguments):
            return frozenset(indices) | indices_of_arguments(arguments)
        case Mean(word=word):
            return frozenset().union(*(letter.indices for letter in word))
        case Delta(left=left, right=right):
            return frozenset((left, right))
        case Fn(argument=inner) | Root(base=inner):
            return indices_of_poly(inner)
        case Entry(matrix=matrix, row=row, column=column):
            return matrix.indices | {row, column}
        case Determinant(matrix=matrix) | Trace(matrix=matrix):
            return matrix.indices
        case Moment(factors=factors):
            return frozenset().union(*(indices_of_atom(inner) for inner, _ in factors))
        case Opaque(expr=expr):
            return frozenset(free_indices(expr))
    raise TypeError(f"unknown atom {which!r}")


def indices_of_arguments(arguments: tuple[Poly, ...]) -> frozenset[Index]:
    """The free indices in what a function depends on; the general entry of a column is none."""
    found = frozenset().union(*(indices_of_poly(argument) for argument in arguments))
    return frozenset(index for index in found if index.name != GENERAL)


def indices_of_factors(factors: Factors) -> frozenset[Index]:
    return frozenset().union(*(indices_of_atom(which) for which, _ in factors)) if factors else frozenset()


def indices_of_poly(poly: Poly) -> frozenset[Index]:
    """The free indices of a polynomial."""
    found: set[Index] = set()
    for term, _ in poly.terms:
        inner = indices_of_factors(term.factors) | frozenset().union(*term.distinct)
        found |= inner - set(term.bound)
    return frozenset(found)
