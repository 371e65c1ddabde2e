"""Charged masses, by kernels and by dense matrices with automatic differentiation; their motion in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from checks.autodiff import value_and_gradient
from checks.check import Kernel
from checks.gaussians import distances

Rate = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""Energy and rate of change of a state."""


class Unstable(Exception):
    """The motion cannot be followed: the equations have no finite or no stable solution."""


@dataclass(frozen=True)
class Charges:
    """Charged masses. Shapes: m and q (N,), r and v (N, D)."""

    m: np.ndarray
    q: np.ndarray
    r: np.ndarray
    v: np.ndarray
    epsilon: float

    @property
    def start(self) -> np.ndarray:
        """Positions and momenta, one after the other: 2 N D numbers."""
        return np.concatenate((self.r.ravel(), (self.m[:, None] * self.v).ravel()))

    def split(self, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The positions and momenta of a state, (…, N, D) each."""
        half = self.r.size
        shape = (*state.shape[:-1], *self.r.shape)
        return state[..., :half].reshape(shape), state[..., half:].reshape(shape)

    def by_kernel(self, kernel: Kernel) -> Rate:
        """Energy and rate of change of a state by a kernel with its gradient by r and v."""

        def called(state: np.ndarray) -> tuple[float, np.ndarray]:
            r, p = self.split(state)
            energy, by_r, by_v = kernel(m=self.m, q=self.q, r=r, v=p / self.m[:, None], epsilon=self.epsilon)
            return float(energy), np.concatenate(((by_v / self.m[:, None]).ravel(), -by_r.ravel()))

        return called

    @cached_property
    def simulated(self) -> Rate:
        """The same by dense matrices in the momenta and automatic differentiation."""
        import jax.numpy as jnp

        count, shape = len(self.m), self.r.shape
        eye = np.eye(count)

        def energy(state, m, q):
            r, p = state[: self.r.size].reshape(shape), state[self.r.size :].reshape(shape)
            apart = r[:, None, :] - r[None, :, :]
            coupling = (jnp.outer(q, q) * (1 - eye)) / jnp.sqrt(jnp.sum(apart**2, axis=2) + eye)
            moved = p + 0.5 * coupling @ (p / m[:, None])
            return self.epsilon**2 * jnp.sum(coupling) / 2 - jnp.sum(moved**2 / m[:, None]) / 2

        slope = value_and_gradient(energy)

        def called(state: np.ndarray) -> tuple[float, np.ndarray]:
            value, by = slope(state, self.m, self.q)
            half = state.size // 2
            return value, np.concatenate((by[half:], -by[:half]))

        return called


def implicit_midpoint(
    rate: Rate, start: np.ndarray, duration: float, steps: int, tolerance: float = 1e-13
) -> np.ndarray:
    """The states at all steps, by y' = y + dt f((y + y') / 2), solved by fixed-point iteration.

    The tolerance of a step is relative to the largest coordinate. Raises Unstable where the iteration does not
    converge.
    """
    dt = duration / steps
    states = [start]
    last = change = dt * rate(start)[1]
    for _ in range(steps):
        change, last = 2 * change - last, change
        scale = np.max(np.abs(states[-1]))
        for _ in range(60):
            new = dt * rate(states[-1] + change / 2)[1]
            if not np.all(np.isfinite(new)):
                raise Unstable("a derivative of the Hamiltonian is not finite")
            moved, change = np.max(np.abs(new - change)), new
            if moved <= tolerance * scale:
                break
        else:
            raise Unstable("the implicit midpoint rule has no solution by fixed-point iteration")
        states.append(states[-1] + change)
    return np.array(states)


def explicit_midpoint(rate: Rate, start: np.ndarray, duration: float, steps: int) -> np.ndarray:
    """The same order without the symplectic structure: what a drift of the energy looks like."""
    dt, states = duration / steps, [start]
    for _ in range(steps):
        middle = states[-1] + dt / 2 * rate(states[-1])[1]
        states.append(states[-1] + dt * rate(middle)[1])
    return np.array(states)


def integrated(rate: Rate, start: np.ndarray, duration: float, steps: int) -> np.ndarray:
    """The states at equal steps by DOP853. Raises Unstable where it does not reach the end."""
    from scipy.integrate import solve_ivp

    times = np.linspace(0, duration, steps + 1)
    found = solve_ivp(lambda _, state: rate(state)[1], (0, duration), start, "DOP853", times, rtol=1e-12, atol=1e-13)
    if not found.success:
        raise Unstable(f"the reference integrator stopped: {found.message}")
    return found.y.T


def spread(seed: int, particles: int = 5) -> Charges:
    """Charges of both signs in three dimensions, none nearer to another than 1."""
    draw = np.random.default_rng(seed)
    while True:
        r = draw.uniform(-2, 2, (particles, 3))
        if (distances(r) + 2 * np.eye(particles)).min() >= 1:
            break
    q = draw.uniform(0.3, 0.6, particles) * np.where(np.arange(particles) % 2, -1.0, 1.0)
    return Charges(draw.uniform(1, 2, particles), q, r, draw.normal(scale=0.5, size=r.shape), 2.0)


def pair(charges: tuple[float, float], speed: float) -> Charges:
    """Two charges at a distance of 1. With like charges and a speed of about 0.6 the orbit is bound and eccentric."""
    r = np.array([[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0]])
    v = np.array([[0.0, speed, 0.0], [0.0, -speed, 0.0]])
    return Charges(np.ones(2), np.array(charges), r, v, 1.0 / abs(charges[0]))
