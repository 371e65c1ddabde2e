"""The order of an error: the slope of its logarithm, with a confidence interval from the residuals of the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TOLERANCE = 0.1
"""How far the interval of a slope may reach from the order that is predicted."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A fitted slope and its 95 % interval; not a number where some error is zero or not finite."""

    value: float
    low: float
    high: float

    def is_order(self, order: int) -> bool:
        """Whether the whole interval lies within the tolerance of the order. False if there is no slope."""
        return bool(order - TOLERANCE <= self.low and self.high <= order + TOLERANCE)

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


def criterion(order: int) -> str:
    return f"the 95 % interval of the fitted slope lies within {order} ± {TOLERANCE}"


def fit_slope(parameters: Sequence[float] | np.ndarray, errors: Sequence[float] | np.ndarray) -> Slope:
    """The slope of log(error) against log(parameter), by least squares; the interval is Student's, n - 2 degrees.

    Both have the same length, three or more. A slope that is fitted to rounding errors has a wide interval, or one
    about zero, and so is no order.
    """
    from scipy import stats

    x, y = np.asarray(parameters, float), np.asarray(errors, float)
    if not (np.all(np.isfinite(y)) and np.all(y > 0)):
        return Slope(float("nan"), float("nan"), float("nan"))
    x, y = np.log(x), np.log(y)
    spread = float(np.sum((x - x.mean()) ** 2))
    slope = float(np.sum((x - x.mean()) * (y - y.mean()))) / spread
    residuals = y - y.mean() - slope * (x - x.mean())
    error = float(np.sqrt(np.sum(residuals**2) / (len(x) - 2) / spread))
    half = float(stats.t.ppf(0.975, len(x) - 2)) * error
    return Slope(slope, slope - half, slope + half)
