"""Square roots in C by multiplications, where a processor divides slowly and multiplies in wide vectors.

A root takes the divider of a processor for longer than twenty multiplications take. So innermost loops compute it from
an estimate of 1/√x by three steps of iteration, which is right to the last place but one, as the bound on rounding
allows. The loop sums the squares of what the iteration was still off before its last step. Where that is not tiny (of
0, infinities, negative numbers and those too small for the estimate it is not) the loop runs again with the roots of
the compiler, so that its values are those.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from derive.kernels.loops import Function, nodes
from derive.kernels.nests import For, Step

if TYPE_CHECKING:
    from derive.kernels.c_printer import CCode

BLOCK = 512
"""How many points are computed before it is seen whether their roots are right."""
SHORT = 200
"""Below how many values a loop that sums uses the roots of the compiler."""
FEW = "1e-17"
"""What the sum of squares must be below: then the last step, which squares what was off, leaves nothing."""
WIDE = """
#if defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target("prefer-vector-width=512")))
#else
#define WIDE
#endif
"""
ROOTS = """
#ifdef __AVX512F__
#include <string.h>
static inline double estimate(double x, double *e) {
    long bits;
    double y;
    memcpy(&bits, &x, sizeof bits);
    bits = 0x5fe6eb50c7b537a9 - (bits >> 1);
    memcpy(&y, &bits, sizeof y);
    *e = 1 - x * y * y;
    y += y * *e * (0.5 + 0.375 * *e);
    *e = 1 - x * y * y;
    return y + y * *e * (0.5 + 0.375 * *e);
}
static inline double root(double x, double *off) {
    double e;
    const double y = estimate(x, &e), found = x * y;
    e = 1 - found * y, *off += e * e;
    return found + 0.5 * found * e;
}
static inline double inverse_root(double x, double *off) {
    double e;
    const double y = estimate(x, &e);
    e = 1 - x * y * y, *off += e * e;
    return y + 0.5 * y * e;
}
#else
#define root(x, off) sqrt(x)
#define inverse_root(x, off) (1 / sqrt(x))
#endif
"""


def has_fast_roots(step: For, code: CCode) -> bool:
    """Whether the roots in a loop may be computed so: it can be run again, and runs in vectors."""
    if code.short or step.loop.small or step.loop.limits:
        return False
    again = not step.outermost or (not step.gathers and not step.loop.excluded)
    vectors = step.innermost and len(step.loop.excluded) < 2 and code.dtype == "float64"
    return again and vectors and any(is_root(node) for one in step.steps for node in _nodes(one))


def summed_with_roots(steps: tuple[Step, ...], code: CCode) -> Iterator[str]:
    """The ranges of the loops that sum and whose roots are computed so."""
    for step in steps:
        if isinstance(step, For):
            yield from summed_with_roots(step.steps, code)
            if has_fast_roots(step, code) and step.gathers:
                yield step.loop.range


def is_root(node: object) -> bool:
    return isinstance(node, Function) and node.name == "sqrt"


def _nodes(step: object) -> Iterator[object]:
    value = getattr(step, "value", None)
    return nodes(value) if value is not None else iter(())


def with_fast_roots(step: For, code: CCode, threads: str) -> Iterator[str]:
    """The lines of a loop, and of the same loop to be run where a root failed. ``threads`` says where several run."""
    code.off = code.names.fresh("off")
    failed = f"if (!({code.off} < {FEW})) {{"
    if not step.outermost:
        yield f"double {code.off} = 0;"
        yield from code.loop(step)
        code.off = ""
        yield failed
        for name, operation in step.gathers:
            yield f"    {name} = {code.starts[operation]};"
        yield from _indented(code.loop(step))
        yield "}"
        return
    size, name = code.sizes[step.loop.range], step.loop.name
    first, last = (code.names.fresh(f"{name}_{kind}") for kind in ("first", "last"))
    yield f"#pragma omp parallel for schedule(static) if({threads})"
    yield f"for (long {first} = 0; {first} < {size}; {first} += {BLOCK}) {{"
    yield f"    const long {last} = {size} - {first} < {BLOCK} ? {size} : {first} + {BLOCK};"
    yield f"    double {code.off} = 0;"
    yield f"#pragma omp simd reduction(+:{code.off})"
    yield from _indented(code.counted(None, name, first, last, list(code.steps(step.steps))))
    code.off = ""
    yield f"    {failed}"
    yield "#pragma omp simd"
    yield from _indented(_indented(code.counted(None, name, first, last, list(code.steps(step.steps)))))
    yield "    }"
    yield "}"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    yield from (line if line.startswith("#") else f"    {line}" for line in lines)


__all__ = ["ROOTS", "SHORT", "WIDE", "has_fast_roots", "is_root", "summed_with_roots", "with_fast_roots"]
