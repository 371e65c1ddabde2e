"""Nests as C99: simple loops that the compiler vectorises, threads by OpenMP where they pay.

Nothing is licensed that changes values: no fast-math. Sums over a loop may be taken in any order, which the loop says
itself, and the bound on rounding allows. Exponentials, logarithms and the like use the vector functions of the C
library where it has some, which are right to 4 units in the last place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from derive.kernels.c_matrices import DETERMINANT, EXPONENTIAL, INVERSE
from derive.kernels.layout import planes_first
from derive.kernels.loops import Extent, Function, Load, Node, Place, Power, Quotient, children, nodes
from derive.kernels.nest_code import SIGNS, NestCode
from derive.kernels.nests import For, Let, Step, Whole

THREADS_PAY = 400_000
"""About how many additions a loop must be worth before more than one thread runs it."""
REALS = {"float64": "double", "float32": "float", "complex128": "double complex"}
VECTOR_FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "pow")


@dataclass
class CCode(NestCode):
    """Values and steps in C, of one number type."""

    dtype: str = "float64"
    end = ";"
    starts = MappingProxyType({"sum": "0", "product": "1"})

    def number(self, value: int) -> str:
        return super().number(value) + ("f" if self.dtype == "float32" else "")

    def pi(self) -> str:
        return super().pi() + ("f" if self.dtype == "float32" else "")

    def extent(self, size: str) -> str:
        return f"(real){size}"

    def function(self, name: str) -> str:
        return {"float64": name, "float32": f"{name}f", "complex128": f"c{name}"}[self.dtype]

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
        return f"const real {name}"

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

    def wrapped(self, name: str, by: int, size: str) -> str:
        back = "1" if by == -1 else f"{-by} % {size}"
        return f"({name} + {by}) % {size}" if by > 0 else f"({name} + {size} - {back}) % {size}"

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
        yield from _pragma(step, self, simple=simple, together=together) if step is not None else ()
        yield f"for (long {name} = {first}; {name} < {last}; {name}++) {{"
        yield from (line if line.startswith("#") else f"    {line}" for line in body)
        yield "}"


def _bracketed(code: str) -> str:
    return f"({code})" if " + " in code or " - " in code else code


def c_source(steps: tuple[Step, ...], code: CCode) -> str:
    """A C file with one function ``kernel`` that takes the sizes and the arrays: arguments, results, working space."""
    layout, names = code.layout, code.names
    lines: list[str] = []
    sizes = [size for size in code.sizes.values() if not size.isdigit()]
    for number, size in enumerate(sizes):
        lines.append(f"const long {size} = sizes[{number}];")
    arrays = (*layout.arguments, *layout.results, *layout.inner)
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
    body = list(code.steps(steps))
    unused = [f"(void)sizes; (void){size};" for size in sizes]
    inner = "\n".join(
        f"    {line}" if not line.startswith("#") else line for line in [*lines, *unused, *body, *scalars]
    )
    head = _head(steps, code.dtype)
    return f"{head}\nvoid kernel(const long *sizes, void **arrays) {{\n{inner}\n}}\n"


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
    simd = step.innermost and simple and code.dtype != "complex128"
    if step.outermost:
        kind, condition = ("parallel for simd", "parallel: ") if simd else ("parallel for", "")
        kind += f" collapse({together})" if together > 1 else ""
        return [
            f"#pragma omp {kind} schedule(static) if({condition}{cost((step,), code.sizes)} > {THREADS_PAY}){gathers}"
        ]
    return [f"#pragma omp simd{gathers}"] if simd else []


def cost(steps: tuple[Step, ...], sizes: Mapping[str, str]) -> str:
    """About how many additions steps are worth, as an expression in the sizes."""
    own = 0
    inner: list[str] = []
    for step in steps:
        if isinstance(step, For):
            inner.append(f"(double){sizes[step.loop.range]} * ({cost(step.steps, sizes)})")
        elif not isinstance(step, Whole):
            own += sum(_weight(node) for node in nodes(step.value))
    return " + ".join([str(own), *inner]) if own or not inner else " + ".join(inner)


def _weight(node: Node) -> int:
    if isinstance(node, Function | Power | Quotient):
        return 8 if isinstance(node, Quotient) or (isinstance(node, Function) and node.name == "sqrt") else 24
    return max(len(children(node)) - 1, 0) if not isinstance(node, Load | Extent) else 0


__all__ = ["CCode", "c_source", "cost"]
