"""The criteria: each passes on numbers that bear the claim out, and each fails on a wrong variant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("equinox", reason="needs the extra scinet")

from checks.scinet.antipodes import Antipodes
from checks.scinet.claims import checks
from checks.scinet.experiment import Outcome
from checks.scinet.heliocentric import SPEEDS, heliocentric
from checks.scinet.latents import Relation, regress
from checks.scinet.systems import find

STEP = {1: (0.2, 0.21), 2: (0.01, 0.012), 3: (0.009, 0.01)}
MIXED = np.array([[0.7, -0.2], [-0.4, 1.1]])


def outcome(system: str, errors: dict[int, tuple[float, ...]], **changes) -> Outcome:
    found = find(system)
    settings = replace(found.quick, latents=tuple(errors), seeds=(0, 1))
    return Outcome(found, settings, found.rank(), 0.3, errors, {}, **changes)


def passed(found: Outcome) -> dict[str, bool]:
    return {check.name: check.passed for check in checks(found)}


def related(latents: np.ndarray) -> Relation:
    samples = heliocentric(2000, 0)
    phi, theta = samples.parameters, samples.observation
    fit = regress(phi, latents)
    back = [float(regress(latents, angles[:, 1:]).explained[0]) for angles in (phi, theta)]
    steps = (np.ones(2), SPEEDS @ fit.coefficients)
    return Relation(fit, regress(theta, latents), back[0], back[1], *steps, rest_by_invariant=np.zeros(2))


def noisy(angles: np.ndarray) -> np.ndarray:
    return angles @ MIXED + 0.01 * np.random.default_rng(1).normal(size=angles.shape)


PAIR = Antipodes(np.array([0.0, 0.0, 1.0]), 1e-6, 0.7)
HELIOCENTRIC = related(noisy(heliocentric(2000, 0).parameters))
GEOCENTRIC = related(noisy(heliocentric(2000, 0).observation))
ANGLES = {1: (0.1, 0.1), 2: (0.003, 0.002), 3: (0.003, 0.002)}


def test_a_step_at_the_rank_bears_the_claims_out() -> None:
    assert passed(outcome("pendulum", STEP)) == {
        "answers are learned": True,
        "one latent too few": True,
        "knee at the rank": True,
    }


@pytest.mark.parametrize(
    ("errors", "failing"),
    [
        ({1: (0.29,), 2: (0.29,), 3: (0.29,)}, {"answers are learned", "one latent too few", "knee at the rank"}),
        ({1: (0.011,), 2: (0.01,), 3: (0.009,)}, {"one latent too few", "knee at the rank"}),
        ({1: (0.2,), 2: (0.05,), 3: (0.009,)}, {"knee at the rank"}),
        ({0: (0.2,), 2: (0.01,), 3: (0.009,)}, {"one latent too few"}),
        ({0: (0.3,), 1: (0.01,), 3: (0.009,)}, {"one latent too few", "knee at the rank"}),
    ],
    ids=["nothing is learned", "one latent is enough", "two are not", "one was not tried", "two were not tried"],
)
def test_other_curves_do_not(errors: dict[int, tuple[float, ...]], failing: set[str]) -> None:
    found = passed(outcome("pendulum", errors))
    assert {name for name, good in found.items() if not good} == failing


def test_a_check_against_one_latent_too_few_fails() -> None:
    """The curve of a system of rank two, held against a rank of one."""
    found = outcome("pendulum", {0: (0.3,)} | STEP)
    wrong = replace(found, rank=replace(found.rank, rank=1))
    assert passed(found)["knee at the rank"]
    assert not passed(wrong)["knee at the rank"]


def test_antipodes_told_apart_fail() -> None:
    good, bad = (outcome("one-qubit", STEP, antipodes=(PAIR, replace(PAIR, worst=worst))) for worst in (0.5, 0.1))
    assert passed(good)["a cut of the sphere"]
    assert not passed(bad)["a cut of the sphere"]
    assert not passed(outcome("one-qubit", STEP))["a cut of the sphere"]


def test_heliocentric_latents_pass_and_geocentric_ones_fail() -> None:
    good, bad = (outcome("heliocentric", ANGLES, relations=(found,)) for found in (HELIOCENTRIC, GEOCENTRIC))
    assert passed(good)["latents are heliocentric"]
    assert not passed(bad)["latents are heliocentric"]
    assert not passed(outcome("heliocentric", ANGLES))["latents are heliocentric"]


def test_the_error_of_the_angles_has_the_limit_that_is_reported() -> None:
    good, bad = (outcome("heliocentric", ANGLES | {2: (error,)}) for error in (0.0039, 0.0041))
    assert passed(good)["error of the angles"]
    assert not passed(bad)["error of the angles"]


def test_one_latent_does_not_predict_the_angles() -> None:
    """With errors of one latent in the place of those of two."""
    assert not passed(outcome("heliocentric", ANGLES | {2: ANGLES[1]}))["error of the angles"]


@pytest.mark.parametrize("system", ["one-qubit", "two-qubits", "pendulum", "heliocentric"])
def test_every_check_says_what_it_measured(system: str) -> None:
    given = {"antipodes": (PAIR,), "relations": (HELIOCENTRIC,)}
    for check in checks(outcome(system, STEP | {5: (0.1,), 6: (0.01,), 9: (0.009,)}, **given)):
        assert check.statement == system
        assert check.prediction
        assert check.criterion
        assert check.numbers
        assert all(isinstance(text, str) for pair in check.numbers for text in pair)
