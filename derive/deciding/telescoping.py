"""Creative telescoping: recurrences for definite sums of hypergeometric terms, each with a rational certificate.

For F(n, k) one looks for polynomials a_0 … a_J in n and a rational R(n, k) with

    a_0 F(n, k) + … + a_J F(n + J, k) = G(n, k + 1) - G(n, k),    G = R F,

by Gosper's algorithm with undetermined a_j (Zeilberger 1991; Petkovšek, Wilf, Zeilberger, "A = B", chapters 5 and 6).
Whoever has R checks this by arithmetic of rational functions alone. J = 0 is Gosper's algorithm itself.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportArgumentType=false, reportAssignmentType=false

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.concrete.gosper import gosper_normal
from sympy.polys.matrices import DomainMatrix

from derive.deciding.hyperterm import HyperTerm

MAX_ORDER = 2
MAX_DEGREE = 8
MAX_UNKNOWNS = 16


@dataclass(frozen=True)
class Telescoper:
    """The recurrence and its certificate R = G/F."""

    coefficients: tuple[Any, ...]
    certificate: Any

    def holds(self, term: HyperTerm, n: Any) -> bool:
        """Is the telescoping identity an identity of rational functions?"""
        ratio = term.ratio()
        left = sp.Integer(0)
        for j, a in enumerate(self.coefficients):
            shift = sp.Integer(1) if j == 0 else term.ratio(n, j)
            if shift is None:
                return False
            left += a * shift
        k = term.k
        return rational_zero(left - self.certificate.subs(k, k + 1) * ratio + self.certificate)


def rational_zero(expr: Any) -> bool:
    """Is a rational function of its symbols (with powers as symbols of their own) identically zero?"""
    expr = sp.together(sp.powsimp(sp.expand_power_base(expr)))
    numerator, _ = sp.fraction(expr)
    return sp.expand(sp.powsimp(sp.expand(numerator, power_base=False), combine="exp")) == 0


def telescope(term: HyperTerm, n: Any, order: int) -> Telescoper | None:
    """A recurrence of this order, or None. `n` is None for order zero."""
    k = term.k
    ratio = _fraction(term.ratio(), k)
    shifts = [sp.Integer(1)] + [term.ratio(n, j) for j in range(1, order + 1)]
    if ratio is None or any(s is None for s in shifts):
        return None
    shifts = [sp.cancel(sp.together(s)) for s in shifts]
    common = sp.Integer(1)
    for s in shifts:
        common = sp.lcm(common, sp.fraction(s)[1])
    tops = [sp.cancel(s * common) for s in shifts]
    top, bottom = ratio
    # The ratio of consecutive terms but for the numerator p0 = sum a_j tops[j]: d(k)/d(k + 1) F(k + 1)/F(k).
    above, below = sp.fraction(sp.cancel(common * top / (common.subs(k, k + 1) * bottom)))
    try:
        a_, b_, c_ = gosper_normal(above, below, k, polys=True)
    except (sp.PolynomialError, NotImplementedError, AttributeError):
        return None
    return _solve(term, k, (a_, b_, c_), tops, common, order)


def _fraction(expr: Any, k: Any) -> tuple[Any, Any] | None:
    top, bottom = sp.fraction(sp.cancel(sp.together(expr)))
    return (top, bottom) if top.is_polynomial(k) and bottom.is_polynomial(k) else None


def _solve(
    term: HyperTerm, k: Any, normal: tuple[Any, Any, Any], tops: list[Any], common: Any, order: int
) -> Telescoper | None:
    a_, b_, c_ = (p.as_expr() for p in normal)
    b_ = sp.expand(b_.subs(k, k - 1))
    heads = [sp.Poly(sp.expand(c_ * t), k) for t in tops]
    degree = _degree(sp.Poly(a_, k), sp.Poly(b_, k), max(h.degree() for h in heads))
    if degree is None or degree > MAX_DEGREE or degree + order > MAX_UNKNOWNS:
        return None
    columns = []
    for i in range(degree + 1):
        columns.append(sp.Poly(sp.expand(a_ * (k + 1) ** i - b_ * k**i), k))
    columns += [-h for h in heads]
    height = max(c.degree() for c in columns) + 1
    rows = [[c.nth(i) for c in columns] for i in range(height)]
    solution = _null_vector(rows, order)
    if solution is None:
        return None
    x = sum(solution[i] * k**i for i in range(degree + 1))
    coefficients = solution[degree + 1 :]
    # t_k = sum a_j F(n + j) = F * sum(a_j tops_j)/common, and G = b(k) x(k)/(c p0) * t = b x/(c common) * F.
    certificate = sp.factor(sp.cancel(b_ * x / (c_ * common)))
    denominator = sp.Integer(1)
    for a in coefficients:
        denominator = sp.lcm(denominator, sp.fraction(sp.together(a))[1])
    coefficients = [sp.cancel(a * denominator) for a in coefficients]
    content = sp.Integer(0)
    for a in coefficients:
        content = sp.gcd(content, a)
    coefficients = [sp.factor(sp.cancel(a / content)) for a in coefficients]
    return Telescoper(tuple(coefficients), sp.factor(sp.cancel(certificate * denominator / content)))


def _degree(a: Any, b: Any, top: int) -> int | None:
    """The degree of the polynomial solution of a x(k + 1) - b x(k) = c, with deg c <= top."""
    n, m = a.degree(), b.degree()
    lead = sp.cancel(a.LC() - b.LC())
    if n != m or lead != 0:
        options = [top - max(n, m)]
    elif n == 0:
        options = [top + 1, 0]
    else:
        extra = sp.cancel((b.nth(n - 1) - a.nth(n - 1)) / a.LC())
        options = [top - n + 1] + ([int(extra)] if extra.is_Integer else [])
    options = [d for d in options if d >= 0]
    return max(options) if options else None


def _null_vector(rows: list[list[Any]], order: int) -> list[Any] | None:
    """A vector in the null space whose last entries, the a_j, do not all vanish."""
    matrix = DomainMatrix.from_Matrix(sp.Matrix(rows)).to_field()
    null = matrix.nullspace()
    for row in null.to_Matrix().tolist():
        if any(sp.cancel(entry) != 0 for entry in row[-(order + 1) :]):
            return [sp.cancel(entry) for entry in row]
    return None


def boundary(term: HyperTerm, certificate: Any, at: Any) -> Any | None:
    """G = R F at one k, where factors of R's denominator may only vanish together with 1/gamma of the same argument.

    1/(u gamma(u)) = 1/gamma(u + 1): so what vanishes in a denominator is taken into a reciprocal gamma function.
    """
    k = term.k
    top, bottom = sp.fraction(sp.cancel(sp.together(certificate * term.rational)))
    number, factors = sp.factor_list(bottom, k) if bottom.has(k) else (bottom, [])
    more, left, gammas = _absorb_all(factors, term)
    if any(sp.expand(factor.subs(k, at)) == 0 for factor in left):
        return None
    top, number = top * more, number * sp.Mul(*left)
    parts = [(top / number).subs(k, at), term.constant, term.base**at]
    # At a pole gamma(argument) has a simple one in k; what is left of all of them is the order of a zero.
    order = 0
    for argument, e in gammas:
        there = sp.expand(argument.subs(k, at))
        if there.is_integer and there.is_nonpositive:
            order -= e
            residue = (-1) ** there / (sp.factorial(-there) * sp.diff(argument, k))
            parts.append(residue**e)
            continue
        parts.append(sp.gamma(there) ** e)
    if order < 0:
        return None
    return sp.Integer(0) if order else sp.Mul(*parts)


def regular_between(term: HyperTerm, certificate: Any, low: Any, high: Any) -> bool:
    """Has G = R F no pole between the limits (`high` None: to infinity)? Factors kept in its denominator decide."""
    k = term.k
    _, bottom = sp.fraction(sp.cancel(sp.together(certificate * term.rational)))
    if not bottom.has(k):
        return True
    _, left, _ = _absorb_all(sp.factor_list(bottom, k)[1], term)
    for factor in left:
        if not factor.has(k) or any(not s.is_integer for s in factor.free_symbols - {k}):
            continue
        ends = [sp.expand(factor.subs(k, low))]
        ends += [sp.expand(factor.subs(k, high + 1))] if high is not None else [sp.Poly(factor, k).LC()]
        positive = all(end.is_positive for end in ends) or all(end.is_negative for end in ends)
        linear = sp.Poly(factor, k).degree() == 1 and positive
        if not linear and not _same_sign(factor, k, low):
            return False
    return True


def _absorb_all(factors: list[tuple[Any, int]], term: HyperTerm) -> tuple[Any, list[Any], list[tuple[Any, int]]]:
    """What the factors of a denominator leave: a multiplier, those that stay, the gamma functions; nearest first."""
    gammas = [(a * term.k + b, e) for a, b, e in term.gammas]
    left = [factor for factor, power in factors for _ in range(power)]
    product = sp.Integer(1)
    while True:
        found = [(hit, place) for place, factor in enumerate(left) if (hit := _absorb(factor, gammas)) is not None]
        if not found:
            return product, left, gammas
        (multiple, more, gammas), place = min(found, key=lambda entry: (sp.count_ops(entry[0][1]), entry[1]))
        product *= multiple * more
        left.pop(place)


def _same_sign(factor: Any, k: Any, low: Any) -> bool:
    """All coefficients positive (or all negative) once k is shifted to the lower limit: no zero from there on."""
    j = sp.Symbol("j", integer=True, nonnegative=True)
    shifted = sp.expand(factor.subs(k, low + j))
    return bool(shifted.is_positive or shifted.is_negative)


def _absorb(factor: Any, gammas: list[tuple[Any, int]]) -> tuple[Any, Any, list[tuple[Any, int]]] | None:
    """1/(factor gamma(u)) = multiple * more/gamma(u + j + 1), where multiple * factor = u + j."""
    for place, (u, e) in enumerate(gammas):
        if e >= 0 or not u.free_symbols & factor.free_symbols:
            continue
        shared = sorted(u.free_symbols & factor.free_symbols, key=str)
        slopes = [(sp.diff(u, s), sp.diff(factor, s)) for s in shared]
        multiples = {sp.cancel(one / two) for one, two in slopes if two.is_Rational and two != 0}
        for multiple in sorted(multiples, key=str):
            j = sp.expand(factor * multiple - u)
            if j.is_Integer and 0 <= j <= 6:
                more = sp.Mul(*(u + i for i in range(int(j))))
                rest = [(u, e + 1)] if e < -1 else []
                changed = [*gammas[:place], *rest, (sp.expand(u + j + 1), -1), *gammas[place + 1 :]]
                return multiple, more, changed
    return None
