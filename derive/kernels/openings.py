"""Densities without a formula, and functions that a paper leaves open, as arrays of values.

An array has the points of what its density depends on, then the letters of indices, then the values 1 and -1 of binary
variables. A density that stands in logarithms alone is given by its logarithm, which lasts where the density itself is
too small for a double.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.constants import constant
from derive.expression import Applied, Density, Expr, Index, Partial, Symbol, free_indices, substitute_indices, walk
from derive.kernels.kernel import KernelError
from derive.kernels.names import identifier
from derive.latex.writer import write
from derive.notation import Declared, Scope

VALUES = "value of a binary variable"
"""The range of the axis over the values 1 and -1."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Where the values of a density or function stand: its array, and what its axes are at one use."""

    name: str
    points: tuple[Index, ...]
    """The points on which it depends, of laws and of variables that a delta ties to them."""
    letters: tuple[Index, ...]
    values: tuple[Expr, ...]
    """The binary variables, or the numbers in their place."""


class Openings:
    """The arrays of one kernel. Whoever extends it says which variables have points."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.ranges: dict[str, str] = {}
        """The range of points of each variable of a law, by its name."""
        self.ties: dict[str, tuple[Symbol, Expr]] = {}
        """The variables that a delta ties to others, with what they are."""
        self.weights: dict[Density, str] = {}
        self.arrays: dict[str, Declared] = {}
        """The arrays of weights and values, by name, in the order in which they first stand in print."""
        self.logs: set[str] = set()
        self.probabilities: set[str] = set()
        """The arrays of weights, and of densities that are given themselves."""
        self.names: dict[object, str] = {}

    def is_value(self, expr: Expr) -> bool:
        """Whether something in a bracket is a single binary variable, or a value of one."""
        if constant(expr) in (1, -1):
            return True
        if not isinstance(expr, Symbol) or expr.name in self.ranges:
            return False
        declared = self.scope.symbols.get(expr.name)
        whole = any(not isinstance(slot, Index) for slot in expr.slots)
        return declared is not None and declared.domain == "binary" and not whole

    def point(self, name: str) -> Index:
        """The index of the points of a variable."""
        return Index(name, self.ranges[name]) if name in self.ties else point(self.ranges[name])

    def opened(self, expr: Density | Applied, *, log: bool = False, weights: bool = True) -> Opened:
        """Where the values of a density or function stand: perhaps as weights, or by its logarithm."""
        function = isinstance(expr, Applied)
        values = tuple(part for part in _bracket(expr) if self.is_value(part))
        if any(constant(part) is not None for part in _bracket(expr)) and not function:
            raise KernelError(f"the density {write(expr, self.scope)} is one at a printed value")
        points = self.points_of(expr)
        letters: dict[Index, None] = dict.fromkeys(s for s in getattr(expr, "slots", ()) if isinstance(s, Index))
        for part in _bracket(expr):
            if not (function and part in values):
                named = [slot for one in walk(part) for slot in getattr(one, "slots", ()) if isinstance(slot, Index)]
                letters |= dict.fromkeys(letter for letter in named if letter in free_indices(part))
        own = self.weights.get(expr) if isinstance(expr, Density) and weights and not log else None
        key = (log, *self.key(expr))
        name = own or self.names.get(key) or self.named(expr, log)
        if not own:
            self.names[key] = name
        if name not in self.arrays:
            ranges = tuple(dict.fromkeys(one.range for one in points))
            slots = (*ranges, *(letter.range for letter in letters), *[VALUES] * len(values))
            self.arrays[name] = self.declared(name, expr, slots, log=log, weights=bool(own))
        return Opened(name, points, tuple(letters), values)

    def gradient(self, expr: Partial) -> Symbol:
        """The array of the derivative of an open function by what it is a function of, at the point in its bracket."""
        of, by = expr.of, expr.by
        if not (isinstance(of, Applied) and of.arguments == (by,) and isinstance(by, Symbol) and not of.slots):
            raise KernelError("a derivative of what is no open function of just that variable cannot be compiled yet")
        if by.name in self.ranges or any(isinstance(slot, Index) for slot in by.slots):
            raise KernelError(f"a derivative by one component or point of {by.name} cannot be compiled yet")
        name = f"{of.name} by {identifier(by.name)}"
        slots = tuple(slot.range for slot in by.slots)
        meaning = f"derivative of ${write(of, self.scope)}$ by ${write(by, self.scope)}$"
        self.arrays.setdefault(name, Declared(name, slots=slots, meaning=meaning))
        return Symbol(name, by.slots)

    def points_of(self, expr: Density | Applied) -> tuple[Index, ...]:
        """The points on which something depends by its bracket."""
        symbols = (one for part in _bracket(expr) for one in walk(part) if isinstance(one, Symbol))
        return tuple(dict.fromkeys(self.point(one.name) for one in symbols if one.name in self.ranges))

    def key(self, expr: Density | Applied) -> tuple[object, ...]:
        """What is the same for two uses of one array: letters by their order, and a mark for values."""
        letters = dict.fromkeys(slot for slot in getattr(expr, "slots", ()) if isinstance(slot, Index))
        for part in _bracket(expr):
            letters |= dict.fromkeys(sorted(free_indices(part), key=lambda letter: letter.name))
        change = {letter: Index(f"#{number}", letter.range) for number, letter in enumerate(letters)}
        if isinstance(expr, Applied):
            bracket = tuple(
                "value" if self.is_value(part) else substitute_indices(part, change) for part in _bracket(expr)
            )
            return (expr.name, bracket)
        return (expr.law, *(tuple(substitute_indices(part, change) for part in side) for side in (expr.of, expr.given)))

    def weight_key(self, weight: Density) -> tuple[object, ...]:
        """What is the same for the weights of a law of several variables and for those of its law of some of them."""
        points = {self.ranges[part.name] for part in weight.of if isinstance(part, Symbol) and part.name in self.ranges}
        values = tuple(part for part in weight.of if not (isinstance(part, Symbol) and part.name in self.ranges))
        return ("weights", *points, *self.key(replace(weight, of=values)))

    def named(self, expr: Density | Applied, log: bool) -> str:
        """A name for an array of values that no symbol and no other array has."""
        if isinstance(expr, Applied):
            name = expr.name
            taken = set(self.arrays)
        else:
            said = [" ".join(identifier(_plain(part)) for part in side) for side in (expr.of, expr.given) if side]
            name = f"{'log ' if log else ''}{identifier(expr.law)} {' given '.join(said)}"
            taken = {*self.scope.symbols, *self.arrays}
        return next(
            one for number in range(1, 100) if (one := name if number == 1 else f"{name} {number}") not in taken
        )

    def declared(
        self, name: str, expr: Density | Applied, slots: tuple[str, ...], *, log: bool, weights: bool
    ) -> Declared:
        """What an array of values is."""
        printed = f"${write(expr, self.scope)}$"
        values = slots.count(VALUES)
        said = ["at each point"] * any(slot in self.ranges.values() for slot in slots)
        said += ["for the values 1 and -1" + " of each binary variable" * (values > 1)] * (values > 0)
        what = f"weights of the points of the law {printed}" if weights else f"log of {printed}" if log else printed
        if weights:
            said = said[1:]
        if log:
            self.logs.add(name)
        elif isinstance(expr, Density):
            self.probabilities.add(name)
        domain = "real" if log or isinstance(expr, Applied) else "nonnegative"
        return Declared(name, slots=slots, domain=domain, meaning=" ".join((what, ", ".join(said))).strip())


def point(range_: str) -> Index:
    """The index of the points of a law."""
    return Index("s", range_)


def _bracket(expr: Density | Applied) -> tuple[Expr, ...]:
    return expr.arguments if isinstance(expr, Applied) else (*expr.of, *expr.given)


def _plain(expr: Expr) -> str:
    return expr.name if isinstance(expr, Symbol) else "".join(str(one) for one in walk(expr) if isinstance(one, Symbol))


__all__ = ["VALUES", "Opened", "Openings", "point"]
