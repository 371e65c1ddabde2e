r"""Exact identities: both sides have the same normal form, for every size of every range.

The normal form proves equality outright. Equations whose left side is no symbol enter linearly: the difference of the
two sides must be a combination of them with rational coefficients. A closed scalar statement that the normal form
cannot settle (nested roots, common denominators, trigonometric reduction) goes to :func:`derive.decide`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from derive.algebra.atoms import ANY_STATE, Entry, Factors, Fn, Mean, Root, Term, Trace
from derive.algebra.indexed import Poly, SingularTerm, atom, atoms_in, canonical, freshen, multiply, new_index, power_of
from derive.algebra.indices import indices_of_atom
from derive.algebra.lowering import Lowering
from derive.algebra.matrix import InverseOf, Matrix, letter_matrix
from derive.algebra.operators import Operator, between_letters
from derive.algebra.phases import in_cosines, real_and_imaginary
from derive.algebra.raising import Raising
from derive.algebra.rules import Unsupported
from derive.expression import Expr, Index, Number
from derive.methods.goal import Answer, Goal, at, coincidences, fixed_indices

METHOD = "exact"
TRIGONOMETRIC = ("sin", "cos", "tan", "arcsin")
INVERSE_TRACE = "the trace of the inverse of a matrix times the matrix is its size"
CIRCULAR = "the premises give something through itself, without end"


def prove(goal: Goal) -> Answer:
    """Whether the two sides are equal, in every coincidence of their free indices."""
    try:
        answer = _prove(goal)
    except RecursionError:
        return Answer(False, METHOD, why=CIRCULAR)
    if not answer.shown and answer.rest is not None and has_trace(answer.rest):
        return _prove(replace(goal, traces=False))
    return answer


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
            decided = _by_decision(goal, change)
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
            decided = _by_decision(goal, change) or _rest_by_decision(rest, goal)
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
    for sides, source in _instances(goal, change, here):
        with suppress(Unsupported, SingularTerm):
            equations.append((source, subtract(*sides, lowering, here)))
            if sides[0].type.kind == "operator":
                one, other = map(lowering.spins.operator, sides)
                operators.append((source, one - other))
    over, used = eliminate(rest, equations)
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


def eliminate(rest: Poly, equations: list[tuple[str, Poly]]) -> tuple[Poly, set[str]]:
    """``rest`` less a combination of the equations that cancels all of it: a rational one, or one of their multiples.

    Returns what is left (zero if there is such a combination) and the equations that take part.
    """
    left, used = combined(rest, equations)
    if left and equations:
        left, used = combined(rest, [*equations, *_multiples(rest, equations)])
    return left, used


MOST_SCALES = 4
"""By how many scalars that stand in a claim equations of operators are multiplied."""
MULTIPLES = 60
"""How many multiples of equations are tried."""


def _multiples(rest: Poly, equations: list[tuple[str, Poly]]) -> Iterator[tuple[str, Poly]]:
    """Equations times monomials, without denominators, that make one of their terms one of ``rest``."""
    found: dict[tuple[str, Factors], Poly] = {}
    for source, equation in equations:
        for part, _ in equation.terms:
            for term, _ in rest.terms:
                factors = multiply(term.factors, tuple((which, -power) for which, power in part.factors))
                if part.bound or not factors or any(power < 0 for _, power in factors):
                    continue
                if any(indices_of_atom(which) & set(term.bound) for which, _ in factors):
                    continue
                if len(found) < MULTIPLES and (source, factors) not in found:
                    monomial = Poly(((Term(factors), Fraction(1)),))
                    found[source, factors] = canonical(monomial * freshen(equation))
    yield from ((source, multiple) for (source, _), multiple in found.items())


def combined(rest: Poly, equations: list[tuple[str, Poly]]) -> tuple[Poly, set[str]]:
    """``rest`` less the rational combination of the equations that cancels it, by elimination; itself if none does."""
    columns = [dict(poly.terms) for _, poly in equations]
    target = dict(rest.terms)
    terms: list[Term] = sorted({t for column in columns for t in column} | set(target), key=lambda t: t.sort_key)
    rows = [[column.get(t, Fraction(0)) for column in columns] + [target.get(t, Fraction(0))] for t in terms]
    pivots: list[tuple[int, int]] = []
    at_row = 0
    for column in range(len(equations)):
        pivot = next((r for r in range(at_row, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[at_row], rows[pivot] = rows[pivot], rows[at_row]
        lead = rows[at_row][column]
        rows[at_row] = [value / lead for value in rows[at_row]]
        for r in range(len(rows)):
            if r != at_row and rows[r][column]:
                factor = rows[r][column]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[at_row], strict=True)]
        pivots.append((at_row, column))
        at_row += 1
    if any(row[-1] for row in rows[at_row:]):
        return rest, set()
    return Poly(), {equations[column][0] for row, column in pivots if rows[row][-1]}


@dataclass(frozen=True, slots=True)
class Decided:
    """How the decision procedure proved a closed scalar, and the premises that were put in."""

    said: str
    sources: frozenset[str] = frozenset()
    points: int = 0


def _rest_by_decision(rest: Poly, goal: Goal) -> Decided | None:
    """How the decision procedure shows that a normal form with trigonometric functions in it is zero; None if not."""
    rest = in_cosines(rest)
    if not any(isinstance(which, Fn) and which.name in TRIGONOMETRIC for which in atoms_in(rest)):
        return None
    decided: Decided | None = None
    for part in real_and_imaginary(rest):
        if not part:
            continue
        try:
            printed = Raising(goal.scope).poly(part)
        except (Unsupported, TypeError, KeyError):
            return None
        decided = _by_decision(Goal(printed, Number(Fraction(0)), goal.scope), {})
        if decided is None:
            return None
    return decided or Decided("the exponential of an imaginary number by cosine and sine")


def _by_decision(goal: Goal, change: dict[Index, Index]) -> Decided | None:
    """How the decision procedure for closed scalars proves the statement, or None if it does not."""
    if goal.left.type.kind != "scalar":
        return None
    from derive.decision import decide
    from derive.sympy_bridge import Bridge, NotScalar

    sides = at(goal.left, change), at(goal.right, change)
    premises = list(_instances(goal, change, fixed_indices(*sides) | goal.labels))
    bridge = Bridge(goal.scope, goal.rules, (*sides, *(side for pair, _ in premises for side in pair)))
    try:
        left, right = (bridge.sympy(side) for side in sides)
    except NotScalar:
        return None
    used = frozenset(bridge.applied)
    known: dict[Any, tuple[Any, frozenset[str]]] = {}
    for (one, other), source in premises:
        bridge.applied.clear()
        with suppress(NotScalar):
            part, value = bridge.sympy(one), bridge.sympy(other)
            known[part] = value, frozenset((source, *bridge.applied))
    for put, sources in _with_premises(left, right, known):
        try:
            decision = decide(*put, assuming=sorted(bridge.conditions, key=str), suggest=False)
        except (TypeError, ValueError):
            continue
        if decision.verdict == "proved":
            where = ", where both sides are defined" if decision.hypotheses else ""
            said = f"the decision procedure for closed scalars ({decision.method}){where}"
            return Decided(said, used | sources, decision.points)
    return None


def _instances(
    goal: Goal, change: dict[Index, Index], here: frozenset[Index]
) -> Iterator[tuple[tuple[Expr, Expr], str]]:
    """The equations among the premises that speak of numbers at the places of a goal, with their source."""
    for premise in goal.equalities:
        if any(change.get(a, a) == change.get(b, b) for a, b in premise.apart):
            continue
        sides = at(premise.left, change), at(premise.right, change)
        if sides[0].type.kind in ("scalar", goal.left.type.kind) and not fixed_indices(*sides) - here:
            yield sides, premise.source


def _with_premises(
    left: Any, right: Any, known: Mapping[Any, tuple[Any, frozenset[str]]]
) -> Iterator[tuple[tuple[Any, Any], frozenset[str]]]:
    """The two sides as they are, and then with what premises say of parts of them: their left sides for their right."""
    yield (left, right), frozenset()
    found = [part for part in known if not part.is_Number and (left.has(part) or right.has(part))]
    if found:
        put = {part: known[part][0] for part in found}
        yield (left.xreplace(put), right.xreplace(put)), frozenset().union(*(known[part][1] for part in found))
