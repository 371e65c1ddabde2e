"""Integrals and sums between limits and special functions in models: enclosures by the decision procedure's values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy
from flint import acb, arb, fmpq

from derive.algebra.rules import Rule
from derive.deciding.balls import compile_program, run
from derive.domains import NotRealisable
from derive.expression import Applied, Expr, Index, Symbol
from derive.notation import Scope
from derive.sympy_bridge import Bridge, NotScalar


@dataclass(frozen=True)
class Here:
    """A place in a model: where indices are, and the values of symbols there; ``drawn`` has those that are exact."""

    scope: Scope
    rules: tuple[Rule, ...]
    sizes: Mapping[str, int]
    place: Callable[[Index], int]
    value: Callable[[str, tuple[int, ...]], arb]
    drawn: Mapping[tuple[str, tuple[int, ...]], Fraction]


class _AtPlace(Bridge):
    """Expressions in SymPy at a place; ``point`` has the values of the symbols that no rule is for."""

    def __init__(self, here: Here, expr: Expr) -> None:
        super().__init__(here.scope, here.rules, (expr,))
        self.here = here
        self.point: dict[sympy.Basic, Any] = {}

    def base(self, expr: Symbol) -> Any:
        at = tuple(self.here.place(slot) for slot in expr.slots if isinstance(slot, Index))
        symbol = super().base(Symbol(expr.name, tuple(Index(str(n), "") for n in at)))
        value = self.here.value(expr.name, at)
        exact = self.here.drawn.get((expr.name, at))
        self.point[symbol] = acb(value) if exact is None else fmpq(exact.numerator, exact.denominator)
        return symbol

    def open_function(self, expr: Applied) -> Any:
        raise NotScalar(f"the function {expr.name}")

    def delta(self, row: Index, column: Index) -> Any:
        return sympy.Integer(int(self.here.place(row) == self.here.place(column)))

    def size(self, range_: str) -> Any:
        return sympy.Integer(self.here.sizes[range_])


def enclosed(expr: Expr, here: Here) -> arb:
    """A ball that the value of an expression with such nodes is in. Raises NotRealisable where none is found."""
    bridge = _AtPlace(here, expr)
    try:
        written = bridge.sympy(expr)
    except NotScalar as problem:
        raise NotRealisable(f"{problem} stands in an integral, a sum or a special function") from problem
    (value,) = run(compile_program(written), bridge.point)
    if isinstance(value, fmpq):
        return arb(value)
    if value is None or not value.is_finite() or not value.imag.contains(0):
        raise NotRealisable("an integral, a sum or a special function has no real value that could be enclosed")
    return value.real
