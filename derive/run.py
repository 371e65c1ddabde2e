"""Runs the verifier over papers: which lines, from the store or in worker processes with a time and memory limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, TimeoutError, wait
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from derive.errors import DeriveError, UnknownName
from derive.paper import Equation, Paper, load_paper, shipped_papers
from derive.store import Store, paper_digest
from derive.verdict import VERDICTS, Result

MEMORY = 4 << 30
"""Bytes a worker may use."""
SCHEMA = 1
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Selection:
    """A paper, by what the user called it, and the lines asked for (all if None)."""

    what: str
    paper: Paper
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: workers, seconds for each line, whether to measure."""

    jobs: int = 2
    timeout: float = 120.0
    timings: bool = False


def select(what: str) -> Selection:
    """A paper id, folder or file, perhaps with ``:number`` or a range ``:first-last`` in print order.

    Raises UnknownName when there is no such paper or line.
    """
    name, lines = _split(what)
    paper = load_paper(name)
    return Selection(name, paper, _numbers(paper, lines))


def select_all(whats: list[str]) -> list[Selection]:
    """What the user named, or all shipped papers; parts of one paper are put together."""
    selections = [select(what) for what in (whats or list(shipped_papers()))]
    merged: dict[str, Selection] = {}
    for found in selections:
        if found.what in merged:
            wanted = {*merged[found.what].numbers, *found.numbers}
            numbers = tuple(e.number for e in found.paper.equations if e.number in wanted)
            merged[found.what] = Selection(found.what, found.paper, numbers)
        else:
            merged[found.what] = found
    return list(merged.values())


def _split(what: str) -> tuple[str, str]:
    if Path(what).exists():
        return what, ""
    name, sign, lines = what.rpartition(":")
    return (name, lines) if sign else (what, "")


def _numbers(paper: Paper, lines: str) -> tuple[str, ...]:
    numbers = [equation.number for equation in paper.equations]
    if not lines:
        return tuple(numbers)
    if lines in numbers:
        return (lines,)
    bounds = re.fullmatch(r"(.+?)-(.+)", lines)
    if bounds and bounds[1] in numbers and bounds[2] in numbers:
        first, last = numbers.index(bounds[1]), numbers.index(bounds[2])
        if first > last:
            raise UnknownName(f"the range {lines} of {paper.id} runs backwards; write {bounds[2]}-{bounds[1]}")
        while last + 1 < len(paper.equations) and paper.equations[last + 1].kind == "claim":
            last += 1
        return tuple(numbers[first : last + 1])
    missing = next((part for part in (bounds.groups() if bounds else (lines,)) if part not in numbers), lines)
    raise paper.unknown(missing)


def run(selection: Selection, store: Store, options: Options, progress: Progress | None = None) -> dict[str, Any]:
    """The JSON object of one paper: the selected lines in print order, decided or taken from the store."""
    paper = selection.paper
    digest = digest_of(paper)
    known = store.get(digest)
    results: dict[str, dict[str, Any]] = {}
    todo: list[Equation] = []
    for equation in (paper.equation(number) for number in selection.numbers):
        if equation.number in known:
            results[equation.number] = known[equation.number]
        elif not equation.is_annotated:
            results[equation.number] = not_encoded(equation)
        else:
            todo.append(equation)
    for number, result in _decide(selection, todo, options):
        results[number] = result
        if result["verdict"] != "open":
            store.put(digest, number, {key: value for key, value in result.items() if key != "seconds"})
        if progress:
            progress(number)
    lines = [dict(results[number]) for number in selection.numbers]
    if options.timings:
        for line in lines:
            line.setdefault("seconds", 0.0)
    return {"id": paper.id, "title": paper.title, "equations": lines}


def to_decide(selection: Selection, store: Store) -> int:
    """How many lines the store does not know."""
    known = store.get(digest_of(selection.paper))
    return sum(1 for n in selection.numbers if n not in known and selection.paper.equation(n).is_annotated)


def digest_of(paper: Paper) -> str:
    name = paper.file.rsplit("/", 1)[-1]
    tex = paper.folder / name
    beside = tex.with_suffix(".toml")
    notation = beside if beside.is_file() else paper.folder / "notation.toml"
    whole = notation.read_bytes() if notation.is_file() else b""
    for _, other in sorted(set(paper.borrows)):
        whole += digest_of(load_paper(other)).encode()
    return paper_digest(tex.read_bytes(), whole)


def not_encoded(equation: Equation) -> dict[str, Any]:
    """The result of a line that has no annotation."""
    from derive.verdict import Result

    base = Result(equation.number, equation.kind, equation.section, equation.latex, "open", note="not encoded yet")
    return {**base.as_json(), "borne_out": True}


def _decide(selection: Selection, todo: list[Equation], options: Options) -> Iterator[tuple[str, dict[str, Any]]]:
    """Decides lines in worker processes. A line that passes its limit ends as open; the run goes on.

    Raises DeriveError for a mistake in the encoding, SoundnessError for an error of ours.
    """
    if not todo:
        return
    from pebble import ProcessExpired, ProcessPool

    from derive.statement import ancestors

    workers = max(1, min(options.jobs, len(todo)))
    waiting = {equation.number: equation for equation in todo}
    rests_on = _premises(selection.paper, waiting)
    known: dict[str, Result] = {}
    running: dict[Any, Equation] = {}
    with ProcessPool(max_workers=workers, initializer=_limit_memory) as pool:
        try:
            while waiting or running:
                ready = [n for n in waiting if not rests_on[n] & (set(waiting) | {e.number for e in running.values()})]
                for number in ready or ([] if running else [next(iter(waiting))]):
                    above = ancestors(number, lambda name: rests_on.get(name, ()))
                    results = {name: known[name] for name in above if name in known}
                    task = pool.schedule(_work, (selection.what, number, results), timeout=options.timeout)
                    running[task] = waiting.pop(number)
                task = next(iter(wait(running, return_when=FIRST_COMPLETED).done))
                equation = running.pop(task)
                try:
                    known[equation.number], decided = task.result()
                    yield equation.number, decided
                    continue
                except TimeoutError:
                    said = f"not decided within {options.timeout:g} seconds"
                except (MemoryError, ProcessExpired):
                    said = f"not decided within {MEMORY >> 30} GB of memory"
                except CancelledError:
                    said = "cancelled"
                except (
                    ArithmeticError,
                    LookupError,
                    NotImplementedError,
                    RecursionError,
                    TypeError,
                    ValueError,
                ) as error:
                    said = f"not decided: {type(error).__name__}: {error}"
                known[equation.number] = Result(
                    equation.number, equation.kind, equation.section, equation.latex, "open", note=said
                )
                yield equation.number, _given_up(equation, said)
        except BaseException:
            pool.stop()
            raise


def _premises(paper: Paper, among: Iterable[str]) -> dict[str, set[str]]:
    """The lines that each of some lines rests on directly; what cannot be read rests on nothing."""
    from derive.statement import Reading

    reading, found = Reading(paper), {}
    for number in among:
        try:
            found[number] = set(reading.premises(paper.equation(number)))
        except (DeriveError, RecursionError):
            found[number] = set()
    return found


def _given_up(equation: Equation, why: str) -> dict[str, Any]:
    return {**not_encoded(equation), "note": why}


def _limit_memory() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard < 0 else min(MEMORY, hard), hard))


_verifiers: dict[str, Any] = {}
"""One verifier for each paper in each worker process."""


def _work(what: str, number: str, known: Mapping[str, Result]) -> tuple[Result, dict[str, Any]]:
    """The result of a line, from those of the lines that it rests on."""
    from derive.verify import Verifier

    start = perf_counter()
    if what not in _verifiers:
        _verifiers[what] = Verifier(load_paper(what))
    _verifiers[what].learn(known)
    result = _verifiers[what].result(number)
    return result, {**result.as_json(), "borne_out": result.borne_out, "seconds": round(perf_counter() - start, 3)}


# -- what a run comes to ----------------------------------------------------------------------------------------------


def counts(papers: list[dict[str, Any]]) -> dict[str, int]:
    """How many lines have each verdict, over all papers."""
    found: dict[str, int] = dict.fromkeys(VERDICTS, 0)
    for paper in papers:
        for line in paper["equations"]:
            found[line["verdict"]] += 1
    return found


def exit_code(papers: list[dict[str, Any]], *, strict: bool = False, allow_open: bool = False) -> int:
    """0 when all is settled and every finding is borne out, else 1; ``strict`` counts supported lines as open."""
    for paper in papers:
        for line in paper["equations"]:
            if not line.get("borne_out", True):
                return 1
            if line["verdict"] == "open" and not (allow_open and not line["read"]):
                return 1
            if line["verdict"] == "supported" and strict:
                return 1
    return 0


def contract(papers: list[dict[str, Any]], *, timings: bool = False) -> dict[str, Any]:
    """The object that ``derive verify --json`` writes."""
    hidden = {"borne_out"} if timings else {"borne_out", "seconds"}
    shown = [
        {**paper, "equations": [{k: v for k, v in line.items() if k not in hidden} for line in paper["equations"]]}
        for paper in papers
    ]
    return {"schema": SCHEMA, "papers": shown, "counts": counts(papers)}


__all__ = ["Options", "Selection", "contract", "counts", "exit_code", "run", "select", "select_all"]
