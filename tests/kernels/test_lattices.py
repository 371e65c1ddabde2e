"""Lines on fields as kernels: exact values in every backend, gradients, and steps that are written out by hand."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest
from flint import arb, fmpq

from derive.errors import DeriveError
from derive.fields.finite.lines import Premise
from derive.fields.finite.polynomials import rational
from derive.fields.finite.sizes import Sizes
from derive.fields.finite.worlds import World
from derive.kernels import BACKENDS, compile, source
from derive.kernels.fieldvalues import FieldStatement

LINES = (
    *("2.1", "2.5a", "2.10", "2.11a", "2.17b", "2.19b", "2.21"),
    *("3.4a", "3.4b", "3.5", "3.7a", "3.8a", "3.8b", "3.9", "3.10", "3.11", "3.13"),
    *("3.14c", "3.15", "3.16", "3.18", "3.19"),
    *("claim-dispersion", "claim-first-rule", "claim-energy-conserved", "claim-u1-states", "claim-u1-learning"),
    *("4.2a", "4.3", "4.5", "4.7b", "4.8", "4.9", "4.10", "4.12", "4.13", "4.14", "4.15a", "4.15b", "4.16", "4.17b"),
    *("4.26a", "4.26b", "4.38", "4.39b", "5.2+1", "5.2+2", "5.7", "5.8", "5.9"),
)  # fmt: skip
BUILT = (
    "2.10",
    "3.5",
    "3.8a",
    "3.13",
    "3.19",
    "4.9",
    "4.14",
    "4.15b",
    "4.17b",
    "4.26a",
    "4.39b",
    "5.8",
    "claim-u1-states",
)
FEW = ("2.21", "3.13", "4.17b", "4.26a", "5.9")
LOSSES = {"2.21": ("phi", "beta", "W"), "3.5": ("phi", "beta", "m"), "4.3": ("phi", "pi", "V")}


@pytest.mark.parametrize("number", LINES)
def test_lines_have_their_exact_values(lattices, number):
    assert lattices.module(source(lattices.line(number)))["self_test"]() == (5, 0)


@pytest.mark.parametrize("number", BUILT)
def test_lines_have_their_exact_values_in_c(lattices, number):
    assert lattices.module(source(lattices.line(number), backend="c"))["self_test"]() == (5, 0)


@pytest.mark.parametrize("number", FEW)
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_lines_have_their_exact_values_where_building_is_slow(lattices, number, backend):
    assert lattices.module(source(lattices.line(number), backend=backend))["self_test"]() == (5, 0)


@pytest.mark.parametrize("number", LOSSES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_have_their_exact_values(lattices, number, backend):
    text = source(lattices.line(number), backend=backend, gradient=LOSSES[number])
    assert lattices.module(text)["self_test"]() == (5, 0)


@pytest.mark.parametrize("which", ["as printed", "corrected"])
def test_both_formulas_of_a_refuted_line(lattices, which):
    text = source(lattices.line("3.8a", which))
    assert lattices.module(text)["self_test"]() == (5, 0)
    phi = np.random.default_rng(0).normal(size=(3, 2, 4))
    tensor = lattices.module(text)["A"](m=0.5, N_1=3, N_2=2, N_3=4)
    found = np.einsum("abcdef,def->abc", tensor, phi)
    sign = 1 if which == "corrected" else -1
    np.testing.assert_allclose(found, sign * (laplacian(phi) - 0.25 * phi), atol=1e-14)


def laplacian(phi: np.ndarray) -> np.ndarray:
    return sum(np.roll(phi, by, axis) for axis in range(phi.ndim) for by in (1, -1)) - 2 * phi.ndim * phi


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 5), (7, 3, 2), (33, 20, 18), (70, 64, 65)])
def test_a_klein_gordon_step_is_the_one_by_hand(lattices, backend, shape):
    draw = np.random.default_rng(1)
    phi, new = draw.normal(size=(2, *shape))
    step = compile(lattices.line("3.13"), backend=backend)
    wanted = 2 * new - phi + laplacian(phi) - 0.49 * phi
    np.testing.assert_allclose(step(phi, new, m=0.7), wanted, atol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_dirac_step_is_the_one_by_hand(lattices, backend):
    draw = np.random.default_rng(2)
    phi, pi = draw.normal(size=(2, 4, 5, 3, 6))
    matrices = draw.normal(size=(4, 4, 4))
    wanted = phi + 0.3 * np.tensordot(matrices[0], phi, 1)
    for axis in range(3):
        wanted += np.tensordot(matrices[axis + 1], np.roll(pi, -1, axis + 1) - pi, 1)
    step = compile(lattices.line("4.26a"), backend=backend)
    np.testing.assert_allclose(step(phi, pi, matrices[1:], matrices[0], m=0.3), wanted, atol=1e-13)


def test_a_gauged_dirac_step_is_the_one_by_hand(lattices):
    draw = np.random.default_rng(3)
    phi, pi = draw.normal(size=(2, 4, 3, 4, 2))
    matrices, field = draw.normal(size=(4, 4, 4)), draw.normal(size=(4, 3, 4, 2))
    wanted = phi + np.tensordot(matrices[0], (field[0] + 0.3) * phi, 1)
    for axis in range(3):
        ahead = np.roll(pi, -1, axis + 1) - pi - np.tensordot(matrices[0], field[axis + 1] * pi, 1)
        wanted += np.tensordot(matrices[axis + 1], ahead, 1)
    for backend in ("numpy", "c"):
        step = compile(lattices.line("claim-u1-states"), backend=backend)
        found = step(phi, pi, matrices[1:], matrices[0], field[1:], field[0], m=0.3)
        np.testing.assert_allclose(found, wanted, atol=1e-13)


def test_a_transformed_step_is_a_step_that_is_transformed(lattices):
    """(5.2+1) solved for the transformed fields at the next time, with the matrices (4.35)."""
    turn, swap, sign, one = np.array([[0, 1], [-1, 0]]), np.array([[0, 1], [1, 0]]), np.diag([1, -1]), np.eye(2)
    first = np.kron(one, turn)
    matrices = np.array([-np.kron(swap, turn), np.kron(turn, one), -np.kron(sign, turn)])
    draw = np.random.default_rng(9)
    phi, pi = draw.normal(size=(2, 4, 3, 4, 2))
    now, then = draw.normal(size=(2, 3, 4, 2))

    def turned(angle, field):
        return np.cos(np.pi * angle / 2) * field + np.sin(np.pi * angle / 2) * np.tensordot(first, field, 1)

    made = lattices.line("5.2+1")
    assert made.provenance.hypotheses == ("the square of X_0 is -1",)
    wanted = turned(then, compile(lattices.line("4.26a"))(phi, pi, matrices, first, m=0.6))
    for backend in ("numpy", "c"):
        given = {"phi": turned(now, phi), "pi": turned(now, pi), "theta": now, "theta_plus_1": then, "m": 0.6}
        found = compile(made, backend=backend)(X=matrices, X_0=first, **given)
        np.testing.assert_allclose(found, wanted, atol=1e-13)


@pytest.mark.parametrize("number", ["3.5", "4.3"])
def test_gradients_agree_with_automatic_ones(lattices, number):
    jax = pytest.importorskip("jax")
    made = lattices.line(number)
    draw = np.random.default_rng(4)
    if number == "3.5":
        given = {"phi": draw.normal(size=(4, 5, 3)), "beta": draw.normal(size=(4, 5, 3)), "m": 0.7}
    else:
        given = {"phi": draw.normal(size=(2, 6)), "pi": draw.normal(size=(2, 6)), "V": draw.normal(size=(2, 6, 2, 6))}
    names = tuple(given)
    value = compile(made, backend="jax")
    _, *own = compile(made, gradient=names)(**given)
    theirs = jax.grad(lambda arguments: value(**arguments))(given)
    for name, slope in zip(names, own, strict=True):
        np.testing.assert_allclose(slope, theirs[name], rtol=1e-10, atol=1e-10)


def test_a_step_may_be_mapped_and_differentiated(lattices):
    jax = pytest.importorskip("jax")
    step = compile(lattices.line("4.17b"), backend="jax")
    phi, pi = np.random.default_rng(5).normal(size=(2, 3, 2, 8))
    found = jax.vmap(lambda a, b: step(a, b, m=0.5))(phi, pi)
    wanted = [compile(lattices.line("4.17b"))(a, b, m=0.5) for a, b in zip(phi, pi, strict=True)]
    np.testing.assert_allclose(found, wanted, atol=1e-13)


@pytest.mark.parametrize("number", ["3.13", "4.26a"])
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_a_step_in_the_wrong_direction_is_found(lattices, number, backend):
    text = source(lattices.line(number), backend=backend)
    old, new = {
        "numpy": ("_ahead(rows, 2)", "_ahead(rows, 1)"),
        "c": ("N_1 - 1 ? 0 : i_1 + 1", "N_1 - 1 ? 0 : i_1 + 0"),
    }[backend]
    if number == "4.26a" and backend == "numpy":
        old, new = "_ahead(rows, 1)", "_ahead(rows, 0)"
    assert old in text
    assert lattices.module(text.replace(old, new))["self_test"]()[1] > 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_number_types(lattices, backend, dtype):
    made = lattices.line("4.17a")
    assert lattices.module(source(made, backend=backend, dtype=dtype))["self_test"]() == (5, 0)
    phi = np.ones((2, 6))
    assert np.asarray(compile(made, backend=backend, dtype=dtype)(phi, phi, m=1)).dtype == dtype


# -- scopes of other papers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
def test_steps_of_several_sites(lattices, backend, size):
    made = lattices.kernel(r"u_i(t+1) = u_{i+2}(t) - g u_{i-3}(t) + w_{i+1}(t) w_{i-1}(t)", "ring")
    if size == 1:
        assert lattices.module(source(made, backend=backend))["self_test"]() == (5, 0)
    u, w = np.random.default_rng(size).normal(size=(2, size))
    wanted = np.roll(u, -2) - 0.5 * np.roll(u, 3) + np.roll(w, -1) * np.roll(w, 1)
    np.testing.assert_allclose(compile(made, backend=backend)(u, w, g=0.5), wanted, atol=1e-14)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_gradient_of_a_loss_that_is_no_square(lattices, backend):
    made = lattices.kernel(r"F = \frac{1}{4} g u^i u_i w^j w_j + \sum_i (u_{i+2} - w_i)^4 + u^i T_i^j w_{j-1}", "ring")
    text = source(made, backend=backend, gradient=("u", "w", "T", "g"))
    assert lattices.module(text)["self_test"]() == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_types_and_directions_with_other_sizes(lattices, backend):
    ahead, back = r"w^b_{{\bf i}+{\bf e}_\mu}(t)", r"w^b_{{\bf i}-{\bf e}_\mu}(t)"
    said = rf"u^a_{{\bf i}}(t+1) = u^a_{{\bf i}}(t) + \sum_{{\mu=1}}^{{2}} Y^a_{{\mu,b}}({ahead} - {back})"
    made = lattices.kernel(said, "torus")
    assert lattices.module(source(made, backend=backend))["self_test"]() == (5, 0)
    draw = np.random.default_rng(6)
    u, w, y = draw.normal(size=(3, 4, 5)), draw.normal(size=(3, 4, 5)), draw.normal(size=(2, 3, 3))
    wanted = u + sum(np.tensordot(y[n], np.roll(w, -1, n + 1) - np.roll(w, 1, n + 1), 1) for n in range(2))
    np.testing.assert_allclose(compile(made, backend=backend)(u, w, y), wanted, atol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_kronecker_deltas_of_neighbours(lattices, backend):
    made = lattices.kernel(r"T_i^j = \delta_i^{j-1} - 2\delta_i^j + g \delta_i^{j+2}", "ring")
    assert lattices.module(source(made, backend=backend))["self_test"]() == (5, 0)
    one = np.eye(5)
    wanted = np.roll(one, 1, 1) - 2 * one + 0.5 * np.roll(one, -2, 1)
    np.testing.assert_allclose(compile(made, backend=backend)(g=0.5, L=5), wanted)


def test_products_of_matrices_cost_a_column_each(lattices):
    """A B^T A u as three products with a column, and not with a matrix."""
    text = source(lattices.kernel(r"w_i = (T S^T T)_i^j u_j", "ring"), backend="c", self_test=False)
    deepest = max(len(line) - len(line.lstrip()) for line in text.splitlines() if line.lstrip().startswith("for (long"))
    assert deepest == 8
    draw = np.random.default_rng(7)
    t, s, u = draw.normal(size=(6, 6)), draw.normal(size=(6, 6)), draw.normal(size=6)
    found = compile(lattices.kernel(r"w_i = (T S^T T)_i^j u_j", "ring"), backend="c")(u, t, s)
    np.testing.assert_allclose(found, t @ s.T @ t @ u, rtol=1e-12)


def test_the_latest_time_is_solved_for(lattices):
    made = lattices.kernel(r"2u_i(t+1) - g u_i(t) = w_i(t) - u_i(t-1)", "ring")
    u, before, w = np.random.default_rng(8).normal(size=(3, 4))
    function = compile(made)
    assert function.__name__ == "u_plus_1"
    np.testing.assert_allclose(function(u=u, u_minus_1=before, w=w, g=3.0), (w - before + 3 * u) / 2)


def test_values_are_those_of_the_finite_models(lattices):
    """The evaluation behind the test vectors against that of the exact models of proofs, at the same point."""
    made = lattices.kernel(r"w_i = u_{i+1} u_{i-2} - \delta_i^{j-1} u_j + 3u_i", "ring")
    sizes = Sizes(1, 1, (5,), (), frozenset(), frozenset({"site"}))
    draw = Random("point")
    point = {(n,): rational(draw.randint(-9, 9)) for n in range(5)}
    premise = Premise(made.right, made.right, "", made.scope)
    world = World(premise, [], sizes, draw)
    letter = made.left.slots[0]
    inputs = {"u": {at: value.x for at, value in point.items()}}
    statement = FieldStatement(made, {"u": {at: _fraction(x) for at, x in inputs["u"].items()}}, {"site": 5})
    for n in range(5):
        poly = world.evaluator(made.scope).number(made.right, {letter: (n,)})
        factors = {monomial: [point[world.atoms[atom].at[0]] for atom in monomial] for monomial in poly.terms}
        total = sum((_product(value, factors[monomial]) for monomial, value in poly.terms.items()), Fraction(0))
        assert statement.left_at((n,)).ball == arb(fmpq(total.numerator, total.denominator))


def _fraction(value):
    return Fraction(str(value))


def _product(value, factors):
    result = _fraction(value.x)
    for factor in factors:
        result *= _fraction(factor.x)
    return result


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("2.2", "derivative by a variable"),
        ("2.7", "function that no formula is known for"),
        ("2.19c", "uses W itself"),
        ("3.2b", "derivative by a coordinate"),
        ("3.12", "printed numbers"),
        ("4.20", "printed numbers"),
        ("5.1a", "a real power of a matrix needs a premise"),
    ],
)
def test_lines_that_compute_nothing_here(lattices, number, why):
    with pytest.raises(DeriveError, match=why):
        source(lattices.line(number))


@pytest.mark.parametrize(
    ("latex", "scope", "why"),
    [
        (r"u_{\bf i}(t+1) = \sum_\mu u_{\bf i + e_\mu}(t)", "open", "directions"),
        (r"u_i(t+1) = u_i(t) u_i(t+1)", "ring", "uses u plus 1 itself"),
        (r"u_{i+1}(t+1) = u_i(t)", "ring", "at a neighbour"),
        (r"u_i(t+1) = u_1(t) w_i(t)", "ring", "numbered site"),
    ],
)
def test_constructs_that_are_refused(lattices, latex, scope, why):
    with pytest.raises(DeriveError, match=why):
        source(lattices.kernel(latex, scope))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_lattice_without_sites(lattices, backend):
    step, nothing = compile(lattices.line("3.13"), backend=backend), np.ones((2, 0, 3))
    if backend == "jax":
        with pytest.raises(ValueError, match="N_2 must be 1 or more: there are no neighbours without sites"):
            step(nothing, nothing, m=1)
        return
    assert step(nothing, nothing, m=1).shape == (2, 0, 3)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_shapes_are_checked(lattices, backend):
    step = compile(lattices.line("4.26a"), backend=backend)
    phi, x = np.ones((4, 2, 3, 4)), np.ones((3, 4, 4))
    with pytest.raises(ValueError, match=r"phi must have the shape \(4, N_1, N_2, N_3\); its shape is \(3, 2, 3, 4\)"):
        step(phi[:3], phi, x, x[0], m=1)
    with pytest.raises(ValueError, match=r"pi must have the shape \(4, N_1, N_2, N_3\) with N_3 = 4 as in phi"):
        step(phi, phi[..., :2], x, x[0], m=1)


def test_a_function_that_has_no_kernel_on_fields_is_named(lattices):
    with pytest.raises(DeriveError, match=r"^sin of a scalar on fields cannot be compiled yet"):
        source(lattices.kernel(r"u_i(t+1) = \sin(u_{i-1}(t))", "ring"))
