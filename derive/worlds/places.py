"""Numbers for the indices of a statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product as cartesian

from derive.algebra.rules import are_apart
from derive.expression import Apart, Index

Places = Mapping[Index, int]


def placings(indices: Iterable[Index], sizes: Mapping[str, int], apart: Apart = ()) -> Iterator[dict[Index, int]]:
    """All numbers for free indices; ``apart`` are kept different."""
    ordered = sorted(indices, key=lambda index: (index.range, index.name))
    for numbers in cartesian(*(range(sizes[index.range]) for index in ordered)):
        places = dict(zip(ordered, numbers, strict=True))
        if are_apart(apart, places):
            yield places


def coincide(places: Places) -> bool:
    """Whether two indices of one range are the same here, where a denominator may vanish."""
    return len({(index.range, number) for index, number in places.items()}) < len(places)


def matched(pairs: Iterable[tuple[Index, int]]) -> dict[Index, int] | None:
    """What each index of the left side of a rule stands for; None where a label or a repeated index doesn't fit."""
    places: dict[Index, int] = {}
    for index, number in pairs:
        if (index.is_label and int(index.name) != number + 1) or places.setdefault(index, number) != number:
            return None
    return places


def square(size: int) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(size) for j in range(size))
