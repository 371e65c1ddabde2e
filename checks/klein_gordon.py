r"""Klein-Gordon fields on periodic lattices in one, two and three dimensions: modes, growth, energies.

The simulation runs updates with `numpy.roll` from random fields. Each Fourier mode of a run obeys a recursion of two
steps. Its two factors of amplification are fitted to the run alone, with no knowledge of the update. What is predicted
comes through kernels: the factors of a rule are the eigenvalues of what its kernel does to each mode (von Neumann).
Lines for three dimensions are used in one and two with a single site along the other axes; claims for any number D have
a kernel for each.

- Factors of all modes by (3.13) and (3.19) at the printed step, with the claims of their operator L, and by the rule
  with a step in time that is shorter than the spacing.
- The growth of the whole field, late in a run, by the largest factor.
- The frequency of each mode of a run, against the dispersion relations of the lattice.
- Energies: by the first rule the energy grows to what the claims say in each step; by the second one another energy
  stays as it is, to rounding.
- The tensors (3.8) make the field of (3.13) with (3.8a) corrected; as printed they make another one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks.check import Check, Outcome, Size, called, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.lattice_modes import (
    EXACT,
    amplifications,
    apart,
    check_of_factors,
    check_of_growth,
    factors_of_modes,
    momenta,
)
from checks.lattice_steps import laplacian, modes, on_three_axes
from checks.predictions import BOTH, Predictions
from checks.scores import relative

SITES = {"quick": {1: 16, 2: 8, 3: 4}, "full": {1: 64, 2: 32, 3: 16}}
MASS = 0.6
STABLE = 0.45
"""A step at which the second rule is stable in three dimensions: τ² (m² + 12) < 4."""
KEPT = 1e-11
LATE = {"3.13": 60, "3.19": 40}

Rule = Callable[[np.ndarray, np.ndarray, float], np.ndarray]


def explicit(phi: np.ndarray, new: np.ndarray, step: float) -> np.ndarray:
    """The field after next by the first rule; axis 0 counts runs."""
    return 2 * new - phi + step**2 * (laplacian(phi, phi.ndim - 1) - MASS**2 * phi)


def leapfrog(phi: np.ndarray, new: np.ndarray, step: float) -> np.ndarray:
    """The field after next by the second rule."""
    return 2 * new - phi + step**2 * (laplacian(new, new.ndim - 1) - MASS**2 * new)


RULES: tuple[tuple[str, Rule, float], ...] = (
    ("3.13", explicit, 1.0),
    ("claim-first-rule", explicit, 1.0),
    ("3.19", leapfrog, 1.0),
    ("claim-second-rule", leapfrog, 1.0),
    ("claim-any-rule", leapfrog, STABLE),
)


CASES: tuple[tuple[Rule, float], ...] = ((explicit, 1.0), (leapfrog, 1.0), (leapfrog, STABLE))


def run(predict: Predictions, size: Size) -> Outcome:
    checks, sites = [], SITES[size]
    measured: dict[tuple[Rule, float], dict[int, np.ndarray]] = {
        (rule, step): {d: _measured(rule, step, side, d) for d, side in sites.items()} for rule, step in CASES
    }
    for line, rule, step in RULES:
        found = measured[rule, step]
        worst = [apart(found[d], _predicted(predict, line, side, d)) for d, side in sites.items()]
        said = "von Neumann's factors of every mode"
        checks.append(check_of_factors(f"({line}), τ = {step:g}", f"({line})", said, sites, worst))
    checks += [_growth(predict, "3.13", explicit, sites), _growth(predict, "3.19", leapfrog, sites)]
    squares = {
        "claim-dispersion": {d: -((found - 1) ** 2) for d, found in measured[explicit, 1.0].items()},
        "claim-any-dispersion": {d: (2 - x - 1 / x) / STABLE**2 for d, x in measured[leapfrog, STABLE].items()},
    }
    checks += [_dispersion(predict, line, found, sites) for line, found in squares.items()]
    checks += [*_grows(predict), *_kept(predict), *_tensors(predict)]
    spectrum, momentum, curve = _spectrum(predict)

    def dispersion(axes) -> None:
        extent = (-np.pi, np.pi, 0, np.pi / STABLE)
        axes.imshow(spectrum, origin="lower", aspect="auto", extent=extent, cmap="magma", interpolation="nearest")
        axes.plot(momentum, curve, "--", color="cyan", linewidth=0.8, label="claim-any-dispersion")
        axes.set(title="spectrum of a run, second rule", xlabel="momentum", ylabel="frequency")
        axes.legend()

    def factors(axes) -> None:
        circle = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
        axes.plot(np.real(circle), np.imag(circle), "-", color="black", linewidth=0.6)
        for name, values in (
            ("(3.13)", measured[explicit, 1.0][3]),
            ("(3.19)", measured[leapfrog, 1.0][3]),
            (f"second rule, τ = {STABLE}", measured[leapfrog, STABLE][3]),
        ):
            axes.plot(np.real(values).ravel(), np.imag(values).ravel(), ".", markersize=3, label=name)
        axes.set(title="factors of all modes, D = 3", xlabel="Re λ", ylabel="Im λ", xscale="symlog")
        axes.legend(fontsize="small")

    def band(axes) -> None:
        p = momenta(sites[3], 3).reshape(3, -1)
        found = np.real(squares["claim-any-dispersion"][3]).mean(axis=1)
        axes.plot(np.sqrt(np.sum(p**2, axis=0)), np.sqrt(found), ".", markersize=3, label="modes of a run")
        line = np.linspace(0, np.pi, 60)
        for name, direction in (("axis", (1, 0, 0)), ("diagonal", (1, 1, 1))):
            predicted = _frequencies(predict, "claim-any-dispersion", np.outer(direction, line))
            axes.plot(line * np.sqrt(sum(direction)), np.sqrt(predicted), "-", label=name)
        axes.set(title="dispersion, D = 3", xlabel="|p|", ylabel="ω")
        axes.legend()

    return Outcome(tuple(checks), (dispersion, factors, band))


def _run(rule: Rule, start: np.ndarray, count: int, step: float) -> np.ndarray:
    """Fields (count, runs, …) from pairs of first fields (2, runs, …)."""
    found = [start[0], start[1]]
    while len(found) < count:
        found.append(rule(found[-2], found[-1], step))
    return np.array(found)


def _measured(rule: Rule, step: float, side: int, dimensions: int) -> np.ndarray:
    """Factors of amplification (modes, 2) that are fitted to four runs from random fields."""
    start = np.random.default_rng(SEED).normal(size=(2, 4, *[side] * dimensions))
    fields = np.moveaxis(_run(rule, start, 4, step), 1, -1)
    states = modes(fields, dimensions)
    before = np.concatenate((states[:, 0:2], states[:, 1:3]), axis=2)
    return amplifications(before, np.concatenate((states[:, 1:3], states[:, 2:4]), axis=2))


def _predicted(predict: Predictions, line: str, side: int, dimensions: int) -> np.ndarray:
    """Factors (modes, 2): the eigenvalues of what the kernel does to each mode."""
    if line == "claim-any-rule":
        kernel = predict.kernel(line, dimensions=dimensions)
    else:
        kernel = predict.kernel(line)

    def update(state: np.ndarray) -> np.ndarray:
        old, new = (on_three_axes(one, dimensions) if line != "claim-any-rule" else one for one in state)
        if line == "claim-any-rule":
            found = kernel(new, old, m=MASS * STABLE, c=STABLE)
        elif line in ("3.13", "claim-first-rule"):
            found = kernel(old, new, m=MASS)
        else:
            found = kernel(new, old, m=MASS)
        return np.array([state[1], found.reshape(state[1].shape)])

    return factors_of_modes(update, 2, (side,) * dimensions)


def _growth(predict: Predictions, line: str, rule: Rule, sites: dict[int, int]) -> Check:
    draw, found, steps = np.random.default_rng(SEED), {}, LATE[line]
    for dimensions, side in sites.items():
        fields = _run(rule, draw.normal(size=(2, 1, *[side] * dimensions)), 2 * steps, 1.0)
        norms = np.log(np.sqrt(np.sum(fields**2, axis=tuple(range(1, fields.ndim)))))
        measured = np.polyfit(np.arange(steps), norms[steps:], 1)[0]
        predicted = np.log(np.max(np.abs(_predicted(predict, line, side, dimensions))))
        found[dimensions] = float(measured), float(predicted)
    return check_of_growth(f"({line})", f"({line})", 2 * steps, found)


def _frequencies(predict: Predictions, line: str, momentum: np.ndarray) -> np.ndarray:
    """ω² at momenta (D, count), from the kernel of a dispersion relation on a field of ones."""
    dimensions, found = len(momentum), []
    for p in momentum.T:
        cosines = np.cos(p)
        if line == "claim-any-dispersion":
            kernel = predict.kernel(line, dimensions=dimensions)
            found.append(kernel(np.ones((1,) * dimensions), cosines, m=MASS, c=1.0).item())
        else:
            cosines = np.concatenate((cosines, np.ones(3 - dimensions)))
            found.append(predict.kernel(line)(np.ones((1, 1, 1)), m=MASS, c=cosines).item())
    return np.array(found)


def _dispersion(predict: Predictions, line: str, found: dict[int, np.ndarray], sites: dict[int, int]) -> Check:
    worst = []
    for dimensions, measured in found.items():
        predicted = _frequencies(predict, line, momenta(sites[dimensions], dimensions).reshape(dimensions, -1))
        worst.append(float(np.max(np.abs(measured - predicted[:, None]))))
    how = "(λ - 1)² = -ω²" if line == "claim-dispersion" else f"λ + 1/λ = 2 - τ² ω² at τ = {STABLE}"
    return Check(
        "frequencies of all modes",
        f"({line})",
        "ω² of each mode, from the kernel of the dispersion relation",
        f"{how}, from the factors of runs on lattices of {', '.join(f'{n}^{d}' for d, n in sites.items())} sites",
        f"no ω² is off by more than {10 * EXACT:g}",
        max(worst) <= 10 * EXACT,
        tuple((f"largest difference, D = {d}", digits(one)) for d, one in zip(sites, worst, strict=True)),
    )


def _grows(predict: Predictions) -> list[Check]:
    """Twice the energy (3.5) after a step, by both claims: in three dimensions, and in all."""
    checks = []
    for line, cases in (("claim-energy-grows", (3,)), ("claim-any-growth", (1, 2, 3))):
        worst = 0.0
        for dimensions in cases:
            phi, beta = np.random.default_rng(SEED).normal(size=(2, *[SITES["quick"][dimensions]] * dimensions))
            claim = predict.kernel(line, dimensions=dimensions if len(cases) > 1 else None)
            for _ in range(20):
                predicted = called(claim, phi=phi, beta=beta, m=MASS, c=1.0)
                phi, beta = phi + beta, beta + laplacian(phi) - MASS**2 * phi
                energy = float(np.sum(beta**2 + phi * (MASS**2 * phi - laplacian(phi))))
                worst = max(worst, abs(float(predicted) / energy - 1))
        checks.append(
            Check(
                f"energy after a step of the first rule, D = {', '.join(map(str, cases))}",
                f"({line})",
                "the energy (3.5) after each step, from the fields before it",
                "runs of 20 steps of (3.9) and (3.10) from random fields",
                f"the relative difference is below {KEPT:g} in each step",
                worst <= KEPT,
                (("largest relative difference", digits(worst)),),
            )
        )
    return checks


def _kept(predict: Predictions) -> list[Check]:
    """What the second rule keeps, in a stable run; at the printed step by one step."""
    worst, ranges = 0.0, []
    for dimensions, side in SITES["quick"].items():
        start = np.random.default_rng(SEED).normal(size=(2, 1, *[side] * dimensions))
        fields = _run(leapfrog, start, 400, STABLE)[:, 0]
        claim = predict.kernel("claim-any-energy", dimensions=dimensions)
        predicted = claim(fields[1], fields[0], m=MASS * STABLE, c=STABLE)
        kinetic = np.sum((fields[1:] - fields[:-1]) ** 2, axis=tuple(range(1, fields.ndim)))
        measured = [_second_energy(fields[n], fields[n + 1], STABLE) for n in range(1, 399)]
        worst = max(worst, relative(measured, predicted))
        ranges.append(float(np.ptp(kinetic) / np.mean(kinetic)))
    old, phi, new = _run(leapfrog, np.random.default_rng(SEED).normal(size=(2, 1, 4, 4, 4)), 3, 1.0)[:, 0]
    once = relative(_second_energy(phi, new, 1.0), predict.kernel("claim-energy-conserved")(phi, old, m=MASS))
    return [
        Check(
            "energy kept by the second rule",
            "(claim-any-energy)",
            "an energy of two neighbouring times stays what it is at the start, while its kinetic part does not",
            f"runs of 400 steps with τ = {STABLE} in one, two and three dimensions from random fields",
            f"its relative change is below {KEPT:g}, and the kinetic part changes by a tenth or more",
            bool(worst <= KEPT and min(ranges) > 0.1),
            (("relative change", digits(worst)), ("smallest range of the kinetic part", digits(min(ranges)))),
        ),
        Check(
            "energy kept by (3.19)",
            "(claim-energy-conserved)",
            "the energy of two neighbouring times is that of the two before",
            "a step in three dimensions from random fields",
            f"its relative change is below {KEPT:g}",
            once <= KEPT,
            (("relative change", digits(once)),),
        ),
    ]


def _second_energy(phi: np.ndarray, new: np.ndarray, step: float) -> float:
    return float(np.sum((new - phi) ** 2) + step**2 * np.sum(new * (MASS**2 * phi - laplacian(phi))))


def _tensors(predict: Predictions) -> list[Check]:
    """Fields by (3.7) with the tensors (3.8), against the recursion (3.13)."""
    side = 4
    start = np.random.default_rng(SEED).normal(size=(2, side, side, side))
    expected = _run(explicit, np.array([start[0], start[0] + start[1]])[:, None], 8, 1.0)[-1, 0]
    sizes = {f"N_{n}": side for n in (1, 2, 3)}
    bias, weight, learned = (predict.kernel(line)(**sizes) for line in ("3.8b", "3.8c", "3.8d"))
    activate, learn = predict.kernel("3.7a"), predict.kernel("3.7b")
    checks = []
    for which in BOTH:
        tensor = predict.kernel("3.8a", which)(m=MASS, **sizes)
        phi, pi = start
        for _ in range(7):
            phi, pi = (
                activate(phi=phi, pi=pi, W=weight, B=bias),
                learn(phi=phi, pi=pi, A=tensor, V=learned),
            )
        difference = relative(expected, phi)
        check = Check(
            "the tensors of activation and learning",
            "(3.8a), (3.7a), (3.7b), (3.8b), (3.8c), (3.8d)",
            "the update (3.7) with the tensors (3.8) gives the field of (3.13)",
            "seven steps in three dimensions from random fields",
            f"the relative difference is below {KEPT:g}",
            difference <= KEPT,
            (("relative difference", digits(difference)),),
        )
        checks.append(told_apart(check) if which == "as printed" else check)
    return checks


def _spectrum(predict: Predictions, sites: int = 128, steps: int = 512) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The power of a run in one dimension by frequency and momentum, for the picture, and the predicted curve."""
    draw = np.random.default_rng(SEED)
    fields = _run(leapfrog, draw.normal(size=(2, 1, sites)), steps, STABLE)[:, 0] * np.hanning(steps)[:, None]
    power = np.log10(np.abs(np.fft.fftshift(np.fft.fft2(fields), axes=1))[: steps // 2] + 1e-3)
    p = np.linspace(-np.pi, np.pi, 200)
    squared = np.maximum(_frequencies(predict, "claim-any-dispersion", p[None]), 0)
    return power, p, 2 * np.arcsin(np.clip(STABLE * np.sqrt(squared) / 2, 0, 1)) / STABLE


EXPERIMENT = Experiment(
    "klein-gordon-lattice",
    ("fields-2024",),
    "Klein-Gordon fields on lattices",
    (
        *("3.7a", "3.7b", "3.8a", "3.8b", "3.8c", "3.8d", "3.13", "3.19"),
        *("claim-dispersion", "claim-first-rule", "claim-second-rule", "claim-energy-grows", "claim-energy-conserved"),
        *("claim-any-dispersion", "claim-any-rule", "claim-any-energy", "claim-any-growth"),
    ),
    run,
)
