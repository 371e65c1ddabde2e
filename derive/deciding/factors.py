"""Roots, logarithms and exponentials of fractions, split into factors only where the domain allows it.

With principal values, (c d)**r = c**r d**r and log(c d) = log(c) + log(d) hold for c > 0 and any d, so an argument is
factored, its factors of known sign and the even powers of real factors are split off, and the rest stays together in
one generator. exp(a + b) = exp(a) exp(b) always holds: an exponent is split into its monomials, each a generator of
its own unless it is a rational multiple of a logarithm (a power) or of i pi (a root of unity).
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from dataclasses import dataclass, replace

from flint import fmpq, fmpq_mpoly, fmpz_poly

from derive.deciding.errors import NotReducible, OverBudget
from derive.deciding.fractions import Field, Fraction, Generator
from derive.deciding.signs import Signs
from derive.deciding.splitting import Split, factor, primes

MAX_ROOT_OF_UNITY = 120


class NeedsOrder(Exception):
    """A generator is needed with a finer exponent: the tower is built again with this order from the start."""

    def __init__(self, label: str, order: int) -> None:
        super().__init__(label)
        self.label, self.order = label, order


@dataclass
class Extensions:
    """Adjoins roots, logarithms and exponentials to a field, each once."""

    field: Field
    signs: Signs
    orders: dict[str, int] = dataclasses.field(default_factory=dict)
    places: dict[str, int] = dataclasses.field(default_factory=dict)
    bases: list[fmpq_mpoly] = dataclasses.field(default_factory=list)
    reductions: set[str] = dataclasses.field(default_factory=set)

    # Constants -------------------------------------------------------------------------------------------------------

    def unity(self, turns: fmpq) -> Fraction:
        """exp(2 pi i turns)."""
        order = self.orders.get("unity", 4)
        needed = math.lcm(4, int(turns.q))
        if order % needed:
            raise NeedsOrder("unity", needed)
        if order > MAX_ROOT_OF_UNITY:
            raise OverBudget(f"roots of unity of order {order}")
        if "unity" not in self.places:
            self.places["unity"] = self.field.adjoin(Generator("I" if order == 4 else f"unity{order}", "unity"))
            cyclotomic = fmpz_poly.cyclotomic(order)
            self.field.relate_monic(self.places["unity"], [int(c) for c in cyclotomic.coeffs()])
        self.reductions.add("i**2 = -1" if order == 4 else "roots of unity")
        exponent = int((turns * order).p) % order
        return self.field.power(self.field.element(self.places["unity"]), exponent)

    def constant(self, label: str, *, sign: str = "+") -> Fraction:
        """A transcendental constant such as pi, taken as independent of the rest."""
        return self.field.element(self._place(label, "constant", real=True, sign=sign))

    def _place(self, label: str, kind: str, **known: object) -> int:
        short = label if len(label) < 160 else f"{kind}#{hashlib.sha256(label.encode()).hexdigest()[:20]}"
        if short not in self.places:
            self.places[short] = self.field.adjoin(Generator(short, kind, **known))  # type: ignore[arg-type]
        return self.places[short]

    def order_of(self, label: str, needed: int) -> int:
        """The order with which the generator is adjoined; asks for a rebuild if it is too coarse."""
        if label not in self.places:
            self.orders[label] = math.lcm(self.orders.get(label, 1), needed)
        order = self.orders[label]
        if order % needed:
            raise NeedsOrder(label, needed)
        if order > 5000:
            raise OverBudget(f"roots of order {order}")
        return order

    # Factoring -------------------------------------------------------------------------------------------------------

    def split(self, value: Fraction, *, formal: bool = False) -> Split:
        """Factors of one sign apart from the rest. `formal` splits all factors (right under an integer exponent)."""
        p, q = self.field.canonical(value)
        if p.is_zero():
            raise NotReducible("a logarithm or a root of zero")
        content, above = factor(p)
        below_content, below = factor(q)
        content = content / below_content
        factors = [*above, *((poly, -e) for poly, e in below)]
        negative, positive = content < 0, []
        rest: list[tuple[fmpq_mpoly, int]] = []
        for poly, exponent in factors:
            sign = self.signs.of(poly)
            if sign and sign[-1] == "-":
                poly, negative = -poly, negative ^ bool(exponent % 2)
                sign = sign[:-1] + "+"
            if sign or formal:
                positive.append((self._base(poly), exponent))
            elif self.signs.real(poly):
                even = exponent - exponent % 2
                if even:
                    positive.append((self._base(self.modulus(poly)), even))
                if exponent % 2:
                    rest.append((poly, 1))
            else:
                rest.append((poly, exponent))
        whole = None
        if rest:
            one = self.field.ctx.constant(-1 if negative else 1)
            top = math.prod((self.field.lift(f) ** e for f, e in rest if e > 0), start=one)
            bottom = math.prod((self.field.lift(f) ** -e for f, e in rest if e < 0), start=self.field.ctx.constant(1))
            whole, negative = (top, bottom), False
        return Split(negative, primes(abs(content)), tuple(positive), whole)

    def _base(self, poly: fmpq_mpoly) -> int:
        poly = self.field.lift(poly)
        for place, known in enumerate(self.bases):
            if self.field.lift(known) == poly:
                return place
        self.bases.append(poly)
        return len(self.bases) - 1

    def modulus(self, poly: fmpq_mpoly) -> fmpq_mpoly:
        """|f| for a real polynomial f of unknown sign: a non-negative generator whose square is f**2."""
        poly = self.field.lift(poly)
        if poly.leading_coefficient() < 0:
            poly = -poly
        place = self._place(f"|{self.field.text(poly)}|", "modulus", real=True, sign="0+")
        if place not in self.field.relations:
            self.field.relate(place, 2, self.field.lift(poly) ** 2, self.field.ctx.constant(1))
            self.reductions.add("|x|**2 = x**2")
        return self.field.gen(place)

    # Roots -----------------------------------------------------------------------------------------------------------

    def power(self, base: Fraction, exponent: fmpq, known: str = "") -> Fraction:
        """base**exponent on the principal branch, for a rational exponent that is no integer."""
        self.reductions.add("roots")
        parts = self.split(base)
        factors = [self.unity(exponent / 2)] if parts.negative else []
        factors += [self.prime_root(prime, e * exponent) for prime, e in parts.primes]
        factors += [self.base_power(place, e * exponent) for place, e in parts.positive]
        if parts.rest is not None:
            factors.append(self._rest_power(parts.rest, exponent, known))
        return self.field.mul(factors)

    def prime_root(self, prime: int, exponent: fmpq) -> Fraction:
        """A rational power of a prime; square roots in a cyclotomic field by Gauss sums."""
        if exponent.q == 2 and "unity" in self.places:
            order = self.orders.get("unity", 4)
            if order % (8 if prime == 2 else prime) == 0 and order > 4:
                root = self._gauss_sum(prime)
                return self.field.power(root, int(exponent.p))
        return self._root_of(f"{prime}", self.field.ctx.constant(prime), exponent)

    def _gauss_sum(self, prime: int) -> Fraction:
        if prime == 2:
            return self.field.add([self.unity(fmpq(1, 8)), self.unity(fmpq(-1, 8))])
        terms = []
        for a in range(1, prime):
            symbol = 1 if pow(a, (prime - 1) // 2, prime) == 1 else -1
            turn = self.unity(fmpq(a, prime))
            terms.append(turn if symbol == 1 else self.field.mul([turn, self.field.constant(-1)]))
        total = self.field.add(terms)
        return total if prime % 4 == 1 else self.field.mul([total, self.unity(fmpq(-1, 4))])

    def base_power(self, place: int, exponent: fmpq) -> Fraction:
        """A rational power of a factor of one sign."""
        poly = self.field.lift(self.bases[place])
        if exponent.q == 1:
            return self.field.power(Fraction(poly), int(exponent.p))
        inner = self._generator(poly)
        if inner is not None and inner.kind == "exp" and inner.real:
            top, bottom = inner.data[:2]
            return self.exp_monomial(top, bottom, exponent / inner.order)  # type: ignore[arg-type]
        if inner is not None and inner.kind == "root" and inner.sign and len(inner.data) == 1:
            base = inner.data[0]
            text = self.field.text(base)  # type: ignore[arg-type]
            return self._root_of(text, base, exponent / inner.order, inner.sign)  # type: ignore[arg-type]
        return self._root_of(self.field.text(poly), poly, exponent, self.signs.of(poly) or "")

    def _generator(self, poly: fmpq_mpoly) -> Generator | None:
        places = self.field.places(poly)
        return self.field.generators[places[0]] if len(places) == 1 and poly == self.field.gen(places[0]) else None

    def _root_of(self, text: str, base: fmpq_mpoly, exponent: fmpq, sign: str = "+") -> Fraction:
        label = f"root({text})"
        order = self.order_of(label, int(exponent.q))
        if order == 1:
            return self.field.power(Fraction(self.field.lift(base)), int(exponent.p))
        place = self._place(label, "root", real=bool(sign), sign=sign, order=order, data=(base,))
        self.places[label] = place
        if place not in self.field.relations:
            self.field.relate(place, order, base, self.field.ctx.constant(1))
        return self.field.power(self.field.element(place), int((exponent * order).p))

    def _rest_power(self, rest: tuple[fmpq_mpoly, fmpq_mpoly], exponent: fmpq, known: str) -> Fraction:
        """A power of a factor of unknown sign: a generator with no more than its relation (and its sign, if known)."""
        top, bottom = rest
        label = f"root(({self.field.text(top)})/({self.field.text(bottom)}))"
        order = self.order_of(label, int(exponent.q))
        place = self._place(label, "root", order=order, data=(top, bottom))
        self.places[label] = place
        if known in ("+", "0+"):
            self._learn(place, known)
        if place not in self.field.relations:
            self.field.relate(place, order, top, bottom)
        return self.field.power(self.field.element(place), int((exponent * order).p))

    def _learn(self, place: int, sign: str) -> None:
        self.field.generators[place] = replace(self.field.generators[place], real=True, sign=sign)

    # Logarithms ------------------------------------------------------------------------------------------------------

    def log(self, value: Fraction, known: str = "") -> Fraction:
        """The principal logarithm, split over primes and factors of one sign."""
        self.reductions.add("logarithms")
        parts = self.split(value)
        terms = [self.field.mul([self.constant("pi"), self.unity(fmpq(1, 4))])] if parts.negative else []
        terms += self._logs(parts)
        if parts.rest is not None:
            top, bottom = parts.rest
            label = f"log(({self.field.text(top)})/({self.field.text(bottom)}))"
            place = self._place(label, "log", data=(top, bottom))
            if known == "+":
                self._learn(place, "")
            terms.append(self.field.element(place))
        return self.field.add(terms) if terms else self.field.constant(0)

    def _logs(self, parts: Split) -> list[Fraction]:
        terms = []
        for prime, exponent in parts.primes:
            place = self._place(
                f"log({prime})", "log", real=True, sign="+", data=(self.field.ctx.constant(prime), None)
            )
            terms.append(self.field.mul([self.field.element(place), self.field.constant(exponent)]))
        for base, exponent in parts.positive:
            terms.append(self.field.mul([self.log_of_base(self.bases[base]), self.field.constant(exponent)]))
        return terms

    def log_of_base(self, poly: fmpq_mpoly) -> Fraction:
        """The logarithm of one factor: linear for exponentials and roots, else a generator."""
        poly = self.field.lift(poly)
        inner = self._generator(poly)
        if inner is not None and inner.kind == "exp" and inner.real:
            top, bottom = inner.data[:2]
            exponent = self.field.mul([Fraction(self.field.lift(top)), self.field.invert(Fraction(bottom))])  # type: ignore[arg-type]
            return self.field.mul([exponent, self.field.constant(fmpq(1, inner.order))])
        if inner is not None and inner.kind == "root" and inner.sign and len(inner.data) == 1:
            base = self.log(Fraction(self.field.lift(inner.data[0])), known="+")  # type: ignore[arg-type]
            return self.field.mul([base, self.field.constant(fmpq(1, inner.order))])
        label = f"log({self.field.text(poly)})"
        real = bool(self.signs.of(poly))
        return self.field.element(self._place(label, "log", real=real, data=(poly, None)))

    # Exponentials ----------------------------------------------------------------------------------------------------

    def exp(self, exponent: Fraction) -> Fraction:
        """The exponential, as a product over the monomials of the exponent."""
        p, q = self.field.canonical(exponent)
        self.reductions.add("exponentials")
        factors = []
        for monomial, coefficient in p.to_dict().items():
            factors.append(self.exp_monomial(self.field.lift(p.context().from_dict({monomial: 1})), q, coefficient))
        return self.field.mul(factors) if factors else self.field.constant(1)

    def exp_monomial(self, monomial: fmpq_mpoly, bottom: fmpq_mpoly, coefficient: fmpq) -> Fraction:
        """exp(coefficient * monomial / bottom)."""
        monomial, bottom = self.field.lift(monomial), self.field.lift(bottom)
        if bottom.is_constant():
            special = self._exp_special(monomial, coefficient)
            if special is not None:
                return special
        label = f"exp(({self.field.text(monomial)})/({self.field.text(bottom)}))"
        order = self.order_of(label, int(coefficient.q))
        real = self.signs.real(monomial) and self.signs.real(bottom)
        known = {"real": real, "sign": "+" if real else "", "order": order, "data": (monomial, bottom)}
        place = self._place(label, "exp", **known)
        self.places[label] = place
        return self.field.power(self.field.element(place), int((coefficient * order).p))

    def _exp_special(self, monomial: fmpq_mpoly, coefficient: fmpq) -> Fraction | None:
        """Powers of what a logarithm is taken of, and roots of unity."""
        places = {place: self.field.degree(monomial, place) for place in self.field.places(monomial)}
        inverse = [p for p in places if self.field.generators[p].kind == "inverse"]
        if len(inverse) == 1 and places[inverse[0]] == 1 and coefficient.q == 1:
            others = divmod(monomial, self.field.gen(inverse[0]))[0]
            turned = exp_of_inverse(self, self.field.generators[inverse[0]], others)
            return None if turned is None else self.field.power(turned, int(coefficient.p))
        logs = [p for p in places if self.field.generators[p].kind == "log"]
        if len(logs) == 1 and places[logs[0]] == 1:
            others = divmod(monomial, self.field.gen(logs[0]))[0]
            return self._power_of_logged(logs[0], others, coefficient)
        unity, pi = self.places.get("unity"), self.places.get("pi")
        if unity is None or pi is None or places.get(pi) != 1:
            return None
        if places.get(unity) != self.orders.get("unity", 4) // 4:
            return None
        others = divmod(monomial, self.field.gen(pi) * self.field.gen(unity) ** places[unity])[0]
        if others.is_constant():
            return self.unity(coefficient / 2)
        if not self.signs.integral(others):
            return None
        label = f"(-1)**({self.field.text(others)})"
        order = self.order_of(label, int(coefficient.q))
        place = self._place(label, "sign", real=order == 1, order=order)
        self.places[label] = place
        if place not in self.field.relations:
            self.field.relate_monic(place, [-1, *[0] * (2 * order - 1), 1])
        return self.field.power(self.field.element(place), int((coefficient * order).p) % (2 * order))

    def _power_of_logged(self, log: int, others: fmpq_mpoly, coefficient: fmpq) -> Fraction | None:
        """exp(coefficient * others * log(b)) where it is a root of b, or b to an integer symbol."""
        top, bottom = self.field.generators[log].data
        base = self.field.lift(top)  # type: ignore[arg-type]
        if others.is_constant():
            value = Fraction(base)
            if bottom is not None:
                value = self.field.mul([value, self.field.invert(Fraction(self.field.lift(bottom)))])  # type: ignore[arg-type]
            if coefficient.q == 1:
                return self.field.power(value, int(coefficient.p))
            return self.power(value, coefficient, known="+" if self.field.generators[log].real else "")
        if bottom is None or coefficient.q != 1 or not self.signs.integral(others):
            return None
        # An integer power of a product is the product of the powers, whatever the signs.
        value = self.field.mul([Fraction(base), self.field.invert(Fraction(self.field.lift(bottom)))])  # type: ignore[arg-type]
        parts = self.split(value, formal=True)
        turn = [self.field.mul([self.constant("pi"), self.unity(fmpq(1, 4))])] if parts.negative else []
        total = self.field.add(turn + self._logs(parts))
        return self.exp(self.field.mul([total, Fraction(others), self.field.constant(coefficient)]))


def exp_of_inverse(ext: Extensions, inverse: Generator, others: fmpq_mpoly) -> Fraction | None:
    """exp(i asin u) and exp(i atan u) without the inverse function."""
    name, top, bottom = inverse.data
    fld = ext.field
    one, minus, half = fld.constant(1), fld.constant(-1), fmpq(1, 2)
    i = ext.unity(fmpq(1, 4))
    if others != fld.lift(i.num):
        return None
    iu = fld.mul([i, Fraction(fld.lift(top)), fld.invert(Fraction(fld.lift(bottom)))])  # type: ignore[arg-type]
    square = fld.mul([iu, iu])
    if name == "asin":
        return fld.add([iu, ext.power(fld.add([one, square]), half)])
    negated = fld.mul([minus, iu])
    if inverse.real:  # then 1 + u**2 > 0, and one root does
        return fld.mul([fld.add([one, iu]), ext.power(fld.add([one, fld.mul([minus, square])]), -half)])
    return fld.mul([ext.power(fld.add([one, iu]), half), ext.power(fld.add([one, negated]), -half)])
