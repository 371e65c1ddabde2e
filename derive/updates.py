r"""What a line on fields computes: a rule of update solved for its latest time, a rate, a loss, entries of a matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from derive.constants import constant
from derive.expression import Add, Applied, Expr, Frac, Identity, Index, Mul, Neg, Number, Symbol, walk
from derive.fields.nodes import ColumnOf, Coordinate, Entry, MatrixPower, MatrixSymbol, Place, Rate, Variable
from derive.fields.premise import Premise
from derive.fields.terms import printed_letters, terms
from derive.fields.written_out import put
from derive.kernels import KernelError
from derive.kernels.field_arguments import timed, turn_name
from derive.notation import Scope

Computed = tuple[Symbol, Expr]
"""The array that is computed, with its index letters, and its entry."""


def computed(number: str, left: Expr, right: Expr, scope: Scope) -> Computed:
    r"""The array that a line computes, and the formula of its entries.

    ``\phi(t+1) - \phi(t) = …`` computes φ(t+1), which is called ``\phi plus 1``; dφ/dt is called ``rate of \phi``.
    A line whose left side is nothing of the kind computes its right side.
    Raises KernelError where that has no entries.
    """
    found = _solved(left, right) or _named(left, right, scope)
    if found is not None:
        return found
    if not any(_is_quantity(node, scope) for node in walk(right)):
        raise KernelError(f"({number}) computes nothing: its right side is printed numbers")
    if right.type.kind == "matrix":
        rows, columns, entry = _entries(right, scope)
        return Symbol(f"equation {number}", (*rows, *columns)), entry
    if right.type.kind != "scalar":
        raise KernelError(f"({number}) computes a column without its indices")
    return Symbol(f"equation {number}", tuple(_free(left) or _free(right))), right


def _is_quantity(node: Expr, scope: Scope) -> bool:
    """Whether a node may have different values."""
    if isinstance(node, MatrixSymbol):
        declared = scope.symbols[node.name]
        return declared.kind == "matrix" and "identity" not in declared.properties
    return isinstance(node, Variable | Symbol | Applied)


def _solved(left: Expr, right: Expr) -> Computed | None:
    """The variable at the latest time of a line, where it stands there once, and by itself in a term of its left."""
    variables = [node for side in (left, right) for node in _variables(side)]
    times = [node.time or 0 for node in variables]
    latest = max(times, default=0)
    if isinstance(left, Variable) or len(set(times)) < 2:
        return None
    late = [node for node in variables if _is_at(node, latest)]
    products = list(terms(left))
    alone = [(n, sign, factors[-1]) for n, (sign, factors) in enumerate(products) if _is_at(factors[-1], latest)]
    if len(late) != 1 or len(alone) != 1:
        return None
    position, sign, variable = alone[0]
    factors = products[position][1]
    assert isinstance(variable, Variable)
    if any(place.steps for place in variable.places):
        return None
    rest = [_signed(-s, parts) for n, (s, parts) in enumerate(products) if n != position]
    found: Expr = Add((right, *rest)) if rest else right
    if len(factors) == 2 and (turned := _turned_back(factors[0], variable, found)) is not None:
        return _symbol(timed(variable.name, variable.time)[0], turned[0]), turned[1] if sign > 0 else Neg(turned[1])
    if not all(isinstance(f, Number) for f in factors[:-1]):
        return None
    factor = Fraction(sign)
    for one in factors[:-1]:
        assert isinstance(one, Number)
        factor *= one.value
    if factor == -1:
        found = Neg(found)
    elif factor != 1:
        found = Frac(found, Number(factor)) if factor > 0 else Neg(Frac(found, Number(-factor)))
    return _symbol(timed(variable.name, variable.time)[0], variable.places), found


def _variables(expr: Expr) -> Iterator[Variable]:
    """The variables of an expression; what stands in an exponent is given."""
    if isinstance(expr, Variable):
        yield expr
    for child in (expr.base,) if isinstance(expr, MatrixPower) else expr.children:
        yield from _variables(child)


def _turned_back(matrix: Expr, variable: Variable, right: Expr) -> tuple[tuple[Place, ...], Expr] | None:
    """A variable that stands behind a real power of a matrix: its places, and the right side turned back."""
    match matrix:
        case Entry(of=MatrixPower(base=base, exponent=exponent), rows=(row,), columns=(column,)):
            at = [n for n, place in enumerate(variable.places) if place == column]
            if len(at) != 1 or constant(exponent) is not None or row.steps or column.steps:
                return None
            letter = Index(f"{row.index.name}'", row.index.range)
            places = tuple(row if n == at[0] else place for n, place in enumerate(variable.places))
            back = Entry(MatrixPower(base, Neg(exponent)), (row,), (Place(letter),))
            return places, Mul((back, put(right, {row.index: letter})))
    return None


def turns(premises: Iterable[Premise]) -> frozenset[str]:
    """The matrices X of which one of some premises says that n X X = -n."""
    found: set[str] = set()
    for premise in premises:
        products = list(terms(premise.left))
        squares = {factors for _, factors in products}
        if len(squares) != 1 or any(sign < 0 for sign, _ in products):
            continue
        factors = next(iter(squares))
        if len(factors) != 2 or factors[0] != factors[1] or not isinstance(factors[0], MatrixSymbol):
            continue
        if list(terms(premise.right)) == [(-1, _times_identity(len(products), premise))]:
            found.add(turn_name(factors[0]))
    return frozenset(found)


def real_powers(expr: Expr) -> Iterator[MatrixSymbol]:
    """The matrices of which an expression has powers that are no printed numbers."""
    for node in walk(expr):
        if isinstance(node, MatrixPower) and isinstance(node.base, MatrixSymbol) and constant(node.exponent) is None:
            yield node.base


def _times_identity(count: int, premise: Premise) -> tuple[Expr, ...]:
    """The factors of n times the identity that a right side has."""
    ones = [node for node in walk(premise.right) if _is_identity(node, premise.scope)]
    return (*([] if count == 1 else [Number(Fraction(count))]), *ones)


def _is_identity(node: Expr, scope: Scope) -> bool:
    if isinstance(node, MatrixSymbol):
        return "identity" in scope.symbols[node.name].properties
    return isinstance(node, Identity)


def _is_at(node: Expr, time: int) -> bool:
    return isinstance(node, Variable) and (node.time or 0) == time


def _signed(sign: int, factors: tuple[Expr, ...]) -> Expr:
    product = factors[0] if len(factors) == 1 else Mul(factors)
    return product if sign > 0 else Neg(product)


def _named(left: Expr, right: Expr, scope: Scope) -> Computed | None:
    match left:
        case Variable(name=name, places=places, axes=axes, time=time) if len(places) == len(axes):
            return _symbol(timed(name, time)[0], places), right
        case Variable(name=name, axes=(axis,), places=(), time=time) if isinstance(right, ColumnOf):
            letter = _letter(scope, axis, 0)
            return _symbol(timed(name, time)[0], (Place(letter),)), Entry(right, (Place(letter),), ())
        case Rate(of=Variable(name=name, places=places, axes=axes)) if len(places) == len(axes):
            return _symbol(f"rate of {name}", places), right
        case Coordinate(of=Variable()):
            raise KernelError("a derivative by a coordinate cannot be compiled")
        case Applied(name=name, slots=slots):
            return Symbol(name, tuple(slot for slot in slots if isinstance(slot, Index))), right
        case Entry(of=MatrixSymbol() as of, rows=rows, columns=columns):
            return _symbol(timed(of.name, of.time)[0], (*of.labels, *rows, *columns)), right
        case MatrixSymbol():
            rows, columns, entry = _entries(right, scope, left)
            return _symbol(timed(left.name, left.time)[0], (*left.labels, *map(Place, (*rows, *columns)))), entry
    return None


def _symbol(name: str, places: tuple[Place, ...]) -> Symbol:
    """The array of a name over the letters of places; a number in one of them becomes part of the name."""
    if any(place.steps for place in places):
        raise KernelError(f"{name} stands on the left side at a neighbour")
    numbers = [place.index.name for place in places if place.index.is_label]
    head, *rest = name.split(" ")
    letters = tuple(place.index for place in places if not place.index.is_label)
    if len(set(letters)) < len(letters):
        raise KernelError(f"{name} stands on the left side with an index twice")
    return Symbol(" ".join([head, *numbers, *rest]), letters)


def _entries(matrix: Expr, scope: Scope, left: Expr | None = None) -> tuple[list[Index], list[Index], Expr]:
    """Letters for the rows and columns of a matrix that is printed without them, and its entry there."""
    names = (left or matrix).type.axes[0].split()
    rows, columns = ([_letter(scope, name, number) for name in names] for number in (0, 1))
    return rows, columns, Entry(matrix, tuple(map(Place, rows)), tuple(map(Place, columns)))


def _letter(scope: Scope, name: str, number: int) -> Index:
    letters = scope.ranges[name].letters
    return Index(letters[number] if number < len(letters) else f"{letters[0]}_{number}", name)


def _free(expr: Expr) -> Iterator[Index] | list[Index]:
    """The letters that stand once in a term of an expression, in print order."""
    found: dict[Index, None] = {}
    for letters in printed_letters(expr):
        found.update({letter: None for letter in letters.outer if letters.outer.count(letter) == 1})
    return list(found)


__all__ = ["Computed", "computed", "real_powers", "turns"]
