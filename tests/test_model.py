"""Models: exact instances that share nothing with the proof. Their values, laws and refusals."""

from dataclasses import replace
from fractions import Fraction

import pytest
from flint import arb, ctx

from derive.algebra.rules import Rule
from derive.comparison import compare, slope, worlds
from derive.domains import NotRealisable
from derive.model import BITS, World


def world(bench, *premises: str, size: int = 3, seed: int = 0) -> World:
    return World(
        bench.scope, bench.goal("a = a", *premises).rules, {"site": size, "space": 2}, seed, {"s": Fraction(1)}
    )


def agree(world: World, bench, line: str) -> bool:
    goal = bench.goal(line)
    found = compare(world, goal.left, goal.right)
    assert found
    return not any(comparison.differ for comparison in found)


def test_draws_are_reproducible_and_in_their_domain(bench) -> None:
    for seed in range(5):
        one, other = world(bench, seed=seed), world(bench, seed=seed)
        for name, domain in (("c", "positive"), ("e", "nonzero"), ("a", "real")):
            at = (0,) if name == "e" else ()
            value = one.draw(name, at)
            assert value == other.draw(name, at)
            assert value > 0 if domain == "positive" else value != 0 or domain == "real"


def test_a_symbol_with_a_rule_has_its_value(bench) -> None:
    assert agree(world(bench, "f = a + b"), bench, "f = a + b")
    assert not agree(world(bench), bench, "f = a + b")
    assert agree(world(bench, "z_i = x_i^2"), bench, r"\sum_i z_i = \sum_i x_i^2")


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (r"\mathbf{A} \mathbf{A}^{-1} = \mathbf{I}", True),
        (r"(\mathbf{A} \mathbf{C})^T = \mathbf{C}^T \mathbf{A}^T", True),
        (r"(\mathbf{A} \mathbf{C})^T = \mathbf{A}^T \mathbf{C}^T", False),
        (r"|\mathbf{A} \mathbf{C}| = |\mathbf{A}| |\mathbf{C}|", True),
        (r"\text{Trace}(\log(\mathbf{K})) = \log(|\mathbf{K}|)", True),
        (r"\mathbf{K}_{0} + \mathbf{K}_{1} = \mathbf{K}", True),
        (r"\text{Trace}(\mathbf{K}_{1}) = 0", True),
        (r"|\vec{r}_i - \vec{r}_j|^2 = r_i^2 + r_j^2 - 2 \vec{r}_i \cdot \vec{r}_j", True),
        (r"\prod_i w_i = \exp(\sum_i \log(w_i))", True),
        (r"\sum_{j \neq 1} x_j = \sum_j x_j - x_1", True),
        (r"\text{Cov}[u_i, u_j] = \mathbb{E}[u_i u_j] - \mathbb{E}[u_i] \mathbb{E}[u_j]", True),
        (r"\mathbb{E}[u_i u_j] = \mathbb{E}[u_i] \mathbb{E}[u_j]", False),
        (r"\mathbb{E}[\exp(u_i)] = \exp(\mathbb{E}[u_i])", False),
    ],
)
def test_values(bench, line: str, holds: bool) -> None:
    assert agree(world(bench), bench, line) == holds


def test_a_law_has_the_moments_that_are_asked_of_it(bench) -> None:
    premises = (r"\mathbb{E}[u_i] = a w_i", r"\text{Var}[u_i] = c + 20", r"\text{Cov}[u_i, u_j] = \frac{1}{16} w_i w_j")
    here = world(bench, *premises)
    with ctx.workprec(BITS):
        law = here.laws.law("Q")
        assert (sum((p for _, p in law.points), arb(0)) - 1).contains(0)
        assert all(p >= 0 for _, p in law.points)
        for i in range(3):
            mean = sum((p * x[i] for x, p in law.points), arb(0))
            assert (mean - law.mean[i]).contains(0)
            for j in range(3):
                both = sum((p * x[i] * x[j] for x, p in law.points), arb(0))
                assert (both - law.mean[i] * law.mean[j] - law.covariance[i][j]).contains(0)
    assert agree(here, bench, r"\mathbb{E}[u_i] = a w_i")
    assert agree(here, bench, r"\text{Var}[u_i] = c + 20")


def test_a_random_matrix_is_not_fixed(bench) -> None:
    """With A_ij = u_i u_j, E[A_ii] is a second moment and not the square of a first one."""
    here = world(bench, r"(\mathbf{A})_{ij} = u_i u_j", size=2)
    plain = replace(bench.scope.symbols[r"\mathbf{A}"], properties=frozenset())
    here.scope = replace(bench.scope, symbols={**bench.scope.symbols, r"\mathbf{A}": plain})
    assert agree(here, bench, r"\mathbb{E}[(\mathbf{A})_{ii}] = \mathbb{E}[u_i^2]")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (r"\log(-c) = 0", "the logarithm of something that is not positive"),
        (r"\sqrt{-c} = 0", "the square root of something negative"),
        (r"\frac{1}{a - a} = 0", "a denominator is zero"),
        (r"(-c)^{\frac{1}{2}} = 0", "a broken power of something that is not positive"),
        (r"(\mathbf{A} - \mathbf{A})^{-1} = \mathbf{I}", "a matrix is not invertible"),
        (r"x_4 = 0", "there is no 4 among 3"),
    ],
)
def test_what_is_outside_a_domain_is_refused(bench, line: str, message: str) -> None:
    goal = bench.goal(line)
    with pytest.raises(NotRealisable, match=message):
        compare(world(bench), goal.left, goal.right)


def test_a_covariance_that_is_none_is_refused(bench) -> None:
    here = world(bench, r"\text{Var}[u_i] = c", r"\text{Cov}[u_i, u_j] = 100 c")
    goal = bench.goal(r"\mathbb{E}[u_i] = 0")
    with pytest.raises(NotRealisable, match="a covariance is not positive semidefinite"):
        compare(here, goal.left, goal.right)
    bad = world(bench, r"(\mathbf{K})_{ij} = -1")
    goal = bench.goal(r"|\mathbf{K}| = 1")
    with pytest.raises(NotRealisable, match="not positive definite"):
        compare(bad, goal.left, goal.right)


def test_the_slope_is_the_power_of_the_first_difference(bench) -> None:
    for line, power in ((r"\exp(h) = 1", 1), (r"\exp(h) = 1 + h", 2), (r"\cos(h) = 1 - \frac{h^2}{2}", 4)):
        goal = bench.goal(line)
        measured = slope(goal.left, goal.right, bench.scope, (), "s")
        assert measured is not None
        assert abs(measured - power) < 0.01
    goal = bench.goal("h - h = 0")
    assert slope(goal.left, goal.right, bench.scope, (), "s") is None


def test_worlds_grow(bench) -> None:
    sizes = [tuple(sorted(w.sizes.items())) for w in worlds(bench.scope, (), seeds=2)]
    assert len(sizes) == 10
    assert (("site", 4), ("space", 2)) in sizes


def test_the_witness_names_what_was_drawn(bench) -> None:
    here = world(bench, size=2)
    goal = bench.goal(r"x_i = a")
    compare(here, goal.left, goal.right)
    values = here.values()
    assert {"N", "D", "a", "x_{1}", "x_{2}"} <= set(values)
    assert all(Fraction(value) == Fraction(value) for value in values.values())


def test_rules_go_by_name_of_the_whole_symbol(bench) -> None:
    rule = bench.goal("a = a", "x_1 = b").rules[0]
    assert isinstance(rule, Rule)
    assert not agree(World(bench.scope, (rule,), {"site": 2, "space": 1}), bench, "x_2 = b")
