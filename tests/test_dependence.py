"""What a verdict is kept by: what changes the digest of a line and what does not, and that nothing else matters."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from derive.dependence import Dependence, _is_plain, _occurs
from derive.notation import Declared
from derive.paper import Paper, load_paper, shipped_papers
from derive.statement import Reading
from derive.verdict import Result
from derive.verify import Verifier

TEX = r"""\section{1 Springs}
% scope: springs
% given stretch @1: y_i = x_i - \ell

% by: definition -- of a sum
\begin{equation} X = \sum_i x_i \tag{1} \end{equation}

% from: stretch
\begin{equation} \sum_i y_i = \sum_i x_i - N \ell \tag{2} \end{equation}

% from: 2, 1
\begin{equation} \sum_i y_i = X - N \ell \tag{3} \end{equation}

\begin{equation} = X - \ell N \tag{4} \end{equation}

% by: exact
% corrected: 2 a = a + a -- twice
\begin{equation} 2 a = a + 3 a \tag{5} \end{equation}

% from: 5
\begin{equation} 4 a = a + a + 2 a \tag{6} \end{equation}

% scope: other
% read: b as c -- a slip

% by: exact
\begin{equation} c + b = 2 c \tag{7} \end{equation}

% claim twice: 2 c = c + c
"""
NOTATION = r"""
[scope.springs.ranges]
spring = { size = "N", indices = "i j" }
[scope.springs.symbols]
'x' = { slots = "spring", meaning = "a length" }
'y' = { slots = "spring" }
'\ell' = { domain = "positive" }
'X' = {}
'a' = {}
'unused' = {}
[scope.other.symbols]
'c' = {}
"""
LINES = ("1", "2", "3", "4", "5", "6", "7", "claim-twice")
SPRINGS = ("1", "2", "3", "4", "5", "6")


def keys(folder: Path, tex: str, notation: str) -> dict[str, str]:
    """The digests of all lines of a paper, those of lines that rest on others as if these were proved."""
    folder.mkdir(exist_ok=True)
    (folder / "paper.tex").write_text(tex, "utf-8")
    (folder / "notation.toml").write_text(notation, "utf-8")
    paper = load_paper(folder)
    results = {e.number: Result(e.number, e.kind, e.section, e.latex, "proved") for e in paper.equations}
    dependence = Dependence(paper)
    return {e.number: dependence.key(e.number, results) for e in paper.equations}


CHANGES = {
    "prose": (r"\section{1 Springs}", "Some prose.\n\n\\section{1 Springs}", ()),
    "the heading": ("1 Springs", "1 Coils", ()),
    "layout": (r"X = \sum_i x_i \tag{1}", "X=\n\\sum_i\\, x_i. \\label{eq:sum} \\tag{1}", ()),
    "a comment": ("% by: definition", "% an aside\n% by: definition", ()),
    "words for people": ("-- of a sum", "-- of all lengths", ("1",)),
    "a line": (r"\sum_i x_i - N \ell", r"- N \ell + \sum_i x_i", ("2", "3", "4")),
    "a line that nothing rests on": (r"2 c \tag{7}", r"c + c \tag{7}", ("7",)),
    "a line that another goes on from": (r"= X - N \ell", r"= - N \ell + X", ("3", "4")),
    "the premises of a line": ("% from: 2, 1", "% from: 1, 2", ("3", "4")),
    "a correction": ("2 a = a + a", "2 a = 2 a", ("5", "6")),
    "a definition": (r"X = \sum_i x_i", r"X = \sum_j x_j", SPRINGS),
    "what is stated by name": (r"= x_i - \ell", r"= - \ell + x_i", SPRINGS),
    "a slip": ("b as c", "b as c c", ("7", "claim-twice")),
    "the words of a slip": ("-- a slip", "-- a misprint", ("7",)),
    "a claim": ("2 c = c + c", "2 c = c + c + 0", ("claim-twice",)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_counts_for_a_line_and_what_rests_on_it(tmp_path: Path, change: tuple) -> None:
    old, new, redone = change
    assert old in TEX
    before = keys(tmp_path / "paper", TEX, NOTATION)
    after = keys(tmp_path / "paper", TEX.replace(old, new, 1), NOTATION)
    assert {number for number in LINES if before[number] != after[number]} == set(redone)


TABLE = {
    "a symbol more": ("'unused' = {}", "'unused' = {}\n'more' = {}", ()),
    "a symbol that is not used": ("'unused' = {}", "'unused' = { domain = \"positive\" }", ()),
    "a symbol that some lines use": ("'a' = {}", "'a' = { domain = \"positive\" }", ("5", "6")),
    "a symbol that stands before the others": ("'x' = {", "'first' = {}\n'x' = {", SPRINGS),
    "a symbol that a definition uses": ("'X' = {}", "'X' = { domain = \"positive\" }", SPRINGS),
    "a kind that a scope is asked for": ("'unused' = {}", "'unused' = { kind = \"density\" }", SPRINGS),
    "the letters of a range": ('"i j"', '"i j k"', SPRINGS),
    "another scope": ("'c' = {}", "'c' = { domain = \"positive\" }", ("7", "claim-twice")),
    "the meaning of a symbol": ("a length", "its length", ("1", "2")),
}


@pytest.mark.parametrize("change", TABLE.values(), ids=TABLE)
def test_the_notation_counts_as_far_as_a_line_uses_it(tmp_path: Path, change: tuple) -> None:
    old, new, redone = change
    assert old in NOTATION
    before = keys(tmp_path / "paper", TEX, NOTATION)
    after = keys(tmp_path / "paper", TEX, NOTATION.replace(old, new, 1))
    assert {number for number in LINES if before[number] != after[number]} == set(redone)


def test_the_outcome_of_what_a_line_rests_on_counts(tmp_path: Path) -> None:
    keys(tmp_path / "paper", TEX, NOTATION)
    paper = load_paper(tmp_path / "paper")
    dependence = Dependence(paper)
    results = {e.number: Result(e.number, e.kind, e.section, e.latex, "proved") for e in paper.equations}
    open_ = {**results, "5": replace(results["5"], verdict="open")}
    noted = {**results, "5": replace(results["5"], note="another note")}
    assert dependence.key("6", results) != dependence.key("6", open_)
    assert dependence.key("6", results) == dependence.key("6", noted)
    assert dependence.key("7", results) == dependence.key("7", open_)


@pytest.mark.parametrize("paper", shipped_papers())
def test_premises_are_those_that_the_verifier_uses(paper: str) -> None:
    loaded = load_paper(paper)
    dependence, reading = Dependence(loaded), Reading(loaded)
    for equation in loaded.equations:
        if equation.is_annotated:
            named = reading.premises(equation)
            lines = [n for n in named if reading.given(n, equation) is None and reading.apart(n, equation) is None]
            assert dependence.premises(equation.number) == tuple(lines), equation.number


# -- what does not count, does not matter ----------------------------------------------------------------------------

SAMPLE = 30


def bare(paper: Paper, dependence: Dependence, number: str) -> Paper:
    """A paper with only what counts for a line; what its notation says of all else is something else."""
    involved = dependence.involved(number)
    words = frozenset().union(*(dependence._words_of(name) for name in involved))
    words |= {word for given in paper.givens for word in Dependence._words_of_given(given)}

    def other(declared: Declared) -> Declared:
        if not _is_plain(declared) or _occurs(declared, words):
            return declared
        return Declared(declared.key, domain="positive", slots=(), meaning="something else")

    scopes = {
        name: replace(scope, symbols={key: other(declared) for key, declared in scope.symbols.items()})
        for name, scope in paper.notation.scopes.items()
    }
    kept = tuple(replace(e, line=e.line + 1000) for e in paper.equations if e.number in involved)
    return replace(paper, equations=kept, notation=replace(paper.notation, scopes=scopes))


def cases() -> list[tuple[str, str]]:
    found = [(paper, e.number) for paper in shipped_papers() for e in load_paper(paper).equations if e.is_annotated]
    return random.Random(6).sample(found, SAMPLE)


def test_a_line_is_decided_the_same_where_there_is_nothing_but_what_counts(shipped) -> None:
    for name, number in cases():
        paper = load_paper(name)
        before = shipped[name][number]
        dependence = Dependence(paper)
        verifier = Verifier(bare(paper, dependence, number))
        verifier.learn({other: shipped[name][other] for other in dependence.ancestors(number)})
        after = verifier.result(number)
        assert replace(after, slips=()) == replace(before, slips=()), (name, number)
