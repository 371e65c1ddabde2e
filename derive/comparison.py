"""Comparing the two sides of a statement in models: at every place of worlds of growing size, and as a small
parameter vanishes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from itertools import product as cartesian

from flint import arb, ctx

from derive.algebra.rules import Rule
from derive.domains import NotRealisable
from derive.expression import (
    Add,
    Apart,
    Count,
    Expr,
    Frac,
    Mul,
    Neg,
    Number,
    Pow,
    Size,
    free_indices,
)
from derive.finite.families import FAMILIES, Kinds
from derive.instance import Instance, instances, needs_instance
from derive.model import BITS, World
from derive.notation import Scope
from derive.worlds.places import Places, coincide, placings, square

SIZES = ({1: 1, 0: 1}, {1: 2, 0: 2}, {1: 1, 0: 3}, {1: 3, 0: 3}, {1: 2, 0: 4})
"""Sizes tried, by whether a range carries vectors: (D, N) = (1, 1), (2, 2), (1, 3), (3, 3), (2, 4)."""
WIDEST = 2.0**-30
"""The width of a ball, relative to its value, with which nearly everything agrees: such agreement says nothing."""


@dataclass(frozen=True)
class Comparison:
    """Two sides at one place of one world."""

    world: World | Instance
    places: Mapping[str, int]
    left: arb
    right: arb

    @property
    def differ(self) -> bool:
        return not (self.left - self.right).contains(0)

    @property
    def agree(self) -> bool:
        """Whether the sides are the same as far as they are known, which is well enough to tell values apart."""
        gap = self.left - self.right
        return gap.contains(0) and bool(gap.rad() < WIDEST * (1 + abs(self.left.mid())))


def worlds(
    scope: Scope,
    rules: tuple[Rule, ...],
    *,
    seeds: int = 3,
    scale: Mapping[str, Fraction] | None = None,
    require_positive: bool = True,
    apart: Apart = (),
    sides: tuple[Expr, ...] = (),
    families: Kinds = (),
) -> Iterator[World | Instance]:
    """Worlds of growing size, a few draws each; instances where the scope or ``sides`` need them.

    Instances grow until there is room for the indices that are kept ``apart``. With ``families`` they are those in
    which these matrices and operators are of special kinds.
    """
    if needs_instance(scope, *sides, rules=rules):
        yield from instances(scope, rules, seeds=seeds, scale=scale, least=_room(apart), families=families)
        return
    kinds = FAMILIES if any(declared.kind == "matrix" for declared in scope.symbols.values()) else ()
    for case in SIZES:
        sizes = {name: range_.size_in(case[int(range_.vector)]) for name, range_ in scope.ranges.items()}
        for seed in range(seeds):
            for special in families or (None,):
                for family in kinds if families else ("",):
                    world = World(scope, rules, sizes, seed, dict(scale or {}), require_positive=require_positive)
                    yield replace(world, family=family, special=special)
        if not scope.ranges:
            return


def _room(apart: Apart) -> int:
    """The size that a range needs for all indices that are kept different to have values of their own."""
    different = {index for pair in apart for index in pair}
    return max((sum(index.range == other.range for index in different) for other in different), default=1)


def counting_worlds(scope: Scope, left: Expr, right: Expr) -> Iterator[World]:
    """Worlds of many sizes for a statement that speaks of sizes and numbers alone, such as a count of parameters."""
    if not all(_is_count(side) for side in (left, right)):
        return
    for size in range(1, 33):
        yield World(scope, (), {name: range_.size_in(size) for name, range_ in scope.ranges.items()})
    for first, rest in ((32, 1), (64, 2)):
        of_each = enumerate(scope.ranges.items())
        yield World(scope, (), {name: range_.size_in(rest if number else first) for number, (name, range_) in of_each})


def _is_count(expr: Expr) -> bool:
    """Whether an expression speaks of sizes, counts and numbers alone."""
    if isinstance(expr, Count):
        return True
    parts = all(_is_count(child) for child in expr.children)
    return isinstance(expr, Size | Number | Add | Neg | Mul | Frac | Pow) and parts


def compare(world: World | Instance, left: Expr, right: Expr, apart: Apart = ()) -> list[Comparison]:
    """The two sides at every place: all values of free indices, all entries; ``apart`` are kept different.

    Raises NotRealisable.
    """
    with ctx.workprec(BITS):
        found: list[Comparison] = []
        for places in placings(free_indices(left) | free_indices(right), world.sizes, apart):
            names = {index.name: number + 1 for index, number in places.items()}
            try:
                pairs = _pairs(world, left, right, places)
            except RecursionError as error:
                raise NotRealisable("something is given through itself, without end") from error
            except NotRealisable:
                if coincide(places):
                    continue
                raise
            for a, b in pairs:
                found.append(Comparison(world, names, a, b))
        return found


def comparisons(models: Iterable[World | Instance], left: Expr, right: Expr, apart: Apart = ()) -> Iterator[Comparison]:
    """The comparisons of two sides in all of these worlds in which they are realisable."""
    for world in models:
        try:
            found = compare(world, left, right, apart)
        except NotRealisable:
            continue
        yield from found


def _pairs(world: World | Instance, left: Expr, right: Expr, places: Places) -> list[tuple[arb, arb]]:
    """The values of the two sides at one place, entry by entry; of complex ones the two parts."""
    if isinstance(world, Instance):
        return world.pairs(left, right, places)
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


def slope(
    left: Expr,
    right: Expr,
    scope: Scope,
    rules: tuple[Rule, ...],
    parameter: str,
    apart: Apart = (),
    *,
    holds: Callable[[World | Instance], bool] = lambda _: True,
) -> float | None:
    """The measured power of the small parameter in the difference of the two sides; None if it vanishes exactly.

    The difference is evaluated at 2^-12 and 2^-16 in the first world where it does not vanish, of those that ``holds``
    admits.
    """
    scales = (Fraction(1, 2**12), Fraction(1, 2**16))
    models = zip(
        *(
            worlds(scope, rules, seeds=1, scale={parameter: scale}, apart=apart, sides=(left, right))
            for scale in scales
        ),
        strict=True,
    )
    for pair in islice(models, 0 if needs_instance(scope, left, right, rules=rules) else 1, None):
        try:
            if not all(holds(world) for world in pair):
                continue
            first, second = (_largest_difference(world, left, right, apart) for world in pair)
        except NotRealisable:
            continue
        if first > 0 and second > 0:
            with ctx.workprec(BITS):
                return float(((first / second).log() / arb(16).log()).mid())
    return None


def _largest_difference(world: World | Instance, left: Expr, right: Expr, apart: Apart) -> arb:
    found = compare(world, left, right, apart)
    with ctx.workprec(BITS):
        return max((abs(c.left - c.right) for c in found), key=lambda ball: float(ball.mid()), default=arb(0))
