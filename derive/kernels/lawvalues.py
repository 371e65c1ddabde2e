"""Laws, densities and open functions at one point, in ball arithmetic: integrals as sums over points.

With the compiler it shares the tree, which density is the weight of an integral, and what the arrays are
(:mod:`derive.kernels.laws`); sums, deltas and logarithms are evaluated as they are printed.

A delta that ties a variable to others is 1 where the two have the same point, as images of points have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from derive.expression import Applied, Call, Density, Dirac, Expr, Index, Symbol, walk
from derive.kernels.binary import VALUES
from derive.kernels.kernel import KernelError
from derive.kernels.laws import Laws
from derive.kernels.openings import point

IN_LOG = Index("log", "")
"""Among the places: whether the expression stands in a logarithm."""
Places = Mapping[Any, int]


class LawValues:
    """What a statement needs for laws. Whoever extends it evaluates all other expressions."""

    laws: Laws
    kind: Any
    wrt: tuple[str, ...]
    sizes: Mapping[str, int]
    inputs: Mapping[str, Mapping[tuple[int, ...], Fraction]]
    value: Callable[[Expr, tuple[int, ...], Places], Any]

    def entry(self, name: str, at: tuple[int, ...]) -> Any:
        """An entry of an argument."""
        found = self.inputs[name][at]
        return self.kind.entry(found, (name, at)) if name in self.wrt else self.kind.exact(found)

    def over_points(self, variable: Symbol, body: Expr, at: tuple[int, ...], places: Places) -> Any:
        """An integral over a variable, or a sum over the values of a column: over the points of their law."""
        key = self.laws.point(variable.name)
        places = {one: n for one, n in places.items() if one != IN_LOG}
        if key in places:
            return self.value(body, at, places)
        return self.kind.total([self.value(body, at, {**places, key: n}) for n in range(self.sizes[key.range])])

    def at_point(self, symbol: Symbol, at: tuple[int, ...], places: Places) -> Any:
        """A variable of a law at its point, or what a delta ties it to."""
        key = self.laws.point(symbol.name)
        if symbol.name in self.laws.ties:
            return self.value(self.laws.ties[symbol.name][1], at, {**places, point(key.range): places[key]})
        rest = iter(at)
        filled = (self.place(slot, places) if isinstance(slot, Index) else next(rest) for slot in symbol.slots)
        return self.entry(symbol.name, (places[key], *filled))

    def place(self, index: Index, places: Places) -> int:
        return int(index.name) - 1 if index.is_label else places[index]

    def opened(self, expr: Density | Applied, places: Places) -> Any:
        """The value of a density or function: an entry of its array, or the exponential of it."""
        log = IN_LOG in places and isinstance(expr, Density)
        given_by_log = log and self.laws.key(expr) not in self.laws.plain
        found = self.laws.opened(expr, log=given_by_log, weights=not log)
        points = dict.fromkeys(one.range for one in found.points)
        numbers = [places[next(one for one in found.points if one.range == range_)] for range_ in points]
        numbers += [self.place(letter, places) for letter in found.letters]
        for one in found.values:
            value = self.value(one, (), places)
            numbers.append(next(n for n, sign in enumerate(VALUES) if value.ball == sign))
        entry = self.entry(found.name, tuple(numbers))
        return entry.apply("exp") if given_by_log else entry

    def delta(self, expr: Dirac, places: Places) -> Any:
        """1 where the tied variable has the point of what it is tied to, else 0."""
        names = {one.name for one in walk(expr) if isinstance(one, Symbol)}
        tied = [name for name in self.laws.ties if name in names]
        if len(tied) != 1:
            raise KernelError("a delta of several variables has no test vectors yet")
        key = self.laws.point(tied[0])
        return self.kind.exact(int(places[key] == places[point(key.range)]))

    def is_of_weight_zero(self, factors: tuple[Expr, ...], places: Places) -> bool:
        """Whether a product is 0 because a density in it is, whatever a logarithm in it is."""
        if IN_LOG in places or self.wrt:
            return False
        densities = [one for one in factors if isinstance(one, Density)]
        logs = any(isinstance(one, Call) and one.function == "log" for part in factors for one in walk(part))
        return logs and any(self.opened(one, places).ball == 0 for one in densities)


__all__ = ["IN_LOG", "LawValues"]
