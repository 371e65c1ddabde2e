"""What stands under integrals and sums over values: variables and factors, of all that stand in each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from derive.algebra.rules import Unsupported
from derive.expression import (
    Add,
    Density,
    Dirac,
    Expr,
    Frac,
    Index,
    Integral,
    Mul,
    Neg,
    Number,
    Symbol,
    ValueSum,
    walk,
)

MINUS = Number(Fraction(-1))


@dataclass(frozen=True, slots=True)
class Integrand:
    """The variables of integrals in each other, and the factors of what they are over."""

    variables: tuple[Symbol, ...]
    factors: tuple[Expr, ...]
    set_by_delta: tuple[str, ...] = ()
    """The variables that a delta has set to what they are defined as."""

    @property
    def all_plain(self) -> bool:
        """Whether no variable has an index."""
        return not any(variable.slots for variable in self.variables)


def taken_together(expr: Expr, sign: int = 1) -> list[Integrand]:
    """Integrals and sums over values in each other as one, for each term of a sum in the innermost."""
    variables: list[Symbol] = []
    body = expr
    while isinstance(body, Integral | ValueSum):
        variables.append(body.variable)
        body = body.body
    if isinstance(body, Neg):
        parts = taken_together(body.term, -sign)
        return [replace(part, variables=(*variables, *part.variables)) for part in parts]
    if isinstance(body, Add) and any(isinstance(node, Density | Dirac) for node in walk(body)):
        terms = [part for term in body.terms for part in taken_together(term, sign)]
        return [replace(part, variables=(*variables, *part.variables)) for part in terms]
    factors: list[Expr] = [] if sign == 1 else [MINUS]
    for factor in factors_of(body):
        if isinstance(factor, Integral | ValueSum):
            inside = taken_together(factor)
            others = [other for other in factors_of(body) if other is not factor]
            own = {variable for part in inside for variable in part.variables} - set(variables)
            if any(may_be_in(other, variable) for variable in own for other in others):
                raise Unsupported("a variable that is summed or integrated over stands outside its sum too")
            if len(inside) == 1:
                variables.extend(inside[0].variables)
                factors.extend(inside[0].factors)
                continue
        factors.append(factor)
    if len(set(variables)) != len(variables):
        raise Unsupported("two integrals over the same variable in one another")
    return [Integrand(tuple(variables), tuple(factors))]


def factors_of(expr: Expr) -> list[Expr]:
    """The factors of a product, of products in it, and of the numerators of its fractions."""
    match expr:
        case Mul(factors=factors):
            return [inner for factor in factors for inner in factors_of(factor)]
        case Neg(term=term):
            return [MINUS, *factors_of(term)]
        case Frac(top=top, bottom=bottom) if any(isinstance(n, Density | Dirac | Integral) for n in walk(top)):
            return [*factors_of(top), Frac(Number(Fraction(1)), bottom)]
    return [expr]


def set_by(delta: Dirac, variables: tuple[Symbol, ...]) -> tuple[Symbol, Expr] | None:
    """The variable that a delta sets, and to what: it stands as a term of its own."""
    terms = delta.argument.terms if isinstance(delta.argument, Add) else (delta.argument,)
    for at, term in enumerate(terms):
        variable = term.term if isinstance(term, Neg) else term
        if not isinstance(variable, Symbol) or variable not in variables:
            continue
        rest = [other for number_, other in enumerate(terms) if number_ != at]
        if any(speaks_of(other, variable.name) for other in rest):
            return None
        if not rest:
            return variable, Number(Fraction(0))
        value = rest[0] if len(rest) == 1 else Add(tuple(rest))
        return variable, value if isinstance(term, Neg) else _negative(value)
    return None


def _negative(expr: Expr) -> Expr:
    return expr.term if isinstance(expr, Neg) else Neg(expr)


def may_be(symbol: Symbol, variable: Symbol) -> bool:
    """Whether two symbols may be the same one, or share a component: two that differ by their labels are not."""
    slots = (*symbol.slots, *variable.slots)
    labels = all(isinstance(slot, Index) and slot.is_label for slot in slots)
    return symbol.name == variable.name and (symbol == variable or not labels)


def may_be_in(expr: Expr, variable: Symbol) -> bool:
    """Whether a symbol that may be the variable stands anywhere in an expression."""
    return any(isinstance(node, Symbol) and may_be(node, variable) for node in walk(expr))


def speaks_of(expr: Expr, name: str) -> bool:
    """Whether a symbol of this name stands anywhere in an expression."""
    return any(isinstance(node, Symbol) and node.name == name for node in walk(expr))
