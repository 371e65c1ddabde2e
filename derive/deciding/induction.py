"""Finite sums and products up to an integer symbol n: the identity at the least n, and the step from n to n + 1.

F(n) = lhs - rhs vanishes for all n >= n0 if F(n0) = 0 and F(n + 1) - F(n) = 0. In the second,
Sum(f, (k, a, n + 1)) is Sum(f, (k, a, n)) + f(n + 1) where f is free of n, so the sums cancel. For a product P with
lhs - rhs = c P - b, c a number, the step is b(n + 1) = f(n + 1) b(n).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem

Prove = Callable[[Problem], Certificate | None]
_WITH_POLES = (sp.tan, sp.cot, sp.sec, sp.csc, sp.coth, sp.csch, sp.gamma, sp.digamma, sp.loggamma)
MAX_LENGTH = 50


def by_induction(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof by induction on the upper limit of sums or of one product, if there is one."""
    if not (problem.lhs - problem.rhs).has(sp.Sum, sp.Product):
        return None
    for n in problem.symbols:
        found = statements(problem, n)
        if found is None:
            continue
        base, successor = found
        start = prove(restated(problem, base))
        step = prove(restated(problem, successor)) if start is not None else None
        if start is not None and step is not None:
            data = (("said", f"on {n} with normal forms"), ("n", n), ("step", successor))
            return Certificate("induction", problem, data, (start, step))
    return None


def statements(problem: Problem, n: Any) -> tuple[Any, Any] | None:
    """What must vanish at the first n, and for the step from n to n + 1; None if that proves nothing."""
    difference = problem.lhs - problem.rhs
    nodes = sorted(difference.atoms(sp.Sum) | difference.atoms(sp.Product), key=sp.default_sort_key)
    over_n = [s for s in nodes if len(s.limits[-1]) == 3 and s.limits[-1][2].has(n)]
    if not over_n or not n.is_integer or not n.is_nonnegative or not is_open(problem):
        return None
    first = sp.Integer(1 if n.is_positive else 0)
    base = _unroll(difference.subs(n, first))
    split = [_increment(total, n, first) for total in over_n]
    if base is None or any(part is None for part in split) or not _defined(difference, n):
        return None
    successor = _step(difference, dict(zip(over_n, split, strict=True)), n)
    if successor is None or not _defined(successor, n):
        return None
    return base, successor


def is_open(problem: Problem) -> bool:
    """Is the domain not cut down to a thin set, and free in its integers: only strict bounds on real symbols?"""
    return not problem.solved and all(
        isinstance(c, (sp.StrictGreaterThan, sp.StrictLessThan)) and not any(s.is_integer for s in c.free_symbols)
        for c in problem.conditions
    )


def _body(total: Any) -> Any:
    """What stands under the outermost sign."""
    inner = total.limits[:-1]
    return total.func(total.function, *inner) if inner else total.function


def _defined(expr: sp.Expr, n: sp.Symbol) -> bool:
    """Has the expression a value at every n? Across a pole a step proves nothing."""
    for node in sp.preorder_traversal(expr):
        if not node.has(n):
            continue
        if isinstance(node, sp.Pow) and not node.exp.is_nonnegative and node.base.has(n) and not _nonzero(node.base):
            return False
        if isinstance(node, sp.log) and not node.args[0].is_nonzero:
            return False
        if isinstance(node, _WITH_POLES) and not node.args[0].is_positive and node.args[0].is_integer is not False:
            # For each n a continuous parameter meets poles on a thin set at most.
            u = node.args[0]
            if not any(not s.is_integer and sp.diff(u, s).is_zero is False for s in u.free_symbols):
                return False
        if isinstance(node, sp.polygamma) and not node.args[1].is_positive:
            return False
    return True


def _nonzero(base: Any) -> bool:
    if base.is_nonzero:
        return True
    # Where a continuous parameter stands in it, the base vanishes at most on a thin set for each n.
    return any(not s.is_integer for s in base.free_symbols) and base.has(sp.sin, sp.cos, sp.sinh, sp.cosh, sp.Pow)


def _unroll(expr: Any) -> Any | None:
    """Sums and products between numbers, multiplied out; None if one is long."""
    for total in expr.atoms(sp.Sum) | expr.atoms(sp.Product):
        length = total.limits[-1][2] - total.limits[-1][1]
        if not length.is_Integer or not -1 <= length <= MAX_LENGTH:
            return None
    return expr.doit()


def _increment(total: Any, n: Any, first: Any) -> list[Any] | None:
    """The further terms or factors at n + 1."""
    k, low, high = total.limits[-1]
    body = _body(total)
    slope, fall = sp.diff(high, n), sp.diff(low, n)
    # Below its lower limit a sum is empty by convention; the split needs high >= low - 1 from the first n on.
    if body.has(n) or not slope.is_Integer or not 1 <= slope <= 4:
        return None
    if not fall.is_Integer or not 0 <= fall <= slope or (fall and isinstance(total, sp.Product)):
        return None
    if not (high - low + 1).subs(n, first).is_nonnegative:
        return None
    gone = [-body.subs(k, low + j) for j in range(int(fall))]
    return [body.subs(k, high + j) for j in range(1, int(slope) + 1)] + gone


def _step(difference: Any, more: dict[Any, Any], n: sp.Symbol) -> Any | None:
    """What must vanish for the step from n to n + 1."""
    # The sums are held by placeholders while n is replaced in the rest.
    held = {total: sp.Dummy() for total in more}
    rest = difference.xreplace(held).subs(n, n + 1)
    if all(isinstance(total, sp.Sum) for total in more):
        back = {symbol: total + sp.Add(*more[total]) for total, symbol in held.items()}
        return rest.xreplace(back) - difference
    if len(more) != 1:
        return None
    ((total, symbol),) = held.items()
    before = sp.expand(difference.xreplace(held))
    slope, other = before.coeff(symbol, 1), before.coeff(symbol, 0)
    if not slope.is_Rational or slope == 0 or sp.expand(before - slope * symbol - other) != 0:
        return None
    return other.subs(n, n + 1) - sp.Mul(*more[total]) * other
