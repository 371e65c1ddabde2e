"""Re-derives the numbered equations of a paper and says, with evidence, whether each holds as printed.

One encoding, four readers: the printed LaTeX, a notation table and a few annotations give one symbolic
statement per equation, which is proved, printed, compiled and compared with simulation.

`derive.decide` is the decision procedure on its own, for SymPy expressions; `docs/deciding.md` is about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.decision import Decision, decide

__version__ = "0.1.0"
__all__ = ["Decision", "decide"]


def __getattr__(name: str) -> Any:
    """`decide` and `Decision`, imported when they are first asked for: most commands do without SymPy."""
    if name in __all__:
        from derive import decision

        return getattr(decision, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
