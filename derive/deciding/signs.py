"""When a polynomial in the generators has one sign on the whole domain.

Three sufficient arguments, none of them numeric: every monomial has that sign; the same after each known inequality
p > 0 with p = c x + ... is used to write x = (t - ...)/c with a new t > 0; and, in degree two, a positive definite or
semi-definite quadratic form.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from flint import fmpq, fmpq_mpoly

from derive.deciding.fractions import Field, Generator

_FLIP = {"+": "-", "0+": "0-", "-": "+", "0-": "0+", "": ""}


@dataclass
class Signs:
    """The signs of generators, and the inequalities assumed: (polynomial, strict)."""

    field: Field
    facts: list[tuple[fmpq_mpoly, bool]] = dataclasses.field(default_factory=list)
    slack: list[int] = dataclasses.field(default_factory=list)
    used: set[str] = dataclasses.field(default_factory=set)

    def assume(self, poly: fmpq_mpoly, strict: bool) -> None:
        """Let the polynomial be positive (or at least non-negative) on the domain."""
        if poly.is_constant() or not self.real(poly):
            return
        place = self.field.adjoin(Generator(f"slack{len(self.facts)}", "slack", True, "+" if strict else "0+"))
        self.facts.append((poly, strict))
        self.slack.append(place)

    def real(self, poly: fmpq_mpoly) -> bool:
        """Is every generator in it real?"""
        return all(self.field.generators[place].real for place in self.field.places(poly))

    def integral(self, poly: fmpq_mpoly) -> bool:
        """Is the polynomial an integer at every point of the domain, as far as its monomials tell?"""
        poly = self.field.lift(poly)
        return all(c.q == 1 for c in poly.coeffs()) and all(
            self.field.generators[place].integer for place in self.field.places(poly)
        )

    def of(self, poly: fmpq_mpoly) -> str:
        """ "+", "-": of this sign everywhere; "0+", "0-": or zero; "": not known."""
        poly = self.field.lift(poly)
        if poly.is_zero() or not self.real(poly):
            return ""
        return self._of(poly) or _FLIP[self._of(-poly)]

    def _of(self, poly: fmpq_mpoly) -> str:
        return self.by_monomials(poly) or self._is_fact(poly) or self._by_facts(poly) or self._by_squares(poly)

    def _is_fact(self, poly: fmpq_mpoly) -> str:
        """Is the polynomial a positive multiple of one that is assumed to be positive?"""
        for known, strict in self.facts:
            fact = self.field.lift(known)
            ratio = poly.leading_coefficient() / fact.leading_coefficient()
            if ratio > 0 and poly == fact * ratio:
                return "+" if strict else "0+"
        return ""

    def by_monomials(self, poly: fmpq_mpoly) -> str:
        """ "+" or "0+" if no monomial is ever negative, with "+" if one of them is always positive."""
        generators = self.field.generators
        strict = False
        for monomial, coefficient in poly.to_dict().items():
            negative, positive = coefficient < 0, True
            for generator, exponent in zip(reversed(generators), monomial, strict=True):
                if not exponent or generator.sign == "+":
                    continue
                if not generator.real or (exponent % 2 and not generator.sign):
                    return ""
                negative ^= bool(exponent % 2) and generator.sign.endswith("-")
                positive = positive and generator.sign == "-"
            if negative:
                return ""
            strict = strict or positive
        return "+" if strict else "0+"

    def _by_facts(self, poly: fmpq_mpoly) -> str:
        for start in range(len(self.facts)):
            current = poly
            for shift in range(2 * len(self.facts)):
                current = self._substitute(current, (start + shift) % len(self.facts))
                sign = self.by_monomials(current)
                if sign:
                    return sign
        return ""

    def _substitute(self, poly: fmpq_mpoly, which: int) -> fmpq_mpoly:
        """Write the first symbol in which an assumed inequality is linear through its slack."""
        fact = self.field.lift(self.facts[which][0])
        for place in self.field.places(fact):
            parts = self.field.coefficients(fact, place)
            slope = parts.get(1)
            if set(parts) - {0, 1} or slope is None or not slope.is_constant() or not self.field.degree(poly, place):
                continue
            rest = parts.get(0, self.field.ctx.constant(0))
            value = (self.field.gen(self.slack[which]) - rest) / slope.leading_coefficient()
            terms = self.field.coefficients(poly, place)
            if max(terms) * len(value) > 40:
                return poly
            return sum((part * value**k for k, part in terms.items()), self.field.ctx.constant(0))
        return poly

    def _by_squares(self, poly: fmpq_mpoly) -> str:
        """Degree two: eliminate by completing squares; every pivot must be positive."""
        if poly.total_degree() > 2 or len(poly) > 60:
            return ""
        places = self.field.places(poly)
        last = len(self.field.generators) - 1
        size = len(places) + 1
        form = [[fmpq(0)] * size for _ in range(size)]
        for monomial, coefficient in poly.to_dict().items():
            spots = [k for k, place in enumerate(places) for _ in range(int(monomial[last - place]))]
            i, j = [*spots, size - 1, size - 1][:2]
            form[i][j] += coefficient / 2
            form[j][i] += coefficient / 2
        for k in range(size - 1):
            pivot = form[k][k]
            if pivot < 0 or (pivot == 0 and any(form[k][j] != 0 for j in range(k + 1, size))):
                return ""
            for i in range(k + 1, size):
                for j in range(k + 1, size):
                    form[i][j] -= form[i][k] * form[k][j] / pivot if pivot else 0
        return "+" if form[-1][-1] > 0 else "0+" if form[-1][-1] == 0 else ""
