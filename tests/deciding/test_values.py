"""Enclosures contain the value that an independent library computes, and there is none where nothing bounds it."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from flint import acb, arb, fmpq
from sympy import I, Integral, Rational, Sum, exp, factorial, log, oo, sin, sqrt

from derive.deciding.balls import compile_program, run
from derive.deciding.rewriting import rewritten
from derive.deciding.values import precision

x, p = sp.symbols("x p", positive=True)
k = sp.Symbol("k", integer=True)

VALUES = [
    sp.besselj(Rational(1, 3), 2), sp.bessely(2, Rational(7, 3)), sp.besseli(1, 2 + I), sp.besselk(0, 3),
    sp.airyai(Rational(-5, 2)), sp.airybiprime(1), sp.polylog(2, Rational(-3, 2)), sp.zeta(3, Rational(1, 4)),
    sp.legendre(5, Rational(1, 3)), sp.hermite(4, Rational(-2, 3)), sp.assoc_laguerre(3, Rational(1, 2), 2),
    sp.gegenbauer(4, Rational(3, 2), Rational(1, 5)), sp.jacobi(3, 1, Rational(1, 2), Rational(2, 7)),
    sp.elliptic_k(Rational(1, 3)), sp.elliptic_e(Rational(-2)), sp.uppergamma(Rational(5, 2), 2), sp.lowergamma(3, 2),
    sp.expint(3, 2), sp.Ei(-2), sp.Ei(2), sp.Si(3), sp.Ci(3), sp.fresnels(Rational(3, 2)), sp.LambertW(2),
    sp.hyper((1, Rational(1, 2)), (Rational(5, 2),), Rational(-7, 2)), sp.harmonic(Rational(7, 2)),
    sp.jn(2, Rational(3, 2)), sp.hankel1(1, 2), sp.rf(Rational(1, 2), Rational(5, 2)), sp.catalan(Rational(1, 2)),
    Sum(1 / (k**2 + 3), (k, 1, oo)), Sum((-1) ** k / (3 * k + 1), (k, 0, oo)), Sum(k**3 / factorial(k), (k, 0, oo)),
    Sum(sp.fibonacci(k) / 3**k, (k, 1, oo)), Sum(1 / sqrt(k) ** 3, (k, 1, oo)), Sum(sin(k) / 2**k, (k, 0, oo)),
    Integral(exp(-(x**3)), (x, 0, oo)), Integral(log(x) / (1 + x), (x, 0, 1)), Integral(1 / sqrt(1 - x**2), (x, -1, 1)),
    Integral(x**3 / (exp(x) - 1), (x, 0, oo)), Integral(sqrt(x) / (1 + x**2), (x, 0, oo)),
]  # fmt: skip


@pytest.mark.parametrize("expr", VALUES, ids=str)
def test_the_enclosure_contains_the_value(expr: sp.Expr) -> None:
    with precision(128):
        (value,) = run(compile_program(expr), {})
        assert value is not None
        with mpmath.workdps(25):
            reference = mpmath.mpmathify(sp.N(expr, 25))
        ball = acb(value)
        near = acb(arb(str(mpmath.re(reference))), arb(str(mpmath.im(reference))))
        assert ball.rad() < 1e-9
        assert abs(ball - near) < 1e-8


OSCILLATING = {
    Integral(sin(x) / x, (x, 0, oo)): sp.pi / 2,
    Integral(sp.cos(2 * x) / (1 + x**2), (x, 0, oo)): sp.pi * exp(-2) / 2,
    Integral(sin(x) ** 2 / x**2, (x, 0, oo)): sp.pi / 2,
    Integral(log(sin(x)), (x, 0, sp.pi / 2)): -sp.pi * log(2) / 2,
    Integral(sp.cos(x) / (x**2 + x + 1), (x, -oo, oo)): 2 * sp.pi * exp(-sqrt(3) / 2) * sp.cos(1 / sp.S(2)) / sqrt(3),
    Integral(exp(-(x**2) - 2 / x**2), (x, 0, oo)): sqrt(sp.pi) / 2 * exp(-2 * sqrt(2)),
    Sum(sp.cos(k) / k**2, (k, 1, oo)): sp.pi**2 / 6 - sp.pi / 2 + Rational(1, 4),
    Sum(sin(2 * k) / k, (k, 1, oo)): (sp.pi - 2) / 2,
    Sum(sp.cos(k) / factorial(k), (k, 0, oo)): exp(sp.cos(1)) * sp.cos(sin(1)),
}  # fmt: skip


@pytest.mark.parametrize("expr", OSCILLATING, ids=str)
def test_the_enclosure_of_what_oscillates_contains_its_closed_form(expr: sp.Expr) -> None:
    with precision(128):
        value, closed = run(compile_program(expr, OSCILLATING[expr]), {})
        assert value is not None
        assert acb(value).rad() < 1e-9
        assert (acb(value) - closed).contains(acb(0))


NO_VALUE = [
    Sum(1 / k, (k, 1, oo)), Sum((-1) ** k, (k, 0, oo)), Sum(2**k, (k, 0, oo)), Sum(k / (k + 1), (k, 1, oo)),
    Integral(1 / x, (x, 0, 1)), Integral(1 / x**2, (x, -1, 1)), Integral(exp(x), (x, 0, oo)),
    Integral(1 / x, (x, 1, oo)), Integral(sin(x), (x, 0, oo)), Integral(x * sin(x) / (1 + x), (x, 0, oo)),
    Sum(sp.cos(k), (k, 1, oo)), Sum(sp.cos(2 * sp.pi * k) / k, (k, 1, oo)),
    sp.bessely(Rational(1, 3), -2), sp.polylog(2, 3), sp.elliptic_k(2), sp.hyper((1, 1), (2,), 3),
    sp.acosh(Rational(2, 7)),
]  # fmt: skip


@pytest.mark.parametrize("expr", NO_VALUE, ids=str)
def test_what_diverges_or_lies_on_a_cut_has_no_value(expr: sp.Expr) -> None:
    with precision(128):
        assert run(compile_program(expr), {}) == [None]


nu, a, b = sp.Symbol("nu", real=True), sp.Symbol("a", positive=True), sp.Symbol("b", positive=True)
n = sp.Symbol("n", integer=True, positive=True)
RELATIONS = [
    sp.gamma(a) * sp.gamma(1 - a), sp.gamma(2 * a) / sp.gamma(a), sp.polygamma(1, a) + sp.polygamma(1, 1 - a),
    sp.polygamma(0, 3 * a) - sp.polygamma(0, a), sp.zeta(a + 2, b + 3) - sp.zeta(a + 2, b), sp.dirichlet_eta(a + 2),
    sp.zeta(a + 2, Rational(1, 3)) + sp.zeta(a + 2, Rational(2, 3)), sp.zeta(-a) * sp.zeta(1 + a),
    sp.besselj(nu + 3, a) + sp.besselj(nu, a), sp.besselk(nu + 2, a) - sp.besselk(nu, a), sp.besselj(Rational(5, 2), a),
    sp.bessely(Rational(-3, 2), a), sp.besseli(Rational(-5, 2), a), sp.besselk(Rational(3, 2), a),
    sp.besselj(nu + 1, a) * sp.bessely(nu, a) - sp.besselj(nu, a) * sp.bessely(nu + 1, a), sp.hankel2(nu, a),
    sp.besseli(nu, a) * sp.besselk(nu + 1, a) + sp.besseli(nu + 1, a) * sp.besselk(nu, a), sp.jn(2, a),
    sp.airyai(a) * sp.airybiprime(a) - sp.airyaiprime(a) * sp.airybi(a), sp.expint(a, b), sp.lowergamma(a + 2, b),
    sp.uppergamma(a + 1, b) - sp.uppergamma(a, b), sp.legendre(n + 2, a) + sp.legendre(n, a), sp.hermite(n + 2, a),
    sp.chebyshevt(n, a) * sp.chebyshevu(n, a), sp.chebyshevt(n, sp.cos(a)), sp.gegenbauer(n + 1, b, a),
    sp.assoc_laguerre(n, b, a) + sp.assoc_laguerre(n, b + 1, a), sp.exp(2 * sp.LambertW(a)), sp.erfi(a) + sp.erfc(a),
    sp.factorial2(2 * n + 1), sp.beta(a, b), sp.rf(a, n), sp.binomial(-a, n), sp.loggamma(a + 2) - sp.loggamma(a),
    sp.hyper((a, b), (a + b + 1,), 1), sp.hyper((-n, b), (a + 3,), 1), sp.harmonic(n + 1), sp.bernoulli(4, a),
    sp.elliptic_e(x) * sp.elliptic_k(1 - x) + sp.elliptic_e(1 - x) * sp.elliptic_k(x),
]  # fmt: skip


@pytest.mark.parametrize("expr", RELATIONS, ids=str)
def test_a_known_relation_holds_in_balls(expr: sp.Expr) -> None:
    reduced, _ = rewritten(expr)
    point = {nu: fmpq(4, 7), a: fmpq(5, 3), b: fmpq(2, 5), n: fmpq(3), x: fmpq(1, 3)}
    with precision(192):
        before, after = run(compile_program(expr, reduced), point)
        assert before is not None
        assert after is not None
        assert abs(acb(before) - acb(after)) < 1e-20
