"""Finite sums with symbolic limits, by telescoping.

Gosper's algorithm gives a sum in closed form. Otherwise a recurrence in an integer parameter n is found by creative
telescoping; the sum and what it is said to be both satisfy it, agree at the first n, and the leading coefficient has
no zero from there on. All of it holds for complex parameters other than n by continuity: a coefficient may vanish on a
thin set of those, never at an integer n of the domain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem
from derive.deciding.exceptions import certainly_nonzero, regular
from derive.deciding.hyperterm import HyperTerm, hyperterm
from derive.deciding.induction import is_open
from derive.deciding.rules.gammas import to_gamma
from derive.deciding.telescoping import MAX_ORDER, Telescoper, boundary, regular_between, telescope

Prove = Callable[[Problem], Certificate | None]
MAX_BODY_OPS = 80
MAX_LENGTH = 60
_FAILS = (sp.PolynomialError, NotImplementedError, ZeroDivisionError)


def by_telescoping(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof of an equality that is linear in finite sums."""
    difference = sp.expand_mul(problem.lhs - problem.rhs, deep=False)
    sums = sorted((s for s in difference.atoms(sp.Sum) if _simple(s)), key=sp.default_sort_key)
    if not sums or not is_open(problem):
        return None
    try:
        closed = {total: _closed(problem, total) for total in sums}
        found = {total: value for total, value in closed.items() if value is not None}
        if found:
            value = difference.xreplace({total: value for total, (value, _) in found.items()})
            part = prove(restated(problem, value))
            if part is not None:
                entries = tuple((f"certificate of {t}", c.certificate) for t, (_, c) in found.items())
                data = (("said", "Gosper's algorithm"), ("closed", tuple((t, v) for t, (v, _) in found.items())))
                return Certificate("telescoping", problem, (*data, *entries), (part,))
        if len(sums) == 1:
            return _by_recurrence(problem, difference, sums[0], prove)
    except _FAILS:
        return None
    return None


def _simple(total: Any) -> bool:
    if len(total.limits) != 1 or len(total.limits[0]) != 3 or total.has(sp.oo):
        return False
    return not total.function.has(sp.Sum, sp.Product, sp.Integral) and sp.count_ops(total.function) <= MAX_BODY_OPS


def term_of(total: Any) -> tuple[HyperTerm, Any, Any] | None:
    """The summand as a hypergeometric term, and the limits."""
    k, low, high = total.limits[0]
    index = sp.Dummy(k.name, integer=True)
    body = total.function.subs(k, index)
    term = hyperterm(body, index)
    if term is None or any(a.has(sp.RisingFactorial) for a in (body,)):
        term = hyperterm(to_gamma(body.subs(index, sp.Dummy(k.name, integer=True, nonnegative=True))), index) or term
        held = sp.Dummy(k.name, integer=True, nonnegative=bool(low.is_nonnegative))
        turned = to_gamma(total.function.subs(k, held))
        term = hyperterm(turned, held) or term
    if term is None or not _regular(term, low, high):
        return None
    return term, low, high


def _regular(term: HyperTerm, low: Any, high: Any) -> bool:
    """Are the gamma functions in numerators free of poles between the limits?"""
    for a, b, e in term.gammas:
        if e > 0:
            ends = [sp.expand(a * end + b) for end in (low, high)]
            if not all(end.is_positive or (end.is_integer is not True and end.free_symbols) for end in ends):
                return False
    arguments = [node.args[0] for node in term.constant.atoms(sp.gamma)]
    return all(argument.is_positive or not argument.is_integer for argument in arguments)


def _closed(problem: Problem, total: Any) -> tuple[Any, Telescoper] | None:
    """The sum by Gosper's algorithm."""
    known = term_of(total)
    if known is None:
        return None
    term, low, high = known
    found = telescope(term, None, 0)
    if found is None or not found.holds(term, None) or not certainly_nonzero(found.coefficients[0]):
        return None
    ends = [boundary(term, found.certificate, end) for end in (sp.expand(high + 1), low)]
    if ends[0] is None or ends[1] is None or not regular_between(term, found.certificate, low, high):
        return None
    value = (ends[0] - ends[1]) / found.coefficients[0]
    return (value, found) if regular(value) else None


def _last_zero(poly: Any, n: Any) -> int | None:
    """The greatest zero at an integer n of the domain, -1 if there is none; None if that is not known."""
    last = -1
    for factor, _ in sp.factor_list(poly)[1]:
        if certainly_nonzero(factor):
            continue
        if factor.free_symbols != {n}:
            return None
        last = max([last, *(int(r) for r in sp.Poly(factor, n).ground_roots() if r.is_Integer)])
    return last if last <= 20 else None


def _by_recurrence(problem: Problem, difference: Any, total: Any, prove: Prove) -> Certificate | None:
    known = term_of(total)
    claimed = claimed_value(difference, total)
    if known is None or claimed is None:
        return None
    term, low, high = known
    candidates = [n for n in problem.symbols if n.is_integer and n.is_nonnegative and total.has(n)]
    for n in sorted(candidates, key=lambda s: (not high.has(s), s.name)):
        for order in range(1, MAX_ORDER + 1):
            found = telescope(term, n, order)
            if found is None or not found.holds(term, n):
                continue
            proof = _settled(problem, (total, term, low, high), claimed, n, found, prove)
            if proof is not None:
                return proof
            break
    return None


def claimed_value(difference: Any, total: Any) -> Any | None:
    """What the sum equals if the difference, linear in it, is zero."""
    held = sp.Dummy("S")
    linear = sp.expand(difference.xreplace({total: held}))
    slope = linear.coeff(held, 1)
    rest = sp.expand(linear - slope * held)
    return None if slope == 0 or rest.has(held) or slope.has(held) else -rest / slope


def starting_values(total: Any, claimed: Any, n: Any, found: Telescoper) -> list[Any] | None:
    """What must vanish for the first n, as many as the order, and on to the last zero of the leading coefficient."""
    late = _last_zero(found.coefficients[-1], n)
    if late is None:
        return None
    first = 1 if n.is_positive else 0
    values = []
    for j in range(max(late - first, -1) + len(found.coefficients)):
        start = total.subs(n, first + j)
        length = start.limits[0][2] - start.limits[0][1]
        if not length.is_Integer or not -1 <= length <= MAX_LENGTH:
            return None
        values.append(start.doit() - claimed.subs(n, first + j))
    return values


def _settled(
    problem: Problem, known: tuple[Any, ...], claimed: Any, n: Any, found: Telescoper, prove: Prove
) -> Certificate | None:
    """The recurrence for what is claimed, and the first values."""
    total, term, low, high = known
    starts = None if low.has(n) else starting_values(total, claimed, n, found)
    if starts is None:
        return None
    right = inhomogeneity(total, term, low, high, n, found)
    if right is None:
        return None
    shifted = sp.Add(*(a * claimed.subs(n, n + j) for j, a in enumerate(found.coefficients)))
    parts = []
    for value in starts:
        part = prove(restated(problem, value))
        if part is None:
            return None
        parts.append(part)
    step = prove(restated(problem, shifted, right))
    if step is None:
        return None
    data = (
        ("said", f"creative telescoping in {n}, order {len(found.coefficients) - 1}"),
        ("sum", total), ("claimed", claimed), ("n", n), ("recurrence", found.coefficients),
        ("certificate", found.certificate), ("index", term.k), ("right side", right),
    )  # fmt: skip
    return Certificate("telescoping", problem, data, (step, *parts))


def inhomogeneity(total: Any, term: HyperTerm, low: Any, high: Any, n: Any, found: Telescoper) -> Any | None:
    """What the recurrence, applied to the sum, leaves: the ends of the telescoping sum and the terms beyond."""
    ends = [boundary(term, found.certificate, end) for end in (sp.expand(high + 1), low)]
    if ends[0] is None or ends[1] is None or not regular(*ends):
        return None
    if not regular_between(term, found.certificate, low, high):
        return None
    value = ends[0] - ends[1]
    k = total.limits[0][0]
    for j, a in enumerate(found.coefficients):
        more = sp.expand(high.subs(n, n + j) - high)
        if not more.is_Integer or not 0 <= more <= 12:
            return None
        for i in range(1, int(more) + 1):
            value += a * total.function.subs(n, n + j).subs(k, high + i)
    return value
