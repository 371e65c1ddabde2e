"""An experiment: what is simulated once, the checks that come of it, and the lines of a paper that they hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checks.check import Outcome, Size
from checks.predictions import Predictions

SEED = 20240731
"""The seed of every experiment; fixed before any of them was run."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A simulation and the checks on it. Versions of a paper that print its lines with the same numbers share it.

    ``lines`` are those that are held against it; all must be settled, or else the experiment waits. Without any lines,
    the experiment is about the paper as a whole.
    """

    name: str
    papers: tuple[str, ...]
    title: str
    lines: tuple[str, ...]
    run: Callable[[Predictions, Size], Outcome]
