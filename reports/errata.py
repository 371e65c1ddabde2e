"""The erratum of a paper: what an author or an editor has to change, and the derivation with the changes made.

A line that is refuted by an error of its own stands with its correction, the reason in a sentence, and a point at which
the print fails; the lines that only inherit its error are named there. Conditional lines stand with what they need. The
corrected derivation has every corrected line and every line that rests on one. Each of its lines was decided against
its premises as corrected; a line that is not settled says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.formula import RELATION, is_prose, normalise, terms
from reports.latex import Tex, display, environment, rich, typeset, words
from reports.mathml import mathml
from reports.outline import WORDS, Line, Outline, file_name, label, outline, write

ROWS = re.compile(r"\\begin\{(?:aligned|split)\}((?:(?!\\begin\{).)*)\\end\{(?:aligned|split)\}[.,;\s]*", re.DOTALL)
SHOWN = 3  # values of a witness that are told; all are in the report
DIGITS = 6  # of the two sides at a witness


@dataclass(frozen=True)
class Step:
    """A line of the corrected derivation: what it says, and how that compares with the print."""

    line: Line
    formula: str
    goes_on: bool
    """Whether it starts with a relation and goes on from the step before it."""
    changed: bool
    remark: str


def write_errata(paper: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write `<id>-errata.tex`, and `<id>-corrected.tex` to be pasted into the paper.

    Raises ValueError if a key of the JSON is missing.
    """
    shown = outline(paper)
    return [
        write(folder, file_name(shown.id, "-errata.tex"), errata(paper)),
        write(folder, file_name(shown.id, "-corrected.tex"), corrected(paper)),
    ]


def errata(paper: Mapping[str, Any], *, plain: bool = False) -> str:
    """The erratum as a LaTeX document."""
    shown = outline(paper)
    preamble = "preamble-plain.tex.j2" if plain else "preamble.tex.j2"
    own = [line for line in shown.findings if not line.inherits]
    template = environment().get_template("errata.tex.j2")
    text = template.render(
        paper=shown,
        preamble=preamble,
        own=[(line, reason(line), _point(line), shown.heirs(line.number)) for line in own if line.kind == "equation"],
        said=[(line, reason(line), shown.heirs(line.number)) for line in own if line.kind != "equation"],
        steps=list(derivation(shown)),
        meant=_should_read,
        instead=_instead,
        plain=plain,
    )
    return typeset(text, plain=plain)


def corrected(paper: Mapping[str, Any]) -> str:
    """The corrected derivation as LaTeX, with the numbers of the paper, for a document that loads amsmath."""
    shown = outline(paper)
    rows = [
        f"% The corrected derivation of {_comment(shown.id)}: every corrected line and all that rest on one.",
        "% Each line follows from its premises as corrected, unless a comment says otherwise. Needs amsmath.",
    ]
    section, within = None, False
    for step in derivation(shown):
        if within and not (step.goes_on and step.line.section == section):
            rows.append(r"\end{align}")
            within = False
        elif within:
            rows[-1] += r" \\"
        if step.line.section != section:
            section = step.line.section
            rows += ["", f"% {_comment(section)}"]
        rows.append(f"% ({_comment(step.line.number)}) {_comment(step.remark)}")
        if mathml(normalise(step.formula)) is None:
            rows.append(f"% {_comment(step.formula)}")
            if within:
                rows[-3] = rows[-3].removesuffix(r" \\")
            continue
        if not within:
            rows.append(r"\begin{align}")
            within = True
        rows.append(rf"  {_aligned(step.formula)} \tag{{{words(step.line.number)}}}")
    if within:
        rows.append(r"\end{align}")
    return "\n".join(rows) + "\n"


def derivation(paper: Outline) -> Iterator[Step]:
    """The corrected lines and all equations that rest on one, in print order."""
    changed = {line.number for line in paper.lines if _is_changed(line)}
    wanted = changed.union(*(paper.dependence.resting_on(number) for number in changed))
    before: str | None = None
    for line in paper.lines:
        if line.number not in wanted or line.kind != "equation":
            continue
        formula = meant(line)
        goes_on = _starts_with_relation(formula)
        if goes_on and (not line.premises or line.premises[0] != before):
            formula = _with_left_side(formula, line, paper)
            goes_on = False
        yield Step(line, formula, goes_on, line.number in changed, _remark(line, line.number in changed))
        before = line.number


def meant(line: Line) -> str:
    """The line as it should stand: its correction, with what the correction leaves to the print, else the print.

    A correction that starts with a relation takes the place of the last link of the print.
    """
    if not _is_changed(line):
        return line.latex
    correction = normalise(line.correction or "")
    if not _starts_with_relation(correction):
        return correction
    cut = terms(_in_one_row(line.latex))
    last = max((place for place, (sign, _) in enumerate(cut) if sign in RELATION), default=0)
    kept = " ".join(part for _, part in cut[:last])
    return f"{kept} {correction}".strip()


def reason(line: Line) -> str:
    """Why a line is in the erratum, in a sentence."""
    if line.note or line.verdict == "conditional":
        return (line.note or "").rstrip(".")
    told = [said for said in line.evidence if said.startswith(("printed minus corrected", "the difference"))]
    return told[-1][:1].upper() + told[-1][1:] if told else "The two sides differ at the point below"


def _is_changed(line: Line) -> bool:
    return line.verdict == "refuted" and bool(line.correction) and not is_prose(line.kind, line.correction or "")


def _starts_with_relation(formula: str) -> bool:
    cut = terms(normalise(formula))
    return bool(cut) and cut[0][0] in RELATION


def _in_one_row(latex: str) -> str:
    """A formula without the rows that it is printed in."""
    rows = ROWS.fullmatch(normalise(latex))
    return " ".join(re.sub(r"(?<!\\)&|\\\\", " ", rows[1]).split()) if rows else normalise(latex)


def _with_left_side(formula: str, line: Line, paper: Outline) -> str:
    """A line that starts with a relation, with the side of its first premise that it goes on from."""
    premise = paper.by_number.get(line.premises[0]) if line.premises else None
    if premise is None or premise.kind != "equation":
        return formula
    cut = terms(_in_one_row(meant(premise)))
    last = max((place for place, (sign, _) in enumerate(cut) if sign in RELATION), default=None)
    if last is None:
        return formula
    first, *rest = [part for _, part in cut[last:]]
    side = " ".join([first.removeprefix(cut[last][0]).strip(), *rest]).rstrip(" .,;")
    return f"{side} {formula}"


def _aligned(formula: str) -> str:
    """A row of an `align`, with its place before the first relation."""
    cut = terms(normalise(formula))
    parts = [part for _, part in cut]
    at = next((place for place, (sign, _) in enumerate(cut) if sign in RELATION), None)
    if at is None:
        return f"& {' '.join(parts)}"
    return " ".join([*parts[:at], f"& {parts[at]}", *parts[at + 1 :]])


def _remark(line: Line, changed: bool) -> str:
    if changed:
        return f"corrected; inherits {', '.join(map(label, line.inherits))}" if line.inherits else "corrected"
    if line.verdict == "open":
        return "as printed, and not settled"
    if line.verdict == "conditional":
        return f"as printed, provided that {'; '.join(line.hypotheses)}"
    return f"as printed, {WORDS[line.verdict]}"


def _point(line: Line) -> dict[str, Any] | None:
    """The witness as far as the erratum tells it."""
    if line.witness is None:
        return None
    values = list(line.witness["values"].items())
    sides = {side: _rounded(line.witness[side]) for side in ("lhs", "rhs")}
    if sides["lhs"] == sides["rhs"]:
        sides = {}
    return {**line.witness, **sides, "values": values[:SHOWN], "more": max(0, len(values) - SHOWN)}


def _rounded(value: str) -> str:
    """A decimal with few digits; anything else as it is."""
    if not re.fullmatch(r"-?\d+\.\d+(?:[eE][-+]?\d+)?", value):
        return value
    return f"{float(value):.{DIGITS}g}"


def _instead(line: Line) -> str:
    """The correction of what the words claim, in a line of text."""
    correction = line.correction or ""
    return rich(correction if is_prose(line.kind, correction) else f"${normalise(correction)}$")


def _should_read(line: Line) -> str:
    """What the line should say, as LaTeX: a formula or a sentence."""
    correction = line.correction or ""
    return Tex(rf"{rich(correction)}\par") if is_prose(line.kind, correction) else display(meant(line))


def _comment(text: str) -> str:
    """Text on one line, for a comment."""
    return " ".join(text.split())
