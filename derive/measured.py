"""Lines about numbers that were measured: held against their values, and never proved by them.

A symbol with ``measured = "NAME"`` in its table has the values of the table NAME in ``measured.toml``, a file beside
the paper that a program wrote. A line about one is ``supported`` where it holds for the median of the values, and
``open`` where it does not; how many of the values it holds for is told. Such a symbol has no value in any model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from derive.algebra.indexed import SingularTerm, recanonical
from derive.algebra.lowering import Lowering
from derive.algebra.rules import Rule, Unsupported
from derive.expression import Expr, Number, Symbol, put_symbol, walk
from derive.judgement import Judgement
from derive.notation import Scope

METHOD = "measured"
_HOLDS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "≤": lambda a, b: a <= b,
    "≥": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class _Side:
    """One side of a line, as a function of the measured value."""

    expr: Expr
    symbol: Symbol
    scope: Scope
    rules: tuple[Rule, ...]

    def at(self, value: Fraction) -> Fraction | None:
        """The number that it is; None where it is none."""
        try:
            put = put_symbol(self.expr, self.symbol, Number(value))
            return recanonical(Lowering(self.scope, self.rules).scalar(put)).constant
        except (Unsupported, SingularTerm):
            return None


def symbols(scope: Scope, sides: Iterable[Expr]) -> list[Symbol]:
    """The measured symbols in some expressions, each once."""
    nodes = (node for side in sides for node in walk(side) if isinstance(node, Symbol))
    return list(dict.fromkeys(n for n in nodes if (d := scope.symbols.get(n.name)) is not None and d.measured))


def judged(scope: Scope, left: Expr, relation: str, right: Expr, rules: tuple[Rule, ...]) -> Judgement:
    """A relation between numbers one of which was measured: ``supported`` or ``open``."""
    found = symbols(scope, (left, right))
    if len(found) != 1 or relation not in _HOLDS:
        said = "lines are read about one measured number, and an equality or an inequality"
        return Judgement("open", METHOD, notes=[said])
    measured = scope.symbols[found[0].name].measured
    assert measured is not None
    sides = [_Side(side, found[0], scope, rules) for side in (left, right)]

    def holds(value: Fraction) -> bool | None:
        numbers = [side.at(value) for side in sides]
        if numbers[0] is None or numbers[1] is None:
            return None
        return _HOLDS[relation](numbers[0], numbers[1])

    middle = median(measured.values)
    answers = [holds(value) for value in (middle, *measured.values)]
    if None in answers:
        return Judgement("open", METHOD, notes=["the sides are no numbers when the measured one is put in"])
    least, most = min(measured.values), max(measured.values)
    notes = [
        f"measured: {float(middle):.3g}" + (f", from {float(least):.3g} to {float(most):.3g}" if least != most else ""),
        f"it holds for {sum(map(bool, answers[1:]))} of {len(measured.values)}, by {measured.by}",
    ]
    if not answers[0]:
        return Judgement("open", METHOD, notes=[*notes, "the measured value does not bear it out"])
    return Judgement("supported", METHOD, notes=[*notes, "a measurement is no proof"])
