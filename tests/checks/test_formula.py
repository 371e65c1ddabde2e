"""Formulas: trees in floating point, laws that are exact for polynomials, one sentence for what is missing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from checks.formula import Formula, cubature, gauss_hermite
from checks.spins import SIGMA, along
from derive.errors import DeriveError
from derive.expression import Density, Expr, Integral, Mul, Number, Pow, Symbol, Whole

X = Symbol("x", (Whole("particle"),))


def test_points_have_the_moments_of_the_law() -> None:
    covariance = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 0.7]])
    points, weights = cubature(covariance)
    assert weights.sum() == pytest.approx(1)
    assert np.allclose(weights @ points, 0)
    assert np.allclose(np.einsum("n,ni,nj->ij", weights, points, points), covariance)
    assert np.allclose(np.einsum("n,ni,nj,nk->ijk", weights, points, points, points), 0)
    points, weights = gauss_hermite(1.7)
    moments = [float(weights @ points**power) for power in range(7)]
    assert np.allclose(moments, [1, 0, 1.7, 0, 3 * 1.7**2, 0, 15 * 1.7**3])


def test_the_integral_of_a_quadratic_form_is_a_trace(predictions) -> None:
    covariance, inner = np.diag([1.0, 2.0]) + 0.3, np.array([[1.0, 0.2], [0.2, 0.5]])
    formula = predictions("inference-2024-07").formula("34", left=True)
    value = formula({r"\mathbf{K}": np.linalg.inv(inner)}, sizes={"particle": 2}, laws={"x": cubature(covariance)})
    assert value == pytest.approx(np.trace(inner @ covariance))


def test_an_integral_without_a_law_is_refused() -> None:
    with pytest.raises(DeriveError, match="the integral over x has no law of it"):
        Formula(Integral(X, X))({"x": 1.0}, laws={"x": cubature(np.eye(1))})
    body = Mul((Density("P", (X,)), X))
    assert Formula(Integral(X, body))({}, laws={"x": cubature(np.eye(1))}) == pytest.approx(0)


def test_a_symbol_without_a_value_is_refused() -> None:
    with pytest.raises(DeriveError, match="the formula needs a value of x"):
        Formula(X)({})


def test_a_construct_that_is_not_known_is_refused() -> None:
    class Other(Expr):
        pass

    with pytest.raises(DeriveError, match="a formula with Other cannot be evaluated here"):
        Formula(Other())({})


def test_a_power_of_a_vector_is_its_squared_length(predictions) -> None:
    nu = np.array([0.3, -1.2, 0.4])
    formula = predictions("inference-2024-07").formula("claim-measured-direction", "corrected")
    assert np.allclose(formula({r"\nu": nu, r"\sigma": SIGMA}), 2 * nu[2] * along(nu) - nu @ nu * SIGMA[2])
    assert Formula(Pow(Number(Fraction(3)), Number(Fraction(2))))({}) == 9
