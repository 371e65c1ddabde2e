"""The values of expressions in a world: balls, components and matrices of them, by the nodes of the tree."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from flint import acb_mat, arb, arb_mat

from derive.analytic import ANALYTIC, over_all
from derive.constants import constant
from derive.domains import NotRealisable, OutsideDomain
from derive.expression import (
    Abs,
    Add,
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
)
from derive.worlds.analysis import Here, enclosed
from derive.worlds.balls import ball
from derive.worlds.places import Places, square
from derive.worlds.quantities import Draw

if TYPE_CHECKING:
    from derive.model import World


class Evaluation:
    """Expressions in a world, by their nodes."""

    def __init__(self, world: World) -> None:
        self.world = world

    def value(self, expr: Expr, places: Places, draw: Draw) -> arb:
        """The ball of a scalar expression. Raises NotRealisable outside a domain."""
        match expr:
            case Number(value=value):
                return ball(value)
            case Size(range=range_):
                return arb(self.world.sizes[range_])
            case Count():
                return arb(sum(prod(self.world.sizes[name] for name in shape) for shape in expr.shapes))
            case Symbol(name=name, slots=slots):
                return self.world.quantities.symbol(
                    name, tuple(self.world.place(s, places) for s in slots if isinstance(s, Index)), draw
                )
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
                if (right := self.world.by_rule(expr, places)) is not None:
                    return self.value(right[0], right[1], draw)
                return self.matrix(of, places, draw).det()
            case Call(function="Trace", argument=argument):
                return self.trace(argument, places, draw)
            case Call(function=name, argument=argument):
                return self.call(name, self.value(argument, places, draw))
            case Element(row=row, column=column) if expr.is_delta:
                return arb(int(self.world.place(row, places) == self.world.place(column, places)))
            case Element(of=of, row=row, column=column):
                return self.matrix(of, places, draw)[self.world.place(row, places), self.world.place(column, places)]
            case Over():
                return self.over(expr, (), places, draw)
            case Gaussian():
                return self.world.laws.gaussian(expr, places, draw)
            case Density():
                return self.world.laws.density(expr, places, draw)
            case Integral() if (plain := over_all(expr, self.world.scope)) is not None:
                return enclosed(plain, self.here(places, draw))
            case Integral(variable=variable, body=body):
                return self.world.laws.integral(variable, body, places, draw)
            case Expectation():
                return self.world.laws.expectation(expr, places, draw)
        if isinstance(expr, ANALYTIC):
            return enclosed(expr, self.here(places, draw))
        raise NotRealisable(f"{type(expr).__name__} has no value here")

    def here(self, places: Places, draw: Draw) -> Here:
        """The place, as integrals and sums between limits see it."""
        world = self.world
        rules = tuple(rule for rule in world.rules if rule not in world.busy)

        def value(name: str, at: tuple[int, ...]) -> arb:
            return world.quantities.symbol(name, at, draw)

        return Here(world.scope, rules, world.sizes, lambda index: world.place(index, places), value, world.base)

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
                for d in range(self.world.sizes[axis])
            ),
            arb(0),
        )

    def over(self, expr: Over, at: tuple[int, ...], places: Places, draw: Draw) -> arb:
        left_out = {self.world.place(index, places) for index in expr.excluded}
        total = arb(1) if expr.operation == "product" else arb(0)
        for number in range(self.world.sizes[expr.index.range]):
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

    def component(self, expr: Expr, at: tuple[int, ...], places: Places, draw: Draw) -> arb:
        """One entry of a vector, column, row or array."""
        if not at:
            return self.value(expr, places, draw)
        match expr:
            case Symbol(name=name, slots=slots):
                rest = list(at)
                filled = tuple(self.world.place(s, places) if isinstance(s, Index) else rest.pop(0) for s in slots)
                return self.world.quantities.symbol(name, filled, draw)
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
            size = self.world.sizes[axes[0]]
            return arb_mat(size, 1, [self.component(expr, (i,), places, draw) for i in range(size)])
        if kind == "row":
            size = self.world.sizes[axes[0]]
            return arb_mat(1, size, [self.component(expr, (i,), places, draw) for i in range(size)])
        size = self.world.sizes[axes[0]]
        match expr:
            case Identity():
                return arb_mat(size, size, [int(i == j) for i, j in square(size)])
            case Symbol():
                return self.world.matrix_symbol(expr, draw)
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
