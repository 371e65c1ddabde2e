"""A kernel as the text of a standalone Python module: provenance, checks of the arguments, code, and a self-test."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pprint import pformat
from typing import Any

from derive.dimension import parse_dimension
from derive.kernels.gradient import differentiated, gradient_symbol
from derive.kernels.kernel import KernelError, KernelInput, Options, Provenance
from derive.kernels.loops import Array, Program, imaginary
from derive.kernels.lowering import lower
from derive.kernels.names import Names, identifier
from derive.kernels.pointvalues import labels
from derive.kernels.pointwise import is_pointwise
from derive.kernels.runtime import _close, _close_complex, _good, _parts
from derive.kernels.special import special_nodes
from derive.kernels.vectors import SLACK, exact_vectors

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
class Prepared:
    """What a backend prints: a program, and the names of everything in the module."""

    kernel: KernelInput
    program: Program
    options: Options
    names: Names
    symbols: dict[str, str]
    """The names of the arguments, by symbol."""
    sizes: dict[str, str]
    """The names of the sizes, by range; where a size is a printed number, that number."""
    pointwise: bool

    @property
    def arrays(self) -> list[str]:
        """The names of the arrays that are computed with: of complex ones both parts."""
        return [self.symbols[a.symbol] for a in self.program.arguments if a.axes]

    @property
    def given(self) -> tuple[Array, ...]:
        """What the function is called with: a complex array stands where its real part does in the program."""
        parts = {imaginary(argument.symbol) for argument in self.program.arguments}
        return tuple(argument for argument in self.program.arguments if argument.symbol not in parts)

    @property
    def complex(self) -> dict[str, str]:
        """The names of the complex arguments, each with that of its imaginary part."""
        pairs = ((a.symbol, imaginary(a.symbol)) for a in self.program.arguments)
        return {self.symbols[real]: self.symbols[other] for real, other in pairs if other in self.symbols}

    @property
    def dtype(self) -> str | None:
        """The type of the numbers that are computed with: complex ones are computed by their parts."""
        if self.options.dtype is None and any(True for _ in special_nodes(self.program)):
            return "float64"
        parted = self.complex or self.program.is_complex
        return "float64" if parted and self.options.dtype == "complex128" else self.options.dtype

    @property
    def scalars(self) -> list[str]:
        return [self.symbols[a.symbol] for a in self.program.arguments if not a.axes]

    @property
    def found_sizes(self) -> list[str]:
        """The names of the sizes that the shapes of arguments say."""
        written = self.program.written_sizes
        return [name for range_, name in self.sizes.items() if range_ not in written and name not in self.loose]

    @property
    def loose(self) -> list[str]:
        """The sizes that are arguments themselves."""
        return [self.sizes[name] for name in self.program.loose_sizes]


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
    settings: str = ""
    """What the self-test runs over where the size of the arguments decides which code runs: a target and values."""


Backend = Callable[[Prepared], Body]


def prepare(kernel: KernelInput, options: Options) -> Prepared:
    """The program of a kernel with its gradient, and names. Raises KernelError for what cannot be compiled."""
    program = lower(kernel)
    names = Names()
    symbols = {argument.symbol: names.of("symbol", argument.symbol) for argument in program.arguments}
    sizes = {r.name: r.size if r.fixed is not None else names.of("size", r.size) for r in program.ranges}
    if options.gradient:
        if program.is_complex:
            raise KernelError(f"only a real number has a gradient here, and {program.results[0].symbol} is complex")
        wrt = [_argument(name, symbols) for name in options.gradient]
        if complex_ := [symbols[name] for name in wrt if imaginary(name) in symbols]:
            raise KernelError(f"there are derivatives by real arguments only, and {complex_[0]} is complex")
        program = differentiated(program, wrt)
    return Prepared(kernel, program, options, names, symbols, sizes, is_pointwise(program))


def _argument(name: str, symbols: dict[str, str]) -> str:
    """The argument of a printed or Python name."""
    for symbol, known in symbols.items():
        if name in (symbol, known, identifier(symbol)):
            return symbol
    raise KernelError(f"there is no argument {name!r}; arguments: {', '.join(symbols.values()) or 'none'}")


@dataclass(frozen=True)
class Signature:
    """The function of a module: its name, what it returns, its arguments, and which of them are complex."""

    name: str
    returns: str
    arguments: tuple[str, ...]
    complex: frozenset[str]


def signature(prepared: Prepared) -> Signature:
    """The function of a module without derivatives, known before its text is."""
    program, result = prepared.program, prepared.program.results[0]
    arrays = [prepared.symbols[argument.symbol] for argument in prepared.given if argument.axes]
    return Signature(
        prepared.names.of("symbol", result.symbol),
        _returned(result.axes, prepared.sizes, program.is_complex) + _dimension_of(prepared),
        (*arrays, *prepared.scalars, *prepared.loose),
        frozenset(prepared.complex),
    )


def module_text(prepared: Prepared, backend: Backend, *, self_test: bool = True) -> str:
    """The text of a module with one function that computes the kernel."""
    kernel, program, options = prepared.kernel, prepared.program, prepared.options
    result = program.results[0].symbol
    function = prepared.names.of("symbol", result)
    if options.gradient:
        function = prepared.names.fresh(f"{function}_and_gradient")
    body = backend(prepared)
    vectors = exact_vectors(kernel, lower(kernel), _wrt(prepared)) if self_test else []
    arrays = [prepared.symbols[argument.symbol] for argument in prepared.given if argument.axes]
    named = [*prepared.scalars, *prepared.loose, *(["out=None"] if body.takes_out else [])]
    signature = ", ".join([*arrays, *(["*"] if named else []), *named])
    lines = [f"def {function}({signature}):", *_indented(_docstring(_describe(prepared, body.takes_out)))]
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
        "\n".join(_docstring(_heading(kernel.provenance, result, options, vectors))),
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


def _wrt(prepared: Prepared) -> list[str]:
    return [_argument(name, prepared.symbols) for name in prepared.options.gradient]


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


def _heading(provenance: Provenance, result: str, options: Options, vectors: list[Any]) -> list[str]:
    where = f"equation ({provenance.number}) of {provenance.paper}, " if provenance.number else ""
    lines = [f"{result}: {where}{provenance.which}. Run this file to check it on exact test vectors.", ""]
    lines += [f"Printed:  {provenance.printed}"] if provenance.printed else []
    lines += [f"Compiled: {provenance.compiled}"] if provenance.compiled else []
    lines += [f"Verdict of the printed line: {provenance.verdict}"] if provenance.verdict else []
    lines += [f"Hypothesis: {text}" for text in provenance.hypotheses]
    lines += [f"Digest of the statement: {provenance.digest}"] if provenance.digest else []
    lines += [f"Written by derive {provenance.version}"] if provenance.version else []
    if vectors:
        ulps = max(vector.ulps for vector in vectors)
        precision = "" if options.dtype in (None, "float64", "complex128") else f" of {options.dtype}"
        lines += [
            f"Accuracy: the self-test allows {SLACK} times the bound on rounding of the printed expression,",
            f"          here at most {ulps:.3g} units in the last place{precision} of the largest entry of a result.",
        ]
    return lines if len(lines) > 2 else lines[:1]


def _describe(prepared: Prepared, takes_out: bool) -> list[str]:
    """The docstring of the function: what it computes, the shape, domain and meaning of each argument."""
    kernel, program = prepared.kernel, prepared.program
    symbols, sizes = prepared.symbols, prepared.sizes
    provenance, result = kernel.provenance, program.results[0]
    of = f" of equation ({provenance.number}), {provenance.paper}" if provenance.number else ""
    gradient = " and its gradient" if prepared.options.gradient else ""
    lines = [f"{result.symbol}{gradient}{of}, {provenance.which}."]
    if provenance.verdict == "refuted":
        what = "its correction" if provenance.which == "corrected" else "the line as printed, although it is refuted"
        lines += ["", f"The printed line is refuted. This computes {what}."]
    lines += ["", *program.notes] if program.notes else []
    lines += ["", "Arguments:"] if prepared.given or program.loose_sizes else []
    for argument in prepared.given:
        declared = program.declared[argument.symbol]
        number = "a number, or an array" if prepared.pointwise else "a number"
        said = [f"shape {_shape(argument.axes, sizes)}" if argument.axes else number]
        said += [] if "complex" in declared.properties else [declared.domain]
        said += sorted(declared.properties)
        said += [f"dimension {declared.dimension}"] if declared.dimension else []
        said += [declared.meaning] if declared.meaning else []
        lines.append(f"    {symbols[argument.symbol]}: {argument.symbol}, {', '.join(said)}")
    lines += [f"    {sizes[name]}: the number of values of the range {name}" for name in program.loose_sizes]
    if takes_out:
        lines.append("    out: an array that the result goes into; it shares no memory with the arguments")
    own = kernel.scope.symbols.get(result.symbol)
    dimension = own.dimension if own is not None else ""
    returned = _returned(result.axes, sizes, program.is_complex)
    lines += ["", "Returns:", f"    {returned}{_dimension_of(prepared)}"]
    if (prepared.complex or program.is_complex) and not (program.is_complex and result.axes):
        why = "is complex, since what may be complex stands" if program.is_complex else "is real, since nothing stands"
        lines += [f"    It {why} outside of bars{'' if program.is_complex else ' that may be complex'}."]
    for symbol in _wrt(prepared):
        array = next(one for one in program.results if one.symbol == gradient_symbol(symbol))
        other = program.declared[symbol].dimension
        by = f", dimension {_quotient(dimension, other)}" if dimension and other else ""
        lines.append(f"    and its derivative by {symbols[symbol]}, {_returned(array.axes, sizes)}{by}")
    if prepared.pointwise:
        lines += ["", "Arguments that are arrays broadcast together, and the result has their common shape."]
    lines += [
        "",
        "Raises:",
        "    ValueError: the shapes do not fit" + ", or out does not" * takes_out,
        "    TypeError: an argument holds no numbers",
    ]
    return lines


def _dimension_of(prepared: Prepared) -> str:
    own = prepared.kernel.scope.symbols.get(prepared.program.results[0].symbol)
    return f", dimension {own.dimension}" if own is not None and own.dimension else ""


def _shape(axes: tuple[str, ...], sizes: dict[str, str]) -> str:
    return f"({', '.join(sizes[axis] for axis in axes)}{',' * (len(axes) == 1)})"


def _returned(axes: tuple[str, ...], sizes: dict[str, str], is_complex: bool = False) -> str:
    if not axes:
        return "a complex number" if is_complex else "a number"
    return f"an array of {'complex numbers of ' * is_complex}shape {_shape(axes, sizes)}"


def _quotient(above: str, below: str) -> str:
    return str(parse_dimension(above, "kernel") / parse_dimension(below, "kernel"))


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
