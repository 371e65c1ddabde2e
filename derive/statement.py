r"""Statements: what a printed line says once it is read, in its place in the paper.

A line that starts with a relation goes on from its first premise: its left side is the last side of that line. Its
*head* is the left side of the whole chain, so that as a premise the line says head = right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from derive.algebra.rules import Rule, head
from derive.annotation import Entry
from derive.errors import EncodingError, ReadError, UnknownName
from derive.expression import Expr, Index, free_indices, walk
from derive.fields.nodes import places_of
from derive.latex.chain import Chain
from derive.latex.reader import read_chain, read_expression
from derive.latex.tokens import Token, replace_tokens, tokens
from derive.latex.writer import write_chain
from derive.notation import EMPTY_SCOPE, Scope
from derive.paper import Equation, Given, Paper

_APART = re.compile(r"(\w) \\neq (\w)")


@dataclass(frozen=True, slots=True)
class Slip:
    """A re-reading that was applied to a line: the print, what it is read as, and why."""

    name: str
    printed: str
    read: str
    why: str

    def said(self, first: str) -> str:
        text = rf"${self.printed}$ is read as ${self.read}$"
        if first:
            return f"{text}, as in ({first})"
        return f"{text}: {self.why}" if self.why else text


@dataclass(frozen=True, slots=True)
class Line:
    """A line as read: its chain, the slips that the reading rests on, its correction if one is recorded."""

    equation: Equation
    chain: Chain
    slips: tuple[Slip, ...]
    corrected: Chain | None
    scope: Scope

    @property
    def right(self) -> Expr:
        return self.chain.links[-1][1]

    def last(self, corrected: bool) -> Expr:
        """The last side, as corrected (where a correction is recorded) or as printed."""
        return self.corrected.links[-1][1] if corrected and self.corrected is not None else self.right

    def first(self, corrected: bool) -> Expr | None:
        """The first side, as corrected where the recorded correction has one of its own."""
        own = self.corrected.first if corrected and self.corrected is not None else None
        return self.chain.first if own is None else own

    @property
    def relation(self) -> str:
        return self.chain.links[-1][0]

    def _repr_latex_(self) -> str:
        """The line in a notebook, as it is read."""
        return rf"$\displaystyle {write_chain(self.chain, self.scope)}$"

    @property
    def is_display(self) -> bool:
        """Whether the line only shows something, without a relation."""
        return not self.chain.links


class Reading:
    """All lines of a paper, read when they are asked for, each once."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self._lines: dict[str, Line] = {}
        self._givens: dict[Given, Rule] = {}

    def changed(self, paper: Paper, *lines: Line, forget: Iterable[str] = ()) -> Reading:
        """The lines of a paper of which only these are not as they were; those to ``forget`` are read again."""
        other = Reading(paper)
        other._lines = {**self._lines, **{line.equation.number: line for line in lines}}
        for number in forget:
            other._lines.pop(number, None)
        other._givens = dict(self._givens)
        return other

    def scope(self, equation: Equation) -> Scope:
        return self.paper.notation.scopes[equation.scope] if equation.scope else EMPTY_SCOPE

    def where(self, equation: Equation, entry: Entry | None = None) -> str:
        return entry.where if entry else f"{self.paper.file}:{equation.line}"

    def line(self, number: str) -> Line:
        """The line with this id, read. Raises ReadError or EncodingError with file and line."""
        if number not in self._lines:
            equation = self.paper.equation(number)
            self._lines[number] = self._read(equation)
        return self._lines[number]

    def _read(self, equation: Equation) -> Line:
        scope = self.scope(equation)
        own = set(equation.annotation.all("read"))
        try:
            source, slips = reread(tokens(equation.latex), equation.reads, own)
            by = equation.annotation.one("by")
            chain = read_chain(source, scope, display=by is not None and by.value == "definition")
        except ReadError as error:
            line = equation.line + equation.latex.count("\n", 0, error.offset)
            raise EncodingError(f"line ({equation.number}): {error.message}", f"{self.paper.file}:{line}") from error
        if not chain.links and ((by := equation.annotation.one("by")) is None or by.value != "definition"):
            raise EncodingError(f"line ({equation.number}): there is no relation in this line", self.where(equation))
        chain = replace(chain, apart=(*chain.apart, *self._kept_apart(equation, chain)))
        corrected = None
        entry = equation.annotation.one("corrected")
        if entry is not None and not (equation.kind == "claim" and is_sentence(entry.value)):
            corrected = self.formula_chain(entry.value, equation, entry)
        return Line(equation, chain, slips, corrected, scope)

    def _kept_apart(self, equation: Equation, chain: Chain) -> tuple[tuple[Index, Index], ...]:
        """The indices of a line that a hypothesis it names keeps different."""
        entry = equation.annotation.one("from")
        occurring = {i for side in chain.sides for node in walk(side) for i in free_indices(node)}
        occurring |= {place.index for side in chain.sides for place in places_of(side)}
        found = [self.apart(name, equation) for name in (entry.parts if entry is not None else ())]
        return tuple(pair for pair in found if pair is not None and set(pair) <= occurring)

    def apart(self, name: str, equation: Equation) -> tuple[Index, Index] | None:
        r"""The two indices that a named hypothesis ``i \neq j`` of the scope keeps different; None if it is no such."""
        scope = self.scope(equation)
        for given in self.paper.givens:
            if given.entry.name == name and given.scope in scope.lineage:
                found = _APART.fullmatch(given.entry.value)
                ranges = [scope.range_of_letter(letter) for letter in found.groups()] if found else []
                if found and len(ranges) == 2 and ranges[0] is not None and ranges[0] == ranges[1]:
                    first, second = (Index(letter, ranges[0].name) for letter in found.groups())
                    return first, second
        return None

    def formula_chain(self, value: str, equation: Equation, entry: Entry) -> Chain:
        """A formula of an annotation, under the re-readings of its scope."""
        try:
            source, _ = reread(tokens(value), self._scope_reads(equation), set())
            return read_chain(source, self.scope(equation))
        except ReadError as error:
            raise EncodingError(f"{entry.key}: {error.message}", self.where(equation, entry)) from error

    def expression(self, value: str, equation: Equation, entry: Entry) -> Expr:
        """An expression of an annotation."""
        try:
            source, _ = reread(tokens(value), self._scope_reads(equation), set())
            return read_expression(source, self.scope(equation))
        except ReadError as error:
            raise EncodingError(f"{entry.key}: {error.message}", self.where(equation, entry)) from error

    @staticmethod
    def _scope_reads(equation: Equation) -> tuple[Entry, ...]:
        own = set(equation.annotation.all("read"))
        return tuple(entry for entry in equation.reads if entry not in own)

    # -- premises ------------------------------------------------------------------------------------------------

    def premises(self, equation: Equation) -> tuple[str, ...]:
        """The ids and names that a line goes back to: those it says, else the line before if it starts so."""
        entry = equation.annotation.one("from")
        if entry is not None:
            return entry.parts
        if self.line(equation.number).chain.first is None:
            before = self._before(equation)
            return (before,) if before else ()
        return ()

    def _before(self, equation: Equation) -> str | None:
        numbers = [e.number for e in self.paper.lines]
        at = numbers.index(equation.number)
        return numbers[at - 1] if at else None

    def left(self, equation: Equation, corrected: bool) -> Expr:
        """The left side of a line: its own, or the last side of its first premise."""
        line = self.line(equation.number)
        if line.chain.first is not None:
            return line.chain.first
        names = self.premises(equation)
        if not names:
            raise EncodingError("the line starts with a relation and has no line before it", self.where(equation))
        return self.before(names[0], equation).last(corrected)

    def before(self, name: str, equation: Equation) -> Line:
        """The line that one without a left side goes on from. Raises EncodingError where that is none."""
        where = self.where(equation, equation.annotation.one("from"))
        if self.given(name, equation) is not None or self.apart(name, equation) is not None:
            said = f"the line starts with a relation: its first premise must be the line it goes on from, not {name}"
            raise EncodingError(said, where)
        line = self.line(name)
        if line.is_display:
            raise EncodingError(f"the line starts with a relation, but ({name}) has none to go on from", where)
        return line

    def chain_head(self, number: str, corrected: Callable[[str], bool] = lambda _: False) -> Expr:
        """The left side of the chain that a line belongs to, as corrected where ``corrected`` says so of its line."""
        seen: set[str] = set()
        while number not in seen:
            seen.add(number)
            line = self.line(number)
            first = line.first(corrected(number))
            if first is not None:
                return first
            names = self.premises(line.equation)
            if not names:
                break
            number = self.before(names[0], line.equation).equation.number
        raise EncodingError(f"the chain that ({number}) belongs to has no left side", self.paper.file)

    def given(self, name: str, equation: Equation) -> Rule | None:
        """The named hypothesis of a scope (or of one that it extends) as a rule, or None if there is no such name."""
        for given in self.paper.givens:
            if given.entry.name == name and given.scope in self.scope(equation).lineage:
                if _APART.fullmatch(given.entry.value):
                    return None
                if given not in self._givens:
                    self._givens[given] = self._given_rule(given)
                return self._givens[given]
        return None

    def _given_rule(self, given: Given) -> Rule:
        entry = given.entry
        where = entry.where
        scope = self.paper.notation.scopes.get(given.scope, EMPTY_SCOPE)
        try:
            source, _ = reread(tokens(entry.value), given.reads, set())
            chain = read_chain(source, scope)
        except ReadError as error:
            raise EncodingError(f"given {entry.name}: {error.message}", where) from error
        if chain.first is None or (head(chain.first) is None and not scope.summation):
            raise EncodingError(f"given {entry.name}: the left side must be a symbol, entry, density or moment", where)
        if any(relation not in ("=", "≈", "≡") for relation, _ in chain.links):
            raise EncodingError(f"given {entry.name}: it must be an equation", where)
        return Rule(chain.first, chain.links[-1][1], entry.name or "", chain.apart)

    def check_premises(self, equation: Equation) -> None:
        """Raises EncodingError for a premise that is no line and no named hypothesis."""
        entry = equation.annotation.one("from")
        for name in self.premises(equation):
            if self.given(name, equation) is not None or self.apart(name, equation) is not None:
                continue
            try:
                self.paper.equation(name)
            except UnknownName as error:
                said = f"from: {name} is no line of the paper and no named hypothesis of the scope"
                if "(" in name or " " in name:
                    said += "; premises are written as  from: 4, 5a, relative"
                raise EncodingError(said, self.where(equation, entry)) from error

    def written(self, number: str) -> str:
        line = self.line(number)
        return write_chain(line.chain, line.scope)


def ancestors(number: str, premises: Callable[[str], Iterable[str]]) -> set[str]:
    """All that a line rests on, directly or not, by what each thing rests on directly."""
    found: set[str] = set()
    todo = [number]
    while todo:
        more = set(premises(todo.pop())) - found
        found |= more
        todo.extend(more)
    return found


def reread(source: list[Token], reads: tuple[Entry, ...], required: set[Entry]) -> tuple[list[Token], tuple[Slip, ...]]:
    """The tokens after all re-readings, and those that were applied.

    Raises EncodingError when a re-reading of this very line finds nothing to re-read.
    """
    slips: list[Slip] = []
    for entry in reads:
        printed, sign, meant = entry.value.partition(" as ")
        if not sign:
            raise EncodingError("read: is written as  read: X as Y", entry.where)
        source, count = replace_tokens(source, [t.text for t in tokens(printed)], tokens(meant))
        if count:
            slips.append(Slip(entry.name or printed, printed, meant, entry.words))
        elif entry in required:
            raise EncodingError(f"read: {printed} does not occur in this line", entry.where)
    return source, tuple(slips)


def is_sentence(value: str) -> bool:
    """Whether a correction is said in words and not as a formula."""
    return value.startswith('"')


__all__ = ["Line", "Reading", "Slip", "ancestors", "is_sentence", "reread"]
