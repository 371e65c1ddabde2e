"""What cannot be followed, does not move or is no gradient fails, and says so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax", reason="needs the extra checks")

from checks import charges
from checks import hamiltonian_motion as motion


def predict(kernel: Any) -> Any:
    return SimpleNamespace(kernel=lambda *_, **__: kernel)


def nowhere(m, q, r, v, epsilon):
    return float("nan"), np.nan * r, np.nan * v


def still(m, q, r, v, epsilon):
    return 0.0, 0 * r, 0 * v


def no_gradient(m, q, r, v, epsilon):
    return 0.5 * float(np.sum(m[:, None] * v**2)), r, m[:, None] * v


def test_what_cannot_be_followed_says_so() -> None:
    (check,) = motion.run(predict(nowhere), "quick").checks
    assert not check.passed
    assert dict(check.numbers)["why"] == "a derivative of the Hamiltonian is not finite"


@pytest.mark.parametrize("kernel", [still, no_gradient])
def test_a_kernel_that_is_none_fails_every_check(kernel: Any) -> None:
    checks = motion.run(predict(kernel), "quick").checks
    assert [check.name for check in checks if check.passed and not check.name.endswith("as printed")] == []


def test_an_explicit_rule_drifts_where_the_symplectic_one_does_not(predictions) -> None:
    like = charges.pair((0.1, 0.1), 0.6)
    rate = like.by_kernel(predictions("inference-2024-07").kernel("70", gradient=("r", "v")))
    drifts = []
    for rule in (charges.implicit_midpoint, charges.explicit_midpoint):
        run = rule(rate, like.start, 15.0, 360)
        energies = np.array([rate(state)[0] for state in run])
        drifts.append(abs(energies[-1] - energies[0]) / np.ptp(energies[:60]))
    assert drifts[0] < 0.2 < drifts[1]


def test_both_energies_are_the_same_function(predictions) -> None:
    five = charges.spread(3)
    rate = five.by_kernel(predictions("inference-2024-07").kernel("70", gradient=("r", "v")))
    (energy, slope), (other, second) = rate(five.start), five.simulated(five.start)
    assert energy == pytest.approx(other, rel=1e-13)
    assert np.allclose(slope, second, rtol=1e-12)
