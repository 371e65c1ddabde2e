"""Nests as Python loops for Numba: the outermost loops in parallel, the sums over a loop in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from derive.kernels.layout import planes_first
from derive.kernels.loops import Function, Node, Place, Power, Special
from derive.kernels.nest_code import NestCode
from derive.kernels.nests import For, Step
from derive.kernels.roots import BLOCK, FEW, is_root
from derive.kernels.special import LIBRARIES

AT = "_at"
"""What makes an index one without a sign. Numba asks of others whether they count from the end, so that the compiler
does not see that the entries of a loop lie one behind the other, and gathers them."""


@dataclass
class NumbaCode(NestCode):
    """Values and steps in the Python that Numba compiles."""

    dtype: str | None = None
    """The number type, if one was asked for; else it is that of the arguments."""
    roots: list[str] = field(default_factory=list)
    """The lines that compute the roots of the statement at hand, which stand before it."""

    @property
    def iterates(self) -> bool:
        return self.dtype in (None, "float64") and not self.short

    def vectorises(self, values: list[Node]) -> bool:
        """Exponentials and the like are called for each value by itself."""
        called = (value for value in values if isinstance(value, Function | Power | Special))
        return all(is_root(value) or (isinstance(value, Function) and value.name == "abs") for value in called)

    def steps(self, steps: tuple[Step, ...]) -> Iterator[str]:
        for step in steps:
            lines = list(super().steps((step,)))
            yield from [*self.roots, *lines]
            self.roots.clear()

    def iterated(self, name: str, argument: str) -> str:
        root, error = self.names.fresh("root"), self.names.fresh("error")
        self.roots.append(f"{root}, {error} = _{name}({argument})")
        self.roots.append(f"{self.off} += {error} * {error}")
        return root

    def begun(self, off: str) -> str:
        return f"{off} = _begun()"

    def where_failed(self, off: str, lines: list[str]) -> list[str]:
        return [f"if _ITERATED and not {off} < {FEW}:", *(f"    {line}" for line in lines)]

    def blocks(self, step: For, first: str, last: str, lines: list[str]) -> list[str]:
        size, block = self.sizes[step.loop.range], self.names.of("bound", f"{step.loop.name} block")
        return [
            f"for {block} in prange(({size} + {BLOCK - 1}) // {BLOCK}):",
            f"    {first} = np.int64({block}) * {BLOCK}",
            f"    {last} = min({first} + {BLOCK}, {size})",
            *(f"    {line}" for line in lines),
        ]

    def function(self, name: str) -> str:
        return f"np.{name}"

    def power(self, base: str, exponent: str) -> str:
        return f"({base}) ** ({exponent})"

    def counter(self, name: str) -> str:
        return f"float({name})"

    def whole_number(self, value: str) -> str:
        return f"int({value})"

    def special(self, name: str, arguments: list[str]) -> str:
        return LIBRARIES["numba"][name].format(*arguments)

    def balanced(self, above: list[str], below: list[str], log: str) -> str:
        parts = [*above, *below]
        far = (37 if self.dtype == "float32" else 300) // len(parts)
        near = " and ".join(f"1e-{far} < abs({part}) < 1e{far}" for part in dict.fromkeys(parts))
        direct = "".join([" * ".join(above) or "1.0", *(f" / {part}" for part in below)])
        sign = " * ".join(f"np.copysign(1.0, {part})" for part in parts)
        return f"({direct} if {near} else {sign} * np.exp({log}))"

    def same(self, left: str, right: str) -> str:
        return f"(1.0 if {left} == {right} else 0.0)"

    def weighted(self, weight: str, value: str) -> str:
        return f"(0.0 if {weight} == 0.0 else {weight} * {value})"

    def load(self, symbol: str, at: tuple[Place, ...]) -> str:
        name = self.names.of("symbol", symbol)
        axes = self.layout.axes(symbol)
        if not axes:
            return name
        places = [self.place(at[number]) for number in planes_first(axes, self.vectors)]
        return f"{name}[{', '.join(place if place.isdigit() else f'{AT}({place})' for place in places)}]"

    def whole(self, name: str, matrix: str, size: str, into: str) -> str:
        square = f"{matrix}.reshape(({size}, {size}))"
        if name in ("inverse", "exponential"):
            return f"{into}[...] = _{name}({square}).reshape({into}.shape)"
        return f"{into} = _determinant({square}, {name == 'log determinant'})"

    def wrapped(self, name: str, by: int, size: str) -> str:
        if abs(by) == 1:
            edge, other = (f"{size} - 1", "0") if by == 1 else ("0", f"{size} - 1")
            return f"({other} if {name} == {edge} else {name} {'+' if by == 1 else '-'} 1)"
        return super().wrapped(name, by, size)

    def choice(self, test: str, yes: str, no: str) -> str:
        return f"{yes} if {test} else {no}"

    def unless(self, name: str, excluded: list[str], body: list[str]) -> list[str]:
        test = " and ".join(f"{name} != {other}" for other in excluded)
        return [f"if {test}:", *(f"    {line}" for line in body)]

    def counted(
        self, step: For | None, name: str, first: str, last: str, body: list[str], *, simple: bool = False
    ) -> Iterator[str]:
        del simple
        bounds = last if first == "0" else f"{first}, {last}"
        if step is not None and step.outermost:
            counter = self.names.of("bound", f"{name} counter")
            yield f"for {counter} in prange({bounds}):"
            body = [f"{name} = np.int64({counter})", *body]
        else:
            yield f"for {name} in range({bounds}):"
        yield from (f"    {line}" for line in body)


def numba_source(function: str, steps: tuple[Step, ...], code: NumbaCode) -> list[str]:
    """A function of the sizes and the arrays: arguments, results, working space; scalars come back as a tuple."""
    layout, names = code.layout, code.names
    scalars = [names.of("symbol", array.symbol) for array in layout.results if not array.axes]
    arrays = [*layout.arguments, *(result for result in layout.results if result.axes), *layout.inner]
    sizes = [size for size in code.sizes.values() if not size.isdigit()]
    given = [*sizes, *(names.of("symbol", array.symbol) for array in arrays)]
    back = f"return ({', '.join(scalars)}{',' * (len(scalars) == 1)})" if scalars else "return ()"
    body = [*code.steps(steps), back]
    return [f"def {function}({', '.join(given)}):", *(f"    {line}" for line in body)]
