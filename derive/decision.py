"""Is this expression zero? The decision behind every verdict, in tiers from cheap to costly.

1. structural: the two sides are the same expression, or SymPy's automatic evaluation makes their difference 0;
2. a filter: both sides at a few exact points of the domain, which refutes most false equalities at once;
3. the methods of proof in `derive.deciding.proving`: normal forms, relations between special functions, induction,
   telescoping, integrals, differential equations; each leaves a certificate;
4. the search for a witness at more points, zeros and boundary values among them.

`refuted` rests on an exact value or on disjoint balls at a point inside the domain; `proved` on a certificate, and
is examined again in ball arithmetic at further points. Agreement at points alone is `supported`, never `proved`.

References: Richardson, "Some undecidable problems involving elementary functions of a real variable" (1968), for why
`supported` cannot be avoided; Johansson, "Arb" (2017), for the balls; Shackell, "Zero-equivalence in function fields
defined by algebraic differential equations" (1993), for towers of functions.
"""

from __future__ import annotations

import math
import multiprocessing
import sys
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp
from pebble import ProcessExpired, ProcessPool

from derive.deciding.certificates import Certificate
from derive.deciding.conditions import candidates
from derive.deciding.domain import KINDS, Problem, pose
from derive.deciding.errors import SoundnessError
from derive.deciding.examination import DIGITS, ENOUGH, Trial, costly, trials
from derive.deciding.integrands import logarithms_apart
from derive.deciding.matrices import carried_out, entries
from derive.deciding.points import sample
from derive.deciding.preparation import hypotheses, without_values
from derive.deciding.proving import Prover
from derive.deciding.replay import replay
from derive.deciding.rewriting import differentiated
from derive.deciding.steps import budget

__all__ = ["KINDS", "Decision", "SoundnessError", "decide"]

MAX_SUGGEST_OPS = 400
FILTER_POINTS = 3
PROOF_POINTS = 3
COINCIDENCES = 6
FEW_DIGITS = 10  # to which integrals and series are enclosed
HUNT_POINTS = 30
BOUNDARY_POINTS = 10
COSTLY_POINTS, COSTLY_ENOUGH = 10, 6  # where a value takes quadrature
_WHATEVER = ("structural", "normal form")  # proofs that hold whatever an integral or an unknown derivative is worth


@dataclass(frozen=True)
class Decision:
    """Whether two expressions are equal on a domain, and what shows it."""

    verdict: str  # "proved", "refuted", "supported" or "open"
    method: str
    witness: Mapping[str, str] | None = None
    witness_lhs: str | None = None
    witness_rhs: str | None = None
    hypotheses: tuple[str, ...] = ()
    points: int = 0
    digits: int | None = None
    note: str = ""
    needs: str | None = None
    certificates: tuple[Certificate, ...] = field(default=(), repr=False, compare=False)

    def replay(self) -> bool:
        """Check the certificates of a proof again, without searching; False if there is none."""
        return bool(self.certificates) and all(replay(certificate) for certificate in self.certificates)


def decide(
    lhs: Any,
    rhs: Any,
    *,
    domain: Mapping[object, object] | None = None,
    assuming: Iterable[object] = (),
    timeout: float | None = None,
    suggest: bool = True,
) -> Decision:
    """Is lhs == rhs at every point of the domain at which both sides are defined?

    `domain` maps symbols to one of `KINDS` or to a SymPy set, on top of the symbols' own assumptions (a symbol without
    any is complex). `assuming` takes SymPy relations and their combinations. With `timeout` (seconds) the decision
    runs in a process of its own and ends as `open` when the time is up.

    >>> x = sp.Symbol("x")
    >>> decide((x**2 - 1) / (x - 1), x + 1)
    Decision(verdict='proved', method='normal form: rational functions', ..., hypotheses=('x - 1 ≠ 0',), ...)
    >>> decision = decide(sp.log(x**2), 2 * sp.log(x), domain={x: "real"})
    >>> decision.verdict, decision.witness
    ('refuted', {'x': '-1'})
    >>> decide(sp.log(x**2), 2 * sp.log(x), domain={x: "positive"}).verdict
    'proved'

    Raises `TypeError` or `ValueError` for input that is not a question, and `SoundnessError` if a proof and a value
    contradict each other.
    """
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0):
        raise ValueError(f"timeout is a positive number of seconds, not {timeout!r}")
    left, right = carried_out(lhs), carried_out(rhs)
    pairs = entries(left, right)
    if pairs is None:
        problems = [pose(left, right, domain, assuming)]
        places = [None]
    else:
        problems = [pose(a, b, domain, assuming) for _, a, b in pairs]
        places = [place for place, _, _ in pairs]
    questions = list(zip(places, problems, strict=True))
    suggest = suggest and pairs is None
    if timeout is None or math.isinf(timeout):
        return _all(questions, suggest)
    return _in_process(questions, suggest, float(timeout))


Question = tuple[tuple[int, int] | None, Problem]


def _all(questions: list[Question], suggest: bool) -> Decision:
    """All entries of a matrix, or the one question of a scalar: the worst of the decisions."""
    decisions = []
    for place, problem in questions:
        decision = _settle(problem)
        if place is not None and decision.verdict != "proved":
            where = f"entry {place[0] + 1}, {place[1] + 1}"
            decision = replace(decision, note=f"{where}: {decision.note}" if decision.note else where)
        if decision.verdict == "refuted":
            return replace(decision, needs=_needs(problem)) if suggest else decision
        decisions.append(decision)
    if not decisions:
        return Decision("proved", "structural")
    worst = max(decisions, key=lambda d: ("proved", "supported", "open").index(d.verdict))
    if worst.verdict != "proved" or len(decisions) == 1:
        return worst
    methods = dict.fromkeys(decision.method for decision in decisions)
    return replace(
        worst,
        method=f"entry by entry: {'; '.join(methods)}",
        hypotheses=tuple(sorted({h for decision in decisions for h in decision.hypotheses})),
        points=min(decision.points for decision in decisions),
        certificates=tuple(c for decision in decisions for c in decision.certificates),
    )


def _in_process(questions: list[Question], suggest: bool, timeout: float) -> Decision:
    # Forking is fast, but unsafe once other threads (or JAX, which starts some) are running.
    alone = threading.active_count() == 1 and "jax" not in sys.modules and sys.platform == "linux"
    context: Any = multiprocessing.get_context("fork" if alone else "spawn")
    with ProcessPool(max_workers=1, context=context) as pool:
        future = pool.schedule(_all, args=[questions, False], timeout=timeout)
        try:
            decision = future.result()
            if suggest and decision.verdict == "refuted":
                decision = replace(decision, needs=_offered(pool, questions[0][1], timeout))
            return decision
        except FutureTimeout:
            return Decision("open", "none", note=f"not decided within {timeout:g} s")
        except ProcessExpired as error:
            return Decision("open", "none", note=f"the deciding process ended early (exit code {error.exitcode})")


def _offered(pool: ProcessPool, problem: Problem, timeout: float) -> str | None:
    """A hypothesis, if one is found in as much time again; the verdict stands without it."""
    try:
        return pool.schedule(_needs, args=[problem], timeout=timeout).result()
    except (FutureTimeout, ProcessExpired):
        return None


def _settle(problem: Problem) -> Decision:
    """The tiers in order."""
    try:
        with budget():
            left, right = (logarithms_apart(differentiated(side)) for side in (problem.lhs, problem.rhs))
            return _tiers(replace(problem, lhs=left, rhs=right))
    except RecursionError:
        return Decision("open", "none", note="the expression is nested too deeply")


def _tiers(problem: Problem) -> Decision:
    difference = problem.lhs - problem.rhs
    if (problem.conditions or problem.solved) and next(sample(problem, 1), None) is None:
        return Decision("open", "none", note="no point was found that satisfies the assumptions")
    if problem.lhs == problem.rhs or difference == 0:
        certificates = (Certificate("structural", problem),)
        return Decision("proved", "structural", hypotheses=hypotheses(problem), certificates=certificates)
    for boundary in (False, True):
        for trial in trials(problem, FILTER_POINTS if not boundary else COINCIDENCES, boundary=boundary):
            if trial.apart:
                return _refuted(trial)
    prover = Prover()
    certificate = prover.prove(problem)
    if certificate is not None:
        return _proved(problem, str(certificate), (certificate,))
    return _by_points(problem, difference, prover.reasons[0] if prover.reasons else "the normal form is not zero")


def _proved(problem: Problem, method: str, certificates: tuple[Certificate, ...] = ()) -> Decision:
    """A proof, after the cross-examination."""
    posed, note = problem, ""
    count = FILTER_POINTS + PROOF_POINTS
    examined = list(trials(posed, count))
    if not examined and all(certificate.kind in _WHATEVER for certificate in certificates):
        posed, free = without_values(problem)
        examined = list(trials(posed, count)) if free else []
        note = f"cross-examined with free values for {', '.join(free)}" if examined else ""
    for trial in examined:
        if trial.apart:
            left, right = trial.spelled()
            raise SoundnessError(f"{method} proves it, but at {trial.point.witness()} it says {left} = {right}")
    if not examined:
        return Decision("open", method, note="the normal form is zero, but no point was found at which it has a value")
    return Decision(
        "proved", method, hypotheses=hypotheses(problem), points=len(examined), note=note, certificates=certificates
    )


def _needs(problem: Problem) -> str | None:
    """The first hypothesis of the list under which the statement is proved; none is looked for where much is asked."""
    if sp.count_ops(problem.lhs) + sp.count_ops(problem.rhs) > MAX_SUGGEST_OPS:
        return None
    with budget():
        return _first(problem)


def _first(problem: Problem) -> str | None:
    for words, posed in candidates(problem):
        quick = list(trials(posed, FILTER_POINTS)) + list(trials(posed, COINCIDENCES, boundary=True))
        if len(quick) < FILTER_POINTS or any(trial.apart for trial in quick):
            continue
        if _settle(posed).verdict == "proved":
            return words
    return None


def _refuted(trial: Trial) -> Decision:
    left, right = trial.spelled()
    exact = trial.left.__class__.__name__ == "fmpq" == trial.right.__class__.__name__
    return Decision(
        "refuted",
        "exact values at a point" if exact else "ball arithmetic at a point",
        witness=trial.point.witness(),
        witness_lhs=left,
        witness_rhs=right,
        points=1,
    )


def _by_points(problem: Problem, difference: sp.Expr, reason: str) -> Decision:
    """Witness, last attempt at a proof, or support."""
    for trial in trials(problem, BOUNDARY_POINTS, boundary=True):
        if trial.apart:
            return _refuted(trial)
    count, digits = 0, None
    infinite = difference.has(sp.Integral, sp.Sum)
    constant = not problem.symbols
    for trial in trials(problem, COSTLY_POINTS if costly(problem) else HUNT_POINTS, bits=512):
        if trial.apart:
            return _refuted(trial)
        if trial.digits is None or trial.digits >= (FEW_DIGITS if infinite else DIGITS):
            count += 1
            digits = min(digits or 10_000, trial.digits or 10_000)
    if count == 0:
        return Decision("open", "none", note=f"no value could be computed at any point; {reason}")
    if count < (COSTLY_ENOUGH if costly(problem) else ENOUGH) and not constant:
        return Decision("open", "none", points=count, note=f"agreement at only {count} points; {reason}")
    return Decision("supported", "agreement at points", points=count, digits=digits, note=f"no proof: {reason}")
