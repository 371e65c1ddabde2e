"""Closed scalar expressions as SymPy expressions, for the decision procedure and for users who go on in SymPy."""

from __future__ import annotations

from typing import Any

import sympy

from derive.algebra.rules import Rule, unify
from derive.expression import (
    Abs,
    Add,
    Call,
    Expr,
    Frac,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Size,
    Symbol,
    free_indices,
    substitute_indices,
)
from derive.notation import Scope


class NotScalar(Exception):
    """The expression has sums, vectors, matrices or laws in it."""


_ASSUMPTIONS: dict[str, dict[str, bool]] = {
    "real": {"real": True},
    "positive": {"positive": True},
    "nonnegative": {"nonnegative": True},
    "nonzero": {"real": True, "nonzero": True},
    "unit": {"positive": True},
    "integer": {"integer": True},
    "binary": {"real": True, "nonzero": True},
}
_FUNCTIONS: dict[str, Any] = {
    name: getattr(sympy, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")
} | {"arcsin": sympy.asin}


def to_sympy(expr: Expr, scope: Scope, rules: tuple[Rule, ...] = ()) -> sympy.Expr:
    """The SymPy expression of a closed scalar, symbols with the assumptions of their domain, rules put in.

    An indexed symbol becomes a symbol of its own for each choice of indices. Raises NotScalar for anything else.
    """
    match expr:
        case Number(value=value):
            return sympy.Rational(value.numerator, value.denominator)
        case Size(range=range_):
            return sympy.Symbol(scope.ranges[range_].size, integer=True, positive=True)
        case Symbol():
            return _symbol(expr, scope, rules)
        case Add(terms=terms):
            return sympy.Add(*(to_sympy(term, scope, rules) for term in terms))
        case Neg(term=term):
            return -to_sympy(term, scope, rules)
        case Mul(factors=factors) if expr.type.kind == "scalar":
            return sympy.Mul(*(to_sympy(factor, scope, rules) for factor in factors))
        case Frac(top=top, bottom=bottom):
            return to_sympy(top, scope, rules) / to_sympy(bottom, scope, rules)
        case Pow(base=base, exponent=exponent) if base.type.kind == "scalar":
            return to_sympy(base, scope, rules) ** to_sympy(exponent, scope, rules)
        case Abs(of=of):
            return sympy.Abs(to_sympy(of, scope, rules))
        case Call(function=name, argument=argument) if name in _FUNCTIONS:
            return _FUNCTIONS[name](to_sympy(argument, scope, rules))
    raise NotScalar(type(expr).__name__)


def _symbol(expr: Symbol, scope: Scope, rules: tuple[Rule, ...]) -> sympy.Expr:
    if expr.name == r"\pi":
        return sympy.pi
    if any(not isinstance(slot, Index) for slot in expr.slots) or expr.own.kind != "scalar":
        raise NotScalar(expr.name)
    for rule in rules:
        change: dict[Index, Index] = {}
        if isinstance(rule.left, Symbol) and unify(rule.left, expr, change) and free_indices(rule.right) <= set(change):
            rest = tuple(other for other in rules if other is not rule)
            return to_sympy(substitute_indices(rule.right, change), scope, rest)
    declared = scope.symbols.get(expr.name)
    assumptions = _ASSUMPTIONS[declared.domain if declared else "real"]
    at = ",".join(slot.name for slot in expr.slots if isinstance(slot, Index))
    return sympy.Symbol(f"{expr.name}[{at}]" if at else expr.name, **assumptions)
