r"""Clusters of correlated binary variables: the variance of their sum, and sums of variables with signs.

All $N$ variables have mean $\beta$ and each pair the coefficient of correlation $c$. The simulation draws a common
value, and each variable takes it with probability $\sqrt c$ and else a value of its own. Nothing of that is in the
formulas.

- (claim-binomial): the variance of the sum is that of independent variables as printed, and grows with $N$ to
  $N^2 (1 - \beta^2) c$ as corrected; both forms are held against all sizes and correlations.
- (claim-mass-counts): as printed the variance is the number of variables.
- (S2): the mean of $\sum_k J_k b_k$ for correlated and anti-correlated variables, from the mean of their sum.
"""

from __future__ import annotations

import numpy as np

from checks.check import Check, Outcome, Size, called, told_apart
from checks.experiment import SEED, Experiment
from checks.predictions import BOTH, Predictions, Which
from checks.scores import CRITERION, Scores, mean_and_error, scores

SIZES = (2, 4, 8, 16, 32, 64)
CORRELATIONS = (0.0, 0.04, 0.25, 0.64)
BIAS = 0.3
SAMPLES = {"quick": 40_000, "full": 400_000}
MEMBERS = 12


def clusters(count: int, size: int, correlation: float, draw: np.random.Generator) -> np.ndarray:
    """Samples of ``size`` variables with the values -1 and 1, mean BIAS and this correlation, shape (count, size)."""
    chance = (1 + BIAS) / 2
    common = draw.random((count, 1)) < chance
    own = draw.random((count, size), dtype=np.float32) < chance
    takes = draw.random((count, size), dtype=np.float32) < np.sqrt(correlation)
    return np.where(np.where(takes, common, own), 1.0, -1.0)


def run(predict: Predictions, size: Size) -> Outcome:
    draw = np.random.default_rng(SEED)
    measured, errors = np.zeros((2, len(CORRELATIONS), len(SIZES)))
    for a, correlation in enumerate(CORRELATIONS):
        for n, members in enumerate(SIZES):
            total = clusters(SAMPLES[size], members, correlation, draw).sum(axis=1)
            squares = (total - members * BIAS) ** 2
            measured[a, n], errors[a, n] = mean_and_error(squares)
    checks, curves = [], {}
    for line in ("claim-binomial", "claim-mass-counts"):
        for which in BOTH:
            predicted = _variances(predict, line, which)
            curves[line, which] = predicted
            found = scores(measured, predicted, errors)
            check = _variance_check(line, found, SAMPLES[size])
            checks.append(check if which == "right" else told_apart(check))
    checks += _signed(predict, SAMPLES[size], draw)

    def variances(axes) -> None:
        for a, correlation in enumerate(CORRELATIONS):
            (points,) = axes.loglog(SIZES, measured[a], "o", label=f"c = {correlation:g}")
            axes.loglog(SIZES, curves["claim-binomial", "right"][a], "-", color=points.get_color(), linewidth=0.8)
        axes.loglog(SIZES, curves["claim-binomial", "as printed"][0], "--", color="black", label="as printed")
        axes.set(title="variance of a cluster", xlabel="number of variables", ylabel="Var of the sum")
        axes.legend()

    return Outcome(tuple(checks), (variances,))


def _variances(predict: Predictions, line: str, which: Which) -> np.ndarray:
    """The predicted variance for each correlation and size."""
    kernel = predict.kernel(line, which)
    found = [[called(kernel, beta=BIAS, c=c, N=members) for members in SIZES] for c in CORRELATIONS]
    return np.array(found, float)


def _variance_check(line: str, found: Scores, samples: int) -> Check:
    return Check(
        "variance of a cluster" if line == "claim-binomial" else "mass counts the variables",
        f"({line})",
        "the variance of a sum of equally biased, equally correlated binary variables",
        f"{samples} samples for each of {len(SIZES)} sizes and {len(CORRELATIONS)} correlations",
        CRITERION,
        found.holds,
        found.numbers,
    )


def _signed(predict: Predictions, samples: int, draw: np.random.Generator) -> list[Check]:
    """The mean of a weighted sum; half of the variables are anti-correlated with the rest, the weights not balanced."""
    sign = np.where(np.arange(MEMBERS) % 3 == 0, -1.0, 1.0)
    weight = draw.uniform(0.2, 1.0, MEMBERS)
    b = sign * clusters(2 * samples, MEMBERS, 0.64, draw)
    first, second = b[:samples], b[samples:]
    measured, error = mean_and_error(first @ weight)
    checks = []
    for which in BOTH:
        kernel = predict.kernel("S2", which)
        if which == "right":
            moment, spread = mean_and_error(second @ sign)
            given = {"E_sum_k_q_k_b_k": float(moment)}
        else:
            moment, spread = mean_and_error(second.sum(axis=1))
            given = {"E_sum_k_b_k": float(moment), "q_rf": 1.0}
        predicted, shifted = (
            float(kernel(q=sign, J=weight, **{**given, next(iter(given)): at})) for at in (moment, moment + spread)
        )
        found = scores(measured, predicted, np.hypot(error, shifted - predicted))
        check = Check(
            "sum of signed variables",
            "(S2)",
            "the mean of the weighted sum from the mean of the sum, measured in other samples",
            f"{MEMBERS} variables, a third of them anti-correlated with the rest, twice {samples} samples",
            CRITERION,
            found.holds,
            found.numbers,
        )
        checks.append(check if which == "right" else told_apart(check))
    return checks


EXPERIMENT = Experiment(
    "binary-clusters",
    ("inference-2024-07", "inference-2024-04"),
    "Clusters of correlated binary variables",
    ("claim-binomial", "claim-mass-counts", "S2"),
    run,
)
