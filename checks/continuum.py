r"""Convergence of lattice fields to the continuum with the spacing a, in one, two and three dimensions.

Here the kernels run: steps of the exported rules, on lattices that become finer. They are held against solutions of the
field equations on a torus of side 2π by Fourier modes, with momenta of 0 and ±1 in each direction; of these no
lattice is needed.

- Klein-Gordon fields by the second rule, with steps in time in proportion to the spacing: order 2.
- Dirac fields by (4.26), with steps in proportion to the square of the spacing, since the rule grows: order 1.
- Dirac fields by unit weights with the mass in the biases, in one dimension, with steps in proportion to the spacing:
  order 1. The rule does not grow.
- (3.13) with the printed step, which is as long as the spacing, does not converge.
"""

from __future__ import annotations

import itertools

import numpy as np

from checks.check import Check, Outcome, Size, digits
from checks.experiment import SEED, Experiment
from checks.lattice_steps import laplacian, matrices, on_three_axes
from checks.predictions import Predictions
from checks.scores import relative
from checks.slopes import criterion, fit_slope

COUNTS = {
    "quick": {1: (32, 64, 128, 256), 2: (16, 24, 32, 48), 3: (12, 16, 20, 24)},
    "full": {1: (32, 64, 128, 256, 512), 2: (16, 24, 32, 48, 64, 96), 3: (12, 16, 20, 24, 32, 40)},
}
"""Sites along each direction."""
HIGH = {"quick": {1: (48, 64, 96, 128), 2: (24, 32, 40, 48), 3: (16, 20, 24, 28)}, "full": {
    1: (48, 64, 96, 128, 192, 256), 2: (24, 32, 40, 48, 64), 3: (16, 20, 24, 28, 32, 40)}}  # fmt: skip
"""For Dirac fields, whose errors of second order are larger beside those of the first."""
COURANT = 0.5
"""The step over the spacing, or over its square for (4.26)."""
END, SHORT, LATE = np.pi / 2, 0.5, 4.0
"""The time at which fields are held against each other: after half as many steps as sites; for (4.26); for (3.13)."""
MASS, WILSON = 0.6, 0.2
SAME = 1e-10
"""Rounding errors that grow by up to 2.3 in each of ten steps."""
CHI = matrices()
STABLE = (
    *("claim-other-activation", "claim-other-learning-after", "claim-massive-biases"),
    *("claim-unit-weights", "claim-difference", "claim-sum"),
)
"""The lines of the rule with unit weights."""


def run(predict: Predictions, size: Size) -> Outcome:
    curves: dict[str, tuple[list[float], list[float]]] = {}
    checks = []
    for name, lines, order, counts, error in (
        ("Klein-Gordon", ("claim-any-rule",), 2, COUNTS[size], _klein_gordon),
        ("Dirac", ("4.26a", "4.26b"), 1, HIGH[size], _dirac),
        ("unit weights", STABLE, 1, {1: HIGH[size][1]}, _unit_weights),
    ):
        for dimensions, sites in counts.items():
            spacings = [2 * np.pi / n for n in sites]
            errors = [error(predict, n, dimensions) for n in sites]
            curves[f"{name}, D = {dimensions}"] = spacings, errors
            slope = fit_slope(spacings, errors)
            checks.append(
                Check(
                    f"{name} fields, D = {dimensions}",
                    ", ".join(f"({line})" for line in lines),
                    f"the field converges to that of the continuum with order {order} in the spacing",
                    f"the solution by Fourier modes, lattices of {', '.join(map(str, sites))} sites along a direction",
                    criterion(order),
                    slope.is_order(order),
                    (("slope", str(slope)), ("error at the largest spacing", digits(errors[0]))),
                )
            )
    printed = [_printed(predict, n) for n in COUNTS[size][1]]
    grown, same = [one[0] for one in printed], max(one[1] for one in printed)
    checks.append(
        Check(
            "no convergence at the printed step",
            "(3.13)",
            "with a step as long as the spacing the error grows when both are made smaller",
            f"the solution by Fourier modes, lattices of {', '.join(map(str, COUNTS[size][1]))} sites; the same steps"
            " with `numpy.roll`",
            "the error of the last lattice is a thousand times that of the first, and the first ten steps are those of"
            f" the simulation to {SAME:g}",
            grown[-1] > 1000 * grown[0] and same <= SAME,
            (
                *(("first error", digits(grown[0])), ("last error", digits(grown[-1]))),
                ("relative difference of the first ten steps", digits(same)),
            ),
        )
    )

    def spacing(axes) -> None:
        for name, (spacings, errors) in curves.items():
            axes.loglog(spacings, errors, "o-", markersize=3, label=f"{name}: {fit_slope(spacings, errors).value:.2f}")
        axes.loglog([2 * np.pi / n for n in COUNTS[size][1]], grown, "x--", label="(3.13), τ = a")
        axes.set(title="convergence to the continuum", xlabel="spacing a", ylabel="error", ylim=(1e-6, 1e6))
        axes.legend(title="slope", fontsize="x-small")

    return Outcome(tuple(checks), (spacing,))


def _momenta(dimensions: int) -> np.ndarray:
    return np.array(list(itertools.product((-1, 0, 1), repeat=dimensions)))


def _waves(sites: int, dimensions: int) -> np.ndarray:
    """exp(i k x) at all sites: (momenta, sites of each axis)."""
    x = 2 * np.pi * np.array(np.meshgrid(*[np.arange(sites)] * dimensions, indexing="ij")) / sites
    return np.exp(1j * np.tensordot(_momenta(dimensions), x, 1))


def _scalar(sites: int, dimensions: int, time: float) -> np.ndarray:
    """A solution of the Klein-Gordon equation."""
    k, draw = _momenta(dimensions), np.random.default_rng(SEED)
    amplitude = draw.normal(size=len(k))
    phase = np.sqrt(np.sum(k**2, axis=1) + MASS**2) * time + draw.uniform(0, 2 * np.pi, len(k))
    return np.real(np.tensordot(amplitude * np.exp(-1j * phase), _waves(sites, dimensions), 1))


def _klein_gordon(predict: Predictions, sites: int, dimensions: int) -> float:
    rule = predict.kernel("claim-any-rule", dimensions=dimensions)
    steps = sites // 2
    step = END / steps
    old, new = (_scalar(sites, dimensions, time) for time in (0.0, step))
    for _ in range(steps - 1):
        old, new = new, rule(phi=new, phi_minus_1=old, m=step * MASS, c=step * sites / (2 * np.pi))
    return float(np.max(np.abs(new - _scalar(sites, dimensions, END))))


def _printed(predict: Predictions, sites: int) -> tuple[float, float]:
    """(3.13) on a circle, whose step and spacing are as long: its error, and what its first steps are off by."""
    rule, step = predict.kernel("3.13"), 2 * np.pi / sites
    old, new = (on_three_axes(_scalar(sites, 1, time), 1) for time in (0.0, step))
    runs, same = [old.ravel(), new.ravel()], 0.0
    steps = int(LATE / step)
    for number in range(steps - 1):
        old, new = new, rule(phi=old, phi_plus_1=new, m=step * MASS)
        if number < 10:
            runs.append(2 * runs[-1] - runs[-2] + laplacian(runs[-2]) - (step * MASS) ** 2 * runs[-2])
            same = max(same, relative(runs[-1], new.ravel()))
    return float(np.max(np.abs(new.ravel() - _scalar(sites, 1, steps * step)))), same


def _spinor(sites: int, dimensions: int, time: float) -> tuple[np.ndarray, np.ndarray]:
    """A solution of (4.27), the fields on three axes."""
    from scipy.linalg import expm

    k, draw = _momenta(dimensions), np.random.default_rng(SEED)
    amplitudes = draw.normal(size=(len(k), 8)) + 1j * draw.normal(size=(len(k), 8))
    found = np.zeros((8, *[sites] * dimensions))
    for momentum, amplitude, wave in zip(k, amplitudes, _waves(sites, dimensions), strict=True):
        hop = sum(1j * p * CHI[d + 1] for d, p in enumerate(momentum))
        generator = np.block([[MASS * CHI[0], hop], [-hop, -MASS * CHI[0]]])
        found += np.real(np.multiply.outer(expm(generator * time) @ amplitude, wave))
    found = on_three_axes(found, dimensions)
    return found[:4], found[4:]


def _apart(found: tuple[np.ndarray, np.ndarray], expected: tuple[np.ndarray, np.ndarray]) -> float:
    return float(max(np.max(np.abs(a - b)) for a, b in zip(found, expected, strict=True)))


def _dirac(predict: Predictions, sites: int, dimensions: int) -> float:
    spacing = 2 * np.pi / sites
    steps = int(np.ceil(SHORT / (COURANT * spacing**2)))
    step, (phi, pi) = SHORT / steps, _spinor(sites, dimensions, 0.0)
    first, second = predict.kernel("4.26a"), predict.kernel("4.26b")
    given = {"X": CHI[1:] * step / spacing, "X_0": CHI[0], "m": step * MASS}
    for _ in range(steps):
        phi, pi = first(phi=phi, pi=pi, **given), second(phi=phi, pi=pi, **given)
    return _apart((phi, pi), _spinor(sites, dimensions, SHORT))


def _unit_weights(predict: Predictions, sites: int, dimensions: int) -> float:
    """Steps of χ = φ - π and ω = φ + π, with tensors from their kernels."""
    spacing = 2 * np.pi / sites
    steps = sites // 2
    step, (phi, pi) = END / steps, _spinor(sites, dimensions, 0.0)
    sizes = dict(zip(("N_1", "N_2", "N_3"), phi.shape[1:], strict=True))
    short = step / spacing
    bias = predict.kernel("claim-massive-biases")(
        X=CHI[1:] * short, X_0=CHI[0], m=step * MASS, r=WILSON * short, **sizes
    )
    weight = predict.kernel("claim-unit-weights")(**sizes)
    chi, omega = predict.kernel("claim-difference")(phi=phi, pi=pi), predict.kernel("claim-sum")(phi=phi, pi=pi)
    activate, learn = predict.kernel("claim-other-activation"), predict.kernel("claim-other-learning-after")
    for _ in range(steps):
        chi = activate(W=weight, B=bias, chi=chi, omega=omega)
        omega = learn(B=bias, chi_plus_1=chi, omega=omega)
    return _apart(((omega + chi) / 2, (omega - chi) / 2), _spinor(sites, dimensions, END))


EXPERIMENT = Experiment(
    "lattice-continuum",
    ("fields-2024",),
    "Lattice fields in the continuous limit",
    ("3.13", "claim-any-rule", "4.26a", "4.26b", *STABLE),
    run,
)
