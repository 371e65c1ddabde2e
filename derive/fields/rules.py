"""Equations between elements as rules: what a word is put for, and where in a word a rule applies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from derive.fields.letters import HERE, Field, Letter, Matrix, Move, Moved, Pauli, Scalar, Word, moved
from derive.fields.words import Element, Term, act, with_space

Found = tuple[int, int, Element]
"""Where in a word a rule applies, to how many letters, and what stands for them."""


@dataclass(frozen=True)
class Rewriting:
    """A word, or a field at the end of one, and the element that may stand for it."""

    word: Word
    value: Element
    source: frozenset[str]
    everywhere: bool = True
    """Of a field: whether it holds at all times; otherwise only from the time of ``word`` on."""

    def at(self, word: Word, position: int) -> Found | None:
        """The rule applied to the letters from a position on, with the move and the space that they have."""
        length = len(self.word)
        found = _fits(self.word, word[position : position + length])
        if found is None:
            return None
        move, space = found
        return position, length, _in(self.value if move.is_nothing else act(move, self.value), space)

    def at_the_end(self, word: Word) -> Found | None:
        """Where a rule for a column applies to the column that ends a word, with what stands before it."""
        pattern = self.word
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
        if not self.everywhere and (move.time < 0 or (not move.slopes and not move.time and move.sites and not
        meant.move.time and not meant.move.slopes and not _descends(self, move))):  # fmt: skip
            return None
        return len(word) - len(pattern), len(pattern), _in(act(move, self.value), field.space)


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


def with_value(matrix: Matrix, value: Value) -> Matrix | None:
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


def head(letter: Letter) -> tuple:
    """What the rules for words that begin with a letter are kept under."""
    if isinstance(letter, Pauli):
        return ("Pauli", letter.number)
    return (type(letter).__name__, getattr(letter, "name", ""), getattr(letter, "labels", ()))


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
