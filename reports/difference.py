"""The page that shows two versions of a paper side by side: what differs in print, in number and in verdict.

Input is the JSON of `derive diff --json` and that of the two papers. The page links to the pages of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.outline import Line, Outline, file_name, outline, write
from reports.page import environment, styles


@dataclass(frozen=True)
class Pair:
    """A line of the first paper and the one of the second that corresponds to it; None where there is none."""

    first: Line | None
    second: Line | None
    difference: str | None

    @property
    def is_judged_otherwise(self) -> bool:
        return bool(self.first and self.second and self.first.verdict != self.second.verdict)


def difference_name(first: str, second: str) -> str:
    """The name of the file about two papers."""
    return f"{file_name(first, '')}--{file_name(second, '.html')}"


def write_difference(difference: Mapping[str, Any], papers: Sequence[Mapping[str, Any]], folder: Path) -> Path:
    """Write the page about two papers and return its path; raises ValueError if a key is missing."""
    first, second = outline(papers[0]), outline(papers[1])
    pairs = {
        name: [_pair(entry, first, second) for entry in difference[name]]
        for name in ("same", "changed", "added", "removed", "renumbered", "verdicts")
    }
    told = [*pairs["changed"], *(pair for pair in pairs["same"] if pair.is_judged_otherwise)]
    order = {line.number: place for place, line in enumerate(second.lines)}
    told.sort(key=lambda pair: order[pair.second.number] if pair.second else 0)
    text = (
        environment()
        .get_template("difference.html.j2")
        .render(
            papers=(first, second),
            files=[file_name(paper.id, ".html") for paper in (first, second)],
            counts={name: len(found) for name, found in pairs.items()},
            told=told,
            only=(
                (first, [pair.first for pair in pairs["removed"]]),
                (second, [pair.second for pair in pairs["added"]]),
            ),
            renumbered=[pair for pair in pairs["renumbered"] if pair.first and pair.second],
            **styles(),
        )
    )
    return write(folder, difference_name(first.id, second.id), text)


def _pair(entry: Mapping[str, Any], first: Outline, second: Outline) -> Pair:
    """The lines that an entry names; raises ValueError for one that its paper does not have."""
    lines = [_line(entry[side], paper) for side, paper in (("first", first), ("second", second))]
    return Pair(lines[0], lines[1], entry["difference"])


def _line(number: str | None, paper: Outline) -> Line | None:
    if number is None:
        return None
    if number not in paper.by_number:
        raise ValueError(f"the difference names a line {number}, which {paper.id} does not have")
    return paper.by_number[number]
