"""Runs the verifier over papers: which lines, from the store or in worker processes with a time and memory limit."""

from __future__ import annotations

import ctypes
import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, TimeoutError, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from derive.dependence import Dependence
from derive.errors import UnknownName
from derive.paper import Equation, Paper, load_paper, shipped_papers
from derive.store import Store
from derive.verdict import VERDICTS, Result

MEMORY = 4 << 30
"""Bytes a worker may use."""
SCHEMA = 1
NOT_KEPT = ("seconds", "latex", "section")
"""What of a result is not kept: how long it took, and what stands in the file."""
_PARENT_DEATH_SIGNAL = 1
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Selection:
    """A paper, by what the user called it, and the lines asked for (all if None)."""

    what: str
    paper: Paper
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: workers, and seconds for each line."""

    jobs: int = 2
    timeout: float = 120.0


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


def run(
    selections: list[Selection], store: Store, options: Options, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """The JSON objects of papers: the selected lines in print order, from the store or decided, and kept as they come.

    Lines that the selected ones rest on are decided too, each as a task of its own. Raises DeriveError for a mistake in
    an encoding, SoundnessError for an error of ours.
    """
    works = [Work(selection) for selection in selections]
    _decide(works, store, options, progress)
    papers: list[dict[str, Any]] = []
    for work in works:
        lines = [work.shown[number] for number in work.selection.numbers]
        papers.append({"id": work.paper.id, "title": work.paper.title, "equations": lines})
    return papers


class Work:
    """One paper of a run: what is to be decided, what rests on what, and what is known so far."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.paper = selection.paper
        self.dependence = Dependence(self.paper)
        self.known: dict[str, Result] = {}
        self.shown: dict[str, dict[str, Any]] = {}
        """The same as JSON, with ``borne_out`` and the seconds it took."""
        wanted = set(selection.numbers).union(*map(self.dependence.ancestors, selection.numbers))
        self.waiting = {e.number: e for e in self.paper.equations if e.number in wanted and e.is_annotated}
        self.running: set[str] = set()
        for number in wanted - set(self.waiting):
            self.note(number, not_encoded(self.paper.equation(number)))

    def ready(self) -> list[str]:
        """The lines that rest on nothing that is still to come."""
        pending = self.running | set(self.waiting)
        return [n for n in self.waiting if not pending.intersection(self.dependence.premises(n)) - {n}]

    def note(self, number: str, shown: dict[str, Any]) -> None:
        """Takes down a result; what is no part of what it depends on is as it stands in the file now."""
        equation = self.paper.equation(number)
        result = Result.from_json({**shown, "latex": equation.latex, "section": equation.section})
        self.known[number] = result
        self.shown[number] = {**result.as_json(), "borne_out": result.borne_out, "seconds": shown.get("seconds", 0.0)}

    def above(self, number: str) -> dict[str, Result]:
        """The results of all that a line rests on."""
        return {name: self.known[name] for name in self.dependence.ancestors(number) if name in self.known}


def not_encoded(equation: Equation) -> dict[str, Any]:
    """The result of a line that has no annotation."""
    base = Result(equation.number, equation.kind, equation.section, equation.latex, "open", note="not encoded yet")
    return {**base.as_json(), "borne_out": True}


def _decide(works: list[Work], store: Store, options: Options, progress: Progress | None) -> None:
    """Decides what the store does not know in worker processes. A line that passes its limit ends as open."""
    running: dict[Any, tuple[Work, str, str]] = {}
    with ExitStack() as stack:
        pool: Any = None
        while True:
            for work in works:
                pool = _start(work, store, options, progress, pool, stack, running) or pool
            if not running:
                return
            for task in wait(running, return_when=FIRST_COMPLETED).done:
                work, number, key = running.pop(task)
                work.running.discard(number)
                shown, is_kept = _outcome(task, work.paper.equation(number), options)
                work.note(number, shown)
                if is_kept and key:
                    store.put(key, work.paper.id, number, {k: v for k, v in shown.items() if k not in NOT_KEPT})
                if progress:
                    progress(number)


def _start(
    work: Work,
    store: Store,
    options: Options,
    progress: Progress | None,
    pool: Any,
    stack: ExitStack,
    running: dict[Any, tuple[Work, str, str]],
) -> Any:
    """Looks up the lines of a paper that are ready, and hands those that the store does not know to the workers.

    Returns the workers, which are started when there is something for them to do. Of lines that rest on each other in
    a circle one is handed on all the same: to say so is what the verifier is there for.
    """
    while ready := work.ready():
        for number in ready:
            equation = work.waiting.pop(number)
            key = work.dependence.key(number, work.known)
            known = store.get(key)
            if known is not None:
                work.note(number, known)
                if progress:
                    progress(number)
                continue
            pool = pool or stack.enter_context(workers(options.jobs))
            work.running.add(equation.number)
            running[_handed(pool, work, number, options)] = work, number, key
    if work.waiting and not work.running:
        number = next(iter(work.waiting))
        del work.waiting[number]
        pool = pool or stack.enter_context(workers(options.jobs))
        work.running.add(number)
        running[_handed(pool, work, number, options)] = work, number, ""
    return pool


def _handed(pool: Any, work: Work, number: str, options: Options) -> Any:
    arguments = (work.selection.what, number, work.above(number))
    return pool.schedule(_work, arguments, timeout=options.timeout)


def _outcome(task: Any, equation: Equation, options: Options) -> tuple[dict[str, Any], bool]:
    """What a worker found, and whether it is to be kept: what the clock or the memory ended is not."""
    from pebble import ProcessExpired

    try:
        return task.result(), True
    except TimeoutError:
        said = f"not decided within {options.timeout:g} seconds"
    except MemoryError:
        said = f"not decided within {MEMORY >> 30} GB of memory"
    except ProcessExpired as error:
        said = f"not decided: its process was ended by signal {-error.exitcode}, as for want of memory"
    except CancelledError:
        said = "cancelled"
    except (ArithmeticError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError) as error:
        said = f"not decided: {type(error).__name__}: {error}"
    return {**not_encoded(equation), "note": said}, False


# -- worker processes ------------------------------------------------------------------------------------------------


@contextmanager
def workers(jobs: int, begin: Callable[..., None] | None = None, *arguments: Any) -> Iterator[Any]:
    """Processes with a memory limit that tasks are handed to; they are ended when something stops the run.

    Each begins with ``begin``, called with the arguments.
    """
    from pebble import ProcessPool

    with ProcessPool(max_workers=max(1, jobs), initializer=_limit, initargs=(begin, *arguments)) as pool:
        try:
            yield pool
        except BaseException:
            pool.stop()
            raise


def _limit(begin: Callable[..., None] | None, *arguments: Any) -> None:
    """What every worker begins with: interrupts are for the parent, whose end is its own; its memory is limited."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    with suppress(ImportError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard < 0 else min(MEMORY, hard), hard))
    if begin is not None:
        begin(*arguments)


_verifiers: dict[str, Any] = {}
"""One verifier for each paper in each worker process."""


def _work(what: str, number: str, known: Mapping[str, Result]) -> dict[str, Any]:
    """The result of a line, from those of the lines that it rests on."""
    from derive.verify import Verifier

    start = perf_counter()
    try:
        if what not in _verifiers:
            _verifiers[what] = Verifier(load_paper(what))
        _verifiers[what].learn(known)
        result = _verifiers[what].result(number)
    except MemoryError:
        _verifiers.clear()
        raise
    return {**result.as_json(), "borne_out": result.borne_out, "seconds": round(perf_counter() - start, 3)}


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
