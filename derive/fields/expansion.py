r"""The continuum limit: shifts expanded in derivatives, each derivative counting one power of the small parameter.

``\phi(t+1) = \phi + \partial_0\phi + \frac12\partial_0^2\phi + \dots``, where time and space are measured in steps:
with a step and a spacing of s in the units of the fields every derivative has a factor s. Variables and parameters
have the weights that the notation gives them. A real power of a matrix X with X² = -1 is expanded as the exponential of
``\frac{\pi}{2} \theta X``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import factorial

from derive.algebra.rules import Unsupported
from derive.fields.letters import HALF_TURN, HERE, Field, Letter, Matrix, Move, Moved, Scalar, logarithm
from derive.fields.proving import Claim, all_sizes
from derive.fields.rewriting import Rewriter
from derive.fields.rules import Relation
from derive.fields.setting import Setting
from derive.fields.words import ONE, Element, Remainder, Term, fields_in, total
from derive.notation import Scope


@dataclass(frozen=True)
class Weights:
    """The powers of a small parameter that each name carries."""

    of: dict[str, int]
    order: int
    turns: frozenset[tuple[str, tuple[str, ...]]] = frozenset()
    """The matrices X of which a premise says that X² = -1."""

    @staticmethod
    def in_scopes(scopes: list[Scope], parameter: str, order: int) -> Weights:
        found: dict[str, int] = {}
        for scope in scopes:
            found.update({d.key: d.weights[parameter] for d in scope.symbols.values() if parameter in d.weights})
        return Weights(found, order)

    def weight(self, term: Term) -> int:
        scalars, word = term
        found = sum(n * (self.of.get(s.name, 0) + s.move.derivative_order) for s, n in scalars)
        for letter in word:
            move = getattr(letter, "move", HERE)
            found += move.derivative_order + self.of.get(getattr(letter, "name", ""), 0)
        return found

    def expanded(self, element: Element) -> Element:
        """All shifts as derivatives, up to the order."""
        found = []
        for (scalars, word), n in element.terms.items():
            part = Element.number(n)
            for scalar, power in scalars:
                if power < 0 and (scalar.moves or self.of.get(scalar.name)):
                    raise Unsupported("something small, or a field of numbers, in a denominator")
                one = self.shifted(scalar) if power > 0 else Element.scalars(((scalar, -1),))
                for _ in range(abs(power)):
                    part = part * one
            for letter in word:
                part = self.cut(part * self.letter(letter))
            found.append(self.cut(part))
        return total(found)

    def letter(self, letter: Letter) -> Element:
        if isinstance(letter, Matrix) and letter.exponent:
            return self.power(letter)
        return self.shifted(letter) if isinstance(letter, Moved | Field | Matrix) else Element.of(letter)

    def shifted(self, thing: Scalar | Moved | Field | Matrix) -> Element:
        """What is taken some steps from here and now, by its derivatives here: the series of Taylor."""
        move = thing.move
        along = [(0, move.time), *move.sites]
        found: dict[Move, Fraction] = {move.derivative(): Fraction(1)}
        power = dict(found)
        for n in range(1, self.order + 1):
            more: dict[Move, Fraction] = {}
            for slopes, coefficient in power.items():
                for direction, count in along:
                    if count:
                        key = slopes.then(Move(slopes=((direction, 1),)))
                        more[key] = more.get(key, Fraction(0)) + coefficient * count
            power = more
            for key, coefficient in power.items():
                found[key] = found.get(key, Fraction(0)) + coefficient / factorial(n)
        return self.cut(total(Element.of(replace(thing, move=key)).scaled(n) for key, n in found.items()))

    def power(self, letter: Matrix) -> Element:
        exponent = total(
            self.expanded(Element({(((s, 1),), ()): n})) for s, n in letter.exponent
        )  # fmt: skip
        small = Element({term: n for term, n in exponent.terms.items() if self.weight(term) > 0})
        rest = (exponent - small).terms
        if any(word or len(scalars) != 1 or scalars[0][1] != 1 for scalars, word in rest):
            raise Unsupported("a real power whose exponent is no sum of numbers")
        start = Element.number(1)
        if rest:
            power = tuple(sorted((scalars[0][0], n) for (scalars, _), n in rest.items()))
            start = Element.of(replace(letter, exponent=power))
        if not small:
            return start
        if (letter.name, letter.labels) not in self.turns:
            raise Unsupported("a real power of a matrix whose square is not known to be -1")
        base = Element.of(replace(letter, exponent=(), moves=False))
        angle = small.scaled(Fraction(1, 2)) * Element.of(HALF_TURN)
        found, product = [Element.number(1)], Element.number(1)
        for n in range(1, self.order + 1):
            product = self.cut(product * angle * base)
            found.append(product.scaled(Fraction(1, factorial(n))))
        return start * total(found)

    def cut(self, element: Element) -> Element:
        return Element({term: n for term, n in element.terms.items() if self.weight(term) <= self.order})

    def part(self, element: Element, order: int) -> Element:
        return Element({term: n for term, n in element.terms.items() if self.weight(term) == order})


@dataclass(frozen=True)
class Expansion:
    """Whether a line holds to an order, and what is left at the next one, in each of its components."""

    shown: bool
    applied: frozenset[str] = frozenset()
    remainder: tuple[Element, ...] = ()
    components: Remainder = ()
    """The same with those that have none."""
    is_empty: bool = False
    why: str = ""


def prove_to_order(claim: Claim, order: int, parameter: str) -> Expansion:
    """Whether the two sides agree up to an order of the small parameter, by the premises expanded to it."""
    scopes = [claim.scope, *(premise.scope for premise in claim.premises)]
    applied: frozenset[str] = frozenset()
    components: list[tuple[Mapping[str, int], tuple[Element, ...]]] = []
    empty = True
    try:
        for sizes in all_sizes(claim):
            setting = Setting(claim.premises, sizes, claim.scope)
            sides = list(setting.instances(claim.left, claim.right, claim.scope))
            found: list[Element] = []
            for at in (order, order + 1):
                weights = replace(Weights.in_scopes(scopes, parameter, at), turns=_turns(setting.relations))
                rewriter = _rewriter(setting, sides, weights)
                for left, right in sides:
                    rest = weights.cut(rewriter.reduced(weights.expanded(left - right)))
                    if at == order:
                        empty = empty and not weights.expanded(left) and not weights.expanded(right)
                        applied |= rewriter.used | setting.known.used
                        if rest and rewriter.not_used:
                            return Expansion(False, why="not all premises could be used")
                        if rest:
                            return Expansion(False)
                    else:
                        found.append(weights.part(rest, at))
            components.append((sizes, tuple(found)))
    except Unsupported as problem:
        return Expansion(False, why=str(problem))
    remainder = tuple(element for _, found in components for element in found if element)
    return Expansion(True, applied, remainder, tuple(components), empty)


def _turns(relations: list[Relation]) -> frozenset[tuple[str, tuple[str, ...]]]:
    """The matrices whose square is said to be -1."""
    found = set()
    for relation in relations:
        terms = relation.element.terms
        words = [word for _, word in terms if word]
        if len(terms) == 2 and len(words) == 1 and len(words[0]) == 2 and words[0][0] == words[0][1]:
            letter = words[0][0]
            if isinstance(letter, Matrix) and terms.get((ONE, ())) == terms.get((ONE, words[0])):
                found.add((letter.name, letter.labels))
    return frozenset(found)


def _rewriter(setting: Setting, sides: list[tuple[Element, Element]], weights: Weights) -> Rewriter:
    relations = [
        Relation(weights.expanded(r.element), r.source, None if r.left is None else weights.expanded(r.left))
        for r in (*setting.relations, *setting.known.relations)
    ]
    for name, labels in weights.turns:
        matrix = Matrix(name, labels)
        quarter = Element.of(HALF_TURN).scaled(Fraction(1, 2)) * Element.of(matrix)
        relations.append(Relation(Element.of(logarithm(matrix)) - quarter, frozenset(), Element.of(logarithm(matrix))))
    names = fields_in(left - right for left, right in sides)
    return Rewriter(relations, names, weight=weights.weight, cut=weights.cut)


__all__ = ["Expansion", "Weights", "prove_to_order"]
