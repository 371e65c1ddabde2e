"""Verdicts, the evidence that comes with them, and the rule by which they merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

VERDICTS = ("proved", "definition", "assumption", "proved-to-order", "conditional", "supported", "open", "refuted")
"""From best to worst."""
SETTLED = frozenset(VERDICTS) - {"open"}


def worst(verdicts: Iterable[str]) -> str:
    """The verdict of a chain from those of its links, of a definition from those of its obligations.

    ======================================  =================
    among them                              together
    ======================================  =================
    a refuted one                           refuted
    else an open one                        open
    else a supported one                    supported
    else a conditional one                  conditional
    else one proved to an order             proved-to-order
    else an assumption                      assumption
    else a definition                       definition
    only proved ones                        proved
    none at all                             open
    ======================================  =================

    >>> worst(["proved", "proved-to-order", "proved"])
    'proved-to-order'
    >>> worst([])
    'open'
    """
    found = list(verdicts)
    for verdict in found:
        if verdict not in VERDICTS:
            raise ValueError(f"{verdict!r} is no verdict; verdicts: {', '.join(VERDICTS)}")
    return max(found, key=VERDICTS.index) if found else "open"


@dataclass(frozen=True, slots=True)
class Witness:
    """A realisable point at which the two sides differ: exact values, and what each side is there."""

    values: tuple[tuple[str, str], ...]
    lhs: str
    rhs: str

    def as_json(self) -> dict[str, Any]:
        return {"values": dict(self.values), "lhs": self.lhs, "rhs": self.rhs}


@dataclass(frozen=True, slots=True)
class Result:
    """What was found out about one line, with its evidence. The fields are those of the JSON contract."""

    number: str
    kind: str
    section: str
    latex: str
    verdict: str
    statement: str | None = None
    read: bool = False
    method: str | None = None
    premises: tuple[str, ...] = ()
    hypotheses: tuple[str, ...] = ()
    slips: tuple[str, ...] = ()
    follows: bool | None = None
    inherits: tuple[str, ...] = ()
    holds_for: str | None = None
    order: int | None = None
    remainder: str | None = None
    witness: Witness | None = None
    correction: str | None = None
    note: str = ""
    evidence: tuple[str, ...] = ()
    """Further evidence: identities used, the model of the premises, cross-examination, what was not needed."""
    borne_out: bool = True
    """False when a recorded finding is not confirmed by the computation, or a finding is not recorded."""

    def as_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["witness"] = self.witness.as_json() if self.witness else None
        for key in ("premises", "hypotheses", "slips", "inherits", "evidence"):
            data[key] = list(data[key])
        del data["borne_out"]
        if self.evidence == ():
            data["evidence"] = []
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Result:
        """The result that was written as JSON, with ``borne_out`` beside the keys of the contract.

        >>> line = Result("1", "equation", "1", "a = b", "open", witness=Witness((("a", "1"),), "1", "2"))
        >>> Result.from_json({**line.as_json(), "borne_out": True}) == line
        True
        """
        names = {field.name for field in fields(Result)}
        found: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in data.items() if key in names}
        if (witness := data["witness"]) is not None:
            found["witness"] = Witness(tuple(witness["values"].items()), witness["lhs"], witness["rhs"])
        return Result(**found)
