"""What a method is asked to show, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product as cartesian

from derive.algebra.indexed import Poly
from derive.algebra.rules import Rule
from derive.expression import Apart, Element, Expr, Index, Over, Symbol, free_indices, substitute_indices, walk
from derive.notation import Scope


@dataclass(frozen=True, slots=True)
class Equality:
    """A premise whose left side is no symbol, so that it is used as an equation and not as a rule."""

    left: Expr
    right: Expr
    source: str
    apart: Apart = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """left = right, under rules and equations."""

    left: Expr
    right: Expr
    scope: Scope
    rules: tuple[Rule, ...] = ()
    equalities: tuple[Equality, ...] = ()
    definitions: tuple[Rule, ...] = ()
    """What the scope defines, to know what is random where no premise says so; not used otherwise."""
    apart: Apart = ()
    """Free indices that the line itself keeps different."""
    traces: bool = True
    """Whether traces of products of unknown matrices stay as they are."""
    moments: bool = True
    """Whether second moments are taken apart into covariances and means where rules give these."""

    @property
    def labels(self) -> frozenset[Index]:
        """The labels that the premises speak of, with which an index may coincide."""
        sides = [side for premise in (*self.rules, *self.equalities) for side in (premise.left, premise.right)]
        return frozenset(index for index in fixed_indices(*sides) if index.is_label)

    def without(self, source: str) -> Goal:
        """The goal with one premise left out."""
        return replace(
            self,
            rules=tuple(rule for rule in self.rules if rule.source != source),
            equalities=tuple(equality for equality in self.equalities if equality.source != source),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the goal was shown, what is left over if not, and what was used."""

    shown: bool
    method: str
    used: tuple[str, ...] = ()
    """Identities used."""
    applied: frozenset[str] = frozenset()
    """Premises used."""
    rest: Poly | None = None
    """The difference of the two sides where it is not zero."""
    why: str = ""
    """Why it could not be decided, where it could not."""
    parts: tuple[Goal, ...] = ()
    """The goals that were shown in its place; models that know nothing of it are asked about the first of them."""
    points: int = 0
    """At how many points the decision procedure, if it proved this, compared the two sides."""


def coincidences(
    left: Expr,
    right: Expr,
    labels: frozenset[Index] = frozenset(),
    apart: Apart = (),
) -> Iterator[tuple[dict[Index, Index], str]]:
    """The ways in which free indices of one range may coincide, all different first, each in words.

    An index may coincide with a label, as the i of m_i with the 1 of m_1; two labels never coincide.
    """
    found = fixed_indices(left, right) | labels
    indices = sorted(found, key=lambda index: (index.range, not index.is_label, index.name))
    by_range: dict[str, list[Index]] = {}
    for index in indices:
        by_range.setdefault(index.range, []).append(index)
    for choice in cartesian(*(list(_partitions(group)) for group in by_range.values())):
        if any(sum(index.is_label for index in block) > 1 for blocks in choice for block in blocks):
            continue
        change: dict[Index, Index] = {}
        words: list[str] = []
        for blocks in choice:
            for block in blocks:
                change.update(dict.fromkeys(block[1:], block[0]))
                if len(block) > 1:
                    words.append(" = ".join(index.name for index in block))
        if any(change.get(a, a) == change.get(b, b) for a, b in apart):
            continue
        yield change, ", ".join(words)


def fixed_indices(*exprs: Expr) -> frozenset[Index]:
    """The indices that a bound one may coincide with: the free ones, and labels such as the 1 of m_1."""
    labels: set[Index] = set()
    for node in (node for expr in exprs for node in walk(expr)):
        match node:
            case Symbol(slots=slots):
                labels |= {slot for slot in slots if isinstance(slot, Index) and slot.is_label}
            case Element(row=row, column=column):
                labels |= {index for index in (row, column) if index.is_label}
            case Over(excluded=excluded):
                labels |= {index for index in excluded if index.is_label}
    return frozenset(labels.union(*(free_indices(expr) for expr in exprs)))


def _partitions(items: list[Index]) -> Iterator[list[list[Index]]]:
    """All partitions of a list into blocks, the finest first."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for smaller in _partitions(rest):
        yield [[first], *smaller]
    for smaller in _partitions(rest):
        for number, block in enumerate(smaller):
            yield [*smaller[:number], [first, *block], *smaller[number + 1 :]]


def at(expr: Expr, change: dict[Index, Index]) -> Expr:
    return substitute_indices(expr, change)


def equations_at(
    goal: Goal, change: dict[Index, Index], here: frozenset[Index]
) -> Iterator[tuple[tuple[Expr, Expr], str]]:
    """The equations among the premises that speak of numbers at the places of a goal, with their source."""
    for premise in goal.equalities:
        if any(change.get(a, a) == change.get(b, b) for a, b in premise.apart):
            continue
        sides = at(premise.left, change), at(premise.right, change)
        if sides[0].type.kind in ("scalar", goal.left.type.kind) and not fixed_indices(*sides) - here:
            yield sides, premise.source
