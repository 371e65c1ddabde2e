"""The page: complete, inert, well-formed, the same bytes each time, legible in both colour schemes."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports import write_index, write_page

HTML = "{http://www.w3.org/1999/xhtml}"
SCRIPT = Path(__file__).parents[2] / "reports" / "templates" / "page.js"
CSS = Path(__file__).parents[2] / "reports" / "templates" / "page.css"
VERDICTS = ["definition", "assumption", "proved", "proved-to-order", "conditional", "refuted", "supported", "open"]


class Seen(HTMLParser):
    """The elements, attributes and text of a page as a browser's tokenizer sees them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.text = ""
        self.scripts: list[str] = []
        self.within = ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.within = tag
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id"]
        self.targets += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        if self.within == "script":
            self.scripts.append(data)
            self.within = ""
        else:
            self.text += data


def seen(path: Path) -> Seen:
    page = Seen()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def test_the_page_is_well_formed_and_has_one_anchor_for_each_line(paper, tmp_path):
    path = write_page(paper, tmp_path)
    root = ElementTree.parse(path).getroot()
    assert path.name == "inference-sample.html"
    assert root.get("lang") == "en"
    page = seen(path)
    assert len(page.ids) == len(set(page.ids))
    assert {f"eq-{line['number']}" for line in paper["equations"]} <= set(page.ids)
    assert {target[1:] for target in page.targets if target.startswith("#")} <= set(page.ids)


def test_every_line_stands_on_the_page_with_its_verdict(paper, tmp_path):
    path = write_page(paper, tmp_path)
    text = seen(path).text
    for line in paper["equations"]:
        if line["kind"] == "equation":
            assert line["latex"] in text
    root = ElementTree.parse(path).getroot()
    articles = {article.get("id"): article for article in root.iter(f"{HTML}article")}
    for line in paper["equations"]:
        article = articles.get(f"eq-{line['number']}")
        if article is None:
            assert line["verdict"] == "open"
        else:
            badge = "".join(article.find(f".//{HTML}span[@class='badge']").itertext())
            assert line["verdict"].replace("-", " ") in badge


def test_the_sample_has_every_verdict(paper):
    assert {line["verdict"] for line in paper["equations"]} == set(VERDICTS)


def test_findings_are_listed_in_order_of_consequence(paper, tmp_path):
    root = ElementTree.parse(write_page(paper, tmp_path)).getroot()
    findings = root.find(f".//{HTML}ol[@class='findings']")
    assert [link.get("href") for link in findings.iter(f"{HTML}a")] == ["#eq-54", "#eq-elbo-2", "#eq-59", "#eq-57"]


def test_lines_that_are_not_encoded_do_not_drown_the_page(paper, tmp_path):
    root = ElementTree.parse(write_page(paper, tmp_path)).getroot()
    (details,) = root.findall(f".//{HTML}details[@class='waiting line v-open']")
    assert "4 open lines, not encoded: (68)-(69), (89), (91)" in details.find(f"{HTML}summary").text


def fields(line):
    return [key for key, value in line.items() if isinstance(value, str) and key not in ("verdict", "kind")]


def test_hostile_strings_are_inert_in_every_field(sample, paper, tmp_path):
    first = dict.fromkeys(fields(paper["equations"][0]), sample.HOSTILE)
    lists = {key: [sample.HOSTILE] for key in ("premises", "hypotheses", "slips", "inherits")}
    witness = {"values": {sample.HOSTILE: sample.HOSTILE}, "lhs": sample.HOSTILE, "rhs": sample.HOSTILE}
    others = {"correction": sample.HOSTILE, "remainder": sample.HOSTILE, "order": sample.HOSTILE, "witness": witness}
    for number, verdict in enumerate(VERDICTS):
        paper["equations"][number] |= {**first, **lists, **others, "verdict": verdict, "follows": False}
    paper["title"] = sample.HOSTILE
    clean_tags = seen(write_page(sample.paper(), tmp_path / "clean")).tags
    path = write_page(paper, tmp_path)
    page = seen(path)
    ElementTree.parse(path)
    assert not page.tags & {"img", "iframe", "object", "link", "form"}
    assert page.tags <= clean_tags | {"p", "pre", "code"}
    assert page.scripts == [SCRIPT.read_text("utf-8")]
    assert not {name for name in page.attributes if name.startswith("on")} | page.attributes & {
        "src",
        "style",
        "srcdoc",
    }
    assert sample.HOSTILE in page.text


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{color:red}{x}",
        r"\class{x}{y}",
        r"\text{</annotation></semantics></math><img src=x onerror=alert(1)>}",
        r"\unicode{60}script\unicode{62}",
        "x\x00\x1b\u202ey",
        "&#x3c;script&#x3e;",
    ],
)
def test_hostile_formulas_are_inert(paper, tmp_path, latex):
    paper["equations"][0] |= {"latex": latex, "statement": latex, "note": f"so ${latex}$ is"}
    path = write_page(paper, tmp_path)
    ElementTree.parse(path)
    page = seen(path)
    assert "img" not in page.tags
    assert page.scripts == [SCRIPT.read_text("utf-8")]
    assert not page.attributes & {"style", "onerror"}
    assert all(target.startswith("#") or target == "index.html" for target in page.targets)
    assert "\u202e" not in page.text


def test_the_policy_admits_this_style_sheet_and_script_and_nothing_else(paper, tmp_path):
    text = write_page(paper, tmp_path).read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not re.search(r"(?:src|href)=\"https?:|url\(['\"]?https?:", text)


def test_the_same_paper_gives_the_same_bytes(sample, tmp_path):
    pages = {write_page(sample.paper(), tmp_path / name).read_bytes() for name in "ab"}
    assert len(pages) == 1


def test_the_index_names_every_paper_with_its_counts(paper, tmp_path):
    other = {**paper, "id": "a-second", "equations": paper["equations"][:2]}
    path = write_index([paper, other], tmp_path)
    root = ElementTree.parse(path).getroot()
    rows = [["".join(cell.itertext()) for cell in row] for row in root.find(f".//{HTML}tbody")]
    assert [row[:2] for row in rows] == [["a-second", "2"], ["inference-sample", str(len(paper["equations"]))]]
    assert sum(map(int, rows[1][2:])) == len(paper["equations"])


def test_a_paper_without_findings_says_so(paper, tmp_path):
    paper["equations"] = paper["equations"][:3]
    text = seen(write_page(paper, tmp_path)).text
    assert "No line is refuted or conditional." in " ".join(text.split())
    assert "No line is open." in " ".join(text.split())


def test_a_missing_key_or_an_unknown_verdict_is_an_error(paper, tmp_path):
    del paper["equations"][2]["witness"]
    with pytest.raises(ValueError, match="equation 27: the JSON lacks witness"):
        write_page(paper, tmp_path)
    paper["equations"][2] |= {"witness": None, "verdict": "fine"}
    with pytest.raises(ValueError, match="equation 27: 'fine' is no verdict"):
        write_page(paper, tmp_path)


def test_a_file_cannot_leave_the_folder(paper, tmp_path):
    paper["id"] = "../../escape"
    assert write_page(paper, tmp_path / "out").parent == tmp_path / "out"
    paper["id"] = "../.."
    with pytest.raises(ValueError, match="no letter or digit"):
        write_page(paper, tmp_path / "out")


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_every_colour_of_words_stands_out_from_the_paper(scheme):
    block = re.findall(r":root \{(.*?)\}", CSS.read_text(encoding="utf-8"), re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#\w+)", block))
    colours = {name: c if len(c) == 7 else "#" + "".join(2 * digit for digit in c[1:]) for name, c in colours.items()}
    for name in ("ink", "soft", "link", *VERDICTS):
        for ground in ("paper", "wash"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
