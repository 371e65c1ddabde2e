"""The C of a pair sum, as it should look: one loop over pairs, split at i, with one root. A golden file holds it.

When the code is meant to change, write the new text to the file and read the difference.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from derive.kernels import source

GOLDEN = Path(__file__).parent / "golden" / "pair_energy.c"
PAIRS = r"\sum_i \sum_{j \neq i} \frac{\epsilon m_i q_j}{|\vec{r}_i - \vec{r}_j|}"


def c_of(kernel, dimension: object, **options) -> str:
    text = source(kernel, backend="c", self_test=False, **options)
    found = re.search(rf'^    {dimension!r}: r"""\n(.*?)""",$', text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_a_pair_sum_in_two_dimensions(inputs):
    written = c_of(inputs.kernel(r"\mathcal{H}", PAIRS), 2, gradient=("r",))
    assert written == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("dimension", [None, 1, 2, 3])
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
def test_every_variant_compiles_without_a_warning(inputs, tmp_path, dimension, dtype):
    written = c_of(inputs.hamiltonian(inputs.CORRECTED), dimension, gradient=("r", "q"), dtype=dtype)
    (tmp_path / "kernel.c").write_text(written, encoding="utf-8")
    command = ["cc", "-std=gnu99", "-Wall", "-Wextra", "-fopenmp", "-fsyntax-only", "kernel.c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
