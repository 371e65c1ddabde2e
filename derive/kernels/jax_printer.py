"""Nests as JAX: each loop a function of its index that is mapped over all of them, so that it may be transformed.

The outermost loop goes in batches, so that the memory needed is that of some rows. Nothing is written in place; entries
of an array are what the loop over them returns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.kernels.layout import axes_of_fills
from derive.kernels.loops import Array, Loop, Place, Program
from derive.kernels.nests import For, Gather, Let, Step, Store, Whole
from derive.kernels.numpy_printer import whole_matrix
from derive.kernels.scalar_code import ScalarCode
from derive.kernels.special import LIBRARIES


@dataclass
class JaxCode(ScalarCode):
    """Values in JAX."""

    def number(self, value: int) -> str:
        return str(value) if abs(value) < 2**31 else f"{float(value)!r}"

    def pi(self) -> str:
        return "jnp.pi"

    def function(self, name: str) -> str:
        return f"jnp.{name}"

    def power(self, base: str, exponent: str) -> str:
        return f"({base}) ** ({exponent})"

    def extent(self, size: str) -> str:
        return f"jnp.asarray({size}, float)"

    def counter(self, name: str) -> str:
        return f"jnp.asarray({name}, float)"

    def special(self, name: str, arguments: list[str]) -> str:
        return LIBRARIES["jax"][name].format(*arguments)

    def balanced(self, above: list[str], below: list[str], log: str) -> str:
        first, second = (f"({', '.join(parts)}{',' * (len(parts) == 1)})" for parts in (above, below))
        return f"_balanced({first}, {second}, {log})"

    def same(self, left: str, right: str) -> str:
        return f"jnp.where({left} == {right}, 1, 0)"

    def weighted(self, weight: str, value: str) -> str:
        return f"jnp.where({weight} == 0, 0, {weight} * {value})"

    def load(self, symbol: str, at: tuple[Place, ...]) -> str:
        name = self.names.of("symbol", symbol)
        return f"{name}[{', '.join(self.place(place) for place in at)}]" if at else name


def jax_source(steps: tuple[Step, ...], results: tuple[Array, ...], code: JaxCode, program: Program) -> list[str]:
    """The lines that compute the results and return them as a tuple."""
    names = [code.names.of("symbol", result.symbol) for result in results]
    return [*_steps(steps, code, program), f"return {', '.join(names)}{',' * (len(names) == 1)}"]


def _stores(step: Step) -> Iterator[Store]:
    if isinstance(step, Store):
        yield step
    if isinstance(step, For):
        for inner in step.steps:
            yield from _stores(inner)


def _steps(steps: tuple[Step, ...], code: JaxCode, program: Program) -> Iterator[str]:
    for step in steps:
        match step:
            case Let(name=name, value=value):
                yield f"{name} = {code.text(value)}"
            case Gather(name=name, value=value) | Store(symbol=name, value=value):
                own = name if isinstance(step, Gather) else _entry(code, name)
                yield f"{own} = {code.text(value)}"
            case Whole(symbol=symbol):
                fill = next(fill for fill in program.fills if fill.symbol == symbol)
                lines = whole_matrix(fill, program, axes_of_fills(program), code.names, code.sizes)
                yield from (_traced(line) for line in lines)
            case For() if step.loop.limits:
                yield from _between_limits(step, code, program)
            case For():
                yield from _loop(step, code, program)


def _traced(line: str) -> str:
    line = line.replace("np.linalg", "jnp.linalg").replace("_log_determinant(", "_log_determinant_traced(")
    return line.replace("_exponential(", "jax.scipy.linalg.expm(")


def _entry(code: JaxCode, symbol: str) -> str:
    """The name of the entries of an array before they are put together."""
    return code.names.of("entry", symbol)


def _loop(step: For, code: JaxCode, program: Program) -> Iterator[str]:
    loop, size = step.loop, code.sizes[step.loop.range]
    stored = list(dict.fromkeys(store.symbol for store in _stores(step)))
    entries = [_entry(code, symbol) for symbol in stored]
    gathered = [name for name, _ in step.gathers]
    values = [*entries, *gathered]
    function = code.names.of("step", f"at_{loop.name}")
    yield f"def {function}({loop.name}):"
    for line in _steps(step.steps, code, program):
        yield f"    {line}"
    yield f"    return {', '.join(values)}{',' * (len(values) == 1)}"
    index = _index(loop, size, code)
    left = f"{', '.join(values)}{',' * (len(values) == 1)}"
    if step.outermost:
        widths = [code.sizes[name] for name in _ranges(step) if name != loop.range or _nested(step, name)]
        width = " * ".join(widths) or "1"
        yield f"{left} = jax.lax.map({function}, {index}, batch_size=_batch({size}, {width}))"
    else:
        yield f"{left} = jax.vmap({function})({index})"
    for name, operation in step.gathers:
        yield f"{name} = jnp.{'sum' if operation == 'sum' else 'prod'}({name})"
    for symbol, entry in zip(stored, entries, strict=True):
        if loop.excluded:
            yield f"{entry} = jnp.zeros(({size}, *{entry}.shape[1:]), {entry}.dtype).at[{index}].set({entry})"
        if step.outermost:
            yield f"{code.names.of('symbol', symbol)} = {entry}"


def _between_limits(step: For, code: JaxCode, program: Program) -> Iterator[str]:
    """A loop over whole numbers, each term of which is added to what is carried."""
    name = step.loop.name
    lower, upper = (code.text(limit) for limit in step.loop.limits)
    has, carried = code.names.of("bound", f"{name} has_terms"), code.names.of("bound", f"{name} carried")
    function = code.names.of("step", f"at_{name}")
    gathered = [f"{one}{',' * (len(step.gathers) == 1)}" for one, _ in step.gathers]
    yield f"{has} = _has_terms({lower}, {upper})"
    yield f"def {function}({name}, {carried}):"
    for line in _steps(step.steps, code, program):
        yield f"    {line}"
    added = [
        f"{carried}[{number}] {'+' if operation == 'sum' else '*'} {one}"
        for number, (one, operation) in enumerate(step.gathers)
    ]
    if step.loop.excluded:
        kept = " & ".join(f"({name} != {other})" for other in code.excluded(step.loop))
        added = [f"jnp.where({kept}, {one}, {carried}[{number}])" for number, one in enumerate(added)]
    yield f"    return ({', '.join(added)}{',' * (len(added) == 1)})"
    starts = [f"jnp.where({has}, {'0.0' if operation == 'sum' else '1.0'}, jnp.nan)" for _, operation in step.gathers]
    limits = f"jnp.where({has}, {lower}, 0).astype(int), jnp.where({has}, {upper}, -1).astype(int) + 1"
    start = f"({', '.join(starts)}{',' * (len(starts) == 1)})"
    yield f"{', '.join(gathered)} = jax.lax.fori_loop({limits}, {function}, {start})"


def _index(loop: Loop, size: str, code: JaxCode) -> str:
    if not loop.excluded:
        return f"jnp.arange({size})"
    return f"_some({size}, {', '.join(code.excluded(loop))})"


def _ranges(step: For) -> list[str]:
    """The ranges of the loops inside a loop, each once; those between limits have none."""
    found: list[str] = []
    for inner in step.steps:
        if isinstance(inner, For):
            found += [inner.loop.range, *_ranges(inner)]
    return [name for name in dict.fromkeys(found) if name]


def _nested(step: For, range_: str) -> bool:
    return range_ in _ranges(step)
