r"""Exact identities: both sides have the same normal form, for every size of every range.

The normal form proves equality outright. Equations whose left side is no symbol enter linearly: the difference of the
two sides must be a combination of them with rational coefficients. A closed scalar statement that the normal form
cannot settle (nested roots, common denominators, trigonometric reduction) goes to :func:`derive.decide`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from derive.algebra.atoms import ANY_STATE, Delta, Entry, Mean, Root, Term, Trace
from derive.algebra.indexed import (
    Poly,
    SingularTerm,
    atom,
    atoms_in,
    canonical,
    freshen,
    new_index,
    power_of,
    recanonical,
)
from derive.algebra.indices import indices_of_atom
from derive.algebra.lowering import Lowering
from derive.algebra.matrix import InverseOf, Matrix, letter_matrix
from derive.algebra.operators import Operator, between_letters
from derive.algebra.rules import Unsupported
from derive.expression import Expr, Index
from derive.methods.closed import by_decision, rest_by_decision
from derive.methods.elimination import eliminate
from derive.methods.functions import HYPOTHESIS, by_motion, constancy, induction, with_instances
from derive.methods.goal import Answer, Goal, at, coincidences, equations_at, fixed_indices

METHOD = "exact"
MOST_SCALES = 4
"""By how many scalars that stand in a claim equations of operators are multiplied."""
INVERSE_TRACE = "the trace of the inverse of a matrix times the matrix is its size"
CIRCULAR = "the premises give something through itself, without end"


def prove(goal: Goal) -> Answer:
    """Whether the two sides are equal, in every coincidence of their free indices."""
    try:
        answer = _prove(goal)
        if not answer.shown and (more := with_instances(goal)) is not goal:
            answer = _prove(more)
        if not answer.shown and answer.rest is not None and has_trace(answer.rest):
            answer = _prove(replace(goal, traces=False))
        return answer if answer.shown else by_induction(goal) or by_derivative(goal) or answer
    except RecursionError:
        return Answer(False, METHOD, why=CIRCULAR)


def by_induction(goal: Goal) -> Answer | None:
    """The answer of a proof by induction on a whole number; None if there is none."""
    for variable, begun, step in induction(goal):
        first = _prove(with_instances(begun))
        if not first.shown:
            continue
        then = _prove(with_instances(step))
        if then.shown and HYPOTHESIS in then.applied:
            used = (f"induction on ${variable.name}$", *sorted({*first.used, *then.used}))
            applied = (first.applied | then.applied) - {HYPOTHESIS}
            return Answer(True, METHOD, used, applied, points=first.points + then.points)
    return None


def by_derivative(goal: Goal) -> Answer | None:
    """The answer of a proof by the derivative of both sides, on an interval, and by a point; None if there is none."""
    for variable, begun, slopes in constancy(goal):
        first, then = _prove(with_instances(begun)), _prove(with_instances(slopes))
        if first.shown and then.shown:
            used = (f"the derivatives in ${variable.name}$, and a point", *sorted({*first.used, *then.used}))
            return Answer(True, METHOD, used, first.applied | then.applied, parts=(slopes, begun))
    return None


def has_trace(poly: Poly) -> bool:
    """Whether a trace is left that could still be written out in entries."""
    return any(isinstance(which, Trace) for term, _ in poly.terms for which, _ in term.factors)


def _prove(goal: Goal) -> Answer:
    lowering = Lowering(goal.scope, goal.rules, goal.definitions, traces=goal.traces)
    sources: set[str] = set()
    singular: list[str] = []
    points = 0
    for change, words in coincidences(goal.left, goal.right, goal.labels, goal.apart):
        try:
            rest, used = difference(goal, lowering, change)
        except SingularTerm:
            if not change:
                return Answer(False, METHOD, why="a denominator is zero")
            singular.append(words)
            continue
        except Unsupported as problem:
            decided = by_decision(goal, change)
            if decided is None:
                return Answer(False, METHOD, why=str(problem))
            lowering.used.add(decided.said)
            sources |= decided.sources
            points += decided.points
            continue
        sources |= used
        if rest and (identities := inverse_traces(rest, lowering)):
            rest, _ = eliminate(rest, identities)
            lowering.used |= set() if rest else {INVERSE_TRACE}
        if rest and not goal.equalities and not without_denominators(rest):
            lowering.used.add("a fraction vanishes where its numerator does")
            continue
        if rest:
            decided = by_decision(goal, change) or rest_by_decision(rest, goal)
            if decided is not None:
                lowering.used.add(decided.said)
                sources |= decided.sources
                continue
            return Answer(False, METHOD, tuple(sorted(lowering.used)), frozenset(lowering.applied | sources), rest)
    used_words = sorted(lowering.used)
    if singular:
        used_words.append(f"not for {' or '.join(singular)}, where a denominator vanishes")
    return Answer(True, METHOD, tuple(used_words), frozenset(lowering.applied | sources), points=points)


def difference(goal: Goal, lowering: Lowering, change: dict[Index, Index]) -> tuple[Poly, set[str]]:
    """left - right in normal form less a combination of the equations; and which equations were used."""
    left, right = at(goal.left, change), at(goal.right, change)
    rest = subtract(left, right, lowering, goal.labels)
    if rest and left.type.kind == "matrix":
        return _difference_of_matrices(goal, lowering, change, rest)
    if not rest or left.type.kind not in ("scalar", "operator"):
        return rest, set()
    equations: list[tuple[str, Poly]] = []
    operators: list[tuple[str, Operator]] = []
    here = fixed_indices(left, right) | goal.labels
    for sides, source in equations_at(goal, change, here):
        with suppress(Unsupported, SingularTerm):
            equations.append((source, subtract(*sides, lowering, here)))
            if sides[0].type.kind == "operator":
                one, other = map(lowering.spins.operator, sides)
                operators.append((source, one - other))
    over, used = eliminate(rest, equations)
    if over and (moved := by_motion(rest, goal, lowering)) is not None:
        rest, sources = canonical(moved[0], here | fixed_indices(left, right)), moved[1]
        over, used = eliminate(rest, equations)
        used |= sources
    if over and operators and left.type.kind == "operator":
        claim = lowering.spins.operator(left) - lowering.spins.operator(right)
        scales = {Term(term.factors) for _, c in claim.words for term, _ in c.terms if not term.bound}
        monomials = [Poly(((term, Fraction(1)),)) for term in sorted(scales, key=lambda term: term.sort_key)]
        products = [
            (source, in_any_state(product.scaled(monomial), here))
            for source, product in between_letters(claim, operators)
            for monomial in monomials[:MOST_SCALES]
        ]
        return eliminate(rest, [*equations, *products])
    return over, used


def inverse_traces(rest: Poly, lowering: Lowering) -> list[tuple[str, Poly]]:
    """That tr(M^{-1} M) is the size of M, in entries, for each M of which and of whose inverse there are some."""
    letters = {
        (which.matrix.axis, word[0])
        for which in atoms_in(rest)
        if isinstance(which, Entry) and (word := which.matrix.single) is not None and len(word) == 1
    }
    found: list[tuple[str, Poly]] = []
    for axis, letter in sorted(letters, key=repr):
        if not isinstance(letter, InverseOf) or (axis, letter.of) not in letters:
            continue
        i, j = new_index(axis), new_index(axis)
        inverse, matrix = letter_matrix(axis, letter), letter_matrix(axis, letter.of)
        product = lowering.matrices.entry(inverse, i, j) * freshen(lowering.matrices.entry(matrix, j, i))
        trace = lowering.summed(lowering.summed(product, i), j)
        found.append((INVERSE_TRACE, canonical(trace - lowering.size(axis))))
    return found


def _difference_of_matrices(
    goal: Goal, lowering: Lowering, change: dict[Index, Index], rest: Poly
) -> tuple[Poly, set[str]]:
    """The same for matrices, entry by entry: each is less a combination of that entry of the equations."""
    if change or fixed_indices(goal.left, goal.right):
        return rest, set()
    equations: list[tuple[str, Matrix]] = []
    for equality in goal.equalities:
        if equality.left.type == goal.left.type and not fixed_indices(equality.left, equality.right):
            with suppress(Unsupported, SingularTerm):
                words = lowering.matrices.words(equality.left) - lowering.matrices.words(equality.right)
                equations.append((equality.source, words))
    if not equations:
        return rest, set()
    claim = lowering.matrices.words(goal.left) - lowering.matrices.words(goal.right)
    used: set[str] = set()
    for row, column in places(goal.left.type.axes, frozenset()):
        free = frozenset((row, column))
        here = [(name, canonical(lowering.matrices.entry(words, row, column), free)) for name, words in equations]
        left, more = eliminate(canonical(lowering.matrices.entry(claim, row, column), free), here)
        if left:
            return left, used | more
        used |= more
    return Poly(), used


def normal(expr: Expr, goal: Goal) -> Poly:
    """The normal form of a scalar under the rules of a goal."""
    return canonical(Lowering(goal.scope, goal.rules, goal.definitions).scalar(expr), fixed_indices(expr))


def has_delta(expr: Expr, goal: Goal) -> bool:
    """Whether there is a Kronecker delta in a scalar, so that it depends on which of its free indices coincide."""
    poly = recanonical(Lowering(goal.scope, goal.rules, goal.definitions).scalar(expr))
    return any(isinstance(which, Delta) for which in atoms_in(poly))


def subtract(left: Expr, right: Expr, lowering: Lowering, here: frozenset[Index] = frozenset()) -> Poly:
    """The normal form of left - right; of a matrix or vector, of an entry that is not zero; of operators, in any state.

    The indices ``here`` are taken to differ from all others, as those of the two sides are.
    """
    free = here | fixed_indices(left, right)
    kind = left.type.kind
    if kind == "scalar":
        return canonical(lowering.scalar(left) - lowering.scalar(right), free)
    if kind == "operator":
        return in_any_state(lowering.spins.operator(left) - lowering.spins.operator(right), free)
    if kind == "ket":
        pairs = zip(lowering.spins.components(left), lowering.spins.components(right), strict=True)
        rests = (canonical(one - other, free) for one, other in pairs)
        return next((rest for rest in rests if rest), Poly())
    if kind == "matrix":
        difference_ = lowering.matrices.words(left) - lowering.matrices.words(right)
        if not difference_:
            return Poly()
        for row, column in places(left.type.axes, free):
            entry = canonical(lowering.matrices.entry(difference_, row, column), free | {row, column})
            if entry:
                return entry
        return Poly()
    for at_ in places(left.type.axes, free):
        entry = canonical(lowering.entry(left, at_) - lowering.entry(right, at_), free | set(at_))
        if entry:
            return entry
    return Poly()


def in_any_state(operator: Operator, free: frozenset[Index]) -> Poly:
    """An operator as its mean in a state of which nothing is known: zero where the operator is."""
    return canonical(sum((c * atom(Mean(ANY_STATE, word)) for word, c in operator.words), Poly()), free)


def places(axes: tuple[str, ...], free: frozenset[Index]) -> Iterator[tuple[Index, ...]]:
    """The places of a general entry: all indices new and different, then in every coincidence with others."""
    if not axes:
        yield ()
        return
    for others in places(axes[:-1], free):
        same = {index for index in (*free, *others) if index.range == axes[-1]}
        for last in (new_index(axes[-1]), *sorted(same, key=lambda index: index.name)):
            yield (*others, last)


def without_denominators(rest: Poly) -> Poly:
    """A normal form times powers of the sums in its denominators, so that it is zero where ``rest`` is.

    Only whole powers of sums in which no index of the term itself is bound are multiplied away.
    """
    while True:
        base = next((which for term, _ in rest.terms for which in _denominators(term)), None)
        if base is None:
            return rest
        lowest = min(_power_of(term, base) for term, _ in rest.terms)
        cleared = Poly()
        for term, coefficient in rest.terms:
            power = _power_of(term, base) - lowest
            if power.denominator != 1 or indices_of_atom(base) & set(term.bound):
                return rest
            others = tuple(factor for factor in term.factors if factor[0] != base)
            one = Poly(((Term(others, term.bound, term.distinct), coefficient),))
            cleared = cleared + one * freshen(power_of(base.base, power))
        rest = canonical(cleared)


def _denominators(term: Term) -> Iterator[Root]:
    for which, power in term.factors:
        is_free = not indices_of_atom(which) & set(term.bound)
        if isinstance(which, Root) and power.denominator == 1 and power < 0 and is_free:
            yield which


def _power_of(term: Term, base: Root) -> Fraction:
    return next((power for which, power in term.factors if which == base), Fraction(0))
