"""Nests over lattices in C: blocks of rows that stay in a processor's cache, and results that go past it.

A loop over sites whose body needs their neighbours reads each entry several times, and between two of these uses lies
one value of the outermost index: more than a cache may hold. So the outermost loop runs over one block of the next
index at a time.

The rows of a block lie one behind the other in the result. How each is computed says ``c_strips``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from derive.kernels.c_strips import RowCode, Rows, indented
from derive.kernels.layout import planes_first
from derive.kernels.loops import loop_of
from derive.kernels.nest_code import shifts
from derive.kernels.nests import For, Let, Store

if TYPE_CHECKING:
    from derive.kernels.c_printer import CCode

BLOCK = 65_536
"""About how many entries of all arrays one value of the outermost index has in a block: half a megabyte."""
PIECES = 64
"""How many pieces of work there are at least, where the lattice has as many rows, so that threads get equal shares."""
PAST_CACHE = 1 << 26
"""A result of more bytes goes past the cache."""
REGISTERS = 20
"""How many values of outer loops there may be without a table."""


def rows_of(step: For, code: CCode) -> Rows | None:
    """The loops of a step, if the body needs neighbours along the outermost one and its entries make up rows."""
    middle = step.steps[-1]
    if not isinstance(middle, For) or not shifts(step):
        return None
    inner = middle.steps[-1]
    if not isinstance(inner, For) or not inner.innermost or inner.gathers or inner.loop.excluded:
        return None
    rows = Rows(step, middle, inner, tuple(one for one in inner.steps if isinstance(one, Store)))
    whole = rows.stores and all(_is_row(one, middle, inner, code) for one in rows.stores)
    return rows if whole and all(isinstance(one, Let) for one in rows.before) else None


def _is_row(entry: Store, middle: For, inner: For, code: CCode) -> bool:
    """Whether the entries that a loop sets lie one behind the other, and those of the next row behind them."""
    axes = code.layout.axes(entry.symbol) or ()
    places = [entry.at[number] for number in planes_first(axes, code.vectors)] if axes else []
    alone = all(loop_of(place) != inner.loop for place in places[:-1])
    return places[-2:] == [middle.loop, inner.loop] and alone


def row_loops(rows: Rows, code: CCode, threads: str) -> Iterator[str]:
    """The lines of the loops. ``threads`` says where several threads run."""
    names = code.names
    one, two, three = (code.sizes[step.loop.range] for step in (rows.outer, rows.middle, rows.inner))
    outer, middle = rows.outer.loop.name, rows.middle.loop.name
    first, last = (names.of("bound", f"{middle} {kind}") for kind in ("first", "last"))
    block, large, short = names.fresh(f"{middle}_block"), names.fresh("large"), names.fresh("short_rows")
    most, share = names.fresh(f"{block}_most"), names.fresh(f"{block}_share")
    yield f"const long {most} = {BLOCK} / ({_planes(rows)} * {three} + 1) + 1;"
    yield f"const long {share} = {code.limit(2)} ? {one} * {two} / {code.limit(2)} + 1 : {two};"
    yield f"const long {block} = {most} < {share} ? {most} : {share};"
    yield f"const int {short} = {three} < 2 * LANES + {sum(rows.reach)};"
    yield f"const int {large} = {_large(rows, code, short)};"
    yield f"#pragma omp parallel if({threads})"
    yield "{"
    table = names.fresh("table") if len(rows.before) > REGISTERS else ""
    if table:
        code.table = {let.name: f"{table}[{number}]" for number, let in enumerate(rows.before) if isinstance(let, Let)}
        yield f"    real {table}[{len(rows.before)}];"
    yield "#pragma omp for collapse(2) schedule(static)"
    yield f"    for (long {first} = 0; {first} < {two}; {first} += {block}) {{"
    yield f"        for (long {outer} = 0; {outer} < {one}; {outer}++) {{"
    yield from indented([*code.neighbours(rows.outer), *code.steps(rows.outer.steps[:-1])], 3)
    yield f"            const long {last} = {two} - {first} < {block} ? {two} : {first} + {block};"
    yield f"            for (long {middle} = {first}; {middle} < {last}; {middle}++) {{"
    yield from indented(RowCode(rows, code, large, short, first, last, table).lines(), 4)
    yield "            }"
    yield "        }"
    yield "    }"
    yield "    FENCE;"
    yield "}"
    code.table = {}


def _large(rows: Rows, code: CCode, short: str) -> str:
    """Whether results go past the cache: they are large, and the lines of all begin at the same sites."""
    loops = (rows.outer.loop, rows.middle.loop, rows.inner.loop)
    starts = [code.load(store.symbol, rows.begin(store, *loops)) for store in rows.stores]
    same = (f"IN_LINE(&{start}) == IN_LINE(&{starts[0]})" for start in starts[1:])
    sites = " * ".join(code.sizes[loop.range] for loop in loops)
    bytes_ = f"(double){sites} * {len(starts)} * sizeof(real)"
    return " && ".join((f"LARGE({bytes_}, {code.limit(1)})", f"!{short}", *same))


def _planes(rows: Rows) -> int:
    """How many entries of all arrays a row needs for each of its sites, neighbours in the row not counted."""
    along = {rows.middle.loop, rows.inner.loop}
    found = {
        (load.symbol, tuple(place for place in load.at if loop_of(place) not in along))
        for load in rows.loads()
        if any(loop_of(place) == rows.inner.loop for place in load.at)
    }
    return len(found) + len(rows.stores)


__all__ = ["PAST_CACHE", "PIECES", "row_loops", "rows_of"]
