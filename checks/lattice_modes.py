"""Modes of a run on a periodic lattice: their amplification, measured from the run alone."""

from __future__ import annotations

import numpy as np


def momenta(sites: int, dimensions: int) -> np.ndarray:
    """The momenta of a lattice with unit spacing, shape (D, sites, …, sites), as NumPy's Fourier transform orders
    them."""
    return np.array(np.meshgrid(*[2 * np.pi * np.fft.fftfreq(sites)] * dimensions, indexing="ij"))


def amplifications(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The factors by which one step multiplies the states of a mode, from pairs of states of a run, by least squares.

    ``before`` and ``after`` have the shape (modes, components, pairs), with as many pairs as components or more, from
    runs that differ. The result has the shape (modes, components): the eigenvalues of the step that fits all pairs best
    (dynamic mode decomposition).
    """
    step = after @ np.linalg.pinv(before)
    return np.linalg.eigvals(step)


def apart(measured: np.ndarray, predicted: np.ndarray) -> float:
    """The largest distance of a measured factor from its predicted one, when they are paired one to one, over all
    modes.

    Shapes (modes, components); the predicted ones may stand in any order.
    """
    from scipy.optimize import linear_sum_assignment

    worst = 0.0
    for found, expected in zip(measured, predicted, strict=True):
        distance = np.abs(found[:, None] - expected[None, :])
        rows, columns = linear_sum_assignment(distance)
        worst = max(worst, float(distance[rows, columns].max()))
    return worst
