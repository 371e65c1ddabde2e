"""Special functions as hypergeometric functions times elementary factors (DLMF 7.11, 8.5, 9.6, 10.16, 18.5, 19.5)."""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAssignmentType=false, reportGeneralTypeIssues=false, reportOptionalIterable=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.deciding.hyperterm import summands

_H = sp.Rational(1, 2)


def _airy(first: bool) -> Callable[[Any], Any]:
    def rule(z: Any) -> Any:
        third = sp.Rational(1, 3)
        one = sp.hyper([], [2 * third], z**3 / 9) / (3 ** (2 * third) * sp.gamma(2 * third))
        two = z * sp.hyper([], [4 * third], z**3 / 9) / (3**third * sp.gamma(third))
        return one - two if first else sp.sqrt(3) * (one + two)

    return rule


def _gegenbauer(n: Any, lam: Any, x: Any) -> Any:
    scale = sp.gamma(2 * lam + n) / (sp.gamma(2 * lam) * sp.gamma(n + 1))
    return scale * sp.hyper([-n, n + 2 * lam], [lam + _H], (1 - x) / 2)


def _laguerre(n: Any, a: Any, x: Any) -> Any:
    scale = sp.gamma(n + a + 1) / (sp.gamma(n + 1) * sp.gamma(a + 1))
    return scale * sp.hyper([-n], [a + 1], x)


def _jacobi(n: Any, a: Any, b: Any, x: Any) -> Any:
    scale = sp.gamma(n + a + 1) / (sp.gamma(n + 1) * sp.gamma(a + 1))
    return scale * sp.hyper([-n, n + a + b + 1], [a + 1], (1 - x) / 2)


FORMS: dict[type, Callable[..., Any]] = {
    sp.erf: lambda u: 2 * u / sp.sqrt(sp.pi) * sp.hyper([_H], [3 * _H], -(u**2)),
    sp.besselj: lambda nu, u: (u / 2) ** nu / sp.gamma(nu + 1) * sp.hyper([], [nu + 1], -(u**2) / 4),
    sp.besseli: lambda nu, u: (u / 2) ** nu / sp.gamma(nu + 1) * sp.hyper([], [nu + 1], u**2 / 4),
    sp.airyai: _airy(True), sp.airybi: _airy(False),
    sp.lowergamma: lambda s, u: u**s / s * sp.hyper([s], [s + 1], -u),
    sp.uppergamma: lambda s, u: sp.gamma(s) - u**s / s * sp.hyper([s], [s + 1], -u),
    sp.Si: lambda u: u * sp.hyper([_H], [3 * _H, 3 * _H], -(u**2) / 4),
    sp.Shi: lambda u: u * sp.hyper([_H], [3 * _H, 3 * _H], u**2 / 4),
    sp.fresnelc: lambda u: u * sp.hyper([_H / 2], [_H, 5 * _H / 2], -(sp.pi**2) * u**4 / 16),
    sp.fresnels: lambda u: sp.pi * u**3 / 6 * sp.hyper([3 * _H / 2], [3 * _H, 7 * _H / 2], -(sp.pi**2) * u**4 / 16),
    sp.elliptic_k: lambda m: sp.pi / 2 * sp.hyper([_H, _H], [1], m),
    sp.legendre: lambda n, x: sp.hyper([-n, n + 1], [1], (1 - x) / 2),
    sp.chebyshevt: lambda n, x: sp.hyper([-n, n], [_H], (1 - x) / 2),
    sp.chebyshevu: lambda n, x: (n + 1) * sp.hyper([-n, n + 2], [3 * _H], (1 - x) / 2),
    sp.gegenbauer: _gegenbauer, sp.laguerre: lambda n, x: sp.hyper([-n], [1], x), sp.assoc_laguerre: _laguerre,
    sp.jacobi: _jacobi,
}  # fmt: skip


def as_hypergeometric(expr: Any, x: Any) -> Any:
    """The special functions of x in an expression, by their hypergeometric form."""
    for kind, form in FORMS.items():
        expr = expr.replace(
            lambda e, kind=kind: e.func is kind and e.has(x) and not any(a.has(x) for a in e.args[:-1]),
            lambda e, form=form: form(*e.args),
        )
    return expr.replace(
        lambda e: isinstance(e, sp.elliptic_e) and len(e.args) == 1 and e.has(x),
        lambda e: sp.pi / 2 * sp.hyper([-_H, _H], [1], e.args[0]),
    )


def series_as_hypergeometric(total: Any) -> Any | None:
    """An infinite sum of hypergeometric terms as a multiple of pFq, in its parameters; None if it is none."""
    (k, low, _) = total.limits[0]
    for _ in range(3):  # terms that vanish at the start
        if total.function.subs(k, low) != 0:
            break
        low += 1
    index = sp.Dummy(k.name, integer=True, nonnegative=True)
    terms = summands(total.function.subs(k, index + low), index)
    if terms is None:
        return None
    value = sp.Integer(0)
    for term in terms:
        ratio = sp.cancel(sp.together(term.ratio()))
        top, bottom = sp.fraction(ratio)
        parts = [_roots(p, index) for p in (top, bottom)]
        if parts[0] is None or parts[1] is None:
            return None
        (lead, upper), (lead2, lower) = parts
        if sp.Integer(1) in lower:
            lower.remove(sp.Integer(1))
        else:
            upper.append(sp.Integer(1))
        first = total_first(term, index)
        if first is None:
            return None
        value += first * sp.hyper(upper, lower, lead / lead2)
    return value


def total_first(term: Any, index: Any) -> Any | None:
    """The term at index zero."""
    parts = [term.constant, term.rational.subs(index, 0)]
    for _, b, e in term.gammas:
        if b.is_Integer and b <= 0:
            return None
        parts.append(sp.gamma(b) ** e)
    value = sp.Mul(*parts)
    return None if value == 0 or value.has(sp.zoo, sp.nan, sp.oo) else value


def _roots(poly: Any, k: Any) -> tuple[Any, list[Any]] | None:
    """Leading coefficient, and the a with factors (k + a)."""
    content, factors = sp.factor_list(poly, k)
    found: list[Any] = []
    lead = content
    for factor, power in factors:
        p = sp.Poly(factor, k)
        if p.degree() == 0:
            lead *= factor**power
            continue
        if p.degree() != 1:
            return None
        slope, offset = p.all_coeffs()
        lead *= slope**power
        found += [sp.cancel(offset / slope)] * power
    return lead, found
