"""The NumPy backend: the reference, which needs nothing else. Arrays broadcast, in blocks of the outermost index."""

from __future__ import annotations

from derive.kernels import runtime, runtime_matrices, runtime_special
from derive.kernels.components import written_out
from derive.kernels.factoring import arranged
from derive.kernels.layout import axes_of_fills
from derive.kernels.loops import OfMatrix, Program
from derive.kernels.module import Body
from derive.kernels.numpy_printer import NumpyPrinter
from derive.kernels.prepared import Prepared


def takes(program: Program, name: str) -> bool:
    """Whether a program takes the inverse, the exponential or such of a matrix."""
    return any(isinstance(fill.body, OfMatrix) and fill.body.name == name for fill in program.fills)


def numpy_body(prepared: Prepared) -> Body:
    """The kernel as NumPy."""
    lines = [f'{name} = _given["{name}"]' for name in [*prepared.arrays, *prepared.scalars]]
    if prepared.pointwise:
        lines = [f"{line}.reshape(_shape)" for line in lines]
    lines += [f'{name} = _sizes["{name}"]' for name in prepared.found_sizes]
    program = prepared.program
    if program.written_sizes:
        program = written_out(arranged(program), program.written_sizes)
    printer = NumpyPrinter(program, prepared.names, prepared.sizes, axes_of_fills(prepared.program))
    lines += printer.body(shaped=prepared.pointwise)
    helpers = (runtime._spread,)
    if not prepared.pointwise:
        helpers = (runtime._blocks, runtime._others, runtime._checked, runtime._agreed)
    helpers += (runtime._around, runtime._ahead) if printer.reach else ()
    text = "\n".join(lines)
    special = (runtime_special._has_terms, runtime_special._between, runtime_special._each)
    special += (runtime_special._binomial, runtime_special._log_binomial, runtime_special._balanced)
    helpers += tuple(one for one in special if f"{one.__name__}(" in text)
    helpers += (runtime._weighted,) if "_weighted(" in text else ()
    helpers += (runtime._log,) if "_log(" in text else ()
    standard = ("import math", "") if "math." in text or "_binomial(" in text else ()
    helpers += (runtime_matrices._log_determinant,) if takes(program, "log determinant") else ()
    helpers += (runtime_matrices._exponential,) if takes(program, "exponential") else ()
    return Body((*standard, "import numpy as np"), helpers, (), tuple(lines))
