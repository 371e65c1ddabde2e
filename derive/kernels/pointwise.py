"""Scalar kernels at many points: each argument may be an array, and the kernel is a loop over its entries."""

from __future__ import annotations

from dataclasses import replace

from derive.kernels.arrange import substitute
from derive.kernels.loops import Array, Extents, Fill, Load, Loop, Node, Program, Reduce, with_parts

POINTS = "points"


def is_pointwise(program: Program) -> bool:
    """Whether a program is scalars in, scalars out, without loops over ranges."""
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
            case Reduce(operation=operation, loop=inner, body=body):
                own = replace(inner, limits=tuple(map(visit, inner.limits)))
                return Reduce(operation, own, visit(substitute(body, {inner: own})))
        return with_parts(node, visit)

    return visit(body)
