"""Loops in an arranged form: products as coefficients times powers, sums without equal terms, bound loops renamed.

Two expressions that differ in the order of their factors, in the sign of a difference under an even power, or in the
names of bound loops get one form, so that a backend computes them once. What a statement groups in parentheses stays
grouped, so that a difference of near numbers is taken first, as it was printed. A factor is never cancelled against
its own inverse: what has no value as printed gets none here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import count
from typing import Literal

from derive.kernels.loops import (
    MINUS,
    ONE,
    ZERO,
    Const,
    Counted,
    Extent,
    Fixed,
    Function,
    Load,
    Loop,
    Named,
    Negative,
    Node,
    Pi,
    Place,
    Power,
    Product,
    Quotient,
    Reduce,
    Same,
    Shifted,
    Sum,
    Weighted,
    fails_where_empty,
    fails_with,
    free,
    is_count,
    loop_of,
    loops_of,
    moved,
    nodes,
    with_parts,
)

HALF, UNIT = Fraction(1, 2), Fraction(1)
"""Where a fraction is this very 1, nothing need be compared, which takes longer than all else."""
Leaf = Callable[[Load], Node]
_RANKS: dict[type, int] = {Const: 0, Pi: 1, Extent: 2, Load: 3, Named: 3}


def order(node: Node) -> tuple[int, str, bytes]:
    """A total order of expressions: numbers, sizes, entries by name, and the rest."""
    inner = node.base if isinstance(node, Power) else node
    name = inner.symbol if isinstance(inner, Load) else ""
    return (_RANKS.get(type(inner), 4), name, node.digest)


def split(node: Node) -> tuple[Fraction, tuple[Node, ...]]:
    """The coefficient and the factors of an arranged expression."""
    if isinstance(node, Const):
        return node.value, ()
    if isinstance(node, Product):
        first = node.factors[0]
        return (first.value, node.factors[1:]) if isinstance(first, Const) else (UNIT, node.factors)
    return UNIT, (node,)


def mul(*factors: Node) -> Node:
    """A product. Powers of one base are taken together, those above the line apart from those below it."""
    coefficient = UNIT
    powers: dict[tuple[Node, bool], Fraction] = {}
    others: list[Node] = []
    todo = list(reversed(factors))
    while todo:
        match todo.pop():
            case Const(value=value):
                coefficient = value if coefficient is UNIT else coefficient * value
            case Product(factors=parts):
                todo.extend(reversed(parts))
            case Negative(term=term):
                coefficient = -coefficient
                todo.append(term)
            case Power(base=base, exponent=Const(value=exponent)):
                key = (base, exponent > 0)
                known = powers.get(key)
                powers[key] = exponent if known is None else known + exponent
            case Power() as other:
                others.append(other)
            case other:
                known = powers.get((other, True))
                powers[other, True] = UNIT if known is None else known + 1
    if coefficient is not UNIT and not coefficient:
        return ZERO
    parts = [
        base if exponent is UNIT or exponent == 1 else Power(base, Const(exponent))
        for (base, _), exponent in powers.items()
    ]
    parts = sorted([*parts, *others], key=order)
    if not parts or (coefficient is not UNIT and coefficient != 1):
        parts.insert(0, Const(coefficient))
    return parts[0] if len(parts) == 1 else Product(tuple(parts))


def power(base: Node, exponent: Node) -> Node:
    """A power; whole powers go into products, and a power of a root is one power."""
    if not isinstance(exponent, Const):
        return Power(base, exponent)
    e = exponent.value
    whole = e.denominator == 1
    if e == 0:
        return ONE
    if e == 1:
        return base
    match base:
        case Const(value=value) if whole and (value or e > 0):
            return Const(value ** int(e))
        case Const(value=1):
            return ONE
        case Product(factors=factors) if whole:
            return mul(*(power(factor, exponent) for factor in factors))
        case Function(name="abs", argument=inner) if whole and e % 2 == 0:
            return power(inner, exponent)
        case Power(base=inner, exponent=Const(value=first)) if whole or 0 < first <= 1:
            return power(inner, Const(first * e))
    return Power(base, exponent)


def add(*terms: Node) -> Node:
    """A sum: equal terms are counted, reductions over one loop are one reduction, and the first term has a plus."""
    counted: dict[tuple[Node, ...], Fraction] = {}
    for term in terms:
        coefficient, factors = split(term)
        known = counted.get(factors)
        counted[factors] = coefficient if known is None else known + coefficient
    found = [(factors, coefficient) for factors, coefficient in counted.items() if coefficient]
    merged = _merged([_scaled(coefficient, factors) for factors, coefficient in found])
    if not merged:
        return ZERO
    if len(merged) == 1:
        return merged[0]
    merged.sort(key=lambda term: order(_scaled(UNIT, split(term)[1])))
    if split(merged[0])[0] < 0:
        return mul(MINUS, Sum(tuple(mul(MINUS, term) for term in merged)))
    return Sum(tuple(merged))


def _scaled(coefficient: Fraction, factors: tuple[Node, ...]) -> Node:
    """The term of which :func:`split` says this coefficient and these factors."""
    parts = factors if factors and (coefficient is UNIT or coefficient == 1) else (Const(coefficient), *factors)
    return parts[0] if len(parts) == 1 else Product(parts)


def _merged(terms: list[Node]) -> list[Node]:
    """Sums over one loop, with what multiplies them, taken into one sum; those over components stay dot products."""
    groups: dict[tuple[str, tuple[Place, ...], tuple[Node, ...]], list[tuple[Node, Reduce]]] = {}
    rest: list[Node] = []
    for term in terms:
        coefficient, factors = split(term)
        sums = [f for f in factors if isinstance(f, Reduce) and f.operation == "sum" and not f.loop.small]
        if len(sums) != 1:
            rest.append(term)
            continue
        others = [factor for factor in factors if factor is not sums[0]]
        key = (sums[0].loop.range, sums[0].loop.excluded, sums[0].loop.limits)
        groups.setdefault(key, []).append((mul(Const(coefficient), *others), sums[0]))
    for (range_, excluded, limits), found in groups.items():
        if len(found) == 1:
            rest.append(mul(*found[0]))
            continue
        taken = {other.name for outer, one in found for other in (*free(outer), *free(one))}
        name = next(name for number in count(1) if (name := "~" * number) not in taken)
        loop = Loop(name, range_, excluded, limits=limits)
        bodies = [mul(outer, substitute(one.body, {one.loop: loop})) for outer, one in found]
        rest.append(over("sum", loop, add(*bodies)))
    return rest


def call(name: str, argument: Node) -> Node:
    """A function of an arranged value: a root as a power, and a modulus without the sign of what is in it."""
    if name == "sqrt":
        return power(argument, Const(HALF))
    if name == "abs":
        coefficient, factors = split(argument)
        return mul(Const(abs(coefficient)), Function(name, mul(*factors))) if factors else Const(abs(coefficient))
    return Function(name, argument)


def weighted(weight: Node, value: Node) -> Node:
    """A value times its weight. Where that is a number of terms, what has a value without any goes in front."""
    if value == ZERO:
        return ZERO
    sizes = {one for one in nodes(weight) if isinstance(one, Extent)}
    if not sizes or not is_count(weight):
        return Weighted(weight, value)
    coefficient, factors = split(value)
    kept = [factor for factor in factors if fails_with(factor, sizes)]
    front = (Const(coefficient), *(factor for factor in factors if factor not in kept))
    return mul(*front, Weighted(weight, mul(*kept)) if kept else weight)


def apart(one: Place, other: Place) -> bool:
    """Whether two indices are known to have different values."""
    if isinstance(one, Fixed) and isinstance(other, Fixed):
        return one != other
    return (isinstance(one, Loop) and other in one.excluded) or (isinstance(other, Loop) and one in other.excluded)


def same(left: Place, right: Place) -> Node:
    if left == right:
        return ONE
    if apart(left, right):
        return ZERO
    first, second = sorted((left, right), key=lambda place: str(loop_of(place) or place))
    if isinstance(first, Shifted):
        first, second = first.loop, moved(second, -first.by)
    return Same(first, second)


def over(operation: Literal["sum", "product"], loop: Loop, body: Node) -> Node:
    """A reduction: what does not depend on the loop goes out, an identity matrix picks a term, the rest is renamed.

    A product with a sum of which some terms are picked is multiplied out: a matrix of Kronecker deltas is a stencil.
    """
    if loop not in free(body) and not loop.limits:
        count: Node = Extent(loop.range)
        if loop.excluded:
            count = add(count, Const(Fraction(-len(loop.excluded))))
        if operation == "product":
            return power(body, count)
        return weighted(count, body) if fails_where_empty(body, loop) else mul(count, body)
    if operation == "sum":
        coefficient, factors = split(body)
        for factor in factors:
            other = _picked(factor, loop)
            if other is not None:
                return substitute(mul(Const(coefficient), *(f for f in factors if f is not factor)), {loop: other})
        for factor in factors:
            if isinstance(factor, Sum) and any(_picks(term, loop) for term in factor.terms):
                rest = [Const(coefficient), *(other for other in factors if other is not factor)]
                return add(*(over("sum", loop, mul(term, *rest)) for term in factor.terms))
        outside = [one for one in factors if loop not in free(one) and not fails_where_empty(one, loop)]
        if outside or coefficient != 1:
            inside = mul(*(factor for factor in factors if factor not in outside))
            return mul(Const(coefficient), *outside, over("sum", loop, inside))
    height = 1 + max((_height(node) for node in nodes(body) if isinstance(node, Reduce)), default=0)
    around = {other.name for other in free(body) - {loop}}
    while f"{loop.range}:{height}" in around:
        height += 1
    renamed = replace(loop, name=f"{loop.range}:{height}", excluded=tuple(sorted(loop.excluded, key=str)))
    inner = substitute(body, {loop: renamed})
    coefficient, factors = split(inner)
    if operation == "sum" and coefficient != 1:
        return mul(Const(coefficient), Reduce(operation, renamed, mul(*factors)))
    return Reduce(operation, renamed, inner)


def _picks(term: Node, loop: Loop) -> bool:
    """Whether an entry of the identity matrix in a term sets a loop to one of its values."""
    for factor in split(term)[1]:
        if isinstance(factor, Sum) and any(_picks(inner, loop) for inner in factor.terms):
            return True
        if _picked(factor, loop) is not None:
            return True
    return False


def _height(node: Reduce) -> int:
    _, mark, number = node.loop.name.rpartition(":")
    return int(number) if mark else 0


def _picked(factor: Node, loop: Loop) -> Place | None:
    """The index that an entry of the identity matrix sets the loop to, where that is none that the loop leaves out."""
    if not isinstance(factor, Same) or loop not in loops_of((factor.left, factor.right)):
        return None
    own, other = (factor.left, factor.right) if loop_of(factor.left) == loop else (factor.right, factor.left)
    if loop_of(other) == loop:
        return None
    if isinstance(own, Shifted):
        other = moved(other, -own.by)
    return other if all(apart(other, taken) for taken in loop.excluded) else None


def substitute(node: Node, places: Mapping[Loop, Place], leaf: Leaf | None = None) -> Node:
    """The arranged form of a node, other indices in the place of some; ``leaf`` says what stands for an entry."""
    memo: dict[Node, Node] = {}

    def place(old: Place) -> Place:
        if isinstance(old, Fixed):
            return old
        if isinstance(old, Shifted):
            return moved(place(old.loop), old.by)
        if old in places:
            return places[old]
        if not old.excluded or not any(isinstance(x, Loop) for x in old.excluded):
            return old
        return replace(old, excluded=tuple(place(other) for other in old.excluded))

    def visit(old: Node) -> Node:
        if old not in memo:
            memo[old] = build(old)
        return memo[old]

    def build(old: Node) -> Node:
        match old:
            case Load(symbol=symbol, at=at):
                there = Load(symbol, tuple(place(other) for other in at))
                return leaf(there) if leaf is not None else there
            case Same(left=left, right=right):
                return same(place(left), place(right))
            case Counted(loop=loop):
                there = place(loop)
                assert isinstance(there, Loop), "a loop between limits has no places"
                return Counted(there)
            case Reduce(operation=operation, loop=loop, body=body):
                excluded, limits = tuple(map(place, loop.excluded)), tuple(map(visit, loop.limits))
                own = replace(loop, excluded=excluded, limits=limits)
                if own == loop and loop not in places:
                    return over(operation, loop, visit(body))
                return over(operation, own, substitute(body, {**places, loop: own}, leaf))
        return arranged_from(old, visit)

    return visit(node)


def arranged_from(node: Node, change: Callable[[Node], Node]) -> Node:
    """The arranged form of a value whose parts are changed into arranged ones; one without parts as it is."""
    match node:
        case Sum(terms=terms):
            return add(*map(change, terms))
        case Negative(term=term):
            return mul(MINUS, change(term))
        case Product(factors=factors):
            return mul(*map(change, factors))
        case Quotient(top=top, bottom=bottom):
            return mul(change(top), power(change(bottom), MINUS))
        case Power(base=base, exponent=exponent):
            return power(change(base), change(exponent))
        case Function(name=name, argument=argument):
            return call(name, change(argument))
        case Weighted(weight=weight, value=value):
            return weighted(change(weight), change(value))
    return with_parts(node, change)
