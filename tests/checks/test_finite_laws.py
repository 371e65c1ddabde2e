"""Laws as points with weights: their moments, what kernels make of them, expressions derived beyond the print."""

from __future__ import annotations

import numpy as np
import pytest

from checks.laws import bernoulli, cubature, gauss_hermite, independent
from derive.expansions import neumann

COVARIANCE = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 0.7]])


def test_points_have_the_moments_of_the_law() -> None:
    points, weights = cubature(COVARIANCE)
    assert weights.sum() == pytest.approx(1)
    assert np.allclose(weights @ points, 0)
    assert np.allclose(np.einsum("n,ni,nj->ij", weights, points, points), COVARIANCE)
    assert np.allclose(np.einsum("n,ni,nj,nk->ijk", weights, points, points, points), 0)
    points, weights = gauss_hermite(1.7)
    moments = [float(weights @ points**power) for power in range(7)]
    assert np.allclose(moments, [1, 0, 1.7, 0, 3 * 1.7**2, 0, 15 * 1.7**3])


def test_independent_quantities_have_the_points_of_both() -> None:
    chance = np.array([0.2, 0.7])
    values, weights = bernoulli(chance)
    assert weights @ values == pytest.approx(chance)
    assert weights @ (values[:, 0] * values[:, 1]) == pytest.approx(0.14)
    points, values, weights = independent(cubature(COVARIANCE), bernoulli(chance))
    assert len(points) == len(values) == len(weights) == 24
    assert np.einsum("n,ni,nj,nk->ijk", weights, points, points, values) == pytest.approx(
        COVARIANCE[:, :, None] * chance
    )


def test_the_integral_of_a_quadratic_form_is_a_trace(predictions) -> None:
    inner = np.array([[1.0, 0.2, 0.0], [0.2, 0.5, 0.1], [0.0, 0.1, 0.8]])
    model = np.linalg.inv(inner)
    points, weights = cubature(COVARIANCE)
    kernel = predictions("inference-2024-07").kernel("34")
    diagonal = np.diag(np.diag(model))
    found = kernel(x=points, weights=weights, K_diag=diagonal, K_off=model - diagonal)
    assert found == pytest.approx(np.trace(inner @ COVARIANCE), rel=1e-12)


def test_an_expression_beyond_the_print_has_a_kernel(predictions) -> None:
    predict, series = predictions("inference-2024-07"), neumann(4)
    kernel = predict.expression("inverse to order 4", series.sum, series.of.scope)
    assert predict.expression("inverse to order 4", series.sum, series.of.scope) is kernel
    assert predict.used[-1] == "inverse to order 4"
    draw = np.random.default_rng(5)
    leading, rest = np.diag([1.0, 2.0, 3.0]), 0.1 * draw.normal(size=(3, 3))
    ratio = np.linalg.inv(leading) @ rest
    wanted = sum((-1) ** k * np.linalg.matrix_power(ratio, k) for k in range(5)) @ np.linalg.inv(leading)
    assert np.allclose(kernel(A=leading, F=rest), wanted, rtol=1e-13)
