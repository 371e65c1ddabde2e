"""The rules of soundness, held mechanically against section 2.3 of the July paper.

Its results are recomputed here under changes that must or must not matter: without its recorded findings, without a
premise, with every symbol renamed, with a token of the print changed.
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import replace
from pathlib import Path

import pytest

from derive.annotation import Annotation, Entry
from derive.latex.tokens import tokens
from derive.mutants.annotations import annotation_mutants
from derive.notation import load_notation
from derive.paper import Equation, Paper, shipped_papers
from derive.verdict import Result
from derive.verify import Verifier

SOURCES = Path(__file__).resolve().parents[1] / "derive"
SHOWN = ("proved", "proved-to-order")

# A regression table and no more: verdict, follows, inherits.
TABLE: dict[str, tuple[str, bool | None, tuple[str, ...]]] = {
    **dict.fromkeys(("22", "63"), ("assumption", None, ())),
    **dict.fromkeys(("27", "28", "30", "45", "68"), ("definition", None, ())),
    **dict.fromkeys(
        ("23", "24", "25", "26", "29", "31", "33", "34", "35", "37", "38", "39", "40"), ("proved", True, ())
    ),
    **dict.fromkeys(("42", "43", "44", "47", "50", "51", "52", "53", "54", "55", "56"), ("proved", True, ())),
    **dict.fromkeys(("58", "62", "67"), ("proved", True, ())),
    **dict.fromkeys(("32", "36", "41"), ("proved-to-order", True, ())),
    "46": ("conditional", None, ()),
    "48": ("refuted", False, ()),
    "49": ("proved", False, ()),
    "57": ("refuted", False, ()),
    "59": ("refuted", False, ()),
    "60": ("refuted", True, ("59",)),
    "64": ("conditional", True, ()),
    "65": ("refuted", True, ("59",)),
    "66": ("refuted", False, ("59",)),
    "69": ("refuted", True, ("66",)),
    "70": ("refuted", True, ("59",)),
}


def users_of(paper: Paper, number: str) -> set[str]:
    """The lines that name a line as a premise, or go on from it."""
    numbers = [equation.number for equation in paper.equations]
    found = set()
    for equation in paper.equations:
        entry = equation.annotation.one("from")
        if entry is not None and number in [part.strip() for part in entry.value.split(",")]:
            found.add(equation.number)
        elif entry is None and equation.latex.startswith(("=", r"\approx")):
            found |= {equation.number} if numbers[numbers.index(equation.number) - 1] == number else set()
    return found


def verifier_of(paper: Paper, number: str, known: dict[str, Result]) -> Verifier:
    """A verifier of a paper in which one step was changed, that knows the results of all that doesn't rest on it."""
    verifier = Verifier(paper)
    affected, todo = {number}, [number]
    while todo:
        more = users_of(paper, todo.pop()) - affected
        affected |= more
        todo.extend(more)
    verifier._results.update({name: result for name, result in known.items() if name not in affected})
    return verifier


def test_verdicts_of_section_2_3(verified) -> None:
    found = {number: (r.verdict, r.follows, r.inherits) for number, r in verified.items()}
    assert found == TABLE
    assert all(result.borne_out for result in verified.values())


def test_every_proof_has_a_model_of_its_premises(verified) -> None:
    """A proof from premises that nothing satisfies is empty."""
    for number, result in verified.items():
        if result.verdict == "proved":
            assert any("exact models of the premises" in said for said in result.evidence), number
        if result.verdict == "proved-to-order":
            assert any("numeric remainder goes as" in said or "vanishes" in said for said in result.evidence), number
        if result.verdict == "refuted":
            assert result.witness is not None, number
            assert result.correction, number


# -- findings --------------------------------------------------------------------------------------------------------


def without(paper: Paper, *keys: str) -> Paper:
    """The paper with all entries of these keys stripped."""

    def stripped(equation: Equation) -> Equation:
        kept = tuple(entry for entry in equation.annotation.entries if entry.key not in keys)
        return replace(equation, annotation=Annotation(kept, equation.line))

    return replace(paper, equations=tuple(stripped(equation) for equation in paper.equations))


def test_stripping_the_findings_proves_nothing(section, verified) -> None:
    verifier = Verifier(without(section.paper, "corrected", "needs"))
    for number in section.numbers:
        before, after = verified[number], verifier.result(number)
        if before.verdict in ("refuted", "conditional"):
            assert after.verdict not in (*SHOWN, "definition", "assumption"), number
            assert not after.borne_out or after.verdict in ("open", "supported"), number
        if after.verdict in SHOWN:
            assert before.verdict in SHOWN, number


def test_a_finding_on_a_line_that_has_none_is_not_borne_out(section, verified) -> None:
    for number, key, value in (
        ("35", "corrected", r"= 0"),
        ("35", "needs", r"\epsilon = 1"),
        ("32", "corrected", r"\approx \mathbf{K}_{\text{diag}}^{-1}"),
        ("63", "corrected", r"\mathbb{E}[x_i] = 2 \epsilon m_i"),
        ("68", "corrected", r"\mathcal{C} = 0"),
    ):
        entries = (*section.paper.equation(number).annotation.entries, Entry(key, value, "", 0))
        paper = section.with_line(number, entries=entries)
        assert not verifier_of(paper, number, verified).result(number).borne_out, (number, key)


def test_a_wrong_correction_is_not_borne_out(section, verified) -> None:
    for number, value in (("57", r"\approx 0"), ("48", r"= 1"), ("69", r"\mathcal{M} = 0"), ("66", r"= \mathcal{C}")):
        entries = tuple(
            replace(entry, value=value) if entry.key == "corrected" else entry
            for entry in section.paper.equation(number).annotation.entries
        )
        result = verifier_of(section.with_line(number, entries=entries), number, verified).result(number)
        assert result.verdict == "refuted", number
        assert not result.borne_out, number


# -- premises --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [number for number, (verdict, *_) in TABLE.items() if verdict in SHOWN])
def test_a_premise_is_needed_or_said_not_to_be(trials, number: str) -> None:
    equation = trials.paper.equation(number)
    goes_on = trials.base.reading.line(number).chain.first is None
    for _, name, entries in annotation_mutants(equation, goes_on=goes_on):
        assert trials.without(number, name, entries).fate in ("caught", "equal"), name


# -- renaming --------------------------------------------------------------------------------------------------------

RENAMED = {
    "m": r"\mu", "q": "e", "r": "y", "x": "u", "v": "w", "p": "g", "A": "Z", "K": "S", "I": "J", "N": "R", "M": "W",
    "D": "F", "i": "n", "j": "k", "k": "j", "l": "o", "d": "c", r"\epsilon": r"\eta", r"\Theta": r"\Phi",
    r"\mathcal{L}": r"\mathcal{Y}", r"\mathcal{C}": r"\mathcal{D}", r"\mathcal{M}": r"\mathcal{W}",
    r"\mathcal{H}": r"\mathcal{G}", r"\mathcal{P}": r"\mathcal{Q}", r"\mathcal{N}": r"\mathcal{B}",
    r"\mathbb{E}": r"\mathbb{M}", r"\text{Var}": r"\text{V}", r"\text{Cov}": r"\text{C}",
    r"\text{diag}": r"\text{on}", r"\text{off}": r"\text{beside}",
}  # fmt: skip
"""Every symbol, index letter and size of the section; d in a measure, T of a transpose and 0 are no symbols."""


def renamed(latex: str) -> str:
    """A formula with every symbol renamed."""
    found: list[str] = []
    for token in tokens(latex):
        text = token.text
        font = re.fullmatch(r"(\\mathbf\{|\\vec\{\\mathbf\{|\\vec\{)(\w)(\}+)", text)
        if text == "d" and found and found[-1] == r"\int":
            found.append(text)
        elif font and font[2] in RENAMED:
            found.append(font[1] + RENAMED[font[2]] + font[3])
        else:
            found.append(RENAMED.get(text, text))
    return " ".join(found)


def renamed_value(entry: Entry) -> str:
    value = entry.value
    if entry.key in ("scope", "from") or value in ("definition", "assumption", "exact"):
        return value
    if entry.key == "by":
        return "drop " + renamed(value[5:]) if value.startswith("drop ") else value.replace(" in s", " in t")
    if entry.key == "read":
        printed, _, meant = value.partition(" as ")
        return f"{renamed(printed)} as {renamed(meant)}"
    for pattern in (
        r"()density in (.+)()",
        r"(.+) free of (.+)()",
        r"(.+) symmetric in (.), (.)",
        r"(.+) positive()()",
    ):
        found = re.fullmatch(pattern, value)
        if not found or entry.key not in ("so", "needs"):
            continue
        about, first, second = (";".join(renamed(part) for part in group.split(";")) for group in found.groups())
        words = {"d": f"density in {first}", "f": f"{about} free of {first}"}
        words |= {"s": f"{about} symmetric in {first}, {second}", "p": f"{about} positive"}
        return words[re.search(r"density|free|symmetric|positive", pattern)[0][0]]  # type: ignore[index]
    return renamed(value)


def renamed_table(text: str) -> str:
    """The notation of the section, symbol by symbol, letter by letter."""
    start = text.index("[scope.clusters]")
    scope = text[start : text.index("[scope.", text.index("[scope.clusters.symbols]") + 5)]
    rows = []
    for row in scope.splitlines():
        row = re.sub(r'size = "(\w)"', lambda m: f'size = "{RENAMED[m[1]]}"', row)
        row = re.sub(r'indices = "([^"]*)"', lambda m: f'indices = "{" ".join(RENAMED[x] for x in m[1].split())}"', row)
        row = re.sub(r"^'([^']*)'", lambda m: f"'{renamed(m[1])}'".replace(" ", ""), row)
        row = re.sub(r'^"r\'"', '"y\'"', row)
        row = re.sub(r"law = '([^']*)'", lambda m: f"law = '{renamed(m[1])}'", row)
        row = re.sub(r"part = '([\w-]+ of) ([^']*)'", lambda m: f"part = '{m[1]} {renamed(m[2])}'", row)
        row = re.sub(r"^s = ", "t = ", row)
        row = row.replace("{ s = ", "{ t = ")
        rows.append(row)
    return "\n".join(rows)


def test_a_copy_with_every_symbol_renamed_gets_the_same_verdicts(section, verified, tmp_path) -> None:
    table = (section.paper.folder / "notation.toml").read_text(encoding="utf-8")
    (tmp_path / "notation.toml").write_text(renamed_table(table), encoding="utf-8")

    def entry(old: Entry) -> Entry:
        return replace(old, value=renamed_value(old))

    def line(old: Equation) -> Equation:
        return replace(
            old,
            latex=renamed(old.latex),
            annotation=Annotation(tuple(entry(e) for e in old.annotation.entries), old.line),
            reads=tuple(entry(e) for e in old.reads),
        )

    wanted = {"20", *section.numbers}
    paper = replace(
        section.paper,
        equations=tuple(line(e) for e in section.paper.equations if e.number in wanted),
        givens=tuple(
            replace(g, entry=entry(g.entry), reads=tuple(entry(e) for e in g.reads))
            for g in section.paper.givens
            if g.scope == "clusters"
        ),
        notation=load_notation(tmp_path / "notation.toml"),
    )
    assert renamed(section.paper.equation("70").latex) != " ".join(
        t.text for t in tokens(section.paper.equation("70").latex)
    )
    verifier = Verifier(paper)
    for number in section.numbers:
        before, after = verified[number], verifier.result(number)
        assert (after.verdict, after.follows, after.inherits, after.borne_out) == (
            before.verdict,
            before.follows,
            before.inherits,
            before.borne_out,
        ), number


# -- what the program may not know -----------------------------------------------------------------------------------


def code_of(path: Path) -> str:
    """The source without comments and docstrings, which may cite a paper."""
    kept: list[str] = []
    previous = tokenize.INDENT
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        is_docstring = token.type == tokenize.STRING and previous in (
            tokenize.INDENT,
            tokenize.NEWLINE,
            tokenize.DEDENT,
        )
        if token.type not in (tokenize.COMMENT, tokenize.NL) and not is_docstring:
            kept.append(token.string)
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            previous = token.type
    return " ".join(kept)


FORBIDDEN = (
    r"\mathcal{H}", r"\mathcal{L}", r"\mathcal{P}", r"\mathcal{M}", r"\epsilon", r"\Theta", r"\text{diag}",
    r"\text{off}", r"\vec{r}", r"\vec{p}", "clusters", "cluster variable", "vector potential", "x_{1:", r"\hbar",
    r"\sigma",
)  # fmt: skip


def test_no_paper_is_known_to_the_program() -> None:
    modules = [path for path in sorted(SOURCES.rglob("*.py")) if "papers" not in path.relative_to(SOURCES).parts]
    assert len(modules) > 30
    found = []
    for path in modules:
        code = code_of(path)
        found += [(path.name, word) for word in (*shipped_papers(), *FORBIDDEN) if word in code]
        found += [(path.name, said) for said in re.findall(r"number\w* ==? ['\"]\d+['\"]", code)]
    assert not found
