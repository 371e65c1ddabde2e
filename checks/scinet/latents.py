r"""How latents relate to angles: linear regressions on the heliocentric angles and on the geocentric ones.

What the evolution fixes, and what it leaves open. Latents that go on at a constant speed $b$ while $\varphi_E$ and
$\varphi_M$ go on at $\Omega_E$ and $\Omega_M$ are $A (\varphi_E, \varphi_M)$ with $A (\Omega_E, \Omega_M) = b$, up to
any function of $\Omega_M \varphi_E - \Omega_E \varphi_M$, which the motion leaves as it is. So the evolution alone does
not make latents linear in the angles; that the rest is small is the work of the loss. How much of the rest is a
function of that invariant is measured too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from checks.scinet.heliocentric import SPEEDS
from checks.scinet.training import Trained

DEGREE = 9
"""Of the polynomial in the invariant."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A linear regression, y ≈ x coefficients + constant. Shapes: (X, Y), (Y,), (Y,)."""

    coefficients: np.ndarray
    constant: np.ndarray
    explained: np.ndarray
    """The share of the variance that is explained, R², of each column of y; one for a column that is constant."""

    def at(self, x: np.ndarray) -> np.ndarray:
        """The fitted y at other x, (N, X)."""
        return x @ self.coefficients + self.constant


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
    rest_by_invariant: np.ndarray
    """Of what the heliocentric angles leave unexplained linearly, the share that a polynomial of degree ``DEGREE`` in
    Ω_M φ_E − Ω_E φ_M explains."""


def relation(trained: Trained) -> Relation:
    """Regresses the latents of a trained heliocentric network. ValueError for a network that does not evolve."""
    if trained.network.step is None:
        raise ValueError("the latents of this system do not evolve in time")
    phi, theta = trained.experiment.samples.parameters, trained.experiment.samples.observation
    latents = trained.encode(theta)
    heliocentric = regress(phi, latents)
    invariant = phi @ np.array([SPEEDS[1], -SPEEDS[0]])
    powers = np.polynomial.legendre.legvander(invariant / np.abs(invariant).max(), DEGREE)[:, 1:]
    return Relation(
        heliocentric=heliocentric,
        geocentric=regress(theta, latents),
        mars_from_sun=float(regress(latents, phi[:, 1:]).explained[0]),
        mars_from_earth=float(regress(latents, theta[:, 1:]).explained[0]),
        step=np.asarray(trained.network.step, float)[: trained.latents],
        step_implied=SPEEDS @ heliocentric.coefficients,
        rest_by_invariant=regress(powers, latents - heliocentric.at(phi)).explained,
    )
