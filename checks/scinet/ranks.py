r"""Degrees of freedom as the rank of a Jacobian: exact, over the rationals.

The answers that a system gives are a map from its parameters to numbers, one for each question. The rank of its
Jacobian at a point is the number of parameters that the answers tell apart near that point.

What a rank says of latent neurons. Let the answers be a continuous function of $n$ latents, and the latents a
continuous function of the parameters, on any open set of them. Where the rank is $r$, the answers are injective on some
$r$-dimensional disc, so the latents are as well, and $n \ge r$ by invariance of domain. So a local rank is a lower
bound. It is no upper bound on a whole space of parameters:

- The pure states of a qubit are a sphere. A continuous map from it to two latents gives two antipodes, which are
  orthogonal states, the same latents (Borsuk-Ulam). Two latents are enough off a cut, such as on a hemisphere; three,
  the Bloch vector, are enough everywhere.
- The pure states of $k$ qubits are a closed manifold of dimension $2 \cdot 2^k - 2$, the complex projective space, of
  which no continuous injection into as many latents exists (invariance of domain again). At least one more is needed.
- The parameters of the pendulum, and both angles of the planets on the box on which they are read, are discs: the rank
  is enough.

A trained network is continuous, but it may be steep, so the cut costs it an error that is small where the cut is thin.

Rank at a rational point is a lower bound for the rank at almost every point. The upper bound is a proof as well: there
are no more parameters, or for states, scaling and phase leave every answer as it is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat

EARTH_RADIUS, MARS_RADIUS = fmpq(1), fmpq(152366231, 100000000)
"""Of the orbits, in astronomical units; the rational numbers behind ``heliocentric``."""


@dataclass(frozen=True, slots=True)
class Rank:
    """The rank of the Jacobian of the answers to ``answers`` questions in ``coordinates`` coordinates at one point.

    ``invariances`` is the number of independent directions that are shown to leave all answers as they are, at every
    point; ``rank + invariances == coordinates`` then says that the rank is the largest there is.
    """

    system: str
    rank: int
    coordinates: int
    invariances: int
    answers: int

    @property
    def is_largest(self) -> bool:
        """Whether the rank at this point is the largest that it can be anywhere."""
        return self.rank + self.invariances == self.coordinates


def qubits(count: int, *, questions: int | None = None, seed: int = 0) -> Rank:
    r"""Pure states of ``count`` qubits; the answers are probabilities of projective measurements.

    The state $\psi = u + i v$ has the coordinates $x = (u, v)$, $2 \cdot 2^n$ of them, and need not have norm one; the
    answer is $|\langle m|\psi\rangle|^2 / \langle m|m\rangle\langle\psi|\psi\rangle$. State and measurements have
    Gaussian integers as components, drawn from the seed. By default there are $4^n$ measurements, which almost always
    determine the state. Scaling and phase are the invariances.

    >>> [qubits(count).rank for count in (1, 2, 3)]
    [2, 6, 14]
    """
    if count < 1:
        raise ValueError(f"{count} qubits: there has to be one at least")
    draw = random.Random(seed)
    size = 2**count
    asked = 4**count if questions is None else questions
    state = _gaussian_integers(draw, size)
    jacobian = probability_jacobian(state, [_gaussian_integers(draw, size) for _ in range(asked)])
    scaling, phase = state, [-part for part in state[size:]] + state[:size]
    kept = fmpq_mat([scaling, phase])
    if jacobian * kept.transpose() != fmpq_mat(asked, 2):
        raise AssertionError("scaling or phase changes a probability: an error of this program")
    return Rank(f"{count} qubits" if count > 1 else "1 qubit", jacobian.rank(), 2 * size, kept.rank(), asked)


def probability_jacobian(state: Sequence[int], measurements: Sequence[Sequence[int]]) -> fmpq_mat:
    """The Jacobian of the probabilities in the coordinates of the state, (measurements, 2 d).

    A vector of C^d is given by its d real parts and then its d imaginary parts, 2 d integers, not all zero.
    """
    x = [fmpq(part) for part in state]
    norm = _dot(x, x)
    rows = []
    for measurement in measurements:
        m = [fmpq(part) for part in measurement]
        half = len(m) // 2
        turned = [-part for part in m[half:]] + m[:half]
        real, imaginary = _dot(m, x), _dot(turned, x)
        value = real**2 + imaginary**2
        scale = 2 / (_dot(m, m) * norm**2)
        rows.append([scale * (norm * (real * m[k] + imaginary * turned[k]) - value * x[k]) for k in range(len(x))])
    return fmpq_mat(rows)


def pendulum(*, answers: int = 6, stiffness: Fraction = Fraction(15, 2), damping: Fraction = Fraction(3, 4)) -> Rank:
    r"""The damped pendulum with mass and amplitude one and phase zero, in its stiffness and its damping.

    $x(t) = e^{-bt/2m} \cos \omega t$ solves $m \ddot x = -\kappa x - b \dot x$ with $x(0) = 1$ and
    $\dot x(0) = -b/2m$. It is analytic, so its values on an interval and its derivatives at 0 tell the same parameters
    apart; the derivatives are polynomials in $\kappa$ and $b$. The answers are the first of them.

    >>> pendulum().rank
    2
    """
    zero, one = fmpq(0), fmpq(1)
    kappa, b = _rational(stiffness), _rational(damping)
    values = [one, -b / 2]
    slopes = [[zero, zero], [zero, -one / 2]]
    while len(values) < answers:
        x, v = values[-2:]
        (x_k, x_b), (v_k, v_b) = slopes[-2:]
        values.append(-(kappa * x + b * v))
        slopes.append([-(kappa * x_k + x + b * v_k), -(kappa * x_b + v + b * v_b)])
    return Rank("pendulum", fmpq_mat(slopes).rank(), 2, 0, answers)


def heliocentric(*, earth: Fraction = Fraction(1, 3), mars: Fraction = Fraction(-2, 5)) -> Rank:
    r"""The angles of the Sun and of Mars seen from the Earth, at one time, in the heliocentric angles.

    The points are given by $\tan(\varphi_E / 2)$ and $\tan(\varphi_M / 2)$, so that sines and cosines are rational.
    With $X = R_M \cos\varphi_M - R_E \cos\varphi_E$ and $Y$ the same with sines, $\theta_M$ is the angle of $(X, Y)$,
    and $d\theta_M = (X\,dY - Y\,dX) / (X^2 + Y^2)$; $\theta_S = \varphi_E + \pi$.

    >>> heliocentric().rank
    2
    """
    (cos_e, sin_e), (cos_m, sin_m) = _circle(_rational(earth)), _circle(_rational(mars))
    x = MARS_RADIUS * cos_m - EARTH_RADIUS * cos_e
    y = MARS_RADIUS * sin_m - EARTH_RADIUS * sin_e
    square = x**2 + y**2
    by_earth = (x * -EARTH_RADIUS * cos_e - y * EARTH_RADIUS * sin_e) / square
    by_mars = (x * MARS_RADIUS * cos_m + y * MARS_RADIUS * sin_m) / square
    return Rank("heliocentric", fmpq_mat([[fmpq(1), fmpq(0)], [by_earth, by_mars]]).rank(), 2, 0, 2)


def _gaussian_integers(draw: random.Random, size: int) -> list[int]:
    return [draw.randint(-9, 9) for _ in range(2 * size)]


def _dot(left: Sequence[fmpq], right: Sequence[fmpq]) -> fmpq:
    return sum((a * b for a, b in zip(left, right, strict=True)), fmpq(0))


def _rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _circle(t: fmpq) -> tuple[fmpq, fmpq]:
    """Cosine and sine of the angle whose half has the tangent t."""
    return (1 - t**2) / (1 + t**2), 2 * t / (1 + t**2)
