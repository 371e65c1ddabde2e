# ruff: noqa: E501 (a formula stands on one line)
"""The exact method: a true case, a near-miss, random instances and mutants; premises as rules and as equations."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

CASES = [
    # line, premises, near-miss
    (r"a^2 - b^2 = (a - b)(a + b)", (), r"a^2 + b^2 = (a - b)(a + b)"),
    (r"\frac{1}{a} + \frac{1}{b} = \frac{a + b}{a b}", (), r"\frac{1}{a} + \frac{1}{b} = \frac{1}{a + b}"),
    (r"\sqrt{a^2} = |a|", (), r"\sqrt{a^2} = a"),
    (r"\log(c w_i) = \log(c) + \log(w_i)", (), r"\log(c + w_i) = \log(c) + \log(w_i)"),
    (r"\sin(a)^2 + \cos(a)^2 = 1", (), r"\sin(a)^2 - \cos(a)^2 = 1"),
    (r"f = a + b", (r"f = t + b", r"t = a"), r"f = a - b"),
    (r"f - 2 b = a - b", (r"f + b = 3 a", r"a - b = t - t"), r"f - 3 b = a - b"),
    (r"\sum_i z_i = \sum_i w_i x_i", (r"z_j = w_j x_j",), r"\sum_i z_i = \sum_i w_i x_i^2"),
    (r"\mathbb{E}[a u_i + b] = a \mathbb{E}[u_i] + b", (), r"\mathbb{E}[u_i u_j] = \mathbb{E}[u_i] \mathbb{E}[u_j]"),
    (r"\text{Var}[u_i] = \mathbb{E}[u_i^2] - \mathbb{E}[u_i]^2", (), r"\text{Var}[u_i] = \mathbb{E}[u_i^2]"),
    (r"\text{Cov}[u_i, u_j] = \text{Cov}[u_j, u_i]", (), r"\text{Cov}[u_i, u_j] = \text{Var}[u_i]"),
    (r"\text{Var}[\sum_i u_i] = \sum_i \sum_j \text{Cov}[u_i, u_j]", (), r"\text{Var}[\sum_i u_i] = \sum_i \text{Var}[u_i]"),
    (r"\int d\mathbf{u}_{1:N} Q(\mathbf{u}_{1:N}) (u_i + a) = \mathbb{E}[u_i] + a", (), r"\int d\mathbf{u}_{1:N} Q(\mathbf{u}_{1:N}) (u_i + a) = \mathbb{E}[u_i]"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "premises", "near"), CASES, ids=[case[0] for case in CASES])
def test_true_cases_are_shown_and_near_misses_are_not(bench, line: str, premises: tuple[str, ...], near: str) -> None:
    answer = bench.proves(line, *premises)
    assert answer.shown, answer.why
    assert answer.applied == frozenset(f"premise {n + 1}" for n, _ in enumerate(premises))
    assert not bench.proves(near, *premises).shown
    for number in range(len(premises)):
        fewer = premises[:number] + premises[number + 1 :]
        assert not bench.proves(line, *fewer).shown


@pytest.mark.parametrize(
    ("premise", "line"),
    [
        (r"\mathbb{E}[\log(u_i)] = a", r"\mathbb{E}[\exp(u_i)] = a"),
        (r"Q(a | b) = c", r"Q(a, b) = c"),
        (r"\text{Var}[u_i] = w_i", r"\mathbb{E}[u_i] = w_i"),
        (r"x_1 = a", r"x_i = a"),
        (r"x_1 = a", r"x_2 = a"),
        (r"\sum_j x_j = a", r"\sum_{j \neq 1} x_j = a"),
        (r"(\mathbf{K})_{ii} = a", r"(\mathbf{K})_{ij} = a"),
    ],
)
def test_a_premise_says_nothing_about_something_else(bench, premise: str, line: str) -> None:
    assert not bench.proves(line, premise).shown


def test_a_coincidence_of_free_indices_is_part_of_the_claim(bench) -> None:
    """(K)_ij = e_i e_j off the diagonal says nothing of the diagonal."""
    premises = (r"(\mathbf{K})_{ii} = w_i", r"(\mathbf{K})_{ij} = e_i e_j")
    assert not bench.proves(r"(\mathbf{K})_{i1} = e_i e_1", *premises).shown


def test_it_says_what_is_left_over(bench) -> None:
    answer = bench.proves("a + b = a")
    assert not answer.shown
    assert answer.rest == bench.poly("b")


COEFFICIENT = st.integers(-4, 4)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(COEFFICIENT, min_size=2, max_size=4), st.lists(COEFFICIENT, min_size=2, max_size=4))
def test_products_of_random_polynomials(bench, one: list[int], other: list[int]) -> None:
    def text(coefficients: list[int]) -> str:
        return " + ".join(f"({c}) a^{n + 1}" if c >= 0 else f"(-{-c}) a^{n + 1}" for n, c in enumerate(coefficients))

    product = [0] * (len(one) + len(other))
    for n, c in enumerate(one):
        for k, e in enumerate(other):
            product[n + k + 1] += c * e
    right = text(product)
    assert bench.proves(f"({text(one)}) ({text(other)}) = {right}").shown
    product[random.Random(len(one)).randrange(1, len(product))] += 1
    assert not bench.proves(f"({text(one)}) ({text(other)}) = {text(product)}").shown


TRUE = r"\sum_i \sum_{j \neq i} (x_i - 2 y_j)^2 = (N - 1) \sum_i x_i^2 + 4 (N - 1) \sum_i y_i^2 - 4 \sum_i \sum_{j \neq i} x_i y_j"


@pytest.mark.parametrize(
    ("old", "new"),
    [("- 2 y_j", "+ 2 y_j"), ("- 2 y_j", "- 3 y_j"), ("4 (N - 1)", "4 N"), ("y_i^2", "y_i"), (r"x_i y_j", r"x_j y_j"),
     (r"- 4 \sum_i \sum_{j \neq i} x_i y_j", ""), (r"\sum_i \sum_{j \neq i} x_i y_j", r"\sum_i \sum_j x_i y_j")],
)  # fmt: skip
def test_mutants_of_a_true_line_are_caught(bench, old: str, new: str) -> None:
    assert bench.proves(TRUE).shown
    left, right = TRUE.split(" = ")
    side = left if old in left and old not in right else right
    mutant = TRUE.replace(side, side.replace(old, new, 1))
    assert mutant != TRUE
    assert not bench.proves(mutant).shown
    assert not bench.agrees(mutant, sizes=(2, 3))
