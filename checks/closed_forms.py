r"""Closed forms that stand in for lines which have no kernel yet. To be replaced, line by line, by exported kernels.

Each entry of ``CLOSED_FORMS`` is a function that an experiment takes as its prediction. What is checked with them is
the closed form against the simulation, and no line of a paper; such checks are not counted as checks of lines.

On a periodic lattice with spacing one, momenta p have the shape (D, …), and $\omega^2 = m^2 + \sum_\mu 4 \sin^2(p_\mu
/ 2)$.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np


def klein_gordon_frequency(p: np.ndarray, mass: float) -> np.ndarray:
    """The frequency of a mode in continuous time, shape (…)."""
    return np.sqrt(mass**2 + np.sum(4 * np.sin(p / 2) ** 2, axis=0))


def explicit_amplification(frequency: np.ndarray, step: float) -> np.ndarray:
    """(3.13), (4.26): λ = 1 ± i τ ω, so that |λ|² = 1 + τ² ω². Shape (2, …)."""
    return np.array([1 + 1j * step * frequency, 1 - 1j * step * frequency])


def leapfrog_amplification(frequency: np.ndarray, step: float) -> np.ndarray:
    """(3.19): λ + 1/λ = 2 - τ² ω². Shape (2, …)."""
    half = 1 - (step * frequency) ** 2 / 2
    root = np.sqrt(half.astype(complex) ** 2 - 1)
    return np.array([half + root, half - root])


def dirac_frequencies(p: np.ndarray, mass: float) -> np.ndarray:
    """Both frequencies of the Dirac lattice with forward and backward differences, shape (2, …): equal in one
    dimension."""
    total, split = np.sum(4 * np.sin(p / 2) ** 2, axis=0), 0.0
    for a, b in itertools.combinations(range(len(p)), 2):
        split = split + (np.sin(p[a] / 2) * np.sin(p[b] / 2) * np.sin((p[a] - p[b]) / 2)) ** 2
    split = 8 * np.sqrt(split) + 0 * total
    return np.sqrt(mass**2 + np.maximum(np.array([total + split, total - split]), 0))


def hamilton_one(phi: np.ndarray, beta: np.ndarray, slope: Callable[[Any], Any]) -> tuple[np.ndarray, np.ndarray]:
    """(2.6) with (2.7): the rates of φ and β for the potential whose slope this is."""
    return beta, -slope(phi)


def hamilton_many(
    phi: np.ndarray, beta: np.ndarray, weight: np.ndarray, slope: Callable[[Any], Any]
) -> tuple[np.ndarray, np.ndarray]:
    """(2.13) with (2.14): ``weight`` is W - I."""
    return weight @ phi + beta, -weight.T @ beta - slope(phi)


def learning_tensor(minus_laplacian: np.ndarray, phi: np.ndarray, mass: float, *, sign: int = -1) -> np.ndarray:
    """(3.8a): A φ, from -Δ φ. As printed the sign is plus."""
    return sign * (minus_laplacian + mass**2 * phi)


def second_difference(squared: np.ndarray, twice: np.ndarray, *, sign: int = 1) -> np.ndarray:
    """(4.10): the second difference of φ in time, from B B^T φ and (W - I)² φ. As printed the sign is minus."""
    return -squared + sign * twice


def bias_change(squared: np.ndarray, turned: np.ndarray, mass: float, *, sign: int = -1) -> np.ndarray:
    """(4.39b): the change of β, from B B^T φ and X₀ β. As printed the sign is plus."""
    return sign * squared - mass * turned


def gauged_step(fields: Any, shift: Any, rotate: Any, chi: Any, mass: float) -> tuple[np.ndarray, np.ndarray]:
    """(5.2+1), (5.2+2): the transformed fields at the next time, from the transformed fields now.

    ``rotate(k, μ)`` is X₀ to the power θ_i - θ_{i + k e_μ}; with μ = None, θ_i(t + 1) - θ_i(t). Fields are (φ, π), with
    shape (K, …) each; ``shift(f, k, μ)`` takes the value at i + k e_μ.
    """
    phi, pi = fields
    first, second = phi + mass * chi(0, phi), pi - mass * chi(0, pi)
    for direction in range(phi.ndim - 1):
        ahead = rotate(1, direction)(shift(pi, 1, direction))
        behind = rotate(-1, direction)(shift(phi, -1, direction))
        first = first + chi(direction + 1, ahead - pi)
        second = second - chi(direction + 1, phi - behind)
    return rotate(0, None)(first), rotate(0, None)(second)


CLOSED_FORMS: dict[str, Callable[..., Any]] = {
    "frequency of Klein-Gordon modes": klein_gordon_frequency,
    "amplification of (3.13)": explicit_amplification,
    "amplification of (3.19)": leapfrog_amplification,
    "frequencies of Dirac modes": dirac_frequencies,
    "amplification of (4.26)": explicit_amplification,
    "(3.8a), sign turned": learning_tensor,
    "(3.8a), as printed": partial(learning_tensor, sign=1),
    "(4.10), sign turned": second_difference,
    "(4.10), as printed": partial(second_difference, sign=-1),
    "(4.39b), sign turned": bias_change,
    "(4.39b), as printed": partial(bias_change, sign=1),
    "Hamilton's equations (2.6)": hamilton_one,
    "Hamilton's equations (2.13)": hamilton_many,
    "transformed step (5.2)": gauged_step,
}
