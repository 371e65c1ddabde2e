r"""Equality to an order in a declared small parameter, with the leading remainder in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.algebra.indexed import Poly, SingularTerm, canonical, new_index
from derive.algebra.lowering import Lowering, Unsupported
from derive.algebra.matrix import Matrix
from derive.algebra.series import Expansion
from derive.methods.exact import eliminate
from derive.methods.goal import Answer, Goal, fixed_indices

REACH = (1, 2)
"""How many orders beyond the claimed one are expanded: the second number where the first finds no remainder."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """The leading part of left - right beyond the claimed order: its power of the small parameter and closed form."""

    order: Fraction
    poly: Poly | None
    matrix: Matrix | None = None


def prove(goal: Goal, order: int, parameter: str) -> tuple[Answer, Remainder | None]:
    """Whether left = right up to and including ``order``; and the leading remainder, if there is one."""
    method = f"order {order} in {parameter}"
    lowering = Lowering(goal.scope, goal.rules, goal.definitions)
    expansion = Expansion(lowering, parameter)
    try:
        if goal.left.type.kind == "matrix":
            return _matrix(goal, order, method, lowering, expansion)
        free = fixed_indices(goal.left, goal.right)
        if goal.left.type.kind == "scalar":
            rest = lowering.scalar(goal.left) - lowering.scalar(goal.right)
        else:
            places = tuple(new_index(axis) for axis in goal.left.type.axes)
            rest = lowering.entry(goal.left, places) - lowering.entry(goal.right, places)
            free |= set(places)
        rest = canonical(rest, free)
        parts: dict[Fraction, Poly] = {}
        for reach in REACH:
            found = expansion.parts(rest, Fraction(order + reach))
            parts = {weight: canonical(part, free) for weight, part in found.items()}
            if any(parts.values()):
                break
        low = sum((part for weight, part in parts.items() if weight <= order), Poly())
        sources: set[str] = set()
        if low and goal.equalities:
            low, sources = _with_equations(low, goal, order, lowering, expansion)
    except (Unsupported, SingularTerm) as problem:
        return Answer(False, method, why=str(problem)), None
    used, applied = tuple(sorted(lowering.used)), frozenset(lowering.applied | sources)
    if low:
        return Answer(False, method, used, applied, low), None
    high = sorted(weight for weight, part in parts.items() if weight > order and part)
    remainder = Remainder(high[0], parts[high[0]]) if high else None
    return Answer(True, method, used, applied), remainder


def _with_equations(
    low: Poly, goal: Goal, order: int, lowering: Lowering, expansion: Expansion
) -> tuple[Poly, set[str]]:
    equations: list[tuple[str, Poly]] = []
    for equality in goal.equalities:
        whole = canonical(lowering.scalar(equality.left) - lowering.scalar(equality.right))
        parts = expansion.parts(whole, Fraction(order))
        equations.append((equality.source, sum(parts.values(), Poly())))
    return eliminate(low, equations)


def _matrix(
    goal: Goal, order: int, method: str, lowering: Lowering, expansion: Expansion
) -> tuple[Answer, Remainder | None]:
    """Matrices are compared word by word, which holds for whatever the letters are."""
    rest = lowering.matrix(goal.left) - lowering.matrix(goal.right)
    parts = {weight: part for weight, part in expansion.matrix(rest, Fraction(order + REACH[-1])).items() if part}
    used, applied = tuple(sorted(lowering.used)), frozenset(lowering.applied)
    low = [weight for weight in parts if weight <= order]
    if low:
        i, j = (new_index(goal.left.type.axes[0]) for _ in range(2))
        for row, column in ((i, j), (i, i)):
            entry = canonical(lowering.matrix_entry(parts[min(low)], row, column), frozenset((row, column)))
            if entry:
                return Answer(False, method, used, applied, entry), None
    high = sorted(weight for weight in parts if weight > order)
    return Answer(True, method, used, applied), Remainder(high[0], None, parts[high[0]]) if high else None
