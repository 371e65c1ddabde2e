"""Laws of a statement: Gaussian densities, integrals and expectations, and what is random under which law."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derive.algebra import matrix as mx
from derive.algebra.indexed import (
    SIZE,
    Atom,
    Determinant,
    Entry,
    Factor,
    Fn,
    Moment,
    Opaque,
    Poly,
    Root,
    Sym,
    Term,
    atom,
    exp_of,
    freshen,
    log_of,
    multiply,
    new_index,
    number,
    power_of,
    recanonical,
)
from derive.algebra.rules import Rule, Unsupported, unify, unify_slot
from derive.expression import (
    Density,
    Element,
    Expectation,
    Expr,
    Gaussian,
    Index,
    Integral,
    Mul,
    Pow,
    Symbol,
    substitute_indices,
    walk,
)
from derive.latex.reader import constant

if TYPE_CHECKING:
    from derive.algebra.lowering import Lowering


class Laws:
    """The probabilistic side of a lowering."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering

    def gaussian(self, expr: Gaussian) -> Poly:
        """The density of the multivariate normal law, as the exponential of its logarithm."""
        (axis,) = expr.of.type.axes
        covariance = self.lowering.matrices.words(expr.covariance)
        i, j = new_index(axis), new_index(axis)
        inverse = mx.inverse_of(covariance)
        left = self.lowering.entry(expr.of, (i,)) - self.lowering.entry(expr.mean, (i,))
        right = self.lowering.entry(expr.of, (j,)) - self.lowering.entry(expr.mean, (j,))
        form = freshen(left) * freshen(self.lowering.matrices.entry(inverse, i, j))
        form = self.lowering.summed(self.lowering.summed(form * freshen(right), j), i)
        half = Fraction(-1, 2)
        two_pi = log_of(atom(Sym(r"\pi", (), True)).scaled(Fraction(2)))
        size = atom(Sym(SIZE + axis, (), True))
        self.lowering.used.add("the density of the multivariate normal law")
        exponent = (size * freshen(two_pi)).scaled(half)
        exponent = exponent + log_of(self.lowering.matrices.determinant(covariance)).scaled(half) + form.scaled(half)
        return exp_of(exponent)

    def is_random(self, expr: Expr, law: str | None = None) -> bool:
        """Whether an expression depends on a random quantity of the law (of any law if None)."""
        for node in walk(expr):
            if isinstance(node, Symbol):
                declared = self.lowering.declared(node.name)
                if declared is not None and declared.law is not None and (law is None or declared.law == law):
                    return True
        return False

    def integral(self, variable: Symbol, body: Expr) -> Poly:
        r"""\int dx P(x) f(x) is the expectation of f, when P is a law that x follows."""
        factors = body.factors if isinstance(body, Mul) else (body,)
        laws = [f for f in factors if isinstance(f, Density) and f.of == (variable,) and not f.given]
        declared = self.lowering.declared(variable.name)
        if len(laws) != 1 or declared is None or declared.law != laws[0].law:
            raise Unsupported("an integral whose integrand is not a density of its variable times a function")
        rest = tuple(f for f in factors if f is not laws[0])
        inner = self.lowering.scalar(Mul(rest)) if rest else number(1)
        return self.expect(laws[0].law, inner)

    def expectation(self, expr: Expectation) -> Poly:
        if expr.kind == "E":
            return self.expect(expr.law, self.lowering.scalar(expr.arguments[0]))
        first = expr.arguments[0]
        second = expr.arguments[-1]
        self.lowering.used.add("Cov[a, b] = E[ab] - E[a] E[b]")
        both = self.expect(expr.law, self.lowering.scalar(first) * freshen(self.lowering.scalar(second)))
        apart = self.expect(expr.law, self.lowering.scalar(first)) * freshen(
            self.expect(expr.law, self.lowering.scalar(second))
        )
        return both - apart

    def variance_name(self) -> str:
        return next(
            (key for key, declared in self.lowering.scope.symbols.items() if declared.kind == "variance"), "Var"
        )

    def expect(self, law: str, inner: Poly) -> Poly:
        """The expectation term by term: linear, one for the constant, the rest pulled out."""
        self.lowering.used.add("the expectation is linear, and the law is normalised")
        result = Poly()
        for term, coefficient in inner.terms:
            random: list[Factor] = [f for f in term.factors if self.is_random_atom(f[0], law)]
            fixed = tuple(f for f in term.factors if f not in random)
            factors = fixed
            if random:
                factors = multiply(fixed, ((Moment(law, tuple(random)), Fraction(1)),))
            result = result + Poly(((Term(factors, term.bound, term.distinct), coefficient),))
        return self.known_moments(result) if self.moment_rules(law) else result

    def moment_rules(self, law: str) -> list[Rule]:
        return [
            r
            for r in self.lowering.rules
            if isinstance(r.left, Expectation) and r.left.law == law and r not in self.lowering.busy
        ]

    def known_moments(self, poly: Poly) -> Poly:
        """Moments that a rule gives, such as E[x_i x_j], put in once the coincidences of indices are split."""
        result = Poly()
        for term, coefficient in recanonical(poly).terms:
            fresh = freshen(Poly(((term, coefficient),)))
            (term, coefficient), *_ = fresh.terms
            product = Poly(((Term((), term.bound, term.distinct), coefficient),))
            for which, power in term.factors:
                product = product * freshen(self.known_moment(which, power))
            result = result + product
        return result

    def known_moment(self, which: Atom, power: Fraction) -> Poly:
        if not isinstance(which, Moment) or power.denominator != 1 or power < 0:
            return atom(which, power)
        symbols: list[tuple[str, Index]] = []
        for inner, exponent in which.factors:
            if not isinstance(inner, Sym) or len(inner.at) != 1 or exponent.denominator != 1 or exponent < 1:
                return atom(which, power)
            symbols.extend([(inner.name, inner.at[0])] * int(exponent))
        for rule in self.moment_rules(which.law):
            assert isinstance(rule.left, Expectation)
            value = self.matched_moment(rule, symbols)
            if value is not None:
                self.lowering.applied.add(rule.source)
                return power_of(value, power)
        by_covariance = None
        if self.lowering.moments and len(symbols) == 2:
            by_covariance = self.moment_by_covariance(which.law, symbols)
        return power_of(by_covariance, power) if by_covariance is not None else atom(which, power)

    def moment_by_covariance(self, law: str, symbols: list[tuple[str, Index]]) -> Poly | None:
        """E[ab] as Cov[a, b] + E[a] E[b] (E[a²] as Var[a] + E[a]²), where a rule gives the covariance or variance."""
        first, second = (Symbol(name, (index,)) for name, index in symbols)
        kind, arguments = ("Var", (first,)) if first == second else ("Cov", (first, second))
        expr = Expectation(kind, law, arguments)  # type: ignore[arg-type]
        right: Expr | None = None
        for rule in self.moment_rules(law):
            found: dict[Index, Index] = {}
            if unify(rule.left, expr, found) and all(found.get(a, a) != found.get(b, b) for a, b in rule.apart):
                self.lowering.applied.add(rule.source)
                right = substitute_indices(rule.right, found)
                break
        if right is None:
            return None
        self.lowering.used.add("E[ab] = Cov[a, b] + E[a] E[b]")
        means = [
            self.known_moment(Moment(law, ((Sym(name, (index,)), Fraction(1)),)), Fraction(1))
            for name, index in symbols
        ]
        return self.lowering.scalar(right) + freshen(means[0]) * freshen(means[1])

    def matched_moment(self, rule: Rule, symbols: list[tuple[str, Index]]) -> Poly | None:
        """The value a rule ``E[x_i x_j] = …`` gives to a moment, for different or equal indices."""
        assert isinstance(rule.left, Expectation)
        if rule.left.kind != "E":
            return None
        argument = rule.left.arguments[0]
        factors = argument.factors if isinstance(argument, Mul) else (argument,)
        if isinstance(argument, Pow) and constant(argument.exponent) == 2:
            factors = (argument.base, argument.base)
        if len(factors) != len(symbols) or not all(isinstance(f, Symbol) and len(f.slots) == 1 for f in factors):
            return None
        found: dict[Index, Index] = {}
        for factor, (name, index) in zip(factors, symbols, strict=True):
            assert isinstance(factor, Symbol)
            if factor.name != name or not unify_slot(factor.slots[0], index, found):
                return None
        if any(found.get(a, a) == found.get(b, b) for a, b in rule.apart):
            return None
        self.lowering.busy.append(rule)
        try:
            return self.lowering.scalar(substitute_indices(rule.right, found))
        finally:
            self.lowering.busy.pop()

    def is_random_atom(self, which: Atom, law: str) -> bool:
        match which:
            case Sym(name=name):
                declared = self.lowering.declared(name)
                if declared is not None and declared.law == law:
                    return True
                if self.is_defined_through_random(name, law):
                    raise Unsupported(f"{name} is defined through random quantities, by no premise of this line")
                return False
            case Fn(argument=inner) | Root(base=inner):
                return any(self.is_random_atom(f, law) for t, _ in inner.terms for f, _ in t.factors)
            case Opaque(expr=expr):
                return self.is_random(expr, law)
            case Moment(law=inner_law, factors=factors):
                return inner_law != law and any(self.is_random_atom(inner, law) for inner, _ in factors)
            case Entry(matrix=matrix) | Determinant(matrix=matrix):
                if self.is_random_matrix(matrix, law):
                    raise Unsupported("the expectation of a function of a random matrix")
        return False

    def is_random_matrix(self, matrix: mx.Matrix, law: str) -> bool:
        def random_poly(poly: Poly) -> bool:
            return any(self.is_random_atom(which, law) for term, _ in poly.terms for which, _ in term.factors)

        def random_letter(letter: mx.Letter) -> bool:
            match letter:
                case mx.Named(name=name):
                    declared = self.lowering.declared(name)
                    whole = declared.part_of[1] if declared is not None and declared.part_of is not None else name
                    return any(
                        ((found := self.lowering.declared(part)) is not None and found.law == law)
                        or self.is_defined_through_random(part, law)
                        for part in (name, whole)
                    )
                case mx.Inverse(of=of) | mx.Function(of=of):
                    return self.is_random_matrix(of, law)
                case mx.InverseOf(of=inner):
                    return random_letter(inner)
                case mx.Table(diagonal=diagonal, off_diagonal=off):
                    return random_poly(diagonal) or random_poly(off)
            return True

        return any(random_poly(c) or any(random_letter(letter) for letter in word) for word, c in matrix.words)

    def is_defined_through_random(self, name: str, law: str) -> bool:
        """Whether a rule or definition gives a symbol, or the entries of a matrix, by random quantities of the law."""
        if name in self.lowering.sought:
            return False
        self.lowering.sought.append(name)
        try:
            return any(
                isinstance(left := rule.left.of if isinstance(rule.left, Element) else rule.left, Symbol)
                and left.name == name
                and self.is_random_outside_laws(rule.right, law)
                for rule in (*self.lowering.rules, *self.lowering.definitions)
            )
        finally:
            self.lowering.sought.pop()

    def is_random_outside_laws(self, expr: Expr, law: str) -> bool:
        """Whether an expression depends on a random quantity that no expectation or integral in it binds."""
        if isinstance(expr, Expectation | Integral):
            return False
        if isinstance(expr, Symbol):
            return self.is_random(expr, law) or self.is_defined_through_random(expr.name, law)
        return any(self.is_random_outside_laws(child, law) for child in expr.children)
