"""Whether a claim follows from its premises to an order, in exact models of slowly varying fields.

The models share nothing with the proofs but the tree. Fields are polynomials in time and place with unknown
coefficients, which are series in the spacing; premises are equations between these at each power of it. A claim follows
to an order if its sides are equal at each power up to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations_with_replacement, product
from random import Random

from derive.domains import NotRealisable
from derive.expression import Expr
from derive.fields.finite.atoms import Atom
from derive.fields.finite.lines import Premise
from derive.fields.finite.polynomials import Contradiction, Poly, Solution, rational, spelled
from derive.fields.finite.question import Finding, in_span
from derive.fields.finite.sizes import Sizes, configurations
from derive.fields.finite.weights import VALUES
from derive.fields.nodes import Variable
from derive.fields.smooth.remainders import valued
from derive.fields.smooth.worlds import SmoothWorld, coefficient
from derive.fields.words import Remainder
from derive.notation import Scope

SLACK = (0, 1, 2)
"""How many powers of the spacing beyond the order premises are taken at, one after the other."""
REMAINDER = "and what is left over at the next order is the remainder"
Side = tuple[str, list[Poly], list[Poly]]
"""A component of a claim, and both of its sides by powers of the spacing."""


@dataclass(frozen=True)
class Asked:
    """A claim to an order of a small parameter."""

    claim: Premise
    premises: tuple[Premise, ...]
    order: int
    parameter: str
    remainder: Remainder = ()
    """What a proof says is left over at the next order, in each of its components, by the sizes written out."""


def examine_to_order(
    claim: tuple[Expr, Expr],
    premises: Sequence[Premise],
    scope: Scope,
    *,
    order: int,
    parameter: str,
    remainder: Remainder = (),
    models: int = 2,
    seeds: int = 1,
) -> Iterator[Finding]:
    """What exact models of slowly varying fields say of a claim, the smallest first.

    A claim that follows to the order agrees in all of them, and so does what is left over at the next order with the
    ``remainder`` that a proof gives, where that has a value there. Raises NotRealisable where there is no model at all.
    """
    asked = Asked(Premise(*claim, source="", scope=scope), tuple(premises), order, parameter, remainder)
    problem: NotRealisable | None = None
    count = 0
    for sizes in _sizes([asked.claim, *premises]):
        for seed in range(seeds):
            if count >= models:
                return
            try:
                yield _found(asked, sizes, seed)
                count += 1
            except NotRealisable as error:
                problem = problem or error
    if not count:
        raise problem or NotRealisable("there is no model of these sizes")


def _sizes(lines: Sequence[Premise]) -> Iterator[Sizes]:
    """Sizes of ranges and dimensions; the lattice itself has no bounds."""
    seen: set[Sizes] = set()
    for sizes in configurations([(side, line.scope) for line in lines for side in line.sides]):
        sizes = replace(sizes, sides=())
        if sizes not in seen:
            seen.add(sizes)
            yield sizes


def _found(asked: Asked, sizes: Sizes, seed: int) -> Finding:
    """What one draw says; with complex matrices where there are no real ones that meet the premises.

    Where with the numbers that are drawn fields vanish, since premises hold for others only, all numbers are one.
    """
    problem: NotRealisable | None = None
    for is_complex, numbers in product((False, True), (VALUES, (Fraction(1),))):
        random = Random(f"{seed} {sizes.number} {sizes.dimension}")
        cut = asked.order + SLACK[-1]
        try:
            world = SmoothWorld(
                asked.claim,
                asked.premises,
                sizes,
                random,
                parameter=asked.parameter,
                cut=cut,
                complex_entries=is_complex,
                numbers=numbers,
            )
            return _Question(world, asked).answer()
        except NotRealisable as error:
            problem = problem or error
    assert problem is not None
    raise problem


class _Question:
    """One claim in one world."""

    def __init__(self, world: SmoothWorld, asked: Asked) -> None:
        self.world = world
        self.asked = asked

    def answer(self) -> Finding:
        """Raises NotRealisable where this world cannot tell."""
        sides = list(self._sides())
        equations = [list(self._of(premise)) for premise in self.world.equations_left]
        found: Finding | None = None
        for slack in SLACK:
            try:
                solution = Solution(self._equations(equations, slack), self._rank)
            except Contradiction as error:
                raise NotRealisable("the premises contradict each other in this model") from error
            found = self._compared(sides, solution)
            if found.agrees:
                return self._with_remainder(found, sides, equations)
        assert found is not None
        return found

    def _sides(self) -> Iterator[Side]:
        """The components of the claim, each side by powers of the spacing."""
        for env in self.world.assignments(self.asked.claim):
            for entry, left, right in self.world.sides(self.asked.claim, env):
                letters = (f"{letter.name} = {value}" for letter, value in env.items() if isinstance(value, int))
                name = ", ".join(filter(None, [*letters, entry]))
                yield name, self.world.parts(left), self.world.parts(right)

    def _of(self, premise: Premise) -> Iterator[Poly]:
        """What vanishes by a premise, here and now."""
        yield from self.world.equations(premise)

    def _equations(self, equations: list[list[Poly]], slack: int) -> Iterator[Poly]:
        """The premises at each power of the spacing that matters, with their derivatives."""
        last = self.asked.order + slack
        coordinates = self.world.coordinates()
        for equation in (e for of in equations for e in of):
            slopes: dict[tuple[str, ...], Poly] = {}
            for count in range(last + 1):
                for names in combinations_with_replacement(coordinates, count):
                    slope = self.world.slope(slopes[names[:-1]], names[-1]) if names else equation
                    slopes[names] = self.world.shortened(slope, last - count)
                    yield from self.world.parts(slopes[names], last - count)

    def _rank(self, number: int) -> tuple[object, ...]:
        atom = self.world.atoms[number]
        by_time = sum(count for name, count in atom.jet if name == "0")
        return (atom.time + atom.order, by_time, atom.order, number)

    def _compared(self, sides: list[Side], solution: Solution) -> Finding:
        sizes = self.world.sizes.described(self.asked.claim.scope)
        for premise in self.asked.premises:
            sizes = {**self.world.sizes.described(premise.scope), **sizes}
        sizes.pop("lattice", None)
        compared = 0
        for name, lefts, rights in sides:
            for power in range(self.asked.order + 1):
                left, right = lefts[power], rights[power]
                difference = solution.reduce(left - right)
                if difference and not (solution.left and in_span(difference, solution.left)):
                    return self._differs(Finding(sizes, False, 0), name, power, left, right, solution, difference)
                compared += 1
        if self._vanishes(solution):
            raise NotRealisable("nothing but zero varies slowly and meets the premises")
        if not compared:
            raise NotRealisable("the claim has no component in this model")
        return Finding(sizes, True, compared)

    def _vanishes(self, solution: Solution) -> bool:
        """Whether all fields that the claim is about are zero here and now, whatever the spacing."""
        names = {node.name for node in self.asked.claim.nodes() if isinstance(node, Variable)}
        every = [
            Poly.atom(self.world.number_of(coefficient(Atom("variable", name, at), power)))
            for name in sorted(names & self.world.solved_for)
            for at in self.world.components[name]
            for power in range(self.asked.order + 1)
        ]
        return bool(every) and not any(map(solution.reduce, every))

    def _with_remainder(self, found: Finding, sides: list[Side], equations: list[list[Poly]]) -> Finding:
        """The same with the next order, where the sides must differ by what the proof leaves over."""
        expected = self._remainder(len(sides))
        if expected is None:
            return found
        power = self.asked.order + 1
        for slack in SLACK[1:]:
            solution = Solution(self._equations(equations, slack), self._rank)
            rests = [
                (name, left[power], right[power] + rest, solution.reduce(left[power] - right[power] - rest))
                for (name, left, right), rest in zip(sides, expected, strict=True)
            ]
            wrong = [r for r in rests if r[3] and not (solution.left and in_span(r[3], solution.left))]
            if not wrong:
                return replace(found, notes=(REMAINDER,))
            if slack == SLACK[-1]:
                name, left, right, difference = wrong[0]
                return self._differs(replace(found, agrees=False), name, power, left, right, solution, difference)
        return found

    def _remainder(self, count: int) -> list[Poly] | None:
        """What the proof leaves over in each component, at the next order; None where that has no value here."""
        sizes = self.world.sizes
        scope = self.asked.claim.scope
        for written, elements in self.asked.remainder:
            if any(sizes.size(scope.ranges[name]) != n for name, n in written.items() if name in scope.ranges):
                continue
            try:
                columns = [valued(self.world, element) for element in elements]
            except NotRealisable:
                return None
            height = max((len(column) for column in columns), default=0) or 1
            values = [value for column in columns for value in (column or [Poly()] * height)]
            if len(values) == count:
                return [self.world.parts(value)[self.asked.order + 1] for value in values]
        return None

    def _differs(
        self, found: Finding, name: str, power: int, left: Poly, right: Poly, solution: Solution, difference: Poly
    ) -> Finding:
        """The values of both sides at a power of the spacing, for values that meet the premises."""
        if solution.left:
            raise NotRealisable("the premises are not linear in the fields")
        for _ in range(8):
            free = {n: rational(self.world.random.choice(VALUES)) for n in sorted(difference.atoms())}
            values = solution.values(free, sorted(left.atoms() | right.atoms() | difference.atoms()))
            put = {number: Poly.number(value) for number, value in values.items()}
            a, b = left.put(put).constant, right.put(put).constant
            if a != b:
                said = {self._spelled(number): spelled(value) for number, value in values.items() if value}
                said |= {n: spelled(value) for n, value in sorted(self.world.weights.quantities.items())}
                place = ", ".join(filter(None, [name, f"order {power} in {self.asked.parameter}"]))
                return replace(found, place=place, left=spelled(a), right=spelled(b), witness=said)
        raise NotRealisable("no values were found that tell")

    def _spelled(self, number: int) -> str:
        atom = self.world.atoms[number]
        name = str(atom._replace(time=0))
        return f"{name} at order {atom.time}" if atom.time else name


__all__ = ["REMAINDER", "SLACK", "examine_to_order"]
