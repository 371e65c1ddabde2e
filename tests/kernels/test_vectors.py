"""Exact vectors: right values, honest bounds, inputs that doubles hold and that lie in their domains."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb, ctx

from derive.kernels.lowering import lower
from derive.kernels.rounding import Value
from derive.kernels.vectors import exact_vectors


def vectors(kernel):
    return exact_vectors(kernel, lower(kernel))


def test_rational_values_are_exact(inputs):
    for vector in vectors(inputs.kernel(r"\mathcal{H}", r"\sum_i \sum_{j \neq i} m_i q_j")):
        m, q = vector.inputs["m"], vector.inputs["q"]
        pairs = [(i, j) for i in range(len(m)) for j in range(len(m)) if i != j]
        expected = sum((Fraction(m[i]) * Fraction(q[j]) for i, j in pairs), Fraction(0))
        assert Fraction(vector.expected) == expected


def test_inputs_are_in_their_domains(inputs):
    found = vectors(inputs.hamiltonian())
    assert [len(vector.inputs["m"]) for vector in found] == [1, 2, 3, 5, 4]
    assert all(mass > 0 for vector in found for mass in vector.inputs["m"])
    assert all(charge != 0 for vector in found for charge in vector.inputs["q"])
    matrix = vectors(inputs.kernel(r"\mathcal{H}", r"\text{Trace}(\mathbf{K})"))[3].inputs[r"\mathbf{K}"]
    assert all(matrix[i][j] == matrix[j][i] for i in range(5) for j in range(5))


def test_bounds_are_small(inputs):
    for vector in vectors(inputs.hamiltonian()):
        assert 0 < vector.allowed < 1e-10 * max(1.0, abs(float(vector.expected)))


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"])
def test_rounding_is_passed_on_by_the_derivative(name):
    with ctx.workprec(256):
        x, step = arb("0.7"), arb(2) ** -60
        moved = (getattr(x + step, name)() - getattr(x, name)()) / step
        found = Value(x, arb(1)).apply(name).rounding - 2 * abs(getattr(x, name)())
        assert abs(float(found) - abs(float(moved))) < 1e-12


def test_cancellation_widens_the_bound():
    with ctx.workprec(256):
        third = Value.exact(1) / Value.exact(3)
        product = third * third
        assert float(product.rounding) == pytest.approx(3 / 9)
