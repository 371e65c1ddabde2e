"""The numbers of a model: quantities, angles, and matrices that meet the premises on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from derive.domains import NotRealisable
from derive.expression import Expr, Index, Number
from derive.fields.finite.arrays import Array
from derive.fields.finite.atoms import Atom, Component
from derive.fields.finite.draws import Condition, Key, Unknown, draw
from derive.fields.finite.evaluation import Env, Evaluator
from derive.fields.finite.lines import Premise, printed_times
from derive.fields.finite.polynomials import IMAGINARY, Contradiction, Gaussian, Poly, Solution, rational
from derive.fields.nodes import Gradient, InverseTranspose, MatrixPower, MatrixSymbol, Variable
from derive.notation import WHOLE, Declared

if TYPE_CHECKING:
    from derive.fields.finite.worlds import World

from derive.expression import walk

VALUES = tuple(Fraction(text) for text in ("2", "3", "1/2", "2/3", "5/2", "3/5", "7/3"))
POINTS = ((3, 4, 5), (4, -3, 5), (5, 12, 13), (8, -15, 17), (7, 24, 25), (-20, 21, 29), (12, 35, 37), (-9, 40, 41))
"""Rational points of the unit circle: cosine and sine over a denominator."""
HIGH = 10**9
"""The first atom for entries of matrices that are being drawn, far from those of fields."""


MOST_ENTRIES = 6000
"""How many entries the matrices of a model have at most."""


class Weights:
    """The numbers and matrices of a world."""

    def __init__(self, world: World, lines: Sequence[Premise], on_angles: Sequence[Premise] = ()) -> None:
        """``on_angles`` are the premises that say what an angle is by others."""
        self.world = world
        self.on_angles = on_angles
        self.quantities: dict[str, Gaussian] = {}
        self.matrices: dict[Key, Array] = {}
        self.turns: dict[Atom, Gaussian] = {}
        self.version = 0
        """Grows whenever a matrix gets its value, after which nothing that was evaluated before is used."""
        self.mentioned: dict[Key, Unknown] | None = None
        """Where not None, matrices are not drawn but noted here."""
        self._unknown_quantities: dict[str, Declared] | None = None
        self._inverted = {name for line in lines for node in line.nodes() for name in _inverted(node)}
        self._lattices = {name for line in lines for name, which in line.scope.ranges.items() if which.lattice}

    # Numbers.

    def quantity(self, declared: Declared, name: str, at: Component) -> Poly:
        """The number that a quantity is; an atom while the premises on quantities are solved."""
        key = f"{name}{list(at)}" if at else name
        if self._unknown_quantities is not None:
            self._unknown_quantities[key] = declared
            if key not in self.quantities:
                return Poly.atom(self.world.number_of(Atom("quantity", key)))
        if key not in self.quantities:
            self.quantities[key] = rational(self._choice(declared))
        return Poly.number(self.quantities[key])

    def _choice(self, declared: Declared) -> Fraction:
        choices = list(self.world.numbers)
        if declared.domain == "unit":
            choices = [value for value in choices if value < 1]
        if declared.domain in WHOLE:
            choices = [value for value in choices if value.denominator == 1]
        if not choices:
            raise NotRealisable("no number is drawn for a symbol of this domain")
        fresh = [value for value in choices if rational(value) not in self.quantities.values()]
        return self.world.random.choice(fresh or choices)

    def set_quantities(self, premises: Sequence[Premise]) -> None:
        """Numbers for quantities that premises say something of, such as W = 1."""
        self._unknown_quantities = {}
        try:
            solution = Solution(equation for premise in premises for equation in self.world.equations(premise))
            if solution.left:
                raise NotRealisable("premises on numbers are not linear in these")
            free: dict[int, Gaussian] = {}
            numbers = {key: self.world.number_of(Atom("quantity", key)) for key in self._unknown_quantities}
            for key, number in numbers.items():
                if number not in solution.solved:
                    free[number] = rational(self._choice(self._unknown_quantities[key]))
            values = solution.values(free, numbers.values())
            for key, declared in self._unknown_quantities.items():
                value = values[numbers[key]]
                if declared.domain == "positive" and (value.y or value.x <= 0):
                    raise NotRealisable(f"{key} is not positive in this model")
                self.quantities[key] = value
        except Contradiction as error:
            raise NotRealisable("premises on numbers contradict each other") from error
        finally:
            self._unknown_quantities = None

    def turn(self, power: Poly) -> Gaussian:
        """The number i^x for the exponent x of a power of a matrix whose square is -1."""
        result = rational(1)
        for monomial, value in power.terms.items():
            if len(monomial) > 1 or value.y or int(value.x.denominator) != 1:
                raise NotRealisable("an exponent is no sum of angles")
            base = IMAGINARY
            if monomial:
                atom = self.world.atoms[monomial[0]]
                if atom not in self.turns:
                    self.turns[atom] = self._turn_of(atom)
                base = self.turns[atom]
            exponent = int(value.x.numerator)
            result = result * (base ** abs(exponent) if exponent >= 0 else (rational(1) / base) ** abs(exponent))
        return result

    def _turn_of(self, angle: Atom) -> Gaussian:
        """The number i^x for an angle x: by the premise that defines it, or else drawn."""
        for premise in self.on_angles:
            left = premise.left
            if not isinstance(left, Variable):
                raise NotRealisable("a premise on angles has more than one of them on its left side")
            if left.name != angle.name:
                continue
            if any(isinstance(node, Variable) and node.name == left.name for node in walk(premise.right)):
                raise NotRealisable("a premise defines an angle by itself")
            evaluator = self.world.evaluator(premise.scope, angle.time - (left.time or 0))
            for env in self.world.assignments(premise):
                if evaluator.exponent(left, env).terms == Poly.atom(self.world.number_of(angle)).terms:
                    return self.turn(evaluator.exponent(premise.right, env))
        cosine, sine, length = self.world.random.choice(POINTS)
        return rational(Fraction(cosine, length)) + IMAGINARY * rational(Fraction(sine, length))

    # Matrices.

    def matrix(
        self, declared: Declared, over: Sequence[str], labels: tuple[object, ...], time: int | None, size: int
    ) -> Array:
        """The numbers of a matrix; drawn at once where no premise says anything of it."""
        return self.numbers(Key(declared.key, labels, time), size, size, declared.properties, over)

    def numbers(
        self, key: Key, rows: int, columns: int, properties: frozenset[str] = frozenset(), over: Sequence[str] = ()
    ) -> Array:
        """The numbers of the matrix of a key."""
        if key not in self.matrices or self.mentioned is not None:
            unknown = Unknown(rows, columns, properties, key.name in self._inverted, self._spread(over, rows))
            if self.mentioned is not None:
                self.mentioned[key] = unknown
                return Array(rows, columns, {(k, k): Poly.number(1) for k in range(min(rows, columns))})
            self.matrices[key] = draw({key: unknown}, (), self.world.random, first_atom=HIGH)[key]
        found = self.matrices[key]
        if (found.rows, found.columns) != (rows, columns):
            raise NotRealisable(f"{key} has {found.rows} rows in one scope and {rows} in another")
        return found

    def _spread(self, over: Sequence[str], size: int) -> tuple[Array, ...]:
        """What a large matrix over sites is made of: the same at all sites, and between neighbours only."""
        sides = self.world.sizes.sides
        values = list(product(*(range(side) for side in sides)))
        if size <= 16 or not sides or size % len(values):
            return ()
        inner = size // len(values)
        shifts = [Array.identity(len(values))]
        for direction, side in enumerate(sides):
            for step in (1, -1):
                moved = [(*s[:direction], (s[direction] + step) % side, *s[direction + 1 :]) for s in values]
                entries = {(k, values.index(site)): Poly.number(1) for k, site in enumerate(moved)}
                shifts.append(Array(len(values), len(values), entries))
        units = [Array(inner, inner, {(r, c): Poly.number(1)}) for r in range(inner) for c in range(inner)]
        sites_last = bool(over) and over[0] not in self._lattices
        return tuple(u.tensor(s) if sites_last else s.tensor(u) for s in shifts for u in units)

    def set_matrices(self, premises: Sequence[Premise], times: tuple[int, int], complex_entries: bool) -> None:
        """Draws the matrices that premises say something of, so that these hold.

        Raises NotRealisable where none are found.
        """
        unknowns: dict[Key, Unknown] = {}
        conditions: list[Condition] = []
        on_numbers: list[Premise] = []
        for premise in premises:
            first, last = printed_times([premise])
            timed = premise.is_timed and not any(is_jacobian(node) for node in premise.nodes())
            shifts = range(times[0] - first, times[1] - last + 1) if timed else range(1)
            for shift in shifts:
                for envs in self._grouped(premise):
                    left, right = (self._mentions(premise, side, envs[0], shift) for side in premise.sides)
                    unknowns.update(left)
                    unknowns.update(right)
                    one_sided = not set(left) & set(right)
                    defines = next((next(iter(s)) for s in (left, right) if len(s) == 1 and one_sided), None)
                    keys = frozenset((*left, *right))
                    if keys:
                        residual = self._residual(premise, envs, shift)
                        conditions.append(Condition(keys, defines, residual, premise.source))
                    elif premise not in on_numbers:
                        on_numbers.append(premise)
        self.set_quantities(on_numbers)
        entries = sum(unknown.rows * unknown.columns for unknown in unknowns.values())
        if entries > MOST_ENTRIES:
            raise NotRealisable(f"a model with {entries} entries of matrices is too large")
        if unknowns:
            self.matrices = draw(
                unknowns, conditions, self.world.random, complex_entries=complex_entries, first_atom=HIGH
            )
            self.version += 1

    def _grouped(self, premise: Premise) -> list[list[Env]]:
        """The values of the free letters, those together that name the same matrices."""
        labels = {place.index for n in premise.nodes() if isinstance(n, MatrixSymbol) for place in n.labels}
        groups: dict[tuple[object, ...], list[Env]] = {}
        for env in self.world.assignments(premise):
            key = tuple(value for letter, value in env.items() if letter in labels)
            groups.setdefault(key, []).append(env)
        return list(groups.values())

    def _mentions(self, premise: Premise, side: Expr, env: Env, shift: int) -> dict[Key, Unknown]:
        """The matrices in a side of a line."""
        self.mentioned = found = {}
        try:
            self._touch(side, env, self.world.evaluator(premise.scope, shift))
        finally:
            self.mentioned = None
            self.version += 1
        return found

    def _touch(self, expr: Expr, env: Env, evaluator: Evaluator) -> None:
        """Evaluates each matrix in an expression for all values of the letters of its labels."""
        if isinstance(expr, MatrixSymbol):
            open_letters: list[Index] = [v for v in self.world.letters.mentioned(expr) if v not in env]
            for inner in evaluator.assignments(open_letters, env):
                evaluator.value(expr, inner)
        elif isinstance(expr, Gradient) and isinstance(expr.of, Variable):
            self.world.steps.jacobian(expr.of.name, expr.by.name)
        else:
            for child in expr.children:
                self._touch(child, env, evaluator)

    def _residual(self, premise: Premise, envs: list[Env], shift: int) -> Callable[[dict[Key, Array]], list[Poly]]:
        """What has to vanish by a line, for given matrices."""

        def residual(known: dict[Key, Array]) -> list[Poly]:
            before = self.matrices
            self.matrices = known
            self.version += 1
            try:
                every = (sides for env in envs for sides in self.world.sides(premise, env, shift))
                return [left - right for _, left, right in every if left.terms != right.terms]
            finally:
                self.matrices = before

        return residual


def _inverted(node: Expr) -> set[str]:
    """The matrices that are inverted, or taken to a real power, at a node."""
    match node:
        case MatrixPower(base=base, exponent=exponent) if not (isinstance(exponent, Number) and exponent.value > 0):
            inner = base
        case InverseTranspose(of=of):
            inner = of
        case _:
            return set()
    return {found.name for found in walk(inner) if isinstance(found, MatrixSymbol)}


def is_jacobian(node: Expr) -> bool:
    """Whether a node is the Jacobian of one step, which is that of the step from the time t."""
    return isinstance(node, Gradient) and isinstance(node.of, Variable)


__all__ = ["HIGH", "VALUES", "Weights"]
