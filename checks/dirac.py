r"""Dirac fields on periodic lattices by the printed updates, (4.17) in one dimension and (4.26) in two and three.

The fields are $\phi^a$ and $\pi^a$, with two types in one dimension and four in two and three, and the real matrices
of (4.16) and (4.35). The simulation runs the updates with `numpy.roll`; forward differences act on $\pi$ and backward
ones on $\phi$. Modes of runs from random fields are fitted by one matrix each, with no knowledge of the update.

- Factors of amplification of all modes are $1 \pm i \tau \omega_\pm$: with both frequencies, which differ in more than
  one dimension, and each mode grows.
- Growth of the whole field, late in a run.
- In continuous time the charge, half of $|\phi|^2 + |\pi|^2$, is conserved, by DOP853; each printed step in one
  dimension multiplies that of a mode by $1 + \omega^2$.
- Along a run of (4.26) the second difference of φ is that of (4.10), and the change of β that of (4.39b), with the
  signs of both turned; as printed they do not hold.
- In one dimension the field converges to the solution of (4.18) with order 1 in the spacing when $\tau \propto a^2$.
"""

from __future__ import annotations

import numpy as np

from checks.check import Check, Outcome, Size, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.lattice_modes import amplifications, apart, check_of_factors, check_of_growth, momenta
from checks.predictions import Predictions
from checks.scores import relative
from checks.slopes import criterion, fit_slope

SITES = {"quick": {1: 16, 2: 8, 3: 4}, "full": {1: 64, 2: 24, 3: 10}}
MASS = 0.5
KEPT, LONG = 1e-9, 20.0
LATE = 80
RULES = "(4.17) and (4.26)"
SPACINGS = {"quick": (32, 64, 128, 256), "full": (32, 64, 128, 256, 512)}
COURANT, END = 0.5, 1.0


def matrices(dimensions: int) -> np.ndarray:
    """X_0, …, X_D: real and antisymmetric; the first commutes with the others, which anticommute with each other."""
    turn, eye = np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(2)
    if dimensions == 1:
        return np.array([turn, turn])
    first, third = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, -1.0]])
    found = [np.kron(eye, turn), np.kron(first, -turn), np.kron(turn, eye), np.kron(third, -turn)]
    return np.array(found[: dimensions + 1])


def rate(phi: np.ndarray, pi: np.ndarray, spacing: float = 1.0, mass: float = MASS) -> tuple[np.ndarray, np.ndarray]:
    """What a step adds to the fields, over its size. Shapes (K, …, runs): the last axis counts runs."""
    dimensions = phi.ndim - 2
    chi = matrices(dimensions)

    def by(which: int, field: np.ndarray) -> np.ndarray:
        return np.tensordot(chi[which], field, 1)

    first, second = mass * by(0, phi), -mass * by(0, pi)
    for d in range(dimensions):
        first = first + by(d + 1, np.roll(pi, -1, d + 1) - pi) / spacing
        second = second - by(d + 1, phi - np.roll(phi, 1, d + 1)) / spacing
    return first, second


def run(predict: Predictions, size: Size) -> Outcome:
    sites = SITES[size]
    factors, shown = _factors(predict, sites)
    charge, charges = _charge()
    convergence, errors = _convergence(SPACINGS[size])
    recursions = _recursions(predict, sites)
    checks = (factors, _growth(predict, sites), charge, _mode_charge(predict), *recursions, convergence)
    line = np.linspace(-np.pi, np.pi, 200)
    bands = {
        "axis": predict.closed_form("frequencies of Dirac modes")(np.array([line, 0 * line]), MASS),
        "diagonal (p, -p)": predict.closed_form("frequencies of Dirac modes")(np.array([line, -line]), MASS),
    }

    def dispersion(axes) -> None:
        for (name, found), color in zip(bands.items(), ("tab:blue", "tab:red"), strict=True):
            for band, style in zip(found, ("-", "--"), strict=True):
                axes.plot(line, band, style, color=color, label=name if style == "-" else None)
        axes.set(title="two frequencies, D = 2", xlabel="momentum", ylabel="ω")
        axes.legend()

    def circle(axes) -> None:
        for d, values in shown.items():
            axes.plot(np.real(values).ravel(), np.imag(values).ravel(), ".", markersize=3, label=f"D = {d}")
        turn = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
        axes.plot(np.real(turn), np.imag(turn), "-", color="black", linewidth=0.6)
        axes.set(title="factors of all modes", xlabel="Re λ", ylabel="Im λ")
        axes.legend()

    def history(axes) -> None:
        for name, (times, values) in charges.items():
            axes.semilogy(times, values, label=name)
        axes.set(title="charge, D = 3", xlabel="time", ylabel="charge / its start")
        axes.legend(fontsize="small")

    def spacing(axes) -> None:
        axes.loglog([2 * np.pi / n for n in SPACINGS[size]], errors, "o-")
        axes.set(title="convergence to the continuum, D = 1", xlabel="spacing a", ylabel="error")

    return Outcome(checks, (dispersion, circle, history, spacing))


def _start(dimensions: int, side: int, runs: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    types = 2 if dimensions == 1 else 4
    return tuple(draw.normal(size=(2, types, *[side] * dimensions, runs)))


def _steps(phi: np.ndarray, pi: np.ndarray, count: int, step: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    for _ in range(count):
        first, second = rate(phi, pi)
        phi, pi = phi + step * first, pi + step * second
    return phi, pi


def _predicted(predict: Predictions, side: int, dimensions: int) -> np.ndarray:
    """Factors of all modes, shape (modes, components): each of the four as often as it occurs."""
    frequencies = predict.closed_form("frequencies of Dirac modes")(momenta(side, dimensions), MASS).reshape(2, -1)
    found = predict.closed_form("amplification of (4.26)")(frequencies, 1.0).reshape(4, -1).T
    return found if dimensions == 1 else np.repeat(found, 2, axis=1)


def _factors(predict: Predictions, sites: dict[int, int]) -> tuple[Check, dict[int, np.ndarray]]:
    draw, worst, shown = np.random.default_rng(SEED), [], {}
    for dimensions, side in sites.items():
        fields = _start(dimensions, side, 12, draw)
        later = _steps(*fields, 1)
        before, after = (
            np.fft.fftn(np.concatenate(f), axes=range(1, 1 + dimensions)).reshape(len(f[0]) * 2, -1, 12).swapaxes(0, 1)
            for f in (fields, later)
        )
        shown[dimensions] = amplifications(before, after)
        worst.append(apart(shown[dimensions], _predicted(predict, side, dimensions)))
    said = "von Neumann's factors of every mode, with both frequencies"
    return check_of_factors(RULES, "(4.26)", said, sites, worst), shown


def _growth(predict: Predictions, sites: dict[int, int]) -> Check:
    draw, found = np.random.default_rng(SEED), {}
    for dimensions, side in sites.items():
        fields, norms = _start(dimensions, side, 1, draw), []
        for _ in range(2 * LATE):
            fields = _steps(*fields, 1)
            norms.append(np.log(np.sqrt(np.sum(fields[0] ** 2) + np.sum(fields[1] ** 2))))
        measured = float(np.polyfit(np.arange(LATE), norms[LATE:], 1)[0])
        found[dimensions] = measured, float(np.log(np.max(np.abs(_predicted(predict, side, dimensions)))))
    return check_of_growth(RULES, "(4.26)", 2 * LATE, found)


def _charge() -> tuple[Check, dict]:
    """Continuous time, in three dimensions; beside it the printed step, for the picture."""
    from scipy.integrate import solve_ivp

    fields = _start(3, 4, 1, np.random.default_rng(SEED))
    shape = fields[0].shape

    def slope(_: float, state: np.ndarray) -> np.ndarray:
        phi, pi = state.reshape(2, *shape)
        return np.concatenate([part.ravel() for part in rate(phi, pi)])

    start = np.concatenate([f.ravel() for f in fields])
    times = np.linspace(0, LONG, 101)
    found = solve_ivp(slope, (0, LONG), start, "DOP853", times, rtol=1e-11, atol=1e-12).y
    charges = np.sum(found**2, axis=0)
    change = float(np.max(np.abs(charges / charges[0] - 1)))
    half = charges.size // 2
    moved = float(np.linalg.norm(found[:, half] - found[:, 0]) / np.linalg.norm(found[:, 0]))
    stepped = [charges[0]]
    for _ in range(int(LONG)):
        fields = _steps(*fields, 1)
        stepped.append(sum(float(np.sum(f**2)) for f in fields))
    check = Check(
        "charge in continuous time",
        "(4.27)",
        "the lattice equations in continuous time conserve the charge",
        f"DOP853 to the time {LONG:g}, three dimensions, from random fields",
        f"its relative change is below {KEPT:g}, while the fields change by as much as they are",
        bool(change <= KEPT and moved > 0.5),
        (("relative change", digits(change)), ("relative change of the fields", digits(moved))),
    )
    curves = {
        "continuous time": (times, charges / charges[0]),
        "printed step": (np.arange(len(stepped)), np.array(stepped) / charges[0]),
    }
    return check, curves


def _mode_charge(predict: Predictions) -> Check:
    draw, side = np.random.default_rng(SEED), 16
    wave = 2 * np.pi * 3 / side
    phase = wave * np.arange(side)
    a, b = draw.normal(size=(2, 2, 2, 1))
    fields = tuple(a[n] * np.cos(phase) + b[n] * np.sin(phase) for n in range(2))
    fields = tuple(f[..., None] for f in fields)
    charges = []
    for _ in range(20):
        charges.append(sum(float(np.sum(f**2)) for f in fields))
        fields = _steps(*fields, 1)
    frequency = predict.closed_form("frequencies of Dirac modes")(np.array([wave]), MASS)[0]
    predicted = float(np.abs(predict.closed_form("amplification of (4.26)")(frequency, 1.0)[0]) ** 2)
    apart_ = float(np.max(np.abs(np.array(charges[1:]) / charges[:-1] / predicted - 1)))
    return Check(
        "charge of a mode by (4.17)",
        "(4.26)",
        "each printed step multiplies the charge of a mode by 1 + ω²",
        f"a plane wave on {side} sites, 20 steps",
        f"the relative difference of every ratio is below {KEPT:g}",
        apart_ <= KEPT,
        (("largest relative difference", digits(apart_)),),
    )


def _recursions(predict: Predictions, sites: dict[int, int]) -> list[Check]:
    """The largest relative difference over all dimensions, from random fields; B and its transpose by `numpy.roll`."""
    worst: dict[str, float] = {}
    for dimensions, side in sites.items():
        chi = matrices(dimensions)
        fields = [_start(dimensions, side, 1, np.random.default_rng(SEED))]
        for _ in range(2):
            fields.append(_steps(*fields[-1], 1))
        phi = [field[0] for field in fields]
        turn = np.tensordot(chi[0], phi[0], 1)
        # Without a mass the rate of φ is B π, and that of π is -B^T φ.
        beta = [rate(zero, pi, mass=0.0)[0] for zero, pi in ((0 * f[0], f[1]) for f in fields)]
        squared = -rate(phi[0], rate(phi[0], 0 * phi[0], mass=0.0)[1], mass=0.0)[0]
        twice = MASS**2 * np.tensordot(chi[0], turn, 1)
        second, change = phi[2] - 2 * phi[1] + phi[0], beta[1] - beta[0]
        for form in ("sign turned", "as printed"):
            for line, measured, given in (
                ("(4.10)", second, (squared, twice)),
                ("(4.39b)", change, (squared, np.tensordot(chi[0], beta[0], 1), MASS)),
            ):
                name = f"{line}, {form}"
                found = relative(measured, predict.closed_form(name)(*given))
                worst[name] = max(worst.get(name, 0.0), found)
    checks = []
    for name, difference in worst.items():
        line, _, form = name.partition(", ")
        check = Check(
            "second difference along a run" if line == "(4.10)" else "change of the bias along a run",
            line,
            "the equation of second order that activation and learning give together",
            f"runs of (4.26) from random fields on lattices of {', '.join(f'{n}^{d}' for d, n in sites.items())} sites",
            f"the relative difference is below {KEPT:g}",
            difference <= KEPT,
            (("largest relative difference", digits(difference)),),
        )
        checks.append(told_apart(check) if form == "as printed" else check)
    return checks


def _continuum(sites: int, time: float) -> tuple[np.ndarray, np.ndarray]:
    """The solution of (4.18) from a wave packet, by Fourier modes of u = φ¹ + i φ², v = π¹ + i π²: u' = -i v_x - i m u,
    v' = i u_x + i m v."""
    k = np.fft.fftfreq(512, 1 / 512)
    fine = 2 * np.pi * np.arange(512) / 512
    u, v = (np.fft.fft(np.exp(np.cos(fine - at) - 1)) / 512 for at in (0.0, 1.0))
    generator = np.zeros((512, 2, 2), complex)
    generator[:, 0, 0], generator[:, 0, 1], generator[:, 1, 0], generator[:, 1, 1] = -1j * MASS, k, -k, 1j * MASS
    values, vectors = np.linalg.eig(generator)
    weights = np.linalg.solve(vectors, np.stack((u, v), axis=-1)[..., None])[..., 0]
    modes = np.einsum("nij,nj->ni", vectors, np.exp(values * time) * weights)
    basis = np.exp(1j * np.outer(2 * np.pi * np.arange(sites) / sites, k))
    u, v = (basis @ modes).T
    return np.array([u.real, u.imag])[..., None], np.array([v.real, v.imag])[..., None]


def _convergence(counts: tuple[int, ...]) -> tuple[Check, list[float]]:
    errors = []
    for sites in counts:
        spacing = 2 * np.pi / sites
        steps = int(np.ceil(END / (COURANT * spacing**2)))
        phi, pi = _continuum(sites, 0.0)
        for _ in range(steps):
            first, second = rate(phi, pi, spacing)
            phi, pi = phi + END / steps * first, pi + END / steps * second
        expected = _continuum(sites, END)
        errors.append(float(max(np.max(np.abs(a - b)) for a, b in zip((phi, pi), expected, strict=True))))
    slope = fit_slope([2 * np.pi / n for n in counts], errors)
    check = Check(
        "convergence of (4.17), τ ∝ a²",
        "(4.18)",
        "the field converges to that of the continuum with order 1 in the spacing",
        f"the solution by Fourier modes, {len(counts)} lattices of {counts[0]} to {counts[-1]} sites",
        criterion(1),
        slope.is_order(1),
        (("slope", str(slope)), ("error at the largest spacing", digits(errors[0]))),
    )
    return check, errors


EXPERIMENT = Experiment(
    "dirac-lattice",
    ("fields-2024",),
    "Dirac fields on lattices",
    ("4.10", "4.17a", "4.17b", "4.17c", "4.17d", "4.26a", "4.26b", "4.39b"),
    run,
    "both frequencies and the factors of amplification of (4.26), and (4.10) and (4.39b) with both signs",
)
