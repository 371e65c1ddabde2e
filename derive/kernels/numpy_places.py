"""Where NumPy finds entries: an axis for each loop, slices where they do, arrays of index values where not."""

from __future__ import annotations

from itertools import pairwise

from derive.kernels.loops import (
    Fixed,
    Load,
    Loop,
    Place,
    Program,
    Shifted,
    loop_of,
    nodes,
)
from derive.kernels.names import Names

Context = tuple[Loop, ...]


def spread(code: str, more: int) -> str:
    """A value with more loops to its right, along which it has length one."""
    return f"{code}[..., {', '.join(['None'] * more)}]" if more else code


class NumpyPlaces:
    """The indices and entries of one function. ``sizes`` and ``names`` give the names of ranges and symbols."""

    def __init__(self, program: Program, names: Names, sizes: dict[str, str]) -> None:
        self.program = program
        self.names = names
        self.sizes = sizes
        self.outer: list[str] = []
        self.block: list[str] = []
        self.cache: dict[tuple[object, Context], str] = {}
        self.indices: dict[tuple[Loop, Context], str] = {}
        self.reach = reach(program)
        self.wrapped: set[str] = set()
        """The arrays of which there is a copy with the sites around it."""

    def around(self, symbol: str) -> str:
        """The name of a copy of an array that has the sites around it, which lie across an edge."""
        name = self.names.of("around", symbol)
        if symbol not in self.wrapped:
            self.wrapped.add(symbol)
            widths = ", ".join(f"({before}, {after})" for before, after in self.reach[symbol])
            self.outer.append(f"{name} = _around({self.names.of('symbol', symbol)}, [{widths}])")
        return name

    def neighbour(self, node: Load, context: Context) -> str | None:
        """An entry at a neighbour as a part of that copy; None where its axes are not in the order of the loops."""
        loops = [loop_of(place) for place in node.at]
        positions = [context.index(loop) for loop in loops if loop is not None]
        if not all(a < b for a, b in pairwise(positions)) or any(loop is not None and loop.excluded for loop in loops):
            return None
        items: list[str] = []
        last = -1
        for place, loop, (before, _) in zip(node.at, loops, self.reach[node.symbol], strict=True):
            if loop is None:
                items.append(self.index(place, context))
                continue
            start = before + (place.by if isinstance(place, Shifted) else 0)
            position, size = context.index(loop), self.sizes[loop.range]
            items += ["None"] * (position - last - 1) if items else []
            ahead = f"{start} : {size} + {start}" if start else f":{size}"
            items.append(f"_ahead(rows, {start})" if position == 0 else ahead)
            last = position
        items += ["None"] * (len(context) - last - 1)
        return f"{self.around(node.symbol)}[{', '.join(items)}]"

    def index(self, loop: Place, context: Context) -> str:
        """The values of a loop as an array that broadcasts over the context; a fixed value is a number."""
        if isinstance(loop, Fixed):
            return str(loop.value)
        if isinstance(loop, Shifted):
            return f"({self.index(loop.loop, context)} + {loop.by}) % {self.sizes[loop.loop.range]}"
        position = context.index(loop)
        prefix = context[: position + 1]
        if loop.excluded:
            key = (loop, prefix)
            if key not in self.cache:
                others = ", ".join(self.index(other, context[:position]) for other in loop.excluded)
                name = self.index_name(loop, prefix)
                self.block.append(f"{name} = _others({self.sizes[loop.range]}, {others})")
                self.cache[key] = name
            base = self.cache[key]
        elif position == 0:
            key = (loop, prefix)
            if key not in self.cache:
                name = self.index_name(loop, prefix)
                self.block.append(f"{name} = np.arange({self.sizes[loop.range]})[rows]")
                self.cache[key] = name
            base = self.cache[key]
        else:
            base = f"np.arange({self.sizes[loop.range]})"
        return spread(base, len(context) - position - 1)

    def index_name(self, loop: Loop, prefix: Context) -> str:
        """The same index keeps its name from one block to the next."""
        if (loop, prefix) not in self.indices:
            legible = loop.name if loop.name.isidentifier() else self.program.range(loop.range).letters[0]
            self.indices[loop, prefix] = self.names.fresh(legible)
        return self.indices[loop, prefix]

    def load(self, node: Load, context: Context) -> str:
        if has_neighbours(node):
            items = ", ".join(self.index(place, context) for place in node.at)
            return self.neighbour(node, context) or f"{self.names.of('symbol', node.symbol)}[{items}]"
        name = self.names.of("symbol", node.symbol)
        fixed = [place for place in node.at if isinstance(place, Fixed)]
        if fixed and tuple(fixed) == node.at[: len(fixed)] and len(node.at) > len(fixed):
            rest = self.load(Load(node.symbol, node.at[len(fixed) :]), context)
            if rest == name:
                return f"{name}[{', '.join(str(place.value) for place in fixed)}]"
            if rest.startswith(f"{name}[") and rest.count("[") == 1:
                return f"{name}[{', '.join(str(place.value) for place in fixed)}, {rest[len(name) + 1 :]}"
        if fixed:
            return self.fixed_last(name, node, context) or (
                f"{name}[{', '.join(self.index(place, context) for place in node.at)}]"
            )
        positions = [context.index(loop) for loop in node.at if isinstance(loop, Loop)]
        increasing = all(a < b for a, b in pairwise(positions))
        gathered = [place for place in node.at if isinstance(place, Loop) and place.excluded]
        if increasing and not gathered:
            items = [self.slice_of(position, position in positions) for position in range(len(context))]
            while items and items[0] == "None":
                items.pop(0)
            while items and items[-1] == ":":
                items.pop()
            return f"{name}[{', '.join(items)}]" if items else name
        if increasing and gathered == [node.at[0]]:
            items = [
                self.slice_of(position, position in positions) for position in range(positions[0] + 1, len(context))
            ]
            inner = self.index(node.at[0], context[: positions[0] + 1])
            loaded = f"{name}[{inner}]"
            return loaded if all(item == ":" for item in items) else f"{loaded}[..., {', '.join(items)}]"
        return f"{name}[{', '.join(self.index(loop, context) for loop in node.at)}]"

    def fixed_last(self, name: str, node: Load, context: Context) -> str | None:
        """An entry whose last places alone are fixed, as a part of the array and no copy."""
        loops = [place for place in node.at if isinstance(place, Loop) and not place.excluded]
        positions = [context.index(loop) for loop in loops]
        if node.at[: len(loops)] != tuple(loops) or not loops or any(a >= b for a, b in pairwise(positions)):
            return None
        items = [self.slice_of(position, position in positions) for position in range(len(context))]
        numbers = [str(place.value) for place in node.at[len(loops) :] if isinstance(place, Fixed)]
        if len(numbers) != len(node.at) - len(loops):
            return None
        items = [*items[: positions[-1] + 1], *numbers, *items[positions[-1] + 1 :]]
        return f"{name}[{', '.join(items[positions[0] :])}]"

    @staticmethod
    def slice_of(position: int, used: bool) -> str:
        return "None" if not used else "rows" if position == 0 else ":"


def has_neighbours(load: Load) -> bool:
    return any(isinstance(place, Shifted) for place in load.at)


def reach(program: Program) -> dict[str, list[tuple[int, int]]]:
    """How far before and after the sites on each axis of an array, at most, a program needs neighbours."""
    found: dict[str, list[tuple[int, int]]] = {}
    for fill in program.fills:
        for load in (node for node in nodes(fill.body) if isinstance(node, Load) and has_neighbours(node)):
            known = found.get(load.symbol, [(0, 0)] * len(load.at))
            steps = [place.by if isinstance(place, Shifted) else 0 for place in load.at]
            found[load.symbol] = [(max(b, -by), max(a, by)) for (b, a), by in zip(known, steps, strict=True)]
    return found


__all__ = ["NumpyPlaces", "spread"]
