"""Index letters replaced by numbers: sums over directions and over the components of explicit matrices, written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product as cartesian

from derive.expression import Applied, Expr, Index, Over, Symbol
from derive.fields.nodes import Coordinate, Entry, MatrixSymbol, Place, Step, Variable
from derive.notation import Scope

Numbers = Mapping[Index, Index]
"""Index letters, each with the number that it takes."""


def put(expr: Expr, numbers: Numbers) -> Expr:
    """The expression with numbers for index letters; a sum over a letter keeps it."""
    if not numbers:
        return expr
    match expr:
        case Variable():
            return replace(expr, places=_places(expr.places, numbers))
        case MatrixSymbol():
            return replace(expr, labels=_places(expr.labels, numbers))
        case Symbol(slots=slots) if slots:
            return replace(expr, slots=tuple(numbers.get(s, s) if isinstance(s, Index) else s for s in slots))
        case Entry():
            return Entry(put(expr.of, numbers), _places(expr.rows, numbers), _places(expr.columns, numbers))
        case Coordinate(index=index, of=of):
            changed = replace(expr, index=numbers.get(index, index))
            return changed if of is None else replace(changed, of=put(of, numbers))
        case Over(index=index, body=body):
            return replace(expr, body=put(body, {k: v for k, v in numbers.items() if k != index}))
        case Applied(slots=slots) if slots:
            filled = tuple(numbers.get(slot, slot) if isinstance(slot, Index) else slot for slot in slots)
            return replace(expr, slots=filled).map(lambda child: put(child, numbers))
    return expr.map(lambda child: put(child, numbers))


def _places(places: tuple[Place, ...], numbers: Numbers) -> tuple[Place, ...]:
    return tuple(replace(p, index=numbers.get(p.index, p.index), steps=_steps(p.steps, numbers)) for p in places)


def _steps(steps: tuple[Step, ...], numbers: Numbers) -> tuple[Step, ...]:
    return tuple(step if step.direction is None else replace(step, direction=numbers.get(step.direction,
    step.direction)) for step in steps)  # fmt: skip


def assignments(letters: list[Index], scope: Scope, sizes: Mapping[str, int]) -> Iterator[Numbers]:
    """All ways to give numbers to letters whose ranges are written out."""
    choices = [[Index(str(n), letter.range) for n in numbers_of(letter.range, scope, sizes)] for letter in letters]
    for chosen in cartesian(*choices):
        yield dict(zip(letters, chosen, strict=True))


def numbers_of(name: str, scope: Scope, sizes: Mapping[str, int]) -> range:
    """The numbers that an index of a range takes."""
    found = scope.ranges[name]
    return range(found.first, found.first + sizes[name])
