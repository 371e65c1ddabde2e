"""The weakest simple hypothesis under which a false statement holds, from a closed list.

The list goes from weak to strong: for one symbol, then for all symbols together, then the order of two real symbols.
A candidate is tried at a few points first; it counts only if the statement is then proved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from derive.deciding.domain import Problem, pose

MAX_SYMBOLS = 4
MAX_OPS = 60
_KINDS = ("nonzero", "real", "nonnegative", "nonpositive", "positive", "negative", "integer", "natural")
_SPELLED = {
    "nonzero": "{} ≠ 0", "real": "{} is real", "nonnegative": "{} ≥ 0", "nonpositive": "{} ≤ 0", "positive": "{} > 0",
    "negative": "{} < 0", "integer": "{} is an integer", "natural": "{} is a natural number",
}  # fmt: skip
_RANGES = (
    ("|{}| ≤ 1", lambda s: sp.And(s >= -1, s <= 1)),
    ("|{}| < 1", lambda s: sp.And(s > -1, s < 1)),
    ("{} ≥ 1", lambda s: s >= 1),
    ("{} > 1", lambda s: s > 1),
    ("|{}| < π/2", lambda s: sp.And(s > -sp.pi / 2, s < sp.pi / 2)),
    ("0 ≤ {} ≤ π", lambda s: sp.And(s >= 0, s <= sp.pi)),
)


def candidates(problem: Problem) -> Iterator[tuple[str, Problem]]:
    """Hypotheses in words, each with the problem under it."""
    symbols = list(problem.symbols)
    difference = problem.lhs - problem.rhs
    costly = difference.has(sp.Integral, sp.Sum, sp.Product, sp.hyper) or sp.count_ops(difference) > MAX_OPS
    if not 0 < len(symbols) <= MAX_SYMBOLS or problem.solved or costly:
        return
    for kind in _KINDS:
        for s in symbols:
            yield from _posed(problem, _SPELLED[kind].format(s), {s: kind}, ())
    for text, relation in _RANGES:
        for s in symbols:
            if not s.is_integer:
                yield from _posed(problem, text.format(s), {}, (relation(s),))
    if len(symbols) > 1:
        for kind in _KINDS:
            words = ", ".join(_SPELLED[kind].format(s) for s in symbols)
            yield from _posed(problem, words, dict.fromkeys(symbols, kind), ())
    reals = [s for s in symbols if s.is_real]
    for one in reals:
        for two in reals:
            if one is not two:
                yield from _posed(problem, f"{one} ≥ {two}", {}, (sp.Ge(one, two),))
                yield from _posed(problem, f"{one} > {two}", {}, (sp.Gt(one, two),))


def _posed(problem: Problem, words: str, kinds: dict[Any, str], more: tuple[Any, ...]) -> Iterator[tuple[str, Problem]]:
    try:
        posed = pose(problem.lhs, problem.rhs, kinds, (*problem.conditions, *more))
    except (ValueError, TypeError):
        return
    if posed != problem:
        yield words, posed
