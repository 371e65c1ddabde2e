"""Equations used from left to right: what may stand on the left, and when an expression is an instance of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.analytic import Definite, Series, Special
from derive.constants import constant
from derive.expression import (
    Add,
    Apart,
    Applied,
    Bra,
    Call,
    Count,
    Density,
    Det,
    Element,
    Expectation,
    Expr,
    Frac,
    Index,
    Integral,
    Ket,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pattern,
    Pow,
    StateMean,
    Symbol,
    ValueSum,
    walk,
)


class Unsupported(Exception):
    """A construct that the normal form has no rule for; the message names it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An equation used from left to right. Its free indices are variables."""

    left: Expr
    right: Expr
    source: str
    """The id of the line, or the name of the hypothesis, that it comes from."""
    apart: Apart = ()
    """Indices that must differ for it to hold."""

    def admits(self, found: Mapping[Index, Index]) -> bool:
        """Whether indices put in for its own are known to differ where they must; a bound index might coincide."""
        pairs = [(found.get(a, a), found.get(b, b)) for a, b in self.apart]
        return all(a != b and not a.name.startswith("~") and not b.name.startswith("~") for a, b in pairs)

    def holds_at(self, places: Mapping[Index, int]) -> bool:
        """Whether indices with these numbers differ where they must."""
        return are_apart(self.apart, places)


def are_apart(apart: Apart, places: Mapping[Index, int]) -> bool:
    """Whether no two indices that are kept different have the same number."""
    return not any(places.get(a) == places.get(b) is not None for a, b in apart)


def solved(left: Expr, right: Expr, source: str, apart: Apart = ()) -> Rule | None:
    """An equation solved for a symbol; None without one. Models are made to satisfy it in this way.

    First for one with a number for its factor, then for one with others for its factor, then for a square: of the two
    roots it is the positive one.

    >>> from derive.expression import SCALAR
    >>> a, b, c = (Symbol(name) for name in "abc")
    >>> solved(Add((a, Mul((Number(Fraction(2)), b)))), Add((a, c)), "1").left
    Symbol(name='b', slots=(), own=Type(kind='scalar', axes=()))
    >>> solved(Mul((a, b)), c, "1").right
    Frac(top=Symbol(name='c', slots=(), own=Type(kind='scalar', axes=())), \
bottom=Symbol(name='b', slots=(), own=Type(kind='scalar', axes=())))
    """
    terms = left.terms if isinstance(left, Add) else (left,)
    for taken_apart in (_with_number, _with_others, _squared):
        for number, term in enumerate(terms):
            others = (*terms[:number], *terms[number + 1 :])
            rest = Add((right, *map(Neg, others))) if others else right
            for symbol, value in taken_apart(term, rest):
                if not any(isinstance(node, Symbol) and node.name == symbol.name for node in walk(value)):
                    return Rule(symbol, value, source, apart)
    return None


def _with_number(term: Expr, rest: Expr) -> Iterator[tuple[Symbol, Expr]]:
    factor, symbol = _linear(term)
    if symbol is not None and factor:
        yield symbol, rest if factor == 1 else Mul((Number(1 / factor), rest))


def _with_others(term: Expr, rest: Expr) -> Iterator[tuple[Symbol, Expr]]:
    if isinstance(term, Neg):
        term, rest = term.term, Neg(rest)
    if not isinstance(term, Mul):
        return
    factors = term.factors
    if any(factor.type.kind != "scalar" for factor in factors):
        return
    for number, factor in enumerate(factors):
        if isinstance(factor, Symbol):
            others = [other for at, other in enumerate(factors) if at != number]
            yield factor, Frac(rest, Mul(tuple(others)) if len(others) > 1 else others[0])


def _squared(term: Expr, rest: Expr) -> Iterator[tuple[Symbol, Expr]]:
    match term:
        case Pow(base=Symbol() as symbol, exponent=exponent) if constant(exponent) == 2:
            if symbol.type.kind == "scalar":
                yield symbol, Call("sqrt", rest)


def _linear(term: Expr) -> tuple[Fraction, Symbol | None]:
    """A term as a number times a symbol."""
    match term:
        case Symbol():
            return Fraction(1), term
        case Neg(term=inner):
            factor, symbol = _linear(inner)
            return -factor, symbol
        case Frac(top=top, bottom=bottom) if below := constant(bottom):
            factor, symbol = _linear(top)
            return factor / below, symbol
        case Mul(factors=factors):
            numbers = [constant(factor) for factor in factors]
            rest = [factor for factor, value in zip(factors, numbers, strict=True) if value is None]
            if len(rest) == 1:
                factor, symbol = _linear(rest[0])
                for value in numbers:
                    factor *= 1 if value is None else value
                return factor, symbol
    return Fraction(0), None


def head(expr: Expr) -> Expr | None:
    """The left side of an equation that can be used as a rule: a symbol, entry, determinant, density or moment."""
    if isinstance(expr, Element) and expr.is_delta:
        return None
    match expr:
        case Symbol() | Element() | Density() | Expectation() | Applied():
            return expr
        case Det(of=Symbol()):
            return expr
        case Pow(base=Symbol(), exponent=exponent) if expr.type.kind == "matrix" and constant(exponent) == -1:
            return expr
        case Norm(of=Symbol()) | Ket():
            return expr
    return None


def as_variance(expr: Expectation, name: str) -> Expectation:
    """Cov[a, a] is Var[a]; anything else stays as it is."""
    if expr.kind == "Cov" and expr.arguments[0] == expr.arguments[1]:
        return replace(expr, kind="Var", arguments=expr.arguments[:1], name=name)
    return expr


def as_covariance(expr: Expr) -> Expectation | None:
    """Var[a] as Cov[a, a], of which a rule may speak that holds for equal indices too; None for anything else."""
    if isinstance(expr, Expectation) and expr.kind == "Var":
        return replace(expr, kind="Cov", arguments=expr.arguments * 2)
    return None


def unify(pattern: Expr, expr: Expr, found: dict[Index, Index]) -> bool:
    """Whether ``expr`` is ``pattern`` with its free indices renamed; ``found`` collects how."""
    if type(pattern) is not type(expr):
        return False
    match pattern, expr:
        case Symbol(name=name, slots=slots), Symbol(name=other, slots=others):
            if name != other or len(slots) != len(others):
                return False
            return all(unify_slot(a, b, found) for a, b in zip(slots, others, strict=True))
        case Element(), Element():
            return (
                unify(pattern.of, expr.of, found)
                and unify_slot(pattern.row, expr.row, found)
                and unify_slot(pattern.column, expr.column, found)
            )
        case (Over(), _) | (Pattern(), _):
            return pattern == expr
        case Applied(), Applied():
            if (pattern.name, len(pattern.slots)) != (expr.name, len(expr.slots)):
                return False
            if not all(unify_slot(a, b, found) for a, b in zip(pattern.slots, expr.slots, strict=True)):
                return False
        case (Expectation(kind=kind, law=law), Expectation(kind=kind2, law=law2)) if (kind, law) != (kind2, law2):
            return False
        case (Density(), Density()) if (pattern.law, len(pattern.of)) != (expr.law, len(expr.of)):
            return False
        case (Integral() | ValueSum() | Definite() | Series() | Ket() | Bra() | StateMean() | Count(), _):
            return pattern == expr
        case (Special(name=name), Special(name=other)) if name != other:
            return False
        case (Call(function=name), Call(function=other)) if name != other:
            return False
        case Number(), Number():
            return pattern == expr
    mine, other_children = pattern.children, expr.children
    if len(mine) != len(other_children):
        return False
    if not mine:
        return pattern == expr
    return all(unify(a, b, found) for a, b in zip(mine, other_children, strict=True))


def unify_slot(a: object, b: object, found: dict[Index, Index]) -> bool:
    if isinstance(a, Index) and isinstance(b, Index) and a.range == b.range and not a.is_label:
        return found.setdefault(a, b) == b
    return a == b
