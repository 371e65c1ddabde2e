"""Definite integrals of waves: rational functions times sin and cos, logarithms of sin and cos, Bessel's integral.

Gradshteyn and Ryzhik 3.721.1, 3.723.2, 3.723.3, 3.729, 3.821.9, 3.941.1, 4.224.3, 4.224.6; DLMF 10.9.1, 10.9.2. Each
entry has its conditions; a form that does not certainly meet them has no value here.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

Positive = Callable[[Any], bool]
_WAVES = (sp.sin, sp.cos)


def wave_value(f: Any, x: Any, low: Any, high: Any, positive: Positive) -> Any | None:
    """The integral of f over x from low to high, or None; `positive` knows the signs of the domain."""
    f = _reduced(f)
    rule = {(0, sp.oo): _half_line, (0, sp.pi): _half_turn, (0, sp.pi / 2): _quarter_turn}.get((low, high))
    if (low, high) == (-sp.oo, sp.oo):
        # The odd part goes; the even part is twice what it is on half of the line.
        even = sp.expand((f + f.subs(x, -x)) / 2)
        odd = sp.expand((f - f.subs(x, -x)) / 2)
        if not f.has(*_WAVES) or odd != 0:
            return None
        value = _half_line(even, x, positive)
        return None if value is None else 2 * value
    return None if rule is None else rule(f, x, positive)


def _reduced(f: Any) -> Any:
    """Squares of waves by waves of the double angle."""
    f = f.replace(lambda e: isinstance(e, sp.Pow) and e.exp == 2 and isinstance(e.base, _WAVES), _doubled)
    return sp.expand(f)


def _doubled(node: Any) -> Any:
    u = 2 * node.base.args[0]
    return (1 - sp.cos(u)) / 2 if isinstance(node.base, sp.sin) else (1 + sp.cos(u)) / 2


def _split(term: Any, x: Any) -> tuple[Any, list[Any]]:
    """What is free of x, and the other factors."""
    free = [f for f in sp.Mul.make_args(term) if not f.has(x)]
    return sp.Mul(*free), [f for f in sp.Mul.make_args(term) if f.has(x)]


def _half_line(f: Any, x: Any, positive: Positive) -> Any | None:
    square = _square_of_sinc(f, x, positive)
    if square is not None:
        return square
    terms = sp.Add.make_args(sp.expand(f))
    values = [_half_line_term(term, x, positive) for term in terms]
    return None if any(v is None for v in values) else sp.Add(*values)


def _square_of_sinc(f: Any, x: Any, positive: Positive) -> Any | None:
    """(1 - cos(a x))/x**2 (3.782.2)."""
    rest = sp.expand(f * x**2)
    waves = [w for w in rest.atoms(sp.cos) if w.args[0].has(x)]
    if len(waves) != 1:
        return None
    a = sp.expand(waves[0].args[0] / x)
    c = rest.subs(waves[0], 0)
    if a.has(x) or c.has(x) or sp.expand(rest - c * (1 - waves[0])) != 0 or not positive(a):
        return None
    return c * sp.pi * a / 2


def _half_line_term(term: Any, x: Any, positive: Positive) -> Any | None:
    constant, factors = _split(term, x)
    waves = [f for f in factors if isinstance(f, _WAVES)]
    if len(waves) != 1:
        return None
    (wave,) = waves
    a = sp.expand(wave.args[0] / x)
    if a.has(x):
        return None
    if not positive(a):
        if not positive(-a):
            return None
        a, constant = -a, constant if isinstance(wave, sp.cos) else -constant
    rest = sp.Mul(*(f for f in factors if f is not wave))
    exponential = [f for f in factors if isinstance(f, sp.exp)]
    if exponential:
        # exp(-c x) sin(a x)/x
        c = sp.expand(-exponential[0].args[0] / x)
        if c.has(x) or not positive(c) or not isinstance(wave, sp.sin) or rest != exponential[0] / x:
            return None
        return constant * sp.atan(a / c)
    if isinstance(wave, sp.sin) and rest == 1 / x:
        return constant * sp.pi / 2
    return _over_squares(constant, wave, a, rest, x, positive)


def _over_squares(constant: Any, wave: Any, a: Any, rest: Any, x: Any, positive: Positive) -> Any | None:
    """cos(a x)/(x**2 + b)**m and x sin(a x)/(x**2 + b)**m, and sums of such by partial fractions."""
    if not rest.is_rational_function(x):
        return None
    total = sp.Integer(0)
    for part in sp.Add.make_args(sp.apart(rest, x)):
        top, bottom = sp.fraction(sp.together(part))
        found: Any = sp.factor_list(bottom, x)
        scale, factors = found
        if len(factors) != 1 or top.has(x) is not isinstance(wave, sp.sin):
            return None
        (base, m) = factors[0]
        poly = sp.Poly(base, x)
        if poly.degree() != 2 or poly.nth(1) != 0:
            return None
        b = sp.factor(poly.nth(0) / poly.nth(2))
        slope = top if isinstance(wave, sp.cos) else sp.expand(top / x)
        if slope.has(x) or not positive(b) or m > 6:
            return None
        y = sp.Dummy("y", positive=True)
        decay = sp.exp(-a * sp.sqrt(y))
        value = sp.pi * decay / (2 * sp.sqrt(y)) if isinstance(wave, sp.cos) else sp.pi * decay / 2
        value = (-1) ** (m - 1) * sp.diff(value, y, m - 1) / sp.factorial(m - 1)
        total += slope / (scale * poly.nth(2) ** m) * value.subs(y, b)
    return constant * total


def _quarter_turn(f: Any, x: Any, _: Positive) -> Any | None:
    values = {
        sp.log(sp.sin(x)): -sp.pi * sp.log(2) / 2,
        sp.log(sp.cos(x)): -sp.pi * sp.log(2) / 2,
        sp.log(sp.tan(x)): 0,
    }
    total = sp.Integer(0)
    for term in sp.Add.make_args(f):
        constant, factors = _split(term, x)
        if len(factors) != 1 or factors[0] not in values:
            return None
        total += constant * values[factors[0]]
    return total


def _half_turn(f: Any, x: Any, _: Positive) -> Any | None:
    """cos(z sin x - n x) with a whole n (10.9.2), cos(z cos x) (10.9.1), and log(sin x)."""
    constant, factors = _split(f, x)
    if len(factors) != 1:
        return None
    (node,) = factors
    if node == sp.log(sp.sin(x)):
        return -constant * sp.pi * sp.log(2)
    if not isinstance(node, sp.cos):
        return None
    u = sp.expand(node.args[0])
    for inner in (sp.sin(x), sp.cos(x)):
        z = u.coeff(inner, 1)
        rest = sp.expand(u - z * inner)
        n = sp.expand(-rest / x)
        if z == 0 or z.has(x) or n.has(x) or (n != 0 and (not n.is_integer or inner == sp.cos(x))):
            continue
        return constant * sp.pi * sp.besselj(n, z)
    return None
