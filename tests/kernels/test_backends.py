"""Every backend against the exact values of every kernel; files that stand alone; builds that are kept."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import numpy as np
import pytest

from derive.compile import exportable
from derive.kernels import BACKENDS, KernelError, compile, export, source
from derive.paper import load_paper
from derive.verify import Verifier

self_test = sys.modules["kernels_modules"].self_test
settled_line = sys.modules["kernels_modules"].settled_line

PAPER = "inference-2024-07"
CHOSEN = (
    *("28", "29", "30", "32", "33", "37", "41", "44", "51", "53", "56", "60", "62", "66", "68"),
    *("70", "71", "73", "75", "108", "124", "125", "127", "129", "S1+11", "S2"),
)
"""Lines of every kind that is exported; the slower backends take only some of them."""
FEW = ("29", "33", "51", "70", "124")
IMPORTS = {
    "numpy": {"import numpy as np"},
    "numba": {"import functools", "import sys", "import numpy as np", "from numba import njit, prange"},
    "c": {"import numpy as np"},
    "jax": {"import functools", "import jax", "import jax.numpy as jnp", "import numpy as np"},
}


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(load_paper(PAPER))


@pytest.mark.parametrize("number", CHOSEN)
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_statements_have_their_exact_values(verifier, number, backend):
    assert self_test(source(settled_line(verifier, number), backend=backend)) == (5, 0)


@pytest.mark.parametrize("number", FEW)
@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_statements_have_their_exact_values_where_building_is_slow(verifier, number, backend):
    assert self_test(source(settled_line(verifier, number), backend=backend)) == (5, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_have_their_exact_values(inputs, backend):
    text = source(inputs.hamiltonian(inputs.CORRECTED), backend=backend, gradient=("r", "q", "epsilon"))
    assert self_test(text) == (5, 0)


def test_a_wrong_sign_in_a_gradient_is_found(inputs):
    text = source(inputs.hamiltonian(inputs.CORRECTED), backend="c", gradient=("r",))
    assert text.count("gradient_r[1 * N + i] = -s_") == 4
    assert self_test(text.replace("gradient_r[1 * N + i] = -s_", "gradient_r[1 * N + i] = s_"))[1] > 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_number_types(inputs, backend, dtype):
    made = inputs.kernel(r"\mathcal{H}", r"\sum_i \sum_{j \neq i} \frac{m_i \sin(q_j) + 2}{3|\vec{r}_i - \vec{r}_j|}")
    assert self_test(source(made, backend=backend, dtype=dtype)) == (5, 0)
    r = np.random.default_rng(0).normal(size=(4, 2))
    found = compile(made, backend=backend, dtype=dtype)(np.ones(4), np.ones(4), r)
    assert np.asarray(found).dtype == dtype


@pytest.mark.parametrize("backend", ["c", "numba", "jax"])
def test_complex_steps_give_the_gradient(inputs, backend):
    made = inputs.hamiltonian(inputs.CORRECTED)
    draw = np.random.default_rng(3)
    data = {"m": draw.uniform(1, 2, 4), "q": draw.normal(size=4), "v": draw.normal(size=(4, 3)), "epsilon": 1.5}
    r = draw.normal(size=(4, 3))
    _, slope = compile(made, gradient=("r",))(r=r, **data)
    moved = r.astype(complex)
    moved[2, 1] += 1e-30j
    found = compile(made, backend=backend, dtype="complex128")(r=moved, **data)
    assert np.imag(found) / 1e-30 == pytest.approx(slope[2, 1], rel=1e-12)


@pytest.mark.parametrize("backend", ["c", "numba", "jax"])
@pytest.mark.parametrize("d", [3, 4])
def test_agrees_with_numpy_at_other_sizes(inputs, backend, d):
    """Sizes at which threads run, and a number of dimensions that is not written out."""
    made = inputs.hamiltonian(inputs.CORRECTED)
    draw = np.random.default_rng(d)
    n = 300
    data = {"m": draw.uniform(1, 2, n), "q": draw.normal(size=n), "r": draw.normal(size=(n, d))}
    data |= {"v": draw.normal(size=(n, d)), "epsilon": 1.5}
    wanted, slope = compile(made, gradient=("r",))(**data)
    found, own = compile(made, backend=backend, gradient=("r",))(**data)
    assert found == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(own, slope, rtol=1e-9, atol=1e-11 * np.abs(slope).max())


@pytest.mark.parametrize("backend", BACKENDS)
def test_scalars_at_many_points(inputs, backend):
    made = inputs.kernel(r"\mathcal{H}", r"\epsilon^3 \sin(\lambda) + \exp(-\epsilon^2)")
    function = compile(made, backend=backend, gradient=("epsilon",))
    epsilon, lambda_ = np.linspace(-1, 1, 7)[:, None], np.linspace(0, 2, 3)
    value, slope = function(epsilon=epsilon, lambda_=lambda_)
    np.testing.assert_allclose(value, epsilon**3 * np.sin(lambda_) + np.exp(-(epsilon**2)), rtol=1e-14)
    np.testing.assert_allclose(slope, 3 * epsilon**2 * np.sin(lambda_) - 2 * epsilon * np.exp(-(epsilon**2)), 1e-13)
    assert np.shape(function(epsilon=1.0, lambda_=2.0)[0]) == ()
    with pytest.raises(ValueError, match=r"do not broadcast together: epsilon \(2,\), lambda_ \(3,\)"):
        function(epsilon=np.ones(2), lambda_=lambda_)


@pytest.mark.parametrize("backend", ["c", "numba", "jax"])
def test_wrong_arguments_are_named(inputs, backend):
    function = compile(inputs.kernel(r"\mathcal{H}", r"\sum_i m_i q_i + \epsilon"), backend=backend, dtype="float64")
    with pytest.raises(ValueError, match=r"q must have the shape \(N,\) with N = 3 as in m; its shape is \(2,\)"):
        function(np.ones(3), np.ones(2), epsilon=1.0)
    with pytest.raises(ValueError, match=r"epsilon must have the shape \(\), a number; its shape is \(1,\)"):
        function(np.ones(3), np.ones(3), epsilon=[1.0])
    with pytest.raises(TypeError, match="m must hold real numbers; it holds complex128"):
        function(1j * np.ones(3), np.ones(3), epsilon=1.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_definition_that_is_zero_where_a_sum_is_empty_stays_in_it(inputs, backend):
    made = inputs.kernel(r"\mathcal{H}", r"\sum_i \sum_{j \neq i} \frac{m_j}{\lambda}", (r"\lambda", "N - 1"))
    assert self_test(source(made, backend=backend)) == (5, 0)
    assert float(compile(made, backend=backend)(np.array([2.0]))) == 0
    assert float(compile(made, backend=backend)(np.array([2.0, 3.0, 4.0]))) == 9


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_particles(inputs, backend):
    """A sum over nothing is 0; JAX has no entries of empty arrays, and says so."""
    function = compile(inputs.kernel(r"\mathcal{H}", r"\sum_i m_i q_i + \epsilon"), backend=backend)
    none = np.zeros(0)
    if backend == "jax":
        with pytest.raises(ValueError, match="N must be 1 or more: JAX has no entries of empty arrays"):
            function(none, none, epsilon=1.5)
        return
    assert float(function(none, none, epsilon=1.5)) == 1.5


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_modulus_is_no_root_of_a_square(inputs, backend):
    """The square of what is far from 1 is no double; the signs of differences are those of the derivatives."""
    pairs = r"\sum_i |x_i| + \sum_i \sum_{j \neq i} |x_i - x_j| + |{-2 \epsilon}|^2"
    function = compile(inputs.kernel(r"\mathcal{H}", pairs), backend=backend, gradient=("x", "epsilon"))
    found, by_x, by_epsilon = function(np.array([3e200, -1e-200, 1e200]), epsilon=1.5)
    assert float(found) == pytest.approx(4e200 + 2 * 6e200, rel=1e-15)
    np.testing.assert_array_equal(by_x, [5, -5, 1])
    assert float(by_epsilon) == 12.0


def test_numba_names_the_types_that_it_has(inputs):
    function = compile(inputs.kernel(r"\mathcal{H}", r"\sum_i m_i q_i + \epsilon"), backend="numba")
    with pytest.raises(TypeError, match="computes with float32, float64, complex64 and complex128, not with float16"):
        function(np.ones(3, "f2"), np.ones(3, "f2"), epsilon=np.float16(1))


def test_what_is_not_known_is_named(inputs):
    with pytest.raises(KernelError, match="there is no backend 'cuda'; backends: numpy, numba, c, jax"):
        source(inputs.hamiltonian(), backend="cuda")
    with pytest.raises(KernelError, match="there is no dtype 'half'; dtypes: float64, float32, complex128"):
        source(inputs.hamiltonian(), dtype="half")


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_same_input_gives_the_same_bytes(inputs, backend):
    texts = {source(inputs.hamiltonian(), backend=backend, gradient=("r",)) for _ in range(2)}
    assert len(texts) == 1


# -- JAX --------------------------------------------------------------------------------------------------------------


def test_jax_transforms_the_kernel_and_finds_the_same_gradient(inputs):
    import jax

    made = inputs.hamiltonian(inputs.CORRECTED)
    function = compile(made, backend="jax")
    draw = np.random.default_rng(5)
    m, q, r, v = draw.uniform(1, 2, 6), draw.normal(size=6), draw.normal(size=(6, 3)), draw.normal(size=(6, 3))

    def energy(q, r):
        return function(m, q, r, v, epsilon=1.5)

    by_q, by_r = jax.jit(jax.grad(energy, argnums=(0, 1)))(q, r)
    for backend in BACKENDS:
        _, own_r, own_q = compile(made, backend=backend, gradient=("r", "q"))(m, q, r, v, epsilon=1.5)
        np.testing.assert_allclose(own_r, by_r, rtol=1e-11)
        np.testing.assert_allclose(own_q, by_q, rtol=1e-11)
    several = np.stack([r, r + 1, 2 * r])
    mapped = jax.vmap(energy, in_axes=(None, 0))(q, several)
    np.testing.assert_allclose(mapped, [energy(q, one) for one in several], rtol=1e-12)
    assert mapped.dtype == np.float64


def test_numba_keeps_what_it_can_find_again(inputs, tmp_path):
    """A module that is loaded from its file under no name of its own must not spoil it for the next run."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    path = export(inputs.kernel(r"\mathcal{H}", r"\epsilon + \lambda"), folder / "known.py", backend="numba")
    loaded = (
        "from importlib.util import module_from_spec as new, spec_from_file_location as of;"
        f"spec = of('known', {str(path)!r}); module = new(spec); spec.loader.exec_module(module)"
    )
    imported = f"import sys; sys.path.insert(0, {str(folder)!r}); import known as module"
    for load in (loaded, loaded, imported, imported):
        line = [sys.executable, "-c", f"{load}; print(module.self_test())"]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
        assert done.stdout == "(5, 0)\n", done.stderr


# -- files and builds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_file_stands_alone(inputs, tmp_path, backend):
    path = export(inputs.kernel(r"\mathcal{H}", r"\sum_i m_i q_i"), tmp_path / "kernel.py", backend=backend)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert {ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)} == IMPORTS[
        backend
    ]
    hide = f"import sys, runpy; sys.modules.update(derive=None); runpy.run_path({str(path)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-I", "-c", hide], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "5 passed, 0 failed\n"), done.stderr


def test_nothing_is_built_twice(inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("DERIVE_KERNEL_CACHE", str(tmp_path))
    compile(inputs.hamiltonian(), backend="c")(np.ones(2), np.ones(2), np.eye(2), np.eye(2), epsilon=1.0)
    (built,) = tmp_path.iterdir()
    before = built.stat().st_mtime_ns
    again = compile(inputs.hamiltonian(), backend="c")
    monkeypatch.setattr(subprocess, "run", None)
    assert np.isfinite(again(np.ones(2), np.ones(2), np.eye(2), np.eye(2), epsilon=1.0))
    assert [path.stat().st_mtime_ns for path in tmp_path.iterdir()] == [before]


def test_without_a_compiler_there_is_one_clear_sentence(inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("DERIVE_KERNEL_CACHE", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler -O3")
    function = compile(inputs.hamiltonian(), backend="c")
    with pytest.raises(
        RuntimeError, match=r"^no C compiler was found: 'no-such-compiler -O3' is not on the PATH; set CC"
    ):
        function(np.ones(2), np.ones(2), np.eye(2), np.eye(2), epsilon=1.0)


def test_a_compiler_that_fails_is_quoted_and_a_poor_one_is_enough(inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("DERIVE_KERNEL_CACHE", str(tmp_path / "cache"))
    script = tmp_path / "cc"
    script.write_text("#!/bin/sh\necho 'kernel.c:1: out of luck' >&2\nexit 1\n")
    script.chmod(0o700)
    monkeypatch.setenv("CC", str(script))
    given = (np.ones(2), np.ones(2), np.eye(2), np.eye(2))
    with pytest.raises(RuntimeError, match=r"did not build the kernel: kernel\.c:1: out of luck"):
        compile(inputs.hamiltonian(), backend="c")(*given, epsilon=1.0)
    script.write_text('#!/bin/sh\ncase "$*" in *-fopenmp*|*-march*) exit 1;; esac\nexec cc "$@"\n')
    os.utime(script, ns=(1, 1))
    wanted = compile(inputs.hamiltonian())(*given, epsilon=1.0)
    assert compile(inputs.hamiltonian(), backend="c")(*given, epsilon=1.0) == pytest.approx(wanted, rel=1e-13)


# -- what can be exported ---------------------------------------------------------------------------------------------


def test_lines_that_can_be_exported_are_told_apart(verifier):
    def line(number: str, verdict: str, correction: str | None = None, kind: str = "equation"):
        return {"number": number, "kind": kind, "verdict": verdict, "correction": correction}

    lines = [line("70", "refuted", "…"), line("29", "proved"), line("45", "definition"), line("61", "open")]
    found = exportable(verifier, [*lines, line("claim-triples", "proved", kind="claim")])
    assert [(one.number, one.which, one.computes) for one in found] == [
        ("70", "corrected", "H: a number, dimension 1"),
        ("29", "as printed", "K: an array of shape (N, N), dimension measure^2"),
        ("45", "", ""),
        ("claim-triples", "as printed", "equation_claim_triples: an array of shape (N, N, N)"),
    ]
    assert found[1].arguments == ("m", "q", "r")
    assert "no formula is known of its right side" in found[2].reason


def test_a_condition_that_stands_twice_counts_once(verifier):
    """Both the print and the correction of this claim say i ≠ j."""
    made = settled_line(verifier, "claim-permittivity")
    assert len(made.apart) == 1
    assert self_test(source(made)) == (5, 0)


def test_what_is_said_of_one_component_leaves_an_argument_given(verifier):
    """(127) says that the third component of the orientation is 0; (129) is computed for any orientation."""
    found = compile(settled_line(verifier, "129"))
    given = {"q": np.ones(1), "r_bn": np.ones(1), "nu": np.array([1.0, 2.0, 2.0])}
    scalars = {"m_b": 1.0, "q_b": 1.0, "Delta_t": 1.0, "hbar": 1.0}
    assert found(**given, **scalars) == pytest.approx([-18.0])


def test_entries_that_a_line_says_nothing_of_are_zero(verifier):
    r = np.random.default_rng(0).normal(size=(3, 2))
    found = compile(settled_line(verifier, "28"))(np.array([1.0, 2.0, -1.0]), r)
    assert np.all(np.diag(found) == 0)
    assert found[0, 1] == pytest.approx(2 / np.linalg.norm(r[0] - r[1]))
