r"""From a line on fields to index loops: repeated indices become sums, steps on a lattice shifted places.

A lattice is as many axes as its scope has directions, each periodic and of a size known at run time; where the print
leaves the number of directions open, it is one axis over all sites. Sums over directions are written out. A matrix is
an argument with its entries, or a formula where a premise says its entries: then the sum over a Kronecker delta in it
picks a neighbour, and weights become a stencil.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import count

from derive.algebra.rules import Rule
from derive.expression import Add, Expr, Frac, Identity, Index, Mul, Neg, Number, Over, Pow, Size, Symbol, Transpose
from derive.fields import nodes as fields
from derive.fields.nodes import Entry, InverseTranspose, MatrixPower, MatrixSymbol, Variable
from derive.fields.terms import presented
from derive.fields.written_out import numbers_of, put
from derive.kernels.arrange import arranged
from derive.kernels.axes import Axes
from derive.kernels.kernel import KernelError, KernelInput, is_diagonal
from derive.kernels.loops import (
    ONE,
    Array,
    Const,
    Extent,
    Fill,
    Fixed,
    Load,
    Loop,
    Negative,
    Node,
    OfMatrix,
    Place,
    Power,
    Product,
    Program,
    Quotient,
    Reduce,
    Same,
    Sum,
    free,
    moved,
    nodes,
)
from derive.latex.places import direction_range
from derive.latex.reader import constant
from derive.notation import Declared

Around = Mapping[Index, tuple[Place, ...]]
"""The places that the index letters around an expression stand for: of a site one on each axis of its lattice."""


def lower_field(kernel: KernelInput) -> Program:
    """The loops that compute a line on fields. Raises KernelError for a construct that has none."""
    return _FieldLowering(kernel).program()


class _FieldLowering:
    """One line. Its left side is a symbol with index letters, each in one slot."""

    def __init__(self, kernel: KernelInput) -> None:
        self.kernel = kernel
        self.scope = kernel.scope
        self.axes = Axes(kernel.scope)
        self.rules = matrix_rules(kernel.definitions)
        self.busy: list[str] = []
        self.declared: dict[str, Declared] = {}
        self.parts: dict[tuple[Expr, tuple[Index, ...]], Fill] = {}
        """Arrays for what stands behind a matrix in a product of several, each filled before its first use."""
        self.inverses: dict[Expr, str] = {}
        """The arrays of inverses."""
        self.fresh = count(1)

    def program(self) -> Program:
        left = self.kernel.left
        assert isinstance(left, Symbol)
        around: dict[Index, tuple[Place, ...]] = {}
        places: list[Loop] = []
        for slot in left.slots:
            assert isinstance(slot, Index)
            if slot in around:
                raise KernelError(f"the left side has the index {slot.name} twice")
            loops = self.loops(slot)
            around[slot] = loops
            places += loops
        self.busy.append(left.name)
        name = left.name
        fill = Fill(name, tuple(places), self.scalar(self.kernel.right, around))
        arguments = tuple(Array(key, declared.slots) for key, declared in self.ordered())
        results = (Array(name, tuple(loop.range for loop in places)),)
        needed = {axis for array in (*arguments, *results) for axis in array.axes}
        whole = arranged(Program(arguments, (), (*self.parts.values(), fill), results))
        for one in whole.fills:
            needed |= {loop.range for loop in one.loops}
            for node in nodes(one.body):
                needed |= {loop.range for loop in free(node)}
                if isinstance(node, Extent):
                    needed.add(node.range)
        ranges = tuple(extents for extents in self.axes.extents if extents.name in needed)
        return replace(whole, ranges=ranges, declared=self.declared)

    def ordered(self) -> list[tuple[str, Declared]]:
        """The arguments, in the order in which the notation has their symbols."""
        keys = list(self.scope.symbols)
        return sorted(self.declared.items(), key=lambda entry: (keys.index(entry[1].key), entry[0]))

    def loops(self, letter: Index) -> tuple[Loop, ...]:
        """New loops for an index letter, one for each axis of its range."""
        number = next(self.fresh)
        return tuple(
            Loop(f"{name}~{number}", extents.name)
            for name, extents in zip(self.axes.letters(letter), self.axes.of(letter.range), strict=True)
        )

    def load(self, symbol: str, key: str, axes: tuple[str, ...], at: tuple[Place, ...], said: str = "") -> Node:
        """An entry of an argument. ``key`` is what the notation has it as, ``said`` what is to be said of it more."""
        if symbol in self.busy:
            raise KernelError(f"the definition of {symbol} uses {symbol} itself")
        known = self.scope.symbols[key]
        meaning = f"{known.meaning}, {said}" if known.meaning and said else known.meaning or said
        self.declared[symbol] = replace(known, slots=axes, meaning=meaning)
        return Load(symbol, at)

    # -- places ------------------------------------------------------------------------------------------------------

    def places(self, place: fields.Place, around: Around) -> tuple[Place, ...]:
        """The loops of a place, one for each axis of its range, moved by its steps."""
        index = place.index
        if index.is_label:
            extents = self.axes.of(index.range)
            number = int(index.name) - self.scope.ranges[index.range].first
            if place.steps or any(axis.sites for axis in extents):
                raise KernelError("a numbered site of a lattice cannot be compiled")
            return (Fixed(number),)
        if index not in around:
            raise KernelError(f"the index {index.name} is bound neither by a sum nor by the left side")
        found = list(around[index])
        for step in place.steps:
            if step.direction is not None and not step.direction.is_label:
                raise KernelError(f"the direction {step.direction.name} is not written out")
            axis = 0 if step.direction is None else int(step.direction.name) - 1
            if step.direction is not None and self.axes.dimension is None:
                raise KernelError("a lattice whose number of directions is a letter has no steps here")
            found[axis] = moved(found[axis], step.count)
        return tuple(found)

    def all_places(self, places: tuple[fields.Place, ...], around: Around) -> tuple[Place, ...]:
        return tuple(one for place in places for one in self.places(place, around))

    def ranges(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(extents.name for name in names for extents in self.axes.of(name))

    # -- numbers -----------------------------------------------------------------------------------------------------

    def scalar(self, expr: Expr, around: Around) -> Node:
        match expr:
            case Number(value=value):
                return Const(value)
            case Size(range=range_):
                return Product(tuple(Extent(extents.name) for extents in self.axes.of(range_)))
            case Symbol(name=name, slots=slots):
                return self.symbol(name, slots, around)
            case Add(terms=terms):
                return Sum(tuple(self.scalar(term, around) for term in terms))
            case Neg(term=term):
                return Negative(self.scalar(term, around))
            case Frac(top=top, bottom=bottom):
                return Quotient(self.scalar(top, around), self.scalar(bottom, around))
            case Pow(base=base, exponent=exponent):
                return self.power(base, exponent, around)
            case Mul(factors=factors):
                return self.product(factors, around)
            case Over():
                return self.over(expr, around)
            case Entry() | Variable():
                return self.product((expr,), around)
        raise KernelError(f"{_what(expr)} cannot be compiled yet")

    def symbol(self, name: str, slots: tuple[object, ...], around: Around) -> Node:
        letters = tuple(slot for slot in slots if isinstance(slot, Index))
        if len(letters) != len(slots):
            raise KernelError(f"{name} is printed without its indices")
        places = tuple(fields.Place(letter) for letter in letters)
        return self.labelled(name, name, places, (), (), "", around)

    def power(self, base: Expr, exponent: Expr, around: Around) -> Node:
        number = constant(exponent)
        if base.type.kind == "column":
            if number != 2 or not isinstance(base, Variable):
                raise KernelError("of a column only the square of a variable can be compiled")
            letters = tuple(self.letter(axis) for axis in base.axes)
            whole = replace(base, places=tuple(fields.Place(letter) for letter in letters))
            return self.product((whole, whole), around)
        raised = self.scalar(exponent, around) if number is None else Const(number)
        return Power(self.scalar(base, around), raised)

    def letter(self, range_: str) -> Index:
        """An index letter that nothing has."""
        return Index(f"{self.scope.ranges[range_].letters[0]}~{next(self.fresh)}", range_)

    def over(self, expr: Over, around: Around) -> Node:
        if expr.operation != "sum":
            raise KernelError("a product over an index cannot be compiled here")
        index = expr.index
        if self.is_direction(index):
            return self.directions(index, expr.body, around, expr.excluded)
        if expr.excluded:
            raise KernelError("a sum that leaves out an index cannot be compiled here")
        return self.summed((index,), around, lambda inner: self.scalar(expr.body, inner))

    def is_direction(self, index: Index) -> bool:
        directions = direction_range(self.scope)
        return directions is not None and index.range == directions.name

    def directions(self, index: Index, body: Expr, around: Around, excluded: tuple[Index, ...] = ()) -> Node:
        """A sum over the directions of space, written out."""
        if not self.scope.ranges[index.range].size.isdigit():
            raise KernelError("a sum over a number of directions that is a letter cannot be compiled yet")
        size = {index.range: int(self.scope.ranges[index.range].size)}
        numbers = [Index(str(n), index.range) for n in numbers_of(index.range, self.scope, size)]
        terms = [self.scalar(put(body, {index: n}), around) for n in numbers if n not in excluded]
        return Sum(tuple(terms))

    def summed(self, letters: tuple[Index, ...], around: Around, body: object) -> Node:
        """A sum over letters, the first outermost; ``body`` gives the node for the places around it."""
        loops = {letter: self.loops(letter) for letter in letters}
        node: Node = body({**around, **loops})  # type: ignore[operator]
        for loop in reversed([loop for letter in letters for loop in loops[letter]]):
            node = Reduce("sum", loop, node)
        return node

    # -- products and their sums -------------------------------------------------------------------------------------

    def product(self, factors: tuple[Expr, ...], around: Around) -> Node:
        """A product of numbers, the letters that are repeated in it summed over."""
        for number, factor in enumerate(factors):
            if isinstance(factor, Entry) and (parts := self.terms_of(factor)) is not None:
                rest = factors[:number], factors[number + 1 :]
                return Sum(tuple(self.product((*rest[0], part, *rest[1]), around) for part in parts))
        factors = tuple(one for factor in factors for one in self.chain(factor))
        bound = frozenset(around)
        counts = Counter(letter for factor in factors for letter in presented(factor, bound))
        repeated = [letter for letter, n in counts.items() if n == 2 and letter not in around]
        direction = next((letter for letter in repeated if self.is_direction(letter)), None)
        if direction is not None:
            return self.directions(direction, Mul(factors), around)
        steps = _along_the_chain(factors, repeated, bound)
        if len(steps) > 1:
            known = bound | set(steps[0])
            rest = [factor for factor in factors if set(presented(factor, bound)) & set(repeated) - known]
            here = [factor for factor in factors if factor not in rest]
            own = {letter for factor in rest for letter in presented(factor, bound)} & known
            matrices = sum(isinstance(factor, Entry) for factor in rest) + any(isinstance(f, Entry) for f in here)
            if own <= set(steps[0]) and matrices > 1:
                row = tuple(letter for letter in steps[0] if letter in own)
                part = self.part(Mul(tuple(rest)), row)
                return self.summed(steps[0], around, lambda inner: self.behind(tuple(here), part, row, inner))
        letters = tuple(letter for step in steps for letter in step)
        return self.summed(letters, around, lambda inner: self.multiplied(factors, inner))

    def part(self, expr: Expr, row: tuple[Index, ...]) -> str:
        """The array of an expression over its letters, such as that of the last two factors of A B φ."""
        if (expr, row) not in self.parts:
            loops = {letter: self.loops(letter) for letter in row}
            body = self.scalar(expr, loops)
            at = tuple(loop for letter in row for loop in loops[letter])
            self.parts[expr, row] = Fill(f"part {len(self.parts) + 1}", at, body)
        return self.parts[expr, row].symbol

    def behind(self, here: tuple[Expr, ...], part: str, row: tuple[Index, ...], around: Around) -> Node:
        """A product whose last factor is an entry of an array that was filled before."""
        load = Load(part, tuple(place for letter in row for place in around[letter]))
        return Product((self.multiplied(here, around), load))

    def multiplied(self, factors: tuple[Expr, ...], around: Around) -> Node:
        found = [self.factor(factor, around) for factor in factors]
        return found[0] if len(found) == 1 else Product(tuple(found))

    def factor(self, expr: Expr, around: Around) -> Node:
        match expr:
            case Variable():
                return self.variable(expr, around)
            case Entry(of=of, rows=rows, columns=columns):
                return self.entry(of, rows, columns, around)
        return self.scalar(expr, around)

    def terms_of(self, entry: Entry) -> tuple[Expr, ...] | None:
        """The entries of the terms of a sum of matrices, where one of them is a product."""
        match entry.of:
            case Add(terms=terms) if any(_is_product(term) for term in terms):
                return tuple(Entry(term, entry.rows, entry.columns) for term in terms)
        return None

    def chain(self, factor: Expr) -> tuple[Expr, ...]:
        """The entry of a product of matrices as a product of entries, with new letters that stand twice."""
        match factor:
            case Entry(of=Neg(term=term), rows=rows, columns=columns):
                return (Number(Fraction(-1)), *self.chain(Entry(term, rows, columns)))
            case Entry(of=Transpose(of=of), rows=rows, columns=columns) if _is_product(of):
                return self.chain(Entry(of, columns, rows))
            case Entry(of=MatrixPower(base=base, exponent=exponent)) if (n := constant(exponent)) and n > 1:
                return self.chain(replace(factor, of=Mul((base,) * int(n))))
            case Entry(of=Mul(factors=factors), rows=rows, columns=columns):
                numbers = tuple(one for one in factors if one.type.kind == "scalar")
                matrices = [one for one in factors if one.type.kind == "matrix"]
                if len(numbers) + len(matrices) != len(factors) or not matrices:
                    return (factor,)
                found: list[Expr] = list(numbers)
                for number, matrix in enumerate(matrices):
                    last = number == len(matrices) - 1
                    names = [place.index.range for place in rows]
                    middle = columns if last else tuple(fields.Place(self.letter(name)) for name in names)
                    found += self.chain(Entry(matrix, rows, middle))
                    rows = middle
                return tuple(found)
        return (factor,)

    # -- entries -----------------------------------------------------------------------------------------------------

    def variable(self, variable: Variable, around: Around) -> Node:
        if len(variable.places) != len(variable.axes):
            raise KernelError(f"{variable.name} is printed without its indices")
        declared = self.scope.symbols[variable.name]
        if declared.kind not in ("variable", "quantity"):
            raise KernelError(f"{variable.name} cannot be an argument of a kernel: it is of the kind {declared.kind}")
        if variable.time is None and variable.point:
            raise KernelError("a field on the points of a continuum cannot be compiled")
        at = self.all_places(variable.places, around)
        name, said = timed(variable.name, variable.time)
        return self.load(name, variable.name, self.ranges(variable.axes), at, said)

    def entry(
        self, of: Expr, rows: tuple[fields.Place, ...], columns: tuple[fields.Place, ...], around: Around
    ) -> Node:
        """An entry of a matrix."""
        match of:
            case MatrixSymbol():
                return self.matrix(of, rows, columns, around)
            case Identity():
                return self.identity(rows, columns, around)
            case Transpose(of=inner):
                return self.entry(inner, columns, rows, around)
            case Neg(term=term):
                return Negative(self.entry(term, rows, columns, around))
            case Add(terms=terms):
                return Sum(tuple(self.product((Entry(term, rows, columns),), around) for term in terms))
            case Frac(top=top, bottom=bottom):
                return Quotient(self.product((Entry(top, rows, columns),), around), self.scalar(bottom, around))
            case Over(index=index, body=body) if self.is_direction(index):
                return self.directions(index, Entry(body, rows, columns), around, of.excluded)
            case MatrixPower(base=base, exponent=exponent) if (n := constant(exponent)) is not None:
                if n == -1:
                    return self.inverse(base, rows, columns, around)
                if n == 0:
                    return self.identity(rows, columns, around)
                if n == 1:
                    return self.entry(base, rows, columns, around)
            case InverseTranspose(of=inner):
                return self.inverse(inner, columns, rows, around)
        raise KernelError(f"the entries of {_what(of)} cannot be compiled yet")

    def inverse(
        self, of: Expr, rows: tuple[fields.Place, ...], columns: tuple[fields.Place, ...], around: Around
    ) -> Node:
        """An entry of the inverse of a matrix: of an array that is filled once."""
        at = (*self.all_places(rows, around), *self.all_places(columns, around))
        if of not in self.inverses:
            names = of.type.axes[0].split()
            first, second = (tuple(self.letter(name) for name in names) for _ in range(2))
            loops = {letter: self.loops(letter) for letter in (*first, *second)}
            body = self.product((Entry(of, tuple(map(fields.Place, first)), tuple(map(fields.Place, second))),), loops)
            there = tuple(loop for letter in (*first, *second) for loop in loops[letter])
            symbol = body.symbol if isinstance(body, Load) and body.at == there else f"matrix {len(self.inverses) + 1}"
            if not isinstance(body, Load):
                self.parts[of, first] = Fill(symbol, there, body)
            self.inverses[of] = f"inverse of {symbol}"
            self.parts[of, ()] = Fill(self.inverses[of], there, OfMatrix("inverse", symbol))
        return Load(self.inverses[of], at)

    def identity(self, rows: tuple[fields.Place, ...], columns: tuple[fields.Place, ...], around: Around) -> Node:
        first, second = self.all_places(rows, around), self.all_places(columns, around)
        return _product([Same(a, b) for a, b in zip(first, second, strict=True)])

    def matrix(
        self,
        symbol: MatrixSymbol,
        rows: tuple[fields.Place, ...],
        columns: tuple[fields.Place, ...],
        around: Around,
    ) -> Node:
        declared = self.scope.symbols[symbol.name]
        if "identity" in declared.properties:
            return self.identity(rows, columns, around)
        if declared.kind == "Levi-Civita":
            (row,), (column,) = self.all_places(rows, around), self.all_places(columns, around)
            first, second = Fixed(0), Fixed(1)
            return Sum((
                Product((Same(row, first), Same(column, second))),
                Negative(Product((Same(row, second), Same(column, first)))),
            ))  # fmt: skip
        if declared.kind != "matrix":
            raise KernelError(f"{symbol.name} cannot be an argument of a kernel: it is of the kind {declared.kind}")
        if symbol.name in self.rules and not declared.of and not symbol.labels:
            return self.defined(symbol.name, rows, columns, around)
        name, said = timed(symbol.name, symbol.time)
        if is_diagonal(declared):
            there = self.labelled(name, symbol.name, symbol.labels, symbol.over, rows, said, around)
            return Product((self.identity(rows, columns, around), there))
        over = (*symbol.over, *symbol.over)
        return self.labelled(name, symbol.name, symbol.labels, over, (*rows, *columns), said, around)

    def labelled(
        self,
        name: str,
        key: str,
        labels: tuple[fields.Place, ...],
        over: tuple[str, ...],
        places: tuple[fields.Place, ...],
        said: str,
        around: Around,
    ) -> Node:
        """An entry of one of several arrays; the one of a label beside its range, as that of time, is its own."""
        slots = list(self.scope.symbols[key].slots)
        at: list[Place] = []
        axes: list[str] = []
        for slot, label in zip(slots, labels, strict=True):
            if label.index.is_label and not self.axes.holds(slot, int(label.index.name)):
                name = f"{name} {label.index.name}"
                continue
            at += self.places(replace(label, index=replace(label.index, range=slot)), around)
            axes += self.ranges((slot,))
        at += self.all_places(places, around)
        return self.load(name, key, (*axes, *self.ranges(over)), tuple(at), said)

    def defined(
        self, name: str, rows: tuple[fields.Place, ...], columns: tuple[fields.Place, ...], around: Around
    ) -> Node:
        """The entry of a matrix whose entries a premise says, at these places."""
        if name in self.busy:
            raise KernelError(f"the definition of {name} uses {name} itself")
        rule = self.rules[name]
        assert isinstance(rule.left, Entry)
        letters = [place.index for place in (*rule.left.rows, *rule.left.columns)]
        there = {letter: self.places(place, around) for letter, place in zip(letters, (*rows, *columns), strict=True)}
        self.busy.append(name)
        found = self.scalar(rule.right, there)
        self.busy.pop()
        return found


def matrix_rules(definitions: tuple[Rule, ...]) -> dict[str, Rule]:
    """The definitions of matrices by their entries, by the name of the matrix."""
    return {rule.left.of.name: rule for rule in definitions
            if isinstance(rule.left, Entry) and isinstance(rule.left.of, MatrixSymbol)}  # fmt: skip


def timed(name: str, time: int | None) -> tuple[str, str]:
    r"""The name of the array that a variable is at a time, and what to say of it: ``\phi plus 1`` is φ(t+1)."""
    if not time:
        return name, ""
    sign, word = ("+", "plus") if time > 0 else ("-", "minus")
    return f"{name} {word} {abs(time)}", f"at the time t {sign} {abs(time)}"


def _along_the_chain(
    factors: tuple[Expr, ...], repeated: list[Index], bound: frozenset[Index]
) -> list[tuple[Index, ...]]:
    """The letters as a product leads to them, factor by factor, so that each sum inside is of few factors."""
    left = [(factor, [x for x in presented(factor, bound) if x in repeated or x in bound]) for factor in factors]
    found: list[tuple[Index, ...]] = []
    while sum(map(len, found)) < len(repeated):
        reached = set(bound).union(*found)
        touched = [n for n, (_, letters) in enumerate(left) if reached & set(letters) and set(letters) - reached]
        whole = [n for n, (_, letters) in enumerate(left) if set(letters) - reached]
        _, letters = left.pop((touched or whole)[0])
        found.append(tuple(letter for letter in dict.fromkeys(letters) if letter not in reached))
    return found


def _is_product(expr: Expr) -> bool:
    match expr:
        case Neg(term=term) | Transpose(of=term):
            return _is_product(term)
        case Mul(factors=factors):
            return sum(factor.type.kind == "matrix" for factor in factors) > 1
        case MatrixPower(exponent=exponent):
            return (constant(exponent) or 0) > 1
    return False


def _product(factors: list[Same]) -> Node:
    return ONE if not factors else factors[0] if len(factors) == 1 else Product(tuple(factors))


def _what(expr: Expr) -> str:
    """The name of a construct for a message."""
    names = {
        "Gradient": "a derivative by a variable",
        "Coordinate": "a derivative by a coordinate",
        "Applied": "a function that no formula is known for",
        "TensorProduct": "a tensor product",
        "MatrixPower": "a matrix to a power",
        "MatrixSymbol": "a matrix without its indices",
        "ImaginaryUnit": "the imaginary unit",
    }
    return names.get(type(expr).__name__, f"a {type(expr).__name__}")


__all__ = ["lower_field", "matrix_rules", "timed"]
