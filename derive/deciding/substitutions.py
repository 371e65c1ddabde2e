"""Integrals and series in another form: a half-angle, a range in pieces, waves as exponentials.

What stands in the place of an integral is equal to it: t = tan(x/2) over a whole turn and t = tan(x) over a quarter
make a rational function of one of sine and cosine (Weierstrass); a range is cut where a modulus or a step breaks.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem
from derive.deciding.integrals import upwards
from derive.deciding.smoothness import Signs
from derive.deciding.waves import as_exponentials

Prove = Callable[[Problem], Certificate | None]
MAX_OPS = 60
_BREAKS = (sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min)


def by_substitution(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof with integrals and series in another form."""
    after = substituted(problem)
    if after is None:
        return None
    part = prove(restated(problem, after))
    if part is None:
        return None
    return Certificate("substitution", problem, (("said", "integrals and series in another form"),), (part,))


def substituted(problem: Problem) -> Any | None:
    """The difference with every integral and series that has another form in it; None if there is none."""
    difference = problem.lhs - problem.rhs
    if problem.solved:
        return None
    values = {}
    for node in sorted(difference.atoms(sp.Integral, sp.Sum), key=sp.default_sort_key):
        if len(node.limits) != 1 or len(node.limits[0]) != 3 or sp.count_ops(node.function) > MAX_OPS:
            continue
        if node.function.has(sp.Integral, sp.Sum, sp.Product):
            continue
        value = _as_exponentials(node) if isinstance(node, sp.Sum) else _pieces(problem, node) or _rational(node)
        if value is not None:
            values[node] = value
    return difference.xreplace(values) if values else None


def _as_exponentials(total: Any) -> Any | None:
    """A series with a wave in its index and a factorial, which converges whatever the wave is."""
    k, low, high = total.limits[0]
    body = total.function
    waves = [w for w in body.atoms(sp.sin, sp.cos) if w.has(k)]
    if high != sp.oo or not waves or not body.has(sp.factorial):
        return None
    pairs = as_exponentials(body, k)
    if pairs is None or any(sp.expand(w - w.coeff(k, 1) * k).has(k) for _, w in pairs):
        return None
    terms = ((c * sp.exp(sp.expand(w - w.coeff(k, 1) * k)), sp.exp(w.coeff(k, 1))) for c, w in pairs)
    return sp.Add(*(sp.Sum(c * sp.Pow(z, k, evaluate=False), (k, low, high)) for c, z in terms))


def _pieces(problem: Problem, integral: Any) -> Any | None:
    """The range cut where one modulus, sign, step or extreme of linear functions breaks."""
    x, low, high = integral.limits[0]
    if not upwards(problem, low, high):
        return None
    signs = Signs(problem)
    for node in sorted((n for n in integral.function.atoms(*_BREAKS) if n.has(x)), key=sp.default_sort_key):
        u = node.args[0] - node.args[1] if isinstance(node, (sp.Max, sp.Min)) else node.args[0]
        if isinstance(node, (sp.Max, sp.Min)) and len(node.args) != 2:
            continue
        slope = sp.diff(u, x)
        if slope.has(x) or not slope.is_nonzero or not (slope.is_positive or slope.is_negative) or u.has(sp.I):
            continue
        at = sp.expand(-u.subs(x, 0) / slope)
        below, above = _sides(node, bool(slope.is_positive))
        parts = [integral.function.xreplace({node: value}) for value in (below, above)]
        if at == low or (not low.is_infinite and signs.of(low - at) in ("+", "0+")):
            return sp.Integral(parts[1], (x, low, high))
        if at == high or (not high.is_infinite and signs.of(at - high) in ("+", "0+")):
            return sp.Integral(parts[0], (x, low, high))
        inside = (low.is_infinite or signs.of(at - low) in ("+", "0+")) and (
            high.is_infinite or signs.of(high - at) in ("+", "0+")
        )
        if inside:
            return sp.Integral(parts[0], (x, low, at)) + sp.Integral(parts[1], (x, at, high))
    return None


def _sides(node: Any, rising: bool) -> tuple[Any, Any]:
    """What the node is below and above the place where it breaks."""
    first = node.args[0]
    negative, positive = {
        sp.Abs: lambda: (-first, first),
        sp.sign: lambda: (sp.Integer(-1), sp.Integer(1)),
        sp.Heaviside: lambda: (sp.Integer(0), sp.Integer(1)),
        sp.Max: lambda: (node.args[1], first),
        sp.Min: lambda: (first, node.args[1]),
    }[node.func]()
    return (negative, positive) if rising else (positive, negative)


def _rational(integral: Any) -> Any | None:
    """A rational function of sin and cos over a turn or a quarter, by t = tan(x/2) or t = tan(x)."""
    x, low, high = integral.limits[0]
    f = integral.function
    if not f.has(sp.sin, sp.cos, sp.tan) or f.has(*_BREAKS):
        return None
    f = sp.expand_trig(f) if any(w.args[0] != x for w in f.atoms(sp.sin, sp.cos, sp.tan)) else f
    if any(w.args[0] != x for w in f.atoms(sp.sin, sp.cos, sp.tan)):
        return None
    t = sp.Dummy("t", real=True)
    if (low, high) in ((0, 2 * sp.pi), (-sp.pi, sp.pi)):
        values = {sp.sin(x): 2 * t / (1 + t**2), sp.cos(x): (1 - t**2) / (1 + t**2), sp.tan(x): 2 * t / (1 - t**2)}
        weight, limits = 2 / (1 + t**2), (t, -sp.oo, sp.oo)
    elif (low, high) == (0, sp.pi):
        values = {sp.sin(x): 2 * t / (1 + t**2), sp.cos(x): (1 - t**2) / (1 + t**2), sp.tan(x): 2 * t / (1 - t**2)}
        weight, limits = 2 / (1 + t**2), (t, sp.S.Zero, sp.oo)
    elif (low, high) == (0, sp.pi / 2):
        root = sp.sqrt(1 + t**2)
        values = {sp.sin(x): t / root, sp.cos(x): 1 / root, sp.tan(x): t}
        weight, limits = 1 / (1 + t**2), (t, sp.S.Zero, sp.oo)
    else:
        return None
    turned = sp.cancel(sp.together(f.xreplace(values) * weight))
    if turned.has(x) or not turned.is_rational_function(t):
        return None
    y = sp.Symbol(f"tan_{x}", positive=True) if limits[1] == 0 else sp.Symbol(f"tan_{x}", real=True)
    return sp.Integral(turned.xreplace({t: y}), (y, *limits[1:]))
