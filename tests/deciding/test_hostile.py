"""Input that would take for ever ends with its timeout, bad input is one sentence, and every run says the same."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import sympy as sp

from derive import decide

x, y = sp.symbols("x y", real=True)
k = sp.Symbol("k", integer=True)
n = sp.Symbol("n", integer=True, nonnegative=True)
tower = x
for _ in range(6):
    tower = sp.sin(tower + 1) ** 2 + sp.exp(tower / 3)

HOSTILE = {
    "a high power": ((x + y + 1) ** (10**6), (x + y) ** (10**6)),
    "a tower of exponents": (x ** (x ** (x**x)), y ** (y ** (y**y))),
    "a deep expression": (tower, tower + sp.cos(tower) - sp.cos(tower + 1)),
    "a hard integral": (sp.Integral(sp.exp(sp.sin(sp.exp(x))) / (1 + x**x), (x, 1, 30)), y),
    "a long sum": (sp.Sum(sp.sin(k**3) / (k**2 + 1), (k, 1, 10**9)), y),
    "a nested sum": (sp.Sum(sp.Sum(sp.binomial(n, k) ** 9, (k, 0, n)), (n, 0, 10**6)), y),
    "a large factorial": (sp.factorial(n + 10**8) / sp.factorial(n), y),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_timeout_ends_what_is_hard(name: str) -> None:
    lhs, rhs = HOSTILE[name]
    start = time.monotonic()
    decision = decide(lhs, rhs, timeout=3, suggest=False)
    assert time.monotonic() - start < 30
    assert decision.verdict in ("open", "refuted")


def test_a_hypothesis_that_is_not_found_in_time_costs_no_verdict() -> None:
    a, b, c = sp.symbols("a b c")
    lhs = sp.sqrt(a**2 * b**2 + sp.sqrt(c**4)) * sp.log(a * b * c)
    assert decide(lhs, lhs + sp.sqrt(a**2) - a, timeout=4).verdict == "refuted"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: decide(sp.eye(2), 1), TypeError, "left-hand side is a matrix"),
        (lambda: decide(sp.eye(2), sp.eye(3)), ValueError, "different shapes"),
        (lambda: decide(x, y, assuming=3), TypeError, "assuming takes SymPy relations"),
        (lambda: decide(x, y, domain=[x]), TypeError, "domain is a mapping"),
        (lambda: decide(sp.zeros(30, 30), sp.zeros(30, 30)), ValueError, "more than 400 entries"),
        (lambda: decide(sp.MatrixSymbol("A", 2, 2), x), TypeError, "left-hand side"),
    ],
)
def test_bad_input_is_one_sentence(call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


SCRIPT = """
import sympy as sp
from derive import decide
x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)
n = sp.Symbol("n", integer=True, nonnegative=True)
k = sp.Symbol("k", integer=True)
for lhs, rhs in (
    (sp.Sum(sp.binomial(n, k) ** 2, (k, 0, n)), sp.binomial(2 * n, n)),
    (sp.hyper((x, y), (p,), -p / 9), (1 + p / 9) ** (-x) * sp.hyper((x, p - y), (p,), (p / 9) / (1 + p / 9))),
    (sp.Integral(1 / (x**2 + p**2), (x, 0, 1)), sp.atan(1 / p) / p),
    (sp.Sum(1 / (k**2 + p**2), (k, 1, sp.oo)), sp.pi / (2 * p * sp.tanh(sp.pi * p)) - 1 / (2 * p**2)),
    (sp.log(x * y), sp.log(x) + sp.log(y)),
):
    decision = decide(lhs, rhs)
    print(decision, decision.certificates)
"""


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    root = Path(__file__).resolve().parents[2]
    outputs = set()
    for seed in ("0", "1", "77"):
        environment = {"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=True, timeout=240)
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert outputs.pop().count(b"proved") >= 3
