"""Proofs about fields: what follows is shown, near misses are not, and false claims are never proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.fields.expansion import prove_to_order
from derive.fields.proving import Claim, prove
from derive.fields.setting import Premise
from derive.fields.solving import is_general, solves
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.notation import load_notation

FOLDER = Path(__file__).parent
SCOPES = {**load_notation(FOLDER / "models.toml").scopes, **load_notation(FOLDER / "hostile.toml").scopes}


def premise(text: str, scope: str, source: str) -> Premise:
    chain = read_chain(list(tokens(text)), SCOPES[scope])
    assert chain.first is not None
    return Premise(chain.first, chain.links[-1][1], source, SCOPES[scope])


def claim(text: str, scope: str, premises: tuple[str, ...] = ()) -> Claim:
    """A claim from premises named 1, 2, …"""
    said = premise(text, scope, "")
    return Claim(said.left, said.right, said.scope, tuple(premise(p, scope, str(n)) for n, p in enumerate(premises, 1)))


# --- False claims that are proved ------------------------------------------------------------------------------------

ACTIVATION = r"\phi_i(t+1)=W_i^j\phi_j(t)+B_i^j\pi_j(t)"
HESSIAN = r"\frac{\partial^2\mathcal{V}(\phi)}{\partial\phi_i\partial\phi_j}"

UNSOUND = [
    ("the Jacobian of two steps is that of one", "neurons", r"\frac{\partial\phi_i(t+2)}{\partial\pi_j(t)}=B_i^j", (ACTIVATION,)),  # noqa: E501
    ("a Jacobian by what comes later", "neurons", r"\frac{\partial\phi_i(t)}{\partial\pi_j(t+1)}=B_i^j", (ACTIVATION,)),
    ("a gradient at the next state is taken now", "neuron",
     r"\frac{\partial H(\phi(t+1),\beta(t))}{\partial\beta(t)}=\phi(t)", (r"H(\phi,\beta)=\phi\beta",)),
    ("a step of learning at the next state is one now", "neuron", r"\beta(t+1)=\beta(t)-\phi(t)",
     (r"\beta(t+1)=\beta(t)-\frac{\partial H(\phi(t+1),\beta(t))}{\partial\beta(t)}", r"H(\phi,\beta)=\phi\beta")),
    ("a total derivative at the next state is taken now", "neuron",
     r"\frac{dH(\phi(t+1),\beta(t))}{d\beta(t)}=\beta(t)+\phi(t)",
     (r"H(\phi,\beta)=\frac{1}{2}\phi^2+\frac{1}{2}\beta^2", r"\phi(t+1)=\phi(t)+\beta(t)")),
    ("a bias that the trainable variables make is held", "neurons", r"\frac{\partial H(\phi,\pi)}{\partial\pi_i}=0",
     (r"H(\phi,\pi)=\frac{1}{2}\beta^i\beta_i", r"\beta_i=B_i^j\pi_j")),
    ("a diagonal entry is the whole matrix", "neurons", r"\beta_i=W_i^i\phi_i", (r"\beta_i=W_i^j\phi_j",)),
    ("the whole matrix is its diagonal", "neurons", r"\beta_i=W_i^j\phi_j", (r"\beta_i=W_i^i\phi_i",)),
    ("a diagonal entry over types", "types", r"\phi^a_i=J^a_b\pi^b_i", (r"\phi^a_i=J^a_a\pi^a_i",)),
    ("matrices that agree on one column are equal", "neurons", r"W_i^j=B_i^j", (r"W_i^j\phi_j=B_i^j\phi_j",)),
    ("an eigenvector makes an identity", "neurons", r"W_i^j=\delta_i^j", (r"W_i^j\phi_j=\delta_i^j\phi_j",)),
    ("true for up to four directions", "poly",
     r"\sum_\mu\sum_\nu\sum_\rho\sum_\lambda\phi_{\bf i+e_\mu-e_\mu+e_\nu-e_\nu+e_\rho-e_\rho+e_\lambda-e_\lambda}"
     r"-10\sum_\mu\sum_\nu\sum_\rho\phi_{\bf i+e_\mu-e_\mu+e_\nu-e_\nu+e_\rho-e_\rho}"
     r"+35\sum_\mu\sum_\nu\phi_{\bf i+e_\mu-e_\mu+e_\nu-e_\nu}-50\sum_\mu\phi_{\bf i+e_\mu-e_\mu}+24\phi_{\bf i}=0", ()),  # noqa: E501
    ("a matrix of one time at another", "timed", r"X_i^j(t)\phi_j(t+1)=W_i^j\pi_j(t+1)", (r"X_i^j(t)\phi_j(t)=W_i^j\pi_j(t)",)),  # noqa: E501
    ("a general matrix of sites past a shift", "sites", r"W_{\bf i}^{\bf j}\phi_{\bf j+e_1}(t)=0", (r"W_{\bf i}^{\bf j}\phi_{\bf j}(t)=0",)),  # noqa: E501
    ("the same with a column on the right", "sites", r"W_{\bf i}^{\bf j}\phi_{\bf j+e_1}(t)=m\beta_{\bf i+e_1}(t)",
     (r"m\beta_{\bf i}(t)=W_{\bf i}^{\bf j}\phi_{\bf j}(t)",)),
    ("a Jacobian over sites past a shift", "sites",
     r"\beta_{\bf i+e_1}(t)=\frac{\partial\phi_{\bf i}}{\partial\beta_{\bf j}}\phi_{\bf j+e_1}(t)",
     (r"\beta_{\bf i}(t)=\frac{\partial\phi_{\bf i}}{\partial\beta_{\bf j}}\phi_{\bf j}(t)",)),
    ("the second derivatives of a potential do not change in time", "neurons",
     rf"\frac{{d\beta_i}}{{dt}}={HESSIAN}\frac{{d\phi_j}}{{dt}}", (rf"\beta_i={HESSIAN}\phi_j",)),
    ("the same in one step", "neurons", rf"\beta_i(t+1)={HESSIAN}\phi_j(t+1)", (rf"\beta_i(t)={HESSIAN}\phi_j(t)",)),
    ("second derivatives at two times", "neurons",
     r"\frac{\partial^2\mathcal{V}(\phi(t))}{\partial\phi_i(t)\partial\phi_j(t)}"
     r"=\frac{\partial^2\mathcal{V}(\phi(t+1))}{\partial\phi_i(t+1)\partial\phi_j(t+1)}", ()),
    ("second derivatives at two arguments", "neurons",
     rf"{HESSIAN}=\frac{{\partial^2\mathcal{{V}}(2\phi)}}{{\partial\phi_i\partial\phi_j}}", ()),
    ("the steps of two lattices are one", "twolat", r"\phi_{i+1,k}=\phi_{i,k+1}", ()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "text", "premises"),
    [pytest.param(*rest, id=name) for name, *rest in UNSOUND],
)
def test_a_false_claim_is_not_proved(scope: str, text: str, premises: tuple[str, ...]) -> None:
    assert not prove(claim(text, scope, premises)).shown


UNSOUND_TO_ORDER = [
    ("a series under a small denominator is cut too early", "weighted", r"\frac{\phi(t+1)}{m}=\frac{\phi(t)}{m}", (), 0),  # noqa: E501
    ("the same at order 1", "weighted", r"\frac{\phi(t+1)}{m}=\frac{\phi(t)}{m}+\frac{1}{m}\frac{d\phi}{dt}", (), 1),
    ("the same in a premise", "weighted", r"\beta(t)=\gamma(t)", (r"\beta(t)=\gamma(t)+\frac{\phi(t+1)-\phi(t)}{m}",), 0),  # noqa: E501
    ("a real power is an exponential only where X² = -1", "powers",
     r"\left(J^{\theta_i(t)-\theta_i(t+1)}\right)^a_b\phi^b_i+\left(L^{\theta_i(t)-\theta_i(t+1)}\right)^a_b\phi^b_i-2\phi^a_i=0",
     (r"L^a_b=-J^a_b",), 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "text", "premises", "order"),
    [pytest.param(*rest, id=name) for name, *rest in UNSOUND_TO_ORDER],
)
def test_a_false_claim_is_not_proved_to_order(scope: str, text: str, premises: tuple[str, ...], order: int) -> None:
    found = prove_to_order(claim(text, scope, premises), order, "s")
    assert not found.shown or found.is_empty


def test_a_sum_of_functions_is_no_general_solution() -> None:
    asked = claim(
        r"H(\phi,\pi)=\sum_iF_i(\phi_i-B_i^j\pi_j)", "neurons",
        (r"\frac{\partial H(\phi,\pi)}{\partial\pi_i}+(B^T)_i^j\frac{\partial H(\phi,\pi)}{\partial\phi_j}=0",),
    )  # fmt: skip
    assert solves(asked, frozenset("1")).shown
    assert not is_general(asked).shown


# --- What follows, what nearly does, and what each premise is for -------------------------------------------------------  # noqa: E501

STEP = r"\phi_{\bf i}(t+1)=\phi_{\bf i}(t)+\beta_{\bf i}(t)"
FORCE = (
    r"\beta_{\bf i}(t+1)-\beta_{\bf i}(t)=\sum_{\mu=1}^{D}\left(\phi_{\bf i+e_{\mu}}(t)-2\phi_{\bf i}(t)"
    r"+\phi_{\bf i-e_{\mu}}(t)\right)-m^{2}\phi_{\bf i}(t)"
)
SECOND = (
    r"\phi_{\bf i}(t+2)-2\phi_{\bf i}(t+1)+\phi_{\bf i}(t)=\sum_{\mu=1}^{D}\left(\phi_{\bf i+e_{\mu}}(t)"
    r"-2\phi_{\bf i}(t)+\phi_{\bf i-e_{\mu}}(t)\right)-m^{2}\phi_{\bf i}(t)"
)
TRUE = [
    ("sites", SECOND, (STEP, FORCE)),
    ("neurons", r"(WB)_i^j=(BW)_i^j", (r"WB=BW",)),
    ("neurons", r"((WB)^T)_i^j=(B^TW^T)_i^j", ()),
    ("neurons", r"W_i^jB_j^k\pi_k=B_i^jW_j^k\pi_k", (r"WB=BW",)),
    ("neurons", r"\frac{\partial H(\phi,\pi)}{\partial\phi_i}=\frac{1}{2}W_i^j\phi_j+\frac{1}{2}(W^T)_i^j\phi_j",
     (r"H(\phi,\pi)=\frac{1}{2}\phi^iW_i^j\phi_j",)),
    ("neurons", r"\phi^iW_i^j\pi_j=\pi^i(W^T)_i^j\phi_j", ()),
    ("neurons", r"\phi^i\phi_i=\pi^i\pi_i", (r"\phi_i=W_i^j\pi_j", r"W^TW=I")),
    ("sites", r"\phi^{\bf i}\phi_{\bf i+e_1}=\phi^{\bf i}\phi_{\bf i-e_1}", ()),
    ("neurons", r"W_i^jB_j^k=\delta_i^k", (r"W=B^{-1}",)),
    ("neuron", r"\frac{\partial F(\phi-\beta)}{\partial\phi}=-\frac{\partial F(\phi-\beta)}{\partial\beta}", ()),
    ("sites", r"\sum_{\mu=1}^{D}\phi_{\bf i+e_\mu-e_\mu}(t)=D\phi_{\bf i}(t)", ()),
    ("neuron", r"\phi(t+1)^2=(\phi(t)-\beta(t))^2+4\phi(t)\beta(t)", (r"\phi(t+1)=\phi(t)+\beta(t)",)),
    ("sites", r"\sum_{\mu=1}^{D}\sum_{\nu=1}^{D}\phi_{\bf i+e_\mu-e_\mu+e_\nu-e_\nu}(t)=DD\phi_{\bf i}(t)", ()),
    ("sites", r"\phi_{\bf i+e_2+e_2}(t)=-\phi_{\bf i}(t)", (r"\phi_{\bf i+e_2}(t)=-\phi_{\bf i+e_1}(t)", r"\phi_{\bf i+e_1+e_1}(t)=-\phi_{\bf i}(t)")),  # noqa: E501
    ("powers", r"\left(J^{\kappa_{i+1}(t)}\right)^a_b\phi^b_i=\left(J^{\theta_{i+1}(t)}\right)^a_b\left(J^{-\theta_{i+2}(t)}\right)^b_c\phi^c_i",  # noqa: E501
     (r"\kappa_i(t)=\theta_i(t)-\theta_{i+1}(t)",)),
]  # fmt: skip


@pytest.mark.parametrize(("scope", "text", "premises"), TRUE)
def test_what_follows_is_shown_from_all_of_its_premises(scope: str, text: str, premises: tuple[str, ...]) -> None:
    asked = claim(text, scope, premises)
    found = prove(asked)
    assert found.shown, found.why
    assert found.applied == {premise.source for premise in asked.premises}
    for name in found.applied:
        assert not prove(asked.without(name)).shown, name


NOT_SHOWN = [
    ("sites", SECOND.replace("-m^{2}", "+m^{2}"), (STEP, FORCE)),
    ("sites", SECOND.replace(r"\bf i-e", r"\bf i+e"), (STEP, FORCE)),
    ("sites", SECOND.replace("t+2", "t+1"), (STEP, FORCE)),
    ("neurons", r"W_i^jB_j^k=B_i^jW_j^k", ()),
    ("neurons", r"((WB)^T)_i^j=(W^TB^T)_i^j", ()),
    ("neurons", r"W_i^j=W_j^i", ()),
    ("neurons", r"W_i^jB_j^k=B_i^jW_j^k", (r"WS=SW", r"SB=BS")),
    ("neurons", r"\phi_i=\pi_i", (r"W_i^j\phi_j=W_i^j\pi_j",)),
    ("neurons", r"\frac{\partial H(\phi,\pi)}{\partial\phi_i}=W_i^j\phi_j", (r"H(\phi,\pi)=\frac{1}{2}\phi^iW_i^j\phi_j",)),  # noqa: E501
    ("neurons", r"\phi^iW_i^j\pi_j=\pi^iW_i^j\phi_j", ()),
    ("neurons", r"\phi^i\phi_i=\pi^i\pi_i", (r"\phi_i=W_i^j\pi_j", r"WW=I")),
    ("neurons", r"\frac{\partial\phi_i(t+1)}{\partial\pi_j(t)}=B_i^j", (r"\phi_i(t+1)=W_i^j\phi_j(t)+B_i^j\pi_j(t-1)",)),  # noqa: E501
    ("neuron", r"\frac{\partial F(\phi-\beta)}{\partial\phi}=\frac{\partial F(\phi-\beta)}{\partial\beta}", ()),
    ("neuron", r"\frac{\partial F(\phi-\beta)}{\partial\phi}=\frac{\partial F(\phi+\beta)}{\partial\phi}", ()),
    ("neuron", r"\frac{dH(\phi,\beta)}{d\beta}=\beta", (r"H(\phi,\beta)=\frac{1}{2}\phi^2+\frac{1}{2}\beta^2", r"\phi(t+1)=\phi(t)+\beta(t)")),  # noqa: E501
    ("neuron", r"\phi=\beta", (r"W\phi=W\beta",)),
    ("sites", r"\phi_{\bf i+e_1}(t)=\phi_{\bf i-e_1}(t)", (r"\phi_{\bf i}(t+1)=\phi_{\bf i+e_1}(t)",)),
    ("sites", r"\sum_{\mu=1}^{D}\phi_{\bf i+e_\mu-e_\mu}(t)=DD\phi_{\bf i}(t)", ()),
    ("sites", r"\sum_{\mu=1}^{D}\sum_{\nu=1}^{D}\phi_{\bf i+e_\mu-e_\mu+e_\nu-e_\nu}(t)=\left(7D-12\right)\phi_{\bf i}(t)", ()),  # noqa: E501
    ("sites", r"\sum_{\mu=1}^{D}\phi_{\bf i+e_\mu-e_\mu}(t)=3\phi_{\bf i}(t)", ()),
    ("neuron", r"\phi(t+1)^2=\phi(t)^2+\beta(t)^2", (r"\phi(t+1)=\phi(t)+\beta(t)",)),
    ("neuron", r"\phi(t+1)\beta(t)=\phi(t)\beta(t+1)", ()),
    ("sites", r"\phi_{\bf i+e_2+e_2}(t)=\phi_{\bf i}(t)", (r"\phi_{\bf i+e_2}(t)=-\phi_{\bf i+e_1}(t)", r"\phi_{\bf i+e_1+e_1}(t)=-\phi_{\bf i}(t)")),  # noqa: E501
    ("powers", r"\left(J^{\kappa_i(t)}\right)^a_b\phi^b_i=\left(J^{\theta_i(t)}\right)^a_b\left(J^{\theta_{i+1}(t)}\right)^b_c\phi^c_i",  # noqa: E501
     (r"\kappa_i(t)=\theta_i(t)-\theta_{i+1}(t)",)),
    ("powers", r"\left(J^{\kappa_i(t+1)}\right)^a_b\phi^b_i=\left(J^{\theta_i(t)}\right)^a_b\left(J^{-\theta_{i+1}(t)}\right)^b_c\phi^c_i",  # noqa: E501
     (r"\kappa_i(t)=\theta_i(t)-\theta_{i+1}(t)",)),
]  # fmt: skip


@pytest.mark.parametrize(("scope", "text", "premises"), NOT_SHOWN)
def test_a_near_miss_is_not_shown(scope: str, text: str, premises: tuple[str, ...]) -> None:
    assert not prove(claim(text, scope, premises)).shown


def test_a_premise_that_has_nothing_to_do_with_it_is_not_applied() -> None:
    asked = claim(SECOND, "sites", (STEP, FORCE, r"W_{\bf i}^{\bf j}=2\delta_{\bf i}^{\bf j}"))
    assert prove(asked).applied == {"1", "2"}
    assert prove(asked.without("3")).shown


TRANSPORT = (
    r"\frac{dV(\phi)}{d\phi}=\frac{\partial H(\phi,\beta)}{\partial\beta}+\frac{\partial H(\phi,\beta)}{\partial\phi}"
)


def test_a_general_solution_and_what_is_none() -> None:
    asked = claim(r"H(\phi,\beta)=V(\phi)+F(\phi-\beta)", "neuron", (TRANSPORT,))
    assert solves(asked, frozenset("1")).shown
    assert is_general(asked).shown
    for near in (r"V(\phi)+F(\phi+\beta)", r"V(\phi)+F(\phi)", r"2V(\phi)+F(\phi-\beta)", r"V(\beta)+F(2\phi-\beta)"):
        wrong = claim(rf"H(\phi,\beta)={near}", "neuron", (TRANSPORT,))
        assert not solves(wrong, frozenset("1")).shown, near
    special = claim(r"H(\phi,\beta)=V(\phi)", "neuron", (TRANSPORT,))
    assert solves(special, frozenset("1")).shown
    assert not is_general(special).shown


@pytest.mark.parametrize(
    ("text", "holds_to"),
    [
        (r"\phi(t+1)-\phi(t)=\frac{d\phi}{dt}", 1),
        (r"\phi(t+1)-\phi(t-1)=2\frac{d\phi}{dt}", 2),
        (r"\phi(t+1)+\phi(t-1)=2\phi(t)", 1),
    ],
)
def test_a_series_holds_up_to_its_order_and_no_further(text: str, holds_to: int) -> None:
    asked = claim(text, "weighted")
    assert prove_to_order(asked, holds_to, "s").shown
    assert not prove_to_order(asked, holds_to + 1, "s").shown


def test_a_turned_field_is_differentiated_with_its_turn() -> None:
    turned = r"\phi^a_i(t)=\left(J^{\theta_i(t)}\right)^a_b\chi^b_i"
    rate = r"\phi^a_i(t+1)-\phi^a_i(t)=\left(J^{\theta_i(t)}\right)^a_b\left(J^{\theta_i(t+1)-\theta_i(t)}\right)^b_c\chi^c_i(t+1)-\phi^a_i(t)"  # noqa: E501
    timed = turned.replace(r"\chi^b_i", r"\chi^b_i(t)")
    assert prove_to_order(claim(rate, "powers", (timed, r"JJ=-I")), 1, "s").shown
    assert not prove_to_order(claim(rate, "powers", (timed,)), 1, "s").shown
    still = rate.replace(r"J^{\theta_i(t+1)-\theta_i(t)}", r"J^{\theta_i(t)-\theta_i(t)}")
    assert not prove_to_order(claim(still, "powers", (timed, r"JJ=-I")), 1, "s").shown


def test_a_declared_property_is_known_without_a_premise() -> None:
    assert prove(claim(r"S_i^j=S_j^i", "neurons")).shown
