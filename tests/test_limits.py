# ruff: noqa: E501 (a formula stands on one line)
"""Integrals and sums between limits, factorials and special functions: read, written, decided, refuted with a witness."""

from __future__ import annotations

import re

import pytest

from derive.analytic import Binomial, Definite, Factorial, Infinity, Series, Special
from derive.errors import EncodingError, ReadError
from derive.expression import Frac, Mul, Neg, Number, Symbol
from derive.latex.reader import read_expression
from derive.latex.tokens import tokens
from derive.latex.writer import write
from derive.notation import load_notation
from derive.verdict import Result
from derive.verify import Verifier

NOTATION = r"""
[scope.bench]
[scope.bench.ranges]
site = { size = "N", indices = "i j" }
space = { size = "D", indices = "d", vector = true }
[scope.bench.symbols]
'a' = { domain = "positive" }
'b' = { domain = "positive" }
'c' = {}
'm' = { slots = "site", domain = "positive" }
'v' = { slots = "space" }
'x' = { domain = "positive" }
'y' = {}
'z' = {}
'f' = {}
'F' = {}
'n' = { domain = "nonnegative integer" }
'l' = { domain = "positive integer" }
'k' = { domain = "integer" }
'\Gamma' = { kind = "special function", is = "gamma" }
'\zeta' = { kind = "special function", is = "zeta" }
'B' = { kind = "special function", is = "beta" }
'J' = { kind = "special function", is = "Bessel J" }
'H' = { kind = "special function", is = "Hermite H" }
'\operatorname{erf}' = { kind = "special function", is = "error function" }
"""


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("limits") / "notation.toml"
    path.write_text(NOTATION, encoding="utf-8")
    return load_notation(path).scopes["bench"]


def judged(bench, formula: str, *premises: str) -> Result:
    return bench.judged(NOTATION, formula, *premises)


X, Y = Symbol("x"), Symbol("y")


def test_what_is_read(scope) -> None:
    def read(text: str):
        return read_expression(tokens(text), scope)

    infinity = Infinity()
    assert read(r"\int_0^\infty dx x y") == Definite(X, Number(0), infinity, Mul((X, Y)))  # type: ignore[arg-type]
    assert read(r"\int_{-\infty}^a x dx y") == Mul((Definite(X, Neg(infinity), Symbol("a"), X), Y))
    assert read(r"\int^a_0 \frac{x dx}{y} y") == Definite(X, Number(0), Symbol("a"), Mul((Frac(X, Y), Y)))  # type: ignore[arg-type]
    assert read(r"\int_0^1 \frac{dx}{x}") == read(r"\int_0^1 \frac{1}{x} dx")
    assert read(r"\int_0^1 \int_0^x y dy dx") == read(r"\int_0^1 dx \int_0^x dy y")
    assert read(r"\int_0^1 x + y dx") == read(r"\int_0^1 (x + y) dx")
    assert read(r"\sum_{k=-\infty}^{2 n} x^k") == read(r"\sum_{k=-\infty}^{2n} {x}^{k}")
    assert isinstance(read(r"\prod_{k=1}^{n} k"), Series)
    assert read(r"\binom{n}{k}") == Binomial(Symbol("n"), Symbol("k"))
    assert read(r"(n + 1)! n!") == Mul((Factorial(read("n + 1")), Factorial(Symbol("n"))))
    assert read(r"J_{n+1}(x)") == Special("Bessel J", "J", (read("n + 1"), X))
    assert read(r"\Gamma^2(a)") == read(r"\Gamma(a)^2")
    assert read(r"\arctan (x)") == Special("arctan", r"\arctan", (X,))
    assert read(r"a b / x") == Frac(Mul((Symbol("a"), Symbol("b"))), X)
    assert read(r"x^{n/2}") == read(r"x^{\frac{n}{2}}")


@pytest.mark.parametrize(
    "text",
    [
        r"\int_0^\infty dx e^{-x} \int_0^x dy y",
        r"\left( \int_0^1 dx x \right) y",
        r"\sum_{k=0}^{\infty} \frac{x^k}{k!} - \prod_{k=1}^{n} \left( k x \right)",
        r"\prod_{k=1}^{n} \left( (k + 1) y \right)",
        r"\binom{2 n}{n}^2 \left( n! \right)^2",
        r"\left( x^2 \right)! + \left( \frac{n}{2} \right)!",
        r"H_{n}(x) \Gamma(a)^2 J_{n + 1}(a x) B(a, b)",
        r"\operatorname{erf}(x) \arctan(x)^2 \coth x",
        r"\sum_i \int_0^{m_i} dx x",
    ],
)
def test_what_is_written_reads_as_the_same(scope, text: str) -> None:
    first = read_expression(tokens(text), scope)
    written = write(first, scope)
    assert read_expression(tokens(written), scope) == first, written


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"\int_0 dx x", "one limit only"),
        (r"\int_0^1 x", "no measure"),
        (r"\int_0^1 dq q", "dq is no measure"),
        (r"\int_0^1 dm_i m_i", "dm is no measure"),
        (r"\int_0^1 dk k", "k is declared as integer, and is summed over"),
        (r"\int_0_1 dx x", "a limit is printed twice"),
        (r"\sum_k x^k", r"needs limits, as _{k=0}^\infty"),
        (r"\sum_{k=0} x^k", r"needs limits"),
        (r"\prod_{k=1}^{n} k y", "ends is not clear"),
        (r"\prod_{k=1}^{n} k / 2", "ends is not clear"),
        (r"\infty + x", r"\infty is not in the notation"),
        (r"\int_0^{\vec{v}} dx x", "cannot be a limit"),
        (r"\int_0^1 dx \vec{v}", "an integral between limits of a vector"),
        (r"n!!", "a double factorial"),
        (r"x^2!", "what the factorial is of is not clear"),
        (r"\vec{v}!", "the factorial of a vector"),
        (r"J(x)", "J needs its index"),
        (r"J_n(x, y)", "J is Bessel J, which takes 1, not 2"),
        (r"\Gamma_n(x)", "takes no subscript"),
        (r"\Gamma x", r"x stands where ( was expected"),
        (r"a / b x", "what the slash divides by is not clear"),
        (r"a / b / x", "what the slash divides by is not clear"),
        (r"a / \vec{v}", "cannot stand behind a slash"),
        (r"\sin x / 2", "where the argument of sin ends is not clear"),
        (r"a / ", "the line ends"),
    ],
)
def test_what_is_not_clear_is_refused(scope, text: str, said: str) -> None:
    with pytest.raises(ReadError, match=re.escape(said)):
        read_expression(tokens(text), scope)


def test_a_special_function_says_which_it_is(tmp_path) -> None:
    for declared in ('kind = "special function"', 'kind = "special function", is = "sigma"', 'is = "gamma"'):
        path = tmp_path / "notation.toml"
        path.write_text(f"[scope.bench.symbols]\n'G' = {{ {declared} }}\n")
        with pytest.raises(EncodingError, match="a special function says which one it is"):
            load_notation(path)


TRUE = [
    r"\int_0^\infty x^n e^{-a x} dx = \frac{n!}{a^{n+1}}",
    r"\int_{-\infty}^{\infty} dy e^{-a y^2} = \sqrt{\pi / a}",
    r"\int_0^\infty \frac{x^3 dx}{e^x - 1} = \Gamma(4) \zeta(4) = \frac{\pi^4}{15}",
    r"\int_0^\infty \frac{x^a dx}{e^x - 1} = \Gamma(a + 1) \zeta(a + 1)",
    r"\int_0^1 x^{a-1} (1-x)^{b-1} dx = B(a, b)",
    r"\int_0^1 \frac{dx}{1 + x^2} = \arctan (1) = \frac{\pi}{4}",
    r"\sum_{k=1}^{n} k^2 = n (n+1) (2n+1) / 6",
    r"\sum_{k=0}^{n} \binom{n}{k} = 2^n",
    r"\sum_{k=0}^{\infty} \frac{a^k}{k!} = e^a",
    r"\prod_{k=1}^{l} k = l!",
    r"J_{n+1}(a) + J_{n-1}(a) = \frac{2n}{a} J_n(a)",
    r"\Gamma(a + 1) = a \Gamma(a)",
    r"\binom{l}{1} = l",
    # without limits: over all that the domain has
    r"\int dy e^{-a y^2} = \sqrt{\pi / a}",
    r"\int dy e^{-a y^2} = \int dz e^{-a z^2}",
    r"\int dx e^{-a x} = 1 / a",
    r"\int_0^1 dx \int_0^x dy y = 1 / 6",
    # the variable that is bound is not the one outside, and has not its domain
    r"x \int_0^1 x dx = x / 2",
    r"\int_0^x x dx = x^2 / 2",
    r"\int_{-1}^{1} x dx = 0",
    r"\sum_{n=-2}^{2} |n| = 6",
]
FALSE = [
    (r"\int_0^\infty x^n e^{-a x} dx = \frac{n!}{a^n}", {"a", "n"}),
    (r"\int_{-\infty}^{\infty} dy e^{-a y^2} = \sqrt{\pi a}", {"a"}),
    (r"\int_0^\infty \frac{x^3 dx}{e^x - 1} = \Gamma(4) \zeta(3)", set()),
    (r"\sum_{k=1}^{n} k^2 = n (n+1) (n+2) / 6", {"n"}),
    (r"\sum_{k=0}^{n} \binom{n}{k} = 2^n + n", {"n"}),
    (r"J_{n+1}(a) - J_{n-1}(a) = \frac{2n}{a} J_n(a)", {"a", "n"}),
    (r"\int_{-1}^{1} |x| dx = 0", set()),
    (r"\sum_{n=-2}^{2} |n| = 0", set()),
    (r"\int_0^x x dx = x^2", {"x"}),
    (r"\int_1^0 dx = 1", set()),
    (r"\int dy e^{-a y^2} = \sqrt{2 \pi / a}", {"a"}),
    (r"\int dx e^{-a x^2} = \sqrt{\pi / a}", {"a"}),
]


@pytest.mark.parametrize("line", TRUE)
def test_true_lines_are_proved_and_borne_out(bench, line: str) -> None:
    result = judged(bench, line)
    assert (result.verdict, result.borne_out) == ("proved", True), result.evidence


@pytest.mark.parametrize(("line", "drawn"), FALSE, ids=[line for line, _ in FALSE])
def test_false_lines_are_refuted_at_a_witness(bench, line: str, drawn: set[str]) -> None:
    result = judged(bench, line)
    assert result.verdict == "refuted"
    assert result.witness is not None
    assert {name for name, _ in result.witness.values} - {"N", "D"} == drawn


def test_what_is_defined_through_a_bound_variable_depends_on_it(bench) -> None:
    assert judged(bench, r"\int_0^1 dx f = 1 / 3", "f = x^2").verdict == "proved"
    assert judged(bench, r"\int_0^1 dx f = x^2", "f = x^2").verdict == "refuted"
    assert judged(bench, r"\int_0^1 dx f = f").verdict == "proved", "a number that nothing is said of is a constant"


def test_premises_about_integrals_are_used_and_reported(bench) -> None:
    one, other = r"\int_0^1 dx e^{-x^3}", r"\int_0^1 dy e^{-(1 - y)^3}"
    known = f"{one} = {other}"
    assert judged(bench, f"2 {one} + a = 2 {other} + a", known).verdict == "proved"
    assert judged(bench, f"2 {one} = {other}", known).verdict == "refuted"
    idle = judged(bench, r"\int_0^1 x dx = 1 / 2", known)
    assert idle.verdict == "proved"
    assert any("not needed" in said for said in idle.evidence)


def test_models_are_numbers_of_the_declared_domain(bench) -> None:
    assert judged(bench, r"(-1)^{2 n} + l = |l| + 1").verdict == "proved"
    assert judged(bench, r"n = |n| + 1").verdict == "refuted"


def test_a_premise_that_no_model_evaluates_refutes_nothing_and_shows_nothing(bench) -> None:
    """The quadrature has no enclosure across a corner: whether c is a in a model is not known."""
    corner = r"\int_{-1}^{1} dx |x| a = c"
    assert judged(bench, "c = a", corner).verdict == "open"
    assert judged(bench, "c = 2 a", corner).verdict == "open"
    assert judged(bench, "a + b = b + a", corner).verdict == "proved", "it needs no premise"


DERIVATIVES = [
    (r"\frac{d^2 f}{d y^2} = a^2 f", r"f = c e^{-a y}", "proved"),
    (r"\frac{d f}{d y} = a f", r"f = c e^{-a y}", "refuted"),
    (r"\frac{\partial^2}{\partial y \partial z} ( y^2 z^3 ) = 6 y z^2", "", "proved"),
    (r"\frac{\partial^3}{\partial y^2 \partial z} ( y^2 z^3 ) = 6 z^2", "", "proved"),
    (r"\frac{\partial^3}{\partial y \partial z^2} ( y^2 z^3 ) = 6 z^2", "", "refuted"),
    (r"\frac{d F}{d y} = e^{-y^2}", r"F = \int_0^y dz e^{-z^2}", "proved"),
    (r"\frac{d F}{d y} = e^{y^2}", r"F = \int_0^y dz e^{-z^2}", "refuted"),
    (r"\frac{d F}{d y} = -e^{-y^2}", r"F = \int_y^\infty dz e^{-z^2}", "proved"),
    (r"- \frac{d}{d a} \left( \int_0^\infty dy e^{-a y} \right) = 1 / a^2", "", "proved"),
    (r"\frac{d}{d a} \left( \int_0^\infty dy e^{-a y} \right) = 1 / a^2", "", "refuted"),
]


@pytest.mark.parametrize(("line", "premise", "verdict"), DERIVATIVES, ids=[line for line, *_ in DERIVATIVES])
def test_derivatives_of_any_order_and_of_integrals(bench, line: str, premise: str, verdict: str) -> None:
    tex = f"% by: definition\n\\begin{{equation}} {premise} \\end{{equation}}\n% from: 1\n" if premise else ""
    tex += f"% by: exact\n\\begin{{equation}} {line} \\end{{equation}}\n"
    result = Verifier(bench.paper(tex, NOTATION)).result("2" if premise else "1")
    assert result.verdict == verdict


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"\frac{d^2 f}{d y}", "the order of this derivative above its fraction bar is not that below it"),
        (r"\frac{\partial^a f}{\partial y^a}", "the order of a derivative is a number"),
        (r"\frac{\partial f}{y}", r"\partial stands above this fraction bar and not below it"),
        (r"\frac{d f}{d n}", "there is no derivative in n"),
        (r"\frac{d}{d y} y z", "where what is differentiated ends is not clear"),
    ],
)
def test_derivatives_that_are_not_clear_are_refused(scope, text: str, said: str) -> None:
    with pytest.raises(ReadError, match=re.escape(said)):
        read_expression(tokens(text), scope)


# -- functions in integrals ------------------------------------------------------------------------------------------

NORMAL = r"""
[scope.bench]
[scope.bench.symbols]
'D' = {}
'p' = { kind = "function", of = "x" }
'q' = { kind = "function", of = "x" }
'f' = { kind = "function", of = "r" }
'x' = {}
'y' = {}
'r' = { domain = "positive" }
'a' = { domain = "positive" }
'b' = { domain = "positive" }
'm' = {}
'n' = {}
"""
LAWS = (
    r"p(x) = \frac{1}{\sqrt{2\pi} a} \exp\left(-\frac{(x-m)^2}{2 a^2}\right)",
    r"q(x) = \frac{1}{\sqrt{2\pi} b} \exp\left(-\frac{(x-n)^2}{2 b^2}\right)",
)
DIVERGENCE = r"D = \int_{-\infty}^{\infty} p(x) \log \frac{p(x)}{q(x)} dx"


def of_functions(bench, premises: tuple[str, ...], *lines: str) -> list[Result]:
    """The results of lines, each from all of these definitions."""
    text = "".join(f"% by: definition\n\\begin{{equation}} {premise} \\end{{equation}}\n" for premise in premises)
    named = ", ".join(str(n + 1) for n in range(len(premises)))
    text += "".join(f"% from: {named}\n\\begin{{equation}} {line} \\end{{equation}}\n" for line in lines)
    verifier = Verifier(bench.paper(text, NORMAL))
    return [verifier.result(str(len(premises) + n + 1)) for n in range(len(lines))]


def test_what_defines_a_function_is_put_into_integrals(bench) -> None:
    results = of_functions(
        bench,
        (DIVERGENCE, *LAWS),
        r"D = \log \frac{b}{a} + \frac{a^2 + (m-n)^2}{2 b^2} - \frac{1}{2}",
        r"D = \log \frac{b}{a} + \frac{a^2 + (m-n)^2}{2 b^2} - \frac{1}{3}",
        r"\int_{-\infty}^\infty p(y) dy = 1",
        r"\int_{-\infty}^\infty x^2 p(x) dx = m^2 + a^2",
        r"\int_{-\infty}^\infty y p(y + m) dy = 0",
        r"\int_{-\infty}^\infty y p(y + m) dy = m",
    )
    assert [result.verdict for result in results] == ["proved", "refuted", "proved", "proved", "proved", "refuted"]
    assert all(any("exact model" in note for note in r.evidence) for r in results if r.verdict == "proved")


def test_a_derivative_of_what_an_integral_defines_has_models(bench) -> None:
    from derive.verify import Verifier as Paper

    text = "".join(f"% by: definition\n\\begin{{equation}} {line} \\end{{equation}}\n" for line in (DIVERGENCE, *LAWS))
    closed = r"D = \log \frac{b}{a} + \frac{a^2 + (m-n)^2}{2 b^2} - \frac{1}{2}"
    text += f"% from: 1, 2, 3\n\\begin{{equation}} {closed} \\end{{equation}}\n"
    for gradient in (r"\frac{a}{b^2} - \frac{1}{a}", r"\frac{a}{b^2} + \frac{1}{a}"):
        text += f"% from: 4\n\\begin{{equation}} \\frac{{\\partial D}}{{\\partial a}} = {gradient} \\end{{equation}}\n"
    verifier = Paper(bench.paper(text, NORMAL))
    assert [verifier.result(number).verdict for number in ("4", "5", "6")] == ["proved", "proved", "refuted"]


def test_a_formula_holds_for_the_arguments_that_the_table_lets_it_have(bench) -> None:
    proved, other = of_functions(
        bench, ("f(r) = e^{-r}",), r"\int_0^\infty f(y) dy = 1", r"\int_{-1}^\infty f(y) dy = e^1"
    )
    assert proved.verdict == "proved"
    assert other.verdict == "open"


def test_the_variable_of_an_integral_is_not_that_of_a_formula(bench) -> None:
    premises = (r"p(x) = \int_0^x y dy", r"q(x) = x^2")
    results = of_functions(
        bench, premises, r"\int_0^1 p(y) dy = \frac{1}{6}", r"\int_0^1 q(x + y) dx = \frac{1}{3} + y + y^2"
    )
    assert [result.verdict for result in results] == ["proved", "proved"]


def test_an_integral_without_an_end_is_differentiated_under_a_condition(bench) -> None:
    condition = "if derivative and integral may be exchanged"
    without_end = judged(bench, r"\frac{d}{d a} \int_0^\infty e^{- a y} dy = - \int_0^\infty y e^{- a y} dy")
    with_end = judged(bench, r"\frac{d}{d a} \int_0^1 e^{- a y} dy = - \int_0^1 y e^{- a y} dy")
    assert (without_end.verdict, with_end.verdict) == ("proved", "proved")
    assert any(condition in said for said in without_end.evidence)
    assert not any(condition in said for said in with_end.evidence)
