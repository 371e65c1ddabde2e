"""What follows from rules taken together: their overlaps (Knuth and Bendix), and their products with inverses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from derive.fields.letters import Matrix, order_key
from derive.fields.rules import Relation, Rewriting
from derive.fields.words import Element, letters_in

MOST_RULES = 160
LONGEST_WORD = 6
LONGEST_WITH_INVERSES = 4


def overlaps(first: Rewriting, second: Rewriting) -> Iterator[Relation]:
    """What two rules say of the words that end with a part of the one and begin with the other, in two ways."""
    one, two = first.word, second.word
    for length in range(1, min(len(one), len(two)) + 1):
        if (
            one[-length:] == two[:length]
            and len(one) + len(two) - length <= LONGEST_WORD
            and (one != two or length < len(one))
        ):
            left = first.value * Element.word(two[length:])
            right = Element.word(one[:-length]) * second.value
            yield Relation(left - right, first.source | second.source)


def times_inverses(rules: Sequence[Rewriting], asked: Iterable[Matrix]) -> Iterator[Relation]:
    """Rules multiplied by the inverses of the matrices that their words begin and end with.

    ``asked`` are inverses that the claim is about; those of the rules are taken too.
    """
    todo = [(Element.word(rule.word) - rule.value, rule.source) for rule in rules]
    inverses = {*asked, *(x for element, _ in todo for x in inverses_in(element))}
    inverses |= {replace(x, transposed=not x.transposed) for x in inverses}
    seen = {element for element, _ in todo}
    while todo and inverses:
        element, source = todo.pop(0)
        for letter in sorted(inverses, key=order_key):
            for more in _times(element, letter):
                longest = max((len(word) for _, word in more.terms), default=0)
                if more and more not in seen and longest <= LONGEST_WITH_INVERSES and len(seen) < MOST_RULES:
                    seen.add(more)
                    todo.append((more, source))
                    yield Relation(more, source)


def inverses_in(element: Element) -> set[Matrix]:
    """The inverse matrices that an element is about."""
    return {x for x in letters_in(element) if isinstance(x, Matrix) and x.inverse}


def _times(element: Element, letter: Matrix) -> Iterator[Element]:
    """An element times an inverse from the sides on which that cancels something."""
    against = replace(letter, inverse=False)
    if any(word and word[0] == against for _, word in element.terms):
        yield Element.of(letter) * element
    if any(word and word[-1] == against for _, word in element.terms):
        yield element * Element.of(letter)
