"""One claim in one model: whether it follows there from the premises, and a witness where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from random import Random

from derive.domains import NotRealisable
from derive.fields.finite.arrays import Array
from derive.fields.finite.atoms import Atom
from derive.fields.finite.calculus import TIMES
from derive.fields.finite.lines import Premise, kind_of, printed_times
from derive.fields.finite.polynomials import Contradiction, Gaussian, Poly, Solution, rational, spelled
from derive.fields.finite.weights import VALUES
from derive.fields.finite.worlds import World
from derive.fields.nodes import SpaceIntegral

COMPARED = 48
"""How many components of a claim on fields are compared at most, chosen at random where there are more."""
TRIES = 5
"""How often values are drawn where premises are not linear in the fields."""


@dataclass(frozen=True)
class Finding:
    """What one model says of a claim."""

    sizes: dict[str, int | str]
    agrees: bool
    compared: int
    """How many components, or derivatives, were compared."""
    place: str = ""
    """The component at which the sides differ."""
    left: str = ""
    right: str = ""
    witness: dict[str, str] = field(default_factory=dict)
    """Exact values of numbers, entries of matrices and fields with which all premises hold and the sides differ."""
    notes: tuple[str, ...] = ()


class Question:
    """One claim in one world."""

    def __init__(self, world: World, claim: Premise, premises: Sequence[Premise]) -> None:
        self.world = world
        self.claim = claim
        self.premises = premises
        self.notes: list[str] = []
        self.is_functional = any(isinstance(node, SpaceIntegral) for node in claim.nodes())
        self.is_continuous = kind_of(claim) == "continuum"

    def answer(self) -> Finding:
        """Raises NotRealisable where this world cannot tell."""
        sides = self._sides()
        for slack in (0, 1):
            try:
                different, equations, solution = self._different(sides, slack)
            except Contradiction as error:
                raise NotRealisable("the premises contradict each other in this model") from error
            if different is None:
                return self._finding(True, len(sides))
        assert different is not None
        return self._refuted(sides, different, equations, solution)

    def _finding(self, agrees: bool, compared: int, **more: object) -> Finding:
        sizes = self.world.sizes.described(self.claim.scope)
        for premise in self.premises:
            sizes = {**self.world.sizes.described(premise.scope), **sizes}
        return Finding(sizes, agrees, compared, notes=tuple(self.notes), **more)  # type: ignore[arg-type]

    # The two sides.

    def _sides(self) -> list[tuple[str, Poly, Poly]]:
        """The components of the claim; of functionals their functional derivatives."""
        every = list(self.world.assignments(self.claim))
        if self.claim.has_fields and len(every) > COMPARED:
            every = self.world.random.sample(every, COMPARED)
        found: list[tuple[str, Poly, Poly]] = []
        for env in every:
            for entry, left, right in self.world.sides(self.claim, env):
                name = ", ".join([*(f"{letter.name} = {value}" for letter, value in env.items()), entry]).strip(", ")
                found.append((name, left, right))
        if self.is_functional:
            return [new for name, left, right in found for new in self._functional(name, left, right)]
        if not found:
            raise NotRealisable("the claim has no component in this model")
        return found

    def _functional(self, name: str, left: Poly, right: Poly) -> Iterator[tuple[str, Poly, Poly]]:
        calculus = self.world.calculus
        for variable in sorted(calculus.names(left) | calculus.names(right)):
            for at in self.world.components[variable]:
                by = Atom("variable", variable, at)
                yield (", ".join(filter(None, [name, f"δ/δ{by}"])), calculus.euler(left, by), calculus.euler(right, by))

    # What follows from the premises.

    def _different(self, sides: list[tuple[str, Poly, Poly]], slack: int):
        """The first component at which the sides differ in the solution of the premises, if there is one."""
        equations = self._equations(slack)
        polys = [poly for _, left, right in sides for poly in (left, right)]
        equations += self.world.steps.chain_rules([*equations, *polys])
        solution = Solution(equations, self._rank)
        for place, (_, left, right) in enumerate(sides):
            difference = solution.reduce(left - right)
            if difference and not (solution.left and in_span(difference, solution.left)):
                return place, equations, solution
        return None, equations, solution

    def _rank(self, number: int) -> tuple[object, ...]:
        atom = self.world.atoms[number]
        by_time = sum(count for name, count in atom.jet if name in TIMES)
        return (atom.time, by_time, atom.order, atom.kind == "function", number)

    def _equations(self, slack: int) -> list[Poly]:
        """The premises at all times, and with all derivatives, that matter to the claim."""
        low, high = printed_times([self.claim])
        order = self.claim.order + slack
        found = list(self.world.functions.conditions)
        for premise in self.world.equations_left:
            first, last = premise.times()
            shifts = range(low - slack - first, high + slack - last + 1) or range(low - first, low - first + 1)
            if self.is_continuous:
                shifts = range(1)
            own = premise.order
            for shift in shifts:
                equations = list(self.world.equations(premise, shift))
                found += equations
                for count in range(1, order - own + 1):
                    for names in combinations_with_replacement(self._coordinates(), count):
                        for equation in equations:
                            for name in names:
                                equation = self.world.calculus.along(equation, name)
                            found.append(equation)
        return found

    def _coordinates(self) -> list[str]:
        """The coordinates that fields are differentiated by anywhere."""
        found = {name for atom in self.world.atoms for name, _ in atom.jet}
        return sorted(found)

    # Where it does not follow.

    def _refuted(
        self, sides: list[tuple[str, Poly, Poly]], place: int, equations: list[Poly], solution: Solution
    ) -> Finding:
        """A solution of the premises in which the sides differ. Raises NotRealisable where none is found."""
        name, left, right = sides[place]
        agreed = 0
        for attempt in range(TRIES * 4):
            solved = drawn(equations, solution, self._rank, self.world.random) if solution.left else solution
            if solved is None:
                continue
            difference = solved.reduce(left - right)
            free = self._values(difference, attempt)
            used = left.atoms() | right.atoms() | {n for equation in equations for n in equation.atoms()}
            values = solved.values(free, sorted(used))
            put = {number: Poly.number(value) for number, value in values.items()}
            if any(equation.put(put) for equation in equations):
                raise RuntimeError("a witness does not meet the premises")
            a, b = left.put(put), right.put(put)
            if a != b:
                witness = self._witness(left, right, values)
                said = {"place": name, "left": spelled(_number(a)), "right": spelled(_number(b)), "witness": witness}
                return self._finding(False, len(sides), **said)
            agreed += 1
            if solution.left and agreed >= TRIES:
                break
        raise NotRealisable("the premises are not linear in the fields, and no values of these were found that tell")

    def _values(self, difference: Poly, attempt: int) -> dict[int, Gaussian]:
        """Values of free atoms that show a difference: one of them 1 where it is linear, random ones otherwise."""
        if difference.degree <= 1 and attempt == 0:
            if () in difference.terms:
                return {}
            return {min(difference.atoms()): rational(1)} if difference else {}
        return {number: rational(self.world.random.choice(VALUES)) for number in sorted(difference.atoms())}

    def _witness(self, left: Poly, right: Poly, values: dict[int, Gaussian]) -> dict[str, str]:
        """Numbers, matrices that are not large, and what is not zero among the fields."""
        found = {name: spelled(value) for name, value in sorted(self.world.weights.quantities.items())}
        for atom, value in self.world.weights.turns.items():
            found[f"i^{atom}"] = spelled(value)
        for key, matrix in self.world.weights.matrices.items():
            if matrix.rows <= 8:
                found[str(key)] = spelled_matrix(matrix)
        own = left.atoms() | right.atoms()
        for number in sorted(values, key=lambda n: (n not in own, n)):
            if (values[number] or number in own) and len(found) < 60:
                found[str(self.world.atoms[number])] = spelled(values[number])
        return found


def drawn(
    equations: Sequence[Poly], solution: Solution, order: Callable[[int], object], random: Random
) -> Solution | None:
    """The solution with values drawn for so many atoms that what is not linear becomes linear; None if it has none."""
    more: list[Poly] = []
    current = solution
    for _ in range(60):
        if not current.left:
            return current
        counts: dict[int, int] = {}
        for poly in current.left:
            for monomial in poly.terms:
                if len(monomial) > 1:
                    for atom in monomial:
                        counts[atom] = counts.get(atom, 0) + 1
        atom = max(counts, key=lambda a: (counts[a], random.random()))
        more.append(Poly.atom(atom) - Poly.number(random.choice(VALUES)))
        try:
            current = Solution([*equations, *more], order)
        except Contradiction:
            return None
    return None


def in_span(difference: Poly, equations: Sequence[Poly]) -> bool:
    """Whether a polynomial is a combination of others, with numbers as coefficients."""
    numbers: dict[tuple[int, ...], int] = {}

    def flattened(poly: Poly) -> Poly:
        terms = {}
        for monomial, value in poly.terms.items():
            terms[(numbers.setdefault(monomial, len(numbers)),)] = value
        return Poly(terms)

    return not Solution([flattened(e) for e in equations]).reduce(flattened(difference))


def _number(poly: Poly) -> Gaussian:
    value = poly.constant
    if value is None:
        raise RuntimeError("a side of a witness is no number")
    return value


def spelled_matrix(matrix: Array) -> str:
    rows = ([spelled(_number(matrix.at(r, c))) for c in range(matrix.columns)] for r in range(matrix.rows))
    return "[" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]"


__all__ = ["COMPARED", "Finding", "Question", "drawn", "in_span", "spelled_matrix"]
