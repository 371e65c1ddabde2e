"""All experiments, in the order of the papers."""

from __future__ import annotations

from checks import (
    binary_clusters,
    binary_network,
    continuum,
    dirac,
    dirac_stable,
    gauge,
    gaussian_loss,
    gradient_descent,
    hamiltonian_form,
    hamiltonian_motion,
    inverse_series,
    klein_gordon,
    losses,
    pauli,
    propagator,
    scinet_systems,
    spin_covariance,
)
from checks.experiment import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (
    binary_network.EXPERIMENT,
    binary_clusters.EXPERIMENT,
    gaussian_loss.EXPERIMENT,
    inverse_series.EXPERIMENT,
    hamiltonian_form.EXPERIMENT,
    hamiltonian_motion.EXPERIMENT,
    propagator.EXPERIMENT,
    pauli.EXPERIMENT,
    spin_covariance.EXPERIMENT,
    gradient_descent.EXPERIMENT,
    losses.EXPERIMENT,
    klein_gordon.EXPERIMENT,
    dirac.EXPERIMENT,
    dirac_stable.EXPERIMENT,
    continuum.EXPERIMENT,
    gauge.EXPERIMENT,
    *scinet_systems.EXPERIMENTS,
)


def select(paper: str, numbers: tuple[str, ...], whole: bool) -> tuple[Experiment, ...]:
    """The experiments on some lines of a paper; those on the paper as a whole if all of it is asked for."""
    return tuple(
        one for one in EXPERIMENTS if paper in one.papers and (set(one.lines) & set(numbers) if one.lines else whole)
    )
