"""Steps as text: what the languages of compiled loops have in common, C and the Python that Numba compiles.

A loop that leaves out one index is two loops, below it and above it. A loop whose body needs neighbours on a periodic
lattice is an inner part, where neighbours are the next places in memory, and the few sites at the edges, where they are
found by division with remainder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType

from derive.kernels.layout import Layout
from derive.kernels.loops import ONE, Function, Node, Place, Quotient, Shifted, places_in
from derive.kernels.nests import For, Gather, Let, Step, Store, Whole
from derive.kernels.roots import has_fast_roots, is_root, with_fast_roots
from derive.kernels.scalar_code import ATOM, PRODUCT, Code, ScalarCode

SIGNS = {"sum": "+", "product": "*"}


@dataclass
class NestCode(ScalarCode):
    """Prints steps. A language says how it declares values and integers, counts, chooses and skips."""

    layout: Layout
    vectors: frozenset[str] = frozenset()
    inner: set[str] = field(default_factory=set)
    """The loops in whose body neighbours are the next places in memory."""
    off: str = ""
    """In a loop whose roots are computed by iteration: the name of the sum that says whether they are right."""
    short: bool = False
    """Whether loops are so short that what is at their ends counts."""
    end = ""
    """What ends a statement."""
    starts = MappingProxyType({"sum": "0.0", "product": "1.0"})
    """What sums and products begin at."""
    has_terms = "_has_terms"
    """The function that says whether there is a sum between limits."""
    nan = "np.nan"
    """What is no number."""

    def steps(self, steps: tuple[Step, ...]) -> Iterator[str]:
        """The lines of some steps."""
        for step in steps:
            match step:
                case Let(name=name, value=value):
                    yield f"{self.value(name)} = {self.text(value)}{self.end}"
                case Gather(name=name, operation=operation, value=value):
                    yield f"{name} {SIGNS[operation]}= {self.text(value)}{self.end}"
                case Store(symbol=symbol, at=at, value=value):
                    yield f"{self.target(symbol, at)} = {self.text(value)}{self.end}"
                case Whole(symbol=symbol, of=of):
                    axes = [self.sizes[axis] for axis in self.layout.axes(of.symbol) or ()]
                    size = " * ".join(axes[: len(axes) // 2])
                    yield self.whole(of.name, self.names.of("symbol", of.symbol), size, self.names.of("symbol", symbol))
                case For() if step.loop.limits:
                    yield from self.between_limits(step)
                case For():
                    for name, operation in step.gathers:
                        yield f"{self.gathered(name)} = {self.starts[operation]}{self.end}"
                    yield from self.run(step)

    def run(self, step: For) -> Iterator[str]:
        """The lines that run a loop whose sums and products have begun."""
        return with_fast_roots(step, self) if has_fast_roots(step, self) else self.loop(step)

    def code(self, node: Node) -> Code:
        if self.off and isinstance(node, Function) and is_root(node):
            return self.iterated("root", self.text(node.argument)), ATOM
        if self.off and isinstance(node, Quotient) and isinstance(node.bottom, Function) and is_root(node.bottom):
            inverse = self.iterated("inverse_root", self.text(node.bottom.argument))
            return (inverse, ATOM) if node.top == ONE else (f"{self.text(node.top, PRODUCT)} * {inverse}", PRODUCT)
        return super().code(node)

    def loop(self, step: For) -> Iterator[str]:
        """The lines of a loop."""
        loop, size = step.loop, self.sizes[step.loop.range]
        excluded = self.excluded(loop)
        if step.innermost and not excluded and shifts(step):
            yield from self.at_edges_apart(step)
        elif len(excluded) == 1 and not step.outermost:
            yield from self.below_and_above(step, excluded[0])
        else:
            body = [*self.neighbours(step), *self.steps(step.steps)]
            if excluded:
                body = self.unless(loop.name, excluded, body)
            yield from self.counted(step, loop.name, "0", size, body, simple=not excluded)

    def between_limits(self, step: For) -> Iterator[str]:
        """The lines of a loop over whole numbers; what it gathers is no number where there is nothing to sum."""
        name = step.loop.name
        lower, upper = (self.text(limit) for limit in step.loop.limits)
        has, first, last = (self.names.fresh(f"{name}_{kind}") for kind in ("has_terms", "first", "last"))
        yield f"{self.integer(has)} = {self.has_terms}({lower}, {upper}){self.end}"
        for gathered, operation in step.gathers:
            start = self.choice(has, self.starts[operation], self.nan)
            yield f"{self.gathered(gathered)} = {start}{self.end}"
        yield f"{self.integer(first)} = {self.choice(has, self.whole_number(lower), '0')}{self.end}"
        yield f"{self.integer(last)} = {self.choice(has, f'{self.whole_number(upper)} + 1', '0')}{self.end}"
        excluded = self.excluded(step.loop)
        body = [*self.neighbours(step), *self.steps(step.steps)]
        body = self.unless(name, excluded, body) if excluded else body
        yield from self.counted(step, name, first, last, body, simple=not excluded)

    def below_and_above(self, step: For, other: str) -> Iterator[str]:
        loop, size = step.loop, self.sizes[step.loop.range]
        half, first, last = (self.names.of("bound", f"{loop.name} {kind}") for kind in ("half", "first", "last"))
        inner = [
            f"{self.integer(first)} = {self.choice(half, f'{other} + 1', '0')}{self.end}",
            f"{self.integer(last)} = {self.choice(half, size, other)}{self.end}",
            *self.counted(step, loop.name, first, last, list(self.steps(step.steps)), simple=True),
        ]
        yield from self.counted(None, half, "0", "2", inner)

    def at_edges_apart(self, step: For) -> Iterator[str]:
        loop, size = step.loop, self.sizes[step.loop.range]
        steps = shifts(step)
        before, after = max(-min(steps), 0), max(*steps, 0)
        edge = self.names.of("bound", f"{loop.name} edge")
        first, last, count, there = "0", size, [], edge
        if before:
            first = self.names.fresh(f"{loop.name}_first")
            yield f"{self.integer(first)} = {self.choice(f'{size} < {before}', size, str(before))}{self.end}"
            count.append(first)
        if after:
            last = self.names.fresh(f"{loop.name}_last")
            reached = f"{first} + {after}" if before else str(after)
            yield f"{self.integer(last)} = {self.choice(f'{size} < {reached}', first, f'{size} - {after}')}{self.end}"
            count.append(f"{size} - {last}")
            beyond = f"{edge} - {first} + {last}" if before else f"{edge} + {last}"
            there = self.choice(f"{edge} < {first}", edge, beyond) if before else beyond
        self.inner.add(loop.name)
        body = list(self.steps(step.steps))
        self.inner.remove(loop.name)
        yield from self.counted(step, loop.name, first, last, body, simple=True)
        body = [f"{self.integer(loop.name)} = {there}{self.end}", *self.neighbours(step), *self.steps(step.steps)]
        yield from self.counted(None, edge, "0", " + ".join(count), body)

    def neighbours(self, step: For) -> Iterator[str]:
        """Names for the neighbours of the index of a loop that its body needs."""
        for by in shifts(step):
            name = self.place(Shifted(step.loop, by))
            yield f"{self.integer(name)} = {self.wrapped(step.loop.name, by, self.sizes[step.loop.range])}{self.end}"

    def place(self, place: Place) -> str:
        if not isinstance(place, Shifted):
            return super().place(place)
        loop, by = place.loop.name, place.by
        if loop in self.inner:
            return f"{loop} {'+' if by > 0 else '-'} {abs(by)}"
        return self.names.of("place", f"{loop} {'after' if by > 0 else 'before'} {abs(by)}")

    # -- what a language says ----------------------------------------------------------------------------------------

    def value(self, name: str) -> str:
        """The declaration of a value that does not change."""
        return name

    def gathered(self, name: str) -> str:
        """The declaration of a value that changes."""
        return name

    def integer(self, name: str) -> str:
        return name

    def whole_number(self, value: str) -> str:
        """A value as an integer."""
        raise NotImplementedError

    def target(self, symbol: str, at: tuple[Place, ...]) -> str:
        """An entry that is set."""
        return self.load(symbol, at)

    def whole(self, name: str, matrix: str, size: str, into: str) -> str:
        """A line that inverts a matrix of so many rows, or names its determinant."""
        raise NotImplementedError

    def choice(self, test: str, yes: str, no: str) -> str:
        raise NotImplementedError

    def unless(self, name: str, excluded: list[str], body: list[str]) -> list[str]:
        """A body that runs where an index differs from others."""
        raise NotImplementedError

    def counted(
        self, step: For | None, name: str, first: str, last: str, body: list[str], *, simple: bool = False
    ) -> Iterator[str]:
        """A loop that counts; of ``step``, if that says how it may run. ``simple`` ones leave nothing out."""
        raise NotImplementedError

    # -- roots by iteration ----------------------------------------------------------------------------------------

    @property
    def iterates(self) -> bool:
        """Whether loops may compute roots by iteration."""
        raise NotImplementedError

    def vectorises(self, values: list[Node]) -> bool:
        """Whether an innermost loop with these parts of values runs in vectors, for all that is known here."""
        return True

    def iterated(self, name: str, argument: str) -> str:
        """A ``root`` or ``inverse_root`` by iteration, which adds to ``off``."""
        raise NotImplementedError

    def begun(self, off: str) -> str:
        """The sum of what roots are off begins, at 0."""
        raise NotImplementedError

    def where_failed(self, off: str, lines: list[str]) -> list[str]:
        """Lines that run where a root failed."""
        raise NotImplementedError

    def part(self, step: For, first: str, last: str) -> list[str]:
        """The lines of a loop from a first index to before a last one."""
        return list(self.counted(None, step.loop.name, first, last, list(self.steps(step.steps))))

    def blocks(self, step: For, first: str, last: str, lines: list[str]) -> list[str]:
        """Lines that run for parts of a range, which threads may share."""
        raise NotImplementedError


def shifts(step: For) -> list[int]:
    """How far from the index of a loop its body needs sites of a lattice."""
    return sorted({place.by for place in _places(step.steps) if isinstance(place, Shifted) and place.loop == step.loop})


def _places(steps: tuple[Step, ...]) -> Iterator[Place]:
    for step in steps:
        if isinstance(step, For):
            yield from _places(step.steps)
        elif not isinstance(step, Whole):
            yield from places_in(step.value)


__all__ = ["SIGNS", "NestCode", "shifts"]
