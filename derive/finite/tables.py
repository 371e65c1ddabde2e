r"""Laws as tables of probabilities, in the place of densities and expectations.

For each law, at given parameters, there is ONE table of the probabilities of all random quantities together. A density
is a ratio of two sums over it, an expectation a sum over its points.

A rule about a density of the law, P(A|C) = f, must hold in its table. Where it does not hold in a table that is drawn,
the table is built from it: the law of C is drawn, and multiplied by f. A table in which a rule does not hold, and an f
that does not add up to one, are refused; so are moments that rules give and the table does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from derive.algebra.rules import Rule
from derive.domains import NotRealisable
from derive.expression import Density, Expectation, Expr, Index, Symbol, free_indices, walk
from derive.finite.alphabets import Env
from derive.finite.building import Builder, Impossible, Key, Statement, Table
from derive.finite.free import foreign, law_of
from derive.finite.rings import Scalar
from derive.worlds.places import Places
from derive.worlds.products import Products
from derive.worlds.seeds import density_name

if TYPE_CHECKING:
    from derive.instance import Instance


class Tables:
    """The laws of an instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.ring = instance.ring
        self.alphabets = instance.alphabets
        self.tables: dict[Key, Table] = {}
        self.building: list[Builder] = []
        self.numbers: dict[Key, int] = {}

    # -- densities -----------------------------------------------------------------------------------------------

    def density(self, expr: Density, places: Places, env: Env) -> Scalar:
        """The probability of the values that symbols have here, under the condition of others."""
        if not all(isinstance(item, Symbol) for item in (*expr.of, *expr.given)):
            raise NotRealisable("a density of something that is no symbol")
        for item in (*expr.of, *expr.given):
            self.alphabets.check_closed(item, env)
        random, parameters = self.split(expr.of)
        conditions, fixed = self.split(expr.given)
        result = self.ring.number(1)
        if parameters:
            if not random and conditions:
                raise NotRealisable("the density of parameters given random quantities has no table")
            result = self._of_parameters(replace(expr, of=parameters, given=fixed), places, env)
        if not random:
            return result
        key = self.key(expr.law, (*parameters, *fixed), places, env)
        if key in [builder.key for builder in self.building]:
            if key != self.building[-1].key:
                raise NotRealisable("two laws are defined through each other")
            plain = Density(expr.law, random, (*conditions, *fixed))
            return result * self.building[-1].needed(plain, random, conditions, places, env)
        table = self.table(key, env)
        below = self._sum(table, conditions, places, env)
        if self.ring.equal(below, self.ring.number(0)):
            raise Impossible("a condition has the probability zero")
        return result * self._ratio(table, self._sum(table, (*conditions, *random), places, env), below)

    def split(self, items: tuple[Expr, ...]) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
        random = tuple(item for item in items if self.alphabets.is_random(item))
        return random, tuple(item for item in items if item not in random)

    def _sum(self, table: Table, conditions: tuple[Expr, ...], places: Places, env: Env) -> Scalar:
        """The probability that random quantities have the values that they have here."""
        points = self._points(conditions, places, env)
        if points not in table.sums:
            total = sum((table.probabilities[n] for n in points), self.ring.number(0))
            table.sums[points] = self.ring.tidy(total)
        return table.sums[points]

    def _points(self, conditions: tuple[Expr, ...], places: Places, env: Env) -> tuple[int, ...]:
        """The joint values in which random quantities have the values that they have here."""
        pairs: list[tuple[list[int], int]] = []
        for item in conditions:
            kinds, known = self.alphabets.classes(item, places)
            here = self.instance.draws.find(known, self.instance.column(item, places, env))
            if here is None:
                return ()
            pairs.append((kinds, here))
        return tuple(n for n in range(len(self.alphabets.points)) if all(kinds[n] == here for kinds, here in pairs))

    def _ratio(self, table: Table, above: Scalar, below: Scalar) -> Scalar:
        key = (id(above), id(below))
        if key not in table.ratios:
            table.ratios[key] = self.ring.tidy(above * self.ring.inverse(below)), above, below
        return table.ratios[key][0]

    def _of_parameters(self, expr: Density, places: Places, env: Env) -> Scalar:
        """The density of parameters: as a rule says, else of drawn positive numbers for joint densities and places."""
        return self._products(places, env).density(expr)

    def _products(self, places: Places, env: Env) -> Products[Scalar, tuple[Rule, Places]]:
        return Products(
            lambda density: self.instance.by_rule(density, places),
            lambda rule: self.instance.under(rule[0], rule[1], env),
            lambda density: self._drawn(density, places, env),
            lambda one, other: one * other,
            lambda above, below: above * self.ring.inverse(below),
        )

    def _drawn(self, expr: Density, places: Places, env: Env) -> Scalar:
        name = density_name(expr, self.instance.scope)
        at = self.slots((*expr.of, *expr.given), places)
        bound = [
            item
            for item in (*expr.of, *expr.given)
            if {n.name for n in walk(item) if isinstance(n, Symbol)} & {k[0] for k in env}
        ]
        if bound:
            values = tuple(value for item in bound for value in self.instance.column(item, places, env))
            at = (*at, self.instance.draws.identify(name, values))
        return self.instance.draws.number(f"density-{name} {expr.law}", at)

    def rule_of(self, expr: Density, places: Places) -> tuple[Rule, Places] | None:
        """The rule about a density, in whatever order it names its arguments."""
        return self._products(places, {}).rule_of(expr)

    def slots(self, items: tuple[Expr, ...], places: Places) -> tuple[int, ...]:
        slots = [slot for item in items for node in walk(item) for slot in getattr(node, "slots", ())]
        return tuple(self.instance.place(slot, places) for slot in slots if isinstance(slot, Index))

    def key(self, law: str, parameters: tuple[Expr, ...], places: Places, env: Env) -> Key:
        found: list[object] = []
        for item in parameters:
            assert isinstance(item, Symbol)
            declared = self.instance.scope.symbols.get(item.name)
            values = -1
            if declared is None or declared.kind != "parameters":
                values = self.instance.draws.identify(item.name, self.instance.column(item, places, env))
            found.append((item.name, self.slots((item,), places), values))
        bound = [
            (name, at, self.instance.draws.identify(f"{name} bound", (value,)))
            for (name, at), value in self.alphabets.fixed(env).items()
        ]
        return law, tuple(sorted(found, key=repr)), tuple(sorted(bound, key=repr))

    # -- tables --------------------------------------------------------------------------------------------------

    def table(self, key: Key, env: Env) -> Table:
        """The table of a law at given parameters. Raises NotRealisable where the rules about it cannot be met."""
        if key in self.tables:
            return self.tables[key]
        self.numbers.setdefault(key, len(self.numbers))
        env = self.alphabets.fixed(env)
        statements = list(self._statements(key, env))
        kept = dict(self.tables)
        refusals: list[str] = []
        for coupled in (True, False):
            try:
                failing = self._try(Builder(self, key, (), env, coupled=coupled), statements)
                if failing:
                    self._forget(key, kept)
                    if self._try(Builder(self, key, tuple(failing), env, coupled=coupled), statements):
                        source = failing[0].rule.source
                        raise NotRealisable(f"no table of {key[0]} has the densities that {source} gives")
                self._check_moments(key, env)
            except NotRealisable as error:
                self._forget(key, kept)
                refusals.append(str(error))
            else:
                return self.tables[key]
        raise NotRealisable(refusals[0])

    def _forget(self, key: Key, kept: dict[Key, Table]) -> None:
        """Takes back a table, those that were built on it, and its weights."""
        self.tables = dict(kept)
        for name in [name for name in self.instance.base if name[0].startswith(f"weight-{self.numbers[key]} ")]:
            del self.instance.base[name]

    def _try(self, builder: Builder, statements: list[Statement]) -> list[Statement]:
        """Builds a table; what does not hold in it."""
        self.building.append(builder)
        try:
            self.tables[builder.key] = builder.table()
        finally:
            self.building.pop()
        strict = bool(builder.statements)
        return [statement for statement in statements if not self._holds(statement, builder.env, strict=strict)]

    def _statements(self, key: Key, env: Env) -> Iterator[Statement]:
        for rule in self.instance.rules:
            left = rule.left
            if not isinstance(left, Density) or left.law != key[0] or rule in self.instance.busy:
                continue
            random, parameters = self.split(left.of)
            conditions, fixed = self.split(left.given)
            if not random:
                continue
            for places in self.instance.placings(free_indices(left)):
                if self.key(left.law, (*parameters, *fixed), places, env) == key:
                    yield self._statement(rule, random, conditions, places, whole=not parameters)

    def _statement(
        self, rule: Rule, random: tuple[Expr, ...], conditions: tuple[Expr, ...], places: Places, *, whole: bool
    ) -> Statement:
        of = frozenset().union(*(self.alphabets.units_in(item, places) for item in random))
        conditions = self.finer_conditions(rule) or conditions
        given = frozenset().union(*(self.alphabets.units_in(item, places) for item in conditions))
        whole = whole and all(map(self._is_whole, random))
        closed = self.alphabets.units_in(rule.right, places) <= of | given
        return Statement(rule, places, of, given, conditions, whole and closed and not of & given)

    def finer_conditions(self, rule: Rule) -> tuple[Expr, ...]:
        """Whole columns that the right side is given, where the left is given a function of them: P(b|y) = P(b|x)."""
        left, right = rule.left, rule.right
        if not isinstance(left, Density) or not isinstance(right, Density):
            return ()
        if right.law != left.law or set(right.of) != set(left.of):
            return ()
        conditions, finer = self.split(left.given)[0], self.split(right.given)[0]
        return finer if all(map(self._is_whole, finer)) and not all(map(self._is_whole, conditions)) else ()

    def _is_whole(self, item: Expr) -> bool:
        """Whether a symbol is one or more units, and not a component of a column or a function of others."""
        if not isinstance(item, Symbol) or self.alphabets.is_derived(item.name):
            return False
        unit = next(unit for unit in self.alphabets.units if unit.name == item.name)
        return len(unit.places) == 1 or not any(isinstance(slot, Index) for slot in item.slots)

    def _holds(self, statement: Statement, env: Env, *, strict: bool) -> bool:
        """Whether a rule holds in the tables; ``strict`` refuses where it cannot be evaluated."""
        left = statement.rule.left
        assert isinstance(left, Density)
        for point in self.alphabets.points:
            here = {**env, **point}
            try:
                printed = self.density(left, statement.places, here)
            except Impossible:
                continue
            try:
                said = self.instance.under(statement.rule, statement.places, here)
            except NotRealisable:
                if strict:
                    raise
                return False
            if not self.ring.equal(printed, said):
                return False
        return True

    # -- expectations --------------------------------------------------------------------------------------------

    def expectation(self, expr: Expectation, places: Places, env: Env) -> Scalar:
        conditions, fixed = self.split(expr.given)
        table = self.table(self.key(expr.law, fixed, places, env), env)

        others = self.of_other_laws(expr, env)

        def mean(*factors: Expr) -> Scalar:
            return self._mean(table, factors, conditions, places, env, others)

        first = mean(expr.arguments[0])
        if expr.kind == "E":
            return first
        return mean(expr.arguments[0], expr.arguments[-1]) - first * mean(expr.arguments[-1])

    def of_other_laws(self, expr: Expectation, env: Env) -> Env:
        """The values here of what an expectation is not over: random quantities that follow another law."""
        names = {
            name for symbol in foreign(self.instance, expr) for name in self.instance.quantities.reached(symbol.name)
        }
        names = {name for name in names & self.alphabets.names if law_of(self.instance, name) != expr.law}
        if not names:
            return {}
        outside = {key: value for key, value in self.alphabets.outcome().items() if key[0] in names}
        return {**outside, **{key: value for key, value in env.items() if key[0] in names}}

    def _mean(
        self,
        table: Table,
        factors: tuple[Expr, ...],
        conditions: tuple[Expr, ...],
        places: Places,
        env: Env,
        others: Env,
    ) -> Scalar:
        """The mean of a product, given the values that random quantities have here, and with those of ``others``."""
        fixed = self.alphabets.fixed(env)
        total = self.ring.number(0)
        for number in self._points(conditions, places, env):
            value = table.probabilities[number]
            for factor in factors:
                value = value * self.instance.value(
                    factor, places, {**fixed, **self.alphabets.points[number], **others}
                )
            total = total + value
        return total * self.ring.inverse(self._sum(table, conditions, places, env)) if conditions else total

    def _check_moments(self, key: Key, env: Env) -> None:
        """Refuses a table in which a rule about an expectation, a variance or a covariance does not hold."""
        for rule in self.instance.rules:
            left = rule.left
            if not isinstance(left, Expectation) or (left.law, ()) != key[:2] or rule in self.instance.busy:
                continue
            for places in self.instance.placings(free_indices(left)):
                if not self.ring.equal(self.expectation(left, places, env), self.instance.under(rule, places, env)):
                    raise NotRealisable(f"the law of this instance does not have the moments of {rule.source}")
