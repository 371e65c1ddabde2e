r"""The displayed lines of any LaTeX file, each with the number that LaTeX gives it.

It knows ``\tag``, ``\nonumber``, starred environments, ``subequations``, ``\numberwithin``, ``\setcounter`` and
``\appendix``. A line without a number after (5) is ``5+1``, as in an encoded paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.errors import EncodingError

_MULTIPLE = ("align", "gather", "eqnarray", "alignat", "flalign")
"""Environments of which each row has a number."""
_SINGLE = ("equation", "multline", "displaymath", "dmath")
_PIECE = re.compile(
    r"\\begin\{(?P<begin>" + "|".join(f"{name}\\*?" for name in (*_MULTIPLE, *_SINGLE)) + r")\}(?:\{\d+\})?"
    r"|(?P<open>(?<!\\)\\\[|\$\$)"
    r"|\\(?P<head>part|chapter|section|subsection|subsubsection)(?P<star>\*?)(?:\[[^\]]*\])?\{"
    r"|\\(?P<sub>begin|end)\{subequations\}"
    r"|\\setcounter\{equation\}\{(?P<set>\d+)\}"
    r"|\\numberwithin\{equation\}\{(?P<within>chapter|section|subsection)\}"
    r"|\\(?P<appendix>appendix)\b"
)
_LEVELS = ("chapter", "section", "subsection", "subsubsection")
_TAG = re.compile(r"\\tag\*?\{([^}]*)\}")
NO_NUMBER = re.compile(r"\\(?:nonumber|notag)\b")


@dataclass(frozen=True, slots=True)
class Display:
    """A displayed line: its number, what is printed, the heading it stands under, and the row of the file."""

    number: str
    latex: str
    section: str
    row: int


def displays(text: str, where: str) -> list[Display]:
    """The displayed lines of a LaTeX file in order. Raises EncodingError for a display that is not closed."""
    bare = re.sub(r"(?<!\\)%[^\n]*", "", text)
    body = bare.find(r"\begin{document}")
    counter = _Counter()
    found: list[Display] = []
    section = ""
    at = 0
    while piece := _PIECE.search(bare, at):
        at = piece.end()
        row = bare.count("\n", 0, piece.start()) + 1
        if piece["within"]:
            counter.within = piece["within"]
        elif piece.start() < body:
            continue
        elif piece["head"]:
            title = _braced(bare, at - 1)
            section = re.sub(r"\\label\{[^}]*\}", "", title).strip()
            counter.heading(piece["head"], numbered=not piece["star"])
        elif piece["begin"] or piece["open"]:
            name = piece["begin"] or ""
            end = rf"\end{{{name}}}" if name else r"\]" if piece["open"] == r"\[" else "$$"
            stop = bare.find(end, at)
            if stop < 0:
                raise EncodingError(f"this display is never closed by {end}", f"{where}:{row}")
            for latex, offset in numbered_rows(bare[at:stop], name):
                number = counter.number(latex, numbered=bool(name) and name[-1] != "*" and name != "displaymath")
                line = bare.count("\n", 0, at + offset) + 1
                found.append(Display(_unlike(number, found), _cleaned(latex), section, line))
            at = stop + len(end)
        else:
            counter.command(piece)
    return found


class _Counter:
    """The equation counter of LaTeX."""

    def __init__(self) -> None:
        self.within: str | None = None
        self.levels = dict.fromkeys(_LEVELS, 0)
        self.is_appendix = False
        self.last = 0
        self.letter: int | None = None
        """How many lines a group of subequations has so far; None outside of one."""
        self.before = "0"
        self.unnumbered = 0

    def heading(self, level: str, *, numbered: bool) -> None:
        if level not in _LEVELS or not numbered:
            return
        self.levels[level] += 1
        for lower in _LEVELS[_LEVELS.index(level) + 1 :]:
            self.levels[lower] = 0
        if self.within is not None and _LEVELS.index(level) <= _LEVELS.index(self.within):
            self.last = 0

    def command(self, piece: re.Match[str]) -> None:
        if piece["set"]:
            self.last = int(piece["set"])
        elif piece["sub"] == "begin":
            self.last += 1
            self.letter = 0
        elif piece["sub"] == "end":
            self.letter = None
        elif piece["appendix"]:
            self.is_appendix = True
            self.levels = dict.fromkeys(_LEVELS, 0)

    def number(self, latex: str, *, numbered: bool) -> str:
        """The number of the next line."""
        tag = _TAG.search(latex)
        if tag is None and (not numbered or NO_NUMBER.search(latex)):
            self.unnumbered += 1
            return f"{self.before}+{self.unnumbered}"
        self.unnumbered = 0
        if tag is not None:
            self.before = re.sub(r"[^\w.'*+-]", "", tag[1]) or "tag"
        elif self.letter is not None:
            self.letter += 1
            self.before = self.prefix + str(self.last) + _letters(self.letter)
        else:
            self.last += 1
            self.before = self.prefix + str(self.last)
        return self.before

    @property
    def prefix(self) -> str:
        """What stands before the number where it counts within sections."""
        if self.within is None:
            return ""
        above = _LEVELS[: _LEVELS.index(self.within) + 1]
        numbers = [self.levels[level] for level in above if level != "chapter" or self.levels["chapter"]]
        first = _letters(numbers[0]).upper() if self.is_appendix and numbers[0] else str(numbers[0])
        return "".join(f"{number}." for number in (first, *numbers[1:]))


def _letters(number: int) -> str:
    return "" if number < 1 else _letters((number - 1) // 26) + chr(ord("a") + (number - 1) % 26)


def _unlike(number: str, found: list[Display]) -> str:
    """The number, told apart from those of earlier lines, as where a tag stands twice."""
    taken = {display.number for display in found}
    copies = (number if not copy else f"{number}-{copy + 1}" for copy in range(len(found) + 1))
    return next(name for name in copies if name not in taken)


def numbered_rows(body: str, environment: str) -> Iterator[tuple[str, int]]:
    r"""The rows of a display that LaTeX numbers one by one, else all of it; where each begins. A ``\\`` inside an
    environment or braces ends no row."""
    if environment.rstrip("*") not in _MULTIPLE:
        if body.strip():
            yield body, _start(body)
        return
    depth = begin = 0
    for piece in re.finditer(r"\\begin\{|\\end\{\w+\*?\}|\\\\\*?(?:\[[^\]]*\])?|\\.|[{}]", body):
        text = piece[0]
        if text.startswith(r"\\") and depth == 0:
            if body[begin : piece.start()].strip():
                yield body[begin : piece.start()], begin + _start(body[begin:])
            begin = piece.end()
        opens, closes = text.startswith((r"\begin", "{")), text.startswith((r"\end", "}"))
        depth += opens * (2 if text.startswith(r"\begin") else 1) - closes
    if body[begin:].strip():
        yield body[begin:], begin + _start(body[begin:])


def unaligned(row: str) -> str:
    """A row without the marks that align it with others; those of a matrix inside it stay."""
    depth = 0
    kept: list[str] = []
    for piece in re.split(r"(\\begin\{|\\end\{|\\.|&)", row):
        depth += (piece == r"\begin{") - (piece == r"\end{")
        kept.append(" " if piece == "&" and not depth else piece)
    return "".join(kept)


def _start(text: str) -> int:
    return len(text) - len(text.lstrip())


def _cleaned(latex: str) -> str:
    """A line without what numbers and aligns it."""
    bare = re.sub(r"\\label\{[^}]*\}", "", NO_NUMBER.sub("", _TAG.sub("", latex)))
    return "\n".join(row.strip() for row in unaligned(bare).strip().splitlines() if row.strip())


def _braced(text: str, at: int) -> str:
    """The text of a group whose brace opens here."""
    depth = 0
    for end in range(at, len(text)):
        depth += (text[end] == "{") - (text[end] == "}")
        if depth == 0:
            return " ".join(text[at + 1 : end].split())
    return ""
