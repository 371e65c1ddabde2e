"""Pictures of measured remainders: the difference of the two sides of a line against its small parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from checks.remainders import Remainder
from derive.errors import UnknownName

COLOURS = {"as printed": "#a02b30", "corrected": "#2c6648"}
MARKERS = {"as printed": "x", "corrected": "o"}


@dataclass(frozen=True)
class Picture:
    """A figure of matplotlib that shows itself in a notebook, with the same bytes each time."""

    figure: Any

    def _repr_png_(self) -> bytes:
        written = BytesIO()
        self.figure.savefig(written, format="png", dpi=110, metadata={"Software": None})
        return written.getvalue()

    def __repr__(self) -> str:
        return "a picture"


def remainder_picture(name: str, measured: Sequence[Remainder]) -> Picture:
    """A log-log picture, with the slope that the claimed order asks for as a dashed line.

    Needs matplotlib (the extra `notebook`). Raises UnknownName where nothing was measured.
    """
    from matplotlib.figure import Figure

    if not measured:
        raise UnknownName(f"what {name} leaves out vanishes, or no model of it was found")
    first = measured[0]
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axes = figure.subplots()
    for one in measured:
        axes.loglog(
            one.scales,
            one.differences,
            marker=MARKERS.get(one.name, "o"),
            color=COLOURS.get(one.name),
            label=one.name,
            base=2,
        )
    right = measured[-1]
    steepness = first.order + 1
    axes.loglog(
        right.scales,
        [right.differences[0] * (scale / right.scales[0]) ** steepness for scale in right.scales],
        linestyle="--",
        color="0.5",
        label=f"slope {steepness}, the least that order {first.order} asks for",
        base=2,
    )
    axes.set_xlabel(f"${first.parameter}$")
    axes.set_ylabel("difference of the two sides")
    axes.set_title(f"What {name} leaves out")
    axes.legend(frameon=False)
    axes.grid(True, alpha=0.25)
    return Picture(figure)
