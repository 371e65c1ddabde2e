"""Scores: the limit is Bonferroni's, noise passes it, what is off does not, and what is no number never does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from checks.scores import LEVEL, mean_and_error, relative, scores


def test_the_limit_grows_with_the_number_of_comparisons() -> None:
    one, many = scores([0.0], [0.0], [1.0]), scores(np.zeros(1000), 0.0, 1.0)
    assert one.limit == pytest.approx(stats.norm.isf(LEVEL / 2))
    assert many.limit == pytest.approx(stats.norm.isf(LEVEL / 2000))
    assert many.limit > one.limit


def test_noise_holds_and_a_shift_does_not() -> None:
    noise = np.random.default_rng(0).normal(size=1000)
    assert scores(noise, 0.0, 1.0).holds
    assert not scores(noise + np.eye(1, 1000)[0] * 8, 0.0, 1.0).holds


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_does_not_hold(value: float) -> None:
    assert not scores([0.0, value], [0.0, 0.0], [1.0, 1.0]).holds
    assert not relative([1.0, value], [1.0, 1.0]) <= 1
    assert not relative([1.0, 1.0], [1.0, value]) <= 1


def test_without_an_error_only_equality_holds() -> None:
    assert scores([2.0], [2.0], [0.0]).holds
    assert not scores([2.0], [2.0 + 1e-15], [0.0]).holds


def test_the_level_is_that_of_the_family() -> None:
    """Of many families of true predictions about as many fail as the level says."""
    draw = np.random.default_rng(1)
    failed = sum(not scores(draw.normal(size=20), 0.0, 1.0).holds for _ in range(4000))
    assert failed <= stats.binom.isf(1e-6, 4000, LEVEL)


def test_mean_and_error() -> None:
    mean, error = mean_and_error(np.array([1.0, 2.0, 3.0, 4.0]))
    assert (mean, error) == (2.5, pytest.approx(np.sqrt(5 / 3 / 4)))
