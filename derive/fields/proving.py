r"""Whether a line about fields follows from its premises: for every size that is not written out.

Both sides become elements, the premises rules, and the difference of the sides is rewritten. Zero is a proof: for all lattice
sizes, since moves are not tied to a lattice, and for all sizes of the matrices, since their words are not tied to a size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product as cartesian

from derive.algebra.rules import Unsupported
from derive.expression import Expr
from derive.fields.letters import Field
from derive.fields.rewriting import Relation, Rewriter, letters_in
from derive.fields.setting import Premise, Setting, written_out
from derive.fields.words import Element
from derive.notation import Scope

METHOD = "exact: words of operators"


@dataclass(frozen=True)
class Claim:
    """left = right from premises."""

    left: Expr
    right: Expr
    scope: Scope
    premises: tuple[Premise, ...] = ()

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
    applied: frozenset[str] = frozenset()
    try:
        for sizes in all_sizes(claim):
            setting = Setting(claim.premises, sizes)
            gaps = [left - right for left, right in setting.instances(claim.left, claim.right, claim.scope)]
            proof = _vanish(gaps, setting, claim)
            if not proof.shown:
                return proof
            applied |= proof.applied
    except Unsupported as problem:
        return Proof(False, why=str(problem))
    return Proof(True, applied)


def all_sizes(claim: Claim) -> Iterator[Mapping[str, int]]:
    """The sizes in which a claim is written out: a symbolic number of directions is tried up to four."""
    scopes = [claim.scope, *(premise.scope for premise in claim.premises)]
    exprs = [claim.left, claim.right, *(side for p in claim.premises for side in (p.left, p.right))]
    found = written_out(exprs, scopes)
    for chosen in cartesian(*found.values()):
        yield dict(zip(found, chosen, strict=True))


def _vanish(gaps: list[Element], setting: Setting, claim: Claim) -> Proof:
    names = frozenset(x.name for gap in gaps for x in letters_in(gap) if isinstance(x, Field))
    relations = [*setting.relations, *setting.known.relations]
    rewriter = Rewriter([*relations, *operators_of(relations, gaps)], names)
    for gap in (*setting.known.required, *gaps):
        rest = rewriter.reduced(gap)
        if rest:
            path = any(gap is required for required in setting.known.required)
            return Proof(False, rest=rest, why="a line integral depends on its path" if path else "")
    return Proof(True, frozenset(rewriter.used | setting.known.used))


def operators_of(relations: list[Relation], gaps: list[Element]) -> list[Relation]:
    """Relations on one column of which nothing else is known, as relations on operators: they hold for all columns."""
    if any(isinstance(x, Field) for gap in gaps for x in letters_in(gap)):
        return []
    found = []
    for relation in relations:
        ends = {word[-1] for _, word in relation.element.terms if word}
        end = next(iter(ends), None)
        if len(ends) != 1 or not isinstance(end, Field) or end.gradient or not end.move.is_nothing:
            continue
        elsewhere = (x for other in relations if other is not relation for x in letters_in(other.element))
        if any(isinstance(x, Field) and x.name == end.name for x in elsewhere):
            continue
        strip = {(scalars, word[:-1]): n for (scalars, word), n in relation.element.terms.items()}
        left = relation.left.terms if relation.left is not None else {}
        own = Element({(scalars, word[:-1]): n for (scalars, word), n in left.items()})
        found.append(Relation(Element(strip), relation.source, own))
    return found
