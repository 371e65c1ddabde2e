"""Properties: densities, freedom from symbols, symmetry, positivity; each with near-misses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.expression import Index
from derive.methods import property as properties

FIRST, SECOND = Index("i", "site"), Index("j", "site")


def density(bench, text: str, *premises: str, frozen: frozenset[str] = frozenset(), variable: str = "x") -> bool:
    rules = bench.goal("a = a", *premises).rules
    return properties.density(bench.expr(text), variable, bench.scope, rules, frozen).shown


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        (r"\mathcal{G}(\mathbf{x}_{1:N}; \mathbf{0}, \mathbf{K})", "x"),
        (r"\mathcal{G}(\mathbf{x}_{1:N}; \mathbf{y}_{1:N}, \mathbf{K}^{-1})", "x"),
        (r"\prod_{d=1}^D \mathcal{G}(\mathbf{r}_{1:N}^{(d)}; \mathbf{v}_{1:N}^{(d)}, \mathbf{K})", "r"),
    ],
)
def test_gaussians_are_densities(bench, text: str, variable: str) -> None:
    assert density(bench, text, variable=variable)


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        (r"2 \mathcal{G}(\mathbf{x}_{1:N}; \mathbf{0}, \mathbf{K})", "x"),
        (r"\mathcal{G}(\mathbf{x}_{1:N}; \mathbf{0}, \mathbf{A})", "x"),
        (r"\mathcal{G}(\mathbf{x}_{1:N}; \mathbf{0}, -\mathbf{K})", "x"),
        (r"\mathcal{G}(\mathbf{x}_{1:N}; \mathbf{0}, \mathbf{K} - \mathbf{A})", "x"),
        (r"\mathcal{G}(\mathbf{x}_{1:N}; \mathbf{x}_{1:N}, \mathbf{K})", "x"),
        (r"\mathcal{G}(\mathbf{y}_{1:N}; \mathbf{0}, \mathbf{K})", "x"),
        (r"\prod_{i=1}^N \mathcal{G}(\mathbf{x}_{1:N}; \mathbf{0}, \mathbf{K})", "x"),
        (r"\mathcal{G}(\mathbf{r}_{1:N}^{(d)}; \mathbf{v}_{1:N}^{(d)}, \mathbf{K})", "r"),
        (r"\exp(-x_1^2)", "x"),
    ],
)
def test_near_misses_are_no_densities(bench, text: str, variable: str) -> None:
    assert not density(bench, text, variable=variable)


def test_a_covariance_that_depends_on_the_variable_needs_a_hypothesis(bench) -> None:
    text = r"\mathcal{G}(\mathbf{x}_{1:N}; \mathbf{0}, \mathbf{K})"
    depends = r"(\mathbf{K})_{ij} = y_i y_j"
    assert density(bench, text, depends)
    assert not density(bench, text, depends, r"y_i = x_i^2")
    assert not density(bench, text, r"(\mathbf{K})_{ij} = x_i x_j")
    assert density(bench, text, r"(\mathbf{K})_{ij} = x_i x_j", frozen=frozenset({r"\mathbf{K}"}))


def free(bench, text: str, names: set[str], *premises: str) -> bool:
    rules = bench.goal("a = a", *premises).rules
    return properties.free_of(bench.expr(text), frozenset(names), bench.scope, rules).shown


def test_free_of(bench) -> None:
    assert free(bench, "a + b - a", {"a"})
    assert not free(bench, "a + b", {"a"})
    assert free(bench, r"\frac{c w_i}{w_i}", {"w"})
    assert free(bench, "f - a", {"a"}, "f = a + b")
    assert not free(bench, "f + a", {"a"}, "f = a + b")
    assert not free(bench, r"\sum_i \exp(x_i)", {"x"})
    assert not free(bench, r"Q(a)", {"a"})
    assert not free(bench, r"\text{Trace}(\exp(a \mathbf{A}))", {"a"})
    assert not free(bench, r"|\mathbf{A} + a \mathbf{C}|", {"a"})
    assert not free(bench, r"((\mathbf{A} + a \mathbf{C})^{-1})_{ij}", {"a"})


def symmetric(bench, text: str) -> bool:
    return properties.symmetric(bench.expr(text), FIRST, SECOND, bench.scope, ()).shown


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("x_i x_j", True),
        ("x_i - x_j", False),
        (r"(x_i - x_j)^2", True),
        (r"\frac{e_i e_j}{|\vec{r}_i - \vec{r}_j|}", True),
        (r"\frac{e_i e_j}{|\vec{r}_i + 2 \vec{r}_j|}", False),
        (r"(\mathbf{K})_{ij}", True),
        (r"(\mathbf{A})_{ij}", False),
        (r"\text{Cov}[u_i, u_j]", True),
        (r"x_i^2 x_j", False),
        (r"\sum_{k \neq i, j} x_k", True),
        (r"\sum_{k \neq i} x_k", False),
    ],
)
def test_symmetric(bench, text: str, holds: bool) -> None:
    assert symmetric(bench, text) == holds


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(1, 3), st.integers(1, 3))
def test_symmetric_exactly_where_coefficients_and_exponents_agree(bench, a: int, b: int, n: int, k: int) -> None:
    text = f"({a}) x_i^{n} + ({b}) x_j^{k}"
    assert symmetric(bench, text) == (a == b and (n == k or a == 0))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("c", True),
        ("w_i", True),
        ("a", False),
        ("-c", False),
        ("c + w_i", True),
        ("c - w_i", False),
        ("c + a^2", True),
        ("a^2", False),
        ("e_i^2", True),
        ("c w_i^3", True),
        (r"\exp(a)", True),
        (r"\sum_i w_i", True),
        (r"w_j^2 \sum_{i \neq j} w_i", False),
        (r"c + \sum_{i \neq j} w_i", True),
        (r"(\mathbf{K})_{ii}", True),
        (r"(\mathbf{K})_{ij}", False),
        (r"(\mathbf{A})_{ii}", False),
        ("0", False),
    ],
)
def test_positive(bench, text: str, holds: bool) -> None:
    """A square may be zero, and so may a sum that leaves out the only value of its index."""
    assert properties.positive(bench.expr(text), bench.scope, ()).shown == holds


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (r"density in \mathbf{x}_{1:N}", ("density", None, (r"\mathbf{x}_{1:N}",))),
        (r"f free of a; b", ("free of", "f", ("a", "b"))),
        (r"x_i x_j symmetric in i, j", ("symmetric", "x_i x_j", ("i", "j"))),
        (r"w_i positive", ("positive", "w_i", ())),
    ],
)
def test_how_properties_are_written(value: str, expected: tuple[str, str | None, tuple[str, ...]]) -> None:
    found = properties.parse(value)
    assert found is not None
    assert (found.kind, found.about, found.of) == expected


def test_a_formula_is_no_property() -> None:
    assert properties.parse(r"f = a + b") is None
