"""Instances on finite alphabets and on the spin space: their laws, operators and second proofs, and near misses."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest
from flint import ctx

from derive.algebra.rules import Rule
from derive.domains import NotRealisable
from derive.expression import Expr, free_indices
from derive.finite.rings import Numeric, Symbolic
from derive.instance import Instance, instances, needs_instance, pair, sizes_of
from derive.latex.reader import read_chain, read_expression
from derive.latex.tokens import tokens
from derive.model import BITS
from derive.notation import Scope, load_notation
from derive.second_proof import symbolically_equal

NOTATION = r"""
[scope.joint]
[scope.joint.ranges]
part = { size = "N", indices = "n m" }
bit = { size = "B", indices = "i j" }
[scope.joint.symbols]
'x' = { slots = "part", law = 'P^*' }
'b' = { slots = "bit", domain = "binary", law = 'P^*' }
's' = { slots = "bit", domain = "binary" }
'J' = { slots = "part" }
'a' = {}
'T' = { kind = "parameters" }
'T_x' = { kind = "parameters" }
'y' = { law = 'P^*' }
'P' = { kind = "density" }
'P^*' = { kind = "density" }
'\delta' = { kind = "delta" }
'F' = { kind = "function", of = 'y' }
'G' = { kind = "function", of = 'b_j' }
'L' = { kind = "function", of = '\mathbf{x}_{1:N}' }
'\mathbb{E}' = { kind = "expectation", law = 'P^*' }

[scope.boltzmann]
[scope.boltzmann.ranges]
part = { size = "N", indices = "n o" }
[scope.boltzmann.symbols]
'x' = { slots = "part", law = 'P' }
'b' = { domain = "binary", law = 'P' }
'm' = { slots = "part", domain = "positive" }
'J' = { slots = "part" }
'J_0' = {}
'P' = { kind = "density" }
'\mathbb{E}' = { kind = "expectation", law = 'P' }
'\text{Var}' = { kind = "variance", law = 'P' }
'\text{Cov}' = { kind = "covariance", law = 'P' }

[scope.spin]
[scope.spin.small]
t = "powers of the time step"
[scope.spin.ranges]
space = { size = "3", indices = "d e", vector = true }
[scope.spin.symbols]
'x' = { law = 'P' }
'b' = { domain = "binary", law = 'P' }
'i' = { kind = "imaginary unit" }
'c' = { domain = "positive", weight = { t = 1 } }
'\alpha' = { kind = "state", properties = "unit" }
'\beta' = { kind = "state" }
'\sigma' = { kind = "Pauli", slots = "space" }
'\nu' = { slots = "space", properties = "unit" }
'v' = { slots = "space" }
'w' = { slots = "space" }
'\hat{I}' = { kind = "operator", properties = "identity" }
'H' = { kind = "operator", properties = "Hermitian" }
'K' = { kind = "operator", properties = "Hermitian", of = 'x' }
'X' = { kind = "operator", properties = "unitary" }
'A' = { kind = "operator" }
'P' = { kind = "density" }

[scope.field]
[scope.field.ranges]
space = { size = "3", indices = "d e", vector = true }
[scope.field.symbols]
'i' = { kind = "imaginary unit" }
'q' = { domain = "nonzero" }
'\hbar' = { domain = "positive" }
'\sigma' = { kind = "Pauli", slots = "space" }
'p' = { kind = "momentum", slots = "space", constant = '\hbar' }
'A' = { kind = "field", slots = "space" }
'B' = { kind = "field", slots = "space" }

[scope.plain]
[scope.plain.ranges]
part = { size = "N", indices = "n" }
[scope.plain.symbols]
'a' = {}
'u' = { slots = "part", law = 'Q' }
'w' = { slots = "part", law = 'Q' }
'Q' = { kind = "density" }
"""


@dataclass(frozen=True)
class Finite:
    """Reads and compares lines of one scope."""

    scope: Scope

    def rules(self, *premises: str) -> tuple[Rule, ...]:
        found = []
        for number, premise in enumerate(premises, 1):
            chain = read_chain(tokens(premise), self.scope)
            assert chain.first is not None
            found.append(Rule(chain.first, chain.links[-1][1], f"premise {number}", chain.apart))
        return tuple(found)

    def expr(self, text: str) -> Expr:
        return read_expression(tokens(text), self.scope)

    def instance(self, *premises: str, size: int = 2, **more) -> Instance:
        return Instance(self.scope, self.rules(*premises), sizes_of(self.scope, size), **more)

    def symbolic(self, line: str, *premises: str) -> bool | None:
        chain = read_chain(tokens(line), self.scope)
        assert chain.first is not None
        return symbolically_equal(chain.first, chain.links[-1][1], self.scope, self.rules(*premises), chain.apart)

    def numeric(self, line: str, *premises: str, seeds: int = 3) -> bool | None:
        """Whether the sides agree in every instance, with all indices different; None if there is none."""
        chain = read_chain(tokens(line), self.scope)
        assert chain.first is not None
        left, right = chain.first, chain.links[-1][1]
        seen = False
        with ctx.workprec(BITS):
            for instance in instances(self.scope, self.rules(*premises), seeds=seeds):
                for places in instance.placings(free_indices(left) | free_indices(right)):
                    try:
                        pairs = instance.pairs(left, right, places)
                    except NotRealisable:
                        continue
                    seen = True
                    if not all((a - b).contains(0) for a, b in pairs):
                        return False
        return True if seen else None

    def both(self, line: str, *premises: str) -> tuple[bool | None, bool | None]:
        return self.symbolic(line, *premises), self.numeric(line, *premises)


@pytest.fixture(scope="module")
def scopes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finite]:
    path = tmp_path_factory.mktemp("finite") / "notation.toml"
    path.write_text(NOTATION, encoding="utf-8")
    return {name: Finite(scope) for name, scope in load_notation(path).scopes.items()}


# Short for what a line would print in full.
SHORT = {
    "@SUM": r"\int d\mathbf{x}_{1:N} \sum_{\mathbf{b}_{1:B}}",
    "@ket": r"| \alpha \rangle",
    "@bra": r"\langle \alpha |",
    "@s": r"\vec{\sigma} \cdot",
    "@x": r"\mathbf{x}_{1:N}",
    "@b": r"\mathbf{b}_{1:B}",
}


def full(text: str) -> str:
    for short, printed in SHORT.items():
        text = text.replace(short, printed)
    return text


# -- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (r"\log(P(@x, @b | T)) = \log(P(@b | @x, T)) + \log(P(@x | T))", True),
        (r"\log(P(@x, @b | T)) = \log(P(@b | T)) + \log(P(@x | T))", False),
        (r"P(@x, @b | T) = P(@b, @x | T)", True),
        (r"@SUM P^*(@x, @b) = 1", True),
        (r"@SUM P^*(@x, @b) = 2", False),
        (r"\sum_{@b} P^*(@x, @b) = P^*(@x)", True),
        (r"\int d@x P^*(@x, @b) = P^*(@x)", False),
        (
            r"@SUM P^*(@x, @b) \log(P(b_i | @x, T)) = \int d@x \sum_{b_i} P^*(b_i, @x) \log(P(b_i | @x, T))",
            True,
        ),
        (r"@SUM P^*(@x, @b) \log(P(@x, @b | T) P(T)) = @SUM P^*(@x, @b) \log(P(@x, @b | T)) + \log(P(T))", True),
        (r"@SUM P^*(@x, @b) \log(P(@x, @b | T) P(T)) = @SUM P^*(@x, @b) \log(P(@x, @b | T))", False),
        (r"\mathbb{E}[b_i x_n] = \int d@x \sum_{b_i} b_i x_n P^*(b_i, @x)", True),
        (r"P^*(b_i, b_j) = P^*(b_i | b_j) P^*(b_j), i \neq j", True),
        (r"P^*(b_i, b_j) = P^*(b_i) P^*(b_j), i \neq j", False),
        (r"P(@x | T) = P(@x | T_x)", False),
        (r"P^*(@x) = P(@x | T)", False),
    ],
)
def test_laws(scopes, line: str, holds: bool) -> None:
    assert scopes["joint"].both(full(line)) == (holds, holds)


PUSH = r"y = \sum_n J_n x_n"
INDEPENDENT = r"P(@b | @x, T) = \prod_i P(b_i | @x, T)"
OF_EACH = r"P(b_i | @x, T) = P(b_i | @x, T_x)"
MEAN = r"\mathbb{E}[b_i] = \frac{1}{3}"
ONE_OTHER = r"P^*(b_i | b_j) = \delta_{b_i, b_j}, i \neq j"


@pytest.mark.parametrize(
    ("line", "premises", "holds"),
    [
        (r"P^*(@b, y) = \int d@x \delta(y - \sum_n J_n x_n) P^*(@b, @x)", (PUSH,), True),
        (r"P^*(@b, y) = \int d@x \delta(y - J_1 x_1) P^*(@b, @x)", (PUSH,), False),
        (r"\int dy F P^*(y) = \int d@x F P^*(@x)", (PUSH,), True),
        (r"\int dy \int d@x \delta(y - \sum_n J_n x_n) F P^*(@x) = \int dy P^*(y) F", (PUSH,), True),
        (r"\int dy \int d@x \delta(y - a \sum_n J_n x_n) F P^*(@x) = \int dy P^*(y) F", (PUSH,), False),
        (r"P^*(b_1 | @x) = P^*(b_1 | y)", (PUSH,), False),
        (r"P^*(@b | @x) = P^*(@b | y)", (PUSH, r"P^*(@b | y) = P^*(@b | @x)"), True),
        (r"P^*(@b | @x) = P^*(@b | y)", (PUSH, r"P^*(@b | @x) = P^*(@b | y)"), True),
        (r"P^*(@b | @x) = P^*(@b)", (PUSH, r"P^*(@b | y) = P^*(@b | @x)"), False),
        (r"\log(P(@b | @x, T)) = \sum_i \log(P(b_i | @x, T))", (INDEPENDENT,), True),
        (r"\log(P(@b | @x, T)) = \sum_i \log(P(b_i | @x, T))", (), False),
        (r"P(@b | T) = \prod_i P(b_i | T)", (INDEPENDENT,), False),
        (r"P(@b | @x, T) = \prod_i P(b_i | @x, T_x)", (INDEPENDENT, OF_EACH), True),
        (r"P(@b | @x, T) = \prod_i P(b_i | @x, T_x)", (OF_EACH,), False),
        (r"P(@x, @b | T) = P(@b | @x, T) P(@x | T_x)", (r"P(@x | T) = P(@x | T_x)",), True),
        (r"\log(P(T)) = \log(P(T_x)) + \log(P(a))", (r"P(T) = P(T_x) P(a)",), True),
        (r"\delta_{s_i b_i, s_j b_j} = \delta_{b_i, s_i s_j b_j}", (), True),
        (r"\delta_{s_i b_i, s_j b_j} = \delta_{b_i, s_i b_j}", (), False),
        (r"\sum_{b_i} b_i \delta_{b_i, s_i b_j} = s_i b_j, i \neq j", (), True),
        (r"\sum_{b_i} \sum_{b_j} (b_i + b_j) P^*(b_i, b_j) = 2 \sum_{b_j} b_j P^*(b_j), i \neq j", (ONE_OTHER,), True),
        (r"\sum_{b_i} \sum_{b_j} (b_i + b_j) P^*(b_i, b_j) = 2 \sum_{b_j} b_j P^*(b_j), i \neq j", (), False),
        (
            r"\mathbb{E}[b_i b_j] = \mathbb{E}[b_i] \mathbb{E}[b_j], i \neq j",
            (MEAN,),
            False,
        ),
        (r"\mathbb{E}[b_i + b_j] = \frac{2}{3}", (MEAN,), True),
        (r"G(b_i) = b_i a, i \neq j", (r"G(b_j) = b_j a",), True),
        (r"G(1) + G(-1) = 0", (r"G(b_j) = b_j a",), True),
        (r"G(1) + G(-1) = 0", (), False),
        (r"L(@x) = L(y)", (PUSH, r"L(@x) = L(y)"), True),
        (r"L(@x) = L(y)", (PUSH,), False),
        (r"\int d@x \delta(y - \sum_n J_n x_n) P^*(@x) = P^*(y)", (PUSH,), True),
        (
            r"\int d@x \delta(y - \sum_n J_n x_n) P^*(@x) = 1",
            (PUSH,),
            None,
        ),  # a density, which no probability stands for
        (r"\mathbb{E}[b_i b_j] = \frac{1}{9}, i \neq j", (MEAN, r"\mathbb{E}[b_i b_j] = \frac{1}{9}, i \neq j"), True),
    ],
)
def test_laws_under_rules(scopes, line: str, premises: tuple[str, ...], holds: bool | None) -> None:
    assert scopes["joint"].both(full(line), *map(full, premises)) == (holds, holds)


MOMENTS = (r"\mathbb{E}[x_n] = 0", r"\text{Var}[x_n] = m_n", r"\text{Cov}[x_n, x_o] = \frac{1}{16} m_n m_o, n \neq o")
BOLTZMANN = (
    r"P(b | @x) = \frac{\exp(b (J_0 + \sum_n J_n x_n))}{\exp(J_0 + \sum_n J_n x_n) + \exp(-J_0 - \sum_n J_n x_n)}"
)


def test_moments_and_a_conditional_law_hold_together(scopes) -> None:
    boltzmann, rule = scopes["boltzmann"], full(BOLTZMANN)
    for premise in (*MOMENTS, rule):
        assert boltzmann.numeric(premise, *MOMENTS, rule), premise
    for line, with_moments, without in (
        (r"\text{Cov}[b, x_n] = \mathbb{E}[b x_n]", True, False),
        (r"\text{Var}[x_n] = \mathbb{E}[x_n^2]", True, False),
        (r"\text{Var}[b] = 1 - \mathbb{E}[b]^2", True, True),
        (r"\text{Var}[b] = 1 - \mathbb{E}[b]", False, False),
        (r"\mathbb{E}[b] = 0", False, False),
    ):
        assert boltzmann.numeric(line, *MOMENTS, rule) == with_moments
        assert boltzmann.numeric(line, rule) == without
        assert boltzmann.symbolic(line, rule) == without
        assert boltzmann.symbolic(line, *MOMENTS, rule) is None, "moments are given, which is for numbers only"


@pytest.mark.parametrize("seed", range(6))
def test_the_tables_of_random_instances_are_laws(scopes, seed: int) -> None:
    with ctx.workprec(BITS):
        here = scopes["joint"].instance(full(INDEPENDENT), full(OF_EACH), PUSH, seed=seed)
        units = here.alphabets.units
        for law, condition in (("P", "T"), ("P", "T_x"), ("P^*", "")):
            text = full(rf"{law}(@x, @b{' | ' + condition if condition else ''})")
            total, probability = here.ring.number(0), here.ring.number(1)
            for number in range(len(here.alphabets.points)):
                here.point = number
                probability = here.value(scopes["joint"].expr(text), {})
                assert probability.real > 0
                total = total + probability
            assert here.ring.equal(total, here.ring.number(1))
        assert all(len(set(map(str, unit.columns))) == len(unit.columns) for unit in units)


def test_a_binary_variable_has_the_values_of_its_kets(scopes) -> None:
    assert scopes["spin"].both(r"\sigma_3 | b \rangle = b | b \rangle") == (True, True)
    assert scopes["spin"].both(r"\sigma_1 | b \rangle = b | b \rangle") == (False, False)


# -- operators -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (r"[\sigma_1, \sigma_2] = 2 i \sigma_3", True),
        (r"[\sigma_1, \sigma_2] = 2 \sigma_3", False),
        (r"[\sigma_1, \sigma_2] = - 2 i \sigma_3", False),
        (r"\sigma_2 \sigma_1 = - i \sigma_3", True),
        (r"(@s \vec{\nu})^2 = \hat{I}", True),
        (r"(@s \vec{v})^2 = \hat{I}", False),
        (r"(@s \vec{v})^2 = v^2 \hat{I}", True),
        (
            r"[@s \vec{v}, @s \vec{w}] = 2 i ((v_1 w_2 - v_2 w_1) \sigma_3 + (v_2 w_3 - v_3 w_2) \sigma_1"
            r" + (v_3 w_1 - v_1 w_3) \sigma_2)",
            True,
        ),
        (r"\sum_b | b \rangle \langle b | = \hat{I}", True),
        (r"\sum_b b | b \rangle \langle b | = \sigma_3", True),
        (r"\sum_b b | b \rangle \langle b | = \sigma_1", False),
        (r"\sum_b \left| \langle b | X @ket \right|^2 = 1", True),
        (r"\sum_b \left| \langle b | A @ket \right|^2 = 1", False),
        (r"\left| \langle b | A @ket \right|^2 = @bra A^\dagger | b \rangle \langle b | A @ket", True),
        (r"\left| \langle b | A @ket \right|^2 = @bra A | b \rangle \langle b | A @ket", False),
        (r"\langle H \rangle = @bra H @ket", True),
        (r"@bra (\hat{I} + i c H) A (\hat{I} - i c H) @ket = @bra (A + i c [H, A] + c^2 H A H) @ket", True),
        (r"@bra (\hat{I} + i c H) A (\hat{I} - i c H) @ket = @bra (A + i c [H, A] + c^2 H^2) @ket", False),
        (r"K^\dagger = K", True),
        (r"A^\dagger = A", False),
        (r"X^\dagger X = \hat{I}", True),
        (r"X^{-1} = X^\dagger", True),
        (r"A^{-1} A = \hat{I}", True),
        (r"@bra \hat{I} @ket = 1", True),
        (r"\langle \beta | \hat{I} | \beta \rangle = 1", False),
    ],
)
def test_spin(scopes, line: str, holds: bool) -> None:
    assert scopes["spin"].both(full(line)) == (holds, holds)


def test_the_exponential_of_an_operator_is_for_numbers_only(scopes) -> None:
    spin = scopes["spin"]
    assert spin.both(r"(e^{-i c H})^\dagger e^{-i c H} = \hat{I}") == (None, True)
    assert spin.both(r"e^{-i c H} = \hat{I} - i c H") == (None, False)
    assert spin.both(full(r"\sum_b \left| \langle b | (@s \vec{\nu}) e^{-i c K} @ket \right|^2 = 1")) == (None, True)


def test_a_squared_amplitude_enters_the_table(scopes) -> None:
    spin = scopes["spin"]
    line = full(r"\int dx P(b, x) x = \left| \langle b | X @ket \right|^2 \int dx P(x) x")
    assert spin.both(line, full(r"P(b | x) = \left| \langle b | X @ket \right|^2")) == (True, True)
    assert spin.both(line) == (False, False)


def test_a_general_operator_is_unitary_in_special_instances(scopes) -> None:
    """In general these squares are no probabilities; where the operator is unitary they are."""
    spin = scopes["spin"]
    rule = full(r"P(b | x) = \left| \langle b | A @ket \right|^2")
    assert spin.both(r"\sum_b P(b, x) = P(x)", rule) == (True, True)
    with pytest.raises(NotRealisable, match="premise 1 gives do not add up to one"):
        spin.instance(rule).value(spin.expr("P(b)"), {})
    assert spin.both(r"\sum_b P(b, x) = P(x)", full(r"P(b | x) = 2 \left| \langle b | X @ket \right|^2")) == (
        None,
        None,
    )


FIELD = r"\vec{B} = \nabla \times \vec{A}"
SQUARE = r"(\vec{\sigma} \cdot (\vec{p} - q \vec{A}))^2 = (\vec{p} - q \vec{A})^2 "


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (SQUARE + r"- q \hbar \vec{\sigma} \cdot \vec{B}", True),
        (SQUARE + r"+ q \hbar \vec{\sigma} \cdot \vec{B}", False),
        (SQUARE + r"- q \vec{\sigma} \cdot \vec{B}", False),
        (r"[p_1, A_1] = [A_1, p_1]", False),
        (r"[p_1, A_2] - [p_2, A_1] = - i \hbar B_3", True),
        (r"[p_1, A_2] - [p_2, A_1] = i \hbar B_3", False),
        (r"[p_1, p_2] + \sigma_1 = \sigma_1", True),
        (r"(\vec{\sigma} \cdot \vec{p})^2 = \vec{p}^2", True),
    ],
)
def test_operators_on_functions(scopes, line: str, holds: bool) -> None:
    assert scopes["field"].both(line, FIELD) == (holds, holds)


def test_a_momentum_is_no_matrix(scopes) -> None:
    with pytest.raises(NotRealisable, match="is no matrix"):
        scopes["field"].instance().evaluation.of(scopes["field"].expr(r"(p_1)^\dagger"), {}, {})


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("ring", [Numeric, Symbolic])
def test_directions_and_states_have_length_one_exactly(scopes, seed: int, ring) -> None:
    spin = scopes["spin"]
    here = spin.instance(seed=seed, ring=ring())
    for text in (r"\vec{\nu}^2", full(r"@bra \hat{I} @ket")):
        assert here.ring.equal(here.value(spin.expr(text), {}), here.ring.number(1))
    squares = [here.base[name, (k,)] ** 2 for name, size in ((r"\nu", 3), (r"\alpha", 4)) for k in range(size)]
    assert sum(squares[:3]) == sum(squares[3:]) == 1


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "premises", "message"),
    [
        (r"\sum_{b_1} \sum_{b_1} b_1", (), "b is summed over twice"),
        (r"\int d@x \delta(y - \sum_n J_n x_n)", (PUSH,), "a delta with neither a law beside it nor the integral"),
        (r"\log(-a^2)", (), "the logarithm of something that is not positive"),
        (r"\frac{1}{a - a}", (), "a denominator is zero"),
        (r"P(T | @x)", (), "the density of parameters given random quantities"),
        (r"P(@b | @x, T)", (r"P(@b | @x, T) = \prod_i (2 P(b_i | @x, T))",), "do not add up to one"),
        (r"P(@b | T)", (r"P(@b | T) = P(@x | T)",), "no table of P has the densities that premise 1 gives"),
        (r"\mathbb{E}[b_1]", (r"\mathbb{E}[b_i] = 3",), "a mean that is not between -1 and 1"),
        (r"\mathbb{E}[b_1]", (r"\mathbb{E}[b_i s_i] = \frac{1}{3}",), "does not have the moments of premise 1"),
        (r"\int d@x P^*(@x)", ("x_1 = a",), "a rule gives a single component of x"),
    ],
)
def test_what_is_not_realisable(scopes, text: str, premises: tuple[str, ...], message: str) -> None:
    joint = scopes["joint"]
    with pytest.raises(NotRealisable, match=message), ctx.workprec(BITS):
        joint.instance(*map(full, premises)).value(joint.expr(full(text)), {})


def test_an_instance_in_which_a_rule_fails_is_refused_at_every_place(scopes) -> None:
    joint = scopes["joint"]
    here = joint.instance("a = 1", "a = 2")
    for _ in range(2):
        with pytest.raises(NotRealisable, match="premise 2 does not hold"):
            here.pairs(joint.expr("a"), joint.expr("a"), {})


def test_signs_are_tried_in_all_ways(scopes) -> None:
    assert scopes["joint"].symbolic("s_1 s_1 = 1") is True
    assert scopes["joint"].symbolic("s_i s_j = 1, i \\neq j") is False
    assert scopes["joint"].symbolic("s_i s_j = -1, i \\neq j") is False


# -- the instances themselves ----------------------------------------------------------------------------------------


def test_counts_of_parameters(scopes) -> None:
    joint = scopes["joint"]
    for size in (1, 2):
        here = joint.instance(size=size)
        assert here.value(joint.expr(r"\#(J_n, s_i, a)"), {}) == 2 * size + 1


def test_a_power_of_the_small_parameter_is_measured(scopes) -> None:
    """exp(-i c H) and 1 - i c H differ by c², where c is small."""
    spin = scopes["spin"]
    left, right = spin.expr(r"\langle \alpha | e^{-i c H} | \alpha \rangle"), spin.expr(r"1 - i c \langle H \rangle")
    ends = []
    with ctx.workprec(BITS):
        for scale in (Fraction(1, 2**12), Fraction(1, 2**16)):
            here = spin.instance(scale={"t": scale})
            ends.append(abs(here.value(left, {}) - here.value(right, {})))
        assert abs(float((ends[0] / ends[1]).log() / Numeric().number(16).real.log()) - 2) < 0.01


def test_instances_grow_and_draw_again_the_same(scopes) -> None:
    joint, spin = scopes["joint"], scopes["spin"]
    found = list(instances(joint.scope, (), seeds=2))
    assert [here.sizes["bit"] for here in found] == [1, 1, 2, 2]
    assert {here.sizes["space"] for here in instances(spin.scope, (), seeds=2)} == {3}
    assert [here.special for here in instances(spin.scope, (), seeds=2)] == [False, True, False, True]
    one, other = (joint.instance(PUSH, seed=3) for _ in range(2))
    text = joint.expr(full(r"@SUM P^*(@x, @b) \log(P(@x, @b | T)) F"))
    assert str(one.value(text, {})) == str(other.value(text, {}))
    assert one.values() == other.values()


def test_the_witness_names_what_was_drawn(scopes) -> None:
    joint = scopes["joint"]
    here = joint.instance(size=1)
    with ctx.workprec(BITS):
        pairs = here.pairs(joint.expr(full(r"a P^*(@b | @x)")), joint.expr("F"), {})
    assert not (pairs[0][0] - pairs[0][1]).contains(0)
    values = here.values()
    assert {"N", "B", "a", "x_{1}, value 1", "the outcome of x_{1}", "the outcome of b_{1}"} <= set(values)
    assert any(name.startswith("F(") for name in values)
    assert any(name.startswith("the weight of P^*") for name in values)
    drawn = [value for name, value in values.items() if not name.startswith("the outcome")]
    assert all(Fraction(value) == Fraction(value) for value in drawn)


def test_a_complex_number_is_a_pair(scopes) -> None:
    real, imaginary = pair(scopes["spin"].instance().value(scopes["spin"].expr("2 + 3 i"), {}))
    assert (real, imaginary) == (2, 3)


def test_what_needs_an_instance(scopes) -> None:
    assert all(needs_instance(scopes[name].scope) for name in ("joint", "boltzmann", "spin", "field"))
    plain = scopes["plain"]
    assert not needs_instance(plain.scope, plain.expr("u_n a"))
    assert needs_instance(plain.scope, plain.expr(r"\int d\mathbf{u}_{1:N} Q(\mathbf{u}_{1:N}, \mathbf{w}_{1:N})"))
