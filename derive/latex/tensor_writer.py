r"""Writing the nodes of :mod:`derive.fields.nodes` as LaTeX; reading what was written gives the same tree back.

The print is canonical: indices over ranges with ``rows = "upper"`` above, labels of a matrix first and below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.expression import SCALAR, Expr, Identity, Index, Over
from derive.fields.nodes import (
    ColumnOf,
    Coordinate,
    Entry,
    Gradient,
    InverseTranspose,
    LineIntegral,
    MatrixPower,
    MatrixSymbol,
    Place,
    Rate,
    SpaceIntegral,
    TensorProduct,
    Variable,
)
from derive.latex.levels import BASE, FACTOR, PRODUCT, SUM
from derive.latex.shapes import is_one_matrix
from derive.notation import Scope

if TYPE_CHECKING:
    from derive.latex.writer import Writer

Written = tuple[str, int, bool]


def write_tensor(writer: Writer, expr: Expr) -> Written | None:
    """The text of a node, how tightly it binds, and whether it runs on to the end of a product; None for others."""
    scope = writer.scope
    match expr:
        case Variable():
            return _variable(expr, scope)
        case MatrixSymbol(time=time):
            return _symbol(expr, (), (), scope), BASE if time is None else FACTOR, False
        case Entry(of=of, rows=rows, columns=columns):
            if isinstance(of, MatrixSymbol | Identity) and "_" not in of.name:
                return _symbol(of, rows, columns, scope), FACTOR, False
            return rf"\left( {writer.at(of, SUM)} \right){_entry_scripts((), rows, columns, scope)}", FACTOR, False
        case MatrixPower(base=base, exponent=exponent):
            return f"{writer.base(base)}^{{{writer.at(exponent, SUM)}}}", FACTOR, False
        case InverseTranspose(of=of):
            return f"{writer.base(of)}^{{-T}}", FACTOR, False
        case TensorProduct(left=left, right=right):
            before = PRODUCT if is_one_matrix(left) else FACTOR
            before = SUM if isinstance(left, TensorProduct) else before
            after = PRODUCT if is_one_matrix(right) else FACTOR
            return rf"{writer.at(left, before, last=False)} \otimes {writer.at(right, after)}", SUM, False
        case ColumnOf(entries=entries):
            cells = r" \\ ".join(writer.at(entry, SUM) for entry in entries)
            return rf"\begin{{pmatrix}} {cells} \end{{pmatrix}}", FACTOR, False
        case Rate(of=of):
            time = declared.key if (declared := scope.of_kind("time")) else "t"
            return rf"\frac{{d {writer.at(of, SUM)}}}{{d {time}}}", FACTOR, False
        case Coordinate(index=index, power=power, upper=upper, of=of):
            return _coordinate(writer, index, power, upper, of), FACTOR, False
        case Gradient():
            return _gradient(writer, expr), FACTOR, False
        case SpaceIntegral(body=body, dimension=dimension):
            x = declared.key if (declared := scope.of_kind("coordinates")) else "x"
            return rf"\int d {x}^{{{dimension}}} {writer.at(body, PRODUCT)}", PRODUCT, True
        case LineIntegral(by=by, body=body):
            return rf"\int d {writer.at(by, FACTOR)} {writer.at(body, PRODUCT)}", PRODUCT, True
    return None


def limits(expr: Over, scope: Scope) -> tuple[str, str]:
    """The printed limits of a sum over a range: from its first index, or from 1 where the 0 is left out."""
    range_ = scope.ranges[expr.index.range]
    upper = str(int(range_.size) + range_.first - 1) if range_.size.isdigit() else range_.size
    return str(range_.first + len(expr.excluded)), upper


def _variable(expr: Variable, scope: Scope) -> Written:
    above = [_place(place) for place in expr.places if scope.ranges[place.index.range].upper]
    below = [_place(place) for place in expr.places if not scope.ranges[place.index.range].upper]
    text = expr.name + _scripts(above, below)
    if expr.time is not None:
        time = declared.key if (declared := scope.of_kind("time")) else "t"
        text += f"({time}{expr.time:+d})" if expr.time else f"({time})"
    if expr.point:
        text += f"({declared.key if (declared := scope.of_kind('coordinates')) else 'x'})"
    plain = not above and expr.time is None and not expr.point and expr.type == SCALAR
    return text, BASE if plain else FACTOR, False


def _symbol(of: MatrixSymbol | Identity, rows: tuple[Place, ...], columns: tuple[Place, ...], scope: Scope) -> str:
    labels = of.labels if isinstance(of, MatrixSymbol) else ()
    declared = scope.symbols.get(of.name)
    is_metric = declared is not None and declared.kind == "metric"
    if is_metric:
        text = of.name + _scripts([], [_place(place) for place in (*labels, *rows, *columns)])
    else:
        text = of.name + _entry_scripts(labels, rows, columns, scope)
    if isinstance(of, MatrixSymbol) and of.time is not None:
        time = found.key if (found := scope.of_kind("time")) else "t"
        text += f"({time}{of.time:+d})" if of.time else f"({time})"
    return text


def _entry_scripts(labels: tuple[Place, ...], rows: tuple[Place, ...], columns: tuple[Place, ...], scope: Scope) -> str:
    above: list[str] = []
    below = [_place(label) for label in labels]
    for row, column in zip(rows, columns, strict=True):
        upper = scope.ranges[row.index.range].upper
        above.append(_place(row if upper else column))
        below.append(_place(column if upper else row))
    return _scripts(above, below)


def _scripts(above: list[str], below: list[str]) -> str:
    return (f"^{{{','.join(above)}}}" if above else "") + (f"_{{{','.join(below)}}}" if below else "")


def _place(place: Place) -> str:
    if place.spelled:
        return place.spelled
    text = place.index.name
    for step in place.steps:
        sign = "-" if step.count < 0 else "+"
        count = abs(step.count)
        if step.direction is None:
            text += f"{sign}{count}"
        else:
            text += rf"{sign}{count if count > 1 else ''}\mathbf{{e}}_{{{step.direction.name}}}"
    return text


def _coordinate(writer: Writer, index: Index, power: int, upper: bool, of: Expr | None) -> str:
    x = declared.key if (declared := writer.scope.of_kind("coordinates")) else "x"
    order = f"^{{{power}}}" if power > 1 else ""
    above = rf"\partial{order}" + (f" {writer.at(of, SUM)}" if of is not None else "")
    return rf"\frac{{{above}}}{{\partial {x}{'^' if upper else '_'}{{{index.name}}}{order}}}"


def _gradient(writer: Writer, expr: Gradient) -> str:
    sign = "d" if expr.total else r"\partial"
    bys = [expr.by]
    of = expr.of
    while isinstance(of, Gradient) and of.total == expr.total:
        bys.insert(0, of.by)
        of = of.of
    order = f"^{{{len(bys)}}}" if len(bys) > 1 else ""
    below = " ".join(f"{sign} {writer.at(by, SUM)}" for by in bys)
    return rf"\frac{{{sign}{order} {writer.at(of, SUM)}}}{{{below}}}"


__all__ = ["limits", "write_tensor"]
