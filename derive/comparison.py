"""Comparing the two sides of a statement in models: at every place of worlds of growing size, and as a small
parameter vanishes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product as cartesian

from flint import arb, ctx

from derive.algebra.rules import Rule
from derive.expression import (
    Add,
    Expr,
    Frac,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Size,
    free_indices,
    walk,
)
from derive.model import BITS, NotRealisable, Places, World, square
from derive.notation import Scope

SIZES = ({1: 1, 0: 1}, {1: 2, 0: 2}, {1: 1, 0: 3}, {1: 3, 0: 3}, {1: 2, 0: 4})
"""Sizes tried, by whether a range carries vectors: (D, N) = (1, 1), (2, 2), (1, 3), (3, 3), (2, 4)."""


@dataclass(frozen=True)
class Comparison:
    """Two sides at one place of one world."""

    world: World
    places: Mapping[str, int]
    left: arb
    right: arb

    @property
    def differ(self) -> bool:
        return not (self.left - self.right).contains(0)


def worlds(
    scope: Scope,
    rules: tuple[Rule, ...],
    *,
    seeds: int = 3,
    scale: Mapping[str, Fraction] | None = None,
    require_positive: bool = True,
) -> Iterator[World]:
    """Worlds of growing size, a few draws each."""
    for case in SIZES:
        sizes = {name: case[int(range_.vector)] for name, range_ in scope.ranges.items()}
        for seed in range(seeds):
            yield World(scope, rules, sizes, seed, dict(scale or {}), require_positive=require_positive)
        if not scope.ranges:
            return


def counting_worlds(scope: Scope, left: Expr, right: Expr) -> Iterator[World]:
    """Worlds of many sizes for a statement that speaks of sizes and numbers alone, such as a count of parameters."""
    if all(isinstance(node, Size | Number | Add | Neg | Mul | Frac | Pow) for e in (left, right) for node in walk(e)):
        for size in range(1, 33):
            yield World(scope, (), dict.fromkeys(scope.ranges, size))


def compare(world: World, left: Expr, right: Expr, apart: tuple[tuple[Index, Index], ...] = ()) -> list[Comparison]:
    """The two sides at every place: all values of free indices, all entries; ``apart`` are kept different.

    Raises NotRealisable.
    """
    with ctx.workprec(BITS):
        found: list[Comparison] = []
        indices = sorted(free_indices(left) | free_indices(right), key=lambda index: (index.range, index.name))
        for numbers in cartesian(*(range(world.sizes[index.range]) for index in indices)):
            places = dict(zip(indices, numbers, strict=True))
            if any(places.get(a) == places.get(b) is not None for a, b in apart):
                continue
            names = {index.name: number + 1 for index, number in places.items()}
            try:
                pairs = _pairs(world, left, right, places)
            except NotRealisable:
                if _coincide(indices, numbers):
                    continue
                raise
            for a, b in pairs:
                found.append(Comparison(world, names, a, b))
        return found


def comparisons(
    models: Iterable[World], left: Expr, right: Expr, apart: tuple[tuple[Index, Index], ...] = ()
) -> Iterator[Comparison]:
    """The comparisons of two sides in all of these worlds in which they are realisable."""
    for world in models:
        try:
            found = compare(world, left, right, apart)
        except NotRealisable:
            continue
        yield from found


def _pairs(world: World, left: Expr, right: Expr, places: Places) -> list[tuple[arb, arb]]:
    """The values of the two sides at one place, entry by entry."""
    if left.type.kind == "scalar":
        pairs = [(world.value(left, places), world.value(right, places))]
    elif left.type.kind == "matrix":
        a, b = world.matrix(left, places, {}), world.matrix(right, places, {})
        pairs = [(a[i, j], b[i, j]) for i, j in square(a.nrows())]
    else:
        shape = [range(world.sizes[axis]) for axis in left.type.axes]
        pairs = [
            (world.component(left, at, places, {}), world.component(right, at, places, {})) for at in cartesian(*shape)
        ]
    if not all(a.is_finite() and b.is_finite() for a, b in pairs):
        raise NotRealisable("a value is not finite")
    return pairs


def _coincide(indices: list[Index], numbers: tuple[int, ...]) -> bool:
    """Whether two free indices of one range are the same here, where a denominator may vanish."""
    seen: set[tuple[str, int]] = set()
    for index, number in zip(indices, numbers, strict=True):
        if (index.range, number) in seen:
            return True
        seen.add((index.range, number))
    return False


def slope(left: Expr, right: Expr, scope: Scope, rules: tuple[Rule, ...], parameter: str) -> float | None:
    """The measured power of the small parameter in the difference of the two sides; None if it vanishes exactly.

    The difference is evaluated at 2^-12 and 2^-16 in the first world where it does not vanish.
    """
    for case in SIZES[1:]:
        sizes = {name: case[int(range_.vector)] for name, range_ in scope.ranges.items()}
        ends: list[arb] = []
        for scale in (Fraction(1, 2**12), Fraction(1, 2**16)):
            world = World(scope, rules, sizes, 0, {parameter: scale})
            try:
                found = compare(world, left, right)
            except NotRealisable:
                break
            with ctx.workprec(BITS):
                ends.append(max((abs(c.left - c.right) for c in found), key=lambda b: float(b.mid())))
        if len(ends) == 2 and all(end > 0 for end in ends):
            with ctx.workprec(BITS):
                return float(((ends[0] / ends[1]).log() / arb(16).log()).mid())
    return None
