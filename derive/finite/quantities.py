"""Symbols and functions in an instance: their values by the rules about them, else drawn, and as they are declared."""

from __future__ import annotations

from itertools import product as cartesian
from typing import TYPE_CHECKING

from derive.algebra.functional import LEAST, Recursion, is_pointwise, recursion_of
from derive.algebra.rules import Rule, unify
from derive.domains import NotRealisable, OutsideDomain, check_length, check_number, has_unit_length
from derive.expression import Applied, Expr, Index, Symbol, free_indices, walk
from derive.finite.alphabets import At, Env
from derive.finite.free import unbound
from derive.finite.motion import Paths
from derive.finite.rings import Numeric, Scalar
from derive.finite.spinors import Operator, Value, adjoint, multiple_of_one, times
from derive.notation import OPERATOR_KINDS, Declared
from derive.worlds.places import Places

if TYPE_CHECKING:
    from derive.instance import Instance


_NO_ENV: Env = {}
MOST_STEPS = 16
"""For how many steps a recursion is followed."""


class Quantities:
    """The values of symbols and functions in an instance: by their rule, else as drawn."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.ring = instance.ring
        self.alphabets = instance.alphabets
        self.known: dict[tuple[str, At], Value] = {}
        self.paths = Paths(instance)
        self.about: dict[str, list[tuple[Rule, Recursion | None, bool]]] = {}
        """The rules about the functions that were asked for, by name: the recursion that one is, and whether it can be
        put in."""
        self.said: set[tuple[str, At]] = set()
        """The random quantities whose outcome was used."""

    def symbol(self, name: str, at: At, env: Env) -> Value:
        if name == r"\pi":
            return self.ring.pi()
        if (name, at) in env:
            return env[name, at]
        closed = not any(
            key[0] in self.reached(name) or self.alphabets.is_random_name(key[0]) for key in env
        ) and not any(self.alphabets.is_random_name(other) for other in self.reached(name))
        if closed and (name, at) in self.known:
            return self.known[name, at]
        value = self._symbol_by_rule(name, at, env)
        if value is None:
            value = self._base_symbol(name, at, self.instance.scope.symbols.get(name))
        else:
            self.check_declared(value, self.instance.scope.symbols.get(name))
            self._check_length(name, at, env)
        if closed and not self.instance.busy:
            self.known[name, at] = value
        return value

    def reached(self, name: str) -> frozenset[str]:
        """The names that a symbol depends on, through the rules that define it."""
        if name not in self.instance.reach:
            found = {name}
            while True:
                rules = [rule for rule in self.instance.rules if _name_of(rule.left) in found]
                more = {s.name for rule in rules for s in unbound(rule.right) if s not in rule.left.children} - found
                if not more:
                    break
                found |= more
            self.instance.reach[name] = frozenset(found)
        return self.instance.reach[name]

    def _symbol_by_rule(self, name: str, at: At, env: Env) -> Value | None:
        for rule in self.instance.rules:
            left = rule.left
            if (
                rule in self.instance.busy
                or not isinstance(left, Symbol)
                or left.name != name
                or len(left.slots) != len(at)
            ):
                continue
            here = zip(left.slots, at, strict=True)
            slots = tuple(Index(str(n + 1), s.range) if isinstance(s, Index) else s for s, n in here)
            found: dict[Index, Index] = {}
            if not unify(left, Symbol(name, slots, left.own), found) or free_indices(rule.right) - set(found):
                continue
            places = {old: int(new.name) - 1 for old, new in found.items()}
            if not rule.holds_at(places):
                continue
            rest = tuple(n for s, n in zip(left.slots, at, strict=True) if not isinstance(s, Index))
            return self.instance.under(rule, places, env, rest)
        return None

    def _base_symbol(self, name: str, at: At, declared: Declared | None) -> Value:
        if declared is None or declared.kind == "quantity":
            is_random = self.alphabets.is_random_name(name)
            return self.outcome(name, at) if is_random else self.instance.draws.number(name, at)
        if declared.kind in OPERATOR_KINDS:
            return self.instance.draws.operator(declared, at)
        raise NotRealisable(f"{name} has no value here")

    def outcome(self, name: str, at: At) -> Scalar:
        self.said.add((name, at))
        try:
            return self.alphabets.outcome()[name, at]
        except KeyError as error:
            raise NotRealisable(f"{name} has no value in this place") from error

    def check_declared(self, value: Value, declared: Declared | None) -> Value:
        """What a rule gives, if it is what the notation declares; with symbols for numbers that is not asked.

        Raises OutsideDomain.
        """
        if declared is None or not isinstance(self.ring, Numeric):
            return value
        if not isinstance(value, Operator):
            real, imaginary = Numeric.pair(value)
            if not imaginary.contains(0):
                raise OutsideDomain(f"{declared.key} is not real, as it is declared")
            check_number(real, declared)
        elif value.entries is not None:
            one, turned = multiple_of_one(self.ring, self.ring.number(1)), adjoint(self.ring, value)
            for property_, other in (
                ("Hermitian", (value, turned)),
                ("unitary", (times(self.ring, turned, value), one)),
                ("identity", (value, one)),
            ):
                pairs = zip(other[0].matrix, other[1].matrix, strict=True)
                if property_ in declared.properties and not all(self.ring.equal(a, b) for a, b in pairs):
                    raise OutsideDomain(f"{declared.key} is not {property_}, as it is declared")
        return value

    def _check_length(self, name: str, at: At, env: Env) -> None:
        """Raises OutsideDomain where rules give a vector of length one another length."""
        declared = self.instance.scope.symbols.get(name)
        if (
            not isinstance(self.ring, Numeric)
            or not has_unit_length(declared)
            or (name, at[:-1]) in self.instance.measured
        ):
            return
        self.instance.measured.add((name, at[:-1]))
        try:
            places = [(*at[:-1], k) for k in range(self.instance.sizes[declared.slots[-1]])]
            check_length((Numeric.pair(self.symbol(name, place, env))[0] for place in places), declared)
        finally:
            self.instance.measured.discard((name, at[:-1]))

    def applied(self, expr: Applied, places: Places, env: Env) -> Value:
        """A function or an operator that depends on something: by its rule, else drawn for each value of that."""
        columns = [self.instance.column(argument, places, env) for argument in expr.arguments]
        at = tuple(self.instance.place(slot, places) for slot in expr.slots if isinstance(slot, Index))
        declared = self.instance.scope.symbols.get(expr.name)
        if expr.name in self.paths.motions:
            return self.paths.value(expr.name, at, columns[0][0])
        for rule, recursion, pointwise in self.rules_about(expr.name):
            if recursion is not None:
                if (found := self.by_recursion(rule, recursion, expr, columns, places)) is not None:
                    return self.check_declared(found, declared)
                continue
            if not pointwise:
                raise NotRealisable(f"{rule.source} is about {expr.name} at several arguments")
            if rule in self.instance.busy:
                continue
            bound = self._arguments(rule, expr, columns, places)
            if bound is not None:
                names = {key[0] for key in bound[1]}
                outer = {key: value for key, value in env.items() if not self.reached(key[0]) & names}
                return self.check_declared(self.instance.under(rule, bound[0], {**outer, **bound[1]}), declared)
        if declared is None:
            raise NotRealisable(f"{expr.name} is not declared")
        if "smooth" in declared.properties:
            return self.smooth(declared, at, [value for column in columns for value in column])
        values = tuple(value for column in columns for value in column)
        kinds = tuple(argument.type.kind for argument in expr.arguments)
        at = (*at, self.instance.draws.identify(expr.name, values, kinds, even="even" in declared.properties))
        if declared.kind in OPERATOR_KINDS:
            return self.instance.draws.operator(declared, at)
        return self.instance.draws.number(expr.name, at)

    def rules_about(self, name: str) -> list[tuple[Rule, Recursion | None, bool]]:
        """The rules about a function, looked at once."""
        if name not in self.about:
            rules, scope = self.instance.rules, self.instance.scope
            self.about[name] = [
                (rule, recursion_of(rule, scope), is_pointwise(rule, rules, scope))
                for rule in rules
                if isinstance(rule.left, Applied) and rule.left.name == name
            ]
        return self.about[name]

    def by_recursion(
        self, rule: Rule, recursion: Recursion, expr: Applied, columns: list[tuple[Value, ...]], places: Places
    ) -> Value | None:
        """The value that a recursion gives; None where it begins. Raises NotRealisable where that is far away."""
        if not isinstance(self.ring, Numeric):
            raise NotRealisable("a recursion is followed with numbers only")
        where = Numeric.pair(columns[0][0])[0].unique_fmpz()
        if where is None:
            raise NotRealisable(f"{rule.source} is for whole numbers")
        n = int(where) - recursion.step
        if n < LEAST[self.instance.scope.symbols[recursion.variable.name].domain]:
            return None
        if n > MOST_STEPS:
            raise NotRealisable(f"{rule.source} would have to be followed for {n} steps")
        found: dict[Index, Index] = {}
        assert isinstance(rule.left, Applied)
        if not unify(Symbol(expr.name, rule.left.slots), Symbol(expr.name, expr.slots), found):
            raise NotRealisable(f"{rule.source} is about {expr.name} at other places")
        here = {old: self.instance.place(new, places) for old, new in found.items()}
        if free_indices(rule.right) - set(here) or not rule.holds_at(here):
            raise NotRealisable(f"{rule.source} is not for every place")
        return self.instance.evaluation.of(rule.right, here, {(recursion.variable.name, ()): self.ring.number(n)})

    def smooth(self, declared: Declared, at: At, values: list[Scalar]) -> Scalar:
        """A smooth function: a polynomial with drawn coefficients, of even degree where the function is even."""
        if declared.domain != "real":
            raise NotRealisable(f"{declared.key} is smooth and not real")
        total = self.ring.number(0)
        for exponents in cartesian(range(self.ring.degree + 1), repeat=len(values)):
            degree = sum(exponents)
            if degree > self.ring.degree or (degree % 2 and "even" in declared.properties):
                continue
            term = self.instance.draws.number(f"coefficient {declared.key}", (*at, *exponents))
            for value, exponent in zip(values, exponents, strict=True):
                if exponent:
                    term = term * self.ring.power(value, exponent)
            total = total + term
        return total

    def _arguments(
        self, rule: Rule, expr: Applied, columns: list[tuple[Scalar, ...]], places: Places
    ) -> tuple[Places, Env] | None:
        """What the indices and variables on the left of a rule about a function stand for."""
        left = rule.left
        assert isinstance(left, Applied)
        found: dict[Index, Index] = {}
        if len(left.arguments) != len(expr.arguments) or len(left.slots) != len(expr.slots):
            return None
        if not unify(Symbol(left.name, left.slots), Symbol(expr.name, expr.slots), found):
            return None
        for parameter, argument in zip(left.arguments, expr.arguments, strict=True):
            if parameter.type.kind != argument.type.kind:
                return None
            tried = dict(found)
            if unify(parameter, argument, tried):
                found = tried
        here = {old: self.instance.place(new, places) for old, new in found.items()}
        for index in (free_indices(rule.right) | free_indices(left)) - set(here):
            if any(index in _own_indices(node) and node not in left.arguments for node in walk(rule.right)):
                return None
            here[index] = 0
        env: dict[tuple[str, At], Scalar] = {}
        for parameter, column in zip(left.arguments, columns, strict=True):
            if isinstance(parameter, Symbol):
                components = self.instance.filled(parameter, here)
                if len(components) != len(column):
                    return None
                env.update({(parameter.name, at): value for at, value in zip(components, column, strict=True)})
            elif self.instance.draws.find([column], self.instance.column(parameter, here, _NO_ENV)) is None:
                return None
        return here, env


def _name_of(expr: Expr) -> str | None:
    return expr.name if isinstance(expr, Symbol | Applied) else None


def _own_indices(node: Expr) -> set[Index]:
    """The indices of a node that none of its children has."""
    return free_indices(node) - set().union(*(free_indices(child) for child in node.children))
