"""How statements, results and kernels show themselves in a notebook: LaTeX and HTML, without any of their source's own.

A formula that was read is shown in the tool's writing, which has the commands of the reader and no other. A line that
was not read is shown as escaped source. Words are escaped; formulas in them, between dollars, are the tool's own too,
and those that people wrote are shown as source where they hold a command that is no mathematics to MathJax.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

UNSAFE = re.compile(
    r"\\(?:href|url|style|class|cssId|data|unicode|require|html\w*|def|let|new\w+|begingroup|input|text\s*\{[^}]*\$)"
)
SHOWN = 8  # values of a witness that are shown


def formula(latex: str, *, display: bool = False) -> str:
    """A formula for MathJax inside HTML; as source where it holds a command that is no mathematics.

    >>> formula("a < b")
    '$a &lt; b$'
    >>> formula(r"\\\\href{javascript:x}{y}")
    '<code>\\\\\\\\href{javascript:x}{y}</code>'
    """
    if UNSAFE.search(latex) or "$" in latex:
        return f"<code>{escape(latex)}</code>"
    body = escape(" ".join(latex.split()), quote=False)
    return rf"$\displaystyle {body}$" if display else f"${body}$"


def text(words: str) -> str:
    """Words for HTML; as source where MathJax would see a formula in them.

    >>> text("a < b"), text("5 $")
    ('a &lt; b', '<code>5 $</code>')
    """
    return f"<code>{escape(words)}</code>" if "$" in words or "\\" in words else escape(words)


def rich(words: str) -> str:
    """Words with formulas between dollars, for HTML."""
    parts = re.split(r"\$([^$]+)\$", words)
    return "".join(formula(part) if at % 2 else text(part) for at, part in enumerate(parts))


def table(rows: Iterable[tuple[str, str]]) -> str:
    """A table of two columns: names, which are escaped here, and HTML. Rows without a value are left out."""
    shown = "".join(
        f'<tr><th style="text-align:left;vertical-align:top">{text(name)}</th>'
        f'<td style="text-align:left">{value}</td></tr>'
        for name, value in rows
        if value
    )
    return f"<table>{shown}</table>"
