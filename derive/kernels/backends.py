"""The backends by name, and what one does with a kernel: its text, a file, a function."""

from __future__ import annotations

import builtins
import itertools
import linecache
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from derive.kernels.c_source import c_body
from derive.kernels.jax_source import jax_body
from derive.kernels.kernel import DTYPES, KernelError, KernelInput, Options
from derive.kernels.module import Backend, module_text
from derive.kernels.numba_source import numba_body
from derive.kernels.numpy_source import numpy_body
from derive.kernels.prepared import prepare
from derive.kernels.special import require

BACKENDS: dict[str, Backend] = {"numpy": numpy_body, "numba": numba_body, "c": c_body, "jax": jax_body}
NEEDS = {"numpy": "numpy", "numba": "numba", "c": "cffi", "jax": "jax"}
"""The library that an exported module imports besides NumPy; the extra of the same name as the backend installs it."""
_NUMBERS = itertools.count(1)


def source(
    kernel: KernelInput,
    *,
    backend: str = "numpy",
    gradient: Sequence[str] = (),
    dtype: str | None = None,
    self_test: bool = True,
) -> str:
    """The text of a module with one function that computes the kernel.

    The function is named after the left side. It takes the arrays that the right side needs in the order of the
    notation table, and scalars by keyword; the sizes of the index ranges come from the shapes. A kernel of scalars
    alone takes arrays of them as well, point by point. With ``gradient``, names of arguments, it returns the value and
    its derivative by each. Run as a program, the module checks itself on test vectors that are computed here, exactly,
    from the statement.

    ``dtype`` is float64, float32 or complex128; without it NumPy and Numba keep the type of the arguments, and C and
    JAX take float64.

    Raises KernelError for a construct that cannot be compiled, for a statement without a finite value, and for a
    backend, argument or type that is not known.
    """
    if backend not in BACKENDS:
        raise KernelError(f"there is no backend {backend!r}; backends: {', '.join(BACKENDS)}")
    if dtype is not None and dtype not in DTYPES:
        raise KernelError(f"there is no dtype {dtype!r}; dtypes: {', '.join(DTYPES)}")
    options = Options(tuple(dict.fromkeys(gradient)), dtype)
    prepared = prepare(kernel, options)
    require(prepared.program, backend, prepared.dtype)
    return module_text(prepared, BACKENDS[backend], self_test=self_test)


def compile(
    kernel: KernelInput, *, backend: str = "numpy", gradient: Sequence[str] = (), dtype: str | None = None
) -> Callable[..., Any]:
    """The function of the module, ready to be called. Raises KernelError as :func:`source` does.

    It also raises KernelError where the library of the backend is not installed.
    """
    text = source(kernel, backend=backend, gradient=gradient, dtype=dtype, self_test=False)
    if find_spec(NEEDS[backend]) is None:
        raise KernelError(
            f"the backend {backend} needs {NEEDS[backend]}: pip install 'derive-verifier[{backend}]' installs it"
        )
    name = f"<kernel {next(_NUMBERS)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space: dict[str, Any] = {"__name__": "kernel"}
    exec(builtins.compile(text, name, "exec"), space)
    return next(value for value in reversed(space.values()) if getattr(value, "__module__", None) == "kernel")


def lambdify(kernel: KernelInput, **options: Any) -> Callable[..., Any]:
    """A callable at once: :func:`compile` for NumPy, where nothing is built."""
    return compile(kernel, **options)


def export(
    kernel: KernelInput,
    path: Path,
    *,
    backend: str = "numpy",
    gradient: Sequence[str] = (),
    dtype: str | None = None,
) -> Path:
    """Writes the module to a file, and returns its path. Raises KernelError as :func:`source` does."""
    text = source(kernel, backend=backend, gradient=gradient, dtype=dtype)
    path = Path(path)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
