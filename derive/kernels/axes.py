"""The axes that arrays over the ranges of a scope have: a lattice has one for each direction."""

from __future__ import annotations

from derive.expression import Index
from derive.kernels.loops import Extents
from derive.kernels.names import identifier
from derive.latex.places import direction_range
from derive.notation import Scope


class Axes:
    """The axes of each range of a scope. ``dimension`` is the number of directions, None where it is a letter."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        directions = direction_range(scope)
        self.dimension: int | None = 1
        if directions is not None:
            size = directions.size
            self.dimension = int(size) - (directions.first == 0) if size.isdigit() else None
        self.known: dict[str, tuple[Extents, ...]] = {}
        self.extents = [extents for name in scope.ranges for extents in self.of(name)]

    def of(self, name: str) -> tuple[Extents, ...]:
        """The axes of a range: one, or one for each direction of a lattice."""
        if name not in self.known:
            self.known[name] = self.made(name)
        return self.known[name]

    def made(self, name: str) -> tuple[Extents, ...]:
        range_ = self.scope.ranges[name]
        letters = tuple(identifier(letter) for letter in range_.letters)
        count = (self.dimension or 1) if range_.lattice else 1
        if count == 1:
            return (Extents(name, range_.size, letters, range_.vector, range_.lattice),)
        return tuple(
            Extents(f"{name} {n}", f"{range_.size}_{n}", tuple(f"{letter}_{n}" for letter in letters), False, True)
            for n in range(1, count + 1)
        )

    def letters(self, index: Index) -> tuple[str, ...]:
        """The names of an index on the axes of its range."""
        found = self.of(index.range)
        name = identifier(index.name)
        return (name,) if len(found) == 1 else tuple(f"{name}_{n}" for n in range(1, len(found) + 1))

    def holds(self, name: str, number: int) -> bool:
        """Whether a number is an index of a range."""
        range_ = self.scope.ranges[name]
        return number >= range_.first and (not range_.size.isdigit() or number < range_.first + int(range_.size))


__all__ = ["Axes"]
