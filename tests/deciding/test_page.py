"""The page on deciding: its examples run, and it names every method that leaves a certificate."""

from __future__ import annotations

import doctest
from pathlib import Path

from derive.deciding.domain import KINDS
from derive.deciding.replay import CHECKS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "deciding.md"


def test_the_examples_run() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted >= 10
    assert result.failed == 0


def test_every_method_and_every_kind_of_domain_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    assert [kind for kind in CHECKS if f"`{kind}`" not in text] == []
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []
