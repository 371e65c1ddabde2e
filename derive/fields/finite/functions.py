"""The functions of a model: those that premises define, those that stay unknown, and those drawn as polynomials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from derive.domains import NotRealisable
from derive.expression import Applied, Index, walk
from derive.fields.finite.atoms import Atom, Component
from derive.fields.finite.lines import Premise, whole_variables
from derive.fields.finite.polynomials import Contradiction, Poly, Solution, rational
from derive.fields.finite.weights import VALUES
from derive.fields.nodes import Gradient, LineIntegral, SpaceIntegral, Variable

if TYPE_CHECKING:
    from derive.fields.finite.worlds import World


@dataclass(slots=True)
class Function:
    """What is known of a function of whole variables."""

    arguments: set[str] = field(default_factory=set)
    definitions: list[Premise] = field(default_factory=list)
    drawn: Poly | None = None
    """Its value at the time 0, where it is drawn as a polynomial."""
    is_functional: bool = False
    has_indices: bool = False


class Functions:
    """The functions of a world."""

    def __init__(self, world: World, lines: Sequence[Premise], kind: str) -> None:
        """``kind`` says what functions in the definition of another one are; see ``models.FUNCTIONS``."""
        self.world = world
        self.draws = kind != "unknown"
        self.straight = kind == "straight"
        self.known: dict[str, Function] = {}
        self.composites: dict[tuple[str, Component, tuple[Poly, ...]], Poly] = {}
        """Values of functions of sums or of places, by premises."""
        self.conditions: list[Poly] = []
        """What vanishes since what is integrated along a path is a gradient."""
        self._outer: dict[tuple[str, Component], Poly] = {}
        for line in lines:
            for node in line.nodes():
                if isinstance(node, Applied) and whole_variables(node):
                    function = self.known.setdefault(node.name, Function())
                    names = {a.name for a in node.arguments if isinstance(a, Variable)}
                    function.arguments |= names or set(line.declared(node).of)
                    function.has_indices |= bool(node.slots)
        for name, function in self.known.items():
            for strange in sorted(function.arguments - set(world.components)):
                raise NotRealisable(f"{name} depends on {strange}, which is not among the variables here")

    def take(self, premises: Sequence[Premise]) -> list[Premise]:
        """Takes the definitions among the premises; what is left are equations."""
        rest: list[Premise] = []
        for premise in premises:
            left = premise.left
            if premise.is_definition and isinstance(left, Applied):
                function = self.known[left.name]
                formula = {node.name for node in walk(premise.right) if isinstance(node, Variable) and node.axes}
                for strange in sorted(formula - function.arguments) if whole_variables(left) else ():
                    raise NotRealisable(f"the formula of {left.name} has {strange}, of which it is no function")
                function.definitions.append(premise)
                function.is_functional |= any(isinstance(n, SpaceIntegral) for n in walk(premise.right))
            elif not (isinstance(left, Applied) and self._take_composite(premise, left)):
                rest.append(premise)
        self._draw([premise for premise in rest if _is_on_curvature(premise)])
        return rest

    def _take_composite(self, premise: Premise, left: Applied) -> bool:
        """Takes in what a premise says of a function of sums or places, as F(φ - β) = …; False where it says more."""
        found: dict[tuple[str, Component, tuple[Poly, ...]], Poly] = {}
        if whole_variables(left):
            return False
        evaluator = self.world.evaluator(premise.scope)
        for env in self.world.assignments(premise):
            number = next(iter(evaluator.number(left, env).atoms()), None)
            atom = None if number is None else self.world.atoms[number]
            if atom is None or atom.kind != "function" or not atom.arguments:
                return False
            found[atom.name, atom.at, atom.arguments] = evaluator.number(premise.right, env)
        self.composites.update(found)
        return True

    def outer(self, name: str, slots: Component, arguments: int) -> Poly | None:
        """A function of sums or places as a polynomial in atoms for its arguments; None where it is not drawn."""
        if not self.draws:
            return None
        if (name, slots) not in self._outer:
            atoms = [Poly.atom(self.world.number_of(Atom("argument", name, (k,)))) for k in range(arguments)]
            total = Poly()
            for k, atom in enumerate(atoms):
                for factor in (Poly.number(1), *atoms[: k + 1]):
                    total = total + (atom * factor).times(rational(self.world.random.choice(VALUES)))
            self._outer[name, slots] = total
        return self._outer[name, slots]

    # What is integrated along paths has to be a gradient.

    def _draw(self, premises: Sequence[Premise]) -> None:
        """Draws functions as polynomials, so that what is integrated along paths is a gradient.

        The premises are those on second derivatives, which the functions meet too. Where functions stay unknown, it is
        a condition on their second derivatives. Raises NotRealisable where it is no gradient whatever the functions.
        """
        coefficients = [n for name in sorted(self._drawable()) for n in self._draw_symbols(name)]
        curls = [] if self.straight else list(self._curls())
        if not coefficients:
            if not all(self._is_on_unknown_curvature(monomial) for curl in curls for monomial in curl.terms):
                raise NotRealisable("what is integrated along a path is no gradient in this model")
            self.conditions = curls
            return
        solution = self._closed(coefficients, [*curls, *(e for p in premises for e in self.world.equations(p))])
        free = {n: rational(self.world.random.choice(VALUES)) for n in coefficients if n not in solution.solved}
        values = {n: Poly.number(value) for n, value in solution.values(free, coefficients).items()}
        for function in self.known.values():
            if function.drawn is not None:
                function.drawn = function.drawn.put(values)
        self.world.forget()

    def _drawable(self) -> set[str]:
        """The functions that are drawn: those that definitions mention and no premise defines."""
        if not self.draws:
            return set()
        definitions = [d for function in self.known.values() for d in function.definitions]
        inside = {n.name for d in definitions for n in walk(d.right) if isinstance(n, Applied) and whole_variables(n)}
        return {name for name in inside if not self.known[name].definitions and not self.known[name].has_indices}

    def _draw_symbols(self, name: str) -> list[int]:
        """Makes a function a quadratic polynomial whose coefficients are atoms, which are returned."""
        function = self.known[name]
        atoms = [
            Poly.atom(self.world.number_of(Atom("variable", variable, at)))
            for variable in sorted(function.arguments)
            for at in self.world.components[variable]
        ]
        coefficients: list[int] = []
        total = Poly()
        for k, atom in enumerate(atoms):
            for factor in (Poly.number(1), *atoms[: k + 1]):
                number = self.world.number_of(Atom("entry", name, (len(coefficients),)))
                coefficients.append(number)
                total = total + atom * factor * Poly.atom(number)
        function.drawn = total
        return coefficients

    def _is_on_unknown_curvature(self, monomial: tuple[int, ...]) -> bool:
        atoms = [self.world.atoms[number] for number in monomial]
        return len(atoms) == 1 and atoms[0].kind == "function" and len(atoms[0].by) > 1

    def _closed(self, coefficients: list[int], equations: Sequence[Poly]) -> Solution:
        """For which coefficients of the functions drawn equations hold at all values of the variables."""
        split: dict[tuple[int, ...], Poly] = {}
        own = set(coefficients)
        for place, equation in enumerate(equations):
            for monomial, value in equation.terms.items():
                outer = (place, *(a for a in monomial if a not in own))
                inner = tuple(a for a in monomial if a in own)
                split[outer] = split.get(outer, Poly()) + Poly({inner: value})
        try:
            return Solution(split.values())
        except Contradiction as error:
            raise NotRealisable("what is integrated along a path is no gradient in this model") from error

    def _curls(self) -> Iterator[Poly]:
        """What has to vanish so that the integrands in definitions are the components of gradients."""
        for function in self.known.values():
            for definition in function.definitions:
                if not any(isinstance(node, LineIntegral) for node in walk(definition.right)):
                    continue
                evaluator = self.world.evaluator(definition.scope)
                slots = [s for s in getattr(definition.left, "slots", ()) if isinstance(s, Index) and not s.is_label]
                for env in evaluator.assignments(slots, {}):
                    yield from self._curl(evaluator.number(definition.right, env))

    def _curl(self, value: Poly) -> Iterator[Poly]:
        calculus = self.world.calculus
        field_of: dict[Atom, Poly] = {}
        for number in sorted(value.atoms()):
            atom = self.world.atoms[number]
            if atom.kind == "line":
                along = Atom("variable", atom.name, atom.at, atom.time)
                part = calculus.formal(value, number) * atom.arguments[0]
                field_of[along] = field_of.get(along, Poly()) + part
        names = {(along.name, along.time) for along in field_of}
        every = [Atom("variable", name, at, time) for name, time in sorted(names) for at in self.world.components[name]]
        for k, one in enumerate(every):
            for other in every[:k]:
                left = calculus.partial(field_of.get(one, Poly()), other)
                right = calculus.partial(field_of.get(other, Poly()), one)
                if left.terms != right.terms:
                    yield left - right


def _is_on_curvature(premise: Premise) -> bool:
    """Whether a premise is about second derivatives of functions."""
    return any(isinstance(node, Gradient) and isinstance(node.of, Gradient) for node in premise.nodes())


__all__ = ["Function", "Functions"]
