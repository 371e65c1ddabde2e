"""Claims to an order in models of slowly varying fields: what follows agrees, a near miss differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.domains import NotRealisable
from derive.fields import expansion
from derive.fields.finite.models import Finding, Premise
from derive.fields.premise import Premise as Said
from derive.fields.proving import Claim
from derive.fields.smooth.models import examine_to_order
from derive.fields.smooth.question import REMAINDER
from derive.fields.words import Element
from derive.judgement import SoundnessError
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.notation import load_notation
from derive.paper import load_paper
from derive.verdict import Result
from derive.verify import Verifier

FOLDER = Path(__file__).parent
NOTATION = load_notation(FOLDER / "smooth.toml")
Line = str | tuple[str, str]
"""A formula, of the scope ``row`` where it is said alone."""


def line(said: Line) -> Premise:
    text, scope = (said, "row") if isinstance(said, str) else said
    chain = read_chain(list(tokens(text)), NOTATION.scopes[scope])
    assert chain.first is not None
    return Premise(chain.first, chain.links[-1][1], text, NOTATION.scopes[scope])


def findings(claim: Line, premises: Sequence[Line], order: int) -> list[Finding]:
    """What models say, with the remainder of the proof where there is one."""
    asked, given = line(claim), [line(premise) for premise in premises]
    said = tuple(Said(p.left, p.right, p.source, p.scope) for p in given)
    proof = expansion.prove_to_order(Claim(asked.left, asked.right, asked.scope, said), order, "s")
    more = proof.components if proof.shown else ()
    sides = asked.left, asked.right
    return list(examine_to_order(sides, given, asked.scope, order=order, parameter="s", remainder=more))


def follows(claim: Line, premises: Sequence[Line], order: int) -> bool:
    found = findings(claim, premises, order)
    assert found
    assert all(f.compared for f in found)
    assert all(f.notes == (REMAINDER,) for f in found if f.agrees)
    return all(f.agrees for f in found)


def witness(claim: Line, premises: Sequence[Line], order: int) -> Finding:
    found = next(f for f in findings(claim, premises, order) if not f.agrees)
    assert found.left != found.right
    assert "in s" in found.place
    return found


HEAT = r"\phi_i(t+1)-\phi_i(t)=c\left(\phi_{i+1}(t)-2\phi_i(t)+\phi_{i-1}(t)\right)"
WAVE = r"\phi_i(t+1)-2\phi_i(t)+\phi_i(t-1)=c^2\left(\phi_{i+1}(t)-2\phi_i(t)+\phi_{i-1}(t)\right)-m^2\phi_i(t)"
CARRIED = r"\phi_i(t+1)-\phi_i(t)=-c\left(\phi_i(t)-\phi_{i-1}(t)\right)"
DIRAC = [
    r"\psi^1_i(t+1)-\psi^1_i(t)=\psi^1_{i-1}(t)-\psi^1_i(t)+m\psi^2_i(t)",
    r"\psi^2_i(t+1)-\psi^2_i(t)=\psi^2_{i+1}(t)-\psi^2_i(t)-m\psi^1_i(t)",
]
WEIGHTS = r"W_i^j=\delta_i^j+c\left(\delta_i^{j-1}-2\delta_i^j+\delta_i^{j+1}\right)"
TIME = r"\frac{\partial\phi}{\partial x_0}"
FOLLOWS = [
    ("waves", (r"\frac{\partial^2\phi}{\partial x_0^2}=c^2\frac{\partial^2\phi}{\partial x_1^2}-m^2\phi", "line"), [WAVE], 3),  # noqa: E501
    ("what is carried along", (rf"{TIME}=-c\frac{{\partial\phi}}{{\partial x_1}}", "line"), [CARRIED], 1),
    ("what is carried along, with its first diffusion",
     (rf"{TIME}=-c\frac{{\partial\phi}}{{\partial x_1}}+\frac{{1}}{{2}}c\frac{{\partial^2\phi}}{{\partial x_1^2}}"
      r"-\frac{1}{2}c^2\frac{\partial^2\phi}{\partial x_1^2}", "line"), [CARRIED], 2),
    ("two types, of the first order",
     (r"\frac{\partial\psi^1}{\partial x_0}+\frac{\partial\psi^1}{\partial x_1}=m\psi^2", "line"), DIRAC, 1),
    ("two types, of the second order",
     (r"\frac{\partial^2\psi^1}{\partial x_0^2}-\frac{\partial^2\psi^1}{\partial x_1^2}+m^2\psi^1=0", "line"), DIRAC, 2),  # noqa: E501
    ("weights", (rf"{TIME}=c\frac{{\partial^2\phi}}{{\partial x_1^2}}-\frac{{1}}{{2}}\frac{{\partial^2\phi}}{{\partial x_0^2}}", "line"),  # noqa: E501
     [r"\phi_i(t+1)=W_i^j\phi_j(t)", WEIGHTS], 2),
    ("weights twice and turned round", r"\phi_i(t+2)=\phi_i(t)+2c\left(\phi_{i+1}(t)-2\phi_i(t)+\phi_{i-1}(t)\right)",
     [r"\phi_i(t+2)=\left(W^TW\right)_i^j\phi_j(t)", WEIGHTS], 2),
    ("a lattice from a continuum", r"\beta_i(t+1)-\beta_i(t)=\phi_{i+1}(t)-2\phi_i(t)+\phi_{i-1}(t)",
     [(r"\frac{\partial\beta}{\partial x_0}=\frac{\partial^2\phi}{\partial x_1^2}", "line")], 2),
    ("a field that is turned", r"\left(X^{\theta_i(t)-\theta_i(t+1)}\right)^a_b\psi^b_i(t+1)=\psi^a_i(t)+\left(I-X^{\theta_i(t)-\theta_i(t-1)}\right)^a_b\psi^b_i(t)",  # noqa: E501
     [r"\psi^a_i(t+1)=\psi^a_i(t)", "XX=-I"], 1),
    ("a field in a drawn field", (r"\frac{\partial\psi^a}{\partial x_0}=mX^a_b\chi^b", "line"),
     [r"\psi^a_i(t+1)-\psi^a_i(t)-G^{a,j}_{i,b}(t)\psi^b_j(t)=mX^a_b\chi^b_i(t)-G^{a,j}_{i,b}(t)\psi^b_j(t)"], 1),
    ("any dimension", (r"\frac{\partial\phi}{\partial x_0}=\sum_{\mu=1}^{D}\frac{\partial\phi}{\partial x_\mu}", "space"),  # noqa: E501
     [(r"\phi_{\bf i}(t+1)-\phi_{\bf i}(t)=\sum_{\mu=1}^{D}\left(\phi_{\bf i+e_\mu}(t)-\phi_{\bf i}(t)\right)", "lattice")], 1),  # noqa: E501
    ("a number that a premise fixes", (r"\frac{d\phi}{dt}=\beta", "one"),
     [(r"\phi(t+1)=W\phi(t)+\beta(t)", "one"), (r"W=1", "one")], 1),
    ("a function that nothing defines", (r"\frac{d\beta}{dt}=-\frac{\partial H(\phi,\beta)}{\partial\phi}", "one"),
     [(r"\beta(t+1)=\beta(t)-\frac{\partial H(\phi,\beta)}{\partial\phi}", "one")], 1),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "premises", "order"), [pytest.param(*rest, id=name) for name, *rest in FOLLOWS])
def test_what_follows_agrees_with_its_remainder(claim: Line, premises: Sequence[Line], order: int) -> None:
    assert follows(claim, premises, order)


CONSTANT = [
    ("a field that is turned alike everywhere", (r"\frac{\partial\chi^a}{\partial x_0}=m\chi^a", "line"),
     [r"\chi^a_i(t)=\left(X^\alpha\right)^a_b\psi^b_i(t)", r"\psi^a_i(t+1)=\psi^a_i(t)+m\psi^a_i(t)", "XX=-I"], 1),
    ("weights at two times", r"\phi_i(t+2)-\phi_i(t+1)=S_i^j\phi_j(t)+\left(SS\right)_i^j\phi_j(t)",
     [r"\phi_i(t+1)-\phi_i(t)=S_i^j\phi_j(t)"], 2),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "premises", "order"), [pytest.param(*rest, id=name) for name, *rest in CONSTANT])
def test_what_does_not_depend_on_time_has_no_slope(claim: Line, premises: Sequence[Line], order: int) -> None:
    found = findings(claim, premises, order)
    assert found
    assert all(f.agrees for f in found)


MISSES = [
    ("one order too far", (rf"{TIME}=-c\frac{{\partial\phi}}{{\partial x_1}}", "line"), [CARRIED], 2),
    ("a sign", (rf"{TIME}=c\frac{{\partial\phi}}{{\partial x_1}}", "line"), [CARRIED], 1),
    ("half of it", (r"\frac{\partial^2\phi}{\partial x_0^2}=\frac{1}{2}c^2\frac{\partial^2\phi}{\partial x_1^2}-m^2\phi", "line"), [WAVE], 2),  # noqa: E501
    ("the other type", (r"\frac{\partial\psi^1}{\partial x_0}+\frac{\partial\psi^1}{\partial x_1}=m\psi^1", "line"), DIRAC, 1),  # noqa: E501
    ("the wrong mass", (r"\frac{\partial^2\psi^1}{\partial x_0^2}-\frac{\partial^2\psi^1}{\partial x_1^2}=m^2\psi^1", "line"), DIRAC, 2),  # noqa: E501
    ("without the second type", (r"\frac{\partial^2\psi^1}{\partial x_0^2}-\frac{\partial^2\psi^1}{\partial x_1^2}+m^2\psi^1=0", "line"), DIRAC[:1], 2),  # noqa: E501
    ("weights of both signs", (rf"{TIME}=-c\frac{{\partial^2\phi}}{{\partial x_1^2}}", "line"),
     [r"\phi_i(t+1)=W_i^j\phi_j(t)", WEIGHTS], 2),
    ("a turn to second order", r"\left(X^{\theta_i(t)-\theta_i(t+1)}\right)^a_b\psi^b_i(t+1)=\psi^a_i(t)+\left(I-X^{\theta_i(t)-\theta_i(t-1)}\right)^a_b\psi^b_i(t)",  # noqa: E501
     [r"\psi^a_i(t+1)=\psi^a_i(t)", "XX=-I"], 2),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "premises", "order"), [pytest.param(*rest, id=name) for name, *rest in MISSES])
def test_a_near_miss_differs(claim: Line, premises: Sequence[Line], order: int) -> None:
    witness(claim, premises, order)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=5, max_size=5), st.booleans())
def test_random_differences_have_the_slope_of_their_first_moment(weights: list[int], is_wrong: bool) -> None:
    terms = "".join(
        f"{n:+d}\\left(\\phi_{{i{k:+d}}}(t)-\\phi_i(t)\\right)" for n, k in zip(weights, (-2, -1, 1, 2, 3), strict=True)
    )
    moment = sum(n * k for n, k in zip(weights, (-2, -1, 1, 2, 3), strict=True)) + is_wrong
    rule = rf"\phi_i(t+1)-\phi_i(t)=0{terms}".replace("=0+", "=").replace("=0-", "=-")
    claim = (rf"{TIME}={moment}\frac{{\partial\phi}}{{\partial x_1}}", "line")
    found = findings(claim, [rule], 1)
    assert found
    assert all(f.agrees != is_wrong for f in found)


NO_MODEL = [
    ("a sum over all sites", r"\phi^i(t+1)\phi_i(t+1)=\phi^i(t)\phi_i(t)", [r"\phi_i(t+1)=\phi_i(t)"], "all sites"),
    ("a matrix that is no definition", r"\phi_i(t+1)=W_i^j\phi_j(t)", [r"W^TW=WW", r"\phi_i(t+1)=W_i^j\phi_j(t)"], "more than what"),  # noqa: E501
    ("what defines it is not small", r"\phi_i(t+1)=\phi_i(t)+S_i^j\phi_j(t)",
     [r"\phi_i(t+1)=\phi_i(t)+S_i^j\phi_j(t)", r"S_i^j=\delta_i^j"], "not as small"),
    ("nothing but zero is slow", r"\phi_i(t+1)=3\phi_i(t)", [r"\phi_i(t+1)=2\phi_i(t)"], "nothing but zero"),
    ("a function of the fields", (r"\phi(t+1)=\phi(t)+H(\phi,\beta)", "one"), [(r"\phi(t+1)=\phi(t)+H(\phi,\beta)", "one")], "no functions"),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize(("claim", "premises", "why"), [pytest.param(*rest, id=name) for name, *rest in NO_MODEL])
def test_what_has_no_model_is_said(claim: Line, premises: Sequence[Line], why: str) -> None:
    with pytest.raises(NotRealisable, match=why):
        findings(claim, premises, 1)


# The whole of the program


def judged(folder: Path, claim: tuple[str, str], premises: Sequence[Line], order: int) -> Result:
    (folder / "notation.toml").write_text((FOLDER / "smooth.toml").read_text(encoding="utf-8"), encoding="utf-8")
    shown = [(premise, "row") if isinstance(premise, str) else premise for premise in premises]
    names = ", ".join(str(n) for n, _ in enumerate(shown, 1))
    lines = [("% by: assumption\n", *premise) for premise in shown]
    lines.append((f"% from: {names}\n% by: order {order} in s\n", *claim))
    text = [
        f"% scope: {scope}\n\n{how}\\begin{{equation}}\n{tex}\n\\tag{{{n}}}\n\\end{{equation}}\n"
        for n, (how, tex, scope) in enumerate(lines, 1)
    ]
    (folder / "paper.tex").write_text("\n".join(["\\section{One}\n", *text]), encoding="utf-8")
    return Verifier(load_paper(folder)).result(str(len(lines)))


LIMIT = (rf"{TIME}=-c\frac{{\partial\phi}}{{\partial x_1}}", "line")
SECOND = (r"\phi_i(t+2)-2\phi_i(t+1)+\phi_i(t)=\phi_i(t)-2\phi_i(t-1)+\phi_i(t-2)", "row")


def test_the_evidence_names_the_models_and_the_remainder(tmp_path: Path) -> None:
    result = judged(tmp_path, LIMIT, [CARRIED], 1)
    assert result.verdict == "proved-to-order"
    assert any("slowly varying fields" in said and REMAINDER in said for said in result.evidence)


def test_a_wrong_series_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "factorial", lambda _: 1)
    wrong = (rf"{TIME}+\frac{{\partial^2\phi}}{{\partial x_0^2}}=-c\frac{{\partial\phi}}{{\partial x_1}}"
             r"+c\frac{\partial^2\phi}{\partial x_1^2}", "line")  # fmt: skip
    with pytest.raises(SoundnessError, match="order 2"):
        judged(tmp_path, wrong, [CARRIED], 2)


def test_a_series_that_is_cut_too_early_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = expansion.Weights.cut
    monkeypatch.setattr(expansion.Weights, "cut", lambda self, e: cut(replace(self, order=min(self.order, 1)), e))
    with pytest.raises(SoundnessError, match="order 2"):
        judged(tmp_path, LIMIT, [CARRIED], 2)


def test_a_shift_that_is_turned_round_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shifted = expansion.Weights.shifted

    def turned(self: expansion.Weights, thing: expansion.Field) -> Element:
        sites = tuple((direction, -n) for direction, n in thing.move.sites)
        return shifted(self, replace(thing, move=replace(thing.move, sites=sites)))

    monkeypatch.setattr(expansion.Weights, "shifted", turned)
    wrong = LIMIT[0].replace("=-c", "=c"), LIMIT[1]
    with pytest.raises(SoundnessError, match="order 1"):
        judged(tmp_path, wrong, [CARRIED], 1)


def test_a_wrong_remainder_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = expansion.Weights.part
    monkeypatch.setattr(expansion.Weights, "part", lambda self, e, n: part(self, e, n).scaled(Fraction(2)))
    with pytest.raises(SoundnessError, match="order 2"):
        judged(tmp_path, LIMIT, [CARRIED], 1)
