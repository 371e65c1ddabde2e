"""States and operators: bras, kets, means between angle brackets, and commutators."""

from __future__ import annotations

from derive.expression import BASIS_STATES, Bra, Commutator, Expr, Ket, StateMean, Symbol
from derive.latex.grammar import Grammar
from derive.latex.tokens import Token


def opens_ket(reader: Grammar) -> bool:
    r"""Whether the bar here opens a ket, ``|\alpha\rangle``."""
    return reader.peek() == "|" and reader.peek(2) == r"\rangle"


def _state(reader: Grammar) -> Symbol:
    """The label between a bar and an angle bracket: the state of the scope, or a binary variable."""
    token = reader.take()
    if not _is_state(reader, token.text):
        raise reader.error(f"{token.text} is no state and no binary variable of this scope", token)
    return Symbol(token.text)


def _is_state(reader: Grammar, text: str) -> bool:
    if text in BASIS_STATES:
        return reader.scope.of_kind("state") is not None
    declared = reader.scope.symbols.get(text)
    return declared is not None and not declared.slots and (declared.kind == "state" or declared.domain == "binary")


def ket(reader: Grammar) -> Expr:
    """A ket, of which the bar is taken."""
    state = _state(reader)
    reader.take(r"\rangle")
    return Ket(state)


def angle(reader: Grammar, token: Token) -> Expr:
    r"""A bra ``\langle b |``, which may share its bar with a ket, or an operator's mean between angle brackets."""
    if reader.peek(1) == "|" and reader.source[reader.at + 1].side != "left":
        state = _state(reader)
        if not (opens_ket(reader) and _is_state(reader, reader.peek(1))):
            reader.take("|")
        return Bra(state)
    bars, reader.bars = reader.bars, 0
    of = reader.sum()
    reader.take(r"\rangle")
    reader.bars = bars
    state = reader.scope.of_kind("state")
    if state is None or of.type.kind != "operator":
        raise reader.error(
            "angle brackets are read around an operator, in a scope with a state; "
            r"a mean of numbers is read as a symbol, by  read: \langle X \rangle as \bar{X}",
            token,
        )
    return reader.scripts(StateMean(of, Symbol(state.key)), token)


def bracket(reader: Grammar, token: Token) -> Expr:
    """Square brackets: a group, or the commutator of two operators."""
    bars, reader.bars = reader.bars, 0
    inner = reader.sum()
    if reader.peek() == ",":
        reader.take()
        right = reader.sum()
        if (inner.type.kind, right.type.kind) != ("operator", "operator"):
            raise reader.error(f"the commutator of {inner.type.a} and {right.type.a} is not defined", token)
        inner = Commutator(inner, right)
    reader.take("]")
    reader.bars = bars
    return inner
