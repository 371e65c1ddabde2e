r"""Gauge covariance of the Dirac lattice, section 5 of fields-2024: transform and step against step and transform.

The simulation steps the fields by (4.26) and turns them at each site and time by $X_0^\theta = \cos(\pi \theta / 2) +
\sin(\pi \theta / 2) X_0$, in either order. In three dimensions, on a random background of angles.

- With one angle for all sites and times, both orders agree to rounding (5.1).
- With an angle for each, the transformed fields obey (5.2+1) and (5.2+2), to rounding; stepped by (4.26) itself they
  do not.
- (5.5) with the fields of (5.3) and (5.4), for angles that vary slowly, by $\epsilon$ from site to site, and fields
  that do so too: what is left is of order 2 in $\epsilon$ when the gauge fields are subtracted. As printed, with signs
  that are not those of (5.3) and (5.4), it is of order 1: the gauge field itself is left.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks.check import Check, Outcome, Size, digits, told_apart
from checks.dirac import MASS, matrices, rate
from checks.experiment import SEED, Experiment
from checks.predictions import Predictions
from checks.scores import relative
from checks.slopes import criterion, fit_slope

SIDE = {"quick": 4, "full": 10}
EXACT = 1e-12
LENGTHS = {"quick": (64, 128, 256, 512), "full": (64, 128, 256, 512, 1024)}
"""Sites on a circle in one dimension, on which angles and fields are fixed smooth functions: ε is 2π over it."""

Signs = tuple[int, int, int, int]
"""Of the gauge field beside the time and space differences in (5.5a), and in (5.5b): left and right of each."""
PRINTED: Signs = (1, 1, 1, -1)
CONSISTENT: Signs = (-1, -1, -1, -1)


def turned(angle: np.ndarray, field: np.ndarray, chi: np.ndarray) -> np.ndarray:
    """X_0 to the power of the angle at each site, applied to a field (K, …)."""
    return np.cos(np.pi * angle / 2) * field + np.sin(np.pi * angle / 2) * np.tensordot(chi, field, 1)


def stepped(phi: np.ndarray, pi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = rate(phi[..., None], pi[..., None])
    return phi + first[..., 0], pi + second[..., 0]


def run(predict: Predictions, size: Size) -> Outcome:
    checks = [_global(SIDE[size]), *_local(predict, SIDE[size])]
    curves = {name: _residuals(signs, LENGTHS[size]) for name, signs in (("as printed", PRINTED), ("-", CONSISTENT))}
    epsilons = [2 * np.pi / n for n in LENGTHS[size]]
    for name in ("-", "as printed"):
        slope = fit_slope(epsilons, curves[name])
        check = Check(
            "gauge fields to first order",
            "(5.5)",
            "slowly varying transformed fields obey the equation with gauge fields, with an error of order 2",
            f"fields stepped by (4.26) and then transformed, one dimension, {len(epsilons)} lattices",
            criterion(2),
            slope.is_order(2),
            (("slope", str(slope)), ("residual at the largest ε", digits(curves[name][0]))),
        )
        checks.append(told_apart(check) if name == "as printed" else check)

    def residuals(axes) -> None:
        for name, label in (("-", "gauge fields subtracted"), ("as printed", "as printed")):
            axes.loglog(epsilons, curves[name], "o-", label=f"{label}: {fit_slope(epsilons, curves[name]).value:.2f}")
        axes.set(title="what is left of (5.5)", xlabel="ε", ylabel="residual")
        axes.legend(title="slope")

    return Outcome(tuple(checks), (residuals,))


def _global(side: int) -> Check:
    draw, chi = np.random.default_rng(SEED), matrices(3)[0]
    phi, pi = draw.normal(size=(2, 4, side, side, side))
    angle = np.full((side,) * 3, 0.37)
    first = stepped(turned(angle, phi, chi), turned(angle, pi, chi))
    second = [turned(angle, field, chi) for field in stepped(phi, pi)]
    worst = max(relative(a, b) for a, b in zip(first, second, strict=True))
    return _exact("one angle everywhere", "(5.1)", "stepping and turning commute", worst, True)


def _local(predict: Predictions, side: int) -> list[Check]:
    draw, chis = np.random.default_rng(SEED), matrices(3)
    phi, pi = draw.normal(size=(2, 4, side, side, side))
    now, later = draw.uniform(-1, 1, size=(2, side, side, side))

    def shift(field: np.ndarray, places: int, direction: int) -> np.ndarray:
        return np.roll(field, -places, axis=direction - 3)

    def rotate(places: int, direction: int | None) -> Callable[[np.ndarray], np.ndarray]:
        angle = later - now if direction is None else now - shift(now, places, direction)
        return lambda field: turned(angle, field, chis[0])

    def chi(number: int, field: np.ndarray) -> np.ndarray:
        return np.tensordot(chis[number], field, 1)

    expected = [turned(later, field, chis[0]) for field in stepped(phi, pi)]
    start = [turned(now, field, chis[0]) for field in (phi, pi)]
    predicted = predict.closed_form("transformed step (5.2)")(start, shift, rotate, chi, MASS)
    naive = stepped(*start)
    exact = max(relative(a, b) for a, b in zip(expected, predicted, strict=True))
    apart = max(relative(a, b) for a, b in zip(expected, naive, strict=True))
    return [
        _exact(
            "an angle for each site and time", "(5.2)", "the transformed fields obey (5.2+1) and (5.2+2)", exact, True
        ),
        _exact("an angle for each, without gauge fields", "(4.26)", "(4.26) itself is not covariant", apart, False),
    ]


def _exact(name: str, line: str, prediction: str, difference: float, wanted: bool) -> Check:
    limit = f"is below {EXACT:g}" if wanted else "is above a tenth"
    return Check(
        name,
        line,
        prediction,
        "random fields in three dimensions, stepped by (4.26) and then turned",
        f"the relative difference {limit}",
        difference <= EXACT if wanted else difference > 0.1,
        (("relative difference", digits(difference)),),
    )


def _residuals(signs: Signs, lengths: tuple[int, ...]) -> list[float]:
    return [_residual(signs, sites) for sites in lengths]


def _residual(signs: Signs, sites: int) -> float:
    """The largest of both equations (5.5), left less right, for transformed fields. The mass is small as ε is."""
    chis, epsilon = matrices(1), 2 * np.pi / sites
    x, mass = epsilon * np.arange(sites), MASS * epsilon
    phi, pi = np.array([np.cos(x), np.sin(2 * x)]), np.array([np.sin(x + 0.4), np.cos(x)])
    before, at, after = (np.sin(x + epsilon * t) + 0.5 * np.cos(2 * x - epsilon * t) for t in (-1, 0, 1))
    first, second = rate(phi[..., None], pi[..., None], 1.0, mass)
    now = [turned(at, field, chis[0]) for field in (phi, pi)]
    later = [turned(after, field + add[..., 0], chis[0]) for field, add in ((phi, first), (pi, second))]

    def gauge(difference: np.ndarray, field: np.ndarray) -> np.ndarray:
        """(I - X_0 to the power of a difference of angles) on a field: (5.3), (5.4) from a vanishing one."""
        return field - turned(difference, field, chis[0])

    def in_time(field: np.ndarray) -> np.ndarray:
        return gauge(before - at, field)

    def in_space(field: np.ndarray) -> np.ndarray:
        return gauge(np.roll(at, 1) - at, field)

    left = later[0] - now[0] + signs[0] * in_time(now[0])
    right = chis[1] @ (np.roll(now[1], -1, 1) - now[1] + signs[1] * in_space(now[1])) + mass * chis[0] @ now[0]
    under = later[1] - now[1] + signs[2] * in_time(now[1])
    over = -chis[1] @ (now[0] - np.roll(now[0], 1, 1) + signs[3] * in_space(now[0])) - mass * chis[0] @ now[1]
    return float(max(np.max(np.abs(left - right)), np.max(np.abs(under - over))))


EXPERIMENT = Experiment(
    "gauge-covariance",
    ("fields-2024",),
    "Gauge covariance on the lattice",
    ("5.1a", "5.1b", "5.2a", "5.2b", "5.2+1", "5.2+2", "5.3", "5.4", "5.5a", "5.5b"),
    run,
    "the transformed step (5.2+1), (5.2+2), and (5.5) with both sets of signs",
)
