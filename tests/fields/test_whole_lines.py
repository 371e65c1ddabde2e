"""False lines in small papers, held against the whole of the program: proof and finite models together."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.errors import EncodingError
from derive.judgement import SoundnessError
from derive.paper import load_paper
from derive.verify import Verifier

FOLDER = Path(__file__).parent
ANNIHILATED = (r"\frac{\partial H(\phi,\pi)}{\partial\pi_i}+(B^T)_i^j\frac{\partial H(\phi,\pi)}{\partial\phi_j}=0",)
AT_THE_NEXT = r"\frac{\partial H(\phi(t+1),\beta(t))}{\partial\beta(t)}"

SLIPS_THROUGH = [
    ("a gradient at the next state", "neuron", "exact", rf"{AT_THE_NEXT}=\phi(t)", (r"H(\phi,\beta)=\phi\beta",)),
    ("a total derivative at the next state", "neuron", "exact",
     r"\frac{dH(\phi(t+1),\beta(t))}{d\beta(t)}=\beta(t)+\phi(t)",
     (r"H(\phi,\beta)=\frac{1}{2}\phi^2+\frac{1}{2}\beta^2", r"\phi(t+1)=\phi(t)+\beta(t)")),
    ("a bias that the trainable variables make is held", "neurons", "exact",
     r"\frac{\partial H(\phi,\pi)}{\partial\pi_i}=0",
     (r"H(\phi,\pi)=\frac{1}{2}\beta^i\beta_i", r"\beta_i=B_i^j\pi_j")),
    ("one column for all", "neurons", "exact", r"W_i^j=B_i^j", (r"W_i^j\phi_j=B_i^j\phi_j",)),
    ("a matrix of sites past a shift", "sites", "exact", r"W_{\bf i}^{\bf j}\phi_{\bf j+e_1}(t)=0",
     (r"W_{\bf i}^{\bf j}\phi_{\bf j}(t)=0",)),
    ("a small denominator", "weighted", "order 0 in s", r"\frac{\phi(t+1)}{m}=\frac{\phi(t)}{m}", ()),
    ("a small denominator in a premise", "weighted", "order 0 in s", r"\beta(t)=\gamma(t)",
     (r"\beta(t)=\gamma(t)+\frac{\phi(t+1)-\phi(t)}{m}",)),
    ("a power of a matrix whose square is not -1", "powers", "order 1 in s",
     r"\left(J^{\theta_i(t)-\theta_i(t+1)}\right)^a_b\phi^b_i"
     r"+\left(L^{\theta_i(t)-\theta_i(t+1)}\right)^a_b\phi^b_i-2\phi^a_i=0", (r"L^a_b=-J^a_b",)),
    ("a sum of functions as a general solution", "neurons", "general solution of 1",
     r"H(\phi,\pi)=\sum_iF_i(\phi_i-B_i^j\pi_j)", ANNIHILATED),
]  # fmt: skip
STOPPED = [
    ("a diagonal entry", "neurons", "exact", r"\beta_i=W_i^i\phi_i", (r"\beta_i=W_i^j\phi_j",)),
    ("a matrix at another time", "timed", "exact", r"X_i^j(t)\phi_j(t+1)=W_i^j\pi_j(t+1)",
     (r"X_i^j(t)\phi_j(t)=W_i^j\pi_j(t)",)),
]  # fmt: skip


def verdict(folder: Path, scope: str, by: str, text: str, premises: tuple[str, ...]) -> str:
    more = (FOLDER / "hostile.toml").read_text(encoding="utf-8")
    notation = (FOLDER / "models.toml").read_text(encoding="utf-8") + more[more.index("[scope.") :]
    (folder / "notation.toml").write_text(notation, encoding="utf-8")
    shown = [(f"% by: {by}\n", text, "9")]
    if premises:
        shown = [(f"% from: {', '.join(str(n) for n in range(1, len(premises) + 1))}\n% by: {by}\n", text, "9")]
    before = [("% by: assumption\n", premise, str(n)) for n, premise in enumerate(premises, 1)]
    lines = [f"{how}\\begin{{equation}}\n{tex}\n\\tag{{{n}}}\n\\end{{equation}}\n" for how, tex, n in (*before, *shown)]
    (folder / "paper.tex").write_text("\n".join(["\\section{One}\n", f"% scope: {scope}\n", *lines]), encoding="utf-8")
    return Verifier(load_paper(folder)).result("9").verdict


@pytest.mark.parametrize(
    ("scope", "by", "text", "premises"),
    [pytest.param(*rest, id=name) for name, *rest in SLIPS_THROUGH],
)
def test_a_false_line_gets_no_verdict_of_truth(
    tmp_path: Path, scope: str, by: str, text: str, premises: tuple[str, ...]
) -> None:
    assert verdict(tmp_path, scope, by, text, premises) in ("refuted", "open", "supported")


@pytest.mark.parametrize(("scope", "by", "text", "premises"), [pytest.param(*rest, id=name) for name, *rest in STOPPED])
def test_finite_models_stop_a_wrong_proof(
    tmp_path: Path, scope: str, by: str, text: str, premises: tuple[str, ...]
) -> None:
    try:
        found = verdict(tmp_path, scope, by, text, premises)
    except SoundnessError:
        return
    assert found in ("refuted", "open", "supported")


DEGENERATE = [
    ("the same with both signs", "sites", r"-\phi_{\bf i}(t)\equiv\phi_{\bf i}(t)"),
    ("twice itself", "neurons", r"\phi_i=2\phi_i"),
]


@pytest.mark.parametrize(("scope", "text"), [pytest.param(*rest, id=name) for name, *rest in DEGENERATE])
def test_a_definition_that_leaves_nothing_but_zero_is_an_error(tmp_path: Path, scope: str, text: str) -> None:
    with pytest.raises(EncodingError, match="no value but zero"):
        verdict(tmp_path, scope, "definition", text, ())


def test_a_definition_that_names_what_there_is_is_none(tmp_path: Path) -> None:
    assert verdict(tmp_path, "neurons", "definition", r"\phi_i\equiv\phi_i", ()) == "definition"
