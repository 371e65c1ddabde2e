"""The plots: error against number of latents, answers against truth, latents against heliocentric angles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from checks.scinet.experiment import Outcome
from checks.scinet.knee import FACTOR
from checks.scinet.latents import regress
from derive.errors import DeriveError

PANEL = 3.4
"""Width and height of one panel, in inches."""


def draw(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """Writes all plots as PNG and SVG, the same bytes for the same outcomes. Raises DeriveError if it cannot."""
    figures = {"errors": errors(outcomes)}
    if any(found.shown for found in outcomes):
        figures["answers"] = answers(outcomes)
    figures |= {f"latents-{found.system.name}": latents(found) for found in outcomes if found.relations and found.shown}
    return [path for name, figure in figures.items() for path in _write(figure, folder / name)]


def errors(outcomes: Sequence[Outcome]) -> Figure:
    """A panel for each system: the error of each seed, the medians, the rank, and the limit of the knee's rule."""
    figure, panels = _panels(len(outcomes))
    for axes, outcome in zip(panels, outcomes, strict=True):
        medians = outcome.curve.medians
        for number, found in outcome.errors.items():
            axes.plot([number] * len(found), found, "o", color="tab:blue", alpha=0.4, markersize=4)
        axes.plot(list(medians), list(medians.values()), "-", color="tab:blue", label="median over seeds")
        axes.axvline(outcome.rank.rank, color="tab:orange", linestyle="--", label="rank of the Jacobian")
        axes.axhline(FACTOR * outcome.curve.floor, color="gray", linestyle=":", label="limit of the knee")
        axes.set(yscale="log", title=outcome.system.name, xlabel="latent neurons", xticks=list(medians))
        axes.set_ylabel(f"root mean square error [{outcome.system.unit}]")
    panels[0].legend(fontsize="x-small")
    return figure


def answers(outcomes: Sequence[Outcome]) -> Figure:
    """A panel for each system: the answers of a network with as many latents as the rank, against the right ones."""
    with_samples = [outcome for outcome in outcomes if outcome.shown is not None]
    figure, panels = _panels(len(with_samples))
    for axes, outcome in zip(panels, with_samples, strict=True):
        assert outcome.shown is not None
        right, given = outcome.shown.answer, outcome.shown.answered
        labels = ("θ_S", "θ_M") if outcome.system.evolves else ("answer",)
        for column, label in enumerate(labels):
            axes.plot(right[:, column], given[:, column], ".", markersize=2, label=label, rasterized=True)
        ends = [right.min(), right.max()]
        axes.plot(ends, ends, "-", color="black", linewidth=0.6)
        unit = "rad" if outcome.system.evolves else outcome.system.unit
        axes.set(title=f"{outcome.system.name}, {outcome.rank.rank} latents")
        axes.set(xlabel=f"right answer [{unit}]", ylabel=f"answer of the network [{unit}]")
        if len(labels) > 1:
            axes.legend(fontsize="x-small")
    return figure


def latents(outcome: Outcome) -> Figure:
    """The two latents over the plane of the heliocentric angles, and against the linear combination that fits best."""
    assert outcome.shown is not None
    values, angles = outcome.shown.latents, outcome.shown.parameters
    fit = regress(angles, values)
    fitted = fit.at(angles)
    figure, panels = _panels(2 * values.shape[1])
    for number in range(values.shape[1]):
        plane, line = panels[2 * number], panels[2 * number + 1]
        spots = plane.scatter(angles[:, 0], angles[:, 1], c=values[:, number], s=5, cmap="viridis", rasterized=True)
        figure.colorbar(spots, ax=plane)
        plane.set(title=f"latent {number + 1}", xlabel="φ_E [rad]", ylabel="φ_M [rad]")
        line.plot(fitted[:, number], values[:, number], ".", markersize=2, rasterized=True)
        ends = [fitted[:, number].min(), fitted[:, number].max()]
        line.plot(ends, ends, "-", color="black", linewidth=0.6)
        by_earth, by_mars = fit.coefficients[:, number]
        line.set(title=f"R² = {fit.explained[number]:.4f}", ylabel=f"latent {number + 1}")
        line.set_xlabel(f"{by_earth:.3f} φ_E {by_mars:+.3f} φ_M + constant")
    return figure


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    columns = count if count <= 4 else 3
    rows = -(-count // columns)
    figure = Figure(figsize=(PANEL * columns, PANEL * rows), layout="constrained")
    FigureCanvasAgg(figure)
    found = list(np.ravel(figure.subplots(rows, columns, squeeze=False)))
    for axes in found[count:]:
        axes.remove()
    return figure, found[:count]


def _write(figure: Figure, stem: Path) -> list[Path]:
    paths = [stem.with_suffix(".png"), stem.with_suffix(".svg")]
    try:
        with mpl.rc_context({"svg.hashsalt": stem.name}):
            figure.savefig(paths[0], dpi=150, metadata={"Software": None})
            figure.savefig(paths[1], dpi=150, metadata={"Date": None})
    except OSError as error:
        raise DeriveError(f"the plot cannot be written to {stem}: {error.strerror}") from error
    return paths
