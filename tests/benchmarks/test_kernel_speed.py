"""Exported kernels against code written by hand for the purpose, as ratios in one run. Run with ``make bench``.

Times are the least of several calls, which take turns, so that a neighbour on the machine disturbs all alike. Nothing
about speed is asserted; that all agree is.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pytest
import sympy

from derive.compile import kernel_input
from derive.kernels import KernelInput, compile
from derive.latex.reader import read_expression
from derive.latex.tokens import tokens
from derive.notation import Declared, Scope
from derive.paper import load_paper
from derive.verify import Verifier

SIZES = (100, 1000, 4000)
OPERATIONS = (200, 600, 1200)
POINTS = 1_000_000
CLOCKS = {"on the clock": perf_counter}
if os.environ.get("OMP_WAIT_POLICY") == "passive":
    CLOCKS["on processors"] = process_time
"""The time that passes; and that of all threads on processors, which neighbours on the machine lengthen less, where
threads that have nothing to do do not spin."""
TURN = 0.04
"""Seconds of one turn of a function that is faster than that."""
BY_HAND = [
    "-std=gnu99",
    "-O3",
    "-march=native",
    "-fopenmp",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-shared",
    "-fPIC",
]


def least(
    functions: dict[str, Callable[[], Any]], seconds: float = 6.0, clock: Callable[[], float] = perf_counter
) -> dict[str, float]:
    """The least time of each. They take turns until the time is over, a fast one with more calls in its turn."""
    found: dict[str, list[float]] = {name: [] for name in functions}

    def turn(name: str) -> None:
        start = perf_counter()
        while not found[name] or perf_counter() - start < TURN:
            before = clock()
            functions[name]()
            found[name].append(clock() - before)

    for function in functions.values():
        function()
    start = perf_counter()
    while perf_counter() - start < seconds or min(len(times) for times in found.values()) < 3:
        for name in functions:
            turn(name)
    return {name: min(times) for name, times in found.items()}


def finished(function: Callable[..., Any], data: dict[str, Any]) -> list[Any]:
    """What a function of JAX returns, once it is there."""
    return [one.block_until_ready() for one in function(**data)]


def cloud(n: int) -> dict[str, Any]:
    draw = np.random.default_rng(n)
    q = draw.uniform(0.5, 1.5, n) * draw.choice((-1, 1), n)
    return {"m": draw.uniform(0.5, 2, n), "q": q, "r": draw.normal(size=(n, 3)), "v": draw.normal(size=(n, 3))}


def with_blas(m, q, r, v, epsilon):
    """The Hamiltonian and its gradient by matrices of all pairs: NumPy with BLAS, as one would write it."""
    square = (r * r).sum(1)
    apart = square[:, None] + square - 2 * r @ r.T
    np.fill_diagonal(apart, np.inf)
    t = 1 / np.sqrt(apart)
    a = t @ (q[:, None] * v)
    p = m[:, None] * v + 0.5 * q[:, None] * a
    w = 0.5 * (q / m)[:, None] * p
    total = 0.5 * epsilon**2 * q @ (t @ q) - (p * p / (2 * m[:, None])).sum()
    f = w @ v.T
    f *= q
    f += f.T
    f -= epsilon**2 * np.outer(q, q)
    f *= t * t * t
    return total, f.sum(1)[:, None] * r - f @ r


def by_hand(tmp_path: Path) -> Callable[..., Any]:
    import cffi

    library = tmp_path / "pairs.so"
    written = Path(__file__).with_name("pair_hamiltonian.c")
    subprocess.run(["cc", *BY_HAND, str(written), "-o", str(library), "-lm"], check=True)
    ffi = cffi.FFI()
    ffi.cdef("double hamiltonian(long n, double *m, double *q, double *r, double *v, double e, double *g, double *w);")
    run = ffi.dlopen(str(library), ffi.RTLD_NOW | ffi.RTLD_NODELETE).hamiltonian

    def function(m, q, r, v, epsilon):
        n = len(m)
        planes = [np.ascontiguousarray(array) for array in (m, q, r.T, v.T)]
        gradient, space = np.empty((3, n)), np.empty((3, n))
        given = [ffi.from_buffer("double[]", array) for array in planes]
        total = run(n, *given, epsilon, ffi.from_buffer("double[]", gradient), ffi.from_buffer("double[]", space))
        return total, np.ascontiguousarray(gradient.T)

    return function


def test_pair_hamiltonian_with_gradient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numba and JAX come last: where they have threads of their own beside those of C, all of these wait otherwise."""
    monkeypatch.setenv("DERIVE_KERNEL_CACHE", str(tmp_path / "cache"))
    kernel = kernel_input(Verifier(load_paper("inference-2024-07")), "70", "corrected")
    exported = {name: compile(kernel, backend=name, gradient=("r",)) for name in ("c", "numba", "jax", "numpy")}
    before = perf_counter()
    exported["c"](**cloud(3), epsilon=1.0)
    print(f"\nbuild of the C kernel: {perf_counter() - before:.2f} s")
    hand = by_hand(tmp_path)
    print("pair Hamiltonian with gradient: time of hand-written C, and the time of others relative to it")
    for names in (("c", "numpy", "NumPy with BLAS"), ("c", "numba", "jax")):
        for n in SIZES:
            data = cloud(n) | {"epsilon": 1.5}
            functions: dict[str, Callable[[], Any]] = {name: partial(f, **data) for name, f in exported.items()}
            functions["jax"] = partial(finished, exported["jax"], data)
            functions["NumPy with BLAS"] = partial(with_blas, **data)
            functions = {name: functions[name] for name in names if name != "numpy" or n < 4000}
            functions["by hand"] = partial(hand, **data)
            wanted, slope = hand(**data)
            for name, function in functions.items():
                total, gradient = function()
                assert total == pytest.approx(wanted, rel=1e-9), name
                np.testing.assert_allclose(np.asarray(gradient), slope, rtol=1e-6, atol=1e-9 * np.abs(slope).max())
            for kind, clock in CLOCKS.items():
                times = least(functions, 4.0, clock)
                ratios = ", ".join(f"{name} {seconds / times['by hand']:.2f}" for name, seconds in times.items())
                print(f"N = {n}, {kind}: {1e3 * times['by hand']:.3f} ms; {ratios}")


def long_expression(operations: int) -> tuple[str, sympy.Expr]:
    """A scalar of about so many operations, with parts that repeat: as LaTeX and for SymPy."""
    names = ("x", "y", "z", "w")
    x = dict(zip(names, sympy.symbols(names, real=True), strict=True))
    draw = np.random.default_rng(0)
    latex: list[str] = []
    terms: list[sympy.Expr] = []
    while sum(term.count_ops() for term in terms) < operations:
        a, b, c = draw.choice(names, 3, replace=False)
        k, n = int(draw.integers(2, 9)), int(draw.integers(2, 4))
        shape = int(draw.integers(4))
        inner, own = rf"({a}^2 + {k} {b}^2 + {c})", x[a] ** 2 + k * x[b] ** 2 + x[c]
        if shape == 0:
            latex.append(rf"{k} \sin({inner}) {a}^{n}")
            terms.append(k * sympy.sin(own) * x[a] ** n)
        elif shape == 1:
            latex.append(rf"\frac{{{b} {c}}}{{1 + {inner}^2}}")
            terms.append(x[b] * x[c] / (1 + own**2))
        elif shape == 2:
            latex.append(rf"\exp(-{a}^2 - {b}^2) {inner} {c}")
            terms.append(sympy.exp(-(x[a] ** 2) - x[b] ** 2) * own * x[c])
        else:
            latex.append(rf"\sqrt{{1 + {inner}^2}} {a} {b}")
            terms.append(sympy.sqrt(1 + own**2) * x[a] * x[b])
    return " + ".join(latex), sympy.Add(*terms, evaluate=False)


def test_long_scalars_at_many_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERIVE_KERNEL_CACHE", str(tmp_path))
    scope = Scope("", {}, {name: Declared(name) for name in (*"xyzw", "F")}, {})
    draw = np.random.default_rng(1)
    data = {name: draw.normal(size=POINTS) for name in "xyzw"}
    print("\nlong scalars at a million points: time of exported C, and the time of others relative to it")
    for operations in OPERATIONS:
        latex, written = long_expression(operations)
        left, right = (read_expression(tokens(text), scope) for text in ("F", latex))
        kernel = KernelInput(left, right, scope, ())
        c, numba = (compile(kernel, backend=name) for name in ("c", "numba"))
        before = perf_counter()
        c(**{name: value[:4] for name, value in data.items()})
        build = perf_counter() - before
        symbols = sympy.symbols(tuple("xyzw"), real=True)
        theirs = sympy.lambdify(symbols, written, "numpy", cse=True)
        functions = {
            "exported C": partial(c, **data),
            "exported Numba": partial(numba, **data),
            "lambdify(cse=True)": partial(theirs, *data.values()),
        }
        wanted = functions["exported C"]()
        for name, function in functions.items():
            np.testing.assert_allclose(function(), wanted, rtol=1e-10, atol=1e-10 * np.abs(wanted).max(), err_msg=name)
        for kind, clock in CLOCKS.items():
            times = least(functions, 4.0, clock)
            own = times["exported C"]
            ratios = ", ".join(f"{name} {seconds / own:.1f}" for name, seconds in times.items())
            print(f"{written.count_ops()} operations, {kind}: {1e3 * own:.1f} ms (built in {build:.2f} s); {ratios}")


# -- fields on lattices ------------------------------------------------------------------------------------------------

SHAPES = {"1024 x 1024": (1, 1024, 1024), "64 x 64 x 64": (64, 64, 64), "256 x 256 x 256": (256, 256, 256)}
STEPS = {
    "3.13": ("klein_gordon", (256, 256, 256), 3, "update"),
    "4.26a": ("dirac_states", (128, 128, 128), 12, "update"),
    "4.26b": ("dirac_learning", (128, 128, 128), 12, "update"),
    "claim-u1-states": ("gauged_states", (128, 128, 128), 16, "update_of_two"),
}
"""By line of fields-2024: the step by hand, a large lattice, the numbers of a site that must be moved, and the update
in place that moves as many: each field that is read or written, once. The fields of (3.13) are phi(t), phi(t+1) and
phi(t+2); those of (4.26) have four types, and are phi, pi and one of them at the next time; (5.5) with a gauge field of
U(1), as corrected, has its four components too."""


def steps_by_hand(tmp_path: Path) -> tuple[dict[str, Callable[..., np.ndarray]], dict[str, Callable[..., None]]]:
    """The steps of ``lattice_steps.c``, and its updates in place."""
    import cffi

    library = tmp_path / "steps.so"
    written = Path(__file__).with_name("lattice_steps.c")
    flags = [*BY_HAND, "-mprefer-vector-width=512"]
    subprocess.run(["cc", *flags, str(written), "-o", str(library), "-lm"], check=True)
    ffi = cffi.FFI()
    ffi.cdef("void klein_gordon(long, long, long, double *, double *, double, double *);")
    for name in ("states", "learning"):
        ffi.cdef(f"void dirac_{name}(long, long, long, double *, double *, double *, double *, double, double *);")
    ffi.cdef(
        "void gauged_states(long, long, long, double *, double *, double *, double *, double *, double *,"
        "double, double *); void update(long, double *, double *);"
        "void update_of_two(long, double *, double *, double *);"
    )
    run = ffi.dlopen(str(library), ffi.RTLD_NOW | ffi.RTLD_NODELETE)

    def step(name: str, m: float, *arrays: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        found = np.empty_like(arrays[0]) if out is None else out
        given = [ffi.from_buffer("double[]", array) for array in (*arrays, found)]
        getattr(run, name)(*arrays[0].shape[-3:], *given[:-1], m, given[-1])
        return found

    def update(name: str, *arrays: np.ndarray) -> None:
        getattr(run, name)(arrays[0].size, *(ffi.from_buffer("double[]", array) for array in arrays))

    steps = {name: partial(step, name) for name, *_ in STEPS.values()}
    return steps, {name: partial(update, name) for name in ("update", "update_of_two")}


def fields(number: str, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Arguments of a step, but for the mass."""
    draw = np.random.default_rng(0)
    if number == "3.13":
        return [draw.normal(size=shape) for _ in range(2)]
    found = [draw.normal(size=(4, *shape)) for _ in range(2)]
    found += [draw.normal(size=(3, 4, 4)), draw.normal(size=(4, 4))]
    return found + ([draw.normal(size=(3, *shape)), draw.normal(size=shape)] if number == "claim-u1-states" else [])


def rolled_klein_gordon(m: float, phi: np.ndarray, new: np.ndarray) -> np.ndarray:
    around = sum(np.roll(phi, by, axis) for axis in range(3) for by in (1, -1))
    return 2 * new - (7 + m * m) * phi + around


def rolled_dirac(m: float, phi: np.ndarray, pi: np.ndarray, x: np.ndarray, x_0: np.ndarray) -> np.ndarray:
    found = phi + m * np.tensordot(x_0, phi, 1)
    for axis in range(3):
        found += np.tensordot(x[axis], np.roll(pi, -1, axis + 1) - pi, 1)
    return found


@pytest.mark.parametrize("number", ["3.13", "4.26a"])
def test_steps_on_lattices(number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DERIVE_KERNEL_CACHE", str(tmp_path / "cache"))
    kernel = kernel_input(Verifier(load_paper("fields-2024")), number, "as printed")
    exported = {name: compile(kernel, backend=name) for name in ("c", "numba", "jax", "numpy")}
    hand = steps_by_hand(tmp_path)[0][STEPS[number][0]]
    rolled = rolled_klein_gordon if number == "3.13" else rolled_dirac
    print(f"\n({number}) of fields-2024: time of hand-written C, and the time of others relative to it")
    for name, shape in SHAPES.items():
        if np.prod(shape) > 2**24 / (1 if number == "3.13" else 4):
            continue
        arrays = fields(number, shape)
        functions: dict[str, Callable[[], Any]] = {"by hand": partial(hand, 0.7, *arrays)}
        functions |= {key: partial(function, *arrays, m=0.7) for key, function in exported.items()}
        functions["jax"] = partial(waited, exported["jax"], arrays)
        functions["NumPy with roll"] = partial(rolled, 0.7, *arrays)
        wanted = functions["by hand"]()
        for key, function in functions.items():
            np.testing.assert_allclose(np.asarray(function()), wanted, rtol=1e-11, atol=1e-11, err_msg=key)
        times = least(functions)
        ratios = ", ".join(f"{key} {seconds / times['by hand']:.2f}" for key, seconds in times.items())
        print(f"{name}: {1e3 * times['by hand']:.3f} ms; {ratios}")


def waited(function: Callable[..., Any], arrays: list[np.ndarray]) -> Any:
    """What a step in JAX returns, once it is there."""
    return function(*arrays, m=0.7).block_until_ready()


@pytest.mark.parametrize("number", STEPS)
def test_bandwidth_of_steps(number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which part of the bandwidth of an update in place a step reaches that moves as many bytes."""
    monkeypatch.setenv("DERIVE_KERNEL_CACHE", str(tmp_path / "cache"))
    name, shape, moved, in_place = STEPS[number]
    kernel = kernel_input(Verifier(load_paper("fields-2024")), number, "as printed")
    c, numba = (compile(kernel, backend=backend) for backend in ("c", "numba"))
    steps, updates = steps_by_hand(tmp_path)
    arrays = fields(number, shape)
    out = np.empty_like(arrays[0])
    functions: dict[str, Callable[[], Any]] = {
        "by hand": partial(steps[name], 0.7, *arrays, out=out),
        "exported C": partial(c, *arrays, m=0.7, out=out),
        "exported Numba": partial(numba, *arrays, m=0.7, out=out),
        "by hand, new memory": partial(steps[name], 0.7, *arrays),
        "exported C, new memory": partial(c, *arrays, m=0.7),
    }
    wanted = functions["by hand"]().copy()
    for key, function in functions.items():
        np.testing.assert_allclose(function(), wanted, rtol=1e-11, atol=1e-11, err_msg=key)
    given = [np.random.default_rng(1).normal(size=out.shape) for _ in range(3 if in_place == "update_of_two" else 2)]
    functions["update in place"] = partial(updates[in_place], *given)
    assert sum(array.size for array in (given[0], *given)) == moved * np.prod(shape)
    size = 8e-9 * moved * np.prod(shape)
    for kind, clock in CLOCKS.items():
        times = least(functions, 5.0, clock)
        best = times.pop("update in place")
        print(f"\n({number}) on {shape}, {8 * moved} bytes a site; {kind}; in place {1e3 * best:.1f} ms", end="")
        print(f", {size / best:.1f} GB/s" if clock is perf_counter else "")
        for key, seconds in times.items():
            part, ratio = 100 * best / seconds, seconds / times["by hand"]
            print(f"    {key}: {1e3 * seconds:.1f} ms, {part:.0f}% of that bandwidth, {ratio:.2f} of the time by hand")
