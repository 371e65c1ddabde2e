"""Whether a claim follows from its premises to an order, in exact models of slowly varying fields.

The models share nothing with the proofs but the tree. Fields are polynomials in time and place with unknown
coefficients, which are series in the spacing; premises are equations between these at each power of it. A claim follows
to an order if its sides are equal at each power up to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

from derive.domains import NotRealisable
from derive.expression import Expr
from derive.fields.finite.lines import Premise
from derive.fields.finite.question import Finding
from derive.fields.finite.sizes import Sizes, configurations
from derive.fields.finite.weights import VALUES
from derive.fields.smooth.question import SLACK, Asked, Question
from derive.fields.smooth.worlds import SmoothWorld
from derive.fields.words import Remainder
from derive.notation import Scope


def examine_to_order(
    claim: tuple[Expr, Expr],
    premises: Sequence[Premise],
    scope: Scope,
    *,
    order: int,
    parameter: str,
    remainder: Remainder = (),
    models: int = 2,
    seeds: int = 1,
) -> Iterator[Finding]:
    """What exact models of slowly varying fields say of a claim, the smallest first.

    A claim that follows to the order agrees in all of them, and so does what is left over at the next order with the
    ``remainder`` that a proof gives, where that has a value there. Raises NotRealisable where there is no model at all.
    """
    asked = Asked(Premise(*claim, source="", scope=scope), tuple(premises), order, parameter, remainder)
    problem: NotRealisable | None = None
    count = 0
    for sizes in _sizes([asked.claim, *premises]):
        for seed in range(seeds):
            if count >= models:
                return
            try:
                yield _found(asked, sizes, seed)
                count += 1
            except NotRealisable as error:
                problem = problem or error
    if not count:
        raise problem or NotRealisable("there is no model of these sizes")


def _sizes(lines: Sequence[Premise]) -> Iterator[Sizes]:
    """Sizes of ranges and dimensions; the lattice itself has no bounds."""
    seen: set[Sizes] = set()
    for sizes in configurations([(side, line.scope) for line in lines for side in line.sides]):
        sizes = replace(sizes, sides=())
        if sizes not in seen:
            seen.add(sizes)
            yield sizes


def _found(asked: Asked, sizes: Sizes, seed: int) -> Finding:
    """What one draw says; with complex matrices where there are no real ones that meet the premises.

    Where with the numbers that are drawn fields vanish, since premises hold for others only, all numbers are one.
    """
    problem: NotRealisable | None = None
    for is_complex, numbers in product((False, True), (VALUES, (Fraction(1),))):
        random = Random(f"{seed} {sizes.number} {sizes.dimension}")
        cut = asked.order + SLACK[-1]
        try:
            world = SmoothWorld(
                asked.claim,
                asked.premises,
                sizes,
                random,
                parameter=asked.parameter,
                cut=cut,
                complex_entries=is_complex,
                numbers=numbers,
            )
            return Question(world, asked).answer()
        except NotRealisable as error:
            problem = problem or error
    assert problem is not None
    raise problem


__all__ = ["examine_to_order"]
