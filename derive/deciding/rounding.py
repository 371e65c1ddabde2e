"""Floors, ceilings and remainders by division: a symbol is written as a multiple and what is left of it.

An integer n under floor(n/3) becomes 3 q + r, one case for each r; floor(n/m) with a positive integer m the same with
0 <= r < m; a real x under floor(x + 1/2) becomes q plus a number in a cell between two break points, the break points
being cases of their own. In each case the floors are integers that can be told by signs, and are gone. The cases
cover the domain: that is all a proof needs.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportOptionalOperand=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
# pyright: reportArgumentType=false, reportCallIssue=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem
from derive.deciding.smoothness import Signs

Prove = Callable[[Problem], Certificate | None]
MAX_CASES = 48
MAX_MODULUS = 12
MAX_CELLS = 16
MAX_OPS = 120
_ROUNDING = (sp.floor, sp.ceiling, sp.frac, sp.Mod)
_BINDERS = (sp.Sum, sp.Product, sp.Integral, sp.Limit, sp.Derivative)


def by_rounding(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof in all cases of what is rounded."""
    cells = rounded(problem)
    if cells is None:
        return None
    parts = []
    for cell in cells:
        part = prove(cell)
        if part is None:
            return None
        parts.append(part)
    said = f"{len(cells)} cases of quotient and remainder" if len(cells) != 1 else "quotient and remainder"
    return Certificate("rounding", problem, (("said", said),), tuple(parts))


def rounded(problem: Problem) -> list[Problem] | None:
    """The problem in cases without anything rounded, an empty one left out; None if that is not reached."""
    difference = problem.lhs - problem.rhs
    if not difference.has(*_ROUNDING) or difference.has(*_BINDERS) or problem.solved:
        return None
    if sp.count_ops(difference) > MAX_OPS:
        return None
    todo = [_plain(problem)]
    done: list[Problem] = []
    for _ in range(4 * MAX_CASES):
        if not todo:
            return done
        case = _resolved(todo.pop(0))
        if case is None:
            continue
        floors = _floors(case)
        if not floors:
            done.append(case)
            continue
        split = _division(case, floors)
        if split is None or len(todo) + len(done) + len(split) > MAX_CASES:
            return None
        todo += split
    return None


def _plain(problem: Problem) -> Problem:
    """Everything rounded, by floors."""

    def turned(expr: Any) -> Any:
        expr = expr.replace(sp.ceiling, lambda u: -sp.floor(-u)).replace(sp.frac, lambda u: u - sp.floor(u))
        return expr.replace(sp.Mod, lambda a, b: a - b * sp.floor(a / b))

    conditions = tuple(turned(c) for c in problem.conditions)
    return restated(replace(problem, conditions=conditions), turned(problem.lhs - problem.rhs))


def _floors(problem: Problem) -> list[Any]:
    """The innermost floors of the statement, then those of the conditions."""
    for exprs in ((problem.lhs,), problem.conditions):
        found = {node for expr in exprs for node in expr.atoms(sp.floor) if not node.args[0].has(sp.floor)}
        if found:
            return sorted(found, key=sp.default_sort_key)
    return []


def _resolved(problem: Problem) -> Problem | None:
    """With every floor that signs determine replaced by its integer; None if the conditions exclude the case."""
    for _ in range(12):
        if any(c in (sp.false, False) for c in problem.conditions):
            return None
        signs = Signs(replace(problem, conditions=_ordered(problem)))
        known: dict[Any, Any] = {}
        for node in (f for expr in (problem.lhs, *problem.conditions) for f in expr.atoms(sp.floor)):
            if not node.args[0].has(sp.floor):
                value = _floor_of(node.args[0], signs)
                if value is not None:
                    known[node] = value
        if not known:
            return problem
        problem = _substituted(problem, known)
    return problem


def _ordered(problem: Problem) -> tuple[Any, ...]:
    """The conditions without floors, and that a positive integer is at least one."""
    least = (sp.Ge(s, 1, evaluate=False) for s in problem.symbols if s.is_integer and s.is_positive)
    return (*(c for c in problem.conditions if not c.has(sp.floor)), *least)


def _floor_of(u: Any, signs: Signs) -> Any | None:
    """The integer that floor(u) is, if signs tell it: the integer terms, and the floor of the rest."""
    terms = sp.Add.make_args(sp.expand(sp.cancel(u) if u.is_rational_function() else u))
    whole = sp.Add(*(t for t in terms if t.is_integer))
    part = sp.together(sp.Add(*(t for t in terms if not t.is_integer)))
    if part.is_Rational:
        return whole + sp.floor(part)
    for c in (0, -1, 1):
        if signs.of(part - c) in ("+", "0+") and signs.positive(c + 1 - part):
            return whole + c
    # What divides without remainder, such as (m q + r)/m, is an integer plus what is left.
    top, bottom = sp.fraction(sp.together(u))
    if bottom.free_symbols and bottom.is_integer:
        main = sorted(bottom.free_symbols, key=str)[0]
        if top.is_polynomial(main) and bottom.is_polynomial(main):
            quotient, rest = sp.div(sp.expand(top), sp.expand(bottom), main)
            if quotient != 0 and quotient.is_integer:
                inner = _floor_of(rest / bottom, signs)
                return None if inner is None else sp.expand(quotient) + inner
    return None


def _substituted(problem: Problem, known: dict[Any, Any], *more: Any) -> Problem:
    conditions = tuple(c.subs(known) for c in problem.conditions)
    conditions = tuple(c for c in (*conditions, *more) if c not in (sp.true, True))
    return restated(replace(problem, conditions=conditions), problem.lhs.subs(known))


def _division(problem: Problem, floors: list[Any]) -> list[Problem] | None:
    """Cases of one symbol under a floor, or of one floor at 1."""
    for node in floors:
        u = sp.expand(node.args[0])
        for s in sorted(u.free_symbols, key=str):
            if s.is_integer and u.is_polynomial(s):
                split = _residues(problem, u, s)
                if split is not None:
                    return split
        top, bottom = sp.fraction(sp.together(u))
        if bottom.is_integer and bottom.is_positive and bottom.free_symbols:
            for s in sorted(top.free_symbols, key=str):
                slope = sp.diff(sp.expand(top), s)
                if s.is_integer and slope in (1, -1) and not bottom.has(s):
                    return _remainders(problem, s, bottom)
        for s in sorted(u.free_symbols, key=str):
            if s.is_real and not s.is_rational:
                split = _cells(problem, s)
                if split is not None:
                    return split
    return _at_one(problem, floors)


def _new(problem: Problem, name: str, **known: Any) -> Any:
    taken = {s.name for s in problem.symbols}
    while name in taken:
        name += "'"
    return sp.Symbol(name, **known)


def _residues(problem: Problem, u: Any, s: Any) -> list[Problem] | None:
    """s = d q + r for every residue r of a number d."""
    if not u.is_polynomial(*u.free_symbols):
        return None
    d = sp.ilcm(1, *(c.q for c in sp.Poly(u, *sorted(u.free_symbols, key=str)).coeffs() if c.is_Rational))
    if not 1 < d <= MAX_MODULUS or not sp.Poly(u, s).LC().is_Rational:
        return None
    cases = []
    for r in range(d):
        positive = bool(s.is_positive and r == 0)
        known = {"positive": True} if positive else {"nonnegative": True} if s.is_nonnegative else {}
        q = _new(problem, f"{s.name}_over_{d}", integer=True, **known)
        cases.append(_substituted(problem, {s: d * q + r}))
    return cases


def _remainders(problem: Problem, s: Any, m: Any) -> list[Problem]:
    """s = m q + r with 0 <= r < m: r = 0, and r >= 1."""
    known = {"nonnegative": True} if s.is_nonnegative else {}
    q = _new(problem, f"{s.name}_quotient", integer=True, **known)
    r = _new(problem, f"{s.name}_remainder", integer=True, positive=True)
    return [_substituted(problem, {s: m * q}), _substituted(problem, {s: m * q + r}, sp.Ge(m - 1, r))]


def _cells(problem: Problem, s: Any) -> list[Problem] | None:
    """s = T q + p at each break point p of the floors in s, and p plus a positive rest between two of them."""
    places = []
    for node in {f for e in (problem.lhs, *problem.conditions) for f in e.atoms(sp.floor) if f.args[0].has(s)}:
        u = sp.expand(node.args[0])
        if u.has(sp.floor):
            continue
        slope = sp.diff(u, s)
        rest = sp.Add(*(t for t in sp.Add.make_args(u - slope * s) if not t.is_integer))
        if slope.is_Rational and rest.is_Rational and slope != 0:
            places.append((slope, rest))
    if not places:
        return None
    period = sp.Integer(1)
    for slope, _ in places:
        step = 1 / abs(slope)
        period = sp.Rational(sp.ilcm(period.p * step.q, step.p * period.q), period.q * step.q)
    breaks = {sp.Integer(0)}
    for slope, rest in places:
        breaks |= {sp.Mod((k - rest) / slope, period) for k in range(int(abs(slope) * period))}
    if len(breaks) > MAX_CELLS:
        return None
    cases = []
    ordered = [*sorted(breaks), period]
    for p, following in pairwise(ordered):
        for inside in (False, True):
            positive = bool(s.is_positive and p == 0 and not inside)
            known = {"positive": True} if positive else {"nonnegative": True} if s.is_nonnegative else {}
            q = _new(problem, f"{s.name}_whole", integer=True, **known)
            value, more = period * q + p, ()
            if inside:
                rest = _new(problem, f"{s.name}_part", positive=True)
                value, more = value + rest, (sp.Lt(rest, following - p),)
            cases.append(_substituted(problem, {s: value}, *more))
    return cases


def _at_one(problem: Problem, floors: list[Any]) -> list[Problem] | None:
    """A floor of something between 0 and 2: below one, or not."""
    signs = Signs(replace(problem, conditions=_ordered(problem)))
    for node in floors:
        top, bottom = sp.fraction(sp.together(node.args[0]))
        if not (bottom.is_positive and signs.of(top) in ("+", "0+") and signs.positive(2 * bottom - top)):
            continue
        below = sp.Ge(bottom - 1, top) if top.is_integer and bottom.is_integer else sp.Lt(top, bottom)
        return [
            _substituted(problem, {node: sp.Integer(0)}, below),
            _substituted(problem, {node: sp.Integer(1)}, sp.Ge(top, bottom)),
        ]
    return None
