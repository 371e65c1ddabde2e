"""Where the error stops falling as latent neurons are added: one rule, fixed before anything was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

FACTOR = 2.0
"""How far above the error of the largest number of latents an error may lie and still count as level with it."""

RULE = f"the smallest number of latents whose median error is at most {FACTOR:g} times that of the largest number tried"


@dataclass(frozen=True, slots=True)
class Curve:
    """Errors against the number of latent neurons: for each number the errors of its seeds."""

    errors: Mapping[int, Sequence[float]]

    def __post_init__(self) -> None:
        if len(self.errors) < 2 or not all(self.errors.values()):
            raise ValueError("a curve needs two numbers of latents at least, and an error for each")

    @property
    def latents(self) -> list[int]:
        return sorted(self.errors)

    @property
    def medians(self) -> dict[int, float]:
        return {latents: median(self.errors[latents]) for latents in self.latents}

    @property
    def floor(self) -> float:
        """The median error of the largest number of latents."""
        return self.medians[self.latents[-1]]

    @property
    def knee(self) -> int:
        """Where the error stops falling, by ``RULE``.

        >>> Curve({0: [0.3], 1: [0.2], 2: [0.02], 3: [0.015]}).knee
        2
        """
        return next(latents for latents, error in self.medians.items() if error <= FACTOR * self.floor)

    @property
    def steepest(self) -> int:
        """The number of latents that divides the median error of the number before it by the largest factor.

        A second opinion that does not depend on ``FACTOR`` and is reported beside the knee, not used in a criterion.
        """
        medians, numbers = self.medians, self.latents
        return max(pairwise(numbers), key=lambda pair: medians[pair[0]] / medians[pair[1]])[1]

    def is_above(self, latents: int) -> bool:
        """Whether the median error with so many latents is above the knee's limit. KeyError if it was not tried."""
        return self.medians[latents] > FACTOR * self.floor
