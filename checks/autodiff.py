"""Gradients by automatic differentiation in JAX, in double precision for just these calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def value_and_gradient(function: Callable[..., Any], argument: int = 0) -> Callable[..., tuple[float, np.ndarray]]:
    """A scalar function of arrays, written with ``jax.numpy``, and its derivative by one argument; compiled."""
    import jax

    compiled = jax.jit(jax.value_and_grad(function, argnums=argument))

    def called(*arrays: Any) -> tuple[float, np.ndarray]:
        with jax.enable_x64(True):
            value, slope = compiled(*(np.asarray(array, float) for array in arrays))
            return float(value), np.asarray(slope, float)

    return called
