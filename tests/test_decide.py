"""Identities that must be proved, near-misses and traps that must be refuted, and what the decider may not do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Eq,
    I,
    Rational,
    acos,
    asin,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    exp,
    log,
    pi,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

from derive.decision import Decision, SoundnessError, decide

a, b, c, d, e, f, x, y, z, h, s = sp.symbols("a b c d e f x y z h s")
x1, x2, x3, x4, y1, y2, y3 = sp.symbols("x1:5 y1:4")
p, q, r, sigma, tau = sp.symbols("p q r sigma tau", positive=True)
u, v, w, m, t = sp.symbols("u v w m t", real=True)
k = sp.Symbol("k", integer=True)
n = sp.Symbol("n", integer=True, nonnegative=True)
F, G = sp.Function("F"), sp.Function("G")


def lagrange(power: int) -> sp.Expr:
    nodes = (x1, x2, x3, x4)
    return sp.Add(*(xk**power * sp.prod((z - xm) / (xk - xm) for xm in nodes if xm != xk) for xk in nodes))


PERMUTATIONS = (((0, 1, 2), 1), ((1, 2, 0), 1), ((2, 0, 1), 1), ((0, 2, 1), -1), ((1, 0, 2), -1), ((2, 1, 0), -1))


def cauchy() -> tuple[sp.Expr, sp.Expr]:
    rows, columns = (x1, x2, x3), (y1, y2, y3)
    det = sp.Add(
        *(
            sign * sp.prod(1 / (rows[i] + columns[j]) for i, j in enumerate(order))
            for order, sign in (
                ((0, 1, 2), 1),
                ((1, 2, 0), 1),
                ((2, 0, 1), 1),
                ((0, 2, 1), -1),
                ((1, 0, 2), -1),
                ((2, 1, 0), -1),
            )
        )
    )
    above = sp.prod((rows[i] - rows[j]) * (columns[i] - columns[j]) for i in range(3) for j in range(i))
    return det, above / sp.prod(xi + yj for xi in rows for yj in columns)


def pauli(left: tuple, right: tuple) -> tuple[sp.Expr, sp.Expr]:
    """One entry of (a.sigma)(b.sigma) = a.b + i sigma.(a x b)."""
    matrices = (sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -I], [I, 0]]), sp.Matrix([[1, 0], [0, -1]]))
    a_sigma = sum((c_ * m_ for c_, m_ in zip(left, matrices, strict=True)), sp.zeros(2))
    b_sigma = sum((c_ * m_ for c_, m_ in zip(right, matrices, strict=True)), sp.zeros(2))
    cross = sp.Matrix(left).cross(sp.Matrix(right))
    both = sp.Matrix(left).dot(sp.Matrix(right)) * sp.eye(2)
    for c_, m_ in zip(cross, matrices, strict=True):
        both += I * c_ * m_
    return (a_sigma * b_sigma)[0, 1], both[0, 1]


gauss = -((u - m) ** 2) / (2 * sigma**2) - log(2 * pi * sigma**2) / 2

# name -> (lhs, rhs, a summand that makes it false wherever it is not zero)
IDENTITIES: dict[str, tuple[sp.Expr, sp.Expr]] = {
    # rational functions
    "difference of squares": ((x**2 - 1) / (x - 1), x + 1),
    "partial fractions": (1 / (x * (x + 1)), 1 / x - 1 / (x + 1)),
    "partial fractions 3": (1 / ((x - a) * (x - b)), (1 / (x - a) - 1 / (x - b)) / (a - b)),
    "cube of x + 1/x": ((x + 1 / x) ** 3, x**3 + 1 / x**3 + 3 * (x + 1 / x)),
    "fifth of x + 1/x": (
        x**5 + x**-5,
        (x + 1 / x) ** 5 - 5 * (x + 1 / x) ** 3 + 5 * (x + 1 / x),
    ),
    "Lagrange 0": (lagrange(0), sp.Integer(1)),
    "Lagrange 3": (lagrange(3), z**3),
    "Sherman-Morrison scalar": (1 / (a + b * c), 1 / a - (b / a) * (c / a) / (1 + c * b / a)),
    "Sherman-Morrison 2x2": (
        ((sp.diag(a, b) + sp.Matrix([c, d]) * sp.Matrix([[e, f]])).inv()[0, 0]),
        1 / a - (c * e / a**2) / (1 + c * e / a + d * f / b),
    ),
    "Woodbury": (1 / (1 / a + c**2 / b), a - a * c / (b + c * a * c) * c * a),
    "Schur complement": (sp.Matrix([[a, b], [c, d]]).inv()[0, 0], 1 / (a - b * c / d)),
    "Schur determinant": (a * d - b * c, d * (a - b / d * c)),
    "Cauchy determinant": cauchy(),
    "continued fraction": (1 / (a + 1 / (b + 1 / c)), (b * c + 1) / (a * b * c + a + c)),
    "geometric sum": (sum(x**i for i in range(7)), (x**7 - 1) / (x - 1)),
    "Brahmagupta": ((a**2 + b**2) * (c**2 + d**2), (a * c - b * d) ** 2 + (a * d + b * c) ** 2),
    "Vandermonde 3": (
        sp.Matrix([[1, a, a**2], [1, b, b**2], [1, c, c**2]]).det(),
        (b - a) * (c - a) * (c - b),
    ),
    "Neumann remainder": (1 / (a + s * b), 1 / a - s * b / a**2 + s**2 * b**2 / (a**2 * (a + s * b))),
    "complex inverse": (1 / (a + I * b), (a - I * b) / (a**2 + b**2)),
    "power of i": ((1 + I * x) ** 4 + (1 - I * x) ** 4, 2 - 12 * x**2 + 2 * x**4),
    "Pauli": pauli((a, b, c), (d, e, f)),
    # finite differences
    "central difference": (((x + h) ** 3 - (x - h) ** 3) / (2 * h), 3 * x**2 + h**2),
    "second difference": (((x + h) ** 4 - 2 * x**4 + (x - h) ** 4) / h**2, 12 * x**2 + 2 * h**2),
    "lattice Laplacian": (exp(I * u * h) + exp(-I * u * h) - 2, -4 * sin(u * h / 2) ** 2),
    "summation by parts": ((F(x + h) - F(x)) * G(x) + F(x + h) * (G(x + h) - G(x)), F(x + h) * G(x + h) - F(x) * G(x)),
    # Gaussians
    "log of a Gaussian": (log(exp(-((u - m) ** 2) / (2 * sigma**2)) / sqrt(2 * pi * sigma**2)), gauss),
    "product of Gaussians": (
        -((u - m) ** 2) / (2 * p) - (u - w) ** 2 / (2 * q),
        -((u - (m * q + w * p) / (p + q)) ** 2) * (p + q) / (2 * p * q) - (m - w) ** 2 / (2 * (p + q)),
    ),
    "Kullback-Leibler": (
        log(tau / sigma) + (sigma**2 + m**2) / (2 * tau**2) - Rational(1, 2),
        (log(tau**2) - log(sigma**2) + sigma**2 / tau**2 + m**2 / tau**2 - 1) / 2,
    ),
    "log sum": (log(exp(u) + exp(v)), u + log(1 + exp(v - u))),
    "entropy": (log(2 * pi * sp.E * sigma**2) / 2, Rational(1, 2) + log(2 * pi) / 2 + log(sigma)),
    # exponentials and powers
    "exp of a sum": (exp(x + y), exp(x) * exp(y)),
    "exp difference of squares": (exp(2 * x) - exp(-2 * x), (exp(x) - exp(-x)) * (exp(x) + exp(-x))),
    "exp tower": (exp(exp(x + log(p))), exp(p * exp(x))),
    "exp tower 2": (exp(exp(2 * x) - 1), exp((exp(x) - 1) * (exp(x) + 1))),
    "sigmoid": (1 / (1 + exp(-u)), exp(u) / (1 + exp(u))),
    "sigmoid tanh": (1 / (1 + exp(-u)), (1 + tanh(u / 2)) / 2),
    "sigmoid derivative": (exp(-u) / (1 + exp(-u)) ** 2, 1 / (1 + exp(-u)) * (1 - 1 / (1 + exp(-u)))),
    "powers": (p**a * p**b / p ** (a - b), p ** (2 * b)),
    "power of a product": ((p * q) ** u, p**u * q**u),
    "integer power of a product": ((a * b) ** k, a**k * b**k),
    "softplus": (log(1 + exp(u)), u + log(1 + exp(-u))),
    # trigonometry
    "Pythagoras": (sin(x) ** 2 + cos(x) ** 2, sp.Integer(1)),
    "sine of a sum": (sin(x + y), sin(x) * cos(y) + cos(x) * sin(y)),
    "cosine of three": (
        cos(x + y + z),
        cos(x) * cos(y) * cos(z) - cos(x) * sin(y) * sin(z) - sin(x) * cos(y) * sin(z) - sin(x) * sin(y) * cos(z),
    ),
    "tangent of a sum": (tan(x + y), (tan(x) + tan(y)) / (1 - tan(x) * tan(y))),
    "half angle": (tan(x / 2), sin(x) / (1 + cos(x))),
    "fifth multiple": (sin(5 * x), 16 * sin(x) ** 5 - 20 * sin(x) ** 3 + 5 * sin(x)),
    "product to sum": (2 * sin(x) * sin(y), cos(x - y) - cos(x + y)),
    "Dirichlet kernel": (1 + 2 * cos(x) + 2 * cos(2 * x), sin(5 * x / 2) / sin(x / 2)),
    "heptagon": (cos(pi / 7) - cos(2 * pi / 7) + cos(3 * pi / 7), Rational(1, 2)),
    "triangle": (tan(x) + tan(y) + tan(-x - y), tan(x) * tan(y) * tan(-x - y)),
    "Euler": (exp(I * x), cos(x) + I * sin(x)),
    "eighth root": (exp(I * pi / 4), (1 + I) / sqrt(2)),
    "asin acos": (asin(x) + acos(x), pi / 2),
    "sine of two atan": (sin(2 * atan(u)), 2 * u / (1 + u**2)),
    # hyperbolic functions
    "hyperbolic Pythagoras": (cosh(x) ** 2 - sinh(x) ** 2, sp.Integer(1)),
    "cosh of a sum": (cosh(x + y), cosh(x) * cosh(y) + sinh(x) * sinh(y)),
    "tanh double": (tanh(2 * x), 2 * tanh(x) / (1 + tanh(x) ** 2)),
    "asinh": (asinh(u), log(u + sqrt(u**2 + 1))),
    "rotation": (cosh(I * x), cos(x)),
    # logarithms
    "log of a product": (log(p * q / r), log(p) + log(q) - log(r)),
    "log of a power": (log(p**u * sqrt(q)), u * log(p) + log(q) / 2),
    "log of a square": (log(p**2), 2 * log(p)),
    "log of a sum": (log(p**2 + 2 * p * q + q**2), 2 * log(p + q)),
    "log of integers": (log(12), 2 * log(2) + log(3)),
    "log modulus": (log(u**2), 2 * log(Abs(u))),
    # roots
    "product of roots": (sqrt(p + q) * sqrt(p - q), sqrt(p**2 - q**2)),
    "rationalised": (1 / (sqrt(p) + sqrt(q)), (sqrt(p) - sqrt(q)) / (p - q)),
    "nested root": (sqrt(3 + 2 * sqrt(2)), 1 + sqrt(2)),
    "nested root 2": (sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(3)),
    "nested symbolic root": (sqrt(p + 2 * sqrt(p) + 1), sqrt(p) + 1),
    "nested root of two": (sqrt(p + q + 2 * sqrt(p * q)), sqrt(p) + sqrt(q)),
    "mixed roots": (p ** Rational(1, 3) * p ** Rational(1, 6) / sqrt(p + p**2), 1 / sqrt(1 + p)),
    "modulus of a product": (Abs(u * v), Abs(u) * Abs(v)),
    "root of a square": (sqrt(u**2 - 2 * u * v + v**2), Abs(u - v)),
    "relativistic": (sqrt(p**2 + u**2 * p**2), p * sqrt(1 + u**2)),
    "maximum": (sp.Max(u, v) + sp.Min(u, v), u + v),
    "conjugate": (x * sp.conjugate(x), Abs(x) ** 2),
    # integers
    "parity": (cos(x + pi * k), (-1) ** k * cos(x)),
    "factorials": (sp.factorial(n + 2) / sp.factorial(n), (n + 1) * (n + 2)),
    "Pascal": (sp.binomial(n, 2) + sp.binomial(n, 3), sp.binomial(n + 1, 3)),
    "sum of integers": (sp.Sum(k, (k, 1, n)), n * (n + 1) / 2),
    "sum of powers": (sp.Sum(x**k, (k, 0, n)), (x ** (n + 1) - 1) / (x - 1)),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_true_identities_are_proved(name: str) -> None:
    lhs, rhs = IDENTITIES[name]
    decision = decide(lhs, rhs)
    assert decision.verdict == "proved", decision
    assert decision.witness is None
    assert "simplify" not in decision.method


def near_miss(expr: sp.Expr) -> sp.Expr:
    """The same expression with one rational coefficient changed (or, without one, a factor 2 on one term)."""
    terms = sp.Add.make_args(expr)
    term = terms[len(terms) // 2]
    return expr - term + term * Rational(4, 3) if term != 0 else expr + 1


@pytest.mark.parametrize("name", IDENTITIES)
def test_near_misses_are_refuted_with_a_witness(name: str) -> None:
    lhs, rhs = IDENTITIES[name]
    decision = decide(lhs, near_miss(rhs))
    assert decision.verdict == "refuted", decision
    assert decision.witness is not None
    assert decision.witness_lhs != decision.witness_rhs


TRAPS = {
    "log of a square": (log(u**2), 2 * log(u), {"u": "-1"}),
    "root of a square": (sqrt(x**2), x, {"x": "-1"}),
    "power of a power": ((x**a) ** b, x ** (a * b), None),
    "log of a real product": (log(u * v), log(u) + log(v), {"u": "-1", "v": "-2"}),
    "roots of a real product": (sqrt(u) * sqrt(v), sqrt(u * v), {"u": "-1", "v": "-2"}),
    "asin of sin": (asin(sin(u)), u, None),
    "atan of tan": (atan(tan(u)), u, None),
    "acos of cos": (acos(cos(u)), u, None),
    "argument wraps": (sp.arg(x * y), sp.arg(x) + sp.arg(y), None),
    "log of exp": (log(exp(x)), x, None),
    "complex power of a product": ((a * b) ** c, a**c * b**c, None),
    "atan2": (sp.atan2(u, v), atan(u / v), None),
    "sum of atan": (atan(u) + atan(1 / u), pi / 2, None),
    "sign squared": (sp.sign(u) ** 2, sp.Integer(1), {"u": "0"}),
    "coinciding indices": (sp.KroneckerDelta(k, n), sp.Integer(0), None),
    "floor": (sp.floor(u), u, None),
    "branch of Piecewise": (sp.Piecewise((1, u > 0), (2, True)), sp.Integer(1), {"u": "-1"}),
    "function of another argument": (F(x) * F(y), F(x) ** 2, None),
    "cube root of a negative": ((u**3) ** Rational(1, 3), u, {"u": "-1"}),
    "close but not equal": (exp(pi * sqrt(163)), sp.Integer(640320) ** 3 + 744, {}),
}


@pytest.mark.parametrize("name", TRAPS)
def test_traps_are_refuted(name: str) -> None:
    lhs, rhs, witness = TRAPS[name]
    decision = decide(lhs, rhs)
    assert decision.verdict == "refuted", decision
    assert witness is None or decision.witness == witness


CONDITIONAL = {
    "log of a square": (log(x**2), 2 * log(x), {x: "positive"}, ()),
    "root of a square": (sqrt((u - v) ** 2), u - v, {}, (u > v,)),
    "roots of a product": (sqrt(x) * sqrt(y), sqrt(x * y), {x: "nonnegative"}, ()),
    "atanh": (atanh(u), log((1 + u) / (1 - u)) / 2, {}, (u > -1, u < 1)),
    "interval": (log((1 - u) / (1 + u)), log(1 - u) - log(1 + u), {u: sp.Interval.open(-1, 1)}, ()),
    "unit spin": ((1 + b * a) ** 2, 1 + 2 * a * b + a**2, {}, (Eq(b**2, 1),)),
    "substitution": (a**2 - b**2, a - b, {}, (Eq(a + b, 1),)),
    "negative": (log(x), log(-x) + I * pi, {x: "negative"}, ()),
    "integer": (exp(2 * pi * I * x), sp.Integer(1), {x: "integer"}, ()),
    "Piecewise": (sp.Piecewise((1, x > 0), (2, True)), sp.Integer(1), {x: "positive"}, ()),
}


def test_at_most_one_of_two_factors_is_negative() -> None:
    """So that log(1 - u**2) needs no interval, as the quotient does."""
    assert decide(log(1 - u**2), log(1 - u) + log(1 + u)).verdict == "proved"


@pytest.mark.parametrize("name", CONDITIONAL)
def test_the_domain_decides(name: str) -> None:
    lhs, rhs, domain, assuming = CONDITIONAL[name]
    assert decide(lhs, rhs, domain=domain, assuming=assuming).verdict == "proved"
    without = decide(lhs, rhs).verdict
    assert without in ("refuted", "supported"), without  # supported: atanh is not evaluated on its branch cuts


def test_agreement_at_points_is_never_a_proof() -> None:
    decision = decide(sp.airyai(p), sqrt(p / 3) / pi * sp.besselk(Rational(1, 3), Rational(2, 3) * p ** Rational(3, 2)))
    assert decision.verdict == "supported"
    assert not decision.replay()
    assert decision.points >= 20
    assert decision.digits is not None
    assert decision.digits >= 50


def test_what_cannot_be_evaluated_is_open() -> None:
    decision = decide(sp.Integral(F(x), (x, 0, 1)), sp.Integral(G(x), (x, 0, 1)))
    assert decision.verdict == "open"
    assert "no value" in decision.note


def test_an_identity_around_an_integral_is_proved_whatever_its_value() -> None:
    integral = sp.Integral(F(x), (x, 0, 1))
    assert decide((1 + y) * integral - y * integral, integral).verdict == "proved"


def test_vanishing_denominators_are_open_and_others_are_hypotheses() -> None:
    assert decide(1 / (sin(x) ** 2 + cos(x) ** 2 - 1), 1).verdict == "open"
    assert decide(1 / (x * (x + 1)), 1 / x - 1 / (x + 1)).hypotheses == ("x + 1 ≠ 0", "x ≠ 0")


def test_a_witness_satisfies_the_assumptions() -> None:
    decision = decide(u, v, assuming=(u < v, v < 0))
    assert decision.verdict == "refuted"
    values = {name: Rational(value) for name, value in (decision.witness or {}).items()}
    assert values["u"] < values["v"] < 0


def test_no_model_of_the_assumptions_is_no_proof() -> None:
    assert decide(u, u, assuming=(u**4 - u**2 + 1 < 0,)).verdict == "open"


def test_a_proof_that_the_values_contradict_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import derive.decision as module
    from derive.deciding.certificates import Certificate

    broken = lambda _, problem: Certificate("normal form", problem, (("said", "a broken rule"),))  # noqa: E731
    monkeypatch.setattr(module.Prover, "prove", broken)
    monkeypatch.setattr(module, "FILTER_POINTS", 0)
    monkeypatch.setattr(module, "COINCIDENCES", 0)
    with pytest.raises(SoundnessError, match="a broken rule"):
        decide(x, x + 1)


def test_a_timeout_ends_the_decision_as_open() -> None:
    long = sp.Add(*sp.symbols("q0:7")) ** 14 + x
    assert decide(log(long / 2), log(long) - log(2), timeout=0.2) == Decision(
        "open", "none", note="not decided within 0.2 s"
    )
    assert decide(sin(x) ** 2 + cos(x) ** 2, 1, timeout=20).verdict == "proved"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: decide("x", 1), TypeError, "left-hand side is a str"),  # type: ignore[arg-type]
        (lambda: decide(x, sp.Float("0.5")), ValueError, "exact fraction"),
        (lambda: decide(x, sp.eye(2)), TypeError, "right-hand side"),
        (lambda: decide(sp.Symbol("A", commutative=False), x), TypeError, "commuting scalar"),
        (lambda: decide(x, sp.zoo), ValueError, "undefined value zoo"),
        (lambda: decide(x, sp.oo), ValueError, "undefined value oo"),
        (lambda: decide(x, y, domain={x: "quaternion"}), ValueError, "unknown domain 'quaternion' for x"),
        (lambda: decide(x, y, domain={"x": "real"}), TypeError, "symbols as keys"),
        (lambda: decide(p, q, domain={p: "negative"}), ValueError, "contradicts its own assumptions"),
        (lambda: decide(x, sp.Symbol("x", real=True)), ValueError, "two different symbols are called x"),
        (lambda: decide(x, y, assuming=("x > 0",)), TypeError, "SymPy relations"),
        (lambda: decide(u, v, assuming=(p < 0,)), ValueError, "no point of the domain"),
        (lambda: decide(x, y, timeout=-1), ValueError, "positive number of seconds"),
    ],
)
def test_bad_input_is_named_in_one_sentence(call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


SCRIPT = """
import sympy as sp
from derive.decision import decide
x, y, z = sp.symbols("x y z")
u = sp.Symbol("u", real=True)
print(decide(sp.sqrt(x) * sp.sqrt(y) * z, sp.sqrt(x * y) * z))
print(decide(sp.sin(x + y + z), sp.sin(x + y) * sp.cos(z) + sp.cos(x + y) * sp.sin(z)))
print(decide((x**y) ** z, x ** (y * z)), decide(sp.erf(u) + sp.erfc(u), 1), decide(sp.floor(u), u))
"""


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    root = Path(__file__).resolve().parents[1]
    outputs = set()
    for seed in ("0", "1", "4242"):
        environment = {"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=root, env=environment, capture_output=True, check=True, timeout=120
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert b"refuted" in outputs.pop()


LEAVES = st.sampled_from([x, y, z, sp.Integer(1), sp.Integer(2), Rational(-1, 3)])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda ab: ab[0] + ab[1]),
        st.tuples(inner, inner).map(lambda ab: ab[0] * ab[1]),
        st.tuples(inner, inner).map(lambda ab: ab[0] - 2 * ab[1]),
        inner.map(lambda one: 1 / (1 + one**2)),
    ),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from([x, x * y, 1 + z**2, sp.Integer(1)]))
def test_random_rational_identities_and_their_mutants(one: sp.Expr, two: sp.Expr, factor: sp.Expr) -> None:
    lhs, rhs = (one + two) ** 2 * factor, (one**2 + 2 * one * two + two**2) * factor
    assert decide(lhs, rhs).verdict == "proved"
    mutant = rhs + factor / 7
    assert decide(lhs, mutant).verdict == "refuted"


def test_a_decision_is_frozen_data() -> None:
    with pytest.raises(AttributeError):
        Decision("open", "none").verdict = "proved"  # type: ignore[misc]
