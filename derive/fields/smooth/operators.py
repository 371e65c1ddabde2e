"""Matrices over the sites of a lattice in models of slowly varying fields: entry by entry, between sites that are near.

A matrix that a premise defines has the entries that this says. Any other one is drawn: each of its entries between
neighbours is a smooth function of place, and of time where it is declared to depend on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

from derive.domains import NotRealisable
from derive.expression import (
    Add,
    Expr,
    Frac,
    Identity,
    Index,
    Mul,
    Neg,
    Number,
    Over,
    Transpose,
    Zero,
)
from derive.fields.finite.lines import Premise
from derive.fields.finite.polynomials import Poly
from derive.fields.finite.sizes import Value
from derive.fields.nodes import Entry, MatrixPower, MatrixSymbol, Place, Variable, places_of
from derive.notation import Scope

if TYPE_CHECKING:
    from derive.fields.smooth.evaluation import SmoothEvaluator

Site = tuple[int, ...]
At = tuple[Value, ...]
"""A row or a column, by the values of its ranges: of a lattice, the site."""
RANGE = 1
"""How many steps the entries of a drawn matrix reach."""
DRAWABLE = frozenset({"symmetric", "antisymmetric", "diagonal", "hollow", "invertible"})


def is_over_sites(expr: Expr, scope: Scope) -> bool:
    """Whether a matrix is over the sites of a lattice."""
    return any(scope.ranges[name].lattice for axis in expr.type.axes for name in axis.split() if name in scope.ranges)


def ball(center: Site, radius: int) -> Iterator[Site]:
    """The sites that are so many steps from one at most."""
    for moves in product(range(-radius, radius + 1), repeat=len(center)):
        if sum(map(abs, moves)) <= radius:
            yield tuple(c + m for c, m in zip(center, moves, strict=True))


class Operators:
    """The matrices over sites of a world, and the angles, by what defines them."""

    def __init__(self, lines: Sequence[Premise]) -> None:
        self.matrices: dict[str, list[Premise]] = {}
        self.angles: dict[str, list[Premise]] = {}
        self.properties: dict[str, frozenset[str]] = {}
        self.names = {
            node.name
            for line in lines
            for node in line.nodes()
            if isinstance(node, MatrixSymbol) and is_over_sites(node, line.scope)
        }
        self._entries: dict[tuple, Poly] = {}
        self._radii: dict[str, int | None] = {}

    def take(self, premises: Sequence[Premise]) -> list[Premise]:
        """Takes what defines a matrix over sites, or an angle; what is left are other premises.

        Raises NotRealisable for what is said of a matrix over sites and is no definition of it.
        """
        rest: list[Premise] = []
        for premise in premises:
            name = self._defined(premise)
            known = self.angles if premise.is_on_angles else self.matrices
            if name:
                known.setdefault(name, []).append(premise)
            elif premise.is_on_angles:
                raise NotRealisable(f"({premise.source}) says of angles more than what one of them is")
            elif premise.has_fields or not any(
                isinstance(node, MatrixSymbol) and node.name in self.names for node in premise.nodes()
            ):
                rest.append(premise)
            elif not self._is_symmetry(premise):
                raise NotRealisable(f"({premise.source}) says of a matrix over sites more than what its entries are")
        return rest

    def _defined(self, premise: Premise) -> str:
        """The name of the matrix or angle that a premise defines; empty where it defines none."""
        left = premise.left
        inside = [node for node in premise.nodes() if node is not left]
        if premise.is_on_angles:
            if not isinstance(left, Variable) or any(place.steps for place in left.places):
                return ""
            return "" if any(isinstance(n, Variable) and n.name == left.name for n in inside) else left.name
        matrix = left.of if isinstance(left, Entry) else left
        if premise.has_fields or not isinstance(matrix, MatrixSymbol) or matrix.name not in self.names:
            return ""
        if any(place.steps for place in places_of(left)):
            return ""
        inside = [node for node in inside if node is not matrix]
        return "" if any(isinstance(n, MatrixSymbol) and n.name == matrix.name for n in inside) else matrix.name

    def _is_symmetry(self, premise: Premise) -> bool:
        """Takes in that a matrix is its transpose, or minus that."""
        for one, other in (premise.sides, premise.sides[::-1]):
            turned = other.term if isinstance(other, Neg) else other
            if isinstance(one, MatrixSymbol) and turned == Transpose(one) and one.name not in self.matrices:
                said = "antisymmetric" if isinstance(other, Neg) else "symmetric"
                self.properties[one.name] = self.properties.get(one.name, frozenset()) | {said}
                return True
        return False

    # How far matrices reach.

    def radius(self, expr: Expr) -> int:
        """How many steps the entries of a matrix expression reach at most."""
        match expr:
            case Identity() | Zero():
                return 0
            case MatrixSymbol(name=name):
                return self._radius_of(name)
            case Transpose(of=of) | Neg(term=of) | Frac(top=of):
                return self.radius(of)
            case Add(terms=terms):
                return max(map(self.radius, terms))
            case Mul(factors=factors):
                return sum(map(self.radius, factors))
            case MatrixPower(base=base, exponent=Number(value=n)) if n >= 0:
                return int(n) * self.radius(base)
            case _ if expr.type.kind == "scalar":
                return 0
        raise NotRealisable(f"{type(expr).__name__} of matrices over sites has no entries in these models")

    def _radius_of(self, name: str) -> int:
        if name not in self._radii:
            self._radii[name] = None
            if name in self.matrices:
                self._radii[name] = max(map(self._reached, self.matrices[name]))
            else:
                self._radii[name] = RANGE
        found = self._radii[name]
        if found is None:
            raise NotRealisable(f"the matrix {name} is defined through itself")
        return found

    def _reached(self, premise: Premise) -> int:
        left = premise.left
        if not isinstance(left, Entry):
            return self.radius(premise.right)
        row, column = (self._site(places, premise.scope) for places in (left.rows, left.columns))
        found = 0 if row == column else self.reach(premise.right, row, column, premise.scope)
        if found is None:
            raise NotRealisable(f"({premise.source}) gives a matrix entries between all sites")
        return found

    def _site(self, places: Sequence[Place], scope: Scope) -> Index:
        found = [place.index for place in places if scope.ranges[place.index.range].lattice]
        if len(found) != 1:
            raise NotRealisable("a matrix is over more than one lattice")
        return found[0]

    def reach(self, expr: Expr, one: Index, other: Index, scope: Scope) -> int | None:
        """How far apart two sites may be where an expression is not zero; None where any distance may be."""
        match expr:
            case Add(terms=terms):
                found = [self.reach(term, one, other, scope) for term in terms if not isinstance(term, Zero)]
                known = [n for n in found if n is not None]
                return max(known, default=0) if len(known) == len(found) else None
            case Neg(term=inner) | Frac(top=inner) | Over(body=inner):
                return self.reach(inner, one, other, scope)
            case Mul(factors=factors):
                return self._chained(factors, one, other, scope)
            case Entry(of=of, rows=rows, columns=columns) if is_over_sites(of, scope):
                if {self._site(rows, scope), self._site(columns, scope)} != {one, other}:
                    return None
                steps = sum(abs(step.count) for place in (*rows, *columns) for step in place.steps)
                return self.radius(of) + steps
        return None

    def _chained(self, factors: Sequence[Expr], one: Index, other: Index, scope: Scope) -> int | None:
        """The same of a product, in which sites may be near each other since both are near a third one."""
        places = [place.index for factor in factors for place in places_of(factor)]
        sites = list(dict.fromkeys(i for i in places if not i.is_label and scope.ranges[i.range].lattice))
        distance: dict[Index, int] = {one: 0}
        for _ in sites:
            for near, far in product(tuple(distance), sites):
                for factor in factors:
                    found = self.reach(factor, near, far, scope) if near != far else None
                    if found is not None and distance[near] + found < distance.get(far, 10**6):
                        distance[far] = distance[near] + found
        return distance.get(other)

    # Entries.

    def entry(self, evaluator: SmoothEvaluator, expr: MatrixSymbol, labels: At, time: int | None, row: At, column: At):
        """An entry of a declared matrix: by its definition, or drawn."""
        key = (expr.name, labels, time, row, column)
        if key not in self._entries:
            defined = self._by_definition(evaluator, expr.name, labels, time, row, column)
            if defined is None:
                defined = self._drawn(evaluator, expr.name, labels, time, row, column)
            elif not evaluator.world.is_small(expr.name, defined):
                raise NotRealisable(f"what defines {expr.name} is not as small as that is declared to be")
            self._entries[key] = defined
        return self._entries[key]

    def _by_definition(
        self, evaluator: SmoothEvaluator, name: str, labels: At, time: int | None, row: At, column: At
    ) -> Poly | None:
        for premise in self.matrices.get(name, ()):
            left = premise.left
            matrix = left.of if isinstance(left, Entry) else left
            assert isinstance(matrix, MatrixSymbol)
            shift = 0 if time is None else time - (matrix.time or 0)
            inner = evaluator.world.evaluator(premise.scope, shift)
            env = matched(matrix.labels, labels)
            if isinstance(left, Entry) and env is not None:
                env = matched((*left.rows, *left.columns), (*row, *column), env)
                if env is not None:
                    return inner.number(premise.right, env)
            elif env is not None:
                return inner.entry(premise.right, row, column, env)
        if name in self.matrices:
            raise NotRealisable(f"some of the entries of {name} are defined, and others are not")
        return None

    def _drawn(self, evaluator: SmoothEvaluator, name: str, labels: At, time: int | None, row: At, column: At) -> Poly:
        world = evaluator.world
        properties = evaluator.declared(name).properties | self.properties.get(name, frozenset())
        if strange := properties - DRAWABLE:
            raise NotRealisable(f"matrices over sites with the property {min(strange)!r} are not drawn")
        sign = 1
        if properties & {"symmetric", "antisymmetric"} and row > column:
            row, column = column, row
            sign = -1 if "antisymmetric" in properties else 1
        if row == column and properties & {"antisymmetric", "hollow"}:
            return Poly()
        site, other = (next(v for v in at if isinstance(v, tuple)) for at in (row, column))
        offset = tuple(b - a for a, b in zip(site, other, strict=True))
        if sum(map(abs, offset)) > RANGE or ("diagonal" in properties and row != column):
            return Poly()
        if time is None:
            world.still.add(name)
        types = tuple(v for at in (row, column) for v in at if isinstance(v, int))
        found = world.taken(name, (*labels, *types, *((offset,) if any(offset) else ())), (time or 0, *site))
        return found if sign > 0 else -found


def matched(places: Sequence[Place], values: Sequence[Value], known: dict[Index, Value] | None = None):
    """The values of index letters by those of the places they stand at; None where a printed number is another one."""
    env = dict(known or {})
    for place, value in zip(places, values, strict=True):
        if place.index.is_label:
            if isinstance(value, tuple) or int(place.index.name) != value:
                return None
        elif env.setdefault(place.index, value) != value:
            return None
    return env


__all__ = ["Operators", "ball", "is_over_sites", "matched"]
