"""Definite integrals that a linear change of the variable turns into each other, or into themselves.

A linear change keeps the value of every integral that has one. Two integrals are equal if it makes one integrand
the other: a shift, a reflection x -> a + b - x, a scaling. An integral between a and b is half of that of
f(x) + f(a + b - x), which may be a constant, zero or of a form that is known. No antiderivative is looked for here.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportOptionalOperand=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, combinations
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem
from derive.deciding.examination import nonzero_somewhere
from derive.deciding.exceptions import regular
from derive.deciding.integrals import between, upwards
from derive.deciding.smoothness import Signs, smooth

Prove = Callable[[Problem], Certificate | None]
MAX_INTEGRALS = 6
MAX_OPS = 120


def by_change_of_variable(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof with integrals put for equal ones, or with one by what it and its reflection add up to."""
    difference = problem.lhs - problem.rhs
    found = sorted((i for i in difference.atoms(sp.Integral) if _plain(i)), key=sp.default_sort_key)
    if not found or len(found) > MAX_INTEGRALS or problem.solved:
        return None
    closed, parts = _equal_ones(problem, found)
    same = ("a linear change of the variable", closed, parts)
    for said, values, shown in chain([same], _reflections(problem, found, prove)):
        rest = difference.xreplace(values)
        if not values or (rest.has(sp.nan, sp.zoo, sp.oo) and not rest.has(sp.Integral)):
            continue
        part = prove(restated(problem, sp.expand_mul(rest, deep=False)))
        if part is not None:
            data = (("said", said), ("closed", tuple(values.items())), ("rest", rest))
            return Certificate("integral", problem, data, (part, *shown))
    return None


def _plain(integral: Any) -> bool:
    if len(integral.limits) != 1 or len(integral.limits[0]) != 3 or integral.function.has(sp.Integral, sp.Sum):
        return False
    return sp.count_ops(integral.function) <= MAX_OPS


def _equal_ones(problem: Problem, found: list[Any]) -> tuple[dict[Any, Any], list[Certificate]]:
    """Integrals, each with an earlier one that it equals, up to sign."""
    closed: dict[Any, Any] = {}
    parts: list[Certificate] = []
    for one, two in combinations(found, 2):
        if one in closed or two in closed:
            continue
        y, low, high = two.limits[0]
        name, within = between(problem, low, high)
        target = two.function.subs(y, name)
        for x_of_y, turned in _linear(one.limits[0], (name, low, high)):
            moved = one.function.subs(one.limits[0][0], x_of_y) * sp.diff(x_of_y, name)
            one_factor, moved = (-moved if turned else moved).as_independent(name, as_Add=False)
            two_factor, shape = target.as_independent(name, as_Add=False)
            if not one_factor.is_nonzero:
                continue
            proof = _same(restated(within, moved, shape))
            if proof is not None:
                closed[two] = two_factor / one_factor * one
                parts.append(proof)
                break
    return closed, parts


def _linear(one: tuple[Any, ...], two: tuple[Any, ...]) -> Iterator[tuple[Any, bool]]:
    """x as a linear function of y that takes limits to limits, and whether it takes the lower to the upper one."""
    _, a, b = one
    y, c, d = two
    if all(end.is_finite for end in (a, b, c, d)):
        if sp.expand(c - d) != 0 and sp.expand(a - b) != 0:
            slope = sp.cancel((b - a) / (d - c)) if (b - a).is_rational_function() else (b - a) / (d - c)
            yield sp.expand(a + slope * (y - c)), False
            yield sp.expand(b - slope * (y - c)), True
        return
    if (a, b) == (c, d) == (-sp.oo, sp.oo):
        yield y, False
        yield -y, True
    elif a.is_finite and b == sp.oo:
        if c.is_finite and d == sp.oo:
            yield y - c + a, False
        elif d.is_finite and c == -sp.oo:
            yield d - y + a, True


def _same(posed: Problem) -> Certificate | None:
    """Integrands equal by their form, or by the normal form."""
    from derive.deciding.proving import by_normal_form

    if sp.expand_mul(posed.lhs - posed.rhs) == 0:
        return Certificate("structural", restated(posed, sp.expand_mul(posed.lhs - posed.rhs)))
    try:
        return by_normal_form(posed)
    except (ArithmeticError, ValueError):
        return None


def _reflections(
    problem: Problem, found: list[Any], prove: Prove
) -> Iterator[tuple[str, dict[Any, Any], list[Certificate]]]:
    """For each integral what half of it and its reflection is."""
    for integral in found:
        x, low, high = integral.limits[0]
        if (low, high) != (-sp.oo, sp.oo) and not (low.is_finite and high.is_finite and upwards(problem, low, high)):
            continue
        y, within = between(problem, low, high)
        f = integral.function.subs(x, y)
        if not smooth(f, y, Signs(restated(within, f))):
            continue
        total = sp.Integer(0) if high == sp.oo else low + high
        mirrored = f.subs(y, total - y)
        for value, statement in _forms(f, mirrored, y, total, (low, high)):
            posed = restated(within, statement)
            proof = None if nonzero_somewhere(posed, statement) else prove(posed)
            if proof is not None:
                put = value if not value.has(y) else sp.Integral(value.xreplace({y: x}), integral.limits[0])
                yield "the integral and its reflection", {integral: put}, [proof]
                break


def _forms(f: Any, mirrored: Any, y: Any, total: Any, limits: tuple[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """What an integral could be, or an integrand for it, and what has to vanish for that."""
    low, high = limits
    rest = sp.cancel(f / y) if f.is_polynomial(y) else f / y
    if total == 0 and high == sp.oo:
        yield sp.Integer(0), f + mirrored
        return
    middle = f.subs(y, total / 2)
    if regular(middle) and not middle.has(sp.nan, sp.zoo, sp.oo):
        yield middle * (high - low), f + mirrored - 2 * middle
    if not rest.has(sp.Pow(y, -1)) and total != 0:
        yield total * rest / 2, rest.subs(y, total - y) - rest
