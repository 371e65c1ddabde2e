"""What a check is: a prediction of a verified statement, a measurement that shares no code with it, and an outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

Kernel = Callable[..., Any]
Size = Literal["quick", "full"]
Draw = Callable[[Any], None]
"""Draws on the axes of one panel of a picture."""


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check.

    ``criterion`` is stated before the measurement and does not depend on it. ``numbers`` are what was measured, by
    name, as strings.
    """

    name: str
    statement: str
    """What predicts: the line, in brackets, or what stands in its place."""
    prediction: str
    measurement: str
    criterion: str
    passed: bool
    numbers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        said = ", ".join(f"{name} = {value}" for name, value in self.numbers)
        return f"{'passed' if self.passed else 'FAILED'}  {self.name}: {self.criterion} [{said}]"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an experiment found: its checks, and the panels of its picture or the picture itself."""

    checks: tuple[Check, ...]
    panels: tuple[Draw, ...] = ()
    figure: Callable[[], Any] | None = None


def told_apart(check: Check, form: str = "as printed") -> Check:
    """The check of a form that is refuted: passed where this form does not meet the criterion."""
    return replace(
        check,
        name=f"{check.name}, {form}",
        prediction=f"{form}: {check.prediction}",
        criterion=f"{form} it must fail this: {check.criterion}",
        passed=not check.passed,
    )


def called(kernel: Kernel, **given: Any) -> Any:
    """The kernel of what it takes among the arguments: a printed form may lack one that the correction has."""
    code = kernel.__code__
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return kernel(**{name: value for name, value in given.items() if name in known})


def digits(value: float) -> str:
    """A measured number for ``numbers``: six digits."""
    return f"{value:.6g}"
