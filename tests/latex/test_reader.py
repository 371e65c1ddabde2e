"""The reader: every line of section 2.3 reads, every token of it counts, and what is not understood is an error."""

import pytest

from derive.errors import DeriveError, EncodingError, ReadError
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.statement import Reading, reread


def test_every_line_of_section_2_3_reads(section) -> None:
    reading = Reading(section.paper)
    for number in section.numbers:
        line = reading.line(number)
        assert line.chain.links, number


TREES = [
    # what is printed, and the same with everything said: products bind looser than scripts, sums run on
    (r"-a b", r"-\left( a b \right)"),
    (r"a - b - c", r"a - b - c"),
    (r"2 a^2", r"2 \left( a^{2} \right)"),
    (r"\sum_i x_i y_i + a", r"\left( \sum_i x_i y_i \right) + a"),
    (r"\sum_i x_i \sum_j y_j c", r"\sum_i \left( x_i \left( \sum_j \left( y_j c \right) \right) \right)"),
    (r"\frac{a}{2b}", r"\frac{a}{\left( 2 b \right)}"),
    (r"x_i^2", r"\left( x_i \right)^2"),
    (r"v_i^2", r"\left( v_i \right)^2"),
    (r"v_i^{(d)2}", r"\left( v_i^{(d)} \right)^2"),
    (r"\log(a)^2", r"\left( \log(a) \right)^2"),
    (r"\sin^2(a)", r"\left( \sin(a) \right)^2"),
    (r"\exp(a) b", r"\left( \exp(a) \right) b"),
    (r"\log a^2", r"\log(a^2)"),
    (r"|a||b|", r"\left| a \right| \left| b \right|"),
    (r"|(|a| - b)|", r"\left| \left( \left| a \right| - b \right) \right|"),
    (r"a \vec{r}_i \cdot \vec{v}_j b", r"a \left( \vec{r}_i \cdot \vec{v}_j \right) b"),
    (r"\vec{r}_i \cdot \sum_j x_j \vec{v}_j", r"\vec{r}_i \cdot \left( \sum_j \left( x_j \vec{v}_j \right) \right)"),
    (
        r"\mathbf{u}_{1:N}^T \mathbf{A} \mathbf{u}_{1:N}",
        r"\left( \mathbf{u}_{1:N} \right)^T \mathbf{A} \mathbf{u}_{1:N}",
    ),
    (r"\mathbf{K}_{0}^{-1}", r"\left( \mathbf{K}_{0} \right)^{-1}"),
    (r"(\mathbf{K}^{-1})_{ij}", r"(\left( \mathbf{K} \right)^{-1})_{ij}"),
    (r"\mathbf{K}_{ij}", r"(\mathbf{K})_{ij}"),
    (r"\prod_{i=1}^N w_i", r"\prod_{i=1}^{N} \left( w_i \right)"),
    (r"\left( a \right)", r"a"),
    (r"2 \cdot 3", r"2 \left( 3 \right)"),
    (
        r"\int d\mathbf{u}_{1:N} Q(\mathbf{u}_{1:N}) u_i + a",
        r"\left( \int d\mathbf{u}_{1:N} Q(\mathbf{u}_{1:N}) u_i \right) + a",
    ),
    (r"\mathbb{E}[u_i]^2", r"\left( \mathbb{E}[u_i] \right)^2"),
]


@pytest.mark.parametrize(("printed", "said"), TREES)
def test_how_tightly_things_bind(bench, printed: str, said: str) -> None:
    def bare(text: str) -> str:
        return bench.write(bench.expr(text))

    assert bare(printed) == bare(said)


DIFFERENT = [
    (r"a - b - c", r"a - (b - c)"),
    (r"-a^2", r"(-a)^2"),
    (r"\sum_i x_i + a", r"\sum_i (x_i + a)"),
    (r"\sum_i x_i \sum_j y_j", r"\sum_i \sum_j x_i y_i"),
    (r"\frac{a}{b} c", r"\frac{a}{b c}"),
    (r"|a||b|", r"|(|a| b)|"),
    (r"v_i^2", r"\vec{v}_i"),
    (r"\log(a) b", r"\log(a b)"),
    (r"\sum_{j \neq i} x_j", r"\sum_j x_j"),
    (r"(\mathbf{K}^{-1})_{ij}", r"(\mathbf{K}^{-1})_{ji}"),
    (r"Q(a|b)", r"Q(a,b)"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_printed_differently_is_read_differently(bench, one: str, other: str) -> None:
    assert bench.expr(one) != bench.expr(other)


ERRORS = [
    (r"a = \omega", r"\omega is not in the notation of the scope 'bench'"),
    (r"a = a_{2}", "a takes no subscript 2 here"),
    (r"a = x_j", "the index j is not bound: it is in no sum, and the left side has none"),
    (r"x_i = \sum_j y_k", "the index k is not bound: it is in no sum, and the left side has none"),
    (r"a = x_i_j", "a second subscript"),
    (r"a = x", "x needs an index over the range site"),
    (r"a = i", "the index i stands where a quantity was expected"),
    (r"a = \sum_d x_d", "x takes no subscript d here"),
    (r"x_i = \vec{r}_i + a", "a scalar is added to a vector over space"),
    (r"x_i = \vec{r}_i", "a scalar is related to a vector over space"),
    (r"\vec{r}_i = \vec{r}_i^3", "of a vector only the square is defined"),
    (r"a = \mathbf{u}_{1:N} \mathbf{A}", "a column over site cannot be multiplied by a matrix over site and site"),
    (r"a = \mathbf{u}_{1:N} \mathbf{u}_{1:N}", "a column over site cannot be multiplied by a column over site"),
    (r"a = \vec{r}_i \vec{v}_i", "a vector over space cannot be multiplied by a vector over space"),
    (r"a = \vec{r}_i \cdot b", "a vector over space is dotted with a scalar"),
    (r"a = \frac{1}{\mathbf{A}}", "a matrix over site and site cannot stand below a fraction bar"),
    (r"a = \mathbf{A}^{\frac{1}{2}}", "of a matrix only integer powers are defined"),
    (r"a = \int Q(\mathbf{u}_{1:N})", "the measure is expected right after the integral sign"),
    (r"a = \int d (b) Q(b)", "( is not in the notation of the scope 'bench'"),
    (r"a = (b", "the line ends where ) was expected"),
    (r"a = b)", ") cannot be read here"),
    (r"a = [b)", ") stands where ] was expected"),
    (r"a = |b", "the line ends where | was expected"),
    (r"a = ||b| - c|", "an expression was expected here"),
    (r"a = \frac{b}", "the line ends where { was expected"),
    (r"a = b +", "an expression was expected here"),
    (r"a = + b", "a leading + says nothing"),
    (r"a = b \cdot", r"nothing follows \cdot"),
    (r"a = b / c a", "what the slash divides by is not clear: use brackets or a fraction"),
    (r"a b", "there is no relation in this line"),
    (r"a = b^{}", "a script is empty"),
    (r"a = (b)'", "a prime can only follow a symbol"),
    (r"a = (b)_i", "a subscript can only follow a symbol, or two indices a matrix"),
    (r"a = \sum x_i", r"\sum has no index below it"),
    (r"a = \sum_{i=1} x_i", r"\sum has a lower limit and no upper one"),
    (r"a = \sum_{i=1}^D x_i", r"\sum over i runs from 1 to N in this scope"),
    (r"a = \sum_{i,j} x_i", r"i,j below \sum cannot be read"),
    (r"a = \sum_{i \neq d} x_i", "i and d run over different ranges"),
    (r"a = \sum_m x_m", "m is not an index letter of this scope (the index of a sum)"),
    (r"a = \text{Cov}[u_i]", r"\text{Cov} takes 2 arguments"),
    (r"a = \mathbb{E} u_i", r"\mathbb{E} is not followed by a bracket"),
    (r"a = \text{Trace}(b)", "the trace of a scalar is not defined"),
    (r"a = \sin(\mathbf{A})", "the sin of a matrix over site and site is not defined"),
    (r"a = \log b c", "where the argument of log ends is not clear: put it in brackets"),
    (r"a = \sin^{-1}(b)", "a negative power of sin may be its inverse: write a fraction"),
    (r"a = \mathbf{x}_i", "x is bold but not grouped"),
    (r"a = x_{1:N}", "x is grouped but not bold"),
    (r"a = \mathbf{x}_{1:D}", "x does not range over 1:D in this scope"),
    (r"a = \vec{x}_i", "the arrow over x has no range to run over"),
    (r"a = \begin{bmatrix} a & b \\ c \end{bmatrix}", "the rows of this matrix have different lengths"),
    (
        r"a = \begin{bmatrix} a & b \\ b & a \end{bmatrix}",
        r"only a matrix with \cdots, \vdots and \ddots on its last row and column is read",
    ),
    (
        r"\mathbf{A} = \begin{bmatrix} w_1 & x_1 x_2 & \cdots \\ x_1 x_2 & w_1 & \cdots \\ \vdots & \vdots & \ddots "
        r"\end{bmatrix}",
        "the entry (2, 2) of this matrix does not fit its pattern",
    ),
    (
        r"a = \mathcal{G}(a; b, \mathbf{A})",
        "a Gaussian is over a column, with a mean column and a covariance matrix ('column', ())",
    ),
]


@pytest.mark.parametrize(("line", "message"), ERRORS)
def test_what_is_not_understood_is_an_error_that_names_it(bench, line: str, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        bench.chain(line)
    assert caught.value.message == message
    assert 0 <= caught.value.offset <= len(line)


def test_a_reading_error_in_a_paper_names_file_and_line(bench) -> None:
    paper = bench.paper("% by: exact\n\\begin{equation}\na =\nb + \\omega\n\\end{equation}\n")
    with pytest.raises(EncodingError, match=r"paper\.tex:6: line \(1\): \\omega is not in the notation"):
        Reading(paper).line("1")


def test_deleting_any_token_changes_the_statement_or_is_an_error(section) -> None:
    """Every single token of (22)-(70); the re-readings of the paper stay in force."""
    reading = Reading(section.paper)
    survivors = []
    for number in section.numbers:
        line = reading.line(number)
        source = tokens(line.equation.latex)
        for at in range(len(source)):
            try:
                kept, _ = reread(source[:at] + source[at + 1 :], line.equation.reads, set())
                changed = read_chain(kept, line.scope)
            except DeriveError:
                continue
            if changed == line.chain:
                survivors.append((number, at, source[at].text))
    assert not survivors
