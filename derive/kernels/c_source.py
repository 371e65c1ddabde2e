"""The C backend: a module that holds its own C99 source, and builds it with the system's compiler on first use."""

from __future__ import annotations

from derive.kernels import runtime
from derive.kernels.c_printer import LIMITS, CCode, c_source
from derive.kernels.compiled import allocation, compiled, one_space, returned, takes_out
from derive.kernels.module import Body
from derive.kernels.prepared import Prepared

KERNELS = '''
_KERNELS = {}
_KNOWN = {}


def _kernel(dimension):
    """The built kernel for a number of dimensions."""
    key = dimension if dimension in SOURCES else None
    if key not in _KERNELS:
        _KERNELS[key] = _c_kernel(SOURCES[key])
    return _KERNELS[key]
'''


def c_body(prepared: Prepared) -> Body:
    """The kernel as C."""
    kernel = compiled(prepared)
    dtype = prepared.dtype or "float64"
    code = CCode(prepared.names, kernel.sizes, kernel.layout, kernel.program.vectors, dtype=dtype)
    sources = [f'    {variant.dimension!r}: r"""\n{c_source(variant.steps, code)}""",' for variant in kernel.variants]
    arrays = (*kernel.layout.arguments, *kernel.layout.results)
    listed = [prepared.names.of("symbol", array.symbol) for array in arrays]
    listed += [one_space(kernel)] if kernel.layout.inner else []
    dimension = kernel.sizes[kernel.vector] if kernel.vector is not None else "None"
    limited = any(code.limit(number) in text for text in sources for number in range(len(LIMITS)))
    sizes = ", ".join([*kernel.open_sizes, *(["*LIMITS"] if limited else [])])
    limits = [f"LIMITS = {list(LIMITS)}"] if limited else []
    lines = [
        *allocation(prepared, kernel),
        f"_kernel({dimension})([{sizes}], [{', '.join(listed)}])",
        returned(prepared, kernel, "{name}[()]"),
    ]
    check = (runtime._spread,) if prepared.pointwise else (runtime._checked, runtime._agreed)
    taken = (runtime._taken,) if takes_out(prepared, kernel) else ()
    return Body(
        ("import numpy as np",),
        (*check, *taken, runtime._planes, runtime._library, runtime._c_kernel),
        ("\n".join(["SOURCES = {", *sources, "}"]), *limits, KERNELS),
        tuple(lines),
        check=f"_checked(SHAPES, {{given}}, {dtype!r}, _KNOWN)",
        check_points=f"_spread({{given}}, {dtype!r})",
        takes_out=takes_out(prepared, kernel),
        has_rows=any("LANES" in text for text in sources),
        settings=f"LIMITS[:] in ({[0] * len(LIMITS)}, {list(LIMITS)})" if limited else "",
    )
