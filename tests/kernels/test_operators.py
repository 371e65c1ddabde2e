"""Kernels of complex numbers, states and operators, against exact values and against dense matrices in NumPy."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from flint import acb, arb, ctx

from derive.compile import Settled, exportable, settled_input
from derive.kernels import BACKENDS, KernelError, compile, source
from derive.kernels.complex_rounding import Complex
from derive.kernels.rounding import UNIT
from derive.paper import load_paper
from derive.verify import Verifier

self_test = sys.modules["kernels_modules"].self_test

PAPER = "inference-2024-07"
CHOSEN = (
    *("88", "91", "89", "92", "97", "97+1", "97+2", "97+3", "103", "104", "105", "106", "107", "121", "122", "123"),
    *("claim-propagator-sign", "claim-measured-direction", "claim-complex-loss", "claim-pauli-equation"),
    "claim-dropped-terms",
)
FEW = ("89", "97", "97+1", "107")
SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
MEAN = r"\langle \psi | \hat{G} | \psi \rangle"
UP_TURNED = r"\left| \langle b | (\vec{\sigma} \cdot \vec{\nu}) (\hat{I} - \iota t \hat{G}) | \psi \rangle \right|^2"


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(load_paper(PAPER))


def kernel(verifier: Verifier, number: str):
    refuted = verifier.reading.line(number).corrected is not None
    which, verdict = ("corrected", "refuted") if refuted else ("as printed", "proved")
    return settled_input(verifier, number, which, Settled(verdict))


def drawn(size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A state, a Hermitian operator and any operator."""
    draw = np.random.default_rng(seed)
    psi = draw.normal(size=size) + 1j * draw.normal(size=size)
    any_, other = (draw.normal(size=(size, size)) + 1j * draw.normal(size=(size, size)) for _ in "ab")
    return psi, any_ + any_.conj().T, other


@pytest.mark.parametrize("number", CHOSEN)
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_statements_have_their_exact_values(verifier, number, backend):
    assert self_test(source(kernel(verifier, number), backend=backend)) == (5, 0)


@pytest.mark.parametrize("number", FEW)
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_statements_have_their_exact_values_where_building_is_slow(verifier, number, backend):
    assert self_test(source(kernel(verifier, number), backend=backend)) == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_operators_on_a_space_of_any_size(inputs, backend):
    latex = r"\langle \psi | [\hat{G}, \hat{A}] \hat{A}^\dagger | \psi \rangle + \frac{\iota}{2}"
    latex += r"+ \langle \hat{G} \hat{A} \rangle"
    made = inputs.of_states(r"\rho", latex)
    psi, g, a = drawn(7)
    found = compile(made, backend=backend)(psi, g, a)
    wanted = psi.conj() @ (g @ a - a @ g) @ a.conj().T @ psi + 0.5j + psi.conj() @ g @ a @ psi
    assert found == pytest.approx(wanted, rel=1e-13)
    assert np.asarray(found).dtype == complex


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_exponential_of_an_operator(inputs, backend):
    made = inputs.of_states(r"\hat{R}", r"e^{-\iota t \hat{G}}")
    assert self_test(source(made, backend=backend)) == (5, 0)
    _, g, _ = drawn(6)
    function = compile(made, backend=backend)
    values, vectors = np.linalg.eigh(g)
    for t in (1e-9, 0.3, 40.0):
        wanted = vectors @ np.diag(np.exp(-1j * t * values)) @ vectors.conj().T
        np.testing.assert_allclose(function(g, t=t), wanted, atol=1e-14 * (1 + t * np.abs(values).max()))
    np.testing.assert_array_equal(function(0 * g, t=1.0), np.eye(6))


@pytest.mark.parametrize("backend", BACKENDS)
def test_probabilities_are_real_and_have_gradients(inputs, backend):
    made = inputs.of_states(r"\rho", UP_TURNED)
    text = source(made, backend=backend, gradient=("nu", "t"))
    assert self_test(text) == (5, 0)
    assert "It is real, since nothing stands outside of bars that may be complex." in text
    psi, g, _ = drawn(2)
    nu = np.array([0.3, -0.5, 0.8])
    value, by_nu, by_t = compile(made, backend=backend, gradient=("nu", "t"))(psi, nu, g, b=-1, t=0.2)

    def probability(nu, t):
        return np.abs((np.tensordot(nu, SIGMA, 1) @ (psi - 1j * t * g @ psi))[1]) ** 2

    assert value == pytest.approx(probability(nu, 0.2), rel=1e-13)
    assert np.isrealobj(value)
    steps = [(probability(nu + h, 0.2) - probability(nu - h, 0.2)) / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(by_nu, steps, rtol=1e-6)
    assert by_t == pytest.approx((probability(nu, 0.2 + 1e-6) - probability(nu, 0.2 - 1e-6)) / 2e-6, rel=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_spinors_on_places(inputs, backend):
    """Pauli matrices beside momenta and fields: rows and columns of spin and place."""
    made = inputs.of_states(r"\hat{R}", r"\left( \vec{\sigma} \cdot (\vec{p} - t \vec{V}) \right)^2")
    assert self_test(source(made, backend=backend)) == (5, 0)
    draw = np.random.default_rng(2)
    p, v = draw.normal(size=(3, 4, 4)) + 1j * draw.normal(size=(3, 4, 4)), draw.normal(size=(3, 4))
    root = sum(np.kron(SIGMA[d], p[d] - 0.5 * np.diag(v[d])) for d in range(3))
    found = compile(made, backend=backend)(p, v, t=0.5)
    assert found.shape == (2, 4, 2, 4)
    np.testing.assert_allclose(found.reshape(8, 8), root @ root, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_states_are_columns(inputs, backend):
    made = inputs.of_states(r"|\psi\rangle", r"\cos(t) |0\rangle + e^{\iota z} \sin(t) |1\rangle")
    made = type(made)(inputs.state_symbol(r"\psi"), made.right, made.scope)
    assert self_test(source(made, backend=backend)) == (5, 0)
    found = compile(made, backend=backend)(t=0.3, z=1.1)
    np.testing.assert_allclose(found, [np.cos(0.3), np.exp(1.1j) * np.sin(0.3)], rtol=1e-15)


def test_a_sum_over_values_has_both_projectors(inputs):
    made = inputs.of_states(r"\hat{R}", r"\sum_b | b \rangle g_b(z) \langle b |")
    assert self_test(source(made)) == (5, 0)
    np.testing.assert_array_equal(compile(made)(np.array([3.0, -2.0])), np.diag([3, -2]))


def test_a_defined_operator_is_computed_once(inputs):
    made = inputs.of_states(r"\rho", MEAN, (r"\hat{G}", r"\hat{A} \hat{A}^\dagger"))
    text = source(made)
    assert self_test(text) == (5, 0)
    psi, _, a = drawn(5)
    assert compile(made)(psi, a) == pytest.approx(np.linalg.norm(a.conj().T @ psi) ** 2, rel=1e-13)


def test_a_sum_over_an_index_of_operators(inputs):
    made = inputs.of_states(r"\hat{R}", r"\sum_i w_i z \hat{A} - \sum_i w_i \hat{I}")
    assert self_test(source(made)) == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_number_types(inputs, backend):
    made = inputs.of_states(r"\rho", MEAN)
    psi, g, _ = drawn(3)
    for dtype, wanted in ((None, "complex128"), ("complex128", "complex128"), ("float32", "complex64")):
        found = compile(made, backend=backend, dtype=dtype)(psi, g)
        assert np.asarray(found).dtype == wanted
        assert complex(found) == pytest.approx(complex(psi.conj() @ g @ psi), rel=1e-5)
    assert self_test(source(made, backend=backend, dtype="float32")) == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_wrong_arguments_are_named(inputs, backend):
    function = compile(inputs.of_states(r"\rho", UP_TURNED), backend=backend)
    psi, g, _ = drawn(2)
    with pytest.raises(ValueError, match=r"G must have the shape \(2, 2\); its shape is \(3, 2\)"):
        function(psi, np.ones(3), np.ones((3, 2)), b=1, t=1.0)
    with pytest.raises(TypeError, match="nu must hold real numbers; it holds complex128"):
        function(psi, 1j * np.ones(3), g, b=1, t=1.0)
    with pytest.raises(TypeError, match="psi must hold real or complex numbers; it holds <U1"):
        function(["a", "b"], np.ones(3), g, b=1, t=1.0)


def test_a_definition_of_a_probability_computes_it(verifier):
    """Exactly, with the exponential of the Hamiltonian; over both values of b they add up to the norm."""
    exact = compile(kernel(verifier, "88"))
    psi, g, _ = drawn(2)
    nu = np.array([0.48, 0.6, 0.64])
    both = [exact(psi, nu, g, b=b, Delta_t=3.0, hbar=0.7) for b in (1, -1)]
    assert sum(both) == pytest.approx(np.linalg.norm(psi) ** 2, rel=1e-13)


def test_a_wrong_sign_is_found(inputs):
    text = source(inputs.of_states(r"\rho", UP_TURNED), backend="c")
    line = next(line for line in text.splitlines() if "const real equation" in line or "const real rho" in line)
    assert " + " in line
    assert self_test(text.replace(line, line.replace(" + ", " - ")))[1] > 0


def test_a_wrong_imaginary_part_is_found(inputs):
    text = source(inputs.of_states(r"\rho", r"\iota z"))
    assert self_test(text) == (5, 0)
    assert self_test(text.replace("_real + 1j", "_real - 1j")) == (0, 5)


def test_what_is_no_kernel_is_said(inputs):
    cases = {
        r"\langle \psi | \hat{F}(z) \hat{F}(t) | \psi \rangle": "is taken at several points",
        r"\arcsin(\iota z)": "the arcsin of a complex number cannot be compiled yet",
        r"\left( \iota z \right)^t": "a complex number can be compiled to printed whole powers only",
    }
    for latex, said in cases.items():
        with pytest.raises(KernelError, match=said):
            source(inputs.of_states(r"\rho", latex))
    with pytest.raises(KernelError, match=r"only a real number has a gradient here, and .rho is complex"):
        source(inputs.of_states(r"\rho", MEAN + r" \cdot z"), gradient=("z",))
    with pytest.raises(KernelError, match="there are derivatives by real arguments only, and G is complex"):
        source(inputs.of_states(r"\rho", UP_TURNED), gradient=("G",))
    with pytest.raises(KernelError, match="the exponential of an operator has no derivatives here"):
        source(
            inputs.of_states(r"\rho", r"\left| \langle 0 | e^{\iota t \hat{G}} | \psi \rangle \right|^2"),
            gradient=("t",),
        )


def test_the_list_says_what_is_complex(verifier):
    line = {"number": "97+2", "kind": "equation", "verdict": "proved", "correction": None}
    (found,) = exportable(verifier, [line])
    assert found.computes == "equation_97_2: a complex number"
    assert found.arguments == ("alpha (complex)", "H (complex)", "U (complex)", "Delta_t", "hbar")


def test_bounds_on_the_rounding_of_complex_numbers_hold():
    """Each operation in doubles is within its bound, and passes on what its arguments are off by."""
    draw = np.random.default_rng(4)

    def ball(value: complex) -> acb:
        return acb(value.real, value.imag)

    with ctx.workprec(256):
        for _ in range(300):
            x, y = (complex(*draw.normal(size=2) * 10.0 ** draw.integers(-3, 4, 2)) for _ in "xy")
            first, second = Complex(ball(x), arb(0)), Complex(ball(y), arb(0))
            split = complex(x.real * y.real - x.imag * y.imag, x.real * y.imag + x.imag * y.real)
            square = y.real**2 + y.imag**2
            turned = (x.real * y.real + x.imag * y.imag, x.imag * y.real - x.real * y.imag)
            size, angle = np.exp(x.real % 3), x.imag
            cases = (
                (first * second, split),
                (first / second, complex(turned[0] / square, turned[1] / square)),
                (Complex.total([first, second]), x + y),
                (second.squared_modulus(), complex(square)),
                (
                    Complex(ball(complex(x.real % 3, angle)), arb(0)).apply("exp"),
                    complex(size * np.cos(angle), size * np.sin(angle)),
                ),
            )
            for exact, found in cases:
                assert abs(exact.ball - ball(found)) <= exact.rounding * UNIT


COMPLEX = (
    r"\sin(z + \iota t) \cos(\iota z)",
    r"\tan(z + \iota) + \tanh(t + \iota z)",
    r"\sinh(\iota z + t) \cosh(z + \iota)",
    r"\log(t + \iota z) + \sqrt{z + \iota t}",
    r"\sum_{l=0}^{n} \frac{(\iota z)^2 + e^{\iota l z}}{l!}",
)


@pytest.mark.parametrize("latex", COMPLEX)
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_functions_and_sums_of_complex_numbers(inputs, latex, backend):
    assert self_test(source(inputs.of_states(r"\rho", latex), backend=backend)) == (5, 0)


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_functions_of_complex_numbers_where_building_is_slow(inputs, backend):
    assert self_test(source(inputs.of_states(r"\rho", " + ".join(COMPLEX)), backend=backend)) == (5, 0)


def test_moduli_of_complex_functions_have_gradients(inputs):
    made = inputs.of_states(r"\rho", r"|\log(z + \iota t)|^2 |\sin(z + \iota t)|^2")
    assert self_test(source(made, backend="c", gradient=("z", "t"))) == (5, 0)


def test_the_principal_branch_is_taken(inputs):
    found = compile(inputs.of_states(r"\rho", r"\log(z + \iota t) \sqrt{z + \iota t}"))(z=-2.0, t=0.5)
    assert found == pytest.approx(np.log(-2 + 0.5j) * np.sqrt(-2 + 0.5j), rel=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
def test_zero_has_no_sign(inputs, backend):
    """The angle of a negative number is π, also where its imaginary part came out as minus zero."""
    function = compile(inputs.of_states(r"\rho", r"\log(t - \iota z) + \sqrt{t - \iota z}"), backend=backend)
    assert complex(function(z=0.0, t=-4.0)) == pytest.approx(math.log(4) + 1j * (math.pi + 2), rel=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
def test_tangents_of_large_numbers(inputs, backend):
    function = compile(inputs.of_states(r"\rho", r"\tanh(t + \iota z) + \tan(z + \iota t)"), backend=backend)
    found = function(z=0.3, t=np.array([400.0, 800.0, -1e5, 3.0]))
    wanted = [1 + 1j, 1 + 1j, -1 - 1j, np.tanh(3 + 0.3j) + np.tan(0.3 + 3j)]
    np.testing.assert_allclose(found, wanted, rtol=1e-14)


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        (r"(z + \iota)!", "a complex factorial cannot be compiled yet"),
        (r"\prod_{l=0}^{n} (l + \iota)", "a complex product between limits cannot be compiled yet"),
    ],
)
def test_what_is_not_there_of_complex_numbers_is_refused(inputs, latex, said):
    with pytest.raises(KernelError, match=said):
        source(inputs.of_states(r"\rho", latex))
