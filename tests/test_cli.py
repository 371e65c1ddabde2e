"""The command line: exit codes, the JSON contract, messages, the store, determinism."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PAPER = "inference-2024-07"
FEW = f"{PAPER}:48-50"
KEYS = [
    "number",
    "kind",
    "section",
    "latex",
    "statement",
    "read",
    "verdict",
    "method",
    "premises",
    "hypotheses",
    "slips",
    "follows",
    "inherits",
    "holds_for",
    "order",
    "remainder",
    "witness",
    "correction",
    "note",
]

TINY = r"""
% scope: s
\section{1 A sum}
% by: exact
\begin{equation} \sum_i (a_i + b_i) = \sum_i a_i + \sum_i b_i \tag{1} \end{equation}

% by: exact
\begin{equation} \sum_i a_i b_i = \sum_i a_i \sum_j b_j \tag{2} \end{equation}
"""
NOTATION = """
[paper]
title = "Tiny"
[scope.s.ranges]
item = { size = "N", indices = "i j" }
[scope.s.symbols]
a = { slots = "item" }
b = { slots = "item" }
"""


@pytest.fixture
def derive(tmp_path: Path):
    """Runs the command with a store of its own; returns exit code, standard output and standard error."""

    def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "derive", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            cwd=tmp_path,
            env={**os.environ, "DERIVE_STORE": str(tmp_path / "store.sqlite"), **environment},
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "paper.tex").write_text(TINY)
    (folder / "notation.toml").write_text(NOTATION)
    return folder


def lines(text: str) -> dict[str, dict[str, Any]]:
    return {line["number"]: line for paper in json.loads(text)["papers"] for line in paper["equations"]}


def test_json_is_the_contract(derive) -> None:
    code, out, err = derive("verify", FEW, "--json")
    assert (code, err) == (0, "")
    data = json.loads(out)
    assert data["schema"] == 1
    assert set(data) == {"schema", "papers", "counts"}
    found = lines(out)
    assert list(found) == ["48", "49", "50", "claim-determinant-of-inverse"]
    assert set(KEYS) <= set(found["48"])
    assert data["counts"]["refuted"] == 1
    assert found["48"]["verdict"] == "refuted"
    assert found["48"]["witness"]["values"]["N"] == "1"
    assert found["49"]["follows"] is False


def test_store_gives_the_same_bytes(derive, tmp_path: Path) -> None:
    first = derive("verify", FEW, "--json")[1]
    rows = sqlite3.connect(tmp_path / "store.sqlite").execute("SELECT number FROM verdicts").fetchall()
    assert {"48", "49", "50", "claim-determinant-of-inverse", "47", "45"} <= {number for (number,) in rows}
    assert derive("verify", FEW, "--json")[1] == first


def test_damaged_store_is_set_aside(derive, tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"this is no database, and it is long enough to be looked at" * 50)
    code, out, err = derive("verify", FEW, "--json")
    assert code == 0
    assert lines(out)["48"]["verdict"] == "refuted"
    assert "was damaged; it was set aside as store.damaged" in err
    assert (tmp_path / "store.damaged").exists()


def test_own_paper_with_an_unrecorded_mistake(derive, tiny: Path) -> None:
    code, out, _ = derive("verify", str(tiny), "--json")
    found = lines(out)
    assert code == 1
    assert found["1"]["verdict"] == "proved"
    assert found["1"]["holds_for"] == "all N"
    assert found["2"]["verdict"] == "refuted"
    assert "no correction is recorded" in found["2"]["evidence"]


def test_a_changed_line_is_decided_anew(derive, tiny: Path) -> None:
    derive("verify", str(tiny), "--json")
    (tiny / "paper.tex").write_text(TINY.replace(r"\sum_i a_i \sum_j b_j", r"\sum_j b_j a_j"))
    code, out, _ = derive("verify", str(tiny), "--json")
    assert (code, lines(out)["2"]["verdict"]) == (0, "proved")


OPEN = "\\begin{equation} a = a \\tag{1} \\end{equation}\n"
"""A paper with one line, which says nothing of how it follows."""


def test_open_lines_are_counted_unless_allowed(derive, tmp_path: Path) -> None:
    (tmp_path / "paper.tex").write_text(OPEN)
    assert derive("verify", "paper.tex")[0] == 1
    assert derive("verify", "paper.tex", "--allow-open")[0] == 0


def test_an_open_line_is_not_exported(derive, tmp_path: Path) -> None:
    (tmp_path / "paper.tex").write_text(OPEN)
    code, out, err = derive("export", f"{tmp_path}:1", "-o", "x.py")
    assert (code, out) == (2, "")
    assert "is open; only a settled line can be exported" in err


def test_a_line_that_takes_too_long_ends_open_and_the_run_goes_on(derive, tiny: Path) -> None:
    hopeless = (
        r"\begin{equation} \left( \sum_i a_i \right)^{40} = \left( \sum_i a_i b_i \right)^{40} \tag{3} \end{equation}"
    )
    (tiny / "paper.tex").write_text(
        f"{TINY}\n% by: exact\n{hopeless}\n\n% from: 1\n" + TINY.split("\n")[4].replace("{1}", "{4}")
    )
    code, out, _ = derive("verify", str(tiny), "--json", "--timeout", "5", "--no-store")
    found = lines(out)
    assert code == 1
    assert found["3"]["verdict"] == "open"
    assert "not decided within 5 seconds" in found["3"]["note"]
    assert found["4"]["verdict"] == "proved"


def test_list_counts_lines(derive, shipped_store: Path) -> None:
    code, out, _ = derive("list", COLUMNS="200", DERIVE_STORE=str(shipped_store))
    assert code == 0
    row = next(line for line in out.splitlines() if line.startswith(PAPER))
    assert row.split()[1:6] == ["149", "40", "149", "0", "0"]


def test_show(derive) -> None:
    code, out, _ = derive("show", f"{PAPER}:48")
    assert code == 0
    for word in ("printed", "read", "slip", "from", "verdict     refuted", "witness", "correction", "evidence"):
        assert word in out


def test_export_runs_by_itself(derive, tmp_path: Path) -> None:
    code, _, err = derive("export", f"{PAPER}:70", "-o", str(tmp_path / "kernel.py"))
    assert code == 2
    assert "(70) is refuted as printed; say --corrected or --as-printed" in err
    assert derive("export", f"{PAPER}:70", "--corrected", "-o", str(tmp_path / "kernel.py"))[0] == 0
    done = subprocess.run([sys.executable, "-I", "kernel.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("0 failed")


def test_export_with_a_gradient_in_c(derive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERIVE_KERNEL_CACHE", str(tmp_path / "cache"))
    out = ("--corrected", "--backend", "c", "-o", str(tmp_path / "kernel.py"))
    assert derive("export", f"{PAPER}:70", "--gradient", "r,v", "--gradient", "epsilon", *out)[0] == 0
    done = subprocess.run([sys.executable, "-I", "kernel.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "5 passed, 0 failed\n"
    text = (tmp_path / "kernel.py").read_text()
    assert "and its derivative by r, an array of shape (N, D), dimension measure" in text
    code, _, err = derive("export", f"{PAPER}:70", "--gradient", "b", *out)
    assert code == 2
    assert "there is no argument 'b'; arguments: m, q, r, v, epsilon" in err


def test_lines_that_can_be_exported_are_listed(derive) -> None:
    code, out, _ = derive("list", "--kernels", f"{PAPER}:68-71")
    assert code == 0
    assert re.search(r"\(70\) +refuted +corrected +H: a number, dimension 1 +m, q, r, v, epsilon", out)
    assert out.endswith(f"{PAPER}: 6 of 7 settled equations and claims can be exported\n\n")


def test_reports_are_written(derive, tmp_path: Path) -> None:
    for form, name in (("html", "index.html"), ("tex", f"{PAPER}.tex"), ("md", f"{PAPER}.md")):
        assert derive("report", FEW, "--format", form, "-o", str(tmp_path / form))[0] == 0
        assert (tmp_path / form / name).read_text()


def test_graph(derive) -> None:
    code, out, _ = derive("graph", PAPER)
    assert code == 0
    assert '"58" -> "59";' in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "nope"), "there is no paper 'nope'; papers: fields-2024, inference-2024-04"),
        (("verify", f"{PAPER}:999"), "has no line 999; its lines are 1 to S2"),
        (("verify", f"{PAPER}:70-22"), "runs backwards; write 22-70"),
        (("verify", "."), "has no paper.tex in it"),
        (("verify", "missing.tex"), "there is no file missing.tex"),
        (("verify", "--bogus"), "unrecognized arguments: --bogus"),
        (("mutate", "nope"), "there is no paper 'nope'"),
        (("mutate", "--sample", "none"), "is not a number of mutants"),
        (("verify", "--jobs", "0"), "is not a number of processes"),
        (("verify", "--timeout", "soon"), "is not a number of seconds"),
        (("show", PAPER), "show wants one line"),
        (("export", f"{PAPER}:45", "-o", "x.py"), "(45) computes nothing: no formula is known of its right side"),
        (("frobnicate",), "invalid choice: 'frobnicate'"),
        ((), "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_calls(derive, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = derive(*arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert "Traceback" not in err


def test_an_encoding_error_names_file_and_line(derive, tiny: Path) -> None:
    (tiny / "paper.tex").write_text(
        TINY.replace("% by: exact\n\\begin{equation} \\sum_i a", "% form: 1\n\\begin{equation} \\sum_i a")
    )
    code, _, err = derive("verify", str(tiny))
    assert code == 2
    assert "tiny/paper.tex:7: unknown key 'form'; keys: scope, from, by" in err


def test_no_colour_without_a_terminal(derive) -> None:
    assert "\x1b[" not in derive("verify", FEW)[1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "% by: exact\n\\begin{equation} \\sum_i (",
            "%by:exact\n\\begin{equation} \\sum_i (",
            "written with one space",
        ),
        ("% by: exact\n\\begin{equation} \\sum_i (", "% so: a_i positive\n\\begin{equation} \\sum_i (", "so: is for"),
        ("% by: exact\n\\begin{equation} \\sum_i (", "% by: magic\n\\begin{equation} \\sum_i (", "no method 'magic'"),
        ("% scope: s", "% scope: t", "there is no scope 't'"),
    ],
)
def test_mistakes_in_an_encoding(derive, tiny: Path, old: str, new: str, said: str) -> None:
    assert old in TINY
    (tiny / "paper.tex").write_text(TINY.replace(old, new))
    code, _, err = derive("verify", str(tiny))
    assert code == 2
    assert said in err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('indices = "i j"', 'letters = "i j"', "the range item needs size and indices"),
        (
            "[scope.s.symbols]",
            '[scope.s.ranges.other]\nsize = "M"\nindices = "j"\n[scope.s.symbols]',
            "share the index",
        ),
        ('slots = "item" }', 'slots = "itme" }', "unknown range 'itme'"),
        ("[paper]", "[paper", "this is not TOML"),
    ],
)
def test_mistakes_in_a_notation_table(derive, tiny: Path, old: str, new: str, said: str) -> None:
    (tiny / "notation.toml").write_text(NOTATION.replace(old, new, 1))
    code, _, err = derive("verify", str(tiny))
    assert code == 2
    assert said in err


def test_a_formula_that_is_nested_too_deeply_is_refused(derive, tiny: Path) -> None:
    deep = "(" * 20000 + "a_i" + ")" * 20000
    text = "% scope: s\n\n% by: exact\n\\begin{equation} " + deep + " = a_i \\tag{1} \\end{equation}\n"
    (tiny / "paper.tex").write_text(text)
    code, _, err = derive("verify", str(tiny))
    assert code == 2
    assert "tiny/paper.tex:4: line (1): this formula is nested too deeply" in err


def test_a_line_that_fails_inside_ends_open_and_the_run_goes_on(derive, tiny: Path) -> None:
    huge = "% by: exact\n\\begin{equation} a_i^{100000000} = a_i^{100000001} \\tag{3} \\end{equation}\n"
    (tiny / "paper.tex").write_text(f"{TINY}\n{huge}")
    code, out, err = derive("verify", str(tiny), "--json", "--no-store")
    found = lines(out)
    assert (code, err) == (1, "")
    assert [found[number]["verdict"] for number in ("1", "2")] == ["proved", "refuted"]
    assert found["3"]["verdict"] in ("open", "refuted")
