"""Predictions on fields: kernels in a number of dimensions, functions that the print leaves open, what is shared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from checks.lattice_steps import dense, hopping, laplacian, matrices, symbols
from checks.predictions import in_dimensions
from derive import kernels
from derive.compile import Settled, settled_input
from derive.errors import DeriveError
from derive.expression import Neg
from derive.paper import load_paper
from derive.verify import Verifier

FIELDS = "fields-2024"


@pytest.mark.parametrize("dimensions", [1, 2, 3])
@pytest.mark.parametrize("number", ["claim-any-rule", "claim-hopping-squared", "claim-uncoupled"])
def test_a_kernel_in_so_many_dimensions_has_its_exact_values(number: str, dimensions: int) -> None:
    statement = settled_input(Verifier(load_paper(FIELDS)), number, "as printed", Settled("proved"))
    scope = in_dimensions(statement.scope, dimensions)
    text = kernels.source(kernels.KernelInput(statement.left, statement.right, scope, statement.definitions))
    space: dict[str, Any] = {"__name__": "kernel"}
    exec(compile(text, "<kernel>", "exec"), space)
    assert space["self_test"]() == (5, 0)


def test_a_rule_in_two_dimensions_is_the_one_by_hand(predictions) -> None:
    phi, before = np.random.default_rng(0).normal(size=(2, 5, 4))
    found = predictions(FIELDS).kernel("claim-any-rule", dimensions=2)(phi=phi, phi_minus_1=before, m=0.3, c=0.7)
    assert np.allclose(found, 2 * phi - before + 0.49 * laplacian(phi) - 0.09 * phi, atol=1e-14)


def test_dimensions_that_are_printed_are_not_chosen(predictions) -> None:
    with pytest.raises(DeriveError, match="the number of directions in klein-gordon is no letter"):
        predictions(FIELDS).kernel("3.13", dimensions=2)


def test_a_function_that_the_print_leaves_open_is_given(predictions) -> None:
    predict = predictions(FIELDS)
    with pytest.raises(DeriveError, match="a function that no formula is known for"):
        predict.kernel("2.14")
    potential = {r"\mathcal{V}": r"\frac{1}{4}\sum_i\phi_i^4"}
    kernel = predict.kernel("2.14", gradient=("phi", "beta"), functions=potential)
    draw = np.random.default_rng(1)
    phi, beta, weight = draw.normal(size=3), draw.normal(size=3), draw.normal(size=(3, 3))
    value, by_phi, by_beta = kernel(phi=phi, beta=beta, W=weight)
    inner = weight - np.eye(3)
    assert value == pytest.approx(beta @ beta / 2 + beta @ inner @ phi + np.sum(phi**4) / 4)
    assert np.allclose(by_phi, inner.T @ beta + phi**3)
    assert np.allclose(by_beta, beta + inner @ phi)


def test_a_wrong_kernel_stays_apart_from_those_that_are_shared(predictions) -> None:
    right = predictions(FIELDS)
    wrong = predictions(FIELDS, change=lambda used, expr: Neg(expr) if used.startswith("3.17 ") else expr)
    phi = np.random.default_rng(2).normal(size=(2, 3, 4))
    assert np.array_equal(right.kernel("3.17")(phi=phi), -phi)
    assert np.array_equal(wrong.kernel("3.17")(phi=phi), phi)
    assert wrong.kernel("3.9") is right.kernel("3.9")
    assert np.array_equal(predictions(FIELDS).kernel("3.17")(phi=phi), -phi)


def test_symbols_are_what_a_step_does_to_waves() -> None:
    chi, sites = matrices(2), (4, 6)
    found = symbols(lambda field: hopping(field, chi), 4, sites)
    p, q = 2 * np.pi / 4, 2 * np.pi * 5 / 6
    expected = chi[1] * (np.exp(1j * p) - 1) + chi[2] * (np.exp(1j * q) - 1)
    assert np.allclose(found.reshape(4, 6, 4, 4)[1, 5], expected)


def test_the_matrix_of_a_map() -> None:
    field = np.random.default_rng(3).normal(size=(3, 4))
    assert np.allclose(dense(laplacian, (3, 4)) @ field.ravel(), laplacian(field).ravel())
