"""The example paper goes the same way as the shipped ones: exact verdicts, and its two planted mistakes found."""

from functools import cache
from pathlib import Path

import pytest

from derive.kernels import lambdify
from derive.paper import load_paper
from derive.verdict import SETTLED, Result
from derive.verify import Verifier

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "coupled-oscillators"
VERDICTS = {
    "1": "definition",
    "2": "definition",
    "claim-momentum": "proved",
    "3": "definition",
    "4": "proved",
    "5": "refuted",
    "6": "proved",
    "7": "proved",
    "8": "definition",
    "9": "proved-to-order",
    "10": "proved",
    "11": "refuted",
    "12": "definition",
    "13": "proved",
    "14": "conditional",
}
MISTAKES = ("5", "11")
STANDS_IN = "T = \\frac{1}{2} M V^2 + \\frac{1}{2} \\sum_i m_i u_i^2 -- the factor"


def written(folder: Path, *changes: tuple[str, str]) -> Verifier:
    """A verifier of a copy of the example in which some text is replaced."""
    tex = (EXAMPLE / "paper.tex").read_text("utf-8")
    for old, new in changes:
        assert tex.count(old) == 1, old
        tex = tex.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "paper.tex").write_text(tex, "utf-8")
    (folder / "notation.toml").write_bytes((EXAMPLE / "notation.toml").read_bytes())
    return Verifier(load_paper(folder))


BLACK_BODY = EXAMPLE.parent / "black-body"
OVEN = {
    **dict.fromkeys(("1", "4", "7"), "definition"),
    **dict.fromkeys(("2", "3", "5", "8", "9", "11", "12", "13"), "proved"),
    **dict.fromkeys(("6", "10"), "refuted"),
}


def test_an_oven_with_integrals_and_series_has_two_mistakes() -> None:
    found = {result.number: result for result in Verifier(load_paper(BLACK_BODY)).results()}
    assert {number: result.verdict for number, result in found.items()} == OVEN
    assert all(result.borne_out for result in found.values())
    assert not found["9"].follows, "the energy of a photon rests on the corrected law"
    assert any("the sides do not agree" in said for said in found["6"].evidence), "the units tell the lost power"
    assert found["6"].witness is not None


RELAXATION = EXAMPLE.parent / "relaxation"
FORGOTTEN = {
    **dict.fromkeys(("1", "5"), "assumption"),
    **dict.fromkeys(("2", "3", "6", "8", "10", "11"), "proved"),
    **dict.fromkeys(("4", "7"), "refuted"),
    "9": "definition",
}


def test_a_recursion_and_differential_equations_have_two_mistakes() -> None:
    found = {result.number: result for result in Verifier(load_paper(RELAXATION)).results()}
    assert {number: result.verdict for number, result in found.items()} == FORGOTTEN
    assert all(result.borne_out for result in found.values())
    assert any("induction on $n$" in said for said in found["6"].evidence)
    assert found["7"].witness is not None


SOFTMAX = {
    **dict.fromkeys(("1", "5", "7", "11", "13"), "definition"),
    **dict.fromkeys(("2", "3", "4", "8", "10", "12", "14", "15", "18"), "proved"),
    **dict.fromkeys(("6", "9"), "refuted"),
    **dict.fromkeys(("16", "17"), "assumption"),
}


def test_the_derivatives_of_a_softmax_have_two_mistakes() -> None:
    found = {result.number: result for result in Verifier(load_paper(EXAMPLE.parent / "softmax")).results()}
    assert {number: result.verdict for number, result in found.items()} == SOFTMAX
    assert all(result.borne_out for result in found.values())


@cache
def results() -> dict[str, Result]:
    return {result.number: result for result in Verifier(load_paper(EXAMPLE)).results()}


def test_verdicts() -> None:
    assert {number: result.verdict for number, result in results().items()} == VERDICTS
    assert set(VERDICTS.values()) <= SETTLED


def test_every_finding_is_borne_out() -> None:
    assert [number for number, result in results().items() if not result.borne_out] == []


@pytest.mark.parametrize("number", MISTAKES)
def test_a_mistake_has_a_witness_and_a_proved_correction(number: str) -> None:
    result = results()[number]
    assert result.witness is not None
    assert result.witness.lhs != result.witness.rhs
    assert result.correction is not None
    assert any(said.startswith("the correction is proved") for said in result.evidence)
    assert result.inherits == ()


def test_the_missing_half_is_told() -> None:
    assert r"printed minus corrected is $\sum_{d} \frac{M V^{(d)2}}{2}$" in results()["5"].evidence


def test_a_line_after_a_mistake_is_right_and_does_not_follow_from_it() -> None:
    result = results()["7"]
    assert (result.verdict, result.follows, result.holds_for) == ("proved", False, "all N and D")


def test_the_expansion_has_its_remainder_of_fourth_order() -> None:
    result = results()["9"]
    assert result.order == 2
    assert result.remainder is not None
    assert r"\theta_{i}^{4}" in result.remainder
    assert any("goes as $s^{4.000}$" in said for said in result.evidence)


def test_the_slip_is_listed() -> None:
    assert results()["6"].slips == (r"$\vec{v}_k$ is read as $\vec{v}_j$: there is no sum over k",)


def test_the_condition_has_a_witness_without_it() -> None:
    result = results()["14"]
    assert len(result.hypotheses) == 1
    assert result.hypotheses[0].endswith(r"\ll 1$")
    assert result.witness is not None


def test_without_corrections_the_mistakes_are_not_borne_out(tmp_path: Path) -> None:
    tex = (EXAMPLE / "paper.tex").read_text("utf-8")
    lines = [line for line in tex.splitlines() if not line.startswith("% corrected:")]
    (tmp_path / "paper.tex").write_text("\n".join(lines), "utf-8")
    (tmp_path / "notation.toml").write_bytes((EXAMPLE / "notation.toml").read_bytes())
    stripped = {result.number: result for result in Verifier(load_paper(tmp_path)).results()}
    assert {number for number, result in stripped.items() if not result.borne_out} == set(MISTAKES)
    # nothing is proved from a mistake: (7) rests on (5)
    assert stripped["7"].verdict == "supported"
    better = [n for n, result in stripped.items() if result.verdict == "proved" and VERDICTS[n] != "proved"]
    assert better == []


def test_a_wrong_correction_is_noticed(tmp_path: Path) -> None:
    wrong = STANDS_IN.replace(r"T = \frac{1}{2}", r"T = \frac{1}{3}")
    assert not written(tmp_path, (STANDS_IN, wrong)).result("5").borne_out


def test_a_correction_of_a_line_that_holds_is_noticed(tmp_path: Path) -> None:
    result = written(tmp_path, ("  T = M V^2 + ", "  T = \\frac{1}{2} M V^2 + ")).result("5")
    assert (result.verdict, result.borne_out) == ("proved", False)


@pytest.mark.parametrize(
    ("number", "old", "new"),
    [
        ("2", r"\vec{V} = \frac{1}{M}", r"\vec{V} = \frac{2}{M}"),
        ("4", r"\frac{1}{2} M V^2 + \vec{V} \cdot", r"\frac{1}{2} M V^2 - \vec{V} \cdot"),
        ("6", r"u_i^2 = \frac{1}{2M}", r"u_i^2 = \frac{1}{M}"),
        ("7", r"\frac{1}{4M}", r"\frac{1}{2M}"),
        ("9", r"U \approx \frac{1}{2} \sum_i", r"U \approx \sum_i"),
        ("9", r"\left( \theta_i - \theta_j \right)^2", r"\left( \theta_i + \theta_j \right)^2"),
        ("10", r"m_i \omega^2 + \kappa N", r"m_i \omega^2 + \kappa"),
        ("13", r"= \alpha_i \alpha_j +", r"= \alpha_i \alpha_j -"),
        ("14", r"\approx \alpha_i \alpha_j .", r"\approx 2 \alpha_i \alpha_j ."),
    ],
)
def test_a_changed_line_changes_a_verdict(tmp_path: Path, number: str, old: str, new: str) -> None:
    verifier = written(tmp_path, (old, new))
    users = {"2": "claim-momentum"}
    assert verifier.result(users.get(number, number)).verdict not in (VERDICTS[number], "proved")


def test_a_premise_left_out_breaks_the_proof(tmp_path: Path) -> None:
    assert written(tmp_path, ("% from: 3, 1, relative", "% from: 3, 1")).result("4").verdict == "supported"
    assert written(tmp_path, ("% from: 9, frequency", "% from: 9")).result("10").verdict == "supported"


def test_a_dropped_term_whose_remainder_is_not_shown_is_not_refuted(tmp_path: Path) -> None:
    # the two sides of a line that drops a term differ by that term; that alone says nothing against the line
    direct = written(
        tmp_path,
        ("% from: 13, equipartition", "% from: equipartition"),
        (r"\approx \alpha_i \alpha_j .", r"\mathbb{E}[\theta_i \theta_j] \approx \alpha_i \alpha_j ."),
    )
    assert direct.result("14").verdict in ("supported", "open")


def test_a_kernel_of_the_kinetic_energy() -> None:
    from derive.compile import kernel_input

    verifier = Verifier(load_paper(EXAMPLE))
    values = {"m": [1.0, 2.0], "v": [[0.5, 0.0], [0.0, -1.0]]}
    assert lambdify(kernel_input(verifier, "7", "as printed"))(**values) == pytest.approx(1.125)
    assert lambdify(kernel_input(verifier, "5", "corrected"))(**values) == pytest.approx(1.125)
    assert lambdify(kernel_input(verifier, "5", "as printed"))(**values) != pytest.approx(1.125)
