"""Inverses, determinants and exponentials of matrices for NumPy and Numba; pasted as :mod:`runtime` is."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np


def _log_determinant(matrix):
    """The logarithm of the determinant; of a real matrix with a negative one it is no number."""
    sign, found = np.linalg.slogdet(matrix)
    return found + np.log(sign) if np.iscomplexobj(matrix) else np.where(sign > 0, found, np.nan)[()]


def _inverse(matrix):
    """The inverse of a matrix, by elimination with the largest pivots."""
    size = len(matrix)
    left, found = matrix.copy(), np.zeros_like(matrix)
    for k in range(size):
        found[k, k] = 1
    for k in range(size):
        pivot = k + np.argmax(np.abs(left[k:, k]))
        for array in (left, found):
            row = array[k].copy()
            array[k] = array[pivot]
            array[pivot] = row
        factor = 1 / left[k, k]
        left[k] *= factor
        found[k] *= factor
        for i in range(size):
            if i != k:
                factor = left[i, k]
                left[i] -= factor * left[k]
                found[i] -= factor * found[k]
    return found


def _determinant(matrix, logarithm):
    """The determinant of a matrix, or its logarithm, by elimination with the largest pivots."""
    size = len(matrix)
    left = matrix.copy()
    sign, found = left.dtype.type(1), left.dtype.type(0 if logarithm else 1)
    for k in range(size):
        pivot = k + np.argmax(np.abs(left[k:, k]))
        if pivot != k:
            row = left[k].copy()
            left[k] = left[pivot]
            left[pivot] = row
            sign = -sign
        value = left[k, k]
        if logarithm:
            modulus = np.abs(value)
            sign *= value / modulus
            found += np.log(modulus)
        else:
            found *= value
        for i in range(k + 1, size):
            left[i] -= left[i, k] / value * left[k]
    return found + np.log(sign) if logarithm else found * sign


def _exponential(matrix):
    """The exponential of a matrix: by its series for a part with a norm of at most 1/2, squared again and again."""
    norm = np.max(np.sum(np.abs(matrix), axis=0), initial=0)
    times = max(0, int(np.ceil(np.log2(norm))) + 1) if 0 < norm < np.inf else 0
    powers = [np.eye(len(matrix), dtype=matrix.dtype), matrix / 2.0**times]
    powers += [powers[1] @ powers[1]]
    powers += [powers[2] @ powers[1], powers[2] @ powers[2]]
    terms = (1 / np.cumprod([1.0, *range(1, 17)])).tolist()
    found = terms[16] * powers[0]
    for first in (12, 8, 4, 0):
        found = powers[4] @ found
        for number in range(4):
            found += terms[first + number] * powers[number]
    for _ in range(times):
        found = found @ found
    return found


def _times(left, right, found):
    """The product of two matrices, by loops."""
    size = len(left)
    for i in range(size):
        for j in range(size):
            found[i, j] = 0
        for k in range(size):
            factor = left[i, k]
            for j in range(size):
                found[i, j] += factor * right[k, j]


def _exponential_by_loops(matrix):
    """The exponential of a matrix: by its series for a part with a norm of at most 1/2, squared again and again."""
    size = len(matrix)
    norm = 0.0
    for j in range(size):
        norm = max(norm, np.sum(np.abs(matrix[:, j])))
    times = max(0, int(np.ceil(np.log2(norm))) + 1) if 0 < norm < np.inf else 0
    powers = np.zeros((5, size, size), matrix.dtype)
    for i in range(size):
        powers[0, i, i] = 1
    powers[1] = matrix * matrix.dtype.type(0.5**times)
    _times(powers[1], powers[1], powers[2])
    _times(powers[2], powers[1], powers[3])
    _times(powers[2], powers[2], powers[4])
    found, other = np.zeros_like(matrix), np.empty_like(matrix)
    for number in range(16, -1, -1):
        term = 1.0
        for factor in range(2, number + 1):
            term /= factor
        found += matrix.dtype.type(term) * powers[number % 4]
        if number % 4 == 0 and number > 0:
            _times(powers[4], found, other)
            found, other = other, found
    for _ in range(times):
        _times(found, found, other)
        found, other = other, found
    return found
