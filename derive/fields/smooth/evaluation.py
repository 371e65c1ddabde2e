"""The tree in models of slowly varying fields: as the finite models evaluate it, with sites on an unbounded lattice.

A site is where it is from here, in steps. Sums over sites are over those between which matrices have entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from derive.domains import NotRealisable
from derive.expression import (
    Add,
    Applied,
    Expr,
    Frac,
    Identity,
    Index,
    Mul,
    Neg,
    Number,
    Size,
    Symbol,
    Transpose,
    Zero,
)
from derive.fields.finite.arrays import ZERO, Array, Result, plus
from derive.fields.finite.atoms import Component
from derive.fields.finite.evaluation import Env, Evaluator
from derive.fields.finite.letters import Bound
from derive.fields.finite.polynomials import ONE, Poly
from derive.fields.finite.sizes import Value
from derive.fields.nodes import (
    Entry,
    Gradient,
    LineIntegral,
    MatrixPower,
    MatrixSymbol,
    Place,
    SpaceIntegral,
    Variable,
)
from derive.fields.smooth.operators import At, Site, ball, is_over_sites, matched

if TYPE_CHECKING:
    from derive.fields.smooth.worlds import SmoothWorld


class SmoothEvaluator(Evaluator):
    """Evaluates trees of one scope in a world of slowly varying fields."""

    world: SmoothWorld

    def _is_site(self, letter: Index) -> bool:
        return letter.range in self.scope.ranges and self.scope.ranges[letter.range].lattice

    @property
    def _here(self) -> Site:
        return (0,) * self.world.sizes.dimension

    def _values_in(self, name: str) -> tuple[list[Value], dict[Value, int]]:
        if name in self.scope.ranges and self.scope.ranges[name].lattice:
            return [self._here], {self._here: 0}
        return super()._values_in(name)

    def components_of(self, axes: Sequence[str]) -> list[Component]:
        return super().components_of([axis for axis in axes if not self._is_lattice(axis)])

    def _is_lattice(self, axis: str) -> bool:
        return axis in self.scope.ranges and self.scope.ranges[axis].lattice

    # Sums over sites.

    def value(self, expr: Expr, env: Env, bound: Bound | None = None) -> Result:
        if bound is None:
            bound = frozenset(env)
        letters = self.world.letters.summed(expr, bound)
        if not any(map(self._is_site, letters)):
            return super().value(expr, env, bound)
        total: Result | None = None
        others = [letter for letter in letters if not self._is_site(letter)]
        for sites in self._near(expr, [letter for letter in letters if self._is_site(letter)], env):
            for inner in self.assignments(others, sites):
                value = self._plain(expr, inner, bound | set(letters))
                total = value if total is None else plus(total, value)
        return ZERO if total is None else total

    def _near(self, expr: Expr, letters: list[Index], env: Env) -> Iterator[Env]:
        """The sites that letters may stand for, added to the values of others."""
        if not letters:
            yield env
            return
        known = [letter for letter in env if self._is_site(letter)]
        reach = self.world.operators.reach
        for letter in letters:
            found = [(n, near) for near in known if (n := reach(expr, letter, near, self.scope)) is not None]
            if found:
                radius, near = min(found, key=lambda entry: entry[0])
                center = env[near]
                assert isinstance(center, tuple)
                for site in ball(center, radius):
                    yield from self._near(expr, [other for other in letters if other != letter], {**env, letter: site})
                return
        raise NotRealisable("a sum over all sites has no value in models of an unbounded lattice")

    def _over(self, index: Index, excluded: tuple[Value, ...], body: Expr, env: Env, bound: Bound) -> Result:
        if not self._is_site(index):
            return super()._over(index, excluded, body, env, bound)
        total: Result = ZERO
        for inner in self._near(body, [index], env):
            if inner[index] not in excluded:
                found = self.value(body, inner, bound | {index})
                total = found if total is ZERO else plus(total, found)
        return total

    # Numbers and fields.

    def _plain(self, expr: Expr, env: Env, bound: Bound) -> Result:
        match expr:
            case Symbol(name=name, slots=slots):
                return self._symbol_value(expr, name, slots, env, bound)
            case Entry(of=of, rows=rows, columns=columns) if is_over_sites(of, self.scope):
                return self.entry(of, self._at(rows, env), self._at(columns, env), env)
            case Size(range=name) if self._is_lattice(name):
                raise NotRealisable("an unbounded lattice has no number of sites")
            case Gradient(of=Applied() as function, by=by, total=False):
                return self._slope_of(function, by, env)
            case Gradient() | Applied() | LineIntegral() | SpaceIntegral():
                raise NotRealisable("models of slowly varying fields have no functions of these")
        return super()._plain(expr, env, bound)

    def _symbol_value(self, expr: Symbol, name: str, slots: tuple, env: Env, bound: Bound) -> Poly:
        values = tuple(self.place(Place(slot), env) for slot in slots if isinstance(slot, Index))
        if name in self.world.operators.names:
            return self.world.taken(name, values, (self.shift, *self._here))
        if self.in_exponent and name in self.world.angles:
            return self.world.taken(name, values, (0, *self._here))
        found = super()._plain(expr, env, bound)
        assert isinstance(found, Poly)
        return found if self.in_exponent else self.world.scaled(name, found)

    def _slope_of(self, function: Applied, by: Variable, env: Env) -> Poly:
        """The derivative of a function that nothing defines, by one of its arguments: a field of its own."""
        arguments = [a for a in function.arguments if isinstance(a, Variable) and not a.places]
        printed = {a.name for a in arguments}
        if by.name not in printed or len(arguments) != len(function.arguments) or len(by.places) != len(by.axes):
            raise NotRealisable(f"a derivative of {function.name} is not by one of its arguments")
        if any((a.time or 0) != (by.time or 0) for a in arguments):
            raise NotRealisable(f"{function.name} is a function of variables at several times")
        name = f"∂{function.name}/∂{by.name}"
        self.world.solved_for.add(name)
        slots = self._at([Place(slot) for slot in function.slots if isinstance(slot, Index)], env)
        return self._taken_at(name, by, self._at(by.places, env), slots)

    def _at(self, places: Sequence[Place], env: Env) -> At:
        return tuple(self.place(place, env) for place in places)

    def place(self, place: Place, env: Env) -> Value:
        value = self._letter(place.index, env)
        if not place.steps:
            return value
        if not isinstance(value, tuple):
            raise NotRealisable(f"{place.index.name} is no site of a lattice")
        site = list(value)
        for step in place.steps:
            direction = 1 if step.direction is None else self._letter(step.direction, env)
            if not isinstance(direction, int) or not 1 <= direction <= len(site):
                raise NotRealisable(f"a lattice of dimension {len(site)} has no direction {direction}")
            site[direction - 1] += step.count
        return tuple(site)

    def _letter(self, index: Index, env: Env) -> Value:
        if index.is_label and index not in env and self._is_site(index):
            raise NotRealisable("a site that is a number is nowhere on an unbounded lattice")
        return super()._letter(index, env)

    def _field(self, expr: Expr, env: Env, bound: Bound) -> Result:
        if not isinstance(expr, Variable):
            return super()._field(expr, env, bound)
        if len(expr.places) == len(expr.axes):
            return self._variable(expr, env)
        if expr.places:
            raise NotRealisable(f"{expr.name} is printed without some of its indices")
        if any(map(self._is_lattice, expr.axes)):
            raise NotRealisable("a column of all sites has no value in models of an unbounded lattice")
        time = (expr.time or 0) + self.shift
        every = self.components_of(expr.axes)
        return Array.column([self.world.taken(expr.name, at, (time, *self._here)) for at in every])

    def _variable(self, expr: Variable, env: Env) -> Poly:
        """A variable at a place, or an angle by what defines it."""
        time = (expr.time or 0) + self.shift
        values = tuple(self.place(place, env) for place in expr.places)
        for premise in self.world.operators.angles.get(expr.name, ()):
            left = premise.left
            assert isinstance(left, Variable)
            inner = matched(left.places, values)
            if inner is not None:
                evaluator = self.world.evaluator(premise.scope, time - (left.time or 0))
                return (
                    evaluator.exponent(premise.right, inner)
                    if self.in_exponent
                    else evaluator.number(premise.right, inner)
                )
        return self._taken_at(expr.name, expr, values)

    def _taken_at(self, name: str, variable: Variable, values: At, more: At = ()) -> Poly:
        """The field of a name with the components, at the site and at the time of a variable."""
        at: list[Value] = [*more]
        site = self._here
        for axis, value in zip(variable.axes, values, strict=True):
            if isinstance(value, tuple):
                site = value
            elif value not in self._values_in(axis)[1]:
                raise NotRealisable(f"{variable.name} has no component {value} here")
            else:
                at.append(value)
        return self.world.taken(name, tuple(at), ((variable.time or 0) + self.shift, *site))

    def _differentiated(self, value: Result, coordinate: str, power: int) -> Result:
        world = self.world
        name = "0" if coordinate == "t" else coordinate

        def once(poly: Poly) -> Poly:
            return world.shortened(world.slope(poly, name) * world.spacing(1))

        for _ in range(power):
            value = once(value) if isinstance(value, Poly) else value.map(once)
        return value

    # Matrices.

    def entry(self, of: Expr, row: At, column: At, env: Env) -> Poly:
        """An entry of an expression in matrices over sites."""
        bound = frozenset(env)
        match of:
            case Identity():
                return Poly.number(int(row == column))
            case MatrixSymbol():
                labels = self._at(of.labels, env)
                timed = of.time is not None or "t" in self.declared(of.name).of
                time = (of.time or 0) + self.shift if timed else None
                return self.world.operators.entry(self, of, labels, time, row, column)
            case Transpose(of=inner):
                return self.entry(inner, column, row, env)
            case Neg(term=term):
                return -self.entry(term, row, column, env)
            case Add(terms=terms):
                return sum((self.entry(term, row, column, env) for term in terms), Poly())
            case Frac(top=top, bottom=bottom):
                divisor = self.number(bottom, env, bound).constant
                if not divisor:
                    raise NotRealisable("something is divided by what is zero or no number")
                return self.entry(top, row, column, env).times(ONE / divisor)
            case Mul(factors=factors):
                return self._entry_of_product(factors, row, column, env)
            case MatrixPower(base=base, exponent=Number(value=n)) if n >= 1:
                return self._entry_of_product((base,) * int(n), row, column, env)
            case Zero():
                return ZERO
            case _ if of.type.kind == "scalar":
                return self.number(of, env, bound) if row == column else ZERO
        raise NotRealisable(f"{type(of).__name__} of matrices over sites has no entries in these models")

    def _entry_of_product(self, factors: Sequence[Expr], row: At, column: At, env: Env) -> Poly:
        first, *rest = factors
        if not rest:
            return self.entry(first, row, column, env)
        if first.type.kind == "scalar":
            return self.number(first, env, frozenset(env)) * self._entry_of_product(rest, row, column, env)
        total = Poly()
        for middle in self._rows_near(row, self.world.operators.radius(first), first):
            left = self.entry(first, row, middle, env)
            if left:
                total = total + left * self._entry_of_product(rest, middle, column, env)
        return self.world.shortened(total)

    def _rows_near(self, row: At, radius: int, matrix: Expr) -> Iterator[At]:
        """The columns in which a row of a matrix may have entries."""
        found: list[tuple[Value, ...]] = [()]
        for value, axis in zip(row, matrix.type.axes[-1].split(), strict=True):
            values = list(ball(value, radius)) if isinstance(value, tuple) else self._values_in(axis)[0]
            found = [(*at, v) for at in found for v in values]
        yield from found

    def _symbol(self, expr: MatrixSymbol, env: Env) -> Array:
        if is_over_sites(expr, self.scope):
            raise NotRealisable("a matrix over all sites is taken by its entries in models of an unbounded lattice")
        if expr.time is not None or "t" in self.declared(expr.name).of:
            raise NotRealisable("a matrix that depends on time and on no site is not drawn in these models")
        return super()._symbol(expr, env)

    def _matrix_power(self, base: Array, exponent: Expr, env: Env, bound: Bound) -> Array:
        """A matrix to an integer power, or J to a real one where J² = -1, as a series in the spacing."""
        power = self.exponent(exponent, env, bound)
        if power.constant is not None:
            return base.power(self._integer(exponent, env, bound))
        if base * base != -Array.identity(base.rows):
            raise NotRealisable("a real power is taken of a matrix whose square is not -1")
        one, other = self.world.rotation(power)
        return Array.identity(base.rows).times(one) + base.times(other)


__all__ = ["SmoothEvaluator"]
