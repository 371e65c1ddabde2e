"""Nests as C99: simple loops that the compiler vectorises, threads by OpenMP where they pay.

Nothing is licensed that changes values: no fast-math. Sums over a loop may be taken in any order, which the loop says
itself, and the bound on rounding allows. Exponentials, logarithms and the like use the vector functions of the C
library where it has some, which are right to 4 units in the last place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from derive.kernels.c_lattices import PAST_CACHE, PIECES, row_loops, rows_of
from derive.kernels.c_matrices import DETERMINANT, EXPONENTIAL, INVERSE
from derive.kernels.c_roots import ROOTS, SHORT, WIDE
from derive.kernels.c_special import balanced, special_helpers
from derive.kernels.c_strips import STRIPS, indented
from derive.kernels.layout import planes_first
from derive.kernels.loops import (
    Extent,
    Function,
    Load,
    Named,
    Node,
    Place,
    Power,
    Quotient,
    Special,
    children,
    nodes,
)
from derive.kernels.nest_code import SIGNS, NestCode
from derive.kernels.nests import For, Gather, Let, Step, Whole
from derive.kernels.roots import BLOCK, FEW, summed_with_roots
from derive.kernels.scalar_code import ATOM, Code
from derive.kernels.special import LIBRARIES

THREADS_PAY = 1_000_000
"""About how many additions a loop must be worth before more than one thread runs it."""
COUNTED = 100
"""How many terms a sum between limits is taken to have, where that decides about threads."""
LIMITS = (SHORT, PAST_CACHE, PIECES)
"""What decides while a kernel runs: below which length loops are short, above how many bytes a result is large, and
into how many pieces a lattice is divided at least (0 is not at all)."""
REALS = {"float64": "double", "float32": "float", "complex128": "double complex"}
VECTOR_FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "pow")


@dataclass
class CCode(NestCode):
    """Values and steps in C, of one number type."""

    dtype: str = "float64"
    entries: dict[tuple[str, tuple[Place, ...]], str] = field(default_factory=dict)
    """In a row of a lattice: what the entries are called that it sets."""
    table: dict[str, str] = field(default_factory=dict)
    """Entries of a table, by the names of the values that they are."""
    end = ";"
    starts = MappingProxyType({"sum": "0", "product": "1"})
    nan = "NAN"
    has_terms = "has_terms"

    @property
    def open_sizes(self) -> list[str]:
        return [size for size in self.sizes.values() if not size.isdigit()]

    def limit(self, number: int) -> str:
        """One of the LIMITS of the module, which come behind the sizes."""
        return f"sizes[{len(self.open_sizes) + number}]"

    def number(self, value: int) -> str:
        return super().number(value) + ("f" if self.dtype == "float32" else "")

    def pi(self) -> str:
        return super().pi() + ("f" if self.dtype == "float32" else "")

    def decimal(self, value: float) -> str:
        return super().decimal(value) + self.suffix

    def extent(self, size: str) -> str:
        return f"(real){size}"

    @property
    def suffix(self) -> str:
        """What the names of functions and numbers of this type end with."""
        return "f" if self.dtype == "float32" else ""

    def counter(self, name: str) -> str:
        return f"(real){name}"

    def whole_number(self, value: str) -> str:
        return f"(long)({value})"

    def special(self, name: str, arguments: list[str]) -> str:
        return LIBRARIES["c"][name].format(*arguments, f=self.suffix)

    def balanced(self, above: list[str], below: list[str], log: str) -> str:
        return balanced(above, below, log, self.suffix)

    def function(self, name: str) -> str:
        real = "fabs" if name == "abs" else name
        return {"float64": real, "float32": f"{real}f", "complex128": f"c{name}"}[self.dtype]

    def power(self, base: str, exponent: str) -> str:
        return f"{self.function('pow')}({base}, {exponent})"

    def same(self, left: str, right: str) -> str:
        return f"(real)({left} == {right})"

    def weighted(self, weight: str, value: str) -> str:
        return f"({weight} == 0 ? 0 : {weight} * {value})"

    def load(self, symbol: str, at: tuple[Place, ...]) -> str:
        name = self.names.of("symbol", symbol)
        axes = self.layout.axes(symbol)
        if not axes:
            return name
        code = ""
        for number in planes_first(axes, self.vectors):
            place = self.place(at[number])
            size = self.sizes[axes[number]]
            code = place if not code or code == "0" else f"{_bracketed(code)} * {size} + {place}"
        return f"{name}[{code}]"

    def value(self, name: str) -> str:
        return self.table.get(name) or f"const real {name}"

    def gathered(self, name: str) -> str:
        return f"real {name}"

    def integer(self, name: str) -> str:
        return f"const long {name}"

    def whole(self, name: str, matrix: str, size: str, into: str) -> str:
        if name in ("inverse", "exponential"):
            return f"{name}({size}, {matrix}, {into});"
        return f"const real {into} = determinant({size}, {matrix}, {int(name == 'log determinant')});"

    def choice(self, test: str, yes: str, no: str) -> str:
        return f"{test} ? {yes} : {no}"

    def target(self, symbol: str, at: tuple[Place, ...]) -> str:
        return self.entries.get((symbol, at)) or self.load(symbol, at)

    def wrapped(self, name: str, by: int, size: str) -> str:
        if abs(by) == 1:
            edge, other = (f"{size} - 1", "0") if by == 1 else ("0", f"{size} - 1")
            return f"{name} == {edge} ? {other} : {name} {'+' if by == 1 else '-'} 1"
        back = "1" if by == -1 else f"{-by} % {size}"
        return f"({name} + {by}) % {size}" if by > 0 else f"({name} + {size} - {back}) % {size}"

    def code(self, node: Node) -> Code:
        if isinstance(node, Named) and node.name in self.table:
            return self.table[node.name], ATOM
        return super().code(node)

    @property
    def iterates(self) -> bool:
        return self.dtype == "float64" and not self.short

    def iterated(self, name: str, argument: str) -> str:
        return f"{name}({argument}, &{self.off})"

    def begun(self, off: str) -> str:
        return f"double {off} = 0;"

    def where_failed(self, off: str, lines: list[str]) -> list[str]:
        return [f"if (!({off} < {FEW})) {{", *indented(lines, 1), "}"]

    def part(self, step: For, first: str, last: str) -> list[str]:
        simd = f"#pragma omp simd reduction(+:{self.off})" if self.off else "#pragma omp simd"
        return [simd, *super().part(step, first, last)]

    def blocks(self, step: For, first: str, last: str, lines: list[str]) -> list[str]:
        size = self.sizes[step.loop.range]
        return [
            f"#pragma omp parallel for schedule(static) if({_pay(step, self)})",
            f"for (long {first} = 0; {first} < {size}; {first} += {BLOCK}) {{",
            f"    const long {last} = {size} - {first} < {BLOCK} ? {size} : {first} + {BLOCK};",
            *indented(lines, 1),
            "}",
        ]

    def below_and_above(self, step: For, other: str) -> Iterator[str]:
        """A short sum is one loop, in which what belongs to the index that is left out is not added."""
        if not (self.short and step.innermost and all(isinstance(one, Let | Gather) for one in step.steps)):
            yield from super().below_and_above(step, other)
            return
        name, body = step.loop.name, list[str]()
        for one in step.steps:
            (line,) = self.steps((one,))
            if isinstance(one, Gather):
                begun, value = line.split(f" {SIGNS[one.operation]}= ", 1)
                kept = f"{name} == {other} ? {self.starts[one.operation]} : ({value.removesuffix(';')})"
                line = f"{begun} {SIGNS[one.operation]}= {kept};"
            body.append(line)
        yield from self.counted(step, name, "0", self.sizes[step.loop.range], body, simple=True)

    def in_vectors(self, step: For) -> list[str]:
        """What is said of an innermost loop that may run in vectors."""
        return _pragma(step, self, simple=True)

    def unless(self, name: str, excluded: list[str], body: list[str]) -> list[str]:
        return [f"if ({' || '.join(f'{name} == {other}' for other in excluded)}) continue;", *body]

    def loop(self, step: For) -> Iterator[str]:
        """The outermost loop and the next one are shared out among threads together, where they can be."""
        next_ = step.steps[-1] if step.steps else None
        values = step.steps[:-1]
        if (
            not step.outermost
            or not isinstance(next_, For)
            or next_.innermost
            or step.gathers
            or next_.gathers
            or step.loop.excluded
            or next_.loop.excluded
            or not all(isinstance(one, Let) for one in values)
        ):
            yield from super().loop(step)
            return
        rows = rows_of(step, self)
        if rows is not None:
            yield from row_loops(rows, self, _pay(step, self))
            return
        body = [*self.neighbours(step), *self.steps(values), *self.neighbours(next_), *self.steps(next_.steps)]
        inner = self.counted(None, next_.loop.name, "0", self.sizes[next_.loop.range], body)
        size = self.sizes[step.loop.range]
        yield from self.counted(step, step.loop.name, "0", size, list(inner), simple=False, together=2)

    def counted(
        self,
        step: For | None,
        name: str,
        first: str,
        last: str,
        body: list[str],
        *,
        simple: bool = False,
        together: int = 1,
    ) -> Iterator[str]:
        if step is not None:
            yield from _pragma(step, self, simple=simple, together=together)
        yield f"for (long {name} = {first}; {name} < {last}; {name}++) {{"
        yield from (line if line.startswith("#") else f"    {line}" for line in body)
        yield "}"


def _bracketed(code: str) -> str:
    return f"({code})" if " + " in code or " - " in code else code


def c_source(steps: tuple[Step, ...], code: CCode) -> str:
    """A C file with one function ``kernel`` that takes the sizes and the arrays: arguments, results, working space.

    All arrays in between lie in that one space. Where loops compute roots by iteration, which does not pay in short
    ones, there is a second function for those.
    """
    text = _function("kernel", steps, code)
    ranges = sorted({code.sizes[loop] for loop in summed_with_roots(steps, code)})
    if ranges:
        first = _function("short_loops", steps, replace(code, short=True))
        test = " && ".join(f"{size} < {code.limit(0)}" for size in ranges)
        call = f"    if ({test}) {{\n        short_loops(sizes, arrays);\n        return;\n    }}\n"
        start = text.index("{\n") + 2
        names = [f"    const long {size} = sizes[{n}];\n" for n, size in enumerate(code.open_sizes)]
        start += sum(map(len, names))
        text = f"static {first}\n{text[:start]}{call}{text[start:]}"
    helpers = _helpers(text)
    wide = "WIDE " if WIDE in helpers else ""
    helpers += special_helpers(text, code.suffix)
    return f"{_head(steps, code.dtype)}{helpers}\n{text.replace('void kernel(', f'{wide}void kernel(')}"


def _function(function: str, steps: tuple[Step, ...], code: CCode) -> str:
    layout, names = code.layout, code.names
    sizes = code.open_sizes
    lines = [f"const long {size} = sizes[{number}];" for number, size in enumerate(sizes)]
    arrays = (*layout.arguments, *layout.results)
    scalars: list[str] = []
    for number, array in enumerate(arrays):
        name = names.of("symbol", array.symbol)
        given = number < len(layout.arguments)
        if array.axes:
            const = "const " if given else ""
            lines.append(f"{const}real *restrict {name} = arrays[{number}];")
        elif given:
            lines.append(f"const real {name} = *(const real *)arrays[{number}];")
        else:
            scalars.append(f"*(real *)arrays[{number}] = {name};")
    offset = ""
    for array in layout.inner:
        lines.append(f"real *restrict {names.of('symbol', array.symbol)} = (real *)arrays[{len(arrays)}]{offset};")
        offset += f" + {' * '.join(code.sizes[axis] for axis in array.axes) or '1'}"
    body = list(code.steps(steps))
    unused = [f"(void)sizes; (void){size};" for size in sizes]
    inner = "\n".join(
        f"    {line}" if not line.startswith("#") else line for line in [*lines, *unused, *body, *scalars]
    )
    return f"void {function}(const long *sizes, void **arrays) {{\n{inner}\n}}\n"


def _helpers(text: str) -> str:
    """What a kernel uses: wide vectors where multiplications or memory are the limit, and no divider is."""
    rows, roots = "LANES" in text, "root(" in text
    plain = "parallel for simd" in text
    return (WIDE if rows or roots or plain else "") + (STRIPS if rows else "") + (ROOTS if roots else "")


def _head(steps: tuple[Step, ...], dtype: str) -> str:
    complex_ = "#include <complex.h>\n#undef I\n" if dtype == "complex128" else ""
    used = sorted({name for value in _values(steps) for name in _functions(value)})
    suffix = "f" if dtype == "float32" else ""
    real = REALS[dtype]
    declared = [
        f'__attribute__((simd("notinbranch"))) {real} {name}{suffix}({real}{f", {real}" if name == "pow" else ""});'
        for name in used
        if name in VECTOR_FUNCTIONS and dtype != "complex128"
    ]
    vector = "\n".join(["#ifdef VECTOR_FUNCTIONS", *declared, "#endif\n"]) if declared else ""
    start = f"{complex_}#include <math.h>\n{vector}typedef {real} real;\n"
    prefix = "c" if dtype == "complex128" else ""
    size, logarithm = ("cabs" if prefix else f"fabs{suffix}"), f"{prefix}log{suffix}"
    taken = {step.of.name for step in steps if isinstance(step, Whole)}
    parts = [INVERSE] * ("inverse" in taken) + [EXPONENTIAL] * ("exponential" in taken)
    parts += [DETERMINANT] * bool(taken & {"determinant", "log determinant"})
    if parts:
        start += f"#include <stdlib.h>\n#include <string.h>\n#define SIZE(x) {size}(x)\n#define LOG(x) {logarithm}(x)\n"
    return "\n".join([start, *parts])


def _functions(value: Node) -> Iterator[str]:
    for node in nodes(value):
        if isinstance(node, Function):
            yield node.name
        if isinstance(node, Power):
            yield "pow"


def _values(steps: tuple[Step, ...]) -> Iterator[Node]:
    for step in steps:
        if isinstance(step, For):
            yield from _values(step.steps)
        elif not isinstance(step, Whole):
            yield step.value


def _pragma(step: For, code: CCode, *, simple: bool, together: int = 1) -> list[str]:
    """What is said of a loop: that it may run in vectors, since no entry that it sets is used in it; threads."""
    gathers = "".join(f" reduction({SIGNS[operation]}:{name})" for name, operation in step.gathers)
    gathers += f" reduction(+:{code.off})" if code.off else ""
    simd = step.innermost and simple and code.dtype != "complex128"
    if step.outermost:
        kind, condition = ("parallel for simd", "parallel: ") if simd else ("parallel for", "")
        kind += f" collapse({together})" if together > 1 else ""
        return [f"#pragma omp {kind} schedule(static) if({condition}{_pay(step, code)}){gathers}"]
    return [f"#pragma omp simd{gathers}"] if simd else []


def _pay(step: For, code: CCode) -> str:
    """Where more than one thread runs a loop."""
    return f"{cost((step,), code.sizes)} > {THREADS_PAY}"


def cost(steps: tuple[Step, ...], sizes: Mapping[str, str]) -> str:
    """About how many additions steps are worth, as an expression in the sizes."""
    own = 0
    inner: list[str] = []
    for step in steps:
        if isinstance(step, For):
            times = str(COUNTED) if step.loop.limits else f"(double){sizes[step.loop.range]}"
            inner.append(f"{times} * ({cost(step.steps, sizes)})")
        elif not isinstance(step, Whole):
            own += sum(_weight(node) for node in nodes(step.value))
    return " + ".join([str(own), *inner]) if own or not inner else " + ".join(inner)


def _weight(node: Node) -> int:
    if isinstance(node, Function | Power | Quotient | Special):
        return 8 if isinstance(node, Quotient) or (isinstance(node, Function) and node.name in ("sqrt", "abs")) else 24
    return max(len(children(node)) - 1, 0) if not isinstance(node, Load | Extent) else 0


__all__ = ["LIMITS", "CCode", "c_source", "cost"]
