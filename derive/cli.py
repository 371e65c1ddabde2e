"""The command ``derive``. It reads the call, hands it on and prints; what it needs it imports when it needs it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
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
    running(verify)

    show = command("show", _show, "one line: printed, read, slips, premises, method, verdict, evidence, correction")
    show.add_argument("what", metavar="PAPER:NUMBER")
    running(show)

    new = command("new", _new, "starts an encoding from a LaTeX file: its displayed lines, and a guess at the notation")
    new.add_argument("file", type=Path, metavar="FILE.tex")
    new.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="the folder to write to")

    mutant = command("mutate", _mutate, "the adversary: how many slips would be noticed, and each that would not")
    mutant.add_argument(
        "what", nargs="*", metavar="WHAT", help="what to change; all shipped papers if nothing is named"
    )
    mutant.add_argument("--json", action="store_true", help="one JSON object on standard output, and nothing else")
    mutant.add_argument("--sample", type=_mutants_wanted, metavar="N", help="only N of all mutants")
    mutant.add_argument("--seed", type=int, default=0, metavar="S", help="chooses another sample (0)")
    running(mutant)

    check = command("check", _check, "numeric cross-checks of exported kernels against simulation")
    check.add_argument("what", nargs="*", metavar="WHAT")
    check.add_argument("--full", action="store_true", help="the full size: minutes instead of seconds")
    check.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="write results (JSON) and pictures (PNG, SVG) to this folder"
    )
    running(check)

    report = command("report", _report, "writes reports")
    report.add_argument("what", nargs="*", metavar="WHAT")
    report.add_argument("--format", choices=("html", "tex", "md"), default="html", help="html (default), tex or md")
    report.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="the folder to write to")
    running(report)

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
    running(diff)
    return top


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes; 1 or more would be right")
    return int(text)


def _mutants_wanted(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of mutants; 240 would be right")
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


def _results(parsed: argparse.Namespace, whats: list[str]) -> list[dict[str, Any]]:
    """The papers asked for, from the store or decided, with a progress bar on a terminal."""
    from derive.run import Options, run, select_all
    from derive.store import opened, store_file

    selections = select_all(whats)
    options = Options(parsed.jobs, parsed.timeout)
    with opened(None if parsed.no_store else store_file()) as store:
        with _progress(sum(len(selection.numbers) for selection in selections)) as step:
            papers = run(selections, store, options, step)
        if store.problem:
            print(f"derive: {store.problem}", file=sys.stderr)
    return papers


class _progress:
    """A progress bar on standard error where that is a terminal, else nothing."""

    def __init__(self, total: int, doing: str = "deciding", shown: str = "({})") -> None:
        self.total, self.doing, self.shown = total, doing, shown
        self.bar: Any = None

    def __enter__(self) -> Any:
        if not self.total or not sys.stderr.isatty():
            return None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.bar = Progress(
            TextColumn(self.doing),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[line]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.bar.start()
        task = self.bar.add_task(self.doing, total=self.total, line="")
        return lambda name: self.bar.update(task, advance=1, line=self.shown.format(name))

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()


def _console() -> Any:
    from rich.console import Console

    width = None if sys.stdout.isatty() else 120
    return Console(width=width, highlight=False, soft_wrap=False)


def _verify(parsed: argparse.Namespace) -> int:
    from derive.run import contract, exit_code

    papers = _results(parsed, parsed.what)
    if parsed.json:
        json.dump(contract(papers, timings=parsed.timings), sys.stdout, indent=1, ensure_ascii=False)
        print()
    else:
        _table(papers, parsed.timings)
    return exit_code(papers, strict=parsed.strict, allow_open=parsed.allow_open)


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
    from derive.run import select

    selection = select(parsed.what)
    if len(selection.numbers) != 1:
        example = f"{selection.paper.id}:{selection.numbers[0]}" if selection.numbers else "PAPER:NUMBER"
        raise UnknownName(f"show wants one line, as {example}, and not {len(selection.numbers)} of them")
    papers = _results(parsed, [parsed.what])
    print(shown(papers[0]["id"], papers[0]["equations"][0]))
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


def _new(parsed: argparse.Namespace) -> int:
    from derive.new import new_encoding

    paths, remarks = new_encoding(parsed.file, parsed.output)
    for path in paths:
        print(path)
    for remark in remarks:
        print(f"derive: {remark}", file=sys.stderr)
    return 0


def _mutate(parsed: argparse.Namespace) -> int:
    from derive.mutate import Sample, contract, is_enough, mutate
    from derive.run import Options, select_all
    from derive.store import opened, store_file

    selections = select_all(parsed.what)
    options = Options(parsed.jobs, parsed.timeout)
    with opened(None if parsed.no_store else store_file()) as store:
        with _progress(sum(len(s.numbers) + len(s.paper.givens) for s in selections), "changing") as step:
            papers = mutate(selections, store, options, Sample(parsed.sample, parsed.seed), step)
        if store.problem:
            print(f"derive: {store.problem}", file=sys.stderr)
    if parsed.json:
        json.dump(contract(papers), sys.stdout, indent=1, ensure_ascii=False)
        print()
    else:
        _mutants(papers)
    return 0 if all(map(is_enough, papers)) else 1


def _mutants(papers: list[dict[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    console = _console()
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
            console.print(table)
        sorts = ", ".join(f"{count['caught']} of {count['all']} in the {s}" for s, count in paper["counts"].items())
        share = f"{100 * paper['caught'] / paper['all']:.2f}%" if paper["all"] else "none"
        failed = f"; on {paper['failed']} the verifier failed inside" if paper["failed"] else ""
        left = f"; {paper['open']} lines are open" if paper["open"] else ""
        console.print(Text(f"{paper['id']}: {share} of {paper['all']} mutants caught ({sorts}){failed}{left}\n"))


def _report(parsed: argparse.Namespace) -> int:
    from derive.errors import DeriveError
    from derive.run import contract
    from reports import write_index, write_latex, write_markdown, write_page

    papers = contract(_results(parsed, parsed.what))["papers"]
    writers = {"html": write_page, "tex": write_latex, "md": write_markdown}
    try:
        written = [writers[parsed.format](paper, parsed.output) for paper in papers]
        if parsed.format == "html":
            written.append(write_index(papers, parsed.output))
    except OSError as error:
        raise DeriveError(f"the report cannot be written to {parsed.output}: {error.strerror}") from error
    for path in written:
        print(path)
    return 0


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
    # Before JAX is imported: networks this small run fastest on one thread, and sums then have one order.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    from checks.catalogue import select
    from checks.predictions import Predictions
    from checks.run import run_experiments, write_results
    from derive.compile import Settled
    from derive.run import select_all

    size = "full" if parsed.full else "quick"
    chosen = []
    for selection in select_all(parsed.what):
        whole = len(selection.numbers) == len(selection.paper.equations)
        experiments = select(selection.paper.id, selection.numbers, whole)
        if experiments:
            chosen.append((selection, experiments))
    if not chosen:
        print("there are no checks for these lines")
        return 0
    results = _results(parsed, [selection.paper.id for selection, _ in chosen])
    written: list[Path] = []
    found = []
    with _progress(sum(len(experiments) for _, experiments in chosen), "checking", "{}") as after:
        for (selection, experiments), paper in zip(chosen, results, strict=True):
            settled = {
                line["number"]: Settled(line["verdict"], tuple(line["hypotheses"])) for line in paper["equations"]
            }
            outcomes = run_experiments(Predictions(selection.paper, settled), experiments, size, after)
            found += outcomes
            if parsed.output is not None:
                written += write_results(selection.paper.id, outcomes, size, parsed.output)
    for one in found:
        print(_experiment(one))
    for path in written:
        print(path)
    print(_verdict_on(found))
    return 1 if any(one.failed for one in found) else 0


def _experiment(found: Any) -> str:
    """An experiment with its checks, as text."""
    experiment = found.experiment
    rows = [f"{found.paper}: {experiment.title}"]
    if found.waits_for:
        rows.append(f"  waits for lines that are open: {', '.join(f'({line})' for line in found.waits_for)}")
    if experiment.stands_in:
        rows.append(f"  not counted, since no kernels predict: {experiment.stands_in}")
    rows += [f"  {check}" for check in (found.outcome.checks if found.outcome is not None else ())]
    return "\n".join(rows)


def _verdict_on(found: Any) -> str:
    """How many checks passed and failed, and how many stand beside them without being counted."""

    def total(counted: bool, passed: bool) -> int:
        outcomes = [one.outcome for one in found if one.outcome is not None and one.counts is counted]
        return sum(check.passed is passed for outcome in outcomes for check in outcome.checks)

    said = f"{total(True, True)} passed, {total(True, False)} failed"
    beside, waiting = total(False, True) + total(False, False), sum(bool(one.waits_for) for one in found)
    if beside:
        said += f"; not counted: {total(False, True)} passed, {total(False, False)} failed"
    return said + (f"; {waiting} experiments wait for open lines" if waiting else "")


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
