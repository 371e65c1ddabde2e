"""What the verdict of a line depends on, as a digest: with the same digest, it would be decided the same.

It depends on the program; on its own print and annotation; on what it rests on, however far up, as stated and as
decided; on what its scope introduces and states by name, since it is examined in models of that; and on the notation
of these lines, as far as they use it. Layout and words for people in other lines do not count, and neither does where
in the file something stands. Nothing here reads a formula, so that a run that decides nothing starts at once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from derive.annotation import Entry
from derive.errors import DeriveError
from derive.latex.chain import RELATIONS
from derive.latex.tokens import FONTS, Token, tokens
from derive.notation import EMPTY_SCOPE, Declared, Scope
from derive.paper import Equation, Given, Paper
from derive.statement import Slip, ancestors, reread
from derive.store import program_digest
from derive.verdict import Result

_WORD = re.compile(r"\\[A-Za-z]+|[A-Za-z]")
_PLAIN = Declared("")


class Dependence:
    """What lines of a paper rest on, and the digests of all that their verdicts depend on."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self._lines = {equation.number: equation for equation in paper.equations}
        self._before = dict(zip([e.number for e in paper.lines[1:]], [e.number for e in paper.lines], strict=False))
        self._tokens: dict[str, tuple[list[Token], tuple[Slip, ...]]] = {}
        self._rests: dict[str, tuple[str, ...]] = {}
        self._above: dict[str, set[str]] = {}
        self._contents: dict[str, str] = {}
        self._words: dict[str, frozenset[str]] = {}

    # -- what rests on what --------------------------------------------------------------------------------------

    def premises(self, number: str) -> tuple[str, ...]:
        """The lines that a line goes back to directly; hypotheses with a name are no lines."""
        if number not in self._rests:
            equation = self._lines[number]
            entry = equation.annotation.one("from")
            if entry is not None:
                named = [part for part in entry.parts if not self._is_given(part, equation)]
            elif self._goes_on(number):
                named = [self._before[number]] if number in self._before else []
            else:
                named = []
            self._rests[number] = tuple(name for name in named if name in self._lines)
        return self._rests[number]

    def ancestors(self, number: str) -> set[str]:
        """All lines that a line rests on."""
        if number not in self._above:
            self._above[number] = ancestors(number, self.premises)
        return self._above[number]

    def introduced(self, number: str) -> set[str]:
        """The lines that say what holds in the models of a line: those that introduce something in its scope."""
        equation = self._lines[number]
        lineage = self._scope(equation).lineage
        roots = {other.number for other in self.paper.lines if other.scope in lineage and self._is_root(other)}
        heads: set[str] = set()
        for name in roots | set(self.premises(number)):
            while self._goes_on(name) and (before := self.premises(name)[:1]) and before[0] not in heads:
                name = before[0]
                heads.add(name)
        return roots | heads

    def _is_root(self, equation: Equation) -> bool:
        if equation.is_annotated:
            entry = equation.annotation.one("by")
            return entry is not None and entry.value in ("definition", "assumption")
        return equation.number in self._named

    @cached_property
    def _named(self) -> set[str]:
        """What any line names as a premise."""
        found = (equation.annotation.one("from") for equation in self.paper.equations)
        return {part for entry in found if entry is not None for part in entry.parts}

    def _is_given(self, name: str, equation: Equation) -> bool:
        return any(given.entry.name == name for given in self._givens(self._scope(equation)))

    def _givens(self, scope: Scope) -> list[Given]:
        return [given for given in self.paper.givens if given.scope in scope.lineage]

    def _goes_on(self, number: str) -> bool:
        found = self._read(number)[0]
        return bool(found) and found[0].text in RELATIONS

    def _scope(self, equation: Equation) -> Scope:
        return self.paper.notation.scopes[equation.scope] if equation.scope else EMPTY_SCOPE

    def _read(self, number: str) -> tuple[list[Token], tuple[Slip, ...]]:
        """The tokens of a line under its re-readings, and those that apply; none if it is no formula."""
        if number not in self._tokens:
            equation = self._lines[number]
            try:
                self._tokens[number] = reread(tokens(equation.latex), equation.reads, set())
            except DeriveError:
                self._tokens[number] = [], ()
        return self._tokens[number]

    # -- digests -------------------------------------------------------------------------------------------------

    def key(self, number: str, results: Mapping[str, Result]) -> str:
        """The digest of what the verdict of a line depends on, by the results of all that it rests on."""
        equation = self._lines[number]
        above = self.ancestors(number)
        involved = self.involved(number)
        scopes = {scope.name: scope for scope in (self._scope(self._lines[name]) for name in involved)}
        givens = [given for given in self.paper.givens if any(given.scope in s.lineage for s in scopes.values())]
        scopes |= {g.scope: self.paper.notation.scopes.get(g.scope, EMPTY_SCOPE) for g in givens}
        words = frozenset().union(*map(self._words_of, involved), *map(self._words_of_given, givens))
        return _digest(
            [
                program_digest(),
                number,
                self._own(equation),
                [self._content(name) for name in involved],
                [self._outcome(results[name]) for name in involved if name in above and name in results],
                [[given.scope, given.entry.name, given.entry.value, _values(given.reads)] for given in givens],
                [[name, _slice(scope, words)] for name, scope in sorted(scopes.items())],
            ]
        )

    def involved(self, number: str) -> tuple[str, ...]:
        """The lines whose statements count for the verdict of a line, itself among them, in print order."""
        around = self.ancestors(number) | self.introduced(number) | {number}
        return tuple(equation.number for equation in self.paper.equations if equation.number in around)

    def _own(self, equation: Equation) -> list[Any]:
        """What is shown of the line itself: its words for people, and where a slip of it stands first."""
        said = [entry.words for entry in equation.annotation.entries]
        symbols = self._scope(equation).symbols.values()
        meanings = [d.meaning for d in symbols if _occurs(d, self._words_of(equation.number))]
        slips = self._read(equation.number)[1]
        firsts = [self._first_slips.get((equation.scope, slip.name)) for slip in slips]
        return [said, equation.version, meanings, [slip.why for slip in slips], firsts]

    @cached_property
    def _first_slips(self) -> dict[tuple[str | None, str], str]:
        found: dict[tuple[str | None, str], str] = {}
        for equation in self.paper.equations:
            if equation.is_annotated:
                for slip in self._read(equation.number)[1]:
                    found.setdefault((equation.scope, slip.name), equation.number)
        return found

    def _content(self, number: str) -> str:
        """A digest of what a line says, without layout and words for people."""
        if number not in self._contents:
            equation = self._lines[number]
            try:
                printed: Any = [[token.text, token.side] for token in tokens(equation.latex)]
            except DeriveError:
                printed = equation.latex
            said = [[e.key, e.name, e.value] for e in equation.annotation.entries if e.key != "same"]
            about = [
                number,
                equation.kind,
                equation.scope,
                printed,
                said,
                _values(equation.reads),
                self.premises(number),
            ]
            self._contents[number] = _digest(about)
        return self._contents[number]

    def _words_of(self, number: str) -> frozenset[str]:
        if number not in self._words:
            equation = self._lines[number]
            entries = (*equation.annotation.entries, *equation.reads)
            self._words[number] = _words(equation.latex, *map(_formula, entries))
        return self._words[number]

    @staticmethod
    def _words_of_given(given: Given) -> frozenset[str]:
        return _words(given.entry.value, *(read.value for read in given.reads))

    @staticmethod
    def _outcome(result: Result) -> list[Any]:
        """What a line takes from the result of one that it rests on."""
        return [result.number, result.verdict, result.follows, result.inherits, result.borne_out]


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, ensure_ascii=False).encode()).hexdigest()


def _formula(entry: Entry) -> str:
    """What of an entry may be a formula."""
    if entry.key == "by":
        return entry.value if entry.value.startswith(("drop ", "up to ")) else ""
    return "" if entry.key in ("from", "same", "scope") else entry.value


def _values(reads: Iterable[Entry]) -> list[list[str | None]]:
    return [[read.name, read.value] for read in reads]


def _words(*texts: str) -> frozenset[str]:
    """The letters and commands of formulas, without fonts and accents."""
    return frozenset(word for text in texts for word in _WORD.findall(text)) - FONTS


def _slice(scope: Scope, words: frozenset[str]) -> list[Any]:
    """The notation of a scope as far as formulas with these words use it.

    Plain quantities that occur in none of them do not count, but for their place in the table, by which models draw
    values; anything else is what a scope may be asked for by its kind.
    """
    used = [
        [place, repr(_as_data(declared))]
        for place, declared in enumerate(scope.symbols.values())
        if not _is_plain(declared) or _occurs(declared, words)
    ]
    has_dimensions = any(declared.dimension for declared in scope.symbols.values())
    ranges = [[name, r.size, r.letters, r.vector] for name, r in scope.ranges.items()]
    return [scope.lineage, ranges, list(scope.small), has_dimensions, used]


def _as_data(declared: Declared) -> list[Any]:
    """A declaration without its meaning, and without the order of a set."""
    plain = replace(declared, meaning="", properties=frozenset(), weights={})
    return [plain, sorted(declared.properties), sorted(declared.weights.items())]


def _is_plain(declared: Declared) -> bool:
    """Whether a symbol is a quantity of which nothing is said that a scope is asked for without the symbol's name."""
    is_constant = declared.domain == "positive" and not declared.slots and declared.dimension
    special = declared.properties or any(weight < 0 for weight in declared.weights.values()) or is_constant
    more = (declared.kind, declared.law, declared.part_of, declared.implied, declared.of, declared.given)
    plain = (_PLAIN.kind, _PLAIN.law, _PLAIN.part_of, _PLAIN.implied, _PLAIN.of, _PLAIN.given)
    return more == plain and not special and declared.domain != "binary"


def _occurs(declared: Declared, words: frozenset[str]) -> bool:
    return _words(declared.key.partition("_{")[0]) <= words
