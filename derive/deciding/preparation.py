"""What is done to a problem before or after the tiers: hypotheses, real and imaginary parts, nodes without values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from derive.deciding.domain import Problem

_COMPLEX_PARTS = (sp.re, sp.im, sp.conjugate, sp.Abs, sp.arg, sp.sign)
_NO_VALUE = (sp.Derivative, sp.Integral, sp.Limit, sp.Subs)
_MAX_SPLIT_OPS = 400


def hypotheses(problem: Problem) -> tuple[str, ...]:
    """Where both sides are defined: non-zero denominators, and the arguments of logarithms and roots."""
    found: set[str] = set()
    for expr in (problem.lhs, problem.rhs):
        for node in sp.preorder_traversal(expr):
            if isinstance(node, sp.Pow):
                _of_power(node, found)
            elif isinstance(node, sp.log):
                found.add(_argument(node.args[0]))
            elif isinstance(node, (sp.tan, sp.sec)):
                found.add(f"{sp.cos(node.args[0])} ≠ 0")
            elif isinstance(node, (sp.cot, sp.csc)):
                found.add(f"{sp.sin(node.args[0])} ≠ 0")
    return tuple(sorted(found - {""}))


def _of_power(node: sp.Pow, found: set[str]) -> None:
    base, exponent = node.args
    if not base.free_symbols:
        return
    if exponent.is_Integer:
        if exponent.is_negative and not base.is_nonzero:
            found.add(f"{base} ≠ 0")
    elif exponent.is_Rational and exponent.is_positive:
        if base.is_nonnegative:
            found.add(f"{base} ≥ 0" if not base.is_positive else f"{base} > 0")
    elif base is not sp.E:
        found.add(_argument(base))


def _argument(base: sp.Expr) -> str:
    if not base.free_symbols:
        return ""
    return f"{base} > 0" if base.is_positive else f"{base} ≠ 0"


def split_complex(problem: Problem, difference: Any) -> tuple[Problem, sp.Expr]:
    """Write each complex symbol as x + i y where conjugates, moduli, real or imaginary parts are taken."""
    if not difference.has(*_COMPLEX_PARTS):
        return problem, difference
    parts = {}
    for symbol in problem.symbols:
        if symbol.is_real:
            continue
        imaginary = sp.I * sp.Symbol(f"im({symbol.name})", real=True)
        parts[symbol] = imaginary if symbol.is_imaginary else sp.Symbol(f"re({symbol.name})", real=True) + imaginary
    difference = difference.xreplace(parts)
    if sp.count_ops(difference) <= _MAX_SPLIT_OPS:
        difference = difference.replace(lambda e: isinstance(e, _COMPLEX_PARTS), _resolve)
    symbols = {s for s in problem.symbols if s not in parts} | {s for e in parts.values() for s in e.free_symbols}
    posed = replace(
        problem,
        lhs=difference,
        rhs=sp.Integer(0),
        conditions=tuple(c.xreplace(parts) for c in problem.conditions),
        solved=tuple((s, v.xreplace(parts)) for s, v in problem.solved if s not in parts),
        symbols=tuple(sorted(symbols, key=lambda s: s.name)),
    )
    return posed, difference


def _resolve(node: Any) -> sp.Expr:
    argument = node.args[0]
    if argument.is_real or isinstance(node, (sp.arg, sp.sign)) or argument.has(AppliedUndef, sp.Indexed, *_NO_VALUE):
        return node
    re, im = argument.as_real_imag()
    if re.has(sp.re, sp.im) or im.has(sp.re, sp.im):
        return node
    if isinstance(node, sp.re):
        return re
    if isinstance(node, sp.im):
        return im
    return re - sp.I * im if isinstance(node, sp.conjugate) else sp.sqrt(re**2 + im**2)


def without_values(problem: Problem) -> tuple[Problem, tuple[str, ...]]:
    """Free symbols for what cannot be evaluated (integrals, derivatives of unknown functions), and its spelling.

    An identity that holds whatever their values are can be examined so; a witness cannot.
    """
    nodes: set[sp.Basic] = set()
    for expr in (problem.lhs, problem.rhs):
        walk = sp.preorder_traversal(expr)
        for node in walk:
            if isinstance(node, (*_NO_VALUE, AppliedUndef)) or (
                isinstance(node, (sp.Sum, sp.Product)) and node.has(sp.Indexed, sp.oo)
            ):
                nodes.add(node)
                walk.skip()
    # What differs in the names of bound variables alone has one value.
    first: dict[sp.Basic, sp.Basic] = {}
    for node in sorted(nodes, key=sp.default_sort_key):
        first.setdefault(node.as_dummy(), node)
    named = {node: sp.Symbol(f"value of {first[node.as_dummy()]}", real=node.is_real) for node in nodes}
    if not named:
        return problem, ()
    posed = replace(problem, lhs=problem.lhs.xreplace(named), rhs=problem.rhs.xreplace(named))
    free = set(posed.lhs.free_symbols | posed.rhs.free_symbols | set(problem.symbols))
    symbols = tuple(sorted((s for s in free if isinstance(s, sp.Symbol)), key=lambda s: s.name))
    return replace(posed, symbols=symbols), tuple(sorted(map(str, first.values())))
