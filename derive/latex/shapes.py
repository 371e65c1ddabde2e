"""What kinds of things add, multiply and equal each other where indices are summed over when they are repeated.

A number counts as that multiple of the identity matrix, so that it may be added to a matrix and equated to one. Two
ranges are taken for the same where their sizes are printed numbers that are equal, as a range of 4 and two of 2.
"""

from __future__ import annotations

from math import prod

from derive.expression import SCALAR, Add, Expr, Identity, Mul, Neg, Type, product_type, walk
from derive.fields.nodes import Coordinate, MatrixSymbol, places_of
from derive.notation import Scope


def shape(expr: Expr) -> Type:
    """The type of an expression; of a sum of a number and a matrix, the matrix's. Raises TypeError as products do."""
    match expr:
        case Add(terms=terms):
            return next((found for term in terms if (found := shape(term)) != SCALAR), SCALAR)
        case Neg(term=term):
            return shape(term)
        case Mul(factors=factors):
            result = SCALAR
            for factor in factors:
                result = product_type(result, shape(factor))
            return result
    return expr.type


def total_size(axis: str, scope: Scope) -> int | None:
    """How many values the ranges of an axis have together, where all sizes are printed numbers."""
    sizes = [scope.ranges[name].size for name in axis.split()]
    return prod(int(size) for size in sizes) if all(size.isdigit() for size in sizes) else None


def same_axis(left: str, right: str, scope: Scope) -> bool:
    """Whether two axes are the same, or have the same printed size."""
    size = total_size(left, scope)
    return left == right or (size is not None and size == total_size(right, scope))


def same_shape(left: Type, right: Type, scope: Scope) -> bool:
    """Whether two things of these types may be added or equated."""
    if SCALAR in (left, right) and {left.kind, right.kind} <= {"scalar", "matrix"}:
        return True
    return left.kind == right.kind and all(same_axis(a, b, scope) for a, b in zip(left.axes, right.axes, strict=True))


def bare_matrix_beside(factors: tuple[Expr, ...]) -> str | None:
    """The range of a matrix printed without the indices of an entry beside components over that range."""
    acted = {name for factor in factors if shape(factor).kind == "matrix" for name in shape(factor).axes[0].split()}
    for factor in factors:
        if shape(factor) == SCALAR:
            found = next((place.index.range for place in places_of(factor) if place.index.range in acted), None)
            if found is not None:
                return found
    return None


def acts(expr: Expr) -> bool:
    """Whether an expression ends in a derivative that has nothing behind it to differentiate."""
    match expr:
        case Coordinate(of=None):
            return True
        case Mul(factors=factors):
            return acts(factors[-1])
        case Add(terms=terms):
            return any(acts(term) for term in terms)
        case Neg(term=term):
            return acts(term)
    return False


def is_one_matrix(expr: Expr) -> bool:
    """Whether a product has one matrix, so that it is clear what stands on which side of a tensor product."""
    return sum(isinstance(node, MatrixSymbol | Identity) for node in walk(expr)) == 1


__all__ = ["acts", "bare_matrix_beside", "is_one_matrix", "same_axis", "same_shape", "shape", "total_size"]
