"""Local solutions of differential equations: power series about the point that an instance has drawn.

An equation solved for the highest derivative of a function has a solution near every point at which what it says is
analytic, whatever the lower derivatives are there. So these are drawn, and the higher ones computed, by differentiating
the equation. Functions of equations that are solved together go on together. Only the point itself can be asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product as cartesian
from math import factorial
from typing import TYPE_CHECKING

from derive.algebra.functional import Motion, derivatives_in, functions_in, motion_of
from derive.domains import NotRealisable
from derive.expression import Expr, Index, Partial, free_indices
from derive.finite.alphabets import At
from derive.finite.moving import MovingDraws
from derive.finite.rings import Numeric, Scalar
from derive.worlds.places import Places

if TYPE_CHECKING:
    from derive.instance import Instance

DERIVATIVE = "derivative"
"""How the names of drawn derivatives begin."""
TERMS = 4
"""How many derivatives are computed beyond those that are drawn."""


class Paths:
    """The functions of an instance that differential equations determine."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.motions: dict[str, Motion] = {}
        self.apart = False
        for rule in instance.rules:
            if isinstance(rule.left, Partial) and (found := motion_of(rule.left, rule.right, instance.scope)):
                self.motions.setdefault(found.function.name, found)
                self.apart = self.apart or bool(rule.apart)
        self.derivatives: dict[tuple[str, At], list[Scalar]] | None = None

    def value(self, name: str, at: At, argument: Scalar) -> Scalar:
        """A function near the drawn point. Raises NotRealisable elsewhere."""
        instance = self.instance
        while isinstance(instance.draws, MovingDraws):
            instance = instance.draws.still
        known = instance.quantities.paths.known()[name, at]
        ring, variable = self.instance.ring, self.motions[name].variable
        gap = argument - instance.quantities.symbol(variable.name, (), {})
        if not instance.ring.equal(innermost(gap), instance.ring.number(0)):
            raise NotRealisable(f"{name} is known near the drawn point only")
        total = ring.number(0)
        for order, derivative in enumerate(known):
            power = ring.power(gap, order) if order else ring.number(1)
            total = total + power * (ring.number(Fraction(1, factorial(order))) * derivative)
        return total

    def known(self) -> dict[tuple[str, At], list[Scalar]]:
        """The derivatives of all these functions at the point, as many as there are so far."""
        if self.derivatives is None:
            instance, motions = self.instance, self.motions
            if not isinstance(instance.ring, Numeric):
                raise NotRealisable("the solution of a differential equation is followed with numbers only")
            placings = {name: list(self.placings(motion)) for name, motion in motions.items()}
            self.derivatives = {
                (name, at): [
                    instance.draws.number(f"{DERIVATIVE} {name}", (*at, k)) for k in range(motions[name].order)
                ]
                for name, ats in placings.items()
                for at, _ in ats
            }
            values: dict[str, Expr] = {name: motion.value for name, motion in motions.items()}
            for _ in range(TERMS):
                found = {
                    (name, at): instance.value(value, places)
                    for name, value in values.items()
                    for at, places in placings[name]
                }
                for key, derivative in found.items():
                    self.derivatives[key].append(derivative)
                values = {name: Partial(value, motions[name].variable) for name, value in values.items()}
        return self.derivatives

    def placings(self, motion: Motion) -> Iterator[tuple[At, Places]]:
        """The places of a function with indices, and the numbers of these."""
        self.check(motion)
        slots = [slot for slot in motion.function.slots if isinstance(slot, Index)]
        for at in cartesian(*(range(self.instance.sizes[slot.range]) for slot in slots)):
            yield at, dict(zip(slots, at, strict=True))

    def check(self, motion: Motion) -> None:
        """Raises NotRealisable where an equation is not one that is solved for highest derivatives, at every place."""
        slots = motion.function.slots
        plain = all(isinstance(slot, Index) and not slot.is_label for slot in slots)
        if self.apart or not plain or len(set(slots)) < len(slots) or free_indices(motion.value) - set(slots):
            raise NotRealisable(f"the equation for {motion.function.name} is not for every place")
        for other in functions_in(motion.value):
            known = self.motions.get(other.name)
            if known is not None and (
                known.variable != motion.variable
                or derivatives_in(motion.value, other.name, motion.variable) >= known.order
            ):
                raise NotRealisable(f"the equations for {motion.function.name} and {other.name} are not solved")


def innermost(value: Scalar) -> Scalar:
    """A number without its slopes."""
    while hasattr(value, "slope"):
        value = value.value
    return value


__all__ = ["Paths"]
