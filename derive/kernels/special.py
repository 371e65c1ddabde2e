"""Functions that not every backend has, and what the backends call them: those of their own libraries.

Binomial coefficients are running products: of whole numbers each step is exact while a double holds it; above others
small factors are taken while the product is large, and large ones while it is small. So nothing overflows before the
coefficient does. NumPy takes those of whole numbers from the standard library. ``log binomial`` is the logarithm of the
modulus of one, ``log modulus`` that of a number, minus infinity of 0; ``argument`` the angle of a complex number, by
its imaginary part and its real one, of which zeros have no sign: that of a negative number is π.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.kernels.kernel import KernelError
from derive.kernels.loops import Balanced, Node, Program, Reduce, Special, nodes

LIBRARIES = {
    "numpy": {
        "gamma": "_each(math.gamma, {0}, np.nan)",
        "log gamma": "_each(math.lgamma, {0}, np.inf)",
        "error function": "_each(math.erf, {0}, np.nan)",
        "complementary error function": "_each(math.erfc, {0}, np.nan)",
        "arctan": "np.arctan({0})",
        "arcsin": "np.arcsin({0})",
        "arccos": "np.arccos({0})",
        "argument": "np.arctan2({0} + 0.0, {1})",
        "binomial": "_binomial({0}, {1})",
        "log binomial": "_log_binomial({0}, {1})",
        "log modulus": "_log(np.abs({0}))",
    },
    "numba": {
        "gamma": "math.gamma({0})",
        "log gamma": "math.lgamma({0})",
        "error function": "math.erf({0})",
        "complementary error function": "math.erfc({0})",
        "arctan": "math.atan({0})",
        "arcsin": "math.asin({0})",
        "arccos": "math.acos({0})",
        "argument": "math.atan2({0} + 0.0, {1})",
        "binomial": "_binomial({0}, {1})",
        "log binomial": "_log_binomial({0}, {1})",
        "log modulus": "np.log(abs({0}))",
    },
    "c": {
        "gamma": "tgamma{f}({0})",
        "log gamma": "lgamma{f}({0})",
        "error function": "erf{f}({0})",
        "complementary error function": "erfc{f}({0})",
        "arctan": "atan{f}({0})",
        "arcsin": "asin{f}({0})",
        "arccos": "acos{f}({0})",
        "argument": "atan2{f}({0} + 0, {1})",
        "Bessel J": "bessel_j({0}, {1})",
        "Bessel Y": "bessel_y({0}, {1})",
        "binomial": "binomial({0}, {1})",
        "log binomial": "log_binomial({0}, {1})",
        "log modulus": "log{f}(fabs{f}({0}))",
    },
    "jax": {
        "gamma": "jax.scipy.special.gamma({0})",
        "log gamma": "jax.scipy.special.gammaln({0})",
        "digamma": "jax.scipy.special.digamma({0})",
        "zeta": "jax.scipy.special.zeta({0}, 1)",
        "error function": "jax.scipy.special.erf({0})",
        "complementary error function": "jax.scipy.special.erfc({0})",
        "arctan": "jnp.arctan({0})",
        "arcsin": "jnp.arcsin({0})",
        "arccos": "jnp.arccos({0})",
        "argument": "jnp.arctan2(jnp.where({0} == 0, 0.0, {0}), {1})",
        "binomial": "_binomial({0}, {1})",
        "log binomial": "_log_binomial({0}, {1})",
        "log modulus": "_log_modulus({0})",
    },
}
"""What computes a function in each backend, by its arguments; ``{f}`` is the suffix of a C type."""
KNOWN = frozenset(name for library in LIBRARIES.values() for name in library)


def special_nodes(program: Program) -> Iterator[Node]:
    """The functions of the libraries in a program, its balanced products and its loops between limits."""
    for fill in program.fills:
        for node in nodes(fill.body):
            if isinstance(node, Special | Balanced) or (isinstance(node, Reduce) and node.loop.limits):
                yield node


def backends_of(program: Program) -> tuple[str, ...]:
    """The backends whose libraries have all functions of a program."""
    names = {node.name for node in special_nodes(program) if isinstance(node, Special)}
    return tuple(backend for backend, library in LIBRARIES.items() if names <= library.keys())


def require(program: Program, backend: str, dtype: str | None) -> None:
    """Raises KernelError where a backend, or complex numbers, lack what a program needs."""
    for node in special_nodes(program):
        if dtype == "complex128":
            what = f"the function {node.name}" if isinstance(node, Special) else "a sum between limits or a factorial"
            raise KernelError(f"{what} is of real numbers here: there is no kernel of it with the dtype complex128")
        if isinstance(node, Special) and node.name not in LIBRARIES[backend]:
            having = ", ".join(name for name, library in LIBRARIES.items() if node.name in library) or "none"
            raise KernelError(
                f"the libraries of the backend {backend} do not have the function {node.name}; backends that have it:"
                f" {having}"
            )


__all__ = ["KNOWN", "LIBRARIES", "backends_of", "require", "special_nodes"]
