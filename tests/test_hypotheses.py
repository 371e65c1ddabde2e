# ruff: noqa: E501 (a formula stands on one line)
"""Hypotheses that a line needs: equations, operators that are unitary or Hermitian, unit vectors, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.errors import EncodingError
from derive.hypotheses import read_hypotheses
from derive.methods import exact
from derive.methods.goal import Goal
from derive.statement import Reading
from derive.verdict import Result
from derive.verify import Verifier

SPIN = r"""
[scope.bench]
[scope.bench.small]
e = "powers of the delay"
[scope.bench.ranges]
space = { size = "3", indices = "d", vector = true }
[scope.bench.symbols]
'\psi' = { kind = "state", properties = "unit" }
'\tau' = { kind = "Pauli", slots = "space" }
'\mu' = { slots = "space" }
'\hat{E}' = { kind = "operator", properties = "identity" }
'\hat{F}' = { kind = "operator", properties = "Hermitian" }
'\hat{G}' = { kind = "operator" }
'\hat{T}' = { kind = "operator", of = 'y' }
's' = { domain = "binary" }
'a' = {}
'b' = {}
'c' = {}
'y' = {}
'h' = { weight = { e = 1 } }
"""
SUMS = r"""
[scope.bench.ranges]
site = { size = "N", indices = "k l n" }
[scope.bench.symbols]
'x' = { slots = "site", law = 'M' }
'z' = { slots = "site" }
'a' = {}
'b' = {}
'\mathbf{A}' = { kind = "matrix", slots = "site site" }
'\mathbf{B}' = { kind = "matrix", slots = "site site" }
'M' = { kind = "density" }
'\mathbb{E}' = { kind = "expectation", law = 'M' }
"""


def tex(formula: str, *needs: str, by: str = "exact") -> str:
    said = "".join(f"% needs: {need}\n" for need in needs)
    return f"% by: {by}\n{said}\\begin{{equation}} {formula} \\tag{{1}} \\end{{equation}}\n"


def judged(bench, formula: str, *needs: str, by: str = "exact", notation: str = SPIN) -> Result:
    """The result of one line with its hypotheses."""
    return Verifier(bench.paper(tex(formula, *needs, by=by), notation)).result("1")


AMPLITUDE = r"\sum_s |\langle s | \vec{\tau} \cdot \vec{\mu} | \psi \rangle|^2 = 1"
NEEDED = [
    # a line, what it needs, the hypotheses in words; and a near-miss of the line that they do not give
    (r"a c = b c", ("a = b",), ("$a = b$",), r"a c = b"),
    (r"2 a + c = 2 b", ("a + y = b", "c = 2 y"), ("$a + y = b$", "$c = 2 y$"), r"2 a + c = b"),
    (r"a + b = y", ("y = a + b + c", "c = 0"), ("$y = a + b + c$", "$c = 0$"), r"a - b = y"),
    (r"[\hat{F}, \hat{G}] = 0", (r"\hat{G} = a \hat{F}",), (r"$\hat{G} = a \hat{F}$",), r"[\hat{T}, \hat{G}] = 0"),
    (r"\hat{T}(a) = 2 \hat{F}", (r"\hat{T}(a) = \hat{F} + \hat{G}", r"\hat{G} = \hat{F}"), (r"$\hat{T}(a) = \hat{F} + \hat{G}$", r"$\hat{G} = \hat{F}$"), r"\hat{T}(a) = 3 \hat{F}"),
    (r"\hat{G}^\dagger \hat{G} = \hat{E}", (r"\hat{G} unitary",), (r"$\hat{G}$ is unitary",), r"\hat{G} \hat{G} = \hat{E}"),
    (r"\hat{G} \hat{F} \hat{G}^\dagger \hat{G} = \hat{G} \hat{F}", (r"\hat{G} unitary",), (r"$\hat{G}$ is unitary",), r"\hat{G} \hat{F} \hat{G}^\dagger = \hat{F}"),
    (r"\sum_s |\langle s | \hat{G} | \psi \rangle|^2 = 1", (r"\hat{G} unitary",), (r"$\hat{G}$ is unitary",), r"|\langle s | \hat{G} | \psi \rangle|^2 = 1"),
    (r"\hat{T}(y)^\dagger \hat{T}(y) = \hat{E}", (r"\hat{T}(y) unitary",), (r"$\hat{T}(y)$ is unitary",), r"\hat{T}(y)^\dagger \hat{T}(a) = \hat{E}"),
    (r"(\hat{F} \hat{G})^\dagger = \hat{G} \hat{F}", (r"\hat{G} Hermitian",), (r"$\hat{G}$ is Hermitian",), r"(\hat{F} \hat{G})^\dagger = \hat{F} \hat{G}"),
    (AMPLITUDE, (r"\vec{\mu} unit",), (r"$\vec{\mu}$ is a unit vector",), AMPLITUDE.replace("= 1", "= 2")),
    (r"\sum_s |\langle s | (\vec{\tau} \cdot \vec{\mu}) \hat{G} | \psi \rangle|^2 = 1", (r"\vec{\mu} unit", r"\hat{G} unitary"), (r"$\vec{\mu}$ is a unit vector", r"$\hat{G}$ is unitary"), r"\sum_s |\langle s | (\vec{\tau} \cdot \vec{\mu}) \hat{G} | \psi \rangle|^2 = 2"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "needs", "words", "near"), NEEDED, ids=[case[0] for case in NEEDED])
def test_a_line_that_holds_only_under_its_hypotheses_is_conditional(
    bench, line: str, needs: tuple[str, ...], words: tuple[str, ...], near: str
) -> None:
    result = judged(bench, line, *needs)
    assert (result.verdict, result.borne_out, result.hypotheses) == ("conditional", True, words)
    assert result.witness is not None, "there is a model in which it fails without them"
    assert judged(bench, line).verdict == "refuted"
    for number in range(len(needs)):
        fewer = needs[:number] + needs[number + 1 :]
        if fewer:
            assert judged(bench, line, *fewer).verdict == "refuted"
    result = judged(bench, near, *needs)
    assert (result.verdict, result.borne_out, result.hypotheses) == ("refuted", False, ())


MUTANTS = [
    (r"\hat{G}^\dagger \hat{G} = \hat{E}", r"\hat{G} Hermitian"),
    (r"\hat{G}^\dagger \hat{G} = \hat{E}", r"\hat{F} unitary"),
    (r"\hat{G}^\dagger \hat{F} = \hat{G} \hat{F}", r"\hat{G} unitary"),
    (r"a c = b c", "a = c"),
    (r"a c = b c", "a = -b"),
    (r"[\hat{F}, \hat{G}] = 0", r"\hat{G} = \hat{F} + \hat{T}"),
]


@pytest.mark.parametrize(("line", "need"), MUTANTS)
def test_another_hypothesis_does_not_give_the_line(bench, line: str, need: str) -> None:
    assert judged(bench, line, need).verdict == "refuted"


SUMMED = [
    (r"\sum_k z_k = N a", "z_k = a", r"\sum_k z_k = a"),
    (r"\sum_k \sum_l \mathbb{E}[x_k x_l] = \sum_k \mathbb{E}[x_k^2]", r"\mathbb{E}[x_k x_l] = 0, k \neq l", r"\sum_k \sum_l \mathbb{E}[x_k x_l] = a"),
    (r"\mathbf{A} \mathbf{B} = \mathbf{B} \mathbf{A}", r"\mathbf{A} = a \mathbf{B}", r"\mathbf{A} \mathbf{B} = \mathbf{B}"),
    (r"\sum_k z_k \mathbb{E}[x_k] = a \sum_k z_k", r"\mathbb{E}[x_k] = a", r"\sum_k z_k \mathbb{E}[x_k] = a"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "need", "near"), SUMMED)
def test_hypotheses_about_components_moments_and_matrices(bench, line: str, need: str, near: str) -> None:
    assert judged(bench, line, need, notation=SUMS).verdict == "conditional"
    assert judged(bench, near, need, notation=SUMS).verdict == "refuted"


def test_a_hypothesis_that_is_not_needed_is_said_to_be_so(bench) -> None:
    for line, need in ((r"a + b = b + a", "a = b"), (r"\hat{F}^\dagger = \hat{F}", r"\hat{G} Hermitian")):
        result = judged(bench, line, need)
        assert (result.verdict, result.borne_out, result.hypotheses) == ("proved", False, ())
        assert result.note == "A hypothesis is recorded that the line does not need"


def test_an_approximation_that_needs_a_hypothesis(bench) -> None:
    line = r"\frac{a}{c + h} \approx \frac{b}{c} - \frac{b h}{c^2}"
    result = judged(bench, line, "a = b", by="order 1 in e")
    assert (result.verdict, result.hypotheses) == ("conditional", ("$a = b$",))
    assert result.witness is not None
    assert judged(bench, line, by="order 1 in e").verdict == "refuted"
    assert judged(bench, line.replace("- \\frac", "+ \\frac"), "a = b", by="order 1 in e").verdict == "refuted"


ERRORS = [
    # restating the line
    ("a = b", "a = b", "needs: a hypothesis that restates the line is none"),
    ("a = b", "b = a", "needs: a hypothesis that restates the line is none"),
    ("a + c = b", "a - b = -c", "needs: a hypothesis that restates the line is none"),
    ("a + c = b", r"\frac{a}{2} + \frac{c}{2} = \frac{b}{2}", "needs: a hypothesis that restates the line is none"),
    (AMPLITUDE, r"\mu^2 = 1", "needs: a hypothesis that restates the line is none"),
    # no equation
    ("a = b", "a > b", "needs: an exact line needs a hypothesis that is an equation"),
    ("a = b", r"a \approx b", "needs: an exact line needs a hypothesis that is an equation"),
    ("a = b", r"c \ll 1", "needs: an exact line needs a hypothesis that is an equation"),
    ("a = b", "= b", "needs: an exact line needs a hypothesis that is an equation"),
    ("a = b", "a", "needs: there is no relation in this line"),
    # no operator
    ("a = b", "a unitary", "needs: a is no operator"),
    ("a = b", "a unit", "needs: a is no vector"),
    ("a = b", r"\vec{\mu} unitary", r"needs: \vec{\mu} is no operator"),
    ("a = b", r"\vec{\tau} Hermitian", r"needs: \vec{\tau} is no operator"),
    ("a = b", r"\hat{G}^\dagger unitary", r"needs: \hat{G}^\dagger is no operator"),
    ("a = b", r"\hat{F} \hat{G} unitary", r"needs: \hat{F} \hat{G} is no operator"),
    # nothing that can be read
    ("a = b", r"\omega unitary", r"needs: \omega is not in the notation of the scope 'bench'"),
    ("a = b", r"\omega = b", r"needs: \omega is not in the notation of the scope 'bench'"),
    ("a = b", r"\hat{G} = b", "needs: an operator is related to a scalar"),
    ("a = b", r"\hat{G} normal", "needs: n is not in the notation of the scope 'bench'"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "need", "message"), ERRORS)
def test_what_is_no_hypothesis_is_an_error_with_its_place(bench, line: str, need: str, message: str) -> None:
    with pytest.raises(EncodingError) as caught:
        judged(bench, line, need)
    assert caught.value.message == message
    assert caught.value.where.endswith("paper.tex:4")


def read(bench, formula: str, *needs: str):
    """The hypotheses of a line and its claim, before anything is judged."""
    paper = bench.paper(tex(formula, *needs), SPIN)
    reading = Reading(paper)
    line = reading.line("1")
    assert line.chain.first is not None
    claim = Goal(line.chain.first, line.right, line.scope)
    return read_hypotheses(reading, line, claim), claim


def test_what_a_hypothesis_becomes(bench) -> None:
    found, claim = read(bench, "a = b", "c = y", "2 c = y", r"\hat{G} unitary", r"\vec{\mu} unit")
    assert [rule.source for rule in found.rules] == ["needs"]
    assert [equality.source for equality in found.equalities] == ["needs", "needs"]
    assert found.scope.symbols[r"\hat{G}"].properties == {"unitary"}
    assert found.scope.symbols[r"\hat{F}"].properties == {"Hermitian"}
    assert claim.scope.symbols[r"\hat{G}"].properties == set(), "the declaration is for this line alone"
    assert found.words == ("$c = y$", "$2 c = y$", r"$\hat{G}$ is unitary", r"$\vec{\mu}$ is a unit vector")
    together = found.added_to(claim)
    assert together.rules == found.rules
    assert together.equalities == found.equalities
    assert together.scope is found.scope


def test_no_hypotheses_are_none(bench) -> None:
    found, claim = read(bench, "a = b")
    assert not found
    assert found.added_to(claim) == claim


numbers = st.integers(-3, 3)


def signed(value: int) -> str:
    return str(value) if value >= 0 else f"(-{-value})"


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(1, 3), numbers, numbers, numbers)
def test_random_hypotheses_give_what_follows_from_them_and_nothing_else(
    bench, scale: int, one: int, other: int, third: int
) -> None:
    """A combination of a = p b + q and 3 c = r (b - y), by hand; with one coefficient off it does not follow."""
    needs = (f"a = {signed(one)} b + {signed(other)}", f"3 c = {signed(third)} (b - y)")
    left = f"{scale} a + 6 c"
    right = f"{signed(scale * one + 2 * third)} b + {signed(scale * other)} - {signed(2 * third)} y"
    found, claim = read(bench, f"{left} = {right}", *needs)
    assert exact.prove(found.added_to(claim)).shown
    found, claim = read(bench, f"{left} = {right} + y", *needs)
    assert exact.prove(found.added_to(claim)).rest


@pytest.mark.parametrize("need", ["c = a > 0", r"c = a \geq 0", r"c = a \approx 0"])
def test_a_hypothesis_with_another_relation_is_no_equation(bench, need: str) -> None:
    with pytest.raises(EncodingError) as caught:
        judged(bench, "c y + b = b", need)
    assert caught.value.message == "needs: an exact line needs a hypothesis that is an equation"


@pytest.mark.parametrize("line", [r"\sum_k \mathbb{E}[x_k^2] = 0", r"\sum_k \sum_l \mathbb{E}[x_k x_l] = 0"])
def test_a_hypothesis_holds_only_for_what_it_keeps_apart(bench, line: str) -> None:
    assert judged(bench, line, r"\mathbb{E}[x_k x_l] = 0, k \neq l", notation=SUMS).verdict != "conditional"


@pytest.mark.parametrize(
    ("line", "need", "notation"),
    [
        (r"\hat{G} = \hat{F}", r"\hat{G} = \hat{F}", SPIN),
        (r"\hat{F} = \hat{G}", r"\hat{G} = \hat{F}", SPIN),
        (r"[\hat{F}, \hat{G}] = 0", r"[\hat{F}, \hat{G}] = 0", SPIN),
        (r"\mathbf{A} = \mathbf{B}", r"\mathbf{A} = \mathbf{B}", SUMS),
    ],
)
def test_a_hypothesis_that_restates_a_line_of_any_kind_is_none(bench, line: str, need: str, notation: str) -> None:
    with pytest.raises(EncodingError) as caught:
        judged(bench, line, need, notation=notation)
    assert caught.value.message == "needs: a hypothesis that restates the line is none"


@pytest.mark.parametrize(
    ("line", "need"),
    [
        (r"a \mu^2 = a", r"\vec{\mu} unit"),
        (r"(\vec{\tau} \cdot \vec{\mu})^2 = \hat{E}", r"\vec{\mu} unit"),
        (r"a c = 2 b c", "a - b = b"),
        (r"\hat{F} [\hat{F}, \hat{G}] = 0", r"[\hat{F}, \hat{G}] = 0"),
    ],
)
def test_a_line_that_holds_under_its_hypothesis_is_not_refuted(bench, line: str, need: str) -> None:
    assert judged(bench, line, need).verdict != "refuted"


def test_an_operator_is_no_unit_vector(bench) -> None:
    with pytest.raises(EncodingError) as caught:
        judged(bench, r"\hat{G} = \hat{F}", r"\hat{G} unit")
    assert caught.value.message == r"needs: \hat{G} is no vector"


@pytest.mark.parametrize(
    ("line", "need"),
    [
        (r"\hat{G} = \hat{F}", r"\hat{G} = 1 \hat{F}"),
        (r"2 \hat{G} = \hat{F} + \hat{G}", r"\hat{G} = \hat{F}"),
        (r"\hat{G}^\dagger = \hat{G}", r"\hat{G} Hermitian"),
        (r"\mu^2 = 1", r"\vec{\mu} unit"),
    ],
)
def test_a_hypothesis_that_says_the_line_in_other_words_is_none(bench, line: str, need: str) -> None:
    with pytest.raises(EncodingError) as caught:
        judged(bench, line, need)
    assert caught.value.message == "needs: a hypothesis that restates the line is none"


UNSATISFIABLE = [
    ("a = b", "c = c + 1"),
    ("a = b", "a^2 = -1"),
    ("a b = c b", r"\exp(a) = 0"),
]


@pytest.mark.parametrize(("line", "need"), UNSATISFIABLE)
def test_a_hypothesis_that_nothing_meets_gives_no_line(bench, line: str, need: str) -> None:
    assert judged(bench, line, need).verdict not in ("conditional", "proved")


def test_what_vanishes_is_no_denominator(bench) -> None:
    """From c = 0 nothing follows about y, though y is y / c times c."""
    assert judged(bench, "y = 0", "c = 0").verdict == "refuted"


def test_a_conditional_line_says_which_premises_it_does_without_and_where_it_was_tried(bench) -> None:
    result = judged(bench, "a c = b c", "a = b")
    assert any(said.startswith("under the hypothesis it agrees at") for said in result.evidence)
