r"""A model in which fields vary slowly: their values at sites and times, as exact series in the spacing.

A field is a polynomial in time and place, ``\sum_\alpha u_\alpha x^\alpha / \alpha!``, that is taken at ``x`` times the
spacing; its coefficients are atoms. So a value at another site or time is a polynomial in the spacing, and so is a
derivative. Where a symbol is declared to be small, it has its power of the spacing as a factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from math import factorial
from random import Random

from derive.domains import NotRealisable
from derive.expression import Applied
from derive.fields.finite.atoms import Atom, Component
from derive.fields.finite.lines import Premise
from derive.fields.finite.polynomials import Poly, rational, spelled
from derive.fields.finite.question import spelled_matrix
from derive.fields.finite.sizes import Sizes
from derive.fields.finite.weights import VALUES
from derive.fields.finite.worlds import World
from derive.fields.nodes import Variable
from derive.fields.smooth.evaluation import SmoothEvaluator
from derive.fields.smooth.operators import Operators
from derive.notation import Scope

SPACING = Atom("spacing", "spacing")
HALF_TURN = Atom("half turn", "\\pi")
LARGEST = 8
"""How many rows a matrix has at most that is told."""
HALF_TURN_AS = Fraction(22, 7)
"""What stands for π, which is only ever a factor of the slopes of angles: so these are in units of this over π."""
TURNS = {"cosine": ("sine", -1), "sine": ("cosine", 1)}
"""What the cosine and the sine of an angle have as derivatives, with their signs."""
Shift = tuple[int, ...]
"""Steps in time and along each direction, from here and now."""


class SmoothWorld(World):
    """One model of the premises, in which fields are polynomials in time and place with a spacing."""

    def __init__(
        self,
        claim: Premise,
        premises: Sequence[Premise],
        sizes: Sizes,
        random: Random,
        *,
        parameter: str,
        cut: int,
        complex_entries: bool = False,
        numbers: Sequence[Fraction] = VALUES,
    ) -> None:
        """``cut`` is the highest power of the spacing that is kept, ``numbers`` what numbers are drawn from.

        Raises NotRealisable where nothing is found that meets the premises on numbers and matrices.
        """
        lines = [claim, *premises]
        self.cut = cut
        self.numbers = tuple(numbers)
        self.is_flat = True
        """Whether the spacing is one: as long as numbers are drawn that meet the premises on them."""
        self.weight = {
            key: declared.weights[parameter]
            for line in lines
            for key, declared in line.scope.symbols.items()
            if parameter in declared.weights
        }
        self.solved_for = {
            node.name
            for line in lines
            for node in line.nodes()
            if isinstance(node, Variable) and line.declared(node).kind == "variable"
        }
        """The fields that premises are solved for; other functions of place are drawn."""
        defined = {premise.left.name for premise in premises if isinstance(premise.left, Applied)}
        if defined:
            raise NotRealisable("models of slowly varying fields have no functions of these")
        self.still: set[str] = set()
        """What is drawn and does not depend on time."""
        self.operators = Operators(lines)
        premises = self.operators.take(premises)
        self.seed = random.random()
        super().__init__(claim, premises, sizes, random, complex_entries=complex_entries)
        self.is_flat = False
        self.weights.version += 1

    def taken_in(self, premises: Sequence[Premise]) -> list[Premise]:
        return list(premises)

    def evaluator(self, scope: Scope, shift: int = 0) -> SmoothEvaluator:
        key = (scope.name, shift)
        if key not in self._evaluators or self._evaluators[key].scope is not scope:
            self._evaluators[key] = SmoothEvaluator(self, scope, shift)
        found = self._evaluators[key]
        assert isinstance(found, SmoothEvaluator)
        return found

    # Values.

    def spacing(self, power: int) -> Poly:
        """A power of the spacing."""
        return Poly.number(1) if self.is_flat else Poly({(self.number_of(SPACING),) * power: rational(1)})

    def scaled(self, name: str, value: Poly) -> Poly:
        """A value with the power of the spacing that its symbol carries."""
        weight = self.weight.get(name, 0)
        if weight < 0:
            raise NotRealisable(f"{name} is large where the spacing is small")
        return value * self.spacing(weight) if weight else value

    def taken(self, name: str, at: Component, shift: Shift) -> Poly:
        """A field some steps from here and now: its polynomial there."""
        atom = Atom("variable", name, at)
        along = [(coordinate, count) for coordinate, count in enumerate(shift) if count]
        found = Poly.atom(self.number_of(atom))
        for order in range(1, self.cut + 1):
            for chosen in combinations_with_replacement(along, order):
                factor = Fraction(1)
                slope = atom
                for coordinate, count in chosen:
                    slope = slope.along(str(coordinate))
                    factor *= count
                for _, power in slope.jet:
                    factor /= factorial(power)
                found = found + (Poly.atom(self.number_of(slope)) * self.spacing(order)).times(rational(factor))
        return self.scaled(name, found)

    def slope(self, poly: Poly, coordinate: str) -> Poly:
        """The derivative by a coordinate that is measured in no steps: without a power of the spacing."""
        return poly.over_atoms(lambda number: self._slope(number, coordinate))

    def _slope(self, number: int, coordinate: str) -> Poly:
        atom = self.atoms[number]
        if atom.kind == "variable" and coordinate == "0" and atom.name in self.still:
            return Poly()
        if atom.kind == "variable":
            return Poly.atom(self.number_of(atom.along(coordinate)))
        if atom.kind in TURNS:
            (angle,) = atom.arguments
            other, sign = TURNS[atom.kind]
            turned = Poly.atom(self.number_of(atom._replace(kind=other)))
            return self.slope(angle, coordinate) * self.half_turn * turned.times(rational(Fraction(sign, 2)))
        return Poly()

    def rotation(self, power: Poly) -> tuple[Poly, Poly]:
        """The numbers a and b with which J^x = a + b J, where J² = -1: the cosine and the sine of x quarter turns."""
        now = self.at_no_spacing(power)
        angle = (power - now) * self.half_turn.times(rational(Fraction(1, 2)))
        cosine, sine, term = Poly.number(1), Poly(), Poly.number(1)
        for order in range(1, self.cut + 1):
            term = self.shortened(term * angle).times(rational(Fraction(1, order)))
            signed = term if order % 4 in (0, 1) else -term
            cosine, sine = (cosine, sine + signed) if order % 2 else (cosine + signed, sine)
        real, imaginary = self.turned(now)
        return cosine * real - sine * imaginary, cosine * imaginary + sine * real

    def turned(self, angle: Poly) -> tuple[Poly, Poly]:
        """The cosine and the sine of an angle in quarter turns, which is no series in the spacing."""
        if not angle:
            return Poly.number(1), Poly()
        found = (Poly.atom(self.number_of(Atom(kind, "turn", arguments=(angle,)))) for kind in TURNS)
        return next(found), next(found)

    def shortened(self, poly: Poly, cut: int | None = None) -> Poly:
        """Without the powers of the spacing beyond one, which is the highest that is kept unless it is given."""
        own, cut = self.number_of(SPACING), self.cut if cut is None else cut
        return Poly({m: value for m, value in poly.terms.items() if m.count(own) <= cut})

    def is_small(self, name: str, value: Poly) -> bool:
        """Whether a value has the power of the spacing that its symbol carries."""
        own, weight = self.number_of(SPACING), self.weight.get(name, 0)
        return all(monomial.count(own) >= weight for monomial in value.terms)

    # By powers of the spacing.

    def parts(self, poly: Poly, cut: int | None = None) -> list[Poly]:
        """What a polynomial is at each power of the spacing up to one, with numbers for what is drawn.

        What premises are solved for depends on the spacing too: each of its coefficients is a series of its own.
        """
        own = self.number_of(SPACING)
        cut = self.cut if cut is None else cut
        poly = self.shortened(poly, cut)
        put = {number: value for number in poly.atoms() if (value := self._series(number)) is not None}
        found: list[dict] = [{} for _ in range(cut + 1)]
        for monomial, value in poly.terms.items():
            terms = self.shortened(Poly({monomial: value}).put(put), cut) if put else Poly({monomial: value})
            for inner, n in terms.terms.items():
                rest = tuple(a for a in inner if a != own)
                at = found[len(inner) - len(rest)]
                at[rest] = at[rest] + n if rest in at else n
        return [Poly({m: n for m, n in part.items() if n}) for part in found]

    def at_no_spacing(self, poly: Poly) -> Poly:
        """A polynomial where the spacing is zero."""
        own = self.number_of(SPACING)
        return Poly({monomial: value for monomial, value in poly.terms.items() if own not in monomial})

    @property
    def half_turn(self) -> Poly:
        return Poly.atom(self.number_of(HALF_TURN))

    def _series(self, number: int) -> Poly | None:
        atom = self.atoms[number]
        if atom.kind == "half turn":
            return Poly.number(HALF_TURN_AS)
        if atom.kind in TURNS:
            turn = self.weights.turn(atom.arguments[0])
            return Poly.number(Fraction(str(turn.x if atom.kind == "cosine" else turn.y)))
        if atom.kind != "variable":
            return None
        if atom.name not in self.solved_for:
            return Poly.number(self._drawn(atom))
        total = Poly()
        for power in range(self.cut + 1):
            part = Poly.atom(self.number_of(coefficient(atom, power)))
            total = total + part * self.spacing(power)
        return total

    def _drawn(self, atom: Atom) -> Fraction:
        """A coefficient of what is drawn, the same whenever it is asked for."""
        random = Random(f"{self.seed} {atom}")
        return random.choice(VALUES) * random.choice((1, -1))

    def described(self) -> dict[str, str]:
        """The numbers, matrices and functions of place that were drawn."""
        found = {name: spelled(value) for name, value in sorted(self.weights.quantities.items())}
        found |= {f"i^{atom}": spelled(value) for atom, value in self.weights.turns.items()}
        for key, matrix in self.weights.matrices.items():
            if matrix.rows <= LARGEST:
                found[str(key)] = spelled_matrix(matrix)
        for atom in self.atoms:
            if atom.kind == "variable" and atom.name not in self.solved_for and atom.order <= 1:
                turns = atom.name in self.angles
                if not turns or atom.order:
                    found[str(atom)] = f"{self._drawn(atom)}" + (f" · {HALF_TURN_AS}/π" if turns else "")
        return found

    def coordinates(self) -> list[str]:
        """The coordinates that anything is differentiated by, or taken at a step along."""
        return sorted({name for atom in self.atoms for name, _ in atom.jet})


def coefficient(atom: Atom, power: int) -> Atom:
    """The coefficient of a power of the spacing in an atom."""
    return atom._replace(kind="coefficient", time=power)


__all__ = ["HALF_TURN", "SPACING", "Shift", "SmoothWorld", "coefficient"]
