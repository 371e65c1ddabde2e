"""Numbers, and entries of vectors and matrices, as index loops: the parts of a statement that is compiled."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

from derive.constants import constant
from derive.expression import (
    Abs,
    Add,
    Applied,
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
    Symbol,
    Transpose,
    ValueSum,
    Zero,
)
from derive.kernels import binary
from derive.kernels.analysis import Analysis
from derive.kernels.arrange import apart, substitute
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.laws import Laws
from derive.kernels.loops import (
    FUNCTIONS,
    Const,
    Counted,
    Extent,
    Fill,
    Fixed,
    Function,
    Load,
    Loop,
    Negative,
    Node,
    Place,
    Power,
    Product,
    Quotient,
    Same,
    Sum,
    Weighted,
    reduced,
)
from derive.kernels.matrices import Around, Matrices, Unbound

ONE, TWO = Const(Fraction(1)), Const(Fraction(2))


class Entries(Matrices, Analysis):
    """The expressions of one kernel; loops and arrays are left to what extends it."""

    def __init__(self, kernel: KernelInput, laws: Laws) -> None:
        super().__init__()
        self.laws = laws
        self.kernel = kernel
        self.scope = kernel.scope

    def load(self, name: str, at: tuple[Place, ...]) -> Node:
        raise NotImplementedError

    def scalar(self, expr: Expr, around: Around) -> Node:
        found = self.analytic(expr, around)
        if found is not None:
            return found
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
            case Mul(factors=factors) if self.laws.weighs(factors):
                weights, rest = self.laws.apart(factors)
                return Weighted(self.product(weights, (), around), self.product(rest, (), around))
            case Mul(factors=factors):
                return self.product(factors, (), around)
            case Frac(top=top, bottom=bottom):
                return Quotient(self.scalar(top, around), self.scalar(bottom, around))
            case Applied(name=name, arguments=arguments, slots=slots) if name in self.laws.arrays:
                return self.at_values(
                    name, tuple(around.loop(slot) for slot in slots if isinstance(slot, Index)), arguments, around
                )
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
                return Function("abs", self.scalar(of, around))
            case Over():
                return self.over(expr, (), around)
            case ValueSum():
                return Sum(tuple(self.scalar(term, around) for term in binary.terms(expr)))
            case Det(of=of) if self.is_diagonal(of):
                loop, inner = self.inside(around, of.type.axes[0])
                return reduced("product", loop, self.on_diagonal(of, loop, inner))
            case Det(of=of):
                return self.of_matrix("determinant", of, ())
            case Call(function="log", argument=Det(of=of)) if not self.is_diagonal(of):
                return self.of_matrix("log determinant", of, ())
            case Gaussian(of=of, mean=mean, covariance=covariance):
                return self.scalar(_density(of, mean, covariance), around)
            case Call(function="Trace", argument=Call(function="log", argument=of)):
                return self.scalar(Call("log", Det(of)), around)
            case Call(function="Trace", argument=argument):
                loop, inner = self.inside(around, argument.type.axes[0])
                return reduced("sum", loop, self.entry(argument, (loop, loop), inner))
            case Call(function=name, argument=argument) if name in FUNCTIONS:
                return Function(name, self.scalar(argument, around))
            case Element(of=of, row=row, column=column):
                return self.entry(of, (around.loop(row), around.loop(column)), around)
        raise KernelError(f"a {what(expr)} cannot be compiled yet")

    def at_values(self, name: str, at: tuple[Place, ...], values: tuple[Expr, ...], around: Around) -> Node:
        """An entry of an array of values, at printed values or at those that binary arguments have."""
        if not values:
            return self.load(name, at)
        value = constant(values[0])
        if value is not None:
            return self.at_values(name, (*at, Fixed(binary.VALUES.index(int(value)))), values[1:], around)
        sign = self.scalar(values[0], around)
        terms = [
            Weighted(
                Quotient(Sum((ONE, Product((Const(Fraction(one)), sign)))), TWO),
                self.at_values(name, (*at, Fixed(number)), values[1:], around),
            )
            for number, one in enumerate(binary.VALUES)
        ]
        return Sum(tuple(terms))

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

    def entry(self, expr: Expr, at: tuple[Place, ...], around: Around) -> Node:
        """One entry: the open axes of ``expr`` are filled, in order, by the loops ``at``."""
        match expr:
            case Symbol(name=name, slots=slots):
                if expr.own.kind not in ("scalar", "matrix"):
                    raise KernelError(f"{name} is an {expr.own} and cannot be compiled yet")
                if (loop := around.counter(expr)) is not None:
                    return Counted(loop)
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
            case ValueSum():
                return Sum(tuple(self.entry(term, at, around) for term in binary.terms(expr)))
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
        raise KernelError(f"the entries of a {what(expr)} cannot be compiled yet")

    def pattern(self, expr: Pattern, at: tuple[Place, ...]) -> Node:
        """A matrix with dots: an array of what stands off its diagonal, and one of the diagonal."""
        row, around = self.inside(Around(), expr.axis, expr.row)
        column, around = self.inside(around, expr.axis, expr.column, (row,))
        upper = self.scalar(expr.upper, around)
        swapped = replace(around, letters=((expr.row, column), (expr.column, row)))
        if substitute(upper, {}) != substitute(self.scalar(expr.lower, swapped), {}):
            raise KernelError("a matrix with dots whose halves differ cannot be compiled yet")
        single, alone = self.inside(Around(), expr.axis, expr.row)
        name = next(name for n in itertools.count(1) if (name := f"off diagonal {n}") not in self.fills)
        self.fills[name] = Fill(name, (row, column), upper)
        other = name.replace("off diagonal", "diagonal")
        self.fills[other] = Fill(other, (single,), self.scalar(expr.diagonal, alone))
        return Sum((Load(name, at), Product((Same(*at), Load(other, at[:1])))))


def _density(of: Expr, mean: Expr, covariance: Expr) -> Expr:
    """The normal density of a column as the exponential of its logarithm: a determinant may be too large, or small."""
    apart = of if isinstance(mean, Zero) else Add((of, Neg(mean)))
    two = Number(TWO.value)
    square = Mul((Transpose(apart), Pow(covariance, Neg(Number(Fraction(1)))), apart))
    volume = Mul((Size(covariance.type.axes[0]), Call("log", Mul((two, Symbol(r"\pi"))))))
    return Call("exp", Neg(Frac(Add((square, Call("log", Det(covariance)), volume)), two)))


def what(expr: Expr) -> str:
    """The name of a construct for a message."""
    if isinstance(expr, Call):
        return f"{expr.function} of {expr.argument.type.a}"
    names = {
        "Det": "determinant",
        "Pattern": "matrix with dots",
        "Over": "sum",
        "Abs": "modulus",
        "Partial": "derivative",
        "Series": "product between limits",
        "Special": "special function",
        "Binomial": "binomial coefficient",
        "Definite": "integral between limits",
    }
    return names.get(type(expr).__name__, type(expr).__name__.lower())


__all__ = ["Around", "Entries", "Unbound", "what"]
