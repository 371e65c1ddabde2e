r"""Lines that a paper shares with another version of it: ``same: PAPER:NUMBER`` and ``scope: NAME of PAPER``.

A line that is the same as in another paper takes over what is said of it there; what it says itself goes before. A
scope of another paper brings its symbols, re-readings and named hypotheses. Premises keep their numbers, except that a
premise which is itself ``same`` as a differently numbered line is found under its number here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import SequenceMatcher

from derive.annotation import Annotation, Entry
from derive.errors import DeriveError, EncodingError
from derive.latex.tokens import tokens
from derive.paper import Equation, Given, Paper

TAKEN = ("from", "by", "needs", "so", "corrected")


def with_versions(paper: Paper, load: Callable[[str], Paper]) -> Paper:
    """The paper with everything that it shares with others taken over.

    Raises EncodingError for a paper, line or scope that is not there.
    """
    if not paper.borrows and not any(_same(equation) for equation in paper.equations):
        return paper
    others: dict[str, Paper] = {}

    def other(name: str, where: str) -> Paper:
        if name == paper.id:
            raise EncodingError(f"{name} cannot be the same as itself", where)
        if name not in others:
            try:
                others[name] = load(name)
            except DeriveError as error:
                raise EncodingError(str(error), where) from error
        return others[name]

    scopes = dict(paper.notation.scopes)
    givens = list(paper.givens)
    reads: dict[str, tuple[Entry, ...]] = {}
    for scope, name in paper.borrows:
        source = other(name, paper.file)
        if scope not in source.notation.scopes:
            known = ", ".join(source.notation.scopes) or "none"
            raise EncodingError(f"{name} has no scope {scope!r}; scopes: {known}", paper.file)
        reads[scope] = source.reads.get(scope, ())
        scopes.update({key: value for key, value in source.notation.scopes.items() if key not in scopes})
        own = {(given.scope, given.entry.name) for given in paper.givens}
        givens += [given for given in source.givens if (given.scope, given.entry.name) not in own]
    numbers = {same.value: equation.number for equation in paper.equations if (same := _same(equation)) is not None}
    equations = []
    for equation in paper.equations:
        equation = replace(equation, reads=(*reads.get(equation.scope or "", ()), *equation.reads))
        same = _same(equation)
        if same is not None:
            where = f"{paper.file}:{same.line}"
            name, _, number = same.value.partition(":")
            source = other(name, where)
            try:
                equation = _taken_over(equation, source.equation(number), name, numbers)
            except DeriveError as error:
                raise EncodingError(str(error), where) from error
        equations.append(equation)
    notation = replace(paper.notation, scopes=scopes)
    return replace(paper, equations=tuple(equations), givens=tuple(_reread(givens, reads)), notation=notation)


def _reread(givens: list[Given], reads: dict[str, tuple[Entry, ...]]) -> list[Given]:
    return [given if given.reads else replace(given, reads=reads.get(given.scope, ())) for given in givens]


def _same(equation: Equation) -> Entry | None:
    return equation.annotation.one("same")


def _taken_over(equation: Equation, source: Equation, name: str, numbers: dict[str, str]) -> Equation:
    """A line with the annotation of its counterpart, its own entries last, so that they count."""
    own = equation.annotation.entries
    said = {entry.key for entry in own}
    taken: list[Entry] = []
    for entry in source.annotation.entries:
        if entry.key not in TAKEN or entry.key in said:
            continue
        if entry.key == "from":
            entry = replace(entry, value=", ".join(numbers.get(f"{name}:{part}", part) for part in entry.parts))
        taken.append(entry)
    scope = equation.scope if equation.kind == "equation" else source.scope
    latex = equation.latex if equation.kind == "equation" else source.latex
    line_reads = source.annotation.all("read") if equation.kind == "equation" else source.reads
    if equation.kind == "claim":
        own = tuple(entry for entry in source.annotation.entries if entry.key == "claim") + own[1:]
    return replace(
        equation,
        latex=latex,
        scope=scope,
        annotation=Annotation((*taken, *own), equation.annotation.line),
        reads=(*equation.reads, *line_reads),
        version=difference(source.latex, latex, f"{name}:{source.number}"),
    )


def difference(there: str, here: str, name: str) -> str:
    """What differs in print from the counterpart of a line, in words.

    >>> difference("a = b_i", "a = b", "older:3")
    'printed as in older:3 but for $b$ instead of $b_i$'
    """
    old, new = [t.text for t in tokens(there)], [t.text for t in tokens(here)]
    if old == new:
        return f"printed as in {name}, token for token"
    changes = []
    for tag, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        before = 1 if a and c and (a == b or c == d or old[a] in "_^") else 0
        was, now = "".join(old[a - before : b]), "".join(new[c - before : d])
        changes.append(f"${now}$ instead of ${was}$")
    return f"printed as in {name} but for {', '.join(changes)}"
