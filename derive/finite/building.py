r"""Building the table of a law from the rules about it: the probabilities of all random quantities together.

Rules are used in the order in which their conditions become known; what they leave open is drawn. Nothing is made
independent that the rules do not make so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product as cartesian
from typing import TYPE_CHECKING

from derive.algebra.rules import Rule, unify
from derive.domains import NotRealisable
from derive.expression import Density, Expr, Index, free_indices, substitute_indices
from derive.finite.alphabets import Env
from derive.finite.rings import Scalar
from derive.worlds.places import Places
from derive.worlds.seeds import density_name

if TYPE_CHECKING:
    from derive.finite.tables import Tables

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


class Builder:
    """The table of one law, from statements about it. ``coupled`` says that what the statements leave open is drawn,
    and not taken to be independent."""

    def __init__(self, tables: Tables, key: Key, statements: tuple[Statement, ...], env: Env, *, coupled: bool) -> None:
        self.tables = tables
        self.instance, self.ring, self.alphabets = tables.instance, tables.ring, tables.alphabets
        self.key, self.number = key, tables.numbers[key]
        self.statements, self.env, self.coupled = statements, env, coupled

    def table(self) -> Table:
        """Unit by unit: by a statement whose conditions are known, else drawn, first what statements wait for."""
        units = self.alphabets.units
        joint: Joint = [({}, self.ring.number(1))]
        known: set[int] = set()
        given = frozenset().union(*(s.of for s in self.statements if s.complete))
        for number, unit in enumerate(units):
            if unit.law == self.key[0] and not self.key[1] and number not in given:
                joint = self._by_moments(joint, number)
                known.add(number)
        while len(known) < len(units):
            waiting = [s for s in self.statements if s.complete and not s.of & known]
            ready = [s for s in waiting if s.given <= known]
            if ready:
                statement = max(ready, key=lambda s: len(s.of))
                joint = self._by_statement(joint, statement)
                known |= statement.of
                continue
            rest = [s.given - known for s in waiting] or [frozenset(range(len(units))) - known]
            wanted = min(rest, key=lambda numbers: (len(numbers), sorted(numbers)))
            joint = self._by_draw(joint, wanted)
            known |= wanted
        by_choice = {tuple(chosen[n] for n in range(len(units))): value for chosen, value in joint}
        return Table([by_choice[choice] for choice in self.alphabets.choices])

    def _extended(self, chosen: dict[int, int], units: frozenset[int]) -> Iterator[dict[int, int]]:
        ordered = sorted(units)
        for choice in cartesian(*(range(len(self.alphabets.units[n].columns)) for n in ordered)):
            yield {**chosen, **dict(zip(ordered, choice, strict=True))}

    def _by_moments(self, joint: Joint, number: int) -> Joint:
        """A unit with the probabilities that its moments demand, coupled to what is known or independent of it."""
        own = self.alphabets.units[number].probabilities
        one = self.ring.number(1)
        tilts = [one - one] * len(own)
        leans: list[Scalar | None] = [None] * len(joint)
        if self.coupled:
            drawn = [
                self._between_zero_and_one(f"tilt-{self.number} {self.key[0]}", (number, k)) for k in range(len(own))
            ]
            mean = self._total([p * value for p, value in zip(own, drawn, strict=True)])
            tilts = [value - mean for value in drawn]
            leans = self._leans(joint, [0] * len(joint))
        return [
            ({**chosen, number: k}, p * q if lean is None else p * q * (one + tilt * lean))
            for (chosen, p), lean in zip(joint, leans, strict=True)
            for k, (q, tilt) in enumerate(zip(own, tilts, strict=True))
        ]

    def _by_statement(self, joint: Joint, statement: Statement) -> Joint:
        """The law that a statement gives, P(A|C) = f, of what it is about and what is known, K.

        Nothing says that A depends on K through C alone, so it does not: f is multiplied by 1 + h(A) k(K), where the
        mean of h under f is zero, and so is that of k given C.
        """
        source = statement.rule.source
        coupling = self._coupling(joint, statement) if self.coupled else [None] * len(joint)
        result: Joint = []
        for (chosen, value), k in zip(joint, coupling, strict=True):
            longer = list(self._extended(chosen, statement.of))
            factors: list[Scalar] = []
            for choice in longer:
                here = {**self.env, **self.alphabets.env(choice)}
                factors.append(self.instance.under(statement.rule, statement.places, here))
            if any(self.ring.is_negative(factor) for factor in factors):
                raise NotRealisable(f"{source} gives a negative probability")
            if not self.ring.equal(self._total(factors), self.ring.number(1)):
                raise NotRealisable(f"the probabilities that {source} gives do not add up to one")
            if k is not None:
                own = [tuple(choice[n] for n in sorted(statement.of)) for choice in longer]
                drawn = [self._between_zero_and_one(f"tilt-{self.number} {self.key[0]}", at) for at in own]
                mean = self._total([f * g for f, g in zip(factors, drawn, strict=True)])
                one = self.ring.number(1)
                factors = [f * (one + (g - mean) * k) for f, g in zip(factors, drawn, strict=True)]
            result += [(choice, value * factor) for choice, factor in zip(longer, factors, strict=True)]
        return result

    def _coupling(self, joint: Joint, statement: Statement) -> list[Scalar | None]:
        """For each choice of what is known the k of its coupling; None where the conditions tell all of it."""
        groups: list[tuple[Scalar, ...]] = []
        members: list[int] = []
        for chosen, _ in joint:
            here = {**self.env, **self.alphabets.env(chosen)}
            columns = [self.instance.column(item, statement.places, here) for item in statement.conditions]
            values = tuple(value for column in columns for value in column)
            at = self.instance.draws.find(groups, values)
            if at is None:
                at = len(groups)
                groups.append(values)
            members.append(at)
        return self._leans(joint, members)

    def _leans(self, joint: Joint, members: list[int]) -> list[Scalar | None]:
        """For each choice a drawn number whose mean in its group is zero; None where the group is one choice."""
        found: list[Scalar | None] = [None] * len(joint)
        for group in set(members):
            inside = [n for n, at in enumerate(members) if at == group]
            weight = self._total([joint[n][1] for n in inside])
            if len(inside) == 1 or self.ring.equal(weight, self.ring.number(0)):
                continue
            places = [tuple(joint[n][0].get(unit, -1) for unit in range(len(self.alphabets.units))) for n in inside]
            drawn = [self._between_zero_and_one(f"lean-{self.number} {self.key[0]}", at) for at in places]
            mean = self._total([joint[n][1] * value for n, value in zip(inside, drawn, strict=True)])
            mean = mean * self.ring.inverse(weight)
            for n, value in zip(inside, drawn, strict=True):
                found[n] = value - mean
        return found

    def _between_zero_and_one(self, name: str, at: tuple[int, ...]) -> Scalar:
        return self.ring.number(Fraction(1, 4)) * self.instance.draws.number(name, at)

    def _total(self, values: list[Scalar]) -> Scalar:
        return sum(values[1:], values[0])

    def _by_draw(self, joint: Joint, units: frozenset[int]) -> Joint:
        name = f"weight-{self.number} {self.key[0]}"
        result: Joint = []
        for chosen, value in joint:
            longer = list(self._extended(chosen, units))
            places = [tuple(c.get(n, -1) for n in range(len(self.alphabets.units))) for c in longer]
            weights = [self.instance.draws.number(name, at) for at in places]
            over = self.ring.inverse(self._total(weights))
            result += [(c, value * weight * over) for c, weight in zip(longer, weights, strict=True)]
        return result

    def needed(self, expr: Density, of: tuple[Expr, ...], given: tuple[Expr, ...], places: Places, env: Env) -> Scalar:
        """A density that a rule about the law needs while its table is built: by a rule, else drawn and normalised."""
        if (rule := self.tables.rule_of(expr, places)) is not None:
            return self.instance.under(rule[0], rule[1], env)
        given = self._enough(expr, places, env) or given
        found = [self.alphabets.classes(item, places) for item in (*of, *given)]
        here = [
            self.instance.draws.find(known, self.instance.column(item, places, env))
            for (_, known), item in zip(found, (*of, *given), strict=True)
        ]
        if None in here:
            raise Impossible("a condition has the probability zero")
        said = density_name(Density(self.key[0], of, given), self.instance.scope)
        name, slots = f"factor-{self.number}-{said} {self.key[0]}", self.tables.slots(of, places)

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
                not self.tables.finer_conditions(rule)
                or not unify(rule.right, expr, found)
                or not free_indices(left) <= set(found)
            ):
                continue
            less = substitute_indices(left, found)
            assert isinstance(less, Density)
            conditions, fixed = self.tables.split(less.given)
            if self.tables.key(less.law, fixed, places, env) == self.key:
                return conditions
        return ()
