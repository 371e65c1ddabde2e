"""Verdicts as JUnit XML, which every continuous integration reads: a suite for each paper, a case for each line.

A refuted or conditional line is a failure, an open one is skipped, a recorded finding that is not borne out is an
error; every other line passes. This is about the paper. Whether its encoding is settled, the exit code says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reports.messages import message
from reports.outline import FINDINGS, VERDICTS, clean
from reports.places import Places


def junit(papers: Sequence[Mapping[str, Any]], places: Mapping[str, Places]) -> str:
    """The text of a JUnit file about the papers of one run, by the places of their lines."""
    papers = clean(papers)
    root = Element("testsuites", {"name": "derive"})
    totals: Counter[str] = Counter()
    for paper in papers:
        totals += _suite(SubElement(root, "testsuite"), paper, places[paper["id"]])
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(totals[key]))
    indent(root, " ")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{tostring(root, encoding='unicode')}\n"


def _suite(suite: Element, paper: Mapping[str, Any], where: Places) -> Counter[str]:
    lines = paper["equations"]
    verdicts = Counter(line["verdict"] for line in lines)
    properties = SubElement(suite, "properties")
    for verdict in VERDICTS:
        SubElement(properties, "property", {"name": verdict, "value": str(verdicts[verdict])})
    counts: Counter[str] = Counter(tests=len(lines))
    for line in lines:
        named = {"classname": paper["id"], "name": line["number"], "file": where.file}
        case = SubElement(suite, "testcase", {**named, "line": str(where.row(line["number"]))})
        if line.get("seconds"):
            case.set("time", f"{line['seconds']:.3f}")
        outcome = _outcome(line)
        if outcome:
            counts[{"failure": "failures", "error": "errors", "skipped": "skipped"}[outcome]] += 1
            said = {"message": message(line)}
            kind = {} if outcome == "skipped" else {"type": line["verdict"]}
            SubElement(case, outcome, {**kind, **said})
    suite.set("name", paper["id"])
    for key in ("tests", "failures", "errors", "skipped"):
        suite.set(key, str(counts[key]))
    return counts


def _outcome(line: Mapping[str, Any]) -> str:
    if not line.get("borne_out", True):
        return "error"
    if line["verdict"] in FINDINGS:
        return "failure"
    return "skipped" if line["verdict"] == "open" else ""
