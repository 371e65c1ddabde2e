"""Kernels of operators against products with NumPy and SciPy by hand, in one run.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m pytest tests/benchmarks/test_operator_speed.py -s

It prints how many times as long the exported kernels take, and asserts that they agree.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from derive.compile import Settled, settled_input
from derive.kernels import compile
from derive.paper import load_paper
from derive.verify import Verifier

pytest.importorskip("scipy", reason="needs SciPy")

BACKENDS = ("numpy", "c", "numba")
TIME, HBAR = 0.4, 0.7


def best(run: Callable[[], object], rounds: int = 7) -> float:
    run()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(load_paper("inference-2024-07"))


def hermitian(size: int, draw: np.random.Generator) -> np.ndarray:
    found = draw.normal(size=(size, size)) + 1j * draw.normal(size=(size, size))
    return (found + found.conj().T) / np.sqrt(size)


@pytest.mark.parametrize("size", [60, 500])
def test_the_mean_of_an_operator_after_a_step(verifier, size):
    draw = np.random.default_rng(size)
    vector = draw.normal(size=size) + 1j * draw.normal(size=size)
    h, u = hermitian(size, draw), hermitian(size, draw)

    def by_hand() -> complex:
        of_h, of_u, t = h @ vector, u @ vector, TIME / HBAR
        return vector.conj() @ (of_u + 1j * t * (h @ of_u - u @ of_h) + t * t * (h @ (u @ of_h)))

    known = best(by_hand)
    made = settled_input(verifier, "97+1", "corrected", Settled("refuted"))
    for backend in BACKENDS:
        kernel = compile(made, backend=backend)
        assert kernel(vector, h, u, Delta_t=TIME, hbar=HBAR) == pytest.approx(by_hand(), rel=1e-10)
        taken = best(lambda k=kernel: k(vector, h, u, Delta_t=TIME, hbar=HBAR))
        print(f"\nmean, n = {size}, {backend}: {taken / known:.1f} of {known * 1e6:.0f} µs", end="")


@pytest.mark.parametrize("size", [2, 60, 200])
def test_the_exponential_of_an_operator(verifier, size):
    from scipy.linalg import expm

    h = hermitian(size, np.random.default_rng(size))
    known = best(lambda: expm(1j * TIME / HBAR * h))
    made = settled_input(verifier, "claim-propagator-sign", "corrected", Settled("refuted"))
    for backend in BACKENDS:
        kernel = compile(made, backend=backend)
        np.testing.assert_allclose(kernel(h, Delta_t=TIME, hbar=HBAR), expm(1j * TIME / HBAR * h), atol=1e-12)
        taken = best(lambda k=kernel: k(h, Delta_t=TIME, hbar=HBAR))
        print(f"\nexponential, n = {size}, {backend}: {taken / known:.1f} of {known * 1e6:.0f} µs", end="")


@pytest.mark.parametrize("size", [20, 60, 200, 500])
def test_real_and_imaginary_parts_apart(size, tmp_path):
    """What it would save to have them in arrays of their own, and what it would cost to bring them there."""
    cffi = pytest.importorskip("cffi", reason="needs cffi")
    written, library = Path(__file__).with_name("complex_products.c"), tmp_path / "products.so"
    flags = ["-std=gnu99", "-O3", "-march=native", "-fopenmp", "-mprefer-vector-width=512", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, str(written), "-o", str(library)], check=True)
    ffi = cffi.FFI()
    ffi.cdef("""void interleaved(long, double *, double *, double *);
                void apart(long, double *, double *, double *, double *, double *);
                void take_apart(long, double *, double *, double *);""")
    run = ffi.dlopen(str(library), ffi.RTLD_NOW | ffi.RTLD_NODELETE)
    draw = np.random.default_rng(size)
    a, x = hermitian(size, draw), draw.normal(size=size) + 1j * draw.normal(size=size)
    found, again = np.empty_like(x), np.empty_like(x)
    real, imaginary = np.empty(a.shape), np.empty(a.shape)
    pieces = [real, imaginary, x.real.copy(), x.imag.copy()]

    def at(*arrays: np.ndarray) -> list[object]:
        return [ffi.from_buffer("double[]", array) for array in arrays]

    calls = max(1, 2_000_000 // size**2)
    given, torn, into = at(a, x, found), at(a, real, imaginary), at(*pieces, again)
    together = best(lambda: [run.interleaved(size, *given) for _ in range(calls)])
    taking = best(lambda: [run.take_apart(size * size, *torn) for _ in range(calls)])
    saved = together - best(lambda: [run.apart(size, *into) for _ in range(calls)])
    np.testing.assert_allclose(found, a @ x, rtol=1e-12)
    np.testing.assert_allclose(again, a @ x, rtol=1e-12)
    parts = f"{100 * saved / together:.0f}% saved by arrays apart, {100 * taking / together:.0f}% to take them apart"
    print(f"\nproduct, n = {size}: {parts}", end="")
