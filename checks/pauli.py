r"""The Pauli Hamiltonian on a grid, equation (107), and the precession of a spin in a magnetic field.

The kinetic energy is $(\sigma \cdot (p - q A))^2 / 2m$. With $\sigma \cdot (p - qA)$ applied twice by Fourier
transforms, nothing of (107) is put in: no magnetic field, no reduced Planck constant beside the momentum.

- On a periodic grid in two dimensions, with vector potentials and states of a few Fourier modes, the derivatives are
  exact, and (107) holds to rounding. As printed its magnetic term lacks the reduced Planck constant, which is not one
  here.
- In a uniform field, on a line with a momentum across it, the spin of a wave packet turns and its place oscillates.
  The exact propagators of both Hamiltonians are those of dense matrices; nothing tells the simulation how fast a spin
  turns.
"""

from __future__ import annotations

import numpy as np

from checks.check import Check, Outcome, Size, called, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.predictions import BOTH, Predictions, Which
from checks.scores import relative
from checks.spins import SIGMA, along

HBAR, MASS, CHARGE, TRANSVERSE = 0.7, 1.3, 0.9, 0.4
"""TRANSVERSE is the momentum in the third direction, on which nothing depends, over HBAR."""
SITES = {"quick": 10, "full": 16}
MODES = 1
"""Of the vector potential; states have up to twice as many, so that no product passes half the sites."""
EXACT = 1e-11
FIELD, LINE, BOX = 1.7, {"quick": 64, "full": 256}, 12.0
CLUSTER = {"x": 0.6, "q": 1.1, "m": 0.9, "r": 2.0}
MOTION = 1e-7
"""Over a motion of some units: the packet ends at 1e-12 of its height at the border, and the grid resolves it to
1e-10."""


def run(predict: Predictions, size: Size) -> Outcome:
    checks, turned = [], {}
    for which in BOTH:
        found = (_on_a_grid(predict, which, SITES[size]), *_precession(predict, which, LINE[size], turned))
        checks += [told_apart(check) if which == "as printed" else check for check in found]

    def precession(axes) -> None:
        times, phases = turned["measured"]
        axes.plot(times, phases, ".", label="simulated")
        axes.plot(times, turned["right"], "-", label="(107), corrected")
        axes.plot(times, turned["as printed"], "--", label="(107), as printed")
        axes.set(title="precession of a spin", xlabel="time", ylabel="angle [rad]")
        axes.legend()

    return Outcome(tuple(checks), (precession,))


def _trigonometric(sites: int, modes: int, draw: np.random.Generator) -> tuple[np.ndarray, list[np.ndarray]]:
    """A real field of few Fourier modes on the grid, and its two derivatives, from the coefficients."""
    x, y = np.meshgrid(*[2 * np.pi * np.arange(sites) / sites] * 2, indexing="ij")
    field, slopes = np.zeros((sites, sites)), [np.zeros((sites, sites)) for _ in range(2)]
    for k in range(-modes, modes + 1):
        for other in range(-modes, modes + 1):
            a, phase = draw.normal(), draw.uniform(0, 2 * np.pi)
            wave = k * x + other * y + phase
            field += a * np.cos(wave)
            slopes[0] -= a * k * np.sin(wave)
            slopes[1] -= a * other * np.sin(wave)
    return field, slopes


def _on_a_grid(predict: Predictions, which: Which, sites: int) -> Check:
    draw = np.random.default_rng(SEED)
    drawn = [_trigonometric(sites, MODES, draw) for _ in range(3)]
    potential = np.array([field for field, _ in drawn])
    magnetic = np.array([drawn[2][1][1], -drawn[2][1][0], drawn[1][1][0] - drawn[0][1][1]])
    psi = np.array(
        [_trigonometric(sites, 2 * MODES, draw)[0] + 1j * _trigonometric(sites, 2 * MODES, draw)[0] for _ in "ud"]
    )
    nu, x, q, m, apart = (draw.uniform(0.5, 1.5, count) for count in (3, 2, 2, 2, 2))
    wave = np.fft.fftfreq(sites, 1 / sites)

    def momentum(component: np.ndarray, d: int) -> np.ndarray:
        if d == 2:
            return HBAR * TRANSVERSE * component
        shape = (-1, 1) if d == 0 else (1, -1)
        return HBAR * np.fft.ifft(wave.reshape(shape) * np.fft.fft(component, axis=d), axis=d)

    def kinetic_root(spinor: np.ndarray) -> np.ndarray:
        moved = [np.array([momentum(c, d) - CHARGE * potential[d] * c for c in spinor]) for d in range(3)]
        return np.einsum("dab,dbxy->axy", SIGMA, np.array(moved))

    coupling = CHARGE / MASS * np.sum(x * q / m / apart)
    measured = kinetic_root(kinetic_root(psi)) / (2 * MASS) - coupling * np.einsum("ab,bxy->axy", along(nu), psi)

    transform = np.fft.ifft(wave[:, None] * np.fft.fft(np.eye(sites), axis=0), axis=0)
    momenta = [np.kron(transform, np.eye(sites)), np.kron(np.eye(sites), transform), TRANSVERSE * np.eye(sites**2)]
    fields = {"p": HBAR * np.array(momenta), "A": potential.reshape(3, -1), "B": magnetic.reshape(3, -1)}
    beside = {"x": x, "q": q, "m": m, "r_bn": apart, "nu": nu}
    predicted = _hamiltonian(predict, which, {**fields, **beside}) @ psi.ravel()
    difference = relative(measured.ravel(), predicted)
    return Check(
        "Pauli Hamiltonian",
        "(107)",
        "the square of σ·(p - qA) is that of p - qA and a magnetic term",
        f"σ·(p - qA) twice, by Fourier transforms on {sites} by {sites} sites",
        f"the relative difference is below {EXACT:g}",
        difference <= EXACT,
        (("relative difference", digits(difference)),),
    )


def _hamiltonian(predict: Predictions, which: Which, values: dict[str, object]) -> np.ndarray:
    """(107) as a matrix, for spinors one after the other."""
    found = called(predict.kernel("107", which), **values, hbar=HBAR, m_b=MASS, q_b=CHARGE)
    return found.reshape(2 * found.shape[1], -1)


def _precession(predict: Predictions, which: Which, sites: int, turned: dict) -> tuple[Check]:
    """A wave packet on a line, with a momentum across it, in a uniform field and beside one cluster."""
    x = BOX * (np.arange(sites) / sites - 0.5)
    wave = 2 * np.pi * np.fft.fftfreq(sites, BOX / sites)
    eye = np.eye(sites)
    along_line = HBAR * np.fft.ifft(wave[:, None] * np.fft.fft(eye, axis=0), axis=0)
    across, field = HBAR * TRANSVERSE * eye, np.diag(FIELD * x)
    root = np.kron(SIGMA[0], along_line) + np.kron(SIGMA[1], across - CHARGE * field)
    beside = np.kron(CLUSTER["q"] * CLUSTER["x"] / CLUSTER["m"] / CLUSTER["r"] * CHARGE / MASS * SIGMA[2], eye)
    packet = np.exp(-CHARGE * FIELD * (x - 0.5) ** 2 / (2 * HBAR))
    start = np.kron(np.array([1, 1]), packet / np.linalg.norm(packet)) / np.sqrt(2)
    times = np.linspace(0, 4, 41)

    def followed(hamiltonian: np.ndarray) -> np.ndarray:
        """The angle of the spin and the mean place, at all times."""
        values, vectors = np.linalg.eigh(hamiltonian)
        modes = vectors.conj().T @ start
        after = (vectors @ (np.exp(-1j * np.outer(values, times) / HBAR) * modes[:, None])).reshape(2, sites, -1)
        angle = np.unwrap(np.angle(np.sum(after[0].conj() * after[1], axis=0)))
        return np.array([angle, np.einsum("x,sxt->t", x, np.abs(after) ** 2)])

    still = np.zeros(sites)
    values = {
        "p": np.array([along_line, across, 0 * across]),
        "A": np.array([still, FIELD * x, still]),
        "B": np.array([still, still, still + FIELD]),
        "nu": np.array([0.0, 0.0, 1.0]),
        **{name: [CLUSTER[key]] for name, key in (("x", "x"), ("q", "q"), ("m", "m"), ("r_bn", "r"))},
    }
    measured = followed(root @ root / (2 * MASS) - beside)
    predicted = followed(_hamiltonian(predict, which, values))
    difference = float(np.max(np.abs(measured - predicted)))
    turned["measured"], turned[which] = (times, measured[0]), predicted[0]
    turns = [float(np.polyfit(times, found[0], 1)[0]) for found in (measured, predicted)]
    return (
        Check(
            "precession of a spin",
            "(107)",
            "the spin turns in a uniform field, and its place moves, as under the square of σ·(p - qA)",
            f"exact propagation of a wave packet by that square, {sites} sites, 41 times",
            f"the angle of the spin and the mean place agree to {MOTION:g} at all times",
            difference <= MOTION,
            (
                ("largest difference", digits(difference)),
                ("frequency measured", digits(turns[0])),
                ("frequency predicted", digits(turns[1])),
            ),
        ),
    )


EXPERIMENT = Experiment("pauli", ("inference-2024-07",), "The Pauli Hamiltonian on a grid", ("107",), run)
