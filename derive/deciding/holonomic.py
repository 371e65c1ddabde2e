"""Equality of functions that satisfy linear differential equations, by an equation and enough of a power series.

The difference D of both sides lies in a differential ring (`differential`). Either it is zero there, or it satisfies
an equation L D = 0 that is found by linear algebra. At x = 0 the coefficients e_k of D obey q(k) e_k = (earlier ones),
with the indicial polynomial q; so D = 0 if e_k = 0 up to the greatest integer root of q. Powers x**a and logarithms
are split off first. The equality of the power series extends along the domain, on which both sides are analytic.
(Salvy, Zimmermann, "Gfun", 1994; Kauers, Paule, "The Concrete Tetrahedron", 2011, chapter 7.)
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate
from derive.deciding.derivative import interval
from derive.deciding.differential import DifferentialRing
from derive.deciding.domain import Problem
from derive.deciding.errors import NotReducible
from derive.deciding.exceptions import generic
from derive.deciding.power_series import Expansion
from derive.deciding.rationals import Rational
from derive.deciding.rules.gammas import one_gamma
from derive.deciding.rules.hypergeometrics import FORMS, as_hypergeometric
from derive.deciding.smoothness import Signs, smooth

Prove = Callable[[Problem], Certificate | None]
MAX_OPS = 200
MAX_TERMS = 24
POINTS = ((0, 1), (1, -1))  # where to expand, and on which side
_SPECIALISATIONS = ((sp.Rational(17, 29), sp.Rational(31, 13)), (sp.Rational(101, 37), sp.Rational(53, 41)))
_ENTIRE = (sp.exp, sp.sin, sp.cos, sp.sinh, sp.cosh, sp.erf, sp.erfc, sp.erfi, sp.airyai, sp.airybi, sp.airyaiprime,
           sp.airybiprime, sp.Si, sp.Shi, sp.fresnels, sp.fresnelc, sp.legendre, sp.laguerre, sp.assoc_laguerre,
           sp.chebyshevt, sp.chebyshevu, sp.gegenbauer, sp.jacobi, sp.hermite)  # fmt: skip


def by_differential_equation(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof in one of the symbols as the variable."""
    difference = problem.lhs - problem.rhs
    if problem.solved or sp.count_ops(difference) > MAX_OPS or difference.has(sp.Sum, sp.Product, sp.Integral, sp.I):
        return None
    if not difference.has(sp.hyper, sp.elliptic_e, *FORMS):
        return None
    signs = Signs(problem)
    for x in problem.symbols:
        if x.is_integer or not _varies(difference, x):
            continue
        for point, direction in POINTS:
            if not _reaches(problem, difference, x, sp.Integer(point), signs):
                continue
            try:
                found = _vanishes(problem, difference, x, point, direction, prove)
            except (NotReducible, sp.PolynomialError, ZeroDivisionError):
                continue
            if found is not None:
                said, data, parts = found
                where = (("said", f"in {x}, {said}"), ("x", x), ("point", sp.Integer(point)), *data)
                return Certificate("differential equation", problem, where, tuple(parts))
    return None


def _varies(expr: Any, x: Any) -> bool:
    return any(node.has(x) and node.args[-1].has(x) for node in expr.atoms(sp.hyper, sp.elliptic_e, *FORMS))


def _reaches(problem: Problem, expr: Any, x: Any, point: Any, signs: Signs) -> bool:
    """Is the expression meromorphic on a connected set that holds the domain and reaches the point?"""
    if entire(expr, x):
        return True
    ends = interval(problem, x)
    if ends is None or not ends[0] <= point <= ends[1]:
        return False
    return meromorphic(expr, x, signs)


def entire(expr: Any, x: Any) -> bool:
    """A rational combination of entire functions of polynomials in x?"""
    if not expr.has(x) or expr == x:
        return True
    if isinstance(expr, (sp.Add, sp.Mul)):
        return all(entire(arg, x) for arg in expr.args)
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
        return entire(expr.base, x)
    if isinstance(expr, sp.hyper):
        fixed = not any(a.has(x) for a in (*expr.ap, *expr.bq))
        polynomial = any((-a).is_nonnegative and a.is_integer for a in expr.ap)
        return fixed and expr.argument.is_polynomial(x) and (polynomial or len(expr.ap) <= len(expr.bq))
    if isinstance(expr, _ENTIRE):
        return not any(a.has(x) for a in expr.args[:-1]) and expr.args[-1].is_polynomial(x)
    if isinstance(expr, (sp.besselj, sp.besseli)):
        return bool(expr.args[0].is_integer) and expr.args[1].is_polynomial(x)
    return False


def meromorphic(expr: Any, x: Any, signs: Signs) -> bool:
    """Analytic on the interval, but for poles of rational combinations?"""
    if isinstance(expr, (sp.Add, sp.Mul)):
        return all(meromorphic(arg, x, signs) for arg in expr.args)
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
        return meromorphic(expr.base, x, signs)
    return smooth(expr, x, signs)


def _vanishes(problem: Problem, difference: Any, x: Any, point: int, direction: int, prove: Prove) -> Any:
    """Words, data and parts of a proof, or None."""
    t, groups = groups_at(difference, x, point, direction)
    words, data, parts = [], [], []
    for (power, logs), group in sorted(groups.items(), key=str):
        ring = DifferentialRing(t, group)
        if not ring.element:
            words.append("contiguous relations")
            continue
        equation = ring.equation()
        if equation is None:
            return None
        terms = _terms_needed(ring, equation)
        if terms is None:
            return None
        first, series = Expansion(ring, terms).element(ring.element)
        last = last_root(ring, equation)
        if last is None:
            return None
        for k, coefficient in enumerate(series):
            if first + k > last:
                break
            if coefficient:
                value = ring.field.expression(coefficient).xreplace(ring.constants)
                part = prove(generic(problem, value))
                if part is None:
                    return None
                parts.append(part)
        if first + len(series) <= last:
            return None
        words.append(f"order {len(equation) - 1}, coefficients to {max(last, first)}")
        shown = tuple(ring.field.expression(c) for c in equation)
        data.append((f"equation {power} {logs}", shown))
        data.append((f"function {power} {logs}", group))
    return "; ".join(dict.fromkeys(words)) or "all terms cancel", (("variable", t), *data), parts


def groups_at(difference: Any, x: Any, point: int, direction: int) -> tuple[Any, dict[tuple[Any, int], Any]]:
    """The local variable, and the difference in hypergeometric functions of it, by powers and logarithms."""
    t = sp.Symbol(f"t_{x.name}", positive=True)
    moved = as_hypergeometric(difference, x).subs(x, point + direction * t if point else t)
    return t, _groups(one_gamma(_normalised(moved, t)), t)


def _normalised(expr: Any, t: Any) -> Any:
    """Powers, logarithms and exponentials brought to one or zero at t = 0, for t > 0."""
    expr = expr.replace(sp.acos, lambda u: sp.pi / 2 - sp.asin(u))

    def split(base: Any) -> tuple[Any, Any, Any] | None:
        top, bottom = sp.fraction(sp.cancel(sp.together(base)))
        if not (top.is_polynomial(t) and bottom.is_polynomial(t)):
            return None
        exponent, scale = 0, sp.Integer(1)
        for poly, sign in ((sp.Poly(top, t), 1), (sp.Poly(bottom, t), -1)):
            (lowest,) = poly.monoms()[-1]
            exponent += sign * lowest
            scale *= poly.coeffs()[-1] ** sign
        if not scale.is_positive:
            return None
        return exponent, scale, sp.cancel(base / (scale * t**exponent))

    def power(node: Any) -> Any:
        parts = split(node.base)
        if parts is None:
            return node
        m, c, unit = parts
        return c**node.exp * t ** (m * node.exp) * (unit**node.exp if unit != 1 else 1)

    def logarithm(node: Any) -> Any:
        parts = split(node.args[0])
        if parts is None:
            return node
        m, c, unit = parts
        return sp.log(c) + m * sp.log(t) + (sp.log(unit) if unit != 1 else 0)

    def exponential(node: Any) -> Any:
        u = node.args[0]
        start = u.subs(t, 0) if u.is_polynomial(t) else sp.Integer(0)
        return sp.exp(start) * sp.exp(sp.expand(u - start), evaluate=False) if start != 0 else node

    expr = expr.replace(lambda e: isinstance(e, sp.exp) and e.has(t), exponential)
    expr = expr.replace(
        lambda e: isinstance(e, sp.Pow) and not isinstance(e, sp.exp) and e.base.has(t) and not e.exp.is_Integer, power
    )
    return expr.replace(lambda e: isinstance(e, sp.log) and e.has(t), logarithm)


def _groups(expr: Any, t: Any) -> dict[tuple[Any, int], Any]:
    """The expression by non-integer powers of t and by powers of log(t)."""
    logarithm = sp.Dummy("log")
    expanded = sp.expand(expr.xreplace({sp.log(t): logarithm}), power_base=False, log=False, func=False)
    groups: dict[tuple[Any, int], Any] = {}
    for term in sp.Add.make_args(expanded):
        exponent, rest, logs = sp.Integer(0), [], 0
        for factor in sp.Mul.make_args(term):
            base, e = (factor.base, factor.exp) if isinstance(factor, sp.Pow) else (factor, sp.Integer(1))
            if base == t:
                exponent += e
            elif base == logarithm and e.is_Integer:
                logs += int(e)
            else:
                rest.append(factor)
        exponent = sp.expand(exponent)
        key = next(((a, j) for a, j in groups if j == logs and sp.expand(exponent - a).is_Integer), (exponent, logs))
        shift = sp.expand(exponent - key[0])
        groups[key] = groups.get(key, sp.Integer(0)) + sp.Mul(*rest) * t**shift
    return groups


def _operator(ring: DifferentialRing, equation: list[Rational]) -> list[Any] | None:
    """The equation with polynomial coefficients; None if a held constant stands in it."""
    common = equation[-1].den
    for c in equation:
        common = common * divmod(c.den, common.gcd(c.den))[0]
    polys = [c.num * divmod(common, c.den)[0] for c in equation]
    held = [ring.field.symbols.index(s) for s in ring.constants if s in ring.field.symbols]
    if any(poly.degrees()[place] for poly in polys if not poly.is_zero() for place in held):
        return None
    return polys


def _indicial(ring: DifferentialRing, equation: list[Rational]) -> Any | None:
    """The indicial polynomial at zero, in a symbol k."""
    polys = _operator(ring, equation)
    if polys is None:
        return None
    k = sp.Symbol("k")
    expansion = Expansion(ring, 1)
    lowest: list[tuple[int, int, Any]] = []
    for i, poly in enumerate(polys):
        if poly.is_zero():
            continue
        parts = expansion.coefficients(poly)
        order = min(parts)
        lowest.append((order - i, i, ring.field.expression(parts[order])))
    least = min(entry[0] for entry in lowest)
    return sp.Add(*(c * sp.ff(k, i) for shift, i, c in lowest if shift == least))


def last_root(ring: DifferentialRing, equation: list[Rational]) -> int | None:
    """No integer above this one is a root of the indicial polynomial, as an identity in the parameters."""
    polynomial = _indicial(ring, equation)
    if polynomial is None:
        return None
    k = sp.Symbol("k")
    parameters = sorted(polynomial.free_symbols - {k}, key=str)
    for first, ratio in _SPECIALISATIONS:
        values = {s: first * ratio**i for i, s in enumerate(parameters)}
        special = sp.Poly(sp.expand(sp.expand_func(polynomial.subs(values))), k)
        if special.is_zero:
            continue
        roots = [int(r) for r in special.ground_roots() if r.is_Integer]
        return max(roots, default=-1)
    return None


def _terms_needed(ring: DifferentialRing, equation: list[Rational]) -> int | None:
    last = last_root(ring, equation)
    if last is None:
        return None
    poles = 0
    for c in ring.element.values():
        first, _ = Expansion(ring, 1).laurent(c)
        poles = max(poles, -first)
    needed = max(last, 0) + poles + 2
    return needed if needed <= MAX_TERMS else None
