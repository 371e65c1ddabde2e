r"""Equality to an order in a declared small parameter, with the leading remainder in closed form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from derive.algebra.atoms import Entry
from derive.algebra.indexed import Poly, SingularTerm, atom, canonical, new_index
from derive.algebra.lowering import Lowering
from derive.algebra.matrix import Matrix
from derive.algebra.rules import Unsupported
from derive.algebra.series import Expansion
from derive.constants import constant
from derive.expression import Expr, Frac, Pow, Symbol
from derive.methods.elimination import eliminate
from derive.methods.exact import CIRCULAR
from derive.methods.goal import Answer, Goal, at, coincidences, fixed_indices
from derive.notation import Scope

REACH = (1, 2)
"""How many orders beyond the claimed one are expanded: the second number where the first finds no remainder."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """The leading part of left - right beyond the claimed order: its power of the small parameter and closed form."""

    order: Fraction
    poly: Poly | None
    matrix: Matrix | None = None


def prove(goal: Goal, order: int, parameter: str) -> tuple[Answer, Remainder | None]:
    """Whether left = right up to and including ``order`` in every coincidence of free indices; and what is left over.

    The leading remainder is that for different indices, unless it vanishes there.
    """
    answers: list[tuple[Answer, Remainder | None]] = []
    singular: list[str] = []
    for change, words in coincidences(goal.left, goal.right, goal.labels, goal.apart):
        here = replace(goal, left=at(goal.left, change), right=at(goal.right, change))
        try:
            answers.append(_prove(here, order, parameter))
        except RecursionError:
            return Answer(False, f"order {order} in {parameter}", why=CIRCULAR), None
        except SingularTerm as problem:
            if not change:
                return Answer(False, f"order {order} in {parameter}", why=str(problem)), None
            singular.append(f"not for {words}, where a denominator vanishes")
            continue
        if not answers[-1][0].shown:
            return answers[-1]
    answer = answers[0][0]
    used = sorted({said for a, _ in answers for said in a.used}) + singular
    applied = frozenset().union(*(a.applied for a, _ in answers))
    return replace(answer, used=tuple(used), applied=applied), next((r for _, r in answers if r is not None), None)


def _prove(goal: Goal, order: int, parameter: str) -> tuple[Answer, Remainder | None]:
    """The same for free indices that are all different. Raises SingularTerm where a denominator is zero."""
    first, further = REACH
    found = _expanded(goal, order, parameter, first)
    if found[1] is not None or not found[0].shown:
        return found
    return _expanded(goal, order, parameter, further)


def _expanded(goal: Goal, order: int, parameter: str, reach: int) -> tuple[Answer, Remainder | None]:
    """The two sides compared to an order, looking for the remainder so many orders beyond it."""
    method = f"order {order} in {parameter}"
    lowering = lowering_of(goal, order + reach, parameter, goal.left, goal.right)
    expansion = Expansion(lowering, parameter)
    try:
        if goal.left.type.kind == "matrix":
            return _matrix(goal, order, method, lowering, expansion)
        free = fixed_indices(goal.left, goal.right) | goal.labels
        if goal.left.type.kind == "scalar":
            rest = lowering.scalar(goal.left) - lowering.scalar(goal.right)
        elif any(index.range in goal.left.type.axes for index in free):
            raise Unsupported("a column with free indices of its own range in an expansion")
        else:
            places = tuple(new_index(axis) for axis in goal.left.type.axes)
            rest = lowering.entry(goal.left, places) - lowering.entry(goal.right, places)
            free |= set(places)
        rest = canonical(rest, free)
        found = expansion.parts(rest, Fraction(order + reach))
        parts = {weight: canonical(part, free) for weight, part in found.items()}
        low = sum((part for weight, part in parts.items() if weight <= order), Poly())
        sources: set[str] = set()
        if low and goal.equalities:
            low, sources = _with_equations(low, goal, order, lowering, expansion)
    except Unsupported as problem:
        return Answer(False, method, why=str(problem)), None
    used, applied = tuple(sorted(lowering.used)), frozenset(lowering.applied | sources)
    if low:
        return Answer(False, method, used, applied, low), None
    high = sorted(weight for weight, part in parts.items() if weight > order and part)
    remainder = Remainder(high[0], parts[high[0]]) if high else None
    return Answer(True, method, used, applied), remainder


def lowering_of(goal: Goal, order: int, parameter: str, *sides: Expr) -> Lowering:
    """What expands exponentials of operators as series, far enough that ``sides`` have all powers up to the order."""
    depths = [_depth(side, goal.scope, parameter) for side in sides]
    by_rules = [_depth(rule.right, goal.scope, parameter) for rule in goal.rules]
    depth = order + max(depths, default=0) + max(by_rules, default=0)
    return Lowering(
        goal.scope,
        goal.rules,
        goal.definitions,
        moments=goal.moments,
        traces=goal.traces,
        series=(parameter, depth),
    )


def _depth(expr: Expr, scope: Scope, parameter: str, below: int = 0) -> int:
    """By how many powers of the parameter what stands in an expression may be divided; at most."""
    match expr:
        case Symbol(name=name):
            declared = scope.symbols.get(name)
            weight = declared.weights.get(parameter, 0) if declared is not None else 0
            return max(0, weight * below if below else -weight)
        case Frac(top=top, bottom=bottom):
            return _depth(top, scope, parameter, below) + _depth(bottom, scope, parameter, below + 1)
        case Pow(base=base, exponent=exponent):
            power = constant(exponent) or Fraction(0)
            times = ceil(abs(power))
            return times * _depth(base, scope, parameter, below + 1 if power < 0 else below)
    return sum(_depth(child, scope, parameter, below) for child in expr.children)


def is_empty(goal: Goal, order: int, parameter: str) -> bool:
    """Whether both sides vanish to the order by themselves, though neither is zero: then anything is equal to it."""
    lowering = lowering_of(goal, order + REACH[0], parameter, goal.left, goal.right)
    expansion = Expansion(lowering, parameter)
    if goal.left.type.kind != "scalar":
        return False
    free = fixed_indices(goal.left, goal.right) | goal.labels
    try:
        sides = [canonical(lowering.scalar(side), free) for side in (goal.left, goal.right)]
        return all(side and not expansion.parts(side, Fraction(order)) for side in sides)
    except (Unsupported, SingularTerm):
        return False


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
    rest = lowering.matrices.words(goal.left) - lowering.matrices.words(goal.right)
    parts = {weight: part for weight, part in expansion.matrix(rest, Fraction(order + REACH[-1])).items() if part}
    used, applied = tuple(sorted(lowering.used)), frozenset(lowering.applied)
    low = [weight for weight in parts if weight <= order]
    if low:
        i, j = (new_index(goal.left.type.axes[0]) for _ in range(2))
        part = parts[min(low)]
        if all(lowering.matrices.is_opaque(letter) for word, _ in part.words for letter in word):
            return Answer(False, method, used, applied, atom(Entry(part, i, j))), None
        for row, column in ((i, j), (i, i)):
            entry = canonical(lowering.matrices.entry(parts[min(low)], row, column), frozenset((row, column)))
            if entry:
                return Answer(False, method, used, applied, entry), None
    high = sorted(weight for weight in parts if weight > order)
    return Answer(True, method, used, applied), Remainder(high[0], None, parts[high[0]]) if high else None
