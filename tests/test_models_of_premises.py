# ruff: noqa: E501 (a formula stands on one line)
r"""Models meet the premises of every kind of step: expansions, dropped terms, several laws; and what a property is free of."""

from __future__ import annotations

import pytest

from derive.errors import EncodingError
from derive.verdict import Result
from derive.verify import Verifier

NOTATION = r"""
[scope.bench]
[scope.bench.ranges]
site = { size = "N", indices = "i j" }
[scope.bench.small]
s = "powers of h"
[scope.bench.symbols]
'x' = { slots = "site", law = 'M' }
'm' = { slots = "site" }
'\kappa' = { domain = "positive" }
'g' = { domain = "positive" }
'\omega' = { domain = "positive" }
'a' = {}
'b' = {}
'c' = {}
'h' = { weight = { s = 1 } }
'M' = { kind = "density" }
'\mathbb{E}' = { kind = "expectation", law = 'M' }
'\text{Cov}' = { kind = "covariance", law = 'M' }
'\text{Var}' = { kind = "variance", law = 'M' }
[scope.two.symbols]
'x' = { law = 'p' }
'z' = { law = 'q' }
's' = { domain = "binary", law = 'p' }
't' = { domain = "binary", law = 'q' }
'p' = { kind = "density" }
'q' = { kind = "density" }
'E_p' = { kind = "expectation", law = 'p' }
'E_q' = { kind = "expectation", law = 'q' }
[scope.given.symbols]
'a' = {}
's' = { domain = "binary", law = 'p' }
't' = { domain = "binary", law = 'p' }
'y' = { domain = "binary", law = 'p' }
'p' = { kind = "density" }
'E' = { kind = "expectation", law = 'p' }
'E_{p(s|y)}' = { kind = "expectation", law = 'p', given = 'y' }
[scope.spin.ranges]
space = { size = "3", indices = "d", vector = true }
[scope.spin.symbols]
'i' = { kind = "imaginary unit" }
'\alpha' = { kind = "state" }
'\sigma' = { kind = "Pauli", slots = "space" }
'\nu' = { slots = "space" }
'\hat{I}' = { kind = "operator", properties = "identity" }
'\hat{H}' = { kind = "operator", properties = "Hermitian" }
'\hat{G}' = { kind = "operator" }
'\hat{F}' = { kind = "operator" }
'\hat{K}' = { kind = "operator" }
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


def last(bench, *lines: str, scope: str = "bench") -> str:
    return results(bench, *lines, scope=scope)[-1].verdict


def assume(formula: str) -> str:
    return f"% by: assumption\n{formula}"


ORDERS = [
    # what is assumed, a line to first order from it, and one that does not hold
    (r"c^2 = a^2 + b^2", r"\sqrt{a^2 + b^2} + h^2 \approx \sqrt{c^2}", r"\sqrt{a^2 + b^2} + h \approx \sqrt{c^2}"),
    (r"a^3 + b c^3 = 0", r"(a^3 + h)^2 \approx b^2 c^6 - 2 h b c^3", r"(a^3 + h)^2 \approx b^2 c^6 + 2 h b c^3"),
    (r"a + b c = 0", r"a c + h^2 \approx -b c^2", r"a c + h \approx -b c^2"),
]


@pytest.mark.parametrize(("assumed", "true", "false"), ORDERS)
def test_an_expansion_is_held_against_models_of_its_premises(bench, assumed: str, true: str, false: str) -> None:
    for line, verdicts in ((true, ("proved-to-order", "supported")), (false, ("refuted",))):
        assert last(bench, assume(assumed), f"% from: 1\n% by: order 1 in s\n{line}") in verdicts
    assert last(bench, f"% by: order 1 in s\n{true}") == "refuted"


@pytest.mark.parametrize("assumed", ["a^2 = -1", r"\exp(a) = 0"])
def test_an_expansion_from_what_nothing_meets_is_open(bench, assumed: str) -> None:
    left, right = assumed.split(" = ")
    line = f"% from: 1\n% by: order 1 in s\n{left} + h^2 \\approx {right}"
    assert last(bench, assume(assumed), line) == "open"


def test_an_equation_is_solved_for_models_of_it(bench) -> None:
    assumed = assume(r"g \omega^2 = \kappa")
    assert last(bench, assumed, "% from: 1\n2 g \\omega^2 = 2 \\kappa") == "proved"
    assert last(bench, assumed, "% from: 1\n\\omega = -\\sqrt{\\frac{\\kappa}{g}}") == "refuted"
    assert last(bench, assume(r"\omega^2 = \kappa"), "% from: 1\n\\omega = -\\sqrt{\\kappa}") == "refuted"


MEANS = (assume(r"\text{Var}[x_i] = \kappa"), assume(r"\mathbb{E}[x_i] = m_i"))
DROP = (
    "% by: drop \\text{Cov}[x_i, x_j]\n% needs: \\frac{\\kappa}{m_i m_j} \\ll 1\n\\mathbb{E}[x_i x_j] \\approx m_i m_j"
)


def test_a_term_is_dropped_from_premises_that_have_a_model(bench) -> None:
    assert last(bench, *MEANS, f"% from: 1, 2\n{DROP}") == "conditional"
    empty = (assume(r"\text{Var}[x_i] = -\kappa"), MEANS[1])
    assert last(bench, *empty, f"% from: 1, 2\n{DROP}") == "open"
    nothing = assume("c = c + 1")
    assert last(bench, *MEANS, nothing, f"% from: 1, 2, 3\n{DROP}") != "refuted"


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("E_p[x z] = z E_p[x]", "E_p[x z] = x E_p[z]"),
        ("E_p[s t] = t E_p[s]", "E_p[s t] = s E_p[t]"),
        ("E_p[z] = z", "E_p[z] = E_q[z]"),
        ("E_q[E_p[x z]] = E_q[z] E_p[x]", "E_q[E_p[x z]] = E_p[x z]"),
        ("E_q[E_p[s t]] = E_p[E_q[s t]]", "E_q[E_p[s t]] = E_p[s t]"),
        (r"\int dx p(x) x z = z E_p[x]", r"\int dx p(x) x z = E_q[z] E_p[x]"),
    ],
)
def test_an_expectation_is_over_what_follows_its_own_law(bench, true: str, false: str) -> None:
    assert last(bench, true, scope="two") == "proved"
    assert last(bench, false, scope="two") == "refuted"


FREE = [
    # definitions, what the last is free of, and whether that is so
    (("b = a",), "c", "b", "c = b", False),
    (("b = a",), "c", "b", "c = a", False),
    ((), "a", "a", "a = b", False),
    ((), "c", "b", "c = a b - b a + a", True),
    (("b = g",), "c", "b", "c = a", True),
]


@pytest.mark.parametrize(("definitions", "about", "of", "line", "holds"), FREE)
def test_what_something_is_free_of_is_not_put_away(bench, definitions, about, of, line, holds) -> None:
    lines = [f"% by: definition\n{one}" for one in definitions]
    found = last(bench, *lines, f"% by: definition\n% so: {about} free of {of}\n{line}")
    assert (found == "definition") == holds


@pytest.mark.parametrize(
    ("of", "line"),
    [
        (r"\alpha", r"a = \langle \alpha | \hat{H} | \alpha \rangle"),
        (r"\sigma", r"\hat{G} = \vec{\sigma} \cdot \vec{\nu}"),
        (r"\hat{H}", r"\hat{G} = \hat{H}"),
    ],
)
def test_states_and_pauli_matrices_are_seen(bench, of: str, line: str) -> None:
    about = line.split(" = ")[0]
    assert last(bench, f"% by: definition\n% so: {about} free of {of}\n{line}", scope="spin") == "open"
    other = r"\alpha" if of == r"\sigma" else r"\nu"
    assert last(bench, f"% by: definition\n% so: {about} free of {other}\n{line}", scope="spin") == "definition"


def test_the_ratio_of_means_in_a_state_is_not_constant(bench) -> None:
    line = r"\langle \alpha | \hat{H} | \alpha \rangle \propto \langle \alpha | \alpha \rangle"
    assert last(bench, line, scope="spin") != "proved"


@pytest.mark.parametrize("line", [r"0 \propto a", r"a - a \propto b", r"a b - b a \propto b"])
def test_zero_is_in_no_proportion(bench, line: str) -> None:
    assert last(bench, line) == "open"
    assert last(bench, line.replace("0 ", "2 a ").replace("- a", "+ b - a").replace("b - b a", "b + b a")) != "open"


def test_what_is_independent_need_not_be_so_given_something(bench) -> None:
    joint = assume("p(s, t) = p(s) p(t)")
    assert last(bench, joint, "% from: 1\nE[s t] = E[s] E[t]", scope="given") == "proved"
    line = "E_{p(s|y)}[s t] = E_{p(s|y)}[s] E_{p(s|y)}[t]"
    assert last(bench, joint, f"% from: 1\n{line}", scope="given") == "refuted"


def evidence(bench, *lines: str) -> tuple[str, ...]:
    return results(bench, *lines)[-1].evidence


def test_premises_that_are_not_needed_are_reported_of_every_kind_of_step(bench) -> None:
    extra = assume("c = 3")
    line = "% from: 1, 2\n% corrected: 2 a = 2 g\n2 a = g"
    assert "not needed for the proof of the correction: (2)" in evidence(bench, assume("a = g"), extra, line)
    dropped = evidence(bench, *MEANS, extra, f"% from: 1, 2, 3\n{DROP}")
    assert "not needed for the proof: (3)" in dropped
    owed = "% by: definition\n% from: 1, 2\n% so: b = 2 g\nb = 2 a"
    assert "not needed for the proof: (2)" in evidence(bench, assume("a = g"), extra, owed)
    free = "% by: definition\n% from: 1, 2\n% so: b free of a\nb = 2 c + a - a"
    assert "not needed for the proof: (1), (2)" in evidence(bench, assume("a = g"), extra, free)
    both = "% by: definition\n% from: 1, 2\n% so: b = g + 3\n% so: b free of h\nb = a + c"
    assert not any(said.startswith("not needed") for said in evidence(bench, assume("a = g"), extra, both))


def test_a_density_in_something_is_of_it(bench) -> None:
    assert last(bench, "% by: definition\n% so: density in s\np(s) = \\frac{1}{2}", scope="given") == "definition"
    assert last(bench, "% by: definition\n% so: density in s\np(s) = \\frac{1}{3}", scope="given") == "refuted"
    for defined in ("a", "p(t)", "p(s, t)", "p(y | s)"):
        with pytest.raises(EncodingError) as caught:
            last(bench, f"% by: definition\n% so: density in s\n{defined} = \\frac{{1}}{{2}}", scope="given")
        assert caught.value.message.endswith("is no density of s alone")


def test_operators_of_which_premises_say_nothing_stay_general(bench) -> None:
    """That F and G commute says nothing of K; F and K may both commute with G and not with each other."""
    first, second = assume(r"\hat{F} \hat{G} = \hat{G} \hat{F}"), assume(r"\hat{K} \hat{G} = \hat{G} \hat{K}")
    assert (
        last(bench, first, "% from: 1\n" + r"\hat{K} \hat{F} \hat{G} = \hat{F} \hat{G} \hat{K}", scope="spin")
        == "refuted"
    )
    assert last(bench, first, "% from: 1\n" + r"\hat{F}^2 \hat{G} = \hat{G} \hat{F}^2", scope="spin") == "proved"
    assert (
        last(bench, first, second, "% from: 1, 2\n" + r"\hat{F} \hat{K} = \hat{K} \hat{F}", scope="spin") == "refuted"
    )
    assert (
        last(
            bench, first, second, "% from: 1, 2\n" + r"\hat{F} \hat{K} \hat{G} = \hat{G} \hat{F} \hat{K}", scope="spin"
        )
        == "proved"
    )
