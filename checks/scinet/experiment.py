"""All trainings of a system, and what comes out of them: errors, relations of latents, and what the plots show."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import jax
import numpy as np

from checks.scinet.antipodes import Antipodes, nearest_antipodes
from checks.scinet.knee import Curve
from checks.scinet.latents import Fit, Relation, relation
from checks.scinet.ranks import Rank
from checks.scinet.systems import Settings, System
from checks.scinet.training import Experiment, Trained, train
from derive.errors import DeriveError

SHOWN = 1000
"""How many samples the plots show."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Samples of the first seed, with as many latents as the rank: (N, A), (N, A), (N, n), (N, P)."""

    answer: np.ndarray
    answered: np.ndarray
    latents: np.ndarray
    parameters: np.ndarray


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured of one system. Errors are in the system's unit, by number of latents and then by seed."""

    system: System
    settings: Settings
    rank: Rank
    deviation: float
    """The error of the best constant answer, the median over the seeds."""
    errors: dict[int, tuple[float, ...]]
    divergences: dict[int, tuple[tuple[float, ...], ...]]
    """Of the open latents from the standard normal law, in nats; by number of latents, by seed, by latent."""
    relations: tuple[Relation, ...] = ()
    """Of the heliocentric networks with as many latents as the rank, by seed."""
    antipodes: tuple[Antipodes, ...] = ()
    """Of the networks of one qubit with as many latents as the rank, by seed."""
    shown: Shown | None = None

    @property
    def curve(self) -> Curve:
        return Curve(self.errors)

    def as_json(self) -> dict[str, Any]:
        """Numbers, texts and lists alone, in a fixed order."""
        curve = self.curve
        return {
            "system": self.system.name,
            "unit": self.system.unit,
            "settings": asdict(self.settings),
            "rank": asdict(self.rank),
            "deviation of the answers": self.deviation,
            "errors": {str(latents): list(errors) for latents, errors in self.errors.items()},
            "median errors": {str(latents): error for latents, error in curve.medians.items()},
            "knee": curve.knee,
            "steepest": curve.steepest,
            "divergences": {
                str(latents): [list(seed) for seed in found] for latents, found in self.divergences.items()
            },
            "relations": [_relation_json(found) for found in self.relations],
            "antipodes": [
                {"direction": found.direction.tolist(), "apart": found.apart, "worst error": found.worst}
                for found in self.antipodes
            ],
        }


def run(
    system: System,
    settings: Settings,
    *,
    folder: Path | None = None,
    after: Callable[[int], None] = lambda chunks: None,
) -> Outcome:
    """Trains all networks of a system. Checkpoints are kept in ``folder``, and what is there is not trained again.

    ``after`` is called with the number of chunks that were done since the last call. Numbers have single precision,
    whatever else in the process uses JAX. Raises DeriveError where a training diverges.
    """
    with jax.enable_x64(False):
        return _run(system, settings, folder, after)


def _run(system: System, settings: Settings, folder: Path | None, after: Callable[[int], None]) -> Outcome:
    rank = system.rank()
    errors: dict[int, list[float]] = {latents: [] for latents in settings.latents}
    divergences: dict[int, list[tuple[float, ...]]] = {latents: [] for latents in settings.latents}
    deviations, relations, antipodes, shown = [], [], [], None
    for seed in settings.seeds:
        experiment = Experiment.of(system, settings, seed)
        deviations.append(system.scale * float(np.sqrt(experiment.samples.answer.var(axis=0).mean())))
        for latents in settings.latents:
            path = None if folder is None else folder / f"{system.name}-{latents}-latents-seed-{seed}.checkpoint"
            trained = train(experiment, latents, path=path, after=_differences(after))
            errors[latents].append(_finite(trained))
            divergences[latents].append(tuple(trained.divergences()))
            if latents == rank.rank:
                shown = _shown(trained) if shown is None else shown
                if system.evolves:
                    relations.append(relation(trained))
                elif system.sphere:
                    antipodes.append(nearest_antipodes(trained))
    return Outcome(
        system,
        settings,
        rank,
        median(deviations),
        {latents: tuple(found) for latents, found in errors.items()},
        {latents: tuple(found) for latents, found in divergences.items()},
        tuple(relations),
        tuple(antipodes),
        shown,
    )


def _finite(trained: Trained) -> float:
    error = trained.error()
    if not math.isfinite(error):
        experiment = trained.experiment
        raise DeriveError(
            f"{experiment.system.name}: the training of seed {experiment.seed} with latents up to number"
            f" {trained.latents} diverged; its learning rate, {experiment.settings.rate:g}, is too large"
        )
    return error


def _differences(after: Callable[[int], None]) -> Callable[[int], None]:
    """From a total to what was added to it."""
    before = 0

    def called(done: int) -> None:
        nonlocal before
        after(done - before)
        before = done

    return called


def _shown(trained: Trained) -> Shown:
    some = trained.experiment.samples.take(slice(SHOWN))
    answered = trained.answer(some.observation, some.question)
    return Shown(some.answer, answered, trained.encode(some.observation), some.parameters)


def _fit_json(fit: Fit, names: tuple[str, str]) -> dict[str, Any]:
    found = dict(zip(names, fit.coefficients.tolist(), strict=True))
    return found | {"constant": fit.constant.tolist(), "R²": fit.explained.tolist()}


def _relation_json(found: Relation) -> dict[str, Any]:
    return {
        "latents by heliocentric angles": _fit_json(found.heliocentric, ("φ_E", "φ_M")),
        "latents by geocentric angles": _fit_json(found.geocentric, ("θ_S", "θ_M")),
        "R² of φ_M by the latents": found.mars_from_sun,
        "R² of θ_M by the latents": found.mars_from_earth,
        "step learned": found.step.tolist(),
        "step implied": found.step_implied.tolist(),
        "R² of the rest by the invariant": found.rest_by_invariant.tolist(),
    }
