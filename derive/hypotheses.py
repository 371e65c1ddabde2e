r"""Hypotheses that a line needs and its paper does not state: ``needs:``.

An equation becomes a rule or an equation to be used; ``X unitary`` and ``X Hermitian`` declare the operator X so, for
this line alone, and ``X unit`` a vector to have length one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.algebra.rules import Rule, head
from derive.errors import EncodingError
from derive.expression import Applied, Number, Pow, Symbol
from derive.latex.writer import write, write_chain
from derive.methods import exact
from derive.methods.goal import Equality, Goal
from derive.notation import Scope
from derive.statement import Line, Reading

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
                equalities.append(Equality(Pow(operator, Number(Fraction(2))), Number(Fraction(1)), "needs"))
                words.append(f"${write(operator, scope)}$ is a unit vector")
                continue
            if declared[2] == "unit":
                raise EncodingError(f"needs: {declared[1]} is no vector", where)
            if not isinstance(operator, Symbol | Applied) or operator.type.kind != "operator":
                raise EncodingError(f"needs: {declared[1]} is no operator", where)
            own = scope.symbols[operator.name]
            own = replace(own, properties=own.properties | {declared[2]})
            scope = replace(scope, symbols={**scope.symbols, operator.name: own})
            words.append(f"${write(operator, scope)}$ is {declared[2]}")
            continue
        chain = reading.formula_chain(need.value, line.equation, need)
        if chain.first is None or [relation for relation, _ in chain.links] != ["="]:
            raise EncodingError("needs: an exact line needs a hypothesis that is an equation", where)
        right = chain.links[-1][1]
        restated = Goal(goal.left, goal.right, goal.scope, (), (Equality(chain.first, right, "needs"),))
        same = {goal.left, goal.right} == {chain.first, right}
        if same or exact.prove(restated).shown:
            raise EncodingError("needs: a hypothesis that restates the line is none", where)
        if head(chain.first) is not None:
            rules.append(Rule(chain.first, right, "needs", chain.apart))
        else:
            equalities.append(Equality(chain.first, right, "needs", chain.apart))
        words.append(f"${write_chain(chain, line.scope)}$")
    return Hypotheses(tuple(rules), tuple(equalities), scope, tuple(words))
