"""Sines, cosines and exponentials of a variable as sums of coefficients times exponentials."""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import Any

import sympy as sp

MAX_TERMS = 24


def as_exponentials(expr: Any, x: Any) -> list[tuple[Any, Any]] | None:
    """Pairs c, w with expr = sum of c exp(w), where no c has a wave or an exponential of x; None if it is none.

    >>> as_exponentials(sp.cos(sp.Symbol("x")) / 2, sp.Symbol("x"))
    [(1/4, I*x), (1/4, -I*x)]
    """
    exponents: dict[Any, Any] = {}

    def held(w: Any) -> Any:
        for symbol, known in exponents.items():
            if sp.expand(known - w) == 0:
                return symbol
        symbol = sp.Dummy(f"e{len(exponents)}")
        exponents[symbol] = w
        return symbol

    def turned(node: Any) -> Any:
        u = node.args[0]
        if isinstance(node, sp.exp):
            return held(u)
        up, down = held(sp.I * u), held(-sp.I * u)
        return (up + down) / 2 if isinstance(node, sp.cos) else (up - down) / (2 * sp.I)

    after = expr.replace(lambda e: isinstance(e, (sp.sin, sp.cos, sp.exp)) and e.has(x), turned)
    if not exponents:
        return None
    try:
        poly = sp.Poly(after, *exponents)
    except sp.PolynomialError:
        return None
    if len(poly.terms()) > MAX_TERMS:
        return None
    by_exponent: dict[Any, Any] = {}
    for powers, c in poly.terms():
        w = sp.expand(sp.Add(*(p * known for p, known in zip(powers, exponents.values(), strict=True))))
        by_exponent[w] = by_exponent.get(w, sp.Integer(0)) + c
    return [(c, w) for w, c in by_exponent.items()]
