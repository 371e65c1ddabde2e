"""A program in arranged form, what several terms of a sum have in common taken out in front of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from derive.kernels.arrange import add, arranged_from, mul, order, over, split, substitute
from derive.kernels.loops import Const, Node, Program, Reduce, Sum


def arranged(program: Program) -> Program:
    """A program in arranged form, with common factors of sums taken out."""
    fills = [replace(fill, body=factored(substitute(fill.body, {}))) for fill in program.fills]
    return replace(program, fills=tuple(fills))


def factored(node: Node) -> Node:
    """The same expression with what several terms of a sum have in common in front of it."""
    memo: dict[Node, Node] = {}

    def visit(old: Node) -> Node:
        if old not in memo:
            memo[old] = build(old)
        return memo[old]

    def build(old: Node) -> Node:
        match old:
            case Sum(terms=terms):
                return _common([visit(term) for term in terms])
            case Reduce(operation=operation, loop=loop, body=body):
                return over(operation, loop, visit(body))
        return arranged_from(old, visit)

    return visit(node)


def _common(terms: list[Node]) -> Node:
    """A sum with the factor that most of its terms have taken out, and so on."""
    pieces = [split(term) for term in terms]
    counts = Counter(factor for _, factors in pieces for factor in factors)
    shared = [factor for factor, count in counts.items() if count > 1]
    if not shared:
        return add(*terms)
    chosen = max(shared, key=lambda factor: (counts[factor], order(factor)))
    inside: list[Node] = []
    rest: list[Node] = []
    for coefficient, factors in pieces:
        if chosen in factors:
            inside.append(mul(Const(coefficient), *(factor for factor in factors if factor != chosen)))
        else:
            rest.append(mul(Const(coefficient), *factors))
    together = mul(chosen, _common(inside))
    return _common([*rest, together]) if rest else together
