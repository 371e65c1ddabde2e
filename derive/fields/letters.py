r"""The letters of which operators on fields are words, and the moves that act on what depends on time and place.

A *move* is a shift of time and sites together with derivatives. All moves commute. A letter that depends on time or
place is taken at a move from here and now; one that does not is left alone by moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

Counts = tuple[tuple[int, int], ...]
"""How often, by direction; sorted, and never 0."""


def counts(of: dict[int, int]) -> Counts:
    return tuple(sorted((key, n) for key, n in of.items() if n))


def _sum(left: Counts, right: Counts) -> Counts:
    found = dict(left)
    for key, n in right:
        found[key] = found.get(key, 0) + n
    return counts(found)


@dataclass(frozen=True, slots=True, order=True)
class Move:
    """Shifts by ``time`` steps and by ``sites`` along each direction, and ``slopes``: derivatives by coordinates."""

    time: int = 0
    sites: Counts = ()
    slopes: Counts = ()
    """How often it is differentiated by each coordinate; 0 is time."""

    def then(self, other: Move) -> Move:
        return Move(self.time + other.time, _sum(self.sites, other.sites), _sum(self.slopes, other.slopes))

    def back(self) -> Move:
        """The move that takes the shifts of this one back. It has no derivatives."""
        return Move(-self.time, tuple((key, -n) for key, n in self.sites))

    @property
    def shift(self) -> Move:
        return replace(self, slopes=())

    def derivative(self) -> Move:
        return Move(slopes=self.slopes)

    @property
    def derivative_order(self) -> int:
        return sum(n for _, n in self.slopes)

    @property
    def is_nothing(self) -> bool:
        return self == HERE


HERE = Move()


@dataclass(frozen=True, slots=True, order=True)
class Scalar:
    """A number that commutes with all letters: a parameter, a component, a function of time and place."""

    name: str
    labels: tuple[str, ...] = ()
    moves: bool = False
    move: Move = HERE


I = Scalar("i")  # noqa: E741
"""The imaginary unit, of which no second power is kept."""
HALF_TURN = Scalar(r"\pi")


@dataclass(frozen=True, slots=True, order=True)
class Matrix:
    """A matrix, its transpose, its inverse, or the transpose of that; with an ``exponent``, its real power."""

    name: str
    labels: tuple[str, ...] = ()
    transposed: bool = False
    inverse: bool = False
    moves: bool = False
    move: Move = HERE
    on_sites: bool = False
    """Whether it is a general matrix over the sites of a lattice, past which no move of sites can be taken."""
    exponent: tuple[tuple[Scalar, Fraction], ...] = ()
    space: int = 0
    """The factor of a tensor product that it acts on: 1 or 2, and 0 where there is no product."""


def logarithm(matrix: Matrix) -> Matrix:
    """The letter for the logarithm of a matrix, of which a real power is taken."""
    return Matrix(rf"\log {matrix.name}", matrix.labels, space=matrix.space)


@dataclass(frozen=True, slots=True, order=True)
class Pauli:
    """A Pauli matrix."""

    number: int
    space: int = 0
    name: str = field(default="P", compare=False)
    """How it is printed."""


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """A unit column: zero but for a one in its place."""

    number: int
    space: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Moved:
    """A move as an operator: a shift operator, or a derivative."""

    move: Move


@dataclass(frozen=True, slots=True, order=True)
class Field:
    """The column that ends a word: a variable, or a gradient, at a move from here and now."""

    name: str
    labels: tuple[str, ...] = ()
    move: Move = HERE
    gradient: bool = False
    """Whether it is the gradient of a function that nothing defines."""
    space: int = 0


Letter = Matrix | Pauli | Unit | Moved | Field
Word = tuple[Letter, ...]


def order_key(letter: Letter) -> tuple:
    """What letters are sorted by: the kind, then the fields."""
    kinds = (Pauli, Matrix, Moved, Unit, Field)
    return (kinds.index(type(letter)), letter)


def moved(thing, by: Move):
    """A scalar, matrix or field some shifts further on; as it is, where it does not move."""
    if by.is_nothing or not getattr(thing, "moves", True) or isinstance(thing, Pauli | Unit):
        return thing
    if isinstance(thing, Matrix) and thing.exponent:
        return replace(thing, exponent=tuple(sorted((moved(s, by), n) for s, n in thing.exponent)))
    return replace(thing, move=thing.move.then(by))
