"""Entries of variables and matrices in a line on fields: those of arguments, of formulas, of inverses."""

from __future__ import annotations

from fractions import Fraction

from derive.constants import constant
from derive.expression import Add, Call, Expr, Frac, Identity, Index, Neg, Over, Transpose
from derive.fields import nodes as fields
from derive.fields.nodes import Entry, InverseTranspose, MatrixPower, MatrixSymbol, Variable
from derive.kernels.field_arguments import Around, FieldArguments, matrix_rules, timed, turn_name
from derive.kernels.kernel import KernelError, KernelInput, is_diagonal
from derive.kernels.loops import (
    ONE,
    Const,
    Fill,
    Fixed,
    Function,
    Load,
    Negative,
    Node,
    OfMatrix,
    Pi,
    Product,
    Quotient,
    Same,
    Sum,
)
from derive.latex.places import direction_range


class FieldEntries(FieldArguments):
    """The entries of one line; numbers and products are left to what extends it."""

    def __init__(self, kernel: KernelInput) -> None:
        super().__init__(kernel)
        self.rules = matrix_rules(kernel.definitions)
        self.parts: dict[tuple[Expr, tuple[Index, ...]], Fill] = {}
        """Arrays for what stands behind a matrix in a product of several, each filled before its first use."""
        self.inverses: dict[Expr, str] = {}
        """The arrays of inverses."""

    def scalar(self, expr: Expr, around: Around) -> Node:
        raise NotImplementedError

    def product(self, factors: tuple[Expr, ...], around: Around) -> Node:
        raise NotImplementedError

    def directions(self, index: Index, body: Expr, around: Around, excluded: tuple[Index, ...] = ()) -> Node:
        raise NotImplementedError

    def is_direction(self, index: Index) -> bool:
        directions = direction_range(self.scope)
        return directions is not None and index.range == directions.name

    def variable(self, variable: Variable, around: Around) -> Node:
        if len(variable.places) != len(variable.axes):
            raise KernelError(f"{variable.name} is printed without its indices")
        declared = self.scope.symbols[variable.name]
        if declared.kind not in ("variable", "quantity"):
            raise KernelError(f"{variable.name} cannot be an argument of a kernel: it is of the kind {declared.kind}")
        if variable.time is None and variable.point:
            raise KernelError("a field on the points of a continuum cannot be compiled")
        at = self.all_places(variable.places, around)
        name, said = timed(variable.name, variable.time)
        return self.load(name, variable.name, self.ranges(variable.axes), at, said)

    def entry(
        self, of: Expr, rows: tuple[fields.Place, ...], columns: tuple[fields.Place, ...], around: Around
    ) -> Node:
        """An entry of a matrix."""
        match of:
            case MatrixSymbol():
                return self.matrix(of, rows, columns, around)
            case Identity():
                return self.identity(rows, columns, around)
            case Transpose(of=inner):
                return self.entry(inner, columns, rows, around)
            case Neg(term=term):
                return Negative(self.entry(term, rows, columns, around))
            case Add(terms=terms):
                return Sum(tuple(self.product((Entry(term, rows, columns),), around) for term in terms))
            case Frac(top=top, bottom=bottom):
                return Quotient(self.product((Entry(top, rows, columns),), around), self.scalar(bottom, around))
            case Over(index=index, body=body) if self.is_direction(index):
                return self.directions(index, Entry(body, rows, columns), around, of.excluded)
            case MatrixPower(base=base, exponent=exponent) if (n := constant(exponent)) is not None:
                if n == -1:
                    return self.inverse(base, rows, columns, around)
                if n == 0:
                    return self.identity(rows, columns, around)
                if n == 1:
                    return self.entry(base, rows, columns, around)
            case MatrixPower(base=MatrixSymbol() as base, exponent=exponent) if turn_name(base) in self.kernel.turns:
                return self.turned(base, exponent, rows, columns, around)
            case MatrixPower(exponent=exponent) if constant(exponent) is None:
                raise KernelError("a real power of a matrix needs a premise that says that its square is -1")
            case InverseTranspose(of=inner):
                return self.inverse(inner, columns, rows, around)
        raise KernelError(f"the entries of {what(of)} cannot be compiled yet")

    def turned(
        self,
        base: MatrixSymbol,
        exponent: Expr,
        rows: tuple[fields.Place, ...],
        columns: tuple[fields.Place, ...],
        around: Around,
    ) -> Node:
        """An entry of a real power of a matrix whose square is -1."""
        angle = Product((Const(Fraction(1, 2)), Pi(), self.scalar(exponent, around)))
        own = self.entry(base, rows, columns, around)
        there = Product((Function("cos", angle), self.identity(rows, columns, around)))
        return Sum((there, Product((Function("sin", angle), own))))

    def inverse(
        self, of: Expr, rows: tuple[fields.Place, ...], columns: tuple[fields.Place, ...], around: Around
    ) -> Node:
        """An entry of the inverse of a matrix: of an array that is filled once."""
        at = (*self.all_places(rows, around), *self.all_places(columns, around))
        if of not in self.inverses:
            names = of.type.axes[0].split()
            first, second = (tuple(self.letter(name) for name in names) for _ in range(2))
            loops = {letter: self.loops(letter) for letter in (*first, *second)}
            body = self.product((Entry(of, tuple(map(fields.Place, first)), tuple(map(fields.Place, second))),), loops)
            there = tuple(loop for letter in (*first, *second) for loop in loops[letter])
            symbol = body.symbol if isinstance(body, Load) and body.at == there else f"matrix {len(self.inverses) + 1}"
            if not isinstance(body, Load):
                self.parts[of, first] = Fill(symbol, there, body)
            self.inverses[of] = f"inverse of {symbol}"
            self.parts[of, ()] = Fill(self.inverses[of], there, OfMatrix("inverse", symbol))
        return Load(self.inverses[of], at)

    def identity(self, rows: tuple[fields.Place, ...], columns: tuple[fields.Place, ...], around: Around) -> Node:
        first, second = self.all_places(rows, around), self.all_places(columns, around)
        return _product([Same(a, b) for a, b in zip(first, second, strict=True)])

    def matrix(
        self,
        symbol: MatrixSymbol,
        rows: tuple[fields.Place, ...],
        columns: tuple[fields.Place, ...],
        around: Around,
    ) -> Node:
        declared = self.scope.symbols[symbol.name]
        if "identity" in declared.properties:
            return self.identity(rows, columns, around)
        if declared.kind == "Levi-Civita":
            (row,), (column,) = self.all_places(rows, around), self.all_places(columns, around)
            first, second = Fixed(0), Fixed(1)
            return Sum((
                Product((Same(row, first), Same(column, second))),
                Negative(Product((Same(row, second), Same(column, first)))),
            ))  # fmt: skip
        if declared.kind != "matrix":
            raise KernelError(f"{symbol.name} cannot be an argument of a kernel: it is of the kind {declared.kind}")
        if symbol.name in self.rules and not declared.of and not symbol.labels:
            return self.defined(symbol.name, rows, columns, around)
        name, said = timed(symbol.name, symbol.time)
        if is_diagonal(declared):
            there = self.labelled(name, symbol.name, symbol.labels, symbol.over, rows, said, around)
            return Product((self.identity(rows, columns, around), there))
        over = (*symbol.over, *symbol.over)
        return self.labelled(name, symbol.name, symbol.labels, over, (*rows, *columns), said, around)

    def defined(
        self, name: str, rows: tuple[fields.Place, ...], columns: tuple[fields.Place, ...], around: Around
    ) -> Node:
        """The entry of a matrix whose entries a premise says, at these places."""
        if name in self.busy:
            raise KernelError(f"the definition of {name} uses {name} itself")
        rule = self.rules[name]
        assert isinstance(rule.left, Entry)
        letters = [place.index for place in (*rule.left.rows, *rule.left.columns)]
        there = {letter: self.places(place, around) for letter, place in zip(letters, (*rows, *columns), strict=True)}
        self.busy.append(name)
        found = self.scalar(rule.right, there)
        self.busy.pop()
        return found


def _product(factors: list[Same]) -> Node:
    return ONE if not factors else factors[0] if len(factors) == 1 else Product(tuple(factors))


def what(expr: Expr) -> str:
    """The name of a construct for a message."""
    if isinstance(expr, Call):
        return f"{expr.function} of {expr.argument.type.a} on fields"
    names = {
        "Gradient": "a derivative by a variable",
        "Coordinate": "a derivative by a coordinate",
        "Applied": "a function that no formula is known for",
        "TensorProduct": "a tensor product",
        "MatrixPower": "a matrix to a power",
        "MatrixSymbol": "a matrix without its indices",
        "ImaginaryUnit": "the imaginary unit",
    }
    return names.get(type(expr).__name__, f"a {type(expr).__name__}")


__all__ = ["FieldEntries", "what"]
