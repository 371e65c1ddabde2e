"""What a check is: a prediction of a verified statement, a measurement that shares no code with it, and an outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Kernel = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check.

    ``criterion`` is stated before the measurement and does not depend on it. ``numbers`` are what was measured, by
    name, as strings.
    """

    name: str
    statement: str
    """What is computed: the first line of the kernel's docstring, unless the caller says it better."""
    prediction: str
    measurement: str
    criterion: str
    passed: bool
    numbers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        said = ", ".join(f"{name} = {value}" for name, value in self.numbers)
        return f"{'passed' if self.passed else 'FAILED'}  {self.name}: {self.criterion} [{said}]"


def statement_of(kernel: Kernel) -> str:
    """The first line of a kernel's docstring."""
    return (getattr(kernel, "__doc__", None) or "").strip().split("\n")[0]


def digits(value: float) -> str:
    """A measured number for ``numbers``: six digits."""
    return f"{value:.6g}"
