"""The page of a paper: every line as printed, as read, how it follows, and its verdict with the evidence.

One HTML file that needs no network: styles, the font of the formulas and one fixed script are inside, and the content
security policy names the style sheet and the script by their hashes and allows nothing else. Without the script the
filter by verdict still works, since the style sheet reads its radio buttons; the script adds the search and the filter
by section, and traces lines in the drawing. Everything that comes from the paper is escaped by the template engine or
rebuilt by `reports.mathml`; none of it is in the script.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from reports.formula import is_prose, normalise, pieces, symbol
from reports.graph import alone, graph
from reports.mathml import mathml
from reports.outline import MARKS, VERDICTS, WORDS, Line, Outline, evidence, file_name, outline, write

TEMPLATES = Path(__file__).parent / "templates"
BROAD = 240  # characters of LaTeX above which a formula is set smaller on paper


def write_page(paper: Mapping[str, Any], folder: Path) -> Path:
    """Write `<id>.html` for one paper of the JSON and return its path; raises ValueError if a key is missing."""
    shown = outline(paper)
    text = (
        environment()
        .get_template("page.html.j2")
        .render(
            paper=shown,
            drawings=graph(shown.lines, shown.dependence),
            alone=alone(shown.lines, shown.dependence),
            **styles(),
            **_script(),
        )
    )
    return write(folder, file_name(shown.id, ".html"), text)


def write_index(
    papers: Iterable[Mapping[str, Any]], folder: Path, versions: Mapping[tuple[str, str], str] | None = None
) -> Path:
    """Write `index.html` over all papers of the JSON, with the number of lines in each verdict.

    `versions` names the files about two versions of a paper, by the ids of both.
    """
    shown = sorted((outline(paper) for paper in papers), key=lambda paper: paper.id)
    used = [verdict for verdict in VERDICTS if any(verdict in paper.counts for paper in shown)]
    files = {paper.id: file_name(paper.id, ".html") for paper in shown}
    text = (
        environment()
        .get_template("index.html.j2")
        .render(papers=shown, used=used, files=files, versions=versions or {}, **styles())
    )
    return write(folder, "index.html", text)


@lru_cache(maxsize=1)
def environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"rich": rich, "plain": plain, "display": display, "name": _name, "value": _value}
    environment.globals |= {
        "words": WORDS,
        "marks": MARKS,
        "evidence": evidence,
        "printed": _printed,
        "linked": _linked,
    }
    return environment


@lru_cache(maxsize=1)
def styles() -> dict[str, Markup]:
    """The style sheet with the font inside, and the hash by which the page's policy admits it."""
    font = base64.b64encode((TEMPLATES / "stix-two-math.woff2").read_bytes()).decode("ascii")
    css = (TEMPLATES / "page.css").read_text(encoding="utf-8").replace("FONT", font)
    return {"css": Markup(css), "css_hash": _digest(css)}


@lru_cache(maxsize=1)
def _script() -> dict[str, Markup]:
    """The script of the page, and the hash by which the page's policy admits it."""
    js = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    return {"js": Markup(js), "js_hash": _digest(js)}


def _digest(text: str) -> Markup:
    return Markup(base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii"))


def plain(text: str) -> str:
    """Words for a place that takes no markup: formulas without their dollars."""
    return "".join(piece for _, piece in pieces(text))


def rich(text: str) -> Markup:
    """Words with formulas between dollars, as markup."""
    parts = (escape(piece) if kind == "text" else _inline(piece) for kind, piece in pieces(text))
    return Markup("").join(parts)


def display(latex: str, label: str) -> Markup:
    """A displayed formula in a box of its own that scrolls when it is wider than the page."""
    formula = normalise(latex)
    markup = mathml(formula, display=True)
    if markup is None:
        return Markup('<pre class="tex" tabindex="0" aria-label="{}"><code>{}</code></pre>').format(label, latex)
    broad = " broad" if len(formula) > BROAD else ""
    box = '<div class="math{}" role="group" tabindex="0" aria-label="{}">{}</div>'
    return Markup(box).format(broad, label, Markup(markup))


def _inline(formula: str) -> Markup:
    markup = mathml(formula)
    return Markup('<code class="tex">{}</code>').format(formula) if markup is None else Markup(markup)


def _printed(line: Line, where: str = "") -> Markup:
    """What the paper prints: a formula, or the sentence of a claim."""
    if is_prose(line.kind, line.latex):
        return Markup('<p class="claim">{}</p>').format(rich(line.latex))
    return display(line.latex, f"{line.label} as printed{' in ' if where else ''}{where}")


def _linked(numbers: Iterable[str], paper: Outline) -> Markup:
    """Lines and named hypotheses, each line a link."""
    link = Markup('<a href="#{}">{}</a>')
    lines = paper.by_number
    return Markup(", ").join(link.format(lines[n].anchor, lines[n].label) if n in lines else escape(n) for n in numbers)


def _name(name: str) -> Markup:
    """The name of a value in a witness: set as a formula if it is a symbol, else as a name."""
    found = symbol(name)
    return _code(name) if found is None else escape(found[0]) + _inline(found[1]) + escape(found[2])


def _value(value: Any) -> Markup:
    """An exact value of a witness, character by character as the JSON has it."""
    return _inline(normalise(value)) if "\\" in str(value) else _code(str(value))


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)
