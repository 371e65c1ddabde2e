"""Statements of the papers as kernels, against exact values, in every backend that has their functions.

A few of them here; with DERIVE_EVERY_KERNEL=1, or by ``make kernels``, all of them; and with names in the place of 1,
as DERIVE_EVERY_KERNEL=numpy,c, all in these backends.
"""

from __future__ import annotations

import os
import sys
from functools import cache

import pytest

import derive.kernels.module as writing
from derive.errors import DeriveError
from derive.kernels import BACKENDS, Options, source
from derive.kernels.prepared import prepare
from derive.kernels.special import backends_of
from derive.paper import load_paper, shipped_papers
from derive.verify import Verifier

modules = sys.modules["kernels_modules"]

EVERY = os.environ.get("DERIVE_EVERY_KERNEL", "")
WANTED = tuple(backend for backend in BACKENDS if backend in EVERY.split(",")) or BACKENDS
PIECES = 24
"""The lines of a paper in parts, so that several processes share them."""
CHOSEN = (("numpy", "c"), 40)
"""The backends and one of how many lines, where not all are taken."""


@cache
def verifier(paper: str) -> Verifier:
    return Verifier(load_paper(paper))


@pytest.mark.parametrize("piece", range(PIECES if EVERY else 1))
@pytest.mark.parametrize("paper", shipped_papers())
def test_statements_have_their_exact_values_in_all_backends(paper, piece, monkeypatch) -> None:
    found, known = writing.exact_vectors, {}

    def once(kernel, program, wrt, long_rows):
        """The vectors of a kernel, which are the same for all backends that compute long rows as others."""
        if known.get("kernel") is not kernel or known["long"] != long_rows:
            known.update(kernel=kernel, long=long_rows, vectors=found(kernel, program, wrt, long_rows=long_rows))
        return known["vectors"]

    monkeypatch.setattr(writing, "exact_vectors", once)
    of, backends, step = verifier(paper), *((WANTED, PIECES) if EVERY else CHOSEN)
    failed: list[str] = []
    tested = 0
    for equation in of.paper.equations[piece::step]:
        try:
            kernel = modules.settled_line(of, equation.number)
            having = backends_of(prepare(kernel, Options()).program)
        except DeriveError:
            continue
        for backend in (one for one in backends if one in having):
            try:
                passed, wrong = modules.self_test(source(kernel, backend=backend))
            except DeriveError as problem:
                passed, wrong = 0, str(problem)
            tested += 1
            if wrong or not passed:
                failed.append(f"({equation.number}) {backend}: {passed} passed, {wrong} failed")
    print(f"\n{paper}, part {piece}: {tested} kernels", end="")
    assert failed == []
    assert tested or EVERY
