"""Predictions of a shipped paper at once, without deciding its lines first."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from checks.predictions import Predictions
from derive.compile import Settled
from derive.paper import Paper, load_paper
from derive.statement import Reading


@cache
def supposed(paper_id: str) -> tuple[Paper, dict[str, Settled]]:
    """A line with a recorded correction counts as refuted here, any other one as proved: what the papers' own tests
    show."""
    paper = load_paper(paper_id)
    reading = Reading(paper)
    settled = {}
    for equation in paper.equations:
        line = reading.line(equation.number) if equation.is_annotated else None
        corrected = line is not None and line.corrected is not None
        settled[equation.number] = Settled("refuted" if corrected else "proved")
    return paper, settled


@pytest.fixture(scope="session")
def predictions() -> Callable[..., Predictions]:
    def made(paper_id: str, **options: Any) -> Predictions:
        paper, settled = supposed(paper_id)
        return Predictions(paper, settled, **options)

    return made
