"""The algebra of words, against its laws and against small matrices."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.algebra.rules import Unsupported
from derive.fields.letters import Field, I, Matrix, Move, Moved, Pauli, Scalar, Unit
from derive.fields.words import Element, act, in_space, inverse, transposed

M = Scalar("m")
THETA = Scalar("θ", moves=True)
A, B, C = (Element.of(Matrix(name)) for name in "ABC")
X, Y, Z = (Element.of(Pauli(n)) for n in (1, 2, 3))
PHI = Element.of(Field("φ"))
EAST, NORTH, LATER = Move(sites=((1, 1),)), Move(sites=((2, 1),)), Move(time=1)
BY_0, BY_1 = Move(slopes=((0, 1),)), Move(slopes=((1, 1),))

GENERATORS = [
    A,
    B,
    C,
    X,
    Y,
    Z,
    Element.of(M),
    Element.of(I),
    Element.of(THETA),
    *(Element.of(Moved(m)) for m in (EAST, NORTH, BY_1, BY_0)),
]
PLAIN = [A, B, C, X, Y, Z, Element.of(M), Element.of(I)]


def elements(generators: list[Element]) -> st.SearchStrategy[Element]:
    def summed(terms: list[tuple[int, list[Element]]]) -> Element:
        found = Element()
        for n, word in terms:
            part = Element.number(n)
            for letter in word:
                part = part * letter
            found = found + part
        return found

    word = st.lists(st.sampled_from(generators), max_size=3)
    return st.lists(st.tuples(st.integers(-2, 2), word), max_size=3).map(summed)


OPERATORS = elements(GENERATORS)
COLUMNS = OPERATORS.map(lambda e: e * PHI)
few = settings(max_examples=60, deadline=None)


@few
@given(OPERATORS, OPERATORS, OPERATORS)
def test_products_are_associative_and_distribute(a: Element, b: Element, c: Element) -> None:
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c
    assert (a + b) * c == a * c + b * c


@few
@given(OPERATORS, OPERATORS)
def test_transposition_reverses_products_and_is_an_involution(a: Element, b: Element) -> None:
    assert transposed(transposed(a)) == a
    assert transposed(a * b) == transposed(b) * transposed(a)
    assert transposed(a + b) == transposed(a) + transposed(b)


@few
@given(OPERATORS, COLUMNS)
def test_an_operator_on_a_column_is_its_product(a: Element, column: Element) -> None:
    for move in (EAST, NORTH, LATER, BY_0, BY_1, EAST.then(BY_1)):
        assert act(move, a * column) == Element.of(Moved(move)) * (a * column)


@few
@given(COLUMNS)
def test_moves_commute_and_shifts_go_back(column: Element) -> None:
    for one, other in permutations((EAST, NORTH, BY_0, BY_1), 2):
        assert act(one, act(other, column)) == act(other, act(one, column))
    assert act(EAST.back(), act(EAST, column)) == column


def test_a_shift_past_a_function_shifts_it_and_a_derivative_follows_leibniz() -> None:
    theta, shift, slope = Element.of(THETA), Element.of(Moved(EAST)), Element.of(Moved(BY_1))
    shifted = Element.of(Scalar("θ", moves=True, move=EAST))
    sloped = Element.of(Scalar("θ", moves=True, move=BY_1))
    assert shift * theta == shifted * shift
    assert shift * theta != theta * shift
    assert slope * theta == theta * slope + sloped
    assert slope * theta * theta == theta * theta * slope + (theta * sloped).scaled(2)
    assert slope * Element.of(M) == Element.of(M) * slope
    over = inverse(theta)
    assert slope * over == over * slope - over * over * sloped


def test_no_shift_goes_past_a_general_matrix_over_the_sites() -> None:
    with pytest.raises(Unsupported):
        Element.of(Moved(EAST)) * Element.of(Matrix("W", on_sites=True))
    with pytest.raises(Unsupported):
        Element.of(Moved(BY_1)) * Element.of(Matrix("W", on_sites=True))


def test_two_columns_have_no_product() -> None:
    with pytest.raises(Unsupported):
        PHI * PHI


# -- numbers ---------------------------------------------------------------------------------------------------------

PAULI = {
    1: np.array([[0, 1], [1, 0]], dtype=complex),
    2: np.array([[0, -1j], [1j, 0]]),
    3: np.array([[1, 0], [0, -1]], dtype=complex),
}
_random = np.random.default_rng(3)
NUMBERS = {name: _random.integers(-2, 3, (4, 4)) + 5 * np.eye(4) for name in "ABC"}


def numeric(element: Element) -> np.ndarray:
    """An operator of Pauli matrices on two factors as a matrix of four rows; m is 3."""
    found = np.zeros((4, 4), dtype=complex)
    for (scalars, word), n in element.terms.items():
        part = np.eye(4, dtype=complex) * float(n)
        for scalar, power in scalars:
            part = part * {"i": 1j, "m": 3}[scalar.name] ** power
        for letter in word:
            assert isinstance(letter, Pauli | Matrix)
            if isinstance(letter, Matrix):
                value = NUMBERS[letter.name]
                value = value.T if letter.transposed else value
                part = part @ (np.linalg.inv(value) if letter.inverse else value)
            else:
                pair = (PAULI[letter.number], np.eye(2)) if letter.space == 1 else (np.eye(2), PAULI[letter.number])
                part = part @ np.kron(*pair)
        found = found + part
    return found


TENSORS = [in_space(p, space) for p in (X, Y, Z) for space in (1, 2)] + [Element.of(M), Element.of(I)]


@few
@given(elements(TENSORS), elements(TENSORS))
def test_products_and_transposes_of_tensor_products_are_those_of_matrices(a: Element, b: Element) -> None:
    assert np.allclose(numeric(a * b), numeric(a) @ numeric(b))
    assert np.allclose(numeric(transposed(a)), numeric(a).T)
    assert (a == b) == np.allclose(numeric(a), numeric(b))


@few
@given(elements([A, B, C, Element.of(M)]), elements([A, B, C, Element.of(M)]))
def test_products_and_transposes_of_matrices(a: Element, b: Element) -> None:
    assert np.allclose(numeric(a * b), numeric(a) @ numeric(b))
    assert np.allclose(numeric(transposed(a)), numeric(a).T)


@pytest.mark.parametrize(
    "word", [A, A * B, A * transposed(B) * C, A.scaled(Fraction(2, 3)) * Element.of(M), in_space(X, 1) * in_space(Y, 2)]
)
def test_an_inverse_cancels_on_both_sides(word: Element) -> None:
    assert inverse(word) * word == Element.number(1)
    assert word * inverse(word) == Element.number(1)
    assert np.allclose(numeric(inverse(word)), np.linalg.inv(numeric(word)))


def test_nothing_is_the_inverse_of_a_sum() -> None:
    with pytest.raises(Unsupported):
        inverse(A + B)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("place", [1, 2])
def test_pauli_matrices_on_unit_columns(number: int, place: int) -> None:
    found = np.zeros(2, dtype=complex)
    for (scalars, word), n in (Element.of(Pauli(number)) * Element.of(Unit(place))).terms.items():
        (unit,) = word
        assert isinstance(unit, Unit)
        found[unit.number - 1] += float(n) * (1j if scalars else 1)
    assert np.allclose(found, PAULI[number][:, place - 1])


def power(*of: tuple[Scalar, int]) -> Element:
    return Element.of(Matrix("X", moves=True, exponent=tuple(sorted((s, Fraction(n)) for s, n in of))))


def test_exponents_of_powers_of_one_matrix_add() -> None:
    here, there = THETA, Scalar("θ", moves=True, move=EAST)
    assert power((here, 1)) * power((there, -1)) == power((here, 1), (there, -1))
    assert power((here, 1)) * power((here, -1)) == Element.number(1)
    assert Element.of(Moved(EAST)) * power((here, 1)) == power((there, 1)) * Element.of(Moved(EAST))
    assert power((here, 1)) * A != A * power((here, 1))


def test_a_matrix_on_a_whole_tensor_product_does_not_commute_with_those_on_a_factor() -> None:
    with pytest.raises(Unsupported, match="behind one on a factor"):
        in_space(X, 1) * A
