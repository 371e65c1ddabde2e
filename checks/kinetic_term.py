r"""The kinetic part of a Hamiltonian of charges against the quadratic form that it approximates.

The clusters have the kinetic energy $\frac12 \sum_d v^{(d)T} K v^{(d)}$ with $K_{ii} = m_i$ and
$K_{ij} = q_i q_j / |r_i - r_j|$. A Hamiltonian writes it by a vector potential,
$\sum_i (p_i + c\, q_i A_i)^2 / 2 m_i$ with $p_i = m_i v_i$ and $A_i = \sum_{j \neq i} q_j v_j / |r_i - r_j|$. Its error
counts in powers of $s$, an inverse distance: it is of order 1 in general, and of order 2 exactly for $c = 1/2$.
"""

from __future__ import annotations

import numpy as np

from checks.check import Check, Kernel, digits, statement_of
from checks.slopes import criterion, fit_slope

SCALES = tuple(2.0**-k for k in range(7, 14))
PARTICLES, DIMENSIONS = 6, 3


def quadratic_form(m: np.ndarray, q: np.ndarray, r: np.ndarray, v: np.ndarray) -> float:
    """Half of v K v, summed over the components, by a dense matrix. Shapes (N,), (N,), (N, D), (N, D)."""
    apart = np.linalg.norm(r[:, None] - r[None, :], axis=2)
    np.fill_diagonal(apart, 1.0)
    matrix = np.outer(q, q) / apart
    np.fill_diagonal(matrix, m)
    return 0.5 * float(np.trace(v.T @ matrix @ v))


def kinetic_order(kernel: Kernel, expected_order: int, *, seed: int = 0, statement: str = "") -> Check:
    """Whether the kinetic part of a Hamiltonian is wrong by the expected power of an inverse distance.

    The kernel is called as ``kernel(m=…, q=…, r=…, v=…, epsilon=0.0)`` with shapes (N,), (N,), (N, D), (N, D); without
    the interaction it is minus the kinetic energy. Distances grow by factors of two at fixed velocities.
    The charges have one sign and the velocities are roughly parallel, so that no term nearly cancels by chance.
    """
    draw = np.random.default_rng(seed)
    m = draw.uniform(0.5, 2.0, PARTICLES)
    q = draw.uniform(0.5, 1.5, PARTICLES)
    r = draw.normal(size=(PARTICLES, DIMENSIONS))
    v = np.array([1.0, -1.0, 0.5]) + draw.normal(scale=0.3, size=(PARTICLES, DIMENSIONS))
    errors = []
    for scale in SCALES:
        kinetic = -float(np.real(kernel(m=m, q=q, r=r / scale, v=v, epsilon=0.0)))
        errors.append(abs(kinetic - quadratic_form(m, q, r / scale, v)))
    slope = fit_slope(SCALES, errors)
    return Check(
        name=f"kinetic term, order {expected_order}",
        statement=statement or statement_of(kernel),
        prediction=f"the kinetic part differs from v K v / 2 by order {expected_order} in the inverse distance",
        measurement=f"v K v / 2 by dense linear algebra, {PARTICLES} particles, {len(SCALES)} distances, seed {seed}",
        criterion=criterion(expected_order),
        passed=slope.is_order(expected_order),
        numbers=(
            ("slope", str(slope)),
            ("error at the largest s", digits(errors[0])),
            ("error at the smallest s", digits(errors[-1])),
        ),
    )
