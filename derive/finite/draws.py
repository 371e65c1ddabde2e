r"""What an instance draws: numbers, the values of functions, directions, states and operators.

The numbers are those of :class:`derive.model.World`, from a hash of the place of a symbol in the notation.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.domains import NotRealisable, has_unit_length, on_sphere
from derive.expression import BASIS_STATES, Ket, Symbol
from derive.finite.operator_families import along, operator_of
from derive.finite.rings import Scalar
from derive.finite.spinors import (
    Column,
    Operator,
    Polynomial,
    Spinor,
    adjoint,
    cayley,
    gradient,
    matrix,
    monomials,
    multiple_of_one,
    multiplication,
    pauli,
    times,
)
from derive.model import World
from derive.notation import Declared

if TYPE_CHECKING:
    from derive.finite.alphabets import At, Env
    from derive.instance import Instance


class Draws:
    """The base values of an instance, each drawn once."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.ring = instance.ring
        self.world = World(instance.scope, instance.rules, instance.sizes, instance.seed, instance.scale, instance.base)
        self.directions: dict[tuple[str, At], list[Scalar]] = {}
        self.seen: dict[tuple[str, tuple[str, ...]], list[tuple[int, tuple[Scalar, ...]]]] = {}
        """The values of the arguments that functions were asked for, by name and kinds of arguments, with a number."""

    # -- numbers -------------------------------------------------------------------------------------------------

    def number(self, name: str, at: At, *, symbolic: bool = True) -> Scalar:
        """A base value, in the domain of its symbol; a rational number in either ring if not ``symbolic``."""
        declared = self.instance.scope.symbols.get(name)
        if declared is not None and self._has_unit_length(declared):
            return self._direction(declared, at[:-1])[at[-1]]
        self.world.draw(name, at)
        value = self.instance.base[name, at]
        if not symbolic:
            return self.ring.number(value)
        return self.ring.drawn(f"{name} {at}", value, declared.domain if declared is not None else "positive")

    def hashed(self, name: str, at: At) -> Fraction:
        """A number in the domain of a symbol that is no base value itself."""
        return self.world.drawn(name, at)

    def _has_unit_length(self, declared: Declared) -> bool:
        if declared.kind == "state":
            return self.instance.special or "unit" in declared.properties
        if declared.kind != "quantity" or not declared.slots:
            return False
        spin = self.instance.scope.of_kind("Pauli")
        beside_spin = spin is not None and declared.slots == spin.slots and declared.domain == "real"
        return has_unit_length(declared) or (self.instance.special and beside_spin)

    def _direction(self, declared: Declared, first: At) -> list[Scalar]:
        """A point on the sphere, by stereographic projection of drawn numbers."""
        key = (declared.key, first)
        if key not in self.directions:
            size = 4 if declared.kind == "state" else self.instance.sizes[declared.slots[-1]]
            foot = [self.hashed(declared.key, (*first, k, size)) for k in range(size - 1)]
            exact = on_sphere(foot, Fraction(1), lambda value: 1 / value)
            for k, value in enumerate(exact):
                self.instance.base[declared.key, (*first, k)] = value
            named = [self.ring.drawn(f"{key} {k}", value, "real") for k, value in enumerate(foot)]
            self.directions[key] = on_sphere(named, self.ring.number(1), self.ring.inverse)
        return self.directions[key]

    # -- functions -----------------------------------------------------------------------------------------------

    def find(self, known: Sequence[tuple[Scalar, ...]], values: tuple[Scalar, ...]) -> int | None:
        """Where values stand in a list."""
        for number, other in enumerate(known):
            if len(other) == len(values) and all(self.ring.equal(a, b) for a, b in zip(other, values, strict=True)):
                return number
        return None

    def identify(
        self, name: str, values: tuple[Scalar, ...], kinds: tuple[str, ...] = (), *, even: bool = False
    ) -> int:
        """A number for the values of the arguments of a function, the same for equal ones of the same kinds."""
        seen = self.seen.setdefault((name, kinds), [])
        at = self.find([other for _, other in seen], values)
        if at is None and even:
            at = self.find([other for _, other in seen], tuple(-value for value in values))
        if at is not None:
            return seen[at][0]
        new = sum(len(others) for (other, _), others in self.seen.items() if other == name)
        seen.append((new, values))
        return new

    def arguments(self, name: str, number: int) -> tuple[Scalar, ...] | None:
        """The values of the arguments that have a number, of a function that was asked for them."""
        every = [item for (other, _), seen in self.seen.items() if other == name for item in seen]
        return next((values for at, values in every if at == number), None)

    # -- operators and states ------------------------------------------------------------------------------------

    def operator(self, declared: Declared, at: At) -> Operator:
        """The base value of an operator, or of a component of a vector of operators."""
        name, properties, ring = declared.key, declared.properties, self.ring
        match declared.kind:
            case "Pauli":
                return pauli(ring, at[-1] + 1)
            case "momentum":
                factor = -ring.i
                if declared.constant:
                    factor = factor * self.instance.quantities.symbol(declared.constant, (), {})
                return times(ring, factor, gradient(ring, at[-1]))
            case "field":
                return multiplication({m: self.number(name, (*at, *m), symbolic=False) for m in monomials(2)})
        if "identity" in properties:
            return multiple_of_one(ring, ring.number(1))
        if self.instance.family and (self.instance.of_family is None or name in self.instance.of_family):
            found = operator_of(
                self.instance.family, ring, list(self.instance.scope.symbols).index(name), properties,
                lambda k: self.number(name, (*at, k)), lambda k: self.number("shared direction", (k,)),
            )  # fmt: skip
            if found is not None:
                return found
        if {"Hermitian", "unitary"} <= properties:
            return along(ring, [self.number(name, (*at, k)) for k in range(2)])
        a, b, c, d, *rest = (self.number(name, (*at, k)) for k in range(8))
        general = {"Hermitian", "unitary"}.isdisjoint(properties)
        if general and not self.instance.special:
            e, f, g, h = rest
            return matrix(a + ring.i * e, b + ring.i * f, c + ring.i * g, d + ring.i * h)
        hermitian = matrix(a, b + ring.i * c, b - ring.i * c, d)
        return hermitian if "Hermitian" in properties else cayley(ring, hermitian)

    def ket(self, of: Symbol, env: Env) -> Column:
        """A drawn state, or the eigenvector of the third Pauli matrix that a binary variable names."""
        declared = self.instance.scope.symbols.get(of.name)
        ring = self.ring
        for rule in self.instance.rules:
            if rule.left == Ket(of) and rule not in self.instance.busy:
                found = self.instance.under(rule, {}, env)
                norm = times(ring, adjoint(ring, found), found)
                if declared is not None and "unit" in declared.properties and not ring.equal(norm, ring.number(1)):
                    raise NotRealisable(f"{rule.source} gives {of.name} a norm that is not one")
                return found
        if of.name in BASIS_STATES:
            zero, one = ring.number(0), ring.number(1)
            return Column(one, zero) if of.name == BASIS_STATES[0] else Column(zero, one)
        if declared is not None and declared.kind == "state":
            a, b, c, d = (self.number(of.name, (k,)) for k in range(4))
            return Column(a + ring.i * b, c + ring.i * d)
        value, zero, one = self.instance.value(of, {}, env), ring.number(0), ring.number(1)
        for eigenvalue, column in ((one, Column(one, zero)), (-one, Column(zero, one))):
            if ring.equal(value, eigenvalue):
                return column
        raise NotRealisable(f"{of.name} is neither 1 nor -1")

    def test_spinor(self) -> Spinor:
        """A general spinor: two complex polynomials."""
        return self._wave(0), self._wave(1)

    def _wave(self, which: int) -> Polynomial:
        found: dict[tuple[int, int, int], Scalar] = {}
        for m in monomials(self.ring.degree):
            real, imaginary = (self.number("spinor of test", (k, *m), symbolic=False) for k in (which, which + 2))
            found[m] = real + self.ring.i * imaginary
        return found

    def test_point(self) -> tuple[Scalar, ...]:
        return tuple(self.number("coordinate of test", (k,), symbolic=False) for k in range(3))
