"""The data: probabilities, positions and angles against independent formulas, and the same ones for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from checks.scinet import heliocentric as planets
from checks.scinet import pendulum, tomography
from checks.scinet.samples import Samples, Standard
from checks.scinet.systems import SYSTEMS, Settings, find
from derive.errors import UnknownName

GENERATORS = [pytest.param(system.generate, id=system.name) for system in SYSTEMS]


@pytest.mark.parametrize("generate", GENERATORS)
def test_a_seed_decides_the_samples(generate) -> None:
    first, same, other = generate(50, 3), generate(50, 3), generate(50, 4)
    assert np.array_equal(first.observation, same.observation)
    assert np.array_equal(first.answer, same.answer)
    assert not np.array_equal(first.observation, other.observation)


@pytest.mark.parametrize("generate", GENERATORS)
def test_shuffled_answers_are_the_same_ones_elsewhere(generate) -> None:
    samples = generate(200, 0)
    shuffled = samples.with_answers_shuffled(0)
    assert np.array_equal(np.sort(samples.answer, axis=0), np.sort(shuffled.answer, axis=0))
    assert abs(np.corrcoef(samples.answer[:, 0], shuffled.answer[:, 0])[0, 1]) < 0.3


# -- tomography ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("qubits", [1, 2])
def test_answers_are_traces_of_projectors(qubits: int) -> None:
    """tr(|m><m| rho) for the state, from density matrices reconstructed from the observation alone."""
    samples = tomography.tomography(qubits, 20, 1)
    found = []
    for measured, fixed in zip(
        (samples.observation, samples.question), tomography.measurements(qubits, 1), strict=True
    ):
        projectors = np.einsum("mi,mj->mij", fixed, fixed.conj()).reshape(len(fixed), -1)
        found.append(np.linalg.lstsq(projectors.conj(), measured.T.astype(complex), rcond=None)[0].T)
    size = 2**qubits
    rho, omega = (each.reshape(-1, size, size) for each in found)
    answer = np.einsum("nij,nji->n", rho, omega).real
    assert answer == pytest.approx(samples.answer[:, 0], abs=1e-9)
    assert np.einsum("nii->n", rho).real == pytest.approx(np.ones(20))


def test_states_are_spread_evenly() -> None:
    """A fixed probability is uniform for one qubit, and Beta(1, 3) for two."""
    draw = np.random.default_rng(0)
    for qubits, mean in ((1, 1 / 2), (2, 1 / 4)):
        states = tomography.random_states(draw, 20_000, qubits)
        assert np.abs(states[:, 0] ** 2).mean() == pytest.approx(mean, abs=0.01)
        assert np.abs(states.mean(axis=0)).max() < 0.02


def test_a_state_is_where_its_bloch_vector_points() -> None:
    states = tomography.random_states(np.random.default_rng(0), 5, 1)
    bloch = tomography.bloch_vectors(states)
    assert np.linalg.norm(bloch, axis=1) == pytest.approx(np.ones(5))
    assert tomography.probabilities(states, states) == pytest.approx((1 + bloch @ bloch.T) / 2)


def test_a_hemisphere_is_one() -> None:
    draw = np.random.default_rng(0)
    states = tomography.random_states(draw, 2000, 1)
    above = tomography.on_hemisphere(states)
    there, here = tomography.bloch_vectors(states), tomography.bloch_vectors(above)
    assert here == pytest.approx(there * np.where(there[:, 2:] >= 0, 1, -1))
    assert tomography.hemisphere(100, 0).question == pytest.approx(tomography.tomography(1, 100, 0).question)


def test_too_few_measurements_are_not_complete() -> None:
    states = tomography.random_states(np.random.default_rng(0), 16, 2)
    assert tomography.is_complete(states)
    assert not tomography.is_complete(states[:15])


def test_three_qubits_have_no_measurements() -> None:
    with pytest.raises(ValueError, match=r"^3 qubits: there are measurements for 1 and 2$"):
        tomography.tomography(3, 10, 0)


# -- the pendulum ----------------------------------------------------------------------------------------------------


def test_the_pendulum_moves_as_its_equation_says() -> None:
    samples = pendulum.pendulum(3, 0)
    for stiffness, damping, observed in zip(*samples.parameters.T, samples.observation, strict=True):

        def rate(_: float, state: np.ndarray, k: float = stiffness, b: float = damping) -> list[float]:
            return [state[1], -k * state[0] - b * state[1]]

        start = [1.0, -damping / 2]
        found = solve_ivp(rate, (0, 5), start, t_eval=pendulum.OBSERVED, rtol=1e-10, atol=1e-12)
        assert found.y[0] == pytest.approx(observed, abs=1e-7)


def test_a_pendulum_that_does_not_swing_is_refused() -> None:
    with pytest.raises(ValueError, match="b² has to be below 4 κ m"):
        pendulum.position(np.zeros(1), np.ones(1), np.array([2.0]))


# -- the planets -----------------------------------------------------------------------------------------------------


def test_angles_are_directions_in_the_plane() -> None:
    phi = np.random.default_rng(0).uniform(-30, 30, (500, 2))
    theta = planets.geocentric(phi)
    earth, mars = (r * np.exp(1j * phi[:, k]) for k, r in enumerate((planets.EARTH_RADIUS, planets.MARS_RADIUS)))
    for target, angle in ((0 - earth, theta[:, 0]), (mars - earth, theta[:, 1])):
        assert np.exp(1j * angle) == pytest.approx(target / np.abs(target))
    assert planets.heliocentric_angles(theta) == pytest.approx(phi)


def test_a_series_goes_on_continuously() -> None:
    first = planets.heliocentric(200, 0).observation
    found = planets.series(first, np.tile(np.arange(planets.STEPS), (200, 1)))
    assert found[:, 0] == pytest.approx(first)
    assert np.abs(np.diff(found, axis=1)).max() < 0.3
    assert np.diff(found[:, :, 1], axis=1).min() < 0, "Mars goes backwards near opposition"


def test_the_sun_is_back_after_a_year_and_mars_after_the_synodic_period_in_opposition() -> None:
    year = planets.series(np.array([[0.0, 1.0]]), np.array([[planets.EARTH_YEAR / planets.STEP]]))
    assert year[0, 0, 0] == pytest.approx(2 * np.pi)
    synodic = 1 / (1 / planets.EARTH_YEAR - 1 / planets.MARS_YEAR)
    seen = planets.series(np.array([[0.0, -np.pi]]), np.array([[synodic / planets.STEP]]))[0, 0]
    assert np.cos(seen[0] - seen[1]) == pytest.approx(-1)


# -- tables ----------------------------------------------------------------------------------------------------------


def test_a_table_with_a_row_too_few_or_not_finite_is_refused() -> None:
    table = np.zeros((3, 1))
    with pytest.raises(ValueError, match="as many rows"):
        Samples(table, table, table[:2], table)
    with pytest.raises(ValueError, match="not finite"):
        Samples(table, table, table * np.nan, table)


def test_a_standard_has_mean_zero_and_variance_one_and_leaves_constants() -> None:
    table = np.column_stack([np.arange(5.0), np.ones(5)])
    found = Standard.of(table)(table)
    assert found.mean(axis=0) == pytest.approx([0, 0])
    assert found.std(axis=0) == pytest.approx([1, 0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"latents": (1,)}, "two at least"),
        ({"latents": (2, 1)}, "in rising order"),
        ({"latents": (-1, 1)}, "none negative"),
        ({"seeds": ()}, "one at least"),
        ({"seeds": (1, 1)}, "different numbers"),
        ({"batch": 0}, "are positive"),
        ({"rate": 0.0}, "are positive"),
        ({"steps": 750}, "no whole number of chunks of 500"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict, message: str) -> None:
    given = {"latents": (1, 2), "seeds": (0,), "samples": 10, "width": 4, "batch": 5, "steps": 500}
    with pytest.raises(ValueError, match=message):
        Settings(**(given | changes))


def test_an_unknown_system_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownName) as caught:
        find("three-qubits")
    assert str(caught.value) == (
        "unknown system 'three-qubits'; systems: one-qubit, one-qubit-hemisphere, two-qubits, pendulum, heliocentric"
    )


def test_the_numbers_of_latents_cover_the_rank_and_one_less() -> None:
    for system in SYSTEMS:
        rank = system.rank().rank
        for settings in (system.full, system.quick):
            assert {rank - 1, rank} <= set(settings.latents)
            assert rank < settings.latents[-1]
