"""Configuration of the documentation: `make docs`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from derive import __version__

project = "derive"
copyright = "The derive developers"
version = release = __version__
extensions = ["myst_parser"]
exclude_patterns = ["scinet"]
html_theme = "furo"
html_title = f"derive {__version__}"
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
suppress_warnings = ["myst.header"]
OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")


def without_links_to_the_repository(_app: object, _name: str, source: list[str]) -> None:
    """Links to files of the repository that are no pages become plain text."""
    source[0] = OUTSIDE.sub(r"\1", source[0])


def setup(app) -> None:
    app.connect("source-read", without_links_to_the_repository)
