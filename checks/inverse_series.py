r"""The Neumann series of an inverse and the series of a log-determinant, to any order, against dense linear algebra.

The covariance is $K = K_{diag} + K_{off}$ with the off-diagonal part scaled by an inverse distance; the small
parameter is the spectral radius $\rho$ of $K_{diag}^{-1} K_{off}$. The error of the series of order n is of order n +
1. The series for any matrices A + F are tried with an F that has a diagonal as well, so that its trace counts.

- (32), (33): kernels of the series of order 1; (41), (44): of the determinant to order 1. Errors are of order 2.
- Orders 1 to 6, of the series that are derived beyond the print: slope n + 1, for one size of matrix each.
- The remainder in closed form equals the error to rounding, also where the series diverges.
- Where $\rho > 1$ the series diverges: in high orders each multiplies the error by $\rho$, as it divides it where
  $\rho < 1$. An eigenvalue $\lambda$ of $K_{diag}^{-1} K_{off}$ enters with $\lambda^{n+1} / (1 + \lambda)$, which is
  large for $\lambda$ near -1, so that the orders 16 and 32 are compared, and not low ones. All charges have one sign,
  so that the largest eigenvalue stands apart from the others.

The interval of a slope may reach 0.1 from the order; $\rho$ stays below 0.1, where the next order adds a tenth.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from checks.check import Check, Outcome, Size, digits
from checks.experiment import SEED, Experiment
from checks.gaussians import Clusters
from checks.predictions import Predictions
from checks.scores import relative
from checks.slopes import Slope, criterion, fit_slope
from derive.expansions import InverseSeries, LogDeterminantSeries, log_determinant, neumann
from derive.expression import Expr

PARTICLES = {"quick": (6, 30), "full": (6, 30, 100, 200)}
ORDERS = (1, 2, 3, 4, 5, 6)
RADII = tuple(0.1 * 0.75**k for k in range(6))
HIGH = (1, 2, 4, 16, 32)
FAR = (0.8, 1.25, 1.5)
"""Spectral radii on both sides of 1."""
ROUNDING = 1e-9
"""Relative to the error that is compared, the smallest of which is 1e-4 of the inverse."""
GROWTH = 0.01


SCOPE = neumann(0).of.scope
"""In which the series are: A and F are here the diagonal and the off-diagonal part of the covariance."""


@cache
def inverse_to(order: int) -> InverseSeries:
    return neumann(order)


@cache
def log_determinant_to(order: int) -> LogDeterminantSeries:
    return log_determinant(order)


def run(predict: Predictions, size: Size) -> Outcome:
    draw = np.random.default_rng(SEED)
    families = [Clusters.drawn(count, draw) for count in PARTICLES[size]]
    inverse = {n: inverse_to(n) for n in sorted({*ORDERS, *HIGH})}
    logarithm = {n: log_determinant_to(n) for n in ORDERS}
    checks = list(_kernels(predict, families[0]))
    curves: dict[tuple[str, int, int], np.ndarray] = {}
    for clusters in families:
        count = len(clusters.m)
        for n in ORDERS:
            for what, expr in (("inverse", inverse[n].sum), ("log-determinant", logarithm[n].sum)):
                errors = _errors(predict, f"{what} to order {n}", expr, clusters, what)
                curves[what, count, n] = errors
    for what in ("inverse", "log-determinant"):
        for n in ORDERS:
            slopes = [fit_slope(RADII, curves[what, len(c.m), n]) for c in families]
            checks.append(_order(what, n, slopes, PARTICLES[size]))
    checks.append(_remainder(predict, inverse[3].sum, inverse[3].remainder, families[0]))
    divergence, far = _divergence(predict, {n: inverse[n].sum for n in HIGH}, families[0])
    checks.append(divergence)

    def slopes_panel(axes) -> None:
        for n in ORDERS:
            slope = fit_slope(RADII, curves["inverse", len(families[-1].m), n])
            axes.loglog(
                RADII, curves["inverse", len(families[-1].m), n], "o-", markersize=3, label=f"{n}: {slope.value:.2f}"
            )
        axes.set(title=f"inverse, N = {len(families[-1].m)}", xlabel="spectral radius ρ", ylabel="error")
        axes.legend(title="order: slope", fontsize="small")

    def determinants(axes) -> None:
        for n in ORDERS:
            axes.loglog(RADII, curves["log-determinant", len(families[-1].m), n], "o-", markersize=3)
        axes.set(title="log-determinant", xlabel="spectral radius ρ", ylabel="error")

    def divergence_panel(axes) -> None:
        for radius, errors in zip(FAR, far, strict=True):
            axes.loglog(HIGH, errors, "o-", label=f"{radius:g}")
        axes.set(title="where the series diverges", xlabel="order", ylabel="error")
        axes.legend(title="spectral radius")

    return Outcome(tuple(checks), (slopes_panel, determinants, divergence_panel))


def _parts(clusters: Clusters, radius: float) -> dict[str, np.ndarray]:
    """A and F: the covariance with a part of its diagonal, which shrinks as the rest does, moved from A to F."""
    diagonal = np.diag(clusters.m * np.linspace(0.2, 0.5, len(clusters.m)) * radius)
    return {"A": np.diag(clusters.m), "F": clusters.off + diagonal}


def _errors(predict: Predictions, name: str, expr: Expr, clusters: Clusters, what: str) -> np.ndarray:
    series = predict.expression(name, expr, SCOPE)
    found = []
    for radius in RADII:
        parts = _parts(clusters.at_radius(radius), radius)
        whole = sum(parts.values())
        exact = np.linalg.inv(whole) if what == "inverse" else np.linalg.slogdet(whole)[1]
        found.append(np.linalg.norm(np.atleast_1d(series(**parts) - exact)))
    return np.array(found)


def _order(what: str, n: int, slopes: list[Slope], counts: tuple[int, ...]) -> Check:
    return Check(
        f"{what} to order {n}",
        f"series of order {n}",
        f"the error is of order {n + 1} in the spectral radius",
        f"dense linear algebra, matrices of {', '.join(map(str, counts))} rows, {len(RADII)} radii",
        f"{criterion(n + 1)}, for each size",
        all(slope.is_order(n + 1) for slope in slopes),
        tuple((f"slope, N = {count}", str(slope)) for count, slope in zip(counts, slopes, strict=True)),
    )


def _kernels(predict: Predictions, clusters: Clusters) -> tuple[Check, ...]:
    """The printed lines, by their kernels: all of order 1, so that errors are of order 2."""
    by_matrices = {"32": "inverse", "41": "determinant"}
    found = []
    for line, what in {**by_matrices, "33": "inverse", "44": "determinant"}.items():
        kernel, errors = predict.kernel(line), []
        for radius in RADII:
            at = clusters.at_radius(radius)
            if line in by_matrices:
                predicted = kernel(K_diag=np.diag(at.m), K_off=at.off)
            else:
                predicted = kernel(m=at.m, q=at.q, r=at.r) if what == "inverse" else kernel(m=at.m)
            exact = np.linalg.inv(at.covariance) if what == "inverse" else np.linalg.det(at.covariance)
            errors.append(float(np.linalg.norm(np.atleast_1d(predicted - exact))))
        slope = fit_slope(RADII, errors)
        found.append(
            Check(
                f"{what} of the covariance, line ({line})",
                f"({line})",
                "the error is of order 2 in the spectral radius",
                f"dense linear algebra, {len(clusters.m)} clusters, {len(RADII)} radii",
                criterion(2),
                slope.is_order(2),
                (("slope", str(slope)), ("error at the largest radius", digits(errors[0]))),
            )
        )
    return tuple(found)


def _remainder(predict: Predictions, series: Expr, remainder: Expr, clusters: Clusters) -> Check:
    total, rest = (
        predict.expression("inverse to order 3", series, SCOPE),
        predict.expression("remainder of order 3", remainder, SCOPE),
    )
    found = []
    for radius in (0.1, 0.5, FAR[-1]):
        at = clusters.at_radius(radius)
        parts = {"A": np.diag(at.m), "F": at.off}
        found.append(relative(np.linalg.inv(at.covariance) - total(**parts), rest(**parts)))
    return Check(
        "remainder of the inverse",
        "remainder of order 3",
        "what the series leaves out, in closed form, whether it converges or not",
        f"dense linear algebra, {len(clusters.m)} clusters, spectral radii 0.1, 0.5 and {FAR[-1]:g}",
        f"the relative difference is below {ROUNDING:g}",
        max(found) <= ROUNDING,
        (("largest relative difference", digits(max(found))),),
    )


def _divergence(predict: Predictions, series: dict[int, Expr], clusters: Clusters) -> tuple[Check, np.ndarray]:
    errors = np.zeros((len(FAR), len(HIGH)))
    for a, radius in enumerate(FAR):
        at = clusters.at_radius(radius)
        exact = np.linalg.inv(at.covariance)
        for b, n in enumerate(HIGH):
            found = predict.expression(f"inverse to order {n}", series[n], SCOPE)(A=np.diag(at.m), F=at.off)
            errors[a, b] = np.linalg.norm(found - exact)
    growth = (errors[:, -1] / errors[:, -2]) ** (1 / (HIGH[-1] - HIGH[-2]))
    off = float(np.max(np.abs(growth / np.array(FAR) - 1)))
    check = Check(
        "where the series diverges",
        f"series of orders {', '.join(map(str, HIGH))}",
        "each order multiplies the error by the spectral radius, in high orders",
        f"dense linear algebra, {len(clusters.m)} clusters, spectral radii {', '.join(f'{r:g}' for r in FAR)}",
        f"from order {HIGH[-2]} to {HIGH[-1]} the growth for each order is the spectral radius within {GROWTH:.0%}",
        off <= GROWTH,
        tuple((f"growth at {radius:g}", digits(float(g))) for radius, g in zip(FAR, growth, strict=True)),
    )
    return check, errors


EXPERIMENT = Experiment(
    "inverse-series",
    ("inference-2024-07", "inference-2024-04"),
    "Neumann series and log-determinant",
    ("32", "33", "41", "44"),
    run,
)
