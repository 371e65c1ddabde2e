"""Scalar kernels at many points: each argument may be an array, and the kernel is a loop over its entries."""

from __future__ import annotations

from dataclasses import replace

from derive.kernels.loops import (
    Array,
    Extents,
    Fill,
    Function,
    Load,
    Loop,
    Negative,
    Node,
    Power,
    Product,
    Program,
    Quotient,
    Sum,
    Weighted,
)

POINTS = "points"


def is_pointwise(program: Program) -> bool:
    """Whether a program is scalars in, scalars out, without loops."""
    return not program.ranges


def at_points(program: Program) -> Program:
    """The program with one more loop around it, over the points at which all arguments are given."""
    loop = Loop("n", POINTS)
    fills = tuple(Fill(fill.symbol, (loop,), _at(fill.body, loop)) for fill in program.fills)
    arguments = tuple(Array(argument.symbol, (POINTS,)) for argument in program.arguments)
    results = tuple(Array(result.symbol, (POINTS,)) for result in program.results)
    return Program(arguments, (Extents(POINTS, "points", ("n",)),), fills, results)


def _at(body: Node, loop: Loop) -> Node:
    memo: dict[Node, Node] = {}

    def visit(node: Node) -> Node:
        if node not in memo:
            memo[node] = build(node)
        return memo[node]

    def build(node: Node) -> Node:
        match node:
            case Load(symbol=symbol):
                return Load(symbol, (loop,))
            case Sum(terms=terms):
                return Sum(tuple(visit(term) for term in terms))
            case Product(factors=factors):
                return Product(tuple(visit(factor) for factor in factors))
            case Negative(term=term) | Function(argument=term):
                return replace(node, **{"term" if isinstance(node, Negative) else "argument": visit(term)})
            case Quotient(top=top, bottom=bottom):
                return Quotient(visit(top), visit(bottom))
            case Power(base=base, exponent=exponent):
                return Power(visit(base), visit(exponent))
            case Weighted(weight=weight, value=value):
                return Weighted(visit(weight), visit(value))
        return node

    return visit(body)
