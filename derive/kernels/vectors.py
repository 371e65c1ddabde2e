"""Exact test vectors: what a statement says at rational points, in ball arithmetic, by loops over its tree.

This shares nothing with the compiler but the tree. Definitions are looked up where they are used, sums run over plain
integers, and each value carries a bound on the rounding that a computation in double precision may add.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, ctx

from derive.expression import (
    Abs,
    Add,
    Call,
    Det,
    Dot,
    Element,
    Expr,
    Frac,
    Identity,
    Index,
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
    product_type,
    walk,
)
from derive.kernels.duals import Dual
from derive.kernels.kernel import KernelError, KernelInput, is_diagonal, is_hollow
from derive.kernels.loops import Program
from derive.kernels.rounding import UNIT, Value
from derive.latex.reader import constant
from derive.notation import Declared

BITS = 256
CASES = ((1, 1), (2, 2), (3, 3), (5, 2), (4, 3))
"""Sizes of the test vectors: of ranges of labels, and of ranges of vectors."""
ATTEMPTS = 50
SLACK = 8
"""How many times the first-order bound on the rounding a result may be off."""


@dataclass(frozen=True, slots=True)
class Vector:
    """Inputs that doubles hold exactly, the value to expect (25 digits), and how far off it may be."""

    inputs: dict[str, Any]
    sizes: dict[str, int]
    expected: Any
    allowed: Any
    gradient: tuple[tuple[Any, Any], ...] = ()
    """For each argument by which there are derivatives, those to expect, and how far off they may be."""

    @property
    def ulps(self) -> float:
        """How far off an entry may be, in units in the last place of the largest entry of its result."""
        return max(_ulps(expected, allowed) for expected, allowed in ((self.expected, self.allowed), *self.gradient))


def _ulps(expected: Any, allowed: Any) -> float:
    def flat(values: Any) -> Iterator[float]:
        if isinstance(values, list):
            for value in values:
                yield from flat(value)
        else:
            yield float(values)

    largest = max((abs(value) for value in flat(expected)), default=0.0)
    most = max(flat(allowed), default=0.0)
    return most / math.ulp(largest) if largest else 0.0


def exact_vectors(kernel: KernelInput, program: Program, wrt: Sequence[str] = ()) -> list[Vector]:
    """Test vectors for a kernel, for ranges of one to five values, with derivatives by the arguments ``wrt``.

    Raises KernelError if no value is finite.
    """
    found = []
    with ctx.workprec(BITS):
        for case in CASES:
            least = labels(kernel)
            ranges = kernel.scope.ranges
            sizes = {name: max(case[range_.vector], least.get(name, 0)) for name, range_ in ranges.items()}
            for attempt in range(ATTEMPTS):
                vector = _vector(kernel, program, sizes, random.Random(f"{case}-{attempt}"), tuple(wrt))
                if vector is not None:
                    found.append(vector)
                    break
            else:
                said = ", ".join(f"{kernel.scope.ranges[name].size} = {sizes[name]}" for name in program.sizes)
                raise KernelError(f"the expression has no finite value at {ATTEMPTS} test points ({said or 'scalars'})")
    return found


def _vector(
    kernel: KernelInput, program: Program, sizes: Mapping[str, int], draw: random.Random, wrt: tuple[str, ...]
) -> Vector | None:
    inputs: dict[str, dict[tuple[int, ...], Fraction]] = {}
    for argument in program.arguments:
        inputs[argument.symbol] = _drawn(kernel.scope.symbols[argument.symbol], sizes, draw)
    statement = _Statement(kernel, inputs, sizes, wrt)
    shape = [sizes[axis] for axis in program.results[0].axes]
    values = {at: statement.left_at(at) for at in itertools.product(*(range(size) for size in shape))}
    slopes = [
        {at: values[()].slopes.get((name, at), Value.exact(0)) for at in inputs[name]} if wrt else {} for name in wrt
    ]
    if not all(
        value.ball.is_finite() and value.rounding.is_finite() for part in (values, *slopes) for value in part.values()
    ):
        return None
    axes = {argument.symbol: [sizes[axis] for axis in argument.axes] for argument in program.arguments}
    return Vector(
        {
            a.symbol: _nested({at: float(v) for at, v in inputs[a.symbol].items()}, [sizes[x] for x in a.axes])
            for a in program.arguments
        },
        {name: sizes[name] for name in program.sizes},
        *_told(values, shape),
        tuple(_told(part, axes[name]) for name, part in zip(wrt, slopes, strict=True)),
    )


def _told(values: Mapping[tuple[int, ...], Any], shape: list[int]) -> tuple[Any, Any]:
    """Values by their digits, and how far off they may be."""
    digits = {at: value.ball.str(25, radius=False) for at, value in values.items()}
    return _nested(digits, shape), _nested({at: _allowed(value) for at, value in values.items()}, shape)


def _allowed(value: Any) -> float:
    """How far a double may be off: the rounding on the way, and that of the result itself."""
    bound = (value.rounding + abs(value.ball)) * SLACK * UNIT
    return float(f"{float(bound.upper()):.3g}")


def _nested(values: Mapping[tuple[int, ...], Any], shape: list[int], at: tuple[int, ...] = ()) -> Any:
    if len(at) == len(shape):
        return values[at]
    return [_nested(values, shape, (*at, number)) for number in range(shape[len(at)])]


def _drawn(declared: Declared, sizes: Mapping[str, int], draw: random.Random) -> dict[tuple[int, ...], Fraction]:
    """Entries of one argument in its domain and with its properties: sixteenths, which doubles hold exactly."""

    def one() -> Fraction:
        match declared.domain:
            case "positive":
                return Fraction(draw.randint(4, 48), 16)
            case "nonnegative":
                return Fraction(draw.randint(0, 48), 16)
            case "nonzero":
                return Fraction(draw.choice((-1, 1)) * draw.randint(1, 48), 16)
            case "integer":
                return Fraction(draw.randint(-4, 4))
            case "binary":
                return Fraction(draw.randint(0, 1))
        return Fraction(draw.randint(-48, 48), 16)

    keys = list(itertools.product(*(range(sizes[slot]) for slot in declared.slots)))
    entries = {key: one() for key in keys}
    while is_diagonal(declared) and len(declared.slots) == 2 and any(not entries[i, i] for i, j in keys if i == j):
        entries = {key: one() for key in keys}
    if len(declared.slots) != 2 or declared.slots[0] != declared.slots[1]:
        return entries
    if {"symmetric", "positive definite"} & declared.properties:
        entries = {key: entries[min(key, key[::-1])] for key in keys}
    for i, j in keys:
        if i == j and is_hollow(declared):
            entries[i, j] = Fraction(0)
        if i != j and is_diagonal(declared):
            entries[i, j] = Fraction(0)
    if "positive definite" in declared.properties:
        for i, j in keys:
            if i == j:
                entries[i, j] = 1 + sum((abs(entries[i, k]) for k in range(sizes[declared.slots[0]])), Fraction(0))
    return entries


Places = Mapping[Index, int]


def labels(kernel: KernelInput) -> dict[str, int]:
    """The largest fixed label of each range in a kernel: the range must have so many values."""
    found: dict[str, int] = {}
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


class _Statement:
    """A statement at one point."""

    def __init__(
        self,
        kernel: KernelInput,
        inputs: Mapping[str, Mapping[tuple[int, ...], Fraction]],
        sizes: Mapping[str, int],
        wrt: tuple[str, ...] = (),
    ) -> None:
        self.kernel = kernel
        self.kind: Any = Dual if wrt else Value
        self.wrt = wrt
        self.inputs = inputs
        self.sizes = sizes
        self.known: dict[tuple[str, tuple[int, ...]], Any] = {}

    def left_at(self, at: tuple[int, ...]) -> Any:
        return self.equation(self.kernel.left, self.kernel.right, at)

    def equation(self, left: Expr, right: Expr, at: tuple[int, ...]) -> Any:
        """The right side of an equation whose left side has the index values ``at``."""
        slots = (left.row, left.column) if isinstance(left, Element) else getattr(left, "slots", ())
        slots = slots or left.type.axes
        slots = tuple(slot for slot in slots if not (isinstance(slot, Index) and slot.is_label))
        places = {slot: value for slot, value in zip(slots, at, strict=True) if isinstance(slot, Index)}
        axes = tuple(value for slot, value in zip(slots, at, strict=True) if not isinstance(slot, Index))
        if left == self.kernel.left and any(places[a] == places[b] for a, b in self.kernel.apart):
            return self.kind.exact(0)
        return self.value(right, axes, places)

    def symbol(self, name: str, at: tuple[int, ...]) -> Any:
        if name in self.inputs:
            entry = self.inputs[name][at]
            return self.kind.entry(entry, (name, at)) if name in self.wrt else self.kind.exact(entry)
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
                values = [self.value(body, at, {**places, index: n}) for n in self.terms(index.range, without)]
                return self.kind.total(values) if operation == "sum" else self.product(values)
            case Mul(factors=factors):
                return self.chain(list(factors), at, places)
            case Norm(of=of):
                return self.dot(of, of, places).apply("sqrt")
            case Abs(of=of):
                return abs(self.value(of, at, places))
            case Dot(left=left, right=right):
                return self.dot(left, right, places)
            case Call(function="Trace", argument=argument):
                return self.kind.total(
                    [self.value(argument, (n, n), places) for n in self.terms(argument.type.axes[0])]
                )
            case Call(function=name, argument=argument):
                return self.value(argument, at, places).apply(name)
            case Det(of=of):
                self.diagonal(of, places)
                return self.product([self.value(of, (n, n), places) for n in self.terms(of.type.axes[0])])
            case Pattern(row=row, column=column):
                first, second = min(at), max(at)
                cell = expr.diagonal if first == second else expr.upper if at[0] < at[1] else expr.lower
                return self.value(cell, (), {**places, row: first, column: second})
            case Pow(base=base, exponent=exponent):
                return self.power(base, exponent, at, places)
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
                self.diagonal(base, places)
                inner = self.value(base, (at[0], at[0]), places).power(number)
                return inner if at[0] == at[1] else self.kind.exact(0)
            return self.chain([base] * int(number), at, places)
        inner = self.value(base, at, places)
        if number is not None:
            return inner.power(number)
        return (inner.apply("log") * self.value(exponent, at, places)).apply("exp")

    def diagonal(self, matrix: Expr, places: Places) -> None:
        """Refuses a matrix that is not diagonal."""
        numbers = list(self.terms(matrix.type.axes[0]))
        if any(i != j and self.value(matrix, (i, j), places).ball != 0 for i in numbers for j in numbers):
            raise KernelError("determinants and inverses of matrices that are not diagonal have no test vectors yet")

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
