"""Definite integrals that define or are the gamma, beta, zeta and polygamma functions, by the form of the integrand.

Each entry has its conditions; a form that does not certainly meet them has no value here. (DLMF 5.2.1, 5.9, 5.12,
25.5; Gradshteyn and Ryzhik 3.241, 3.251, 3.326, 3.381, 3.411, 3.434, 3.621.)
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false, reportOptionalOperand=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp


def table_value(f: Any, x: Any, low: Any, high: Any, positive: Callable[[Any], bool]) -> Any | None:
    """The integral of f over x from low to high, or None; `positive` knows the signs of the domain."""
    _KNOWN.positive = positive
    try:
        return _looked_up(f, x, low, high)
    finally:
        _KNOWN.positive = None


def _looked_up(f: Any, x: Any, low: Any, high: Any) -> Any | None:
    f = sp.powsimp(f)
    if (low, high) == (0, sp.oo):
        return _half_line(f, x)
    if (low, high) == (-sp.oo, sp.oo):
        return _line(f, x)
    if (low, high) == (0, 1):
        return _sum_of(f, x, _unit_term)
    if (low, high) == (0, sp.pi / 2):
        return _sum_of(f, x, _quarter_term)
    return None


def _sum_of(f: Any, x: Any, rule: Any) -> Any | None:
    direct = rule(f, x)
    if direct is not None:
        return direct
    values = [rule(term, x) for term in sp.Add.make_args(sp.expand(f))]
    return None if any(v is None for v in values) else sp.Add(*values)


def _half_line(f: Any, x: Any) -> Any | None:
    value = _sum_of(f, x, _half_line_term)
    if value is not None:
        return value
    exponential = f.rewrite([sp.sin, sp.cos, sp.sinh, sp.cosh], sp.exp) if f.has(sp.exp) else f
    terms = [sp.powsimp(t) for t in sp.Add.make_args(sp.expand(exponential))]
    frullani = _frullani(terms, x)
    if frullani is not None:
        return frullani
    values = [_half_line_term(term, x) for term in terms]
    if all(v is not None for v in values):
        return sp.Add(*values)
    if sp.expand(f.subs(x, -x) - f) == 0:
        whole = _line(f, x)
        return None if whole is None else whole / 2
    return None


class _Parts:
    """constant * x**power * log(x)**logs * the rest, for a product."""

    def __init__(self, term: Any, x: Any) -> None:
        self.constant, self.power, self.logs, self.rest = sp.Integer(1), sp.Integer(0), 0, []
        for factor in sp.Mul.make_args(term):
            base, e = (factor.base, factor.exp) if isinstance(factor, sp.Pow) else (factor, sp.Integer(1))
            if not factor.has(x):
                self.constant *= factor
            elif base == x and not e.has(x):
                self.power += e
            elif base == sp.log(x) and e.is_Integer and e > 0:
                self.logs += int(e)
            else:
                self.rest.append((base, e) if not isinstance(factor, sp.exp) else (sp.E, factor.args[0]))


def _positive_part(s: Any) -> bool:
    """Is the real part certainly positive?"""
    if s.is_positive is True or sp.re(sp.expand(s)).is_positive is True:
        return True
    return bool(s.is_real) and _KNOWN.positive is not None and _KNOWN.positive(s)


class _Known:
    """What the domain says of signs, beyond SymPy's assumptions, while a value is looked up."""

    positive: Callable[[Any], bool] | None = None


_KNOWN = _Known()


def _with_logs(value: Any, s: Any, at: Any, logs: int) -> Any:
    """Differentiated as often in the exponent as there are logarithms."""
    return sp.diff(value, s, logs).subs(s, at) if logs else value.subs(s, at)


def _half_line_term(term: Any, x: Any) -> Any | None:
    parts = _Parts(term, x)
    s = sp.Symbol("s_exponent", positive=True)
    at = parts.power + 1
    if len(parts.rest) != 1:
        return None
    ((base, e),) = parts.rest
    if base is sp.E or isinstance(base, sp.exp):
        c, r = _monomial(-e, x)
        if c is None:
            return None if parts.logs else _both_ends(-e, x, at, parts.constant)
        if c is None or r is None or not (_positive_part(c) and r.is_positive and _positive_part(at)):
            return None
        value = sp.gamma(s / r) / (r * c ** (s / r))
        return parts.constant * _with_logs(value, s, at, parts.logs)
    if e == -1 and base.has(sp.exp):
        return _bose(base, x, at, parts)
    c, r = _monomial(base - 1, x)
    if c is not None and r is not None and c.is_positive and r.is_positive and _positive_part(at):
        m = -e
        # x**(s - 1)/(1 + c x**r)**m
        if not _positive_part(sp.expand(m - at / r)):
            return None
        value = sp.gamma(s / r) * sp.gamma(m - s / r) / (sp.gamma(m) * r * c ** (s / r))
        return parts.constant * _with_logs(value, s, at, parts.logs)
    c0 = base.subs(x, 0) if base.is_polynomial(x) else sp.Integer(1)
    if c0 != 1 and c0.is_positive:
        scaled = 1 + sp.expand(sp.expand(base - c0) / c0)
        inner = _half_line_term(parts.constant * x**parts.power * sp.log(x) ** parts.logs * scaled**e, x)
        return None if inner is None else c0**e * inner
    return None


def _both_ends(exponent: Any, x: Any, s: Any, constant: Any) -> Any | None:
    """x**(s - 1) exp(-a x**r - b x**-r) (3.471.9)."""
    terms: list[Any] = [_monomial(term, x) for term in sp.Add.make_args(sp.expand(exponent))]
    if len(terms) != 2 or any(c is None for c, _ in terms):
        return None
    (a, r), (b, other) = sorted(terms, key=lambda pair: bool(pair[1].is_negative))
    if not (r.is_positive and sp.expand(r + other) == 0 and _positive_part(a) and _positive_part(b)):
        return None
    return constant * 2 / r * (b / a) ** (s / (2 * r)) * sp.besselk(s / r, 2 * sp.sqrt(a * b))


def _monomial(expr: Any, x: Any) -> tuple[Any, Any] | tuple[None, None]:
    """c and r of c x**r."""
    expr = sp.expand(expr)
    c, rest = expr.as_independent(x, as_Add=False)
    base, r = rest.as_base_exp()
    return (c, r) if base == x and not r.has(x) else (None, None)


def _bose(base: Any, x: Any, s: Any, parts: _Parts) -> Any | None:
    """x**(s - 1)/(exp(c x) -+ 1) (25.5.1, 25.5.3)."""
    for shift in (1, -1):
        grown = sp.expand(base + shift)
        if isinstance(grown, sp.exp):
            c, r = _monomial(grown.args[0], x)
            if r != 1 or c is None or not c.is_positive or parts.logs:
                return None
            if shift == 1:
                return parts.constant * sp.gamma(s) * sp.zeta(s) / c**s if _positive_part(s - 1) else None
            eta = sp.log(2) if s == 1 else (1 - 2 ** (1 - s)) * sp.zeta(s)
            return parts.constant * sp.gamma(s) * eta / c**s if _positive_part(s) else None
    return None


def _frullani(terms: list[Any], x: Any) -> Any | None:
    """sum of c_i exp(-a_i x)/x with c_i that sum to zero (3.434.2)."""
    total, value = sp.Integer(0), sp.Integer(0)
    for term in terms:
        parts = _Parts(term, x)
        if parts.power != -1 or parts.logs or len(parts.rest) != 1 or parts.rest[0][0] is not sp.E:
            return None
        c, r = _monomial(-parts.rest[0][1], x)
        if r != 1 or c is None or not c.is_positive:
            return None
        total += parts.constant
        value -= parts.constant * sp.log(c)
    return value if sp.expand(total) == 0 and terms else None


def _line(f: Any, x: Any) -> Any | None:
    """Gaussians, times exponentials and waves."""
    exponential = f.rewrite([sp.sin, sp.cos, sp.sinh, sp.cosh], sp.exp)
    total = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(exponential)):
        parts = _Parts(sp.powsimp(term), x)
        if parts.logs or len(parts.rest) != 1 or parts.rest[0][0] is not sp.E:
            return None
        exponent = sp.expand(parts.rest[0][1])
        if not (parts.power.is_Integer and 0 <= parts.power <= 8 and exponent.is_polynomial(x)):
            return None
        poly = sp.Poly(exponent, x)
        if poly.degree() != 2 or not _positive_part(-poly.nth(2)):
            return None
        a, c = -poly.nth(2), poly.nth(0)
        b = sp.Dummy("b")
        value = sp.sqrt(sp.pi / a) * sp.exp(b**2 / (4 * a) + c)
        total += parts.constant * sp.diff(value, b, int(parts.power)).subs(b, poly.nth(1))
    return total


def _unit_term(term: Any, x: Any) -> Any | None:
    parts = _Parts(term, x)
    at = parts.power + 1
    s = sp.Symbol("s_exponent", positive=True)
    if not _positive_part(at):
        return None
    if not parts.rest:
        return parts.constant * _with_logs(1 / s, s, at, parts.logs)
    if len(parts.rest) != 1:
        return None
    ((base, e),) = parts.rest
    if e == -1 and parts.logs and sp.expand(base - 1 + x) == 0:
        return -parts.constant * sp.polygamma(parts.logs, at)
    if e == -1 and parts.logs and sp.expand(base - 1 - x) == 0:
        halves = sp.polygamma(parts.logs, at / 2) - sp.polygamma(parts.logs, (at + 1) / 2)
        return -parts.constant * halves / 2 ** (parts.logs + 1)
    c, r = _monomial(1 - base, x)
    if c == 1 and r is not None and r.is_positive and _positive_part(e + 1):
        value = sp.gamma(s / r) * sp.gamma(e + 1) / (r * sp.gamma(s / r + e + 1))
        return parts.constant * _with_logs(value, s, at, parts.logs)
    return None


def _quarter_term(term: Any, x: Any) -> Any | None:
    """sin(x)**a cos(x)**b (3.621.5)."""
    constant, a, b = sp.Integer(1), sp.Integer(0), sp.Integer(0)
    for factor in sp.Mul.make_args(term):
        base, e = factor.as_base_exp()
        if not factor.has(x):
            constant *= factor
        elif base == sp.sin(x) and not e.has(x):
            a += e
        elif base == sp.cos(x) and not e.has(x):
            b += e
        else:
            return None
    if not (_positive_part(a + 1) and _positive_part(b + 1)):
        return None
    half = sp.Rational(1, 2)
    return constant * half * sp.gamma((a + 1) * half) * sp.gamma((b + 1) * half) / sp.gamma((a + b) * half + 1)
