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
from derive.fields.premise import Premise
from derive.fields.proving import Claim, Proof, all_sizes, prove, vanish
from derive.fields.setting import Setting
from derive.fields.words import Element, inverse, transposed

GENERAL = "general solution: put in, the equations hold, and every solution is of this form"


def solves(claim: Claim, targets: frozenset[str]) -> Proof:
    """Whether the equations named hold with the function that the claim gives put in, by the other premises."""
    if not isinstance(claim.left, Applied):
        return Proof(False, why="the left side is no function")
    applied: frozenset[str] = frozenset()
    wanted = (premise.source for premise in claim.premises if premise.source in targets)
    for source, equation in zip(wanted, put_in(claim, targets), strict=True):
        proof = prove(equation)
        if not proof.shown:
            return replace(proof, why=proof.why or f"({source}) does not hold with it put in")
        applied |= proof.applied - {""}
    return Proof(True, applied | targets)


def put_in(claim: Claim, targets: frozenset[str]) -> list[Claim]:
    """The equations named, as claims from what the function is and from the other premises."""
    own = Premise(claim.left, claim.right, "", claim.scope)
    others = (own, *(premise for premise in claim.premises if premise.source not in targets))
    return [Claim(p.left, p.right, p.scope, others) for p in claim.premises if p.source in targets]


def solution(claim: Claim, targets: frozenset[str], *, general: bool) -> Proof:
    """Whether a function solves the equations named, and, if that is asked, whether all that do are of its form."""
    proof = solves(claim, targets)
    if not general or not proof.shown:
        return proof
    form = is_general(claim)
    return replace(proof, applied=proof.applied | form.applied) if form.shown else form


def is_general(claim: Claim) -> Proof:
    """Whether every solution of the equations named has the form that the claim gives."""
    left = claim.left
    known = {node.name for p in claim.premises for node in p.nodes() if isinstance(node, Applied)}
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
            proof = vanish(conditions, setting)
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


__all__ = ["GENERAL", "is_general", "put_in", "solution", "solves"]
