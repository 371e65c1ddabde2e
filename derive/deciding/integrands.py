"""Integrands written so that their integrals can be found: logarithms of products and exponentials taken apart."""

from __future__ import annotations

from typing import Any

import sympy as sp


def logarithms_apart(expr: Any) -> Any:
    """The expression with ``log(a exp(b))`` as ``log(a) + b`` in each integrand, where a is positive and b is real.

    Nothing else is rewritten, and no assumption is made that the symbols do not have.

    >>> x, s = sp.Symbol("x", real=True), sp.Symbol("s", positive=True)
    >>> logarithms_apart(sp.Integral(sp.log(s * sp.exp(-x)), (x, 0, 1)))
    Integral(-x + log(s), (x, 0, 1))
    """
    if not isinstance(expr, sp.Basic) or not expr.has(sp.Integral) or not expr.has(sp.log):
        return expr
    return expr.replace(lambda node: isinstance(node, sp.Integral), _integral)


def _integral(integral: Any) -> Any:
    bound = {limit[0] for limit in integral.limits}
    f = integral.function.replace(lambda node: _mixed(node, bound), lambda node: sp.expand_log(node))
    return sp.Integral(f, *integral.limits)


def _mixed(node: Any, bound: set[Any]) -> bool:
    """Whether it is the logarithm of a product or power with an exponential of a variable of integration in it."""
    return isinstance(node, sp.log) and any(power.has(*bound) for power in node.args[0].atoms(sp.exp))
