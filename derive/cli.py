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
from typing import TYPE_CHECKING, Any

from derive import __version__

if TYPE_CHECKING:
    from derive.paper import Paper

EPILOG = "WHAT is a paper id, PAPER:NUMBER, a range PAPER:51-59, a folder with a paper.tex in it, or a .tex file."


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
    report.add_argument(
        "--format",
        choices=("html", "tex", "pdf", "md"),
        help="html (the default), tex, pdf (by TeX, or by pandoc and Typst) or md",
    )
    report.add_argument(
        "--errata", action="store_true", help="the refuted and conditional lines only, with corrections to paste"
    )
    report.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="the folder to write to")
    report.add_argument(
        "--figures", action="store_true", help="in tex and pdf, pictures of what approximations leave out, measured"
    )
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
    from derive.terminal import Progress

    selections = select_all(whats)
    options = Options(parsed.jobs, parsed.timeout)
    with opened(None if parsed.no_store else store_file()) as store:
        with Progress(sum(len(selection.numbers) for selection in selections)) as step:
            papers = run(selections, store, options, step)
        if store.problem:
            print(f"derive: {store.problem}", file=sys.stderr)
    return papers


def _verify(parsed: argparse.Namespace) -> int:
    from derive.run import contract, exit_code
    from derive.terminal import print_verdicts

    papers = _results(parsed, parsed.what)
    _write_machine_formats(parsed, papers)
    if parsed.json:
        json.dump(contract(papers, timings=parsed.timings), sys.stdout, indent=1, ensure_ascii=False)
        print()
    else:
        print_verdicts(papers, timings=parsed.timings)
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


def _list(parsed: argparse.Namespace) -> int:
    from derive.run import select_all
    from derive.terminal import print_kernels, print_papers

    papers = _results(parsed, parsed.what)
    if parsed.kernels:
        print_kernels([selection.paper for selection in select_all(parsed.what)], papers)
    else:
        print_papers(papers)
    return 0


def _show(parsed: argparse.Namespace) -> int:
    from derive.errors import UnknownName
    from derive.run import select
    from derive.terminal import shown

    selection = select(parsed.what)
    if len(selection.numbers) != 1:
        example = f"{selection.paper.id}:{selection.numbers[0]}" if selection.numbers else "PAPER:NUMBER"
        raise UnknownName(f"show wants one line, as {example}, and not {len(selection.numbers)} of them")
    papers = _results(parsed, [parsed.what])
    print(shown(papers[0]["id"], papers[0]["equations"][0]))
    return 0


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
    from derive.terminal import Progress, print_mutants

    selections = select_all(parsed.what)
    options = Options(parsed.jobs, parsed.timeout)
    with opened(None if parsed.no_store else store_file()) as store:
        with Progress(sum(len(s.numbers) + len(s.paper.givens) for s in selections), "changing") as step:
            papers = mutate(selections, store, options, Sample(parsed.sample, parsed.seed), step)
        if store.problem:
            print(f"derive: {store.problem}", file=sys.stderr)
    if parsed.json:
        json.dump(contract(papers), sys.stdout, indent=1, ensure_ascii=False)
        print()
    else:
        print_mutants(papers)
    return 0 if all(map(is_enough, papers)) else 1


def _report(parsed: argparse.Namespace) -> int:
    from derive.run import contract, select_all
    from reports.publish import publish, publish_errata

    sources = [selection.paper for selection in select_all(parsed.what)]
    _named_apart(sources)
    papers = contract(_results(parsed, parsed.what))["papers"]
    with _writing("the report", parsed.output):
        if parsed.errata:
            said = publish_errata(papers, parsed.output, parsed.format or "tex")
        else:
            said = publish(sources, papers, parsed.output, parsed.format or "html", pictures=parsed.figures)
    print("\n".join(said))
    return 0


def _notebook(parsed: argparse.Namespace) -> int:
    from derive.run import select_all
    from reports.notebook import write_notebook

    selections = select_all(parsed.what)
    _named_apart([selection.paper for selection in selections])
    _results(parsed, parsed.what)  # decides what the cells ask for, with a progress bar
    with _writing("the notebook", parsed.output):
        for selection in selections:
            print(write_notebook(selection, parsed.output, execute=not parsed.no_execute))
    return 0


def _named_apart(papers: Sequence[Paper]) -> None:
    """Raises DeriveError where two papers have one name: what is written goes by it, and one would be lost."""
    from derive.errors import DeriveError

    first: dict[str, Paper] = {}
    for paper in papers:
        other = first.setdefault(paper.id, paper)
        if other.folder != paper.folder:
            raise DeriveError(
                f"{other.folder} and {paper.folder} are both called {paper.id}, and files are named after papers: "
                "write one of them to another folder, in a call of its own"
            )


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
    # Before JAX is imported: networks this small run fastest on one thread, and sums then have one order.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    from checks.catalogue import select
    from checks.predictions import Predictions
    from checks.run import run_experiments, write_results
    from derive.compile import Settled
    from derive.run import select_all
    from derive.terminal import Progress

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
    with Progress(sum(len(experiments) for _, experiments in chosen), "checking", "{}") as after:
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
    rows += [f"  {check}" for check in (found.outcome.checks if found.outcome is not None else ())]
    return "\n".join(rows)


def _verdict_on(found: Any) -> str:
    """How many checks passed and failed, and how many experiments wait."""
    checks = [check for one in found if one.outcome is not None for check in one.outcome.checks]
    passed, waiting = sum(check.passed for check in checks), sum(bool(one.waits_for) for one in found)
    said = f"{passed} passed, {len(checks) - passed} failed"
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
    from derive.diff import compare, whole_paper
    from derive.terminal import print_difference

    papers = whole_paper(parsed.first), whole_paper(parsed.second)
    results = _results(parsed, [parsed.first, parsed.second])
    found = compare(papers, (results[0], results[-1]))
    if parsed.output is not None:
        from derive.run import contract
        from reports.publish import publish_difference

        _named_apart(papers)
        shown = contract([results[0], results[-1]])["papers"]
        with _writing("the page", parsed.output):
            path = publish_difference(papers, (shown[0], shown[1]), parsed.output)
        print(path, file=sys.stderr if parsed.json else sys.stdout)
    if parsed.json:
        json.dump(found.as_json(), sys.stdout, indent=1, ensure_ascii=False)
        print()
        return 0
    print_difference(found)
    return 0
