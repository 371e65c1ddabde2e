"""Searches of SymPy limited by counted steps: the same question gets the same answer on any machine.

SymPy's searches (antiderivatives, limits, closed forms of hypergeometric functions) have no limit of their own. A step
is a call of a function, of Python's or of C's, as the interpreter reports it to a profiler; this slows the search down
by about two, and nothing else. What SymPy remembers would make the count depend on what was asked before, so it is
made to forget that at the first search of a decision and after one that was cut off. While a profiler of the user's
runs, that one is left alone and there is no limit.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import mpmath
import sympy as sp
from sympy.core.cache import clear_cache
from sympy.integrals import manualintegrate as by_hand

ONE_SEARCH = 6_000_000
"""Steps of one search; those that succeed take a tenth of it and less."""
ALL_SEARCHES = 24_000_000
"""Steps of all searches of one decision."""


class TooManySteps(NotImplementedError):
    """A search was cut off."""


class _CutOff(BaseException):
    """Raised in the midst of SymPy, past whatever it catches."""


class _Budget:
    """The steps that are left to a decision; the first search begins with nothing remembered."""

    def __init__(self, left: int) -> None:
        self.left, self.fresh = left, False


_BUDGET: ContextVar[_Budget | None] = ContextVar("budget", default=None)


@contextmanager
def budget(steps: int = ALL_SEARCHES) -> Iterator[None]:
    """All searches in the block together take at most so many steps; a block in another one shares what that has."""
    if _BUDGET.get() is not None:
        yield
        return
    token = _BUDGET.set(_Budget(steps))
    try:
        yield
    finally:
        _BUDGET.reset(token)


def limited(search: Callable[..., Any], *args: Any, at_most: int = ONE_SEARCH, **options: Any) -> Any:
    """What the search returns; `TooManySteps` if it takes more steps than it may.

    >>> x = sp.Symbol("x", real=True)
    >>> limited(sp.integrate, sp.cos(x), x)
    sin(x)
    >>> limited(sp.integrate, sp.sin(sp.cos(x) + x**5), x, at_most=200_000)
    Traceback (most recent call last):
    derive.deciding.steps.TooManySteps: integrate was cut off after 200000 steps
    """
    if sys.getprofile() is not None:
        return search(*args, **options)
    pool = _BUDGET.get() or _Budget(ALL_SEARCHES)
    if not pool.fresh:
        _prepared()
        clear_cache()
        pool.fresh = True
    allowed = min(at_most, pool.left)
    count = 0

    def counted(frame: Any, event: str, _arg: Any) -> None:
        nonlocal count
        count += 1
        # A generator may be resumed only to be closed, and what is raised then is lost.
        if count > allowed and event == "call" and not frame.f_code.co_flags & inspect.CO_GENERATOR:
            raise _CutOff

    precision = mpmath.mp.prec
    sys.setprofile(counted)
    try:
        return search(*args, **options)
    except _CutOff:
        sys.setprofile(None)
        mpmath.mp.prec = precision
        _forget(args)
        raise TooManySteps(f"{search.__name__} was cut off after {allowed} steps") from None
    finally:
        sys.setprofile(None)
        pool.left -= min(count, pool.left)


@cache
def _prepared() -> None:
    """Modules that SymPy loads when they are first needed."""
    x = sp.Symbol("x", positive=True)
    by_hand.manualintegrate(x**2, x)
    sp.integrate(sp.log(x) ** 2, x, meijerg=False)


def _forget(args: tuple[Any, ...]) -> None:
    """What a search that was cut off left half done: marks of questions that were being asked, and caches."""
    for arg in args:
        if isinstance(arg, sp.Basic):
            for node in sp.preorder_traversal(arg):
                known = node._assumptions
                if isinstance(node, sp.Symbol):
                    for fact in [fact for fact, truth in known.items() if truth is None]:
                        del known[fact]
                elif hasattr(node, "default_assumptions") and known is not node.default_assumptions:
                    node._assumptions = node.default_assumptions
    by_hand._integral_cache.clear()
    by_hand._parts_u_cache.clear()
    clear_cache()
