"""A sample of the corpus with a fixed seed: nothing called wrongly, most proved, variants refuted, replayed.

`make corpus` measures all of it.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent / "corpus"
SEED = 20240501
PER_TOPIC = 2


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


reading = _load("reading")
measure = _load("measure")
EVERYTHING = [identity for half in reading.HALVES for identity in reading.read(half)]


def sample() -> list:
    """Some identities of every topic."""
    topics = defaultdict(list)
    for identity in EVERYTHING:
        topics[identity.topic].append(identity)
    chooser = random.Random(SEED)
    return [one for topic in sorted(topics) for one in chooser.sample(topics[topic], PER_TOPIC)]


def test_the_corpus_is_large_and_every_entry_has_a_source_and_a_false_variant() -> None:
    assert len(EVERYTHING) >= 200
    assert len({identity.name for identity in EVERYTHING}) == len(EVERYTHING)
    for identity in EVERYTHING:
        assert identity.source
        assert identity.false != identity.rhs, identity.name
    halves = [sum(identity.half == half for identity in EVERYTHING) for half in reading.HALVES]
    assert abs(halves[0] - halves[1]) <= 5
    assert halves[2] >= 150


def test_a_sample_is_called_rightly() -> None:
    calls = [measure.call(identity, 30.0) for identity in sample()]
    assert [one.identity.name for one in calls if one.wrong] == []
    proved = [one for one in calls if one.true.verdict == "proved"]
    assert len(proved) >= 0.8 * len(calls), measure.table(calls)
    assert sum(one.false.verdict == "refuted" for one in calls) >= 0.95 * len(calls), measure.table(calls)
    assert [one.identity.name for one in proved if not one.true.replay()] == []


def test_branches_cases_parities_and_hypotheses_are_called_rightly() -> None:
    """Identities beyond the two halves that were looked for to mislead the procedure, each with a false variant."""
    identities = list(reading.read_file(HERE / "adversarial.toml"))
    calls = [measure.call(identity, 30.0) for identity in identities]
    assert len(calls) >= 70
    assert [one.identity.source for one in calls if one.wrong] == []
    assert [one.identity.source for one in calls if one.false.verdict != "refuted"] == []
    assert sum(one.true.verdict == "proved" for one in calls) >= 0.7 * len(calls), measure.table(calls)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("__import__('os').system('true')", "not a formula"),
        ("x.subs(1, 2)", "not a formula"),
        ("open('a')", "unknown function open"),
        ("secret", "unknown name secret"),
        ("1.5*pi", "not a formula"),
        ("sin(", "not a formula"),
    ],
)
def test_a_formula_is_data_and_never_code(formula: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        reading.build(formula, {})
