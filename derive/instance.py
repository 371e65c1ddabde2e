r"""Instances: exact models of statements about laws of several variables, binary variables, functions, operators.

They complement :class:`derive.model.World` and share its draws. An :class:`Instance` has finite alphabets and tables of
probabilities in the place of continua and laws, the spin space C² or polynomial spinors in the place of states, and
numbers of one of two rings (:mod:`derive.finite`). With balls it is a model, for cross-examination and for witnesses.
With symbols in the place of what is drawn it serves :mod:`derive.second_proof`. It shares nothing with the normal form
but the tree.

An integral is a sum over the values of its variable. So densities are probabilities, which knows of no Jacobian: a
delta is refused unless the integral over its variable removes it, or it stands beside a law.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product as cartesian

from flint import arb

from derive.algebra.rules import Rule, unify
from derive.domains import NotRealisable
from derive.expression import (
    Applied,
    Bra,
    Commutator,
    Curl,
    Dagger,
    Dirac,
    Expr,
    ImaginaryUnit,
    Index,
    Ket,
    Kronecker,
    Partial,
    Rank,
    StateMean,
    Symbol,
    ValueSum,
    free_indices,
    walk,
)
from derive.finite.alphabets import Alphabets, At, Env
from derive.finite.comparing import Comparing
from derive.finite.draws import Draws
from derive.finite.evaluation import Evaluation
from derive.finite.families import Kinds
from derive.finite.operator_families import OPERATOR_FAMILIES
from derive.finite.quantities import Quantities
from derive.finite.rings import Numeric, Ring, Scalar
from derive.finite.spinors import Value
from derive.finite.tables import Tables
from derive.finite.witness import drawn
from derive.notation import OPERATOR_KINDS, Scope
from derive.worlds.places import Places, coincide, placings

_NO_ENV: Env = {}
KINDS = ("function", "functional", "state", *OPERATOR_KINDS)
"""The kinds of symbols of which worlds have no model."""


@dataclass
class Instance:
    """One exact instance of a scope under rules. ``scale`` is the value of each small parameter."""

    scope: Scope
    rules: tuple[Rule, ...]
    sizes: Mapping[str, int]
    seed: int = 0
    scale: Mapping[str, Fraction] = field(default_factory=dict)
    base: dict[tuple[str, At], Fraction] = field(default_factory=dict)
    """The base values drawn so far."""
    ring: Ring = field(default_factory=Numeric)
    special: bool = False
    """Whether operators that may be anything are drawn unitary, and states and directions of length one."""
    family: str = ""
    """The family that operators are drawn of; none for operators in general position."""
    of_family: frozenset[str] | None = None
    """The names of those that are of the family; None for all."""
    any_measure: bool = False
    """Whether an integral over real numbers may be a finite sum: so it is for what holds for every measure."""
    point: int | None = None
    """Which of their joint values random quantities have where nothing binds them, if that is settled."""
    busy: list[Rule] = field(default_factory=list)
    """The rules being put in: none is put into itself."""
    twins: dict[tuple[str, At], Instance] = field(default_factory=dict)
    """The same instance with slopes in one symbol each, for derivatives."""
    reach: dict[str, frozenset[str]] = field(default_factory=dict)
    """The names that each symbol depends on, as far as they were asked for."""
    measured: set[tuple[str, At]] = field(default_factory=set)
    """The vectors whose length is being looked at."""
    refusal: str | None = None
    """Why the instance is refused; empty if it is not, None before its rules are checked."""

    def __post_init__(self) -> None:
        self.draws = Draws(self)
        self.alphabets = Alphabets(self)
        self.tables = Tables(self)
        self.quantities = Quantities(self)
        self.evaluation = Evaluation(self)
        self.comparing = Comparing(self)

    def with_ring(self, ring: Ring) -> Instance:
        """The same instance, with the numbers of another ring."""
        return replace(self, ring=ring, busy=[], twins={}, refusal="")

    # -- rules ---------------------------------------------------------------------------------------------------

    def by_rule(self, expr: Expr, places: Places) -> tuple[Rule, Places] | None:
        """The rule whose left side an expression is, and the numbers of its indices."""
        for rule in self.rules:
            found: dict[Index, Index] = {}
            if rule not in self.busy and unify(rule.left, expr, found):
                at = {old: self.place(new, places) for old, new in found.items()}
                if free_indices(rule.right) <= set(at) and all(at.get(a) != at.get(b) for a, b in rule.apart):
                    return rule, at
        return None

    def under(self, rule: Rule, places: Places, env: Env, at: At = ()) -> Value:
        """The right side of a rule, which is not used inside it."""
        self.busy.append(rule)
        try:
            return self.evaluation.of(rule.right, places, env, at)
        finally:
            self.busy.pop()

    def place(self, index: Index, places: Places) -> int:
        return self.draws.world.place(index, places)

    def placings(self, indices: set[Index]) -> Iterator[Places]:
        """Numbers for the free indices of a rule, different within a range."""
        return (places for places in placings(indices, self.sizes) if not coincide(places))

    def filled(self, symbol: Symbol, places: Places) -> tuple[At, ...]:
        """The places of all components that a symbol stands for."""
        slots = [
            (self.place(slot, places),) if isinstance(slot, Index) else range(self.sizes[slot.range])
            for slot in symbol.slots
        ]
        return tuple(cartesian(*slots))

    # -- values --------------------------------------------------------------------------------------------------

    def value(self, expr: Expr, places: Places, draw: Env = _NO_ENV) -> Scalar:
        """The number of a scalar expression. Raises NotRealisable outside a domain."""
        if expr.type.kind != "scalar":
            raise NotRealisable(f"{expr.type.a} is no number")
        return self.evaluation.of(expr, places, draw)

    def component(self, expr: Expr, at: At, places: Places, draw: Env = _NO_ENV) -> Value:
        """One component of a vector, a column, an array or a vector of operators."""
        return self.evaluation.of(expr, places, draw, at)

    def column(self, expr: Expr, places: Places, env: Env) -> tuple[Value, ...]:
        """All components, one for a scalar."""
        if any(axis not in self.sizes for axis in expr.type.axes):
            raise NotRealisable(f"{expr.type.a} has no components here")
        shape = cartesian(*(range(self.sizes[axis]) for axis in expr.type.axes))
        return tuple(self.evaluation.of(expr, places, env, at) for at in shape)

    def pairs(self, left: Expr, right: Expr, places: Places) -> list[tuple[arb, arb]]:
        """The real numbers of the two sides of a numeric instance, see :class:`derive.finite.comparing.Comparing`."""
        return self.comparing.pairs(left, right, places)

    def values(self) -> dict[str, str]:
        """The sizes and what was drawn, by printed name, as exact strings; and the outcomes that were used."""
        return drawn(self)


def pair(value: Scalar) -> tuple[arb, arb]:
    """The real and the imaginary part of a number of a numeric instance."""
    return Numeric.pair(value)


def needs_instance(scope: Scope, *sides: Expr, rules: tuple[Rule, ...] = ()) -> bool:
    """Whether statements of a scope, these sides or rules speak of something that worlds have no model of.

    Of rules only deltas of values count: those of indices are in worlds as well.
    """
    symbols = scope.symbols.values()
    has_law = any(declared.kind == "density" or declared.law is not None for declared in symbols)
    if any(declared.kind in KINDS or (declared.domain == "binary" and has_law) for declared in symbols):
        return True
    if any(isinstance(node, Dirac | Kronecker) for rule in rules for node in (*walk(rule.left), *walk(rule.right))):
        return True
    names = {node.name for side in sides for node in walk(side) if isinstance(node, Symbol)}
    laws = [d.law for key, d in scope.symbols.items() if d.law is not None and d.kind == "quantity" and key in names]
    if len(set(laws)) < len(laws):
        return True
    operators = (Bra, Commutator, Curl, Dagger, ImaginaryUnit, Ket, StateMean)
    new = (*operators, Applied, Dirac, Kronecker, Partial, Rank, ValueSum)
    return any(isinstance(node, new) for side in sides for node in walk(side))


def sizes_of(scope: Scope, number: int, names: tuple[str, ...] = ()) -> dict[str, int]:
    """All ranges with this size (those named only, the others 1), but for those whose size is a printed number."""
    return {name: range_.size_in(number if not names or name in names else 1) for name, range_ in scope.ranges.items()}


def instances(
    scope: Scope,
    rules: tuple[Rule, ...],
    *,
    seeds: int = 3,
    scale: Mapping[str, Fraction] | None = None,
    least: int = 1,
    families: Kinds = (),
) -> Iterator[Instance]:
    """Numeric instances of growing size, up to 2 or to ``least``, a few draws each, general and special ones.

    With ``families`` they are those in which these operators are of one family.
    """
    has_operators = any(declared.kind in ("state", *OPERATOR_KINDS) for declared in scope.symbols.values())
    cases = [sizes_of(scope, number) for number in range(1, max(2, least) + 1)]
    for sizes in cases if cases[0] != cases[1] else cases[:1]:
        for seed in range(seeds):
            for names in families:
                for family in OPERATOR_FAMILIES if has_operators else ():
                    found = Instance(scope, rules, sizes, seed, dict(scale or {}), special=True, family=family)
                    yield replace(found, of_family=names)
            if families:
                continue
            for special in (False, True) if has_operators else (False,):
                yield Instance(scope, rules, sizes, seed, dict(scale or {}), special=special)
