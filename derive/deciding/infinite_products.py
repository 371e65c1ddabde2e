"""Infinite products of rational factors: their enclosure, and their value by gamma functions (DLMF 5.8.5)."""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportArgumentType=false, reportOptionalOperand=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb, arb

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem
from derive.deciding.exceptions import regular

Prove = Callable[[Problem], Certificate | None]
MAX_DEGREE = 8
FACTORS = 512


def by_infinite_products(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof in which each infinite product of rational factors is replaced by its value."""
    difference = problem.lhs - problem.rhs
    found = sorted((p for p in difference.atoms(sp.Product) if _infinite(p)), key=sp.default_sort_key)
    values = {product: gamma_value(product) for product in found}
    if not found or problem.solved or any(value is None or not regular(value) for value in values.values()):
        return None
    rest = difference.xreplace(values)
    part = prove(restated(problem, rest))
    if part is None:
        return None
    data = (("said", "gamma functions"), ("closed", tuple(values.items())), ("rest", rest))
    return Certificate("product", problem, data, (part,))


def _infinite(product: Any) -> bool:
    return len(product.limits) == 1 and len(product.limits[0]) == 3 and product.limits[0][2] == sp.oo


def _quotient(product: Any) -> tuple[Any, Any] | None:
    """Numerator and denominator as monic polynomials in the index that differ in degree by two or more."""
    k, low, _ = product.limits[0]
    if not low.is_Integer or not product.function.is_rational_function(k):
        return None
    top, bottom = (sp.Poly(part, k) for part in sp.fraction(sp.cancel(sp.together(product.function))))
    if top.degree() != bottom.degree() or top.degree() > MAX_DEGREE or sp.expand(top.LC() - bottom.LC()) != 0:
        return None
    gap = sp.cancel(top.nth(top.degree() - 1) - bottom.nth(top.degree() - 1)) if top.degree() else sp.Integer(0)
    return (top, bottom) if gap == 0 else None


def gamma_value(product: Any) -> Any | None:
    """The value by the roots of both polynomials; None if they are not found.

    >>> k = sp.Symbol("k", integer=True)
    >>> gamma_value(sp.Product(1 - 1 / k**2, (k, 2, sp.oo)))
    1/2
    """
    pair = _quotient(product)
    if pair is None:
        return None
    low, value = product.limits[0][1], sp.Integer(1)
    for poly, sign in ((pair[0], -1), (pair[1], 1)):
        roots = sp.roots(poly)
        if sum(roots.values()) != poly.degree():
            return None
        for root, multiplicity in roots.items():
            at = sp.expand(low - root)
            if at.is_Integer and at <= 0:
                return None
            value *= sp.gamma(at) ** (sign * multiplicity)
    return value


def _horner(coefficients: list[Any], place: int) -> Any:
    total = acb(0)
    for c in coefficients:
        total = total * place + c
    return total


def product_value(body: Any, k: Any, low: int, evaluate: Callable[..., Any]) -> Any:
    """An enclosure: the first factors, and the others by |log(1 + r)| <= 2 |r| for |r| <= 1/2; or None."""
    top, bottom = sp.fraction(sp.cancel(sp.together(body)))
    if not (top.is_polynomial(k) and bottom.is_polynomial(k)):
        return None
    above, below = sp.Poly(top - bottom, k), sp.Poly(bottom, k)
    if above.is_zero or above.degree() > below.degree() - 2:
        return acb(1) if above.is_zero else None
    start = max(low, 0) + FACTORS
    tops, bottoms = ([evaluate(c) for c in poly.all_coeffs()] for poly in (above, below))
    if any(c is None for c in (*tops, *bottoms)):
        return None
    # For k >= start, |r| <= c/k**2 with c = sum |a| / (|b0| - sum |b|/start).
    lower = abs(acb(bottoms[0])).lower() - sum(abs(acb(b)).upper() for b in bottoms[1:]) / start
    if not lower > 0:
        return None
    c = sum(abs(acb(a)).upper() for a in tops) / lower
    if not c / arb(start) ** 2 <= arb(1) / 2:
        return None
    total = acb(1)
    for place in range(low, start):
        below_here = _horner(bottoms, place)
        if below_here.contains(acb(0)):
            return None
        total *= 1 + _horner(tops, place) / below_here
    rest = (2 * c / (start - 1)).upper()  # sum of 2 c/k**2 from start on
    spread = (arb(0, rest).exp() - 1) * acb(1)
    wide = acb(arb(1, abs(spread).upper()), arb(0, abs(spread).upper()))
    return total * wide
