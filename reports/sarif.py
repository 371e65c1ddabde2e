"""Findings as SARIF 2.1.0, which code hosts show beside the lines of a LaTeX file.

There is a result for each line that is refuted (an error), conditional (a warning), open or only supported (a note),
and for each recorded finding that the computation does not bear out (an error). Lines that are settled have none; how
many lines have each verdict is in the properties of the run.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from derive import __version__
from reports.messages import message
from reports.outline import VERDICTS, clean
from reports.places import Places

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"refuted": "error", "conditional": "warning", "open": "note", "supported": "note"}
RULES = {
    "refuted": "The line is well-formed and false as printed; there is a point at which it fails.",
    "conditional": "The line holds only under a hypothesis on which the paper is silent.",
    "open": "The line is not encoded, undecided, or out of budget.",
    "supported": "The numbers agree, and no proof was found.",
    "not-borne-out": "What is recorded about the line is not confirmed by the computation.",
}


def sarif(papers: Sequence[Mapping[str, Any]], places: Mapping[str, Places]) -> str:
    """The text of a SARIF file about the papers of one run, by the places of their lines."""
    papers = clean(papers)
    names = list(RULES)
    lines = [(paper, line) for paper in papers for line in paper["equations"]]
    results = [found for paper, line in lines for found in _results(paper["id"], line, places[paper["id"]], names)]
    counts = Counter(line["verdict"] for _, line in lines)
    driver = {
        "name": "derive",
        "version": __version__,
        "rules": [
            {
                "id": name,
                "shortDescription": {"text": text},
                "defaultConfiguration": {"level": LEVELS.get(name, "error")},
            }
            for name, text in RULES.items()
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"counts": {verdict: counts[verdict] for verdict in VERDICTS}},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _results(paper: str, line: Mapping[str, Any], where: Places, names: list[str]) -> list[dict[str, Any]]:
    rules = [line["verdict"]] if line["verdict"] in LEVELS else []
    rules += [] if line.get("borne_out", True) else ["not-borne-out"]
    return [_result(paper, line, where, rule, names.index(rule)) for rule in rules]


def _result(paper: str, line: Mapping[str, Any], where: Places, rule: str, index: int) -> dict[str, Any]:
    number = line["number"]
    print_ = hashlib.sha256(f"{paper}\n{number}\n{line['latex']}".encode()).hexdigest()[:32]
    place = {"artifactLocation": {"uri": quote(where.file)}, "region": {"startLine": where.row(number)}}
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "level": LEVELS.get(rule, "error"),
        "message": {"text": message(line)},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": f"{paper}:{number}"}]}],
        "partialFingerprints": {"printed/v1": print_},
    }
