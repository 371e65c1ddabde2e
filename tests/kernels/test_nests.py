"""Nests, run as the plain Python that the Numba backend prints: random expressions against exact values."""

from __future__ import annotations

import sys

import pytest
from hypothesis import Phase, given, settings

from derive.kernels import KernelError, source
from derive.kernels.arrange import over
from derive.kernels.components import written_out
from derive.kernels.factoring import arranged
from derive.kernels.gradient import differentiated
from derive.kernels.hoist import materialised
from derive.kernels.loops import Load, Loop, Reduce, free, nodes
from derive.kernels.lowering import lower
from derive.kernels.names import Names
from derive.kernels.nests import For, scheduled

EXPRESSIONS = sys.modules["kernels_expressions"]
PLAIN = """
prange = range
def njit(**options):
    return lambda function: function
"""
PLAIN_ROOTS = """
def intrinsic(function):
    return lambda: 0.0
def overload(function, **options):
    return lambda other: other
"""


def self_test(kernel, **options) -> tuple[int, int]:
    """The self-test of a module for Numba, whose loops run as they are written."""
    text = source(kernel, backend="numba", **options)
    assert "from numba import njit, prange\n" in text
    text = text.replace("from numba import njit, prange\n", PLAIN)
    text = text.replace("from numba.extending import intrinsic, overload\n", PLAIN_ROOTS)
    return sys.modules["kernels_modules"].self_test(text)


QUICK = [phase for phase in Phase if phase not in (Phase.shrink, Phase.explain)]
"""Shrinking an expression takes minutes, since each attempt is compiled three times."""


@settings(max_examples=30, deadline=None, phases=QUICK)
@given(latex=EXPRESSIONS.scalars(()))
def test_random_expressions(inputs, latex):
    assert self_test(inputs.kernel(r"\mathcal{H}", latex)) == (5, 0)


@settings(max_examples=30, deadline=None, phases=QUICK)
@given(latex=EXPRESSIONS.scalars(()))
def test_random_gradients(inputs, latex):
    latex = rf"{latex} + \sum_i \sum_{{j \neq i}} \frac{{q_i q_j}}{{|\vec{{r}}_i - \vec{{r}}_j|}}"
    assert self_test(inputs.kernel(r"\mathcal{H}", latex), gradient=("q", "r")) == (5, 0)


@pytest.mark.parametrize(
    "latex",
    [
        r"\prod_i x_i + \prod_i \sum_{j \neq i} \frac{x_j}{|\vec{r}_i - \vec{r}_j|}",
        r"\sum_i \exp(x_i) \log(1 + x_i^2) \sqrt{1 + x_i^4} + \tanh(\epsilon)",
        r"\sum_i \sum_j \cosh(x_i x_j) \sinh(x_j) \cos(x_i) \tan(\frac{1}{4 + x_j^2})",
        r"\mathbf{x}_{1:N}^T \mathbf{B} \mathbf{B} \mathbf{x}_{1:N} + \text{Trace}(\mathbf{B}^3)",
        r"\sum_i |\vec{r}_i|^3 + \sum_i (1 + x_i^2)^{\epsilon}",
        r"\sum_i \mathbf{B}_{ii} x_i^2",
        r"\sum_i \sum_{j \neq i} \mathbf{B}_{ij} |\vec{r}_i - \vec{r}_j|",
        # sums that change places: j and k may be equal, though i differs from both
        r"\sum_i \sum_{j \neq i} \sum_{k \neq i} \sin((\vec{r}_j + \vec{v}_k)^2)",
        r"\sum_i \sum_{j \neq i} \sum_{k \neq j} (\vec{r}_i + \vec{v}_k)^2 \cos(\vec{r}_i \cdot \vec{v}_j)",
        # a sum over components around a sum over pairs; an array over components alone
        r"\sum_i \sum_j (\vec{v}_i \cdot \vec{v}_j) \mathbf{B}_{ij}",
        r"\sum_i \sum_j \left( (\vec{r}_i \cdot \vec{v}_i) m_i - (\vec{r}_j \cdot \vec{v}_i) \epsilon \right)",
    ],
)
def test_gradients_of_each_kind_of_node(inputs, latex):
    kernel = inputs.kernel(r"\mathcal{H}", latex)
    known = [argument.symbol for argument in lower(kernel).arguments]
    assert self_test(kernel, gradient=known) == (5, 0)


def depth(steps) -> int:
    """How deep loops over particles stand in each other."""
    loops = [step for step in steps if isinstance(step, For)]
    return max(((step.loop.range == "particle") + depth(step.steps) for step in loops), default=0)


@pytest.mark.parametrize(
    ("latex", "most"),
    [
        (r"\sum_i \sum_j \sin(q_i q_j)", 2),
        (r"\mathbf{x}_{1:N}^T \mathbf{B} \mathbf{K} \mathbf{B} \mathbf{y}_{1:N}", 2),
        (r"\sum_i \log(\sum_j \exp(q_i x_j)) + (\sum_i x_i)^2", 2),
        (r"\sum_i x_i q_i", 1),
    ],
)
def test_a_gradient_has_loops_of_the_same_order(inputs, latex, most):
    kernel = inputs.kernel(r"\mathcal{H}", latex)
    program = lower(kernel)
    wrt = [argument.symbol for argument in program.arguments if len(argument.axes) < 2]
    plain = materialised(arranged(program))
    assert depth(scheduled(plain, Names())) == most
    assert depth(scheduled(differentiated(program, wrt), Names())) == most


def test_pair_terms_are_visited_once_for_each_pass(inputs):
    """The Hamiltonian with its gradient has two loops over pairs, each with one root."""
    program = differentiated(lower(inputs.hamiltonian(inputs.CORRECTED)), ["r"])
    steps = scheduled(materialised(written_out(program, {"space": 3})), Names())
    inner = [step for outer in steps if isinstance(outer, For) for step in outer.steps if isinstance(step, For)]
    assert [len(loop.gathers) for loop in inner] == [4, 3]
    assert all(isinstance(step.gathers, tuple) and step.innermost for step in inner)


def test_equal_expressions_get_one_form(inputs):
    def form(latex):
        (fill,) = arranged(lower(inputs.kernel(r"\mathcal{H}", latex))).fills
        return fill.body

    assert form(r"\sum_i \sum_j x_i y_j (x_i - y_j)^2") == form(r"\sum_j \sum_i y_i (y_i - x_j)^2 x_j")
    assert form(r"\sum_i 2 x_i") == form(r"\sum_j x_j 2")
    assert form(r"\sum_i (x_i - y_i)") != form(r"\sum_i (x_i + y_i)")
    assert form(r"\sum_i \frac{x_i}{x_i}") != form("N")


def test_a_renamed_loop_takes_no_name_of_a_loop_around_it():
    outer, inner = Loop("particle:1", "particle"), Loop("~", "particle")
    found = over("sum", inner, Load("B", (inner, outer)))
    assert isinstance(found, Reduce)
    assert free(found) == {outer}
    assert free(found.body) == {outer, found.loop}


def test_what_does_not_depend_on_a_loop_stands_outside(inputs):
    program = materialised(arranged(lower(inputs.kernel(r"\mathcal{H}", r"\sum_i \sum_j x_i \exp(y_j)"))))
    arrays = [fill for fill in program.fills if fill.loops]
    reductions = [node for fill in program.fills for node in nodes(fill.body) if isinstance(node, Reduce)]
    assert all(not any(isinstance(node, Reduce) for node in nodes(one.body)) for one in reductions)
    assert all(isinstance(node.symbol, str) for fill in arrays for node in nodes(fill.body) if isinstance(node, Load))


def test_only_numbers_have_gradients_and_only_by_arguments(inputs):
    with pytest.raises(KernelError, match="only a number has a gradient here, and A is an array"):
        source(inputs.kernel(r"\vec{A}_i", r"q_i \vec{r}_i"), gradient=("q",))
    with pytest.raises(KernelError, match="there is no argument 'z'; arguments: m, q, r, v, epsilon"):
        source(inputs.hamiltonian(), gradient=("z",))
