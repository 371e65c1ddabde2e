"""Matrices printed by their corner, and the pattern that their cells follow."""

from __future__ import annotations

from derive.expression import Expr, Index, Pattern, free_indices, substitute_indices
from derive.latex.grammar import Grammar
from derive.latex.tokens import Token


def matrix(reader: Grammar, environment: str, token: Token) -> Expr:
    r"""A matrix printed by its corner, \cdots, \vdots and \ddots."""
    rows: list[list[Expr | str]] = [[]]
    while True:
        text = reader.peek()
        if text in (r"\cdots", r"\vdots", r"\ddots"):
            rows[-1].append(reader.take().text)
        else:
            rows[-1].append(reader.sum())
        mark = reader.take()
        if mark.text == r"\\":
            rows.append([])
        elif mark.text == rf"\end{environment}":
            break
        elif mark.text != "&":
            raise reader.error(f"{mark.text} cannot separate the cells of a matrix", mark)
    size = len(rows[0])
    if len(rows) != size or any(len(row) != size for row in rows):
        raise reader.error("the rows of this matrix have different lengths", token)
    return _pattern(reader, rows, token)


def _pattern(reader: Grammar, rows: list[list[Expr | str]], token: Token) -> Expr:
    corner = len(rows) - 1
    last = [r"\vdots"] * corner + [r"\ddots"]
    if corner < 2 or rows[-1] != last or any(row[-1] != r"\cdots" for row in rows[:-1]):
        raise reader.error(r"only a matrix with \cdots, \vdots and \ddots on its last row and column is read", token)
    cells = [[cell for cell in row[:-1] if isinstance(cell, Expr)] for row in rows[:-1]]
    if any(len(row) != corner for row in cells):
        raise reader.error("dots stand inside the corner of this matrix", token)
    axis = next(iter(reader.scope.ranges), "")
    letters = reader.scope.ranges[axis].letters if axis else ()
    if len(letters) < 2:
        raise reader.error(
            "a matrix with dots is over the first range of its scope, which needs two index letters", token
        )
    row, column = Index(letters[0], axis), Index(letters[1], axis)
    first, second = Index("1", axis), Index("2", axis)
    diagonal = substitute_indices(cells[0][0], {first: row})
    upper = substitute_indices(cells[0][1], {first: row, second: column})
    lower = substitute_indices(cells[1][0], {first: row, second: column})
    found = Pattern(axis, row, column, diagonal, upper, lower, corner)
    if loose := free_indices(found):
        raise reader.error(f"the index {min(i.name for i in loose)} is free in this matrix", token)
    for a in range(corner):
        for b in range(corner):
            if cells[a][b] != pattern_cell(found, a + 1, b + 1):
                raise reader.error(f"the entry ({a + 1}, {b + 1}) of this matrix does not fit its pattern", token)
    return found


def pattern_cell(pattern: Pattern, a: int, b: int) -> Expr:
    """The printed cell (a, b) of a patterned matrix, counted from 1."""
    low, high = Index(str(min(a, b)), pattern.axis), Index(str(max(a, b)), pattern.axis)
    if a == b:
        return substitute_indices(pattern.diagonal, {pattern.row: low})
    return substitute_indices(pattern.upper if a < b else pattern.lower, {pattern.row: low, pattern.column: high})
