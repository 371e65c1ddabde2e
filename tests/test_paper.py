"""The scanner: displays and their numbers, scopes, sections, and clear errors for files that are wrong."""

from pathlib import Path

import pytest

from derive.displays import displays
from derive.errors import EncodingError, UnknownName
from derive.notation import load_notation
from derive.paper import load_paper, scan, shipped_papers


def numbers(text: str) -> list[str]:
    return [equation.number for equation in scan(text, "paper.tex").equations]


def test_ids_of_displays() -> None:
    text = r"""
\begin{equation} a = b \end{equation}
\begin{equation} a = b \tag{5} \end{equation}
\[ c = d \]
$$ d = e $$
\begin{equation} a = b \end{equation}
\begin{equation*} c = d \end{equation*}
\begin{align}
a &= b \\
b &= c
\end{align}
\begin{equation} x \tag{S1} \end{equation}
\begin{equation*} y \end{equation*}
"""
    assert numbers(text)[:8] == ["1", "5", "5+1", "5+2", "6", "6+1", "7", "8"]
    assert numbers(text)[8] == "S1"


def test_the_line_is_where_the_print_starts() -> None:
    text = "\n\\begin{equation}\na = b\n\\tag{1}\n\\end{equation}\n\\begin{align}\na &= b \\\\\nb &= c\n\\end{align}\n"
    assert [(e.number, e.line, e.latex) for e in scan(text, "p").equations] == [
        ("1", 3, "a = b"),
        ("2", 7, "a  = b"),
        ("3", 8, "b  = c"),
    ]


def test_labels_comments_and_tags_are_not_print() -> None:
    (equation,) = scan("\\begin{equation} a = % no\n b \\label{eq:x} \\tag{3} \\end{equation}", "p").equations
    assert equation.latex.split() == ["a", "=", "b"]


def test_sections_and_scopes_hold_until_the_next() -> None:
    text = r"""
\section{One}
% scope: first
% read: M as N

\begin{equation} a \end{equation}
\subsection{Two}
\begin{equation} b \end{equation}
% scope: second
\begin{equation} c \end{equation}
"""
    first, second, third = scan(text, "p").equations
    assert [e.section for e in (first, second, third)] == ["One", "Two", "Two"]
    assert [e.scope for e in (first, second, third)] == ["first", "first", "second"]
    assert [len(e.reads) for e in (first, second, third)] == [1, 1, 0]


def test_a_blank_row_parts_a_comment_from_the_display_below_it() -> None:
    with pytest.raises(EncodingError, match=r"p:1: by: stands in a block of its own, with no display below it"):
        scan("% by: exact\n\n\\begin{equation} a \\end{equation}", "p")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\\begin{equation}\na = b", r"p:1: this display is never closed by \\end\{equation\}"),
        ("\\begin{equation} \\tag{1} \\end{equation}", r"p:1: this display is empty"),
        ("$$ a $$\n" + "\\begin{equation} b \\tag{7} \\end{equation}\n" * 2, r"p:3: there are two lines 7"),
        ("% claim slug: a = b\n\\begin{equation} a \\end{equation}", r"p:1: a claim stands in a block of its own"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, message: str) -> None:
    with pytest.raises(EncodingError, match=message):
        scan(text, "p")


def test_papers_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"there is no paper 'nowhere'; papers: .*inference-2024-07"):
        load_paper("nowhere")
    with pytest.raises(UnknownName, match=r"has no paper\.tex in it"):
        load_paper(tmp_path)
    with pytest.raises(UnknownName, match=r"there is no file .*missing\.tex"):
        load_paper(tmp_path / "missing.tex")
    (tmp_path / "latin.tex").write_bytes("\\section{\xe9}".encode("latin-1"))
    with pytest.raises(EncodingError, match=r"latin\.tex: the file is not UTF-8 text"):
        load_paper(tmp_path / "latin.tex")


def test_a_line_that_does_not_exist(section) -> None:
    with pytest.raises(UnknownName, match="inference-2024-07 has no line 61; its lines are 1 to S2"):
        section.paper.equation("61")


def test_a_scope_without_a_table(bench) -> None:
    with pytest.raises(EncodingError, match=r"there is no scope 'other' in notation\.toml; scopes: bench"):
        bench.paper("% scope: other\n\\begin{equation} a = b \\end{equation}")


@pytest.mark.parametrize("paper", shipped_papers())
def test_shipped_papers_load(paper: str) -> None:
    loaded = load_paper(paper)
    assert loaded.id == paper
    assert loaded.equations


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[scope.a", r"notation\.toml: this is not TOML"),
        ("[scope.a]\nextends = 'b'", r"there is no scope 'b'; scopes: a"),
        ("[scope.a]\nextends = 'a'", r"there is no scope 'a'"),
        ("[scope.a]\nsymbol = 1", r"\[scope\.a\]: unknown key 'symbol'; keys of a scope: extends"),
        ("[scope.a.symbols]\n'm' = { domains = 'real' }", r"\[scope\.a\] m: unknown key 'domains'; keys of a symbol"),
        ("[scope.a.symbols]\n'm' = { domain = 'big' }", r"unknown domain 'big'; domains: real, positive"),
        ("[scope.a.symbols]\n'm' = { kind = 'thing' }", r"unknown kind 'thing'; kinds: quantity, matrix"),
        ("[scope.a.symbols]\n'm' = { slots = 'site' }", r"unknown range 'site'; ranges: none"),
        ("[scope.a.symbols]\n'm' = { properties = 'nice' }", r"unknown property 'nice'; properties: symmetric"),
        ("[scope.a.symbols]\n'm' = { weight = { s = 1 } }", r"'s' is not a small parameter of this scope"),
        ("[scope.a.symbols]\n'm' = { part = 'half of K' }", r"a part is 'diagonal of K' or 'off-diagonal of K'"),
    ],
)
def test_mistakes_in_a_notation_table(tmp_path: Path, table: str, message: str) -> None:
    file = tmp_path / "notation.toml"
    file.write_text(table, encoding="utf-8")
    with pytest.raises(EncodingError, match=message):
        load_notation(file)


ALIGNED = r"""% by: exact
\begin{align}
a &= \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} b \nonumber \\
 &= \begin{array}{cc} 1 & 2 \\[2pt] 3 & 4 \end{array} b \\[3pt]
c &= \begin{cases} 1 & x \\ 2 & y \end{cases} \notag \\*
d &= {\frac{1}{2} e}
\end{align}

\begin{equation}
a = b \nonumber
\end{equation}

\begin{gather}
a = b \\ c = d \tag{7'} \\ e = f
\end{gather}
"""


def test_rows_end_outside_of_matrices_and_may_have_no_number() -> None:
    found = [(equation.number, equation.line, equation.latex) for equation in scan(ALIGNED, "x").equations]
    assert found == [
        ("0+1", 3, r"a  = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} b"),
        ("1", 4, r"= \begin{array}{cc} 1 & 2 \\[2pt] 3 & 4 \end{array} b"),
        ("1+1", 5, r"c  = \begin{cases} 1 & x \\ 2 & y \end{cases}"),
        ("2", 6, r"d  = {\frac{1}{2} e}"),
        ("2+1", 10, "a = b"),
        ("3", 14, "a = b"),
        ("7'", 14, "c = d"),
        ("4", 14, "e = f"),
    ]


def test_the_numbers_are_those_that_a_file_without_annotations_has() -> None:
    assert [d.number for d in displays(ALIGNED, "x")] == ["0+1", "1", "1+1", "2", "2+1", "3", "7'", "4"]
