"""The arguments of a line on fields: arrays with the axes of their ranges, at places that steps on a lattice move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from derive.algebra.rules import Rule
from derive.expression import Index
from derive.fields import nodes as fields
from derive.fields.nodes import Entry, MatrixSymbol
from derive.kernels.axes import Axes
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.loops import Fixed, Load, Loop, Node, Place, moved
from derive.notation import Declared

Around = Mapping[Index, tuple[Place, ...]]
"""The places that the index letters around an expression stand for: of a site one on each axis of its lattice."""


class FieldArguments:
    """The arguments of one line, as they turn up."""

    def __init__(self, kernel: KernelInput) -> None:
        self.kernel = kernel
        self.scope = kernel.scope
        self.axes = Axes(kernel.scope)
        self.busy: list[str] = []
        self.declared: dict[str, Declared] = {}
        self.fresh = count(1)

    def loops(self, letter: Index) -> tuple[Loop, ...]:
        """New loops for an index letter, one for each axis of its range."""
        number = next(self.fresh)
        return tuple(
            Loop(f"{name}~{number}", extents.name)
            for name, extents in zip(self.axes.letters(letter), self.axes.of(letter.range), strict=True)
        )

    def letter(self, range_: str) -> Index:
        """An index letter that nothing has."""
        return Index(f"{self.scope.ranges[range_].letters[0]}~{next(self.fresh)}", range_)

    def load(self, symbol: str, key: str, axes: tuple[str, ...], at: tuple[Place, ...], said: str = "") -> Node:
        """An entry of an argument. ``key`` is what the notation has it as, ``said`` what is to be said of it more."""
        if symbol in self.busy:
            raise KernelError(f"the definition of {symbol} uses {symbol} itself")
        known = self.scope.symbols[key]
        meaning = f"{known.meaning}, {said}" if known.meaning and said else known.meaning or said
        self.declared[symbol] = replace(known, slots=axes, meaning=meaning)
        return Load(symbol, at)

    def places(self, place: fields.Place, around: Around) -> tuple[Place, ...]:
        """The loops of a place, one for each axis of its range, moved by its steps."""
        index = place.index
        if index.is_label:
            extents = self.axes.of(index.range)
            number = int(index.name) - self.scope.ranges[index.range].first
            if place.steps or any(axis.sites for axis in extents):
                raise KernelError("a numbered site of a lattice cannot be compiled")
            return (Fixed(number),)
        if index not in around:
            raise KernelError(f"the index {index.name} is bound neither by a sum nor by the left side")
        found = list(around[index])
        for step in place.steps:
            if step.direction is not None and not step.direction.is_label:
                raise KernelError(f"the direction {step.direction.name} is not written out")
            axis = 0 if step.direction is None else int(step.direction.name) - 1
            if step.direction is not None and self.axes.dimension is None:
                raise KernelError("a lattice whose number of directions is a letter has no steps here")
            found[axis] = moved(found[axis], step.count)
        return tuple(found)

    def all_places(self, places: tuple[fields.Place, ...], around: Around) -> tuple[Place, ...]:
        return tuple(one for place in places for one in self.places(place, around))

    def ranges(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(extents.name for name in names for extents in self.axes.of(name))

    def labelled(
        self,
        name: str,
        key: str,
        labels: tuple[fields.Place, ...],
        over: tuple[str, ...],
        places: tuple[fields.Place, ...],
        said: str,
        around: Around,
    ) -> Node:
        """An entry of one of several arrays; the one of a label beside its range, as that of time, is its own."""
        slots = list(self.scope.symbols[key].slots)
        at: list[Place] = []
        axes: list[str] = []
        for slot, label in zip(slots, labels, strict=True):
            if label.index.is_label and not self.axes.holds(slot, int(label.index.name)):
                name = f"{name} {label.index.name}"
                continue
            at += self.places(replace(label, index=replace(label.index, range=slot)), around)
            axes += self.ranges((slot,))
        at += self.all_places(places, around)
        return self.load(name, key, (*axes, *self.ranges(over)), tuple(at), said)


def matrix_rules(definitions: tuple[Rule, ...]) -> dict[str, Rule]:
    """The definitions of matrices by their entries, by the name of the matrix."""
    return {rule.left.of.name: rule for rule in definitions
            if isinstance(rule.left, Entry) and isinstance(rule.left.of, MatrixSymbol)}  # fmt: skip


def turn_name(matrix: MatrixSymbol) -> str:
    """A matrix with its labels, as one of those whose square is -1."""
    return " ".join([matrix.name, *(label.index.name for label in matrix.labels)])


def timed(name: str, time: int | None) -> tuple[str, str]:
    r"""The name of the array that a variable is at a time, and what to say of it: ``\phi plus 1`` is φ(t+1)."""
    if not time:
        return name, ""
    sign, word = ("+", "plus") if time > 0 else ("-", "minus")
    return f"{name} {word} {abs(time)}", f"at the time t {sign} {abs(time)}"


__all__ = ["Around", "FieldArguments", "matrix_rules", "timed", "turn_name"]
