"""Complex values as two real ones, the real and the imaginary part, so that every backend computes with real numbers.

What is 0 by form is left out: a product with a Pauli matrix costs what its entries cost that are not 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from derive.kernels.kernel import KernelError
from derive.kernels.loops import (
    ONE,
    TWO,
    ZERO,
    Const,
    Function,
    Loop,
    Negative,
    Node,
    Power,
    Product,
    Quotient,
    Special,
    Sum,
)
from derive.kernels.loops import reduced as reduced_part


@dataclass(frozen=True, slots=True)
class Pair:
    """A complex value by its parts."""

    real: Node
    imaginary: Node = ZERO

    @property
    def is_real(self) -> bool:
        """Whether its imaginary part is 0 by form."""
        return self.imaginary == ZERO

    def map(self, change: Callable[[Node], Node]) -> Pair:
        """The pair with a change, which keeps 0, of both parts."""
        return Pair(*(part if part == ZERO else change(part) for part in (self.real, self.imaginary)))


NOTHING, UNIT, IMAGINARY = Pair(ZERO), Pair(ONE), Pair(ZERO, ONE)


def total(pairs: Iterable[Pair]) -> Pair:
    """The sum of complex values."""
    found = list(pairs)
    return Pair(_sum([one.real for one in found]), _sum([one.imaginary for one in found]))


def _sum(parts: list[Node]) -> Node:
    kept = tuple(part for part in parts if part != ZERO)
    return ZERO if not kept else kept[0] if len(kept) == 1 else Sum(kept)


def negative(pair: Pair) -> Pair:
    return pair.map(_minus)


def _minus(part: Node) -> Node:
    if part == ZERO:
        return ZERO
    if isinstance(part, Const):
        return Const(-part.value)
    return part.term if isinstance(part, Negative) else Negative(part)


def conjugate(pair: Pair) -> Pair:
    return Pair(pair.real, _minus(pair.imaginary))


def _times(left: Node, right: Node) -> Node:
    if ZERO in (left, right):
        return ZERO
    if ONE in (left, right):
        return right if left == ONE else left
    return Product((left, right))


def product(left: Pair, right: Pair) -> Pair:
    """The product of two complex values, by four products of real ones where none of them is 0."""
    a, b, c, d = left.real, left.imaginary, right.real, right.imaginary
    return Pair(_sum([_times(a, c), _minus(_times(b, d))]), _sum([_times(a, d), _times(b, c)]))


def products(factors: Iterable[Pair]) -> Pair:
    found = UNIT
    for factor in factors:
        found = product(found, factor)
    return found


def quotient(top: Pair, bottom: Pair) -> Pair:
    if bottom.is_real:
        return top.map(lambda part: Quotient(part, bottom.real))
    square = squared_modulus(bottom)
    return product(top, conjugate(bottom)).map(lambda part: Quotient(part, square))


def squared_modulus(pair: Pair) -> Node:
    parts = [Power(part, TWO) for part in (pair.real, pair.imaginary) if part != ZERO]
    return _sum(list(parts))


def power(base: Pair, exponent: int) -> Pair:
    """A whole power."""
    if exponent < 0:
        return quotient(UNIT, power(base, -exponent))
    return products([base] * exponent)


def reduced(loop: Loop, body: Pair) -> Pair:
    """The sum of a complex value over a loop."""
    return body.map(lambda part: reduced_part("sum", loop, part))


def function(name: str, argument: Pair) -> Pair:
    """A function of a complex value. Raises KernelError for one whose parts are not known here."""
    if argument.is_real:
        return Pair(Function(name, argument.real))
    a, b = argument.real, argument.imaginary
    if name == "tan":
        turned = _tanh(b, a)
        return Pair(turned.imaginary, turned.real)
    if name == "tanh":
        return _tanh(a, b)
    if name in ("log", "sqrt"):
        square, angle = squared_modulus(argument), Special("argument", (b, a))
        if name == "log":
            return Pair(Product((HALF, Function("log", square))), angle)
        half = Product((HALF, angle))
        turned = Pair(Function("cos", half), Function("sin", half))
        return product(Pair(Power(square, Const(Fraction(1, 4)))), turned)
    if name not in _PARTS:
        raise KernelError(f"the {name} of a complex number cannot be compiled yet")
    return Pair(*(_signed(sign, _of(first, a), _of(second, b)) for sign, first, second in _PARTS[name]))


def _tanh(a: Node, b: Node) -> Pair:
    """The hyperbolic tangent of a + ib by that of a, since sines and cosines of a large a are no doubles."""
    if a == ZERO:
        return Pair(ZERO, Function("tan", b))
    if b == ZERO:
        return Pair(Function("tanh", a))
    grown, sine, cosine = Function("tanh", a), Function("sin", b), Function("cos", b)
    rest = Power(Function("cosh", a), Const(Fraction(-2)))
    below = Sum((Power(grown, TWO), Product((rest, Power(cosine, TWO)))))
    return Pair(Quotient(grown, below), Quotient(Product((rest, sine, cosine)), below))


HALF = Const(Fraction(1, 2))
_PARTS = {
    "exp": ((1, "exp", "cos"), (1, "exp", "sin")),
    "sin": ((1, "sin", "cosh"), (1, "cos", "sinh")),
    "cos": ((1, "cos", "cosh"), (-1, "sin", "sinh")),
    "sinh": ((1, "sinh", "cos"), (1, "cosh", "sin")),
    "cosh": ((1, "cosh", "cos"), (1, "sinh", "sin")),
}
"""The parts of functions of a + ib: a sign, a function of a, and one of b."""


def _of(name: str, part: Node) -> Node:
    """A function of a part; what it is at 0 where the part is 0 by form."""
    return Function(name, part) if part != ZERO else ONE if name in ("exp", "cos", "cosh") else ZERO


def _signed(sign: int, left: Node, right: Node) -> Node:
    return _times(left, right) if sign > 0 else _minus(_times(left, right))


def fraction(value: Fraction) -> Pair:
    return Pair(Const(value))
