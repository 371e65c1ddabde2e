"""Sums and products between limits, factorials, binomial coefficients and special functions."""

from __future__ import annotations

import ast
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from flint import arb, ctx, fmpq

from derive.compile import Settled, exportable, kernel_input, settled_input
from derive.errors import DeriveError
from derive.kernels import BACKENDS, KernelError, KernelInput, compile, source
from derive.kernels.rounding import Value, binomial, special
from derive.latex.reader import read_expression
from derive.latex.tokens import tokens
from derive.notation import load_notation
from derive.paper import load_paper
from derive.verify import Verifier

self_test = sys.modules["kernels_modules"].self_test
SCOPE = load_notation(Path(__file__).with_name("analysis.toml")).scopes["numbers"]
BLACK_BODY = Path(__file__).parents[2] / "examples" / "black-body"
POISSON = r"\sum_{k=0}^{n} \frac{a^k e^{-a}}{k!}"
BINOMIAL = r"\sum_{k=0}^{n} \binom{n}{k} p^k (1-p)^{n-k}"
EVERYWHERE = (
    (r"\sum_{k=0}^{n} x^k", "x"),
    (POISSON, "a"),
    (BINOMIAL, "p"),
    (r"\prod_{k=1}^{n} (1 + \frac{x}{k})", "x"),
    (r"\sum_{k=0}^{n} \sum_{l=0}^{k} x^l a^k", "x,a"),
    (r"\sum_{k=0}^{n} \sum_i y_i^k", "y"),
    (r"\sum_i \sum_{k=0}^{c_i} y_i^k", "y"),
    (r"\sum_{k=m}^{n} \frac{x}{k^2+1} + \sum_{k=m}^{n} k", "x"),
    (r"\sum_{k=0}^{n} (-1)^k \frac{x^{2k+1}}{(2k+1)!}", "x"),
    (r"\arcsin(p) x", "x,p"),
    (r"x \operatorname{erf}(x) + \operatorname{erfc}(x) \arctan(x) + \arccos(p) \zeta(3)", "x,p"),
)
"""Expressions that every backend has, and arguments by which they have derivatives there."""
SOMEWHERE = {
    r"\Gamma(a) \binom{n}{m} + n!": set(BACKENDS),
    r"\frac{a}{3!} + \binom{5}{2} x + \Gamma(4) p + B(a, 2)": set(BACKENDS),
    r"B(a, p) + \Gamma(n + \frac{1}{2})": set(BACKENDS),
    r"\Gamma(a+1) \zeta(a+2)": {"jax"},
    r"\psi(a)": {"jax"},
    r"\sum_{k=0}^{n} J_k(a)^2 + Y_{m+1}(a)": {"c"},
}
"""Expressions, and the backends whose libraries have their functions."""


def kernel(latex: str) -> KernelInput:
    f, right = (read_expression(tokens(text), SCOPE) for text in ("f", latex))
    return KernelInput(f, right, SCOPE)


@pytest.fixture(scope="module")
def black_body() -> Verifier:
    return Verifier(load_paper(str(BLACK_BODY)))


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("latex", "by"), EVERYWHERE)
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_values_and_gradients_are_exact(latex, by, backend):
    assert self_test(source(kernel(latex), backend=backend, gradient=by.split(","))) == (5, 0)


@pytest.mark.parametrize("latex", [EVERYWHERE[1][0], EVERYWHERE[6][0], EVERYWHERE[9][0]])
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_values_are_exact_where_building_is_slow(latex, backend):
    assert self_test(source(kernel(latex), backend=backend)) == (5, 0)


@pytest.mark.parametrize("latex", SOMEWHERE)
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_backend_lacks_is_refused_with_those_that_have_it(latex, backend):
    if backend in SOMEWHERE[latex]:
        assert self_test(source(kernel(latex), backend=backend)) == (5, 0)
        return
    having = ", ".join(SOMEWHERE[latex])
    with pytest.raises(KernelError, match=rf"libraries of the backend {backend} do not have .* have it: {having}$"):
        source(kernel(latex), backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("a", [8.0, 900.0])
def test_large_factors_do_not_overflow(backend, a):
    """a^k and k! are both larger than a double; their quotient times e^-a is a probability."""
    n = int(a) + 15
    function = compile(kernel(POISSON), backend=backend, gradient=("a",))
    found, slope = function(a=a, n=n)
    with ctx.workprec(3000):
        exact = sum((arb(a) ** k / arb(k).fac() for k in range(n + 1)), arb(0)) * (-arb(a)).exp()
        by_a = -(arb(a) ** n) / arb(n).fac() * (-arb(a)).exp()
    far = 2e-15 if a < 10 else 5e-13
    assert float(found) == pytest.approx(float(exact), rel=far)
    assert float(slope) == pytest.approx(float(by_a), rel=0, abs=10 * far)


@pytest.mark.parametrize("backend", BACKENDS)
def test_binomial_sums_of_many_terms(backend):
    found = compile(kernel(BINOMIAL), backend=backend)(n=np.array([0, 7, 3000]), p=0.3)
    np.testing.assert_allclose(found, 1, rtol=1e-10)
    coefficient = compile(kernel(r"\binom{n}{m} a"), backend=backend)
    for n, m, wanted in ((50, 25, math.comb(50, 25)), (5, -1, 0), (5, 6, 0), (2.5, 2, 1.875), (5, 1.5, math.nan)):
        np.testing.assert_equal(float(coefficient(n=n, m=m, a=1.0)), float(wanted))


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_empty_sum_is_zero_and_one_that_runs_backwards_no_number(backend):
    total = compile(kernel(r"\sum_{k=m}^{n} x^k"), backend=backend)
    product = compile(kernel(r"\prod_{k=m}^{n} x"), backend=backend)
    for m, n, of_sum, of_product in (
        (2, 3, 12.0, 4.0),
        (3, 2, 0.0, 1.0),
        (4, 2, math.nan, math.nan),
        (0, 2.5, math.nan, math.nan),
        (0, math.inf, math.nan, math.nan),
        (0, math.nan, math.nan, math.nan),
        (-1, 1, 3.5, 8.0),
    ):
        np.testing.assert_equal(float(total(m=m, n=n, x=2.0)), of_sum)
        np.testing.assert_equal(float(product(m=m, n=n, x=2.0)), of_product)


@pytest.mark.parametrize("backend", BACKENDS)
def test_limits_may_differ_from_point_to_point_and_from_entry_to_entry(backend):
    nested = compile(kernel(r"\sum_{k=0}^{n} \sum_{l=0}^{k} x^l"), backend=backend)
    np.testing.assert_allclose(nested(x=np.array([1.0, 2.0]), n=np.array([[3], [4]])), [[10, 26], [15, 57]])
    by_entry = compile(kernel(r"\sum_i \sum_{k=0}^{c_i} y_i^k"), backend=backend)
    assert float(by_entry(np.array([0.5, 2.0, 3.0]), np.array([0, 3, -1]))) == 16
    assert math.isnan(by_entry(np.array([0.5, 2.0]), np.array([0, -2])))


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_sums_in_one_line_have_limits_of_their_own(backend):
    two = compile(kernel(r"\sum_{k=m}^{n} k + \sum_{k=1}^{n} \frac{1}{k}"), backend=backend)
    np.testing.assert_allclose(two(n=np.array([1, 2]), m=np.array([0, -5])), [2, -10.5])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_factor_that_has_no_value_where_a_sum_is_empty_stays_in_it(backend):
    """As printed, each of these is 0 where there is nothing to sum, and its factor is infinite there."""
    number = compile(kernel(r"\sum_{k=1}^{n} \frac{x}{n}"), backend=backend)
    np.testing.assert_allclose(number(n=np.array([0, 4]), x=2.0), [0, 2])
    inner = compile(kernel(r"\sum_{k=0}^{n} \sum_{l=1}^{k} \frac{l}{k}"), backend=backend)
    np.testing.assert_allclose(inner(n=np.array([0, 3])), [0, 4.5])
    for latex in (r"\sum_i \sum_{j \neq i} \frac{y_i y_j}{N - 1}", r"\sum_i \sum_{j \neq i} \frac{y_i}{N - 1}"):
        pairs = compile(kernel(latex), backend=backend, gradient=("y",))
        found, slope = pairs(np.array([3.0]))
        assert (float(found), float(slope[0])) == (0, 0)
        assert float(pairs(np.array([3.0, 2.0]))[0]) == (12 if "j}{" in latex else 5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_coefficients_whose_partial_products_are_too_large(backend):
    """The products of all factors above a half and of those below it are no doubles; their quotients are."""
    coefficient = compile(kernel(r"\binom{x}{m} a"), backend=backend)
    x = np.array([3.5, 2000.5, -3.0, -1.5, -1.0, 2.5])
    m = np.array([2000, 2500, 2000, 3, 3, -1])
    with ctx.workprec(3000):
        wanted = [float(arb(one).bin(int(k)) if k >= 0 else 0) for one, k in zip(x.tolist(), m, strict=True)]
    np.testing.assert_allclose(coefficient(x=x, m=m, a=1.0), wanted, rtol=1e-12)
    series = compile(kernel(r"\sum_{k=0}^{n} \binom{m}{k} \frac{a^k e^{-a}}{k!}"), backend=backend)
    with ctx.workprec(3000):
        terms = (arb(-3).bin(k) * arb(900) ** k / arb(k).fac() * arb(-900).exp() for k in range(951))
        wanted_sum = float(sum(terms, arb(0)))
    assert float(series(a=900.0, n=950, m=-3)) == pytest.approx(wanted_sum, rel=1e-8)


@pytest.mark.parametrize("backend", ["numpy", "c", "jax"])
def test_derivatives_at_zero_are_numbers(backend):
    found, slope = compile(kernel(r"\sum_{k=0}^{n} \frac{x^k}{k!}"), backend=backend, gradient=("x",))(x=0.0, n=5)
    assert (float(found), float(slope)) == (1.0, 1.0)


def test_jax_maps_and_transforms_sums():
    import jax

    function = compile(kernel(POISSON), backend="jax")
    slope = jax.jit(jax.jacfwd(lambda a: function(a=a, n=12)))(3.0)
    assert float(slope) == pytest.approx(-math.exp(-3) * 3**12 / math.factorial(12), rel=1e-9)
    many = jax.vmap(lambda a, n: function(a=a, n=n))(np.array([1.0, 2.0]), np.array([3, 40]))
    assert float(many[1]) == pytest.approx(1, rel=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_wrong_limit_is_noticed(backend):
    text = source(kernel(r"\sum_{k=1}^{n} \frac{x}{k}"), backend=backend)
    old, new = {
        "numpy": ("_lower, s_upper = 1, n", "_lower, s_upper = 1, n + 1"),
        "numba": ("int(t) + 1", "int(t)"),
        "c": ("(long)(t) + 1", "(long)(t)"),
        "jax": ("jnp.where(k_has_terms, n, -1).astype(int) + 1", "jnp.where(k_has_terms, n, -1).astype(int)"),
    }[backend]
    assert old in text
    assert self_test(text.replace(old, new))[1] > 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_single_precision(backend):
    assert self_test(source(kernel(POISSON + r" + \operatorname{erf}(x)"), backend=backend, dtype="float32")) == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_products_in_single_precision_do_not_overflow(backend):
    """20^20 Γ(20) is no number of that precision, and its quotient by 20! is."""
    function = compile(kernel(r"\frac{\Gamma(a) a^n}{n!}"), backend=backend, dtype="float32")
    assert float(function(a=np.float32(20), n=20)) == pytest.approx(20.0**19, rel=1e-4)


def test_a_module_imports_the_standard_library_alone():
    tree = ast.parse(source(kernel(r"\Gamma(a)")))
    assert {ast.unparse(n) for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)} == {
        "import math",
        "import numpy as np",
    }


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        (r"\sum_{k=0}^{\infty} p^k", "an infinite series cannot be compiled"),
        (r"\prod_{k=1}^{\infty} (1 + p^k)", "an infinite product cannot be compiled"),
        (r"\int_0^1 x^2 dx", "an integral between limits cannot be compiled"),
        (r"P_n(x)", "the function Legendre P is in the libraries of no backend"),
    ],
)
def test_what_has_no_kernel_is_refused_in_a_sentence(latex, said):
    with pytest.raises(KernelError, match=f"^{said}"):
        source(kernel(latex))


@pytest.mark.parametrize(
    ("latex", "by", "said"),
    [
        (r"\sum_{k=0}^{n} x^k", "n", "there is no derivative by what stands in a limit of a sum"),
        (r"\binom{n}{2} x", "n", "the function binomial has no derivative here"),
        (r"J_n(x)", "n", "the function Bessel J has no derivative here"),
        (r"\Gamma(a)", "a", "backend c do not have the function digamma; backends that have it: jax"),
    ],
)
def test_derivatives_that_there_are_not_are_refused(latex, by, said):
    with pytest.raises(KernelError, match=said):
        source(kernel(latex), backend="c", gradient=(by,))


@pytest.mark.parametrize("backend", BACKENDS)
def test_complex_numbers_are_refused(backend):
    with pytest.raises(
        KernelError, match="is of real numbers here: there is no kernel of it with the dtype complex128"
    ):
        source(kernel(POISSON), backend=backend, dtype="complex128")
    with pytest.raises(TypeError, match="a must hold real numbers; it holds complex128"):
        compile(kernel(POISSON), backend=backend)(a=1 + 1j, n=2)


# -- lines -----------------------------------------------------------------------------------------------------------


def test_a_line_without_a_kernel_names_the_one_that_has_its_closed_form(black_body):
    for number, said in (("1", r"\(2\) gives it"), ("4", r"\(6\), as corrected, gives it"), ("7", r"\(8\) gives it")):
        with pytest.raises(DeriveError, match=f"is an infinite series or an integral, .*; {said} in closed form"):
            kernel_input(black_body, number, "as printed")


def test_what_an_integral_defines_is_an_argument(tmp_path):
    """The energy U is defined by an integral, and a line that uses it takes it as it is given."""
    shutil.copy(BLACK_BODY / "notation.toml", tmp_path)
    line = "% from: 4\n\\begin{equation} w = 2 U \\tag{99} \\end{equation}\n"
    text = (BLACK_BODY / "paper.tex").read_text(encoding="utf-8").replace(r"\end{document}", line + r"\end{document}")
    (tmp_path / "paper.tex").write_text(text, encoding="utf-8")
    made = settled_input(Verifier(load_paper(str(tmp_path))), "99", "as printed", Settled("proved"))
    assert compile(made)(U=1.5) == 3


def test_lines_that_few_backends_have_are_listed_with_them(black_body):
    lines = [
        {"number": number, "kind": "equation", "verdict": verdict, "correction": correction}
        for number, verdict, correction in (("5", "proved", None), ("6", "refuted", "…"), ("7", "definition", None))
    ]
    found = exportable(black_body, lines)
    assert [(one.which, one.computes) for one in found] == [
        ("as printed, jax", "equation_5: a number"),
        ("corrected", "U: a number, dimension energy / length^3"),
        ("", ""),
    ]
    assert "closed form" in found[2].reason


@pytest.mark.parametrize("number", ["2", "6", "8", "9", "12"])
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_the_lines_of_the_oven_have_their_exact_values(black_body, number, backend):
    which = "corrected" if number == "6" else "as printed"
    made = settled_input(black_body, number, which, Settled("refuted" if number == "6" else "proved"))
    assert self_test(source(made, backend=backend)) == (5, 0)


# -- bounds ------------------------------------------------------------------------------------------------------------


def test_the_bound_on_a_special_function_has_what_its_argument_may_be_off():
    exact, off = Value.exact(3), Value(arb(3), arb(10))
    for name in ("gamma", "log gamma", "digamma", "zeta", "error function", "arctan"):
        assert special(name, (off,)).rounding > special(name, (exact,)).rounding > 0
    assert special("Bessel J", (Value.exact(2), off)).rounding > special("Bessel J", (Value.exact(2), exact)).rounding
    half = Value(arb(fmpq(1, 2)), arb(0))
    assert not special("Bessel J", (half, exact)).ball.is_finite()


def test_binomial_coefficients_are_enclosed():
    assert binomial(Value.exact(50), Value.exact(25)).ball == math.comb(50, 25)
    assert binomial(Value.exact(3), Value.exact(-1)).ball == 0
    assert not binomial(Value.exact(3), Value(arb(fmpq(1, 2)), arb(0))).ball.is_finite()
