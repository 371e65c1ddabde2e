"""An expression of a line by powers of a small parameter: what an expansion hands back."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from derive.errors import DeriveError
from derive.expansions.trees import added
from derive.expression import Expr
from derive.latex.writer import write
from derive.notation import Scope

Side = Literal["head", "left", "right", "rest", "step"]
"""Which expression of a line is expanded.

=====  ===================================================================================================
head   what the chain that the line belongs to begins with: the exact thing that the line is about
left   the line's own left side; of a line that starts with a relation, the last side of its first premise
right  the line's last side
rest   head less right: what the line leaves out of what it is about
step   left less right: what the step from the first premise leaves out
=====  ===================================================================================================
"""
SIDES: tuple[Side, ...] = ("head", "left", "right", "rest", "step")


@dataclass(frozen=True, slots=True)
class Part:
    """All of an expression that goes with one power of the small parameter.

    The parameter is not written: it counts the powers that symbols carry, and stands in no formula of the paper.
    """

    power: Fraction
    expr: Expr
    latex: str


@dataclass(frozen=True, slots=True)
class Case:
    """The series where free indices coincide as ``where`` says in words; it is empty where all of them differ."""

    where: str
    parts: tuple[Part, ...]
    """Those that do not vanish, up to the order asked for, by rising power."""
    remainder: Part | None
    """The first part beyond that order; None where there is none in the next orders that are looked at."""
    is_exact: bool
    """Whether the parts add up to the expression itself."""
    slope: float | None
    """The measured power of the parameter in the numeric remainder; None where that vanishes or no model was found."""


@dataclass(frozen=True, slots=True)
class PowerSeries:
    """An expression of a line, by powers of a small parameter up to an order.

    There is a case for each way in which its free indices may coincide without a denominator that vanishes, that of all
    different first; ``parts``, ``remainder``, ``is_exact`` and ``slope`` are those of the first.
    """

    paper: str
    number: str
    scope: Scope
    expr: Expr
    parameter: str
    order: int
    cases: tuple[Case, ...]
    rests_on: tuple[str, ...]
    """The lines and named hypotheses that were put in."""
    identities: tuple[str, ...]
    """The identities that were used on the way."""

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.cases[0].parts

    @property
    def remainder(self) -> Part | None:
        return self.cases[0].remainder

    @property
    def is_exact(self) -> bool:
        return self.cases[0].is_exact

    @property
    def slope(self) -> float | None:
        return self.cases[0].slope

    def part(self, power: int | Fraction) -> Part:
        """The part of one power, which may be zero. Raises DeriveError for a power beyond the order."""
        if power > self.order:
            raise DeriveError(f"the series goes to order {self.order}; the power {power} is beyond it")
        zero = added((), self.expr.type)
        found = (part for part in self.parts if part.power == power)
        return next(found, Part(Fraction(power), zero, self.write(zero)))

    @property
    def sum(self) -> Expr:
        """All parts added up."""
        return added([part.expr for part in self.parts], self.expr.type)

    def write(self, expr: Expr) -> str:
        """LaTeX in the notation of the scope."""
        return write(expr, self.scope)

    @property
    def latex(self) -> str:
        """The expression, its parts added up, and the order of what they leave out."""
        text = f"{self.write(self.expr)} = {self.write(self.sum)}"
        beyond = self.remainder.power if self.remainder is not None else self.order + 1
        return text if self.is_exact else rf"{text} + O\left( {self.parameter}^{{{beyond}}} \right)"
