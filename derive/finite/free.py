"""What stands free in an expression: random quantities that nothing in it binds, and what it is a density of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from derive.expression import (
    Applied,
    Density,
    Dirac,
    Expectation,
    Expr,
    Index,
    Integral,
    Symbol,
    ValueSum,
    free_indices,
    walk,
)
from derive.finite.alphabets import At, Env
from derive.finite.rings import Scalar
from derive.worlds.places import Places

if TYPE_CHECKING:
    from derive.instance import Instance


_NO_ENV: Env = {}


def densities_of(instance: Instance, expr: Expr, bound: frozenset[str] = frozenset()) -> frozenset[str]:
    """What is real, defined through random quantities and not integrated over, that something is a density of."""
    match expr:
        case Integral(variable=variable, body=body):
            return densities_of(instance, body, bound | {variable.name})
        case Expectation():
            return frozenset()
        case Density(of=of):
            return frozenset(name for item in of for name in _continuous(instance, item) - bound)
        case Dirac(argument=argument):
            return frozenset(_continuous(instance, argument) - bound)
    return frozenset().union(*(densities_of(instance, child, bound) for child in expr.children))


def _continuous(instance: Instance, expr: Expr) -> set[str]:
    names = {node.name for node in walk(expr) if isinstance(node, Symbol)}
    real = {name for name in names if (known := instance.scope.symbols.get(name)) and known.domain != "binary"}
    return {name for name in real if instance.alphabets.is_random_name(name) and instance.alphabets.is_derived(name)}


def free_random(
    instance: Instance, expr: Expr, bound: frozenset[str | Symbol] = frozenset(), *, in_delta: bool = False
) -> Iterator[Symbol | Applied]:
    """The random symbols of an expression that nothing binds.

    One that is defined through what an integral binds follows that, but not where a delta compares the two.
    """
    match expr:
        case Expectation(given=given):
            for item in given:
                yield from free_random(instance, item, bound, in_delta=in_delta)
            yield from foreign(instance, expr, bound)
            return
        case Integral(variable=variable, body=body) | ValueSum(variable=variable, body=body):
            whole = all(not isinstance(slot, Index) for slot in variable.slots)
            yield from free_random(instance, body, bound | {variable.name if whole else variable}, in_delta=in_delta)
            return
        case Symbol(name=name) | Applied(name=name) if expr not in bound and name not in bound:
            reached = instance.quantities.reached(name)
            follows = bool({b if isinstance(b, str) else b.name for b in bound} & reached)
            is_random = instance.alphabets.is_random_name(name)
            if reached & instance.alphabets.names and (not follows or (in_delta and is_random)):
                yield expr
    for child in expr.children:
        yield from free_random(instance, child, bound, in_delta=in_delta or isinstance(expr, Dirac))


def foreign(
    instance: Instance, expr: Expectation, bound: frozenset[str | Symbol] = frozenset()
) -> Iterator[Symbol | Applied]:
    """What stands in an expectation and follows another law than its own, so that it is not over it."""
    given = {node.name for item in expr.given for node in walk(item) if isinstance(node, Symbol)}
    for argument in expr.arguments:
        for symbol in free_random(instance, argument, bound):
            bases = instance.quantities.reached(symbol.name) & instance.alphabets.names
            if symbol.name not in given and any(law_of(instance, name) != expr.law for name in bases - given):
                yield symbol


def law_of(instance: Instance, name: str) -> str | None:
    declared = instance.scope.symbols.get(name)
    return declared.law if declared is not None else None


def free_values(instance: Instance, sides: tuple[Expr, ...], places: Places) -> Env:
    """The values of what is defined through random quantities and that nothing binds: it follows no integral."""
    env: dict[tuple[str, At], Scalar] = {}
    for symbol in (symbol for side in sides for symbol in free_random(instance, side)):
        is_random = isinstance(symbol, Symbol) and instance.alphabets.is_random_name(symbol.name)
        if isinstance(symbol, Symbol) and is_random and instance.alphabets.is_derived(symbol.name):
            components = instance.filled(symbol, places) if free_indices(symbol) <= set(places) else ()
            env.update({(symbol.name, at): instance.quantities.symbol(symbol.name, at, _NO_ENV) for at in components})
    return env


def unbound(expr: Expr) -> Iterator[Symbol | Applied]:
    """The symbols outside expectations, and outside integrals and sums over their values."""
    match expr:
        case Expectation():
            return
        case Integral(variable=variable, body=body) | ValueSum(variable=variable, body=body):
            whole = all(not isinstance(slot, Index) for slot in variable.slots)
            yield from (s for s in unbound(body) if s != variable and not (whole and s.name == variable.name))
        case _:
            if isinstance(expr, Symbol | Applied):
                yield expr
            for child in expr.children:
                yield from unbound(child)


def above_sums(expr: Expr) -> Iterator[Expr]:
    """The nodes of an expression that no integral or sum over values in it binds."""
    yield expr
    if not isinstance(expr, Integral | ValueSum):
        for child in expr.children:
            yield from above_sums(child)
