"""A finite model of lines on fields: sizes, numbers and matrices that meet the premises, and atoms for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from random import Random

from derive.domains import NotRealisable
from derive.fields.finite.arrays import components
from derive.fields.finite.atoms import Atom, Component
from derive.fields.finite.calculus import Calculus
from derive.fields.finite.evaluation import Env, Evaluator
from derive.fields.finite.functions import Functions
from derive.fields.finite.letters import Letters
from derive.fields.finite.lines import Premise
from derive.fields.finite.polynomials import Poly
from derive.fields.finite.sizes import Sizes
from derive.fields.finite.steps import Steps
from derive.fields.finite.weights import VALUES, Weights
from derive.fields.nodes import MatrixPower, Variable
from derive.notation import Scope


class World:
    """One model of the premises about numbers, matrices and functions; fields stay atoms."""

    numbers: Sequence[Fraction] = VALUES
    """What numbers are drawn from."""

    def __init__(
        self,
        claim: Premise,
        premises: Sequence[Premise],
        sizes: Sizes,
        random: Random,
        *,
        complex_entries: bool = False,
        functions: str = "unknown",
        times: tuple[int, int] = (0, 0),
    ) -> None:
        """``times`` are the first and the last time that matter.

        Raises NotRealisable where nothing is found that meets the premises.
        """
        lines = [claim, *premises]
        self.sizes = sizes
        self.random = random
        self.letters = Letters()
        self.calculus = Calculus(self)
        self.atoms: list[Atom] = []
        self._numbers: dict[Atom, int] = {}
        self._evaluators: dict[tuple[str, int], Evaluator] = {}
        self.angles = {n.name for line in lines for power in line.nodes() for n in _in_exponent(power)}
        """The variables that stand in exponents, where they are angles."""
        self.components: dict[str, list[Component]] = {}
        """The components of each variable."""
        for line in lines:
            for node in line.nodes():
                if isinstance(node, Variable):
                    self.components.setdefault(node.name, self.evaluator(line.scope).components_of(node.axes))
        on_angles = [p for p in premises if p.is_on_angles]
        premises = [p for p in premises if not p.is_on_angles]
        self.weights = Weights(self, lines, on_angles)
        self.steps = Steps(self)
        self.functions = Functions(self, lines, functions)
        self.weights.set_matrices([p for p in premises if not p.has_fields], times, complex_entries)
        self.equations_left = self.taken_in([p for p in premises if p.has_fields])
        """The premises that are equations on fields, and no definitions of functions."""

    def taken_in(self, premises: Sequence[Premise]) -> list[Premise]:
        """Takes in premises on fields; those that are left are equations."""
        self.steps.take(premises)
        return self.functions.take(premises)

    def forget(self) -> None:
        """Forgets what was differentiated, after functions have got their values."""
        self.calculus = Calculus(self)

    def evaluator(self, scope: Scope, shift: int = 0) -> Evaluator:
        """The evaluator of a scope, ``shift`` steps of time later."""
        key = (scope.name, shift)
        if key not in self._evaluators or self._evaluators[key].scope is not scope:
            self._evaluators[key] = Evaluator(self, scope, shift)
        return self._evaluators[key]

    def number_of(self, atom: Atom) -> int:
        """The number of an atom."""
        if atom not in self._numbers:
            self._numbers[atom] = len(self.atoms)
            self.atoms.append(atom)
        return self._numbers[atom]

    def later(self, poly: Poly, steps: int) -> Poly:
        """A polynomial in variables, some steps of time later."""
        if not steps:
            return poly
        change: dict[int, Poly] = {}
        for number in poly.atoms():
            atom = self.atoms[number]
            if atom.kind == "variable":
                change[number] = Poly.atom(self.number_of(atom._replace(time=atom.time + steps)))
        return poly.put(change)

    def assignments(self, line: Premise) -> Iterator[Env]:
        """All values of the free letters of a line. Raises NotRealisable for one that only the right side has."""
        left = self.letters.open(line.left, frozenset())
        right = self.letters.open(line.right, frozenset(left))
        if left and right:
            raise NotRealisable(f"the index {right[0].name} is not bound")
        yield from self.evaluator(line.scope).assignments(left or right, {})

    def sides(self, line: Premise, env: Env, shift: int = 0) -> list[tuple[str, Poly, Poly]]:
        """Both sides of a line by their entries."""
        evaluator = self.evaluator(line.scope, shift)
        return components(evaluator.value(line.left, env), evaluator.value(line.right, env))

    def equations(self, line: Premise, shift: int = 0) -> Iterator[Poly]:
        """What vanishes by a line, ``shift`` steps of time later."""
        for env in self.assignments(line):
            for _, left, right in self.sides(line, env, shift):
                if left.terms != right.terms:
                    yield left - right


def _in_exponent(node: object) -> Iterator[Variable]:
    from derive.expression import walk

    if isinstance(node, MatrixPower):
        yield from (inner for inner in walk(node.exponent) if isinstance(inner, Variable))


__all__ = ["World"]
