"""Spins in dense matrices: Pauli matrices, random operators and states, exact propagation."""

from __future__ import annotations

import numpy as np

SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
"""The Pauli matrices, shape (3, 2, 2)."""


def hermitian(size: int, draw: np.random.Generator) -> np.ndarray:
    found = draw.normal(size=(size, size)) + 1j * draw.normal(size=(size, size))
    return (found + found.conj().T) / np.sqrt(8 * size)


def unitary(size: int, draw: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(draw.normal(size=(size, size)) + 1j * draw.normal(size=(size, size)))[0]


def state(size: int, draw: np.random.Generator) -> np.ndarray:
    found = draw.normal(size=size) + 1j * draw.normal(size=size)
    return found / np.linalg.norm(found)


def along(direction: np.ndarray) -> np.ndarray:
    """σ·n, shape (2, 2)."""
    return np.tensordot(direction, SIGMA, 1)


def propagated(hamiltonian: np.ndarray, time: float, vector: np.ndarray) -> np.ndarray:
    """exp(-i time H) applied to a vector, by the spectral theorem."""
    values, vectors = np.linalg.eigh(hamiltonian)
    return vectors @ (np.exp(-1j * time * values) * (vectors.conj().T @ vector))
