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
    """A simulation and the checks on it.

    ``lines`` are those whose kernels or formulas are held against it; all must be settled, or else the experiment waits.
    ``stands_in`` says of lines that have no kernel yet which closed form of ``checks/closed_forms.py`` takes its place;
    such checks are shown and not counted as checks of the lines.
    """

    name: str
    paper: str
    title: str
    lines: tuple[str, ...]
    run: Callable[[Predictions, Size], Outcome]
    stands_in: str = ""
