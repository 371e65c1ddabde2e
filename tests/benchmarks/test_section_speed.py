"""Time of each exact step of a section against ``sympy.simplify(lhs - rhs) == 0`` on the same steps, in one run.

SymPy gets each step at one size (N = D = 2), written out; the normal form proves it for every size. The printed ratio
is of the sums over the steps that both settle. Run with ``make bench``.
"""

from __future__ import annotations

import itertools
from time import perf_counter

import sympy

from derive.expression import (
    Add,
    Call,
    Det,
    Dot,
    Element,
    Expr,
    Frac,
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
    Zero,
)
from derive.methods import exact
from derive.paper import load_paper
from derive.verify import Verifier

PAPER = "inference-2024-07"
SIZE = 2
STEPS = ("33", "39", "43", "50", "51", "52", "53", "54", "55", "56", "58")


class Written:
    """An expression written out in SymPy, all ranges of size two."""

    def __init__(self, verifier: Verifier, number: str) -> None:
        line = verifier.reading.line(number)
        self.scope = line.scope
        self.rules = verifier.premises.goal(line, line.right, line.right, corrected=True).rules

    def scalar(self, expr: Expr, places: dict[Index, int]) -> sympy.Expr:
        match expr:
            case Number(value=value):
                return sympy.Rational(value.numerator, value.denominator)
            case Size():
                return sympy.Integer(SIZE)
            case Symbol(slots=slots):
                return self.symbol(expr, tuple(places[s] for s in slots if isinstance(s, Index)))
            case Add(terms=terms):
                return sympy.Add(*(self.scalar(t, places) for t in terms))
            case Neg(term=term):
                return -self.scalar(term, places)
            case Mul(factors=factors):
                return self.product(factors, places)
            case Frac(top=top, bottom=bottom):
                return self.scalar(top, places) / self.scalar(bottom, places)
            case Pow(base=base, exponent=exponent):
                if base.type.kind == "vector":
                    return self.dot(base, base, places)
                return self.scalar(base, places) ** self.scalar(exponent, places)
            case Dot(left=left, right=right):
                return self.dot(left, right, places)
            case Norm(of=of):
                return sympy.sqrt(self.dot(of, of, places))
            case Det(of=of):
                return self.matrix(of, places).det()
            case Call(function="Trace", argument=argument):
                return self.matrix(argument, places).trace()
            case Call(function=name, argument=argument):
                return getattr(sympy, name)(self.scalar(argument, places))
            case Element(of=of, row=row, column=column):
                return self.matrix(of, places)[places[row], places[column]]
            case Over():
                return self.over(expr, (), places)
        raise TypeError(type(expr).__name__)

    def symbol(self, symbol: Symbol, at: tuple[int, ...]) -> sympy.Expr:
        for rule in self.rules:
            if isinstance(rule.left, Symbol) and rule.left.name == symbol.name and rule.left.own.kind == "scalar":
                numbers = iter(at)
                places: dict[Index, int] = {}
                rest: list[int] = []
                for slot in rule.left.slots:
                    number = next(numbers)
                    if isinstance(slot, Index):
                        places[slot] = number
                    else:
                        rest.append(number)
                return self.component(rule.right, tuple(rest), places)
        if symbol.name == r"\pi":
            return sympy.pi
        positive = symbol.name in self.scope.symbols and self.scope.symbols[symbol.name].domain == "positive"
        return sympy.Symbol(f"{symbol.name}{at}", real=True, positive=True if positive else None)

    def component(self, expr: Expr, at: tuple[int, ...], places: dict[Index, int]) -> sympy.Expr:
        if not at:
            return self.scalar(expr, places)
        match expr:
            case Symbol(slots=slots):
                rest = iter(at)
                return self.symbol(expr, tuple(places[s] if isinstance(s, Index) else next(rest) for s in slots))
            case Zero():
                return sympy.Integer(0)
            case Add(terms=terms):
                return sympy.Add(*(self.component(t, at, places) for t in terms))
            case Neg(term=term):
                return -self.component(term, at, places)
            case Frac(top=top, bottom=bottom):
                return self.component(top, at, places) / self.scalar(bottom, places)
            case Transpose(of=of):
                return self.component(of, at, places)
            case Over():
                return self.over(expr, at, places)
            case Mul(factors=factors):
                return sympy.Mul(*(self.component(f, at if f.type.kind != "scalar" else (), places) for f in factors))
        raise TypeError(type(expr).__name__)

    def over(self, expr: Over, at: tuple[int, ...], places: dict[Index, int]) -> sympy.Expr:
        left_out = {places[index] for index in expr.excluded}
        values = [self.component(expr.body, at, {**places, expr.index: n}) for n in range(SIZE) if n not in left_out]
        return sympy.Add(*values) if expr.operation == "sum" else sympy.Mul(*values)

    def dot(self, left: Expr, right: Expr, places: dict[Index, int]) -> sympy.Expr:
        return sympy.Add(
            *(self.component(left, (d,), places) * self.component(right, (d,), places) for d in range(SIZE))
        )

    def product(self, factors: tuple[Expr, ...], places: dict[Index, int]) -> sympy.Expr:
        result = sympy.Mul(*(self.scalar(f, places) for f in factors if f.type.kind == "scalar"))
        others = [f for f in factors if f.type.kind != "scalar"]
        if others:
            product = self.matrix(others[0], places)
            for factor in others[1:]:
                product = product * self.matrix(factor, places)
            result *= product[0, 0]
        return result

    def matrix(self, expr: Expr, places: dict[Index, int]) -> sympy.Matrix:
        if expr.type.kind in ("column", "row"):
            entries = [self.component(expr, (i,), places) for i in range(SIZE)]
            return sympy.Matrix(entries) if expr.type.kind == "column" else sympy.Matrix([entries])
        match expr:
            case Identity():
                return sympy.eye(SIZE)
            case Symbol(name=name):
                return self.named(name)
            case Add(terms=terms):
                return sum((self.matrix(t, places) for t in terms[1:]), self.matrix(terms[0], places))
            case Neg(term=term):
                return -self.matrix(term, places)
            case Mul(factors=factors):
                result = sympy.eye(SIZE)
                for factor in factors:
                    result = result * self.matrix(factor, places)
                return result
            case Pow(base=base):
                return self.matrix(base, places).inv()
            case Pattern():
                return sympy.Matrix(SIZE, SIZE, lambda i, j: self.cell(expr, i, j, places))
        raise TypeError(type(expr).__name__)

    def cell(self, pattern: Pattern, i: int, j: int, places: dict[Index, int]) -> sympy.Expr:
        here = {**places, pattern.row: min(i, j), pattern.column: max(i, j)}
        return self.scalar(pattern.diagonal if i == j else pattern.upper if i < j else pattern.lower, here)

    def named(self, name: str) -> sympy.Matrix:
        declared = self.scope.symbols[name]
        if declared.part_of is not None:
            whole = self.named(declared.part_of[1])
            keep = declared.part_of[0] == "diagonal"
            return sympy.Matrix(SIZE, SIZE, lambda i, j: whole[i, j] if (i == j) == keep else 0)
        for rule in self.rules:
            if isinstance(rule.left, Symbol) and rule.left.name == name and isinstance(rule.right, Pattern):
                return self.matrix(rule.right, {})
        return sympy.Matrix(SIZE, SIZE, lambda i, j: sympy.Symbol(f"{name}{min(i, j)}{max(i, j)}", real=True))


def test_section_against_simplify() -> None:
    """Every step is proved for all sizes; the ratio of the times is printed and nothing about it is asserted."""
    verifier = Verifier(load_paper(PAPER))
    ours = theirs = 0.0
    settled = 0
    print(f"\n{'step':>6}{'normal form, all N':>22}{'simplify, N = 2':>20}")
    for number in STEPS:
        line = verifier.reading.line(number)
        left = verifier.reading.left(line.equation, corrected=True)
        goal = verifier.premises.goal(line, left, line.right, corrected=True)
        start = perf_counter()
        assert exact.prove(goal).shown
        mine = perf_counter() - start
        written = Written(verifier, number)
        start = perf_counter()
        if left.type.kind == "matrix":
            matrix = written.matrix(left, {}) - written.matrix(line.right, {})
            differences = [matrix[i, j] for i, j in itertools.product(range(SIZE), repeat=2)]
        else:
            differences = [written.scalar(left, {}) - written.scalar(line.right, {})]
        zero = all(sympy.simplify(difference) == 0 for difference in differences)
        other = perf_counter() - start
        print(f"{number:>6}{1000 * mine:>19.1f} ms{1000 * other:>17.1f} ms{'' if zero else '  not shown'}")
        if zero:
            settled += 1
            ours, theirs = ours + mine, theirs + other
    print(f"simplify settles {settled} of {len(STEPS)}; on those, simplify / normal form = {theirs / ours:.1f}")
