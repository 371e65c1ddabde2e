"""A kernel as a standalone Python module that imports NumPy and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from pprint import pformat
from typing import Any

from derive.kernels.kernel import KernelInput, Provenance
from derive.kernels.loops import Program
from derive.kernels.lowering import lower
from derive.kernels.names import Names
from derive.kernels.numpy_printer import NumpyPrinter
from derive.kernels.vectors import exact_vectors

HELPERS = '''
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


def _checked(**given):
    """The arguments as arrays of one floating-point type, that type, and the sizes on which their shapes agree."""
    plain = []
    for name, value in given.items():
        if np.asarray(value).dtype.kind not in "iufc":
            raise TypeError(f"{name} must hold real or complex numbers; it holds {np.asarray(value).dtype}")
        plain.append(value if type(value) in (int, float, complex) else np.asarray(value))
    dtype = np.result_type(*plain) if plain else np.dtype(float)
    if dtype.kind in "iu":
        dtype = np.dtype(float)
    sizes, first = {}, {}
    for name, axes in SHAPES.items():
        shape = np.shape(given[name])
        wanted = f"({', '.join(axes)}{',' * (len(axes) == 1)})" if axes else "(), a number"
        if len(shape) != len(axes):
            raise ValueError(f"{name} must have the shape {wanted}; its shape is {shape}")
        for axis, size in zip(axes, shape):
            if sizes.setdefault(axis, size) != size:
                said = f"with {axis} = {sizes[axis]} as in {first[axis]}"
                raise ValueError(f"{name} must have the shape {wanted} {said}; its shape is {shape}")
            first.setdefault(axis, name)
    return {name: np.asarray(value, dtype) for name, value in given.items()}, dtype, sizes
'''
SELF_TEST = '''
def self_test():
    """Runs the function on the exact test vectors. Returns how many passed and how many failed."""
    passed = failed = 0
    for arguments, expected, allowed in VECTORS:
        given = {name: np.array(value) if SHAPES.get(name) else value for name, value in arguments.items()}
        expected = np.array(expected, dtype=float)
        found = np.asarray(%(function)s(**given))
        good = found.shape == expected.shape and bool(np.all(np.abs(found - expected) <= np.array(allowed)))
        passed, failed = passed + good, failed + (not good)
    return passed, failed


if __name__ == "__main__":
    passed, failed = self_test()
    print(f"{passed} passed, {failed} failed")
    raise SystemExit(failed > 0)
'''


def source(kernel: KernelInput, *, self_test: bool = True) -> str:
    """The text of a module with one function that computes the kernel.

    The function is named after the left side. It takes the arrays that the right side needs in the order of the
    notation table, and scalars by keyword; the sizes of the index ranges come from the shapes. Run as a program, the
    module checks itself on test vectors that are computed here, exactly, from the statement.

    Raises KernelError for a construct that cannot be compiled, and for a statement without a finite value.
    """
    program = lower(kernel)
    names = Names()
    symbols = {argument.symbol: names.of("symbol", argument.symbol) for argument in program.arguments}
    sizes = {name: names.of("size", kernel.scope.ranges[name].size) for name in program.sizes}
    arrays = [symbols[a.symbol] for a in program.arguments if a.axes]
    scalars = [symbols[a.symbol] for a in program.arguments if not a.axes]
    loose = [sizes[name] for name in program.loose_sizes]
    result = program.fills[-1].symbol
    function = names.of("symbol", result)
    body = NumpyPrinter(program, names, sizes).body()
    star = ["*"] if scalars or loose else []
    lines = [
        f"def {function}({', '.join([*arrays, *star, *scalars, *loose])}):",
        *_indented(_docstring(_describe(kernel, program, symbols, sizes))),
    ]
    for name in loose:
        lines.append(f"    if not isinstance({name}, (int, np.integer)) or {name} < 0:")
        said = f"{name} must be the size of a range, an integer that is not negative; it is {{{name}!r}}"
        lines.append(f'        raise ValueError(f"{said}")')
    given = [*arrays, *scalars]
    lines.append(f"    _given, dtype, _sizes = _checked({', '.join(f'{name}={name}' for name in given)})")
    lines.extend(f'    {name} = _given["{name}"]' for name in given)
    lines.extend(f'    {name} = _sizes["{name}"]' for name in sizes.values() if name not in loose)
    lines.extend(f"    {line}" for line in body)
    shapes = {symbols[a.symbol]: tuple(sizes[axis] for axis in a.axes) for a in program.arguments}
    parts = [
        "\n".join(_docstring(_heading(kernel.provenance, result))),
        "import numpy as np",
        f"PROVENANCE = {pformat(_record(kernel.provenance), width=110, sort_dicts=False)}",
        f"SHAPES = {pformat(shapes, width=110, sort_dicts=False)}",
        "\n" + HELPERS.strip(),
        "\n" + "\n".join(lines),
    ]
    if self_test:
        vectors = exact_vectors(kernel, program)
        named = [
            ({**_named(v.inputs, symbols), **_named(v.sizes, sizes, loose)}, v.expected, v.allowed) for v in vectors
        ]
        parts.append(f"\nVECTORS = {pformat(named, width=110, compact=True, sort_dicts=False)}")
        parts.append("\n" + (SELF_TEST % {"function": function}).strip())
    return "\n\n".join(parts) + "\n"


def lambdify(kernel: KernelInput) -> Callable[..., Any]:
    """The function of the module, ready to be called. Raises KernelError as :func:`source` does."""
    text = source(kernel, self_test=False)
    space: dict[str, Any] = {"__name__": "kernel"}
    exec(compile(text, "<kernel>", "exec"), space)
    functions = [value for name, value in space.items() if callable(value) and not name.startswith("_")]
    (function,) = functions
    return function


def export(kernel: KernelInput, path: Path) -> Path:
    """Writes the module to a file, and returns its path. Raises KernelError as :func:`source` does."""
    text = source(kernel)
    path = Path(path)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _named(values: dict[str, Any], names: dict[str, str], only: list[str] | None = None) -> dict[str, Any]:
    return {names[key]: value for key, value in values.items() if only is None or names[key] in only}


def _record(provenance: Provenance) -> dict[str, Any]:
    fields = ("paper", "number", "printed", "compiled", "verdict", "hypotheses", "digest", "version", "which")
    return {name: getattr(provenance, name) for name in fields}


def _heading(provenance: Provenance, result: str) -> list[str]:
    where = f"equation ({provenance.number}) of {provenance.paper}, " if provenance.number else ""
    lines = [f"{result}: {where}{provenance.which}. Run this file to check it on exact test vectors.", ""]
    lines += [f"Printed:  {provenance.printed}"] if provenance.printed else []
    lines += [f"Compiled: {provenance.compiled}"] if provenance.compiled else []
    lines += [f"Verdict of the printed line: {provenance.verdict}"] if provenance.verdict else []
    lines += [f"Hypothesis: {text}" for text in provenance.hypotheses]
    lines += [f"Digest of the statement: {provenance.digest}"] if provenance.digest else []
    lines += [f"Written by derive {provenance.version}"] if provenance.version else []
    return lines if len(lines) > 2 else lines[:1]


def _describe(kernel: KernelInput, program: Program, symbols: dict[str, str], sizes: dict[str, str]) -> list[str]:
    """The docstring of the function: what it computes, the shape, domain and meaning of each argument."""
    provenance, result = kernel.provenance, program.fills[-1]
    of = f" of equation ({provenance.number}), {provenance.paper}" if provenance.number else ""
    lines = [f"{result.symbol}{of}, {provenance.which}."]
    if provenance.verdict == "refuted":
        what = "its correction" if provenance.which == "corrected" else "the line as printed, although it is refuted"
        lines += ["", f"The printed line is refuted. This computes {what}."]
    lines += ["", "Arguments:"]
    for argument in program.arguments:
        declared = kernel.scope.symbols[argument.symbol]
        shape = ", ".join(sizes[axis] for axis in argument.axes) + "," * (len(argument.axes) == 1)
        said = [f"shape ({shape})" if argument.axes else "a number", declared.domain, *sorted(declared.properties)]
        said += [f"dimension {declared.dimension}"] if declared.dimension else []
        said += [declared.meaning] if declared.meaning else []
        lines.append(f"    {symbols[argument.symbol]}: {argument.symbol}, {', '.join(said)}")
    lines += [f"    {sizes[name]}: the number of values of the range {name}" for name in program.loose_sizes]
    shape = ", ".join(sizes[loop.range] for loop in result.loops) + "," * (len(result.loops) == 1)
    lines += ["", "Returns:", f"    {f'an array of shape ({shape})' if shape else 'a number'}"]
    lines += ["", "Raises:", "    ValueError: the shapes do not fit", "    TypeError: an argument holds no numbers"]
    return lines


def _docstring(lines: list[str]) -> list[str]:
    """Lines as a docstring: raw where that is safe, so that LaTeX stays legible, and escaped where it is not."""
    text = "\n".join(lines)
    plain = all(character.isprintable() or character == "\n" for character in text)
    if plain and '"""' not in text and not text.endswith(('"', "\\")):
        mark = 'r"""' if "\\" in text else '"""'
    else:
        text = "".join(
            c
            if c == "\n" or (c.isprintable() and c not in '"\\')
            else c.encode("unicode_escape").decode("ascii")
            if c not in '"\\'
            else f"\\{c}"
            for c in text
        )
        mark = '"""'
    body = text.split("\n")
    return [mark + body[0] + '"""'] if len(body) == 1 else [mark + body[0], *body[1:], '"""']


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


__all__ = ["export", "lambdify", "source"]
