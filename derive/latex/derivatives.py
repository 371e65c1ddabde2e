r"""Fractions that are derivatives: ``\frac{d\phi}{dt}``, ``\frac{\partial}{\partial x_\mu}``, ``\frac{\partial H}{\partial\phi_j}``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.errors import ReadError
from derive.expression import SCALAR, Applied, Expr, Index
from derive.fields.nodes import Coordinate, Gradient, Rate, Variable
from derive.latex.places import Printed, direction_range, in_range, read_places
from derive.latex.tokens import Token

if TYPE_CHECKING:
    from derive.latex.tensors import TensorReader

_SIGNS = ("d", r"\partial", r"\delta")


def derivative(reader: TensorReader) -> Expr | None:
    r"""The derivative that the ``\frac`` here is, read; None, and nothing read, where it is a plain fraction.

    It is one where a ``d``, a ``\partial`` or (of functional derivatives) a ``\delta`` starts what stands below the bar.
    Raises ReadError where what stands above does not fit.
    """
    below_at = _below(reader)
    if below_at is None:
        return None
    sign = reader.source[below_at + 1].text
    if sign not in _SIGNS or reader.source[below_at + 2].text in ("}", "_", "^"):
        return None
    reader.take(r"\frac")
    top, bottom = _group(reader), _group(reader)
    if not top or top[0].text != sign:
        raise ReadError(f"{sign} stands below this fraction bar and not above it", bottom[0].offset)
    return _Fraction(reader, sign, top, bottom).read()


def _below(reader: TensorReader) -> int | None:
    """Where the group below the fraction bar opens."""
    depth = 0
    for at in range(reader.at + 1, len(reader.source) - 2):
        text = reader.source[at].text
        depth += (text == "{") - (text == "}")
        if depth == 0:
            return at + 1 if reader.source[at + 1].text == "{" else None
    return None


def _group(reader: TensorReader) -> list[Token]:
    if reader.peek() != "{":
        raise reader.error("a { was expected here")
    return reader.raw_group()


class _Fraction:
    """A fraction of derivatives, with its two groups of tokens."""

    def __init__(self, reader: TensorReader, sign: str, top: list[Token], bottom: list[Token]) -> None:
        self.reader = reader
        self.sign = sign
        self.top = top
        self.bottom = bottom

    def read(self) -> Expr:
        order, of_tokens = self.order()
        time = self.reader.scope.of_kind("time")
        below = [t.text for t in self.bottom]
        if time is not None and self.sign == "d" and below == ["d", time.key]:
            if order != 1:
                raise ReadError("of time only the first derivative is read", self.bottom[0].offset)
            return Rate(self.of(of_tokens))
        coordinates = self.reader.scope.of_kind("coordinates")
        if coordinates is not None and self.sign == r"\partial" and below[1] == coordinates.key:
            return self.coordinate(order, of_tokens)
        found = self.of(of_tokens)
        bys = self.bys()
        if len(bys) != order:
            said = f"above stands a derivative of order {order}, below {len(bys)}"
            raise ReadError(said, self.bottom[0].offset)
        for by in bys:
            found = Gradient(found, by, self.sign == "d")
        return found

    def order(self) -> tuple[int, list[Token]]:
        r"""The 2 of ``\partial^{2}``, and what follows above the bar."""
        if len(self.top) < 2 or self.top[1].text != "^":
            return 1, self.top[1:]
        inner = type(self.reader)(self.top[2:], self.reader.scope)
        power = inner.raw_group()
        if len(power) != 1 or not power[0].text.isdigit() or int(power[0].text) < 2:
            raise ReadError("the order of a derivative is a number from 2", self.top[1].offset)
        return int(power[0].text), inner.source[inner.at :]

    def of(self, source: list[Token]) -> Expr:
        """What is differentiated: a variable or a function."""
        if not source:
            raise ReadError("nothing is differentiated above this fraction bar", self.top[0].offset)
        inner = type(self.reader)(source, self.reader.scope)
        found = inner.factor()
        inner.expect_end()
        if not isinstance(found, Variable | Applied):
            raise ReadError("only a variable or a function is differentiated above a fraction bar", source[0].offset)
        return found

    def bys(self) -> list[Variable]:
        r"""The variables below the bar, each behind its sign: ``\partial\phi_i\partial\phi_j``."""
        starts = [at for at, token in enumerate(self.bottom) if token.text == self.sign]
        found: list[Variable] = []
        for start, end in zip(starts, [*starts[1:], len(self.bottom)], strict=True):
            source = self.bottom[start + 1 : end]
            where = self.bottom[start].offset
            inner = type(self.reader)(source, self.reader.scope)
            by = inner.factor()
            inner.expect_end()
            if not isinstance(by, Variable):
                raise ReadError(f"what stands behind {self.sign} below the bar is no variable", where)
            if by.type != SCALAR:
                raise ReadError(f"{by.name} needs its indices below the bar", where)
            found.append(by)
        return found

    def coordinate(self, order: int, of_tokens: list[Token]) -> Expr:
        r"""``\frac{\partial^2 \phi}{\partial x_\mu^2}``, or without what it acts on."""
        inner = type(self.reader)(self.bottom[2:], self.reader.scope)
        sub, sup = inner.script_groups()
        inner.expect_end()
        where = self.bottom[1]
        power = 1
        if sub and len(sup) == 1 and sup[0].text.isdigit():
            power, sup = int(sup[0].text), []
        if bool(sub) == bool(sup):
            raise ReadError(f"{where.text} needs one index below the bar", where.offset)
        if power != order:
            raise ReadError(f"above stands a derivative of order {order}, below {power}", where.offset)
        printed = read_places(sub or sup, self.reader.scope, above=bool(sup))
        index = self.direction(printed, where)
        return Coordinate(index, order, bool(sup), self.of(of_tokens) if of_tokens else None)

    def direction(self, printed: list[Printed], where: Token) -> Index:
        if len(printed) != 1:
            raise ReadError(f"{where.text} needs one index below the bar", where.offset)
        (item,) = printed
        name, range_name = item.place.index.name, item.place.index.range
        if item.is_number:
            range_ = direction_range(self.reader.scope)
            if range_ is None or not in_range(name, range_, zero=True):
                raise ReadError(f"{name} is not a direction of this scope", item.token.offset)
            return Index(name, range_.name)
        if item.place.steps or item.place.spelled or self.reader.scope.ranges[range_name].lattice:
            raise ReadError(f"{name} is not a direction of this scope", item.token.offset)
        return item.place.index


__all__ = ["derivative"]
