"""One training: a system, a number of latents and a seed give a network, the same however often it is interrupted."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from checks.scinet import checkpoints
from checks.scinet.network import SciNet, answers, divergence, loss, means
from checks.scinet.samples import Samples, Standard
from checks.scinet.systems import Settings, System
from derive import __version__

CLIP = 1.0
"""The largest norm of a gradient."""

Table = tuple[Array, Array, Array]
"""Observations, questions and answers as the network sees them: (N, O), (N, Q), (N, A), single precision."""


def versions() -> dict[str, str]:
    """The versions of what the numbers depend on."""
    names = ("jax", "jaxlib", "equinox", "optax", "numpy")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def _single(table: np.ndarray) -> Array:
    return jnp.asarray(table, jnp.float32)


@dataclass(frozen=True, slots=True)
class Experiment:
    """The samples of one seed: what is learned from, what is tested on, and the units between them and the network."""

    system: System
    settings: Settings
    seed: int
    learned: Table
    tested: Table
    samples: Samples
    """The samples behind ``tested``, in natural units."""
    observation: Standard
    question: Standard | None
    """None for a number of steps, which the network reads as it is."""
    answer: Standard

    @classmethod
    def of(cls, system: System, settings: Settings, seed: int) -> Experiment:
        """Generates the samples. Test samples are other ones of the same experiment, with the same measurements."""
        samples = system.generate(settings.samples + settings.tested, seed)
        learned, tested = samples.take(slice(settings.samples)), samples.take(slice(settings.samples, None))
        observation, answer = Standard.of(learned.observation), Standard.of(learned.answer)
        question = None if system.evolves else Standard.of(learned.question)

        def table(part: Samples) -> Table:
            asked = part.question if question is None else question(part.question)
            return _single(observation(part.observation)), _single(asked), _single(answer(part.answer))

        return cls(system, settings, seed, table(learned), table(tested), tested, observation, question, answer)

    @property
    def room(self) -> int:
        """The latents that there is room for: one at least, since a layer needs a neuron."""
        return max(self.settings.latents[-1], 1)

    def mask(self, latents: int) -> Array:
        """Ones for the latents that are open, (L,)."""
        return (jnp.arange(self.room) < latents).astype(jnp.float32)

    def network(self) -> SciNet:
        """The network before training; it depends on the seed alone."""
        sizes = (part.shape[1] for part in self.learned)
        key = jax.random.fold_in(jax.random.key(self.seed), 0)
        return SciNet(*sizes, latents=self.room, width=self.settings.width, evolves=self.system.evolves, key=key)

    def describe(self, latents: int) -> dict[str, Any]:
        """Everything that the trained network depends on."""
        settings = asdict(self.settings) | {"latents": latents, "seeds": self.seed, "room": self.room}
        return {"system": self.system.name, "settings": settings, "versions": versions() | {"derive": __version__}}


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network and what it does on the samples it is tested on."""

    experiment: Experiment
    latents: int
    network: SciNet

    def answer(self, observation: np.ndarray, question: np.ndarray) -> np.ndarray:
        """The answers (N, A) at the means of the latents, from (N, O) and (N, Q); all in natural units."""
        experiment = self.experiment
        asked = question if experiment.question is None else experiment.question(question)
        seen = _single(experiment.observation(observation))
        found = answers(self.network, seen, _single(asked), experiment.mask(self.latents))
        return experiment.answer.mean + experiment.answer.deviation * np.asarray(found, float)

    def encode(self, observation: np.ndarray) -> np.ndarray:
        """The means of the open latents, (N, n), from observations in natural units, (N, O)."""
        mean, _ = means(self.network, _single(self.experiment.observation(observation)))
        return np.asarray(mean, float)[:, : self.latents]

    def error(self) -> float:
        """The root mean square error over all answers of the tested samples, in the unit of the system."""
        samples = self.experiment.samples
        wrong = self.answer(samples.observation, samples.question) - samples.answer
        return self.experiment.system.scale * float(np.sqrt(np.mean(wrong**2)))

    def divergences(self) -> list[float]:
        """The mean divergence of each open latent from the standard normal law, in nats; near zero if it is unused."""
        each = divergence(*means(self.network, self.experiment.tested[0]))
        return [float(value) for value in np.asarray(each, float).mean(axis=0)[: self.latents]]


@cache
def _optimiser(settings: Settings) -> optax.GradientTransformation:
    rate = optax.cosine_decay_schedule(settings.rate, settings.steps)
    return optax.chain(optax.clip_by_global_norm(CLIP), optax.adam(rate))


@eqx.filter_jit
def _chunk(
    state: tuple[Any, Any], static: Any, settings: Settings, learned: Table, mask: Array, beta: Array, key: Array
):
    """So many steps as there are values of β. Batches are drawn with replacement."""

    def step(state: tuple[Any, Any], given: tuple[Array, Array]) -> tuple[tuple[Any, Any], None]:
        (parameters, moments), (beta, key) = state, given
        for_rows, for_noise = jax.random.split(key)
        rows = jax.random.randint(for_rows, (settings.batch,), 0, len(learned[0]))
        observation, question, answer = (part[rows] for part in learned)
        network = eqx.combine(parameters, static)
        gradient = eqx.filter_grad(loss)(network, observation, question, answer, mask, beta, for_noise)
        updates, moments = _optimiser(settings).update(gradient, moments, parameters)
        return (eqx.apply_updates(parameters, updates), moments), None

    return jax.lax.scan(step, state, (beta, jax.random.split(key, len(beta))))[0]


def train(
    experiment: Experiment, latents: int, *, path: Path | None = None, after: Callable[[int], None] = lambda done: None
) -> Trained:
    """Trains a network with so many latents, or goes on from the checkpoint at ``path``.

    The state is saved there after each chunk, and then ``after`` is called with the number of chunks done; where it
    raises, the next call goes on from there, to the same bits. A finished training is only read.
    """
    settings = experiment.settings
    if not 0 <= latents <= experiment.room:
        raise ValueError(f"{latents} latents: there is room for 0 to {experiment.room}")
    mark = checkpoints.fingerprint(experiment.describe(latents))
    parameters, static = eqx.partition(experiment.network(), eqx.is_array)
    state: tuple[Any, Any] = (parameters, _optimiser(settings).init(parameters))
    saved = checkpoints.load(path, state, mark) if path is not None else None
    state, done = saved if saved is not None else (state, 0)
    if done:
        after(done)
    betas = np.geomspace(*settings.beta, settings.steps, dtype=np.float32).reshape(settings.chunks, settings.chunk)
    key = jax.random.fold_in(jax.random.key(experiment.seed), 1)
    mask = experiment.mask(latents)
    for number in range(done, settings.chunks):
        for_chunk = jax.random.fold_in(key, number)
        state = _chunk(state, static, settings, experiment.learned, mask, jnp.asarray(betas[number]), for_chunk)
        if path is not None:
            checkpoints.save(path, state, number + 1, mark)
        after(number + 1)
    return Trained(experiment, latents, eqx.combine(state[0], static))
