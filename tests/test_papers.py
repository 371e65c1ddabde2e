"""The shipped papers hold every displayed line as printed, in print order: ids and tokens against the manifest.

Annotations are comments and never change a digest; a single token of the print does. With DERIVE_SEEDS set to the
folder with the papers' text, the lines are extracted from it again and compared.
"""

import importlib.util
import json
import os
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAPERS = ROOT / "derive" / "papers"
IDS = ("fields-2024", "inference-2024-04", "inference-2024-07", "scinet-2021")

# Counted by hand in the papers: lines with a number of their own, further rows of systems under one number, lines
# without a number, lines of the supplement.
#   April: (1)-(70) without (61); three displays after (5); (1), (2) and a chain of twelve lines in the supplement.
#   July: (1)-(130) without (61); three displays after (5), a chain of three lines after (97); the same supplement.
#   Fields: 21 + 19 + 40 + 10 numbers; the further rows of 38 systems; one system of two rows after (5.2).
#   Slides: 25 formulas under slugs, none numbered.
COUNTS = {
    "inference-2024-04": {"numbered": 69, "unnumbered": 3, "supplement": 14, "all": 86},
    "inference-2024-07": {"numbered": 129, "unnumbered": 6, "supplement": 14, "all": 149},
    "fields-2024": {"numbered": 90, "further rows": 50, "unnumbered": 2, "all": 142},
    "scinet-2021": {"slugs": 25, "all": 25},
}


def load(path: Path) -> ModuleType:
    """A script as a module: tests are not a package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


corpus = load(ROOT / "tests" / "corpus" / "extract_papers.py")
MANIFEST: dict[str, list[dict[str, str]]] = json.loads((PAPERS / "manifest.json").read_text("utf-8"))


def shipped(paper: str) -> str:
    """The text of a shipped paper.tex."""
    return (PAPERS / paper / "paper.tex").read_text("utf-8")


def entries(tex: str) -> list[dict[str, str]]:
    """What the manifest would say of a paper.tex."""
    return [{"id": d.id, "digest": corpus.digest(d.latex)} for d in corpus.read_displays(tex)]


def sections(tex: str) -> list[str]:
    """The headings of a paper.tex, in order."""
    return re.findall(r"^\\section\{(.*)\}$", tex, re.MULTILINE)


def kind(id: str) -> str:
    """Which of the counted kinds an id belongs to."""
    if id.startswith("S"):
        return "supplement"
    if not id[0].isdigit():
        return "slugs"
    if "+" in id:
        return "unnumbered"
    return "numbered" if id[-1].isdigit() or id[-1] == "a" else "further rows"


def test_the_manifest_lists_the_shipped_papers() -> None:
    assert tuple(MANIFEST) == IDS
    assert tuple(sorted(path.parent.name for path in PAPERS.glob("*/paper.tex"))) == IDS


@pytest.mark.parametrize("paper", IDS)
def test_every_line_is_as_in_the_manifest(paper: str) -> None:
    assert entries(shipped(paper)) == MANIFEST[paper]


@pytest.mark.parametrize("paper", IDS)
def test_counts(paper: str) -> None:
    ids = [entry["id"] for entry in MANIFEST[paper]]
    counts = {"all": len(ids)}
    for id in ids:
        counts[kind(id)] = counts.get(kind(id), 0) + 1
    assert counts == COUNTS[paper]


@pytest.mark.parametrize(("paper", "last"), [("inference-2024-04", 70), ("inference-2024-07", 130)])
def test_inference_numbers_run_without_61(paper: str, last: int) -> None:
    numbers = [int(entry["id"]) for entry in MANIFEST[paper] if entry["id"].isdigit()]
    assert numbers == [n for n in range(1, last + 1) if n != 61]


def test_fields_numbers_run_through() -> None:
    numbers = dict.fromkeys(re.sub(r"[a-z]|\+\d", "", entry["id"]) for entry in MANIFEST["fields-2024"])
    assert list(numbers) == [f"{c}.{n}" for c, last in ((2, 21), (3, 19), (4, 40), (5, 10)) for n in range(1, last + 1)]


@pytest.mark.parametrize("paper", IDS)
def test_header_and_notation_agree(paper: str) -> None:
    about = tomllib.loads((PAPERS / paper / "notation.toml").read_text("utf-8"))["paper"]
    assert shipped(paper).startswith(f"% paper: {paper}\n% title: {about['title']}\n")
    assert set(about) == {"title", "authors", "date", "source"}


@pytest.mark.parametrize("paper", IDS)
def test_annotations_do_not_change_a_digest(paper: str) -> None:
    annotated = shipped(paper).replace(
        r"\begin{equation}",
        "% from: 1 -- why\n% corrected: x = \\begin{equation} y \\tag{0}\n\\begin{equation} % by: exact",
    )
    assert entries(annotated.replace("\\tag", "% so: it is positive\n\\tag")) == MANIFEST[paper]


@pytest.mark.parametrize("paper", IDS)
def test_layout_does_not_change_a_digest(paper: str) -> None:
    assert entries(re.sub(r"\n(?!%|\\section)", "  \n\t", shipped(paper))) == MANIFEST[paper]


@pytest.mark.parametrize("paper", IDS)
def test_every_single_token_changes_the_digest(paper: str) -> None:
    for display in corpus.read_displays(shipped(paper)):
        printed, tokens = corpus.digest(display.latex), corpus.tokens(display.latex)
        for place in range(len(tokens)):
            dropped, swapped = tokens[:place] + tokens[place + 1 :], [*tokens[:place], r"\xi", *tokens[place + 1 :]]
            assert corpus.digest(" ".join(dropped)) != printed, (display.id, place)
            assert corpus.digest(" ".join(swapped)) != printed, (display.id, place)


def test_a_changed_paper_is_noticed() -> None:
    tex = shipped("inference-2024-07")
    for printed, changed in ((r"\epsilon^2 m_i^2", r"\epsilon^2 m_i"), (r"\tag{9}", r"\tag{61}")):
        assert printed in tex
        assert entries(tex.replace(printed, changed)) != MANIFEST["inference-2024-07"]


def test_a_percent_sign_that_is_printed_is_no_comment() -> None:
    assert corpus.tokens(r"5\% \\% two") == ["5", r"\%", r"\\"]


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"\begin{equation} x \end{equation}", r"no \tag"),
        (r"\begin{equation} x \end{equation} \begin{equation} y \tag{1} \end{equation}", r"no \tag"),
        (r"\begin{equation} x \tag{1} \end{equation} \begin{equation} y \tag{1} \end{equation}", "more than once: 1"),
    ],
)
def test_a_malformed_paper_is_refused(tex: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        corpus.read_displays(tex)


@pytest.mark.skipif(
    "DERIVE_SEEDS" not in os.environ, reason="DERIVE_SEEDS does not name the folder with the papers' text"
)
def test_the_shipped_papers_are_the_source_text() -> None:
    extracted = corpus.extract(Path(os.environ["DERIVE_SEEDS"]))
    assert tuple(sorted(extracted)) == IDS
    for paper, tex in extracted.items():
        assert entries(shipped(paper)) == entries(tex)
        assert sections(shipped(paper)) == sections(tex)
