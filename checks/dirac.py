r"""Dirac fields on periodic lattices by the printed updates, (4.17) of two types and (4.26) of four.

The simulation runs the updates with `numpy.roll`, with the real matrices of (4.16) and (4.35); forward differences act
on π and backward ones on φ. Modes of runs from random fields are fitted by one matrix each, with no knowledge of the
update. Predictions come through kernels; those of (4.26) are for three dimensions, and are used in one and two with a
single site along the other axes.

- Factors of amplification of all modes, by (4.17), by (4.26), and by the claim of the second order in time.
- ω² = m² + σ² of all modes, with the singular values σ of B from the claim that writes BB^T out: there are two
  frequencies in more than one dimension.
- Growth of the whole field, late in a run; the sum of squares after each step, which the claims say exactly.
- In continuous time, with the rates of (4.26) from its kernels, the fields are those of a matrix exponential, and the
  charge is conserved.
- Along a run of (4.26) the second difference of φ is that of (4.10), and the change of β that of (4.39b), as corrected;
  as printed they do not hold.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.check import Check, Outcome, Size, called, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.lattice_modes import EXACT, amplifications, apart, check_of_factors, check_of_growth, factors_of_modes
from checks.lattice_steps import Fields, by, dense, dirac_step, hopping, matrices, modes, on_three_axes, symbols
from checks.predictions import BOTH, Predictions, Which
from checks.scores import relative

SITES = {"quick": {1: 16, 2: 8, 3: 4}, "full": {1: 64, 2: 24, 3: 10}}
ALONG = {1: 8, 2: 4, 3: 3}
"""Sites of the runs that are held against tensors of weights and biases."""
MASS = 0.5
TWO_TYPES = "(4.17a), (4.17b), (4.17c), (4.17d)"
KEPT, LONG = 1e-11, 20.0
CHARGE = 1e-9
LATE = 80


def run(predict: Predictions, size: Size) -> Outcome:
    sites = SITES[size]
    measured = {d: _measured(_start(4, (side,) * d, 16), d) for d, side in sites.items()}
    two = _measured(_start(2, (sites[1],), 8), 1)
    said = "von Neumann's factors of every mode"
    checks = [
        check_of_factors("(4.17)", TWO_TYPES, said, {1: sites[1]}, [apart(two, _two_types(predict, sites[1]))]),
        check_of_factors(
            *("(4.26)", "(4.26a), (4.26b)", said, sites),
            [apart(measured[d], _four_types(predict, side, d)) for d, side in sites.items()],
        ),
        check_of_factors(
            *("second order in time", "(claim-dirac-rule)", said, sites),
            [apart(measured[d], _second_order(predict, side, d)) for d, side in sites.items()],
        ),
        _frequencies(predict, measured, sites),
        _growth(predict, sites),
        *_sum_of_squares(predict),
        *_along(predict),
    ]
    charge, charges = _charge(predict)
    checks.append(charge)
    line = 2 * np.pi * np.arange(-32, 33) / 64
    squares = np.linalg.eigvalsh(symbols(lambda f: _squared(predict, f, 2), 4, (64, 64))).reshape(64, 64, 4)
    where = np.arange(-32, 33) % 64
    bands = {"axis": squares[where, 0], "diagonal (p, -p)": squares[where, -where % 64]}

    def dispersion(axes) -> None:
        for (name, found), color in zip(bands.items(), ("tab:blue", "tab:red"), strict=True):
            for band, style in ((found[:, -1], "-"), (found[:, 0], "--")):
                omega = np.sqrt(MASS**2 + np.maximum(band, 0))
                axes.plot(line, omega, style, color=color, label=name if style == "-" else None)
        axes.set(title="two frequencies, D = 2", xlabel="momentum", ylabel="ω")
        axes.legend()

    def circle(axes) -> None:
        for d, values in measured.items():
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

    return Outcome(tuple(checks), (dispersion, circle, history))


def _start(types: int, sites: tuple[int, ...], runs: int) -> Fields:
    return np.random.default_rng(SEED).normal(size=(2, types, *sites, runs))


def _step(fields: Fields, dimensions: int) -> Fields:
    """(4.26), or (4.17) for two types, of fields whose last axis counts runs."""
    chi = matrices(dimensions, fields.shape[1])
    return np.stack([dirac_step(fields[..., n], MASS, chi) for n in range(fields.shape[-1])], axis=-1)


def _measured(fields: Fields, dimensions: int) -> np.ndarray:
    """Factors (modes, components) that are fitted to one step of runs from random fields."""
    before, after = (modes(np.concatenate(f), dimensions) for f in (fields, _step(fields, dimensions)))
    return amplifications(before, after)


def kernel_step(predict: Predictions, phi: np.ndarray, pi: np.ndarray, mass: float, chi: np.ndarray) -> Fields:
    """A step by the kernels of (4.26), for fields with three axes of sites."""
    given = {"phi": phi, "pi": pi, "X": chi[1:], "X_0": chi[0], "m": mass}
    return np.array([predict.kernel("4.26a")(**given), predict.kernel("4.26b")(**given)])


def _four_types(predict: Predictions, side: int, dimensions: int) -> np.ndarray:
    def update(state: np.ndarray) -> np.ndarray:
        phi, pi = (on_three_axes(part, dimensions) for part in (state[:4], state[4:]))
        return np.concatenate(kernel_step(predict, phi, pi, MASS, matrices())).reshape(state.shape)

    return factors_of_modes(update, 8, (side,) * dimensions)


def _two_types(predict: Predictions, side: int) -> np.ndarray:
    steps = [predict.kernel(line) for line in ("4.17a", "4.17c", "4.17b", "4.17d")]
    return factors_of_modes(lambda state: np.array([s(phi=state[:2], pi=state[2:], m=MASS) for s in steps]), 4, (side,))


def _second_order(predict: Predictions, side: int, dimensions: int) -> np.ndarray:
    rule, chi = predict.kernel("claim-dirac-rule", dimensions=dimensions), matrices(dimensions)[1:]

    def update(state: np.ndarray) -> np.ndarray:
        return np.concatenate((state[4:], rule(phi=state[:4], phi_plus_1=state[4:], X=chi, m=MASS)))

    return factors_of_modes(update, 8, (side,) * dimensions)


def _squared(predict: Predictions, phi: np.ndarray, dimensions: int) -> np.ndarray:
    return predict.kernel("claim-hopping-squared", dimensions=dimensions)(phi=phi, X=matrices(dimensions)[1:])


def _frequencies(predict: Predictions, measured: dict[int, np.ndarray], sites: dict[int, int]) -> Check:
    worst, split, along = [], [], 0.0
    for dimensions, side in sites.items():
        fields = [_start(4, (side,) * dimensions, 1)[..., 0]]
        for _ in range(2):
            fields.append(dirac_step(fields[-1], MASS, matrices(dimensions)))
        phi = [f[0] for f in fields]
        second = 2 * phi[1] - phi[2] - (1 + MASS**2) * phi[0]
        along = max(along, relative(second, _squared(predict, phi[0], dimensions)))
        found = symbols(lambda phi, d=dimensions: _squared(predict, phi, d), 4, (side,) * dimensions)
        squares = MASS**2 + np.linalg.eigvals(found)
        worst.append(apart(-((measured[dimensions] - 1) ** 2), np.repeat(squares, 2, axis=1)))
        split.append(float(np.max(np.ptp(np.real(squares), axis=1))))
    return Check(
        "two frequencies of all modes",
        "(claim-hopping-squared)",
        "ω² = m² + σ² of each mode, with both singular values σ of B; BB^T φ, from the second difference in time",
        f"-(λ - 1)², from the factors of runs on lattices of {', '.join(f'{n}^{d}' for d, n in sites.items())} sites",
        f"no ω² is off by more than {10 * EXACT:g}; the relative difference of BB^T φ is below {KEPT:g}",
        max(worst) <= 10 * EXACT and along <= KEPT,
        (
            ("relative difference of BB^T φ", digits(along)),
            *((f"largest difference, D = {d}", digits(one)) for d, one in zip(sites, worst, strict=True)),
            *((f"largest difference of both ω², D = {d}", digits(one)) for d, one in zip(sites, split, strict=True)),
        ),
    )


def _growth(predict: Predictions, sites: dict[int, int]) -> Check:
    found = {}
    for dimensions, side in sites.items():
        fields, norms = _start(4, (side,) * dimensions, 1), []
        for _ in range(2 * LATE):
            fields = _step(fields, dimensions)
            norms.append(np.log(np.sqrt(np.sum(fields[0] ** 2) + np.sum(fields[1] ** 2))))
        measured = float(np.polyfit(np.arange(LATE), norms[LATE:], 1)[0])
        found[dimensions] = measured, float(np.log(np.max(np.abs(_four_types(predict, side, dimensions)))))
    return check_of_growth("(4.26)", "(4.26a), (4.26b)", 2 * LATE, found)


def _sum_of_squares(predict: Predictions) -> list[Check]:
    checks = []
    for line, cases in (("claim-norm-grows", (3,)), ("claim-any-norm-grows", (1, 2, 3))):
        worst = 0.0
        for dimensions in cases:
            chi = matrices(dimensions)
            fields = np.random.default_rng(SEED).normal(size=(2, 4, *[SITES["quick"][dimensions]] * dimensions))
            kernel = predict.kernel(line, dimensions=dimensions if len(cases) > 1 else None)
            for _ in range(20):
                predicted = kernel(phi=fields[0], pi=fields[1], X=chi[1:], m=MASS)
                fields = dirac_step(fields, MASS, chi)
                worst = max(worst, abs(float(predicted / np.sum(fields**2)) - 1))
        checks.append(
            Check(
                f"sum of squares after a step, D = {', '.join(map(str, cases))}",
                f"({line})",
                "the sum of squares after each step, from the fields before it",
                "runs of 20 steps of (4.26) from random fields",
                f"the relative difference is below {KEPT:g} in each step",
                worst <= KEPT,
                (("largest relative difference", digits(worst)),),
            )
        )
    return checks


def _charge(predict: Predictions) -> tuple[Check, dict]:
    """Continuous time, in three dimensions, with the rates of the kernels; beside it the printed step, for the
    picture."""
    from scipy.integrate import solve_ivp
    from scipy.linalg import expm

    fields = np.random.default_rng(SEED).normal(size=(2, 4, 3, 3, 3))

    def slope(_: float, state: np.ndarray) -> np.ndarray:
        phi, pi = state.reshape(fields.shape)
        return kernel_step(predict, phi, pi, MASS, matrices()).ravel() - state

    generator = dense(lambda f: dirac_step(f, MASS, matrices()) - f, fields.shape)
    expected = expm(generator * LONG) @ fields.ravel()
    times = np.linspace(0, LONG, 101)
    found = solve_ivp(slope, (0, LONG), fields.ravel(), "DOP853", times, rtol=1e-11, atol=1e-12).y
    charges = np.sum(found**2, axis=0)
    change = float(np.max(np.abs(charges / charges[0] - 1)))
    moved = float(np.linalg.norm(found[:, -1] - found[:, 0]) / np.linalg.norm(found[:, 0]))
    apart_ = relative(expected, found[:, -1])
    stepped = [charges[0]]
    for _ in range(int(LONG)):
        fields = dirac_step(fields, MASS, matrices())
        stepped.append(float(np.sum(fields**2)))
    check = Check(
        "charge in continuous time",
        "(4.26a), (4.26b)",
        "the fields and their charge at a time, from the rates of (4.26) by DOP853",
        f"the exponential of a dense matrix, at the time {LONG:g}, three dimensions, from random fields",
        f"the relative difference of the fields and the relative change of the charge are below {CHARGE:g}, while the"
        " fields change by as much as they are",
        bool(change <= CHARGE and apart_ <= CHARGE and moved > 0.5),
        (
            ("relative difference of the fields", digits(apart_)),
            ("relative change of the charge", digits(change)),
            ("relative change of the fields", digits(moved)),
        ),
    )
    curves = {
        "continuous time": (times, charges / charges[0]),
        "printed step": (np.arange(len(stepped)), np.array(stepped) / charges[0]),
    }
    return check, curves


def _along(predict: Predictions) -> list[Check]:
    """The largest relative difference over all dimensions, from random fields."""
    worst: dict[tuple[str, Which], float] = {}
    chi = matrices()
    for dimensions, side in ALONG.items():
        lattice = tuple([side] * dimensions + [1] * (3 - dimensions))
        count = side**dimensions
        fields = [np.random.default_rng(SEED).normal(size=(2, 4, *lattice))]
        for _ in range(2):
            fields.append(dirac_step(fields[-1], MASS, chi))
        phi, beta = [f[0] for f in fields], [hopping(f[1], chi) for f in fields]
        wide, sizes = (4, count, 4, count), {f"N_{n + 1}": sites for n, sites in enumerate(lattice)}
        one = np.eye(4 * count).reshape(wide)
        flat = {"phi": phi[0].reshape(4, -1), "phi_plus_1": phi[1].reshape(4, -1), "pi": fields[0][1].reshape(4, -1)}
        flat["W"] = one + dense(lambda f: MASS * by(chi[0], f), (4, *lattice)).reshape(wide)
        flat["B"] = dense(lambda f: hopping(f, chi), (4, *lattice)).reshape(wide)
        tensors = flat | {
            "W": one + predict.kernel("4.13")(X_0=chi[0], m=MASS, N=count),
            "B": predict.kernel("4.24b")(X=chi[1:], **sizes).reshape(wide),
        }
        local = {"phi": phi[0], "pi": fields[0][1], "beta": beta[0], "X": chi[1:], "X_0": chi[0], "m": MASS}
        cases: tuple[tuple[str, Which, dict[str, Any], np.ndarray], ...] = (
            *(("4.10", which, flat, phi[2].reshape(4, -1)) for which in BOTH),
            ("4.11a", "right", tensors, phi[1].reshape(4, -1)),
            *(("4.39b", which, local, beta[1]) for which in BOTH),
            ("4.38", "right", local, beta[0]),
            ("4.39a", "right", local, phi[1]),
        )
        for line, which, given, expected in cases:
            found = called(predict.kernel(line, which), **given)
            worst[line, which] = max(worst.get((line, which), 0.0), relative(expected, found))
    said = {
        "4.10": "second difference along a run",
        "4.11a": "the state along a run, with (4.13) and (4.24b)",
        "4.39b": "change of the bias along a run",
        "4.38": "the bias along a run",
        "4.39a": "the state along a run",
    }
    checks = []
    for (line, which), difference in worst.items():
        check = Check(
            said[line],
            f"({line}), (4.13), (4.24b)" if line == "4.11a" else f"({line})",
            "what activation and learning give together",
            f"runs of (4.26) from random fields on lattices of {', '.join(f'{n}^{d}' for d, n in ALONG.items())} sites",
            f"the relative difference is below {KEPT:g}",
            difference <= KEPT,
            (("largest relative difference", digits(difference)),),
        )
        checks.append(told_apart(check) if which == "as printed" else check)
    return checks


EXPERIMENT = Experiment(
    "dirac-lattice",
    ("fields-2024",),
    "Dirac fields on lattices",
    (
        *("4.10", "4.11a", "4.13", "4.17a", "4.17b", "4.17c", "4.17d", "4.24b", "4.26a", "4.26b", "4.38", "4.39a"),
        *("4.39b", "claim-norm-grows", "claim-hopping-squared", "claim-dirac-rule", "claim-any-norm-grows"),
    ),
    run,
)
