"""Enclosures of infinite series: finitely many terms and a proven bound on the rest.

A sum of hypergeometric terms is enclosed term by term. Where the ratio of a term stays below r < 1 from N on, the rest
is at most |t(N)|/(1 - r). Rational summands go through partial fractions to polygamma and Hurwitz zeta values (DLMF
5.7.6, 25.11.1), after pairing neighbours if the sign alternates; (a k + b)**(-s) z**k through Lerch's transcendent
(DLMF 25.14.1). Anything else has no value here.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportGeneralTypeIssues=false, reportOptionalMemberAccess=false

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flint
import sympy as sp
from flint import acb, acb_poly, arb, fmpq, fmpq_poly

from derive.deciding.hyperterm import HyperTerm, rising, summands
from derive.deciding.waves import as_exponentials

MAX_TERMS = 2500
_START = (8, 32, 128, 512)


def numbers(point: Mapping[sp.Basic, Any]) -> dict[sp.Basic, sp.Expr] | None:
    """The exact values of a point as SymPy numbers; None if one is not exact."""
    found: dict[sp.Basic, sp.Expr] = {}
    for symbol, value in point.items():
        if isinstance(value, fmpq):
            found[symbol] = sp.Rational(int(value.p), int(value.q))
        elif isinstance(value, acb):
            re, im = (64 * value.real).unique_fmpz(), (64 * value.imag).unique_fmpz()
            if not value.is_exact() or re is None or im is None:
                return None
            found[symbol] = sp.Rational(int(re), 64) + sp.I * sp.Rational(int(im), 64)
        else:
            return None
    return found


def infinite_sum(body: Any, k: Any, low: int, evaluate: Any) -> Any:
    """An enclosure of the sum of body over k from low to infinity, at exact parameters; None if there is none.

    `evaluate(expr)` is the value of a constant expression.
    """
    if any(wave.has(k) for wave in body.atoms(sp.sin, sp.cos)):
        return _waves(body, k, low, evaluate)
    terms = summands(body, k)
    if terms is None:
        return _powers(body, k, low, evaluate)
    total = acb(0)
    slow: list[HyperTerm] = []
    for term in terms:
        part = _geometric(term, low, evaluate)
        if part is None:
            slow.append(term)
        else:
            total += part
    if slow:
        part = _rational(slow, low, evaluate)
        if part is None:
            part = _gauss(slow[0], low, evaluate) if len(slow) == 1 else None
        if part is None:
            part = _powers(body, k, low, evaluate) if len(slow) == len(terms) else None
        if part is None:
            return None
        total += part
    return total if total.is_finite() else None


def _waves(body: Any, k: Any, low: int, evaluate: Any) -> Any:
    """Waves over powers of the index or over factorials, as sums of exponentials that converge each by itself."""
    pairs = as_exponentials(body, k)
    total = acb(0)
    for c, w in pairs or ():
        a = w.coeff(k, 1)
        turn, rest = sp.exp(a), sp.exp(sp.expand(w - a * k))
        if rest.has(k):
            return None
        part = _powers(c * rest * sp.exp(a * k), k, low, evaluate)
        if part is None:
            terms = summands(c * rest * sp.Pow(turn, k, evaluate=False), k)
            part = _geometric(terms[0], low, evaluate) if terms is not None and len(terms) == 1 else None
        if part is None:
            return None
        total += part
    return total if pairs and total.is_finite() else None


def _polys(expr: Any, k: Any) -> tuple[Any, Any] | None:
    """Numerator and denominator of a rational function of k, as polynomials."""
    try:
        top, bottom = sp.fraction(sp.cancel(sp.together(expr)))
        return sp.Poly(top, k), sp.Poly(bottom, k)
    except sp.PolynomialError:
        return None


def _bound(poly: Any, start: int, evaluate: Any) -> Any:
    """The polynomial over k**degree, for all k >= start, as one ball."""
    inverse = acb(arb(0).union(arb(1) / start))
    total = acb(0)
    for (power,), coefficient in poly.terms():
        value = evaluate(coefficient)
        if value is None:
            return None
        total += acb(value) * inverse ** (poly.degree() - power)
    return total


def _geometric(term: HyperTerm, low: int, evaluate: Any) -> Any:
    """The sum of a term whose ratio stays below one."""
    k = term.k
    polys = _polys(term.ratio(), k)
    if polys is None:
        return None
    top, bottom = polys
    fall = bottom.degree() - top.degree()
    if fall < 0:
        return None
    for start in _START:
        high, deep = _bound(top, start, evaluate), _bound(bottom, start, evaluate)
        if high is None or deep is None or deep.contains(acb(0)):
            continue
        ratio = abs(high / deep).upper() * arb(fmpq(1, start**fall))
        if ratio < arb(fmpq(97, 100)):
            break
    else:
        return None
    goal = arb(2) ** (-min(flint.ctx.prec, 160))
    total, term_value = acb(0), None
    steps = [(tuple(map(evaluate, p.all_coeffs()))) for p in (top, bottom)]
    for j in range(low, low + MAX_TERMS):
        if term_value is None or term_value.contains(acb(0)) or j < start:
            term_value = _at(term, j, evaluate)
        else:
            above, below = (_horner(c, j - 1) for c in steps)
            term_value = None if below.contains(acb(0)) else term_value * above / below
        if term_value is None:
            return None
        if j >= start:
            rest = abs(term_value).upper() / (1 - ratio)
            if rest < goal:
                break
        total += term_value
    else:
        rest = abs(_at(term, low + MAX_TERMS, evaluate) or acb("nan")).upper() / (1 - ratio)
    return total + acb(arb(0, rest), arb(0, rest)) if rest.is_finite() else None


def _horner(coefficients: Any, x: int) -> Any:
    total = acb(0)
    for c in coefficients:
        total = total * x + acb(c)
    return total


def _at(term: HyperTerm, j: int, evaluate: Any) -> Any:
    """The value of a term at one k."""
    number = sp.Integer(j)
    values = [evaluate(term.constant), evaluate(term.rational.subs(term.k, number)), evaluate(term.base)]
    if any(v is None for v in values):
        return None
    total = acb(values[0]) * acb(values[1]) * acb(values[2]) ** j
    for a, b, e in term.gammas:
        argument = evaluate(a * number + b)
        if argument is None:
            return None
        argument = acb(argument)
        total *= argument.gamma() ** e if e > 0 else argument.rgamma() ** -e
    return total if total.is_finite() else None


def _shifted(term: HyperTerm, power: int, offset: int) -> Any:
    """The rational part with k -> power * k + offset."""
    return term.rational.subs(term.k, power * term.k + offset)


def _rational(terms: list[HyperTerm], low: int, evaluate: Any) -> Any:
    """The sum of rational functions of k, with signs that alternate or not."""
    k = terms[0].k
    plain, alternating = sp.Integer(0), sp.Integer(0)
    for term in terms:
        collapsed = _without_gammas(term)
        if collapsed is None:
            return None
        if term.base == 1:
            plain += term.constant * collapsed
        elif term.base == -1:
            alternating += term.constant * collapsed
        else:
            return None
    shifted = plain.subs(k, k + low)
    even, odd = (alternating.subs(k, 2 * k + low + j) for j in (0, 1))
    paired = (even - odd) * (-1) ** low
    limit = _polys(alternating, k)
    if alternating != 0 and (limit is None or limit[1].degree() <= limit[0].degree()):
        return None
    return _partial_fractions(shifted, paired, k, evaluate)


def _without_gammas(term: HyperTerm) -> Any:
    """The rational function that a term without growth is; None if gamma functions do not cancel."""
    total = term.rational
    left = list(term.gammas)
    while left:
        a, b, e = left.pop()
        for place, (a2, b2, e2) in enumerate(left):
            gap = sp.expand(b - b2)
            if a2 == a and e2 * e < 0 and gap.is_Integer and abs(gap) <= 40:
                total *= rising(a * term.k + b2, int(gap)) ** (1 if e > 0 else -1)
                left.pop(place)
                if abs(e) > 1:
                    left.append((a, b, e - (1 if e > 0 else -1)))
                if abs(e2) > 1:
                    left.append((a2, b2, e2 - (1 if e2 > 0 else -1)))
                break
        else:
            return None
    return total


def _partial_fractions(plain: Any, paired: Any, k: Any, evaluate: Any) -> Any:
    """The sum over k >= 0 of a rational function that falls at least like k**-2, with rational coefficients."""
    total = acb(0)
    for expr in (plain, paired):
        if expr == 0:
            continue
        polys = _polys(expr, k)
        if polys is None:
            return None
        top, bottom = polys
        if top.is_zero:
            continue
        if bottom.degree() - top.degree() < 2:
            return None
        part = _by_roots(top, bottom, evaluate)
        if part is None:
            return None
        total += part
    return total


def _by_roots(top: Any, bottom: Any, evaluate: Any) -> Any:
    coefficients = [[evaluate(c) for c in reversed(p.all_coeffs())] for p in (top, bottom)]
    if not all(isinstance(c, fmpq) for side in coefficients for c in side):
        return None
    above, below = fmpq_poly(coefficients[0]), fmpq_poly(coefficients[1])
    _, factors = below.factor()
    total = acb(0)
    for base, multiplicity in factors:
        m = int(multiplicity)
        rest = divmod(below, base**m)[0]
        for root, _ in base.complex_roots():
            if not (root.real < 0 or not root.imag.contains(arb(0))) and (root.contains_integer()):
                return None
            expansion = _laurent(above, rest, base, root, m)
            if expansion is None:
                return None
            for j, c in enumerate(expansion):
                power = m - j
                # sum over k >= 0 of 1/(k - root)**power
                if power == 1:
                    total += -c * acb(-root).digamma()
                else:
                    sign = 1 if power % 2 == 0 else -1
                    total += c * sign * acb(-root).polygamma(acb(power - 1)) / acb(power).gamma()
    return total


def _laurent(above: Any, rest: Any, base: Any, root: Any, m: int) -> list[Any] | None:
    """Coefficients of (k - root)**-m … (k - root)**-1 of above / (rest * base**m)."""
    shift = acb_poly([root, acb(1)])
    top, low = _compose(above, shift), _compose(rest, shift)
    inner = _compose(base, shift)
    reduced = acb_poly([inner[i] for i in range(1, inner.length())])
    denominator = low * reduced**m
    result: list[Any] = []
    if acb(denominator[0]).contains(acb(0)):
        return None
    for j in range(m):
        value = acb(top[j]) - sum((result[i] * acb(denominator[j - i]) for i in range(j)), start=acb(0))
        result.append(value / acb(denominator[0]))
    return result


def _compose(poly: Any, inner: Any) -> Any:
    total = acb_poly([0])
    for i in range(poly.degree(), -1, -1):
        total = total * inner + acb_poly([acb(poly[i])])
    return total


def _gauss(term: HyperTerm, low: int, evaluate: Any) -> Any:
    """A term whose series is a 2F1 at a point where the ratio tends to one in modulus."""
    k = term.k
    shifted = sp.cancel(sp.together(term.ratio().subs(k, k + low)))
    top, bottom = sp.fraction(shifted)
    top, bottom = sp.Poly(top, k), sp.Poly(bottom, k)
    if top.degree() != bottom.degree():
        return None
    roots = []
    for poly in (top, bottom):
        values = [evaluate(c) for c in reversed(poly.all_coeffs())]
        if not all(isinstance(c, fmpq) for c in values):
            return None
        roots.append([-r for r, m in fmpq_poly(values).complex_roots() for _ in range(int(m))])
    upper, lower = roots
    one = next((b for b in lower if (b - 1).contains(acb(0))), None)
    if one is None:
        upper.append(acb(1))
    else:
        lower.remove(one)
    z = evaluate(top.LC() / bottom.LC())
    first = _at(term, low, evaluate)
    if z is None or first is None or len(upper) != 2 or len(lower) != 1:
        return None
    z = acb(z)
    if (z - 1).is_zero() and not (lower[0] - upper[0] - upper[1]).real > 0:
        return None
    if (z + 1).is_zero() and not (lower[0] - upper[0] - upper[1]).real > -1:
        return None
    if not ((z - 1).is_zero() or (z + 1).is_zero()):
        return None
    value = first * z.hypgeom_2f1(upper[0], upper[1], lower[0])
    return value if value.is_finite() else None


def _powers(body: Any, k: Any, low: int, evaluate: Any) -> Any:
    """constant * (a k + b)**(-s) * z**k."""
    constant, base, linear = sp.Integer(1), sp.Integer(1), None
    for factor in sp.Mul.make_args(body):
        if not factor.has(k):
            constant *= factor
        elif isinstance(factor, sp.Pow) and not factor.exp.has(k) and factor.base.is_polynomial(k):
            poly = sp.Poly(factor.base, k)
            if poly.degree() != 1 or (linear is not None and linear[0] != poly):
                return None
            linear = (poly, -factor.exp + (linear[1] if linear else 0))
        elif isinstance(factor, sp.exp):
            slope = sp.expand(factor.args[0]).coeff(k, 1)
            rest = sp.expand(factor.args[0] - slope * k)
            if rest.has(k):
                return None
            base, constant = base * sp.exp(slope), constant * sp.exp(rest)
        elif isinstance(factor, sp.Pow) and not factor.base.has(k) and sp.expand(factor.exp - k).has(k) is False:
            base *= factor.base
            constant *= factor.base ** sp.expand(factor.exp - k)
        else:
            return None
    if linear is None:
        return None
    slope, offset = linear[0].all_coeffs()
    values = [evaluate(v) for v in (constant * base**low, slope, offset / slope + low, linear[1], base)]
    if any(v is None for v in values):
        return None
    scale, a, q, s, z = (acb(v) for v in values)
    if not (a.imag.is_zero() and a.real > 0 and q.imag.is_zero() and q.real > 0):
        return None
    if (z - 1).is_zero():
        return scale * a ** (-s) * s.zeta(q) if s.real > 1 else None
    if (z + 1).is_zero() and s.real > 0:
        half = (s.zeta(q / 2) - s.zeta(q / 2 + acb(fmpq(1, 2)))) * acb(2) ** (-s)
        return scale * a ** (-s) * half
    if abs(z) < 1:
        return scale * a ** (-s) * z.lerch_phi(s, q)
    return _on_the_circle(scale * a ** (-s), z, s, (offset / slope + low), base)


def _on_the_circle(scale: Any, z: Any, s: Any, q: Any, base: Any) -> Any:
    """Where z is certainly of modulus one and not one: a polylogarithm without its first terms (Dirichlet's test)."""
    is_turn = isinstance(base, sp.exp) and (base.args[0] / sp.I).is_real
    if not (is_turn and q.is_Integer and q > 0 and s.imag.is_zero() and s.real > 0) or (z - 1).contains(acb(0)):
        return None
    value = z.polylog(s) - sum((z**j / acb(j) ** s for j in range(1, int(q))), start=acb(0))
    return scale * value / z ** int(q)
