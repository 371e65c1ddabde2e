"""The LaTeX report, the erratum and the PDF: what they say, that they are set without a box too wide, and inert."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from derive.errors import DeriveError
from reports import pdf, write_latex
from reports.appendix import notation_tables
from reports.errata import corrected, derivation, errata, meant, write_errata
from reports.latex import latex
from reports.outline import outline
from reports.publish import publish, publish_errata

TEX = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex")
TYPST = pytest.mark.skipif(not (find_spec("pypandoc") and find_spec("typst")), reason="no pandoc and Typst wheels")
WIDEST = 10.0  # points


def set_by_tex(path: Path) -> str:
    """The log of pdflatex; fails the test where the document cannot be set."""
    call = ["pdflatex", "-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", path.name]
    done = subprocess.run(call, cwd=path.parent, capture_output=True, timeout=120, check=False)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said[-2000:]
    return said


def overfull(log: str) -> list[float]:
    return [float(width) for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]


# -- the report ------------------------------------------------------------------------------------------------------


@TEX
def test_no_box_of_the_report_is_wider_than_the_page(example, paper, prints, tmp_path):
    tables = notation_tables(example.source)
    for shown, appendix in [(example.paper, tables), (paper, ()), *((p, ()) for p in prints)]:
        wide = [w for w in overfull(set_by_tex(write_latex(shown, tmp_path, appendix))) if w > WIDEST]
        assert wide == [], shown["id"]


@TEX
def test_the_log_tells_of_a_box_that_is_too_wide(tmp_path):
    path = tmp_path / "wide.tex"
    path.write_text(r"\documentclass{article}\begin{document}\rule{500pt}{1pt}\end{document}", "utf-8")
    assert max(overfull(set_by_tex(path))) > WIDEST


def test_the_report_tells_what_rests_on_a_finding(paper):
    text = latex(paper)
    rows = text.partition(r"\subsection{What rests on what}")[2].partition(r"\section{")[0]
    first = next(row for row in rows.splitlines() if "(54)" in row)
    assert re.findall(r"\}\{\((\d+)\)\}", first) == ["54", "59", "60", "57"], "the one that inherits is told last"
    assert "[" in first


def test_the_appendix_has_every_symbol_of_the_notation_with_its_dimension(example):
    tables = notation_tables(example.source)
    assert [table.name for table in tables] == ["motion", "swings", "wind"]
    declared = {
        name for scope in ("motion", "swings", "wind") for name in example.source.notation.scopes[scope].symbols
    }
    shown = {row.symbol for table in tables for row in table.rows}
    assert shown == declared
    row = next(row for row in tables[0].rows if row.symbol == "m")
    assert (row.domain, row.meaning, row.indices) == ("positive", "mass", "i to $N$")
    assert "Notation and dimensions" in latex(example.paper, tables)


def test_a_paper_that_takes_scopes_from_another_has_their_symbols_too():
    from derive.paper import load_paper

    tables = {table.name: table for table in notation_tables(load_paper("inference-2024-04"))}
    assert any(row.dimension for table in tables.values() for row in table.rows)
    assert "clusters" in tables


# -- the erratum -----------------------------------------------------------------------------------------------------


@TEX
def test_the_erratum_is_two_pages_and_fits(example, tmp_path):
    document, paste = write_errata(example.paper, tmp_path)
    log = set_by_tex(document)
    assert [w for w in overfull(log) if w > WIDEST] == []
    assert int(re.search(r"\((\d+) pages?,", log)[1]) <= 2
    whole = tmp_path / "whole.tex"
    head = r"\documentclass{article}\usepackage[landscape]{geometry}\usepackage{amsmath,amssymb}\begin{document}"
    whole.write_text(f"{head}\\input{{{paste.name}}}\\end{{document}}", "utf-8")
    set_by_tex(whole)


def test_the_erratum_has_print_correction_reason_and_witness(example):
    text = errata(example.paper)
    entry = text.partition(r"{(5)}")[2].partition(r"\erratum")[0]
    assert "T = M V^2" in entry
    assert r"T = \frac{1}{2} M V^{2}" in entry
    assert "The factor one half of the first term is lost." in entry
    assert "Fails at" in entry
    assert "left" in entry
    conditional = text.partition(r"{(14)}")[2]
    assert "holds provided that" in conditional
    assert "Without it fails at" in conditional


def test_the_erratum_rounds_both_sides_of_a_witness_only_where_they_stay_apart(paper):
    line = next(line for line in paper["equations"] if line["verdict"] == "refuted" and line["kind"] == "equation")
    line["inherits"] = []
    line["witness"] = {"values": {"x": "2"}, "lhs": "1.92787264102855", "rhs": "1.0000000000"}
    text = errata(paper)
    assert "1.92787" in text
    assert "1.927872" not in text
    line["witness"] |= {"lhs": "1.000000049", "rhs": "1.0000000000"}
    assert "1.000000049" in errata(paper)


def test_the_erratum_tells_what_the_words_claim_apart_and_in_short(paper):
    for line in paper["equations"]:
        if line["kind"] == "claim":
            line |= {"number": "claim-growth", "correction": "E = 2 E_0", "note": "That it grows by three"}
    lines, _, said = errata(paper).partition("What the words claim")
    assert "growth" not in lines
    assert re.search(r"That it grows by three\. \\soft\{Instead:\}.*E = 2 E_0", said)


def test_the_corrected_derivation_has_each_corrected_line_and_all_that_rest_on_one(example):
    shown = outline(example.paper)
    steps = {step.line.number: step for step in derivation(shown)}
    rests = {n for number in ("5", "11") for n in (number, *shown.dependence.resting_on(number))}
    assert set(steps) == {n for n in rests if not n.startswith("claim-")}
    assert [number for number, step in steps.items() if step.changed] == ["5", "11"]
    text = corrected(example.paper)
    assert re.findall(r"\\tag\{([^}]*)\}", text) == list(steps)
    assert "T = M V^2" not in text
    assert "% (7) as printed, proved" in text


def test_what_is_pasted_is_verified_in_its_place(example, tmp_path):
    """The corrected lines, put in the place of the printed ones, are proved by the verifier."""
    from derive.paper import load_paper
    from derive.verify import Verifier

    folder = Path(example.source.folder)
    tex = (folder / "paper.tex").read_text("utf-8")
    for line in outline(example.paper).lines:
        if line.verdict == "refuted":
            assert tex.count(line.latex) == 1
            tex = tex.replace(line.latex, meant(line))
    tex = re.sub(r"^% corrected:.*\n(?:%   .*\n)*", "", tex, flags=re.MULTILINE)
    (tmp_path / "paper.tex").write_text(tex, "utf-8")
    shutil.copy(folder / "notation.toml", tmp_path)
    verifier = Verifier(load_paper(tmp_path))
    assert verifier.result("5").verdict == "proved"
    assert verifier.result("11").verdict == "proved-to-order"
    assert verifier.result("7").follows


def line(**fields):
    base = {"number": "2", "kind": "equation", "verdict": "refuted", "premises": []}
    return outline({"id": "x", "title": "x", "equations": [full({**base, **fields})]}).lines[0]


def full(fields):
    empty = {"section": "1", "statement": None, "read": True, "method": None, "hypotheses": [], "slips": []}
    empty |= {"follows": None, "inherits": [], "holds_for": None, "order": None, "remainder": None, "witness": None}
    return {**empty, "correction": None, "note": "", "evidence": [], **fields}


@pytest.mark.parametrize(
    ("printed", "correction", "said"),
    [
        ("= b", "= c", "= c"),
        ("a = b", "a = c", "a = c"),
        ("a = b", "= c", "a = c"),
        (r"a = b \approx c + 1", r"\approx d", r"a = b \approx d"),
        (r"a = \left( b = 1 \right) + 2", "= c", "a = c"),
        (r"\begin{aligned} a &= b \\ &\approx c \end{aligned}", r"\approx d", r"a = b \approx d"),
        ("a = b", None, "a = b"),
    ],
)
def test_a_correction_takes_the_place_of_what_it_corrects(printed, correction, said):
    assert meant(line(latex=printed, correction=correction)) == said


def test_a_chain_that_is_cut_has_its_left_side():
    lines = [
        full({"number": "1", "kind": "equation", "verdict": "proved", "latex": "a = b + b", "premises": []}),
        full({"number": "2", "kind": "equation", "verdict": "refuted", "latex": "= 3 b", "premises": ["1"],
              "correction": "= 2 b"}),
        full({"number": "3", "kind": "equation", "verdict": "proved", "latex": "= b \\cdot 2", "premises": ["2"]}),
    ]  # fmt: skip
    text = corrected({"id": "x", "title": "x", "equations": lines})
    assert r"  b + b & = 2 b \tag{2} \\" in text
    assert r"  & = b \cdot 2 \tag{3}" in text
    assert text.count(r"\begin{align}") == text.count(r"\end{align}") == 1


def test_nothing_of_a_hostile_paper_runs_in_the_erratum(sample, paper):
    for entry in paper["equations"]:
        entry |= {"latex": sample.HOSTILE, "correction": sample.HOSTILE, "note": sample.HOSTILE + "\n\\input{x}"}
        entry |= {"section": "a\n\\input{/etc/passwd}", "verdict": "refuted", "kind": "equation", "inherits": []}
    for text in (errata(paper), errata(paper, plain=True)):
        assert not re.search(r"\\(?:input|write|openout)(?![A-Za-z])", text.partition(r"\begin{document}")[2])
    for row in corrected(paper).splitlines():
        assert row == "" or row.startswith("%")


# -- PDF -------------------------------------------------------------------------------------------------------------


@TEX
def test_a_pdf_is_set_by_tex_where_there_is_one(example, tmp_path):
    (said,) = publish([example.source], [example.paper], tmp_path, "pdf")
    assert said == f"{tmp_path / 'coupled-oscillators.pdf'} (set by pdflatex)"
    assert (tmp_path / "coupled-oscillators.pdf").read_bytes().startswith(b"%PDF")
    assert [path.name for path in tmp_path.iterdir()] == ["coupled-oscillators.pdf"]


@TYPST
def test_a_pdf_is_set_by_pandoc_and_typst_where_there_is_no_tex(example, sample, prints, tmp_path, monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    (said,) = publish([example.source], [example.paper], tmp_path, "pdf")
    assert said.endswith("(set by pandoc and Typst)")
    assert (tmp_path / "coupled-oscillators.pdf").read_bytes().startswith(b"%PDF")
    assert publish_errata([example.paper, sample.paper()], tmp_path, "pdf")[0].endswith("(set by pandoc and Typst)")
    for shown in prints:
        pdf.write_pdf(lambda plain, shown=shown: latex(shown, plain=plain), tmp_path / "prints.pdf")


@TEX
def test_the_figures_show_what_the_lines_with_an_order_leave_out(example, tmp_path):
    pytest.importorskip("matplotlib", reason="no matplotlib")
    (said,) = publish([example.source], [example.paper], tmp_path, "tex", pictures=True)
    text = Path(said).read_text("utf-8")
    drawn = re.findall(r"\\includegraphics\[[^]]*\]\{([^}]*)\}", text)
    assert drawn == ["coupled-oscillators-11.png", "coupled-oscillators-9.png"], "refuted lines come first"
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in drawn)
    assert [w for w in overfull(set_by_tex(Path(said))) if w > WIDEST] == []


def test_without_any_program_the_message_says_what_to_install(example, tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "pdf_engine", lambda: "")
    with pytest.raises(
        DeriveError, match=r"there is no pdflatex; install TeX, or pip install 'derive-verifier\[pdf\]'"
    ):
        publish([example.source], [example.paper], tmp_path, "pdf")


def test_an_erratum_has_no_page(example, tmp_path):
    with pytest.raises(DeriveError, match="an erratum is written as tex"):
        publish_errata([example.paper], tmp_path, "html")
