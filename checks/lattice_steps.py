r"""Steps of fields on periodic lattices as simulations make them, with `numpy.roll`, and what a kernel does to modes.

Klein-Gordon fields have the shape (sites of each axis); Dirac fields (K, sites of each axis), with the real matrices
of (4.35), or (4.16) where there are two types.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Fields = np.ndarray
"""φ and π of a Dirac field: (2, types, sites of each axis)."""
Update = Callable[[np.ndarray], np.ndarray]
"""Takes the components of a state (components, sites of each axis) one step on; linear."""


def laplacian(phi: np.ndarray, axes: int | None = None) -> np.ndarray:
    """The sum of second differences over the last ``axes`` axes, or all of them."""
    axes = phi.ndim if axes is None else axes
    found = -2.0 * axes * phi
    for axis in range(phi.ndim - axes, phi.ndim):
        found = found + np.roll(phi, 1, axis) + np.roll(phi, -1, axis)
    return found


def matrices(dimensions: int = 3, types: int = 4) -> np.ndarray:
    """X_0, …, X_D: real and antisymmetric; the first commutes with the others, which anticommute with each other."""
    turn, eye = np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(2)
    if types == 2:
        return np.array([turn, turn])
    first, third = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, -1.0]])
    found = [np.kron(eye, turn), np.kron(first, -turn), np.kron(turn, eye), np.kron(third, -turn)]
    return np.array(found[: dimensions + 1])


def by(matrix: np.ndarray, field: np.ndarray) -> np.ndarray:
    """A matrix of types on a field."""
    return np.tensordot(matrix, field, 1)


def hopping(pi: np.ndarray, chi: np.ndarray) -> np.ndarray:
    """B π with forward differences; ``chi`` are X_0, …, X_D for as many axes."""
    return np.sum([by(chi[d + 1], np.roll(pi, -1, d + 1) - pi) for d in range(pi.ndim - 1)], axis=0)


def backward(phi: np.ndarray, chi: np.ndarray) -> np.ndarray:
    """B^T φ: the matrices are antisymmetric, so that it has backward differences."""
    return np.sum([by(chi[d + 1], phi - np.roll(phi, 1, d + 1)) for d in range(phi.ndim - 1)], axis=0)


def dirac_step(fields: Fields, mass: float, chi: np.ndarray) -> Fields:
    """(4.26), of which (4.17) is the case of two types on one axis."""
    phi, pi = fields
    first = phi + hopping(pi, chi) + mass * by(chi[0], phi)
    return np.array([first, pi - backward(phi, chi) - mass * by(chi[0], pi)])


def dense(linear: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """The matrix of a linear map of fields of a shape, on their flattened components."""
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    return np.array([linear(unit).ravel() for unit in units]).T


def on_three_axes(field: np.ndarray, axes: int) -> np.ndarray:
    """A field whose last ``axes`` axes are sites, with further ones of a single site, up to three."""
    return field.reshape(*field.shape, *[1] * (3 - axes))


def symbols(update: Update, components: int, sites: tuple[int, ...]) -> np.ndarray:
    """The matrices by which a linear step that is the same at all sites multiplies modes: (modes, components,
    components), with modes as NumPy's Fourier transform orders them."""
    columns = []
    for n in range(components):
        state = np.zeros((components, *sites))
        state[(n, *[0] * len(sites))] = 1
        columns.append(np.fft.fftn(update(state), axes=range(1, 1 + len(sites))).reshape(components, -1))
    return np.array(columns).transpose(2, 1, 0)


def modes(fields: np.ndarray, axes: int) -> np.ndarray:
    """The Fourier modes of states (components, sites of each axis, runs): (modes, components, runs)."""
    found = np.fft.fftn(fields, axes=range(1, 1 + axes))
    return found.reshape(len(fields), -1, fields.shape[-1]).swapaxes(0, 1)
