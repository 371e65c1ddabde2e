"""A domain in pieces, each with a proof of its own: signs of a symbol, alternatives, pieces of a set, branches.

The pieces cover the domain. On one of them a modulus is a number or its negative, a condition of a piecewise
definition is true or false, an argument keeps off a branch cut. A piece on which a side has no value says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem, pose
from derive.deciding.errors import NoPoint, NoValue
from derive.deciding.rules.recurrences import DEGREES

Prove = Callable[[Problem], Certificate | None]
MAX_OPS = 120
MAX_BRANCHES = 6
_BINDERS = (sp.Sum, sp.Product, sp.Integral, sp.Limit, sp.Derivative)
_AT_ZERO = (sp.Abs, sp.sign, sp.arg, sp.atan2, sp.acot, sp.atan, sp.asin, sp.acos, sp.asinh, sp.acosh, sp.log, sp.Max,
            sp.Min)  # fmt: skip
_OF_INTEGERS = (sp.binomial, sp.factorial, sp.RisingFactorial, sp.FallingFactorial, sp.Abs, sp.sign, sp.Max, sp.Min)
_AS_PIECES = (sp.Heaviside, sp.KroneckerDelta, sp.sinc)


def by_casework(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof on each piece of the domain."""
    for how in ("pieces", *(s.name for s in problem.symbols)):
        pieces = divided(problem, how)
        if pieces is None:
            continue
        parts = []
        for _, piece in pieces:
            part = prove(piece)
            if part is None:
                break
            parts.append(part)
        else:
            said = ", ".join(words for words, _ in pieces)
            return Certificate("casework", problem, (("said", said), ("how", how)), tuple(parts))
        if how == "pieces":
            return None
    return None


def divided(problem: Problem, how: str) -> list[tuple[str, Problem]] | None:
    """The pieces of the domain in words, by alternatives and branches or by a symbol; None if there are none."""
    difference = problem.lhs - problem.rhs
    if problem.solved or sp.count_ops(difference) > MAX_OPS or (how != "pieces" and difference.has(*_BINDERS)):
        return None
    found = _alternatives(problem) if how == "pieces" else _signs(problem, difference, how)
    if found is None:
        return None
    pieces = []
    for words, lhs, kinds, conditions in found:
        try:
            piece = pose(lhs, 0, kinds, conditions)
        except (NoPoint, NoValue):
            continue
        # A symbol with a number for its value has been put in and says no more.
        solved = tuple((s, value) for s, value in piece.solved if value.free_symbols)
        infinite = piece.lhs.has(sp.oo, -sp.oo) and not piece.lhs.has(*_BINDERS)
        if not infinite and not piece.lhs.has(sp.nan, sp.zoo, sp.AccumBounds):
            pieces.append((words, restated(replace(piece, solved=solved), piece.lhs)))
    return pieces


Found = list[tuple[str, Any, dict[Any, Any], tuple[Any, ...]]]


def _alternatives(problem: Problem) -> Found | None:
    """By an assumed alternative, by the elements or pieces of a set, or by the branches of a piecewise definition."""
    difference = problem.lhs - problem.rhs
    for condition in problem.conditions:
        rest = tuple(c for c in problem.conditions if c is not condition)
        if isinstance(condition, sp.Or):
            return [(str(part), difference, {}, (*rest, part)) for part in condition.args]
        if isinstance(condition, sp.Contains) and condition.args[0].is_Symbol:
            s, members = cast("tuple[Any, Any]", condition.args)
            if isinstance(members, sp.FiniteSet):
                pairs = [(v, {s: v}) for v in sorted(members.args, key=sp.default_sort_key)]
                return [(f"{s} = {v}", difference.subs(by), {}, _at(rest, by)) for v, by in pairs if _may_be(s, v)]
            if isinstance(members, sp.Union):
                return [
                    (f"{s} in {part}", difference, {}, (*rest, sp.Contains(s, part, evaluate=False)))
                    for part in members.args
                ]
    pieces = difference
    for kind in _AS_PIECES:
        pieces = _as_pieces(pieces, kind)
    pieces = pieces.replace(lambda e: isinstance(e, sp.Pow) and e.base == 0 and e.exp.is_nonnegative, _zero_power)
    nodes = [n for n in pieces.atoms(sp.Piecewise) if not any(a.has(sp.Piecewise) for a in n.args)]
    nodes = [n for n in nodes if n.free_symbols <= set(problem.symbols)]  # of a variable that is bound nothing is known
    if not nodes:
        return None
    node = min(nodes, key=sp.default_sort_key)
    if len(node.args) > MAX_BRANCHES:
        return None
    cases: Found = []
    earlier: tuple[Any, ...] = ()
    for value, condition in cast("tuple[tuple[Any, Any], ...]", node.args):
        here = (*problem.conditions, *earlier, condition)
        cases.append((str(condition), pieces.xreplace({node: value}), {}, here))
        earlier = (*earlier, sp.Not(condition))
    return cases  # where no condition holds it has no value


def _zero_power(node: Any) -> Any:
    return sp.Piecewise((1, sp.Eq(node.exp, 0)), (0, True))


def _as_pieces(expr: Any, kind: Any) -> Any:
    return expr.replace(kind, lambda *args: _piecewise(kind, args))


def _piecewise(kind: Any, args: tuple[Any, ...]) -> Any:
    first = args[0]
    if kind is sp.sinc:
        return sp.Piecewise((1, sp.Eq(first, 0)), (sp.sin(first) / first, True))
    if kind is sp.KroneckerDelta:
        return sp.Piecewise((1, sp.Eq(first, args[1])), (0, True))
    at_zero = args[1] if len(args) > 1 else sp.Rational(1, 2)
    return sp.Piecewise((0, first < 0), (at_zero, sp.Eq(first, 0)), (1, True))


def _at(conditions: tuple[Any, ...], by: dict[Any, Any]) -> tuple[Any, ...]:
    return tuple(c.subs(by) for c in conditions)


def _may_be(s: Any, value: Any) -> bool:
    """Whether a symbol can have this value at all."""
    own = {name: truth for name, truth in s.assumptions0.items() if name != "commutative"}
    return all(getattr(value, f"is_{name}", None) in (truth, None) for name, truth in own.items())


def _signs(problem: Problem, difference: Any, name: str) -> Found | None:
    """By the sign of a symbol where functions break at zero; a complex one by that of its imaginary part."""
    (s,) = (symbol for symbol in problem.symbols if symbol.name == name)
    conditions = problem.conditions
    if s.is_integer and s.is_nonnegative is None and s.is_nonpositive is None:
        if not any(node.has(s) for node in difference.atoms(*_OF_INTEGERS)):
            return None
        other = _unused(problem, f"minus_{s.name}")
        below = {s: -other}
        return [
            (f"{s} ≥ 0", difference, {s: "natural"}, conditions),
            (f"{s} < 0", difference.subs(below), {other: "positive integer"}, _at(conditions, below)),
        ]
    if s.is_integer and s.is_nonnegative and not s.is_positive:
        if not any(node.has(s) for node in difference.atoms(*_OF_INTEGERS)):
            return None
        return [
            (f"{s} = 0", difference.subs(s, 0), {}, _at(conditions, {s: 0})),
            (f"{s} ≥ 1", difference, {s: "positive integer"}, conditions),
        ]
    if s.is_integer and s.is_positive and any(sp.expand(f.args[0] - s) == -2 for f in difference.atoms(*DEGREES)):
        other = _unused(problem, f"{s.name}_less_1")
        return [
            (f"{s} = 1", at(difference, s, 1), {}, _at(conditions, {s: 1})),
            (f"{s} ≥ 2", difference.subs(s, other + 1), {other: "positive integer"}, _at(conditions, {s: other + 1})),
        ]
    if s.is_real and not s.is_integer and s.is_positive is None and s.is_negative is None:
        if not _breaks(difference, s):
            return None
        cases: Found = []
        if s.is_nonpositive is None:
            cases.append((f"{s} > 0", difference, {s: "positive"}, conditions))
        if s.is_zero is None:
            cases.append((f"{s} = 0", difference.subs(s, 0), {}, _at(conditions, {s: 0})))
        if s.is_nonnegative is None:
            cases.append((f"{s} < 0", difference, {s: "negative"}, conditions))
        return cases if len(cases) > 1 else None
    if s.is_real is None and s.is_imaginary is None and not s.is_integer:
        if not _breaks(difference, s) or any(_is_about_imaginary(c, s) for c in conditions):
            return None
        imaginary = sp.im(s)
        return [
            (f"Im {s} > 0", difference, {}, (*conditions, sp.Gt(imaginary, 0))),
            (f"{s} is real", difference, {s: "real"}, conditions),
            (f"Im {s} < 0", difference, {}, (*conditions, sp.Lt(imaginary, 0))),
        ]
    return None


def at(difference: Any, n: Any, value: int) -> Any:
    """The case n = value; terms with a factor that vanishes there go first: SymPy has no polynomials of degree -1."""
    terms = []
    for term in sp.Add.make_args(sp.expand(difference)):
        plain = [f for f in sp.Mul.make_args(term) if not f.has(*DEGREES)]
        if all(f.subs(n, value) != 0 for f in plain):
            terms.append(term.subs(n, value))
    return sp.Add(*terms)


def _unused(problem: Problem, name: str) -> sp.Symbol:
    taken = {s.name for s in problem.symbols}
    while name in taken:
        name += "'"
    return sp.Symbol(name)


def _is_about_imaginary(condition: Any, s: Any) -> bool:
    return condition in (sp.Gt(sp.im(s), 0), sp.Lt(sp.im(s), 0))


def _breaks(difference: Any, s: Any) -> bool:
    """Is there a function or a root with a break in it?"""
    if any(node.has(s) for node in difference.atoms(*_AT_ZERO)):
        return True
    return any(node.has(s) and not node.exp.is_integer and node.base.has(s) for node in difference.atoms(sp.Pow))
