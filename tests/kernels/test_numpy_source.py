"""The NumPy backend: right values for every N and D, clear errors, a file that stands alone."""

from __future__ import annotations

import ast
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.kernels import KernelError, export, lambdify, source

EXPRESSIONS = sys.modules["kernels_expressions"]


def cloud(seed: int, n: int, d: int) -> dict:
    draw = np.random.default_rng(seed)
    return {
        "m": draw.uniform(0.5, 2, n),
        "q": draw.uniform(0.5, 1.5, n) * draw.choice((-1, 1), n),
        "r": draw.normal(size=(n, d)),
        "v": draw.normal(size=(n, d)),
    }


def by_loops(m, q, r, v, epsilon, factor=1.0):
    """The Hamiltonian by plain loops over particles and components."""
    n, d = len(m), len(r[0]) if len(r) else 0
    total = 0.0
    for i in range(n):
        potential, a = 0.0, [0.0] * d
        for j in range(n):
            if j == i:
                continue
            length = math.sqrt(sum((r[i][x] - r[j][x]) ** 2 for x in range(d)))
            potential += epsilon**2 * q[i] * q[j] / (2 * length)
            for x in range(d):
                a[x] += q[j] * v[j][x] / length
        kinetic = sum((m[i] * v[i][x] + factor * q[i] * a[x]) ** 2 for x in range(d)) / (2 * m[i])
        total += potential - kinetic
    return total


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("which", ["PRINTED", "CORRECTED"])
def test_agrees_with_plain_loops(inputs, n, d, which):
    hamiltonian = lambdify(inputs.hamiltonian(getattr(inputs, which)))
    data = cloud(n + 10 * d, n, d)
    expected = by_loops(**data, epsilon=1.5, factor=1.0 if which == "PRINTED" else 0.5)
    assert hamiltonian(**data, epsilon=1.5) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(0, 7), d=st.integers(1, 4), epsilon=st.floats(-3, 3))
def test_agrees_with_plain_loops_anywhere(inputs, seed, n, d, epsilon):
    data = cloud(seed, n, d)
    hamiltonian = lambdify(inputs.hamiltonian())
    found, expected = hamiltonian(**data, epsilon=epsilon), by_loops(**data, epsilon=epsilon)
    size = 1 + sum(abs(by_loops(**{**data, "q": abs(data["q"]), "v": abs(data["v"])}, epsilon=e)) for e in (0, epsilon))
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-11 * size)


def test_many_blocks_give_what_one_gives(inputs):
    n = 400
    data = cloud(0, n, 3)
    apart = np.sqrt(((data["r"][:, None] - data["r"]) ** 2).sum(-1)) + np.diag(np.full(n, np.inf))
    a = np.einsum("ij,j,jd->id", 1 / apart, data["q"], data["v"])
    momentum = data["m"][:, None] * data["v"] + data["q"][:, None] * a
    expected = (np.outer(data["q"], data["q"]) / apart).sum() / 2 - (momentum**2 / data["m"][:, None]).sum() / 2
    assert lambdify(inputs.hamiltonian())(**data, epsilon=1.0) == pytest.approx(expected, rel=1e-11)


def test_complex_steps_give_the_gradient(inputs):
    hamiltonian, data = lambdify(inputs.hamiltonian()), cloud(3, 4, 3)
    moved = data["r"].astype(complex)
    moved[2, 1] += 1e-30j
    slope = hamiltonian(**{**data, "r": moved}, epsilon=1.5).imag / 1e-30
    up, down = data["r"].copy(), data["r"].copy()
    up[2, 1] += 1e-5
    down[2, 1] -= 1e-5
    difference = by_loops(**{**data, "r": up}, epsilon=1.5) - by_loops(**{**data, "r": down}, epsilon=1.5)
    assert slope == pytest.approx(difference / 2e-5, rel=1e-6)


def test_no_invalid_operation_is_ever_computed(inputs):
    with np.errstate(all="raise"):
        value = lambdify(inputs.hamiltonian())(**cloud(1, 5, 2), epsilon=1.0)
    assert np.isfinite(value)


def test_the_type_of_the_numbers_is_kept(inputs):
    hamiltonian, data = lambdify(inputs.hamiltonian()), cloud(1, 4, 3)
    single = {name: value.astype(np.float32) for name, value in data.items()}
    assert hamiltonian(**single, epsilon=1.5).dtype == np.float32
    assert hamiltonian(**data, epsilon=1.5).dtype == np.float64
    assert hamiltonian(**data, epsilon=1.5 + 0j).dtype == np.complex128
    assert hamiltonian([1], [2], [[3]], [[4]], epsilon=5) == by_loops([1], [2], [[3]], [[4]], epsilon=5)


def test_a_vector_for_each_particle(inputs):
    field = lambdify(inputs.kernel(r"\vec{A}_i", r"\sum_{j \neq i} \frac{q_j \vec{v}_j}{|\vec{r}_i - \vec{r}_j|^3}"))
    data = cloud(2, 5, 3)
    del data["m"]
    expected = np.zeros((5, 3))
    for i in range(5):
        for j in set(range(5)) - {i}:
            expected[i] += data["q"][j] * data["v"][j] / np.linalg.norm(data["r"][i] - data["r"][j]) ** 3
    np.testing.assert_allclose(field(**data), expected, rtol=1e-12)


def test_triples_leave_out_both_indices(inputs):
    triple = lambdify(inputs.kernel(r"\mathcal{H}", r"\sum_i \sum_{j \neq i} m_i q_j"))
    data = cloud(4, 6, 1)
    expected = sum(data["m"][i] * data["q"][j] for i in range(6) for j in range(6) if i != j)
    assert triple(data["m"], data["q"]) == pytest.approx(expected)


MATRICES = {
    r"\mathbf{x}_{1:N}^T \mathbf{B} \mathbf{K} \mathbf{y}_{1:N}": lambda K, B, x, y: x @ B @ K @ y,
    r"\text{Trace}(\mathbf{B}^T \mathbf{K}^3)": lambda K, B, x, y: np.trace(B.T @ K @ K @ K),
    r"\text{Trace}(\mathbf{I} + \mathbf{B})": lambda K, B, x, y: len(B) + np.trace(B),
    r"\sum_i \sum_{j \neq i} \mathbf{B}_{ji} x_i": lambda K, B, x, y: (x @ B.T).sum() - np.diag(B) @ x,
    r"\text{Trace}(\mathbf{x}_{1:N} \mathbf{y}_{1:N}^T \mathbf{B})": lambda K, B, x, y: y @ B @ x,
    r"\prod_i x_i + N \sum_i 2": lambda K, B, x, y: np.prod(x) + 2 * len(x) ** 2,
}


@pytest.mark.parametrize("latex", MATRICES)
def test_matrices(inputs, latex):
    draw = np.random.default_rng(0)
    given = {"K": draw.normal(size=(4, 4)), "B": draw.normal(size=(4, 4))}
    given |= {"x": draw.normal(size=4), "y": draw.normal(size=4)}
    compiled = inputs.kernel(r"\mathcal{H}", latex)
    function = lambdify(compiled)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    assert function(**{name: given[name] for name in names}) == pytest.approx(MATRICES[latex](**given))
    assert self_test(compiled) == (5, 0)


def self_test(kernel) -> tuple[int, int]:
    return sys.modules["kernels_modules"].self_test(source(kernel))


# -- random expressions: the compiler against the exact evaluation ----------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(latex=EXPRESSIONS.scalars(()))
def test_random_expressions_pass_their_own_exact_vectors(inputs, latex):
    assert self_test(inputs.kernel(r"\mathcal{H}", latex)) == (5, 0)


# -- errors -----------------------------------------------------------------------------------------------------------

BAD_CALLS = [
    ({"r": np.zeros((4, 3))}, ValueError, r"r must have the shape \(N, D\) with N = 5 as in m; its shape is \(4, 3\)"),
    ({"v": np.zeros((5, 2))}, ValueError, r"v must have the shape \(N, D\) with D = 3 as in r; its shape is \(5, 2\)"),
    ({"m": np.ones((5, 1))}, ValueError, r"m must have the shape \(N,\); its shape is \(5, 1\)"),
    ({"epsilon": [1.0]}, ValueError, r"epsilon must have the shape \(\), a number; its shape is \(1,\)"),
    ({"q": ["a"] * 5}, TypeError, "q must hold real or complex numbers; it holds <U1"),
    ({"q": [True] * 5}, TypeError, "q must hold real or complex numbers; it holds bool"),
]


@pytest.mark.parametrize(("change", "error", "message"), BAD_CALLS)
def test_wrong_arguments_are_named(inputs, change, error, message):
    with pytest.raises(error, match=message):
        lambdify(inputs.hamiltonian())(**{**cloud(0, 5, 3), "epsilon": 1.0, **change})


BAD_KERNELS = [
    (r"\mathcal{H}", r"\mathbf{x}_{1:N}^T \log(\mathbf{K}) \mathbf{y}_{1:N}", "entries of a log of a matrix"),
    (r"\mathcal{H}", r"\text{Trace}(\mathbf{K}^{-2})", "a power below -1, or to the power 0"),
    (r"\mathcal{H}", r"\mathcal{P}(1 | \mathbf{x}_{1:N})", "density"),
    (r"\mathcal{H}", r"m_i", "index i is bound neither"),
    (r"\mathcal{H}", r"\vec{r}_i", "set to a vector"),
    (r"\mathcal{H}", r"\mathcal{H} + 1", "uses"),
    (r"2", r"3", "left side is a number"),
    (r"\mathcal{H}", r"\sum_i \sum_j \frac{q_i q_j}{|\vec{r}_i - \vec{r}_j|}", "no finite value"),
]


@pytest.mark.parametrize(("left", "right", "message"), BAD_KERNELS)
def test_what_cannot_be_compiled_is_named(inputs, left, right, message):
    with pytest.raises(KernelError, match=message):
        source(inputs.kernel(left, right))


def test_circular_and_double_definitions(inputs):
    circle = ((r"\vec{p}_i", r"\vec{A}_i"), (r"\vec{A}_i", r"\vec{p}_i"))
    with pytest.raises(KernelError, match="the definition of p uses p itself"):
        source(inputs.kernel(r"\mathcal{H}", r"\sum_i \vec{p}_i^2", *circle))
    double = ((r"\vec{p}_i", r"m_i \vec{v}_i"), (r"\vec{p}_i", r"\vec{v}_i"))
    with pytest.raises(KernelError, match="defined twice"):
        source(inputs.kernel(r"\mathcal{H}", r"\sum_i \vec{p}_i^2", *double))


# -- the file ---------------------------------------------------------------------------------------------------------


def test_the_file_imports_numpy_alone_and_checks_itself(inputs, tmp_path):
    path = export(inputs.hamiltonian(), tmp_path / "kernel.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert [ast.unparse(node) for node in imported] == ["import numpy as np"]
    hide = f"import sys, runpy; sys.modules.update(derive=None); runpy.run_path({str(path)!r}, run_name='__main__')"
    for command in ([str(path)], ["-c", hide]):
        done = subprocess.run([sys.executable, "-I", *command], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "5 passed, 0 failed\n", "")


def test_a_wrong_file_fails_its_own_check(inputs, tmp_path):
    path = export(inputs.hamiltonian(), tmp_path / "kernel.py")
    text = path.read_text(encoding="utf-8")
    assert text.count("np.sum(t_3 - ") == 1
    path.write_text(text.replace("np.sum(t_3 - ", "np.sum(t_3 + "), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(path)], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "0 passed, 5 failed\n")


def test_the_same_input_gives_the_same_bytes(inputs):
    assert source(inputs.hamiltonian()) == source(inputs.hamiltonian())


def test_provenance_is_told(inputs):
    told = inputs.hamiltonian(
        inputs.CORRECTED,
        paper="clouds",
        number="7",
        printed=inputs.PRINTED,
        compiled=inputs.CORRECTED,
        verdict="refuted",
        hypotheses=("masses are positive",),
        digest="0123",
        version="9.9",
        which="corrected",
    )
    function = lambdify(told)
    assert function.__name__ == "H"
    assert "The printed line is refuted. This computes its correction." in function.__doc__
    assert r"r: r, shape (N, D), real, position" in function.__doc__
    heading = ast.get_docstring(ast.parse(source(told)))
    for text in (
        "equation (7) of clouds, corrected",
        inputs.PRINTED,
        inputs.CORRECTED,
        "positive",
        "0123",
        "derive 9.9",
    ):
        assert text in heading


@pytest.mark.parametrize("text", ['"""', "a\\", 'a"', "\\u12", "x\0y", "\r\n", "'''\u2028", "{0}%s\nimport os"])
def test_no_text_of_a_paper_becomes_code(inputs, text):
    written = source(inputs.kernel(r"\mathcal{H}", r"\epsilon"))
    hostile = source(inputs.hamiltonian(r"\epsilon", printed=text, paper=text, number=text, hypotheses=(text,)))
    record = {"__name__": "kernel"}
    exec(compile(hostile, "<kernel>", "exec"), record)
    assert record["PROVENANCE"]["printed"] == text

    def shape(program: str) -> list[str]:
        return [type(node).__name__ for node in ast.parse(program).body]

    assert shape(hostile) == shape(written)
