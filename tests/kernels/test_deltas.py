"""Kronecker's delta of two indices in kernels: indices are compared, on every backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.compile import Settled, settled_input
from derive.kernels import BACKENDS, source
from derive.paper import load_paper
from derive.verify import Verifier

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "softmax"


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(load_paper(EXAMPLE))


def line(verifier: Verifier, number: str, backend: str) -> str:
    return source(settled_input(verifier, number, "as printed", Settled("proved")), backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_jacobian_has_its_exact_values(verifier, lattices, backend):
    assert lattices.module(line(verifier, "3", backend))["self_test"]() == (5, 0)


@pytest.mark.parametrize("number", ["4", "12", "14", "18"])
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_lines_have_their_exact_values(verifier, lattices, number, backend):
    assert lattices.module(line(verifier, number, backend))["self_test"]() == (5, 0)
