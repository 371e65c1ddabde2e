r"""The rank of a Jacobian: the largest that it has at any point, exactly.

From below: the rank at a point with rational coordinates, in rational numbers. From above: the number of coordinates
less that of independent linear vector fields A x + b that leave every function as it is, identically. These are found
by linear algebra at points, and each is then shown by an identity of polynomials. A small Jacobian may also have minors
that vanish identically. Where the two bounds differ the rank is refused and not guessed.

Angles enter through sines and cosines of whole combinations of them. With t = tan(a / 2d), where d is a common
denominator, all are rational functions of t, and the rank is the same, since dt/da is nowhere zero.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from itertools import product as cartesian
from math import comb, lcm
from typing import TYPE_CHECKING, Any

from flint import fmpq, fmpq_mat

from derive.algebra.atoms import Sym
from derive.algebra.calculus import Derivative
from derive.algebra.indexed import Poly, atoms_in, canonical
from derive.algebra.phases import in_cosines
from derive.algebra.raising import Raising
from derive.algebra.rules import Unsupported
from derive.expression import Add, Expr, Index, Number, Over, Rank, Symbol, Whole, free_indices, substitute_indices

if TYPE_CHECKING:
    from derive.algebra.lowering import Lowering

POINTS = 3
"""At how many points the rank is computed; the largest counts."""
_KEPT: dict[object, tuple[int, int, frozenset[str]]] = {}
"""Bounds by the question, as proofs and models ask for the same ones, and the premises that they use."""
MINORS = 100
"""How many minors are computed at most."""
MOST = 24
"""How many coordinates there may be."""


@dataclass(frozen=True)
class Map:
    """Rational functions, as pairs of polynomials in the coordinates and in other symbols behind them."""

    functions: tuple[tuple[Any, Any], ...]
    coordinates: int
    ring: Any

    def at(self, point: Sequence[int]) -> fmpq_mat:
        """The Jacobian at a point with whole coordinates. Raises ZeroDivisionError where a function is not defined."""
        rows = []
        for top, bottom in self.functions:
            f, g = _at(top, point), _at(bottom, point)
            rows.append([
                (_at(top.diff(x), point) * g - f * _at(bottom.diff(x), point)) / g**2
                for x in self.ring.gens[: self.coordinates]
            ])  # fmt: skip
        return fmpq_mat(rows)


def bounds(expr: Rank, lowering: Lowering) -> tuple[int, int]:
    """The least and the largest that the rank may be. Raises Unsupported where the functions are no rational ones."""
    scope = lowering.scope
    said = sorted((name, repr(declared)) for name, declared in scope.symbols.items())
    key = expr, lowering.rules, lowering.definitions, repr((scope.ranges, said))
    if key not in _KEPT:
        if len(_KEPT) > 50:
            _KEPT.clear()
        applied = set(lowering.applied)
        lowering.applied.clear()
        least, most = _bounds(_map(expr, lowering))
        _KEPT[key] = least, most, frozenset(lowering.applied)
        lowering.applied |= applied
    least, most, used = _KEPT[key]
    lowering.applied |= used
    return least, most


def _bounds(found: Map) -> tuple[int, int]:
    draw = random.Random(0)
    points = list(_points(found, draw, POINTS))
    least = max((found.at(point).rank() for point in points), default=0)
    most = min(len(found.functions), found.coordinates)
    if least < most:
        most = min(most, found.coordinates - _invariances(found, draw, least))
    if least < most and _has_no_minor(found, least + 1):
        most = least
    return least, most


def rank(expr: Rank, lowering: Lowering) -> int:
    """The largest rank that the Jacobian has at any point. Raises Unsupported where the two bounds differ."""
    least, most = bounds(expr, lowering)
    if least != most:
        raise Unsupported(f"the rank is at least {least} and at most {most}")
    return least


# -- the functions ---------------------------------------------------------------------------------------------------


def components(expr: Expr, lowering: Lowering) -> list[Expr]:
    """What an expression stands for: itself, for all values of its indices, or the entries of a column."""
    if isinstance(expr, Symbol):
        axes = [slot.range for slot in expr.slots if isinstance(slot, Whole)]
        rest = [list(_labels(axis, lowering)) for axis in axes]
        filled = []
        for choice in cartesian(*rest):
            places = list(choice)
            slots = tuple(slot if isinstance(slot, Index) else places.pop(0) for slot in expr.slots)
            filled.append(Symbol(expr.name, slots, expr.own))
        return [one for symbol in filled for one in _placed(symbol, lowering)]
    return _placed(expr, lowering)


def _placed(expr: Expr, lowering: Lowering) -> list[Expr]:
    indices = sorted(free_indices(expr), key=lambda index: index.name)
    choices = cartesian(*(list(_labels(index.range, lowering)) for index in indices))
    found = (substitute_indices(expr, dict(zip(indices, choice, strict=True))) for choice in choices)
    return [written_out(one, lowering) for one in found]


def _labels(range_: str, lowering: Lowering) -> Iterator[Index]:
    size = lowering.scope.ranges[range_].size
    if not size.isdigit():
        raise Unsupported(f"the rank of a Jacobian for {size} that is a letter")
    return (Index(str(number + 1), range_) for number in range(int(size)))


def written_out(expr: Expr, lowering: Lowering) -> Expr:
    """An expression with its sums over indices written out."""
    if isinstance(expr, Over) and expr.operation == "sum":
        kept = (label for label in _labels(expr.index.range, lowering) if label not in expr.excluded)
        terms = tuple(written_out(substitute_indices(expr.body, {expr.index: label}), lowering) for label in kept)
        return Add(terms) if terms else Number(0)  # type: ignore[arg-type]
    return expr.map(lambda child: written_out(child, lowering))


def _map(expr: Rank, lowering: Lowering) -> Map:
    """The functions of a Jacobian as rational functions of its coordinates, angles by the tangents of their halves."""
    import sympy

    from derive.sympy_bridge import NotScalar, to_sympy

    by = [one for item in expr.by for one in components(item, lowering)]
    if len(set(by)) < len(by) or len(by) > MOST:
        raise Unsupported("the coordinates of a Jacobian are different symbols, and not too many")
    if any(isinstance(rule.left, Symbol) and rule.left.name in {s.name for s in by} for rule in lowering.rules):  # type: ignore[union-attr]
        raise Unsupported("a Jacobian in what a premise defines")
    functions = []
    for one in (one for item in expr.of for one in components(item, lowering)):
        poly = in_cosines(canonical(lowering.scalar(one)))
        _check_open(poly, by, lowering)
        try:
            functions.append(to_sympy(Raising(lowering.scope).poly(poly), lowering.scope))
        except (NotScalar, TypeError, KeyError) as problem:
            raise Unsupported(f"the rank of a Jacobian of {problem}") from problem
    functions = [f for n, f in enumerate(functions) if f not in functions[:n] and -f not in functions[:n]]
    coordinates = [to_sympy(symbol, lowering.scope) for symbol in by]
    others = sorted({s for f in functions for s in f.free_symbols} - set(coordinates), key=str)
    names = [*coordinates, *others]
    change = _tangents(functions, names)
    functions = [sympy.expand_trig(f.subs({a: d * a for a, d in change.items()}, simultaneous=True)) for f in functions]
    rational = {}
    for angle in change:
        rational[sympy.sin(angle)] = 2 * angle / (1 + angle**2)
        rational[sympy.cos(angle)] = (1 - angle**2) / (1 + angle**2)
        rational[sympy.tan(angle)] = 2 * angle / (1 - angle**2)
    ring = sympy.polys.rings.ring(names, sympy.QQ)[0]
    pairs = []
    for function in functions:
        top, bottom = sympy.fraction(sympy.together(function.xreplace(rational)))
        try:
            pairs.append((ring.from_expr(sympy.expand(top)), ring.from_expr(sympy.expand(bottom))))
        except (ValueError, TypeError, sympy.CoercionFailed) as problem:
            raise Unsupported("the rank of a Jacobian of functions that are not rational ones") from problem
    return Map(tuple(pairs), len(coordinates), ring)


def _check_open(poly: Poly, by: list[Expr], lowering: Lowering) -> None:
    """Raises Unsupported where a symbol is defined through a coordinate by no premise of the line."""
    for symbol in by:
        derivative = Derivative(lowering, symbol.name, ())  # type: ignore[attr-defined]
        for which in atoms_in(poly):
            if isinstance(which, Sym) and derivative.reaches(which.name):
                raise Unsupported(f"{which.name} is defined through {derivative.name}, by no premise of this line")


def _tangents(functions: list[Any], names: list[Any]) -> dict[Any, int]:
    """The symbols that stand in sines and cosines, each with the common denominator of its multiples."""
    import sympy

    found: dict[Any, int] = {}
    for call in {c for f in functions for c in f.atoms(sympy.sin, sympy.cos, sympy.tan)}:
        (argument,) = call.args
        for symbol in argument.free_symbols:
            factor = argument.coeff(symbol)
            if not factor.is_Rational:
                raise Unsupported("an angle that is no multiple of a symbol")
            found[symbol] = lcm(found.get(symbol, 1), int(factor.q))
        rest = argument - sum(argument.coeff(s) * s for s in argument.free_symbols)
        if sympy.expand(rest) != 0:
            raise Unsupported("an angle that is no sum of multiples of symbols")
    for function in functions:
        outside = function.xreplace({c: sympy.Integer(1) for c in function.atoms(sympy.sin, sympy.cos, sympy.tan)})
        if outside.free_symbols & set(found):
            raise Unsupported("an angle both inside and outside of sines and cosines")
    return {symbol: found[symbol] for symbol in names if symbol in found}


# -- points and invariances ------------------------------------------------------------------------------------------


def _at(polynomial: Any, point: Sequence[int]) -> fmpq:
    total = fmpq(0)
    for exponents, coefficient in polynomial.terms():
        value = fmpq(int(coefficient.numerator), int(coefficient.denominator))
        for x, exponent in zip(point, exponents, strict=True):
            value *= x**exponent
        total += value
    return total


def _points(found: Map, draw: random.Random, count: int) -> Iterator[tuple[int, ...]]:
    """Points at which all functions are defined; other symbols than the coordinates are positive."""
    for _ in range(5 * count):
        point = tuple(
            draw.randint(1, 29) * (draw.choice((1, -1)) if n < found.coordinates else 1)
            for n in range(len(found.ring.gens))
        )
        if all(_at(bottom, point) != 0 for _, bottom in found.functions):
            yield point
            count -= 1
        if not count:
            return


def _invariances(found: Map, draw: random.Random, least: int) -> int:
    """How many independent linear vector fields leave every function as it is, each shown to by an identity."""
    n = found.coordinates
    rows: list[list[fmpq]] = []
    enough = n * (n + 1) // max(least, 1) + 3
    for point in _points(found, draw, enough):
        jacobian = _independent_rows(found.at(point))
        for row in jacobian:
            rows.append([*(value * x for value in row for x in point[:n]), *row])
    if not rows:
        return 0
    kernel, nullity = _nullspace(fmpq_mat(rows))
    fields = [_field(found, [kernel[i, j] for i in range(kernel.nrows())]) for j in range(nullity)]
    shown = [field for field in fields if all(_is_kept(found, field, f) for f in found.functions)]
    if not shown:
        return 0
    return max(
        (
            fmpq_mat([[_at(part, point) for part in field] for field in shown]).rank()
            for point in _points(found, draw, 2)
        ),
        default=0,
    )


def _has_no_minor(found: Map, size: int) -> bool:
    """Whether all minors of this size vanish identically, where they are few and small."""
    coordinates, functions = found.coordinates, found.functions
    if size > 3 or comb(len(functions), size) * comb(coordinates, size) > MINORS:
        return False
    gens = found.ring.gens[:coordinates]
    rows = [[top.diff(x) * bottom - top * bottom.diff(x) for x in gens] for top, bottom in functions]
    return all(
        _determinant([[rows[i][j] for j in columns] for i in chosen]) == 0
        for chosen in combinations(range(len(rows)), size)
        for columns in combinations(range(coordinates), size)
    )


def _determinant(rows: list[list[Any]]) -> Any:
    """By expansion along the first row."""
    if len(rows) == 1:
        return rows[0][0]
    total = rows[0][0] * 0
    for j, entry in enumerate(rows[0]):
        rest = [row[:j] + row[j + 1 :] for row in rows[1:]]
        total = total + (-1) ** j * entry * _determinant(rest)
    return total


def _independent_rows(matrix: fmpq_mat) -> list[list[fmpq]]:
    reduced, size = matrix.rref()
    return [[reduced[i, j] for j in range(reduced.ncols())] for i in range(size)]


def _nullspace(matrix: fmpq_mat) -> tuple[fmpq_mat, int]:
    """A basis of the vectors that a matrix takes to zero, as the columns of another one."""
    reduced, size = matrix.rref()
    columns = matrix.ncols()
    pivots = [next(j for j in range(columns) if reduced[i, j] != 0) for i in range(size)]
    free = [j for j in range(columns) if j not in pivots]
    basis = fmpq_mat(columns, max(len(free), 1))
    for k, j in enumerate(free):
        basis[j, k] = fmpq(1)
        for i, pivot in enumerate(pivots):
            basis[pivot, k] = -reduced[i, j]
    return basis, len(free)


def _field(found: Map, entries: list[fmpq]) -> list[Any]:
    """The components of a linear vector field."""
    n, ring = found.coordinates, found.ring
    number = ring.domain

    def element(value: fmpq) -> Any:
        return number(int(value.p), int(value.q))

    linear = [
        sum((ring.gens[k] * element(entries[i * n + k]) for k in range(n) if entries[i * n + k] != 0), ring.zero)
        for i in range(n)
    ]
    return [linear[i] + element(entries[n * n + i]) for i in range(n)]


def _is_kept(found: Map, field: list[Any], function: tuple[Any, Any]) -> bool:
    """Whether a function does not change along a vector field: an identity of polynomials."""
    top, bottom = function
    gens = found.ring.gens[: found.coordinates]
    along = [sum((part * of.diff(x) for part, x in zip(field, gens, strict=True)), found.ring.zero) for of in function]
    return along[0] * bottom - top * along[1] == 0
