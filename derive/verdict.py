"""Verdicts, the evidence that comes with them, and the rule by which they merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from html import escape
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

    def _repr_html_(self) -> str:
        """The line in a notebook: what it says, its verdict, and the evidence."""
        from derive import display

        name = self.number if self.kind == "claim" else f"({self.number})"
        by_words = self.correction is not None and self.kind == "claim" and "\\" not in self.correction
        witness = ""
        if self.witness is not None:
            named = [
                f"{display.text(name)} = {display.text(value)}" for name, value in self.witness.values[: display.SHOWN]
            ]
            more = len(self.witness.values) - display.SHOWN
            values = ", ".join([*named, *([f"and {more} more"] if more > 0 else [])])
            sides = f"left side {display.text(self.witness.lhs)}, right side {display.text(self.witness.rhs)}"
            witness = f"{values}<br>{sides}" if values else sides
        corrected = ""
        if self.correction is not None:
            corrected = display.text(self.correction) if by_words else display.formula(self.correction, display=True)
        return display.table(
            [
                (name, f"<b>{display.text(self.verdict)}</b>"),
                ("says", display.formula(self.statement, display=True) if self.statement else
                 f"<code>{escape(self.latex)}</code>"),
                ("should say", corrected),
                ("from", display.text(", ".join(self.premises))),
                ("by", display.text(self.method or "")),
                ("holds for", display.text(self.holds_for or "")),
                ("provided that", "<br>".join(map(display.rich, self.hypotheses))),
                ("slips", "<br>".join(map(display.rich, self.slips))),
                ("inherits from", display.text(", ".join(self.inherits))),
                ("remainder", display.formula(self.remainder, display=True) if self.remainder else ""),
                ("fails at", witness),
                ("note", display.rich(self.note)),
                ("evidence", "<br>".join(map(display.rich, self.evidence))),
            ]
        )  # fmt: skip

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
