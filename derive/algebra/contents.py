"""What a normal form speaks of, by printed names."""

from __future__ import annotations

from derive.algebra.atoms import (
    Atom,
    Determinant,
    Entry,
    Mean,
    Moment,
    Opaque,
    Sym,
    Trace,
    Value,
)
from derive.algebra.indexed import Poly, atoms_in
from derive.expression import Applied, Density, Symbol, walk


def names_of(which: Atom) -> frozenset[str]:
    """The printed names in an atom that are in none of its parts."""
    match which:
        case Sym(name=name) | Value(name=name):
            return frozenset((name,))
        case Mean(word=word):
            return frozenset().union(*(letter.names for letter in word))
        case Entry(matrix=matrix) | Determinant(matrix=matrix) | Trace(matrix=matrix):
            return matrix.names
        case Moment(law=law, given=given):
            return frozenset((law, *given))
        case Opaque(expr=expr):
            laws = frozenset(node.law for node in walk(expr) if isinstance(node, Density))
            return laws | {node.name for node in walk(expr) if isinstance(node, Symbol | Applied)}
    return frozenset()


def mentions(poly: Poly, name: str) -> bool:
    """Whether a symbol, function or operator of this name occurs in a normal form, bound or not."""
    return any(name in names_of(which) for which in atoms_in(poly))
