# ruff: noqa: E501 (a formula stands on one line)
"""The normal form of indexed sums: identities for every N, near-misses, and brute force at N = 1, 2, 3."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product as cartesian
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.algebra.atoms import SIZE, Sym
from derive.algebra.indexed import Poly
from derive.algebra.lowering import Lowering
from derive.expression import (
    Add,
    Expr,
    Index,
    Mul,
    Neg,
    Number,
    Over,
    Pow,
    Size,
    Symbol,
    free_indices,
    substitute_indices,
)
from derive.methods.exact import subtract

IDENTITIES = [
    # true for every N, and a near-miss of it
    (r"\sum_i x_i = \sum_j x_j", r"\sum_i x_i = \sum_j y_j"),
    (r"\sum_i \sum_j x_i y_j = \sum_i x_i y_i + \sum_i \sum_{j \neq i} x_i y_j", r"\sum_i \sum_j x_i y_j = \sum_i \sum_{j \neq i} x_i y_j"),
    (r"\sum_i \sum_{j \neq i} x_i y_j = \sum_j \sum_{i \neq j} x_i y_j", r"\sum_i \sum_{j \neq i} x_i y_j = \sum_i \sum_{j \neq i} x_i y_i"),
    (r"x_i + \sum_{j \neq i} 1 = N - 1 + x_i", r"x_i + \sum_{j \neq i} 1 = N + x_i"),
    (r"\sum_i 1 = N", r"\sum_i 1 = N^2"),
    (r"\sum_i \sum_{j \neq i} 1 = N (N - 1)", r"\sum_i \sum_{j \neq i} 1 = N^2"),
    (r"\sum_i \sum_{j \neq i} \sum_{k \neq i, j} 1 = N (N - 1) (N - 2)", r"\sum_i \sum_{j \neq i} \sum_{k \neq i} 1 = N (N - 1) (N - 2)"),
    (r"\sum_i \sum_{j \neq i} \sum_{k \neq i} 1 = N (N - 1)^2", r"\sum_i \sum_{j \neq i} \sum_{k \neq j} 1 = N^2 (N - 1)"),
    (r"\left( \sum_i x_i \right)^2 = \sum_i x_i^2 + \sum_i \sum_{j \neq i} x_i x_j", r"\left( \sum_i x_i \right)^2 = \sum_i x_i^2 + 2 \sum_i \sum_{j \neq i} x_i x_j"),
    (
        r"\left( \sum_i x_i \right)^3 = \sum_i x_i^3 + 3 \sum_i \sum_{j \neq i} x_i^2 x_j + \sum_i \sum_{j \neq i} \sum_{k \neq i, j} x_i x_j x_k",
        r"\left( \sum_i x_i \right)^3 = \sum_i x_i^3 + 3 \sum_i \sum_{j \neq i} x_i^2 x_j + \sum_i \sum_{j \neq i} \sum_{k \neq j} x_i x_j x_k",
    ),
    (r"\sum_i x_i \sum_j y_j = \left( \sum_i x_i \right) \left( \sum_i y_i \right)", r"\sum_i x_i \sum_j y_j = \sum_i x_i y_i"),
    (r"\sum_i \sum_j (x_i - x_j) = 0", r"\sum_i \sum_j (x_i + x_j) = 0"),
    (r"\sum_i \sum_j (x_i - x_j)^2 = 2 N \sum_i x_i^2 - 2 \left( \sum_i x_i \right)^2", r"\sum_i \sum_j (x_i - x_j)^2 = 2 N \sum_i x_i^2 - \left( \sum_i x_i \right)^2"),
    (r"x_i \sum_{j \neq i} x_j + x_i^2 = x_i \sum_j x_j", r"x_i \sum_{j \neq i} x_j = x_i \sum_j x_j"),
    (r"\sum_j x_j (\mathbf{I})_{ij} = x_i", r"\sum_j x_j (\mathbf{I})_{ij} = x_i^2"),
    (r"\sum_i \sum_j x_i y_j (\mathbf{I})_{ij} = \sum_k x_k y_k", r"\sum_i \sum_j x_i y_j (\mathbf{I})_{ij} = \sum_k x_k y_k - 1"),
    (r"\sum_j (\mathbf{I})_{ij} (\mathbf{I})_{jk} = (\mathbf{I})_{ik}", r"\sum_j (\mathbf{I})_{ij} (\mathbf{I})_{jk} = (\mathbf{I})_{ii} + (\mathbf{I})_{ik}"),
    (r"\sum_i \sum_{j \neq i} (\mathbf{K})_{ij} x_i y_j = \sum_i \sum_{j \neq i} (\mathbf{K})_{ij} x_j y_i", r"\sum_i \sum_{j \neq i} (\mathbf{A})_{ij} x_i y_j = \sum_i \sum_{j \neq i} (\mathbf{A})_{ij} x_j y_i"),
    (r"\prod_i w_i = \exp(\sum_i \log(w_i))", r"\prod_i w_i = \exp(\sum_i w_i)"),
    (r"\prod_i c = c^N", r"\prod_i c = c^{N - 1}"),
    (r"\prod_i (c w_i) = c^N \prod_i w_i", r"\prod_i (c w_i) = c \prod_i w_i"),
    (r"\log(\prod_i w_i) = \sum_i \log(w_i)", r"\log(\prod_i w_i) = \sum_i w_i"),
    (r"w_i \prod_{j \neq i} w_j = \prod_j w_j + x_i - x_i", r"w_i \prod_{j \neq i} w_j = w_i \prod_j w_j"),
    (r"\sum_{j \neq 1} x_j = \sum_j x_j - x_1", r"\sum_{j \neq 1} x_j = \sum_j x_j - x_2"),
    (r"\sum_i \exp(\sum_j x_i y_j) = \sum_j \exp(\sum_i x_j y_i)", r"\sum_i \exp(\sum_j x_i y_j) = \sum_i \exp(x_i y_i)"),
    (r"\sum_i \sqrt{1 + \sum_{j \neq i} x_j^2} = \sum_k \sqrt{1 + \sum_l x_l^2 - x_k^2}", r"\sum_i \sqrt{1 + \sum_{j \neq i} x_j^2} = \sum_k \sqrt{1 + \sum_l x_l^2}"),
    (r"|\vec{r}_i - \vec{r}_j| = |\vec{r}_j - \vec{r}_i|", r"|\vec{r}_i - \vec{r}_j| = |\vec{r}_j + \vec{r}_i|"),
    (r"(\vec{r}_i - \vec{v}_j)^2 = r_i^2 - 2 \vec{r}_i \cdot \vec{v}_j + v_j^2", r"(\vec{r}_i - \vec{v}_j)^2 = r_i^2 - \vec{r}_i \cdot \vec{v}_j + v_j^2"),
    (r"\sum_i \sum_j \tan(x_i - x_j) = \sum_i \sum_{j \neq i} \tan(x_i - x_j)", r"\sum_i \sum_j \cos(x_i - x_j) = \sum_i \sum_{j \neq i} \cos(x_i - x_j)"),
]  # fmt: skip


@pytest.mark.parametrize(("true", "near"), IDENTITIES, ids=[true for true, _ in IDENTITIES])
def test_identities_hold_for_every_size_and_near_misses_do_not(bench, true: str, near: str) -> None:
    assert bench.proves(true).shown
    assert not bench.proves(near).shown
    assert bench.agrees(true, sizes=(2, 3)), "the test itself is wrong"
    assert not bench.agrees(near, sizes=(2, 3)), "the near-miss is true"


def test_a_free_index_may_be_any_label(bench) -> None:
    """For i different from 1 the two sides agree; at i = 1 they don't."""
    answer = bench.proves(r"\sum_{j \neq i} x_j - x_1 = \sum_{j \neq i, 1} x_j")
    assert not answer.shown


@pytest.mark.parametrize(
    "line",
    [
        r"\sum_i \sum_j \frac{1}{\sin(x_i - x_j)} = \sum_i \sum_{j \neq i} \frac{1}{\sin(x_i - x_j)}",
        r"\sum_i \sum_j \frac{1}{x_i - x_j} = \sum_i \sum_{j \neq i} \frac{1}{x_i - x_j}",
        r"\sum_i \sum_j \frac{1}{|\vec{r}_i - \vec{r}_j|} = \sum_i \sum_{j \neq i} \frac{1}{|\vec{r}_i - \vec{r}_j|}",
    ],
)
def test_a_denominator_that_vanishes_where_indices_coincide_is_no_zero(bench, line: str) -> None:
    answer = bench.proves(line)
    assert not answer.shown
    assert answer.why == "a denominator is zero"


# -- random polynomials ----------------------------------------------------------------------------------------------

LETTERS = [Index(letter, "site") for letter in "ijkl"]
leaves = st.one_of(
    st.integers(-3, 3).map(lambda n: Number(Fraction(n)) if n >= 0 else Neg(Number(Fraction(-n)))),
    st.sampled_from([Symbol("a"), Size("site")]),
    st.builds(lambda name, index: Symbol(name, (index,)), st.sampled_from("xy"), st.sampled_from(LETTERS)),
)


def bigger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    few = st.lists(inner, min_size=2, max_size=3).map(tuple)
    summed = st.builds(
        lambda index, out, body: Over("sum", index, tuple(i for i in out if i != index), body),
        st.sampled_from(LETTERS),
        st.lists(st.sampled_from(LETTERS), max_size=2, unique=True),
        inner,
    )
    squares = st.builds(lambda base, power: Pow(base, Number(Fraction(power))), inner, st.integers(1, 2))
    return st.one_of(few.map(Add), few.map(Mul), inner.map(Neg), summed, summed, squares)


polynomials = st.recursive(leaves, bigger, max_leaves=5)
VALUES = random.Random(5)
TABLE = {(name, n): Fraction(VALUES.randint(-7, 7), VALUES.randint(1, 5)) for name in "axy" for n in range(4)}


def value(expr: Expr, places: dict[Index, int], size: int) -> Fraction:
    """The exact value of a polynomial, by its definition."""
    match expr:
        case Number(value=number):
            return number
        case Size():
            return Fraction(size)
        case Symbol(name=name, slots=slots):
            return TABLE[name, places[slots[0]] if slots else 0]  # type: ignore[index]
        case Add(terms=terms):
            return sum((value(term, places, size) for term in terms), Fraction(0))
        case Neg(term=term):
            return -value(term, places, size)
        case Mul(factors=factors):
            return prod((value(factor, places, size) for factor in factors), start=Fraction(1))
        case Pow(base=base, exponent=Number(value=power)):
            return value(base, places, size) ** int(power)
        case Over(index=index, excluded=excluded, body=body):
            out = {places[other] for other in excluded}
            return sum((value(body, {**places, index: n}, size) for n in range(size) if n not in out), Fraction(0))
    raise AssertionError(expr)


def value_of_normal_form(poly: Poly, places: dict[Index, int], size: int) -> Fraction:
    """The exact value of a normal form, by brute force over its bound indices."""
    total = Fraction(0)
    for term, coefficient in poly.terms:
        for numbers in cartesian(range(size), repeat=len(term.bound)):
            at = {**places, **dict(zip(term.bound, numbers, strict=True))}
            if any(len({at[index] for index in pair}) == 1 for pair in term.distinct):
                continue
            result = coefficient
            for which, power in term.factors:
                assert isinstance(which, Sym)
                assert power.denominator == 1
                number = Fraction(size) if which.name == SIZE + "site" else None
                if number is None:
                    number = TABLE[which.name, at[which.at[0]] if which.at else 0]
                result *= number ** int(power)
            total += result
    return total


def normal_form(bench, expr: Expr) -> Poly:
    return subtract(expr, Number(Fraction(0)), Lowering(bench.scope))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(polynomials)
def test_the_normal_form_has_the_value_of_what_it_came_from(bench, expr: Expr) -> None:
    poly = normal_form(bench, expr)
    free = sorted(free_indices(expr), key=lambda index: index.name)
    for size in (1, 2, 3):
        for numbers in cartesian(range(size), repeat=len(free)):
            if len(set(numbers)) < len(free):
                continue  # free indices of a normal form are all different
            places = dict(zip(free, numbers, strict=True))
            assert value_of_normal_form(poly, places, size) == value(expr, places, size)


def rearranged(expr: Expr, dice: random.Random) -> Expr:
    """An expression with the same value: terms and factors shuffled, sums split and dummies renamed."""
    expr = expr.map(lambda child: rearranged(child, dice))
    match expr:
        case Add(terms=terms):
            return Add(tuple(dice.sample(terms, len(terms))))
        case Mul(factors=factors):
            sums = [factor for factor in factors if isinstance(factor, Add)]
            if sums and dice.random() < 0.7:
                rest = list(factors)
                rest.remove(sums[0])
                return Add(tuple(Mul((term, *rest)) for term in sums[0].terms))
            return Mul(tuple(dice.sample(factors, len(factors))))
        case Neg(term=Add(terms=terms)):
            return Add(tuple(Neg(term) for term in terms))
        case Pow(base=base, exponent=Number(value=power)) if power == 2:
            return Mul((base, base))
        case Over(index=index, excluded=excluded, body=body):
            inside = free_indices(body) | set(excluded) | {index}
            choice = dice.random()
            names = [letter for letter in LETTERS if letter not in inside]
            if choice < 0.4 and names and not _binds(body, names[0]):
                return Over("sum", names[0], excluded, substitute_indices(body, {index: names[0]}))
            others = sorted(free_indices(body) - set(excluded) - {index}, key=lambda i: i.name)
            if choice < 0.8 and others and not excluded:
                apart = Over("sum", index, (others[0],), body)
                return Add((substitute_indices(body, {index: others[0]}), apart))
            if isinstance(body, Add):
                return Add(tuple(Over("sum", index, excluded, term) for term in body.terms))
    return expr


def _binds(expr: Expr, index: Index) -> bool:
    return (isinstance(expr, Over) and expr.index == index) or any(_binds(child, index) for child in expr.children)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(polynomials, st.randoms(use_true_random=False))
def test_rearrangements_have_one_normal_form(bench, expr: Expr, dice: random.Random) -> None:
    one, other = rearranged(expr, dice), rearranged(rearranged(expr, dice), dice)
    assert not subtract(one, other, Lowering(bench.scope))
