"""From normal forms back to expressions, so that remainders and differences can be written as LaTeX."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derive.algebra import matrix as mx
from derive.algebra import operators as op
from derive.algebra.atoms import (
    ANY_STATE,
    GENERAL,
    SIZE,
    Atom,
    Delta,
    Determinant,
    Entry,
    Fn,
    Imaginary,
    Letter,
    Mean,
    Moment,
    Opaque,
    Root,
    Sym,
    Term,
    Trace,
    Value,
)
from derive.algebra.calculus import LOG, SLOPE
from derive.algebra.contents import mentions
from derive.algebra.indexed import Poly, atom, freshen, rename_poly
from derive.algebra.indices import indices_of_poly
from derive.algebra.measures import BOUND, MEASURE
from derive.algebra.substitution import put
from derive.expression import (
    DELTA,
    OPERATOR,
    Add,
    Applied,
    Arrow,
    Bra,
    Call,
    Dagger,
    Density,
    Det,
    Element,
    Expectation,
    Expr,
    Frac,
    Identity,
    ImaginaryUnit,
    Index,
    Integral,
    Ket,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Partial,
    Pow,
    Size,
    StateMean,
    Symbol,
    Type,
    Whole,
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
            case Delta(left=left, right=right):
                declared = self.scope.of_kind("delta")
                return Element(Identity(left.range, declared.key if declared else DELTA), left, right)
            case Entry(matrix=matrix, row=row, column=column):
                return Element(self.matrix(matrix), row, column)
            case Trace(matrix=matrix):
                return Call("Trace", self.matrix(matrix))
            case Determinant(matrix=matrix):
                return Det(self.matrix(matrix))
            case Opaque(expr=expr):
                return expr
            case Imaginary():
                return ImaginaryUnit()
            case Value(name=name, at=at, arguments=arguments) if name.startswith(SLOPE):
                return self.slope(name, at, tuple(self.argument(a, taken) for a in arguments))
            case Value(name=name, at=at, arguments=arguments):
                implied = len(self.scope.symbols[name].implied)
                return Applied(name, tuple(self.argument(a, taken) for a in arguments), implied=implied, slots=at)
            case Mean(state=state, word=word):
                return self.mean(state, word)
            case Moment(law=law) if law.startswith(MEASURE + BOUND):
                return self.integral(which, taken)
            case Moment(law=law, factors=factors) if law.startswith(MEASURE):
                inner = _product([self.power(f, p, taken) for f, p in factors])
                return Integral(self.variable(law[len(MEASURE) :]), inner)
            case Moment(law=law, factors=factors, given=given):
                inner = _product([self.power(f, p, taken) for f, p in factors])
                kept = [(k, d) for k, d in self.scope.symbols.items() if d.kind == "expectation" and d.law == law]
                name, of = next(
                    ((k, d.given) for k, d in kept if tuple(sorted(d.given)) == given), (r"\mathbb{E}", given)
                )
                return Expectation("E", law, (inner,), name, tuple(Symbol(part) for part in of))
        raise TypeError(f"{type(which).__name__} cannot be written")

    def slope(self, name: str, at: tuple[Index, ...], arguments: tuple[Expr, ...]) -> Expr:
        """A derivative of the logarithm of a law, or of a function in arguments that are symbols.

        One in another argument is printed with its number.
        """
        if LOG in name:
            by, _, law = name[len(SLOPE) + 1 :].partition("}" + LOG)
            return Partial(Call("log", Density(law, arguments)), Symbol(by, at))
        numbers: list[int] = []
        function = name
        while function.startswith(SLOPE):
            which, _, function = function[len(SLOPE) :].partition(" ")
            numbers.insert(0, int(which[1:-1]) - 1)
        declared = self.scope.symbols[function]
        own, places = at[: len(declared.slots)], list(at[len(declared.slots) :])
        found: Expr = Applied(function, arguments, implied=len(declared.implied), slots=own)
        for number in numbers:
            by = arguments[number]
            if not isinstance(by, Symbol):
                return Applied(name, arguments, slots=at)
            filled = tuple(slot if isinstance(slot, Index) else places.pop(0) for slot in by.slots)
            found = Partial(found, Symbol(by.name, filled, by.own))
        return found

    def integral(self, which: Moment, taken: frozenset[Index]) -> Expr:
        """An integral, with the first variable of the scope that is none of its parameters. Raises TypeError."""
        bound, domain, *slots = which.law[len(MEASURE) :].split(" ")
        inside = Poly(((Term(which.factors), Fraction(1)),))
        for name, declared in self.scope.symbols.items():
            same = (declared.kind, declared.domain, declared.slots) == ("quantity", domain, tuple(slots))
            if same and not declared.weights and not mentions(inside, name):
                break
        else:
            raise TypeError("there is no letter left for a variable of integration")

        def put_in(inner: Atom) -> Poly | None:
            is_bound = isinstance(inner, Sym) and inner.name == bound
            return atom(replace(inner, name=name)) if is_bound else None

        return Integral(self.variable(name), self.poly(put(inside, put_in), taken))

    def variable(self, name: str) -> Symbol:
        """A variable of integration: the whole column where it has an index."""
        return Symbol(name, tuple(Whole(slot) for slot in self.scope.symbols[name].slots))

    def argument(self, poly: Poly, taken: frozenset[Index]) -> Expr:
        """What a function depends on: of a general entry the whole column."""
        expr = self.poly(poly, taken)
        if isinstance(expr, Symbol) and any(isinstance(s, Index) and s.name == GENERAL for s in expr.slots):
            return self.variable(expr.name)
        return expr

    def mean(self, state: str, word: tuple[Letter, ...]) -> Expr:
        letters = [self.operator_letter(letter) for letter in word]
        if state == ANY_STATE:
            identity = next((k for k, d in self.scope.symbols.items() if "identity" in d.properties), r"\hat{I}")
            return _product(letters) if letters else Symbol(identity, (), OPERATOR)
        if len(letters) == 1:
            return StateMean(letters[0], Symbol(state))
        return Mul((Bra(Symbol(state)), *letters, Ket(Symbol(state))))

    def operator_letter(self, letter: Letter) -> Expr:
        """Raises TypeError for a derivative of a field, which has no print here."""
        match letter:
            case op.Pauli(axis=axis):
                declared = self.scope.of_kind("Pauli")
                assert declared is not None
                return Symbol(declared.key, (Index(str(axis), declared.slots[0]),), OPERATOR)
            case op.Momentum(name=name, axis=axis) | op.Field(name=name, axis=axis, derivatives=()):
                return Symbol(name, (Index(str(axis), self.scope.symbols[name].slots[0]),), OPERATOR)
            case op.Named(name=name, arguments=arguments, dagger=dagger):
                found: Expr = Symbol(name, (), OPERATOR)
                if arguments:
                    found = Applied(name, tuple(self.argument(a, frozenset()) for a in arguments), OPERATOR)
                return Dagger(found) if dagger else found
            case op.Exponential(of=of):
                return Call("exp", self.operator(of))
        raise TypeError(f"{letter} cannot be written")

    def operator(self, operator: op.Operator) -> Expr:
        terms = [_product([self.poly(c), self.mean(ANY_STATE, word)]) for word, c in operator.words]
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

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
