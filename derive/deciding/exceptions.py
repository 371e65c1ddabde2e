"""Integer parameters at which a formula breaks down.

Most relations hold for generic parameters. For a real or complex one that is enough, by continuity; an integer
cannot be approached. So what a method brings in (an antiderivative, a closed form) must have no pole at an integer of
the domain.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportOperatorIssue=false

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp

from derive.deciding.certificates import restated
from derive.deciding.domain import Problem

_WITH_POLES = (sp.gamma, sp.loggamma, sp.digamma, sp.factorial)


def certainly_nonzero(base: Any) -> bool:
    """Is the expression non-zero at every integer of the domain, for other symbols off a thin set?"""
    if base.is_nonzero:
        return True
    if any(not s.is_integer for s in base.free_symbols):
        factors = sp.factor_list(base)[1] if base.is_polynomial(*base.free_symbols) else []
        return all(certainly_nonzero(f) for f, _ in factors if f != base) if len(factors) > 1 else True
    if not base.is_polynomial(*base.free_symbols):
        return False
    return all(_one_sign(factor, sorted(factor.free_symbols, key=str)) for factor, _ in sp.factor_list(base)[1])


def _one_sign(factor: Any, integers: list[Any]) -> bool:
    """Coefficients of one sign and a constant term, with each symbol shifted to start at zero; or no integer root."""
    if factor.is_nonzero:
        return True
    shifted = factor
    for s in integers:
        if not s.is_nonnegative:
            return False
        shifted = shifted.subs(s, s + 1) if s.is_positive else shifted
    poly = sp.Poly(shifted, *integers)
    if len({bool(c > 0) for c in poly.coeffs()}) == 1 and poly.eval(dict.fromkeys(integers, 0)) != 0:
        return True
    return len(integers) == 1 and not [r for r in poly.ground_roots() if r.is_Integer and r >= 0]


def regular(*exprs: Any) -> bool:
    """Are the expressions free of poles at the integers of their symbols?"""
    for expr in exprs:
        walk = sp.preorder_traversal(sp.sympify(expr))
        for node in walk:
            if (
                isinstance(node, sp.Pow)
                and node.exp.is_negative
                and node.exp.is_integer
                and isinstance(node.base, sp.gamma)
            ):
                walk.skip()  # 1/gamma is entire
                continue
            if isinstance(node, sp.Pow) and not isinstance(node, sp.exp):
                if not node.exp.is_nonnegative and not certainly_nonzero(node.base):
                    return False
            elif isinstance(node, _WITH_POLES):
                argument = node.args[0] + (1 if isinstance(node, sp.factorial) else 0)
                if argument.is_integer and not argument.is_positive:
                    return False
            elif isinstance(node, sp.polygamma):
                if node.args[1].is_integer and not node.args[1].is_positive:
                    return False
            elif (isinstance(node, sp.hyper) and any(b.is_integer and not b.is_positive for b in node.bq)) or (
                isinstance(node, sp.log)
                and not node.args[0].is_nonzero
                and all(s.is_integer for s in node.args[0].free_symbols)
            ):
                return False
    return True


def generic(problem: Problem, expr: Any) -> Problem:
    """The equality to zero for integer parameters taken as real ones."""
    renamed = {s: sp.Symbol(s.name, **_kind(s)) for s in expr.free_symbols if s.is_integer}
    conditions = tuple(c.xreplace(renamed) for c in problem.conditions)
    return restated(replace(problem, conditions=conditions), expr.xreplace(renamed))


def _kind(symbol: Any) -> dict[str, bool]:
    return (
        {"positive": True} if symbol.is_nonnegative else {"negative": True} if symbol.is_nonpositive else {"real": True}
    )
