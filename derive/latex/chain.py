r"""A printed line as a chain of relations: its sides, the relations between them, and its side condition."""

from __future__ import annotations

from dataclasses import dataclass

from derive.expression import Apart, Expr

RELATIONS = {
    "=": "=",
    r"\approx": "≈",
    r"\simeq": "≈",
    r"\equiv": "≡",
    r"\propto": "∝",
    r"\sim": "∼",
    r"\to": "→",
    r"\rightarrow": "→",
    r"\ll": "≪",
    r"\geq": "≥",
    r"\ge": "≥",
    r"\leq": "≤",
    r"\le": "≤",
    ">": ">",
    "<": "<",
    r"\neq": "≠",
}


@dataclass(frozen=True, slots=True)
class Chain:
    """A printed line: an optional first side, then relations, each with the expression to its right."""

    first: Expr | None
    links: tuple[tuple[str, Expr], ...]
    apart: Apart = ()
    r"""Indices that a side condition such as ``i \neq j`` behind the line keeps different."""

    @property
    def sides(self) -> tuple[Expr, ...]:
        return (() if self.first is None else (self.first,)) + tuple(side for _, side in self.links)
