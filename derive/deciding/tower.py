"""SymPy expressions as fractions over a tower of elementary functions.

Whatever is not known here is a generator of its own, determined by its arguments: so it can only be proved equal to
itself. The generators need not be independent: a fraction that reduces to zero is zero; one that does not is left to
the square-root argument of `vanishing` and, after that, to the other tiers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp
from flint import fmpq, fmpq_mpoly
from sympy.core.function import AppliedUndef

from derive.deciding.domain import Problem
from derive.deciding.errors import NotReducible
from derive.deciding.factors import Extensions, NeedsOrder
from derive.deciding.fractions import Field, Fraction
from derive.deciding.functions import RULES, generator_for, sign_of
from derive.deciding.signs import Signs
from derive.deciding.vanishing import vanishes

REBUILDS = 16
_CONSTANTS = {sp.pi: "pi", sp.EulerGamma: "EulerGamma", sp.Catalan: "Catalan"}


def reduce_to_zero(
    problem: Problem, difference: sp.Expr, nonzero: Callable[[sp.Expr], bool], *, backwards: bool = False
) -> tuple[bool, str]:
    """Does the difference reduce to zero? With the reductions used.

    `nonzero` says whether an expression is certainly non-zero at some point of the domain; `backwards` adjoins the
    symbols in the opposite order, which makes it another computation of the same.
    Raises `NotReducible` if there is no normal form within the limits.
    """
    orders: dict[str, int] = {}
    for _ in range(REBUILDS):
        tower = Tower(problem, orders, backwards=backwards)
        try:
            zero = vanishes(tower, tower.convert(difference), nonzero)
        except NeedsOrder as need:
            known = orders.get(need.label, 1)
            orders[need.label] = sp.ilcm(known, need.order, *([4] if need.label == "unity" else []))
            continue
        return zero, ", ".join(sorted(tower.ext.reductions))
    raise NotReducible("the orders of the roots do not settle")


class Tower:
    """One pass over an expression, with a field that grows as functions are met."""

    def __init__(self, problem: Problem, orders: dict[str, int], *, backwards: bool = False) -> None:
        self.field = Field()
        self.signs = Signs(self.field)
        self.ext = Extensions(self.field, self.signs, orders)
        self.problem = problem
        self.memo: dict[sp.Basic, Fraction] = {}
        self.meaning: dict[int, sp.Expr] = {}
        solved = {symbol for symbol, _ in problem.solved}
        symbols = [s for s in problem.symbols if s not in solved][:: -1 if backwards else 1]
        self.symbols = {symbol: place for place, symbol in enumerate(symbols)}
        if symbols:
            self.field.adjoin(*(generator_for(f"s{place}", "symbol", s) for s, place in self.symbols.items()))
        for equation in problem.equations():
            try:
                if self.field.relate_leading(self.convert(equation).num):
                    self.ext.reductions.add("the assumed equations")
            except NotReducible:
                continue
        self.memo.clear()
        for fact, strict in problem.facts():
            try:
                top, bottom = self.field.canonical(self.convert(fact))
                self.signs.assume(top * bottom, strict)
            except NotReducible:
                continue

    # Conversion ------------------------------------------------------------------------------------------------------

    def convert(self, expr: sp.Expr) -> Fraction:
        """The expression as a fraction."""
        known = self.memo.get(expr)
        if known is None:
            known = self.memo[expr] = self._convert(expr)
        return known

    def _convert(self, expr: sp.Expr) -> Fraction:
        fld = self.field
        if isinstance(expr, sp.Rational):
            return fld.constant(fmpq(int(expr.p), int(expr.q)))
        if expr in self.symbols:
            return fld.element(self.symbols[expr])  # type: ignore[index]
        if isinstance(expr, sp.Add):
            return fld.add([self.convert(arg) for arg in expr.args])
        if isinstance(expr, sp.Mul):
            return fld.mul([self.convert(arg) for arg in expr.args])
        if isinstance(expr, sp.Pow):
            return self._power(expr.base, expr.exp)
        if expr is sp.I:
            return self.ext.unity(fmpq(1, 4))
        if expr is sp.E:
            return self.ext.exp(fld.constant(1))
        if expr in _CONSTANTS:
            return self.ext.constant(_CONSTANTS[expr])
        if expr is sp.GoldenRatio:
            return self.convert((1 + sp.sqrt(5)) / 2)
        infinite = expr.has(sp.oo, -sp.oo, sp.zoo, sp.nan) and not isinstance(expr, (sp.Sum, sp.Product, sp.Integral))
        if infinite or isinstance(expr, (sp.Order, sp.AccumBounds)):
            raise NotReducible(f"{expr} has no value")
        rule = RULES.get(expr.func)
        result = rule(self, *expr.args) if rule else None
        return result if result is not None else self._opaque(expr)

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> Fraction:
        value = self.convert(base)
        if isinstance(exponent, sp.Integer):
            return self.field.power(value, int(exponent))
        if self.field.reduce(value).num.is_zero():
            raise NotReducible("a power of zero")
        if isinstance(exponent, sp.Rational):
            return self.ext.power(value, fmpq(int(exponent.p), int(exponent.q)), sign_of(base))
        logarithm = self.ext.log(value, sign_of(base))
        return self.ext.exp(self.field.mul([self.convert(exponent), logarithm]))

    def exponentials(self, argument: sp.Expr, circular: bool) -> tuple[Fraction, Fraction]:
        """exp(u) and exp(-u), or exp(iu) and exp(-iu)."""
        u = self.convert(argument)
        if circular:
            self.ext.reductions.add("circular functions as exponentials")
            u = self.field.mul([self.ext.unity(fmpq(1, 4)), u])
        return self.ext.exp(u), self.ext.exp(self.scaled(u, -1))

    def scaled(self, value: Fraction, factor: fmpq | int) -> Fraction:
        """A rational multiple."""
        return self.field.mul([value, self.field.constant(factor)])

    def quotient(self, top: Fraction, bottom: Fraction) -> Fraction:
        """One fraction over another."""
        return self.field.mul([top, self.field.invert(bottom)])

    def _opaque(self, expr: sp.Expr) -> Fraction:
        """A generator for something unknown here, the same for equal arguments."""
        # Names come from the input: quoted, they cannot be mistaken for a label made here.
        if isinstance(expr, sp.Function) and not isinstance(expr, sp.Piecewise):
            kind = "unknown" if isinstance(expr, AppliedUndef) else "function"
            label = f"{kind} {expr.func.__name__!r}({', '.join(self.label(arg) for arg in expr.args)})"
        elif isinstance(expr, sp.Indexed):
            label = f"indexed {sp.srepr(expr.base)}[{', '.join(self.label(index) for index in expr.indices)}]"
        else:
            label = f"node {sp.srepr(expr.as_dummy())}"
        if label not in self.ext.places:
            self.ext.places[label] = self.field.adjoin(generator_for(label, "opaque", expr))
        place = self.ext.places[label]
        self.meaning[place] = expr
        return self.field.element(place)

    def label(self, argument: sp.Basic) -> str:
        """A canonical spelling of an argument."""
        if not isinstance(argument, sp.Expr):
            return sp.srepr(argument)
        top, bottom = self.field.canonical(self.convert(argument))
        return f"({self.field.text(top)})/({self.field.text(bottom)})"

    def inverse(self, kind: type, argument: sp.Expr) -> Fraction:
        """An inverse function, kept as a generator that its exponential resolves."""
        top, bottom = self.field.canonical(self.convert(argument))
        label = f"{kind.__name__}(({self.field.text(top)})/({self.field.text(bottom)}))"
        expr = kind(argument)
        if label not in self.ext.places:
            known = replace(generator_for(label, "inverse", expr), data=(kind.__name__, top, bottom))
            self.ext.places[label] = self.field.adjoin(known)
        self.meaning[self.ext.places[label]] = expr
        return self.field.element(self.ext.places[label])

    def modulus(self, argument: sp.Expr) -> Fraction | None:
        """|u| of a real u."""
        value = self.convert(argument)
        if self.field.reduce(value).num.is_zero():
            return self.field.constant(0)
        parts = self.ext.split(value, formal=True)
        factors = [self.field.constant(fmpq(prime) ** e) for prime, e in parts.primes]
        for place, exponent in parts.positive:
            base = self.field.lift(self.ext.bases[place])
            if not self.signs.real(base):
                # |u| = (u**2)**(1/2) still holds if SymPy knows the whole to be real.
                square = self.field.mul([value, value])
                return self.ext.power(square, fmpq(1, 2), "0+") if argument.is_real else None
            size = base if self.signs.of(base).endswith("+") else self.ext.modulus(base)
            factors.append(self.field.power(Fraction(size), exponent))
        return self.field.mul(factors)

    # Back to SymPy ---------------------------------------------------------------------------------------------------

    def expression(self, poly: fmpq_mpoly) -> sp.Expr | None:
        """The polynomial as a SymPy expression of the symbols, for evaluation."""
        poly = self.field.lift(poly)
        spelled = {place: self._spell(place) for place in self.field.places(poly)}
        if any(value is None for value in spelled.values()):
            return None
        last = len(self.field.generators) - 1
        terms = []
        for monomial, c in poly.to_dict().items():
            powers = [spelled[last - k] ** int(e) for k, e in enumerate(monomial) if e]  # type: ignore[operator]
            terms.append(sp.Mul(sp.Rational(int(c.p), int(c.q)), *powers))
        return sp.Add(*terms)

    def _spell(self, place: int) -> sp.Expr | None:
        generator = self.field.generators[place]
        if generator.kind == "symbol":
            return next(symbol for symbol, where in self.symbols.items() if where == place)  # type: ignore[return-value]
        if generator.kind == "constant":
            return next(value for value, label in _CONSTANTS.items() if label == generator.label)
        if generator.kind == "unity":
            return sp.exp(2 * sp.pi * sp.I / self.ext.orders.get("unity", 4))
        if place in self.meaning:
            return self.meaning[place]
        spelled = [self.expression(part) for part in generator.data if isinstance(part, fmpq_mpoly)]
        parts = [part for part in spelled if part is not None]
        if generator.kind not in ("root", "exp", "log") or not parts or len(parts) < len(spelled):
            return None
        inner = parts[0] / parts[1] if len(parts) == 2 else parts[0]
        if generator.kind == "root":
            return inner ** sp.Rational(1, generator.order)
        return sp.exp(inner / generator.order) if generator.kind == "exp" else sp.log(inner)
