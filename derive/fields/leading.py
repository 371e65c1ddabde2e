"""Which term a relation is solved for: rewriting ends, since each rule leads from heavier words to lighter ones."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.fields.letters import HALF_TURN, Field, I, Matrix, Word, order_key
from derive.fields.rules import Relation
from derive.fields.words import Element, Term, mentions_field


class Leading:
    """The order of words that makes rules of relations.

    ``known`` are the names that the claim is about: others are eliminated first. With a ``weight``, the power of a
    small parameter that a term has, a relation is solved for the field that is differentiated least.
    """

    def __init__(self, known: frozenset[str], *, weight: Callable[[Term], int] | None) -> None:
        self.known = known
        self.power = weight
        self.levels: dict[tuple[str, tuple[str, ...]], int] = {}
        """How far above what it is defined by a matrix stands."""

    def define(self, relation: Relation) -> None:
        """Places a matrix that stands alone on the left above all that it is defined by."""
        words = [word for _, word in relation.left.terms if word] if relation.left is not None else []
        left = relation.left
        if left is None or len(words) != 1 or len(words[0]) != 1 or not isinstance(matrix := words[0][0], Matrix):
            return
        rest = [
            letter for _, other in (relation.element - left).terms for letter in other if isinstance(letter, Matrix)
        ]
        if all((letter.name, letter.labels) != (matrix.name, matrix.labels) for letter in rest):
            below = [self.levels.get((letter.name, letter.labels), 0) for letter in rest]
            self.levels[matrix.name, matrix.labels] = min(1 + max(below, default=0), 6)

    def is_equation(self, relation: Relation) -> bool:
        """Whether a relation does more than say what a field that the claim is not about is in terms of others."""
        left = relation.left.terms if relation.left is not None else {}
        words = [word for _, word in left]
        if len(words) != 1 or len(words[0]) != 1 or not isinstance(words[0][0], Field):
            return True
        field = words[0][0]
        again = sum(isinstance(x, Field) and x.name == field.name for _, word in relation.element.terms for x in word)
        return field.name in self.known or not field.move.is_nothing or again > 1

    def weight(self, word: Word) -> tuple:
        heavy = sum(100 ** self.levels.get((x.name, x.labels), 0) for x in word if isinstance(x, Matrix))
        moves = sum(1 for x in word if not isinstance(x, Matrix))
        return (heavy, moves, len(word), tuple(order_key(letter) for letter in word))

    def term(self, element: Element, relation: Relation) -> tuple[Term, Fraction] | None:
        """The term that a relation is solved for."""
        if element.is_scalar:
            printed = relation.left.terms if relation.left is not None else {}
            linear = [
                (t, n)
                for t, n in element.terms.items()
                if len(t[0]) == 1 and t[0][0][1] == 1 and t[0][0][0] not in (I, HALF_TURN)
            ]
            alone = [(t, n) for t, n in linear if sum(t[0][0][0] in dict(other[0]) for other in element.terms) == 1]
            return max(alone, key=lambda item: (len(printed) == 1 and item[0] in printed, item[0]), default=None)
        if mentions_field(element):
            return self.field_term(element, relation)
        candidates = [(t, n) for t, n in element.terms.items() if t[1]]
        heaviest = max(candidates, key=lambda item: self.weight(item[0][1]), default=None)
        if heaviest is None or not _is_unit(heaviest[0][0]):
            return None
        same = [t for t, _ in candidates if t[1] == heaviest[0][1]]
        return heaviest if len(same) == 1 and any(isinstance(x, Matrix) for x in heaviest[0][1]) else None

    def field_term(self, element: Element, relation: Relation) -> tuple[Term, Fraction] | None:
        alone = [
            (t, n) for t, n in element.terms.items()
            if len(t[1]) == 1 and isinstance(t[1][0], Field) and _is_unit(t[0])
            and self.is_once(t, element)
        ]  # fmt: skip
        printed = relation.left.terms if relation.left is not None else {}

        def rank(item: tuple[Term, Fraction]) -> tuple:
            field = item[0][1][0]
            assert isinstance(field, Field)
            own = any(
                isinstance(x, Field) and (x.name, x.labels) == (field.name, field.labels) and x != field
                for _, word in element.terms for x in word
            )  # fmt: skip
            new = field.name not in self.known
            is_printed = item[0] in printed and len(printed) == 1
            lowest = -field.move.derivative_order if self.power is not None else field.move.derivative_order
            if self.power is not None:
                return (field.gradient, new, not own, lowest, field.move.time, order_key(field))
            return (field.gradient, is_printed, field.move.time, new and not own, lowest, order_key(field))

        return max(alone, key=rank, default=None) if alone else self.word_term(element)

    def is_once(self, term: Term, element: Element) -> bool:
        """Whether no other term has the same word, but for those of a higher order."""
        others = [other for other in element.terms if other[1] == term[1] and other != term]
        return not others or (self.power is not None and all(self.power(o) > self.power(term) for o in others))

    def word_term(self, element: Element) -> tuple[Term, Fraction] | None:
        """The word that a relation is solved for where no field stands alone in it, as in Dirac's equation."""
        found = []
        for term, n in element.terms.items():
            end = term[1][-1] if term[1] else None
            once = sum(other[1] == term[1] for other in element.terms) == 1
            if isinstance(end, Field) and _is_unit(term[0]) and once:
                found.append(((end.move.derivative_order, self.weight(term[1])), (term, n)))
        return max(found, key=lambda item: item[0])[1] if found else None


def _is_unit(scalars) -> bool:
    """Whether a product of scalars may be divided by: numbers and the imaginary unit."""
    return all(scalar.name == "i" for scalar, _ in scalars)
