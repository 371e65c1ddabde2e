"""What the commands print on a terminal: tables of verdicts, a line with all that is known of it, a progress bar."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.diff import Diff
    from derive.paper import Paper

WITNESS = 16
"""How many values of a witness are shown; all are in the JSON."""
MARKS = {
    "proved": "green",
    "definition": "cyan",
    "assumption": "cyan",
    "proved-to-order": "green",
    "conditional": "yellow",
    "supported": "blue",
    "open": "bright_black",
    "refuted": "red",
}


class Progress:
    """A progress bar on standard error where that is a terminal, else nothing."""

    def __init__(self, total: int, doing: str = "deciding", shown: str = "({})") -> None:
        self.total, self.doing, self.shown = total, doing, shown
        self.bar: Any = None

    def __enter__(self) -> Any:
        if not self.total or not sys.stderr.isatty():
            return None
        from rich import progress
        from rich.console import Console

        self.bar = progress.Progress(
            progress.TextColumn(self.doing),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[line]}"),
            progress.TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.bar.start()
        task = self.bar.add_task(self.doing, total=self.total, line="")
        return lambda name: self.bar.update(task, advance=1, line=self.shown.format(name))

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()


def console() -> Any:
    """Standard output: in colour on a terminal, 120 characters wide elsewhere."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 120
    return Console(width=width, highlight=False, soft_wrap=False)


def print_verdicts(papers: Sequence[Mapping[str, Any]], *, timings: bool = False) -> None:
    """A table for each paper: its lines that are encoded, each with its verdict and what to know of it."""
    from rich.table import Table
    from rich.text import Text

    terminal = console()
    for paper in papers:
        encoded = [line for line in paper["equations"] if line["read"] or line["verdict"] != "open" or told(line)]
        table = Table(title=paper["title"], title_justify="left", box=None, pad_edge=False, header_style="bold")
        table.add_column("line", no_wrap=True)
        table.add_column("verdict", no_wrap=True)
        table.add_column("how", overflow="fold", max_width=34)
        table.add_column("what to know", overflow="fold")
        if timings:
            table.add_column("s", justify="right")
        for line in encoded:
            mark = Text(line["verdict"], style=MARKS[line["verdict"]])
            name = line["number"] if line["kind"] == "claim" else f"({line['number']})"
            row = [name, mark, line["method"] or "", Text(remark(line))]
            table.add_row(*row, *([f"{line['seconds']:.2f}"] if timings else []))
        if encoded:
            terminal.print(table)
        else:
            terminal.print(Text(paper["title"], style="italic"))
        left = len(paper["equations"]) - len(encoded)
        terminal.print(summary(paper["equations"]) + (f" ({left} of them not encoded yet)" if left else ""))
        terminal.print()


def told(line: Mapping[str, Any]) -> bool:
    """Whether there is more to say of a line than that it is not encoded."""
    return line["note"] not in ("", "not encoded yet")


def summary(lines: Iterable[Mapping[str, Any]]) -> str:
    """How many lines have each verdict, in words."""
    found: dict[str, int] = {}
    for line in lines:
        found[line["verdict"]] = found.get(line["verdict"], 0) + 1
    return ", ".join(f"{number} {verdict}" for verdict, number in found.items() if verdict in MARKS)


def remark(line: Mapping[str, Any]) -> str:
    """What one must know of a line that is not simply right."""
    parts: list[str] = []
    if line["inherits"]:
        parts.append("inherits " + ", ".join(f"({root})" for root in line["inherits"]))
    if line["verdict"] == "conditional":
        parts.append("needs " + "; ".join(line["hypotheses"]))
    if line["verdict"] == "refuted":
        parts.append(line["note"] or ("a correction is recorded" if line["correction"] else ""))
    if line["follows"] is False and line["verdict"] != "refuted":
        parts.append("does not follow from its premises as printed")
    if not line.get("borne_out", True):
        parts.append(f"FINDING NOT BORNE OUT: {_not_borne_out(line)}")
    if line["verdict"] in ("open", "supported"):
        parts.append(line["note"] or "; ".join(line["evidence"]))
    return ". ".join(part.rstrip(".") for part in parts if part)


def _not_borne_out(line: Mapping[str, Any]) -> str:
    """Why a finding is not borne out: the evidence that says so, else the note."""
    said = ("no correction is recorded", "the recorded correction was not shown")
    return next((text for text in line["evidence"] if text in said), line["note"])


def print_papers(papers: Sequence[Mapping[str, Any]]) -> None:
    """A row for each paper: how many lines it has, how they are read, and their verdicts."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("paper", no_wrap=True)
    for name in ("lines", "claims", "from print", "by hand", "open"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdicts")
    for paper in papers:
        lines = [line for line in paper["equations"] if line["kind"] == "equation"]
        claims = len(paper["equations"]) - len(lines)
        read = sum(line["read"] for line in lines)
        unsettled = sum(line["verdict"] == "open" for line in lines)
        by_hand = sum(not line["read"] and line["statement"] is not None for line in lines)
        settled = [line for line in paper["equations"] if line["verdict"] != "open"]
        table.add_row(
            paper["id"], str(len(lines)), str(claims), str(read), str(by_hand), str(unsettled), summary(settled)
        )
    console().print(table)


def print_kernels(sources: Sequence[Paper], papers: Sequence[Mapping[str, Any]]) -> None:
    """The lines of each paper that can be exported, and what they compute."""
    from rich.table import Table
    from rich.text import Text

    from derive.compile import exportable
    from derive.verdict import Result
    from derive.verify import Verifier

    terminal = console()
    for source, paper in zip(sources, papers, strict=True):
        verifier = Verifier(source)
        verifier.learn({line["number"]: Result.from_json(line) for line in paper["equations"]})
        found = exportable(verifier, paper["equations"])
        table = Table(title=paper["id"], title_justify="left", box=None, pad_edge=False, header_style="bold")
        for name in ("line", "verdict", "exported", "computes", "from"):
            table.add_column(name, overflow="fold", no_wrap=name in ("line", "verdict", "exported"))
        for one in found:
            if not one.reason:
                mark = Text(one.verdict, style=MARKS[one.verdict])
                name = one.number if one.number.startswith("claim-") else f"({one.number})"
                table.add_row(name, mark, one.which, Text(one.computes), Text(", ".join(one.arguments)))
        if table.rows:
            terminal.print(table)
        terminal.print(
            f"{paper['id']}: {len(table.rows)} of {len(found)} settled equations and claims can be exported\n"
        )


def shown(paper: str, line: Mapping[str, Any]) -> str:
    """All that is known of a line, as plain text."""
    rows: list[tuple[str, str]] = [
        ("printed" if line["kind"] == "equation" else "claim", line["latex"]),
        ("read", line["statement"] or ("not read" if line["verdict"] == "open" else "")),
    ]
    rows += [("slip", slip) for slip in line["slips"]]
    rows += [
        ("from", ", ".join(line["premises"])),
        ("by", line["method"] or ""),
        ("verdict", line["verdict"]),
        ("holds for", line["holds_for"] or ""),
        (
            "follows",
            {True: "from its premises as printed", False: "not from its premises as printed"}.get(line["follows"], ""),
        ),
        ("inherits", ", ".join(line["inherits"])),
        ("remainder", line["remainder"] or ""),
    ]
    rows += [("hypothesis", said) for said in line["hypotheses"]]
    if line["witness"]:
        named = [f"{name} = {value}" for name, value in line["witness"]["values"].items()]
        more = [f"and {len(named) - WITNESS} more (--json has them)"] if len(named) > WITNESS + 1 else []
        values = ", ".join([*named[: WITNESS if more else None], *more])
        rows += [("witness", values), ("left side", line["witness"]["lhs"]), ("right side", line["witness"]["rhs"])]
    rows += [("correction", line["correction"] or ""), ("note", line["note"])]
    rows += [("evidence", said) for said in line["evidence"]]
    width = max(len(name) for name, _ in rows) + 2
    body = "\n".join(f"{name:<{width}}{text}" for name, text in rows if text)
    return f"{paper}:{line['number']}  (section {line['section']})\n\n{body}"


def print_difference(found: Diff) -> None:
    """What differs between two versions, and the sum of it in a sentence."""
    from rich.table import Table
    from rich.text import Text

    from derive.diff import rows
    from derive.diff import summary as in_a_sentence

    terminal = console()
    title = Text(f"{found.papers[0].id} → {found.papers[1].id}", style="italic")
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("first", overflow="fold")
    table.add_column("second", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("what changed", overflow="fold")
    for row in rows(found):
        verdict = Text(" → ").join(Text(word, style=MARKS[word]) for word in row.verdicts)
        table.add_row(Text(row.first), Text(row.second), verdict, Text(row.said))
    terminal.print(table if table.rows else title)
    terminal.print(Text(in_a_sentence(found)))


def print_mutants(papers: Sequence[Mapping[str, Any]]) -> None:
    """A table for each paper: of each line how many mutants were caught, and each that was not."""
    from rich.table import Table
    from rich.text import Text

    terminal = console()
    for paper in papers:
        table = Table(title=paper["title"], title_justify="left", box=None, pad_edge=False, header_style="bold")
        for name in ("line", "verdict", "caught", "of", "equal", "not caught", "why not"):
            table.add_column(name, justify="right" if name in ("caught", "of", "equal") else "left", overflow="fold")
        for line in paper["lines"]:
            numbers = (str(line["caught"]), str(line["all"]), str(line["equal"]))
            missed = [(f"{one['change']}: {one['mutant']}", one["by"]) for one in line["survivors"]] or [("", "")]
            for number, (what, why) in enumerate(missed):
                first = (line["number"], line["verdict"], *numbers) if not number else ("",) * 5
                table.add_row(*first, Text(what), Text(why))
        if paper["lines"]:
            terminal.print(table)
        sorts = ", ".join(f"{count['caught']} of {count['all']} in the {s}" for s, count in paper["counts"].items())
        share = f"{100 * paper['caught'] / paper['all']:.2f}%" if paper["all"] else "none"
        failed = f"; on {paper['failed']} the verifier failed inside" if paper["failed"] else ""
        left = f"; {paper['open']} lines are open" if paper["open"] else ""
        terminal.print(Text(f"{paper['id']}: {share} of {paper['all']} mutants caught ({sorts}){failed}{left}\n"))
