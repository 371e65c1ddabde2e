r"""Tomography of pure states: probabilities of fixed measurements are observed, that of another one is asked for.

Both the state and the measurement that is asked for are given by how they respond to measurements (Iten et al. 2020,
where one qubit has 10 of each and two qubits 30): the observation is $|\langle a_j|\psi\rangle|^2$ with fixed random
projectors $a_j$, the question $|\langle b_j|\omega\rangle|^2$ with other ones, the answer
$|\langle\omega|\psi\rangle|^2$.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks.scinet.samples import Samples

MEASUREMENTS = {1: 10, 2: 30}
"""How many projectors there are for the observation, and as many for the question, by number of qubits."""


def random_states(draw: np.random.Generator, count: int, qubits: int) -> np.ndarray:
    """Pure states from the unitarily invariant law (Haar), (count, 2^qubits), complex, of norm one."""
    shape = (count, 2**qubits)
    states = draw.normal(size=shape) + 1j * draw.normal(size=shape)
    return states / np.linalg.norm(states, axis=1, keepdims=True)


def probabilities(measurements: np.ndarray, states: np.ndarray) -> np.ndarray:
    """|<m|psi>|^2 for all states and measurements, (N, M), from (M, d) and (N, d)."""
    return np.abs(states @ measurements.conj().T) ** 2


def is_complete(measurements: np.ndarray) -> bool:
    """Whether the projectors span the Hermitian matrices, so that probabilities determine every state. Shape (M, d)."""
    projectors = np.einsum("mi,mj->mij", measurements, measurements.conj()).reshape(len(measurements), -1)
    return int(np.linalg.matrix_rank(projectors)) == measurements.shape[1] ** 2


def bloch_vectors(states: np.ndarray) -> np.ndarray:
    """The means of the three Pauli matrices in states of one qubit, (N, 3) from (N, 2)."""
    first, second = states[:, 0], states[:, 1]
    cross = 2 * first.conj() * second
    return np.stack([np.real(cross), np.imag(cross), np.abs(first) ** 2 - np.abs(second) ** 2], axis=1)


def measurements(qubits: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The fixed measurements for the observation and for the question, (M, d) each: of the seed, and complete.

    Raises ValueError for other than one or two qubits.
    """
    if qubits not in MEASUREMENTS:
        raise ValueError(f"{qubits} qubits: there are measurements for {' and '.join(map(str, MEASUREMENTS))}")
    draw = np.random.default_rng([seed, qubits, 0])
    of_state, of_question = (random_states(draw, MEASUREMENTS[qubits], qubits) for _ in range(2))
    if not (is_complete(of_state) and is_complete(of_question)):
        raise AssertionError("random measurements that are not complete have probability zero")
    return of_state, of_question


def on_hemisphere(states: np.ndarray) -> np.ndarray:
    """States of one qubit, (N, 2); one with its Bloch vector below the equator becomes its orthogonal state."""
    first, second = states[:, :1], states[:, 1:]
    orthogonal = np.concatenate([-second.conj(), first.conj()], axis=1)
    return np.where(np.abs(first) >= np.abs(second), states, orthogonal)


def hemisphere(count: int, seed: int) -> Samples:
    """As ``tomography`` of one qubit, for states with |ψ_0| ≥ |ψ_1| alone: the same rank, and no sphere but a disc."""
    return tomography(1, count, seed, prepare=on_hemisphere)


def tomography(
    qubits: int, count: int, seed: int, *, prepare: Callable[[np.ndarray], np.ndarray] = lambda states: states
) -> Samples:
    """``count`` states, each with one question. ``prepare`` is done to the states, (count, d), not to the questions.

    The parameters are real and imaginary parts of the state, (count, 2 * 2^qubits). The measurements are drawn from the
    seed as well, so that another seed is another experiment. Raises ValueError for other than one or two qubits.
    """
    of_state, of_question = measurements(qubits, seed)
    draw = np.random.default_rng([seed, qubits, 1])
    states, asked = prepare(random_states(draw, count, qubits)), random_states(draw, count, qubits)
    answers = np.abs(np.einsum("ni,ni->n", asked.conj(), states)) ** 2
    return Samples(
        observation=probabilities(of_state, states),
        question=probabilities(of_question, asked),
        answer=answers[:, None],
        parameters=np.concatenate([np.real(states), np.imag(states)], axis=1),
    )
