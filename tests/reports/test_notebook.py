"""Notebooks: current, run without an error, inert; and what shows itself in them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from derive.display import formula, rich, table
from derive.errors import DeriveError, UnknownName
from derive.paper import load_paper, shipped_papers
from derive.run import select
from derive.verdict import Result, Witness
from derive.verify import Verifier
from reports.dependence import Dependence

nbformat = pytest.importorskip("nbformat", reason="no nbformat")

from reports.notebook import notebook, opened_by, run_notebook, write_notebook  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
EXAMPLE = ROOT / "examples" / "coupled-oscillators"
PAPERS = (*shipped_papers(), str(EXAMPLE))


def cells(book) -> list[tuple[str, str, str]]:
    return [(cell.cell_type, cell.id, cell.source) for cell in book.cells]


def errors(book) -> list[str]:
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.ename for output in outputs if output.output_type == "error"]


def html_of(book, name: str) -> str:
    cell = next(cell for cell in book.cells if cell.id == name)
    return cell.outputs[0].data["text/html"]


@pytest.mark.parametrize("what", PAPERS)
def test_the_notebook_in_the_repository_is_current(what):
    selection = select(what)
    path = NOTEBOOKS / f"{selection.paper.id}.ipynb"
    kept = nbformat.read(path, 4)
    nbformat.validate(kept)
    wanted = notebook(selection.paper, opened_by(selection, NOTEBOOKS))
    assert cells(kept) == cells(wanted), "the paper has changed since: make notebooks"
    assert errors(kept) == []
    run = [cell for cell in kept.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in run] == list(range(1, len(run) + 1)), "it has not been run: make notebooks"
    assert all(cell.outputs for cell in run)


@pytest.mark.parametrize("what", ["scinet-2021", str(EXAMPLE)])
def test_a_notebook_has_the_same_cells_each_time_and_short_ids(what):
    selection = select(what)
    book, again = (notebook(selection.paper, "x") for _ in range(2))
    assert nbformat.writes(book) == nbformat.writes(again)
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in ids)
    nbformat.validate(book)


def test_there_is_no_notebook_without_a_paper():
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == {load_paper(what).id for what in PAPERS}


def test_a_notebook_runs_and_tells_the_counts_of_the_run(example, tmp_path, monkeypatch):
    pytest.importorskip("nbclient", reason="no nbclient")
    pytest.importorskip("ipykernel", reason="no ipykernel")
    pytest.importorskip("matplotlib", reason="no matplotlib")
    monkeypatch.setenv("DERIVE_STORE", str(tmp_path / "store.sqlite"))
    book = nbformat.read(write_notebook(select(str(EXAMPLE)), tmp_path), 4)
    assert errors(book) == []
    rows = re.findall(r">([a-z-]+)</td><td[^>]*>(\d+)</td>", html_of(book, "setup"))
    assert {name: int(number) for name, number in rows} == {k: v for k, v in example.json["counts"].items() if v}
    assert "<b>refuted</b>" in html_of(book, "line-5-result")
    assert r"\frac{1}{2} M V^{2}" in html_of(book, "line-5-result")
    kept = nbformat.read(NOTEBOOKS / "coupled-oscillators.ipynb", 4)
    for cell, known in zip(book.cells[2:], kept.cells[2:], strict=True):
        for one, other in zip(cell.get("outputs", []), known.get("outputs", []), strict=True):
            data, before = one.get("data", {}), other.get("data", {})
            assert {k: v for k, v in data.items() if k != "image/png"} == {
                k: v for k, v in before.items() if k != "image/png"
            }, f"{cell.id}: make notebooks"


def test_a_cell_that_fails_is_told(tmp_path):
    pytest.importorskip("nbclient", reason="no nbclient")
    pytest.importorskip("ipykernel", reason="no ipykernel")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("raise ValueError('so')", id="a")])
    with pytest.raises(DeriveError, match="a cell of the notebook failed: ValueError: so"):
        run_notebook(book, tmp_path)


HOSTILE = r"<script>alert(1)</script><img src=x onerror=alert(1)> \href{javascript:alert(1)}{x} [a](javascript:x) `b`"


def test_a_hostile_paper_puts_no_markup_and_no_code_into_a_notebook(tmp_path):
    quotes = HOSTILE + '\'"""\nimport os\n"""\''
    tex = f"\\section{{{HOSTILE}}}\n% claim x: a = b -- {HOSTILE}\n\n% from: x\n"
    tex += f"\\begin{{equation}}\n a = b \\tag{{{HOSTILE[:20]}'}}\n"
    (tmp_path / "paper.tex").write_text(tex + "\\end{equation}\n", "utf-8")
    title = quotes.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    symbols = "[scope.s]\n[scope.s.symbols]\n'a' = {}\n'b' = {}\n"
    (tmp_path / "notation.toml").write_text(f'[paper]\ntitle = "{title}"\n{symbols}', "utf-8")
    (tmp_path / "paper.tex").write_text("% scope: s\n\n" + (tmp_path / "paper.tex").read_text("utf-8"), "utf-8")
    book = notebook(load_paper(tmp_path), quotes)
    for cell in book.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"(?<!\\)<", cell.source), cell.source
            assert not re.search(r"(?<!\\)\]\(", cell.source), cell.source
        else:
            compile(cell.source, cell.id, "exec")
            assert not re.search(r"^import os", cell.source, re.MULTILINE)


# -- how things show themselves --------------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen |= {tag, *(name for name, _ in attrs)}


TAGS = {"table", "tr", "th", "td", "b", "br", "code", "style"}


def test_a_result_shows_its_statement_verdict_and_witness():
    html = Verifier(load_paper(EXAMPLE)).result("5")._repr_html_()
    for part in ("(5)", "<b>refuted</b>", r"$\displaystyle T = M V^{2}", "fails at", "left side", "should say"):
        assert part in html
    assert Tags(html).seen <= TAGS


def test_a_hostile_result_is_inert_in_a_notebook():
    attack = "<img src=x onerror=alert(1)> $\\href{javascript:x}{y}$"
    result = Result(attack, "equation", attack, attack, "refuted", statement=attack, premises=(attack,),
                    hypotheses=(attack,), slips=(attack,), method=attack, note=attack, correction=attack,
                    remainder=attack, evidence=(attack,),
                    witness=Witness(((attack, attack),), attack, attack))  # fmt: skip
    html = result._repr_html_()
    assert Tags(html).seen <= TAGS
    seen_by_mathjax = re.sub(r"<code>.*?</code>", "", html)
    assert not re.search(r"\$|\\", seen_by_mathjax)


def test_a_statement_and_a_kernel_show_themselves():
    verifier = Verifier(load_paper(EXAMPLE))
    assert verifier.reading.line("7")._repr_latex_().startswith(r"$\displaystyle T = ")
    from derive.compile import kernel_input

    html = kernel_input(verifier, "5", "corrected")._repr_html_()
    assert "corrected" in html
    assert r"T = \frac{1}{2} M V^{2}" in html


def test_words_and_formulas_are_escaped():
    assert formula("a < b & c") == "$a &lt; b &amp; c$"
    assert rich("if $a<b$ & <c>") == "if $a&lt;b$ &amp; &lt;c&gt;"
    assert "<code>" in formula(r"\def\x{1}")
    assert table([("<a>", "b"), ("empty", "")]).count("<tr>") == 1
    assert "&lt;a&gt;" in table([("<a>", "b")])


def test_a_result_comes_back_from_its_json(example):
    for line in example.raw["equations"]:
        assert Result.from_json(line).as_json() == {k: v for k, v in line.items() if k not in ("borne_out", "seconds")}


# -- what a line leaves out ------------------------------------------------------------------------------------------


def test_remainders_fall_as_the_order_says_and_those_of_a_wrong_line_do_not():
    from math import log2

    from checks.remainders import remainders

    verifier = Verifier(load_paper(EXAMPLE))
    found = {one.name: one for one in remainders(verifier, "11")}
    slopes = {
        name: (log2(one.differences[0]) - log2(one.differences[-1])) / (log2(one.scales[0]) - log2(one.scales[-1]))
        for name, one in found.items()
    }
    assert abs(slopes["as printed"] - 4) < 0.05
    assert abs(slopes["corrected"] - 6) < 0.05
    assert found["corrected"].order == 4
    with pytest.raises(UnknownName, match=r"\(5\) makes no claim to an order"):
        remainders(verifier, "5")


def test_dependence_in_a_circle_and_on_itself_ends():
    found = Dependence({"1": ("2",), "2": ("1", "2", "named"), "3": ("2",), "4": ()})
    assert found.resting_on("1") == ("2", "3")
    assert set(found.steps_to) == {"1", "2", "3", "4"}
    assert found.parts == (("1", "2", "3"), ("4",))
    long = Dependence({str(n): (str(n - 1),) for n in range(5000)})
    assert long.steps_to["4999"] == 4999
