# ruff: noqa: E501 (a formula stands on one line)
"""Matrices that don't commute, for any size: exact identities, the Neumann series, determinants and traces."""

import pytest

EXACT = [
    # true for every size, and a near-miss of it
    (r"(\mathbf{A} \mathbf{C})^T = \mathbf{C}^T \mathbf{A}^T", r"(\mathbf{A} \mathbf{C})^T = \mathbf{A}^T \mathbf{C}^T"),
    (r"(\mathbf{A} \mathbf{C})^{-1} = \mathbf{C}^{-1} \mathbf{A}^{-1}", r"(\mathbf{A} \mathbf{C})^{-1} = \mathbf{A}^{-1} \mathbf{C}^{-1}"),
    (r"(\mathbf{A}^{-1})^T = (\mathbf{A}^T)^{-1}", r"(\mathbf{A}^{-1})^T = \mathbf{A}^{-1}"),
    (r"(\mathbf{A} + \mathbf{C})^T = \mathbf{C}^T + \mathbf{A}^T", r"(\mathbf{A} + \mathbf{C})^T = \mathbf{C}^T + \mathbf{A}"),
    (r"\mathbf{K}^T = \mathbf{K}", r"\mathbf{A}^T = \mathbf{A}"),
    (r"\mathbf{A} \mathbf{A}^{-1} = \mathbf{I}", r"\mathbf{A} \mathbf{C}^{-1} = \mathbf{I}"),
    (r"(\mathbf{A} + \mathbf{C})(\mathbf{A} - \mathbf{C}) = \mathbf{A}^2 - \mathbf{A} \mathbf{C} + \mathbf{C} \mathbf{A} - \mathbf{C}^2", r"(\mathbf{A} + \mathbf{C})(\mathbf{A} - \mathbf{C}) = \mathbf{A}^2 - \mathbf{C}^2"),
    (r"\mathbf{A}^3 = \mathbf{A} \mathbf{A} \mathbf{A}", r"\mathbf{A}^3 = \mathbf{A} \mathbf{A}"),
    (r"(\mathbf{A}^2)^{-1} = \mathbf{A}^{-1} \mathbf{A}^{-1}", r"(\mathbf{A}^2)^{-1} = \mathbf{A}^{-1}"),
    (r"2 \mathbf{A} - \mathbf{A} = \mathbf{A}", r"2 \mathbf{A} - \mathbf{A} = \mathbf{C}"),
    (r"(2 \mathbf{A})^{-1} = \frac{1}{2} \mathbf{A}^{-1}", r"(2 \mathbf{A})^{-1} = 2 \mathbf{A}^{-1}"),
    (r"\mathbf{K}_{0} + \mathbf{K}_{1} = \mathbf{K}", r"\mathbf{K}_{0} - \mathbf{K}_{1} = \mathbf{K}"),
    (r"\text{Trace}(\mathbf{A} \mathbf{C}) = \text{Trace}(\mathbf{C} \mathbf{A})", r"\text{Trace}(\mathbf{A} \mathbf{C}) = \text{Trace}(\mathbf{A}) \text{Trace}(\mathbf{C})"),
    (r"\text{Trace}(\mathbf{A}^T) = \text{Trace}(\mathbf{A})", r"\text{Trace}(\mathbf{A}^T) = -\text{Trace}(\mathbf{A})"),
    (r"\text{Trace}(\mathbf{A} \mathbf{C}) = \sum_i \sum_j (\mathbf{A})_{ij} (\mathbf{C})_{ji}", r"\text{Trace}(\mathbf{A} \mathbf{C}) = \sum_i \sum_j (\mathbf{A})_{ij} (\mathbf{C})_{ij}"),
    (r"\text{Trace}(\mathbf{I}) = N", r"\text{Trace}(\mathbf{I}) = 1"),
    (r"\text{Trace}(\mathbf{K}_{1}) = 0", r"\text{Trace}(\mathbf{K}_{0}) = 0"),
    (r"(\mathbf{A} \mathbf{C})_{ij} = \sum_k (\mathbf{A})_{ik} (\mathbf{C})_{kj}", r"(\mathbf{A} \mathbf{C})_{ij} = \sum_k (\mathbf{A})_{ik} (\mathbf{C})_{jk}"),
    (r"(\mathbf{K}_{0}^{-1})_{ii} = \frac{1}{(\mathbf{K})_{ii}}", r"(\mathbf{K}^{-1})_{ii} = \frac{1}{(\mathbf{K})_{ii}}"),
    (r"\mathbf{x}_{1:N}^T \mathbf{K} \mathbf{x}_{1:N} = \sum_i \left( x_i^2 (\mathbf{K})_{ii} + \sum_{j \neq i} x_i x_j (\mathbf{K})_{ij} \right)", r"\mathbf{x}_{1:N}^T \mathbf{K} \mathbf{x}_{1:N} = \sum_i \left( x_i^2 (\mathbf{K})_{ii} + 2 \sum_{j \neq i} x_i x_j (\mathbf{K})_{ij} \right)"),
    (r"\mathbf{x}_{1:N}^T \mathbf{A} \mathbf{y}_{1:N} = \mathbf{y}_{1:N}^T \mathbf{A}^T \mathbf{x}_{1:N}", r"\mathbf{x}_{1:N}^T \mathbf{A} \mathbf{y}_{1:N} = \mathbf{y}_{1:N}^T \mathbf{A} \mathbf{x}_{1:N}"),
    (r"|\mathbf{A} \mathbf{C}| = |\mathbf{A}| |\mathbf{C}|", r"|\mathbf{A} \mathbf{C}| = |\mathbf{A}| + |\mathbf{C}|"),
    (r"|\mathbf{A}^{-1}| = \frac{1}{|\mathbf{A}|}", r"|\mathbf{A}^{-1}| = |\mathbf{A}|"),
    (r"|\mathbf{A} + \mathbf{C}| = |\mathbf{A}| |\mathbf{I} + \mathbf{A}^{-1} \mathbf{C}|", r"|\mathbf{A} + \mathbf{C}| = |\mathbf{A}| |\mathbf{I} + \mathbf{C}^{-1} \mathbf{A}|"),
    (r"|\mathbf{K}| = |\mathbf{K}_{0}| |\mathbf{I} + \mathbf{K}_{0}^{-1} \mathbf{K}_{1}|", r"|\mathbf{K}| = |\mathbf{K}_{0}| |\mathbf{I} - \mathbf{K}_{0}^{-1} \mathbf{K}_{1}|"),
    (r"\text{Trace}(\log(\mathbf{K})) = \log(|\mathbf{K}|)", r"\text{Trace}(\log(\mathbf{K})) = |\mathbf{K}|"),
]  # fmt: skip


@pytest.mark.parametrize(("true", "near"), EXACT, ids=[true for true, _ in EXACT])
def test_exact_identities_hold_for_every_size_and_near_misses_do_not(bench, true: str, near: str) -> None:
    premise = r"\mathbf{K} = \mathbf{K}_{0} + \mathbf{K}_{1}"
    premises = (premise,) if "mathbf{K}_" in true and ("|\\mathbf{K}|" in true or "= \\mathbf{K}" in true) else ()
    assert bench.proves(true, *premises).shown
    assert not bench.proves(near, *premises).shown
    assert bench.agrees(true, sizes=(2, 3), seeds=1), "the test itself is wrong"
    assert not bench.agrees(near, sizes=(2, 3), seeds=1), "the near-miss is true"


def test_the_logarithm_of_a_matrix_needs_a_positive_spectrum(bench) -> None:
    answer = bench.proves(r"\text{Trace}(\log(\mathbf{A})) = \log(|\mathbf{A}|)")
    assert not answer.shown
    assert answer.why == "the logarithm of a matrix that is not known to have a positive spectrum"


def neumann(order: int, wrong: int | None = None) -> str:
    """(A + B)^{-1} to an order in B; with the sign of one term turned, where asked."""
    terms = [r"\mathbf{A}^{-1}"]
    for n in range(1, order + 1):
        sign = "-" if (n % 2 == 1) != (n == wrong) else "+"
        terms.append(sign + " " + r"\mathbf{A}^{-1} \mathbf{B} " * n + r"\mathbf{A}^{-1}")
    return r"(\mathbf{A} + \mathbf{B})^{-1} \approx " + " ".join(terms)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_neumann_series(bench, order: int) -> None:
    answer, remainder = bench.proves_to_order(neumann(order), order)
    assert answer.shown
    assert remainder is not None
    assert remainder.order == order + 1


def test_neumann_series_with_a_sign_turned(bench) -> None:
    assert not bench.proves_to_order(neumann(1, 1), 1)[0].shown
    assert not bench.proves_to_order(neumann(1), 2)[0].shown


def log_determinant(order: int, wrong: int | None = None) -> str:
    terms = []
    for n in range(1, order + 1):
        sign = "+" if (n % 2 == 1) != (n == wrong) else "-"
        terms.append(rf"{sign} \frac{{1}}{{{n}}} \text{{Trace}}((\mathbf{{A}}^{{-1}} \mathbf{{B}})^{n})")
    return r"\log(|\mathbf{A} + \mathbf{B}|) \approx \log(|\mathbf{A}|) " + " ".join(terms)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_log_det_is_trace_log(bench, order: int) -> None:
    answer, remainder = bench.proves_to_order(log_determinant(order), order)
    assert answer.shown, answer.why
    assert remainder is not None
    assert remainder.order == order + 1
    for wrong in range(1, order + 1):
        assert not bench.proves_to_order(log_determinant(order, wrong), order)[0].shown


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_neumann_series_with_any_sign_turned(bench, order: int) -> None:
    for wrong in range(1, order + 1):
        assert not bench.proves_to_order(neumann(order, wrong), order)[0].shown


def test_a_trace_may_be_rotated_and_written_out(bench) -> None:
    assert bench.proves(
        r"\text{Trace}(\mathbf{A} \mathbf{B} \mathbf{C}) = \text{Trace}(\mathbf{C} \mathbf{A} \mathbf{B})"
    ).shown
    assert not bench.proves(
        r"\text{Trace}(\mathbf{B} \mathbf{C} \mathbf{B} \mathbf{C} \mathbf{C}) = "
        r"\text{Trace}(\mathbf{B} \mathbf{B} \mathbf{C} \mathbf{C} \mathbf{C})"
    ).shown
    assert bench.proves(
        r"\text{Trace}(\mathbf{B} \mathbf{C}) = \sum_i \sum_j (\mathbf{B})_{ij} (\mathbf{C})_{ji}"
    ).shown


def test_a_free_index_inside_an_inverse_is_renamed_with_the_rest(bench) -> None:
    line = r"\sum_i ((\mathbf{A} + x_i \mathbf{C})^{-1})_{jk} = \sum_l ((\mathbf{A} + x_l \mathbf{C})^{-1})_{jk}"
    assert bench.proves(line).shown
    assert not bench.proves(line.replace("x_l", "y_l")).shown


def test_the_expectation_of_a_function_of_a_random_matrix_is_not_pulled_out(bench) -> None:
    for line in (
        r"\mathbb{E}[|\mathbf{A}|] = |\mathbf{A}|",
        r"\mathbb{E}[(\mathbf{A}^{-1})_{ij}] = (\mathbf{A}^{-1})_{ij}",
    ):
        assert bench.proves(line).shown
        answer = bench.proves(line, r"(\mathbf{A})_{ij} = u_i u_j")
        assert not answer.shown
        assert answer.why == "the expectation of a function of a random matrix"
