"""The report of a paper as LaTeX: an article that pdflatex sets with the packages of a small TeX installation.

A formula reaches TeX only if `reports.formula` lets it pass and the page could set it too; any other is shown as
escaped source. Words are escaped by the template engine itself: what a template prints is escaped unless this module
has made it `Tex`, so that forgetting a filter shows a backslash and never runs one. A display wider than the text is
scaled down to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.formula import is_prose, normalise, pieces
from reports.mathml import mathml
from reports.outline import VERDICTS, WORDS, Line, evidence, file_name, outline, write

TEMPLATES = Path(__file__).parent / "templates"
SPECIAL = {"\\": r"\allowbreak\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#"}
SPECIAL |= {
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
SPECIAL |= {"|": r"\textbar{}", '"': "''", "`": "{}`", "'": "{}'", "\n": " ", "\t": " ", "\r": " "}
SPECIAL |= {
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\ldots{}",
    "\u00a0": "~",
    "\ufffd": "?",
}
MATHS = {
    "×": "times",
    "·": "cdot",
    "≤": "leq",
    "≥": "geq",
    "≠": "neq",
    "≈": "approx",
    "→": "to",
    "∞": "infty",
    "±": "pm",
}
GREEK = "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"
MATHS |= dict(zip("αβγδεζηθκλμνξπρστφχψω", GREEK.split(), strict=True))
LIGATURE = re.compile("-(?=-)")
ACCENTED = re.compile("[À-ÖØ-öø-ž]")


class Tex(str):
    """LaTeX made here, which the template prints as it is."""

    __slots__ = ()


def write_latex(paper: Mapping[str, Any], folder: Path) -> Path:
    """Write `<id>.tex` for one paper of the JSON and return its path; raises ValueError if a key is missing."""
    shown = outline(paper)
    text = _environment().get_template("paper.tex.j2").render(paper=shown)
    return write(folder, file_name(shown.id, ".tex"), text)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        finalize=words,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"rich": rich, "display": display, "name": _name, "value": _value, "anchor": _anchor}
    environment.globals |= {
        "names": WORDS,
        "verdicts": VERDICTS,
        "evidence": evidence,
        "printed": _printed,
        "linked": _linked,
    }
    return environment


def words(text: Any) -> Tex:
    """Text as LaTeX prints it; what is `Tex` already stays.

    >>> print(words("50% of a_b"))
    50\\% of a\\_b
    """
    if isinstance(text, Tex):
        return text
    return Tex(LIGATURE.sub("-{}", "".join(_letter(letter) for letter in str(text))))


def rich(text: str) -> Tex:
    """Words with formulas between dollars."""
    return Tex("".join(words(piece) if kind == "text" else _inline(piece) for kind, piece in pieces(text)))


def display(latex: str) -> Tex:
    """A displayed formula, scaled down if it is wider than the text."""
    formula = normalise(latex)
    if mathml(formula) is None:
        return source(latex)
    return Tex(rf"\formula{{{formula}}}")


def source(latex: str) -> Tex:
    """The source of a formula that is not typeset."""
    return Tex(rf"{{\raggedright\small {_code(latex)}\par}}")


def _inline(formula: str) -> Tex:
    return _code(formula) if mathml(formula) is None else Tex(f"${formula}$")


def _letter(letter: str) -> str:
    if letter in SPECIAL:
        return SPECIAL[letter]
    if letter in MATHS:
        return rf"\ensuremath{{\{MATHS[letter]}}}"
    if (letter.isascii() and letter.isprintable()) or ACCENTED.fullmatch(letter):
        return letter
    return rf"[U+{ord(letter):04X}]"


def _printed(line: Line) -> Tex:
    if is_prose(line.kind, line.latex):
        return Tex(rf"\textit{{{rich(line.latex)}}}\par")
    return display(line.latex)


def _anchor(anchor: str) -> Tex:
    """The name of a link's target: letters, digits and dashes only."""
    return Tex(anchor.replace("+", "-plus-").replace("_", "-copy-"))


def _linked(numbers: Iterable[str], anchors: Mapping[str, str]) -> Tex:
    """Numbers of lines, each a link if the paper has such a line."""
    found = {number: rf"\hyperlink{{{_anchor(anchors[number])}}}" for number in numbers if number in anchors}
    return Tex(", ".join(f"{found.get(number, '')}{{{words(number)}}}" for number in numbers))


def _name(name: str) -> Tex:
    symbol = normalise(name)
    return _inline(symbol) if "\\" in symbol or len(re.split("[_^]", symbol)[0]) == 1 else _code(name)


def _value(value: Any) -> Tex:
    return _inline(normalise(str(value))) if "\\" in str(value) else _code(str(value))


def _code(text: str) -> Tex:
    """Characters of a typewriter font by their code, each a place where the line may break."""
    signs = (c if c.isalnum() else rf"\allowbreak\char{ord(c)}{{}}" if " " < c < "\x7f" else _letter(c) for c in text)
    return Tex(rf"\texttt{{{''.join(c if len(c) > 1 else _letter(c) for c in signs)}}}")
