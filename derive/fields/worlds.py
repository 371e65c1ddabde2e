"""A finite model of lines on fields: sizes, numbers and matrices that meet the premises on them, and atoms for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from derive.expression import Applied, Expr, Index, Number, walk
from derive.fields.arrays import Array, components
from derive.fields.atoms import Atom, Component
from derive.fields.calculus import Calculus, Definition, Function, whole_variables
from derive.fields.draws import Condition, Key, Unknown, draw
from derive.fields.evaluation import Env, Evaluator
from derive.fields.letters import Letters
from derive.fields.nodes import (
    Coordinate,
    Gradient,
    InverseTranspose,
    LineIntegral,
    MatrixPower,
    MatrixSymbol,
    Rate,
    SpaceIntegral,
    Variable,
)  # fmt: skip
from derive.fields.polynomials import IMAGINARY, Contradiction, Gaussian, Poly, Solution, rational
from derive.fields.sizes import Sizes
from derive.model import NotRealisable
from derive.notation import Declared, Scope

VALUES = tuple(Fraction(text) for text in ("2", "3", "1/2", "2/3", "5/2", "3/5", "7/3"))
POINTS = ((3, 4, 5), (4, -3, 5), (5, 12, 13), (8, -15, 17), (7, 24, 25), (-20, 21, 29), (12, 35, 37), (-9, 40, 41))
"""Rational points of the unit circle: cosine and sine over a denominator."""


@dataclass(frozen=True)
class Premise:
    """An equation that may be used, read in its own scope."""

    left: Expr
    right: Expr
    source: str
    scope: Scope


def has_fields(expr: Expr) -> bool:
    """Whether it says something of variables or functions, and not of matrices and Jacobians alone."""
    match expr:
        case Variable() | Applied() | Rate() | Coordinate() | SpaceIntegral() | LineIntegral():
            return True
        case MatrixPower(base=base):
            return has_fields(base)
        case Gradient(of=Variable()):
            return False
        case Gradient():
            return True
    return any(map(has_fields, expr.children))


def is_definition(premise: Premise) -> bool:
    """Whether it says what a function of whole variables is."""
    left = premise.left
    if not isinstance(left, Applied) or not whole_variables(left):
        return False
    return not any(isinstance(node, Applied) and node.name == left.name for node in walk(premise.right))


class World:
    """One model of the premises about numbers, matrices and functions; fields stay atoms."""

    def __init__(
        self,
        claim: Premise,
        premises: Sequence[Premise],
        sizes: Sizes,
        random: Random,
        *,
        complex_entries: bool = False,
        draw_functions: bool = False,
        times: range = range(1),
    ) -> None:
        """Raises NotRealisable where nothing is found that meets the premises."""
        self.sizes = sizes
        self.random = random
        self.letters = Letters()
        self.calculus = Calculus(self)
        self.draw_functions = draw_functions
        self.drawn = 0
        """Grows whenever a matrix gets its value, after which nothing that was evaluated before is used."""
        self.atoms: list[Atom] = []
        self._numbers: dict[Atom, int] = {}
        self.quantities: dict[str, Gaussian] = {}
        self.matrices: dict[Key, Array] = {}
        self.turns: dict[Atom, Gaussian] = {}
        self.functions: dict[str, Function] = {}
        self.composites: dict[tuple[str, Component, tuple[Poly, ...]], Poly] = {}
        self._outer: dict[tuple[str, Component], Poly] = {}
        self.components: dict[str, list[Component]] = {}
        self._jacobians: dict[tuple[str, str], Array] = {}
        self._evaluators: dict[tuple[str, int], Evaluator] = {}
        self._seen: dict[Key, Unknown] | None = None
        self.relations: list[tuple[str, str, Array]] = []
        self._inverted: set[str] = set()
        self.angles: set[str] = set()

        lines = [claim, *premises]
        self._look_over(lines)
        self._draw_matrices(
            [p for p in premises if not has_fields(p.left) and not has_fields(p.right)], times, complex_entries
        )
        self.field_premises = [p for p in premises if has_fields(p.left) or has_fields(p.right)]
        for premise in self.field_premises:
            if is_definition(premise):
                assert isinstance(premise.left, Applied)
                definition = Definition(premise.left, premise.right, premise.scope)
                function = self.functions[premise.left.name]
                function.definitions.append(definition)
                function.is_functional |= definition.is_functional
        self.field_premises = [p for p in self.field_premises if not is_definition(p)]
        self._find_relations()
        self._define_composites()
        self._close_line_integrals()

    # Reading over the lines.

    def _look_over(self, lines: Sequence[Premise]) -> None:
        """Notes what there is: components of variables, arguments of functions, angles, inverted matrices."""
        for line in lines:
            for tree in (line.left, line.right):
                for node in walk(tree):
                    if isinstance(node, Variable):
                        self.components.setdefault(node.name, self.evaluator(line.scope).components_of(node.axes))
                    if isinstance(node, Applied) and whole_variables(node):
                        function = self.functions.setdefault(node.name, Function())
                        function.arguments |= {a.name for a in node.arguments if isinstance(a, Variable)}
                        if not node.arguments and node.name in line.scope.symbols:
                            function.arguments |= set(line.scope.symbols[node.name].of)
                    if isinstance(node, MatrixPower):
                        if not isinstance(node.exponent, Number):
                            self.angles |= {n.name for n in walk(node.exponent) if isinstance(n, Variable)}
                            self._inverted |= {n.name for n in walk(node.base) if isinstance(n, MatrixSymbol)}
                        if not (isinstance(node.exponent, Number) and node.exponent.value > 0):
                            self._inverted |= {n.name for n in walk(node.base) if isinstance(n, MatrixSymbol)}
                    if isinstance(node, InverseTranspose):
                        self._inverted |= {n.name for n in walk(node.of) if isinstance(n, MatrixSymbol)}

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
            change[number] = Poly.atom(self.number_of(atom._replace(time=atom.time + steps)))
        return poly.put(change)

    def assignments(self, premise: Premise) -> Iterator[Env]:
        """All values of the free letters of a line. Raises NotRealisable for one that only the right side has."""
        nothing: frozenset[Index] = frozenset()
        left = self.letters.open(premise.left, nothing)
        right = self.letters.open(premise.right, frozenset(left))
        if left and right:
            raise NotRealisable(f"the index {right[0].name} is not bound")
        yield from self._all(left or right, {}, self.evaluator(premise.scope))

    def _all(self, letters: list[Index], env: Env, evaluator: Evaluator) -> Iterator[Env]:
        if not letters:
            yield env
            return
        for value in evaluator.values_of(letters[0]):
            yield from self._all(letters[1:], {**env, letters[0]: value}, evaluator)

    def sides(self, premise: Premise, env: Env, shift: int = 0) -> list[tuple[str, Poly, Poly]]:
        """Both sides of a line by their entries."""
        evaluator = self.evaluator(premise.scope, shift)
        return components(evaluator.value(premise.left, env), evaluator.value(premise.right, env))

    def equations(self, premise: Premise, shift: int = 0) -> Iterator[Poly]:
        """What vanishes by a line, ``shift`` steps of time later."""
        for env in self.assignments(premise):
            for _, left, right in self.sides(premise, env, shift):
                if left.terms != right.terms:
                    yield left - right

    # Numbers and matrices.

    def quantity(self, declared: Declared, name: str, at: Component) -> Gaussian:
        """The number that a quantity is."""
        key = f"{name}{list(at)}" if at else name
        if key not in self.quantities:
            choices = [v for v in VALUES if v < 1] if declared.domain == "unit" else VALUES
            if declared.domain == "integer":
                choices = [v for v in VALUES if v.denominator == 1]
            fresh = [v for v in choices if rational(v) not in self.quantities.values()]
            self.quantities[key] = rational(self.random.choice(fresh or list(choices)))
        return self.quantities[key]

    def turn(self, power: Poly) -> Gaussian:
        """The number i^x for the exponent x of a power of a matrix whose square is -1."""
        result = rational(1)
        for monomial, value in power.terms.items():
            if len(monomial) > 1 or value.y or int(value.x.denominator) != 1:
                raise NotRealisable("an exponent is no sum of angles")
            base = IMAGINARY
            if monomial:
                atom = self.atoms[monomial[0]]
                if atom not in self.turns:
                    cosine, sine, length = self.random.choice(POINTS)
                    self.turns[atom] = rational(Fraction(cosine, length)) + IMAGINARY * rational(Fraction(sine, length))
                base = self.turns[atom]
            exponent = int(value.x.numerator)
            result = result * (base ** abs(exponent) if exponent >= 0 else (rational(1) / base) ** abs(exponent))
        return result

    def matrix(
        self, declared: Declared, over: Sequence[str], labels: tuple[object, ...], time: int | None, size: int
    ) -> Array:
        """The numbers of a matrix; drawn at once where no premise says anything of it."""
        return self._drawn(Key(declared.key, labels, time), size, size, declared.properties, over)

    def _drawn(self, key: Key, rows: int, columns: int, properties: frozenset[str], over: Sequence[str] = ()) -> Array:
        if self._seen is not None:
            self._seen[key] = Unknown(rows, columns, properties, key.name in self._inverted, self._spread(over, rows))
            return Array.identity(rows) if rows == columns else Array(rows, columns, {(0, 0): Poly.number(1)})
        if key not in self.matrices:
            unknown = Unknown(rows, columns, properties, key.name in self._inverted, self._spread(over, rows))
            self.matrices[key] = draw({key: unknown}, (), self.random, first_atom=_HIGH)[key]
        found = self.matrices[key]
        if (found.rows, found.columns) != (rows, columns):
            raise NotRealisable(f"{key} has {found.rows} rows in one scope and {rows} in another")
        return found

    def _spread(self, over: Sequence[str], size: int) -> tuple[Array, ...]:
        """What a large matrix with sites is made of: the same at all sites, between those that are next to each other."""
        sites = 1
        for side in self.sizes.sides:
            sites *= side
        if size <= 16 or not sites or size % sites or len(self.sizes.sides) == 0:
            return ()
        inner = size // sites
        first = over and not self._is_lattice(over[0])
        shifts = [Array.identity(sites)]
        values = self._sites()
        for direction in range(len(self.sizes.sides)):
            for step in (1, -1):
                entries = {}
                for k, site in enumerate(values):
                    moved = list(site)
                    moved[direction] = (moved[direction] + step) % self.sizes.sides[direction]
                    entries[k, values.index(tuple(moved))] = Poly.number(1)
                shifts.append(Array(sites, sites, entries))
        units = [Array(inner, inner, {(r, c): Poly.number(1)}) for r in range(inner) for c in range(inner)]
        return tuple(u.tensor(s) if first else s.tensor(u) for s in shifts for u in units)

    def _sites(self) -> list[tuple[int, ...]]:
        from itertools import product

        return list(product(*(range(side) for side in self.sizes.sides)))

    def _is_lattice(self, name: str) -> bool:
        return any(e.scope.ranges[name].lattice for e in self._evaluators.values() if name in e.scope.ranges)

    def _draw_matrices(self, premises: Sequence[Premise], times: range, complex_entries: bool) -> None:
        """Draws the matrices that premises say something of, so that these hold."""
        unknowns: dict[Key, Unknown] = {}
        conditions: list[Condition] = []
        for premise in premises:
            is_timed = any(
                getattr(node, "time", None) is not None or "t" in self._declared(premise, node).of
                for tree in (premise.left, premise.right)
                for node in walk(tree)
            )
            for shift in times if is_timed else range(1):
                for envs in self._grouped(premise):
                    left, right = (
                        self._mentioned(premise, side, envs[0], shift) for side in (premise.left, premise.right)
                    )
                    unknowns.update(left)
                    unknowns.update(right)
                    defines = next(iter(left)) if len(left) == 1 and not set(left) & set(right) else None
                    if defines is None and len(right) == 1 and not set(left) & set(right):
                        defines = next(iter(right))
                    keys = frozenset((*left, *right))
                    residual = self._residual(premise, envs, shift)
                    if keys:
                        conditions.append(Condition(keys, defines, residual, premise.source))
                    elif any(residual({})):
                        raise NotRealisable(f"({premise.source}) does not hold in this model")
        if unknowns:
            self.matrices = draw(unknowns, conditions, self.random, complex_entries=complex_entries, first_atom=_HIGH)
            self.drawn += 1

    def _declared(self, premise: Premise, node: Expr) -> Declared:
        name = getattr(node, "name", "")
        return premise.scope.symbols.get(name, Declared(name))

    def _grouped(self, premise: Premise) -> list[list[Env]]:
        """The values of the free letters, those together that name the same matrices."""
        labels = {
            place.index
            for tree in (premise.left, premise.right)
            for node in walk(tree)
            if isinstance(node, MatrixSymbol)
            for place in node.labels
        }
        groups: dict[tuple[object, ...], list[Env]] = {}
        for env in self.assignments(premise):
            key = tuple(value for letter, value in env.items() if letter in labels)
            groups.setdefault(key, []).append(env)
        return list(groups.values())

    def _mentioned(self, premise: Premise, side: Expr, env: Env, shift: int) -> dict[Key, Unknown]:
        """The matrices in a side of a line."""
        self._seen = {}
        try:
            letters = frozenset(env)
            self._touch(side, env, letters, self.evaluator(premise.scope, shift))
            return self._seen
        finally:
            self._seen = None
            self.drawn += 1

    def _touch(self, expr: Expr, env: Env, bound: frozenset[Index], evaluator: Evaluator) -> None:
        """Evaluates each matrix in an expression for all values of the letters of its labels."""
        if isinstance(expr, MatrixSymbol):
            open_letters = [letter for letter in self.letters.mentioned(expr) if letter not in env]
            for inner in self._all(open_letters, env, evaluator):
                evaluator.value(expr, inner)
            return
        if isinstance(expr, Gradient) and isinstance(expr.of, Variable):
            self.jacobian(expr.of.name, expr.by.name)
            return
        for child in expr.children:
            self._touch(child, env, bound, evaluator)

    def _residual(self, premise: Premise, envs: list[Env], shift: int):
        def residual(known: dict[Key, Array]) -> list[Poly]:
            before = self.matrices
            self.matrices = known
            self.drawn += 1
            try:
                return [l - r for env in envs for _, l, r in self.sides(premise, env, shift) if l.terms != r.terms]
            finally:
                self.matrices = before

        return residual

    # Functions, relations and dynamics.

    def outer(self, name: str, slots: Component, arguments: int) -> Poly | None:
        """A function of sums or places, drawn as a polynomial in atoms for its arguments; None where it stays unknown."""
        if not self.draw_functions:
            return None
        if (name, slots) not in self._outer:
            atoms = [Poly.atom(self.number_of(Atom("argument", name, (k,)))) for k in range(arguments)]
            self._outer[name, slots] = self._quadratic(atoms)
        return self._outer[name, slots]

    def _quadratic(self, atoms: Sequence[Poly]) -> Poly:
        total = Poly()
        for k, atom in enumerate(atoms):
            total = total + atom.times(rational(self.random.choice(VALUES)))
            for other in atoms[: k + 1]:
                total = total + (atom * other).times(rational(self.random.choice(VALUES)))
        return total

    def related(self, name: str) -> set[str]:
        """The variables that are matrices times this one, or of which it is."""
        pairs = [{left, right} for left, right, _ in self.relations]
        return {other for pair in pairs if name in pair for other in pair} - {name}

    def _is_algebraic(self, premise: Premise) -> bool:
        kinds = (Gradient, Applied, Coordinate, SpaceIntegral, LineIntegral)
        return not any(isinstance(n, kinds) for side in (premise.left, premise.right) for n in walk(side))

    def _find_relations(self) -> None:
        """Finds the premises by which one variable is a matrix times another one at the same time."""
        for premise in self.field_premises:
            if not self._is_algebraic(premise):
                continue
            equations = list(self.equations(premise))
            atoms = {number for equation in equations for number in equation.atoms()}
            found = [self.atoms[number] for number in atoms]
            names = sorted({atom.name for atom in found})
            if len(names) != 2 or any(atom.jet for atom in found) or len({atom.time for atom in found}) != 1:
                continue
            if any(len(monomial) != 1 for equation in equations for monomial in equation.terms):
                continue
            if isinstance(premise.left, Variable):
                names.sort(key=lambda name: name != premise.left.name)  # type: ignore[union-attr]
            for left, right in (names, names[::-1]):
                time = found[0].time
                ahead = self.calculus._matrix(
                    equations, [Atom("variable", left, at, time) for at in self.components[left]]
                )
                behind = self.calculus._matrix(
                    equations, [Atom("variable", right, at, time) for at in self.components[right]]
                )
                if ahead is None or behind is None or not ahead.is_square:
                    continue
                try:
                    self.relations.append((left, right, -(ahead.inverse() * behind)))
                except NotRealisable:
                    continue
                break

    def dynamics(self, name: str) -> Iterator[tuple[list[Poly], int, bool]]:
        """The equations among the premises for the next value of a variable, its time, or those for its rate."""
        for premise in self.field_premises:
            if not self._is_algebraic(premise):
                continue
            equations = list(self.equations(premise))
            found = [self.atoms[number] for number in {n for equation in equations for n in equation.atoms()}]
            highest = max((atom.time for atom in found), default=0)
            own = [atom for atom in found if atom.name == name]
            if any(dict(atom.jet) == {"t": 1} for atom in own):
                yield equations, highest, True
            elif any(atom.time == highest for atom in own) and any(atom.time < highest for atom in found):
                yield equations, highest, False

    def jacobian(self, of: str, by: str) -> Array:
        """How a variable at the next time depends on another one: by a premise, by the dynamics, or drawn."""
        key = Key(f"∂{of}/∂{by}")
        rows, columns = len(self.components[of]), len(self.components[by])
        if self._seen is not None or key in self.matrices or not hasattr(self, "field_premises"):
            return self._drawn(key, rows, columns, frozenset())
        if (of, by) not in self._jacobians:
            found = self._through(of, by)
            self._jacobians[of, by] = self._drawn(key, rows, columns, frozenset()) if found is None else found
        return self._jacobians[of, by]

    def _through(self, of: str, by: str) -> Array | None:
        """A Jacobian by the dynamics, perhaps by way of a variable that is a matrix times this one."""
        direct = self._stated(of, by)
        if direct is not None and direct.entries:
            return direct
        for left, right, matrix in self.relations:
            if by == left:
                inner = self._stated(of, right)
                if inner is not None and inner.entries:
                    return inner * matrix.inverse()
            if by == right:
                inner = self._stated(of, left)
                if inner is not None and inner.entries:
                    return inner * matrix
        return direct

    def _stated(self, of: str, by: str) -> Array | None:
        return self.matrices.get(Key(f"∂{of}/∂{by}")) or self.calculus.step(of, by)

    def relation_equations(self, polys: Sequence[Poly]) -> Iterator[Poly]:
        """How derivatives by variables that are matrices times each other hang together: ∂H/∂π = Bᵀ ∂H/∂β."""
        present = {number for poly in polys for number in poly.atoms()}
        asked = {
            (atom.name, atom.at, atom.time, atom.jet, atom.by[0][0])
            for atom in (self.atoms[number] for number in present)
            if atom.kind == "function" and not atom.arguments and len(atom.by) == 1
        }
        for name, slots, time, jet, by in sorted(asked, key=str):
            for left, right, matrix in self.relations:
                if by not in (left, right):
                    continue
                inner = [Atom("variable", left, at, time) for at in self.components[left]]
                slopes = [self.calculus.derivative(name, slots, atom) for atom in inner]
                for column, at in enumerate(self.components[right]):
                    total = self.calculus.derivative(name, slots, Atom("variable", right, at, time))
                    for row, slope in enumerate(slopes):
                        total = total - slope * matrix.at(row, column)
                    for coordinate, count in jet:
                        for _ in range(count):
                            total = self.calculus.along(total, coordinate)
                    yield total

    def _define_composites(self) -> None:
        """Takes in what premises say of functions of sums or places, as F(φ - β) = …."""
        for premise in list(self.field_premises):
            left = premise.left
            if isinstance(left, Applied) and not whole_variables(left):
                for env in self.assignments(premise):
                    evaluator = self.evaluator(premise.scope)
                    atom = evaluator.number(left, env)
                    numbers = atom.atoms()
                    if len(numbers) != 1 or atom.degree != 1:
                        continue
                    found = self.atoms[numbers.pop()]
                    if found.kind == "function":
                        self.composites[found.name, found.at, found.arguments] = evaluator.number(premise.right, env)
                self.field_premises.remove(premise)

    def _close_line_integrals(self) -> None:
        """Sees to it that what is integrated along paths is a gradient, by the choice of functions where these are drawn.

        Raises NotRealisable where it is none.
        """
        defined = [(name, d) for name, f in self.functions.items() for d in f.definitions]
        inside = {n.name for _, d in defined for n in walk(d.right) if isinstance(n, Applied) and whole_variables(n)}
        coefficients: list[int] = []
        if self.draw_functions:
            for name in sorted(inside):
                function = self.functions[name]
                if function.definitions or any(
                    n.name == name and n.slots for _, d in defined for n in walk(d.right) if isinstance(n, Applied)
                ):
                    continue
                atoms = [
                    Poly.atom(self.number_of(Atom("variable", v, at)))
                    for v in sorted(function.arguments)
                    for at in self.components[v]
                ]
                total = Poly()
                for k, atom in enumerate(atoms):
                    for factor in (Poly.number(1), *atoms[: k + 1]):
                        number = self.number_of(Atom("entry", name, (len(coefficients),)))
                        coefficients.append(number)
                        total = total + atom * factor * Poly.atom(number)
                function.drawn[()] = total
        equations = [e for name, d in defined for e in self._closure(name, d)]
        if not coefficients:
            if equations:
                raise NotRealisable("what is integrated along a path is no gradient in this model")
            return
        split: dict[tuple[int, ...], Poly] = {}
        for place, equation in enumerate(equations):
            for monomial, value in equation.terms.items():
                outer = (place, *(a for a in monomial if a not in coefficients))
                inner = tuple(a for a in monomial if a in coefficients)
                split[outer] = split.get(outer, Poly()) + Poly({inner: value})
        try:
            solution = Solution(split.values())
        except Contradiction as error:
            raise NotRealisable("what is integrated along a path is no gradient in this model") from error
        free = {n: rational(self.random.choice(VALUES)) for n in coefficients if n not in solution.solved}
        values = {n: Poly.number(v) for n, v in solution.values(free, coefficients).items()}
        for function in self.functions.values():
            function.drawn = {at: value.put(values) for at, value in function.drawn.items()}
        self.calculus = Calculus(self)

    def _closure(self, name: str, definition: Definition) -> Iterator[Poly]:
        """What has to vanish so that the integrands in a definition are the components of a gradient."""
        if not any(isinstance(node, LineIntegral) for node in walk(definition.right)):
            return
        slots = [s for s in definition.left.slots if isinstance(s, Index)]
        for env in self._all(slots, {}, self.evaluator(definition.scope)):
            value = self.evaluator(definition.scope).number(definition.right, env)
            field: dict[Atom, Poly] = {}
            for number in sorted(value.atoms()):
                atom = self.atoms[number]
                if atom.kind == "line":
                    along = Atom("variable", atom.name, atom.at, atom.time)
                    part = self.calculus.formal(value, number) * atom.arguments[0]
                    field[along] = field.get(along, Poly()) + part
            every = [Atom("variable", a.name, at, a.time) for a in list(field)[:1] for at in self.components[a.name]]
            for k, one in enumerate(every):
                for other in every[:k]:
                    left = self.calculus.partial(field.get(one, Poly()), other)
                    right = self.calculus.partial(field.get(other, Poly()), one)
                    if left.terms != right.terms:
                        yield left - right


_HIGH = 10**9
"""The first atom for entries of matrices that are being drawn, far from those of fields."""

__all__ = ["Premise", "World", "has_fields", "is_definition"]
