"""Integrals over laws, densities without a formula and functions that a paper leaves open, as kernels."""

from __future__ import annotations

import itertools
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from derive.compile import Settled, kernel_input, settled_input
from derive.errors import DeriveError
from derive.kernels import BACKENDS, KernelError, KernelInput, compile, source
from derive.latex.reader import read_expression
from derive.latex.tokens import tokens
from derive.notation import load_notation
from derive.paper import load_paper
from derive.verify import Verifier

self_test = sys.modules["kernels_modules"].self_test

SCOPE = load_notation(Path(__file__).with_name("laws.toml")).scopes["laws"]
LINES = (
    *("1", "2", "4", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21"),
    *("24", "25", "26", "34", "35", "36", "77", "78", "79", "80", "81", "82", "83", "84", "85", "86", "90", "111"),
    *("S1", "S1+1", "S1+2", "S1+3", "S1+4", "S1+5", "S1+6", "S1+7", "S1+8", "S1+9", "S1+10"),
    *("claim-prediction-error", "claim-loss-is-error", "claim-conserved"),
)
FEW = ("1", "16", "18", "26", "79", "90", "S1+3", "95", "112", "116")
OF_STATES = (
    *("93", "94", "95", "96", "98", "99", "100", "112", "113", "114", "115", "116", "117", "118", "119", "120"),
    *("claim-loss-is-energy", "claim-second-order-covariance", "claim-dropped-terms"),
)
BOUNDS = ("elbo-1", "elbo-3a", "elbo-3b", "elbo-3c", "elbo-3d", "elbo-6b", "elbo-7", "claim-gap")
DRAW = np.random.default_rng(31)


@pytest.fixture(scope="module")
def verifiers() -> dict[str, Verifier]:
    return {paper: Verifier(load_paper(paper)) for paper in ("inference-2024-07", "scinet-2021")}


def line(verifiers: dict[str, Verifier], number: str, paper: str = "inference-2024-07") -> KernelInput:
    """A line, as corrected where a correction is recorded."""
    refuted = verifiers[paper].reading.line(number).corrected is not None
    which, verdict = ("corrected", "refuted") if refuted else ("as printed", "proved")
    return settled_input(verifiers[paper], number, which, Settled(verdict))


def kernel(latex: str) -> KernelInput:
    def read(text: str):
        return read_expression(tokens(text), SCOPE)

    return KernelInput(read(r"\mathcal{L}"), read(latex), SCOPE)


# -- the lines of the papers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [*LINES, *OF_STATES])
def test_lines_over_laws_have_their_exact_values(verifiers, number):
    assert self_test(source(line(verifiers, number))) == (5, 0)


@pytest.mark.parametrize("number", FEW)
@pytest.mark.parametrize("backend", ["c", "numba", "jax"])
def test_backends_agree(verifiers, number, backend):
    assert self_test(source(line(verifiers, number), backend=backend)) == (5, 0)


@pytest.mark.parametrize("dtype", ["float32", "complex128"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_number_types(verifiers, backend, dtype):
    assert self_test(source(line(verifiers, "79"), backend=backend, dtype=dtype)) == (5, 0)


@pytest.mark.parametrize("number", BOUNDS)
def test_bounds_and_divergences_of_an_autoencoder(verifiers, number):
    assert self_test(source(line(verifiers, number, "scinet-2021"))) == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("number", "by"),
    [("26", ("x", "K_diag", "K_off", "weights")), ("36", ("r", "q", "weights")), ("18", ("log_P_b_given_x_Theta",))],
)
def test_gradients_of_losses_over_laws(verifiers, number, by, backend):
    assert self_test(source(line(verifiers, number), backend=backend, gradient=by)) == (5, 0)


def test_a_kernel_that_forgets_the_weights_is_found(verifiers):
    text = source(line(verifiers, "36"))
    assert text.count("weights[rows] * ") == 1
    assert self_test(text.replace("weights[rows] * ", ""))[1] > 0


def test_a_kernel_with_the_values_of_a_binary_variable_exchanged_is_found(verifiers):
    text = source(line(verifiers, "1"))
    changed = text.replace("U_i[rows, 0])", "U_i[rows, 2])").replace("U_i[rows, 1])", "U_i[rows, 0])")
    changed = changed.replace("U_i[rows, 2])", "U_i[rows, 1])")
    assert changed != text
    assert self_test(changed)[1] > 0


def test_the_docstring_says_what_a_law_is(verifiers):
    text = source(line(verifiers, "18"))
    assert "A law is given as points with weights" in text
    assert r"shape (S, B, 2), real, log of $\mathcal{P}(b_{i} | \mathbf{x}_{1:N}, \Theta)$ at each point" in text
    assert "A law is given" not in source(line(verifiers, "S1+2"))


# -- what is proved for every law holds for points with weights --------------------------------------------------------


def table(*shape: int) -> np.ndarray:
    """Probabilities that add up to one."""
    found = DRAW.uniform(0.1, 1, shape)
    return found / found.sum()


def test_the_forms_of_the_loss_are_one_number(verifiers):
    """(6) to (17) over pairs of a point of x and values of two binary variables, given as points."""
    truth, prior = table(3, 2, 2), 0.3
    chance = DRAW.uniform(0.2, 0.8, (2, 3, 1))
    chance = np.concatenate((chance, 1 - chance), axis=2)  # P(b_i | x), by i, x and value
    of_x = table(3)
    model = of_x[:, None, None] * chance[0][:, :, None] * chance[1][:, None, :]
    p, q = truth.ravel(), model.ravel()
    given = {"weights": p, "log_P_Theta": np.log(prior)}
    joint = given | {"log_P_x_b_given_Theta": np.log(q)}
    divergence = np.sum(p * np.log(p / q))
    entropy = -np.sum(p * np.log(p))
    for number in ("6", "7", "8"):
        found = compile(line(verifiers, number))(**joint, log_P_star_x_b=np.log(p))
        assert found == pytest.approx(divergence - np.log(prior), rel=1e-13)
    loss = entropy + divergence - np.log(prior)
    assert compile(line(verifiers, "10"))(**joint, log_P_star_x_b=np.log(p)) == pytest.approx(loss, rel=1e-13)
    for number in ("9", "11", "12"):
        assert compile(line(verifiers, number))(**joint) == pytest.approx(loss, rel=1e-13)
    at = list(itertools.product(range(3), range(2), range(2)))
    each = np.log([[chance[0, s, u], chance[1, s, v]] for s, u, v in at])
    apart = given | {"log_P_x_given_Theta": np.log([of_x[s] for s, _, _ in at])}
    for number in ("13", "14", "15"):
        found = compile(line(verifiers, number))(**apart, log_P_b_given_x_Theta=each.sum(axis=1))
        assert found == pytest.approx(loss, rel=1e-13)
    for number in ("16", "17"):
        found = compile(line(verifiers, number))(**apart, log_P_b_given_x_Theta=each)
        assert found == pytest.approx(loss, rel=1e-13)
    marginal = np.stack((truth.sum(axis=2), truth.sum(axis=1)), axis=1)
    found = compile(line(verifiers, "18"))(
        weights_b_x=marginal,
        log_P_b_given_x_Theta=np.log(chance.transpose(1, 0, 2)),
        weights_x=truth.sum(axis=(1, 2)),
        log_P_x_given_Theta=np.log(of_x),
        log_P_Theta=np.log(prior),
    )
    assert found == pytest.approx(loss, rel=1e-13)


def test_a_delta_that_projects_leaves_the_loss_of_one_variable(verifiers):
    """(77) to (86) over a finite law of b and x, whose model takes x by one number at each point."""
    truth, chance = table(4, 2), DRAW.uniform(0.2, 0.8, (4, 1))
    model = np.log(np.concatenate((chance, 1 - chance), axis=1))
    wanted = -np.log(0.2) - np.sum(truth * model)
    calls = {"77": ("log_P_b_given_x_Theta_b", "log_P_Theta_b")}
    calls |= dict.fromkeys(("78", "79", "80"), ("log_P_b_given_x_J_0_J_x", "log_P_J_0_J_x"))
    calls |= dict.fromkeys(("83", "84", "85", "86"), ("log_P_b_given_x_J_0_J_x", "log_P_p_0_p_x"))
    for number, (of_model, of_prior) in calls.items():
        given = {of_model: model, of_prior: np.log(0.2)}
        assert compile(line(verifiers, number))(weights=truth, **given) == pytest.approx(wanted, rel=1e-13)


def test_a_boltzmann_law_of_any_energy_adds_up_to_one(verifiers):
    energies = DRAW.normal(size=(6, 2))
    chance = compile(line(verifiers, "1"))
    both = [chance(b=np.full(6, sign), U_i=energies, beta=1.3) for sign in (1, -1)]
    assert both[0] + both[1] == pytest.approx(np.ones(6), rel=1e-14)
    assert both[0] == pytest.approx(1 / (1 + np.exp(-1.3 * (energies[:, 1] - energies[:, 0]))), rel=1e-13)


def test_correlated_pairs_add_up_by_value(verifiers):
    chance, joint = DRAW.uniform(size=3), DRAW.uniform(size=(3, 3, 2, 2))
    coupling, signs = DRAW.normal(size=3), np.array([1.0, -1.0])
    mean = coupling[:, None, None, None] * signs[:, None] + coupling[None, :, None, None] * signs[None, :]
    found = compile(line(verifiers, "S1+1"))(J=coupling, P_b_b=joint)
    wanted = np.sum(mean * joint, axis=(2, 3))
    np.fill_diagonal(wanted, 0)
    assert found == pytest.approx(wanted, rel=1e-13)
    single = np.stack((chance, 1 - chance), axis=1)
    charge = np.array([1.0, -1.0, 1.0])
    by_delta = compile(line(verifiers, "S1+3"))(q=charge, J=coupling, P_b=single)
    assert by_delta == pytest.approx(compile(line(verifiers, "S1+5"))(q=charge, J=coupling, P_b=single).T, rel=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_quadrature_gives_the_integral(backend):
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    mean = compile(kernel(r"\int dy \mathcal{P}(y) \cosh(y)"), backend=backend)
    assert mean(y=points, weights=weights / weights.sum()) == pytest.approx(np.exp(0.5), rel=1e-12)


def test_an_operator_of_the_variable_of_a_law_has_its_points(verifiers):
    """(114) by matrices, one for each point."""
    count, points = 5, DRAW.normal(size=(5, 2))
    state = DRAW.normal(size=2) + 1j * DRAW.normal(size=2)
    mixed = DRAW.normal(size=(count, 2, 2)) + 1j * DRAW.normal(size=(count, 2, 2))
    energy, nu = mixed + mixed.conj().transpose(0, 2, 1), DRAW.normal(size=3)
    sigma = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    along = np.tensordot(nu, sigma, 1)
    weights = table(count)
    statement = line(verifiers, "114")
    found = compile(statement)(x=points, alpha=state, nu=nu, H=energy, weights=weights, Delta_t=0.1, hbar=0.7)
    wanted = np.zeros(2)
    for one, chance, h in zip(points, weights, energy, strict=True):
        after = (np.eye(2) - 0.1j / 0.7 * h) @ state
        wanted = wanted + chance * one * (after.conj() @ along @ sigma[2] @ along @ after).real
    assert found == pytest.approx(wanted, rel=1e-13)


# -- zeros -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_points_without_weight_do_not_count(backend):
    entropy = compile(
        kernel(r"-\sum_b \int dy \mathcal{P}(b, y) \log(\mathcal{Q}(b | y) \mathcal{Q}(y))"), backend=backend
    )
    weights, logs = np.array([[0.25, 0.0], [0.75, 0.0]]), np.log([[0.5, 1e-300], [0.5, 1]])
    logs[:, 1] = -np.inf
    assert entropy(weights, logs, np.log([0.5, 0.25])) == pytest.approx(-0.25 * np.log(0.25) - 0.75 * np.log(0.125))
    weights[0, 1] = 1e-9
    assert entropy(weights, logs, np.log([0.5, 0.25])) == np.inf


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_certain_without_a_warning(backend):
    entropy = compile(kernel(r"-\sum_b \mathcal{P}(b) \log(\mathcal{P}(b))"), backend=backend)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert entropy(np.array([1.0, 0.0])) == 0
        assert entropy(np.array([0.5, 0.5])) == pytest.approx(np.log(2))
    divergence = compile(kernel(r"\sum_b \mathcal{P}(b) \log(\frac{\mathcal{P}(b)}{\mathcal{Q}(b)})"), backend=backend)
    assert divergence(np.array([1.0, 0.0]), np.log([1.0, 0.5])) == 0
    with np.errstate(divide="ignore"):
        assert divergence(np.array([0.5, 0.5]), np.log([1.0, 0.0])) == np.inf


def test_densities_in_logarithms_may_be_too_small_for_a_double():
    loss = compile(kernel(r"-\int dy \mathcal{P}(y) \log(\mathcal{Q}(y))"))
    assert loss(np.array([0.5, 0.5]), np.array([-2000.0, -4000.0])) == 3000


def test_a_density_in_and_outside_a_logarithm_is_given_itself():
    mixed = compile(kernel(r"\sum_b \mathcal{Q}(b) (1 + \log(\mathcal{Q}(b)))"))
    assert mixed(np.array([0.3, 0.7])) == pytest.approx(1 + 0.3 * np.log(0.3) + 0.7 * np.log(0.7))


def test_the_law_in_a_logarithm_is_a_density_and_no_weight():
    """Over points that are spaced by 0.5 the weight is half of the density."""
    entropy = compile(kernel(r"-\int dy \mathcal{P}(y) \log(\mathcal{P}(y))"))
    points = np.arange(-8, 8.5, 0.5)
    density = np.exp(-(points**2) / 2) / np.sqrt(2 * np.pi)
    assert entropy(density / 2, np.log(density)) == pytest.approx(0.5 * np.log(2 * np.pi * np.e), rel=1e-9)
    shifted = compile(kernel(r"\int dy \mathcal{P}(y) \log(1 + \mathcal{P}(y))"))
    assert shifted(density / 2, density) == pytest.approx(np.sum(density / 2 * np.log1p(density)))


def test_a_logarithm_of_an_integral_has_weights_inside():
    statement = kernel(r"\log(\int dy \mathcal{P}(y) \mathcal{Q}(b | y))")
    assert self_test(source(statement)) == (5, 0)
    weights, chance = table(4), DRAW.uniform(size=(4, 2))
    found = compile(statement)(b=-1.0, weights=weights, Q_b_given_y=chance)
    assert found == pytest.approx(np.log(weights @ chance[:, 1]))


# -- functions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_open_functions_are_values_at_the_points_and_signs(backend):
    statement = kernel(r"\sum_b \int dy \mathcal{P}(b | y) \mathcal{P}(y) b f(y) + \int dy \mathcal{P}(y) g(1, y)")
    assert self_test(source(statement, backend=backend)) == (5, 0)
    function = compile(statement, backend=backend)
    at, each, chance = DRAW.normal(size=5), DRAW.normal(size=(5, 2)), DRAW.uniform(size=(5, 2))
    weights = np.full(5, 0.2)
    wanted = np.mean(at * (chance[:, 0] - chance[:, 1])) + np.mean(each[:, 0])
    found = function(P_b_given_y=chance, weights=weights, f=at, g=each)
    assert found == pytest.approx(wanted, rel=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_step_down_a_gradient_has_it_as_an_argument(verifiers, backend):
    at, slope = DRAW.normal(size=(2, 4))
    statements = [line(verifiers, number, "scinet-2021") for number in ("gradient-step", "claim-descent")]
    assert [self_test(source(statement, backend=backend)) for statement in statements] == [(5, 0), (5, 0)]
    step, value = (compile(statement, backend=backend) for statement in statements)
    assert step(a_n=at, F_by_a_n=slope, gamma=0.1) == pytest.approx(at - 0.1 * slope)
    assert value(F=2.0, F_by_a_n=slope, gamma=0.1) == pytest.approx(2 - 0.1 * slope @ slope)


def test_two_points_that_a_delta_ties(inputs):
    statement = kernel(r"\int dt f(t) t^2 \int dy \delta(t - 2 y) \mathcal{P}(y)")
    assert self_test(source(statement)) == (5, 0)
    points, at = DRAW.normal(size=4), DRAW.normal(size=4)
    found = compile(statement)(y=points, f=at, weights=np.full(4, 0.25))
    assert found == pytest.approx(np.mean(at * 4 * points**2), rel=1e-13)


# -- formulas of premises ----------------------------------------------------------------------------------------------

NORMAL = r"""
    % given normal @1: Q(\mathbf{x}_{1:N}) = \mathcal{G}(\mathbf{x}_{1:N}; \mathbf{0}, \mathbf{K})

    % by: exact
    % from: normal
    \begin{equation}
    \log(Q(\mathbf{x}_{1:N})) + a = a + \log(Q(\mathbf{x}_{1:N}))
    \tag{2}
    \end{equation}

    % by: exact
    \begin{equation}
    \log(Q(\mathbf{x}_{1:N})) + a = a + \log(Q(\mathbf{x}_{1:N}))
    \tag{3}
    \end{equation}
"""


def test_a_normal_density_in_a_logarithm_is_computed_where_a_premise_says_it(bench):
    verifier = Verifier(bench.paper(NORMAL))
    from scipy import stats

    covariance = np.array([[2.0, 0.5], [0.5, 1.0]])
    point = np.array([0.3, -0.4])
    found = compile(kernel_input(verifier, "2", "as printed"))
    wanted = 0.7 + stats.multivariate_normal(np.zeros(2), covariance).logpdf(point)
    assert found(x=point, K=covariance, a=0.7) == pytest.approx(wanted, rel=1e-13)
    given = compile(kernel_input(verifier, "3", "as printed"))
    assert given(a=0.7, log_Q_x=-1.5) == pytest.approx(-0.8)


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        (r"\int dy y^2", "the integral over y has no density of it"),
        (r"\int dy \mathcal{P}(y | t) \int dt \mathcal{P}(t | y)", "has no density of it"),
        (r"\int dy \mathcal{P}(y) \int dy \mathcal{P}(y) y", "inside another one"),
        (r"\int dy \mathcal{P}(y) \mathcal{P}(y)", "stands twice in an integral"),
        (r"\int dt \delta(t - a_1) f(t)", "something that is of no law"),
        (r"\mathcal{P}(1 | y)", "is one at a printed value"),
        (r"\int dt \exp(\delta(t - y)) \int dy \mathcal{P}(y)", "a delta that sets t and is no factor"),
        (
            r"\int dy \mathcal{P}(y) y + \int dy \mathcal{Q}(y) \mathcal{P}(y) \mathcal{P}(y)",
            "stands twice in an integral",
        ),
        (r"\int dt y t \int dy \delta(t - y) \mathcal{P}(y)", "whose factors stand in another integral"),
        (r"\mathcal{P}(y) + \int dy \mathcal{P}(y)", "bound neither by a sum nor by the left side"),
        (r"\frac{\partial f(y)}{\partial t}", "a derivative of what is no open function of just that variable"),
        (r"\delta_{y, t}", "a Kronecker delta of what is not 1 or -1"),
    ],
)
def test_what_is_no_mean_over_points_is_refused(latex, said):
    with pytest.raises(KernelError, match=said):
        source(kernel(latex))


def test_a_line_that_only_names_a_density_computes_nothing(verifiers):
    with pytest.raises(DeriveError, match=r"\(45\) computes nothing: no formula is known of its right side"):
        line(verifiers, "45")


def test_as_printed_an_integral_without_its_law_is_refused(verifiers):
    statement = settled_input(verifiers["inference-2024-07"], "96", "as printed", Settled("refuted"))
    with pytest.raises(KernelError, match=r"the integral over \\tilde\{x\} has no density of it"):
        source(statement)
