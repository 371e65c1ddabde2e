"""What a module says of itself: its heading, the docstring of its function, and the signature of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from derive.dimension import parse_dimension
from derive.kernels.gradient import gradient_symbol
from derive.kernels.kernel import Options, Provenance
from derive.kernels.loops import Reduce
from derive.kernels.prepared import Prepared
from derive.kernels.special import special_nodes
from derive.kernels.vectors import SLACK

BACKWARDS = (
    "Limits of sums and products are whole numbers. A sum is 0 where its upper limit is one below the lower one;",
    "further below, and where a limit is no whole number, it has no value: nan.",
)


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


def heading(provenance: Provenance, result: str, options: Options, vectors: list[Any]) -> list[str]:
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


def description(prepared: Prepared, takes_out: bool) -> list[str]:
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
    if any(isinstance(node, Reduce) and node.loop.limits for node in special_nodes(program)):
        lines += ["", *BACKWARDS]
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
    for symbol in prepared.wrt:
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


def docstring(lines: list[str]) -> list[str]:
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
