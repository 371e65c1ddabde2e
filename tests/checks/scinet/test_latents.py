"""Regressions on angles: exact where the relation is, and the planets told from what is seen."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("equinox", reason="needs the extra scinet")

from checks.scinet.antipodes import fibonacci_sphere, nearest_antipodes
from checks.scinet.heliocentric import SPEEDS, heliocentric, heliocentric_angles
from checks.scinet.latents import regress, relation
from checks.scinet.systems import Settings, find
from checks.scinet.training import Experiment, train

SMALL = Settings((1, 2), (0,), samples=300, width=8, batch=16, steps=40, chunk=10, tested=50)
MIXED = np.array([[0.7, -0.2], [-0.4, 1.1]])


def test_a_linear_relation_is_found() -> None:
    angles = heliocentric(500, 0).parameters
    fit = regress(angles, angles @ MIXED + [3.0, -1.0])
    assert fit.coefficients == pytest.approx(MIXED)
    assert fit.constant == pytest.approx([3, -1])
    assert fit.explained == pytest.approx([1, 1])


def test_the_regression_is_that_of_scipy() -> None:
    from scipy import stats

    draw = np.random.default_rng(0)
    x = draw.normal(size=100)
    y = 2 * x + draw.normal(size=100)
    fit, wanted = regress(x[:, None], y[:, None]), stats.linregress(x, y)
    assert fit.coefficients[0, 0] == pytest.approx(wanted.slope)
    assert fit.explained[0] == pytest.approx(wanted.rvalue**2)


def test_noise_is_not_explained_and_a_constant_is() -> None:
    draw = np.random.default_rng(0)
    fit = regress(draw.normal(size=(2000, 2)), np.column_stack([draw.normal(size=2000), np.ones(2000)]))
    assert fit.explained[0] < 0.01
    assert fit.explained[1] == 1


def test_mars_seen_from_the_earth_is_not_linear_in_what_is_seen_from_the_sun() -> None:
    """What the claim of heliocentric latents rests on: the two descriptions are told apart by R²."""
    samples = heliocentric(5000, 0)
    assert regress(samples.parameters, samples.observation).explained[1] < 0.95
    assert regress(samples.observation, samples.parameters).explained[1] < 0.95


def test_a_system_that_does_not_evolve_has_no_relation() -> None:
    with pytest.raises(ValueError, match="do not evolve in time"):
        relation(train(Experiment.of(find("pendulum"), SMALL, 0), 2))


def test_the_relation_of_a_network_has_its_shapes() -> None:
    found = relation(train(Experiment.of(find("heliocentric"), SMALL, 0), 2))
    assert found.heliocentric.coefficients.shape == (2, 2)
    assert found.step.shape == found.step_implied.shape == (2,)


def test_a_sphere_of_points() -> None:
    points = fibonacci_sphere(1000)
    assert np.linalg.norm(points, axis=1) == pytest.approx(np.ones(1000))
    assert np.abs(points.mean(axis=0)).max() < 1e-2


@pytest.mark.parametrize("latents", [1, 2])
def test_antipodes_with_the_same_latents_are_found_even_before_anything_is_learned(latents: int) -> None:
    """The theorem is about continuous maps, so it holds of every network with two latents, or with one."""
    found = nearest_antipodes(train(Experiment.of(find("one-qubit"), SMALL, 0), latents))
    assert np.linalg.norm(found.direction) == pytest.approx(1)
    assert found.apart < 1e-4
    assert found.worst > 0.49


class Mixed:
    """In the place of a trained network: latents that are linear in φ_E and φ_M but for a function of the invariant."""

    def __init__(self, bend: float, noise: float) -> None:
        self.bend, self.noise, self.latents = bend, noise, 2
        self.experiment = Experiment.of(find("heliocentric"), replace(SMALL, tested=2000), 0)
        self.network = SimpleNamespace(step=SPEEDS @ MIXED)

    def encode(self, observation: np.ndarray) -> np.ndarray:
        phi = heliocentric_angles(observation)
        bent = np.tanh(phi @ np.array([SPEEDS[1], -SPEEDS[0]]) * 3)[:, None]
        random = np.random.default_rng(0).normal(size=phi.shape)
        return phi @ MIXED + self.bend * bent + self.noise * random


def test_a_linear_relation_implies_its_step() -> None:
    found = relation(Mixed(bend=0.0, noise=0.0))
    assert found.step_implied == pytest.approx(found.step)
    assert found.heliocentric.explained == pytest.approx([1, 1])
    assert found.mars_from_sun == pytest.approx(1)
    assert max(found.mars_from_earth, *found.geocentric.explained) < 0.99


def test_what_the_motion_leaves_as_it_is_may_bend_the_latents() -> None:
    """The rest is a function of the invariant where it was put in as one, and is not where it is noise."""
    bent, noisy = relation(Mixed(bend=0.5, noise=0.0)), relation(Mixed(bend=0.0, noise=0.1))
    assert bent.heliocentric.explained.max() < 1 - 1e-4
    assert bent.rest_by_invariant.min() > 0.95
    assert noisy.rest_by_invariant.max() < 0.05
