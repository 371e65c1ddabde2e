"""Which line rests on which: what each line is used in, all that rests on it, and how much hangs on a finding.

A premise that is no line of the paper, such as a hypothesis with a name, is left out here.

    >>> found = Dependence({"1": (), "2": ("1", "energy"), "3": ("2",)})
    >>> found.used_in["1"], found.resting_on("1"), found.steps_to["3"]
    (('2',), ('2', '3'), 2)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from derive.statement import ancestors


class Dependence:
    """The premises of lines, by number, in print order; numbers are those of lines and of nothing else."""

    def __init__(self, premises: Mapping[str, Sequence[str]]) -> None:
        self.numbers = tuple(premises)
        known = set(premises)
        self.premises = {number: tuple(p for p in dict.fromkeys(above) if p in known and p != number)
                         for number, above in premises.items()}  # fmt: skip

    @cached_property
    def used_in(self) -> dict[str, tuple[str, ...]]:
        """The lines that name each line as a premise, in print order."""
        found: dict[str, list[str]] = {number: [] for number in self.numbers}
        for number, above in self.premises.items():
            for premise in above:
                found[premise].append(number)
        return {number: tuple(below) for number, below in found.items()}

    def resting_on(self, number: str) -> tuple[str, ...]:
        """All lines that rest on a line, directly or not, in print order."""
        found = ancestors(number, self.used_in.__getitem__)
        return tuple(other for other in self.numbers if other in found and other != number)

    @cached_property
    def steps_to(self) -> dict[str, int]:
        """The longest way from a line without premises to each line; a circle counts once around."""
        found: dict[str, int] = {}

        def steps(number: str, path: frozenset[str]) -> int:
            if number not in found:
                above = [p for p in self.premises[number] if p not in path]
                found[number] = max((steps(p, path | {number}) + 1 for p in above), default=0)
            return found[number]

        for number in self.numbers:
            todo = [number]  # from the top, so that a long derivation does not recurse deeply
            while todo and number not in found:
                waiting = [p for p in self.premises[todo[-1]] if p not in found and p not in todo]
                if waiting:
                    todo.append(waiting[0])
                else:
                    steps(todo.pop(), frozenset())
        return found

    @cached_property
    def parts(self) -> tuple[tuple[str, ...], ...]:
        """The lines that hang together, each part in print order, the largest part first."""
        found: list[tuple[str, ...]] = []
        seen: set[str] = set()
        for number in self.numbers:
            if number in seen:
                continue
            part = {number} | ancestors(number, lambda here: (*self.premises[here], *self.used_in[here]))
            seen |= part
            found.append(tuple(other for other in self.numbers if other in part))
        return tuple(sorted(found, key=lambda part: -len(part)))
