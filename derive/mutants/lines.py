"""All mutants of a line, or of what a paper states by name, each with what decides its fate."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from derive import measured
from derive.latex.tokens import tokens
from derive.latex.writer import write_chain
from derive.mutants.annotations import annotation_mutants, given_mutants
from derive.mutants.prints import without_token
from derive.mutants.statements import chain_mutants
from derive.mutants.trial import Outcome, Trials
from derive.notation import EMPTY_SCOPE

SORTS = ("statement", "annotation", "print")
PATIENCE = 30.0
"""Seconds of computing for one mutant. A verifier would go on, and give the line up later."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: of what sort, what kind of change, the formula or the name that it comes to, and how to try it."""

    sort: str
    change: str
    what: str
    trial: Callable[[], Outcome]


def mutants_of(trials: Trials, name: str) -> Iterator[Mutant]:
    """The mutants of a line by its number, or of ``given NAME``; none of a line whose statement claims nothing.

    None either of a bound on a measured number: it has room, so that a bound that is a little different holds as well.
    """
    if name.startswith("given "):
        yield from _of_given(trials, name)
        return
    equation = trials.paper.equation(name)
    line = trials.base.reading.line(name)
    result = trials.results[name]
    chain = line.corrected if result.verdict == "refuted" else line.chain
    is_bound = result.method == measured.METHOD and line.relation != "="
    if chain is not None and not line.is_display and not is_bound and line.relation not in ("→", "∼"):
        for change, mutant in chain_mutants(chain, line.scope):
            yield Mutant("statement", change, write_chain(mutant, line.scope), partial(trials.statement, name, mutant))
        for change, what, entries in annotation_mutants(equation, goes_on=line.chain.first is None):
            yield Mutant("annotation", change, what, partial(trials.without, name, what, entries))
    for at, token in enumerate(tokens(equation.latex) if equation.kind == "equation" else ()):
        yield Mutant("print", "token dropped", f"{token} at {at + 1}", partial(without_token, line, at))


def _of_given(trials: Trials, name: str) -> Iterator[Mutant]:
    scope_name, _, given_name = name.removeprefix("given ").partition("/")
    for given in trials.paper.givens:
        if (given.scope, given.entry.name) == (scope_name, given_name):
            if not trials.named_by(given):
                yield Mutant("statement", "dropped", "all that is stated", partial(trials.dropped, given))
                return
            scope = trials.paper.notation.scopes.get(given.scope, EMPTY_SCOPE)
            for change, value in given_mutants(given, scope):
                yield Mutant("statement", change, value, partial(trials.given, given, value))
            return


def names_of(trials: Trials) -> list[str]:
    """All lines of a paper that are settled, and what it states by name itself."""
    lines = [e.number for e in trials.paper.equations if trials.results[e.number].verdict != "open"]
    here = (given for given in trials.paper.givens if given.entry.file == trials.paper.file)
    stated = dict.fromkeys(f"given {given.scope}/{given.entry.name}" for given in here)
    return [*lines, *stated]


def tried(mutant: Mutant) -> Outcome:
    """The fate of a mutant. What the verifier fails on inside would leave the line open, so that it is noticed."""
    try:
        with _patience():
            return mutant.trial()
    except _Late:
        return Outcome("survived", f"not decided within {PATIENCE:g} seconds")
    except (ArithmeticError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError) as error:
        return Outcome("caught", f"not decided: {type(error).__name__}: {error}")


class _Late(BaseException):
    """The time for a mutant is over. No ``except`` of the verifier is to catch it."""


@contextmanager
def _patience() -> Iterator[None]:
    """Ends what runs too long, where the system has such a clock."""
    if not hasattr(signal, "SIGVTALRM"):
        yield
        return

    def late(*_: Any) -> None:
        raise _Late

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
