"""Powers of rational numbers, and their prime factors."""

from __future__ import annotations

from fractions import Fraction


def rational_power(value: Fraction, exponent: Fraction) -> Fraction | None:
    """value ** exponent where that is rational, else None."""
    if exponent.denominator == 1:
        return value ** int(exponent)
    if value < 0:
        return None
    roots = []
    for part in (value.numerator, value.denominator):
        root = round(part ** (1 / exponent.denominator)) if part < 2**52 else 0
        if root**exponent.denominator != part:
            return None
        roots.append(root)
    return Fraction(roots[0], roots[1]) ** exponent.numerator


def factorise(value: Fraction) -> list[tuple[int, Fraction]]:
    """The prime powers of a positive rational number.

    >>> [(p, int(e)) for p, e in factorise(Fraction(12, 5))]
    [(2, 2), (3, 1), (5, -1)]
    """
    found: dict[int, Fraction] = {}
    for part, sign in ((value.numerator, 1), (value.denominator, -1)):
        divisor, rest = 2, part
        while rest > 1:
            if divisor * divisor > rest:
                divisor = rest
            while rest % divisor == 0:
                found[divisor] = found.get(divisor, Fraction(0)) + sign
                rest //= divisor
            divisor += 1
    return sorted(found.items())
