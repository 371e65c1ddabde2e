"""Symbols and matrices in a world: their values by the rules about them, else drawn, and as they are declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import arb, arb_mat

from derive.domains import NotRealisable, check_length, check_matrix, check_number, has_unit_length
from derive.expression import Element, Expectation, Expr, Index, Integral, Symbol, free_indices
from derive.finite.families import SYMMETRIC, matrix_of
from derive.worlds.places import matched, square

if TYPE_CHECKING:
    from derive.model import World


Draw = Mapping[str, tuple[arb, ...]]
"""The values of random columns, by name."""


class Quantities:
    """The values of symbols and matrices in a world: by their rule, else as drawn."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.matrices: dict[str, arb_mat] = {}
        self.measured: set[tuple[str, tuple[int, ...]]] = set()
        """The vectors whose length is being looked at."""

    def symbol(self, name: str, at: tuple[int, ...], draw: Draw) -> arb:
        if name == r"\pi":
            return arb.pi()
        if name in draw:
            return draw[name][at[0] if at else 0]
        for rule in self.world.rules:
            left = rule.left
            if (
                rule in self.world.busy
                or not isinstance(left, Symbol)
                or left.name != name
                or left.own.kind != "scalar"
            ):
                continue
            rest = [number for slot, number in zip(left.slots, at, strict=True) if not isinstance(slot, Index)]
            places = matched((s, n) for s, n in zip(left.slots, at, strict=True) if isinstance(s, Index))
            if places is None or free_indices(rule.right) - set(places):
                continue
            self.world.busy.append(rule)
            try:
                value = self.world.component(rule.right, tuple(rest), places, draw)
            finally:
                self.world.busy.pop()
            return self._as_declared(value, name, at, draw)
        return self.world.draw(name, at)

    def _as_declared(self, value: arb, name: str, at: tuple[int, ...], draw: Draw) -> arb:
        """What a rule gives a symbol. Raises OutsideDomain where that is not as it is declared."""
        declared = self.world.scope.symbols.get(name)
        if declared is not None and has_unit_length(declared) and (name, at[:-1]) not in self.measured:
            self.measured.add((name, at[:-1]))
            try:
                size = self.world.sizes[declared.slots[-1]]
                check_length((self.symbol(name, (*at[:-1], k), draw) for k in range(size)), declared)
            finally:
                self.measured.discard((name, at[:-1]))
        return check_number(value, declared)

    def matrix_symbol(self, symbol: Symbol, draw: Draw) -> arb_mat:
        name = symbol.name
        if name in self.matrices and not (draw and self._is_random(name)):
            return self.matrices[name]
        axis = symbol.own.axes[0]
        size = self.world.sizes[axis]
        declared = self.world.scope.symbols.get(name)
        if declared is not None and declared.part_of is not None:
            which, of = declared.part_of
            whole = self.matrix_symbol(Symbol(of, (), symbol.own), draw)
            keep = which == "diagonal"
            value = arb_mat(size, size, [whole[i, j] if (i == j) == keep else 0 for i, j in square(size)])
        else:
            value = self._matrix_by_rule(symbol, size, draw)
        check_matrix(value, declared, positive=self.world.require_positive)
        if not (draw and self._is_random(name)):
            self.matrices[name] = value
        return value

    def _is_random(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a symbol is, or is defined through, a random quantity that no expectation binds."""
        declared = self.world.scope.symbols.get(name)
        if declared is not None and declared.law is not None:
            return True
        if declared is not None and declared.part_of is not None and name not in seen:
            return self._is_random(declared.part_of[1], seen | {name})
        for rule in self.world.rules:
            left = rule.left.of if isinstance(rule.left, Element) else rule.left
            if isinstance(left, Symbol) and left.name == name and name not in seen:
                inside = {node.name for node in _unbound(rule.right) if isinstance(node, Symbol)}
                if any(self._is_random(inner, seen | {name}) for inner in inside):
                    return True
        return False

    def _matrix_by_rule(self, symbol: Symbol, size: int, draw: Draw) -> arb_mat:
        for rule in self.world.rules:
            if rule in self.world.busy or rule.left != symbol:
                continue
            self.world.busy.append(rule)
            try:
                return self.world.matrix(rule.right, {}, draw)
            finally:
                self.world.busy.pop()
        if self.world.family and (self.world.special is None or symbol.name in self.world.special):
            self._draw_of_family(symbol.name, size)
        entries = []
        for i, j in square(size):
            entries.append(self._entry_by_rule(symbol, i, j, draw))
        return arb_mat(size, size, entries)

    def _draw_of_family(self, name: str, size: int) -> None:
        """The entries of a matrix of the family, where its properties leave that open."""
        declared = self.world.scope.symbols.get(name)
        properties = declared.properties if declared is not None else frozenset()
        if properties - {"symmetric", "invertible"} or (
            "symmetric" in properties and self.world.family not in SYMMETRIC
        ):
            return
        ordinal = list(self.world.scope.symbols).index(name) if declared is not None else 0
        entries = matrix_of(self.world.family, name, ordinal, size, self.world.drawn)
        if entries is None:
            raise NotRealisable(f"there is no such matrix of size {size}")
        for i, j in square(size):
            self.world.base[name, (i, j)] = entries[i][j]

    def _entry_by_rule(self, symbol: Symbol, i: int, j: int, draw: Draw) -> arb:
        for rule in self.world.rules:
            left = rule.left
            if rule in self.world.busy or not isinstance(left, Element) or left.of != symbol:
                continue
            places = matched(((left.row, i), (left.column, j)))
            if places is None:
                continue
            self.world.busy.append(rule)
            try:
                return self.world.value(rule.right, places, draw)
            finally:
                self.world.busy.pop()
        declared = self.world.scope.symbols.get(symbol.name)
        properties = declared.properties if declared else frozenset()
        symmetric = bool(properties & {"symmetric", "positive definite", "diagonal"})
        if ("diagonal" in properties and i != j) or ("hollow" in properties and i == j):
            return arb(0)
        at = (min(i, j), max(i, j)) if symmetric else (i, j)
        if "positive definite" in properties and i == j and (symbol.name, at) not in self.world.base:
            self.world.draw(symbol.name, at)
            self.world.base[symbol.name, at] = (
                abs(self.world.base[symbol.name, at]) + 4 * self.world.sizes[symbol.own.axes[0]]
            )
        if (symbol.name, at) not in self.world.base:
            self.world.draw(symbol.name, at)
            for part in self.world.scope.symbols.values():
                if part.part_of == ("diagonal" if i == j else "off-diagonal", symbol.name):
                    for parameter, weight in part.weights.items():
                        more = weight - (declared.weights.get(parameter, 0) if declared else 0)
                        self.world.base[symbol.name, at] *= self.world.scale.get(parameter, Fraction(1, 8)) ** more
        return self.world.draw(symbol.name, at)


def _unbound(expr: Expr) -> Iterator[Expr]:
    """The nodes of an expression outside expectations and integrals, which bind their variables."""
    yield expr
    if not isinstance(expr, Expectation | Integral):
        for child in expr.children:
            yield from _unbound(child)
