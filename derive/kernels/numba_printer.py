"""Nests as Python loops for Numba: the outermost loops in parallel, the sums over a loop in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.kernels.c_printer import SIGNS
from derive.kernels.layout import Layout, planes_first
from derive.kernels.loops import Place
from derive.kernels.nests import For, Gather, Let, Step, Store
from derive.kernels.scalar_code import ScalarCode


@dataclass
class NumbaCode(ScalarCode):
    """Values in the Python that Numba compiles."""

    layout: Layout
    vectors: frozenset[str] = frozenset()

    def function(self, name: str) -> str:
        return f"np.{name}"

    def power(self, base: str, exponent: str) -> str:
        return f"({base}) ** ({exponent})"

    def same(self, left: str, right: str) -> str:
        return f"(1.0 if {left} == {right} else 0.0)"

    def load(self, symbol: str, at: tuple[Place, ...]) -> str:
        name = self.names.of("symbol", symbol)
        axes = self.layout.axes(symbol)
        if not axes:
            return name
        return f"{name}[{', '.join(self.place(at[number]) for number in planes_first(axes, self.vectors))}]"


def numba_source(function: str, steps: tuple[Step, ...], code: NumbaCode) -> list[str]:
    """A function of the sizes and the arrays: arguments, results, working space; scalars come back as a tuple."""
    layout, names = code.layout, code.names
    scalars = [names.of("symbol", array.symbol) for array in layout.results if not array.axes]
    arrays = [*layout.arguments, *(result for result in layout.results if result.axes), *layout.inner]
    given = [*code.sizes.values(), *(names.of("symbol", array.symbol) for array in arrays)]
    back = f"return ({', '.join(scalars)}{',' * (len(scalars) == 1)})" if scalars else "return ()"
    body = [*_steps(steps, code), back]
    return [f"def {function}({', '.join(given)}):", *(f"    {line}" for line in body)]


def _steps(steps: tuple[Step, ...], code: NumbaCode) -> Iterator[str]:
    for step in steps:
        match step:
            case Let(name=name, value=value):
                yield f"{name} = {code.text(value)}"
            case Gather(name=name, operation=operation, value=value):
                yield f"{name} {SIGNS[operation]}= {code.text(value)}"
            case Store(symbol=symbol, at=at, value=value):
                yield f"{code.load(symbol, at)} = {code.text(value)}"
            case For():
                yield from _loop(step, code)


def _loop(step: For, code: NumbaCode) -> Iterator[str]:
    loop, size = step.loop, code.sizes[step.loop.range]
    for name, operation in step.gathers:
        yield f"{name} = {'0.0' if operation == 'sum' else '1.0'}"
    excluded = code.excluded(loop)
    body = [f"    {line}" for line in _steps(step.steps, code)]
    if step.outermost:
        if excluded:
            body = [f"    if {_differs(loop.name, excluded)}:", *(f"    {line}" for line in body)]
        counter = code.names.of("counter", loop.name)
        yield f"for {counter} in prange({size}):"
        yield from [f"    {loop.name} = np.int64({counter})", *body]
    elif len(excluded) == 1:
        first, last = code.names.of("first", loop.name), code.names.of("last", loop.name)
        half = code.names.of("half", loop.name)
        yield f"for {half} in range(2):"
        yield f"    {first} = {excluded[0]} + 1 if {half} else 0"
        yield f"    {last} = {size} if {half} else {excluded[0]}"
        yield from [f"    for {loop.name} in range({first}, {last}):", *(f"    {line}" for line in body)]
    else:
        if excluded:
            body = [f"    if {_differs(loop.name, excluded)}:", *(f"    {line}" for line in body)]
        yield from [f"for {loop.name} in range({size}):", *body]


def _differs(name: str, excluded: list[str]) -> str:
    return " and ".join(f"{name} != {other}" for other in excluded)
