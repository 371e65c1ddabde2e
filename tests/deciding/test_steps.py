"""Searches end after counted steps: on any machine, at any load, with the same answer."""

from __future__ import annotations

import sys
import time

import pytest
import sympy as sp

from derive import decide
from derive.deciding.steps import TooManySteps, budget, limited

x, y, z = sp.symbols("x y z", real=True)
a = sp.Symbol("a", positive=True)
k = sp.Symbol("k", integer=True)
n = sp.Symbol("n", integer=True, nonnegative=True)
HARD = sp.sin(sp.cos(x) + x**5)


def nested(f, start, depth: int):
    for _ in range(depth):
        start = f(start)
    return start


def test_a_search_is_cut_off_and_leaves_nothing_behind() -> None:
    known = {fact: truth for fact, truth in x._assumptions.items() if truth is not None}
    with pytest.raises(TooManySteps, match="integrate was cut off after 100000 steps"):
        limited(sp.integrate, HARD, x, at_most=100_000)
    assert sys.getprofile() is None
    assert {fact: truth for fact, truth in x._assumptions.items() if truth is not None} == known
    assert limited(sp.integrate, sp.cos(x), x) == sp.sin(x)


def test_searches_of_one_decision_share_their_steps() -> None:
    with budget(150_000):
        for _ in range(2):
            with pytest.raises(TooManySteps):
                limited(sp.integrate, HARD, x)
        with pytest.raises(TooManySteps, match="after 0 steps"):
            limited(sp.integrate, sp.cos(x), x)


def test_the_count_does_not_depend_on_what_was_asked_before() -> None:
    def least(steps: int) -> bool:
        try:
            with budget():
                limited(sp.integrate, x**2 * sp.exp(x), x, at_most=steps)
        except TooManySteps:
            return False
        return True

    low, high = 1, 4_000_000
    assert least(high)
    while high - low > low // 50 + 1:
        middle = (low + high) // 2
        low, high = (low, middle) if least(middle) else (middle, high)
    assert not least(low // 2)
    sp.integrate(x**2 * sp.exp(x), x)  # SymPy remembers this; the count forgets it
    assert not least(low // 2)


def test_a_profiler_of_the_user_is_left_alone() -> None:
    seen = []
    sys.setprofile(lambda *event: seen.append(event[1]))
    try:
        assert limited(sp.integrate, sp.cos(x), x, at_most=1) == sp.sin(x)
        assert sys.getprofile() is not None
    finally:
        sys.setprofile(None)
    assert seen


ENDLESS = {
    "an integral without antiderivative": lambda: (
        sp.Integral(HARD, (x, 0, 1)),
        sp.Integral(sp.cos(sp.sin(y) + y**7), (y, 0, 1)),
    ),
    "nested radicals": lambda: (
        nested(lambda e: sp.sqrt(e**2 + x + 1), x, 6),
        nested(lambda e: sp.sqrt(e**2 + x + 2), x, 6),
    ),
    "towers of exponentials": lambda: (nested(sp.exp, x, 6) - nested(sp.exp, -x, 6), sp.Integer(1)),
    "powers of sums": lambda: ((x + y + z + 1) ** 300 - (x + y + z + 2) ** 300, x),
    "gcds of high degree": lambda: ((x**400 - 1) / (x**150 - 1) - (x**300 - y) / (x**70 - y), y),
    "a determinant of size 8": lambda: (sp.Determinant(sp.ImmutableMatrix(8, 8, lambda i, j: x**i * y**j + i * j)), x),
    "a derivative of order 60": lambda: (sp.Derivative(sp.tan(x), (x, 60)), x),
    "many factors": lambda: (sp.Product(1 + x / k + x**2 / k**3, (k, 1, 10**7)), x),
    "a closed form of pFq": lambda: (
        sp.hyper((sp.Rational(1, 3), sp.Rational(100, 7), 55), (60, 70), 1),
        sp.Integer(1),
    ),
    "200 terms": lambda: (
        sum(sp.sin(i * x) * sp.cos((i + 1) * y) for i in range(200)),
        sum(sp.sin(i * x) for i in range(200)),
    ),
    "a number of 50000 digits": lambda: (sp.Integer(3) ** 10**5 * x, x),
    "a rational integrand of degree 30": lambda: (sp.Integral(1 / (x**30 + x + 1), (x, 0, sp.oo)), a),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_would_not_end_ends_without_a_timeout(name: str) -> None:
    lhs, rhs = ENDLESS[name]()
    start = time.monotonic()
    decision = decide(lhs, rhs)
    assert time.monotonic() - start < 60
    assert decision.verdict in ("open", "refuted")


def test_equal_integrals_are_proved_before_antiderivatives_are_looked_for() -> None:
    start = time.monotonic()
    lhs = 2 * sp.Integral(HARD, (x, 0, 1)) + a
    turned = 2 * sp.Integral(HARD.subs(x, 1 - y), (y, 0, 1)) + a
    decision = decide(lhs, turned)
    assert (decision.verdict, decision.method) == ("proved", "integral: a linear change of the variable")
    assert time.monotonic() - start < 10
    assert decision.replay()
    assert decide(lhs, turned + sp.Integral(HARD, (x, 0, sp.Rational(1, 9)))).verdict == "refuted"
