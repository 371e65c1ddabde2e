"""Claims on fields in exact finite models: what follows agrees in all of them, a near miss differs with a witness."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from derive.domains import NotRealisable
from derive.fields.finite.arrays import Array
from derive.fields.finite.draws import Condition, Key, Unknown, draw
from derive.fields.finite.models import FUNCTIONS, Finding, Premise, examine
from derive.fields.finite.polynomials import Poly
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.notation import load_notation

NOTATION = load_notation(Path(__file__).parent / "models.toml")


def line(text: str, scope: str) -> Premise:
    chain = read_chain(list(tokens(text)), NOTATION.scopes[scope])
    assert chain.first is not None
    return Premise(chain.first, chain.links[-1][1], text, NOTATION.scopes[scope])


def findings(
    claim: str,
    premises: Sequence[str | tuple[str, str]],
    scope: str,
    seeds: int = 2,
    models: int | None = 12,
    functions: tuple[str, ...] = FUNCTIONS,
) -> list[Finding]:
    asked = line(claim, scope)
    given = [line(*((p, scope) if isinstance(p, str) else p)) for p in premises]
    return list(examine((asked.left, asked.right), given, asked.scope, seeds=seeds, models=models, functions=functions))


def follows(claim: str, premises: Sequence[str | tuple[str, str]], scope: str, **more: int) -> bool:
    found = findings(claim, premises, scope, **more)
    assert found
    assert all(f.compared for f in found)
    return all(f.agrees for f in found)


def witness(claim: str, premises: Sequence[str | tuple[str, str]], scope: str, **more: int) -> Finding:
    found = next(f for f in findings(claim, premises, scope, **more) if not f.agrees)
    assert found.left != found.right
    return found


# Steps on a lattice

STEP = r"\phi_{\bf i}(t+1)=\phi_{\bf i}(t)+\beta_{\bf i}(t)"
FORCE = (
    r"\beta_{\bf i}(t+1)-\beta_{\bf i}(t)=\sum_{\mu=1}^{D}\left(\phi_{\bf i+e_{\mu}}(t)-2\phi_{\bf i}(t)"
    r"+\phi_{\bf i-e_{\mu}}(t)\right)-m^{2}\phi_{\bf i}(t)"
)
SECOND = (
    r"\phi_{\bf i}(t+2)-2\phi_{\bf i}(t+1)+\phi_{\bf i}(t)=\sum_{\mu=1}^{D}\left(\phi_{\bf i+e_{\mu}}(t)"
    r"-2\phi_{\bf i}(t)+\phi_{\bf i-e_{\mu}}(t)\right)-m^{2}\phi_{\bf i}(t)"
)


def test_two_steps_combine_to_the_second_order_equation() -> None:
    assert follows(SECOND, [STEP, FORCE], "sites")


@pytest.mark.parametrize(
    "near",
    [
        SECOND.replace("-m^{2}", "+m^{2}"),
        SECOND.replace(r"\bf i-e", r"\bf i+e"),
        SECOND.replace(r"-2\phi_{\bf i}(t)+", r"-\phi_{\bf i}(t)+"),
        SECOND.replace("t+2", "t+1"),
    ],
)
def test_a_near_miss_of_the_second_order_equation_is_refuted(near: str) -> None:
    assert near != SECOND
    witness(near, [STEP, FORCE], "sites")


def test_without_one_step_the_equation_does_not_follow() -> None:
    witness(SECOND, [FORCE], "sites")


def test_a_witness_meets_the_premises() -> None:
    found = witness(SECOND.replace("-m^{2}", "+m^{2}"), [STEP, FORCE], "sites", seeds=1, models=1)
    value = {name: Fraction(text) for name, text in found.witness.items()}
    site = "[(0)]"
    assert value[f"\\phi{site}(t+1)"] == value[f"\\phi{site}"] + value.get(f"\\beta{site}", Fraction(0))
    assert Fraction(found.left) - Fraction(found.right) == -2 * value["m"] ** 2 * value[f"\\phi{site}"]


def test_steps_in_weights_are_the_same_steps() -> None:
    weights = (
        r"W_{\bf i}^{\bf j}=-m^2\delta_{\bf i}^{\bf j}+\sum_{\mu=1}^{D}\left(\delta_{\bf i}^{\bf j-e_\mu}"
        r"-2\delta_{\bf i}^{\bf j}+\delta_{\bf i}^{\bf j+e_\mu}\right)"
    )
    step = r"\beta_{\bf i}(t+1)-\beta_{\bf i}(t)=W_{\bf i}^{\bf j}\phi_{\bf j}(t)"
    assert follows(FORCE, [step, weights], "sites")
    witness(FORCE, [step, weights.replace("-m^2", "m^2")], "sites")


def test_the_jacobian_of_a_step_is_computed_from_it() -> None:
    step = STEP.replace(r"+\beta", r"+m\beta")
    assert follows(r"\frac{\partial\phi_{\bf i}}{\partial\beta_{\bf j}}=m\delta_{\bf i}^{\bf j}", [step], "sites")
    witness(r"\frac{\partial\phi_{\bf i}}{\partial\beta_{\bf j}}=\delta_{\bf i}^{\bf j}", [step], "sites")


def test_the_gradient_of_a_quadratic_function_on_a_lattice() -> None:
    energy = (
        r"\mathcal{H}(\phi,\beta)=\frac{1}{2}\beta^{\bf i}\beta_{\bf i}-\frac{1}{2}\sum_{\mu=1}^{D}\phi^{\bf i}"
        r"\left(\phi_{\bf i+e_{\mu}}-2\phi_{\bf i}+\phi_{\bf i-e_{\mu}}\right)+\frac{1}{2}m^{2}\phi^{\bf i}\phi_{\bf i}"
    )
    force = r"\beta_{\bf i}(t+1)-\beta_{\bf i}(t)=-\frac{\partial\mathcal{H}}{\partial\phi_{\bf i}}"
    assert follows(FORCE, [energy, force], "sites")
    witness(FORCE, [energy.replace(r"+\frac{1}{2}m", "+m"), force], "sites")


# Functions of neurons

UNKNOWN = r"\frac{d\beta}{dt}=-\frac{\partial H(\phi,\beta)}{\partial\beta}-\frac{\partial H(\phi,\beta)}{\partial\phi}"


def test_a_total_derivative_goes_through_what_depends_on_the_variable() -> None:
    learning = r"\beta(t+1)=\beta(t)-\frac{dH(\phi,\beta)}{d\beta}"
    claim = (
        r"\beta(t+1)=\beta(t)-\frac{\partial H(\phi,\beta)}{\partial\beta}-\frac{\partial H(\phi,\beta)}{\partial\phi}"
    )
    assert follows(claim, [learning, r"\frac{\partial\phi}{\partial\beta}=1"], "neuron")
    assert follows(claim, [learning, r"\phi(t+1)=\phi(t)+\beta(t)"], "neuron")
    witness(claim, [learning, r"\frac{\partial\phi}{\partial\beta}=2"], "neuron")
    witness(claim, [learning], "neuron")


def test_unknown_functions_are_differentiated_by_the_chain_rule() -> None:
    claim = r"\frac{dV(\phi)}{d\phi}=\frac{\partial H}{\partial\beta}+\frac{\partial H}{\partial\phi}"
    assert follows(claim, [r"H(\phi,\beta)=V(\phi)+F(\phi-\beta)"], "neuron")
    found = witness(claim, [r"H(\phi,\beta)=V(\phi)+F(\phi+\beta)"], "neuron")
    assert any(name.startswith("F by") for name in found.witness)


def test_numbers_meet_the_premises_on_them() -> None:
    step = r"\phi(t+1)=\beta(t)+W\phi(t)"
    assert follows(r"\phi(t+1)=\beta(t)+\phi(t)", [step, "W=1"], "neuron")
    witness(r"\phi(t+1)=\beta(t)+\phi(t)", [step, "W=2"], "neuron")


BIAS = r"\beta_{i}=B_{i}^{j}\pi_{j}"


def test_derivatives_by_variables_that_are_matrices_times_each_other() -> None:
    assert follows(r"\frac{\partial H}{\partial\pi_j}=(B^T)_j^k\frac{\partial H}{\partial\beta_k}", [BIAS], "neurons")
    found = witness(r"\frac{\partial H}{\partial\pi_j}=B_j^k\frac{\partial H}{\partial\beta_k}", [BIAS], "neurons")
    assert found.sizes == {"N": 2}


LOSS = (
    r"H(\phi,\pi)=\frac{1}{2}\pi^{i}(W-I)_{i}^{j}\pi_{j}+\sum_{i,j}\left(\int d\phi_{i}\left(B^{-T}B^{-1}\right)_{ij}"
    r"\frac{\partial{\cal V}(\phi)}{\partial\phi_{j}}\right)+\sum_{i}F_{i}(\phi_{i}-\sum_{j}B_{i}^{j}\pi_{j})"
)
POTENTIAL = (
    r"((W-I)^{T})_{i}^{j}\beta_{j}+\frac{\partial{\cal V}(\phi)}{\partial\phi_{i}}=\left(BB^{T}\right)_{ij}"
    r"\left(\frac{\partial H(\phi,\pi)}{\partial\beta_{j}}+\frac{\partial H(\phi,\pi)}{\partial\phi_{j}}\right)"
)


def test_a_field_that_is_integrated_along_a_path_is_made_a_gradient() -> None:
    paths = ("unknown", "drawn")
    found = findings(POTENTIAL, [LOSS, BIAS, "W=W^T", "WB=BW"], "neurons", seeds=2, models=None, functions=paths)
    assert all(f.agrees for f in found)
    assert {f.sizes["N"] for f in found} == {1, 2, 3, 4}


@pytest.mark.parametrize("premises", [["W=W^T"], ["WB=BW"], []])
def test_without_the_premises_on_its_matrices_it_does_not_follow(premises: list[str]) -> None:
    witness(POTENTIAL, [LOSS, BIAS, *premises], "neurons", models=None)


def test_the_gradient_of_a_quadratic_form_needs_a_symmetric_matrix() -> None:
    form = r"H(\phi,\pi)=\frac{1}{2}\pi^i V_i^j\pi_j"
    claim = r"\frac{\partial H(\phi,\pi)}{\partial\pi_i}=V_i^j\pi_j"
    assert follows(claim, [form, "V=V^T"], "neurons")
    assert follows(claim.replace("V", "S"), [form.replace("V", "S")], "neurons")
    assert witness(claim, [form], "neurons").sizes == {"N": 2}


# Matrices


def test_commuting_matrices_are_drawn() -> None:
    assert follows("W^2B=BW^2", ["WB=BW"], "neurons")
    assert follows("B^{-1}WB=W", ["WB=BW"], "neurons")
    witness("WB^T=B^TW", ["WB=BW"], "neurons", models=None)
    witness("B=B^T", ["WB=BW", "W=W^T"], "neurons", seeds=6, models=None)


def test_matrices_are_drawn_from_their_definitions() -> None:
    definitions = ["V=2I-B^{-1}WB", "A=-B^T"]
    assert follows("B(V-I)B^{-1}=I-W", definitions, "neurons")
    assert follows("BA=-BB^T", definitions, "neurons")
    witness("V=2I-W", definitions, "neurons")
    witness("A=-B", definitions, "neurons")


CLIFFORD = r"\mathcal{X}_\mu\mathcal{X}_\nu+\mathcal{X}_\nu\mathcal{X}_\mu=-2\delta_{\mu\nu}I"
TURNS = [r"\mathcal{X}_0\mathcal{X}_0=-I", r"\mathcal{X}_0\mathcal{X}_\mu=\mathcal{X}_\mu\mathcal{X}_0"]


def test_relations_of_four_matrices_are_met_by_real_ones_of_size_four() -> None:
    found = findings(r"\mathcal{X}_1\mathcal{X}_2=-\mathcal{X}_2\mathcal{X}_1", [CLIFFORD, *TURNS], "four")
    assert all(f.agrees for f in found)
    refuted = witness(r"\mathcal{X}_1\mathcal{X}_0=-\mathcal{X}_0\mathcal{X}_1", [CLIFFORD, *TURNS], "four")
    assert all("i" not in entries for name, entries in refuted.witness.items() if "X" in name)
    witness(r"\mathcal{X}_1\mathcal{X}_2=\mathcal{X}_3", [CLIFFORD, *TURNS], "four", seeds=8)


def test_what_holds_of_matrices_of_signs_only_is_refuted() -> None:
    witness(r"\mathcal{X}_1^T=-\mathcal{X}_1", [CLIFFORD, *TURNS], "four", seeds=8)


def test_three_anticommuting_matrices_of_size_two_are_complex() -> None:
    found = witness(r"\mathcal{X}_1\mathcal{X}_2=I", [CLIFFORD], "pair")
    assert any("i" in entries for name, entries in found.witness.items() if "X" in name)


def test_relations_that_nothing_meets_have_no_model() -> None:
    anticommuting = r"\mathcal{X}_0\mathcal{X}_\mu=-\mathcal{X}_\mu\mathcal{X}_0"
    with pytest.raises(NotRealisable, match="of size 2"):
        findings(r"\mathcal{X}_1\mathcal{X}_2=I", [CLIFFORD, TURNS[0], anticommuting], "pair")


# Types of neurons


def test_a_loss_for_each_type_is_not_summed_over_types() -> None:
    loss = r"H_a(\phi,\pi)=\frac{1}{2}\phi_a^i\phi^a_i+m\pi_a^iJ^a_b\pi^b_i"
    learning = r"\pi^a_i(t+1)-\pi^a_i(t)=-\frac{\partial H_a(\phi,\pi)}{\partial\pi_a^i}"
    claim = r"\pi^a_i(t+1)-\pi^a_i(t)=-mJ^a_b\pi^b_i(t)"
    antisymmetric = r"J=-J^T"
    assert follows(claim, [loss, learning, antisymmetric], "types")
    witness(claim, [loss, learning], "types")
    witness(claim.replace("=-m", "=-2m"), [loss, learning, antisymmetric], "types")


def test_real_powers_of_a_rotation_by_a_quarter_turn() -> None:
    turned = r"\tilde{\phi}^a_i(t)=\left(J^{\theta_i(t)}\right)^a_b\phi^b_i(t)"
    step = r"\phi^a_i(t+1)=J^a_b\phi^b_i(t)"
    claim = r"\left(J^{\theta_i(t)-\theta_i(t+1)}\right)^a_b\tilde{\phi}^b_i(t+1)=J^a_b\tilde{\phi}^b_i(t)"
    assert follows(claim, [turned, step, "J^2=-1"], "types")
    backwards = claim.replace(r"\theta_i(t)-\theta_i(t+1)", r"\theta_i(t+1)-\theta_i(t)")
    witness(backwards, [turned, step, "J^2=-1"], "types")
    with pytest.raises(NotRealisable, match="square is not -1"):
        findings(claim, [turned, step], "types")


# Continua

FIRST = [
    r"\frac{\partial\phi(x)}{\partial x_0}=\beta(x)",
    r"\frac{\partial\beta(x)}{\partial x_0}=\sum_{\mu=1}^{3}\frac{\partial^2\phi(x)}{\partial x_\mu^2}-m^2\phi(x)",
]
WAVE = r"\eta_{\mu\nu}\frac{\partial}{\partial x_\mu}\frac{\partial}{\partial x_\nu}\phi(x)+m^2\phi(x)=0"


def test_equations_of_first_order_give_the_wave_equation() -> None:
    premises: Sequence[str | tuple[str, str]] = [(text, "continuum") for text in FIRST]
    assert follows(WAVE, premises, "covariant")
    witness(WAVE.replace("+m", "-m"), premises, "covariant")
    witness(WAVE, premises[:1], "covariant")


def test_functional_derivatives_are_integrated_by_parts() -> None:
    energy = (
        r"{\cal H}[\phi,\beta]=\int dx^{D}\left(\frac{1}{2}\beta(x)^{2}+\frac{1}{2}\sum_{\mu=1}^{3}"
        r"\left(\frac{\partial\phi(x)}{\partial x_{\mu}}\right)^{2}+\frac{1}{2}m^{2}\phi(x)^{2}\right)"
    )
    motion = r"\frac{\partial\beta(x)}{\partial x_0}=-\frac{\delta\mathcal{H}}{\delta\phi(x)}"
    assert follows(FIRST[1], [energy, motion], "continuum")
    assert follows(r"\beta(x)=\frac{\delta\mathcal{H}}{\delta\beta(x)}", [energy], "continuum")
    witness(FIRST[1], [energy.replace(r"+\frac{1}{2}\sum", r"-\frac{1}{2}\sum"), motion], "continuum")
    parts = energy.replace(
        r"\frac{1}{2}\sum_{\mu=1}^{3}\left(\frac{\partial\phi(x)}{\partial x_{\mu}}\right)^{2}",
        r"\left(-\frac{1}{2}\right)\phi(x)\sum_{\mu=1}^{3}\frac{\partial^2\phi(x)}{\partial x_{\mu}^2}",
    )
    assert parts != energy
    assert follows(FIRST[1], [parts, motion], "continuum")


GAMMA = [
    r"\gamma^0=\sigma_3\otimes I_2",
    r"\gamma^1=i\sigma_1\otimes\sigma_1",
    r"\gamma^2=i\sigma_1\otimes\sigma_2",
    r"\gamma^3=i\sigma_1\otimes\sigma_3",
]
SIGNATURE = r"\gamma^\mu\gamma^\nu+\gamma^\nu\gamma^\mu=2\eta^{\mu\nu}"
DIRAC = r"i\eta_{\mu\nu}\gamma^{\mu,a}_b\frac{\partial\psi^b}{\partial x_\nu}-m\psi^a=0"
COMPONENTS = r"\eta_{\mu\nu}\frac{\partial}{\partial x_\mu}\frac{\partial}{\partial x_\nu}\psi^a+m^2\psi^a=0"


def test_dirac_matrices() -> None:
    assert follows(SIGNATURE, GAMMA, "covariant")
    witness(SIGNATURE, [*GAMMA[:3], r"\gamma^3=\sigma_1\otimes\sigma_3"], "covariant")
    witness(SIGNATURE.replace("=2", "=-2"), GAMMA, "covariant")


def test_the_dirac_equation_gives_the_wave_equation_of_each_component() -> None:
    assert follows(COMPONENTS, [DIRAC, *GAMMA], "covariant")
    witness(COMPONENTS.replace("+m", "-m"), [DIRAC, *GAMMA], "covariant")
    witness(COMPONENTS, [DIRAC], "covariant")


# What is not examined


def test_three_real_matrices_of_size_two_that_anticommute_are_not_found() -> None:
    def residual(one: Key, other: Key):
        double = Array.identity(2).times(Poly.number(2 if one == other else 0))

        def value(known: dict[Key, Array]) -> list[Poly]:
            return [*(known[one] * known[other] + known[other] * known[one] + double).entries.values()]

        return value

    keys = [Key("X", (k,)) for k in (1, 2, 3)]
    conditions = [Condition(frozenset((a, b)), None, residual(a, b)) for a in keys for b in keys]
    unknowns = {key: Unknown(2, 2) for key in keys}
    with pytest.raises(NotRealisable, match="no product of real Pauli-like matrices of size 2"):
        draw(unknowns, conditions, Random(0))
    found = draw(unknowns, conditions, Random(0), complex_entries=True)
    assert not any(any(c.residual(found)) for c in conditions)


def test_a_lattice_and_a_continuum_are_not_mixed() -> None:
    with pytest.raises(NotRealisable, match="mixed"):
        findings(SECOND, [(FIRST[0], "continuum")], "sites")


def test_premises_that_contradict_each_other_have_no_model() -> None:
    with pytest.raises(NotRealisable, match="contradict"):
        findings(r"\phi=0", [r"\phi=1", r"\phi=2"], "neuron")


def test_an_index_that_only_the_right_side_has_is_not_bound() -> None:
    left, right = line(r"\phi_i=\pi_i", "neurons"), line(r"\phi_j=\pi_j", "neurons")
    with pytest.raises(NotRealisable, match="the index j is not bound"):
        list(examine((left.left, right.right), [], left.scope))


def test_a_function_that_is_defined_twice_is_not_examined() -> None:
    twice = [r"H(\phi,\beta)=\phi", r"H(\phi,\beta)=\beta"]
    with pytest.raises(NotRealisable, match="defined twice"):
        findings(r"\frac{\partial H(\phi,\beta)}{\partial\phi}=1", list(twice), "neuron")


def test_unknown_potentials_are_examined_for_any_matrices() -> None:
    found = findings(
        POTENTIAL, [LOSS, BIAS, "W=W^T", "WB=BW"], "neurons", seeds=1, models=None, functions=FUNCTIONS[:2]
    )
    assert len(found) == 8  # of each size one with a potential that stays unknown, and one with a polynomial


def test_what_is_no_gradient_is_not_integrated_along_a_path() -> None:
    swirl = r"H(\phi,\pi)=\sum_{i,j}\int d\phi_i W_i^j\phi_j"
    claim = r"\frac{\partial H(\phi,\pi)}{\partial\phi_i}=W_i^j\phi_j"
    assert follows(claim, [swirl, "W=W^T"], "neurons")
    found = findings(claim, [swirl], "neurons", models=None, functions=("unknown", "drawn"))
    assert {f.sizes["N"] for f in found} == {1}


def test_along_a_straight_path_the_integral_of_what_is_no_gradient_has_another_gradient() -> None:
    found = findings(POTENTIAL, [LOSS, BIAS, "W=W^T", "WB=BW"], "neurons", models=None, functions=("straight",))
    assert {f.agrees for f in found if f.sizes["N"] == 1} == {True}
    assert any(not f.agrees for f in found if f.sizes["N"] == 2)


def test_second_derivatives_of_a_potential() -> None:
    product = r"W_i^k\frac{\partial^2\mathcal{V}(\phi)}{\partial\phi_k\partial\phi_j}"
    turned = r"W_j^k\frac{\partial^2\mathcal{V}(\phi)}{\partial\phi_k\partial\phi_i}"
    assert follows(f"{product}={turned}", [f"{product}=S_{{ij}}"], "neurons")
    assert follows(f"{product}={turned}", [r"W=2I"], "neurons")
    witness(f"{product}={turned}", [], "neurons")


def test_a_matrix_that_is_defined_by_a_real_power_has_a_model() -> None:
    defined = r"G^{a,j}_{i,b}=\left(J^{\theta_i(t)}\right)^a_b\delta^j_i"
    turned = r"G^{a,j}_{i,b}\phi^b_j=\left(J^{\theta_i(t)}\right)^a_b\phi^b_i"
    assert follows(turned, [defined, r"JJ=-1"], "types")
    witness(turned.replace("phi^b_i", "pi^b_i"), [defined, r"JJ=-1"], "types")
