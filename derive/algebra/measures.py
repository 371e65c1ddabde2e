"""Integrals without a density, as atoms: their variables have no name of their own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derive.algebra.atoms import Atom, Factors, Fn, Moment, Root, Sym, Term, Value
from derive.algebra.contents import mentions, names_of
from derive.algebra.indexed import Poly, atom, atoms_in, recanonical
from derive.algebra.substitution import put
from derive.expression import Symbol
from derive.notation import Declared

MEASURE = "d "
"""Name prefix of the law that an integral without a density is under."""
BOUND = "·"
"""Name prefix of a variable of integration that is renamed; a number follows that is larger for outer integrals."""


def bound_moment(factors: Factors, variable: Symbol, declared: Declared | None) -> Moment:
    """The integral of a product over a variable, which has a name of its own no more if it can be put everywhere.

    The law says over which values and which kind of column the integral is.
    """
    product = Poly(((Term(factors), Fraction(1)),))
    if declared is None or declared.weights or not _opens(product, variable.name):
        return Moment(MEASURE + variable.name, factors)
    name = f"{BOUND}{1 + max((_depth(which) for which in atoms_in(product)), default=0)}"

    def put_in(which: Atom) -> Poly | None:
        is_bound = isinstance(which, Sym) and which.name == variable.name
        return atom(replace(which, name=name)) if is_bound else None

    inside = recanonical(put(product, put_in))
    if len(inside.terms) != 1 or inside.terms[0][1] != 1 or inside.terms[0][0].bound:
        return Moment(MEASURE + variable.name, factors)
    law = f"{MEASURE}{name} {declared.domain} {' '.join(declared.slots)}".strip()
    return Moment(law, inside.terms[0][0].factors)


def _opens(poly: Poly, name: str) -> bool:
    """Whether a symbol stands in sums, powers, functions and integrals alone, where another name can be put for it."""
    for which in atoms_in(poly):
        match which:
            case Sym() | Fn() | Root() | Value() | Moment():
                if not isinstance(which, Sym) and name in names_of(which):
                    return False
            case _:
                if mentions(atom(which), name):
                    return False
    return True


def _depth(which: Atom) -> int:
    """The number of the variable that an integral binds, if it is renamed."""
    if not isinstance(which, Moment) or not which.law.startswith(MEASURE + BOUND):
        return 0
    return int(which.law[len(MEASURE + BOUND) :].split()[0])
