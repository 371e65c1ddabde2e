"""Annotations with one thing changed: a premise or a hypothesis dropped, something stated by name stated otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.annotation import Entry
from derive.errors import ReadError
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.latex.writer import write_chain
from derive.mutants.statements import chain_mutants
from derive.notation import Scope
from derive.paper import Equation, Given


def annotation_mutants(equation: Equation, *, goes_on: bool) -> Iterator[tuple[str, str, tuple[Entry, ...]]]:
    """What is dropped, as a kind and by name, and the entries without it.

    The first premise of a line that ``goes_on`` from it is a part of its statement and stays.
    """
    entries = equation.annotation.entries
    premises = equation.annotation.one("from")
    for name in premises.parts[int(goes_on) :] if premises is not None else ():
        rest = [part for part in premises.parts if part != name] if premises is not None else []
        kept = (replace(e, value=", ".join(rest)) if e is premises else e for e in entries)
        yield "premise dropped", name, tuple(e for e in kept if e is not premises or rest)
    for number, entry in enumerate(entries):
        if entry.key == "needs":
            yield "hypothesis dropped", entry.value, (*entries[:number], *entries[number + 1 :])


def given_mutants(given: Given, scope: Scope) -> Iterator[tuple[str, str]]:
    """What is changed in the right side of something that a paper states by name, and the formula with the change."""
    try:
        chain = read_chain(tokens(given.entry.value), scope)
    except ReadError:
        return
    if not chain.links:
        return
    for change, mutant in chain_mutants(chain, scope, first=False):
        condition = "".join(rf", {a.name} \neq {b.name}" for a, b in chain.apart)
        yield change, write_chain(replace(mutant, apart=()), scope) + condition
