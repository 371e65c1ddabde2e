"""Laws as points with weights, over which polynomials have just the integrals that they have under the law."""

from __future__ import annotations

import itertools

import numpy as np

Law = tuple[np.ndarray, np.ndarray]
"""Points, shape (count, …), and their weights, shape (count,)."""


def gauss_hermite(variance: float, count: int = 60) -> Law:
    """Points and weights of a Gaussian with mean zero: exact for polynomials of degree below 2 count."""
    points, weights = np.polynomial.hermite_e.hermegauss(count)
    return points * np.sqrt(variance), weights / weights.sum()


def cubature(covariance: np.ndarray) -> Law:
    """2 N points of equal weight with mean zero, the covariance (N, N), and no third moments."""
    count = len(covariance)
    steps = np.sqrt(count) * np.linalg.cholesky(covariance).T
    return np.concatenate((steps, -steps)), np.full(2 * count, 0.5 / count)


def bernoulli(chance: np.ndarray) -> Law:
    """All values, 1 for true and 0 for false, of independent variables that are true with these chances (B,)."""
    points = np.array(list(itertools.product((1.0, 0.0), repeat=len(chance))))
    return points, np.prod(np.where(points == 1, chance, 1 - chance), axis=1)


def independent(first: Law, second: Law) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The law of two independent quantities: the points of both, and the weights."""
    one, other = (grid.ravel() for grid in np.indices((len(first[1]), len(second[1]))))
    return first[0][one], second[0][other], first[1][one] * second[1][other]
