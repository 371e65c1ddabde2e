"""Is a fraction zero? Reduction first; then, for square roots, the product with the conjugate.

With h**2 = P, the element a + b h vanishes wherever its norm a**2 - b**2 P does and the conjugate a - b h does not.
That settles nested roots, for which the generators are not independent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sympy as sp
from flint import fmpq_mpoly

from derive.deciding.fractions import Fraction

if TYPE_CHECKING:
    from derive.deciding.tower import Tower

MAX_DEPTH = 6


def vanishes(tower: Tower, value: Fraction, nonzero: Callable[[sp.Expr], bool], depth: int = 0) -> bool:
    """Is the fraction zero on the whole domain? False means only that no proof was found."""
    num = tower.field.lift(tower.field.reduce(value).num)
    if num.is_zero():
        return True
    if depth >= MAX_DEPTH or len(num) > 3000:
        return False
    for place in tower.field.places(num):
        relation = tower.field.relations.get(place)
        if relation is None or relation.degree != 2 or tower.field.generators[place].kind not in ("root", "modulus"):
            continue
        parts = tower.field.coefficients(num, place)
        zero = tower.field.ctx.constant(0)
        a, b = parts.get(0, zero), parts.get(1, zero)
        # num = a + b h and h**2 = P/Q: if a**2 - b**2 P/Q vanishes, then num vanishes wherever a - b h does not.
        norm = a**2 * tower.field.lift(relation.denominator) - b**2 * tower.field.lift(relation.numerator)
        conjugate = a - b * tower.field.gen(place)
        if _never_alone_zero(tower, conjugate, nonzero) and vanishes(tower, Fraction(norm), nonzero, depth + 1):
            tower.ext.reductions.add("conjugate of a square root")
            return True
    return False


def _never_alone_zero(tower: Tower, conjugate: fmpq_mpoly, nonzero: Callable[[sp.Expr], bool]) -> bool:
    """If num * conjugate = 0 everywhere, does num = 0 follow?

    Yes if all terms of the conjugate have one sign (then it vanishes only where each of them, and so num, does). Yes
    for constants, and for analytic functions on a connected domain, if the conjugate is non-zero at one point:
    analytic functions there have no zero divisors.
    """
    if tower.signs.by_monomials(conjugate) or tower.signs.by_monomials(-conjugate):
        return True
    places = tower.field.places(conjugate)
    constant = all(_is_constant(tower, place) for place in places)
    if not constant and not (tower.problem.connected() and all(_is_analytic(tower, place) for place in places)):
        return False
    expr = tower.expression(conjugate)
    return expr is not None and nonzero(expr)


def _is_constant(tower: Tower, place: int) -> bool:
    generator = tower.field.generators[place]
    if generator.kind in ("constant", "unity"):
        return True
    if generator.kind not in ("root", "exp", "log"):
        return False
    polys = [part for part in generator.data if isinstance(part, fmpq_mpoly)]
    return all(_is_constant(tower, inner) for poly in polys for inner in tower.field.places(poly))


def _is_analytic(tower: Tower, place: int) -> bool:
    generator = tower.field.generators[place]
    if _is_constant(tower, place):
        return True
    if generator.kind == "symbol":
        return generator.real
    if generator.kind not in ("root", "exp", "log"):
        return False
    if generator.kind == "root" and generator.sign != "+":
        return False
    if generator.kind == "log" and not generator.real:
        return False
    polys = [part for part in generator.data if isinstance(part, fmpq_mpoly)]
    return all(_is_analytic(tower, inner) for poly in polys for inner in tower.field.places(poly))
