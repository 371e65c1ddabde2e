"""How variables hang together in a model: relations at one time, and Jacobians of one step of the dynamics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from derive.domains import NotRealisable
from derive.expression import walk
from derive.fields.finite.arrays import Array
from derive.fields.finite.atoms import Atom
from derive.fields.finite.draws import Key
from derive.fields.finite.lines import Premise
from derive.fields.finite.polynomials import Poly
from derive.fields.nodes import Variable

if TYPE_CHECKING:
    from derive.fields.finite.worlds import World


class Steps:
    """Relations and Jacobians in a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.relations: list[tuple[str, str, Array]] = []
        """A variable, another one, and the matrix that the first is times the second."""
        self.premises: list[Premise] | None = None
        """The premises on fields; None as long as matrices are being drawn."""
        self._jacobians: dict[tuple[str, str], Array] = {}

    def take(self, premises: Sequence[Premise]) -> None:
        """Takes the premises on fields, and finds those by which one variable is a matrix times another one."""
        self.premises = [premise for premise in premises if premise.is_algebraic]
        for premise in self.premises:
            found = self._relation(premise)
            if found is not None:
                self.relations.append(found)

    def related(self, name: str) -> set[str]:
        """The variables that are matrices times this one, or of which it is."""
        pairs = [{left, right} for left, right, _ in self.relations]
        return {other for pair in pairs if name in pair for other in pair} - {name}

    def atoms(self, name: str, time: int = 0) -> list[Atom]:
        """The components of a variable."""
        return [Atom("variable", name, at, time) for at in self.world.components[name]]

    def _relation(self, premise: Premise) -> tuple[str, str, Array] | None:
        equations = list(self.world.equations(premise))
        found = [self.world.atoms[n] for n in sorted({n for equation in equations for n in equation.atoms()})]
        names = sorted({atom.name for atom in found})
        times = {atom.time for atom in found}
        if len(names) != 2 or len(times) != 1 or any(atom.jet or atom.kind != "variable" for atom in found):
            return None
        if any(len(monomial) != 1 for equation in equations for monomial in equation.terms):
            return None
        printed = next((node.name for node in walk(premise.left) if isinstance(node, Variable)), "")
        names.sort(key=lambda name: name != printed)
        time = times.pop()
        for left, right in (names, names[::-1]):
            matrix = self._solved(equations, self.atoms(left, time), self.atoms(right, time))
            if matrix is not None:
                return left, right, matrix
        return None

    def _solved(self, equations: Sequence[Poly], of: list[Atom], by: list[Atom]) -> Array | None:
        """The derivative of some atoms by others, by equations; None where these do not give it."""
        ahead = self._coefficients(equations, of)
        behind = self._coefficients(equations, by)
        if ahead is None or behind is None or not ahead.is_square:
            return None
        try:
            return -(ahead.inverse() * behind)
        except NotRealisable:
            return None

    def _coefficients(self, equations: Sequence[Poly], atoms: list[Atom]) -> Array | None:
        """The coefficients of atoms in equations; None where they are multiplied by others."""
        entries: dict[tuple[int, int], Poly] = {}
        numbers = {self.world.number_of(atom): k for k, atom in enumerate(atoms)}
        for row, equation in enumerate(equations):
            for monomial, value in equation.terms.items():
                touched = [atom for atom in monomial if atom in numbers]
                if touched and len(monomial) > 1:
                    return None
                if touched:
                    entries[row, numbers[touched[0]]] = Poly.number(value)
        return Array(len(equations), len(atoms), entries)

    # Jacobians of one step.

    def jacobian(self, of: str, by: str) -> Array:
        """How a variable at the next time depends on another one: by a premise, by the dynamics, or drawn."""
        key = Key(f"∂{of}/∂{by}")
        rows, columns = len(self.world.components[of]), len(self.world.components[by])
        if self.premises is None or key in self.world.weights.matrices:
            return self.world.weights.numbers(key, rows, columns)
        if (of, by) not in self._jacobians:
            found = self._through(of, by)
            self._jacobians[of, by] = self.world.weights.numbers(key, rows, columns) if found is None else found
        return self._jacobians[of, by]

    def _through(self, of: str, by: str) -> Array | None:
        """A Jacobian by the dynamics, perhaps by way of a variable that is a matrix times this one."""
        direct = self._stated(of, by)
        if direct is not None and direct.entries:
            return direct
        for left, right, matrix in self.relations:
            if by in (left, right):
                inner = self._stated(of, right if by == left else left)
                if inner is not None and inner.entries:
                    return inner * (matrix.inverse() if by == left else matrix)
        return direct

    def _stated(self, of: str, by: str) -> Array | None:
        stated = self.world.weights.matrices.get(Key(f"∂{of}/∂{by}"))
        return self._by_dynamics(of, by) if stated is None else stated

    def _by_dynamics(self, of: str, by: str) -> Array | None:
        """The Jacobian of one step by the dynamics among the premises; None where they have none of the variable."""
        for equations, highest, is_rate in self._dynamics(of):
            rows, columns = self.atoms(of, highest), self.atoms(by, highest - (not is_rate))
            if is_rate:
                rows = [atom.along("t") for atom in rows]
            found = self._solved(equations, rows, columns)
            if found is not None:
                return found + Array.identity(found.rows) if is_rate and of == by else found
        return None

    def _dynamics(self, name: str) -> Iterator[tuple[list[Poly], int, bool]]:
        """The equations among the premises for the next value of a variable, with its time, or for its rate."""
        for premise in self.premises or ():
            equations = list(self.world.equations(premise))
            found = [self.world.atoms[n] for n in sorted({n for equation in equations for n in equation.atoms()})]
            highest = max((atom.time for atom in found), default=0)
            own = [atom for atom in found if atom.name == name]
            if any(dict(atom.jet) == {"t": 1} for atom in own):
                yield equations, highest, True
            elif any(atom.time == highest for atom in own) and any(atom.time < highest for atom in found):
                yield equations, highest, False

    # Functions of variables that hang together.

    def chain_rules(self, polys: Sequence[Poly]) -> Iterator[Poly]:
        """What vanishes by the chain rule between variables that are matrices times each other: ∂H/∂π - Bᵀ ∂H/∂β."""
        present = sorted({number for poly in polys for number in poly.atoms()})
        asked = {
            (atom.name, atom.at, atom.time, atom.jet, atom.by[0][0]): None
            for atom in (self.world.atoms[number] for number in present)
            if atom.kind == "function" and not atom.arguments and len(atom.by) == 1
        }
        calculus = self.world.calculus
        for name, slots, time, jet, by in asked:
            for left, right, matrix in self.relations:
                if by not in (left, right):
                    continue
                slopes = [calculus.derivative(name, slots, atom) for atom in self.atoms(left, time)]
                for column, atom in enumerate(self.atoms(right, time)):
                    total = calculus.derivative(name, slots, atom)
                    for row, slope in enumerate(slopes):
                        total = total - slope * matrix.at(row, column)
                    for coordinate, count in jet:
                        for _ in range(count):
                            total = calculus.along(total, coordinate)
                    yield total


__all__ = ["Steps"]
