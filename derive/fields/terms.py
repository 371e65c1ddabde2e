"""Sums over repeated indices: where they are in an expression that does not print them.

An index letter that stands twice in one product is summed over, unless it is free on the left side of its line or a
printed sum binds it. Letters in an exponent or in the arguments of a function make no pair: they have to be bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from derive.expression import (
    Add,
    Applied,
    Call,
    Expr,
    Frac,
    Index,
    Mul,
    Neg,
    Number,
    Over,
    Pow,
    Symbol,
    Zero,
)
from derive.fields.nodes import (
    ColumnOf,
    Coordinate,
    Entry,
    Gradient,
    LineIntegral,
    MatrixPower,
    MatrixSymbol,
    Place,
    Variable,
)

ONE = Number(Fraction(1))

Product = tuple[int, tuple[Expr, ...]]
"""The sign of a product, 1 or -1, and its factors in print order."""


@dataclass(frozen=True, slots=True)
class Term:
    """One product of a sum, with the indices that it is summed over since they are repeated."""

    sign: int
    factors: tuple[Expr, ...]
    summed: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of one product, each as often as it is printed, and those inside exponents and arguments."""

    outer: tuple[Index, ...]
    inner: frozenset[Index] = frozenset()
    at: frozenset[Index] = frozenset()
    """Those of entries on the diagonal, ``A_i^i``: they say where, and are summed over with what else stands there."""

    def beside(self, other: Letters) -> Letters:
        return Letters(self.outer + other.outer, self.inner | other.inner, self.at | other.at)


def terms(expr: Expr) -> Iterator[Product]:
    """The expression as a sum of products of atomic factors; products are expanded over sums, in print order.

    A printed sum over an index stays one factor, and so do powers, entries and integrals; of a fraction what is below.
    """
    match expr:
        case Add(terms=parts):
            for part in parts:
                yield from terms(part)
        case Neg(term=term):
            for sign, factors in terms(term):
                yield -sign, factors
        case Mul(factors=factors):
            for choice in product(*(list(terms(factor)) for factor in factors)):
                sign = 1
                for own, _ in choice:
                    sign *= own
                yield sign, tuple(factor for _, found in choice for factor in found)
        case Frac(top=top, bottom=bottom) if not isinstance(top, Number):
            for sign, factors in terms(top):
                yield sign, (Frac(ONE, bottom), *factors)
        case _:
            yield 1, (expr,)


def summed_terms(expr: Expr, free: frozenset[Index]) -> Iterator[Term]:
    """The products of :func:`terms`, each with the repeated indices that it is summed over: those not ``free``.

    Of a factor that is a printed sum, the sums over repeated indices inside it are those of its body, with its own
    index and all letters around it free.
    """
    for sign, factors in terms(expr):
        counts = Counter(letter for factor in factors for letter in presented(factor, free))
        yield Term(
            sign, factors, tuple(letter for letter, count in counts.items() if count == 2 and letter not in free)
        )


def presented(factor: Expr, free: frozenset[Index] = frozenset()) -> list[Index]:
    """The letters that one factor of a product shows to the others: those that are not summed over inside it."""
    most: Counter[Index] = Counter()
    for letters in printed_letters(factor):
        counts = Counter(letters.outer)
        is_sum = isinstance(factor, Over) or not is_leaf(factor)
        alone = {letter: n for letter, n in counts.items() if not is_sum or n == 1 or letter in free}
        most |= Counter(alone)
    return list(most.elements())


def is_leaf(expr: Expr) -> bool:
    """Whether the repeated indices of a factor are its own, as those of a trace, and not of a product inside it."""
    return isinstance(expr, Variable | MatrixSymbol | Entry | Gradient | Coordinate | Symbol | Applied)


def printed_letters(expr: Expr) -> Iterator[Letters]:
    """The index letters of each product that an expression is a sum of, the printed sums expanded too.

    A letter that a printed sum binds is left out.
    """
    match expr:
        case Add(terms=parts):
            for part in parts:
                yield from printed_letters(part)
        case ColumnOf(entries=entries):
            for entry in entries:
                yield from printed_letters(entry)
        case Over(index=index, body=body):
            for letters in printed_letters(body):
                yield Letters(
                    tuple(i for i in letters.outer if i != index), letters.inner - {index}, letters.at - {index}
                )
        case Entry(of=MatrixSymbol(), rows=(row,), columns=(column,)) if row == column and not row.index.is_label:
            yield Letters((), at=frozenset({row.index}))
        case Entry(of=of, rows=rows, columns=columns):
            yield _merged(list(printed_letters(of))).beside(Letters(_of_places((*rows, *columns))))
        case Variable(places=places) | MatrixSymbol(labels=places):
            yield Letters(_of_places(places))
        case Symbol(slots=slots):
            yield Letters(_of_slots(slots))
        case Applied(slots=slots, arguments=arguments):
            yield Letters(_of_slots(slots), frozenset().union(*(unsummed(argument) for argument in arguments)))
        case Coordinate(index=index, of=of):
            own = Letters(() if index.is_label else (index,))
            for letters in printed_letters(of) if of is not None else [Letters(())]:
                yield own.beside(letters)
        case MatrixPower(base=base, exponent=exponent):
            for letters in printed_letters(base):
                yield letters.beside(Letters((), unsummed(exponent)))
        case Pow(base=base, exponent=exponent):
            yield Letters((), unsummed(base) | unsummed(exponent))
        case Call(argument=argument):
            yield Letters((), unsummed(argument))
        case Frac(top=top, bottom=bottom):
            for letters in printed_letters(top):
                yield letters.beside(Letters((), unsummed(bottom)))
        case LineIntegral(by=by, body=body):
            yield from _beside((by, body))
        case _:
            yield from _beside(expr.children)


def _beside(factors: tuple[Expr, ...]) -> Iterator[Letters]:
    for choice in product(*(list(printed_letters(factor)) for factor in factors)):
        found = Letters(())
        for letters in choice:
            found = found.beside(letters)
        yield found


def _merged(found: list[Letters]) -> Letters:
    """The letters of the terms of a matrix, of which an entry is taken as a whole: each as often as in one of them."""
    most: Counter[Index] = Counter()
    for letters in found:
        most |= Counter(letters.outer)
    return Letters(tuple(most.elements()), frozenset().union(*(letters.inner for letters in found)))


def unsummed(expr: Expr) -> frozenset[Index]:
    """All letters of an expression that no sum inside it binds, printed or over a repeated index."""
    found: set[Index] = set()
    for letters in printed_letters(expr):
        counts = Counter(letters.outer)
        found |= {letter for letter, count in counts.items() if count != 2} | letters.inner
    return frozenset(found)


def letters_in(expr: Expr) -> frozenset[Index]:
    """All index letters that are printed somewhere in an expression and that no printed sum in it binds."""
    return frozenset(letter for letters in printed_letters(expr) for letter in (*letters.outer, *letters.inner))


def free_letters(expr: Expr) -> frozenset[Index]:
    """The free indices of the left side of a line: the letters that stand once in one of its products."""
    counted = [Counter(letters.outer) for letters in printed_letters(expr)]
    return frozenset(letter for counts in counted for letter, count in counts.items() if count == 1)


def is_nothing(factors: tuple[Expr, ...]) -> bool:
    """Whether a product is a printed 0."""
    return any(isinstance(factor, Zero) or (isinstance(factor, Number) and not factor.value) for factor in factors)


def _of_places(places: tuple[Place, ...]) -> tuple[Index, ...]:
    """The letters of places, with those of the directions of their steps."""
    found = [place.index for place in places]
    found += [step.direction for place in places for step in place.steps if step.direction is not None]
    return tuple(letter for letter in found if not letter.is_label)


def _of_slots(slots: tuple[object, ...]) -> tuple[Index, ...]:
    return tuple(slot for slot in slots if isinstance(slot, Index) and not slot.is_label)


__all__ = [
    "Letters",
    "Product",
    "Term",
    "free_letters",
    "is_nothing",
    "letters_in",
    "presented",
    "printed_letters",
    "summed_terms",
    "terms",
    "unsummed",
]
