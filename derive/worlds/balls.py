"""Exact numbers as balls, and balls as digits."""

from __future__ import annotations

from fractions import Fraction

from flint import arb, fmpq

DIGITS = 15


def ball(value: Fraction | int) -> arb:
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


def digits(value: arb) -> str:
    """An exact ball as a fraction, unless that is long; else the digits that are certain."""
    if value.is_exact():
        mantissa, exponent = value.man_exp()
        is_short = int(mantissa).bit_length() + abs(int(exponent)) <= 8 * DIGITS
        if is_short and len(exact := str(Fraction(int(mantissa)) * Fraction(2) ** int(exponent))) <= DIGITS:
            return exact
    return value.str(DIGITS, radius=False)
