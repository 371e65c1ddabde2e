"""Infinite series: telescoping to a limit, partial fractions to polygamma functions, and hypergeometric functions.

- A term with a hypergeometric antidifference G that tends to zero sums to -G(first) (Gosper).
- A rational summand goes to polygamma functions at its poles (DLMF 5.7.6, 5.15.1); neighbours are paired if signs
  alternate.
- Any other sum of hypergeometric terms is a multiple of pFq, inside the circle of convergence or, by Abel's theorem, on
  it; what it equals is then a matter of differential equations.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.derivative import interval
from derive.deciding.domain import Problem
from derive.deciding.exceptions import certainly_nonzero, regular
from derive.deciding.hyperterm import HyperTerm, summands
from derive.deciding.rules.fourier import fourier_value
from derive.deciding.rules.hypergeometrics import series_as_hypergeometric
from derive.deciding.smoothness import Signs
from derive.deciding.steps import limited
from derive.deciding.telescoping import boundary, regular_between, telescope

Prove = Callable[[Problem], Certificate | None]
_FAILS = (sp.PolynomialError, NotImplementedError, ZeroDivisionError, ValueError)
MAX_BODY_OPS = 60
MAX_STEPS = 2_000_000  # of the search for a closed form


def by_series(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof in which each infinite sum is replaced by what it converges to."""
    difference = problem.lhs - problem.rhs
    sums = sorted((s for s in difference.atoms(sp.Sum) if _infinite(s)), key=sp.default_sort_key)
    if not sums or problem.solved:
        return None
    for name, way in (("limits of telescoping sums", telescoped), ("partial fractions", fractions),
                      ("Fourier series", fourier), ("hypergeometric functions", hypergeometric)):  # fmt: skip
        try:
            values = {total: way(problem, total) for total in sums}
        except _FAILS:
            continue
        if any(value is None for value in values.values()):
            continue
        rest = difference.xreplace(values)
        if rest.has(sp.nan, sp.zoo, sp.oo) or not regular(*values.values()):
            continue
        part = prove(restated(problem, rest))
        if part is not None:
            data = (("said", name), ("closed", tuple(values.items())), ("rest", rest))
            return Certificate("series", problem, data, (part,))
    return None


def _infinite(total: Any) -> bool:
    if len(total.limits) != 1 or len(total.limits[0]) != 3 or total.limits[0][2] != sp.oo:
        return False
    if total.function.has(sp.Sum, sp.Product, sp.Integral) or sp.count_ops(total.function) > MAX_BODY_OPS:
        return False
    return bool(total.limits[0][1].is_Integer)


def modulus_below_one(z: Any, problem: Problem) -> bool:
    """Is |z| < 1 on the whole domain? For products of numbers, powers of symbols in bounded intervals, exponentials."""
    size = sp.Abs(z) if not z.is_number else sp.Abs(sp.simplify(z) if z.has(sp.I) else z)
    if size.is_number:
        return (1 - size).is_positive is True
    total = sp.Integer(1)
    for factor in sp.Mul.make_args(size):
        if isinstance(factor, sp.exp) and not factor.is_number:
            if Signs(problem).of(factor.args[0]) != "-":
                return False
            continue
        base, e = factor.as_base_exp()
        inner = base.args[0] if isinstance(base, sp.Abs) else base
        if inner.is_number:
            total *= factor
        elif inner.is_Symbol and e.is_positive and e.is_number:
            ends = interval(problem, inner)
            if ends is None or any(end.is_infinite for end in ends):
                return False
            strict = all(_strict(problem, inner, end) for end in ends)
            bound = sp.Max(*(sp.Abs(end) for end in ends)) ** e
            total *= bound if strict else 2 * bound
        else:
            return False
    return (1 - total).is_nonnegative is True and any(f.free_symbols for f in sp.Mul.make_args(size))


def _strict(problem: Problem, x: Any, end: Any) -> bool:
    """Is the end of the interval left out?"""
    for condition in problem.conditions:
        if isinstance(condition, (sp.GreaterThan, sp.LessThan)) and {condition.lhs, condition.rhs} == {x, end}:
            return False
    return True


def _terms(total: Any) -> tuple[Any, list[HyperTerm]] | None:
    k, low, _ = total.limits[0]
    index = sp.Dummy(k.name, integer=True, nonnegative=bool(low >= 0))
    terms = summands(total.function.subs(k, index), index)
    return None if terms is None else (index, terms)


def _decays(term: HyperTerm, certificate: Any, problem: Problem) -> bool:
    """Does G = R t tend to zero?"""
    growth = sum(a * e for a, _, e in term.gammas)
    if growth:
        return growth < 0
    if term.gammas:
        return False
    if modulus_below_one(term.base, problem):
        return True
    if sp.Abs(term.base) != 1:
        return False
    return _degree(certificate * term.rational, term.k) < 0


def _degree(expr: Any, k: Any) -> int:
    top, bottom = sp.fraction(sp.cancel(sp.together(expr)))
    return int(sp.Poly(top, k).degree() - sp.Poly(bottom, k).degree())


def telescoped(problem: Problem, total: Any) -> Any | None:
    """Minus the antidifference at the first index, where it tends to zero."""
    known = _terms(total)
    if known is None:
        return None
    _, terms = known
    value = sp.Integer(0)
    for term in terms:
        found = telescope(term, None, 0)
        if found is None or not found.holds(term, None) or not _decays(term, found.certificate, problem):
            return None
        low = total.limits[0][1]
        start = boundary(term, found.certificate, low)
        if start is None or not certainly_nonzero(found.coefficients[0]):
            return None
        if not regular_between(term, found.certificate, low, None):
            return None
        value -= start / found.coefficients[0]
    return value


def fractions(problem: Problem, total: Any) -> Any | None:
    """A rational summand, possibly with alternating signs, through polygamma functions."""
    known = _terms(total)
    if known is None:
        return None
    k, terms = known
    low = total.limits[0][1]
    plain, alternating = sp.Integer(0), sp.Integer(0)
    for term in terms:
        if term.gammas or term.base not in (1, -1):
            return None
        value = term.constant * term.rational
        plain, alternating = (plain + value, alternating) if term.base == 1 else (plain, alternating + value)
    value = sp.Integer(0)
    if sp.cancel(plain) != 0:
        part = _polygammas(plain.subs(k, k + low), k)
        if part is None:
            return None
        value += part
    if sp.cancel(alternating) != 0:
        if _degree(alternating, k) >= 0:
            return None
        even, odd = (alternating.subs(k, 2 * k + low + j) for j in (0, 1))
        part = _polygammas(even - odd, k)
        if part is None:
            return None
        value += (-1) ** low * part
    return value


def _polygammas(expr: Any, k: Any) -> Any | None:
    """The sum over k >= 0 of a rational function of degree -2 or less."""
    top, bottom = sp.fraction(sp.cancel(sp.together(expr)))
    if sp.Poly(top, k).degree() - sp.Poly(bottom, k).degree() > -2:
        return None
    poly = sp.Poly(bottom, k)
    roots = sp.roots(poly)
    if sum(roots.values()) != poly.degree() or poly.degree() > 8:
        return None
    total = sp.Integer(0)
    for root, multiplicity in roots.items():
        if root.is_Integer and root >= 0:
            return None
        rest = top / (poly.LC() * sp.Mul(*((k - r) ** m for r, m in roots.items() if r != root)))
        for j in range(multiplicity):
            c = sp.diff(rest, k, j).subs(k, root) / sp.factorial(j)
            power = multiplicity - j
            # sum over k >= 0 of (k - root)**-power
            sign = (-1) ** power
            total += sp.cancel(sp.together(c)) * sign * special_point(power - 1, -root) / sp.factorial(power - 1)
    return total


def special_point(order: int, z: Any) -> Any:
    """A polygamma function, in closed form at rational points where Gauss's theorem or Catalan's constant gives it."""
    if z.is_Rational and order == 0:
        return sp.expand_func(sp.polygamma(0, z))
    if order == 1 and z == sp.Rational(1, 4):
        return sp.pi**2 + 8 * sp.Catalan
    if order == 1 and z == sp.Rational(3, 4):
        return sp.pi**2 - 8 * sp.Catalan
    if order >= 1 and z.is_Rational and 1 < z <= 12:
        return special_point(order, z - 1) + (-1) ** order * sp.factorial(order) / (z - 1) ** (order + 1)
    return sp.polygamma(order, z)


def fourier(problem: Problem, total: Any) -> Any | None:
    """Sums of waves over powers of the index, where they are Bernoulli polynomials or a logarithm."""
    k, low, _ = total.limits[0]
    return fourier_value(total.function, k, low, Signs(problem).of)


def hypergeometric(problem: Problem, total: Any) -> Any | None:
    """The sum as a multiple of pFq, if it converges to it on the whole domain."""
    value = series_as_hypergeometric(total)
    if value is None:
        return None
    for node in value.atoms(sp.hyper):
        p, q = len(node.ap), len(node.bq)
        if p <= q:
            continue
        if p > q + 1:
            return None
        z = node.argument
        excess = sp.Add(*node.bq) - sp.Add(*node.ap)
        if modulus_below_one(z, problem):
            continue
        if (z == 1 and excess.is_positive) or (z == -1 and (excess + 1).is_positive):
            continue
        return None
    return value.replace(sp.hyper, lambda a, b, z: _shorter(list(a), list(b), z))


def _shorter(upper: list[Any], lower: list[Any], z: Any) -> Any:
    """Equal upper and lower parameters cancelled."""
    for a in list(upper):
        match = next((b for b in lower if sp.expand(a - b) == 0), None)
        if match is not None:
            upper.remove(a)
            lower.remove(match)
    return sp.hyper(upper, lower, z)


def by_value_at_a_point(problem: Problem, prove: Prove) -> Certificate | None:
    """pFq at a number: SymPy proposes a closed form in the argument, which is proved and continued to the number."""
    difference = problem.lhs - problem.rhs
    nodes = sorted((h for h in difference.atoms(sp.hyper) if not h.free_symbols), key=sp.default_sort_key)
    if not nodes:
        return None
    parts, values = [], {}
    for node in nodes:
        z = node.argument
        if not (z.is_Rational and z != 0 and len(node.ap) <= len(node.bq) + 1 and abs(z) <= 1):
            return None
        y = sp.Symbol("y", positive=True)
        form = limited(sp.hyperexpand, sp.hyper(node.ap, node.bq, sp.sign(z) * y), at_most=MAX_STEPS)
        if form.has(sp.hyper, sp.meijerg, sp.I, sp.exp_polar):
            return None
        inside = sp.Lt(y, 1)
        posed = restated(
            Problem(sp.Integer(0), sp.Integer(0), (inside,), (), (y,)), sp.hyper(node.ap, node.bq, sp.sign(z) * y), form
        )
        part = prove(posed)
        value = form.subs(y, abs(z))
        if part is None or value.has(sp.nan, sp.zoo, sp.oo):
            return None
        if (
            len(node.ap) > len(node.bq)
            and abs(z) == 1
            and not (node.argument == -1 and (sp.Add(*node.bq) - sp.Add(*node.ap) + 1).is_positive)
        ):
            return None
        parts.append(part)
        values[node] = value
    rest = difference.xreplace(values)
    last = prove(restated(problem, rest))
    if last is None:
        return None
    data = (("said", "a closed form of pFq at a number"), ("closed", tuple(values.items())), ("rest", rest))
    return Certificate("series", problem, data, (*parts, last))
