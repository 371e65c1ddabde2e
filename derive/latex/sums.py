"""Sums and products over indices, sums over the values of variables, and integrals over all values."""

from __future__ import annotations

from derive.expression import Expr, Index, Integral, Over, Symbol, ValueSum, free_indices
from derive.latex.grammar import Grammar
from derive.latex.limits import definite, is_whole_variable, measured_last, series
from derive.latex.tokens import Token

OVER = {r"\sum": "sum", r"\prod": "product"}
FOR_ALL = (r"\text{for}", r"\text{forall}", r"\text{foreach}", r"\text{forevery}", r"\forall")
"""What stands before the index letters that a line is for."""


def for_all(reader: Grammar) -> None:
    r"""The words ``\text{for all } i = 1, \dots, N`` at the end of a line: it is meant for all values as it is.

    Raises ReadError where they are about anything but whole ranges.
    """
    if reader.peek() == ",":
        reader.take()
    reader.take()
    while True:
        index = reader.index(reader.take(), "what a line is for")
        if reader.peek() == "=":
            for expected in ("=", "1", ","):
                reader.take(expected)
            if reader.peek() in (r"\dots", r"\ldots", r"\cdots"):
                reader.take()
                reader.take(",")
            reader.take(reader.scope.ranges[index.range].size)
        if reader.peek() not in (",", r"\text{and}"):
            return
        reader.take()


class SumReader(Grammar):
    """The part of a reader that reads what a sign says of all that follows it in the product."""

    def over(self, operation: str, token: Token) -> Expr:
        if self.peek() != "_":
            raise self.error(f"{token.text} has no index below it", token)
        self.take()
        below = self.raw_group()
        if self.names_values(below[0]):
            return self.over_values(operation, below, token)
        if is_whole_variable(self, below[0]):
            return series(self, operation, below, token)  # type: ignore[arg-type]
        excluded: tuple[Index, ...] = ()
        explicit = False
        index = self.index(below[0], "the index of a sum")
        if len(below) >= 3 and below[1].text in (r"\neq", r"\ne"):
            excluded = self.excluded(index, below[2:])
        elif len(below) == 3 and [t.text for t in below[1:]] == ["=", "1"]:
            explicit = True
        elif len(below) != 1:
            said = f"{''.join(t.text for t in below)} below {token.text} cannot be read"
            if below[1].text == "=":
                said += f": the index {index.name} runs from 1; for other limits declare a letter as a whole number"
            raise self.error(said, below[0])
        if self.peek() == "^":
            self.take()
            above = self.raw_group()
            size = self.scope.ranges[index.range].size
            if not explicit or "".join(t.text for t in above) != size:
                raise self.error(f"{token.text} over {index.name} runs from 1 to {size} in this scope", above[0])
        elif explicit:
            raise self.error(f"{token.text} has a lower limit and no upper one", token)
        body = self.product()
        if operation == "product" and self.last is not None and index not in free_indices(self.last):
            raise self.error(f"where the product over {index.name} ends is not clear: use brackets", token)
        return Over(operation, index, excluded, body, explicit)  # type: ignore[arg-type]

    def names_values(self, token: Token) -> bool:
        """Whether what stands below a sum sign is a binary variable, whose values are summed over."""
        text = token.text[len(r"\mathbf{") : -1] if token.text.startswith(r"\mathbf{") else token.text
        declared = self.scope.symbols.get(text)
        return declared is not None and declared.domain == "binary" and self.scope.range_of_letter(text) is None

    def over_values(self, operation: str, below: list[Token], token: Token) -> Expr:
        variable = self.inner(below)
        if operation != "sum" or not isinstance(variable, Symbol):
            raise self.error(f"{token.text} over the values of a variable cannot be read", token)
        return ValueSum(variable, self.product())

    def excluded(self, index: Index, source: list[Token]) -> tuple[Index, ...]:
        r"""The indices that a sum leaves out: the i, j of \sum_{k \neq i, j}."""
        found: list[Index] = []
        for position, token in enumerate(source):
            if position % 2:
                if token.text != "," or position == len(source) - 1:
                    raise self.error(f"{token.text} cannot separate excluded indices", token)
                continue
            other = self.index(token, "the excluded index")
            if other == index:
                raise self.error(f"the index {index.name} is told to differ from itself", token)
            if other.range != index.range:
                raise self.error(f"{index.name} and {other.name} run over different ranges", token)
            found.append(other)
        return tuple(found)

    def integral(self, token: Token) -> Expr:
        if self.peek() in ("_", "^"):
            return definite(self, token)
        if self.peek() != "d" and (last := measured_last(self)) is not None:
            return Integral(*last)
        if self.peek() != "d":
            raise self.error("the measure is expected right after the integral sign", token)
        self.take()
        variable = self.symbol(self.take())
        if not isinstance(variable, Symbol) or variable.type.kind not in ("scalar", "column", "array"):
            raise self.error("the measure of this integral is not a declared variable or column of them", token)
        return Integral(variable, self.product())
