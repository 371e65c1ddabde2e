"""The rows of a lattice in C: strips that run in vectors, each as long as a line of the cache.

In a result that fits into a cache the last strip of a row may overlap the one before it, and sites whose neighbours are
at the other end of the row are computed one by one. A result that is larger is stored past the cache in whole lines, so
that the memory that it goes to need not be read first. A line may hold the end of one row and the beginning of the
next; in its strip, and where neighbours are at the other end, each entry finds its own place.

Where more values belong to outer loops than a processor has registers, they lie in a table, from which a strip takes
each as it needs it; else the compiler would copy all of them into vectors for each row. What no strip has used before
is asked for some lines ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from derive.kernels.layout import planes_first
from derive.kernels.loops import Fixed, Load, Loop, Place, Shifted, loop_of, nodes
from derive.kernels.nest_code import shifts
from derive.kernels.nests import For, Let, Step, Store

if TYPE_CHECKING:
    from derive.kernels.c_printer import CCode

STRIPS = """
#include <string.h>
#define LANES (64 / (long)sizeof(real))
#define IN_LINE(place) ((long)(place) / (long)sizeof(real) & (LANES - 1))
#ifdef __GNUC__
#define ALIGNED __attribute__((aligned(64)))
#define AT_HAND(table) __asm__ volatile("" : : "r"(table) : "memory")
#define SOON(place) __builtin_prefetch((place) + 12 * LANES)
#else
#define ALIGNED
#define AT_HAND(table)
#define SOON(place)
#endif
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
static inline void put(real *to, const real *from) {
    for (unsigned k = 0; k < 64 / sizeof(wide); k++) {
        wide value;
        memcpy(&value, (const char *)from + k * sizeof value, sizeof value);
        PUT((wide *)to + k, value);
    }
}
#else
#define LARGE(bytes, limit) 0
#define FENCE
#define put(to, from) memcpy(to, from, 64)
#endif
"""


@dataclass(frozen=True)
class Rows:
    """Three loops over a lattice: nothing but values before the next loop, and entries of a row in the inner one."""

    outer: For
    middle: For
    inner: For
    stores: tuple[Store, ...]

    @property
    def before(self) -> tuple[Step, ...]:
        """What is computed before the inner loop: values."""
        return (*self.outer.steps[:-1], *self.middle.steps[:-1])

    @property
    def reach(self) -> tuple[int, int]:
        """How many sites a site needs before and behind it in its row."""
        steps = shifts(self.inner) or [0]
        return max(-steps[0], 0), max(steps[-1], 0)

    def loads(self) -> list[Load]:
        """The entries that the inner loop uses."""
        steps = (step for step in self.inner.steps if isinstance(step, Let | Store))
        return [node for step in steps for node in nodes(step.value) if isinstance(node, Load)]

    def begin(self, store: Store, *loops: Loop) -> tuple[Place, ...]:
        """The place that is set where these loops begin."""
        return tuple(Fixed(0) if loop_of(place) in loops else place for place in store.at)


class RowCode:
    """Prints the rows of a block. ``large`` says where results go past the cache, and ``short`` where a row is too
    short for strips; ``first`` and ``last`` are the bounds of the block. ``table``, if there is one, has the
    values of outer loops.
    """

    def __init__(self, rows: Rows, code: CCode, large: str, short: str, first: str, last: str, table: str = "") -> None:
        fresh, index = code.names.fresh, rows.inner.loop.name
        self.rows, self.code, self.large, self.short, self.first, self.last = rows, code, large, short, first, last
        self.barrier = [f"AT_HAND({table});"] if table else []
        self.size, self.index, self.middle = code.sizes[rows.inner.loop.range], index, rows.middle.loop.name
        self.targets = [fresh("target") for _ in rows.stores]
        self.tile, self.lane = fresh("tile"), fresh("lane")
        self.line, self.at = fresh(f"{index}_line"), fresh(f"{index}_at")
        self.inside, self.beyond = fresh(f"{index}_inside"), fresh(f"{index}_beyond")
        self.tiles = {(store.symbol, store.at): f"{self.tile}[{n}][{self.lane}]" for n, store in enumerate(rows.stores)}
        self.entries = {
            (store.symbol, store.at): f"{target}[{index}]"
            for store, target in zip(rows.stores, self.targets, strict=True)
        }

    def lines(self) -> Iterator[str]:
        """The lines that compute one row."""
        rows, code = self.rows, self.code
        yield from (*code.neighbours(rows.middle), *code.steps(rows.middle.steps[:-1]))
        for target, store in zip(self.targets, rows.stores, strict=True):
            yield f"real *{target} = &{code.load(store.symbol, rows.begin(store, rows.inner.loop))};"
        yield from self.strips()
        yield f"if ({self.large}) {{"
        yield from indented(self.ends(), 1)
        yield "} else {"
        yield from indented(self.edges(), 1)
        yield "}"
        code.entries = {}

    def strips(self) -> Iterator[str]:
        """The lines of the strips inside a row: between ``inside`` and ``beyond``, where neighbours are in the row."""
        before, after = self.rows.reach
        into, line, at, inside, beyond = self.targets[0], self.line, self.at, self.inside, self.beyond
        last = f"{self.size} - {after}" if after else self.size
        yield f"const long {inside} = {self.large} ? {_line_from(into, before)} : {self.short} ? 0 : {before};"
        yield f"const long {beyond} = {self.short} ? {inside} : {last} - ({self.large} ? IN_LINE({into} + {last}) : 0);"
        yield f"for (long {line} = {inside}; {line} < {beyond}; {line} += LANES) {{"
        yield f"    const long {at} = {line} + LANES <= {beyond} ? {line} : {beyond} - LANES;"
        soon = " ".join(f"SOON(&{entry});" for entry in self.soon())
        yield f"    {{ const long {self.index} = {line}; {soon} }}"
        self.code.inner.add(self.index)
        body = [f"const long {self.index} = {at} + {self.lane};", *self.steps(self.tiles)]
        self.code.inner.remove(self.index)
        yield from indented(self.strip(body), 1)
        yield f"    if ({self.large}) {{"
        yield from (f"        put({target} + {at}, {self.tile}[{n}]);" for n, target in enumerate(self.targets))
        yield "    } else {"
        copies = (f"memcpy({target} + {at}, {self.tile}[{n}], 64);" for n, target in enumerate(self.targets))
        yield from (f"        {copy}" for copy in copies)
        yield "    }"
        yield "}"

    def edges(self) -> Iterator[str]:
        """The lines that compute what is left of a row, site by site."""
        edge = self.code.names.fresh(f"{self.index}_edge")
        yield f"for (long {edge} = 0; {edge} < {self.inside} + {self.size} - {self.beyond}; {edge}++) {{"
        yield from indented(self.barrier, 1)
        there = f"{edge} < {self.inside} ? {edge} : {edge} - {self.inside} + {self.beyond}"
        yield f"    const long {self.index} = {there};"
        yield from indented([*self.code.neighbours(self.rows.inner), *self.steps(self.entries)], 1)
        yield "}"

    def ends(self) -> Iterator[str]:
        """The lines that compute what is left of a row, in whole lines with what the next row has there."""
        fresh, size, into, line = self.code.names.fresh, self.size, self.targets[0], self.line
        begins, ends, start, stop = fresh("begins"), fresh("ends"), fresh(f"{line}_start"), fresh(f"{line}_stop")
        first, last, k = fresh(f"{self.lane}_first"), fresh(f"{self.lane}_last"), fresh("k")
        yield f"const int {begins} = {self.middle} == {self.first}, {ends} = {self.middle} + 1 == {self.last};"
        next_ = f"{size} + {_line_from(f'{into} + {size}', self.rows.reach[0])}"
        yield f"const long {stop} = {ends} ? {size} : {next_};"
        yield f"const long {start} = {begins} && -IN_LINE({into}) < {self.inside} ? -IN_LINE({into}) : {self.beyond};"
        further = f"{line} + LANES == {self.inside} ? {self.beyond} : {line} + LANES"
        yield f"for (long {line} = {start}; {line} < {stop}; {line} = {further}) {{"
        yield f"    const long {first} = {begins} && {line} < 0 ? -{line} : 0;"
        yield f"    const long {last} = {ends} && {line} + LANES > {size} ? {size} - {line} : LANES;"
        yield from indented(self.strip(self.own_place(first, last)), 1)
        yield f"    if ({last} - {first} == LANES) {{"
        yield from (f"        put({target} + {line}, {self.tile}[{n}]);" for n, target in enumerate(self.targets))
        yield "    } else {"
        copies = (f"{target}[{line} + {k}] = {self.tile}[{n}][{k}];" for n, target in enumerate(self.targets))
        yield f"        for (long {k} = {first}; {k} < {last}; {k}++) {{ {' '.join(copies)} }}"
        yield "    }"
        yield "}"

    def own_place(self, first: str, last: str) -> list[str]:
        """The body of a strip in which each entry finds its own place; outside of the bounds it takes one inside."""
        rows, code, size, lane = self.rows, self.code, self.size, self.lane
        site, row = code.names.fresh("site"), code.names.fresh("row")
        table = code.table
        kept = {let.name for let in rows.outer.steps[:-1] if isinstance(let, Let)}
        code.table = {name: entry for name, entry in table.items() if name in kept}
        body = [
            f"const long {site} = {self.line} + ({lane} < {first} ? {first} : {lane} < {last} ? {lane} : {last} - 1);",
            f"const long {row} = {self.middle} + ({site} >= {size});",
            f"const long {self.index} = {site} >= {size} ? {site} - {size} : {site};",
            f"const long {self.middle} = {row};",
            *code.neighbours(rows.middle),
            *code.steps(rows.middle.steps[:-1]),
            *code.neighbours(rows.inner),
            *self.steps(self.tiles),
        ]
        code.table = table
        return body

    def strip(self, body: list[str]) -> Iterator[str]:
        """The lines that compute a strip into the tiles."""
        yield f"real {self.tile}[{len(self.targets)}][LANES] ALIGNED;"
        yield from self.barrier
        yield from self.code.in_vectors(self.rows.inner)
        yield f"for (int {self.lane} = 0; {self.lane} < LANES; {self.lane}++) {{"
        yield from indented(body, 1)
        yield "}"

    def steps(self, entries: dict[tuple[str, tuple[Place, ...]], str]) -> list[str]:
        """The lines of a site, which sets these entries."""
        self.code.entries = entries
        return list(self.code.steps(self.rows.inner.steps))

    def soon(self) -> Iterator[str]:
        """The entries at a site that no other row has used before: of each array those that are furthest ahead."""
        rows, code = self.rows, self.code
        furthest: dict[tuple[str, tuple[Place | None, ...]], tuple[int, Load]] = {}
        for load in rows.loads():
            axes = code.layout.axes(load.symbol)
            if not axes or loop_of(load.at[planes_first(axes, code.vectors)[-1]]) != rows.inner.loop:
                continue
            at = tuple(loop_of(place) or place for place in load.at)
            by = next((p.by for p in load.at if isinstance(p, Shifted) and p.loop == rows.outer.loop), 0)
            if (load.symbol, at) not in furthest or by > furthest[load.symbol, at][0]:
                furthest[load.symbol, at] = by, load
        for _by, load in furthest.values():
            near = (place if loop_of(place) == rows.outer.loop else loop_of(place) or place for place in load.at)
            yield code.load(load.symbol, tuple(near))


def _line_from(place: str, first: int) -> str:
    """Where the first line of the cache begins at or behind an entry of a row."""
    there = f"{place} + {first}" if first else place
    return f"{f'{first} + ' if first else ''}(-IN_LINE({there}) & (LANES - 1))"


def indented(lines: Iterator[str] | list[str], by: int) -> Iterator[str]:
    """Lines of C within so many blocks; what is said to the compiler stays where it is."""
    yield from (line if line.startswith("#") else "    " * by + line for line in lines)


__all__ = ["STRIPS", "RowCode", "Rows", "indented"]
