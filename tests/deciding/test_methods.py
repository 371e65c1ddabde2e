"""Each method of proof: a true case, a near miss that is refuted, and a certificate that does not survive tampering."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp
from sympy import Integral, Product, Rational, Sum, binomial, cos, exp, factorial, gamma, log, oo, pi, sin, sqrt

from derive import Decision, decide

x, y = sp.symbols("x y", real=True)
p, q = sp.symbols("p q", positive=True)
n, m, j = sp.symbols("n m j", integer=True, nonnegative=True)
k = sp.Symbol("k", integer=True)
nu = sp.Symbol("nu", real=True)
whole = sp.Symbol("whole", integer=True)
d = sp.Symbol("d", integer=True, positive=True)
z, w = sp.symbols("z w")
right = (sp.Gt(sp.re(z), 0), sp.Gt(w, 0))
inside = (sp.Gt(x, -1), sp.Lt(x, 1))

# name -> (kind of the certificate, lhs, rhs, a false right-hand side, assumptions)
CASES = {
    "reflection": ("relations", gamma(x) * gamma(1 - x), pi / sin(pi * x), pi / cos(pi * x), ()),
    "Bessel recurrence": (
        "relations",
        sp.besselj(nu - 1, p) + sp.besselj(nu + 1, p),
        2 * nu / p * sp.besselj(nu, p),
        nu / p * sp.besselj(nu, p),
        (),
    ),
    "sum of cubes": ("induction", Sum(k**3, (k, 1, n)), (n * (n + 1) / 2) ** 2, (n * (n + 1) / 2) ** 2 + n, ()),
    "product": (
        "induction",
        Product(1 + p ** (2**k), (k, 0, n)),
        (1 - p ** (2 ** (n + 1))) / (1 - p),
        (1 - p ** (2**n)) / (1 - p),
        (),
    ),
    "Vandermonde": (
        "telescoping",
        Sum(binomial(n, k) ** 2, (k, 0, n)),
        binomial(2 * n, n),
        binomial(2 * n, n + 1),
        (),
    ),
    "Gosper": ("telescoping", Sum((-1) ** k * binomial(n, k) / (k + 1), (k, 0, n)), 1 / (n + 1), 1 / (n + 2), ()),
    "dilogarithm": (
        "derivative",
        sp.polylog(2, p / (1 + p)) + sp.polylog(2, -p),
        -(log(1 + p) ** 2) / 2,
        -(log(1 + p) ** 2) / 3,
        (),
    ),
    "Kummer": (
        "differential equation",
        sp.hyper((nu,), (q,), x),
        exp(x) * sp.hyper((q - nu,), (q,), -x),
        exp(x) * sp.hyper((nu,), (q,), -x),
        (),
    ),
    "exponential series": ("series", Sum(x**k / factorial(k), (k, 0, oo)), exp(x), exp(x) + x, ()),
    "Basel": ("series", Sum(1 / k**2 / (k + 1), (k, 1, oo)), pi**2 / 6 - 1, pi**2 / 6 - Rational(2, 3), ()),
    "Gauss": ("integral", Integral(exp(-p * x**2), (x, -oo, oo)), sqrt(pi / p), sqrt(pi / p) / 2, ()),
    "arctangent": (
        "integral",
        Integral(1 / (x**2 + p**2), (x, 0, q)),
        sp.atan(q / p) / p,
        sp.atan(p / q) / p,
        (),
    ),
    "right half plane": ("branches", log(z**2 * w), 2 * log(z) + log(w), log(z) + 2 * log(w), right),
    "cosine on a strip": ("branches", sp.acos(cos(x)), 2 * pi - x, x, (sp.Ge(x, pi), sp.Le(x, 2 * pi))),
    "Lambert": ("branches", sp.LambertW(q * log(q)), log(q), q, (sp.Gt(q, 1),)),
    "hermite floor": ("rounding", sp.floor(2 * x), sp.floor(x) + sp.floor(x + Rational(1, 2)), 2 * sp.floor(x), ()),
    "quotients": (
        "rounding",
        sp.ceiling(whole / d),
        sp.floor((whole + d - 1) / d),
        sp.floor((whole + d) / d),
        (),
    ),
    "parity": ("rounding", sp.Mod(whole**2, 2), sp.Mod(whole, 2), 1 - sp.Mod(whole, 2), ()),
    "floors in floors": ("rounding", sp.floor(sp.floor(x) / d), sp.floor(x / d), sp.floor(x) / d, ()),
    "halves": ("casework", sp.Heaviside(x), (1 + sp.sign(x)) / 2, (1 - sp.sign(x)) / 2, ()),
    "reciprocals": ("casework", sp.atan(x) + sp.atan(1 / x), sp.sign(x) * pi / 2, pi / 2, ()),
    "either of two": ("casework", log(x * y), log(x) + log(y), log(x) - log(y), (sp.Or(x > 0, y > 0),)),
    "upper negation": ("casework", whole * binomial(whole - 1, k - 1), k * binomial(whole, k), binomial(whole, k), ()),
    "nested radicals": (
        "separation bound",
        sp.cbrt(sp.cbrt(2) - 1),
        sp.cbrt(Rational(1, 9)) - sp.cbrt(Rational(2, 9)) + sp.cbrt(Rational(4, 9)),
        sp.cbrt(Rational(1, 9)) + sp.cbrt(Rational(2, 9)) - sp.cbrt(Rational(4, 9)),
        (),
    ),
    "Machin": ("exponential", 4 * sp.atan(Rational(1, 5)) - sp.atan(Rational(1, 239)), pi / 4, pi / 5, ()),
    "half-angle": (
        "substitution",
        Integral(1 / (p * cos(x) ** 2 + q * sin(x) ** 2), (x, 0, pi / 2)),
        pi / (2 * sqrt(p * q)),
        pi / sqrt(p * q),
        (),
    ),
    "triangle": ("integral", Integral(x * y, (y, 0, x), (x, 0, p)), p**4 / 8, p**4 / 6, ()),
    "waves": (
        "integral",
        Integral(cos(p * x) / (x**2 + q**2), (x, 0, oo)),
        pi * exp(-p * q) / (2 * q),
        pi * exp(-p * q) / q,
        (),
    ),
    "Fourier": (
        "series",
        Sum(cos(k * x) / k**2, (k, 1, oo)),
        pi**2 / 6 - pi * x / 2 + x**2 / 4,
        pi**2 / 6 + pi * x / 2 + x**2 / 4,
        (sp.Ge(x, 0), sp.Le(x, 2 * pi)),
    ),
    "linear factors": ("written out", Product((n + k) / k, (k, 1, n)), binomial(2 * n, n), binomial(2 * n + 1, n), ()),
    "slack": (
        "slack",
        binomial(n, m) * binomial(m, j),
        binomial(n, j) * binomial(n - j, m - j),
        binomial(n, j) * binomial(n - m, m - j),
        (sp.Le(j, m), sp.Le(m, n)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_true_is_proved_with_a_certificate_that_replays(name: str) -> None:
    kind, lhs, rhs, _, assuming = CASES[name]
    decision = decide(lhs, rhs, assuming=assuming)
    assert decision.verdict == "proved", decision
    assert [certificate.kind for certificate in decision.certificates] == [kind]
    assert decision.points > 0
    assert decision.replay()


@pytest.mark.parametrize("name", CASES)
def test_a_near_miss_is_refuted(name: str) -> None:
    _, lhs, _, false, assuming = CASES[name]
    decision = decide(lhs, false, assuming=assuming)
    assert decision.verdict == "refuted", decision
    assert decision.witness is not None
    assert not decision.replay()


@pytest.mark.parametrize("name", CASES)
def test_a_certificate_of_something_else_does_not_replay(name: str) -> None:
    _, lhs, rhs, false, assuming = CASES[name]
    decision = decide(lhs, rhs, assuming=assuming)
    (certificate,) = decision.certificates
    other = decide(lhs, false, assuming=assuming)
    assert not other.certificates
    forged = replace(certificate, problem=replace(certificate.problem, rhs=certificate.problem.rhs + 1))
    assert not replace(decision, certificates=(forged,)).replay()


def test_a_forged_telescoping_certificate_is_noticed() -> None:
    _, lhs, rhs, _, _ = CASES["Vandermonde"]
    (certificate,) = decide(lhs, rhs).certificates
    data = tuple((key, 2 * value if key == "certificate" else value) for key, value in certificate.data)
    forged = replace(certificate, data=data)
    assert not Decision("proved", "", certificates=(forged,)).replay()


def test_matrices_are_decided_entry_by_entry() -> None:
    turn = sp.Matrix([[cos(x), -sin(x)], [sin(x), cos(x)]])
    decision = decide(turn * turn.subs(x, y), turn.subs(x, x + y))
    assert decision.verdict == "proved"
    assert len(decision.certificates) == 4
    assert decision.replay()
    false = decide(turn**2, turn.subs(x, 3 * x))
    assert false.verdict == "refuted"
    assert false.note == "entry 1, 1"
    assert decide(sp.Determinant(turn), 1).verdict == "proved"
    with pytest.raises(ValueError, match="different shapes"):
        decide(turn, sp.eye(3))


TRAPS = {
    "the range runs backwards": (Integral(sp.Abs(x), (x, 0, y)), y**2 / 2),
    "a step where the sign is not known": (Integral(sp.sign(x - y), (x, 0, 1)), 1 - 2 * y),
    "angles that add up to more than a turn": (log(z * w), log(z) + log(w)),
    "an arccosine beyond its strip": (sp.acos(cos(x)), x),
    "a floor at a break point": (sp.floor(x) + sp.floor(-x), sp.Integer(-1)),
    "an algebraic number that is small": (sqrt(2) + sqrt(3), sqrt(5 + 2 * sqrt(6)) + Rational(1, 10**40)),
    "arctangents a turn apart": (sp.atan(1) + sp.atan(2) + sp.atan(3), sp.Integer(0)),
    "a wave that does not decay": (Integral(cos(x), (x, 0, oo)), sp.Integer(0)),
    "a Fourier series beyond its period": (Sum(cos(k * x) / k**2, (k, 1, oo)), pi**2 / 6 - pi * x / 2 + x**2 / 4),
    "the root of a product": (sqrt(z**2 - 1), sqrt(z - 1) * sqrt(z + 1)),
    "orthogonality forgets equal indices": (Integral(cos(m * x) * cos(n * x), (x, 0, pi)), sp.Integer(0)),
    "the square of a sine at frequency zero": (Integral(sin(n * x) ** 2, (x, 0, pi)), pi / 2),
    "a singularity inside": (Integral(1 / x**2, (x, -1, 1)), sp.Integer(-2)),
    "a series that diverges": (Sum((-1) ** k, (k, 0, oo)), Rational(1, 2)),
    "a series outside its circle": (Sum(x**k, (k, 0, oo)), 1 / (1 - x)),
    "a tangent that jumps": (Integral(1 / (2 + cos(x)), (x, 0, 2 * pi)), sp.Integer(0)),
    "almost Basel": (Sum(1 / k**2, (k, 1, oo)), pi**2 / 6 + Rational(1, 10**30)),
    "an empty sum": (Sum(binomial(n, k), (k, 0, n - 1)), 2**n - 1 + sp.KroneckerDelta(n, 3)),
    "a jump of the arctangent": (sp.atan(x) + sp.atan(y), sp.atan((x + y) / (1 - x * y))),
    "cot sums": (sp.acot(x), sp.atan(1 / x) + sp.Heaviside(x - 40, 0)),
}


@pytest.mark.parametrize("name", TRAPS)
def test_traps_are_not_proved(name: str) -> None:
    lhs, rhs = TRAPS[name]
    assert decide(lhs, rhs, timeout=60).verdict != "proved"


def test_hypotheses_are_offered_with_a_witness_outside() -> None:
    z = sp.Symbol("z")
    for lhs, rhs, needs in (
        (sqrt(z**2), z, "z ≥ 0"),
        (log(x**2), 2 * log(x), "x ≥ 0"),
        (sp.atan(x) + sp.atan(1 / x), pi / 2, "x > 0"),
        (sp.Abs(x - y), x - y, "x ≥ y"),
        (x, x + 1, None),
    ):
        decision = decide(lhs, rhs)
        assert decision.verdict == "refuted"
        assert decision.needs == needs
    assert decide(sqrt(z**2), z, suggest=False).needs is None


@pytest.mark.parametrize(
    "assuming",
    [
        sp.Contains(sp.Symbol("z"), sp.S.Naturals),
        sp.Contains(sp.Symbol("z"), sp.Interval(2, 5)),
        sp.And(sp.Symbol("z") > 1, sp.Symbol("z") < 3),
        sp.Not(sp.Symbol("z") <= 0),
        (sp.Symbol("z") >= 0, sp.Ne(sp.Symbol("z"), 2)),
    ],
)
def test_assumptions_are_sympy_booleans(assuming) -> None:
    z = sp.Symbol("z")
    assert decide(sqrt(z**2), z, assuming=assuming).verdict == "proved"


def test_a_disjunction_is_part_of_the_domain() -> None:
    either = sp.Or(sp.Eq(x, 0), x > 1)
    decision = decide(x * sp.Abs(x), x**2, assuming=either)
    assert decision.verdict in ("proved", "supported")
    wrong = decide(x, 0, assuming=either)
    assert wrong.verdict == "refuted"
    assert sp.Rational((wrong.witness or {})["x"]) > 1
