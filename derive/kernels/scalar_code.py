"""Scalar values as text: what the languages of the backends have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from derive.kernels.loops import (
    MINUS,
    Balanced,
    Const,
    Counted,
    Extent,
    Fixed,
    Function,
    Load,
    Loop,
    Named,
    Negative,
    Node,
    Pi,
    Place,
    Power,
    Product,
    Quotient,
    Same,
    Shifted,
    Special,
    Sum,
    Weighted,
)
from derive.kernels.names import Names

SUM, PRODUCT, SIGN, ATOM = range(1, 5)
"""How tightly a piece of code binds; what binds less than its place asks for gets parentheses."""
Code = tuple[str, int]


def within(code: Code, least: int) -> str:
    return code[0] if code[1] >= least else f"({code[0]})"


@dataclass
class ScalarCode:
    """Prints values. A language says how it writes numbers, functions, entries of arrays and sizes."""

    names: Names
    sizes: Mapping[str, str]
    """The names of the sizes of ranges."""

    def text(self, node: Node, least: int = SUM) -> str:
        return within(self.code(node), least)

    def code(self, node: Node) -> Code:
        match node:
            case Named(name=name):
                return name, ATOM
            case Const(value=value):
                return self.fraction(value)
            case Pi():
                return self.pi(), ATOM
            case Extent(range=range_):
                return self.extent(self.sizes[range_]), ATOM
            case Load(symbol=symbol, at=at):
                return self.load(symbol, at), ATOM
            case Sum(terms=terms):
                return self.sum(terms), SUM
            case Negative(term=term):
                return f"-{self.text(term, SIGN)}", SIGN
            case Product(factors=factors) if factors[0] == MINUS and len(factors) > 1:
                rest = factors[1] if len(factors) == 2 else Product(factors[1:])
                return f"-{self.text(rest, PRODUCT)}", PRODUCT if len(factors) > 2 else SIGN
            case Product(factors=factors):
                parts = [self.text(factor, PRODUCT if n == 0 else SIGN) for n, factor in enumerate(factors)]
                return " * ".join(parts), PRODUCT
            case Quotient(top=top, bottom=bottom):
                return f"{self.text(top, PRODUCT)} / {self.text(bottom, SIGN)}", PRODUCT
            case Power(base=base, exponent=exponent):
                return self.power(self.text(base), self.text(exponent)), ATOM
            case Function(name=name, argument=argument):
                return f"{self.function(name)}({self.text(argument)})", ATOM
            case Weighted(weight=weight, value=value):
                return self.weighted(self.text(weight, PRODUCT), self.text(value, SIGN)), ATOM
            case Counted(loop=loop):
                return self.counter(loop.name), ATOM
            case Special(name=name, arguments=arguments):
                return self.special(name, [self.text(argument) for argument in arguments]), ATOM
            case Balanced(above=above, below=below):
                top, bottom = ([self.text(one, SIGN) for one in ones] for ones in (above, below))
                log = " ".join(f"{sign} {self.text(log, SIGN)}" for sign, log in node.signed_logs)
                return self.balanced(top, bottom, log), ATOM
            case Same(left=left, right=right):
                return self.same(self.place(left), self.place(right)), ATOM
        raise AssertionError(f"{type(node).__name__} is no scalar value")

    def sum(self, terms: tuple[Node, ...]) -> str:
        """A sum, with a minus sign where a term has one."""
        pieces: list[str] = []
        for term in sorted(terms, key=_is_negative):
            text = self.text(term, PRODUCT)
            if not pieces:
                pieces.append(text)
            elif text.startswith("-"):
                pieces += ["-", text[1:]]
            else:
                pieces += ["+", text]
        return " ".join(pieces)

    def fraction(self, value: Fraction) -> Code:
        if value.denominator == 1:
            return self.number(value.numerator), ATOM if value >= 0 else SIGN
        if is_decimal(value):
            return self.decimal(float(value)), ATOM if value >= 0 else SIGN
        sign = "-" if value < 0 else ""
        return f"{sign}({self.number(abs(value.numerator))} / {self.number(value.denominator)})", SIGN if sign else ATOM

    def place(self, place: Place) -> str:
        if isinstance(place, Shifted):
            return self.wrapped(place.loop.name, place.by, self.sizes[place.loop.range])
        return str(place.value) if isinstance(place, Fixed) else place.name

    def wrapped(self, name: str, by: int, size: str) -> str:
        """The index so many sites further on a periodic lattice."""
        return f"({name} {'+' if by > 0 else '-'} {abs(by)}) % {size}"

    def excluded(self, loop: Loop) -> list[str]:
        return [self.place(other) for other in loop.excluded]

    # -- what a language says --------------------------------------------------------------------------------------

    def number(self, value: int) -> str:
        return f"{value}.0" if abs(value) < 10**15 else f"{float(value)!r}"

    def decimal(self, value: float) -> str:
        """A number that no printed fraction is."""
        return repr(value)

    def pi(self) -> str:
        return "3.14159265358979323846"

    def extent(self, size: str) -> str:
        return size

    def power(self, base: str, exponent: str) -> str:
        raise NotImplementedError

    def function(self, name: str) -> str:
        raise NotImplementedError

    def weighted(self, weight: str, value: str) -> str:
        """A product, and 0 where the weight is 0."""
        raise NotImplementedError

    def counter(self, name: str) -> str:
        """The whole number at which a loop is, as a number of the kernel's type."""
        raise NotImplementedError

    def special(self, name: str, arguments: list[str]) -> str:
        """A function of the language's own libraries, or of the module."""
        raise NotImplementedError

    def balanced(self, above: list[str], below: list[str], log: str) -> str:
        """A quotient of products, by its logarithm where a factor is too large or too small."""
        raise NotImplementedError

    def load(self, symbol: str, at: tuple[Place, ...]) -> str:
        raise NotImplementedError

    def same(self, left: str, right: str) -> str:
        raise NotImplementedError


def is_decimal(value: Fraction) -> bool:
    """Whether a number is a double that stands for what is no fraction, such as the value of a function."""
    return value.denominator >= 2**20 and Fraction(float(value)) == value


def _is_negative(term: Node) -> bool:
    while isinstance(term, Product | Quotient):
        term = term.factors[0] if isinstance(term, Product) else term.top
    return isinstance(term, Negative) or (isinstance(term, Const) and term.value < 0)
