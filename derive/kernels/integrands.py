"""What stands under an integral: the density by which it is a mean, the delta that sets its variable, its factors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from derive.expression import (
    SCALAR,
    Add,
    Call,
    Density,
    Dirac,
    Expr,
    Frac,
    Integral,
    Mul,
    Neg,
    Symbol,
    ValueSum,
    Whole,
    walk,
)
from derive.kernels.kernel import KernelError


def is_over_a_column(expr: Expr) -> TypeGuard[ValueSum]:
    """Whether an expression sums over the values of a whole column of binary variables."""
    return isinstance(expr, ValueSum) and any(isinstance(slot, Whole) for slot in expr.variable.slots)


def outside_logs(expr: Expr) -> list[Density]:
    """The densities in an expression that do not stand in a logarithm."""
    if isinstance(expr, Density):
        return [expr]
    if isinstance(expr, Call) and expr.function == "log":
        return []
    return [one for child in expr.children for one in outside_logs(child)]


def factors_of(body: Expr) -> Iterator[Density]:
    """The densities by which a body is multiplied."""
    match body:
        case Density():
            yield body
        case Mul(factors=factors):
            for factor in factors:
                yield from factors_of(factor)
        case Neg(term=inner) | Integral(body=inner) | ValueSum(body=inner) | Frac(top=inner):
            yield from factors_of(inner)


def tie(expr: Integral | ValueSum) -> Expr | None:
    """What a delta under an integral sets its variable to."""
    for one in walk(expr.body):
        match one:
            case Dirac(argument=Add(terms=(first, second))):
                for own, other in ((first, second), (second, first)):
                    if own == expr.variable and isinstance(other, Neg):
                        return other.term
                    if own == Neg(expr.variable):
                        return other
    return None


def without_delta(body: Expr, variable: Symbol) -> Expr:
    """The body of an integral whose variable a delta sets, without the delta; factors go to where the delta stood."""
    match body:
        case Mul(factors=factors):
            for number, factor in enumerate(factors):
                rest = (*factors[:number], *factors[number + 1 :])
                if isinstance(factor, Dirac) and variable in tuple(walk(factor)):
                    return rest[0] if len(rest) == 1 else Mul(rest)
                inside = isinstance(factor, Integral | ValueSum | Mul)
                if inside and any(isinstance(one, Dirac) and variable in tuple(walk(one)) for one in walk(factor)):
                    return without_delta(put_in(factor, rest), variable)
        case Integral(body=inner) | ValueSum(body=inner):
            return replace(body, body=without_delta(inner, variable))
        case Neg(term=term):
            return Neg(without_delta(term, variable))
    raise KernelError(f"a delta that sets {variable.name} and is no factor cannot be compiled yet")


def put_in(expr: Expr, factors: tuple[Expr, ...]) -> Expr:
    """An expression times some factors, these inside its integrals. Raises KernelError where they may not go there."""
    bound = {expr.variable.name} if isinstance(expr, Integral | ValueSum) else set()
    names = {one.name for factor in factors for one in walk(factor) if isinstance(one, Symbol)}
    if bound & names or any(factor.type != SCALAR for factor in factors):
        raise KernelError("a delta whose factors stand in another integral cannot be compiled yet")
    match expr:
        case Integral(body=inner) | ValueSum(body=inner):
            return replace(expr, body=put_in(inner, factors))
        case Mul(factors=own):
            return Mul((*factors, *own))
    return Mul((*factors, expr))


def parts_of(expr: Expr, above: bool = True) -> Iterator[tuple[bool, Expr]]:
    """The factors of an expression, and whether they stand above the line."""
    match expr:
        case Mul(factors=factors):
            for factor in factors:
                yield from parts_of(factor, above)
        case Frac(top=top, bottom=bottom):
            yield from parts_of(top, above)
            yield from parts_of(bottom, not above)
        case _:
            yield above, expr


__all__ = ["factors_of", "is_over_a_column", "outside_logs", "parts_of", "tie", "without_delta"]
