"""Which files a report of one run consists of: the pages, documents and tables of the papers that were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from derive.diff import compare
from derive.errors import DeriveError
from derive.paper import Paper
from reports.appendix import notation_tables
from reports.difference import difference_name, write_difference
from reports.errata import corrected, errata, write_errata
from reports.figures import figures
from reports.latex import latex, write_latex
from reports.markdown import write_markdown
from reports.outline import file_name, write
from reports.page import write_index, write_page
from reports.pdf import write_pdf

FORMATS = ("html", "tex", "pdf", "md")
Result = Mapping[str, Any]


def publish(
    papers: Sequence[Paper], results: Sequence[Result], folder: Path, format_: str, *, pictures: bool = False
) -> list[str]:
    """Write the reports of a run and return what to say of them: the path of each, and by what a PDF was set.

    `results` are the papers of the JSON, in the order of `papers`; `pictures` puts measured remainders into a document.
    Raises DeriveError where there is no program that sets a PDF, or no matplotlib for the pictures.
    """
    if format_ == "html":
        written = [write_page(result, folder) for result in results]
        versions = _differences(papers, results, folder)
        return [*map(str, written), *map(str, versions.values()), str(_index(results, folder, versions))]
    if format_ == "md":
        return [str(write_markdown(result, folder)) for result in results]
    said = []
    for paper, result in zip(papers, results, strict=True):
        tables = notation_tables(paper)
        drawn = figures(paper, result) if pictures else ()
        if format_ == "tex":
            said.append(str(write_latex(result, folder, tables, drawn)))
            continue
        path = folder / file_name(paper.id, ".pdf")
        files = {figure.file: figure.png for figure in drawn}
        engine = write_pdf(lambda plain, r=result, t=tables, d=drawn: latex(r, t, d, plain=plain), path, files)
        said.append(f"{path} (set by {engine})")
    return said


def publish_errata(results: Sequence[Result], folder: Path, format_: str) -> list[str]:
    """Write the erratum of each paper, and its corrected derivation to paste. Raises DeriveError as `publish` does."""
    if format_ not in ("tex", "pdf"):
        raise DeriveError("an erratum is written as tex (the default) or pdf")
    said = []
    for result in results:
        if format_ == "tex":
            said += map(str, write_errata(result, folder))
            continue
        path = folder / file_name(str(result["id"]), "-errata.pdf")
        engine = write_pdf(lambda plain, r=result: errata(r, plain=plain), path)
        paste = write(folder, file_name(str(result["id"]), "-corrected.tex"), corrected(result))
        said += [f"{path} (set by {engine})", str(paste)]
    return said


def publish_difference(papers: tuple[Paper, Paper], results: tuple[Result, Result], folder: Path) -> Path:
    """Write the page about two versions of a paper, and the pages of both that it leads to."""
    for result in results:
        write_page(result, folder)
    found = compare(papers, (dict(results[0]), dict(results[1])))
    path = write_difference(found.as_json(), results, folder)
    _index(results, folder, {(papers[0].id, papers[1].id): path})
    return path


def _index(results: Sequence[Result], folder: Path, versions: Mapping[tuple[str, str], Path]) -> Path:
    return write_index(results, folder, {ids: path.name for ids, path in versions.items()})


def _differences(papers: Sequence[Paper], results: Sequence[Result], folder: Path) -> dict[tuple[str, str], Path]:
    """The pages about each two papers of which one takes lines or scopes from the other, both complete."""
    whole = [
        (paper, result)
        for paper, result in zip(papers, results, strict=True)
        if len(result["equations"]) == len(paper.equations)
    ]
    found: dict[tuple[str, str], Path] = {}
    for one, other in combinations(sorted(whole, key=lambda entry: entry[0].id), 2):
        if _shares(one[0], other[0]) or _shares(other[0], one[0]):
            difference = compare((one[0], other[0]), (dict(one[1]), dict(other[1]))).as_json()
            found[one[0].id, other[0].id] = write_difference(difference, (one[1], other[1]), folder)
    return found


def _shares(paper: Paper, other: Paper) -> bool:
    named = [entry.value.partition(":")[0] for e in paper.equations if (entry := e.annotation.one("same")) is not None]
    return other.id in {*named, *(name for _, name in paper.borrows)}


__all__ = ["FORMATS", "difference_name", "publish", "publish_difference", "publish_errata"]
