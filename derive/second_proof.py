r"""A second proof of an equality, at one small size and with symbols in the place of all that is drawn.

Random quantities have two values each, with symbolic probabilities; sums over them are written out. It holds for all
laws on such alphabets, and proves nothing about larger sizes or continua: it stands beside the proof by normal form,
from which it shares nothing but the tree, and can catch it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product as cartesian

from flint import ctx

from derive.algebra.rules import Rule
from derive.deciding.errors import NotReducible
from derive.deciding.factors import NeedsOrder
from derive.domains import NotRealisable
from derive.expression import Expr, Index, free_indices
from derive.finite.building import Impossible
from derive.finite.rings import Symbolic
from derive.instance import Instance, sizes_of
from derive.model import BITS
from derive.notation import Scope
from derive.worlds.places import coincide, placings

REBUILDS = 6
"""How often everything is computed again because a root needs a finer exponent."""
MAX_SIGNS = 5
SEEDS = 4

Signs = dict[tuple[str, tuple[int, ...]], Fraction]
Apart = tuple[tuple[Index, Index], ...]


def symbolically_equal(
    left: Expr, right: Expr, scope: Scope, rules: tuple[Rule, ...], apart: Apart = ()
) -> bool | None:
    """Whether two sides are equal on small finite alphabets, for all probabilities and all other drawn numbers.

    The ranges of binary variables have two values and the others one, then the other way round. True and False hold for
    these sizes; False has a numeric instance in which the sides differ. None where there is no symbolic instance, or
    where two numbers are not known to be equal and no numeric instance tells them apart.
    """
    binary = tuple({slot for d in scope.symbols.values() if d.domain == "binary" for slot in d.slots})
    others = tuple(name for name in scope.ranges if name not in binary)
    cases = [sizes_of(scope, 2, names) for names in (binary, others) if names] or [sizes_of(scope, 1)]
    found: bool | None = None
    for sizes in cases:
        if next(placings(free_indices(left) | free_indices(right), sizes, apart), None) is not None:
            found = _equal_at(left, right, scope, rules, apart, sizes)
            if not found:
                return found
    return found


def _equal_at(
    left: Expr, right: Expr, scope: Scope, rules: tuple[Rule, ...], apart: Apart, sizes: Mapping[str, int]
) -> bool | None:
    """The proof at one size; first in general, then where operators and states are normalised."""
    for special in (False, True):
        try:
            differ = _difference_at(left, right, scope, rules, apart, sizes, special=special)
        except (NotRealisable, NotReducible):
            continue
        if differ is None:
            return True
        refuted = _refuted_at(left, right, scope, rules, apart, sizes, differ, special=special)
        return False if refuted else None
    return None


def _difference_at(
    left: Expr,
    right: Expr,
    scope: Scope,
    rules: tuple[Rule, ...],
    apart: Apart,
    sizes: Mapping[str, int],
    *,
    special: bool,
) -> Signs | None:
    """The signs with which the sides are not the same function of all that is drawn; None if there are none."""
    orders: dict[str, int] = {}
    todo: list[Signs] = [{}]
    for _ in range(REBUILDS):
        try:
            while todo:
                instance = Instance(scope, rules, sizes, base=dict(todo[-1]), ring=Symbolic(orders), special=special)
                if not agrees(instance, left, right, apart):
                    return todo[-1]
                signs = todo.pop()
                new = sorted(key for key in instance.base if _is_sign(key[0], scope) and key not in signs)
                if len(signs) + len(new) > MAX_SIGNS:
                    raise NotRealisable("there are too many signs to try all")
                choices = cartesian((Fraction(1), Fraction(-1)), repeat=len(new)) if new else ()
                todo += [{**signs, **dict(zip(new, choice, strict=True))} for choice in choices]
            return None
        except NeedsOrder as need:
            orders[need.label] = orders.get(need.label, 1) * need.order
    raise NotReducible("the orders of the roots do not settle")


def _is_sign(name: str, scope: Scope) -> bool:
    declared = scope.symbols.get(name)
    return declared is not None and declared.domain == "binary"


def _refuted_at(
    left: Expr,
    right: Expr,
    scope: Scope,
    rules: tuple[Rule, ...],
    apart: Apart,
    sizes: Mapping[str, int],
    signs: Signs,
    *,
    special: bool,
) -> bool:
    """Whether the sides differ in a numeric instance of this size, with these signs."""
    with ctx.workprec(BITS):
        for seed in range(SEEDS):
            try:
                model = Instance(scope, rules, sizes, seed, base=dict(signs), special=special)
                if not agrees(model, left, right, apart):
                    return True
            except NotRealisable:
                continue
    return False


def agrees(instance: Instance, left: Expr, right: Expr, apart: Apart = ()) -> bool:
    """Whether two sides are equal at all places and for all outcomes of what nothing binds.

    Raises NotRealisable where they have no value, but for indices that coincide, or nothing to compare.
    """
    outcomes = instance.comparing.outcomes(left, right)
    compared = False
    for places in placings(free_indices(left) | free_indices(right), instance.sizes, apart):
        for outcome in outcomes:
            instance.point = outcome
            try:
                found = instance.comparing.differences(left, right, places)
            except Impossible:
                continue
            except NotRealisable:
                if coincide(places):
                    continue
                raise
            compared = True
            if not all(instance.ring.equal(a, b) for a, b in found):
                return False
    if not compared:
        raise NotRealisable("there is nothing to compare")
    return True
