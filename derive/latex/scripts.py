"""Scripts behind what is read: powers, transposes, adjoints, factorials, and the entries of matrices."""

from __future__ import annotations

from derive.analytic import Factorial
from derive.constants import constant
from derive.expression import Dagger, Element, Expr, Index, Pow, Transpose
from derive.latex.grammar import Grammar
from derive.latex.tokens import Token


class ScriptReader(Grammar):
    """The part of a reader that reads scripts."""

    def scripts(self, base: Expr, token: Token) -> Expr:
        """Powers, transposes, factorials and matrix entries behind a group or a symbol."""
        before = ""
        while self.peek() in ("^", "_", "'", "!"):
            mark = self.take()
            if mark.text == "!":
                base = self.factorial(base, mark)
                continue
            if mark.text == before == "^":
                raise self.error("a second superscript", mark)
            before = mark.text
            if mark.text == "'":
                raise self.error("a prime can only follow a symbol", mark)
            found = self.raw_group()
            if mark.text == "_":
                if base.type.kind != "matrix" or len(found) != 2:
                    raise self.error("a subscript can only follow a symbol, or two indices a matrix", mark)
                base = self.entry(base, found)
            else:
                base = self.power(base, found, mark)
        return base

    def scripts_after(self, base: Expr, sups: list[list[Token]], token: Token) -> Expr:
        for found in sups:
            base = self.power(base, found, token)
        return self.scripts(base, token)

    def factorial(self, base: Expr, mark: Token) -> Expr:
        if base.type.kind != "scalar":
            raise self.error(f"the factorial of {base.type.a} is not defined", mark)
        if isinstance(base, Factorial):
            raise self.error("a double factorial cannot be read", mark)
        if isinstance(base, Pow) and self.source[self.at - 2].text != ")":
            raise self.error("what the factorial is of is not clear: use brackets", mark)
        return Factorial(base)

    def power(self, base: Expr, found: list[Token], mark: Token) -> Expr:
        if [t.text for t in found] in (["T"], [r"\top"]) and base.type.kind in ("column", "row", "matrix"):
            return Transpose(base)
        if [t.text for t in found] == [r"\dagger"] and base.type.kind == "operator":
            return Dagger(base)
        if len(found) == 1 and found[0].text in ("T", r"\top") and self.is_unknown(found[0].text):
            said = f"only a matrix, a column or a row is transposed, not {base.type.a}, and no power {found[0].text}"
            raise self.error(f"{said} is in the notation of the scope {self.scope.name!r}", found[0])
        exponent = self.inner(found)
        value = constant(exponent)
        kind = base.type.kind
        if kind in ("vector", "operators") and value != 2:
            raise self.error("of a vector only the square is defined", mark)
        if kind in ("matrix", "operator") and (value is None or value.denominator != 1):
            raise self.error("of a matrix only integer powers are defined", mark)
        if kind not in ("scalar", "vector", "matrix", "operator", "operators"):
            raise self.error(f"a power of {base.type.a} is not defined", mark)
        return Pow(base, exponent)

    def is_unknown(self, letter: str) -> bool:
        """Whether a letter is no symbol and no size of the scope."""
        return letter not in self.scope.symbols and self.scope.range_of_size(letter) is None

    def entry(self, matrix: Expr, found: list[Token]) -> Element:
        """An entry of a matrix by its two indices, which run over the range of its rows."""
        (axis, _) = matrix.type.axes
        indices: list[Index] = []
        for token in found:
            index = self.index(token, "the index of an entry")
            index = Index(index.name, axis) if index.is_label else index
            if index.range != axis:
                raise self.error(f"{token.text} does not run over the range {axis} of this matrix", token)
            indices.append(index)
        return Element(matrix, indices[0], indices[1])
