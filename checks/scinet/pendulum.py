r"""The damped pendulum: positions at fixed times are observed, the position at another time is asked for.

$x(t) = A_0 e^{-bt/2m} \cos(\omega t + \delta_0)$ with $\omega = \sqrt{\kappa/m - b^2/4m^2}$. As in Iten et al. 2020:
$A_0 = 1$ m, $\delta_0 = 0$, $m = 1$ kg; $\kappa$ in [5, 10] kg/s², $b$ in [0.5, 1] kg/s, uniform; 50 observations in
[0, 5] s; the time that is asked for is uniform in [0, 10] s, so half of the questions go beyond what was observed.
"""

from __future__ import annotations

import numpy as np

from checks.scinet.samples import Samples

STIFFNESS, DAMPING = (5.0, 10.0), (0.5, 1.0)
OBSERVED = np.linspace(0.0, 5.0, 50)
ASKED = (0.0, 10.0)


def position(time: np.ndarray, stiffness: np.ndarray, damping: np.ndarray) -> np.ndarray:
    """x(t) in metres, for a mass of 1 kg that starts at 1 m; the arguments broadcast.

    Units: s, kg/s², kg/s. Raises ValueError where the pendulum does not swing, $b^2 >= 4 \\kappa m$.
    """
    square = stiffness - damping**2 / 4
    if np.any(square <= 0):
        raise ValueError("the damping is too strong for an oscillation: b² has to be below 4 κ m")
    return np.exp(-damping * time / 2) * np.cos(np.sqrt(square) * time)


def pendulum(count: int, seed: int) -> Samples:
    """``count`` pendulums, each with one question. The parameters are stiffness and damping, (count, 2)."""
    draw = np.random.default_rng([seed, 50])
    stiffness, damping = draw.uniform(*STIFFNESS, (count, 1)), draw.uniform(*DAMPING, (count, 1))
    time = draw.uniform(*ASKED, (count, 1))
    return Samples(
        observation=position(OBSERVED[None, :], stiffness, damping),
        question=time,
        answer=position(time, stiffness, damping),
        parameters=np.concatenate([stiffness, damping], axis=1),
    )
