r"""From the tree of a printed expression to its normal form.

Vectors become their components, columns their entries, laws their moments; what a premise says about a symbol, an
entry, a determinant, a density or a moment is put in its place (:class:`Rule`). The identities used on the way
(linearity of the expectation, the normalisation of a law, det exp = exp tr, …) are collected in ``used``.
"""

from __future__ import annotations

from fractions import Fraction

from derive.algebra import matrix as mx
from derive.algebra.atoms import GENERAL, SIZE, Sym, Term, Value
from derive.algebra.calculus import Calculus
from derive.algebra.indexed import (
    Poly,
    apply_function,
    atom,
    collect,
    exp_of,
    freshen,
    is_positive_sum,
    log_of,
    new_index,
    number,
    power_of,
    recanonical,
)
from derive.algebra.laws import Laws
from derive.algebra.matrices import Matrices
from derive.algebra.normal import with_moments
from derive.algebra.operators import conjugate, imaginary
from derive.algebra.rules import Rule, Unsupported, as_variance, head, unify, unify_slot
from derive.algebra.spins import Spins, has_states
from derive.constants import constant
from derive.expression import (
    Abs,
    Add,
    Applied,
    Call,
    Count,
    Density,
    Det,
    Dot,
    Element,
    Expectation,
    Expr,
    Frac,
    Gaussian,
    ImaginaryUnit,
    Index,
    Integral,
    Kronecker,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Partial,
    Pow,
    Rank,
    Size,
    StateMean,
    Symbol,
    Transpose,
    ValueSum,
    Zero,
    free_indices,
    substitute_indices,
)
from derive.notation import POSITIVE, Declared, Scope


class Lowering:
    """Turns expressions of one scope into normal forms, under given rules."""

    def __init__(
        self,
        scope: Scope,
        rules: tuple[Rule, ...] = (),
        definitions: tuple[Rule, ...] = (),
        *,
        moments: bool = True,
        traces: bool = True,
        series: tuple[str, int] | None = None,
    ) -> None:
        self.scope = scope
        self.series = series
        """A small parameter and the order in it to which the exponential of an operator is expanded, or None."""
        self.traces = traces
        """Whether traces of products of unknown matrices stay as they are, and are not written out in entries."""
        self.moments = moments
        self.rules = with_moments(rules)
        self.definitions = definitions
        """What else the scope defines: never put in, but it tells what depends on a random quantity."""
        self.used: set[str] = set()
        """Names of the rules and identities that were used."""
        self.applied: set[str] = set()
        """Sources of the rules that were used."""
        self.busy: list[Rule] = []
        """The rules being put in: none is put into itself."""
        self.matrices = Matrices(self)
        self.laws = Laws(self)
        self.spins = Spins(self)
        self.calculus = Calculus(self)
        self.sought: list[str] = []

    def declared(self, name: str) -> Declared | None:
        return self.scope.symbols.get(name)

    def rule_for(self, expr: Expr) -> Expr | None:
        """The right side that some rule gives for ``expr``, its indices put in; None if no rule fits."""
        for rule in self.rules:
            if rule in self.busy:
                continue
            found: dict[Index, Index] = {}
            if unify(rule.left, expr, found):
                loose = free_indices(rule.right) - set(found)
                if loose or not rule.admits(found):
                    continue
                self.applied.add(rule.source)
                return substitute_indices(rule.right, found)
        return None

    def symbol_rule(self, symbol: Symbol, at: tuple[Index, ...]) -> Poly | None:
        """What a rule says of a symbol with all its slots filled by the indices ``at``."""
        for rule in self.rules:
            if rule in self.busy or not isinstance(rule.left, Symbol) or rule.left.name != symbol.name:
                continue
            if rule.left.own.kind != "scalar" or len(rule.left.slots) != len(at):
                continue
            found: dict[Index, Index] = {}
            open_axes: list[Index] = []
            fits = True
            for slot, index in zip(rule.left.slots, at, strict=True):
                if isinstance(slot, Index):
                    fits = fits and unify_slot(slot, index, found)
                else:
                    open_axes.append(index)
            if not fits or free_indices(rule.right) - set(found) or not rule.admits(found):
                continue
            self.applied.add(rule.source)
            self.busy.append(rule)
            try:
                return self.entry(substitute_indices(rule.right, found), tuple(open_axes))
            finally:
                self.busy.pop()
        return None

    def scalar(self, expr: Expr) -> Poly:
        """The polynomial of a scalar expression; bound indices get fresh names."""
        if expr.type.kind != "scalar":
            raise Unsupported(f"{expr.type.a} stands where a scalar was expected")
        if isinstance(expr, Expectation):
            expr = as_variance(expr, self.laws.variance_name())
        if not isinstance(expr, Symbol) and head(expr) is not None:
            right = self.rule_for(expr)
            if right is not None:
                return self.scalar(right)
        match expr:
            case Number(value=value):
                return number(value)
            case Size(range=range_):
                return self.size(range_)
            case Symbol():
                return self.symbol(expr, tuple(s for s in expr.slots if isinstance(s, Index)))
            case Add(terms=terms):
                return sum((self.scalar(term) for term in terms), Poly())
            case Neg(term=term):
                return -self.scalar(term)
            case Mul():
                return self.product(expr)
            case Frac(top=top, bottom=bottom):
                return self.scalar(top) * freshen(power_of(self.scalar(bottom), Fraction(-1)))
            case Pow():
                return self.power(expr)
            case Dot(left=left, right=right):
                return self.dot(left, right)
            case Norm(of=of):
                return power_of(recanonical(self.squared(of)), Fraction(1, 2))
            case Abs(of=of) if has_states(of):
                return power_of(recanonical(self.spins.squared_modulus(of)), Fraction(1, 2))
            case Abs(of=of):
                inner = recanonical(self.scalar(of))
                return power_of(recanonical(inner * freshen(conjugate(inner))), Fraction(1, 2))
            case Over(operation="sum", index=index, excluded=excluded, body=body):
                return self.over_sum(index, excluded, body)
            case Over(operation="product", index=index, excluded=excluded, body=body):
                bound = new_index(index.range)
                factor = self.scalar(substitute_indices(body, {index: bound}))
                if not is_positive_sum(factor):
                    raise Unsupported("a product over an index of factors that are not known to be positive")
                logs = log_of(factor)
                self.used.add("a product of positive factors is the exponential of the sum of their logarithms")
                return exp_of(self.summed(logs, bound, excluded))
            case Call(function="Trace", argument=argument):
                return self.matrices.trace(argument)
            case Call(function=name, argument=argument):
                return apply_function(name, self.scalar(argument))
            case Det(of=of):
                return self.matrices.determinant(self.matrices.words(of))
            case Element(of=of, row=row, column=column):
                return self.matrices.entry(self.matrices.words(of), row, column)
            case Gaussian():
                return self.laws.gaussian(expr)
            case Density():
                return self.laws.density(expr)
            case Integral() | ValueSum():
                return self.laws.measured(expr)
            case ImaginaryUnit():
                return imaginary()
            case Applied(name=name, arguments=arguments, slots=slots):
                at = tuple(slot for slot in slots if isinstance(slot, Index))
                axes = tuple(argument.type.axes for argument in arguments)
                return atom(Value(name, at, tuple(self.argument(argument) for argument in arguments), axes))
            case Kronecker(left=left, right=right):
                return self.kronecker(left, right)
            case StateMean():
                return self.spins.mean_of(expr)
            case Count():
                return self.count(expr)
            case Expectation():
                return self.laws.expectation(expr)
            case Partial(of=of, by=by):
                return self.calculus.partial(of, by)
            case Rank():
                return self.rank(expr)
        raise Unsupported(f"{type(expr).__name__} has no normal form yet")

    def argument(self, expr: Expr) -> Poly:
        """What a function depends on, in normal form: a scalar, or the general entry of a column."""
        axes = expr.type.axes
        return recanonical(self.entry(expr, tuple(Index(GENERAL, axis) for axis in axes)))

    def kronecker(self, left: Expr, right: Expr) -> Poly:
        """delta_{a,b} of values -1 and 1 as (1 + a b) / 2."""
        values = [self.scalar(side) for side in (left, right)]
        if any(recanonical(value * freshen(value)) != number(1) for value in values):
            raise Unsupported("a Kronecker delta of values that are not known to be -1 or 1")
        self.used.add("delta_{a,b} = (1 + a b) / 2 for a and b in {-1, 1}")
        return (number(1) + values[0] * freshen(values[1])).scaled(Fraction(1, 2))

    def count(self, expr: Count) -> Poly:
        """How many numbers there are: for each symbol the product of the sizes of its ranges."""
        total = Poly()
        for shape in expr.shapes:
            one = number(1)
            for range_ in shape:
                one = one * self.size(range_)
            total = total + one
        return total

    def rank(self, expr: Rank) -> Poly:
        from derive.algebra.jacobian import rank

        found = rank(expr, self)
        self.used.add(
            "the rank of a Jacobian: that at a rational point, and no more by what leaves all values as they are"
        )
        return number(found)

    def size(self, range_: str) -> Poly:
        size = self.scope.ranges[range_].size
        return number(int(size)) if size.isdigit() else atom(Sym(SIZE + range_, (), True))

    def symbol(self, symbol: Symbol, at: tuple[Index, ...]) -> Poly:
        by_rule = self.symbol_rule(symbol, at)
        if by_rule is not None:
            return by_rule
        declared = self.declared(symbol.name)
        positive = symbol.name == r"\pi" or (declared is not None and declared.domain in POSITIVE)
        binary = declared is not None and declared.domain == "binary"
        return atom(Sym(symbol.name, at, positive, binary))

    def product(self, expr: Mul) -> Poly:
        """A product of scalars, of a row, matrices and a column, or of a bra, operators and a ket."""
        if any(factor.type.kind in ("bra", "ket") for factor in expr.factors):
            return self.spins.bracket(expr.factors)
        result = number(1)
        run: list[Expr] = []
        for factor in expr.factors:
            if factor.type.kind == "scalar" and not run:
                result = result * freshen(self.scalar(factor))
            else:
                run.append(factor)
        if run:
            result = result * freshen(self.sandwich(run))
        return result

    def sandwich(self, run: list[Expr]) -> Poly:
        """row · matrix · … · column as a double sum over entries; scalars in between are pulled out."""
        scalars = [factor for factor in run if factor.type.kind == "scalar"]
        rest = [factor for factor in run if factor.type.kind != "scalar"]
        if rest[0].type.kind != "row" or rest[-1].type.kind != "column":
            raise Unsupported("a product of these kinds is no scalar")
        (axis,) = rest[0].type.axes
        i, j = new_index(axis), new_index(axis)
        middle = mx.identity(axis)
        for factor in rest[1:-1]:
            middle = middle @ self.matrices.words(factor)
        body = self.entry(rest[0], (i,)) * freshen(self.matrices.entry(middle, i, j))
        body = body * freshen(self.entry(rest[-1], (j,)))
        for factor in scalars:
            body = body * freshen(self.scalar(factor))
        return self.summed(self.summed(body, j), i)

    def power(self, expr: Pow) -> Poly:
        exponent = constant(expr.exponent)
        if expr.base.type.kind == "vector":
            return self.squared(expr.base)
        if isinstance(expr.base, Abs) and exponent == 2 and has_states(expr.base.of):
            return self.spins.squared_modulus(expr.base.of)
        if isinstance(expr.base, Norm) and exponent == 2:
            return self.squared(expr.base.of)
        base = self.scalar(expr.base)
        if exponent is not None:
            return power_of(base, exponent)
        if not is_positive_sum(base):
            raise Unsupported("a power with a symbol in its exponent of something not known to be positive")
        self.used.add("a^b = exp(b log a) for positive a")
        return exp_of(self.scalar(expr.exponent) * freshen(log_of(base)))

    def squared(self, vector: Expr) -> Poly:
        return self.dot(vector, vector)

    def dot(self, left: Expr, right: Expr) -> Poly:
        """The sum over the components, written out where space has a known number of dimensions."""
        (axis,) = left.type.axes
        size = self.scope.ranges[axis].size
        if size.isdigit():
            places = [Index(str(n + 1), axis) for n in range(int(size))]
            return sum((self.entry(left, (at,)) * freshen(self.entry(right, (at,))) for at in places), Poly())
        index = new_index(axis)
        return self.summed(self.entry(left, (index,)) * freshen(self.entry(right, (index,))), index)

    def summed(self, body: Poly, index: Index, excluded: tuple[Index, ...] = ()) -> Poly:
        pairs = frozenset(frozenset((index, other)) for other in excluded)
        return collect((Term(t.factors, (*t.bound, index), t.distinct | pairs), c) for t, c in body.terms)

    def over_sum(self, index: Index, excluded: tuple[Index, ...], body: Expr) -> Poly:
        bound = new_index(index.range)
        return self.summed(self.scalar(substitute_indices(body, {index: bound})), bound, excluded)

    def entry(self, expr: Expr, at: tuple[Index, ...]) -> Poly:
        """One entry of a vector, column, row or array: its open axes filled by the indices ``at``, in order."""
        if not at:
            return self.scalar(expr)
        match expr:
            case Symbol(slots=slots):
                rest = list(at)
                filled = tuple(slot if isinstance(slot, Index) else rest.pop(0) for slot in slots)
                return self.symbol(expr, filled)
            case Zero():
                return Poly()
            case Add(terms=terms):
                return sum((self.entry(term, at) for term in terms), Poly())
            case Neg(term=term):
                return -self.entry(term, at)
            case Frac(top=top, bottom=bottom):
                return self.entry(top, at) * freshen(power_of(self.scalar(bottom), Fraction(-1)))
            case Transpose(of=of) if of.type.kind in ("column", "row"):
                return self.entry(of, at)
            case Over(operation="sum", index=index, excluded=excluded, body=body):
                bound = new_index(index.range)
                return self.summed(self.entry(substitute_indices(body, {index: bound}), at), bound, excluded)
            case Mul(factors=factors):
                return self.product_entry(factors, at)
            case Partial(of=of, by=by):
                return self.calculus.partial(of, by, at)
        raise Unsupported(f"the components of {type(expr).__name__} are not known")

    def product_entry(self, factors: tuple[Expr, ...], at: tuple[Index, ...]) -> Poly:
        result = number(1)
        others = [factor for factor in factors if factor.type.kind != "scalar"]
        for factor in factors:
            if factor.type.kind == "scalar":
                result = result * freshen(self.scalar(factor))
        if len(others) == 1:
            return result * freshen(self.entry(others[0], at))
        if others[-1].type.kind == "column":
            (axis,) = others[-1].type.axes
            inner = new_index(axis)
            middle = mx.identity(axis)
            for factor in others[:-1]:
                middle = middle @ self.matrices.words(factor)
            body = self.matrices.entry(middle, at[0], inner) * freshen(self.entry(others[-1], (inner,)))
            return result * freshen(self.summed(body, inner))
        raise Unsupported("a product of these kinds has no components")
