"""The kernels to test with, as a module."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def inputs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kernel_inputs", Path(__file__).with_name("inputs.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
