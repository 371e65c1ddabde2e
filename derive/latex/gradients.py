"""Derivatives in declared symbols, gradients, and ranks of Jacobians."""

from __future__ import annotations

from derive.expression import SCALAR, Applied, Expr, Partial, Rank, Symbol
from derive.latex.grammar import Grammar
from derive.latex.tokens import Token
from derive.notation import WHOLE


def is_derivative(reader: Grammar) -> bool:
    r"""Whether a fraction, whose sign was taken, is a derivative: by its ``\partial``, or by a d that is no symbol."""
    if reader.peek(1) == "d" and "d" not in reader.scope.symbols:
        ahead = [token.text for token in reader.source[reader.at :]]
        return "}" in ahead and ahead[ahead.index("}") + 1 :][:2] == ["{", "d"]
    return reader.peek(1) == r"\partial"


def derivative(reader: Grammar, token: Token) -> Expr:
    r"""A derivative of a function or of the factor behind: ``\frac{\partial F}{\partial a}``, ``\frac{d^2}{d a^2}``."""
    top, bottom = reader.raw_group(), reader.raw_group()
    sign = top[0].text
    times, of = _order(reader, top[1:])
    if bottom[0].text != sign:
        raise reader.error(f"{sign} stands above this fraction bar and not below it", bottom[0])
    by: list[tuple[Expr, int]] = []
    while bottom:
        end = next((n for n, one in enumerate(bottom) if n and one.text == sign), len(bottom))
        part, bottom = bottom[1:end], bottom[end:]
        power = next((n for n, one in enumerate(part) if one.text == "^"), len(part))
        order, rest = _order(reader, part[power:])
        if not part[:power] or rest:
            raise reader.error("what this derivative is in is not clear", token)
        by.append((reader.inner(part[:power]), order))
    if sum(order for _, order in by) != times:
        raise reader.error("the order of this derivative above its fraction bar is not that below it", token)
    found = reader.inner(of) if of else _differentiated(reader, token)
    for variable, order in reversed(by):
        for _ in range(order):
            found = derivative_of(reader, found, variable, token)
    return found


def _order(reader: Grammar, source: list[Token]) -> tuple[int, list[Token]]:
    """The printed order that tokens begin with, 1 where there is none, and what follows it."""
    if not source or source[0].text != "^":
        return 1, source
    inner = reader.reader_of(source[1:])
    script = inner.raw_group()
    if len(script) != 1 or not script[0].text.isdigit() or script[0].text == "0":
        raise reader.error("the order of a derivative is a number", source[0])
    return int(script[0].text), source[1 + inner.at :]


def gradient(reader: Grammar, token: Token) -> Expr:
    r"""``\nabla_a F``, the derivative in a; ``\nabla F(a)`` of a function at a symbol, in that symbol."""
    if reader.peek() == "_":
        reader.take()
        by = reader.inner(reader.raw_group())
        return derivative_of(reader, _differentiated(reader, token), by, token)
    of = _differentiated(reader, token)
    if not isinstance(of, Applied) or len(of.arguments) != 1:
        raise reader.error(r"\nabla says no variable, and what follows is no function of one symbol", token)
    return derivative_of(reader, of, of.arguments[0], token)


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


def derivative_of(reader: Grammar, of: Expr, by: Expr, token: Token) -> Expr:
    """The derivative of a scalar in a symbol. Raises ReadError where there is none."""
    if not isinstance(by, Symbol) or by.type.kind not in ("scalar", "column"):
        raise reader.error("a derivative is in a declared symbol, or in a column of them", token)
    declared = reader.scope.symbols.get(by.name)
    if declared is None or declared.domain in (*WHOLE, "binary"):
        raise reader.error(f"there is no derivative in {by.name}, which takes single values", token)
    if of.type != SCALAR:
        raise reader.error(f"the derivative of {of.type.a} is not defined", token)
    return Partial(of, by)
