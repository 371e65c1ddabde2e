"""Laws of a statement: Gaussian densities, integrals and expectations, and what is random under which law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING

from derive.algebra import matrix as mx
from derive.algebra.atoms import (
    SIZE,
    Atom,
    Determinant,
    Entry,
    Factor,
    Factors,
    Fn,
    Letter,
    Mean,
    Moment,
    Opaque,
    Root,
    Sym,
    Term,
    Value,
)
from derive.algebra.calculus import NORMALISED, without_scores
from derive.algebra.contents import symbols_of
from derive.algebra.independence import factorised, grouped
from derive.algebra.indexed import (
    Poly,
    atom,
    exp_of,
    freshen,
    is_positive_sum,
    kronecker,
    log_of,
    multiply,
    new_index,
    power_of,
    recanonical,
    rename_atom,
)
from derive.algebra.integrals import Integrals
from derive.algebra.operators import Exponential, Named, Operator
from derive.algebra.rules import Rule, Unsupported, as_variance, unify, unify_slot
from derive.algebra.substitution import put
from derive.constants import constant
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
    ValueSum,
    substitute_indices,
    walk,
)

if TYPE_CHECKING:
    from derive.algebra.lowering import Lowering


class Laws:
    """The probabilistic side of a lowering."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering
        self.integrals = Integrals(lowering, self)
        self.given = 0
        """How many expectations that are given something are being lowered."""
        self.apart: frozenset[frozenset[Index]] = frozenset()
        """The pairs of indices that are known to differ where a moment is looked up."""

    def gaussian(self, expr: Gaussian) -> Poly:
        """The density of the multivariate normal law, as the exponential of its logarithm."""
        if not expr.of.type.axes:
            return self.normal(expr)
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

    def normal(self, expr: Gaussian) -> Poly:
        """The density of the normal law of one number, with its variance."""
        variance = self.lowering.scalar(expr.covariance)
        if not is_positive_sum(recanonical(variance)):
            raise Unsupported("a normal law whose variance is not known to be positive")
        offset = self.lowering.scalar(expr.of) - self.lowering.scalar(expr.mean)
        self.lowering.used.add("the density of the normal law")
        half = Fraction(-1, 2)
        two_pi = atom(Sym(r"\pi", (), True)).scaled(Fraction(2))
        form = freshen(offset) * freshen(offset) * freshen(power_of(variance, Fraction(-1)))
        return exp_of(log_of(two_pi * freshen(variance)).scaled(half) + form.scaled(half))

    def is_random(self, expr: Expr, law: str | None = None) -> bool:
        """Whether an expression depends on a random quantity of the law (of any law if None)."""
        for node in walk(expr):
            if isinstance(node, Symbol):
                declared = self.lowering.declared(node.name)
                if declared is not None and declared.law is not None and (law is None or declared.law == law):
                    return True
        return False

    def density(self, expr: Density) -> Poly:
        """The value of a density that no rule gives; a conditional one by the law of all over that of the condition."""
        if not expr.given:
            return atom(Opaque(replace(expr, of=_sorted(expr.of)), self.is_random(expr)))
        self.lowering.used.add("the chain rule P(a, c) = P(a | c) P(c)")
        whole = replace(expr, of=_sorted((*expr.of, *expr.given)), given=())
        part = replace(expr, of=_sorted(expr.given), given=())
        return self.lowering.scalar(whole) * power_of(self.lowering.scalar(part), Fraction(-1))

    def measured(self, expr: Expr) -> Poly:
        """An integral, a sum over values, or several of them in each other."""
        return self.integrals.scalar(expr)

    def measured_operator(self, expr: Expr) -> Operator:
        return self.integrals.operator(expr)

    def expectation(self, expr: Expectation) -> Poly:
        self.given += bool(expr.given)
        try:
            found = self.unconditional(expr)
        finally:
            self.given -= bool(expr.given)
        given = tuple(sorted({node.name for item in expr.given for node in walk(item) if isinstance(node, Symbol)}))
        return self.conditional(expr.law, found, given)

    def expected(self, law: str, inner: Poly, given: tuple[str, ...]) -> Poly:
        """The expectation of a normal form under a law that is given things."""
        return self.conditional(law, self.expect(law, inner), given)

    def conditional(self, law: str, found: Poly, given: tuple[str, ...]) -> Poly:
        """Moments of a law as those of the law given things."""
        random = frozenset(d.key for d in self.lowering.scope.symbols.values() if d.law == law and d.kind == "quantity")
        settled = without_scores(law, found, given, random)
        if settled != found:
            self.lowering.used.add(NORMALISED)
        if not given:
            return settled

        def conditional(which: Atom) -> Poly | None:
            is_own = isinstance(which, Moment) and which.law == law and not which.given
            return atom(replace(which, given=given)) if is_own else None

        return put(settled, conditional)

    def unconditional(self, expr: Expectation) -> Poly:
        """A moment of a law, whatever that is given."""
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
        inner = self.conditioned(law, inner)
        self.lowering.used.add("the expectation is linear, and the law is normalised")
        result = Poly()
        for term, coefficient in inner.terms:
            random: list[Factor] = [f for f in term.factors if self.is_random_atom(f[0], law)]
            fixed = tuple(f for f in term.factors if f not in random)
            factors = fixed
            for group in self.independent(law, random):
                factors = multiply(factors, ((Moment(law, group), Fraction(1)),))
            result = result + Poly(((Term(factors, term.bound, term.distinct), coefficient),))
        return self.known_moments(result) if self.moment_rules(law) else result

    def independent(self, law: str, random: list[Factor]) -> list[Factors]:
        """The factors of a moment in groups that are independent: by a premise that the joint law is a product."""
        if not random or self.given:
            return [tuple(random)] if random else []
        for rule in self.lowering.rules:
            left, right = rule.left, rule.right
            if not isinstance(left, Density) or left.law != law or left.given or not isinstance(right, Mul):
                continue
            names = factorised(right.factors, law)
            of = {item.name for item in left.of if isinstance(item, Symbol) and not item.slots}
            if names is None or len(of) != len(left.of) or sorted(name for n in names for name in n) != sorted(of):
                continue
            groups = grouped(random, names, lambda name: self.is_random_name(name, law))
            if groups is not None and len(groups) > 1:
                self.lowering.applied.add(rule.source)
                self.lowering.used.add("the mean of a product of independent quantities is that of their means")
                return groups
        return [tuple(random)]

    def is_random_name(self, name: str, law: str) -> bool:
        declared = self.lowering.declared(name)
        return (declared is not None and declared.law == law) or self.is_defined_through_random(name, law)

    def conditioned(self, law: str, inner: Poly) -> Poly:
        """E[f(b, x)] as E[sum_b P(b | x) f(b, x)], for a binary b whose law given the rest a premise states."""
        for rule in self.lowering.rules:
            left = rule.left
            if not isinstance(left, Density) or left.law != law or len(left.of) != 1 or rule in self.lowering.busy:
                continue
            (variable,) = left.of
            if not isinstance(variable, Symbol) or variable.slots or not self.integrals.is_binary(variable):
                continue
            others = {d.key for d in self.lowering.scope.symbols.values() if d.law == law and d.kind == "quantity"}
            whole = [item for item in left.given if isinstance(item, Symbol) and not _is_component(item)]
            if others - {variable.name} != {item.name for item in whole} or len(whole) != len(left.given):
                continue
            if all(symbol.name != variable.name for symbol in symbols_of(inner)):
                continue
            self.lowering.busy.append(rule)
            try:
                weight = self.lowering.scalar(rule.right)
            finally:
                self.lowering.busy.pop()
            self.lowering.applied.add(rule.source)
            self.lowering.used.add("E[f] = E[E[f | x]]")
            inner = self.integrals.summed_over_values(inner * freshen(weight), variable)
        return inner

    def moment_rules(self, law: str) -> list[Rule]:
        return [
            r
            for r in self.lowering.rules
            if isinstance(r.left, Expectation)
            and (r.left.law, r.left.given) == (law, ())
            and r not in self.lowering.busy
        ]

    def known_moments(self, poly: Poly) -> Poly:
        """Moments that a rule gives, such as E[x_i x_j], put in once the coincidences of indices are split."""
        result = Poly()
        for term, coefficient in recanonical(poly).terms:
            fresh = freshen(Poly(((term, coefficient),)))
            (term, coefficient), *_ = fresh.terms
            product = Poly(((Term((), term.bound, term.distinct), coefficient),))
            for which, power in term.factors:
                product = product * freshen(self.known_apart(which, power, term.distinct))
            result = result + product
        return result

    def known_apart(self, which: Atom, power: Fraction, distinct: frozenset[frozenset[Index]]) -> Poly:
        """A moment that a rule gives; of two components both where their indices coincide and where not."""
        indices = _two_components(which)
        self.apart = distinct if indices is None else distinct | {frozenset(indices)}
        value = self.known_moment(which, power)
        self.apart = distinct
        if indices is None or power != 1 or frozenset(indices) in distinct or value == atom(which):
            return value
        first, second = indices
        same = self.known_moment(rename_atom(which, {second: first}), power)
        equal = kronecker(first, second)
        pair = frozenset({frozenset(indices)})
        apart = Poly(tuple((Term(t.factors, t.bound, t.distinct | pair), c) for t, c in value.terms))
        return equal * freshen(same) + apart

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
        covariance = Expectation("Cov", law, (first, second))
        right = self.moment_given(as_variance(covariance, self.variance_name())) or self.moment_given(covariance)
        if right is None:
            return None
        value = self.lowering.scalar(right)
        self.lowering.used.add("E[ab] = Cov[a, b] + E[a] E[b]")
        means = [
            self.known_moment(Moment(law, ((Sym(name, (index,)), Fraction(1)),)), Fraction(1))
            for name, index in symbols
        ]
        return value + freshen(means[0]) * freshen(means[1])

    def moment_given(self, expr: Expectation) -> Expr | None:
        """The right side of the rule that gives a variance or covariance; None if there is none."""
        for rule in self.moment_rules(expr.law):
            found: dict[Index, Index] = {}
            if unify(rule.left, expr, found) and self.keeps_apart(rule, found):
                self.lowering.applied.add(rule.source)
                return substitute_indices(rule.right, found)
        return None

    def keeps_apart(self, rule: Rule, found: Mapping[Index, Index]) -> bool:
        """Whether the indices that a rule keeps different are known to be; free ones are."""
        for pair in ((found.get(a, a), found.get(b, b)) for a, b in rule.apart):
            free = not any(index.name.startswith("~") for index in pair)
            if pair[0] == pair[1] or not (free or frozenset(pair) in self.apart):
                return False
        return True

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
        fitting = (_matched(order, symbols) for order in permutations(factors))
        found = next((f for f in fitting if f is not None and self.keeps_apart(rule, f)), None)
        if found is None:
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
                return self.is_random_poly(inner, law)
            case Opaque(expr=expr):
                return self.is_random(expr, law)
            case Value(arguments=arguments):
                return any(self.is_random_poly(argument, law) for argument in arguments)
            case Mean(word=word):
                return any(self.is_random_letter(letter, law) for letter in word)
            case Moment(given=given) if any(self.is_random(Symbol(name)) for name in given):
                raise Unsupported("the expectation of an expectation given what is random")
            case Moment(law=inner_law, factors=factors):
                return inner_law != law and any(self.is_random_atom(inner, law) for inner, _ in factors)
            case Entry(matrix=matrix) | Determinant(matrix=matrix):
                if self.is_random_matrix(matrix, law):
                    raise Unsupported("the expectation of a function of a random matrix")
        return False

    def is_random_poly(self, poly: Poly, law: str) -> bool:
        return any(self.is_random_atom(which, law) for term, _ in poly.terms for which, _ in term.factors)

    def is_random_letter(self, letter: Letter, law: str) -> bool:
        match letter:
            case Named(name=name, arguments=arguments):
                return any(self.is_random_poly(argument, law) for argument in arguments) or (
                    self.is_defined_through_random(name, law)
                )
            case Exponential(of=of):
                return any(
                    self.is_random_poly(c, law) or any(self.is_random_letter(inner, law) for inner in word)
                    for word, c in of.words
                )
        return False

    def is_random_matrix(self, matrix: mx.Matrix, law: str) -> bool:
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
                    return self.is_random_poly(diagonal, law) or self.is_random_poly(off, law)
            return True

        return any(
            self.is_random_poly(c, law) or any(random_letter(letter) for letter in word) for word, c in matrix.words
        )

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
        if isinstance(expr, Expectation | Integral | ValueSum):
            return False
        if isinstance(expr, Symbol):
            return self.is_random(expr, law) or self.is_defined_through_random(expr.name, law)
        return any(self.is_random_outside_laws(child, law) for child in expr.children)


def _is_component(symbol: Symbol) -> bool:
    """Whether a symbol is one component of a column."""
    return any(isinstance(slot, Index) for slot in symbol.slots)


def _sorted(items: tuple[Expr, ...]) -> tuple[Expr, ...]:
    return tuple(sorted(items, key=repr))


def _matched(factors: tuple[Expr, ...], symbols: list[tuple[str, Index]]) -> dict[Index, Index] | None:
    """What the indices of a product of components stand for where it is these, in this order."""
    found: dict[Index, Index] = {}
    for factor, (name, index) in zip(factors, symbols, strict=True):
        assert isinstance(factor, Symbol)
        if factor.name != name or not unify_slot(factor.slots[0], index, found):
            return None
    return found


def _two_components(which: Atom) -> tuple[Index, Index] | None:
    """The two different indices, of one range, of a moment of two components."""
    if not isinstance(which, Moment) or len(which.factors) != 2:
        return None
    (a, p), (b, q) = which.factors
    if not isinstance(a, Sym) or not isinstance(b, Sym) or (p, q) != (1, 1) or len(a.at) != 1 or len(b.at) != 1:
        return None
    return (a.at[0], b.at[0]) if a.at[0].range == b.at[0].range and a.at != b.at else None
