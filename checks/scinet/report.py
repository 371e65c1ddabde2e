"""The results as JSON: settings, seeds, versions, numbers and checks, the same bytes for the same trainings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from checks.check import Check
from checks.scinet import ranks
from checks.scinet.experiment import Outcome
from checks.scinet.knee import RULE
from derive.errors import DeriveError

SCHEMA = 1


def as_json(
    outcomes: Sequence[Outcome], checks: Mapping[str, Sequence[Check]], size: str, versions: Any
) -> dict[str, Any]:
    """``checks`` are by name of system; ``size`` is quick or full."""
    return {
        "schema": SCHEMA,
        "size": size,
        "versions": versions,
        "rule of the knee": RULE,
        "ranks": [asdict(rank) for rank in (*map(ranks.qubits, (1, 2, 3)), ranks.pendulum(), ranks.heliocentric())],
        "systems": [
            outcome.as_json() | {"checks": [asdict(check) for check in checks[outcome.system.name]]}
            for outcome in outcomes
        ],
    }


def write(path: Path, results: Mapping[str, Any]) -> None:
    """Raises DeriveError where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise DeriveError(f"the results cannot be written to {path}: {error.strerror}") from error
