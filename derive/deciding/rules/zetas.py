"""Zeta functions, polylogarithms and Bernoulli polynomials (DLMF chapters 24 and 25)."""

from __future__ import annotations

from typing import Any

import sympy as sp

MAX_SHIFT = 30


def _whole(expr: Any) -> int | None:
    value = sp.expand(expr)
    return int(value) if value.is_Integer else None


def zetas(expr: Any) -> Any:
    """Dirichlet's eta (25.2.3), one period of Hurwitz' zeta (25.11.3), its rational points (25.11.15)."""
    expr = expr.replace(sp.dirichlet_eta, _eta)
    if expr.has(sp.bernoulli):
        expr = expr.replace(lambda e: isinstance(e, sp.zeta) and len(e.args) == 1, _at_even)
    hurwitz = [node for node in expr.atoms(sp.zeta) if len(node.args) == 2]
    if hurwitz:
        expr = expr.replace(sp.polygamma, _polygamma)
    expr = expr.replace(lambda e: isinstance(e, sp.zeta) and len(e.args) == 2, _period)
    expr = _one_base(expr)
    expr = _rational_points(expr)
    return _functional_equation(expr)


def _at_even(node: Any) -> Any:
    """zeta(2 n) by Bernoulli numbers (25.6.2)."""
    s = node.args[0]
    if not (s.is_even and s.is_positive) or s.is_Integer:
        return node
    return (-1) ** (s / 2 + 1) * (2 * sp.pi) ** s * sp.bernoulli(s) / (2 * sp.factorial(s))


def _eta(s: Any, *rest: Any) -> Any:
    if rest:
        return sp.dirichlet_eta(s, *rest)
    return sp.log(2) if s == 1 else (1 - 2 ** (1 - s)) * sp.zeta(s)


def _polygamma(order: Any, z: Any) -> Any:
    """psi_m(z) = (-1)^(m + 1) m! zeta(m + 1, z) (25.11.12)."""
    if order.is_Integer and order > 0:
        return (-1) ** (order + 1) * sp.factorial(order) * sp.zeta(order + 1, z)
    return sp.polygamma(order, z)


def _period(node: Any) -> Any:
    """Rational arguments brought into (0, 1]."""
    s, a = node.args
    if not (a.is_Rational and a > 1):
        return node
    steps = int(sp.ceiling(a)) - 1
    if steps > MAX_SHIFT:
        return node
    return sp.zeta(s, a - steps) - sp.Add(*((a - steps + j) ** (-s) for j in range(steps)))


def _one_base(expr: Any) -> Any:
    """zeta(s, a + n) through zeta(s, a) for the arguments that differ by integers."""
    bases: list[tuple[Any, Any]] = []
    for s, a in sorted({n.args for n in expr.atoms(sp.zeta) if len(n.args) == 2 and n.args[1].free_symbols}, key=str):
        for known, base in bases:
            gap = _whole(a - base)
            if known == s and gap is not None and abs(gap) <= MAX_SHIFT:
                steps = sp.Add(*((base + j) ** (-s) for j in range(gap))) if gap > 0 else 0
                back = sp.Add(*((base - j) ** (-s) for j in range(1, -gap + 1))) if gap < 0 else 0
                expr = expr.xreplace({sp.zeta(s, a): sp.zeta(s, base) - steps + back})
                break
        else:
            bases.append((s, a))
    return expr


def _rational_points(expr: Any) -> Any:
    """sum of zeta(s, r/q) over r = 1 … q is q^s zeta(s): the largest r that is coprime to q is written so."""
    nodes = [n for n in expr.atoms(sp.zeta) if len(n.args) == 2 and n.args[1].is_Rational and n.args[1] < 1]
    for node in sorted(nodes, key=lambda n: -n.args[1].q):
        s, a = node.args
        q = int(a.q)
        if int(a.p) != q - 1 or q > 12:
            continue
        others = [sp.Rational(r, q) for r in range(1, q - 1)]
        value = sp.Integer(q) ** s * sp.zeta(s) - sp.Add(*(sp.zeta(s, r) for r in others)) - sp.zeta(s)
        expr = expr.xreplace({node: value})
    if nodes and any(n.args[1] == sp.Rational(1, 2) for n in expr.atoms(sp.zeta) if len(n.args) == 2):
        expr = expr.replace(
            lambda e: isinstance(e, sp.zeta) and len(e.args) == 2 and e.args[1] == sp.Rational(1, 2),
            lambda e: (2 ** e.args[0] - 1) * sp.zeta(e.args[0]),
        )
    return expr


def _functional_equation(expr: Any) -> Any:
    """zeta(1 - s) = 2 (2 pi)^(-s) cos(pi s/2) gamma(s) zeta(s) (25.4.1), where both occur."""
    kept: list[Any] = []
    arguments = {n.args[0] for n in expr.atoms(sp.zeta) if len(n.args) == 1 and n.args[0].free_symbols}
    for t in sorted(arguments, key=lambda e: (sp.count_ops(e), str(e))):
        if any(sp.expand(t + s - 1) == 0 for s in kept):
            s = sp.expand(1 - t)
            value = 2 * (2 * sp.pi) ** (-s) * sp.cos(sp.pi * s / 2) * sp.gamma(s) * sp.zeta(s)
            expr = expr.xreplace({sp.zeta(t): value})
        else:
            kept.append(t)
    return expr


def polylogs(expr: Any) -> Any:
    """Li_1(z) = -log(1 - z) (25.12.1), and a polylogarithm of non-positive order by its derivative."""

    def low(s: Any, z: Any) -> Any:
        if s.is_Integer and -MAX_SHIFT <= s <= 0:
            y = sp.Dummy("y")
            value = y / (1 - y)
            for _ in range(-int(s)):
                value = sp.cancel(y * sp.diff(value, y))
            return value.subs(y, z)
        return -sp.log(1 - z) if s == 1 else sp.polylog(s, z)

    return expr.replace(sp.polylog, low)


def bernoullis(expr: Any) -> Any:
    """B_n(x + 1) = B_n(x) + n x^(n - 1) and B_n(1 - x) = (-1)^n B_n(x) (24.4.1, 24.4.3)."""
    bases: list[tuple[Any, Any]] = []
    for n, x in sorted({b.args for b in expr.atoms(sp.bernoulli) if len(b.args) == 2}, key=str):
        if n.is_Integer and 0 <= n <= 40:
            expr = expr.xreplace({sp.bernoulli(n, x): bernoulli_polynomial(int(n), x)})
            continue
        for known, base in bases:
            gap = _whole(x - base)
            if known == n and gap is not None and abs(gap) <= MAX_SHIFT and n.is_positive:
                up = sp.Add(*(n * (base + j) ** (n - 1) for j in range(gap))) if gap > 0 else 0
                down = sp.Add(*(n * (base - j) ** (n - 1) for j in range(1, -gap + 1))) if gap < 0 else 0
                expr = expr.xreplace({sp.bernoulli(n, x): sp.bernoulli(n, base) + up - down})
                break
            if known == n and n.is_integer and n.is_nonnegative and sp.expand(x + base - 1) == 0:
                expr = expr.xreplace({sp.bernoulli(n, x): (-1) ** n * sp.bernoulli(n, base)})
                break
        else:
            bases.append((n, x))
    return expr


def bernoulli_polynomial(n: int, x: Any) -> Any:
    """B_n(x) written out (24.2.5)."""
    terms = []
    for k in range(n + 1):
        number = sp.Rational(-1, 2) if k == 1 else sp.bernoulli(k)
        terms.append(sp.binomial(n, k) * number * x ** (n - k))
    return sp.Add(*terms)
