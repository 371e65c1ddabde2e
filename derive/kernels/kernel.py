"""What a kernel is compiled from: an expression, the definitions that it uses, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from derive.algebra.rules import Rule
from derive.errors import DeriveError
from derive.expression import Expr, Index
from derive.notation import Declared, Scope

Which = Literal["as printed", "corrected"]


DTYPES = ("float64", "float32", "complex128")


class KernelError(DeriveError):
    """An expression that cannot be compiled; the message names the construct."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a kernel comes from, and what is known of the line. Written into the file that is exported."""

    paper: str = ""
    number: str = ""
    printed: str = ""
    """The LaTeX of the line as the paper prints it."""
    compiled: str = ""
    """The LaTeX of what was compiled: the print, or its correction."""
    verdict: str = ""
    hypotheses: tuple[str, ...] = ()
    digest: str = ""
    version: str = ""
    which: Which = "as printed"


@dataclass(frozen=True, slots=True)
class KernelInput:
    """A statement to compile: ``left`` is computed as ``right``.

    ``definitions`` are equations used from left to right, such as the momentum of a particle by its velocity. Each
    that is needed becomes an array that is computed once; none is put in at each of its uses.
    """

    left: Expr
    right: Expr
    scope: Scope
    definitions: tuple[Rule, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
    apart: tuple[tuple[Index, Index], ...] = ()
    """Indices of the left side that differ; entries at which they are equal are not computed, and are 0."""
    turns: frozenset[str] = frozenset()
    """Matrices whose square is said to be -1, so that X to the power s is cos(πs/2) + X sin(πs/2)."""

    def _repr_html_(self) -> str:
        """The kernel in a notebook: what it computes, and where that comes from."""
        from derive.display import formula, table, text
        from derive.latex.writer import write

        said = self.provenance
        computes = f"{write(self.left, self.scope)} = {write(self.right, self.scope)}"
        return table(
            [
                ("kernel", text(f"({said.number}) of {said.paper}, {said.which}, {said.verdict}")),
                ("computes", formula(computes, display=True)),
                ("with", "<br>".join(
                    formula(f"{write(rule.left, self.scope)} = {write(rule.right, self.scope)}")
                    for rule in self.definitions
                )),
            ]
        )  # fmt: skip


def is_diagonal(declared: Declared) -> bool:
    """Whether a symbol is declared as a matrix that is zero off its diagonal."""
    return "diagonal" in declared.properties or (declared.part_of is not None and declared.part_of[0] == "diagonal")


def is_hollow(declared: Declared) -> bool:
    """Whether a symbol is declared as a matrix that is zero on its diagonal."""
    return "hollow" in declared.properties or (declared.part_of is not None and declared.part_of[0] == "off-diagonal")


@dataclass(frozen=True, slots=True)
class Options:
    """What to compile: derivatives by these arguments too, and the type of numbers (None: as the arguments)."""

    gradient: tuple[str, ...] = ()
    dtype: str | None = None
