"""The report of a paper as a Markdown table: one row for each line, for a code host or a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from reports.formula import is_prose, normalise, pieces
from reports.mathml import mathml
from reports.outline import MARKS, WORDS, Line, file_name, outline, write

BARS = ((r"\|", r"\Vert "), ("|", r"\vert "), ("<", r"\lt "), (">", r"\gt "))
PLAIN = re.compile(r"([\\`*_{}\[\]#!|~$])")


def write_markdown(paper: Mapping[str, Any], folder: Path) -> Path:
    """Write `<id>.md` for one paper of the JSON and return its path; raises ValueError if a key is missing."""
    shown = outline(paper)
    counts = ", ".join(f"{count} {WORDS[verdict]}" for verdict, count in shown.counts.items())
    rows = [f"# {rich(shown.title)}", "", f"{len(shown.lines)} lines: {counts}.", ""]
    for section in shown.sections:
        rows += [f"## {rich(section.heading)}", "", "| line | verdict | printed | should read | from | by | note |"]
        rows += ["|---|---|---|---|---|---|---|", *map(_row, (*section.lines, *section.waiting)), ""]
    return write(folder, file_name(shown.id, ".md"), "\n".join(rows))


def words(text: str) -> str:
    """Text that Markdown and the HTML in it leave alone.

    >>> words("a|b <c>")
    'a\\\\|b &lt;c&gt;'
    """
    return PLAIN.sub(r"\\\1", escape(re.sub(r"\s+", " ", text), quote=False))


def rich(text: str) -> str:
    """Words with formulas between dollars."""
    return "".join(words(piece) if kind == "text" else formula(piece) for kind, piece in pieces(text))


def formula(latex: str) -> str:
    """A formula between dollars that does not end the cell of a table; code if it cannot be set."""
    body = normalise(latex)
    if mathml(body) is None:
        return f"<code>{words(latex)}</code>"
    for sign, spelled in BARS:
        body = body.replace(sign, spelled)
    return f"${body}$"


def _row(line: Line) -> str:
    printed, correction = (
        "" if not latex else rich(latex) if is_prose(line.kind, latex) else formula(latex)
        for latex in (line.latex, line.correction)
    )
    verdict = f"{MARKS[line.verdict]} {WORDS[line.verdict]}"
    premises = ", ".join(words(number) for number in line.premises)
    cells = [words(line.label), verdict, printed, correction, premises, rich(line.method or ""), rich(line.note or "")]
    return f"| {' | '.join(cells)} |"
