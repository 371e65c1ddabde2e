"""Sums, products and powers as trees, without brackets that say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.expression import Add, Call, Expr, Frac, Identity, Mul, Neg, Number, Pow, Type


def added(terms: Sequence[Expr], type_: Type | None = None) -> Expr:
    """The terms added up, sums among them taken apart; of no terms the zero of a type."""
    flat = tuple(inner for term in terms for inner in (term.terms if isinstance(term, Add) else (term,)))
    if flat:
        return flat[0] if len(flat) == 1 else Add(flat)
    zero = Number(Fraction(0))
    return zero if type_ is None or type_.kind == "scalar" else Mul((zero, Identity(type_.axes[0])))


def less(left: Expr, right: Expr) -> Expr:
    terms = right.terms if isinstance(right, Add) else (right,)
    return added([left, *(term.term if isinstance(term, Neg) else Neg(term) for term in terms)])


def product(*factors: Expr) -> Expr:
    """The factors multiplied, products among them taken apart."""
    flat = tuple(inner for each in factors for inner in (each.factors if isinstance(each, Mul) else (each,)))
    return flat[0] if len(flat) == 1 else Mul(flat)


def scaled(by: Fraction, expr: Expr) -> Expr:
    size = abs(by)
    if size != 1:
        number: Expr = Number(Fraction(size.numerator))
        expr = product(number if size.denominator == 1 else Frac(number, Number(Fraction(size.denominator))), expr)
    return Neg(expr) if by < 0 else expr


def power(base: Expr, exponent: int) -> Expr:
    return base if exponent == 1 else Pow(base, Number(Fraction(exponent)))


def powers(base: Expr, exponent: int) -> tuple[Expr, ...]:
    """The factors of a power that may be the zeroth."""
    return (power(base, exponent),) if exponent else ()


def inverse(of: Expr) -> Expr:
    return Pow(of, Neg(Number(Fraction(1))))


def trace_of(of: Expr) -> Expr:
    return Call("Trace", of)
