"""What a normal form speaks of, by printed names."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from derive.algebra.atoms import (
    GENERAL,
    Atom,
    Determinant,
    Entry,
    Fn,
    Mean,
    Moment,
    Opaque,
    Root,
    Sym,
    Term,
    Trace,
    Value,
)
from derive.algebra.indexed import Poly, atom, atoms_in
from derive.algebra.operators import Exponential, Named
from derive.expression import (
    Applied,
    Arrow,
    Density,
    Expectation,
    Expr,
    Index,
    Integral,
    Symbol,
    ValueSum,
    Whole,
    walk,
)


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


def hides(poly: Poly, name: str, *, in_means: bool = True) -> bool:
    """Whether a symbol occurs inside an atom that nothing can be put into; in the arguments of operators in a mean not.

    That is where ``in_means`` is false.
    """
    for term, _ in poly.terms:
        for which, _ in term.factors:
            match which:
                case Fn(argument=inner) | Root(base=inner):
                    if hides(inner, name, in_means=in_means):
                        return True
                case Value(arguments=arguments):
                    if any(hides(argument, name, in_means=in_means) for argument in arguments):
                        return True
                case Mean(word=word) if not in_means and all(isinstance(letter, Named) for letter in word):
                    parts = (part for letter in word for part in letter.parts)
                    if any(hides(part, name, in_means=False) for part in parts):
                        return True
                case Mean() | Moment() | Entry() | Determinant() | Trace():
                    if mentions(atom(which), name):
                        return True
    return False


def unbound(expr: Expr) -> Iterable[Expr]:
    """The nodes of an expression outside expectations, integrals and sums over values."""
    yield expr
    if not isinstance(expr, Expectation | Integral | ValueSum):
        for child in expr.children:
            yield from unbound(child)


def symbols_of(poly: Poly, law: str | None = None) -> Iterable[Sym]:
    """The symbols in a normal form that no moment in it binds, with their indices; those of other laws' moments too."""
    for term, _ in poly.terms:
        for which, _ in term.factors:
            match which:
                case Sym():
                    yield which
                case Fn(argument=inner) | Root(base=inner):
                    yield from symbols_of(inner)
                case Value(arguments=arguments):
                    for argument in arguments:
                        yield from symbols_of(argument)
                case Moment(law=own, factors=factors) if law is not None and own != law:
                    yield from symbols_of(Poly(((Term(factors), Fraction(1)),)), law)
                case Mean(word=word):
                    for letter in word:
                        yield from _symbols_of_letter(letter)
                case Opaque(expr=expr):
                    for node in walk(expr):
                        if isinstance(node, Symbol):
                            yield Sym(node.name, tuple(_place(slot) for slot in node.slots))


def _place(slot: Index | Whole | Arrow) -> Index:
    return slot if isinstance(slot, Index) else Index(GENERAL, slot.range)


def _symbols_of_letter(letter: object) -> Iterable[Sym]:
    match letter:
        case Named(arguments=arguments):
            for argument in arguments:
                yield from symbols_of(argument)
        case Exponential(of=of):
            for word, coefficient in of.words:
                yield from symbols_of(coefficient)
                for inner in word:
                    yield from _symbols_of_letter(inner)
