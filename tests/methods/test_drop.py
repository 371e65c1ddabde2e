"""Dropping a term: the remainder is exact, and its bound is the square of the ratio that is said to be small."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.methods import drop

LINE = r"\mathbb{E}[u_i u_j] \approx \mathbb{E}[u_i] \mathbb{E}[u_j]"
PREMISES = (r"\mathbb{E}[u_i] = a w_i", r"\text{Var}[u_i] = w_i")
RATIO = r"\frac{1}{a^2 \sqrt{w_i w_j}}"


def dropped(bench, term: str, ratio: str | None) -> drop.Drop:
    return drop.Drop(bench.expr(term), None if ratio is None else bench.expr(ratio))


def test_the_remainder_is_exact_and_bounded(bench) -> None:
    goal = bench.goal(LINE, *PREMISES)
    claim = dropped(bench, r"\text{Cov}[u_i, u_j]", RATIO)
    assert drop.prove_exact_remainder(goal, claim).shown
    assert drop.prove_bound(goal, claim).shown


@pytest.mark.parametrize("term", [r"-\text{Cov}[u_i, u_j]", r"2 \text{Cov}[u_i, u_j]", r"\text{Var}[u_i]", "0"])
def test_another_remainder_is_not_exact(bench, term: str) -> None:
    assert not drop.prove_exact_remainder(bench.goal(LINE, *PREMISES), dropped(bench, term, RATIO)).shown


@pytest.mark.parametrize(
    "ratio", [r"\frac{1}{a \sqrt{w_i w_j}}", r"\frac{1}{a^2 w_i w_j}", r"\frac{1}{2 a^2 \sqrt{w_i w_j}}", "a"]
)
def test_another_ratio_does_not_bound_it(bench, ratio: str) -> None:
    claim = dropped(bench, r"\text{Cov}[u_i, u_j]", ratio)
    assert not drop.prove_bound(bench.goal(LINE, *PREMISES), claim).shown


@pytest.mark.parametrize("without", [0, 1])
def test_the_bound_rests_on_both_premises(bench, without: int) -> None:
    goal = bench.goal(LINE, PREMISES[1 - without])
    assert not drop.prove_bound(goal, dropped(bench, r"\text{Cov}[u_i, u_j]", RATIO)).shown


def test_without_a_hypothesis_or_a_bound_nothing_is_small(bench) -> None:
    goal = bench.goal(LINE, *PREMISES)
    answer = drop.prove_bound(goal, dropped(bench, r"\text{Cov}[u_i, u_j]", None))
    assert (answer.shown, answer.why) == (False, "no hypothesis of the form H << 1 is recorded")
    answer = drop.prove_bound(goal, dropped(bench, "b", RATIO))
    assert (answer.shown, answer.why) == (False, "no bound for the dropped term is known")


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(1, 9), st.integers(1, 9))
def test_random_means_and_variances(bench, mean: int, variance: int) -> None:
    goal = bench.goal(LINE, rf"\mathbb{{E}}[u_i] = {mean} a w_i", rf"\text{{Var}}[u_i] = {variance} w_i")
    ratio = rf"\frac{{{variance}}}{{{mean**2} a^2 \sqrt{{w_i w_j}}}}"
    wrong = rf"\frac{{{variance + 1}}}{{{mean**2} a^2 \sqrt{{w_i w_j}}}}"
    assert drop.prove_bound(goal, dropped(bench, r"\text{Cov}[u_i, u_j]", ratio)).shown
    assert not drop.prove_bound(goal, dropped(bench, r"\text{Cov}[u_i, u_j]", wrong)).shown
