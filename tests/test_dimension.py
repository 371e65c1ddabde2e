"""Lines that keep their form when units change, near misses, and lines that hold in particular units only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from derive.dimension import Dimension, Report, analyse, declared_dimensions, parse_dimension
from derive.errors import EncodingError
from derive.expression import Add, Call, Expr, Frac, Index, Mul, Neg, Number, Over, Pow, Size, Symbol
from derive.latex.chain import Chain
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.notation import Scope, load_notation
from derive.paper import load_paper
from derive.statement import Reading

NOTATION = r"""
[scope.bench]
[scope.bench.ranges]
site = { size = "N", indices = "i j k l" }
space = { size = "D", indices = "d", vector = true }

[scope.bench.symbols]
'a' = { domain = "positive", dimension = "length" }
'f' = { domain = "positive", dimension = "length" }
't' = { domain = "positive", dimension = "time" }
'h' = { domain = "positive", dimension = "time" }
'n' = { dimension = "1" }
'b' = { domain = "binary" }
'u' = {}
'w' = {}
'L' = { dimension = "1" }
'm' = { slots = "site", domain = "positive", dimension = "mass" }
'o' = { slots = "site", domain = "positive", dimension = "1" }
'r' = { slots = "site space", dimension = "length" }
'v' = { slots = "site space", dimension = "length / time" }
'p' = { slots = "site space" }
'x' = { slots = "site", law = 'Q', dimension = "length" }
'y' = { slots = "site", dimension = "time" }
'z' = { slots = "site", law = 'Q', dimension = "1" }
'\mathbf{K}' = { kind = "matrix", slots = "site site", dimension = "length^2" }
'\mathbf{K}_{0}' = { kind = "matrix", slots = "site site", part = 'diagonal of \mathbf{K}' }
'\mathbf{B}' = { kind = "matrix", slots = "site site" }
'\mathbf{I}' = { kind = "matrix", slots = "site site", properties = "identity" }
'\Theta' = { kind = "parameters" }
'Q' = { kind = "density" }
'P' = { kind = "density" }
'\mathcal{G}' = { kind = "gaussian" }
'\mathbb{E}' = { kind = "expectation", law = 'Q' }
'\text{Var}' = { kind = "variance", law = 'Q' }
'\text{Cov}' = { kind = "covariance", law = 'Q' }

[scope.atom]
[scope.atom.ranges]
space = { size = "D", indices = "d", vector = true }
[scope.atom.symbols]
'H' = { dimension = "mass length^2 / time^2" }
'm' = { domain = "positive", dimension = "mass" }
'M' = { domain = "positive", dimension = "mass" }
'p' = { slots = "space", dimension = "mass length / time" }
'q' = { dimension = "charge" }
's' = { slots = "space", dimension = "1" }
'B' = { slots = "space", dimension = "mass / charge time" }
'\hbar' = { domain = "positive", dimension = "mass length^2 / time" }
'c' = { domain = "positive", dimension = "length / time" }
'k' = { slots = "space", dimension = "1 / length" }
"""

MATRIX = (
    r"\mathbf{K} = \begin{bmatrix} x_1^2 & 0 & \cdots \\ 0 & x_2^2 & \cdots \\ \vdots & \vdots & \ddots \end{bmatrix}"
)


@dataclass(frozen=True)
class Table:
    """Analyses lines in one scope, with the dimensions that it declares unless others are given."""

    scope: Scope

    def chain(self, line: str) -> Chain:
        return read_chain(tokens(line), self.scope)

    def __call__(self, line: str | Chain, **dimensions: str) -> Report:
        known = declared_dimensions(self.scope, "notation.toml")
        known |= {name: parse_dimension(text, name) for name, text in dimensions.items()}
        return analyse(self.chain(line) if isinstance(line, str) else line, self.scope, known)


@pytest.fixture(scope="module")
def scopes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Scope]:
    file = tmp_path_factory.mktemp("dimension") / "notation.toml"
    file.write_text(NOTATION, encoding="utf-8")
    return load_notation(file).scopes


@pytest.fixture(scope="module")
def line(scopes: Mapping[str, Scope]) -> Table:
    return Table(scopes["bench"])


@pytest.fixture(scope="module")
def atom(scopes: Mapping[str, Scope]) -> Table:
    return Table(scopes["atom"])


# -- dimensions in the table -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1", "1"),
        ("mass length^2 / time", "length^2 mass / time"),
        ("mass length^2/time", "length^2 mass / time"),
        ("charge^2", "charge^2"),
        ("1 / time charge", "1 / charge time"),
        ("length^-1", "1 / length"),
        ("charge^(1/2)", "charge^(1/2)"),
        ("charge^(-1/2) / length^(2/4)", "1 / charge^(1/2) length^(1/2)"),
        ("length length / length", "length"),
        ("cluster_unit^0", "1"),
        ("  Länge  ", "Länge"),
    ],
)
def test_a_dimension_is_read_and_printed(text: str, printed: str) -> None:
    found = parse_dimension(text, "here")
    assert str(found) == printed
    assert parse_dimension(str(found), "here") == found
    assert hash(parse_dimension(str(found), "here")) == hash(found)


WRONG = (
    *("", " ", "2", "11", "1 1", "1 length", "length 1", "/ time", "length /", "length / 1", "a / b / c", "length^"),
    *("length^1/2", "length^0.5", "length^x", "length^(1/0)", "length^(1/2", "length^ 2", "length ^2", "length*time"),
    *("length·time", "-length", "length**2", "(length)", "length^1234567890", "2 length", "^2", "length,time"),
)


@pytest.mark.parametrize("text", WRONG)
def test_anything_else_is_an_error_that_says_what_would_be_right(text: str) -> None:
    with pytest.raises(EncodingError) as caught:
        parse_dimension(text, "paper/notation.toml [scope.s] v")
    message = str(caught.value)
    assert message.startswith(f"paper/notation.toml [scope.s] v: the dimension {text!r} cannot be read")
    assert message.endswith("it is written as 'mass length^2 / time', 'charge^(1/2)', or '1' where there is none")


def test_the_error_names_the_symbol_and_the_place_in_it(scopes: Mapping[str, Scope]) -> None:
    scope = scopes["atom"]
    wrong = replace(scope.symbols["q"], dimension="charge^2 / 4 length")
    with pytest.raises(EncodingError) as caught:
        declared_dimensions(replace(scope, symbols={**scope.symbols, "q": wrong}), "a/notation.toml")
    assert str(caught.value) == (
        "a/notation.toml [scope.atom] q: the dimension 'charge^2 / 4 length' cannot be read at '4 length'; it is "
        "written as 'mass length^2 / time', 'charge^(1/2)', or '1' where there is none"
    )


POWERS = st.fractions(min_value=-3, max_value=3, max_denominator=4)
DIMENSIONS = st.dictionaries(st.sampled_from(["mass", "length", "x_1"]), POWERS).map(Dimension)


@given(DIMENSIONS, DIMENSIONS, POWERS)
def test_dimensions_are_a_vector_space(one: Dimension, other: Dimension, power: Fraction) -> None:
    assert parse_dimension(str(one), "here") == one
    assert one * other == other * one
    assert one * other / other == one
    assert (one * other) ** power == one**power * other**power
    assert str(one / one) == "1"


# -- lines without logarithms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a = f",
        "a + f = 2 f",
        r"\frac{a}{t} = \sqrt{\frac{a f}{t h}}",
        "a = 0",
        r"0 \leq \frac{a}{2} \leq f",
        r"\vec{v}_i \cdot \vec{r}_i = \frac{r_i^2}{t}",
        r"|\vec{r}_i - \vec{r}_j| = v_i t",
        r"\sum_j m_j \vec{v}_j = \frac{\sum_j m_j}{t} \vec{r}_1",
        r"\exp(\frac{a}{f}) = \sin(\frac{t}{h} - 1)",
        r"a^n f = a f^n",
        r"a^N = \prod_i x_i",
        r"\prod_{j \neq i} x_j = \frac{a^N}{x_i}",
        r"\prod_i \prod_j x_j = a^{N^2}",
        r"\sum_i \prod_{j \neq i} x_j = N a^{N - 1}",
        r"|\mathbf{K}| = a^{2N}",
        r"|\mathbf{K}_{0}^{-1} \mathbf{K}| = |\mathbf{I}|",
        r"|\mathbf{K}| = |\mathbf{K}_{0}| \exp(\text{Trace}(\log(\mathbf{I} + \mathbf{K}_{0}^{-1} \mathbf{K})))",
        r"(\mathbf{K}^{-1})_{ij} = \frac{1}{x_i x_j}",
        r"\mathbf{x}_{1:N}^T \mathbf{K}^{-1} \mathbf{x}_{1:N} = 1",
        MATRIX.replace("0", r"x_1 x_2"),
        r"Q(\mathbf{x}_{1:N}) = \frac{1}{a^N}",
        r"Q(\mathbf{x}_{1:N}) = \mathcal{G}(\mathbf{x}_{1:N}; \mathbf{0}, \mathbf{K})",
        r"Q(\mathbf{x}_{1:N}) = ((2\pi)^N |\mathbf{K}|)^{-\frac{1}{2}} "
        r"\exp(-\frac{1}{2} \mathbf{x}_{1:N}^T \mathbf{K}^{-1} \mathbf{x}_{1:N})",
        r"P(\vec{\mathbf{r}}_{1:N}) = a^{-D N}",
        r"P(x_i | x_j) P(x_j) = P(x_i, x_j)",
        r"P(b | x_i) = \frac{P(b, x_i)}{P(x_i)}",
        r"\int d\mathbf{x}_{1:N} Q(\mathbf{x}_{1:N}) x_i = \mathbb{E}[x_i]",
        r"\text{Var}[x_i] + \text{Cov}[x_i, x_j] = \mathbb{E}[x_i] \mathbb{E}[x_j]",
        r"a \propto t",
    ],
)
def test_a_line_of_one_dimension_is_consistent(line: Table, text: str) -> None:
    found = line(text)
    assert found == Report(True), found.words


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("a = t", "time / length"),
        ("a + f = 2 f + t", "time / length"),
        (r"\frac{a}{t} = \sqrt{\frac{a}{t h}}", "1 / length^(1/2)"),
        (r"a \leq f^2", "length"),
        (r"a \ll t", "time / length"),
        (r"\vec{v}_i \cdot \vec{r}_i = r_i^2", "time"),
        (r"|\vec{r}_i - t \vec{r}_j| = a", "time"),
        (r"\exp(a) = 1", "length"),
        (r"\sin(\frac{a}{t}) = 1", "length / time"),
        (r"n^a = n", "length"),
        (r"x_i^N = \prod_{j \neq i} x_j", "1 / length"),
        (r"a^N = \prod_i \prod_j x_j", "length^(N^{2} - N)"),
        (r"|\mathbf{K}| = a^N", "length^(-N)"),
        (r"|\mathbf{I} + \mathbf{K}| = 1", "length^2"),
        (r"(\mathbf{K})_{ij} = \frac{1}{x_i x_j}", "1 / length^4"),
        (r"\mathbf{x}_{1:N}^T \mathbf{K} \mathbf{x}_{1:N} = 1", "1 / length^4"),
        (
            MATRIX.replace("0", "x_1"),
            "1 / length",
        ),
        (r"Q(\mathbf{x}_{1:N}) = \mathcal{G}(\mathbf{x}_{1:N}; \mathbf{0}, \mathbf{K}^{-1})", "1 / length^4"),
        (r"Q(\mathbf{x}_{1:N}) = |\mathbf{K}|^{-1}", "length^(-N)"),
        (r"P(x_i | x_j) = P(x_i, x_j)", "1 / length"),
        (r"P(b, x_i) = P(b)", "length"),
        (r"P(b | x_i) = P(b | x_i + t)", "time / length"),
        (r"P(\vec{\mathbf{r}}_{1:N}) = a^{-N}", "length^(N D - N)"),
        (r"\int d\mathbf{x}_{1:N} x_i = \mathbb{E}[x_i]", "length^(-N)"),
        (r"\text{Var}[x_i] = \mathbb{E}[x_i]", "1 / length"),
        (r"\text{Cov}[x_i, z_j] = \mathbb{E}[x_i]^2", "length"),
    ],
)
def test_a_near_miss_is_refuted_with_what_is_missing(line: Table, text: str, factor: str) -> None:
    found = line(text)
    assert found.consistent is False
    assert any(said.endswith((f"times {factor}", f"has the dimension {factor}")) for said in found.words), found.words


def test_every_mismatch_of_a_line_is_said_once(line: Table) -> None:
    found = line(r"\frac{a + t}{a + t} = \exp(a)")
    assert found.words[:-1] == (
        "$t$ has the dimension of $a$ times time / length",
        "the argument of exp, $a$, is no pure number but has the dimension length",
    )


# -- units in which something is one -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "units"),
    [
        (r"H = \frac{p^2}{2m} - \frac{q}{2m} \vec{s} \cdot \vec{B}", (r"\hbar",)),
        (r"H = \frac{k^2}{2m}", (r"\hbar",)),
        (r"H = \sqrt{m^2 + p^2}", ("c",)),
        (r"H = \sqrt{m^2 + k^2}", (r"\hbar", "c")),
        (r"H = m + \frac{1}{2} c^2 M", ("c",)),
        (r"H = q", ()),
    ],
)
def test_the_constants_that_were_put_to_one_are_named(atom: Table, text: str, units: tuple[str, ...]) -> None:
    found = atom(text)
    assert found.consistent is False
    assert found.units == units


def test_no_constant_is_missing_where_none_is(atom: Table) -> None:
    assert atom(r"H = \frac{p^2}{2m} - \frac{q \hbar}{2m} \vec{s} \cdot \vec{B}") == Report(True)


def test_the_units_are_said_with_the_exponents(atom: Table) -> None:
    found = atom(r"H = \frac{p^2}{2m} - \frac{q}{2m} \vec{s} \cdot \vec{B}")
    assert found.words == (
        r"$-\frac{q}{2 m} \vec{s} \cdot \vec{B}$ has the dimension of $\frac{p^{2}}{2 m}$ times time / length^2 mass",
        r"only in units in which $\hbar = 1$",
    )


def test_a_constant_of_any_power_makes_up_for_it(line: Table) -> None:
    found = line("a^3 = 1", u="1")
    assert found.units == ("f",)
    assert line(r"Q(\mathbf{x}_{1:N}) = 1").units == ("a",)


# -- logarithms --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        r"\log(a) - \log(f) = n",
        r"\log(\frac{a}{f}) = \log(a) - \log(f)",
        r"\log(a^n) = n \log(a)",
        r"\exp(2 \log(a)) = f^2",
        r"\sin(\log(a) - \log(f)) = 1",
        r"a \log(a) - a \log(f) = f",
        r"\sum_i \log(m_i) = \log(\prod_i m_i)",
        r"\log(|\mathbf{K}|) = \text{Trace}(\log(\mathbf{K}))",
        r"\log(|\mathbf{K}|) = 2 \sum_i \log(x_i)",
        r"\exp(\text{Trace}(\log(\mathbf{K}))) = |\mathbf{K}|",
        r"\sum_i z_i \log(m_i) = \log(m_1) \sum_i z_i",
        r"\mathbb{E}[z_i \log(a)] = \mathbb{E}[z_i] \log(f)",
        r"\int d\mathbf{x}_{1:N} Q(\mathbf{x}_{1:N}) \log(Q(\mathbf{x}_{1:N})) = \log(a^{-N})",
        r"\mathbb{E}[\log(Q(\mathbf{x}_{1:N}))] = -\frac{N}{2} \log(2\pi) - \frac{1}{2} \log(|\mathbf{K}|) - N",
        r"\text{Var}[\log(x_i)] = \text{Cov}[\log(x_i), \log(x_i^2)]",
        r"\log(P(x_i | x_j)) + \log(P(x_j)) = \log(P(x_i, x_j))",
        r"\log(P(b | x_i)) < 0",
        r"\log(a) \geq \log(f)",
    ],
)
def test_logarithms_that_gain_the_same_cancel(line: Table, text: str) -> None:
    found = line(text)
    assert found == Report(True), found.words


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        (r"L = \log(a)", "length"),
        (r"L = \log(\frac{a}{t})", "length / time"),
        (r"L = -\log(Q(\mathbf{x}_{1:N}))", "length^N"),
        (r"L = -\int d\mathbf{x}_{1:N} Q(\mathbf{x}_{1:N}) \log(Q(\mathbf{x}_{1:N}))", "length^N"),
        (r"L = \frac{D - 1}{2} \log(\prod_i m_i)", None),
        (r"L = \sum_i \sum_{j \neq i} \log(x_j)", None),
        (r"L = \log(P(\Theta))", r"1 / [$d\Theta$]"),
        (r"L = \mathbb{E}[\log(Q(\mathbf{x}_{1:N}))] - \log(P(\Theta))", None),
    ],
)
def test_a_line_may_hold_up_to_a_constant(line: Table, text: str, constant: str | None) -> None:
    found = line(text)
    assert found.consistent is True
    (said,) = found.words
    assert said.startswith("holds up to an additive constant under change of units: the logarithm of ")
    assert constant is None or said.endswith(f" of {constant}")


@pytest.mark.parametrize(
    "text",
    [
        r"L = \sum_i z_i \log(m_i)",
        r"L = z_1 \log(a)",
        r"L = n z_1 \log(a)",
        r"\sum_i o_i \log(m_i) = \sum_i \log(m_i)",
        r"z_i \log(Q(\mathbf{x}_{1:N})) = \log(Q(\mathbf{x}_{1:N}))",
        r"\sin(\log(a)) = L",
        r"n^{\log(a)} = 1",
        r"\log(a) > 0",
        r"\log(Q(\mathbf{x}_{1:N})) \leq 0",
    ],
)
def test_a_logarithm_that_gains_no_constant_is_refuted(line: Table, text: str) -> None:
    found = line(text)
    assert found.consistent is False
    assert "changes with the units by the logarithm of" in found.words[-1]
    assert not found.units


@pytest.mark.parametrize(
    "text",
    [
        r"L = \log(a) \log(f)",
        r"L = \log(a)^2",
        r"L = \log(\log(a))",
        r"L = |\log(a)|",
        r"L = \frac{1}{\log(a)}",
        r"L = n \log(a)",
        r"L = \text{Var}[z_1 \log(a)]",
        r"L \propto \log(a)",
        r"L = \prod_i \log(m_i)",
        r"\mathbb{E}[a^{z_i}] = f^{z_i}",
        r"\log(a)^2 = o_1 \log(a)",
        r"\sum_i a^{o_i} = \sum_i f^{o_i}",
        r"L = \text{Trace}(\exp(\log(\mathbf{K})))",
        r"L = \int d\mathbf{x}_{1:N} P(\mathbf{x}_{1:N}) \log(a)",
    ],
)
def test_a_logarithm_that_cannot_be_followed_is_undecided(line: Table, text: str) -> None:
    found = line(text)
    assert found.consistent is None
    assert found.words


def test_a_weight_is_never_shown_by_a_logarithm_left_out(line: Table) -> None:
    r"""The mismatch is found beside a logarithm that cannot be followed, and nothing is shown by it."""
    assert line(r"L = \log(a)^2 + t").consistent is False
    assert line(r"\log(a)^2 = \log(f)^2").consistent is None


# -- unknown dimensions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "inferred"),
    [
        (r"\vec{p}_i = m_i \vec{v}_i", {"p": "length mass / time"}),
        (r"u^2 = a", {"u": "length^(1/2)"}),
        (r"u + w = a", {"u": "length", "w": "length"}),
        (r"|\mathbf{B}| = a^N", {r"\mathbf{B}": "length"}),
        (r"|\mathbf{B}| = |\mathbf{B}^{-1}|", {r"\mathbf{B}": "1"}),
        (r"\prod_i \frac{u}{x_i} = 1", {"u": "length"}),
        (r"\prod_{j \neq 1} \frac{u}{x_j} = 1", {"u": "length"}),
        (r"Q(\mathbf{x}_{1:N}) = u^{-N}", {"u": "length"}),
        (r"P(u) = \frac{1}{a}", {"u": "length"}),
        (r"\exp(-\frac{u}{a}) = w + 1", {"u": "length", "w": "1"}),
        (r"\mathbf{x}_{1:N}^T \mathbf{B} \mathbf{x}_{1:N} = n", {r"\mathbf{B}": "1 / length^2"}),
        (r"\frac{u^n + w a^n}{u^n} + w = \frac{u}{a}", {"u": "length", "w": "1"}),
        (r"u = 0", {}),
        (r"u + u = 2u", {}),
    ],
)
def test_unknown_dimensions_are_solved_for(line: Table, text: str, inferred: dict[str, str]) -> None:
    found = line(text)
    assert found.consistent is True
    assert {name: str(dimension) for name, dimension in found.inferred.items()} == inferred
    assert found.words == tuple(f"${name}$ has the dimension {dimension}" for name, dimension in inferred.items())


def test_what_is_inferred_in_one_place_counts_in_the_next(line: Table) -> None:
    assert line("u + a = w + u").consistent is True
    found = line("u + a = u + t")
    assert found.consistent is False
    assert line(r"\frac{u}{a} + \frac{u}{t} = n").words[0] == (
        r"$\frac{u}{t}$ has the dimension of $\frac{u}{a}$ times length / time"
    )


def test_a_dimension_may_depend_on_a_size(line: Table) -> None:
    found = line(r"u = \prod_i m_i")
    assert (found.consistent, found.words, found.inferred) == (True, ("$u$ has the dimension mass^N",), {})
    assert line(r"u^N = a").words == (r"$u$ has the dimension length^(\frac{1}{N})",)
    assert line(r"u = \prod_i m_i = 1").consistent is False


@pytest.mark.parametrize("text", ["u = w", "u w = a", r"P(\Theta) = u", "u^{N - 1} = a", "u = a^n"])
def test_a_line_that_leaves_a_dimension_open_is_undecided(line: Table, text: str) -> None:
    found = line(text)
    assert found.consistent is None
    assert found.words
    assert not found.inferred


# -- what is not known is never consistent -----------------------------------------------------------------------------


def test_a_node_without_a_rule_is_named(line: Table) -> None:
    @dataclass(frozen=True, slots=True)
    class Commutator(Expr):
        left: Expr
        right: Expr

    chain = line.chain("a = f")
    assert chain.first is not None
    strange = Commutator(Symbol("a"), Symbol("t"))
    found = line(Chain(strange, chain.links))
    assert (found.consistent, found.words) == (None, ("Commutator has no rule for dimensions yet",))
    assert line(Chain(Add((strange, Symbol("a"))), (("=", Symbol("t")),))).consistent is False
    assert line(Chain(Mul((Symbol("a"), strange)), (("=", Symbol("t")),))).consistent is None


def test_a_function_without_a_rule_is_named(line: Table) -> None:
    found = line(Chain(Call("erf", Symbol("a")), (("=", Symbol("n")),)))
    assert (found.consistent, found.words) == (None, ("the function erf has no rule for dimensions yet",))


def test_a_line_that_goes_on_from_another_is_compared_with_it_or_not_at_all(line: Table) -> None:
    assert line("= a = f").consistent is None
    assert line("= a + t").consistent is False
    whole = replace(line.chain("= f"), first=Symbol("a"))
    assert line(whole).consistent is True


def test_indices_that_may_coincide_are_counted_apart(line: Table) -> None:
    """Without i and j there are N - 2 factors, or N - 1 where i = j."""
    assert line(r"x_i x_j \prod_{k \neq i, j} x_k = a^N").consistent is None
    assert line(r"o_i \sum_{k \neq i, j} \log(x_k) = o_j \sum_{k \neq i, j} \log(x_k)").consistent is False
    constant = line(r"o_i + \sum_{k \neq i, j} \log(x_k) = o_j")
    assert constant.consistent is True
    assert "additive constant" in constant.words[0]
    pairs = r"\frac{o_i}{o_j} + \sum_{k \neq i, j} \log(x_k) = (N - 2) \log(a)"
    assert line(pairs).words == ("holds up to an additive constant under change of units: the logarithm of 1 / length",)
    assert line(pairs + r", i \neq j") == Report(True)


def test_a_number_needs_no_dimension_in_the_table(line: Table) -> None:
    assert line("b = 1 + b^2").consistent is True
    assert line("b a = t").consistent is False


# -- the change of units itself ----------------------------------------------------------------------------------------

MATES = {"a": "f", "f": "a", "t": "h", "h": "t"}
SCALES = {"length": 3.0, "time": 0.25, "mass": 1.75}
OF = {"a": "length", "f": "length", "t": "time", "h": "time", "m": "mass"}
SITE = Index("i", "site")
leaves = st.one_of(
    st.sampled_from("afth").map(Symbol),
    st.sampled_from("mo").map(lambda name: Symbol(name, (SITE,))),
    st.integers(1, 4).map(lambda value: Number(Fraction(value))),
    st.just(Size("site")),
)


def with_mates(expr: Expr) -> Expr:
    """The same with other symbols of the same dimensions."""
    if isinstance(expr, Symbol):
        return replace(expr, name=MATES.get(expr.name, expr.name))
    return expr.map(with_mates)


def larger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    number = st.integers(1, 3).map(lambda value: Number(Fraction(value)))
    return st.one_of(
        st.tuples(inner, inner).map(lambda pair: Mul(pair)),
        st.tuples(inner, inner).map(lambda pair: Frac(*pair)),
        st.tuples(inner, number).map(lambda pair: Pow(*pair)),
        st.tuples(inner, inner).map(lambda pair: Add((pair[0], Neg(pair[1])))),
        st.tuples(inner, number).map(lambda pair: Add((pair[0], Mul((pair[1], with_mates(pair[0])))))),
        inner.map(lambda one: Frac(one, with_mates(one))),
        inner.map(lambda one: Call("log", one)),
        inner.map(lambda one: Call("exp", one)),
        inner.map(lambda one: Call("sqrt", one)),
        st.tuples(st.sampled_from(["sum", "product"]), inner).map(lambda pair: Over(pair[0], SITE, (), pair[1])),  # type: ignore[arg-type]
    )


expressions = st.recursive(leaves, larger, max_leaves=6)


def value(expr: Expr, at: Mapping[str, list[float]], site: int = 0) -> float:
    """The number that an expression is at a point, with three sites."""
    match expr:
        case Number(value=number):
            return float(number)
        case Size():
            return 3.0
        case Symbol(name=name, slots=slots):
            return at[name][site if slots else 0]
        case Neg(term=term):
            return -value(term, at, site)
        case Add(terms=terms):
            return math.fsum(value(term, at, site) for term in terms)
        case Mul(factors=factors):
            return math.prod(value(factor, at, site) for factor in factors)
        case Frac(top=top, bottom=bottom):
            return value(top, at, site) / value(bottom, at, site)
        case Pow(base=base, exponent=exponent):
            return value(base, at, site) ** value(exponent, at, site)
        case Call(function=function, argument=argument):
            return getattr(math, function)(value(argument, at, site))
        case Over(operation=operation, body=body):
            return (math.fsum if operation == "sum" else math.prod)(value(body, at, other) for other in range(3))
    raise TypeError(expr)


points = st.fixed_dictionaries(
    {name: st.lists(st.floats(0.5, 2.0), min_size=3, max_size=3) for name in ("a", "f", "t", "h", "m", "o")}
)


@settings(max_examples=400, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None)
@given(expressions, st.booleans(), expressions, st.lists(points, min_size=3, max_size=3))
def test_a_consistent_line_is_carried_into_itself(
    scopes: Mapping[str, Scope], left: Expr, mates: bool, other: Expr, at: list[dict[str, list[float]]]
) -> None:
    """In other units left - right is the same up to one factor and one added constant, at all points."""
    right = with_mates(left) if mates else other
    found = Table(scopes["bench"])(Chain(left, (("=", right),)))
    event(str(found.consistent))
    if not found.consistent:
        return
    here: list[float] = []
    there: list[float] = []
    for point in at:
        moved = {name: [SCALES.get(OF.get(name, ""), 1.0) * each for each in values] for name, values in point.items()}
        try:
            pairs = [[value(side, where) for side in (left, right)] for where in (point, moved)]
        except (ValueError, OverflowError, ZeroDivisionError):
            assume(False)
        assume(all(abs(side) < 1e6 for pair in pairs for side in pair))
        here.append(pairs[0][0] - pairs[0][1])
        there.append(pairs[1][0] - pairs[1][1])
    size = max(map(abs, (*here, *there)))
    determinant = (here[1] - here[0]) * (there[2] - there[0]) - (here[2] - here[0]) * (there[1] - there[0])
    assert abs(determinant) <= 1e-7 * (1 + size) ** 2


@given(st.lists(st.integers(-3, 3), min_size=4, max_size=4), st.lists(st.integers(-3, 3), min_size=4, max_size=4))
def test_monomials_are_alike_if_they_scale_alike(scopes: Mapping[str, Scope], one: list[int], other: list[int]) -> None:
    def monomial(powers: list[int]) -> Expr:
        exponents = (Number(Fraction(p)) if p >= 0 else Neg(Number(Fraction(-p))) for p in powers)
        return Mul(tuple(Pow(Symbol(name), exponent) for name, exponent in zip("afth", exponents, strict=True)))

    found = Table(scopes["bench"])(Chain(monomial(one), (("=", monomial(other)),)))
    assert found.consistent is ((sum(one[:2]), sum(one[2:])) == (sum(other[:2]), sum(other[2:])))


# -- a shipped section -------------------------------------------------------------------------------------------------


CLUSTERS = {
    "x": "measure",
    "m": "measure^2",
    "q": "measure^(1/2)",
    **dict.fromkeys(("r", "r'", "v", r"\epsilon"), "1 / measure"),
    "p": "measure",
    "A": "measure^(1/2)",
    r"\mathbf{K}": "measure^2",
    **dict.fromkeys((r"\mathcal{L}_{x}", r"\mathcal{C}", r"\mathcal{M}", r"\mathcal{H}"), "1"),
}
APART = {**CLUSTERS, "r": "length", "r'": "length", "v": "length"}
APART |= {"q": "measure length^(1/2)", "p": "measure^2 length", "A": "measure length^(1/2)"}
"""With positions in a unit of their own, as a physicist would have it."""


@pytest.fixture(scope="module")
def section() -> Mapping[str, tuple[Chain, Scope]]:
    """Lines (22) to (70) as printed, each with its left side, and their corrections."""
    reading = Reading(load_paper("inference-2024-07"))
    found: dict[str, tuple[Chain, Scope]] = {}
    for number in (str(n) for n in range(22, 71) if n != 61):
        read = reading.line(number)
        first = reading.left(read.equation, corrected=False)
        found[number] = (replace(read.chain, first=first), read.scope)
        if read.corrected is not None:
            found[f"{number} corrected"] = (replace(read.corrected, first=read.corrected.first or first), read.scope)
    return found


def reports(section: Mapping[str, tuple[Chain, Scope]], table: Mapping[str, str]) -> dict[str, Report]:
    known = {name: parse_dimension(text, name) for name, text in table.items()}
    return {number: analyse(chain, scope, known) for number, (chain, scope) in section.items()}


def test_a_lost_power_in_the_shipped_paper_is_found(section: Mapping[str, tuple[Chain, Scope]]) -> None:
    """Positions as inverses of the variables make all lines consistent but those in which the mass is squared."""
    found = reports(section, CLUSTERS)
    assert {number for number, report in found.items() if not report.consistent} == {"66", "67", "69"}
    assert found["69"].consistent is False
    assert found["69"].words[0].endswith(r"the dimension of $\frac{D - 1}{2} \log\left( m_{i} \right)$ times measure^2")
    assert found["60 corrected"].words == (
        "holds up to an additive constant under change of units: the logarithm of measure^(N - N D)",
    )
    exact = {number for number, report in found.items() if report == Report(True)}
    assert exact >= {"23", "26", "44", "49", "50", "66 corrected", "70"}


def test_a_covariance_and_its_inverse_share_a_unit(section: Mapping[str, tuple[Chain, Scope]]) -> None:
    """(46) takes the inverse of the covariance of the variables for that of the positions: length measure is one."""
    found = reports(section, APART)
    printed = {number for number, report in found.items() if report.consistent is False and number.isdigit()}
    corrected = {number for number, report in found.items() if report.consistent is False and not number.isdigit()}
    assert printed == {"46", "47", "48", "49", "50", "60", "65", "66", "67", "69", "70"}
    assert corrected == {f"{number} corrected" for number in ("48", "60", "65", "66", "70")}
    assert found["46"].words[0].endswith("squared times 1 / length^2 measure^2")
    chain, scope = section["46"]
    symbols = {**scope.symbols, "z": replace(scope.symbols["m"], key="z", slots=())}
    known = {name: parse_dimension(text, name) for name, text in APART.items()}
    constant = {"z": parse_dimension("length measure", "z")}
    assert analyse(chain, replace(scope, symbols=symbols), {**known, **constant}).units == ("z",)


def test_the_shipped_paper_forces_its_dimensions(section: Mapping[str, tuple[Chain, Scope]]) -> None:
    """Each line in turn, with what those before it give, from the dimension of the variables alone."""
    known: dict[str, Dimension | None] = {"x": parse_dimension("measure", "x")}
    for number in ("22", "27", "46", "28", "49", "55", "63"):
        chain, scope = section[number]
        known |= analyse(chain, scope, known).inferred
    found = {name: str(dimension) for name, dimension in known.items()}
    assert found == {name: text for name, text in CLUSTERS.items() if text != "1"}
