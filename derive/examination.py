"""Models against proofs: cross-examination of what was shown, witnesses and agreement where nothing was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain

from flint import arb

from derive.algebra.functional import may_be_for_all
from derive.algebra.rules import Rule
from derive.comparison import Comparison, compare, comparisons, slope, worlds
from derive.domains import NotRealisable
from derive.expression import Applied, Density, Dirac, Expectation, Expr, Integral, Symbol, free_indices, walk
from derive.finite.families import Kinds
from derive.instance import Instance, instances, needs_instance
from derive.judgement import NO_MODEL, NOT_NEEDED, By, Judgement, SoundnessError, counted, idle_among, witness_of
from derive.methods import exact
from derive.methods.goal import Answer, Goal
from derive.model import World
from derive.premises import Premises
from derive.second_proof import symbolically_equal
from derive.statement import Line, Reading
from derive.verdict import Witness

SLOPE_TOLERANCE = 0.05
SEEDS_THAT_AGREE = 4
"""The draws in which agreement is counted; twice as many are searched for a difference."""


class Examination:
    """Evaluates the two sides of steps in exact models of their premises."""

    def __init__(self, reading: Reading, premises: Premises) -> None:
        self.reading = reading
        self.premises = premises

    def not_shown(
        self,
        line: Line,
        left: Expr,
        right: Expr,
        answer: Answer,
        own: tuple[Rule, ...] = (),
        goal: Goal | None = None,
    ) -> Judgement:
        """What models say of a step that was not shown; ``own`` is what the line itself defines."""
        rules = self.rules(line, own)
        agreeing: list[Comparison] = []
        models = self.searched(line, left, right, rules, goal)
        for found in comparisons(models, left, right, line.chain.apart):
            if found.differ and (goal is None or self.assumed(found.world, goal)):
                return Judgement("refuted", answer.method, answer.used, witness=witness_of(found))
            if found.world.seed < SEEDS_THAT_AGREE and (found.left - found.right).rad() < arb(2) ** -200:
                agreeing.append(found)
        why = answer.why or "the named premises do not give it"
        more = [] if goal is None else list(_for_one_value(goal))
        models = {id(found.world): found.world for found in agreeing}
        holds = {key: goal is None or self.assumed(world, goal) for key, world in models.items()}
        agreed = sum(holds[id(found.world)] for found in agreeing)
        if agreed:
            return Judgement(
                "supported", answer.method, notes=[f"the two sides agree at {agreed} points to 60 digits", why, *more]
            )
        return Judgement("open", answer.method, notes=[why, *more])

    def not_shown_to_order(self, line: Line, goal: Goal, by: By, answer: Answer, rules: tuple[Rule, ...]) -> Judgement:
        """What models by these rules say of an expansion that was not shown."""
        measured = slope(
            goal.left, goal.right, goal.scope, rules, by.parameter, goal.apart,
            holds=lambda world: self.assumed(world, goal),
        )  # fmt: skip
        if measured is not None and measured < by.order + 1 - SLOPE_TOLERANCE:
            small = {by.parameter: Fraction(1, 64)}
            models = self.searched(line, goal.left, goal.right, rules, goal, small)
            differing = (c for c in comparisons(models, goal.left, goal.right, line.chain.apart) if c.differ)
            found = next((c for c in differing if self.assumed(c.world, goal)), None)
            if found is not None:
                notes = [f"the difference of the two sides goes as ${by.parameter}^{{{measured:.3f}}}$"]
                return Judgement("refuted", answer.method, answer.used, witness=witness_of(found), notes=notes)
            measured = None
        why = answer.why or "the named premises do not give it"
        return Judgement("supported" if measured is not None else "open", answer.method, notes=[why])

    def difference(
        self,
        line: Line,
        left: Expr,
        right: Expr,
        scale: dict[str, Fraction] | None = None,
        own: tuple[Rule, ...] = (),
        goal: Goal | None = None,
        without: frozenset[str] = frozenset(),
    ) -> Comparison | None:
        """A place in a model where the two sides differ, and what the ``goal`` assumes and does not derive holds.

        The models are made by the rules ``own`` and by those of the scope, but for the premises ``without``.
        """
        models = self.searched(line, left, right, self.rules(line, own, without), goal, scale)
        apart = line.chain.apart if goal is None else goal.apart
        found = (found for found in comparisons(models, left, right, apart) if found.differ)
        return next((f for f in found if goal is None or self.assumed(f.world, goal)), None)

    def rules(self, line: Line, own: tuple[Rule, ...] = (), without: frozenset[str] = frozenset()) -> tuple[Rule, ...]:
        """What models of a line are made by: its ``own`` rules and those of its scope, but for some premises."""
        return (*own, *(rule for rule in self.premises.root_rules(line.equation) if rule.source not in without))

    @staticmethod
    def searched(
        line: Line,
        left: Expr,
        right: Expr,
        rules: tuple[Rule, ...],
        goal: Goal | None,
        scale: dict[str, Fraction] | None = None,
    ) -> Iterator[World | Instance]:
        """Worlds to search for a difference, of special families too where the premises ask for such."""
        for families in _general_first(goal):
            sides = (left, right)
            seeds = 2 if families else 8
            yield from worlds(
                line.scope, rules, seeds=seeds, scale=scale, apart=line.chain.apart, sides=sides, families=families
            )

    def assumed(self, world: World | Instance, goal: Goal) -> bool:
        """Whether the premises of a goal that are assumed, and not derived, hold in a world."""
        return not any(not self.premises.is_derived(name) for name in self.failing(world, goal))

    def cross_examine(
        self,
        line: Line,
        goal: Goal,
        own: tuple[Rule, ...] = (),
        *,
        approximate: bool = False,
        without: frozenset[str] = frozenset(),
    ) -> str | Judgement:
        """Evaluates what was proved in models of its premises; a judgement where these have none.

        ``own`` are the rules that the line itself adds: what it defines, or needs. The premises ``without`` which the
        models are made are what it shows. Raises SoundnessError where the two
        sides differ although the premises hold.
        """
        models = count = 0
        first: World | Instance | None = None
        fails: set[str] = set()
        for families in _general_first(goal):
            if families and first is not None and max(first.sizes.values(), default=2) > 1:
                break
            models_ = self.models(line, goal, own, fails, approximate=approximate, families=families, without=without)
            for world, places in models_:
                for found in places:
                    if found.differ:
                        at = witness_of(found).as_json()
                        said = f"({line.equation.number}) was proved, but at {at} the sides differ"
                        raise SoundnessError(said)
                if not all(found.agree for found in places):
                    continue
                models += 1
                count += len(places)
                first = world
        if first is None and fails:
            return self.without_model(line, goal, fails, own)
        if first is None:
            return self.for_any_measure(line, goal, own) or Judgement("open", exact.METHOD, notes=[NO_MODEL])
        named = ((first.scope.ranges[name].size, size) for name, size in sorted(first.sizes.items()))
        sizes = ", ".join(f"{printed} = {size}" for printed, size in named if not printed.isdigit())
        said = f"agrees at {counted(count, 'point')} in {counted(models, 'exact model')} of the premises"
        return said + (f", up to {sizes}" if sizes else "")

    def for_any_measure(self, line: Line, goal: Goal, own: tuple[Rule, ...]) -> str | None:
        """What was proved of integrals without a law, with finite sums in their place; None if that says nothing.

        The normal form knows no more of such an integral than that it is linear, whatever its variable is called. So
        what it shows holds for every measure. Where the sums differ all the same, the line stays without a model.
        """
        integrals = [node for side in (goal.left, goal.right) for node in walk(side) if isinstance(node, Integral)]
        laws = any(isinstance(node, Density | Dirac | Expectation) for i in integrals for node in walk(i))
        if not integrals or laws or goal.rules or goal.equalities:
            return None
        rules = self.rules(line, own)
        count = models = 0
        for instance in instances(goal.scope, rules, seeds=2):
            try:
                places = compare(replace(instance, any_measure=True), goal.left, goal.right, goal.apart)
            except NotRealisable:
                continue
            if any(found.differ for found in places):
                return None
            count, models = count + len(places), models + bool(places)
        if not count:
            return None
        sums = counted(models, "finite sum")
        return f"holds for every measure, if the integrals exist; agrees at {counted(count, 'point')} in {sums}"

    def models(
        self,
        line: Line,
        goal: Goal,
        own: tuple[Rule, ...],
        fails: set[str],
        *,
        approximate: bool = False,
        seeds: int = 1,
        scale: dict[str, Fraction] | None = None,
        families: Kinds = (),
        without: frozenset[str] = frozenset(),
    ) -> Iterator[tuple[World | Instance, list[Comparison]]]:
        """The models of the premises of a goal, with its two sides at all places; ``fails`` collects what has none.

        With ``families`` they are those in which these matrices and operators are of special kinds. They need not meet
        the premises ``without`` which they are made.
        """
        rules = self.rules(line, own, without)
        sides = (goal.left, goal.right)
        drawn = worlds(goal.scope, rules, seeds=seeds, scale=scale, apart=goal.apart, sides=sides, families=families)
        for world in drawn:
            try:
                places = compare(world, goal.left, goal.right, goal.apart)
            except NotRealisable:
                continue
            if failing := self.failing(world, goal, approximate=approximate):
                fails |= failing
            elif places:
                yield world, places

    def has_model(self, goal: Goal, by: By, rules: tuple[Rule, ...]) -> bool:
        """Whether there is a model by these rules, with a small parameter, in which what a goal assumes holds."""
        sides = (goal.left, goal.right)
        models = worlds(goal.scope, rules, seeds=8, scale={by.parameter: Fraction(1, 64)}, sides=sides)
        return any(self.assumed(world, goal) for world in models)

    def fails_under(self, line: Line, goal: Goal, own: tuple[Rule, ...]) -> Judgement:
        """What models say of a line that was not shown under the hypotheses that are recorded for it."""
        agreed = 0
        models = [self.models(line, goal, own, set(), seeds=8)]
        if kinds := _special(goal):
            models.append(self.models(line, goal, own, set(), seeds=2, families=kinds))
        for _, places in chain.from_iterable(models):
            for found in places:
                if found.differ:
                    note = "it fails under the recorded hypothesis too"
                    return Judgement("refuted", exact.METHOD, witness=witness_of(found), notes=[note])
            agreed += len(places)
        if not agreed:
            note = "it was not shown under the recorded hypothesis, and no model of that was found"
            return Judgement("open", exact.METHOD, notes=[note])
        note = f"under the recorded hypothesis the two sides agree at {counted(agreed, 'point')}, but it was not shown"
        return Judgement("supported", exact.METHOD, notes=[note])

    def proved_again(self, line: Line, goal: Goal, answer: Answer) -> list[str]:
        """The second proof of an equality, on finite alphabets with symbols for all probabilities; none for worlds.

        Raises SoundnessError where it refutes what was proved.
        """
        rules = self.premises.root_rules(line.equation)
        if not needs_instance(line.scope, goal.left, goal.right, rules=rules):
            return []
        if any(equality.source in answer.applied for equality in goal.equalities):
            return []
        again = symbolically_equal(goal.left, goal.right, line.scope, rules, goal.apart)
        if again is False:
            raise SoundnessError(f"({line.equation.number}) was proved, but it fails on a finite alphabet")
        if again is None:
            return []
        return ["proved a second time on finite alphabets, with symbols for all probabilities and numbers"]

    def failing(self, world: World | Instance, goal: Goal, *, approximate: bool = False) -> set[str]:
        """The premises that do not hold in a world, or have no value there; not ``approximate`` ones."""
        failing: set[str] = set()
        for premise in (*goal.rules, *goal.equalities):
            if approximate and self.premises.is_approximate(premise.source):
                continue
            try:
                if not all(found.agree for found in compare(world, premise.left, premise.right, premise.apart)):
                    failing.add(premise.source)
            except NotRealisable:
                failing.add(premise.source)
        return failing

    def without_model(self, line: Line, goal: Goal, fails: set[str], own: tuple[Rule, ...]) -> Judgement:
        """A line that was shown from premises that hold in no model: from such premises everything follows."""
        for source in fails:
            goal = goal.without(source)
        answer = exact.prove(goal)
        named = ", ".join(f"({name})" for name in sorted(fails))
        if answer.shown:
            model = self.cross_examine(line, goal, own)
            if isinstance(model, Judgement):
                return model
            notes = [model, f"{NOT_NEEDED}: {named}"]
            return Judgement("proved", answer.method, answer.used, notes=notes, applied=answer.applied)
        note = f"it follows from {named}, which holds in no model that was evaluated"
        found = self.difference(line, goal.left, goal.right)
        if found is None or any(not self.premises.is_derived(name) for name in fails):
            return Judgement("open", answer.method, notes=[note])
        return Judgement("refuted", answer.method, answer.used, witness=witness_of(found), notes=[note])

    def not_needed(self, line: Line, goal: Goal, shown: Callable[[Goal], bool]) -> list[str]:
        names = self.reading.premises(line.equation)
        named = names[1:] if line.chain.first is None else names
        return idle_among(named, lambda name: shown(self.without(line, goal, name)))

    def without(self, line: Line, goal: Goal, name: str) -> Goal:
        """The goal without a premise: a line, a named hypothesis, or two indices that one keeps apart."""
        pair = self.reading.apart(name, line.equation)
        if pair is None:
            return goal.without(name)
        return replace(goal, apart=tuple(other for other in goal.apart if set(other) != set(pair)))

    def witness_of_drop(self, line: Line, goal: Goal, ratio: Expr | None) -> Witness | None:
        """A model outside the hypothesis in which the dropped term is larger than what is kept."""
        for world in worlds(line.scope, self.premises.root_rules(line.equation), seeds=8):
            try:
                if not self.assumed(world, goal):
                    continue
                for found in compare(world, goal.left, goal.right, goal.apart):
                    places = {i: found.places[i.name] - 1 for i in free_indices(goal.left) | free_indices(goal.right)}
                    outside = ratio is None or world.value(ratio, places) > 1
                    if outside and abs(found.left - found.right) > abs(found.right):
                        return witness_of(found)
            except NotRealisable:
                continue
        return None


def _for_one_value(goal: Goal) -> Iterator[str]:
    """What is said of premises about functions that are taken to be for one value of a variable."""
    for premise in (*goal.rules, *goal.equalities):
        variable = may_be_for_all(premise.left, premise.right, goal.scope)
        if variable is not None:
            name = variable.name
            yield f"({premise.source}) is taken to be for one ${name}$; if it is for every one, declare ${name}$ free"
            return


def _general_first(goal: Goal | None) -> Iterator[Kinds]:
    """Matrices and operators in general position; then special ones, where the premises of a goal ask for such."""
    yield ()
    if goal is not None and (kinds := _special(goal)):
        yield kinds


def _special(goal: Goal) -> Kinds:
    """Which matrices and operators are tried as special ones: those that premises say something of.

    What all meet, such as a rule that defines one, those in general position may not: so all are, then those that
    premises speak of, then one of them alone. Nothing where no premise is about matrices or operators.
    """
    kinds = ("matrix", "operator")
    premises = [one for one in (*goal.equalities, *goal.rules) if one.left.type.kind in kinds]
    sides = (side for one in premises for side in (one.left, one.right))
    names = {s.name for side in sides for s in walk(side) if isinstance(s, Symbol | Applied) and s.type.kind in kinds}
    alone = [frozenset((name,)) for name in sorted(names)] if len(names) > 1 else []
    return (None, frozenset(names), *alone) if premises else ()
