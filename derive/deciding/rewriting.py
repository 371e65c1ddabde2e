"""Special functions rewritten to a basis by known relations, each step named.

The relations hold for generic parameters, and both sides of each are analytic in them. So they are used only where the
whole expression is made of analytic functions: what holds off a thin set then holds wherever it has a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from derive.deciding.rules import cylinders, gammas, polynomials, recurrences, zetas
from derive.deciding.special import SPECIAL
from derive.deciding.steps import TooManySteps, limited

MAX_OPS = 600
MAX_STEPS = 1_000_000
MAX_ORDER = 6  # of derivatives that are carried out without counting steps
ANALYTIC: frozenset[type] = frozenset(
    {*SPECIAL, sp.exp, sp.log, sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc, sp.sinh, sp.cosh, sp.tanh, sp.coth,
     sp.sech, sp.csch, sp.asin, sp.acos, sp.atan, sp.asinh, sp.acosh, sp.atanh, sp.gamma, sp.factorial, sp.binomial,
     sp.beta, sp.loggamma, sp.polygamma, sp.digamma, sp.trigamma, sp.erf, sp.erfc, sp.erfi, sp.hyper, sp.acot,
     sp.elliptic_f, sp.elliptic_pi}
)  # fmt: skip


def _complements(expr: Any) -> Any:
    expr = expr.replace(sp.erfc, lambda z: 1 - sp.erf(z)).replace(sp.erfi, lambda z: -sp.I * sp.erf(sp.I * z))
    return _lambert(expr.replace(sp.li, lambda z: sp.Ei(sp.log(z))))


def _lambert(expr: Any) -> Any:
    """W e^W = z (DLMF 4.13.1): an exponential of m W becomes (z/W)^m."""

    def turned(node: Any) -> Any:
        exponent = node.args[0]
        for w in exponent.atoms(sp.LambertW):
            m = exponent.coeff(w, 1)
            rest = sp.expand(exponent - m * w)
            if m.is_Integer and not rest.has(w) and len(w.args) == 1:
                return (w.args[0] / w) ** m * sp.exp(rest)
        return node

    return expr.replace(lambda e: isinstance(e, sp.exp) and e.has(sp.LambertW), turned)


def _at_one(expr: Any) -> Any:
    """2F1 at one by Gauss's theorem (15.4.20), and where it terminates (15.4.24); Kummer's and Gauss's second."""

    def gauss(node: Any) -> Any:
        if len(node.ap) != 2 or len(node.bq) != 1 or node.argument not in (1, -1, sp.Rational(1, 2)):
            return node
        (a, b), (c,) = node.ap, node.bq
        if node.argument != 1:
            return _inside(node, a, b, c)
        for one, two in ((a, b), (b, a)):
            if one.is_integer and one.is_nonpositive and (c - two).is_integer is not True and c.is_positive:
                return sp.gamma(c - two - one) * sp.gamma(c) / (sp.gamma(c - two) * sp.gamma(c - one))
        if (c - a - b).is_positive and c.is_positive:
            return sp.gamma(c) * sp.gamma(c - a - b) / (sp.gamma(c - a) * sp.gamma(c - b))
        return node

    return expr.replace(lambda e: isinstance(e, sp.hyper), gauss)


def _inside(node: Any, a: Any, b: Any, c: Any) -> Any:
    """Kummer's theorem at -1 (15.4.26) and Gauss's second theorem at 1/2 (15.4.28), for parameters without poles."""
    if not (c.is_positive and a.is_positive and b.is_positive):
        return node
    if node.argument == -1:
        for one, two in ((a, b), (b, a)):
            if sp.expand(c - 1 - one + two) == 0:
                return sp.gamma(c) * sp.gamma(1 + one / 2) / (sp.gamma(1 + one) * sp.gamma(c - one / 2))
    elif sp.expand(2 * c - a - b - 1) == 0:
        return sp.sqrt(sp.pi) * sp.gamma(c) / (sp.gamma((a + 1) / 2) * sp.gamma((b + 1) / 2))
    return node


def _polar(expr: Any) -> Any:
    """Powers of complex numbers, z**e = |z|**e exp(i e arg z) (4.2.26), where arg z is a part of pi."""

    def turned(node: Any) -> Any:
        angle = sp.arg(node.base)
        part = angle / sp.pi
        return sp.Abs(node.base) ** node.exp * sp.exp(sp.I * angle * node.exp) if part.is_Rational else node

    def known(node: Any) -> bool:
        return isinstance(node, sp.Pow) and node.base.is_number and node.base.has(sp.I) and not node.exp.is_number

    return expr.replace(known, turned)


def binet(expr: Any) -> Any:
    """Fibonacci and Lucas numbers by powers of the golden section."""
    golden = (1 + sp.sqrt(5)) / 2
    expr = expr.replace(sp.fibonacci, lambda n: (golden**n - (-1) ** n * golden ** (-n)) / sp.sqrt(5))
    return expr.replace(sp.lucas, lambda n: golden**n + (-1) ** n * golden ** (-n))


STEPS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("erfc and erfi through erf, li through Ei, exp W", _complements),
    ("powers of complex numbers", _polar),
    ("2F1 at one", _at_one),
    ("zeta functions at one argument", zetas.zetas),
    ("polylogarithms of low order", zetas.polylogs),
    ("Bernoulli polynomials at one argument", zetas.bernoullis),
    ("one incomplete gamma function", recurrences.incomplete),
    ("conjugates of gamma functions", gammas.conjugates),
    ("factorials as gamma functions", gammas.to_gamma),
    ("reflection of gamma functions", gammas.reflect),
    ("multiplication of gamma functions", gammas.multiply),
    ("reflection of gamma functions", gammas.reflect),
    ("polygamma functions at one argument", gammas.polygammas),
    ("definitions of Bessel functions", cylinders.definitions),
    ("orthogonal polynomials of one family", polynomials.families),
    ("recurrence in a parameter", recurrences.recurrences),
    ("half-integer orders", cylinders.half_orders),
    ("Wronskians", cylinders.wronskians),
)


def analytic(expr: Any) -> bool:
    """Is the expression made of analytic functions only (as functions of all its symbols)?"""
    for node in sp.preorder_traversal(expr):
        if isinstance(node, sp.Function) and node.func not in ANALYTIC and not isinstance(node, AppliedUndef):
            return False
        if isinstance(node, (sp.Sum, sp.Product, sp.Integral, sp.Limit, sp.Subs, sp.Piecewise)):
            return False
    return True


def differentiated(expr: Any) -> Any:
    """Derivatives of analytic functions carried out."""

    def known(node: Any) -> bool:
        if not isinstance(node, sp.Derivative) or node.expr.has(AppliedUndef):
            return False
        return analytic(node.expr) or _off_zero(node) or _of_integral(node)

    for _ in range(4):
        if not expr.has(sp.Derivative):
            break
        done = expr.replace(known, _derived)
        if done == expr:
            break
        expr = done
    return expr


def _derived(node: Any) -> Any:
    """The derivative, unless it takes too many steps."""
    if sum(count for _, count in node.variable_count if count.is_Integer) <= MAX_ORDER:
        value = node.doit()
    else:
        try:
            value = limited(_carry_out, node, at_most=MAX_STEPS)
        except TooManySteps:
            return node
    return value.replace(sp.DiracDelta, lambda *_: sp.S.Zero)


def _carry_out(node: Any) -> Any:
    return node.doit()


def _of_integral(node: Any) -> bool:
    """Is it the first derivative of an integral between finite limits, of a function analytic between them?

    Leibniz's rule holds then, also where the function has the variable in it.
    """
    inner: Any = node.expr
    if not isinstance(node.expr, sp.Integral) or len(inner.limits) != 1 or len(inner.limits[0]) != 3:
        return False
    t, low, high = inner.limits[0]
    f = inner.function
    if low.has(sp.oo) or high.has(sp.oo):
        return False
    variables = {v for v, _ in node.variable_count}
    entire = all(isinstance(e, (sp.exp, sp.sin, sp.cos, sp.sinh, sp.cosh)) for e in f.atoms(sp.Function))
    positive = low.is_positive and high.is_positive
    moving = [p for p in f.atoms(sp.Pow) if p.has(t, *variables) and not isinstance(p, sp.exp)]
    powers = all(p.exp.is_Integer and (p.exp > 0 or (p.base == t and positive)) for p in moving)
    single = len(variables) == 1 and node.derivative_count == 1
    return single and analytic(low) and analytic(high) and entire and powers and not f.has(sp.Integral, sp.Sum)


def _off_zero(node: Any) -> bool:
    """Is what a derivative is taken of analytic but for moduli and signs of reals that are never zero?"""
    breaks = node.expr.atoms(sp.Abs, sp.sign)
    if not breaks or not all(b.args[0].is_real and b.args[0].is_nonzero for b in breaks):
        return False
    return analytic(node.expr.replace(sp.Abs, lambda u: u).replace(sp.sign, lambda u: u))


def rewritten(expr: Any) -> tuple[Any, tuple[str, ...]]:
    """An equal expression in fewer functions, and the names of the relations used."""
    used: list[str] = []
    result = differentiated(expr)
    if result != expr:
        used.append("derivatives carried out")
    frozen, back = _without_binders(result)
    moduli = frozen.replace(lambda e: isinstance(e, sp.Abs), lambda e: e.args[0])
    if not analytic(moduli.replace(sp.conjugate, lambda e: e)):
        return result, tuple(used)
    for name, step in STEPS:
        after = step(frozen)
        if after != frozen:
            used.append(name)
            frozen = after
        if sp.count_ops(frozen) > MAX_OPS:
            break
    return frozen.xreplace(back), tuple(dict.fromkeys(used))


def _without_binders(expr: Any) -> tuple[Any, dict[Any, Any]]:
    """Sums, products and integrals held by placeholders."""
    nodes: set[Any] = set()
    walk = sp.preorder_traversal(expr)
    for node in walk:
        if isinstance(node, (sp.Sum, sp.Product, sp.Integral, sp.Limit)):
            nodes.add(node)
            walk.skip()
    held = {node: sp.Dummy(f"bound{place}") for place, node in enumerate(sorted(nodes, key=sp.default_sort_key))}
    return expr.xreplace(held), {symbol: node for node, symbol in held.items()}
