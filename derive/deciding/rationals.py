"""The field of rational functions over the rationals, reduced by gcd, with derivatives and linear algebra."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from derive.deciding.errors import NotReducible, OverBudget

MAX_TERMS = 20_000


@dataclass(frozen=True)
class Rational:
    """num/den, coprime, the denominator with leading coefficient one."""

    num: fmpq_mpoly
    den: fmpq_mpoly

    def __add__(self, other: Rational) -> Rational:
        return _reduced(self.num * other.den + other.num * self.den, self.den * other.den)

    def __sub__(self, other: Rational) -> Rational:
        return _reduced(self.num * other.den - other.num * self.den, self.den * other.den)

    def __mul__(self, other: Rational) -> Rational:
        return _reduced(self.num * other.num, self.den * other.den)

    def __truediv__(self, other: Rational) -> Rational:
        if other.num.is_zero():
            raise NotReducible("a denominator vanishes identically")
        return _reduced(self.num * other.den, self.den * other.num)

    def __neg__(self) -> Rational:
        return Rational(-self.num, self.den)

    def __bool__(self) -> bool:
        return not self.num.is_zero()


def _reduced(num: fmpq_mpoly, den: fmpq_mpoly) -> Rational:
    if len(num) + len(den) > MAX_TERMS:
        raise OverBudget("the rational functions have too many terms")
    if not den.is_constant() and not num.is_zero():
        shared = num.gcd(den)
        if not shared.is_constant():
            num, den = divmod(num, shared)[0], divmod(den, shared)[0]
    if num.is_zero():
        return Rational(num, den.context().constant(1))
    lead = den.leading_coefficient()
    return Rational(num / lead, den / lead) if lead != 1 else Rational(num, den)


class RationalField:
    """Q(symbols), the first symbol being the variable of differentiation."""

    def __init__(self, symbols: list[Any]) -> None:
        self.symbols = symbols
        self.ctx = fmpq_mpoly_ctx.get([f"x{i}" for i in range(len(symbols))], Ordering.lex)
        self._gens = {s: Rational(self.ctx.gen(i), self.ctx.constant(1)) for i, s in enumerate(symbols)}

    def constant(self, value: Any) -> Rational:
        """A rational number."""
        number = fmpq(int(value.p), int(value.q)) if isinstance(value, sp.Rational) else fmpq(value)
        return Rational(self.ctx.constant(number), self.ctx.constant(1))

    def read(self, expr: Any) -> Rational:
        """A SymPy expression that is rational in the symbols."""
        if isinstance(expr, sp.Rational):
            return self.constant(expr)
        if expr in self._gens:
            return self._gens[expr]
        if isinstance(expr, sp.Add):
            total = self.constant(0)
            for arg in expr.args:
                total = total + self.read(arg)
            return total
        if isinstance(expr, sp.Mul):
            total = self.constant(1)
            for arg in expr.args:
                total = total * self.read(arg)
            return total
        if isinstance(expr, sp.Pow) and expr.exp.is_Integer and abs(int(expr.exp)) <= 40:
            base = self.read(expr.base)
            return self.power(base, int(expr.exp))
        raise NotReducible(f"{expr} is not rational")

    def power(self, base: Rational, n: int) -> Rational:
        """An integer power."""
        if n < 0:
            base, n = self.constant(1) / base, -n
        total = self.constant(1)
        for _ in range(n):
            total = total * base
        return total

    def derivative(self, value: Rational) -> Rational:
        """With respect to the first symbol."""
        top = value.num.derivative(0) * value.den - value.num * value.den.derivative(0)
        return _reduced(top, value.den * value.den)

    def expression(self, value: Rational) -> Any:
        """Back to SymPy."""
        return self.polynomial(value.num) / self.polynomial(value.den)

    def polynomial(self, poly: fmpq_mpoly) -> Any:
        """A polynomial as a SymPy expression."""
        terms = []
        for monomial, c in poly.to_dict().items():
            powers = [s ** int(e) for s, e in zip(self.symbols, monomial, strict=True) if e]
            terms.append(sp.Mul(sp.Rational(int(c.p), int(c.q)), *powers))
        return sp.Add(*terms)


def dependency(rows: list[list[Rational]], field: RationalField) -> list[Rational] | None:
    """Coefficients of the last row, 1, and of the others, such that the combination vanishes; None if there is none."""
    height, width = len(rows), len(rows[0]) if rows else 0
    # Solve sum_i c_i rows[i] = -rows[-1] over the field.
    system = [[rows[i][j] for i in range(height - 1)] + [-rows[height - 1][j]] for j in range(width)]
    pivots: list[tuple[int, int]] = []
    at = 0
    for column in range(height - 1):
        row = min(
            (r for r in range(at, width) if system[r][column]), key=lambda r: _size(system[r][column]), default=None
        )
        if row is None:
            continue
        system[at], system[row] = system[row], system[at]
        pivot = system[at][column]
        system[at] = [entry / pivot for entry in system[at]]
        for r in range(width):
            if r != at and system[r][column]:
                scale = system[r][column]
                system[r] = [a - scale * b for a, b in zip(system[r], system[at], strict=True)]
        pivots.append((at, column))
        at += 1
    if any(system[r][-1] for r in range(at, width)):
        return None
    result = [field.constant(0)] * (height - 1)
    for row, column in pivots:
        result[column] = system[row][-1]
    return [*result, field.constant(1)]


def _size(value: Rational) -> int:
    return len(value.num) + len(value.den)
