"""Polynomials in matrices that don't commute, for any size.

A matrix is a sum of words, each a product of letters with a scalar polynomial in front. The empty word is the
identity. Letters are declared matrices, inverses and logarithms; a letter next to its own inverse cancels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from derive.algebra.atoms import GENERAL
from derive.algebra.indexed import Poly, freshen, number, power_of, recanonical, rename_poly, sum_of_words
from derive.algebra.indices import indices_of_poly
from derive.expression import Index


@dataclass(frozen=True)
class Letter:
    """Base of the letters of a word."""

    @property
    def names(self) -> frozenset[str]:
        """The printed names of what it is."""
        return frozenset()

    @property
    def parts(self) -> tuple[Poly, ...]:
        """The normal forms inside it."""
        return ()


@dataclass(frozen=True)
class Named(Letter):
    """A declared matrix; ``transposed`` only where it is not symmetric."""

    name: str
    transposed: bool = False

    @property
    def names(self) -> frozenset[str]:
        return frozenset((self.name,))


@dataclass(frozen=True)
class Inverse(Letter):
    """The inverse of a matrix that is not a single word."""

    of: Matrix

    @property
    def names(self) -> frozenset[str]:
        return self.of.names

    @property
    def parts(self) -> tuple[Poly, ...]:
        return self.of.parts


@dataclass(frozen=True)
class InverseOf(Letter):
    """The inverse of one letter."""

    of: Letter

    @property
    def names(self) -> frozenset[str]:
        return self.of.names

    @property
    def parts(self) -> tuple[Poly, ...]:
        return self.of.parts


@dataclass(frozen=True)
class Function(Letter):
    """The exponential or principal logarithm of a matrix."""

    name: str
    of: Matrix

    @property
    def names(self) -> frozenset[str]:
        return self.of.names

    @property
    def parts(self) -> tuple[Poly, ...]:
        return self.of.parts


@dataclass(frozen=True)
class Table(Letter):
    """A matrix known entry by entry: (i, i) and, for i different from j, (i, j), in the indices ROW and COLUMN."""

    diagonal: Poly
    off_diagonal: Poly

    @property
    def parts(self) -> tuple[Poly, ...]:
        return (self.diagonal, self.off_diagonal)


def row_of(axis: str) -> Index:
    return Index(GENERAL, axis)


def column_of(axis: str) -> Index:
    return Index("»", axis)


Word = tuple[Letter, ...]


@dataclass(frozen=True)
class Matrix:
    """A sum of words with scalar coefficients; ``axis`` is the index range of rows and columns."""

    axis: str
    words: tuple[tuple[Word, Poly], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words)

    def __add__(self, other: Matrix) -> Matrix:
        return collect_words(self.axis, [*self.words, *other.words])

    def __neg__(self) -> Matrix:
        return Matrix(self.axis, tuple((word, -c) for word, c in self.words))

    def __sub__(self, other: Matrix) -> Matrix:
        return self + (-other)

    def __matmul__(self, other: Matrix) -> Matrix:
        return collect_words(
            self.axis, ((reduce_word(a + b), freshen(x) * freshen(y)) for a, x in self.words for b, y in other.words)
        )

    def scaled(self, by: Poly) -> Matrix:
        return collect_words(self.axis, ((word, freshen(by) * freshen(c)) for word, c in self.words))

    @cached_property
    def indices(self) -> frozenset[Index]:
        """Free indices of the coefficients; those of a table's general entry do not count."""
        found: frozenset[Index] = frozenset()
        for word, coefficient in self.words:
            found |= indices_of_poly(coefficient)
            for letter in word:
                found |= _indices_of_letter(letter, self.axis)
        return found

    @property
    def names(self) -> frozenset[str]:
        """The printed names of the letters."""
        return frozenset().union(*(letter.names for word, _ in self.words for letter in word))

    @property
    def parts(self) -> tuple[Poly, ...]:
        """The coefficients, and the normal forms inside the letters."""
        inside = (part for word, _ in self.words for letter in word for part in letter.parts)
        return (*(coefficient for _, coefficient in self.words), *inside)

    def renamed(self, change: Mapping[Index, Index]) -> Matrix:
        if not self.indices & set(change):
            return self
        return collect_words(
            self.axis,
            ((tuple(_renamed_letter(x, change) for x in word), rename_poly(c, change)) for word, c in self.words),
        )

    @property
    def single(self) -> Word | None:
        """The word of a matrix that is one word with coefficient one, or None."""
        if len(self.words) == 1 and self.words[0][1] == number(1):
            return self.words[0][0]
        return None


def _renamed_letter(letter: Letter, change: Mapping[Index, Index]) -> Letter:
    match letter:
        case Inverse(of=of):
            return Inverse(of.renamed(change))
        case Function(name=name, of=of):
            return Function(name, of.renamed(change))
        case InverseOf(of=inner):
            return InverseOf(_renamed_letter(inner, change))
        case Table(diagonal=diagonal, off_diagonal=off):
            return Table(recanonical(rename_poly(diagonal, change)), recanonical(rename_poly(off, change)))
    return letter


def _indices_of_letter(letter: Letter, axis: str) -> frozenset[Index]:
    match letter:
        case Inverse(of=of) | Function(of=of):
            return of.indices
        case InverseOf(of=inner):
            return _indices_of_letter(inner, axis)
        case Table(diagonal=diagonal, off_diagonal=off):
            return (indices_of_poly(diagonal) | indices_of_poly(off)) - {row_of(axis), column_of(axis)}
    return frozenset()


def collect_words(axis: str, words: Iterable[tuple[Word, Poly]]) -> Matrix:
    return Matrix(axis, sum_of_words(words))


def identity(axis: str) -> Matrix:
    return Matrix(axis, (((), number(1)),))


def letter_matrix(axis: str, letter: Letter) -> Matrix:
    return Matrix(axis, (((letter,), number(1)),))


def word_matrix(axis: str, word: Word) -> Matrix:
    return Matrix(axis, ((word, number(1)),))


def inverse_letter(letter: Letter) -> Letter:
    match letter:
        case InverseOf(of=inner):
            return inner
        case _:
            return InverseOf(letter)


def reduce_word(word: Word) -> Word:
    """A letter next to its inverse cancels."""
    stack: list[Letter] = []
    for letter in word:
        if stack and (stack[-1] == InverseOf(letter) or letter == InverseOf(stack[-1])):
            stack.pop()
        else:
            stack.append(letter)
    return tuple(stack)


def inverse_of(matrix: Matrix) -> Matrix:
    """The inverse: of a word the reversed word of inverses, of a sum a letter of its own."""
    if len(matrix.words) == 1:
        word, coefficient = matrix.words[0]
        flipped = reduce_word(tuple(inverse_letter(letter) for letter in reversed(word)))
        return collect_words(matrix.axis, [(flipped, power_of(coefficient, Fraction(-1)))])
    return letter_matrix(matrix.axis, Inverse(matrix))


def determinant_words(matrix: Matrix) -> tuple[list[Letter], Matrix]:
    """Splits det(matrix) into the determinants of inverse letters in front and of what is left.

    ``det(1 + A^{-1} B) = det(A^{-1}) det(A + B)``: while some word begins (or ends) with an inverse, the letter is
    pulled out to that side. Returns the inverse letters pulled out and the rest.
    """
    pulled: list[Letter] = []
    rest = matrix
    while len(rest.words) > 1:
        left = next((w[0] for w, _ in rest.words if w and isinstance(w[0], InverseOf)), None)
        right = next((w[-1] for w, _ in rest.words if w and isinstance(w[-1], InverseOf)), None)
        if left is not None:
            rest = letter_matrix(rest.axis, left.of) @ rest
            pulled.append(left)
        elif right is not None:
            rest = rest @ letter_matrix(rest.axis, right.of)
            pulled.append(right)
        else:
            break
    return pulled, rest
