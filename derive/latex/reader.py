r"""From the tokens of a printed line to relations between expressions: a recursive descent directed by the notation.

The reader fails closed. What it does not know, or could read in two ways, is a :class:`ReadError` that names the
construct and its place. Kinds are checked while reading: a column is not multiplied by a matrix to its right, the
entry of a vector is not added to the vector.

The grammar::

    chain   = [sum] (relation sum)*
    sum     = [+|-] product ((+|-) product)*
    product = factor+ [/ factor]             the body of a sum sign or integral is all that follows in the product
    factor  = primary script*
    primary = number | symbol | fraction | binomial | group | bars | sum sign | integral | function | matrix | law
            | bra | ket | commutator | delta
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from derive.constants import constant
from derive.errors import ReadError
from derive.expression import (
    SCALAR,
    Abs,
    Add,
    Call,
    Curl,
    Density,
    Det,
    Dot,
    Expr,
    Frac,
    Index,
    Mul,
    Neg,
    Norm,
    Number,
    Several,
    Type,
    Zero,
    free_indices,
    product_type,
    walk,
)
from derive.latex.chain import RELATIONS, Chain
from derive.latex.cursor import is_number
from derive.latex.functions import FUNCTIONS, count, function
from derive.latex.gradients import derivative, gradient, is_derivative, rank
from derive.latex.grammar import FENCES, UNTYPED
from derive.latex.limits import binomial
from derive.latex.matrices import matrix
from derive.latex.states import angle, bracket, ket, opens_ket
from derive.latex.sums import FOR_ALL, OVER, SumReader, for_all
from derive.latex.symbols import SymbolReader
from derive.latex.tokens import Token
from derive.notation import Scope

TWO_EQUATIONS = r"a scalar is related to a list: two equations want a display each; a side condition is , i \neq j"
UPRIGHT = r"\mathrm{d}"
"""The d of differentials where it is printed upright; it is read as the slanted one unless the table has it."""


def read_chain(source: Sequence[Token], scope: Scope, *, display: bool = False) -> Chain:
    """Reads a displayed line, which needs no relation if it is to be a ``display`` of something.

    Raises ReadError with the offset of the construct it cannot read.
    """
    reader = _reader(source, scope)
    reader.display = display
    try:
        chain = reader.chain()
    except RecursionError as error:
        raise ReadError("this formula is nested too deeply") from error
    reader.expect_end()
    reader.check_bound(chain)
    return chain


def read_expression(source: Sequence[Token], scope: Scope) -> Expr:
    """Reads one expression, without a relation."""
    reader = _reader(source, scope)
    expr = reader.sum()
    reader.expect_end()
    return expr


def _reader(source: Sequence[Token], scope: Scope) -> Reader:
    if UPRIGHT not in scope.symbols:
        source = [replace(token, text="d") if token.text == UPRIGHT else token for token in source]
    if scope.summation:
        from derive.latex.tensors import TensorReader

        return TensorReader(list(source), scope)
    return Reader(list(source), scope)


class Reader(SumReader, SymbolReader):
    """One pass over the tokens of a line."""

    def __init__(self, source: list[Token], scope: Scope) -> None:
        super().__init__(source, scope)
        self.display = False
        """Whether a line may be without a relation, whatever stands in it."""

    def inner(self, source: list[Token]) -> Expr:
        return read_expression(source, self.scope)

    def reader_of(self, source: list[Token]) -> Reader:
        return Reader(source, self.scope)

    # -- relations -----------------------------------------------------------------------------------------------

    def chain(self) -> Chain:
        first = None if self.peek() in RELATIONS else self.side()
        links: list[tuple[str, Expr]] = []
        while self.peek() in RELATIONS:
            token = self.take()
            relation = RELATIONS[token.text]
            side = self.side()
            previous = links[-1][1] if links else first
            if previous is not None and previous.type.kind == "operator" and constant(side) == 0:
                side = Zero(previous.type)
            if previous is not None and relation != "→" and (previous.type, side.type.kind) == (SCALAR, "list"):
                raise self.error(TWO_EQUATIONS, token)
            if previous is not None and relation != "→" and not _same_type(previous.type, side.type):
                raise self.error(f"{previous.type.a} is related to {side.type.a}", token)
            links.append((relation, side))
        shows = self.display or (first is not None and any(isinstance(node, Density) for node in walk(first)))
        if first is not None and not links and not shows:
            raise self.error("there is no relation in this line")
        is_list = [side.type.kind == "list" for side in (first, *(side for _, side in links)) if side is not None]
        if any(is_list[1:]) or (any(is_list) and (first is None or not links or links[0][0] != "→")):
            raise self.error("a list can only stand on the left of an arrow")
        return Chain(first, tuple(links), self.conditions())

    def side(self) -> Expr:
        """One side of a relation: an expression, or a list of them."""
        items = [self.sum()]
        while self.peek() == "," and not self.is_condition() and self.peek(1) not in FOR_ALL:
            self.take()
            items.append(self.sum())
        return items[0] if len(items) == 1 else Several(tuple(items))

    def is_condition(self) -> bool:
        return self.peek(2) in (r"\neq", r"\ne")

    def conditions(self) -> tuple[tuple[Index, Index], ...]:
        r"""The side conditions ``, i \neq j`` behind a line; that it is for all i says nothing that is not meant."""
        found: list[tuple[Index, Index]] = []
        while self.peek() == "," or self.peek() in FOR_ALL:
            if self.peek() in FOR_ALL or self.peek(1) in FOR_ALL:
                for_all(self)
                break
            self.take()
            left = self.index(self.take(), "the index of a side condition")
            sign = self.take()
            if sign.text not in (r"\neq", r"\ne"):
                raise self.error(r"a side condition is of the form i \neq j", sign)
            right = self.index(self.take(), "the index of a side condition")
            if left.range != right.range or left == right:
                raise self.error(f"{left.name} and {right.name} cannot be kept different", sign)
            found.append((left, right))
        return tuple(found)

    def check_bound(self, chain: Chain) -> None:
        """Raises ReadError for an index of a later side that nothing binds and that the left side does not have."""
        if chain.first is None or not chain.links:
            return
        allowed = free_indices(chain.first)
        for _, side in chain.links:
            for index in sorted(free_indices(side) - allowed, key=lambda i: i.name):
                raise self.unbound(index)

    def unbound(self, index: Index) -> ReadError:
        said = f"the index {index.name} is not bound: it is in no sum, and the left side has none"
        return ReadError(said, self.last_of(index))

    # -- sums and products ---------------------------------------------------------------------------------------

    def sum(self) -> Expr:
        terms: list[Expr] = []
        while True:
            sign = self.take().text if self.peek() in ("+", "-") else None
            if sign is None and terms:
                break
            token = self.source[self.at] if self.at < len(self.source) else None
            term = self.product()
            if terms and not _same_type(terms[0].type, term.type):
                raise self.error(f"{term.type.a} is added to {terms[0].type.a}", token)
            if sign == "+" and not terms and not isinstance(term, Number):
                raise self.error("a leading + says nothing", token)
            terms.append(Neg(term) if sign == "-" else term)
            if self.peek() not in ("+", "-"):
                break
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def product(self) -> Expr:
        factors: list[Expr] = []
        dotted = False
        start = self.at
        closed = 0
        """How many factors were read when the last bars without sides were closed."""
        while self.starts_factor():
            where = self.source[self.at]
            if where.text == "|" and not where.side and not opens_ket(self):
                if closed and closed < len(factors):
                    raise self.error(r"which bars belong together is not clear: print \left| and \right|", where)
                closed = len(factors) + 1
            factor = self.factor()
            if dotted and factors[-1].type.kind in ("vector", "operators"):
                if factor.type.kind not in ("vector", "operators") or factor.type.axes != factors[-1].type.axes:
                    raise self.error(f"{factors[-1].type.a} is dotted with {factor.type.a}", where)
                factors[-1] = Dot(factors[-1], factor)
            else:
                factors.append(factor)
            dotted = self.peek() == r"\cdot"
            if dotted:
                self.take()
        if dotted:
            raise self.error(r"nothing follows \cdot")
        if not factors and self.peek() == r"\|":
            return self.symbol(self.take())
        if not factors:
            raise self.error("an expression was expected here")
        self.factors = len(factors)
        self.last = factors[-1] if len(factors) > 1 else None
        if len(factors) == 1:
            return self.divided(factors[0])
        kind = SCALAR
        for factor in factors:
            try:
                kind = product_type(kind, factor.type)
            except TypeError as problem:
                raise self.error(str(problem), self.source[start]) from None
        return self.divided(Mul(tuple(factors)))

    def starts_factor(self) -> bool:
        text = self.peek()
        if text == "|":
            side = self.source[self.at].side
            return side == "left" if side else (self.bars == 0 or opens_ket(self))
        stops = {
            "",
            "+",
            "-",
            ")",
            "]",
            "}",
            r"\}",
            "&",
            r"\\",
            ",",
            ";",
            "!",
            "^",
            "_",
            "'",
            r"\cdot",
            ":",
            "/",
            r"\rangle",
            r"\parallel",
            r"\|",
        }
        return text not in stops and text not in RELATIONS and text not in FOR_ALL and not text.startswith(r"\end{")

    # -- factors -------------------------------------------------------------------------------------------------

    def factor(self) -> Expr:
        token = self.take()
        text = token.text
        if text == "[":
            return self.scripts(bracket(self, token), token)
        if text == r"\langle":
            return angle(self, token)
        if text == r"\nabla" and self.peek() == r"\times":
            self.take()
            field = self.factor()
            if field.type.kind not in ("vector", "operators"):
                raise self.error(f"the curl of {field.type.a} is not defined", token)
            return Curl(field)
        if text == r"\nabla" and (self.peek() == "_" or self.starts_factor()):
            return gradient(self, token)
        if text == r"\#":
            return count(self, token)
        if text == "|" and self.peek(1) == r"\rangle":
            return ket(self)
        if is_number(text):
            value = Fraction(text)
            if value.denominator == 1:
                return self.scripts(Number(value), token)
            top, bottom = (Number(Fraction(part)) for part in value.as_integer_ratio())
            return self.scripts(Frac(top, bottom), token)
        if text in FENCES:
            return self.scripts(self.fenced(FENCES[text]), token)
        if text == "{":
            return self.scripts(self.fenced("}"), token)
        if text == "|":
            return self.scripts(self.in_bars(token), token)
        if text == r"\operatorname{rank}":
            return rank(self, token)
        if text == r"\frac" and is_derivative(self):
            return derivative(self, token)
        if text == r"\frac":
            top, bottom = self.group(), self.group()
            if bottom.type != SCALAR:
                raise self.error(f"{bottom.type.a} cannot stand below a fraction bar", token)
            return self.scripts(Frac(top, bottom), token)
        if text == r"\sqrt":
            inside = self.group()
            if inside.type != SCALAR:
                raise self.error(f"the root of {inside.type.a} is not defined", token)
            return self.scripts(Call("sqrt", inside), token)
        if text == r"\binom":
            return self.scripts(binomial(self, token), token)
        if text in OVER:
            return self.over(OVER[text], token)
        if text == r"\int":
            return self.integral(token)
        if text in FUNCTIONS:
            return function(self, FUNCTIONS[text], token)
        if text in (r"\begin{bmatrix}", r"\begin{pmatrix}"):
            return self.scripts(matrix(self, text[len(r"\begin") :], token), token)
        return self.symbol(token)

    def in_bars(self, opening: Token) -> Expr:
        self.bars += 1
        inner = self.sum()
        self.take("|")
        self.bars -= 1
        match inner.type.kind:
            case "matrix":
                return Det(inner)
            case "vector":
                return Norm(inner)
            case "scalar":
                return Abs(inner)
        raise self.error(f"bars around {inner.type.a} mean nothing", opening)


def _same_type(left: Type, right: Type) -> bool:
    return left == right or UNTYPED in (left, right)
