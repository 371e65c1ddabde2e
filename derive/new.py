"""Starts an encoding from a LaTeX file: its displayed lines, with stubs to fill in, and a guess at the notation."""

from __future__ import annotations

import re
from pathlib import Path

from derive.displays import Display, displays
from derive.errors import EncodingError, UnknownName
from derive.guess import guess, written

STUB = "% TODO ({number}): from what it follows (from:, by:), or that it introduces something (by: definition)"
_MACRO = re.compile(
    r"\\(?:newcommand|renewcommand|providecommand|DeclareMathOperator)\*?\{?(\\[A-Za-z]+)|\\def(\\[A-Za-z]+)"
)
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
    lines = displays(text, file.name)
    if not lines:
        raise EncodingError("there is no displayed line in this file", file.name)
    paths = [folder / "paper.tex", folder / "notation.toml"]
    if there := next((path for path in paths if path.exists()), None):
        raise EncodingError("this file is there already; nothing is overwritten, so name another folder", str(there))
    title = _title(text, file)
    contents = [_paper(lines, title), written(guess(lines), title)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, contents, strict=True):
            with path.open("x", encoding="utf-8") as out:
                out.write(content)
    except OSError as error:
        raise EncodingError(f"the encoding cannot be written: {error.strerror}", str(folder)) from error
    return paths, _remarks(text, lines)


def _title(text: str, file: Path) -> str:
    found = _TITLE.search(text)
    return " ".join(re.sub(r"\\\\|~|[{}]", " ", found[1]).split()) if found else file.stem


def _paper(lines: list[Display], title: str) -> str:
    """The lines under their headings, each in a display of its own with the number that LaTeX gives it."""
    rows = [f"% title: {title}", "", "% scope: main", ""]
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            rows += [rf"\section{{{section}}}", ""]
        rows += [STUB.format(number=line.number), r"\begin{equation}", line.latex]
        rows += [rf"\tag{{{line.number}}}", r"\end{equation}", ""]
    return "\n".join(rows)


def _remarks(text: str, lines: list[Display]) -> list[str]:
    """What of the file an encoding does not take up by itself."""
    used = {word for line in lines for word in re.findall(r"\\[A-Za-z]+", line.latex)}
    macros = [first or second for first, second in _MACRO.findall(text)]
    found = [f"{name} is defined in the file: write out what it stands for" for name in macros if name in used]
    return found + [f"{name} is not looked into" for name in _FILE.findall(text)]
