r"""The loss over the clusters against Monte Carlo and dense linear algebra, in 2 to 50 dimensions.

The truth is a Gaussian with a covariance that has nothing to do with the model's, $\mathcal P^* = N(0, \Sigma)$. The
simulation draws from it and evaluates densities by SciPy. The integrals of the kernels of (26), (34) and (10) are over
points with the mean and the covariance of the truth, which give integrals of polynomials of second degree exactly.

- (26), (34): the loss, and E[x^T K^{-1} x], as means over samples.
- (48), (50): minus the log density of the prior over the positions, by SciPy; (48) as printed has another normaliser.
- (10): the loss of clusters and independent binary variables together is entropy plus divergence minus the log of the
  prior, all three in closed form; as printed the prior is missing.
- (37), (60): errors of order 2 in an inverse distance against dense linear algebra; (60) as printed is of order 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.check import Check, Outcome, Size, called, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.gaussians import Clusters, random_covariance
from checks.laws import bernoulli, cubature, independent
from checks.predictions import BOTH, RIGHT, Predictions, Which
from checks.scores import CRITERION, Scores, mean_and_error, relative, scores
from checks.slopes import criterion, fit_slope

DIMENSIONS = (2, 3, 5, 10, 20, 50)
SAMPLES = {"quick": 20_000, "full": 1_000_000}
RADIUS = 0.6
"""The spectral radius of covariances relative to masses: the model is far from a product."""
SPACE = 3
Compared = tuple[np.ndarray, np.ndarray, Scores, np.ndarray]
"""Measured, predicted, scores and standard errors."""
Families = list[tuple[Clusters, np.ndarray]]
EXACT = 1e-10
"""Of a loss in closed form, relative: the determinants of 50 rows lose a few digits."""
BITS = 4
RADII = tuple(2.0**-k for k in range(5, 12))
DRAWN = 6
"""Models of five clusters, over which the error of a slope is the root mean square: the second order of the loss has
parts of both signs, which nearly cancel in some models."""


def run(predict: Predictions, size: Size) -> Outcome:
    draw = np.random.default_rng(SEED)
    models = [Clusters.drawn(count, draw).at_radius(RADIUS) for count in DIMENSIONS]
    truths = [random_covariance(count, draw) for count in DIMENSIONS]
    families = [(Clusters.drawn(5, draw), random_covariance(5, draw)) for _ in range(DRAWN)]
    loss, form = _monte_carlo(predict, models, truths, SAMPLES[size], draw)
    joint = [_joint(predict, models[3], truths[3], which, SAMPLES[size], draw) for which in BOTH]
    checks = [
        _scored("loss over the clusters", "(26)", "the average of minus log of model and prior", loss[2], size),
        _scored("mean of x K⁻¹ x", "(34)", "the expectation of the quadratic form", form[2], size),
        joint[0],
        told_apart(joint[1]),
        *_prior(predict, models),
        *_orders(predict, families),
    ]

    def against(axes) -> None:
        axes.errorbar(DIMENSIONS, loss[0] / loss[1], 3 * loss[3] / loss[1], fmt="o", label="loss (26)")
        axes.errorbar(DIMENSIONS, form[0] / form[1], 3 * form[3] / form[1], fmt="s", label="E[x K⁻¹ x] (34)", alpha=0.6)
        axes.axhline(1, color="black", linewidth=0.6)
        axes.set(title="Monte Carlo / closed form (3 standard errors)", xlabel="dimension", xscale="log")
        axes.legend()

    def orders(axes) -> None:
        for which, style in zip(BOTH, ("o-", "s--"), strict=True):
            errors = _loss_errors(predict, families, which)
            label = "corrected" if which == "right" else which
            axes.loglog(RADII, errors, style, label=f"{label}: slope {fit_slope(RADII, errors).value:.2f}")
        axes.set(title="first-order loss (60)", xlabel="spectral radius", ylabel="error")
        axes.legend()

    return Outcome(tuple(checks), (against, orders))


def _monte_carlo(
    predict: Predictions,
    models: list[Clusters],
    truths: list[np.ndarray],
    samples: int,
    draw: np.random.Generator,
) -> list[Compared]:
    """For the loss and for the quadratic form: measured, predicted, scores, standard errors."""
    loss, form = predict.kernel("26"), predict.kernel("34")
    rows = []
    for model, truth in zip(models, truths, strict=True):
        count, covariance = len(model.m), model.covariance
        prior, (points, weights) = _log_prior(model), cubature(truth)
        given = {"x": points, "weights": weights, "K_diag": np.diag(model.m), "K_off": model.off}
        predicted = (loss(**given, log_P_Theta_x=prior), form(**given))
        x = draw.multivariate_normal(np.zeros(count), truth, size=samples, method="cholesky")
        surprise, quadratic = (
            _surprise(x, covariance),
            np.einsum("ni,ij,nj->n", x, np.linalg.inv(covariance), x, optimize=True),
        )
        rows.append([(*mean_and_error(surprise - prior), predicted[0]), (*mean_and_error(quadratic), predicted[1])])
    table = np.array(rows)
    return [
        (table[:, k, 0], table[:, k, 2], scores(table[:, k, 0], table[:, k, 2], table[:, k, 1]), table[:, k, 1])
        for k in range(2)
    ]


def _surprise(x: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Minus the log density of each sample, by SciPy."""
    return -_gaussian(covariance).logpdf(x)


def _log_chances(values: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """The log of the probability of rows of values of independent variables, which are true with some chances."""
    return np.where(values, np.log(chance), np.log(1 - chance)).sum(axis=1)


def _gaussian(covariance: np.ndarray) -> Any:
    """A Gaussian with mean zero, of SciPy."""
    from scipy import stats

    return stats.multivariate_normal(np.zeros(len(covariance)), covariance)  # pyright: ignore[reportArgumentType]


def _log_prior(model: Clusters) -> float:
    """The log density of the positions given those before, r - v, with the covariance K^{-1}, by SciPy."""
    law = _gaussian(np.linalg.inv(model.covariance))
    return float(sum(law.logpdf(component) for component in model.v.T))


def _scored(name: str, line: str, prediction: str, found: Scores, size: Size) -> Check:
    dimensions = ", ".join(map(str, DIMENSIONS))
    measured = f"{SAMPLES[size]} samples in each of {dimensions} dimensions, densities by SciPy"
    return Check(name, line, prediction, measured, CRITERION, found.holds, found.numbers)


def _joint(predict: Predictions, model: Clusters, truth: np.ndarray, which: Which, samples: int, draw) -> Check:
    """Entropy, divergence and prior against the mean surprise of clusters and binary variables."""
    chance, guess = draw.uniform(0.2, 0.8, (2, BITS))
    count, covariance, prior = len(model.m), model.covariance, _log_prior(model)
    points, values, weights = independent(cubature(truth), bernoulli(chance))
    predicted = called(
        predict.kernel("10", which),
        weights=weights,
        log_P_star_x_b=_gaussian(truth).logpdf(points) + _log_chances(values, chance),
        log_P_x_b_given_Theta=_gaussian(covariance).logpdf(points) + _log_chances(values, guess),
        log_P_Theta=prior,
    )
    x = draw.multivariate_normal(np.zeros(count), truth, size=samples)
    bits = draw.random((samples, BITS)) < chance
    surprise = _surprise(x, covariance) - _log_chances(bits, guess) - prior
    measured, error = mean_and_error(surprise)
    found = scores(measured, predicted, error)
    return Check(
        "entropy, divergence and prior",
        "(10)",
        "the loss is entropy plus divergence minus the log of the prior",
        f"{samples} samples of {count} clusters and {BITS} binary variables",
        CRITERION,
        found.holds,
        (*found.numbers, ("measured", digits(float(measured))), ("predicted", digits(float(predicted)))),
    )


def _prior(predict: Predictions, models: list[Clusters]) -> list[Check]:
    checks = []
    for line, which in zip(("50", "48", "48"), (*RIGHT, *BOTH), strict=True):
        kernel, worst = predict.kernel(line, which), 0.0
        for model in models:
            given = {"K_diag": np.diag(model.m), "K_off": model.off, "v": model.v, "r": model.r}
            worst = max(worst, relative(-_log_prior(model), called(kernel, **given, r_prime=model.r - model.v)))
        check = Check(
            f"prior over the positions, line ({line})",
            f"({line})",
            "minus the log density of the positions given those before",
            f"densities by SciPy in {', '.join(map(str, DIMENSIONS))} dimensions, for {SPACE} components",
            f"the relative difference is below {EXACT:g}",
            bool(worst <= EXACT),
            (("largest relative difference", digits(worst)),),
        )
        checks.append(told_apart(check) if which == "as printed" else check)
    return checks


def _orders(predict: Predictions, families: Families) -> list[Check]:
    checks = []
    for line, which in zip(("37", "60", "60"), (*RIGHT, *BOTH), strict=True):
        errors = _form_errors(predict, families) if line == "37" else _loss_errors(predict, families, which)
        slope = fit_slope(RADII, errors)
        check = Check(
            "quadratic form to first order" if line == "37" else "loss to first order",
            f"({line})",
            "the error is of order 2 in an inverse distance",
            f"dense linear algebra, {DRAWN} models of 5 clusters, {len(RADII)} distances",
            criterion(2),
            slope.is_order(2),
            (("slope", str(slope)), ("error at the smallest distance", digits(errors[0]))),
        )
        checks.append(told_apart(check) if which == "as printed" else check)
    return checks


def _form_errors(predict: Predictions, families: Families) -> list[float]:
    kernel = predict.kernel("37")

    def error(at: Clusters, truth: np.ndarray) -> float:
        predicted = kernel(m=at.m, q=at.q, r=at.r, E_x_i_2=np.diag(truth), E_x_i_x_j=truth)
        return float(predicted) - float(np.trace(np.linalg.inv(at.covariance) @ truth))

    return _root_mean_squares(error, families)


def _loss_errors(predict: Predictions, families: Families, which: Which) -> list[float]:
    """The loss (26) with the prior (46), by dense linear algebra, against the kernel of (60)."""
    kernel = predict.kernel("60", which)

    def error(at: Clusters, truth: np.ndarray) -> float:
        covariance = at.covariance
        exact = -_log_prior(at) + len(at.m) / 2 * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1] / 2
        exact += np.trace(np.linalg.inv(covariance) @ truth) / 2
        predicted = kernel(m=at.m, q=at.q, r=at.r, v=at.v, E_x_i_2=np.diag(truth), E_x_i_x_j=truth)
        return float(predicted) - float(exact)

    return _root_mean_squares(error, families)


def _root_mean_squares(error: Callable[[Clusters, np.ndarray], float], families: Families) -> list[float]:
    """For each radius, over all models."""
    return [
        float(np.sqrt(np.mean([error(model.at_radius(radius), truth) ** 2 for model, truth in families])))
        for radius in RADII
    ]


EXPERIMENT = Experiment(
    "gaussian-loss",
    ("inference-2024-07", "inference-2024-04"),
    "The loss over the clusters in closed form",
    ("10", "26", "34", "37", "48", "50", "60"),
    run,
)
