"""The report as PDF: by pdflatex where there is one, otherwise by pandoc and Typst from their wheels; both offline.

Both set the same document. pdflatex runs without a shell and in a folder of its own; pandoc runs in its sandbox, where
it reads and writes no file but its input.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from derive.errors import DeriveError

SECONDS = 300
HEADER = """#set page(paper: "a4", margin: 25mm)
#set par(justify: false)
#show figure: set block(breakable: true)
#show math.equation.where(block: true): it => layout(size => {
  let wide = measure(it).width
  let share = size.width / calc.max(wide, 1pt) * 100%
  if wide > size.width { scale(x: share, y: share, reflow: true, it) } else { it }
})
"""
RENAMED = {"times.circle": "times.o", "plus.circle": "plus.o", "minus.circle": "minus.o", "dot.circle": "dot.o"}
"""Names that pandoc writes and newer Typst spells otherwise."""
Document = Callable[[bool], str]
"""The LaTeX of a document, plain or not; see :func:`reports.latex.latex`."""


def write_pdf(document: Document, path: Path, files: Mapping[str, bytes] | None = None) -> str:
    """Write a document as PDF and return which program set it; `files` are the pictures in it, by their names.

    Raises DeriveError where neither pdflatex nor the extra `pdf` is there, or where the document cannot be set.
    """
    engine = pdf_engine()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (files or {}).items():
            (Path(folder) / Path(name).name).write_bytes(content)
        if engine == "pdflatex":
            made = _by_tex(document(False), Path(folder))
        elif engine == "pandoc and Typst":
            made = _by_typst(document(True), Path(folder))
        else:
            raise DeriveError("there is no pdflatex; install TeX, or pip install 'derive-verifier[pdf]'")
        path.write_bytes(made.read_bytes())
    return engine


def pdf_engine() -> str:
    """Which program would set a document here; empty if none."""
    if shutil.which("pdflatex"):
        return "pdflatex"
    return "pandoc and Typst" if find_spec("pypandoc") and find_spec("typst") else ""


def _by_tex(latex: str, folder: Path) -> Path:
    source = folder / "report.tex"
    source.write_text(latex, encoding="utf-8")
    call = ["pdflatex", "-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", source.name]
    for _ in range(2):  # the second run knows the widths of long tables
        try:
            done = subprocess.run(call, cwd=folder, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise DeriveError(f"pdflatex did not end within {SECONDS} seconds") from error
        if done.returncode:
            said = re.search(r"^! .*$", done.stdout.decode(errors="replace"), re.MULTILINE)
            raise DeriveError(f"pdflatex cannot set the report: {said[0] if said else 'it does not say why'}")
    return source.with_suffix(".pdf")


def _by_typst(latex: str, folder: Path) -> Path:
    import pypandoc
    import typst

    header, source = folder / "header.typ", folder / "report.typ"
    header.write_text(HEADER, encoding="utf-8")
    try:
        text = pypandoc.convert_text(
            latex,
            "typst",
            format="latex",
            extra_args=["--standalone", "--sandbox", "--quiet", f"--include-in-header={header}"],
        )
        text = re.sub(r"\b(?:times|plus|minus|dot)\.circle\b", lambda name: RENAMED[name[0]], text)
        source.write_text(text, encoding="utf-8")
        typst.compile(str(source), output=str(source.with_suffix(".pdf")), root=str(folder))
    except (RuntimeError, OSError) as error:
        said = str(error).splitlines() or ["no reason given"]
        raise DeriveError(f"pandoc and Typst cannot set the report: {said[0]}") from error
    return source.with_suffix(".pdf")
