"""Entries of products, inverses and determinants of matrices as index loops, and the loops around a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from derive.constants import constant
from derive.expression import Expr, Index, Pow, Symbol, Type, product_type
from derive.kernels.kernel import KernelError, is_diagonal
from derive.kernels.loops import Const, Fill, Fixed, Load, Loop, Node, OfMatrix, Place, Power, Product, reduced
from derive.notation import Scope

SHORT = 3
"""The most factors of a product whose entries are sums in sums, with a row or column at an end; one less without."""
Whole = Literal["inverse", "determinant", "log determinant"]


@dataclass(frozen=True, slots=True)
class Around:
    """The loops around a place, and which of them each index letter stands for."""

    letters: tuple[tuple[Index, Loop], ...] = ()
    loops: tuple[Loop, ...] = ()
    counters: tuple[tuple[Symbol, Loop], ...] = ()
    """The loops between limits that the whole variables of sums stand for."""

    def counter(self, variable: Symbol) -> Loop | None:
        """The loop of a variable over whole numbers."""
        return next((loop for one, loop in reversed(self.counters) if one == variable), None)

    def loop(self, index: Index) -> Place:
        """The loop of an index letter, or the fixed value of a label, which the print counts from 1."""
        if index.is_label:
            return Fixed(int(index.name) - 1)
        for letter, loop in reversed(self.letters):
            if letter == index:
                return loop
        raise Unbound(f"the index {index.name} is bound neither by a sum nor by the left side")


class Unbound(KernelError):
    """An index that no loop around a place stands for."""


class Matrices:
    """What a kernel needs of matrices. Whoever extends it has the entries of single ones."""

    scope: Scope

    def __init__(self) -> None:
        self.fills: dict[str, Fill] = {}
        self.products: dict[tuple[Expr, ...], str] = {}
        """The arrays of products that are parts of long ones."""
        self.matrices: dict[str, str] = {}
        """The arrays of matrices that are inverted, or of which there is a determinant."""

    def inside(
        self, around: Around, range_: str, letter: Index | None = None, excluded: tuple[Place, ...] = ()
    ) -> tuple[Loop, Around]:
        raise NotImplementedError

    def scalar(self, expr: Expr, around: Around) -> Node:
        raise NotImplementedError

    def entry(self, expr: Expr, at: tuple[Place, ...], around: Around) -> Node:
        raise NotImplementedError

    def of_matrix(self, name: Whole, matrix: Expr, at: tuple[Place, ...]) -> Node:
        """An entry of the inverse of a matrix, or its determinant: of an array that is filled once."""
        symbol = matrix.name if isinstance(matrix, Symbol) and not matrix.slots else f"matrix {matrix}"
        row, around = self.inside(Around(), matrix.type.axes[0])
        column, around = self.inside(around, matrix.type.axes[1])
        body = self.entry(matrix, (row, column), around)
        if symbol not in self.matrices:
            known = isinstance(body, Load) and body.symbol == symbol
            self.matrices[symbol] = symbol if known else f"matrix {len(self.matrices) + 1}"
            if not known:
                self.fills[self.matrices[symbol]] = Fill(self.matrices[symbol], (row, column), body)
        whole = self.matrices[symbol]
        found = f"{name} of {whole}"
        if found not in self.fills:
            self.fills[found] = Fill(found, (row, column) if name == "inverse" else (), OfMatrix(name, whole))
        return Load(found, at)

    def is_diagonal(self, expr: Expr) -> bool:
        """Whether a matrix is declared to be zero off its diagonal, or is a power of such a one."""
        match expr:
            case Symbol(name=name):
                declared = self.scope.symbols.get(name)
                return declared is not None and is_diagonal(declared)
            case Pow(base=base):
                return expr.type.kind == "matrix" and self.is_diagonal(base)
        return False

    def on_diagonal(self, expr: Expr, at: Place, around: Around) -> Node:
        """The entry (i, i) of a diagonal matrix."""
        if isinstance(expr, Pow):
            power = constant(expr.exponent)
            assert power is not None
            return Power(self.on_diagonal(expr.base, at, around), Const(power))
        return self.entry(expr, (at, at), around)

    def product(self, factors: tuple[Expr, ...], at: tuple[Place, ...], around: Around) -> Node:
        """A product in print order: scalars, and runs such as row · matrix · column that are scalars together."""
        parts: list[Node] = []
        run: list[Expr] = []
        kind = Type("scalar")
        for factor in factors:
            if factor.type.kind == "scalar":
                parts.append(self.scalar(factor, around))
                continue
            if factor.type.kind not in ("matrix", "column", "row", "vector"):
                raise KernelError(f"a product with a {factor.type} cannot be compiled yet")
            run.append(factor)
            kind = product_type(kind, factor.type)
            if kind.kind == "scalar":
                parts.append(self.run(run, (), around))
                run = []
        if run:
            parts.append(self.run(run, at, around))
        return parts[0] if len(parts) == 1 else Product(tuple(parts))

    def run(self, factors: list[Expr], at: tuple[Place, ...], around: Around, *, long: bool = False) -> Node:
        """An entry of a product of matrices, columns and rows, as sums over the inner indices.

        In a ``long`` product each matrix is multiplied with the array of what stands behind it.
        """
        first, rest = factors[0], factors[1:]
        long = long or len(factors) > SHORT - (len(at) == 2)
        if not rest:
            return self.entry(first, at, around)
        outer = at[:1] if first.type.kind in ("matrix", "column") else ()
        if outer and self.is_diagonal(first):
            return Product((self.on_diagonal(first, outer[0], around), self.run(rest, at, around, long=long)))
        if len(rest) == 1 and at and self.is_diagonal(rest[0]):
            return Product((self.entry(first, at, around), self.on_diagonal(rest[0], at[-1], around)))
        if first.type.kind == "column":
            return Product((self.entry(first, outer, around), self.run(rest, at[1:], around, long=long)))
        loop, inner = self.inside(around, first.type.axes[-1])
        behind = self.behind if long and len(rest) > 1 else self.run
        tail = behind(rest, (loop, *at[len(outer) :]), inner)
        return reduced("sum", loop, Product((self.entry(first, (*outer, loop), inner), tail)))

    def behind(self, factors: list[Expr], at: tuple[Place, ...], around: Around) -> Node:
        """An entry of a product, from an array that is filled once."""
        key = tuple(factors)
        if key not in self.products:
            axes = (*factors[0].type.axes[:1], *(factors[-1].type.axes[-1:] if len(at) > 1 else ()))
            loops: list[Loop] = []
            alone = Around()
            for axis in axes:
                loop, alone = self.inside(alone, axis)
                loops.append(loop)
            try:
                body = self.run(factors, tuple(loops), alone, long=True)
            except Unbound:
                return self.run(factors, at, around, long=True)
            self.products[key] = f"product {len(self.products) + 1}"
            self.fills[self.products[key]] = Fill(self.products[key], tuple(loops), body)
        return Load(self.products[key], at)


__all__ = ["Around", "Matrices", "Unbound"]
