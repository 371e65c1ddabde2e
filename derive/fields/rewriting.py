r"""Rewriting by equations between elements.

A rule takes the heaviest word of an equation to the rest. Words are weighed so that what is defined goes before what
it is defined by, then by length, then by letters; each step makes a word lighter, so that rewriting ends. Rules are
completed up to a number of them. An element that is rewritten to zero is zero by the premises; one that is not may be
zero all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

from derive.algebra.rules import Unsupported
from derive.fields.completion import MOST_RULES, inverses_in, overlaps, times_inverses
from derive.fields.leading import Leading
from derive.fields.letters import HERE, Field, Matrix, Word
from derive.fields.rules import Found, Relation, Rewriting, Value, head, with_value
from derive.fields.words import Element, Monomial, Term, inverse, mentions_field, times, transposed

MOST_STEPS = 20_000
LONGEST_REWRITTEN = 24
"""The length of words beyond which rewriting is taken to grow without end."""


class Rewriter:
    """Rules from relations. ``known`` are the names that the claim is about; others are eliminated first.

    To an order of a small parameter, ``weight`` is the power of it that a term has, and ``cut`` drops what is of higher
    order.
    """

    def __init__(
        self,
        relations: Iterable[Relation],
        known: frozenset[str] = frozenset(),
        *,
        weight: Callable[[Term], int] | None = None,
        cut: Callable[[Element], Element] | None = None,
        about: Iterable[Element] = (),
    ) -> None:
        self.inverses = {x for element in about for x in inverses_in(element)}
        self.cut = cut or (lambda element: element)
        self.order = Leading(known, weight=weight)
        self.rules: list[Rewriting] = []
        self.for_fields: dict[tuple[str, tuple[str, ...]], list[Rewriting]] = {}
        self.for_letters: dict[tuple, list[Rewriting]] = {}
        self.values: list[Value] = []
        self.used: set[str] = set()
        self.not_used: list[Relation] = []
        matrices: list[Relation] = []
        fields: list[Relation] = []
        for relation in relations:
            (fields if mentions_field(relation.element) else matrices).append(relation)
        for _ in range(4):
            for relation in matrices:
                self.order.define(relation)
        for relation in matrices:
            self.add(relation)
            if not relation.element.is_scalar:
                try:
                    self.add(Relation(transposed(relation.element), relation.source))
                except Unsupported:
                    continue
        self.complete()
        for relation in sorted(fields, key=self.order.is_equation):
            self.add(relation)

    def add(self, relation: Relation) -> None:
        """A relation as a rule, after it is rewritten by the rules there are."""
        element, used = self.reduced_by(relation.element)
        if not element:
            return
        found = self.order.term(element, relation)
        if found is None:
            self.not_used.append(relation)
            return
        term, n = found
        scalars, word = term
        rest = Element({other: m for other, m in element.terms.items() if other != term})
        value = rest.scaled(-1 / n)
        if scalars and word:
            value = inverse(Element.scalars(scalars)) * value
        source = relation.source | used
        if not word:
            self.values.append(Value(scalars[0][0], value, source))
            return
        everywhere = True
        if isinstance(word[-1], Field):
            field = word[-1]
            again = any(isinstance(x, Field) and (x.name, x.labels) == (field.name, field.labels)
                        for _, other in rest.terms for x in other)  # fmt: skip
            everywhere = not again
        rule = Rewriting(word, value, source, everywhere)
        self.rules.append(rule)
        if isinstance(word[-1], Field):
            self.for_fields.setdefault((word[-1].name, word[-1].labels), []).append(rule)
        else:
            self.for_letters.setdefault(head(word[0]), []).append(rule)

    def reduced_by(self, element: Element) -> tuple[Element, frozenset[str]]:
        """The element rewritten, and the premises that this took."""
        before, self.used = self.used, set()
        rest, found = self.reduced(element), frozenset(self.used)
        self.used |= before
        return rest, found

    def complete(self) -> None:
        """Adds what overlapping rules give, until nothing is new or there are too many rules."""
        for relation in times_inverses(self.rules, self.inverses):
            self.add(relation)
        done: set[tuple[Word, Word]] = set()
        for _ in range(4):
            before = len(self.rules)
            for first in list(self.rules):
                for second in list(self.rules):
                    if (first.word, second.word) in done:
                        continue
                    done.add((first.word, second.word))
                    for relation in overlaps(first, second):
                        if len(self.rules) < MOST_RULES:
                            self.add(relation)
            if len(self.rules) == before:
                return

    def reduced(self, element: Element) -> Element:
        """The element rewritten until no rule applies. Raises Unsupported where that takes too long."""
        done: dict[Term, Fraction] = {}
        todo = dict(element.terms)
        steps = 0
        while todo:
            term, n = todo.popitem()
            steps += 1
            if steps > MOST_STEPS or len(term[1]) > LONGEST_REWRITTEN:
                raise Unsupported("rewriting by the premises does not come to an end")
            put = self.step(term)
            if put is None:
                done[term] = done.get(term, Fraction(0)) + n
                continue
            for other, m in self.cut(put).terms.items():
                value = todo.get(other, Fraction(0)) + n * m
                if value:
                    todo[other] = value
                else:
                    todo.pop(other, None)
        return Element(done)

    def step(self, term: Term) -> Element | None:
        """One rewriting of a term, or None."""
        scalars, word = term
        put = self.by_value(scalars, word)
        if put is not None:
            return put
        turned = self.past_power(word)
        if turned is not None:
            return Element.scalars(scalars) * Element.word(turned)
        found = self.applied(word)
        if found is None:
            return None
        position, length, value = found
        before = Element({(scalars, word[:position]): Fraction(1)})
        return before * value * Element.word(word[position + length :])

    def by_value(self, scalars: Monomial, word: Word) -> Element | None:
        """A term with one of its scalars, there or in a power of a matrix, put as what it is."""
        for value in self.values:
            for position, (scalar, n) in enumerate(scalars):
                put = value.at(scalar) if n > 0 else None
                if put is not None:
                    self.used |= value.source
                    _, rest = times((*scalars[:position], *scalars[position + 1 :]), ((scalar, n - 1),))
                    return Element.scalars(rest) * put * Element.word(word)
            for position, letter in enumerate(word):
                power = with_value(letter, value) if isinstance(letter, Matrix) and letter.exponent else None
                if power is not None:
                    self.used |= value.source
                    return Element.scalars(scalars) * Element.word((*word[:position], power, *word[position + 1 :]))
        return None

    def past_power(self, word: Word) -> Word | None:
        """A word with a real power of a matrix moved past a neighbour that the matrix is known to commute with."""
        for position in range(len(word) - 1):
            pair = word[position], word[position + 1]
            bare = tuple(
                replace(x, exponent=(), moves=False, move=HERE, space=0) if isinstance(x, Matrix) else x for x in pair
            )
            powers = [bool(getattr(x, "exponent", ())) for x in pair]
            if not any(powers) or getattr(pair[0], "space", 0) != getattr(pair[1], "space", 0):
                continue
            turned = (*word[:position], pair[1], pair[0], *word[position + 2 :])
            if powers == [False, True] and bare[0] == bare[1]:
                return turned
            for rule in self.for_letters.get(head(bare[0]), ()):
                if rule.word == bare and rule.value == Element.word(bare[::-1]):
                    self.used |= rule.source
                    return turned
        return None

    def applied(self, word: Word) -> Found | None:
        """The first rule that applies: to the column that ends the word, then to letters, from the right."""
        end = word[-1] if word else None
        for rule in self.for_fields.get((end.name, end.labels), ()) if isinstance(end, Field) else ():
            found = rule.at_the_end(word)
            if found is not None:
                self.used |= rule.source
                return found
        for position in range(len(word) - 1, -1, -1):
            for rule in self.for_letters.get(head(word[position]), ()):
                found = rule.at(word, position)
                if found is not None:
                    self.used |= rule.source
                    return found
        return None
