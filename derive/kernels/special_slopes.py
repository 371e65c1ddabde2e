"""Derivatives of special functions and of balanced products, in the terms of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from derive.kernels.arrange import add, call, mul, power, weighted
from derive.kernels.kernel import KernelError
from derive.kernels.loops import MINUS, ONE, TWO, ZERO, Balanced, Const, Function, Node, Pi, Power, Special

Depends = Callable[[Node], bool]
HALF, ROOT = Const(Fraction(1, 2)), Const(Fraction(-1, 2))


def special_slopes(node: Special, depends: Depends) -> Iterator[tuple[Node, Node]]:
    """The last argument of a function, and the derivative by it. Raises KernelError where there is none here.

    Of the angle of a complex number both parts are.
    """
    *others, x = node.arguments
    if node.name == "argument":
        (y,) = others
        square = power(add(power(x, TWO), power(y, TWO)), MINUS)
        yield y, mul(x, square)
        yield x, mul(MINUS, y, square)
        return
    if any(map(depends, others)) or node.name not in _SLOPES:
        raise KernelError(f"the function {node.name} has no derivative here")
    yield x, _SLOPES[node.name](node, x)


def _bell(x: Node) -> Node:
    """The derivative of the error function."""
    return mul(TWO, power(Pi(), ROOT), call("exp", mul(MINUS, power(x, TWO))))


def _bessel(node: Special, x: Node) -> Node:
    order = node.arguments[0]
    less, more = (Special(node.name, (add(order, Const(Fraction(by))), x)) for by in (-1, 1))
    return mul(HALF, add(less, mul(MINUS, more)))


_SLOPES: dict[str, Callable[[Special, Node], Node]] = {
    "gamma": lambda node, x: mul(node, Special("digamma", (x,))),
    "log gamma": lambda _, x: Special("digamma", (x,)),
    "log modulus": lambda _, x: power(x, MINUS),
    "error function": lambda _, x: _bell(x),
    "complementary error function": lambda _, x: mul(MINUS, _bell(x)),
    "arctan": lambda _, x: power(add(ONE, power(x, TWO)), MINUS),
    "arcsin": lambda _, x: power(add(ONE, mul(MINUS, power(x, TWO))), ROOT),
    "arccos": lambda _, x: mul(MINUS, power(add(ONE, mul(MINUS, power(x, TWO))), ROOT)),
    "Bessel J": _bessel,
    "Bessel Y": _bessel,
}


def balanced_slopes(node: Balanced, depends: Depends) -> Iterator[tuple[Node, Node]]:
    """What stands in the factors of a balanced product, and its derivative by that: balanced again."""
    for parts, sign in ((node.above, 1), (node.below, -1)):
        for number, part in enumerate(parts):
            if not depends(part):
                continue
            signed = mul(Const(Fraction(sign)), node)
            match part:
                case Power(base=base, exponent=exponent):
                    log = Special("log modulus", (base,))
                    other = add(exponent, Const(Fraction(-sign)))
                    slope = _with(node, sign, number, power(base, other), weighted(other, log))
                    yield base, mul(Const(Fraction(sign)), weighted(exponent, slope))
                    yield exponent, mul(signed, log)
                case Function(name="exp", argument=argument):
                    yield argument, signed
                case Special(name="gamma", arguments=(argument,)):
                    yield argument, mul(signed, Special("digamma", (argument,)))
                case _:
                    slope = _with(node, 1, number, ONE, ZERO) if sign > 0 else mul(signed, power(part, MINUS))
                    yield part, slope


def _with(node: Balanced, sign: int, number: int, other: Node, log: Node) -> Balanced:
    """A balanced product with another factor in the place of one, and the logarithm of that."""
    above, below, logs = list(node.above), list(node.below), list(node.logs)
    (above if sign > 0 else below)[number] = other
    logs[number if sign > 0 else len(above) + number] = log
    return Balanced(tuple(above), tuple(below), tuple(logs))


__all__ = ["balanced_slopes", "special_slopes"]
