"""What an exported module needs when it runs. The text of these functions is pasted into it, so each stands alone.

They may use ``np``, and what they import themselves; nothing of this package.
"""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np


def _checked(shapes, given, wanted=None, known=None):
    """The arguments as arrays of one floating-point type, that type, and the sizes on which their shapes agree.

    ``known`` keeps types and sizes by the shapes that were found good before.
    """
    key = tuple([(value.shape, value.dtype) if type(value) is np.ndarray else type(value) for value in given.values()])
    found = None if known is None else known.get(key)
    if found is None:
        found = _agreed(shapes, given, wanted)
        if known is not None and all(type(part) is tuple or part in (int, float, complex) for part in key):
            if len(known) > 99:
                known.clear()
            known[key] = found
    dtype, sizes = found
    arrays = {
        name: value if type(value) is np.ndarray and value.dtype is dtype else np.asarray(value, dtype)
        for name, value in given.items()
    }
    return arrays, dtype, sizes


def _agreed(shapes, given, wanted):
    """The floating-point type of the arguments and the sizes on which their shapes agree."""
    dtype = None if wanted is None else np.dtype(wanted)
    allowed = "iufc" if dtype is None or dtype.kind == "c" else "iuf"
    plain = []
    sizes = {axis: int(axis) for axes in shapes.values() for axis in axes if axis.isdigit()}
    for name, value in given.items():
        array = value if type(value) is np.ndarray else np.asarray(value)
        if array.dtype.kind not in allowed:
            kind = "real or complex" if "c" in allowed else "real"
            raise TypeError(f"{name} must hold {kind} numbers; it holds {array.dtype}")
        plain.append(value if type(value) in (int, float, complex) else array)
        axes = shapes[name]
        fits = array.ndim == len(axes)
        if not fits or any(sizes.setdefault(axis, size) != size for axis, size in zip(axes, array.shape, strict=False)):
            wanted = f"({', '.join(axes)}{',' * (len(axes) == 1)})" if axes else "(), a number"
            wrong = next(
                (axis for axis, size in zip(axes, array.shape, strict=False) if sizes.get(axis, size) != size), None
            )
            first = next((other for other in shapes if wrong in shapes[other]), None)
            said = f" with {wrong} = {sizes[wrong]} as in {first}" if fits and wrong and not wrong.isdigit() else ""
            raise ValueError(f"{name} must have the shape {wanted}{said}; its shape is {array.shape}")
    if dtype is None:
        dtype = np.result_type(*plain) if plain else np.dtype(float)
        dtype = np.dtype(float) if dtype.kind in "iu" else dtype
    return dtype, sizes


def _spread(given, wanted=None):
    """Scalar arguments, each a number or an array, as flat arrays of one type, that type, and their common shape."""
    for name, value in given.items():
        kind = np.asarray(value).dtype
        if kind.kind not in ("iufc" if wanted is None or np.dtype(wanted).kind == "c" else "iuf"):
            real = "real or complex" if wanted is None or np.dtype(wanted).kind == "c" else "real"
            raise TypeError(f"{name} must hold {real} numbers; it holds {kind}")
    arrays = [np.asarray(value) for value in given.values()]
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        said = ", ".join(f"{name} {array.shape}" for name, array in zip(given, arrays, strict=True))
        raise ValueError(f"the shapes of the arguments do not broadcast together: {said}") from None
    dtype = np.dtype(wanted) if wanted else np.result_type(float, *arrays)
    flat = [np.ascontiguousarray(np.broadcast_to(array, shape), dtype).reshape(-1) for array in arrays]
    return dict(zip(given, flat, strict=True)), dtype, shape


def _taken(out, shape, dtype, given):
    """The array that a result goes into, which must fit it and share no memory with the arguments."""
    kind = f"{type(out).__name__} of shape {np.shape(out)} and type {getattr(out, 'dtype', None)}"
    if not isinstance(out, np.ndarray) or out.shape != tuple(shape) or out.dtype != dtype:
        raise ValueError(f"out must be an array of shape {tuple(shape)} and type {np.dtype(dtype)}; it is a {kind}")
    if not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError("out must be an array that is contiguous and may be written to")
    for name, array in given.items():
        if np.may_share_memory(out, array):
            raise ValueError(f"out must not share memory with {name}")
    return out


def _blocks(size, width):
    """Slices of the outermost index, so that one block has about as many entries as a processor's cache holds."""
    step = max(1, 131072 // max(1, width))
    for start in range(0, size, step):
        yield slice(start, min(start + step, size))


def _others(size, *excluded):
    """The index values 0 to size - 1 along a new last axis, without those of the excluded indices, which differ."""
    values = np.arange(max(size - len(excluded), 0))
    for taken in np.sort(np.stack(np.broadcast_arrays(*excluded)), axis=0):
        values = values + (values >= taken[..., None])
    return values


def _weighted(weight, value):
    """Values times their weights, and 0 where the weight is 0."""
    weight, value = np.broadcast_arrays(weight, value)
    found = np.zeros(weight.shape, np.result_type(weight, value))
    np.multiply(weight, value, out=found, where=weight != 0)
    return found[()]


def _log(value):
    """The logarithm, minus infinity at 0."""
    with np.errstate(divide="ignore"):
        return np.log(value)


def _around(array, widths):
    """An array on a periodic lattice, with so many sites before and after it on each axis that lie across an edge."""
    shape = [size + before + after for size, (before, after) in zip(array.shape, widths, strict=True)]
    found = np.empty(shape, array.dtype)
    if not array.size:
        return found
    found[tuple(slice(before, before + size) for size, (before, _) in zip(array.shape, widths, strict=True))] = array
    for axis, (before, after) in enumerate(widths):
        size, place = array.shape[axis], (slice(None),) * axis
        for at in (*range(before), *range(before + size, before + size + after)):
            found[(*place, at)] = found[(*place, before + (at - before) % size)]
    return found


def _ahead(rows, by):
    """A slice, moved."""
    return slice(rows.start + by, rows.stop + by)


def _planes(array, order):
    """An array in the layout of the kernel, axes in this order."""
    return np.ascontiguousarray(array.transpose(order))


def _library(source):
    """The C source as a library: from the cache, or built by the system's C compiler. CC names another compiler."""
    import hashlib
    import os
    import platform
    import shlex
    import shutil
    import subprocess
    import tempfile
    from pathlib import Path

    command = shlex.split(os.environ.get("CC", "cc"))
    found = shutil.which(command[0]) if command else None
    if found is None:
        raise RuntimeError(f"no C compiler was found: {' '.join(command)!r} is not on the PATH; set CC to one")
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(errors="replace").splitlines() if facts.exists() else []
    machine = [platform.platform(), *sorted({line for line in lines if line.startswith(("model name", "flags"))})]
    compiler = [*command, os.path.realpath(found), str(os.stat(found).st_mtime_ns)]
    digest = hashlib.sha256("\n".join([*machine, *compiler, source]).encode()).hexdigest()[:32]
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(os.environ.get("DERIVE_KERNEL_CACHE") or os.path.join(home, "derive-kernels"))
    library = folder / f"{digest}.so"
    if library.exists():
        return library
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    plain = ["-std=gnu99", "-O3", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math"]
    tuned, threads, vector = ["-march=native"], ["-fopenmp"], ["-DVECTOR_FUNCTIONS"]
    attempts = ([*tuned, *threads, *vector], [*tuned, *threads], threads, tuned, [])
    said = ""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        written, built = Path(place, "kernel.c"), Path(place, "kernel.so")
        written.write_text(source, encoding="utf-8")
        for more in attempts:
            line = [*command, *plain, *more, str(written), "-o", str(built), "-lm"]
            done = subprocess.run(line, capture_output=True, text=True)
            if done.returncode == 0:
                os.replace(built, library)
                return library
            said = said or done.stderr.strip().split("\n")[0]
    raise RuntimeError(f"the C compiler {found} did not build the kernel: {said}")


def _c_kernel(source):
    """A function of sizes and arrays that runs the kernel of a C source."""
    import cffi

    ffi = cffi.FFI()
    ffi.cdef("void kernel(const long *sizes, void **arrays);")
    stays = getattr(ffi, "RTLD_NODELETE", 0)  # the threads of OpenMP outlive the call, and its library must too
    library = ffi.dlopen(str(_library(source)), ffi.RTLD_NOW | stays)
    new, buffer, nothing = ffi.new, ffi.from_buffer, ffi.NULL
    longs, pointers = ffi.typeof("long[]"), ffi.typeof("void *[]")

    def run(sizes, arrays):
        places = [buffer(array) if array.size else nothing for array in arrays]
        library.kernel(new(longs, sizes or (0,)), new(pointers, places))

    return run


def _close(found, expected, allowed):
    """Whether values have the shape that is expected, and are as near as is allowed."""
    expected = np.array(expected, dtype=float)
    found = np.asarray(found)
    return found.shape == expected.shape and bool(np.all(np.abs(found - expected) <= np.array(allowed)))


def _good(found, expected, close):
    """Whether the results of a function are near enough to what is expected."""
    found = found if isinstance(found, tuple) else (found,)
    return len(found) == len(expected) and all(map(close, found, *zip(*expected, strict=True)))


def _close_complex(found, expected, allowed):
    """Whether complex values have the shape that is expected, and are as near as is allowed."""
    expected = np.array(expected).astype(complex)
    found = np.asarray(found)
    return found.shape == expected.shape and bool(np.all(np.abs(found - expected) <= np.array(allowed)))


def _parts(names, given):
    """The arguments, of complex ones the real parts; and their imaginary parts by the names that these have."""
    arrays = {name: value if hasattr(value, "dtype") else np.asarray(value) for name, value in given.items()}
    for name, array in arrays.items():
        if np.dtype(array.dtype).kind not in ("iufc" if name in names else "iuf"):
            kind = "real or complex" if name in names else "real"
            raise TypeError(f"{name} must hold {kind} numbers; it holds {array.dtype}")
    real = {name: array.real if name in names else given[name] for name, array in arrays.items()}
    return real, {part: arrays[name].imag for name, part in names.items()}
