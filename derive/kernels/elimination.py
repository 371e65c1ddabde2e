"""Inverses and determinants of values with bounds on rounding, by elimination with the largest pivots."""

from __future__ import annotations

from typing import Any

Rows = list[list[Any]]


def inverse(matrix: Rows, kind: Any) -> Rows:
    """The inverse of a square matrix of values of a kind, with derivatives where these have some."""
    size = len(matrix)
    rows = [[*row, *(kind.exact(int(i == j)) for j in range(size))] for i, row in enumerate(matrix)]
    for k in range(size):
        pivot = _pivot(rows, k)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        value = rows[k][k]
        rows[k] = [entry / value for entry in rows[k]]
        for i in range(size):
            if i != k:
                factor = rows[i][k]
                rows[i] = [kind.total([entry, -(factor * own)]) for entry, own in zip(rows[i], rows[k], strict=True)]
    return [row[size:] for row in rows]


def determinant(matrix: Rows, kind: Any) -> Any:
    """The determinant of a square matrix of values of a kind."""
    rows = [list(row) for row in matrix]
    found = kind.exact(1)
    for k in range(len(rows)):
        pivot = _pivot(rows, k)
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            found = -found
        value = rows[k][k]
        found = found * value
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / value
            rows[i] = [kind.total([entry, -(factor * own)]) for entry, own in zip(rows[i], rows[k], strict=True)]
    return found


def _pivot(rows: Rows, k: int) -> int:
    return max(range(k, len(rows)), key=lambda i: float(abs(rows[i][k].ball.mid())))
