"""What a system hands to the network: observations, questions and answers, with the parameters behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Samples:
    """Questions to a system with their answers, N of them, in natural units.

    Shapes: observation (N, O), question (N, Q), answer (N, A), parameters (N, P). The network never sees the
    parameters. Raises ValueError where the lengths differ or something is not finite.
    """

    observation: np.ndarray
    question: np.ndarray
    answer: np.ndarray
    parameters: np.ndarray

    def __post_init__(self) -> None:
        parts = (self.observation, self.question, self.answer, self.parameters)
        if {part.ndim for part in parts} != {2} or len({len(part) for part in parts}) != 1:
            raise ValueError("observations, questions, answers and parameters are tables with as many rows")
        if not all(np.all(np.isfinite(part)) for part in parts):
            raise ValueError("an observation, question, answer or parameter is not finite")

    def __len__(self) -> int:
        return len(self.answer)

    def take(self, rows: slice | np.ndarray) -> Samples:
        """Some of the rows."""
        return Samples(self.observation[rows], self.question[rows], self.answer[rows], self.parameters[rows])

    def with_answers_shuffled(self, seed: int) -> Samples:
        """The same with each question given the answer to another one: nothing is left to be learned."""
        order = np.random.default_rng([seed, 7]).permutation(len(self))
        return Samples(self.observation, self.question, self.answer[order], self.parameters)


@dataclass(frozen=True, slots=True)
class Standard:
    """Shift and scale of each column, so that what a network is fed has mean zero and variance one."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, table: np.ndarray) -> Standard:
        """From the columns of a table (N, K). A constant column is shifted and not scaled."""
        deviation = table.std(axis=0)
        return cls(table.mean(axis=0), np.where(deviation > 0, deviation, 1.0))

    def __call__(self, table: np.ndarray) -> np.ndarray:
        return (table - self.mean) / self.deviation
