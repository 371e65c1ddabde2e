"""Normal forms less combinations of equations: linear algebra with rational coefficients."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.algebra.atoms import Factors, Term
from derive.algebra.indexed import Poly, canonical, freshen, multiply
from derive.algebra.indices import indices_of_atom


def eliminate(rest: Poly, equations: list[tuple[str, Poly]]) -> tuple[Poly, set[str]]:
    """``rest`` less a combination of the equations that cancels all of it: a rational one, or one of their multiples.

    Returns what is left (zero if there is such a combination) and the equations that take part.
    """
    left, used = combined(rest, equations)
    if left and equations:
        left, used = combined(rest, [*equations, *_multiples(rest, equations)])
    return left, used


MULTIPLES = 60
"""How many multiples of equations are tried."""


def _multiples(rest: Poly, equations: list[tuple[str, Poly]]) -> Iterator[tuple[str, Poly]]:
    """Equations times monomials, without denominators, that make one of their terms one of ``rest``."""
    found: dict[tuple[str, Factors], Poly] = {}
    for source, equation in equations:
        for part, _ in equation.terms:
            for term, _ in rest.terms:
                factors = multiply(term.factors, tuple((which, -power) for which, power in part.factors))
                if part.bound or not factors or any(power < 0 for _, power in factors):
                    continue
                if any(indices_of_atom(which) & set(term.bound) for which, _ in factors):
                    continue
                if len(found) < MULTIPLES and (source, factors) not in found:
                    monomial = Poly(((Term(factors), Fraction(1)),))
                    found[source, factors] = canonical(monomial * freshen(equation))
    yield from ((source, multiple) for (source, _), multiple in found.items())


def combined(rest: Poly, equations: list[tuple[str, Poly]]) -> tuple[Poly, set[str]]:
    """``rest`` less the rational combination of the equations that cancels it, by elimination; itself if none does."""
    columns = [dict(poly.terms) for _, poly in equations]
    target = dict(rest.terms)
    terms: list[Term] = sorted({t for column in columns for t in column} | set(target), key=lambda t: t.sort_key)
    rows = [[column.get(t, Fraction(0)) for column in columns] + [target.get(t, Fraction(0))] for t in terms]
    pivots: list[tuple[int, int]] = []
    at_row = 0
    for column in range(len(equations)):
        pivot = next((r for r in range(at_row, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[at_row], rows[pivot] = rows[pivot], rows[at_row]
        lead = rows[at_row][column]
        rows[at_row] = [value / lead for value in rows[at_row]]
        for r in range(len(rows)):
            if r != at_row and rows[r][column]:
                factor = rows[r][column]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[at_row], strict=True)]
        pivots.append((at_row, column))
        at_row += 1
    if any(row[-1] for row in rows[at_row:]):
        return rest, set()
    return Poly(), {equations[column][0] for row, column in pivots if rows[row][-1]}
