r"""The form between a statement and the backends: scalar expressions inside index loops.

A program is a list of arrays to fill. Every node is a scalar at given values of the loops around it, and a sum stays a
reduction over a loop. A loop that leaves out the values of other indices says so in ``excluded``, so that a backend
skips them by the structure of the loop. A backend is a printer of these nodes, or of the nests made of them.

Nodes are equal if they are the same expression. Each keeps a digest of itself, so that equality, hashes and order cost
the same for a large expression as for a small one, and an expression may share its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import blake2b
from typing import Any, ClassVar, Literal

from derive.notation import Declared


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fixed value of an index, counted from 0: the 1 of m_1 is ``Fixed(0)``."""

    value: int


@dataclass(frozen=True, slots=True)
class Loop:
    """An index that runs over a range, but for the values that the ``excluded`` have, which differ from each other."""

    name: str
    range: str
    excluded: tuple[Place, ...] = ()
    small: bool = False
    """Whether it runs over the components of a vector."""
    limits: tuple[Node, ...] = ()
    """Of one over whole numbers, which has no range: the first and the last. With the last one below the first it is
    empty; further below, or with limits that are no whole numbers, what is gathered over it has no value: nan."""

    def __repr__(self) -> str:
        """Part of the digests of nodes."""
        limits = f", limits={shallow(self.limits)}" if self.limits else ""
        where = f"name={self.name!r}, range={self.range!r}, excluded={self.excluded!r}, small={self.small!r}"
        return f"Loop({where}{limits})"


@dataclass(frozen=True, slots=True)
class Shifted:
    """The place so many sites behind a loop over an axis of a periodic lattice, or before it; ``by`` is not 0."""

    loop: Loop
    by: int


Place = Loop | Fixed | Shifted


def moved(place: Place, by: int) -> Place:
    """The place so many sites further on a periodic lattice."""
    if not by:
        return place
    if isinstance(place, Fixed):
        raise AssertionError("a fixed index does not move")
    loop, before = (place.loop, place.by) if isinstance(place, Shifted) else (place, 0)
    return Shifted(loop, before + by) if before + by else loop


def loop_of(place: Place) -> Loop | None:
    """The loop on whose value a place depends."""
    return place.loop if isinstance(place, Shifted) else place if isinstance(place, Loop) else None


def shallow(value: Any) -> str:
    """A field of a node as text, with digests in the place of the nodes in it."""
    if isinstance(value, Node):
        return value.digest.hex()
    if isinstance(value, tuple):
        return f"({','.join(shallow(item) for item in value)})"
    return repr(value)


class Node:
    """A scalar at given values of the loops around it."""

    __slots__ = ("_digest", "_free")
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _digest: bytes
    _free: frozenset[Loop]

    @property
    def digest(self) -> bytes:
        try:
            return self._digest
        except AttributeError:
            parts = ";".join([shallow(getattr(self, name)) for name in self.__match_args__])
            text = f"{type(self).__name__}:{parts}"
            object.__setattr__(self, "_digest", blake2b(text.encode(), digest_size=16).digest())
            return self._digest

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Node) and self.digest == other.digest)

    def __hash__(self) -> int:
        try:
            return hash(self._digest)
        except AttributeError:
            return hash(self.digest)


@dataclass(frozen=True, slots=True, eq=False)
class Const(Node):
    value: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Pi(Node):
    pass


@dataclass(frozen=True, slots=True, eq=False)
class Extent(Node):
    """The size of a range, as a number."""

    range: str


@dataclass(frozen=True, slots=True, eq=False)
class Load(Node):
    """An entry of an argument or of an array filled before; a scalar has no places."""

    symbol: str
    at: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Sum(Node):
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Negative(Node):
    term: Node


@dataclass(frozen=True, slots=True, eq=False)
class Product(Node):
    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Quotient(Node):
    top: Node
    bottom: Node


@dataclass(frozen=True, slots=True, eq=False)
class Power(Node):
    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True, eq=False)
class Function(Node):
    """exp, log, sqrt, sin, cos, tan, sinh, cosh, tanh or abs."""

    name: str
    argument: Node


@dataclass(frozen=True, slots=True, eq=False)
class Counted(Node):
    """The whole number at which a loop between limits is."""

    loop: Loop


@dataclass(frozen=True, slots=True, eq=False)
class Special(Node):
    """A function that not every backend has, by its name in :mod:`derive.kernels.special`."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Balanced(Node):
    """A quotient of products of powers, exponentials and factorials, each of which may be too large or too small.

    Where one is, it is computed by ``logs``, the logarithms of the moduli of all factors, those above first.
    """

    above: tuple[Node, ...]
    below: tuple[Node, ...]
    logs: tuple[Node, ...]

    @property
    def signed_logs(self) -> tuple[tuple[Literal["+", "-"], Node], ...]:
        """The logarithms, each with the sign with which it is added."""
        return tuple(("+" if n < len(self.above) else "-", log) for n, log in enumerate(self.logs))


@dataclass(frozen=True, slots=True, eq=False)
class Weighted(Node):
    """A value times its weight, and 0 where the weight is 0, whatever the value is there: 0 log 0 is 0."""

    weight: Node
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class Same(Node):
    """1 where two indices have the same value, 0 elsewhere: an entry of the identity matrix."""

    left: Place
    right: Place


@dataclass(frozen=True, slots=True, eq=False)
class Reduce(Node):
    operation: Literal["sum", "product"]
    loop: Loop
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Named(Node):
    """A value that a nest computed before, at the values that the loops ``over`` have here."""

    name: str
    over: tuple[Loop, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class OfMatrix(Node):
    """What is computed of a whole array of equal axes for rows and columns; the whole body of a fill.

    ``inverse`` and ``exponential``, whose entries it fills; ``determinant``; ``log determinant``, no number where that
    is negative.
    """

    name: Literal["inverse", "exponential", "determinant", "log determinant"]
    symbol: str

    @property
    def has_entries(self) -> bool:
        """Whether it is a matrix itself."""
        return self.name in ("inverse", "exponential")


def imaginary(symbol: str) -> str:
    """The name of the array of imaginary parts, where an array of that name has the real ones."""
    return f"imaginary {symbol}"


FUNCTIONS = frozenset({"exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"})
ZERO, ONE, TWO, MINUS = (Const(Fraction(value)) for value in (0, 1, 2, -1))


@dataclass(frozen=True, slots=True)
class Fill:
    """``symbol`` at these places is ``body``; without places it is a scalar.

    Entries that a loop leaves out are 0.
    """

    symbol: str
    at: tuple[Place, ...]
    body: Node

    @property
    def loops(self) -> tuple[Loop, ...]:
        return tuple(place for place in self.at if isinstance(place, Loop))


@dataclass(frozen=True, slots=True)
class Array:
    """An argument or an array to fill: its symbol, and the ranges of its axes."""

    symbol: str
    axes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extents:
    """A range of a program: its name, its size as printed, its letters, and whether vectors run over it."""

    name: str
    size: str
    letters: tuple[str, ...] = ("n",)
    vector: bool = False
    sites: bool = False
    """Whether it is an axis of a periodic lattice."""

    @property
    def fixed(self) -> int | None:
        """Its size, where that is a printed number."""
        return int(self.size) if self.size.isdigit() else None


@dataclass(frozen=True, slots=True)
class Program:
    """Arrays to fill in order. ``ranges`` are those whose size is needed, in the order of the scope."""

    arguments: tuple[Array, ...]
    ranges: tuple[Extents, ...]
    fills: tuple[Fill, ...]
    results: tuple[Array, ...]
    declared: Mapping[str, Declared] = field(default_factory=dict)
    """What is declared of the arguments, by symbol."""
    notes: tuple[str, ...] = ()
    """What else there is to say of the arguments."""

    @property
    def sizes(self) -> tuple[str, ...]:
        return tuple(range_.name for range_ in self.ranges)

    @property
    def vectors(self) -> frozenset[str]:
        """The ranges over which vectors run: of few values, such as the dimensions of space."""
        return frozenset(range_.name for range_ in self.ranges if range_.vector)

    @property
    def loose_sizes(self) -> tuple[str, ...]:
        """The ranges that no argument has as an axis: their sizes are arguments themselves."""
        known = {axis for argument in self.arguments for axis in argument.axes}
        return tuple(r.name for r in self.ranges if r.name not in known and r.fixed is None)

    @property
    def written_sizes(self) -> dict[str, int]:
        """The ranges whose size is a printed number, such as two types of neurons."""
        return {range_.name: range_.fixed for range_ in self.ranges if range_.fixed is not None}

    @property
    def is_complex(self) -> bool:
        """Whether what it computes is complex: the second result is then the imaginary part of the first."""
        return len(self.results) > 1 and self.results[1].symbol == imaginary(self.results[0].symbol)

    def range(self, name: str) -> Extents:
        return next(range_ for range_ in self.ranges if range_.name == name)

    def array(self, symbol: str) -> Array | None:
        """The argument or the filled array of this name."""
        for argument in (*self.arguments, *self.results):
            if argument.symbol == symbol:
                return argument
        return None


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Sum(terms=parts) | Product(factors=parts):
            return parts
        case Negative(term=part) | Function(argument=part):
            return (part,)
        case Reduce(loop=loop, body=body):
            return (body, *loop.limits)
        case Special(arguments=parts):
            return parts
        case Balanced(above=above, below=below, logs=logs):
            return (*above, *below, *logs)
        case Quotient(top=top, bottom=bottom):
            return (top, bottom)
        case Power(base=base, exponent=exponent):
            return (base, exponent)
        case Weighted(weight=weight, value=value):
            return (weight, value)
    return ()


def with_parts(node: Node, change: Callable[[Node], Node]) -> Node:
    """A value with its parts changed, as it stands; one without parts as it is."""
    match node:
        case Sum(terms=parts) | Product(factors=parts):
            return type(node)(tuple(map(change, parts)))
        case Negative(term=term):
            return Negative(change(term))
        case Quotient(top=top, bottom=bottom):
            return Quotient(change(top), change(bottom))
        case Power(base=base, exponent=exponent):
            return Power(change(base), change(exponent))
        case Function(name=name, argument=argument):
            return Function(name, change(argument))
        case Weighted(weight=weight, value=value):
            return Weighted(change(weight), change(value))
        case Special(name=name, arguments=arguments):
            return Special(name, tuple(map(change, arguments)))
        case Balanced(above=above, below=below, logs=logs):
            return Balanced(*(tuple(map(change, parts)) for parts in (above, below, logs)))
    return node


def loops_of(places: tuple[Place, ...]) -> frozenset[Loop]:
    """The loops on whose values some places depend."""
    return frozenset(loop for place in places if (loop := loop_of(place)) is not None)


def free(node: Node) -> frozenset[Loop]:
    """The loops around a node on whose value it depends."""
    try:
        return node._free
    except AttributeError:
        object.__setattr__(node, "_free", _free(node))
        return node._free


def _free(node: Node) -> frozenset[Loop]:
    match node:
        case Load(at=at) | Named(over=at):
            return loops_of(at)
        case Same(left=left, right=right):
            return loops_of((left, right))
        case Counted(loop=loop):
            return frozenset((loop,))
        case Reduce(loop=loop, body=body):
            return (free(body) | loops_of(loop.excluded)).union(*map(free, loop.limits)) - {loop}
    return frozenset().union(*(free(child) for child in children(node)))


def nodes(node: Node) -> Iterator[Node]:
    """The node and all below it, each once."""
    seen: set[Node] = set()
    todo = [node]
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            yield one
            todo.extend(reversed(children(one)))


def uses(node: Node) -> Iterator[Load | OfMatrix]:
    """What an expression needs of arrays: their entries, or the whole of a matrix."""
    for one in nodes(node):
        if isinstance(one, Load | OfMatrix):
            yield one


def places_in(node: Node) -> Iterator[Place]:
    """The places of entries and of entries of the identity in an expression."""
    for one in nodes(node):
        if isinstance(one, Load):
            yield from one.at
        elif isinstance(one, Same):
            yield from (one.left, one.right)


def reduced(operation: Literal["sum", "product"], loop: Loop, body: Node) -> Node:
    """The reduction of a body over a loop. A body that is the same at each value is multiplied or raised."""
    if loop in free(body) or loop.limits:
        return Reduce(operation, loop, body)
    count: Node = Extent(loop.range)
    if loop.excluded:
        count = Sum((count, Const(Fraction(-len(loop.excluded)))))
    if operation == "product":
        return Power(body, count)
    return Weighted(count, body) if fails_where_empty(body, loop) else Product((count, body))


def is_count(node: Node) -> bool:
    """Whether a value is made of sizes and printed numbers alone, as N - 1."""
    return all(isinstance(one, Const | Extent | Sum | Product | Negative) for one in nodes(node))


def fails_where_empty(node: Node, loop: Loop) -> bool:
    """Whether a value may be none where a loop is empty: 1/(N - 1) beside one over j ≠ i, 1/n beside one up to n.

    A sum over the loop is 0 there, and such a value must not be a factor in front of it.
    """
    limits = {one for limit in loop.limits for one in nodes(limit) if isinstance(one, Load | Counted | Extent)}
    return fails_with(node, limits or {Extent(loop.range)})


def fails_with(node: Node, decide: Set[Node]) -> bool:
    """Whether one of these values may be such that another one, which is computed of it, is none."""
    return any(_may_fail(one) and not decide.isdisjoint(nodes(one)) for one in nodes(node))


def _may_fail(node: Node) -> bool:
    match node:
        case Power(exponent=Const(value=value)):
            return value < 0 or value.denominator != 1
        case Function(name=name):
            return name in ("log", "tan", "sqrt")
    return isinstance(node, Power | Quotient | Special | Balanced)
