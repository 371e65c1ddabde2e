r"""From a line on fields to index loops: repeated indices become sums, steps on a lattice shifted places.

A lattice is as many axes as its scope has directions, each periodic and of a size known at run time; where the print
leaves the number of directions open, it is one axis over all sites. Sums over directions are written out. A matrix is
an argument with its entries, or a formula where a premise says its entries: then the sum over a Kronecker delta in it
picks a neighbour, and weights become a stencil.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from derive.constants import constant
from derive.expression import Add, Expr, Frac, Index, Mul, Neg, Number, Over, Pow, Size, Symbol, Transpose
from derive.fields import nodes as fields
from derive.fields.nodes import Entry, MatrixPower, Variable
from derive.fields.terms import presented
from derive.fields.written_out import numbers_of, put
from derive.kernels.factoring import arranged
from derive.kernels.field_arguments import Around
from derive.kernels.field_entries import FieldEntries, what
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.loops import (
    Array,
    Const,
    Extent,
    Fill,
    Load,
    Loop,
    Negative,
    Node,
    Place,
    Power,
    Product,
    Program,
    Quotient,
    Reduce,
    Sum,
    free,
    imaginary,
    nodes,
)
from derive.kernels.spinors import Spinors, has_spinors
from derive.notation import Declared


def lower_field(kernel: KernelInput) -> Program:
    """The loops that compute a line on fields. Raises KernelError for a construct that has none."""
    return (_OfSpinors if has_spinors(kernel) else _FieldLowering)(kernel).program()


class _FieldLowering(FieldEntries):
    """One line. Its left side is a symbol with index letters, each in one slot."""

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
        filled = self.fills(name, tuple(places), around)
        arguments = tuple(Array(key, declared.slots) for key, declared in self.ordered())
        results = tuple(Array(fill.symbol, tuple(loop.range for loop in places)) for fill in filled)
        needed = {axis for array in (*arguments, *results) for axis in array.axes}
        whole = arranged(Program(arguments, (), (*self.parts.values(), *filled), results))
        for one in whole.fills:
            needed |= {loop.range for loop in one.loops}
            for node in nodes(one.body):
                needed |= {loop.range for loop in free(node)}
                if isinstance(node, Extent):
                    needed.add(node.range)
        ranges = tuple(extents for extents in self.axes.extents if extents.name in needed)
        return replace(whole, ranges=ranges, declared=self.declared)

    def fills(self, name: str, places: tuple[Loop, ...], around: Around) -> list[Fill]:
        """What fills the result."""
        return [Fill(name, places, self.scalar(self.kernel.right, around))]

    def ordered(self) -> list[tuple[str, Declared]]:
        """The arguments, in the order in which the notation has their symbols."""
        keys = list(self.scope.symbols)
        return sorted(self.declared.items(), key=lambda entry: (keys.index(entry[1].key), entry[0]))

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
        raise KernelError(f"{what(expr)} cannot be compiled yet")

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

    def over(self, expr: Over, around: Around) -> Node:
        if expr.operation != "sum":
            raise KernelError("a product over an index cannot be compiled here")
        index = expr.index
        if self.is_direction(index):
            return self.directions(index, expr.body, around, expr.excluded)
        if expr.excluded:
            raise KernelError("a sum that leaves out an index cannot be compiled here")
        return self.summed((index,), around, lambda inner: self.scalar(expr.body, inner))

    def directions(self, index: Index, body: Expr, around: Around, excluded: tuple[Index, ...] = ()) -> Node:
        """A sum over the directions of space, written out; of a number that is a letter, a loop if no step has one."""
        if not self.scope.ranges[index.range].size.isdigit():
            steps = [step for place in fields.places_of(body) for step in place.steps]
            if excluded or any(step.direction == index for step in steps):
                raise KernelError("a lattice whose number of directions is a letter has no axes for steps along each")
            return self.summed((index,), around, lambda inner: self.scalar(body, inner))
        size = {index.range: int(self.scope.ranges[index.range].size)}
        numbers = [Index(str(n), index.range) for n in numbers_of(index.range, self.scope, size)]
        terms = [self.scalar(put(body, {index: n}), around) for n in numbers if n not in excluded]
        return Sum(tuple(terms))

    def summed(self, letters: tuple[Index, ...], around: Around, body: Callable[[Around], Node]) -> Node:
        """A sum over letters, the first outermost; ``body`` gives the node for the places around it."""
        loops = {letter: self.loops(letter) for letter in letters}
        node: Node = body({**around, **loops})
        for loop in reversed([loop for letter in letters for loop in loops[letter]]):
            node = Reduce("sum", loop, node)
        return node

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


class _OfSpinors(Spinors, _FieldLowering):
    """A line with complex numbers. Its result is real where its imaginary part is 0 by form, as of i σ₂."""

    def fills(self, name: str, places: tuple[Loop, ...], around: Around) -> list[Fill]:
        found = self.number(self.kernel.right, around)
        parts = {name: found.real} | ({} if found.is_real else {imaginary(name): found.imaginary})
        return [Fill(own, places, part) for own, part in parts.items()]


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


__all__ = ["lower_field"]
