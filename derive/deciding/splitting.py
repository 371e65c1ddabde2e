"""Factors of a polynomial and of a number, as roots and logarithms need them."""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq, fmpq_mpoly, fmpz

from derive.deciding.errors import OverBudget

MAX_CONTENT_BITS = 96


@dataclass(frozen=True)
class Split:
    """value = sign * product(primes**e) * product(positive**e) * rest, with `rest` of unknown sign or complex."""

    negative: bool
    primes: tuple[tuple[int, int], ...]
    positive: tuple[tuple[int, int], ...]  # (index into Extensions.bases, exponent)
    rest: tuple[fmpq_mpoly, fmpq_mpoly] | None


def factor(poly: fmpq_mpoly) -> tuple[fmpq, list[tuple[fmpq_mpoly, int]]]:
    """A rational content and irreducible factors with positive leading coefficients."""
    if poly.is_constant():
        return poly.leading_coefficient(), []
    content, factors = poly.factor()
    result = []
    for base, exponent in factors:
        lead = base.leading_coefficient()
        if lead < 0:
            base, content = -base, content * (-1) ** int(exponent)
        result.append((base, int(exponent)))
    return fmpq(content) if not isinstance(content, fmpq) else content, result


def primes(content: fmpq) -> tuple[tuple[int, int], ...]:
    """A positive rational as powers of primes."""
    if content.height_bits() > MAX_CONTENT_BITS:
        raise OverBudget("a number under a root or a logarithm is too large to factor")
    top = [(int(p), int(e)) for p, e in fmpz(content.p).factor()]
    return tuple(top + [(int(p), -int(e)) for p, e in fmpz(content.q).factor()])
