"""Reports of a verified paper: pure functions of the JSON that `derive verify --json` writes."""

from reports.latex import write_latex
from reports.markdown import write_markdown
from reports.page import write_index, write_page

__all__ = ["write_index", "write_latex", "write_markdown", "write_page"]
