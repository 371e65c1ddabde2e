r"""Two versions of a paper side by side: which lines correspond, and what differs in print, number and verdict.

A line corresponds to the one that ``same:`` names, in either paper. The other displayed lines are aligned in order by
their tokens, so that what is found in the print never crosses itself: equal tokens count most, then a high share of
common tokens and of common pairs of neighbours. Claims that no ``same:`` names correspond by their slug.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from derive.errors import ReadError, UnknownName
from derive.latex.tokens import lexemes, tokens
from derive.paper import Paper
from derive.run import select
from derive.versions import difference

SCHEMA = 1
ALIKE = 600
"""How alike two lines must be to correspond, in thousandths; see :func:`likeness`."""
EQUAL = 1000
"""What a pair of equal lines adds to an alignment; a pair that is only alike adds what it has above ``ALIKE``.

A stated pair adds one less than equal lines: it stands even if it crosses them, and they are found all the same.
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of the first paper and the line of the second that corresponds to it; None where there is none."""

    first: str | None
    """The number, or ``claim-SLUG``."""
    second: str | None
    kind: str
    """``equation`` or ``claim``, in the second paper where it is there."""
    was: str | None
    """The verdict in the first paper."""
    now: str | None
    by: str | None = None
    """How the two were found: by ``same``, by their ``print``, or by their ``slug``."""
    difference: str | None = None
    """What differs in print, in words; None for equal tokens. Layout makes no token."""

    @property
    def is_common(self) -> bool:
        return self.first is not None and self.second is not None

    @property
    def is_renumbered(self) -> bool:
        return self.is_common and self.first != self.second

    @property
    def is_judged_otherwise(self) -> bool:
        return self.is_common and self.was != self.now

    @property
    def said(self) -> str:
        """What differs beside the verdict, in words."""
        if not self.is_common:
            return "only in the first" if self.second is None else "only in the second"
        return "; ".join(part for part in ("renumbered" if self.is_renumbered else "", self.difference) if part)


@dataclass(frozen=True, slots=True)
class Diff:
    """Two papers and all their lines, in the order of the second paper; those only in the first where they stood."""

    papers: tuple[Paper, Paper]
    pairs: tuple[Pair, ...]

    @property
    def lists(self) -> dict[str, list[Pair]]:
        """The pairs by what there is to say of them. Each stands in one of same, changed, added and removed."""
        return {
            "same": [pair for pair in self.pairs if pair.is_common and not pair.difference],
            "changed": [pair for pair in self.pairs if pair.difference],
            "added": [pair for pair in self.pairs if pair.first is None],
            "removed": [pair for pair in self.pairs if pair.second is None],
            "renumbered": [pair for pair in self.pairs if pair.is_renumbered],
            "verdicts": [pair for pair in self.pairs if pair.is_judged_otherwise],
        }

    def as_json(self) -> dict[str, Any]:
        """The object that ``derive diff --json`` writes: schema, papers, and the lists, with the fields of Pair."""
        papers = [{"id": paper.id, "title": paper.title} for paper in self.papers]
        lists = {name: [asdict(pair) for pair in pairs] for name, pairs in self.lists.items()}
        return {"schema": SCHEMA, "papers": papers, **lists}


def whole_paper(what: str) -> Paper:
    """The paper that the user named. Raises UnknownName when there is none, or when only a part of it was named."""
    selection = select(what)
    if len(selection.numbers) != len(selection.paper.equations):
        raise UnknownName(f"diff wants whole papers, as {selection.what}, and not {what}")
    return selection.paper


def compare(papers: tuple[Paper, Paper], results: tuple[dict[str, Any], dict[str, Any]]) -> Diff:
    """The comparison of two papers, given the JSON objects of their results."""
    was, now = ({line["number"]: line["verdict"] for line in result["equations"]} for result in results)
    first, second = (paper.equations for paper in papers)
    partners = {i: (j, by) for i, j, by in correspondence(*papers)}
    found: list[tuple[tuple[int, int], Pair]] = []
    behind = -1
    for i, line in enumerate(first):
        if i not in partners:
            found.append(((behind, i), Pair(line.number, None, line.kind, was[line.number], None)))
            continue
        behind, by = partners[i]
        other = second[behind]
        said = _difference(line.latex, other.latex, _name(line.number))
        pair = Pair(line.number, other.number, other.kind, was[line.number], now[other.number], by, said)
        found.append(((behind, -1), pair))
    known = {j for j, _ in partners.values()}
    for j, line in enumerate(second):
        if j not in known:
            found.append(((j, -1), Pair(None, line.number, line.kind, None, now[line.number])))
    return Diff(papers, tuple(pair for _, pair in sorted(found, key=lambda entry: entry[0])))


def _difference(there: str, here: str, name: str) -> str | None:
    if _texts(there) == _texts(here):
        return None
    try:
        return difference(there, here, name)
    except ReadError:
        return f"printed otherwise than {name}, in a form that cannot be compared token by token"


# -- which lines correspond -------------------------------------------------------------------------------------------


def correspondence(first: Paper, second: Paper) -> list[tuple[int, int, str]]:
    """The places of the lines that correspond, and how they were found. Each line stands there at most once."""
    stated = _stated(first, second)
    prints = [[_texts(e.latex) if e.kind == "equation" else () for e in paper.equations] for paper in (first, second)]
    found = dict.fromkeys(stated.items(), "same")
    found |= {pair: "print" for pair in align(prints[0], prints[1], stated) if pair not in found}
    slugs = {e.number: j for j, e in enumerate(second.equations) if e.kind == "claim" and j not in stated.values()}
    for i, equation in enumerate(first.equations):
        if equation.kind == "claim" and i not in stated and equation.number in slugs:
            found[i, slugs[equation.number]] = "slug"
    return sorted((i, j, by) for (i, j), by in found.items())


def align(
    first: Sequence[Sequence[str]], second: Sequence[Sequence[str]], stated: Mapping[int, int] | None = None
) -> list[tuple[int, int]]:
    """The best pairs of lines that do not cross, given the tokens of each line.

    A line in ``stated`` goes with its partner there or with none; a line without tokens goes with none.

    >>> align(["a=b", "c=d", "e=f"], ["c=d", "x<y", "e=g"])
    [(1, 0), (2, 2)]
    """
    known = stated or {}
    taken = set(known.values())
    bags = [[Counter([*line, *pairwise(line)]) for line in lines] for lines in (first, second)]

    def score(i: int, j: int) -> int:
        if i in known or j in taken:
            return EQUAL - 1 if known.get(i) == j else 0
        if first[i] == second[j]:
            return EQUAL if first[i] else 0
        return max(0, likeness(bags[0][i], bags[1][j]) - ALIKE + 1)

    scores = [[score(i, j) for j in range(len(second))] for i in range(len(first))]
    best = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in reversed(range(len(first))):
        for j in reversed(range(len(second))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + scores[i][j])
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(first) and j < len(second):
        if scores[i][j] and best[i][j] == best[i + 1][j + 1] + scores[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def likeness(first: Counter[Any], second: Counter[Any]) -> int:
    """What two lines have in common of their tokens and pairs of neighbours, in thousandths of what they have.

    >>> likeness(Counter(["a", "=", "b", "a=", "=b"]), Counter(["a", "=", "c", "a=", "=c"]))
    600
    """
    return 2000 * (first & second).total() // max(1, first.total() + second.total())


def _texts(latex: str) -> tuple[str, ...]:
    """The tokens of a print, or its lexemes where the reader refuses it."""
    try:
        return tuple(token.text for token in tokens(latex))
    except ReadError:
        return tuple(token.text for token in lexemes(latex))


def _stated(first: Paper, second: Paper) -> dict[int, int]:
    """The places that a ``same:`` of either paper puts together. Of two lines that name one, the first counts."""
    found: dict[int, int] = {}
    for i, j in [(i, j) for j, i in _named(second, first)] + _named(first, second):
        if i not in found and j not in found.values():
            found[i] = j
    return found


def _named(paper: Paper, other: Paper) -> list[tuple[int, int]]:
    """The lines of a paper that are the same as one of the other, each with the place of that one."""
    folder = other.folder.resolve()
    files = (folder, folder / Path(other.file).name)
    places = {equation.number: place for place, equation in enumerate(other.equations)}
    found: list[tuple[int, int]] = []
    for place, equation in enumerate(paper.equations):
        entry = equation.annotation.one("same")
        name, _, number = entry.value.partition(":") if entry else ("", "", "")
        if number in places and (name == other.id or Path(name).resolve() in files):
            found.append((place, places[number]))
    return found


# -- what a person is shown -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: what the lines are called in either paper, their verdicts, and what differs."""

    first: str
    second: str
    verdicts: tuple[str, ...]
    """The one verdict, or what it was and what it is; empty where the lines of a row do not share it."""
    said: str


def rows(diff: Diff) -> list[Row]:
    """What differs, claims last. Of a run of lines there is one row where nothing but one thing is said of them."""
    places = [{line.number: place for place, line in enumerate(paper.lines)} for paper in diff.papers]
    ordered = sorted(diff.pairs, key=lambda pair: pair.kind == "claim")

    def run(entry: tuple[int, Pair]) -> tuple[Any, ...]:
        at, pair = entry
        if pair.kind == "claim" or pair.difference or pair.is_judged_otherwise:
            return (at,)
        if not pair.is_common:
            return (pair.said, pair.was, pair.now)
        return (pair.said, places[1][pair.second or ""] - places[0].get(pair.first or "", at))

    found: list[Row] = []
    for _, entries in groupby(enumerate(ordered), run):
        pairs = [pair for _, pair in entries]
        if pairs[0].said or pairs[0].is_judged_otherwise:
            verdicts = {tuple(dict.fromkeys(word for word in (pair.was, pair.now) if word)) for pair in pairs}
            first = _name(pairs[0].first, pairs[-1].first)
            second = _name(pairs[0].second, pairs[-1].second)
            found.append(Row(first, second, verdicts.pop() if len(verdicts) == 1 else (), pairs[0].said))
    return found


def _name(*numbers: str | None) -> str:
    """What a line or a run of lines is called: ``(71)``, ``(71) to (97)``, ``claim-binomial``."""
    names = [number if number.startswith("claim-") else f"({number})" for number in numbers if number]
    return " to ".join(dict.fromkeys(names))


def summary(diff: Diff) -> str:
    """The comparison in one sentence."""
    count = {name: len(pairs) for name, pairs in diff.lists.items()}
    common = count["same"] + count["changed"]
    return (
        f"{common} lines and claims correspond, {count['changed']} of them printed otherwise, "
        f"{count['renumbered']} renumbered, {count['verdicts']} with another verdict; "
        f"{count['removed']} only in the first, {count['added']} only in the second"
    )
