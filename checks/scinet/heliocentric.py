r"""The Sun and Mars seen from the Earth: both angles are observed once, and asked for weeks later.

The geometry: Earth and Mars go round the Sun at constant speed on circles in one plane, with the radii
$R_E = 1$ and $R_M = 1.52366231$ (astronomical units) and the sidereal periods 365.256 and 686.980 days. All angles are
measured against the fixed stars, in radians. The heliocentric angles are $\varphi_E$ and $\varphi_M$; the geocentric
ones are $\theta_S = \varphi_E + \pi$ and $\theta_M$, the direction of $R_M e^{i\varphi_M} - R_E e^{i\varphi_E}$.

Angles as numbers. At the first observation $\theta_S$ lies in $[0, 2\pi)$ and $\theta_M$ in $[-\pi, \pi)$; from there
both go on continuously. Across the line of sight, $R_M \sin(\varphi_M - \theta_M) = R_E \sin(\varphi_E - \theta_M)$,
and since $R_E < R_M$ the angle $\varphi_M - \theta_M$ never leaves $(-\pi/2, \pi/2)$. So

    φ_M = θ_M + arcsin(R_E / R_M sin(φ_E − θ_M))

is smooth on the whole plane of unwrapped angles, rises with $\theta_M$, and is unwrapped with it: this is the
$\varphi_M$ that latents are compared with. There is no cut inside the box on which the network reads its observation.
"""

from __future__ import annotations

import numpy as np

from checks.scinet.samples import Samples

EARTH_RADIUS, MARS_RADIUS = 1.0, 1.52366231
EARTH_YEAR, MARS_YEAR = 365.256, 686.980
"""In days."""
STEP, STEPS = 7.0, 50
"""Days between two observations of a series, and observations in it."""
SPEEDS = 2 * np.pi * STEP / np.array([EARTH_YEAR, MARS_YEAR])
"""How far φ_E and φ_M go in one step, (2,)."""


def mars_from_sun(sun: np.ndarray, mars: np.ndarray) -> np.ndarray:
    """The unwrapped φ_M from the unwrapped θ_S and θ_M, which broadcast."""
    return mars + np.arcsin(EARTH_RADIUS / MARS_RADIUS * np.sin(sun - np.pi - mars))


def mars_from_earth(earth: np.ndarray, mars: np.ndarray) -> np.ndarray:
    """The unwrapped θ_M from the unwrapped φ_E and φ_M: the inverse of ``mars_from_sun``, by the direction of Mars.

    With both turned back by φ_M, Mars is on the axis, and the direction to it less than a half turn away.
    """
    apart = earth - mars
    return mars + np.arctan2(-EARTH_RADIUS * np.sin(apart), MARS_RADIUS - EARTH_RADIUS * np.cos(apart))


def geocentric(heliocentric: np.ndarray) -> np.ndarray:
    """(θ_S, θ_M) from (φ_E, φ_M), unwrapped, (…, 2)."""
    earth, mars = heliocentric[..., 0], heliocentric[..., 1]
    return np.stack([earth + np.pi, mars_from_earth(earth, mars)], axis=-1)


def heliocentric_angles(geocentric: np.ndarray) -> np.ndarray:
    """(φ_E, φ_M) from (θ_S, θ_M), unwrapped, (…, 2)."""
    sun, mars = geocentric[..., 0], geocentric[..., 1]
    return np.stack([sun - np.pi, mars_from_sun(sun, mars)], axis=-1)


def series(first: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """(θ_S, θ_M) after some steps, (N, K, 2), from the first observation (N, 2) and numbers of steps (N, K)."""
    start = heliocentric_angles(first)
    return geocentric(start[:, None, :] + steps[:, :, None] * SPEEDS)


def heliocentric(count: int, seed: int) -> Samples:
    """``count`` first observations of planets at random places, each with one question: the number of steps.

    The answer is both angles after so many steps, (count, 2). The parameters are the unwrapped φ_E and φ_M at the first
    observation, (count, 2).
    """
    draw = np.random.default_rng([seed, 1543])
    places = draw.uniform(0, 2 * np.pi, (count, 2))
    seen = geocentric(places)
    first = np.stack([seen[:, 0] % (2 * np.pi), (seen[:, 1] + np.pi) % (2 * np.pi) - np.pi], axis=1)
    steps = draw.integers(0, STEPS, (count, 1))
    return Samples(
        observation=first,
        question=steps.astype(float),
        answer=series(first, steps)[:, 0, :],
        parameters=heliocentric_angles(first),
    )
