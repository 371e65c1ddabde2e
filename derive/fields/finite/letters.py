"""Which index letters a product sums over, by the convention on repeated indices."""

from __future__ import annotations

from collections import Counter

from derive.domains import NotRealisable
from derive.expression import Add, Applied, Expr, Frac, Index, Mul, Neg, Over, walk
from derive.fields.nodes import Coordinate, Entry, MatrixPower, MatrixSymbol, Place, Variable, places_of

Bound = frozenset[Index]


class Letters:
    """Finds the letters of a tree that are summed over, and those that stay open."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, Bound], Counter[Index]] = {}
        self._operators: dict[int, bool] = {}
        self._mentioned: dict[int, tuple[Index, ...]] = {}
        self._kept: list[Expr] = []

    def summed(self, expr: Expr, bound: Bound) -> tuple[Index, ...]:
        """The letters that are summed over at just this node, where those in ``bound`` have a value.

        Raises NotRealisable where a letter stands three times in one product.
        """
        counts = self._printed(expr, bound)
        found = tuple(letter for letter, count in counts.items() if count > 1)
        for letter in found:
            if counts[letter] > 2:
                raise NotRealisable(f"the index {letter.name} stands {counts[letter]} times in one product")
        return found

    def open(self, expr: Expr, bound: Bound) -> list[Index]:
        """The letters that stand once in a term, and so have their value from outside."""
        return [letter for letter, count in self._printed(expr, bound).items() if count == 1]

    def mentioned(self, expr: Expr) -> tuple[Index, ...]:
        """All letters in a tree, in print order."""
        key = id(expr)
        if key not in self._mentioned:
            self._kept.append(expr)
            own = [slot for node in walk(expr) for slot in getattr(node, "slots", ()) if isinstance(slot, Index)]
            own += [node.index for node in walk(expr) if isinstance(node, Coordinate)]
            places = [letter for place in places_of(expr) for letter in _letters(place)]
            self._mentioned[key] = tuple(dict.fromkeys(letter for letter in (*own, *places) if not letter.is_label))
        return self._mentioned[key]

    def is_operator(self, expr: Expr) -> bool:
        """Whether it differentiates what follows it."""
        key = id(expr)
        if key not in self._operators:
            self._kept.append(expr)
            match expr:
                case Coordinate(of=None):
                    found = True
                case Add(terms=terms):
                    found = any(map(self.is_operator, terms))
                case Mul(factors=factors):
                    found = self.is_operator(factors[-1])
                case Neg(term=term) | Frac(top=term):
                    found = self.is_operator(term)
                case Over(body=body):
                    found = self.is_operator(body)
                case _:
                    found = False
            self._operators[key] = found
        return self._operators[key]

    def _printed(self, expr: Expr, bound: Bound) -> Counter[Index]:
        """How often each letter without a value stands in a node, those summed over further inside left out."""
        key = (id(expr), bound)
        if key not in self._counts:
            self._kept.append(expr)
            self._counts[key] = self._count(expr, bound)
        return self._counts[key]

    def _count(self, expr: Expr, bound: Bound) -> Counter[Index]:
        found: Counter[Index] = Counter()
        match expr:
            case Add(terms=terms):
                for term in terms:
                    for letter in self.open(term, bound):
                        found[letter] = 1
                return found
            case Over(index=index, body=body):
                return Counter(self.open(body, bound | {index}))
            case Variable(places=places):
                own = places
            case MatrixSymbol(labels=labels):
                own = labels
            case Entry(rows=rows, columns=columns):
                own = (*rows, *columns)
            case Coordinate(index=index):
                own = (Place(index),)
            case Applied(slots=slots):
                own = tuple(Place(slot) for slot in slots if isinstance(slot, Index))
            case MatrixPower(base=base):
                return Counter(self._printed(base, bound))
            case _:
                slots = getattr(expr, "slots", ())
                own = tuple(Place(slot) for slot in slots if isinstance(slot, Index))
        for place in own:
            found.update(letter for letter in _letters(place) if letter not in bound)
        for child in expr.children:
            if isinstance(expr, Applied):
                found |= Counter(self.open(child, bound))
            else:
                found.update(self.open(child, bound))
        return found


def _letters(place: Place) -> list[Index]:
    directions = [step.direction for step in place.steps if step.direction is not None]
    return [index for index in (place.index, *directions) if not index.is_label]


__all__ = ["Bound", "Letters"]
