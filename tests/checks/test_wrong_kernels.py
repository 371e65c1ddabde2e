"""A deliberately wrong kernel fails every check that uses it: the sign of a term, a factor, an exponent.

Here each kernel and formula is made wrong in one of the three ways, in turn; with DERIVE_EVERY_KERNEL=1, in all three.
Lines that are refuted are left as printed: they are wrong already, and each is told apart by a check of its own.
"""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax", reason="needs the extra checks")
pytest.importorskip("scipy", reason="needs the extra checks")

from checks.catalogue import EXPERIMENTS
from checks.closed_forms import CLOSED_FORMS
from checks.experiment import Experiment

PAPER = "inference-2024-07"
BY_NAME = {one.name: one for one in EXPERIMENTS}
SERIES = {
    **{f"{what} to order {n}": f"series of order {n}" for what in ("inverse", "log-determinant") for n in range(1, 7)},
    "inverse to order 16": "series of orders 1, 2, 4, 16, 32",
    "inverse to order 32": "series of orders 1, 2, 4, 16, 32",
    "remainder of order 3": "remainder of order 3",
}
LINES = {
    "stochastic-network": ("3",),
    "binary-clusters": ("claim-binomial", "claim-mass-counts", "S2"),
    "gaussian-loss": ("10", "26", "34", "37", "48", "50", "60"),
    "inverse-series": ("32", "33", "41", "44", *SERIES),
    "hamiltonian-form": ("51", "52", "53", "54", "55", "56", "57", "58", "59", "65", "66", "67", "68", "69", "70"),
    "hamiltonian-motion": ("70",),
    "propagator": ("89", "92", "97+1", "97+2", "claim-loss-is-energy", "claim-measured-direction"),
    "pauli": ("107",),
    "spin-covariance": BY_NAME["spin-covariance"].lines,
}
EVERY = bool(os.environ.get("DERIVE_EVERY_KERNEL"))


@cache
def perturbations() -> ModuleType:
    spec = importlib.util.spec_from_file_location("perturbations", Path(__file__).with_name("perturbations.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases() -> list[tuple[str, str, str]]:
    kinds = tuple(perturbations().KINDS)
    found = [(name, line) for name, lines in LINES.items() for line in lines]
    return [
        (name, line, kind)
        for number, (name, line) in enumerate(found)
        for kind in (kinds if EVERY else kinds[number % 3 : number % 3 + 1])
    ]


def test_every_line_with_a_prediction_is_made_wrong() -> None:
    for name, lines in LINES.items():
        assert set(BY_NAME[name].lines) - set(lines) <= {"claim-electrodynamics"}


@pytest.mark.parametrize(("name", "line", "kind"), cases())
def test_a_wrong_kernel_fails_every_check_that_uses_it(name: str, line: str, kind: str, predictions) -> None:
    right = predictions(PAPER)
    target = line if line in SERIES else f"{line} {'corrected' if right.is_refuted(line) else 'as printed'}"
    change = perturbations().KINDS[kind]
    predict = predictions(PAPER, change=lambda used, expr: change(expr) if used == target else expr)
    checks = BY_NAME[name].run(predict, "quick").checks
    assert target in predict.used
    statement = SERIES.get(line, f"({line})")
    mine = [check for check in checks if check.statement == statement and not check.name.endswith("as printed")]
    if line in SERIES and "order" in statement:
        mine = [check for check in mine if not check.name.startswith(("inverse to", "log-det")) or check.name == line]
    if not mine:
        # (68) is the constant of the loss, which the checks of (69) and (70) use.
        mine = [check for check in checks if check.statement in ("(69)", "(70)") and "as printed" not in check.name]
    assert mine
    assert [str(check) for check in mine if check.passed] == []


def wrong(function: Any, kind: str) -> Any:
    """A closed form with all its numbers changed."""

    def changed(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(changed(one) for one in value)
        return {"term": lambda v: v + 0.1, "factor": lambda v: 1.1 * v, "exponent": lambda v: v * np.abs(v)}[kind](
            value
        )

    return lambda *given, **named: changed(function(*given, **named))


def forms() -> list[tuple[str, str]]:
    """The sign of a frequency, and of a factor of amplification in a square, means nothing: a term is added instead."""
    kinds = ("term", "factor", "exponent")
    return [
        (form, kind)
        for number, form in enumerate(name for name in CLOSED_FORMS if not name.endswith("as printed"))
        for kind in (kinds if EVERY else kinds[number % 3 : number % 3 + 1])
    ]


@pytest.mark.parametrize(("form", "kind"), forms())
def test_a_wrong_closed_form_fails_where_it_is_used(form: str, kind: str, predictions) -> None:
    used = 0
    for experiment in (one for one in EXPERIMENTS if one.stands_in):
        if form not in users(experiment, predictions):
            continue
        used += 1
        replaced = {**CLOSED_FORMS, form: wrong(CLOSED_FORMS[form], kind)}
        checks = experiment.run(predictions("fields-2024", closed_forms=replaced), "quick").checks
        assert any(not check.passed for check in checks), experiment.name
    assert used


_USED: dict[str, tuple[str, ...]] = {}


def users(experiment: Experiment, predictions: Any) -> tuple[str, ...]:
    if experiment.name not in _USED:
        predict = predictions("fields-2024")
        experiment.run(predict, "quick")
        _USED[experiment.name] = tuple(predict.used)
    return _USED[experiment.name]
