"""A kernel as the text of a standalone Python module: provenance, checks of the arguments, code, and a self-test."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pprint import pformat
from typing import Any

from derive.kernels.docstrings import description, docstring, heading
from derive.kernels.kernel import Provenance
from derive.kernels.lowering import lower
from derive.kernels.pointvalues import labels
from derive.kernels.prepared import Prepared
from derive.kernels.runtime import _close, _close_complex, _good, _parts
from derive.kernels.vectors import exact_vectors

COARSER = {"float32": 2.0**29}
"""How much less precise a number type is than double precision."""
SELF_TEST = '''
def self_test():
    """Runs the function on the exact test vectors. Returns how many passed and how many failed."""
    passed = failed = 0
    for arguments, expected in VECTORS:
        given = {name: np.array(value) if SHAPES.get(name) else value for name, value in arguments.items()}
        good = _good(%(function)s(**given), expected, %(close)s)
        passed, failed = passed + good, failed + (not good)
    return passed, failed


if __name__ == "__main__":
    passed, failed = self_test()
    print(f"{passed} passed, {failed} failed")
    raise SystemExit(failed > 0)
'''


@dataclass(frozen=True)
class Body:
    """What a backend says: imports, functions of ``runtime.py`` that it needs, code before the function and in it.

    The lines of ``body`` find the arguments in ``_given`` by name, their type in ``dtype`` and the sizes in ``_sizes``;
    those of a pointwise kernel find the common shape of the arguments in ``_shape``.
    """

    imports: tuple[str, ...]
    helpers: tuple[Callable[..., Any], ...]
    code: tuple[str, ...]
    body: tuple[str, ...]
    check: str = "_checked(SHAPES, {given}, {dtype})"
    check_points: str = "_spread({given}, {dtype})"
    arrays_as: str = "np.array"
    takes_out: bool = False
    """Whether the function takes an array ``out`` for its result."""
    has_rows: bool = False
    """Whether the rows of lattices are computed otherwise where they are long."""
    settings: str = ""
    """What the self-test runs over where the size of the arguments decides which code runs: a target and values."""


Backend = Callable[[Prepared], Body]


def module_text(prepared: Prepared, backend: Backend, *, self_test: bool = True) -> str:
    """The text of a module with one function that computes the kernel."""
    kernel, program, options = prepared.kernel, prepared.program, prepared.options
    result = program.results[0].symbol
    function = prepared.names.of("symbol", result)
    if options.gradient:
        function = prepared.names.fresh(f"{function}_and_gradient")
    body = backend(prepared)
    lowered = lower(kernel)
    vectors = exact_vectors(kernel, lowered, prepared.wrt, long_rows=body.has_rows) if self_test else []
    arrays = [prepared.symbols[argument.symbol] for argument in prepared.given if argument.axes]
    named = [*prepared.scalars, *prepared.loose, *(["out=None"] if body.takes_out else [])]
    signature = ", ".join([*arrays, *(["*"] if named else []), *named])
    lines = [f"def {function}({signature}):", *_indented(docstring(description(prepared, body.takes_out)))]
    for name in prepared.loose:
        lines.append(f"    if not isinstance({name}, (int, np.integer)) or {name} < 0:")
        said = f"{name} must be the size of a range, an integer that is not negative; it is {{{name}!r}}"
        lines.append(f'        raise ValueError(f"{said}")')
    given = f"dict({', '.join(f'{name}={name}' for name in [*arrays, *prepared.scalars])})"
    wanted = repr(prepared.dtype)
    check, last = (body.check_points, "_shape") if prepared.pointwise else (body.check, "_sizes")
    if prepared.complex:
        lines.append(f"    _given, _imaginary = _parts({prepared.complex!r}, {given})")
        given = "_given"
    lines.append(f"    _given, dtype, {last} = {check.format(given=given, dtype=wanted)}")
    if prepared.complex:
        lines.append("    _given |= {name: part.astype(dtype) for name, part in _imaginary.items()}")
    for name, least in sorted(labels(kernel).items()):
        if name in prepared.sizes and name not in program.written_sizes:
            size = prepared.sizes[name]
            lines.append(f"    if {size if size in prepared.loose else f'_sizes[{size!r}]'} < {least}:")
            lines.append(f'        raise ValueError("{size} must be {least} or more: the index {least} is used")')
    inner: list[str] = []
    if program.is_complex:
        known = ", ".join(["_given", "dtype", last, *prepared.loose])
        inner = [f"def _computed({known}):", '    """The real and the imaginary part."""']
        inner += [f"    {line}" for line in body.body]
        lines.append(f"    _real, _imaginary = _computed({known})")
        lines.append("    return _real + 1j * _imaginary")
    else:
        lines.extend(f"    {line}" for line in body.body)
    shapes = {prepared.symbols[a.symbol]: tuple(prepared.sizes[axis] for axis in a.axes) for a in prepared.given}
    helpers = (*body.helpers, *((_parts,) if prepared.complex else ()))
    close = _close_complex if program.is_complex else _close
    parts = [
        "\n".join(docstring(heading(kernel.provenance, result, options, vectors))),
        "\n".join(body.imports),
        f"PROVENANCE = {pformat(_record(kernel.provenance), width=110, sort_dicts=False)}",
        f"SHAPES = {pformat(shapes, width=110, sort_dicts=False)}",
        *(f"\n{inspect.getsource(helper).strip()}" for helper in helpers),
        *(f"\n{text.strip()}" for text in body.code),
        *(["\n" + "\n".join(inner)] if inner else []),
        "\n" + "\n".join(lines),
    ]
    if self_test:
        parts += [f"\n{inspect.getsource(helper).strip()}" for helper in (close, _good)]
        parts.append(f"\nVECTORS = {pformat(_vectors(prepared, vectors), width=110, compact=True, sort_dicts=False)}")
        tested = SELF_TEST
        if body.settings:
            once = "_good(%(function)s(**given), expected, %(close)s)"
            tested = tested.replace(once, f"all([{once} for {body.settings}])")
        parts.append(
            "\n"
            + (tested % {"function": function, "close": close.__name__})
            .strip()
            .replace("np.array(value)", body.arrays_as + "(value)")
        )
    return "\n\n".join(parts) + "\n"


def _vectors(prepared: Prepared, vectors: list[Any]) -> list[Any]:
    """Test vectors by the names of the module: arguments, and for each result its values and what they may be off."""
    coarser = COARSER.get(prepared.options.dtype or "", 1.0)

    def widened(allowed: Any) -> Any:
        return [widened(one) for one in allowed] if isinstance(allowed, list) else allowed * coarser

    def joined(real: Any, other: Any) -> Any:
        if isinstance(real, list):
            return [joined(one, two) for one, two in zip(real, other, strict=True)]
        return complex(real, other)

    found = []
    for vector in vectors:
        arguments = {prepared.symbols[key]: value for key, value in vector.inputs.items()}
        for real, other in prepared.complex.items():
            arguments[real] = joined(arguments[real], arguments.pop(other))
        arguments |= {
            prepared.sizes[key]: n for key, n in vector.sizes.items() if prepared.sizes[key] in prepared.loose
        }
        pairs = [(vector.expected, vector.allowed), *vector.gradient]
        found.append((arguments, [(expected, widened(allowed)) for expected, allowed in pairs]))
    return found


def _record(provenance: Provenance) -> dict[str, Any]:
    fields = ("paper", "number", "printed", "compiled", "verdict", "hypotheses", "digest", "version", "which")
    return {name: getattr(provenance, name) for name in fields}


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]
