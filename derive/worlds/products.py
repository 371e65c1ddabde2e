"""Densities of which no law says anything: numbers that keep the rule of products.

For each set of symbols there is one number, their joint density, and a density under conditions is a ratio of two. What
a rule says of one density, or of one under conditions, is put in; where two rules are about the same symbols together,
numbers for the others need not exist, and there is no model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, permutations
from typing import Generic, TypeVar

from derive.domains import NotRealisable
from derive.expression import Density

V = TypeVar("V")
R = TypeVar("R")


@dataclass(frozen=True)
class Products(Generic[V, R]):
    """The densities of a model. What is said of one is found by its arguments in their order."""

    find: Callable[[Density], R | None]
    by_rule: Callable[[R], V]
    drawn: Callable[[Density], V]
    times: Callable[[V, V], V]
    over: Callable[[V, V], V]

    def density(self, expr: Density) -> V:
        """The number of a density. Raises NotRealisable where two rules are about the same symbols."""
        rule = self.rule_of(expr)
        together = replace(expr, of=(*expr.of, *expr.given), given=())
        splits = list(self.splits(together))
        if len(splits) > 1:
            raise NotRealisable(f"several things are said of the law {expr.law}")
        if rule is not None:
            return self.by_rule(rule)
        if expr.given:
            return self.over(self.density(together), self.density(replace(expr, of=expr.given, given=())))
        for split in splits:
            return self.times(self.density(split), self.density(replace(expr, of=split.given, given=())))
        return self.drawn(replace(expr, of=tuple(sorted(expr.of, key=repr))))

    def splits(self, joint: Density) -> Iterator[Density]:
        """The densities of some of these symbols given the others of which there is a rule."""
        for count in range(1, len(joint.of) + 1):
            for of in combinations(joint.of, count):
                split = replace(joint, of=of, given=tuple(item for item in joint.of if item not in of))
                if self.rule_of(split) is not None:
                    yield split

    def rule_of(self, expr: Density) -> R | None:
        """What is said of a density, in whatever order it names its arguments."""
        for of in permutations(expr.of):
            for given in permutations(expr.given):
                if (found := self.find(replace(expr, of=of, given=given))) is not None:
                    return found
        return None


__all__ = ["Products"]
