"""Slopes: the right order, an interval that covers it, and no order for noise or for zeros."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from checks.slopes import fit_slope

STEPS = 0.5 ** np.arange(3, 10)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_a_power_has_its_order(order):
    slope = fit_slope(STEPS, 3 * STEPS**order)
    assert slope.is_order(order)
    assert not slope.is_order(order + 1)
    assert slope.value == pytest.approx(order)


def test_the_interval_is_that_of_scipy():
    errors = STEPS**2 * np.exp(0.1 * np.random.default_rng(0).normal(size=len(STEPS)))
    fit, slope = stats.linregress(np.log(STEPS), np.log(errors)), fit_slope(STEPS, errors)
    assert slope.value == pytest.approx(fit.slope)
    assert slope.high - slope.value == pytest.approx(stats.t.ppf(0.975, len(STEPS) - 2) * fit.stderr)


def test_noise_and_zeros_have_no_order():
    noise = 1e-16 * np.random.default_rng(1).uniform(0.1, 10, len(STEPS))
    for errors in (noise, 0 * STEPS, STEPS * np.nan):
        assert not any(fit_slope(STEPS, errors).is_order(order) for order in (1, 2))
