"""Is this expression zero? The decision behind every verdict, in tiers from cheap to costly.

1. structural: the two sides are the same expression, or SymPy's automatic evaluation makes their difference 0;
2. a filter: both sides at a few exact points of the domain, which refutes most false equalities at once;
3. a normal form over the field of rational functions in elementary functions of the symbols (`derive.deciding.tower`);
4. induction, for finite sums whose upper limit is an integer symbol;
5. the search for a witness at more points, zeros and boundary values among them;
6. for short expressions that agree at every point so far, SymPy's `simplify`, in the direction of a proof only.

`refuted` rests on an exact value or on disjoint balls at a point inside the domain; `proved` on tiers 1, 3, 4 or 6, and
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
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp
from pebble import ProcessExpired, ProcessPool

from derive.deciding.domain import KINDS, Problem, pose
from derive.deciding.errors import NotReducible, SoundnessError
from derive.deciding.examination import DIGITS, ENOUGH, Trial, nonzero_somewhere, trials
from derive.deciding.induction import by_induction
from derive.deciding.points import sample
from derive.deciding.preparation import hypotheses, split_complex, without_values
from derive.deciding.tower import reduce_to_zero

__all__ = ["KINDS", "Decision", "SoundnessError", "decide"]

FILTER_POINTS = 3
PROOF_POINTS = 3
HUNT_POINTS = 30
BOUNDARY_POINTS = 10
SIMPLIFY_OPS = 60


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


def decide(
    lhs: sp.Expr | int,
    rhs: sp.Expr | int,
    *,
    domain: Mapping[object, object] | None = None,
    assuming: Iterable[object] = (),
    timeout: float | None = None,
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
    problem = pose(lhs, rhs, domain, assuming)
    return _settle(problem) if timeout is None or math.isinf(timeout) else _in_process(problem, float(timeout))


def _in_process(problem: Problem, timeout: float) -> Decision:
    # Forking is fast, but unsafe once other threads (or JAX, which starts some) are running.
    alone = threading.active_count() == 1 and "jax" not in sys.modules and sys.platform == "linux"
    context: Any = multiprocessing.get_context("fork" if alone else "spawn")
    with ProcessPool(max_workers=1, context=context) as pool:
        future = pool.schedule(_settle, args=[problem], timeout=timeout)
        try:
            return future.result()
        except FutureTimeout:
            return Decision("open", "none", note=f"not decided within {timeout:g} s")
        except ProcessExpired as error:
            return Decision("open", "none", note=f"the deciding process ended early (exit code {error.exitcode})")


def _settle(problem: Problem) -> Decision:
    """The tiers in order."""
    try:
        return _tiers(problem)
    except RecursionError:
        return Decision("open", "none", note="the expression is nested too deeply")


def _tiers(problem: Problem) -> Decision:
    difference = problem.lhs - problem.rhs
    if (problem.conditions or problem.solved) and next(sample(problem, 1), None) is None:
        return Decision("open", "none", note="no point was found that satisfies the assumptions")
    if problem.lhs == problem.rhs or difference == 0:
        return Decision("proved", "structural", hypotheses=hypotheses(problem))
    for trial in trials(problem, FILTER_POINTS):
        if trial.apart:
            return _refuted(trial)
    reason = "the normal form is not zero"
    try:
        zero, reductions = _reduces(problem, difference)
        if zero:
            return _proved(problem, f"normal form: {reductions or 'rational functions'}")
        inductive = by_induction(problem, difference, _closes)
        if inductive is not None:
            return _proved(problem, f"induction on {inductive} with normal forms")
    except NotReducible as error:
        reason = str(error)
    return _by_points(problem, difference, reason)


def _reduces(problem: Problem, difference: sp.Expr) -> tuple[bool, str]:
    posed, difference = split_complex(problem, difference)
    return reduce_to_zero(posed, difference, lambda expr: nonzero_somewhere(posed, expr))


def _closes(problem: Problem, difference: sp.Expr) -> bool:
    """Is a base case or a step of an induction zero?"""
    try:
        return difference == 0 or _reduces(problem, difference)[0]
    except NotReducible:
        return False


def _proved(problem: Problem, method: str) -> Decision:
    """A proof, after the cross-examination."""
    posed, note = problem, ""
    count = FILTER_POINTS + PROOF_POINTS
    examined = list(trials(posed, count))
    if not examined:
        posed, free = without_values(problem)
        examined = list(trials(posed, count)) if free else []
        note = f"cross-examined with free values for {', '.join(free)}" if examined else ""
    for trial in examined:
        if trial.apart:
            left, right = trial.spelled()
            raise SoundnessError(f"{method} proves it, but at {trial.point.witness()} it says {left} = {right}")
    if not examined:
        return Decision("open", method, note="the normal form is zero, but no point was found at which it has a value")
    return Decision("proved", method, hypotheses=hypotheses(problem), points=len(examined), note=note)


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
    constant = not problem.symbols
    for trial in trials(problem, HUNT_POINTS, bits=512):
        if trial.apart:
            return _refuted(trial)
        if trial.digits is None or trial.digits >= DIGITS:
            count += 1
            digits = min(digits or 10_000, trial.digits or 10_000)
    if count == 0:
        return Decision("open", "none", note=f"no value could be computed at any point; {reason}")
    if count < ENOUGH and not constant:
        return Decision("open", "none", points=count, note=f"agreement at only {count} points; {reason}")
    if sp.count_ops(difference) <= SIMPLIFY_OPS and _simplifies(difference):
        decision = _proved(problem, "SymPy's simplify, after agreement at points")
        return replace(decision, points=count, digits=digits) if decision.verdict == "proved" else decision
    return Decision("supported", "agreement at points", points=count, digits=digits, note=f"no proof: {reason}")


def _simplifies(difference: sp.Expr) -> bool:
    try:
        return sp.simplify(difference) == 0
    except (ArithmeticError, ValueError, TypeError, NotImplementedError, AttributeError, KeyError, IndexError):
        return False  # simplify fails in many ways; it is only ever a bonus
