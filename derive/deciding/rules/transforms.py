"""Mellin and Laplace transforms of waves, hyperbolic, Bessel and error functions on the half line.

DLMF 5.9.6, 5.9.7, 7.7.1, 10.22.43, 10.22.49, 10.32.3, 10.43.19, 25.5; Gradshteyn and Ryzhik 3.423, 3.521, 3.523,
3.527, 4.293.10, 4.532, 6.285, 6.611.1. Each entry has its conditions; a form that does not certainly meet them has no
value here.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

Positive = Callable[[Any], bool]
_H = sp.Rational(1, 2)


def transform_value(f: Any, x: Any, low: Any, high: Any, positive: Positive) -> Any | None:
    """The integral of f over x from low to high, or None; `positive` knows the signs of the domain.

    >>> x, s = sp.symbols("x s", positive=True)
    >>> transform_value(sp.cos(x**2), x, sp.S.Zero, sp.oo, lambda e: bool(e.is_positive))
    sqrt(2)*sqrt(pi)/4
    """
    if (low, high) == (0, sp.pi):
        return _summed(f, x, positive, _turn)
    return _summed(f, x, positive, _term) if (low, high) == (0, sp.oo) else None


def _summed(f: Any, x: Any, positive: Positive, rule: Callable[..., Any]) -> Any | None:
    values = [rule(*_parts(term, x), x, positive) for term in sp.Add.make_args(sp.expand_mul(f))]
    return None if any(v is None for v in values) else sp.Add(*values)


def _parts(term: Any, x: Any) -> tuple[Any, Any, list[Any]]:
    """constant, s and the other factors of constant * x**(s - 1) * others."""
    constant, s, others = sp.Integer(1), sp.Integer(1), []
    for factor in sp.Mul.make_args(term):
        base, e = factor.as_base_exp()
        if not factor.has(x):
            constant *= factor
        elif base == x and not e.has(x):
            s += e
        else:
            others.append(factor)
    return constant, s, others


def _scale(u: Any, x: Any, positive: Positive) -> Any | None:
    """a > 0 with u = a x."""
    a = sp.expand(u / x)
    return a if not a.has(x) and positive(a) else None


def _term(constant: Any, s: Any, others: list[Any], x: Any, positive: Positive) -> Any | None:
    kinds = sorted(others, key=sp.default_sort_key)
    if len(kinds) == 2:
        value = _pair(kinds, s, x, positive)
        return None if value is None else constant * value
    if len(kinds) != 1:
        return None
    base, e = kinds[0].as_base_exp() if not isinstance(kinds[0], sp.exp) else (kinds[0], sp.Integer(1))
    rule = _RULES.get((base.func, e))
    value = rule(base, s, x, positive) if rule else None
    return None if value is None else constant * value


def _wave(node: Any, s: Any, x: Any, positive: Positive) -> Any | None:
    """x**(s - 1) cos(a x**r) and sin, 0 < s < r (5.9.6, 5.9.7)."""
    a, power = sp.expand(node.args[0]).as_independent(x, as_Add=False)
    base, r = power.as_base_exp()
    if base != x or r.has(x) or not (positive(a) and positive(r) and positive(s) and positive(r - s)):
        return None
    return sp.gamma(s / r) * node.func(sp.pi * s / (2 * r)) / (r * a ** (s / r))


def _sinh(node: Any, s: Any, x: Any, positive: Positive) -> Any | None:
    a = _scale(node.args[0], x, positive)
    if a is None or not positive(s - 1):
        return None
    return 2 * (1 - 2 ** (-s)) * sp.gamma(s) * sp.zeta(s) / a**s


def _cosh(node: Any, s: Any, x: Any, positive: Positive) -> Any | None:
    a = _scale(node.args[0], x, positive)
    if a is None:
        return None
    if s == 1:
        return sp.pi / (2 * a)
    if not positive(s - 1):
        return None
    quarters = sp.zeta(s, sp.Rational(1, 4)) - sp.zeta(s, sp.Rational(3, 4))
    return 2 * sp.gamma(s) * quarters / (4 * a) ** s


def _eta(s: Any) -> Any:
    """Dirichlet's eta function."""
    return sp.log(2) if s == 1 else (1 - 2 ** (1 - s)) * sp.zeta(s)


def _squared(node: Any, s: Any, x: Any, positive: Positive) -> Any | None:
    """x**(s - 1)/sinh(a x)**2 and with cosh (3.527)."""
    a = _scale(node.args[0], x, positive)
    hyperbolic_sine = isinstance(node, sp.sinh)
    if a is None or not positive(s - 2 if hyperbolic_sine else s):
        return None
    return 4 * sp.gamma(s) * (sp.zeta(s - 1) if hyperbolic_sine else _eta(s - 1)) / (2 * a) ** s


def _bessel(node: Any, s: Any, x: Any, positive: Positive) -> Any | None:
    """x**m J_nu(b x) with m = s - 1, m + nu > -1, m < 1/2 (10.22.43)."""
    nu, m = node.args[0], s - 1
    b = _scale(node.args[1], x, positive)
    if b is None or not (positive(m + nu + 1) and positive(_H - m)):
        return None
    return 2**m * sp.gamma((nu + m + 1) / 2) / (sp.gamma((nu - m + 1) / 2) * b**s)


def _macdonald(node: Any, s: Any, x: Any, positive: Positive) -> Any | None:
    """x**(s - 1) K_nu(b x), s > |nu| (10.43.19)."""
    nu, b = node.args[0], _scale(node.args[1], x, positive)
    if b is None or not (positive(s - nu) and positive(s + nu)):
        return None
    return 2 ** (s - 2) * sp.gamma((s - nu) / 2) * sp.gamma((s + nu) / 2) / b**s


def _complementary(node: Any, s: Any, x: Any, positive: Positive) -> Any | None:
    """x**(s - 1) erfc(a x), s > 0 (by parts)."""
    a = _scale(node.args[0], x, positive)
    return None if a is None or not positive(s) else sp.gamma((s + 1) / 2) / (sp.sqrt(sp.pi) * s * a**s)


def _logarithm(node: Any, s: Any, x: Any, positive: Positive) -> Any | None:
    """x**(s - 1) log(1 + c x**r), -r < s < 0 (4.293.10)."""
    c, power = sp.expand(node.args[0] - 1).as_independent(x, as_Add=False)
    base, r = power.as_base_exp()
    if base != x or r.has(x) or not (positive(c) and positive(r) and positive(-s) and positive(r + s)):
        return None
    return sp.pi / (s * sp.sin(sp.pi * s / r) * c ** (s / r))


def _arctangent(node: Any, s: Any, x: Any, positive: Positive) -> Any | None:
    """x**(s - 1) atan(a x), -1 < s < 0 (by parts)."""
    a = _scale(node.args[0], x, positive)
    if a is None or not (positive(-s) and positive(s + 1)):
        return None
    return -sp.pi / (2 * s * sp.cos(sp.pi * s / 2) * a**s)


def _pair(kinds: list[Any], s: Any, x: Any, positive: Positive) -> Any | None:
    """exp(-p x) J_nu(b x) (6.611.1), exp(-p x**2) erf(b x) (6.285.1), exp(a x)/(exp(a x) -+ 1)**2 (3.423)."""
    exponentials = [k for k in kinds if isinstance(k, sp.exp)]
    if len(exponentials) != 1:
        return None
    (other,) = (k for k in kinds if k is not exponentials[0])
    exponent = sp.expand(exponentials[0].args[0])
    if isinstance(other, sp.besselj) and s == 1:
        p, b, nu = _scale(-exponent, x, positive), _scale(other.args[1], x, positive), other.args[0]
        if p is None or b is None or not positive(nu + 1):
            return None
        root = sp.sqrt(p**2 + b**2)
        return (root - p) ** nu / (b**nu * root)
    if isinstance(other, sp.erf) and s == 1:
        p, b = sp.expand(-exponent / x**2), _scale(other.args[0], x, positive)
        if b is None or p.has(x) or not positive(p):
            return None
        return sp.atan(b / sp.sqrt(p)) / sp.sqrt(sp.pi * p)
    base, e = other.as_base_exp()
    a = _scale(exponent, x, positive)
    shift = sp.expand(base - exponentials[0])
    if a is None or e != -2 or shift not in (1, -1):
        return None
    if shift == -1:
        return sp.gamma(s) * sp.zeta(s - 1) / a**s if positive(s - 2) else None
    return sp.gamma(s) * _eta(s - 1) / a**s if positive(s) else None


def _turn(constant: Any, s: Any, others: list[Any], x: Any, positive: Positive) -> Any | None:
    """exp(z cos x) cos(n x) from 0 to pi with a whole n >= 0 (10.32.3)."""
    exponentials = [o for o in others if isinstance(o, sp.exp)]
    waves = [o for o in others if isinstance(o, sp.cos)]
    if s != 1 or len(exponentials) != 1 or len(exponentials) + len(waves) != len(others) or len(waves) > 1:
        return None
    z = sp.expand(exponentials[0].args[0] / sp.cos(x))
    n = sp.expand(waves[0].args[0] / x) if waves else sp.Integer(0)
    if z.has(x) or n.has(x) or not (n.is_integer and n.is_nonnegative):
        return None
    return constant * sp.pi * sp.besseli(n, z)


_RULES: dict[Any, Callable[..., Any]] = {
    (sp.cos, 1): _wave, (sp.sin, 1): _wave, (sp.sinh, -1): _sinh, (sp.csch, 1): _sinh, (sp.cosh, -1): _cosh,
    (sp.sech, 1): _cosh, (sp.sinh, -2): _squared, (sp.cosh, -2): _squared, (sp.besselj, 1): _bessel,
    (sp.besselk, 1): _macdonald, (sp.erfc, 1): _complementary, (sp.log, 1): _logarithm, (sp.atan, 1): _arctangent,
}  # fmt: skip
