"""From normal forms back to expressions, so that remainders and differences can be written as LaTeX."""

from __future__ import annotations

from fractions import Fraction

from derive.algebra import matrix as mx
from derive.algebra.indexed import (
    SIZE,
    Atom,
    Determinant,
    Entry,
    Fn,
    Moment,
    Opaque,
    Poly,
    Root,
    Sym,
    Term,
    Trace,
    freshen,
    indices_of_poly,
    rename_poly,
)
from derive.expression import (
    Add,
    Arrow,
    Call,
    Det,
    Element,
    Expectation,
    Expr,
    Frac,
    Index,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pow,
    Size,
    Symbol,
    Type,
)
from derive.notation import Scope


class Raising:
    """Writes polynomials and matrices of a scope as expressions."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def poly(self, poly: Poly, taken: frozenset[Index] = frozenset()) -> Expr:
        taken = taken | indices_of_poly(poly)
        terms = [self.term(term, coefficient, taken) for term, coefficient in poly.terms]
        terms = _folded(terms)
        if not terms:
            return Number(Fraction(0))
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def letters(self, term: Term, taken: frozenset[Index]) -> dict[Index, Index]:
        """Names for the bound indices of a term out of the scope's letters."""
        change: dict[Index, Index] = {}
        used = {index.name for index in taken}
        for index in term.bound:
            letters = self.scope.ranges[index.range].letters
            name = next((x for x in letters if x not in used), None)
            if name is None:
                name = next(x for x in "abcefghuvwyz" if x not in used)
            used.add(name)
            change[index] = Index(name, index.range)
        return change

    def term(self, term: Term, coefficient: Fraction, taken: frozenset[Index]) -> Expr:
        ((fresh, coefficient),) = freshen(Poly(((term, coefficient),))).terms
        change = self.letters(fresh, taken)
        named = rename_poly(Poly(((Term(fresh.factors), Fraction(1)),)), change).terms[0][0]
        inner_taken = taken | frozenset(change.values())
        top: list[Expr] = []
        bottom: list[Expr] = []
        for which, power in named.factors:
            (bottom if power < 0 else top).append(self.power(which, abs(power), inner_taken))
        if abs(coefficient.numerator) != 1:
            top.insert(0, Number(Fraction(abs(coefficient.numerator))))
        if coefficient.denominator != 1:
            bottom.insert(0, Number(Fraction(coefficient.denominator)))
        body = _product(top)
        if bottom:
            body = Frac(body, _product(bottom))
        bound = [change[index] for index in fresh.bound]
        for position in range(len(bound) - 1, -1, -1):
            index = bound[position]
            earlier = [*bound[:position], *(i for i in taken if i.range == index.range)]
            apart = tuple(
                other
                for other in earlier
                if other.range == index.range and frozenset((index, other)) in _renamed(fresh.distinct, change)
            )
            body = Over("sum", index, apart, body)
        return Neg(body) if coefficient < 0 else body

    def power(self, which: Atom, power: Fraction, taken: frozenset[Index]) -> Expr:
        length = self.length(which.base) if isinstance(which, Root) else None
        if length is not None:
            return length if 2 * power == 1 else Pow(length, Number(2 * power))
        if isinstance(which, Root) and power.denominator == 2:
            root = Call("sqrt", self.poly(which.base, taken))
            return root if power.numerator == 1 else Pow(root, Number(Fraction(power.numerator)))
        base = self.poly(which.base, taken) if isinstance(which, Root) else self.atom(which, taken)
        if power == 1:
            return base
        if power.denominator == 1:
            return Pow(base, Number(power))
        return Pow(base, Frac(Number(Fraction(power.numerator)), Number(Fraction(power.denominator))))

    def length(self, base: Poly) -> Expr | None:
        """The vector difference whose squared length a polynomial is, if it is one."""
        squares = [t.factors[0][0] for t, c in base.terms if len(t.factors) == 1 and t.factors[0][1] == 2 and c == 1]
        if len(squares) != 2 or len(base.terms) != 3:
            return None
        vectors: list[Expr] = []
        for which in squares:
            if not isinstance(which, Sym) or not which.at or not self.scope.ranges[which.at[-1].range].vector:
                return None
            vectors.append(Symbol(which.name, (*which.at[:-1], Arrow(which.at[-1].range))))
        return Norm(Add((vectors[0], Neg(vectors[1]))))

    def atom(self, which: Atom, taken: frozenset[Index]) -> Expr:
        match which:
            case Sym(name=name, at=at):
                return Size(name[len(SIZE) :]) if name.startswith(SIZE) else Symbol(name, at)
            case Fn(name="exp", argument=argument) if (product := self.product_of_logs(argument, taken)) is not None:
                return product
            case Fn(name=name, argument=argument):
                return Call(name, self.poly(argument, taken))
            case Entry(matrix=matrix, row=row, column=column):
                return Element(self.matrix(matrix), row, column)
            case Trace(matrix=matrix):
                return Call("Trace", self.matrix(matrix))
            case Determinant(matrix=matrix):
                return Det(self.matrix(matrix))
            case Opaque(expr=expr):
                return expr
            case Moment(law=law, factors=factors):
                inner = _product([self.power(f, p, taken) for f, p in factors])
                name = next((k for k, d in self.scope.symbols.items() if d.kind == "expectation" and d.law == law), "E")
                return Expectation("E", law, (inner,), name)
        raise TypeError(f"{type(which).__name__} cannot be written")

    def product_of_logs(self, exponent: Poly, taken: frozenset[Index]) -> Expr | None:
        """The product over an index that the exponential of a sum of logarithms is."""
        if len(exponent.terms) != 1:
            return None
        raised = self.term(*exponent.terms[0], taken)
        if isinstance(raised, Over) and isinstance(raised.body, Call) and raised.body.function == "log":
            return Over("product", raised.index, raised.excluded, raised.body.argument)
        return None

    def matrix(self, matrix: mx.Matrix) -> Expr:
        terms: list[Expr] = []
        for word, coefficient in matrix.words:
            factors: list[Expr] = [self.letter(letter, matrix.axis) for letter in word]
            sign = 1
            if coefficient.constant is not None:
                sign = -1 if coefficient.constant < 0 else 1
                if abs(coefficient.constant) != 1:
                    factors.insert(0, Number(abs(coefficient.constant)))
            else:
                factors.insert(0, self.poly(coefficient))
            product = _product(factors) if word else self.identity(matrix.axis)
            terms.append(Neg(product) if sign < 0 else product)
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def identity(self, axis: str) -> Expr:
        name = next((k for k, d in self.scope.symbols.items() if "identity" in d.properties), r"\mathbf{I}")
        return Symbol(name, (), Type("matrix", (axis, axis)))

    def letter(self, letter: mx.Letter, axis: str) -> Expr:
        match letter:
            case mx.Named(name=name):
                return Symbol(name, (), Type("matrix", (axis, axis)))
            case mx.InverseOf(of=inner):
                return Pow(self.letter(inner, axis), Neg(Number(Fraction(1))))
            case mx.Inverse(of=of):
                return Pow(self.matrix(of), Neg(Number(Fraction(1))))
            case mx.Function(name=name, of=of):
                return Call(name, self.matrix(of))
        raise TypeError(f"{type(letter).__name__} cannot be written")


def _renamed(distinct: frozenset[frozenset[Index]], change: dict[Index, Index]) -> frozenset[frozenset[Index]]:
    return frozenset(frozenset(change.get(i, i) for i in pair) for pair in distinct)


def _product(factors: list[Expr]) -> Expr:
    if not factors:
        return Number(Fraction(1))
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _folded(terms: list[Expr]) -> list[Expr]:
    """Positive terms first, so that a sum does not open with a minus where it need not."""
    return sorted(terms, key=lambda term: isinstance(term, Neg))
