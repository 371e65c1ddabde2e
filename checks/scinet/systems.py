"""The four systems, one of them with a variant, and the two sizes at which each is run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from checks.scinet import ranks
from checks.scinet.heliocentric import heliocentric
from checks.scinet.pendulum import pendulum
from checks.scinet.ranks import Rank
from checks.scinet.samples import Samples
from checks.scinet.tomography import hemisphere, tomography
from derive.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Settings:
    """How a system is trained. Raises ValueError where a number makes no sense.

    A run is ``steps`` steps of ``batch`` samples, saved after every ``chunk`` steps. The learning rate falls from
    ``rate`` to zero as a cosine, and β geometrically from the first to the second of ``beta``.
    """

    latents: tuple[int, ...]
    seeds: tuple[int, ...]
    samples: int
    width: int
    batch: int
    steps: int
    chunk: int = 500
    tested: int = 5000
    rate: float = 3e-3
    beta: tuple[float, float] = (1e-3, 1e-6)

    def __post_init__(self) -> None:
        if len(self.latents) < 2 or list(self.latents) != sorted(set(self.latents)) or self.latents[0] < 0:
            raise ValueError("the numbers of latents are two at least, none negative, in rising order")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds) or min(self.seeds) < 0:
            raise ValueError("the seeds are different numbers, none negative, one at least")
        if min(self.samples, self.tested, self.width, self.batch, self.chunk, self.steps) < 1:
            raise ValueError("samples, width, batch, steps and chunk are positive")
        if self.steps % self.chunk:
            raise ValueError(f"{self.steps} steps are no whole number of chunks of {self.chunk}")
        if min(self.rate, *self.beta) <= 0:
            raise ValueError("the learning rate and β are positive")

    @property
    def chunks(self) -> int:
        """How many chunks one run has."""
        return self.steps // self.chunk


@dataclass(frozen=True, slots=True)
class System:
    """A physical system that is asked questions.

    ``generate`` makes samples from a count and a seed. Errors are root mean squares over all answers, times ``scale``,
    in ``unit``. Where ``evolves``, the question is a number of steps in time.
    """

    name: str
    generate: Callable[[int, int], Samples]
    rank: Callable[[], Rank]
    full: Settings
    quick: Settings
    unit: str
    scale: float = 1.0
    evolves: bool = False
    sphere: bool = False
    """Whether the parameters are all states of one qubit, which no two latents tell apart (``antipodes``)."""

    def shuffled(self) -> System:
        """A system whose answers belong to other questions: what must fail every check."""

        def generate(count: int, seed: int) -> Samples:
            return self.generate(count, seed).with_answers_shuffled(seed)

        return replace(self, name=f"{self.name}, answers shuffled", generate=generate)


SYSTEMS = (
    System(
        "one-qubit",
        lambda count, seed: tomography(1, count, seed),
        lambda: ranks.qubits(1),
        full=Settings((0, 1, 2, 3, 4), (0, 1, 2, 3, 4), 50_000, 64, 256, 8_000),
        quick=Settings((1, 2, 3), (0, 1), 20_000, 64, 256, 1_500),
        unit="probability",
        sphere=True,
    ),
    System(
        "one-qubit-hemisphere",
        hemisphere,
        lambda: ranks.qubits(1),
        full=Settings((0, 1, 2, 3, 4), (0, 1, 2, 3, 4), 50_000, 64, 256, 8_000),
        quick=Settings((1, 2, 3), (0, 1), 20_000, 64, 256, 1_500),
        unit="probability",
    ),
    System(
        "two-qubits",
        lambda count, seed: tomography(2, count, seed),
        lambda: ranks.qubits(2),
        full=Settings((1, 2, 3, 4, 5, 6, 7, 8, 9), (0, 1, 2), 200_000, 100, 512, 12_000),
        quick=Settings((5, 6, 9), (0, 1), 50_000, 100, 256, 3_000, rate=5e-3),
        unit="probability",
    ),
    System(
        "pendulum",
        pendulum,
        ranks.pendulum,
        full=Settings((0, 1, 2, 3, 4), (0, 1, 2, 3, 4), 50_000, 64, 256, 12_000, rate=5e-3),
        quick=Settings((1, 2, 3), (0, 1), 20_000, 64, 128, 6_000, rate=1e-2),
        unit="m",
    ),
    System(
        "heliocentric",
        heliocentric,
        ranks.heliocentric,
        full=Settings((0, 1, 2, 3), (0, 1, 2, 3, 4), 50_000, 64, 256, 16_000, rate=5e-3, beta=(1e-2, 1e-4)),
        quick=Settings((1, 2, 3), (0, 1), 20_000, 64, 128, 4_000, rate=5e-3, beta=(1e-2, 1e-4)),
        unit="turn",
        scale=1 / (2 * math.pi),
        evolves=True,
    ),
)


def find(name: str) -> System:
    """The system of this name. Raises UnknownName, which says what there is."""
    for system in SYSTEMS:
        if system.name == name:
            return system
    raise UnknownName(f"unknown system {name!r}; systems: {', '.join(system.name for system in SYSTEMS)}")
