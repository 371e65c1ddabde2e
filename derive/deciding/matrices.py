"""Matrices: equalities of entries, and what SymPy writes around explicit matrices carried out."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.matrices.matrixbase import MatrixBase

from derive.deciding.steps import TooManySteps, limited

MAX_ENTRIES = 400
STEPS = 2_000_000
SMALL = 4  # up to this size no steps are counted


def carried_out(value: Any) -> Any:
    """Determinants, traces, products, powers and inverses of explicit matrices, as entries."""
    if isinstance(value, MatrixBase):
        return sp.ImmutableMatrix(value)
    if isinstance(value, sp.Basic) and getattr(value, "is_Matrix", False):
        if value.atoms(sp.MatrixSymbol):
            return value
        try:
            matrix: Any = value
            explicit = matrix.doit() if max(matrix.shape) <= SMALL else limited(_done, matrix, at_most=STEPS)
        except TooManySteps:
            raise ValueError("a matrix has too large entries to be carried out") from None
        return sp.ImmutableMatrix(explicit) if hasattr(explicit, "tolist") else value
    if isinstance(value, sp.Expr):
        nodes = [n for n in value.atoms(sp.Determinant, sp.Trace) if not n.atoms(sp.MatrixSymbol)]
        return value.xreplace({node: _scalar(node) for node in nodes})
    return value


def _done(value: Any) -> Any:
    return value.doit()


def _scalar(node: Any) -> Any:
    if max(node.arg.shape) <= SMALL:
        return _determinant_or_trace(node)
    try:
        return limited(_determinant_or_trace, node, at_most=STEPS)
    except TooManySteps:
        return node


def _determinant_or_trace(node: Any) -> Any:
    inner = node.arg.doit()
    return inner.det(method="berkowitz") if isinstance(node, sp.Determinant) else inner.trace()


def entries(lhs: Any, rhs: Any) -> list[tuple[tuple[int, int], Any, Any]] | None:
    """The pairs of entries if both sides are explicit matrices of one shape; None if neither is a matrix.

    Raises `TypeError` if only one is, `ValueError` if the shapes differ or there are too many entries.
    """
    left, right = (isinstance(side, MatrixBase) for side in (lhs, rhs))
    if not left and not right:
        return None
    if left != right:
        sides = ("left", "right") if left else ("right", "left")
        raise TypeError(f"the {sides[0]}-hand side is a matrix and the {sides[1]}-hand side is not")
    if lhs.shape != rhs.shape:
        raise ValueError(f"the matrices have different shapes, {lhs.shape} and {rhs.shape}")
    if lhs.rows * lhs.cols > MAX_ENTRIES:
        raise ValueError(f"the matrices have more than {MAX_ENTRIES} entries")
    return [((i, j), lhs[i, j], rhs[i, j]) for i in range(lhs.rows) for j in range(lhs.cols)]
