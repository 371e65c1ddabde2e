r"""Equations between elements, used as rules: what a word is put for, and the words that overlap two rules.

A rule takes the heaviest word of an equation to the rest. Words are weighed so that what is defined goes before what
it is defined by, then by length, then by letters; each step makes a word lighter, so that rewriting ends. Overlaps of
two rules give new ones (Knuth and Bendix), up to a number of rules. An element that is rewritten to zero is zero by
the premises; one that is not may be zero all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.algebra.rules import Unsupported
from derive.fields.letters import (
    HALF_TURN,
    HERE,
    Field,
    I,
    Letter,
    Matrix,
    Move,
    Moved,
    Pauli,
    Scalar,
    Word,
    moved,
    order_key,
)
from derive.fields.words import ONE, Element, Term, act, inverse, times, transposed, with_space

MOST_RULES = 160
LONGEST_WORD = 6
LONGEST_WITH_INVERSES = 4
MOST_STEPS = 20_000
LONGEST_REWRITTEN = 24
"""The length of words beyond which rewriting is taken to grow without end."""


@dataclass(frozen=True)
class Rewriting:
    """A word, or a field at the end of one, and the element that may stand for it."""

    word: Word
    value: Element
    source: frozenset[str]
    everywhere: bool = True
    """Of a field: whether it holds at all times; otherwise only from the time of ``word`` on."""


@dataclass(frozen=True)
class Value:
    """A scalar and what it is."""

    scalar: Scalar
    value: Element
    source: frozenset[str]

    def at(self, scalar: Scalar) -> Element | None:
        """What a scalar is by this, some shifts from where it is said too; None where it says nothing of it."""
        if scalar == self.scalar:
            return self.value
        if (scalar.name, scalar.labels) != (self.scalar.name, self.scalar.labels) or not scalar.moves:
            return None
        again = any(other.name == scalar.name for scalars, _ in self.value.terms for other, _ in scalars)
        if again or scalar.move.slopes or self.scalar.move.slopes or not self.value.is_scalar:
            return None
        by = scalar.move.then(self.scalar.move.back())
        return Element(
            {(tuple(sorted((moved(x, by), m) for x, m in scalars)), word): n
             for (scalars, word), n in self.value.terms.items()}
        )  # fmt: skip


@dataclass(frozen=True)
class Relation:
    """An element that is zero, and the premises that make it so."""

    element: Element
    source: frozenset[str]
    left: Element | None = None
    """The printed left side, which is rewritten first where it can be."""


class Rewriter:
    """Rules from relations. ``known`` are the names that the claim is about; others are eliminated first."""

    def __init__(
        self,
        relations: Iterable[Relation],
        known: frozenset[str] = frozenset(),
        *,
        fields_first: bool = False,
        cut: Callable[[Element], Element] | None = None,
        about: Iterable[Element] = (),
    ) -> None:
        self.inverses = {x for element in about for x in letters_in(element) if isinstance(x, Matrix) and x.inverse}
        self.cut = cut or (lambda element: element)
        self.rules: list[Rewriting] = []
        self.for_fields: dict[tuple[str, tuple[str, ...]], list[Rewriting]] = {}
        self.for_letters: dict[tuple, list[Rewriting]] = {}
        self.values: list[Value] = []
        self.used: set[str] = set()
        self.known = known
        self.fields_first = fields_first
        self.levels: dict[tuple[str, tuple[str, ...]], int] = {}
        """How far above what it is defined by a matrix stands."""
        self.not_used: list[Relation] = []
        matrices: list[Relation] = []
        fields: list[Relation] = []
        for relation in relations:
            (fields if _mentions_field(relation.element) else matrices).append(relation)
        for _ in range(4):
            for relation in matrices:
                self.define(relation)
        for relation in matrices:
            self.add(relation)
            if not relation.element.is_scalar:
                try:
                    self.add(Relation(transposed(relation.element), relation.source))
                except Unsupported:
                    continue
        self.complete()
        for relation in sorted(fields, key=self.is_equation):
            self.add(relation)

    def is_equation(self, relation: Relation) -> bool:
        """Whether a relation does more than say what a field that the claim is not about is in terms of others."""
        left = relation.left.terms if relation.left is not None else {}
        words = [word for _, word in left]
        if len(words) != 1 or len(words[0]) != 1 or not isinstance(words[0][0], Field):
            return True
        field = words[0][0]
        again = sum(isinstance(x, Field) and x.name == field.name for _, word in relation.element.terms for x in word)
        return field.name in self.known or not field.move.is_nothing or again > 1

    # -- rules ---------------------------------------------------------------------------------------------------

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

    def weight(self, word: Word) -> tuple:
        heavy = sum(100 ** self.levels.get((x.name, x.labels), 0) for x in word if isinstance(x, Matrix))
        moves = sum(1 for x in word if not isinstance(x, Matrix))
        return (heavy, moves, len(word), tuple(order_key(letter) for letter in word))

    def add(self, relation: Relation) -> None:
        """A relation as a rule, after it is rewritten by the rules there are."""
        element, used = self.reduced_by(relation.element)
        if not element:
            return
        found = self.leading(element, relation)
        if found is None:
            self.not_used.append(relation)
            return
        term, n = found
        scalars, word = term
        rest = Element({other: m for other, m in element.terms.items() if other != term})
        value = rest.scaled(-1 / n)
        if scalars and word:
            value = inverse(Element({(scalars, ()): Fraction(1)})) * value
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
            self.for_letters.setdefault(_head(word[0]), []).append(rule)

    def reduced_by(self, element: Element) -> tuple[Element, frozenset[str]]:
        """The element rewritten, and the premises that this took."""
        before, self.used = self.used, set()
        rest, found = self.reduced(element), frozenset(self.used)
        self.used |= before
        return rest, found

    def leading(self, element: Element, relation: Relation) -> tuple[Term, Fraction] | None:
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
        if _mentions_field(element):
            return self.leading_field(element, relation)
        candidates = [(t, n) for t, n in element.terms.items() if t[1]]
        heaviest = max(candidates, key=lambda item: self.weight(item[0][1]), default=None)
        if heaviest is None or not _is_unit(heaviest[0][0]):
            return None
        same = [t for t, _ in candidates if t[1] == heaviest[0][1]]
        return heaviest if len(same) == 1 and any(isinstance(x, Matrix) for x in heaviest[0][1]) else None

    def leading_field(self, element: Element, relation: Relation) -> tuple[Term, Fraction] | None:
        alone = [
            (t, n) for t, n in element.terms.items()
            if len(t[1]) == 1 and isinstance(t[1][0], Field) and _is_unit(t[0])
            and sum(other[1] == t[1] for other in element.terms) == 1
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
            lowest = -field.move.derivative_order if self.fields_first else field.move.derivative_order
            if self.fields_first:
                return (field.gradient, new, not own, lowest, field.move.time, order_key(field))
            return (field.gradient, is_printed, field.move.time, new and not own, lowest, order_key(field))

        return max(alone, key=rank, default=None) if alone else self.leading_word(element)

    def leading_word(self, element: Element) -> tuple[Term, Fraction] | None:
        """The word that a relation is solved for where no field stands alone in it, as in Dirac's equation."""
        found = []
        for term, n in element.terms.items():
            end = term[1][-1] if term[1] else None
            once = sum(other[1] == term[1] for other in element.terms) == 1
            if isinstance(end, Field) and _is_unit(term[0]) and once:
                found.append(((end.move.derivative_order, self.weight(term[1])), (term, n)))
        return max(found, key=lambda item: item[0])[1] if found else None

    # -- rewriting -----------------------------------------------------------------------------------------------

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
        for value in self.values:
            for position, (scalar, n) in enumerate(scalars):
                put = value.at(scalar) if n > 0 else None
                if put is not None:
                    self.used |= value.source
                    _, rest = times((*scalars[:position], *scalars[position + 1 :]), ((scalar, n - 1),))
                    return Element({(rest, ()): Fraction(1)}) * put * Element({(ONE, word): Fraction(1)})
            for position, letter in enumerate(word):
                power = _with_value(letter, value) if isinstance(letter, Matrix) and letter.exponent else None
                if power is not None:
                    self.used |= value.source
                    changed = (*word[:position], power, *word[position + 1 :])
                    return Element({(scalars, ()): Fraction(1)}) * Element({(ONE, changed): Fraction(1)})
        turned = self.past_power(word)
        if turned is not None:
            return Element({(scalars, ()): Fraction(1)}) * Element({(ONE, turned): Fraction(1)})
        found = self.at_the_end(word)
        for position in range(len(word) - 1, -1, -1) if found is None else ():
            found = self.at(word, position)
            if found is not None:
                break
        if found is None:
            return None
        position, length, value = found
        before = Element({(scalars, word[:position]): Fraction(1)})
        return before * value * Element({(ONE, word[position + length :]): Fraction(1)})

    def at_the_end(self, word: Word) -> tuple[int, int, Element] | None:
        """The first rule for the column that ends a word, where one applies."""
        if not word or not isinstance(word[-1], Field):
            return None
        for rule in self.for_fields.get((word[-1].name, word[-1].labels), ()):
            found = self.place_of_field(rule, word)
            if found is not None:
                self.used |= rule.source
                return found
        return None

    def at(self, word: Word, position: int) -> tuple[int, int, Element] | None:
        """The first rule whose pattern stands at a position; positions are tried from the right."""
        for rule in self.for_letters.get(_head(word[position]), ()):
            pattern = rule.word
            found = _fits(pattern, word[position : position + len(pattern)])
            if found is not None:
                move, space = found
                self.used |= rule.source
                return position, len(pattern), _in(act(move, rule.value) if not move.is_nothing else rule.value, space)
        return None

    def past_power(self, word: Word) -> Word | None:
        """A word with a real power of a matrix moved past a neighbour that the matrix is known to commute with."""
        for position in range(len(word) - 1):
            pair = word[position], word[position + 1]
            bare = tuple(
                replace(x, exponent=(), moves=False, move=HERE, space=0) if isinstance(x, Matrix) else x for x in pair
            )
            if not any(isinstance(x, Matrix) and x.exponent for x in pair) or getattr(pair[0], "space", 0) != getattr(
                pair[1], "space", 0
            ):
                continue
            if (
                isinstance(pair[1], Matrix)
                and pair[1].exponent
                and bare[0] == bare[1]
                and not getattr(pair[0], "exponent", ())
            ):
                return (*word[:position], pair[1], pair[0], *word[position + 2 :])
            for rule in self.for_letters.get(_head(bare[0]), ()):
                if rule.word == bare and rule.value == Element({(ONE, bare[::-1]): Fraction(1)}):
                    self.used |= rule.source
                    return (*word[:position], pair[1], pair[0], *word[position + 2 :])
        return None

    @staticmethod
    def place_of_field(rule: Rewriting, word: Word) -> tuple[int, int, Element] | None:
        pattern = rule.word
        if len(word) < len(pattern) or not isinstance(word[-1], Field) or word[-len(pattern) : -1] != pattern[:-1]:
            return None
        field, meant = word[-1], pattern[-1]
        assert isinstance(meant, Field)
        if (field.name, field.labels) != (meant.name, meant.labels):
            return None
        have, want = dict(field.move.slopes), dict(meant.move.slopes)
        if any(have.get(key, 0) < n for key, n in want.items()):
            return None
        slopes = tuple((key, n - want.get(key, 0)) for key, n in field.move.slopes if n > want.get(key, 0))
        move = replace(field.move.shift.then(meant.move.back()), slopes=slopes)
        if len(pattern) > 1 and not move.is_nothing and not _passes(move, pattern[:-1]):
            return None
        if not rule.everywhere and (move.time < 0 or (not move.slopes and not move.time and move.sites and not
        meant.move.time and not meant.move.slopes and not _descends(rule, move))):  # fmt: skip
            return None
        return len(word) - len(pattern), len(pattern), _in(act(move, rule.value), field.space)

    # -- completion ----------------------------------------------------------------------------------------------

    def complete(self) -> None:
        """Adds what overlapping rules give, until nothing is new or there are too many rules."""
        self.with_inverses()
        done: set[tuple[Word, Word]] = set()
        for _ in range(4):
            before = len(self.rules)
            for first in list(self.rules):
                for second in list(self.rules):
                    if (first.word, second.word) in done:
                        continue
                    done.add((first.word, second.word))
                    for relation in self.overlaps(first, second):
                        if len(self.rules) < MOST_RULES:
                            self.add(relation)
            if len(self.rules) == before:
                return

    def overlaps(self, first: Rewriting, second: Rewriting) -> Iterator[Relation]:
        one, two = first.word, second.word
        for length in range(1, min(len(one), len(two)) + 1):
            if (
                one[-length:] == two[:length]
                and len(one) + len(two) - length <= LONGEST_WORD
                and (one != two or length < len(one))
            ):
                left = first.value * Element({(ONE, two[length:]): Fraction(1)})
                right = Element({(ONE, one[:-length]): Fraction(1)}) * second.value
                yield Relation(left - right, first.source | second.source)

    def with_inverses(self) -> None:
        """Multiplies relations by the inverses of the matrices that their words begin and end with."""
        inverses = self.inverses | {
            x for r in self.rules for w in (r.word, *(v for _, v in r.value.terms)) for x in w
            if isinstance(x, Matrix) and x.inverse
        }  # fmt: skip
        inverses |= {replace(x, transposed=not x.transposed) for x in inverses}
        todo = [(Element({(ONE, rule.word): Fraction(1)}) - rule.value, rule.source) for rule in self.rules]
        seen = {relation for relation, _ in todo}
        while todo and inverses:
            relation, source = todo.pop(0)
            for letter in sorted(inverses, key=order_key):
                against = replace(letter, inverse=False)
                for more in self.multiplied(relation, letter, against):
                    longest = max((len(word) for _, word in more.terms), default=0)
                    if more and more not in seen and longest <= LONGEST_WITH_INVERSES and len(seen) < MOST_RULES:
                        seen.add(more)
                        todo.append((more, source))
                        self.add(Relation(more, source))

    @staticmethod
    def multiplied(relation: Element, letter: Matrix, against: Matrix) -> Iterator[Element]:
        """A relation times an inverse from the side on which that cancels something."""
        if any(word and word[0] == against for _, word in relation.terms):
            yield Element.of(letter) * relation
        if any(word and word[-1] == against for _, word in relation.terms):
            yield relation * Element.of(letter)


def _with_value(matrix: Matrix, value: Value) -> Matrix | None:
    """A real power of a matrix with scalars of its exponent put as what they are; None where these are no sums."""
    found: dict[Scalar, Fraction] = {}
    changed = False
    for scalar, n in matrix.exponent:
        put = value.at(scalar)
        changed = changed or put is not None
        for (scalars, word), m in (Element.of(scalar) if put is None else put).terms.items():
            if word or len(scalars) != 1 or scalars[0][1] != 1:
                return None
            found[scalars[0][0]] = found.get(scalars[0][0], Fraction(0)) + n * m
    exponent = tuple(sorted((scalar, n) for scalar, n in found.items() if n))
    return replace(matrix, exponent=exponent) if changed and exponent else None


def _descends(rule: Rewriting, move: Move) -> bool:
    """Whether a rule among the sites of one time may be taken some sites further on, with rewriting still ending.

    It may where all its steps, and the move, go forwards: then sites are powers of shifts, and the heaviest power in
    the order of directions goes first.
    """
    field = rule.word[-1]
    assert isinstance(field, Field)
    moves = [x.move for _, word in rule.value.terms for x in word if isinstance(x, Field) and x.name == field.name]
    forwards = all(n > 0 for each in (move, field.move, *moves) for _, n in each.sites)
    same_time = not any(each.time or each.slopes for each in moves)
    return forwards and same_time and all(_powers(each) < _powers(field.move) for each in moves)


def _powers(move: Move) -> list[tuple[int, int]]:
    """Steps forwards as a power of shifts, to be compared direction by direction, the last one first."""
    return sorted(move.sites, reverse=True)


def _passes(move: Move, word: Word) -> bool:
    """Whether a move may be taken past a word without changing it."""
    matrices = [letter for letter in word if isinstance(letter, Matrix)]
    in_space = bool(move.sites) or any(coordinate for coordinate, _ in move.slopes)
    return not any(letter.moves or (letter.on_sites and in_space) for letter in matrices)


def _head(letter: Letter) -> tuple:
    """What the rules for words that begin with a letter are kept under."""
    if isinstance(letter, Pauli):
        return ("Pauli", letter.number)
    return (type(letter).__name__, getattr(letter, "name", ""), getattr(letter, "labels", ()))


def _is_unit(scalars) -> bool:
    """Whether a product of scalars may be divided by: numbers and the imaginary unit."""
    return all(scalar.name == "i" for scalar, _ in scalars)


def _mentions_field(element: Element) -> bool:
    return any(isinstance(letter, Field) for letter in letters_in(element))


def _fits(pattern: Word, part: Word) -> tuple[Move, int] | None:
    """The move and the space by which the letters of a pattern become those of a part of a word."""
    if len(part) < len(pattern):
        return None
    move: Move | None = None
    space: int | None = None
    for meant, letter in zip(pattern, part, strict=True):
        if type(meant) is not type(letter):
            return None
        here = getattr(letter, "space", 0)
        if space is not None and here != space and not isinstance(letter, Moved):
            return None
        space = here if not isinstance(letter, Moved) else space
        if isinstance(letter, Matrix) and isinstance(meant, Matrix) and letter.moves:
            if letter.exponent or meant.exponent:
                if replace(letter, space=0) != meant:
                    return None
                continue
            by = letter.move.then(meant.move.back())
            if replace(letter, move=HERE, space=0) != replace(meant, move=HERE) or (move is not None and by != move):
                return None
            move = by
        elif isinstance(letter, Moved):
            if letter != meant:
                return None
        elif replace(letter, space=0) != replace(meant, space=0):
            return None
    return (move or HERE), (space or 0)


def _in(value: Element, space: int) -> Element:
    if not space:
        return value
    found: dict[Term, Fraction] = {}
    for (scalars, word), n in value.terms.items():
        found[scalars, tuple(with_space(x, space) for x in word)] = n
    return Element.number(1) * Element(found)


def fields_in(elements: Iterable[Element]) -> frozenset[str]:
    """The names of the fields that elements are about."""
    return frozenset(x.name for element in elements for x in letters_in(element) if isinstance(x, Field))


def letters_in(element: Element) -> Iterator[Letter]:
    for _, word in element.terms:
        yield from word


__all__ = ["Relation", "Rewriter", "Rewriting", "Value", "fields_in", "letters_in"]
