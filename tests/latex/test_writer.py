"""The writer: reading what was written gives the same tree back."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from derive.expression import (
    Abs,
    Add,
    Arrow,
    Call,
    Det,
    Dot,
    Element,
    Expectation,
    Expr,
    Frac,
    Index,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pow,
    Size,
    Symbol,
    Transpose,
    Type,
    Whole,
)
from derive.latex.reader import read_chain, read_expression
from derive.latex.tokens import tokens
from derive.latex.writer import write, write_chain
from derive.statement import Reading

LETTERS = [Index(letter, "site") for letter in "ijkl"]
MATRIX = Type("matrix", ("site", "site"))
letters = st.sampled_from(LETTERS)
numbers = st.integers(0, 12).map(lambda n: Number(Fraction(n)))


def symbol(name: str) -> Symbol:
    return Symbol(name)


leaves = st.one_of(
    numbers,
    st.sampled_from("abcfg").map(symbol),
    st.builds(lambda name, index: Symbol(name, (index,)), st.sampled_from("xyw"), letters),
    st.builds(lambda name, index: Symbol(name, (index, Index("d", "space"))), st.sampled_from("rv"), letters),
    st.builds(
        lambda name, index: Norm(Symbol(name, (index, Arrow("space"))), bare=True), st.sampled_from("rv"), letters
    ),
    st.just(Size("site")),
)
vector_leaves = st.builds(lambda name, index: Symbol(name, (index, Arrow("space"))), st.sampled_from("rv"), letters)
matrix_leaves = st.sampled_from([r"\mathbf{A}", r"\mathbf{K}", r"\mathbf{K}_{0}"]).map(lambda n: Symbol(n, (), MATRIX))
columns = st.sampled_from("xu").map(lambda name: Symbol(name, (Whole("site"),)))


def is_product(expr: Expr) -> bool:
    return isinstance(expr, Mul)


def vectors(scalars: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return st.one_of(
        vector_leaves,
        st.builds(lambda a, b: Add((a, Neg(b))), vector_leaves, vector_leaves),
        st.builds(lambda a, b: Mul((a, b)), scalars.filter(lambda e: not is_product(e)), vector_leaves),
    )


matrices = st.recursive(
    matrix_leaves,
    lambda inner: st.one_of(
        st.builds(lambda a, b: Add((a, b)), inner, inner),
        st.builds(lambda a, b: Mul((a, b)), inner, inner),
        st.builds(lambda a, n: Pow(a, Neg(Number(Fraction(n)))), inner, st.integers(1, 3)),
        inner.map(Transpose),
        inner.map(Neg),
    ),
    max_leaves=4,
)


def bigger(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    few = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        few.map(Add),
        few.map(Mul),
        inner.map(Neg),
        st.builds(Frac, inner, inner),
        st.builds(Pow, inner, st.one_of(numbers, inner)),
        st.builds(Call, st.sampled_from(["exp", "log", "sqrt", "sin", "cosh"]), inner),
        inner.map(Abs),
        st.builds(
            lambda kind, index, out, body: Over(kind, index, tuple(i for i in out if i != index), body),
            st.sampled_from(["sum", "product"]),
            letters,
            st.lists(letters, max_size=2, unique=True),
            inner,
        ),
        st.builds(lambda body: Over("sum", LETTERS[0], (), body, explicit=True), inner),
        vectors(inner).map(Norm),
        st.builds(Dot, vectors(inner), vectors(inner)),
        st.builds(lambda m, i, j: Element(m, i, j), matrices, letters, letters),
        matrices.map(Det),
        matrices.map(lambda m: Call("Trace", m)),
        st.builds(lambda x, m, y: Mul((Transpose(x), m, y)), columns, matrices, columns),
        inner.map(lambda e: Expectation("E", "Q", (e,), r"\mathbb{E}")),
        st.builds(lambda a, b: Expectation("Cov", "Q", (a, b), r"\text{Cov}"), inner, inner),
    )


scalars = st.recursive(leaves, bigger, max_leaves=8)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(scalars)
def test_reading_what_was_written_gives_the_tree_back(bench, tree: Expr) -> None:
    text = write(tree, bench.scope)
    assert read_expression(tokens(text), bench.scope) == tree, text


def test_section_2_3_survives_the_round_trip(section) -> None:
    reading = Reading(section.paper)
    for number in section.numbers:
        line = reading.line(number)
        text = write_chain(line.chain, line.scope)
        assert read_chain(tokens(text), line.scope) == line.chain, number


def test_numbers_side_by_side_stay_apart(bench) -> None:
    assert bench.write(Mul((Number(Fraction(2)), Number(Fraction(3))))) == r"2 \cdot 3"


def test_a_decimal_comes_back_as_the_fraction_it_is(bench) -> None:
    tree = bench.expr("0.5 a")
    assert bench.write(tree) == r"\frac{1}{2} a"
    assert bench.expr(bench.write(tree)) == tree
