"""Laws in a world: distributions on finitely many points with the mean and covariance that the rules demand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flint import arb

from derive.algebra.normal import moments
from derive.algebra.rules import as_covariance, as_variance
from derive.constants import constant
from derive.domains import NotRealisable, OutsideDomain, is_in
from derive.expression import (
    Density,
    Expectation,
    Expr,
    Gaussian,
    Index,
    Mul,
    Pow,
    Symbol,
    free_indices,
    substitute_indices,
    walk,
)
from derive.worlds.places import Places
from derive.worlds.products import Products
from derive.worlds.quantities import Draw
from derive.worlds.seeds import density_name

if TYPE_CHECKING:
    from derive.model import World


@dataclass(frozen=True)
class Law:
    """A distribution on finitely many points of a random column."""

    variable: str
    points: tuple[tuple[tuple[arb, ...], arb], ...]
    mean: tuple[arb, ...]
    covariance: tuple[tuple[arb, ...], ...]


class Laws:
    """The distributions that stand for the laws of a world, with what is asked of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.known: dict[str, Law] = {}

    def gaussian(self, expr: Gaussian, places: Places, draw: Draw) -> arb:
        if not expr.of.type.axes:
            variance = self.world.value(expr.covariance, places, draw)
            if not variance > 0:
                raise NotRealisable("a normal law whose variance is not positive")
            offset = self.world.value(expr.of, places, draw) - self.world.value(expr.mean, places, draw)
            return (-offset * offset / (2 * variance)).exp() / (2 * arb.pi() * variance).sqrt()
        of, mean = self.world.matrix(expr.of, places, draw), self.world.matrix(expr.mean, places, draw)
        covariance = self.world.matrix(expr.covariance, places, draw)
        determinant = covariance.det()
        if not determinant > 0:
            raise OutsideDomain("a Gaussian whose covariance has no positive determinant")
        offset = of - mean
        form = (offset.transpose() * covariance.inv() * offset)[0, 0]
        size = covariance.nrows()
        return (-form / 2).exp() / ((2 * arb.pi()) ** size * determinant).sqrt()

    def density(self, expr: Density, places: Places, draw: Draw) -> arb:
        """A density: as a rule says, else of drawn positive numbers for joint densities."""
        there = "".join(f" {name}={[v.str(10, radius=False) for v in values]}" for name, values in sorted(draw.items()))

        def drawn(density: Density) -> arb:
            return self.world.draw(f"density-{density_name(density, self.world.scope)}{there} {density.law}", ())

        products: Products[arb, tuple[Expr, Places]] = Products(
            lambda density: self.world.by_rule(density, places),
            lambda right: self.world.value(right[0], right[1], draw),
            drawn,
            lambda one, other: one * other,
            lambda above, below: above / below,
        )
        return products.density(expr)

    def law(self, name: str) -> Law:
        """The finite distribution that stands for a law: the mean and covariance that the rules give, else drawn."""
        if name in self.known:
            return self.known[name]
        variable = next(
            (key for key, d in self.world.scope.symbols.items() if d.law == name and d.kind == "quantity"), None
        )
        if variable is None:
            raise NotRealisable(f"nothing follows the law {name}")
        slots = self.world.scope.symbols[variable].slots
        if len(slots) > 1:
            raise NotRealisable(f"{variable} has more than one index")
        size = self.world.sizes[slots[0]] if slots else 1
        mean = tuple(self._moment(name, variable, (i,)) for i in range(size))
        covariance = tuple(
            tuple(self._covariance(name, variable, i, j, mean) for j in range(size)) for i in range(size)
        )
        points = _support(mean, covariance)
        domain = self.world.scope.symbols[variable].domain
        if not all(is_in(value, domain) for point, _ in points for value in point):
            raise OutsideDomain(f"a law with this mean and covariance has values of {variable} that are not {domain}")
        self.known[name] = Law(variable, points, mean, covariance)
        return self.known[name]

    def _moment(self, law: str, variable: str, at: tuple[int, ...]) -> arb:
        for rule in self.world.rules:
            left = rule.left
            if not isinstance(left, Expectation) or (left.kind, left.law) != ("E", law) or rule in self.world.busy:
                continue
            symbols = _random_factors(left.arguments[0], variable)
            if symbols is not None and len(symbols) == len(at):
                return self.world.value(rule.right, dict(zip(symbols, at, strict=True)))
        if len(at) == 1:
            return self.world.draw(f"mean of {variable}", at)
        raise NotRealisable("no such moment")

    def _covariance(self, law: str, variable: str, i: int, j: int, mean: tuple[arb, ...]) -> arb:
        given = (
            self._covariance_by(kind, law, variable, i, j, mean) for kind in (("Var", "Cov") if i == j else ("Cov",))
        )
        if (known := next((value for value in given if value is not None), None)) is not None:
            return known
        value = self.world.draw(f"covariance of {variable}", (min(i, j), max(i, j)))
        if i == j:
            return abs(value) + 4 * len(mean)
        if self._gives(law, "Var"):
            apart = self._covariance(law, variable, i, i, mean) * self._covariance(law, variable, j, j, mean)
            return value / (4 * len(mean)) * apart.sqrt()
        return value

    def _covariance_by(self, kind: str, law: str, variable: str, i: int, j: int, mean: tuple[arb, ...]) -> arb | None:
        """What a rule gives that is about second moments, or about those of this ``kind``; None if there is none."""
        for rule in self.world.rules:
            left = rule.left
            if not isinstance(left, Expectation) or left.law != law or rule in self.world.busy:
                continue
            symbols = [_random_factors(argument, variable) for argument in left.arguments]
            if left.kind == "E" and symbols[0] is not None and len(symbols[0]) == 2:
                if i != j and symbols[0][0] == symbols[0][1]:
                    continue
                places = dict(zip(symbols[0], (i, j), strict=True))
                if not rule.holds_at(places):
                    continue
                return self.world.value(rule.right, places) - mean[i] * mean[j]
            if left.kind == kind and all(found is not None and len(found) == 1 for found in symbols):
                places = {found[0]: at for found, at in zip(symbols, (i, j), strict=False) if found}
                if not rule.holds_at(places):
                    continue
                return self.world.value(rule.right, places)
        return None

    def _gives(self, law: str, kind: str) -> bool:
        """Whether a rule gives the variances or covariances of a law."""
        return any(
            isinstance(rule.left, Expectation) and (rule.left.kind, rule.left.law) == (kind, law)
            for rule in self.world.rules
            if rule not in self.world.busy
        )

    def integral(self, variable: Symbol, body: Expr, places: Places, draw: Draw) -> arb:
        factors = body.factors if isinstance(body, Mul) else (body,)
        laws = [f for f in factors if isinstance(f, Density) and f.of == (variable,) and not f.given]
        if len(laws) != 1 or self.law(laws[0].law).variable != variable.name:
            raise NotRealisable("an integral that is no expectation")
        rest = tuple(f for f in factors if f is not laws[0])
        return self._mean_of(laws[0].law, rest, places, draw)

    def _mean_of(self, name: str, factors: tuple[Expr, ...], places: Places, draw: Draw) -> arb:
        law = self.law(name)
        for node in (node for factor in factors for node in walk(factor)):
            declared = self.world.scope.symbols.get(node.name) if isinstance(node, Symbol) else None
            if declared is not None and declared.law == name and declared.key != law.variable:
                raise NotRealisable(f"{law.variable} and {declared.key} follow the law {name} together")
        found = self._mean_over(law.points, law.variable, factors, places, draw)
        if any(isinstance(rule.left, Density) and rule.left.law == name and moments(rule) for rule in self.world.rules):
            other = self._mean_over(_support(law.mean, law.covariance, 2), law.variable, factors, places, draw)
            if not found.overlaps(other):
                raise NotRealisable(f"more than mean and covariance of the normal law {name} is asked for")
        return found

    def _mean_over(
        self,
        points: tuple[tuple[tuple[arb, ...], arb], ...],
        variable: str,
        factors: tuple[Expr, ...],
        places: Places,
        draw: Draw,
    ) -> arb:
        total = arb(0)
        for point, probability in points:
            total += probability * self.world.evaluation.product(factors, places, {**draw, variable: point})
        return total

    def expectation(self, expr: Expectation, places: Places, draw: Draw) -> arb:
        if expr.kind != "E":
            expr = self._distinct_or_variance(expr, places)
            right = self.world.by_rule(expr, places)
            if right is None and (covariance := as_covariance(expr)) is not None:
                right = self.world.by_rule(covariance, places)
            if right is not None:
                return self.world.value(right[0], right[1], draw)
        first = self._mean_of(expr.law, (expr.arguments[0],), places, draw)
        if expr.kind == "E":
            return first
        second = self._mean_of(expr.law, (expr.arguments[-1],), places, draw)
        both = self._mean_of(expr.law, (expr.arguments[0], expr.arguments[-1]), places, draw)
        return both - first * second

    def _distinct_or_variance(self, expr: Expectation, places: Places) -> Expectation:
        """Cov of two components that are the same one here is a variance."""
        if expr.kind == "Cov" and len(expr.arguments) == 2:
            change = {
                index: Index(str(self.world.place(index, places) + 1), index.range) for index in free_indices(expr)
            }
            first, second = (substitute_indices(argument, change) for argument in expr.arguments)
            if first == second:
                return as_variance(replace(expr, arguments=(expr.arguments[0],) * 2), "Var")
        return expr


def _random_factors(expr: Expr, variable: str) -> list[Index] | None:
    """The indices of a product of components of the random column, or None if it is something else."""
    if isinstance(expr, Pow) and constant(expr.exponent) == 2:
        expr = Mul((expr.base, expr.base))
    factors = expr.factors if isinstance(expr, Mul) else (expr,)
    found: list[Index] = []
    for factor in factors:
        if not isinstance(factor, Symbol) or factor.name != variable or len(factor.slots) != 1:
            return None
        (slot,) = factor.slots
        if not isinstance(slot, Index):
            return None
        found.append(slot)
    return found


def _support(
    mean: tuple[arb, ...], covariance: tuple[tuple[arb, ...], ...], stretch: int = 1
) -> tuple[tuple[tuple[arb, ...], arb], ...]:
    """Points and probabilities with this mean and covariance: the mean plus steps along the columns of L in L D L^T.

    One of the n directions is chosen with probability 1/n, then a step of ±a with probability p each, where
    2 p a² = n d. With another ``stretch`` of the steps the higher moments are others. Raises NotRealisable when the
    covariance is not positive semidefinite.
    """
    size = len(mean)
    lower = [[arb(int(i == j)) for j in range(size)] for i in range(size)]
    pivots: list[arb] = []
    for j in range(size):
        pivot = covariance[j][j] - sum((lower[j][k] ** 2 * pivots[k] for k in range(j)), arb(0))
        if pivot.contains(0):
            pivot = arb(0)
        elif not pivot > 0:
            raise OutsideDomain("a covariance is not positive semidefinite")
        pivots.append(pivot)
        for i in range(j + 1, size):
            rest = covariance[i][j] - sum((lower[i][k] * lower[j][k] * pivots[k] for k in range(j)), arb(0))
            lower[i][j] = rest / pivot if pivot != 0 else arb(0)
    points: list[tuple[tuple[arb, ...], arb]] = []
    for k in range(size):
        variance = size * pivots[k]
        step = 1
        while not variance / (2 * step * step) < arb(0.4):
            step *= 2
        step *= stretch
        p = variance / (2 * step * step)
        for sign, probability in ((1, p), (-1, p), (0, 1 - 2 * p)):
            point = tuple(mean[i] + sign * step * lower[i][k] for i in range(size))
            points.append((point, probability / size))
    return tuple(points)
