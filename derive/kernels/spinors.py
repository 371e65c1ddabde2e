"""Complex numbers in lines on fields: columns by their entries, tensor products, Pauli matrices.

What runs over a printed number of values is written out later, so that an entry is chosen by entries of the identity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from derive.expression import Add, Expr, Frac, ImaginaryUnit, Index, Mul, Neg, walk
from derive.fields.nodes import ColumnOf, Entry, MatrixSymbol, Place, TensorProduct
from derive.fields.terms import presented
from derive.kernels import pairs
from derive.kernels.field_arguments import Around
from derive.kernels.field_entries import FieldEntries, what
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.loops import ONE, ZERO, Fixed, Node, Same
from derive.kernels.loops import Place as At
from derive.kernels.operators import PAULI
from derive.kernels.pairs import Pair
from derive.notation import Scope

Places = tuple[Place, ...]


def has_spinors(kernel: KernelInput) -> bool:
    """Whether the imaginary unit, columns by their entries, tensor products or Pauli matrices stand in a line."""
    return _is_spinor(kernel.right, kernel.scope)


def _is_spinor(expr: Expr, scope: Scope) -> bool:
    return any(
        isinstance(node, ImaginaryUnit | ColumnOf | TensorProduct) or _is_pauli(node, scope) for node in walk(expr)
    )


def _is_pauli(expr: Expr, scope: Scope) -> bool:
    return isinstance(expr, MatrixSymbol) and scope.symbols[expr.name].kind == "Pauli"


class Spinors(FieldEntries):
    """The complex numbers of one line on fields; whatever else stands in it is left to what this is mixed into."""

    def number(self, expr: Expr, around: Around) -> Pair:
        """A complex number."""
        if not _is_spinor(expr, self.scope):
            return Pair(self.scalar(expr, around))
        match expr:
            case ImaginaryUnit():
                return pairs.IMAGINARY
            case Add(terms=terms):
                return pairs.total(self.number(term, around) for term in terms)
            case Neg(term=term):
                return pairs.negative(self.number(term, around))
            case Frac(top=top, bottom=bottom):
                return pairs.quotient(self.number(top, around), self.number(bottom, around))
            case Mul(factors=factors):
                bound = frozenset(around)
                counts = Counter(letter for factor in factors for letter in presented(factor, bound))
                if any(n > 1 and letter not in around for letter, n in counts.items()):
                    raise KernelError("a sum over repeated indices of complex numbers cannot be compiled yet")
                return pairs.products(self.number(factor, around) for factor in factors)
            case Entry(of=of, rows=rows, columns=columns):
                return self.complex_entry(of, rows, columns, around)
        raise KernelError(f"{what(expr)} of complex numbers cannot be compiled yet")

    def complex_entry(self, of: Expr, rows: Places, columns: Places, around: Around) -> Pair:
        """An entry of a complex matrix, or of a column."""
        if not _is_spinor(of, self.scope):
            return Pair(self.entry(of, rows, columns, around))
        match of:
            case MatrixSymbol():
                return self.pauli(of, rows, columns, around)
            case Neg(term=term):
                return pairs.negative(self.complex_entry(term, rows, columns, around))
            case Add(terms=terms):
                return pairs.total(self.complex_entry(term, rows, columns, around) for term in terms)
            case Frac(top=top, bottom=bottom):
                return pairs.quotient(self.complex_entry(top, rows, columns, around), self.number(bottom, around))
            case Mul(factors=factors) if sum(factor.type.kind == "matrix" for factor in factors) == 1:
                own = (
                    self.complex_entry(factor, rows, columns, around)
                    if factor.type.kind == "matrix"
                    else self.number(factor, around)
                    for factor in factors
                )
                return pairs.products(own)
            case TensorProduct():
                return self.tensor(of, rows, columns, around)
            case ColumnOf(entries=entries) if all(entry.type.kind == "scalar" for entry in entries):
                (at,) = self.all_places(rows, around)
                chosen = (pairs.product(Pair(_is(at, n)), self.number(one, around)) for n, one in enumerate(entries))
                return pairs.total(chosen)
        raise KernelError(f"the entries of {what(of)} of complex numbers cannot be compiled yet")

    def pauli(self, symbol: MatrixSymbol, rows: Places, columns: Places, around: Around) -> Pair:
        """An entry of a Pauli matrix; of which one may be an index."""
        (label,) = self.all_places(symbol.labels, around)
        (row,), (column,) = self.all_places(rows, around), self.all_places(columns, around)
        first = self.scope.ranges[symbol.labels[0].index.range].first
        found: list[Pair] = []
        for number, entries in PAULI.items():
            own = [pairs.products([Pair(_is(row, r)), Pair(_is(column, c)), value]) for r, c, value in entries]
            found.append(pairs.product(Pair(_is(label, number - first)), pairs.total(own)))
        return pairs.total(found)

    def tensor(self, of: TensorProduct, rows: Places, columns: Places, around: Around) -> Pair:
        """An entry of a tensor product, by two indices on each side, or by one that runs over both."""
        if len(rows) == len(columns) == 2:
            left = self.complex_entry(of.left, rows[:1], columns[:1], around)
            return pairs.product(left, self.complex_entry(of.right, rows[1:], columns[1:], around))
        (row,), (column,) = self.all_places(rows, around), self.all_places(columns, around)
        found: list[Pair] = []
        for n, first, second in self.split(of):
            for m, third, fourth in self.split(of):
                chosen = pairs.product(Pair(_is(row, n)), Pair(_is(column, m)))
                if chosen != pairs.NOTHING:
                    left = self.complex_entry(of.left, first, third, around)
                    right = self.complex_entry(of.right, second, fourth, around)
                    found.append(pairs.products([chosen, left, right]))
        return pairs.total(found)

    def split(self, of: TensorProduct) -> Iterator[tuple[int, Places, Places]]:
        """The values of an index that runs over two ranges, with the numbers on each."""
        ranges = [self.scope.ranges[side.type.axes[0]] for side in (of.left, of.right) if " " not in side.type.axes[0]]
        if len(ranges) != 2 or not all(range_.size.isdigit() for range_ in ranges):
            raise KernelError("a tensor product over ranges without a printed size cannot be compiled yet")
        outer, inner = ranges
        for n in range(int(outer.size) * int(inner.size)):
            a, b = divmod(n, int(inner.size))
            first, second = (Index(str(k + one.first), one.name) for k, one in ((a, outer), (b, inner)))
            yield n, (Place(first),), (Place(second),)


def _is(place: At, value: int) -> Node:
    """1 where a place has a value, else 0."""
    if isinstance(place, Fixed):
        return ONE if place.value == value else ZERO
    return Same(place, Fixed(value))


__all__ = ["Spinors", "has_spinors"]
