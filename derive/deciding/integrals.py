"""Definite integrals: by the table, or by an antiderivative that is differentiated again and followed to the ends.

SymPy proposes antiderivatives. One is used if its derivative is proved to be the integrand, if it is smooth between the
limits, and if it has limits at both ends: by continuity, or at infinity and at singular ends by Gruntz' algorithm.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportOptionalOperand=false, reportIndexIssue=false, reportOptionalSubscript=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.integrals.manualintegrate import manualintegrate

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem
from derive.deciding.exceptions import regular
from derive.deciding.rules.integral_table import table_value
from derive.deciding.rules.transforms import transform_value
from derive.deciding.rules.wave_integrals import wave_value
from derive.deciding.smoothness import Signs, smooth, value_at
from derive.deciding.steps import limited

Prove = Callable[[Problem], Certificate | None]
MAX_OPS = 60
_FAILS = (NotImplementedError, ValueError, TypeError, AttributeError, KeyError, ZeroDivisionError, RecursionError,
          sp.PolynomialError, IndexError, AssertionError)  # fmt: skip


def by_known_integrals(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof in which each definite integral is replaced by its value in the tables."""
    return _by_values(problem, prove, "a known form", _by_table)


def by_antiderivatives(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof in which each definite integral is replaced by the difference of an antiderivative at its ends."""
    difference = problem.lhs - problem.rhs
    if any(len(integral.limits) > 1 for integral in difference.atoms(sp.Integral)):
        return _iterated(problem, difference, prove)
    return _by_values(problem, prove, "an antiderivative", _by_antiderivative)


def _by_values(problem: Problem, prove: Prove, name: str, way: Callable[..., Any]) -> Certificate | None:
    difference = problem.lhs - problem.rhs
    integrals = sorted(difference.atoms(sp.Integral), key=sp.default_sort_key)
    found = [integral for integral in integrals if _definite(integral)]
    if not found or problem.solved or any(len(integral.limits) > 1 for integral in integrals):
        return None
    outcome = []
    for integral in found:
        outcome.append(way(problem, integral, prove))
        if outcome[-1] is None:
            return None
    values = dict(zip(found, (o[0] for o in outcome), strict=True))
    rest = difference.xreplace(values)
    part = None if rest.has(sp.nan, sp.zoo, sp.oo) else prove(restated(problem, rest))
    if part is None:
        return None
    data = (("said", name), ("closed", tuple(values.items())), ("rest", rest))
    return Certificate("integral", problem, data, (part, *(p for o in outcome for p in o[1])))


def _innermost(integral: Any) -> Any:
    """The first integral that is carried out: the one itself unless several stand in each other."""
    return sp.Integral(integral.function, integral.limits[0]) if len(integral.limits) > 1 else integral


def _iterated(problem: Problem, difference: Any, prove: Prove) -> Certificate | None:
    """The innermost of integrals in each other by an antiderivative, at every value of the outer variables."""
    closed, parts = {}, []
    for integral in sorted((i for i in difference.atoms(sp.Integral) if len(i.limits) > 1), key=sp.default_sort_key):
        inner = _innermost(integral)
        if any(len(limit) != 3 for limit in integral.limits) or not _definite(inner):
            return None
        within, names = problem, {}
        for x, *limits in reversed(integral.limits[1:]):
            low, high = (end.xreplace(names) for end in limits)
            name = f"{x.name}_outer"
            if not upwards(within, low, high):
                names[x] = sp.Symbol(name, real=True)
                continue
            names[x] = sp.Symbol(name, positive=True) if low.is_nonnegative else sp.Symbol(name, real=True)
            ends = (sp.Gt(names[x], low), sp.Lt(names[x], high))
            strict = (e for e in ends if isinstance(e, (sp.StrictGreaterThan, sp.StrictLessThan)) and not e.has(sp.oo))
            within = restated(replace(within, conditions=(*within.conditions, *strict)), 0)
        posed = restated(within, inner.xreplace(names))
        outcome = _by_table(posed, posed.lhs, prove) or _by_antiderivative(posed, posed.lhs, prove)
        if outcome is None:
            return None
        value = outcome[0].xreplace({name: x for x, name in names.items()})
        closed[integral] = sp.Integral(value, *integral.limits[1:])
        parts += outcome[1]
    rest = difference.xreplace(closed)
    part = prove(restated(problem, rest))
    if part is None:
        return None
    data = (("said", "one after the other"), ("closed", tuple(closed.items())), ("rest", rest))
    return Certificate("integral", problem, data, (part, *parts))


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
        value = transform_value(f, y, low, high, positive) if value is None else value
    except _FAILS:
        return None
    if value is None or value.has(sp.nan, sp.zoo, sp.oo) or not regular(value):
        return None
    return value, []


def _by_antiderivative(problem: Problem, integral: Any, prove: Prove) -> tuple[Any, list[Certificate]] | None:
    x, low, high = integral.limits[0]
    backwards = (high - low).is_negative
    if backwards:
        low, high = high, low
    # Where it is not known which end is the lower one, both are looked at.
    ways = [(low, high)] if backwards or upwards(problem, low, high) else [(low, high), (high, low)]
    ranges = [between(problem, *ends) for ends in ways]
    for antiderivative in _proposals(integral.function.subs(x, ranges[0][0]), ranges[0][0]):
        parts, ends = [], []
        for (y, within), (start, end) in zip(ranges, ways, strict=True):
            there = antiderivative.xreplace({ranges[0][0]: y})
            f = integral.function.subs(x, y)
            signs = Signs(restated(within, f))
            if not regular(there) or not smooth(there, y, signs):
                break
            part = prove(restated(within, sp.diff(there, y), f))
            found = [_limit(there, y, start, "+", signs), _limit(there, y, end, "-", signs)]
            if part is None or any(value is None for value in found):
                break
            parts.append(part)
            ends.append(found if (start, end) == (low, high) else found[::-1])
        else:
            if any(sp.expand(one - two) != 0 for one, two in zip(ends[0], ends[-1], strict=True)):
                continue
            value = ends[0][1] - ends[0][0]
            if regular(value):
                return (-value if backwards else value), parts
    return None


def upwards(problem: Problem, low: Any, high: Any) -> bool:
    """Is the upper limit certainly not below the lower one?"""
    if high == sp.oo or low == -sp.oo or (high - low).is_nonnegative:
        return True
    return Signs(problem).of(high - low) in ("+", "0+")


def between(problem: Problem, low: Any, high: Any) -> tuple[Any, Problem]:
    """A variable between the limits, and the domain with it."""
    known: dict[str, Any] = {"real": True}
    if low.is_nonnegative:
        known = {"positive": True}
    elif high.is_nonpositive:
        known = {"negative": True}
    y = sp.Symbol("x_bound", **known)
    inside = (sp.Gt(y, low), sp.Lt(y, high))
    strict = (c for c in inside if isinstance(c, (sp.StrictGreaterThan, sp.StrictLessThan)) and not c.has(sp.oo))
    return y, replace(problem, conditions=(*problem.conditions, *strict))


def _proposals(f: Any, x: Any) -> Iterator[Any]:
    """Antiderivatives to be tried, the cheap ones first: SymPy's general method may take long."""
    found = []
    for way in (manualintegrate, _by_partial_fractions, _by_general_method):
        try:
            candidate = limited(way, f, x)
        except _FAILS:
            continue
        if isinstance(candidate, sp.Piecewise):
            candidate = candidate.args[0][0]
        candidate = candidate.replace(sp.floor, lambda _: sp.Integer(0))
        candidate = candidate.replace(lambda e: isinstance(e, sp.Piecewise), lambda e: e.args[0][0])
        # For a logarithm of what may be negative, that of its modulus has the same derivative.
        if not candidate.has(sp.Integral, sp.nan, sp.zoo) and candidate not in found:
            found.append(candidate)
            yield candidate
            turned = candidate.replace(sp.log, _positive_log)
            if turned != candidate:
                yield turned


def _by_partial_fractions(f: Any, x: Any) -> Any:
    if not f.is_rational_function(x):
        raise ValueError("not rational")
    parts: Any = sp.apart(f, x)
    return sp.Add(*(manualintegrate(term, x) for term in sp.Add.make_args(parts)))


def _by_general_method(f: Any, x: Any) -> Any:
    return sp.integrate(f, x, conds="none", meijerg=False)


def _positive_log(u: Any) -> Any:
    return sp.log(-u) if not u.is_positive and u.could_extract_minus_sign() is False and not u.is_number else sp.log(u)


def _limit(expr: Any, x: Any, end: Any, side: str, signs: Signs) -> Any | None:
    if not end.is_infinite:
        value = value_at(expr, x, end, signs)
        if value is not None and not value.has(sp.nan, sp.zoo, sp.oo):
            return value
    try:
        value = limited(sp.limit, expr, x, end, *(() if end.is_infinite else (side,)))
    except _FAILS:
        return None
    if value.has(sp.Limit, sp.nan, sp.zoo, sp.oo, sp.AccumBounds, x):
        return None
    return value
