"""Every experiment in its quick size: all checks pass, and each says what it predicts, measures and asks for."""

from __future__ import annotations

import pytest

pytest.importorskip("jax", reason="needs the extra checks")
pytest.importorskip("scipy", reason="needs the extra checks")

from checks.catalogue import EXPERIMENTS
from checks.check import Outcome
from checks.experiment import Experiment
from checks.pictures import draw
from checks.predictions import Predictions
from derive.paper import load_paper

QUICK = [(one, paper) for one in EXPERIMENTS for paper in one.papers if paper != "scinet-2021"]
"""SciNet has tests of its own, of one seed."""


WITHOUT_KERNEL = {"claim-electrodynamics"}
"""Refuted with a sentence as its correction: only the printed form computes something."""


@pytest.mark.parametrize(("experiment", "paper"), QUICK, ids=lambda part: getattr(part, "name", part))
def test_the_quick_size_passes(experiment: Experiment, paper: str, predictions) -> None:
    predict = predictions(paper)
    outcome = experiment.run(predict, "quick")
    assert outcome.checks
    for check in outcome.checks:
        assert check.passed, str(check)
        assert all(isinstance(text, str) for pair in check.numbers for text in pair)
        assert check.prediction
        assert check.measurement
        assert check.criterion
    of_lines = {name.split()[0] for name in predict.used if name.endswith(("as printed", "corrected"))}
    assert of_lines == set(experiment.lines)
    _both_forms(experiment, predict, outcome)


def _both_forms(experiment: Experiment, predict: Predictions, outcome: Outcome) -> None:
    """Of every refuted line there is a check of the corrected form, and one that the printed form fails."""
    for line in (line for line in experiment.lines if predict.is_refuted(line)):
        mine = [check for check in outcome.checks if f"({line})" in check.statement]
        forms = {check.name.endswith("as printed") for check in mine}
        assert forms == ({True} if line in WITHOUT_KERNEL else {True, False}), line


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: one.name)
def test_the_lines_are_lines_of_the_papers(experiment: Experiment) -> None:
    for paper in experiment.papers:
        assert set(experiment.lines) <= {equation.number for equation in load_paper(paper).equations}


def test_names_are_kept_once() -> None:
    names = [one.name for one in EXPERIMENTS]
    assert len(names) == len(set(names))


def test_pictures_have_their_panels(predictions) -> None:
    for name in ("binary-clusters", "klein-gordon-lattice"):
        experiment, paper = next(pair for pair in QUICK if pair[0].name == name)
        outcome = experiment.run(predictions(paper), "quick")
        figure = draw(outcome, experiment.title)
        assert len(figure.axes) == len(outcome.panels)
        assert all(axes.get_title() for axes in figure.axes)
