"""The sample paper, fresh for each test; a real run of the example; all prints of the shipped papers, undecided."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from derive.paper import Paper, load_paper, shipped_papers
from derive.run import Options, contract, not_encoded, run, select
from derive.store import Store

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "coupled-oscillators"


@dataclass(frozen=True)
class Run:
    """A paper and what one run of it gave: as the reports get it, and with what only the command knows."""

    source: Paper
    raw: dict[str, Any]

    @property
    def json(self) -> dict[str, Any]:
        return contract([self.raw])

    @property
    def paper(self) -> dict[str, Any]:
        return self.json["papers"][0]


def _sample() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reports_sample", Path(__file__).with_name("sample.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def sample() -> ModuleType:
    return _sample()


@pytest.fixture(scope="module")
def module_sample() -> ModuleType:
    return _sample()


@pytest.fixture
def paper(sample: ModuleType) -> dict[str, Any]:
    return sample.paper()


@pytest.fixture(scope="session")
def example() -> Run:
    """The example, decided once."""
    selection = select(str(EXAMPLE))
    (paper,) = run([selection], Store(None), Options(jobs=1))
    return Run(selection.paper, paper)


@pytest.fixture(scope="session")
def prints() -> list[dict[str, Any]]:
    """The shipped papers as they are printed, with no line decided: every formula that a report has to set."""
    papers = map(load_paper, shipped_papers())
    raw = [{"id": p.id, "title": p.title, "equations": [not_encoded(e) for e in p.equations]} for p in papers]
    return contract(raw)["papers"]
