r"""Papers: the displayed lines of a LaTeX file exactly as printed, with their annotations.

A paper is a folder with ``paper.tex`` and ``notation.toml``, or a single ``.tex`` file with a ``.toml`` of the same
name beside it. The scanner knows sections, comments and displays; everything else in the file is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from derive.annotation import Annotation, Entry, check_once, parse_comments
from derive.displays import NO_NUMBER, numbered_rows, unaligned
from derive.errors import EncodingError, UnknownName
from derive.notation import Notation, load_notation

SHIPPED = Path(__file__).parent / "papers"
DISPLAYS = ("equation", "equation*", "align", "align*", "gather", "gather*", "multline", "multline*", "displaymath")
_TAG = re.compile(r"\\tag\*?\{([^}]*)\}")
_OPEN = re.compile(r"^\s*(?:\\begin\{(" + "|".join(re.escape(d) for d in DISPLAYS) + r")\}|(\\\[)|(\$\$))")
_SECTION = re.compile(r"^\s*\\(?:sub)*section\*?\{(.*)\}\s*$")


@dataclass(frozen=True, slots=True)
class Equation:
    """A displayed line or a claim: its id, what is printed, and what is said about it."""

    number: str
    kind: str
    latex: str
    section: str
    line: int
    """The line of the file on which the print starts."""
    annotation: Annotation = field(default_factory=Annotation)
    scope: str | None = None
    """The scope in force: that of the last ``scope:`` above."""
    reads: tuple[Entry, ...] = ()
    """The re-readings in force, of the scope and of the line."""
    version: str = ""
    """How the print compares with that of the line in another paper that it is the same as."""

    @property
    def is_annotated(self) -> bool:
        return bool(self.annotation.entries)


@dataclass(frozen=True, slots=True)
class Given:
    """A hypothesis or definition that the paper states in prose: the scope it stands in, and the re-readings there."""

    scope: str
    entry: Entry
    reads: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper: where it is, its lines in print order, its notation, and the hypotheses that it states by name."""

    id: str
    title: str
    folder: Path
    file: str
    equations: tuple[Equation, ...]
    givens: tuple[Given, ...]
    notation: Notation
    reads: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    """The re-readings of each scope."""
    borrows: tuple[tuple[str, str], ...] = ()
    """The scopes that come from other papers, each with the paper's id."""

    def equation(self, number: str) -> Equation:
        for equation in self.equations:
            if equation.number == number:
                return equation
        raise self.unknown(number)

    def unknown(self, number: str) -> UnknownName:
        """What is said of a line that the paper does not have."""
        numbers = [equation.number for equation in self.lines]
        span = f"{numbers[0]} to {numbers[-1]}" if numbers else "none"
        return UnknownName(f"{self.id} has no line {number}; its lines are {span}")

    @property
    def lines(self) -> tuple[Equation, ...]:
        return tuple(e for e in self.equations if e.kind == "equation")


def shipped_papers() -> tuple[str, ...]:
    """The ids of the papers that ship with the toolkit."""
    return tuple(sorted(path.parent.name for path in SHIPPED.glob("*/paper.tex")))


def load_paper(what: str | Path, _loading: tuple[str, ...] = ()) -> Paper:
    """A shipped paper by its id, a folder with a paper.tex in it, or a .tex file.

    Raises UnknownName when there is no such paper, EncodingError when its files have a mistake.
    """
    if isinstance(what, str) and Path(what).name == what and (SHIPPED / what / "paper.tex").is_file():
        folder = SHIPPED / what
        return _load(what, folder / "paper.tex", folder / "notation.toml", _loading)
    path = Path(what)
    if path.is_dir():
        if not (path / "paper.tex").is_file():
            raise UnknownName(f"the folder {path} has no paper.tex in it")
        return _load(path.resolve().name, path / "paper.tex", path / "notation.toml", _loading)
    if path.suffix == ".tex":
        if not path.is_file():
            raise UnknownName(f"there is no file {path}")
        beside = path.with_suffix(".toml")
        return _load(path.stem, path, beside if beside.is_file() else path.with_name("notation.toml"), _loading)
    raise UnknownName(
        f"there is no paper {str(what)!r}; papers: {', '.join(shipped_papers())}, or a folder with a paper.tex, "
        "or a .tex file"
    )


def _load(id_: str, file: Path, notation: Path, loading: tuple[str, ...]) -> Paper:
    if id_ in loading:
        raise EncodingError(f"the papers {' and '.join(loading)} are each the same as the other", file.name)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise EncodingError("the file is not UTF-8 text", file.name) from error
    table = load_notation(notation) if notation.is_file() else Notation(id_, "", {})
    where = f"{file.parent.name}/{file.name}"
    scanned = scan(text, where)
    plain = Paper(
        id_,
        table.title,
        file.parent,
        where,
        tuple(scanned.equations),
        tuple(scanned.givens),
        table,
        {scope or "": reads for scope, reads in scanned.reads_of.items()},
        tuple(scanned.borrowed.items()),
    )
    from derive.versions import with_versions

    paper = with_versions(plain, lambda name: load_paper(name, (*loading, id_)))
    for equation in paper.equations:
        if equation.scope is not None and equation.scope not in paper.notation.scopes:
            known = ", ".join(paper.notation.scopes) or "none"
            raise EncodingError(
                f"there is no scope {equation.scope!r} in {notation.name}; scopes: {known}", f"{where}:{equation.line}"
            )
    return paper


class _Scanner:
    """What is in force at the place reached: section, scope, re-readings, numbering."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.section = ""
        self.scope: str | None = None
        self.reads_of: dict[str | None, tuple[Entry, ...]] = {}
        self.equations: list[Equation] = []
        self.givens: list[Given] = []
        self.last = 0
        self.unnumbered = 0
        self.borrowed: dict[str, str] = {}

    @property
    def reads(self) -> tuple[Entry, ...]:
        """The re-readings of the scope in force; they are back when the paper comes back to the scope."""
        return self.reads_of.get(self.scope, ())

    def enter(self, value: str) -> None:
        """A new scope, perhaps one ``NAME of PAPER``."""
        self.scope, _, paper = value.partition(" of ")
        if paper:
            self.borrowed[self.scope] = paper

    def block(self, entries: tuple[Entry, ...]) -> None:
        """A block of comments on its own: a new scope with its re-readings and hypotheses, or claims."""
        claims: list[list[Entry]] = []
        for entry in entries:
            if entry.key == "claim":
                claims.append([entry])
            elif entry.key == "same":
                claims.append(
                    [Entry("claim", entry.value, "", entry.line, _slug(entry.value), None, entry.file), entry]
                )
            elif claims:
                claims[-1].append(entry)
            elif entry.key == "scope":
                self.enter(entry.value)
            elif entry.key == "read":
                self.reads_of[self.scope] = (*self.reads, entry)
            elif entry.key == "given":
                self.givens.append(Given(self.scope or "", entry, self.reads))
            else:
                raise EncodingError(
                    f"{entry.key}: stands in a block of its own, with no display below it", f"{self.where}:{entry.line}"
                )
        for found in claims:
            first = found[0]
            scope = next((entry.value for entry in found if entry.key == "scope"), self.scope)
            rest = tuple(entry for entry in found[1:] if entry.key != "scope")
            reads = self.reads_of.get(scope, ())
            self.add(
                Equation(
                    f"claim-{first.name}",
                    "claim",
                    first.value,
                    self.section,
                    first.line,
                    Annotation((first, *rest), first.line),
                    scope,
                    reads + tuple(entry for entry in rest if entry.key == "read"),
                )
            )

    def display(self, entries: tuple[Entry, ...], source: str, line: int, numbered: bool) -> None:
        check_once(entries)
        own: list[Entry] = []
        for entry in entries:
            if entry.key == "scope":
                self.enter(entry.value)
            elif entry.key == "given":
                self.givens.append(Given(self.scope or "", entry, self.reads))
            elif entry.key == "claim":
                raise EncodingError("a claim stands in a block of its own", f"{self.where}:{entry.line}")
            else:
                own.append(entry)
        line += source[: len(source) - len(source.lstrip())].count("\n")
        tag = _TAG.search(source)
        latex = NO_NUMBER.sub("", _TAG.sub("", source))
        latex = re.sub(r"\\label\{[^}]*\}", "", latex).strip()
        if not latex:
            raise EncodingError("this display is empty", f"{self.where}:{line}")
        if tag:
            number = tag[1]
            self.last = int(number) if number.isdigit() else self.last
            self.unnumbered = 0
        elif numbered:
            self.last += 1
            self.unnumbered = 0
            number = str(self.last)
        else:
            self.unnumbered += 1
            number = f"{self.last}+{self.unnumbered}"
        reads = self.reads + tuple(entry for entry in own if entry.key == "read")
        self.add(
            Equation(number, "equation", latex, self.section, line, Annotation(tuple(own), line), self.scope, reads)
        )

    def add(self, equation: Equation) -> None:
        if any(known.number == equation.number for known in self.equations):
            raise EncodingError(f"there are two lines {equation.number}", f"{self.where}:{equation.line}")
        self.equations.append(equation)


def _slug(same: str) -> str:
    """The slug of a claim that is the same as one in another paper: ``PAPER:claim-SLUG``."""
    return same.partition(":")[2].removeprefix("claim-")


def scan(text: str, where: str) -> _Scanner:
    """The lines, named hypotheses and re-readings of a LaTeX file, in order.

    Raises EncodingError with file and line for a display that is not closed or an annotation that is not understood.
    """
    scanner = _Scanner(where)
    comments: list[tuple[int, str]] = []
    rows = text.splitlines()
    at = 0
    while at < len(rows):
        row, number = rows[at], at + 1
        opened = _OPEN.match(row)
        if opened:
            end = r"\end{" + opened[1] + "}" if opened[1] else r"\]" if opened[2] else "$$"
            body, at = _until(rows, at, opened.end(), end, f"{where}:{number}")
            entries = parse_comments(comments, where)
            comments = []
            _add_display(scanner, entries, body, number, opened[1])
            continue
        if row.lstrip().startswith("%"):
            comments.append((number, row.lstrip()))
        else:
            if comments:
                scanner.block(parse_comments(comments, where))
                comments = []
            section = _SECTION.match(row)
            if section:
                scanner.section = section[1]
        at += 1
    if comments:
        scanner.block(parse_comments(comments, where))
    return scanner


def _add_display(
    scanner: _Scanner, entries: tuple[Entry, ...], body: str, number: int, environment: str | None
) -> None:
    numbered = environment is not None and not environment.endswith("*") and environment != "displaymath"
    if environment and environment.rstrip("*") in ("align", "gather"):
        for part, offset in numbered_rows(body, environment):
            line = number + body.count("\n", 0, offset)
            scanner.display(entries, unaligned(part.lstrip()), line, numbered and not NO_NUMBER.search(part))
            entries = ()
        return
    scanner.display(entries, body, number, numbered and not NO_NUMBER.search(body))


def _until(rows: list[str], at: int, column: int, end: str, where: str) -> tuple[str, int]:
    """The text from a place up to ``end``, comments left out, and the row after it."""
    parts: list[str] = []
    rest = rows[at][column:]
    while True:
        bare = re.sub(r"(?<!\\)%.*$", "", rest)
        position = bare.find(end)
        if position >= 0:
            parts.append(bare[:position])
            return "\n".join(parts), at + 1
        parts.append(bare)
        at += 1
        if at >= len(rows):
            raise EncodingError(f"this display is never closed by {end}", where)
        rest = rows[at]
