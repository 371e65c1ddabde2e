"""How latents relate to angles: linear regressions on the heliocentric angles and on the geocentric ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from checks.scinet.heliocentric import SPEEDS
from checks.scinet.training import Trained


@dataclass(frozen=True, slots=True)
class Fit:
    """A linear regression, y ≈ x coefficients + constant. Shapes: (X, Y), (Y,), (Y,)."""

    coefficients: np.ndarray
    constant: np.ndarray
    explained: np.ndarray
    """The share of the variance that is explained, R², of each column of y; one for a column that is constant."""


def regress(x: np.ndarray, y: np.ndarray) -> Fit:
    """Least squares of the columns of y (N, Y) on those of x (N, X) and a constant."""
    table = np.column_stack([x, np.ones(len(x))])
    found = np.linalg.lstsq(table, y, rcond=None)[0]
    left, variance = (y - table @ found).var(axis=0), y.var(axis=0)
    explained = 1 - np.divide(left, variance, out=np.zeros_like(left), where=variance > 0)
    return Fit(found[:-1], found[-1], explained)


@dataclass(frozen=True, slots=True)
class Relation:
    """What the latents of a network are, at the first observation, in terms of angles; all unwrapped, in radians.

    The heliocentric angles are (φ_E, φ_M), the geocentric ones (θ_S, θ_M), as ``heliocentric`` defines them.
    """

    heliocentric: Fit
    """Latents by (φ_E, φ_M)."""
    geocentric: Fit
    """Latents by (θ_S, θ_M)."""
    mars_from_sun: float
    """R² of φ_M by the latents."""
    mars_from_earth: float
    """R² of θ_M by the latents."""
    step: np.ndarray
    """What a step in time adds to each latent, as learned."""
    step_implied: np.ndarray
    """The same from the coefficients and the speeds of the planets: what it would be for an exact linear relation."""


def relation(trained: Trained) -> Relation:
    """Regresses the latents of a trained heliocentric network. ValueError for a network that does not evolve."""
    if trained.network.step is None:
        raise ValueError("the latents of this system do not evolve in time")
    phi, theta = trained.experiment.samples.parameters, trained.experiment.samples.observation
    latents = trained.encode(theta)
    heliocentric = regress(phi, latents)
    return Relation(
        heliocentric=heliocentric,
        geocentric=regress(theta, latents),
        mars_from_sun=float(regress(latents, phi[:, 1:]).explained[0]),
        mars_from_earth=float(regress(latents, theta[:, 1:]).explained[0]),
        step=np.asarray(trained.network.step, float)[: trained.latents],
        step_implied=SPEEDS @ heliocentric.coefficients,
    )
