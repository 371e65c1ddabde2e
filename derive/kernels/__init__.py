"""Kernels: a statement compiled to a standalone module. A backend is a printer on one form, that of index loops."""

from derive.kernels.kernel import KernelError, KernelInput, Provenance
from derive.kernels.numpy_source import export, lambdify, source

__all__ = ["KernelError", "KernelInput", "Provenance", "export", "lambdify", "source"]
