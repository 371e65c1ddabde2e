r"""Motion under an exported Hamiltonian of charged masses: convergence, energy, momentum and angular momentum.

Hamilton's equations $\dot r = \partial H/\partial p$, $\dot p = -\partial H/\partial r$ hold with $p_i = m_i v_i$ as
the momentum conjugate to $r_i$; the derivatives are the kernel's own, by complex steps, exact to rounding. Such a
Hamiltonian depends on positions by distances alone and on momenta by their lengths and products. So translations and
rotations leave it as it is, and $\sum_i p_i$, $\sum_i r_i \times p_i$ and $H$ are conserved, whatever the factor in
front of the vector potential.

The implicit midpoint rule is symplectic, of order 2, and conserves linear and quadratic invariants exactly (Hairer,
Lubich, Wanner, Geometric Numerical Integration, IV.2). The reference is SciPy's DOP853, which shares no code with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from checks.check import Check, Kernel, digits, statement_of
from checks.slopes import criterion, fit_slope

STEP = 1e-30
"""Of the complex step: no difference is taken, so it may be as small as it likes."""
COARSEST, HALVINGS, DURATION = 8, 4, 1.0
CONSERVED = 1e-11
"""The change allowed to a conserved quantity, relative to its size: the solver's tolerance over all steps."""
ENERGY = 1e-9
"""The same for the energy along the reference, whose own tolerance is 1e-12 per step."""
GROWTH = 1.5
"""A drift of the energy doubles it from one half of a run to the next; an oscillation does not."""


class Unstable(Exception):
    """The motion cannot be followed: the equations have no finite or no stable solution."""


@dataclass(frozen=True, slots=True)
class Cluster:
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


@dataclass(frozen=True, slots=True)
class Motion:
    """Hamilton's equations of a kernel for one cluster."""

    kernel: Kernel
    cluster: Cluster

    def energy(self, state: np.ndarray) -> complex:
        r, p = self.cluster.split(state)
        c = self.cluster
        return complex(self.kernel(m=c.m, q=c.q, r=r, v=p / c.m[:, None], epsilon=c.epsilon))

    def energies(self, states: np.ndarray) -> np.ndarray:
        return np.array([self.energy(state).real for state in states])

    def rate(self, state: np.ndarray) -> np.ndarray:
        """The time derivative of positions and momenta. Raises Unstable where it is not finite."""
        slope = np.empty(state.size)
        for number in range(state.size):
            moved = state.astype(complex)
            moved[number] += 1j * STEP
            slope[number] = self.energy(moved).imag / STEP
        if not np.all(np.isfinite(slope)):
            raise Unstable("a derivative of the Hamiltonian is not finite")
        half = state.size // 2
        return np.concatenate((slope[half:], -slope[:half]))

    def implicit_midpoint(self, duration: float, steps: int, tolerance: float = 1e-13) -> np.ndarray:
        """The states at all steps, by y' = y + dt f((y + y') / 2), solved by fixed-point iteration.

        The tolerance of a step is relative to the largest coordinate.
        Raises Unstable where the iteration does not converge.
        """
        dt = duration / steps
        states = [self.cluster.start]
        last = change = dt * self.rate(states[0])
        for _ in range(steps):
            change, last = 2 * change - last, change
            scale = np.max(np.abs(states[-1]))
            for _ in range(60):
                new = dt * self.rate(states[-1] + change / 2)
                moved, change = np.max(np.abs(new - change)), new
                if moved <= tolerance * scale:
                    break
            else:
                raise Unstable("the implicit midpoint rule has no solution by fixed-point iteration")
            states.append(states[-1] + change)
        return np.array(states)

    def explicit_midpoint(self, duration: float, steps: int) -> np.ndarray:
        """The same order without the symplectic structure: what a drift of the energy looks like."""
        dt = duration / steps
        states = [self.cluster.start]
        for _ in range(steps):
            middle = states[-1] + dt / 2 * self.rate(states[-1])
            states.append(states[-1] + dt * self.rate(middle))
        return np.array(states)

    def reference(self, duration: float, steps: int, most: int = 3000) -> np.ndarray:
        """The states at equal steps by DOP853. Raises Unstable when it asks for more than ``most`` derivatives."""
        from scipy.integrate import solve_ivp

        asked = 0

        def rate(_: float, state: np.ndarray) -> np.ndarray:
            nonlocal asked
            asked += 1
            if asked > most:
                raise Unstable("the reference integrator makes no progress")
            return self.rate(state)

        times = np.linspace(0, duration, steps + 1)
        found = solve_ivp(rate, (0, duration), self.cluster.start, "DOP853", times, rtol=1e-12, atol=1e-13)
        if not found.success:
            raise Unstable(f"the reference integrator stopped: {found.message}")
        return found.y.T


def spread_cluster(seed: int, particles: int = 5) -> Cluster:
    """Charges of both signs in three dimensions, none nearer to another than 1."""
    draw = np.random.default_rng(seed)
    while True:
        r = draw.uniform(-2, 2, (particles, 3))
        apart = np.linalg.norm(r[:, None] - r, axis=2) + 2 * np.eye(particles)
        if apart.min() >= 1:
            break
    q = draw.uniform(0.3, 0.6, particles) * np.where(np.arange(particles) % 2, -1.0, 1.0)
    return Cluster(draw.uniform(1, 2, particles), q, r, draw.normal(scale=0.5, size=r.shape), 2.0)


def bound_pair() -> Cluster:
    """Two like charges on an eccentric orbit: the potential enters with the sign opposite to the kinetic part.

    The charges are small, and the interaction strong, so that the vector potential does not decide about the orbit.
    """
    r = np.array([[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0]])
    v = np.array([[0.0, 0.6, 0.0], [0.0, -0.6, 0.0]])
    return Cluster(np.ones(2), np.full(2, 0.1), r, v, 10.0)


def hamiltonian_motion(kernel: Kernel, *, seed: int = 0, statement: str = "") -> tuple[Check, ...]:
    """Checks of the motion under a Hamiltonian.

    The kernel is called as ``kernel(m=…, q=…, r=…, v=…, epsilon=…)`` with shapes (N,), (N,), (N, D), (N, D) and a
    number; r and v may be complex. Units are those of the kernel. Five particles in three dimensions, and a bound pair.
    """
    said = statement or statement_of(kernel)
    motion, pair = Motion(kernel, spread_cluster(seed)), Motion(kernel, bound_pair())
    try:
        runs = [motion.implicit_midpoint(DURATION, COARSEST * 2**k) for k in range(HALVINGS)]
        reference = motion.reference(DURATION, COARSEST)
    except Unstable as problem:
        return (_failed("motion", said, str(problem)), _bounded(pair, said))
    return (
        _convergence(runs, reference, motion.cluster, said, seed),
        _energy_order(runs, motion, said, seed),
        _bounded(pair, said),
        _energy_kept(reference, motion, said, seed),
        _momentum(runs[-1], motion.cluster, said, seed),
        _angular_momentum(runs[-1], motion.cluster, said, seed),
    )


def _failed(name: str, said: str, why: str) -> Check:
    wanted = "both integrators reach the end"
    return Check(name, said, "the motion is smooth", "integration", wanted, False, (("why", why),))


def _convergence(runs: list[np.ndarray], reference: np.ndarray, cluster: Cluster, said: str, seed: int) -> Check:
    errors = []
    for run in runs:
        r = cluster.split(run[:: (len(run) - 1) // COARSEST])[0]
        errors.append(float(np.max(np.abs(r - cluster.split(reference)[0]))))
    slope = fit_slope([DURATION / (len(run) - 1) for run in runs], errors)
    return Check(
        "order of convergence",
        said,
        "the error of the positions is of order 2 in the time step",
        f"implicit midpoint rule against DOP853, {len(runs)} step sizes, five particles, seed {seed}",
        criterion(2),
        slope.is_order(2),
        (("slope", str(slope)), ("largest error", digits(errors[0])), ("smallest error", digits(errors[-1]))),
    )


def _energy_order(runs: list[np.ndarray], motion: Motion, said: str, seed: int) -> Check:
    errors = []
    for run in runs:
        energies = motion.energies(run[:: (len(run) - 1) // COARSEST])
        errors.append(float(np.max(np.abs(energies - energies[0]))))
    slope = fit_slope([DURATION / (len(run) - 1) for run in runs], errors)
    return Check(
        "order of the energy error",
        said,
        "the error of the energy is of order 2 in the time step",
        f"implicit midpoint rule, {len(runs)} step sizes, five particles, seed {seed}",
        criterion(2),
        slope.is_order(2),
        (("slope", str(slope)), ("largest error", digits(errors[0])), ("smallest error", digits(errors[-1]))),
    )


def _bounded(motion: Motion, said: str, steps: int = 200, duration: float = 22.0) -> Check:
    def growth(states: np.ndarray) -> tuple[float, float]:
        errors = np.abs(motion.energies(states) - motion.energies(states[:1]))
        first, second = errors[: len(errors) // 2].max(), errors[len(errors) // 2 :].max()
        return float(second / first) if first > 0 else float("nan"), float(errors.max())

    try:
        ratio, most = growth(motion.implicit_midpoint(duration, steps, 1e-10))
        control, _ = growth(motion.explicit_midpoint(duration, steps))
    except Unstable as problem:
        return _failed("energy stays bounded", said, str(problem))
    scale = abs(motion.energy(motion.cluster.start).real)
    return Check(
        "energy stays bounded",
        said,
        "the energy of a symplectic integrator oscillates and does not drift",
        f"a bound pair over {duration:g} units of time, implicit midpoint rule with {steps} steps",
        f"the largest error of the second half is below {GROWTH} times that of the first, and below a tenth of |H|",
        bool(ratio <= GROWTH and most <= 0.1 * scale),
        (
            ("second half / first half", digits(ratio)),
            ("largest error", digits(most)),
            ("|H|", digits(scale)),
            ("second half / first half, explicit midpoint rule", digits(control)),
        ),
    )


def _energy_kept(reference: np.ndarray, motion: Motion, said: str, seed: int) -> Check:
    energies = motion.energies(reference)
    r, p = motion.cluster.split(reference[0])
    scale = max(abs(energies[0]), float(np.sum(p**2 / motion.cluster.m[:, None])) / 2)
    change = float(np.max(np.abs(energies - energies[0])) / scale)
    moved = float(np.max(np.abs(motion.cluster.split(reference)[0] - r)))
    return Check(
        "energy along the motion",
        said,
        "the Hamiltonian is constant along its own motion, which moves",
        f"DOP853, five particles, seed {seed}",
        f"the relative change is below {ENERGY:g}, and some coordinate moves by more than 0.1",
        bool(change <= ENERGY and moved > 0.1),
        (("relative change", digits(change)), ("largest displacement", digits(moved))),
    )


def _momentum(run: np.ndarray, cluster: Cluster, said: str, seed: int) -> Check:
    _, p = cluster.split(run)
    total = p.sum(axis=1)
    change = float(np.max(np.abs(total - total[0])) / np.abs(p[0]).sum())
    return _conserved("momentum", "translations", "sum of p_i", change, p, said, seed)


def _angular_momentum(run: np.ndarray, cluster: Cluster, said: str, seed: int) -> Check:
    r, p = cluster.split(run)
    each = np.cross(r, p)
    total = each.sum(axis=1)
    change = float(np.max(np.abs(total - total[0])) / np.abs(each[0]).sum())
    return _conserved("angular momentum", "rotations", "sum of r_i x p_i", change, p, said, seed)


def _conserved(name: str, under: str, what: str, change: float, p: np.ndarray, said: str, seed: int) -> Check:
    single = float(np.max(np.abs(p[-1] - p[0])) / np.abs(p[0]).sum())
    return Check(
        name,
        said,
        f"{under} leave the Hamiltonian as it is, so the {what} is conserved",
        f"implicit midpoint rule, five particles, seed {seed}",
        f"the relative change is below {CONSERVED:g}, while the momentum of some particle changes by more than 1e-3",
        bool(change <= CONSERVED and single > 1e-3),
        (("relative change", digits(change)), ("relative change of one momentum", digits(single))),
    )
