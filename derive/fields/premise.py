"""An equation that a line about fields may use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.expression import Expr, walk
from derive.notation import Scope


@dataclass(frozen=True)
class Premise:
    """left = right, in the notation of the line that says so."""

    left: Expr
    right: Expr
    source: str
    scope: Scope

    @property
    def sides(self) -> tuple[Expr, Expr]:
        return self.left, self.right

    def nodes(self) -> Iterator[Expr]:
        """All nodes of both sides, in print order."""
        for side in self.sides:
            yield from walk(side)
