r"""Integrals and sums over values: as expectations under the law in their integrand.

Integrals and sums in each other are taken together: the variables, and the factors of the integrand. A delta sets one
of the variables. Where the integrand has densities of one law, chained as P(b | x) P(x), the rest of it is under the
expectation of that law; a variable whose density a premise gives as a formula is summed over explicitly, b = -1 and
b = 1; a real variable without a density stays an integral.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from itertools import permutations
from typing import TYPE_CHECKING

from derive.algebra.atoms import (
    Atom,
    Factor,
    Letter,
    Mean,
    Moment,
    Opaque,
    Sym,
    Term,
)
from derive.algebra.contents import hides, mentions, names_of, symbols_of, unbound
from derive.algebra.independence import factorised, grouped
from derive.algebra.indexed import Poly, atom, atoms_in, collect, freshen, multiply, number, recanonical
from derive.algebra.integrands import Integrand, factors_of, may_be, set_by, speaks_of, taken_together
from derive.algebra.measures import bound_moment
from derive.algebra.operators import Named, Operator
from derive.algebra.rules import Rule, Unsupported, unify
from derive.algebra.substitution import put
from derive.expression import (
    Density,
    Dirac,
    Expr,
    Index,
    Mul,
    Number,
    Symbol,
    Whole,
    put_symbol,
    substitute_indices,
    walk,
)

if TYPE_CHECKING:
    from derive.algebra.laws import Laws
    from derive.algebra.lowering import Lowering

MINUS = Number(Fraction(-1))


FUBINI = "the order of integration does not matter (Fubini), where the integrals converge absolutely"
MOST_EXCHANGED = 3
"""How many integrals in each other are taken in every order."""


class Integrals:
    """The integrals of a lowering."""

    def __init__(self, lowering: Lowering, laws: Laws) -> None:
        self.lowering = lowering
        self.laws = laws

    def scalar(self, expr: Expr) -> Poly:
        return sum((self.one(part) for part in taken_together(expr)), Poly())

    def operator(self, expr: Expr) -> Operator:
        """An integral whose integrand is an operator times numbers: of each coefficient."""
        result = Operator()
        for part in taken_together(expr):
            numbers = tuple(factor for factor in part.factors if factor.type.kind == "scalar")
            others = tuple(factor for factor in part.factors if factor.type.kind != "scalar")
            found = self.lowering.spins.product(others)
            for word, coefficient in found.words:
                if any(self.varies(letter, part.variables) for letter in word):
                    raise Unsupported("the integral of an operator that depends on the variable")
                value = self.one(replace(part, factors=numbers), coefficient)
                result = result + Operator(((word, value),))
        return result

    def one(self, part: Integrand, more: Poly | None = None) -> Poly:
        """The value of one integral of a product; ``more`` is a further factor in normal form."""
        part = self.without_deltas(part)
        part = self.by_rules(part)
        densities = [f for f in part.factors if isinstance(f, Density) and self.is_over(f, part.variables)]
        separate = self.separate(densities, part)
        if separate is not None:
            return self.over_each(separate, part, densities, more)
        law, of = self.joint(densities, part.variables)
        rest = tuple(factor for factor in part.factors if factor not in densities)
        explicit = [variable for variable in part.variables if variable not in of]
        inner = self.undefined(rest, set(explicit))
        bound = self.undefined(rest, {*of, *explicit}) if law is not None else None
        if more is not None:
            inner = inner * freshen(more)
        for variable in explicit:
            if self.is_binary(variable):
                inner = self.summed_over_values(inner, variable)
        if law is not None:
            self.check_bound(inner if bound is None else bound, law, of | set(explicit), part.set_by_delta)
            if len(densities) > 1:
                self.lowering.used.add("the chain rule P(a, c) = P(a | c) P(c)")
            if len(of) < self.variables_of(law):
                self.lowering.used.add(
                    "marginalisation: a law summed or integrated over a variable is that of the rest"
                )
            inner = self.laws.expected(law, inner, self.condition(densities))
        return self.over_measures(inner, [variable for variable in explicit if not self.is_binary(variable)])

    def separate(self, densities: list[Density], part: Integrand) -> list[set[str]] | None:
        """The variables of several densities that are no joint law, but of which each is over its own variables."""
        names = factorised(densities, densities[0].law) if densities else None
        if names is None or self.is_stated(densities):
            return None
        every = {name for own in names for name in own}
        return names if every == {v.name for v in part.variables if not v.slots} and part.all_plain else None

    def over_each(self, names: list[set[str]], part: Integrand, densities: list[Density], more: Poly | None) -> Poly:
        """The integral under a product of densities of one law, each over its own variables."""
        law = densities[0].law
        rest = tuple(factor for factor in part.factors if factor not in densities)
        inner = self.undefined(rest, set(part.variables))
        inner = inner if more is None else inner * freshen(more)
        self.check_bound(inner, law, set(part.variables), part.set_by_delta)
        self.lowering.used.add("the expectation is linear, and the law is normalised")
        result = Poly()
        for term, coefficient in recanonical(inner).terms:
            random = [f for f in term.factors if self.laws.is_random_atom(f[0], law)]
            factors = tuple(f for f in term.factors if f not in random)
            groups = grouped(random, names, lambda name: self.laws.is_random_name(name, law))
            if groups is None:
                raise Unsupported("a function of several variables under a product of their densities")
            for group in groups:
                factors = multiply(factors, ((Moment(law, group), Fraction(1)),))
            result = result + Poly(((Term(factors, term.bound, term.distinct), coefficient),))
        return self.laws.known_moments(result) if self.laws.moment_rules(law) else result

    def undefined(self, rest: tuple[Expr, ...], variables: Collection[Expr]) -> Poly:
        """The rest of an integrand, with those variables left as they are that a premise defines by others."""
        own = [rule for rule in self.lowering.rules if rule.left in variables and rule not in self.lowering.busy]
        before = len(self.lowering.busy)
        self.lowering.busy.extend(own)
        try:
            return self.lowering.scalar(Mul(rest)) if rest else number(1)
        finally:
            del self.lowering.busy[before:]

    # -- deltas and rules ----------------------------------------------------------------------------------------

    def without_deltas(self, part: Integrand) -> Integrand:
        """Each delta of a variable less something sets the variable to that."""
        while (delta := next((factor for factor in part.factors if isinstance(factor, Dirac)), None)) is not None:
            found = set_by(delta, part.variables)
            if found is None:
                raise Unsupported("a delta that sets none of the variables integrated over")
            variable, value = found
            self.lowering.used.add("the integral over a delta sets its variable")
            factors = tuple(factor for factor in part.factors if factor is not delta)
            variables = tuple(other for other in part.variables if other != variable)
            if self.is_defined_as(variable, value):
                part = Integrand(variables, factors, (*part.set_by_delta, variable.name))
            else:
                self.check_settable(variable, factors)
                factors = tuple(put_symbol(factor, variable, value) for factor in factors)
                part = Integrand(variables, factors, part.set_by_delta)
        return part

    def check_settable(self, variable: Symbol, factors: tuple[Expr, ...]) -> None:
        """Raises Unsupported where a delta does not simply put a value for its variable."""
        declared = self.lowering.declared(variable.name)
        if declared is None or declared.domain != "real":
            raise Unsupported("a delta of a variable that does not range over all real numbers")
        for node in (node for factor in factors for node in walk(factor)):
            if isinstance(node, Density) and any(speaks_of(item, variable.name) for item in (*node.of, *node.given)):
                raise Unsupported("a delta of a variable that a density is over or given")
            if isinstance(node, Symbol) and node != variable and may_be(node, variable):
                raise Unsupported("a delta of one component beside others")

    def is_defined_as(self, variable: Symbol, value: Expr) -> bool:
        """Whether the variable is the random quantity that has this value."""
        for rule in (*self.lowering.rules, *self.lowering.definitions):
            if rule.left == variable:
                lowered = [recanonical(self.lowering.scalar(side)) for side in (rule.right, value)]
                return lowered[0] == lowered[1]
        return False

    def by_rules(self, part: Integrand) -> Integrand:
        """Densities that a premise gives replaced by what it says; P(a, c) as P(a | c) P(c) where it gives P(a | c)."""
        factors = list(part.factors)
        at = 0
        while at < len(factors):
            factor = factors[at]
            if isinstance(factor, Density):
                right = self.lowering.rule_for(factor)
                if right is not None:
                    factors[at : at + 1] = factors_of(right)
                    continue
                split = self.split(factor)
                if split is not None:
                    factors[at : at + 1] = split
                    continue
            at += 1
        return replace(part, factors=tuple(factors))

    def split(self, density: Density) -> list[Expr] | None:
        """P(a, c) as P(a | c) P(c), for a P(a | c) that some rule gives."""
        for rule in self.lowering.rules:
            left = rule.left
            if not isinstance(left, Density) or left.law != density.law or not left.given or rule in self.lowering.busy:
                continue
            if len(left.of) >= len(density.of):
                continue
            found = self.conditional(rule, density)
            if found is None:
                continue
            rest = tuple(item for item in density.of if item not in found.of)
            self.lowering.used.add("the chain rule P(a, c) = P(a | c) P(c)")
            return [found, Density(density.law, rest, density.given)]
        return None

    @staticmethod
    def conditional(rule: Rule, density: Density) -> Density | None:
        """The instance of a rule's left side that is a conditional of a law of several variables."""
        assert isinstance(rule.left, Density)
        for item in density.of:
            indices: dict[Index, Index] = {}
            if not unify(rule.left.of[0], item, indices):
                continue
            left = substitute_indices(rule.left, indices)
            assert isinstance(left, Density)
            rest = {other for other in density.of if other not in left.of} | set(density.given)
            if set(left.of) <= set(density.of) and set(left.given) == rest:
                return left
        return None

    # -- the law of an integrand ---------------------------------------------------------------------------------

    @staticmethod
    def is_over(density: Density, variables: tuple[Symbol, ...]) -> bool:
        return any(item in variables for item in density.of)

    def joint(self, densities: list[Density], variables: tuple[Symbol, ...]) -> tuple[str | None, set[Expr]]:
        """The law that a product of densities is, and the variables it is over.

        Raises Unsupported unless they chain to one law of variables that are all integrated over.
        """
        if not densities:
            return None, set()
        laws = {density.law for density in densities}
        of: list[Expr] = [item for density in densities for item in density.of]
        if len(laws) > 1 or len(set(of)) != len(of):
            raise Unsupported("an integrand with densities that are not the law of its variables")
        open_ = [] if self.is_stated(densities) or self.condition(densities) else list(densities)
        known: set[Expr] = set() if open_ else set(of)
        while open_:
            ready = next((density for density in open_ if set(density.given) == known), None)
            if ready is None:
                raise Unsupported("an integrand with a conditional density whose condition has no law there")
            known |= set(ready.of)
            open_.remove(ready)
        if not known <= set(variables):
            raise Unsupported("an integral over some of the variables of a law only")
        law = laws.pop()
        for item in known:
            declared = self.lowering.declared(item.name) if isinstance(item, Symbol) else None
            if declared is None or declared.law != law:
                raise Unsupported("an integral whose integrand is not a density of its variable times a function")
        return law, known

    def condition(self, densities: list[Density]) -> tuple[str, ...]:
        """What a law is given, by name, where its density stands alone, given symbols that do not follow that law."""
        if len(densities) != 1:
            return ()
        (density,) = densities
        names: list[str] = []
        for item in density.given:
            declared = self.lowering.declared(item.name) if isinstance(item, Symbol) else None
            if declared is None or declared.law == density.law or any(isinstance(s, Index) for s in item.slots):  # type: ignore[attr-defined]
                return ()
            names.append(declared.key)
        return tuple(sorted(names))

    def is_stated(self, densities: list[Density]) -> bool:
        """Whether a premise says that the joint law of all the variables is the product of these densities."""
        of = {item for density in densities for item in density.of}
        for rule in self.lowering.rules:
            left, right = rule.left, rule.right
            if not isinstance(left, Density) or not isinstance(right, Mul) or left.given:
                continue
            if left.law == densities[0].law and set(left.of) == of and set(right.factors) == set(densities):
                self.lowering.applied.add(rule.source)
                return True
        return False

    def variables_of(self, law: str) -> int:
        return sum(d.law == law and d.kind == "quantity" for d in self.lowering.scope.symbols.values())

    def check_bound(self, inner: Poly, law: str, of: set[Expr], also: tuple[str, ...]) -> None:
        """Raises Unsupported where a random quantity of the law is not integrated over."""
        whole = {item.name for item in of if isinstance(item, Symbol) and any(isinstance(s, Whole) for s in item.slots)}
        for symbol in symbols_of(inner, law):
            declared = self.lowering.declared(symbol.name)
            if declared is None or declared.law != law or symbol.name in whole or symbol.name in also:
                continue
            if Symbol(symbol.name, symbol.at) not in of and not self.is_function_of(symbol.name, law, whole):
                raise Unsupported(f"{symbol.name} is not integrated over")

    def is_function_of(self, name: str, law: str, known: set[str]) -> bool:
        """Whether a random quantity is defined by others that are all integrated over."""
        for rule in (*self.lowering.rules, *self.lowering.definitions):
            if isinstance(rule.left, Symbol) and rule.left.name == name:
                inside = [node.name for node in walk(rule.right) if isinstance(node, Symbol)]
                random = {n for n in inside if (d := self.lowering.declared(n)) is not None and d.law == law}
                return bool(random) and random <= known
        return False

    # -- values --------------------------------------------------------------------------------------------------

    def is_binary(self, variable: Symbol) -> bool:
        declared = self.lowering.declared(variable.name)
        return declared is not None and declared.domain == "binary"

    def summed_over_values(self, inner: Poly, variable: Symbol) -> Poly:
        """f(-1) + f(1)."""
        if any(not isinstance(slot, Index) for slot in variable.slots):
            raise Unsupported("a sum over all values of a column without a law")
        wanted = Sym(variable.name, tuple(slot for slot in variable.slots if isinstance(slot, Index)))
        if hides(inner, variable.name, in_means=False):
            raise Unsupported(f"a sum over the values of {variable.name} in something that is not opened")
        for symbol in symbols_of(inner):
            bound = any(index.name[0] in "~·" for index in (*symbol.at, *wanted.at))
            if symbol.name == wanted.name and symbol.at != wanted.at and bound:
                raise Unsupported(f"a sum over one component of {variable.name} beside a sum over all")
        self.check_independent(inner, variable)
        result = Poly()
        for value in (-1, 1):
            result = result + put(inner, lambda which, value=value: _binary_value(which, wanted, value))
        return result

    def check_independent(self, inner: Poly, variable: Symbol) -> None:
        """Raises Unsupported where something in an integrand is defined by its variable, in no premise of the line."""
        for name in sorted({name for which in atoms_in(inner) for name in names_of(which)} - {variable.name}):
            if self.is_defined_by(name, variable.name, frozenset()):
                raise Unsupported(f"{name} is defined by {variable.name}, by no premise of this line")

    def is_defined_by(self, name: str, variable: str, seen: frozenset[str]) -> bool:
        """Whether a definition gives a symbol by another one."""
        for rule in (*self.lowering.rules, *self.lowering.definitions):
            if isinstance(rule.left, Symbol) and rule.left.name == name and name not in seen:
                inside = {node.name for node in unbound(rule.right) if isinstance(node, Symbol)}
                if variable in inside or any(self.is_defined_by(n, variable, seen | {name}) for n in inside):
                    return True
        return False

    def over_measures(self, inner: Poly, variables: list[Symbol]) -> Poly:
        """Integrals without a density in each other: in the order that sorts first, if results differ."""
        given = reduce(self.over_measure, variables, inner)
        if not 1 < len(variables) <= MOST_EXCHANGED:
            return given
        results = [reduce(self.over_measure, order, inner) for order in permutations(variables)]
        first = min((recanonical(result) for result in results), key=repr)
        if first != recanonical(given):
            self.lowering.used.add(FUBINI)
        return first

    def over_measure(self, inner: Poly, variable: Symbol) -> Poly:
        """An integral without a density: what does not depend on its variable stands before it."""
        if any(isinstance(slot, Index) for slot in variable.slots):
            raise Unsupported("an integral over one component without a density")
        self.check_independent(inner, variable)
        found: list[tuple[Term, Fraction]] = []
        for term, coefficient in recanonical(inner).terms:
            inside: list[Factor] = [f for f in term.factors if mentions(atom(f[0]), variable.name)]
            outside = tuple(f for f in term.factors if f not in inside)
            moment = bound_moment(tuple(inside), variable, self.lowering.declared(variable.name))
            factors = multiply(outside, ((moment, Fraction(1)),))
            found.append((Term(factors, term.bound, term.distinct), coefficient))
        return collect(found)

    @staticmethod
    def varies(which: Letter, variables: tuple[Symbol, ...]) -> bool:
        names = {variable.name for variable in variables}
        return bool(names & which.names) or any(mentions(part, name) for part in which.parts for name in names)


def _binary_value(which: Atom, wanted: Sym, value: int) -> Poly | None:
    match which:
        case Sym(name=name, at=at) if (name, at) == (wanted.name, wanted.at):
            return number(value)
        case Mean(word=word):
            new = tuple(_binary_letter(letter, wanted, value) for letter in word)
            return None if new == word else atom(replace(which, word=new))
        case Opaque(expr=expr):
            symbol = Symbol(wanted.name, wanted.at)
            if symbol in walk(expr):
                return atom(replace(which, expr=put_symbol(expr, symbol, Number(Fraction(value)))))
    return None


def _binary_letter(letter: Letter, wanted: Sym, value: int) -> Letter:
    """An operator with a value in the place of a binary variable in its arguments."""
    if not isinstance(letter, Named):
        return letter
    arguments = tuple(put(part, lambda which: _binary_value(which, wanted, value)) for part in letter.arguments)
    return replace(letter, arguments=arguments)
