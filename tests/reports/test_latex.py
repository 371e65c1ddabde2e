"""The LaTeX and Markdown reports: complete, inert, and typeset by pdflatex where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from reports import write_latex, write_markdown
from reports.formula import normalise
from reports.mathml import mathml

DANGEROUS = re.compile(
    r"\\(?:input|include|write|openout|def|csname|catcode|immediate|read|directlua|loop)(?![A-Za-z])"
)
BODY = re.compile(r"\\begin\{document\}.*", re.DOTALL)


def body(path) -> str:
    return BODY.search(path.read_text(encoding="utf-8")).group()


def test_every_formula_that_can_be_set_stands_in_the_document(paper, tmp_path):
    path = write_latex(paper, tmp_path)
    assert path.name == "inference-sample.tex"
    text = body(path)
    for line in paper["equations"]:
        label = line["number"] if line["kind"] == "claim" else f"({line['number']})"
        assert label in text
        if mathml(normalise(line["latex"])) is not None and line["kind"] == "equation":
            assert line["latex"] in text


@pytest.mark.parametrize(
    "attack",
    [
        r"\input{/etc/passwd}",
        r"\immediate\write18{rm -rf x}",
        r"\csname in\endcsname",
        r"^^5cinput{x}",
        r"$ \def\x{\x}\x $",
        r"\catcode`\%=12",
        r"\begin{filecontents}{x}\end{filecontents}",
        r"\end{document}",
        r"x} \loop \repeat {",
        r"%",
        r"\text{$\input{x}$}",
    ],
)
def test_no_command_of_a_paper_reaches_tex(sample, paper, tmp_path, attack):
    clean = set(re.findall(r"\\[A-Za-z]+", body(write_latex(sample.paper(), tmp_path / "clean"))))
    hostile = {"latex": attack, "statement": attack, "note": f"{attack} ${attack}$", "method": attack}
    hostile |= {"hypotheses": [attack], "premises": [attack], "holds_for": attack, "remainder": attack}
    hostile |= {"witness": {"values": {attack: attack}, "lhs": attack, "rhs": attack}}
    paper["equations"][0] |= hostile
    paper["title"] = attack
    text = body(write_latex(paper, tmp_path))
    assert not DANGEROUS.search(text)
    assert "^^" not in text
    assert not re.search(r"(?<!\\)%", text)
    assert text.count(r"\end{document}") == 1
    assert set(re.findall(r"\\[A-Za-z]+", text)) <= clean | {r"\%", r"\textasciicircum", r"\textbackslash", r"\x"} - {
        r"\x"
    }


def test_the_same_paper_gives_the_same_bytes(sample, tmp_path):
    for write in (write_latex, write_markdown):
        assert len({write(sample.paper(), tmp_path / name).read_bytes() for name in "ab"}) == 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex")
def test_pdflatex_sets_the_document_without_an_error(paper, tmp_path):
    path = write_latex(paper, tmp_path)
    call = ["pdflatex", "-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", path.name]
    done = subprocess.run(
        call, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull \\hbox" not in done.stdout
    assert path.with_suffix(".pdf").exists()


def test_markdown_has_a_row_of_the_same_width_for_each_line(sample, paper, tmp_path):
    text = write_markdown(paper, tmp_path).read_text(encoding="utf-8")
    rows = [row for row in text.splitlines() if row.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}
    assert len(rows) == len(paper["equations"]) + 2 * 2
    assert "<script" not in text
    assert "<img" not in text
