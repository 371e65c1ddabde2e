"""What modules with sums between limits and special functions need when they run; pasted as :mod:`runtime` is.

The functions that end with ``_traced`` are for JAX, which calls them without that; those with ``_of_one`` for Numba.
"""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import math

import numpy as np


def _has_terms(lower, upper):
    """Whether limits are whole numbers, of which the upper one is no more than one below the lower one."""
    whole = (np.floor(lower) == lower) & (np.floor(upper) == upper)
    return whole & (upper >= lower - 1) & (np.abs(lower) < 1e15) & (np.abs(upper) < 1e15)


def _between(lower, upper):
    """The whole numbers that are between some of the limits."""
    has = _has_terms(lower, upper) & (upper >= lower)
    if not np.any(has):
        return np.empty(0)
    lower, upper = np.broadcast_to(lower, has.shape)[has], np.broadcast_to(upper, has.shape)[has]
    return np.arange(np.min(lower), np.max(upper) + 1)


def _each(function, values, at_poles):
    """A function of the standard library at each of some values; ``at_poles`` where it has none."""

    def one(value):
        try:
            return function(value)
        except ValueError:
            return at_poles
        except OverflowError:
            return np.inf

    values = np.asarray(values)
    found = [one(value) for value in values.ravel().tolist()]
    return np.array(found, values.dtype if values.dtype.kind == "f" else float).reshape(values.shape)[()]


def _binomial(n, k):
    """Binomial coefficients; 0 below 0, and no number where k is no whole number."""

    def one(n, k):
        if not k.is_integer():
            return np.nan
        if k < 0:
            return 0.0
        if n.is_integer():
            n, sign = (n, 1.0) if n >= 0 else (k - n - 1, (-1.0) ** k)
            if min(k, n - k) > 1100:
                return sign * np.inf
            try:
                return sign * float(math.comb(int(n), int(k)))
            except OverflowError:
                return sign * np.inf
        found, low, high = 1.0, 1, int(k)
        while low <= high and abs(found) < np.inf:
            low, high, j = (low + 1, high, low) if abs(found) < 1 else (low, high - 1, high)
            found = found * ((n - j + 1) / j)
        return found

    n, k = np.broadcast_arrays(np.asarray(n, float), np.asarray(k, float))
    found = [one(above, below) for above, below in zip(n.ravel().tolist(), k.ravel().tolist(), strict=True)]
    return np.array(found).reshape(n.shape)[()]


def _log_binomial(n, k):
    """Logarithms of the moduli of binomial coefficients above whole numbers, by those of factorials."""

    def log_factorial(value):
        try:
            return math.lgamma(value + 1)
        except ValueError:
            return np.inf

    def one(n, k):
        if k < 0:
            return -np.inf
        n = k - n - 1 if n.is_integer() and n < 0 else n
        return log_factorial(n) - log_factorial(k) - log_factorial(n - k)

    n, k = np.broadcast_arrays(np.asarray(n, float), np.asarray(k, float))
    found = [one(above, below) for above, below in zip(n.ravel().tolist(), k.ravel().tolist(), strict=True)]
    return np.array(found).reshape(n.shape)[()]


def _balanced(above, below, log):
    """A quotient of products; by the logarithm of its modulus where a factor may be too large or too small."""
    parts = np.broadcast_arrays(*above, *below)
    far = 10.0 ** ((37 if any(part.dtype == np.float32 for part in parts) else 300) // len(parts))
    near, sign, direct = True, 1.0, 1.0
    with np.errstate(all="ignore"):
        for number, part in enumerate(parts):
            near = near & (np.abs(part) > 1 / far) & (np.abs(part) < far)
            sign = sign * np.copysign(1.0, part)
            direct = direct * part if number < len(above) else direct / part
        return np.where(near, direct, sign * np.exp(log))[()]


def _has_terms_of_one(lower, upper):
    """Whether limits are whole numbers, of which the upper one is no more than one below the lower one."""
    whole = np.floor(lower) == lower and np.floor(upper) == upper
    return whole and upper >= lower - 1 and abs(lower) < 1e15 and abs(upper) < 1e15


def _binomial_of_one(n, k):
    """A binomial coefficient, as a running product; 0 below 0, and no number where k is no whole number."""
    if k != np.floor(k) or not abs(k) < 1e15:
        return np.nan
    if k < 0:
        return 0.0
    found, low = 1.0, 1.0
    if n != np.floor(n):
        while low <= k and abs(found) < np.inf:
            if abs(found) < 1:
                found = found * ((n - low + 1) / low)
                low += 1.0
            else:
                found = found * ((n - k + 1) / k)
                k -= 1.0
        return found
    if n < 0:
        found = 1.0 if k % 2 == 0 else -1.0
        n = k - n - 1
    if k > n:
        return 0.0
    k = min(k, n - k)
    while low <= k and abs(found) < np.inf:
        found = found * (n - k + low) / low
        low += 1.0
    return found


def _log_binomial_of_one(n, k):
    """The logarithm of the modulus of a binomial coefficient above a whole number, by those of factorials."""
    if k < 0:
        return -np.inf
    if n < 0 and n == np.floor(n):
        n = k - n - 1
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _has_terms_traced(lower, upper):
    """Whether limits are whole numbers, of which the upper one is no more than one below the lower one."""
    import jax.numpy as jnp

    whole = (jnp.floor(lower) == lower) & (jnp.floor(upper) == upper)
    return whole & (upper >= lower - 1) & (jnp.abs(lower) < 1e15) & (jnp.abs(upper) < 1e15)


def _binomial_traced(n, k):
    """A binomial coefficient, as a running product; 0 below 0, and no number where k is no whole number."""
    import jax
    import jax.numpy as jnp

    n, k = jnp.asarray(n, float), jnp.asarray(k, float)
    whole, below = jnp.floor(n) == n, k < 0
    sign = jnp.where(whole & (n < 0) & (k % 2 != 0), -1.0, 1.0)
    n = jnp.where(whole & (n < 0), k - n - 1, n)
    k = jnp.where(whole & (k <= n), jnp.minimum(k, n - k), k)
    none = below | (whole & (k > n))
    last = jnp.where(none | ~(jnp.abs(k) < 1e15), 0, jnp.where(whole, jnp.minimum(k, 1100), k)).astype(int)

    def step(j, state):
        found, low, high = state
        first = jnp.abs(found) < 1
        at = jnp.where(first, low, high)
        found = jnp.where(whole, found * (n - k + j) / j, found * ((n - at + 1) / at))
        return found, jnp.where(first, low + 1, low), jnp.where(first, high, high - 1)

    found = jax.lax.fori_loop(1, last + 1, step, (sign, jnp.ones_like(k), k))[0]
    return jnp.where(k == jnp.floor(k), jnp.where(none, 0.0, found), jnp.nan)


def _log_binomial_traced(n, k):
    """The logarithm of the modulus of a binomial coefficient above a whole number, by those of factorials."""
    import jax.numpy as jnp
    import jax.scipy.special

    n = jnp.where((n < 0) & (n == jnp.floor(n)), k - n - 1, n)
    one, two, three = (jax.scipy.special.gammaln(of + 1) for of in (n, k, n - k))
    return jnp.where(k < 0, -jnp.inf, one - two - three)


def _log_modulus_traced(value):
    """The logarithm of a modulus, minus infinity at 0, where its derivative is taken as 0."""
    import jax.numpy as jnp

    return jnp.where(value == 0, -jnp.inf, jnp.log(jnp.where(value == 0, 1, jnp.abs(value))))


def _balanced_traced(above, below, log):
    """A quotient of products; by the logarithm of its modulus where a factor may be too large or too small."""
    import jax.numpy as jnp

    parts = [jnp.asarray(part) for part in (*above, *below)]
    far = (1e37 if any(part.dtype == np.float32 for part in parts) else 1e300) ** (1 / len(parts))
    near, sign, direct = True, 1.0, 1.0
    for number, part in enumerate(parts):
        near = near & (jnp.abs(part) > 1 / far) & (jnp.abs(part) < far)
        sign = sign * jnp.copysign(1.0, part)
        direct = direct * part if number < len(above) else direct / part
    return jnp.where(near, direct, sign * jnp.exp(log))
