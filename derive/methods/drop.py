r"""Dropping a term: the remainder is exact, and small under a stated hypothesis.

``by: drop X`` claims that left = right + X exactly, and that X is small against the right side. A hypothesis
``H \ll 1`` suffices when (X / right)² is at most H², which is shown with the Cauchy-Schwarz inequality
Cov[a, b]² ≤ Var[a] Var[b] for the covariances in X, and the premises.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from derive.expression import Add, Expectation, Expr, Frac, Mul, Number, Pow
from derive.methods import exact
from derive.methods.goal import Answer, Goal

CAUCHY_SCHWARZ = "the Cauchy-Schwarz inequality Cov[a, b]^2 <= Var[a] Var[b]"
_TWO = Number(Fraction(2))


@dataclass(frozen=True, slots=True)
class Drop:
    """A term that is dropped, and the ratio that a hypothesis says is small, if there is one."""

    term: Expr
    ratio: Expr | None


def prove_exact_remainder(goal: Goal, drop: Drop) -> Answer:
    """Whether left = right + the dropped term, exactly."""
    whole = replace(goal, right=Add((goal.right, drop.term)))
    answer = exact.prove(whole)
    return replace(answer, method="drop a term, with its exact remainder")


def prove_bound(goal: Goal, drop: Drop) -> Answer:
    """Whether (dropped / kept)² is bounded by the square of the hypothesis' ratio."""
    if drop.ratio is None:
        return Answer(False, "bound", why="no hypothesis of the form H << 1 is recorded")
    bounded = _bound_squared(drop.term)
    if bounded is None:
        return Answer(False, "bound", why="no bound for the dropped term is known")
    return exact.prove(replace(goal, left=Frac(bounded, Pow(goal.right, _TWO)), right=Pow(drop.ratio, _TWO)))


def _bound_squared(term: Expr) -> Expr | None:
    """An upper bound for the square of a covariance, or of a product with one."""
    if isinstance(term, Expectation) and term.kind == "Cov":
        first, second = term.arguments
        return Mul((replace(term, kind="Var", arguments=(first,)), replace(term, kind="Var", arguments=(second,))))
    if isinstance(term, Mul):
        bounded = [_bound_squared(factor) or Pow(factor, _TWO) for factor in term.factors]
        if any(isinstance(factor, Expectation) for factor in term.factors):
            return Mul(tuple(bounded))
    return None
