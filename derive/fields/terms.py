"""An expression as a sum of products: brackets multiplied out, so that the letters of each product can be followed."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.expression import Add, Expr, Frac, Mul, Neg, Number

ONE = Number(Fraction(1))


def terms(expr: Expr) -> Iterator[tuple[int, tuple[Expr, ...]]]:
    """Products of atomic factors, each with its sign. A printed sum stays an atomic factor, as do powers and entries."""
    match expr:
        case Add(terms=parts):
            for part in parts:
                yield from terms(part)
        case Neg(term=term):
            for sign, factors in terms(term):
                yield -sign, factors
        case Mul(factors=factors):
            yield from _multiplied(factors)
        case Frac(top=top, bottom=bottom) if not isinstance(top, Number):
            for sign, factors in terms(top):
                yield sign, (Frac(ONE, bottom), *factors)
        case _:
            yield 1, (expr,)


def _multiplied(factors: tuple[Expr, ...]) -> Iterator[tuple[int, tuple[Expr, ...]]]:
    if not factors:
        yield 1, ()
        return
    for sign, first in terms(factors[0]):
        for other, rest in _multiplied(factors[1:]):
            yield sign * other, (*first, *rest)
