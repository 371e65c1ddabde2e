r"""From the tree of operators, bras and kets to the normal form of :mod:`derive.algebra.operators`.

The basis states of a binary variable are those of the third Pauli matrix, so that |b><b| = (1 + b sigma_3) / 2. A
product that begins with a bra and ends with the ket of the same state is a mean; the squared modulus of an amplitude
<b|X|alpha> is the mean of X^dagger |b><b| X.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.algebra import operators as op
from derive.algebra.atoms import Sym, Term
from derive.algebra.indexed import Poly, freshen, new_index, number, power_of, recanonical
from derive.algebra.rules import Rule, Unsupported, head
from derive.algebra.substitution import put
from derive.constants import constant
from derive.expression import (
    BASIS_STATES,
    Add,
    Applied,
    Arrow,
    Bra,
    Call,
    Commutator,
    Curl,
    Dagger,
    Dot,
    Expr,
    Frac,
    Index,
    Integral,
    Ket,
    Mul,
    Neg,
    Over,
    Pow,
    StateMean,
    Symbol,
    ValueSum,
    Zero,
    substitute_indices,
    walk,
)
from derive.notation import Declared

if TYPE_CHECKING:
    from derive.algebra.lowering import Lowering

NAMED_BASIS = "|0> and |1> are the eigenstates of the third Pauli matrix with the eigenvalues 1 and -1"
BASIS = "|b> is the eigenstate of the third Pauli matrix with the eigenvalue b"


class Spins:
    """The operators of a lowering."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering

    # -- scalars -------------------------------------------------------------------------------------------------

    def bracket(self, factors: tuple[Expr, ...]) -> Poly:
        """A product with bras and kets that is a number."""
        scalars, first, inside, last = self.taken_apart(factors)
        if (known := self.amplitude(first, self.product(inside), last)) is not None:
            return scalars * freshen(known)
        if first != last:
            raise Unsupported(f"the amplitude from {last.name} to {first.name}, outside a squared modulus")
        return scalars * freshen(self.mean(self.product(inside), first))

    def squared_modulus(self, of: Expr) -> Poly:
        """|<b|X|alpha>|² as the mean of X^dagger |b><b| X; of a number its own squared modulus."""
        factors = of.factors if isinstance(of, Mul) else (of,)
        scalars, first, inside, last = self.taken_apart(factors)
        found = self.product(inside)
        if (known := self.amplitude(first, found, last)) is not None:
            whole_amplitude = recanonical(scalars * freshen(known))
            return whole_amplitude * freshen(op.conjugate(whole_amplitude))
        whole = self.times(self.times(op.adjoint(found), self.projector(first)), found)
        squared = scalars * freshen(op.conjugate(scalars))
        return squared * freshen(self.mean(whole, last))

    def mean_of(self, expr: StateMean) -> Poly:
        operator = self.operator(expr.of)
        known = self.amplitude(expr.state, operator, expr.state)
        return self.mean(operator, expr.state) if known is None else known

    # -- states with known components ----------------------------------------------------------------------------

    def amplitude(self, first: Symbol, operator: op.Operator, last: Symbol) -> Poly | None:
        """<first|X|last> where a premise gives the components of one of the two; None where it does not."""
        if not any(self.ket_rule(Ket(state)) for state in (first, last)):
            return None
        left, right = self.components(Ket(first)), self.components(Ket(last))
        result = Poly()
        for word, coefficient in operator.words:
            upper, lower = right
            for letter in reversed(word):
                upper, lower = _turned(letter, upper, lower)
            for own, other in zip(left, (upper, lower), strict=True):
                result = result + freshen(coefficient) * freshen(op.conjugate(own)) * freshen(other)
        return recanonical(result)

    def ket_rule(self, ket: Ket) -> Rule | None:
        return next((r for r in self.lowering.rules if r.left == ket and r not in self.lowering.busy), None)

    def components(self, ket: Expr) -> tuple[Poly, Poly]:
        """The amplitudes of a ket, by the eigenstates of the third Pauli matrix."""
        match ket:
            case Ket(of=Symbol(name=name)) if name in BASIS_STATES:
                self.lowering.used.add(NAMED_BASIS)
                return (number(1), Poly()) if name == BASIS_STATES[0] else (Poly(), number(1))
            case Ket() if (rule := self.ket_rule(ket)) is not None:
                self.lowering.applied.add(rule.source)
                self.lowering.busy.append(rule)
                try:
                    return self.components(rule.right)
                finally:
                    self.lowering.busy.pop()
            case Add(terms=terms):
                found = [self.components(term) for term in terms]
                return sum((u for u, _ in found), Poly()), sum((v for _, v in found), Poly())
            case Neg(term=term):
                upper, lower = self.components(term)
                return -upper, -lower
            case Frac(top=top, bottom=bottom):
                upper, lower = self.components(top)
                below = power_of(self.lowering.scalar(bottom), Fraction(-1))
                return upper * freshen(below), lower * freshen(below)
            case Mul(factors=factors) if all(f.type.kind in ("scalar", "ket") for f in factors):
                front = number(1)
                upper, lower = Poly(), Poly()
                for factor in factors:
                    if factor.type.kind == "scalar":
                        front = front * freshen(self.lowering.scalar(factor))
                    else:
                        upper, lower = self.components(factor)
                return front * freshen(upper), freshen(front) * freshen(lower)
        raise Unsupported("a state whose components are not known")

    def mean(self, operator: op.Operator, state: Symbol) -> Poly:
        declared = self.lowering.declared(state.name)
        if declared is None or declared.kind != "state":
            raise Unsupported(f"the mean in {state.name}, which is no declared state")
        if any(not word for word, _ in operator.words) and "unit" not in declared.properties:
            raise Unsupported(f"the norm of the state {state.name} is not known")
        return op.mean(operator, state.name)

    def taken_apart(self, factors: tuple[Expr, ...]) -> tuple[Poly, Symbol, tuple[Expr, ...], Symbol]:
        """The scalars of a product, its bra, the operators between, and its ket."""
        rest: list[Expr] = []
        scalars = number(1)
        for factor in _flat(factors):
            if factor.type.kind == "scalar":
                scalars = scalars * freshen(self.lowering.scalar(factor))
            else:
                rest.append(factor)
        if len(rest) < 2 or not isinstance(rest[0], Bra) or not isinstance(rest[-1], Ket):
            raise Unsupported("a product of states and operators that does not run from a bra to a ket")
        return scalars, rest[0].of, tuple(rest[1:-1]), rest[-1].of

    # -- operators -----------------------------------------------------------------------------------------------

    def operator(self, expr: Expr) -> op.Operator:
        """The normal form of an operator, with what rules say of the constants of its momenta."""
        found = self._operator(expr)
        for constant_ in self.constants:
            value = self.lowering.symbol_rule(Symbol(constant_), ())
            if value is not None:
                which = Sym(constant_, (), True)
                words = (
                    (w, put(c, lambda a, which=which, value=value: value if a == which else None))
                    for w, c in found.words
                )
                found = op.ordered(words)
        return found

    @property
    def constants(self) -> Iterable[str]:
        """The constants of momenta of which a rule says something."""
        known = {rule.left.name for rule in self.lowering.rules if isinstance(rule.left, Symbol)}
        return (d.constant for d in self.declared() if d.kind == "momentum" and d.constant in known)

    def _operator(self, expr: Expr) -> op.Operator:
        if expr.type.kind == "scalar":
            return op.identity().scaled(self.lowering.scalar(expr))
        if head(expr) is not None and (right := self.lowering.rule_for(expr)) is not None:
            return self.operator(right)
        match expr:
            case Symbol():
                return self.symbol(expr)
            case Applied(name=name, arguments=arguments):
                return self.named(name, arguments)
            case Zero():
                return op.Operator()
            case Add(terms=terms):
                return sum((self.operator(term) for term in terms), op.Operator())
            case Neg(term=term):
                return -self.operator(term)
            case Mul(factors=factors):
                return self.product(factors)
            case Frac(top=top, bottom=bottom):
                return self.operator(top).scaled(power_of(self.lowering.scalar(bottom), Fraction(-1)))
            case Pow(base=base, exponent=exponent):
                return self.power(base, constant(exponent))
            case Dot(left=left, right=right):
                found = op.Operator()
                for axis in op.SPACE:
                    found = found + self.component(left, axis) @ self.component(right, axis)
                return found
            case Commutator(left=left, right=right):
                return op.commutator(self.operator(left), self.operator(right))
            case Dagger(of=of):
                return op.adjoint(self.operator(of))
            case Call(function="exp", argument=argument):
                return self.exponential(self.operator(argument))
            case Over(operation="sum", index=index, excluded=excluded, body=body):
                bound = new_index(index.range)
                inner = self.operator(substitute_indices(body, {index: bound}))
                if any(bound in letter.indices for word, _ in inner.words for letter in word):
                    raise Unsupported("a sum over operators that themselves carry the index")
                return op.Operator(tuple((word, self.lowering.summed(c, bound, excluded)) for word, c in inner.words))
            case Integral() | ValueSum():
                return self.lowering.laws.measured_operator(expr)
        raise Unsupported(f"{type(expr).__name__} is no operator that can be read")

    def exponential(self, of: op.Operator) -> op.Operator:
        """exp(X); as its series where X is small in the parameter that is expanded in."""
        series = self.lowering.series
        if series is None:
            return op.exponential(of)
        parameter, order = series
        weights = [self.weight(term, parameter) for _, coefficient in of.words for term, _ in coefficient.terms]
        return op.exponential(of, order if min(weights, default=1) >= 1 else None)

    def times(self, left: op.Operator, right: op.Operator) -> op.Operator:
        """A product, without what is of higher order than is expanded to."""
        product = left @ right
        if self.lowering.series is None or any(d.weights.get(self.lowering.series[0], 0) < 0 for d in self.declared()):
            return product
        parameter, order = self.lowering.series
        words = []
        for word, coefficient in product.words:
            kept = Poly(tuple((t, c) for t, c in coefficient.terms if self.weight(t, parameter) <= order))
            if kept:
                words.append((word, kept))
        return op.Operator(tuple(words))

    def declared(self) -> Iterable[Declared]:
        return self.lowering.scope.symbols.values()

    def weight(self, term: Term, parameter: str) -> Fraction:
        """The power of a small parameter that the symbols of a term carry; 0 where some are inside functions."""
        total = Fraction(0)
        for which, power in term.factors:
            declared = self.lowering.declared(which.name) if isinstance(which, Sym) else None
            if declared is None and any(
                d.weights.get(parameter) and repr(d.key) in repr(which) for d in self.declared()
            ):
                return Fraction(0)
            total += power * declared.weights.get(parameter, 0) if declared is not None else 0
        return total

    def product(self, factors: tuple[Expr, ...]) -> op.Operator:
        """A product in which a ket next to a bra is a projector."""
        result = op.identity()
        pending: Symbol | None = None
        for factor in _flat(factors):
            if isinstance(factor, Ket):
                pending = factor.of
            elif isinstance(factor, Bra):
                if pending != factor.of:
                    raise Unsupported("a ket beside the bra of another state")
                result, pending = self.times(result, self.projector(factor.of)), None
            else:
                result = self.times(result, self.operator(factor))
        if pending is not None:
            raise Unsupported("a ket that no bra follows")
        return result

    def projector(self, state: Symbol) -> op.Operator:
        declared = self.lowering.declared(state.name)
        if declared is None or declared.domain != "binary":
            raise Unsupported(f"the projector on {state.name}, which is no binary variable")
        self.lowering.used.add(BASIS)
        value = self.lowering.scalar(state)
        return (op.identity() + op.pauli(3).scaled(value)).scaled(number(Fraction(1, 2)))

    def power(self, base: Expr, exponent: Fraction | None) -> op.Operator:
        if exponent is None or exponent.denominator != 1 or exponent < 0:
            raise Unsupported("a power of an operator that is no whole number")
        if base.type.kind == "operators":
            return self.operator(Dot(base, base))
        return op.power(self.operator(base), int(exponent))

    def symbol(self, symbol: Symbol) -> op.Operator:
        declared = self.lowering.declared(symbol.name)
        assert declared is not None
        if "identity" in declared.properties:
            return op.identity()
        if declared.kind == "operator":
            return self.named(symbol.name, ())
        labels = [slot for slot in symbol.slots if isinstance(slot, Index) and slot.is_label]
        if len(labels) != 1 or int(labels[0].name) not in op.SPACE:
            raise Unsupported(f"a component of {symbol.name} that is not one of three")
        axis = int(labels[0].name)
        whole = tuple(Arrow(slot.range) if slot == labels[0] else slot for slot in symbol.slots)
        rule = self.vector_rule(Symbol(symbol.name, whole, symbol.own))
        return self.component_of(symbol.name, axis) if rule is None else self.component(rule, axis)

    def named(self, name: str, arguments: tuple[Expr, ...]) -> op.Operator:
        declared = self.lowering.declared(name)
        properties = declared.properties if declared is not None else frozenset()
        found = op.Named(
            name,
            tuple(self.lowering.argument(argument) for argument in arguments),
            "Hermitian" in properties,
            "unitary" in properties,
            axes=tuple(argument.type.axes for argument in arguments),
        )
        return op.letter(found)

    def component_of(self, name: str, axis: int) -> op.Operator:
        declared = self.lowering.declared(name)
        assert declared is not None
        if declared.kind == "Pauli":
            return op.pauli(axis)
        if declared.kind == "momentum":
            return op.letter(op.Momentum(name, axis, declared.constant))
        return op.letter(op.Field(name, axis))

    def component(self, expr: Expr, axis: int) -> op.Operator:
        """One component of a vector, or of a vector of operators."""
        match expr:
            case Symbol(slots=slots) if any(isinstance(slot, Arrow) for slot in slots):
                filled = tuple(Index(str(axis), s.range) if isinstance(s, Arrow) else s for s in slots)
                return self.operator(Symbol(expr.name, filled, expr.own))
            case Add(terms=terms):
                return sum((self.component(term, axis) for term in terms), op.Operator())
            case Neg(term=term):
                return -self.component(term, axis)
            case Frac(top=top, bottom=bottom):
                return self.component(top, axis).scaled(power_of(self.lowering.scalar(bottom), Fraction(-1)))
            case Mul(factors=factors):
                result = op.identity()
                for factor in factors:
                    vector = factor.type.kind in ("vector", "operators")
                    result = result @ (self.component(factor, axis) if vector else self.operator(factor))
                return result
            case Curl(of=of):
                following, last = axis % 3 + 1, (axis + 1) % 3 + 1
                return self.slope(of, last, following) - self.slope(of, following, last)
        raise Unsupported(f"the components of {type(expr).__name__} are not known")

    def vector_rule(self, symbol: Symbol) -> Expr | None:
        for rule in self.lowering.rules:
            if rule.left == symbol and rule not in self.lowering.busy:
                self.lowering.applied.add(rule.source)
                return rule.right
        return None

    def slope(self, of: Expr, axis: int, along: int) -> op.Operator:
        """The derivative along one direction of a component of a field."""
        found = self.component(of, axis)
        words = []
        for word, coefficient in found.words:
            field = word[0] if len(word) == 1 else None
            if not isinstance(field, op.Field):
                raise Unsupported("the derivative of something that is no declared field")
            slope = op.Field(field.name, field.axis, tuple(sorted((*field.derivatives, along))))
            words.append(((slope,), coefficient))
        return op.ordered(words)


def _turned(letter: object, upper: Poly, lower: Poly) -> tuple[Poly, Poly]:
    """What a Pauli matrix makes of the components of a state."""
    if not isinstance(letter, op.Pauli):
        raise Unsupported("an operator that is no Pauli matrix, between states with known components")
    match letter.axis:
        case 1:
            return lower, upper
        case 2:
            return -(op.imaginary() * lower), op.imaginary() * upper
    return upper, -lower


def has_states(expr: Expr) -> bool:
    """Whether a scalar is an amplitude: it has a bra or a ket outside means."""
    return any(isinstance(node, Bra | Ket) for node in walk(expr))


def _flat(factors: tuple[Expr, ...]) -> list[Expr]:
    """The factors of a product and of products in it."""
    found: list[Expr] = []
    for factor in factors:
        if isinstance(factor, Mul) and has_states(factor):
            found.extend(_flat(factor.factors))
        else:
            found.append(factor)
    return found
