"""The C backend: a module that holds its own C99 source, and builds it with the system's compiler on first use."""

from __future__ import annotations

from derive.kernels import runtime
from derive.kernels.c_printer import CCode, c_source
from derive.kernels.compiled import allocation, compiled, returned
from derive.kernels.module import Body, Prepared

KERNELS = '''
_KERNELS = {}


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
    arrays = (*kernel.layout.arguments, *kernel.layout.results, *kernel.layout.inner)
    listed = ", ".join(prepared.names.of("symbol", array.symbol) for array in arrays)
    dimension = kernel.sizes[kernel.vector] if kernel.vector is not None else "None"
    sizes = ", ".join(kernel.open_sizes)
    lines = [
        *allocation(prepared, kernel),
        f"_kernel({dimension})([{sizes}], [{listed}])",
        returned(prepared, kernel, "{name}[()]"),
    ]
    check = runtime._spread if prepared.pointwise else runtime._checked
    return Body(
        ("import numpy as np",),
        (check, runtime._planes, runtime._library, runtime._c_kernel),
        ("\n".join(["SOURCES = {", *sources, "}"]), KERNELS),
        tuple(lines),
        check=f"_checked(SHAPES, {{given}}, {dtype!r})",
        check_points=f"_spread({{given}}, {dtype!r})",
    )
