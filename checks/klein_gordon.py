r"""Klein-Gordon fields on periodic lattices in one, two and three dimensions, by the printed updates (3.13) and
(3.19).

The simulation runs the updates with `numpy.roll`, with the time step $\tau$ (one as printed), from random fields. Each
Fourier mode of a run obeys a recursion of two steps. Its two factors of amplification are fitted to the run alone,
with no knowledge of the update, and held against von Neumann's.

- Factors of all modes: (3.13) has $\lambda = 1 \pm i \tau \omega$, so that every mode grows, (3.19) has
  $\lambda + 1/\lambda = 2 - \tau^2 \omega^2$. Both at the printed step, and (3.19) at a step at which it is stable.
- Growth of the whole field, late in a run, by the largest factor.
- (3.8a) with its sign turned gives the same field as (3.13); as printed it gives another one.
- What is conserved: (3.19) keeps $\frac12 |\phi' - \phi|^2 + \frac{\tau^2}{2} \phi' (m^2 - \Delta) \phi$; (3.13)
  multiplies the energy of a mode by $1 + \omega^2$ in each step.
- Convergence to the continuum with the spacing a: (3.19) with $\tau \propto a$ is of order 2 and (3.13) is so with
  $\tau \propto a^2$ only; with $\tau \propto a$ it does not converge.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from checks.check import Check, Outcome, Size, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.lattice_modes import amplifications, apart, check_of_factors, check_of_growth, momenta
from checks.predictions import Predictions
from checks.scores import relative
from checks.slopes import criterion, fit_slope

SITES = {"quick": {1: 16, 2: 8, 3: 4}, "full": {1: 64, 2: 32, 3: 16}}
MASS = 0.6
STABLE = 0.45
"""A step at which (3.19) is stable in three dimensions: τ² (m² + 12) < 4."""
KEPT = 1e-11
LATE = {"explicit": 60, "leapfrog": 40}
SPACINGS = {"quick": (32, 64, 128, 256), "full": (32, 64, 128, 256, 512)}
"""Sites on a circle of length 2π."""
COURANT, END, ENDED = 0.5, 2.0, 1.0

Update = Callable[[np.ndarray, np.ndarray, float], np.ndarray]


def laplacian(phi: np.ndarray, first: int = 0) -> np.ndarray:
    """The sum of second differences over all axes from ``first`` on."""
    found = -2.0 * (phi.ndim - first) * phi
    for axis in range(first, phi.ndim):
        found = found + np.roll(phi, 1, axis) + np.roll(phi, -1, axis)
    return found


def explicit(phi: np.ndarray, new: np.ndarray, step: float, spacing: float = 1.0, mass: float = MASS) -> np.ndarray:
    """The field after next by (3.13); axis 0 counts runs."""
    return 2 * new - phi + step**2 * (laplacian(phi, 1) / spacing**2 - mass**2 * phi)


def leapfrog(phi: np.ndarray, new: np.ndarray, step: float, spacing: float = 1.0, mass: float = MASS) -> np.ndarray:
    """The field after next by (3.19)."""
    return 2 * new - phi + step**2 * (laplacian(new, 1) / spacing**2 - mass**2 * new)


def run(predict: Predictions, size: Size) -> Outcome:
    checks, scattered = [], {}
    for name, update, step in (("(3.13)", explicit, 1.0), ("(3.19)", leapfrog, 1.0), ("(3.19)", leapfrog, STABLE)):
        found = _factors(predict, name, update, step, SITES[size])
        checks.append(found[0])
        scattered[f"{name}, τ = {step:g}"] = found[1]
    checks += [_growth(predict, "(3.13)", explicit, SITES[size]), _growth(predict, "(3.19)", leapfrog, SITES[size])]
    checks += [_kept(), _mode_energy(predict), *_learning_tensor(predict)]
    convergence, curves = _convergence(SPACINGS[size])
    checks += convergence
    spectrum, frequency, curve = _spectrum(predict)

    def dispersion(axes) -> None:
        extent = (-np.pi, np.pi, 0, np.pi / STABLE)
        axes.imshow(spectrum, origin="lower", aspect="auto", extent=extent, cmap="magma", interpolation="nearest")
        axes.plot(frequency, curve, "--", color="cyan", linewidth=0.8, label="predicted")
        axes.set(title="spectrum of a run, (3.19)", xlabel="momentum", ylabel="frequency")
        axes.legend()

    def factors(axes) -> None:
        circle = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
        axes.plot(np.real(circle), np.imag(circle), "-", color="black", linewidth=0.6)
        for name, values in scattered.items():
            axes.plot(np.real(values).ravel(), np.imag(values).ravel(), ".", markersize=3, label=name)
        axes.set(title="factors of all modes, D = 3", xlabel="Re λ", ylabel="Im λ", xscale="symlog")
        axes.legend(fontsize="small")

    def spacing(axes) -> None:
        for name, errors in curves.items():
            axes.loglog([2 * np.pi / n for n in SPACINGS[size]], errors, "o-", label=name)
        axes.set(title="convergence to the continuum", xlabel="spacing a", ylabel="error")
        axes.legend(fontsize="small")

    return Outcome(tuple(checks), (dispersion, factors, spacing))


def _run(update: Update, start: np.ndarray, steps: int, step: float) -> np.ndarray:
    """Fields (steps, runs, …) from pairs of first fields (2, runs, …)."""
    found = [start[0], start[1]]
    while len(found) < steps:
        found.append(update(found[-2], found[-1], step))
    return np.array(found)


def _predicted(predict: Predictions, name: str, sites: int, dimensions: int, step: float) -> np.ndarray:
    """Factors of all modes, shape (2, modes)."""
    frequency = predict.closed_form("frequency of Klein-Gordon modes")(momenta(sites, dimensions), MASS)
    return predict.closed_form(f"amplification of {name}")(frequency, step).reshape(2, -1)


def _factors(
    predict: Predictions, name: str, update: Update, step: float, sites: dict[int, int]
) -> tuple[Check, np.ndarray]:
    draw, worst, shown = np.random.default_rng(SEED), [], np.zeros(0)
    for dimensions, side in sites.items():
        fields = _run(update, draw.normal(size=(2, 4, *[side] * dimensions)), 4, step)
        modes = np.fft.fftn(fields, axes=range(2, 2 + dimensions)).reshape(4, 4, -1)
        pairs = np.stack((modes[:-1], modes[1:]))
        before = pairs[:, :2].transpose(3, 0, 1, 2).reshape(-1, 2, 8)
        after = pairs[:, 1:].transpose(3, 0, 1, 2).reshape(-1, 2, 8)
        shown = amplifications(before, after)
        worst.append(apart(shown, _predicted(predict, name, side, dimensions, step).T))
    said = "von Neumann's factors of every mode"
    return check_of_factors(f"{name}, τ = {step:g}", name, said, sites, worst), shown


def _growth(predict: Predictions, name: str, update: Update, sites: dict[int, int]) -> Check:
    draw, found = np.random.default_rng(SEED), {}
    steps = LATE["explicit" if update is explicit else "leapfrog"]
    for dimensions, side in sites.items():
        fields = _run(update, draw.normal(size=(2, 1, *[side] * dimensions)), 2 * steps, 1.0)
        norms = np.log(np.sqrt(np.sum(fields**2, axis=tuple(range(1, fields.ndim)))))
        measured = np.polyfit(np.arange(steps), norms[steps:], 1)[0]
        predicted = np.log(np.max(np.abs(_predicted(predict, name, side, dimensions, 1.0))))
        found[dimensions] = float(measured), float(predicted)
    return check_of_growth(name, name, 2 * steps, found)


def _kept() -> Check:
    draw = np.random.default_rng(SEED)
    fields = _run(leapfrog, draw.normal(size=(2, 1, 4, 4, 4)), 400, STABLE)
    energies = []
    for phi, new in pairwise(fields[:, 0]):
        potential = np.sum(new * (MASS**2 * phi - laplacian(phi)))
        energies.append(np.sum((new - phi) ** 2) / 2 + STABLE**2 * potential / 2)
    change = float(np.max(np.abs(np.array(energies) / energies[0] - 1)))
    naive = [np.sum((new - phi) ** 2) / 2 for phi, new in pairwise(fields)]
    return Check(
        "energy kept by (3.19)",
        "(3.19)",
        "an energy of two neighbouring times is conserved, while its kinetic part is not",
        "a run of 400 steps in three dimensions from random fields",
        f"its relative change is below {KEPT:g}, and the kinetic part changes by a tenth or more",
        bool(change <= KEPT and np.ptp(naive) > 0.1 * np.mean(naive)),
        (
            ("relative change", digits(change)),
            ("range of the kinetic part", digits(float(np.ptp(naive) / np.mean(naive)))),
        ),
    )


def _mode_energy(predict: Predictions) -> Check:
    """One mode by activation (3.9) and learning (3.10): the energy (3.5), in each step."""
    worst = 0.0
    for dimensions, side in SITES["quick"].items():
        p = momenta(side, dimensions).reshape(dimensions, -1)
        wave = p[:, 1 + side // 3]
        sites = np.array(np.meshgrid(*[np.arange(side)] * dimensions, indexing="ij"))
        phi = np.cos(np.tensordot(wave, sites, 1))
        beta = 0.3 * phi
        frequency = predict.closed_form("frequency of Klein-Gordon modes")(wave, MASS)
        predicted = np.abs(predict.closed_form("amplification of (3.13)")(frequency, 1.0)[0]) ** 2
        energies = []
        for _ in range(20):
            energies.append(np.sum(beta**2 + phi * (MASS**2 * phi - laplacian(phi))) / 2)
            phi, beta = phi + beta, beta + laplacian(phi) - MASS**2 * phi
        worst = max(worst, float(np.max(np.abs(np.array(energies[1:]) / energies[:-1] / predicted - 1))))
    return Check(
        "energy of a mode by (3.9) and (3.10)",
        "(3.13)",
        "each step multiplies the energy of a mode by 1 + ω²",
        "a plane wave in one, two and three dimensions, 20 steps",
        f"the relative difference of every ratio is below {KEPT:g}",
        worst <= KEPT,
        (("largest relative difference", digits(worst)),),
    )


def _learning_tensor(predict: Predictions) -> list[Check]:
    """Fields by (3.7) with the tensors (3.8), against the recursion (3.13)."""
    start = np.random.default_rng(SEED).normal(size=(2, 4, 4, 4))
    expected = _run(explicit, np.array([start[0], start[0] + start[1]])[:, None], 8, 1.0)[-1, 0]
    checks = []
    for form in ("sign turned", "as printed"):
        tensor = predict.closed_form(f"(3.8a), {form}")
        phi, beta = start
        for _ in range(7):
            phi, beta = phi + beta, beta + tensor(-laplacian(phi), phi, MASS)
        difference = relative(expected, phi)
        check = Check(
            "the tensors of activation and learning",
            "(3.8a)",
            "the update with the tensors (3.8) gives the field of (3.13)",
            "seven steps in three dimensions from random fields",
            f"the relative difference is below {KEPT:g}",
            difference <= KEPT,
            (("relative difference", digits(difference)),),
        )
        checks.append(told_apart(check) if form == "as printed" else check)
    return checks


def _continuum(x: np.ndarray, time: float, mass: float = MASS) -> np.ndarray:
    """The exact solution on a circle whose field at time 0 is a wave packet at rest, by its Fourier series."""
    modes = 2 * len(x)
    fine = 2 * np.pi * np.arange(modes) / modes
    k = np.fft.fftfreq(modes, 1 / modes)
    spectrum = np.fft.fft(np.exp(4 * (np.cos(fine) - 1))) / modes
    return np.real(np.exp(1j * np.outer(x, k)) @ (spectrum * np.cos(np.sqrt(k**2 + mass**2) * time)))


def _convergence(counts: tuple[int, ...]) -> tuple[list[Check], dict[str, list[float]]]:
    """The step ends at END for the stable updates. Where (3.13) has a step as large as the spacing, it blows up
    first."""
    cases = {
        "(3.19), τ ∝ a": (leapfrog, lambda a: COURANT * a, END),
        "(3.13), τ ∝ a²": (explicit, lambda a: COURANT * a**2, ENDED),
        "(3.13), τ ∝ a": (explicit, lambda a: COURANT * a, END),
    }
    curves: dict[str, list[float]] = {}
    for name, (update, step_of, end) in cases.items():
        curves[name] = []
        for sites in counts:
            spacing = 2 * np.pi / sites
            steps = int(np.ceil(end / step_of(spacing)))
            step, x = end / steps, spacing * np.arange(sites)
            old, new = _continuum(x, 0.0)[None], _continuum(x, step)[None]
            for _ in range(steps - 1):
                old, new = new, update(old, new, step, spacing, MASS)
            curves[name].append(float(np.max(np.abs(new[0] - _continuum(x, end)))))
    spacings, checks = [2 * np.pi / n for n in counts], []
    for name in ("(3.19), τ ∝ a", "(3.13), τ ∝ a²"):
        slope = fit_slope(spacings, curves[name])
        checks.append(
            Check(
                f"convergence of {name}",
                name.split(",")[0],
                "the field converges to that of the continuum with order 2 in the spacing",
                f"the Fourier series of the solution, {len(counts)} lattices of {counts[0]} to {counts[-1]} sites",
                criterion(2),
                slope.is_order(2),
                (("slope", str(slope)), ("error at the largest spacing", digits(curves[name][0]))),
            )
        )
    errors = curves["(3.13), τ ∝ a"]
    checks.append(
        Check(
            "no convergence of (3.13), τ ∝ a",
            "(3.13)",
            "with a step in proportion to the spacing the error grows when both are made smaller",
            f"the Fourier series of the solution, {len(counts)} lattices of {counts[0]} to {counts[-1]} sites",
            "the error of the last lattice is a thousand times that of the first",
            errors[-1] > 1000 * errors[0],
            (("first error", digits(errors[0])), ("last error", digits(errors[-1]))),
        )
    )
    return checks, curves


def _spectrum(predict: Predictions, sites: int = 128, steps: int = 512) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The power of a run in one dimension by frequency and momentum, for the picture, and the predicted curve."""
    draw = np.random.default_rng(SEED)
    fields = _run(leapfrog, draw.normal(size=(2, 1, sites)), steps, STABLE)[:, 0] * np.hanning(steps)[:, None]
    power = np.log10(np.abs(np.fft.fftshift(np.fft.fft2(fields), axes=1))[: steps // 2] + 1e-3)
    p = np.linspace(-np.pi, np.pi, 200)
    frequency = predict.closed_form("frequency of Klein-Gordon modes")(p[None], MASS)
    factors = predict.closed_form("amplification of (3.19)")(frequency, STABLE)
    return power, p, np.abs(np.angle(factors[0])) / STABLE


EXPERIMENT = Experiment(
    "klein-gordon-lattice",
    ("fields-2024",),
    "Klein-Gordon fields on lattices",
    ("3.8a", "3.9", "3.10", "3.13", "3.19"),
    run,
    "the dispersion relation, the factors of amplification of (3.13) and (3.19), and (3.8a) with both signs",
)
