r"""The network: an encoder, latent neurons, a question and a decoder, with the loss of a β-VAE.

The encoder reads an observation and gives each latent neuron a mean $\mu$ and a deviation $\sigma$. A latent is drawn
as $z = \mu + \sigma\epsilon$ with $\epsilon$ from the standard normal law (reparameterization: Kingma and Welling,
arXiv:1906.02691), and the decoder answers the question from $z$. The loss is

    mean square error of the answers + β Σ_i KL(N(μ_i, σ_i²) ‖ N(0, 1)),

where $KL = (\mu^2 + \sigma^2 - 1)/2 - \log\sigma$. For one answer it is, up to a constant, $\beta$ times minus the
evidence lower bound of a decoder with Gaussian noise of variance $\beta/2$ (Higgins et al., ICLR 2017).

The latents may evolve in time: the question is then a number of steps $k$, each step adds a learned vector $b$ to the
latents, $r_{t+1} = r_t + b$, and the decoder sees $r_k$ alone.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array


class SciNet(eqx.Module):
    """A network with room for L latents, of which a mask leaves the first few open.

    A latent that is closed is zero and costs nothing, so a network with n open latents can compute just what one with
    room for n can; all numbers of latents of a system then share one compiled program.
    """

    encoder: eqx.nn.MLP
    decoder: eqx.nn.MLP
    step: Array | None
    """What one step in time adds to the latents, (L,); None where latents stay and the decoder reads the question."""
    latents: int = eqx.field(static=True)

    def __init__(
        self, observation: int, question: int, answer: int, *, latents: int, width: int, evolves: bool, key: Array
    ) -> None:
        """Sizes of an observation, question and answer; two hidden layers of ``width`` on both sides."""
        for_encoder, for_decoder, for_step = jax.random.split(key, 3)
        asked = 0 if evolves else question
        self.latents = latents
        self.encoder = eqx.nn.MLP(observation, 2 * latents, width, 2, jax.nn.silu, key=for_encoder)
        self.decoder = eqx.nn.MLP(latents + asked, answer, width, 2, jax.nn.silu, key=for_decoder)
        self.step = 0.01 * jax.random.normal(for_step, (latents,)) if evolves else None

    def encode(self, observation: Array) -> tuple[Array, Array]:
        """Means and logarithms of deviations of the latents, (L,) each, from one observation (O,)."""
        out = self.encoder(observation)
        return out[: self.latents], out[self.latents :]

    def decode(self, latent: Array, question: Array, mask: Array) -> Array:
        """The answer (A,) from latents (L,) and a question (Q,): with a step, a number of steps, (1,)."""
        if self.step is None:
            return self.decoder(jnp.concatenate([mask * latent, question]))
        return self.decoder(mask * (latent + question[0] * self.step))


def divergence(mean: Array, log_deviation: Array) -> Array:
    """KL(N(μ, σ²) ‖ N(0, 1)) in nats, elementwise, from μ and log σ; zero exactly at μ = 0, σ = 1."""
    return 0.5 * (mean**2 + jnp.exp(2 * log_deviation) - 1) - log_deviation


def loss(
    network: SciNet, observation: Array, question: Array, answer: Array, mask: Array, beta: Array | float, key: Array
) -> Array:
    """The β-VAE loss of a batch: (N, O), (N, Q), (N, A) and a mask (L,) of ones and zeros; one draw for each row."""
    mean, log_deviation = jax.vmap(network.encode)(observation)
    latent = mean + jnp.exp(log_deviation) * jax.random.normal(key, mean.shape)
    answered = jax.vmap(network.decode, (0, 0, None))(latent, question, mask)
    cost = (mask * divergence(mean, log_deviation)).sum(axis=1)
    return jnp.mean((answered - answer) ** 2) + beta * jnp.mean(cost)


@eqx.filter_jit
def means(network: SciNet, observation: Array) -> tuple[Array, Array]:
    """Means and logarithms of deviations of all latents, (N, L) each, without noise."""
    return jax.vmap(network.encode)(observation)


@eqx.filter_jit
def answers(network: SciNet, observation: Array, question: Array, mask: Array) -> Array:
    """The answers (N, A) at the means of the latents, without noise."""
    mean, _ = jax.vmap(network.encode)(observation)
    return jax.vmap(network.decode, (0, 0, None))(mean, question, mask)
