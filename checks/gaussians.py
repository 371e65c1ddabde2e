"""Gaussian models of clusters: masses, charges, positions and velocities, and the covariance that they give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Clusters:
    """Shapes: m and q (N,), r and v (N, D). Charges are positive, so that no sum over pairs cancels by chance."""

    m: np.ndarray
    q: np.ndarray
    r: np.ndarray
    v: np.ndarray

    @classmethod
    def drawn(cls, count: int, draw: np.random.Generator, dimensions: int = 3) -> Clusters:
        """Velocities are roughly parallel, and no two clusters nearer than 1 / count."""
        m, q = draw.uniform(0.8, 1.25, count), draw.uniform(0.5, 1.0, count)
        while True:
            r = draw.normal(size=(count, dimensions))
            if np.min(distances(r) + 2 * np.eye(count)) > 1 / count:
                break
        v = np.array([1.0, -1.0, 0.5])[:dimensions] + draw.normal(scale=0.3, size=(count, dimensions))
        return cls(m, q, r, v)

    @property
    def off(self) -> np.ndarray:
        """The covariances of different clusters, q_i q_j / |r_i - r_j|."""
        apart = distances(self.r)
        np.fill_diagonal(apart, np.inf)
        return np.outer(self.q, self.q) / apart

    @property
    def covariance(self) -> np.ndarray:
        return np.diag(self.m) + self.off

    @property
    def radius(self) -> float:
        """The spectral radius of the covariances relative to the masses; the covariance is positive definite below
        1."""
        scale = 1 / np.sqrt(self.m)
        return float(np.max(np.abs(np.linalg.eigvalsh(scale[:, None] * self.off * scale))))

    def at_radius(self, radius: float) -> Clusters:
        """The same at other distances, at which the spectral radius is this."""
        return Clusters(self.m, self.q, self.r * (self.radius / radius), self.v)


def distances(r: np.ndarray) -> np.ndarray:
    return np.sqrt(np.sum((r[:, None] - r[None, :]) ** 2, axis=2))


def random_covariance(count: int, draw: np.random.Generator) -> np.ndarray:
    """A well-conditioned positive definite matrix (N, N) that has nothing to do with charges."""
    mixed = draw.normal(size=(count, 2 * count)) / np.sqrt(2 * count)
    return mixed @ mixed.T + 0.2 * np.eye(count)
