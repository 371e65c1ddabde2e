"""Inequalities between symbols taken into the symbols: b >= a becomes b = a + d with a new d >= 0."""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem

Prove = Callable[[Problem], Certificate | None]
_STRICT = (sp.StrictGreaterThan, sp.StrictLessThan)
_LOOSE = (sp.GreaterThan, sp.LessThan)


def by_slack(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof after all inequalities between two symbols have been used up so."""
    conditions, lhs, rhs = list(problem.conditions), problem.lhs, problem.rhs
    changed: list[tuple[Any, Any]] = []
    for _ in range(len(conditions)):
        for condition in conditions:
            rule = _rule(condition)
            if rule is not None:
                symbol, value = rule
                lhs, rhs = lhs.xreplace({symbol: value}), rhs.xreplace({symbol: value})
                rest = [c.xreplace({symbol: value}) for c in conditions if c is not condition]
                conditions = [c for c in rest if c is not sp.true]
                changed.append((symbol, value))
                break
    if not changed or any(c is sp.false for c in conditions):
        return None
    posed = restated(replace(problem, conditions=tuple(conditions)), lhs, rhs)
    part = prove(posed)
    if part is None:
        return None
    data = (("said", ", ".join(f"{s} = {v}" for s, v in changed)), ("substitutions", tuple(changed)))
    return Certificate("slack", problem, data, (part,))


def _rule(condition: Any) -> tuple[Any, Any] | None:
    if not isinstance(condition, (*_STRICT, *_LOOSE)):
        return None
    more, less = condition.gts, condition.lts
    if not (more.is_Symbol and less.free_symbols and more not in less.free_symbols):
        return None
    strict = isinstance(condition, _STRICT)
    known: dict[str, Any] = (
        {"integer": True, "nonnegative": True}
        if more.is_integer and less.is_integer
        else ({"positive": True} if strict else {"nonnegative": True})
    )
    gap = sp.Symbol(f"{more.name}_minus_{'_'.join(sorted(map(str, less.free_symbols)))}", **known)
    value = less + gap + (1 if strict and more.is_integer and less.is_integer else 0)
    own = {name: truth for name, truth in more._assumptions_orig.items() if name != "commutative"}
    if any(getattr(value, f"is_{name}", None) is not truth for name, truth in own.items()):
        return None
    return more, value
