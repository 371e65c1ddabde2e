r"""The expansions of the propagator against exact propagation of spins, equations (88)-(98).

Hamiltonians, unitaries and states are drawn; the simulation takes $e^{-i \Delta t H / \hbar}$ by the spectral theorem.
All predictions are those of exported kernels.

- (89), (92): probabilities to order 1 in the time step, with errors of order 2.
- (97+1): an identity, for matrices of any size; as printed the last term has lost the energy function.
- (97+2): the mean of the energy function after a step, with an error of order 2.
- (claim-loss-is-energy): the loss of a spin whose energy function is its Hamiltonian, averaged over samples of what the
  Hamiltonian depends on; as printed it has the opposite sign.
- (claim-measured-direction): what is measured; as printed it is another direction.
"""

from __future__ import annotations

import numpy as np

from checks.check import Check, Kernel, Outcome, Size, called, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.laws import gauss_hermite
from checks.predictions import BOTH, Predictions
from checks.scores import CRITERION, mean_and_error, relative, scores
from checks.slopes import criterion, fit_slope
from checks.spins import SIGMA, along, hermitian, propagated, state, unitary

STEPS = tuple(2.0**-k for k in range(4, 11))
HBAR = 0.7
DRAWN = {"quick": 4, "full": 40}
LEVELS = {"quick": 12, "full": 60}
"""Of the Hilbert space for the identities."""
SAMPLES = {"quick": 4_000, "full": 100_000}
EXACT = 1e-12


def run(predict: Predictions, size: Size) -> Outcome:
    draw = np.random.default_rng(SEED)
    curves = {
        line: _errors(predict.kernel(line), line, DRAWN[size], LEVELS[size], draw) for line in ("89", "92", "97+2")
    }
    checks = [_order(line, curves[line], DRAWN[size]) for line in curves]
    for which in BOTH:
        found = (
            _identity(predict.kernel("97+1", which), size, np.random.default_rng(SEED)),
            _direction(predict.kernel("claim-measured-direction", which), np.random.default_rng(SEED)),
            _loss(predict.kernel("claim-loss-is-energy", which), size, np.random.default_rng(SEED)),
        )
        checks += found if which == "right" else map(told_apart, found)

    def slopes(axes) -> None:
        for line, errors in curves.items():
            axes.loglog(STEPS, errors, "o-", markersize=3, label=f"({line}): {fit_slope(STEPS, errors).value:.2f}")
        axes.set(title="expansions of the propagator", xlabel="time step Δt", ylabel="error")
        axes.legend(title="line: slope")

    return Outcome(tuple(checks), (slopes,))


def _errors(kernel: Kernel, line: str, drawn: int, levels: int, draw: np.random.Generator) -> list[float]:
    """Root mean squares over draws, for each time step."""
    squares = np.zeros((drawn, len(STEPS)))
    for n in range(drawn):
        size = levels if line == "97+2" else 2
        hamiltonian, vector, direction = hermitian(size, draw), state(size, draw), draw.normal(size=3)
        turn, energy, b = unitary(size, draw), hermitian(size, draw), (1, -1)[n % 2]
        values = {"alpha": vector, "nu": direction, "b": b, "H": hamiltonian, "lambda_": turn, "U": energy}
        for k, time in enumerate(STEPS):
            predicted = called(kernel, **values, Delta_t=time, hbar=HBAR)
            after = propagated(hamiltonian, time / HBAR, vector)
            if line == "97+2":
                exact = after.conj() @ energy @ after
            else:
                amplitudes = along(direction) @ (turn @ after if line == "92" else after)
                exact = np.abs(amplitudes[0 if b == 1 else 1]) ** 2
            squares[n, k] = np.abs(predicted - exact) ** 2
    return list(np.sqrt(squares.mean(axis=0)))


def _order(line: str, errors: list[float], drawn: int) -> Check:
    slope = fit_slope(STEPS, errors)
    what = "mean energy" if line == "97+2" else "probability"
    return Check(
        f"{what} after a time step, line ({line})",
        f"({line})",
        "the error is of order 2 in the time step",
        f"exact propagation of {drawn} spins, {len(STEPS)} time steps",
        criterion(2),
        slope.is_order(2),
        (("slope", str(slope)), ("error at the largest step", digits(errors[0]))),
    )


def _identity(kernel: Kernel, size: Size, draw: np.random.Generator) -> Check:
    levels, time = LEVELS[size], 0.4
    hamiltonian, energy, vector = hermitian(levels, draw), hermitian(levels, draw), state(levels, draw)
    predicted = kernel(vector, hamiltonian, energy, Delta_t=time, hbar=HBAR)
    moved = vector - 1j * time / HBAR * (hamiltonian @ vector)
    return _exact(
        "mean energy, to the last term", "(97+1)", predicted, moved.conj() @ (energy @ moved), f"{levels} levels"
    )


def _direction(kernel: Kernel, draw: np.random.Generator) -> Check:
    direction = draw.normal(size=3)
    turned = along(direction) @ SIGMA[2] @ along(direction)
    return _exact("measured direction", "(claim-measured-direction)", kernel(direction), turned, "Pauli matrices")


def _exact(name: str, line: str, predicted: object, measured: object, where: str) -> Check:
    apart = relative(measured, predicted)
    return Check(
        name,
        line,
        "an identity of operators",
        f"dense matrices, {where}",
        f"the relative difference is below {EXACT:g}",
        apart <= EXACT,
        (("relative difference", digits(apart)),),
    )


def _loss(kernel: Kernel, size: Size, draw: np.random.Generator) -> Check:
    """Samples of the variable; each spin is propagated with its own Hamiltonian, which is also its energy function."""
    still, moved, vector, spread = hermitian(2, draw), hermitian(2, draw), state(2, draw), 0.8

    def hamiltonian(x: float) -> np.ndarray:
        return still + np.tanh(x) * moved

    x = draw.normal(scale=spread, size=SAMPLES[size])
    after = [propagated(hamiltonian(one), 0.3 / HBAR, vector) for one in x]
    energies = np.array([np.real(a.conj() @ hamiltonian(one) @ a) for a, one in zip(after, x, strict=True)])
    measured, error = mean_and_error(-energies)
    points, weights = gauss_hermite(spread**2)
    predicted = kernel(vector, np.array([hamiltonian(x) for x in points]), weights)
    found = scores(measured, np.real(predicted), error)
    return Check(
        "loss of a spin",
        "(claim-loss-is-energy)",
        "the loss is minus the mean energy",
        f"exact propagation of {SAMPLES[size]} spins with Hamiltonians of their own",
        CRITERION,
        found.holds,
        (*found.numbers, ("measured", digits(float(measured))), ("predicted", digits(float(np.real(predicted))))),
    )


EXPERIMENT = Experiment(
    "propagator",
    ("inference-2024-07",),
    "Expansions of the propagator",
    ("89", "92", "97+1", "97+2", "claim-loss-is-energy", "claim-measured-direction"),
    run,
)
