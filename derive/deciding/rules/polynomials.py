"""Orthogonal polynomials: one family through another, values at cosines, parity (DLMF chapter 18)."""

from __future__ import annotations

from typing import Any

import sympy as sp


def families(expr: Any) -> Any:
    """T_n through U_n (18.9.9), Laguerre parameters brought together (18.9.13), parity (18.6.1)."""
    expr = expr.replace(lambda e: isinstance(e, _ODD) and e.args[-1].could_extract_minus_sign(), _parity)
    expr = expr.replace(
        lambda e: isinstance(e, (sp.chebyshevt, sp.chebyshevu)) and isinstance(e.args[1], sp.cos), _cosine
    )
    if expr.has(sp.chebyshevt) and expr.has(sp.chebyshevu):
        # T_n = x U_(n-1) - U_(n-2) = U_n - x U_(n-1)
        expr = expr.replace(sp.chebyshevt, _first_kind)
    expr = expr.replace(
        sp.laguerre, lambda n, x: sp.assoc_laguerre(n, 0, x) if expr.has(sp.assoc_laguerre) else sp.laguerre(n, x)
    )
    return _raise_parameter(expr)


_ODD = (sp.legendre, sp.hermite, sp.chebyshevt, sp.chebyshevu, sp.gegenbauer)


def _parity(node: Any) -> Any:
    n, *rest, x = node.args
    return (-1) ** n * node.func(n, *rest, -x)


def _first_kind(n: Any, x: Any) -> Any:
    if n.is_positive:
        return sp.chebyshevu(n, x) - x * sp.chebyshevu(n - 1, x)
    return sp.chebyshevt(n, x)


def _cosine(node: Any) -> Any:
    """T_n(cos t) = cos(n t) and U_n(cos t) = sin((n + 1) t)/sin t (18.5.1, 18.5.2)."""
    n, (t,) = node.args[0], node.args[1].args
    if isinstance(node, sp.chebyshevt):
        return sp.cos(n * t)
    return sp.sin((n + 1) * t) / sp.sin(t)


def _raise_parameter(expr: Any) -> Any:
    """L_n^(a) = L_n^(a + 1) - L_(n - 1)^(a + 1) and its like for Gegenbauer polynomials (18.9.13, 18.9.7)."""
    for _ in range(6):
        nodes = sorted(expr.atoms(sp.assoc_laguerre), key=str)
        lower = None
        for one in nodes:
            for two in nodes:
                gap = sp.expand(two.args[1] - one.args[1])
                if one.args[2] == two.args[2] and gap.is_Integer and 0 < gap <= 4:
                    lower = one
        if lower is None:
            break
        n, a, x = lower.args
        if n.is_positive:
            value = sp.assoc_laguerre(n, a + 1, x) - sp.assoc_laguerre(n - 1, a + 1, x)
        elif n.is_zero:
            value = sp.Integer(1)
        else:
            break
        expr = expr.xreplace({lower: value})
    return expr
