"""How arrays lie in the memory of a compiled kernel: one plane for each component of a vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.kernels.loops import Array, Program

OPERATIONS = {"Quotient": 8, "Function": 16, "Power": 32}
"""About how many additions an operation takes."""


def planes_first(axes: Sequence[str], vectors: frozenset[str]) -> list[int]:
    """The order of axes in memory: those of vectors first, so that one component of all particles lies together."""
    return sorted(range(len(axes)), key=lambda number: axes[number] not in vectors)


@dataclass(frozen=True, slots=True)
class Layout:
    """The arrays of a compiled kernel: what it is given, what it returns, and what it needs in between."""

    arguments: tuple[Array, ...]
    results: tuple[Array, ...]
    inner: tuple[Array, ...]

    def axes(self, symbol: str) -> tuple[str, ...] | None:
        """The ranges of an array; None for a scalar that is computed on the way."""
        for array in (*self.arguments, *self.results, *self.inner):
            if array.symbol == symbol:
                return array.axes
        return None


def layout(program: Program, stored: frozenset[str], axes: dict[str, tuple[str, ...]]) -> Layout:
    """The arrays of a program, of which ``stored`` are filled and ``axes`` says over which ranges."""
    results = {result.symbol for result in program.results}
    inner = [Array(symbol, axes[symbol]) for symbol in sorted(stored) if symbol not in results]
    return Layout(program.arguments, program.results, tuple(inner))


def axes_of_fills(*programs: Program) -> dict[str, tuple[str, ...]]:
    """The ranges of all arrays that programs fill; the first program is the one in which no vector is written out."""
    found: dict[str, tuple[str, ...]] = {}
    for program in programs:
        for fill in program.fills:
            if fill.loops and len(fill.loops) == len(fill.at):
                found.setdefault(fill.symbol, tuple(loop.range for loop in fill.loops))
    return found
