"""Measurements with errors: standard scores, and the level at which the largest of several is judged.

A family of comparisons is judged by Bonferroni's bound: with n independent or dependent comparisons, the largest score
of a true prediction passes the limit with a probability of at most ``LEVEL``, whatever their dependence. That level is
small, since a check runs with fixed seeds and is not repeated; a false prediction has to be wrong by a few standard
errors, for which the sample sizes are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

LEVEL = 1e-3
"""The probability, for the whole family, that a true prediction fails."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Standard scores of a family of comparisons, each (measured - predicted) / standard error."""

    values: np.ndarray

    @property
    def largest(self) -> float:
        """The largest absolute score; infinite where a score is not a number."""
        found = np.abs(self.values)
        return float(np.max(np.where(np.isnan(found), np.inf, found)))

    @property
    def limit(self) -> float:
        """What the largest may reach: the two-sided normal quantile at LEVEL over the number of comparisons."""
        from scipy import stats

        return float(stats.norm.isf(LEVEL / 2 / self.values.size))

    @property
    def holds(self) -> bool:
        return self.largest <= self.limit

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        return (
            ("largest score", f"{self.largest:.3f}"),
            ("limit", f"{self.limit:.3f}"),
            ("comparisons", str(self.values.size)),
        )


CRITERION = f"the largest standard score is below Bonferroni's limit for all comparisons, at a level of {LEVEL:g}"


def scores(measured: Any, predicted: Any, error: Any) -> Scores:
    """All arguments broadcast together; an error of zero makes the score infinite unless both agree exactly."""
    measured, predicted, error = np.broadcast_arrays(*(np.asarray(a, float) for a in (measured, predicted, error)))
    apart = measured - predicted
    with np.errstate(divide="ignore", invalid="ignore"):
        return Scores(np.where(apart == 0, 0.0, apart / error).ravel())


def mean_and_error(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean over the first axis and its standard error; the first axis has two entries or more."""
    return samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(len(samples))


def relative(measured: Any, predicted: Any) -> float:
    """The largest difference relative to the largest measured value; infinite where something is not finite."""
    measured, predicted = np.asarray(measured), np.asarray(predicted)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.max(np.abs(measured - predicted)) / np.max(np.abs(measured))
    return float(apart) if np.isfinite(apart) else float("inf")
