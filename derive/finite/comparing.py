"""Comparing two sides in an instance, and refusing an instance in which a rule fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flint import arb

from derive.algebra.rules import Rule, unify
from derive.domains import NotRealisable
from derive.expression import Applied, Density, Expectation, Expr, Symbol, free_indices
from derive.finite.building import Impossible
from derive.finite.free import densities_of, free_random, free_values
from derive.finite.rings import Numeric, Scalar
from derive.finite.spinors import Column, Operator, Row, Value, at_point, multiple_of_one, plus
from derive.worlds.places import Places

if TYPE_CHECKING:
    from derive.instance import Instance


class Comparing:
    """Both sides of a statement or of a rule in an instance, in all outcomes of what stands free."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.ring = instance.ring

    def numbers(self, value: Value) -> list[Scalar]:
        """The numbers that a value consists of; of an operator beside momenta and fields, what it makes of a spinor."""
        match value:
            case Column(upper=upper, lower=lower) | Row(upper=upper, lower=lower):
                return [upper, lower]
            case Operator():
                if self.instance.scope.of_kind("momentum") is None and self.instance.scope.of_kind("field") is None:
                    return list(value.matrix)
                point = self.instance.draws.test_point()
                spinor = self.instance.draws.test_spinor()
                return [at_point(part, point, self.ring) for part in value.act(spinor)]
        return [value]

    def differences(self, left: Expr, right: Expr, places: Places) -> list[tuple[Scalar, Scalar]]:
        """The numbers of the two sides at one place, in pairs."""
        self.check_rules()
        if left.type.axes != right.type.axes:
            raise NotRealisable(f"{left.type.a} is not compared with {right.type.a}")
        if densities_of(self.instance, left) != densities_of(self.instance, right):
            raise NotRealisable("one side is a density of what others define, and a probability has no Jacobian")
        env = free_values(self.instance, (left, right), places)
        found: list[tuple[Scalar, Scalar]] = []
        for a, b in zip(self.instance.column(left, places, env), self.instance.column(right, places, env), strict=True):
            if isinstance(a, Operator) != isinstance(b, Operator):
                zero = multiple_of_one(self.ring, self.ring.number(0))
                a, b = plus(self.ring, a, zero), plus(self.ring, b, zero)
            found += zip(self.numbers(a), self.numbers(b), strict=True)
        return found

    def check_rules(self) -> None:
        """Refuses an instance in which a rule fails that is not put in, such as a second one about a symbol."""
        if self.instance.refusal is None:
            self.instance.refusal = ""
            try:
                self.instance.refusal = next(
                    (f"{rule.source} does not hold" for rule in self.rules_apart() if self.fails(rule)), ""
                )
            except NotRealisable as error:
                self.instance.refusal = str(error)
        if self.instance.refusal:
            raise NotRealisable(self.instance.refusal)

    def rules_apart(self) -> Iterator[Rule]:
        """The rules that neither define a symbol nor are met by the tables."""
        seen: list[Expr] = []
        for rule in self.instance.rules:
            again = any(unify(a, b, {}) for other in seen for a, b in ((other, rule.left), (rule.left, other)))
            seen.append(rule.left)
            if again or not isinstance(rule.left, Symbol | Applied | Density | Expectation):
                yield rule

    def fails(self, rule: Rule) -> bool:
        """Whether the sides of a rule differ somewhere."""
        before = self.instance.point
        try:
            for places in self.instance.placings(free_indices(rule.left)):
                for outcome in self.outcomes(rule.left, rule.right):
                    self.instance.point = outcome
                    pairs = self.differences(rule.left, rule.right, places)
                    if not all(self.ring.equal(a, b) for a, b in pairs):
                        return True
                    self.instance.point = before
        finally:
            self.instance.point = before
        return False

    def pairs(self, left: Expr, right: Expr, places: Places) -> list[tuple[arb, arb]]:
        """The real numbers of the two sides of a numeric instance, real and imaginary parts, in pairs.

        With all outcomes of what nothing binds, up to the first in which the sides differ; there the instance stays.
        """
        found: list[tuple[arb, arb]] = []
        for outcome in self.outcomes(left, right):
            before, self.instance.point = self.instance.point, outcome
            try:
                numbers = [(Numeric.pair(a), Numeric.pair(b)) for a, b in self.differences(left, right, places)]
            except Impossible:
                self.instance.point = before
                continue
            except NotRealisable:
                self.instance.point = before
                raise
            found += [(a[0], b[0]) for a, b in numbers]
            found += [(a[1], b[1]) for a, b in numbers if not (a[1].is_zero() and b[1].is_zero())]
            if not all((a - b).contains(0) for a, b in found):
                break
            self.instance.point = before
        if not found:
            raise NotRealisable("there is nothing to compare")
        return found

    def outcomes(self, left: Expr, right: Expr) -> list[int | None]:
        """The joint values of random quantities to compare two sides in; one, whichever, where all are bound."""
        if self.instance.point is not None or not any(
            True for side in (left, right) for _ in free_random(self.instance, side)
        ):
            return [self.instance.point]
        return [*range(len(self.instance.alphabets.points))]
