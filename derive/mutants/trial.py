"""Whether the verifier notices that a line was changed: the line, or one that uses it, changes its verdict.

What a proof says decides first, without models: where it fails, a line that was shown is so no longer. Only what is
still shown is judged in full, with all its cross-examination.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from derive.algebra.rules import Unsupported
from derive.annotation import Annotation, Entry
from derive.constants import constant
from derive.dependence import Dependence
from derive.errors import DeriveError
from derive.examination import Examination
from derive.expression import Expr, Frac
from derive.judgement import By, Judgement, SoundnessError, parse_by, shown
from derive.latex.chain import Chain
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.methods import exact, order
from derive.methods.goal import Goal
from derive.notation import EMPTY_SCOPE
from derive.paper import Equation, Given, Paper
from derive.statement import Line, is_sentence
from derive.verdict import Result
from derive.verify import Verifier

INTRODUCED = ("definition", "assumption")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant: ``caught``, ``equal`` to the print, or ``survived``; and by what, in words."""

    fate: str
    by: str


class _Fails(Exception):
    """A proof fails that was there before."""


class _Shown(Exception):
    """The proof is there; what remains is for a full examination."""


class _Hasty(Examination):
    """Stands in the place of the models: it says at once that a proof fails, and passes what is shown."""

    def not_shown(self, *_: Any, **__: Any) -> NoReturn:
        raise _Fails

    not_shown_to_order = not_shown
    fails_under = not_shown

    def difference(self, *_: Any, **__: Any) -> NoReturn:
        raise _Shown

    def cross_examine(self, *_: Any, **__: Any) -> str:
        return ""

    def proved_again(self, *_: Any, **__: Any) -> list[str]:
        return []

    def not_needed(self, *_: Any, **__: Any) -> list[str]:
        return []


class Trials:
    """The trials of a paper whose lines are all decided: it is changed in one place, and looked at again."""

    def __init__(self, paper: Paper, results: Mapping[str, Result]) -> None:
        self.paper = paper
        self.results = results
        self.base = Verifier(paper)
        self.base.learn(results)
        self.dependence = Dependence(paper)
        self._naming: dict[str, list[str]] = {}
        for equation in paper.equations:
            for name in self.dependence.premises(equation.number) if equation.is_annotated else ():
                self._naming.setdefault(name, []).append(equation.number)

    def users(self, number: str) -> list[str]:
        """The lines that name a line as a premise, or another one that goes on from it and so has its left side."""
        found: dict[str, None] = {}
        todo = [number]
        while todo:
            at = todo.pop(0)
            for user in self._naming.get(at, ()):
                if user in found or user == number:
                    continue
                found[user] = None
                line = self.base.reading.line(user)
                if line.chain.first is None and self.base.reading.premises(line.equation)[:1] == (at,):
                    todo.append(user)
        return list(found)

    # -- changes -------------------------------------------------------------------------------------------------

    def statement(self, number: str, chain: Chain) -> Outcome:
        """The fate of a line whose print, or whose correction where it is refuted, is another one."""
        line = self.base.reading.line(number)
        is_refuted = self.results[number].verdict == "refuted"
        changed = replace(line, corrected=chain) if is_refuted else replace(line, chain=chain)
        found = self._own(changed, self.paper)
        if found is not None:
            return found
        before = line.corrected if is_refuted else line.chain
        assert before is not None
        if self._is_equal(changed, before, chain):
            return Outcome("equal", "it is equal to the print under the same premises")
        found = self._by_users(number, lambda known: self._verifier(self.paper, known, changed))
        return found or self._survived(number)

    def without(self, number: str, what: str, entries: tuple[Entry, ...]) -> Outcome:
        """The fate of a line of which a premise or hypothesis, ``what``, is no longer said."""
        equation = self.paper.equation(number)
        equation = replace(equation, annotation=Annotation(entries, equation.annotation.line))
        paper = _with(self.paper, equation)
        if any(said.startswith("not needed") and f"({what})" in said for said in self.results[number].evidence):
            return Outcome("equal", "the line is said to be shown without it")
        try:
            line = self.base.reading.changed(paper, forget=(number,)).line(number)
        except DeriveError as error:
            return Outcome("caught", f"an error: {error}")
        said = "its correction is shown" if self.results[number].verdict == "refuted" else "the line is as it was"
        return self._own(line, paper) or Outcome("survived", f"{said} without it, which its evidence does not say")

    def given(self, given: Given, value: str) -> Outcome:
        """The fate of what the paper states by name, where it states something else."""
        if self._says_the_same(given, value):
            return Outcome("equal", "it is equal to what is stated, by no premise")
        new = replace(given, entry=replace(given.entry, value=value))
        paper = replace(self.paper, givens=tuple(new if g == given else g for g in self.paper.givens))
        users = self.named_by(given)
        found = self._by_users("", lambda known: self._verifier(paper, known), users)
        return found or Outcome("survived", self._unused(users, str(given.entry.name)))

    def dropped(self, given: Given) -> Outcome:
        """The fate of what the paper states by name and no line names, if it is not stated: models may rest on it."""
        paper = replace(self.paper, givens=tuple(g for g in self.paper.givens if g != given))
        found = self._by_users("", lambda known: self._verifier(paper, known), self.in_scope_of(given))
        return found or Outcome(
            "survived", "no line names it as a premise, and every line of its scope does without it"
        )

    def _says_the_same(self, given: Given, value: str) -> bool:
        """Whether two formulas of something stated by name are equal side by side, whatever else is known."""
        scope = self.paper.notation.scopes.get(given.scope, EMPTY_SCOPE)
        try:
            before, now = (read_chain(tokens(text), scope) for text in (given.entry.value, value))
        except DeriveError:
            return False
        if before.apart != now.apart or len(before.sides) != len(now.sides):
            return False
        by = By("exact")
        return all(
            a == b or _same(Goal(a, b, scope, (), (), (), before.apart), by, "=")
            for a, b in zip(before.sides, now.sides, strict=True)
        )

    def named_by(self, given: Given) -> list[str]:
        """The lines that name what a paper states by name."""
        found: list[str] = []
        for equation in self.paper.equations:
            entry = equation.annotation.one("from")
            named = entry is not None and given.entry.name in entry.parts
            if named and given.scope in self.base.reading.scope(equation).lineage:
                found.append(equation.number)
        return found

    def in_scope_of(self, given: Given) -> list[str]:
        """The lines in the scope of what a paper states by name: its definitions give models their values."""
        lines = (e for e in self.paper.equations if e.is_annotated)
        return [e.number for e in lines if given.scope in self.base.reading.scope(e).lineage]

    # -- what is decided again -----------------------------------------------------------------------------------

    def _verifier(self, paper: Paper, known: Mapping[str, Result], *lines: Line) -> Verifier:
        """A verifier of the changed paper that knows these results."""
        verifier = Verifier(paper, self.base.reading.changed(paper, *lines))
        verifier.learn(known)
        return verifier

    def _own(self, line: Line, paper: Paper) -> Outcome | None:
        """Whether the line itself notices; None if it does not."""
        number = line.equation.number
        others = {name: result for name, result in self.results.items() if name != number}
        return self._judged(number, lambda: self._verifier(paper, others, line))

    def _by_users(
        self, number: str, verifier: Callable[[Mapping[str, Result]], Verifier], users: list[str] | None = None
    ) -> Outcome | None:
        """Whether a line that uses it notices: first by proofs alone, then in full."""
        users = self.users(number) if users is None else users
        for in_full in (False, True):
            for user in users:
                others = {name: result for name, result in self.results.items() if name != user}
                found = self._judged(user, lambda others=others: verifier(others), in_full=in_full)
                if found is not None:
                    return replace(found, by=f"({user}): {found.by}") if found.fate == "caught" else found
        return None

    def _judged(self, number: str, verifier: Callable[[], Verifier], *, in_full: bool = True) -> Outcome | None:
        """What is said of a line by a verifier of a changed paper; None if that is what was said before."""
        before = self.results[number]
        try:
            found = verifier()
            make_hasty(found)
            try:
                if not self._still(found, number, before):
                    return Outcome("caught", "what was shown is not shown")
            except _Fails:
                return Outcome("caught", "what was shown is not shown")
            except _Shown:
                pass
            if not in_full:
                return None
            result = verifier().result(number)
        except DeriveError as error:
            return Outcome("caught", f"an error: {error}")
        except SoundnessError as error:
            return Outcome("survived", f"an error of this program: {error}")
        if (result.verdict, result.borne_out) != (before.verdict, before.borne_out):
            return Outcome("caught", _told(before, result))
        return None

    def _still(self, verifier: Verifier, number: str, before: Result) -> bool:
        """Whether a hasty verifier shows what was shown of a line before; raises where the proof fails.

        True where the question is for a full examination, as with lines that are supported.
        """
        line = verifier.reading.line(number)
        verifier.fields.examines = bool(line.equation.annotation.all("needs"))
        where = verifier.reading.where(line.equation, line.equation.annotation.one("by"))
        by = parse_by(line.equation.annotation.one("by"), where, line.scope)
        if before.verdict not in ("refuted", "supported", "open"):
            if by.method in INTRODUCED:
                verifier.result(number)
                return True
            return verifier.judge.chain(line, line.chain, by, corrected=True).verdict == before.verdict
        if before.verdict == "refuted" and line.corrected is not None:
            if by.method in INTRODUCED:
                verifier.obligations.check_correction(line)
                obligations = line.equation.annotation.all("so")
                return all(shown(self._obligation(verifier, line, entry).verdict) for entry in obligations)
            chain = verifier._corrected_chain(line)
            return shown(verifier.judge.chain(line, chain, by, corrected=True).verdict)
        return True

    @staticmethod
    def _obligation(verifier: Verifier, line: Line, entry: Entry) -> Judgement:
        return verifier.obligations.judge(line, entry, corrected_self=True)

    # -- what is as true as the print ----------------------------------------------------------------------------

    def _is_equal(self, line: Line, before: Chain, now: Chain) -> bool:
        """Whether the two chains say the same under the premises of the line, to the order that it claims."""
        equation = line.equation
        by = parse_by(equation.annotation.one("by"), self.base.reading.where(equation), line.scope)
        if by.method in INTRODUCED:
            rules = tuple(r for r in self.base.premises.root_rules(equation) if r.source != equation.number)
            own = _rule_of(before)
            goal = Goal(own, own, line.scope, rules, (), rules, before.apart)
        else:
            own = self.base.reading.left(self.base.reading.line(equation.number).equation, corrected=True)
            goal = self.base.premises.goal(self.base.reading.line(equation.number), own, own, True)
        if (before.first is None) != (now.first is None) or len(before.links) != len(now.links):
            return False
        if [relation for relation, _ in before.links] != [relation for relation, _ in now.links]:
            return False
        pairs = zip(before.sides, now.sides, strict=True)
        if all(a == b or _same(replace(goal, left=a, right=b), by, before.links[-1][0]) for a, b in pairs):
            return True
        return _is_rescaled(goal, before, now)

    def _survived(self, number: str) -> Outcome:
        return Outcome("survived", self._unused(self.users(number), number))

    def _unused(self, users: list[str], name: str) -> str:
        """Why nothing notices: that nothing uses it, or who does, and what is known of that."""
        if not users:
            return "nothing uses it, and nothing more is said of it"
        return "; ".join(f"({user}) {self._use(user, name)}" for user in users)

    def _use(self, user: str, name: str) -> str:
        result = self.results[user]
        entry = self.paper.equation(user).annotation.one("corrected")
        if any(said.startswith("not needed") and f"({name})" in said for said in result.evidence):
            return "says that it does without it"
        if result.verdict == "refuted" and entry is not None and is_sentence(entry.value):
            return "is refuted all the same, and corrected in words"
        return f"is {result.verdict} all the same"


def make_hasty(verifier: Verifier) -> None:
    """Lets a verifier judge by proofs alone."""
    hasty = _Hasty(verifier.reading, verifier.premises)
    verifier.examination = verifier.judge.examination = verifier.obligations.examination = hasty


def _rule_of(chain: Chain) -> Expr:
    return chain.links[-1][1] if chain.links else chain.sides[0]


def _same(goal: Goal, by: By, relation: str) -> bool:
    """Whether two expressions are equal by normal forms; up to a factor where that is all that counts."""
    if goal.left.type != goal.right.type:
        return False
    try:
        if by.method == "order":
            return order.prove(goal, by.order, by.parameter)[0].shown
        if exact.prove(goal).shown:
            return True
        return relation == "∝" and _proportional(goal)
    except (Unsupported, ArithmeticError, TypeError, ValueError, AssertionError):
        return False


def _is_rescaled(goal: Goal, before: Chain, now: Chain) -> bool:
    """Whether two inequalities to zero differ by a positive number on the other side."""
    if len(before.sides) != 2 or before.links[-1][0] not in ("<", ">", "≤", "≥"):
        return False
    pairs = list(zip(before.sides, now.sides, strict=True))
    others = [(a, b) for a, b in pairs if not all(constant(side) == 0 for side in (a, b))]
    if len(others) != 1:
        return False
    try:
        ratio = exact.normal(Frac(others[0][1], others[0][0]), goal).constant
    except (Unsupported, ArithmeticError):
        return False
    return ratio is not None and ratio > 0


def _proportional(goal: Goal) -> bool:
    ratio = Frac(goal.left, goal.right)
    try:
        return exact.normal(ratio, goal).constant is not None
    except (Unsupported, ArithmeticError):
        return False


def _with(paper: Paper, equation: Equation) -> Paper:
    return replace(paper, equations=tuple(equation if e.number == equation.number else e for e in paper.equations))


def _told(before: Result, after: Result) -> str:
    if before.verdict != after.verdict:
        return f"{after.verdict} and no longer {before.verdict}"
    return "its finding is no longer borne out" if before.borne_out else "its finding is borne out now"
