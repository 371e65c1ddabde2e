"""What the backends share that run nests over flat memory, C and Numba: variants for dimensions, arrays, the call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.kernels.components import WRITTEN_OUT, written_out
from derive.kernels.factoring import arranged
from derive.kernels.hoist import materialised
from derive.kernels.inlining import inlined
from derive.kernels.layout import Layout, axes_of_fills, layout, planes_first
from derive.kernels.loops import Array, OfMatrix, Program
from derive.kernels.nests import For, Step, Store, Whole, scheduled
from derive.kernels.pointwise import POINTS, at_points
from derive.kernels.prepared import Prepared


@dataclass(frozen=True)
class Variant:
    """The steps of a kernel for a number of dimensions, or for any number."""

    dimension: int | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Compiled:
    """A kernel as variants over one layout."""

    program: Program
    sizes: dict[str, str]
    layout: Layout
    variants: tuple[Variant, ...]
    vector: str | None
    """The range whose size chooses the variant."""

    @property
    def of_matrices(self) -> set[str]:
        """What is taken of matrices: inverses, exponentials, determinants."""
        return {fill.body.name for fill in self.program.fills if isinstance(fill.body, OfMatrix)}

    @property
    def open_sizes(self) -> list[str]:
        """The names of the sizes that are known at run time."""
        return [size for size in self.sizes.values() if not size.isdigit()]


def compiled(prepared: Prepared) -> Compiled:
    """The nests of a kernel, written out for one, two and three dimensions where it has vectors of one kind."""
    program = materialised(arranged(prepared.program))
    whole = program
    written = program.written_sizes
    if written:
        program = materialised(inlined(written_out(program, written)), "sum")
    sizes = dict(prepared.sizes)
    if prepared.pointwise:
        program = at_points(program)
        sizes = {POINTS: prepared.names.of("size", POINTS)}
    vectors = sorted(name for name in program.vectors if name not in written)
    vector = vectors[0] if len(vectors) == 1 else None
    programs = [program]
    if vector is not None:
        special = [written_out(program, {vector: dimension}) for dimension in WRITTEN_OUT]
        programs += [materialised(one, f"part{size}") for one, size in zip(special, WRITTEN_OUT, strict=True)]
    variants = [
        Variant(dimension, scheduled(one, prepared.names))
        for one, dimension in zip(programs, (None, *WRITTEN_OUT), strict=False)
    ]
    stored = frozenset(name for variant in variants for name in _stored(variant.steps))
    found = layout(program, stored, axes_of_fills(whole, *programs))
    return Compiled(program, sizes, found, tuple(variants), vector)


def _stored(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Store) or (isinstance(step, Whole) and step.of.has_entries):
            yield step.symbol
        if isinstance(step, For):
            yield from _stored(step.steps)


def allocation(prepared: Prepared, kernel: Compiled) -> list[str]:
    """Lines that give arguments and results their memory in the layout of the kernel, and every size its name."""
    names, vectors = prepared.names, kernel.program.vectors
    lines = []
    if prepared.pointwise:
        size = kernel.sizes[POINTS]
        lines.append(f"{size} = int(np.prod(_shape))")
    else:
        lines += [f'{name} = _sizes["{name}"]' for name in prepared.found_sizes]
    for array in kernel.layout.arguments:
        name = names.of("symbol", array.symbol)
        order = planes_first(array.axes, vectors)
        if order != list(range(len(order))):
            lines.append(f'{name} = _planes(_given["{name}"], {tuple(order)})')
        elif array.axes:
            lines.append(f'{name} = np.ascontiguousarray(_given["{name}"])')
        else:
            lines.append(f'{name} = _given["{name}"]')
    for array in kernel.layout.results:
        made = _zeros(array, kernel)
        if takes_out(prepared, kernel):
            shape = "_shape" if prepared.pointwise else _shape(array, kernel)
            taken = f"_taken(out, {shape}, dtype, _given){'.reshape(-1)' if prepared.pointwise else ''}"
            made = f"{made} if out is None else {taken}"
        lines.append(f"{names.of('symbol', array.symbol)} = {made}")
    return lines


def takes_out(prepared: Prepared, kernel: Compiled) -> bool:
    """Whether the result may go into an array that is given: it is one array, which the kernel fills as it lies."""
    if len(kernel.layout.results) != 1:
        return False
    (array,) = kernel.layout.results
    order = planes_first(array.axes, kernel.program.vectors)
    plain = bool(array.axes) and order == list(range(len(order))) and not _has_gaps(array, kernel)
    return prepared.pointwise or plain


def working_space(prepared: Prepared, kernel: Compiled) -> list[str]:
    """Lines that give the arrays in between their memory, one for each."""
    return [f"{prepared.names.of('symbol', array.symbol)} = {_zeros(array, kernel)}" for array in kernel.layout.inner]


def one_space(kernel: Compiled) -> str:
    """One array for all that the kernel needs in between."""
    sizes = [_entries(array, kernel) for array in kernel.layout.inner]
    zeros = any(_has_gaps(array, kernel) for array in kernel.layout.inner)
    return f"np.{'zeros' if zeros else 'empty'}({' + '.join(sizes)}, dtype)"


def _entries(array: Array, kernel: Compiled) -> str:
    return " * ".join(kernel.sizes[axis] for axis in array.axes) or "1"


def _shape(array: Array, kernel: Compiled) -> str:
    shape = [kernel.sizes[array.axes[number]] for number in planes_first(array.axes, kernel.program.vectors)]
    return f"({', '.join(shape)}{',' * (len(shape) == 1)})"


def _has_gaps(array: Array, kernel: Compiled) -> bool:
    """Whether loops leave out entries of an array, which are 0."""
    fills = (fill for fill in kernel.program.fills if fill.symbol == array.symbol)
    return any(place.excluded for fill in fills for place in fill.loops)


def _zeros(array: Array, kernel: Compiled) -> str:
    return f"np.{'zeros' if _has_gaps(array, kernel) else 'empty'}({_shape(array, kernel)}, dtype)"


def returned(prepared: Prepared, kernel: Compiled, scalar: str) -> str:
    """The line that gives the results back, in the shapes of the statement. ``scalar`` says what a number is."""
    found = []
    for array in kernel.layout.results:
        name = prepared.names.of("symbol", array.symbol)
        order = planes_first(array.axes, kernel.program.vectors)
        if prepared.pointwise:
            name = f"{name}.reshape(_shape)[()]{' if out is None else out' if takes_out(prepared, kernel) else ''}"
        elif not array.axes:
            name = scalar.format(name=name)
        elif order != list(range(len(order))):
            back = tuple(order.index(number) for number in range(len(order)))
            name = f"_planes({name}, {back})"
        found.append(name)
    return f"return {', '.join(found)}"
