# ruff: noqa: E501 (a formula stands on one line)
r"""A variable that an integral binds has a name for the reader alone: proofs rename it, models give all one alphabet."""

from __future__ import annotations

import pytest

from derive.algebra.raising import Raising
from derive.methods import exact
from derive.verify import Verifier

NOTATION = r"""
[scope.bench]
[scope.bench.ranges]
site = { size = "N", indices = "k l" }
[scope.bench.symbols]
'x' = {}
'z' = {}
'a' = {}
'b' = {}
'c' = {}
'p' = { domain = "positive" }
'y' = { slots = "site" }
'w' = { slots = "site" }
't' = { domain = "binary" }
'F' = { kind = "function", of = 'x' }
'G' = { kind = "function", of = 'y' }
'v' = { law = 'M' }
'M' = { kind = "density" }
"""


def verdict(bench, *lines: str) -> str:
    text = ""
    for number, block in enumerate(lines, 1):
        *above, formula = block.split("\n")
        above = above or ["% by: exact"]
        text += "\n".join([*above, rf"\begin{{equation}} {formula} \tag{{{number}}} \end{{equation}}", "", ""])
    return [result.verdict for result in Verifier(bench.paper(text, NOTATION)).results()][-1]


@pytest.mark.parametrize(
    ("line", "near"),
    [
        (r"\int dc F(c) = \int da F(a)", r"\int dc F(c) = F(a)"),
        (r"\int dx F(x) = \int dz F(z)", r"\int dx F(x) = 2 \int dz F(z)"),
        (r"\int dx F(x) F(c) = F(c) \int dz F(z)", r"\int dx F(x) F(c) = \int dc F(c) F(x)"),
        (r"\int dx F(x) = \int dv F(v)", r"\int dx F(x) = \int dv M(v) F(v)"),
        (r"\int d\mathbf{y}_{1:N} G(\mathbf{y}_{1:N}) = \int d\mathbf{w}_{1:N} G(\mathbf{w}_{1:N})",
         r"\int d\mathbf{y}_{1:N} G(\mathbf{y}_{1:N}) = \int dx F(x)"),
        (r"\int dx \int dz F(x) F(z) F(a) = F(a) \int dz \int dc F(c) F(z)", r"\int dx \int dz F(x) F(z) = \int dx F(x)"),
    ],
)  # fmt: skip
def test_a_renamed_variable_of_integration(bench, line: str, near: str) -> None:
    assert verdict(bench, line) == "proved"
    assert verdict(bench, near) == "refuted"


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (r"\int dx \exp(-x^2) = \int dz \exp(-z^2)", True),
        (r"\int dx \exp(-x^2) = \int dp \exp(-p^2)", False),
        (r"\int dx \int dz \exp(-x^2 z) = \int dz \int dx \exp(-z^2 x)", True),
        (r"\int dx \int dz \exp(-x^2 z) F(a) = \int da \int dc \exp(-a^2 c) F(z)", False),
        (r"\int dx \exp(-x^2 z) = \int dz \exp(-z^2 x)", False),
        (r"\int dx \exp(-x^2 - \int dz \exp(-z^2 x)) = \int dz \exp(-z^2 - \int dx \exp(-x^2 z))", True),
        (r"\int dx \exp(-x^2 - \int dz \exp(-z^2 x)) = \int dz \exp(-z^2 - \int dx \exp(-x^2 x))", False),
    ],
)
def test_no_name_is_caught(bench, line: str, holds: bool) -> None:
    paper = bench.paper(rf"\begin{{equation}} {line} \tag{{1}} \end{{equation}}", NOTATION)
    here = type(bench)(paper.notation.scopes["bench"], bench.folder)
    assert here.proves(line).shown == holds


def test_an_integral_is_written_with_a_letter_that_is_free(bench) -> None:
    paper = bench.paper(r"\begin{equation} a = a \tag{1} \end{equation}", NOTATION)
    here = type(bench)(paper.notation.scopes["bench"], bench.folder)
    poly = here.poly(r"\int dz \exp(-z^2 x)")
    again = Raising(here.scope).poly(poly)
    assert here.write(again) == r"\int dz \exp\left( -x z^{2} \right)"
    assert exact.subtract(again, here.expr(r"\int dc \exp(-c^2 x)"), exact.Lowering(here.scope)) == poly - poly


def test_what_is_defined_by_the_variable_does_not_stand_before_the_integral(bench) -> None:
    assert verdict(bench, "% by: definition\nb = c^2", r"\int dc b F(c) = b \int dc F(c)") == "open"
    assert verdict(bench, "% by: definition\nb = t", r"\sum_t b = 2 b") != "proved"


def test_a_sum_over_an_alphabet_says_nothing_of_a_continuum(bench) -> None:
    assert verdict(bench, r"\int dv \exp(-v^2) = \sqrt{\pi}") != "refuted"


@pytest.mark.parametrize(
    "line",
    [
        r"\int dx \exp(-x^2) = \int dz \exp(-z^2)",
        r"\int dx \int dz \exp(-x^2 - 2 z^2) F(a) = \int dz \int dx \exp(-x^2 - 2 z^2) F(a)",
        r"\int dx \int dz F(x) F(x - z) = \int dz \int dx F(x) F(x - z)",
        r"\int dx (\exp(-x^2) + a \exp(-2 x^2)) = \int dz \exp(-z^2) + a \int dz \exp(-2 z^2)",
    ],
)
def test_what_holds_for_every_measure_is_proved(bench, line: str) -> None:
    assert verdict(bench, line) == "proved"


def test_what_one_measure_says_neither_proves_nor_refutes(bench) -> None:
    assert verdict(bench, r"\int dx \int dz F(x) F(x - z) = \int dz \int dx F(x) F(z + x)") == "open"


@pytest.mark.parametrize("right", [r"2 \int dz \exp(-z^2)", r"\int dz \exp(-2 z^2)"])
def test_integrals_that_are_enclosed_and_differ_are_refuted(bench, right: str) -> None:
    assert verdict(bench, rf"\int dx \exp(-x^2) = {right}") == "refuted"


def test_the_order_of_integration_is_exchanged_under_a_hypothesis_that_is_named(bench) -> None:
    line = r"\begin{equation} \int dx \int dz \exp(-x^2 z) = \int dz \int dx \exp(-x^2 z) \tag{1} \end{equation}"
    (result,) = Verifier(bench.paper("% by: exact\n" + line, NOTATION)).results()
    assert result.verdict == "proved"
    assert any("Fubini" in said for said in result.evidence)
    assert any("if the integrals exist" in said for said in result.evidence)


OPERATORS = r"""
[scope.bench.symbols]
'a' = {}
'\hat{A}' = { kind = "operator" }
'\hat{B}' = { kind = "operator" }
'\hat{C}' = { kind = "operator" }
"""


@pytest.mark.parametrize(
    ("premise", "line", "said"),
    [
        (r"\hat{A} \hat{B} = \hat{B} \hat{A}", r"\hat{A}^2 \hat{B} = \hat{B} \hat{A}^2", "proved"),
        (r"\hat{A} \hat{B} = \hat{B} \hat{A}", r"\hat{A}^2 \hat{B} = \hat{A} \hat{B}", "refuted"),
        (r"\hat{A} \hat{B} = \hat{B} \hat{A}", r"\hat{C} \hat{A} \hat{B} = \hat{C} \hat{B} \hat{A}", "proved"),
        (r"\hat{A} \hat{B} = \hat{B} \hat{A}", r"\hat{C} \hat{A} \hat{B} = \hat{C} \hat{A}", "refuted"),
        (r"\hat{A} \hat{B} = -\hat{B} \hat{A}", r"a \hat{A}^2 \hat{B}^3 = a \hat{B}^3 \hat{A}^2", "proved"),
        (r"\hat{A} \hat{B} = -\hat{B} \hat{A}", r"\hat{A} \hat{B}^3 = \hat{B}^3 \hat{A}", "refuted"),
    ],
)
def test_an_equation_of_operators_is_used_between_letters(bench, premise: str, line: str, said: str) -> None:
    blocks = [("% by: assumption", premise), ("% from: 1\n% by: exact", line)]
    rows = (
        rf"{above}{chr(10)}\begin{{equation}} {formula} \tag{{{number}}} \end{{equation}}"
        for number, (above, formula) in enumerate(blocks, 1)
    )
    assert [r.verdict for r in Verifier(bench.paper("\n\n".join(rows), OPERATORS)).results()] == ["assumption", said]
