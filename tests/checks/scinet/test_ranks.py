"""Ranks of Jacobians over the rationals, against numbers of parameters, derivatives by SymPy and wrong variants."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.scinet import heliocentric, ranks


@pytest.mark.parametrize("count", [1, 2, 3])
def test_qubits_have_as_many_parameters_as_is_said(count: int) -> None:
    found = ranks.qubits(count)
    assert found.rank == 2 * 2**count - 2
    assert found.is_largest


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("seed", range(10))
def test_the_rank_does_not_depend_on_the_point(count: int, seed: int) -> None:
    assert ranks.qubits(count, seed=seed) == ranks.qubits(count)


@pytest.mark.parametrize("questions", [1, 3, 5])
def test_fewer_questions_than_the_rank_tell_fewer_parameters(questions: int) -> None:
    found = ranks.qubits(2, questions=questions)
    assert found.rank == questions
    assert not found.is_largest


def test_a_tomographically_incomplete_set_has_a_lower_rank() -> None:
    """Measurements on the first of two qubits alone see the two parameters of its reduced state and its purity."""
    state = [3, -2, 5, 1, 4, 7, -6, 2]
    measurements = []
    for first, second in ((1, 0), (1, 1), (1, 1j), (2, 1 - 1j)):
        for other in (0, 1):
            vector = [0j] * 4
            vector[other], vector[2 + other] = complex(first), complex(second)
            measurements.append([int(part.real) for part in vector] + [int(part.imag) for part in vector])
    jacobian = ranks.probability_jacobian(state, measurements)
    summed = fmpq_mat([[jacobian[2 * k, j] + jacobian[2 * k + 1, j] for j in range(8)] for k in range(4)])
    assert summed.rank() == 3


def test_the_jacobian_is_that_of_sympy() -> None:
    x = sympy.symbols("x:4")
    measurement = [2, -3, 1, 4]
    psi = [x[0] + sympy.I * x[2], x[1] + sympy.I * x[3]]
    overlap = (2 - sympy.I) * psi[0] + (-3 - 4 * sympy.I) * psi[1]
    real, imaginary = sympy.expand(overlap).subs(sympy.I, 0), sympy.expand(overlap).coeff(sympy.I)
    norm = sum(part**2 for part in x)
    probability = (real**2 + imaginary**2) / (30 * norm)
    point = dict(zip(x, (5, -1, 2, 3), strict=True))
    wanted = [sympy.Rational(sympy.diff(probability, part).subs(point)) for part in x]
    found = ranks.probability_jacobian([5, -1, 2, 3], [measurement])
    assert [found[0, j] for j in range(4)] == [fmpq(int(each.p), int(each.q)) for each in wanted]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=4, max_size=4), st.lists(st.integers(-9, 9), min_size=4, max_size=4))
def test_no_probability_depends_on_scale_or_phase(state: list[int], measurement: list[int]) -> None:
    if not (any(state) and any(measurement)):
        return
    jacobian = ranks.probability_jacobian(state, [measurement])
    u, v = state[:2], state[2:]
    for direction in ([*u, *v], [-v[0], -v[1], *u]):
        assert sum((jacobian[0, j] * direction[j] for j in range(4)), fmpq(0)) == 0


def test_the_derivatives_of_the_pendulum_are_those_of_its_formula() -> None:
    """The recursion is that of the equation of motion; the formula solves it."""
    t, b, k = sympy.symbols("t b k", positive=True)
    x = sympy.exp(-b * t / 2) * sympy.cos(sympy.sqrt(k - b**2 / 4) * t)
    assert sympy.simplify(x.diff(t, 2) + b * x.diff(t) + k * x) == 0
    assert (x.subs(t, 0), x.diff(t).subs(t, 0)) == (1, -b / 2)


@pytest.mark.parametrize(("answers", "rank"), [(1, 0), (2, 1), (3, 2), (9, 2)])
def test_the_pendulum_needs_three_derivatives(answers: int, rank: int) -> None:
    """x(0) = 1 says nothing, and x'(0) depends on the damping alone."""
    assert ranks.pendulum(answers=max(answers, 2)).rank == max(rank, 1)
    assert ranks.pendulum(answers=max(answers, 3)).is_largest


@pytest.mark.parametrize("mars", [Fraction(-2, 5), Fraction(0), Fraction(7, 3)])
def test_both_angles_tell_both_planets(mars: Fraction) -> None:
    assert ranks.heliocentric(mars=mars).is_largest


def test_the_radii_are_those_of_the_simulation() -> None:
    assert float(ranks.MARS_RADIUS.p) / float(ranks.MARS_RADIUS.q) == heliocentric.MARS_RADIUS
    assert ranks.EARTH_RADIUS == int(heliocentric.EARTH_RADIUS) == heliocentric.EARTH_RADIUS


def test_no_qubits_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^0 qubits: there has to be one at least$"):
        ranks.qubits(0)
