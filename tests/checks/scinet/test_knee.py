"""The rule of the knee, on curves whose answer is plain, and on ones without a knee."""

from __future__ import annotations

import pytest

from checks.scinet.knee import FACTOR, Curve


def test_the_knee_of_a_step() -> None:
    curve = Curve({0: [0.3, 0.29], 1: [0.2, 0.21], 2: [0.01, 0.012], 3: [0.01, 0.011]})
    assert (curve.knee, curve.steepest) == (2, 2)
    assert [curve.is_above(latents) for latents in curve.latents] == [True, True, False, False]


def test_the_median_counts_and_not_an_outlier() -> None:
    assert Curve({1: [0.2, 0.2, 0.2], 2: [0.01, 0.01, 0.9], 3: [0.01, 0.01, 0.01]}).knee == 2


def test_a_flat_curve_has_its_knee_at_the_first_number() -> None:
    assert Curve({0: [0.3], 1: [0.31], 2: [0.3]}).knee == 0


def test_a_curve_that_goes_on_falling_has_its_knee_at_the_last() -> None:
    assert Curve({latents: [10.0**-latents] for latents in range(5)}).knee == 4


def test_the_limit_itself_counts_as_level() -> None:
    assert Curve({1: [FACTOR * 0.125], 2: [0.125]}).knee == 1


@pytest.mark.parametrize("errors", [{}, {1: [0.1]}, {1: [0.1], 2: []}])
def test_what_is_no_curve_is_refused(errors: dict[int, list[float]]) -> None:
    with pytest.raises(ValueError, match="two numbers of latents at least"):
        Curve(errors)
