"""The checks of a Hamiltonian: they pass on the right kernel, and each fails on a wrong one."""

from __future__ import annotations

import numpy as np
import pytest

from checks import hamiltonian_motion, kinetic_order
from derive.kernels import lambdify

NAMES = [
    "order of convergence",
    "order of the energy error",
    "energy stays bounded",
    "energy along the motion",
    "momentum",
    "angular momentum",
]


@pytest.fixture(scope="session")
def printed(inputs):
    return lambdify(inputs.hamiltonian(inputs.PRINTED))


@pytest.fixture(scope="session")
def corrected(inputs):
    return lambdify(inputs.hamiltonian(inputs.CORRECTED))


def outcomes(kernel) -> dict[str, bool]:
    return {check.name: check.passed for check in hamiltonian_motion(kernel)}


@pytest.mark.parametrize("which", ["printed", "corrected"])
def test_motion_under_the_exported_kernel(which, request):
    checks = hamiltonian_motion(request.getfixturevalue(which))
    assert [(check.name, check.passed) for check in checks] == [(name, True) for name in NAMES]
    assert all(isinstance(text, str) for check in checks for pair in check.numbers for text in pair)
    assert all(check.statement.startswith(r"\mathcal{H}") and check.criterion for check in checks)


def by_hand(m, q, r, v, epsilon, *, energy=0.0, factor=0.5):
    """The Hamiltonian for the wrong kernels, which are made from it."""
    n = len(m)
    squares = ((r[:, None] - r) ** 2).sum(-1) + np.eye(n)
    inverse = (1 - np.eye(n)) / np.sqrt(squares)
    a = inverse @ (q[:, None] * v)
    momentum = m[:, None] * v + factor * q[:, None] * a
    return epsilon**2 * q @ inverse @ q / 2 - (momentum**2 / m[:, None]).sum() / 2


def not_analytic(m, q, r, v, epsilon):
    """Its derivative by a complex step is not its gradient."""
    return by_hand(m, q, r, v, epsilon) + 0.5 * np.abs(r).sum()


def with_kinks(m, q, r, v, epsilon):
    """Its force jumps where a coordinate changes sign."""
    return by_hand(m, q, r, v, epsilon) + 0.3 * np.sqrt(r * r).sum()


def with_an_origin(m, q, r, v, epsilon):
    return by_hand(m, q, r, v, epsilon) + 0.5 * (r**2).sum()


def with_a_direction(m, q, r, v, epsilon):
    return by_hand(m, q, r, v, epsilon) + ((r[:, None] - r)[..., 0] ** 2).sum() / 10


def with_friction(m, q, r, v, epsilon):
    """The pair loses energy in its motion, since the derivatives are not those of the value."""
    return by_hand(m, q, r, v, epsilon) + 0.05j * np.imag((np.real(v) * r).sum())


WRONG = [
    (with_kinks, {"order of convergence"}),
    (not_analytic, {"order of the energy error", "energy along the motion"}),
    (with_friction, {"energy stays bounded", "energy along the motion"}),
    (with_an_origin, {"momentum"}),
    (with_a_direction, {"angular momentum"}),
]


@pytest.mark.parametrize(("kernel", "failing"), WRONG)
def test_a_wrong_kernel_fails(kernel, failing):
    found = outcomes(kernel)
    assert not any(found[name] for name in failing)


def test_every_criterion_can_fail():
    failed = {name for kernel, _ in WRONG for name, passed in outcomes(kernel).items() if not passed}
    assert set(NAMES) <= failed


def test_what_cannot_be_followed_fails():
    assert not any(outcomes(lambda **given: float("nan")).values())


def test_a_kernel_without_motion_fails():
    assert not any(outcomes(lambda m, q, r, v, epsilon: 0.0).values())


@pytest.mark.parametrize("seed", range(5))
def test_the_kinetic_term_separates_printed_from_corrected(printed, corrected, seed):
    assert kinetic_order(printed, 1, seed=seed).passed
    assert not kinetic_order(printed, 2, seed=seed).passed
    assert kinetic_order(corrected, 2, seed=seed).passed
    assert not kinetic_order(corrected, 1, seed=seed).passed


@pytest.mark.parametrize("factor", [0.0, 0.45, 0.51, 1.0])
def test_another_factor_is_of_first_order(factor):
    def kernel(m, q, r, v, epsilon):
        return by_hand(m, q, r, v, epsilon, factor=factor)

    assert not kinetic_order(kernel, 2).passed


def test_the_statement_can_be_told(corrected):
    assert kinetic_order(corrected, 2, statement="kinetic part").statement == "kinetic part"
