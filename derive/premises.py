"""What a line may use: the premises that it names, and the definitions, assumptions and hypotheses of its scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from derive.algebra.functional import motion_of
from derive.algebra.rules import Rule, head, solved, unify
from derive.errors import DeriveError, EncodingError, ReadError
from derive.expression import Call, Expr, Index, Neg, Symbol, is_plainly_real, substitute_indices
from derive.judgement import EQUATIONS
from derive.methods.goal import Equality, Goal
from derive.paper import Equation, Paper
from derive.statement import Line, Reading


def as_rule(left: Expr, right: Expr, line: Line, source: str) -> Rule | None:
    """An equation as a rule, if one side can be replaced: -log a = -log b as a = b, a definition from either side."""
    while isinstance(left, Neg | Call) and type(left) is type(right):
        if isinstance(left, Neg):
            assert isinstance(right, Neg)
            left, right = left.term, right.term
        elif isinstance(right, Call) and left.function == right.function and _is_injective(left, right):
            left, right = left.argument, right.argument
        else:
            break
    if head(left) is not None:
        return Rule(left, right, source, line.chain.apart)
    if line.relation == "≡" and head(right) is not None:
        return Rule(right, left, source, line.chain.apart)
    return None


def _is_injective(left: Call, right: Call) -> bool:
    """Whether two logarithms, or exponentials of real numbers, are equal only where their arguments are."""
    if left.argument.type.kind != "scalar":
        return False
    is_real = all(is_plainly_real(side.argument) for side in (left, right))
    return left.function == "log" or (left.function == "exp" and is_real)


class Premises:
    """The rules and equations of a paper, as its lines may use them.

    ``correction_holds`` says whether a recorded correction takes the place of a line's print, ``is_left_refuted``
    whether a line is refuted and nothing takes its place.
    """

    def __init__(
        self,
        paper: Paper,
        reading: Reading,
        correction_holds: Callable[[str], bool],
        is_left_refuted: Callable[[str, Equation], bool],
    ) -> None:
        self.paper = paper
        self.reading = reading
        self.correction_holds = correction_holds
        self.is_left_refuted = is_left_refuted
        self._roots: dict[str, tuple[Rule, ...]] = {}

    def rules_of(self, number: str, corrected: bool, equation: Equation) -> tuple[list[Rule], list[Equality]]:
        """What a premise contributes: rules where its left side is a symbol or the like, equations otherwise."""
        given = self.reading.given(number, equation)
        if given is not None:
            return [given], []
        if self.reading.apart(number, equation) is not None:
            return [], []
        line = self.reading.line(number)
        if any(relation not in EQUATIONS for relation, _ in line.chain.links) or line.is_display:
            return [], []
        use = corrected and self.correction_holds(number)
        rules: list[Rule] = []
        equalities: list[Equality] = []
        lefts = [self.reading.chain_head(number, lambda head_: corrected and self.correction_holds(head_))]
        if line.chain.first is None:
            lefts.append(self.reading.left(line.equation, corrected))
        for left in lefts:
            rule = as_rule(left, line.last(use), line, number)
            if rule is not None:
                rules.append(rule)
            elif left is lefts[0]:
                equalities.append(Equality(left, line.last(use), number, line.chain.apart))
        return rules, equalities

    def root_rules(self, equation: Equation) -> tuple[Rule, ...]:
        """The definitions, assumptions and hypotheses of a line's scope, and what it takes from elsewhere.

        That is what it names of other scopes, and what it takes from lines that are not encoded.
        """
        if equation.number not in self._roots:
            self._roots[equation.number] = self._gathered(equation)
        return self._roots[equation.number]

    def _gathered(self, equation: Equation) -> tuple[Rule, ...]:
        rules: list[Rule] = list(self.dropped_rules(equation))
        lineage = self.reading.scope(equation).lineage
        for stated in self.paper.givens:
            if stated.scope in lineage and stated.entry.name is not None:
                given = self.reading.given(stated.entry.name, equation)
                if given is not None:
                    rules.append(given)
        named = self.reading.premises(equation)
        for other in self.paper.lines:
            if (other.scope not in lineage and other.number not in named) or other.number == equation.number:
                continue
            if other.is_annotated:
                entry = other.annotation.one("by")
                if entry is None or entry.value not in ("definition", "assumption"):
                    continue
            elif not self.is_premise(other.number, equation.scope):
                continue
            rules.extend(self.rules_of_root(other.number))
        return tuple(rules)

    def rules_of_root(self, number: str) -> list[Rule]:
        """What a line that introduces something says, corrected where a correction is recorded; none if unreadable."""
        try:
            line = self.reading.line(number)
            if any(relation not in EQUATIONS for relation, _ in line.chain.links) or line.is_display:
                return []
            corrected = line.corrected is not None
            lefts = [self.reading.chain_head(number, lambda _: True)]
            if line.chain.first is None:
                lefts.append(self.reading.left(line.equation, True))
        except (DeriveError, ReadError):
            return []
        found: list[Rule | None] = []
        for left in lefts:
            motion = motion_of(left, line.last(True), line.scope)
            if motion is not None:
                found.append(Rule(motion.derivative, motion.value, number, line.chain.apart))
                continue
            rule = as_rule(left, line.last(corrected), line, number)
            found.append(rule or solved(left, line.last(True), number, line.chain.apart))
        return [rule for rule in found if rule is not None]

    def is_premise(self, number: str, scope: str | None) -> bool:
        for other in self.paper.equations:
            if other.scope == scope and other.is_annotated:
                entry = other.annotation.one("from")
                if entry is not None and number in entry.parts:
                    return True
        return False

    def definitions(self, equation: Equation) -> tuple[Rule, ...]:
        """The definitions of a line's scope, and the hypotheses that the line itself names."""
        names = self.reading.premises(equation)
        hypotheses = {given.entry.name for given in self.paper.givens if given.entry.name is not None} - set(names)
        return tuple(rule for rule in self.root_rules(equation) if rule.source not in hypotheses)

    def defined_symbols(self, line: Line) -> tuple[Rule, ...]:
        """The other definitions of a symbol in the scope of a line."""
        by = {other.number: other.annotation.one("by") for other in self.paper.lines}
        return tuple(
            rule
            for rule in self.root_rules(line.equation)
            if isinstance(rule.left, Symbol) and (entry := by.get(rule.source)) and entry.value == "definition"
        )

    def dropped_rules(self, equation: Equation) -> Iterator[Rule]:
        """What the premises take for granted: lines that drop a term, as equalities, and equations that lines need."""
        seen: set[str] = set()
        todo = [(name, equation) for name in self.reading.premises(equation)]
        while todo:
            number, owner = todo.pop()
            if number in seen or self.reading.given(number, owner) is not None:
                continue
            if self.reading.apart(number, owner) is not None:
                continue
            seen.add(number)
            other = self.paper.equation(number)
            yield from self.needed(other)
            if not other.is_annotated:
                continue
            entry = other.annotation.one("by")
            if entry is not None and entry.value.startswith("drop "):
                yield from self.rules_of(number, True, equation)[0]
            todo.extend((name, other) for name in self.reading.premises(other))

    def needed(self, equation: Equation) -> list[Rule]:
        """The equations that a line needs as hypotheses, as rules."""
        found: list[Rule] = []
        for need in equation.annotation.all("needs"):
            try:
                chain = self.reading.formula_chain(need.value, equation, need)
            except DeriveError:
                continue
            if chain.first is not None and chain.links and chain.links[-1][0] == "=" and head(chain.first) is not None:
                found.append(Rule(chain.first, chain.links[-1][1], "needs", chain.apart))
        return found

    def is_approximate(self, name: str) -> bool:
        """Whether a premise is a line that was reached through an expansion or by dropping a term."""
        while name in {equation.number for equation in self.paper.lines}:
            equation = self.paper.equation(name)
            entry = equation.annotation.one("by")
            if entry is not None and entry.value.startswith(("order ", "drop ")):
                return True
            if self.reading.line(name).chain.first is not None or not (before := self.reading.premises(equation)):
                return False
            name = before[0]
        return False

    def approximated(self, goal: Goal) -> Goal:
        """The goal with its left side as an approximate premise has it, which holds in no model exactly."""
        for rule in goal.rules:
            found: dict[Index, Index] = {}
            if self.is_approximate(rule.source) and unify(rule.left, goal.left, found) and rule.admits(found):
                return replace(goal, left=substitute_indices(rule.right, found))
        return goal

    def is_derived(self, name: str) -> bool:
        """Whether a premise is a line that is claimed to follow, and not one that is assumed."""
        if name not in {equation.number for equation in self.paper.lines}:
            return False
        entry = self.paper.equation(name).annotation.one("by")
        return entry is None or entry.value not in ("definition", "assumption")

    def goal(self, line: Line, left: Expr, right: Expr, corrected: bool) -> Goal:
        """left = right from the premises that a line names."""
        rules: list[Rule] = []
        equalities: list[Equality] = []
        names = self.reading.premises(line.equation)
        for number, name in enumerate(names):
            more_rules, more_equalities = self.rules_of(name, corrected, line.equation)
            if number == 0 and line.chain.first is None:
                if all(rule.left != left for rule in more_rules) or self.reading.line(name).relation != "≡":
                    continue
                more_equalities = []
            given = self.reading.given(name, line.equation)
            if given is not None and (given.left, given.right) == (left, right):
                raise EncodingError(f"the hypothesis {name} restates the line", self.reading.where(line.equation))
            rules += more_rules
            equalities += more_equalities
        definitions = self.root_rules(line.equation)
        return Goal(left, right, line.scope, tuple(rules), tuple(equalities), definitions, line.chain.apart)
