"""Statements with one thing changed: what a slip of the pen, or of the mind, would make of a line.

Each mutant is a tree, written to LaTeX and read again, so that it is something that could stand in a paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from derive.analytic import SPECIAL_FUNCTIONS, Binomial, Definite, Factorial, Series, Special
from derive.errors import ReadError
from derive.expression import (
    Abs,
    Add,
    Applied,
    Bra,
    Call,
    Commutator,
    Count,
    Dagger,
    Density,
    Element,
    Expectation,
    Expr,
    Frac,
    Gaussian,
    Index,
    Integral,
    Ket,
    Mul,
    Neg,
    Number,
    Over,
    Pattern,
    Pow,
    Size,
    StateMean,
    Symbol,
    Type,
    ValueSum,
    walk,
)
from derive.latex.chain import Chain
from derive.latex.reader import read_chain
from derive.latex.tokens import tokens
from derive.latex.writer import write_chain
from derive.notation import Scope

Change = tuple[str, Expr]
"""What is changed, in one word, and the expression with the change."""
FLIPPED = {"≥": "≤", "≤": "≥", ">": "<", "<": ">"}
FUNCTIONS = {"exp": "log", "log": "exp", "sin": "cos", "cos": "sin"}
_ONE = Number(Fraction(1))
_TWO = Number(Fraction(2))
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """What can be put where something stands: the index letters in force, the symbols of the scope."""

    scope: Scope
    indices: tuple[Index, ...]
    names: tuple[str, ...]
    """The symbols of the line, which are exchanged for each other before others of the scope are."""
    is_exponent: bool = False
    is_base: bool = False


def chain_mutants(chain: Chain, scope: Scope, *, first: bool = True, links: bool = True) -> Iterator[tuple[str, Chain]]:
    """A chain with one thing changed in one of its sides, or with an inequality turned around.

    ``first`` and ``links`` say whether the first side and the others are changed at all. What cannot be written or
    read again as a line of this scope is left out; so is what reads as the same statement.
    """
    for change, mutant in _changed(chain, scope, first=first, links=links):
        again = read_again(mutant, scope)
        if again is not None and (again.first, again.links) != (chain.first, chain.links):
            yield change, again


def read_again(chain: Chain, scope: Scope) -> Chain | None:
    """A chain as it reads once it is printed; None where it cannot be printed, or not be read."""
    try:
        again = read_chain(tokens(write_chain(chain, scope)), scope, display=not chain.links)
    except (ReadError, TypeError, ValueError):
        return None
    return replace(again, apart=chain.apart)


def _changed(chain: Chain, scope: Scope, *, first: bool, links: bool) -> Iterator[tuple[str, Chain]]:
    names = tuple(dict.fromkeys(node.name for side in chain.sides for node in walk(side) if isinstance(node, Symbol)))
    free = tuple(dict.fromkeys(index for side in chain.sides for index in _letters(side)))
    place = Place(scope, free, names)
    if first and chain.first is not None:
        for change, side in _side(chain.first, place):
            yield change, replace(chain, first=side)
    for number, (relation, side) in enumerate(chain.links if links else ()):

        def put(relation: str, new: Expr, number: int = number) -> Chain:
            return replace(chain, links=(*chain.links[:number], (relation, new), *chain.links[number + 1 :]))

        if relation in FLIPPED:
            yield "relation", put(FLIPPED[relation], side)
        for change, new in _side(side, place):
            yield change, put(relation, new)


def _letters(expr: Expr) -> Iterator[Index]:
    """The index letters that stand in an expression and that no sum in it binds, in print order."""
    from derive.expression import free_indices

    yield from sorted(free_indices(expr), key=lambda index: index.name)


def _side(side: Expr, place: Place) -> Iterator[Change]:
    if not isinstance(side, Add) and side.type.kind not in ("list", "ket", "bra"):
        yield "sign", _negative(side)
    yield from variants(side, place)


def variants(expr: Expr, place: Place) -> Iterator[Change]:
    """An expression with one thing changed in it, at its root first."""
    yield from _here(expr, place)
    for number, child in enumerate(expr.children):
        for change, new in variants(child, _inside(expr, number, place)):
            try:
                changed = _with_child(expr, number, new)
                _ = changed.type
            except (TypeError, KeyError):
                continue
            yield change, changed


def _inside(expr: Expr, number: int, place: Place) -> Place:
    """The place of a child."""
    place = replace(place, is_exponent=False, is_base=False)
    match expr:
        case Over(index=index):
            return replace(place, indices=(*place.indices, index))
        case Pattern(row=row, column=column):
            return replace(place, indices=(*place.indices, row, column))
        case Pow():
            return replace(place, is_exponent=number == 1, is_base=number == 0)
        case Integral() | ValueSum() | Definite() | Series():
            return replace(place, is_base=number == 0)
        case Ket() | Bra() | Density() | Count() | Gaussian() | StateMean():
            return replace(place, is_base=True)
    return place


def _with_child(expr: Expr, number: int, new: Expr) -> Expr:
    counter = iter(range(len(expr.children)))
    return expr.map(lambda child: new if next(counter) == number else child)


def _here(expr: Expr, place: Place) -> Iterator[Change]:
    """What can be changed at the root of an expression."""
    match expr:
        case Add(terms=terms):
            for number, term in enumerate(terms):
                yield "sign", Add(_put(terms, number, _negative(term)))
                rest = _without(terms, number)
                yield "term dropped", rest[0] if len(rest) == 1 else Add(rest)
        case Mul(factors=factors):
            yield from _of_product(expr, factors)
        case Frac(top=top, bottom=bottom):
            yield "factor dropped", top
            if top.type.kind == "scalar" and top != _ONE:
                yield "factor dropped", Frac(_ONE, bottom)
        case Number(value=value):
            yield "exponent" if place.is_exponent else "coefficient", Number(value + 1)
        case Pow(base=base):
            if base.type == expr.type:
                yield "exponent", base
        case Symbol():
            yield from _of_symbol(expr, place)
        case Element(row=row, column=column):
            if row != column:
                yield "index", replace(expr, row=column, column=row)
            if (other := _other_index(row, place)) is not None:
                yield "index", replace(expr, row=other)
            if (other := _other_index(column, place)) is not None:
                yield "index", replace(expr, column=other)
        case Over(excluded=excluded):
            for number in range(len(excluded)):
                yield "index", replace(expr, excluded=_without(excluded, number))
        case Size(range=range_):
            if (other := _after(range_, list(place.scope.ranges))) is not None:
                yield "symbol", Size(other)
        case Applied(name=name):
            if (other := _like(name, place)) is not None:
                yield "symbol", replace(expr, name=other)
        case Call(function=function, argument=argument):
            if function in FUNCTIONS:
                yield "function", replace(expr, function=FUNCTIONS[function])
            elif function == "sqrt":
                yield "exponent", argument
        case Integral(body=body) | ValueSum(body=body):
            yield "factor dropped", body
        case Binomial(above=above, below=below):
            yield "order of factors", Binomial(below, above)
        case Factorial(of=of):
            yield "factor dropped", of
        case Special(name=name) if (other := _like_special(expr, place)) is not None:
            yield "function", other
        case Abs(of=of) | Dagger(of=of):
            yield "factor dropped", of
        case Commutator(left=left, right=right):
            yield "order of factors", Commutator(right, left)
        case _:
            yield from _of_law(expr, place)


def _of_product(expr: Expr, factors: tuple[Expr, ...]) -> Iterator[Change]:
    for number in range(len(factors)):
        rest = _without(factors, number)
        yield from _typed("factor dropped", rest[0] if len(rest) == 1 else Mul(rest), expr.type)
    for number in range(len(factors) - 1):
        first, second = factors[number], factors[number + 1]
        if "scalar" not in (first.type.kind, second.type.kind):
            turned = (*factors[:number], second, first, *factors[number + 2 :])
            yield from _typed("order of factors", Mul(turned), expr.type)


def _of_symbol(symbol: Symbol, place: Place) -> Iterator[Change]:
    for number, slot in enumerate(symbol.slots):
        other = _other_index(slot, place) if isinstance(slot, Index) else None
        if other is not None:
            yield "index", replace(symbol, slots=_put(symbol.slots, number, other))
    if (name := _like(symbol.name, place)) is not None:
        yield "symbol", replace(symbol, name=name)
    if symbol.type.kind == "scalar" and not place.is_base:
        yield "exponent", Pow(symbol, _TWO)


def _of_law(expr: Expr, place: Place) -> Iterator[Change]:
    """What can be changed in a law, a moment or a count."""
    match expr:
        case Density(law=law, of=of, given=given):
            for number in range(len(given)):
                yield "condition dropped", replace(expr, given=_without(given, number))
            for number in range(len(of) if len(of) > 1 else 0):
                yield "factor dropped", replace(expr, of=_without(of, number))
            if (other := _like(law, place)) is not None:
                yield "symbol", replace(expr, law=other)
        case Expectation(given=given):
            for number in range(len(given)):
                yield "condition dropped", replace(expr, given=_without(given, number))
        case Count(of=of):
            for number in range(len(of) if len(of) > 1 else 0):
                yield "factor dropped", Count(_without(of, number))


def _typed(change: str, new: Expr, wanted: Type) -> Iterator[Change]:
    """The change, if the new expression is of the type that is wanted."""
    try:
        if new.type == wanted:
            yield change, new
    except TypeError:
        return


def _negative(expr: Expr) -> Expr:
    return expr.term if isinstance(expr, Neg) else Neg(expr)


def _without(items: Sequence[_T], number: int) -> tuple[_T, ...]:
    return (*items[:number], *items[number + 1 :])


def _put(items: tuple[_T, ...], number: int, new: _T) -> tuple[_T, ...]:
    return (*items[:number], new, *items[number + 1 :])


def _other_index(index: Index, place: Place) -> Index | None:
    """Another index of the same range that may stand in its place; a label where there is no letter."""
    if index.is_label:
        return Index(str(int(index.name) % 2 + 1), index.range)
    letters = [other for other in place.indices if other.range == index.range]
    return _after(index, letters) if index in letters else None


def _like(name: str, place: Place) -> str | None:
    """Another symbol of the scope that is declared alike, of the line if there is one."""
    symbols = place.scope.symbols
    own = symbols.get(name)
    if own is None:
        return None

    def alike(other: str) -> bool:
        declared = symbols.get(other)
        same = ("kind", "slots", "of", "implied", "part_of", "template")
        return declared is not None and all(getattr(declared, key) == getattr(own, key) for key in same)

    here = [other for other in place.names if alike(other)]
    return _after(name, here) or _after(name, [other for other in symbols if alike(other)])


def _like_special(expr: Special, place: Place) -> Special | None:
    """Another special function of the scope with the same arguments."""
    wanted = SPECIAL_FUNCTIONS[expr.name]
    alike = {
        declared.special: declared.key
        for declared in place.scope.symbols.values()
        if declared.special
        and (known := SPECIAL_FUNCTIONS[declared.special]) is not None
        and (known.subscripts, known.arguments) == (wanted.subscripts, wanted.arguments)
    }
    name = _after(expr.name, list(alike))
    return replace(expr, name=name, printed=alike[name]) if name is not None else None


def _after(item: _T, items: list[_T]) -> _T | None:
    """The next item of a list, around its end; None where there is no other."""
    if item not in items or len(items) < 2:
        return None
    return items[(items.index(item) + 1) % len(items)]
