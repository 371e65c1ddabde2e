"""One claim to an order in one model of slowly varying fields: whether it follows there, and a witness if not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

from derive.domains import NotRealisable
from derive.fields.finite.atoms import Atom
from derive.fields.finite.lines import Premise
from derive.fields.finite.polynomials import Contradiction, Poly, Solution, rational, spelled
from derive.fields.finite.question import TRIES, Finding, drawn, in_span
from derive.fields.finite.weights import VALUES
from derive.fields.nodes import Variable
from derive.fields.smooth.remainders import valued
from derive.fields.smooth.worlds import SmoothWorld, coefficient
from derive.fields.words import Remainder

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


@dataclass(frozen=True)
class Part:
    """Both sides of a component of a claim at one power of the spacing."""

    name: str
    power: int
    left: Poly
    right: Poly


class Question:
    """One claim in one world."""

    def __init__(self, world: SmoothWorld, asked: Asked) -> None:
        self.world = world
        self.asked = asked

    def answer(self) -> Finding:
        """Raises NotRealisable where this world cannot tell."""
        sides = list(self._components())
        equations = [e for premise in self.world.equations_left for e in self.world.equations(premise)]
        found: Finding | None = None
        for slack in SLACK:
            found = self._compared(sides, *self._solved(equations, slack))
            if found.agrees:
                return self._with_remainder(found, sides, equations)
        assert found is not None
        return found

    def _solved(self, equations: list[Poly], slack: int) -> tuple[list[Poly], Solution]:
        """The premises at all powers of the spacing that matter, and what follows from them."""
        every = [equation for equation in self._equations(equations, slack) if equation]
        try:
            return every, Solution(every, self._rank)
        except Contradiction as error:
            raise NotRealisable("the premises contradict each other in this model") from error

    def _components(self) -> Iterator[Side]:
        """The components of the claim, each side by powers of the spacing."""
        for env in self.world.assignments(self.asked.claim):
            for entry, left, right in self.world.sides(self.asked.claim, env):
                letters = (f"{letter.name} = {value}" for letter, value in env.items() if isinstance(value, int))
                name = ", ".join(filter(None, [*letters, entry]))
                yield name, self.world.parts(left), self.world.parts(right)

    def _equations(self, equations: list[Poly], slack: int) -> Iterator[Poly]:
        """The premises at each power of the spacing that matters, with their derivatives."""
        last = self.asked.order + slack
        coordinates = self.world.coordinates()
        for equation in equations:
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

    def _compared(self, sides: list[Side], equations: list[Poly], solution: Solution) -> Finding:
        """Whether the sides agree up to the order where the equations hold."""
        found = Finding(self._sizes(), True, 0)
        for name, lefts, rights in sides:
            for power in range(self.asked.order + 1):
                differs = self._differs(Part(name, power, lefts[power], rights[power]), equations, solution)
                if differs is not None:
                    return replace(differs, sizes=found.sizes)
                found = replace(found, compared=found.compared + 1)
        if self._vanishes(solution):
            raise NotRealisable("nothing but zero varies slowly and meets the premises")
        if not found.compared:
            raise NotRealisable("the claim has no component in this model")
        return found

    def _sizes(self) -> dict[str, int | str]:
        sizes = self.world.sizes.described(self.asked.claim.scope)
        for premise in self.asked.premises:
            sizes = {**self.world.sizes.described(premise.scope), **sizes}
        sizes.pop("lattice", None)
        return sizes

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

    def _with_remainder(self, found: Finding, sides: list[Side], equations: list[Poly]) -> Finding:
        """The same with the next order, where the sides must differ by what the proof leaves over."""
        expected = self._remainder(len(sides))
        if expected is None:
            return found
        power = self.asked.order + 1
        parts = [
            Part(name, power, left[power], right[power] + rest)
            for (name, left, right), rest in zip(sides, expected, strict=True)
        ]
        differs: Finding | None = None
        for slack in SLACK[1:]:
            every, solution = self._solved(equations, slack)
            differs = next((f for part in parts if (f := self._differs(part, every, solution)) is not None), None)
            if differs is None:
                return replace(found, notes=(REMAINDER,))
        assert differs is not None
        return replace(differs, sizes=found.sizes)

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

    def _differs(self, part: Part, equations: list[Poly], solution: Solution) -> Finding | None:
        """Values that meet the equations and with which two sides differ; None where there are none.

        Raises NotRealisable where that is not known.
        """
        difference = solution.reduce(part.left - part.right)
        if not difference or (solution.left and in_span(difference, solution.left)):
            return None
        agreed = 0
        for _ in range(TRIES * 4):
            solved = drawn(equations, solution, self._rank, self.world.random) if solution.left else solution
            if solved is None:
                continue
            used = sorted(part.left.atoms() | part.right.atoms() | {n for e in equations for n in e.atoms()})
            free = {n: rational(self.world.random.choice(VALUES)) for n in used}
            values = solved.values(free, used)
            put = {number: Poly.number(value) for number, value in values.items()}
            if any(equation.put(put) for equation in equations):
                raise RuntimeError("a witness does not meet the premises")
            left, right = part.left.put(put).constant, part.right.put(put).constant
            if left != right:
                shown = sorted(part.left.atoms() | part.right.atoms())
                said = {self._spelled(number): spelled(values[number]) for number in shown} | self.world.described()
                place = ", ".join(filter(None, [part.name, f"order {part.power} in {self.asked.parameter}"]))
                return Finding({}, False, 0, place=place, left=spelled(left), right=spelled(right), witness=said)
            agreed += 1
            if agreed >= TRIES:
                break
        if solution.left and agreed:
            return None
        raise NotRealisable("no values were found that tell")

    def _spelled(self, number: int) -> str:
        atom = self.world.atoms[number]
        name = str(atom._replace(time=0))
        return f"{name} at order {atom.time}" if atom.time else name


__all__ = ["REMAINDER", "SLACK", "Asked", "Question"]
