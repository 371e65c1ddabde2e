"""Values of whole expressions at a point, in exact rationals and balls, and truth values of conditions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import acb, arb, fmpq
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from derive.deciding.infinite_products import product_value
from derive.deciding.integral_values import integrate
from derive.deciding.rectangles import separated
from derive.deciding.series_values import infinite_sum, numbers
from derive.deciding.special import hypergeometric
from derive.deciding.values import (
    CONSTANTS,
    MAX_BITS,
    Value,
    analytic_only,
    distinct,
    function,
    is_analytic_only,
    power,
    precision,
    real,
)

Table = Callable[[str, tuple[fmpq, ...], sp.Basic], Value]
MAX_TERMS = 400
INTEGRAL_BITS = 192
MAX_INSIDE = 300  # places at which an integral inside another one is enclosed


@dataclass(frozen=True)
class Program:
    """An expression as a straight line of nodes, each after its arguments; equal subexpressions stand once."""

    nodes: tuple[sp.Basic, ...]
    arguments: tuple[tuple[int, ...], ...]
    outputs: tuple[int, ...]
    bodies: Mapping[int, Program]


def compile_program(*exprs: sp.Basic) -> Program:
    """The program that evaluates several expressions at once."""
    index: dict[sp.Basic, int] = {}
    arguments: list[tuple[int, ...]] = []
    bodies: dict[int, Program] = {}
    stack: list[tuple[sp.Basic, bool]] = [(expr, False) for expr in reversed(exprs)]
    while stack:
        node, ready = stack.pop()
        if node in index:
            continue
        children = _children(node)
        if not ready:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(children))
            continue
        index[node] = len(arguments)
        arguments.append(tuple(index[child] for child in children))
        if isinstance(node, (sp.Sum, sp.Product, sp.Integral)):
            bodies[index[node]] = compile_program(_peel(node))
    return Program(tuple(index), tuple(arguments), tuple(index[expr] for expr in exprs), bodies)


def _children(node: sp.Basic) -> tuple[sp.Basic, ...]:
    if isinstance(node, (sp.Sum, sp.Product)):
        return tuple(node.limits[-1][1:]) if len(node.limits[-1]) == 3 else ()
    if isinstance(node, sp.hyper):
        return (*node.ap, *node.bq, node.argument)
    if isinstance(node, (sp.Derivative, sp.Integral, sp.Limit, sp.Subs, sp.Set)):
        return ()
    if isinstance(node, sp.Contains):
        return (node.args[0],)
    if isinstance(node, sp.Indexed):
        return tuple(node.indices)
    if isinstance(node, sp.Piecewise):
        return tuple(part for branch in node.args for part in branch.args)
    return node.args


def _peel(node: Any) -> Any:
    """The body of the outermost sum."""
    inner = node.limits[:-1]
    return node.func(node.function, *inner) if inner else node.function


def run(program: Program, point: Mapping[sp.Basic, Value], table: Table | None = None) -> list[Value]:
    """The values of the outputs, at the current precision."""
    values: list[Value] = []
    for position, (node, places) in enumerate(zip(program.nodes, program.arguments, strict=True)):
        args = [values[place] for place in places]
        if isinstance(node, sp.Integral):
            values.append(_settle(_integral(node, program.bodies[position], point, table)))
        elif isinstance(node, sp.Sum) and node.limits[-1][-1] == sp.oo:
            values.append(_settle(_series(node, point, table)))
        elif isinstance(node, sp.Product) and node.limits[-1][-1] == sp.oo:
            values.append(_settle(_infinite_product(node, point, table)))
        elif isinstance(node, (sp.Sum, sp.Product)):
            values.append(_repeat(node, program.bodies[position], args, point, table))
        else:
            values.append(_settle(_apply(node, args, point, table)))
    return [values[place] for place in program.outputs]


def _settle(value: Value) -> Value:
    if isinstance(value, acb) and not value.is_finite():
        return None
    if isinstance(value, fmpq) and value.height_bits() > MAX_BITS:
        return acb(value)
    return value


def _apply(node: sp.Basic, args: list[Value], point: Mapping[sp.Basic, Value], table: Table | None) -> Value:
    if isinstance(node, sp.Rational):
        return fmpq(int(node.p), int(node.q))
    if isinstance(node, sp.Symbol):
        return point.get(node)
    if isinstance(node, (sp.Indexed, AppliedUndef)):
        head = str(node.base) if isinstance(node, sp.Indexed) else node.func.__name__
        return table(head, tuple(args), node) if table and all(isinstance(a, fmpq) for a in args) else None
    if node in CONSTANTS:
        return CONSTANTS[node]()
    if node is sp.true or node is sp.false:
        return node is sp.true
    if isinstance(node, sp.Piecewise):
        return _piecewise(args)
    if isinstance(node, (sp.And, sp.Or, sp.Not)):
        return _connective(node, args)
    if any(arg is None for arg in args):
        return None
    if isinstance(node, sp.hyper):
        count = len(node.ap)
        return hypergeometric(args[:count], args[count:-1], args[-1])
    if isinstance(node, sp.Add):
        return sum(args[1:], args[0])
    if isinstance(node, sp.Mul):
        return math.prod(args[1:], start=args[0])
    if isinstance(node, sp.Pow):
        return power(args[0], args[1])
    if isinstance(node, Relational):
        return _relation(node, *args)
    if isinstance(node, sp.Contains):
        return _contains(args[0], node.args[1])
    return function(node.func, args)


def _piecewise(args: list[Value]) -> Value:
    """The first branch whose condition holds; no value if an earlier condition is undecided."""
    for value, condition in zip(args[::2], args[1::2], strict=True):
        if condition is not False:
            return value if condition is True else None
    return None


def _repeat(
    node: sp.Sum | sp.Product, body: Program, args: list[Value], point: Mapping[sp.Basic, Value], table: Table | None
) -> Value:
    """A sum or product between limits that are integers at this point (empty if the upper one is below the lower)."""
    if len(args) != 2 or not all(isinstance(a, fmpq) and a.q == 1 for a in args):
        return None
    low, high = int(args[0].p), int(args[1].p)
    # SymPy gives sums with high < low - 1 the sign of Karr's convention: leave those out.
    if not low - 1 <= high <= low + MAX_TERMS:
        return None
    index = node.limits[-1][0]
    total: Value = fmpq(0) if isinstance(node, sp.Sum) else fmpq(1)
    for k in range(low, high + 1):
        (term,) = run(body, {**point, index: fmpq(k)}, table)
        if term is None:
            return None
        total = _settle(total + term if isinstance(node, sp.Sum) else total * term)
    return total


def _evaluator(point: Mapping[sp.Basic, Value], table: Table | None) -> Callable[..., Value]:
    """The values of further expressions at the same point, or with other symbols besides."""
    return lambda expr, more=None: run(compile_program(sp.sympify(expr)), {**point, **(more or {})}, table)[0]


def _series(node: Any, point: Mapping[sp.Basic, Value], table: Table | None) -> Value:
    """A series, at exact values of its parameters."""
    index, low, _ = node.limits[-1]
    body = _peel(node)
    exact = numbers({s: v for s, v in point.items() if s in node.free_symbols})
    if exact is None or body.has(sp.Sum, sp.Product, sp.Integral, sp.Indexed, AppliedUndef):
        return None
    low = low.xreplace(exact)
    if not low.is_Integer:
        return None
    try:
        return infinite_sum(body.xreplace(exact), index, int(low), _evaluator(point, table))
    except (ArithmeticError, ValueError, TypeError, NotImplementedError, sp.PolynomialError):
        return None


def _infinite_product(node: Any, point: Mapping[sp.Basic, Value], table: Table | None) -> Value:
    """A product to infinity, at exact values of its parameters."""
    index, low, _ = node.limits[-1]
    exact = numbers({s: v for s, v in point.items() if s in node.free_symbols})
    if exact is None or len(node.limits) > 1 or not low.is_Integer or node.function.has(AppliedUndef, sp.Indexed):
        return None
    try:
        return product_value(node.function.xreplace(exact), index, int(low), _evaluator(point, table))
    except (ArithmeticError, ValueError, TypeError, NotImplementedError, sp.PolynomialError):
        return None


def _integral(node: Any, body: Program, point: Mapping[sp.Basic, Value], table: Table | None) -> Value:
    """A definite integral between constant limits."""
    if len(node.limits[-1]) != 3:
        return None
    x, low, high = node.limits[-1]
    exact = numbers({s: v for s, v in point.items() if s in node.free_symbols})
    if exact is None:
        return _between_balls(node, body, point, table)

    apart = separated(node.xreplace(exact))
    if apart is not None:
        return _evaluator(point, table)(apart)

    inside, asked = _peel(node).has(sp.Integral), 0

    def at(z: Any, analytic: bool) -> Value:
        nonlocal asked
        asked += 1
        if inside and asked > MAX_INSIDE:
            return None
        with analytic_only(analytic):
            return run(body, {**point, x: z}, table)[0]

    with precision(INTEGRAL_BITS):
        inner = _peel(node).xreplace(exact)
        evaluate = _evaluator(point, table)
        try:
            return integrate(inner, x, low.xreplace(exact), high.xreplace(exact), at, evaluate)
        except (ArithmeticError, ValueError, TypeError, NotImplementedError, sp.PolynomialError):
            return None


def _between_balls(node: Any, body: Program, point: Mapping[sp.Basic, Value], table: Table | None) -> Value:
    """An integral inside another one, at a ball of the outer variable: over y = low + (high - low) s, 0 < s < 1."""
    x, low, high = node.limits[-1]
    if low.has(sp.oo) or high.has(sp.oo):
        return None
    start, end = run(compile_program(low, high), point, table)
    if start is None or end is None:
        return None
    length, outer = acb(end) - acb(start), is_analytic_only()

    def at(s: Any, analytic: bool) -> Any:
        with analytic_only(analytic or outer):
            (value,) = run(body, {**point, x: acb(start) + length * s}, table)
        return acb("nan") if value is None else acb(value)

    value = acb.integral(at, acb(0), acb(1), rel_tol=arb(2) ** -40, abs_tol=arb(2) ** -50, eval_limit=400)
    return value * length if value.is_finite() else None


def _relation(node: Relational, left: Value, right: Value) -> Value:
    apart = distinct(left, right)
    if isinstance(node, sp.Equality):
        return None if apart is None else not apart
    if isinstance(node, sp.Unequality):
        return apart
    a, b = real(left), real(right)
    if a is None or b is None:
        return None
    if apart is None:
        return None
    above = a > b
    if apart is False:
        return isinstance(node, (sp.GreaterThan, sp.LessThan))
    return bool(above) if isinstance(node, (sp.StrictGreaterThan, sp.GreaterThan)) else not above


def _connective(node: sp.Basic, args: list[Value]) -> Value:
    if isinstance(node, sp.Not):
        return None if args[0] is None else not args[0]
    decisive = isinstance(node, sp.Or)
    if any(arg is decisive for arg in args):
        return decisive
    return None if any(arg is None for arg in args) else not decisive


def _contains(value: Value, members: Any) -> Value:
    if not isinstance(value, fmpq):
        return None
    answer = members.contains(sp.Rational(int(value.p), int(value.q)))
    return True if answer is sp.true else False if answer is sp.false else None
