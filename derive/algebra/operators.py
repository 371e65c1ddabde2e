r"""Operators: sums of products of letters that need not commute, with a normal form.

The letters are Pauli matrices, momenta, fields of position, declared operators with their arguments, and
exponentials. Products are ordered by what is known of the letters:

* sigma_a sigma_b = delta_ab + i epsilon_abc sigma_c,
* a Pauli matrix commutes with momenta and fields, and is moved to their left,
* p_a f = f p_a - i hbar (d_a f), so that fields stand to the left of momenta,
* U^dagger U = U U^dagger = 1 for a unitary U, and exp(X) exp(-X) = 1.

A declared operator commutes with nothing. Two operators with the same normal form are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from derive.algebra.atoms import Imaginary, Letter, Mean, Sym, kept_once
from derive.algebra.indexed import (
    Poly,
    atom,
    freshen,
    number,
    recanonical,
    rename_poly,
    renamed_arguments,
    sum_of_words,
)
from derive.algebra.indices import indices_of_arguments, indices_of_poly
from derive.algebra.substitution import put
from derive.expression import Index

Word = tuple[Letter, ...]
SPACE = (1, 2, 3)


@dataclass(frozen=True)
class _Plain:
    """A letter without indices, which is its own adjoint."""

    @property
    def indices(self) -> frozenset[Index]:
        return frozenset()

    @property
    def names(self) -> frozenset[str]:
        return frozenset((self.name,)) if isinstance(self, Momentum | Field) else frozenset()

    @property
    def parts(self) -> tuple[Poly, ...]:
        return ()

    @property
    def adjoint(self):
        return self

    def renamed(self, change: Mapping[Index, Index]):
        return self


@kept_once
@dataclass(frozen=True)
class Pauli(_Plain):
    """The Pauli matrix of one direction, 1 to 3."""

    axis: int


@kept_once
@dataclass(frozen=True)
class Momentum(_Plain):
    """The momentum -i hbar d/dr of one direction; ``constant`` is the name of its hbar."""

    name: str
    axis: int
    constant: str


@kept_once
@dataclass(frozen=True)
class Field(_Plain):
    """A component of a field of position, differentiated along ``derivatives``; real, so that it is Hermitian."""

    name: str
    axis: int
    derivatives: tuple[int, ...] = ()


@kept_once
@dataclass(frozen=True)
class Named:
    """A declared operator at its arguments; ``dagger`` only where it is not Hermitian."""

    name: str
    arguments: tuple[Poly, ...] = ()
    hermitian: bool = False
    unitary: bool = False
    dagger: bool = False
    axes: tuple[tuple[str, ...], ...] = ()
    """The ranges of each argument, none for a number."""

    @property
    def indices(self) -> frozenset[Index]:
        return indices_of_arguments(self.arguments)

    @property
    def names(self) -> frozenset[str]:
        return frozenset((self.name,))

    @property
    def parts(self) -> tuple[Poly, ...]:
        return self.arguments

    @property
    def adjoint(self) -> Named:
        return self if self.hermitian else replace(self, dagger=not self.dagger)

    def renamed(self, change: Mapping[Index, Index]) -> Named:
        return replace(self, arguments=renamed_arguments(self.arguments, change))


@kept_once
@dataclass(frozen=True)
class Exponential:
    """exp(X) of an operator X that is not a number."""

    of: Operator

    @property
    def indices(self) -> frozenset[Index]:
        return self.of.indices

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(letter.names for word, _ in self.of.words for letter in word))

    @property
    def parts(self) -> tuple[Poly, ...]:
        inside = (part for word, _ in self.of.words for letter in word for part in letter.parts)
        return (*(coefficient for _, coefficient in self.of.words), *inside)

    @property
    def adjoint(self) -> Exponential:
        return Exponential(adjoint(self.of))

    def renamed(self, change: Mapping[Index, Index]) -> Exponential:
        return Exponential(self.of.renamed(change))


@kept_once
@dataclass(frozen=True)
class Operator:
    """A sum of words of letters with scalar coefficients, in normal form."""

    words: tuple[tuple[Word, Poly], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words)

    def __add__(self, other: Operator) -> Operator:
        return _collected([*self.words, *other.words])

    def __neg__(self) -> Operator:
        return Operator(tuple((word, -coefficient) for word, coefficient in self.words))

    def __sub__(self, other: Operator) -> Operator:
        return self + (-other)

    def __matmul__(self, other: Operator) -> Operator:
        return ordered((a + b, freshen(x) * freshen(y)) for a, x in self.words for b, y in other.words)

    def scaled(self, by: Poly) -> Operator:
        return _collected((word, freshen(by) * freshen(coefficient)) for word, coefficient in self.words)

    @cached_property
    def indices(self) -> frozenset[Index]:
        found: frozenset[Index] = frozenset()
        for word, coefficient in self.words:
            found = found.union(indices_of_poly(coefficient), *(letter.indices for letter in word))
        return found

    def renamed(self, change: Mapping[Index, Index]) -> Operator:
        return _collected(
            (tuple(letter.renamed(change) for letter in word), rename_poly(coefficient, change))
            for word, coefficient in self.words
        )


def identity() -> Operator:
    return Operator((((), number(1)),))


def letter(which: Letter) -> Operator:
    return Operator((((which,), number(1)),))


def pauli(axis: int) -> Operator:
    return letter(Pauli(axis))


def imaginary() -> Poly:
    return atom(Imaginary())


def conjugate(poly: Poly) -> Poly:
    """The complex conjugate of a polynomial whose atoms other than i and means of operators are real."""

    def turned(which: object) -> Poly | None:
        if isinstance(which, Mean):
            return mean(adjoint(Operator(((which.word, number(1)),))), which.state)
        return -imaginary() if isinstance(which, Imaginary) else None

    return put(poly, turned)


def adjoint(operator: Operator) -> Operator:
    """The adjoint: letters in reverse order, each replaced by its own, coefficients conjugated."""
    return ordered(
        (tuple(which.adjoint for which in reversed(word)), conjugate(coefficient))
        for word, coefficient in operator.words
    )


def commutator(left: Operator, right: Operator) -> Operator:
    return left @ right - right @ left


def power(base: Operator, exponent: int) -> Operator:
    result = identity()
    for _ in range(exponent):
        result = result @ base
    return result


def exponential(of: Operator, terms: int | None = None) -> Operator:
    """exp(X), or the first ``terms`` powers of its series."""
    if not of:
        return identity()
    if terms is None:
        return letter(Exponential(of))
    result = term = identity()
    for k in range(1, terms + 1):
        term = (term @ of).scaled(number(Fraction(1, k)))
        result = result + term
    return result


def mean(operator: Operator, state: str) -> Poly:
    """The mean in a state of norm one: linear, and one for the identity."""
    result = Poly()
    for word, coefficient in operator.words:
        factor = atom(Mean(state, word)) if word else number(1)
        result = result + freshen(coefficient) * factor
    return recanonical(result)


PRODUCTS = 120
"""How many products of equations with words are made."""


def between_letters(claim: Operator, equations: Iterable[tuple[str, Operator]]) -> Iterator[tuple[str, Operator]]:
    """Equations X = 0 times words, u X v = 0, that have a word of the claim in them, or of such a product.

    The words grow no longer than those of the claim and of the equations, and their number is limited: what a
    rational combination of them cancels follows from the equations; where none does, nothing is said.
    """
    equations = list(equations)
    longest = max((len(word) for one in (claim, *(x for _, x in equations)) for word, _ in one.words), default=0)
    todo = [word for word, _ in claim.words]
    seen = set(todo)
    made: set[tuple[int, Word, Word]] = set()
    while todo and len(made) < PRODUCTS:
        word = todo.pop(0)
        for number_, (source, equation) in enumerate(equations):
            for front, back in _around(word, equation):
                key = (number_, front, back)
                if key in made or len(made) >= PRODUCTS:
                    continue
                made.add(key)
                product = _word(front) @ equation @ _word(back)
                new = [other for other, _ in product.words if other not in seen and len(other) <= longest]
                seen.update(new)
                todo += new
                yield source, product


def _around(word: Word, equation: Operator) -> Iterator[tuple[Word, Word]]:
    """What stands before and behind each place of a word of the equation in a word."""
    for part, _ in equation.words:
        for at in range(len(word) - len(part) + 1) if part else ():
            if word[at : at + len(part)] == part:
                yield word[:at], word[at + len(part) :]


def _word(word: Word) -> Operator:
    return Operator(((word, number(1)),))


# -- the normal form -------------------------------------------------------------------------------------------------


def ordered(words: Iterable[tuple[Word, Poly]]) -> Operator:
    """A sum of words in any order, brought to normal form."""
    todo = list(words)
    done: list[tuple[Word, Poly]] = []
    while todo:
        word, coefficient = todo.pop()
        step = _step(word)
        if step is None:
            done.append((word, coefficient))
        else:
            todo.extend((new, coefficient * freshen(factor)) for new, factor in step)
    return _collected(done)


def _step(word: Word) -> list[tuple[Word, Poly]] | None:
    """One rewriting of two neighbours, or None where there is nothing left to do."""
    for at in range(len(word) - 1):
        front, back = word[:at], word[at + 2 :]
        found = _pair(word[at], word[at + 1])
        if found is not None:
            return [((*front, *middle, *back), factor) for middle, factor in found]
    return None


def _pair(left: Letter, right: Letter) -> list[tuple[Word, Poly]] | None:
    one = number(1)
    match left, right:
        case Pauli(axis=a), Pauli(axis=b):
            if a == b:
                return [((), one)]
            third = 6 - a - b
            sign = 1 if (a, b) in ((1, 2), (2, 3), (3, 1)) else -1
            return [((Pauli(third),), imaginary().scaled(Fraction(sign)))]
        case ((Momentum() | Field()), Pauli()):
            return [((right, left), one)]
        case Momentum(axis=axis, constant=constant), Field(derivatives=derivatives):
            slope = replace(right, derivatives=tuple(sorted((*derivatives, axis))))
            quantum = atom(Sym(constant, (), True)) * imaginary()
            return [((right, left), one), ((slope,), -quantum)]
        case (Field(), Field()) | (Momentum(), Momentum()) if repr(right) < repr(left):
            return [((right, left), one)]
        case Named(unitary=True), Named(unitary=True) if left == replace(right, dagger=not right.dagger):
            return [((), one)]
        case Exponential(of=a), Exponential(of=b) if not a + b:
            return [((), one)]
    return None


def _collected(words: Iterable[tuple[Word, Poly]]) -> Operator:
    return Operator(sum_of_words(words))
