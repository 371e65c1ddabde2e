"""Which fills of a program share one outermost loop."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from derive.kernels.loops import Fill, Load, Loop, Node, OfMatrix, Place, Program, Reduce, uses


@dataclass(frozen=True, slots=True)
class Item:
    """A fill, or a total over its outermost loop, with that loop."""

    symbol: str
    at: tuple[Place, ...]
    body: Node
    loop: Loop | None
    operation: Literal["sum", "product"] | None = None
    """Of a total: how it is gathered."""
    stored: bool = True
    """Whether something needs the array after the loop, or at another index."""


@dataclass(slots=True)
class Group:
    """Items that share an outermost loop, in order; scalars have none."""

    loop: Loop | None
    items: list[Item] = field(default_factory=list)


def groups(program: Program) -> list[Group]:
    """The fills of a program whose values are where they belong, grouped. Each group needs only those before it."""
    items = _given_first([_item(fill) for fill in program.fills])
    found: list[Group] = []
    where: dict[str, int] = {}
    rows = {item.symbol for item in items if item.operation is None and _is_row(item)}
    elsewhere = {result.symbol for result in program.results}
    for item in items:
        least = 0
        for load in (node for node in uses(item.body) if node.symbol in where):
            at_hand = isinstance(load, Load) and load.symbol in rows and item.loop is not None
            at_hand = at_hand and isinstance(load, Load) and _loops(load.at) == (item.loop,)
            at_hand = at_hand and not _narrower(item.loop, load.symbol, items)
            least = max(least, where[load.symbol] + (not at_hand))
        key = _key(item.loop)
        place = next((n for n in range(least, len(found)) if _key(found[n].loop) == key), len(found))
        if place == len(found):
            found.append(Group(item.loop))
        found[place].items.append(item)
        where[item.symbol] = max(place, where.get(item.symbol, 0))
    for number, group in enumerate(found):
        group.items = [replace(item, stored=_needed(item, number, found, elsewhere)) for item in group.items]
    return found


def _given_first(items: list[Item]) -> list[Item]:
    """The items, those scalars first that need arguments alone, so that no loop has to wait for them."""
    filled = {item.symbol for item in items}
    first: list[Item] = []
    for item in items:
        if item.loop is None and not any(node.symbol in filled for node in uses(item.body)):
            first.append(item)
            filled.discard(item.symbol)
    return [*first, *(item for item in items if item not in first)]


def _item(fill: Fill) -> Item:
    if isinstance(fill.body, OfMatrix):
        return Item(fill.symbol, fill.at, fill.body, None)
    if fill.loops:
        return Item(fill.symbol, fill.at, fill.body, fill.loops[0])
    if isinstance(fill.body, Reduce) and not fill.body.loop.limits:
        return Item(fill.symbol, fill.at, fill.body.body, fill.body.loop, fill.body.operation)
    return Item(fill.symbol, fill.at, fill.body, None)


def _key(loop: Loop | None) -> object:
    return loop and (loop.range, loop.excluded)


def _loops(at: tuple[Place, ...]) -> tuple[Loop, ...]:
    return tuple(place for place in at if isinstance(place, Loop))


def _is_row(item: Item) -> bool:
    return len(_loops(item.at)) == 1


def _narrower(loop: Loop | None, symbol: str, items: list[Item]) -> bool:
    """Whether the array of a symbol is filled by another kind of loop than the one that reads it."""
    return any(item.symbol == symbol and _key(item.loop) != _key(loop) for item in items)


def _needed(item: Item, group: int, found: list[Group], results: set[str]) -> bool:
    if item.symbol in results or not _is_row(item):
        return True
    for number, other in enumerate(found):
        for user in other.items:
            for load in (node for node in uses(user.body) if node.symbol == item.symbol):
                if number != group or isinstance(load, OfMatrix) or _loops(load.at) != (user.loop,):
                    return True
    return False
