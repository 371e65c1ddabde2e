"""Sums over the two values of a binary variable."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from derive.expression import Number, Symbol
from derive.kernels import BACKENDS, KernelError, compile, source
from derive.kernels.binary import with_value

self_test = sys.modules["kernels_modules"].self_test

DRAW = np.random.default_rng(20)
M, X, Y, Q = DRAW.uniform(0.5, 1.5, (4, 5))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sum_over_values_is_both_values(inputs, backend):
    kernel = inputs.kernel(r"\mathcal{H}", r"\sum_b \exp(b \epsilon + \sum_i b m_i x_i)")
    assert self_test(source(kernel, backend=backend)) == (5, 0)
    found = compile(kernel, backend=backend)(M, X, epsilon=0.3)
    assert found == pytest.approx(2 * np.cosh(0.3 + M @ X), rel=1e-14)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_difference_that_cancels_at_one_value_stays_together(inputs, backend):
    kernel = inputs.kernel(r"\mathcal{H}", r"\sum_b (1 + b) \exp(b \epsilon)")
    assert compile(kernel, backend=backend)(epsilon=-30.0) == pytest.approx(2 * np.exp(-30), rel=1e-14)


def test_sums_over_values_stand_in_each_other_and_in_other_sums(inputs):
    kernel = inputs.kernel("x_i", r"\sum_{s_i} \sum_b \sum_{j \neq i} \sin(s_i m_i y_j + b q_j)")
    assert self_test(source(kernel)) == (5, 0)
    found = compile(kernel)(M, Q, Y)
    wanted = [
        sum(np.sin(s * M[i] * Y[j] + b * Q[j]) for s in (1, -1) for b in (1, -1) for j in range(5) if j != i)
        for i in range(5)
    ]
    assert np.allclose(found, wanted, atol=1e-13)


def test_a_variable_under_its_own_sum_is_left(inputs):
    expr = inputs.read(r"s_i + \sum_i s_i")
    changed = with_value(expr, Symbol("s", inputs.read("s_i").slots), -1)
    assert changed.terms == (Number(-1), expr.terms[1])


def test_values_of_a_binary_argument_are_drawn_from_its_two(inputs):
    text = source(inputs.kernel(r"\mathcal{H}", r"\epsilon b"))
    assert "'b': -1.0" in text
    assert "'b': 0.0" not in text


def test_all_values_of_all_variables_are_refused(inputs):
    kernel = inputs.kernel(r"\mathcal{H}", r"\sum_{\mathbf{s}_{1:N}} \epsilon")
    with pytest.raises(KernelError, match="the sum over s has no density of it"):
        source(kernel)


def test_a_matrix_with_the_variable_in_it_is_inverted_at_each_value(inputs):
    kernel = inputs.kernel(
        r"\mathcal{H}", r"\sum_b b \mathbf{x}_{1:N}^T (\mathbf{B} + b \epsilon \mathbf{I})^{-1} \mathbf{y}_{1:N}"
    )
    assert self_test(source(kernel)) == (5, 0)
