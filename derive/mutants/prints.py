"""Prints with one token left out: that must be an error, or make another statement of the line."""

from __future__ import annotations

from derive.errors import DeriveError
from derive.latex.reader import read_chain
from derive.latex.tokens import Token, tokens
from derive.mutants.trial import Outcome
from derive.statement import Line, reread


def without_token(line: Line, at: int) -> Outcome:
    """The fate of a line of which one token is left out."""
    printed = tokens(line.equation.latex)
    if _reads_as([*printed[:at], *printed[at + 1 :]], line):
        if line.scope.summation and _only_sets_apart(printed, at):
            return Outcome("equal", "it sets indices, or parts of a cell, apart, and says nothing itself")
        said = _says_nothing(printed, at)
        return Outcome("equal", said) if said else Outcome("survived", "it reads as the same statement without it")
    return Outcome("caught", "an error, or another statement")


def _reads_as(source: list[Token], line: Line) -> bool:
    """Whether these tokens read as the line does."""
    equation = line.equation
    own = set(equation.annotation.all("read"))
    by = equation.annotation.one("by")
    try:
        found, _ = reread(source, equation.reads, own)
        chain = read_chain(found, line.scope, display=by is not None and by.value == "definition")
    except DeriveError:
        return False
    named = tuple(pair for pair in line.chain.apart if pair not in chain.apart)
    return (chain.first, chain.links, (*chain.apart, *named)) == (line.chain.first, line.chain.links, line.chain.apart)


def _only_sets_apart(printed: list[Token], at: int) -> bool:
    """Whether a token is a comma between the indices of a script, or an ``&`` in a cell of a column of fields.

    The notation of fields leaves both free (docs/annotations.md): what they stand between is told by its range.
    """
    if printed[at].text == "&":
        return True
    if printed[at].text != ",":
        return False
    depth = 0
    for number in range(at - 1, -1, -1):
        depth += {"}": 1, "{": -1}.get(printed[number].text, 0)
        if depth < 0:
            return number > 0 and printed[number - 1].text in ("_", "^")
    return False


def _says_nothing(printed: list[Token], at: int) -> str:
    """Why a token that may be left out says nothing where it stands; empty for one that ought to say something."""
    text = printed[at].text
    before = printed[at - 1].text if at else ""
    after = printed[at + 1].text if at + 1 < len(printed) else ""
    if text == "+" and before in ("", "(", "[", "{", ",", "="):
        return "a plus sign that nothing stands before says nothing"
    if text in (r"\cdot", r"\times"):
        return "a dot between numbers is the product that two factors side by side are"
    if text == r"\\" and after.startswith(r"\end{"):
        return "the end of the last row is said by the end of the matrix"
    return ""
