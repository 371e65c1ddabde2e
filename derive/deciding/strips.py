"""Sines, cosines and tangents that have one sign, as their argument stays between two neighbouring zeros."""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import sympy as sp

from derive.deciding.domain import Problem

_OF_SINE = {sp.sin: (1, 0), sp.csc: (1, 0), sp.cos: (0, 1), sp.sec: (0, 1), sp.tan: (1, 1), sp.cot: (1, 1)}


def with_signs(expr: Any, problem: Problem) -> Any:
    """Positive symbols, or their negatives, for the waves whose sign is known; or the expression itself."""
    values = {}
    for place, wave in enumerate(sorted(expr.atoms(*_OF_SINE), key=sp.default_sort_key)):
        sign = wave_sign(wave, problem)
        if sign:
            values[wave] = sign * sp.Symbol(f"wave_{place}", positive=True)
    return expr.xreplace(values) if values else expr


def wave_sign(wave: Any, problem: Problem) -> int:
    """1 or -1 if the wave certainly has this sign and is not zero, 0 if that is not known."""
    u = wave.args[0]
    if len(u.free_symbols) != 1:
        return 0
    (x,) = u.free_symbols
    slope = sp.diff(u, x)
    ends = _ends(problem, x)
    if ends is None or not slope.is_number or slope.is_zero is not False or not slope.is_real:
        return 0
    sign = 1
    for needed, shift in zip(_OF_SINE[wave.func], (sp.Integer(0), sp.pi / 2), strict=True):
        if needed:
            part = _sine_sign([(u.subs(x, end) + shift, is_open) for end, is_open in ends])
            sign *= part
    return sign


def _ends(problem: Problem, x: Any) -> list[tuple[Any, bool]] | None:
    """The ends of the interval of x, and whether each is left out."""
    from derive.deciding.derivative import interval

    found = interval(problem, x)
    if found is None or any(end.is_infinite for end in found):
        return None
    loose = [c for c in problem.conditions if isinstance(c, (sp.GreaterThan, sp.LessThan)) and c.has(x)]
    half = (x.is_nonnegative and not x.is_positive) or (x.is_nonpositive and not x.is_negative)
    return [(end, not any(end in c.args for c in loose) and not (end == 0 and half)) for end in found]


def _sine_sign(ends: list[tuple[Any, bool]]) -> int:
    """The sign of the sine between two arguments, 0 if it changes or vanishes."""
    (one, _), (two, _) = ends
    low = sp.floor(sp.Min(one, two) / sp.pi)
    if not low.is_Integer:
        return 0
    for end, is_open in ends:
        inside = sp.And(sp.Gt(end, low * sp.pi), sp.Lt(end, (low + 1) * sp.pi))
        edge = end in (low * sp.pi, (low + 1) * sp.pi) and is_open
        if inside is not sp.true and not edge:
            return 0
    return -1 if low % 2 else 1
