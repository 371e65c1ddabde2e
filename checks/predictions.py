"""What verified lines, and expressions derived from them, predict: exported kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from checks.check import Kernel
from derive import kernels
from derive.compile import Settled, expression_input, settled_input
from derive.errors import DeriveError
from derive.expression import Applied, Expr
from derive.kernels import KernelInput
from derive.latex.places import direction_range
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.notation import Scope
from derive.paper import Paper
from derive.verdict import Result
from derive.verify import Verifier

Which = Literal["right", "as printed", "corrected"]
BOTH: tuple[Which, ...] = ("right", "as printed")
RIGHT: tuple[Which, ...] = ("right",)
Change = Callable[[str, Expr], Expr]
"""Another expression in the place of a line's, by its name as in ``Predictions.used``: a wrong kernel, for tests."""


@dataclass
class Predictions:
    """Kernels of the settled lines of a paper.

    ``right`` is the line as corrected where it is refuted, else as printed. ``used`` names what was asked for since
    :meth:`begin`, as ``59 corrected``.
    """

    paper: Paper
    settled: Mapping[str, Settled] = field(default_factory=dict)
    """What is known of lines already; others are decided when they are asked for."""
    change: Change | None = None
    used: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._verifier = Verifier(self.paper)
        self._settled = dict(self.settled)
        self._verifier.learn({number: self._known(number, settled) for number, settled in self._settled.items()})
        self._statements: dict[tuple[str, Which], KernelInput] = {}
        self._compiled: dict[tuple[Any, ...], Kernel] = {}
        self._wrong: dict[tuple[Any, ...], Kernel] = {}

    def changed(self, change: Change | None) -> Predictions:
        """The same with other expressions in the place of some lines'; kernels that stay as they are are shared."""
        other = Predictions(self.paper, self._settled, change)
        other._verifier, other._statements, other._compiled = self._verifier, self._statements, self._compiled
        return other

    def _known(self, number: str, settled: Settled) -> Result:
        equation = self.paper.equation(number)
        return Result(
            *(number, equation.kind, equation.section, equation.latex, settled.verdict), hypotheses=settled.hypotheses
        )

    def begin(self) -> None:
        self.used = []

    def state(self, number: str) -> Settled:
        """How a line was decided."""
        if number not in self._settled:
            result = self._verifier.result(number)
            self._settled[number] = Settled(result.verdict, result.hypotheses)
        return self._settled[number]

    def open_lines(self, numbers: Iterable[str]) -> tuple[str, ...]:
        return tuple(number for number in numbers if self.state(number).verdict == "open")

    def is_refuted(self, number: str) -> bool:
        return self.state(number).verdict == "refuted"

    def kernel(
        self,
        number: str,
        which: Which = "right",
        *,
        gradient: tuple[str, ...] = (),
        dimensions: int | None = None,
        functions: Mapping[str, str] | None = None,
        backend: str = "numpy",
    ) -> Kernel:
        """The exported kernel of a line, with its derivatives by some arguments.

        Of a line whose number of directions is a letter it is the kernel in so many ``dimensions``. ``functions`` has
        formulas, as LaTeX, of functions that the line leaves open, by their printed names. Raises DeriveError if there
        is no kernel.
        """
        which = self._which(number, which)
        name = self._use(number, which)
        said = tuple(sorted((functions or {}).items()))
        key = (number, which, gradient, dimensions, said, backend)
        if (number, which) not in self._statements:
            self._statements[number, which] = settled_input(self._verifier, number, which, self.state(number))
        statement = self._statements[number, which]
        changed = statement.right if self.change is None else self.change(name, statement.right)
        kept = self._compiled if changed is statement.right else self._wrong
        if key not in kept:
            statement = replace(statement, right=_with_functions(changed, dict(said), statement.scope))
            if dimensions is not None:
                statement = replace(statement, scope=in_dimensions(statement.scope, dimensions))
            kept[key] = kernels.compile(statement, backend=backend, gradient=gradient)
        return kept[key]

    def expression(self, name: str, expr: Expr, scope: Scope) -> Kernel:
        """The kernel of an expression that was derived beyond the print; ``name`` says what it is."""
        if name not in self.used:
            self.used.append(name)
        changed = expr if self.change is None else self.change(name, expr)
        kept = self._compiled if changed is expr else self._wrong
        if (name,) not in kept:
            kept[name,] = kernels.compile(expression_input(name, changed, scope))
        return kept[name,]

    def _which(self, number: str, which: Which) -> Which:
        if self.state(number).verdict == "open":
            raise DeriveError(f"({number}) is open; only a settled line predicts anything")
        return ("corrected" if self.is_refuted(number) else "as printed") if which == "right" else which

    def _use(self, number: str, which: Which) -> str:
        name = f"{number} {which}"
        if name not in self.used:
            self.used.append(name)
        return name


def in_dimensions(scope: Scope, count: int) -> Scope:
    """A scope whose lattice has so many directions."""
    directions = direction_range(scope)
    if directions is None or directions.size.isdigit():
        raise DeriveError(f"the number of directions in {scope.name} is no letter")
    return replace(scope, ranges={**scope.ranges, directions.name: replace(directions, size=str(count))})


def _with_functions(expr: Expr, functions: Mapping[str, str], scope: Scope) -> Expr:
    """An expression with formulas in the place of functions."""
    if isinstance(expr, Applied) and expr.name in functions:
        formula = read_chain(tokens(functions[expr.name]), scope, display=True).first
        assert formula is not None
        return formula
    return expr.map(lambda child: _with_functions(child, functions, scope))
