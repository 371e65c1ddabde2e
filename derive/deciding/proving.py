"""The methods of proof, in order from cheap to costly; each asks for smaller proofs from the same list.

A method returns a certificate or `None`. Searches are limited by the depth of the proof and by the budget of steps
that one proof may spend; the clock has no part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from derive.deciding.casework import at, by_casework
from derive.deciding.certificates import Certificate, restated
from derive.deciding.changes import by_change_of_variable
from derive.deciding.constants import by_exponential, by_separation
from derive.deciding.derivative import by_derivative, by_extension
from derive.deciding.domain import Problem
from derive.deciding.errors import NotReducible
from derive.deciding.examination import nonzero_somewhere
from derive.deciding.holonomic import by_differential_equation
from derive.deciding.induction import by_induction
from derive.deciding.infinite_products import by_infinite_products
from derive.deciding.integrals import by_antiderivatives, by_known_integrals
from derive.deciding.preparation import split_complex
from derive.deciding.principal import by_principal_values
from derive.deciding.rewriting import binet, rewritten
from derive.deciding.rounding import by_rounding
from derive.deciding.rules.recurrences import DEGREES
from derive.deciding.series import by_series, by_value_at_a_point
from derive.deciding.slack import by_slack
from derive.deciding.substitutions import by_substitution
from derive.deciding.sums import by_telescoping
from derive.deciding.tower import reduce_to_zero
from derive.deciding.unrolling import by_unrolling

MAX_DEPTH = 6
MAX_PROOFS = 80
Method = Callable[[Problem, Callable[[Problem], Certificate | None]], Certificate | None]


# SymPy's functions refuse in many ways what they have not been made for; a method that meets that has no proof.
_SYMPY_FAILS = (ArithmeticError, ValueError, TypeError, NotImplementedError, AttributeError, sp.PolynomialError)


@dataclass
class Prover:
    """One search for a proof, with its budget, and why the normal form of the question itself was not zero."""

    depth: int = 0
    spent: int = 0
    reasons: list[str] = field(default_factory=list)

    def prove(self, problem: Problem) -> Certificate | None:
        """A certificate that both sides are equal, or None."""
        if sp.expand_mul(problem.lhs - problem.rhs, deep=False) == 0 or problem.lhs - problem.rhs == 0:
            return Certificate("structural", problem)
        if self.depth > MAX_DEPTH or self.spent >= MAX_PROOFS:
            return None
        self.depth += 1
        self.spent += 1
        try:
            for method in (self._normal_form, *METHODS):
                try:
                    proof = method(problem, self.prove)
                except _SYMPY_FAILS:
                    continue
                if proof is not None:
                    return proof
            return None
        finally:
            self.depth -= 1

    def _normal_form(self, problem: Problem, _: Any) -> Certificate | None:
        try:
            return by_normal_form(problem)
        except NotReducible as error:
            if self.depth == 1:
                self.reasons.append(str(error))
            return None


def by_normal_form(problem: Problem, *, backwards: bool = False) -> Certificate | None:
    """The difference reduces to zero over a tower of elementary functions; `NotReducible` if it cannot be read."""
    posed, difference = split_complex(problem, problem.lhs - problem.rhs)
    zero, reductions = reduce_to_zero(posed, difference, lambda e: nonzero_somewhere(posed, e), backwards=backwards)
    if not zero:
        return None
    return Certificate("normal form", problem, (("said", reductions or "rational functions"),))


def by_relations(problem: Problem, _: Any) -> Certificate | None:
    """Known relations between special functions, then the normal form."""
    difference = problem.lhs - problem.rhs
    reduced, names = rewritten(difference)
    if not names and not difference.has(sp.fibonacci, sp.lucas):
        return None
    part = _reduced(problem, reduced)
    if part is None and reduced.has(sp.fibonacci, sp.lucas):
        reduced, names = binet(reduced), (*names, "Binet's formula")
        part = _reduced(problem, reduced)
    if part is None:
        return None
    data = (("said", ", ".join(names)), ("rewritten", reduced))
    return Certificate("relations", problem, data, (part,))


def _reduced(problem: Problem, reduced: Any) -> Certificate | None:
    posed = restated(problem, reduced)
    try:
        return Certificate("structural", posed) if reduced == 0 else by_normal_form(posed)
    except NotReducible:
        return None


def by_cases(problem: Problem, prove: Any) -> Certificate | None:
    """Polynomials whose degree n - 1 is none at n = 0: that case by itself, and n >= 1."""
    difference = problem.lhs - problem.rhs
    for n in problem.symbols:
        natural = n.is_integer and n.is_nonnegative and not n.is_positive
        if not natural or problem.conditions or not any(f.has(n) for f in difference.atoms(*DEGREES)):
            continue
        positive = sp.Symbol(n.name, integer=True, positive=True)
        values = (at(difference, n, 0), difference.xreplace({n: positive}))
        parts = [prove(restated(problem, value)) for value in values]
        if all(part is not None for part in parts):
            data = (("said", f"{n} = 0, {n} ≥ 1"), ("n", n), ("values", values))
            return Certificate("cases", problem, data, tuple(part for part in parts if part is not None))
    return None


METHODS: tuple[Method, ...] = (
    by_slack,
    by_relations,
    by_unrolling,
    by_principal_values,
    by_rounding,
    by_separation,
    by_exponential,
    by_induction,
    by_telescoping,
    by_differential_equation,
    by_derivative,
    by_extension,
    by_series,
    by_value_at_a_point,
    by_infinite_products,
    by_change_of_variable,
    by_known_integrals,
    by_substitution,
    by_antiderivatives,
    by_cases,
    by_casework,
)
