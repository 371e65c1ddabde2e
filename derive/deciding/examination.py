"""Both sides evaluated at points of the domain: witnesses against an equality, and agreement in its favour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp
from flint import acb, arb, fmpq

from derive.deciding.balls import compile_program, run
from derive.deciding.domain import Problem
from derive.deciding.points import Point, sample, show
from derive.deciding.values import Value, distinct, precision

BITS = (128, 512, 2048)
DIGITS = 50
ENOUGH = 20
IN_VAIN = 12  # points in a row without a value, after which no more quadrature is tried


@dataclass(frozen=True)
class Trial:
    """Both sides at one point: `apart` as in `values.distinct`, `digits` to which they agree (None: exactly)."""

    point: Point
    left: Value
    right: Value
    apart: bool | None
    digits: int | None

    def spelled(self) -> tuple[str, str]:
        """The two values, with as many digits as show that they differ."""
        for digits in (30, 60, 150, 600):
            left, right = show(self.left, digits), show(self.right, digits)
            if left != right:
                break
        return left, right


def trials(problem: Problem, count: int, *, boundary: bool = False, bits: int = BITS[0]) -> Iterator[Trial]:
    """Both sides at up to `count` points at which both have a value."""
    program = compile_program(problem.lhs, problem.rhs)
    # Integrals are enclosed to one precision, whatever is asked for.
    steps = (bits,) if costly(problem) else (bits, *(b for b in BITS if b > bits))
    found = in_vain = 0
    for point in sample(problem, 2 * count if costly(problem) else 4 * count + 8, boundary=boundary):
        if found == count or (in_vain >= IN_VAIN and costly(problem)):
            return
        trial = _try(program, point, steps)
        in_vain = in_vain + 1 if trial is None else 0
        if trial is not None:
            found += 1
            yield trial


def costly(problem: Problem) -> bool:
    """Does a value take quadrature?"""
    return problem.lhs.has(sp.Integral) or problem.rhs.has(sp.Integral)


def _try(program, point: Point, steps: tuple[int, ...]) -> Trial | None:
    """One trial; with more precision as long as a side has no value or the agreement is coarse."""
    best = None
    for step in steps:
        with precision(step):
            left, right = run(program, point.values, point.table)
            apart = distinct(left, right)
            if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
                continue
            digits = None if apart is False else _agreement(left, right)
            best = Trial(point, left, right, apart, digits)
        if apart is not None or digits is None or digits >= DIGITS or step * 0.3 - digits > 30 or steps[0] == BITS[0]:
            break
    return best


def _agreement(left: Value, right: Value) -> int:
    """Decimal digits after which the two enclosures may differ, relative to their size."""
    difference = abs(acb(left) - acb(right)).upper()
    size = max(arb(1), abs(acb(left)).upper())
    ratio = difference / size
    return 10_000 if ratio.is_zero() else max(0, int(float((-ratio.log() / arb(10).log()).mid())))


def nonzero_somewhere(problem: Problem, expr: sp.Expr) -> bool:
    """Is the expression certainly non-zero at one of the first points of the domain?"""
    program = compile_program(expr)
    with precision(256):
        for point in sample(problem, 3):
            (value,) = run(program, point.values, point.table)
            if value is not None and distinct(value, fmpq(0)):
                return True
    return False
