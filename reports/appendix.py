"""The notation of a paper for its report: scope by scope, what each symbol is, its domain and its dimension."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.paper import Paper, load_paper
from reports.outline import clean


@dataclass(frozen=True)
class Row:
    """One symbol, in words: the name is LaTeX, the indices are letters with the size that each runs to."""

    symbol: str
    indices: str
    domain: str
    dimension: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """The symbols that one scope declares; those of the scopes that it goes back to are in their tables."""

    name: str
    meaning: str
    inherits: tuple[str, ...]
    rows: tuple[Row, ...]


def notation_tables(paper: Paper) -> tuple[Table, ...]:
    """A table for each scope that a line of the paper stands in, and for those that it extends or is like."""
    known = _scopes(paper)
    wanted = [equation.scope for equation in paper.equations if equation.scope in known]
    found: dict[str, Table] = {}
    while wanted:
        name = str(wanted.pop(0))
        if name in found or name not in known:
            continue
        above = tuple(str(known[name][key]) for key in ("extends", "like") if key in known[name])
        found[name] = Table(name, known[name].get("meaning", ""), above, tuple(_rows(name, known)))
        wanted.extend(above)
    return tuple(found.values())


def _scopes(paper: Paper) -> dict[str, Any]:
    """The scopes as they stand in the notation file of the paper, and of those that it takes scopes from."""
    tex = paper.folder / Path(paper.file).name
    beside = tex.with_suffix(".toml")
    path = beside if beside.is_file() else paper.folder / "notation.toml"
    own = tomllib.loads(path.read_text(encoding="utf-8")).get("scope", {}) if path.is_file() else {}
    found: dict[str, Any] = {}
    for other in dict.fromkeys(name for _, name in paper.borrows):
        found |= _scopes(load_paper(other))
    return clean(found | own)


def _ranges(name: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """The index ranges of a scope, with those of the scopes that it goes back to."""
    scope = known.get(name, {})
    found: dict[str, Any] = {}
    for key in ("extends", "like"):
        if key in scope:
            found |= _ranges(str(scope[key]), known)
    return found | scope.get("ranges", {})


def _rows(name: str, known: Mapping[str, Any]) -> list[Row]:
    ranges = _ranges(name, known)
    found = []
    for symbol, value in known[name].get("symbols", {}).items():
        slots = [ranges[slot] for slot in str(value.get("slots", "")).split() if slot in ranges]
        indices = ", ".join(
            "components" if slot.get("vector") else f"{str(slot['indices']).split()[0]} to ${slot['size']}$"
            for slot in slots
        )
        kind = str(value.get("kind", "quantity"))
        domain = kind if kind != "quantity" else str(value.get("domain", "real"))
        more = ", ".join(str(value[key]) for key in ("properties",) if key in value)
        words = f"{domain}, {more}" if more else domain
        found.append(Row(symbol, indices, words, str(value.get("dimension", "")), str(value.get("meaning", ""))))
    return found
