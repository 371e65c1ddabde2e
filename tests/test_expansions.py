# ruff: noqa: E501 (a formula stands on one line)
"""Series beyond the print: exact remainders of matrix series, lines of a paper to any order, and what guards them."""

from __future__ import annotations

import doctest
import random
import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import comb, factorial
from pathlib import Path

import pytest
from flint import acb, acb_mat, arb, arb_mat, ctx, fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.algebra.rules import Rule
from derive.algebra.series import Expansion
from derive.comparison import comparisons, slope, worlds
from derive.errors import DeriveError, EncodingError, UnknownName
from derive.expansions import (
    InverseSeries,
    LogDeterminantSeries,
    PowerSeries,
    expand,
    lines,
    log_determinant,
    neumann,
)
from derive.expansions.splits import GENERIC, MATRICES, confirmed
from derive.expression import Add, Call, Det, Expr, Frac, Identity, Mul, Neg, Number, Pow, Symbol
from derive.judgement import SoundnessError
from derive.latex.reader import read_expression
from derive.latex.tokens import tokens
from derive.methods import exact, order
from derive.methods.goal import Goal
from derive.paper import load_paper
from derive.verify import Verifier

PAGE = Path(__file__).resolve().parents[1] / "docs" / "expansions.md"
PAPER = "inference-2024-07"
ORDERS = range(6)


# -- random matrices -------------------------------------------------------------------------------------------------

Values = Mapping[str, fmpq_mat]


def rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def drawn(seed: int, size: int, scale: int = 1) -> Values:
    """A and F of one size with random rational entries, A with a heavy diagonal so that A + tF is invertible."""
    rng = random.Random(seed)
    leading = fmpq_mat(size, size, [fmpq(rng.randint(-9, 9), 7) for _ in range(size * size)])
    rest = fmpq_mat(size, size, [fmpq(rng.randint(-9, 9), 11 * scale) for _ in range(size * size)])
    for i in range(size):
        leading[i, i] += 3 * size
    return {r"\mathbf{A}": leading, r"\mathbf{F}": rest}


def matrix_of(expr: Expr, at: Values, t: fmpq) -> fmpq_mat:
    """The matrix of a tree, exactly, by code that shares nothing with the program but the tree."""
    size = at[r"\mathbf{A}"].nrows()
    one = fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
    match expr:
        case Symbol(name=name):
            return at[name]
        case Identity():
            return one
        case Add(terms=terms):
            total = matrix_of(terms[0], at, t)
            for term in terms[1:]:
                total = total + matrix_of(term, at, t)
            return total
        case Neg(term=term):
            return matrix_of(term, at, t) * fmpq(-1)
        case Mul(factors=factors):
            product = one
            for factor in factors:
                product = product * (
                    number_of(factor, at, t) if factor.type.kind == "scalar" else matrix_of(factor, at, t)
                )
            return product
        case Pow(base=base, exponent=Neg()):
            return matrix_of(base, at, t).inv()
        case Pow(base=base, exponent=Number(value=value)):
            power = one
            for _ in range(int(value)):
                power = power * matrix_of(base, at, t)
            return power
    raise TypeError(expr)


def number_of(expr: Expr, at: Values, t: fmpq) -> fmpq:
    match expr:
        case Symbol(name="t"):
            return t
        case Number(value=value):
            return rational(value)
        case Frac(top=top, bottom=bottom):
            return number_of(top, at, t) / number_of(bottom, at, t)
        case Neg(term=term):
            return -number_of(term, at, t)
        case Add(terms=terms):
            return sum((number_of(term, at, t) for term in terms), fmpq(0))
        case Pow(base=base, exponent=Number(value=value)):
            return number_of(base, at, t) ** int(value)
        case Mul(factors=factors):
            product = fmpq(1)
            for factor in factors:
                product *= number_of(factor, at, t)
            return product
        case Call(function="Trace", argument=argument):
            matrix = matrix_of(argument, at, t)
            return sum((matrix[i, i] for i in range(matrix.nrows())), fmpq(0))
    raise TypeError(expr)


def turned(coefficients: tuple[Fraction, ...], at: int) -> tuple[Fraction, ...]:
    return tuple(-c if k == at else c for k, c in enumerate(coefficients))


# -- the inverse -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", ORDERS)
def test_the_neumann_series_with_its_exact_remainder_is_shown_for_every_size(n: int) -> None:
    series = neumann(n)
    assert len(series.equalities) == 3
    assert all(equality.holds for equality in series.equalities)


@pytest.mark.parametrize("n", ORDERS)
def test_a_neumann_series_with_a_sign_turned_is_not_shown(n: int) -> None:
    series = neumann(n)
    for k in range(n + 1):
        wrong = replace(series, coefficients=turned(series.coefficients, k))
        assert [equality.holds for equality in wrong.equalities] == [False] * 3


def test_a_neumann_series_that_was_not_shown_is_not_handed_out() -> None:
    wrong = InverseSeries(GENERIC, (Fraction(1), Fraction(1)))
    with pytest.raises(SoundnessError, match=r"the series to order 1 was not shown: .*\\mathbf\{A\}"):
        confirmed(wrong)


@pytest.mark.parametrize("n", ORDERS)
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_exact_remainder_of_the_inverse_in_random_matrices(n: int, size: int) -> None:
    series = neumann(n)
    for seed in range(3):
        at = drawn(seed, size)
        for equality in series.equalities:
            assert matrix_of(equality.left, at, fmpq(0)) == matrix_of(equality.right, at, fmpq(0))


@pytest.mark.parametrize("n", ORDERS)
def test_the_neumann_series_in_models_and_by_the_method_for_an_order(n: int) -> None:
    series = neumann(n)
    inverse = Pow(GENERIC.whole, Neg(Number(Fraction(1))))
    for equality in series.equalities:
        found = list(comparisons(worlds(MATRICES, (), seeds=2), equality.left, equality.right))
        assert found
        assert not any(comparison.differ for comparison in found)
    answer, remainder = order.prove(Goal(inverse, series.sum, MATRICES), n, "s")
    assert answer.shown
    assert remainder is not None
    assert remainder.order == n + 1
    measured = slope(inverse, series.sum, MATRICES, (), "s")
    assert measured == pytest.approx(n + 1, abs=0.05)


def test_the_inverse_in_the_notation_of_a_paper() -> None:
    scope = load_paper(PAPER).notation.scopes["clusters"]
    series = neumann(2, scope=scope, leading=r"\mathbf{K}_{\text{diag}}", rest=r"\mathbf{K}_{\text{off}}")
    d, f = r"\mathbf{K}_{\text{diag}}^{-1}", r"\mathbf{K}_{\text{off}}"
    assert [series.of.write(term) for term in series.terms] == [d, f"-{d} {f} {d}", f"{d} {f} {d} {f} {d}"]
    assert series.of.write(series.remainder) == (
        rf"-\left( {d} {f} \right)^{{3}} \left( \mathbf{{K}}_{{\text{{diag}}}} + {f} \right)^{{-1}}"
    )
    assert series.rests_on == (
        r"$\mathbf{K}_{\text{diag}}$ is invertible",
        rf"$\mathbf{{K}}_{{\text{{diag}}}} + {f}$ is invertible",
    )
    for text in (series.of.write(tree) for tree in (*series.terms, series.remainder, series.residual)):
        assert series.of.write(read_expression(tokens(text), scope)) == text


# -- the logarithm of the determinant --------------------------------------------------------------------------------


@pytest.mark.parametrize("n", ORDERS)
def test_log_det_with_its_exact_remainder_is_shown_for_every_size(n: int) -> None:
    series = log_determinant(n)
    assert len(series.equalities) == 4
    assert all(equality.holds for equality in series.equalities)


@pytest.mark.parametrize("n", ORDERS[1:])
def test_log_det_with_a_sign_turned_is_not_shown(n: int) -> None:
    series = log_determinant(n)
    for k in range(n):
        wrong = replace(series, coefficients=turned(series.coefficients, k))
        assert [equality.holds for equality in wrong.equalities] == [True, False, False, False]


def test_log_det_with_a_wrong_number_is_not_shown() -> None:
    wrong = LogDeterminantSeries(GENERIC, (Fraction(1), Fraction(-1)))
    with pytest.raises(SoundnessError, match="the series to order 2 was not shown"):
        confirmed(wrong)


@pytest.mark.parametrize("n", ORDERS)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_identities_behind_log_det_in_random_matrices(n: int, size: int) -> None:
    for equality in log_determinant(n).equalities[:3]:
        for seed in range(3):
            at = drawn(seed, size)
            for t in (fmpq(1, 3), fmpq(1), fmpq(-2, 5)):
                assert matrix_of(equality.left, at, t) == matrix_of(equality.right, at, t)


def log_of_det(matrix: fmpq_mat) -> arb:
    return arb(matrix.det()).log()


def exact_remainder(series: LogDeterminantSeries, at: Values) -> acb:
    """The integral of the remainder, by Arb's quadrature with error bounds, straight from its formula."""
    n, size = series.order, at[r"\mathbf{A}"].nrows()
    ratio = acb_mat(arb_mat(at[r"\mathbf{A}"].inv() * at[r"\mathbf{F}"]))
    one = acb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])

    def integrand(t: acb, analytic: bool) -> acb:
        try:
            matrix = ratio ** (n + 1) * (one + ratio * t).inv()
        except ZeroDivisionError:
            return acb("nan")
        return (-t) ** n * sum((matrix[i, i] for i in range(size)), acb(0))

    return acb.integral(integrand, 0, 1)


@pytest.mark.parametrize("n", ORDERS)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_integral_is_what_the_series_of_log_det_leaves_out(n: int, size: int) -> None:
    series = log_determinant(n)
    with ctx.workprec(160):
        for seed in range(2):
            at = drawn(seed, size)
            traces = sum((number_of(term, at, fmpq(0)) for term in series.terms[1:]), fmpq(0))
            left = log_of_det(at[r"\mathbf{A}"] + at[r"\mathbf{F}"]) - log_of_det(at[r"\mathbf{A}"]) - arb(traces)
            gap = left - exact_remainder(series, at).real
            assert gap.contains(0)
            assert gap.rad() < arb(2) ** -60


@pytest.mark.parametrize("n", ORDERS)
def test_the_integrand_is_written_as_it_is_integrated(n: int) -> None:
    series = log_determinant(n)
    at = drawn(1, 2)
    ratio, half = at[r"\mathbf{A}"].inv() * at[r"\mathbf{F}"], fmpq(1, 2)
    one = fmpq_mat(2, 2, [1, 0, 0, 1])
    matrix = (one + ratio * half).inv()
    for _ in range(n + 1):
        matrix = ratio * matrix
    assert number_of(series.integrand, at, half) == (-half) ** n * (matrix[0, 0] + matrix[1, 1])


@pytest.mark.parametrize("n", ORDERS)
def test_log_det_in_models(n: int) -> None:
    series = log_determinant(n)
    measured = slope(Call("log", Det(GENERIC.whole)), series.sum, MATRICES, (), "s")
    assert measured == pytest.approx(n + 1, abs=0.05)


def test_the_remainder_of_log_det_is_written_with_its_sign() -> None:
    assert log_determinant(1).remainder.startswith(r"-\int_{0}^{1} t \text{Trace}")
    assert r" - \int_{0}^{1} t \text{Trace}" in log_determinant(1).latex
    assert r" + \int_{0}^{1} t^{2} \text{Trace}" in log_determinant(2).latex
    assert log_determinant(0).remainder == (
        r"\int_{0}^{1} \text{Trace}\left( \mathbf{A}^{-1} \mathbf{F} \left( \mathbf{I} + t \mathbf{A}^{-1} \mathbf{F} \right)^{-1} \right) \, dt"
    )
    assert len(log_determinant(3).rests_on) == 3


# -- lines of a paper ------------------------------------------------------------------------------------------------

DISTANCE = r"\left| \vec{r}_i - \vec{r}_j \right|"
WORDS = r"\mathbf{K}_{\text{diag}}^{-1} \mathbf{K}_{\text{off}} \mathbf{K}_{\text{diag}}^{-1} \mathbf{K}_{\text{off}}"
LOSS = {
    "from the entries": (
        r"\frac{1}{2} \sum_k \frac{q_k^2}{m_k} \sum_{i \neq k} \sum_{j \neq k} \frac{\mathbb{E}[x_i x_j] q_i q_j}{m_i m_j} "
        r"\frac{1}{\left| \vec{r}_i - \vec{r}_k \right|} \frac{1}{\left| \vec{r}_j - \vec{r}_k \right|} "
        rf"+ \frac{{D - 1}}{{4}} \sum_i \sum_{{j \neq i}} \frac{{q_i^2 q_j^2}}{{m_i m_j}} \frac{{1}}{{{DISTANCE}^2}}"
    ),
    "from the words": (
        rf"\frac{{1}}{{2}} \int d\mathbf{{x}}_{{1:N}} \mathcal{{P}}^*(\mathbf{{x}}_{{1:N}}) \mathbf{{x}}_{{1:N}}^T {WORDS} "
        rf"\mathbf{{K}}_{{\text{{diag}}}}^{{-1}} \mathbf{{x}}_{{1:N}} + \frac{{D - 1}}{{4}} \text{{Trace}}({WORDS})"
    ),
}
SECOND = [
    # line, what of it, its part of second order
    *(("26", {}, formula) for formula in LOSS.values()),
    ("26", {"formula": r"\log(|\mathbf{K}|)"}, rf"-\frac{{1}}{{2}} \text{{Trace}}({WORDS})"),
    ("26", {"formula": r"\log(|\mathbf{K}|)"}, rf"-\frac{{1}}{{2}} \sum_i \sum_{{j \neq i}} \frac{{q_i^2 q_j^2}}{{m_i m_j}} \frac{{1}}{{{DISTANCE}^2}}"),
    ("37", {}, r"\sum_k \frac{q_k^2}{m_k} \sum_{i \neq k} \sum_{j \neq k} \frac{\mathbb{E}[x_i x_j] q_i q_j}{m_i m_j} \frac{1}{\left| \vec{r}_i - \vec{r}_k \right|} \frac{1}{\left| \vec{r}_j - \vec{r}_k \right|}"),
    ("37", {}, rf"\int d\mathbf{{x}}_{{1:N}} \mathcal{{P}}^*(\mathbf{{x}}_{{1:N}}) \mathbf{{x}}_{{1:N}}^T {WORDS} \mathbf{{K}}_{{\text{{diag}}}}^{{-1}} \mathbf{{x}}_{{1:N}}"),
    ("43", {}, rf"-\frac{{1}}{{2}} |\mathbf{{K}}_{{\text{{diag}}}}| \text{{Trace}}({WORDS})"),
    ("43", {}, rf"-\frac{{1}}{{2}} \left( \prod_k m_k \right) \sum_i \sum_{{j \neq i}} \frac{{q_i^2 q_j^2}}{{m_i m_j}} \frac{{1}}{{{DISTANCE}^2}}"),
    ("50", {}, rf"\frac{{D}}{{4}} \text{{Trace}}({WORDS})"),
    ("50", {}, rf"\frac{{D}}{{4}} \sum_i \sum_{{j \neq i}} \frac{{q_i^2 q_j^2}}{{m_i m_j}} \frac{{1}}{{{DISTANCE}^2}}"),
    ("59", {}, "0"),
    ("59", {"side": "step"}, r"-\sum_i \frac{q_i^2 A_i^2}{8 m_i}"),
    ("59", {"side": "rest"}, r"-\sum_i \frac{q_i^2 A_i^2}{8 m_i}"),
    ("59", {"side": "rest", "corrected": False}, r"-\sum_i \frac{q_i^2 A_i^2}{2 m_i}"),
    ("67", {"formula": r"\mathcal{C} - \mathcal{M} - \mathcal{L}_x"}, r"-\frac{1}{2} \sum_k \frac{\epsilon^2 q_k^2}{m_k} \left( \sum_{i \neq k} \frac{q_i}{\left| \vec{r}_i - \vec{r}_k \right|} \right)^2 " rf"- \frac{{D - 1}}{{4}} \sum_i \sum_{{j \neq i}} \frac{{q_i^2 q_j^2}}{{m_i m_j}} \frac{{1}}{{{DISTANCE}^2}}"),
    ("26", {"moments": True}, r"\frac{1}{2} \sum_k \frac{\epsilon^2 q_k^2}{m_k} \left( \sum_{i \neq k} \frac{q_i}{\left| \vec{r}_i - \vec{r}_k \right|} \right)^2 " rf"+ \frac{{D - 1}}{{4}} \sum_i \sum_{{j \neq i}} \frac{{q_i^2 q_j^2}}{{m_i m_j}} \frac{{1}}{{{DISTANCE}^2}}"),
]  # fmt: skip


@cache
def series_of(number: str, **what: object) -> PowerSeries:
    return expand(PAPER, number, order=2, parameter="s", **what)  # type: ignore[arg-type]


@cache
def rules_of(number: str) -> tuple[Rule, ...]:
    verifier = Verifier(load_paper(PAPER))
    return verifier.premises.root_rules(verifier.paper.equation(number))


def equal(series: PowerSeries, part: Expr, formula: str) -> bool:
    """Whether a part is a formula written by hand, for every size: as it stands, or by the rules of the scope."""
    expected = read_expression(tokens(formula), series.scope)
    goals = (Goal(part, expected, series.scope, rules) for rules in ((), rules_of(series.number)))
    return any(exact.prove(goal).shown for goal in goals)


@pytest.mark.parametrize(("number", "what", "formula"), SECOND, ids=[f"{n} {w} {f[:20]}" for n, w, f in SECOND])
def test_the_second_order_of_section_2_3(number: str, what: dict[str, object], formula: str) -> None:
    series = series_of(number, **what)
    assert equal(series, series.part(2).expr, formula)
    if formula != "0":
        assert not equal(series, series.part(2).expr, rf"-\left( {formula} \right)")


def test_the_remainder_of_the_loss_goes_as_the_power_that_it_says() -> None:
    for n in range(3):
        series = expand(PAPER, "26", order=n, parameter="s")
        assert series.remainder is not None
        assert series.remainder.power == n + 1
        assert series.slope == pytest.approx(n + 1, abs=0.01)
        assert not series.is_exact


def test_the_orders_of_one_line_agree() -> None:
    by_order = [expand(PAPER, "37", order=n, parameter="s") for n in range(4)]
    for lower, higher in pairwise(by_order):
        assert higher.parts[: len(lower.parts)] == lower.parts
        assert lower.remainder == higher.part(lower.order + 1)


def test_what_was_put_in_is_said() -> None:
    series = series_of("26")
    assert {"20", "22", "27", "28", "30", "46"} <= set(series.rests_on)
    assert "64" not in series.rests_on
    assert "64" in series_of("65").rests_on
    assert "the density of the multivariate normal law" in series.identities


def test_the_kinetic_term_ends_at_first_order() -> None:
    series = series_of("53")
    assert series.is_exact
    assert series.remainder is None
    assert series.slope is None
    assert [part.power for part in series.parts] == [0, 1]
    assert r"O\left(" not in series.latex
    assert series_of("26").latex.endswith(r"+ O\left( s^{3} \right)")


def test_the_printed_square_fails_at_first_order_and_the_completed_one_at_second() -> None:
    out = ("momentum", "potential")
    printed = series_of("59", side="step", corrected=False, without=out)
    assert [part.power for part in printed.parts] == [1, 2]
    assert equal(printed, printed.part(1).expr, r"-\sum_i \frac{q_i}{2 m_i} \vec{p}_i \cdot \vec{A}_i")
    completed = series_of("59", side="step", without=out)
    assert [part.latex for part in completed.parts] == [r"-\sum_{i} \sum_{d} \frac{A_{i}^{(d)2} q_{i}^{2}}{8 m_{i}}"]
    assert completed.rests_on == ()


def test_a_matrix_is_expanded_in_words() -> None:
    for n in ORDERS:
        series = expand(PAPER, "32", order=n, parameter="s")
        words = neumann(n, scope=series.scope, leading=r"\mathbf{K}_{\text{diag}}", rest=r"\mathbf{K}_{\text{off}}")
        assert [part.latex for part in series.parts] == [words.of.write(term) for term in words.terms]
        assert series.slope == pytest.approx(n + 1, abs=0.05)


def test_free_indices_that_coincide_are_a_case_of_their_own() -> None:
    series = series_of("26", formula=r"(\mathbf{K}^{-1})_{ij}")
    different, equal_ = series.cases
    assert (different.where, equal_.where) == ("", "i = j")
    assert [part.power for part in different.parts] == [1, 2]
    assert [part.power for part in equal_.parts] == [0, 2]
    assert different.slope == pytest.approx(3, abs=0.05)
    assert equal_.parts == series_of("26", formula=r"(\mathbf{K}^{-1})_{ii}").parts
    formula = rf"\left( {WORDS} \mathbf{{K}}_{{\text{{diag}}}}^{{-1}} \right)_{{ij}}"
    rules = rules_of("26")
    goal = Goal(different.parts[1].expr, read_expression(tokens(formula), series.scope), series.scope, rules)
    assert exact.prove(goal).shown
    assert not exact.prove(replace(goal, left=different.parts[0].expr)).shown


def test_a_coincidence_with_a_vanishing_denominator_is_left_out() -> None:
    assert [case.where for case in series_of("26", formula=r"\frac{1}{|\vec{r}_i - \vec{r}_j|}").cases] == [""]


READ_BACK = [("26", {}), ("43", {}), ("50", {}), ("59", {"side": "rest"}), ("60", {"side": "rest"})]


@pytest.mark.parametrize(("number", "what"), READ_BACK)
def test_what_is_written_reads_back_as_the_same_part(number: str, what: dict[str, object]) -> None:
    series = series_of(number, **what)
    assert series.remainder is not None or series.is_exact
    for part in (*series.parts, *([series.remainder] if series.remainder else [])):
        again = read_expression(tokens(part.latex), series.scope)
        assert exact.prove(Goal(again, part.expr, series.scope)).shown


# -- any paper -------------------------------------------------------------------------------------------------------

TEX = r"""
% by: definition
\begin{equation} a = \frac{1}{c + h} \tag{1} \end{equation}

% from: 1
% by: order 1 in s
\begin{equation} \approx \frac{1}{c} - \frac{h}{c^2} \tag{2} \end{equation}
"""


@pytest.fixture(scope="module")
def geometric(bench):
    return bench.paper(TEX)


@pytest.mark.parametrize("n", ORDERS)
def test_a_line_of_any_paper_to_any_order(bench, geometric, n: int) -> None:
    series = expand(geometric, "2", order=n, parameter="s")
    assert [part.power for part in series.parts] == list(range(n + 1))
    for k, part in enumerate(series.parts):
        sign = "-" if k % 2 else ""
        assert exact.subtract(
            part.expr, bench.expr(rf"{sign} \frac{{h^{k}}}{{c^{k + 1}}}"), lowering(bench)
        ) == bench.poly("0")
    assert series.slope == pytest.approx(n + 1, abs=0.05)
    assert series.rests_on == ("1",)


def lowering(bench):
    from derive.algebra.lowering import Lowering

    return Lowering(bench.scope)


def test_a_mutant_of_a_line_has_another_series(bench) -> None:
    paper = bench.paper(TEX.replace(r"\frac{1}{c + h}", r"\frac{1}{c - h}"))
    assert expand(paper, "2", order=1, parameter="s").part(1).latex == r"\frac{h}{c^{2}}"
    assert expand(paper, "2", order=1, parameter="s", side="rest").part(1).latex == r"\frac{2 h}{c^{2}}"


@pytest.mark.parametrize("n", [0, 1, 2])
def test_no_inverse_is_left_whole_where_its_leading_part_is_meant(geometric, n: int) -> None:
    """As where nothing is left of the order for the rest of the matrix."""
    formula = rf"g^{n} \left( (\mathbf{{A}} + \mathbf{{B}})^{{-1}} \right)_{{ij}}"
    series = expand(geometric, "2", order=n, parameter="s", formula=formula)
    front = {0: "", 1: " g", 2: " g^{2}"}[n]
    assert [part.latex for part in series.parts] == [rf"\left( \mathbf{{A}}^{{-1}} \right)_{{ij}}{front}"]
    assert [part.power for part in series.parts] == [n]


def test_a_part_with_higher_ones_in_it_is_not_handed_out(geometric, monkeypatch: pytest.MonkeyPatch) -> None:
    true = Expansion.parts
    monkeypatch.setattr(Expansion, "parts", lambda self, poly, upto: true(self, poly, upto) if upto > 2 else {0: poly})
    with pytest.raises(DeriveError, match="its parts could not be told from higher ones"):
        expand(geometric, "2", order=1, parameter="s")


def test_the_rest_of_a_line_begins_beyond_its_order(geometric) -> None:
    rest = expand(geometric, "2", order=3, parameter="s", side="rest")
    assert [part.latex for part in rest.parts] == [r"\frac{h^{2}}{c^{3}}", r"-\frac{h^{3}}{c^{4}}"]
    right = expand(geometric, "2", order=3, parameter="s", side="right")
    assert right.is_exact
    assert right.part(3).latex == "0"


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(-4, 4), st.integers(1, 3), st.integers(0, 4))
def test_random_powers(bench, geometric, c: int, power: int, n: int) -> None:
    """(1 + c h)^p / exp(h), with the coefficients sum_j C(p, j) c^j (-1)^(k-j) / (k-j)!."""
    inside = rf"1 + {c} h" if c >= 0 else rf"1 - {-c} h"
    series = expand(geometric, "2", order=n, parameter="s", formula=rf"\left( {inside} \right)^{power} \exp(-h)")
    for k in range(n + 1):
        value = sum(Fraction(comb(power, j) * c**j * (-1) ** (k - j), factorial(k - j)) for j in range(k + 1))
        sign, size = ("-" if value < 0 else "+"), abs(value)
        expected = bench.poly(rf"0 {sign} \frac{{{size.numerator}}}{{{size.denominator}}} h^{k}")
        assert exact.subtract(series.part(k).expr, bench.expr("0"), lowering(bench)) == expected


def test_logarithms_of_the_small_parameter_slow_the_remainder_down(geometric) -> None:
    series = expand(geometric, "2", order=1, parameter="s", formula=r"\exp(g \log(g))")
    assert series.remainder is not None
    assert series.remainder.power == 2
    assert series.slope is not None
    assert 1.5 < series.slope < 1.95


# -- guards ----------------------------------------------------------------------------------------------------------


def test_parts_that_do_not_add_up_are_caught(geometric, monkeypatch: pytest.MonkeyPatch) -> None:
    true, calls = Expansion.parts, []

    def flipped(self: Expansion, poly, upto):
        calls.append("in")
        parts = true(self, poly, upto)
        calls.append("out")
        is_first = calls.count("in") == calls.count("out") and calls[0] == "in"
        if is_first:
            calls[0] = "done"
        return {power: -part if is_first and power == 1 else part for power, part in parts.items()}

    monkeypatch.setattr(Expansion, "parts", flipped)
    with pytest.raises(SoundnessError, match="the parts of a do not add up to it to order 1 in s"):
        expand(geometric, "2", order=1, parameter="s")


def test_a_model_that_disagrees_is_heard(geometric, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "slope", lambda *_: 1.0)
    with pytest.raises(
        SoundnessError, match=r"a was expanded to order 1 in s, but what is left out goes as s\^1\.000 in a model"
    ):
        expand(geometric, "2", order=1, parameter="s")
    with pytest.raises(SoundnessError, match="in a model"):
        expand(geometric, "2", order=1, parameter="s", formula="c + h")


# -- errors ----------------------------------------------------------------------------------------------------------

MISTAKES = [
    ({"parameter": "t"}, UnknownName, "t is not a small parameter of the scope bench; declared: s"),
    ({"order": -1}, DeriveError, "the order of an expansion is a whole number from 0 on, and not -1"),
    ({"order": 1.5}, DeriveError, "the order of an expansion is a whole number from 0 on, and not 1.5"),
    ({"number": "9"}, UnknownName, "has no line 9; its lines are 1 to 2"),
    ({"side": "top"}, UnknownName, "a line has no side 'top'; sides: head, left, right, rest, step"),
    ({"without": ("7",)}, UnknownName, "7 is not put into (2), so that it cannot stay out; put in: 1"),
    ({"formula": r"\frac{1}{c + }"}, EncodingError, r"the formula \frac{1}{c + }: "),
    ({"formula": r"\vec{r}_i"}, DeriveError, "a vector over space has no expansion of its own; give one of its components as formula="),
    ({"formula": r"\exp(\frac{1}{g})"}, DeriveError, "(2) has no expansion in s: the exp of something that grows as the small parameter vanishes"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kind", "message"), MISTAKES)
def test_mistakes_are_told(geometric, change: dict[str, object], kind: type[Exception], message: str) -> None:
    call: dict[str, object] = {"number": "2", "order": 2, "parameter": "s", **change}
    with pytest.raises(kind) as caught:
        expand(geometric, call.pop("number"), **call)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_more_mistakes_are_told(geometric) -> None:
    with pytest.raises(UnknownName, match="there is no paper 'nothing'"):
        expand("nothing", "1", order=1, parameter="s")
    with pytest.raises(DeriveError, match="the series goes to order 2; the power 3 is beyond it"):
        expand(geometric, "2", order=2, parameter="s").part(3)
    with pytest.raises(DeriveError, match="a part of it is a matrix that has no name; give an entry of it as formula="):
        expand(PAPER, "33", order=1, parameter="s", side="right")
    for make in (neumann, log_determinant):
        with pytest.raises(DeriveError, match="a whole number from 0 on, and not -2"):
            make(-2)
        with pytest.raises(DeriveError, match="a whole number from 0 on, and not True"):
            make(True)
        with pytest.raises(EncodingError, match=r"the formula \\mathbf\{B\}: "):
            make(1, rest=r"\mathbf{B}")
        scope = load_paper(PAPER).notation.scopes["clusters"]
        with pytest.raises(DeriveError, match="is a column over particle, where a matrix is expected"):
            make(1, scope=scope, leading=r"\mathbf{K}", rest=r"\mathbf{x}_{1:N}")


def test_a_line_without_a_small_parameter_says_so() -> None:
    with pytest.raises(UnknownName, match="s is not a small parameter of the scope covariances; declared: none"):
        expand(PAPER, "claim-sign-of-correlation", order=1, parameter="s")


# -- the page --------------------------------------------------------------------------------------------------------


def test_the_examples_of_the_page_are_real() -> None:
    blocks = re.findall(r"^```pycon\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) > 4
    test = doctest.DocTestParser().get_doctest("".join(blocks), {}, PAGE.name, str(PAGE), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert runner.run(test).failed == 0
