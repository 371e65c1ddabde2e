r"""Learning as dynamics: neurons trained by gradient descent against Hamilton's equations, section 2 of fields-2024.

The simulation trains. The state is updated by (2.1), $\phi' = W \phi + B \pi$, and the trainable variables by gradient
descent on a loss, differentiated by JAX through one step of the activation, so that $\partial \phi / \partial \pi =
B$. The loss is $\epsilon^2 v(\phi) + \frac12 \pi (W - I) \pi + F(\phi - B \pi)$, with $W - I = \epsilon w$: in the
slow time $\epsilon t$ the state and $b = \beta / \epsilon$ then follow Hamilton's equations of $\frac12 b^2 + b w \phi
+ v(\phi)$, with an error of order 1 in $\epsilon$. F is arbitrary; here it is no small thing, and cancels.

Hamilton's equations (2.6), (2.13) are the derivatives of the kernels of the Hamiltonians (2.7), (2.14), (2.21).

- One neuron by (2.9), in an anharmonic potential; N neurons by (2.16), with B a multiple of an orthogonal matrix, so
  that it commutes with every Hessian, and W a multiple of the identity; N neurons by (2.20), linear, with a symmetric W
  that commutes with BB^T.
- (2.16) read literally, for a B that does not commute with the Hessian: the dynamics is another one.
- Unit steps in a harmonic potential. With the gradient taken at the state before, the energy grows in each step to what
  its claim says. With the gradient taken at the state after the activation, which is what one step of
  back-propagation gives, another claim says what is conserved; motion is bounded for $\omega^2 < 4$ only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.autodiff import value_and_gradient
from checks.check import Check, Outcome, Size, digits, told_apart
from checks.experiment import SEED, Experiment
from checks.predictions import Predictions
from checks.slopes import criterion, fit_slope

EPSILONS = {"quick": tuple(0.02 * 2.0**-k for k in range(4)), "full": tuple(0.02 * 2.0**-k for k in range(7))}
DURATION = 3.0
NEURONS = {"quick": 4, "full": 40}
FREQUENCIES = (0.1, 0.5, 1.0, 1.9)
EXACT = 1e-11
BEYOND = 2.1
"""A frequency whose square is above 4."""

SHORT = "(2.16) without its condition"
ANHARMONIC = r"\frac{1}{2}\phi^2+\frac{1}{4}\phi^4"
COUPLED = r"\frac{1}{2}\phi^iA_i^j\phi_j"
QUARTIC = r"+\frac{1}{4}\sum_i\phi_i^4"
"""Potentials; A is a matrix of couplings, since the scope has a letter for it."""


def run(predict: Predictions, size: Size) -> Outcome:
    draw = np.random.default_rng(SEED)
    epsilons = EPSILONS[size]
    one, path = _one_neuron(predict, epsilons)
    many, literal = _many(predict, epsilons, NEURONS[size], draw), _literal(predict, epsilons)
    linear = _linear(predict, epsilons, NEURONS[size], draw)
    apart = _check("two neurons by (2.16), where B does not commute with the Hessian", "(2.16)", literal, epsilons)
    checks = [
        _check("one neuron by (2.9)", "(2.7)", one, epsilons),
        _check(f"{NEURONS[size]} neurons by (2.16)", "(2.14)", many, epsilons),
        _check(f"{NEURONS[size]} neurons by (2.20)", "(2.21)", linear, epsilons),
        told_apart(apart, "read term by term"),
    ]
    stepped, growth = _unit_steps(predict)
    checks += stepped

    def errors(axes) -> None:
        for name, found in (("one neuron", one), ("many neurons", many), ("linear", linear), (SHORT, literal)):
            axes.loglog(epsilons, found, "o-", label=f"{name}: {fit_slope(epsilons, found).value:.2f}")
        axes.set(title="training against Hamilton's equations", xlabel="ε", ylabel="error of the state")
        axes.legend(title="slope", fontsize="small")

    def motion(axes) -> None:
        for name, (phi, beta) in path.items():
            axes.plot(phi, beta, "." if name == "trained" else "-", markersize=3, label=name)
        axes.set(title=f"one neuron, ε = {epsilons[0]:g}", xlabel="state φ", ylabel="bias b")
        axes.legend()

    def energies(axes) -> None:
        for name, found in growth.items():
            axes.semilogy(found, label=name)
        axes.set(title="unit steps, ω = 0.5", xlabel="step", ylabel="energy / its start")
        axes.legend(fontsize="small")

    return Outcome(tuple(checks), (errors, motion, energies))


def _trained(
    loss: Callable[..., Any], weight: np.ndarray, bias: np.ndarray, start: np.ndarray, epsilon: float, steps: int
) -> np.ndarray:
    """States and biases (steps + 1, 2, N), in slow units, by unit steps of activation and gradient descent."""
    gradient = value_and_gradient(lambda moved, phi, pi, e: loss(phi + bias @ moved, pi + moved, e))
    phi, pi = start[0], np.linalg.solve(bias, epsilon * start[1])
    found, zero = [start], np.zeros(len(phi))
    for _ in range(steps):
        slope = gradient(zero, phi, pi, epsilon)[1]
        phi, pi = phi + epsilon * weight @ phi + bias @ pi, pi - slope
        found.append(np.array([phi, bias @ pi / epsilon]))
    return np.array(found)


def _followed(hamiltonian: Callable[..., Any], start: np.ndarray, **given: Any) -> np.ndarray:
    """The state and bias at the end, by DOP853, from a kernel with its derivatives by φ and β."""
    from scipy.integrate import solve_ivp

    def rate(_: float, state: np.ndarray) -> np.ndarray:
        phi, beta = state.reshape(start.shape)
        _, by_phi, by_beta = hamiltonian(phi=phi, beta=beta, **given)
        return np.concatenate((np.ravel(by_beta), -np.ravel(by_phi)))

    found = solve_ivp(rate, (0, DURATION), start.ravel(), "DOP853", rtol=1e-11, atol=1e-12)
    return found.y[:, -1].reshape(start.shape)


def _hamiltonian(predict: Predictions, line: str, potential: str = "") -> Callable[..., Any]:
    functions = {r"\mathcal{V}": potential} if potential else None
    return predict.kernel(line, gradient=("phi", "beta"), functions=functions)


def _error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found[-1] - expected))


def _one_neuron(predict: Predictions, epsilons: tuple[float, ...]) -> tuple[list[float], dict]:
    import jax.numpy as jnp

    def loss(phi: Any, beta: Any, epsilon: Any) -> Any:
        return jnp.sum(epsilon**2 * (phi**2 / 2 + phi**4 / 4) + jnp.cos(phi - beta) + (phi - beta) ** 2)

    one, start = np.eye(1), np.array([[1.0], [0.3]])
    expected = _followed(_hamiltonian(predict, "2.7", ANHARMONIC), start)
    runs = [_trained(loss, 0 * one, one, start, e, round(DURATION / e)) for e in epsilons]
    energy = (0.3**2 + 1.0 + 0.5) / 2
    phi = np.linspace(-1, 1, 400) * np.sqrt(np.sqrt(1 + 4 * energy) - 1)
    beta = np.sqrt(np.clip(2 * energy - phi**2 - phi**4 / 2, 0, None))
    around = (np.concatenate((phi, phi[::-1])), np.concatenate((beta, -beta[::-1])))
    path = {"trained": (runs[0][:, 0, 0], runs[0][:, 1, 0]), "Hamilton's equations": around}
    return [_error(found, expected) for found in runs], path


def _many(predict: Predictions, epsilons: tuple[float, ...], count: int, draw: np.random.Generator) -> list[float]:
    import jax.numpy as jnp

    bias = 2 * np.linalg.qr(draw.normal(size=(count, count)))[0]
    weight = 0.3 * np.eye(count)
    coupling = draw.normal(size=(count, count)) / count
    coupling = coupling + coupling.T + 2 * np.eye(count)
    start = draw.normal(scale=0.5, size=(2, count))

    def loss(phi: Any, pi: Any, epsilon: Any) -> Any:
        potential = phi @ coupling @ phi / 2 + jnp.sum(phi**4) / 4
        free = jnp.sum(jnp.sin(phi - bias @ pi))
        return epsilon * pi @ weight @ pi / 2 + epsilon**2 * potential / 4 + free

    given = {"W": np.eye(count) + weight, "A": coupling}
    expected = _followed(_hamiltonian(predict, "2.14", COUPLED + QUARTIC), start, **given)
    return [_error(_trained(loss, weight, bias, start, e, round(DURATION / e)), expected) for e in epsilons]


def _linear(predict: Predictions, epsilons: tuple[float, ...], count: int, draw: np.random.Generator) -> list[float]:
    """B is ε times ``bias``, so that (2.20) needs no factor of its own."""
    import jax.numpy as jnp

    left, right = (np.linalg.qr(draw.normal(size=(count, count)))[0] for _ in range(2))
    bias = left @ np.diag(draw.uniform(0.5, 1.5, count)) @ right
    weight = left @ np.diag(draw.uniform(-0.5, 0.5, count)) @ left.T
    inner = np.linalg.solve(bias, weight @ bias)
    start = draw.normal(scale=0.5, size=(2, count))

    def loss(phi: Any, pi: Any, epsilon: Any) -> Any:
        # B^{-1} W B = 1 + ε b^{-1} w b
        return jnp.sum(phi**2) / 2 - jnp.sum(pi**2) / 2 + pi @ (pi + epsilon * inner @ pi) / 2

    expected = _followed(_hamiltonian(predict, "2.21"), start, W=np.eye(count) + weight, B=bias)
    runs = [_trained(loss, weight, e * bias, start, e, round(DURATION / e)) for e in epsilons]
    return [_error(found, expected) for found in runs]


def _literal(predict: Predictions, epsilons: tuple[float, ...]) -> list[float]:
    """B = diag(1, 2) and v = φ₁ φ₂: each integral over φ_i taken by itself gives (1 + 1/4) φ₁ φ₂."""

    def loss(phi: Any, pi: Any, epsilon: Any) -> Any:
        return epsilon**2 * 1.25 * phi[0] * phi[1]

    bias, start = np.diag([1.0, 2.0]), np.array([[0.5, -0.2], [0.1, 0.3]])
    zero, given = np.zeros((2, 2)), {"W": np.eye(2), "A": np.eye(2)[::-1]}
    expected = _followed(_hamiltonian(predict, "2.14", COUPLED), start, **given)
    return [_error(_trained(loss, zero, bias, start, e, round(DURATION / e)), expected) for e in epsilons]


def _check(name: str, line: str, errors: list[float], epsilons: tuple[float, ...]) -> Check:
    slope = fit_slope(epsilons, errors)
    return Check(
        name,
        line,
        "activation and learning follow Hamilton's equations, with an error of order 1 in ε",
        f"gradient descent by automatic differentiation, {len(epsilons)} values of ε, to the slow time {DURATION:g}",
        criterion(1),
        slope.is_order(1),
        (("slope", str(slope)), ("error at the largest ε", digits(errors[0])), ("at the smallest", digits(errors[-1]))),
    )


def _unit_steps(predict: Predictions) -> tuple[list[Check], dict[str, np.ndarray]]:
    """Gradients by JAX of the loss ω² φ² / 2 at the state before and at the state after the activation."""
    claims = {after: predict.kernel(f"claim-oscillator-{name}") for after, name in ((False, "grows"), (True, "lasts"))}
    gradient = value_and_gradient(lambda phi, omega: omega**2 * phi**2 / 2)
    worst, shown = {False: 0.0, True: 0.0}, {}
    for omega in FREQUENCIES:
        for after in (False, True):
            phi, beta, energies = 1.0, 0.2, []
            for _ in range(60):
                energies.append(beta**2 + omega**2 * phi**2)
                predicted = float(claims[after](phi=phi, beta=beta, omega=omega))
                new = phi + beta
                beta = beta - float(gradient(new if after else phi, omega)[1])
                phi = new
                found = beta**2 + omega**2 * phi**2 + (omega**2 * phi * beta if after else 0.0)
                worst[after] = max(worst[after], abs(predicted / found - 1))
            if omega == 0.5:
                where = "after the activation" if after else "before the activation"
                shown[f"gradient at the state {where}"] = np.array(energies) / energies[0]
    phi, beta = 1.0, 0.2
    for _ in range(60):
        phi = phi + beta
        beta = beta - float(gradient(phi, BEYOND)[1])
    said = f"gradient descent by automatic differentiation, 60 unit steps, ω of {', '.join(map(str, FREQUENCIES))}"
    grown = Check(
        "energy in unit steps",
        "(claim-oscillator-grows)",
        "with the gradient at the state before, the energy after each step, which is 1 + ω² times that before",
        said,
        f"the relative difference in every step is below {EXACT:g}",
        worst[False] <= EXACT,
        (("largest relative difference", digits(worst[False])),),
    )
    bounded = Check(
        "invariant in unit steps",
        "(claim-oscillator-lasts)",
        "with the gradient at the state after the activation, β² + ω² φ² + ω² φ β is conserved, and bounds the"
        " motion for ω² < 4 only",
        f"{said}; and ω = {BEYOND}",
        f"its relative change in every step is below {EXACT:g}; beyond ω = 2 the state grows a million times",
        bool(worst[True] <= EXACT and abs(phi) > 1e6),
        (("relative change in a step", digits(worst[True])), (f"state at ω = {BEYOND}", digits(abs(phi)))),
    )
    return [grown, bounded], shown


EXPERIMENT = Experiment(
    "learning-dynamics",
    ("fields-2024",),
    "Neurons trained by gradient descent against Hamilton's equations",
    ("2.7", "2.14", "2.21", "claim-oscillator-grows", "claim-oscillator-lasts"),
    run,
)
