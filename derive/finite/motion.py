"""Local solutions of differential equations: power series about the point that an instance has drawn.

An equation solved for the highest derivative of a function has a solution near every point at which what it says is
analytic, whatever the lower derivatives are there. So these are drawn, and the higher ones computed, by differentiating
the equation. Functions of equations that are solved together go on together. Only the point itself can be asked for.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial
from typing import TYPE_CHECKING

from derive.algebra.functional import Motion, derivatives_in, functions_in, motion_of
from derive.domains import NotRealisable
from derive.expression import Expr, Partial
from derive.finite.moving import MovingDraws
from derive.finite.rings import Numeric, Scalar

if TYPE_CHECKING:
    from derive.instance import Instance

TERMS = 4
"""How many derivatives are computed beyond those that are drawn."""


class Paths:
    """The functions of an instance that differential equations determine."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.motions: dict[str, Motion] = {}
        for rule in instance.rules:
            if isinstance(rule.left, Partial) and (found := motion_of(rule.left, rule.right, instance.scope)):
                self.motions.setdefault(found.function.name, found)
        self.derivatives: dict[str, list[Scalar]] | None = None

    def value(self, name: str, argument: Scalar) -> Scalar:
        """A function near the drawn point. Raises NotRealisable elsewhere."""
        instance = self.instance
        while isinstance(instance.draws, MovingDraws):
            instance = instance.draws.still
        known = instance.quantities.paths.known()[name]
        ring, variable = self.instance.ring, self.motions[name].variable
        gap = argument - instance.quantities.symbol(variable.name, (), {})
        if not instance.ring.equal(innermost(gap), instance.ring.number(0)):
            raise NotRealisable(f"{name} is known near the drawn point only")
        total = ring.number(0)
        for order, derivative in enumerate(known):
            power = ring.power(gap, order) if order else ring.number(1)
            total = total + power * (ring.number(Fraction(1, factorial(order))) * derivative)
        return total

    def known(self) -> dict[str, list[Scalar]]:
        """The derivatives of all these functions at the point, as many as there are so far."""
        if self.derivatives is None:
            instance, motions = self.instance, self.motions
            if not isinstance(instance.ring, Numeric):
                raise NotRealisable("the solution of a differential equation is followed with numbers only")
            for motion in motions.values():
                self.check(motion)
            self.derivatives = {
                name: [instance.draws.number(f"derivative {name}", (k,)) for k in range(motion.order)]
                for name, motion in motions.items()
            }
            values: dict[str, Expr] = {name: motion.value for name, motion in motions.items()}
            for _ in range(TERMS):
                found = {name: instance.value(value, {}) for name, value in values.items()}
                for name, motion in motions.items():
                    self.derivatives[name].append(found[name])
                    values[name] = Partial(values[name], motion.variable)
        return self.derivatives

    def check(self, motion: Motion) -> None:
        """Raises NotRealisable where an equation is not one that is solved for highest derivatives."""
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
