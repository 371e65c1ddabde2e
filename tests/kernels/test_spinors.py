"""Lines on fields with complex numbers: columns by their entries, tensor products, Pauli matrices."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from derive.compile import Settled, settled_input
from derive.kernels import BACKENDS, compile, source
from derive.paper import load_paper
from derive.verify import Verifier

self_test = sys.modules["kernels_modules"].self_test

CHOSEN = (
    *("4.19", "4.21", "4.22", "4.28a", "4.28b", "4.30", "4.31a", "4.31b", "4.34a", "4.34b", "4.35a", "4.35b", "4.35c"),
    *("4.35d", "4.36a", "4.36b"),
)
FEW = ("4.30", "4.31a", "4.36b")
I2 = np.eye(2)
SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(load_paper("fields-2024"))


def kernel(verifier: Verifier, number: str):
    return settled_input(verifier, number, "as printed", Settled("proved"))


@pytest.mark.parametrize("number", CHOSEN)
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_statements_have_their_exact_values(verifier, number, backend):
    assert self_test(source(kernel(verifier, number), backend=backend)) == (5, 0)


@pytest.mark.parametrize("number", FEW)
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_statements_have_their_exact_values_where_building_is_slow(verifier, number, backend):
    assert self_test(source(kernel(verifier, number), backend=backend)) == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_spinor_of_four_fields(verifier, backend):
    phi, pi = np.random.default_rng(0).normal(size=(2, 4))
    found = compile(kernel(verifier, "4.30"), backend=backend)(phi, pi)
    np.testing.assert_array_equal(found, [*(phi[::2] + 1j * phi[1::2]), *(pi[::2] + 1j * pi[1::2])])


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        ("4.21", SIGMA[2].real),
        ("4.22", 1j * SIGMA[0]),
        ("4.31b", np.kron(SIGMA[2], I2).real),
        ("4.34b", -1j * I2),
        ("4.35a", np.kron(I2, 1j * SIGMA[1]).real),
        ("4.35b", -np.kron(SIGMA[0], 1j * SIGMA[1]).real),
        ("4.36b", np.array([np.kron(SIGMA[0], 1j * sigma) for sigma in SIGMA])),
    ],
)
def test_matrices_are_those_of_pauli(verifier, number, wanted):
    """What is real by form, such as i times the second one, is an array of real numbers."""
    found = compile(kernel(verifier, number))()
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == wanted.dtype


def test_a_tensor_product_with_a_matrix_that_is_given(verifier):
    made = kernel(verifier, "4.31a")
    x = np.random.default_rng(1).normal(size=(3, 2, 2))
    np.testing.assert_array_equal(compile(made)(x), [np.kron(SIGMA[0].real, one) for one in x])


def test_a_wrong_entry_is_found(verifier):
    text = source(kernel(verifier, "4.22"))
    assert text.count("imaginary_gamma_1_1_2 = 1") == 1
    assert self_test(text.replace("imaginary_gamma_1_1_2 = 1", "imaginary_gamma_1_1_2 = -1")) == (0, 5)
