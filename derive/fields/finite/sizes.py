"""Sizes of index ranges in a finite model, periodic lattices among them, and the values that indices take there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from derive.domains import NotRealisable
from derive.expression import Expr, Index, Size, walk
from derive.fields.nodes import Coordinate, Place, SpaceIntegral, places_of
from derive.notation import Range, Scope

Value = int | tuple[int, ...]
"""What an index letter stands for: a number of its range, or a site by its coordinates."""

NUMBERS = (1, 2, 3, 4)
"""Sizes of ranges of symbolic size, one after the other."""
SIDES: dict[int, tuple[tuple[int, ...], ...]] = {
    1: ((3,), (4,), (5,)),
    2: ((3, 1), (3, 3), (4, 3)),
    3: ((3, 1, 1), (2, 3, 1), (3, 2, 2)),
}
"""Sides of the periodic lattices of each dimension; together they have room for a step in each direction."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes that a model has: of ranges of symbolic size, of the lattice, and the dimension of space."""

    number: int
    dimension: int
    sides: tuple[int, ...]
    fixed: tuple[tuple[str, int], ...]
    """Ranges, by name, that have a printed size in one of the scopes that meet."""
    directions: frozenset[str]
    """The ranges of directions, by name."""
    used: frozenset[str] = frozenset()
    """The ranges that occur, by name."""

    def size(self, which: Range) -> int:
        """How many values an index of the range takes."""
        if which.lattice:
            return prod(self.sides)
        if which.size.isdigit():
            return int(which.size)
        fixed = dict(self.fixed)
        if which.name in fixed:
            return fixed[which.name]
        if which.name in self.directions:
            return self.dimension + (1 if which.first == 0 else 0)
        return self.number

    def values(self, which: Range) -> list[Value]:
        """The values of an index, in order."""
        if which.lattice:
            return list(product(*(range(side) for side in self.sides)))
        return list(range(which.first, which.first + self.size(which)))

    def at(self, place: Place, value: Value, directions: Sequence[int]) -> Value:
        """The value of a place: that of its index, moved by its steps, of which ``directions`` are the directions.

        Raises NotRealisable for a step that this lattice does not have.
        """
        if not place.steps:
            return value
        if not isinstance(value, tuple):
            raise NotRealisable(f"{place.index.name} is no site of a lattice")
        site = list(value)
        for step, direction in zip(place.steps, directions, strict=True):
            if not 1 <= direction <= len(site):
                raise NotRealisable(f"a lattice of dimension {len(site)} has no direction {direction}")
            site[direction - 1] = (site[direction - 1] + step.count) % self.sides[direction - 1]
        return tuple(site)

    def described(self, scope: Scope) -> dict[str, int | str]:
        """The sizes as they are said of a model: by printed size of a range, with the lattice by its sides."""
        said: dict[str, int | str] = {}
        for which in scope.ranges.values():
            if which.name not in self.used:
                continue
            if which.lattice:
                said["lattice"] = "×".join(map(str, self.sides))
                said["D"] = self.dimension
            elif not which.size.isdigit():
                said[which.size] = self.size(which)
        return said


def configurations(trees: Sequence[tuple[Expr, Scope]]) -> Iterator[Sizes]:
    """The sizes of models of some trees, each in its scope; those that are cheap come first."""
    directions = frozenset(name for tree, _ in trees for name in _direction_ranges(tree))
    fixed: dict[str, int] = {}
    used: dict[str, Range] = {}
    for tree, scope in trees:
        for name in _ranges_of(tree):
            if name not in scope.ranges:
                continue
            used[name] = scope.ranges[name]
            if scope.ranges[name].size.isdigit() and not scope.ranges[name].lattice:
                fixed.setdefault(name, int(scope.ranges[name].size))
    lattice = any(which.lattice for which in used.values())
    dimensions = _dimensions(trees, directions, used, lattice)
    open_sizes = any(not which.lattice and name not in fixed and name not in directions for name, which in used.items())
    found: list[tuple[tuple[int, ...], Sizes]] = []
    for dimension in dimensions:
        for kind, sides in enumerate(SIDES[dimension] if lattice else ((),)):
            for number in NUMBERS if open_sizes else (1,):
                if number <= 2 or prod(sides) <= 9:
                    sizes = Sizes(number, dimension, sides, tuple(sorted(fixed.items())), directions, frozenset(used))
                    found.append(((kind, dimension, number), sizes))
    yield from (sizes for _, sizes in sorted(found, key=lambda entry: entry[0]))


def _dimensions(
    trees: Sequence[tuple[Expr, Scope]], directions: frozenset[str], used: dict[str, Range], lattice: bool
) -> tuple[int, ...]:
    """The dimensions of space that are tried: the printed one, 1 where steps have no direction, or 1 and 2."""
    for _, scope in trees:
        for name in sorted(directions):
            which = scope.ranges.get(name)
            if which is not None and which.size.isdigit():
                found = int(which.size) - (1 if which.first == 0 else 0)
                if found in SIDES:
                    return (found,)
                raise NotRealisable(f"models have up to 3 dimensions of space, not {found}")
    for tree, _ in trees:
        for node in walk(tree):
            if isinstance(node, SpaceIntegral) and node.dimension.isdigit():
                return (int(node.dimension),)
        if any(step.direction is None for place in places_of(tree) for step in place.steps):
            return (1,)
    labels = [
        int(node.index.name)
        for tree, _ in trees
        for node in walk(tree)
        if isinstance(node, Coordinate) and node.index.is_label
    ]
    if labels:
        return (max(1, *labels),)
    return (1, 2) if directions or lattice else (1,)


def _direction_ranges(tree: Expr) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, Coordinate) and not node.index.is_label:
            yield node.index.range
    for place in places_of(tree):
        for step in place.steps:
            if step.direction is not None and not step.direction.is_label:
                yield step.direction.range


def _ranges_of(tree: Expr) -> Iterator[str]:
    """The names of all ranges that a tree runs over."""
    for node in walk(tree):
        if isinstance(node, Size):
            yield node.range
        for name in ("axes", "over"):
            for part in getattr(node, name, ()):
                yield from str(part).split()
        axis = getattr(node, "axis", None)
        if isinstance(axis, str):
            yield from axis.split()
        for name in ("index",):
            index = getattr(node, name, None)
            if isinstance(index, Index):
                yield index.range
        for slot in getattr(node, "slots", ()):
            if isinstance(slot, Index):
                yield slot.range
    for place in places_of(tree):
        yield place.index.range


__all__ = ["NUMBERS", "SIDES", "Sizes", "Value", "configurations"]
