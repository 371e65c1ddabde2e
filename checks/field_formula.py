r"""A side of a statement on fields in floating point, where no kernel can be exported of it.

Real powers of matrices, as in gauge transformations, and functions that the print leaves open have no kernels. They
are evaluated here from the same tree: arrays whose axes carry index letters, sites of a periodic lattice counted
through, and a step to a neighbour as a permutation of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from derive.errors import DeriveError
from derive.expression import Add, Applied, Expr, Frac, Identity, Index, Mul, Neg, Number, Over, Pow, Symbol
from derive.fields.finite.letters import Bound, Letters
from derive.fields.nodes import Entry, MatrixPower, MatrixSymbol, Place, Variable
from derive.kernels.field_lowering import timed
from derive.latex.reader import constant
from derive.notation import Scope

Lettered = tuple[np.ndarray, tuple[Index, ...]]
"""An array, and the letters of its axes; further axes behind them are rows and columns."""


@dataclass(frozen=True)
class FieldFormula:
    """A side of a statement on fields.

    It is called with what its symbols stand for, by their printed names with times, as ``\\phi plus 1``, and labels, as
    ``\\mathcal{X} 0``; arrays have the shapes that kernels take. ``lattice`` has the sides of a periodic lattice. The
    result has an axis for each of ``letters``, sites as one axis; ``at`` says where some of them are, counted from 0,
    and they are no axes.

    Raises DeriveError for what is not known here.
    """

    expr: Expr
    scope: Scope
    letters: tuple[Index, ...] = ()

    def __call__(
        self, values: Mapping[str, Any], lattice: tuple[int, ...] = (), at: Mapping[str, int] | None = None
    ) -> np.ndarray:
        numbers = {letter: (at or {})[letter.name] for letter in self.letters if letter.name in (at or {})}
        found, letters = _Places(self.scope, values, lattice, numbers).value(self.expr, frozenset(self.letters))
        return np.array(_aligned(found, letters, tuple(one for one in self.letters if one not in numbers)))


@dataclass
class _Places:
    scope: Scope
    values: Mapping[str, Any]
    lattice: tuple[int, ...]
    numbers: dict[Index, int] = field(default_factory=dict)
    """The letters that have a value, counted from 0."""
    known: Letters = field(default_factory=Letters)

    def value(self, expr: Expr, bound: Bound) -> Lettered:
        """The value with its open letters as axes; letters that stand twice are summed over."""
        summed = self.known.summed(expr, bound)
        inner = bound | set(summed)
        parts = [self.value(one, inner) for one in expr.factors] if isinstance(expr, Mul) else [self.plain(expr, inner)]
        order = tuple(dict.fromkeys(letter for _, letters in parts for letter in letters))
        number = {letter: n for n, letter in enumerate(order)}
        kept = tuple(letter for letter in order if letter not in summed)
        operands = [one for array, letters in parts for one in (array, [number[letter] for letter in letters])]
        return np.einsum(*operands, [number[letter] for letter in kept], optimize=len(parts) > 2), kept

    def plain(self, expr: Expr, bound: Bound) -> Lettered:
        match expr:
            case Number(value=value):
                return np.asarray(float(value)), ()
            case Add(terms=terms):
                return _sum([self.value(term, bound) for term in terms])
            case Neg(term=term):
                found, letters = self.value(term, bound)
                return -found, letters
            case Frac(top=top, bottom=bottom):
                (found, letters), (below, none) = self.value(top, bound), self.value(bottom, bound)
                if none:
                    raise DeriveError("a fraction with indices below cannot be evaluated here")
                return found / below, letters
            case Pow(base=base, exponent=exponent):
                power = constant(exponent)
                if power is None:
                    raise DeriveError("a power that is no number cannot be evaluated here")
                if isinstance(base, Variable) and base.type.kind == "column":
                    return np.sum(self.given(timed(base.name, base.time)[0]) ** float(power)), ()
                found, letters = self.value(base, bound)
                return found ** float(power), letters
            case Over(index=index, body=body):
                return _sum([self.at(index, n).value(body, bound | {index}) for n in range(self.count(index))])
            case Applied(name=name, arguments=arguments):
                given = [
                    self.given(timed(one.name, one.time)[0])
                    if isinstance(one, Variable) and not one.places
                    else self.value(one, bound)[0]
                    for one in arguments
                ]
                return np.asarray(self.given(name)(*given)), ()
            case Symbol(name=name, slots=()):
                return np.asarray(self.given(name)), ()
            case Variable(name=name, places=places, time=time):
                return self.placed(self.given(timed(name, time)[0]), places)
            case Entry(of=of, rows=rows, columns=columns):
                matrix, letters = self.matrix(of, bound)
                found, own = self.placed(matrix, (*map(Place, letters), *rows, *columns))
                return found, own
        raise DeriveError(f"a formula with {type(expr).__name__} cannot be evaluated here")

    def given(self, name: str) -> Any:
        if name not in self.values:
            raise DeriveError(f"the formula needs a value of {name}")
        found = self.values[name]
        return found if callable(found) else np.asarray(found)

    def at(self, index: Index, number: int) -> _Places:
        return _Places(self.scope, self.values, self.lattice, {**self.numbers, index: number}, self.known)

    def count(self, index: Index) -> int:
        size = self.scope.ranges[index.range].size
        return int(size) if size.isdigit() else len(self.lattice)

    def placed(self, array: np.ndarray, places: tuple[Place, ...]) -> Lettered:
        """An array with an axis, or those of a lattice, for each place: letters with a value picked, steps taken."""
        shape, axis, letters = [], 0, []
        for place in places:
            many = len(self.lattice) if self.scope.ranges[place.index.range].lattice else 1
            flat = array.ndim - axis == len(places) - len(shape)
            size = array.shape[axis] if flat else int(np.prod(array.shape[axis : axis + many]))
            axis += 1 if flat else many
            shape.append(size)
        if axis != array.ndim:
            raise DeriveError(f"an array with {array.ndim} axes has {axis} in the formula")
        array, axis = array.reshape(shape), 0
        for place in places:
            if place.steps:
                array = np.take(array, self.moved(place), axis)
            number = self.number(place.index)
            if number is not None:
                array = np.take(array, number, axis)
                continue
            letters.append(place.index)
            axis += 1
        if len(set(letters)) < len(letters):
            raise DeriveError("an index that stands twice in one symbol cannot be evaluated here")
        return array, tuple(letters)

    def number(self, index: Index) -> int | None:
        return int(index.name) - self.scope.ranges[index.range].first if index.is_label else self.numbers.get(index)

    def moved(self, place: Place) -> np.ndarray:
        """For each site, counted through, the one that the steps of a place lead to."""
        sites = np.arange(int(np.prod(self.lattice))).reshape(self.lattice)
        for step in place.steps:
            direction = 0 if step.direction is None else self.number(step.direction)
            sites = np.roll(sites, -step.count, direction)
        return sites.ravel()

    # -- matrices ----------------------------------------------------------------------------------------------------

    def matrix(self, expr: Expr, bound: Bound) -> Lettered:
        """A matrix whose rows and columns stand behind the letters, each range as one axis."""
        match expr:
            case Identity(axis=axis):
                return self.unit((axis,)), ()
            case MatrixSymbol(name=name, over=over) if "identity" in self.scope.symbols[name].properties:
                return self.unit(over), ()
            case MatrixSymbol(name=name, labels=labels, time=time, over=over):
                return self.labelled(timed(name, time)[0], labels, over)
            case MatrixPower(base=base, exponent=exponent):
                (matrix, none), (power, letters) = self.matrix(base, bound), self.value(exponent, bound)
                if none:
                    raise DeriveError("a power of a matrix with indices cannot be evaluated here")
                values, vectors = np.linalg.eig(matrix)
                scaled = np.exp(np.multiply.outer(power, np.log(values.astype(complex))))
                return np.real(np.einsum("ij,...j,jk->...ik", vectors, scaled, np.linalg.inv(vectors))), letters
            case Add(terms=terms):
                return _sum([self.matrix(term, bound) for term in terms])
            case Neg(term=term):
                found, letters = self.matrix(term, bound)
                return -found, letters
            case Mul(factors=factors) if sum(one.type.kind == "matrix" for one in factors) == 1:
                found, letters = self.matrix(next(one for one in factors if one.type.kind == "matrix"), bound)
                for one in factors:
                    if one.type.kind != "matrix":
                        number, none = self.value(one, bound)
                        if none:
                            raise DeriveError("a matrix times a factor with indices cannot be evaluated here")
                        found = found * number
                return found, letters
        raise DeriveError(f"a formula with a matrix of {type(expr).__name__} cannot be evaluated here")

    def labelled(self, name: str, labels: tuple[Place, ...], over: tuple[str, ...]) -> Lettered:
        own = [int(place.index.name) for place in labels if place.index.is_label]
        if any(f"{name} {n}" in self.values for n in own):
            name, labels = " ".join((name, *map(str, own))), ()
        array = self.given(name)
        for place in labels:
            number = self.number(place.index)
            if number is None:
                raise DeriveError(f"{name} has a label without a value")
            array = array[number]
        sizes = [self.size(one) for one in over]
        return array.reshape(*sizes, *sizes), ()

    def unit(self, over: tuple[str, ...]) -> np.ndarray:
        sizes = [self.size(name) for one in over for name in one.split()]
        return np.eye(int(np.prod(sizes))).reshape(*sizes, *sizes)

    def size(self, name: str) -> int:
        range_ = self.scope.ranges[name]
        if range_.lattice:
            return int(np.prod(self.lattice))
        if not range_.size.isdigit():
            raise DeriveError(f"the size of {name} is not known")
        return int(range_.size)


def _sum(parts: list[Lettered]) -> Lettered:
    """The sum of arrays with letters, of numbers or of matrices; each is spread over the letters that others have."""
    letters = tuple(dict.fromkeys(itertools.chain.from_iterable(own for _, own in parts)))
    aligned = [_aligned(array, own, letters) for array, own in parts]
    return sum(aligned[1:], aligned[0]), letters


def _aligned(array: np.ndarray, own: tuple[Index, ...], letters: tuple[Index, ...]) -> np.ndarray:
    """An array with its lettered axes in another order, and axes of size one for letters that it has not."""
    missing = [letter for letter in letters if letter not in own]
    if len(own) + len(missing) != len(letters):
        raise DeriveError("a letter of the formula is not one of its left side")
    count = len(own)
    array = array.reshape(*array.shape[:count], *[1] * len(missing), *array.shape[count:])
    order = [(*own, *missing).index(letter) for letter in letters]
    return array.transpose(*order, *range(len(letters), array.ndim))


__all__ = ["FieldFormula"]
