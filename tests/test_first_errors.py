r"""Errors of the first hour: each is one sentence that says what is wrong, where, and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.errors import EncodingError
from derive.paper import load_paper
from derive.statement import Reading

TABLE = "[scope.a]\n[scope.a.symbols]\n'x' = {}\n'y' = {}\n"
CASES = r"\begin{cases} y \end{cases}"
LINE = "\\begin{equation}\nx = y\n\\end{equation}\n"


def message(folder: Path, paper: str, table: str = TABLE) -> str:
    """What is said when the lines of a paper are read."""
    (folder / "paper.tex").write_text(paper, encoding="utf-8")
    (folder / "notation.toml").write_text(table, encoding="utf-8")
    with pytest.raises(EncodingError) as caught:
        read(folder)
    return str(caught.value)


def read(folder: Path) -> None:
    loaded = load_paper(folder)
    reading = Reading(loaded)
    for line in loaded.lines:
        reading.line(line.number)
        reading.check_premises(line)


SYMBOLS = [
    ("'f' = 'x'", "[scope.a] f: a symbol is declared as  { kind ="),
    ("'f' = { slots = 3 }", '[scope.a] f: slots is written in quotes, as  slots = "…"'),
    ("'f' = { kind = 'function', of = ['x'] }", '[scope.a] f: of is written in quotes, as  of = "…"'),
    ("'f' = { weight = 's' }", "[scope.a] f: weight is a table, as  weight = { s = 1 }"),
    ("'f' = { kind = 'function' }", "a function says what it depends on, as  f = {"),
    ("'f' = { kind = 'function', of = 'w' }", "f is a function of w, which is not in the table of this scope"),
    ("'f' = { kind = 'function', of = 'x y' }", "f is a function of 'x y': put commas between what it depends on"),
]


@pytest.mark.parametrize(("row", "said"), SYMBOLS)
def test_symbols_that_are_not_declared_as_they_should(tmp_path: Path, row: str, said: str) -> None:
    found = message(tmp_path, f"% scope: a\n\n% by: exact\n{LINE}", TABLE + row + "\n")
    assert found.startswith(f"{tmp_path.name}/notation.toml")
    assert said in found


COMMENTS = [
    (f"% scope: a\n\n% From: 1\n{LINE}", "3", "with a small letter and a colon: % from: …"),
    (f"% scope: a\n\n% from 1, 2\n{LINE}", "3", "with a small letter and a colon: % from: …"),
    (f"% scope: a\n\n% from: (1)\n{LINE}", "3", "premises are written as  from: 4, 5a, relative"),
    (f"% scope: b\n\n% by: exact\n{LINE}", "5", "there is no scope 'b' in notation.toml; scopes: a"),
    (f"% by: exact\n{LINE}", "3", "no scope is in force that says what x is: put  % scope: NAME  above the line"),
    (f"% scope: a\n\n% by: exact\n{LINE.replace('y', CASES)}", "5", "the environment cases"),
]


@pytest.mark.parametrize(("paper", "row", "said"), COMMENTS)
def test_comments_and_lines(tmp_path: Path, paper: str, row: str, said: str) -> None:
    found = message(tmp_path, paper)
    assert found.startswith(f"{tmp_path.name}/paper.tex:{row}: ")
    assert said in found


def test_prose_in_comments_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notation.toml").write_text(TABLE, encoding="utf-8")
    prose = "% from the second paper, 1990\n% from 1990 on this is known\n% Note: read (1) first\n"
    (tmp_path / "paper.tex").write_text(f"% scope: a\n\n{prose}% by: exact\n{LINE}", encoding="utf-8")
    (line,) = load_paper(tmp_path).lines
    assert [entry.key for entry in line.annotation.entries] == ["by"]
