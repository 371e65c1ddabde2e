r"""Gauge covariance of the Dirac lattice, section 5 of fields-2024: transform and step against step and transform.

The simulation steps fields with `numpy.roll` and turns them at each site and time by $X_0^\theta = \cos(\pi \theta / 2)
+ \sin(\pi \theta / 2) X_0$. In three dimensions, on a random background of angles; exact statements hold to rounding.

- One angle everywhere, and one for each site and time, with (5.2+1) and (5.2+2); stepped by (4.26) itself the
  transformed fields are others. What two transformations (5.3) add is what their claim says.
- Neurons whose signals links carry: what the claims make of transformed fields and links is the transformed field at
  the next time. On any lattice, for angles of any size.
- The rule (5.5) as corrected with the gauge field of (5.7), the weights (5.7), the biases (5.6b) and (5.8), as
  corrected and as printed, and the growth of the sum of squares.
- (5.5) with the gauge fields of (5.3) and (5.4), for angles and fields that vary by $\epsilon$ from site to site: what
  is left is of order 2. As printed, with signs that are not those of (5.3) and (5.4), it is of order 1: the gauge field
  itself is left. With a gauge field before the transformation the claims of covariance are of order 2 too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.check import Check, Outcome, Size, called, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.lattice_steps import Fields, by, dirac_step, matrices
from checks.predictions import BOTH, Predictions
from checks.scores import relative
from checks.slopes import criterion, fit_slope

SIDE = {"quick": 3, "full": 5}
EXACT = 1e-12
MASS = 0.5
LENGTHS = {"quick": (48, 64, 96, 128), "full": (48, 64, 96, 128, 192, 256)}
"""Sites on a circle in one dimension, on which angles and fields are fixed smooth functions: ε is 2π over it."""
CHI = matrices()
ORDER = {
    "5.5a": "gauge fields to first order, states",
    "5.5b": "gauge fields to first order, learning",
    "claim-gauge-covariance": "covariance to first order, states",
    "claim-gauge-covariance-of-learning": "covariance to first order, learning",
}


def turned(angle: Any, field: np.ndarray) -> np.ndarray:
    """X_0 to the power of the angle at each site, applied to a field (4, …)."""
    return np.cos(np.pi * angle / 2) * field + np.sin(np.pi * angle / 2) * by(CHI[0], field)


def linked_step(fields: Fields, time: np.ndarray, space: np.ndarray, mass: float = MASS) -> Fields:
    """A step of neurons whose signals are turned by links, one for each site in time and for each of its axes."""
    phi, pi = fields
    first, second = phi + mass * by(CHI[0], phi), pi - mass * by(CHI[0], pi)
    for d in range(3):
        first = first + by(CHI[d + 1], turned(space[d], np.roll(pi, -1, d + 1)) - pi)
        second = second - by(CHI[d + 1], phi - np.roll(turned(-space[d], phi), 1, d + 1))
    return np.array([turned(-time, first), turned(-time, second)])


def gauged_step(fields: Fields, time: np.ndarray, space: np.ndarray, mass: float = MASS) -> Fields:
    """A step by (5.5) as corrected, with a gauge field of U(1) as in (5.7)."""
    phi, pi = fields
    first = phi + by(CHI[0], time * phi) + mass * by(CHI[0], phi)
    second = pi + by(CHI[0], time * pi) - mass * by(CHI[0], pi)
    for d in range(3):
        first = first + by(CHI[d + 1], np.roll(pi, -1, d + 1) - pi - by(CHI[0], space[d] * pi))
        second = second - by(CHI[d + 1], phi - np.roll(phi, 1, d + 1) - by(CHI[0], space[d] * phi))
    return np.array([first, second])


def run(predict: Predictions, size: Size) -> Outcome:
    side = SIDE[size]
    links, densities = _links(predict, side)
    checks = [*_transformations(predict, side), *links, *_gauge_field(predict, side)]
    lengths = LENGTHS[size]
    epsilons = [2 * np.pi / n for n in lengths]
    curves: dict[tuple[str, str], list[float]] = {}
    for sites in lengths:
        for key, value in _residuals(predict, sites).items():
            curves.setdefault(key, []).append(value)
    for (line, which), errors in curves.items():
        slope = fit_slope(epsilons, errors)
        check = Check(
            ORDER[line],
            f"({line})",
            "slowly varying transformed fields obey the equation with gauge fields, with an error of order 2",
            f"fields that are stepped and then transformed, one dimension, {len(epsilons)} lattices",
            criterion(2),
            slope.is_order(2),
            (("slope", str(slope)), ("residual at the largest ε", digits(errors[0]))),
        )
        checks.append(told_apart(check) if which == "as printed" else check)

    def residuals(axes) -> None:
        for (line, which), errors in curves.items():
            if line.startswith("5."):
                style = "s--" if which == "as printed" else "o-"
                name = f"({line}) {'as printed' if which == 'as printed' else 'corrected'}"
                axes.loglog(epsilons, errors, style, label=f"{name}: {fit_slope(epsilons, errors).value:.2f}")
        axes.set(title="what is left of (5.5)", xlabel="ε", ylabel="residual")
        axes.legend(title="slope", fontsize="small")

    def density(axes) -> None:
        for name, (values, style) in densities.items():
            axes.plot(values, style, markersize=4, label=name)
        axes.set(title="density on a line, after five steps", xlabel="site", ylabel="|φ|² + |π|²", yscale="log")
        axes.legend(fontsize="small")

    return Outcome(tuple(checks), (residuals, density))


def _exact(name: str, lines: tuple[str, ...], prediction: str, difference: float, wanted: bool = True) -> Check:
    said = ", ".join(f"({line})" for line in lines)
    return Check(
        name if said in name else f"{name}, {said}",
        said,
        prediction,
        "random fields in three dimensions, stepped and turned",
        f"the relative difference is {f'below {EXACT:g}' if wanted else 'above a tenth'}",
        difference <= EXACT if wanted else difference > 0.1,
        (("relative difference", digits(difference)),),
    )


def _transformations(predict: Predictions, side: int) -> list[Check]:
    draw, lattice = np.random.default_rng(SEED), (side,) * 3
    fields = draw.normal(size=(2, 4, *lattice))
    now, later = draw.uniform(-1, 1, size=(2, *lattice))
    after = dirac_step(fields, MASS, CHI)
    start = [turned(0.37, field) for field in fields]
    fixed: dict[str, Any] = {"X": CHI[1:], "X_0": CHI[0], "m": MASS}
    checks = []
    for line, field in zip(("claim-global-states", "claim-global-learning"), after, strict=True):
        found = predict.kernel(line)(phi=start[0], pi=start[1], **fixed)
        said = "stepping and turning commute"
        checks.append(_exact("one angle everywhere", (line,), said, relative(turned(0.37, field), found)))
    start = [turned(now, field) for field in fields]
    expected = [turned(later, field) for field in after]
    for line, field in zip(("5.2+1", "5.2+2"), expected, strict=True):
        found = predict.kernel(line)(phi=start[0], pi=start[1], theta=now, theta_plus_1=later, **fixed)
        said = "the transformed field at the next time"
        checks.append(_exact("an angle for each site and time", (line,), said, relative(field, found)))
    other, otherlater = draw.uniform(-1, 1, size=(2, *lattice))
    difference = fields[0] - turned(now - later + other - otherlater, fields[0])
    given = {"theta": later, "theta_minus_1": now, "eta": otherlater, "eta_minus_1": other}
    found = predict.kernel("claim-two-transformations")(phi=fields[0], X_0=CHI[0], **given)
    said = "what two transformations (5.3) add to a gauge field, on a field"
    line = "claim-two-transformations"
    checks.append(_exact("one transformation after another", (line,), said, relative(difference, found)))
    apart = max(relative(a, b) for a, b in zip(expected, dirac_step(np.array(start), MASS, CHI), strict=True))
    said = "without gauge fields the transformed fields have another step"
    checks.append(_exact("an angle for each, without gauge fields", ("5.2a", "5.2b"), said, apart, wanted=False))
    return checks


def _links(predict: Predictions, side: int) -> tuple[list[Check], dict[str, tuple[np.ndarray, str]]]:
    draw, lattice = np.random.default_rng(SEED), (side,) * 3
    fields = draw.normal(size=(2, 4, *lattice))
    time, now, later = draw.uniform(-1, 1, size=(3, *lattice))
    space = draw.uniform(-1, 1, size=(3, *lattice))
    expected = [turned(later, field) for field in linked_step(fields, time, space)]
    start = [turned(now, field) for field in fields]
    moved = np.array([space[d] + now - np.roll(now, -1, d) for d in range(3)])
    given: dict[str, Any] = {"phi": start[0], "pi": start[1], "X": CHI[1:], "X_0": CHI[0], "m": MASS}
    checks = []
    for line, field in zip(("claim-covariant-states", "claim-covariant-learning"), expected, strict=True):
        found = predict.kernel(line)(alpha=time + now - later, kappa=moved, **given)
        said = "one rule in all gauges, with links that are transformed too"
        checks.append(_exact("links", (line,), said, relative(field, found)))
    one, two, bare = fields, np.array(start), np.array(start)
    for _ in range(5):
        one = linked_step(one, time, space)
        two = linked_step(two, time, moved)
        bare = linked_step(bare, time, space)
    density = {
        "links": (one, "-"),
        "another gauge, links transformed": (two, "o"),
        "fields transformed, links not": (bare, "--"),
    }
    return checks, {
        name: (np.sum(f[0] ** 2 + f[1] ** 2, axis=0)[:, 0].ravel(), style) for name, (f, style) in density.items()
    }


def _local(field: np.ndarray) -> np.ndarray:
    """A U(1) field 𝒜 as the matrix X_0 𝒜 on types and sites: (4, sites, 4, sites), sites by axes."""
    sites = field.size
    found = np.einsum("ab,ij,i->aibj", CHI[0], np.eye(sites), field.ravel())
    return found.reshape(4, *field.shape, 4, *field.shape)


def _pure(angle: np.ndarray) -> np.ndarray:
    """The matrix I - X_0 to the power of a difference of angles, on types and sites: what (5.3) and (5.4) add."""
    sites = angle.size
    turn = np.array([unit - turned(angle.ravel()[None], unit) for unit in np.eye(4)[:, :, None]])
    return np.einsum("bai,ij->aibj", turn, np.eye(sites)).reshape(4, *angle.shape, 4, *angle.shape)


def _gauge_field(predict: Predictions, side: int) -> list[Check]:
    draw, lattice = np.random.default_rng(SEED), (side,) * 3
    phi, pi = draw.normal(size=(2, 4, *lattice))
    time, space = draw.normal(size=lattice), draw.normal(size=(3, *lattice))
    states, trained = gauged_step(np.array([phi, pi]), time, space)
    u1 = {"phi": phi, "pi": pi, "X": CHI[1:], "X_0": CHI[0], "A": space, "A_0": time, "m": MASS}
    wide = u1 | {"A": np.array([_local(one) for one in space]), "A_0": _local(time)}
    bias = states - phi - by(CHI[0], (MASS + time) * phi)
    checks = [
        _exact("a step in a gauge field, states", ("claim-u1-states",), "the next state",
               relative(states, predict.kernel("claim-u1-states")(**u1))),
        _exact("a step in a gauge field, learning", ("claim-u1-learning",), "the next trainable variables",
               relative(trained, predict.kernel("claim-u1-learning")(**u1))),
    ]  # fmt: skip
    norm = predict.kernel("claim-gauged-norm-grows")(phi=phi, pi=pi, phi_plus_1=states, pi_plus_1=trained)
    difference = abs(float(norm / (np.sum(states**2) + np.sum(trained**2))) - 1)
    checks.append(_exact("growth in a gauge field", ("claim-gauged-norm-grows",), "the sum of squares", difference))
    for line in ("5.6a", "5.7"):
        found = called(predict.kernel(line), **(u1 if line == "5.7" else wide))
        acted = np.tensordot(found, phi, 4)
        expected = by(CHI[0], (MASS + time) * phi)
        checks.append(
            _exact(f"weights of (5.5), ({line})", (line,), "(W - I) φ of the step", relative(expected, acted))
        )
    for which in BOTH:
        tensor = called(predict.kernel("5.6b", which), **wide)
        found = {
            "5.6b": np.tensordot(tensor, pi, 4),
            "5.8": called(predict.kernel("5.8", which), **u1),
        }
        for line, beta in found.items():
            check = _exact(f"biases of (5.5), ({line})", (line,), "B π of the step", relative(bias, beta))
            checks.append(told_apart(check) if which == "as printed" else check)
    return checks


def _residuals(predict: Predictions, sites: int) -> dict[tuple[str, str], float]:
    """The largest difference of each line from the transformed fields at the next time. The mass is small as ε is."""
    epsilon = 2 * np.pi / sites
    x, mass, lattice = epsilon * np.arange(sites), MASS * epsilon, (sites, 1, 1)
    phases = np.random.default_rng(SEED).uniform(0, 2 * np.pi, (2, 4, 1))
    fields = np.cos(x + phases).reshape(2, 4, *lattice)
    before, at, after = ((0.5 * np.sin(x + epsilon * t)).reshape(lattice) for t in (-1, 0, 1))
    start = [turned(at, field) for field in fields]
    added = [_pure(before - at), *(_pure(np.roll(at, 1, d) - at) for d in range(3))]
    found: dict[tuple[str, str], float] = {}
    for old, lines in ((0.0, ("5.5a", "5.5b")), (epsilon, tuple(ORDER)[2:])):
        gauge = [old * (c + np.cos(x + c)).reshape(lattice) for c in (0.3, 0.7, 0.0, 0.0)]
        potential = [_local(one) + more for one, more in zip(gauge, added, strict=True)]
        later = [turned(after, field) for field in gauged_step(fields, gauge[0], np.array(gauge[1:]), mass)]
        fixed = {"phi": start[0], "pi": start[1], "X": CHI[1:], "X_0": CHI[0], "m": mass}
        fixed |= {"A_0": potential[0], "A": np.array(potential[1:])}
        for line, field in zip(lines, later, strict=True):
            for which in BOTH if line.startswith("5.") else ("right",):
                step = called(predict.kernel(line, which), **fixed)
                found[line, which] = float(np.max(np.abs(step - field)))
    return found


EXPERIMENT = Experiment(
    "gauge-covariance",
    ("fields-2024",),
    "Gauge covariance on the lattice",
    (
        *(
            "5.2+1",
            "5.2+2",
            "claim-two-transformations",
            "5.5a",
            "5.5b",
            "5.6a",
            "5.6b",
            "5.7",
            "5.8",
            "claim-global-states",
        ),
        *(
            "claim-global-learning",
            "claim-covariant-states",
            "claim-covariant-learning",
            "claim-u1-states",
            "claim-u1-learning",
            "claim-gauge-covariance",
        ),
        *("claim-gauge-covariance-of-learning", "claim-gauged-norm-grows"),
    ),
    run,
)
