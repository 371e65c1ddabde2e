"""Where a refuted line's error comes from: its own, or that of a line that it rests on."""

from __future__ import annotations

from collections.abc import Mapping

from derive.algebra.atoms import Term
from derive.algebra.indexed import Poly
from derive.algebra.lowering import Lowering
from derive.algebra.rules import Unsupported
from derive.methods import exact
from derive.paper import Paper
from derive.statement import Line, Reading, ancestors
from derive.verdict import Result


class Inheritance:
    """Compares what refuted lines differ by from their corrections: shared terms are inherited."""

    def __init__(self, paper: Paper, reading: Reading, results: Mapping[str, Result]) -> None:
        self.paper = paper
        self.reading = reading
        self._results = results
        self._own: dict[str, frozenset[Term]] = {}

    def delta(self, line: Line) -> Poly | None:
        """Printed minus corrected, in normal form."""
        if line.corrected is None:
            return None
        lowering = Lowering(line.scope, ())
        try:
            right = exact.subtract(line.right, line.corrected.links[-1][1], lowering)
            first, meant = line.chain.first, line.first(corrected=True)
            return right if first is None or meant is None else right - exact.subtract(first, meant, lowering)
        except (Unsupported, ArithmeticError):
            return None

    def roots(self, line: Line) -> tuple[str, ...]:
        """The earlier refuted lines whose own error is in this line's difference from its correction."""
        terms = self.terms(line)
        shared = [name for name in self.refuted_ancestors(line.equation.number) if terms & self.own(name)]
        return self.traced(shared)

    def traced(self, names: list[str]) -> tuple[str, ...]:
        """Refuted lines, each that only follows from a refuted one replaced by the roots of that."""
        found: list[str] = []
        for name in names:
            known = self._results[name]
            found += known.inherits if known.follows and known.inherits else (name,)
        return tuple(dict.fromkeys(found))

    def terms(self, line: Line) -> frozenset[Term]:
        """The terms of what a line differs by from its correction."""
        delta = self.delta(line)
        return frozenset(term for term, _ in delta.terms) if delta else frozenset()

    def own(self, number: str) -> frozenset[Term]:
        """The terms of a refuted line's difference that are in that of none of the refuted lines it rests on."""
        if number not in self._own:
            inherited = frozenset().union(*(self.own(root) for root in self.refuted_ancestors(number)))
            self._own[number] = self.terms(self.reading.line(number)) - inherited
        return self._own[number]

    def of_premises(self, line: Line) -> tuple[str, ...]:
        """The roots of the refuted premises of a line that follows from them as printed."""
        names = self.known_premises(line.equation.number)
        return self.traced([name for name in names if self._results[name].verdict == "refuted"])

    def refuted_ancestors(self, number: str) -> list[str]:
        above = ancestors(number, self.known_premises)
        order_ = [equation.number for equation in self.paper.equations]
        return sorted((name for name in above if self._results[name].verdict == "refuted"), key=order_.index)

    def known_premises(self, number: str) -> list[str]:
        """The premises of a line that are lines with a result, and not named hypotheses."""
        return [name for name in self.reading.premises(self.paper.equation(number)) if name in self._results]
