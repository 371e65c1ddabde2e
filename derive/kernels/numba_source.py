"""The Numba backend: Python loops that are compiled on first use, for one thread and for several."""

from __future__ import annotations

import inspect
from dataclasses import replace

from derive.kernels import runtime, runtime_matrices, runtime_special
from derive.kernels.c_printer import THREADS_PAY, cost
from derive.kernels.compiled import allocation, compiled, returned, takes_out, working_space
from derive.kernels.module import Body
from derive.kernels.numba_printer import NumbaCode, numba_source
from derive.kernels.numba_roots import IMPORTS, ROOTS, SHORT
from derive.kernels.prepared import Prepared
from derive.kernels.roots import summed_with_roots

COMPILED = '''
_KNOWN = {}
_at = np.uint64  # an index that does not count from the end


@functools.cache
def _compiled(function, parallel):
    """A function compiled for one thread or for several. Sums over a loop may be taken in any order.

    It is kept between runs where its module can be found again by name.
    """
    module = sys.modules.get(function.__module__)
    found = getattr(module, "__dict__", None) is function.__globals__
    keep = found and not function.__code__.co_filename.startswith("<")
    if parallel:  # what is kept on disk is told apart by name, and not by how it was compiled
        function = type(function)(function.__code__, function.__globals__)
        function.__qualname__ += "_parallel"
    return njit(parallel=parallel, fastmath={"reassoc", "contract"}, error_model="numpy", cache=keep)(function)
'''


FLOATS = (
    'if dtype.char not in "fdFD":',
    '    raise TypeError(f"Numba computes with float32, float64, complex64 and complex128, not with {dtype}")',
)
"""Of arguments whose type is kept."""
MATRICES = tuple(
    f"@njit\n{inspect.getsource(one)}" for one in (runtime_matrices._inverse, runtime_matrices._determinant)
)
EXPONENTIAL = tuple(
    f"@njit\n{inspect.getsource(one)}".replace("_by_loops", "")
    for one in (runtime_matrices._times, runtime_matrices._exponential_by_loops)
)


def numba_body(prepared: Prepared) -> Body:
    """The kernel as loops for Numba."""
    kernel = compiled(prepared)
    code = NumbaCode(prepared.names, kernel.sizes, kernel.layout, kernel.program.vectors, dtype=prepared.dtype)
    rooted = sorted({code.sizes[loop] for one in kernel.variants for loop in summed_with_roots(one.steps, code)})

    def key(dimension: object, short: object) -> str:
        """What chooses the loops of a call, as text."""
        return f"({dimension}, {short})" if rooted else f"{dimension}"

    functions: list[str] = []
    table: list[str] = []
    for variant in kernel.variants:
        name = ""
        for short in (False, True) if rooted else (False,):
            if not name or any(summed_with_roots(variant.steps, code)):
                name = prepared.names.fresh(f"{'short_' if short else ''}loops_{variant.dimension or 'n'}")
                functions.append("\n".join(numba_source(name, variant.steps, replace(code, short=short))))
            table.append(f"{key(variant.dimension, short)}: {name}")
    arrays = [*kernel.layout.arguments, *(r for r in kernel.layout.results if r.axes), *kernel.layout.inner]
    given = ", ".join([*kernel.open_sizes, *(_value(prepared, a.symbol, a.axes) for a in arrays)])
    scalars = [prepared.names.of("symbol", r.symbol) for r in kernel.layout.results if not r.axes]
    dimension = kernel.sizes[kernel.vector] if kernel.vector is not None else "None"
    work = cost(kernel.variants[-1].steps, kernel.sizes).replace("(double)", "")
    left = f"{', '.join(scalars)}{',' * (len(scalars) == 1)} = " if scalars else ""
    lines = [
        *(FLOATS if prepared.dtype is None else ()),
        *allocation(prepared, kernel),
        *working_space(prepared, kernel),
        *([f"_short = {' and '.join(f'{size} < LIMITS[0]' for size in rooted)}"] if rooted else []),
        f"_loops = _LOOPS.get({key(dimension, '_short')}, _LOOPS[{key(None, '_short')}])",
        f"{left}_compiled(_loops, {work} > {2 * THREADS_PAY})({given})",
        returned(prepared, kernel, "dtype.type({name})"),
    ]
    check = (runtime._spread,) if prepared.pointwise else (runtime._checked, runtime._agreed)
    taken = (runtime._taken,) if takes_out(prepared, kernel) else ()
    text = "\n".join(functions)
    special = tuple(
        f"@njit\n{inspect.getsource(one)}".replace("_of_one", "")
        for one in (
            runtime_special._has_terms_of_one,
            runtime_special._binomial_of_one,
            runtime_special._log_binomial_of_one,
        )
        if f"{one.__name__.removesuffix('_of_one')}(" in text
    )
    standard = ("import math",) if "math." in "".join((text, *special)) else ()
    roots, for_roots = ((ROOTS,), IMPORTS) if "= _begun()" in text else ((), ())
    matrices = MATRICES if kernel.of_matrices - {"exponential"} else ()
    matrices += EXPONENTIAL if "exponential" in kernel.of_matrices else ()
    limits = (f"LIMITS = [{SHORT}]  # below which length loops are short",) if rooted else ()
    return Body(
        (
            *("import functools", *standard, "import sys", "", "import numpy as np"),
            *("from numba import njit, prange", *for_roots),
        ),
        (*check, *taken, runtime._planes),
        (*special, *matrices, *roots, *functions, *limits, f"_LOOPS = {{{', '.join(table)}}}", COMPILED),
        tuple(lines),
        check="_checked(SHAPES, {given}, {dtype}, _KNOWN)",
        takes_out=takes_out(prepared, kernel),
        settings=f"LIMITS[:] in ([0], [{SHORT}])" if rooted else "",
    )


def _value(prepared: Prepared, symbol: str, axes: tuple[str, ...]) -> str:
    name = prepared.names.of("symbol", symbol)
    return name if axes else f"{name}[()]"
