"""Closed scalars by :func:`derive.decide`: what normal forms have no methods for, such as integrals between limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from derive.algebra.atoms import Fn
from derive.algebra.indexed import Poly, atoms_in
from derive.algebra.phases import in_cosines, real_and_imaginary
from derive.algebra.raising import Raising
from derive.algebra.rules import Unsupported
from derive.analytic import free_names
from derive.expression import Index, Number, Partial, Symbol, walk
from derive.methods.goal import Goal, at, equations_at, fixed_indices

TRIGONOMETRIC = ("sin", "cos", "tan", "arcsin")


@dataclass(frozen=True, slots=True)
class Decided:
    """How the decision procedure proved a closed scalar, and the premises that were put in."""

    said: str
    sources: frozenset[str] = frozenset()
    points: int = 0


def rest_by_decision(rest: Poly, goal: Goal) -> Decided | None:
    """How the decision procedure shows that a normal form with trigonometric functions in it is zero; None if not."""
    rest = in_cosines(rest)
    if not any(isinstance(which, Fn) and which.name in TRIGONOMETRIC for which in atoms_in(rest)):
        return None
    decided: Decided | None = None
    for part in real_and_imaginary(rest):
        if not part:
            continue
        try:
            printed = Raising(goal.scope).poly(part)
        except (Unsupported, TypeError, KeyError):
            return None
        decided = by_decision(Goal(printed, Number(Fraction(0)), goal.scope), {})
        if decided is None:
            return None
    return decided or Decided("the exponential of an imaginary number by cosine and sine")


def by_decision(goal: Goal, change: dict[Index, Index]) -> Decided | None:
    """How the decision procedure for closed scalars proves the statement, or None if it does not."""
    if goal.left.type.kind != "scalar" or _differentiates_what_may_depend(goal):
        return None
    from derive.decision import decide
    from derive.sympy_bridge import Bridge, NotScalar

    sides = at(goal.left, change), at(goal.right, change)
    premises = list(equations_at(goal, change, fixed_indices(*sides) | goal.labels))
    about = (*sides, *(side for pair, _ in premises for side in pair))
    bridge = Bridge(goal.scope, goal.rules, about, all_different=True)
    bridge.fixed |= {rule.left.name for rule in goal.definitions if isinstance(rule.left, Symbol)}
    try:
        left, right = (bridge.sympy(side) for side in sides)
    except NotScalar:
        return None
    used = frozenset(bridge.applied)
    known: dict[Any, tuple[Any, frozenset[str]]] = {}
    for (one, other), source in premises:
        bridge.applied.clear()
        with suppress(NotScalar):
            part, value = bridge.sympy(one), bridge.sympy(other)
            known[part] = value, frozenset((source, *bridge.applied))
    for put, sources in _with_premises(left, right, known):
        try:
            decision = decide(*put, assuming=sorted(bridge.conditions, key=str), suggest=False)
        except (TypeError, ValueError):
            continue
        if decision.verdict == "proved":
            where = ", where both sides are defined" if decision.hypotheses else ""
            exchanged = ", if derivative and integral may be exchanged" if bridge.exchanged else ""
            said = f"the decision procedure for closed scalars ({decision.method}){where}{exchanged}"
            return Decided(said, used | sources, decision.points)
    return None


def _differentiates_what_may_depend(goal: Goal) -> bool:
    """Whether there is a derivative of what others than the rules say something of: it may depend on the variable."""
    if not any(isinstance(node, Partial) for side in (goal.left, goal.right) for node in walk(side)):
        return False
    known = {rule.left.name for rule in goal.rules if isinstance(rule.left, Symbol)}
    told = {rule.left.name for rule in goal.definitions if isinstance(rule.left, Symbol)} - known
    names = {name for side in (goal.left, goal.right) for name in free_names(side)}
    names |= {name for rule in goal.rules for name in free_names(rule.right)}
    return bool(goal.equalities) or bool(told & names)


def _with_premises(
    left: Any, right: Any, known: Mapping[Any, tuple[Any, frozenset[str]]]
) -> Iterator[tuple[tuple[Any, Any], frozenset[str]]]:
    """The two sides as they are, and then with what premises say of parts of them: their left sides for their right."""
    yield (left, right), frozenset()
    found = [part for part in known if not part.is_Number and (left.has(part) or right.has(part))]
    if found:
        put = {part: known[part][0] for part in found}
        yield (left.xreplace(put), right.xreplace(put)), frozenset().union(*(known[part][1] for part in found))
