"""Figures of a report: what lines that claim an order leave out, measured as the small parameter goes down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checks.remainders import remainders
from derive.errors import DeriveError
from derive.paper import Paper
from derive.verify import Verifier
from reports.outline import file_name, label
from reports.picture import remainder_picture

MOST = 12  # figures in a report


@dataclass(frozen=True)
class Figure:
    """A picture with the name of its file and what it shows."""

    file: str
    words: str
    png: bytes


def figures(paper: Paper, result: Mapping[str, Any]) -> tuple[Figure, ...]:
    """The figures of the lines that hold to an order or are refuted at one, refuted lines first. Needs matplotlib.

    A line of which nothing is left out, or that no model realises, has none. Raises DeriveError without matplotlib.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise DeriveError("figures need the extra: pip install 'derive-verifier[notebook]'") from error
    verifier = Verifier(paper)
    claiming = [line for line in result["equations"] if (line["method"] or "").startswith("order ")]
    wanted = [line for line in claiming if line["verdict"] in ("refuted", "proved-to-order")]
    found: list[Figure] = []
    for line in sorted(wanted, key=lambda line: line["verdict"] != "refuted"):
        number = line["number"]
        if len(found) == MOST:
            break
        try:
            picture = remainder_picture(label(number), remainders(verifier, number))
        except DeriveError:
            continue
        stem = file_name(f"{paper.id}-{number}", "").replace(".", "-")
        words = f"What {label(number)} leaves out, against its small parameter. It is {line['verdict']}."
        found.append(Figure(f"{stem}.png", words, picture._repr_png_()))
    return tuple(found)
