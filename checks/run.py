"""Runs the experiments on a paper's lines, and writes what they found: results as JSON, pictures as PNG and SVG."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from checks.check import Outcome, Size
from checks.experiment import SEED, Experiment
from checks.pictures import draw, write
from checks.predictions import Predictions
from derive.errors import DeriveError

SCHEMA = 1
LIBRARIES = ("derive-verifier", "numpy", "scipy", "jax", "matplotlib", "equinox", "optax")
EXTRAS = {"equinox": "scinet", "optax": "scinet", "jax": "checks", "matplotlib": "checks", "scipy": "checks"}
"""Which extra installs a library."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """An experiment with its outcome; without one it waits for lines that are open."""

    paper: str
    experiment: Experiment
    outcome: Outcome | None
    used: tuple[str, ...]
    """The lines whose kernels or formulas predicted, as ``59 corrected``."""
    waits_for: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        return 0 if self.outcome is None else sum(not check.passed for check in self.outcome.checks)


def run_experiments(
    predict: Predictions, experiments: Sequence[Experiment], size: Size, after: Progress | None = None
) -> list[Found]:
    """The outcomes, in order. ``after`` is told the name of each experiment that is done.

    Raises DeriveError where a library is missing, and says which extra installs it.
    """
    found = []
    for experiment in experiments:
        waits = predict.open_lines(experiment.lines)
        outcome = None
        predict.begin()
        if not waits:
            try:
                outcome = experiment.run(predict, size)
            except ModuleNotFoundError as error:
                missing = (error.name or "").split(".")[0]
                if missing not in EXTRAS:
                    raise
                extra = f"pip install 'derive-verifier[{EXTRAS[missing]}]'"
                raise DeriveError(f"{experiment.name} needs {missing}, which is not installed: {extra}") from error
        found.append(Found(predict.paper.id, experiment, outcome, tuple(predict.used), waits))
        if after is not None:
            after(experiment.name)
    return found


def as_json(paper: str, found: Sequence[Found], size: Size, pictures: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The results of a paper: no clock, so that the same run gives the same bytes. ``pictures`` by experiment."""
    return {
        "schema": SCHEMA,
        "paper": paper,
        "size": size,
        "seed": SEED,
        "versions": versions(),
        "experiments": [
            {
                "name": one.experiment.name,
                "title": one.experiment.title,
                "lines": list(one.experiment.lines),
                "used": list(one.used),
                "waits_for": list(one.waits_for),
                "pictures": list(pictures.get(one.experiment.name, ())),
                "checks": [] if one.outcome is None else [_check(check) for check in one.outcome.checks],
            }
            for one in found
        ],
    }


def _check(check: Any) -> dict[str, Any]:
    return asdict(check) | {"numbers": dict(check.numbers)}


def versions() -> dict[str, str]:
    """Of Python and of the libraries that are installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_results(paper: str, found: Sequence[Found], size: Size, folder: Path) -> list[Path]:
    """Writes ``results.json`` and the pictures into a folder of the paper's own. Raises DeriveError if it cannot."""
    folder = folder / paper
    paths: list[Path] = []
    pictures: dict[str, list[str]] = {}
    for one in found:
        figure = None if one.outcome is None else draw(one.outcome, one.experiment.title)
        if figure is not None:
            written = write(figure, folder / one.experiment.name)
            pictures[one.experiment.name] = [path.name for path in written]
            paths += written
    target = folder / "results.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(as_json(paper, found, size, pictures), indent=1, ensure_ascii=False)
        target.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise DeriveError(f"the results cannot be written to {target}: {error.strerror}") from error
    return [target, *paths]
