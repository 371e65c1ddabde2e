# ruff: noqa: E501 (a formula stands on one line)
"""Spins: squared amplitudes, projectors, the square of the kinetic momentum, and exponentials to an order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product as cartesian

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.algebra.raising import Raising
from derive.algebra.spins import BASIS
from derive.comparison import comparisons, worlds
from derive.latex.writer import write
from derive.methods import order
from derive.notation import load_notation

NOTATION = r"""
[scope.bench]
[scope.bench.small]
e = "powers of the delay"
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
'V' = { kind = "field", slots = "space" }
'g' = { domain = "nonzero" }
'm' = { domain = "positive" }
'a' = {}
'c' = {}
'y' = {}
'\Delta t' = { domain = "positive", weight = { e = 1 } }
'\hat{E}' = { kind = "operator", properties = "identity" }
'\hat{F}' = { kind = "operator", properties = "Hermitian" }
'\hat{G}' = { kind = "operator" }
'\hat{S}' = { kind = "operator", properties = "unitary" }
's' = { domain = "binary" }
'w' = { domain = "binary" }
'z' = { slots = "site" }
'\delta' = { kind = "delta" }
'f_s' = { kind = "function", of = 's; y' }

[scope.loose]
like = "bench"
[scope.loose.symbols]
'\psi' = { kind = "state" }
"""


@pytest.fixture(scope="module")
def scopes(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("spins")
    (folder / "notation.toml").write_text(NOTATION, encoding="utf-8")
    return load_notation(folder / "notation.toml").scopes


@pytest.fixture(scope="module")
def lab(bench, scopes):
    return replace(bench, scope=scopes["bench"])


@pytest.fixture(scope="module")
def loose(bench, scopes):
    """The same with a state of any length."""
    return replace(bench, scope=scopes["loose"])


def compared(lab, line: str, *premises: str, seeds: int = 1) -> Iterator[bool]:
    """Whether the two sides differ, at each place of exact models of the premises."""
    goal = lab.goal(line, *premises)
    for comparison in comparisons(worlds(lab.scope, goal.rules, seeds=seeds), goal.left, goal.right):
        yield comparison.differ


def holds(lab, line: str, *premises: str) -> bool:
    """Whether there are models of the premises, in all of which the two sides agree."""
    found = list(compared(lab, line, *premises))
    return bool(found) and not any(found)


def fails(lab, line: str, *premises: str) -> bool:
    """Whether there is a model of the premises in which the two sides differ."""
    return any(compared(lab, line, *premises, seeds=8))


IDENTITIES = [
    # true, and a near-miss of it: squared amplitudes
    (r"\sum_s |\langle s | (\vec{\tau} \cdot \vec{\mu}) | \psi \rangle|^2 = \mu^2", r"\sum_s |\langle s | (\vec{\tau} \cdot \vec{\mu}) | \psi \rangle|^2 = 1"),
    (r"\sum_s |\langle s | (\vec{\tau} \cdot \vec{\mu}) \hat{S} | \psi \rangle|^2 = \mu^2", r"\sum_s |\langle s | (\vec{\tau} \cdot \vec{\mu}) \hat{G} | \psi \rangle|^2 = \mu^2"),
    (r"\sum_s |\langle s | \hat{G} | \psi \rangle|^2 = \langle \hat{G}^\dagger \hat{G} \rangle", r"\sum_s |\langle s | \hat{G} | \psi \rangle|^2 = \langle \hat{G} \hat{G}^\dagger \rangle"),
    (r"\sum_s s |\langle s | \hat{G} | \psi \rangle|^2 = \langle \hat{G}^\dagger \hat{\tau}_3 \hat{G} \rangle", r"\sum_s s |\langle s | \hat{G} | \psi \rangle|^2 = \langle \hat{G}^\dagger \hat{\tau}_1 \hat{G} \rangle"),
    (r"|\langle s | \hat{E} | \psi \rangle|^2 = \frac{1 + s \langle \hat{\tau}_3 \rangle}{2}", r"|\langle s | \hat{E} | \psi \rangle|^2 = \frac{1 - s \langle \hat{\tau}_3 \rangle}{2}"),
    (r"|\langle s | \hat{\tau}_1 | \psi \rangle|^2 = \frac{1 - s \langle \hat{\tau}_3 \rangle}{2}", r"|\langle s | \hat{\tau}_3 | \psi \rangle|^2 = \frac{1 - s \langle \hat{\tau}_3 \rangle}{2}"),
    (r"|\langle s | \hat{E} | \psi \rangle| = \sqrt{\frac{1 + s \langle \hat{\tau}_3 \rangle}{2}}", r"|\langle s | \hat{E} | \psi \rangle| = \frac{1 + s \langle \hat{\tau}_3 \rangle}{2}"),
    (r"|(1 + 2 j) \langle s | \hat{G} | \psi \rangle|^2 = 5 |\langle s | \hat{G} | \psi \rangle|^2", r"|(1 + 2 j) \langle s | \hat{G} | \psi \rangle|^2 = 3 |\langle s | \hat{G} | \psi \rangle|^2"),
    (r"|\langle s | j a \hat{G} | \psi \rangle|^2 = a^2 |\langle s | \hat{G} | \psi \rangle|^2", r"|\langle s | j a \hat{G} | \psi \rangle|^2 = -a^2 |\langle s | \hat{G} | \psi \rangle|^2"),
    (r"|e^{j a} \langle s | \hat{G} | \psi \rangle|^2 = |\langle s | \hat{G} | \psi \rangle|^2", r"|e^a \langle s | \hat{G} | \psi \rangle|^2 = |\langle s | \hat{G} | \psi \rangle|^2"),
    (r"|\langle s | \hat{S}^\dagger \hat{S} \hat{G} | \psi \rangle|^2 = |\langle s | \hat{G} | \psi \rangle|^2", r"|\langle s | \hat{S} \hat{G} | \psi \rangle|^2 = |\langle s | \hat{G} | \psi \rangle|^2"),
    (r"\sum_s s |\langle s | (\vec{\tau} \cdot \vec{\mu}) | \psi \rangle|^2 = 2 \mu_3 \langle \vec{\tau} \cdot \vec{\mu} \rangle - \mu^2 \langle \hat{\tau}_3 \rangle", r"\sum_s s |\langle s | (\vec{\tau} \cdot \vec{\mu}) | \psi \rangle|^2 = \mu^2 \langle \hat{\tau}_3 \rangle"),
    # bras, kets and means
    (r"\langle \psi | \hat{F} \hat{G} | \psi \rangle = \langle \hat{F} \hat{G} \rangle", r"\langle \psi | \hat{F} \hat{G} | \psi \rangle = \langle \hat{G} \hat{F} \rangle"),
    (r"\langle \psi | a (\hat{F} + \hat{E}) | \psi \rangle = a \langle \hat{F} \rangle + a", r"\langle \psi | a (\hat{F} + \hat{E}) | \psi \rangle = a \langle \hat{F} \rangle + 1"),
    (r"\sum_s \langle \psi | \hat{G}^\dagger | s \rangle s \langle s | \hat{G} | \psi \rangle = \langle \hat{G}^\dagger \hat{\tau}_3 \hat{G} \rangle", r"\sum_s \langle \psi | \hat{G}^\dagger | s \rangle \langle s | \hat{G} | \psi \rangle = \langle \hat{G}^\dagger \hat{\tau}_3 \hat{G} \rangle"),
    (r"\langle \psi | \hat{G}^\dagger | s \rangle \langle s | \hat{G} | \psi \rangle = |\langle s | \hat{G} | \psi \rangle|^2", r"\langle \psi | \hat{G} | s \rangle \langle s | \hat{G} | \psi \rangle = |\langle s | \hat{G} | \psi \rangle|^2"),
    # projectors
    (r"\sum_s | s \rangle \langle s | = \hat{E}", r"\sum_s | s \rangle \langle s | = 2 \hat{E}"),
    (r"\sum_s s | s \rangle \langle s | = \hat{\tau}_3", r"\sum_s s | s \rangle \langle s | = \hat{\tau}_1"),
    (r"| s \rangle \langle s | | s \rangle \langle s | = | s \rangle \langle s |", r"| s \rangle \langle s | | w \rangle \langle w | = | s \rangle \langle s |"),
    (r"| s \rangle \langle s | | w \rangle \langle w | = \delta_{s, w} | s \rangle \langle s |", r"| s \rangle \langle s | | w \rangle \langle w | = s w | s \rangle \langle s |"),
    (r"| s \rangle \langle s | \hat{\tau}_3 = s | s \rangle \langle s |", r"| s \rangle \langle s | \hat{\tau}_3 = | s \rangle \langle s |"),
    (r"| s \rangle \langle s | \hat{\tau}_1 | s \rangle \langle s | = 0", r"| s \rangle \langle s | \hat{\tau}_1 | w \rangle \langle w | = 0"),
    (r"(| s \rangle \langle s |)^\dagger = | s \rangle \langle s |", r"(\hat{\tau}_1 | s \rangle \langle s |)^\dagger = \hat{\tau}_1 | s \rangle \langle s |"),
    (r"\sum_s | s \rangle f_s \langle s | = \frac{1}{2} \left( \sum_s f_s \right) \hat{E} + \frac{1}{2} \left( \sum_s s f_s \right) \hat{\tau}_3", r"\sum_s | s \rangle f_s \langle s | = \left( \sum_s f_s \right) \hat{E}"),
    # commutators with the orientation
    (r"[\hat{\tau}_3, \vec{\tau} \cdot \vec{\mu}] = 2 j (\mu_1 \hat{\tau}_2 - \mu_2 \hat{\tau}_1)", r"[\hat{\tau}_3, \vec{\tau} \cdot \vec{\mu}] = 2 j (\mu_1 \hat{\tau}_1 - \mu_2 \hat{\tau}_2)"),
    (r"[(\vec{\tau} \cdot \vec{\mu}) \hat{\tau}_3 (\vec{\tau} \cdot \vec{\mu}), \vec{\tau} \cdot \vec{\mu}] = -2 j \mu^2 (\mu_1 \hat{\tau}_2 - \mu_2 \hat{\tau}_1)", r"[(\vec{\tau} \cdot \vec{\mu}) \hat{\tau}_3 (\vec{\tau} \cdot \vec{\mu}), \vec{\tau} \cdot \vec{\mu}] = 2 j \mu^2 (\mu_1 \hat{\tau}_2 - \mu_2 \hat{\tau}_1)"),
    (r"[(\vec{\tau} \cdot \vec{\mu})^2, \hat{G}] = 0", r"[\vec{\tau} \cdot \vec{\mu}, \hat{G}] = 0"),
    # momenta in a vector potential
    (r"(\vec{\tau} \cdot \vec{P})^2 = \vec{P}^2", r"(\vec{\tau} \cdot \vec{W})^2 = \vec{P}^2"),
    (r"(\vec{\tau} \cdot (\vec{P} - g \vec{W}))^2 = (\vec{P} - g \vec{W})^2 - \kappa g \vec{\tau} \cdot (\nabla \times \vec{W})", r"(\vec{\tau} \cdot (\vec{P} - g \vec{W}))^2 = (\vec{P} - g \vec{W})^2 - g \vec{\tau} \cdot (\nabla \times \vec{W})"),
    (r"(\vec{\tau} \cdot (\vec{P} + g \vec{W}))^2 = (\vec{P} + g \vec{W})^2 + \kappa g \vec{\tau} \cdot (\nabla \times \vec{W})", r"(\vec{\tau} \cdot (\vec{P} + g \vec{W}))^2 = (\vec{P} + g \vec{W})^2 - \kappa g \vec{\tau} \cdot (\nabla \times \vec{W})"),
    (r"\frac{1}{2 m} (\vec{\tau} \cdot (\vec{P} - g \vec{W}))^2 = \frac{(\vec{P} - g \vec{W})^2}{2 m} - \frac{\kappa g}{2 m} \vec{\tau} \cdot (\nabla \times \vec{W})", r"\frac{1}{2 m} (\vec{\tau} \cdot (\vec{P} - g \vec{W}))^2 = \frac{(\vec{P} - g \vec{W})^2}{2 m} - \frac{\kappa g}{m} \vec{\tau} \cdot (\nabla \times \vec{W})"),
    (r"(\vec{P} - g \vec{W})^2 = \vec{P}^2 - g \vec{P} \cdot \vec{W} - g \vec{W} \cdot \vec{P} + g^2 \vec{W}^2", r"(\vec{P} - g \vec{W})^2 = \vec{P}^2 - 2 g \vec{W} \cdot \vec{P} + g^2 \vec{W}^2"),
    # the curl
    (r"\vec{\tau} \cdot (\nabla \times (a \vec{W} - \vec{V})) = a \vec{\tau} \cdot (\nabla \times \vec{W}) - \vec{\tau} \cdot (\nabla \times \vec{V})", r"\vec{\tau} \cdot (\nabla \times (a \vec{W} - \vec{V})) = \vec{\tau} \cdot (\nabla \times \vec{W}) - \vec{\tau} \cdot (\nabla \times \vec{V})"),
    (r"\vec{P} \cdot (\nabla \times \vec{W}) = (\nabla \times \vec{W}) \cdot \vec{P}", r"\vec{P} \cdot (\nabla \times \vec{W}) = 0"),
    (r"-j \kappa \vec{\mu} \cdot (\nabla \times \vec{W}) = \mu_1 ([\hat{P}_2, \hat{W}_3] - [\hat{P}_3, \hat{W}_2]) + \mu_2 ([\hat{P}_3, \hat{W}_1] - [\hat{P}_1, \hat{W}_3]) + \mu_3 ([\hat{P}_1, \hat{W}_2] - [\hat{P}_2, \hat{W}_1])", r"-j \kappa \vec{\mu} \cdot (\nabla \times \vec{W}) = \mu_1 ([\hat{P}_2, \hat{W}_3] - [\hat{P}_3, \hat{W}_2]) + \mu_2 ([\hat{P}_1, \hat{W}_3] - [\hat{P}_3, \hat{W}_1]) + \mu_3 ([\hat{P}_1, \hat{W}_2] - [\hat{P}_2, \hat{W}_1])"),
]  # fmt: skip


@pytest.mark.parametrize(("true", "near"), IDENTITIES, ids=[true for true, _ in IDENTITIES])
def test_identities_of_spins_hold_and_near_misses_do_not(lab, true: str, near: str) -> None:
    answer = lab.proves(true)
    assert answer.shown, answer.why
    answer = lab.proves(near)
    assert not answer.shown
    assert answer.rest, "the near-miss is refused, and not refuted"
    assert holds(lab, true), "the test itself is wrong"
    assert fails(lab, near), "the near-miss is true"


def test_a_projector_is_said_to_be_on_the_eigenstates_of_the_third_matrix(lab) -> None:
    assert lab.proves(r"\sum_s s | s \rangle \langle s | = \hat{\tau}_3").used == (BASIS,)
    assert lab.proves(r"\hat{\tau}_3^2 = \hat{E}").used == ()


PREMISES = [
    # line, premise, near-miss: the field is a curl; a Hamiltonian is given
    (r"(\vec{\tau} \cdot (\vec{P} - g \vec{W}))^2 = (\vec{P} - g \vec{W})^2 - \kappa g \vec{\tau} \cdot \vec{V}", r"\vec{V} = \nabla \times \vec{W}", r"(\vec{\tau} \cdot (\vec{P} - g \vec{W}))^2 = (\vec{P} - g \vec{W})^2 + \kappa g \vec{\tau} \cdot \vec{V}"),
    (r"\vec{\mu} \cdot \vec{V} = \vec{\mu} \cdot (\nabla \times \vec{W})", r"\vec{V} = \nabla \times \vec{W}", r"\vec{\mu} \cdot \vec{V} = \vec{\mu} \cdot \vec{W}"),
    (r"\sum_s |\langle s | \hat{G} | \psi \rangle|^2 = \mu^2 \langle \hat{F}^2 \rangle", r"\hat{G} = (\vec{\tau} \cdot \vec{\mu}) \hat{F}", r"\sum_s |\langle s | \hat{G} | \psi \rangle|^2 = \mu^2"),
    (r"[\hat{\tau}_3, \hat{G}] = 2 j a (\mu_1 \hat{\tau}_2 - \mu_2 \hat{\tau}_1)", r"\hat{G} = a \vec{\tau} \cdot \vec{\mu}", r"[\hat{\tau}_3, \hat{G}] = 2 j (\mu_1 \hat{\tau}_2 - \mu_2 \hat{\tau}_1)"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "premise", "near"), PREMISES)
def test_a_premise_about_a_field_or_an_operator_is_used_and_needed(lab, line: str, premise: str, near: str) -> None:
    answer = lab.proves(line, premise)
    assert answer.shown, answer.why
    assert answer.applied == {"premise 1"}
    assert lab.proves(near, premise).rest
    assert not lab.proves(line).shown


TRUE = r"(\vec{\tau} \cdot (\vec{P} - g \vec{W}))^2 = (\vec{P} - g \vec{W})^2 - \kappa g \vec{\tau} \cdot (\nabla \times \vec{W})"


@pytest.mark.parametrize(
    ("old", "new"),
    [(r"- \kappa g", r"+ \kappa g"), (r"- \kappa g", r"- g"), (r"- \kappa g", r"- 2 \kappa g"), (r"- \kappa g", r"- \kappa g^2"),
     (r"- \kappa g", r"- j \kappa g"), (r"= (\vec{P} - g", r"= (\vec{P} + g"), (r"(\vec{\tau} \cdot (\vec{P} - g", r"(\vec{\tau} \cdot (\vec{P} - a"),
     (r"\nabla \times \vec{W}", r"\nabla \times \vec{V}"), (r"(\nabla \times \vec{W})", r"\vec{W}"), (r"\vec{\tau} \cdot (\nabla", r"\vec{\mu} \cdot (\nabla")],
)  # fmt: skip
def test_mutants_of_the_pauli_equation_are_caught(lab, old: str, new: str) -> None:
    assert lab.proves(TRUE).shown
    mutant = TRUE.replace(old, new, 1)
    assert mutant != TRUE
    assert lab.proves(mutant).rest
    assert fails(lab, mutant)


REFUSED = [
    (r"a = \langle s | \hat{F} | w \rangle", "the amplitude from w to s, outside a squared modulus"),
    (r"a = \langle s | \hat{F} | \psi \rangle", r"the amplitude from \psi to s, outside a squared modulus"),
    (r"a = \langle s | \hat{F} | s \rangle", "the mean in s, which is no declared state"),
    (r"a = |\langle s | \hat{F} | w \rangle|^2", "the mean in w, which is no declared state"),
    (r"a = |\langle s | \hat{F} | \psi \rangle + \langle w | \hat{F} | \psi \rangle|^2", r"the amplitude from \psi to s, outside a squared modulus"),
    (r"a = |\langle \psi | \hat{F} | \psi \rangle|^2", r"the projector on \psi, which is no binary variable"),
    (r"\hat{G} = | \psi \rangle \langle \psi |", r"the projector on \psi, which is no binary variable"),
    (r"\hat{G} = | s \rangle \langle w |", "a ket beside the bra of another state"),
    (r"\hat{G} = \vec{\tau} \cdot (\nabla \times \vec{P})", "the derivative of something that is no declared field"),
    (r"\hat{G} = \vec{\tau} \cdot (\nabla \times \vec{\mu})", "the derivative of something that is no declared field"),
    (r"\hat{G} = \vec{\tau} \cdot \sum_k z_k \vec{W}", "the components of Over are not known"),
    (r"\hat{F} | \psi \rangle = a | \psi \rangle", "a state whose components are not known"),
    (r"a = \delta_{a, s}", "a Kronecker delta of values that are not known to be -1 or 1"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "why"), REFUSED)
def test_what_cannot_be_read_as_a_mean_or_an_operator_is_refused_by_name(lab, line: str, why: str) -> None:
    answer = lab.proves(line)
    assert not answer.shown
    assert answer.why == why


def test_the_norm_of_a_state_is_one_only_where_the_notation_says_so(lab, loose) -> None:
    assert lab.proves(r"\langle \hat{E} \rangle = 1").shown
    answer = loose.proves(r"\langle \hat{E} \rangle = 1")
    assert not answer.shown
    assert answer.why == r"the norm of the state \psi is not known"
    assert loose.proves(r"\langle \hat{F} \hat{F} \rangle = \langle \hat{F}^2 \rangle").shown


@pytest.mark.parametrize(
    "line",
    [
        r"\langle a \hat{E} + \hat{F} \rangle = a + \langle \hat{F} \rangle",
        r"\sum_s |\langle s | \hat{E} | \psi \rangle|^2 = 1",
        r"\sum_s |\langle s | (\vec{\tau} \cdot \vec{\mu}) | \psi \rangle|^2 = \mu^2",
    ],
)
def test_the_norm_of_a_state_is_not_one_where_the_identity_is_part_of_an_operator(loose, line: str) -> None:
    assert fails(loose, line)
    assert not loose.proves(line).shown


# -- random operators against matrices -------------------------------------------------------------------------------

PAULI = [
    np.eye(2, dtype=complex),
    np.array([[0, 1], [1, 0]], dtype=complex),
    np.array([[0, -1j], [1j, 0]], dtype=complex),
    np.array([[1, 0], [0, -1]], dtype=complex),
]
NAMES = [r"\hat{E}", r"\hat{\tau}_1", r"\hat{\tau}_2", r"\hat{\tau}_3"]
gaussian = st.tuples(st.integers(-3, 3), st.integers(-3, 3))
combinations = st.lists(gaussian, min_size=4, max_size=4).filter(lambda parts: any(parts[0] + parts[1]))


def printed(parts: list[tuple[int, int]]) -> str:
    """A combination of the Pauli matrices and the identity with complex coefficients, as it is printed."""
    terms = [f"({signed(real)} + {signed(imaginary)} j) {name}" for (real, imaginary), name in zip(parts, NAMES, strict=True)]  # fmt: skip
    return " + ".join(terms)


def signed(value: int) -> str:
    return str(value) if value >= 0 else f"(-{-value})"


def combined(parts: list[tuple[int, int]]) -> np.ndarray:
    return np.tensordot([complex(*part) for part in parts], np.array(PAULI), axes=1)


def in_matrices(matrix: np.ndarray) -> list[tuple[int, int]]:
    """The coefficients of a matrix in the identity and the Pauli matrices; whole numbers here."""
    found = [np.trace(pauli @ matrix) / 2 for pauli in PAULI]
    return [(round(value.real), round(value.imag)) for value in found]


@settings(max_examples=12, deadline=None, derandomize=True)
@given(combinations, combinations, st.integers(0, 3))
def test_random_amplitudes_squared(lab, one, other, at: int) -> None:
    """The weighted sum of |<s|XY|psi>|² over s is the mean of (XY)^dagger sigma_3 XY, multiplied out by hand."""
    x, y = combined(one), combined(other)
    whole = (x @ y).conj().T @ PAULI[3] @ (x @ y)
    amplitude = rf"|\langle s | ({printed(one)}) ({printed(other)}) | \psi \rangle|^2"
    expected = in_matrices(whole)
    assert lab.proves(rf"\sum_s s {amplitude} = \langle {printed(expected)} \rangle").shown
    expected[at] = (expected[at][0] + 1, expected[at][1])
    assert lab.proves(rf"\sum_s s {amplitude} = \langle {printed(expected)} \rangle").rest


@settings(max_examples=12, deadline=None, derandomize=True)
@given(combinations, combinations)
def test_random_commutators_and_adjoints_of_combinations(lab, one, other) -> None:
    x, y = combined(one), combined(other)
    left, right = printed(one), printed(other)
    assert lab.proves(rf"[{left}, {right}] = {printed(in_matrices(x @ y - y @ x))}").shown
    assert lab.proves(rf"(({left}) ({right}))^\dagger = {printed(in_matrices((x @ y).conj().T))}").shown


def test_projectors_of_all_pairs_of_values(lab) -> None:
    for s, w in cartesian((1, -1), repeat=2):
        premises = (f"s = {signed(s)}", f"w = {signed(w)}")
        line = rf"| s \rangle \langle s | | w \rangle \langle w | = {int(s == w)} | s \rangle \langle s |"
        assert lab.proves(line, *premises).shown
        assert not lab.proves(line.replace(f"= {int(s == w)}", f"= {int(s != w)}"), *premises).shown


# -- exponentials to an order ----------------------------------------------------------------------------------------

SERIES = [
    # order, what holds to it, and a near-miss
    (1, r"\langle e^{-j \Delta t \hat{F}} \rangle = 1 - j \Delta t \langle \hat{F} \rangle", r"\langle e^{-j \Delta t \hat{F}} \rangle = 1 + j \Delta t \langle \hat{F} \rangle"),
    (2, r"\langle e^{\Delta t \hat{G}} \rangle = 1 + \Delta t \langle \hat{G} \rangle + \frac{\Delta t^2}{2} \langle \hat{G}^2 \rangle", r"\langle e^{\Delta t \hat{G}} \rangle = 1 + \Delta t \langle \hat{G} \rangle + \Delta t^2 \langle \hat{G}^2 \rangle"),
    (3, r"\langle e^{\Delta t \hat{G}} \rangle = 1 + \Delta t \langle \hat{G} \rangle + \frac{\Delta t^2}{2} \langle \hat{G}^2 \rangle + \frac{\Delta t^3}{6} \langle \hat{G}^3 \rangle", r"\langle e^{\Delta t \hat{G}} \rangle = 1 + \Delta t \langle \hat{G} \rangle + \frac{\Delta t^2}{2} \langle \hat{G}^2 \rangle"),
    (1, r"|\langle s | e^{-j \frac{\Delta t}{\kappa} \hat{F}} | \psi \rangle|^2 = |\langle s | \left( \hat{E} - j \frac{\Delta t}{\kappa} \hat{F} \right) | \psi \rangle|^2", r"|\langle s | e^{-j \frac{\Delta t}{\kappa} \hat{F}} | \psi \rangle|^2 = |\langle s | \left( \hat{E} + j \frac{\Delta t}{\kappa} \hat{F} \right) | \psi \rangle|^2"),
    (1, r"\langle e^{j \Delta t \hat{F}} \hat{G} e^{-j \Delta t \hat{F}} \rangle = \langle \hat{G} \rangle + j \Delta t \langle [\hat{F}, \hat{G}] \rangle", r"\langle e^{j \Delta t \hat{F}} \hat{G} e^{-j \Delta t \hat{F}} \rangle = \langle \hat{G} \rangle - j \Delta t \langle [\hat{F}, \hat{G}] \rangle"),
    (2, r"\langle e^{j \Delta t \hat{F}} \hat{G} e^{-j \Delta t \hat{F}} \rangle = \langle \hat{G} \rangle + j \Delta t \langle [\hat{F}, \hat{G}] \rangle - \frac{\Delta t^2}{2} \langle [\hat{F}, [\hat{F}, \hat{G}]] \rangle", r"\langle e^{j \Delta t \hat{F}} \hat{G} e^{-j \Delta t \hat{F}} \rangle = \langle \hat{G} \rangle + j \Delta t \langle [\hat{F}, \hat{G}] \rangle"),
    (2, r"\langle e^{\Delta t \hat{F}} e^{\Delta t \hat{G}} \rangle = \langle e^{\Delta t \hat{F} + \Delta t \hat{G} + \frac{\Delta t^2}{2} [\hat{F}, \hat{G}]} \rangle", r"\langle e^{\Delta t \hat{F}} e^{\Delta t \hat{G}} \rangle = \langle e^{\Delta t \hat{F} + \Delta t \hat{G}} \rangle"),
    (1, r"\langle e^{\Delta t \hat{F}} \rangle \langle \hat{F} \rangle = \langle \hat{F} \rangle + \Delta t \langle \hat{F} \rangle^2", r"\langle e^{\Delta t \hat{F}} \rangle \langle \hat{F} \rangle = \langle \hat{F} \rangle + \Delta t \langle \hat{F}^2 \rangle"),
    (1, r"\langle \left( \hat{E} + \sin(\Delta t) \hat{F} \right) \hat{F} \rangle = \langle \hat{F} \rangle + \Delta t \langle \hat{F}^2 \rangle", r"\langle \left( \hat{E} + \cos(\Delta t) \hat{F} \right) \hat{F} \rangle = \langle \hat{F} \rangle + \Delta t \langle \hat{F}^2 \rangle"),
]  # fmt: skip


@pytest.mark.parametrize(("upto", "true", "near"), SERIES, ids=[true for _, true, _ in SERIES])
def test_exponentials_to_an_order(lab, upto: int, true: str, near: str) -> None:
    answer, remainder = order.prove(lab.goal(true), upto, "e")
    assert answer.shown, answer.why
    assert remainder is not None
    assert remainder.order > upto
    answer, _ = order.prove(lab.goal(near), upto, "e")
    assert not answer.shown
    assert answer.rest


def test_the_leading_remainder_of_an_exponential(lab) -> None:
    line = r"\langle e^{-j \Delta t \hat{F}} \rangle = 1 - j \Delta t \langle \hat{F} \rangle"
    _, remainder = order.prove(lab.goal(line), 1, "e")
    assert remainder is not None
    assert remainder.order == 2
    assert remainder.poly is not None
    written = write(Raising(lab.scope).poly(remainder.poly), lab.scope)
    assert lab.proves(rf"{written} = -\frac{{\Delta t^2}}{{2}} \langle \hat{{F}}^2 \rangle").shown


def test_an_exponential_of_something_that_is_not_small_is_not_expanded(lab) -> None:
    answer, _ = order.prove(lab.goal(r"\langle e^{a \hat{F}} \rangle = 1 + a \langle \hat{F} \rangle"), 1, "e")
    assert not answer.shown
    line = r"\langle e^{a \hat{F}} e^{-a \hat{F}} e^{\Delta t \hat{F}} \rangle = 1 + \Delta t \langle \hat{F} \rangle"
    assert order.prove(lab.goal(line), 1, "e")[0].shown


@pytest.mark.parametrize(
    ("upto", "line"),
    [
        (1, r"\langle \left( \hat{E} + \frac{\Delta t^4}{\Delta t^3 + a \Delta t^4} \hat{F} \right) \hat{F} \rangle = \langle \hat{F} \rangle"),
        (0, r"\langle e^{\frac{\Delta t}{\Delta t + a \Delta t^2} \hat{F}} \rangle = 1 + \langle \hat{F} \rangle"),
    ],
)  # fmt: skip
def test_a_denominator_may_lower_the_order_of_a_term(lab, upto: int, line: str) -> None:
    assert not order.prove(lab.goal(line), upto, "e")[0].shown


def test_a_component_of_a_field_that_is_a_curl(lab) -> None:
    line = r"-j \kappa \hat{V}_3 = [\hat{P}_1, \hat{W}_2] - [\hat{P}_2, \hat{W}_1]"
    assert lab.proves(line, r"\vec{V} = \nabla \times \vec{W}").shown
