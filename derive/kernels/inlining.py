"""Arrays that are needed at the place at hand alone: their values are put in where they are used."""

from __future__ import annotations

from dataclasses import replace

from derive.kernels.arrange import substitute
from derive.kernels.loops import ZERO, Fill, Fixed, Load, Loop, Node, OfMatrix, Place, Program, Reduce, nodes, uses


def inlined(program: Program) -> Program:
    """A program without the arrays over several ranges whose entries are used only in fills over the same ones.

    So nothing is computed twice, and a lattice is run through once where such an array would be written and read.
    """
    kept = {result.symbol for result in program.results}
    bodies: dict[str, list[Fill]] = {}
    for fill in program.fills:
        bodies.setdefault(fill.symbol, []).append(fill)
    wanted = {symbol for symbol, fills in bodies.items() if symbol not in kept and all(map(_is_plain, fills))}
    for fill in program.fills:
        for use in uses(fill.body):
            if use.symbol in wanted and not _is_at_hand(use, fill):
                wanted.discard(use.symbol)
    found: list[Fill] = []
    known: dict[str, list[Fill]] = {symbol: [] for symbol in wanted}

    def put_in(load: Load) -> Node:
        if load.symbol not in wanted:
            return load
        for fill in known[load.symbol]:
            places = _matched(fill.at, load.at)
            if places is not None:
                return substitute(fill.body, places)
        return ZERO

    for fill in program.fills:
        done = fill if isinstance(fill.body, OfMatrix) else replace(fill, body=substitute(fill.body, {}, put_in))
        (known[fill.symbol] if fill.symbol in wanted else found).append(done)
    return replace(program, fills=tuple(found))


def _is_plain(fill: Fill) -> bool:
    """Whether a fill has several loops, which leave nothing out, and none inside."""
    if len(fill.loops) < 2 or isinstance(fill.body, OfMatrix) or any(loop.excluded for loop in fill.loops):
        return False
    return not any(isinstance(node, Reduce) for node in nodes(fill.body))


def _is_at_hand(use: Load | OfMatrix, fill: Fill) -> bool:
    """Whether an entry is used at the place that is filled, and that has no index more."""
    if isinstance(use, OfMatrix) or any(not isinstance(place, Loop | Fixed) for place in use.at):
        return False
    loops = [place for place in use.at if isinstance(place, Loop)]
    return len(loops) == len(fill.loops) and set(loops) == set(fill.loops)


def _matched(own: tuple[Place, ...], other: tuple[Place, ...]) -> dict[Loop, Loop] | None:
    """The loops of a place by those of a fill, if it is one of the places that are filled."""
    places: dict[Loop, Loop] = {}
    for mine, theirs in zip(own, other, strict=True):
        if isinstance(mine, Loop) and isinstance(theirs, Loop):
            places[mine] = theirs
        elif mine != theirs:
            return None
    return places


__all__ = ["inlined"]
