"""Hypergeometric terms: t(k) whose ratio t(k + 1)/t(k) is a rational function of k.

A term is kept as constant * base**k * rational(k) * product of gamma(a k + b)**e with integers a and e, from which
ratios follow by gamma(x + 1) = x gamma(x) alone (Petkovšek, Wilf, Zeilberger, "A = B", 1996, chapters 3 to 5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

MAX_SHIFT = 60


@dataclass(frozen=True)
class HyperTerm:
    """constant * base**k * rational * product(gamma(a k + b)**e for a, b, e in gammas)."""

    k: Any
    constant: Any
    base: Any
    rational: Any
    gammas: tuple[tuple[int, Any, int], ...]

    def ratio(self, n: Any = None, steps: int = 1) -> Any | None:
        """t with n -> n + steps, over t: rational in k and n. None if n stands where no ratio is rational."""
        if n is None or n == self.k:
            parts = [self.base**steps, self.rational.subs(self.k, self.k + steps) / self.rational]
            parts += [rising(a * self.k + b, a * steps) ** e for a, b, e in self.gammas]
            return sp.Mul(*parts)
        if self.base.has(n):
            # (base(n + s)/base(n))**k must not depend on k.
            quotient = sp.powsimp(sp.expand_power_base(self.base.subs(n, n + steps) / self.base))
            if sp.simplify(quotient) != 1:
                return None
        parts = [self.rational.subs(n, n + steps) / self.rational]
        outer = factor_ratio(self.constant, n, steps)
        if outer is None:
            return None
        for a, b, e in self.gammas:
            shift = sp.expand(b.subs(n, n + steps) - b)
            if not shift.is_Integer or abs(shift) > MAX_SHIFT:
                return None
            parts.append(rising(a * self.k + b, int(shift)) ** e)
        return sp.Mul(outer, *parts)


def rising(x: Any, count: int) -> Any:
    """gamma(x + count)/gamma(x), for any integer count."""
    if count >= 0:
        return sp.Mul(*(x + j for j in range(count)))
    return 1 / sp.Mul(*(x - j for j in range(1, -count + 1)))


def factor_ratio(expr: Any, n: Any, steps: int = 1) -> Any | None:
    """expr(n + steps)/expr(n) for a hypergeometric term in n; None if it is none."""
    if not expr.has(n):
        return sp.Integer(1)
    term = hyperterm(expr, n)
    return None if term is None else term.ratio(None, steps)


def hyperterm(expr: Any, k: Any) -> HyperTerm | None:
    """The expression as a hypergeometric term in k, or None."""
    start = HyperTerm(k, sp.Integer(1), sp.Integer(1), sp.Integer(1), ())
    return _times(start, expr, 1)


def _times(term: HyperTerm, expr: Any, sign: int) -> HyperTerm | None:
    k = term.k
    if not expr.has(k):
        return replace(term, constant=term.constant * expr**sign)
    if isinstance(expr, sp.Mul):
        for factor in expr.args:
            got = _times(term, factor, sign)
            if got is None:
                return None
            term = got
        return term
    if isinstance(expr, sp.exp):
        return _power(term, sp.E, expr.args[0], sign)
    if isinstance(expr, sp.Pow):
        base, exponent = expr.args
        if exponent.is_Integer and abs(int(exponent)) <= 12:
            for _ in range(abs(int(exponent))):
                got = _times(term, base, sign if exponent > 0 else -sign)
                if got is None:
                    return None
                term = got
            return term
        return None if base.has(k) else _power(term, base, exponent, sign)
    gammas = as_gammas(expr)
    if gammas is not None:
        for argument, e in gammas:
            linear = _linear(argument, k)
            if linear is None or not linear[0].is_Integer:
                return None
            if linear[0] == 0:
                term = replace(term, constant=term.constant * sp.gamma(argument) ** (e * sign))
            else:
                term = replace(term, gammas=(*term.gammas, (int(linear[0]), linear[1], e * sign)))
        return term
    if expr.is_rational_function(k) and not expr.atoms(sp.Function) & {f for f in expr.atoms(sp.Function) if f.has(k)}:
        return replace(term, rational=term.rational * expr**sign)
    return None


def _power(term: HyperTerm, base: Any, exponent: Any, sign: int) -> HyperTerm | None:
    linear = _linear(exponent, term.k)
    if linear is None:
        return None
    slope, rest = linear
    unit = base**slope
    if base == -1 and slope.is_Integer:
        unit = sp.Integer(-1) ** int(slope)
    return replace(term, base=term.base * unit**sign, constant=term.constant * (base**rest) ** sign)


def _linear(expr: Any, k: Any) -> tuple[Any, Any] | None:
    expr = sp.expand(expr)
    slope = expr.coeff(k, 1)
    rest = sp.expand(expr - slope * k)
    return None if rest.has(k) or slope.has(k) else (slope, rest)


def as_gammas(expr: Any) -> list[tuple[Any, int]] | None:
    """Factorials, binomials and the like as products of gamma(argument)**exponent."""
    kind = expr.func
    if kind is sp.gamma:
        return [(expr.args[0], 1)]
    if kind is sp.factorial:
        return [(expr.args[0] + 1, 1)]
    if kind is sp.binomial:
        n, j = expr.args
        return [(n + 1, 1), (j + 1, -1), (n - j + 1, -1)]
    if kind is sp.RisingFactorial:
        x, j = expr.args
        return [(x + j, 1), (x, -1)]
    if kind is sp.FallingFactorial:
        x, j = expr.args
        return [(x + 1, 1), (x - j + 1, -1)]
    if kind is sp.beta:
        x, y = expr.args
        return [(x, 1), (y, 1), (x + y, -1)]
    return None


_EXPANDED = (sp.sin, sp.cos, sp.sinh, sp.cosh)


def summands(expr: Any, k: Any) -> list[HyperTerm] | None:
    """The expression as a sum of hypergeometric terms in k, or None."""
    circular = [f for f in _EXPANDED if expr.has(f)]
    if circular:
        expr = expr.rewrite(circular, sp.exp)
    expr = expr.replace(sp.fibonacci, _binet).replace(sp.lucas, _lucas)
    expr = expr.replace(sp.factorial2, lambda n: _double_factorial(n, k)).replace(sp.catalan, _catalan)
    direct = hyperterm(expr, k)
    if direct is not None:
        return [direct]
    terms = [
        hyperterm(sp.powsimp(part, combine="exp"), k) for part in sp.Add.make_args(sp.expand(expr, power_base=False))
    ]
    return None if any(term is None for term in terms) else [term for term in terms if term is not None]


def _binet(n: Any) -> Any:
    root = sp.sqrt(5)
    return (((1 + root) / 2) ** n - ((1 - root) / 2) ** n) / root


def _lucas(n: Any) -> Any:
    root = sp.sqrt(5)
    return ((1 + root) / 2) ** n + ((1 - root) / 2) ** n


def _double_factorial(n: Any, k: Any) -> Any:
    """(2m)!! and (2m + 1)!! with an argument that is certainly even or odd."""
    linear = _linear(n, k)
    even = n.is_even if n.is_even is not None else None
    if linear is not None and even is None and linear[0].is_even and linear[1].is_integer:
        even = linear[1].is_even
    if even is True:
        return 2 ** (n / 2) * sp.factorial(n / 2)
    if even is False:
        return 2 ** ((n + 1) / 2) * sp.gamma(n / 2 + 1) / sp.sqrt(sp.pi)
    return sp.factorial2(n)


def _catalan(n: Any) -> Any:
    return sp.binomial(2 * n, n) / (n + 1)
