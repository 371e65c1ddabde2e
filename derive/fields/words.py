r"""Polynomials in letters that don't commute, with commuting scalars: operators on fields, and columns.

An :class:`Element` is a sum of terms, each a rational number, a product of powers of scalars, and a word. Words are
kept in order: moves to the right, past all that they move, letters of different factors of a tensor product apart,
Pauli matrices of one factor multiplied out. With a field at its end a word is a column, without one it is an operator.
What is equal as an element is equal on every periodic lattice, since the shifts of such a lattice are a quotient of
those here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from derive.algebra.rules import Unsupported
from derive.fields.letters import (
    HERE,
    Field,
    I,
    Letter,
    Matrix,
    Move,
    Moved,
    Pauli,
    Scalar,
    Unit,
    Word,
    logarithm,
    moved,
)

Monomial = tuple[tuple[Scalar, int], ...]
Term = tuple[Monomial, Word]
ONE: Monomial = ()


class Element:
    """A sum of terms; immutable by convention."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Term, Fraction] | None = None) -> None:
        self.terms: dict[Term, Fraction] = {term: n for term, n in (terms or {}).items() if n}

    @staticmethod
    def number(value: Fraction | int) -> Element:
        return Element({(ONE, ()): Fraction(value)})

    @staticmethod
    def of(letter: Letter | Scalar) -> Element:
        if isinstance(letter, Scalar):
            return Element.scalars(((letter, 1),))
        if isinstance(letter, Moved) and letter.move.is_nothing:
            return Element.number(1)
        return Element.word((letter,))

    @staticmethod
    def word(letters: Word) -> Element:
        """A word, in the order that words are kept in."""
        return Element({(ONE, letters): Fraction(1)})

    @staticmethod
    def scalars(powers: Monomial) -> Element:
        return Element({(powers, ()): Fraction(1)})

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __add__(self, other: Element) -> Element:
        found = dict(self.terms)
        for term, n in other.terms.items():
            found[term] = found.get(term, Fraction(0)) + n
        return Element(found)

    def __neg__(self) -> Element:
        return self.scaled(-1)

    def __sub__(self, other: Element) -> Element:
        return self + -other

    def scaled(self, by: Fraction | int) -> Element:
        return Element({term: n * by for term, n in self.terms.items()})

    def __mul__(self, other: Element) -> Element:
        return total(
            product(term, other_term).scaled(n * m)
            for term, n in self.terms.items()
            for other_term, m in other.terms.items()
        )

    def __repr__(self) -> str:
        return f"Element({self.terms})"

    @property
    def is_number(self) -> bool:
        return all(term == (ONE, ()) for term in self.terms)

    @property
    def is_scalar(self) -> bool:
        return all(not word for _, word in self.terms)

    @property
    def is_column(self) -> bool:
        return bool(self.terms) and all(ends_in_column(word) for _, word in self.terms)


Remainder = tuple[tuple[Mapping[str, int], tuple[Element, ...]], ...]
"""What a line leaves over in each of its components, in each of the sizes in which it was written out."""


def total(elements: Iterable[Element]) -> Element:
    found: dict[Term, Fraction] = {}
    for element in elements:
        for term, n in element.terms.items():
            found[term] = found.get(term, Fraction(0)) + n
    return Element(found)


def ends_in_column(word: Word) -> bool:
    return bool(word) and isinstance(word[-1], Field | Unit)


def times(left: Monomial, right: Monomial) -> tuple[int, Monomial]:
    """The product of two monomials, with a sign for the powers of i."""
    powers = dict(left)
    for scalar, n in right:
        powers[scalar] = powers.get(scalar, 0) + n
    sign = 1
    if I in powers:
        turns = powers.pop(I) % 4
        sign = -1 if turns in (2, 3) else 1
        if turns % 2:
            powers[I] = 1
    return sign, tuple(sorted((scalar, n) for scalar, n in powers.items() if n))


def product(left: Term, right: Term) -> Element:
    """The product of two terms, in order."""
    (scalars, word), (others, tail) = left, right
    if tail and any(isinstance(letter, Field) for letter in word):
        raise Unsupported("a product of two columns")
    move = word[-1].move if word and isinstance(word[-1], Moved) else HERE
    found = Element({(others, tail): Fraction(1)})
    if not move.is_nothing:
        word, found = word[:-1], act(move, found)
    terms: dict[Term, Fraction] = {}
    for (more, rest), n in found.terms.items():
        sign, together = times(scalars, more)
        for (again, letters), m in _in_order((*word, *rest)).items():
            turn, all_scalars = times(together, again)
            key = (all_scalars, letters)
            terms[key] = terms.get(key, Fraction(0)) + n * m * sign * turn
    return Element(terms)


def act(move: Move, on: Element) -> Element:
    """A move as an operator to the left of an element: shifts shift, derivatives follow the rule for products."""
    found = total(_shifted(term, move.shift).scaled(n) for term, n in on.terms.items())
    for coordinate, order in move.slopes:
        for _ in range(order):
            found = total(_differentiated(term, coordinate).scaled(n) for term, n in found.terms.items())
    return found


def _shifted(term: Term, by: Move) -> Element:
    if by.is_nothing:
        return Element({term: Fraction(1)})
    scalars, word = term
    if by.sites and any(isinstance(letter, Matrix) and letter.on_sites for letter in word):
        raise Unsupported("a shift to the left of a general matrix over the sites")
    changed = tuple(sorted((moved(scalar, by), n) for scalar, n in scalars))
    letters = [moved(letter, by) if not isinstance(letter, Moved) else letter for letter in word]
    return Element({(changed, _with_move(tuple(letters), by)): Fraction(1)})


def _with_move(word: Word, move: Move) -> Word:
    """A word with a move that was taken past all its letters: it stays where no field at the end has taken it."""
    if word and isinstance(word[-1], Field):
        return word
    if word and isinstance(word[-1], Moved):
        together = word[-1].move.then(move)
        return (*word[:-1], *(() if together.is_nothing else (Moved(together),)))
    if word and isinstance(word[-1], Unit):
        return word
    return (*word, *(() if move.is_nothing else (Moved(move),)))


def _differentiated(term: Term, coordinate: int) -> Element:
    slope = Move(slopes=((coordinate, 1),))
    scalars, word = term
    found: list[Element] = []
    for position, (scalar, n) in enumerate(scalars):
        if scalar.moves:
            rest = (*scalars[:position], *scalars[position + 1 :])
            _, together = times(rest, ((replace(scalar, move=scalar.move.then(slope)), 1), (scalar, n - 1)))
            found.append(Element({(together, word): Fraction(n)}))
    for position, letter in enumerate(word):
        before, behind = word[:position], word[position + 1 :]
        if isinstance(letter, Matrix) and letter.on_sites:
            raise Unsupported("a derivative to the left of a general matrix over the sites")
        if isinstance(letter, Matrix) and letter.exponent:
            for scalar, n in letter.exponent:
                if scalar.moves:
                    _, together = times(scalars, ((replace(scalar, move=scalar.move.then(slope)), 1),))
                    found.append(Element({(together, (*before, logarithm(letter), *word[position:])): n}))
        elif isinstance(letter, Field) or (isinstance(letter, Matrix) and letter.moves):
            changed = replace(letter, move=letter.move.then(slope))
            found.append(Element({(scalars, (*before, changed, *behind)): Fraction(1)}))
    if not ends_in_column(word):
        found.append(Element({(scalars, _with_move(word, slope)): Fraction(1)}))
    return total(found)


def _in_order(word: Word) -> dict[Term, Fraction]:
    """A word with factors of tensor products apart, inverse neighbours cancelled, Pauli matrices multiplied."""
    if any(getattr(letter, "space", 0) for letter in word):
        whole = [n for n, x in enumerate(word) if isinstance(x, Matrix | Pauli) and not x.space]
        parts = [n for n, x in enumerate(word) if getattr(x, "space", 0)]
        if whole and max(whole) > min(parts):
            raise Unsupported("a matrix on a whole tensor product behind one on a factor")
        word = tuple(sorted(word, key=lambda x: (isinstance(x, Moved), isinstance(x, Field), getattr(x, "space", 0))))
    for position in range(len(word) - 1):
        first, second = word[position], word[position + 1]
        before, behind = word[:position], word[position + 2 :]
        if isinstance(first, Matrix) and isinstance(second, Matrix):
            if _are_inverse(first, second):
                return _in_order((*before, *behind))
            if first.exponent and second.exponent and replace(first, exponent=()) == replace(second, exponent=()):
                powers = dict(first.exponent)
                for scalar, n in second.exponent:
                    powers[scalar] = powers.get(scalar, Fraction(0)) + n
                exponent = tuple(sorted((s, n) for s, n in powers.items() if n))
                return _in_order((*before, *((replace(first, exponent=exponent),) if exponent else ()), *behind))
        if isinstance(first, Pauli) and isinstance(second, Pauli | Unit) and first.space == second.space:
            meet = _pauli(first, second) if isinstance(second, Pauli) else _pauli_on(first, second)
            return _times_all(meet, before, behind)
        if isinstance(first, Moved) and isinstance(second, Moved):
            together = first.move.then(second.move)
            return _in_order((*before, *(() if together.is_nothing else (Moved(together),)), *behind))
    return {(ONE, word): Fraction(1)}


def _are_inverse(first: Matrix, second: Matrix) -> bool:
    return first.inverse != second.inverse and replace(first, inverse=second.inverse) == second and not first.exponent


def _times_all(meet: list[tuple[int, bool, Word]], before: Word, behind: Word) -> dict[Term, Fraction]:
    found: dict[Term, Fraction] = {}
    for sign, turned, letters in meet:
        for (scalars, word), n in _in_order((*before, *letters, *behind)).items():
            turn, together = times(scalars, ((I, 1),) if turned else ONE)
            found[together, word] = found.get((together, word), Fraction(0)) + n * sign * turn
    return found


def _pauli(first: Pauli, second: Pauli) -> list[tuple[int, bool, Word]]:
    if first.number == second.number:
        return [(1, False, ())]
    third = 6 - first.number - second.number
    sign = 1 if (second.number - first.number) % 3 == 1 else -1
    return [(sign, True, (replace(first, number=third),))]


def _pauli_on(matrix: Pauli, unit: Unit) -> list[tuple[int, bool, Word]]:
    if matrix.number == 3:
        return [(1 if unit.number == 1 else -1, False, (unit,))]
    other = Unit(3 - unit.number, unit.space)
    if matrix.number == 1:
        return [(1, False, (other,))]
    return [(1 if unit.number == 1 else -1, True, (other,))]


def transposed(element: Element) -> Element:
    """The transpose of an operator: derivatives by parts, shifts taken back. Boundary terms are taken to vanish."""
    return total(_transposed(term).scaled(n) for term, n in element.terms.items())


def _transposed(term: Term) -> Element:
    scalars, word = term
    found = Element.number(1)
    for letter in reversed(word):
        match letter:
            case Matrix():
                found = found * Element.of(replace(letter, transposed=not letter.transposed))
            case Pauli(number=number):
                found = (found * Element.of(letter)).scaled(-1 if number == 2 else 1)
            case Moved(move=move):
                back = replace(move.back(), slopes=move.slopes)
                found = (found * Element.of(Moved(back))).scaled((-1) ** move.derivative_order)
            case _:
                raise Unsupported("the transpose of a column")
    return found * Element.scalars(scalars)


def inverse(element: Element) -> Element:
    """The inverse of a product of invertible matrices and a number."""
    if len(element.terms) != 1:
        raise Unsupported("the inverse of a sum of matrices")
    (((scalars, word), n),) = element.terms.items()
    if not all(isinstance(letter, Matrix | Pauli) for letter in word):
        raise Unsupported("the inverse of a shift or a column")
    letters = [replace(x, inverse=not x.inverse) if isinstance(x, Matrix) else x for x in reversed(word)]
    below = tuple((scalar, -power) for scalar, power in scalars)
    sign, below = times(below, ONE)
    found = Element({(below, ()): Fraction(sign) / n})
    for letter in letters:
        found = found * Element.of(letter)
    return found


def in_space(element: Element, space: int) -> Element:
    """An element as it acts on one factor of a tensor product."""
    found: dict[Term, Fraction] = {}
    for (scalars, word), n in element.terms.items():
        if any(getattr(letter, "space", 0) for letter in word):
            raise Unsupported("a tensor product of more than two factors")
        found[scalars, tuple(with_space(letter, space) for letter in word)] = n
    return Element(found)


def with_space(letter: Letter, space: int) -> Letter:
    """A letter on one factor of a tensor product. Moves, and fields of which a component is taken, are on none."""
    if isinstance(letter, Moved) or (isinstance(letter, Field) and letter.labels):
        return letter
    return replace(letter, space=space)


def fields_in(elements: Iterable[Element]) -> frozenset[str]:
    """The names of the fields that elements are about."""
    return frozenset(x.name for element in elements for x in letters_in(element) if isinstance(x, Field))


def letters_in(element: Element) -> Iterator[Letter]:
    for _, word in element.terms:
        yield from word


def mentions_field(element: Element) -> bool:
    return any(isinstance(letter, Field) for letter in letters_in(element))
