"""Sums over the values of a binary variable, 1 and -1: two terms, in each of which the variable is a number."""

from __future__ import annotations

from fractions import Fraction

from derive.expression import BASIS_STATES, Bra, Expr, Index, Ket, Number, Over, Symbol, ValueSum
from derive.kernels.kernel import KernelError

VALUES = (1, -1)
"""The values of a binary variable, in the order in which an array over them has them."""


def terms(expr: ValueSum) -> tuple[Expr, ...]:
    """The body at each value. Raises KernelError for a sum over the values of several variables at once."""
    variable = expr.variable
    if not all(isinstance(slot, Index) for slot in variable.slots):
        raise KernelError(f"a sum over all values of every {variable.name} cannot be compiled yet")
    return tuple(with_value(expr.body, variable, value) for value in VALUES)


def with_value(expr: Expr, variable: Symbol, value: int) -> Expr:
    """An expression with a value in the place of a binary variable, and with its basis state in that of its state."""
    match expr:
        case Symbol() if expr == variable:
            return Number(Fraction(value))
        case Ket(of=of) | Bra(of=of) if of == variable:
            return type(expr)(Symbol(BASIS_STATES[VALUES.index(value)]))
        case Over(index=index) if index in variable.slots:
            return expr
        case ValueSum(variable=inner) if inner == variable:
            return expr
    return expr.map(lambda child: with_value(child, variable, value))


__all__ = ["VALUES", "terms", "with_value"]
