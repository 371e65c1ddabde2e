r"""From the tree to elements: what a side of a line is, as an operator or a column, for all sizes of what is not
written out.

An index letter whose range is written out, such as the μ of a lattice vector, stands for numbers. All others are
followed from factor to factor: in ``W_i^j \phi_j`` the free i leads to the rows of W and its columns to φ, so that the
term is the word Wφ. A product of two columns without a free index is a number, which :mod:`derive.fields.functionals`
takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

from derive.algebra.rules import Unsupported
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
    Zero,
)  # fmt: skip
from derive.fields.letters import HERE, Field, I, Matrix, Move, Moved, Pauli, Scalar, Unit, counts
from derive.fields.nodes import (
    ColumnOf,
    Coordinate,
    Entry,
    Gradient,
    InverseTranspose,
    MatrixPower,
    MatrixSymbol,
    Place,
    Rate,
    TensorProduct,
    Variable,
    letters_of,
)  # fmt: skip
from derive.fields.terms import terms
from derive.fields.words import Element, act, in_space, inverse, total, transposed
from derive.fields.written_out import assignments, put
from derive.notation import Scope

Axes = dict[str, Index]
"""For each range that something is a column over, the letter of its place."""


@dataclass(frozen=True)
class Factor:
    """One factor of a product: a column, an operator between rows and columns, or a number."""

    value: Element
    rows: Axes
    columns: Axes | None = None
    """None for a column or a number; the same letter as in ``rows`` where it acts at each place by itself."""


@dataclass(frozen=True)
class Ends:
    """The letters between which an expression is an operator, or over which it is a column; none for a number."""

    rows: Axes = field(default_factory=dict)
    columns: Axes | None = None

    @property
    def letters(self) -> frozenset[Index]:
        return frozenset((*self.rows.values(), *(self.columns or {}).values()))


NONE = Ends()


class Values:
    """Evaluates expressions of one scope. ``sizes`` are those of the ranges that are written out."""

    def __init__(self, scope: Scope, sizes: Mapping[str, int]) -> None:
        self.scope = scope
        self.sizes = sizes

    def gradient(self, expr: Gradient) -> Factor:
        """The derivative by a variable; :mod:`derive.fields.functionals` knows it."""
        raise Unsupported("a derivative by a variable")

    # -- sums of products ----------------------------------------------------------------------------------------

    def value(self, expr: Expr, ends: Ends = NONE) -> Element:
        """An expression with the free index letters told, as an element. Raises Unsupported for what has no word."""
        return total(self.product(factors, ends).scaled(sign) for sign, factors in terms(expr))

    def is_written_out(self, index: Index) -> bool:
        return index.range in self.sizes

    def product(self, factors: tuple[Expr, ...], ends: Ends) -> Element:
        """One product of atomic factors, its repeated letters summed over."""
        for number, factor in enumerate(factors):
            if isinstance(factor, Over):
                return self.printed_sum(factors, number, factor, ends)
        letters = Counter(letter for factor in factors for letter in letters_of(factor))
        out = [letter for letter in letters if self.is_written_out(letter) and letter not in ends.letters]
        if out:
            return total(
                self.product(tuple(put(factor, numbers) for factor in factors), ends)
                for numbers in assignments(sorted(out, key=lambda i: i.name), self.scope, self.sizes)
            )
        for number, factor in enumerate(factors):
            if isinstance(factor, Coordinate) and factor.of is None:
                return self.differentiated(factors[:number], factor, factors[number + 1 :], ends)
        if any(factor.type.kind in ("matrix", "column") for factor in factors):
            return self.in_print_order(factors, ends)
        return contract([self.factor(factor, ends) for factor in factors], ends)

    def printed_sum(self, factors: tuple[Expr, ...], number: int, over: Over, ends: Ends) -> Element:
        if over.excluded or over.operation != "sum":
            raise Unsupported("a sum with exclusions, or a product, over places")
        if not self.is_written_out(over.index):
            return self.value(_product((*factors[:number], over.body, *factors[number + 1 :])), ends)
        found = []
        for numbers in assignments([over.index], self.scope, self.sizes):
            found.append(
                self.value(_product((*factors[:number], put(over.body, numbers), *factors[number + 1 :])), ends)
            )
        return total(found)

    def differentiated(self, before: tuple[Expr, ...], by: Coordinate, behind: tuple[Expr, ...], ends: Ends) -> Element:
        if not behind:
            return self.in_print_order((*before, by), ends)
        inner = Counter(letter for factor in behind for letter in letters_of(factor))
        outer = {letter for factor in before for letter in letters_of(factor)} | ends.letters
        own = frozenset(letter for letter in inner if letter in outer)
        inside = Ends({letter.range: letter for letter in own})
        value = act(self.move_of(by), self.product(behind, inside))
        if any(factor.type.kind in ("matrix", "column") for factor in (*before, *behind)):
            return self.in_print_order(before, ends) * value
        return contract([*(self.factor(factor, ends) for factor in before), Factor(value, inside.rows)], ends)

    def in_print_order(self, factors: tuple[Expr, ...], ends: Ends) -> Element:
        """A product of matrices and columns without the indices of their entries."""
        found = Element.number(1)
        for factor in factors:
            found = found * self.whole(factor, ends)
        return found

    # -- matrices and columns without indices ---------------------------------------------------------------------

    def whole(self, expr: Expr, ends: Ends) -> Element:
        """A matrix, a column or a number, without the indices of entries."""
        match expr:
            case MatrixSymbol():
                return self.matrix(expr)
            case Identity():
                return Element.number(1)
            case Transpose(of=of):
                return transposed(self.whole(of, ends))
            case InverseTranspose(of=of):
                return inverse(transposed(self.whole(of, ends)))
            case MatrixPower(base=base, exponent=exponent):
                return self.power(self.whole(base, ends), exponent)
            case TensorProduct(left=left, right=right):
                return in_space(self.whole(left, ends), 1) * in_space(self.whole(right, ends), 2)
            case ColumnOf():
                return self.column(expr, ends)
            case Coordinate(of=None):
                return Element.of(Moved(self.move_of(expr)))
            case Coordinate(of=of) if of is not None:
                return act(self.move_of(expr), self.whole(of, ends))
            case Rate(of=of):
                return act(Move(slopes=((0, 1),)), self.whole(of, ends))
            case Variable(places=()):
                return Element.of(self.field_of(expr, ()))
            case Zero():
                return Element()
            case Add() | Neg() | Mul() | Frac():
                return self.value(expr, ends)
        return contract([self.factor(expr, ends)], ends)

    def matrix(self, symbol: MatrixSymbol) -> Element:
        declared = self.scope.symbols[symbol.name]
        labels = self.labels(symbol.labels)
        if declared.kind == "Pauli":
            return Element.of(Pauli(int(labels[0]), name=symbol.name))
        if declared.kind == "Levi-Civita":
            return Element.of(I) * Element.of(Pauli(2))
        if declared.kind == "metric":
            raise Unsupported("the metric without its indices")
        moves = bool(declared.of)
        at = Move(time=symbol.time or 0) if moves else HERE
        on_sites = any(self.scope.ranges[name].lattice for name in symbol.over)
        if on_sites and "diagonal" in declared.properties and len(symbol.over) == 1:
            return Element.of(Scalar(symbol.name, labels, True, at))
        return Element.of(Matrix(symbol.name, labels, moves=moves, move=at, on_sites=on_sites))

    def scalar(self, expr: Expr) -> Element:
        """What is at each place a number, such as an exponent; its places are those of what it stands in."""
        found = []
        for sign, factors in terms(expr):
            value = Element.number(sign)
            for factor in factors:
                value = value * self.factor(factor, NONE).value
            if not value.is_scalar:
                raise Unsupported("a column where a number is wanted")
            found.append(value)
        return total(found)

    def power(self, base: Element, exponent: Expr) -> Element:
        value = self.scalar(exponent)
        if value.is_number:
            n = next(iter(value.terms.values()), Fraction(0))
            if n.denominator != 1:
                raise Unsupported("a matrix to a power that is no whole number")
            if n < 0:
                base, n = inverse(base), -n
            found = Element.number(1)
            for _ in range(int(n)):
                found = found * base
            return found
        letter = next(iter(base.terms))[1]
        if len(base.terms) != 1 or len(letter) != 1 or not isinstance(letter[0], Matrix) or not value.is_scalar:
            raise Unsupported("a real power of anything but a matrix")
        exponents = []
        for (scalars, _), n in value.terms.items():
            if len(scalars) != 1 or scalars[0][1] != 1:
                raise Unsupported("an exponent that is no sum of numbers")
            exponents.append((scalars[0][0], n))
        matrix = letter[0]
        return Element.of(
            Matrix(matrix.name, matrix.labels, moves=True, exponent=tuple(sorted(exponents)))
        )  # fmt: skip

    def column(self, printed: ColumnOf, ends: Ends) -> Element:
        """A printed column; one of four entries is one of two columns of two."""
        found = []
        for number, entry in enumerate(printed.entries):
            if entry.type.kind == "column":
                found.append(Element.of(Unit(number + 1, 1)) * in_space(self.whole(entry, ends), 2))
                continue
            value = self.value(entry, ends)
            if len(printed.entries) == 4:
                units = Element.of(Unit(1 + number // 2, 1)) * Element.of(Unit(1 + number % 2, 2))
            else:
                units = Element.of(Unit(number + 1))
            found.append(units * value)
        return total(found)

    # -- factors with indices ------------------------------------------------------------------------------------

    def factor(self, expr: Expr, ends: Ends) -> Factor:
        match expr:
            case Number(value=value):
                return Factor(Element.number(value), {})
            case ImaginaryUnit():
                return Factor(Element.of(I), {})
            case Size(range=name):
                size = self.sizes.get(name)
                return Factor(Element.number(size) if size else Element.of(Scalar(f"size of {name}")), {})
            case Symbol(name=name, slots=slots):
                if any(not isinstance(slot, Index) or not slot.is_label for slot in slots):
                    raise Unsupported(f"the index of {name} that is no number")
                moves = bool(slots) and self.scope.of_kind("coordinates") is not None
                return Factor(Element.of(Scalar(name, tuple(slot.name for slot in slots), moves)), {})  # type: ignore[union-attr]
            case Frac(top=top, bottom=bottom):
                return Factor(self.scalar(top) * inverse(self.scalar(bottom)), {})
            case Pow(base=base, exponent=exponent):
                return Factor(self.power(self.scalar(base), exponent), {})
            case Variable():
                return self.variable(expr, HERE)
            case Coordinate(of=Variable() as of):
                return self.variable(of, self.move_of(expr))
            case Rate(of=Variable() as of):
                return self.variable(of, Move(slopes=((0, 1),)))
            case Entry():
                return self.entry(expr, ends)
            case Gradient():
                return self.gradient(expr)
        raise Unsupported(f"{type(expr).__name__} among columns")

    def variable(self, variable: Variable, move: Move) -> Factor:
        """A variable at its places: a column over the letters, a number where it has none."""
        axes: Axes = {} if variable.places else {name: Index("·", name) for name in variable.axes}
        labels: list[str] = []
        for name, place in zip(variable.axes if variable.places else (), variable.places, strict=True):
            move = move.then(self.steps(place))
            if place.index.is_label:
                labels.append(place.index.name)
            else:
                axes[name] = place.index
        declared = self.scope.symbols[variable.name]
        if declared.kind != "variable":
            at = move.then(Move(time=variable.time or 0))
            scalar = Scalar(variable.name, tuple(labels), True, at)
            return Factor(Element.of(scalar), axes, dict(axes))
        value = Element.of(self.field_of(variable, tuple(labels)))
        return Factor(act(move, value), axes)

    def field_of(self, variable: Variable, labels: tuple[str, ...]) -> Field:
        return Field(variable.name, labels, Move(time=variable.time or 0))

    def entry(self, entry: Entry, ends: Ends) -> Factor:
        """An entry of a matrix: an operator from the letters of its columns to those of its rows, or a number."""
        names = entry.of.type.axes[0].split()
        if len(names) != len(entry.rows):
            names = [row.index.range for row in entry.rows]
        places = list(zip(names, entry.rows, entry.columns, strict=True))
        numbered = [row.index.is_label for _, row, _ in places]
        if numbered != [column.index.is_label for _, _, column in places]:
            raise Unsupported("an entry of which only one index is a number")
        out = tuple(n for n, is_number in enumerate(numbered) if is_number)
        if out:
            rows, columns = (
                [int(p.index.name) for n, p in enumerate(ps) if n in out] for ps in (entry.rows, entry.columns)
            )
            value = self.numbered(entry.of, rows, columns, out, ends)
        else:
            value = self.whole(entry.of, ends)
        open_ = [place for n, place in enumerate(places) if n not in out]
        if any(row.index == column.index for _, row, column in open_) and not value.is_scalar:
            raise Unsupported("a diagonal entry of a matrix that is not diagonal")
        for _, row, column in open_:
            before, behind = self.steps(row), self.steps(column).back()
            value = act(before, value) if not before.is_nothing else value
            value = value * Element.of(Moved(behind))
        if not open_:
            return Factor(value, {})
        return Factor(value, {n: row.index for n, row, _ in open_}, {n: column.index for n, _, column in open_})

    def numbered(self, of: Expr, rows: list[int], columns: list[int], out: tuple[int, ...], ends: Ends) -> Element:
        """The entries of a matrix at numbers, in the ranges ``out`` of those that it is over.

        Of what is explicit they are numbers, of a declared matrix symbols, or matrices over the ranges that are left.
        """
        match of:
            case Identity():
                return Element.number(int(rows == columns))
            case Transpose(of=inner):
                return transposed(self.numbered(inner, columns, rows, out, ends))
            case Add(terms=parts):
                return total(self.numbered(part, rows, columns, out, ends) for part in parts)
            case Neg(term=part):
                return -self.numbered(part, rows, columns, out, ends)
            case MatrixSymbol() if self.scope.symbols[of.name].kind in ("matrix", "metric"):
                return self.component(of, rows, columns, out)
        value = self.whole(of, ends)
        size = prod(
            int(self.scope.ranges[name].size)
            for name in of.type.axes[0].split()
            if self.scope.ranges[name].size.isdigit()
        )
        if len(rows) != 1 or size not in (2, 4):
            raise Unsupported("a numbered entry of a product")
        return entry_of(value, rows[0], columns[0], size)

    def component(self, of: MatrixSymbol, rows: list[int], columns: list[int], out: tuple[int, ...]) -> Element:
        declared = self.scope.symbols[of.name]
        if declared.kind == "metric":
            return Element.number(0 if rows != columns else 1 if rows == [0] else -1)
        moves = bool(declared.of)
        at = Move(time=of.time or 0) if moves else HERE
        if len(out) < len(of.over):
            labels = (*self.labels(of.labels), *(str(n) for n in (*rows, *columns)))
            return Element.of(Matrix(of.name, labels, moves=moves, move=at, on_sites=True))
        sign = 1
        if declared.properties & {"symmetric", "antisymmetric"} and rows > columns:
            rows, columns = columns, rows
            sign = 1 if "symmetric" in declared.properties else -1
        if rows == columns and "antisymmetric" in declared.properties:
            return Element()
        labels = (*self.labels(of.labels), *(str(n) for n in (*rows, *columns)))
        return Element.of(Scalar(of.name, labels, moves, at)).scaled(sign)

    def labels(self, places: tuple[Place, ...]) -> tuple[str, ...]:
        if any(not place.index.is_label for place in places):
            raise Unsupported("the label of a matrix that is no number")
        return tuple(place.index.name for place in places)

    def steps(self, place: Place) -> Move:
        found: dict[int, int] = {}
        if place.steps and sum(which.lattice for which in self.scope.ranges.values()) > 1:
            raise Unsupported("steps on one of several lattices")
        for step in place.steps:
            direction = 1 if step.direction is None else int(step.direction.name)
            found[direction] = found.get(direction, 0) + step.count
        return Move(sites=counts(found))

    def move_of(self, by: Coordinate) -> Move:
        return Move(slopes=((int(by.index.name), by.power),))


def _product(factors: tuple[Expr, ...]) -> Expr:
    return factors[0] if len(factors) == 1 else Mul(factors)


def contract(factors: list[Factor], ends: Ends) -> Element:
    """Follows the letters from the rows through operators, to a column that ends the product or to ``ends``."""
    found = Element.number(1)
    left = list(factors)
    for factor in [f for f in left if not f.rows and not f.value.is_column]:
        found = found * factor.value
        left.remove(factor)
    at = dict(ends.rows)
    while left:
        number, turned = _next(left, at)
        factor = left.pop(number)
        if factor.columns is None:
            if left or ends.columns is not None:
                raise Unsupported("a product of two columns")
            return found * factor.value
        found = found * (transposed(factor.value) if turned else factor.value)
        at.update(factor.rows if turned else factor.columns)
    if found and at != (ends.rows if ends.columns is None else ends.columns):
        raise Unsupported("indices that lead nowhere")
    return found


def _next(left: list[Factor], at: Axes) -> tuple[int, bool]:
    """The factor whose rows, or columns, stand at the letters reached so far; whether it is to be transposed."""

    def fits(axes: Axes | None) -> bool:
        return axes is not None and bool(axes) and all(at.get(name) == letter for name, letter in axes.items())

    operators = [(n, f) for n, f in enumerate(left) if f.columns is not None]
    for number, factor in operators:
        if fits(factor.rows):
            return number, False
    for number, factor in operators:
        if fits(factor.columns):
            return number, True
    for number, factor in enumerate(left):
        if factor.columns is None and (fits(factor.rows) or not factor.rows):
            return number, False
    raise Unsupported("a product whose indices do not lead from the free ones to a column")


def entry_of(value: Element, row: int, column: int, size: int) -> Element:
    """The entry of an explicit matrix of two rows, or of four: two of two."""

    def unit(number: int) -> tuple[Unit, ...]:
        return (Unit(number),) if size == 2 else (Unit(1 + (number - 1) // 2, 1), Unit(1 + (number - 1) % 2, 2))

    found = value
    for letter in unit(column):
        found = found * Element.of(letter)
    kept: dict = {}
    for (scalars, word), n in found.terms.items():
        if not all(isinstance(letter, Unit) for letter in word):
            raise Unsupported("an entry of a matrix that is not written out")
        if word == unit(row):
            kept[scalars, ()] = n
    return Element(kept)
