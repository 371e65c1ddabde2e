"""One seed of the quick size of each system shows what needs no long training; what has no answer is not learned."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("equinox", reason="needs the extra scinet")

import jax

from checks.scinet.claims import checks
from checks.scinet.experiment import run
from checks.scinet.systems import find
from derive.errors import DeriveError

SHOWN = {
    "one-qubit": {"answers are learned", "one latent too few", "a cut of the sphere"},
    "one-qubit-hemisphere": {"answers are learned", "one latent too few"},
    "two-qubits": {"one latent too few"},
    "pendulum": {"answers are learned", "one latent too few", "knee at the rank"},
    "heliocentric": {"answers are learned", "one latent too few", "knee at the rank"},
}
"""What the quick size shows with room to spare; the full size is for the rest."""


@pytest.mark.parametrize("name", SHOWN)
def test_the_quick_size(name: str) -> None:
    system = find(name)
    outcome = run(system, replace(system.quick, seeds=(0,)))
    found = {check.name: check for check in checks(outcome)}
    for claim in SHOWN[name]:
        assert found[claim].passed, str(found[claim])


def test_a_training_that_diverges_is_one_sentence() -> None:
    system = find("pendulum")
    size = {"samples": 100, "tested": 20, "width": 4, "batch": 8, "steps": 20, "chunk": 10, "rate": 1e30}
    with pytest.raises(DeriveError) as caught:
        run(system, replace(system.quick, **size))
    assert str(caught.value) == (
        "pendulum: the training of seed 0 with latents up to number 1 diverged; its learning rate, 1e+30, is too large"
    )


def test_a_training_is_the_same_whatever_else_in_the_process_asks_of_jax() -> None:
    """An exported kernel for JAX switches double precision on, for all of the process."""
    system = find("pendulum")
    size = {"samples": 100, "tested": 20, "width": 4, "batch": 8, "steps": 20, "chunk": 10, "seeds": (0,)}
    found = []
    for wide in (False, True):
        with jax.enable_x64(wide):
            found.append(run(system, replace(system.quick, **size)).errors)
    assert found[0] == found[1]


def test_answers_to_other_questions_bear_nothing_out() -> None:
    """The control: with answers shuffled there is nothing to learn, and every check of the pendulum fails."""
    system = find("pendulum").shuffled()
    outcome = run(system, replace(system.quick, seeds=(0,), steps=1000))
    assert not any(check.passed for check in checks(outcome))
    assert outcome.curve.floor > 0.9 * outcome.deviation
