r"""Equations about functions: at other arguments, differentiated, and by induction.

Of an equation that is for every value of a variable (:mod:`derive.algebra.functional`) there are instances, at the
arguments that a line asks for, and derivatives. They are premises of their own, with the source of what they come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derive.algebra.atoms import Atom, Value
from derive.algebra.calculus import derivative_of
from derive.algebra.functional import LEAST, defined_for, functions_in, is_free, motion_of, recursion_of
from derive.algebra.indexed import Poly, atom, freshen
from derive.algebra.lowering import Lowering
from derive.algebra.rules import Rule
from derive.algebra.substitution import put
from derive.analytic import LIMITED, free_names
from derive.constants import constant
from derive.expression import (
    Add,
    Applied,
    Call,
    Expr,
    Frac,
    Index,
    Integral,
    Mul,
    Neg,
    Number,
    Partial,
    Pow,
    Symbol,
    ValueSum,
    put_symbol,
    substitute_indices,
    walk,
)
from derive.methods.goal import Equality, Goal
from derive.notation import Scope
from derive.sympy_bridge import NotScalar, to_sympy

ROUNDS = 4
"""How many times the arguments that instances ask for lead to further instances."""
MOST = 32
"""How many instances of premises a goal gets."""
_INSIDE = {
    "positive": ("is_positive",),
    "nonnegative": ("is_nonnegative",),
    "nonzero": ("is_real", "is_nonzero"),
    "integer": ("is_integer",),
    "nonnegative integer": ("is_integer", "is_nonnegative"),
    "positive integer": ("is_integer", "is_positive"),
}
"""What SymPy must know of a value for it to be in a domain."""

Premise = Rule | Equality


def variables_of(premise: Premise, goal: Goal) -> tuple[Symbol, ...]:
    """The variables for all of whose values a premise holds: none that something in the scope gives a value."""
    nodes = [node for side in (premise.left, premise.right) for node in walk(side)]
    found = {node for node in nodes if isinstance(node, Symbol) and is_free(node, goal.scope)}
    found |= set(defined_for(premise.left, premise.right, goal.scope))
    found -= {rule.left for rule in (*goal.rules, *goal.definitions) if isinstance(rule.left, Symbol)}
    return tuple(sorted(found, key=lambda symbol: symbol.name))


def with_instances(goal: Goal) -> Goal:
    """The goal with what its premises say of functions at the arguments that it asks for, and with derivatives."""
    premises: list[Premise] = [*goal.rules, *goal.equalities]
    if not any(functions_in(premise.left, premise.right) for premise in premises):
        return goal
    general = [*premises, *_derivatives(goal)]
    found: list[Premise] = general[len(premises) :]
    wanted = list(dict.fromkeys(functions_in(goal.left, goal.right)))
    for _ in range(ROUNDS):
        before = len(found)
        for premise in general:
            for instance in _instances(premise, wanted, goal):
                if instance not in found and instance not in premises and len(found) < MOST:
                    found.append(instance)
        wanted = [node for one in found[before:] for node in dict.fromkeys(functions_in(one.left, one.right))]
        if not wanted:
            break
    return replace(
        goal,
        rules=(*goal.rules, *(one for one in found if isinstance(one, Rule))),
        equalities=(*goal.equalities, *(one for one in found if isinstance(one, Equality))),
    )


def _instances(premise: Premise, wanted: list[Applied], goal: Goal) -> Iterator[Premise]:
    """A premise at other values of its variables: those that make one of its functions one that is wanted."""
    scope, variables = goal.scope, variables_of(premise, goal)
    if not variables:
        return
    patterns = [premise.left] if isinstance(premise, Rule) else functions_in(premise.left, premise.right)
    for pattern in patterns:
        for node in wanted:
            if not isinstance(pattern, Applied) or pattern.name != node.name or pattern == node:
                continue
            values = _matched(pattern, node, variables)
            if not values or not all(_may_be_put(premise, x, value, scope) for x, value in values.items()):
                continue
            left, right = (_put(side, values) for side in (premise.left, premise.right))
            descends = isinstance(premise, Rule) and (
                defined_for(premise.left, premise.right, scope) or recursion_of(premise, scope)
            )
            if descends:
                yield replace(premise, left=replace(node, slots=pattern.slots), right=right)
            else:
                yield Equality(left, right, premise.source, premise.apart)


def _matched(pattern: Applied, node: Applied, variables: tuple[Symbol, ...]) -> dict[Symbol, Expr] | None:
    """What variables must be for a function at its arguments to be that function at others."""
    if len(pattern.arguments) != len(node.arguments) or len(pattern.slots) != len(node.slots):
        return None
    values: dict[Symbol, Expr] = {}
    for parameter, argument in zip(pattern.arguments, node.arguments, strict=True):
        if parameter == argument:
            continue
        solved = _solved(parameter, argument, variables)
        if solved is None or values.setdefault(*solved) != solved[1]:
            return None
    return values


def _solved(parameter: Expr, argument: Expr, variables: tuple[Symbol, ...]) -> tuple[Symbol, Expr] | None:
    """The variable, and its value, at which x, -x, or x + c is what is asked for."""
    if isinstance(parameter, Symbol) and parameter in variables:
        return parameter, argument
    if isinstance(parameter, Neg) and parameter.term in variables:
        assert isinstance(parameter.term, Symbol)
        return parameter.term, _tidy(Neg(argument))
    if isinstance(parameter, Add):
        own = [term for term in parameter.terms if isinstance(term, Symbol) and term in variables]
        others = [term for term in parameter.terms if term not in own]
        if len(own) == 1 and not any(node in variables for other in others for node in walk(other)):
            return own[0], _tidy(Add((argument, *map(Neg, others))))
    return None


def _may_be_put(premise: Premise, variable: Symbol, value: Expr, scope: Scope) -> bool:
    """Whether a value may stand for a variable: it is in its domain, and nothing in the premise binds either."""
    for side in (premise.left, premise.right):
        for node in walk(side):
            if isinstance(node, Partial) and node.by == variable and not isinstance(value, Symbol):
                return False
            if isinstance(node, (*LIMITED, Integral, ValueSum)) and (
                node.variable.name == variable.name or node.variable.name in free_names(value)
            ):
                return False
    declared = scope.symbols.get(variable.name)
    return value.type == variable.type and is_certainly_in(value, declared.domain if declared else "real", scope)


def is_certainly_in(value: Expr, domain: str, scope: Scope) -> bool:
    """Whether an expression is in a domain, whatever its symbols are."""
    if domain == "real":
        return True
    try:
        found = to_sympy(value, scope)
    except (NotScalar, TypeError):
        return False
    return domain in _INSIDE and all(getattr(found, fact) is True for fact in _INSIDE[domain])


def _derivatives(goal: Goal) -> list[Equality]:
    """The derivatives of the premises by the variables in which the goal differentiates more often than they do."""
    found: list[Equality] = []
    sides = (goal.left, goal.right)
    by = {node.by for side in sides for node in walk(side) if isinstance(node, Partial)}
    for variable in sorted((v for v in by if isinstance(v, Symbol)), key=lambda symbol: symbol.name):
        asked = max(_order(side, variable) for side in sides)
        for premise in (*goal.equalities, *goal.rules):
            if not functions_in(premise.left, premise.right) or variable not in variables_of(premise, goal):
                continue
            left, right, order = premise.left, premise.right, max(_order(premise.left, variable), 0)
            for _ in range(min(asked - order, ROUNDS)):
                left, right = Partial(left, variable), Partial(right, variable)
                found.append(Equality(left, right, premise.source, premise.apart))
    return found


def _order(expr: Expr, variable: Symbol) -> int:
    """How often an expression differentiates, at most, in a variable."""
    inner = max((_order(child, variable) for child in expr.children), default=0)
    return inner + (isinstance(expr, Partial) and expr.by == variable)


def by_motion(rest: Poly, goal: Goal, lowering: Lowering) -> tuple[Poly, set[str]] | None:
    """A normal form with what differential equations among the premises say of its highest derivatives put in.

    None where they say nothing of it. Raises Unsupported.
    """
    motions = {
        motion.function.name: (motion, equality.source)
        for equality in goal.equalities
        if not equality.apart
        and (motion := motion_of(equality.left, equality.right, goal.scope)) is not None
        and motion.variable in variables_of(equality, goal)
    }
    sources: set[str] = set()

    def value(which: Atom) -> Poly | None:
        if not isinstance(which, Value):
            return None
        order, name = derivative_of(which.name)
        if name not in motions or order < motions[name][0].order:
            return None
        motion, source = motions[name]
        slots = [slot for slot in motion.function.slots if isinstance(slot, Index)]
        own = lowering.scalar(motion.function)
        if len(set(slots)) < len(slots) or atom(replace(which, name=name, at=tuple(slots))) != own:
            return None
        sources.add(source)
        found = substitute_indices(motion.value, dict(zip(slots, which.at, strict=True)))
        for _ in range(order - motion.order):
            found = Partial(found, motion.variable)
        return freshen(lowering.scalar(found))

    found = rest
    for _ in range(ROUNDS):
        put_in = put(found, value)
        if put_in is found:
            break
        found = put_in
    return (found, sources) if sources else None


def induction(goal: Goal) -> Iterator[tuple[Symbol, Goal, Goal]]:
    """The ways to show a goal by induction: the variable, the goal where it begins, and the step to the next number.

    In the step the goal itself is a premise.
    """
    nodes = functions_in(goal.left, goal.right)
    names = {symbol for node in nodes for symbol in walk(node) if isinstance(symbol, Symbol)}
    for variable in sorted((s for s in names if is_free(s, goal.scope)), key=lambda symbol: symbol.name):
        declared = goal.scope.symbols[variable.name]
        if declared.domain not in LEAST or not _steps(goal, variable) or _is_bound(goal, variable):
            continue
        first, after = Number(Fraction(LEAST[declared.domain])), _tidy(Add((variable, Number(Fraction(1)))))
        begun, stepped = (
            replace(goal, left=_put(goal.left, {variable: value}), right=_put(goal.right, {variable: value}))
            for value in (first, after)
        )
        if isinstance(goal.left, Applied):
            known = replace(stepped, rules=(*goal.rules, Rule(goal.left, goal.right, HYPOTHESIS, goal.apart)))
        else:
            known = replace(
                stepped, equalities=(*goal.equalities, Equality(goal.left, goal.right, HYPOTHESIS, goal.apart))
            )
        yield variable, begun, known


def constancy(goal: Goal) -> Iterator[tuple[Symbol, Goal, Goal]]:
    """The ways to show a goal by its derivative, on an interval: the variable, the goal at a point, its derivative.

    Both sides must be smooth in the variable wherever it is: made of smooth functions without denominators, or others.
    """
    nodes = functions_in(goal.left, goal.right)
    points = {a: None for node in nodes for a in node.arguments if isinstance(a, Number)}
    names = {a for node in nodes for a in node.arguments if isinstance(a, Symbol) and is_free(a, goal.scope)}
    for variable in sorted(names, key=lambda symbol: symbol.name):
        domain = goal.scope.symbols[variable.name].domain
        sides = (goal.left, goal.right)
        if domain not in INTERVALS or not all(_is_smooth(side, variable, goal.scope) for side in sides):
            continue
        for point in points:
            if is_certainly_in(point, domain, goal.scope):
                left, right = (_put(side, {variable: point}) for side in sides)
                slopes = [Partial(s, variable) if variable in walk(s) else Number(Fraction(0)) for s in sides]
                yield variable, replace(goal, left=left, right=right), replace(goal, left=slopes[0], right=slopes[1])


INTERVALS = ("real", "nonnegative", "positive")
"""The domains that are intervals without an upper end."""


def _is_smooth(expr: Expr, variable: Symbol, scope: Scope) -> bool:
    """Whether an expression is certain to be smooth in a variable, everywhere."""
    if variable not in walk(expr):
        return True
    match expr:
        case Symbol() | Add() | Neg() | Mul():
            pass
        case Applied(name=name):
            if "smooth" not in scope.symbols[name].properties or expr.type.kind != "scalar":
                return False
        case Partial(by=Symbol()):
            return _is_smooth(expr.of, variable, scope)
        case Frac(top=top, bottom=bottom):
            return variable not in walk(bottom) and _is_smooth(top, variable, scope)
        case Pow(base=base, exponent=exponent):
            power = constant(exponent)
            whole = power is not None and power.denominator == 1 and power >= 0
            return whole and _is_smooth(base, variable, scope)
        case Call(function=function):
            if function not in ("exp", "sin", "cos", "sinh", "cosh", "tanh"):
                return False
        case _:
            return False
    return all(_is_smooth(child, variable, scope) for child in expr.children)


HYPOTHESIS = "the step before"
"""The source of what an induction step takes for granted."""


def _steps(goal: Goal, variable: Symbol) -> bool:
    """Whether a premise relates a function at different numbers."""
    for premise in (*goal.rules, *goal.equalities):
        functions = functions_in(premise.left, premise.right)
        if len({node.arguments for node in functions if variable in walk_all(node.arguments)}) > 1:
            return True
    return False


def _is_bound(goal: Goal, variable: Symbol) -> bool:
    """Whether a sum or an integral in a goal binds the name of a variable."""
    binders = (node for node in walk_all((goal.left, goal.right)) if isinstance(node, (*LIMITED, Integral, ValueSum)))
    return any(node.variable.name == variable.name for node in binders)


def walk_all(exprs: tuple[Expr, ...]) -> Iterator[Expr]:
    """All nodes of several expressions."""
    for expr in exprs:
        yield from walk(expr)


def _put(expr: Expr, values: dict[Symbol, Expr]) -> Expr:
    """Variables replaced, all at once, and the arguments of functions in one form."""
    held = {symbol: replace(symbol, name=f"~{number}") for number, symbol in enumerate(values)}
    for symbol, placeholder in held.items():
        expr = put_symbol(expr, symbol, placeholder)
    for symbol, placeholder in held.items():
        expr = put_symbol(expr, placeholder, values[symbol])
    return _tidy_arguments(expr)


def _tidy_arguments(expr: Expr) -> Expr:
    changed = expr.map(_tidy_arguments)
    if isinstance(changed, Applied):
        return replace(changed, arguments=tuple(map(_tidy, changed.arguments)))
    return changed


def _tidy(expr: Expr) -> Expr:
    """A sum with its numbers added up, and without brackets."""
    number, others = Fraction(0), list[Expr]()
    for sign, term in _terms(expr):
        if isinstance(term, Number):
            number += sign * term.value
        elif (opposite := term if sign < 0 else Neg(term)) in others:
            others.remove(opposite)
        else:
            others.append(term if sign > 0 else Neg(term))
    if number or not others:
        others.append(Number(number) if number >= 0 else Neg(Number(-number)))
    return others[0] if len(others) == 1 else Add(tuple(others))


def _terms(expr: Expr, sign: int = 1) -> Iterator[tuple[int, Expr]]:
    match expr:
        case Add(terms=terms):
            for term in terms:
                yield from _terms(term, sign)
        case Neg(term=term):
            yield from _terms(term, -sign)
        case _:
            yield sign, expr


__all__ = ["HYPOTHESIS", "constancy", "induction", "is_certainly_in", "variables_of", "with_instances"]
