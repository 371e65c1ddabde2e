"""A line on fields at one point, in ball arithmetic: its tree site by site, as the exact finite models read it.

It shares with the compiler the tree, and the names and axes of the arguments. Which repeated indices are summed over is
found by the code of the finite models, a periodic lattice is plain integers, and matrices multiply entry by entry.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from flint import arb

from derive.constants import constant
from derive.expression import (
    Add,
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
)
from derive.fields.finite.letters import Bound, Letters
from derive.fields.nodes import (
    ColumnOf,
    Entry,
    InverseTranspose,
    MatrixPower,
    MatrixSymbol,
    Place,
    TensorProduct,
    Variable,
)
from derive.kernels.axes import Axes
from derive.kernels.complex_rounding import Complex
from derive.kernels.duals import Dual
from derive.kernels.elimination import inverse
from derive.kernels.field_arguments import matrix_rules, timed, turn_name
from derive.kernels.kernel import KernelError, KernelInput, is_diagonal
from derive.kernels.operatorvalues import PAULI
from derive.kernels.rounding import Value
from derive.kernels.spinors import has_spinors

Site = tuple[int, ...]
"""What an index letter stands for: its number counted from 0, or the coordinates of a site."""
Env = dict[Index, Site]
Component = tuple[Site, ...]


class FieldStatement:
    """A line on fields at one point. ``sizes`` are those of the axes."""

    def __init__(
        self,
        kernel: KernelInput,
        inputs: Mapping[str, Mapping[tuple[int, ...], Fraction]],
        sizes: Mapping[str, int],
        wrt: tuple[str, ...] = (),
    ) -> None:
        self.kernel = kernel
        self.scope = kernel.scope
        self.kind: Any = Dual if wrt else Complex if has_spinors(kernel) else Value
        self.wrt = wrt
        self.inputs = inputs
        self.sizes = sizes
        self.axes = Axes(kernel.scope)
        self.letters = Letters()
        self.rules = matrix_rules(kernel.definitions)
        self.zero, self.one = self.kind.exact(0), self.kind.exact(1)
        self._entries: dict[object, Any] = {}
        self.inverses: dict[Expr, dict[tuple[Component, Component], Any]] = {}

    def left_at(self, at: tuple[int, ...]) -> Any:
        """The entry of the result at an index on each of its axes."""
        left = self.kernel.left
        assert isinstance(left, Symbol)
        env: Env = {}
        rest = list(at)
        for slot in left.slots:
            assert isinstance(slot, Index)
            count = len(self.axes.of(slot.range))
            env[slot], rest = tuple(rest[:count]), rest[count:]
        return self.value(self.kernel.right, env, frozenset(env))

    def values_of(self, range_: str) -> Iterator[Site]:
        return itertools.product(*(range(self.size(axis.name, axis.fixed)) for axis in self.axes.of(range_)))

    def size(self, axis: str, fixed: int | None) -> int:
        return self.sizes[axis] if fixed is None else fixed

    # -- numbers -----------------------------------------------------------------------------------------------------

    def value(self, expr: Expr, env: Env, bound: Bound) -> Any:
        letters = self.letters.summed(expr, bound)
        if not letters:
            return self.plain(expr, env, bound)
        inner = bound | set(letters)
        return self.kind.total([self.plain(expr, one, inner) for one in self.assignments(letters, env)])

    def assignments(self, letters: tuple[Index, ...], env: Env) -> Iterator[Env]:
        for values in itertools.product(*(list(self.values_of(letter.range)) for letter in letters)):
            yield {**env, **dict(zip(letters, values, strict=True))}

    def plain(self, expr: Expr, env: Env, bound: Bound) -> Any:
        """The value where no letter is summed over at the node itself."""
        match expr:
            case Number(value=value):
                return self.kind.rounded(value)
            case ImaginaryUnit():
                return Complex.exact(0, 1)
            case Size(range=range_):
                return self.kind.exact(len(list(self.values_of(range_))))
            case Symbol(name=name, slots=slots):
                labels = tuple(Place(slot) for slot in slots if isinstance(slot, Index))
                return self.labelled(name, name, labels, (), env)
            case Add(terms=terms):
                return self.kind.total([self.value(term, env, bound) for term in terms])
            case Neg(term=term):
                return -self.value(term, env, bound)
            case Mul(factors=factors):
                return self.product(factors, env, bound)
            case Frac(top=top, bottom=bottom):
                return self.value(top, env, bound) / self.value(bottom, env, bound)
            case Pow(base=Variable() as base, exponent=exponent) if base.type.kind == "column":
                values = [self.variable(base, at) for at in itertools.product(*map(self.values_of, base.axes))]
                assert constant(exponent) == 2
                return self.kind.total([value * value for value in values])
            case Pow(base=base, exponent=exponent):
                power = constant(exponent)
                if power is None:
                    raise KernelError("a power whose exponent is no number has no test vectors yet")
                return self.value(base, env, bound).power(power)
            case Over(index=index, excluded=excluded, body=body):
                left_out = [self.number(other, env) for other in excluded]
                values = [one for one in self.values_of(index.range) if one not in left_out]
                return self.kind.total([self.value(body, {**env, index: one}, bound | {index}) for one in values])
            case Variable():
                return self.variable(expr, tuple(self.place(place, env) for place in expr.places))
            case Entry(of=of, rows=rows, columns=columns):
                first, second = (tuple(self.place(place, env) for place in places) for places in (rows, columns))
                return self.entry(of, first, second, env, bound)
        raise KernelError(f"{type(expr).__name__} has no test vectors yet")

    def product(self, factors: tuple[Expr, ...], env: Env, bound: Bound) -> Any:
        """Entries of matrices first, since most are zero."""
        result = self.one
        for factor in sorted(factors, key=lambda one: not isinstance(one, Entry)):
            value = self.value(factor, env, bound)
            if self.is_zero(value):
                return self.zero
            result = result * value
        return result

    def is_zero(self, value: Any) -> bool:
        return value.ball == 0 and value.rounding == 0 and not getattr(value, "slopes", None)

    def variable(self, variable: Variable, at: Component) -> Any:
        name, _ = timed(variable.name, variable.time)
        return self.input(name, tuple(n for site in at for n in site))

    def input(self, name: str, at: tuple[int, ...]) -> Any:
        entry = self.inputs[name][at]
        return self.kind.entry(entry, (name, at)) if name in self.wrt else self.kind.exact(entry)

    # -- places ------------------------------------------------------------------------------------------------------

    def number(self, index: Index, env: Env) -> Site:
        if index in env:
            return env[index]
        return (int(index.name) - self.scope.ranges[index.range].first,)

    def place(self, place: Place, env: Env) -> Site:
        site = list(self.number(place.index, env))
        sides = [self.size(axis.name, axis.fixed) for axis in self.axes.of(place.index.range)]
        for step in place.steps:
            axis = 0 if step.direction is None else self.number(step.direction, env)[0]
            site[axis] = (site[axis] + step.count) % sides[axis]
        return tuple(site)

    def labelled(self, name: str, key: str, labels: tuple[Place, ...], at: tuple[int, ...], env: Env) -> Any:
        """An entry of one of several arrays; a label beside its range is part of the name."""
        numbers: list[int] = []
        for slot, label in zip(self.scope.symbols[key].slots, labels, strict=True):
            if label.index.is_label and not self.axes.holds(slot, int(label.index.name)):
                name = f"{name} {label.index.name}"
            else:
                numbers += self.place(Place(Index(label.index.name, slot), label.steps), env)
        return self.input(name, (*numbers, *at))

    # -- matrices ----------------------------------------------------------------------------------------------------

    def entry(self, of: Expr, row: Component, column: Component, env: Env, bound: Bound) -> Any:
        """An entry of a matrix, evaluated once for the values of the letters in it."""
        key = (id(of), row, column, tuple(env.get(letter) for letter in self.letters.mentioned(of)))
        if key not in self._entries:
            self._entries[key] = self.entry_of(of, row, column, env, bound)
        return self._entries[key]

    def entry_of(self, of: Expr, row: Component, column: Component, env: Env, bound: Bound) -> Any:
        match of:
            case MatrixSymbol():
                return self.symbol(of, row, column, env)
            case ColumnOf(entries=entries):
                return self.value(entries[row[0][0]], env, bound)
            case TensorProduct(left=left, right=right):
                (a, b), (c, d) = (self.beside(right, place) for place in (row, column))
                return self.entry(left, a, c, env, bound) * self.entry(right, b, d, env, bound)
            case Identity():
                return self.one if row == column else self.zero
            case Transpose(of=inner):
                return self.entry(inner, column, row, env, bound)
            case Neg(term=term):
                return -self.entry(term, row, column, env, bound)
            case Add(terms=terms):
                return self.kind.total([self.entry(term, row, column, env, bound) for term in terms])
            case Frac(top=top, bottom=bottom):
                return self.entry(top, row, column, env, bound) / self.value(bottom, env, bound)
            case Over(index=index, body=body):
                inner = bound | {index}
                values = self.values_of(index.range)
                found = [self.entry(body, row, column, {**env, index: one}, inner) for one in values]
                return self.kind.total(found)
            case MatrixPower(base=MatrixSymbol() as base, exponent=exponent) if constant(exponent) is None:
                if turn_name(base) not in self.kernel.turns:
                    raise KernelError("a real power of this matrix has no test vectors yet")
                turn = Value(arb.pi(), arb.pi()) if not self.wrt else Dual(Value(arb.pi(), arb.pi()), {})
                angle = turn * self.value(exponent, env, bound) / self.kind.exact(2)
                own = angle.apply("sin") * self.entry(base, row, column, env, bound)
                return self.kind.total([own, angle.apply("cos")]) if row == column else own
            case MatrixPower(base=base, exponent=exponent):
                power = constant(exponent)
                if power == -1:
                    return self.inverse(base, env, bound)[row, column]
                if power is None or power.denominator != 1 or power < 0:
                    raise KernelError("this power of a matrix has no test vectors yet")
                return self.chain((base,) * int(power), row, column, self.middle(base), env, bound)
            case InverseTranspose(of=inner):
                return self.inverse(inner, env, bound)[column, row]
            case Mul(factors=factors):
                matrices = tuple(factor for factor in factors if factor.type.kind == "matrix")
                found = self.chain(matrices, row, column, self.middle(of), env, bound)
                for factor in factors:
                    if factor.type.kind == "scalar":
                        found = found * self.value(factor, env, bound)
                return found
        raise KernelError(f"the entries of {type(of).__name__} have no test vectors yet")

    def beside(self, right: Expr, at: Component) -> tuple[Component, Component]:
        """A place in a tensor product as one on its left and one on its right."""
        if len(at) == 2:
            return at[:1], at[1:]
        outer, inner = divmod(at[0][0], len(self.middle(right)))
        return ((outer,),), ((inner,),)

    def inverse(self, matrix: Expr, env: Env, bound: Bound) -> dict[tuple[Component, Component], Any]:
        """The entries of the inverse of a matrix without free letters, found once."""
        if matrix not in self.inverses:
            middle = self.middle(matrix)
            rows = [[self.entry(matrix, row, column, env, bound) for column in middle] for row in middle]
            found = inverse(rows, self.kind)
            self.inverses[matrix] = {
                (row, column): value
                for row, values in zip(middle, found, strict=True)
                for column, value in zip(middle, values, strict=True)
            }
        return self.inverses[matrix]

    def middle(self, matrix: Expr) -> list[Component]:
        names = matrix.type.axes[0].split()
        return list(itertools.product(*(list(self.values_of(name)) for name in names)))

    def chain(
        self, factors: tuple[Expr, ...], row: Component, column: Component, middle: list[Component], env: Env,
        bound: Bound,
    ) -> Any:  # fmt: skip
        """An entry of a product of matrices."""
        if not factors:
            return self.one if row == column else self.zero
        if len(factors) == 1:
            return self.entry(factors[0], row, column, env, bound)
        found = []
        for between in middle:
            first = self.entry(factors[0], row, between, env, bound)
            if not self.is_zero(first):
                found.append(first * self.chain(factors[1:], between, column, middle, env, bound))
        return self.kind.total(found)

    def symbol(self, of: MatrixSymbol, row: Component, column: Component, env: Env) -> Any:
        declared = self.scope.symbols[of.name]
        if "identity" in declared.properties:
            return self.one if row == column else self.zero
        if declared.kind == "Pauli":
            first = self.scope.ranges[of.labels[0].index.range].first
            which = self.place(of.labels[0], env)[0] + first
            return Complex.exact(*PAULI[which - 1][row[0][0]][column[0][0]]) if which else self.zero
        if declared.kind == "Levi-Civita":
            return self.kind.exact(column[0][0] - row[0][0])
        rule = self.rules.get(of.name)
        if rule is not None and not declared.of and not of.labels:
            assert isinstance(rule.left, Entry)
            letters = [place.index for place in (*rule.left.rows, *rule.left.columns)]
            inner = dict(zip(letters, (*row, *column), strict=True))
            return self.value(rule.right, inner, frozenset(inner))
        name, _ = timed(of.name, of.time)
        flat = tuple(n for site in (row if is_diagonal(declared) else (*row, *column)) for n in site)
        if is_diagonal(declared) and row != column:
            return self.zero
        return self.labelled(name, of.name, of.labels, flat, env)


__all__ = ["FieldStatement"]
