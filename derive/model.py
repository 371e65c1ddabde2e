r"""Models: exact instances of everything a statement speaks of, to cross-examine proofs and to witness failures.

A :class:`World` fixes the sizes of all ranges, draws a dyadic rational for every base symbol (deterministically, from
its name), computes defined symbols by their rules, builds for each law a distribution on finitely many points with
exactly the mean and covariance that the rules demand, and evaluates expressions in ball arithmetic. It shares nothing
with the normal form but the tree. A world in which something is not realisable (a covariance that is not positive
definite, the logarithm of a negative number) is refused, not used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from flint import arb, arb_mat

from derive.algebra.normal import with_moments
from derive.algebra.rules import Rule, unify
from derive.domains import NotRealisable, has_unit_length, on_sphere
from derive.expression import Expr, Index, Symbol
from derive.notation import WHOLE, Scope
from derive.worlds.balls import ball
from derive.worlds.evaluation import Evaluation
from derive.worlds.laws import Laws
from derive.worlds.places import Places
from derive.worlds.quantities import Draw, Quantities
from derive.worlds.seeds import seed_name

BITS = 320
"""The precision of balls."""
_NO_DRAW: Draw = {}


@dataclass
class World:
    """One instance of a scope under rules. ``scale`` is the value of each small parameter."""

    scope: Scope
    rules: tuple[Rule, ...]
    sizes: Mapping[str, int]
    seed: int = 0
    scale: Mapping[str, Fraction] = field(default_factory=dict)
    base: dict[tuple[str, tuple[int, ...]], Fraction] = field(default_factory=dict)
    """The base values drawn so far."""
    fixed: Mapping[str, Fraction] = field(default_factory=dict)
    """Base values that are not to be drawn but set, by symbol."""
    require_positive: bool = True
    family: str = ""
    """The family that matrices which may be any are drawn of; none for matrices in general position."""
    special: frozenset[str] | None = None
    """The names of those that are of the family; None for all."""
    busy: list[Rule] = field(default_factory=list)
    """The rules being put in: none is put into itself."""

    def __post_init__(self) -> None:
        self.rules = with_moments(self.rules)
        self.quantities = Quantities(self)
        self.evaluation = Evaluation(self)
        self.laws = Laws(self)

    # -- base values ---------------------------------------------------------------------------------------------

    def draw(self, name: str, at: tuple[int, ...]) -> arb:
        """A base symbol's value: a multiple of 1/16 in its domain, times its power of the small parameters."""
        key = (name, at)
        declared = self.scope.symbols.get(name)
        if declared is not None and declared.measured is not None:
            raise NotRealisable(f"{name} was measured, and is not drawn")
        if key not in self.base and has_unit_length(declared) and name not in self.fixed:
            self._draw_direction(name, at[:-1], self.sizes[declared.slots[-1]])
        if key not in self.base:
            self.base[key] = self.fixed[name] if name in self.fixed else self.drawn(name, at)
        return ball(self.base[key])

    def _draw_direction(self, name: str, first: tuple[int, ...], size: int) -> None:
        """A vector of length one."""
        foot = [self.drawn(name, (*first, k, size)) for k in range(size - 1)]
        for k, value in enumerate(on_sphere(foot, Fraction(1), lambda number: 1 / number)):
            self.base[name, (*first, k)] = value

    def drawn(self, name: str, at: tuple[int, ...]) -> Fraction:
        declared = self.scope.symbols.get(name)
        text = f"{self.seed}|{seed_name(self.scope, name)}|{at}"
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        domain = declared.domain if declared else "positive"
        sixteenths = {
            "positive": 8 + number % 41,
            "nonnegative": number % 49,
            "nonzero": (8 + number % 25) * (1 if number & 1024 else -1),
            "integer": 16 * (number % 9 - 4),
            "nonnegative integer": 16 * (number % 6),
            "positive integer": 16 * (1 + number % 6),
            "unit": Fraction(1 + number % 15),
            "binary": 16 * (number % 2 * 2 - 1),
        }.get(domain, number % 97 - 48)
        value = Fraction(sixteenths if domain in WHOLE else sixteenths or 5, 16)
        if declared:
            for parameter, weight in declared.weights.items():
                value *= self.scale.get(parameter, Fraction(1, 8)) ** weight
        return value

    # -- values --------------------------------------------------------------------------------------------------

    def value(self, expr: Expr, places: Places, draw: Draw = _NO_DRAW) -> arb:
        """The ball of a scalar expression. Raises NotRealisable outside a domain."""
        return self.evaluation.value(expr, places, draw)

    def component(self, expr: Expr, at: tuple[int, ...], places: Places, draw: Draw) -> arb:
        """One entry of a vector, column, row or array."""
        return self.evaluation.component(expr, at, places, draw)

    def matrix(self, expr: Expr, places: Places, draw: Draw) -> arb_mat:
        """The ball matrix of a matrix, row or column."""
        return self.evaluation.matrix(expr, places, draw)

    def matrix_symbol(self, symbol: Symbol, draw: Draw) -> arb_mat:
        """The value of a declared matrix. Raises OutsideDomain where rules make it what it is not declared to be."""
        return self.quantities.matrix_symbol(symbol, draw)

    def place(self, index: Index, places: Places) -> int:
        if index in places:
            return places[index]
        if index.is_label:
            number = int(index.name) - 1
            if number < 0:
                raise NotRealisable(f"there is no {index.name}: places count from 1")
            if number >= self.sizes[index.range]:
                raise NotRealisable(f"there is no {index.name} among {self.sizes[index.range]}")
            return number
        raise NotRealisable(f"the index {index.name} has no value")

    def by_rule(self, expr: Expr, places: Places) -> tuple[Expr, Places] | None:
        for rule in self.rules:
            found: dict[Index, Index] = {}
            if rule not in self.busy and unify(rule.left, expr, found):
                at = {old: self.place(new, places) for old, new in found.items()}
                if all(at[a] != at[b] for a, b in rule.apart):
                    return rule.right, at
        return None

    def values(self) -> dict[str, str]:
        """The base values drawn, by printed name, and the sizes, as exact strings."""
        named = {self.scope.ranges[name].size: str(size) for name, size in sorted(self.sizes.items())}
        for (name, at), value in sorted(self.base.items()):
            label = f"{name}_{{{','.join(str(n + 1) for n in at)}}}" if at else name
            named[label] = str(value)
        return named
