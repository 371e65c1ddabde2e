r"""From the tokens of a printed line to relations between expressions: a recursive descent directed by the notation.

The reader fails closed. What it does not know, or could read in two ways, is a :class:`ReadError` that names the
construct and its place. Kinds are checked while reading: a column is not multiplied by a matrix to its right, the
entry of a vector is not added to the vector.

The grammar::

    chain   = [sum] (relation sum)*
    sum     = [+|-] product ((+|-) product)*
    product = factor+                        the body of a sum sign or integral is all that follows in the product
    factor  = primary script*
    primary = number | symbol | fraction | group | bars | sum sign | integral | function | matrix | law
            | bra | ket | commutator | delta
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from derive.errors import ReadError
from derive.expression import (
    BASIS_STATES,
    SCALAR,
    Abs,
    Add,
    Apart,
    Applied,
    Arrow,
    Bra,
    Call,
    Commutator,
    Count,
    Curl,
    Dagger,
    Density,
    Det,
    Dirac,
    Dot,
    Element,
    Expectation,
    Expr,
    Frac,
    Gaussian,
    Identity,
    ImaginaryUnit,
    Index,
    Integral,
    Ket,
    Kronecker,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Partial,
    Pattern,
    Pow,
    Rank,
    Several,
    Size,
    Slot,
    StateMean,
    Symbol,
    Transpose,
    Type,
    ValueSum,
    Whole,
    Zero,
    free_indices,
    product_type,
    substitute_indices,
    walk,
)
from derive.latex.tokens import Token, tokens
from derive.notation import Declared, Scope, normal_key

RELATIONS = {
    "=": "=",
    r"\approx": "≈",
    r"\simeq": "≈",
    r"\equiv": "≡",
    r"\propto": "∝",
    r"\sim": "∼",
    r"\to": "→",
    r"\rightarrow": "→",
    r"\ll": "≪",
    r"\geq": "≥",
    r"\ge": "≥",
    r"\leq": "≤",
    r"\le": "≤",
    ">": ">",
    "<": "<",
    r"\neq": "≠",
}
FUNCTIONS = {
    r"\log": "log",
    r"\ln": "log",
    r"\exp": "exp",
    r"\sin": "sin",
    r"\cos": "cos",
    r"\tan": "tan",
    r"\arcsin": "arcsin",
    r"\sinh": "sinh",
    r"\cosh": "cosh",
    r"\tanh": "tanh",
    r"\text{Trace}": "Trace",
    r"\text{Tr}": "Trace",
    r"\text{tr}": "Trace",
    r"\operatorname{tr}": "Trace",
    r"\operatorname{Tr}": "Trace",
}
OVER = {r"\sum": "sum", r"\prod": "product"}
FENCES = {"(": ")", "[": "]", r"\{": r"\}"}
_UNTYPED = Type("array", ("?",))
_VALUES = ("scalar", "column", "vector", "array")
"""The kinds of what functions and laws are of."""
_WITHOUT_SLOTS = (
    "imaginary unit",
    "density",
    "gaussian",
    "expectation",
    "variance",
    "covariance",
    "divergence",
    "functional",
)


@dataclass(frozen=True, slots=True)
class Chain:
    """A printed line: an optional first side, then relations, each with the expression to its right."""

    first: Expr | None
    links: tuple[tuple[str, Expr], ...]
    apart: Apart = ()
    r"""Indices that a side condition such as ``i \neq j`` behind the line keeps different."""

    @property
    def sides(self) -> tuple[Expr, ...]:
        return (() if self.first is None else (self.first,)) + tuple(side for _, side in self.links)


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
    if scope.summation:
        from derive.latex.tensors import TensorReader

        return TensorReader(list(source), scope)
    return Reader(list(source), scope)


class Reader:
    """One pass over the tokens of a line."""

    def __init__(self, source: list[Token], scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.at = 0
        self.bars = 0
        self.factors = 0
        """How many factors the product read last was printed with."""
        self.display = False
        """Whether a line may be without a relation, whatever stands in it."""

    # -- tokens --------------------------------------------------------------------------------------------------

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

    def last_of(self, index: Index) -> int:
        """Where an index letter is printed last."""
        return next((t.offset for t in reversed(self.source) if t.text == index.name), 0)

    # -- relations, sums and products ----------------------------------------------------------------------------

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
        while self.peek() == "," and not self.is_condition():
            self.take()
            items.append(self.sum())
        return items[0] if len(items) == 1 else Several(tuple(items))

    def is_condition(self) -> bool:
        return self.peek(2) in (r"\neq", r"\ne")

    def conditions(self) -> tuple[tuple[Index, Index], ...]:
        r"""The side conditions ``, i \neq j`` behind a line."""
        found: list[tuple[Index, Index]] = []
        while self.peek() == ",":
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
            if where.text == "|" and not where.side and not self.opens_ket():
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
        if not factors:
            raise self.error("an expression was expected here")
        self.factors = len(factors)
        if len(factors) == 1:
            return factors[0]
        kind = SCALAR
        for factor in factors:
            try:
                kind = product_type(kind, factor.type)
            except TypeError as problem:
                raise self.error(str(problem), self.source[start]) from None
        return Mul(tuple(factors))

    def starts_factor(self) -> bool:
        text = self.peek()
        if text == "|":
            side = self.source[self.at].side
            return side == "left" if side else (self.bars == 0 or self.opens_ket())
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
            "^",
            "_",
            "'",
            r"\cdot",
            ":",
            "/",
            r"\rangle",
            r"\parallel",
        }
        return text not in stops and text not in RELATIONS and not text.startswith(r"\end{")

    # -- states and operators ------------------------------------------------------------------------------------

    def opens_ket(self) -> bool:
        r"""Whether the bar here opens a ket, ``|\alpha\rangle``."""
        return self.peek() == "|" and self.peek(2) == r"\rangle"

    def state(self) -> Symbol:
        """The label between a bar and an angle bracket: the state of the scope, or a binary variable."""
        token = self.take()
        if not self.is_state(token.text):
            raise self.error(f"{token.text} is no state and no binary variable of this scope", token)
        return Symbol(token.text)

    def is_state(self, text: str) -> bool:
        if text in BASIS_STATES:
            return self.scope.of_kind("state") is not None
        declared = self.scope.symbols.get(text)
        return declared is not None and not declared.slots and (declared.kind == "state" or declared.domain == "binary")

    def ket(self) -> Expr:
        state = self.state()
        self.take(r"\rangle")
        return Ket(state)

    def angle(self, token: Token) -> Expr:
        r"""A bra ``\langle b |``, which may share its bar with a ket, or an operator's mean between angle brackets."""
        if self.peek(1) == "|" and self.source[self.at + 1].side != "left":
            state = self.state()
            if not (self.opens_ket() and self.is_state(self.peek(1))):
                self.take("|")
            return Bra(state)
        bars, self.bars = self.bars, 0
        of = self.sum()
        self.take(r"\rangle")
        self.bars = bars
        state = self.scope.of_kind("state")
        if state is None or of.type.kind != "operator":
            raise self.error("angle brackets are read around an operator, in a scope with a state", token)
        return self.scripts(StateMean(of, Symbol(state.key)), token)

    def bracket(self, token: Token) -> Expr:
        """Square brackets: a group, or the commutator of two operators."""
        bars, self.bars = self.bars, 0
        inner = self.sum()
        if self.peek() == ",":
            self.take()
            right = self.sum()
            if (inner.type.kind, right.type.kind) != ("operator", "operator"):
                raise self.error(f"the commutator of {inner.type.a} and {right.type.a} is not defined", token)
            inner = Commutator(inner, right)
        self.take("]")
        self.bars = bars
        return inner

    def delta(self, subs: list[list[Token]], token: Token) -> Expr:
        """Kronecker's delta with two values below it, or Dirac's with its argument behind it."""
        if not subs:
            self.take("(")
            argument = self.fenced(")")
            if argument.type != SCALAR:
                raise self.error(f"the delta of {argument.type.a} is not defined", token)
            return Dirac(argument)
        inner = Reader(subs[0], self.scope)
        left = inner.sum()
        inner.take(",")
        right = inner.sum()
        inner.expect_end()
        return Kronecker(left, right)

    def applied(self, declared: Declared, subs: list[list[Token]], token: Token) -> Expr:
        """A function with its arguments, which the print may leave out where the notation says of what it is one."""
        implied = tuple(self.inner(tokens(text)) for text in declared.implied)
        slots: list[Slot | None] = [None] * len(declared.slots)
        if subs:
            self.fill_subscripts(declared, slots, subs[0], bold=False)
        if None in slots:
            raise self.error(f"{declared.key} needs an index", token)
        if self.peek() == "(":
            self.take()
            arguments = self.listed(")")
            if len(arguments) != len(declared.of):
                raise self.error(f"{declared.key} takes {len(declared.of)} arguments, not {len(arguments)}", token)
        else:
            arguments = [self.inner(tokens(text)) for text in declared.of]
        for argument in arguments:
            if argument.type.kind not in _VALUES:
                raise self.error(f"{declared.key} is no function of {argument.type.a}", token)
        return Applied(declared.key, (*implied, *arguments), declared.own_type, len(implied), tuple(slots))  # type: ignore[arg-type]

    def count(self, token: Token) -> Expr:
        r"""The number of values of symbols: ``\#(J_{ij}, q_i)``."""
        self.take("(")
        of = self.listed(")")
        symbols = tuple(item for item in of if isinstance(item, Symbol))
        if len(symbols) != len(of):
            raise self.error(r"\# counts the values of symbols", token)
        names = [symbol.name for symbol in symbols]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise self.error(rf"\# counts the values of {twice} twice", token)
        return Count(symbols)

    # -- factors -------------------------------------------------------------------------------------------------

    def factor(self) -> Expr:
        token = self.take()
        text = token.text
        if text == "[":
            return self.scripts(self.bracket(token), token)
        if text == r"\langle":
            return self.angle(token)
        if text == r"\nabla" and self.peek() == r"\times":
            self.take()
            field = self.factor()
            if field.type.kind not in ("vector", "operators"):
                raise self.error(f"the curl of {field.type.a} is not defined", token)
            return Curl(field)
        if text == r"\nabla" and (self.peek() == "_" or self.starts_factor()):
            return self.gradient(token)
        if text == r"\#":
            return self.count(token)
        if text == "|" and self.peek(1) == r"\rangle":
            return self.ket()
        if _is_number(text):
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
            return self.rank(token)
        if text == r"\frac" and self.peek(1) == r"\partial":
            return self.partial(token)
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
        if text in OVER:
            return self.over(OVER[text], token)
        if text == r"\int":
            return self.integral(token)
        if text in FUNCTIONS:
            return self.function(FUNCTIONS[text], token)
        if text in (r"\begin{bmatrix}", r"\begin{pmatrix}"):
            return self.scripts(self.matrix(text[len(r"\begin") :], token), token)
        return self.symbol(token)

    def partial(self, token: Token) -> Expr:
        r"""A derivative, ``\frac{\partial F}{\partial a}``, or ``\frac{\partial}{\partial a}`` of the factor behind."""
        top, bottom = self.raw_group()[1:], self.raw_group()
        if bottom[0].text != r"\partial" or len(bottom) < 2:
            raise self.error(r"\partial stands above this fraction bar and not below it", bottom[0])
        by = self.inner(bottom[1:])
        return self.derivative(self.inner(top) if top else self.differentiated(token), by, token)

    def rank(self, token: Token) -> Expr:
        r"""The rank of a Jacobian, ``\operatorname{rank} \frac{\partial(f, g)}{\partial(a, b)}``."""
        self.take(r"\frac")
        groups: list[tuple[Expr, ...]] = []
        for _ in range(2):
            inner = Reader(self.raw_group(), self.scope)
            inner.take(r"\partial")
            inner.take("(")
            groups.append(tuple(inner.listed(")")))
            inner.expect_end()
        of, by = groups
        if any(item.type != SCALAR for item in of):
            raise self.error("a Jacobian is one of numbers: give an entry of what is a column", token)
        if not all(isinstance(item, Symbol) and item.type.kind in ("scalar", "column") for item in by):
            raise self.error("a Jacobian is in declared symbols", token)
        return Rank(of, by)

    def gradient(self, token: Token) -> Expr:
        r"""``\nabla_a F``, the derivative in a; ``\nabla F(a)`` of a function at a symbol, in that symbol."""
        if self.peek() == "_":
            self.take()
            by = self.inner(self.raw_group())
            return self.derivative(self.differentiated(token), by, token)
        of = self.differentiated(token)
        if not isinstance(of, Applied) or len(of.arguments) != 1:
            raise self.error(r"\nabla says no variable, and what follows is no function of one symbol", token)
        return self.derivative(of, of.arguments[0], token)

    def differentiated(self, token: Token) -> Expr:
        of = self.factor()
        if self.starts_factor():
            raise self.error("where what is differentiated ends is not clear: put it in brackets", token)
        return of

    def derivative(self, of: Expr, by: Expr, token: Token) -> Expr:
        if not isinstance(by, Symbol) or by.type.kind not in ("scalar", "column"):
            raise self.error("a derivative is in a declared symbol, or in a column of them", token)
        declared = self.scope.symbols.get(by.name)
        if declared is None or declared.domain in ("integer", "binary"):
            raise self.error(f"there is no derivative in {by.name}, which takes single values", token)
        if of.type != SCALAR:
            raise self.error(f"the derivative of {of.type.a} is not defined", token)
        return Partial(of, by)

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

    def over(self, operation: str, token: Token) -> Expr:
        if self.peek() != "_":
            raise self.error(f"{token.text} has no index below it", token)
        self.take()
        below = self.raw_group()
        if self.names_values(below[0]):
            return self.over_values(operation, below, token)
        excluded: tuple[Index, ...] = ()
        explicit = False
        index = self.index(below[0], "the index of a sum")
        if len(below) >= 3 and below[1].text in (r"\neq", r"\ne"):
            excluded = self.excluded(index, below[2:])
        elif len(below) == 3 and [t.text for t in below[1:]] == ["=", "1"]:
            explicit = True
        elif len(below) != 1:
            raise self.error(f"{''.join(t.text for t in below)} below {token.text} cannot be read", below[0])
        if self.peek() == "^":
            self.take()
            above = self.raw_group()
            size = self.scope.ranges[index.range].size
            if not explicit or "".join(t.text for t in above) != size:
                raise self.error(f"{token.text} over {index.name} runs from 1 to {size} in this scope", above[0])
        elif explicit:
            raise self.error(f"{token.text} has a lower limit and no upper one", token)
        body = self.product()
        last = body.factors[-1] if isinstance(body, Mul) and self.factors > 1 else body
        if operation == "product" and last is not body and index not in free_indices(last):
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
        if self.peek() != "d":
            raise self.error("the measure is expected right after the integral sign", token)
        self.take()
        variable = self.symbol(self.take())
        if not isinstance(variable, Symbol) or variable.type.kind not in ("scalar", "column", "array"):
            raise self.error("the measure of this integral is not a declared variable or column of them", token)
        return Integral(variable, self.product())

    def function(self, name: str, token: Token) -> Expr:
        power: Expr | None = None
        if self.peek() == "^":
            self.take()
            power = self.exponent()
            if (constant(power) or 0) < 0:
                raise self.error(f"a negative power of {name} may be its inverse: write a fraction", token)
        if self.peek() in FENCES:
            argument = self.fenced(FENCES[self.take().text])
        else:
            argument = self.factor()
            if self.starts_factor() and not self.opens_ket():
                raise self.error(f"where the argument of {name} ends is not clear: put it in brackets", token)
        kind = argument.type.kind
        if name == "Trace":
            if kind != "matrix":
                raise self.error(f"the trace of {argument.type.a} is not defined", token)
        elif kind != "scalar" and (kind, name) not in (("matrix", "exp"), ("matrix", "log"), ("operator", "exp")):
            raise self.error(f"the {name} of {argument.type.a} is not defined", token)
        result: Expr = Call(name, argument)
        return self.scripts(Pow(result, power) if power is not None else result, token)

    # -- scripts -------------------------------------------------------------------------------------------------

    def raw_group(self) -> list[Token]:
        """The tokens of a script: one token, or a braced group without its braces."""
        if self.peek() != "{":
            token = self.take()
            if token.text in ("}", ")", "]", "^", "_", "&"):
                raise self.error("a script is empty", token)
            if _is_number(token.text) and len(token.text) > 1:
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

    def exponent(self) -> Expr:
        return self.inner(self.raw_group())

    def inner(self, source: list[Token]) -> Expr:
        return read_expression(source, self.scope)

    def scripts(self, base: Expr, token: Token) -> Expr:
        """Powers, transposes and matrix entries behind a group or a symbol."""
        before = ""
        while self.peek() in ("^", "_", "'"):
            mark = self.take()
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

    def power(self, base: Expr, found: list[Token], mark: Token) -> Expr:
        if [t.text for t in found] in (["T"], [r"\top"]) and base.type.kind in ("column", "row", "matrix"):
            return Transpose(base)
        if [t.text for t in found] == [r"\dagger"] and base.type.kind == "operator":
            return Dagger(base)
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

    def index(self, token: Token, what: str) -> Index:
        if _is_number(token.text):
            ranges = list(self.scope.ranges)
            if len(ranges) >= 1:
                return Index(token.text, ranges[0])
        found = self.scope.range_of_letter(token.text)
        if found is None:
            raise self.error(f"{token.text} is not an index letter of this scope ({what})", token)
        return Index(token.text, found.name)

    # -- symbols -------------------------------------------------------------------------------------------------

    def symbol(self, token: Token) -> Expr:
        """A declared symbol with its primes, subscripts and superscripts, or a law with its arguments."""
        primes = 0
        subs: list[list[Token]] = []
        sups: list[list[Token]] = []
        raised = False
        while True:
            text = self.peek()
            if raised and text in ("'", "^"):
                raise self.error("a second superscript", self.take())
            raised = text == "^" or (raised and text == "_")
            if text == "'":
                self.take()
                primes += 1
            elif text == "_":
                mark = self.take()
                if subs:
                    raise self.error("a second subscript", mark)
                subs.append(self.raw_group())
            elif text == "^":
                self.take()
                sups.append(self.raw_group())
            elif text == "{" and self.peek(1) == "}" and self.peek(2) in ("^", "_"):
                self.take()
                self.take()
            else:
                break
        declared, bold, arrow, used_sub, used_star = self.lookup(token, primes, subs, sups)
        if used_sub and declared is not None:
            subs = self.without_name(declared, subs)
        if used_star:
            sups = sups[1:]
        if declared is None:
            return self.builtin(token, primes, subs, sups)
        base = self.without_slots(declared, token, bold, arrow, subs)
        if base is not None:
            return self.scripts_after(base, sups, token)
        return self.filled(declared, token, bold, arrow, subs, sups)

    def without_slots(
        self, declared: Declared, token: Token, bold: bool, arrow: bool, subs: list[list[Token]]
    ) -> Expr | None:
        """A law, a delta, the imaginary unit or a function with what stands behind it; None for a quantity."""
        takes_subscript = declared.kind == "delta" or bool(declared.of)
        if not takes_subscript and declared.kind not in _WITHOUT_SLOTS:
            return None
        if bold or arrow:
            raise self.error(
                f"{declared.key} is declared without the {'bold' if bold else 'arrow'} of {token.text}", token
            )
        if subs and not takes_subscript:
            raise self.error(f"{declared.key} takes no subscript {''.join(t.text for t in subs[0])}", subs[0][0])
        match declared.kind:
            case "imaginary unit":
                return ImaginaryUnit()
            case "delta":
                return self.delta(subs, token)
            case _ if declared.of:
                return self.applied(declared, subs, token)
            case "density":
                return self.density(declared, token)
            case "gaussian":
                return self.gaussian(token)
            case "divergence":
                return self.divergence(token)
            case "functional":
                return self.functional(declared, token)
        return self.expectation(declared, token)

    def lookup(self, token: Token, primes: int, subs: list[list[Token]], sups: list[list[Token]]):
        """The declaration that fits the print best: the whole name first, then without arrow and bold."""
        text, bold, arrow = token.text, False, False
        star = bool(sups) and [t.text for t in sups[0]] == ["*"]
        while True:
            name = text + "'" * primes
            sub = "".join(t.text for t in subs[0]) if subs else ""
            if sub:
                key = normal_key(f"{name}_{{{sub}}}")
                if key in self.scope.symbols:
                    return self.scope.symbols[key], bold, arrow, True, False
                if (shaped := self.with_template(name, subs[0])) is not None:
                    return shaped, bold, arrow, True, False
            if star and name + "^*" in self.scope.symbols:
                return self.scope.symbols[name + "^*"], bold, arrow, False, True
            if name in self.scope.symbols:
                return self.scope.symbols[name], bold, arrow, False, False
            if text.startswith(r"\vec{") and not arrow:
                text, arrow = text[len(r"\vec{") : -1], True
            elif text.startswith((r"\mathbf{", r"\boldsymbol{")) and not bold:
                text, bold = text[text.index("{") + 1 : -1], True
            elif text.startswith(r"\hat{") and self.is_operator(text[len(r"\hat{") : -1]):
                text = text[len(r"\hat{") : -1]
            else:
                return None, False, False, False, False

    def is_operator(self, name: str) -> bool:
        declared = self.scope.symbols.get(name)
        return declared is not None and declared.own_type.kind == "operator"

    def with_template(self, name: str, sub: list[Token]) -> Declared | None:
        r"""The symbol whose printed name has its index inside the subscript: ``r_{bn}`` for ``r_{bi}``."""
        pieces = [token.text for token in sub if token.text not in ("{", "}")]
        for key, declared in self.scope.symbols.items():
            if key.partition("_{")[0] == name and _fits(declared.template, pieces):
                return declared
        return None

    def without_name(self, declared: Declared, subs: list[list[Token]]) -> list[list[Token]]:
        """What a subscript says beyond the printed name of its symbol: the indices inside it."""
        pieces = [token for token in subs[0] if token.text not in ("{", "}")]
        found = [token for token, part in zip(pieces, declared.template, strict=False) if part is None]
        return [found] if found else []

    def builtin(self, token: Token, primes: int, subs: list[list[Token]], sups: list[list[Token]]) -> Expr:
        if not primes and not subs:
            base: Expr | None = None
            if (size := self.scope.range_of_size(token.text)) is not None:
                base = Size(size.name)
            elif token.text == r"\pi":
                base = Symbol(r"\pi")
            elif token.text == r"\mathbf{0}":
                base = Zero(_UNTYPED)
            elif token.text == "e" and sups:
                base, sups = Call("exp", self.inner(sups[0])), sups[1:]
                if base.type.kind not in ("scalar", "operator"):
                    raise self.error(f"the exponential of {base.type.a} is not defined", token)
            if base is not None:
                return self.scripts_after(base, sups, token)
        if self.scope.range_of_letter(token.text) is not None:
            raise self.error(f"the index {token.text} stands where a quantity was expected", token)
        name = token.text + "'" * primes + (f"_{{{''.join(t.text for t in subs[0])}}}" if subs else "")
        raise self.error(f"{name} is not in the notation of the scope {self.scope.name!r}", token)

    def scripts_after(self, base: Expr, sups: list[list[Token]], token: Token) -> Expr:
        for found in sups:
            base = self.power(base, found, token)
        return self.scripts(base, token)

    def filled(
        self,
        declared: Declared,
        token: Token,
        bold: bool,
        arrow: bool,
        subs: list[list[Token]],
        sups: list[list[Token]],
    ) -> Expr:
        """A symbol with its slots filled from its scripts."""
        if declared.kind == "state":
            raise self.error(f"{declared.key} is a state: print it in a bra, a ket or a mean", token)
        if declared.kind == "matrix":
            base: Expr
            if len(declared.slots) != 2 or declared.slots[0] != declared.slots[1]:
                raise self.error(f"{declared.key} is not declared as a square matrix; no other can be read", token)
            if "identity" in declared.properties:
                base = Identity(declared.slots[0], declared.key)
            else:
                base = Symbol(declared.key, (), declared.own_type)
            if subs:
                if len(subs[0]) != 2:
                    raise self.error("a matrix takes two indices", token)
                base = self.entry(base, subs[0])
            if bold or arrow:
                raise self.error(f"{declared.key} is declared without further fonts", token)
            return self.scripts_after(base, sups, token)
        if "column" in declared.properties and not (subs or bold or arrow):
            whole_slots = tuple(Whole(name) for name in declared.slots)
            return self.scripts_after(Symbol(declared.key, whole_slots, declared.own_type), sups, token)
        slots: list[Slot | None] = [None] * len(declared.slots)
        component = self.component(declared, sups)
        if component is not None:
            slots[declared.slots.index(component.range)] = component
            sups = self.without_component(sups)
        if subs:
            self.fill_subscripts(declared, slots, subs[0], bold)
        elif bold and declared.slots:
            raise self.error(f"the bold {token.text} is not grouped over a range such as 1:N", token)
        for number, name in enumerate(declared.slots):
            if slots[number] is None and arrow and self.scope.ranges[name].vector:
                slots[number], arrow = Arrow(name), False
        if arrow:
            raise self.error(f"the arrow over {declared.key} has no range to run over", token)
        bare = False
        for number, name in enumerate(declared.slots):
            if slots[number] is None:
                if not self.scope.ranges[name].vector or any(isinstance(s, Whole) for s in slots):
                    raise self.error(f"{declared.key} needs an index over the range {name}", token)
                slots[number], bare = Arrow(name), True
        if bare and declared.own_type.kind == "operator":
            raise self.error(f"{declared.key} is a vector of operators: print its arrow", token)
        whole = any(isinstance(slot, Whole) for slot in slots)
        if bold != whole:
            said = "bold but not grouped" if bold else "grouped but not bold"
            raise self.error(f"{declared.key} is {said}", token)
        symbol: Expr = Symbol(declared.key, tuple(slots), declared.own_type)  # type: ignore[arg-type]
        return self.scripts_after(Norm(symbol, bare=True) if bare else symbol, sups, token)

    def component(self, declared: Declared, sups: list[list[Token]]) -> Index | None:
        """The (d) of a superscript such as ^{(d)} or ^{(d)T}, when the symbol has a slot for it."""
        if not sups or len(sups[0]) < 3 or sups[0][0].text != "(" or sups[0][2].text != ")":
            return None
        found = self.scope.range_of_letter(sups[0][1].text)
        if found is None or found.name not in declared.slots:
            raise self.error(f"{sups[0][1].text} is not an index of {declared.key}", sups[0][1])
        return Index(sups[0][1].text, found.name)

    @staticmethod
    def without_component(sups: list[list[Token]]) -> list[list[Token]]:
        rest = sups[0][3:]
        return ([rest] if rest else []) + sups[1:]

    def fill_subscripts(self, declared: Declared, slots: list[Slot | None], found: list[Token], bold: bool) -> None:
        texts = [t.text for t in found]
        if len(texts) == 3 and texts[:2] == ["1", ":"]:
            size = self.scope.range_of_size(texts[2])
            if size is None or size.name not in declared.slots:
                raise self.error(f"{declared.key} does not range over 1:{texts[2]} in this scope", found[2])
            slots[declared.slots.index(size.name)] = Whole(size.name)
            return
        for token in found:
            if token.text == ",":
                continue
            open_slots = [n for n, slot in enumerate(slots) if slot is None]
            if _is_number(token.text):
                wanted = [n for n in open_slots if not self.scope.ranges[declared.slots[n]].vector] or open_slots
                index = Index(token.text, declared.slots[wanted[0]]) if wanted else None
            else:
                index = self.index(token, f"a subscript of {declared.key}")
                wanted = [n for n in open_slots if declared.slots[n] == index.range]
            if index is None or not wanted:
                raise self.error(f"{declared.key} takes no subscript {token.text} here", token)
            slots[wanted[0]] = index

    # -- laws ----------------------------------------------------------------------------------------------------

    def density(self, declared: Declared, token: Token) -> Expr:
        self.take("(")
        of: list[Expr] = []
        given: list[Expr] = []
        bars, self.bars = self.bars, 1
        target = of
        while True:
            where = self.source[self.at] if self.at < len(self.source) else token
            item = self.sum()
            if item.type.kind not in _VALUES or isinstance(item, Size | ImaginaryUnit):
                raise self.error(f"{declared.key} is no law of {where.text}: it is no variable and no parameter", where)
            target.append(item)
            mark = self.take()
            if mark.text == ")":
                break
            if mark.text == "|" and target is of:
                target = given
            elif mark.text != ",":
                raise self.error(f"{mark.text} cannot separate the arguments of {declared.key}", mark)
        self.bars = bars
        return Density(declared.key, tuple(of), tuple(given))

    def gaussian(self, token: Token) -> Expr:
        self.take("(")
        bars, self.bars = self.bars, 0
        of = self.sum()
        self.take(";")
        mean = self.sum()
        self.take(",")
        covariance = self.sum()
        self.take(")")
        self.bars = bars
        if isinstance(mean, Zero):
            mean = Zero(of.type)
        if of.type == mean.type == covariance.type == SCALAR:
            return Gaussian(of, mean, covariance)
        wanted = ("column", of.type.axes)
        if (of.type.kind, mean.type) != ("column", of.type) or covariance.type.kind != "matrix":
            raise self.error(f"a Gaussian is over a column, with a mean column and a covariance matrix {wanted}", token)
        return Gaussian(of, mean, covariance)

    def expectation(self, declared: Declared, token: Token) -> Expr:
        kinds = {"expectation": "E", "variance": "Var", "covariance": "Cov"}
        closing = FENCES.get(self.peek())
        if closing is None and self.peek() not in FUNCTIONS:
            raise self.error(f"{declared.key} is not followed by a bracket", token)
        if closing is None:
            arguments = [self.factor()]
            if self.starts_factor():
                raise self.error(f"where the argument of {declared.key} ends is not clear: put it in brackets", token)
        else:
            self.take()
            arguments = self.listed(closing)
        wanted = 2 if declared.kind == "covariance" else 1
        if len(arguments) != wanted:
            raise self.error(f"{declared.key} takes {wanted} argument{'s' * (wanted > 1)}", token)
        if declared.law is None:
            raise self.error(f"the notation names no law for {declared.key}", token)
        given = tuple(self.inner(tokens(text)) for text in declared.given)
        return Expectation(kinds[declared.kind], declared.law, tuple(arguments), declared.key, given)  # type: ignore[arg-type]

    def functional(self, declared: Declared, token: Token) -> Expr:
        """A number that depends on a law, ``S[q(z | x)]``."""
        self.take("[")
        of = self.listed("]")
        if len(of) != 1 or not isinstance(of[0], Density):
            raise self.error(f"{declared.key} is a functional of one law", token)
        return Applied(declared.key, (of[0],), SCALAR)

    def divergence(self, token: Token) -> Expr:
        r"""The Kullback-Leibler divergence ``D(q || p)`` of two densities, as the expectation that it is."""
        self.take("(")
        bars, self.bars = self.bars, 1
        of = self.sum()
        if self.peek() == "|":
            self.take()
            self.take("|")
        else:
            self.take(r"\parallel")
        other = self.sum()
        self.take(")")
        self.bars = bars
        if not isinstance(of, Density) or not isinstance(other, Density) or of.of != other.of:
            raise self.error("a divergence is between two densities of the same variables", token)
        names = (k for k, d in self.scope.symbols.items() if d.kind == "expectation" and d.law == of.law)
        if (name := next(names, None)) is None:
            raise self.error(f"the notation names no expectation under {of.law}", token)
        return Expectation("E", of.law, (Call("log", Frac(of, other)),), name, of.given)

    # -- matrices ------------------------------------------------------------------------------------------------

    def matrix(self, environment: str, token: Token) -> Expr:
        r"""A matrix printed by its corner, \cdots, \vdots and \ddots."""
        rows: list[list[Expr | str]] = [[]]
        while True:
            text = self.peek()
            if text in (r"\cdots", r"\vdots", r"\ddots"):
                rows[-1].append(self.take().text)
            else:
                rows[-1].append(self.sum())
            mark = self.take()
            if mark.text == r"\\":
                rows.append([])
            elif mark.text == rf"\end{environment}":
                break
            elif mark.text != "&":
                raise self.error(f"{mark.text} cannot separate the cells of a matrix", mark)
        size = len(rows[0])
        if len(rows) != size or any(len(row) != size for row in rows):
            raise self.error("the rows of this matrix have different lengths", token)
        return self.pattern(rows, token)

    def pattern(self, rows: list[list[Expr | str]], token: Token) -> Expr:
        corner = len(rows) - 1
        last = [r"\vdots"] * corner + [r"\ddots"]
        if corner < 2 or rows[-1] != last or any(row[-1] != r"\cdots" for row in rows[:-1]):
            raise self.error(r"only a matrix with \cdots, \vdots and \ddots on its last row and column is read", token)
        cells = [[cell for cell in row[:-1] if isinstance(cell, Expr)] for row in rows[:-1]]
        if any(len(row) != corner for row in cells):
            raise self.error("dots stand inside the corner of this matrix", token)
        axis = next(iter(self.scope.ranges))
        letters = self.scope.ranges[axis].letters
        row, column = Index(letters[0], axis), Index(letters[1], axis)
        first, second = Index("1", axis), Index("2", axis)
        diagonal = substitute_indices(cells[0][0], {first: row})
        upper = substitute_indices(cells[0][1], {first: row, second: column})
        lower = substitute_indices(cells[1][0], {first: row, second: column})
        found = Pattern(axis, row, column, diagonal, upper, lower, corner)
        if loose := free_indices(found):
            raise self.error(f"the index {min(i.name for i in loose)} is free in this matrix", token)
        for a in range(corner):
            for b in range(corner):
                if cells[a][b] != pattern_cell(found, a + 1, b + 1):
                    raise self.error(f"the entry ({a + 1}, {b + 1}) of this matrix does not fit its pattern", token)
        return found


def pattern_cell(pattern: Pattern, a: int, b: int) -> Expr:
    """The printed cell (a, b) of a patterned matrix, counted from 1."""
    low, high = Index(str(min(a, b)), pattern.axis), Index(str(max(a, b)), pattern.axis)
    if a == b:
        return substitute_indices(pattern.diagonal, {pattern.row: low})
    return substitute_indices(pattern.upper if a < b else pattern.lower, {pattern.row: low, pattern.column: high})


def _fits(template: tuple[str | None, ...], pieces: list[str]) -> bool:
    """Whether a subscript has the shape of a template; what stands for an index is looked at later."""
    return len(template) == len(pieces) and all(
        part in (None, piece) for part, piece in zip(template, pieces, strict=True)
    )


def _is_number(text: str) -> bool:
    return text[0] in "0123456789"


def _same_type(left: Type, right: Type) -> bool:
    return left == right or _UNTYPED in (left, right)


def constant(expr: Expr) -> Fraction | None:
    """The value of an expression made of numbers alone, or None."""
    match expr:
        case Number(value=value):
            return value
        case Neg(term=term):
            inner = constant(term)
            return None if inner is None else -inner
        case Frac(top=top, bottom=bottom):
            above, below = constant(top), constant(bottom)
            return None if above is None or not below else above / below
        case Add(terms=terms):
            values = [constant(term) for term in terms]
            return None if None in values else sum((v for v in values if v is not None), Fraction(0))
        case Mul(factors=factors):
            product = Fraction(1)
            for factor in factors:
                value = constant(factor)
                if value is None:
                    return None
                product *= value
            return product
    return None


__all__ = ["Chain", "Reader", "constant", "pattern_cell", "read_chain", "read_expression"]
