"""What a line keeps of its premises: what a law is given, which premises a chain used, what a witness has to meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.errors import DeriveError
from derive.paper import load_paper
from derive.verify import Verifier

NOTATION = r"""
[scope.s.ranges]
site = { size = "N", indices = "k l" }
[scope.s.symbols]
'a' = {}
'b' = {}
'c' = {}
'd' = {}
'y' = { slots = "site" }
'x' = { law = 'p' }
'z' = { law = 'q' }
'p' = { kind = "density" }
'q' = { kind = "density" }
'E_{q(z|x)}' = { kind = "expectation", law = 'q', given = 'x' }
'E_q' = { kind = "expectation", law = 'q' }
'E_p' = { kind = "expectation", law = 'p' }
[scope.spin.ranges]
space = { size = "3", indices = "e", vector = true }
[scope.spin.symbols]
'i' = { kind = "imaginary unit" }
'\alpha' = { kind = "state", properties = "unit" }
'\sigma' = { kind = "Pauli", slots = "space" }
'\nu' = { slots = "space" }
'\hat{I}' = { kind = "operator", properties = "identity" }
'\hat{H}' = { kind = "operator", properties = "Hermitian" }
'\hat{K}' = { kind = "operator", properties = "Hermitian" }
"""


def last_verdict(folder: Path, *lines: str, scope: str = "s") -> str:
    """The verdict of the last of some lines, each with its annotations above it."""
    text = f"% scope: {scope}\n"
    for number, block in enumerate(lines, 1):
        *above, formula = block.split("\n")
        above = above or ["% by: exact"]
        text += "\n" + "\n".join([*above, rf"\begin{{equation}} {formula} \tag{{{number}}} \end{{equation}}", ""])
    (folder / "paper.tex").write_text(text, "utf-8")
    (folder / "notation.toml").write_text(NOTATION, "utf-8")
    verifier = Verifier(load_paper(folder))
    return [verifier.result(equation.number).verdict for equation in verifier.paper.equations][-1]


@pytest.mark.parametrize(
    "line",
    [
        r"x E_{q(z|x)}[z] \propto x",
        "% by: up to x\nE_{q(z|x)}[z] \\sim 0",
        "E_{q(z|x)}[z] = E_q[z]",
        "E_p[E_{q(z|x)}[z]] = E_{q(z|x)}[z]",
        "E_p[x E_{q(z|x)}[z]] = E_p[x] E_{q(z|x)}[z]",
    ],
)
def test_what_a_law_is_given_is_not_forgotten(tmp_path: Path, line: str) -> None:
    assert last_verdict(tmp_path, line) not in ("proved", "conditional")


def test_what_a_law_is_given_is_kept_fixed(tmp_path: Path) -> None:
    assert last_verdict(tmp_path, "E_{q(z|x)}[x z + a] = x E_{q(z|x)}[z] + a") == "proved"


def test_a_chain_keeps_what_its_first_links_rest_on(tmp_path: Path) -> None:
    wrong = r"\sqrt{c^2} = c"
    assert last_verdict(tmp_path, wrong) == "refuted"
    chain = "% from: 1\n2 \\sqrt{c^2} = \\sqrt{c^2} + \\sqrt{c^2} = 2 c"
    assert last_verdict(tmp_path, wrong, chain) not in ("proved", "conditional")


def test_a_definition_has_one_relation(tmp_path: Path) -> None:
    for method in ("definition", "assumption"):
        with pytest.raises(DeriveError) as caught:
            last_verdict(tmp_path, f"% by: {method}\nc = a = 2 a")
        assert "has one relation" in str(caught.value)


@pytest.mark.parametrize(
    ("assumed", "line"),
    [
        (r"\sum_k y_k = 1", r"\left( \sum_k y_k \right)^2 = 1"),
        (r"\cos(a) = 1", r"\cos(2 a) = 1"),
        ("a^2 + b^2 = c^2", r"\sqrt{a^2 + b^2} = \sqrt{c^2}"),
    ],
)
def test_a_witness_meets_what_is_assumed(tmp_path: Path, assumed: str, line: str) -> None:
    assert last_verdict(tmp_path, f"% by: assumption\n{assumed}", f"% from: 1\n{line}") != "refuted"
    assert last_verdict(tmp_path, line) == "refuted"


def test_equations_of_operators_are_no_second_proof(tmp_path: Path) -> None:
    line = r"(\vec{\sigma} \cdot \vec{\nu})^2 = \hat{I}"
    assert last_verdict(tmp_path, "% by: assumption\n\\nu^2 = 1", f"% from: 1\n{line}", scope="spin") == "proved"
    assert last_verdict(tmp_path, line, scope="spin") == "refuted"


@pytest.mark.parametrize("line", [r"\log(0) = a", r"\tan(\frac{\pi}{2}) = a", "2^{100000} = a", r"b \propto 0"])
def test_what_has_no_value_stops_nothing(tmp_path: Path, line: str) -> None:
    assert last_verdict(tmp_path, line) not in ("proved", "conditional")


def test_nothing_is_equal_up_to_what_is_defined_by_others(tmp_path: Path) -> None:
    assert last_verdict(tmp_path, "% by: definition\nc = a", "% by: up to c\na \\sim 0") == "open"
