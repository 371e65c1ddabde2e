r"""Verifies a paper: each line from its premises, with its evidence.

A line is judged against its premises as corrected, and again as printed (``follows``). A step is shown from the
premises that it names. An approximation is shown a second time from the definitions of its scope, expanded from
scratch, which also gives the leading remainder. Every line that is shown is then cross-examined in models that share
nothing with the proof (:mod:`derive.model`); a disagreement there is an error of ours and stops the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from flint import arb

from derive.algebra.indexed import Poly, Term
from derive.algebra.lowering import Lowering, Rule, Unsupported, head, unify
from derive.algebra.raising import Raising
from derive.annotation import Entry
from derive.errors import DeriveError, EncodingError, ReadError
from derive.expression import Add, Expr, Index, Neg, Size, Symbol, free_indices, walk
from derive.latex.reader import Chain, constant
from derive.latex.writer import write, write_chain
from derive.methods import drop as dropping
from derive.methods import exact, order, property
from derive.methods.goal import Answer, Equality, Goal
from derive.model import Comparison, NotRealisable, World, compare, counting_worlds, slope, worlds
from derive.notation import Scope
from derive.paper import Equation, Paper
from derive.statement import Line, Reading, is_sentence
from derive.verdict import Result, Witness, worst

DIGITS = 15
SLOPE_TOLERANCE = 0.05
EQUATIONS = ("=", "≈", "≡")
"""The relations that let one side be put for the other."""


class SoundnessError(Exception):
    """A proof and a model disagree: an error of this program, never of the paper."""


@dataclass(frozen=True, slots=True)
class By:
    """How a line is claimed to follow."""

    method: str
    order: int = 0
    parameter: str = ""
    term: str = ""


_ORDER = re.compile(r"order (\d+) in (\w+)$")


def parse_by(entry: Entry | None, where: str, scope: Scope) -> By:
    r"""The method that ``by:`` names; ``exact`` if it says nothing.

    Raises EncodingError for an unknown method or an undeclared small parameter.
    """
    if entry is None:
        return By("exact")
    value = entry.value
    if value in ("definition", "assumption", "exact"):
        return By(value)
    found = _ORDER.match(value)
    if found:
        if found[2] not in scope.small:
            raise EncodingError(
                f"by: {found[2]} is not a small parameter of the scope {scope.name}; "
                f"declared: {', '.join(scope.small) or 'none'}",
                where,
            )
        return By("order", int(found[1]), found[2])
    if value.startswith("drop "):
        return By("drop", term=value[len("drop ") :])
    raise EncodingError(
        f"by: there is no method {value!r}; methods: definition, assumption, exact, order N in S, drop X", where
    )


@dataclass(slots=True)
class Judgement:
    """What a method said about one link of a line."""

    verdict: str
    method: str
    used: tuple[str, ...] = ()
    remainder: order.Remainder | None = None
    order: int | None = None
    witness: Witness | None = None
    hypotheses: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    applied: frozenset[str] = frozenset()


class Verifier:
    """The results of one paper, each computed once and when it is asked for."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.reading = Reading(paper)
        self._results: dict[str, Result] = {}
        self._own_deltas: dict[str, frozenset[Term]] = {}
        self._first_slips: dict[str, str] = {}
        self._stack: list[str] = []
        self._find_first_slips()

    # -- results -------------------------------------------------------------------------------------------------

    def results(self, numbers: Iterable[str] | None = None) -> Iterator[Result]:
        """The results in print order, of all lines or of those named."""
        wanted = None if numbers is None else set(numbers)
        for equation in self.paper.equations:
            if wanted is None or equation.number in wanted:
                yield self.result(equation.number)

    def result(self, number: str) -> Result:
        """The result of one line. Raises EncodingError for a circle of premises or a mistake in the encoding."""
        if number in self._results:
            return self._results[number]
        if number in self._stack:
            circle = " from ".join([*self._stack[self._stack.index(number) :], number])
            raise EncodingError(f"the premises go in a circle: {circle}", self.paper.file)
        self._stack.append(number)
        try:
            self._results[number] = self._result(self.paper.equation(number))
        finally:
            self._stack.pop()
        return self._results[number]

    def _result(self, equation: Equation) -> Result:
        base = Result(equation.number, equation.kind, equation.section, equation.latex, "open")
        if not equation.is_annotated:
            return replace(base, note="not encoded yet")
        self.reading.check_premises(equation)
        line = self.reading.line(equation.number)
        scope = line.scope
        by = parse_by(equation.annotation.one("by"), self.reading.where(equation, equation.annotation.one("by")), scope)
        for name in self.reading.premises(equation):
            if self.reading.given(name, equation) is None:
                self.result(name)
        base = replace(
            base,
            statement=self._statement(line),
            read=True,
            premises=self.reading.premises(equation),
            slips=self._slips(line, by),
            holds_for=_holds_for(line),
            note=self._words(equation),
        )
        judge = self._introduced if by.method in ("definition", "assumption") else self._step
        result = judge(base, line, by)
        return replace(result, evidence=(*result.evidence, equation.version)) if equation.version else result

    def _words(self, equation: Equation) -> str:
        found = [entry.words for entry in equation.annotation.entries if entry.words and entry.key != "read"]
        return ". ".join(_sentence(words) for words in found)

    def _statement(self, line: Line) -> str:
        if line.chain.first is None:
            left = write(self.reading.left(line.equation, corrected=False), line.scope)
            return f"{left} {write_chain(line.chain, line.scope)}"
        return write_chain(line.chain, line.scope)

    # -- slips ---------------------------------------------------------------------------------------------------

    def _find_first_slips(self) -> None:
        for equation in self.paper.equations:
            if not equation.is_annotated:
                continue
            try:
                line = self.reading.line(equation.number)
            except DeriveError:
                continue
            for slip in line.slips:
                self._first_slips.setdefault(f"{equation.scope}/{slip.name}", equation.number)

    def _slips(self, line: Line, by: By) -> tuple[str, ...]:
        found = []
        for slip in line.slips:
            first = self._first_slips.get(f"{line.equation.scope}/{slip.name}", "")
            found.append(slip.said("" if first == line.equation.number else first))
        if by.method == "order" and line.relation == "=":
            found.append(rf"$=$ stands for $\approx$: the line is introduced as an expansion to {_order_words(by)}")
        if by.method == "drop" and line.relation == "=":
            found.append(r"$=$ stands for $\approx$: a term is dropped")
        return tuple(found)

    # -- rules ---------------------------------------------------------------------------------------------------

    def rules_of(self, number: str, corrected: bool, equation: Equation) -> tuple[list[Rule], list[Equality]]:
        """What a premise contributes: rules where its left side is a symbol or the like, equations otherwise."""
        given = self.reading.given(number, equation)
        if given is not None:
            return [given], []
        line = self.reading.line(number)
        if any(relation not in EQUATIONS for relation, _ in line.chain.links):
            return [], []
        use = corrected and self._correction_holds(number)
        rules: list[Rule] = []
        equalities: list[Equality] = []
        lefts = [self.reading.chain_head(number)]
        if line.chain.first is None:
            lefts.append(self.reading.left(line.equation, corrected))
        for left in lefts:
            if head(left) is not None:
                rules.append(Rule(left, line.last(use), number, line.chain.apart))
            elif left is lefts[0]:
                equalities.append(Equality(left, line.last(use), number, line.chain.apart))
        return rules, equalities

    def _correction_holds(self, number: str) -> bool:
        """Whether a recorded correction takes the place of the print: the line is refuted, the correction shown."""
        line = self.reading.line(number)
        if line.corrected is None:
            return False
        if number in self._stack:
            return True
        result = self.result(number)
        return result.verdict == "refuted" and result.borne_out

    def _is_left_refuted(self, name: str, equation: Equation) -> bool:
        """Whether a premise is a refuted line that no shown correction stands in for."""
        if self.reading.given(name, equation) is not None or name in self._stack:
            return False
        result = self.result(name)
        return result.verdict == "refuted" and not self._correction_holds(name)

    def root_rules(self, equation: Equation) -> tuple[Rule, ...]:
        """The definitions, assumptions and hypotheses of a line's scope, and what it takes from lines not encoded."""
        rules: list[Rule] = list(self._dropped_rules(equation))
        lineage = self.reading.scope(equation).lineage
        for stated in self.paper.givens:
            if stated.scope in lineage and stated.entry.name is not None:
                given = self.reading.given(stated.entry.name, equation)
                if given is not None:
                    rules.append(given)
        for other in self.paper.lines:
            if other.scope not in lineage or other.number == equation.number:
                continue
            if other.is_annotated:
                entry = other.annotation.one("by")
                if entry is None or entry.value not in ("definition", "assumption"):
                    continue
            elif not self._is_premise(other.number, equation.scope):
                continue
            rules.extend(self.rules_of_root(other.number, equation))
        return tuple(rules)

    def rules_of_root(self, number: str, equation: Equation) -> list[Rule]:
        try:
            line = self.reading.line(number)
            if any(relation not in EQUATIONS for relation, _ in line.chain.links):
                return []
            corrected = line.corrected is not None
            lefts = [self.reading.chain_head(number)]
            if line.chain.first is None:
                lefts.append(self.reading.left(line.equation, True))
        except (DeriveError, ReadError):
            return []
        return [Rule(left, line.last(corrected), number, line.chain.apart) for left in lefts if head(left) is not None]

    def _is_premise(self, number: str, scope: str | None) -> bool:
        for other in self.paper.equations:
            if other.scope == scope and other.is_annotated:
                entry = other.annotation.one("from")
                if entry is not None and number in [part.strip() for part in entry.value.split(",")]:
                    return True
        return False

    def _definitions(self, equation: Equation) -> tuple[Rule, ...]:
        """The definitions of a line's scope, and the hypotheses that the line itself names."""
        names = self.reading.premises(equation)
        hypotheses = {given.entry.name for given in self.paper.givens if given.entry.name is not None} - set(names)
        return tuple(rule for rule in self.root_rules(equation) if rule.source not in hypotheses)

    def _dropped_rules(self, equation: Equation) -> Iterator[Rule]:
        """The lines that drop a term among the premises: they are taken as equalities by what rests on them."""
        seen: set[str] = set()
        todo = list(self.reading.premises(equation))
        while todo:
            number = todo.pop()
            if number in seen or self.reading.given(number, equation) is not None:
                continue
            seen.add(number)
            other = self.paper.equation(number)
            if not other.is_annotated:
                continue
            entry = other.annotation.one("by")
            if entry is not None and entry.value.startswith("drop "):
                yield from self.rules_of(number, True, equation)[0]
            todo.extend(self.reading.premises(other))

    def goal(self, line: Line, left: Expr, right: Expr, corrected: bool, skip: frozenset[str] = frozenset()) -> Goal:
        """left = right from the premises that a line names."""
        rules: list[Rule] = []
        equalities: list[Equality] = []
        names = self.reading.premises(line.equation)
        for number, name in enumerate(names):
            if name in skip or (number == 0 and line.chain.first is None):
                continue
            more_rules, more_equalities = self.rules_of(name, corrected, line.equation)
            rules += more_rules
            equalities += more_equalities
        definitions = self.root_rules(line.equation)
        return Goal(left, right, line.scope, tuple(rules), tuple(equalities), definitions, line.chain.apart)

    # -- steps ---------------------------------------------------------------------------------------------------

    def _step(self, base: Result, line: Line, by: By) -> Result:
        holds = self._judge_chain(line, line.chain, by, corrected=True)
        follows_judgement = self._judge_chain(line, line.chain, by, corrected=False, only_premises=True)
        follows = _shown(follows_judgement.verdict)
        result = self._with(base, line, holds)
        result = replace(result, follows=follows)
        if holds.verdict == "refuted":
            return self._refuted(result, line, by, follows)
        if line.equation.annotation.all("needs") and not result.hypotheses:
            return replace(
                result, borne_out=False, note=_join(result.note, "a hypothesis is recorded that the line does not need")
            )
        if line.corrected is not None or self._sentence_correction(line):
            return replace(
                result,
                borne_out=False,
                note=_join(result.note, "a correction is recorded, but the line is not refuted as printed"),
            )
        return result

    def _judge_chain(
        self, line: Line, chain: Chain, by: By, *, corrected: bool, only_premises: bool = False
    ) -> Judgement:
        """All links of a chain; the judgement of the worst."""
        previous = self.reading.left(line.equation, corrected) if chain.first is None else chain.first
        if chain.first is None:
            self._check_continues(line, previous, chain.links[0][1])
        judgements: list[Judgement] = []
        for number, (relation, side) in enumerate(chain.links):
            is_last = number == len(chain.links) - 1
            how = by if is_last or relation == "≈" else By("exact")
            judgements.append(self._judge(line, previous, relation, side, how, corrected, only_premises))
            previous = side
        verdict = worst(judgement.verdict for judgement in judgements)
        chosen = next(j for j in judgements if j.verdict == verdict)
        chosen.notes = [note for judgement in judgements for note in judgement.notes]
        return chosen

    def _check_continues(self, line: Line, before: Expr, side: Expr) -> None:
        """Raises EncodingError where a line cannot go on from its first premise: another kind, or an unbound index."""
        where = self.reading.where(line.equation)
        if before.type != side.type:
            raise EncodingError(f"a {before.type} in the line before is related to a {side.type}", where)
        for index in sorted(free_indices(side) - free_indices(before), key=lambda index: index.name):
            raise EncodingError(f"the index {index.name} is not bound: it is in no sum, and the line before has none", where)

    def _judge(
        self, line: Line, left: Expr, relation: str, right: Expr, by: By, corrected: bool, only_premises: bool
    ) -> Judgement:
        goal = self.goal(line, left, right, corrected)
        if relation in ("≥", "≤", ">", "<"):
            return self._judge_inequality(line, left, relation, right)
        if relation not in EQUATIONS and (relation != "∝" or not exact.prove(goal).shown):
            return Judgement("open", "none", notes=[f"there is no method for the relation {relation}"])
        if by.method == "drop":
            return self._judge_drop(line, goal, by, only_premises)
        if by.method == "order":
            return self._judge_order(line, goal, by, only_premises)
        answer = exact.prove(goal)
        if not answer.shown and line.equation.annotation.all("needs"):
            return self._judge_with_needs(line, goal, answer)
        if only_premises:
            return Judgement("proved" if answer.shown else "refuted", answer.method)
        if not answer.shown:
            return self._not_shown(line, left, right, answer)
        model = self._cross_examine(line, goal)
        if isinstance(model, Judgement):
            return model
        notes = [model, *self._not_needed(line, goal, lambda g: exact.prove(g).shown)]
        return Judgement("proved", answer.method, answer.used, notes=notes, applied=answer.applied)

    def _judge_with_needs(self, line: Line, goal: Goal, without: Answer) -> Judgement:
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
            return self._not_shown(line, goal.left, goal.right, without)
        found = self._difference(line, goal.left, goal.right)
        if found is None:
            return Judgement("supported", answer.method, notes=["no model was found that needs the hypothesis"])
        return Judgement(
            "conditional", answer.method, answer.used, witness=_witness(found), hypotheses=tuple(hypotheses)
        )

    def _judge_order(self, line: Line, goal: Goal, by: By, only_premises: bool) -> Judgement:
        answer, remainder = order.prove(goal, by.order, by.parameter)
        if only_premises:
            return Judgement("proved-to-order" if answer.shown else "refuted", answer.method)
        deep = replace(goal, rules=self.root_rules(line.equation), equalities=(), moments=False)
        again, deep_remainder = order.prove(deep, by.order, by.parameter)
        if answer.shown and not again.shown and again.rest is not None:
            answer = again
        if not answer.shown:
            return self._not_shown_to_order(line, goal, by, answer if answer.rest is not None else again)
        notes = self._not_needed(line, goal, lambda g: order.prove(g, by.order, by.parameter)[0].shown)
        if again.shown:
            notes.append("shown again by expanding both sides from the definitions of the scope")
            remainder = deep_remainder or remainder
        measured = slope(goal.left, goal.right, line.scope, self.root_rules(line.equation), by.parameter)
        if measured is not None:
            if measured < by.order + 1 - SLOPE_TOLERANCE and not again.shown:
                return self._not_shown_to_order(line, goal, by, again)
            if measured < by.order + 1 - SLOPE_TOLERANCE:
                raise SoundnessError(
                    f"({line.equation.number}) was shown to {_order_words(by)}, but the remainder goes as "
                    f"{by.parameter}^{measured:.3f} in a model"
                )
            notes.append(f"the numeric remainder goes as {by.parameter}^{measured:.3f} between 2^-12 and 2^-16")
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

    def _judge_drop(self, line: Line, goal: Goal, by: By, only_premises: bool) -> Judgement:
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
            return self._not_shown(line, goal.left, Add((goal.right, term)), answer)
        bound = dropping.prove_bound(goal, drop)
        raising = write(term, line.scope)
        notes = [f"the exact remainder is ${raising}$"]
        if not bound.shown:
            notes.append(f"that it is small was not shown: {bound.why or 'the recorded hypothesis does not bound it'}")
            return Judgement("supported", answer.method, answer.used, notes=notes)
        notes.append("under the hypothesis the remainder is small against what is kept, by " + dropping.CAUCHY_SCHWARZ)
        witness = self._witness_of_drop(line, goal, ratio)
        if witness is None:
            notes.append("no model was found in which the line fails without the hypothesis")
            return Judgement("supported", answer.method, answer.used, notes=notes, hypotheses=tuple(hypotheses))
        return Judgement(
            "conditional", answer.method, (*answer.used, dropping.CAUCHY_SCHWARZ), None, None, witness,
            tuple(hypotheses), notes, answer.applied,
        )  # fmt: skip

    def _judge_inequality(self, line: Line, left: Expr, relation: str, right: Expr) -> Judgement:
        """An inequality: refuted by a model, proved only where every term has the right sign."""
        rules = self.root_rules(line.equation)
        count = 0
        for world in (*worlds(line.scope, rules, seeds=8), *counting_worlds(line.scope, left, right)):
            try:
                for found in compare(world, left, right, line.chain.apart):
                    gap = found.left - found.right if relation in ("≥", ">") else found.right - found.left
                    if gap < 0 or (relation in (">", "<") and gap == 0):
                        return self._inequality_fails(line, left, relation, right, _witness(found))
                    count += 1
            except NotRealisable:
                continue
        if not count:
            return Judgement("open", "a model in which it fails", notes=["no model of the premises was evaluated"])
        return Judgement("supported", f"holds at {count} points", notes=["no proof of this inequality is known"])

    def _inequality_fails(self, line: Line, left: Expr, relation: str, right: Expr, witness: Witness) -> Judgement:
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
            if property.positive(gap, scope, self.root_rules(line.equation)).shown:
                return Judgement("conditional", "sign of every term", witness=witness, hypotheses=tuple(signs.values()))
        return Judgement("refuted", "a model in which it fails", witness=witness)

    # -- what was not shown --------------------------------------------------------------------------------------

    def _not_shown(self, line: Line, left: Expr, right: Expr, answer: Answer) -> Judgement:
        found = self._difference(line, left, right)
        if found is not None:
            return Judgement("refuted", answer.method, answer.used, witness=_witness(found))
        agreed = self._agreements(line, left, right)
        why = answer.why or "the named premises do not give it"
        if agreed:
            return Judgement(
                "supported", answer.method, notes=[f"the two sides agree at {agreed} points to 60 digits", why]
            )
        return Judgement("open", answer.method, notes=[why])

    def _not_shown_to_order(self, line: Line, goal: Goal, by: By, answer: Answer) -> Judgement:
        rules = self.root_rules(line.equation)
        measured = slope(goal.left, goal.right, line.scope, rules, by.parameter)
        if measured is not None and measured < by.order + 1 - SLOPE_TOLERANCE:
            small = {by.parameter: Fraction(1, 64)}
            found = self._difference(line, goal.left, goal.right, small)
            if found is not None:
                notes = [f"the difference of the two sides goes as {by.parameter}^{measured:.3f}"]
                return Judgement("refuted", answer.method, answer.used, witness=_witness(found), notes=notes)
            measured = None
        why = answer.why or "the named premises do not give it"
        return Judgement("supported" if measured is not None else "open", answer.method, notes=[why])

    def _difference(
        self, line: Line, left: Expr, right: Expr, scale: dict[str, Fraction] | None = None
    ) -> Comparison | None:
        """A place in a model where the two sides differ."""
        for world in worlds(line.scope, self.root_rules(line.equation), seeds=8, scale=scale):
            try:
                for found in compare(world, left, right, line.chain.apart):
                    if found.differ:
                        return found
            except NotRealisable:
                continue
        return None

    def _agreements(self, line: Line, left: Expr, right: Expr) -> int:
        count = 0
        for world in worlds(line.scope, self.root_rules(line.equation), seeds=4):
            try:
                count += sum((f.left - f.right).rad() < arb(2) ** -200 for f in compare(world, left, right, line.chain.apart))
            except NotRealisable:
                continue
        return count

    def _cross_examine(self, line: Line, goal: Goal) -> str | Judgement:
        """Evaluates what was proved in models of its premises; a judgement where these have none.

        Raises SoundnessError where the two sides differ although the premises hold.
        """
        models = count = 0
        first: World | None = None
        fails: set[str] = set()
        for world in worlds(line.scope, self.root_rules(line.equation), seeds=1):
            try:
                comparisons = compare(world, goal.left, goal.right, goal.apart)
            except NotRealisable:
                continue
            if failing := self._failing(world, goal):
                fails |= failing
                continue
            for found in comparisons:
                if found.differ:
                    raise SoundnessError(
                        f"({line.equation.number}) was proved, but at {_witness(found).as_json()} the sides differ"
                    )
            models += 1
            count += len(comparisons)
            first = world
        if first is None and fails:
            return self._without_model(line, goal, fails)
        if first is None:
            return "no model of the premises was evaluated"
        sizes = ", ".join(f"{first.scope.ranges[n].size} = {s}" for n, s in sorted(first.sizes.items()))
        return f"agrees at {count} points in {models} exact models of the premises" + (
            f", up to {sizes}" if sizes else ""
        )

    @staticmethod
    def _failing(world: World, goal: Goal) -> set[str]:
        """The premises that do not hold in a world."""
        failing: set[str] = set()
        for premise in (*goal.rules, *goal.equalities):
            try:
                if any(found.differ for found in compare(world, premise.left, premise.right, premise.apart)):
                    failing.add(premise.source)
            except NotRealisable:
                continue
        return failing

    def _without_model(self, line: Line, goal: Goal, fails: set[str]) -> Judgement:
        """A line that was shown from premises that hold in no model: from such premises everything follows."""
        for source in fails:
            goal = goal.without(source)
        answer = exact.prove(goal)
        named = ", ".join(f"({name})" for name in sorted(fails))
        if answer.shown:
            model = self._cross_examine(line, goal)
            notes = [str(model), f"not needed for the proof: {named}"]
            return Judgement("proved", answer.method, answer.used, notes=notes, applied=answer.applied)
        note = f"it follows from {named}, which holds in no model that was evaluated"
        found = self._difference(line, goal.left, goal.right)
        if found is None or any(not self._is_derived(name) for name in fails):
            return Judgement("open", answer.method, notes=[note])
        return Judgement("refuted", answer.method, answer.used, witness=_witness(found), notes=[note])

    def _is_derived(self, name: str) -> bool:
        """Whether a premise is a line that is claimed to follow, and not one that is assumed."""
        if name not in {equation.number for equation in self.paper.lines}:
            return False
        entry = self.paper.equation(name).annotation.one("by")
        return entry is None or entry.value not in ("definition", "assumption")

    def _not_needed(self, line: Line, goal: Goal, shown: Callable[[Goal], bool]) -> list[str]:
        names = self.reading.premises(line.equation)
        named = names[1:] if line.chain.first is None else names
        idle = [name for name in named if shown(goal.without(name))]
        if not idle:
            return []
        return [f"not needed for the proof: {', '.join(f'({name})' for name in idle)}"]

    def _witness_of_drop(self, line: Line, goal: Goal, ratio: Expr | None) -> Witness | None:
        """A model outside the hypothesis in which the dropped term is larger than what is kept."""
        for world in worlds(line.scope, self._rules_without_drops(line), seeds=8):
            try:
                for found in compare(world, goal.left, goal.right, goal.apart):
                    places = {i: found.places[i.name] - 1 for i in free_indices(goal.left) | free_indices(goal.right)}
                    outside = ratio is None or world.value(ratio, places) > 1
                    if outside and abs(found.left - found.right) > abs(found.right):
                        return _witness(found)
            except NotRealisable:
                continue
        return None

    def _rules_without_drops(self, line: Line) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.root_rules(line.equation) if rule.source != line.equation.number)

    # -- refuted lines -------------------------------------------------------------------------------------------

    def _refuted(self, result: Result, line: Line, by: By, follows: bool) -> Result:
        result = replace(result, inherits=self._inherits(line))
        notes: list[str] = []
        correction: str | None = None
        borne_out = True
        if line.corrected is not None:
            judged = self._judge_chain(line, self._corrected_chain(line), by, corrected=True)
            correction = write_chain(line.corrected, line.scope)
            if not _shown(judged.verdict):
                borne_out = False
                notes.append("the recorded correction was not shown")
            else:
                notes.append(f"the correction is {judged.verdict}")
                if judged.remainder is not None:
                    text = self._remainder(judged.remainder, line.scope)
                    notes.append(f"its leading remainder is ${text}$")
            difference = self._delta(line)
            if difference is not None:
                notes.append(f"printed minus corrected is ${write(Raising(line.scope).poly(difference), line.scope)}$")
        elif self._sentence_correction(line):
            correction = self._sentence_correction(line)
        else:
            borne_out = False
            notes.append("no correction is recorded")
        if not follows and result.inherits:
            notes.append("the line has an error of its own beside the inherited one")
        return replace(
            result, correction=correction, evidence=(*result.evidence, *notes), borne_out=borne_out, holds_for=None
        )

    @staticmethod
    def _corrected_chain(line: Line) -> Chain:
        assert line.corrected is not None
        return Chain(line.chain.first, (*line.chain.links[:-1], line.corrected.links[-1]))

    def _sentence_correction(self, line: Line) -> str | None:
        entry = line.equation.annotation.one("corrected")
        return entry.value.strip('"') if entry is not None and is_sentence(entry.value) else None

    def _delta(self, line: Line) -> Poly | None:
        """Printed minus corrected, in normal form."""
        if line.corrected is None:
            return None
        lowering = Lowering(line.scope, ())
        try:
            return exact.subtract(line.right, line.corrected.links[-1][1], lowering)
        except (Unsupported, ArithmeticError):
            return None

    def _inherits(self, line: Line) -> tuple[str, ...]:
        """The earlier refuted lines whose own error is in this line's difference from its correction."""
        number = line.equation.number
        delta = self._delta(line)
        terms = frozenset(term for term, _ in delta.terms) if delta else frozenset()
        ancestors = self._refuted_ancestors(number)
        found = tuple(root for root in ancestors if terms & self._own_deltas.get(root, frozenset()))
        inherited = frozenset().union(*(self._own_deltas[root] for root in found)) if found else frozenset()
        own = terms - inherited
        if own:
            self._own_deltas[number] = own
        return found

    def _refuted_ancestors(self, number: str) -> list[str]:
        seen: set[str] = set()
        todo = list(self.reading.premises(self.paper.equation(number)))
        while todo:
            name = todo.pop()
            known = self._results.get(name)
            if name in seen or known is None:
                continue
            seen.add(name)
            todo.extend(self.reading.premises(self.paper.equation(name)))
        order_ = [equation.number for equation in self.paper.equations]
        return sorted((n for n in seen if self._results[n].verdict == "refuted"), key=order_.index)

    # -- definitions and assumptions -----------------------------------------------------------------------------

    def _introduced(self, base: Result, line: Line, by: By) -> Result:
        """A definition or an assumption: its obligations, and that it neither clashes nor goes in a circle."""
        equation = line.equation
        left = self.reading.left(equation, corrected=True)
        evidence: list[str] = []
        own: list[Judgement] = []
        if by.method == "definition":
            evidence += self._defines(line, left)
        else:
            model = self._model_of(line, left)
            evidence.append(model or "no model that satisfies it together with its scope was found")
            if not model:
                own.append(Judgement("supported", "assumption"))
        for entry in equation.annotation.all("so"):
            judgement = self._obligation(line, entry)
            own.append(judgement)
            evidence.append(f"obligation: {_told(entry.value)}: {judgement.verdict}")
            evidence += judgement.notes
        together = worst([by.method, *(j.verdict for j in own if j.verdict not in ("proved", "proved-to-order"))])
        result = replace(
            base,
            verdict=together,
            method=by.method if not own else f"{by.method}; {own[0].method}",
            evidence=tuple(evidence),
        )
        failed = next((j for j in own if j.verdict == together), None)
        if failed is not None and together != by.method:
            result = replace(result, witness=failed.witness, hypotheses=failed.hypotheses)
        if together == "refuted":
            follows = all(
                _shown(self._obligation(line, e, printed=True).verdict) for e in equation.annotation.all("so")
            )
            return self._refuted_definition(replace(result, follows=follows), line)
        if equation.annotation.all("needs") and not result.hypotheses:
            return replace(
                result, borne_out=False, note=_join(result.note, "a hypothesis is recorded that the line does not need")
            )
        if line.corrected is not None:
            return replace(
                result,
                borne_out=False,
                note=_join(result.note, "a correction is recorded, but the line is not refuted as printed"),
            )
        return result

    def _refuted_definition(self, result: Result, line: Line) -> Result:
        result = replace(result, inherits=self._inherits(line))
        if line.corrected is None:
            return replace(result, borne_out=False, evidence=(*result.evidence, "no correction is recorded"))
        judgements = [self._obligation(line, e, corrected_self=True) for e in line.equation.annotation.all("so")]
        shown = all(_shown(j.verdict) for j in judgements)
        notes = ["with the correction the obligation is met" if shown else "the recorded correction was not shown"]
        delta = self._delta(line)
        if delta is not None:
            notes.append(f"printed minus corrected is ${write(Raising(line.scope).poly(delta), line.scope)}$")
        return replace(
            result,
            correction=write_chain(line.corrected, line.scope),
            evidence=(*result.evidence, *notes),
            borne_out=shown,
            holds_for=None,
        )

    def _defines(self, line: Line, left: Expr) -> list[str]:
        name = left.name if isinstance(left, Symbol) else None
        said = f"defines ${write(left, line.scope)}$"
        if name is not None:
            declared = line.scope.symbols.get(name)
            parts = {key for key, d in line.scope.symbols.items() if d.part_of is not None and d.part_of[1] == name}
            inside = {node.name for node in walk(line.right) if isinstance(node, Symbol)}
            if name in inside:
                raise EncodingError(f"({line.equation.number}) defines {name} through itself", self.paper.file)
            definitions = self._defined_symbols(line)
            for node in walk(line.right):
                if isinstance(node, Symbol) and property.reaches(node, name, line.scope, definitions):
                    raise EncodingError(
                        f"({line.equation.number}) defines {name} through {node.name}, which is defined through {name}",
                        self.paper.file,
                    )
            if parts & inside:
                names = ", ".join(f"${part}$" for part in sorted(parts & inside))
                said = f"defines {names} as parts of ${name}$"
            elif declared is not None and declared.meaning:
                said += f", the {declared.meaning}"
        for other in self.paper.lines:
            entry = other.annotation.one("by")
            if other.number == line.equation.number or entry is None or entry.value != "definition":
                continue
            first = self.reading.line(other.number).chain.first if other.scope == line.equation.scope else None
            if first is not None and (unify(first, left, {}) or unify(left, first, {})):
                raise EncodingError(
                    f"({line.equation.number}) and ({other.number}) both define the same thing", self.paper.file
                )
        return [said, "not circular, and no other definition of its scope clashes with it"]

    def _defined_symbols(self, line: Line) -> tuple[Rule, ...]:
        """The other definitions of a symbol in the scope of a line."""
        by = {other.number: other.annotation.one("by") for other in self.paper.lines}
        return tuple(
            rule
            for rule in self.root_rules(line.equation)
            if isinstance(rule.left, Symbol) and (entry := by.get(rule.source)) and entry.value == "definition"
        )

    def _model_of(self, line: Line, left: Expr) -> str:
        """An exact model in which an assumption holds together with the rest of its scope."""
        rules = (*self.root_rules(line.equation), *self.rules_of_root(line.equation.number, line.equation))
        for world in worlds(line.scope, rules, seeds=3):
            if any(size < 2 for name, size in world.sizes.items() if not line.scope.ranges[name].vector):
                continue
            try:
                found = compare(world, left, line.last(True), line.chain.apart)
            except NotRealisable:
                continue
            if found and not any(f.differ for f in found):
                values = ", ".join(f"${k} = {v}$" for k, v in list(world.values().items())[:8])
                return f"a model of it and of what else its scope assumes: {values}, …"
        return ""

    def _obligation(
        self, line: Line, entry: Entry, *, printed: bool = False, corrected_self: bool = False
    ) -> Judgement:
        """Judges what a definition is said to be or do; the line itself counts as printed unless corrected."""
        equation = line.equation
        found = property.parse(entry.value)
        rules: list[Rule] = []
        for name in self.reading.premises(equation):
            if name != equation.number:
                if not printed and self._is_left_refuted(name, equation):
                    said = f"({name}), which it rests on, is refuted, and no correction of it is shown"
                    return Judgement("open", "property", notes=[said])
                rules += self.rules_of(name, not printed, equation)[0]
        own_left = self.reading.left(equation, corrected=True)
        if head(own_left) is not None:
            rules.append(Rule(own_left, line.last(corrected_self), equation.number))
        if found is None:
            chain = self.reading.formula_chain(entry.value, equation, entry)
            assert chain.first is not None
            answer = exact.prove(Goal(chain.first, chain.links[-1][1], line.scope, tuple(rules)))
            if answer.shown:
                return Judgement("proved", answer.method, answer.used)
            return self._not_shown(line, chain.first, chain.links[-1][1], answer)
        return self._property(line, entry, found, tuple(rules))

    def _property(self, line: Line, entry: Entry, found: property.Property, rules: tuple[Rule, ...]) -> Judgement:
        equation, scope = line.equation, line.scope
        if found.kind == "free of":
            assert found.about is not None
            about = self.reading.expression(found.about, equation, entry)
            names = frozenset(self._name(part, equation, entry) for part in found.of)
            answer = property.free_of(about, names, scope, rules)
            if answer.shown:
                return Judgement("proved", answer.method, answer.used)
            witness = property.varies_with(about, names, scope, rules)
            return Judgement("refuted" if witness else "open", answer.method, answer.used, witness=witness)
        if found.kind == "symmetric":
            assert found.about is not None
            about = self.reading.expression(found.about, equation, entry)
            first, second = (self._index(letter, scope) for letter in found.of)
            answer = property.symmetric(about, first, second, scope, rules)
            return Judgement("proved" if answer.shown else "open", "property: symmetric", answer.used)
        if found.kind == "positive":
            assert found.about is not None
            about = self.reading.expression(found.about, equation, entry)
            answer = property.positive(about, scope, rules)
            return Judgement("proved" if answer.shown else "open", answer.method, answer.used)
        return self._density_property(line, entry, found, self._definitions(equation))

    def _density_property(
        self, line: Line, entry: Entry, found: property.Property, roots: tuple[Rule, ...]
    ) -> Judgement:
        equation, scope = line.equation, line.scope
        variable = self._name(found.of[0], equation, entry)
        method = "property: density"
        right = line.right
        plain = property.density(right, variable, scope, roots, frozenset())
        if plain.shown:
            return Judgement("proved", method, notes=[plain.why])
        if not plain.dependent:
            return Judgement("open", method, notes=[plain.why])
        matrix = Symbol(plain.dependent[0], (), scope.symbols[plain.dependent[0]].own_type)
        witness = property.not_positive_definite(matrix, scope, roots, variable)
        frozen: set[str] = set()
        hypotheses: list[str] = []
        for need in equation.annotation.all("needs"):
            wanted = property.parse(need.value)
            if wanted is not None and wanted.kind == "free of" and wanted.about is not None:
                frozen.add(self._name(wanted.about, equation, need))
                hypotheses.append(f"${wanted.about}$ does not depend on ${wanted.of[0]}$")
        with_needs = property.density(right, variable, scope, roots, frozenset(frozen))
        notes = [f"as printed, {plain.why.replace(plain.dependent[0], f'${plain.dependent[0]}$')}"]
        if with_needs.shown and hypotheses and witness is not None:
            return Judgement("conditional", method, witness=witness, hypotheses=tuple(hypotheses), notes=notes)
        return Judgement("refuted" if witness else "open", method, witness=witness, notes=notes)

    def _name(self, text: str, equation: Equation, entry: Entry) -> str:
        expr = self.reading.expression(text, equation, entry)
        for node in walk(expr):
            if isinstance(node, Symbol):
                return node.name
        raise EncodingError(f"{entry.key}: {text} is no symbol", self.reading.where(equation, entry))

    @staticmethod
    def _index(letter: str, scope: Scope) -> Index:
        found = scope.range_of_letter(letter)
        if found is None:
            raise EncodingError(f"{letter} is no index letter of the scope {scope.name}", "so")
        return Index(letter, found.name)

    # -- evidence ------------------------------------------------------------------------------------------------

    def _with(self, base: Result, line: Line, judgement: Judgement) -> Result:
        remainder = judgement.remainder
        evidence = [f"uses {said}" for said in judgement.used if not said.startswith("not for")]
        evidence += [said for said in judgement.used if said.startswith("not for")]
        return replace(
            base,
            verdict=judgement.verdict,
            method=judgement.method,
            hypotheses=judgement.hypotheses,
            order=judgement.order,
            remainder=self._remainder(remainder, line.scope) if remainder else None,
            witness=judgement.witness,
            evidence=(*evidence, *judgement.notes),
        )

    @staticmethod
    def _remainder(remainder: order.Remainder, scope: Scope) -> str | None:
        raising = Raising(scope)
        try:
            if remainder.matrix is not None:
                return write(raising.matrix(remainder.matrix), scope)
            assert remainder.poly is not None
            return write(raising.poly(remainder.poly), scope)
        except TypeError:
            return None


def _witness(found: Comparison) -> Witness:
    values = dict(found.world.values())
    values.update({name: str(value) for name, value in found.places.items()})
    return Witness(tuple(values.items()), _digits(found.left), _digits(found.right))


def _digits(value: arb) -> str:
    return value.str(DIGITS, radius=False)


def _shown(verdict: str) -> bool:
    return verdict in ("proved", "proved-to-order", "conditional", "definition", "assumption")


def _order_words(by: By) -> str:
    return f"order {by.order} in {by.parameter}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _join(*parts: str) -> str:
    return ". ".join(_sentence(part) for part in parts if part)


def _told(value: str) -> str:
    found = property.parse(value)
    if found is None:
        return f"${value}$"
    if found.kind == "density":
        return f"a density in ${found.of[0]}$"
    if found.kind == "free of":
        return f"${found.about}$ is free of {' and '.join(f'${part}$' for part in found.of)}"
    if found.kind == "symmetric":
        return f"${found.about}$ is symmetric in ${found.of[0]}$ and ${found.of[1]}$"
    return f"${found.about}$ is positive"


def _holds_for(line: Line) -> str | None:
    """The sizes a statement is about: those of every range that occurs in it."""
    ranges: set[str] = set()
    for side in line.chain.sides:
        for node in walk(side):
            if isinstance(node, Symbol):
                ranges |= {slot.range for slot in node.slots}
            ranges |= set(node.type.axes) & set(line.scope.ranges)
            if isinstance(node, Size):
                ranges.add(node.range)
            index = getattr(node, "index", None)
            if isinstance(index, Index):
                ranges.add(index.range)
    sizes = [line.scope.ranges[name].size for name in line.scope.ranges if name in ranges]
    return "all " + " and ".join(sizes) if sizes else None


__all__ = ["By", "SoundnessError", "Verifier", "parse_by"]
