r"""The covariance of a binary variable with a cluster, (112)-(128), from exact propagation at finite time steps.

The model is $\mathcal P(b | x) = |\langle b | \sigma \cdot \nu\, e^{-i \Delta t H(x) / \hbar} | \alpha \rangle|^2$
with $H(x) = H_T - \sum_n (\sigma \cdot \nu) x_n q_b q_n / (m_b m_n r_{bn})$ and x Gaussian with the covariance (29).
As x enters by one combination y alone, the exact covariance with $x_i$ is that of $x_i$ with y over the variance of y,
times the mean of y b, by Gauss-Hermite quadrature over exact propagators. Nothing is expanded.

- (112), (114)-(116), (118): to order 1 in the time step, with errors of order 2; (claim-second-order-covariance) to
  order 2, with an error of order 3.
- (121)-(124): to order 1 in an inverse distance, with errors of order 2, of the part of the covariance that is odd in
  the time step, at a small one. (124) as printed has the opposite sign; its error is of order 1.
- Sampled: x is drawn, then b by its probability; the means of $x_i b$ against (116).
- (125)-(128): kernels of the orientation, against the linear equations that it is to solve.
"""

from __future__ import annotations

import numpy as np

from checks.check import Check, Outcome, Size, called, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.gaussians import Clusters, distances
from checks.laws import cubature, gauss_hermite
from checks.predictions import BOTH, RIGHT, Predictions, Which
from checks.scores import CRITERION, mean_and_error, relative, scores
from checks.slopes import criterion, fit_slope
from checks.spins import SIGMA, along, hermitian, propagated, state

STEPS = tuple(2.0**-k for k in range(8, 15))
"""Small: at 2^-5 the third order is 40 % of the second for this spin."""
SCALES = tuple(2.0**-k for k in range(3, 10))
HBAR, MASS, CHARGE = 0.7, 1.3, 0.9
SMALL = 1e-4
"""The time step of which the odd part is taken: what is left is of the third order."""
SAMPLED, SAMPLES = 0.04, {"quick": 160_000, "full": 400_000}
"""A time step at which the second order is a quarter of a standard error of the quick size, and half of the full
one."""
EXACT = 1e-12
BY_TIME = {"112": 2, "114": 2, "115": 2, "116": 2, "118": 2, "claim-second-order-covariance": 3}
BY_DISTANCE = ("121", "122", "123", "124")


class Measurement:
    """A spin, three clusters and their distances from it. The orientation has a length: one makes probabilities."""

    def __init__(self, draw: np.random.Generator, length: float) -> None:
        self.clusters = Clusters.drawn(3, draw).at_radius(0.5)
        self.place = draw.normal(size=3)
        self.alpha, self.kinetic = state(2, draw), hermitian(2, draw)
        nu = draw.normal(size=3)
        self.nu = length * nu / np.linalg.norm(nu)

    def at(self, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """Covariance of the clusters, and their distances from the spin, with all distances divided by a scale."""
        at = Clusters(self.clusters.m, self.clusters.q, self.clusters.r / scale, self.clusters.v)
        both = np.concatenate((at.r, (self.place / scale)[None]))
        return at.covariance, distances(both)[-1, :-1]

    def hamiltonian(self, y: float) -> np.ndarray:
        return self.kinetic - CHARGE / MASS * y * along(self.nu)

    def mean(self, y: float, time: float) -> float:
        """The mean of b at a value of the combination, after exact propagation."""
        amplitudes = along(self.nu) @ propagated(self.hamiltonian(y), time / HBAR, self.alpha)
        return float(np.abs(amplitudes[0]) ** 2 - np.abs(amplitudes[1]) ** 2)

    def exact(self, time: float, scale: float = 1.0) -> np.ndarray:
        """The covariances of b with each cluster."""
        covariance, apart = self.at(scale)
        weights = self.clusters.q / self.clusters.m / apart
        variance = float(weights @ covariance @ weights)
        y, chance = gauss_hermite(variance)
        moment = float(np.sum(chance * y * np.array([self.mean(one, time) for one in y])))
        return covariance @ weights / variance * moment

    def predicted(self, predict: Predictions, line: str, which: Which, time: float, scale: float = 1.0) -> np.ndarray:
        """The covariances by a line, of which the law of the clusters is points with weights."""
        covariance, apart = self.at(scale)
        points, weights = cubature(covariance)
        hamiltonians = [self.hamiltonian(y) for y in points @ (self.clusters.q / self.clusters.m / apart)]
        operators = {"H_T": self.kinetic, "H": np.array(hamiltonians), "H_U": np.array(hamiltonians) - self.kinetic}
        numbers = {"Delta_t": time, "hbar": HBAR, "m_b": MASS, "q_b": CHARGE}
        arrays = {"q": self.clusters.q, "m": self.clusters.m, "r_bn": apart, "nu": self.nu, "alpha": self.alpha}
        means = np.real([self.alpha.conj() @ s @ self.alpha for s in SIGMA])
        law = {"x": points, "weights": weights, "mean_sigma": means}
        return np.real(called(predict.kernel(line, which), **numbers, **arrays, **operators, **law))


def run(predict: Predictions, size: Size) -> Outcome:
    draw = np.random.default_rng(SEED)
    spin = Measurement(draw, 1.2)
    checks, curves = [], {}
    for line, order in BY_TIME.items():
        errors = [np.linalg.norm(spin.predicted(predict, line, "right", t) - spin.exact(t)) for t in STEPS]
        curves[line] = errors
        checks.append(_order(line, order, STEPS, errors, "the time step"))
    for line in BY_DISTANCE:
        for which in BOTH if predict.is_refuted(line) else RIGHT:
            errors = []
            for scale in SCALES:
                odd = (spin.exact(SMALL, scale) - spin.exact(-SMALL, scale)) / 2
                errors.append(np.linalg.norm(spin.predicted(predict, line, which, SMALL, scale) - odd) / SMALL)
            curves[line, which] = errors
            check = _order(line, 2, SCALES, errors, "an inverse distance")
            checks.append(told_apart(check) if which == "as printed" else check)
    unit = Measurement(np.random.default_rng(SEED), 1.0)
    sampled = _sampled(predict, unit, SAMPLES[size], draw)
    checks += [sampled[0], *_orientation(predict, draw)]
    times = np.linspace(-0.5, 0.5, 41)
    exact = np.array([unit.exact(t)[0] for t in times])
    lines = {which: [unit.predicted(predict, "124", which, t)[0] for t in times] for which in BOTH}

    def covariance(axes) -> None:
        axes.plot(times, exact, "-", color="black", label="exact propagation")
        axes.plot(times, lines["right"], "-", label="(124), corrected")
        axes.plot(times, lines["as printed"], "--", label="(124), as printed")
        axes.errorbar([SAMPLED], sampled[1][:1], 3 * sampled[2][:1], fmt="o", label="sampled, 3 standard errors")
        axes.set(title="Cov[b, x₁]", xlabel="time step Δt", ylim=(-1.3 * max(abs(exact)), 1.3 * max(abs(exact))))
        axes.legend(fontsize="small")

    def slopes(axes) -> None:
        for line in ("116", "claim-second-order-covariance"):
            label = f"({line})" if line == "116" else "second order"
            axes.loglog(
                STEPS, curves[line], "o-", markersize=3, label=f"{label}: {fit_slope(STEPS, curves[line]).value:.2f}"
            )
        axes.set(title="error by the time step", xlabel="Δt", ylabel="error")
        axes.legend(title="line: slope")

    def by_distance(axes) -> None:
        for which, style in zip(BOTH, ("o-", "s--"), strict=True):
            errors = curves["124", which]
            label = "corrected" if which == "right" else which
            axes.loglog(SCALES, errors, style, markersize=3, label=f"{label}: {fit_slope(SCALES, errors).value:.2f}")
        axes.set(title="error of (124) by the distance", xlabel="inverse distance", ylabel="error / Δt")
        axes.legend(title="slope")

    return Outcome(tuple(checks), (covariance, slopes, by_distance))


def _order(line: str, order: int, parameters: tuple[float, ...], errors: list, of: str) -> Check:
    slope = fit_slope(parameters, errors)
    return Check(
        f"covariance by {of}, line ({line})",
        f"({line})",
        f"the error is of order {order} in {of}",
        f"exact propagation and quadrature, three clusters, {len(parameters)} values",
        criterion(order),
        slope.is_order(order),
        (("slope", str(slope)), ("error at the largest value", digits(float(errors[0])))),
    )


def _sampled(predict: Predictions, spin: Measurement, samples: int, draw: np.random.Generator) -> tuple:
    covariance, apart = spin.at(1.0)
    x = draw.multivariate_normal(np.zeros(3), covariance, size=samples)
    y = x @ (spin.clusters.q / spin.clusters.m / apart)
    grid = np.linspace(y.min(), y.max(), 2001)
    mean = np.interp(y, grid, [spin.mean(one, SAMPLED) for one in grid])
    chance = draw.random(samples)
    b, still = (np.where(chance < (1 + m) / 2, 1.0, -1.0) for m in (mean, spin.mean(0.0, 0.0)))
    # Without a time step b is independent of x. Drawn with the same chance, it takes most of the noise off.
    measured, error = mean_and_error(x * (b - still)[:, None])
    found = scores(measured, spin.predicted(predict, "116", "right", SAMPLED), error)
    check = Check(
        "sampled covariance",
        "(116)",
        "the covariance of b with each cluster to first order in the time step",
        f"{samples} samples of three clusters and of b, by its probability after exact propagation",
        CRITERION,
        found.holds,
        found.numbers,
    )
    return check, measured, error


def _orientation(predict: Predictions, draw: np.random.Generator) -> list[Check]:
    """In the plane the orientation solves two linear equations: orthogonal to the mean spin, and a unit area with
    it."""
    alpha = state(2, draw)
    means = np.real([alpha.conj() @ s @ alpha for s in SIGMA])
    nu = np.linalg.solve(np.array([means[:2], [-means[1], means[0]]]), np.array([0.0, 1.0]))
    measured = {"125": nu[0], "126": nu[1], "127": nu @ nu, "128": nu @ nu}
    checks = []
    for line, value in measured.items():
        for which in BOTH if predict.is_refuted(line) else RIGHT:
            apart = relative(value, called(predict.kernel(line, which), mean_sigma=means))
            check = Check(
                f"orientation of the measurement, line ({line})",
                f"({line})",
                "the orientation by the mean spin of the state before",
                "a linear solver",
                f"the relative difference is below {EXACT:g}",
                apart <= EXACT,
                (("relative difference", digits(apart)),),
            )
            checks.append(told_apart(check) if which == "as printed" else check)
    return checks


EXPERIMENT = Experiment(
    "spin-covariance",
    ("inference-2024-07",),
    "Covariance of a binary variable with the clusters",
    (*BY_TIME, *BY_DISTANCE, "125", "126", "127", "128"),
    run,
)
