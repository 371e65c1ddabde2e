r"""Whether a line about fields follows from its premises: for every size that is not written out.

Both sides become elements, the premises rules, and the difference of the sides is rewritten. Zero is a proof: for all
lattice sizes, since moves are not tied to a lattice, and for all sizes of the matrices, since their words are not tied
to a size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product as cartesian

from derive.algebra.rules import Unsupported
from derive.constants import constant
from derive.expression import Add, Applied, Expr, Mul, Neg, Pow, walk
from derive.fields.letters import Field, Move
from derive.fields.nodes import Entry, Gradient, Place, Variable
from derive.fields.premise import Premise
from derive.fields.rewriting import Rewriter
from derive.fields.setting import Setting, written_out
from derive.fields.sums import Products, vanishes
from derive.fields.terms import free_letters, terms
from derive.fields.words import Element, act, fields_in, letters_in
from derive.notation import Scope

METHOD = "exact: words of operators"


@dataclass(frozen=True)
class Claim:
    """left = right from premises."""

    left: Expr
    right: Expr
    scope: Scope
    premises: tuple[Premise, ...] = ()

    def nodes(self) -> Iterator[Expr]:
        """All nodes of both sides, in print order."""
        yield from walk(self.left)
        yield from walk(self.right)

    def without(self, source: str) -> Claim:
        return Claim(self.left, self.right, self.scope, tuple(p for p in self.premises if p.source != source))


@dataclass(frozen=True)
class Proof:
    """Whether a claim was shown, from which premises, and what is left over if not."""

    shown: bool
    applied: frozenset[str] = frozenset()
    rest: Element | None = None
    why: str = ""


def prove(claim: Claim) -> Proof:
    """Whether the two sides are equal by the premises, in all sizes that are written out."""
    claim = of_matrices(claim)
    proof = _prove_sum(claim) if is_sum(claim) else _prove(claim)
    whole = tuple(p for p in claim.premises if not (has_components(p.left) or has_components(p.right)))
    if not proof.shown and len(whole) < len(claim.premises) and not has_components(Add((claim.left, claim.right))):
        again = _prove(replace(claim, premises=whole))
        return again if again.shown else proof
    return proof


def is_sum(claim: Claim) -> bool:
    """Whether a claim is about a number with products of two columns in it."""
    if any(isinstance(node, Gradient | Applied) for node in claim.nodes()):
        return False
    if free_letters(claim.left):
        return False
    products = (factors for side in (claim.left, claim.right) for _, factors in terms(side))
    return any(sum(map(_columns, factors)) > 1 for factors in products)


def _columns(factor: Expr) -> int:
    """How many variables at a place, or of a single neuron, a factor of a product is a product of."""
    match factor:
        case Variable(axes=axes, places=places):
            return int(bool(places) or not axes)
        case Pow(base=base, exponent=exponent) if constant(exponent) == 2:
            return 2 * any(isinstance(node, Variable) and _columns(node) for node in walk(base))
    return 0


def _prove_sum(claim: Claim) -> Proof:
    """A claim about sums over all sites of products of two columns."""
    applied: frozenset[str] = frozenset()
    try:
        for sizes in all_sizes(claim):
            setting = Setting(claim.premises, sizes, claim.scope)
            calculus = Products(claim.scope, sizes, setting.known)
            pairs = [*calculus.pairs(claim.left), *((-left, right) for left, right in calculus.pairs(claim.right))]
            names = fields_in(element for pair in pairs for element in pair)
            rewriter = Rewriter([*setting.relations, *setting.known.relations], names)
            later = to_later(element for pair in pairs for element in pair)
            moved = [(act(later, left), act(later, right)) for left, right in pairs]
            if not vanishes(pairs, rewriter) and (later.is_nothing or not vanishes(moved, rewriter)):
                return Proof(False, why="the two sums differ by the named premises")
            applied |= rewriter.used | setting.known.used
    except Unsupported as problem:
        return Proof(False, why=str(problem))
    return Proof(True, applied)


def has_components(expr: Expr) -> bool:
    """Whether a component of a column, or an entry of a matrix, is taken at a number."""
    axes = (node for node in walk(expr) if isinstance(node, Variable | Entry))
    return any(place.index.is_label for node in axes for place in _axes_of(node))


def _axes_of(node: Variable | Entry) -> tuple[Place, ...]:
    return node.places if isinstance(node, Variable) else (*node.rows, *node.columns)


def _prove(claim: Claim) -> Proof:
    applied: frozenset[str] = frozenset()
    try:
        for sizes in all_sizes(claim):
            setting = Setting(claim.premises, sizes, claim.scope)
            gaps = [left - right for left, right in setting.instances(claim.left, claim.right, claim.scope)]
            proof = vanish(gaps, setting)
            if not proof.shown and not (later := to_later(gaps)).is_nothing:
                again = vanish([act(later, gap) for gap in gaps], setting)
                proof = again if again.shown else proof
            if not proof.shown:
                return proof
            applied |= proof.applied
    except Unsupported as problem:
        return Proof(False, why=str(problem))
    return Proof(True, applied)


def all_sizes(claim: Claim) -> Iterator[Mapping[str, int]]:
    """The sizes in which a claim is written out: those that are printed, and as many others as decide it for all."""
    scopes = [claim.scope, *(premise.scope for premise in claim.premises)]
    exprs = [claim.left, claim.right, *(side for premise in claim.premises for side in premise.sides)]
    found = written_out(exprs, scopes)
    for chosen in cartesian(*found.values()):
        yield dict(zip(found, chosen, strict=True))


def vanish(gaps: list[Element], setting: Setting) -> Proof:
    """Whether elements are zero by the premises of a setting, and no line integral depends on its path."""
    relations = [*setting.relations, *setting.known.relations]
    rewriter = Rewriter(relations, fields_in(gaps), about=(*setting.known.required, *gaps))
    for gap in (*setting.known.required, *gaps):
        rest = rewriter.reduced(gap)
        if rest:
            path = any(gap is required for required in setting.known.required)
            return Proof(False, rest=rest, why="a line integral depends on its path" if path else "")
    return Proof(True, frozenset(rewriter.used | setting.known.used))


def to_later(elements: Iterable[Element]) -> Move:
    """The shift by which no field is earlier than now: rules lead from later times to earlier ones, and end at now.

    What holds at one time holds at all of them, as premises do.
    """
    times = (letter.move.time for element in elements for letter in letters_in(element) if isinstance(letter, Field))
    return Move(time=max(0, -min(times, default=0)))


def of_matrices(claim: Claim) -> Claim:
    """A claim about matrices, with premises ``A v = B v`` on a column v of which nothing is said as ``A = B``."""
    if any(isinstance(node, Variable) for node in claim.nodes()):
        return claim
    return replace(claim, premises=tuple(_without_column(premise, claim) for premise in claim.premises))


def _without_column(premise: Premise, claim: Claim) -> Premise:
    left, right = _stripped(premise.left), _stripped(premise.right)
    if left is None or right is None or left[1] != right[1]:
        return premise
    declared = premise.scope.symbols.get(left[1].name)
    if declared is None or "free" not in declared.properties:
        return premise
    others = (node for other in claim.premises if other.source != premise.source for node in other.nodes())
    if any(isinstance(node, Variable) and node.name == left[1].name for node in others):
        return premise
    return replace(premise, left=left[0], right=right[0])


def _stripped(side: Expr) -> tuple[Expr, Variable] | None:
    """A product without the column that ends it, and that column."""
    match side:
        case Neg(term=term):
            inner = _stripped(term)
            return None if inner is None else (Neg(inner[0]), inner[1])
        case Mul(factors=(*before, Variable() as column)) if before:
            return (before[0] if len(before) == 1 else Mul(tuple(before))), column
    return None
