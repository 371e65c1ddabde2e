"""Where values belong: what does not depend on an outer loop becomes an array of its own, and is computed once.

In x B K y, written as sums in sums, the innermost sum depends on one index alone. As an array over that index it makes
the whole of the order N² and not N³.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from derive.kernels.arrange import arranged_from, over, substitute
from derive.kernels.loops import (
    Balanced,
    Const,
    Fill,
    Function,
    Load,
    Loop,
    Node,
    Place,
    Power,
    Product,
    Program,
    Reduce,
    Special,
    Sum,
    Weighted,
    free,
    uses,
)


def materialised(program: Program, name: str = "part") -> Program:
    """An arranged program in which each value is computed inside the loops on which it depends and no others.

    A reduction without free loops is the whole body of a fill. What is computed again only for each component of a
    vector stays where it is. New arrays are called ``name`` and a number.
    """
    return _Hoisting(program, name).program()


def without_unused(program: Program) -> Program:
    """A program without the fills that no result needs."""
    needed = {result.symbol for result in program.results}
    kept: list[Fill] = []
    for fill in reversed(program.fills):
        if fill.symbol in needed:
            kept.append(fill)
            needed |= {node.symbol for node in uses(fill.body)}
    return replace(program, fills=tuple(reversed(kept)))


class _Hoisting:
    def __init__(self, program: Program, name: str) -> None:
        self.given = program
        self.fills: list[Fill] = []
        self.known: dict[Node, str] = {}
        """Bodies of the arrays that were made here, their loops under standard names."""
        self.fresh = count(1)
        taken = {fill.symbol for fill in program.fills}
        self.names = (new for number in count(1) if (new := f"{name} {number}") not in taken)

    def program(self) -> Program:
        for fill in self.given.fills:
            body = fill.body
            if isinstance(body, Reduce) and not fill.loops:
                body = self.inside(body, ())
            if not isinstance(body, Reduce) or fill.loops:
                body = self.visit(body, fill.loops)
            self.fills.append(replace(fill, body=body))
        return replace(self.given, fills=tuple(self.fills))

    def visit(self, node: Node, context: tuple[Loop, ...]) -> Node:
        match node:
            case Reduce():
                node = self.inside(node, context)
            case Sum() | Product() | Weighted():
                return arranged_from(node, lambda part: self.visit(part, context))
            case Power() | Function() | Special() | Balanced():
                node = arranged_from(node, lambda part: self.visit(part, context))
            case _:
                return node
        return self.array(node, context) if self.belongs_elsewhere(node, context) else node

    def inside(self, node: Reduce, context: tuple[Loop, ...]) -> Node:
        loop = replace(node.loop, name=f"@{next(self.fresh)}")
        body = self.visit(substitute(node.body, {node.loop: loop}), (*context, loop))
        return over(node.operation, loop, body)

    def belongs_elsewhere(self, node: Node, context: tuple[Loop, ...]) -> bool:
        """Whether a loop around the place, and outside another one on which the value depends, is one too many."""
        own = free(node)
        if any(loop.limits for loop in own):
            return False
        if isinstance(node, Reduce) and not own:
            return True
        last = max((number for number, loop in enumerate(context) if loop in own), default=0)
        extra = [loop for loop in context[:last] if loop not in own and not loop.small]
        if isinstance(node, Reduce):
            return bool(extra)
        cheap = isinstance(node, Power) and isinstance(node.exponent, Const) and _is_cheap(node.exponent)
        small = len(own) != 1 or any(loop.small for loop in own)
        return bool(extra) and isinstance(node, Power | Function | Special | Balanced) and not cheap and not small

    def array(self, node: Node, context: tuple[Loop, ...]) -> Load:
        """An entry of a new array that holds the value for all values of the loops on which it depends."""
        own = [loop for loop in context if loop in free(node)]
        moved: dict[Loop, Place] = {}
        for number, loop in enumerate(own):
            excluded = tuple(moved.get(other, other) if isinstance(other, Loop) else other for other in loop.excluded)
            kept = tuple(other for other in excluded if not isinstance(other, Loop) or other in moved.values())
            moved[loop] = replace(loop, name=f"part.{number}", excluded=kept)
        body = substitute(node, moved)
        if body not in self.known:
            self.known[body] = next(self.names)
            loops = tuple(loop for loop in moved.values() if isinstance(loop, Loop))
            self.fills.append(Fill(self.known[body], loops, body))
        return Load(self.known[body], tuple(own))


def _is_cheap(exponent: Const) -> bool:
    return exponent.value.denominator == 1 and exponent.value > 0
