"""Weights that must vanish: solved for an unknown dimension, or a mismatch."""

from __future__ import annotations

from derive.algebra.atoms import Sym
from derive.algebra.indexed import Poly, canonical, recanonical
from derive.expression import Expr
from derive.units.weights import (
    UNIT,
    divided,
    is_plain,
    may_coincide,
    parts_by_unit,
    with_unit,
)


class Demands:
    """What a line demands of the dimensions of its symbols, solved for the unknown as it comes in."""

    def __init__(self) -> None:
        self.solved: dict[Sym, Poly] = {}
        self.pending: list[tuple[Poly, str]] = []
        """Demands that could not be solved for an unknown, and what they say."""
        self.mismatches: list[tuple[Poly, str]] = []
        self.still: list[tuple[Expr, bool, str]] = []
        """Gains that must be constant, or (True) zero, and of what they are."""

    def reduced(self, weight: Poly) -> Poly:
        """A weight with what is known of the unknown put in, in normal form unless free indices may coincide."""
        for unit, value in self.solved.items():
            weight = with_unit(weight, unit, value)
        weight = recanonical(weight)
        return weight if may_coincide(weight) else canonical(weight)

    def demand(self, weight: Poly, says: str) -> None:
        """A weight that must vanish: it is solved for an unknown, or a mismatch, or left. ``says`` goes before it."""
        weight = self.reduced(weight)
        if not weight:
            return
        parts = parts_by_unit(weight)
        unknown = sorted((unit for unit in parts if not unit.name.startswith(UNIT)), key=lambda unit: unit.name)
        for unit in unknown:
            value = divided(parts, unit)
            if value is not None and is_plain(value):
                self.solved = {other: with_unit(known, unit, value) for other, known in self.solved.items()}
                self.solved[unit] = value
                return
        if unknown or not is_plain(weight):
            self.pending.append((weight, says))
        else:
            self.mismatches.append((weight, says))
