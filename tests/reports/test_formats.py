"""Every format tells of the same run: the counts are equal, and the machine formats keep to their schemas."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports import write_index, write_latex, write_markdown, write_page
from reports.errata import errata
from reports.junit import junit
from reports.outline import VERDICTS, WORDS
from reports.places import places
from reports.sarif import sarif

HTML = "{http://www.w3.org/1999/xhtml}"
ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "reports" / "schemas" / "verify.json"


def counts_of(paper) -> dict[str, int]:
    found = Counter(line["verdict"] for line in paper["equations"])
    return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}


def in_page(paper, folder) -> dict[str, int]:
    root = ElementTree.parse(write_page(paper, folder)).getroot()
    labels = {label.get("for"): label for label in root.iter(f"{HTML}label")}
    chips = {v: labels[f"show-{v}"] for v in VERDICTS if f"show-{v}" in labels}
    return {verdict: int(label.find(f"{HTML}b").text) for verdict, label in chips.items()}


def in_lines_of_page(paper, folder) -> dict[str, int]:
    root = ElementTree.parse(write_page(paper, folder)).getroot()
    classes = [a.get("class").split() for a in root.iter(f"{HTML}article")]
    found = Counter(word[2:] for words in classes for word in words if word.startswith("v-"))
    found["open"] += len(root.findall(f".//{HTML}details[@class='waiting line v-open']/{HTML}ul/{HTML}li"))
    return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}


def in_index(paper, folder) -> dict[str, int]:
    root = ElementTree.parse(write_index([paper], folder)).getroot()
    names = [cell.get("class")[2:] for cell in root.find(f".//{HTML}thead").iter(f"{HTML}th") if cell.get("class")]
    row = [cell.text for cell in root.find(f".//{HTML}tbody").iter(f"{HTML}td")]
    assert row[0] == str(len(paper["equations"]))
    return {name: int(number) for name, number in zip(names, row[1:], strict=True)}


def in_latex(paper, folder) -> dict[str, int]:
    text = write_latex(paper, folder).read_text("utf-8")
    return {v: int(n) for v, n in re.findall(r"^\\verdict\{([\w-]+)\}\{[^}]*\} & (\d+) \\\\$", text, re.MULTILINE)}


def in_lines_of_latex(paper, folder) -> dict[str, int]:
    text = write_latex(paper, folder).read_text("utf-8")
    found = Counter(re.findall(r"^\\lineof\{[^}]*\}\{[^}]*\}\{([\w-]+)\}", text, re.MULTILINE))
    found["open"] += len(re.findall(r"^\\item\[\\hypertarget", text, re.MULTILINE))
    return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}


def in_markdown(paper, folder) -> dict[str, int]:
    text = write_markdown(paper, folder).read_text("utf-8")
    listed = re.search(r"^\d+ lines: (.*)\.$", text, re.MULTILINE)[1]
    words = {word: verdict for verdict, word in WORDS.items()}
    return {words[name]: int(number) for number, name in re.findall(r"(\d+) ([a-z ]+)", listed)}


FORMATS = [in_page, in_lines_of_page, in_index, in_latex, in_lines_of_latex, in_markdown]


@pytest.mark.parametrize("counted", FORMATS)
def test_the_counts_of_a_report_are_those_of_the_run(counted, example, paper, tmp_path):
    for shown in (example.paper, paper):
        assert counted(shown, tmp_path) == counts_of(shown)


@pytest.mark.parametrize("counted", FORMATS)
def test_the_counts_follow_the_run(counted, paper, tmp_path):
    before = counted(paper, tmp_path)
    line = next(line for line in paper["equations"] if line["verdict"] == "proved")
    line["verdict"] = "refuted"
    after = counted(paper, tmp_path)
    assert after["refuted"] == before["refuted"] + 1
    assert after["proved"] == before["proved"] - 1


def test_the_counts_of_the_machine_formats_are_those_of_the_run(example):
    where = {example.source.id: places(example.source)}
    wanted = {verdict: counts_of(example.paper).get(verdict, 0) for verdict in VERDICTS}
    assert example.json["counts"] == wanted
    run = json.loads(sarif([example.raw], where))["runs"][0]
    assert run["properties"]["counts"] == wanted
    assert Counter(result["ruleId"] for result in run["results"]) == {"refuted": 2, "conditional": 1}
    suite = ElementTree.fromstring(junit([example.raw], where).partition("\n")[2]).find("testsuite")
    told = {entry.get("name"): int(entry.get("value")) for entry in suite.iter("property")}
    assert told == wanted
    assert int(suite.get("failures")) == wanted["refuted"] + wanted["conditional"] == len(list(suite.iter("failure")))
    assert int(suite.get("tests")) == sum(wanted.values()) == len(list(suite.iter("testcase")))


def test_the_erratum_counts_and_tells_the_findings_of_the_run(example):
    text = errata(example.paper)
    assert "15 lines: 2 refuted, 1 conditional." in text
    named = re.findall(r"^\\erratum\{[^}]*\}\{([^}]*)\}\{([\w-]+)\}", text, re.MULTILINE)
    assert set(named) == {("(5)", "refuted"), ("(11)", "refuted"), ("(14)", "conditional")}


# -- schemas ---------------------------------------------------------------------------------------------------------


def validator():
    jsonschema = pytest.importorskip("jsonschema", reason="no jsonschema")
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_what_verify_writes_keeps_to_its_schema(example, prints):
    check = validator()
    check.validate(json.loads(json.dumps(example.json)))
    counts = dict.fromkeys(example.json["counts"], 0)
    check.validate({"schema": 1, "papers": prints, "counts": counts})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("verdict", "fine"),
        ("verdict", None),
        ("number", ""),
        ("premises", "1, 2"),
        ("order", "2"),
        ("witness", {"values": {"x": 1.5}, "lhs": "1", "rhs": "2"}),
        ("witness", {"values": {}, "lhs": "1"}),
        ("new", 1),
        ("kind", "claim"),
    ],
)
def test_the_schema_refuses_what_is_wrong(example, key, value):
    wrong = copy.deepcopy(example.json)
    wrong["papers"][0]["equations"][0][key] = value
    assert not validator().is_valid(wrong)


def test_the_schema_wants_every_key(example):
    check = validator()
    for key in example.json["papers"][0]["equations"][0]:
        wrong = copy.deepcopy(example.json)
        del wrong["papers"][0]["equations"][0][key]
        assert not check.is_valid(wrong), key


def test_sarif_keeps_to_the_standard_and_points_at_the_print(example):
    model = pytest.importorskip("sarif_pydantic", reason="no sarif-pydantic")
    text = sarif([example.raw], {example.source.id: places(example.source, ROOT)})
    read = model.Sarif.model_validate_json(text)
    assert read.version == "2.1.0"
    assert read.runs[0].tool.driver.name == "derive"
    file = (EXAMPLE / "paper.tex").read_text("utf-8").splitlines()
    for result in json.loads(text)["runs"][0]["results"]:
        place = result["locations"][0]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "examples/coupled-oscillators/paper.tex"
        number = place["logicalLocations"][0]["fullyQualifiedName"].partition(":")[2]
        latex = next(line["latex"] for line in example.paper["equations"] if line["number"] == number)
        row = file[place["physicalLocation"]["region"]["startLine"] - 1]
        assert latex.splitlines()[0].strip() in row or row.strip().startswith(r"\begin")


def test_a_finding_that_is_not_borne_out_is_an_error(example):
    raw = copy.deepcopy(example.raw)
    raw["equations"][5]["borne_out"] = False
    where = {example.source.id: places(example.source)}
    results = json.loads(sarif([raw], where))["runs"][0]["results"]
    assert [r["level"] for r in results if r["ruleId"] == "not-borne-out"] == ["error"]
    assert ElementTree.fromstring(junit([raw], where).partition("\n")[2]).get("errors") == "1"


def test_junit_is_read_by_a_reader_of_junit(example, tmp_path):
    reader = pytest.importorskip("junitparser", reason="no junitparser")
    path = tmp_path / "verdicts.xml"
    path.write_text(junit([example.raw], {example.source.id: places(example.source)}), "utf-8")
    suites = reader.JUnitXml.fromfile(str(path))
    cases = {case.name: case for suite in suites for case in suite}
    assert list(cases) == [line["number"] for line in example.paper["equations"]]
    assert cases["5"].result[0].message.startswith("(5) is refuted: The factor one half of the first term is lost.")
    assert not cases["4"].result


def test_hostile_text_stays_text_in_the_machine_formats(sample):
    paper = sample.paper()
    for line in paper["equations"]:
        line |= {"note": sample.HOSTILE + "\x00\x1b]]>", "latex": sample.HOSTILE, "evidence": [], "correction": None}
    where = {paper["id"]: places_of(paper)}
    root = ElementTree.fromstring(junit([paper], where).partition("\n")[2])
    assert not {element.tag for element in root.iter()} & {"script", "img"}
    assert sample.HOSTILE in next(root.iter("failure")).get("message").replace("\ufffd", "")
    assert "\x00" not in sarif([paper], where)


def places_of(paper):
    from reports.places import Places

    return Places("a folder/paper.tex", {line["number"]: 3 for line in paper["equations"]})


EXAMPLE = ROOT / "examples" / "coupled-oscillators"
