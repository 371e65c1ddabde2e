r"""What a line about fields is judged in: its premises as elements, in the sizes that are written out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from derive.algebra.rules import Unsupported
from derive.expression import Applied, Expr, Index, Over, Pow, Size, walk
from derive.fields.functionals import Calculus, Change, Function, Knowledge
from derive.fields.letters import HERE, Field, Matrix
from derive.fields.nodes import (
    ColumnOf,
    Coordinate,
    Entry,
    Gradient,
    MatrixPower,
    MatrixSymbol,
    Place,
    Variable,
    places_of,
)
from derive.fields.premise import Premise
from derive.fields.rules import Relation
from derive.fields.terms import free_letters
from derive.fields.values import Ends
from derive.fields.words import Element
from derive.fields.written_out import assignments, numbers_of, put
from derive.notation import Scope

MOST_SIZES = 7
"""The largest number of directions, or of components, that a line is written out for."""


class Setting:
    """The premises of a line, for sizes of the ranges that are written out."""

    def __init__(self, premises: tuple[Premise, ...], sizes: Mapping[str, int], scope: Scope | None = None) -> None:
        """``scope`` is that of the claim, whose declared properties hold too."""
        self.premises = premises
        self.sizes = sizes
        self.known = Knowledge()
        self.relations: list[Relation] = []
        equations = []
        for premise in premises:
            if not self.is_function(premise):
                equations.append(premise)
        for premise in equations:
            self.note(premise)
        for premise in equations:
            for left, right in self.instances(premise.left, premise.right, premise.scope):
                self.relations.append(Relation(left - right, frozenset((premise.source,)), left))
        scopes = [*([] if scope is None else [scope]), *(premise.scope for premise in premises)]
        for one in {each.name: each for each in scopes}.values():
            self.relations += properties(one, sizes)

    def calculus(self, scope: Scope) -> Calculus:
        return Calculus(scope, self.sizes, self.known)

    def is_function(self, premise: Premise) -> bool:
        """Takes a premise that says what a function is."""
        left = premise.left
        if not isinstance(left, Applied) or not left.arguments:
            return False
        slots = tuple(slot for slot in left.slots if isinstance(slot, Index))
        self.known.functions[left.name] = Function(left.arguments, slots, premise.right, premise.scope, premise.source)
        return True

    def note(self, premise: Premise) -> None:
        """Takes from a premise the step of a variable, or that it is a matrix times another one."""
        left = premise.left
        if not isinstance(left, Variable) or any(place.steps for place in left.places):
            return
        if premise.scope.symbols[left.name].kind != "variable":
            return
        for number, (one, other) in enumerate(self.instances(left, premise.right, premise.scope)):
            ((_, word),) = one.terms
            field = word[-1]
            assert isinstance(field, Field)
            if left.time == 1:
                self.known.steps[field.name, field.labels] = (other, premise.source)
            elif not left.time and number == 0:
                ends = {x for _, w in other.terms for x in w if isinstance(x, Field)}
                if (
                    len(ends) == 1
                    and (end := next(iter(ends))).name != field.name
                    and end.move == HERE
                    and not end.gradient
                ):
                    matrix = Element({(scalars, w[:-1]): n for (scalars, w), n in other.terms.items()})
                    self.known.changes[field.name] = Change(end, matrix, premise.source)

    def instances(self, left: Expr, right: Expr, scope: Scope) -> Iterator[tuple[Element, Element]]:
        """Both sides, for all numbers that their written-out free letters may take."""
        calculus = self.calculus(scope)
        free = free_letters(left) or free_letters(right)
        out = sorted((letter for letter in free if letter.range in self.sizes), key=lambda i: i.name)
        for numbers in assignments(out, scope, self.sizes):
            one, other = put(left, numbers), put(right, numbers)
            components = self.components(one, other, scope)
            if components is not None:
                yield from components
            ends = ends_of(one, self.sizes)
            yield calculus.value(one, ends), calculus.value(other, ends)

    def components(self, left: Expr, right: Expr, scope: Scope) -> list[tuple[Element, Element]] | None:
        """The entries of two columns, or matrices, over a range that is written out; None for anything else."""
        axes = left.type.axes
        if left.type.kind not in ("column", "matrix") or len(axes[0].split()) != 1 or axes[0] not in self.sizes:
            return None
        calculus = self.calculus(scope)
        places = [Place(Index(str(n), axes[0])) for n in numbers_of(axes[0], scope, self.sizes)]
        if isinstance(left, Variable) and isinstance(right, ColumnOf) and len(right.entries) == len(places):
            pairs = zip(places, right.entries, strict=True)
            return [(calculus.value(replace(left, places=(p,))), calculus.value(entry)) for p, entry in pairs]
        if isinstance(left, MatrixSymbol):
            entries = [((row,), (column,)) for row in places for column in places]
            return [(calculus.value(Entry(left, *at)), calculus.value(Entry(right, *at))) for at in entries]
        return None


def ends_of(expr: Expr, sizes: Mapping[str, int]) -> Ends:
    """Between which letters a side is an operator, or over which it is a column."""
    free = {letter for letter in free_letters(expr) if letter.range not in sizes}
    if len({letter.range for letter in free}) == len(free):
        return Ends({letter.range: letter for letter in free})
    rows: dict[str, Index] = {}
    columns: dict[str, Index] = {}
    for side, letters in _ends(expr):
        for letter in letters:
            if letter in free and letter not in rows.values() and letter not in columns.values():
                (columns if side == "column" else rows)[letter.range] = letter
    return Ends(rows, columns or None)


def _ends(expr: Expr) -> Iterator[tuple[str, list[Index]]]:
    """The letters of places in print order, those of the columns of entries and of Jacobians told from the others."""
    match expr:
        case Entry(of=of, rows=rows, columns=columns):
            yield "row", [p.index for p in rows]
            yield "column", [p.index for p in columns]
            yield from _ends(of)
        case Gradient(of=Variable() as of, by=by):
            yield "row", [p.index for p in of.places]
            yield "column", [p.index for p in by.places]
        case Gradient(of=Gradient(by=first), by=second):
            yield "row", [p.index for p in first.places]
            yield "column", [p.index for p in second.places]
        case Variable(places=places):
            yield "row", [p.index for p in places]
        case _:
            for child in expr.children:
                yield from _ends(child)


def properties(scope: Scope, sizes: Mapping[str, int]) -> list[Relation]:
    """What the declared properties of matrices say: symmetric, antisymmetric. ``sizes`` are those written out."""
    found = []
    for declared in scope.symbols.values():
        sign = {"symmetric": 1, "diagonal": 1, "antisymmetric": -1}
        which = next((sign[p] for p in sorted(declared.properties) if p in sign), None)
        if declared.kind != "matrix" or which is None:
            continue
        on_sites = any(scope.ranges[name].lattice for name in declared.over)
        for labels in _labels(scope, declared.slots, sizes):
            letter = Matrix(declared.key, labels, moves=bool(declared.of), on_sites=on_sites)
            turned = Element.of(replace(letter, transposed=True))
            found.append(Relation(turned - Element.of(letter).scaled(which), frozenset()))
    return found


def _labels(scope: Scope, slots: tuple[str, ...], sizes: Mapping[str, int]) -> list[tuple[str, ...]]:
    choices: list[tuple[str, ...]] = [()]
    for name in slots:
        size = scope.ranges[name].size
        numbers = range(0, (int(size) if size.isdigit() else sizes.get(name, MOST_SIZES)) + 1)
        choices = [(*before, str(n)) for before in choices for n in numbers]
    return choices


def _all_letters(expr: Expr) -> Iterator[Index]:
    for node in walk(expr):
        if isinstance(node, Over):
            yield node.index
        yield from (slot for slot in getattr(node, "slots", ()) if isinstance(slot, Index))
    for place in places_of(expr):
        yield from (letter for letter in (place.index, *(s.direction for s in place.steps if s.direction is not None))
                    if not letter.is_label)  # fmt: skip


def _letters_of_products(exprs: list[Expr]) -> Counter[str]:
    """How many letters of each range, or factors of its size, a product may have: those of the claim, which stands
    first, and twice those that premises sum over."""
    found: Counter[str] = Counter()
    for at in range(0, len(exprs), 2):
        free = free_letters(exprs[at]) if at else set()
        sides = [Counter(letter.range for letter in set(_all_letters(side)) - free) for side in exprs[at : at + 2]]
        most = (sides[0] + _sizes_in(exprs[at])) | (sides[1] + _sizes_in(exprs[at + 1]))
        for name, n in most.items():
            found[name] += 2 * n if at else n
    return found


def _sizes_in(expr: Expr) -> Counter[str]:
    """How often the size of each range stands in an expression. Raises Unsupported for a power of one."""
    powers = (node for node in walk(expr) if isinstance(node, Pow | MatrixPower))
    if any(isinstance(node, Size) for power in powers for node in walk(power)):
        raise Unsupported("a power of the number of values of an index")
    return Counter(node.range for node in walk(expr) if isinstance(node, Size))


def _up_to(letters: int) -> list[int]:
    """The sizes that decide a line for all: sums over k letters are polynomials of degree k in the size.

    Raises Unsupported where that makes too many sizes.
    """
    most = max(4, letters + 1) if letters else 1
    if most > MOST_SIZES:
        raise Unsupported("a sum over so many directions that all their numbers cannot be tried")
    return list(range(1, most + 1))


def written_out(exprs: list[Expr], scopes: list[Scope]) -> dict[str, list[int]]:
    """The ranges to write out, with the sizes to try: those of labels and steps, and of numbered places."""
    names: set[str] = set()
    for expr in exprs:
        if isinstance(expr, Applied):
            names |= {slot.range for slot in expr.slots if isinstance(slot, Index)}
        for node in walk(expr):
            match node:
                case Over(index=index, explicit=True):
                    names.add(index.range)
                case Coordinate(index=index):
                    names.add(index.range)
        for place in places_of(expr):
            names |= {step.direction.range for step in place.steps if step.direction is not None}
            names |= {place.index.range} if place.index.is_label else set()
    letters = _letters_of_products(exprs)
    for scope in scopes:
        names |= {
            slot
            for declared in scope.symbols.values()
            if declared.kind in ("matrix", "Pauli")
            for slot in declared.slots
        }
        names |= {name for d in scope.symbols.values() if d.kind == "metric" for name in d.over}
    found: dict[str, list[int]] = {}
    for scope in scopes:
        for name in sorted(names & set(scope.ranges)):
            size = scope.ranges[name].size
            if not scope.ranges[name].lattice and (size.isdigit() or name not in found):
                found[name] = [int(size)] if size.isdigit() else _up_to(letters[name])
    return found


__all__ = ["Premise", "Setting", "ends_of", "properties", "written_out"]
