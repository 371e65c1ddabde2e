r"""Scripts as lists of places: ``a,\bf{j}``, ``\mu\nu``, ``\bf i+e_\mu``, ``i-1``, ``i_{1},i_{2},i_{3}``.

Which slot of a variable, or which index of a matrix, a printed place fills is decided here too: by the range of its
letter, and for a number by where it is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derive.errors import ReadError
from derive.expression import Index
from derive.fields.nodes import Place, Step
from derive.latex.tokens import Token
from derive.notation import Range, Scope

_DOTS = {r"\ldots", r"\dots", r"\cdots"}


@dataclass(frozen=True, slots=True)
class Printed:
    """A place as it is printed: in a superscript or a subscript; a number is of no range yet."""

    place: Place
    token: Token
    above: bool

    @property
    def is_number(self) -> bool:
        return self.place.index.is_label

    def of_range(self, name: str) -> Place:
        return replace(self.place, index=Index(self.place.index.name, name))


def are_places(source: Sequence[Token], scope: Scope) -> bool:
    """Whether a superscript is a list of places, and not an exponent: it starts with an index, or lists numbers."""
    texts = [token.text for token in source if token.text not in ("{", "}")]
    if not texts:
        return False
    if _letter(texts, 0, scope) is not None:
        return True
    return texts[0].isdigit() and (len(texts) == 1 or texts[1] == "," or _letter(texts, 1, scope) is not None)


def read_places(source: Sequence[Token], scope: Scope, above: bool) -> list[Printed]:
    """The places that a script lists; commas between them may be left out.

    Raises ReadError for what is no index of the scope, and for a step where nothing moves.
    """
    rest = [token for token in source if token.text not in ("{", "}")]
    texts = [token.text for token in rest]
    found: list[Printed] = []
    at = 0
    while at < len(rest):
        token = rest[at]
        if token.text == ",":
            if not found or at + 1 == len(rest) or texts[at - 1] == ",":
                raise ReadError("a comma stands where an index was expected", token.offset)
            at += 1
            continue
        if token.text.isdigit():
            place, at = Place(Index(token.text, "")), at + 1
        else:
            range_ = _letter(texts, at, scope)
            if range_ is None:
                raise ReadError(f"{token.text} is not an index letter of this scope", token.offset)
            if token.text not in range_.letters:
                place, at = _components(rest, at, range_, scope)
            else:
                place, at = _moved(rest, at, range_, scope)
        found.append(Printed(place, token, above))
    return found


def _letter(texts: Sequence[str], at: int, scope: Scope) -> Range | None:
    r"""The range of the index letter at a position; ``i`` with a subscript is a component of a bold ``\mathbf{i}``."""
    found = scope.range_of_letter(texts[at])
    if at + 1 < len(texts) and texts[at + 1] == "_":
        found = scope.range_of_letter(rf"\mathbf{{{texts[at]}}}")
        return found if found is not None and found.lattice else None
    return found


def _components(rest: list[Token], at: int, range_: Range, scope: Scope) -> tuple[Place, int]:
    r"""The components of a place, ``i_{1},i_{2},i_{3}`` or ``i_{1},...,i_{D}``, and the position behind them."""
    letter, start = rest[at].text, rest[at]
    parts: list[str] = []
    while True:
        if rest[at].text == letter and at + 2 < len(rest) and rest[at + 1].text == "_":
            parts.append(rest[at + 2].text)
            at += 3
        elif [token.text for token in rest[at : at + 3]] == [".", ".", "."]:
            parts.append("...")
            at += 3
        elif rest[at].text in _DOTS:
            parts.append("...")
            at += 1
        else:
            raise ReadError(f"{rest[at].text} is no component of {letter}", rest[at].offset)
        if at + 1 >= len(rest) or rest[at].text != ",":
            break
        at += 1
    directions = direction_range(scope)
    size = directions.size if directions is not None else ""
    counted = all(part == str(number) for number, part in enumerate(parts, 1))
    spanned = parts[:2] == ["1", "..."] and len(parts) == 3 and parts[2] != "..."
    if not (counted and size in ("", str(len(parts)))) and not (spanned and size in ("", parts[2])):
        raise ReadError(f"the components of {letter} are not listed from 1 to {size or 'the last'}", start.offset)
    spelled = ",".join(part if part == "..." else f"{letter}_{{{part}}}" for part in parts)
    return Place(Index(rf"\mathbf{{{letter}}}", range_.name), (), spelled), at


def _moved(rest: list[Token], at: int, range_: Range, scope: Scope) -> tuple[Place, int]:
    r"""An index letter with its steps, ``\bf i+e_\mu`` or ``i-1``, and the position behind them."""
    index = Index(rest[at].text, range_.name)
    steps: list[Step] = []
    at += 1
    while at < len(rest) and rest[at].text in ("+", "-"):
        sign = rest[at]
        if not range_.lattice:
            raise ReadError(f"{index.name} is no site of a lattice: it cannot move", sign.offset)
        at += 1
        count = 1
        counted = at < len(rest) and rest[at].text.isdigit()
        if counted:
            count = int(rest[at].text)
            at += 1
        along = at < len(rest) and rest[at].text == r"\mathbf{e}"
        direction = None
        if along:
            if at + 2 >= len(rest) or rest[at + 1].text != "_":
                raise ReadError("a lattice vector needs the index of its direction", rest[at].offset)
            direction, at = _direction(rest[at + 2], scope), at + 3
        if not (along or counted) or along != index.name.startswith(r"\mathbf{") or count == 0:
            said = r"\mathbf{e} with a direction" if index.name.startswith(r"\mathbf{") else "a number of sites"
            raise ReadError(f"a step from {index.name} is {said}", sign.offset)
        steps.append(Step(-count if sign.text == "-" else count, direction))
    return Place(index, tuple(steps)), at


def _direction(token: Token, scope: Scope) -> Index:
    """The direction of a lattice vector, by its letter or number."""
    range_ = direction_range(scope)
    is_number = token.text.isdigit() and range_ is not None and in_range(token.text, range_)
    if range_ is not None and (token.text in range_.letters or is_number):
        return Index(token.text, range_.name)
    raise ReadError(f"{token.text} is not a direction of this scope", token.offset)


def direction_range(scope: Scope) -> Range | None:
    """The range of directions: the slot of the coordinates, else the one range that nothing declared runs over.

    Where there is none, it is the one that variables alone run over, whose components are along directions then.
    """
    coordinates = scope.of_kind("coordinates")
    if coordinates is not None and coordinates.slots:
        return scope.ranges[coordinates.slots[0]]
    acted = {name for d in scope.symbols.values() if d.kind in ("variable", "matrix", "function") for name in d.over}
    run = {name for d in scope.symbols.values() if d.kind in ("variable", "function") for name in d.slots}
    left = [r for r in scope.ranges.values() if not (r.lattice or r.upper or r.name in acted)]
    found = [r for r in left if r.name not in run] or left
    return found[0] if len(found) == 1 else None


def in_range(text: str, range_: Range, zero: bool = False) -> bool:
    """Whether a number is an index of a range; ``zero`` admits 0, the time beside the directions of space."""
    if zero and text == "0":
        return True
    last = range_.first + int(range_.size) - 1 if range_.size.isdigit() else None
    return int(text) >= range_.first and (last is None or int(text) <= last)


def fill_slots(
    name: str, slots: tuple[str, ...], printed: list[Printed], scope: Scope, token: Token, zero: bool = False
) -> tuple[Place, ...]:
    """The places of a variable in the order of its slots: letters by their range, numbers by where they stand.

    A number above is of a range whose row index is printed above, a number below of another one. Raises ReadError for
    a place that fits no slot, or several, and for slots that stay open.
    """
    filled: list[Place | None] = [None] * len(slots)
    for item in sorted(printed, key=lambda item: item.is_number):
        open_ = [n for n, place in enumerate(filled) if place is None]
        if item.is_number:
            able = [n for n in open_ if in_range(item.place.index.name, scope.ranges[slots[n]], zero)]
            fitting = [n for n in able if scope.ranges[slots[n]].upper == item.above] or able
            if len({slots[n] for n in fitting}) > 1:
                said = f"which index of {name} the number {item.place.index.name} is, is not clear"
                raise ReadError(said, item.token.offset)
        else:
            fitting = [n for n in open_ if slots[n] == item.place.index.range]
        if not fitting:
            raise ReadError(f"{name} takes no index {item.token.text} here", item.token.offset)
        filled[fitting[0]] = item.of_range(slots[fitting[0]])
    places = tuple(place for place in filled if place is not None)
    if len(places) < len(slots):
        missing = next(slots[n] for n, place in enumerate(filled) if place is None)
        raise ReadError(f"{name} needs an index over the range {missing}", token.offset)
    return places


@dataclass(frozen=True, slots=True)
class Filled:
    """The indices of a printed matrix: which matrix it is, and the row and column of an entry (perhaps none)."""

    labels: tuple[Place, ...]
    rows: tuple[Place, ...]
    columns: tuple[Place, ...]


def fill_entry(
    name: str, slots: tuple[str, ...], over: tuple[str, ...], printed: list[Printed], scope: Scope, token: Token
) -> Filled:
    """The indices of a matrix by the ranges of its labels and those that it acts on.

    Of the two indices of a range that it acts on, heights say which is the row's; at one height the print order does.
    Raises ReadError for an index that fits nowhere, and for an entry that lacks one.
    """
    labels: list[Place | None] = [None] * len(slots)
    pairs: dict[str, list[tuple[int, Printed]]] = {axis: [] for axis in over}
    numbers: list[tuple[int, Printed]] = []
    for at, item in enumerate(printed):
        range_ = item.place.index.range
        if item.is_number:
            numbers.append((at, item))
        elif (free := next((n for n, p in enumerate(labels) if p is None and slots[n] == range_), None)) is not None:
            labels[free] = item.place
        elif range_ in pairs and len(pairs[range_]) < 2:
            pairs[range_].append((at, item))
        else:
            raise ReadError(f"{name} takes no index {item.token.text} here", item.token.offset)
    heights = [sum(item.above == above for item in printed) for above in (False, True)]
    numbers.sort(key=lambda entry: (-heights[entry[1].above], entry[0]))
    for at, item in numbers:
        text = item.place.index.name
        able = (n for n, p in enumerate(labels) if p is None and in_range(text, scope.ranges[slots[n]], zero=True))
        if (free := next(able, None)) is not None:
            labels[free] = item.of_range(slots[free])
            continue
        axes = [axis for axis in over if len(pairs[axis]) < 2 and in_range(text, scope.ranges[axis])]
        axes = [axis for axis in axes if all(other.above != item.above for _, other in pairs[axis])] or axes
        if len(axes) > 1:
            raise ReadError(f"which index of {name} the number {text} is, is not clear", item.token.offset)
        if not axes:
            raise ReadError(f"{name} takes no index {text} here", item.token.offset)
        pairs[axes[0]].append((at, item))
    if missing := next((slots[n] for n, place in enumerate(labels) if place is None), None):
        raise ReadError(f"{name} needs an index over the range {missing}", token.offset)
    found = tuple(place for place in labels if place is not None)
    if not any(pairs.values()):
        return Filled(found, (), ())
    rows: list[Place] = []
    columns: list[Place] = []
    for axis in over:
        pair = sorted(pairs[axis], key=lambda entry: entry[0])
        if len(pair) != 2:
            raise ReadError(f"an entry of {name} needs a row and a column over the range {axis}", token.offset)
        first, second = (item for _, item in pair)
        if first.above != second.above and first.above != scope.ranges[axis].upper:
            first, second = second, first
        rows.append(first.of_range(axis))
        columns.append(second.of_range(axis))
    return Filled(found, tuple(rows), tuple(columns))


__all__ = [
    "Filled",
    "Printed",
    "are_places",
    "direction_range",
    "fill_entry",
    "fill_slots",
    "in_range",
    "read_places",
]
