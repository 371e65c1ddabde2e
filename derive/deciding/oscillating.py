"""Enclosures of integrals to infinity of rational functions times waves, which converge too slowly to be cut off.

Beyond all poles of g the path of g(x) exp(i a x) is turned by a right angle: from c to infinity the integral is
i times that of g(c + i t) exp(i a (c + i t)) over t > 0 for a > 0, and -i times that of g(c - i t) exp(i a (c - i t))
for a < 0 (Jordan's lemma; g tends to zero). What remains decays exponentially.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb

from derive.deciding.values import analytic_only
from derive.deciding.waves import as_exponentials

MAX_CUT = 200


def turned(expr: Any, x: Any, evaluate: Callable[..., Any]) -> tuple[int, list[tuple[Any, Any]]] | None:
    """A place beyond all poles, and there each integrand over t > 0 with its variable; None if the form is another."""
    terms = as_exponentials(expr, x) if expr.has(sp.sin, sp.cos) else None
    if terms is None:
        return None
    by_rate: dict[Any, Any] = {}
    for coefficient, exponent in terms:
        slope = exponent.coeff(x, 1)
        rest = sp.expand(exponent - slope * x)
        if rest.has(x):
            return None
        rate = sp.expand(slope / sp.I)
        by_rate[rate] = by_rate.get(rate, sp.Integer(0)) + coefficient * sp.exp(rest)
    cut, found = 4, []
    t = sp.Dummy("t", positive=True)
    for rate, rational in by_rate.items():
        rational, power = _power_of(sp.together(rational), x)
        if not rational.is_rational_function(x) or not (rate == 0 or rate.is_positive or rate.is_negative):
            return None
        top, bottom = (sp.Poly(part, x) for part in sp.fraction(rational))
        if not bottom.degree() > top.degree() + power + int(rate == 0):
            return None
        place = _beyond(bottom, evaluate)
        if place is None:
            return None
        cut = max(cut, place)
        found.append((rate, rational * x**power))
    if cut > MAX_CUT:
        return None
    parts = []
    for rate, rational in found:
        if rate == 0:
            parts.append((rational.subs(x, cut + t), t))
            continue
        turn = sp.I if rate.is_positive else -sp.I
        there = cut + turn * t
        decay = sp.exp(sp.I * rate * cut) * sp.exp(-sp.Abs(rate) * t)
        parts.append((turn * rational.subs(x, there) * decay, t))
    return cut, parts


def _power_of(expr: Any, x: Any) -> tuple[Any, Any]:
    """What is left of a product without its powers of x that are not whole, and the exponent of those."""
    power = sp.Integer(0)
    for factor in sp.Mul.make_args(sp.powsimp(expr)):
        base, e = factor.as_base_exp()
        if base == x and e.is_Rational and not e.is_Integer:
            power += e
    return sp.cancel(sp.powsimp(expr / x**power)), power


def monomial_phase(expr: Any, x: Any) -> Any:
    """The r other than 1 with every wave one of a multiple of x**r; 1 if there is none."""
    powers = set()
    for wave in expr.atoms(sp.sin, sp.cos):
        if wave.has(x):
            base, r = sp.expand(wave.args[0]).as_independent(x, as_Add=False)[1].as_base_exp()
            powers.add(r if base == x and r.is_Rational and r.is_positive else sp.Integer(1))
    return powers.pop() if len(powers) == 1 else sp.Integer(1)


def _beyond(poly: Any, evaluate: Callable[..., Any]) -> int | None:
    """A whole number above the modulus of every root (Cauchy's bound)."""
    if poly.degree() == 0:
        return 1
    values = [evaluate(c) for c in poly.all_coeffs()]
    if any(v is None for v in values) or acb(values[0]).contains(acb(0)):
        return None
    largest = max(float(abs(acb(v) / acb(values[0])).upper()) for v in values)
    return int(largest) + 3


def as_body(expr: Any, t: Any, evaluate: Callable[..., Any]) -> Callable[[Any, bool], Any]:
    """The value of the integrand on a ball."""

    def body(z: Any, analytic: bool) -> Any:
        with analytic_only(analytic):
            return evaluate(expr, {t: z})

    return body
