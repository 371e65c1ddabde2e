"""Derivatives in a finite model: of functions by variables, along coordinates, and of one step of a dynamics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.domains import NotRealisable
from derive.expression import Applied, Index
from derive.fields.finite.arrays import ZERO
from derive.fields.finite.atoms import Atom, Component
from derive.fields.finite.letters import Bound
from derive.fields.finite.lines import Premise, whole_variables
from derive.fields.finite.polynomials import Poly
from derive.fields.nodes import Place, Variable

if TYPE_CHECKING:
    from derive.fields.finite.evaluation import Env, Evaluator
    from derive.fields.finite.worlds import World

TIMES = ("t", "0")
"""The coordinates that are time."""


class Calculus:
    """The rules of differentiation in a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._partials: dict[tuple[int, Atom], Poly] = {}
        self._alongs: dict[tuple[int, str], Poly] = {}
        self._values: dict[tuple[str, Component, int], Poly | None] = {}

    # Functions and their values.

    def applied(self, evaluator: Evaluator, expr: Applied, env: Env, bound: Bound) -> Poly:
        """The value of a function."""
        slots = self._slots(evaluator, expr, env)
        if whole_variables(expr):
            return self.quantity(expr.name, slots, self._time(evaluator, expr))
        arguments: list[Poly] = []
        for argument in expr.arguments:
            value = evaluator.value(argument, env, bound)
            arguments += [value] if isinstance(value, Poly) else [value.at(k, 0) for k in range(value.rows)]
        return self.composite(expr.name, slots, tuple(arguments), ())

    def composite(self, name: str, slots: Component, arguments: tuple[Poly, ...], by: tuple[int, ...]) -> Poly:
        """A function of more than whole variables, differentiated by its arguments of these numbers."""
        known = self.world.functions.composites.get((name, slots, arguments))
        if known is not None and not by:
            return known
        drawn = self.world.functions.outer(name, slots, len(arguments))
        if drawn is None:
            keys = tuple((str(k), ()) for k in by)
            return Poly.atom(self.world.number_of(Atom("function", name, slots, 0, (), keys, arguments)))
        inner = {self.world.number_of(Atom("argument", name, (k,))): argument for k, argument in enumerate(arguments)}
        for k in by:
            drawn = self.partial(drawn, Atom("argument", name, (k,)))
        return drawn.put(inner)

    def quantity(self, name: str, slots: Component, time: int) -> Poly:
        """The value of a function of whole variables: by its definition, or an atom."""
        value = self.definition(name, slots, time)
        return Poly.atom(self.world.number_of(Atom("function", name, slots, time))) if value is None else value

    def definition(self, name: str, slots: Component, time: int) -> Poly | None:
        """The value of a function by its definition, of which a functional gives its density; None without one."""
        key = (name, slots, time)
        if key not in self._values:
            self._values[key] = None
            self._values[key] = self._defined(name, slots, time)
        return self._values[key]

    def _defined(self, name: str, slots: Component, time: int) -> Poly | None:
        function = self.world.functions.known.get(name)
        if function is None:
            return None
        if function.drawn is not None:
            return self.world.later(function.drawn, time)
        values = [v for d in function.definitions if (v := self._by(d, slots, time)) is not None]
        if any(value != values[0] for value in values):
            raise NotRealisable(f"{name} is defined twice")
        return values[0] if values else None

    def _by(self, definition: Premise, slots: Component, time: int) -> Poly | None:
        """The value of a function by one definition; None where that is for other indices."""
        left = definition.left
        assert isinstance(left, Applied)
        if len(left.slots) != len(slots):
            return None
        env: Env = {}
        for slot, value in zip(left.slots, slots, strict=True):
            if not isinstance(slot, Index) or (slot.is_label and int(slot.name) != value):
                return None
            if not slot.is_label:
                env[slot] = value
        times = [a.time or 0 for a in left.arguments if isinstance(a, Variable)]
        return self.world.evaluator(definition.scope, time - (times[0] if times else 0)).number(definition.right, env)

    def _slots(self, evaluator: Evaluator, expr: Applied, env: Env) -> Component:
        return tuple(evaluator.place(Place(slot), env) for slot in expr.slots if isinstance(slot, Index))

    def _time(self, evaluator: Evaluator, expr: Applied) -> int:
        times = {(a.time or 0) + evaluator.shift for a in expr.arguments if isinstance(a, Variable)}
        if len(times) > 1:
            raise NotRealisable(f"{expr.name} is a function of variables at several times")
        return times.pop() if times else evaluator.shift

    # Derivatives by variables.

    def gradient(self, evaluator: Evaluator, of: Applied, by: Atom, total: bool, env: Env, bound: Bound) -> Poly:
        """The derivative of a function by a component of a variable; with what depends on that, if it is total."""
        if not whole_variables(of):
            return self.partial(self.applied(evaluator, of, env, bound), by)
        slots = self._slots(evaluator, of, env)
        result = self.derivative(of.name, slots, by)
        if total:
            printed = {a.name for a in of.arguments if isinstance(a, Variable)}
            others = printed or self.world.functions.known[of.name].arguments
            for other in sorted(others - {by.name} - self.world.steps.related(by.name)):
                for at in self.world.components[other]:
                    factor = self.jacobian(Atom("variable", other, at, by.time + 1), by)
                    if factor:
                        inner = Atom("variable", other, at, by.time)
                        result = result + factor * self.derivative(of.name, slots, inner)
        return result

    def derivative(self, name: str, slots: Component, by: Atom) -> Poly:
        """The partial derivative of a function of whole variables; of a functional, the functional derivative."""
        value = self.definition(name, slots, by.time)
        if value is None:
            return self._unknown(Atom("function", name, slots, by.time), by)
        if by.name in self.names(value):
            return self.euler(value, by) if self.world.functions.known[name].is_functional else self.partial(value, by)
        if self.world.steps.related(by.name) & self.names(value):
            return Poly.atom(self.world.number_of(Atom("function", name, slots, by.time, (), ((by.name, by.at),))))
        return ZERO

    def names(self, poly: Poly) -> set[str]:
        """The variables that a value depends on."""
        found: set[str] = set()
        for number in poly.atoms():
            atom = self.world.atoms[number]
            if atom.kind == "variable":
                found.add(atom.name)
            if atom.kind == "function" and not atom.arguments and atom.name in self.world.functions.known:
                found |= self.world.functions.known[atom.name].arguments
            if atom.kind == "line":
                found.add(atom.name)
            for argument in atom.arguments:
                found |= self.names(argument)
        return found

    def partial(self, poly: Poly, by: Atom) -> Poly:
        """The formal derivative of a polynomial by an atom, through the functions in it."""
        return poly.over_atoms(lambda number: self._partial(number, by))

    def _partial(self, number: int, by: Atom) -> Poly:
        key = (number, by)
        if key not in self._partials:
            self._partials[key] = self._partial_of(self.world.atoms[number], by)
        return self._partials[key]

    def _partial_of(self, atom: Atom, by: Atom) -> Poly:
        if atom == by:
            return Poly.number(1)
        if atom.kind == "line":
            return atom.arguments[0] if (atom.name, atom.at, atom.time) == (by.name, by.at, by.time) else ZERO
        if atom.kind != "function":
            return ZERO
        if not atom.arguments:
            return self._unknown(atom, by)
        result = ZERO
        for k, argument in enumerate(atom.arguments):
            inner = self.partial(argument, by)
            if inner:
                orders = tuple(sorted((*(int(name) for name, _ in atom.by), k)))
                result = result + inner * self.composite(atom.name, atom.at, atom.arguments, orders)
        return result

    def _unknown(self, atom: Atom, by: Atom) -> Poly:
        """The derivative of a function that nothing is known of but what it depends on."""
        function = self.world.functions.known.get(atom.name)
        known = function.arguments if function is not None else set()
        if by.kind != "variable" or atom.time != by.time or not ({by.name} | self.world.steps.related(by.name)) & known:
            return ZERO
        if atom.jet or by.jet:
            raise NotRealisable(f"the derivative of {atom.name} along a coordinate is differentiated by {by.name}")
        keys = tuple(sorted((*atom.by, (by.name, by.at))))
        return Poly.atom(self.world.number_of(atom._replace(by=keys)))

    def euler(self, density: Poly, by: Atom) -> Poly:
        """The functional derivative of the integral of a density: the sum of (-∂)^k of its derivatives by ∂^k φ."""
        result = ZERO
        for number in sorted(density.atoms()):
            atom = self.world.atoms[number]
            if atom.kind == "function":
                inner = self.partial(Poly.atom(number), by)
                result = result + self.formal(density, number) * inner
                continue
            if (atom.kind, atom.name, atom.at) != (by.kind, by.name, by.at):
                continue
            if any(name in TIMES for name, _ in atom.jet):
                raise NotRealisable("a functional of derivatives by time is differentiated")
            value = self.formal(density, number)
            for name, count in atom.jet:
                for _ in range(count):
                    value = -self.along(value, name)
            result = result + value
        return result

    def formal(self, poly: Poly, number: int) -> Poly:
        """The derivative by one atom, all others held fixed."""
        return poly.over_atoms(lambda other: Poly.number(1) if other == number else ZERO)

    # Derivatives along coordinates.

    def along(self, poly: Poly, coordinate: str) -> Poly:
        """The derivative along a coordinate, by the chain rule."""
        return poly.over_atoms(lambda number: self._along(number, coordinate))

    def _along(self, number: int, coordinate: str) -> Poly:
        key = (number, coordinate)
        if key not in self._alongs:
            self._alongs[key] = self._along_of(self.world.atoms[number], coordinate)
        return self._alongs[key]

    def _along_of(self, atom: Atom, coordinate: str) -> Poly:
        if atom.kind == "variable":
            return Poly.atom(self.world.number_of(atom.along(coordinate)))
        result = ZERO
        if atom.kind == "line":
            variable = Poly.atom(self.world.number_of(Atom("variable", atom.name, atom.at, atom.time)))
            return atom.arguments[0] * self.along(variable, coordinate)
        if atom.kind != "function":
            raise NotRealisable(f"{atom.name} is differentiated along a coordinate")
        if atom.arguments:
            for k, argument in enumerate(atom.arguments):
                orders = tuple(sorted((*(int(name) for name, _ in atom.by), k)))
                outer = self.composite(atom.name, atom.at, atom.arguments, orders)
                result = result + outer * self.along(argument, coordinate)
            return result
        function = self.world.functions.known[atom.name]
        if function.is_functional or atom.by:
            return Poly.atom(self.world.number_of(atom.along(coordinate)))
        for name in sorted(function.arguments):
            for at in self.world.components[name]:
                variable = Atom("variable", name, at, atom.time)
                inner = self.along(Poly.atom(self.world.number_of(variable)), coordinate)
                result = result + self._unknown(atom, variable) * inner
        return result

    # One step of a dynamics.

    def jacobian(self, of: Atom, by: Atom) -> Poly:
        """How a variable at the next time depends on another one at this time."""
        if of.name == by.name and of.time == by.time:
            return Poly.number(1) if of.at == by.at else ZERO
        if of.time - by.time not in (0, 1):
            raise NotRealisable(f"the derivative of {of.name} by {by.name} is not one of one step")
        matrix = self.world.steps.jacobian(of.name, by.name)
        rows, columns = self.world.components[of.name], self.world.components[by.name]
        return matrix.at(rows.index(of.at), columns.index(by.at))


__all__ = ["TIMES", "Calculus"]
