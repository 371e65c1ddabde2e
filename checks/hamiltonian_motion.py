r"""Motion under the exported Hamiltonian of charged masses, against a simulation that shares no code with it.

Hamilton's equations $\dot r = \partial H/\partial p$, $\dot p = -\partial H/\partial r$ hold with $p_i = m_i v_i$ as
the momentum conjugate to $r_i$; the derivatives are the exported kernel's own gradient. The simulation writes the
energy with dense matrices in the momenta, differentiates it by JAX and integrates it by SciPy's DOP853.

- The implicit midpoint rule with the kernel's gradient converges to the simulated motion, with order 2. With (70) as
  printed it converges to another motion.
- The kernel's energy is constant along the simulated motion; the simulated energy along the kernel's own motion is
  wrong by order 2 in the step.
- Over many revolutions of a bound pair the simulated energy does not drift, and its error falls with the square of the
  step. That is what a symplectic rule does (Hairer, Lubich, Wanner, Geometric Numerical Integration, IX.8).
- Momentum and angular momentum are conserved, since the rule conserves linear and quadratic invariants (IV.2), while
  each particle's momentum is that of the simulation.
- From rest, like charges approach and unlike ones recede. In electrodynamics it is the other way round, which is what
  the Hamiltonian claimed to be that of electrodynamics does.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks.charges import Charges, Unstable, explicit_midpoint, implicit_midpoint, integrated, pair, spread
from checks.check import Check, Kernel, Outcome, Size, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.predictions import Predictions
from checks.slopes import criterion, fit_slope

COARSEST, HALVINGS, DURATION = 8, 4, 1.0
CONSERVED = 1e-11
"""The change allowed to a conserved quantity, relative to its size: the solver's tolerance over all steps."""
SAME = 1e-4
"""How well the momenta of single particles must agree with the simulation: the discretisation error is 1e-5."""
ENERGY = 1e-9
"""Of the energy along the simulated motion, whose own tolerance is 1e-12 per step."""
GROWTH = 1.5
"""A drift of the energy doubles it from one half of a run to the next; an oscillation does not."""
QUARTER = 0.2
"""How far the ratio of two errors may be from 4, relative to it."""
REVOLUTIONS = {"quick": 6, "full": 200}
PER_REVOLUTION = 30


def run(predict: Predictions, size: Size) -> Outcome:
    kernel = predict.kernel("70", gradient=("r", "v"))
    claimed = predict.kernel("claim-electrodynamics", "as printed", gradient=("r", "v"))
    charges, like = spread(SEED), pair((0.1, 0.1), 0.6)
    reference = integrated(charges.simulated, charges.start, DURATION, COARSEST)
    printed = predict.kernel("70", "as printed", gradient=("r", "v"))
    try:
        runs, wrong = (
            [
                implicit_midpoint(charges.by_kernel(of), charges.start, DURATION, COARSEST * 2**k)
                for k in range(HALVINGS)
            ]
            for of in (kernel, printed)
        )
        bounded, energies = _bounded(kernel, like, REVOLUTIONS[size])
    except Unstable as problem:
        why = (("why", str(problem)),)
        wanted = "both integrators reach the end"
        failed = Check("motion", "(70)", "the motion is smooth", "integration", wanted, False, why)
        return Outcome((failed,), ())
    checks = (
        _convergence(runs, reference, charges),
        told_apart(_convergence(wrong, reference, charges)),
        _energy_order(runs, charges),
        _energy_along(kernel, reference, charges),
        _total("momentum", "sum of p_i", runs[-1], reference, charges, lambda r, p: p),
        _total("angular momentum", "sum of r_i x p_i", runs[-1], reference, charges, np.cross),
        bounded,
        _what_charges_do(kernel, "(70)"),
        told_apart(_what_charges_do(claimed, "(claim-electrodynamics)")),
    )
    motion, orbit = runs[-1], implicit_midpoint(like.by_kernel(kernel), like.start, 5.0, 200)

    def trajectories(axes) -> None:
        r = charges.split(motion)[0]
        for i in range(len(charges.m)):
            sign = "tab:red" if charges.q[i] > 0 else "tab:blue"
            axes.plot(r[:, i, 0], r[:, i, 1], "-", color=sign)
            axes.plot(*charges.split(reference)[0][:, i, :2].T, ".", color="black", markersize=3)
        axes.set(title="five charges (points: simulated)", xlabel="x", ylabel="y", aspect="equal")

    def revolutions(axes) -> None:
        r = like.split(orbit)[0]
        for i in range(2):
            axes.plot(r[:, i, 0], r[:, i, 1], "-")
        axes.set(title="two like charges are bound", xlabel="x", ylabel="y", aspect="equal")

    def drift(axes) -> None:
        for name, (times, found) in energies.items():
            axes.plot(times, found, "-", linewidth=0.8, label=name)
        axes.set(title="energy of the pair", xlabel="time", ylabel="H less its start")
        axes.legend()

    return Outcome(checks, (trajectories, revolutions, drift))


def _convergence(runs: list[np.ndarray], reference: np.ndarray, charges: Charges) -> Check:
    errors = []
    for run_ in runs:
        r = charges.split(run_[:: (len(run_) - 1) // COARSEST])[0]
        errors.append(float(np.max(np.abs(r - charges.split(reference)[0]))))
    slope = fit_slope([DURATION / (len(run_) - 1) for run_ in runs], errors)
    return Check(
        "order of convergence",
        "(70)",
        "the motion converges to the simulated one, with order 2 in the time step",
        f"DOP853 and automatic differentiation, five charges, {len(runs)} step sizes",
        criterion(2),
        slope.is_order(2),
        (("slope", str(slope)), ("largest error", digits(errors[0])), ("smallest error", digits(errors[-1]))),
    )


def _energy_order(runs: list[np.ndarray], charges: Charges) -> Check:
    errors = []
    for run_ in runs:
        energies = np.array([charges.simulated(state)[0] for state in run_[:: (len(run_) - 1) // COARSEST]])
        errors.append(float(np.max(np.abs(energies - energies[0]))))
    slope = fit_slope([DURATION / (len(run_) - 1) for run_ in runs], errors)
    return Check(
        "order of the energy error",
        "(70)",
        "the simulated energy along the kernel's motion is wrong by order 2 in the time step",
        f"dense linear algebra, five charges, {len(runs)} step sizes",
        criterion(2),
        slope.is_order(2),
        (("slope", str(slope)), ("largest error", digits(errors[0])), ("smallest error", digits(errors[-1]))),
    )


def _energy_along(kernel: Kernel, reference: np.ndarray, charges: Charges) -> Check:
    rate = charges.by_kernel(kernel)
    energies = np.array([rate(state)[0] for state in reference])
    r, p = charges.split(reference)
    scale = max(abs(energies[0]), float(np.sum(p[0] ** 2 / charges.m[:, None])) / 2)
    change, moved = float(np.max(np.abs(energies - energies[0])) / scale), float(np.max(np.abs(r - r[0])))
    apart = float(np.max(np.abs(energies - [charges.simulated(state)[0] for state in reference])) / scale)
    return Check(
        "energy along the motion",
        "(70)",
        "the kernel's Hamiltonian is the simulated one, and constant along the simulated motion, which moves",
        "DOP853 and automatic differentiation, five charges",
        f"relative change and difference are below {ENERGY:g}, and some coordinate moves by more than 0.1",
        bool(change <= ENERGY and apart <= ENERGY and moved > 0.1),
        (
            ("relative change", digits(change)),
            ("relative difference", digits(apart)),
            ("largest displacement", digits(moved)),
        ),
    )


def _total(name: str, what: str, run_: np.ndarray, reference: np.ndarray, charges: Charges, of: Callable) -> Check:
    each, simulated = of(*charges.split(run_)), of(*charges.split(reference))
    total = each.sum(axis=1)
    scale = np.abs(each[0]).sum()
    change = float(np.max(np.abs(total - total[0])) / scale)
    apart = float(np.max(np.abs(each[-1] - simulated[-1])) / scale)
    moved = float(np.max(np.abs(each[-1] - each[0])) / scale)
    return Check(
        name,
        "(70)",
        f"the {what} is conserved, while each part of it changes as simulated",
        "DOP853 and automatic differentiation, five charges",
        f"the total changes by less than {CONSERVED:g} and the parts agree to {SAME:g}, while some part changes by 10"
        " times that, all relative",
        bool(change <= CONSERVED and apart <= SAME and moved > 10 * SAME),
        (("change of the total", digits(change)), ("parts apart", digits(apart)), ("change of a part", digits(moved))),
    )


def _bounded(kernel: Kernel, like: Charges, revolutions: int) -> tuple[Check, dict]:
    """A revolution takes about 2.5 units of time."""
    duration, steps = 2.5 * revolutions, PER_REVOLUTION * revolutions
    rate = like.by_kernel(kernel)
    largest, kept = [], {}
    for finer in (1, 2):
        run_ = implicit_midpoint(rate, like.start, duration, finer * steps, 1e-10)
        errors = np.array([like.simulated(state)[0] for state in run_]) - like.simulated(run_[0])[0]
        kept[f"implicit midpoint, step {duration / steps / finer:.3g}"] = (np.linspace(0, duration, len(run_)), errors)
        largest.append(np.max(np.abs(errors)))
        growth = _growth(errors)
    run_ = explicit_midpoint(rate, like.start, duration, 2 * steps)
    errors = np.array([like.simulated(state)[0] for state in run_]) - like.simulated(run_[0])[0]
    kept["explicit midpoint"] = (np.linspace(0, duration, len(run_)), errors)
    control, ratio = _growth(errors), _ratio(largest[0], largest[1])
    check = Check(
        "energy stays bounded",
        "(70)",
        "over many revolutions the simulated energy oscillates, the less the smaller the step, and does not drift",
        f"a bound pair over {revolutions} revolutions, implicit midpoint rule with {steps} and {2 * steps} steps",
        f"the error of the second half is below {GROWTH} times that of the first, and half the step makes it 4 times"
        f" smaller within {QUARTER:.0%}",
        bool(growth <= GROWTH and abs(ratio / 4 - 1) <= QUARTER),
        (
            ("second half / first half", digits(growth)),
            ("error / error at half the step", digits(ratio)),
            ("second half / first half, explicit midpoint rule", digits(control)),
        ),
    )
    return check, kept


def _growth(errors: np.ndarray) -> float:
    """The largest error of the second half over that of the first."""
    half = len(errors) // 2
    return _ratio(np.max(np.abs(errors[half:])), np.max(np.abs(errors[:half])))


def _ratio(first: float, second: float) -> float:
    return float(first / second) if second > 0 else float("nan")


def _what_charges_do(kernel: Kernel, line: str) -> Check:
    """Like and unlike charges from rest, for a time in which their distance changes by a few percent."""
    found = {}
    for name, charges in (("like", (0.1, 0.1)), ("unlike", (0.1, -0.1))):
        at = pair(charges, 0.0)
        rows = []
        for rate in (at.by_kernel(kernel), at.simulated):
            end = at.split(integrated(rate, at.start, 0.2, 1)[-1])[0]
            rows.append(float(np.linalg.norm(end[0] - end[1])) - 1)
        found[name] = rows
    apart = max(abs(a / b - 1) for a, b in found.values())
    return Check(
        "what charges do",
        line,
        "from rest, like charges approach and unlike ones recede, as in the simulation",
        "DOP853 and automatic differentiation, two charges at rest",
        "the changes of both distances agree to 1e-6, and have these signs",
        bool(apart <= 1e-6 and found["like"][0] < 0 < found["unlike"][0]),
        tuple((f"change of the distance, {name} charges", digits(rows[0])) for name, rows in found.items()),
    )


EXPERIMENT = Experiment(
    "hamiltonian-motion",
    ("inference-2024-07", "inference-2024-04"),
    "Motion of charged clusters",
    ("70", "claim-electrodynamics"),
    run,
)
