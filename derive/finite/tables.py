r"""Laws as tables of probabilities, in the place of densities and expectations.

For each law, at given parameters, there is ONE table of the probabilities of all random quantities together. A density
is a ratio of two sums over it, an expectation a sum over its points.

A rule about a density of the law, P(A|C) = f, must hold in its table. Where it does not hold in a table that is drawn,
the table is built from it: the law of C is drawn, and multiplied by f. A table in which a rule does not hold, and an f
that does not add up to one, are refused; so are moments that rules give and the table does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import permutations
from itertools import product as cartesian
from typing import TYPE_CHECKING

from derive.algebra.rules import Rule, unify
from derive.expression import Density, Expectation, Expr, Index, Symbol, free_indices, substitute_indices, walk
from derive.finite.alphabets import Env
from derive.finite.rings import Scalar
from derive.model import NotRealisable, Places, _density_name

if TYPE_CHECKING:
    from derive.instance import Instance

Key = tuple[str, tuple[object, ...], tuple[object, ...]]
"""A law, its parameters, and the values of what else is bound that is not random."""
Joint = list[tuple[dict[int, int], Scalar]]
"""Probabilities by the choices of the units that are known so far."""


@dataclass(frozen=True)
class Statement:
    """A rule about a density, with numbers in the place of its free indices."""

    rule: Rule
    places: Places
    of: frozenset[int]
    """The units that it is the law of."""
    given: frozenset[int]
    conditions: tuple[Expr, ...]
    """What it is given, by its own symbols."""
    complete: bool
    """Whether a table can be built from it: it speaks of whole units, and of no others."""


@dataclass
class Table:
    """The probabilities of a law, point by point, and the sums and ratios that were asked for."""

    probabilities: list[Scalar]
    sums: dict[tuple[int, ...], Scalar] = field(default_factory=dict)
    ratios: dict[tuple[int, int], tuple[Scalar, Scalar, Scalar]] = field(default_factory=dict)


class Impossible(NotRealisable):
    """A law is asked for under a condition that has the probability zero, of which it says nothing."""


class Tables:
    """The laws of an instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.ring = instance.ring
        self.alphabets = instance.alphabets
        self.tables: dict[Key, Table] = {}
        self.numbers: dict[Key, int] = {}
        self.building: list[Key] = []

    # -- densities -----------------------------------------------------------------------------------------------

    def density(self, expr: Density, places: Places, env: Env) -> Scalar:
        """The probability of the values that symbols have here, under the condition of others."""
        if not all(isinstance(item, Symbol) for item in (*expr.of, *expr.given)):
            raise NotRealisable("a density of something that is no symbol")
        for item in (*expr.of, *expr.given):
            self.alphabets.check_closed(item, env)
        random, parameters = self._split(expr.of)
        conditions, fixed = self._split(expr.given)
        result = self.ring.number(1)
        if parameters:
            if not random and conditions:
                raise NotRealisable("the density of parameters given random quantities has no table")
            result = self._of_parameters(replace(expr, of=parameters, given=fixed), places, env)
        if not random:
            return result
        key = self._key(expr.law, (*parameters, *fixed), places, env)
        if key in self.building:
            plain = Density(expr.law, random, (*conditions, *fixed))
            return result * self._needed(key, plain, random, conditions, places, env)
        table = self.table(key, env)
        below = self._sum(table, conditions, places, env)
        if self.ring.equal(below, self.ring.number(0)):
            raise Impossible("a condition has the probability zero")
        return result * self._ratio(table, self._sum(table, (*conditions, *random), places, env), below)

    def _split(self, items: tuple[Expr, ...]) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
        random = tuple(item for item in items if self.alphabets.is_random(item))
        return random, tuple(item for item in items if item not in random)

    def _sum(self, table: Table, conditions: tuple[Expr, ...], places: Places, env: Env) -> Scalar:
        """The probability that random quantities have the values that they have here."""
        pairs: list[tuple[list[int], int]] = []
        for item in conditions:
            kinds, known = self.alphabets.classes(item, places)
            here = self.instance.draws.find(known, self.instance.column(item, places, env))
            if here is None:
                return self.ring.number(0)
            pairs.append((kinds, here))
        points = tuple(n for n in range(len(table.probabilities)) if all(kinds[n] == here for kinds, here in pairs))
        if points not in table.sums:
            total = sum((table.probabilities[n] for n in points), self.ring.number(0))
            table.sums[points] = self.ring.tidy(total)
        return table.sums[points]

    def _ratio(self, table: Table, above: Scalar, below: Scalar) -> Scalar:
        key = (id(above), id(below))
        if key not in table.ratios:
            table.ratios[key] = self.ring.tidy(above * self.ring.inverse(below)), above, below
        return table.ratios[key][0]

    def _of_parameters(self, expr: Density, places: Places, env: Env) -> Scalar:
        """The density of parameters: as a rule says, else a drawn positive number for each density and place."""
        if (rule := self._rule_of(expr, places)) is not None:
            return self.instance.under(rule[0], rule[1], env)
        name = _density_name(expr, self.instance.scope)
        at = self._slots((*expr.of, *expr.given), places)
        bound = [
            item
            for item in (*expr.of, *expr.given)
            if {n.name for n in walk(item) if isinstance(n, Symbol)} & {k[0] for k in env}
        ]
        if bound:
            values = tuple(value for item in bound for value in self.instance.column(item, places, env))
            at = (*at, self.instance.draws.identify(name, values))
        return self.instance.draws.number(f"density-{name} {expr.law}", at)

    def _rule_of(self, expr: Density, places: Places) -> tuple[Rule, Places] | None:
        """The rule about a density, in whatever order it names its arguments."""
        for of in permutations(expr.of):
            for given in permutations(expr.given):
                if (found := self.instance.by_rule(replace(expr, of=of, given=given), places)) is not None:
                    return found
        return None

    def _slots(self, items: tuple[Expr, ...], places: Places) -> tuple[int, ...]:
        slots = [slot for item in items for node in walk(item) for slot in getattr(node, "slots", ())]
        return tuple(self.instance.place(slot, places) for slot in slots if isinstance(slot, Index))

    def _key(self, law: str, parameters: tuple[Expr, ...], places: Places, env: Env) -> Key:
        found: list[object] = []
        for item in parameters:
            assert isinstance(item, Symbol)
            declared = self.instance.scope.symbols.get(item.name)
            values = -1
            if declared is None or declared.kind != "parameters":
                values = self.instance.draws.identify(item.name, self.instance.column(item, places, env))
            found.append((item.name, self._slots((item,), places), values))
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
        with_moments = [unit for unit in self.alphabets.units if unit.law == key[0]]
        for coupled in (True, False) if len(with_moments) > 1 and not key[1] else (True,):
            try:
                failing = self._try(key, (), statements, env, coupled=coupled)
                if failing:
                    self._forget(key, kept)
                    if self._try(key, tuple(failing), statements, env, coupled=coupled):
                        source = failing[0].rule.source
                        raise NotRealisable(f"no table of {key[0]} has the densities that {source} gives")
                self._check_moments(key, env)
            except NotRealisable:
                self._forget(key, kept)
                if not coupled or len(with_moments) < 2:
                    raise
            else:
                break
        return self.tables[key]

    def _forget(self, key: Key, kept: dict[Key, Table]) -> None:
        """Takes back a table, those that were built on it, and its weights."""
        self.tables = dict(kept)
        for name in [name for name in self.instance.base if name[0].startswith(f"weight-{self.numbers[key]} ")]:
            del self.instance.base[name]

    def _try(
        self, key: Key, used: tuple[Statement, ...], statements: list[Statement], env: Env, *, coupled: bool
    ) -> list[Statement]:
        """Builds a table; what does not hold in it."""
        self.building.append(key)
        try:
            self.tables[key] = self._built(key, used, env, coupled=coupled)
        finally:
            self.building.pop()
        return [statement for statement in statements if not self._holds(statement, env, strict=bool(used))]

    def _statements(self, key: Key, env: Env) -> Iterator[Statement]:
        for rule in self.instance.rules:
            left = rule.left
            if not isinstance(left, Density) or left.law != key[0] or rule in self.instance.busy:
                continue
            random, parameters = self._split(left.of)
            conditions, fixed = self._split(left.given)
            if not random:
                continue
            for places in self.instance.placings(free_indices(left)):
                if self._key(left.law, (*parameters, *fixed), places, env) == key:
                    yield self._statement(rule, random, conditions, places, whole=not parameters)

    def _statement(
        self, rule: Rule, random: tuple[Expr, ...], conditions: tuple[Expr, ...], places: Places, *, whole: bool
    ) -> Statement:
        of = frozenset().union(*(self.alphabets.units_in(item, places) for item in random))
        conditions = self._finer_conditions(rule) or conditions
        given = frozenset().union(*(self.alphabets.units_in(item, places) for item in conditions))
        whole = whole and all(map(self._is_whole, random))
        closed = self.alphabets.units_in(rule.right, places) <= of | given
        return Statement(rule, places, of, given, conditions, whole and closed and not of & given)

    def _finer_conditions(self, rule: Rule) -> tuple[Expr, ...]:
        """Whole columns that the right side is given, where the left is given a function of them: P(b|y) = P(b|x)."""
        left, right = rule.left, rule.right
        if not isinstance(left, Density) or not isinstance(right, Density):
            return ()
        if right.law != left.law or set(right.of) != set(left.of):
            return ()
        conditions, finer = self._split(left.given)[0], self._split(right.given)[0]
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

    # -- building ------------------------------------------------------------------------------------------------

    def _built(self, key: Key, statements: tuple[Statement, ...], env: Env, *, coupled: bool) -> Table:
        """Unit by unit: by a statement whose conditions are known, else drawn, first what statements wait for."""
        units = self.alphabets.units
        joint: Joint = [({}, self.ring.number(1))]
        known: set[int] = set()
        given = frozenset().union(*(s.of for s in statements if s.complete))
        for number, unit in enumerate(units):
            if unit.law == key[0] and not key[1] and number not in given:
                joint = self._by_moments(joint, number, key, coupled=coupled)
                known.add(number)
        while len(known) < len(units):
            waiting = [s for s in statements if s.complete and not s.of & known]
            ready = [s for s in waiting if s.given <= known]
            if ready:
                statement = max(ready, key=lambda s: len(s.of))
                joint = self._by_statement(joint, statement, key, env)
                known |= statement.of
                continue
            rest = [s.given - known for s in waiting] or [frozenset(range(len(units))) - known]
            wanted = min(rest, key=lambda numbers: (len(numbers), sorted(numbers)))
            joint = self._by_draw(joint, wanted, key)
            known |= wanted
        by_choice = {tuple(chosen[n] for n in range(len(units))): value for chosen, value in joint}
        return Table([by_choice[choice] for choice in self.alphabets.choices])

    def _extended(self, chosen: dict[int, int], units: frozenset[int]) -> Iterator[dict[int, int]]:
        ordered = sorted(units)
        for choice in cartesian(*(range(len(self.alphabets.units[n].columns)) for n in ordered)):
            yield {**chosen, **dict(zip(ordered, choice, strict=True))}

    def _by_moments(self, joint: Joint, number: int, key: Key, *, coupled: bool) -> Joint:
        """A unit with the probabilities that its moments demand; ``coupled`` to what is known, or independent of it."""
        own = self.alphabets.units[number].probabilities
        one = self.ring.number(1)
        tilts = [one - one] * len(own)
        leans: list[Scalar | None] = [None] * len(joint)
        if coupled:
            drawn = [
                self._between_zero_and_one(f"tilt-{self.numbers[key]} {key[0]}", (number, k)) for k in range(len(own))
            ]
            mean = self._total([p * value for p, value in zip(own, drawn, strict=True)])
            tilts = [value - mean for value in drawn]
            leans = self._leans(joint, [0] * len(joint), key)
        return [
            ({**chosen, number: k}, p * q if lean is None else p * q * (one + tilt * lean))
            for (chosen, p), lean in zip(joint, leans, strict=True)
            for k, (q, tilt) in enumerate(zip(own, tilts, strict=True))
        ]

    def _by_statement(self, joint: Joint, statement: Statement, key: Key, env: Env) -> Joint:
        """The law that a statement gives, P(A|C) = f, of what it is about and what is known, K.

        Nothing says that A depends on K through C alone, so it does not: f is multiplied by 1 + h(A) k(K), where the
        mean of h under f is zero, and so is that of k given C.
        """
        source = statement.rule.source
        coupling = self._coupling(joint, statement, key, env)
        result: Joint = []
        for (chosen, value), k in zip(joint, coupling, strict=True):
            longer = list(self._extended(chosen, statement.of))
            factors: list[Scalar] = []
            for choice in longer:
                here = {**env, **self.alphabets.env(choice)}
                factors.append(self.instance.under(statement.rule, statement.places, here))
            if any(self.ring.is_negative(factor) for factor in factors):
                raise NotRealisable(f"{source} gives a negative probability")
            if not self.ring.equal(self._total(factors), self.ring.number(1)):
                raise NotRealisable(f"the probabilities that {source} gives do not add up to one")
            if k is not None:
                own = [tuple(choice[n] for n in sorted(statement.of)) for choice in longer]
                drawn = [self._between_zero_and_one(f"tilt-{self.numbers[key]} {key[0]}", at) for at in own]
                mean = self._total([f * g for f, g in zip(factors, drawn, strict=True)])
                one = self.ring.number(1)
                factors = [f * (one + (g - mean) * k) for f, g in zip(factors, drawn, strict=True)]
            result += [(choice, value * factor) for choice, factor in zip(longer, factors, strict=True)]
        return result

    def _coupling(self, joint: Joint, statement: Statement, key: Key, env: Env) -> list[Scalar | None]:
        """For each choice of what is known the k of its coupling; None where the conditions tell all of it."""
        groups: list[tuple[Scalar, ...]] = []
        members: list[int] = []
        for chosen, _ in joint:
            here = {**env, **self.alphabets.env(chosen)}
            columns = [self.instance.column(item, statement.places, here) for item in statement.conditions]
            values = tuple(value for column in columns for value in column)
            at = self.instance.draws.find(groups, values)
            if at is None:
                at = len(groups)
                groups.append(values)
            members.append(at)
        return self._leans(joint, members, key)

    def _leans(self, joint: Joint, members: list[int], key: Key) -> list[Scalar | None]:
        """For each choice a drawn number whose mean in its group is zero; None where the group is one choice."""
        found: list[Scalar | None] = [None] * len(joint)
        for group in set(members):
            inside = [n for n, at in enumerate(members) if at == group]
            weight = self._total([joint[n][1] for n in inside])
            if len(inside) == 1 or self.ring.equal(weight, self.ring.number(0)):
                continue
            places = [tuple(joint[n][0].get(unit, -1) for unit in range(len(self.alphabets.units))) for n in inside]
            drawn = [self._between_zero_and_one(f"lean-{self.numbers[key]} {key[0]}", at) for at in places]
            mean = self._total([joint[n][1] * value for n, value in zip(inside, drawn, strict=True)])
            mean = mean * self.ring.inverse(weight)
            for n, value in zip(inside, drawn, strict=True):
                found[n] = value - mean
        return found

    def _between_zero_and_one(self, name: str, at: tuple[int, ...]) -> Scalar:
        return self.ring.number(Fraction(1, 4)) * self.instance.draws.number(name, at)

    def _total(self, values: list[Scalar]) -> Scalar:
        return sum(values[1:], values[0])

    def _by_draw(self, joint: Joint, units: frozenset[int], key: Key) -> Joint:
        name = f"weight-{self.numbers[key]} {key[0]}"
        result: Joint = []
        for chosen, value in joint:
            longer = list(self._extended(chosen, units))
            places = [tuple(c.get(n, -1) for n in range(len(self.alphabets.units))) for c in longer]
            weights = [self.instance.draws.number(name, at) for at in places]
            over = self.ring.inverse(self._total(weights))
            result += [(c, value * weight * over) for c, weight in zip(longer, weights, strict=True)]
        return result

    def _needed(
        self,
        key: Key,
        expr: Density,
        of: tuple[Expr, ...],
        given: tuple[Expr, ...],
        places: Places,
        env: Env,
    ) -> Scalar:
        """A density that a rule about the law needs while its table is built: by a rule, else drawn and normalised."""
        if key != self.building[-1]:
            raise NotRealisable("two laws are defined through each other")
        if (rule := self._rule_of(expr, places)) is not None:
            return self.instance.under(rule[0], rule[1], env)
        given = self._enough(expr, places, env) or given
        found = [self.alphabets.classes(item, places) for item in (*of, *given)]
        here = [
            self.instance.draws.find(known, self.instance.column(item, places, env))
            for (_, known), item in zip(found, (*of, *given), strict=True)
        ]
        if None in here:
            raise Impossible("a condition has the probability zero")
        said = _density_name(Density(key[0], of, given), self.instance.scope)
        name, slots = f"factor-{self.numbers[key]}-{said} {key[0]}", self._slots(of, places)

        def weight(values: tuple[int | None, ...]) -> Scalar:
            return self.instance.draws.number(name, (*slots, *(v for v in values if v is not None)))

        every = sorted(set(zip(*(kinds for kinds, _ in found[: len(of)]), strict=True)))
        weights = [weight((*values, *here[len(of) :])) for values in every]
        return weight(tuple(here)) * self.ring.inverse(self._total(weights))

    def _enough(self, expr: Density, places: Places, env: Env) -> tuple[Expr, ...]:
        """What is all that a density depends on of its conditions, where a rule P(b|y) = P(b|x) says so of P(b|x)."""
        for rule in self.instance.rules:
            left, found = rule.left, dict[Index, Index]()
            if (
                not self._finer_conditions(rule)
                or not unify(rule.right, expr, found)
                or not free_indices(left) <= set(found)
            ):
                continue
            less = substitute_indices(left, found)
            assert isinstance(less, Density)
            conditions, fixed = self._split(less.given)
            if self._key(less.law, fixed, places, env) == self.building[-1]:
                return conditions
        return ()

    # -- expectations --------------------------------------------------------------------------------------------

    def expectation(self, expr: Expectation, places: Places, env: Env) -> Scalar:
        table = self.table(self._key(expr.law, (), places, env), env)
        first = self._mean(table, (expr.arguments[0],), places, env)
        if expr.kind == "E":
            return first
        second = self._mean(table, (expr.arguments[-1],), places, env)
        return self._mean(table, (expr.arguments[0], expr.arguments[-1]), places, env) - first * second

    def _mean(self, table: Table, factors: tuple[Expr, ...], places: Places, env: Env) -> Scalar:
        fixed = self.alphabets.fixed(env)
        total = self.ring.number(0)
        for point, probability in zip(self.alphabets.points, table.probabilities, strict=True):
            value = probability
            for factor in factors:
                value = value * self.instance.value(factor, places, {**fixed, **point})
            total = total + value
        return total

    def _check_moments(self, key: Key, env: Env) -> None:
        """Refuses a table in which a rule about an expectation, a variance or a covariance does not hold."""
        for rule in self.instance.rules:
            left = rule.left
            if not isinstance(left, Expectation) or (left.law, ()) != key[:2] or rule in self.instance.busy:
                continue
            for places in self.instance.placings(free_indices(left)):
                if not self.ring.equal(self.expectation(left, places, env), self.instance.under(rule, places, env)):
                    raise NotRealisable(f"the law of this instance does not have the moments of {rule.source}")
