"""What every report shows of a paper: its lines in print order, counts, findings, and the lines that are open.

Input is one paper of the JSON that `derive verify --json` writes. Nothing is decided here: a verdict is taken as it
stands, and a key that is missing is an error, so that no line can look settled because a word was left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from reports.dependence import Dependence
from reports.formula import is_prose, normalise

VERDICTS: tuple[str, ...] = (
    "definition",
    "assumption",
    "proved",
    "proved-to-order",
    "conditional",
    "refuted",
    "supported",
    "open",
)
WORDS = {verdict: verdict.replace("-", " ") for verdict in VERDICTS}
MARKS: dict[str, str] = dict(zip(VERDICTS, "≔◇✓≈△×∼○", strict=True))
SHORT = 120  # characters of a correction that fits in the list of findings
FINDINGS = ("refuted", "conditional")
CONTRACT = """number kind section latex statement read verdict method premises hypotheses slips follows inherits
holds_for order remainder witness correction note"""
KEYS = CONTRACT.split()

# Characters that XML forbids, and marks that turn the direction of the text around them.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True)
class Line:
    """One displayed line or claim, with its verdict and evidence as the JSON has them."""

    number: str
    kind: str
    section: str
    latex: str
    statement: str | None
    read: bool
    verdict: str
    method: str | None
    premises: tuple[str, ...]
    hypotheses: tuple[str, ...]
    slips: tuple[str, ...]
    follows: bool | None
    inherits: tuple[str, ...]
    holds_for: str | None
    order: str | None
    remainder: str | None
    witness: Mapping[str, Any] | None
    correction: str | None
    note: str | None
    anchor: str
    evidence: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The number as the paper prints it, in brackets; the slug of a claim."""
        return label(self.number) if self.kind != "claim" else self.number.removeprefix("claim-")

    @property
    def encoded(self) -> bool:
        """Whether the tool has a statement for the line, or anything but `open` to say about it."""
        return self.verdict != "open" or self.statement is not None

    @property
    def finding(self) -> bool:
        return self.verdict in FINDINGS

    @property
    def reason(self) -> str:
        """Why a finding is one, for the list of findings: what it needs, where it comes from, what it should be."""
        if self.verdict == "conditional" and self.hypotheses:
            return "provided that " + "; ".join(self.hypotheses)
        parts = [f"inherited from {', '.join(map(label, self.inherits))}"] if self.inherits else []
        if self.note:
            parts.append(self.note)
        elif self.correction and is_prose(self.kind, self.correction):
            parts.append(self.correction)
        elif self.correction and "$" not in self.correction and len(self.correction) <= SHORT:
            parts.append(f"should read ${normalise(self.correction)}$")
        elif self.verdict == "refuted" and not parts and not self.correction:
            parts.append("no correction is recorded")
        return "; ".join(parts)

    @property
    def consequence(self) -> str | None:
        """One sentence on whether the line follows from its premises as printed."""
        if self.follows is None or self.verdict == "open":
            return None
        if self.follows:
            return "It follows from its premises as printed." if self.verdict == "refuted" else None
        silent = "; the print repairs something without saying so" if self.verdict.startswith("proved") else ""
        return f"It does not follow from its premises as printed{silent}."


@dataclass(frozen=True)
class Row:
    """One row of evidence below a line: its label, how to show the value, and the value itself."""

    label: str
    shape: Literal["formula", "text", "items", "how", "lines", "witness"]
    value: Any


@dataclass(frozen=True)
class Section:
    """A section: its heading, the lines with something to say, and those that were not encoded."""

    name: str
    heading: str
    lines: tuple[Line, ...]
    waiting: tuple[Line, ...]

    @property
    def waiting_numbers(self) -> str:
        return spans([line.number for line in self.waiting])


@dataclass(frozen=True)
class Outline:
    """A paper as a report shows it."""

    id: str
    title: str
    sections: tuple[Section, ...]
    lines: tuple[Line, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Lines per verdict, in the order of the verdicts; a verdict without lines is left out."""
        found = Counter(line.verdict for line in self.lines)
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}

    @property
    def findings(self) -> tuple[Line, ...]:
        """The refuted and conditional lines in order of consequence.

        First those whose error is their own, then those that inherit one; among each, by how many lines inherit
        from them, by how many rest on them, refuted before conditional, and as printed.
        """
        found = [line for line in self.lines if line.finding]
        return tuple(sorted(found, key=self._consequence))

    def _consequence(self, line: Line) -> tuple[bool, int, int, bool]:
        resting = self.dependence.resting_on(line.number)
        return bool(line.inherits), -len(self.heirs(line.number)), -len(resting), line.verdict != "refuted"

    def weight(self, line: Line) -> str:
        """What hangs on a finding, in words; empty where nothing does."""
        heirs, resting = len(self.heirs(line.number)), len(self.dependence.resting_on(line.number))
        if not resting and not heirs:
            return ""
        rest = f"{resting} {'line rests' if resting == 1 else 'lines rest'} on it" if resting else ""
        inherit = f"{heirs} {'inherits' if heirs == 1 else 'inherit'} its error" if heirs else ""
        return ", ".join(part for part in (rest, inherit) if part)

    def heirs(self, number: str) -> tuple[str, ...]:
        """The lines that inherit their error from a line, in print order."""
        return tuple(line.number for line in self.lines if number in line.inherits)

    @cached_property
    def dependence(self) -> Dependence:
        return Dependence({line.number: line.premises for line in self.lines})

    @cached_property
    def by_number(self) -> dict[str, Line]:
        return {line.number: line for line in self.lines}

    @property
    def slipped(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.slips)

    @property
    def anchors(self) -> dict[str, str]:
        return {line.number: line.anchor for line in self.lines}


def evidence(line: Line, used_in: tuple[str, ...] = ()) -> list[Row]:
    """The evidence of a line in the order in which every report shows it: first what it should say, then why."""
    prose = is_prose(line.kind, line.correction or "")
    method = None if line.method == line.verdict else line.method
    order = f"order {line.order}" if line.order and "order" not in (line.method or "") else None
    how = tuple(words for words in (method, order, line.holds_for) if words)
    rows = [
        Row("should read", "text" if prose else "formula", line.correction),
        _reading(line),
        Row(
            "how it follows" if line.premises or method else "holds for",
            "how",
            (line.premises, how) if line.premises or how else None,
        ),
        Row("used in", "lines", used_in),
        Row("remainder", "formula", line.remainder),
        Row("provided that" if line.verdict == "conditional" else "assuming", "items", line.hypotheses),
        Row("slips", "items", line.slips),
        Row("inherited from", "lines", line.inherits),
        Row("as printed", "text", line.consequence),
        Row("witness", "witness", line.witness),
        Row("note", "text", line.note),
        Row("evidence", "items", line.evidence),
    ]
    return [row for row in rows if row.value]


def _reading(line: Line) -> Row:
    """The tool's own reading, unless it is the print token by token; a claim in prose need not have one."""
    if line.statement is None:
        return Row("read as", "text", None if line.kind == "claim" else "not read")
    if line.read and normalise(line.statement) == normalise(line.latex):
        return Row("read as", "text", "printed")
    return Row("read as" if line.read else "stated by hand", "formula", line.statement)


def outline(paper: Mapping[str, Any]) -> Outline:
    """The paper of the JSON as an outline; raises ValueError that names the line and the key if one is missing."""
    paper = clean(paper)
    for key in ("id", "title", "equations"):
        if key not in paper:
            raise ValueError(f"a paper of the JSON needs the key {key!r}")
    taken: set[str] = set()
    lines = tuple(_line(entry, taken) for entry in paper["equations"])
    names = dict.fromkeys(line.section for line in lines)
    return Outline(str(paper["id"]), str(paper["title"]), tuple(_section(name, lines) for name in names), lines)


def file_name(paper_id: str, suffix: str) -> str:
    """The name of a paper's file: no separator, no leading dot, so that it stays inside the folder.

    >>> file_name("../../etc/passwd", ".html")
    'etc-passwd.html'
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+|\.{2,}", "-", paper_id).strip("-.")
    if not stem:
        raise ValueError(f"the paper id {paper_id!r} has no letter or digit to name a file by")
    return f"{stem[:120]}{suffix}"


def write(folder: Path, name: str, text: str) -> Path:
    """Write a report, creating the folder; the same bytes on every platform."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


def label(number: str) -> str:
    """What a line is called in running text.

    >>> label("59"), label("claim-binomial")
    ('(59)', 'binomial')
    """
    return number.removeprefix("claim-") if number.startswith("claim-") else f"({number})"


def spans(numbers: Iterable[str]) -> str:
    """Numbers as a reader would list them.

    >>> spans(["3", "4", "5", "5+1", "8"])
    '(3)-(5), (5+1), (8)'
    """
    runs: list[list[str]] = []
    for number in numbers:
        if runs and number.isdecimal() and runs[-1][-1].isdecimal() and int(number) == int(runs[-1][-1]) + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"({run[0]})" + (f"-({run[-1]})" if len(run) > 1 else "") for run in runs)


def _line(entry: Mapping[str, Any], taken: set[str]) -> Line:
    missing = [key for key in KEYS if key not in entry]
    if missing:
        raise ValueError(f"equation {entry.get('number', '?')}: the JSON lacks {', '.join(missing)}")
    if entry["verdict"] not in VERDICTS:
        raise ValueError(
            f"equation {entry['number']}: {entry['verdict']!r} is no verdict; there are {', '.join(VERDICTS)}"
        )
    values = {key: entry[key] for key in KEYS}
    for key in ("premises", "hypotheses", "slips", "inherits"):
        values[key] = tuple(str(item) for item in values[key] or ())
    for key in ("number", "section"):
        values[key] = str(values[key])
    values["order"] = None if values["order"] is None else str(values["order"])
    more = tuple(str(item) for item in entry.get("evidence") or ())
    return Line(**values, anchor=_anchor(values["number"], taken), evidence=more)


def _anchor(number: str, taken: set[str]) -> str:
    stem = "eq-" + re.sub(r"[^A-Za-z0-9.+_-]", "-", number)
    anchor, copies = stem, 1
    while anchor in taken:
        copies += 1
        anchor = f"{stem}_{copies}"
    taken.add(anchor)
    return anchor


def _section(name: str, lines: tuple[Line, ...]) -> Section:
    here = [line for line in lines if line.section == name]
    heading = (
        f"Section {name}"
        if re.match(r"S?\d", name)
        else name or ("Lines outside a section" if any(line.section for line in lines) else "Lines")
    )
    encoded = tuple(line for line in here if line.encoded)
    return Section(name, heading, encoded, tuple(line for line in here if not line.encoded))


def clean(value: Any) -> Any:
    """The same value without characters that could break or disguise a document."""
    if isinstance(value, str):
        return FORBIDDEN.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value
