"""Prints that many papers share: upright differentials, dots and primes, the measure last, words behind a line."""

from __future__ import annotations

import pytest

from derive.errors import ReadError
from derive.latex.reader import read_chain, read_expression
from derive.latex.tokens import tokens
from derive.latex.writer import write
from derive.notation import Scope, load_notation

NOTATION = r"""
[scope.usual]
[scope.usual.ranges]
item = { size = "N", indices = "i j k" }
[scope.usual.symbols]
't' = {}
'u' = {}
'\omega' = {}
'x' = { kind = "function", of = "t", properties = "smooth" }
'M_x' = { kind = "function", of = "t", properties = "smooth" }
'h' = { kind = "function", of = "t, u" }
'y' = { slots = "item" }
"r'" = {}
'z' = { law = 'q' }
'q' = { kind = "density" }
'p' = { kind = "density" }
'\mathbb{E}' = { kind = "expectation", law = 'q' }
'D' = { kind = "divergence" }
[scope.upright]
[scope.upright.symbols]
'\mathrm{d}' = {}
'u' = {}
"""


@pytest.fixture(scope="module")
def scopes(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("usual") / "notation.toml"
    path.write_text(NOTATION, encoding="utf-8")
    return load_notation(path).scopes


@pytest.fixture(scope="module")
def scope(scopes) -> Scope:
    return scopes["usual"]


SAME = [
    (r"\frac{\mathrm{d} x}{\mathrm{d} t}", r"\frac{d x}{d t}"),
    (r"\int_0^1 u \mathrm{d}u", r"\int_0^1 du u"),
    (r"\dot{x}", r"\frac{d x}{d t}"),
    (r"\ddot{x} + \omega^2 x", r"\frac{d^2 x}{d t^2} + \omega^2 x"),
    (r"\dot{x}^2", r"(\frac{d x}{d t})^2"),
    (r"\dot{M}_x", r"\frac{d M_x}{d t}"),
    (r"x''", r"\frac{d^2 x}{d t^2}"),
    (r"x'(t)", r"\frac{d x(t)}{d t}"),
    (r"\int p(z) dz", r"\int dz p(z)"),
    (r"D(q(z) \| p(z))", r"D(q(z) || p(z))"),
]


@pytest.mark.parametrize(("printed", "meant"), SAME)
def test_what_is_printed_in_two_ways_is_read_as_one(scope: Scope, printed: str, meant: str) -> None:
    found = read_expression(tokens(printed), scope)
    assert found == read_expression(tokens(meant), scope)
    assert read_expression(tokens(write(found, scope)), scope) == found


def test_a_matrix_with_dots_needs_a_range_with_two_letters(scopes) -> None:
    dotted = r"u = |\begin{bmatrix} 1 & u & \cdots \\ u & 1 & \cdots \\ \vdots & \vdots & \ddots \end{bmatrix}|"
    with pytest.raises(ReadError, match="which needs two index letters"):
        read_chain(tokens(dotted), scopes["upright"])


def test_a_name_of_the_table_goes_before(scopes) -> None:
    assert write(read_expression(tokens("r'"), scopes["usual"]), scopes["usual"]) == "r'"
    assert write(read_expression(tokens(r"\mathrm{d} u"), scopes["upright"]), scopes["upright"]) == r"\mathrm{d} u"


@pytest.mark.parametrize(
    "words",
    [r"\quad \text{for all } i", r", \quad \text{for } i = 1, \dots, N", r"\text{for each } i", r", \forall i"],
)
def test_words_that_a_line_is_for_all_values_of_an_index_add_nothing(scope: Scope, words: str) -> None:
    assert read_chain(tokens(r"y_i = u" + words), scope) == read_chain(tokens(r"y_i = u"), scope)


NOT_READ = [
    (r"y_i = u \text{for all } t", "t is not an index letter of this scope"),
    (r"y_i = u \text{for } i = 1, \dots, M", "M stands where N was expected"),
    (r"y_i = u \text{for } i = 2, \dots, N", "2 stands where 1 was expected"),
    (r"u = \dot{u}", r"\dot{u} is not in the notation"),
    (r"u = \dot{h}", r"\dot{h} is not in the notation"),
    (r"u = x'(0)", "a derivative is in a declared symbol"),
    (r"u = \int p(z) + 1", "the measure is expected right after the integral sign"),
    (r"u = 1 \pm \omega", "it makes two lines of one"),
    (r"u = \| \omega \|", "a length is printed between | and |"),
    (
        r"u = \omega^T",
        "only a matrix, a column or a row is transposed, not a scalar, and no power T is in the notation",
    ),
    (r"u = \omega, t = 1", "two equations want a display each"),
    (r"u = \sum_{i=0}^{N} y_i", "the index i runs from 1; for other limits declare a letter as a whole number"),
]


@pytest.mark.parametrize(("line", "said"), NOT_READ)
def test_what_is_not_read_says_what_would_be_right(scope: Scope, line: str, said: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_chain(tokens(line), scope)
    assert said in caught.value.message
