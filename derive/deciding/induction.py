"""Finite sums up to an integer symbol n: the identity at the least n, and its difference from n to n + 1.

F(n) = lhs - rhs vanishes for all n >= n0 if F(n0) = 0 and F(n + 1) - F(n) = 0. In the second,
Sum(f, (k, a, n + 1)) is Sum(f, (k, a, n)) + f(n + 1) where f is free of n, so the sums cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp

from derive.deciding.domain import Problem

_WITH_POLES = (sp.tan, sp.cot, sp.sec, sp.csc, sp.coth, sp.csch, sp.gamma)


def by_induction(problem: Problem, difference: sp.Expr, closes: Callable[[Problem, sp.Expr], bool]) -> sp.Symbol | None:
    """The symbol on which induction proves that the difference is zero, if there is one."""
    sums = difference.atoms(sp.Sum)
    for n in problem.symbols:
        over_n = [s for s in sums if len(s.limits) == 1 and len(s.limits[0]) == 3 and s.limits[0][2].has(n)]
        if not over_n or not n.is_integer or not n.is_nonnegative or problem.conditions or problem.solved:
            continue
        first = 1 if n.is_positive else 0
        base = _unroll(difference.subs(n, first))
        successor = _step(difference, over_n, n)
        if base is None or successor is None or not (_defined(difference, n) and _defined(successor, n)):
            continue
        if closes(replace(problem, symbols=tuple(s for s in problem.symbols if s is not n)), base) and closes(
            problem, successor
        ):
            return n
    return None


def _defined(expr: sp.Expr, n: sp.Symbol) -> bool:
    """Has the expression a value at every n? Across a pole a step proves nothing."""
    for node in sp.preorder_traversal(expr):
        if not node.has(n):
            continue
        if isinstance(node, sp.Pow) and not node.exp.is_nonnegative and node.base.has(n) and not node.base.is_nonzero:
            return False
        if isinstance(node, sp.log) and not node.args[0].is_nonzero:
            return False
        if isinstance(node, _WITH_POLES) and not node.args[0].is_positive:
            return False
    return True


def _unroll(expr: sp.Expr) -> sp.Expr | None:
    """Sums between numbers, multiplied out; None if one is long."""
    for total in expr.atoms(sp.Sum):
        length = total.limits[0][2] - total.limits[0][1]
        if not length.is_Integer or not -1 <= length <= 50:
            return None
    return expr.doit()


def _step(difference: Any, sums: list[Any], n: sp.Symbol) -> sp.Expr | None:
    """F(n + 1) - F(n), the sums up to n + 1 split."""
    advanced: dict[sp.Expr, sp.Expr] = {}
    for total in sums:
        k, low, high = total.limits[0]
        slope = sp.diff(high, n)
        # Below its lower limit a sum is empty by convention; the split needs high >= low - 1 from the first n on.
        if total.function.has(n) or low.has(n) or not slope.is_Integer or not 1 <= slope <= 4:
            return None
        if not (high - low + 1).subs(n, 1 if n.is_positive else 0).is_nonnegative:
            return None
        more = sp.Add(*(total.function.subs(k, high + j) for j in range(1, int(slope) + 1)))
        advanced[total] = total + more
    # The sums are held by placeholders while n is replaced in the rest.
    held = {total: sp.Dummy() for total in sums}
    rest = difference.xreplace(held).subs(n, n + 1)
    return rest.xreplace({symbol: advanced[total] for total, symbol in held.items()}) - difference
