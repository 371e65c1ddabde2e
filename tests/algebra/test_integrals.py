# ruff: noqa: E501 (a formula stands on one line)
"""Integrals and sums over values: laws and their factors, deltas, integrals without a law, moments; and what is refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product as cartesian

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.algebra.atoms import SIZE, Sym
from derive.algebra.indexed import Poly
from derive.algebra.rules import Rule, head
from derive.comparison import comparisons, worlds
from derive.errors import ReadError
from derive.expression import Expectation, Expr, Index
from derive.methods import exact
from derive.methods.goal import Answer, Equality, Goal
from derive.notation import load_notation
from derive.verify import Verifier

NOTATION = r"""
[scope.plain]
meaning = "nothing random"
[scope.plain.ranges]
site = { size = "N", indices = "k l n" }
[scope.plain.symbols]
't' = { domain = "binary" }
'g' = { slots = "site", domain = "binary" }
'y' = {}
'a' = {}
'c' = {}
'p' = { domain = "positive" }
'z' = { slots = "site" }
'h' = { kind = "function", of = 'y' }
'\delta' = { kind = "delta" }
'M' = { kind = "density" }
'\mathbb{E}' = { kind = "expectation", law = 'M' }
'\text{Var}' = { kind = "variance", law = 'M' }
'\text{Cov}' = { kind = "covariance", law = 'M' }

[scope.pair]
extends = "plain"
meaning = "a real and a binary variable"
[scope.pair.symbols]
'v' = { law = 'M' }
's' = { domain = "binary", law = 'M' }

[scope.signs]
extends = "plain"
meaning = "two binary variables"
[scope.signs.symbols]
's' = { domain = "binary", law = 'M' }
'w' = { domain = "binary", law = 'M' }

[scope.column]
extends = "plain"
meaning = "a column, and a combination of it"
[scope.column.symbols]
'x' = { slots = "site", law = 'M' }
'f' = { law = 'M' }

[scope.sites]
extends = "plain"
meaning = "a column of binary variables beside a real one"
[scope.sites.symbols]
'o' = { slots = "site", domain = "binary", law = 'M' }
'v' = { law = 'M' }

[scope.moments]
extends = "plain"
meaning = "two columns"
[scope.moments.symbols]
'x' = { slots = "site", law = 'M' }
'u' = { slots = "site", law = 'M' }

[scope.all]
extends = "plain"
meaning = "several variables, a second law, an operator and two matrices"
[scope.all.symbols]
'v' = { law = 'M' }
'f' = { law = 'M' }
's' = { domain = "binary", law = 'M' }
'w' = { domain = "binary", law = 'M' }
'q' = { law = 'R' }
'R' = { kind = "density" }
'\mathbb{F}' = { kind = "expectation", law = 'R' }
'\psi' = { kind = "state", properties = "unit" }
'\hat{T}' = { kind = "operator", properties = "Hermitian", of = 'y' }
'\hat{E}' = { kind = "operator", properties = "identity" }
'\mathbf{A}' = { kind = "matrix", slots = "site site", properties = "invertible" }
'\mathbf{B}' = { kind = "matrix", slots = "site site", properties = "invertible" }
"""


@pytest.fixture(scope="module")
def labs(bench, tmp_path_factory: pytest.TempPathFactory):
    """A bench for each scope."""
    folder = tmp_path_factory.mktemp("integrals")
    (folder / "notation.toml").write_text(NOTATION, encoding="utf-8")
    scopes = load_notation(folder / "notation.toml").scopes
    return {name: replace(bench, scope=scope) for name, scope in scopes.items()}


def goal(lab, line: str, *premises: str) -> Goal:
    """The claim of a line with what it and its premises keep apart."""
    chain = lab.chain(line)
    rules: list[Rule] = []
    equalities: list[Equality] = []
    for number, premise in enumerate(premises):
        read = lab.chain(premise)
        sides = read.first, read.links[-1][1], f"premise {number + 1}", read.apart
        if head(read.first) is not None:
            rules.append(Rule(*sides))
        else:
            equalities.append(Equality(*sides))
    return Goal(chain.first, chain.links[-1][1], lab.scope, tuple(rules), tuple(equalities), apart=chain.apart)


def proves(lab, line: str, *premises: str) -> Answer:
    return exact.prove(goal(lab, line, *premises))


def compared(lab, line: str, *premises: str, seeds: int = 1) -> Iterator[bool]:
    """Whether the two sides differ, at each place of exact models of the premises."""
    asked = goal(lab, line, *premises)
    for found in comparisons(worlds(lab.scope, asked.rules, seeds=seeds), asked.left, asked.right, asked.apart):
        yield found.differ


GIVEN = r"M(s|v) = \frac{\exp(s v)}{\exp(v) + \exp(-v)}"
MEAN = r"\frac{\exp(v) - \exp(-v)}{\exp(v) + \exp(-v)}"

LAWS = [
    # scope, what is true, its premises, a near-miss; both can be evaluated in models
    ("pair", r"\int dv M(v) = 1", (), r"\int dv M(v) = 2"),
    ("pair", r"\int dv M(v) v^2 = \mathbb{E}[v^2]", (), r"\int dv M(v) v^2 = \mathbb{E}[v]^2"),
    ("pair", r"\sum_s M(s) s = \mathbb{E}[s]", (), r"\sum_s M(s) s = 0"),
    # the chain rule
    ("pair", r"\int dv \sum_s M(s|v) M(v) s v = \mathbb{E}[s v]", (), r"\int dv \sum_s M(s|v) M(v) s v = \mathbb{E}[s] \mathbb{E}[v]"),
    ("pair", r"\int dv \sum_s M(v|s) M(s) s v = \int dv \sum_s M(s, v) s v", (), r"\int dv \sum_s M(v|s) M(s) s v = \int dv \sum_s M(s, v) s"),
    ("pair", r"M(s|v) M(v) = M(v|s) M(s)", (), r"M(s|v) M(v) = M(v|s) M(v)"),
    ("pair", r"M(s, v) = M(v, s)", (), r"M(s, v) = M(s) M(v)"),
    ("pair", r"\int dv \sum_s M(s, v) \log(M(s|v)) = \int dv \sum_s M(s, v) \log(M(s, v)) - \int dv M(v) \log(M(v))", (), r"\int dv \sum_s M(s, v) \log(M(s|v)) = \int dv \sum_s M(s, v) \log(M(s, v)) - \sum_s M(s) \log(M(s))"),
    ("signs", r"\sum_s \sum_w M(s|w) M(w) s w = \mathbb{E}[s w]", (), r"\sum_s \sum_w M(s|w) M(w) s w = \mathbb{E}[s]"),
    # marginalisation
    ("pair", r"\int dv \sum_s M(s, v) v^2 = \int dv M(v) v^2", (), r"\int dv \sum_s M(s, v) v^2 = \left( \int dv M(v) v \right)^2"),
    ("signs", r"\sum_s \sum_w M(s, w) s = \sum_s M(s) s", (), r"\sum_s \sum_w M(s, w) s = \sum_w M(w) w"),
    ("signs", r"\sum_s \sum_w M(s|w) M(w) = 1", (), r"\sum_s \sum_w M(s|w) M(w) = 2"),
    # sums, products and fractions of densities under an integral
    ("pair", r"\int dv (M(v) v + a M(v)) = \mathbb{E}[v] + a", (), r"\int dv (M(v) v + a M(v)) = \mathbb{E}[v] + 1"),
    ("pair", r"\int dv \frac{M(v) v}{2} = \frac{\mathbb{E}[v]}{2}", (), r"\int dv \frac{M(v) v}{2} = \mathbb{E}[v]"),
    ("pair", r"\int dv (-M(v) v) = -\mathbb{E}[v]", (), r"\int dv (-M(v) v) = \mathbb{E}[v]"),
    ("pair", r"\int dv a M(v) v = a \int dv M(v) v", (), r"\int dv a M(v) v = \int dv M(v) v"),
    ("pair", r"\text{Cov}[s, v] = \int dv \sum_s M(s, v) s v - \left( \sum_s M(s) s \right) \left( \int dv M(v) v \right)", (), r"\text{Cov}[s, v] = \int dv \sum_s M(s, v) s v"),
    # a binary variable whose law given the rest a premise states is summed over
    ("pair", r"\sum_s M(s|v) = 1", (GIVEN,), r"\sum_s M(s|v) = 2"),
    ("pair", rf"\sum_s M(s|v) s = {MEAN}", (GIVEN,), r"\sum_s M(s|v) s = v"),
    ("pair", rf"\mathbb{{E}}[s] = \mathbb{{E}}\left[ {MEAN} \right]", (GIVEN,), r"\mathbb{E}[s] = \mathbb{E}[v]"),
    ("pair", rf"\int dv \sum_s M(s|v) M(v) s v = \int dv M(v) v {MEAN}", (GIVEN,), r"\int dv \sum_s M(s|v) M(v) s v = \int dv M(v) v"),
    ("pair", rf"\int dv \sum_s M(s, v) s v = \mathbb{{E}}\left[ v {MEAN} \right]", (GIVEN,), r"\int dv \sum_s M(s, v) s v = \mathbb{E}[v]"),
    ("pair", rf"\mathbb{{E}}[h(s) - h(-s)] = (h(1) - h(-1)) \mathbb{{E}}\left[ {MEAN} \right]", (GIVEN,), r"\mathbb{E}[h(s) - h(-s)] = h(1) - h(-1)"),
    # sums over values without a law
    ("plain", r"\sum_t t = 0", (), r"\sum_t t = 1"),
    ("plain", r"\sum_t t^2 = 2", (), r"\sum_t t^2 = 1"),
    ("plain", r"\sum_t \exp(t a) = \exp(a) + \exp(-a)", (), r"\sum_t \exp(t a) = 2 \exp(a)"),
    ("plain", r"\sum_t h(t) = h(1) + h(-1)", (), r"\sum_t h(t) = 2 h(t)"),
    ("plain", r"\sum_t |a + t c| = |a + c| + |a - c|", (), r"\sum_t |a + t c| = 2 |a|"),
    ("plain", r"\sum_k \sum_{g_k} (1 + g_k) z_k = 2 \sum_k z_k", (), r"\sum_k \sum_{g_k} (1 + g_k) z_k = \sum_k z_k"),
    ("plain", r"\sum_{g_k} \sum_{g_l} (1 + g_k) (1 + g_l) = 4, k \neq l", (), r"\sum_{g_k} \sum_{g_l} (1 + g_k) (1 - g_l) = 2, k \neq l"),
    ("signs", r"\sum_s \delta_{s, t} s = t", (), r"\sum_s \delta_{s, t} s = s"),
    # integrals without a law
    ("plain", r"\int dy h(y) \exp(-h(y)) c = c \int dy \exp(-h(y)) h(y)", (), r"\int dy h(y) \exp(-h(y)) c = \int dy \exp(-h(y)) h(y)"),
    ("plain", r"\int dy (h(y) + h(y)^2) = \int dy h(y) + \int dy h(y)^2", (), r"\int dy h(y)^2 = \left( \int dy h(y) \right)^2"),
    ("plain", r"\int dy h(y)^2 - \int dy h(y) h(y) = 0", (), r"\int dy h(y)^2 = \left( \int dy h(y) \right)^2"),
    ("plain", r"\sum_t \int dy \exp(t h(y)) = \int dy \exp(h(y)) + \int dy \exp(-h(y))", (), r"\sum_t \int dy \exp(t h(y)) = 2 \int dy \exp(h(y))"),
]  # fmt: skip


@pytest.mark.parametrize(("scope", "true", "premises", "near"), LAWS, ids=[true for _, true, _, _ in LAWS])
def test_integrals_hold_and_near_misses_do_not(
    labs, scope: str, true: str, premises: tuple[str, ...], near: str
) -> None:
    lab = labs[scope]
    answer = proves(lab, true, *premises)
    assert answer.shown, answer.why
    assert answer.applied == frozenset(f"premise {n + 1}" for n, _ in enumerate(premises))
    answer = proves(lab, near, *premises)
    assert not answer.shown
    assert answer.rest, "the near-miss is refused, and not refuted"
    found = list(compared(lab, true, *premises))
    assert found, "the test has no model"
    assert not any(found), "the test itself is wrong"
    assert any(compared(lab, near, *premises, seeds=8)), "the near-miss is true"
    if premises:
        assert not proves(lab, true).shown


COLUMNS = [
    # the same for columns of variables and for deltas
    ("column", r"\int d\mathbf{x}_{1:N} M(\mathbf{x}_{1:N}) \sum_k z_k x_k = \sum_k z_k \mathbb{E}[x_k]", (), r"\int d\mathbf{x}_{1:N} M(\mathbf{x}_{1:N}) \sum_k z_k x_k = \sum_k \mathbb{E}[x_k]"),
    ("column", r"\int dx_k M(x_k) x_k^2 = \mathbb{E}[x_k^2]", (), r"\int dx_k M(x_k) x_k^2 = \mathbb{E}[x_k]^2"),
    ("column", r"\int dx_k \int dx_l M(x_k | x_l) M(x_l) x_k x_l = \mathbb{E}[x_k x_l], k \neq l", (), r"\int dx_k \int dx_l M(x_k | x_l) M(x_l) x_k x_l = \mathbb{E}[x_k] \mathbb{E}[x_l], k \neq l"),
    ("sites", r"\sum_{\mathbf{o}_{1:N}} M(\mathbf{o}_{1:N}) o_k = \sum_{o_k} M(o_k) o_k", (), r"\sum_{\mathbf{o}_{1:N}} M(\mathbf{o}_{1:N}) o_k = \sum_{o_1} M(o_1) o_1"),
    ("sites", r"\int dv \sum_{\mathbf{o}_{1:N}} M(\mathbf{o}_{1:N} | v) M(v) o_k v = \int dv \sum_{o_k} M(o_k, v) o_k v", (), r"\int dv \sum_{\mathbf{o}_{1:N}} M(\mathbf{o}_{1:N} | v) M(v) o_k v = \int dv \sum_{o_k} M(o_k, v) o_k"),
    ("sites", r"\log(M(\mathbf{o}_{1:N} | v)) = \sum_k \log(M(o_k | v))", (r"M(\mathbf{o}_{1:N} | v) = \prod_k M(o_k | v)",), r"\log(M(\mathbf{o}_{1:N} | v)) = \sum_k \log(M(o_k))"),
    ("signs", r"M(s | w) = M(s)", (r"M(s, w) = M(s) M(w)",), r"M(s | w) = M(w)"),
    ("plain", r"\int dy \delta(y - a) h(y) = h(a)", (), r"\int dy \delta(y + a) h(y) = h(a)"),
    ("plain", r"\int dy \delta(a - y) y = a", (), r"\int dy \delta(a - y) y = -a"),
    ("plain", r"\int dy \delta(y) h(y) = h(0)", (), r"\int dy \delta(y - 1) h(y) = h(0)"),
    ("plain", r"\int dz_1 \delta(z_1 - a) (z_1 + z_2) = a + z_2", (), r"\int dz_1 \delta(z_1 - a) (z_1 + z_2) = a + z_1"),
    ("pair", r"\int dv M(v) \int dy \delta(y - v^2) h(y) = \mathbb{E}[h(v^2)]", (), r"\int dv M(v) \int dy \delta(y - v^2) h(y) = \mathbb{E}[h(v)]"),
    ("pair", r"\int dv M(v) (a + \int dv M(v) v) = a + \mathbb{E}[v]", (), r"\int dv M(v) (a + \int dv M(v) v) = a"),
    ("column", r"\int df \int d\mathbf{x}_{1:N} \delta(f - \sum_k z_k x_k) M(\mathbf{x}_{1:N}) h(f) = \int df M(f) h(f)", (r"f = \sum_k z_k x_k",), r"\int df \int d\mathbf{x}_{1:N} \delta(f - \sum_k x_k) M(\mathbf{x}_{1:N}) h(f) = \int df M(f) h(f)"),
    ("column", r"\int d\mathbf{x}_{1:N} M(\mathbf{x}_{1:N}) f^2 = \mathbb{E}[\left( \sum_k z_k x_k \right)^2]", (r"f = \sum_k z_k x_k",), r"\int d\mathbf{x}_{1:N} M(\mathbf{x}_{1:N}) f^2 = \mathbb{E}[\sum_k z_k^2 x_k^2]"),
]  # fmt: skip


@pytest.mark.parametrize(("scope", "true", "premises", "near"), COLUMNS, ids=[true for _, true, _, _ in COLUMNS])
def test_columns_and_deltas(labs, scope: str, true: str, premises: tuple[str, ...], near: str) -> None:
    answer = proves(labs[scope], true, *premises)
    assert answer.shown, answer.why
    assert answer.applied == frozenset(f"premise {n + 1}" for n, _ in enumerate(premises))
    answer = proves(labs[scope], near, *premises)
    assert not answer.shown
    assert answer.rest, "the near-miss is refused, and not refuted"
    if premises:
        assert not proves(labs[scope], true).shown


def test_independence_by_a_rule(labs) -> None:
    """That the joint law is the product of the two lets one be put for the other."""
    line = r"\sum_s \sum_w M(s, w) h(s) h(w) = \sum_s \sum_w M(s) M(w) h(s) h(w)"
    assert proves(labs["signs"], line, r"M(s, w) = M(s) M(w)").shown
    near = line.replace("M(w) h(s)", "M(w)")
    assert proves(labs["signs"], near, r"M(s, w) = M(s) M(w)").rest


USED = [
    ("pair", r"\int dv \sum_s M(s|v) M(v) s v = \mathbb{E}[s v]", "the chain rule P(a, c) = P(a | c) P(c)"),
    ("pair", r"\int dv M(v) v = \mathbb{E}[v]", "marginalisation: a law summed or integrated over a variable is that of the rest"),
    ("pair", r"\int dv M(v) v = \mathbb{E}[v]", "the expectation is linear, and the law is normalised"),
    ("plain", r"\int dy \delta(y - a) y = a", "the integral over a delta sets its variable"),
    ("signs", r"\sum_s \delta_{s, t} s = t", "delta_{a,b} = (1 + a b) / 2 for a and b in {-1, 1}"),
]  # fmt: skip


@pytest.mark.parametrize(("scope", "line", "words"), USED)
def test_what_was_used_is_said(labs, scope: str, line: str, words: str) -> None:
    assert words in proves(labs[scope], line).used


def test_the_law_of_the_rest_is_said_where_a_variable_is_summed_over(labs) -> None:
    assert (
        "E[f] = E[E[f | x]]"
        in proves(labs["pair"], rf"\mathbb{{E}}[s] = \mathbb{{E}}\left[ {MEAN} \right]", GIVEN).used
    )


REFUSED = [
    ("pair", r"\int dv M(s, v) v = a", "an integral over some of the variables of a law only"),
    ("pair", r"\sum_s M(s, v) s = a", "an integral over some of the variables of a law only"),
    ("pair", r"\sum_s M(s) v = \mathbb{E}[v]", "v is not integrated over"),
    ("pair", r"\int dv M(v) s v = \mathbb{E}[s v]", "s is not integrated over"),
    ("pair", r"\int dv M(v) \log(M(s, v)) = a", "s is not integrated over"),
    ("column", r"\int dx_k M(x_k) x_l = \mathbb{E}[x_l], k \neq l", "x is not integrated over"),
    ("column", r"\int dx_k M(x_k) \sum_l x_l = \sum_l \mathbb{E}[x_l]", "x is not integrated over"),
    ("pair", r"\int dv M(v) M(v) v = \mathbb{E}[v]", "an integrand with densities that are not the law of its variables"),
    ("pair", r"\int dv \sum_s M(s, v) M(v) v = \mathbb{E}[v]", "an integrand with densities that are not the law of its variables"),
    ("all", r"\int dv \int dq M(v) R(q) v q = \mathbb{E}[v] \mathbb{F}[q]", "an integrand with densities that are not the law of its variables"),
    ("pair", r"\sum_s M(s|v) s = \mathbb{E}[s]", "an integrand with a conditional density whose condition has no law there"),
    ("pair", r"\int dv \sum_s M(v|s) M(s|v) v = \mathbb{E}[v]", "an integrand with a conditional density whose condition has no law there"),
    ("all", r"\int dv R(v) v = \mathbb{F}[v]", "an integral whose integrand is not a density of its variable times a function"),
    ("plain", r"\int dy M(y) y = a", "an integral whose integrand is not a density of its variable times a function"),
    ("plain", r"\int dy \delta(2 y - a) y = a", "a delta that sets none of the variables integrated over"),
    ("plain", r"\int dy \delta(y^2 - a) y = a", "a delta that sets none of the variables integrated over"),
    ("plain", r"\int dy \delta(y - h(y)) y = a", "a delta that sets none of the variables integrated over"),
    ("plain", r"\int dy \delta(a - c) y = a", "a delta that sets none of the variables integrated over"),
    ("plain", r"\int dy \delta(y - a) \delta(y - c) = 1", "a delta that sets none of the variables integrated over"),
    ("plain", r"\delta(a) = 1", "Dirac has no normal form yet"),
    ("plain", r"\int dy \delta(y - a)^2 = 1", "Dirac has no normal form yet"),
    ("pair", r"\int dv M(v) v \int dv M(v) v = \mathbb{E}[v]^2", "two integrals over the same variable in one another"),
    ("plain", r"\sum_t \sum_t t = 0", "two integrals over the same variable in one another"),
    ("plain", r"\sum_{g_k} \sum_{g_l} g_k g_l = 0", "two integrals over the same variable in one another"),
    ("plain", r"\sum_{\mathbf{g}_{1:N}} a = a", "a sum over all values of a column without a law"),
    ("plain", r"\sum_t \frac{1}{1 + t} = \frac{1}{2}", "a denominator is zero"),
    ("all", r"\int dy \hat{T}(y) = \hat{E}", "the integral of an operator that depends on the variable"),
]  # fmt: skip


@pytest.mark.parametrize(("scope", "line", "why"), REFUSED)
def test_what_is_no_expectation_is_refused_by_name(labs, scope: str, line: str, why: str) -> None:
    answer = proves(labs[scope], line)
    assert not answer.shown
    assert answer.why == why


TRUE = r"\int dv \sum_s M(s|v) M(v) (a + s v) h(v) = a \int dv M(v) h(v) + \mathbb{E}[s v h(v)]"


@pytest.mark.parametrize(
    ("old", "new"),
    [(r"M(s|v)", r"M(v|s)"), (r"M(s|v) M(v)", r"M(s|v)"), (r"M(s|v) M(v)", r"M(v)"), ("(a + s v)", "(a - s v)"), (r"\sum_s ", ""),
     (r"\int dv \sum_s", r"\sum_s"), (r"= a \int", r"= \int"), (r"\mathbb{E}[s v h(v)]", r"\mathbb{E}[s] \mathbb{E}[v h(v)]"),
     (r"\mathbb{E}[s v h(v)]", r"\mathbb{E}[s v] h(v)"), (r"= a \int dv M(v) h(v)", r"= a h(v)"), (r"= a \int dv M(v)", r"= a \int dv")],
)  # fmt: skip
def test_mutants_of_a_true_line_are_caught(labs, old: str, new: str) -> None:
    assert proves(labs["pair"], TRUE).shown
    mutant = TRUE.replace(old, new, 1)
    assert mutant != TRUE
    assert not proves(labs["pair"], mutant).shown


def test_an_integral_of_an_operator_is_that_of_its_coefficients(labs) -> None:
    lab = labs["all"]
    true = r"\int dv M(v) v \hat{T}(y) = \mathbb{E}[v] \hat{T}(y)"
    assert proves(lab, true).shown
    assert proves(lab, true.replace(r"= \mathbb{E}[v]", "= a")).rest
    assert proves(lab, r"\int dv M(v) \langle \hat{T}(v) \rangle = \mathbb{E}[\langle \hat{T}(v) \rangle]").shown
    assert not proves(lab, r"\int dv M(v) \langle \hat{T}(v) \rangle = \langle \hat{T}(\mathbb{E}[v]) \rangle").shown


@pytest.mark.parametrize("line", [r"\int dy \delta(y - a) y^2 = a^2", r"\int dv M(v) \int dy \delta(y - v^2) y = \mathbb{E}[v^2]"])  # fmt: skip
def test_no_model_speaks_against_a_true_line_with_a_delta(labs, line: str) -> None:
    """A sum over the values of a real variable is no integral over a delta: such a model must be refused."""
    source = f"% by: exact\n\\begin{{equation}} {line} \\tag{{1}} \\end{{equation}}\n"
    paper = labs["pair"].paper(source, NOTATION.replace("scope.pair", "scope.bench"))
    assert Verifier(paper).result("1").verdict in ("proved", "open")


# -- random laws and functions ---------------------------------------------------------------------------------------

small = st.integers(-3, 3)


def signed(value: int | Fraction) -> str:
    value = Fraction(value)
    size = (
        str(abs(value.numerator))
        if value.denominator == 1
        else rf"\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    )
    return size if value >= 0 else f"(-{size})"


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(small, min_size=4, max_size=4), st.integers(-2, 2), st.integers(-2, 2), st.booleans())
def test_a_random_conditional_law_summed_out_by_hand(
    labs, function: list[int], base: int, coupling: int, joint: bool
) -> None:
    """E[f(s, w)] for s given w, by the four values of f; what is left is linear in E[w]."""

    def value(s: int, w: int) -> Fraction:
        one, first, second, both = function
        return Fraction(one + first * s + second * w + both * s * w)

    law = rf"M(s|w) = \frac{{5 + s ({signed(base)} + {signed(coupling)} w)}}{{10}}"
    given_w = {w: sum((Fraction(5 + s * (base + coupling * w), 10) * value(s, w) for s in (-1, 1)), Fraction(0)) for w in (-1, 1)}  # fmt: skip
    constant, slope = (given_w[1] + given_w[-1]) / 2, (given_w[1] - given_w[-1]) / 2
    one, first, second, both = (signed(c) for c in function)
    density = "M(s, w)" if joint else "M(s|w) M(w)"
    left = rf"\sum_s \sum_w {density} ({one} + {first} s + {second} w + {both} s w)"
    lab = labs["signs"]
    answer = proves(lab, rf"{left} = {signed(constant)} + {signed(slope)} \mathbb{{E}}[w]", law)
    assert answer.shown, answer.why
    assert not proves(lab, rf"{left} = {signed(constant)} + {signed(slope + 1)} \mathbb{{E}}[w]", law).shown


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(small, min_size=1, max_size=4), small, small, st.sampled_from([r"\delta(y - ({}))", r"\delta({} - y)"]))
def test_a_random_polynomial_under_a_delta(labs, polynomial: list[int], constant: int, slope: int, delta: str) -> None:
    """The polynomial at what the delta sets its variable to, multiplied out by hand."""
    value = f"{signed(constant)} + {signed(slope)} a"
    total = [0] * len(polynomial)
    power = [1] + [0] * (len(polynomial) - 1)
    for coefficient in polynomial:
        total = [t + coefficient * p for t, p in zip(total, power, strict=True)]
        power = [constant * p + slope * before for p, before in zip(power, [0, *power[:-1]], strict=True)]
    body = " + ".join(f"{signed(c)} y^{n}" for n, c in enumerate(polynomial))
    left = rf"\int dy {delta.format(value)} ({body})"
    right = " + ".join(f"{signed(c)} a^{n}" for n, c in enumerate(total))
    assert proves(labs["plain"], f"{left} = {right}").shown
    assert proves(labs["plain"], f"{left} = {right} + 1").rest


# -- moments of two components whose indices may coincide ------------------------------------------------------------

MOMENTS = (r"\mathbb{E}[x_k] = a", r"\text{Var}[x_k] = z_k", r"\text{Cov}[x_k, x_l] = c z_k z_l, k \neq l")

COINCIDENCES = [
    (r"\mathbb{E}[x_k \sum_n x_n] = z_k + \sum_{n \neq k} c z_k z_n + N a^2", r"\mathbb{E}[x_k \sum_n x_n] = \sum_n c z_k z_n + N a^2"),
    (r"\sum_n \mathbb{E}[x_k x_n] = z_k + \sum_{n \neq k} c z_k z_n + N a^2", r"\sum_n \mathbb{E}[x_k x_n] = z_k + \sum_n c z_k z_n + N a^2"),
    (r"\sum_{n \neq k} \mathbb{E}[x_k x_n] = \sum_{n \neq k} c z_k z_n + (N - 1) a^2", r"\sum_{n \neq k} \mathbb{E}[x_k x_n] = \sum_n c z_k z_n + (N - 1) a^2"),
    (r"\sum_n \mathbb{E}[x_1 x_n] = z_1 + \sum_{n \neq 1} c z_1 z_n + N a^2", r"\sum_n \mathbb{E}[x_1 x_n] = z_1 + N a^2"),
    (r"\mathbb{E}[x_k x_l] = c z_k z_l + a^2, k \neq l", r"\mathbb{E}[x_k x_l] = c z_k z_l + a^2"),
    (r"\mathbb{E}[x_k^2] = z_k + a^2", r"\mathbb{E}[x_k^2] = c z_k^2 + a^2"),
    (r"\mathbb{E}[x_1 x_2] = c z_1 z_2 + a^2", r"\mathbb{E}[x_1 x_1] = c z_1 z_1 + a^2"),
    (r"\text{Var}[\sum_n x_n] = \sum_n z_n + \sum_k \sum_{n \neq k} c z_k z_n", r"\text{Var}[\sum_n x_n] = \sum_n z_n + \sum_k \sum_n c z_k z_n"),
    (r"\text{Cov}[x_k, \sum_n x_n] = z_k + \sum_{n \neq k} c z_k z_n", r"\text{Cov}[x_k, \sum_n x_n] = z_k"),
    (r"\int d\mathbf{x}_{1:N} M(\mathbf{x}_{1:N}) x_k \sum_n x_n = z_k + \sum_{n \neq k} c z_k z_n + N a^2", r"\int d\mathbf{x}_{1:N} M(\mathbf{x}_{1:N}) x_k \sum_n x_n = z_k + N a^2"),
    (r"\sum_k \sum_n \mathbb{E}[x_k x_n]^2 = \sum_k (z_k + a^2)^2 + \sum_k \sum_{n \neq k} (c z_k z_n + a^2)^2", r"\sum_k \sum_n \mathbb{E}[x_k x_n]^2 = \sum_k \sum_n (c z_k z_n + a^2)^2"),
]  # fmt: skip


@pytest.mark.parametrize(("true", "near"), COINCIDENCES, ids=[true for true, _ in COINCIDENCES])
def test_a_moment_is_a_variance_where_its_indices_coincide_and_a_covariance_apart(labs, true: str, near: str) -> None:
    answer = proves(labs["moments"], true, *MOMENTS)
    assert answer.shown, answer.why
    assert proves(labs["moments"], near, *MOMENTS).rest


def test_a_moment_that_a_premise_gives_apart_says_nothing_of_the_square(labs) -> None:
    premise = r"\mathbb{E}[x_k x_l] = 0, k \neq l"
    lab = labs["moments"]
    assert proves(lab, r"\sum_k \sum_l \mathbb{E}[x_k x_l] = \sum_k \mathbb{E}[x_k^2]", premise).shown
    assert proves(lab, r"\sum_k \sum_l \mathbb{E}[x_k x_l] = 0", premise).rest
    assert proves(lab, r"\mathbb{E}[x_k x_l] = 0", premise).rest
    assert proves(lab, r"\sum_k \sum_l \mathbb{E}[x_k x_l] = 0", r"\mathbb{E}[x_k x_l] = 0").shown


SITES = 4


def at_sites(poly: Poly, places: dict[Index, int], values: dict[str, list[Fraction]]) -> Fraction:
    """The value of a normal form, its sums written out."""
    total = Fraction(0)
    for term, coefficient in poly.terms:
        for chosen in cartesian(range(SITES), repeat=len(term.bound)):
            here = {**places, **dict(zip(term.bound, chosen, strict=True))}
            if any(len({here[index] for index in pair}) < len(pair) for pair in term.distinct):
                continue
            product = coefficient
            for which, power in term.factors:
                assert isinstance(which, Sym)
                if which.name.startswith(SIZE):
                    value = Fraction(SITES)
                else:
                    value = values[which.name][here[which.at[0]] if which.at else 0]
                product *= value ** int(power)
            total += product
    return total


forms = st.tuples(small, small, small, small)
"""A x_k + B sum_n x_n + C sum_n z_n x_n + D sum_{n not k} x_n."""


def written(form: tuple[int, int, int, int], letter: str) -> str:
    a, b, c, d = (signed(value) for value in form)
    n = letter
    return rf"\left( {a} x_k + {b} \sum_{n} x_{n} + {c} \sum_{n} z_{n} x_{n} + {d} \sum_{{{n} \neq k}} x_{n} \right)"


def weights(form: tuple[int, int, int, int], k: int, z: list[Fraction]) -> list[Fraction]:
    a, b, c, d = form
    return [Fraction(a * (n == k) + b + d * (n != k)) + c * z[n] for n in range(SITES)]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(forms, forms, st.integers(0, SITES - 1), st.integers(0, 1000))
def test_random_bilinear_forms_against_the_matrix_of_moments(labs, one, other, k: int, seed: int) -> None:
    rng = random.Random(seed)
    values = {name: [Fraction(rng.randint(-4, 4)) for _ in range(SITES)] for name in "acz"}
    a, c, z = values["a"][0], values["c"][0], values["z"]
    moments = [[(z[m] if m == n else c * z[m] * z[n]) + a * a for n in range(SITES)] for m in range(SITES)]
    first, second = weights(one, k, z), weights(other, k, z)
    expected = sum((first[m] * second[n] * moments[m][n] for m, n in cartesian(range(SITES), repeat=2)), Fraction(0))
    expr: Expr = labs["moments"].expr(rf"\mathbb{{E}}[{written(one, 'n')} {written(other, 'l')}]")
    assert isinstance(expr, Expectation)
    poly = exact.normal(expr, goal(labs["moments"], "a = a", *MOMENTS))
    assert at_sites(poly, {Index("k", "site"): k}, values) == expected


# -- not yet so ------------------------------------------------------------------------------------------------------

PRODUCT = "densities that are multiplied are taken for the joint law"
SCOPE = "a factor beside an inner sum is moved under it, and its variable is caught"
DEPENDS = "what a mean, a determinant or a moment depends on is not looked at"
PLACE = "only the component that is printed is looked at: an index of a sum may coincide with it"
APART = "a moment of two columns, or of three components, is put in where its indices coincide too"
UNSOUND = [
    ("pair", r"\sum_s M(s) s \int dv M(v) v = \mathbb{E}[s v]", (), PRODUCT),
    ("signs", r"\sum_s \sum_w M(s) M(w) s w = \mathbb{E}[s w]", (), PRODUCT),
    ("all", r"\sum_s \sum_w \int dv M(s|v) M(w|v) M(v) s w = \mathbb{E}[s w]", (), PRODUCT),
    ("signs", r"\sum_s \sum_w M(s, w) h(s) h(w) = \sum_s \sum_w M(s) M(w) h(s) h(w)", (), PRODUCT),
    ("all", r"\int dv M(v) w \left( \sum_w M(w|v) w \right) = 1", (), SCOPE),
    ("all", r"\int df \int dv \delta(f - v) M(f) f = \mathbb{E}[v]", (), "a delta renames the variable of a density"),
    ("plain", r"\int dz_1 \exp(-z_1^2 - 2 z_2^2) = \int dz_2 \exp(-z_1^2 - 2 z_2^2)", (), "the measure has the name of its variable and not its index"),
    ("plain", r"\int dz_1 \delta(z_1 - \sum_k z_k) z_1 = \sum_k z_k", (), PLACE),
    ("plain", r"\int dz_k \delta(z_k - a) \sum_l z_l = \sum_l z_l", (), PLACE),
    ("plain", r"\sum_{g_k} \sum_l g_l = 2 \sum_l g_l", (), PLACE),
    ("plain", r"\int dp \delta(p + 1) p = -1", (), "the integral over a positive variable does not reach what is negative"),
    ("all", r"\sum_t \langle \hat{T}(t) \rangle = 2 \langle \hat{T}(t) \rangle", (), DEPENDS),
    ("all", r"\sum_t |\mathbf{A} + t \mathbf{B}| = 2 |\mathbf{A} + t \mathbf{B}|", (), DEPENDS),
    ("all", r"\int dy |\mathbf{A} + y \mathbf{B}| = |\mathbf{A} + y \mathbf{B}| \int dy 1", (), DEPENDS),
    ("all", r"\int dy \exp(-y^2) \mathbb{E}[\sin(y v)] = \mathbb{E}[\sin(y v)] \int dy \exp(-y^2)", (), DEPENDS),
    ("all", r"\sum_s M(s) \mathbb{F}[\sin(v q)] = \mathbb{E}[\mathbb{F}[\sin(v q)]]", (), DEPENDS),
    ("moments", r"\sum_k \sum_l \mathbb{E}[u_k x_l] = 0", (r"\mathbb{E}[u_k x_l] = 0, k \neq l",), APART),
    ("moments", r"\sum_k \sum_l \mathbb{E}[u_k x_l] = 0", (r"\text{Cov}[u_k, x_l] = 0, k \neq l", r"\mathbb{E}[x_k] = 0"), APART),
    ("moments", r"\sum_k \sum_l \sum_n \mathbb{E}[x_k x_l x_n] = 0", (r"\mathbb{E}[x_k x_l x_n] = 0, k \neq l",), APART),
]  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "line", "premises"),
    [case[:3] for case in UNSOUND],
)
def test_what_is_false_is_not_shown(labs, scope: str, line: str, premises: tuple[str, ...]) -> None:
    try:
        shown = proves(labs[scope], line, *premises).shown
    except ReadError:
        shown = False
    assert not shown


NAMED = "the bound indices of a tidied sum are named by a dot, and are not taken for bound ones"
UNSOUND_BESIDES = [
    ("plain", r"\sum_t \sum_{g_k} \sum_l (g_l + t) = 4 \sum_l g_l", (), NAMED),
    ("plain", r"\sum_{g_1} \exp(\sum_l g_l) = 2 \exp(\sum_l g_l)", (), NAMED),
    ("all", r"\sum_s \int df \int dv \delta(f - v) M(s|f) M(v) s v = \mathbb{E}[s v]", (), "a delta renames the condition of a density"),
    ("all", r"\sum_s \sum_w M(s) M(w) s w = \mathbb{E}[s w]", (r"R(s, w) = M(s) M(w)",), "the joint law that a premise gives may be another one"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "line", "premises"),
    [case[:3] for case in UNSOUND_BESIDES],
)
def test_what_is_false_is_not_shown_either(labs, scope: str, line: str, premises: tuple[str, ...]) -> None:
    assert not proves(labs[scope], line, *premises).shown


@pytest.mark.parametrize(
    "line",
    [
        r"\int dy \int da \delta(y - a) \delta(a - c) h(y) = h(c)",
        r"\int dy \int da \delta(y - c) \delta(a) h(y) = h(c)",
    ],
)
def test_two_deltas_set_two_variables(labs, line: str) -> None:
    assert proves(labs["plain"], line).shown
    assert not proves(labs["plain"], line.replace("= h(c)", "= h(-c)")).shown


FACTORISED = [
    ("signs", r"\sum_s \sum_w M(s) M(w) s w = \mathbb{E}[s] \mathbb{E}[w]", (), r"\sum_s \sum_w M(s) M(w) s w = \mathbb{E}[s]^2"),
    ("signs", r"\sum_s \sum_w M(s) M(w) (s + w)^2 = 2 + 2 \mathbb{E}[s] \mathbb{E}[w]", (), r"\sum_s \sum_w M(s) M(w) (s + w)^2 = 2 + 2 \mathbb{E}[s w]"),
    ("signs", r"\mathbb{E}[s w] = \mathbb{E}[s] \mathbb{E}[w]", (r"M(s, w) = M(s) M(w)",), r"\mathbb{E}[\exp(s w)] = \mathbb{E}[\exp(s)] \mathbb{E}[w]"),
    ("signs", r"\mathbb{E}[\exp(s) w] = \mathbb{E}[\exp(s)] \mathbb{E}[w]", (r"M(s, w) = M(s) M(w)",), r"\mathbb{E}[\exp(s) w] = \exp(\mathbb{E}[s]) \mathbb{E}[w]"),
    ("all", r"\sum_t \langle \hat{T}(t) \rangle = \langle \hat{T}(1) \rangle + \langle \hat{T}(-1) \rangle", (), r"\sum_t \langle \hat{T}(t) \rangle = 2 \langle \hat{T}(1) \rangle"),
    ("all", r"\sum_t t \langle \hat{T}(t) \hat{T}(a) \rangle = \langle \hat{T}(1) \hat{T}(a) \rangle - \langle \hat{T}(-1) \hat{T}(a) \rangle", (), r"\sum_t t \langle \hat{T}(t) \hat{T}(a) \rangle = \langle \hat{T}(1) \hat{T}(a) \rangle - \langle \hat{T}(a) \hat{T}(-1) \rangle"),
    ("moments", r"\sum_k \sum_l \mathbb{E}[x_k u_l] = \sum_k \mathbb{E}[x_k u_k]", (r"\mathbb{E}[x_k u_l] = 0, k \neq l",), r"\sum_k \sum_l \mathbb{E}[x_k u_l] = N \mathbb{E}[x_1 u_1]"),
]  # fmt: skip


@pytest.mark.parametrize(("scope", "line", "premises", "near"), FACTORISED)
def test_means_of_what_is_independent_and_sums_inside_means(labs, scope, line, premises, near) -> None:
    assert proves(labs[scope], line, *premises).shown
    assert not proves(labs[scope], near, *premises).shown
    if premises:
        assert not proves(labs[scope], line).shown
