"""A matrix as the sum of one that is inverted and the rest, and identities for matrices of which nothing is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from derive.algebra.lowering import Lowering
from derive.algebra.rules import Rule
from derive.errors import DeriveError, EncodingError, ReadError
from derive.expansions.trees import inverse, product
from derive.expression import Add, Expr, Frac, Identity, Mul, Neg, Symbol, Type
from derive.judgement import SoundnessError
from derive.latex.reader import read_expression
from derive.latex.tokens import tokens
from derive.latex.writer import write
from derive.notation import Declared, Range, Scope


@dataclass(frozen=True, slots=True)
class Split:
    """A square matrix of any size as the sum A + F of an invertible one and the rest, in the notation of a scope."""

    scope: Scope
    leading: Expr
    rest: Expr

    @property
    def whole(self) -> Expr:
        return Add((self.leading, self.rest))

    @property
    def inverse(self) -> Expr:
        """A^{-1}."""
        return inverse(self.leading)

    @property
    def ratio(self) -> Expr:
        """A^{-1} F."""
        return product(self.inverse, self.rest)

    @property
    def identity(self) -> Expr:
        named = (key for key, declared in self.scope.symbols.items() if "identity" in declared.properties)
        return Identity(self.leading.type.axes[0], next(named, r"\mathbf{I}"))

    @property
    def path(self) -> Symbol:
        """A letter that the scope does not have, for a number from 0 to 1: the share t of F in A + tF."""
        taken = {*self.scope.symbols, *(letter for range_ in self.scope.ranges.values() for letter in range_.letters)}
        return Symbol(next(name for name in ("t", "u", r"\tau", r"\lambda", "t'") if name not in taken))

    def write(self, expr: Expr) -> str:
        """LaTeX in the notation of the scope."""
        return write(expr, self.scope)


@dataclass(frozen=True, slots=True)
class Equality:
    """An identity that a series rests on: the two sides, whether it was shown, and how."""

    left: Expr
    right: Expr
    latex: str
    holds: bool
    how: str


_AXIS = "row"
_SQUARE = (_AXIS, _AXIS)
_LEADING, REST, _LETTER, _ONE = r"\mathbf{A}", r"\mathbf{F}", r"\mathbf{S}", r"\mathbf{I}"
MATRICES = Scope(
    name="matrices",
    ranges={_AXIS: Range(_AXIS, "N", ("i", "j", "k", "l"))},
    symbols={
        declared.key: declared
        for declared in (
            Declared(_LEADING, kind="matrix", slots=_SQUARE, properties=frozenset({"invertible"})),
            Declared(REST, kind="matrix", slots=_SQUARE, weights={"s": 1}),
            Declared(_LETTER, kind="matrix", slots=_SQUARE, properties=frozenset({"invertible"})),
            Declared(_ONE, kind="matrix", slots=_SQUARE, properties=frozenset({"identity"})),
        )
    },
    small={"s": "powers of F"},
    lineage=("matrices",),
)
"""The scope of two N by N matrices of which nothing is known but that A is invertible."""
_MATRIX = Type("matrix", _SQUARE)
GENERIC = Split(MATRICES, Symbol(_LEADING, (), _MATRIX), Symbol(REST, (), _MATRIX))
"""Their sum. What is shown of it holds for any two matrices that are put for the letters."""
_OTHER = Symbol(_LETTER, (), _MATRIX)
BY_WHOLE = (Rule(GENERIC.rest, Add((_OTHER, Neg(GENERIC.leading))), "with a letter for A + F"),)
BY_PATH = (
    Rule(
        GENERIC.rest,
        Frac(Mul((GENERIC.leading, Add((_OTHER, Neg(GENERIC.identity))))), GENERIC.path),
        "with a letter for 1 + t A^{-1} F",
    ),
)
"""F as given by a letter that stands for a matrix which is inverted; every F is given so, as t is not zero."""


def split(scope: Scope | None, leading: str, rest: str) -> Split:
    """The sum of two printed matrices in a scope, by default one of which nothing is known.

    Raises EncodingError for what cannot be read, DeriveError for what is no matrix or cannot be added.
    """
    scope = MATRICES if scope is None else scope
    sides: list[Expr] = []
    for text in (leading, rest):
        try:
            sides.append(read_expression(tokens(text), scope))
        except ReadError as error:
            raise EncodingError(error.message, f"the formula {text}") from error
        if sides[-1].type.kind != "matrix":
            raise DeriveError(f"{text} is {sides[-1].type.a}, where a matrix is expected")
    if sides[0].type != sides[1].type:
        raise DeriveError(f"{sides[0].type.a} and {sides[1].type.a} cannot be added")
    return Split(scope, *sides)


def equality_of(of: Split, printed: tuple[Expr, Expr], shown: tuple[Expr, Expr], rules: tuple[Rule, ...]) -> Equality:
    """An equality in the notation of ``of``, shown word by word for matrices of which nothing is known."""
    words = Lowering(MATRICES, rules).matrices.words
    holds = not words(shown[0]) - words(shown[1])
    how = ", ".join(("the word algebra", *(rule.source for rule in rules)))
    left, right = printed
    return Equality(left, right, f"{of.write(left)} = {of.write(right)}", holds, how)


class Series(Protocol):
    """A series of matrices, with what it rests on."""

    @property
    def order(self) -> int: ...

    @property
    def equalities(self) -> tuple[Equality, ...]: ...


_Series = TypeVar("_Series", bound=Series)


def confirmed(series: _Series) -> _Series:
    """The series, all of whose equalities were shown. Raises SoundnessError, an error of this program, if not."""
    for equality in series.equalities:
        if not equality.holds:
            raise SoundnessError(f"the series to order {series.order} was not shown: {equality.latex}")
    return series
