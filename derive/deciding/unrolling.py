"""Finite sums and products written out between numbers, and products of linear factors as gamma functions."""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem

Prove = Callable[[Problem], Certificate | None]
MAX_LENGTH = 60
MAX_FACTORS = 1000


def by_unrolling(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof after sums between numbers are written out, and products of linear factors known."""
    after = unrolled(problem)
    if after is None:
        return None
    part = prove(restated(problem, after))
    return None if part is None else Certificate("written out", problem, (), (part,))


def unrolled(problem: Problem) -> Any | None:
    """The difference so; None if nothing changes."""
    difference = problem.lhs - problem.rhs
    if problem.solved:
        return None
    values = {}
    for node in sorted(difference.atoms(sp.Sum) | difference.atoms(sp.Product), key=sp.default_sort_key):
        value = _written_out(node)
        if value is None and isinstance(node, sp.Product):
            value = _linear_factors(node)
        if value is not None:
            values[node] = value
    return difference.xreplace(values) if values else None


def _written_out(node: Any) -> Any | None:
    if len(node.limits) != 1 or len(node.limits[0]) != 3:
        return None
    k, low, high = node.limits[0]
    length = high - low
    if not (low.is_Integer and length.is_Integer and -1 <= length <= MAX_LENGTH):
        return None
    terms = [node.function.subs(k, low + j) for j in range(int(length) + 1)]
    return sp.Add(*terms) if isinstance(node, sp.Sum) else sp.Mul(*terms)


def _linear_factors(node: Any) -> Any | None:
    """The product of a k + b over k = low … high is a^(high - low + 1) Gamma(high + 1 + b/a)/Gamma(low + b/a) (5.5.1).

    Where low + b/a is positive and a whole number of factors is taken there is no pole.
    """
    if len(node.limits) != 1:
        return None
    k, low, high = node.limits[0]
    number = sp.expand(high - low + 1)
    if not number.is_integer or not number.is_nonnegative or (number.is_Integer and number > MAX_FACTORS):
        return None
    total = sp.Integer(1)
    for factor in sp.Mul.make_args(sp.factor(node.function)):
        base, e = factor.as_base_exp()
        if not factor.has(k):
            total *= factor**number
            continue
        if not e.is_Integer or not base.is_polynomial(k) or sp.degree(base, k) != 1:
            return None
        a = sp.diff(base, k)
        start = sp.expand(low + (base - a * k) / a)
        if a.has(k) or not a.is_nonzero or not start.is_positive:
            return None
        total *= (a**number * sp.gamma(start + number) / sp.gamma(start)) ** e
    return total
