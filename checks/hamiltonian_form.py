r"""The kinetic energy, the loss and the Hamiltonian of the clusters, line by line, against dense linear algebra.

The kinetic part is $\frac12 \sum_d v^{(d)T} K v^{(d)}$ with $K_{ii} = m_i$ and $K_{ij} = q_i q_j / |r_i - r_j|$, a
dense matrix. The loss is that of a Gaussian with the second moments $E[x_i x_j] = \epsilon^2 m_i m_j$ and the Gaussian
prior over the positions, in closed form with `slogdet` and an inverse.

- (51)-(56), (58): equal to the kinetic part, to rounding.
- (57), (59): errors of order 2 in an inverse distance, as corrected, and none with the remainder in closed form that
  belongs to the line; (57) as printed has another sign, and (59) as printed an error of order 1.
- (65)-(67), and (68) less (69) less (70): the loss, with errors of order 2. As printed (65), (66), (69) and (70) fail.

Errors are root mean squares over several draws, since parts of both signs nearly cancel in some of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from checks.check import Check, Kernel, Outcome, Size, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.gaussians import Clusters
from checks.predictions import BOTH, RIGHT, Predictions, Which
from checks.scores import relative
from checks.slopes import criterion, fit_slope
from derive import kernels
from derive.compile import expression_input
from derive.errors import DeriveError
from derive.expansions import expand

SCALES = tuple(2.0**-k for k in range(5, 12))
"""Inverse distances, relative to those at which the covariances have the spectral radius 1, relative to the masses."""
EXACT = 1e-12
DRAWN, PARTICLES = {"quick": 5, "full": 20}, {"quick": 6, "full": 40}
EPSILON = 1.3
Exact = Callable[[Clusters], float]


def kinetic(at: Clusters) -> float:
    """Half of v K v, summed over the components."""
    return 0.5 * float(np.trace(at.v.T @ at.covariance @ at.v))


def loss(at: Clusters) -> float:
    """Minus the log of the prior, plus the cross-entropy of the Gaussian at the second moments of (64)."""
    count, dimensions = at.v.shape
    entropy = np.linalg.slogdet(at.covariance)[1]
    moments = EPSILON**2 * np.outer(at.m, at.m)
    form = np.trace(np.linalg.inv(at.covariance) @ moments)
    constant = (dimensions + 1) * count * np.log(2 * np.pi) / 2
    return float(constant + (1 - dimensions) * entropy / 2 + form / 2) + kinetic(at)


def run(predict: Predictions, size: Size) -> Outcome:
    draw = np.random.default_rng(SEED)
    drawn = [Clusters.drawn(PARTICLES[size], draw).at_radius(1.0) for _ in range(DRAWN[size])]
    checks = [_equality(predict, line, drawn) for line in ("51", "52", "53", "54", "55", "56", "58")]
    curves = {}
    for line in ("57", "59", "65", "66", "67", "69", "70"):
        for which in BOTH if predict.is_refuted(line) else RIGHT:
            errors = _errors(predict, line, which, drawn)
            curves[line, which] = errors
            slope, is_kinetic = fit_slope(SCALES, errors), line in ("57", "59")
            left = _left_over(predict, line, which, drawn) if is_kinetic else 0.0
            more = f", and with its remainder the relative difference is below {EXACT:g}" if is_kinetic else ""
            check = Check(
                ("kinetic energy" if is_kinetic else "loss") + f", line ({line})",
                f"({line})",
                "the error is of order 2 in an inverse distance"
                + (", and is the remainder of the line" if more else ""),
                f"dense linear algebra, {DRAWN[size]} draws of {PARTICLES[size]} clusters, {len(SCALES)} distances",
                criterion(2) + more,
                slope.is_order(2) and left <= EXACT,
                (
                    ("slope", str(slope)),
                    ("error at the smallest distance", digits(errors[0])),
                    *((("relative difference with the remainder", digits(left)),) if is_kinetic else ()),
                ),
            )
            checks.append(told_apart(check) if which == "as printed" else check)

    def panel(lines: tuple[str, ...], title: str) -> Callable:
        def drawn_on(axes) -> None:
            for line in lines:
                for which in BOTH:
                    if (line, which) not in curves:
                        continue
                    label = f"({line}) {which}" if which != "right" else f"({line})"
                    slope = fit_slope(SCALES, curves[line, which])
                    style = "o-" if which == "right" else "s--"
                    axes.loglog(SCALES, curves[line, which], style, markersize=3, label=f"{label}: {slope.value:.2f}")
            axes.set(title=title, xlabel="inverse distance", ylabel="error")
            axes.legend(title="line: slope", fontsize="small")

        return drawn_on

    return Outcome(
        tuple(checks), (panel(("57", "59"), "kinetic energy"), panel(("66", "69", "70"), "loss and Hamiltonian"))
    )


def _equality(predict: Predictions, line: str, drawn: list[Clusters]) -> Check:
    kernel = predict.kernel(line)

    def value(at: Clusters) -> float:
        if line == "51":
            return float(kernel(v=at.v, K_diag=np.diag(at.m), K_off=at.off))
        return float(kernel(m=at.m, q=at.q, r=at.r, v=at.v))

    worst = max(relative(kinetic(at), value(at)) for at in drawn)
    return Check(
        f"kinetic energy, line ({line})",
        f"({line})",
        "half of v K v",
        f"dense linear algebra, {len(drawn)} draws of {len(drawn[0].m)} clusters",
        f"the relative difference is below {EXACT:g}",
        worst <= EXACT,
        (("largest relative difference", digits(worst)),),
    )


@cache
def _remainder(paper: str, line: str) -> Kernel:
    """What a line leaves out, in closed form and exactly; its derivation starts from the line as corrected."""
    series = expand(paper, line, order=2, parameter="s", side="step", without=("momentum", "potential"))
    if not series.is_exact:
        raise DeriveError(f"the remainder of ({line}) is not known in closed form")
    return kernels.compile(expression_input(f"remainder of {line}", series.sum, series.scope))


def _left_over(predict: Predictions, line: str, which: Which, drawn: list[Clusters]) -> float:
    """The relative difference of the kernel plus the remainder from the kinetic energy."""
    kernel, remainder = predict.kernel(line, which), _remainder(predict.paper.id, line)
    found = []
    for at in drawn:
        # The vector potential by dense matrices: charges times velocities, over distances.
        rest = remainder(A=(at.off / at.q[:, None]) @ at.v, m=at.m, q=at.q)
        found.append(relative(kinetic(at), float(kernel(m=at.m, q=at.q, r=at.r, v=at.v)) + float(rest)))
    return max(found)


def _errors(predict: Predictions, line: str, which: Which, drawn: list[Clusters]) -> list[float]:
    kernel = predict.kernel(line, which)
    constant = predict.kernel("68")
    rest = {name: predict.kernel(name) for name in {"69": ("70",), "70": ("69",)}.get(line, ())}
    exact = kinetic if line in ("57", "59") else loss

    def value(at: Clusters) -> float:
        count, dimensions = at.v.shape
        given = {"m": at.m, "q": at.q, "r": at.r, "v": at.v}
        if line in ("57", "59"):
            return float(kernel(**given))
        if line in ("65", "66", "67"):
            return float(kernel(**given, epsilon=EPSILON))
        first: Kernel = kernel if line == "69" else rest["69"]
        second: Kernel = kernel if line == "70" else rest["70"]
        mass = float(first(m=at.m, epsilon=EPSILON, D=dimensions))
        return float(constant(N=count, D=dimensions)) - mass - float(second(**given, epsilon=EPSILON))

    found = []
    for scale in SCALES:
        moved = [Clusters(at.m, at.q, at.r / scale, at.v) for at in drawn]
        found.append(float(np.sqrt(np.mean([(value(at) - exact(at)) ** 2 for at in moved]))))
    return found


EXPERIMENT = Experiment(
    "hamiltonian-form",
    ("inference-2024-07", "inference-2024-04"),
    "Kinetic energy, loss and Hamiltonian of the clusters",
    ("51", "52", "53", "54", "55", "56", "57", "58", "59", "65", "66", "67", "68", "69", "70"),
    run,
)
