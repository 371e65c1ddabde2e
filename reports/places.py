"""Where the lines of a paper stand in files, for reports that a continuous integration shows beside the source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from derive.paper import Paper


@dataclass(frozen=True)
class Places:
    """The file of a paper, from the folder that the command was called in, and the row of each line in it."""

    file: str
    rows: dict[str, int]

    def row(self, number: str) -> int:
        """The row on which a line starts; 1 for one that is not known."""
        return self.rows.get(number, 1)


def places(paper: Paper, root: Path | None = None) -> Places:
    """The places of a paper's lines; the file is relative to `root` (the current folder) where it is below it."""
    path = (paper.folder / Path(paper.file).name).resolve()
    base = (root or Path.cwd()).resolve()
    file = path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()
    return Places(file, {equation.number: max(1, equation.line) for equation in paper.equations})
