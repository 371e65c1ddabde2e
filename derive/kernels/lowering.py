"""From the tree of an expression to index loops: vectors become components, matrices entries, definitions arrays."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from derive.algebra.rules import Rule
from derive.expression import (
    Abs,
    Add,
    Call,
    Det,
    Dot,
    Element,
    Expr,
    Frac,
    Gaussian,
    Identity,
    Index,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pattern,
    Pow,
    Size,
    Slot,
    Symbol,
    Transpose,
    Type,
    Zero,
    product_type,
)
from derive.kernels.arrange import apart, substitute
from derive.kernels.field_lowering import lower_field
from derive.kernels.kernel import KernelError, KernelInput, is_diagonal
from derive.kernels.loops import (
    FUNCTIONS,
    Array,
    Const,
    Extent,
    Extents,
    Fill,
    Fixed,
    Function,
    Load,
    Loop,
    Negative,
    Node,
    OfMatrix,
    Pi,
    Place,
    Power,
    Product,
    Program,
    Quotient,
    Same,
    Sum,
    free,
    nodes,
    reduced,
)
from derive.latex.reader import constant

TWO = Const(Fraction(2))
Whole = Literal["inverse", "determinant", "log determinant"]


@dataclass(frozen=True, slots=True)
class Around:
    """The loops around a place, and which of them each index letter stands for."""

    letters: tuple[tuple[Index, Loop], ...] = ()
    loops: tuple[Loop, ...] = ()

    def loop(self, index: Index) -> Place:
        """The loop of an index letter, or the fixed value of a label, which the print counts from 1."""
        if index.is_label:
            return Fixed(int(index.name) - 1)
        for letter, loop in reversed(self.letters):
            if letter == index:
                return loop
        raise KernelError(f"the index {index.name} is bound neither by a sum nor by the left side")


def lower(kernel: KernelInput) -> Program:
    """The loops that compute a kernel. Raises KernelError for a construct that has none."""
    return lower_field(kernel) if kernel.scope.summation else _Lowering(kernel).program()


class _Lowering:
    """One kernel. Definitions are filled once, each before its first use."""

    def __init__(self, kernel: KernelInput) -> None:
        self.kernel = kernel
        self.scope = kernel.scope
        self.rules = _by_symbol(kernel.definitions)
        self.fills: dict[str, Fill] = {}
        self.busy: list[str] = []
        self.arguments: set[str] = set()
        self.matrices: dict[str, str] = {}
        """The arrays of matrices that are inverted, or of which there is a determinant."""

    def program(self) -> Program:
        left, right = self.kernel.left, self.kernel.right
        if _defined_symbol(left) is None:
            raise KernelError(f"a kernel computes a symbol or its entries, and the left side is a {_what(left)}")
        name = _defined_symbol(left) or ""
        self.busy.append(name)
        result = self.fill(name, left, right)
        labels = [str(place.value + 1) for place in result.at if isinstance(place, Fixed)]
        if labels:
            result = Fill(" ".join([name, *labels]), result.loops, result.body)
        used = [key for key in self.scope.symbols if key in self.arguments]
        arguments = tuple(Array(key, self.scope.symbols[key].slots) for key in used)
        fills = (*self.fills.values(), result)
        needed = {axis for argument in arguments for axis in argument.axes}
        for fill in fills:
            needed |= {loop.range for loop in fill.loops}
            for node in nodes(fill.body):
                needed |= {loop.range for loop in free(node)}
                if isinstance(node, Extent):
                    needed.add(node.range)
        known = [range_ for range_ in self.scope.ranges.values() if range_.name in needed]
        ranges = tuple(Extents(r.name, r.size, r.letters, r.vector) for r in known)
        results = (Array(result.symbol, tuple(loop.range for loop in result.loops)),)
        return Program(arguments, ranges, fills, results, {key: self.scope.symbols[key] for key in used})

    def fill(self, name: str, left: Expr, right: Expr) -> Fill:
        """``left = right`` for all values of the free indices and open axes of the left side."""
        if left.type != right.type and not isinstance(right, Zero):
            raise KernelError(f"{name} is {left.type.a} and is set to {right.type.a}")
        around = Around()
        places: list[Place] = []
        open_axes: list[Loop] = []
        for slot in _slots(left):
            letter = slot if isinstance(slot, Index) else None
            if letter is not None and letter.is_label:
                places.append(around.loop(letter))
                continue
            if letter is not None and letter in dict(around.letters):
                raise KernelError(f"the left side of {name} has the index {letter.name} twice")
            range_ = slot if isinstance(slot, str) else slot.range
            excluded = tuple(around.loop(other) for other in self.kept_apart(letter) if other in dict(around.letters))
            loop, around = self.inside(around, range_, letter, excluded)
            places.append(loop)
            if letter is None:
                open_axes.append(loop)
        return Fill(name, tuple(places), self.entry(right, tuple(open_axes), around))

    def kept_apart(self, letter: Index | None) -> list[Index]:
        """The indices from which an index of the left side differs, as the line says."""
        return [b if a == letter else a for a, b in self.kernel.apart if letter in (a, b)] if letter is not None else []

    def inside(
        self, around: Around, range_: str, letter: Index | None = None, excluded: tuple[Place, ...] = ()
    ) -> tuple[Loop, Around]:
        """A new innermost loop, under a name that no loop around it has."""
        taken = {loop.name for loop in around.loops}
        wanted = letter.name if letter is not None else (*self.scope.ranges[range_].letters, "x")[0]
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        loop = Loop(name, range_, excluded, self.scope.ranges[range_].vector)
        letters = around.letters if letter is None else (*around.letters, (letter, loop))
        return loop, Around(letters, (*around.loops, loop))

    def load(self, name: str, at: tuple[Place, ...]) -> Node:
        """An entry of a symbol: of the array that its definition fills, or of an argument."""
        if name in self.busy:
            raise KernelError(f"the definition of {name} uses {name} itself")
        if name in self.rules:
            if name not in self.fills:
                self.busy.append(name)
                rule = self.rules[name]
                self.fills[name] = self.fill(name, rule.left, rule.right)
                self.busy.pop()
            return Load(name, at)
        if name == r"\pi" and name not in self.scope.symbols:
            return Pi()
        declared = self.scope.symbols.get(name)
        if declared is None or declared.kind not in ("quantity", "matrix"):
            kind = "not in the notation" if declared is None else f"of the kind {declared.kind}"
            raise KernelError(f"{name} cannot be an argument of a kernel: it is {kind}")
        if len(declared.slots) != len(at):
            raise KernelError(f"{name} has {len(declared.slots)} index slots, and is used with {len(at)}")
        self.arguments.add(name)
        return Load(name, at)

    # -- scalars -------------------------------------------------------------------------------------------------

    def scalar(self, expr: Expr, around: Around) -> Node:
        match expr:
            case Number(value=value):
                return Const(value)
            case Size(range=range_):
                return Extent(range_)
            case Symbol():
                return self.entry(expr, (), around)
            case Add(terms=terms):
                return Sum(tuple(self.scalar(term, around) for term in terms))
            case Neg(term=term):
                return Negative(self.scalar(term, around))
            case Mul(factors=factors):
                return self.product(factors, (), around)
            case Frac(top=top, bottom=bottom):
                return Quotient(self.scalar(top, around), self.scalar(bottom, around))
            case Pow(base=base, exponent=exponent):
                if base.type.kind == "vector":
                    return self.dot(base, base, around)
                if isinstance(base, Norm) and constant(exponent) == 2:
                    return self.dot(base.of, base.of, around)
                power = constant(exponent)
                raised = self.scalar(exponent, around) if power is None else Const(power)
                return Power(self.scalar(base, around), raised)
            case Dot(left=left, right=right):
                return self.dot(left, right, around)
            case Norm(of=of):
                return Function("sqrt", self.dot(of, of, around))
            case Abs(of=of):
                return Function("sqrt", Power(self.scalar(of, around), TWO))
            case Over():
                return self.over(expr, (), around)
            case Det(of=of) if self.is_diagonal(of):
                loop, inner = self.inside(around, of.type.axes[0])
                return reduced("product", loop, self.on_diagonal(of, loop, inner))
            case Det(of=of):
                return self.of_matrix("determinant", of, ())
            case Call(function="log", argument=Det(of=of)) if not self.is_diagonal(of):
                return self.of_matrix("log determinant", of, ())
            case Gaussian(of=of, mean=mean, covariance=covariance):
                return self.scalar(_density(of, mean, covariance), around)
            case Call(function="Trace", argument=argument):
                loop, inner = self.inside(around, argument.type.axes[0])
                return reduced("sum", loop, self.entry(argument, (loop, loop), inner))
            case Call(function=name, argument=argument) if name in FUNCTIONS:
                return Function(name, self.scalar(argument, around))
            case Element(of=of, row=row, column=column):
                return self.entry(of, (around.loop(row), around.loop(column)), around)
        raise KernelError(f"a {_what(expr)} cannot be compiled yet")

    def dot(self, left: Expr, right: Expr, around: Around) -> Node:
        loop, inner = self.inside(around, left.type.axes[0])
        first = self.entry(left, (loop,), inner)
        product = Power(first, TWO) if left == right else Product((first, self.entry(right, (loop,), inner)))
        return reduced("sum", loop, product)

    def over(self, expr: Over, at: tuple[Place, ...], around: Around) -> Node:
        """A sum or product; ``at`` fills the open axes of its body."""
        excluded = tuple(dict.fromkeys(around.loop(index) for index in expr.excluded))
        for number, one in enumerate(excluded):
            for other in excluded[:number]:
                if not apart(one, other):
                    said = " and ".join(place.name if isinstance(place, Loop) else "a label" for place in (other, one))
                    raise KernelError(f"the sum over {expr.index.name} leaves out {said}, which may be equal")
        loop, inner = self.inside(around, expr.index.range, expr.index, excluded)
        return reduced(expr.operation, loop, self.entry(expr.body, at, inner))

    # -- components and entries ----------------------------------------------------------------------------------

    def entry(self, expr: Expr, at: tuple[Place, ...], around: Around) -> Node:
        """One entry: the open axes of ``expr`` are filled, in order, by the loops ``at``."""
        match expr:
            case Symbol(name=name, slots=slots):
                if expr.own.kind not in ("scalar", "matrix"):
                    raise KernelError(f"{name} is an {expr.own} and cannot be compiled yet")
                rest = list(at)
                filled = [around.loop(slot) if isinstance(slot, Index) else rest.pop(0) for slot in slots]
                return self.load(name, (*filled, *rest))
        if not at:
            return self.scalar(expr, around)
        match expr:
            case Zero():
                return Const(Fraction(0))
            case Identity():
                return Same(at[0], at[1])
            case Add(terms=terms):
                return Sum(tuple(self.entry(term, at, around) for term in terms))
            case Neg(term=term):
                return Negative(self.entry(term, at, around))
            case Frac(top=top, bottom=bottom):
                return Quotient(self.entry(top, at, around), self.scalar(bottom, around))
            case Transpose(of=of):
                return self.entry(of, at[::-1], around)
            case Over():
                return self.over(expr, at, around)
            case Mul(factors=factors):
                return self.product(factors, at, around)
            case Pow(base=base, exponent=exponent):
                power = constant(exponent)
                if power is not None and power.denominator == 1 and self.is_diagonal(base):
                    return Product((Same(*at), self.on_diagonal(expr, at[0], around)))
                if power == -1:
                    return self.of_matrix("inverse", base, at)
                if power is None or power.denominator != 1 or power < 1:
                    raise KernelError("a matrix to a power below -1, or to the power 0, cannot be compiled yet")
                return self.product((base,) * int(power), at, around)
            case Pattern():
                return self.pattern(expr, at)
        raise KernelError(f"the entries of a {_what(expr)} cannot be compiled yet")

    def of_matrix(self, name: Whole, matrix: Expr, at: tuple[Place, ...]) -> Node:
        """An entry of the inverse of a matrix, or its determinant: of an array that is filled once."""
        symbol = matrix.name if isinstance(matrix, Symbol) and not matrix.slots else f"matrix {matrix}"
        row, around = self.inside(Around(), matrix.type.axes[0])
        column, around = self.inside(around, matrix.type.axes[1])
        body = self.entry(matrix, (row, column), around)
        if symbol not in self.matrices:
            known = isinstance(body, Load) and body.symbol == symbol
            self.matrices[symbol] = symbol if known else f"matrix {len(self.matrices) + 1}"
            if not known:
                self.fills[self.matrices[symbol]] = Fill(self.matrices[symbol], (row, column), body)
        whole = self.matrices[symbol]
        found = f"{name} of {whole}"
        if found not in self.fills:
            self.fills[found] = Fill(found, (row, column) if name == "inverse" else (), OfMatrix(name, whole))
        return Load(found, at)

    def is_diagonal(self, expr: Expr) -> bool:
        """Whether a matrix is declared to be zero off its diagonal, or is a power of such a one."""
        match expr:
            case Symbol(name=name):
                declared = self.scope.symbols.get(name)
                return declared is not None and is_diagonal(declared)
            case Pow(base=base):
                return expr.type.kind == "matrix" and self.is_diagonal(base)
        return False

    def on_diagonal(self, expr: Expr, at: Place, around: Around) -> Node:
        """The entry (i, i) of a diagonal matrix."""
        if isinstance(expr, Pow):
            power = constant(expr.exponent)
            assert power is not None
            return Power(self.on_diagonal(expr.base, at, around), Const(power))
        return self.entry(expr, (at, at), around)

    def pattern(self, expr: Pattern, at: tuple[Place, ...]) -> Node:
        """A matrix with dots: an array of what stands off its diagonal, and one of the diagonal."""
        row, around = self.inside(Around(), expr.axis, expr.row)
        column, around = self.inside(around, expr.axis, expr.column, (row,))
        upper = self.scalar(expr.upper, around)
        swapped = Around(((expr.row, column), (expr.column, row)), around.loops)
        if substitute(upper, {}) != substitute(self.scalar(expr.lower, swapped), {}):
            raise KernelError("a matrix with dots whose halves differ cannot be compiled yet")
        single, alone = self.inside(Around(), expr.axis, expr.row)
        name = next(name for n in itertools.count(1) if (name := f"off diagonal {n}") not in self.fills)
        self.fills[name] = Fill(name, (row, column), upper)
        other = name.replace("off diagonal", "diagonal")
        self.fills[other] = Fill(other, (single,), self.scalar(expr.diagonal, alone))
        return Sum((Load(name, at), Product((Same(*at), Load(other, at[:1])))))

    def product(self, factors: tuple[Expr, ...], at: tuple[Place, ...], around: Around) -> Node:
        """A product in print order: scalars, and runs such as row · matrix · column that are scalars together."""
        parts: list[Node] = []
        run: list[Expr] = []
        kind = Type("scalar")
        for factor in factors:
            if factor.type.kind == "scalar":
                parts.append(self.scalar(factor, around))
                continue
            if factor.type.kind not in ("matrix", "column", "row", "vector"):
                raise KernelError(f"a product with a {factor.type} cannot be compiled yet")
            run.append(factor)
            kind = product_type(kind, factor.type)
            if kind.kind == "scalar":
                parts.append(self.run(run, (), around))
                run = []
        if run:
            parts.append(self.run(run, at, around))
        return parts[0] if len(parts) == 1 else Product(tuple(parts))

    def run(self, factors: list[Expr], at: tuple[Place, ...], around: Around) -> Node:
        """An entry of a product of matrices, columns and rows, as sums over the inner indices."""
        first, rest = factors[0], factors[1:]
        if not rest:
            return self.entry(first, at, around)
        outer = at[:1] if first.type.kind in ("matrix", "column") else ()
        if outer and self.is_diagonal(first):
            return Product((self.on_diagonal(first, outer[0], around), self.run(rest, at, around)))
        if len(rest) == 1 and at and self.is_diagonal(rest[0]):
            return Product((self.entry(first, at, around), self.on_diagonal(rest[0], at[-1], around)))
        if first.type.kind == "column":
            return Product((self.entry(first, outer, around), self.run(rest, at[1:], around)))
        loop, inner = self.inside(around, first.type.axes[-1])
        tail = self.run(rest, (loop, *at[len(outer) :]), inner)
        return reduced("sum", loop, Product((self.entry(first, (*outer, loop), inner), tail)))


def _density(of: Expr, mean: Expr, covariance: Expr) -> Expr:
    """The normal density of a column as the exponential of its logarithm: a determinant may be too large, or small."""
    apart = of if isinstance(mean, Zero) else Add((of, Neg(mean)))
    two = Number(TWO.value)
    square = Mul((Transpose(apart), Pow(covariance, Neg(Number(Fraction(1)))), apart))
    volume = Mul((Size(covariance.type.axes[0]), Call("log", Mul((two, Symbol(r"\pi"))))))
    return Call("exp", Neg(Frac(Add((square, Call("log", Det(covariance)), volume)), two)))


def _by_symbol(rules: tuple[Rule, ...]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for rule in rules:
        name = _defined_symbol(rule.left)
        if name is None:
            raise KernelError(
                f"the definition {rule.source} sets a {_what(rule.left)}, and not a symbol or its entries"
            )
        if any(isinstance(slot, Index) and slot.is_label for slot in _slots(rule.left)):
            raise KernelError(f"{rule.source} defines {name} for one value of an index, and is used for all")
        if name in found:
            raise KernelError(f"{name} is defined twice: by {found[name].source} and by {rule.source}")
        found[name] = rule
    return found


def _defined_symbol(left: Expr) -> str | None:
    match left:
        case Symbol(name=name) | Element(of=Symbol(name=name)):
            return name
    return None


def _slots(left: Expr) -> tuple[Slot | str, ...]:
    """The slots of a left side in order; an open axis of a matrix symbol is the name of its range."""
    if isinstance(left, Element):
        return (left.row, left.column)
    assert isinstance(left, Symbol)
    return left.slots or left.type.axes


def _what(expr: Expr) -> str:
    """The name of a construct for a message."""
    if isinstance(expr, Call):
        return f"{expr.function} of {expr.argument.type.a}"
    names = {"Det": "determinant", "Pattern": "matrix with dots", "Over": "sum", "Abs": "modulus"}
    return names.get(type(expr).__name__, type(expr).__name__.lower())


__all__ = ["lower"]
