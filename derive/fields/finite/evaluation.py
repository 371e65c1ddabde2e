"""The tree as exact polynomials in a finite model: sums written out, matrices as numbers, derivatives taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.domains import NotRealisable
from derive.expression import (
    Add,
    Applied,
    Expr,
    Frac,
    Identity,
    ImaginaryUnit,
    Index,
    Mul,
    Neg,
    Number,
    Over,
    Pow,
    Size,
    Symbol,
    Transpose,
    Zero,
)  # fmt: skip
from derive.fields.finite.arrays import LEVI_CIVITA, PAULI, ZERO, Array, Result, minus, plus, times
from derive.fields.finite.atoms import Atom, Component
from derive.fields.finite.letters import Bound
from derive.fields.finite.polynomials import IMAGINARY, ONE, Poly, rational
from derive.fields.finite.sizes import Value
from derive.fields.nodes import (
    ColumnOf,
    Coordinate,
    Entry,
    Gradient,
    InverseTranspose,
    LineIntegral,
    MatrixPower,
    MatrixSymbol,
    Place,
    Rate,
    SpaceIntegral,
    TensorProduct,
    Variable,
)  # fmt: skip
from derive.notation import Declared, Scope

if TYPE_CHECKING:
    from derive.fields.finite.worlds import World

Env = dict[Index, Value]
TIME = "t"
"""The coordinate of a derivative by time that is printed d/dt."""


class Evaluator:
    """Evaluates trees of one scope in a world, ``shift`` steps of time later than they are printed."""

    def __init__(self, world: World, scope: Scope, shift: int = 0) -> None:
        self.world = world
        self.scope = scope
        self.shift = shift
        self.in_exponent = False
        self._ranges: dict[str, tuple[list[Value], dict[Value, int]]] = {}
        self._matrices: dict[tuple[int, int, tuple[Value, ...]], tuple[Expr, Array]] = {}

    def value(self, expr: Expr, env: Env, bound: Bound | None = None) -> Result:
        """What an expression comes to, with the values of the letters that are free in it.

        Raises NotRealisable where the model has no such thing.
        """
        if bound is None:
            bound = frozenset(env)
        letters = self.world.letters.summed(expr, bound)
        if not letters:
            return self._plain(expr, env, bound)
        if isinstance(expr, Mul):
            return self._summed_product(expr, letters, dict(env), bound)
        total: Result | None = None
        for inner in self.assignments(letters, env):
            value = self._plain(expr, inner, bound | set(letters))
            total = value if total is None else plus(total, value)
        assert total is not None
        return total

    def number(self, expr: Expr, env: Env, bound: Bound | None = None) -> Poly:
        """The value of an expression that is a number."""
        value = self.value(expr, env, bound)
        if isinstance(value, Array):
            if value.rows == value.columns == 1:
                return value.at(0, 0)
            raise NotRealisable("a matrix or column stands where a number is needed")
        return value

    def array(self, expr: Expr, env: Env, bound: Bound) -> Array:
        """The value of an expression that is a matrix or column."""
        value = self.value(expr, env, bound)
        if isinstance(value, Poly):
            raise NotRealisable("a number stands where a matrix is needed")
        return value

    def values_of(self, index: Index) -> list[Value]:
        """The values that a letter runs over."""
        return self._values_in(index.range)[0]

    def _values_in(self, name: str) -> tuple[list[Value], dict[Value, int]]:
        """The values of a range, and the position of each."""
        if name not in self._ranges:
            if name not in self.scope.ranges:
                raise NotRealisable(f"there is no range {name} in this scope")
            values = self.world.sizes.values(self.scope.ranges[name])
            self._ranges[name] = values, {value: k for k, value in enumerate(values)}
        return self._ranges[name]

    def assignments(self, letters: Sequence[Index], env: Env) -> Iterator[Env]:
        """The values of some letters, added to others."""
        if not letters:
            yield env
            return
        for value in self.values_of(letters[0]):
            yield from self.assignments(letters[1:], {**env, letters[0]: value})

    def _summed_product(self, expr: Mul, letters: tuple[Index, ...], env: Env, bound: Bound) -> Result:
        """A product summed over letters; what is multiplied by a zero entry is not evaluated."""
        inner = bound | set(letters)
        entries = [factor for factor in expr.factors if isinstance(factor, Entry)]
        checks: list[list[Entry]] = [[] for _ in letters]
        for entry in entries:
            own = set(self.world.letters.open(entry, bound))
            last = max((k for k, letter in enumerate(letters) if letter in own), default=None)
            if last is not None:
                checks[last].append(entry)
        total: Result | None = None
        zero: Result = ZERO

        def descend(level: int) -> None:
            nonlocal total
            if level == len(letters):
                value = self._plain(expr, env, inner)
                total = value if total is None else plus(total, value)
                return
            for value in self.values_of(letters[level]):
                env[letters[level]] = value
                if all(self.value(entry, env, inner) for entry in checks[level]):
                    descend(level + 1)

        descend(0)
        return zero if total is None else total

    def _plain(self, expr: Expr, env: Env, bound: Bound) -> Result:
        """The value where no letter is summed over at the node itself."""
        match expr:
            case Number(value=value):
                return Poly.number(value)
            case ImaginaryUnit():
                return Poly.number(IMAGINARY)
            case Zero():
                return ZERO
            case Size(range=name):
                return Poly.number(len(self._values_in(name)[0]))
            case Symbol(name=name, slots=slots):
                values = tuple(self.place(Place(slot), env) for slot in slots if isinstance(slot, Index))
                if len(values) != len(slots):
                    raise NotRealisable(f"{name} is printed without its indices")
                if self.in_exponent:
                    return Poly.atom(self.world.number_of(Atom("angle", name, values)))
                return self.world.weights.quantity(self.declared(name), name, values)
            case Add(terms=terms):
                total = self.value(terms[0], env, bound)
                for term in terms[1:]:
                    total = plus(total, self.value(term, env, bound))
                return total
            case Neg(term=term):
                return minus(self.value(term, env, bound))
            case Mul(factors=factors):
                return self._product(factors, env, bound)
            case Frac(top=top, bottom=bottom):
                divisor = self.number(bottom, env, bound).constant
                if not divisor:
                    raise NotRealisable("something is divided by what is zero or no number")
                return times(Poly.number(ONE / divisor), self.value(top, env, bound))
            case Pow(base=base, exponent=exponent):
                return self._power(self.value(base, env, bound), self._integer(exponent, env, bound))
            case Over(operation="sum", index=index, excluded=excluded, body=body):
                return self._over(index, tuple(env[e] for e in excluded), body, env, bound)
            case Variable() | ColumnOf() | Rate() | Coordinate() | Gradient() | Applied() | LineIntegral():
                return self._field(expr, env, bound)
            case SpaceIntegral(body=body):
                return self.number(body, env, bound)
            case Entry(of=of, rows=rows, columns=columns):
                matrix = self._matrix(of, env, bound)
                row, column = self._flat(rows, env), self._flat(columns, env)
                if (row[1], column[1]) != (matrix.rows, matrix.columns):
                    raise NotRealisable(
                        f"an entry is taken in {row[1]} rows and {column[1]} columns of a matrix of {matrix.rows}"
                    )
                return matrix.at(row[0], column[0])
            case _:
                return self._matrix_value(expr, env, bound)

    def _over(self, index: Index, excluded: tuple[Value, ...], body: Expr, env: Env, bound: Bound) -> Result:
        total: Result = ZERO
        for value in self.values_of(index):
            if value not in excluded:
                found = self.value(body, {**env, index: value}, bound | {index})
                total = found if total is ZERO else plus(total, found)
        return total

    def _power(self, base: Result, exponent: int) -> Result:
        if isinstance(base, Poly):
            if exponent >= 0:
                return base.power(exponent)
            if not base.constant:
                raise NotRealisable("something is divided by what is zero or no number")
            return Poly.number(ONE / base.constant).power(-exponent)
        if base.columns == 1 and base.rows > 1:
            if exponent != 2:
                raise NotRealisable("of a column only the square is taken")
            return (base.transposed() * base).at(0, 0)
        return base.power(exponent)

    def _integer(self, expr: Expr, env: Env, bound: Bound) -> int:
        value = self.number(expr, env, bound).constant
        if value is None or value.y or int(value.x.denominator) != 1:
            raise NotRealisable("a power has an exponent that is no integer")
        return int(value.x.numerator)

    # Products, in which what is printed first acts last.

    def _product(self, factors: Sequence[Expr], env: Env, bound: Bound) -> Result:
        result: Result | None = None
        for factor in reversed(factors):
            result = self._act(factor, result, env, bound)
            if isinstance(result, Poly) and not result:
                return ZERO
        return ZERO if result is None else result

    def _act(self, factor: Expr, on: Result | None, env: Env, bound: Bound) -> Result:
        if not self.world.letters.is_operator(factor):
            value = self.value(factor, env, bound)
            return value if on is None else times(value, on)
        if on is None:
            raise NotRealisable("nothing follows what differentiates")
        letters = self.world.letters.summed(factor, bound)
        if letters:
            total: Result = ZERO
            for inner in self.assignments(letters, env):
                found = self._act_plain(factor, on, inner, bound | set(letters))
                total = found if total is ZERO else plus(total, found)
            return total
        return self._act_plain(factor, on, env, bound)

    def _act_plain(self, factor: Expr, on: Result, env: Env, bound: Bound) -> Result:
        match factor:
            case Coordinate(index=index, power=power):
                return self._differentiated(on, self._coordinate(index, env), power)
            case Add(terms=terms):
                total = self._act(terms[0], on, env, bound)
                for term in terms[1:]:
                    total = plus(total, self._act(term, on, env, bound))
                return total
            case Neg(term=term):
                return minus(self._act(term, on, env, bound))
            case Mul(factors=factors):
                for inner in reversed(factors):
                    on = self._act(inner, on, env, bound)
                return on
            case Frac(top=top, bottom=bottom):
                on = self._act(top, on, env, bound)
                divisor = self.number(bottom, env, bound).constant
                if not divisor:
                    raise NotRealisable("something is divided by what is zero or no number")
                return times(Poly.number(ONE / divisor), on)
            case Over(index=index, excluded=excluded, body=body):
                total = ZERO
                for value in self.values_of(index):
                    if value not in [env[e] for e in excluded]:
                        found = self._act(body, on, {**env, index: value}, bound | {index})
                        total = found if total is ZERO else plus(total, found)
                return total
            case _:
                raise NotRealisable(f"{type(factor).__name__} differentiates what follows in a way that is not known")

    def _coordinate(self, index: Index, env: Env) -> str:
        value = int(index.name) if index.is_label else env[index]
        return str(value)

    def _differentiated(self, value: Result, coordinate: str, power: int) -> Result:
        calculus = self.world.calculus
        for _ in range(power):
            if isinstance(value, Poly):
                value = calculus.along(value, coordinate)
            else:
                value = value.map(lambda entry: calculus.along(entry, coordinate))
        return value

    # Fields and functions of them.

    def _field(self, expr: Expr, env: Env, bound: Bound) -> Result:
        match expr:
            case Variable():
                if len(expr.places) == len(expr.axes):
                    return Poly.atom(self.world.number_of(self.atom(expr, env)))
                if expr.places:
                    raise NotRealisable(f"{expr.name} is printed without some of its indices")
                return Array.column([Poly.atom(self.world.number_of(atom)) for atom in self.atoms_of(expr)])
            case ColumnOf(entries=entries):
                found: list[Poly] = []
                for entry in entries:
                    value = self.value(entry, env, bound)
                    found += [value] if isinstance(value, Poly) else [value.at(k, 0) for k in range(value.rows)]
                return Array.column(found)
            case Rate(of=of):
                return self._differentiated(self.value(of, env, bound), TIME, 1)
            case Coordinate(index=index, power=power, of=of):
                assert of is not None
                return self._differentiated(self.value(of, env, bound), self._coordinate(index, env), power)
            case Gradient(of=of, by=by, total=total):
                if by.places or not by.axes:
                    return self._gradient(of, self.atom(by, env), total, env, bound)
                return Array.column([self._gradient(of, atom, total, env, bound) for atom in self.atoms_of(by)])
            case Applied():
                return self.world.calculus.applied(self, expr, env, bound)
            case LineIntegral(by=by, body=body):
                along = self.atom(by, env)
                integrand = self.number(body, env, bound)
                if self.world.functions.straight:
                    return self._along_a_straight_line(along, integrand)
                return Poly.atom(
                    self.world.number_of(Atom("line", along.name, along.at, along.time, (), (), (integrand,)))
                )
            case _:
                raise NotRealisable(f"{type(expr).__name__} has no value in these models")

    def _along_a_straight_line(self, along: Atom, integrand: Poly) -> Poly:
        """The integral of one component, from where the variable is zero, straight to where it is."""
        found = Poly()
        for monomial, value in integrand.terms.items():
            atoms = (self.world.atoms[number] for number in monomial)
            degree = sum((atom.kind, atom.name, atom.time) == ("variable", along.name, along.time) for atom in atoms)
            part = Poly({monomial: value}) * Poly.atom(self.world.number_of(along))
            found = found + part.times(rational(Fraction(1, degree + 1)))
        return found

    def _gradient(self, of: Expr, by: Atom, total: bool, env: Env, bound: Bound) -> Poly:
        calculus = self.world.calculus
        if isinstance(of, Variable):
            return calculus.jacobian(self.atom(of, env), by)
        if isinstance(of, Applied):
            return calculus.gradient(self, of, by, total, env, bound)
        return calculus.partial(self.number(of, env, bound), by)

    def atom(self, variable: Variable, env: Env) -> Atom:
        """The atom of a variable with its places."""
        values = tuple(self.place(place, env) for place in variable.places)
        for axis, value in zip(variable.axes, values, strict=True):
            if value not in self._values_in(axis)[1]:
                raise NotRealisable(f"{variable.name} has no component {value} here")
        return self._variable_atom(variable, values)

    def atoms_of(self, variable: Variable) -> list[Atom]:
        """The atoms of a whole column."""
        return [self._variable_atom(variable, at) for at in self.components_of(variable.axes)]

    def components_of(self, axes: Sequence[str]) -> list[Component]:
        """All components over some ranges."""
        found: list[Component] = [()]
        for axis in axes:
            found = [(*at, value) for at in found for value in self._values_in(axis)[0]]
        return found

    def _variable_atom(self, variable: Variable, at: Component) -> Atom:
        if self.in_exponent:
            return Atom("angle", variable.name, at, (variable.time or 0) + self.shift)
        if variable.name in self.world.angles:
            raise NotRealisable(f"{variable.name} stands in an exponent and elsewhere")
        return Atom("variable", variable.name, at, (variable.time or 0) + self.shift)

    def place(self, place: Place, env: Env) -> Value:
        """The value of a place."""
        value = self._letter(place.index, env)
        if not place.steps:
            return value
        directions = [1 if step.direction is None else self._letter(step.direction, env) for step in place.steps]
        return self.world.sizes.at(place, value, [d for d in directions if isinstance(d, int)])

    def _letter(self, index: Index, env: Env) -> Value:
        if index in env:
            return env[index]
        if index.is_label:
            which = self.scope.ranges.get(index.range)
            if which is not None and which.lattice:
                return (int(index.name) % self.world.sizes.sides[0],)
            return int(index.name)
        raise NotRealisable(f"the index {index.name} is not bound")

    # Matrices.

    def declared(self, name: str) -> Declared:
        return self.scope.symbols.get(name, Declared(name))

    def _flat(self, places: Sequence[Place], env: Env) -> tuple[int, int]:
        """The position of an entry in a row or column, and how many there are."""
        found, total = 0, 1
        for place in places:
            values, positions = self._values_in(place.index.range)
            value = self.place(place, env)
            if value not in positions:
                raise NotRealisable(f"there is no index {value} in the range {place.index.range}")
            found = found * len(values) + positions[value]
            total *= len(values)
        return found, total

    def dimension(self, over: Sequence[str]) -> int:
        """How many values some ranges have together."""
        found = 1
        for axis in over:
            for name in axis.split():
                found *= len(self._values_in(name)[0])
        return found

    def _matrix(self, expr: Expr, env: Env, bound: Bound) -> Array:
        """A matrix, evaluated once for the values of the letters in it."""
        letters = self.world.letters.mentioned(expr)
        key = (id(expr), self.world.weights.version, tuple(env.get(letter, 0) for letter in letters))
        if key not in self._matrices:
            self._matrices[key] = (expr, self.array(expr, env, bound))
        return self._matrices[key][1]

    def _matrix_value(self, expr: Expr, env: Env, bound: Bound) -> Result:
        match expr:
            case Identity(axis=axis):
                return Array.identity(self.dimension((axis,)))
            case MatrixSymbol():
                return self._symbol(expr, env)
            case Transpose(of=of):
                return self.array(of, env, bound).transposed()
            case InverseTranspose(of=of):
                return self.array(of, env, bound).inverse().transposed()
            case TensorProduct(left=left, right=right):
                return self.array(left, env, bound).tensor(self.array(right, env, bound))
            case MatrixPower(base=base, exponent=exponent):
                return self._matrix_power(self.array(base, env, bound), exponent, env, bound)
            case _:
                raise NotRealisable(f"{type(expr).__name__} has no value in these models")

    def _symbol(self, expr: MatrixSymbol, env: Env) -> Array:
        declared = self.declared(expr.name)
        labels = tuple(self.place(label, env) for label in expr.labels)
        size = self.dimension(expr.over)
        if declared.kind == "Pauli":
            if labels and labels[0] in PAULI:
                return PAULI[labels[0]]  # type: ignore[index]
            raise NotRealisable(f"there is no Pauli matrix {', '.join(map(str, labels))}")
        if declared.kind == "Levi-Civita":
            return LEVI_CIVITA
        if declared.kind == "metric":
            return Array(size, size, {(k, k): Poly.number(1 if k == 0 else -1) for k in range(size)})
        timed = expr.time is not None or "t" in declared.of
        time = (expr.time or 0) + self.shift if timed else None
        return self.world.weights.matrix(declared, expr.over, labels, time, size)

    def exponent(self, expr: Expr, env: Env, bound: Bound = frozenset()) -> Poly:
        """A number whose variables are angles, as in the exponent of a power."""
        before, self.in_exponent = self.in_exponent, True
        try:
            return self.number(expr, env, bound)
        finally:
            self.in_exponent = before

    def _matrix_power(self, base: Array, exponent: Expr, env: Env, bound: Bound) -> Array:
        """A matrix to an integer power, or J to a real one where J² = -1: J^x = cos(πx/2) + J sin(πx/2)."""
        power = self.exponent(exponent, env, bound)
        if power.constant is not None:
            return base.power(self._integer(exponent, env, bound))
        size = base.rows
        if base * base != -Array.identity(size):
            raise NotRealisable("a real power is taken of a matrix whose square is not -1")
        turn = self.world.weights.turn(power)
        one = Array.identity(size).times(Poly.number(turn.x))
        return one + base.times(Poly.number(turn.y))


__all__ = ["TIME", "Env", "Evaluator"]
