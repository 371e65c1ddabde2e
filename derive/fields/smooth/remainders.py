"""What a proof to an order leaves over, valued in a model: words of letters as series in the spacing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.domains import NotRealisable
from derive.fields.finite.arrays import PAULI, Array
from derive.fields.finite.draws import Key
from derive.fields.finite.polynomials import IMAGINARY, ONE, Poly
from derive.fields.letters import HALF_TURN, Field, I, Letter, Matrix, Move, Moved, Pauli, Scalar

if TYPE_CHECKING:
    from derive.fields.smooth.worlds import SmoothWorld
    from derive.fields.words import Element


def valued(world: SmoothWorld, element: Element) -> list[Poly]:
    """The entries of an element. Raises NotRealisable for letters that have no value in these models."""
    total: Array | None = None
    for (scalars, word), n in element.terms.items():
        value = Array(1, 1, {(0, 0): Poly.number(1)})
        for letter in reversed(word):
            value = _acting(world, letter, value)
        factor = Poly.number(n)
        for scalar, power in scalars:
            factor = factor * _scalar(world, scalar, power)
        value = value.times(factor)
        total = value if total is None else total + value
    return [] if total is None else [world.shortened(total.at(row, 0)) for row in range(total.rows)]


def _acting(world: SmoothWorld, letter: Letter, on: Array) -> Array:
    match letter:
        case Field(name=name, labels=labels, move=move, gradient=False, space=0) if name in world.components:
            own = tuple(map(_number, labels))
            every = [at for at in world.components[name] if not labels or at == own]
            column = Array.column([_moved(world, world.taken(name, at, _shift(world, move)), move) for at in every])
            return column * on
        case Matrix(space=0, on_sites=False):
            return _matrix(world, letter) * on
        case Pauli(number=number, space=0):
            return PAULI[number] * on
        case Moved(move=move) if not move.time and not move.sites:
            return on.map(lambda entry: _moved(world, entry, move))
    raise NotRealisable(f"{letter} has no value in these models")


def _matrix(world: SmoothWorld, letter: Matrix) -> Array:
    found = world.weights.matrices.get(Key(letter.name, tuple(map(_number, letter.labels))))
    if found is None or (letter.moves and not letter.exponent):
        raise NotRealisable(f"{letter.name} has no value in this model")
    if letter.exponent:
        power = Poly()
        for scalar, n in letter.exponent:
            power = power + _scalar(world, scalar, 1) * Poly.number(n)
        one, other = world.rotation(power)
        found = Array.identity(found.rows).times(one) + found.times(other)
    found = found.inverse() if letter.inverse else found
    return found.transposed() if letter.transposed else found


def _scalar(world: SmoothWorld, scalar: Scalar, power: int) -> Poly:
    if scalar == I:
        value = Poly.number(IMAGINARY)
    elif scalar == HALF_TURN:
        value = world.half_turn
    elif scalar.moves:
        at = tuple(map(_number, scalar.labels))
        value = _moved(world, world.taken(scalar.name, at, _shift(world, scalar.move)), scalar.move)
    else:
        labels = list(map(_number, scalar.labels))
        number = world.weights.quantities.get(f"{scalar.name}{labels}" if labels else scalar.name)
        if number is None:
            raise NotRealisable(f"{scalar.name} has no value in this model")
        value = world.scaled(scalar.name, Poly.number(number))
    if power >= 0:
        return value.power(power)
    if not value.constant:
        raise NotRealisable("something small is in a denominator")
    return Poly.number(ONE / value.constant).power(-power)


def _moved(world: SmoothWorld, value: Poly, move: Move) -> Poly:
    """The derivatives of a move, each with its power of the spacing."""
    for coordinate, count in move.slopes:
        for _ in range(count):
            value = world.slope(value, str(coordinate)) * world.spacing(1)
    return world.shortened(value)


def _shift(world: SmoothWorld, move: Move) -> tuple[int, ...]:
    steps = dict(move.sites)
    return (move.time, *(steps.get(d + 1, 0) for d in range(world.sizes.dimension)))


def _number(label: str) -> int:
    if not label.isdigit():
        raise NotRealisable(f"the label {label} is no number")
    return int(label)


__all__ = ["valued"]
