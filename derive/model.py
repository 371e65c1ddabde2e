r"""Models: exact instances of everything a statement speaks of, to cross-examine proofs and to witness failures.

A :class:`World` fixes the sizes of all ranges, draws a dyadic rational for every base symbol (deterministically, from
its name), computes defined symbols by their rules, builds for each law a distribution on finitely many points with
exactly the mean and covariance that the rules demand, and evaluates expressions in ball arithmetic. It shares nothing
with the normal form but the tree. A world in which something is not realisable (a covariance that is not positive
definite, the logarithm of a negative number) is refused, not used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product as cartesian
from math import prod

from flint import acb_mat, arb, arb_mat, fmpq

from derive.algebra.normal import moments, with_moments
from derive.algebra.rules import Rule, are_apart, as_variance, unify
from derive.constants import constant
from derive.domains import (
    NotRealisable,
    OutsideDomain,
    check_length,
    check_matrix,
    check_number,
    has_unit_length,
    is_in,
    on_sphere,
)
from derive.expression import (
    Abs,
    Add,
    Apart,
    Call,
    Count,
    Density,
    Det,
    Dot,
    Element,
    Expectation,
    Expr,
    Frac,
    Gaussian,
    Identity,
    Index,
    Integral,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pattern,
    Pow,
    Size,
    Symbol,
    Transpose,
    Zero,
    free_indices,
    substitute_indices,
    walk,
)
from derive.finite.families import SYMMETRIC, matrix_of
from derive.notation import Scope

BITS = 320
DIGITS = 15


@dataclass(frozen=True)
class Law:
    """A distribution on finitely many points of a random column."""

    variable: str
    points: tuple[tuple[tuple[arb, ...], arb], ...]
    mean: tuple[arb, ...]
    covariance: tuple[tuple[arb, ...], ...]


Places = Mapping[Index, int]
Draw = Mapping[str, tuple[arb, ...]]
_NO_DRAW: Draw = {}


@dataclass
class World:
    """One instance of a scope under rules. ``scale`` is the value of each small parameter."""

    scope: Scope
    rules: tuple[Rule, ...]
    sizes: Mapping[str, int]
    seed: int = 0
    scale: Mapping[str, Fraction] = field(default_factory=dict)
    base: dict[tuple[str, tuple[int, ...]], Fraction] = field(default_factory=dict)
    """The base values drawn so far."""
    fixed: Mapping[str, Fraction] = field(default_factory=dict)
    """Base values that are not to be drawn but set, by symbol."""
    require_positive: bool = True
    family: str = ""
    """The family that matrices which may be any are drawn of; none for matrices in general position."""
    _laws: dict[str, Law] = field(default_factory=dict)
    _matrices: dict[str, arb_mat] = field(default_factory=dict)
    _busy: list[Rule] = field(default_factory=list)
    _measured: set[tuple[str, tuple[int, ...]]] = field(default_factory=set)
    """The vectors whose length is being looked at."""

    def __post_init__(self) -> None:
        self.rules = with_moments(self.rules)

    # -- base values ---------------------------------------------------------------------------------------------

    def draw(self, name: str, at: tuple[int, ...]) -> arb:
        """A base symbol's value: a multiple of 1/16 in its domain, times its power of the small parameters."""
        key = (name, at)
        declared = self.scope.symbols.get(name)
        if declared is not None and declared.measured is not None:
            raise NotRealisable(f"{name} was measured, and is not drawn")
        if key not in self.base and has_unit_length(declared) and name not in self.fixed:
            self._draw_direction(name, at[:-1], self.sizes[declared.slots[-1]])
        if key not in self.base:
            self.base[key] = self.fixed[name] if name in self.fixed else self._drawn(name, at)
        return ball(self.base[key])

    def _draw_direction(self, name: str, first: tuple[int, ...], size: int) -> None:
        """A vector of length one."""
        foot = [self._drawn(name, (*first, k, size)) for k in range(size - 1)]
        for k, value in enumerate(on_sphere(foot, Fraction(1), lambda number: 1 / number)):
            self.base[name, (*first, k)] = value

    def _drawn(self, name: str, at: tuple[int, ...]) -> Fraction:
        declared = self.scope.symbols.get(name)
        text = f"{self.seed}|{_seed_name(self.scope, name)}|{at}"
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        domain = declared.domain if declared else "positive"
        sixteenths = {
            "positive": 8 + number % 41,
            "nonnegative": number % 49,
            "nonzero": (8 + number % 25) * (1 if number & 1024 else -1),
            "integer": 16 * (number % 9 - 4),
            "unit": Fraction(1 + number % 15),
            "binary": 16 * (number % 2 * 2 - 1),
        }.get(domain, number % 97 - 48)
        value = Fraction(sixteenths or 5, 16)
        if declared:
            for parameter, weight in declared.weights.items():
                value *= self.scale.get(parameter, Fraction(1, 8)) ** weight
        return value

    # -- symbols -------------------------------------------------------------------------------------------------

    def symbol(self, name: str, at: tuple[int, ...], draw: Draw) -> arb:
        if name == r"\pi":
            return arb.pi()
        if name in draw:
            return draw[name][at[0] if at else 0]
        for rule in self.rules:
            left = rule.left
            if rule in self._busy or not isinstance(left, Symbol) or left.name != name or left.own.kind != "scalar":
                continue
            rest = [number for slot, number in zip(left.slots, at, strict=True) if not isinstance(slot, Index)]
            places = _matched((s, n) for s, n in zip(left.slots, at, strict=True) if isinstance(s, Index))
            if places is None or free_indices(rule.right) - set(places):
                continue
            self._busy.append(rule)
            try:
                value = self.component(rule.right, tuple(rest), places, draw)
            finally:
                self._busy.pop()
            return self._as_declared(value, name, at, draw)
        return self.draw(name, at)

    def _as_declared(self, value: arb, name: str, at: tuple[int, ...], draw: Draw) -> arb:
        """What a rule gives a symbol. Raises OutsideDomain where that is not as it is declared."""
        declared = self.scope.symbols.get(name)
        if declared is not None and has_unit_length(declared) and (name, at[:-1]) not in self._measured:
            self._measured.add((name, at[:-1]))
            try:
                size = self.sizes[declared.slots[-1]]
                check_length((self.symbol(name, (*at[:-1], k), draw) for k in range(size)), declared)
            finally:
                self._measured.discard((name, at[:-1]))
        return check_number(value, declared)

    def matrix_symbol(self, symbol: Symbol, draw: Draw) -> arb_mat:
        name = symbol.name
        if name in self._matrices and not (draw and self._is_random(name)):
            return self._matrices[name]
        axis = symbol.own.axes[0]
        size = self.sizes[axis]
        declared = self.scope.symbols.get(name)
        if declared is not None and declared.part_of is not None:
            which, of = declared.part_of
            whole = self.matrix_symbol(Symbol(of, (), symbol.own), draw)
            keep = which == "diagonal"
            value = arb_mat(size, size, [whole[i, j] if (i == j) == keep else 0 for i, j in square(size)])
        else:
            value = self._matrix_by_rule(symbol, size, draw)
        check_matrix(value, declared, positive=self.require_positive)
        if not (draw and self._is_random(name)):
            self._matrices[name] = value
        return value

    def _is_random(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a symbol is, or is defined through, a random quantity that no expectation binds."""
        declared = self.scope.symbols.get(name)
        if declared is not None and declared.law is not None:
            return True
        if declared is not None and declared.part_of is not None and name not in seen:
            return self._is_random(declared.part_of[1], seen | {name})
        for rule in self.rules:
            left = rule.left.of if isinstance(rule.left, Element) else rule.left
            if isinstance(left, Symbol) and left.name == name and name not in seen:
                inside = {node.name for node in _unbound(rule.right) if isinstance(node, Symbol)}
                if any(self._is_random(inner, seen | {name}) for inner in inside):
                    return True
        return False

    def _matrix_by_rule(self, symbol: Symbol, size: int, draw: Draw) -> arb_mat:
        for rule in self.rules:
            if rule in self._busy or rule.left != symbol:
                continue
            self._busy.append(rule)
            try:
                return self.matrix(rule.right, {}, draw)
            finally:
                self._busy.pop()
        if self.family:
            self._draw_of_family(symbol.name, size)
        entries = []
        for i, j in square(size):
            entries.append(self._entry_by_rule(symbol, i, j, draw))
        return arb_mat(size, size, entries)

    def _draw_of_family(self, name: str, size: int) -> None:
        """The entries of a matrix of the family, where its properties leave that open."""
        declared = self.scope.symbols.get(name)
        properties = declared.properties if declared is not None else frozenset()
        if properties - {"symmetric", "invertible"} or ("symmetric" in properties and self.family not in SYMMETRIC):
            return
        ordinal = list(self.scope.symbols).index(name) if declared is not None else 0
        entries = matrix_of(self.family, name, ordinal, size, self._drawn)
        if entries is None:
            raise NotRealisable(f"there is no such matrix of size {size}")
        for i, j in square(size):
            self.base[name, (i, j)] = entries[i][j]

    def _entry_by_rule(self, symbol: Symbol, i: int, j: int, draw: Draw) -> arb:
        for rule in self.rules:
            left = rule.left
            if rule in self._busy or not isinstance(left, Element) or left.of != symbol:
                continue
            places = _matched(((left.row, i), (left.column, j)))
            if places is None:
                continue
            self._busy.append(rule)
            try:
                return self.value(rule.right, places, draw)
            finally:
                self._busy.pop()
        declared = self.scope.symbols.get(symbol.name)
        properties = declared.properties if declared else frozenset()
        symmetric = bool(properties & {"symmetric", "positive definite", "diagonal"})
        if ("diagonal" in properties and i != j) or ("hollow" in properties and i == j):
            return arb(0)
        at = (min(i, j), max(i, j)) if symmetric else (i, j)
        if "positive definite" in properties and i == j and (symbol.name, at) not in self.base:
            self.draw(symbol.name, at)
            self.base[symbol.name, at] = abs(self.base[symbol.name, at]) + 4 * self.sizes[symbol.own.axes[0]]
        if (symbol.name, at) not in self.base:
            self.draw(symbol.name, at)
            for part in self.scope.symbols.values():
                if part.part_of == ("diagonal" if i == j else "off-diagonal", symbol.name):
                    for parameter, weight in part.weights.items():
                        more = weight - (declared.weights.get(parameter, 0) if declared else 0)
                        self.base[symbol.name, at] *= self.scale.get(parameter, Fraction(1, 8)) ** more
        return self.draw(symbol.name, at)

    # -- scalars -------------------------------------------------------------------------------------------------

    def value(self, expr: Expr, places: Places, draw: Draw = _NO_DRAW) -> arb:
        """The ball of a scalar expression. Raises NotRealisable outside a domain."""
        match expr:
            case Number(value=value):
                return ball(value)
            case Size(range=range_):
                return arb(self.sizes[range_])
            case Count():
                return arb(sum(prod(self.sizes[name] for name in shape) for shape in expr.shapes))
            case Symbol(name=name, slots=slots):
                return self.symbol(name, tuple(self.place(s, places) for s in slots if isinstance(s, Index)), draw)
            case Add(terms=terms):
                return sum((self.value(term, places, draw) for term in terms), arb(0))
            case Neg(term=term):
                return -self.value(term, places, draw)
            case Mul(factors=factors):
                return self.product(factors, places, draw)
            case Frac(top=top, bottom=bottom):
                below = self.value(bottom, places, draw)
                if below.contains(0):
                    raise OutsideDomain("a denominator is zero")
                return self.value(top, places, draw) / below
            case Pow(base=base, exponent=exponent):
                return self.power(base, exponent, places, draw)
            case Dot(left=left, right=right):
                return self.dot(left, right, places, draw)
            case Norm(of=of):
                return self.dot(of, of, places, draw).sqrt()
            case Abs(of=of):
                return abs(self.value(of, places, draw))
            case Det(of=of):
                if (right := self.by_rule(expr, places)) is not None:
                    return self.value(right[0], right[1], draw)
                return self.matrix(of, places, draw).det()
            case Call(function="Trace", argument=argument):
                return self.trace(argument, places, draw)
            case Call(function=name, argument=argument):
                return self.call(name, self.value(argument, places, draw))
            case Element(of=of, row=row, column=column):
                return self.matrix(of, places, draw)[self.place(row, places), self.place(column, places)]
            case Over():
                return self.over(expr, (), places, draw)
            case Gaussian():
                return self.gaussian(expr, places, draw)
            case Density():
                return self.density(expr, places, draw)
            case Integral(variable=variable, body=body):
                return self.integral(variable, body, places, draw)
            case Expectation():
                return self.expectation(expr, places, draw)
        raise NotRealisable(f"{type(expr).__name__} has no value here")

    def place(self, index: Index, places: Places) -> int:
        if index in places:
            return places[index]
        if index.is_label:
            number = int(index.name) - 1
            if number < 0:
                raise NotRealisable(f"there is no {index.name}: places count from 1")
            if number >= self.sizes[index.range]:
                raise NotRealisable(f"there is no {index.name} among {self.sizes[index.range]}")
            return number
        raise NotRealisable(f"the index {index.name} has no value")

    def by_rule(self, expr: Expr, places: Places) -> tuple[Expr, Places] | None:
        for rule in self.rules:
            found: dict[Index, Index] = {}
            if rule not in self._busy and unify(rule.left, expr, found):
                at = {old: self.place(new, places) for old, new in found.items()}
                if all(at[a] != at[b] for a, b in rule.apart):
                    return rule.right, at
        return None

    def product(self, factors: tuple[Expr, ...], places: Places, draw: Draw) -> arb:
        result = arb(1)
        others = [factor for factor in factors if factor.type.kind != "scalar"]
        for factor in factors:
            if factor.type.kind == "scalar":
                result *= self.value(factor, places, draw)
        if others:
            matrix = self.matrix(others[0], places, draw)
            for factor in others[1:]:
                matrix = matrix * self.matrix(factor, places, draw)
            result *= matrix[0, 0]
        return result

    def power(self, base: Expr, exponent: Expr, places: Places, draw: Draw) -> arb:
        if base.type.kind == "vector":
            return self.dot(base, base, places, draw)
        value = self.value(base, places, draw)
        power = constant(exponent)
        if power is not None and power.denominator == 1:
            if power < 0 and value.contains(0):
                raise OutsideDomain("a denominator is zero")
            return value ** int(power)
        whole = None if power is not None else self.value(exponent, places, draw).unique_fmpz()
        if whole is not None:
            if whole < 0 and value.contains(0):
                raise OutsideDomain("a denominator is zero")
            return value ** int(whole)
        if not value > 0:
            raise OutsideDomain("a broken power of something that is not positive")
        return (value.log() * self.value(exponent, places, draw)).exp()

    def call(self, name: str, argument: arb) -> arb:
        if name == "log" and not argument > 0:
            raise OutsideDomain("the logarithm of something that is not positive")
        if name == "sqrt" and argument < 0:
            raise OutsideDomain("the square root of something negative")
        if name == "arcsin":
            if not abs(argument) < 1:
                raise OutsideDomain("the arcsine of something that is not between -1 and 1")
            return argument.asin()
        return getattr(argument, name)()

    def dot(self, left: Expr, right: Expr, places: Places, draw: Draw) -> arb:
        (axis,) = left.type.axes
        return sum(
            (
                self.component(left, (d,), places, draw) * self.component(right, (d,), places, draw)
                for d in range(self.sizes[axis])
            ),
            arb(0),
        )

    def over(self, expr: Over, at: tuple[int, ...], places: Places, draw: Draw) -> arb:
        left_out = {self.place(index, places) for index in expr.excluded}
        total = arb(1) if expr.operation == "product" else arb(0)
        for number in range(self.sizes[expr.index.range]):
            if number in left_out:
                continue
            value = self.component(expr.body, at, {**places, expr.index: number}, draw)
            total = total * value if expr.operation == "product" else total + value
        return total

    def trace(self, argument: Expr, places: Places, draw: Draw) -> arb:
        if isinstance(argument, Call) and argument.function == "log":
            inner = self.matrix(argument.argument, places, draw)
            eigenvalues = acb_mat(inner).eig(multiple=True)
            if any(not value.real > 0 for value in eigenvalues):
                raise OutsideDomain("the logarithm of a matrix whose spectrum is not positive")
            return sum((value.log() for value in eigenvalues), arb(0)).real
        matrix = self.matrix(argument, places, draw)
        return sum((matrix[i, i] for i in range(matrix.nrows())), arb(0))

    # -- vectors and matrices ------------------------------------------------------------------------------------

    def component(self, expr: Expr, at: tuple[int, ...], places: Places, draw: Draw) -> arb:
        """One entry of a vector, column, row or array."""
        if not at:
            return self.value(expr, places, draw)
        match expr:
            case Symbol(name=name, slots=slots):
                rest = list(at)
                filled = tuple(self.place(s, places) if isinstance(s, Index) else rest.pop(0) for s in slots)
                return self.symbol(name, filled, draw)
            case Zero():
                return arb(0)
            case Add(terms=terms):
                return sum((self.component(term, at, places, draw) for term in terms), arb(0))
            case Neg(term=term):
                return -self.component(term, at, places, draw)
            case Frac(top=top, bottom=bottom):
                below = self.value(bottom, places, draw)
                if below.contains(0):
                    raise OutsideDomain("a denominator is zero")
                return self.component(top, at, places, draw) / below
            case Transpose(of=of):
                return self.component(of, at[::-1], places, draw)
            case Over():
                return self.over(expr, at, places, draw)
            case Mul(factors=factors):
                result = arb(1)
                others = [factor for factor in factors if factor.type.kind != "scalar"]
                for factor in factors:
                    if factor.type.kind == "scalar":
                        result *= self.value(factor, places, draw)
                if len(others) == 1:
                    return result * self.component(others[0], at, places, draw)
                matrix = self.matrix(others[0], places, draw)
                for factor in others[1:]:
                    matrix = matrix * self.matrix(factor, places, draw)
                return result * matrix[at[0], 0]
        raise NotRealisable(f"{type(expr).__name__} has no components here")

    def matrix(self, expr: Expr, places: Places, draw: Draw) -> arb_mat:
        """The ball matrix of a matrix, row or column."""
        kind, axes = expr.type.kind, expr.type.axes
        if not axes:
            raise NotRealisable(f"a {kind} has no value here")
        if kind == "column":
            size = self.sizes[axes[0]]
            return arb_mat(size, 1, [self.component(expr, (i,), places, draw) for i in range(size)])
        if kind == "row":
            size = self.sizes[axes[0]]
            return arb_mat(1, size, [self.component(expr, (i,), places, draw) for i in range(size)])
        size = self.sizes[axes[0]]
        match expr:
            case Identity():
                return arb_mat(size, size, [int(i == j) for i, j in square(size)])
            case Symbol():
                return self.matrix_symbol(expr, draw)
            case Add(terms=terms):
                result = self.matrix(terms[0], places, draw)
                for term in terms[1:]:
                    result = result + self.matrix(term, places, draw)
                return result
            case Neg(term=term):
                return -self.matrix(term, places, draw)
            case Mul(factors=factors):
                result = arb_mat(size, size, [int(i == j) for i, j in square(size)])
                for factor in factors:
                    if factor.type.kind == "scalar":
                        result = result * self.value(factor, places, draw)
                    else:
                        result = result * self.matrix(factor, places, draw)
                return result
            case Frac(top=top, bottom=bottom):
                return self.matrix(top, places, draw) * (1 / self.value(bottom, places, draw))
            case Pow(base=base, exponent=exponent):
                power = int(constant(exponent) or 0)
                inner = self.matrix(base, places, draw)
                if power < 0:
                    try:
                        inner = inner.inv()
                    except ZeroDivisionError as error:
                        raise OutsideDomain("a matrix is not invertible") from error
                return inner ** abs(power)
            case Transpose(of=of):
                return self.matrix(of, places, draw).transpose()
            case Pattern():
                return arb_mat(size, size, [self._cell(expr, i, j, places, draw) for i, j in square(size)])
            case Call(function="exp", argument=argument):
                return self.matrix(argument, places, draw).exp()
        raise NotRealisable(f"{type(expr).__name__} has no matrix value here")

    def _cell(self, pattern: Pattern, i: int, j: int, places: Places, draw: Draw) -> arb:
        here = {**places, pattern.row: min(i, j), pattern.column: max(i, j)}
        which = pattern.diagonal if i == j else pattern.upper if i < j else pattern.lower
        return self.value(which, here, draw)

    # -- laws ----------------------------------------------------------------------------------------------------

    def gaussian(self, expr: Gaussian, places: Places, draw: Draw) -> arb:
        if not expr.of.type.axes:
            variance = self.value(expr.covariance, places, draw)
            if not variance > 0:
                raise NotRealisable("a normal law whose variance is not positive")
            offset = self.value(expr.of, places, draw) - self.value(expr.mean, places, draw)
            return (-offset * offset / (2 * variance)).exp() / (2 * arb.pi() * variance).sqrt()
        of, mean = self.matrix(expr.of, places, draw), self.matrix(expr.mean, places, draw)
        covariance = self.matrix(expr.covariance, places, draw)
        determinant = covariance.det()
        if not determinant > 0:
            raise OutsideDomain("a Gaussian whose covariance has no positive determinant")
        offset = of - mean
        form = (offset.transpose() * covariance.inv() * offset)[0, 0]
        size = covariance.nrows()
        return (-form / 2).exp() / ((2 * arb.pi()) ** size * determinant).sqrt()

    def density(self, expr: Density, places: Places, draw: Draw) -> arb:
        right = self.by_rule(expr, places)
        if right is not None:
            return self.value(right[0], right[1], draw)
        key = f"density {density_name(expr, self.scope)}"
        for name, values in sorted(draw.items()):
            key += f" {name}={[v.str(10, radius=False) for v in values]}"
        return self.draw(key, ())

    def law(self, name: str) -> Law:
        """The finite distribution that stands for a law: the mean and covariance that the rules give, else drawn."""
        if name in self._laws:
            return self._laws[name]
        variable = next((key for key, d in self.scope.symbols.items() if d.law == name and d.kind == "quantity"), None)
        if variable is None:
            raise NotRealisable(f"nothing follows the law {name}")
        slots = self.scope.symbols[variable].slots
        if len(slots) > 1:
            raise NotRealisable(f"{variable} has more than one index")
        size = self.sizes[slots[0]] if slots else 1
        mean = tuple(self._moment(name, variable, (i,)) for i in range(size))
        covariance = tuple(
            tuple(self._covariance(name, variable, i, j, mean) for j in range(size)) for i in range(size)
        )
        points = _support(mean, covariance)
        domain = self.scope.symbols[variable].domain
        if not all(is_in(value, domain) for point, _ in points for value in point):
            raise OutsideDomain(f"a law with this mean and covariance has values of {variable} that are not {domain}")
        self._laws[name] = Law(variable, points, mean, covariance)
        return self._laws[name]

    def _moment(self, law: str, variable: str, at: tuple[int, ...]) -> arb:
        for rule in self.rules:
            left = rule.left
            if not isinstance(left, Expectation) or (left.kind, left.law) != ("E", law) or rule in self._busy:
                continue
            symbols = _random_factors(left.arguments[0], variable)
            if symbols is not None and len(symbols) == len(at):
                return self.value(rule.right, dict(zip(symbols, at, strict=True)))
        if len(at) == 1:
            return self.draw(f"mean of {variable}", at)
        raise NotRealisable("no such moment")

    def _covariance(self, law: str, variable: str, i: int, j: int, mean: tuple[arb, ...]) -> arb:
        wanted = "Var" if i == j else "Cov"
        for rule in self.rules:
            left = rule.left
            if not isinstance(left, Expectation) or left.law != law or rule in self._busy:
                continue
            symbols = [_random_factors(argument, variable) for argument in left.arguments]
            if left.kind == "E" and symbols[0] is not None and len(symbols[0]) == 2:
                if i != j and symbols[0][0] == symbols[0][1]:
                    continue
                places = dict(zip(symbols[0], (i, j), strict=True))
                if not rule.holds_at(places):
                    continue
                return self.value(rule.right, places) - mean[i] * mean[j]
            if left.kind == wanted and all(found is not None and len(found) == 1 for found in symbols):
                places = {found[0]: at for found, at in zip(symbols, (i, j), strict=False) if found}
                if not rule.holds_at(places):
                    continue
                return self.value(rule.right, places)
        value = self.draw(f"covariance of {variable}", (min(i, j), max(i, j)))
        if i == j:
            return abs(value) + 4 * len(mean)
        if self._gives(law, "Var"):
            apart = self._covariance(law, variable, i, i, mean) * self._covariance(law, variable, j, j, mean)
            return value / (4 * len(mean)) * apart.sqrt()
        return value

    def _gives(self, law: str, kind: str) -> bool:
        """Whether a rule gives the variances or covariances of a law."""
        return any(
            isinstance(rule.left, Expectation) and (rule.left.kind, rule.left.law) == (kind, law)
            for rule in self.rules
            if rule not in self._busy
        )

    def integral(self, variable: Symbol, body: Expr, places: Places, draw: Draw) -> arb:
        factors = body.factors if isinstance(body, Mul) else (body,)
        laws = [f for f in factors if isinstance(f, Density) and f.of == (variable,) and not f.given]
        if len(laws) != 1 or self.law(laws[0].law).variable != variable.name:
            raise NotRealisable("an integral that is no expectation")
        rest = tuple(f for f in factors if f is not laws[0])
        return self._mean_of(laws[0].law, rest, places, draw)

    def _mean_of(self, name: str, factors: tuple[Expr, ...], places: Places, draw: Draw) -> arb:
        law = self.law(name)
        for node in (node for factor in factors for node in walk(factor)):
            declared = self.scope.symbols.get(node.name) if isinstance(node, Symbol) else None
            if declared is not None and declared.law == name and declared.key != law.variable:
                raise NotRealisable(f"{law.variable} and {declared.key} follow the law {name} together")
        found = self._mean_over(law.points, law.variable, factors, places, draw)
        if any(isinstance(rule.left, Density) and rule.left.law == name and moments(rule) for rule in self.rules):
            other = self._mean_over(_support(law.mean, law.covariance, 2), law.variable, factors, places, draw)
            if not found.overlaps(other):
                raise NotRealisable(f"more than mean and covariance of the normal law {name} is asked for")
        return found

    def _mean_over(
        self,
        points: tuple[tuple[tuple[arb, ...], arb], ...],
        variable: str,
        factors: tuple[Expr, ...],
        places: Places,
        draw: Draw,
    ) -> arb:
        total = arb(0)
        for point, probability in points:
            total += probability * self.product(factors, places, {**draw, variable: point})
        return total

    def expectation(self, expr: Expectation, places: Places, draw: Draw) -> arb:
        if expr.kind != "E":
            expr = self._distinct_or_variance(expr, places)
            right = self.by_rule(expr, places)
            if right is not None:
                return self.value(right[0], right[1], draw)
        first = self._mean_of(expr.law, (expr.arguments[0],), places, draw)
        if expr.kind == "E":
            return first
        second = self._mean_of(expr.law, (expr.arguments[-1],), places, draw)
        both = self._mean_of(expr.law, (expr.arguments[0], expr.arguments[-1]), places, draw)
        return both - first * second

    def _distinct_or_variance(self, expr: Expectation, places: Places) -> Expectation:
        """Cov of two components that are the same one here is a variance."""
        if expr.kind == "Cov" and len(expr.arguments) == 2:
            change = {index: Index(str(self.place(index, places) + 1), index.range) for index in free_indices(expr)}
            first, second = (substitute_indices(argument, change) for argument in expr.arguments)
            if first == second:
                return as_variance(replace(expr, arguments=(expr.arguments[0],) * 2), "Var")
        return expr

    # -- what the witness says -----------------------------------------------------------------------------------

    def values(self) -> dict[str, str]:
        """The base values drawn, by printed name, and the sizes, as exact strings."""
        named = {self.scope.ranges[name].size: str(size) for name, size in sorted(self.sizes.items())}
        for (name, at), value in sorted(self.base.items()):
            label = f"{name}_{{{','.join(str(n + 1) for n in at)}}}" if at else name
            named[label] = str(value)
        return named


def _unbound(expr: Expr) -> Iterator[Expr]:
    """The nodes of an expression outside expectations and integrals, which bind their variables."""
    yield expr
    if not isinstance(expr, Expectation | Integral):
        for child in expr.children:
            yield from _unbound(child)


def _matched(pairs: Iterable[tuple[Index, int]]) -> dict[Index, int] | None:
    """What each index of the left side of a rule stands for; None where a label or a repeated index doesn't fit."""
    places: dict[Index, int] = {}
    for index, number in pairs:
        if (index.is_label and int(index.name) != number + 1) or places.setdefault(index, number) != number:
            return None
    return places


def _seed_name(scope: Scope, name: str) -> str:
    """What the draw of a symbol depends on: its place in the table and not its spelling."""
    names = list(scope.symbols)
    return f"#{names.index(name)}" if name in names else name.rsplit(" ", 1)[0]


def density_name(expr: Density, scope: Scope) -> str:
    """What the draw of a density depends on: the places of its law and symbols in the table, not their spelling."""
    names = list(scope.symbols)

    def part(node: Expr) -> str:
        return ",".join(str(names.index(n.name)) for n in walk(node) if isinstance(n, Symbol) and n.name in names)

    law = names.index(expr.law) if expr.law in names else 0
    return f"{law}({';'.join(part(node) for node in expr.of)}|{';'.join(part(node) for node in expr.given)})"


def _random_factors(expr: Expr, variable: str) -> list[Index] | None:
    """The indices of a product of components of the random column, or None if it is something else."""
    if isinstance(expr, Pow) and constant(expr.exponent) == 2:
        expr = Mul((expr.base, expr.base))
    factors = expr.factors if isinstance(expr, Mul) else (expr,)
    found: list[Index] = []
    for factor in factors:
        if not isinstance(factor, Symbol) or factor.name != variable or len(factor.slots) != 1:
            return None
        (slot,) = factor.slots
        if not isinstance(slot, Index):
            return None
        found.append(slot)
    return found


def _support(
    mean: tuple[arb, ...], covariance: tuple[tuple[arb, ...], ...], stretch: int = 1
) -> tuple[tuple[tuple[arb, ...], arb], ...]:
    """Points and probabilities with this mean and covariance: the mean plus steps along the columns of L in L D L^T.

    One of the n directions is chosen with probability 1/n, then a step of ±a with probability p each, where
    2 p a² = n d. With another ``stretch`` of the steps the higher moments are others. Raises NotRealisable when the
    covariance is not positive semidefinite.
    """
    size = len(mean)
    lower = [[arb(int(i == j)) for j in range(size)] for i in range(size)]
    pivots: list[arb] = []
    for j in range(size):
        pivot = covariance[j][j] - sum((lower[j][k] ** 2 * pivots[k] for k in range(j)), arb(0))
        if pivot.contains(0):
            pivot = arb(0)
        elif not pivot > 0:
            raise OutsideDomain("a covariance is not positive semidefinite")
        pivots.append(pivot)
        for i in range(j + 1, size):
            rest = covariance[i][j] - sum((lower[i][k] * lower[j][k] * pivots[k] for k in range(j)), arb(0))
            lower[i][j] = rest / pivot if pivot != 0 else arb(0)
    points: list[tuple[tuple[arb, ...], arb]] = []
    for k in range(size):
        variance = size * pivots[k]
        step = 1
        while not variance / (2 * step * step) < arb(0.4):
            step *= 2
        step *= stretch
        p = variance / (2 * step * step)
        for sign, probability in ((1, p), (-1, p), (0, 1 - 2 * p)):
            point = tuple(mean[i] + sign * step * lower[i][k] for i in range(size))
            points.append((point, probability / size))
    return tuple(points)


def placings(indices: Iterable[Index], sizes: Mapping[str, int], apart: Apart = ()) -> Iterator[dict[Index, int]]:
    """All numbers for free indices; ``apart`` are kept different."""
    ordered = sorted(indices, key=lambda index: (index.range, index.name))
    for numbers in cartesian(*(range(sizes[index.range]) for index in ordered)):
        places = dict(zip(ordered, numbers, strict=True))
        if are_apart(apart, places):
            yield places


def coincide(places: Places) -> bool:
    """Whether two indices of one range are the same here, where a denominator may vanish."""
    return len({(index.range, number) for index, number in places.items()}) < len(places)


def square(size: int) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(size) for j in range(size))


def ball(value: Fraction | int) -> arb:
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


def digits(value: arb) -> str:
    """An exact ball as a fraction, unless that is long; else the digits that are certain."""
    if value.is_exact():
        mantissa, exponent = value.man_exp()
        is_short = int(mantissa).bit_length() + abs(int(exponent)) <= 8 * DIGITS
        if is_short and len(exact := str(Fraction(int(mantissa)) * Fraction(2) ** int(exponent))) <= DIGITS:
            return exact
    return value.str(DIGITS, radius=False)
