"""Densities of numbers that follow no law: their models keep the rule of products, in whatever order."""

from __future__ import annotations

import pytest

NOTATION = r"""
[scope.bench]
[scope.bench.symbols]
'p' = { kind = "density" }
'x' = {}
'y' = {}
'z' = {}
"""
LIKELIHOOD = r"p(y|z) = \frac{1}{\sqrt{2 \pi}} e^{- (y - z)^2 / 2}"


def verdict(bench, line: str, *premises: str) -> str:
    return bench.judged(NOTATION, line, *premises).verdict


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"p(z|x) = \frac{p(x, z)}{p(x)}", "proved"),
        (r"p(z|x) = \frac{p(x|z) p(z)}{p(x)}", "proved"),
        (r"p(x, y, z) = p(x|y, z) p(y|z) p(z)", "proved"),
        (r"p(x, y|z) = p(x|y, z) p(y|z)", "proved"),
        (r"p(z|x) = p(x|z)", "refuted"),
        (r"p(x, z) = p(x) p(z)", "refuted"),
        (r"p(x, y|z) = p(x|z) p(y|z)", "refuted"),
    ],
)
def test_the_rule_of_products(bench, line: str, expected: str) -> None:
    assert verdict(bench, line) == expected


def test_what_a_premise_says_of_one_density_holds_in_the_others(bench) -> None:
    body = r"\frac{1}{\sqrt{2 \pi}} e^{- (y - z)^2 / 2}"
    assert verdict(bench, rf"p(y, z) = {body} p(z)", LIKELIHOOD) in ("proved", "supported")
    assert verdict(bench, rf"p(y, z) = {body} p(y)", LIKELIHOOD) == "refuted"
    assert verdict(bench, rf"p(z|y) p(y) = {body} p(z)", LIKELIHOOD) in ("proved", "supported")


def test_two_densities_that_bind_each_other_have_no_model(bench) -> None:
    other = r"p(z|y) = e^{- z^2}"
    assert verdict(bench, r"p(z|y) p(y) = p(y|z) p(z)", LIKELIHOOD, other) in ("open", "supported", "proved")
