"""Judges the links of a line: which method, what it said, and what the models say to that."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derive import measured
from derive.algebra.functional import defined_for
from derive.algebra.raising import Raising
from derive.algebra.rules import Rule, Unsupported
from derive.comparison import comparisons, counting_worlds, slope, worlds
from derive.constants import constant
from derive.errors import EncodingError
from derive.examination import SLOPE_TOLERANCE, Examination
from derive.expression import Add, Applied, Expectation, Expr, Frac, Neg, Symbol, free_indices, walk
from derive.hypotheses import read_hypotheses
from derive.judgement import (
    EQUATIONS,
    NO_MODEL,
    SOLVES,
    By,
    Judgement,
    SoundnessError,
    counted,
    order_words,
    witness_of,
)
from derive.latex.chain import Chain
from derive.latex.writer import write, write_chain
from derive.methods import drop as dropping
from derive.methods import exact, order, property
from derive.methods.goal import Answer, Goal
from derive.notation import normal_law
from derive.premises import Premises
from derive.statement import Line, Reading
from derive.verdict import Witness, worst


class Judge:
    """Judges chains of relations from the premises that their line names."""

    def __init__(self, reading: Reading, premises: Premises, examination: Examination) -> None:
        self.reading = reading
        self.premises = premises
        self.examination = examination
        self._exact: tuple[Goal, Answer] | None = None
        self._to_order: tuple[Goal, By, Answer, order.Remainder | None] | None = None

    def shown_exactly(self, goal: Goal) -> Answer:
        """The answer to a goal; asked twice in a row, as for premises corrected and as printed, it is found once."""
        if self._exact is None or self._exact[0] != goal:
            self._exact = goal, exact.prove(goal)
        return self._exact[1]

    def shown_to_order(self, goal: Goal, by: By) -> tuple[Answer, order.Remainder | None]:
        """The same to an order."""
        if self._to_order is None or self._to_order[:2] != (goal, by):
            self._to_order = goal, by, *order.prove(goal, by.order, by.parameter)
        return self._to_order[2:]

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
        chosen.applied = frozenset().union(*(judgement.applied for judgement in judgements))
        return chosen

    def check_continues(self, line: Line, before: Expr, side: Expr) -> None:
        """Raises EncodingError where a line cannot go on from its first premise: another kind, or an unbound index."""
        where = self.reading.where(line.equation)
        if before.type != side.type:
            raise EncodingError(f"{before.type.a} in the line before is related to {side.type.a}", where)
        for index in sorted(free_indices(side) - free_indices(before), key=lambda index: index.name):
            said = f"the index {index.name} is not bound: it is in no sum, and the line before has none"
            raise EncodingError(said, where)

    def link(
        self, line: Line, left: Expr, relation: str, right: Expr, by: By, corrected: bool, only_premises: bool
    ) -> Judgement:
        goal = self.premises.goal(line, left, right, corrected)
        if measured.symbols(line.scope, (left, right)):
            return measured.judged(line.scope, left, relation, right, goal.rules)
        if relation in ("≥", "≤", ">", "<"):
            return self.inequality(line, left, relation, right)
        if relation == "∝":
            return self.proportional(line, goal)
        if relation == "∼":
            return self.up_to(line, goal, by)
        if relation not in EQUATIONS:
            return Judgement("open", "none", notes=[f"there is no method for the relation {relation}"])
        if by.method == "drop":
            return self.drop(line, goal, by, only_premises)
        if by.method in ("solves", "general"):
            return self.solution(line, goal, by, only_premises)
        if by.method == "order":
            return self.to_order(line, goal, by, only_premises)
        answer = self.shown_exactly(goal)
        if not answer.shown and line.equation.annotation.all("needs"):
            return self.with_needs(line, goal)
        if only_premises:
            return Judgement("proved" if answer.shown else "refuted", answer.method)
        if not answer.shown:
            return self.examination.not_shown(line, left, right, answer, goal=goal)
        model = self.examination.cross_examine(line, goal)
        if isinstance(model, Judgement) and model.notes == [NO_MODEL] and answer.parts:
            model = self.examination.cross_examine(line, answer.parts[0])
        if isinstance(model, Judgement) and model.notes == [NO_MODEL] and answer.points:
            model = f"both sides could be enclosed at {counted(answer.points, 'point')}, and agree there"
        if isinstance(model, Judgement):
            return model
        second = self.examination.proved_again(line, goal, answer)
        notes = [model, *second, *self.examination.not_needed(line, goal, lambda g: exact.prove(g).shown)]
        return Judgement("proved", answer.method, answer.used, notes=notes, applied=answer.applied)

    def solution(self, line: Line, goal: Goal, by: By, only_premises: bool) -> Judgement:
        """A function that solves equations: with what it is put in, these hold by the other premises."""
        where = self.reading.where(line.equation, line.equation.annotation.one("by"))
        if by.method == "general":
            raise EncodingError("by: general solutions are shown in scopes on fields; here a line solves X", where)
        targets = frozenset(name.strip() for name in by.term.split(","))
        if missing := targets - {premise.source for premise in (*goal.rules, *goal.equalities)}:
            said = f"by: the line solves {', '.join(sorted(missing))}, which is not among its premises"
            raise EncodingError(said, where)
        if not defined_for(goal.left, goal.right, goal.scope):
            said = "by: a line that solves equations has a function of variables on its left side, and not on its right"
            raise EncodingError(said, where)
        own = Rule(goal.left, goal.right, line.equation.number, goal.apart)
        others = replace(
            goal,
            rules=(own, *(rule for rule in goal.rules if rule.source not in targets)),
            equalities=tuple(one for one in goal.equalities if one.source not in targets),
        )
        used: set[str] = set()
        notes: list[str] = []
        applied: frozenset[str] = targets
        for equation in (*goal.rules, *goal.equalities):
            if equation.source not in targets:
                continue
            asked = replace(others, left=equation.left, right=equation.right, apart=equation.apart)
            answer = exact.prove(asked)
            if only_premises and not answer.shown:
                return Judgement("refuted", SOLVES)
            if not answer.shown:
                found = self.examination.difference(
                    line, asked.left, asked.right, own=(own,), goal=asked, without=targets
                )
                if found is not None:
                    said = f"put in, ({equation.source}) does not hold"
                    return Judgement("refuted", SOLVES, witness=witness_of(found), notes=[said])
                return Judgement("open", SOLVES, notes=[answer.why or f"that ({equation.source}) holds was not shown"])
            used |= set(answer.used)
            applied |= answer.applied
            if not only_premises:
                model = self.examination.cross_examine(line, asked, (own,), without=targets)
                if isinstance(model, Judgement):
                    return replace(model, method=SOLVES)
                notes.append(model)
        applied -= {line.equation.number}
        return Judgement("proved", SOLVES, tuple(sorted(used)), notes=notes, applied=applied)

    def with_needs(self, line: Line, goal: Goal) -> Judgement:
        """A line that is shown only with the hypotheses it needs, and for which a model fails without them."""
        needed = read_hypotheses(self.reading, line, goal)
        under_needs = needed.added_to(goal)
        answer = exact.prove(under_needs)
        if not answer.shown:
            return self.examination.fails_under(line, under_needs, needed.for_models)
        found = self.examination.difference(line, goal.left, goal.right)
        if found is None:
            return Judgement("supported", answer.method, notes=["no model was found that needs the hypothesis"])
        under = self.examination.cross_examine(line, under_needs, needed.for_models)
        if isinstance(under, Judgement):
            return under
        idle = self.examination.not_needed(line, under_needs, lambda g: exact.prove(g).shown)
        return Judgement(
            "conditional", answer.method, answer.used, witness=witness_of(found), hypotheses=needed.words,
            notes=[f"under the hypothesis it {under}", *idle], applied=answer.applied,
        )  # fmt: skip

    def to_order(self, line: Line, goal: Goal, by: By, only_premises: bool) -> Judgement:
        """An approximation; with the hypotheses it needs, if it has any and fails without them."""
        approximated = goal if line.scope.of_kind("state") is None else self.premises.approximated(goal)
        if approximated is not goal and only_premises:
            return Judgement("proved-to-order" if exact.prove(approximated).shown else "refuted", exact.METHOD)
        if approximated is not goal:
            return self.on_from_approximation(line, approximated, by)
        if not line.equation.annotation.all("needs"):
            return self.expanded(line, goal, by, only_premises, self.premises.root_rules(line.equation))
        needed = read_hypotheses(self.reading, line, goal)
        rules = (*needed.for_models, *self.premises.root_rules(line.equation))
        judgement = self.expanded(line, needed.added_to(goal), by, only_premises, rules)
        if only_premises or judgement.verdict != "proved-to-order":
            return judgement
        small = {by.parameter: Fraction(1, 64)}
        declared = replace(needed.added_to(goal), rules=(), equalities=needed.equalities)
        if not any(True for _ in self.examination.models(line, declared, needed.for_models, set(), scale=small)):
            return Judgement("open", judgement.method, notes=["no model of the recorded hypothesis was found"])
        found = self.examination.difference(line, goal.left, goal.right, small)
        if found is None:
            return replace(judgement, verdict="supported", notes=["no model was found that needs the hypothesis"])
        return replace(judgement, verdict="conditional", witness=witness_of(found), hypotheses=needed.words)

    def on_from_approximation(self, line: Line, goal: Goal, by: By) -> Judgement:
        """A line about what a premise approximates: exactly what that premise has for it, and so to its order."""
        answer = exact.prove(goal)
        if not answer.shown:
            return self.examination.not_shown(line, goal.left, goal.right, answer)
        model = self.examination.cross_examine(line, goal, approximate=True)
        if isinstance(model, Judgement):
            return model
        notes = ["it is exactly what the approximate premise has", model]
        applied = answer.applied | set(self.reading.premises(line.equation))
        return Judgement("proved-to-order", answer.method, answer.used, order=by.order, notes=notes, applied=applied)

    def expanded(self, line: Line, goal: Goal, by: By, only_premises: bool, roots: tuple[Rule, ...]) -> Judgement:
        answer, remainder = self.shown_to_order(goal, by)
        if only_premises:
            return Judgement("proved-to-order" if answer.shown else "refuted", answer.method)
        if not answer.shown and answer.rest is not None:
            return self.examination.not_shown_to_order(line, goal, by, answer, roots)
        deep = replace(goal, rules=roots, equalities=(), moments=False)
        again, deep_remainder = order.prove(deep, by.order, by.parameter)
        if not again.shown and any(isinstance(rule.left, Expectation) for rule in roots):
            with_moments = order.prove(replace(deep, moments=True), by.order, by.parameter)
            again, deep_remainder = with_moments if with_moments[0].shown else (again, deep_remainder)
        grows = any(declared.weights.get(by.parameter, 0) < 0 for declared in line.scope.symbols.values())
        if answer.shown and not again.shown and again.rest is not None and grows:
            answer = again
        if not answer.shown:
            worse = answer if answer.rest is not None else again
            return self.examination.not_shown_to_order(line, goal, by, worse, roots)
        if order.is_empty(deep, by.order, by.parameter):
            note = f"both sides are of higher order than {order_words(by)}: the claim is empty"
            return Judgement("open", answer.method, notes=[note])
        notes = self.examination.not_needed(line, goal, lambda g: order.prove(g, by.order, by.parameter)[0].shown)
        if again.shown:
            notes.append("shown again by expanding both sides from the definitions of the scope")
            remainder = deep_remainder or remainder
        power = slope(
            goal.left, goal.right, goal.scope, roots, by.parameter, goal.apart,
            holds=lambda world: self.examination.assumed(world, goal),
        )  # fmt: skip
        if power is not None:
            if power < by.order + 1 - SLOPE_TOLERANCE and not again.shown:
                return self.examination.not_shown_to_order(line, goal, by, again, roots)
            if power < by.order + 1 - SLOPE_TOLERANCE:
                raise SoundnessError(
                    f"({line.equation.number}) was shown to {order_words(by)}, but the remainder goes as "
                    f"{by.parameter}^{power:.3f} in a model"
                )
            notes.append(
                f"the numeric remainder goes as ${by.parameter}^{{{power:.3f}}}$ between $2^{{-12}}$ and $2^{{-16}}$"
            )
        elif not self.examination.has_model(goal, by, roots):
            return Judgement("open", answer.method, notes=[NO_MODEL])
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

    def proportional(self, line: Line, goal: Goal) -> Judgement:
        """Whether the ratio of the sides has nothing of the right side in it."""
        method = "a ratio that is constant"
        names = frozenset(node.name for node in walk(goal.right) if isinstance(node, Symbol | Applied))
        ratio = Frac(goal.left, goal.right)
        rules = self.premises.root_rules(line.equation)
        answer = property.free_throughout(ratio, names, goal.scope, goal.rules, rules, goal.apart)
        if answer.shown:
            constant_ = exact.normal(ratio, goal)
            if exact.has_delta(ratio, goal):
                note = "the factor has a Kronecker delta in it, which is not the same for all indices"
                return Judgement("open", method, answer.used, notes=[note])
            if not constant_:
                return Judgement("open", method, notes=["the left side is zero, which is proportional to anything"])
            factor = Raising(goal.scope).poly(constant_)
            told = f"the factor is ${write(factor, goal.scope)}$"
            if varying := sorted(index.name for index in free_indices(factor) & free_indices(goal.right)):
                note = f"{told}, which is not the same for all {', '.join(varying)}"
                return Judgement("open", method, answer.used, notes=[note])
            return Judgement("proved", method, answer.used, notes=[told], applied=answer.applied)
        witness = property.varies_with(ratio, names, goal.scope, rules)
        return Judgement("refuted" if witness else "open", method, answer.used, witness=witness)

    def up_to(self, line: Line, goal: Goal, by: By) -> Judgement:
        """Whether the sides differ by nothing that has a symbol or a law in it: ``by: up to X``."""
        entry = line.equation.annotation.one("by")
        where = self.reading.where(line.equation, entry)
        if by.method != "up to":
            raise EncodingError("by: say of what the difference of the two sides is free: up to X", where)
        name = normal_law(by.term)
        if name not in line.scope.symbols:
            raise EncodingError(f"by: {by.term} is not in the notation of the scope {line.scope.name!r}", where)
        rules = self.premises.root_rules(line.equation)
        if any(isinstance(rule.left, Symbol) and rule.left.name == name for rule in rules):
            return Judgement("open", "property: free of", notes=[f"${by.term}$ is itself defined by others"])
        gap = Add((goal.left, Neg(goal.right)))
        answer = property.free_throughout(gap, frozenset((name,)), goal.scope, goal.rules, rules, goal.apart)
        if not answer.shown:
            why = answer.why or f"the difference has ${by.term}$ in it"
            return Judgement("open", answer.method, answer.used, notes=[why])
        try:
            note = f"the two differ by ${write(Raising(goal.scope).poly(exact.normal(gap, goal)), goal.scope)}$"
        except (Unsupported, TypeError):
            note = "what the two differ by has no print here"
        return Judgement("proved", answer.method, answer.used, notes=[note], applied=answer.applied)

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
        model = self.examination.cross_examine(line, replace(goal, right=Add((goal.right, term))))
        if isinstance(model, Judgement):
            return model
        notes += self.examination.not_needed(
            line,
            goal,
            lambda g: dropping.prove_exact_remainder(g, drop).shown and dropping.prove_bound(g, drop).shown,
        )
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
        models = (*worlds(line.scope, rules, seeds=8, sides=(left, right)), *counting_worlds(line.scope, left, right))
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
