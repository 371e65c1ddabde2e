"""What roots by iteration need in Numba: the text of the functions, which an exported module has in it.

The iteration is compiled without the licence to reorder sums, which might undo it, and the compiler puts it into the
loops that use it. LLVM takes vectors of half the width that a processor with AVX-512 has, unless the function says
otherwise. Roots of the compiler are no faster in wide vectors; multiplications are.
"""

SHORT = 100
"""Below how many values a loop that sums uses the roots of the compiler."""
IMPORTS = (
    "from numba.core.registry import cpu_target",
    "from numba.core.types import Complex, Float, float64, int64",
    "from numba.extending import intrinsic, overload",
)
ROOTS = '''
# Roots by multiplications, where vectors are wide enough for these to be faster than the divider.
_ITERATED = "+avx512f" in cpu_target.target_context.codegen().magic_tuple()[2].split(",")
_AS_WRITTEN = {"fastmath": {"contract"}, "error_model": "numpy"}


@intrinsic
def _estimate(_, x):
    """About one by the root of a double, by its bits."""

    def code(context, builder, signature, given):
        whole = context.get_value_type(int64)
        half = builder.ashr(builder.bitcast(given[0], whole), whole(1))
        return builder.bitcast(builder.sub(whole(0x5FE6EB50C7B537A9), half), given[0].type)

    return float64(float64), code


@intrinsic
def _begun(_):
    """What roots are off before there are any, 0. The function that asks for it runs in vectors of the full width."""

    def code(context, builder, signature, given):
        if _ITERATED and isinstance(builder.function.attributes, set):
            set.add(builder.function.attributes, '"prefer-vector-width"="512"')  # its own method knows no such name
        return context.get_constant(float64, 0.0)

    return float64(), code


@njit(**_AS_WRITTEN)
def _two_steps(x):
    y = _estimate(x)
    e = 1.0 - x * y * y
    y += y * e * (0.5 + 0.375 * e)
    e = 1.0 - x * y * y
    return y + y * e * (0.5 + 0.375 * e)


def _root(x):
    """The root, and what its iteration was off before the last step."""
    return np.sqrt(x), 0.0


def _inverse_root(x):
    """One by the root, and what its iteration was off before the last step."""
    return 1.0 / np.sqrt(x), 0.0


@overload(_root, jit_options=_AS_WRITTEN)
def _root_of(x):
    def by_steps(x):
        y = _two_steps(x)
        found = x * y
        e = 1.0 - found * y
        return found + 0.5 * found * e, e

    return by_steps if _ITERATED and x == float64 else _root


@overload(_inverse_root, jit_options=_AS_WRITTEN)
def _inverse_root_of(x):
    def by_steps(x):
        y = _two_steps(x)
        e = 1.0 - x * y * y
        return y + 0.5 * y * e, e

    kind = x if isinstance(x, Float | Complex) else float64  # 1.0 is a double, and so is what it is divided by
    return by_steps if _ITERATED and x == float64 else lambda x: (kind(1) / np.sqrt(x), 0.0)
'''
"""The functions by which ``NumbaCode`` prints roots in loops that may run again."""
