"""Truncated power series in x over a field of rational functions of the parameters: the generators of a ring."""

from __future__ import annotations

from typing import Any

import sympy as sp

from derive.deciding.differential import DifferentialRing, Element
from derive.deciding.errors import NotReducible
from derive.deciding.rationals import Rational

Series = list[Rational]


class Expansion:
    """The expansions at x = 0 of what a differential ring contains, to a given number of terms."""

    def __init__(self, ring: DifferentialRing, terms: int) -> None:
        self.ring, self.field, self.terms = ring, ring.field, terms
        self.zero, self.one = self.field.constant(0), self.field.constant(1)
        self.known: dict[int, Series] = {}

    def element(self, element: Element) -> tuple[int, Series]:
        """The exponent of the first term, and the coefficients from there."""
        parts = []
        for monomial, c in element.items():
            start, series = self.laurent(c)
            for place, e in monomial:
                base = self.generator(place) if e > 0 else self.inverse(self.generator(place))
                for _ in range(abs(e)):
                    series = self.times(series, base)
            parts.append((start, series))
        first = min((start for start, _ in parts), default=0)
        total = [self.zero] * self.terms
        for start, series in parts:
            for i, c in enumerate(series):
                if start - first + i < self.terms:
                    total[start - first + i] = total[start - first + i] + c
        return first, total

    def laurent(self, value: Rational) -> tuple[int, Series]:
        """A rational function of x."""
        tops, bottoms = self.coefficients(value.num), self.coefficients(value.den)
        up, down = min(tops, default=0), min(bottoms)
        top = [tops.get(up + i, self.zero) for i in range(self.terms)]
        bottom = [bottoms.get(down + i, self.zero) for i in range(self.terms)]
        return up - down, self.times(top, self.inverse(bottom))

    def coefficients(self, poly: Any) -> dict[int, Rational]:
        """A polynomial by powers of x."""
        parts: dict[int, dict[tuple[int, ...], Any]] = {}
        for monomial, c in poly.to_dict().items():
            parts.setdefault(int(monomial[0]), {})[(0, *monomial[1:])] = c
        ctx = self.field.ctx
        return {k: Rational(ctx.from_dict(part), ctx.constant(1)) for k, part in parts.items()}

    def rational(self, expr: Any) -> Series:
        """A rational function of x that is regular at zero."""
        start, series = self.laurent(self.field.read(expr))
        if start < 0:
            raise NotReducible(f"{expr} has a pole at the point of expansion")
        return ([self.zero] * start + series)[: self.terms]

    def times(self, one: Series, two: Series) -> Series:
        """The product."""
        total = [self.zero] * self.terms
        for i, a in enumerate(one):
            if a:
                for j in range(self.terms - i):
                    if two[j]:
                        total[i + j] = total[i + j] + a * two[j]
        return total

    def inverse(self, one: Series) -> Series:
        """One over a series with a constant term."""
        if not one[0]:
            raise NotReducible("a series without constant term is divided by")
        first = self.one / one[0]
        result = [first]
        for k in range(1, self.terms):
            total = self.zero
            for j in range(1, k + 1):
                if one[j]:
                    total = total + one[j] * result[k - j]
            result.append(-(first * total))
        return result

    def slope(self, one: Series) -> Series:
        """The derivative (one term less is known: the last is not used)."""
        return [one[k] * self.field.constant(k) for k in range(1, self.terms)] + [self.zero]

    def integral(self, one: Series) -> Series:
        """The integral from zero."""
        return [self.zero] + [one[k] / self.field.constant(k + 1) for k in range(self.terms - 1)]

    def generator(self, place: int) -> Series:
        """The expansion of a generator."""
        if place not in self.known:
            meaning = self.ring.meaning[place]
            if isinstance(meaning, tuple):
                self.known[place] = self._hyper(*meaning)
            else:
                self.known[place] = self._function(meaning)
        return self.known[place]

    def _hyper(self, base: Any, thetas: int) -> Series:
        g = self.rational(base.argument)
        if g[0]:
            raise NotReducible("the argument of a hypergeometric function does not vanish at the point of expansion")
        total = [self.zero] * self.terms
        power = [self.one] + [self.zero] * (self.terms - 1)
        coefficient = self.one
        for k in range(self.terms):
            scale = coefficient * self.field.constant(k**thetas if thetas else 1)
            total = [t + scale * p for t, p in zip(total, power, strict=True)]
            power = self.times(power, g)
            for a in base.ap:
                coefficient = coefficient * self.field.read(a + k)
            for b in base.bq:
                coefficient = coefficient / self.field.read(b + k)
            coefficient = coefficient / self.field.constant(k + 1)
        return total

    def _function(self, expr: Any) -> Series:
        u = self.rational(expr.base if isinstance(expr, sp.Pow) and expr.base is not sp.E else expr.args[-1])
        speed = self.slope(u)
        if isinstance(expr, sp.Pow) and not isinstance(expr, sp.exp):
            if u[0] - self.one:
                raise NotReducible("a power of something that is not one at the point of expansion")
            return self._linear(self.times(self.times(speed, self.inverse(u)), self._constant(expr.exp)), self.one)
        if isinstance(expr, sp.log):
            if u[0] - self.one:
                raise NotReducible("a logarithm that is not zero at the point of expansion")
            return self.integral(self.times(speed, self.inverse(u)))
        if u[0]:
            raise NotReducible(f"{expr} is not expanded at zero")
        if isinstance(expr, sp.exp):
            return self._linear(speed, self.one)
        square = self.times(u, u)
        one = [self.one] + [self.zero] * (self.terms - 1)
        plus = [a + b for a, b in zip(one, square, strict=True)]
        minus = [a - b for a, b in zip(one, square, strict=True)]
        half = sp.Rational(-1, 2)
        if isinstance(expr, sp.atan):
            return self.integral(self.times(speed, self.inverse(plus)))
        if isinstance(expr, sp.atanh):
            return self.integral(self.times(speed, self.inverse(minus)))
        if isinstance(expr, (sp.asin, sp.asinh)):
            inner = minus if isinstance(expr, sp.asin) else plus
            rate = self.times(self.times(self.slope(inner), self.inverse(inner)), self._constant(half))
            return self.integral(self.times(speed, self._linear(rate, self.one)))
        if isinstance(expr, (sp.sin, sp.cos, sp.sinh, sp.cosh)):
            return self._wave(expr, speed)
        raise NotReducible(f"{expr} is not expanded")

    def _constant(self, value: Any) -> Series:
        return [self.field.read(value)] + [self.zero] * (self.terms - 1)

    def _linear(self, rate: Series, first: Rational) -> Series:
        """y' = rate y."""
        result = [first]
        for k in range(self.terms - 1):
            total = self.zero
            for j in range(k + 1):
                if rate[j]:
                    total = total + rate[j] * result[k - j]
            result.append(total / self.field.constant(k + 1))
        return result

    def _wave(self, expr: Any, speed: Series) -> Series:
        sign = self.field.constant(-1 if isinstance(expr, (sp.sin, sp.cos)) else 1)
        odd, even = [self.zero], [self.one]
        for k in range(self.terms - 1):
            to_odd, to_even = self.zero, self.zero
            for j in range(k + 1):
                if speed[j]:
                    to_odd = to_odd + speed[j] * even[k - j]
                    to_even = to_even + sign * speed[j] * odd[k - j]
            odd.append(to_odd / self.field.constant(k + 1))
            even.append(to_even / self.field.constant(k + 1))
        return odd if isinstance(expr, (sp.sin, sp.sinh)) else even
