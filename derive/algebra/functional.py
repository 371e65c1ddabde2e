r"""What equations say of functions: definitions, recursions, equations of motion, and anything else.

A definition :math:`f(x) = …`, where x is what the table says that f is ``of``, is for every x. Any other equation is
taken to be for every value of a variable only where the table declares that variable ``free``: :math:`f(b) = b` may be
meant for one b. Where it has the function's own variable, and that is not free, it may be meant in either way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.algebra.rules import Rule
from derive.constants import constant
from derive.expression import Add, Applied, Density, Expr, Frac, Mul, Neg, Partial, Symbol, walk
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


def defined_for(left: Expr, right: Expr, scope: Scope) -> tuple[Symbol, ...]:
    """The variables of a definition f(x, y) = …, which is for all their values; none for anything else.

    They are those that the table says f is ``of``, or are declared free: f(b) = b may be meant for one b. Values of f
    are numbers; of operators that depend on something this is not known.
    """
    if not isinstance(left, Applied) or left.type.kind != "scalar" or left.name in names_in(right):
        return ()
    if len(set(left.arguments)) < len(left.arguments):
        return ()
    plain = tuple(a for a in left.arguments if isinstance(a, Symbol) and not a.slots and a.type.kind == "scalar")
    general = len(plain) == len(left.arguments) and all(is_own(a, left, scope) or is_free(a, scope) for a in plain)
    return plain if general else ()


def is_own(symbol: Symbol, function: Applied, scope: Scope) -> bool:
    """Whether the table says that a function is of this symbol."""
    declared = scope.symbols.get(function.name)
    return declared is not None and any(
        symbol.name in (text, _DRESSED.sub(r"\1", text.partition("_{")[0])) for text in declared.of
    )


_DRESSED = re.compile(r"^\\(?:vec|mathbf|boldsymbol)\{(.+)\}$")
"""A letter with an arrow, or bold: the table has it without."""


def may_be_for_all(left: Expr, right: Expr, scope: Scope) -> Symbol | None:
    """The variable that an equation may be meant for all values of, though the table does not say so; None for none.

    It is a function's own, and the equation no definition of it.
    """
    if defined_for(left, right, scope):
        return None
    functions = functions_in(left, right)
    own = (s for f in functions for argument in f.arguments for s in walk(argument) if isinstance(s, Symbol))
    candidates = (symbol for symbol in own if symbol.type.kind == "scalar" and not is_free(symbol, scope))
    return next((symbol for symbol in candidates if any(is_own(symbol, f, scope) for f in functions)), None)


@dataclass(frozen=True, slots=True)
class Recursion:
    """w(n + k) = … of w at smaller arguments, for every whole number n: ``variable`` is n, ``step`` is k."""

    variable: Symbol
    step: int


def recursion_of(rule: Rule, scope: Scope) -> Recursion | None:
    """The recursion that a rule is, if it is one."""
    left = rule.left
    if not isinstance(left, Applied) or len(left.arguments) != 1:
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
    if isinstance(of, Applied) and isinstance(node.by, Symbol) and of.type.kind == "scalar":
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


def is_pointwise(rule: Rule, rules: tuple[Rule, ...], scope: Scope) -> bool:
    """Whether putting in a rule about a function makes a model satisfy it for all values that it may be meant for.

    It does where the arguments are variables or numbers, and the rule does not lead back to the function through
    others; and where it is about one vector, which is not the function's own variable.
    """
    left = rule.left
    assert isinstance(left, Applied)
    parts = [p for argument in left.arguments if not isinstance(argument, Symbol | Density) for p in walk(argument)]
    if any(isinstance(part, Symbol) and (part.type.kind == "scalar" or is_own(part, left, scope)) for part in parts):
        return False
    own = {symbol for symbol in left.arguments if isinstance(symbol, Symbol)}
    if not any(is_own(symbol, left, scope) or is_free(symbol, scope) for symbol in own):
        return True
    return _key(left) not in _reached(rule, rules)


Key = tuple[str, tuple[str, ...] | None]


def _key(expr: Symbol | Applied) -> Key:
    """A symbol by its name; a function also by the kinds of its arguments: of a column it is another one."""
    return expr.name, tuple(a.type.kind for a in expr.arguments) if isinstance(expr, Applied) else None


def _reached(rule: Rule, rules: tuple[Rule, ...]) -> set[Key]:
    """The functions and symbols that the right side of a rule depends on."""
    found, todo = set[Key](), list(_named(rule.right))
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            for other in rules:
                if isinstance(other.left, Symbol | Applied) and _key(other.left) == key and other is not rule:
                    todo.extend(_named(other.right))
    return found


def _named(expr: Expr) -> Iterator[Key]:
    yield from (_key(node) for node in walk(expr) if isinstance(node, Symbol | Applied))


__all__ = [
    "LEAST", "Motion", "Recursion", "defined_for", "derivatives_in", "functions_in", "is_free", "is_pointwise",
    "may_be_for_all", "motion_of", "names_in", "recursion_of",
]  # fmt: skip
