"""Lines on fields to test with: those of a paper, and others from LaTeX in scopes of their own."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from derive.kernels import KernelInput
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.notation import load_notation
from derive.paper import load_paper
from derive.updates import computed
from derive.verify import Verifier

SCOPES = load_notation(Path(__file__).with_name("lattices.toml")).scopes
PAPER = "fields-2024"
modules = sys.modules["kernels_modules"]
module = modules.module


@cache
def verifier() -> Verifier:
    return Verifier(load_paper(PAPER))


def line(number: str, which: str | None = None) -> KernelInput:
    """A line of the paper, as corrected where a correction is recorded."""
    return modules.settled_line(verifier(), number, which)


def kernel(latex: str, scope: str) -> KernelInput:
    """A line in one of the scopes of ``lattices.toml``."""
    chain = read_chain(tokens(latex), SCOPES[scope])
    assert chain.first is not None
    left, right = computed("1", chain.first, chain.links[-1][1], SCOPES[scope])
    return KernelInput(left, right, SCOPES[scope])
