"""The network and its loss: the divergence in closed form, the masks, the question and the evolution."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("equinox", reason="needs the extra scinet")

import jax
import jax.numpy as jnp
from scipy import integrate, stats

from checks.scinet.network import SciNet, answers, divergence, loss, means

SIZES = {"observation": 3, "question": 2, "answer": 1}


def network(**changes) -> SciNet:
    return SciNet(**({**SIZES, "latents": 4, "width": 8, "evolves": False, "key": jax.random.key(0)} | changes))


def table(columns: int, seed: int = 0) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=(6, columns)), jnp.float32)


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (1.5, 0.3), (-0.7, 2.0)])
def test_the_divergence_is_its_integral(mean: float, deviation: float) -> None:
    q, p = stats.norm(mean, deviation), stats.norm()
    integral, _ = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), mean - 12 * deviation, mean + 12)
    assert float(divergence(jnp.asarray(mean), jnp.log(deviation))) == pytest.approx(integral, abs=1e-5)


def test_the_divergence_is_zero_for_the_standard_normal_law_alone() -> None:
    assert float(divergence(jnp.zeros(()), jnp.zeros(()))) == 0
    assert float(divergence(jnp.asarray(0.01), jnp.zeros(()))) > 0
    assert float(divergence(jnp.zeros(()), jnp.asarray(0.01))) > 0


def test_the_loss_is_that_of_its_formula() -> None:
    """With reparameterized latents, drawn from the same key."""
    net, mask, key = network(), jnp.array([1.0, 1.0, 0.0, 0.0]), jax.random.key(1)
    observation, question, answer = table(3), table(2, 1), table(1, 2)
    mean, log_deviation = means(net, observation)
    latent = mean + jnp.exp(log_deviation) * jax.random.normal(key, mean.shape)
    given = jnp.stack([net.decoder(jnp.concatenate([z * mask, q])) for z, q in zip(latent, question, strict=True)])
    cost = divergence(mean, log_deviation)[:, :2].sum(axis=1)
    wanted = jnp.mean((given - answer) ** 2) + 0.3 * jnp.mean(cost)
    assert float(loss(net, observation, question, answer, mask, 0.3, key)) == pytest.approx(float(wanted), rel=1e-5)


def test_a_closed_latent_has_no_effect_and_no_gradient() -> None:
    mask, key = jnp.array([1.0, 0.0, 0.0, 0.0]), jax.random.key(1)
    arguments = (table(3), table(2, 1), table(1, 2), mask, 0.1, key)
    gradient = jax.grad(lambda weight: loss(with_last_layer(weight), *arguments))
    found = gradient(network().encoder.layers[-1].weight)
    assert np.abs(found[1:4]).max() == np.abs(found[5:]).max() == 0
    assert np.abs(found[0]).max() > 0
    assert np.abs(found[4]).max() > 0


def with_last_layer(weight: jax.Array) -> SciNet:
    import equinox as eqx

    return eqx.tree_at(lambda net: net.encoder.layers[-1].weight, network(), weight)


def test_without_latents_the_answer_depends_on_the_question_alone() -> None:
    net, mask = network(), jnp.zeros(4)
    first, second = (answers(net, table(3, seed), table(2, 1), mask) for seed in (5, 6))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, answers(net, table(3, 5), table(2, 2), mask))


def test_a_step_in_time_adds_a_constant_to_the_latents() -> None:
    net = network(evolves=True, question=1)
    assert net.step is not None
    latent, mask = jnp.array([0.3, -1.0, 0.2, 0.0]), jnp.ones(4)
    for _ in range(3):
        latent = latent + net.step
    wanted = np.asarray(net.decode(latent, jnp.array([0.0]), mask))
    found = net.decode(jnp.array([0.3, -1.0, 0.2, 0.0]), jnp.array([3.0]), mask)
    assert np.asarray(found) == pytest.approx(wanted, abs=1e-6)
