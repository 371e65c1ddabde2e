"""The picture of which line follows from which: one drawing for each part of a paper that hangs together.

A line stands below all that it follows from. The places are those of igraph's layered layout (Sugiyama, Tagawa and
Toda, IEEE Trans. Syst. Man Cybern. 11, 1981), in which an edge over several layers has a bend in each of them. Each
line in the drawing is a link to the line on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import igraph
from markupsafe import Markup

from reports.dependence import Dependence
from reports.outline import MARKS, WORDS, Line

STEP, LEVEL = 76, 48  # pixels between neighbours and between layers
WIDTH, HEIGHT = 68, 26
LONGEST = 8  # characters of a name that fit

SVG = Markup(
    '<svg class="graph" xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="group" '
    'aria-label="Which line follows from which, part {2}: {3} to {4}">{5}{6}</svg>'
)
EDGE = Markup('<path class="edge" data-from="{}" data-to="{}" d="{}"></path>')
NODE = Markup(
    '<a href="#{anchor}" class="node v-{verdict}" data-line="{number}" aria-label="{label} {word}">'
    '<title>{label} {word}</title><rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5"></rect>'
    '<text x="{middle}" y="{base}"><tspan class="mark">{mark}</tspan> {short}</text></a>'
)


@dataclass(frozen=True)
class Drawing:
    """Where the lines of one part stand, in steps and layers, and the bends of each edge between two of them."""

    places: Mapping[str, tuple[float, float]]
    edges: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]


def drawing(part: tuple[str, ...], dependence: Dependence) -> Drawing:
    """The layout of one part; the same for the same part."""
    layers = _layers(part, dependence)
    at = {number: place for place, number in enumerate(part)}
    routes: dict[tuple[str, str], list[int]] = {}
    for number in part:
        for premise in dependence.premises[number]:
            bends = list(range(layers[at[premise]] + 1, layers[at[number]]))  # none for an edge of a circle
            routes[premise, number] = [at[premise], *range(len(layers), len(layers) + len(bends)), at[number]]
            layers += bends
    edges = [(a, b) for route in routes.values() for a, b in pairwise(route)]
    layout = igraph.Graph(n=len(layers), edges=edges, directed=True).layout_sugiyama(layers=layers, maxiter=200)
    spots = _apart([(x, y) for x, y in layout])
    return Drawing(
        {number: spots[place] for number, place in at.items()},
        {ends: tuple(spots[place] for place in route) for ends, route in routes.items()},
    )


def _apart(spots: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The spots from 0 on, each at least a step from its neighbour in the layer, which the layout does not ensure."""
    left = min(x for x, _ in spots)
    found = list(spots)
    reached: dict[float, float] = {}
    for place in sorted(range(len(spots)), key=lambda place: spots[place]):
        x, y = spots[place]
        x = max(round(x - left, 3), reached.get(y, -1.0) + 1)
        found[place], reached[y] = (x, y), x
    return found


def _layers(part: tuple[str, ...], dependence: Dependence) -> list[int]:
    """The layer of each line: below all its premises, and no higher than the lines that it is used in need it."""
    found = {number: dependence.steps_to[number] for number in part}
    for number in sorted(part, key=lambda number: -found[number]):
        below = [found[other] for other in dependence.used_in[number] if found[other] > found[number]]
        found[number] = min(below) - 1 if below else found[number]
    top = min(found.values())
    return [found[number] - top for number in part]


def graph(lines: tuple[Line, ...], dependence: Dependence) -> list[Markup]:
    """The drawings of all parts of more than one line, the largest first."""
    known = {line.number: line for line in lines}
    found = []
    for place, part in enumerate((part for part in dependence.parts if len(part) > 1), 1):
        shown = drawing(part, dependence)
        xs, ys = zip(*(spot for route in shown.edges.values() for spot in route), strict=True)
        width, height = round((max(xs) + 1) * STEP), round((max(ys) + 1) * LEVEL)
        edges = Markup("").join(EDGE.format(a, b, _curve(route)) for (a, b), route in shown.edges.items())
        nodes = Markup("").join(_node(known[number], *spot) for number, spot in shown.places.items())
        ends = known[part[0]].label, known[part[-1]].label
        found.append(SVG.format(width, height, place, *ends, edges, nodes))
    return found


def alone(lines: tuple[Line, ...], dependence: Dependence) -> tuple[Line, ...]:
    """The lines that follow from no line and that no line follows from."""
    lonely = {part[0] for part in dependence.parts if len(part) == 1}
    return tuple(line for line in lines if line.number in lonely)


def _pixels(spot: tuple[float, float]) -> tuple[float, float]:
    return (spot[0] + 0.5) * STEP, (spot[1] + 0.5) * LEVEL


def _curve(route: tuple[tuple[float, float], ...]) -> str:
    """A path down through all bends, vertical in each of them."""
    points = [_pixels(spot) for spot in route]
    points[0] = (points[0][0], points[0][1] + HEIGHT / 2)
    points[-1] = (points[-1][0], points[-1][1] - HEIGHT / 2)
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        path += f"C{x0:g} {middle:g} {x1:g} {middle:g} {x1:g} {y1:g}"
    return path


def _node(line: Line, x: float, y: float) -> Markup:
    middle, level = _pixels((x, y))
    label = line.label.strip("()")
    return NODE.format(
        anchor=line.anchor, verdict=line.verdict, number=line.number, label=line.label, word=WORDS[line.verdict],
        x=f"{middle - WIDTH / 2:g}", y=f"{level - HEIGHT / 2:g}", width=WIDTH, height=HEIGHT,
        middle=f"{middle:g}", base=f"{level + 4:g}", mark=MARKS[line.verdict],
        short=label if len(label) <= LONGEST else label[: LONGEST - 1] + "…",
    )  # fmt: skip
