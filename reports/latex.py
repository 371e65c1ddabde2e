"""The report of a paper as LaTeX: an article that pdflatex sets with the packages of a small TeX installation.

A formula reaches TeX only if `reports.formula` lets it pass and the page could set it too; any other is shown as
escaped source. Words are escaped by the template engine itself: what a template prints is escaped unless this module
has made it `Tex`, so that forgetting a filter shows a backslash and never runs one. A display wider than the text is
scaled down to it or broken at its signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.appendix import Table
from reports.figures import Figure
from reports.formula import factors, is_prose, modern, normalise, pieces, problem, symbol, terms
from reports.mathml import mathml
from reports.outline import VERDICTS, WORDS, Line, Outline, evidence, file_name, outline, write

BROAD = 160  # characters of a displayed formula that is surely wider than the text
FITS = ((9, 4), (14, 3), (22, 2))  # how many pairs stand in a row of a table of values, by the longest of them
SHORT = 24  # characters of a formula in running text that is left to TeX
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


def write_latex(
    paper: Mapping[str, Any], folder: Path, tables: Sequence[Table] = (), figures: Sequence[Figure] = ()
) -> Path:
    """Write `<id>.tex` for one paper of the JSON and return its path; raises ValueError if a key is missing."""
    path = write(folder, file_name(str(paper["id"]), ".tex"), latex(paper, tables, figures))
    for figure in figures:
        (folder / figure.file).write_bytes(figure.png)
    return path


def latex(
    paper: Mapping[str, Any], tables: Sequence[Table] = (), figures: Sequence[Figure] = (), *, plain: bool = False
) -> str:
    """The document, with the notation as an appendix; `plain` is for readers of LaTeX that know few packages."""
    shown = outline(paper)
    preamble = "preamble-plain.tex.j2" if plain else "preamble.tex.j2"
    resting = [
        (line, [n for n in others if n not in heirs], heirs)
        for line in shown.findings
        if (others := shown.dependence.resting_on(line.number)) or shown.heirs(line.number)
        for heirs in (shown.heirs(line.number),)
    ]
    template = environment().get_template("paper.tex.j2")
    text = template.render(paper=shown, tables=tables, figures=figures, preamble=preamble, resting=resting)
    return typeset(text, plain=plain)


def typeset(document: str, *, plain: bool) -> str:
    """A finished document, as the program that sets it wants it."""
    return modern(document) if plain else document


@lru_cache(maxsize=1)
def environment() -> Environment:
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
    environment.filters |= {"breakable": _breakable, "file": Tex}
    environment.globals |= {
        "names": WORDS,
        "verdicts": VERDICTS,
        "evidence": evidence,
        "printed": _printed,
        "linked": _linked,
        "witness": _witness,
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
    """A displayed formula: scaled down if it is a little wider than the text, else broken at its signs."""
    formula = normalise(latex)
    if mathml(formula) is None:
        return source(latex)
    parts = "".join(rf"\term{{\displaystyle {part}}}" for part in _parts(formula))
    return Tex(rf"\{'longformula' if len(formula) > BROAD else 'formula'}{{{formula}}}{{{parts}}}")


def _parts(formula: str) -> list[str]:
    """A formula in parts between which a line may break, each with the space before its sign."""
    cut = terms(formula)
    found = [
        f"{{}}{part}" if sign and not at else part for sign, whole in cut for at, part in enumerate(factors(whole))
    ]
    return [formula] if any(problem(part) for part in found) else found  # brackets that are not closed as opened


def source(latex: str) -> Tex:
    """The source of a formula that is not typeset."""
    return Tex(rf"{{\raggedright\small {_code(latex)}\par}}")


def _inline(formula: str) -> Tex:
    if mathml(formula) is None:
        return _code(formula)
    if len(formula) <= SHORT:
        return Tex(f"${formula}$")
    return Tex("".join(rf"\term{{{part}}}" for part in _parts(formula)))


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


def _linked(numbers: Iterable[str], paper: Outline) -> Tex:
    """Lines and named hypotheses, each line a link."""
    return Tex(", ".join(_link(paper.by_number[n]) if n in paper.by_number else words(n) for n in numbers))


def _link(line: Line) -> Tex:
    return Tex(rf"\hyperlink{{{_anchor(line.anchor)}}}{{{words(line.label)}}}")


def _breakable(label: str) -> Tex:
    """A label that may break at its dashes."""
    return Tex(r"-\allowbreak ".join(words(part) for part in label.split("-")))


def _witness(witness: Mapping[str, Any]) -> Tex:
    """The values of a witness in a table, or in running text where one of them is long; then both sides."""
    pairs = [(_name(name), _value(value)) for name, value in witness["values"].items()]
    longest = max((len(str(value)) + len(name) for name, value in witness["values"].items()), default=0)
    sides = Tex(rf"left-hand side {_value(witness['lhs'])}\par right-hand side {_value(witness['rhs'])}\par")
    across = next((count for length, count in FITS if longest <= length), 0)
    if not across or not pairs:
        listed = "; ".join(f"{name} = {value}" for name, value in pairs)
        return Tex(f"{{\\raggedright {listed}\\par}} {sides}" if listed else sides)
    cells = [f"{name} & = & {value}" for name, value in pairs]
    cells += [" & & "] * (-len(cells) % across)
    rows = [" & ".join(cells[at : at + across]) for at in range(0, len(cells), across)]
    columns = r"l@{\;}c@{\;}l@{\qquad}" * across
    table = rf"\begin{{tabular}}[t]{{@{{}}{columns}}}" + "\n"
    return Tex(table + " \\\\\n".join(rows) + "\n\\end{tabular}\\par\n" + sides)


def _name(name: str) -> Tex:
    """The name of a value in a witness: set as a formula if it is a symbol, else as a name."""
    found = symbol(name)
    return _code(name) if found is None else Tex(words(found[0]) + _inline(found[1]) + words(found[2]))


def _value(value: Any) -> Tex:
    text = str(value)
    if "\\" in text:
        return _inline(normalise(text))
    return Tex(rf"\mbox{{\texttt{{{words(text)}}}}}") if len(text) <= SHORT else _code(text)


def _code(text: str) -> Tex:
    """Characters of a typewriter font by their code, each a place where the line may break."""
    signs = (c if c.isalnum() else rf"\allowbreak\char{ord(c)}{{}}" if " " < c < "\x7f" else _letter(c) for c in text)
    return Tex(rf"\texttt{{{''.join(c if len(c) > 1 else _letter(c) for c in signs)}}}")
