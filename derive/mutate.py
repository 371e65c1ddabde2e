"""The adversary: changes each settled line of a paper in every way that a slip would, and counts what is noticed.

Three sorts of mutants: of the statement, of what a paper says of it, and of its print. A mutant is caught when the
line, or one that uses it, changes its verdict; a mutant of the print when it is an error or another statement. Mutants
that equal the print under the premises of the line, to the order that it claims, are told and not counted.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, TimeoutError, wait
from dataclasses import dataclass, replace
from typing import Any

from derive.mutants.lines import SORTS, mutants_of, names_of, tried
from derive.mutants.trial import Trials
from derive.paper import load_paper
from derive.run import Options, Selection, run, workers
from derive.store import Store
from derive.verdict import Result

SCHEMA = 1
LEAST = 0.99
"""The share of mutants that must be caught."""
PART = 100
"""How many characters of LaTeX make one part of the mutants of a line."""
LIMIT = 1800.0
"""Seconds for such a part."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How many mutants of all are tried, and the seed by which they are chosen; None for all."""

    size: int | None = None
    seed: int = 0


Task = tuple[str, str, tuple[int, ...] | None]
"""The paper by what the user called it, the line, and which of its mutants; None for all."""
Part = tuple[str, str, tuple[int, ...] | None, int, int]
"""A task, and which of so many parts of it."""


def mutate(
    selections: list[Selection],
    store: Store,
    options: Options,
    sample: Sample,
    progress: Callable[[str], None] | None = None,
) -> list[dict[str, Any]]:
    """What became of the mutants of the selected lines, paper by paper, line by line in print order.

    The papers are verified first, from the store where it knows them. Raises DeriveError for a mistake in an encoding.
    """
    whole = [replace(s, numbers=tuple(e.number for e in s.paper.equations)) for s in selections]
    decided = run(whole, store, options)
    results = {
        selection.what: {line["number"]: Result.from_json(line) for line in paper["equations"]}
        for selection, paper in zip(whole, decided, strict=True)
    }
    trials = {s.what: Trials(s.paper, results[s.what]) for s in selections}
    tasks: list[Task] = [
        (s.what, name, None) for s in selections for name in names_of(trials[s.what]) if _is_wanted(s, name)
    ]
    if sample.size is not None:
        tasks = _sampled(tasks, trials, sample)
    found = _tried([part for task in tasks for part in _parts(task, trials)], results, options, progress)
    return [_paper(selection, results[selection.what], tasks, found) for selection in selections]


def _is_wanted(selection: Selection, name: str) -> bool:
    """Whether a line was asked for; what is stated by name is where the whole paper was."""
    if name.startswith("given "):
        return len(selection.numbers) == len(selection.paper.equations)
    return name in selection.numbers


def _sampled(tasks: list[Task], trials: Mapping[str, Trials], sample: Sample) -> list[Task]:
    """A sample of all mutants, by line: of each of the three sorts a third, as far as there are so many."""
    by_sort: dict[str, list[tuple[int, int]]] = {sort: [] for sort in SORTS}
    for number, (what, name, _) in enumerate(tasks):
        for place, mutant in enumerate(mutants_of(trials[what], name)):
            by_sort[mutant.sort].append((number, place))
    choose = random.Random(sample.seed)
    chosen: list[tuple[int, int]] = []
    for left, (_, places) in zip((3, 2, 1), sorted(by_sort.items(), key=lambda item: len(item[1])), strict=True):
        wanted = ((sample.size or 0) - len(chosen)) // left
        chosen += choose.sample(places, min(wanted, len(places)))
    by_line: dict[int, list[int]] = {}
    for number, place in sorted(chosen):
        by_line.setdefault(number, []).append(place)
    return [(*tasks[number][:2], tuple(places)) for number, places in by_line.items()]


def _parts(task: Task, trials: Mapping[str, Trials]) -> list[Part]:
    """A task in parts that workers can share: of a long line more than of a short one."""
    what, name, _ = task
    latex = "" if name.startswith("given ") else trials[what].paper.equation(name).latex
    number = 1 + len(latex) // PART
    return [(*task, at, number) for at in range(number)]


# -- worker processes ------------------------------------------------------------------------------------------------


_results: dict[str, dict[str, Result]] = {}
_trials: dict[str, Trials] = {}
"""What each worker process knows of the papers, and its trials of them."""


def _begin(results: dict[str, dict[str, Result]]) -> None:
    _results.update(results)


def _work(part: Part) -> list[tuple[int, dict[str, str]]]:
    """The fates of mutants of one line, by their places among all of them."""
    what, name, places, at, number = part
    if what not in _trials:
        _trials[what] = Trials(load_paper(what), _results[what])
    found: list[tuple[int, dict[str, str]]] = []
    for place, mutant in enumerate(mutants_of(_trials[what], name)):
        if place % number == at and (places is None or place in places):
            outcome = tried(mutant)
            told = {"sort": mutant.sort, "change": mutant.change, "mutant": mutant.what}
            found.append((place, {**told, "fate": outcome.fate, "by": outcome.by}))
    return found


def _tried(
    parts: list[Part], results: dict[str, dict[str, Result]], options: Options, progress: Callable[[str], None] | None
) -> dict[tuple[str, str], list[dict[str, str]]]:
    """The fates of all mutants, by paper and line."""
    from pebble import ProcessExpired

    found: dict[tuple[str, str], list[tuple[int, dict[str, str]]]] = {part[:2]: [] for part in parts}
    left = Counter(part[:2] for part in parts)
    with workers(options.jobs, _begin, results) as pool:
        running = {pool.schedule(_work, (part,), timeout=LIMIT): part for part in parts}
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                line = running.pop(future)[:2]
                try:
                    found[line] += future.result()
                except (TimeoutError, ProcessExpired, MemoryError):
                    lost = {"sort": "statement", "change": "any", "mutant": "a part of the mutants of the line"}
                    found[line].append((0, {**lost, "fate": "survived", "by": "their trial was ended by its limits"}))
                left[line] -= 1
                if progress and not left[line]:
                    progress(line[1])
    return {line: [fate for _, fate in sorted(fates, key=lambda item: item[0])] for line, fates in found.items()}


# -- what it comes to ------------------------------------------------------------------------------------------------


def _paper(
    selection: Selection,
    results: Mapping[str, Result],
    tasks: list[Task],
    found: Mapping[tuple[str, str], list[dict[str, str]]],
) -> dict[str, Any]:
    lines: list[dict[str, Any]] = []
    for what, name, _ in tasks:
        if what == selection.what:
            verdict = results[name].verdict if name in results else "given"
            lines.append({"number": name, "verdict": verdict, **_counted(found.get((what, name), []))})
    number_open = sum(results[number].verdict == "open" for number in selection.numbers)
    counts = {sort: _sum(line["counts"][sort] for line in lines) for sort in SORTS}
    about = {"id": selection.paper.id, "title": selection.paper.title, "open": number_open}
    return {**about, "counts": counts, **_sum(counts.values()), "lines": lines}


def _counted(fates: list[dict[str, str]]) -> dict[str, Any]:
    """How many mutants of a line there are and how many were caught, and those that were not."""
    counts = {sort: _count([fate for fate in fates if fate["sort"] == sort]) for sort in SORTS}
    told = ("sort", "change", "mutant", "by")
    survivors = [{key: fate[key] for key in told} for fate in fates if fate["fate"] == "survived"]
    return {"counts": counts, **_sum(counts.values()), "survivors": survivors}


def _count(fates: list[dict[str, str]]) -> dict[str, int]:
    """Mutants that count, those caught, those equal to the print, and those on which the verifier failed inside."""
    by = {fate: sum(found["fate"] == fate for found in fates) for fate in ("caught", "equal", "survived")}
    failed = sum(found["by"].startswith("not decided:") for found in fates)
    return {"all": by["caught"] + by["survived"], "caught": by["caught"], "equal": by["equal"], "failed": failed}


def _sum(counts: Any) -> dict[str, int]:
    total = {"all": 0, "caught": 0, "equal": 0, "failed": 0}
    for count in counts:
        total = {key: value + count[key] for key, value in total.items()}
    return total


def contract(papers: list[dict[str, Any]]) -> dict[str, Any]:
    """The object that ``derive mutate --json`` writes."""
    return {"schema": SCHEMA, "papers": papers, **_sum(papers)}


def is_enough(paper: Mapping[str, Any]) -> bool:
    """Whether enough of the mutants of a paper were caught."""
    return paper["caught"] >= LEAST * paper["all"]
