r"""The form between a statement and the backends: scalar expressions inside index loops.

A program is a list of arrays to fill, the last of which is the result. Every node is a scalar at given values of the
loops around it, and a sum stays a reduction over a loop. A loop that leaves out the values of other loops says so in
``excluded``, so that a backend skips them by the structure of the loop. A backend is a printer of these nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True)
class Loop:
    """An index that runs over a range, but for the values that the loops ``excluded`` have."""

    name: str
    range: str
    excluded: tuple[Loop, ...] = ()


@dataclass(frozen=True, slots=True)
class Const:
    value: Fraction


@dataclass(frozen=True, slots=True)
class Pi:
    pass


@dataclass(frozen=True, slots=True)
class Extent:
    """The size of a range, as a number."""

    range: str


@dataclass(frozen=True, slots=True)
class Load:
    """An entry of an argument or of an array filled before; a scalar has no loops."""

    symbol: str
    at: tuple[Loop, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negative:
    term: Node


@dataclass(frozen=True, slots=True)
class Product:
    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    top: Node
    bottom: Node


@dataclass(frozen=True, slots=True)
class Power:
    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Function:
    """exp, log, sqrt, sin, cos, tan, sinh, cosh or tanh."""

    name: str
    argument: Node


@dataclass(frozen=True, slots=True)
class Same:
    """1 where two loops have the same value, 0 elsewhere: an entry of the identity matrix."""

    left: Loop
    right: Loop


@dataclass(frozen=True, slots=True)
class Reduce:
    operation: Literal["sum", "product"]
    loop: Loop
    body: Node


Node = Const | Pi | Extent | Load | Sum | Negative | Product | Quotient | Power | Function | Same | Reduce
FUNCTIONS = frozenset({"exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"})


@dataclass(frozen=True, slots=True)
class Fill:
    """``symbol`` at all values of the loops is ``body``. Without loops it is a scalar."""

    symbol: str
    loops: tuple[Loop, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Argument:
    """A symbol that the caller gives, with the ranges of its axes."""

    symbol: str
    axes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """Arrays to fill in order, the result last; ``sizes`` are the ranges whose size is needed, in the scope's order."""

    arguments: tuple[Argument, ...]
    sizes: tuple[str, ...]
    fills: tuple[Fill, ...]

    @property
    def loose_sizes(self) -> tuple[str, ...]:
        """The ranges that no argument has as an axis: their sizes are arguments themselves."""
        known = {axis for argument in self.arguments for axis in argument.axes}
        return tuple(size for size in self.sizes if size not in known)


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Sum(terms=parts) | Product(factors=parts):
            return parts
        case Negative(term=part) | Function(argument=part) | Reduce(body=part):
            return (part,)
        case Quotient(top=top, bottom=bottom):
            return (top, bottom)
        case Power(base=base, exponent=exponent):
            return (base, exponent)
    return ()


def free(node: Node) -> frozenset[Loop]:
    """The loops around a node on whose value it depends."""
    match node:
        case Load(at=at):
            return frozenset(at)
        case Same(left=left, right=right):
            return frozenset((left, right))
        case Reduce(loop=loop, body=body):
            return (free(body) | frozenset(loop.excluded)) - {loop}
    return frozenset().union(*(free(child) for child in children(node)))


def nodes(node: Node):
    """The node and all below it."""
    yield node
    for child in children(node):
        yield from nodes(child)


def reduced(operation: Literal["sum", "product"], loop: Loop, body: Node) -> Node:
    """The reduction of a body over a loop. A body that is the same at each value is multiplied or raised."""
    if loop in free(body):
        return Reduce(operation, loop, body)
    count: Node = Extent(loop.range)
    if loop.excluded:
        count = Sum((count, Const(Fraction(-len(loop.excluded)))))
    return Product((count, body)) if operation == "sum" else Power(body, count)
