"""Deliberately wrong expressions: the sign of a term, a factor, an exponent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from derive.expression import (
    Add,
    Applied,
    Bra,
    Density,
    Expr,
    Integral,
    Ket,
    Mul,
    Neg,
    Norm,
    Number,
    Pattern,
    Pow,
    StateMean,
    Symbol,
    ValueSum,
)

KEPT = (Applied, Bra, Density, Ket, Pattern, StateMean)
"""Nothing is changed inside: what stands there is a name, or both halves of a matrix."""
TWO = Number(Fraction(2))


def sign(expr: Expr) -> Expr:
    """The first sum that is found has its last term negated; where there is none, all of it is."""
    changed = _first(expr, lambda node: _negated(node) if isinstance(node, Add) else None)
    return Neg(expr) if changed is None else changed


def factor(expr: Expr) -> Expr:
    """The first sum that is found has its last term doubled; where there is none, all of it is."""
    changed = _first(expr, lambda node: _doubled(node) if isinstance(node, Add) else None)
    return Mul((TWO, expr)) if changed is None else changed


def exponent(expr: Expr) -> Expr:
    """The first power of a scalar that is found has its exponent raised by one; else a number or length is squared."""

    def raised(node: Expr) -> Expr | None:
        if isinstance(node, Pow) and node.base.type.kind == "scalar" and isinstance(node.exponent, Number):
            return replace(node, exponent=Number(node.exponent.value + 1))
        return None

    def squared(node: Expr) -> Expr | None:
        is_number = isinstance(node, Symbol | Norm) and node.type.kind == "scalar" and node.type.axes == ()
        return Pow(node, TWO) if is_number else None

    for change in (raised, squared):
        changed = _first(expr, change)
        if changed is not None:
            return changed
    return factor(expr)


KINDS: dict[str, Callable[[Expr], Expr]] = {"sign": sign, "factor": factor, "exponent": exponent}


def _negated(node: Add) -> Expr:
    last = node.terms[-1]
    return Add((*node.terms[:-1], last.term if isinstance(last, Neg) else Neg(last)))


def _doubled(node: Add) -> Expr:
    return Add((*node.terms[:-1], Mul((TWO, node.terms[-1]))))


def _first(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr | None:
    """The expression with its first node for which there is a change changed; None if there is none."""
    changed = change(expr)
    if changed is not None:
        return changed
    if isinstance(expr, KEPT):
        return None
    children = expr.children
    for number, child in enumerate(children):
        if isinstance(expr, Integral | ValueSum) and child is expr.variable:
            continue
        inner = _first(child, change)
        if inner is not None:
            at = iter(range(len(children)))
            return expr.map(lambda old, at=at, number=number, inner=inner: inner if next(at) == number else old)
    return None
