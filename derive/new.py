"""Starts an encoding from a LaTeX file: its displayed lines, with stubs to fill in, and a guess at the notation."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from derive.displays import Display, displays
from derive.errors import EncodingError, ReadError, UnknownName
from derive.guess import Table, guess
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.new_notation import printed_key, scope_name, written
from derive.notation import Notation, load_notation

FOLLOWS = "% TODO ({number}): from what it follows (from:, by:), or that it introduces something (by: definition)"
INTRODUCES = "% TODO ({number}): that it introduces {name} (by: definition), or from what it follows (from:, by:)"
UNREAD = "% TODO ({number}): with this notation it cannot be read: {why}"
_MACRO = re.compile(
    r"\\(?:newcommand|renewcommand|providecommand|DeclareMathOperator)\*?\{?(\\[A-Za-z]+)|\\def(\\[A-Za-z]+)"
)
_BETWEEN = re.compile(r"[,;]?\s*(?:\\qquad|\\quad|\\text\{\s*and\s*\})(?:\s|\\qquad|\\quad|\\text\{\s*and\s*\})*")
_CLOSED = ((r"\{", r"\}"), (r"\(", r"\)"), (r"\[", r"\]"), (r"\\begin\b", r"\\end\b"), (r"\\left\b", r"\\right\b"))
_FILE = re.compile(r"\\(?:input|include|subfile)\{([^}]*)\}")
_TITLE = re.compile(r"\\title(?:\[[^\]]*\])?\{((?:[^{}]|\{[^{}]*\})*)\}")


def new_encoding(file: Path, folder: Path) -> tuple[list[Path], list[str]]:
    """Writes ``paper.tex`` and ``notation.toml`` to a folder; returns their paths, and what a person should know.

    Raises UnknownName when there is no such file, EncodingError when it is no text or has no displayed line, or when
    the folder has one of the two already: nothing is ever overwritten.
    """
    if not file.is_file():
        raise UnknownName(f"there is no file {file}")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise EncodingError("the file is not UTF-8 text", file.name) from error
    lines = [part for line in displays(text, file.name) for part in _parts(line)]
    if not lines:
        raise EncodingError("there is no displayed line in this file", file.name)
    paper, notation = paths = [folder / "paper.tex", folder / "notation.toml"]
    if there := next((path for path in paths if path.exists()), None):
        raise EncodingError("this file is there already; nothing is overwritten, so name another folder", str(there))
    title = _title(text, file)
    table = guess(lines)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with notation.open("x", encoding="utf-8") as out:
            out.write(written(table, title))
        with paper.open("x", encoding="utf-8") as out:
            out.write(_paper(lines, title, table, load_notation(notation)))
    except OSError as error:
        raise EncodingError(f"the encoding cannot be written: {error.strerror}", str(folder)) from error
    return paths, _remarks(text, lines)


def _title(text: str, file: Path) -> str:
    found = _TITLE.search(text)
    return " ".join(re.sub(r"\\\\|~|[{}]", " ", found[1]).split()) if found else file.stem


def _parts(line: Display) -> list[Display]:
    r"""The equations of a display, where several stand in it with ``\quad`` between: each a line with a letter."""
    pieces = _BETWEEN.split(line.latex)
    if len(pieces) == 1 or not all(_is_equation(piece) for piece in pieces):
        return [line]
    return [replace(line, number=f"{line.number}{chr(ord('a') + n)}", latex=piece) for n, piece in enumerate(pieces)]


def _is_equation(latex: str) -> bool:
    """Whether a piece of a display is an equation by itself, and no list of values or part of a bracket."""
    while (flat := re.sub(r"\{[^{}]*\}", "", latex)) != latex:
        latex = flat
    opened = (len(re.findall(a, latex)) - len(re.findall(b, latex)) for a, b in _CLOSED)
    return not any(opened) and "," not in latex and bool(re.match(r"[^=]*\S[^=]*=[^=]*\S", latex))


def _paper(lines: list[Display], title: str, table: Table, notation: Notation) -> str:
    """The lines under their headings, each in a display of its own with the number that LaTeX gives it."""
    rows = [f"% title: {title}", "", "% scope: main", ""]
    section = scope = ""
    for line in lines:
        if line.section != section:
            section = line.section
            rows += [rf"\section{{{section}}}", ""]
        if line.number in table.later:
            rows += [f"% scope: {(scope := scope_name(list(table.later).index(line.number) + 1))}", ""]
        name = table.introduced.get(line.number)
        stub = INTRODUCES.format(number=line.number, name=printed_key(name)) if name else ""
        rows.append(stub or FOLLOWS.format(number=line.number))
        if why := _unread(line, notation, scope or scope_name(0)):
            rows.append(UNREAD.format(number=line.number, why=why))
        rows += [r"\begin{equation}", line.latex, rf"\tag{{{line.number}}}", r"\end{equation}", ""]
    return "\n".join(rows)


def _unread(line: Display, notation: Notation, scope: str) -> str:
    """Why a line cannot be read with a notation; empty where it can."""
    try:
        chain = read_chain(tokens(line.latex), notation.scopes[scope], display=True)
    except ReadError as error:
        return " ".join(error.message.split())
    return "" if chain.links else "there is no relation in this line"


def _remarks(text: str, lines: list[Display]) -> list[str]:
    """What of the file an encoding does not take up by itself."""
    used = {word for line in lines for word in re.findall(r"\\[A-Za-z]+", line.latex)}
    macros = [first or second for first, second in _MACRO.findall(text)]
    found = [f"{name} is defined in the file: write out what it stands for" for name in macros if name in used]
    return found + [f"{name} is not looked into" for name in _FILE.findall(text)]
