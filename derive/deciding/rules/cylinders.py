"""Bessel functions, Airy functions and elliptic integrals: definitions, half orders, Wronskians (DLMF 9, 10, 19)."""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import sympy as sp

from derive.deciding.rules.recurrences import STEPS

_ORDERED = (sp.besselj, sp.bessely, sp.besseli, sp.besselk)
MAX_HALF = 12


def definitions(expr: Any) -> Any:
    """Hankel and spherical functions (10.4.3, 10.47.3), negative orders of J, Y and I where both signs occur."""
    expr = expr.replace(sp.hankel1, lambda nu, z: sp.besselj(nu, z) + sp.I * sp.bessely(nu, z))
    expr = expr.replace(sp.hankel2, lambda nu, z: sp.besselj(nu, z) - sp.I * sp.bessely(nu, z))
    expr = expr.replace(sp.jn, lambda n, z: sp.sqrt(sp.pi / (2 * z)) * sp.besselj(n + sp.Rational(1, 2), z))
    expr = expr.replace(sp.yn, lambda n, z: sp.sqrt(sp.pi / (2 * z)) * sp.bessely(n + sp.Rational(1, 2), z))
    expr = expr.replace(
        sp.besselk, lambda nu, z: sp.besselk(-nu, z) if nu.could_extract_minus_sign() else sp.besselk(nu, z)
    )
    expr = expr.replace(sp.besselj, _integer_order).replace(sp.besseli, _integer_order_modified)
    for second, first, formula in ((sp.bessely, sp.besselj, _weber), (sp.besselk, sp.besseli, _macdonald)):
        orders = {(sp.expand(n.args[0]), n.args[1]) for n in expr.atoms(first)}
        for node in sorted(expr.atoms(second), key=str):
            nu, z = sp.expand(node.args[0]), node.args[1]
            if nu.is_integer is not True and (nu, z) in orders and (sp.expand(-nu), z) in orders:
                expr = expr.xreplace({node: formula(nu, z)})
    return _rotated(expr)


def _integer_order(nu: Any, z: Any) -> Any:
    if nu.is_integer and nu.could_extract_minus_sign():
        return (-1) ** nu * sp.besselj(-nu, z)
    return sp.besselj(nu, z)


def _integer_order_modified(nu: Any, z: Any) -> Any:
    return sp.besseli(-nu, z) if nu.is_integer and nu.could_extract_minus_sign() else sp.besseli(nu, z)


def _weber(nu: Any, z: Any) -> Any:
    return (sp.besselj(nu, z) * sp.cos(nu * sp.pi) - sp.besselj(-nu, z)) / sp.sin(nu * sp.pi)


def _macdonald(nu: Any, z: Any) -> Any:
    return sp.pi / 2 * (sp.besseli(-nu, z) - sp.besseli(nu, z)) / sp.sin(nu * sp.pi)


def _rotated(expr: Any) -> Any:
    """J_nu(i x) = e^(i pi nu/2) I_nu(x) for x > 0 (10.27.6)."""

    def turn(node: Any) -> Any:
        nu, z = node.args
        x = sp.expand(-sp.I * z)
        return sp.exp(sp.I * sp.pi * nu / 2) * sp.besseli(nu, x) if x.is_positive else node

    return expr.replace(lambda e: isinstance(e, sp.besselj) and e.func is sp.besselj, turn)


def half_orders(expr: Any) -> Any:
    """Orders n + 1/2 by elementary functions (10.16.1, 10.39.1, 10.39.2)."""
    if not expr.has(*_ORDERED):
        return expr
    return expr.replace(lambda e: isinstance(e, _ORDERED) and e.args[0].is_Rational and e.args[0].q == 2, _half)


def _half(node: Any) -> Any:
    nu, z = node.args
    kind = node.func
    if abs(nu) > MAX_HALF:
        return node
    scale = sp.sqrt(2 / (sp.pi * z))
    first = {
        sp.besselj: (scale * sp.cos(z), scale * sp.sin(z)),
        sp.bessely: (scale * sp.sin(z), -scale * sp.cos(z)),
        sp.besseli: (scale * sp.cosh(z), scale * sp.sinh(z)),
        sp.besselk: (sp.sqrt(sp.pi / (2 * z)) * sp.exp(-z),) * 2,
    }[kind]
    half = sp.Rational(1, 2)
    low, high, at = first[0], first[1], half  # orders -1/2 and 1/2
    while at < nu:
        a, b = STEPS[kind](at, z)
        low, high, at = high, a * high + b * low, at + 1
    while at > nu and at > half - MAX_HALF:
        # f(at - 2) from f(at - 1) = low and f(at) = high
        a, b = STEPS[kind](at - 1, z)
        low, high, at = (high - a * low) / b, low, at - 1
    return high


def wronskians(expr: Any) -> Any:
    """One of four members eliminated by a Wronskian or Legendre's relation (10.5.2, 10.28.2, 9.2.7, 19.7.1)."""
    for first, second, sign in ((sp.besselj, sp.bessely, -1), (sp.besseli, sp.besselk, 1)):
        for node in sorted(expr.atoms(second), key=str):
            nu, z = node.args
            low = sp.expand(nu - 1)
            if expr.has(second(low, z)) and expr.has(first(low, z)) and expr.has(first(nu, z)):
                product = first(nu, z) * second(low, z)
                gain = 2 / (sp.pi * z) if sign < 0 else 1 / z
                value = (product - gain) / first(low, z) if sign < 0 else (gain - product) / first(low, z)
                expr = expr.xreplace({node: value})
    # J_(nu + 1) J_(-nu) + J_nu J_(-nu - 1) = -2 sin(nu pi)/(pi z) (10.5.1)
    for node in sorted(expr.atoms(sp.besselj), key=str):
        if node.func is not sp.besselj or not node.args[0].free_symbols:
            continue
        minus, z = node.args
        nu = sp.expand(-minus - 1)
        if all(expr.has(sp.besselj(order, z)) for order in (nu, nu + 1, -nu)) and minus.could_extract_minus_sign():
            product = sp.besselj(nu + 1, z) * sp.besselj(-nu, z)
            expr = expr.xreplace({node: (-2 * sp.sin(nu * sp.pi) / (sp.pi * z) - product) / sp.besselj(nu, z)})
    for node in sorted(expr.atoms(sp.airybiprime), key=str):
        (z,) = node.args
        if expr.has(sp.airyai(z)) and expr.has(sp.airyaiprime(z)):
            expr = expr.xreplace({node: (1 / sp.pi + sp.airyaiprime(z) * sp.airybi(z)) / sp.airyai(z)})
    for node in sorted(expr.atoms(sp.elliptic_e), key=str):
        if len(node.args) == 1 and node.args[0].could_extract_minus_sign() is not None:
            m = sp.expand(1 - node.args[0])
            parts = (sp.elliptic_k(m), sp.elliptic_e(m), sp.elliptic_k(node.args[0]))
            if node.args[0].is_Add and all(expr.has(p) for p in parts):
                k, e, k1 = parts
                expr = expr.xreplace({node: (sp.pi / 2 + k * k1 - e * k1) / k})
    return expr
