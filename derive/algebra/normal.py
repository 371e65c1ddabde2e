r"""The moments of a normal law, where a premise gives its density: E[z_i] = mu_i and Cov[z_i, z_j] = Sigma_ij.

So does a product of densities of single components, with which these are independent.
"""

from __future__ import annotations

from fractions import Fraction

from derive.algebra.rules import Rule
from derive.expression import (
    Density,
    Element,
    Expectation,
    Expr,
    Gaussian,
    Index,
    Number,
    Over,
    Symbol,
    Whole,
    Zero,
    substitute_indices,
)

_NAMES = ("normal i", "normal j")
"""Index letters that no print has."""


def with_moments(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules, and behind them what those that give a normal density say of the moments of its law."""
    return (*rules, *(moment for rule in rules for moment in moments(rule)))


def moments(rule: Rule) -> tuple[Rule, ...]:
    """Mean, variance and covariance of the law of a whole column, of which a rule gives a normal density; else none."""
    left = rule.left
    if not isinstance(left, Density) or left.given or len(left.of) != 1:
        return ()
    (column,) = left.of
    if not isinstance(column, Symbol) or len(column.slots) != 1 or not isinstance(column.slots[0], Whole):
        return ()
    i, j = (Index(name, column.slots[0].range) for name in _NAMES)
    match rule.right:
        case Gaussian(of=of, mean=mean, covariance=covariance) if of == column:
            entry = _entry(mean, i)
            if entry is None:
                return ()
            both: Expr = Element(covariance, i, j)
            return _rules(rule, column, i, j, entry, Element(covariance, i, i), both)
        case Over(operation="product", index=index, excluded=(), body=Gaussian() as one):
            if one.of != _component(column, index):
                return ()
            mean, variance = (substitute_indices(part, {index: i}) for part in (one.mean, one.covariance))
            return _rules(rule, column, i, j, mean, variance, None)
    return ()


def _rules(rule: Rule, column: Symbol, i: Index, j: Index, mean: Expr, variance: Expr, both: Expr | None):
    """The three rules; without ``both`` different components have no covariance."""
    law = rule.left.law  # type: ignore[attr-defined]
    first, second = _component(column, i), _component(column, j)
    covariance = Rule(Expectation("Cov", law, (first, second)), both or Number(Fraction(0)), rule.source)
    if both is None:
        covariance = Rule(covariance.left, covariance.right, rule.source, ((i, j),))
    return (
        Rule(Expectation("E", law, (first,)), mean, rule.source),
        Rule(Expectation("Var", law, (first,)), variance, rule.source),
        covariance,
    )


def _component(column: Symbol, index: Index) -> Symbol:
    return Symbol(column.name, (index,), column.own)


def _entry(mean: Expr, index: Index) -> Expr | None:
    """A component of a mean that is a symbol or zero."""
    match mean:
        case Zero():
            return Number(Fraction(0))
        case Symbol(slots=(Whole(),)):
            return _component(mean, index)
    return None
