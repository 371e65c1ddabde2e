# ruff: noqa: E501 (a formula stands on one line)
"""Equality to an order: the order claimed, no more; the leading remainder in closed form; mutants."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.algebra.raising import Raising
from derive.comparison import slope
from derive.latex.writer import write

CASES = [
    (r"\frac{1}{c + h} \approx \frac{1}{c} - \frac{h}{c^2}", 1, 2),
    (r"\sqrt{1 + h} \approx 1 + \frac{h}{2}", 1, 2),
    (r"\cos(h) \approx 1", 1, 2),
    (r"\cos(h) \approx 1 - \frac{h^2}{2}", 3, 4),
    (r"\exp(h) \approx 1 + h + \frac{h^2}{2}", 2, 3),
    (r"\prod_i (1 + g w_i) \approx 1 + g \sum_i w_i", 1, 2),
    (r"(\mathbf{A} + \mathbf{B})^{-1} \approx \mathbf{A}^{-1} - \mathbf{A}^{-1} \mathbf{B} \mathbf{A}^{-1}", 1, 2),
    (r"|\mathbf{I} + \mathbf{B}| \approx 1 + \text{Trace}(\mathbf{B})", 1, 2),
]


@pytest.mark.parametrize(("line", "upto", "leading"), CASES, ids=[case[0] for case in CASES])
def test_it_holds_to_the_order_claimed_and_to_no_more(bench, line: str, upto: int, leading: int) -> None:
    answer, remainder = bench.proves_to_order(line, upto)
    assert answer.shown, answer.why
    assert remainder is not None
    assert remainder.order == leading
    assert not bench.proves_to_order(line, leading)[0].shown
    goal = bench.goal(line)
    measured = slope(goal.left, goal.right, bench.scope, (), "s")
    assert measured is not None
    assert abs(measured - leading) < 0.05


def test_the_leading_remainder_is_written_out(bench) -> None:
    _, remainder = bench.proves_to_order(r"\frac{1}{c + h} \approx \frac{1}{c} - \frac{h}{c^2}", 1)
    assert remainder is not None
    assert remainder.poly == bench.poly(r"\frac{h^2}{c^3}")
    assert write(Raising(bench.scope).poly(remainder.poly), bench.scope) == r"\frac{h^{2}}{c^{3}}"


def test_what_holds_exactly_has_no_remainder(bench) -> None:
    answer, remainder = bench.proves_to_order(r"(1 + h)^2 = 1 + 2 h + h^2", 3)
    assert answer.shown
    assert remainder is None


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(-5, 5), min_size=3, max_size=5), st.integers(1, 3))
def test_random_products_of_exponentials(bench, weights: list[int], upto: int) -> None:
    """prod exp(c h) is expanded with coefficients (sum c)^n / n!; a wrong last one is not shown."""
    left = " ".join(rf"\exp(({c}) h)" if c >= 0 else rf"\exp((-{-c}) h)" for c in weights)
    total, terms, coefficient = sum(weights), ["1"], Fraction(1)
    for n in range(1, upto + 1):
        coefficient = coefficient * total / n
        sign = "-" if coefficient < 0 else "+"
        terms.append(rf"{sign} \frac{{{abs(coefficient.numerator)}}}{{{coefficient.denominator}}} h^{n}")
    line = rf"{left} \approx {' '.join(terms)}"
    assert bench.proves_to_order(line, upto)[0].shown
    assert not bench.proves_to_order(line + rf" + h^{upto}", upto)[0].shown
    assert bench.proves_to_order(line + rf" + h^{upto + 1}", upto)[0].shown


TRUE = r"\log(c + g w_i) \approx \log(c) + \frac{g w_i}{c} - \frac{g^2 w_i^2}{2 c^2}"


@pytest.mark.parametrize(
    ("old", "new"),
    [("- \\frac{g^2", "+ \\frac{g^2"), ("2 c^2", "3 c^2"), ("2 c^2", "2 c"), ("w_i^2", "w_i"), (r"\log(c) +", r"\log(c) -"),
     (r"+ \frac{g w_i}{c}", ""), ("g^2 w_i^2", "g^2 e_i^2")],
)  # fmt: skip
def test_mutants_of_a_true_line_are_caught(bench, old: str, new: str) -> None:
    assert bench.proves_to_order(TRUE, 2)[0].shown
    mutant = TRUE.replace(old, new, 1)
    assert mutant != TRUE
    assert not bench.proves_to_order(mutant, 2)[0].shown
