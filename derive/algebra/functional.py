r"""What equations say of functions: definitions, recursions, equations of motion, and anything else.

A definition :math:`f(x) = …` is for every x. Any other equation is taken to be for every value of a variable only where
the table declares that variable ``free``: :math:`f(x) = x` with f on both sides may be meant for one point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.algebra.rules import Rule
from derive.constants import constant
from derive.expression import Add, Applied, Expr, Frac, Mul, Neg, Partial, Symbol, walk
from derive.notation import Scope

LEAST = {"nonnegative integer": 0, "positive integer": 1}
"""Where whole numbers begin, by their domain."""


def is_free(symbol: Symbol, scope: Scope) -> bool:
    """Whether what is said with a symbol is said for every value of it."""
    declared = scope.symbols.get(symbol.name)
    return declared is not None and "free" in declared.properties and not symbol.slots


def functions_in(*exprs: Expr) -> list[Applied]:
    """The functions at their arguments in some expressions."""
    return [node for expr in exprs for node in walk(expr) if isinstance(node, Applied)]


def names_in(*exprs: Expr) -> set[str]:
    """The names of these functions."""
    return {node.name for node in functions_in(*exprs)}


def defined_for(left: Expr, right: Expr) -> tuple[Symbol, ...]:
    """The variables of a definition f(x, y) = …, which is for all their values; none for anything else."""
    if not isinstance(left, Applied) or left.name in names_in(right) or len(set(left.arguments)) < len(left.arguments):
        return ()
    plain = tuple(a for a in left.arguments if isinstance(a, Symbol) and not a.slots and a.type.kind == "scalar")
    return plain if len(plain) == len(left.arguments) else ()


@dataclass(frozen=True, slots=True)
class Recursion:
    """w(n + k) = … of w at smaller arguments, for every whole number n: ``variable`` is n, ``step`` is k."""

    variable: Symbol
    step: int


def recursion_of(rule: Rule, scope: Scope) -> Recursion | None:
    """The recursion that a rule is, if it is one."""
    left = rule.left
    if not isinstance(left, Applied) or len(left.arguments) != 1 or left.slots:
        return None
    at = _shift(left.arguments[0])
    if at is None or not is_free(at.variable, scope) or scope.symbols[at.variable.name].domain not in LEAST:
        return None
    earlier = [_shift(node.arguments[0]) for node in functions_in(rule.right) if node.name == left.name]
    if at.step < 1 or any(e is None or e.variable != at.variable or not 0 <= e.step < at.step for e in earlier):
        return None
    return at


def _shift(argument: Expr) -> Recursion | None:
    """n + k with a whole number k."""
    terms = argument.terms if isinstance(argument, Add) else (argument,)
    symbols = [term for term in terms if isinstance(term, Symbol)]
    numbers = [constant(term) for term in terms if not isinstance(term, Symbol)]
    if len(symbols) != 1 or symbols[0].slots or any(k is None or k.denominator != 1 for k in numbers):
        return None
    return Recursion(symbols[0], sum(int(k) for k in numbers if k is not None))


@dataclass(frozen=True, slots=True)
class Motion:
    """A differential equation solved for the highest derivative of a function of one variable."""

    function: Applied
    variable: Symbol
    order: int
    derivative: Partial
    value: Expr
    """What the derivative of this order is."""


def motion_of(left: Expr, right: Expr, scope: Scope) -> Motion | None:
    """The differential equation that two sides are, for every value of a variable that is declared free."""
    nodes = [node for side in (left, right) for node in walk(side) if isinstance(node, Partial)]
    found = sorted({m for node in nodes if (m := _derivative(node)) is not None}, key=lambda m: (-m[2], m[0].name))
    for function, variable, order, node in found:
        if not is_free(variable, scope) or function.arguments != (variable,):
            continue
        value = _isolated(left, right, node) or _isolated(right, left, node)
        if value is not None and derivatives_in(value, function.name, variable) < order:
            return Motion(function, variable, order, node, value)
    return None


def _derivative(node: Partial) -> tuple[Applied, Symbol, int, Partial] | None:
    of, order = node.of, 1
    while isinstance(of, Partial) and of.by == node.by:
        of, order = of.of, order + 1
    if isinstance(of, Applied) and isinstance(node.by, Symbol) and not of.slots:
        return of, node.by, order, node
    return None


def derivatives_in(expr: Expr, name: str, variable: Symbol) -> int:
    """How often a function is differentiated in an expression, at most; -1 where it is not there."""
    if isinstance(expr, Applied) and expr.name == name:
        return 0
    inner = max((derivatives_in(child, name, variable) for child in expr.children), default=-1)
    return inner + (isinstance(expr, Partial) and inner >= 0)


def _isolated(side: Expr, other: Expr, node: Expr) -> Expr | None:
    """What a node is, where one side has it once and linearly, and the other one not at all."""
    if node in walk(other):
        return None
    match side:
        case _ if side == node:
            return other
        case Neg(term=term):
            return _isolated(term, Neg(other), node)
        case Frac(top=top, bottom=bottom) if node not in walk(bottom):
            return _isolated(top, Mul((other, bottom)), node)
        case Add(terms=parts) | Mul(factors=parts):
            here = [part for part in parts if node in walk(part)]
            rest = tuple(part for part in parts if part not in here)
            if len(here) != 1:
                return None
            if isinstance(side, Add):
                return _isolated(here[0], Add((other, *map(Neg, rest))), node)
            if any(part.type.kind != "scalar" for part in parts):
                return None
            return _isolated(here[0], Frac(other, rest[0] if len(rest) == 1 else Mul(rest)), node)
    return None


def is_pointwise(rule: Rule, rules: tuple[Rule, ...]) -> bool:
    """Whether a rule about a function gives its value at each argument that it speaks of, by nothing of itself.

    Its arguments are variables or numbers, and it does not lead back to the function through other rules. So a model
    can be made to satisfy it everywhere by putting it in.
    """
    left = rule.left
    assert isinstance(left, Applied)
    if any(not isinstance(a, Symbol) and any(isinstance(n, Symbol) for n in walk(a)) for a in left.arguments):
        return False
    return left.name not in _reached(rule, rules)


def _reached(rule: Rule, rules: tuple[Rule, ...]) -> set[str]:
    """The functions and symbols that the right side of a rule depends on."""
    found, todo = set[str](), list(_named(rule.right))
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            for other in rules:
                if isinstance(other.left, Symbol | Applied) and other.left.name == name and other is not rule:
                    todo.extend(_named(other.right))
    return found


def _named(expr: Expr) -> Iterator[str]:
    yield from (node.name for node in walk(expr) if isinstance(node, Symbol | Applied))


__all__ = [
    "LEAST", "Motion", "Recursion", "defined_for", "derivatives_in", "functions_in", "is_free", "is_pointwise",
    "motion_of", "names_in", "recursion_of",
]  # fmt: skip
