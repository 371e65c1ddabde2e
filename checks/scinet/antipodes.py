r"""Two latents are one too few for the whole Bloch sphere, although the rank is two: the place where they fail.

A trained encoder is continuous, so by the theorem of Borsuk and Ulam two latents give some pair of antipodes, which are
orthogonal states $n$ and $-n$, the same latents. Asked for the probability of $n$, the network gives both the same
answer; the right ones are 1 and 0, so one of them is wrong by a half at least. The pair is looked for here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from checks.scinet.tomography import bloch_vectors, measurements
from checks.scinet.training import Trained

POINTS = 20_000
"""On the sphere, at first; the best of them are refined."""
REFINED = 4


@dataclass(frozen=True, slots=True)
class Antipodes:
    """The pair of orthogonal states whose latents are nearest to each other, as found."""

    direction: np.ndarray
    """The Bloch vector of one of them, (3,)."""
    apart: float
    """The distance of their latents, relative to the largest distance of two antipodes that was met."""
    worst: float
    """The larger error of the two answers to the question for that direction, a probability."""


def nearest_antipodes(trained: Trained) -> Antipodes:
    """Looks for two antipodes with the same latents, by a grid and then by local minimisation.

    The network is one for a qubit and has a latent at least. What is found is an upper bound for the smallest distance.
    """
    of_state, of_question = (bloch_vectors(found) for found in measurements(1, trained.experiment.seed))

    def apart(directions: np.ndarray) -> np.ndarray:
        there, back = (trained.encode((1 + sign * directions @ of_state.T) / 2) for sign in (1, -1))
        return np.linalg.norm(there - back, axis=1)

    def objective(point: np.ndarray) -> float:
        return float(apart((point / np.linalg.norm(point))[None, :])[0])

    grid = fibonacci_sphere(POINTS)
    distances = apart(grid)
    starts = grid[np.argsort(distances)[:REFINED]]
    options = {"xatol": 1e-7, "fatol": 1e-9, "maxiter": 400}
    simplexes = [np.vstack([start, start + 0.02 * np.eye(3)]) for start in starts]
    found = [
        minimize(objective, simplex[0], method="Nelder-Mead", options={**options, "initial_simplex": simplex})
        for simplex in simplexes
    ]
    best = min(found, key=lambda each: float(each.fun))
    direction = best.x / np.linalg.norm(best.x)
    pair = np.stack([direction, -direction])
    asked = np.tile((1 + of_question @ direction) / 2, (2, 1))
    answered = trained.answer((1 + pair @ of_state.T) / 2, asked)[:, 0]
    worst = float(np.abs(answered - np.array([1.0, 0.0])).max())
    return Antipodes(direction, float(best.fun) / float(distances.max()), worst)


def fibonacci_sphere(count: int) -> np.ndarray:
    """Points spread evenly over the unit sphere, (count, 3)."""
    number = np.arange(count) + 0.5
    height, turn = 1 - 2 * number / count, np.pi * (1 + 5**0.5) * number
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), height], axis=1)
