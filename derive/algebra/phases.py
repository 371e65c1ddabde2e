"""Exponentials of imaginary numbers by cosines and sines, and the real and imaginary parts of normal forms."""

from __future__ import annotations

from fractions import Fraction

from derive.algebra.atoms import Atom, Fn, Imaginary, Term
from derive.algebra.indexed import Poly, apply_function, atoms_in, canonical, collect, exp_of, freshen, is_real
from derive.algebra.operators import imaginary
from derive.algebra.substitution import put


def in_cosines(rest: Poly) -> Poly:
    """A normal form with exp(a + i b) as exp(a) (cos b + i sin b)."""

    def turned(which: Atom) -> Poly | None:
        if not isinstance(which, Fn) or which.name != "exp":
            return None
        real, imaginary_ = real_and_imaginary(which.argument)
        if not imaginary_ or not all(is_real(inner) for part in (real, imaginary_) for inner in atoms_in(part)):
            return None
        around = apply_function("cos", imaginary_) + imaginary() * apply_function("sin", imaginary_)
        return exp_of(real) * freshen(around)

    return canonical(put(rest, turned))


def real_and_imaginary(poly: Poly) -> tuple[Poly, Poly]:
    """The terms without and, divided by it, those with the imaginary unit as a factor."""
    parts: tuple[list[tuple[Term, Fraction]], ...] = ([], [])
    for term, coefficient in poly.terms:
        others = tuple(factor for factor in term.factors if not isinstance(factor[0], Imaginary))
        parts[len(others) < len(term.factors)].append((Term(others, term.bound, term.distinct), coefficient))
    return collect(parts[0]), collect(parts[1])
