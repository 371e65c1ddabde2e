"""Enclosures of definite integrals: Arb's adaptive quadrature, and bounds at infinity and at singular end points.

Quadrature follows Johansson, "Numerical integration in arbitrary-precision ball arithmetic" (2018). The integrand is
evaluated on complex balls; where a function is not certainly analytic on one, it has no value there. An end point at
infinity, or one near which the integrand has no bounded enclosure, is cut off, and `majorants` bounds what is left out.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportOptionalOperand=false

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import sympy as sp
from flint import acb, arb

from derive.deciding.majorants import Bounds
from derive.deciding.oscillating import as_body, monomial_phase, turned

CUTS = (4, 16, 64, 256, 2**12, 2**24, 2**48, 2**96)
GOAL = 2.0**-40
EVALUATIONS = 4000
MAX_ORDER = 4
Body = Callable[[Any, bool], Any]


def integrate(expr: Any, x: Any, low: Any, high: Any, body: Body, evaluate: Callable[..., Any]) -> Any:
    """An enclosure of the integral of expr over x between constants, or None.

    `body(ball, analytic)` is the value of the integrand on a ball; `evaluate(e)` that of a constant, and
    `evaluate(e, {x: ball})` that of an expression in x.
    """
    if low == sp.oo or high == -sp.oo:
        value = integrate(expr, x, high, low, body, evaluate)
        return None if value is None else -value
    ends = []
    for end in (low, high):
        value = None if end.is_infinite else evaluate(end)
        if value is None and not end.is_infinite:
            return None
        ends.append(None if value is None else acb(value))
    if any(e is not None and not e.imag.is_zero() for e in ends):
        return None
    if ends[0] is not None and ends[1] is not None:
        if (ends[1] - ends[0]).is_zero():
            return acb(0)
        if ends[1].real < ends[0].real:
            value = integrate(expr, x, high, low, body, evaluate)
            return None if value is None else -value
        if not ends[0].real < ends[1].real:
            return None
        direct = _quadrature(body, ends[0], ends[1])
        if direct is not None:
            return direct
    return _with_tails(expr, x, (low, high), ends, body, evaluate)


def _quadrature(body: Body, low: Any, high: Any) -> Any:
    def integrand(z: Any, analytic: bool) -> Any:
        value = body(z, analytic)
        return acb("nan") if value is None else acb(value)

    value = acb.integral(
        integrand, low, high, rel_tol=arb(2) ** -60, abs_tol=arb(2) ** -70, eval_limit=EVALUATIONS, depth_limit=60
    )
    return value if value.is_finite() else None


def _with_tails(expr: Any, x: Any, limits: tuple[Any, Any], ends: list[Any], body: Body, evaluate: Any) -> Any:
    """The two ends cut off, or one."""
    y = sp.Dummy("y", positive=True)
    middle_low, middle_high = _interior(ends)
    total = acb(0)
    for side, (limit, end, start) in enumerate(zip(limits, ends, (middle_low, middle_high), strict=True)):
        if end is not None:
            part = _quadrature(body, *((end, start) if side == 0 else (start, end)))
            if part is not None:
                total += part
                continue
        # The variable that goes to infinity towards this end, and the integrand in it.
        if end is None:
            inner = y if side == 1 else -y
            transformed = expr.subs(x, inner)
        else:
            inner = limit + 1 / y if side == 0 else limit - 1 / y
            transformed = _tidy(expr.subs(x, inner)) / y**2
        part = None
        if end is None:
            part = _oscillating(transformed, y, start if side == 1 else -start, side, body, evaluate)
        if part is None:
            part = _one_end(transformed, y, inner, x, start, side, body, evaluate)
        if part is None and end is not None:
            part = _removable(expr, x, end, start, side, body, evaluate)
        if part is None:
            return None
        total += part
    return total if total.is_finite() else None


def _tidy(expr: Any) -> Any:
    return sp.powsimp(expr.replace(lambda e: isinstance(e, sp.Add), lambda e: sp.together(sp.expand(e))))


def _interior(ends: list[Any]) -> tuple[Any, Any]:
    low, high = ends
    if low is None and high is None:
        return acb(0), acb(0)
    if high is None:
        return low + 1, low + 1
    if low is None:
        return high - 1, high - 1
    half = (low + high) / 2
    return half, half


def _one_end(transformed: Any, y: Any, inner: Any, x: Any, start: Any, side: int, body: Body, evaluate: Any) -> Any:
    """The integral between the start and the end, with the part beyond a cut bounded."""
    for cut in CUTS:
        rest = Bounds(y, cut, evaluate).tail(transformed)
        if rest is None or not rest < GOAL:
            continue
        there = evaluate(inner.subs(y, cut))
        if there is None:
            return None
        total = acb(0)
        stops = _ladder(start, acb(there), cut, evaluate, inner, y)
        for one, two in pairwise(stops):
            part = _quadrature(body, *((two, one) if side == 0 else (one, two)))
            if part is None:
                return None
            total += part
        return total + acb(arb(0, rest), arb(0, rest))
    return None


def _ladder(start: Any, end: Any, cut: int, evaluate: Any, inner: Any, y: Any) -> list[Any]:
    """Stops at growing powers of two between the start and the cut."""
    stops = [start]
    step = 4
    while step < cut:
        value = evaluate(inner.subs(y, step))
        if value is not None:
            here = acb(value)
            between = (here.real - stops[-1].real) * (end.real - here.real)
            if between > 0:
                stops.append(here)
        step *= 16
    return [*stops, end]


def _oscillating(transformed: Any, y: Any, start: Any, side: int, body: Body, evaluate: Any) -> Any:
    """The integral from the start to infinity of a wave, its path turned beyond the poles."""
    r = monomial_phase(transformed, y)
    if r != 1:  # in u = y**r the phase is linear
        transformed = sp.powsimp(sp.powdenest(transformed.subs(y, y ** (1 / r)))) * y ** (1 / r - 1) / r
    found = turned(transformed, y, evaluate)
    if found is None or not start.imag.is_zero():
        return None
    cut, parts = found
    end = acb(cut) if r == 1 else acb(cut) ** (acb(int(r.q)) / int(r.p))
    if not start.real < end.real:
        return None
    sign = 1 if side == 1 else -1
    total = _quadrature(lambda z, analytic: body(sign * z, analytic), start, end)
    for expr, t in parts:
        part = integrate(expr, t, sp.S.Zero, sp.oo, as_body(expr, t, evaluate), evaluate)
        if total is None or part is None:
            return None
        total += part
    return total


def _removable(expr: Any, x: Any, end: Any, start: Any, side: int, body: Body, evaluate: Any) -> Any:
    """Near a common zero of order m of a real numerator and denominator, f = N/D is N^(m)(xi)/D^(m)(eta) by Taylor."""
    top, bottom = sp.fraction(sp.together(expr))
    width = acb(arb(2) ** -48)
    there = end + width if side == 0 else end - width
    strip = acb(end.real.union(there.real))
    ends = [evaluate(part, {x: end}) for part in (top, bottom)]
    if any(v is None or not acb(v).contains(acb(0)) or not acb(v).imag.is_zero() for v in ends):
        return None
    for _ in range(MAX_ORDER):
        if not all(_vanishes_exactly(part, x, end) for part in (top, bottom)):
            return None
        top, bottom = sp.diff(top, x), sp.diff(bottom, x)
        above, below = (evaluate(part, {x: strip}) for part in (top, bottom))
        if above is None or below is None:
            return None
        above, below = acb(above), acb(below)
        if not above.imag.is_zero() or not below.imag.is_zero():
            return None
        if not below.contains(acb(0)):
            break
    else:
        return None
    rest = (abs(above) / abs(below) * width.real).upper()
    total = acb(arb(0, rest), arb(0, rest))
    points = [end + acb(arb(2) ** -j) if side == 0 else end - acb(arb(2) ** -j) for j in (36, 24, 12, 4)]
    points = [p for p in points if (start.real - p.real) * (p.real - there.real) > 0]
    stops = [there, *points, start]
    for one, two in pairwise(stops):
        part = _quadrature(body, *((one, two) if side == 0 else (two, one)))
        if part is None:
            return None
        total += part
    return total


def _vanishes_exactly(expr: Any, x: Any, end: Any) -> bool:
    """Is the value at a rational end point the exact zero?"""
    number = (64 * end.real).unique_fmpz()
    return bool(number is not None and end.is_exact() and expr.subs(x, sp.Rational(int(number), 64)) == 0)
