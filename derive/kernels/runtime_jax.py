"""What modules for JAX need when they run; pasted as :mod:`runtime` is."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np


def _batch(size, width):
    """How many rows are computed at once."""
    return max(1, min(size, 1048576 // max(1, width)))


def _traced(shapes, given, wanted):
    """The arguments as JAX arrays of one type, that type, and the sizes on which their shapes agree."""
    import jax.numpy as jnp

    dtype, first = np.dtype(wanted), {}
    sizes = {axis: int(axis) for axes in shapes.values() for axis in axes if axis.isdigit()}
    for name, axes in shapes.items():
        value = given[name] if hasattr(given[name], "dtype") else np.asarray(given[name])
        if np.dtype(value.dtype).kind not in ("iufc" if dtype.kind == "c" else "iuf"):
            raise TypeError(
                f"{name} must hold {'complex' if dtype.kind == 'c' else 'real'} numbers; it holds {value.dtype}"
            )
        shape = np.shape(value)
        wanted = f"({', '.join(axes)}{',' * (len(axes) == 1)})" if axes else "(), a number"
        if len(shape) != len(axes):
            raise ValueError(f"{name} must have the shape {wanted}; its shape is {shape}")
        for axis, size in zip(axes, shape, strict=True):
            if sizes.setdefault(axis, size) != size:
                said = "" if axis.isdigit() else f" with {axis} = {sizes[axis]} as in {first[axis]}"
                raise ValueError(f"{name} must have the shape {wanted}{said}; its shape is {shape}")
            first.setdefault(axis, name)
    return {name: jnp.asarray(value, dtype) for name, value in given.items()}, dtype, sizes


def _traced_points(given, wanted):
    """Scalar arguments, each a number or an array, as JAX arrays of one type, that type, and their common shape."""
    import jax.numpy as jnp

    dtype = np.dtype(wanted)
    for name, value in given.items():
        kind = np.dtype(value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype)
        if kind.kind not in ("iufc" if dtype.kind == "c" else "iuf"):
            raise TypeError(f"{name} must hold {'complex' if dtype.kind == 'c' else 'real'} numbers; it holds {kind}")
    arrays = {name: jnp.asarray(value, dtype) for name, value in given.items()}
    shapes = [array.shape for array in arrays.values()]
    try:
        return arrays, dtype, jnp.broadcast_shapes(*shapes)
    except ValueError:
        said = ", ".join(f"{name} {shape}" for name, shape in zip(arrays, shapes, strict=True))
        raise ValueError(f"the shapes of the arguments do not broadcast together: {said}") from None


def _log_determinant_traced(matrix):
    """The logarithm of the determinant; of a real matrix with a negative one it is no number."""
    import jax.numpy as jnp

    sign, found = jnp.linalg.slogdet(matrix)
    return found + jnp.log(sign)


def _some(size, *excluded):
    """The index values 0 to size - 1 without those of the excluded indices, which differ; for JAX."""
    import jax.numpy as jnp

    values = jnp.arange(max(size - len(excluded), 0))
    for taken in jnp.sort(jnp.stack([jnp.asarray(one) for one in excluded])):
        values = values + (values >= taken)
    return values
