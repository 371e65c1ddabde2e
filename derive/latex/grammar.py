"""What the parts of the reader read for each other: expressions between brackets, in lists, and indices.

The reader is a recursive descent, so its parts need the whole; this is the whole as they see it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from derive.expression import Expr, Frac, Index, Type
from derive.latex.cursor import Cursor, is_number
from derive.latex.tokens import Token
from derive.notation import Scope

UNTYPED = Type("array", ("?",))
"""The type of a zero that takes the type of what it is compared with."""
VALUES = ("scalar", "column", "vector", "array")
"""The kinds of what functions and laws are of."""
FENCES = {"(": ")", "[": "]", r"\{": r"\}"}


class Grammar(Cursor, ABC):
    """A reader, as the parts of it know it: what an expression, a factor and a symbol is, they leave to the whole."""

    def __init__(self, source: list[Token], scope: Scope) -> None:
        super().__init__(source, scope)
        self.bars = 0
        self.factors = 0
        """How many factors the product read last was printed with."""
        self.last: Expr | None = None
        """The last of them, where there are several; what it is divided by, if by a slash."""

    @abstractmethod
    def sum(self) -> Expr:
        """An expression: terms with signs between them."""

    @abstractmethod
    def product(self) -> Expr:
        """A term: factors up to what cannot be one."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether a factor stands here."""

    @abstractmethod
    def factor(self) -> Expr:
        """One factor with its scripts."""

    @abstractmethod
    def symbol(self, token: Token) -> Expr:
        """A symbol of the notation with its scripts and arguments."""

    @abstractmethod
    def scripts(self, base: Expr, token: Token) -> Expr:
        """What is read, with the scripts behind it."""

    @abstractmethod
    def inner(self, source: list[Token]) -> Expr:
        """The expression that these tokens are, all of them."""

    @abstractmethod
    def reader_of(self, source: list[Token]) -> Grammar:
        """A reader of these tokens in the same scope, at their start."""

    def divided(self, top: Expr) -> Expr:
        """What is read by what stands behind a slash, one factor at the end of the product."""
        if self.peek() != "/":
            return top
        token, count = self.take(), self.factors
        bottom = self.factor()
        if self.starts_factor() or self.peek() in ("/", r"\cdot"):
            raise self.error("what the slash divides by is not clear: use brackets or a fraction", token)
        if bottom.type.kind != "scalar":
            raise self.error(f"{bottom.type.a} cannot stand behind a slash", token)
        self.factors, self.last = count + 1, bottom
        return Frac(top, bottom)

    def fenced(self, closing: str) -> Expr:
        bars, self.bars = self.bars, 0
        inner = self.sum()
        self.take(closing)
        self.bars = bars
        return inner

    def listed(self, closing: str) -> list[Expr]:
        """Expressions with commas between them, up to the bracket that closes them."""
        bars, self.bars = self.bars, 0
        found = [self.sum()]
        while self.peek() == ",":
            self.take()
            found.append(self.sum())
        self.take(closing)
        self.bars = bars
        return found

    def group(self) -> Expr:
        """The argument of a command: a braced expression."""
        self.take("{")
        return self.fenced("}")

    def index(self, token: Token, what: str) -> Index:
        if is_number(token.text):
            ranges = list(self.scope.ranges)
            if len(ranges) >= 1:
                return Index(token.text, ranges[0])
        found = self.scope.range_of_letter(token.text)
        if found is None:
            raise self.error(f"{token.text} is not an index letter of this scope ({what})", token)
        return Index(token.text, found.name)
