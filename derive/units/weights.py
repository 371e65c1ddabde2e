"""Weights as polynomials that are linear in the units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from flint import fmpq, fmpq_mat

from derive.algebra.atoms import SIZE, Atom, Sym, Term
from derive.algebra.indexed import Poly, atom, freshen, power_of, recanonical
from derive.algebra.indices import indices_of_poly
from derive.algebra.rules import Unsupported
from derive.dimension import Dimension

UNIT, UNKNOWN, ANY = "unit of ", "dimension of ", "any dimension "
"""Name prefixes of the atoms that weights are linear in: a base dimension, that of a symbol, that of a zero."""


def unit_of(term: Term) -> Sym:
    """The unit, or the unknown dimension, that a term of a weight is linear in."""
    found = [a for a, _ in term.factors if isinstance(a, Sym) and a.name.startswith((UNIT, UNKNOWN, ANY))]
    if len(found) != 1 or (found[0], 1) not in term.factors:
        raise Unsupported("the logarithm of a unit stands in a place that is not linear")
    return found[0]


def parts_by_unit(weight: Poly) -> dict[Sym, Poly]:
    """The coefficient of each unit, in the order of their names."""
    parts: dict[Sym, Poly] = {}
    for term, coefficient in weight.terms:
        unit = unit_of(term)
        rest = Term(tuple(factor for factor in term.factors if factor[0] != unit), term.bound, term.distinct)
        parts[unit] = parts.get(unit, Poly()) + Poly(((rest, coefficient),))
    return dict(sorted(parts.items(), key=lambda item: item[0].name))


def name_of(unit: Sym) -> str:
    return unit.name.removeprefix(UNIT) if unit.name.startswith(UNIT) else f"[${unit.name.removeprefix(UNKNOWN)}$]"


def dimension_of(weight: Poly) -> Dimension | None:
    """A weight whose exponents are numbers."""
    powers = {name_of(unit): part.constant for unit, part in parts_by_unit(weight).items()}
    numbers = {name: power for name, power in powers.items() if power is not None}
    return Dimension(numbers) if len(numbers) == len(powers) else None


def with_unit(weight: Poly, unit: Sym, value: Poly) -> Poly:
    parts = parts_by_unit(weight)
    if unit not in parts:
        return weight
    others = (part * atom(other) for other, part in parts.items() if other != unit)
    return sum(others, recanonical(freshen(parts[unit]) * freshen(value)))


def divided(parts: Mapping[Sym, Poly], unit: Sym) -> Poly | None:
    """What a unit must be for a weight to vanish, or None where its coefficient does not divide the others."""
    own, result = parts[unit], Poly()
    lead, factor = own.terms[0]
    monomial = len(own.terms) == 1 and all(isinstance(a, Sym) and a.name.startswith(SIZE) for a, _ in lead.factors)
    for other, part in parts.items():
        if other == unit:
            continue
        ratio = dict(part.terms).get(lead, Fraction()) / factor
        if part == own.scaled(ratio):
            result = result + atom(other).scaled(-ratio)
        elif monomial and not lead.bound:
            result = result + atom(other) * freshen(-part) * power_of(own, Fraction(-1))
        else:
            return None
    return result


def atoms_of(poly: Poly) -> set[Atom]:
    return {which for term, _ in poly.terms for which, _ in term.factors}


def is_plain(poly: Poly) -> bool:
    """Whether there are only sizes in the coefficients of the units."""
    names = (which.name if isinstance(which, Sym) else "" for which in atoms_of(poly))
    plain = all(name.startswith((SIZE, UNIT, UNKNOWN, ANY)) for name in names)
    return plain and not any(term.bound for term, _ in poly.terms)


def may_coincide(poly: Poly) -> bool:
    ranges = [index.range for index in indices_of_poly(poly)]
    return len(ranges) > len(set(ranges))


def vectors_of(weight: Poly) -> list[dict[str, Fraction]]:
    """The exponents of the base dimensions, for each product of sizes that they are multiplied by."""
    found: dict[Term, dict[str, Fraction]] = {}
    for unit, part in parts_by_unit(weight).items():
        for term, coefficient in part.terms:
            found.setdefault(term, {})[unit.name.removeprefix(UNIT)] = coefficient
    return list(found.values())


def rank_of(vectors: Sequence[Mapping[str, Fraction]]) -> int:
    bases = sorted({base for vector in vectors for base in vector})
    entries = [fmpq(*vector.get(base, Fraction()).as_integer_ratio()) for vector in vectors for base in bases]
    return fmpq_mat(len(vectors), len(bases), entries).rank()
