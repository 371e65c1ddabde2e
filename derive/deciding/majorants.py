"""Bounds |f(x)| <= C x**p exp(-q x**r) for all x >= N, and for the integral of f from N to infinity.

`Majorant` is closed under sums and products; the rules below bound a SymPy expression in one real variable from its
parts. They are sufficient only: `None` says that no bound was found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import acb, arb, fmpq


@dataclass(frozen=True)
class Majorant:
    """C x**p exp(-q x**r) on x >= start; q may be negative (growth), r is positive."""

    c: Any
    p: Any
    q: Any
    r: int

    def times(self, other: Majorant) -> Majorant | None:
        """The product."""
        if self.q == 0:
            return Majorant(self.c * other.c, self.p + other.p, other.q, other.r)
        if other.q == 0:
            return Majorant(self.c * other.c, self.p + other.p, self.q, self.r)
        if self.r != other.r:
            return None
        return Majorant(self.c * other.c, self.p + other.p, self.q + other.q, self.r)


class Bounds:
    """Bounds on x >= start, with constants evaluated by `evaluate`."""

    def __init__(self, x: Any, start: int, evaluate: Callable[[Any], Any]) -> None:
        self.x, self.start, self.evaluate = x, start, evaluate

    def constant(self, expr: Any) -> Any:
        """A ball for an expression free of x."""
        value = self.evaluate(expr)
        return None if value is None else acb(value)

    def above(self, expr: Any) -> Majorant | None:
        """An upper bound of the modulus."""
        if not expr.has(self.x):
            value = self.constant(expr)
            return None if value is None else Majorant(abs(value).upper(), arb(0), arb(0), 1)
        if expr == self.x:
            return Majorant(arb(1), arb(1), arb(0), 1)
        if isinstance(expr, sp.Mul):
            return self._product([self.above(arg) for arg in expr.args])
        if isinstance(expr, sp.Add):
            return self._sum(expr)
        if isinstance(expr, sp.exp):
            return self._exp(expr.args[0])
        if isinstance(expr, sp.Pow):
            return self._power(expr.base, expr.exp)
        if isinstance(expr, (sp.sin, sp.cos, sp.tanh)) and self._real(expr.args[0]):
            return Majorant(arb(1), arb(0), arb(0), 1)
        if isinstance(expr, (sp.atan, sp.erf, sp.Si)) and self._real(expr.args[0]):
            return Majorant(arb(2), arb(0), arb(0), 1)
        if isinstance(expr, sp.besselj) and expr.args[0].is_nonnegative and self._real(expr.args[1]):
            return Majorant(arb(1), arb(0), arb(0), 1)  # DLMF 10.14.1
        if isinstance(expr, sp.erfc) and expr.args[0].is_positive:
            u: Any = expr.args[0]
            return self.above(sp.exp(-(u**2)))  # DLMF 7.8.2
        if isinstance(expr, (sp.sinh, sp.cosh)):
            return self.above(expr.rewrite(sp.exp))
        if isinstance(expr, (sp.sech, sp.csch)):
            return self.above(1 / expr.rewrite(sp.cosh if isinstance(expr, sp.sech) else sp.sinh).as_base_exp()[0])
        if isinstance(expr, sp.log):
            return self._log(expr.args[0])
        return None

    def _real(self, expr: Any) -> bool:
        terms = self._polynomial(expr)
        if terms is None:
            return bool(expr.is_real)
        return all(c.imag.is_zero() for c in terms.values())

    def _product(self, parts: list[Majorant | None]) -> Majorant | None:
        total = Majorant(arb(1), arb(0), arb(0), 1)
        for part in parts:
            if part is None:
                return None
            combined = total.times(part)
            if combined is None:
                return None
            total = combined
        return total

    def _value(self, bound: Majorant) -> Any:
        """An upper bound of C x**p exp(-q x**r) on x >= start, if it falls from there on."""
        n = arb(self.start)
        if bound.q == 0:
            return bound.c * n**bound.p if bound.p <= 0 else None
        if not bound.q > 0 or not bound.p <= bound.q * bound.r * n**bound.r:
            return None
        return bound.c * n**bound.p * (-bound.q * n**bound.r).exp()

    def _sum(self, expr: Any) -> Majorant | None:
        parts = [self.above(arg) for arg in expr.args]
        if any(part is None for part in parts):
            return None
        known = [part for part in parts if part is not None]
        best = known[0]
        for part in known[1:]:
            if part.q == 0 == best.q or (part.q == best.q and part.r == best.r):
                power = part.p.max(best.p)
                # x**p <= x**power * start**(p - power) for x >= start
                n = arb(self.start)
                c = part.c * n ** (part.p - power) + best.c * n ** (best.p - power)
                best = Majorant(c, power, best.q, best.r)
                continue
            slow, fast = (part, best) if self._slower(part, best) else (best, part)
            quotient = fast.times(Majorant(1 / slow.c, -slow.p, -slow.q, slow.r))
            size = None if quotient is None else self._value(quotient)
            if size is None:
                return None
            best = Majorant(slow.c * (1 + size), slow.p, slow.q, slow.r)
        return best

    def _slower(self, one: Majorant, two: Majorant) -> bool:
        """Does the first fall more slowly (or grow faster)?"""
        if one.r == two.r or one.q == 0 or two.q == 0:
            return bool(one.q < two.q)
        return bool(one.q < 0) if one.r > two.r else bool(two.q > 0)

    def below(self, expr: Any) -> Majorant | None:
        """A positive lower bound of the modulus: the dominant term less the others."""
        if not expr.has(self.x):
            value = self.constant(expr)
            return None if value is None or value.contains(acb(0)) else Majorant(abs(value).lower(), arb(0), arb(0), 1)
        if expr == self.x:
            return Majorant(arb(1), arb(1), arb(0), 1)
        if isinstance(expr, sp.Mul):
            return self._product([self.below(arg) for arg in expr.args])
        if isinstance(expr, sp.exp):
            return self._exp(expr.args[0], lower=True)
        if isinstance(expr, (sp.sinh, sp.cosh)):
            return self.below(expr.rewrite(sp.exp))
        if isinstance(expr, (sp.sin, sp.tan)):
            return self._small(expr.args[0])
        if isinstance(expr, sp.Pow) and not expr.exp.has(self.x):
            exponent = self.constant(expr.exp)
            if exponent is None or not exponent.imag.is_zero():
                return None
            inner = self.below(expr.base) if exponent.real > 0 else self.above(expr.base)
            return None if inner is None else _raised(inner, exponent.real)
        if isinstance(expr, sp.Add):
            for place, leading in enumerate(expr.args):
                low = self.below(leading)
                rest = self.above(sp.Add(*(a for j, a in enumerate(expr.args) if j != place)))
                if low is None or rest is None:
                    continue
                quotient = rest.times(Majorant(1 / low.c, -low.p, -low.q, low.r))
                size = None if quotient is None else self._value(quotient)
                if size is not None and size < 1:
                    return Majorant(low.c * (1 - size).lower(), low.p, low.q, low.r)
        return None

    def _small(self, u: Any) -> Majorant | None:
        """|tan u| >= |sin u| >= 4 |u|/5 for a real u with |u| <= 1."""
        high, low = self.above(u), self.below(u)
        size = None if high is None or not u.is_real else self._value(high)
        if size is None or low is None or not size <= 1:
            return None
        return Majorant(low.c * arb(fmpq(4, 5)), low.p, low.q, low.r)

    def _power(self, base: Any, exponent: Any) -> Majorant | None:
        if exponent.has(self.x):
            if base.has(self.x):
                return None
            return self._exp(exponent * sp.log(base))
        value = self.constant(exponent)
        if value is None or not value.imag.is_zero():
            return None
        inner = self.above(base) if value.real > 0 else self.below(base)
        return None if inner is None else _raised(inner, value.real)

    def _polynomial(self, expr: Any) -> dict[int, Any] | None:
        if not expr.is_polynomial(self.x):
            return None
        found: dict[int, Any] = {}
        for (power,), c in sp.Poly(expr, self.x).terms():
            value = self.constant(c)
            if value is None:
                return None
            found[int(power)] = value
        return found

    def _exp(self, exponent: Any, lower: bool = False) -> Majorant | None:
        terms = self._polynomial(exponent)
        if terms is None:
            parts = sp.Add.make_args(sp.expand(exponent))
            whole = sp.Add(*(part for part in parts if part.is_polynomial(self.x)))
            if whole.has(self.x) and len(parts) > 1:
                rest = self._exp_bounded(sp.Add(*(part for part in parts if not part.is_polynomial(self.x))), lower)
                return self._product([self._exp(whole, lower), rest])
            return self._exp_bounded(exponent, lower)
        # The exponent over x**r, for all x >= start, as one ball; a purely oscillating top does not count.
        degree = max((d for d, c in terms.items() if not c.real.is_zero()), default=0)
        if degree == 0:
            value = terms.get(0, acb(0)).real.exp()
            return Majorant(value.lower() if lower else value.upper(), arb(0), arb(0), 1)
        n = arb(self.start)
        inverse = arb(0).union(1 / n)
        rate = sum((c.real * inverse ** (degree - d) for d, c in terms.items() if d <= degree), start=arb(0))
        return Majorant(arb(1), arb(0), -(rate.lower() if lower else rate.upper()), degree)

    def _exp_bounded(self, exponent: Any, lower: bool) -> Majorant | None:
        """exp(g) with |g| bounded."""
        bound = self.above(exponent)
        size = None if bound is None else self._value(bound)
        if size is None:
            return None
        return Majorant((-size).exp().lower() if lower else size.exp().upper(), arb(0), arb(0), 1)

    def _log(self, argument: Any) -> Majorant | None:
        """|log g| <= |log|g|| + pi, and log y <= 4 y**(1/4)."""
        high, low = self.above(argument), self.below(argument)
        if high is None or low is None or high.q != 0 or low.q != 0:
            return None
        n = arb(self.start)
        power = max(abs(high.p).upper(), abs(low.p).upper())
        c = abs(high.c.log()).upper() + abs(low.c.log()).upper() + arb(4) * power + 4
        return Majorant(c * n**0, arb(fmpq(1, 4)), arb(0), 1)

    def tail(self, expr: Any) -> Any:
        """A bound of the modulus of the integral of the expression from start to infinity, or None."""
        bound = self.above(expr)
        if bound is None:
            return None
        n = arb(self.start)
        if bound.q == 0:
            if not bound.p < -1:
                return None
            return (bound.c * n ** (bound.p + 1) / (-bound.p - 1)).upper()
        if not bound.q > 0:
            return None
        a = (bound.p + 1) / bound.r
        value = acb(bound.q * n**bound.r).gamma_upper(acb(a)) * acb(bound.q) ** (-a) / bound.r * bound.c
        return abs(value).upper() if value.is_finite() else None


def _raised(bound: Majorant, exponent: Any) -> Majorant:
    return Majorant(bound.c**exponent, bound.p * exponent, bound.q * exponent, bound.r)
