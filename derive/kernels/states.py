"""The space of states of a line: its axes, and what its operators and states are as arguments.

A line with Pauli matrices, or with states of a binary variable, is about a spin: its states have the axis of the two
values, 1 first. One with momenta or fields has the axis of the places, over which a field has its values and a momentum
is a matrix; with Pauli matrices both. States and operators of any other line have one axis of run-time size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.expression import (
    BASIS_STATES,
    STATE_KINDS,
    Bra,
    Commutator,
    Dagger,
    Expr,
    ImaginaryUnit,
    Ket,
    StateMean,
    Symbol,
    walk,
)
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.loops import imaginary
from derive.notation import Declared, Range, Scope

SPIN, PLACE, STATE, PART = "spin", "place", "state", "part"
"""The ranges of the values of a spin, of places and states, and of real and imaginary parts."""
_SIZES = {SPIN: "2", PLACE: "n", STATE: "n", PART: "2"}
_LETTERS = {SPIN: ("s", "u"), PLACE: ("a", "c"), STATE: ("a", "c"), PART: ("p", "q")}


def has_states(kernel: KernelInput) -> bool:
    """Whether operators, states or the imaginary unit stand in a kernel."""
    return any(
        isinstance(node, ImaginaryUnit | Ket | Bra | StateMean | Commutator | Dagger) or node.type.kind in STATE_KINDS
        for node in _nodes(kernel)
    )


def _nodes(kernel: KernelInput) -> Iterator[Expr]:
    for expr in (kernel.left, kernel.right, *(rule.right for rule in kernel.definitions)):
        yield from walk(expr)


def space(kernel: KernelInput) -> tuple[str, ...]:
    """The axes of the states of a line."""
    symbols = kernel.scope.symbols

    def kinds() -> Iterator[str]:
        for node in _nodes(kernel):
            if isinstance(node, Symbol) and node.name in symbols:
                yield symbols[node.name].kind
            if isinstance(node, Ket | Bra) and not is_state(node.of, kernel.scope):
                yield "Pauli"

    found = set(kinds())
    axes = (SPIN,) * ("Pauli" in found) + (PLACE,) * bool({"momentum", "field"} & found)
    return axes or (STATE,)


def is_state(symbol: Symbol, scope: Scope) -> bool:
    """Whether a symbol in a ket is a state, and no label or binary variable."""
    declared = scope.symbols.get(symbol.name)
    return symbol.name not in BASIS_STATES and declared is not None and declared.kind == "state"


def with_arguments(kernel: KernelInput) -> KernelInput:
    """The kernel in a scope that has the axes of states as ranges, and operators and states as arrays over them."""
    axes = space(kernel)
    ranges = dict(kernel.scope.ranges)
    if taken := sorted(set(_SIZES) & set(ranges)):
        raise KernelError(f"a kernel of operators has a range {taken[0]} of its own, and so has the scope")
    sizes = {range_.size for range_ in ranges.values()}
    size = next(one for one in ("n", "d", "dimension", "levels") if one not in sizes)
    for name in (*axes, PART):
        ranges[name] = Range(name, _SIZES[name].replace("n", size), _LETTERS[name])
    symbols: dict[str, Declared] = {}
    for name, declared in kernel.scope.symbols.items():
        own = _argument(declared, axes)
        symbols[name] = own
        if "complex" in own.properties:
            properties = own.properties - {"complex"} | {"imaginary"}
            symbols[imaginary(name)] = replace(own, key=imaginary(name), properties=properties)
    return replace(kernel, scope=replace(kernel.scope, ranges=ranges, symbols=symbols))


def _argument(declared: Declared, axes: tuple[str, ...]) -> Declared:
    """What a symbol is as an argument."""
    slots = declared.slots
    match declared.kind:
        case "operator":
            slots, more = (*slots, *axes, *axes), {"complex"}
        case "momentum":
            slots, more = (*slots, PLACE, PLACE), {"complex", "Hermitian"}
        case "field":
            slots, more = (*slots, PLACE), set[str]()
        case "state":
            slots, more = (*slots, *axes), {"complex"}
        case _:
            return declared
    kind = "identity" if "identity" in declared.properties else "quantity"
    return replace(declared, kind=kind, slots=slots, properties=declared.properties | more)


def mirrored(declared: Declared, at: tuple[int, ...]) -> tuple[int, ...]:
    """The place on the other side of the diagonal of an operator: its rows are the columns there."""
    slots = declared.slots
    count = max(k for k in range(1, len(slots) // 2 + 1) if slots[-2 * k : -k] == slots[-k:])
    return (*at[: -2 * count], *at[-count:], *at[-2 * count : -count])
