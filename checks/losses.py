r"""Learning rules of fields-2024 from their loss functions: two routes to one update.

The simulation descends: the printed loss, written anew with `jax.numpy`, is differentiated by JAX through one step of
the activation, so that $d H / d \pi = \partial H / \partial \pi + B^T \partial H / \partial \phi$. Predictions are the
kernels of the learning rules, and the derivatives of the kernels of the losses, which take no automatic
differentiation. The loss functions (4.14) and (5.9), one for each type of neurons, are vectors; descending on their
kernels is held against steps with `numpy.roll`, in both forms: as printed they learn something else.

All of it is exact, on random fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.autodiff import value_and_gradient
from checks.check import Check, Outcome, Size, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.gauge import gauged_step
from checks.lattice_steps import by, dense, dirac_step, hopping, laplacian, matrices
from checks.predictions import BOTH, Predictions, Which
from checks.scores import relative

SITES = {"quick": (4, 3, 5), "full": (8, 7, 9)}
DIRAC = {"quick": (2, 3, 2), "full": (4, 3, 4)}
NEURONS = {"quick": 6, "full": 60}
MASS = 0.6
EXACT = 1e-12
CHI = matrices()


def run(predict: Predictions, size: Size) -> Outcome:
    found = [*_neurons(predict, NEURONS[size]), *_klein_gordon(predict, SITES[size]), *_dirac(predict, DIRAC[size])]
    types, learned = _types(predict, DIRAC[size])
    checks = (*found, *types)

    def update(axes) -> None:
        for (line, which), (expected, measured) in learned.items():
            if line == "4.14":
                style = "x" if which == "as printed" else "."
                name = "as printed" if which == "as printed" else "corrected"
                axes.plot(expected.ravel(), measured.ravel(), style, markersize=4, label=f"(4.14) {name}")
        axes.axline((0, 0), slope=1, color="black", linewidth=0.6)
        axes.set(title="what learning adds", xlabel="by (4.26b)", ylabel="by descent on the loss")
        axes.legend()

    return Outcome(checks, (update,))


def descended(loss: Callable[..., Any], phi: np.ndarray, pi: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The trainable variables after a step of gradient descent; the state moves with them by ``bias``."""
    slope = value_and_gradient(lambda moved, phi, pi, bias: loss(phi + bias @ moved, pi + moved))
    flat = pi.ravel()
    return (flat - slope(np.zeros_like(flat), phi.ravel(), flat, bias)[1]).reshape(pi.shape)


def _check(name: str, line: str, expected: np.ndarray, found: np.ndarray, how: str = "") -> Check:
    difference = relative(expected, found)
    return Check(
        name,
        f"({line})",
        "the trainable variables after a step",
        how or "gradient descent on the printed loss by automatic differentiation, random fields",
        f"the relative difference is below {EXACT:g}",
        difference <= EXACT,
        (("relative difference", digits(difference)),),
    )


def _by_loss(predict: Predictions, line: str, phi: np.ndarray, pi: np.ndarray, bias: np.ndarray, **given: Any) -> Any:
    """Descent by the derivatives of the kernel of a loss by φ and π."""
    kernel = predict.kernel(line, gradient=("phi", "pi"))
    _, by_phi, by_pi = kernel(phi=phi, pi=pi, **given)
    return pi - by_pi - (bias.T @ by_phi.ravel()).reshape(pi.shape)


def _neurons(predict: Predictions, count: int) -> list[Check]:
    """(2.17b) with (2.19) and the loss (2.20), for a symmetric W that commutes with BB^T."""
    draw = np.random.default_rng(SEED)
    left, right = (np.linalg.qr(draw.normal(size=(count, count)))[0] for _ in range(2))
    bias = left @ np.diag(draw.uniform(0.5, 1.5, count)) @ right
    weight = left @ np.diag(draw.normal(size=count)) @ left.T
    phi, pi = draw.normal(size=(2, count))
    turned = np.linalg.solve(bias, weight @ bias)

    def loss(phi: Any, pi: Any) -> Any:
        return phi @ phi / 2 - pi @ pi / 2 + pi @ turned @ pi / 2

    expected = descended(loss, phi, pi, bias)
    learned = {"A": predict.kernel("2.19b")(B=bias), "V": predict.kernel("2.19a")(W=weight, B=bias)}
    rate = predict.kernel("2.17b")(phi=phi, pi=pi, **learned)
    rule = _check("linear learning by (2.17b) and (2.19)", "2.17b", expected, pi + rate)
    return [
        _with_lines(rule, "2.17b", "2.19a", "2.19b"),
        _check("the loss (2.20)", "2.20", expected, _by_loss(predict, "2.20", phi, pi, bias, W=weight, B=bias)),
    ]


def _with_lines(check: Check, *lines: str) -> Check:
    from dataclasses import replace

    return replace(check, statement=", ".join(f"({line})" for line in lines))


def _klein_gordon(predict: Predictions, sites: tuple[int, ...]) -> list[Check]:
    import jax.numpy as jnp

    draw, one = np.random.default_rng(SEED), np.eye(int(np.prod(sites)))
    phi, beta = draw.normal(size=(2, *sites))

    def first(phi: Any, beta: Any, axes: tuple[int, ...] = sites) -> Any:
        """(3.11)"""
        field = phi.reshape(axes)
        around = sum(jnp.roll(field, 1, d) + jnp.roll(field, -1, d) for d in range(3)) - 6 * field
        return -jnp.sum(field * around) / 2 + MASS**2 * jnp.sum(phi**2) / 2

    def second(phi: Any, beta: Any) -> Any:
        """(3.18)"""
        return jnp.sum(phi**2) / 2 + jnp.sum(beta**2) / 2

    learned, again = descended(first, phi, beta, one), descended(second, phi, beta, one)
    _, slope = predict.kernel("3.11", gradient=("phi",))(phi=phi, m=MASS)
    _, by_phi, by_beta = predict.kernel("3.18", gradient=("phi", "beta"))(phi=phi, beta=beta)
    found = [
        _check("learning by (3.10)", "3.10", learned, predict.kernel("3.10")(phi=phi, beta=beta, m=MASS)),
        _check("learning by (3.4b)", "3.4b", learned, predict.kernel("3.4b")(phi=phi, beta=beta, m=MASS)),
        _check("the loss (3.11)", "3.11", learned, beta - slope),
        _check("learning by (3.16)", "3.16", again, predict.kernel("3.16")(phi=phi, beta=beta)),
        _check("learning by (3.17)", "3.17", again, predict.kernel("3.17")(phi=phi)),
        _check("the loss (3.18)", "3.18", again, beta - by_phi - by_beta),
    ]
    new = phi + beta
    then = new + descended(first, new, beta, one)
    operator = dense(lambda field: MASS**2 * field - laplacian(field), sites).reshape(*sites, *sites)
    kernel = predict.kernel("claim-learning-after-activation")
    line = "claim-learning-after-activation"
    found.append(_check("learning after the activation", line, then, kernel(phi=phi, phi_plus_1=new, L=operator)))
    for dimensions in (1, 2, 3):
        short, speed = sites[:dimensions], 0.7
        phi, beta = draw.normal(size=(2, *short))
        trained = descended(second, phi, beta, np.eye(phi.size))
        then = (2 - MASS**2) * phi + speed**2 * laplacian(phi) + trained
        kernel = predict.kernel("claim-diffusion", dimensions=dimensions)
        name = f"diffusion, D = {dimensions}"
        found.append(_check(name, "claim-diffusion", then, kernel(phi=phi, m=MASS, c=speed)))
    return found


def _dirac(predict: Predictions, sites: tuple[int, ...]) -> list[Check]:
    """(4.3) and (4.12), with symmetric matrices; biases are those of the lattice."""
    import jax.numpy as jnp

    draw, count = np.random.default_rng(SEED), int(np.prod(sites))
    phi, pi = draw.normal(size=(2, 4, count))
    bias = dense(lambda field: hopping(field, CHI), (4, *sites))
    matrix = draw.normal(size=(4 * count, 4 * count))
    matrix = matrix + matrix.T

    def loss(phi: Any, pi: Any) -> Any:
        """(4.3) for V; (4.12) with W = 2 - V is the same, written otherwise."""
        return jnp.sum(phi**2) / 2 + jnp.sum(pi**2) / 2 - pi @ matrix @ pi / 2

    def other(phi: Any, pi: Any) -> Any:
        """(4.12) for W."""
        return jnp.sum(phi**2) / 2 - jnp.sum(pi**2) / 2 + pi @ matrix @ pi / 2

    wide, shape = bias.reshape(4, count, 4, count), (4, count, 4, count)
    both = {"phi": phi, "pi": pi, "B": wide}
    first, second = descended(loss, phi, pi, bias), descended(other, phi, pi, bias)
    given = matrix.reshape(shape)
    return [
        _check("learning by (4.6b)", "4.6b", first, predict.kernel("4.6b")(V=given, **both)),
        _check("the loss (4.3)", "4.3", first, _by_loss(predict, "4.3", phi, pi, bias, V=given)),
        _check("learning by (4.11b)", "4.11b", second, predict.kernel("4.11b")(W=given, **both)),
        _check("the loss (4.12)", "4.12", second, _by_loss(predict, "4.12", phi, pi, bias, W=given)),
    ]


def _types(
    predict: Predictions, sites: tuple[int, ...]
) -> tuple[list[Check], dict[Any, tuple[np.ndarray, np.ndarray]]]:
    """(4.14) and (5.9): each type descends on the loss of its own."""
    draw, count = np.random.default_rng(SEED), int(np.prod(sites))
    phi, pi = draw.normal(size=(2, 4, *sites))
    time, space = draw.normal(size=sites), draw.normal(size=(3, *sites))
    still = np.zeros_like(phi)
    bias = dense(lambda field: hopping(field, CHI), phi.shape)
    gauged = dense(lambda field: gauged_step(np.array([still, field]), 0 * time, space, 0.0)[0], phi.shape)
    steps = {
        "4.14": dirac_step(np.array([phi, pi]), MASS, CHI)[1],
        "5.9": gauged_step(np.array([phi, pi]), time, space, MASS)[1],
    }
    free = {"phi": phi.reshape(4, count), "pi": pi.reshape(4, count)}
    checks, learned = [], {}
    for which in BOTH:
        for line, given, matrix, fixed in (
            ("4.14", free, bias, {}),
            ("5.9", {"phi": phi, "pi": pi}, gauged, {"A_0": time}),
        ):
            found = _each_type(predict, line, which, given, matrix, fixed).reshape(pi.shape)
            learned[line, which] = steps[line] - pi, found - pi
            how = "steps of random fields with `numpy.roll`; descent on the kernel of the loss of each type by JAX"
            check = _check(f"learning by each loss ({line})", line, steps[line], found, how)
            checks.append(told_apart(check) if which == "as printed" else check)
    from_bias = predict.kernel("claim-learning-with-a-gauge-field")(
        phi=phi, pi=pi, B=gauged.reshape(*phi.shape, *phi.shape), X_0=CHI[0], A_0=_wide(time), m=MASS
    )
    name = "learning with a gauge field by its biases"
    how = "steps of random fields with `numpy.roll`"
    line = "claim-learning-with-a-gauge-field"
    checks.append(_check(name, line, steps["5.9"], from_bias, how))
    return checks, learned


def _wide(field: np.ndarray) -> np.ndarray:
    """A field of U(1) in time as the matrix X_0 𝒜 on types and sites."""
    return dense(lambda one: by(CHI[0], field * one), (4, *field.shape)).reshape(4, *field.shape, 4, *field.shape)


def _each_type(
    predict: Predictions, line: str, which: Which, given: dict[str, Any], bias: np.ndarray, fixed: dict[str, Any]
) -> np.ndarray:
    """π^a less the total derivative of H_a by π^a, for each type a and at each site."""
    import jax
    import jax.numpy as jnp

    from checks.check import called

    kernel = predict.kernel(line, which, backend="jax")
    shape = given["phi"].shape

    with jax.enable_x64(True):

        def losses(moved: Any) -> Any:
            ahead = jnp.asarray(given["phi"]) + (jnp.asarray(bias) @ moved.ravel()).reshape(shape)
            return called(kernel, phi=ahead, pi=jnp.asarray(given["pi"]) + moved, X_0=CHI[0], m=MASS, **fixed)

        slopes = np.asarray(jax.jacrev(losses)(jnp.zeros(shape)))
    own = np.array([slopes[a, a] for a in range(4)])
    return given["pi"] - own


EXPERIMENT = Experiment(
    "loss-functions",
    ("fields-2024",),
    "Learning rules from their loss functions",
    (
        *("2.17b", "2.19a", "2.19b", "2.20", "3.4b", "3.10", "3.11", "3.16", "3.17", "3.18"),
        *("claim-learning-after-activation", "claim-diffusion"),
        *("4.3", "4.6b", "4.11b", "4.12", "4.14", "5.9", "claim-learning-with-a-gauge-field"),
    ),
    run,
)
