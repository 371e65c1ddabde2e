"""Values inside one block of a nest: powers as products and roots, and what is used twice computed once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction

from derive.kernels.arrange import HALF, order, split
from derive.kernels.loops import (
    ONE,
    Balanced,
    Const,
    Counted,
    Extent,
    Function,
    Load,
    Named,
    Node,
    Pi,
    Power,
    Product,
    Quotient,
    Reduce,
    children,
    nodes,
    with_parts,
)

LARGEST = 64
"""The largest whole power that is written as products."""


def is_plain(node: Node) -> bool:
    """Whether a value costs nothing: a number, or something that has a name."""
    return isinstance(node, Const | Pi | Extent | Named | Counted) or (isinstance(node, Load) and not node.at)


class Powers:
    """Arranged values as products, quotients and square roots. Powers of one base share a root or reciprocal."""

    def __init__(self, values: Iterable[Node], known: Callable[[Node], Node | None]) -> None:
        self.known = known
        self.roots = {
            one.base
            for value in values
            for one in nodes(value)
            if isinstance(one, Power) and isinstance(one.exponent, Const) and _inverse_root(one.exponent.value)
        }
        self.memo: dict[Node, Node] = {}

    def expanded(self, node: Node) -> Node:
        if node not in self.memo:
            self.memo[node] = self.known(node) or self.build(node)
        return self.memo[node]

    def build(self, node: Node) -> Node:
        match node:
            case Product(factors=factors):
                return _flat([self.expanded(factor) for factor in factors])
            case Power(base=base, exponent=Const(value=exponent)):
                return self.power(self.expanded(base), exponent, base in self.roots)
            case Reduce():
                raise AssertionError("a reduction is computed before the values that use it")
        return with_parts(node, self.expanded)

    def power(self, base: Node, exponent: Fraction, has_root: bool) -> Node:
        root = Function("sqrt", base)
        if exponent.denominator == 1 and abs(exponent) <= LARGEST:
            if exponent > 0:
                return whole_power(base, int(exponent))
            if has_root:
                return whole_power(Quotient(ONE, root), -2 * int(exponent))
            return Quotient(ONE, whole_power(base, -int(exponent)))
        if exponent.denominator == 2 and abs(exponent) <= LARGEST:
            if exponent < 0:
                return whole_power(Quotient(ONE, root), -exponent.numerator)
            return root if exponent == HALF else Product((whole_power(base, int(exponent - HALF)), root))
        return Power(base, Const(exponent))


def _inverse_root(exponent: Fraction) -> bool:
    return exponent.denominator == 2 and exponent < 0


def _flat(factors: list[Node]) -> Node:
    """A product without products at its head; a shared power inside stays one value."""
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def whole_power(base: Node, exponent: int) -> Node:
    """A positive power by squares, each of which is a value that can be shared."""
    if exponent == 1:
        return base
    half = whole_power(base, exponent // 2)
    square = Product((half, half))
    return Product((square, base)) if exponent % 2 else square


def paired(roots: list[Node]) -> list[Node]:
    """The values with factors taken together that several products have in common: q_j / r in those with each v_j."""
    products: dict[Node, list[Node]] = {}
    for root in roots:
        for node in nodes(root):
            if isinstance(node, Product) and len(node.factors) > 2:
                products[node] = list(node.factors)
    while True:
        counts: Counter[tuple[Node, Node]] = Counter()
        for factors in (factors for factors in products.values() if len(factors) > 2):
            single = sorted({factor for factor in factors if not isinstance(factor, Const)}, key=order)
            counts.update(itertools.combinations(single, 2))
        chosen = max(counts, key=lambda pair: (counts[pair], order(pair[0]), order(pair[1])), default=None)
        if chosen is None or counts[chosen] < 2:
            break
        for factors in products.values():
            if len(factors) > 2 and chosen[0] in factors and chosen[1] in factors:
                factors.remove(chosen[0])
                factors.remove(chosen[1])
                factors.append(Product(chosen))
    memo: dict[Node, Node] = {}

    def visit(node: Node) -> Node:
        if node not in memo:
            memo[node] = build(node)
        return memo[node]

    def build(node: Node) -> Node:
        match node:
            case Product(factors=factors):
                return Product(tuple(visit(factor) for factor in products.get(node, factors)))
        return with_parts(node, visit)

    return [visit(root) for root in roots]


def used_twice(roots: list[Node]) -> list[Node]:
    """The values that are worth a name, each after those that it is made of."""
    uses: Counter[Node] = Counter(roots)
    listed: list[Node] = []
    seen: set[Node] = set()

    def visit(node: Node) -> None:
        if node in seen:
            return
        seen.add(node)
        for child in children(node):
            uses[child] += 1 + (isinstance(node, Balanced) and child not in node.logs)
            visit(child)
        listed.append(node)

    for root in roots:
        visit(root)
    return [node for node in listed if uses[node] > 1 and not is_plain(node) and not isinstance(node, Load)]


def finished(node: Node, names: dict[Node, Named]) -> Node:
    """A value with names for what has one, and divided where a reciprocal is used only here."""

    def visit(old: Node) -> Node:
        return names[old] if old in names else build(old)

    def build(old: Node) -> Node:
        if isinstance(old, Product):
            return _divided([visit(factor) for factor in _factors(old, names)])
        return with_parts(old, visit)

    return build(node)


def _factors(node: Product, names: dict[Node, Named]) -> list[Node]:
    found: list[Node] = []
    for factor in node.factors:
        found.extend(_factors(factor, names) if isinstance(factor, Product) and factor not in names else [factor])
    return found


def _divided(factors: list[Node]) -> Node:
    above = [factor for factor in factors if not (isinstance(factor, Quotient) and factor.top == ONE)]
    below = [factor.bottom for factor in factors if isinstance(factor, Quotient) and factor.top == ONE]
    coefficient, rest = split(above[0]) if above else (Fraction(1), ())
    if above and coefficient != 1 and not rest and len(above) > 1 and coefficient.numerator in (1, -1):
        below = [Const(Fraction(coefficient.denominator)), *below] if coefficient.denominator != 1 else below
        above = above[1:] if coefficient > 0 else [Const(Fraction(-1)), *above[1:]]
    top = ONE if not above else above[0] if len(above) == 1 else Product(tuple(above))
    if not below:
        return top
    return Quotient(top, below[0] if len(below) == 1 else Product(tuple(below)))
