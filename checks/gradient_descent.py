r"""Learning as dynamics: neurons trained by gradient descent against Hamilton's equations, section 2 of fields-2024.

The simulation trains. The state is updated by (2.1), $\phi' = W \phi + B \pi$, and the trainable variables by gradient
descent on a loss, differentiated by JAX through one step of the activation, so that $\partial \phi / \partial \pi =
B$. The loss is $\epsilon^2 v(\phi) + \frac12 \pi (W - I) \pi + F(\phi - B \pi)$, with $W - I = \epsilon w$: in the
slow time $\epsilon t$ the state and $b = \beta / \epsilon$ then follow Hamilton's equations of $\frac12 b^2 + b w \phi
+ v(\phi)$, with an error of order 1 in $\epsilon$. F is arbitrary; here it is no small thing, and cancels.

- One neuron by (2.9), in an anharmonic potential; N neurons by (2.16), with B a multiple of an orthogonal matrix, so
  that it commutes with every Hessian, and W a multiple of the identity.
- (2.16) read literally, for a B that does not commute with the Hessian: the dynamics is another one.
- Unit steps in a harmonic potential. With the gradient taken at the state before, the energy is multiplied by $1 +
  \omega^2$ in each step. With the gradient taken at the state after the activation, which is what one step of
  back-propagation gives, $\beta^2 + \omega^2 \phi^2 + \omega^2 \phi \beta$ is conserved, and motion is bounded for
  $\omega^2 < 4$ only.
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

Slope = Callable[[np.ndarray], np.ndarray]


def run(predict: Predictions, size: Size) -> Outcome:
    draw = np.random.default_rng(SEED)
    epsilons = EPSILONS[size]
    one, path = _one_neuron(predict, epsilons)
    many, literal = _many(predict, epsilons, NEURONS[size], draw), _literal(predict, epsilons)
    checks = [
        _check("one neuron by (2.9)", "(2.9)", one, epsilons),
        _check(f"{NEURONS[size]} neurons by (2.16)", "(2.16)", many, epsilons),
        told_apart(
            _check("two neurons by (2.16), where B does not commute with the Hessian", "(2.16)", literal, epsilons)
        ),
    ]
    stepped, growth = _unit_steps(predict)
    checks += stepped

    def errors(axes) -> None:
        for name, found in (("one neuron", one), ("many neurons", many), ("(2.16) without its condition", literal)):
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


def _followed(rates: Callable[..., Any], start: np.ndarray) -> np.ndarray:
    """The state and bias at the end, by DOP853."""
    from scipy.integrate import solve_ivp

    def rate(_: float, state: np.ndarray) -> np.ndarray:
        return np.concatenate(rates(*state.reshape(2, -1)))

    found = solve_ivp(rate, (0, DURATION), start.ravel(), "DOP853", rtol=1e-11, atol=1e-12)
    return found.y[:, -1].reshape(start.shape)


def _error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found[-1] - expected))


def _one_neuron(predict: Predictions, epsilons: tuple[float, ...]) -> tuple[list[float], dict]:
    import jax.numpy as jnp

    def loss(phi: Any, beta: Any, epsilon: Any) -> Any:
        return jnp.sum(epsilon**2 * (phi**2 / 2 + phi**4 / 4) + jnp.cos(phi - beta) + (phi - beta) ** 2)

    one, start = np.eye(1), np.array([[1.0], [0.3]])
    form = predict.closed_form("Hamilton's equations (2.6)")
    expected = _followed(lambda phi, beta: form(phi, beta, lambda x: x + x**3), start)
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

    form = predict.closed_form("Hamilton's equations (2.13)")
    expected = _followed(lambda phi, beta: form(phi, beta, weight, lambda x: coupling @ x + x**3), start)
    return [_error(_trained(loss, weight, bias, start, e, round(DURATION / e)), expected) for e in epsilons]


def _literal(predict: Predictions, epsilons: tuple[float, ...]) -> list[float]:
    """B = diag(1, 2) and v = φ₁ φ₂: each integral over φ_i taken by itself gives (1 + 1/4) φ₁ φ₂."""

    def loss(phi: Any, pi: Any, epsilon: Any) -> Any:
        return epsilon**2 * 1.25 * phi[0] * phi[1]

    bias, start = np.diag([1.0, 2.0]), np.array([[0.5, -0.2], [0.1, 0.3]])
    form = predict.closed_form("Hamilton's equations (2.13)")
    zero = np.zeros((2, 2))
    expected = _followed(lambda phi, beta: form(phi, beta, zero, lambda x: x[::-1]), start)
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
    amplification = predict.closed_form("amplification of (3.13)")
    gradient = value_and_gradient(lambda phi, omega: omega**2 * phi**2 / 2)
    worst, kept, shown = 0.0, 0.0, {}
    for omega in FREQUENCIES:
        predicted = float(np.abs(amplification(np.array(omega), 1.0)[0]) ** 2)
        for after in (False, True):
            phi, beta, energies, invariants = 1.0, 0.2, [], []
            for _ in range(60):
                energies.append(beta**2 + omega**2 * phi**2)
                invariants.append(energies[-1] + omega**2 * phi * beta)
                new = phi + beta
                beta = beta - float(gradient(new if after else phi, omega)[1])
                phi = new
            ratios = np.array(energies[1:]) / np.array(energies[:-1])
            if after:
                kept = max(kept, float(np.max(np.abs(np.array(invariants) / invariants[0] - 1))))
            else:
                worst = max(worst, float(np.max(np.abs(ratios / predicted - 1))))
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
        "(2.4)",
        "with the gradient at the state before, each step multiplies the energy by 1 + ω²",
        said,
        f"the relative difference of every ratio is below {EXACT:g}",
        worst <= EXACT,
        (("largest relative difference", digits(worst)),),
    )
    bounded = Check(
        "invariant in unit steps",
        "(2.4)",
        "with the gradient at the state after the activation, β² + ω² φ² + ω² φ β is conserved, and bounds the"
        " motion for ω² < 4 only",
        f"{said}; and ω = {BEYOND}",
        f"its relative change is below {EXACT:g}; beyond ω = 2 the state grows a million times",
        bool(kept <= EXACT and abs(phi) > 1e6),
        (("relative change", digits(kept)), (f"state at ω = {BEYOND}", digits(abs(phi)))),
    )
    return [grown, bounded], shown


EXPERIMENT = Experiment(
    "learning-dynamics",
    ("fields-2024",),
    "Neurons trained by gradient descent against Hamilton's equations",
    ("2.1", "2.4", "2.6a", "2.6b", "2.7", "2.9", "2.13a", "2.13b", "2.14", "2.16"),
    run,
    "Hamilton's equations (2.6), (2.13) and the amplification by explicit steps",
)
