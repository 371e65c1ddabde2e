"""Integrals over several variables as sums of products of integrals over one.

What is a product of functions of one variable each, between limits that are free of the variables, is so by Fubini's
theorem. A quadratic form in an exponent is brought to that: the innermost variable, if it runs over all numbers, is
shifted so that its square is complete.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

MAX_TERMS = 16
_LINE = (-sp.oo, sp.oo)


def separated(integral: Any) -> Any | None:
    """The same integral by integrals over one variable each; None if it is not seen to be one.

    >>> x, y = sp.symbols("x y", real=True)
    >>> one, other = sp.Integral(sp.exp(-(x**2)), (x, -sp.oo, sp.oo)), sp.Integral(sp.exp(-y), (y, 0, 1))
    >>> separated(sp.Integral(sp.exp(-(x**2) - y), (x, -sp.oo, sp.oo), (y, 0, 1))) == one * other
    True
    """
    limits = integral.limits
    if len(limits) < 2 or any(len(limit) != 3 for limit in limits):
        return None
    variables = [limit[0] for limit in limits]
    if any(end.has(*variables) for _, *ends in limits for end in ends) or len(set(variables)) < len(variables):
        return None
    body = integral.function
    for place, (x, *ends) in enumerate(limits):
        if tuple(ends) == _LINE:
            body = _completed(body, x, variables[place + 1 :])
    body = sp.expand(body.replace(sp.exp, lambda u: sp.exp(sp.expand(u))), power_base=False)
    terms = sp.Add.make_args(body)
    if len(terms) > MAX_TERMS:
        return None
    parts = [_product(term, limits) for term in terms]
    return None if any(part is None for part in parts) else sp.Add(*(part for part in parts if part is not None))


def _completed(body: Any, x: Any, others: Sequence[Any]) -> Any:
    """The body with x shifted, for an exponent -p x**2 + l x + ... with l linear in the variables further out."""
    for node in sorted(body.atoms(sp.exp), key=sp.default_sort_key):
        exponent = sp.expand(node.args[0])
        p, slope = -exponent.coeff(x, 2), exponent.coeff(x, 1)
        if p.is_positive and slope.is_real is not False and slope.has(*others) and not p.has(*others):
            return body.xreplace({x: x + slope / (2 * p)})
    return body


def _product(term: Any, limits: Sequence[Any]) -> Any | None:
    factors: dict[Any, Any] = {limit[0]: sp.Integer(1) for limit in limits}
    constant: Any = sp.Integer(1)
    for factor in sp.Mul.make_args(term):
        inside = [x for x in factors if factor.has(x)]
        if len(inside) > 1:
            return None
        if inside:
            factors[inside[0]] *= factor
        else:
            constant *= factor
    return constant * sp.Mul(*(sp.Integral(factors[limit[0]], limit) for limit in limits))
