"""Classes of identities: each has true ones, near misses, and what must be left undecided."""

from __future__ import annotations

import pytest
import sympy as sp
from sympy import E, I, Integral, Product, Rational, Sum, cos, cosh, exp, gamma, log, oo, pi, sin, sinh, sqrt

from derive import decide
from derive.deciding.domain import pose
from derive.deciding.infinite_products import gamma_value
from derive.deciding.rectangles import separated
from derive.deciding.rules.transforms import transform_value
from derive.deciding.smoothness import Signs
from derive.deciding.strips import wave_sign

x, y, t = sp.symbols("x y t", real=True)
a, b, p, s = sp.symbols("a b p s", positive=True)
n = sp.Symbol("n", integer=True, nonnegative=True)
k = sp.Symbol("k", integer=True)
z = sp.Symbol("z")
q = exp(-a)
GEOMETRIC = [
    (Sum(exp(-a * k), (k, 0, oo)), 1 / (1 - q), 1 / (1 + q)),
    (Sum(k * exp(-a * k), (k, 0, oo)), q / (1 - q) ** 2, q / (1 - q)),
    (Sum(k**2 * exp(-a * k), (k, 0, oo)), q * (1 + q) / (1 - q) ** 3, q / (1 - q) ** 3),
    (Sum((-1) ** k * exp(-a * k), (k, 0, oo)), 1 / (1 + q), 1 / (1 - q)),
    (Sum(exp(-a * (k + Rational(1, 2))), (k, 0, oo)), 1 / (2 * sinh(a / 2)), 1 / (2 * cosh(a / 2))),
    (
        Sum(exp(-a * k) * cos(b * k), (k, 0, oo)),
        (1 - q * cos(b)) / (1 - 2 * q * cos(b) + q**2),
        (1 - q * cos(b)) / (1 + q**2),
    ),
    (Sum(exp(-a * k) * sin(b * k), (k, 0, oo)), q * sin(b) / (1 - 2 * q * cos(b) + q**2), q * cos(b) / (1 + q**2)),
    (Sum(k * exp(-a * k), (k, 0, n)), q * (1 - (n + 1) * q**n + n * q ** (n + 1)) / (1 - q) ** 2, q / (1 - q) ** 2),
]
GAUSSIAN = [
    (exp(-(x**2) - y**2), pi, pi**2),
    (exp(-a * x**2 - b * y**2), pi / sqrt(a * b), pi / (a * b)),
    (exp(-(x**2) - x * y - y**2), 2 * pi / sqrt(3), pi),
    (exp(-((x - y) ** 2) - (x + y) ** 2), pi / 2, pi),
    (x * y * exp(-(x**2) - x * y - y**2), -2 * pi / (3 * sqrt(3)), 2 * pi / (3 * sqrt(3))),
]
INTEGRALS = [
    (Integral(x / sinh(x), (x, 0, oo)), pi**2 / 4, pi**2 / 2),
    (Integral(x**2 * exp(x) / (exp(x) - 1) ** 2, (x, 0, oo)), pi**2 / 3, pi**2 / 6),
    (Integral(cos(x**2), (x, 0, oo)), sqrt(pi / 8), sqrt(pi) / 2),
    (Integral(exp(-a * x) * sp.besselj(0, x), (x, 0, oo)), 1 / sqrt(1 + a**2), 1 / (1 + a**2)),
    (Integral(exp(-(x**2)) * sp.erf(x), (x, 0, oo)), sqrt(pi) / 4, sqrt(pi) / 2),
    (Integral(exp(x * cos(t)), (t, 0, pi)), pi * sp.besseli(0, x), pi * sp.besseli(1, x)),
    (Integral(x * sin(x) / (1 + cos(x) ** 2), (x, 0, pi)), pi**2 / 4, pi**2 / 2),
    (Integral(1 / (a + b + a * cos(x)), (x, 0, pi)), pi / sqrt((a + b) ** 2 - a**2), pi / (a + b)),
    (Integral(exp(sin(x)), (x, -1, 1)), Integral(exp(-sin(x)), (x, -1, 1)), 2 * Integral(exp(-sin(x)), (x, -1, 0))),
]
MORE = [
    (Product(1 - x**2 / (pi * k) ** 2, (k, 1, oo)), sin(x) / x, sinh(x) / x),
    (Product(4 * k**2 / ((2 * k - 1) * (2 * k + 1)), (k, 1, oo)), pi / 2, pi / 3),
    (Sum(sp.binomial(2 * k, k) * sp.binomial(2 * n - 2 * k, n - k), (k, 0, n)), 4**n, 2**n * (n + 1)),
    (Sum(sp.atan(1 / (k**2 + k + 1)), (k, 1, n)), sp.atan(n + 1) - pi / 4, sp.atan(n) - pi / 4),
    (Sum(sp.tan(x / 2**k) / 2**k, (k, 1, n)), sp.cot(x / 2**n) / 2**n - sp.cot(x), sp.cot(x) - sp.cot(x / 2**n) / 2**n),
    (Sum(sp.harmonic(k) / k, (k, 1, n)), (sp.harmonic(n) ** 2 + sp.harmonic(n, 2)) / 2, sp.harmonic(n) ** 2 / 2),
    (Sum((2 * k + 1) / sp.factorial(k), (k, 0, oo)), 3 * E, 2 * E),
    (sp.atan(x), I / 2 * (log(1 - I * x) - log(1 + I * x)), I / 2 * (log(1 + I * x) - log(1 - I * x))),
    ((1 + I) ** (2 * n), 2**n * exp(I * pi * n / 2), 2**n * exp(-I * pi * n / 2)),
    (
        sp.hyper((a, b), ((a + b + 1) / 2,), Rational(1, 2)),
        sqrt(pi) * gamma((a + b + 1) / 2) / (gamma((a + 1) / 2) * gamma((b + 1) / 2)),
        sqrt(pi) * gamma((a + b + 1) / 2) / gamma((a + 1) / 2),
    ),
    (sp.bernoulli(n, 1 - x), (-1) ** n * sp.bernoulli(n, x), sp.bernoulli(n, x)),
    (sp.expint(2, a), exp(-a) - a * sp.expint(1, a), exp(-a) + a * sp.expint(1, a)),
]


@pytest.mark.parametrize(("lhs", "rhs", "false"), [*GEOMETRIC, *INTEGRALS, *MORE])
def test_true_ones_are_proved_and_near_misses_refuted(lhs, rhs, false) -> None:
    decision = decide(lhs, rhs, suggest=False)
    assert decision.verdict == "proved", decision
    assert decision.replay()
    assert decide(lhs, false, suggest=False).verdict == "refuted"


@pytest.mark.parametrize(("body", "value", "false"), GAUSSIAN)
def test_gaussian_integrals_over_the_plane(body, value, false) -> None:
    lhs = Integral(body, (x, -oo, oo), (y, -oo, oo))
    decision = decide(lhs, value, suggest=False)
    assert decision.verdict == "proved", decision
    assert decision.points > 0
    assert decision.replay()
    assert decide(lhs, false, suggest=False).verdict == "refuted"


def test_a_quadratic_form_has_to_be_positive_definite() -> None:
    form = Integral(exp(-p * x**2 - 2 * t * x * y - s * y**2), (x, -oo, oo), (y, -oo, oo))
    value = pi / sqrt(p * s - t**2)
    assert decide(form, value, assuming=[p * s > t**2], suggest=False).verdict == "proved"
    assert decide(form, value, suggest=False).verdict != "proved"


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        (Sum(exp(a * k), (k, 0, oo)), 1 / (1 - exp(a))),
        (Integral(1 / x, (x, -1, 1)), 0),
        (Integral(x, (x, -oo, oo)), 0),
        (Integral(x / (1 + x**2), (x, -oo, oo)), 0),
        (Integral(sp.besselj(0, x) * x, (x, 0, oo)), 0),
        (Integral(1 / sinh(x), (x, 0, oo)), 5),
        (Product(1 + 1 / k, (k, 1, oo)), 5),
    ],
)
def test_what_has_no_value_is_neither_proved_nor_refuted(lhs, rhs) -> None:
    assert decide(lhs, rhs, suggest=False).verdict == "open"


def test_signs() -> None:
    posed = pose(x, 0, {x: sp.Interval.open(0, pi)})
    (here,) = posed.symbols
    signs = Signs(posed)
    assert signs.of(sp.Integer(0)) == signs.of((a + 1) ** 2 - a**2 - 2 * a - 1) == "0+"
    assert [wave_sign(w, posed) for w in (sin(here), cos(here), cos(here / 2), sp.tan(here / 2))] == [1, 0, 1, 1]
    assert signs.positive(1 + sin(here))
    closed = pose(x, 0, {x: sp.Interval(0, pi)})
    assert wave_sign(sin(closed.symbols[0]), closed) == 0


def test_where_logarithms_of_complex_functions_are_smooth() -> None:
    assert decide(log(1 + I * x) + log(1 - I * x), log(1 + x**2)).verdict == "proved"
    assert decide(log((1 + I * x) ** 3), 3 * log(1 + I * x)).verdict == "refuted"
    assert decide(log(x + I) - log(x - I), log((x + I) / (x - I))).verdict == "refuted"


def test_a_point_may_be_no_rational() -> None:
    angles = sp.symbols("alpha beta delta", real=True)
    tangents = [sp.tan(angle) for angle in angles]
    together = [sp.Eq(sum(angles), pi)]
    assert decide(sum(tangents), sp.Mul(*tangents), assuming=together).verdict == "proved"
    assert decide(sum(tangents), 2 * sp.Mul(*tangents), assuming=together).verdict == "refuted"


def test_parts_have_their_conditions() -> None:
    known = lambda e: bool(e.is_positive)  # noqa: E731
    u = sp.Symbol("u", positive=True)
    assert transform_value(u / sinh(u), u, sp.S.Zero, oo, known) == pi**2 / 4
    assert transform_value(1 / sinh(u), u, sp.S.Zero, oo, known) is None
    assert transform_value(u * cos(u), u, sp.S.Zero, oo, known) is None
    assert transform_value(u * sp.besselj(0, u), u, sp.S.Zero, oo, known) is None
    assert gamma_value(Product(1 + 1 / k, (k, 1, oo))) is None
    assert separated(Integral(exp(-x * y), (x, 0, oo), (y, 0, oo))) is None
    assert separated(Integral(x * y, (y, 0, x), (x, 0, 1))) is None
