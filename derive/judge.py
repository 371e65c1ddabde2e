"""Judges the links of a line: which method, what it said, and what the models say to that."""

from __future__ import annotations

from dataclasses import replace

from derive.algebra.rules import Rule, head
from derive.comparison import comparisons, counting_worlds, slope, worlds
from derive.errors import EncodingError
from derive.examination import SLOPE_TOLERANCE, Examination
from derive.expression import Add, Expr, Neg, Symbol, free_indices
from derive.judgement import EQUATIONS, By, Judgement, SoundnessError, order_words, witness_of
from derive.latex.reader import Chain, constant
from derive.latex.writer import write, write_chain
from derive.methods import drop as dropping
from derive.methods import exact, order, property
from derive.methods.goal import Answer, Equality, Goal
from derive.premises import Premises
from derive.statement import Line, Reading
from derive.verdict import Witness, worst


class Judge:
    """Judges chains of relations from the premises that their line names."""

    def __init__(self, reading: Reading, premises: Premises, examination: Examination) -> None:
        self.reading = reading
        self.premises = premises
        self.examination = examination

    def chain(self, line: Line, chain: Chain, by: By, *, corrected: bool, only_premises: bool = False) -> Judgement:
        """All links of a chain; the judgement of the worst."""
        previous = self.reading.left(line.equation, corrected) if chain.first is None else chain.first
        if chain.first is None:
            self.check_continues(line, previous, chain.links[0][1])
        judgements: list[Judgement] = []
        for number, (relation, side) in enumerate(chain.links):
            is_last = number == len(chain.links) - 1
            how = by if is_last or relation == "≈" else By("exact")
            judgements.append(self.link(line, previous, relation, side, how, corrected, only_premises))
            previous = side
        verdict = worst(judgement.verdict for judgement in judgements)
        chosen = next(j for j in judgements if j.verdict == verdict)
        chosen.notes = [note for judgement in judgements for note in judgement.notes]
        return chosen

    def check_continues(self, line: Line, before: Expr, side: Expr) -> None:
        """Raises EncodingError where a line cannot go on from its first premise: another kind, or an unbound index."""
        where = self.reading.where(line.equation)
        if before.type != side.type:
            raise EncodingError(f"a {before.type} in the line before is related to a {side.type}", where)
        for index in sorted(free_indices(side) - free_indices(before), key=lambda index: index.name):
            said = f"the index {index.name} is not bound: it is in no sum, and the line before has none"
            raise EncodingError(said, where)

    def link(
        self, line: Line, left: Expr, relation: str, right: Expr, by: By, corrected: bool, only_premises: bool
    ) -> Judgement:
        goal = self.premises.goal(line, left, right, corrected)
        if relation in ("≥", "≤", ">", "<"):
            return self.inequality(line, left, relation, right)
        if relation not in EQUATIONS and (relation != "∝" or not exact.prove(goal).shown):
            return Judgement("open", "none", notes=[f"there is no method for the relation {relation}"])
        if by.method == "drop":
            return self.drop(line, goal, by, only_premises)
        if by.method == "order":
            return self.to_order(line, goal, by, only_premises)
        answer = exact.prove(goal)
        if not answer.shown and line.equation.annotation.all("needs"):
            return self.with_needs(line, goal, answer)
        if only_premises:
            return Judgement("proved" if answer.shown else "refuted", answer.method)
        if not answer.shown:
            return self.examination.not_shown(line, left, right, answer)
        model = self.examination.cross_examine(line, goal)
        if isinstance(model, Judgement):
            return model
        notes = [model, *self.examination.not_needed(line, goal, lambda g: exact.prove(g).shown)]
        return Judgement("proved", answer.method, answer.used, notes=notes, applied=answer.applied)

    def with_needs(self, line: Line, goal: Goal, without: Answer) -> Judgement:
        """A line that is shown only with the hypotheses it needs, and for which a model fails without them."""
        rules: list[Rule] = []
        equalities: list[Equality] = []
        hypotheses: list[str] = []
        for need in line.equation.annotation.all("needs"):
            chain = self.reading.formula_chain(need.value, line.equation, need)
            if chain.first is None or chain.links[0][0] != "=":
                raise EncodingError(
                    "needs: an exact line needs a hypothesis that is an equation",
                    self.reading.where(line.equation, need),
                )
            right = chain.links[-1][1]
            restated = Goal(goal.left, goal.right, goal.scope, (), (Equality(chain.first, right, "needs"),))
            if exact.prove(restated).shown:
                raise EncodingError(
                    "needs: a hypothesis that restates the line is none", self.reading.where(line.equation, need)
                )
            if head(chain.first) is not None:
                rules.append(Rule(chain.first, right, "needs"))
            else:
                equalities.append(Equality(chain.first, right, "needs"))
            hypotheses.append(f"${write_chain(chain, line.scope)}$")
        answer = exact.prove(replace(goal, rules=(*rules, *goal.rules), equalities=(*goal.equalities, *equalities)))
        if not answer.shown:
            return self.examination.not_shown(line, goal.left, goal.right, without)
        found = self.examination.difference(line, goal.left, goal.right)
        if found is None:
            return Judgement("supported", answer.method, notes=["no model was found that needs the hypothesis"])
        return Judgement(
            "conditional", answer.method, answer.used, witness=witness_of(found), hypotheses=tuple(hypotheses)
        )

    def to_order(self, line: Line, goal: Goal, by: By, only_premises: bool) -> Judgement:
        answer, remainder = order.prove(goal, by.order, by.parameter)
        if only_premises:
            return Judgement("proved-to-order" if answer.shown else "refuted", answer.method)
        deep = replace(goal, rules=self.premises.root_rules(line.equation), equalities=(), moments=False)
        again, deep_remainder = order.prove(deep, by.order, by.parameter)
        if answer.shown and not again.shown and again.rest is not None:
            answer = again
        if not answer.shown:
            return self.examination.not_shown_to_order(line, goal, by, answer if answer.rest is not None else again)
        if order.is_empty(deep, by.order, by.parameter):
            note = f"both sides are of higher order than {order_words(by)}: the claim is empty"
            return Judgement("open", answer.method, notes=[note])
        notes = self.examination.not_needed(line, goal, lambda g: order.prove(g, by.order, by.parameter)[0].shown)
        if again.shown:
            notes.append("shown again by expanding both sides from the definitions of the scope")
            remainder = deep_remainder or remainder
        measured = slope(goal.left, goal.right, line.scope, self.premises.root_rules(line.equation), by.parameter)
        if measured is not None:
            if measured < by.order + 1 - SLOPE_TOLERANCE and not again.shown:
                return self.examination.not_shown_to_order(line, goal, by, again)
            if measured < by.order + 1 - SLOPE_TOLERANCE:
                raise SoundnessError(
                    f"({line.equation.number}) was shown to {order_words(by)}, but the remainder goes as "
                    f"{by.parameter}^{measured:.3f} in a model"
                )
            notes.append(
                f"the numeric remainder goes as ${by.parameter}^{{{measured:.3f}}}$ between $2^{{-12}}$ and $2^{{-16}}$"
            )
        elif not again.shown:
            return Judgement(
                "supported", answer.method, answer.used, notes=[*notes, "no second way and no model to confirm it"]
            )
        exactly = remainder is None and again.shown
        if exactly:
            notes.append("the remainder vanishes to all orders that were expanded")
        return Judgement(
            "proved-to-order", answer.method, answer.used, remainder, by.order, notes=notes, applied=answer.applied
        )

    def drop(self, line: Line, goal: Goal, by: By, only_premises: bool) -> Judgement:
        entry = line.equation.annotation.one("by")
        assert entry is not None
        term = self.reading.expression(by.term, line.equation, entry)
        needs = line.equation.annotation.all("needs")
        ratio: Expr | None = None
        hypotheses: list[str] = []
        for need in needs:
            chain = self.reading.formula_chain(need.value, line.equation, need)
            if chain.first is None or chain.links[0][0] != "≪" or constant(chain.links[-1][1]) != 1:
                raise EncodingError(
                    r"needs: a dropped term needs a hypothesis  H \ll 1", self.reading.where(line.equation, need)
                )
            ratio = chain.first
            hypotheses.append(f"${write_chain(chain, line.scope)}$")
        drop = dropping.Drop(term, ratio)
        answer = dropping.prove_exact_remainder(goal, drop)
        if only_premises:
            return Judgement("conditional" if answer.shown else "refuted", answer.method)
        if not answer.shown:
            return self.examination.not_shown(line, goal.left, Add((goal.right, term)), answer)
        bound = dropping.prove_bound(goal, drop)
        raising = write(term, line.scope)
        notes = [f"the exact remainder is ${raising}$"]
        if not bound.shown:
            notes.append(f"that it is small was not shown: {bound.why or 'the recorded hypothesis does not bound it'}")
            return Judgement("supported", answer.method, answer.used, notes=notes)
        notes.append("under the hypothesis the remainder is small against what is kept, by " + dropping.CAUCHY_SCHWARZ)
        witness = self.examination.witness_of_drop(line, goal, ratio)
        if witness is None:
            notes.append("no model was found in which the line fails without the hypothesis")
            return Judgement("supported", answer.method, answer.used, notes=notes, hypotheses=tuple(hypotheses))
        return Judgement(
            "conditional", answer.method, (*answer.used, dropping.CAUCHY_SCHWARZ), None, None, witness,
            tuple(hypotheses), notes, answer.applied,
        )  # fmt: skip

    def inequality(self, line: Line, left: Expr, relation: str, right: Expr) -> Judgement:
        """An inequality: refuted by a model, proved only where every term has the right sign."""
        rules = self.premises.root_rules(line.equation)
        count = 0
        models = (*worlds(line.scope, rules, seeds=8), *counting_worlds(line.scope, left, right))
        for found in comparisons(models, left, right, line.chain.apart):
            gap = found.left - found.right if relation in ("≥", ">") else found.right - found.left
            if gap < 0 or (relation in (">", "<") and gap == 0):
                return self.inequality_fails(line, left, relation, right, witness_of(found))
            count += 1
        if not count:
            return Judgement("open", "a model in which it fails", notes=["no model of the premises was evaluated"])
        return Judgement("supported", f"holds at {count} points", notes=["no proof of this inequality is known"])

    def inequality_fails(self, line: Line, left: Expr, relation: str, right: Expr, witness: Witness) -> Judgement:
        """An inequality that fails somewhere: conditional where a recorded sign of a symbol makes it hold."""
        signs: dict[str, str] = {}
        for need in line.equation.annotation.all("needs"):
            chain = self.reading.formula_chain(need.value, line.equation, need)
            symbol = chain.first
            if not isinstance(symbol, Symbol) or chain.links[0][0] != ">" or (symbol, right) == (left, right):
                raise EncodingError(
                    "needs: an inequality needs a hypothesis  X > 0  on one of its symbols that is not the line itself",
                    self.reading.where(line.equation, need),
                )
            signs[symbol.name] = f"${write_chain(chain, line.scope)}$"
        if signs:
            declared = {
                key: replace(d, domain="positive") if key in signs else d for key, d in line.scope.symbols.items()
            }
            scope = replace(line.scope, symbols=declared)
            gap = Add((left, Neg(right))) if relation in ("≥", ">") else Add((right, Neg(left)))
            if property.positive(gap, scope, self.premises.root_rules(line.equation)).shown:
                return Judgement("conditional", "sign of every term", witness=witness, hypotheses=tuple(signs.values()))
        return Judgement("refuted", "a model in which it fails", witness=witness)
