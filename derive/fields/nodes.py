r"""The nodes of the tree that lines on fields need: indices that move on a lattice, matrices with their entries,
derivatives.

As everywhere in the tree, nothing is evaluated or reordered on construction. A sum over a repeated index is not in the
tree, since it is not in the print; :mod:`derive.fields.terms` finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.expression import SCALAR, Applied, Expr, Index, Over, Symbol, Type, walk


@dataclass(frozen=True, slots=True)
class Step:
    r"""A move on a lattice: along the lattice vector of a direction, as in ``i + e_\mu``, or by sites of a row."""

    count: int
    """How often, with its sign; never 0."""
    direction: Index | None = None
    """The direction of the lattice vector; None on a lattice of one dimension, as in ``i + 1``."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a slot is taken: at an index letter, perhaps some steps from it, or at a number such as the 1 of φ¹."""

    index: Index
    steps: tuple[Step, ...] = ()
    spelled: str = ""
    """The components of a place, where the print lists them: ``i_{1},i_{2},i_{3}`` for a bold i."""


@dataclass(frozen=True, slots=True)
class Variable(Expr):
    r"""A variable at a place and a time, such as ``\phi^a_{i+e_\mu}(t+1)``; without its places the whole column.

    ``axes`` are the declared ranges, one for each of ``places`` if these are printed. A variable without axes is a
    number.
    """

    name: str
    axes: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    time: int | None = None
    """The n of ``(t+n)``; None where no time is printed, which means t."""
    point: bool = False
    """Whether a point of space and time is printed behind it, ``(x)``."""

    @property
    def type(self) -> Type:
        return SCALAR if len(self.places) == len(self.axes) else Type("column", (" ".join(self.axes),))


@dataclass(frozen=True, slots=True)
class MatrixSymbol(Expr):
    r"""A declared matrix without the indices of its entries: ``W``, ``\mathcal{X}_\mu``, ``A_{0}(t)``.

    ``labels`` are the indices that say which matrix it is; ``over`` the ranges that it acts on, in declared order.
    """

    name: str
    over: tuple[str, ...]
    labels: tuple[Place, ...] = ()
    time: int | None = None

    @property
    def type(self) -> Type:
        axis = " ".join(self.over)
        return Type("matrix", (axis, axis))


@dataclass(frozen=True, slots=True)
class Entry(Expr):
    r"""An entry of a matrix: ``(B^T)_i^j``, ``W^{a,j}_{i,b}``, ``\delta_i^{j-e_\mu}``."""

    of: Expr
    rows: tuple[Place, ...]
    columns: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class MatrixPower(Expr):
    r"""A matrix to a power, which may depend on the place: ``B^{-1}``, ``\mathcal{X}_0^{\theta_i(t)}``."""

    base: Expr
    exponent: Expr

    @property
    def type(self) -> Type:
        return self.base.type


@dataclass(frozen=True, slots=True)
class InverseTranspose(Expr):
    """The transposed inverse of a matrix, printed ``B^{-T}``."""

    of: Expr

    @property
    def type(self) -> Type:
        return self.of.type


@dataclass(frozen=True, slots=True)
class TensorProduct(Expr):
    r"""``\sigma_1 \otimes X``: a matrix over the product of two ranges."""

    left: Expr
    right: Expr

    @property
    def type(self) -> Type:
        axis = f"{self.left.type.axes[0]} {self.right.type.axes[0]}"
        return Type("matrix", (axis, axis))


@dataclass(frozen=True, slots=True)
class ColumnOf(Expr):
    """A column printed by its entries, or by columns that stand below each other."""

    axis: str
    """The range that it runs over."""
    entries: tuple[Expr, ...]

    @property
    def type(self) -> Type:
        return Type("column", (self.axis,))


@dataclass(frozen=True, slots=True)
class Rate(Expr):
    r"""The derivative with respect to time, ``\frac{d\phi}{dt}``."""

    of: Expr

    @property
    def type(self) -> Type:
        return self.of.type


@dataclass(frozen=True, slots=True)
class Coordinate(Expr):
    r"""The operator ``\frac{\partial}{\partial x_\mu}``: it differentiates all that follows it in the product.

    The coordinate 0 is time; the others are the directions of space.
    """

    index: Index
    power: int = 1
    upper: bool = False
    """Whether the index of the coordinate was printed above, ``x^0``."""
    of: Expr | None = None
    """What is differentiated, where the print has it above the fraction bar."""

    @property
    def type(self) -> Type:
        return SCALAR if self.of is None else self.of.type


@dataclass(frozen=True, slots=True)
class Gradient(Expr):
    r"""The derivative of a function, or of a variable, by a variable: ``\frac{\partial H}{\partial\phi_j}``.

    ``total`` is printed with d: what the function depends on may depend on ``by`` in its turn. The derivative of a
    variable by another one is the Jacobian of one step: how the variable at the next time depends on the other one at
    this time.
    """

    of: Expr
    by: Variable
    total: bool = False


@dataclass(frozen=True, slots=True)
class SpaceIntegral(Expr):
    r"""The integral over all of space, ``\int dx^D (\ldots)``."""

    body: Expr
    dimension: str
    """How the dimension of space is printed."""


@dataclass(frozen=True, slots=True)
class LineIntegral(Expr):
    r"""``\int d\phi_i (\ldots)_i``: the integral of a field of force along a path in the space of a variable."""

    by: Variable
    body: Expr


def places_of(expr: Expr) -> Iterator[Place]:
    """All places that are printed in an expression, in print order."""
    for node in walk(expr):
        match node:
            case Variable(places=places):
                yield from places
            case MatrixSymbol(labels=labels):
                yield from labels
            case Entry(rows=rows, columns=columns):
                yield from rows
                yield from columns


def letters_of(expr: Expr) -> list[Index]:
    """The index letters of a product, each as often as it is printed; those of a printed sum left out."""
    found: list[Index] = []
    match expr:
        case Over(index=index, body=body):
            return [letter for letter in letters_of(body) if letter != index]
        case Variable(places=places):
            found += _letters(places)
        case MatrixSymbol(labels=labels):
            found += _letters(labels)
        case Coordinate(index=index):
            found += [] if index.is_label else [index]
        case Applied(slots=slots) | Symbol(slots=slots):
            return [slot for slot in slots if isinstance(slot, Index) and not slot.is_label]
    for child in expr.children:
        found += letters_of(child)
    if isinstance(expr, Entry) and expr.rows != expr.columns:
        found += _letters((*expr.rows, *expr.columns))
    return found


def _letters(places: tuple[Place, ...]) -> list[Index]:
    """The letters of places, with those of the directions of their steps."""
    found = [place.index for place in places if not place.index.is_label]
    directions = (step.direction for place in places for step in place.steps)
    return found + [d for d in directions if d is not None and not d.is_label]
