r"""Hypotheses that a line needs and its paper does not state: ``needs:``.

An equation becomes a rule or an equation to be used; ``X unitary`` and ``X Hermitian`` declare the operator X so, for
this line alone, and ``X unit`` a vector to have length one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.algebra.indexed import SingularTerm
from derive.algebra.lowering import Lowering
from derive.algebra.rules import Rule, Unsupported, head, solved
from derive.errors import EncodingError
from derive.expression import Applied, Dagger, Expr, Mul, Norm, Number, Pow, Symbol
from derive.latex.writer import write, write_chain
from derive.methods import exact
from derive.methods.elimination import combined
from derive.methods.goal import Equality, Goal
from derive.notation import Scope
from derive.statement import Line, Reading

RESTATES = "needs: a hypothesis that restates the line is none"
_ONE = Number(Fraction(1))
_DECLARED = re.compile(r"(.+?) (unitary|Hermitian|unit)$")


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """What is needed, ready to be used, and in words."""

    rules: tuple[Rule, ...]
    equalities: tuple[Equality, ...]
    scope: Scope
    words: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.words)

    @property
    def for_models(self) -> tuple[Rule, ...]:
        """The rules, and the equations that can be solved for a symbol, so that models are made to satisfy them."""
        solvable = (solved(e.left, e.right, e.source, e.apart) for e in self.equalities)
        return (*self.rules, *(rule for rule in solvable if rule is not None))

    def added_to(self, goal: Goal) -> Goal:
        """The goal with the hypotheses among its premises."""
        rules, equalities = (*self.rules, *goal.rules), (*goal.equalities, *self.equalities)
        return replace(goal, rules=rules, equalities=equalities, scope=self.scope)


def read_hypotheses(reading: Reading, line: Line, goal: Goal) -> Hypotheses:
    """The hypotheses that are recorded for a line whose claim is ``goal``.

    Raises EncodingError for one that is no equation and no declaration, and for one that restates the line.
    """
    rules: list[Rule] = []
    equalities: list[Equality] = []
    words: list[str] = []
    scope = goal.scope
    for need in line.equation.annotation.all("needs"):
        where = reading.where(line.equation, need)
        declared = _DECLARED.match(need.value)
        if declared:
            operator = reading.expression(declared[1], line.equation, need)
            if declared[2] == "unit" and operator.type.kind == "vector":
                length = Equality(Pow(operator, Number(Fraction(2))), _ONE, "needs")
                _check_not_printed(goal, length.left, length.right, where)
                _check_not_printed(goal, Pow(Norm(operator, bare=True), Number(Fraction(2))), _ONE, where)
                equalities.append(length)
                scope = _with_property(scope, operator, "unit")
                words.append(f"${write(operator, scope)}$ is a unit vector")
                continue
            if declared[2] == "unit":
                raise EncodingError(f"needs: {declared[1]} is no vector", where)
            if not isinstance(operator, Symbol | Applied) or operator.type.kind != "operator":
                raise EncodingError(f"needs: {declared[1]} is no operator", where)
            unitary = declared[2] == "unitary"
            left, right = (Mul((Dagger(operator), operator)), _ONE) if unitary else (Dagger(operator), operator)
            _check_not_printed(goal, left, right, where)
            scope = _with_property(scope, operator, declared[2])
            words.append(f"${write(operator, scope)}$ is {declared[2]}")
            continue
        chain = reading.formula_chain(need.value, line.equation, need)
        if chain.first is None or [relation for relation, _ in chain.links] != ["="]:
            raise EncodingError("needs: an exact line needs a hypothesis that is an equation", where)
        right = chain.links[-1][1]
        _check_not_restated(goal, chain.first, right, where)
        if head(chain.first) is not None:
            rules.append(Rule(chain.first, right, "needs", chain.apart))
        else:
            equalities.append(Equality(chain.first, right, "needs", chain.apart))
        words.append(f"${write_chain(chain, line.scope)}$")
    return Hypotheses(tuple(rules), tuple(equalities), scope, tuple(words))


def _with_property(scope: Scope, of: Expr, property_: str) -> Scope:
    """The scope in which a symbol, or the symbol of an operator that depends on something, has one property more."""
    if not isinstance(of, Symbol | Applied):
        return scope
    own = scope.symbols[of.name]
    own = replace(own, properties=own.properties | {property_})
    return replace(scope, symbols={**scope.symbols, of.name: own})


def _check_not_restated(goal: Goal, left: Expr, right: Expr, where: str) -> None:
    """Raises EncodingError where a hypothesis, left = right, says what the line says, up to a factor."""
    _check_not_printed(goal, left, right, where)
    if goal.left.type != left.type:
        return
    lowering = Lowering(goal.scope, ())
    try:
        claim = exact.subtract(goal.left, goal.right, lowering)
        said = exact.subtract(left, right, lowering)
    except (Unsupported, SingularTerm):
        return
    if said and not combined(claim, [("needs", said)])[0]:
        raise EncodingError(RESTATES, where)


def _check_not_printed(goal: Goal, left: Expr, right: Expr, where: str) -> None:
    """Raises EncodingError where left = right is what the line prints.

    A property of one symbol is held against the print alone: what follows from it, and gives it back, is a consequence.
    """
    if {goal.left, goal.right} == {left, right}:
        raise EncodingError(RESTATES, where)
