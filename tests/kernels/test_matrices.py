"""Inverses and determinants of full matrices, and normal densities: exact values, gradients, large sizes."""

from __future__ import annotations

import numpy as np
import pytest

from derive.compile import Settled, settled_input
from derive.kernels import BACKENDS, compile, source
from derive.paper import load_paper
from derive.verify import Verifier

LINES = ("22", "23", "31", "38", "39", "40", "46", "47", "48", "50")
GRADIENTS = {"23": ("x", "K_diag", "K_off"), "50": ("v", "K_off"), "22": ("x",)}


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(load_paper("inference-2024-07"))


def line(verifier: Verifier, number: str):
    corrected = verifier.reading.line(number).corrected is not None
    which, verdict = ("corrected", "refuted") if corrected else ("as printed", "proved")
    return settled_input(verifier, number, which, Settled(verdict))


@pytest.mark.parametrize("number", LINES)
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_lines_have_their_exact_values(verifier, lattices, number, backend):
    assert lattices.module(source(line(verifier, number), backend=backend))["self_test"]() == (5, 0)


@pytest.mark.parametrize("number", ["31", "40", "50"])
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_lines_have_their_exact_values_where_building_is_slow(verifier, lattices, number, backend):
    assert lattices.module(source(line(verifier, number), backend=backend))["self_test"]() == (5, 0)


@pytest.mark.parametrize("number", GRADIENTS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_have_their_exact_values(verifier, lattices, number, backend):
    text = source(line(verifier, number), backend=backend, gradient=GRADIENTS[number])
    assert lattices.module(text)["self_test"]() == (5, 0)


@pytest.mark.parametrize("number", ["2.18b", "2.19a", "2.20"])
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_inverses_in_lines_on_fields(lattices, number, backend):
    assert lattices.module(source(lattices.line(number), backend=backend))["self_test"]() == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_gradient_by_a_matrix_that_is_inverted(lattices, backend):
    text = source(lattices.line("2.20"), backend=backend, gradient=("pi", "B", "W"))
    assert lattices.module(text)["self_test"]() == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_number_types(verifier, lattices, backend, dtype):
    for number in ("31", "39"):
        text = source(line(verifier, number), backend=backend, dtype=dtype)
        assert lattices.module(text)["self_test"]() == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_logarithm_of_a_determinant_that_no_double_holds(verifier, backend):
    """|K| of 400 dimensions is below 1e-400; its logarithm, and the loss with it, are not lost."""
    draw = np.random.default_rng(0)
    n = 400
    off = draw.normal(size=(n, n)) * 1e-3
    off = off + off.T
    np.fill_diagonal(off, 0)
    diagonal, v = np.diag(draw.uniform(0.01, 0.1, n)), draw.normal(size=(n, 2))
    sign, logarithm = np.linalg.slogdet(diagonal + off)
    assert sign > 0
    assert logarithm < -1000
    wanted = n * np.log(2 * np.pi) - logarithm + 0.5 * np.einsum("id,ij,jd", v, diagonal + off, v)
    found = compile(line(verifier, "50"), backend=backend)(v, diagonal, off)
    assert found == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("backend", BACKENDS)
def test_pivots_are_sought(verifier, backend):
    """A matrix whose first entry is 0 has an inverse."""
    diagonal, off = np.diag([0.0, 3.0, 0.0]), np.array([[0, 1, 2], [1, 0, 0.5], [2, 0.5, 0]])
    found = compile(line(verifier, "31"), backend=backend)(diagonal, off)
    np.testing.assert_allclose(found, np.linalg.inv(diagonal + off), rtol=1e-13)


@pytest.mark.parametrize("backend", ["c", "numba"])
def test_a_wrong_sign_in_an_elimination_is_found(verifier, lattices, backend):
    text = source(line(verifier, "31"), backend=backend)
    wrong = text.replace("-= times * found", "+= times * found").replace("-= factor * found", "+= factor * found")
    assert wrong != text
    assert lattices.module(wrong)["self_test"]()[1] > 0
