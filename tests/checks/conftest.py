"""Predictions of a shipped paper at once, without deciding its lines first."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from checks.predictions import Change, Predictions
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


@cache
def right(paper_id: str) -> Predictions:
    return Predictions(*supposed(paper_id))


@pytest.fixture(scope="session")
def predictions() -> Callable[..., Predictions]:
    """Each test has its own, and all share kernels that are as the lines are."""

    def made(paper_id: str, change: Change | None = None) -> Predictions:
        return right(paper_id).changed(change)

    return made
