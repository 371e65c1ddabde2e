r"""A stochastic binary network against its first-order energy, equations (1)-(4).

Each variable is drawn given all variables of the step before, $\mathcal P(b_i | b') \propto \exp(-\beta U)$ with $U =
G_i + b_i (J_{0i} + \sum_j J_{ij} b'_j + R_i(b'))$. The kernel of the first-order energy predicts the conditional
probabilities where $R = 0$. The simulation draws the variable by thresholding logistic noise, which uses no energy and
no normaliser: $b = 1$ where the field is below noise.

- Without R: the transitions of one long run, counted for each of the $2^M$ states before and each variable.
- With couplings of three variables of size $\lambda$: the log odds are wrong by order 1 in $\lambda$. The root mean
  square error of the measured log odds, less its part from sampling, is fitted.
"""

from __future__ import annotations

import numpy as np

from checks.check import Check, Outcome, Size, digits
from checks.experiment import SEED, Experiment
from checks.predictions import Predictions
from checks.scores import CRITERION, scores
from checks.slopes import criterion, fit_slope

VARIABLES = 5
STEPS = {"quick": 200_000, "full": 2_000_000}
CHAINS = 500
"""Runs side by side, each of STEPS / CHAINS steps."""
DRAWS = {"quick": 20_000, "full": 200_000}
"""Of each variable from each state, for the remainder."""
COUPLINGS = (0.4, 0.2, 0.1, 0.05)


def run(predict: Predictions, size: Size) -> Outcome:
    draw = np.random.default_rng(SEED)
    base, pair = draw.normal(scale=0.3, size=VARIABLES), draw.normal(scale=0.4, size=(VARIABLES, VARIABLES))
    triple = draw.normal(size=(VARIABLES, VARIABLES, VARIABLES)) / VARIABLES
    states = np.array(np.meshgrid(*[[-1.0, 1.0]] * VARIABLES)).reshape(VARIABLES, -1).T
    energy = predict.kernel("3")

    def odds(before: np.ndarray) -> np.ndarray:
        """Log odds of the value 1, by the kernel: minus the difference of the energies of both values."""
        up, down = (energy(b=b * np.ones(VARIABLES), b_prime=before, J_0i=base, J=pair) for b in (1.0, -1.0))
        return down - up

    predicted = np.array([odds(before) for before in states])
    counts, ups = _transitions(base, pair, states, STEPS[size], draw)
    chance = 1 / (1 + np.exp(-predicted))
    seen = counts[:, None] * chance * (1 - chance) > 10
    found = scores(
        (ups / np.maximum(counts, 1)[:, None])[seen],
        chance[seen],
        np.sqrt(chance * (1 - chance) / np.maximum(counts, 1)[:, None])[seen],
    )
    errors = [_error(base, pair, size_ * triple, states, predicted, DRAWS[size], draw) for size_ in COUPLINGS]
    slope = fit_slope(COUPLINGS, errors)
    checks = (
        Check(
            "conditional frequencies",
            "(3)",
            "the odds of each variable, given each state before, are exp of minus the difference of two energies",
            f"{CHAINS} runs of a network of {VARIABLES} variables, {STEPS[size]} steps in all",
            CRITERION,
            found.holds,
            found.numbers,
        ),
        Check(
            "remainder of the first-order energy",
            "(3)",
            "with couplings of three variables of size λ the log odds are wrong by order 1 in λ",
            f"{DRAWS[size]} draws of each variable from each state, at {len(COUPLINGS)} sizes",
            criterion(1),
            slope.is_order(1),
            (("slope", str(slope)), ("error at the largest λ", digits(errors[0]))),
        ),
    )
    frequency = ups / np.maximum(counts, 1)[:, None]

    def scatter(axes) -> None:
        axes.plot([0, 1], [0, 1], "-", color="black", linewidth=0.6)
        axes.plot(chance[seen], frequency[seen], ".", markersize=3)
        axes.set(title="P(b = 1 | state before)", xlabel="first-order energy (3)", ylabel="frequency in the run")

    def remainder(axes) -> None:
        axes.loglog(COUPLINGS, errors, "o-", label=f"slope {slope.value:.3f}")
        axes.loglog(COUPLINGS, [errors[0] * c / COUPLINGS[0] for c in COUPLINGS], "--", color="gray", label="order 1")
        axes.set(title="what (3) leaves out", xlabel="size λ of three-variable couplings", ylabel="error of log odds")
        axes.legend()

    return Outcome(checks, (scatter, remainder))


def _fields(base: np.ndarray, pair: np.ndarray, triple: np.ndarray | None, before: np.ndarray) -> np.ndarray:
    """The field on each variable, from states (count, M)."""
    found = base + before @ pair.T
    if triple is not None:
        found = found + np.einsum("ijk,nj,nk->ni", np.triu(triple, 1), before, before)
    return found


def _drawn(field: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """1 where logistic noise is above twice the field, else -1: high energy is unlikely."""
    return np.where(draw.logistic(size=field.shape) > 2 * field, 1.0, -1.0)


def _transitions(
    base: np.ndarray, pair: np.ndarray, states: np.ndarray, steps: int, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """How often each state was left, and how often each variable was 1 after it."""
    weights = 2 ** np.arange(VARIABLES)

    def code(b: np.ndarray) -> np.ndarray:
        return ((b + 1) / 2 @ weights).astype(int)

    row = {int(c): n for n, c in enumerate(code(states))}
    order = np.array([row[c] for c in range(len(states))])
    counts, ups = np.zeros(len(states)), np.zeros((len(states), VARIABLES))
    b = np.where(draw.random((CHAINS, VARIABLES)) < 0.5, 1.0, -1.0)
    for _ in range(steps // CHAINS):
        after = _drawn(_fields(base, pair, None, b), draw)
        at = order[code(b)]
        counts += np.bincount(at, minlength=len(states))
        for i in range(VARIABLES):
            ups[:, i] += np.bincount(at, weights=after[:, i] > 0, minlength=len(states))
        b = after
    return counts, ups


def _error(
    base: np.ndarray,
    pair: np.ndarray,
    triple: np.ndarray,
    states: np.ndarray,
    predicted: np.ndarray,
    draws: int,
    draw: np.random.Generator,
) -> float:
    """Root mean square error of the predicted log odds, with the variance of the measured ones taken off."""
    field = _fields(base, pair, triple, states)
    ups = _ups(field, draws, draw)
    share = (ups + 0.5) / (draws + 1)
    measured = np.log(share / (1 - share))
    variance = 1 / (draws * share * (1 - share))
    return float(np.sqrt(max(np.mean((measured - predicted) ** 2 - variance), 0.0)))


def _ups(field: np.ndarray, draws: int, draw: np.random.Generator) -> np.ndarray:
    found = np.zeros(field.shape)
    block = 1000
    for _ in range(draws // block):
        found += (draw.logistic(size=(block, *field.shape)) > 2 * field).sum(axis=0)
    return found


EXPERIMENT = Experiment(
    "stochastic-network",
    ("inference-2024-07", "inference-2024-04"),
    "A stochastic binary network and its first-order energy",
    ("3",),
    run,
)
