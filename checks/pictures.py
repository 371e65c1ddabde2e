"""Pictures of experiments, as PNG and SVG, with the same bytes for the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checks.check import Outcome
from derive.errors import DeriveError

PANEL = (4.2, 3.6)
"""Width and height of a panel, in inches."""


def draw(outcome: Outcome, title: str) -> Any:
    """The figure of an experiment: its panels side by side. None where it has no picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if outcome.figure is not None:
        return outcome.figure()
    if not outcome.panels:
        return None
    figure = Figure(figsize=(PANEL[0] * len(outcome.panels), PANEL[1]), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, panel in zip(figure.subplots(1, len(outcome.panels), squeeze=False)[0], outcome.panels, strict=True):
        panel(axes)
        _tidy(axes)
    figure.suptitle(title)
    return figure


def _tidy(axes: Any) -> None:
    """Readable numbers on logarithmic axes that span less than two decades."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if axis.get_scale() == "log" and 0 < low < high < 100 * low:
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_formatter(NullFormatter())


def write(figure: Any, stem: Path) -> list[Path]:
    """Writes both files. Raises DeriveError where they cannot be written."""
    import matplotlib as mpl

    paths = [stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}.svg")]
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        with mpl.rc_context({"svg.hashsalt": stem.name}):
            figure.savefig(paths[0], dpi=120, metadata={"Software": None})
            figure.savefig(paths[1], metadata={"Date": None})
    except OSError as error:
        raise DeriveError(f"the picture cannot be written to {stem}: {error.strerror}") from error
    return paths
