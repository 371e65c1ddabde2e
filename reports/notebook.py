"""Notebooks that lead through a derivation: by section, the lines that matter, each with cells that can be run.

Which lines those are, and every word between the cells, comes from the encoding alone, so that a notebook changes only
when its paper does; verdicts, counts, kernels and pictures are the outputs of its cells. Cells have ids of their own.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive.compile import Settled, settled_input
from derive.errors import DeriveError
from derive.kernels import source
from derive.paper import Equation, Paper
from derive.run import Selection
from derive.statement import Reading, is_sentence
from derive.verify import Verifier
from reports.dependence import Dependence
from reports.outline import file_name, label, spans

if TYPE_CHECKING:
    from nbformat import NotebookNode

LINES = 3  # lines of a section that get cells of their own
SECONDS = 300


def write_notebook(selection: Selection, folder: Path, *, execute: bool = True) -> Path:
    """Write `<id>.ipynb`, run if `execute`, and return its path.

    Raises DeriveError where the extra `notebook` is not installed or a cell fails.
    """
    try:
        import nbformat
    except ImportError as error:
        raise DeriveError("notebooks need the extra: pip install 'derive-verifier[notebook]'") from error
    folder.mkdir(parents=True, exist_ok=True)
    book = notebook(selection.paper, opened_by(selection, folder))
    if execute:
        run_notebook(book, folder)
    path = folder / file_name(selection.paper.id, ".ipynb")
    path.write_text(nbformat.writes(book), encoding="utf-8")
    return path


def notebook(paper: Paper, what: str) -> NotebookNode:
    """The notebook of a paper, not run; `what` is what its first cell opens."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    make: dict[str, Callable[..., Any]] = {"code": new_code_cell, "markdown": new_markdown_cell}
    cells = [make[kind](text, id=name) for kind, name, text in _cells(paper, what)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def run_notebook(book: NotebookNode, folder: Path) -> None:
    """Run all cells in place, in a folder. Raises DeriveError where a cell fails."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        book,
        kernel_name="python3",
        resources=resources,
        timeout=SECONDS,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        said = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()
        raise DeriveError(f"a cell of the notebook failed: {said[-1] if said else 'it does not say why'}") from error
    book.metadata["language_info"] = {"name": "python"}
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if len(output.get("data", {})) > 1:
                del output["data"]["text/plain"]  # what an object is to Python, where it shows itself better


def opened_by(selection: Selection, folder: Path) -> str:
    """What the first cell opens: a paper that ships by its id, another one by the path from the notebook's folder."""
    path = Path(selection.what)
    return Path(os.path.relpath(path, folder)).as_posix() if path.exists() else selection.paper.id


def _cells(paper: Paper, what: str) -> Iterator[tuple[str, str, str]]:
    """Kind, id and text of each cell."""
    yield (
        "markdown",
        "title",
        f"# {_plain(paper.title)}\n\nThe lines of {_plain(paper.id)} as printed, re-derived from their premises. "
        "Written by `derive notebook`; every cell can be run again and changed. Verdicts are kept between runs, so "
        "that only the first run decides them.",
    )
    yield "code", "setup", f"from reports.workbook import Workbook\n\nbook = Workbook({_quoted(what)})\nbook.counts()"
    guide = _Guide(paper)
    sections = dict.fromkeys(equation.section for equation in paper.equations)
    of_section = {name: [e for e in paper.equations if e.section == name] for name in sections}
    chosen = {name: guide.chosen(lines) for name, lines in of_section.items()}
    kernel = guide.kernel([equation for told in chosen.values() for equation in told])
    for place, section in enumerate(sections, 1):
        lines, told = of_section[section], chosen[section]
        waiting = [e.number for e in lines if e.kind == "equation" and not e.is_annotated]
        heading = f"## {_plain(section) or 'Lines outside a section'}"
        if waiting:
            heading += f"\n\nNot encoded yet: {_plain(spans(waiting))}."
        yield "markdown", f"section-{place}", heading
        last = guide.last(lines)
        if last is not None:
            name = _id(last.number)
            yield "markdown", f"derivation-{place}", f"What {_plain(label(last.number))} rests on, in print order:"
            yield "code", f"derivation-{place}-{name}", f"book.derivation({_quoted(last.number)})"
        picture = guide.picture(told)
        for equation in told:
            yield from _line(equation, kernel, picture)


def _line(equation: Equation, kernel: tuple[str, str] | None, picture: str | None) -> Iterator[tuple[str, str, str]]:
    number, name = equation.number, _id(equation.number)
    words = " ".join(
        f"{_plain(entry.words[:1].upper() + entry.words[1:]).rstrip('.')}."
        for entry in equation.annotation.entries
        if entry.words and entry.key in ("corrected", "needs", "claim", "from", "by", "so")
    )
    yield "markdown", f"{name}-head", f"### {_plain(label(number))}" + (f"\n\n{words}" if words else "")
    yield "code", f"{name}-statement", f"book.statement({_quoted(number)})"
    yield "code", f"{name}-result", f"book.result({_quoted(number)})"
    if number == picture:
        yield "code", f"{name}-picture", f"book.remainder({_quoted(number)})"
    if kernel is not None and number == kernel[0]:
        said = f"kernel = book.kernel({_quoted(number)}, {_quoted(kernel[1])})\nkernel"
        yield "code", f"{name}-kernel", said
        run = "from derive.kernels import lambdify\n\nfunction = lambdify(kernel)\nprint(function.__doc__)"
        yield "code", f"{name}-function", run


class _Guide:
    """Which lines of a paper to tell of, by its annotations and premises."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.reading = Reading(paper)
        self.order = {equation.number: place for place, equation in enumerate(paper.equations)}
        self.dependence = Dependence({e.number: self._premises(e) for e in paper.equations})

    def _premises(self, equation: Equation) -> tuple[str, ...]:
        try:
            return tuple(self.reading.premises(equation)) if equation.is_annotated else ()
        except DeriveError:
            return ()

    def chosen(self, lines: list[Equation]) -> list[Equation]:
        """The recorded findings on which most rests; where there are none, the lines on which most rests."""
        readable = [e for e in lines if e.is_annotated and self._is_read(e)]
        findings = [e for e in readable if e.annotation.one("corrected") or e.annotation.all("needs")]
        plain = [e for e in readable if e not in findings and e.kind == "equation"]
        ranked = sorted(findings, key=self._weight) + sorted(plain, key=self._weight)
        return sorted(ranked[:LINES], key=lambda e: self.order[e.number])

    def _weight(self, equation: Equation) -> tuple[bool, int, int]:
        return equation.kind == "claim", -len(self.dependence.resting_on(equation.number)), self.order[equation.number]

    def _is_read(self, equation: Equation) -> bool:
        try:
            self.reading.line(equation.number)
        except DeriveError:
            return False
        return True

    def last(self, lines: list[Equation]) -> Equation | None:
        """The line of a section at the end of the longest way, if that is longer than one step."""
        steps = self.dependence.steps_to
        found = max(lines, key=lambda e: (steps[e.number], -self.order[e.number]), default=None)
        return found if found is not None and steps[found.number] > 1 else None

    def picture(self, lines: list[Equation]) -> str | None:
        """The line of which a picture shows what it leaves out: one that claims an order, a corrected one first.

        What a line about fields leaves out has derivatives in it, and is not measured in models.
        """
        scopes = self.paper.notation.scopes
        claiming = [e for e in lines if (by := e.annotation.one("by")) is not None and by.value.startswith("order ")]
        claiming = [e for e in claiming if e.scope is None or not scopes[e.scope].summation]
        corrected = [e for e in claiming if self._correction(e)]
        return next((e.number for e in (*corrected, *claiming)), None)

    def kernel(self, lines: list[Equation]) -> tuple[str, str] | None:
        """The line whose kernel is shown, and whether as printed or corrected: the first corrected one that has one."""
        for equation in sorted(lines, key=lambda e: not self._correction(e)):
            which = self._exportable(equation)
            if which:
                return equation.number, which
        return None

    @staticmethod
    def _correction(equation: Equation) -> bool:
        """Whether a formula is recorded as the correction of a line."""
        entry = equation.annotation.one("corrected")
        return equation.kind == "equation" and entry is not None and not is_sentence(entry.value)

    def _exportable(self, equation: Equation) -> str:
        """How a line can be exported: as printed or corrected; empty if not."""
        corrected = self._correction(equation)
        which, verdict = ("corrected", "refuted") if corrected else ("as printed", "proved")
        if equation.kind != "equation":
            return ""
        try:
            source(settled_input(Verifier(self.paper), equation.number, which, Settled(verdict)))
        except DeriveError:
            return ""
        return which


def _quoted(text: str) -> str:
    """Text as a literal of Python, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _id(number: str) -> str:
    """A number as part of the id of a cell."""
    return "line-" + re.sub(r"[^A-Za-z0-9_-]", "-", number)[:40]


def _plain(text: str) -> str:
    """Words in Markdown: no markup and no HTML of their own; formulas between dollars stay."""
    parts = re.split(r"(\$[^$]+\$)", " ".join(text.split()))
    escaped = (
        re.sub(r"([\\`*_{}\[\]<>#|!&])", r"\\\1", part) if at % 2 == 0 else part for at, part in enumerate(parts)
    )
    return "".join(escaped)
