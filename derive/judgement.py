"""What a method said about a step: its verdict with what goes with it, and how a line is claimed to follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from derive.annotation import Entry
from derive.comparison import Comparison
from derive.errors import EncodingError
from derive.methods import order
from derive.notation import Scope
from derive.verdict import Witness
from derive.worlds.balls import digits

EQUATIONS = ("=", "≈", "≡")
"""The relations that let one side be put for the other."""
_ORDER = re.compile(r"order (\d+) in (\w+)$")


NOT_NEEDED = "not needed for the proof"
SOLVES = "solves: put in, the equations hold"
NO_MODEL = "it is shown, but no model of its premises was found, so that the proof may be empty"


class SoundnessError(Exception):
    """A proof and a model disagree: an error of this program, never of the paper."""


@dataclass(frozen=True, slots=True)
class By:
    """How a line is claimed to follow."""

    method: str
    order: int = 0
    parameter: str = ""
    term: str = ""


def parse_by(entry: Entry | None, where: str, scope: Scope) -> By:
    r"""The method that ``by:`` names; ``exact`` if it says nothing.

    Raises EncodingError for an unknown method or an undeclared small parameter.
    """
    if entry is None:
        return By("exact")
    value = entry.value
    if value in ("definition", "assumption", "exact"):
        return By(value)
    found = _ORDER.match(value)
    if found:
        if found[2] not in scope.small:
            raise EncodingError(
                f"by: {found[2]} is not a small parameter of the scope {scope.name}; "
                f"declared: {', '.join(scope.small) or 'none'}",
                where,
            )
        return By("order", int(found[1]), found[2])
    if value.startswith("up to "):
        return By("up to", term=value[len("up to ") :])
    if value.startswith("solves "):
        return By("solves", term=value[len("solves ") :])
    if value.startswith("general solution of "):
        return By("general", term=value[len("general solution of ") :])
    if value.startswith("drop "):
        return By("drop", term=value[len("drop ") :])
    methods = "definition, assumption, exact, order N in S, drop X, up to X, solves X, general solution of X"
    raise EncodingError(f"by: there is no method {value!r}; methods: {methods}", where)


@dataclass(slots=True)
class Judgement:
    """What a method said about one link of a line."""

    verdict: str
    method: str
    used: tuple[str, ...] = ()
    remainder: order.Remainder | None = None
    order: int | None = None
    witness: Witness | None = None
    hypotheses: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    applied: frozenset[str] = frozenset()
    idle: frozenset[str] = frozenset()
    """Premises of a link that its proof does without."""
    printed_remainder: str = ""
    """The leading remainder as LaTeX, where it is no normal form."""


def shown(verdict: str) -> bool:
    return verdict in ("proved", "proved-to-order", "conditional", "definition", "assumption")


def counted(count: int, noun: str) -> str:
    """How many of something, in words.

    >>> counted(1, "point"), counted(2, "point")
    ('1 point', '2 points')
    """
    return f"{count} {noun}{'s' * (count != 1)}"


def idle_among(names: Iterable[str], holds_without: Callable[[str], bool]) -> list[str]:
    """What is said of the premises that a proof does without; nothing where it needs them all."""
    idle = [name for name in names if holds_without(name)]
    return [f"{NOT_NEEDED}: {', '.join(f'({name})' for name in idle)}"] if idle else []


def left_refuted(name: str) -> str:
    """What is said of a line that rests on a refuted one."""
    return f"({name}), which it rests on, is refuted, and no correction of it is shown"


def order_words(by: By) -> str:
    return f"order {by.order} in {by.parameter}"


def witness_of(found: Comparison) -> Witness:
    values = dict(found.world.values())
    values.update({name: str(value) for name, value in found.places.items()})
    return Witness(tuple(values.items()), digits(found.left), digits(found.right))
