"""Gamma, beta and polygamma functions (DLMF chapter 5).

One gamma function stands for all whose arguments differ by an integer (in the tower); here arguments are first brought
to few classes: by reflection (5.5.3), by the multiplication formula (5.5.6), and the same for polygamma (5.15).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

MAX_SHIFT = 30


def to_gamma(expr: Any) -> Any:
    """Beta functions, Pochhammer symbols and double factorials as gamma functions (5.12.1, 5.2.5, 5.4.2)."""
    expr = expr.replace(sp.beta, lambda x, y: sp.gamma(x) * sp.gamma(y) / sp.gamma(x + y))
    expr = expr.replace(sp.RisingFactorial, _rising)
    expr = expr.replace(sp.FallingFactorial, _falling)
    expr = expr.replace(sp.factorial2, _double)
    expr = expr.replace(sp.catalan, lambda n: sp.gamma(2 * n + 1) / (sp.gamma(n + 1) * sp.gamma(n + 2)))
    return expr.replace(sp.binomial, _binomial)


def _rising(x: Any, n: Any) -> Any:
    if n.is_Integer and 0 <= n <= MAX_SHIFT:
        return sp.Mul(*(x + j for j in range(int(n))))
    if x.is_integer is None or x.is_positive or x.is_integer is False:
        return sp.gamma(x + n) / sp.gamma(x)
    if (-x).is_nonnegative and n.is_nonnegative:  # (-m)_n = (-1)^n m!/(m - n)!
        return (-1) ** n * sp.factorial(-x) / sp.gamma(-x - n + 1)
    return sp.RisingFactorial(x, n)


def _falling(x: Any, n: Any) -> Any:
    if x.is_nonnegative or x.is_integer is False or x.is_integer is None:
        return sp.gamma(x + 1) / sp.gamma(x - n + 1)
    return sp.FallingFactorial(x, n)


def _double(n: Any) -> Any:
    even = n.is_even
    if even is None and sp.expand(n).as_coeff_Add()[0].is_odd and (n - 1).is_even:
        even = False
    if even:
        return 2 ** (n / 2) * sp.gamma(n / 2 + 1)
    if n.is_odd or even is False:
        return 2 ** ((n + 1) / 2) * sp.gamma(n / 2 + 1) / sp.sqrt(sp.pi)
    return sp.factorial2(n)


def _binomial(n: Any, k: Any) -> Any:
    """Only where the upper index is certainly no negative integer; a negative one is turned first."""
    if k.is_Integer and 0 <= k <= MAX_SHIFT:
        return sp.Mul(*(n - j for j in range(int(k)))) / sp.factorial(k)
    if n.is_negative and k.is_nonnegative and k.is_integer:  # C(-x, k) = (-1)^k C(x + k - 1, k) (1.2.6)
        return (-1) ** k * sp.gamma(k - n) / (sp.gamma(-n) * sp.factorial(k))
    if n.is_nonnegative or n.is_integer is False or (n.is_integer is None and k.is_integer and _continuous(n)):
        return sp.gamma(n + 1) / (sp.gamma(k + 1) * sp.gamma(n - k + 1))
    return sp.binomial(n, k)


def _continuous(n: Any) -> bool:
    """Does a symbol without gaps stand in it, so that its integer values can be approached?"""
    return any(not s.is_integer for s in n.free_symbols)


def conjugates(expr: Any) -> Any:
    """|f|**2 = f conj(f), and conj(gamma(z)) = gamma(conj(z)) (5.4.3), and so for polygamma functions."""

    def modulus(node: Any) -> bool:
        return (
            isinstance(node, sp.Pow) and isinstance(node.base, sp.Abs) and node.base.args[0].has(sp.gamma)
            and node.exp.is_Integer and int(node.exp) % 2 == 0
        )  # fmt: skip

    def resolved(node: Any) -> Any:
        inner = node.base.args[0]
        return (inner * sp.conjugate(inner)) ** (node.exp / 2)

    expr = expr.replace(modulus, resolved)
    expr = expr.replace(lambda node: isinstance(node, (sp.re, sp.im)) and node.has(sp.polygamma), _halves)
    return expr.replace(
        lambda node: isinstance(node, sp.conjugate) and isinstance(node.args[0], (sp.gamma, sp.polygamma)),
        lambda node: node.args[0].func(*map(sp.conjugate, node.args[0].args)),
    )


def _halves(node: Any) -> Any:
    """re and im by the value and its conjugate."""
    u, mirrored = node.args[0], sp.conjugate(node.args[0])
    return (u + mirrored) / 2 if isinstance(node, sp.re) else (u - mirrored) / (2 * sp.I)


def _arguments(expr: Any, kind: Any, place: int = 0) -> list[Any]:
    return sorted({sp.expand(node.args[place]) for node in expr.atoms(kind)}, key=lambda e: (sp.count_ops(e), str(e)))


def _whole(expr: Any) -> Any:
    value = sp.expand(expr)
    return int(value) if value.is_Integer else None


def reflect(expr: Any) -> Any:
    """gamma(u) gamma(v) with u + v an integer: gamma(v) = pi/(sin(pi u') gamma(u')) with u' = 1 - v (5.5.3)."""
    kept: list[Any] = []
    for v in _arguments(_with_gamma(expr), sp.gamma):
        free = v.free_symbols or not v.is_Rational
        if (free or v.is_Rational) and any(_whole(u + v) is not None for u in kept):
            if not free and v.q <= 2:
                continue
            u = sp.expand(1 - v)
            expr = _with_gamma(expr).replace(
                lambda e, v=v: isinstance(e, sp.gamma) and sp.expand(e.args[0]) == v,
                lambda e, u=u: sp.pi / (sp.sin(sp.pi * u) * sp.gamma(u)),
            )
        else:
            kept.append(v)
    return expr


def _with_gamma(expr: Any) -> Any:
    return expr.replace(sp.factorial, lambda n: sp.gamma(n + 1) if not n.is_Integer else sp.factorial(n))


def one_gamma(expr: Any) -> Any:
    """One gamma function for all whose arguments differ by integers, by the recurrence (5.5.1)."""
    bases: list[Any] = []
    for v in _arguments(_with_gamma(expr), sp.gamma):
        base = next((b for b in bases if (gap := _whole(v - b)) is not None and abs(gap) <= MAX_SHIFT), None)
        if base is None:
            bases.append(v)
            continue
        gap = _whole(v - base) or 0
        up, down = (base + j for j in range(gap)), (base - j for j in range(1, 1 - gap))
        value = sp.gamma(base) * sp.Mul(*up) / sp.Mul(*down)
        expr = _with_gamma(expr).replace(
            lambda e, v=v: isinstance(e, sp.gamma) and sp.expand(e.args[0]) == v,
            lambda e, value=value: value,
        )
    return expr


def multiply(expr: Any) -> Any:
    """gamma(m z) as a product of gamma(z + j/m) where gamma(z + …) occurs as well (5.5.6)."""
    expr = _with_gamma(expr)
    arguments = _arguments(expr, sp.gamma)
    for u in arguments:
        for m in (2, 3, 4):
            scaled = sp.expand(u / m)
            related = any(_whole(m * (v - scaled)) is not None for v in arguments if v != u and v.free_symbols)
            if u.free_symbols and related:
                product = (2 * sp.pi) ** sp.Rational(1 - m, 2) * m ** (u - sp.Rational(1, 2))
                product *= sp.Mul(*(sp.gamma(sp.expand(scaled + sp.Rational(j, m))) for j in range(m)))
                expr = expr.replace(
                    lambda e, u=u: isinstance(e, sp.gamma) and sp.expand(e.args[0]) == u, lambda e, p=product: p
                )
                break
    return expr


def _catalan(order: Any, z: Any) -> Any:
    """The trigamma function at a quarter and three by Catalan's constant (25.11.40)."""
    if order == 1 and z in (sp.Rational(1, 4), sp.Rational(3, 4)):
        return sp.pi**2 + (8 if z == sp.Rational(1, 4) else -8) * sp.Catalan
    return sp.polygamma(order, z)


def polygammas(expr: Any) -> Any:
    """Harmonic numbers as digamma (5.4.14); then recurrence, reflection and duplication (5.15.5, 5.15.6, 5.15.7)."""
    expr = expr.replace(sp.harmonic, _harmonic)
    expr = expr.replace(sp.digamma, lambda z: sp.polygamma(0, z)).replace(sp.trigamma, lambda z: sp.polygamma(1, z))
    expr = expr.replace(sp.polygamma, _catalan)
    expr = _log_gammas(expr)
    if not expr.has(sp.polygamma):
        return expr
    expr = _duplicate(expr)
    classes: list[tuple[Any, Any]] = []
    for order, z in sorted({(n.args[0], sp.expand(n.args[1])) for n in expr.atoms(sp.polygamma)}, key=str):
        if not (order.is_Integer and order >= 0):
            continue
        for known_order, base in classes:
            gap, total = _whole(z - base), _whole(z + base)
            if known_order != order or (gap is None and total is None):
                continue
            if not z.free_symbols and gap is None and order == 0:
                continue
            if gap is not None and abs(gap) <= MAX_SHIFT:
                value = _shifted(order, base, gap)
            elif total is not None and abs(total) <= MAX_SHIFT:
                value = _reflected(order, base, z)
            else:
                continue
            expr = expr.replace(
                lambda e, key=(order, z): isinstance(e, sp.polygamma) and (e.args[0], sp.expand(e.args[1])) == key,
                lambda e, v=value: v,
            )
            break
        else:
            classes.append((order, z))
    return expr


def _log_gammas(expr: Any) -> Any:
    """log gamma(x + n) through log gamma(x), for x > 0 (5.5.1)."""
    bases: list[Any] = []
    for z in _arguments(expr, sp.loggamma):
        base = next((b for b in bases if (gap := _whole(z - b)) is not None and 0 < gap <= MAX_SHIFT), None)
        if base is None or not base.is_positive:
            bases.append(z)
            continue
        steps = sp.Add(*(sp.log(base + j) for j in range(_whole(z - base) or 0)))
        expr = expr.xreplace({sp.loggamma(z): sp.loggamma(base) + steps})
    return expr


def _harmonic(n: Any, m: Any = None) -> Any:
    if m is not None and m != 1:
        if m.is_Integer and 2 <= m <= 12 and n.is_nonnegative:  # zeta(m) - zeta(m, n + 1) (25.11.12)
            return sp.zeta(m) - (-1) ** m * sp.polygamma(m - 1, n + 1) / sp.factorial(m - 1)
        return sp.harmonic(n, m)
    return sp.polygamma(0, n + 1) + sp.EulerGamma


def _shifted(order: Any, base: Any, gap: int) -> Any:
    """psi_m(base + gap) = psi_m(base) + (-1)^m m! sum 1/(base + j)^(m + 1)."""
    steps = [1 / (base + j) ** (order + 1) for j in range(gap)] if gap > 0 else []
    steps += [-1 / (base - j) ** (order + 1) for j in range(1, -gap + 1)] if gap < 0 else []
    return sp.polygamma(order, base) + (-1) ** order * sp.factorial(order) * sp.Add(*steps)


def _reflected(order: Any, base: Any, z: Any) -> Any:
    """psi_m(1 - u) = (-1)^m (psi_m(u) + pi d^m/du^m cot(pi u)), with u = 1 - z an integer away from the base."""
    u = sp.expand(1 - z)
    x = sp.Dummy("x")
    turn = sp.diff(sp.pi * sp.cot(sp.pi * x), x, int(order)).subs(x, u)
    shift = _whole(u - base)
    return (-1) ** order * (_shifted(order, base, shift or 0) + turn)


def _duplicate(expr: Any) -> Any:
    """psi(m z) through psi(z + j/m) where those occur (5.15.7)."""
    known = {sp.expand(node.args[1]) for node in expr.atoms(sp.polygamma)}
    for node in sorted(expr.atoms(sp.polygamma), key=str):
        order, u = node.args[0], sp.expand(node.args[1])
        for m in (2, 3):
            scaled = sp.expand(u / m)
            if (
                u.free_symbols
                and any(_whole(m * (v - scaled)) is not None for v in known if v != u)
                and order.is_Integer
            ):
                parts = sp.Add(*(sp.polygamma(order, sp.expand(scaled + sp.Rational(j, m))) for j in range(m)))
                value = parts / sp.Integer(m) ** (order + 1) + (sp.log(m) if order == 0 else 0)
                expr = expr.xreplace({node: value})
                break
    return expr
