"""A statement at one point, in ball arithmetic: loops over its tree, sums over plain integers.

It shares nothing with the compiler but the tree. Definitions are looked up where they are used.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from flint import arb

from derive.analytic import Binomial, Factorial, Series, Special
from derive.constants import constant
from derive.expression import (
    Abs,
    Add,
    Applied,
    Call,
    Density,
    Det,
    Dirac,
    Dot,
    Element,
    Expr,
    Frac,
    Gaussian,
    Identity,
    Index,
    Integral,
    Kronecker,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Partial,
    Pattern,
    Pow,
    Size,
    Symbol,
    Transpose,
    ValueSum,
    Zero,
    product_type,
    walk,
)
from derive.kernels.analyticvalues import AnalyticValues
from derive.kernels.duals import Dual
from derive.kernels.elimination import determinant, inverse
from derive.kernels.integrands import is_over_a_column
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.laws import Laws
from derive.kernels.lawvalues import IN_LOG, LawValues
from derive.kernels.rounding import Value, whole

Places = Mapping[Index | Symbol, int]
"""What indices and binary variables are: the place of an index, counted from 0, and the value of a variable."""


def labels(kernel: KernelInput) -> dict[str, int]:
    """The largest fixed label of each range in a kernel: the range must have so many values.

    Of a line on fields the ranges with labels have printed sizes.
    """
    found: dict[str, int] = {}
    if kernel.scope.summation:
        return found
    for expr in (kernel.left, kernel.right, *(side for rule in kernel.definitions for side in (rule.left, rule.right))):
        for node in walk(expr):
            indices = {
                *(slot for slot in getattr(node, "slots", ()) if isinstance(slot, Index)),
                *(getattr(node, "excluded", ())),
                *((node.row, node.column) if isinstance(node, Element) else ()),
            }
            for index in indices:
                if index.is_label:
                    found[index.range] = max(found.get(index.range, 0), int(index.name))
    return found


def _at(index: Index, places: Places) -> int:
    return int(index.name) - 1 if index.is_label else places[index]


class Statement(LawValues, AnalyticValues):
    """A statement at one point."""

    def __init__(
        self,
        kernel: KernelInput,
        inputs: Mapping[str, Mapping[tuple[int, ...], Fraction]],
        sizes: Mapping[str, int],
        wrt: tuple[str, ...] = (),
    ) -> None:
        self.kernel = kernel
        self.laws = Laws(kernel)
        self.kind: Any = Dual if wrt else Value
        self.wrt = wrt
        self.inputs = inputs
        self.sizes = sizes
        self.known: dict[tuple[str, tuple[int, ...]], Any] = {}
        self.inverses: dict[tuple[Expr, frozenset[tuple[Symbol, int]]], list[list[Any]]] = {}

    def left_at(self, at: tuple[int, ...]) -> Any:
        return self.equation(self.kernel.left, self.kernel.right, at)

    def equation(self, left: Expr, right: Expr, at: tuple[int, ...]) -> Any:
        """The right side of an equation whose left side has the index values ``at``."""
        slots = (left.row, left.column) if isinstance(left, Element) else getattr(left, "slots", ())
        slots = slots or left.type.axes
        slots = tuple(slot for slot in slots if not (isinstance(slot, Index) and slot.is_label))
        places: dict[Index | Symbol, int] = {}
        places |= {slot: value for slot, value in zip(slots, at, strict=True) if isinstance(slot, Index)}
        axes = tuple(value for slot, value in zip(slots, at, strict=True) if not isinstance(slot, Index))
        if left == self.kernel.left and any(places[a] == places[b] for a, b in self.kernel.apart):
            return self.kind.exact(0)
        return self.value(right, axes, places)

    def symbol(self, name: str, at: tuple[int, ...]) -> Any:
        if name in self.inputs:
            return self.entry(name, at)
        if (name, at) not in self.known:
            for rule in self.kernel.definitions:
                left = rule.left.of if isinstance(rule.left, Element) else rule.left
                if isinstance(left, Symbol) and left.name == name:
                    self.known[name, at] = self.equation(rule.left, rule.right, at)
                    break
            else:
                if name != r"\pi":
                    raise KernelError(f"{name} has no value and no definition")
                pi = Value(arb.pi(), arb.pi())
                return Dual(pi, {}) if self.wrt else pi
        return self.known[name, at]

    def terms(self, range_: str, excluded: tuple[int, ...] = ()) -> Iterator[int]:
        return (value for value in range(self.sizes[range_]) if value not in excluded)

    def value(self, expr: Expr, at: tuple[int, ...], places: Places) -> Any:
        """An entry of an expression: ``at`` are the values of its open axes, ``places`` those of its free indices."""
        match expr:
            case Number(value=value):
                return self.kind.rounded(value)
            case Size(range=range_):
                return self.kind.exact(self.sizes[range_])
            case Zero():
                return self.kind.exact(0)
            case Identity():
                return self.kind.exact(int(at[0] == at[1]))
            case Symbol(name=name) if name in self.laws.ranges:
                return self.at_point(expr, at, places)
            case Symbol() if expr in places:
                return self.kind.exact(places[expr])
            case Symbol(name=name, slots=slots):
                rest = iter(at)
                filled = tuple(_at(slot, places) if isinstance(slot, Index) else next(rest) for slot in slots)
                return self.symbol(name, (*filled, *rest))
            case Element(of=of, row=row, column=column):
                return self.value(of, (_at(row, places), _at(column, places)), places)
            case Add(terms=terms):
                return self.kind.total([self.value(term, at, places) for term in terms])
            case Neg(term=term):
                return -self.value(term, at, places)
            case Frac(top=top, bottom=bottom):
                return self.value(top, at, places) / self.value(bottom, (), places)
            case Transpose(of=of):
                return self.value(of, at[::-1], places)
            case Over(operation=operation, index=index, excluded=excluded, body=body):
                without = tuple(_at(other, places) for other in excluded)
                kept = {key: n for key, n in places.items() if not isinstance(key, Symbol) or index not in key.slots}
                values = [self.value(body, at, {**kept, index: n}) for n in self.terms(index.range, without)]
                return self.kind.total(values) if operation == "sum" else self.product(values)
            case Integral(variable=variable, body=body):
                return self.over_points(variable, body, at, places)
            case ValueSum(variable=variable, body=body) if is_over_a_column(expr):
                return self.over_points(variable, body, at, places)
            case Density() | Applied():
                return self.opened(expr, places)
            case Partial():
                return self.entry(self.laws.gradient(expr).name, at)
            case Dirac():
                return self.delta(expr, places)
            case Kronecker(left=left, right=right):
                return self.kind.exact(int(self.value(left, (), places).ball == self.value(right, (), places).ball))
            case ValueSum(variable=variable, body=body):
                return self.kind.total([self.value(body, at, {**places, variable: sign}) for sign in (1, -1)])
            case Mul(factors=factors) if self.is_of_weight_zero(factors, places):
                return self.kind.exact(0)
            case Mul(factors=factors):
                return self.chain(list(factors), at, places)
            case Norm(of=of):
                return self.dot(of, of, places).apply("sqrt")
            case Abs(of=of):
                return abs(self.value(of, at, places))
            case Dot(left=left, right=right):
                return self.dot(left, right, places)
            case Call(function="Trace", argument=Call(function="log", argument=of)):
                return determinant(self.rows(of, places), self.kind).apply("log")
            case Call(function="Trace", argument=argument):
                return self.kind.total(
                    [self.value(argument, (n, n), places) for n in self.terms(argument.type.axes[0])]
                )
            case Call(function="log", argument=argument):
                return self.value(argument, at, {**places, IN_LOG: 1}).apply("log")
            case Call(function="arcsin", argument=argument):
                return self.kind.special("arcsin", (self.value(argument, at, places),))
            case Call(function=name, argument=argument):
                return self.value(argument, at, places).apply(name)
            case Gaussian(of=of, mean=mean, covariance=covariance):
                return self.density(of, mean, covariance, places)
            case Det(of=of):
                return determinant(self.rows(of, places), self.kind)
            case Pattern(row=row, column=column):
                first, second = min(at), max(at)
                cell = expr.diagonal if first == second else expr.upper if at[0] < at[1] else expr.lower
                return self.value(cell, (), {**places, row: first, column: second})
            case Pow(base=base, exponent=exponent):
                return self.power(base, exponent, at, places)
            case Series() | Factorial() | Binomial() | Special():
                return self.analytic(expr, places)
        raise KernelError(f"{type(expr).__name__} has no test vectors yet")

    def product(self, values: list[Any]) -> Any:
        result = self.kind.exact(1)
        for value in values:
            result = result * value
        return result

    def dot(self, left: Expr, right: Expr, places: Places) -> Any:
        axis = left.type.axes[0]
        return self.kind.total(
            [self.value(left, (n,), places) * self.value(right, (n,), places) for n in self.terms(axis)]
        )

    def power(self, base: Expr, exponent: Expr, at: tuple[int, ...], places: Places) -> Any:
        if base.type.kind == "vector":
            return self.dot(base, base, places)
        number = constant(exponent)
        if base.type.kind == "matrix":
            assert number is not None
            if number < 0:
                rows = self.rows(base, places)
                if self.is_diagonal(rows):
                    inner = rows[at[0]][at[0]].power(number)
                    return inner if at[0] == at[1] else self.kind.exact(0)
                if number != -1:
                    raise KernelError("a matrix to a power below -1 has no test vectors yet")
                return self.inverse(base, rows, places)[at[0]][at[1]]
            return self.chain([base] * int(number), at, places)
        inner = self.value(base, at, places)
        raised = self.value(exponent, at, places) if number is None else None
        if raised is not None and not getattr(raised, "slopes", None) and (count := whole(raised.ball)) is not None:
            number = Fraction(count)
        if number is not None:
            return inner.power(number)
        return (inner.apply("log") * raised).apply("exp")

    def density(self, of: Expr, mean: Expr, covariance: Expr, places: Places) -> Any:
        """The normal density of a column."""
        rows = self.rows(covariance, places)
        inner, numbers = inverse(rows, self.kind), range(len(rows))
        apart = [self.kind.total([self.value(of, (n,), places), -self.value(mean, (n,), places)]) for n in numbers]
        square = self.kind.total([apart[i] * inner[i][j] * apart[j] for i in numbers for j in numbers])
        volume = (self.kind.exact(2) * self.symbol(r"\pi", ())).power(Fraction(len(rows))) * determinant(
            rows, self.kind
        )
        return (-square / self.kind.exact(2)).apply("exp") / volume.apply("sqrt")

    def rows(self, matrix: Expr, places: Places) -> list[list[Any]]:
        numbers = list(self.terms(matrix.type.axes[0]))
        return [[self.value(matrix, (i, j), places) for j in numbers] for i in numbers]

    def is_diagonal(self, rows: list[list[Any]]) -> bool:
        return all(i == j or value.ball == 0 for i, row in enumerate(rows) for j, value in enumerate(row))

    def inverse(self, matrix: Expr, rows: list[list[Any]], places: Places) -> list[list[Any]]:
        """The inverse of a matrix without free indices, found once for the values of binary variables."""
        key = matrix, frozenset((one, value) for one, value in places.items() if isinstance(one, Symbol))
        if key not in self.inverses:
            self.inverses[key] = inverse(rows, self.kind)
        return self.inverses[key]

    def chain(self, factors: list[Expr], at: tuple[int, ...], places: Places) -> Any:
        """A product in print order, by whole tables of entries: what is not scalar multiplies as matrices do."""
        kind, table = factors[0].type, self.table(factors[0], places)
        for factor in factors[1:]:
            other, new = factor.type, self.table(factor, places)
            if kind.kind == "scalar" or other.kind == "scalar":
                table = {(*a, *b): x * y for a, x in table.items() for b, y in new.items()}
                kind = other if kind.kind == "scalar" else kind
                continue
            if (kind.kind, other.kind) == ("column", "row"):
                table = {(*a, *b): x * y for a, x in table.items() for b, y in new.items()}
            else:
                axis = kind.axes[-1]
                heads, tails = {a[:-1] for a in table}, {b[1:] for b in new}
                table = {
                    (*h, *t): self.kind.total([table[(*h, n)] * new[(n, *t)] for n in self.terms(axis)])
                    for h in heads
                    for t in tails
                }
            kind = product_type(kind, other)
        return table[at]

    def table(self, expr: Expr, places: Places) -> dict[tuple[int, ...], Any]:
        keys = itertools.product(*(range(self.sizes[axis]) for axis in expr.type.axes))
        return {key: self.value(expr, key, places) for key in keys}
