"""``derive new``: the lines of a LaTeX file with the numbers that LaTeX gives them, and a notation that loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from derive.displays import displays
from derive.errors import DeriveError
from derive.latex.tokens import tokens
from derive.new import new_encoding
from derive.notation import load_notation
from derive.paper import SHIPPED, load_paper, shipped_papers

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "coupled-oscillators" / "paper.tex"


def numbers(body: str, preamble: str = "") -> list[str]:
    text = preamble + "\\begin{document}\n" + body + "\\end{document}\n"
    return [display.number for display in displays(text, "x.tex")]


ONE = "\\begin{equation} a = b \\end{equation}\n"
NUMBERED = {
    "in order": (ONE * 3, ["1", "2", "3"]),
    "without a number": (
        ONE + r"\[ a \] $$ b $$ \begin{equation*} c \end{equation*}" + ONE,
        ["1", "1+1", "1+2", "1+3", "2"],
    ),
    "before the first": (r"\[ a \]" + ONE, ["0+1", "1"]),
    "a tag": (r"\begin{equation} a \tag{A.1} \end{equation}" + ONE, ["A.1", "1"]),
    "a tag that stands twice": (r"\begin{equation} a \tag{7} \end{equation}" * 2, ["7", "7-2"]),
    "rows": (r"\begin{align} a &= b \\ &= c \nonumber \\ &= d \end{align}" + ONE, ["1", "1+1", "2", "3"]),
    "rows with a matrix": (
        r"\begin{align} a &= \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \\[2pt] b &= {\substack{c \\ d}} \end{align}",
        ["1", "2"],
    ),
    "rows without numbers": (r"\begin{gather*} a = b \\ c = d \end{gather*}" + ONE, ["0+1", "0+2", "1"]),
    "several rows, one number": (r"\begin{multline} a \\ = b \end{multline}" + ONE, ["1", "2"]),
    "an old array": (r"\begin{eqnarray} a &=& b \\ &=& c \notag \end{eqnarray}", ["1", "1+1"]),
    "parts of one": (
        ONE + r"\begin{subequations}" + ONE + r"\begin{align} a \\ b \end{align}\end{subequations}" + ONE,
        ["1", "2a", "2b", "2c", "3"],
    ),
    "set by hand": (r"\setcounter{equation}{10}" + ONE, ["11"]),
    "a comment": ("% " + ONE + ONE + "\\begin{equation} a % \\end{equation}\n = b \\end{equation}", ["1", "2"]),
}


@pytest.mark.parametrize("case", NUMBERED.values(), ids=NUMBERED)
def test_lines_are_numbered_as_latex_numbers_them(case: tuple[str, list[str]]) -> None:
    body, expected = case
    assert numbers(body) == expected


def test_numbers_within_sections() -> None:
    preamble = "\\numberwithin{equation}{section}\n"
    body = (
        f"\\section{{A}}{ONE}{ONE}\\section*{{B}}{ONE}\\section{{C}}\\subsection{{D}}{ONE}\\appendix\\section{{E}}{ONE}"
    )
    assert numbers(body, preamble) == ["1.1", "1.2", "1.3", "2.1", "A.1"]
    body = f"\\section{{A}}\\subsection{{B}}{ONE}\\subsection{{C}}{ONE}"
    assert numbers(body, "\\numberwithin{equation}{subsection}") == ["1.1.1", "1.2.1"]


@pytest.mark.parametrize("paper", [*shipped_papers(), str(EXAMPLE)])
def test_the_lines_of_encoded_papers_are_found_as_the_verifier_finds_them(paper: str) -> None:
    file = Path(paper) if paper.endswith(".tex") else SHIPPED / paper / "paper.tex"
    found = displays(file.read_text("utf-8"), file.name)
    lines = load_paper(paper).lines
    assert [display.number for display in found] == [line.number for line in lines]
    assert [display.section for display in found] == [line.section for line in lines]
    assert [display.row for display in found] == [line.line for line in lines]
    for display, line in zip(found, lines, strict=True):
        assert [t.text for t in tokens(display.latex)] == [t.text for t in tokens(line.latex)]


@pytest.mark.parametrize("paper", [*shipped_papers(), str(EXAMPLE)])
def test_what_is_written_is_a_paper_whose_lines_are_open(tmp_path: Path, paper: str) -> None:
    file = Path(paper) if paper.endswith(".tex") else SHIPPED / paper / "paper.tex"
    before = load_paper(paper)
    new_encoding(file, tmp_path / "new")
    after = load_paper(tmp_path / "new")
    assert [(e.number, e.section) for e in after.equations] == [(e.number, e.section) for e in before.lines]
    assert not any(equation.is_annotated for equation in after.equations)
    assert all(equation.scope in after.notation.scopes for equation in after.equations)


def test_the_guess_at_the_notation(tmp_path: Path) -> None:
    new_encoding(EXAMPLE, tmp_path)
    notation = load_notation(tmp_path / "notation.toml")
    assert notation.title == "The energy of a row of coupled pendulums"
    scope = notation.scopes["main"]
    assert [(r.size, r.letters) for r in scope.ranges.values()] == [("N", ("i", "j", "k")), ("D", ("d",))]
    pendulums, space = scope.ranges
    assert scope.symbols["m"].slots == (pendulums,)
    assert scope.symbols["v"].slots == (pendulums, space)
    assert scope.symbols["V"].slots == (space,)
    assert scope.symbols["T"].slots == ()
    assert not {"N", "i", "j", r"\frac", r"\sum", "="} & set(scope.symbols)
    assert {declared.meaning for declared in scope.symbols.values()} == {"TODO"}


# -- the command -----------------------------------------------------------------------------------------------------


def new(*arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "derive", "new", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_command(tmp_path: Path) -> None:
    code, out, err = new(str(EXAMPLE), "-o", str(tmp_path / "new"))
    assert (code, err) == (0, "")
    assert out.split() == [str(tmp_path / "new" / name) for name in ("paper.tex", "notation.toml")]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "notation.toml").write_text("mine")
    code, out, err = new(str(EXAMPLE), "-o", str(tmp_path))
    assert (code, out) == (2, "")
    assert "notation.toml: this file is there already; nothing is overwritten, so name another folder" in err
    assert (tmp_path / "notation.toml").read_text() == "mine"
    assert not (tmp_path / "paper.tex").exists()


def test_what_is_left_to_a_person_is_said(tmp_path: Path) -> None:
    text = (
        r"\newcommand{\half}{\frac12}\newcommand{\unused}{1}" + "\n\\input{appendix}\n" + ONE.replace("= b", r"= \half")
    )
    (tmp_path / "x.tex").write_text(text)
    code, _, err = new(str(tmp_path / "x.tex"), "-o", str(tmp_path / "new"))
    assert code == 0
    assert err.splitlines() == [
        r"derive: \half is defined in the file: write out what it stands for",
        "derive: appendix is not looked into",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no file"),
        (b"\xff\xfe", "the file is not UTF-8 text"),
        (b"words", "there is no displayed line in this file"),
        (b"\n\\begin{equation} a = b", r"x.tex:2: this display is never closed by \end{equation}"),
    ],
)
def test_wrong_calls(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "x.tex"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DeriveError) as caught:
        new_encoding(file, tmp_path / "new")
    assert said in str(caught.value)
    assert not (tmp_path / "new").exists()
