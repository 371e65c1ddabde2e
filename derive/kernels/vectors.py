"""Exact test vectors: what a statement says at rational points, in ball arithmetic, and how far off a double may be."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import acb, arb, ctx

from derive.kernels.complex_rounding import Complex
from derive.kernels.duals import Dual
from derive.kernels.fieldvalues import FieldStatement
from derive.kernels.kernel import KernelError, KernelInput, is_diagonal, is_hollow
from derive.kernels.loops import Extents, Program
from derive.kernels.operatorvalues import StateStatement
from derive.kernels.pointvalues import Statement, labels
from derive.kernels.rounding import UNIT, Value
from derive.kernels.states import has_states, mirrored
from derive.notation import Declared

BITS = 256
CASES = ((1, 1), (2, 2), (3, 3), (5, 2), (4, 3))
"""Sizes of the test vectors: of ranges of labels, and of ranges of vectors."""
SIDES = {1: ((1,), (3,), (2,), (5,), (4,)), 2: ((1, 1), (3, 1), (2, 3), (1, 3), (2, 2))}
SIDES[3] = ((1, 1, 1), (3, 2, 1), (2, 1, 3), (1, 3, 2), (2, 2, 1))
"""Sides of the lattices of the test vectors: three sites on each axis, where a step ahead is none back."""
ROWS = 3
"""The case that has long rows, where these are wanted and no array gets too large by that."""
LONG = (1, 2, 20)
"""The sides of its lattice."""
ENTRIES = 1000
"""How many entries an array may have there: weights that tie all sites to all have one for each pair."""
ATTEMPTS = 50
SLACK = 8
"""How many times the first-order bound on the rounding a result may be off."""


@dataclass(frozen=True, slots=True)
class Vector:
    """Inputs that doubles hold exactly, the value to expect (25 digits), and how far off it may be."""

    inputs: dict[str, Any]
    sizes: dict[str, int]
    expected: Any
    allowed: Any
    gradient: tuple[tuple[Any, Any], ...] = ()
    """For each argument by which there are derivatives, those to expect, and how far off they may be."""

    @property
    def ulps(self) -> float:
        """How far off an entry may be, in units in the last place of the largest entry of its result."""
        return max(_ulps(expected, allowed) for expected, allowed in ((self.expected, self.allowed), *self.gradient))


def _ulps(expected: Any, allowed: Any) -> float:
    def flat(values: Any) -> Iterator[float]:
        if isinstance(values, list):
            for value in values:
                yield from flat(value)
        else:
            yield abs(complex(values))

    largest = max((value for value in flat(expected)), default=0.0)
    most = max(flat(allowed), default=0.0)
    return most / math.ulp(largest) if largest else 0.0


def exact_vectors(
    kernel: KernelInput,
    program: Program,
    wrt: Sequence[str] = (),
    *,
    cases: int = len(CASES),
    long_rows: bool = False,
) -> list[Vector]:
    """Test vectors for a kernel, for ranges of one to five values, with derivatives by the arguments ``wrt``.

    ``cases`` is how many there are; the first ones are small. With ``long_rows`` one of the lattices has rows of more
    than two lines of a cache, unless definitions tie sites to each other, whose exact values take long. Raises
    KernelError if no value is finite.
    """
    found = []
    with ctx.workprec(BITS):
        for number, case in enumerate(CASES[:cases]):
            sizes = _sizes(kernel, program, number, long_rows)
            for attempt in range(ATTEMPTS):
                vector = _vector(kernel, program, sizes, random.Random(f"{case}-{attempt}"), tuple(wrt))
                if vector is not None:
                    found.append(vector)
                    break
            else:
                said = ", ".join(f"{range_.size} = {sizes[range_.name]}" for range_ in program.ranges)
                raise KernelError(f"the expression has no finite value at {ATTEMPTS} test points ({said or 'scalars'})")
    return found


def _sizes(kernel: KernelInput, program: Program, number: int, long_rows: bool) -> dict[str, int]:
    """The sizes of all ranges in one case; those of a printed number are what they are."""
    axes = sum(range_.sites for range_ in program.ranges)
    if long_rows and axes == 3 and number == ROWS and not kernel.definitions:
        long = _with_sides(kernel, program, number, LONG)
        entries = (math.prod(long[axis] for axis in array.axes) for array in (*program.arguments, *program.results))
        if max(entries) <= ENTRIES:
            return long
    return _with_sides(kernel, program, number, SIDES[max(1, axes)][number])


def _with_sides(kernel: KernelInput, program: Program, number: int, sides: Sequence[int]) -> dict[str, int]:
    case, least = CASES[number], labels(kernel)
    sizes = {name: max(case[range_.vector], least.get(name, 0)) for name, range_ in kernel.scope.ranges.items()}
    lattice = iter(sides)

    def size(range_: Extents) -> int:
        if range_.fixed is not None:
            return range_.fixed
        if range_.name not in kernel.scope.ranges and not range_.sites:
            return case[0] + 1
        return next(lattice) if range_.sites else max(case[range_.vector], least.get(range_.name, 0))

    return sizes | {range_.name: size(range_) for range_ in program.ranges}


def _vector(
    kernel: KernelInput, program: Program, sizes: Mapping[str, int], draw: random.Random, wrt: tuple[str, ...]
) -> Vector | None:
    inputs: dict[str, dict[tuple[int, ...], Fraction]] = {}
    for argument in program.arguments:
        inputs[argument.symbol] = _drawn(program.declared[argument.symbol], sizes, draw)
    states = StateStatement if has_states(kernel) else Statement
    statement = (FieldStatement if kernel.scope.summation else states)(kernel, inputs, sizes, wrt)
    shape = [sizes[axis] for axis in program.results[0].axes]
    found = {at: statement.left_at(at) for at in itertools.product(*(range(size) for size in shape))}

    def plain(value: Any) -> Any:
        value = value.value if isinstance(value, Dual) else value
        return value.real if isinstance(value, Complex) and not program.is_complex else value

    values = {at: plain(value) for at, value in found.items()}
    slopes = [{at: plain(found[()].slopes.get((name, at), Value.exact(0))) for at in inputs[name]} for name in wrt]
    if not all(
        value.ball.is_finite() and value.rounding.is_finite() for part in (values, *slopes) for value in part.values()
    ):
        return None
    axes = {argument.symbol: [sizes[axis] for axis in argument.axes] for argument in program.arguments}
    return Vector(
        {
            a.symbol: _nested({at: float(v) for at, v in inputs[a.symbol].items()}, [sizes[x] for x in a.axes])
            for a in program.arguments
        },
        {name: sizes[name] for name in program.sizes},
        *_told(values, shape),
        tuple(_told(part, axes[name]) for name, part in zip(wrt, slopes, strict=True)),
    )


def _told(values: Mapping[tuple[int, ...], Any], shape: list[int]) -> tuple[Any, Any]:
    """Values by their digits, and how far off they may be."""
    digits = {at: _digits(value.ball) for at, value in values.items()}
    return _nested(digits, shape), _nested({at: _allowed(value) for at, value in values.items()}, shape)


def _digits(ball: arb | acb) -> str:
    if isinstance(ball, arb):
        return ball.str(25, radius=False)
    imaginary = ball.imag.str(25, radius=False)
    return f"{ball.real.str(25, radius=False)}{'' if imaginary.startswith('-') else '+'}{imaginary}j"


def _allowed(value: Any) -> float:
    """How far a double may be off: the rounding on the way, and that of the result itself."""
    bound = (value.rounding + abs(value.ball)) * SLACK * UNIT
    return float(f"{float(bound.upper()):.3g}")


def _nested(values: Mapping[tuple[int, ...], Any], shape: list[int], at: tuple[int, ...] = ()) -> Any:
    if len(at) == len(shape):
        return values[at]
    return [_nested(values, shape, (*at, number)) for number in range(shape[len(at)])]


def _drawn(declared: Declared, sizes: Mapping[str, int], draw: random.Random) -> dict[tuple[int, ...], Fraction]:
    """Entries of one argument in its domain and with its properties: sixteenths, which doubles hold exactly."""

    def one() -> Fraction:
        match declared.domain:
            case "positive":
                return Fraction(draw.randint(4, 48), 16)
            case "nonnegative":
                return Fraction(draw.randint(0, 48), 16)
            case "nonzero":
                return Fraction(draw.choice((-1, 1)) * draw.randint(1, 48), 16)
            case "unit":
                return Fraction(draw.randint(1, 15), 16)
            case "integer":
                return Fraction(draw.randint(-4, 4))
            case "nonnegative integer":
                return Fraction(draw.randint(0, 6))
            case "positive integer":
                return Fraction(draw.randint(1, 6))
            case "binary":
                return Fraction(draw.choice((-1, 1)))
        return Fraction(draw.randint(-48, 48), 16)

    keys = list(itertools.product(*(range(sizes[slot]) for slot in declared.slots)))
    entries = {key: one() for key in keys}
    while is_diagonal(declared) and len(declared.slots) == 2 and any(not entries[i, i] for i, j in keys if i == j):
        entries = {key: one() for key in keys}
    if "Hermitian" in declared.properties and {"complex", "imaginary"} & declared.properties:
        sign = -1 if "imaginary" in declared.properties else 1
        turned = {key: mirrored(declared, key) for key in keys}
        entries = {key: entries[key] if key <= turned[key] else sign * entries[turned[key]] for key in keys}
        return {key: entries[key] if sign > 0 or key != turned[key] else Fraction(0) for key in keys}
    if "antisymmetric" in declared.properties and declared.slots[-2:-1] == declared.slots[-1:]:
        turned = {key: (*key[:-2], key[-1], key[-2]) for key in keys}
        entries = {key: (key > turned[key]) * entries[key] - (key < turned[key]) * entries[turned[key]] for key in keys}
    if len(declared.slots) != 2 or declared.slots[0] != declared.slots[1]:
        return entries
    if {"symmetric", "positive definite"} & declared.properties:
        entries = {key: entries[min(key, key[::-1])] for key in keys}
    for i, j in keys:
        if i == j and is_hollow(declared):
            entries[i, j] = Fraction(0)
        if i != j and is_diagonal(declared):
            entries[i, j] = Fraction(0)
    if "positive definite" in declared.properties:
        for i, j in keys:
            if i == j:
                entries[i, j] = 1 + sum((abs(entries[i, k]) for k in range(sizes[declared.slots[0]])), Fraction(0))
    return entries
