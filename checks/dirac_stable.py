r"""Rules for Dirac fields that do not grow, and the doublers of the lattice.

Cayley's rule is simulated by a dense solution of linear equations: half a step forward from here meets half a step back
from there. The rule with unit weights is simulated as learning: gradients of its loss function by automatic
differentiation, taken where the activation has been. B is built with `numpy.roll`.

- Cayley's rule, as its claims write it with the means of both times, takes each state to the next, to rounding, and
  the sum of squares stays what it was.
- BB^T is what the claim writes out. On a lattice of two dimensions whose sides are
  divisible by four B vanishes on half of the types at momenta (π/2, -π/2) and (-π/2, π/2): doublers.
- With unit weights, the mass in the biases and learning after activation, a run has the steps, the energy and, in all
  modes, the frequencies of its claims; no factor has an absolute value but one, and there are no doublers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from checks.check import Check, Outcome, Size, digits
from checks.experiment import SEED, Experiment
from checks.lattice_modes import EXACT, amplifications, apart
from checks.lattice_steps import by, dense, dirac_step, hopping, laplacian, matrices, modes, symbols
from checks.predictions import Predictions
from checks.scores import relative

SIDE = {"quick": 3, "full": 5}
SITES = {"quick": {1: 16, 2: 8, 3: 4}, "full": {1: 64, 2: 24, 3: 8}}
SIDES = {"quick": (4, 5, 6, 8), "full": (4, 5, 6, 7, 8, 9, 10, 12, 16)}
MASS, WILSON = 0.3, 0.2
"""With these no singular value of the biases passes 2 in three dimensions."""
STEPS = {"quick": 100, "full": 1000}
KEPT = 1e-11
ZERO = 1e-7
"""A singular value that is zero: the root of a rounding error."""


def run(predict: Predictions, size: Size) -> Outcome:
    cayley, norms = _cayley(predict, SIDE[size], STEPS[size])
    doublers, spectra = _doublers(predict, SIDES[size])
    stable, energies = _training(predict, SIDE[size], STEPS[size])
    frequencies, bands = _frequencies(predict, SITES[size])

    def norm(axes) -> None:
        for name, values in norms.items():
            axes.semilogy(np.arange(len(values)), values, label=name)
        axes.set(title="sum of squares, D = 3", xlabel="step", ylabel="sum / its start")
        axes.legend()

    def singular(axes) -> None:
        for side, values in spectra.items():
            axes.semilogy(
                np.linspace(0, 1, values.size), np.maximum(values, 1e-17), ".", markersize=3, label=f"{side}²"
            )
        axes.set(title="singular values of B, D = 2", xlabel="share of them", ylabel="σ")
        axes.legend(title="sites", fontsize="small")

    def energy(axes) -> None:
        for name, values in energies.items():
            axes.semilogy(np.arange(len(values)), values, label=name)
        axes.set(title="unit weights, |χ|²", xlabel="step", ylabel="|χ|² / its start")
        axes.legend(fontsize="small")

    def band(axes) -> None:
        for name, (p, values) in bands.items():
            axes.plot(p, values, ".", markersize=3, label=name)
        axes.set(title="frequencies with unit weights, D = 1", xlabel="momentum", ylabel="ω")
        axes.legend(fontsize="small")

    return Outcome((*cayley, *doublers, *stable, frequencies), (norm, singular, energy, band))


def _check(name: str, lines: tuple[str, ...], prediction: str, measurement: str, worst: float) -> Check:
    return Check(
        name,
        ", ".join(f"({line})" for line in lines),
        prediction,
        measurement,
        f"the relative difference is below {KEPT:g}",
        worst <= KEPT,
        (("largest relative difference", digits(worst)),),
    )


def _cayley(predict: Predictions, side: int, steps: int) -> tuple[list[Check], dict[str, np.ndarray]]:
    chi, shape = matrices(), (4, side, side, side)
    start = np.random.default_rng(SEED).normal(size=(2, *shape))
    generator = dense(lambda f: dirac_step(f, MASS, chi) - f, start.shape)
    one = np.eye(len(generator))
    step = np.linalg.solve(one - generator / 2, one + generator / 2)
    bias = dense(lambda pi: hopping(pi, chi), shape).reshape(*shape, *shape)
    states = [start]
    for _ in range(steps):
        states.append((step @ states[-1].ravel()).reshape(start.shape))
    squares = np.array([float(np.sum(state**2)) for state in states])
    worst = {"states": 0.0, "training": 0.0}
    for (phi, pi), (new, learned) in pairwise(states[:11]):
        given: dict[str, Any] = {"B": bias, "X_0": chi[0], "m": MASS}
        mean = predict.kernel("claim-mean-states")(phi=phi, phi_plus_1=new)
        trained = predict.kernel("claim-mean-training")(pi=pi, pi_plus_1=learned)
        found = predict.kernel("claim-cayley-rule-states")(phi=phi, phi_2=mean, pi=trained, **given)
        worst["states"] = max(worst["states"], relative(new, found))
        found = predict.kernel("claim-cayley-rule-training")(pi=pi, phi=mean, pi_2=trained, **given)
        worst["training"] = max(worst["training"], relative(learned, found))
    conserved = predict.kernel("claim-norm-conserved")
    predicted = conserved(phi=start[0].reshape(4, -1), pi=start[1].reshape(4, -1))
    simulated = f"a dense Cayley transform on {side}³ sites"
    printed, fields = [squares[0]], start
    for _ in range(min(steps, 100)):
        fields = dirac_step(fields, MASS, chi)
        printed.append(float(np.sum(fields**2)))
    checks = [
        _check(
            f"Cayley's rule, {name}",
            (f"claim-cayley-rule-{name}", "claim-mean-states", "claim-mean-training"),
            "the state after each step, from the means of both times",
            f"{simulated}, ten steps from random fields",
            worst[name],
        )
        for name in worst
    ]
    checks.append(
        _check(
            "sum of squares by Cayley's rule",
            ("claim-norm-conserved",),
            "the sum of squares at all times is that of the start",
            f"{simulated}, {steps} steps from random fields",
            relative(squares, predicted),
        )
    )
    curves = {"Cayley's rule": squares / squares[0], "(4.26)": np.array(printed) / squares[0]}
    return checks, curves


def _doublers(predict: Predictions, sides: tuple[int, ...]) -> tuple[list[Check], dict[int, np.ndarray]]:
    """Zeros of B beyond the fields that are constant, of which there are four."""
    kernel, chi = predict.kernel("claim-hopping-squared", dimensions=2), matrices(2)
    worst, counts, expected, left, spectra = 0.0, {}, {}, 0.0, {}
    for side in sides:
        shape = (4, side, side)
        bias = dense(lambda pi: hopping(pi, chi), shape)
        squared = dense(lambda phi: kernel(phi=phi, X=chi[1:]), shape)
        worst = max(worst, relative(bias @ bias.T, squared))
        spectra[side] = np.sort(np.linalg.svd(bias, compute_uv=False))
        values, vectors = np.linalg.eigh((squared + squared.T) / 2)
        zero = np.abs(values) < ZERO
        left = max(left, float(np.max(np.abs(bias.T @ vectors[:, zero]), initial=0.0)))
        counts[side], expected[side] = int(np.sum(spectra[side] < ZERO)) - 4, int(np.sum(zero)) - 4
    right = all(counts[side] == expected[side] == (4 if side % 4 == 0 else 0) for side in sides)
    measured = f"singular values of dense matrices, two dimensions, sides of {', '.join(map(str, sides))} sites"
    return [
        _check(
            "the square of the biases",
            ("claim-hopping-squared",),
            "BB^T, written out",
            measured.replace("singular values", "products"),
            worst,
        ),
        Check(
            "doublers in two dimensions",
            "(claim-hopping-squared)",
            "where the sides are divisible by four, B vanishes on two of the four types at two momenta beside zero",
            measured,
            "as many zeros are predicted as measured, four beyond the constant fields and none on other lattices, and"
            f" B^T has those that are predicted, to {ZERO:g}",
            right and left <= ZERO,
            (
                ("largest entry of B^T on a predicted zero", digits(left)),
                *((f"measured and predicted, side {s}", f"{counts[s]} and {expected[s]}") for s in sides),
            ),
        ),
    ], spectra


def massive(field: np.ndarray, chi: np.ndarray, mass: float = MASS, wilson: float = WILSON) -> np.ndarray:
    """The biases with the mass in them, on a field (4, sites of each axis)."""
    axes = field.ndim - 1
    found = by(chi[0], mass * field - wilson / 2 * laplacian(field, axes))
    return found + sum(by(chi[d], np.roll(field, -1, d) - np.roll(field, 1, d)) / 2 for d in range(1, axes + 1))


def _training(predict: Predictions, side: int, steps: int) -> tuple[list[Check], dict[str, np.ndarray]]:
    """Activation, and gradient descent on χ²/2 by automatic differentiation through one step of the activation."""
    import jax.numpy as jnp

    from checks.autodiff import value_and_gradient

    chi, shape = matrices(), (4, side, side, side)
    flat = dense(lambda field: massive(field, chi), shape)
    descent = value_and_gradient(lambda moved, state, bias: jnp.sum((state + bias @ moved) ** 2) / 2)
    states, trained = np.random.default_rng(SEED).normal(size=(2, flat.shape[0]))
    runs: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for name in ("after", "before"):
        runs[name] = [(states, trained)]
        for _ in range(steps if name == "after" else min(steps, 100)):
            now, omega = runs[name][-1]
            new = now + flat @ omega
            slope = descent(np.zeros_like(now), new if name == "after" else now, flat)[1]
            runs[name].append((new, omega - slope))
    field = [(a.reshape(shape), b.reshape(shape)) for a, b in runs["after"]]
    sizes = {f"N_{n}": side for n in (1, 2, 3)}
    bias = predict.kernel("claim-massive-biases")(X=chi[1:], X_0=chi[0], m=MASS, r=WILSON, **sizes)
    weight = predict.kernel("claim-unit-weights")(**sizes)
    active = predict.kernel("claim-other-activation")(W=weight, B=bias, chi=field[0][0], omega=field[0][1])
    after = predict.kernel("claim-other-learning-after")(B=bias, chi_plus_1=field[1][0], omega=field[0][1])
    before = predict.kernel("claim-other-learning-rule")(B=bias, chi=field[0][0], omega=field[0][1])
    count = side**3
    two = [a.reshape(4, count) for a, _ in field]
    pair = {"chi": two[0], "chi_plus_1": two[1], "B": flat.reshape(4, count, 4, count)}
    rule = predict.kernel("claim-stable-rule")(**pair)
    kept = predict.kernel("claim-stable-energy")(**pair)
    energies = [np.sum((b - a) ** 2) + (flat.T @ a.ravel()) @ (flat.T @ b.ravel()) for a, b in pairwise(two)]
    said, lines = f"gradient descent by automatic differentiation on {side}³ sites", "claim-massive-biases"
    checks = [
        _check(
            "activation with unit weights", ("claim-other-activation", "claim-unit-weights", lines), "the next state",
            f"{said}, one step", relative(field[1][0], active),
        ),
        _check(
            "learning after the activation", ("claim-other-learning-after", lines), "the next trainable variables",
            f"{said}, one step", relative(field[1][1], after),
        ),
        _check(
            "learning before the activation", ("claim-other-learning-rule", lines), "the next trainable variables",
            f"{said}, one step", relative(runs["before"][1][1].reshape(shape), before),
        ),
        _check(
            "the rule of second order in time", ("claim-stable-rule",), "the state after next",
            f"{said}, two steps", relative(two[2], rule),
        ),
        _check(
            "energy of the stable rule", ("claim-stable-energy",), "the energy at all times is that of the start",
            f"{said}, {steps} steps", relative(energies, kept),
        ),
    ]  # fmt: skip
    curves = {
        f"gradient {name} the activation": np.array([float(np.sum(a**2)) for a, _ in found]) / np.sum(states**2)
        for name, found in runs.items()
    }
    return checks, curves


def _frequencies(predict: Predictions, sites: dict[int, int]) -> tuple[Check, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """All modes of runs of the stable rule; also that nothing grows, and that no mode beside zero is as slow."""
    worst, sizes, gaps, bands = [], 0.0, [], {}
    for dimensions, side in sites.items():
        chi = matrices(dimensions)
        start = np.random.default_rng(SEED).normal(size=(2, 4, *[side] * dimensions, 16))

        def step(one: np.ndarray, chi: np.ndarray = chi) -> np.ndarray:
            state = one[0] + massive(one[1], chi)
            # Differences between both neighbours are antisymmetric, as the matrices are; second ones are symmetric.
            return np.array([state, one[1] - massive(state, np.array([-chi[0], *chi[1:]]))])

        later = np.stack([step(start[..., n]) for n in range(16)], axis=-1)
        before, after = (modes(np.concatenate(tuple(f)), dimensions) for f in (start, later))
        found = amplifications(before, after)
        squares = _uncoupled(predict, WILSON, (side,) * dimensions)
        worst.append(apart(2 - found - 1 / found, np.repeat(squares, 2, axis=1)))
        sizes = max(sizes, float(np.max(np.abs(np.abs(found) - 1))))
        lowest = np.sqrt(np.maximum(np.min(np.real(squares), axis=1), 0))
        gaps.append(float(np.min(lowest[1:])))
        if dimensions == 1:
            p = 2 * np.pi * np.fft.fftfreq(side)
            bands[f"r = {WILSON}"] = p, lowest
            bare = _uncoupled(predict, 0.0, (side,))
            bands["r = 0: doublers"] = p, np.sqrt(np.maximum(np.min(np.real(bare), axis=1), 0))
    check = Check(
        "frequencies with unit weights",
        "(claim-uncoupled)",
        "ω² = (m + r Σ(1 - cos p))² + Σ sin² p of each mode, from its kernel: stable, and without doublers",
        f"λ + 1/λ = 2 - ω², from runs on lattices of {', '.join(f'{n}^{d}' for d, n in sites.items())} sites",
        f"no ω² is off by more than {10 * EXACT:g}, all |λ| are 1 to {EXACT:g}, and all modes but that at zero are"
        " faster than the mass",
        bool(max(worst) <= 10 * EXACT and sizes <= EXACT and min(gaps) > 1.01 * MASS),
        (
            *((f"largest difference, D = {d}", digits(one)) for d, one in zip(sites, worst, strict=True)),
            ("largest ||λ| - 1|", digits(sizes)),
            ("lowest frequency beside that at zero", digits(min(gaps))),
        ),
    )
    return check, bands


def _uncoupled(predict: Predictions, wilson: float, sites: tuple[int, ...]) -> np.ndarray:
    """ω² of all modes, (modes, 4)."""
    kernel = predict.kernel("claim-uncoupled", dimensions=len(sites))
    return np.linalg.eigvals(symbols(lambda field: kernel(chi=field, m=MASS, r=wilson), 4, sites))


EXPERIMENT = Experiment(
    "stable-dirac-rules",
    ("fields-2024",),
    "Rules for Dirac fields that do not grow, and doublers",
    (
        *("claim-mean-states", "claim-mean-training", "claim-cayley-rule-states", "claim-cayley-rule-training"),
        *("claim-norm-conserved", "claim-hopping-squared", "claim-massive-biases", "claim-unit-weights"),
        *("claim-other-activation", "claim-other-learning-after", "claim-other-learning-rule"),
        *("claim-stable-rule", "claim-stable-energy", "claim-uncoupled"),
    ),
    run,
)
