# ruff: noqa: E501 (a formula stands on one line)
"""The rules of soundness of :mod:`test_soundness`, held against the sections of the July paper other than 2.3.

Laws, operators, deltas and sums over values: every line outside section 2.3, with mutants of its print, its tokens
left out one by one, its findings stripped, its premises removed; and little papers in the style of these sections.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path
from time import process_time

import pytest

from derive.annotation import Annotation, Entry
from derive.errors import DeriveError
from derive.latex.tokens import tokens
from derive.paper import Equation, Paper, load_paper
from derive.statement import Reading
from derive.verdict import Result
from derive.verify import SoundnessError, Verifier

PAPER = load_paper("inference-2024-07")
LINES = {e.number: e for e in PAPER.equations if not e.section.startswith("2.3")}
SHOWN = ("proved", "proved-to-order")
INTRODUCED = ("definition", "assumption")

# A regression table and no more: verdict, follows, inherits.
TABLE: dict[str, tuple[str, bool | None, tuple[str, ...]]] = {
    **dict.fromkeys(("1", "71", "81", "101", "102", "S1"), ("assumption", None, ())),
    **dict.fromkeys(("2", "5", "5+1", "5+2", "5+3", "20", "21", "74", "75", "77"), ("definition", None, ())),
    **dict.fromkeys(("87", "90", "97", "103", "104", "105", "125", "126"), ("definition", None, ())),
    **dict.fromkeys(("88", "91"), ("conditional", None, ())),
    **dict.fromkeys(("3", "4", "19", "78", "82"), ("conditional", True, ())),
    **dict.fromkeys(
        ("claim-values", "claim-bits", "claim-connections", "claim-mixture-parameters", "claim-unit-vector"),
        ("proved", None, ()),
    ),
    **dict.fromkeys(("7", "8", "11", "12", "13", "14", "15", "16", "17", "18"), ("proved", True, ())),
    **dict.fromkeys(("72", "73", "76", "79", "80", "83", "84", "85", "86", "97+3"), ("proved", True, ())),
    **dict.fromkeys(("106", "108", "109", "110", "111", "116", "117", "118", "119", "120"), ("proved", True, ())),
    **dict.fromkeys(("122", "123", "130", "claim-commuting", "claim-orthogonal"), ("proved", True, ())),
    **dict.fromkeys(("S1+1", "S1+2", "S1+3", "S1+4", "S1+5", "S1+6", "S1+7", "S1+8"), ("proved", True, ())),
    "114": ("proved", False, ()),
    **dict.fromkeys(("89", "92", "97+2", "112", "115", "121"), ("proved-to-order", True, ())),
    **dict.fromkeys(("6", "93", "97+1", "99", "107", "113", "124", "127", "S1+9", "S2"), ("refuted", False, ())),
    "claim-pauli-equation": ("refuted", False, ()),
    **dict.fromkeys(
        ("claim-exponentially-fewer", "claim-two-model-parameters", "claim-four-degrees", "claim-complex-loss"),
        ("refuted", None, ()),
    ),
    **dict.fromkeys(("9", "10"), ("refuted", True, ("6",))),
    **dict.fromkeys(("94", "95", "96", "98"), ("refuted", True, ("93",))),
    "100": ("refuted", True, ("99",)),
    "128": ("refuted", True, ("127",)),
    "129": ("refuted", True, ("124",)),
    **dict.fromkeys(("S1+10", "S1+11", "S1+12"), ("refuted", True, ("S1+9",))),
}
SLOW = ("6", "9", "93", "99", "106", "107", "claim-pauli-equation")
"""Lines that take more than a second each; their verdicts are in the table, their copies are left to others."""


@pytest.fixture(scope="module")
def verified() -> dict[str, Result]:
    """The results of these lines as they ship."""
    verifier = Verifier(PAPER)
    return {number: verifier.result(number) for number in TABLE}


def changed(number: str, **changes: object) -> Paper:
    """The paper with one line changed."""
    lines = (replace(e, **changes) if e.number == number else e for e in PAPER.equations)  # type: ignore[arg-type]
    return replace(PAPER, equations=tuple(lines))


def users_of(paper: Paper, number: str) -> set[str]:
    """The lines that name a line as a premise, or go on from it."""
    lines = list(paper.equations)
    found = set()
    for before, equation in zip([lines[0], *lines], lines, strict=False):
        entry = equation.annotation.one("from")
        if entry is not None and number in entry.parts:
            found.add(equation.number)
        elif entry is None and before.number == number and equation.latex.startswith(("=", r"\approx")):
            found.add(equation.number)
    return found


def verifier_of(paper: Paper, number: str, known: dict[str, Result]) -> Verifier:
    """A verifier of a paper in which one line was changed, that knows the results of all that doesn't rest on it."""
    verifier = Verifier(paper)
    affected, todo = {number}, [number]
    while todo:
        more = users_of(paper, todo.pop()) - affected
        affected |= more
        todo.extend(more)
    verifier._results.update({name: result for name, result in known.items() if name not in affected})
    return verifier


def outcome(paper: Paper, number: str, changed_line: str, known: dict[str, Result]) -> str:
    """The verdict of a line in a paper with one line changed, or that its statement is an error."""
    try:
        return verifier_of(paper, changed_line, known).result(number).verdict
    except DeriveError:
        return "error"


# -- the table -------------------------------------------------------------------------------------------------------


def test_verdicts_of_all_other_sections(verified) -> None:
    displayed = {number for number, equation in LINES.items() if equation.kind == "equation"}
    assert displayed <= set(TABLE)
    assert {number: (r.verdict, r.follows, r.inherits) for number, r in verified.items()} == TABLE


def test_what_is_shown_has_a_model_and_what_is_refuted_a_witness(verified) -> None:
    for number, result in verified.items():
        assert result.borne_out, number
        said = " ".join(result.evidence)
        if result.verdict == "proved":
            is_ratio = Reading(PAPER).line(number).relation == "∝"
            assert re.search(r"agrees at [1-9]\d* points? in [1-9]\d* exact model", said) or is_ratio, number
        if result.verdict == "proved-to-order":
            assert re.search("numeric remainder goes as|vanishes|exact model", said), number
        if result.verdict == "refuted":
            assert result.witness is not None, number
            assert result.correction, number
        if result.verdict == "conditional":
            assert result.witness is not None, number
            assert result.hypotheses, number


# -- mutants ---------------------------------------------------------------------------------------------------------

CLOSES = {"(": ")", "[": "]", "{": "}"}
NO_SYMBOL = re.compile(r"\\(frac|sqrt|sum|prod|int|log|exp|approx|equiv|rightarrow|rangle|langle|dagger|cdot|nabla|times|#|propto)|[^\\\w]|[deT]$|\d+")


def group(source: list[str], at: int) -> int:
    """Where the group that opens here ends."""
    depth = 0
    for end in range(at, len(source)):
        depth += (source[end] in CLOSES) - (source[end] in CLOSES.values())
        if depth == 0:
            return end + 1
    return len(source)


def unit(source: list[str], at: int) -> int:
    """Where the factor that begins here ends: with its scripts and arguments, a fraction with both its parts."""
    text = source[at]
    if text in (r"\langle", "|") and source[at + 2 : at + 3] in (["|"], [r"\rangle"]):
        return at + 3
    if text == r"\langle":
        end = source.index(r"\rangle", at) + 1
    elif text == r"\frac":
        end = group(source, group(source, at + 1))
    elif text in (r"\int", r"\sqrt"):
        end = at + 3 if text == r"\int" else group(source, at + 1)
    else:
        end = group(source, at) if text in CLOSES else at + 1
    is_called = text not in CLOSES and not text.startswith((r"\frac", r"\hbar", r"\int", r"\sum"))
    while end < len(source):
        if source[end] == "'":
            end += 1
        elif source[end] in ("_", "^"):
            end = group(source, end + 1) if source[end + 1] == "{" else end + 2
        elif source[end] == "(" and is_called and (text.startswith((r"\math", r"\hat", r"\log", r"\exp", r"\delta"))):
            end, is_called = group(source, end), False
        else:
            break
    return min(end, len(source))


def mutants(latex: str) -> list[tuple[str, str]]:
    """The print with one thing changed: a sign, number, index, symbol, factor, order of factors, a bar, a commutator."""
    source = [token.text for token in tokens(latex)]
    symbols = sorted({text for text in source if not NO_SYMBOL.match(text)})
    found: list[tuple[str, list[str]]] = []
    for at, text in enumerate(source):
        before, after = source[:at], source[at + 1 :]
        if text in ("+", "-"):
            found.append((f"sign at {at}", [*before, "-" if text == "+" else "+", *after]))
        if text.isdigit():
            found.append((f"{text} at {at} to {int(text) + 1}", [*before, str(int(text) + 1), *after]))
        if text in symbols:
            other = symbols[(symbols.index(text) + 1 + at % max(1, len(symbols) - 1)) % len(symbols)]
            found.append((f"{text} at {at} to {other}", [*before, other, *after]))
        if text in ("+", "-", "=", "_", "^", "'", ",", ")", "]", "}", "|") and not (text == "|" and r"\rangle" in after[1:2]):
            continue
        end = unit(source, at)
        found.append((f"without {' '.join(source[at:end])[:24]} at {at}", [*before, *source[end:]]))
        if end < len(source) and source[end] not in ("+", "-", "=", ",", *CLOSES.values(), "|", r"\cdot", "_", "^"):
            last = unit(source, end)
            found.append((f"turned at {at}", [*before, *source[end:last], *source[at:end], *source[last:]]))
        if text == "[" and "," in source[at:end]:
            comma = max(n for n in range(at, end) if source[n] == ",")
            found.append((f"commutator at {at}", [*before, "[", *source[comma + 1 : end - 1], ",", *source[at + 1 : comma], *source[end - 1 :]]))
    return [(name, " ".join(new)) for name, new in found if new != source]
