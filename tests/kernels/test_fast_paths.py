"""What compiled kernels do otherwise where it is faster: roots by iteration, rows past the cache, results in place."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from derive.kernels import compile, export, source

module = sys.modules["kernels_modules"].module

ENDS = [0.0, -0.0, np.inf, np.nan, -1.0, -np.inf, 5e-324, 1e-310, 2.3e-308, 1.7e308]
"""Where an estimate of a root fails."""
SMALL = "LIMITS = [0, 0, 0]"
"""All results go past the cache, all rows of a plane are one block."""


ROOTS = [(r"\sqrt{\epsilon}", np.sqrt), (r"\frac{1}{\sqrt{\epsilon}}", lambda x: 1 / np.sqrt(x))]
FIELD = r"\sum_{j \neq i} \frac{q_j}{|\vec{r}_i - \vec{r}_j|} \vec{v}_j"


@pytest.mark.parametrize("backend", ["c", "numba"])
@pytest.mark.parametrize("size", [20_000, 300_000], ids=["one thread", "several threads"])
@pytest.mark.parametrize(("latex", "function"), ROOTS)
def test_roots_are_right_to_two_units_everywhere(inputs, latex, function, size, backend):
    root = compile(inputs.kernel(r"\mathcal{H}", latex), backend=backend)
    draw = np.random.default_rng(0)
    values = draw.uniform(1, 2, size) * 2.0 ** draw.integers(-1021, 1023, size)
    with np.errstate(all="ignore"):
        wanted = function(values)
        found = root(epsilon=values)
        assert np.all(np.abs(found - wanted) <= 2 * np.spacing(wanted))
        for end in ENDS:
            mixed = np.where(np.arange(values.size) == 777, end, values)
            found = root(epsilon=mixed)
            np.testing.assert_array_equal(found[777], function(end))
            assert np.all(np.abs(np.delete(found - wanted, 777)) <= 2 * np.spacing(np.delete(wanted, 777)))


@pytest.mark.parametrize("backend", ["c", "numba"])
@pytest.mark.parametrize("n", [3, 150, 250, 1003])
def test_coincident_particles_give_an_infinity_in_short_and_long_loops(inputs, n, backend):
    made = inputs.kernel(r"\vec{A}_i", FIELD)
    field = compile(made, backend=backend)
    draw = np.random.default_rng(n)
    given = {"q": draw.uniform(1, 2, n), "r": draw.normal(size=(n, 3)), "v": draw.uniform(1, 2, (n, 3))}
    np.testing.assert_allclose(field(**given), compile(made)(**given), rtol=1e-12)
    given["r"][n - 1] = given["r"][1]
    found = field(**given)
    assert np.all(np.isposinf(found[[1, n - 1]]))
    assert np.all(np.isfinite(np.delete(found, (1, n - 1), 0)))


def test_without_the_second_loop_iterated_roots_in_numba_are_wrong(inputs):
    text = source(inputs.kernel(r"\vec{A}_i", FIELD), backend="numba").replace("LIMITS = [100]", "LIMITS = [0]")
    given = {"q": np.ones(3), "r": np.zeros((3, 1)), "v": np.ones((3, 1))}
    sound = module(text)
    assert np.all(sound["A"](**given) == np.inf)
    if not sound["_ITERATED"]:
        pytest.skip("this processor takes the roots of the compiler")
    blind, count = re.subn(r"if _ITERATED and not off\w* < 1e-17:", "if False:", text)
    assert count > 0
    assert not np.any(module(blind)["A"](**given) == np.inf)


def test_loops_that_call_a_library_for_each_value_keep_their_roots_in_numba(inputs):
    assert "_begun()" in source(inputs.kernel(r"\mathcal{H}", r"\sqrt{\epsilon}"), backend="numba")
    assert "_begun()" not in source(inputs.kernel(r"\mathcal{H}", r"\sqrt{\epsilon} \sin(\lambda)"), backend="numba")


def test_numbers_of_other_types_have_the_roots_of_the_compiler_in_numba(inputs):
    made = inputs.kernel(r"\vec{A}_i", FIELD)
    assert "_begun()" in source(made, backend="numba", dtype="float64")
    assert "_begun()" not in source(made, backend="numba", dtype="float32")
    field = compile(made, backend="numba")
    draw = np.random.default_rng(0)
    given = {"q": draw.uniform(1, 2, 50), "r": draw.normal(size=(50, 2)), "v": draw.uniform(1, 2, (50, 2))}
    for dtype, near in [("f4", 1e-4), ("c16", 1e-12)]:
        found = field(**{name: value.astype(dtype) for name, value in given.items()})
        assert found.dtype == dtype
        np.testing.assert_allclose(found, field(**given), rtol=near)


def test_a_kernel_in_a_file_runs_in_threads_after_it_has_run_in_one(inputs, tmp_path):
    export(inputs.kernel(r"\mathcal{H}", r"\sqrt{\epsilon}"), tmp_path / "roots.py", backend="numba")
    calls = "import numba, numpy as np, roots; [roots.H(epsilon=np.ones(n)) for n in (2, 300_000)]"
    for _ in range(2):
        said = f"{calls}; print(numba.threading_layer())"
        done = subprocess.run([sys.executable, "-c", said], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("loops", ["static void short_loops", "WIDE void kernel"])
def test_the_self_test_runs_short_and_long_loops(inputs, loops):
    text = source(inputs.hamiltonian(inputs.CORRECTED), backend="c", gradient=("r",))
    pieces = re.split(r"(?=static void short_loops|WIDE void kernel)", text)
    wrong = [p.replace("m[i] * v[i]", "m[i] + v[i]") if p.startswith(loops) else p for p in pieces]
    assert module(text)["self_test"]() == (5, 0)
    assert module("".join(wrong))["self_test"]()[1] > 0


def past_the_cache(made, dtype="float64"):
    """The function of a kernel in C all of whose results go past the cache."""
    text = source(made, backend="c", self_test=False, dtype=dtype)
    assert "LIMITS = [" in text
    text = "\n".join(SMALL if line.startswith("LIMITS = [") else line for line in text.splitlines())
    return module(text)[re.findall(r"^def ([a-z]\w*)", text, re.MULTILINE)[-1]]


def agrees_at_every_place_in_a_line(step, given, expected, near):
    """Whether a step sets what it should, and nothing beside it, wherever in a line of the cache its result begins."""
    memory = np.full(expected.size + 40, np.nan, expected.dtype)
    for offset in range(0, 20, 3):
        memory[:] = np.nan
        out = memory[offset : offset + expected.size].reshape(expected.shape)
        np.testing.assert_allclose(step(**given, out=out), expected, **near)
        assert np.isnan(memory[:offset]).all()
        assert np.isnan(memory[offset + expected.size :]).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("number", ["3.13", "4.26b", "claim-u1-states"])
def test_rows_past_the_cache_have_the_same_values(lattices, number, dtype):
    made = lattices.line(number)
    wanted = {argument for argument in module(source(made, self_test=False))["SHAPES"] if argument != "m"}
    known, plain = (compile(made, backend=backend, dtype=dtype) for backend in ("numpy", "c"))
    past, near = past_the_cache(made, dtype), {"rtol": 0, "atol": 200 * np.finfo(dtype).eps}
    draw = np.random.default_rng(1)
    for shape in [(1, 1, 1), (2, 3, 16), (5, 4, 33), (3, 90, 8), (4, 6, 36), (2, 4, 64), (40, 70, 67)]:
        sizes = {"phi": (4, *shape), "pi": (4, *shape), "X": (3, 4, 4), "X_0": (4, 4), "A": (3, *shape), "A_0": shape}
        sizes |= {"phi": shape, "phi_plus_1": shape} if number == "3.13" else {}
        given = {key: draw.normal(size=size).astype(dtype) for key, size in sizes.items() if key in wanted} | {"m": 0.4}
        expected = known(**given)
        np.testing.assert_allclose(plain(**given), expected, **near, err_msg=str(shape))
        agrees_at_every_place_in_a_line(past, given, expected, near)


@pytest.mark.parametrize(
    "latex",
    [
        r"\sum_\mu (u_{\bf i + 2 e_\mu}(t) - 3 w_{\bf i - 3 e_\mu}(t))",
        r"\sum_\mu u_{\bf i + 9 e_\mu}(t)",
        r"\sum_\mu u_{\bf i - 11 e_\mu}(t) w_{\bf i + 10 e_\mu}(t)",
        r"\sum_\mu \sum_\nu u_{\bf i + e_\mu - e_\nu}(t)",
    ],
)
def test_rows_whose_neighbours_are_far(lattices, latex):
    made = lattices.kernel(rf"u_{{\bf i}}(t+1) = {latex}", "box")
    known, plain, past = compile(made, backend="numpy"), compile(made, backend="c"), past_the_cache(made)
    draw, near = np.random.default_rng(0), {"rtol": 0, "atol": 1e-13}
    for shape in [(2, 3, 25), (5, 4, 40), (4, 3, 31), (9, 20, 37)]:
        given = {name: draw.normal(size=shape) for name in ("u", "w") if f"{name}_" in latex}
        expected = known(**given)
        np.testing.assert_allclose(plain(**given), expected, **near, err_msg=str(shape))
        agrees_at_every_place_in_a_line(past, given, expected, near)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("_at + lane;", "_at + lane / 2;"),
        ("(site >= N_3);", "(site < 0);"),
        ("i_3_edge - i_3_inside +", "0 * i_3_edge +"),
    ],
)
def test_the_self_test_runs_strips_and_edges_and_what_is_between_rows(lattices, right, wrong):
    text = source(lattices.line("3.13"), backend="c")
    assert text.count(right) == 1
    assert module(text)["self_test"]() == (5, 0)
    assert module(text.replace(right, wrong))["self_test"]()[1] > 0


@pytest.mark.parametrize("backend", ["c", "numba"])
def test_a_result_goes_into_an_array_that_is_given(lattices, inputs, backend):
    step = compile(lattices.line("3.13"), backend=backend, dtype="float64")
    phi, new, out = np.random.default_rng(2).normal(size=(3, 4, 5, 6))
    wanted = step(phi, new, m=0.5)
    assert step(phi, new, m=0.5, out=out) is out
    np.testing.assert_array_equal(out, wanted)
    frozen = np.empty((4, 5, 6))
    frozen.flags.writeable = False
    for bad, why in [
        (new, "out must not share memory with phi_plus_1"),
        (np.empty((4, 5, 7)), r"out must be an array of shape \(4, 5, 6\) and type float64; it is a ndarray of shape"),
        (np.empty((4, 5, 6), "f4"), "type float64; it is a ndarray of shape .* and type float32"),
        (np.empty((4, 6, 5)).transpose(0, 2, 1), "contiguous and may be written to"),
        (frozen, "contiguous and may be written to"),
        ([1.0], "it is a list of shape"),
    ]:
        with pytest.raises(ValueError, match=why):
            step(phi, new, m=0.5, out=bad)
    points = compile(inputs.kernel(r"\mathcal{H}", r"\epsilon^3 + \lambda"), backend=backend)
    x, y, out = np.linspace(0, 1, 4), np.linspace(1, 2, 3)[:, None], np.empty((3, 4))
    assert points(epsilon=x, lambda_=y, out=out) is out
    np.testing.assert_allclose(out, x**3 + y)


@pytest.mark.parametrize("backend", ["c", "numba"])
def test_shapes_that_were_good_once_do_not_hide_others(inputs, backend):
    total = compile(inputs.kernel(r"\mathcal{H}", r"\sum_i m_i q_i + \epsilon"), backend=backend, dtype="float64")
    one = np.ones(3)
    assert total(one, one, epsilon=1.0) == total(one, one, epsilon=1) == total([1, 1, 1], one, epsilon=1.0) == 4
    assert total(np.ones(5), np.ones(5), epsilon=1.0) == 6
    assert total(np.ones(3, "f4"), np.ones(3, "i8"), epsilon=np.float32(1)) == 4
    with pytest.raises(ValueError, match=r"q must have the shape \(N,\) with N = 3 as in m"):
        total(one, np.ones(5), epsilon=1.0)
    with pytest.raises(TypeError, match="q must hold real numbers; it holds complex128"):
        total(one, 1j * one, epsilon=1.0)
