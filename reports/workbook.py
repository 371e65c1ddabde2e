"""A paper to work with in a notebook: statements, verdicts, derivations, kernels, and pictures of what lines leave out.

>>> book = Workbook("examples/coupled-oscillators")       # doctest: +SKIP
>>> book.result("5").verdict                              # doctest: +SKIP
'refuted'
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

from checks.remainders import remainders
from derive.compile import Settled, settled_input
from derive.display import formula, text
from derive.kernels import KernelInput
from derive.run import Options, counts, run, select
from derive.statement import Line, ancestors
from derive.store import opened, store_file
from derive.verdict import Result
from derive.verify import Verifier
from reports.dependence import Dependence
from reports.formula import normalise, problem
from reports.outline import label
from reports.picture import Picture, remainder_picture


@dataclass(frozen=True)
class Table:
    """Rows of HTML that a notebook shows as a table."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def _repr_html_(self) -> str:
        head = "".join(f'<th style="text-align:left">{name}</th>' for name in self.head)
        body = "".join(
            "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in row) + "</tr>" for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def __repr__(self) -> str:
        return f"a table of {len(self.rows)} rows"


class Workbook:
    """The lines of one paper with their verdicts, which are taken from the store or else decided when first asked for.

    Raises UnknownName when there is no such paper, and when a line that is asked for is not in it.
    """

    def __init__(self, what: str, *, jobs: int | None = None) -> None:
        self.selection = select(what)
        self.paper = self.selection.paper
        self.verifier = Verifier(self.paper)
        self.jobs = jobs or os.cpu_count() or 1

    def __repr__(self) -> str:
        return f"{self.paper.title}: {len(self.paper.equations)} lines and claims"

    @cached_property
    def results(self) -> dict[str, Result]:
        """The results of all lines, by number."""
        with opened(store_file()) as store:
            (found,) = run([self.selection], store, Options(self.jobs))
        return {line["number"]: Result.from_json(line) for line in found["equations"]}

    @cached_property
    def dependence(self) -> Dependence:
        return Dependence({number: result.premises for number, result in self.results.items()})

    def result(self, number: str) -> Result:
        """The verdict of a line with its evidence."""
        return self.results[self.paper.equation(number).number]

    def statement(self, number: str) -> Line:
        """A line as it is read. Raises EncodingError for one that is not read."""
        return self.verifier.reading.line(number)

    def counts(self) -> Table:
        """How many lines have each verdict."""
        found = counts([{"equations": [{"verdict": result.verdict} for result in self.results.values()]}])
        return Table(("verdict", "lines"), tuple((name, str(number)) for name, number in found.items() if number))

    def derivation(self, number: str) -> Table:
        """A line below all that it rests on, in print order, each with its verdict."""
        asked = self.paper.equation(number).number
        wanted = {number} | ancestors(asked, self.dependence.premises.__getitem__)
        rows = []
        for name, result in self.results.items():
            if name in wanted:
                above = ", ".join(map(label, result.premises)) if result.premises else ""
                rows.append((text(label(name)), _print(result), text(above), f"<b>{text(result.verdict)}</b>"))
        return Table(("line", "printed", "from", "verdict"), tuple(rows))

    def kernel(self, number: str, which: str = "as printed") -> KernelInput:
        """What a kernel of a line is compiled from, `as printed` or `corrected`.

        Raises DeriveError where the line computes nothing, or has no correction.
        """
        result = self.result(number)
        return settled_input(self.verifier, number, which, Settled(result.verdict, result.hypotheses))

    def remainder(self, number: str) -> Picture:
        """A picture of what a line leaves out against its small parameter, with the extra `notebook`.

        Raises UnknownName for a line that makes no claim to an order.
        """
        return remainder_picture(label(number), remainders(self.verifier, number))


def _print(result: Result) -> str:
    """The print, if it is a formula that a notebook may set; else its source."""
    latex = normalise(result.latex)
    return formula(latex if problem(latex) is None else result.latex + " $")


__all__ = ["Table", "Workbook"]
