"""Constants that are zero: algebraic numbers by a separation bound, arctangents and logarithms by their exponentials.

An algebraic number written with radicals is U/L with algebraic integers U and L of a field of degree D, the product of
the indices of its radicals; all conjugates of U are at most u and of L at most l, found by recursion (Burnikel,
Fleischer, Mehlhorn and Schirra, "A strong and easily computable separation bound for arithmetic expressions involving
radicals", 2000). A norm is a whole number, so U = 0 or |U| >= u^(1 - D): an enclosure of modulus below that is zero.

If exp(i E) = 1 then E is a multiple of 2 pi, and zero if an enclosure says that it is less than that.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import acb, arb

from derive.deciding.balls import compile_program, run
from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem
from derive.deciding.values import precision

Prove = Callable[[Problem], Certificate | None]
MAX_DEGREE = 4096
MAX_BITS = 40_000
_ANGLES = (sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc)
_TRANSCENDENTAL = (sp.log, sp.asin, sp.acos, sp.atan, sp.acot, sp.asinh, sp.acosh, sp.atanh)


class _Unknown(Exception):
    """Not an algebraic number in radicals."""


def by_separation(problem: Problem, _: Prove) -> Certificate | None:
    """A proof that an algebraic constant is zero."""
    if problem.symbols or problem.solved:
        return None
    difference = problem.lhs - problem.rhs
    if sp.count_ops(difference) > 400:
        return None
    bound = separation(difference)
    if bound is None or not below(difference, bound[1]):
        return None
    said = f"an algebraic number of degree at most {bound[0]}, below 2^-{bound[1]}"
    return Certificate("separation bound", problem, (("said", said),))


def separation(expr: Any) -> tuple[int, int] | None:
    """The degree D, and b such that the constant is zero or of modulus at least 2^-b; None if it is not algebraic."""
    radicals: dict[Any, int] = {}
    try:
        top, bottom = _bounds(_in_radicals(expr), radicals)
    except _Unknown:
        return None
    degree = 1
    for index in radicals.values():
        degree *= index
    bits = (degree - 1) * top + bottom + 1
    return (degree, bits) if degree <= MAX_DEGREE and bits <= MAX_BITS else None


def _in_radicals(expr: Any) -> Any:
    """Circular functions of rational multiples of pi, by roots of unity."""

    def known(node: Any) -> bool:
        return isinstance(node, _ANGLES) and (node.args[0] / sp.pi).is_Rational

    return expr.replace(known, lambda node: node.rewrite([*_ANGLES], sp.exp))


def _bounds(expr: Any, radicals: dict[Any, int]) -> tuple[int, int]:
    """Logarithms to base 2, rounded up, of u and l."""
    if expr.is_Rational:
        return _bits(expr.p), _bits(expr.q)
    if expr is sp.I:
        radicals[expr] = 2
        return 0, 0
    if isinstance(expr, sp.Add):
        parts = [_bounds(arg, radicals) for arg in expr.args]
        bottom = sum(low for _, low in parts)
        return max(high + bottom - low for high, low in parts) + _bits(len(parts)), bottom
    if isinstance(expr, sp.Mul):
        parts = [_bounds(arg, radicals) for arg in expr.args]
        return sum(high for high, _ in parts), sum(low for _, low in parts)
    if isinstance(expr, sp.exp):
        turn = expr.args[0] / (sp.pi * sp.I)
        if not turn.is_Rational:
            raise _Unknown
        # Roots of unity lie in one cyclotomic field; its degree is at most the order.
        order = sp.ilcm(radicals.get("unity", 1), 2 * turn.q)
        radicals["unity"] = int(order)
        return 0, 0
    if isinstance(expr, sp.Pow) and expr.exp.is_Rational:
        high, low = _bounds(expr.base, radicals)
        k, n = int(expr.exp.q), int(expr.exp.p)
        if k > 1:
            radicals[expr.base, k] = k
            # The k-th root of U L^(k - 1), which is an algebraic integer, over L.
            high, low = -(-(high + (k - 1) * low) // k), low
        if n < 0:
            # 1/(U/L) = L/U; both are algebraic integers.
            high, low = low, high
        return abs(n) * high, abs(n) * low
    if expr is sp.GoldenRatio:
        return _bounds((1 + sp.sqrt(5)) / 2, radicals)
    raise _Unknown


def _bits(number: Any) -> int:
    return max(abs(int(number)) - 1, 0).bit_length()


def below(expr: Any, bits: int) -> bool:
    """Is the constant certainly of modulus less than 2^-bits?"""
    program = compile_program(expr)
    with precision(bits + 128):
        (value,) = run(program, {})
        return value is not None and bool(abs(acb(value)) < arb(2) ** -bits)


def by_exponential(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof for a constant that is a combination of arctangents or logarithms with rational coefficients."""
    if problem.symbols or problem.solved:
        return None
    difference = sp.expand(problem.lhs - problem.rhs)
    if not difference.has(*_TRANSCENDENTAL) or difference.has(sp.Sum, sp.Product, sp.Integral):
        return None
    for factor in (sp.I, sp.Integer(1)):
        turned = exponential(difference, factor)
        if turned is None:
            continue
        part = prove(restated(problem, turned, 1))
        if part is not None:
            data = (("said", "its exponential is one, and it is less than a turn"), ("factor", factor))
            return Certificate("exponential", problem, data, (part,))
    return None


def exponential(difference: Any, factor: Any) -> Any | None:
    """exp(factor d E) with whole coefficients, if E is small enough for E = 0 to follow from its being one."""
    coefficients = [term.as_coeff_Mul()[0] for term in sp.Add.make_args(difference)]
    if not all(c.is_Rational for c in coefficients):
        return None
    d = sp.ilcm(1, *(c.q for c in coefficients))
    (value,) = run(compile_program(d * difference), {})
    if value is None or not abs(acb(value)) < 6:
        return None
    terms = sp.Add.make_args(sp.expand(factor * d * difference))
    return sp.Mul(*(sp.exp(term) for term in terms), evaluate=False)
