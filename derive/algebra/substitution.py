"""Atoms of a normal form replaced by what they stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from derive.algebra.atoms import (
    Atom,
    Factor,
    Fn,
    Moment,
    Root,
    Term,
    Value,
)
from derive.algebra.indexed import Poly, apply_function, atom, collect, freshen, power_of, recanonical


def put(poly: Poly, values: Callable[[Atom], Poly | None]) -> Poly:
    """The polynomial with atoms replaced, inside functions, roots and moments too; None keeps an atom."""
    found: list[tuple[Term, Fraction]] = []
    changed = False
    known: dict[Atom, Poly | None] = {}
    for term, coefficient in poly.terms:
        replaced: list[tuple[Poly, Fraction]] = []
        kept: list[Factor] = []
        for which, power in term.factors:
            if which not in known:
                known[which] = _put_atom(which, values)
            value = known[which]
            if value is None:
                kept.append((which, power))
            else:
                replaced.append((value, power))
        if not replaced:
            found.append((term, coefficient))
            continue
        changed = True
        product = Poly(((Term(tuple(kept), term.bound, term.distinct), coefficient),))
        for value, power in replaced:
            product = product * freshen(power_of(value, power))
        found.extend(product.terms)
    return recanonical(collect(found)) if changed else poly


def _put_atom(which: Atom, values: Callable[[Atom], Poly | None]) -> Poly | None:
    """What an atom becomes, or None if it stays."""
    found = values(which)
    if found is not None:
        return found
    match which:
        case Fn(name=name, argument=argument):
            inner = put(argument, values)
            return None if inner is argument else apply_function(name, inner)
        case Root(base=base):
            inner = put(base, values)
            return None if inner is base else inner
        case Value(arguments=arguments):
            inside = tuple(put(argument, values) for argument in arguments)
            same = all(new is old for new, old in zip(inside, arguments, strict=True))
            return None if same else atom(replace(which, arguments=inside))
        case Moment(factors=factors):
            whole = Poly(((Term(factors), Fraction(1)),))
            inner = put(whole, values)
            if inner is whole:
                return None
            if len(inner.terms) != 1 or inner.terms[0][1] != 1:
                raise ArithmeticError("what is put into a moment is no single product")
            return atom(replace(which, factors=inner.terms[0][0].factors))
    return None
