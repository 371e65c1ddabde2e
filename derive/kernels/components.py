"""Vectors written out by components: for a given number of dimensions, a loop over them is a few scalars.

The sums over particles stay sums. In three dimensions |r_i - r_j| is a root of three squares, whose terms the loop over
j keeps in registers; as a loop of run-time length it would hinder the processor's own vectors.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from derive.kernels.arrange import add, arranged_from, mul, over, same, substitute
from derive.kernels.factoring import factored
from derive.kernels.loops import (
    Const,
    Extent,
    Fill,
    Fixed,
    Load,
    Loop,
    Node,
    OfMatrix,
    Place,
    Program,
    Reduce,
    Same,
)

WRITTEN_OUT = (1, 2, 3)
"""The numbers of dimensions for which a module has code of its own; for others it has loops."""


def written_out(program: Program, sizes: Mapping[str, int]) -> Program:
    """An arranged program with these ranges written out, at these sizes."""
    fills: list[Fill] = []
    for fill in program.fills:
        if isinstance(fill.body, OfMatrix):
            fills.append(fill)
            continue
        own = [loop for loop in fill.loops if loop.range in sizes]
        for values in itertools.product(*(range(sizes[loop.range]) for loop in own)):
            places: dict[Loop, Place] = {loop: Fixed(value) for loop, value in zip(own, values, strict=True)}
            if any(_left_out(loop, places) for loop in own):
                continue
            body = factored(_Writing(sizes).visit(substitute(fill.body, places)))
            fills.append(Fill(fill.symbol, tuple(_placed(place, places) for place in fill.at), body))
    return replace(program, fills=tuple(_single(fills, {result.symbol for result in program.results})))


def _single(fills: list[Fill], results: set[str]) -> Iterator[Fill]:
    """The fills, where an entry of an array that no loop fills is a scalar of its own."""
    whole = {fill.body.symbol for fill in fills if isinstance(fill.body, OfMatrix)}
    single = [fill for fill in fills if _is_single(fill) and fill.symbol not in whole]
    names = {(fill.symbol, fill.at): " ".join([fill.symbol, *_values(fill.at)]) for fill in single}

    def leaf(load: Load) -> Node:
        name = names.get((load.symbol, load.at))
        return load if name is None else Load(name)

    for fill in fills:
        body = substitute(fill.body, {}, leaf)
        if fill not in single:
            yield replace(fill, body=body)
            continue
        yield Fill(names[fill.symbol, fill.at], (), body)
        if fill.symbol in results:
            yield Fill(fill.symbol, fill.at, Load(names[fill.symbol, fill.at]))


def _is_single(fill: Fill) -> bool:
    return bool(fill.at) and not fill.loops


def _values(at: tuple[Place, ...]) -> list[str]:
    return [str(place.value + 1) for place in at if isinstance(place, Fixed)]


def _placed(place: Place, places: Mapping[Loop, Place]) -> Place:
    if not isinstance(place, Loop) or place in places:
        return places[place] if isinstance(place, Loop) else place
    return replace(place, excluded=tuple(_placed(other, places) for other in place.excluded))


def _left_out(loop: Loop, places: Mapping[Loop, Place]) -> bool:
    return any(places[loop] == (places.get(x, x) if isinstance(x, Loop) else x) for x in loop.excluded)


class _Writing:
    """Reductions over small ranges as sums and products of their terms."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = sizes
        self.memo: dict[Node, Node] = {}

    def visit(self, node: Node) -> Node:
        if node not in self.memo:
            self.memo[node] = self.build(node)
        return self.memo[node]

    def build(self, node: Node) -> Node:
        match node:
            case Extent(range=range_) if range_ in self.sizes:
                return Const(Fraction(self.sizes[range_]))
            case Same(left=left, right=right):
                return same(left, right)
            case Reduce(operation=operation, loop=loop, body=body) if loop.range in self.sizes:
                values = [Fixed(n) for n in range(self.sizes[loop.range]) if Fixed(n) not in loop.excluded]
                terms = [self.visit(substitute(body, {loop: value})) for value in values]
                return add(*terms) if operation == "sum" else mul(*terms)
            case Reduce(operation=operation, loop=loop, body=body):
                return over(operation, loop, self.visit(body))
        return arranged_from(node, self.visit)
