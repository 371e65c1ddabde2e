"""The command ``derive``. It reads the call, hands it on and prints; what it needs it imports when it needs it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from derive import __version__

WITNESS = 16
"""How many values of a witness are shown; all are in the JSON."""
EPILOG = "WHAT is a paper id, PAPER:NUMBER, a range PAPER:51-59, a folder with a paper.tex in it, or a .tex file."
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and exits: 0 all settled, 1 findings or open lines, 2 a wrong call, 130 interrupted."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    parsed = parser().parse_args(arguments)
    from derive.errors import DeriveError

    try:
        code = parsed.command(parsed)
    except DeriveError as error:
        print(f"derive: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("derive: interrupted; what was decided is kept", file=sys.stderr)
        code = 130
    sys.exit(code)


def parser() -> argparse.ArgumentParser:
    """The command line, as ``derive --help`` shows it."""
    top = argparse.ArgumentParser(
        prog="derive",
        description="Re-derives the numbered equations of a paper and says, with evidence, whether each holds.",
        epilog=EPILOG,
    )
    top.add_argument("--version", action="version", version=f"derive {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Any, said: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=said, description=said[0].upper() + said[1:] + ".", epilog=EPILOG)
        found.set_defaults(command=run)
        return found

    def running(found: argparse.ArgumentParser) -> None:
        found.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="worker processes")
        found.add_argument("--timeout", type=_seconds, default=120.0, metavar="S", help="seconds for each line (120)")
        found.add_argument("--no-store", action="store_true", help="decide everything anew and keep nothing")

    listed = command("list", _list, "papers: lines in each verdict; read from print, by hand, open")
    listed.add_argument("what", nargs="*", metavar="WHAT", help="what to list; all shipped papers if nothing is named")
    listed.add_argument("--kernels", action="store_true", help="the lines that can be exported, and what they compute")
    running(listed)

    verify = command("verify", _verify, "verifies papers and prints a table of verdicts")
    verify.add_argument(
        "what", nargs="*", metavar="WHAT", help="what to verify; all shipped papers if nothing is named"
    )
    verify.add_argument("--json", action="store_true", help="one JSON object on standard output, and nothing else")
    verify.add_argument("--timings", action="store_true", help="add the seconds that each line took")
    verify.add_argument("--strict", action="store_true", help="lines that are only supported count as not settled")
    verify.add_argument("--allow-open", action="store_true", help="lines that are not encoded yet are no failure")
    verify.add_argument("--sarif", type=Path, metavar="FILE", help="write the findings as SARIF 2.1.0 too")
    verify.add_argument("--junit", type=Path, metavar="FILE", help="write the verdicts as JUnit XML too")
    running(verify)

    show = command("show", _show, "one line: printed, read, slips, premises, method, verdict, evidence, correction")
    show.add_argument("what", metavar="PAPER:NUMBER")
    running(show)

    check = command("check", _check, "numeric cross-checks of exported kernels against simulation")
    check.add_argument("what", nargs="*", metavar="WHAT")

    report = command("report", _report, "writes reports")
    report.add_argument("what", nargs="*", metavar="WHAT")
    report.add_argument(
        "--format",
        choices=("html", "tex", "pdf", "md"),
        help="html (the default), tex, pdf (by TeX, or by pandoc and Typst) or md",
    )
    report.add_argument(
        "--errata", action="store_true", help="the refuted and conditional lines only, with corrections to paste"
    )
    report.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="the folder to write to")
    running(report)

    notebook = command("notebook", _notebook, "writes notebooks that lead through a derivation")
    notebook.add_argument("what", nargs="*", metavar="WHAT")
    notebook.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="the folder to write to")
    notebook.add_argument("--no-execute", action="store_true", help="leave the cells without their outputs")
    running(notebook)

    export = command("export", _export, "writes a line as a standalone kernel")
    export.add_argument("what", metavar="PAPER:NUMBER")
    export.add_argument(
        "--backend",
        choices=("numpy", "numba", "c", "jax"),
        default="numpy",
        help="numpy (the default), numba, c or jax",
    )
    export.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="the Python file to write")
    export.add_argument(
        "--gradient", action="append", default=[], metavar="WRT", help="its derivative by these arguments too, as r,v"
    )
    export.add_argument("--dtype", choices=("float64", "float32", "complex128"), help="the type of all numbers")
    which = export.add_mutually_exclusive_group()
    which.add_argument("--corrected", action="store_true", help="the correction of a refuted line")
    which.add_argument("--as-printed", action="store_true", help="a refuted line as it is printed")

    graph = command("graph", _graph, "which line follows from which, in the DOT language")
    graph.add_argument("what", metavar="PAPER")

    diff = command("diff", _diff, "two versions: lines added and removed, print, numbers and verdicts that changed")
    diff.add_argument("first", metavar="PAPER", help="a paper id, a folder with a paper.tex in it, or a .tex file")
    diff.add_argument("second", metavar="PAPER", help="another version of it")
    diff.add_argument("--json", action="store_true", help="one JSON object on standard output, and nothing else")
    diff.add_argument("-o", "--output", type=Path, metavar="DIR", help="write a page about it to this folder too")
    running(diff)
    return top


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes; 1 or more would be right")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds; 120 would be right")
    return value


# -- commands --------------------------------------------------------------------------------------------------------


def _results(parsed: argparse.Namespace, whats: list[str], *, timings: bool = False) -> list[dict[str, Any]]:
    """The papers asked for, from the store or decided, with a progress bar on a terminal."""
    from derive.run import Options, run, select_all, to_decide
    from derive.store import opened, store_file

    selections = select_all(whats)
    options = Options(parsed.jobs, parsed.timeout, timings)
    with opened(None if parsed.no_store else store_file()) as store:
        total = sum(to_decide(selection, store) for selection in selections)
        with _progress(total) as step:
            papers = [run(selection, store, options, step) for selection in selections]
        if store.problem:
            print(f"derive: {store.problem}", file=sys.stderr)
    return papers


class _progress:
    """A progress bar on standard error where that is a terminal, else nothing."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.bar: Any = None

    def __enter__(self) -> Any:
        if not self.total or not sys.stderr.isatty():
            return None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.bar = Progress(
            TextColumn("deciding"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[line]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.bar.start()
        task = self.bar.add_task("deciding", total=self.total, line="")
        return lambda number: self.bar.update(task, advance=1, line=f"({number})")

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()


def _console() -> Any:
    from rich.console import Console

    width = None if sys.stdout.isatty() else 120
    return Console(width=width, highlight=False, soft_wrap=False)


def _verify(parsed: argparse.Namespace) -> int:
    from derive.run import contract, exit_code

    papers = _results(parsed, parsed.what, timings=parsed.timings)
    _write_machine_formats(parsed, papers)
    if parsed.json:
        json.dump(contract(papers, timings=parsed.timings), sys.stdout, indent=1, ensure_ascii=False)
        print()
    else:
        _table(papers, parsed.timings)
    return exit_code(papers, strict=parsed.strict, allow_open=parsed.allow_open)


def _write_machine_formats(parsed: argparse.Namespace, papers: list[dict[str, Any]]) -> None:
    """SARIF and JUnit, where they are asked for."""
    if not parsed.sarif and not parsed.junit:
        return
    from derive.run import select_all
    from reports.junit import junit
    from reports.places import places
    from reports.sarif import sarif

    where = {selection.paper.id: places(selection.paper) for selection in select_all(parsed.what)}
    if not parsed.timings:
        papers = [{**p, "equations": [{**line, "seconds": 0.0} for line in p["equations"]]} for p in papers]
    for path, writer in ((parsed.sarif, sarif), (parsed.junit, junit)):
        if path is not None:
            with _writing("the report", path):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(writer(papers, where), encoding="utf-8")


def _table(papers: list[dict[str, Any]], timings: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    console = _console()
    for paper in papers:
        encoded = [line for line in paper["equations"] if line["read"] or line["verdict"] != "open" or _told(line)]
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
            row = [name, mark, line["method"] or "", Text(_remark(line))]
            table.add_row(*row, *([f"{line['seconds']:.2f}"] if timings else []))
        if encoded:
            console.print(table)
        else:
            console.print(Text(paper["title"], style="italic"))
        left = len(paper["equations"]) - len(encoded)
        console.print(_summary(paper["equations"]) + (f" ({left} of them not encoded yet)" if left else ""))
        console.print()


def _told(line: dict[str, Any]) -> bool:
    return line["note"] not in ("", "not encoded yet")


def _summary(lines: list[dict[str, Any]]) -> str:
    found: dict[str, int] = {}
    for line in lines:
        found[line["verdict"]] = found.get(line["verdict"], 0) + 1
    return ", ".join(f"{number} {verdict}" for verdict, number in found.items() if verdict in MARKS)


def _remark(line: dict[str, Any]) -> str:
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


def _not_borne_out(line: dict[str, Any]) -> str:
    """Why a finding is not borne out: the evidence that says so, else the note."""
    said = ("no correction is recorded", "the recorded correction was not shown")
    return next((text for text in line["evidence"] if text in said), line["note"])


def _list(parsed: argparse.Namespace) -> int:
    from rich.table import Table

    papers = _results(parsed, parsed.what)
    if parsed.kernels:
        return _list_kernels(parsed.what, papers)
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
            paper["id"], str(len(lines)), str(claims), str(read), str(by_hand), str(unsettled), _summary(settled)
        )
    _console().print(table)
    return 0


def _list_kernels(whats: list[str], papers: list[dict[str, Any]]) -> int:
    from rich.table import Table
    from rich.text import Text

    from derive.compile import exportable
    from derive.run import select_all
    from derive.verify import Verifier

    console = _console()
    for selection, paper in zip(select_all(whats), papers, strict=True):
        found = exportable(Verifier(selection.paper), paper["equations"])
        table = Table(title=paper["id"], title_justify="left", box=None, pad_edge=False, header_style="bold")
        for name in ("line", "verdict", "exported", "computes", "from"):
            table.add_column(name, overflow="fold", no_wrap=name in ("line", "verdict", "exported"))
        for one in found:
            if not one.reason:
                mark = Text(one.verdict, style=MARKS[one.verdict])
                table.add_row(f"({one.number})", mark, one.which, Text(one.computes), Text(", ".join(one.arguments)))
        if table.rows:
            console.print(table)
        console.print(f"{paper['id']}: {len(table.rows)} of {len(found)} settled equations can be exported\n")
    return 0


def _show(parsed: argparse.Namespace) -> int:
    from derive.errors import UnknownName

    papers = _results(parsed, [parsed.what])
    lines = papers[0]["equations"]
    if len(lines) != 1:
        raise UnknownName(
            f"show wants one line, as {papers[0]['id']}:{lines[0]['number']}, and not {len(lines)} of them"
        )
    print(shown(papers[0]["id"], lines[0]))
    return 0


def shown(paper: str, line: dict[str, Any]) -> str:
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


def _report(parsed: argparse.Namespace) -> int:
    from derive.run import contract, select_all
    from reports.publish import publish, publish_errata

    papers = contract(_results(parsed, parsed.what))["papers"]
    sources = [selection.paper for selection in select_all(parsed.what)]
    with _writing("the report", parsed.output):
        if parsed.errata:
            said = publish_errata(papers, parsed.output, parsed.format or "tex")
        else:
            said = publish(sources, papers, parsed.output, parsed.format or "html")
    print("\n".join(said))
    return 0


def _notebook(parsed: argparse.Namespace) -> int:
    from derive.run import select_all
    from reports.notebook import write_notebook

    _results(parsed, parsed.what)  # decides what the cells ask for, with a progress bar
    with _writing("the notebook", parsed.output):
        for selection in select_all(parsed.what):
            print(write_notebook(selection, parsed.output, execute=not parsed.no_execute))
    return 0


@contextmanager
def _writing(what: str, where: Path) -> Iterator[None]:
    """Says in one sentence that something could not be written."""
    from derive.errors import DeriveError

    try:
        yield
    except OSError as error:
        raise DeriveError(f"{what} cannot be written to {where}: {error.strerror}") from error


def _export(parsed: argparse.Namespace) -> int:
    from derive.compile import kernel_input
    from derive.errors import DeriveError, UnknownName
    from derive.kernels import KernelError, export
    from derive.run import select
    from derive.verify import Verifier

    selection = select(parsed.what)
    if len(selection.numbers) != 1:
        raise UnknownName(f"export wants one line, as {selection.paper.id}:{selection.numbers[0]}")
    number = selection.numbers[0]
    verifier = Verifier(selection.paper)
    result = verifier.result(number)
    if result.verdict == "refuted" and not (parsed.corrected or parsed.as_printed):
        raise DeriveError(f"({number}) is refuted as printed; say --corrected or --as-printed")
    which = "corrected" if parsed.corrected else "as printed"
    try:
        kernel = kernel_input(verifier, number, which)
        wrt = [name.strip() for names in parsed.gradient for name in names.split(",") if name.strip()]
        path = export(kernel, parsed.output, backend=parsed.backend, gradient=wrt, dtype=parsed.dtype)
    except KernelError as problem:
        raise DeriveError(f"({number}) cannot be exported: {problem}") from problem
    except OSError as error:
        raise DeriveError(f"the kernel cannot be written to {parsed.output}: {error.strerror}") from error
    print(path)
    return 0


def _check(parsed: argparse.Namespace) -> int:
    from checks.run import run_checks
    from derive.run import select_all

    outcomes = [
        check for selection in select_all(parsed.what) for check in run_checks(selection.paper, selection.numbers)
    ]
    if not outcomes:
        print("there are no checks for these lines")
        return 0
    for outcome in outcomes:
        print(outcome)
    failed = sum(not outcome.passed for outcome in outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _graph(parsed: argparse.Namespace) -> int:
    from derive.run import select
    from derive.statement import Reading

    paper = select(parsed.what).paper
    reading = Reading(paper)
    print(f'digraph "{paper.id}" {{')
    for equation in paper.equations:
        if equation.is_annotated:
            for premise in reading.premises(equation):
                print(f'  "{premise}" -> "{equation.number}";')
    print("}")
    return 0


def _diff(parsed: argparse.Namespace) -> int:
    from rich.table import Table
    from rich.text import Text

    from derive.diff import compare, rows, summary, whole_paper

    papers = whole_paper(parsed.first), whole_paper(parsed.second)
    results = _results(parsed, [parsed.first, parsed.second])
    found = compare(papers, (results[0], results[-1]))
    if parsed.output is not None:
        from derive.run import contract
        from reports.publish import publish_difference

        shown = contract([results[0], results[-1]])["papers"]
        with _writing("the page", parsed.output):
            path = publish_difference(papers, (shown[0], shown[1]), parsed.output)
        print(path, file=sys.stderr if parsed.json else sys.stdout)
    if parsed.json:
        json.dump(found.as_json(), sys.stdout, indent=1, ensure_ascii=False)
        print()
        return 0
    console = _console()
    title = Text(f"{papers[0].id} → {papers[1].id}", style="italic")
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("first", overflow="fold")
    table.add_column("second", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("what changed", overflow="fold")
    for row in rows(found):
        verdict = Text(" → ").join(Text(word, style=MARKS[word]) for word in row.verdicts)
        table.add_row(Text(row.first), Text(row.second), verdict, Text(row.said))
    console.print(table if table.rows else title)
    console.print(Text(summary(found)))
    return 0
