"""Derivatives in declared symbols, gradients, and ranks of Jacobians."""

from __future__ import annotations

from derive.expression import SCALAR, Applied, Expr, Partial, Rank, Symbol
from derive.latex.grammar import Grammar
from derive.latex.tokens import Token
from derive.notation import WHOLE


def partial(reader: Grammar, token: Token) -> Expr:
    r"""A derivative, ``\frac{\partial F}{\partial a}``, or ``\frac{\partial}{\partial a}`` of the factor behind."""
    top, bottom = reader.raw_group()[1:], reader.raw_group()
    if bottom[0].text != r"\partial" or len(bottom) < 2:
        raise reader.error(r"\partial stands above this fraction bar and not below it", bottom[0])
    by = reader.inner(bottom[1:])
    return _derivative(reader, reader.inner(top) if top else _differentiated(reader, token), by, token)


def gradient(reader: Grammar, token: Token) -> Expr:
    r"""``\nabla_a F``, the derivative in a; ``\nabla F(a)`` of a function at a symbol, in that symbol."""
    if reader.peek() == "_":
        reader.take()
        by = reader.inner(reader.raw_group())
        return _derivative(reader, _differentiated(reader, token), by, token)
    of = _differentiated(reader, token)
    if not isinstance(of, Applied) or len(of.arguments) != 1:
        raise reader.error(r"\nabla says no variable, and what follows is no function of one symbol", token)
    return _derivative(reader, of, of.arguments[0], token)


def rank(reader: Grammar, token: Token) -> Expr:
    r"""The rank of a Jacobian, ``\operatorname{rank} \frac{\partial(f, g)}{\partial(a, b)}``."""
    reader.take(r"\frac")
    groups: list[tuple[Expr, ...]] = []
    for _ in range(2):
        inner = reader.reader_of(reader.raw_group())
        inner.take(r"\partial")
        inner.take("(")
        groups.append(tuple(inner.listed(")")))
        inner.expect_end()
    of, by = groups
    if any(item.type != SCALAR for item in of):
        raise reader.error("a Jacobian is one of numbers: give an entry of what is a column", token)
    if not all(isinstance(item, Symbol) and item.type.kind in ("scalar", "column") for item in by):
        raise reader.error("a Jacobian is in declared symbols", token)
    return Rank(of, by)


def _differentiated(reader: Grammar, token: Token) -> Expr:
    is_bracketed = reader.peek() in ("(", "[")
    of = reader.factor()
    if not is_bracketed and reader.starts_factor():
        raise reader.error("where what is differentiated ends is not clear: put it in brackets", token)
    return of


def _derivative(reader: Grammar, of: Expr, by: Expr, token: Token) -> Expr:
    if not isinstance(by, Symbol) or by.type.kind not in ("scalar", "column"):
        raise reader.error("a derivative is in a declared symbol, or in a column of them", token)
    declared = reader.scope.symbols.get(by.name)
    if declared is None or declared.domain in (*WHOLE, "binary"):
        raise reader.error(f"there is no derivative in {by.name}, which takes single values", token)
    if of.type != SCALAR:
        raise reader.error(f"the derivative of {of.type.a} is not defined", token)
    return Partial(of, by)
