"""Nests over lattices in C: blocks of rows that stay in a processor's cache, and results that go past it.

A loop over sites whose body needs their neighbours reads each entry several times, and between two of these uses lies
one value of the outermost index: more than a cache may hold. So the outermost loop runs over one block of the next
index at a time. A result that is larger than a cache is computed row by row in a buffer and stored from there, so that
the memory that it goes to need not be read first. Only whole lines of the cache are stored so: what is left of a row in
its last line waits for the next row. And an inner loop reads from where lines begin, since a vector that lies in two
lines is read twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from derive.kernels.layout import planes_first
from derive.kernels.loops import Fixed, Load, Place, loop_of, nodes
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
LINE = 64
"""How many bytes a line of the cache has."""
AHEAD = 64
"""How many entries there is room for before a row in its buffer."""
BUFFER = 8192
"""How many entries a buffer for rows may have."""
STREAM = """
#include <string.h>
#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512i wide;
#define PUT _mm512_stream_si512
#elif defined(__AVX__)
#include <immintrin.h>
typedef __m256i wide;
#define PUT _mm256_stream_si256
#elif defined(__SSE2__)
#include <immintrin.h>
typedef __m128i wide;
#define PUT _mm_stream_si128
#endif
#ifdef PUT
#define LARGE(bytes, limit) ((bytes) > (limit))
#define FENCE _mm_sfence()
static long past_cache(real *target, real *row, long held, long n, int last) {
    const char *from = (const char *)(row - held);
    char *to = (char *)(target - held);
    const long bytes = (held + n) * (long)sizeof(real), size = sizeof(wide), ahead = -(long)to & (size - 1);
    long k = ahead < bytes ? ahead : bytes;
    memcpy(to, from, k);
    for (wide value; k + size <= bytes; k += size) {
        memcpy(&value, from + k, size);
        PUT((void *)(to + k), value);
    }
    if (last) memcpy(to + k, from + k, bytes - k);
    else memmove((char *)row - (bytes - k), from + k, bytes - k);
    return last ? 0 : (bytes - k) / (long)sizeof(real);
}
#else
#define LARGE(bytes, limit) 0
#define FENCE
#define past_cache(to, from, held, n, last) 0
#endif
"""


@dataclass(frozen=True)
class Rows:
    """Three loops over a lattice: nothing but values before the next loop, and entries of a row in the inner one."""

    outer: For
    middle: For
    inner: For
    stores: tuple[Store, ...]


def rows_of(step: For, code: CCode) -> Rows | None:
    """The loops of a step, if the body needs neighbours along the outermost one and its entries make up rows."""
    middle = step.steps[-1]
    if not isinstance(middle, For) or not shifts(step):
        return None
    *values, inner = middle.steps
    if not isinstance(inner, For) or not inner.innermost or inner.gathers or inner.loop.excluded:
        return None
    stores = tuple(one for one in inner.steps if isinstance(one, Store))
    whole = stores and all(_in_a_row(one, inner, code) for one in stores)
    if not whole or not all(isinstance(one, Let) for one in values):
        return None
    return Rows(step, middle, inner, stores)


def _in_a_row(entry: Store | Load, inner: For, code: CCode) -> bool:
    """Whether the entries that a loop sets or uses lie one behind the other."""
    axes = code.layout.axes(entry.symbol)
    if not axes:
        return False
    *rest, last = (entry.at[number] for number in planes_first(axes, code.vectors))
    return last == inner.loop and all(loop_of(place) != inner.loop for place in rest)


def row_loops(rows: Rows, code: CCode, threads: str) -> Iterator[str]:
    """The lines of the loops. ``threads`` says where several threads run."""
    names = code.names
    one, two, three = (code.sizes[step.loop.range] for step in (rows.outer, rows.middle, rows.inner))
    outer, middle = rows.outer.loop.name, rows.middle.loop.name
    first, last = (names.of("bound", f"{middle} {kind}") for kind in ("first", "last"))
    block = names.fresh(f"{middle}_block")
    large, buffer = names.fresh("large"), names.fresh("buffer")
    count = len(rows.stores)
    most, share = names.fresh(f"{block}_most"), names.fresh(f"{block}_share")
    yield f"const long {most} = {BLOCK} / ({_planes(rows)} * {three} + 1) + 1;"
    yield f"const long {share} = {one} * {two} / {PIECES} + 1;"
    yield f"const long {block} = {most} < {share} ? {most} : {share};"
    bytes_ = f"(double){one} * {two} * {three} * {count} * sizeof(real)"
    yield f"const int {large} = LARGE({bytes_}, {code.limit(1)}) && {three} <= {BUFFER // count};"
    yield f"#pragma omp parallel if({threads})"
    yield "{"
    yield f"    real {buffer}[{large} ? {count} * ({three} + {AHEAD}) : 1];"
    yield "#pragma omp for collapse(2) schedule(static)"
    yield f"    for (long {first} = 0; {first} < {two}; {first} += {block}) {{"
    yield f"        for (long {outer} = 0; {outer} < {one}; {outer}++) {{"
    yield from _indented(_block(rows, code, first, last, block, large, buffer), 3)
    yield "        }"
    yield "    }"
    yield "    FENCE;"
    yield "}"


def _block(rows: Rows, code: CCode, first: str, last: str, block: str, large: str, buffer: str) -> Iterator[str]:
    """The rows of a block at one value of the outermost index."""
    middle, three = rows.middle.loop.name, code.sizes[rows.inner.loop.range]
    yield from (*code.neighbours(rows.outer), *code.steps(rows.outer.steps[:-1]))
    end = code.sizes[rows.middle.loop.range]
    yield f"const long {last} = {end} - {first} < {block} ? {end} : {first} + {block};"
    held = code.names.fresh("held")
    yield f"long {held}[{len(rows.stores)}] = {{0}};"
    yield f"for (long {middle} = {first}; {middle} < {last}; {middle}++) {{"
    body = [*code.neighbours(rows.middle), *code.steps(rows.middle.steps[:-1])]
    found: list[str] = []
    for number, store in enumerate(rows.stores):
        name = code.names.fresh("row")
        start = code.load(store.symbol, tuple(_begin(place, rows) for place in store.at))
        row = f"{buffer} + {number} * ({three} + {AHEAD}) + {AHEAD}"
        body.append(f"real *restrict {name} = {large} ? {row} : &{start};")
        place = f"{held}[{number}]"
        found.append(f"{place} = past_cache(&{start}, {name}, {place}, {three}, {middle} + 1 == {last});")
        code.rows[store.symbol, store.at] = f"{name}[{rows.inner.loop.name}]"
    code.leading = _leading(rows, code)
    body += [*code.steps((rows.inner,)), f"if ({large}) {{", *_indented(found, 1), "}"]
    code.rows.clear()
    code.leading = ""
    yield from _indented(body, 1)
    yield "}"


def _leading(rows: Rows, code: CCode) -> str:
    """Where the row begins of the array that has the most entries in the inner loop."""
    loads = [load for load in _loads(rows) if _in_a_row(load, rows.inner, code)]
    counts = Counter(load.symbol for load in loads)
    chosen = max(loads, key=lambda load: (counts[load.symbol], load.symbol, load.digest), default=None)
    return "" if chosen is None else f"&{code.load(chosen.symbol, tuple(_begin(place, rows) for place in chosen.at))}"


def from_aligned(code: CCode, name: str, first: str, last: str) -> tuple[list[str], str, str]:
    """Lines before a loop over a row that runs it twice, over the first few entries and from where lines of the cache
    begin, and the bounds of the loop. The first run may compute entries that the second computes again.
    """
    part, begin, end = (code.names.fresh(f"{name}_{kind}") for kind in ("part", "begin", "end"))
    few = f"{LINE} / (long)sizeof(real)"
    aligned = f"{first} + (-(long)({code.leading} + {first}) & {LINE - 1}) / (long)sizeof(real)"
    lines = [
        f"for (int {part} = 0; {part} < 2; {part}++) {{",
        f"    const long {begin} = {part} ? {aligned} : {first};",
        f"    const long {end} = {part} || {last} - {first} < {few} ? {last} : {first} + {few};",
    ]
    return lines, begin, end


def _loads(rows: Rows) -> list[Load]:
    steps = (step for step in rows.inner.steps if isinstance(step, Let | Store))
    return [node for step in steps for node in nodes(step.value) if isinstance(node, Load)]


def _begin(place: Place, rows: Rows) -> Place:
    return Fixed(0) if loop_of(place) == rows.inner.loop else place


def _planes(rows: Rows) -> int:
    """How many entries of all arrays a row needs for each of its sites, neighbours in the row not counted."""
    along = {rows.middle.loop, rows.inner.loop}
    found = {
        (load.symbol, tuple(place for place in load.at if loop_of(place) not in along))
        for load in _loads(rows)
        if any(loop_of(place) == rows.inner.loop for place in load.at)
    }
    return len(found) + len(rows.stores)


def _indented(lines: Iterator[str] | list[str], by: int) -> Iterator[str]:
    yield from (line if line.startswith("#") else "    " * by + line for line in lines)


__all__ = ["PAST_CACHE", "STREAM", "Rows", "from_aligned", "row_loops", "rows_of"]
