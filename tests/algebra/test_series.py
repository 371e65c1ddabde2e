"""Expansions in a small parameter, held against SymPy's series on scalars."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.algebra.atoms import Sym
from derive.algebra.indexed import Poly
from derive.algebra.lowering import Lowering
from derive.algebra.series import Expansion

A, H, B = sympy.Symbol("a", positive=True), sympy.Symbol("h"), sympy.Symbol("b", positive=True)
SCALARS = {"c": A, "h": H, "w": B}
FORMULAS = [
    (r"\exp(h)", sympy.exp(H)),
    (r"\exp(c + h)", sympy.exp(A + H)),
    (r"\exp(c h)", sympy.exp(A * H)),
    (r"\log(1 + h)", sympy.log(1 + H)),
    (r"\log(c + 2 h)", sympy.log(A + 2 * H)),
    (r"\frac{1}{1 - h}", 1 / (1 - H)),
    (r"\frac{1}{(c + h)^2}", 1 / (A + H) ** 2),
    (r"\sqrt{c + h}", sympy.sqrt(A + H)),
    (r"(1 + h)^{\frac{3}{2}}", (1 + H) ** sympy.Rational(3, 2)),
    (r"(1 + c h + h^2)^{-\frac{1}{2}}", (1 + A * H + H**2) ** sympy.Rational(-1, 2)),
    (r"\exp(h) \log(1 + h)", sympy.exp(H) * sympy.log(1 + H)),
    (r"\frac{\exp(h)}{1 + h}", sympy.exp(H) / (1 + H)),
    (r"\sin(h)", sympy.sin(H)),
    (r"\cos(c + h)", sympy.cos(A + H)),
    (r"\sinh(h) \cosh(h)", sympy.sinh(H) * sympy.cosh(H)),
    (r"\exp(\sin(h))", sympy.exp(sympy.sin(H))),
    (r"\log(\exp(h) + 1)", sympy.log(sympy.exp(H) + 1)),
]  # fmt: skip


def to_sympy(poly: Poly) -> sympy.Expr:
    """A part of an expansion, with symbols, functions and roots of polynomials as SymPy has them."""
    total = sympy.Integer(0)
    for term, coefficient in poly.terms:
        product = sympy.Rational(coefficient.numerator, coefficient.denominator)
        for which, power in term.factors:
            if isinstance(which, Sym):
                base = SCALARS[which.name]
            else:
                inner = to_sympy(which.argument if hasattr(which, "argument") else which.base)  # type: ignore[attr-defined]
                base = getattr(sympy, which.name)(inner) if hasattr(which, "name") else inner
            product *= base ** sympy.Rational(power.numerator, power.denominator)
        total += product
    return total


def expand(bench, text: str, order: int) -> sympy.Expr:
    lowering = Lowering(bench.scope)
    parts = Expansion(lowering, "s").parts(bench.poly(text), Fraction(order))
    assert all(weight <= order for weight in parts)
    return to_sympy(sum(parts.values(), Poly()))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(("text", "expected"), FORMULAS, ids=[text for text, _ in FORMULAS])
def test_expansions_are_those_of_sympy(bench, text: str, expected: sympy.Expr, order: int) -> None:
    taylor = sum(sympy.diff(expected, H, n).subs(H, 0) * H**n / sympy.factorial(n) for n in range(order + 1))
    difference = expand(bench, text, order) - taylor
    for value in (sympy.Rational(3, 2), sympy.Rational(7, 5)):
        at = difference.subs({A: value, H: sympy.Rational(2, 3)})
        assert abs(sympy.N(at, 30)) < sympy.Float("1e-25"), sympy.simplify(difference)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(-4, 4), min_size=2, max_size=4), st.integers(1, 3), st.integers(1, 4))
def test_powers_of_random_polynomials(bench, coefficients: list[int], power: int, order: int) -> None:
    """1/(1 + c1 h + c2 h² + …)^p, by the recursion for the reciprocal power of a power series."""
    inside = " ".join(f"{'+' if c >= 0 else '-'} {abs(c)} h^{n}" for n, c in enumerate(coefficients, 1))
    found = expand(bench, rf"\frac{{1}}{{(1 {inside})^{power}}}", order)
    series = [Fraction(1)] + [Fraction(c) for c in coefficients] + [Fraction(0)] * order
    result = [Fraction(1)]
    for n in range(1, order + 1):
        result.append(sum((-Fraction(power) * k - (n - k)) * series[k] * result[n - k] for k in range(1, n + 1)) / n)
    expected = sum(sympy.Rational(c.numerator, c.denominator) * H**n for n, c in enumerate(result))
    assert sympy.expand(found - expected) == 0


def test_sums_are_expanded_under_their_sign(bench) -> None:
    assert bench.proves_to_order(r"\sum_i \frac{1}{1 + h x_i} \approx N - h \sum_i x_i", 1)[0].shown
    assert bench.proves_to_order(r"\prod_i (1 + g w_i) \approx 1 + g \sum_i w_i", 1)[0].shown
    assert not bench.proves_to_order(r"\prod_i (1 + g w_i) \approx 1 + g \sum_i w_i", 2)[0].shown
    second = r"\prod_i (1 + g w_i) \approx 1 + g \sum_i w_i + \frac{g^2}{2} \sum_i \sum_{j \neq i} w_i w_j"
    assert bench.proves_to_order(second, 2)[0].shown


def test_what_has_no_expansion_says_so(bench) -> None:
    answer, remainder = bench.proves_to_order(r"\exp(\frac{1}{g}) \approx 1", 1)
    assert not answer.shown
    assert remainder is None
    assert answer.why.endswith("of something that grows as the small parameter vanishes")
