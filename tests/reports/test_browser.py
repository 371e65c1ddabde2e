"""The pages in a browser: filters, search, links, drawing, keyboard, print, a phone, accessibility, hostile LaTeX."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports import write_index, write_page
from reports.difference import write_difference

api = pytest.importorskip("playwright.sync_api", reason="no playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium")
    with api.sync_playwright() as playwright:
        sandbox = [] if getattr(os, "geteuid", lambda: 1)() else ["--no-sandbox"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield started
        started.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, module_sample: Any) -> Path:
    """The pages of the sample, of a second version of it, and of a hostile paper."""
    folder = tmp_path_factory.mktemp("pages")
    first = module_sample.paper()
    second = copy.deepcopy(first)
    second["id"] = "inference-second"
    second["equations"][0] |= {"latex": "a = c", "verdict": "refuted", "note": "it is not"}
    wide = r"\sum_{i} \frac{a_{i} b_{i} c_{i} d_{i} e_{i} f_{i} a_{i} b_{i} c_{i} d_{i} e_{i} f_{i}}{2}"
    second["equations"][0]["evidence"] = [f"its leading remainder is ${wide} + {wide} + {wide}$"]
    hostile = module_sample.paper()
    hostile["id"] = "hostile"
    for line in hostile["equations"]:
        line |= {"latex": module_sample.HOSTILE, "note": module_sample.HOSTILE, "section": module_sample.HOSTILE}
    for paper in (first, second, hostile):
        write_page(paper, folder)
    pair = {"first": "22", "second": "22", "difference": "printed with $c$"}
    lists = {"same": [], "added": [{"first": None, "second": "23", "difference": None}], "renumbered": []}
    write_difference({**lists, "changed": [pair], "removed": [], "verdicts": [pair]}, (first, second), folder)
    write_index([first, second, hostile], folder, {(first["id"], second["id"]): DIFFERENCE})
    return folder


PAGE, DIFFERENCE = "inference-sample.html", "inference-sample--inference-second.html"
PAGES = (PAGE, "inference-second.html", DIFFERENCE, "index.html", "hostile.html")


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Any]:
    """Opens a page; at the end no page may have said anything on the console, asked for the network or for a dialog."""
    contexts: list[Any] = []
    said: list[str] = []

    def opened(name: str, **options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda asked: said.append(asked.url) if asked.url.startswith("http") else None)
        page.goto((folder / name.partition("#")[0]).as_uri() + name[len(name.partition("#")[0]) :])
        return page

    opened.said = said
    yield opened
    for context in contexts:
        context.close()
    assert said == []


def shown(page: Any) -> list[str]:
    """The numbers of the lines that can be seen."""
    return page.eval_on_selector_all(
        "#lines .line:not(.waiting), #lines .waiting li",
        "found => found.filter(one => one.offsetParent !== null || one.closest('details:not([open]):not([hidden])'))"
        ".filter(one => !one.hidden && !one.closest('[hidden]')).map(one => one.id)",
    )


def count(page: Any) -> str:
    return page.inner_text("#shown")


def test_a_filter_by_verdict_shows_these_lines_and_no_others(opened, paper):
    page = opened(PAGE)
    assert len(shown(page)) == len(paper["equations"])
    for verdict in {line["verdict"] for line in paper["equations"]}:
        page.click(f"label[for=show-{verdict}]")
        wanted = [f"eq-{line['number']}" for line in paper["equations"] if line["verdict"] == verdict]
        assert sorted(shown(page)) == sorted(wanted)
        assert count(page) == f"Showing {len(wanted)} of {len(paper['equations'])} lines."
        seen = page.eval_on_selector_all("#lines .line:not(.waiting)", "all => all.filter(a => a.offsetParent).length")
        assert seen == sum(f"eq-{line['number']}" in wanted and line["number"] not in ("68", "69", "89", "91")
                           for line in paper["equations"])  # fmt: skip
    page.click("label[for=show-findings]")
    assert len(shown(page)) == 4
    page.click("#clear")
    assert len(shown(page)) == len(paper["equations"])


def test_the_search_looks_in_words_numbers_and_latex(opened):
    page = opened(PAGE)
    page.fill("#search", "measured SLOPE")
    assert shown(page) == ["eq-32"]
    page.fill("#search", r"\text{Cov}[x_i, x_j]")
    assert shown(page) == ["eq-62"]
    page.fill("#search", "(57)")
    assert shown(page) == ["eq-57"], "a number in brackets is that line, and not those that name it"
    page.fill("#search", "nowhere to be found")
    assert shown(page) == []
    assert count(page) == "No line matches."
    assert page.locator("#lines .part:visible").count() == 0


def test_a_section_and_a_search_work_together_with_a_verdict(opened):
    page = opened(PAGE)
    page.select_option("#section", label="Section 2.4")
    assert set(shown(page)) == {"eq-68", "eq-69", "eq-89", "eq-91", "eq-elbo-2"}
    page.click("label[for=show-open]")
    page.fill("#search", r"\epsilon")
    assert shown(page) == ["eq-69"]
    assert page.locator("#eq-69").is_visible(), "what a search finds among the lines that are not encoded is unfolded"


def test_a_deep_link_leads_to_its_line_whatever_is_filtered(opened):
    page = opened(PAGE + "#eq-89")
    assert page.locator("#eq-89").is_visible()
    page.fill("#search", "measured slope")
    page.click(".findings a[href='#eq-54']")
    assert page.locator("#eq-54").is_visible()
    assert page.input_value("#search") == ""
    assert page.evaluate("document.querySelector('#eq-54').getBoundingClientRect().top") < 300


def test_every_link_of_a_page_leads_somewhere(opened, folder):
    for name in PAGES:
        page = opened(name)
        for target in page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))"):
            file, _, anchor = target.partition("#")
            text = (folder / (file or name)).read_text("utf-8")
            assert not anchor or f'id="{anchor}"' in text, f"{name}: {target}"


def test_the_drawing_has_every_line_that_rests_on_another_and_leads_to_it(opened, paper):
    page = opened(PAGE, viewport={"width": 1400, "height": 900})
    page.click(".graphs summary")
    drawn = set(page.eval_on_selector_all(".graph .node", "nodes => nodes.map(node => node.dataset.line)"))
    known = {line["number"] for line in paper["equations"]}
    tied = {line["number"]: {p for p in line["premises"] if p in known} for line in paper["equations"]}
    assert drawn == {number for number, above in tied.items() if above} | set().union(*tied.values())
    edges = page.eval_on_selector_all(
        ".graph .edge", "edges => edges.map(edge => [edge.dataset.from, edge.dataset.to])"
    )
    assert {tuple(edge) for edge in edges} == {(p, number) for number, above in tied.items() for p in above}
    tops = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.graph .node')].map("
        "n => [n.dataset.line, n.getBoundingClientRect().top]))"
    )
    assert all(tops[a] < tops[b] for a, b in edges)
    page.focus(".graph .node[data-line='54']")
    dim = set(page.eval_on_selector_all(".graph .node.dim", "nodes => nodes.map(node => node.dataset.line)"))
    assert not dim & {"54", "57", "59", "60"}
    assert "46" in dim
    page.click(".graph .node[data-line='59']")
    assert page.url.endswith("#eq-59")
    assert page.locator("#eq-59").is_visible()


def test_the_page_is_used_without_a_mouse(opened):
    page = opened(PAGE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["width"] > 20
    page.focus("#show-all")
    page.keyboard.press("ArrowRight")
    assert page.locator("#show-findings").is_checked()
    assert len(shown(page)) == 4
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("half")
    assert count(page) == "No line matches."


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_a_page_without_scrolling_sideways(opened, name):
    page = opened(name, viewport={"width": 360, "height": 740})
    if name == PAGE:
        page.click(".graphs summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_paper_shows_the_lines_and_not_the_controls(opened):
    page = opened(PAGE)
    page.emulate_media(media="print")
    assert not page.locator(".bar").is_visible()
    assert page.locator("#eq-54").is_visible()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 390)])
def test_axe_finds_no_fault(opened, name, scheme, width):
    page = opened(name, color_scheme=scheme, viewport={"width": width, "height": 900})
    for details in page.locator("details").all():
        details.evaluate("box => { box.open = true; }")
    found = axe.Axe().run(page)
    faults = [
        f"{fault['id']}: {node['html'][:160]}" for fault in found.response["violations"] for node in fault["nodes"]
    ]
    assert found.response["passes"]
    assert faults == []


def test_axe_finds_a_fault_where_there_is_one(opened):
    page = opened(PAGE)
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert [fault["id"] for fault in axe.Axe().run(page).response["violations"]] == ["html-has-lang"]


def test_hostile_latex_stays_text(opened, module_sample):
    page = opened("hostile.html")
    assert page.locator("img, iframe, object, embed, link").count() == 0
    assert page.locator("script").count() == 1
    assert module_sample.HOSTILE in page.text_content("#lines")
    outcome = page.evaluate(
        "() => { const made = document.createElement('script'); made.textContent = 'window.ran = 1';"
        " document.body.append(made); return window.ran; }"
    )
    assert outcome is None, "the policy of the page admits a script that is not its own"
    refused = opened.said.pop()
    assert "Content Security Policy" in refused


def test_without_scripts_the_filter_by_verdict_works(browser, folder):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / PAGE).as_uri())
    page.click("label[for=show-refuted]")
    assert page.locator("#eq-54").is_visible()
    assert not page.locator("#eq-22").is_visible()
    assert not page.locator(".tools").is_visible()
    context.close()
