"""Columns, rows and matrices with polynomials as entries, most of which are zero."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flint import fmpq_mat

from derive.domains import NotRealisable
from derive.fields.finite.polynomials import IMAGINARY, ONE, Gaussian, Poly, rational


class Array:
    """A matrix of polynomials; a column has one column and a row one row.

    >>> two = Array.identity(2) + Array.identity(2)
    >>> (two * two.inverse()) == Array.identity(2)
    True
    """

    __slots__ = ("columns", "entries", "rows")

    def __init__(self, rows: int, columns: int, entries: Mapping[tuple[int, int], Poly]) -> None:
        self.rows = rows
        self.columns = columns
        self.entries = {place: value for place, value in entries.items() if value}

    @staticmethod
    def identity(size: int) -> Array:
        return Array(size, size, {(k, k): Poly.number(1) for k in range(size)})

    @staticmethod
    def of(rows: list[list[int]], factor: Gaussian = ONE) -> Array:
        """A small matrix of integers, times a number."""
        entries = {(r, c): Poly.number(v).times(factor) for r, row in enumerate(rows) for c, v in enumerate(row)}
        return Array(len(rows), len(rows[0]), entries)

    @staticmethod
    def column(values: list[Poly]) -> Array:
        return Array(len(values), 1, {(k, 0): value for k, value in enumerate(values)})

    def at(self, row: int, column: int) -> Poly:
        return self.entries.get((row, column), ZERO)

    @property
    def is_square(self) -> bool:
        return self.rows == self.columns

    def map(self, change: Callable[[Poly], Poly]) -> Array:
        return Array(self.rows, self.columns, {place: change(value) for place, value in self.entries.items()})

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Array)
            and (self.rows, self.columns) == (other.rows, other.columns)
            and self.entries == other.entries
        )

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Array) -> Array:
        if (self.rows, self.columns) != (other.rows, other.columns):
            raise NotRealisable(
                f"a matrix of {self.rows} by {self.columns} and one of {other.rows} by {other.columns} are added"
            )
        entries = dict(self.entries)
        for place, value in other.entries.items():
            entries[place] = entries[place] + value if place in entries else value
        return Array(self.rows, self.columns, entries)

    def __neg__(self) -> Array:
        return self.map(lambda value: -value)

    def __mul__(self, other: Array) -> Array:
        if self.columns != other.rows:
            raise NotRealisable(f"a matrix with {self.columns} columns multiplies one with {other.rows} rows")
        by_row: dict[int, list[tuple[int, Poly]]] = {}
        for (row, column), value in other.entries.items():
            by_row.setdefault(row, []).append((column, value))
        entries: dict[tuple[int, int], Poly] = {}
        for (row, middle), left in self.entries.items():
            for column, right in by_row.get(middle, ()):
                value = left * right
                place = (row, column)
                entries[place] = entries[place] + value if place in entries else value
        return Array(self.rows, other.columns, entries)

    def times(self, factor: Poly) -> Array:
        return self.map(lambda value: value * factor)

    def transposed(self) -> Array:
        return Array(self.columns, self.rows, {(c, r): value for (r, c), value in self.entries.items()})

    def tensor(self, other: Array) -> Array:
        """The tensor product, with the second factor's index running first."""
        entries = {
            (r * other.rows + s, c * other.columns + d): left * right
            for (r, c), left in self.entries.items()
            for (s, d), right in other.entries.items()
        }
        return Array(self.rows * other.rows, self.columns * other.columns, entries)

    def numbers(self) -> dict[tuple[int, int], Gaussian] | None:
        """Its entries where all are numbers."""
        found: dict[tuple[int, int], Gaussian] = {}
        for place, value in self.entries.items():
            number = value.constant
            if number is None:
                return None
            found[place] = number
        return found

    def inverse(self) -> Array:
        """The inverse of a matrix of numbers. Raises NotRealisable where it has none, or holds more than numbers."""
        numbers = self.numbers()
        if numbers is None:
            raise NotRealisable("a matrix that is not known yet is inverted")
        if not self.is_square:
            raise NotRealisable("a matrix that is not square is inverted")
        size = self.rows
        is_complex = any(value.y for value in numbers.values())
        # A + iB is inverted as the real matrix [[A, -B], [B, A]].
        block = fmpq_mat(2 * size, 2 * size) if is_complex else fmpq_mat(size, size)
        for (r, c), value in numbers.items():
            block[r, c] = _fmpq(value.x)
            if is_complex:
                block[r + size, c + size] = _fmpq(value.x)
                block[r, c + size] = _fmpq(-value.y)
                block[r + size, c] = _fmpq(value.y)
        try:
            inverse = block.inv()
        except ZeroDivisionError as error:
            raise NotRealisable("a matrix that is inverted is singular") from error
        entries: dict[tuple[int, int], Poly] = {}
        for r in range(size):
            for c in range(size):
                value = _gaussian(inverse[r, c])
                if is_complex:
                    value = value + _gaussian(inverse[r + size, c]) * IMAGINARY
                if value:
                    entries[r, c] = Poly.number(value)
        return Array(size, size, entries)

    def power(self, exponent: int) -> Array:
        base = self if exponent >= 0 else self.inverse()
        result = Array.identity(self.rows)
        for _ in range(abs(exponent)):
            result = result * base
        return result


ZERO = Poly()

Result = Poly | Array
"""What an expression comes to: a number, or a column, row or matrix."""

PAULI = {
    1: Array.of([[0, 1], [1, 0]]),
    2: Array.of([[0, -1], [1, 0]], IMAGINARY),
    3: Array.of([[1, 0], [0, -1]]),
}
LEVI_CIVITA = Array.of([[0, 1], [-1, 0]])


def _fmpq(value: object):
    from flint import fmpq, fmpz

    text = str(value)
    top, _, bottom = text.partition("/")
    return fmpq(fmpz(int(top)), fmpz(int(bottom or "1")))


def _gaussian(value: object) -> Gaussian:
    from fractions import Fraction

    return rational(Fraction(str(value)))


def times(left: Result, right: Result) -> Result:
    """The product; of a row and a column, a number."""
    if isinstance(left, Poly):
        return left * right if isinstance(right, Poly) else right.times(left)
    if isinstance(right, Poly):
        return left.times(right)
    product = left * right
    return product.at(0, 0) if product.rows == product.columns == 1 and left.columns > 1 else product


def plus(left: Result, right: Result) -> Result:
    """The sum; a number is added to a matrix as that multiple of the identity."""
    if isinstance(left, Poly) and isinstance(right, Poly):
        return left + right
    if isinstance(left, Poly):
        assert isinstance(right, Array)
        return _spread(left, right) + right
    return left + (_spread(right, left) if isinstance(right, Poly) else right)


def _spread(number: Poly, like: Array) -> Array:
    if not number:
        return Array(like.rows, like.columns, {})
    if not like.is_square:
        raise NotRealisable("a number is added to a column")
    return Array.identity(like.rows).times(number)


def minus(value: Result) -> Result:
    return -value


def components(value: Result, other: Result) -> list[tuple[str, Poly, Poly]]:
    """The entries of two values side by side, each with its place.

    Raises NotRealisable where the shapes differ.
    """
    if isinstance(value, Poly) and isinstance(other, Poly):
        return [("", value, other)]
    left = _spread(value, other) if isinstance(value, Poly) and isinstance(other, Array) else value
    right = _spread(other, value) if isinstance(other, Poly) and isinstance(value, Array) else other
    assert isinstance(left, Array)
    assert isinstance(right, Array)
    if (left.rows, left.columns) != (right.rows, right.columns):
        raise NotRealisable(
            f"a matrix of {left.rows} by {left.columns} is compared with one of {right.rows} by {right.columns}"
        )
    return [
        (f"entry {r + 1}, {c + 1}" if left.columns > 1 else f"entry {r + 1}", left.at(r, c), right.at(r, c))
        for r in range(left.rows)
        for c in range(left.columns)
    ]


__all__ = ["LEVI_CIVITA", "PAULI", "ZERO", "Array", "Result", "components", "minus", "plus", "times"]
