"""The sample paper, fresh for each test."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


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
