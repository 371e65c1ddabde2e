"""A deliberately wrong kernel fails every check that uses it: the sign of a term, a factor, an exponent.

Here each kernel and formula is made wrong in one of the three ways, in turn; with DERIVE_EVERY_KERNEL=1, in all three.
Lines that are refuted are left as printed: they are wrong already, and each is told apart by a check of its own.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("jax", reason="needs the extra checks")
pytest.importorskip("scipy", reason="needs the extra checks")

from checks.catalogue import EXPERIMENTS

PAPER, FIELDS = "inference-2024-07", "fields-2024"
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
ON_FIELDS = tuple(one.name for one in EXPERIMENTS if FIELDS in one.papers)
EVERY = bool(os.environ.get("DERIVE_EVERY_KERNEL"))


@cache
def perturbations() -> ModuleType:
    spec = importlib.util.spec_from_file_location("perturbations", Path(__file__).with_name("perturbations.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(lines_of: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str, str]]:
    kinds = tuple(perturbations().KINDS)
    found = [(name, line) for name, lines in lines_of.items() for line in lines]
    return [
        (name, line, kind)
        for number, (name, line) in enumerate(found)
        for kind in (kinds if EVERY else kinds[number % 3 : number % 3 + 1])
    ]


def test_every_line_with_a_prediction_is_made_wrong() -> None:
    for name, lines in LINES.items():
        assert set(BY_NAME[name].lines) - set(lines) <= {"claim-electrodynamics"}


@pytest.mark.parametrize(("name", "line", "kind"), cases(LINES))
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


@pytest.mark.parametrize(("name", "line", "kind"), cases({name: BY_NAME[name].lines for name in ON_FIELDS}))
def test_a_wrong_kernel_on_fields_fails_every_check_that_uses_it(name: str, line: str, kind: str, predictions) -> None:
    target = f"{line} {'corrected' if predictions(FIELDS).is_refuted(line) else 'as printed'}"
    change = perturbations().KINDS[kind]
    predict = predictions(FIELDS, change=lambda used, expr: change(expr) if used == target else expr)
    checks = BY_NAME[name].run(predict, "quick").checks
    assert target in predict.used
    mine = [check for check in checks if f"({line})" in check.statement and "it must fail this" not in check.criterion]
    assert mine
    assert [str(check) for check in mine if check.passed] == []
