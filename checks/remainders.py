"""What a line leaves out, measured: the difference of its two sides in a model, as its small parameter goes down.

A line that holds to an order n differs from what it stands for as the power n + 1 of the parameter; one that is wrong
at that order differs as a lower power. The models are those of `derive.comparison`, in ball arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from flint import ctx

from derive.comparison import Comparison, compare, worlds
from derive.domains import NotRealisable
from derive.errors import UnknownName
from derive.expression import Expr
from derive.judgement import parse_by
from derive.model import BITS
from derive.verify import Verifier

EXPONENTS = range(4, 17, 2)
"""The parameter is 2 to minus these."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """The largest difference of the two sides at each value of the small parameter."""

    name: str
    """`as printed` or `corrected`."""
    parameter: str
    order: int
    """The order that the line claims."""
    scales: tuple[float, ...]
    differences: tuple[float, ...]


def remainders(verifier: Verifier, number: str) -> tuple[Remainder, ...]:
    """The measured remainder of a line with `by: order`, as printed and, where a correction is recorded, corrected.

    Both are held against what the line follows from as corrected. One that vanishes exactly in every model that was
    tried, or that no model realises, is left out. Raises UnknownName for a line that makes no claim to an order.
    """
    line = verifier.reading.line(number)
    entry = line.equation.annotation.one("by")
    by = parse_by(entry, verifier.reading.where(line.equation, entry), line.scope)
    if by.method != "order":
        raise UnknownName(f"({number}) makes no claim to an order of a small parameter")
    left = verifier.reading.left(line.equation, corrected=True) if line.chain.first is None else line.chain.first
    rights = [("as printed", left, line.right)]
    if line.corrected is not None:
        rights.append(("corrected", line.first(corrected=True) or left, line.corrected.links[-1][1]))
    found = []
    for name, first, right in rights:
        measured = _measured(verifier, number, first, right, by.parameter)
        if measured is not None:
            found.append(Remainder(name, by.parameter, by.order, *measured))
    return tuple(found)


def _measured(
    verifier: Verifier, number: str, left: Expr, right: Expr, parameter: str
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Scales and differences in the first model, from the second size on, in which the sides differ at all scales."""
    line = verifier.reading.line(number)
    rules = verifier.premises.root_rules(line.equation)
    scales = [Fraction(1, 2**exponent) for exponent in EXPONENTS]
    models = zip(
        *(
            worlds(line.scope, rules, seeds=1, scale={parameter: scale}, apart=line.chain.apart, sides=(left, right))
            for scale in scales
        ),
        strict=True,
    )
    for drawn in islice(models, 1, 4):
        try:
            gaps = [_largest(compare(world, left, right, line.chain.apart)) for world in drawn]
        except NotRealisable:
            continue
        if all(gap > 0 for gap in gaps):
            return tuple(map(float, scales)), tuple(gaps)
    return None


def _largest(found: list[Comparison]) -> float:
    with ctx.workprec(BITS):
        return max((float(abs(c.left - c.right).mid()) for c in found), default=0.0)


__all__ = ["Remainder", "remainders"]
