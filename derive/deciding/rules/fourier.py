"""Fourier series of Bernoulli polynomials (DLMF 24.8.1, 24.8.2) and of a logarithm (Gradshteyn and Ryzhik 1.441.2)."""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.deciding.rules.zetas import bernoulli_polynomial

MAX_ORDER = 12


def fourier_value(body: Any, k: Any, low: Any, sign_of: Callable[[Any], str]) -> Any | None:
    """The sum over k >= low of c cos(a k)/k**p, p even or 1, and c sin(a k)/k**p, p odd; None for anything else."""
    if not low.is_Integer or low < 1:
        return None
    total = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(body)):
        value = _term(term, k, sign_of)
        if value is None:
            return None
        total += value
    return total - sp.Add(*(body.subs(k, j) for j in range(1, int(low))))


def _term(term: Any, k: Any, sign_of: Callable[[Any], str]) -> Any | None:
    constant, power, wave, shift = sp.Integer(1), sp.Integer(0), None, sp.Integer(0)
    for factor in sp.Mul.make_args(term):
        base, e = factor.as_base_exp()
        if not factor.has(k):
            constant *= factor
        elif base == k and e.is_Integer:
            power -= e
        elif isinstance(factor, (sp.sin, sp.cos)) and wave is None:
            wave = factor
        elif base == -1 and sp.expand(e - k).is_Integer:
            shift, constant = sp.pi, constant * (-1) ** sp.expand(e - k)
        else:
            return None
    if wave is None or not 1 <= power <= MAX_ORDER:
        return None
    a = sp.expand(wave.args[0] / k)
    if a.has(k):
        return None
    a += shift
    ends = (sign_of(a), sign_of(2 * sp.pi - a))
    if not all(end in (("+",) if power == 1 else ("+", "0+")) for end in ends):
        return None
    if isinstance(wave, sp.cos) and power == 1:
        return -constant * sp.log(2 * sp.sin(a / 2))
    n, odd = divmod(int(power), 2)
    if bool(odd) is not isinstance(wave, sp.sin):
        return None
    sign = (-1) ** (n + 1)
    return (
        constant
        * sign
        * (2 * sp.pi) ** power
        * bernoulli_polynomial(int(power), a / (2 * sp.pi))
        / (2 * sp.factorial(power))
    )
