"""Functions with a recurrence in a parameter, reduced to their first members.

Members whose parameters differ by integers are written through the one or two with the least parameter, by the
recurrence upwards: J_nu and J_(nu + 1) for Bessel functions (DLMF 10.6.1, 10.29.1), degrees n and n + 1 for orthogonal
polynomials (18.9.1), one incomplete gamma function (8.8.2). Going up divides by no more than n + 1, … for a degree, and
by the argument for an order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

MAX_SHIFT = 16
Step = Callable[..., tuple[Any, Any]]


def _bessel(nu: Any, z: Any) -> tuple[Any, Any]:
    return 2 * nu / z, sp.Integer(-1)


def _modified(nu: Any, z: Any) -> tuple[Any, Any]:
    return -2 * nu / z, sp.Integer(1)


def _modified_second(nu: Any, z: Any) -> tuple[Any, Any]:
    return 2 * nu / z, sp.Integer(1)


# f(n + 1) = a f(n) + b f(n - 1), as (a, b) from n and the other arguments.
STEPS: dict[type, Step] = {
    sp.besselj: _bessel, sp.bessely: _bessel, sp.hankel1: _bessel, sp.hankel2: _bessel,
    sp.besseli: _modified, sp.besselk: _modified_second,
    sp.legendre: lambda n, x: ((2 * n + 1) * x / (n + 1), -n / (n + 1)),
    sp.hermite: lambda n, x: (2 * x, -2 * n),
    sp.chebyshevt: lambda n, x: (2 * x, sp.Integer(-1)),
    sp.chebyshevu: lambda n, x: (2 * x, sp.Integer(-1)),
    sp.laguerre: lambda n, x: ((2 * n + 1 - x) / (n + 1), -n / (n + 1)),
    sp.assoc_laguerre: lambda n, a, x: ((2 * n + 1 + a - x) / (n + 1), -(n + a) / (n + 1)),
    sp.gegenbauer: lambda n, lam, x: (2 * (n + lam) * x / (n + 1), -(n + 2 * lam - 1) / (n + 1)),
    sp.fibonacci: lambda n: (sp.Integer(1), sp.Integer(1)),
    sp.lucas: lambda n: (sp.Integer(1), sp.Integer(1)),
}  # fmt: skip
DEGREES = (sp.legendre, sp.hermite, sp.chebyshevt, sp.chebyshevu, sp.laguerre, sp.assoc_laguerre, sp.gegenbauer,
           sp.fibonacci, sp.lucas)  # fmt: skip


def _whole(expr: Any) -> int | None:
    value = sp.expand(expr)
    return int(value) if value.is_Integer else None


def recurrences(expr: Any) -> Any:
    """Every family through its two first members."""
    for kind, step in STEPS.items():
        nodes = sorted((n for n in expr.atoms(kind) if n.func is kind), key=str)
        classes: list[list[Any]] = []
        for node in nodes:
            for members in classes:
                same = [sp.expand(a - b) == 0 for a, b in zip(node.args[1:], members[0].args[1:], strict=True)]
                if all(same) and _whole(node.args[0] - members[0].args[0]) is not None:
                    members.append(node)
                    break
            else:
                classes.append([node])
        for members in classes:
            expr = expr.xreplace(_reduced(kind, step, members))
    return expr


def _reduced(kind: Any, step: Step, members: list[Any]) -> dict[Any, Any]:
    anchor = members[0].args[0]
    gaps = {node: _whole(node.args[0] - anchor) or 0 for node in members}
    least, most = min(gaps.values()), max(gaps.values())
    start, rest = sp.expand(anchor + least), members[0].args[1:]
    if most - least < 2 or most - least > MAX_SHIFT:
        return {}
    if kind in DEGREES and not start.is_nonnegative:
        # A degree below zero: the recurrence starts where all members are polynomials.
        return {}
    values = {least: kind(start, *rest), least + 1: kind(start + 1, *rest)}
    for gap in range(least + 2, most + 1):
        a, b = step(sp.expand(start + gap - 1 - least), *rest)
        values[gap] = a * values[gap - 1] + b * values[gap - 2]
    return {node: values[gap] for node, gap in gaps.items()}


def incomplete(expr: Any) -> Any:
    """Incomplete gamma functions and exponential integrals through one uppergamma (8.2.3, 8.8.2, 8.19.1)."""
    expr = expr.replace(sp.lowergamma, _lower)
    if expr.has(sp.expint):
        expr = expr.replace(sp.expint, _exponential_integral)
    classes: list[tuple[Any, Any]] = []
    for a, x in sorted({n.args for n in expr.atoms(sp.uppergamma)}, key=str):
        for base, known in classes:
            gap = _whole(a - base)
            if known == x and gap is not None and abs(gap) <= MAX_SHIFT:
                expr = expr.xreplace({sp.uppergamma(a, x): _upper(base, x, gap)})
                break
        else:
            classes.append((a, x))
    return expr


def _lower(a: Any, x: Any) -> Any:
    return sp.gamma(a) - sp.uppergamma(a, x)


def _exponential_integral(order: Any, x: Any) -> Any:
    s: Any = sp.sympify(order)
    if (s - 1).is_zero and x.is_positive:
        return -sp.Ei(-x)
    if s.is_Integer and 2 <= s <= MAX_SHIFT and x.is_positive:  # 8.19.12
        return (sp.exp(-x) - x * _exponential_integral(s - 1, x)) / (s - 1)
    return x ** (s - 1) * sp.uppergamma(1 - s, x) if x.is_positive else sp.expint(s, x)


def _upper(base: Any, x: Any, gap: int) -> Any:
    value = sp.uppergamma(base, x)
    for j in range(gap):
        value = (base + j) * value + x ** (base + j) * sp.exp(-x)
    for j in range(1, -gap + 1):
        value = (value - x ** (base - j) * sp.exp(-x)) / (base - j)
    return value
