# ruff: noqa: E501 (a formula stands on one line)
r"""What the notation declares of a symbol, models keep: no rule gives it a value that it cannot have."""

from __future__ import annotations

import pytest

from derive.verdict import Result
from derive.verify import Verifier

NOTATION = r"""
[scope.bench]
[scope.bench.ranges]
site = { size = "N", indices = "k l" }
[scope.bench.symbols]
'a' = {}
'n' = { domain = "integer" }
'p' = { domain = "positive" }
'g' = { domain = "positive" }
'\ell' = { domain = "positive" }
'\omega' = { domain = "positive" }
'q' = { domain = "unit" }
'w' = { slots = "site", domain = "positive" }
'\mathbf{A}' = { kind = "matrix", slots = "site site" }
'\mathbf{B}' = { kind = "matrix", slots = "site site" }
'\mathbf{S}' = { kind = "matrix", slots = "site site", properties = "symmetric" }
'\mathbf{P}' = { kind = "matrix", slots = "site site", properties = "positive definite" }
[scope.spin]
[scope.spin.ranges]
space = { size = "3", indices = "d", vector = true }
[scope.spin.symbols]
'i' = { kind = "imaginary unit" }
'\sigma' = { kind = "Pauli", slots = "space" }
'\nu' = { slots = "space", properties = "unit" }
'\mu' = { slots = "space" }
'\hat{I}' = { kind = "operator", properties = "identity" }
'\hat{H}' = { kind = "operator", properties = "Hermitian" }
'\hat{U}' = { kind = "operator", properties = "unitary" }
'\hat{K}' = { kind = "operator", properties = "Hermitian" }
'\hat{W}' = { kind = "operator", properties = "Hermitian, unitary" }
'\hat{G}' = { kind = "operator" }
'a' = {}
'p' = { domain = "positive" }
[scope.arrows]
[scope.arrows.ranges]
space = { size = "D", indices = "d", vector = true }
[scope.arrows.symbols]
'\nu' = { slots = "space", properties = "unit" }
'\mu' = { slots = "space" }
'a' = {}
"""


def results(bench, *lines: str, scope: str = "bench") -> list[Result]:
    """The results of some lines, each with its annotations above it."""
    text = f"% scope: {scope}\n" if scope != "bench" else ""
    for number, block in enumerate(lines, 1):
        *above, formula = block.split("\n")
        above = above or ["% by: exact"]
        text += "\n" + "\n".join([*above, rf"\begin{{equation}} {formula} \tag{{{number}}} \end{{equation}}", ""])
    return list(Verifier(bench.paper(text, NOTATION)).results())


@pytest.mark.parametrize(
    ("need", "line", "scope"),
    [
        ("p = -1", "p a = -a", "bench"),
        ("p = 0", "p a = 0", "bench"),
        ("q = 2", "q a = 2 a", "bench"),
        (r"n = \frac{1}{2}", "2 n a = a", "bench"),
        ("w_k = -1", r"\sum_k w_k = -N", "bench"),
        ("p = -1", r"p \hat{G} = -\hat{G}", "spin"),
        (r"\hat{U} = 2 \hat{I}", r"\hat{U} \hat{G} = 2 \hat{G}", "spin"),
        (r"\hat{H} = i \hat{I}", r"\hat{H} \hat{G} = i \hat{G}", "spin"),
        (r"\vec{\nu} = 2 \vec{\mu}", r"\nu^2 + \mu^2 = 5 \mu^2", "arrows"),
        (r"\vec{\nu} = 2 \vec{\mu}", r"\nu^2 + \mu^2 = 5 \mu^2", "spin"),
    ],
)
def test_a_hypothesis_that_gives_a_symbol_what_it_cannot_be_gives_no_line(bench, need, line, scope) -> None:
    (result,) = results(bench, f"% needs: {need}\n{line}", scope=scope)
    assert result.verdict == "open"


@pytest.mark.parametrize(
    ("need", "line", "scope"),
    [
        ("p = 2", "p a = 2 a", "bench"),
        (r"q = \frac{1}{2}", "2 q a = a", "bench"),
        ("n = 3", "n a = 3 a", "bench"),
        ("w_k = p", r"\sum_k w_k = N p", "bench"),
        (r"\hat{U} = -\hat{I}", r"\hat{U} \hat{G} = -\hat{G}", "spin"),
        (r"\hat{H} = a \hat{I}", r"\hat{H} \hat{G} = a \hat{G}", "spin"),
        (
            r"\hat{U} = \vec{\sigma} \cdot \vec{\nu}",
            r"\hat{U} \hat{G} = (\vec{\sigma} \cdot \vec{\nu}) \hat{G}",
            "spin",
        ),
        (r"\vec{\mu} unit", r"a \mu^2 = a", "arrows"),
    ],
)
def test_one_that_it_can_be_does(bench, need, line, scope) -> None:
    (result,) = results(bench, f"% needs: {need}\n{line}", scope=scope)
    assert (result.verdict, result.borne_out) == ("conditional", True)


NEVER = [
    (r"\omega = -\sqrt{\frac{g}{\ell}}", "\\omega is not positive", "bench"),
    (r"\mathbf{S} = \mathbf{A}", "\\mathbf{S} is not symmetric", "bench"),
    (r"\mathbf{P} = -\mathbf{A} \mathbf{A}^T", "\\mathbf{P} is not positive definite", "bench"),
    (r"\hat{U} = 2 \hat{I}", "\\hat{U} is not unitary", "spin"),
    (r"\hat{H} = \hat{G}", "\\hat{H} is not Hermitian", "spin"),
]


@pytest.mark.parametrize(("line", "why", "scope"), NEVER)
def test_a_definition_that_is_never_what_is_declared_is_open(bench, line: str, why: str, scope: str) -> None:
    (result,) = results(bench, f"% by: definition\n{line}", scope=scope)
    assert result.verdict == "open"
    assert any(said.startswith(f"there is no model of it: {why}") for said in result.evidence)


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        (r"\omega = \sqrt{\frac{g}{\ell}}", "bench"),
        (r"\mathbf{S} = \mathbf{A} + \mathbf{A}^T", "bench"),
        (r"\mathbf{P} = \mathbf{A} \mathbf{A}^T", "bench"),
        (r"\hat{H} = \hat{G}^\dagger \hat{G}", "spin"),
    ],
)
def test_one_that_can_be_is_a_definition(bench, line: str, scope: str) -> None:
    assert results(bench, f"% by: definition\n{line}", scope=scope)[0].verdict == "definition"


@pytest.mark.parametrize(
    ("assumed", "line", "scope"),
    [
        (r"\omega = -\sqrt{\frac{g}{\ell}}", r"\omega^2 = \frac{g}{\ell}", "bench"),
        (r"\hat{U} = 2 \hat{I}", r"\hat{U} \hat{U} = 4 \hat{I}", "spin"),
        (r"\nu_d = 2", r"\nu^2 = 12", "spin"),
        (r"p = \log(-\omega)", r"2 p = 2 \log(-\omega)", "bench"),
    ],
)
def test_nothing_is_proved_from_what_no_model_meets(bench, assumed: str, line: str, scope: str) -> None:
    assumption, step = results(bench, f"% by: assumption\n{assumed}", f"% from: 1\n{line}", scope=scope)
    assert (assumption.verdict, step.verdict) == ("supported", "open")


def test_a_witness_is_as_declared(bench) -> None:
    """ω is positive and a is ω, so that no negative a speaks against the line."""
    line = r"\sqrt{a^2} = a"
    assert results(bench, line)[0].verdict == "refuted"
    assert results(bench, "% by: assumption\n\\omega = a", f"% from: 1\n{line}")[1].verdict != "refuted"


@pytest.mark.parametrize("scope", ["arrows", "spin"])
def test_a_unit_vector_is_drawn_of_length_one(bench, scope: str) -> None:
    assert results(bench, r"\nu^2 = 1", scope=scope)[0].verdict != "refuted"
    assert results(bench, r"\mu^2 = 1", scope=scope)[0].verdict == "refuted"


SPECIAL = [
    # a premise that no matrix in general position meets, what follows, and what does not
    (r"\mathbf{A} \mathbf{B} = \mathbf{B} \mathbf{A}", r"2 \mathbf{A} \mathbf{B} = \mathbf{B} \mathbf{A} + \mathbf{A} \mathbf{B}", r"\mathbf{A}^T = \mathbf{A}", "bench"),
    (r"\mathbf{A} \mathbf{A} = \mathbf{A}", r"2 \mathbf{A} \mathbf{A} = 2 \mathbf{A}", r"\mathbf{A} \mathbf{B} = \mathbf{B} \mathbf{A}", "bench"),
    (r"\mathbf{A}^T = \mathbf{A}", r"2 \mathbf{A}^T = \mathbf{A} + \mathbf{A}^T", r"\mathbf{A} \mathbf{A} = \mathbf{A}", "bench"),
    (r"\mathbf{A}^T = -\mathbf{A}", r"2 \mathbf{A}^T = \mathbf{A}^T - \mathbf{A}", r"\mathbf{A} \mathbf{A} = \mathbf{A}", "bench"),
    (r"[\hat{H}, \hat{K}] = 0", r"\hat{H} \hat{K} = \hat{K} \hat{H}", r"\hat{H} = \hat{K}", "spin"),
    (r"\hat{G} \hat{G} = \hat{I}", r"2 \hat{G} \hat{G} = 2 \hat{I}", r"\hat{G} = \hat{I}", "spin"),
    (r"\hat{G}^\dagger = \hat{G}", r"2 \hat{G}^\dagger = 2 \hat{G}", r"\hat{G} \hat{G} = \hat{I}", "spin"),
    (r"\hat{G} \hat{G} = 0", r"2 \hat{G} \hat{G} = 0", r"\hat{G} = 0", "spin"),
    (r"\hat{G} \hat{H} = -\hat{H} \hat{G}", r"2 \hat{G} \hat{H} = -2 \hat{H} \hat{G}", r"\hat{G} \hat{H} = 0", "spin"),
]  # fmt: skip


@pytest.mark.parametrize(("assumed", "true", "false", "scope"), SPECIAL)
def test_premises_that_nothing_general_meets_have_models(bench, assumed, true, false, scope) -> None:
    assumption, follows, does_not = results(
        bench, f"% by: assumption\n{assumed}", f"% from: 1\n{true}", f"% from: 1\n{false}", scope=scope
    )
    assert (assumption.verdict, follows.verdict, does_not.verdict) == ("assumption", "proved", "refuted")
    assert results(bench, true, scope=scope)[0].verdict == "refuted"


def test_an_operator_that_is_hermitian_and_unitary_is_drawn_as_both(bench) -> None:
    for line in (r"\hat{W} \hat{W} = \hat{I}", r"\hat{W} \hat{W}^\dagger = \hat{I}", r"\hat{W}^\dagger = \hat{W}"):
        assert results(bench, line, scope="spin")[0].verdict != "refuted"
    assert results(bench, r"\hat{W} = \hat{I}", scope="spin")[0].verdict == "refuted"
