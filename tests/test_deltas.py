# ruff: noqa: E501 (a formula stands on one line)
r"""Kronecker's delta of two indices: what is true of it for every size and in every coincidence, and what is almost."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.algebra.indexed import canonical
from derive.algebra.lowering import Lowering
from derive.algebra.raising import Raising
from derive.algebra.rules import Rule
from derive.comparison import worlds
from derive.expression import Add, Element, Expr, Identity, Index, Mul, Neg, Number, Over, Symbol, substitute_indices
from derive.instance import needs_instance
from derive.latex.reader import read_chain, read_expression
from derive.latex.tokens import tokens
from derive.latex.writer import write, write_chain
from derive.methods import exact
from derive.methods.goal import Goal, coincidences, fixed_indices
from derive.model import World
from derive.mutants.statements import chain_mutants
from derive.notation import Scope, load_notation
from derive.paper import load_paper
from derive.verdict import Result
from derive.verify import Verifier

SHOWN = ("proved", "proved-to-order", "conditional")

NOTATION = r"""
[scope.plain.ranges]
site = { size = "N", indices = "i j k l" }
space = { size = "D", indices = "d e", vector = true }
[scope.plain.symbols]
'\delta' = { kind = "delta" }
'a' = {}
'q' = {}
'v' = { domain = "positive", dimension = "length^2" }
'w' = { domain = "positive", dimension = "length^2" }
't' = { domain = "positive", dimension = "time" }
'x' = { slots = "site" }
'y' = { slots = "site" }
's' = { slots = "site", domain = "positive" }
'z' = { slots = "site" }
'r' = { slots = "site space" }
'G' = { slots = "site site" }
'C' = { slots = "site site" }
'K' = { kind = "matrix", slots = "site site" }
'M' = { kind = "matrix", slots = "site site" }
'S' = { kind = "matrix", slots = "site site", properties = "symmetric" }

[scope.matrices]
like = "plain"

[scope.law.ranges]
site = { size = "N", indices = "i j k l" }
[scope.law.symbols]
'\delta' = { kind = "delta" }
'x' = { slots = "site", law = 'P' }
'm' = { slots = "site" }
'g' = { slots = "site" }
'\sigma' = { domain = "positive" }
'P' = { kind = "density" }
'E' = { kind = "expectation", law = 'P' }
'V' = { kind = "variance", law = 'P' }
'C' = { kind = "covariance", law = 'P' }

[scope.category]
like = "law"
[scope.category.symbols]
's' = { slots = "site", domain = "positive" }
'z' = { slots = "site" }
"""

GIVENS = {
    "plain": r"""% given softmax @here: s_i = \frac{e^{z_i}}{\sum_j e^{z_j}}
% given centred @here: y_i = x_i - \frac{1}{N} \sum_j x_j
% given gram @here: G_{kl} = \sum_i C_{ik} C_{il}
% given basis @here: C_{ik} = \delta_{ik} - \frac{1}{N}
""",
    "matrices": r"""% given K @here: K_{ij} = v \delta_{ij} + w
% given M @here: M_{ij} = \delta_{ij} + a \delta_{i1} \delta_{j2} + a \delta_{i2} \delta_{j1}
% given S @here: S_{ij} = v \delta_{ij}
""",
    "law": r"% given white @here: C[x_i, x_j] = \sigma^2 \delta_{ij}" + "\n",
    "category": r"""% given softmax @here: s_i = \frac{e^{z_i}}{\sum_j e^{z_j}}
% given mean @here: E[x_i] = s_i
% given one @here: E[x_i x_j] = s_i \delta_{ij}
""",
}

TRUE = [
    # what it is
    ("plain", "", r"\sum_j \delta_{ij} x_j = x_i"),
    ("plain", "", r"\sum_j \delta_{i,j} \delta_{jk} = \delta_{ki}"),
    ("plain", "", r"\sum_i \delta_{ii} = N"),
    ("plain", "", r"\sum_i \sum_j \delta_{ij} = N"),
    ("plain", "", r"\sum_{j \neq i} \delta_{ij} x_j = 0"),
    ("plain", "", r"\delta_{ij}^2 = \delta_{ji}"),
    ("plain", "", r"\delta_{ij} x_i = \delta_{ij} x_j"),
    ("plain", "", r"\delta_{ij} = 0, i \neq j"),
    ("plain", "", r"\sum_d \delta_{de} r_i^{(d)} = r_i^{(e)}"),
    # numbers
    ("plain", "", r"\sum_i \delta_{i1} x_i = x_1"),
    ("plain", "", r"\delta_{i1} \delta_{i2} = 0"),
    ("plain", "", r"\delta_{1i} x_i = x_1 \delta_{i1}"),
    # inside of functions, sums and products
    ("plain", "", r"\frac{1}{1 + \delta_{ij}} = 1 - \frac{1}{2} \delta_{ij}"),
    ("plain", "", r"\sum_j \frac{x_j}{1 + \delta_{ij}} = \sum_j x_j - \frac{1}{2} x_i"),
    ("plain", "", r"e^{a \delta_{ij}} = 1 + (e^a - 1) \delta_{ij}"),
    ("plain", "", r"\log(1 + \delta_{ij}) = \delta_{ij} \log 2"),
    ("plain", "", r"\prod_j (1 + \delta_{ij}) = 2"),
    ("plain", "", r"\int_0^1 dq q^2 \delta_{ij} = \frac{1}{3} \delta_{ij}"),
    ("plain", "", r"(1 + \delta_{ii}) x_i \propto x_i"),
    # derivatives
    ("plain", "", r"\frac{\partial x_i}{\partial x_j} = \delta_{ij}"),
    ("plain", "softmax", r"\frac{\partial s_i}{\partial z_k} = s_i (\delta_{ik} - s_k)"),
    ("plain", "softmax", r"\frac{\partial}{\partial z_k} \log s_i = \delta_{ik} - s_k"),
    (
        "plain",
        "softmax",
        r"\frac{\partial^2}{\partial z_i \partial z_k} \log \sum_j e^{z_j} = s_i \delta_{ik} - s_i s_k",
    ),
    ("plain", "centred", r"\frac{\partial y_i}{\partial x_j} = \delta_{ij} - \frac{1}{N}"),
    (
        "plain",
        "",
        r"\frac{\partial}{\partial x_k} \left[ \frac{1}{2} \sum_i \sum_j (x_i - x_j)^2 \right] = 2 \sum_j (N \delta_{jk} - 1) x_j",
    ),
    # matrices
    ("plain", "basis, gram", r"G_{kl} = \delta_{kl} - \frac{1}{N}"),
    ("matrices", "K", r"\sum_j K_{ij} x_j = v x_i + w \sum_j x_j"),
    ("matrices", "K", r"\sum_j K_{ij} K_{jk} = v^2 \delta_{ik} + 2 v w + N w^2"),
    ("matrices", "K", r"\text{tr}(K) = N (v + w)"),
    ("matrices", "S", r"|S| = v^N"),
    ("matrices", "S", r"(S^{-1})_{ij} = \frac{1}{v} \delta_{ij}"),
    # covariances
    ("law", "white", r"V[x_i] = \sigma^2"),
    ("law", "white", r"V[\sum_i g_i x_i] = \sigma^2 \sum_i g_i^2"),
    ("law", "white", r"C[x_i - x_j, x_i - x_k] = \sigma^2 (1 - \delta_{ij} - \delta_{ik} + \delta_{jk})"),
    ("category", "mean, one", r"C[x_i, x_j] = s_i \delta_{ij} - s_i s_j"),
    ("category", "mean, one", r"V[x_i] = s_i (1 - s_i)"),
    ("category", "mean, one, softmax", r"V[\sum_i x_i] = 0"),
]

FALSE = [
    ("plain", "", r"\sum_j \delta_{ij} x_j = N x_i"),
    ("plain", "", r"\sum_j \delta_{jj} x_i = x_i"),
    ("plain", "", r"\sum_i \sum_j \delta_{ij} = N^2"),
    ("plain", "", r"\delta_{ij} x_i = x_j"),
    ("plain", "", r"\delta_{ij} = 0"),
    ("plain", "", r"\delta_{ij} = 1"),
    ("plain", "", r"\delta_{ij} + \delta_{jk} = \delta_{ik}"),
    ("plain", "", r"\delta_{i1} x_i = x_1"),
    ("plain", "", r"\delta_{i1} + \delta_{i2} = 1"),
    ("plain", "", r"\frac{1}{1 + \delta_{ij}} = 1 - \delta_{ij}"),
    ("plain", "", r"e^{a \delta_{ij}} = 1 + a \delta_{ij}"),
    ("plain", "", r"\prod_j (1 + \delta_{ij}) = N + 1"),
    ("plain", "", r"\int_0^1 dq q^2 \delta_{ij} = \frac{1}{3}"),
    ("plain", "", r"(1 + \delta_{ij}) x_i y_j \propto x_i y_j"),
    ("plain", "", r"\frac{\partial x_i}{\partial x_j} = 1"),
    ("plain", "softmax", r"\frac{\partial s_i}{\partial z_k} = s_i (1 - s_k)"),
    ("plain", "softmax", r"\frac{\partial s_i}{\partial z_k} = -s_i s_k"),
    ("plain", "softmax", r"\frac{\partial s_i}{\partial z_k} = s_i (\delta_{ik} - s_i)"),
    ("plain", "softmax", r"\frac{\partial}{\partial z_k} \log s_i = \delta_{ik} - s_i"),
    ("plain", "softmax", r"\frac{\partial^2}{\partial z_i \partial z_k} \log \sum_j e^{z_j} = s_i - s_i s_k"),
    ("plain", "centred", r"\frac{\partial y_i}{\partial x_j} = \delta_{ij} - \frac{1}{N + 1}"),
    ("plain", "basis, gram", r"G_{kl} = \delta_{kl} - \frac{2}{N}"),
    ("matrices", "K", r"\sum_j K_{ij} K_{jk} = v^2 \delta_{ik} + 2 v w + w^2"),
    ("matrices", "M", r"|M| = 1"),
    ("law", "white", r"C[x_i, x_j] = \sigma^2"),
    ("law", "white", r"V[\sum_i g_i x_i] = \sigma^2 \sum_i \sum_j g_i g_j"),
    ("category", "mean, one", r"C[x_i, x_j] = s_i \delta_{ij} - s_i"),
    ("category", "mean, one", r"V[x_i] = s_i"),
]


def paper(folder: Path, text: str) -> Verifier:
    (folder / "notation.toml").write_text(NOTATION, "utf-8")
    (folder / "paper.tex").write_text(text, "utf-8")
    return Verifier(load_paper(folder))


def claims(folder: Path, cases: list[tuple[str, str, str]]) -> dict[str, Result]:
    """The results of claims, each in its scope from its premises."""
    lines = []
    for scope, givens in GIVENS.items():
        lines.append(f"% scope: {scope}\n{givens}")
        for number, (own, premises, claim) in enumerate(cases):
            if own == scope:
                lines.append(f"% claim c-{number}: {claim}")
                lines += [f"% from: {premises}"] if premises else []
        lines.append("")
    verifier = paper(folder, "\n".join(lines))
    return {claim: verifier.result(f"claim-c-{number}") for number, (_, _, claim) in enumerate(cases)}


def test_what_is_true_is_proved(tmp_path: Path) -> None:
    found = {claim: result.verdict for claim, result in claims(tmp_path, TRUE).items()}
    assert {claim: verdict for claim, verdict in found.items() if verdict != "proved"} == {}


def test_what_is_almost_true_is_not(tmp_path: Path) -> None:
    found = claims(tmp_path, FALSE)
    assert {claim: result.verdict for claim, result in found.items() if result.verdict in SHOWN} == {}
    refuted = [result for result in found.values() if result.verdict == "refuted"]
    assert len(refuted) >= 0.9 * len(found)
    assert all(result.witness is not None for result in refuted)


def test_what_vanishes_for_different_indices_only_is_not_free_of_a_symbol(tmp_path: Path) -> None:
    text = "% scope: plain\n% by: definition\n% so: {} free of {}\n$$ G_{{ij}} = x_i \\delta_{{ij}} + y_j $$\n"
    assert next(paper(tmp_path, text.format("G_{ij}", "x_i")).results()).verdict not in ("definition", *SHOWN)
    assert next(paper(tmp_path, text.format("G_{ij}", "z_i")).results()).verdict == "definition"


def test_a_delta_has_no_dimension(tmp_path: Path) -> None:
    cases = [("plain", "", r"v \delta_{ij} + w = w + \delta_{ji} v"), ("plain", "", r"v \delta_{ij} = t \delta_{ij}")]
    same, other = claims(tmp_path, cases).values()
    assert "dimensions: both sides have the same" in same.evidence
    assert any("the sides do not agree" in said for said in other.evidence)


def test_a_scope_with_a_delta_has_worlds_unless_values_are_compared(scope: Scope) -> None:
    values = read_expression(tokens(r"\delta_{a, q}"), scope)
    assert not needs_instance(scope, read_expression(tokens(r"\delta_{ij} x_i"), scope))
    assert needs_instance(scope, values)
    assert needs_instance(scope, rules=(Rule(Symbol("w"), values, "given"),))
    assert all(isinstance(world, World) for world in worlds(scope, (), seeds=1))


def test_the_indices_of_a_delta_may_be_exchanged_and_no_more(scope: Scope) -> None:
    chain = read_chain(tokens(r"x_i \delta_{ij} + y_i = \delta_{ij} x_i + y_i"), scope)
    equal = set()
    for _, mutant in chain_mutants(chain, scope):
        assert mutant.first is not None
        goal = Goal(mutant.first, mutant.links[0][1], scope)
        if exact.prove(goal).shown:
            equal.add(write_chain(mutant, scope))
    assert equal == {
        r"x_{i} \delta_{ji} + y_{i} = \delta_{ij} x_{i} + y_{i}",
        r"x_{i} \delta_{ij} + y_{i} = \delta_{ji} x_{i} + y_{i}",
        r"x_{j} \delta_{ij} + y_{i} = \delta_{ij} x_{i} + y_{i}",
        r"x_{i} \delta_{ij} + y_{i} = \delta_{ij} x_{j} + y_{i}",
    }


# -- reading and writing ---------------------------------------------------------------------------------------------

AMBIGUOUS = (
    NOTATION
    + r"""
[scope.both.ranges]
site = { size = "N", indices = "i b c" }
label = { size = "M", indices = '\mu \nu' }
[scope.both.symbols]
'\delta' = { kind = "delta" }
'b' = { domain = "binary" }
'c' = { domain = "binary" }
'x' = { slots = "label label" }
"""
)


def test_a_letter_that_is_an_index_and_a_symbol(tmp_path: Path) -> None:
    (tmp_path / "notation.toml").write_text(AMBIGUOUS, "utf-8")
    scope = load_notation(tmp_path / "notation.toml").scopes["both"]
    site = [Index(letter, "site") for letter in "bc"]
    assert read_expression(tokens(r"\delta_{bc}"), scope) == Element(Identity("site", r"\delta"), *site)
    assert read_expression(tokens(r"\delta_{i,c}"), scope) == read_expression(tokens(r"\delta_{ic}"), scope)
    with pytest.raises(Exception, match="b is an index letter and a symbol: without the comma"):
        read_expression(tokens(r"\delta_{b,c}"), scope)


def test_a_command_and_a_letter_stay_two_indices(tmp_path: Path) -> None:
    (tmp_path / "notation.toml").write_text(AMBIGUOUS.replace(r"'\mu \nu'", r"'\mu n'"), "utf-8")
    scope = load_notation(tmp_path / "notation.toml").scopes["both"]
    for print_ in (r"\delta_{\mu n}", r"x_{\mu n}"):
        tree = read_expression(tokens(print_), scope)
        assert read_expression(tokens(write(tree, scope)), scope) == tree


# -- the normal form -------------------------------------------------------------------------------------------------

LETTERS = [Index(letter, "site") for letter in "ijkl"]
LABELS = [Index("1", "site"), Index("2", "site")]
letters = st.sampled_from([*LETTERS, *LABELS])
pairs = st.tuples(st.sampled_from(LETTERS), letters).flatmap(st.permutations)
deltas = pairs.map(lambda pair: Element(Identity("site", r"\delta"), *pair))
leaves = st.one_of(
    deltas,
    st.builds(lambda name, a: Symbol(name, (a,)), st.sampled_from("xy"), letters),
    st.integers(1, 3).map(lambda n: Number(Fraction(n))),
)


def bigger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    few = st.lists(inner, min_size=2, max_size=3).map(tuple)
    others = st.lists(letters, max_size=1)
    return st.one_of(
        few.map(Add),
        few.map(Mul),
        inner.map(Neg),
        st.builds(
            lambda index, out, body: Over("sum", index, tuple(o for o in out if o != index), body),
            st.sampled_from(LETTERS),
            others,
            inner,
        ),
    )


def patterns(expr: Expr) -> Iterator[tuple[dict[Index, Index], dict[Index, int]]]:
    """The coincidences of the free indices and labels of an expression, with places among four sites for each."""
    fixed = sorted(fixed_indices(expr), key=lambda index: index.name)
    for change, _ in coincidences(expr, expr):
        letters = [index for index in fixed if not index.is_label]
        for places in product(range(4), repeat=len(letters)):
            at = dict(zip(letters, places, strict=True))
            at |= {index: int(index.name) - 1 for index in fixed if index.is_label}
            same = {(a, b) for a in fixed for b in fixed if change.get(a, a) == change.get(b, b)}
            if same == {(a, b) for a in fixed for b in fixed if at[a] == at[b]}:
                yield change, at
                break


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    path = tmp_path_factory.mktemp("deltas") / "notation.toml"
    path.write_text(NOTATION, "utf-8")
    return load_notation(path).scopes["plain"]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.recursive(leaves, bigger, max_leaves=6))
def test_the_normal_form_has_the_value_of_the_tree_in_every_coincidence(scope: Scope, tree: Expr) -> None:
    world = World(scope, (), {"site": 4, "space": 2})
    for change, places in patterns(tree):
        here = substitute_indices(tree, change)
        poly = canonical(Lowering(scope).scalar(here), fixed_indices(here))
        again = Raising(scope).poly(poly, fixed_indices(here))
        assert (world.value(here, places) - world.value(tree, places)).contains(0)
        assert (world.value(again, places) - world.value(tree, places)).contains(0), write(tree, scope)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.recursive(leaves, bigger, max_leaves=6))
def test_reading_what_was_written_gives_the_tree_back(scope: Scope, tree: Expr) -> None:
    text = write(tree, scope)
    assert read_expression(tokens(text), scope) == tree, text
