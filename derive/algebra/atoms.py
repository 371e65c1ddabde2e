"""The atoms of normal forms, and products of their powers summed over indices.

The atoms are opaque: a symbol with its indices, a function of a polynomial, a power of a sum, an entry or the
determinant of a matrix, a moment of a law. Nothing here knows what a symbol means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

from derive.expression import Expr, Index

if TYPE_CHECKING:
    from derive.algebra.indexed import Poly
    from derive.algebra.matrix import Matrix


GENERAL = "«"
"""Name of the index of a general entry, which stands for a whole column."""
SIZE = "size of "
"""Name prefix of the atom that stands for the size of a range."""
ANY_STATE = "any state"
"""The state of a mean that stands for the operator itself."""
_Class = TypeVar("_Class", bound=type)


def kept_once(cls: _Class) -> _Class:
    """Keeps the hash and the printed form of an immutable value: normal forms are deep, and are looked up often."""
    plain_hash, plain_repr = cls.__hash__, cls.__repr__

    def hash_(self: object) -> int:
        kept = self.__dict__
        if "_hash" not in kept:
            kept["_hash"] = plain_hash(self)  # type: ignore[call-arg]
        return kept["_hash"]

    def repr_(self: object) -> str:
        kept = self.__dict__
        if "_repr" not in kept:
            kept["_repr"] = plain_repr(self)  # type: ignore[call-arg]
        return kept["_repr"]

    cls.__hash__, cls.__repr__ = hash_, repr_  # type: ignore[assignment]
    return cls


@dataclass(frozen=True)
class Atom:
    """Base of the atoms: hashable, ordered by their printed form."""

    @property
    def sort_key(self) -> str:
        return repr(self)


@kept_once
@dataclass(frozen=True)
class Sym(Atom):
    """A symbol with one index for each of its slots.

    A positive one may take any rational power, and the square of a binary one is 1.
    """

    name: str
    at: tuple[Index, ...] = ()
    positive: bool = False
    binary: bool = False


@kept_once
@dataclass(frozen=True)
class Delta(Atom):
    """Kronecker's delta of two indices; canonical terms have none."""

    left: Index
    right: Index


@kept_once
@dataclass(frozen=True)
class Fn(Atom):
    """A function of one scalar: exp, log, sin, … ."""

    name: str
    argument: Poly


@kept_once
@dataclass(frozen=True)
class Root(Atom):
    """A sum (or a square of unknown sign) under a rational power, which is the atom's exponent."""

    base: Poly


@kept_once
@dataclass(frozen=True)
class Entry(Atom):
    """Entry (row, column) of a matrix that is not known entry by entry."""

    matrix: Matrix
    row: Index
    column: Index
    symmetric: bool = False


@kept_once
@dataclass(frozen=True)
class Determinant(Atom):
    """The determinant of a matrix; ``positive`` where the matrix is known to be positive definite."""

    matrix: Matrix
    positive: bool = False


@kept_once
@dataclass(frozen=True)
class Trace(Atom):
    """The trace of a product of matrices of which no entry is known; the product is rotated to sort first."""

    matrix: Matrix


@kept_once
@dataclass(frozen=True)
class Moment(Atom):
    """The expectation of a product of random factors under a law; ``given`` are the names of what that is given."""

    law: str
    factors: Factors
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Imaginary(Atom):
    """The imaginary unit; canonical terms have at most its first power."""


@kept_once
@dataclass(frozen=True)
class Value(Atom):
    """The value of a declared function at arguments in normal form: of a column its general entry.

    ``axes`` are the ranges of each argument, none for a number: a column of equal entries is no number.
    """

    name: str
    at: tuple[Index, ...]
    arguments: tuple[Poly, ...]
    axes: tuple[tuple[str, ...], ...] = ()


class Letter(Protocol):
    """A factor of a product of operators."""

    @property
    def indices(self) -> frozenset[Index]: ...

    @property
    def names(self) -> frozenset[str]:
        """The printed names of what it is."""
        ...

    @property
    def parts(self) -> tuple[Poly, ...]:
        """The normal forms inside it."""
        ...

    @property
    def adjoint(self) -> Letter: ...

    def renamed(self, change: Mapping[Index, Index]) -> Letter: ...


@kept_once
@dataclass(frozen=True)
class Mean(Atom):
    """The mean of a product of operators in a state."""

    state: str
    word: tuple[Letter, ...]


@kept_once
@dataclass(frozen=True)
class Opaque(Atom):
    """A positive scalar known by its print only, such as the value of an unspecified density."""

    expr: Expr
    random: bool = False


Factor = tuple[Atom, Fraction]
Factors = tuple[Factor, ...]


@kept_once
@dataclass(frozen=True)
class Term:
    """A product of powers of atoms, summed over ``bound``; ``distinct`` are pairs of indices that must differ."""

    factors: Factors
    bound: tuple[Index, ...] = ()
    distinct: frozenset[frozenset[Index]] = frozenset()

    @cached_property
    def sort_key(self) -> tuple[int, int, str]:
        return (len(self.bound), len(self.factors), repr(self))


UNIT = Term(())
