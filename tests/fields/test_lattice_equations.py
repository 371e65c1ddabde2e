"""Claims on other equations than those of the papers: none that is false is shown, none that is true is refuted."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.paper import load_paper
from derive.verify import Verifier

PAPER = load_paper(Path(__file__).parent / "lattice-equations")
CLAIMS = [equation.number for equation in PAPER.equations if equation.number.startswith("claim-")]
NOT_SHOWN = {"claim-crank-nicolson", "claim-decay-squared", "claim-logistic"}
"""True, and no proof is found: a rule in which both times stand on both sides, and products of fields to an order."""


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(PAPER)


@pytest.mark.parametrize("number", CLAIMS)
def test_claims_on_lattices(verifier: Verifier, number: str) -> None:
    is_true = not number.startswith("claim-not-")
    shown = "supported" if number in NOT_SHOWN else "proved" if is_true else "refuted"
    result = verifier.result(number)
    assert result.verdict.removesuffix("-to-order") == shown, result.evidence
    assert is_true or result.witness is not None


def test_every_premise_has_a_model(verifier: Verifier) -> None:
    premises = [equation.number for equation in PAPER.equations if equation.number not in CLAIMS]
    assert {verifier.result(number).verdict for number in premises} == {"assumption"}
