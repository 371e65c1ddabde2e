r"""Random quantities with finitely many values, in the place of continua.

A binary variable has the values -1 and 1, a real column two or three drawn values in each place, or the points of
:meth:`derive.worlds.laws.Laws.law` where a rule gives a mean or a covariance. What is defined through random
quantities has the values that the definition gives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product as cartesian
from math import prod
from typing import TYPE_CHECKING

from derive.algebra.rules import unify
from derive.domains import NotRealisable, OutsideDomain
from derive.expression import (
    Applied,
    Density,
    Dirac,
    Expectation,
    Expr,
    Index,
    Integral,
    Slot,
    Symbol,
    ValueSum,
    free_indices,
    walk,
)
from derive.finite.rings import Scalar
from derive.model import World
from derive.notation import Declared
from derive.worlds.places import Places

if TYPE_CHECKING:
    from derive.instance import Instance

MAX_POINTS = 600
At = tuple[int, ...]
Env = Mapping[tuple[str, At], Scalar]
"""The values of bound variables, by name and place."""
Columns = tuple[tuple[Scalar, ...], ...]


@dataclass(frozen=True)
class Unit:
    """A random quantity that takes its values at once: a real column, or one binary variable."""

    name: str
    places: tuple[At, ...]
    columns: Columns
    law: str = ""
    """The law under which the probabilities have the moments that rules give."""
    probabilities: tuple[Scalar, ...] = ()

    def env(self, choice: int) -> Env:
        return {(self.name, at): value for at, value in zip(self.places, self.columns[choice], strict=True)}


class Alphabets:
    """The random quantities of an instance, and their joint values."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._classes: dict[object, tuple[list[int], list[tuple[Scalar, ...]]]] = {}

    # -- what is random ------------------------------------------------------------------------------------------

    def is_random_name(self, name: str) -> bool:
        declared = self.instance.scope.symbols.get(name)
        return declared is not None and declared.law is not None and declared.kind == "quantity"

    def is_random(self, expr: Expr) -> bool:
        return any(isinstance(node, Symbol) and self.is_random_name(node.name) for node in walk(expr))

    def is_derived(self, name: str) -> bool:
        """Whether a symbol is defined by a rule, in general and not for one place only."""
        return any(
            isinstance(rule.left, Symbol)
            and rule.left.name == name
            and not any(isinstance(slot, Index) and slot.is_label for slot in rule.left.slots)
            for rule in self.instance.rules
        )

    def fixed(self, env: Env) -> Env:
        """What of the bound values is not random."""
        return {key: value for key, value in env.items() if not self.is_random_name(key[0])}

    # -- values --------------------------------------------------------------------------------------------------

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """What is random in the scope and not defined through others."""
        found: list[Unit] = []
        for name, declared in self.instance.scope.symbols.items():
            if not self.is_random_name(name) or self.is_derived(name):
                continue
            if any(isinstance(rule.left, Symbol) and rule.left.name == name for rule in self.instance.rules):
                raise NotRealisable(f"a rule gives a single component of {name}, which is random")
            places = tuple(cartesian(*(range(self.instance.sizes[slot]) for slot in declared.slots)))
            if declared.domain == "binary":
                found += [self._binary_unit(name, at) for at in places]
            else:
                found.append(self._real_unit(name, places))
        return tuple(found)

    def _binary_unit(self, name: str, at: At) -> Unit:
        """A binary variable; where a rule gives its mean m, with the probabilities (1 + m) / 2 and (1 - m) / 2."""
        instance = self.instance
        slots = tuple(
            Index(str(n + 1), range_) for n, range_ in zip(at, instance.scope.symbols[name].slots, strict=True)
        )
        for rule in instance.rules:
            left = rule.left
            found: dict[Index, Index] = {}
            if not isinstance(left, Expectation) or left.kind != "E" or rule in instance.busy:
                continue
            if not unify(left.arguments[0], Symbol(name, slots), found):
                continue
            places = {old: int(new.name) - 1 for old, new in found.items()}
            mean = instance.under(rule, places, {})
            one, half = instance.ring.number(1), instance.ring.number(Fraction(1, 2))
            probabilities = ((one + mean) * half, (one - mean) * half)
            if any(instance.ring.is_negative(value) for value in probabilities):
                raise OutsideDomain(f"{rule.source} gives a binary variable a mean that is not between -1 and 1")
            return Unit(name, (at,), self._signs(1), left.law, probabilities)
        return Unit(name, (at,), self._signs(1))

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(unit.name for unit in self.units)

    def _signs(self, count: int) -> Columns:
        ring = self.instance.ring
        return tuple(cartesian((ring.number(1), ring.number(-1)), repeat=count))

    def _letters(self, name: str, places: tuple[At, ...]) -> Columns:
        """All columns of drawn values, a few different ones in each place."""
        count = self.instance.ring.letters if len(places) == 1 else 2
        base = self.instance.base
        letters: list[list[Scalar]] = []
        for at in places:
            kept: list[At] = []
            for number in range(99):
                here = (*at, number)
                value = self.instance.draws.hashed(name, here)
                if len(kept) < count and all(base[name, other] != value for other in kept):
                    self.instance.draws.number(name, here)
                    kept.append(here)
            letters.append([self.instance.draws.number(name, here) for here in kept])
        return tuple(cartesian(*letters))

    def _real_unit(self, name: str, places: tuple[At, ...]) -> Unit:
        laws = {
            rule.left.law
            for rule in self.instance.rules
            if isinstance(rule.left, Expectation)
            and any(isinstance(node, Symbol) and node.name == name for node in walk(rule.left))
        }
        if not laws:
            columns = self._letters(name, places)
            return Unit(name, places, (*columns, *self._mates(name, places, columns)))
        if len(laws) > 1 or not self.instance.ring.numeric:
            raise NotRealisable(f"moments of {name} are given, which is for one law and for numbers only")
        (law,) = laws
        ring = self.instance.ring
        columns = []
        weights: list[Scalar] = []
        for point, probability in self._world_of(name, law).laws.law(law).points:
            column = tuple(ring.number(0) + value for value in point)
            at = self.instance.draws.find(columns, column)
            if at is None:
                columns.append(column)
                weights.append(ring.number(0) + probability)
            else:
                weights[at] = weights[at] + probability
        return Unit(name, places, tuple(columns), law, tuple(weights))

    def _mates(self, name: str, places: tuple[At, ...], columns: Columns) -> Iterator[tuple[Scalar, ...]]:
        """More columns, one for each linear function of a column that is random too: with a value that it has already.

        Else such a function would tell all columns apart, and a law given its value would be one given the column.
        """
        ring, first = self.instance.ring, columns[0]
        for other, declared in self.instance.scope.symbols.items():
            reached = {
                n for n in self.instance.quantities.reached(other) if self.is_random_name(n) and not self.is_derived(n)
            }
            if declared.slots or reached != {name} or not self.is_random_name(other) or len(places) < 2:
                continue

            def value(column: tuple[Scalar, ...], of: str = other) -> Scalar:
                return self.instance.quantities.symbol(
                    of, (), {(name, at): v for at, v in zip(places, column, strict=True)}
                )

            a, b, *rest = first
            slopes = (
                value((a + ring.number(1), b, *rest)) - value(first),
                value((a, b + ring.number(1), *rest)) - value(first),
            )
            if ring.equal(slopes[1], ring.number(0)):
                continue
            mate = (a + ring.number(1), b - ring.tidy(slopes[0] * ring.inverse(slopes[1])), *rest)
            if ring.equal(value(mate), value(first)) and self.instance.draws.find(columns, mate) is None:
                yield mate

    def _world_of(self, name: str, law: str) -> World:
        """A world in which nothing else is random, to give the law of one column its moments."""
        instance = self.instance
        symbols = {
            key: replace(declared, law=law if key == name else None) if declared.kind == "quantity" else declared
            for key, declared in instance.scope.symbols.items()
        }
        scope = replace(instance.scope, symbols=symbols)
        return World(scope, instance.rules, instance.sizes, instance.seed, instance.scale, instance.base)

    @cached_property
    def choices(self) -> list[tuple[int, ...]]:
        """All ways to give every unit one of its values."""
        count = prod(len(unit.columns) for unit in self.units)
        if count > MAX_POINTS:
            raise NotRealisable(f"{count} joint values of the random quantities are too many")
        return list(cartesian(*(range(len(unit.columns)) for unit in self.units)))

    @cached_property
    def points(self) -> list[Env]:
        """The joint values of all random quantities."""
        return [self.env(dict(enumerate(choice))) for choice in self.choices]

    def env(self, chosen: Mapping[int, int]) -> dict[tuple[str, At], Scalar]:
        found: dict[tuple[str, At], Scalar] = {}
        for number, choice in chosen.items():
            found.update(self.units[number].env(choice))
        return found

    def outcome(self) -> Env:
        """The values of random quantities where nothing binds them."""
        return self.points[self.instance.point or 0]

    # -- what depends on them ------------------------------------------------------------------------------------

    def units_in(self, expr: Expr, places: Places, seen: frozenset[str] = frozenset()) -> frozenset[int]:
        """The units that an expression depends on, through definitions too; a component of a column is all of it."""
        found: set[int] = set()
        for node in walk(expr):
            if not isinstance(node, Symbol) or node.name in seen:
                continue
            at = [self._known_place(slot, places) for slot in node.slots]
            for number, unit in enumerate(self.units):
                if unit.name == node.name and any(_matches(at, place) for place in unit.places):
                    found.add(number)
            for rule in self.instance.rules:
                if isinstance(rule.left, Symbol) and rule.left.name == node.name:
                    found |= self.units_in(rule.right, {}, seen | {node.name})
        return frozenset(found)

    def _known_place(self, slot: Slot, places: Places) -> int | None:
        known = isinstance(slot, Index) and (slot in places or slot.is_label)
        return self.instance.place(slot, places) if isinstance(slot, Index) and known else None

    def classes(self, of: Expr, places: Places) -> tuple[list[int], list[tuple[Scalar, ...]]]:
        """The values that something random takes, and which of them at each point."""
        key = (of, tuple(sorted((index.name, places[index]) for index in free_indices(of) if index in places)))
        if key not in self._classes:
            kinds: list[int] = []
            known: list[tuple[Scalar, ...]] = []
            for point in self.points:
                values = self.instance.column(of, places, point)
                at = self.instance.draws.find(known, values)
                if at is None:
                    at = len(known)
                    known.append(values)
                kinds.append(at)
            self._classes[key] = (kinds, known)
        return self._classes[key]

    def check_closed(self, of: Expr, env: Env) -> None:
        """Refuses what is defined through random quantities and a bound one that is not: it has no one alphabet."""
        bound = {name for name, _ in self.fixed(env)}
        for node in walk(of):
            if (
                isinstance(node, Symbol)
                and self.is_random_name(node.name)
                and self.instance.quantities.reached(node.name) & bound
            ):
                raise NotRealisable(f"{node.name} depends on something that is summed over")

    def bindings(self, variable: Symbol, body: Expr, places: Places, env: Env) -> Iterator[Env]:
        """What an integral or a sum over the values of a variable gives it, one value after the other."""
        self.check_closed(variable, env)
        components = self.instance.filled(variable, places)
        inner = [node.variable for node in walk(body) if isinstance(node, Integral | ValueSum)]
        for other in (other for other in inner if other.name == variable.name and free_indices(other) <= set(places)):
            if set(self.instance.filled(other, places)) & set(components):
                raise NotRealisable(f"{variable.name} is summed over twice")
        declared = self.instance.scope.symbols.get(variable.name)
        is_continuous = declared is None or declared.domain != "binary"
        is_random = self.is_random_name(variable.name) and (
            not is_continuous
            or _is_under_law(variable, body)
            or (not self.is_formal(variable, body) and self.is_formal(variable, body, through=True))
        )
        if not (is_random or self.instance.any_measure) and is_continuous and not self.is_formal(variable, body):
            raise NotRealisable(f"{variable.name} ranges over all real numbers, in more than arguments of functions")
        for column in self._columns(variable, components, places, is_random=is_random):
            yield {(variable.name, at): value for at, value in zip(components, column, strict=True)}

    def is_formal(self, variable: Symbol, expr: Expr, *, through: bool = False) -> bool:
        """Whether an integral over a variable stays the same with a sum in its place.

        So it is where the variable stands only in a delta, or by itself as the argument of a function that may be any;
        ``through`` definitions of functions, of one that is defined by another such function or a density.
        """
        match expr:
            case Dirac():
                return True
            case Applied(name=name, arguments=arguments):
                given = [r.right for r in self.instance.rules if isinstance(r.left, Applied) and r.left.name == name]
                any_ = not given or (through and all(map(_has_any_function, given)))
                rest = tuple(a for a in arguments if a != variable) if any_ else arguments
                return all(self.is_formal(variable, argument, through=through) for argument in rest)
            case Symbol(name=name):
                return name != variable.name and variable.name not in self.instance.quantities.reached(name)
        return all(self.is_formal(variable, child, through=through) for child in expr.children)

    def _columns(
        self, variable: Symbol, components: tuple[At, ...], places: Places, *, is_random: bool
    ) -> Iterator[tuple[Scalar, ...]]:
        """The values of a random quantity, of a binary variable, or those that all other numbers of a domain share."""
        declared = self.instance.scope.symbols.get(variable.name)
        if declared is None or declared.kind != "quantity":
            raise NotRealisable(f"{variable.name} has no values to sum over")
        if is_random:
            yield from self.classes(variable, places)[1]
        elif declared.domain == "binary":
            yield from self._signs(len(components))
        else:
            first = next(key for key, other in self.instance.scope.symbols.items() if _same_values(other, declared))
            letters = self._letters(first, ((0,) * len(declared.slots),))
            yield from cartesian((letter for (letter,) in letters), repeat=len(components))


def _has_any_function(expr: Expr) -> bool:
    return any(isinstance(node, Applied | Density) for node in walk(expr))


def _is_under_law(variable: Symbol, body: Expr) -> bool:
    """Whether a density, a delta or an expectation in an integrand speaks of the variable."""
    nodes = (node for node in walk(body) if isinstance(node, Density | Dirac | Expectation))
    return any(isinstance(inner, Symbol) and inner.name == variable.name for node in nodes for inner in walk(node))


def _same_values(one: Declared, other: Declared) -> bool:
    """Whether integrals over two variables are over the same values."""
    return (one.kind, one.domain, one.weights) == (other.kind, other.domain, other.weights)


def _matches(at: Sequence[int | None], place: Sequence[int]) -> bool:
    return all(a is None or a == b for a, b in zip(at, place, strict=True))
