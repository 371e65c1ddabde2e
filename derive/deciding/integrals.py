"""Definite integrals: by the table, or by an antiderivative that is differentiated again and followed to the ends.

SymPy proposes antiderivatives. One is used if its derivative is proved to be the integrand, if it is smooth between the
limits, and if it has limits at both ends: by continuity, or at infinity and at singular ends by Gruntz' algorithm.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportOptionalOperand=false, reportIndexIssue=false, reportOptionalSubscript=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.integrals.manualintegrate import manualintegrate

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem
from derive.deciding.exceptions import regular
from derive.deciding.rules.integral_table import table_value
from derive.deciding.rules.wave_integrals import wave_value
from derive.deciding.smoothness import Signs, smooth, value_at

Prove = Callable[[Problem], Certificate | None]
MAX_OPS = 60
_FAILS = (NotImplementedError, ValueError, TypeError, AttributeError, KeyError, ZeroDivisionError, RecursionError,
          sp.PolynomialError, IndexError, AssertionError)  # fmt: skip


def by_integrals(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof in which each definite integral is replaced by its value."""
    difference = problem.lhs - problem.rhs
    found = sorted((i for i in difference.atoms(sp.Integral) if _definite(i)), key=sp.default_sort_key)
    if not found or problem.solved:
        return None
    for name, way in (("a known form", _by_table), ("an antiderivative", _by_antiderivative)):
        outcome = [way(problem, integral, prove) for integral in found]
        if any(value is None for value in outcome):
            continue
        values = dict(zip(found, (o[0] for o in outcome if o), strict=True))
        rest = difference.xreplace(values)
        if rest.has(sp.nan, sp.zoo, sp.oo):
            continue
        part = prove(restated(problem, rest))
        if part is not None:
            data = (("said", name), ("closed", tuple(values.items())), ("rest", rest))
            parts = [p for o in outcome if o for p in o[1]]
            return Certificate("integral", problem, data, (part, *parts))
    return None


def _definite(integral: Any) -> bool:
    if len(integral.limits) != 1 or len(integral.limits[0]) != 3:
        return False
    return not integral.function.has(sp.Sum, sp.Product, sp.Integral) and sp.count_ops(integral.function) <= MAX_OPS


def _by_table(problem: Problem, integral: Any, _: Prove) -> tuple[Any, list[Certificate]] | None:
    x, low, high = integral.limits[0]
    y = sp.Symbol("x_bound", positive=True) if low.is_nonnegative else sp.Symbol("x_bound", real=True)
    f, positive = integral.function.subs(x, y), Signs(problem).positive
    try:
        value = table_value(f, y, low, high, positive)
        value = wave_value(f, y, low, high, positive) if value is None else value
    except _FAILS:
        return None
    return None if value is None or not regular(value) else (value, [])


def _by_antiderivative(problem: Problem, integral: Any, prove: Prove) -> tuple[Any, list[Certificate]] | None:
    x, low, high = integral.limits[0]
    backwards = (high - low).is_negative
    if backwards:
        low, high = high, low
    known: dict[str, Any] = {"positive": True} if low.is_nonnegative else {"real": True}
    y = sp.Symbol("x_bound", **known)
    f = integral.function.subs(x, y)
    inside = [sp.Gt(y, low), sp.Lt(y, high)]
    conditions = tuple(
        c for c in inside if isinstance(c, (sp.StrictGreaterThan, sp.StrictLessThan)) and not c.has(sp.oo)
    )
    within = replace(problem, conditions=(*problem.conditions, *conditions))
    signs = Signs(restated(within, f))
    for antiderivative in _proposals(f, y):
        if not regular(antiderivative) or not smooth(antiderivative, y, signs):
            continue
        derivative = prove(restated(within, sp.diff(antiderivative, y), f))
        if derivative is None:
            continue
        ends = [_limit(antiderivative, y, end, side, signs) for end, side in ((low, "+"), (high, "-"))]
        if any(end is None for end in ends):
            continue
        value = ends[1] - ends[0]
        if not regular(value):
            continue
        return (-value if backwards else value), [derivative]
    return None


def _proposals(f: Any, x: Any) -> list[Any]:
    found = []
    ways = (manualintegrate, _by_partial_fractions, lambda g, v: sp.integrate(g, v, conds="none"))
    for way in ways:
        try:
            candidate = way(f, x)
        except _FAILS:
            continue
        if isinstance(candidate, sp.Piecewise):
            candidate = candidate.args[0][0]
        candidate = candidate.replace(sp.floor, lambda _: sp.Integer(0))
        candidate = candidate.replace(lambda e: isinstance(e, sp.Piecewise), lambda e: e.args[0][0])
        # For a logarithm of what may be negative, that of its modulus has the same derivative.
        if not candidate.has(sp.Integral, sp.nan, sp.zoo) and candidate not in found:
            found.append(candidate)
            turned = candidate.replace(sp.log, _positive_log)
            if turned != candidate:
                found.append(turned)
        if candidate.has(sp.Integral):
            continue
    return found


def _by_partial_fractions(f: Any, x: Any) -> Any:
    if not f.is_rational_function(x):
        raise ValueError("not rational")
    parts: Any = sp.apart(f, x)
    return sp.Add(*(manualintegrate(term, x) for term in sp.Add.make_args(parts)))


def _positive_log(u: Any) -> Any:
    return sp.log(-u) if not u.is_positive and u.could_extract_minus_sign() is False and not u.is_number else sp.log(u)


def _limit(expr: Any, x: Any, end: Any, side: str, signs: Signs) -> Any | None:
    if not end.is_infinite:
        value = value_at(expr, x, end, signs)
        if value is not None and not value.has(sp.nan, sp.zoo, sp.oo):
            return value
    try:
        value = sp.limit(expr, x, end, side) if not end.is_infinite else sp.limit(expr, x, end)
    except _FAILS:
        return None
    if value.has(sp.Limit, sp.nan, sp.zoo, sp.oo, sp.AccumBounds, x):
        return None
    return value
