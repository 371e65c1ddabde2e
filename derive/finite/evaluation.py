"""The values of expressions in an instance: numbers, operators, kets and bras, by the nodes of the tree."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

from flint import acb, arb

from derive.analytic import ANALYTIC, over_all
from derive.constants import constant
from derive.domains import NotRealisable
from derive.expression import (
    Abs,
    Add,
    Applied,
    Bra,
    Call,
    Commutator,
    Count,
    Curl,
    Dagger,
    Density,
    Dirac,
    Dot,
    Element,
    Expectation,
    Expr,
    Frac,
    ImaginaryUnit,
    Index,
    Integral,
    Ket,
    Kronecker,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Partial,
    Pow,
    Rank,
    Size,
    StateMean,
    Symbol,
    Transpose,
    ValueSum,
    Zero,
    walk,
)
from derive.finite.alphabets import At, Env
from derive.finite.free import above_sums
from derive.finite.moving import rank, slope
from derive.finite.rings import Numeric, Scalar
from derive.finite.spinors import (
    Operator,
    Value,
    adjoint,
    commutator,
    curl,
    inverse,
    matrix,
    multiple_of_one,
    plus,
    times,
)
from derive.worlds.analysis import Here, enclosed
from derive.worlds.places import Places

if TYPE_CHECKING:
    from derive.instance import Instance


class WithLimits(NotRealisable):
    """An integral or sum between limits, or a special function, where values are no numbers."""


class Evaluation:
    """Expressions in an instance, by their nodes."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.ring = instance.ring
        self.integrated: list[Symbol] = []
        """The variables of the integrals and sums around what is evaluated."""

    def of(self, expr: Expr, places: Places, env: Env, at: At = ()) -> Value:
        """A number, an operator, a ket or a bra; of what has open axes the component ``at``."""
        ring = self.ring
        match expr:
            case Number(value=number):
                return ring.number(number)
            case Size(range=range_):
                return ring.number(self.instance.sizes[range_])
            case ImaginaryUnit():
                return ring.i
            case Zero():
                return ring.number(0)
            case Symbol(name=name, slots=slots):
                if expr.type.kind == "matrix":
                    raise NotRealisable("a matrix has no value here")
                rest = list(at)
                filled = tuple(self.instance.place(s, places) if isinstance(s, Index) else rest.pop(0) for s in slots)
                return self.instance.quantities.symbol(name, filled, env)
            case Applied():
                return self.instance.quantities.applied(expr, places, env)
            case Add(terms=terms):
                return self.total([self.of(term, places, env, at) for term in terms])
            case Neg(term=term):
                return times(ring, ring.number(-1), self.of(term, places, env, at))
            case Mul(factors=factors):
                return self.product(expr, factors, places, env, at)
            case Frac(top=top, bottom=bottom):
                below = ring.inverse(self.instance.value(bottom, places, env))
                return times(ring, below, self.of(top, places, env, at))
            case Pow():
                return self.power(expr, places, env)
            case Transpose(of=of):
                return self.of(of, places, env, at[::-1])
            case Over():
                return self.over(expr, places, env, at)
            case Integral() if (plain := self.plain_integral(expr)) is not None:
                return self.between_limits(plain, places, env)
            case Integral(variable=variable, body=body) | ValueSum(variable=variable, body=body):
                self.integrated.append(variable)
                try:
                    values = list(self.instance.alphabets.bindings(variable, body, places, env))
                    self._check_deltas(variable, body, values, places, env)
                    return self.total([self.of(body, places, {**env, **bound}, at) for bound in values])
                finally:
                    self.integrated.pop()
            case Dot(left=left, right=right):
                return self.total([times(ring, a, b) for a, b in self.componentwise(left, right, places, env)])
            case Norm(of=of):
                pairs = self.componentwise(of, of, places, env)
                return ring.call("sqrt", self.total([a * b for a, b in pairs]))
            case Abs(of=of):
                return ring.modulus(self.instance.value(of, places, env))
            case Call(function=name, argument=argument):
                return self.call(name, self.of(argument, places, env))
            case Element(row=row, column=column) if expr.is_delta:
                return ring.number(int(self.instance.place(row, places) == self.instance.place(column, places)))
            case Kronecker(left=left, right=right):
                return ring.number(
                    int(ring.equal(self.instance.value(left, places, env), self.instance.value(right, places, env)))
                )
            case Dirac(argument=argument):
                if not any(_removes(variable, argument) for variable in self.integrated):
                    raise NotRealisable("a delta with neither a law beside it nor the integral that removes it")
                return self.delta(argument, places, env)
            case Density():
                return self.instance.tables.density(expr, places, env)
            case _ if isinstance(expr, ANALYTIC):
                return self.between_limits(expr, places, env)
            case Expectation():
                return self.instance.tables.expectation(expr, places, env)
            case Ket(of=of):
                return self.instance.draws.ket(of, env)
            case Bra(of=of):
                return adjoint(ring, self.instance.draws.ket(of, env))
            case StateMean(of=of, state=state):
                ket = self.instance.draws.ket(state, env)
                inner = times(ring, self.of(of, places, env), ket)
                return times(ring, adjoint(ring, ket), inner)
            case Dagger(of=of):
                return adjoint(ring, self.of(of, places, env, at))
            case Commutator(left=left, right=right):
                return commutator(ring, self.of(left, places, env), self.of(right, places, env))
            case Curl(of=of):
                if self.instance.sizes[expr.type.axes[0]] != 3:
                    raise NotRealisable("a curl in other than three dimensions")
                return curl(ring, lambda d: self.of(of, places, env, (d,)), at[0])
            case Count():
                return ring.number(self.how_many(expr))
            case Partial(of=of, by=by):
                try:
                    return slope(self.instance, of, by, places, env, at)
                except WithLimits:
                    return self.between_limits(expr, places, env)
            case Rank():
                return ring.number(rank(self.instance, expr))
        raise NotRealisable(f"{type(expr).__name__} has no value here")

    def _check_deltas(self, variable: Symbol, body: Expr, values: list[Env], places: Places, env: Env) -> None:
        """Refuses a delta that no value of the variable meets: a continuum would have one that does."""
        for delta in (node for node in above_sums(body) if isinstance(node, Dirac) and variable in walk(node)):
            arguments = (self.instance.value(delta.argument, places, {**env, **bound}) for bound in values)
            if not any(self.ring.equal(argument, self.ring.number(0)) for argument in arguments):
                raise NotRealisable(f"no value of {variable.name} here meets the delta")

    def plain_integral(self, expr: Integral) -> Expr | None:
        """An integral over all numbers, as one between limits; None where a sum may stand for it."""
        instance = self.instance
        if instance.any_measure or instance.alphabets.is_formal(expr.variable, expr.body):
            return None
        return over_all(expr, instance.scope)

    def between_limits(self, expr: Expr, places: Places, env: Env) -> Scalar:
        """An integral or sum between limits, or a special function: in numeric instances, of real numbers."""
        instance = self.instance
        if not isinstance(self.ring, Numeric):
            raise WithLimits("an integral or a sum between limits is evaluated with numbers only")

        def value(name: str, at: At) -> arb:
            found = instance.quantities.symbol(name, at, env)
            if isinstance(found, acb) and found.imag.contains(0):
                return found.real
            raise NotRealisable(f"{name} is no real number")

        rules = tuple(rule for rule in instance.rules if rule not in instance.busy)
        exact = {key: drawn for key, drawn in instance.base.items() if key not in env}
        place = Here(instance.scope, rules, instance.sizes, lambda index: instance.place(index, places), value, exact)
        return acb(enclosed(expr, place))

    def total(self, values: list[Value]) -> Value:
        if not values:
            return self.ring.number(0)
        result = values[0]
        for value in values[1:]:
            result = plus(self.ring, result, value)
        return result

    def componentwise(self, left: Expr, right: Expr, places: Places, env: Env) -> Iterator[tuple[Value, Value]]:
        (axis,) = left.type.axes
        for d in range(self.instance.sizes[axis]):
            yield self.of(left, places, env, (d,)), self.of(right, places, env, (d,))

    def product(self, expr: Mul, factors: tuple[Expr, ...], places: Places, env: Env, at: At) -> Value:
        """A product in order. One in which a delta is zero is zero, whatever its other factors are."""
        ring = self.ring
        if expr.type.kind in ("scalar", "operator"):
            is_law = any(isinstance(f, Density) and any(map(self.instance.alphabets.is_random, f.of)) for f in factors)
            for factor in factors:
                if isinstance(factor, Dirac) and is_law:
                    value = self.delta(factor.argument, places, env)
                elif isinstance(factor, Kronecker | Dirac):
                    value = self.of(factor, places, env)
                else:
                    continue
                if ring.equal(value, ring.number(0)):
                    return value
            factors = tuple(factor for factor in factors if not isinstance(factor, Kronecker | Dirac))
        if not at and (form := _rows_and_columns(factors)) is not None:
            numbers, row, column = form
            pairs = self.componentwise(row, column, places, env)
            total = self.total([times(ring, a, b) for a, b in pairs])
            for factor in numbers:
                total = times(ring, total, self.of(factor, places, env))
            return total
        if at and sum(bool(factor.type.axes) for factor in factors) != 1:
            raise NotRealisable("a product of these kinds has no components here")
        if not at and any(factor.type.axes for factor in factors):
            raise NotRealisable("a product of matrices has no value here")
        result: Value = ring.number(1)
        for factor in factors:
            result = times(ring, result, self.of(factor, places, env, at if factor.type.axes else ()))
        return result

    def delta(self, argument: Expr, places: Places, env: Env) -> Scalar:
        return self.ring.number(int(self.ring.equal(self.instance.value(argument, places, env), self.ring.number(0))))

    def power(self, expr: Pow, places: Places, env: Env) -> Value:
        base, exponent, ring = expr.base, constant(expr.exponent), self.ring
        if base.type.kind in ("vector", "operators"):
            return self.total([times(ring, a, b) for a, b in self.componentwise(base, base, places, env)])
        if isinstance(base, Abs) and exponent is not None and exponent.denominator == 1 and exponent % 2 == 0:
            return ring.power(ring.squared_modulus(self.instance.value(base.of, places, env)), int(exponent) // 2)
        value = self.of(base, places, env)
        if isinstance(value, Operator):
            if exponent is None or exponent.denominator != 1:
                raise NotRealisable("of an operator only whole powers are defined")
            factor: Value = inverse(ring, value) if exponent < 0 else value
            result: Value = multiple_of_one(ring, ring.number(1))
            for _ in range(abs(int(exponent))):
                result = times(ring, result, factor)
            return result
        if exponent is not None and exponent.denominator == 1:
            return ring.power(value, int(exponent))
        if exponent is not None and exponent.denominator == 2:
            return ring.power(ring.call("sqrt", value), exponent.numerator)
        return ring.call("exp", self.instance.value(expr.exponent, places, env) * ring.call("log", value))

    def call(self, name: str, argument: Value) -> Value:
        if not isinstance(argument, Operator):
            return self.ring.call(name, argument)
        if name != "exp":
            raise NotRealisable(f"the {name} of an operator has no value here")
        return matrix(*self.ring.exp_of_matrix(argument.matrix))

    def over(self, expr: Over, places: Places, env: Env, at: At) -> Value:
        left_out = {self.instance.place(index, places) for index in expr.excluded}
        values = [
            self.of(expr.body, {**places, expr.index: number}, env, at)
            for number in range(self.instance.sizes[expr.index.range])
            if number not in left_out
        ]
        if expr.operation == "sum":
            return self.total(values)
        result: Value = self.ring.number(1)
        for value in values:
            result = times(self.ring, result, value)
        return result

    def how_many(self, expr: Count) -> int:
        """How many numbers there are in the values of symbols."""
        declared = [self.instance.scope.symbols.get(symbol.name) for symbol in expr.of]
        if any(known is None or known.kind != "quantity" for known in declared):
            raise NotRealisable("only the values of quantities are counted")
        return sum(prod(self.instance.sizes[name] for name in shape) for shape in expr.shapes)


def _rows_and_columns(factors: tuple[Expr, ...]) -> tuple[list[Expr], Expr, Expr] | None:
    """The numbers, the row and the column of a product that is a row times a column."""
    rest = [factor for factor in factors if factor.type.axes]
    if [factor.type.kind for factor in rest] != ["row", "column"] or rest[0].type.axes != rest[1].type.axes:
        return None
    return [factor for factor in factors if not factor.type.axes], rest[0], rest[1]


def _removes(variable: Symbol, argument: Expr) -> bool:
    """Whether the integral over a variable removes the delta of this: the variable less something else."""
    terms = argument.terms if isinstance(argument, Add) else (argument,)
    bare = [term for term in terms if term in (variable, Neg(variable))]
    others = [node for term in terms if term not in bare for node in walk(term)]
    return len(bare) == 1 and not any(isinstance(node, Symbol) and node.name == variable.name for node in others)
