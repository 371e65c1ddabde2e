"""The page on SciNet says what was measured, of the settings there are, and its examples run."""

from __future__ import annotations

import doctest
import json
import re
from dataclasses import asdict
from pathlib import Path
from statistics import median

import pytest

from checks.scinet.knee import RULE
from checks.scinet.systems import SYSTEMS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "scinet.md"
TEXT = PAGE.read_text("utf-8")
RESULTS = json.loads((PAGE.parent / "scinet" / "results.json").read_text("utf-8"))
MEASURED = {system["system"]: system for system in RESULTS["systems"]}


def row(name: str) -> str:
    """The row of the table for a system, from the results."""
    found = MEASURED[name]
    rank, errors = found["rank"]["rank"], found["median errors"]
    shown = (errors[str(rank - 1)], errors[str(rank)], errors[str(rank + 1)], list(errors.values())[-1])
    cells = [f"`{name}`", found["unit"], str(rank), str(found["knee"]), *(f"{error:.2g}" for error in shown)]
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("system", [system.name for system in SYSTEMS])
def test_the_table_is_what_was_measured(system: str) -> None:
    assert row(system) in TEXT


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_what_was_measured_is_of_the_settings_there_are(system) -> None:
    assert MEASURED[system.name]["settings"] == json.loads(json.dumps(asdict(system.full)))
    assert MEASURED[system.name]["rank"] == asdict(system.rank())
    assert RESULTS["size"] == "full"
    assert RESULTS["rule of the knee"] == RULE


def test_the_count_of_checks_is_right() -> None:
    checks = [check for system in RESULTS["systems"] for check in system["checks"]]
    failed = [(check["statement"], check["name"]) for check in checks if not check["passed"]]
    assert failed == [("one-qubit", "knee at the rank")]
    assert f"{len(checks) - len(failed)} of {len(checks)} checks pass, and one fails" in TEXT


def test_the_numbers_of_the_text_are_those_of_the_results() -> None:
    text = " ".join(TEXT.split())
    sphere, planets = MEASURED["one-qubit"], MEASURED["heliocentric"]
    errors = sphere["median errors"]
    assert (
        f"to {errors['2'] / errors['1']:.2g} of what it was, and again at three, to {errors['3'] / errors['2']:.2g}"
        in text
    )
    assert f"wrong by {min(pair['worst error'] for pair in sphere['antipodes']):.2f} or more" in text
    found = planets["errors"]["2"]
    assert f"to {median(found):.2%} of a turn, spread {min(found):.2%} to {max(found):.2%} over the seeds" in text
    relations = planets["relations"]
    worse = [min(each["latents by heliocentric angles"]["R²"]) for each in relations]
    assert f"R² = {median(worse):.4f}, spread {min(worse):.4f} to {max(worse):.4f}, on (φ_E, φ_M)" in text
    geocentric = median(min(each["latents by geocentric angles"]["R²"]) for each in relations)
    assert f"and {geocentric:.4f} on (θ_S, θ_M)" in text
    sun, earth = (median(each[f"R² of {name} by the latents"] for each in relations) for name in ("φ_M", "θ_M"))
    assert f"explain {sun:.2%} of φ_M and {earth:.2%} of θ_M" in text
    rest = median(min(each["R² of the rest by the invariant"]) for each in relations)
    assert f"explains {rest:.1%} of what" in text
    third = [sorted(seed) for seed in planets["divergences"]["3"]]
    assert max(seed[0] for seed in third) < 0.02
    assert min(seed[1] for seed in third) > 4


def test_the_examples_run() -> None:
    blocks = "\n".join(re.findall(r"^```pycon\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
    test = doctest.DocTestParser().get_doctest(blocks, {}, "scinet.md", str(PAGE), 0)
    assert doctest.DocTestRunner().run(test).failed == 0
    assert test.examples


def test_all_systems_are_explained() -> None:
    for system in SYSTEMS:
        assert f"| `{system.name}` |" in TEXT
