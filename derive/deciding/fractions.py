"""The field of rational functions in named generators, some of them algebraic over the ones before.

A fraction is a polynomial over a product of registered denominators, each kept as a factor: sums are formed over the
least common multiple of the factors, so that a zero test needs no polynomial gcd. Polynomials are python-flint's
`fmpq_mpoly` in lexicographic order, the newest generator first, so that the relation of an algebraic generator (its
newest one) is monic in its leading term and division by it is the reduction.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from derive.deciding.errors import NotReducible, OverBudget

MAX_PRODUCT = 3_000_000
MAX_POWER_TERMS = 60_000


@dataclass(frozen=True)
class Generator:
    """An indeterminate of the field: what it stands for, and what is known of its values on the domain."""

    label: str
    kind: str
    real: bool = False
    sign: str = ""  # "+", "-": of this sign; "0+", "0-": or zero; "": unknown
    integer: bool = False
    order: int = 1  # for an exponential or a root: the common denominator of its exponents
    data: tuple[object, ...] = ()


@dataclass(frozen=True)
class Relation:
    """Q * g**degree = P, for an algebraic generator g; or, with `monic`, a monic polynomial in g that vanishes."""

    degree: int
    monic: fmpq_mpoly | None
    numerator: fmpq_mpoly
    denominator: fmpq_mpoly


@dataclass(frozen=True)
class Fraction:
    """numerator / product of registered denominators to their exponents."""

    num: fmpq_mpoly
    den: tuple[tuple[int, int], ...] = ()


@dataclass
class Field:
    """The generators so far, their relations, and the denominators met. It only ever grows."""

    generators: list[Generator] = field(default_factory=list)
    relations: dict[int, Relation] = field(default_factory=dict)
    denominators: list[fmpq_mpoly] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._grow()

    # Generators ------------------------------------------------------------------------------------------------------

    def adjoin(self, *generators: Generator) -> int:
        """Add generators; returns the place of the first."""
        place = len(self.generators)
        self.generators.extend(generators)
        self._grow()
        return place

    def _grow(self) -> None:
        names = tuple(f"g{k}" for k in reversed(range(len(self.generators))))
        self.ctx = fmpq_mpoly_ctx.get(names, Ordering.lex)
        self.denominators = [self.lift(poly) for poly in self.denominators]

    def lift(self, poly: fmpq_mpoly) -> fmpq_mpoly:
        """The same polynomial over the present generators."""
        return poly if poly.context() is self.ctx else poly.project_to_context(self.ctx)

    def gen(self, place: int) -> fmpq_mpoly:
        """The generator as a polynomial."""
        return self.ctx.gen(len(self.generators) - 1 - place)

    def degree(self, poly: fmpq_mpoly, place: int) -> int:
        """The degree in one generator."""
        return int(self.lift(poly).degrees()[len(self.generators) - 1 - place]) if not poly.is_zero() else 0

    def places(self, poly: fmpq_mpoly) -> list[int]:
        """The generators that occur, newest first."""
        last = len(self.generators) - 1
        return [last - k for k, degree in enumerate(self.lift(poly).degrees()) if degree > 0]

    def relate(self, place: int, degree: int, numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> None:
        """Let generator**degree = numerator / denominator."""
        numerator, denominator = self.lift(numerator), self.lift(denominator)
        monic = None
        if denominator.is_constant():
            numerator, denominator = numerator / denominator.leading_coefficient(), self.constant(1).num
            monic = self.gen(place) ** degree - numerator
        self.relations[place] = Relation(degree, monic, numerator, denominator)

    def relate_leading(self, poly: fmpq_mpoly) -> bool:
        """Let a polynomial vanish, if its leading term is a power of one generator without a relation yet."""
        poly = self.lift(poly)
        places = self.places(poly)
        if not places or places[0] in self.relations:
            return False
        degree = self.degree(poly, places[0])
        poly = poly / poly.leading_coefficient()
        power = self.gen(places[0]) ** degree
        if self.coefficients(poly, places[0])[degree] != self.ctx.constant(1):
            return False
        self.relations[places[0]] = Relation(degree, poly, power - poly, self.ctx.constant(1))
        return True

    def relate_monic(self, place: int, coefficients: Iterable[int]) -> None:
        """Let a monic polynomial with these integer coefficients (lowest first) vanish at the generator."""
        g = self.gen(place)
        poly = sum((g**k * c for k, c in enumerate(coefficients)), self.ctx.constant(0))
        degree = self.degree(poly, place)
        self.relations[place] = Relation(degree, poly, g**degree - poly, self.ctx.constant(1))

    # Arithmetic ------------------------------------------------------------------------------------------------------

    def constant(self, value: fmpq | int) -> Fraction:
        """A rational number."""
        return Fraction(self.ctx.constant(value))

    def element(self, place: int) -> Fraction:
        """A generator."""
        return Fraction(self.gen(place))

    def add(self, terms: list[Fraction]) -> Fraction:
        """The sum over the least common multiple of the denominators."""
        common: dict[int, int] = {}
        groups: dict[tuple[tuple[int, int], ...], fmpq_mpoly] = {}
        for term in terms:
            num = self.lift(term.num)
            groups[term.den] = groups[term.den] + num if term.den in groups else num
            for place, exponent in term.den:
                common[place] = max(common.get(place, 0), exponent)
        total = self.ctx.constant(0)
        for den, num in groups.items():
            own = dict(den)
            for place, exponent in common.items():
                missing = exponent - own.get(place, 0)
                if missing:
                    num = self._times(num, self._power(self.denominators[place], missing))
            total = total + num
        return Fraction(total, tuple(sorted(common.items())))

    def mul(self, factors: list[Fraction]) -> Fraction:
        """The product, with denominators that are single generators cancelled."""
        num, den = self.ctx.constant(1), {}
        for factor in factors:
            num = self.simple(self._times(num, self.lift(factor.num)))
            for place, exponent in factor.den:
                den[place] = den.get(place, 0) + exponent
        if den and not num.is_zero():
            num, den = self._cancel_monomials(num, den)
        return Fraction(num, tuple(sorted(den.items())))

    def _cancel_monomials(self, num: fmpq_mpoly, den: dict[int, int]) -> tuple[fmpq_mpoly, dict[int, int]]:
        content = num.term_content()
        if content.is_constant():
            return num, den
        for place, exponent in list(den.items()):
            poly = self.denominators[place]
            if len(poly) > 1:
                continue
            shared = min(exponent, min(d // p for d, p in zip(content.degrees(), poly.degrees(), strict=True) if p))
            if shared:
                num = divmod(num, poly**shared)[0]
                den = {**den, place: exponent - shared}
        return num, {place: exponent for place, exponent in den.items() if exponent}

    def power(self, base: Fraction, n: int) -> Fraction:
        """An integer power."""
        if n < 0:
            base, n = self.invert(base), -n
        num = self.simple(self._power(self.lift(base.num), n))
        return Fraction(num, tuple((place, exponent * n) for place, exponent in base.den))

    def invert(self, base: Fraction) -> Fraction:
        """One over a fraction; the numerator becomes a registered denominator."""
        poly = self.lift(base.num)
        if poly.is_zero() or self.reduce(base).num.is_zero():
            raise NotReducible("a denominator vanishes identically")
        num = self.ctx.constant(1)
        for place, exponent in base.den:
            num = self._times(num, self._power(self.denominators[place], exponent))
        den: dict[int, int] = {}
        content = poly.term_content()
        for place in self.places(content):
            degree = self.degree(content, place)
            den[self._register(self.gen(place))] = degree
            poly = divmod(poly, self.gen(place) ** degree)[0]
        lead = poly.leading_coefficient()
        if not poly.is_constant():
            where = self._register(poly / lead)
            den[where] = den.get(where, 0) + 1
        return Fraction(num / lead, tuple(sorted(den.items())))

    def _register(self, poly: fmpq_mpoly) -> int:
        for place, known in enumerate(self.denominators):
            if known == poly:
                return place
        self.denominators.append(poly)
        return len(self.denominators) - 1

    def _times(self, a: fmpq_mpoly, b: fmpq_mpoly) -> fmpq_mpoly:
        if len(a) * len(b) > MAX_PRODUCT:
            raise OverBudget("the normal form has too many terms")
        return a * b

    def _power(self, poly: fmpq_mpoly, n: int) -> fmpq_mpoly:
        terms = len(poly)
        if terms > 1 and (n > 3000 or math.comb(n + terms - 1, min(n, terms - 1)) > MAX_POWER_TERMS):
            raise OverBudget(f"the power {n} of a sum of {terms} terms is too long to expand")
        if n > 100_000:
            raise OverBudget(f"the exponent {n} is too large")
        return poly**n

    # Normal forms ----------------------------------------------------------------------------------------------------

    def simple(self, poly: fmpq_mpoly) -> fmpq_mpoly:
        """Reduce by the monic relations only, while it is cheap."""
        if self.relations and len(poly) < 2000:
            return self._reduce_monic(poly)
        return poly

    def _reduce_monic(self, poly: fmpq_mpoly) -> fmpq_mpoly:
        for place in sorted(self.relations, reverse=True):
            relation = self.relations[place]
            if relation.monic is not None and self.degree(poly, place) >= relation.degree:
                poly = divmod(poly, self.lift(relation.monic))[1]
        return poly

    def reduce(self, value: Fraction) -> Fraction:
        """Powers of algebraic generators brought below the degree of their relation."""
        num, den = self._reduce_monic(self.lift(value.num)), dict(value.den)
        for place in sorted(self.relations, reverse=True):
            relation = self.relations[place]
            top = self.degree(num, place) // relation.degree if relation.monic is None else 0
            if top:
                p, q = self.lift(relation.numerator), self.lift(relation.denominator)
                total = self.ctx.constant(0)
                for k, part in self.coefficients(num, place).items():
                    whole, rest = divmod(k, relation.degree)
                    total += part * self._power(p, whole) * self._power(q, top - whole) * self.gen(place) ** rest
                inverse = self.invert(Fraction(q**top))
                num = self._reduce_monic(total * inverse.num.leading_coefficient())
                for where, exponent in inverse.den:
                    den[where] = den.get(where, 0) + exponent
            elif relation.monic is not None:
                num = self._reduce_monic(num)
        return Fraction(num, tuple(sorted(den.items())))

    def coefficients(self, poly: fmpq_mpoly, place: int) -> dict[int, fmpq_mpoly]:
        """The polynomial by powers of one generator."""
        poly = self.lift(poly)
        slot = len(self.generators) - 1 - place
        parts: dict[int, dict[tuple[int, ...], fmpq]] = {}
        for monomial, coefficient in poly.to_dict().items():
            k = int(monomial[slot])
            parts.setdefault(k, {})[(*monomial[:slot], 0, *monomial[slot + 1 :])] = coefficient
        return {k: self.ctx.from_dict(part) for k, part in parts.items()}

    def canonical(self, value: Fraction) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """Coprime numerator and denominator; the denominator is free of square roots and has leading coefficient 1."""
        value = self.reduce(value)
        num, den = self.lift(value.num), self.ctx.constant(1)
        if num.is_zero():
            return num, den
        for place, exponent in value.den:
            den = self._times(den, self._power(self.denominators[place], exponent))
        for _ in range(8):
            roots = [p for p in self.places(den) if p in self.relations and self.relations[p].monic is not None]
            roots = [p for p in roots if self.relations[p].degree == 2 and self._pure(p)]
            if not roots:
                break
            parts = self.coefficients(self._reduce_monic(den), roots[0])
            zero = self.ctx.constant(0)
            conjugate = parts.get(0, zero) - parts.get(1, zero) * self.gen(roots[0])
            num, den = self._reduce_monic(self._times(num, conjugate)), self._reduce_monic(self._times(den, conjugate))
            if den.is_zero():
                raise NotReducible("a denominator vanishes identically")
        if not den.is_constant():
            shared = num.gcd(den)
            num, den = divmod(num, shared)[0], divmod(den, shared)[0]
        lead = den.leading_coefficient()
        return num / lead, den / lead

    def _pure(self, place: int) -> bool:
        """Is the relation of the form g**2 = P?"""
        relation = self.relations[place]
        return self.degree(relation.numerator, place) == 0

    def text(self, poly: fmpq_mpoly) -> str:
        """A spelling in the labels of the generators, the same in every run."""
        poly, labels = self.lift(poly), [g.label for g in reversed(self.generators)]
        terms = []
        for monomial, coefficient in poly.to_dict().items():
            powers = [f"{label}^{e}" if e > 1 else label for label, e in zip(labels, monomial, strict=True) if e]
            terms.append("*".join([str(coefficient), *powers]))
        return " + ".join(sorted(terms))
