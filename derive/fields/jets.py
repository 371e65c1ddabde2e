r"""A point at which what is left of a line, in derivatives of fields, is not zero: the witness of a failed expansion.

After rewriting, what is left has derivatives in it that no premise determines, so that they may be any numbers.
Matrices are searched among signed products of small real ones, so that they meet the premises on matrices; with these,
and numbers drawn for the derivatives, the rest is evaluated exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from derive.fields.letters import HALF_TURN, Field, I, Matrix, Scalar, Word
from derive.fields.printing import write_element
from derive.fields.rules import Relation
from derive.fields.words import Element, letters_in

Square = tuple[tuple[Fraction, ...], ...]
SIZES = (1, 2, 4)
_REAL = (((1, 0), (0, 1)), ((0, 1), (1, 0)), ((0, 1), (-1, 0)), ((1, 0), (0, -1)))


@dataclass(frozen=True)
class Point:
    """Exact values by printed name, and what an element is there."""

    values: dict[str, str]
    left_over: str


def witness(rest: Element, relations: Sequence[Relation], seed: int = 0) -> Point | None:
    """A point at which an element is not zero and the relations on matrices hold; None if none was found."""
    names = sorted({_bare(x) for x in letters_in(rest) if isinstance(x, Matrix)})
    said = [r.element for r in relations if _is_on(r.element, names)]
    if any(not isinstance(x, Matrix | Field) for x in letters_in(rest)) or _has_complex(rest):
        return None
    for size in SIZES:
        for matrices in _search(names, said, size):
            found = _at(rest, matrices, size, Random(seed))
            if found is not None:
                return found
            break
    return None


def _bare(letter: Matrix) -> tuple[str, tuple[str, ...]]:
    return letter.name, letter.labels


def _has_complex(element: Element) -> bool:
    return any(scalar == I for scalars, _ in element.terms for scalar, _ in scalars)


def _is_on(element: Element, names: list[tuple[str, tuple[str, ...]]]) -> bool:
    """Whether a relation is about these matrices alone, with numbers for coefficients."""
    letters = list(letters_in(element))
    plain = all(isinstance(x, Matrix) and not x.inverse and not x.exponent and _bare(x) in names for x in letters)
    return bool(letters) and plain and all(not scalars for scalars, _ in element.terms)


def _search(names: list[tuple[str, tuple[str, ...]]], said: list[Element], size: int) -> Iterator[dict]:
    def extend(chosen: dict, left: list) -> Iterator[dict]:
        if not left:
            yield chosen
            return
        for candidate in _signed(size):
            more = {**chosen, left[0]: candidate}
            known = (e for e in said if all(isinstance(x, Matrix) and _bare(x) in more for x in letters_in(e)))
            if all(not any(map(any, _square(element, more, size))) for element in known):
                yield from extend(more, left[1:])

    yield from extend({}, names)


def _signed(size: int) -> Iterator[Square]:
    for base in _products(size):
        yield base
        yield tuple(tuple(-x for x in row) for row in base)


def _products(size: int) -> Iterator[Square]:
    if size == 1:
        yield ((Fraction(1),),)
        return
    for left in _REAL:
        for right in _products(size // 2):
            yield tuple(
                tuple(Fraction(a) * b for a in left_row for b in right_row) for left_row in left for right_row in right
            )


def _square(element: Element, matrices: dict, size: int) -> Square:
    """The value of a polynomial in matrices."""
    total = [[Fraction(0)] * size for _ in range(size)]
    for (_, word), n in element.terms.items():
        value = _word(word, matrices, size)
        for i in range(size):
            for j in range(size):
                total[i][j] += n * value[i][j]
    return tuple(map(tuple, total))


def _word(word: Word, matrices: dict, size: int) -> Square:
    value: Square = tuple(tuple(Fraction(int(i == j)) for j in range(size)) for i in range(size))
    for letter in word:
        assert isinstance(letter, Matrix)
        factor = matrices[_bare(letter)]
        if letter.transposed:
            factor = tuple(zip(*factor, strict=True))
        value = tuple(
            tuple(sum((row[k] * factor[k][j] for k in range(size)), Fraction(0)) for j in range(size)) for row in value
        )
    return value


def _at(rest: Element, matrices: dict, size: int, random: Random) -> Point | None:
    numbers: dict[Scalar, Fraction] = {}
    columns: dict[Field, tuple[Fraction, ...]] = {}
    total = [Fraction(0)] * size
    if len({dict(scalars).get(HALF_TURN, 0) for scalars, _ in rest.terms}) > 1:
        return None
    for (scalars, word), n in sorted(rest.terms.items(), key=repr):
        if not word or not isinstance(word[-1], Field):
            return None
        for scalar, power in scalars:
            if scalar != HALF_TURN:
                numbers.setdefault(scalar, Fraction(random.choice((1, 2, 3))))
                n *= numbers[scalar] ** power
        drawn = tuple(Fraction(random.choice((-2, -1, 1, 2, 3))) for _ in range(size))
        column = columns.setdefault(word[-1], drawn)
        value = _word(word[:-1], matrices, size)
        for i in range(size):
            total[i] += n * sum((value[i][k] * column[k] for k in range(size)), Fraction(0))
    if not any(total):
        return None
    said = {write_element(Element.of(scalar)): str(value) for scalar, value in numbers.items()}
    said |= {write_element(Element.of(f)): f"({', '.join(map(str, value))})" for f, value in columns.items()}
    said |= {
        write_element(Element.of(Matrix(*name))): str([[str(x) for x in row] for row in m]).replace("'", "")
        for name, m in matrices.items()
    }
    return Point(said, f"({', '.join(map(str, total))})")
