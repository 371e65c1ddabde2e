"""What the atoms of polynomials stand for: fields at their places, functions of them and derivatives of these."""

from __future__ import annotations

from typing import NamedTuple

from derive.fields.finite.polynomials import Poly
from derive.fields.finite.sizes import Value

Component = tuple[Value, ...]
Jet = tuple[tuple[str, int], ...]
"""How often it is differentiated by each coordinate."""


class Atom(NamedTuple):
    """One unknown number of a model."""

    kind: str
    """``variable``; ``function``; ``line``, an integral along a path; ``entry`` of a matrix; ``angle`` of a power."""
    name: str
    at: Component = ()
    """Its component; of a function its indices."""
    time: int = 0
    jet: Jet = ()
    by: tuple[tuple[str, Component], ...] = ()
    """Of a function: the variables, or the numbers of its arguments, that it is differentiated by."""
    arguments: tuple[Poly, ...] = ()
    """Of a function of more than whole variables: its arguments. Of an integral: what is integrated."""

    @property
    def order(self) -> int:
        """How often it is differentiated by coordinates."""
        return sum(count for _, count in self.jet)

    def along(self, coordinate: str) -> Atom:
        """The derivative by a coordinate, as an atom of its own."""
        counts = dict(self.jet)
        counts[coordinate] = counts.get(coordinate, 0) + 1
        return self._replace(jet=tuple(sorted(counts.items())))

    def __str__(self) -> str:
        jet = "".join(f"∂{name}" * count for name, count in self.jet)
        by = "".join(f" by {name}{_component(at)}" for name, at in self.by)
        time = f"(t{self.time:+d})" if self.time else ""
        return f"{jet}{self.name}{_component(self.at)}{time}{by}"


def _component(at: Component) -> str:
    """The indices of a component, as they stand behind a name."""
    spelled = (str(v) if isinstance(v, int) else f"({','.join(map(str, v))})" for v in at)
    return f"[{','.join(spelled)}]" if at else ""


__all__ = ["Atom", "Component", "Jet"]
