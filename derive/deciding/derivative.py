"""Two functions of a real variable are equal if their derivatives are and they agree at one point of the interval.

The variable ranges over an interval, both sides are smooth on it, the derivative of their difference is proved to
vanish, and so is the difference at an interior point or its limit at an end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem
from derive.deciding.smoothness import Signs, smooth, value_at

Prove = Callable[[Problem], Certificate | None]
MAX_OPS = 150
_WORTH = (sp.log, sp.asin, sp.acos, sp.atan, sp.acot, sp.asinh, sp.acosh, sp.atanh, sp.atan2, sp.polylog, sp.erf, sp.Si,
          sp.Ci, sp.Ei, sp.Shi, sp.Chi, sp.fresnels, sp.fresnelc, sp.uppergamma, sp.lowergamma, sp.expint, sp.Abs,
          sp.elliptic_e, sp.elliptic_k)  # fmt: skip


def interval(problem: Problem, x: Any) -> tuple[Any, Any] | None:
    """The ends of the interval over which x ranges, by its sign and by bounds that are numbers; None if it is none."""
    if not x.is_real or x.is_integer or x.is_rational or (x.is_nonzero and x.is_positive is x.is_negative):
        return None
    low = sp.Integer(0) if x.is_nonnegative else -sp.oo
    high = sp.Integer(0) if x.is_nonpositive else sp.oo
    for condition in problem.conditions:
        if not condition.has(x):
            continue
        if not isinstance(condition, (sp.StrictGreaterThan, sp.StrictLessThan, sp.GreaterThan, sp.LessThan)):
            return None
        if condition.gts == x and not condition.lts.has(x):
            low = sp.Max(low, condition.lts) if condition.lts.is_number else low
        elif condition.lts == x and not condition.gts.has(x):
            high = sp.Min(high, condition.gts) if condition.gts.is_number else high
        else:
            return None
    return low, high


def is_convex(problem: Problem, x: Any) -> bool:
    """Is the domain convex in x for all values of the other symbols: an interval, cut by inequalities linear in x?"""
    if interval(replace(problem, conditions=()), x) is None:
        return False
    for condition in problem.conditions:
        if condition.has(x):
            if not isinstance(condition, (sp.StrictGreaterThan, sp.StrictLessThan, sp.GreaterThan, sp.LessThan)):
                return False
            relation: Any = condition
            excess = sp.expand(relation.gts - relation.lts)
            if not excess.is_polynomial(x) or sp.degree(excess, x) > 1:
                return False
    return True


def by_derivative(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof by differentiation in one of the real symbols."""
    difference = problem.lhs - problem.rhs
    if problem.solved or sp.count_ops(difference) > MAX_OPS or difference.has(sp.Sum, sp.Product, sp.Integral):
        return None
    if not difference.has(*_WORTH):
        return None
    signs = Signs(problem)
    for x in problem.symbols:
        if not any(node.has(x) for node in difference.atoms(*_WORTH)):
            continue
        ends = interval(problem, x)
        if ends is None and not is_convex(problem, x):
            continue
        if not smooth(difference, x, signs):
            # Over a polynomial it vanishes where its numerator does.
            top, bottom = sp.fraction(sp.together(difference))
            if bottom.is_polynomial(x) and bottom.has(x) and smooth(top, x, signs):
                part = prove(restated(problem, top))
                if part is not None:
                    data = (("said", f"the numerator over {bottom}"), ("numerator", top))
                    return Certificate("numerator", problem, data, (part,))
            continue
        slope = sp.diff(difference, x)
        if slope.has(sp.Derivative, sp.Subs):
            continue
        step = prove(restated(problem, slope))
        if step is None:
            continue
        for point in _points(problem, x, ends):
            value = value_at(difference, x, point, signs)
            if value is None or value.has(sp.nan, sp.zoo, sp.oo):
                continue
            start = prove(_without(problem, x, value))
            if start is not None:
                data = (
                    ("said", f"in {x}, from {point}"),
                    ("x", x),
                    ("point", point),
                    ("slope", slope),
                    ("value", value),
                )
                return Certificate("derivative", problem, data, (step, start))
    return None


_OF_INTEGERS = (sp.Sum, sp.Product, sp.Integral, sp.factorial, sp.binomial, sp.RisingFactorial, sp.FallingFactorial,
                sp.floor, sp.ceiling, sp.Mod, sp.KroneckerDelta, sp.fibonacci, sp.lucas)  # fmt: skip


def by_extension(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof for all reals of what is asked for integers, by differentiation."""
    posed = extended(problem)
    part = None if posed is None else by_derivative(posed, prove)
    return None if part is None else Certificate("extension", problem, (("said", "for real values"),), (part,))


def extended(problem: Problem) -> Problem | None:
    """The question with its integers as real numbers of the same sign; None if there is none, or it makes no sense."""
    difference = problem.lhs - problem.rhs
    worth = {s for node in difference.atoms(*_WORTH) for s in node.free_symbols if s.is_integer}
    if not worth or problem.solved or problem.conditions or difference.has(*_OF_INTEGERS):
        return None
    real: dict[Any, Any] = {}
    for s in sorted(worth, key=str):
        sign = [name for name in ("positive", "nonnegative", "negative", "nonpositive") if getattr(s, f"is_{name}")]
        known: dict[str, Any] = {"real": True, **dict.fromkeys(sign[:1], True)}
        real[s] = sp.Symbol(str(s), **known)
    return restated(problem, difference.xreplace(real))


def _points(problem: Problem, x: Any, ends: tuple[Any, Any] | None) -> list[Any]:
    if ends is None:
        about = [c for c in problem.conditions if c.has(x)]
        own = {name: truth for name, truth in x.assumptions0.items() if name in ("positive", "negative", "zero")}
        return [
            p
            for p in (sp.Integer(0), sp.Integer(1), sp.Integer(-1))
            if all(c.subs(x, p) in (sp.true, True) for c in about)
            and all(getattr(p, f"is_{name}") is truth for name, truth in own.items())
        ]
    low, high = ends
    found = [p for p in (sp.Integer(0), sp.Integer(1), sp.Integer(-1)) if low < p < high]
    found += [p for p in (low, high) if not p.is_infinite]
    # Another symbol over the same interval is a point of it as well.
    plain = [s for s in problem.symbols if s != x and not any(c.has(s) or c.has(x) for c in problem.conditions)]
    found += [s for s in plain if s.assumptions0 == x.assumptions0]
    return found


def _without(problem: Problem, x: Any, value: Any) -> Problem:
    """The question at one point of x: conditions on x go."""
    kept = tuple(c for c in problem.conditions if not c.has(x))
    return restated(replace(problem, conditions=kept), value)
