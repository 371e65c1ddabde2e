"""Products of states and operators: sums over the axes between their factors, from the state outwards.

What takes sums itself and stands in a product is an array of its own, and so is the exponential of an operator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from derive.constants import constant
from derive.expression import (
    SCALAR,
    STATE_KINDS,
    Add,
    Applied,
    Bra,
    Call,
    Commutator,
    Dagger,
    Expr,
    Frac,
    Index,
    Ket,
    Mul,
    Neg,
    Number,
    Pow,
    Symbol,
    free_indices,
    product_type,
)
from derive.kernels import pairs
from derive.kernels.entries import Around, Entries, Unbound
from derive.kernels.kernel import KernelInput
from derive.kernels.laws import Laws
from derive.kernels.loops import (
    ZERO,
    Fill,
    Fixed,
    Load,
    Loop,
    Negative,
    OfMatrix,
    Place,
    Product,
    Same,
    Sum,
    imaginary,
)
from derive.kernels.pairs import Pair
from derive.kernels.states import PART, space, with_arguments

Places = tuple[Place, ...]


class Chains(Entries):
    """The products of one kernel; entries of their factors are left to what extends it."""

    def __init__(self, kernel: KernelInput, laws: Laws) -> None:
        super().__init__(with_arguments(kernel), laws)
        self.axes = space(kernel)
        self.kept: dict[tuple[Expr, tuple[Index, ...]], Pair] = {}
        """The arrays of operators and states that are parts of others, and the letters that stand in them."""

    def number(self, expr: Expr, around: Around) -> Pair:
        raise NotImplementedError

    def amplitude(self, expr: Expr, rows: Places, columns: Places, around: Around) -> Pair:
        raise NotImplementedError

    def amplitudes(self, factors: tuple[Expr, ...], rows: Places, columns: Places, around: Around) -> Pair:
        """An entry of a product in print order: numbers, and runs such as bra · operator · ket that are numbers."""
        parts: list[Pair] = []
        run: list[Expr] = []
        kind = SCALAR
        for factor in _flat(factors):
            if factor.type == SCALAR:
                parts.append(self.number(factor, around))
                continue
            run.append(factor)
            kind = product_type(kind, factor.type)
            if kind == SCALAR:
                parts.append(self.closed(run, around))
                run = []
        if run:
            parts.append(self.chain(tuple(run), rows, columns, around))
        return pairs.products(parts)

    def closed(self, run: list[Expr], around: Around) -> Pair:
        if run[0].type.kind in STATE_KINDS:
            return self.chain(tuple(run), (), (), around)
        return Pair(self.run(run, (), around))

    def chain(self, factors: tuple[Expr, ...], rows: Places, columns: Places, around: Around) -> Pair:
        """An entry of a product of states and operators, as sums over the axes between them."""
        if len(factors) == 1:
            return self.part(factors[0], rows, columns, around)
        for number, (left, right) in enumerate(pairwise(factors), 1):
            if (left.type.kind, right.type.kind) == ("ket", "bra"):
                before = self.chain(factors[:number], rows, (), around)
                return pairs.product(before, self.chain(factors[number:], (), columns, around))
        if factors[-1].type.kind == "ket" and _takes_sums(factors[0]):
            found = self.applied(factors[0], factors[1:], rows, around)
            if found is not None:
                return found
        loops, inner = self.between(around)
        if factors[-1].type.kind == "ket" or factors[0].type.kind != "bra":
            one, rest = self.part(factors[0], rows, loops, inner), factors[1:]
            other = self.part(rest[0] if len(rest) == 1 else Mul(rest), loops, columns, inner)
        else:
            rest = factors[:-1]
            one = self.part(rest[0] if len(rest) == 1 else Mul(rest), rows, loops, inner)
            other = self.part(factors[-1], loops, columns, inner)
        return self.reduced(loops, pairs.product(one, other))

    def applied(self, operator: Expr, rest: tuple[Expr, ...], rows: Places, around: Around) -> Pair | None:
        """An entry of an operator applied to a state, by its terms and powers: no matrix is made of it."""
        match operator:
            case Add(terms=terms):
                return pairs.total(self.amplitudes((term, *rest), rows, (), around) for term in terms)
            case Commutator(left=left, right=right):
                forward = self.amplitudes((left, right, *rest), rows, (), around)
                return pairs.total((forward, pairs.negative(self.amplitudes((right, left, *rest), rows, (), around))))
            case Pow(base=base, exponent=exponent) if base.type.kind == "operator":
                power = constant(exponent)
                if power is not None and power.denominator == 1 and power > 0:
                    return self.amplitudes((*(base,) * int(power), *rest), rows, (), around)
        return None

    def between(self, around: Around) -> tuple[tuple[Loop, ...], Around]:
        """New loops over the axes of states."""
        loops: list[Loop] = []
        for axis in self.axes:
            loop, around = self.inside(around, axis)
            loops.append(loop)
        return tuple(loops), around

    def reduced(self, loops: tuple[Loop, ...], body: Pair) -> Pair:
        for loop in reversed(loops):
            body = pairs.reduced(loop, body)
        return body

    def part(self, expr: Expr, rows: Places, columns: Places, around: Around) -> Pair:
        """A factor of a product: where it takes sums itself, an entry of an array that is filled once."""
        letters = tuple(dict.fromkeys(one for one, _ in around.letters if one in free_indices(expr)))
        at = tuple(around.loop(letter) for letter in letters)
        if not _takes_sums(expr) or any(isinstance(place, Loop) and place.excluded for place in at):
            return self.amplitude(expr, rows, columns, around)
        if (expr, letters) not in self.kept:
            alone = Around()
            own: list[Loop] = []
            for letter in letters:
                loop, alone = self.inside(alone, letter.range, letter)
                own.append(loop)
            loops: list[Loop] = []
            for _ in range(2 if expr.type.kind == "operator" else 1):
                more, alone = self.between(alone)
                loops += more
            half = len(self.axes) if expr.type.kind != "bra" else 0
            try:
                entry = self.amplitude(expr, tuple(loops[:half]), tuple(loops[half:]), alone)
            except Unbound:
                return self.amplitude(expr, rows, columns, around)
            name = f"part of states {len(self.kept) + 1}"
            self.kept[expr, letters] = self.filled(name, (*own, *loops), entry)
        at = (*at, *rows, *columns)
        return self.kept[expr, letters].map(lambda part: replace(part, at=at) if isinstance(part, Load) else part)

    def filled(self, name: str, at: Places, entry: Pair) -> Pair:
        """Arrays of both parts of a value, of which one may be 0; these entries of them."""
        for own, part in ((name, entry.real), (imaginary(name), entry.imaginary)):
            if part != ZERO:
                self.fills[own] = Fill(own, at, part)
        return Pair(
            *(
                ZERO if part == ZERO else Load(own, at)
                for own, part in ((name, entry.real), (imaginary(name), entry.imaginary))
            )
        )

    def exponential(self, argument: Expr, rows: Places, columns: Places) -> Pair:
        """An entry of the exponential of an operator: that of a real matrix, with rows and columns for both parts."""
        name = f"exponential of {argument}"
        if name not in self.matrices:
            alone = Around()
            first, alone = self.inside(alone, PART)
            left, alone = self.between(alone)
            second, alone = self.inside(alone, PART)
            right, alone = self.between(alone)
            entry = self.amplitude(argument, left, right, alone)
            real = Product((Same(first, second), entry.real))
            below = Product((Same(first, Fixed(1)), Same(second, Fixed(0)), entry.imaginary))
            above = Product((Same(first, Fixed(0)), Same(second, Fixed(1)), entry.imaginary))
            at = (first, *left, second, *right)
            matrix = f"matrix {len(self.matrices) + 1}"
            self.matrices[name] = f"exponential of {matrix}"
            self.fills[matrix] = Fill(matrix, at, Sum((real, below, Negative(above))))
            self.fills[self.matrices[name]] = Fill(self.matrices[name], at, OfMatrix("exponential", matrix))
        found = self.matrices[name]
        parts = (Load(found, (Fixed(n), *rows, Fixed(0), *columns)) for n in (0, 1))
        return Pair(*parts)


def _flat(factors: tuple[Expr, ...]) -> Iterator[Expr]:
    """The factors of a product of states and operators, the numbers in them as factors of their own."""
    for factor in factors:
        match factor:
            case Mul(factors=inner) if factor.type.kind in STATE_KINDS:
                yield from _flat(inner)
            case Neg(term=term) if factor.type.kind in STATE_KINDS:
                yield Number(Fraction(-1))
                yield from _flat((term,))
            case Frac(top=top, bottom=bottom) if factor.type.kind in STATE_KINDS:
                yield Frac(Number(Fraction(1)), bottom)
                yield from _flat((top,))
            case _:
                yield factor


def _takes_sums(expr: Expr) -> bool:
    """Whether the entries of an expression are sums: it has products of operators and states in it, or a sum sign."""
    match expr:
        case Symbol() | Applied() | Ket() | Bra() | Call():
            return False
        case Dagger(of=of) | Neg(term=of) | Frac(top=of):
            return _takes_sums(of)
        case Add(terms=terms):
            return any(_takes_sums(term) for term in terms)
        case Mul(factors=factors):
            own = [factor for factor in factors if factor.type != SCALAR]
            return len(own) > 1 or any(_takes_sums(factor) for factor in own)
    return True


__all__ = ["Chains"]
