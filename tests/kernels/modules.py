"""Texts of modules as what they define, and their own tests."""

from __future__ import annotations

import builtins
from typing import Any


def module(text: str) -> dict[str, Any]:
    """What a module defines."""
    space: dict[str, Any] = {"__name__": "kernel"}
    exec(builtins.compile(text, "<kernel>", "exec"), space)
    return space


def self_test(text: str) -> tuple[int, int]:
    """How many of its own test vectors a module passes, and how many it fails."""
    return module(text)["self_test"]()
