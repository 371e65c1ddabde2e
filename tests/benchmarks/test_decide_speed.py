"""How long the decider takes over the corpus of identities, against `sympy.simplify(lhs - rhs) == 0` in the same run.

    python -m pytest tests/benchmarks/test_decide_speed.py -s

`simplify` is only given the identities whose difference is short, so that the whole takes less than a minute; both
times are over that same list. SymPy's cache is cleared before each, so that neither profits from the other.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path

import sympy as sp
from sympy.core.cache import clear_cache

from derive.decision import decide

MAX_OPS = 45
AT_LEAST = 3.0


def corpus() -> dict[str, tuple[sp.Expr, sp.Expr]]:
    """The identities of tests/test_decide.py, which is not on the import path."""
    place = Path(__file__).resolve().parents[1] / "test_decide.py"
    spec = importlib.util.spec_from_file_location("decide_corpus", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.IDENTITIES


def timed(run: Callable[[], bool]) -> tuple[bool, float]:
    clear_cache()
    start = time.perf_counter()
    return run(), time.perf_counter() - start


def test_decide_is_faster_than_simplify_and_proves_more() -> None:
    everything = corpus()
    short = {name: sides for name, sides in everything.items() if sp.count_ops(sides[0] - sides[1]) <= MAX_OPS}
    ours = {name: timed(lambda s=sides: decide(*s).verdict == "proved") for name, sides in everything.items()}
    theirs = {name: timed(lambda s=sides: sp.simplify(s[0] - s[1]) == 0) for name, sides in short.items()}
    time_ours, time_theirs = sum(ours[name][1] for name in short), sum(seconds for _, seconds in theirs.values())
    print(
        f"\n{len(everything)} identities: decide proves {sum(ok for ok, _ in ours.values())}"
        f" in {sum(seconds for _, seconds in ours.values()):.2f} s."
        f"\nthe {len(short)} of at most {MAX_OPS} operations: decide proves {sum(ours[n][0] for n in short)}"
        f" in {time_ours:.2f} s, simplify {sum(ok for ok, _ in theirs.values())} in {time_theirs:.2f} s;"
        f" ratio {time_theirs / time_ours:.1f}"
    )
    assert all(ok for ok, _ in ours.values())
    assert time_theirs > AT_LEAST * time_ours
