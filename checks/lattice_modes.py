"""Modes of a run on a periodic lattice: their amplification, measured from the run alone, and checks of it."""

from __future__ import annotations

import numpy as np

from checks.check import Check, digits
from checks.lattice_steps import Update, symbols

EXACT = 1e-8
"""Of factors of amplification: rounding, over the smallest distance of two of them in a fit."""
GROWTH = 0.02
"""How far a measured rate of growth may be off, relative to the predicted one."""


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


def factors_of_modes(update: Update, components: int, sites: tuple[int, ...]) -> np.ndarray:
    """The factors of a step that is linear and the same at all sites, as a kernel: (modes, components)."""
    return np.linalg.eigvals(symbols(update, components, sites))


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


def check_of_factors(subject: str, line: str, prediction: str, sites: dict[int, int], worst: list[float]) -> Check:
    """The largest difference of a factor of amplification from von Neumann's, in each number of dimensions."""
    return Check(
        f"factors of amplification of {subject}",
        line,
        prediction,
        f"runs from random fields on lattices of {', '.join(f'{n}^{d}' for d, n in sites.items())} sites",
        f"no factor is off by more than {EXACT:g}",
        max(worst) <= EXACT,
        tuple((f"largest difference, D = {d}", digits(one)) for d, one in zip(sites, worst, strict=True)),
    )


def check_of_growth(subject: str, line: str, steps: int, found: dict[int, tuple[float, float]]) -> Check:
    """The rate at which the norm of a field grows, measured and predicted, in each number of dimensions."""
    return Check(
        f"growth of the field by {subject}",
        line,
        "at the printed step the field grows by the largest factor of amplification",
        f"runs of {steps} steps from random fields; the slope of the log of the norm in the second half",
        f"the rates of growth agree to {GROWTH:.0%}",
        all(abs(measured / predicted - 1) <= GROWTH for measured, predicted in found.values()),
        tuple(
            (f"factor measured and predicted, D = {d}", " and ".join(digits(float(np.exp(rate))) for rate in rates))
            for d, rates in found.items()
        ),
    )
