r"""Functions that are found from what their derivatives satisfy.

A function *solves* equations if these hold with it put in. It is their *general solution* if every solution is of its
form: with an arbitrary function F of a column u among its terms, what is left of a solution without the other terms
must not change in the directions in which u does not, and that has to follow from the equations.
"""

from __future__ import annotations

from dataclasses import replace

from derive.algebra.rules import Unsupported
from derive.expression import Add, Applied, Expr, Over, walk
from derive.fields.functionals import Calculus, derivative
from derive.fields.letters import Field
from derive.fields.proving import Claim, Proof, all_sizes, prove, vanish
from derive.fields.setting import Premise, Setting
from derive.fields.words import Element, inverse, transposed

SOLVES = "solves: put in, the equations hold"
GENERAL = "general solution: put in, the equations hold, and every solution is of this form"


def solves(claim: Claim, targets: frozenset[str]) -> Proof:
    """Whether the equations named hold with the function that the claim gives put in, by the other premises."""
    if not isinstance(claim.left, Applied):
        return Proof(False, why="the left side is no function")
    own = Premise(claim.left, claim.right, "", claim.scope)
    others = tuple(premise for premise in claim.premises if premise.source not in targets)
    applied: frozenset[str] = frozenset()
    for premise in claim.premises:
        if premise.source not in targets:
            continue
        proof = prove(Claim(premise.left, premise.right, premise.scope, (own, *others)))
        if not proof.shown:
            return replace(proof, why=proof.why or f"({premise.source}) does not hold with it put in")
        applied |= proof.applied - {""}
    return Proof(True, applied | targets)


def is_general(claim: Claim, targets: frozenset[str]) -> Proof:
    """Whether every solution of the equations named has the form that the claim gives."""
    left = claim.left
    known = {n.name for p in claim.premises for side in (p.left, p.right) for n in walk(side) if isinstance(n, Applied)}
    arbitrary = [n for n in walk(claim.right) if isinstance(n, Applied) and n.name not in known]
    if not isinstance(left, Applied) or len(arbitrary) != 1 or arbitrary[0].slots:
        return Proof(False, why="a general solution has one arbitrary function, of what the equations leave open")
    given = without(claim.right, arbitrary[0])
    applied: frozenset[str] = frozenset()
    try:
        for sizes in all_sizes(claim):
            setting = Setting(claim.premises, sizes, claim.scope)
            calculus = setting.calculus(claim.scope)
            variables = calculus.arguments(left)
            (argument,) = arbitrary[0].arguments
            held = calculus.whole_argument(argument)
            slopes = {v: _slope(calculus, left, given, v) for v in variables}
            conditions = _along(held, slopes)
            proof = vanish(conditions, setting, claim)
            if not proof.shown:
                return replace(proof, why=proof.why or "the equations do not say that nothing else is left")
            applied |= proof.applied
    except Unsupported as problem:
        return Proof(False, why=str(problem))
    return Proof(True, applied)


def _slope(calculus: Calculus, function: Applied, given: Expr | None, by: Field) -> Element:
    """The derivative of what is left of a solution without the terms that are given."""
    found = calculus.partial(function, by)
    if given is None:
        return found
    return found - calculus.derived(calculus.functional(given), by)


def _along(held: Element, slopes: dict[Field, Element]) -> list[Element]:
    """The derivatives in the directions in which ``held`` does not change; all must vanish."""
    parts = {v: derivative(held, v) for v in slopes}
    pivot = next((v for v in slopes if parts[v].is_number and parts[v]), None)
    if pivot is None:
        raise Unsupported("an arbitrary function of none of the variables alone")
    back = inverse(parts[pivot])
    return [
        slope - transposed(back * parts[v]) * slopes[pivot] if parts[v] else slope
        for v, slope in slopes.items() if v != pivot
    ]  # fmt: skip


def without(expr: Expr, function: Applied) -> Expr | None:
    """A sum without the term that is a function, or a printed sum of one; None where nothing else is there."""
    parts = expr.terms if isinstance(expr, Add) else (expr,)
    kept = tuple(part for part in parts if function not in set(walk(part)))
    if len(kept) == len(parts) - 1 and all(_is_bare(part) for part in parts if part not in kept):
        return None if not kept else kept[0] if len(kept) == 1 else Add(kept)
    raise Unsupported("an arbitrary function inside a term")


def _is_bare(part: Expr) -> bool:
    match part:
        case Applied():
            return True
        case Over(body=body):
            return _is_bare(body)
    return False


__all__ = ["GENERAL", "SOLVES", "is_general", "solves"]
