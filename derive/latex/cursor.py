"""A place in the tokens of a line: what comes next, what is taken, and errors that say where."""

from __future__ import annotations

from derive.errors import ReadError
from derive.expression import Index
from derive.latex.tokens import Token
from derive.notation import Scope


class Cursor:
    """The tokens of a line, from left to right, and the scope whose notation they are in."""

    def __init__(self, source: list[Token], scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        position = self.at + ahead
        return self.source[position].text if position < len(self.source) else ""

    def take(self, expected: str | None = None) -> Token:
        if self.at >= len(self.source):
            raise self.error(f"the line ends where {expected or 'something more'} was expected")
        token = self.source[self.at]
        if expected is not None and token.text != expected:
            raise self.error(f"{token.text} stands where {expected} was expected")
        self.at += 1
        return token

    def error(self, message: str, token: Token | None = None) -> ReadError:
        if token is not None:
            return ReadError(message, token.offset)
        if not self.source:
            return ReadError(message, 0)
        position = min(self.at, len(self.source) - 1)
        return ReadError(message, self.source[position].offset)

    def expect_end(self) -> None:
        if self.at < len(self.source):
            raise self.error(f"{self.peek()} cannot be read here")

    def last_of(self, index: Index) -> int:
        """Where an index letter is printed last."""
        return next((t.offset for t in reversed(self.source) if t.text == index.name), 0)

    def raw_group(self) -> list[Token]:
        """The tokens of a script: one token, or a braced group without its braces."""
        if self.peek() != "{":
            token = self.take()
            if token.text in ("}", ")", "]", "^", "_", "&"):
                raise self.error("a script is empty", token)
            if is_number(token.text) and len(token.text) > 1:
                raise self.error(f"only the {token.text[0]} of {token.text} is in the script: use braces", token)
            return [token]
        opening = self.take()
        depth, found = 1, []
        while True:
            token = self.take()
            depth += (token.text == "{") - (token.text == "}")
            if depth == 0:
                break
            found.append(token)
        if not found:
            raise self.error("a script is empty", opening)
        return found


def is_number(text: str) -> bool:
    """Whether a token is a number."""
    return text[0] in "0123456789"
