# ruff: noqa: E501 (a formula stands on one line)
"""Reading and writing states, operators, deltas, sums over values, functions, counts, displays and lists."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derive.errors import ReadError
from derive.expression import (
    OPERATOR,
    Abs,
    Add,
    Applied,
    Arrow,
    Bra,
    Call,
    Commutator,
    Count,
    Curl,
    Dagger,
    Density,
    Dirac,
    Dot,
    Element,
    Expectation,
    Expr,
    Frac,
    Identity,
    ImaginaryUnit,
    Index,
    Integral,
    Ket,
    Kronecker,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pow,
    Several,
    Size,
    StateMean,
    Symbol,
    Type,
    ValueSum,
    Whole,
)
from derive.latex.reader import read_chain, read_expression
from derive.latex.tokens import tokens
from derive.latex.writer import write, write_chain
from derive.notation import load_notation
from derive.paper import load_paper
from derive.statement import Reading

NOTATION = r"""
[scope.bench.ranges]
space = { size = "3", indices = "d", vector = true }
site = { size = "N", indices = "k l n" }
[scope.bench.symbols]
'j' = { kind = "imaginary unit" }
'\psi' = { kind = "state", properties = "unit" }
'\tau' = { kind = "Pauli", slots = "space" }
'\mu' = { slots = "space" }
'\kappa' = { domain = "positive" }
'P' = { kind = "momentum", slots = "space", constant = '\kappa' }
'W' = { kind = "field", slots = "space" }
'g' = {}
'a' = {}
'c' = {}
'y' = {}
'L_0' = {}
'\Delta t' = { domain = "positive" }
'\Delta y' = {}
'\hat{E}' = { kind = "operator", properties = "identity" }
'\hat{F}' = { kind = "operator", properties = "Hermitian" }
'\hat{G}' = { kind = "operator" }
'\hat{T}' = { kind = "operator", of = 'y' }
'f' = { kind = "function", of = 'y' }
'h_s' = { kind = "function", of = 's; y' }
'B_{k}' = { kind = "function", slots = "site", of = '\mathbf{z}_{1:N}, y' }
's' = { domain = "binary" }
'w' = { domain = "binary" }
'o' = { slots = "site", domain = "binary" }
"s'" = { domain = "binary" }
'z' = { slots = "site" }
'D' = { slots = "site site" }
'D_{ak}' = { slots = "site", domain = "positive" }
'J_{0k}' = { slots = "site" }
'\delta' = { kind = "delta" }
'M' = { kind = "density" }
'\mathbb{E}' = { kind = "expectation", law = 'M' }
"""


@pytest.fixture(scope="module")
def lab(bench, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("states")
    (folder / "notation.toml").write_text(NOTATION, encoding="utf-8")
    return replace(bench, scope=load_notation(folder / "notation.toml").scopes["bench"], folder=folder)


# -- what is read ----------------------------------------------------------------------------------------------------

K, L = Index("k", "site"), Index("l", "site")
S, W, Y, A, C, PSI = (Symbol(name) for name in ("s", "w", "y", "a", "c", r"\psi"))
F, G = (Symbol(rf"\hat{{{name}}}", (), OPERATOR) for name in "FG")
ARROW = Arrow("space")
TAU, FIELD = (Symbol(name, (ARROW,), OPERATOR) for name in (r"\tau", "W"))
Z = Symbol("z", (Whole("site"),))


def number(value: int) -> Number:
    return Number(Fraction(value))


def delta(first: Index, second: Index) -> Element:
    return Element(Identity("site", r"\delta"), first, second)


READ = [
    # print, the tree that it is, and how it is written
    (r"|s\rangle\langle s|", Mul((Ket(S), Bra(S))), r"| s \rangle \langle s |"),
    (r"\left|s\right\rangle a \left\langle s\right|", Mul((Ket(S), A, Bra(S))), r"| s \rangle a \langle s |"),
    (r"\langle\psi|\hat{F}|\psi\rangle", Mul((Bra(PSI), F, Ket(PSI))), r"\langle \psi | \hat{F} | \psi \rangle"),
    (r"\langle s|\hat{F}|\psi\rangle\langle\psi|\hat{G}|w\rangle", Mul((Bra(S), F, Ket(PSI), Bra(PSI), G, Ket(W))), r"\langle s | \hat{F} | \psi \rangle \langle \psi | \hat{G} | w \rangle"),
    (r"|\langle s|\hat{F}|\psi\rangle|^2", Pow(Abs(Mul((Bra(S), F, Ket(PSI)))), number(2)), r"\left| \langle s | \hat{F} | \psi \rangle \right|^{2}"),
    (r"|a| |\langle s|\hat{F}|\psi\rangle|", Mul((Abs(A), Abs(Mul((Bra(S), F, Ket(PSI)))))), r"\left| a \right| \left| \langle s | \hat{F} | \psi \rangle \right|"),
    (r"\langle\hat{F}\rangle^2", Pow(StateMean(F, PSI), number(2)), r"\langle \hat{F} \rangle^{2}"),
    (r"\langle\hat{F}^2\rangle", StateMean(Pow(F, number(2)), PSI), r"\langle \hat{F}^{2} \rangle"),
    (r"[\hat{F}, \hat{G}]", Commutator(F, G), r"\left[ \hat{F}, \hat{G} \right]"),
    (r"[\hat{F}, [\hat{F}, \hat{G}]]", Commutator(F, Commutator(F, G)), r"\left[ \hat{F}, \left[ \hat{F}, \hat{G} \right] \right]"),
    (r"[\hat{F} + \hat{G}] a", Mul((Add((F, G)), A)), r"\left( \hat{F} + \hat{G} \right) a"),
    (r"\hat{G}^\dagger", Dagger(G), r"\hat{G}^\dagger"),
    (r"\hat{F} \hat{G}^\dagger", Mul((F, Dagger(G))), r"\hat{F} \hat{G}^\dagger"),
    (r"(\hat{F} \hat{G})^{\dagger}", Dagger(Mul((F, G))), r"\left( \hat{F} \hat{G} \right)^\dagger"),
    (r"[\hat{F}, \hat{G}]^\dagger", Dagger(Commutator(F, G)), r"\left[ \hat{F}, \hat{G} \right]^\dagger"),
    (r"(\hat{G}^\dagger)^2", Pow(Dagger(G), number(2)), r"\left( \hat{G}^\dagger \right)^{2}"),
    (r"e^{j a \hat{F}}", Call("exp", Mul((ImaginaryUnit(), A, F))), r"\exp\left( j a \hat{F} \right)"),
    (r"\vec{\tau} \cdot \vec{\mu}", Dot(TAU, Symbol(r"\mu", (ARROW,))), r"\vec{\tau} \cdot \vec{\mu}"),
    (r"\hat{\tau}_2", Symbol(r"\tau", (Index("2", "space"),), OPERATOR), r"\hat{\tau}_{2}"),
    (r"\tau_2 \hat{F}", Mul((Symbol(r"\tau", (Index("2", "space"),), OPERATOR), F)), r"\hat{\tau}_{2} \hat{F}"),
    (r"\vec{\tau} \cdot \nabla \times \vec{W}", Dot(TAU, Curl(FIELD)), r"\vec{\tau} \cdot \left( \nabla \times \vec{W} \right)"),
    (r"\nabla \times \nabla \times \vec{W}", Curl(Curl(FIELD)), r"\nabla \times \left( \nabla \times \vec{W} \right)"),
    (r"a \nabla \times \vec{W}", Mul((A, Curl(FIELD))), r"a \left( \nabla \times \vec{W} \right)"),
    (r"\nabla \times (a \vec{W})", Curl(Mul((A, FIELD))), r"\nabla \times \left( a \vec{W} \right)"),
    # deltas
    (r"\delta_{s,w}", Kronecker(S, W), r"\delta_{s, w}"),
    (r"\delta_{kl}", delta(K, L), r"\delta_{kl}"),
    (r"\delta_{k, l}", delta(K, L), r"\delta_{kl}"),
    (r"\delta_{1k}", delta(Index("1", "site"), K), r"\delta_{1k}"),
    (r"\delta_{k,12}^2", Pow(delta(K, Index("12", "site")), number(2)), r"\left( \delta_{k12} \right)^{2}"),
    (r"\delta_{kl} (a + c)", Mul((delta(K, L), Add((A, C)))), r"\delta_{kl} \left( a + c \right)"),
    (r"\delta_{a s, w + c}", Kronecker(Mul((A, S)), Add((W, C))), r"\delta_{a s, w + c}"),
    (r"\delta(y - a)", Dirac(Add((Y, Neg(A)))), r"\delta\left( y - a \right)"),
    (r"\delta_{s,w}^2", Pow(Kronecker(S, W), number(2)), r"\left( \delta_{s, w} \right)^{2}"),
    # sums over values
    (r"\sum_s s a", ValueSum(S, Mul((S, A))), r"\sum_{s} s a"),
    (r"\sum_{s'} s' + a", Add((ValueSum(Symbol("s'"), Symbol("s'")), A)), r"\sum_{s'} s' + a"),
    (r"\sum_{o_k} o_k", ValueSum(Symbol("o", (K,)), Symbol("o", (K,))), r"\sum_{o_{k}} o_{k}"),
    (r"\sum_{\mathbf{o}_{1:N}} a", ValueSum(Symbol("o", (Whole("site"),)), A), r"\sum_{\mathbf{o}_{1:N}} a"),
    (r"a \sum_s \sum_w s w", Mul((A, ValueSum(S, ValueSum(W, Mul((S, W)))))), r"a \sum_{s} \sum_{w} s w"),
    # functions, with the arguments that the print leaves out
    (r"f", Applied("f", (Y,)), r"f(y)"),
    (r"f(a + c)", Applied("f", (Add((A, C)),)), r"f(a + c)"),
    (r"f^2(a)", Pow(Applied("f", (A,)), number(2)), r"\left( f(a) \right)^{2}"),
    (r"h_s", Applied("h_{s}", (S, Y), implied=1), r"h_{s}(y)"),
    (r"h_s(a)", Applied("h_{s}", (S, A), implied=1), r"h_{s}(a)"),
    (r"B_k", Applied("B_{k}", (Z, Y), slots=(K,)), r"B_{k}(\mathbf{z}_{1:N}, y)"),
    (r"B_k(\mathbf{z}_{1:N}, a)", Applied("B_{k}", (Z, A), slots=(K,)), r"B_{k}(\mathbf{z}_{1:N}, a)"),
    (r"\hat{T}", Applied(r"\hat{T}", (Y,), OPERATOR), r"\hat{T}(y)"),
    (r"\hat{T}(a)^\dagger", Dagger(Applied(r"\hat{T}", (A,), OPERATOR)), r"\left( \hat{T}(a) \right)^\dagger"),
    # names with an index, or none, in their subscript
    (r"D_{ak}", Symbol("D_{ak}", (K,)), r"D_{ak}"),
    (r"D_{a 1}^2", Pow(Symbol("D_{ak}", (Index("1", "site"),)), number(2)), r"D_{a1}^{2}"),
    (r"D_{kl}", Symbol("D", (K, L)), r"D_{kl}"),
    (r"J_{0l}", Symbol("J_{0k}", (L,)), r"J_{0l}"),
    (r"L_0", Symbol("L_{0}"), r"L_{0}"),
    # a difference is one letter
    (r"\Delta t", Symbol(r"\Delta t"), r"\Delta t"),
    (r"\Delta t^2", Pow(Symbol(r"\Delta t"), number(2)), r"\Delta t^{2}"),
    (r"\frac{\Delta y}{\Delta t}", Frac(Symbol(r"\Delta y"), Symbol(r"\Delta t")), r"\frac{\Delta y}{\Delta t}"),
    # counts
    (r"\#(a, z_k)", Count((A, Symbol("z", (K,)))), r"\#(a, z_{k})"),
    (r"2 \cdot \#(D_{kl})", Mul((number(2), Count((Symbol("D", (K, L)),)))), r"2 \#(D_{kl})"),
]  # fmt: skip


@pytest.mark.parametrize(("printed", "tree", "again"), READ, ids=[printed for printed, _, _ in READ])
def test_what_a_print_is_read_as_and_how_it_is_written(lab, printed: str, tree: Expr, again: str) -> None:
    assert lab.expr(printed) == tree
    assert lab.write(tree) == again
    assert lab.expr(again) == tree


CHAINS = [
    # a whole line and how it is written
    (r"a, c \to y", r"a, c \to y"),
    (r"a, c, \hat{G}, \vec{\mu} \rightarrow e^{j \hat{F}}|\psi\rangle", r"a, c, \hat{G}, \vec{\mu} \to \exp\left( j \hat{F} \right) | \psi \rangle"),
    (r"z_k, a \to c, k \neq l", r"z_{k}, a \to c, k \neq l"),
    (r"M(s, y)", r"M(s, y)"),
    (r"M(s | y) M(y)", r"M(s | y) M(y)"),
    (r"M(s | \langle\hat{F}\rangle, a)", r"M(s | \langle \hat{F} \rangle, a)"),
    (r"\hat{G} = 0", r"\hat{G} = 0"),
    (r"\hat{G} \approx \hat{F} - \hat{E} = 0", r"\hat{G} \approx \hat{F} - \hat{E} = 0"),
    (r"\vec{W} = \nabla \times \vec{W} + \vec{W}", r"\vec{W} = \nabla \times \vec{W} + \vec{W}"),
    (r"\hat{F} | \psi \rangle = a | \psi \rangle", r"\hat{F} | \psi \rangle = a | \psi \rangle"),
    (r"D_{kl} = \delta_{o_k, o_l}, k \neq l", r"D_{kl} = \delta_{o_{k}, o_{l}}, k \neq l"),
    (r"N = \#(z_k)", r"N = \#(z_{k})"),
    (r"= \langle \hat{F} \rangle", r"= \langle \hat{F} \rangle"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "again"), CHAINS)
def test_lines_are_written_as_they_are_read(lab, line: str, again: str) -> None:
    chain = lab.chain(line)
    assert write_chain(chain, lab.scope) == again
    assert lab.chain(again) == chain


def test_a_list_and_a_display(lab) -> None:
    listed = lab.chain(r"a, \hat{G} \to c")
    assert listed.first == Several((A, G))
    assert listed.first.type == Type("list")
    assert listed.links == (("→", C),)
    shown = lab.chain(r"M(s | y)")
    assert shown.links == ()
    assert shown.first == Density("M", (S,), (Y,))


def test_the_indices_of_a_count_are_bound_and_those_of_values_are_not(lab) -> None:
    assert lab.chain(r"a = \#(D_{kl}, J_{0k})").links
    with pytest.raises(ReadError) as caught:
        lab.chain(r"a = \sum_{o_k} o_k")
    assert caught.value.message == "the index k is not bound: it is in no sum, and the left side has none"


DIFFERENT = [
    (r"\langle\hat{F}\rangle^2", r"\langle\hat{F}^2\rangle"),
    (r"\langle\hat{F} \hat{G}\rangle", r"\langle\hat{F}\rangle \langle\hat{G}\rangle"),
    (r"[\hat{F}, \hat{G}]", r"[\hat{G}, \hat{F}]"),
    (r"\hat{F} \hat{G}^\dagger", r"(\hat{F} \hat{G})^\dagger"),
    (r"|s\rangle\langle w|", r"|w\rangle\langle s|"),
    (r"\langle s|\hat{F}|w\rangle", r"\langle w|\hat{F}|s\rangle"),
    (r"|\langle s|\hat{F}|\psi\rangle|", r"\langle s|\hat{F}|\psi\rangle"),
    (r"\delta_{s,w}", r"\delta_{w,s}"),
    (r"\delta(y - a)", r"\delta(a - y)"),
    (r"\sum_s s + a", r"\sum_s (s + a)"),
    (r"\sum_s s w", r"\sum_w s w"),
    (r"f", r"f(a)"),
    (r"h_s", r"f"),
    (r"f(y)^2", r"f(y^2)"),
    (r"D_{ak}", r"D_{kl}"),
    (r"D_{kl}", r"D_{lk}"),
    (r"\Delta t", r"\Delta y"),
    (r"\#(a, c)", r"\#(a) + c"),
    (r"\nabla \times (a \vec{W})", r"a \nabla \times \vec{W}"),
    (r"\nabla \times \vec{W} + \vec{W}", r"\nabla \times (\vec{W} + \vec{W})"),
    (r"\hat{\tau}_1 \hat{\tau}_2", r"\hat{\tau}_2 \hat{\tau}_1"),
    (r"e^{j \hat{F}} e^{\hat{G}}", r"e^{j \hat{F} \hat{G}}"),
    (r"M(s | y)", r"M(s, y)"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_printed_differently_is_read_differently(lab, one: str, other: str) -> None:
    assert lab.expr(one) != lab.expr(other)
    assert lab.write(lab.expr(one)) != lab.write(lab.expr(other))


# -- what is not understood ------------------------------------------------------------------------------------------

MEAN = (
    "angle brackets are read around an operator, in a scope with a state; "
    r"a mean of numbers is read as a symbol, by  read: \langle X \rangle as \bar{X}"
)
TWO_EQUATIONS = r"a scalar is related to a list: two equations want a display each; a side condition is , i \neq j"
BELOW = r"below \delta stand two indices, or two values with a comma between them"
ERRORS = [
    # states
    (r"a = \langle y | \hat{F} | \psi \rangle", "y is no state and no binary variable of this scope"),
    (r"a = \langle \psi | \hat{F} | y \rangle", "y is no state and no binary variable of this scope"),
    (r"a = \langle o | \hat{F} | \psi \rangle", "o is no state and no binary variable of this scope"),
    (r"a = \langle \hat{F} | \psi \rangle", r"\hat{F} is no state and no binary variable of this scope"),
    (r"a = | s \rangle", "a scalar is related to a ket"),
    (r"a = \langle \psi | \hat{F}", "a scalar is related to a bra"),
    (r"a = \langle s | \hat{F} \rangle", "a scalar is related to a bra"),
    (r"a = \langle \hat{F}", r"the line ends where \rangle was expected"),
    (r"a = \langle \psi | \hat{F} | \psi", r"\psi is a state: print it in a bra, a ket or a mean"),
    (r"a = \langle s \hat{F} | \psi \rangle", r"the line ends where \rangle was expected"),
    (r"\hat{G} = | s \rangle | w \rangle", "a ket cannot be multiplied by a ket"),
    (r"\hat{G} = | s \rangle \hat{F} \langle s |", "a ket cannot be multiplied by an operator"),
    (r"a = \langle y \rangle", MEAN),
    (r"a = \langle \vec{\tau} \rangle", MEAN),
    (r"a = \exp(| \psi \rangle)", "the exp of a ket is not defined"),
    # operators
    (r"\hat{G} = [\hat{F}, a]", "the commutator of an operator and a scalar is not defined"),
    (r"a = [a, c]", "the commutator of a scalar and a scalar is not defined"),
    (r"\hat{G} = [\vec{\tau}, \hat{G}]", "the commutator of a vector of operators over space and an operator is not defined"),
    (r"\hat{G} = [\hat{F}, \hat{G}, \hat{F}]", ", stands where ] was expected"),
    (r"\hat{G} = [\hat{F}, \hat{G}", "the line ends where ] was expected"),
    (r"\hat{G} = [\hat{F}; \hat{G}]", "; stands where ] was expected"),
    (r"a = a^\dagger", r"\dagger is not in the notation of the scope 'bench'"),
    (r"\vec{W} = \vec{W}^\dagger", r"\dagger is not in the notation of the scope 'bench'"),
    (r"\hat{G} = \hat{F}^{\dagger}^{2}", "a second superscript"),
    (r"\hat{G} = 1", "an operator is related to a scalar"),
    (r"\hat{G} = \hat{F} + 1", "a scalar is added to an operator"),
    (r"\hat{G} = \vec{\tau}", "an operator is related to a vector of operators over space"),
    (r"\hat{G} = \frac{1}{\hat{F}}", "an operator cannot stand below a fraction bar"),
    (r"\hat{G} = \hat{F}^a", "of a matrix only integer powers are defined"),
    (r"\hat{G} = \vec{\tau}^3", "of a vector only the square is defined"),
    (r"\hat{G} = \sin(\hat{F})", "the sin of an operator is not defined"),
    (r"\hat{G} = e^{\vec{\tau}}", "the exponential of a vector of operators over space is not defined"),
    (r"a = |\hat{F}|", "bars around an operator mean nothing"),
    (r"a = |\vec{\tau}|", "bars around a vector of operators over space mean nothing"),
    (r"\hat{G} = \vec{\tau} \vec{\mu}", "a vector of operators over space cannot be multiplied by a vector over space"),
    (r"\hat{G} = \vec{\tau} \cdot \hat{F}", "a vector of operators over space is dotted with an operator"),
    (r"\hat{G} = \hat{\mu}_1", r"\hat{\mu}_{1} is not in the notation of the scope 'bench'"),
    (r"\hat{G} = F", "F is not in the notation of the scope 'bench'"),
    (r"\hat{G} = \hat{\tau}_d", "the index d is not bound: it is in no sum, and the left side has none"),
    # curls
    (r"\vec{W} = \nabla \times a", "the curl of a scalar is not defined"),
    (r"\vec{W} = \nabla \times \hat{F}", "the curl of an operator is not defined"),
    (r"\hat{G} = \nabla \times \vec{W}", "an operator is related to a vector of operators over space"),
    (r"\hat{G} = \nabla \cdot \vec{W}", r"\nabla is not in the notation of the scope 'bench': it is read before a function of one symbol, with a variable below it, and in a curl"),
    (r"\vec{W} = \nabla \times", "the line ends where something more was expected"),
    # deltas
    (r"a = \delta_{s w}", BELOW),
    (r"a = \delta_{s}", BELOW),
    (r"a = \delta_{s, w, s}", BELOW),
    (r"a = \delta_{k}", BELOW),
    (r"a = \delta_{k l n}", BELOW),
    (r"a = \delta_{k, l, n}", BELOW),
    (r"a = \delta_{1 2}", BELOW),
    (r"a = \delta_{o_k o_l}", BELOW),
    (r"a = \delta_{k, s}", "the index k is compared with what is no index"),
    (r"a = \delta_{-1, k}", "the index k is compared with what is no index"),
    (r"a = \delta_{k, l 1}", "the index k is compared with what is no index"),
    (r"a = \delta_{k d}", "the delta of k and d is of indices over site and space: they must run over one range"),
    (r"a = \delta_{k, l}", "the index k is not bound: it is in no sum, and the left side has none"),
    (r"a = \delta y", "y stands where ( was expected"),
    (r"a = \delta(\hat{F})", "the delta of an operator is not defined"),
    (r"a = \delta(\vec{\mu})", "the delta of a vector over space is not defined"),
    # sums over values
    (r"a = \sum_{s, w} s w", ", cannot be read here"),
    (r"a = \sum_{s = 1}^N s", "= cannot be read here"),
    (r"a = \sum_{s \neq w} s", r"\neq cannot be read here"),
    (r"a = \sum_y y", "y is not an index letter of this scope (the index of a sum)"),
    (r"a = \sum_o o", "o needs an index over the range site"),
    (r"a = \sum_{\mathbf{s}} s", "s is bold but not grouped"),
    (r"a = \prod_s s", r"\prod over the values of a variable cannot be read"),
    (r"z_k = \sum_{o_l} o_k", "the index l is not bound: it is in no sum, and the left side has none"),
    # functions
    (r"a = f(a, c)", "f takes 1 argument, not 2"),
    (r"z_k = B_k(a)", "B_{k} takes 2 arguments, not 1"),
    (r"a = B", "B is not in the notation of the scope 'bench'"),
    (r"a = h_w", "h_{w} is not in the notation of the scope 'bench'"),
    (r"a = f(a", "the line ends where ) was expected"),
    (r"\hat{G} = \hat{T}(a, y)", r"\hat{T} takes 1 argument, not 2"),
    (r"a = \hat{T}(y)", "a scalar is related to an operator"),
    (r"a = \int d f(y) y", "the measure of this integral is not a declared variable or column of them"),
    (r"a = \int d \hat{F} y", "the measure of this integral is not a declared variable or column of them"),
    # names with an index in their subscript, and differences
    (r"z_k = D_{ck}", "c is not an index letter of this scope (a subscript of D)"),
    (r"z_k = D_{akl}", "a is not an index letter of this scope (a subscript of D)"),
    (r"z_k = J_{1k}", "J_{1k} is not in the notation of the scope 'bench'"),
    (r"a = L_1", "L_{1} is not in the notation of the scope 'bench'"),
    (r"a = \Delta a", r"\Delta a is not in the notation of the scope 'bench'"),
    (r"a = \Delta", r"\Delta is not in the notation of the scope 'bench'"),
    (r"a = \Delta (t)", r"\Delta is not in the notation of the scope 'bench'"),
    (r"a = \Delta t'", r"\Delta t' is not in the notation of the scope 'bench'"),
    (r"a = \Delta t_k", r"\Delta t takes no subscript k here"),
    # counts
    (r"a = \#(a + c)", r"\# counts the values of symbols"),
    (r"a = \#(N)", r"\# counts the values of symbols"),
    (r"a = \# a", "a stands where ( was expected"),
    (r"a = \#()", "an expression was expected here"),
    # lists and displays
    (r"a, c = y", "a list is related to a scalar"),
    (r"a = c, y", TWO_EQUATIONS),
    (r"a, c = y, a", "a list can only stand on the left of an arrow"),
    (r"a, c", "there is no relation in this line"),
    (r"a + c", "there is no relation in this line"),
    (r"\langle \hat{F} \rangle", "there is no relation in this line"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), ERRORS)
def test_what_is_not_understood_is_an_error_that_names_it(lab, line: str, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        lab.chain(line)
    assert caught.value.message == message
    assert 0 <= caught.value.offset <= len(line)


OFFSETS = [
    (r"a = c + \langle y | \hat{F} | \psi \rangle", "y"),
    (r"\hat{G} = \hat{F} [\hat{F}, a]", "["),
    (r"a = c \delta(\hat{F})", r"\delta"),
    (r"a = c + f(a, c)", "f"),
    (r"a = c + \#(a + c)", r"\#"),
    (r"a = c + \Delta a", r"\Delta"),
    (r"\vec{W} = \vec{W} + \nabla \times a", r"\nabla"),
]


@pytest.mark.parametrize(("line", "place"), OFFSETS)
def test_an_error_stands_at_the_construct(lab, line: str, place: str) -> None:
    with pytest.raises(ReadError) as caught:
        lab.chain(line)
    assert line[caught.value.offset :].startswith(place)


TRUE = r"\hat{G} = \sum_s e^{-j \frac{\Delta t}{\kappa} \hat{F}} | s \rangle h_s(a) \langle s | [\hat{F}, \hat{T}]^\dagger \delta_{s,w} + \vec{\tau} \cdot (\nabla \times \vec{W}) D_{a1}"


def test_deleting_any_token_changes_the_line_or_is_an_error(lab) -> None:
    chain = lab.chain(TRUE)
    source = tokens(TRUE)
    survivors = []
    for at in range(len(source)):
        try:
            changed = read_chain(source[:at] + source[at + 1 :], lab.scope)
        except ReadError:
            continue
        if changed == chain:
            survivors.append((at, source[at].text))
    assert not survivors


# -- reading what was written ----------------------------------------------------------------------------------------

letters = st.sampled_from([K, L, Index("n", "site")])
binary = st.sampled_from(["s", "w"]).map(Symbol)
fixed = st.integers(1, 3).map(lambda n: Index(str(n), "space"))
scalar_leaves = st.one_of(
    st.integers(0, 12).map(number),
    st.sampled_from(["a", "c", "y", "s", "s'", r"\kappa", r"\Delta t", r"\Delta y", "L_{0}"]).map(Symbol),
    st.just(ImaginaryUnit()),
    st.builds(lambda name, k: Symbol(name, (k,)), st.sampled_from(["z", "o", "D_{ak}", "J_{0k}"]), letters),
    fixed.map(lambda axis: Symbol(r"\mu", (axis,))),
    st.just(Norm(Symbol(r"\mu", (ARROW,)), bare=True)),
    st.just(Applied("h_{s}", (S, Y), implied=1)),
    st.builds(delta, letters, letters),
    letters.map(lambda k: Applied("B_{k}", (Z, Y), slots=(k,))),
    st.builds(lambda k, n: Count((A, Symbol("D", (k, n)), Symbol("J_{0k}", (k,)))), letters, letters),
    st.just(Density("M", (S,), (Y,))),
)
operator_leaves = st.one_of(
    st.sampled_from([F, G]),
    st.builds(lambda name, axis: Symbol(name, (axis,), OPERATOR), st.sampled_from([r"\tau", "P", "W"]), fixed),
    st.just(Applied(r"\hat{T}", (Y,), OPERATOR)),
    binary.map(lambda s: Mul((Ket(s), Bra(s)))),
)
MOMENTUM = Symbol("P", (ARROW,), OPERATOR)
vectors_of_operators = st.sampled_from(
    [
        TAU,
        FIELD,
        Curl(FIELD),
        Curl(Curl(FIELD)),
        Add((MOMENTUM, Neg(Mul((Symbol("g"), FIELD))))),
        Mul((Symbol("g"), Curl(FIELD))),
        Curl(Mul((Symbol("g"), FIELD))),
    ]
)


def scalars(depth: int) -> st.SearchStrategy[Expr]:
    if not depth:
        return scalar_leaves
    one, operator = scalars(depth - 1), operators(depth - 1)
    variable = one.filter(lambda e: not isinstance(e, ImaginaryUnit | Size))
    few = st.lists(one, min_size=2, max_size=3).map(tuple)
    states = st.sampled_from([S, W, PSI])
    amplitudes = st.builds(lambda bra, of, ket: Mul((Bra(bra), of, Ket(ket))), states, operator, states)
    return st.one_of(
        scalar_leaves,
        few.map(Add),
        few.map(Mul),
        one.map(Neg),
        one.map(Abs),
        one.map(Dirac),
        st.builds(Frac, one, one),
        st.builds(Pow, one, st.integers(0, 3).map(number)),
        st.builds(Kronecker, one, one),
        one.map(lambda e: Applied("f", (e,))),
        st.builds(ValueSum, binary, one),
        st.builds(lambda k, e: ValueSum(Symbol("o", (k,)), e), letters, one),
        one.map(lambda e: ValueSum(Symbol("o", (Whole("site"),)), e)),
        one.map(lambda e: Integral(Y, e)),
        st.builds(lambda k, e: Over("sum", k, (), e), letters, one),
        one.map(lambda e: Expectation("E", "M", (e,), r"\mathbb{E}")),
        st.builds(lambda e, f: Density("M", (e,), (f,)), variable, variable),
        operator.map(lambda e: StateMean(e, PSI)),
        amplitudes,
        amplitudes.map(lambda e: Pow(Abs(e), number(2))),
    )


def operators(depth: int) -> st.SearchStrategy[Expr]:
    if not depth:
        return operator_leaves
    one, scalar = operators(depth - 1), scalars(depth - 1)
    few = st.lists(one, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        operator_leaves,
        few.map(Add),
        few.map(Mul),
        one.map(Neg),
        one.map(Dagger),
        one.map(lambda e: Call("exp", e)),
        st.builds(Commutator, one, one),
        st.builds(lambda a, b: Mul((a, b)), scalar, one),
        st.builds(lambda a, b: Mul((b, a)), scalar, one),
        st.builds(Frac, one, scalar),
        st.builds(Pow, one, st.integers(0, 3).map(number)),
        vectors_of_operators.map(lambda v: Pow(v, number(2))),
        st.builds(Dot, vectors_of_operators, vectors_of_operators),
        st.builds(Dot, st.just(Symbol(r"\mu", (ARROW,))), vectors_of_operators),
        st.builds(ValueSum, binary, one),
        one.map(lambda e: Integral(Y, e)),
        st.builds(lambda k, e: Over("sum", k, (), e), letters, one),
        scalar.map(lambda e: Applied(r"\hat{T}", (e,), OPERATOR)),
        st.builds(lambda a, e, b: Mul((Ket(a), e, Bra(b))), binary, scalar, binary),
    )


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(scalars(2), operators(2)))
def test_reading_what_was_written_gives_the_tree_back(lab, tree: Expr) -> None:
    text = write(tree, lab.scope)
    assert read_expression(tokens(text), lab.scope) == tree, text


def test_every_line_of_the_july_paper_survives_the_round_trip() -> None:
    reading = Reading(load_paper("inference-2024-07"))
    for equation in reading.paper.lines:
        if not equation.is_annotated:
            continue
        line = reading.line(equation.number)
        text = write_chain(line.chain, line.scope)
        assert read_chain(tokens(text), line.scope) == line.chain, equation.number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (r"j_{k}", "j takes no subscript k"),
        (r"\vec{j}", r"j is declared without the arrow of \vec{j}"),
        (r"\mathbf{M}(s)", r"M is declared without the bold of \mathbf{M}"),
        (r"\mathbf{f}(y)", r"f is declared without the bold of \mathbf{f}"),
        (r"M_{k}(s)", "M takes no subscript k"),
        (r"M(\hat{F})", r"M is no law of \hat{F}: it is no variable and no parameter"),
        ("M(N)", "M is no law of N: it is no variable and no parameter"),
        ("M(j)", "M is no law of j: it is no variable and no parameter"),
        (r"f(\vec{\tau})", "f is no function of a vector of operators over space"),
        (r"\#(z_k, z_l)", r"\# counts the values of z twice"),
    ],
)
def test_what_would_be_left_out_is_an_error(lab, text: str, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        lab.expr(text)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "shape"),
    [("D_{k l}", ("site", "site")), ("D_{k k}", ("site",)), ("D_{1 k}", ("site",)), ("z_1", ()), ("J_{0k}", ("site",))],
)
def test_what_runs_is_counted(lab, text: str, shape: tuple[str, ...]) -> None:
    found = lab.expr(rf"\#({text})")
    assert isinstance(found, Count)
    assert found.shapes == (shape,)


@pytest.mark.parametrize("text", [r"J_{0 1}", r"D_{1 2}", r"D_{1,2}"])
def test_labels_side_by_side_come_back(lab, text: str) -> None:
    assert lab.expr(lab.write(lab.expr(text))) == lab.expr(text)


@pytest.mark.parametrize("text", [r"\langle s | w \rangle", r"\langle \psi | \psi \rangle", r"|s\rangle\langle s|w\rangle\langle w|"])  # fmt: skip
def test_a_bra_and_a_ket_share_a_bar(lab, text: str) -> None:
    lab.expr(text)


def test_a_list_of_densities_is_no_line(lab) -> None:
    with pytest.raises(ReadError) as caught:
        lab.chain("M(s, y), M(y)")
    assert caught.value.message == "a list can only stand on the left of an arrow"


@pytest.mark.parametrize("line", [r"\hat{G} = \sqrt{\hat{F}}", r"a = \psi", r"a = \int d\psi a", r"a \to c, y"])
def test_what_has_the_wrong_kind_is_an_error(lab, line: str) -> None:
    with pytest.raises(ReadError):
        lab.chain(line)


def test_a_number_before_bars_in_a_mean_is_no_bra(lab) -> None:
    for value in (0, 1, 2):
        mean = StateMean(Mul((number(value), Abs(Symbol("a")), F)), PSI)
        assert read_expression(tokens(write(mean, lab.scope)), lab.scope) == mean
