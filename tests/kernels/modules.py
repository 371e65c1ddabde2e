"""Texts of modules as what they define, and their own tests."""

from __future__ import annotations

import builtins
from typing import Any

from derive.compile import Settled, settled_input
from derive.kernels import KernelInput
from derive.verify import Verifier


def module(text: str) -> dict[str, Any]:
    """What a module defines."""
    space: dict[str, Any] = {"__name__": "kernel"}
    exec(builtins.compile(text, "<kernel>", "exec"), space)
    return space


def self_test(text: str) -> tuple[int, int]:
    """How many of its own test vectors a module passes, and how many it fails."""
    return module(text)["self_test"]()


def settled_line(verifier: Verifier, number: str, which: str | None = None) -> KernelInput:
    """The kernel of a line, as corrected where a correction is recorded."""
    corrected = verifier.reading.line(number).corrected is not None
    which = which or ("corrected" if corrected else "as printed")
    return settled_input(verifier, number, which, Settled("refuted" if corrected else "proved"))
