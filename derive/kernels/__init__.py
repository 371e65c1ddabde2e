"""Kernels: a statement compiled to a standalone module. A backend is a printer on one form, that of index loops."""

from derive.kernels.backends import BACKENDS, compile, export, lambdify, source
from derive.kernels.kernel import DTYPES, KernelError, KernelInput, Options, Provenance

__all__ = [
    "BACKENDS",
    "DTYPES",
    "KernelError",
    "KernelInput",
    "Options",
    "Provenance",
    "compile",
    "export",
    "lambdify",
    "source",
]
