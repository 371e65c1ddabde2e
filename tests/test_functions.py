# ruff: noqa: E501 (a formula stands on one line)
"""Functions in papers: at other arguments, recursions, differential equations, and what no model may refute."""

from __future__ import annotations

import pytest

from derive.algebra.functional import motion_of, recursion_of
from derive.algebra.rules import Rule
from derive.errors import EncodingError
from derive.latex.reader import read_expression
from derive.latex.tokens import tokens
from derive.notation import load_notation
from derive.verdict import Result
from derive.verify import Verifier

NOTATION = r"""
[scope.bench]
[scope.bench.ranges]
site = { size = "N", indices = "i j" }
[scope.bench.symbols]
'y' = { kind = "function", slots = "site", of = "t", properties = "smooth" }
'v' = { kind = "function", slots = "site", of = "n" }
'z' = { slots = "site" }
'r' = { slots = "site", domain = "positive" }
'f' = { kind = "function", of = "x", properties = "smooth" }
'g' = { kind = "function", of = "x", properties = "smooth" }
'u' = { kind = "function", of = "t", properties = "smooth" }
'h' = { kind = "function", of = "x, t", properties = "smooth" }
'w' = { kind = "function", of = "n" }
'p' = { kind = "function", of = "k" }
'x' = { properties = "free" }
't' = { domain = "nonnegative", properties = "free" }
'n' = { domain = "nonnegative integer", properties = "free" }
'k' = { domain = "positive integer", properties = "free" }
'l' = { domain = "nonnegative integer" }
'm' = { domain = "nonnegative integer" }
'a' = { domain = "positive" }
'b' = {}
'c' = { domain = "positive" }
'E' = {}
'T' = {}
"""


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("functions") / "notation.toml"
    path.write_text(NOTATION, encoding="utf-8")
    return load_notation(path).scopes["bench"]


def judged(bench, formula: str, *premises: str, by: str = "exact", kind: str = "assumption") -> Result:
    return bench.judged(NOTATION, formula, *premises, by=by, kind=kind)


GROWTH = r"w(n+1) = a w(n)"
PUSHED = r"w(n+1) = a w(n) + b"
FIBONACCI = r"w(n+2) = w(n+1) + w(n)"
SPRING = r"\frac{d^2 u}{d t^2} = - a^2 u(t)"
LOGISTIC = r"\frac{d f}{d x} = f(x) (1 - f(x))"
TURN = (r"\frac{d f}{d x} = g(x)", r"\frac{d g}{d x} = - f(x)")


@pytest.mark.parametrize(
    ("formula", "premises"),
    [
        (r"w(n) = a^n w(0)", (GROWTH,)),
        (r"w(n+2) = a^2 w(n)", (GROWTH,)),
        (r"w(3) = a^3 w(0)", (GROWTH,)),
        (r"w(n) = a^n w(0) + b \sum_{l=0}^{n-1} a^l", (PUSHED,)),
        (r"w(n) = a^n w(0) + b \frac{1 - a^n}{1 - a}", (PUSHED,)),
        (r"w(n+1) - w(n) = a^n (w(1) - w(0))", (PUSHED,)),
        (r"w(n+3) = 2 w(n+1) + w(n)", (FIBONACCI,)),
        (r"w(n+1)^2 - w(n) w(n+2) = - (w(n+2)^2 - w(n+1) w(n+3))", (FIBONACCI,)),
        (r"p(k) = a^{k-1} p(1)", (r"p(k+1) = a p(k)",)),
        (r"\frac{d^2 f}{d x^2} = f(x) (1 - f(x)) (1 - 2 f(x))", (LOGISTIC,)),
        (r"\frac{d^2 f}{d x^2} = - f(x)", TURN),
        (r"\frac{d}{d x} (f(x)^2 + g(x)^2) = 0", TURN),
        (r"\frac{d}{d x} f(x)^2 = 2", (r"f(x) \frac{d f}{d x} = 1",)),
        (r"\frac{d}{d t} \left( \left( \frac{d u}{d t} \right)^2 + a^2 u(t)^2 \right) = 0", (SPRING,)),
        (r"\frac{d^3 u}{d t^3} = - a^2 \frac{d u}{d t}", (SPRING,)),
        (r"f(x)^2 + g(x)^2 = f(0)^2 + g(0)^2", TURN),
        (r"f(x)^2 + g(x)^2 = f(2)^2 + g(2)^2", TURN),
    ],
)
def test_what_follows_for_every_value_of_a_free_variable(bench, formula: str, premises: tuple[str, ...]) -> None:
    result = judged(bench, formula, *premises)
    assert result.verdict == "proved", result.evidence
    assert any("exact model" in said for said in result.evidence), "held against models of the premises"


@pytest.mark.parametrize(
    ("formula", "premises"),
    [
        (r"w(n) = a^n", (GROWTH,)),
        (r"w(n) = a^n w(1)", (GROWTH,)),
        (r"w(n+2) = a w(n)", (GROWTH,)),
        (r"w(n+1) - w(n) = a^{n+1} (w(1) - w(0))", (PUSHED,)),
        (r"w(n+3) = 2 w(n+1) - w(n)", (FIBONACCI,)),
        (r"p(k) = a^k p(1)", (r"p(k+1) = a p(k)",)),
        (r"\frac{d^2 f}{d x^2} = f(x) (1 - f(x)) (1 + 2 f(x))", (LOGISTIC,)),
        (r"\frac{d^2 f}{d x^2} = f(x)", TURN),
        (r"\frac{d u}{d t} = - a u(t)", (SPRING,)),
        (r"f(x) = e^x", (LOGISTIC,)),
    ],
)
def test_what_fails_has_a_witness_that_meets_the_premises(bench, formula: str, premises: tuple[str, ...]) -> None:
    result = judged(bench, formula, *premises)
    assert result.verdict == "refuted", result.evidence
    assert result.witness is not None


@pytest.mark.parametrize(
    ("formula", "premises"),
    [
        (r"f(-2) = f(2)", (r"f(-x) = f(x)",)),
        (r"f(x+2) = f(x) + 2", (r"f(x+1) = f(x) + 1",)),
        (r"f(2) = f(0) + 2", (r"f(x+1) = f(x) + 1",)),
        (r"f(x) = 0", (r"f(-x) = 2 f(x)",)),
        (r"f(x) = f(0) e^{b x}", (r"\frac{d f}{d x} = b f(x)",)),
        (r"f(x)^2 = f(0)^2 e^{2 b x}", (r"\frac{d f}{d x} = b f(x)",)),
        (r"g(0) = f(0)", (r"f(x) = g(-x)", r"g(x) = f(-x)")),
        (r"w(m) = a^m w(0)", (r"w(m+1) = a w(m)",)),
    ],
)
def test_no_model_refutes_what_is_true_of_every_function_that_meets_the_premises(
    bench, formula: str, premises: tuple[str, ...]
) -> None:
    assert judged(bench, formula, *premises).verdict in ("open", "supported", "proved")


@pytest.mark.parametrize(
    ("formula", "premises"),
    [
        (r"f(0) = 0", (r"f(b) = b",)),
        (r"w(m+2) = a^2 w(m)", (r"w(m+1) = a w(m)",)),
        (r"f(3) = 4", (r"x = 2", r"f(x) = 4")),
        (r"w(0) = a w(-1)", (GROWTH,)),
        (r"f(x) |f(0)| = f(0) |f(x)|", (r"\frac{d f}{d x} = 1",)),
        (r"u(t) = u(-1)", (r"\frac{d u}{d t} = 0",)),
        (r"f(x) = f(0)", (r"\frac{d f}{d x} = g(x)",)),
        (r"\frac{d^2 f}{d x^2} = 0", (r"x = 2", r"\frac{d f}{d x} = 0")),
    ],
)
def test_what_is_said_of_one_value_is_not_taken_for_all(bench, formula: str, premises: tuple[str, ...]) -> None:
    assert judged(bench, formula, *premises).verdict != "proved"


def test_what_may_be_meant_for_every_value_is_asked_about(bench) -> None:
    notation = NOTATION.replace(
        '\'n\' = { domain = "nonnegative integer", properties = "free" }', "'n' = { domain = \"nonnegative integer\" }"
    )
    assert notation != NOTATION
    tex = f"% by: assumption\n\\begin{{equation}} {GROWTH} \\end{{equation}}\n% from: 1\n\\begin{{equation}} w(n+2) = a^2 w(n) \\end{{equation}}\n"
    result = Verifier(bench.paper(tex, notation)).result("2")
    assert result.verdict == "open"
    assert "(1) is taken to be for one $n$; if it is for every one, declare $n$ free" in result.evidence


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"\frac{d f}{d x} = e^{- x^2}", "proved"),
        (r"f(0) = 0", "proved"),
        (r"f(- x) = - f(x)", "proved"),
        (r"f(- x) = f(x)", "refuted"),
    ],
)
def test_a_function_defined_by_an_integral(bench, formula: str, verdict: str) -> None:
    definition = r"f(x) = \int_0^x e^{- b^2} db"
    assert judged(bench, formula, definition, kind="definition").verdict == verdict


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"u(0) = b", "proved"),
        (r"u(t + \frac{2 \pi}{a}) = u(t)", "proved"),
        (r"u(c)^2 + \left( \frac{b}{a} \right)^2 = b^2 \cos^2(a c) + \frac{b^2}{a^2}", "proved"),
        (r"u(t + \frac{\pi}{a}) = u(t)", "refuted"),
        (r"u(0) = c", "refuted"),
    ],
)
def test_a_definition_is_for_every_argument(bench, formula: str, verdict: str) -> None:
    assert judged(bench, formula, r"u(t) = b \cos(a t)", kind="definition").verdict == verdict


CHAIN = r"r_i \frac{d^2 y_i}{d t^2} = - a \sum_j (y_i(t) - y_j(t))"
CLOCKS = r"\frac{d y_i}{d t} = z_i + a \sum_{j \neq i} \sin(y_j(t) - y_i(t))"
LEARNING = r"v_i(n+1) = v_i(n) - a (v_i(n) - z_i)"


@pytest.mark.parametrize(
    ("formula", "premise", "verdict"),
    [
        (r"\frac{d}{d t} \sum_i r_i \frac{d y_i}{d t} = 0", CHAIN, "proved"),
        (r"\frac{d}{d t} \sum_i \frac{d y_i}{d t} = 0", CHAIN, "refuted"),
        (
            r"\frac{d}{d t} \left( \sum_i \frac{r_i}{2} \left( \frac{d y_i}{d t} \right)^2"
            r" + \frac{a}{4} \sum_i \sum_j (y_i(t) - y_j(t))^2 \right) = 0",
            CHAIN,
            "proved",
        ),
        (
            r"\frac{d}{d t} \left( \sum_i \frac{r_i}{2} \left( \frac{d y_i}{d t} \right)^2"
            r" + \frac{a}{2} \sum_i \sum_j (y_i(t) - y_j(t))^2 \right) = 0",
            CHAIN,
            "refuted",
        ),
        (r"\frac{d}{d t} \sum_i y_i(t)^2 = 2 \sum_i y_i(t) z_i", CLOCKS, "refuted"),
        (
            r"\frac{d^2 y_i}{d t^2} = a \sum_{j \neq i} \cos(y_j(t) - y_i(t)) \left( \frac{d y_j}{d t} - \frac{d y_i}{d t} \right)",
            CLOCKS,
            "proved",
        ),
        (r"v_i(n) = z_i + (1 - a)^n (v_i(0) - z_i)", LEARNING, "proved"),
        (r"\sum_i v_i(n) = a^n \sum_i v_i(0)", r"v_i(n+1) = a v_i(n)", "proved"),
        (r"v_i(n) = z_i + (1 - a)^n v_i(0)", LEARNING, "refuted"),
        (r"v_1(2) = z_1 + (1 - a)^2 (v_1(0) - z_1)", LEARNING, "proved"),
    ],
)
def test_functions_with_indices_for_any_number_of_them(bench, formula: str, premise: str, verdict: str) -> None:
    result = judged(bench, formula, premise)
    assert result.verdict == verdict, result.evidence


HEAT = r"\frac{\partial h}{\partial t} = a \frac{\partial^2 h}{\partial x^2}"


@pytest.mark.parametrize(
    ("formula", "premise", "verdict"),
    [
        (r"u(t) = b \cos(a t) + c \sin(a t)", SPRING, "proved"),
        (r"u(t) = b \cos(a t + c)", SPRING, "proved"),
        (r"u(t) = b e^{a t}", SPRING, "refuted"),
        (r"f(x) = \frac{1}{1 + e^{- x}}", LOGISTIC, "proved"),
        (r"f(x) = \frac{2}{1 + e^{- x}}", LOGISTIC, "refuted"),
        (r"w(n) = a^n c + b \frac{a^n - 1}{a - 1}", PUSHED, "proved"),
        (r"w(n) = a^n c + b a^n", PUSHED, "refuted"),
        (r"h(x, t) = e^{- a b^2 t} \cos(b x)", HEAT, "proved"),
        (r"h(x, t) = e^{- b^2 t} \cos(b x)", HEAT, "refuted"),
    ],
)
def test_a_function_solves_an_equation(bench, formula: str, premise: str, verdict: str) -> None:
    result = judged(bench, formula, premise, by="solves 1")
    assert (result.verdict, result.method) == (verdict, "solves: put in, the equations hold")


@pytest.mark.parametrize(
    ("formula", "by", "said"),
    [
        (r"f(x) = e^x", "solves 2", "by: the line solves 2, which is not among its premises"),
        (r"f(x)^2 = 1", "solves 1", "by: a line that solves equations has a function of variables on its left side"),
        (r"f(x) = 1", "general solution of 1", "by: general solutions are shown in scopes on fields"),
    ],
)
def test_what_cannot_solve_is_said(bench, formula: str, by: str, said: str) -> None:
    with pytest.raises(EncodingError, match=said):
        judged(bench, formula, LOGISTIC, by=by)


def test_a_witness_tells_the_derivatives_at_its_point(bench) -> None:
    result = judged(bench, r"\frac{d u}{d t} = - a u(t)", SPRING)
    assert result.witness is not None
    assert {"u(t)", r"\frac{d u}{d t}", "t", "a"} <= dict(result.witness.values).keys()


def test_recursions_and_equations_of_motion_are_recognised(scope) -> None:
    def sides(left: str, right: str):
        return read_expression(tokens(left), scope), read_expression(tokens(right), scope)

    def recursion(left: str, right: str):
        return recursion_of(Rule(*sides(left, right), "1"), scope)

    found = recursion("w(n + 2)", "w(n + 1) + n w(n)")
    assert found is not None
    assert (found.variable.name, found.step) == ("n", 2)
    assert recursion("w(n + 1)", "w(n + 1)") is None, "of itself at the same place"
    assert recursion("w(m + 1)", "w(m)") is None, "m is not free"
    assert recursion("w(n)", "2") is None, "a definition"

    def motion(left: str, right: str):
        return motion_of(*sides(left, right), scope)

    spring = motion(r"a \frac{d^2 u}{d t^2} + b", "- u(t)")
    assert spring is not None
    assert (spring.function.name, spring.order) == ("u", 2)
    assert motion(r"\left( \frac{d u}{d t} \right)^2", "u(t)") is None, "not solved for it"
    assert motion(r"\frac{\partial h}{\partial t}", "h(x, t)") is None, "of two variables"
