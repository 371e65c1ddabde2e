"""In which ways loops that leave out values of each other may coincide when they change places."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from derive.kernels.loops import Fixed, Loop, Place

Path = tuple[Loop, ...]


@dataclass(frozen=True)
class Case:
    """One way in which the loops around an entry may coincide: what is summed over, what differs, what is equal."""

    summed: Path
    different: frozenset[frozenset[Place]]
    equal: dict[Loop, Place]

    def kept_apart(self, loop: Loop, now: dict[Loop, Place]) -> tuple[Place, ...]:
        """The places so far from which the new place of a loop must differ."""
        others = [other for pair in self.different if loop in pair for other in pair - {loop}]
        fixed = {other for other in others if isinstance(other, Fixed)}
        return tuple(sorted(fixed | {now[other] for other in others if other in now}, key=str))


def cases(used: Path, rest: Path, different: frozenset[frozenset[Place]], equal: dict[Loop, Place]) -> Iterator[Case]:
    """All cases in which each loop leaves out indices that differ from each other.

    Loops that change places may have to leave out two indices that were never compared: i ≠ j and i ≠ k with i summed
    last. Then j = k is one case, and j ≠ k another.
    """
    order = (*used, *rest)
    for number, loop in enumerate(order):
        known = [other for pair in different if loop in pair for other in pair - {loop}]
        known = [other for other in known if isinstance(other, Fixed) or other in order[:number]]
        for first, second in itertools.combinations(sorted(known, key=str), 2):
            if frozenset((first, second)) in different or (isinstance(first, Fixed) and isinstance(second, Fixed)):
                continue
            yield from cases(used, rest, different | {frozenset((first, second))}, equal)
            stays, goes = (first, second) if isinstance(second, Loop) else (second, first)
            assert isinstance(goes, Loop)
            if isinstance(stays, Loop) and order.index(stays) > order.index(goes):
                stays, goes = goes, stays
            merged = frozenset(frozenset(stays if place == goes else place for place in pair) for pair in different)
            now = {old: stays if to == goes else to for old, to in equal.items()} | {goes: stays}
            left = tuple(one for one in used if one != goes), tuple(one for one in rest if one != goes)
            yield from cases(*left, merged, now)
            return
    yield Case(rest, different, equal)


__all__ = ["Case", "Path", "cases"]
