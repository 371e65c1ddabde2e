r"""Instances: exact models of statements about laws of several variables, binary variables, functions, operators.

They complement :class:`derive.model.World` and share its draws. An :class:`Instance` has finite alphabets and tables of
probabilities in the place of continua and laws, the spin space C² or polynomial spinors in the place of states, and
numbers of one of two rings (:mod:`derive.finite`). With balls it is a model, for cross-examination and for witnesses.
With symbols in the place of what is drawn it serves :mod:`derive.second_proof`. It shares nothing with the normal form
but the tree.

An integral is a sum over the values of its variable. So densities are probabilities, which knows of no Jacobian: a
delta is refused unless the integral over its variable removes it, or it stands beside a law.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product as cartesian
from math import prod

from flint import acb, arb

from derive.algebra.rules import Rule, unify
from derive.constants import constant
from derive.domains import NotRealisable, OutsideDomain, check_length, check_number, has_unit_length
from derive.expression import (
    Abs,
    Add,
    Applied,
    Bra,
    Call,
    Commutator,
    Count,
    Curl,
    Dagger,
    Density,
    Dirac,
    Dot,
    Expectation,
    Expr,
    Frac,
    ImaginaryUnit,
    Index,
    Integral,
    Ket,
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
    walk,
)
from derive.finite.alphabets import Alphabets, At, Env
from derive.finite.building import Impossible
from derive.finite.draws import Draws
from derive.finite.moving import rank, slope
from derive.finite.operator_families import OPERATOR_FAMILIES
from derive.finite.rings import Numeric, Ring, Scalar
from derive.finite.spinors import (
    Column,
    Operator,
    Row,
    Value,
    adjoint,
    at_point,
    commutator,
    curl,
    inverse,
    matrix,
    multiple_of_one,
    plus,
    times,
)
from derive.finite.tables import Tables
from derive.model import Places, coincide, digits, placings
from derive.notation import OPERATOR_KINDS, Declared, Scope

_NO_ENV: Env = {}
KINDS = ("function", "functional", "delta", "state", *OPERATOR_KINDS)
"""The kinds of symbols of which worlds have no model."""


@dataclass
class Instance:
    """One exact instance of a scope under rules. ``scale`` is the value of each small parameter."""

    scope: Scope
    rules: tuple[Rule, ...]
    sizes: Mapping[str, int]
    seed: int = 0
    scale: Mapping[str, Fraction] = field(default_factory=dict)
    base: dict[tuple[str, At], Fraction] = field(default_factory=dict)
    """The base values drawn so far."""
    ring: Ring = field(default_factory=Numeric)
    special: bool = False
    """Whether operators that may be anything are drawn unitary, and states and directions of length one."""
    family: str = ""
    """The family that operators are drawn of; none for operators in general position."""
    point: int | None = None
    """Which of their joint values random quantities have where nothing binds them, if that is settled."""
    busy: list[Rule] = field(default_factory=list)
    """The rules being put in: none is put into itself."""
    twins: dict[tuple[str, At], Instance] = field(default_factory=dict)
    """The same instance with slopes in one symbol each, for derivatives."""
    _integrated: list[Symbol] = field(default_factory=list)
    _refusal: str | None = None
    """Why the instance is refused; empty if it is not, None before its rules are checked."""
    _known: dict[tuple[str, At], Value] = field(default_factory=dict)
    _reach: dict[str, frozenset[str]] = field(default_factory=dict)
    _said: set[tuple[str, At]] = field(default_factory=set)
    _measured: set[tuple[str, At]] = field(default_factory=set)
    """The vectors whose length is being looked at."""

    def __post_init__(self) -> None:
        self.draws = Draws(self)
        self.alphabets = Alphabets(self)
        self.tables = Tables(self)

    def with_ring(self, ring: Ring) -> Instance:
        """The same instance, with the numbers of another ring."""
        return replace(
            self, ring=ring, busy=[], twins={}, _integrated=[], _refusal="", _known={}, _reach=self._reach, _said=set()
        )

    # -- rules ---------------------------------------------------------------------------------------------------

    def by_rule(self, expr: Expr, places: Places) -> tuple[Rule, Places] | None:
        """The rule whose left side an expression is, and the numbers of its indices."""
        for rule in self.rules:
            found: dict[Index, Index] = {}
            if rule not in self.busy and unify(rule.left, expr, found):
                at = {old: self.place(new, places) for old, new in found.items()}
                if free_indices(rule.right) <= set(at) and all(at.get(a) != at.get(b) for a, b in rule.apart):
                    return rule, at
        return None

    def under(self, rule: Rule, places: Places, env: Env, at: At = ()) -> Value:
        """The right side of a rule, which is not used inside it."""
        self.busy.append(rule)
        try:
            return self.evaluate(rule.right, places, env, at)
        finally:
            self.busy.pop()

    def place(self, index: Index, places: Places) -> int:
        return self.draws.world.place(index, places)

    def filled(self, symbol: Symbol, places: Places) -> tuple[At, ...]:
        """The places of all components that a symbol stands for."""
        slots = [
            (self.place(slot, places),) if isinstance(slot, Index) else range(self.sizes[slot.range])
            for slot in symbol.slots
        ]
        return tuple(cartesian(*slots))

    # -- symbols and functions -----------------------------------------------------------------------------------

    def symbol(self, name: str, at: At, env: Env) -> Value:
        if name == r"\pi":
            return self.ring.pi()
        if (name, at) in env:
            return env[name, at]
        closed = not any(
            key[0] in self.reached(name) or self.alphabets.is_random_name(key[0]) for key in env
        ) and not any(self.alphabets.is_random_name(other) for other in self.reached(name))
        if closed and (name, at) in self._known:
            return self._known[name, at]
        value = self._symbol_by_rule(name, at, env)
        if value is None:
            value = self._base_symbol(name, at, self.scope.symbols.get(name))
        else:
            self.check_declared(value, self.scope.symbols.get(name))
            self._check_length(name, at, env)
        if closed and not self.busy:
            self._known[name, at] = value
        return value

    def reached(self, name: str) -> frozenset[str]:
        """The names that a symbol depends on, through the rules that define it."""
        if name not in self._reach:
            found = {name}
            while True:
                rules = [rule for rule in self.rules if _name_of(rule.left) in found]
                more = {s.name for rule in rules for s in _unbound(rule.right) if s not in rule.left.children} - found
                if not more:
                    break
                found |= more
            self._reach[name] = frozenset(found)
        return self._reach[name]

    def _symbol_by_rule(self, name: str, at: At, env: Env) -> Value | None:
        for rule in self.rules:
            left = rule.left
            if rule in self.busy or not isinstance(left, Symbol) or left.name != name or len(left.slots) != len(at):
                continue
            here = zip(left.slots, at, strict=True)
            slots = tuple(Index(str(n + 1), s.range) if isinstance(s, Index) else s for s, n in here)
            found: dict[Index, Index] = {}
            if not unify(left, Symbol(name, slots, left.own), found) or free_indices(rule.right) - set(found):
                continue
            places = {old: int(new.name) - 1 for old, new in found.items()}
            if not rule.holds_at(places):
                continue
            rest = tuple(n for s, n in zip(left.slots, at, strict=True) if not isinstance(s, Index))
            return self.under(rule, places, env, rest)
        return None

    def _base_symbol(self, name: str, at: At, declared: Declared | None) -> Value:
        if declared is None or declared.kind == "quantity":
            return self._outcome(name, at) if self.alphabets.is_random_name(name) else self.draws.number(name, at)
        if declared.kind in OPERATOR_KINDS:
            return self.draws.operator(declared, at)
        raise NotRealisable(f"{name} has no value here")

    def _outcome(self, name: str, at: At) -> Scalar:
        self._said.add((name, at))
        try:
            return self.alphabets.outcome()[name, at]
        except KeyError as error:
            raise NotRealisable(f"{name} has no value in this place") from error

    def check_declared(self, value: Value, declared: Declared | None) -> Value:
        """What a rule gives, if it is what the notation declares; with symbols for numbers that is not asked.

        Raises OutsideDomain.
        """
        if declared is None or not isinstance(self.ring, Numeric):
            return value
        if not isinstance(value, Operator):
            real, imaginary = pair(value)
            if not imaginary.contains(0):
                raise OutsideDomain(f"{declared.key} is not real, as it is declared")
            check_number(real, declared)
        elif value.entries is not None:
            one, turned = multiple_of_one(self.ring, self.ring.number(1)), adjoint(self.ring, value)
            for property_, other in (
                ("Hermitian", (value, turned)),
                ("unitary", (times(self.ring, turned, value), one)),
                ("identity", (value, one)),
            ):
                pairs = zip(other[0].matrix, other[1].matrix, strict=True)
                if property_ in declared.properties and not all(self.ring.equal(a, b) for a, b in pairs):
                    raise OutsideDomain(f"{declared.key} is not {property_}, as it is declared")
        return value

    def _check_length(self, name: str, at: At, env: Env) -> None:
        """Raises OutsideDomain where rules give a vector of length one another length."""
        declared = self.scope.symbols.get(name)
        if not isinstance(self.ring, Numeric) or not has_unit_length(declared) or (name, at[:-1]) in self._measured:
            return
        self._measured.add((name, at[:-1]))
        try:
            places = [(*at[:-1], k) for k in range(self.sizes[declared.slots[-1]])]
            check_length((pair(self.symbol(name, place, env))[0] for place in places), declared)
        finally:
            self._measured.discard((name, at[:-1]))

    def applied(self, expr: Applied, places: Places, env: Env) -> Value:
        """A function or an operator that depends on something: by its rule, else drawn for each value of that."""
        columns = [self.column(argument, places, env) for argument in expr.arguments]
        at = tuple(self.place(slot, places) for slot in expr.slots if isinstance(slot, Index))
        declared = self.scope.symbols.get(expr.name)
        for rule in self.rules:
            if rule in self.busy or not isinstance(rule.left, Applied) or rule.left.name != expr.name:
                continue
            bound = self._arguments(rule, expr, columns, places)
            if bound is not None:
                names = {key[0] for key in bound[1]}
                outer = {key: value for key, value in env.items() if not self.reached(key[0]) & names}
                return self.check_declared(self.under(rule, bound[0], {**outer, **bound[1]}), declared)
        if declared is None:
            raise NotRealisable(f"{expr.name} is not declared")
        if "smooth" in declared.properties:
            return self.smooth(declared, at, [value for column in columns for value in column])
        values = tuple(value for column in columns for value in column)
        kinds = tuple(argument.type.kind for argument in expr.arguments)
        at = (*at, self.draws.identify(expr.name, values, kinds, even="even" in declared.properties))
        if declared.kind in OPERATOR_KINDS:
            return self.draws.operator(declared, at)
        return self.draws.number(expr.name, at)

    def smooth(self, declared: Declared, at: At, values: list[Scalar]) -> Scalar:
        """A smooth function: a polynomial with drawn coefficients, of even degree where the function is even."""
        if declared.domain != "real":
            raise NotRealisable(f"{declared.key} is smooth and not real")
        total = self.ring.number(0)
        for exponents in cartesian(range(self.ring.degree + 1), repeat=len(values)):
            degree = sum(exponents)
            if degree > self.ring.degree or (degree % 2 and "even" in declared.properties):
                continue
            term = self.draws.number(f"coefficient {declared.key}", (*at, *exponents))
            for value, exponent in zip(values, exponents, strict=True):
                if exponent:
                    term = term * self.ring.power(value, exponent)
            total = total + term
        return total

    def _arguments(
        self, rule: Rule, expr: Applied, columns: list[tuple[Scalar, ...]], places: Places
    ) -> tuple[Places, Env] | None:
        """What the indices and variables on the left of a rule about a function stand for."""
        left = rule.left
        assert isinstance(left, Applied)
        found: dict[Index, Index] = {}
        if len(left.arguments) != len(expr.arguments) or len(left.slots) != len(expr.slots):
            return None
        if not unify(Symbol(left.name, left.slots), Symbol(expr.name, expr.slots), found):
            return None
        for parameter, argument in zip(left.arguments, expr.arguments, strict=True):
            if parameter.type.kind != argument.type.kind:
                return None
            tried = dict(found)
            if unify(parameter, argument, tried):
                found = tried
        here = {old: self.place(new, places) for old, new in found.items()}
        for index in (free_indices(rule.right) | free_indices(left)) - set(here):
            if any(index in _own_indices(node) and node not in left.arguments for node in walk(rule.right)):
                return None
            here[index] = 0
        env: dict[tuple[str, At], Scalar] = {}
        for parameter, column in zip(left.arguments, columns, strict=True):
            if isinstance(parameter, Symbol):
                components = self.filled(parameter, here)
                if len(components) != len(column):
                    return None
                env.update({(parameter.name, at): value for at, value in zip(components, column, strict=True)})
            elif self.draws.find([column], self.column(parameter, here, _NO_ENV)) is None:
                return None
        return here, env

    # -- values --------------------------------------------------------------------------------------------------

    def value(self, expr: Expr, places: Places, draw: Env = _NO_ENV) -> Scalar:
        """The number of a scalar expression. Raises NotRealisable outside a domain."""
        if expr.type.kind != "scalar":
            raise NotRealisable(f"{expr.type.a} is no number")
        return self.evaluate(expr, places, draw)

    def component(self, expr: Expr, at: At, places: Places, draw: Env = _NO_ENV) -> Value:
        """One component of a vector, a column, an array or a vector of operators."""
        return self.evaluate(expr, places, draw, at)

    def column(self, expr: Expr, places: Places, env: Env) -> tuple[Value, ...]:
        """All components, one for a scalar."""
        if any(axis not in self.sizes for axis in expr.type.axes):
            raise NotRealisable(f"{expr.type.a} has no components here")
        shape = cartesian(*(range(self.sizes[axis]) for axis in expr.type.axes))
        return tuple(self.evaluate(expr, places, env, at) for at in shape)

    def evaluate(self, expr: Expr, places: Places, env: Env, at: At = ()) -> Value:
        """A number, an operator, a ket or a bra; of what has open axes the component ``at``."""
        ring = self.ring
        match expr:
            case Number(value=number):
                return ring.number(number)
            case Size(range=range_):
                return ring.number(self.sizes[range_])
            case ImaginaryUnit():
                return ring.i
            case Zero():
                return ring.number(0)
            case Symbol(name=name, slots=slots):
                if expr.type.kind == "matrix":
                    raise NotRealisable("a matrix has no value here")
                rest = list(at)
                filled = tuple(self.place(s, places) if isinstance(s, Index) else rest.pop(0) for s in slots)
                return self.symbol(name, filled, env)
            case Applied():
                return self.applied(expr, places, env)
            case Add(terms=terms):
                return self.total([self.evaluate(term, places, env, at) for term in terms])
            case Neg(term=term):
                return times(ring, ring.number(-1), self.evaluate(term, places, env, at))
            case Mul(factors=factors):
                return self.product(expr, factors, places, env, at)
            case Frac(top=top, bottom=bottom):
                below = ring.inverse(self.value(bottom, places, env))
                return times(ring, below, self.evaluate(top, places, env, at))
            case Pow():
                return self.power(expr, places, env)
            case Transpose(of=of):
                return self.evaluate(of, places, env, at[::-1])
            case Over():
                return self.over(expr, places, env, at)
            case Integral(variable=variable, body=body) | ValueSum(variable=variable, body=body):
                self._integrated.append(variable)
                try:
                    values = list(self.alphabets.bindings(variable, body, places, env))
                    self._check_deltas(variable, body, values, places, env)
                    return self.total([self.evaluate(body, places, {**env, **bound}, at) for bound in values])
                finally:
                    self._integrated.pop()
            case Dot(left=left, right=right):
                return self.total([times(ring, a, b) for a, b in self.componentwise(left, right, places, env)])
            case Norm(of=of):
                pairs = self.componentwise(of, of, places, env)
                return ring.call("sqrt", self.total([a * b for a, b in pairs]))
            case Abs(of=of):
                return ring.modulus(self.value(of, places, env))
            case Call(function=name, argument=argument):
                return self.call(name, self.evaluate(argument, places, env))
            case Kronecker(left=left, right=right):
                return ring.number(int(ring.equal(self.value(left, places, env), self.value(right, places, env))))
            case Dirac(argument=argument):
                if not any(_removes(variable, argument) for variable in self._integrated):
                    raise NotRealisable("a delta with neither a law beside it nor the integral that removes it")
                return self.delta(argument, places, env)
            case Density():
                return self.tables.density(expr, places, env)
            case Expectation():
                return self.tables.expectation(expr, places, env)
            case Ket(of=of):
                return self.draws.ket(of, env)
            case Bra(of=of):
                return adjoint(ring, self.draws.ket(of, env))
            case StateMean(of=of, state=state):
                ket = self.draws.ket(state, env)
                inner = times(ring, self.evaluate(of, places, env), ket)
                return times(ring, adjoint(ring, ket), inner)
            case Dagger(of=of):
                return adjoint(ring, self.evaluate(of, places, env, at))
            case Commutator(left=left, right=right):
                return commutator(ring, self.evaluate(left, places, env), self.evaluate(right, places, env))
            case Curl(of=of):
                if self.sizes[expr.type.axes[0]] != 3:
                    raise NotRealisable("a curl in other than three dimensions")
                return curl(ring, lambda d: self.evaluate(of, places, env, (d,)), at[0])
            case Count():
                return ring.number(self.how_many(expr))
            case Partial(of=of, by=by):
                return slope(self, of, by, places, env, at)
            case Rank():
                return ring.number(rank(self, expr))
        raise NotRealisable(f"{type(expr).__name__} has no value here")

    def _check_deltas(self, variable: Symbol, body: Expr, values: list[Env], places: Places, env: Env) -> None:
        """Refuses a delta that no value of the variable meets: a continuum would have one that does."""
        for delta in (node for node in _above_sums(body) if isinstance(node, Dirac) and variable in walk(node)):
            arguments = (self.value(delta.argument, places, {**env, **bound}) for bound in values)
            if not any(self.ring.equal(argument, self.ring.number(0)) for argument in arguments):
                raise NotRealisable(f"no value of {variable.name} here meets the delta")

    def total(self, values: list[Value]) -> Value:
        if not values:
            return self.ring.number(0)
        result = values[0]
        for value in values[1:]:
            result = plus(self.ring, result, value)
        return result

    def componentwise(self, left: Expr, right: Expr, places: Places, env: Env) -> Iterator[tuple[Value, Value]]:
        (axis,) = left.type.axes
        for d in range(self.sizes[axis]):
            yield self.evaluate(left, places, env, (d,)), self.evaluate(right, places, env, (d,))

    def product(self, expr: Mul, factors: tuple[Expr, ...], places: Places, env: Env, at: At) -> Value:
        """A product in order. One in which a delta is zero is zero, whatever its other factors are."""
        ring = self.ring
        if expr.type.kind in ("scalar", "operator"):
            is_law = any(isinstance(f, Density) and any(map(self.alphabets.is_random, f.of)) for f in factors)
            for factor in factors:
                if isinstance(factor, Dirac) and is_law:
                    value = self.delta(factor.argument, places, env)
                elif isinstance(factor, Kronecker | Dirac):
                    value = self.evaluate(factor, places, env)
                else:
                    continue
                if ring.equal(value, ring.number(0)):
                    return value
            factors = tuple(factor for factor in factors if not isinstance(factor, Kronecker | Dirac))
        if not at and (form := _rows_and_columns(factors)) is not None:
            numbers, row, column = form
            pairs = self.componentwise(row, column, places, env)
            total = self.total([times(ring, a, b) for a, b in pairs])
            for factor in numbers:
                total = times(ring, total, self.evaluate(factor, places, env))
            return total
        if at and sum(bool(factor.type.axes) for factor in factors) != 1:
            raise NotRealisable("a product of these kinds has no components here")
        if not at and any(factor.type.axes for factor in factors):
            raise NotRealisable("a product of matrices has no value here")
        result: Value = ring.number(1)
        for factor in factors:
            result = times(ring, result, self.evaluate(factor, places, env, at if factor.type.axes else ()))
        return result

    def delta(self, argument: Expr, places: Places, env: Env) -> Scalar:
        return self.ring.number(int(self.ring.equal(self.value(argument, places, env), self.ring.number(0))))

    def power(self, expr: Pow, places: Places, env: Env) -> Value:
        base, exponent, ring = expr.base, constant(expr.exponent), self.ring
        if base.type.kind in ("vector", "operators"):
            return self.total([times(ring, a, b) for a, b in self.componentwise(base, base, places, env)])
        if isinstance(base, Abs) and exponent is not None and exponent.denominator == 1 and exponent % 2 == 0:
            return ring.power(ring.squared_modulus(self.value(base.of, places, env)), int(exponent) // 2)
        value = self.evaluate(base, places, env)
        if isinstance(value, Operator):
            if exponent is None or exponent.denominator != 1:
                raise NotRealisable("of an operator only whole powers are defined")
            factor: Value = inverse(ring, value) if exponent < 0 else value
            result: Value = multiple_of_one(ring, ring.number(1))
            for _ in range(abs(int(exponent))):
                result = times(ring, result, factor)
            return result
        if exponent is not None and exponent.denominator == 1:
            return ring.power(value, int(exponent))
        if exponent is not None and exponent.denominator == 2:
            return ring.power(ring.call("sqrt", value), exponent.numerator)
        return ring.call("exp", self.value(expr.exponent, places, env) * ring.call("log", value))

    def call(self, name: str, argument: Value) -> Value:
        if not isinstance(argument, Operator):
            return self.ring.call(name, argument)
        if name != "exp":
            raise NotRealisable(f"the {name} of an operator has no value here")
        return matrix(*self.ring.exp_of_matrix(argument.matrix))

    def over(self, expr: Over, places: Places, env: Env, at: At) -> Value:
        left_out = {self.place(index, places) for index in expr.excluded}
        values = [
            self.evaluate(expr.body, {**places, expr.index: number}, env, at)
            for number in range(self.sizes[expr.index.range])
            if number not in left_out
        ]
        if expr.operation == "sum":
            return self.total(values)
        result: Value = self.ring.number(1)
        for value in values:
            result = times(self.ring, result, value)
        return result

    def how_many(self, expr: Count) -> int:
        """How many numbers there are in the values of symbols."""
        declared = [self.scope.symbols.get(symbol.name) for symbol in expr.of]
        if any(known is None or known.kind != "quantity" for known in declared):
            raise NotRealisable("only the values of quantities are counted")
        return sum(prod(self.sizes[name] for name in shape) for shape in expr.shapes)

    # -- comparing ------------------------------------------------------------------------------------------------

    def numbers(self, value: Value) -> list[Scalar]:
        """The numbers that a value consists of; of an operator beside momenta and fields, what it makes of a spinor."""
        match value:
            case Column(upper=upper, lower=lower) | Row(upper=upper, lower=lower):
                return [upper, lower]
            case Operator():
                if self.scope.of_kind("momentum") is None and self.scope.of_kind("field") is None:
                    return list(value.matrix)
                point = self.draws.test_point()
                return [at_point(part, point, self.ring) for part in value.act(self.draws.test_spinor())]
        return [value]

    def differences(self, left: Expr, right: Expr, places: Places) -> list[tuple[Scalar, Scalar]]:
        """The numbers of the two sides at one place, in pairs."""
        self.check_rules()
        if left.type.axes != right.type.axes:
            raise NotRealisable(f"{left.type.a} is not compared with {right.type.a}")
        if self.densities_of(left) != self.densities_of(right):
            raise NotRealisable("one side is a density of what others define, and a probability has no Jacobian")
        env = self.free_values((left, right), places)
        found: list[tuple[Scalar, Scalar]] = []
        for a, b in zip(self.column(left, places, env), self.column(right, places, env), strict=True):
            if isinstance(a, Operator) != isinstance(b, Operator):
                zero = multiple_of_one(self.ring, self.ring.number(0))
                a, b = plus(self.ring, a, zero), plus(self.ring, b, zero)
            found += zip(self.numbers(a), self.numbers(b), strict=True)
        return found

    def densities_of(self, expr: Expr, bound: frozenset[str] = frozenset()) -> frozenset[str]:
        """What is real, defined through random quantities and not integrated over, that something is a density of."""
        match expr:
            case Integral(variable=variable, body=body):
                return self.densities_of(body, bound | {variable.name})
            case Expectation():
                return frozenset()
            case Density(of=of):
                return frozenset(name for item in of for name in self._continuous(item) - bound)
            case Dirac(argument=argument):
                return frozenset(self._continuous(argument) - bound)
        return frozenset().union(*(self.densities_of(child, bound) for child in expr.children))

    def _continuous(self, expr: Expr) -> set[str]:
        names = {node.name for node in walk(expr) if isinstance(node, Symbol)}
        real = {name for name in names if (known := self.scope.symbols.get(name)) and known.domain != "binary"}
        return {name for name in real if self.alphabets.is_random_name(name) and self.alphabets.is_derived(name)}

    def check_rules(self) -> None:
        """Refuses an instance in which a rule fails that is not put in, such as a second one about a symbol."""
        if self._refusal is None:
            self._refusal = ""
            try:
                self._refusal = next(
                    (f"{rule.source} does not hold" for rule in self.rules_apart() if self.fails(rule)), ""
                )
            except NotRealisable as error:
                self._refusal = str(error)
        if self._refusal:
            raise NotRealisable(self._refusal)

    def rules_apart(self) -> Iterator[Rule]:
        """The rules that neither define a symbol nor are met by the tables."""
        seen: list[Expr] = []
        for rule in self.rules:
            again = any(unify(a, b, {}) for other in seen for a, b in ((other, rule.left), (rule.left, other)))
            seen.append(rule.left)
            if again or not isinstance(rule.left, Symbol | Applied | Density | Expectation):
                yield rule

    def fails(self, rule: Rule) -> bool:
        """Whether the sides of a rule differ somewhere."""
        before = self.point
        try:
            for places in self.placings(free_indices(rule.left)):
                for outcome in self.outcomes(rule.left, rule.right):
                    self.point = outcome
                    pairs = self.differences(rule.left, rule.right, places)
                    if not all(self.ring.equal(a, b) for a, b in pairs):
                        return True
                    self.point = before
        finally:
            self.point = before
        return False

    def placings(self, indices: set[Index]) -> Iterator[Places]:
        """Numbers for the free indices of a rule, different within a range."""
        return (places for places in placings(indices, self.sizes) if not coincide(places))

    def pairs(self, left: Expr, right: Expr, places: Places) -> list[tuple[arb, arb]]:
        """The real numbers of the two sides of a numeric instance, real and imaginary parts, in pairs.

        With all outcomes of what nothing binds, up to the first in which the sides differ; there the instance stays.
        """
        found: list[tuple[arb, arb]] = []
        for outcome in self.outcomes(left, right):
            before, self.point = self.point, outcome
            try:
                numbers = [(pair(a), pair(b)) for a, b in self.differences(left, right, places)]
            except Impossible:
                self.point = before
                continue
            except NotRealisable:
                self.point = before
                raise
            found += [(a[0], b[0]) for a, b in numbers]
            found += [(a[1], b[1]) for a, b in numbers if not (a[1].is_zero() and b[1].is_zero())]
            if not all((a - b).contains(0) for a, b in found):
                break
            self.point = before
        if not found:
            raise NotRealisable("there is nothing to compare")
        return found

    def outcomes(self, left: Expr, right: Expr) -> list[int | None]:
        """The joint values of random quantities to compare two sides in; one, whichever, where all are bound."""
        if self.point is not None or not any(True for side in (left, right) for _ in self.free_random(side)):
            return [self.point]
        return [*range(len(self.alphabets.points))]

    def free_random(
        self, expr: Expr, bound: frozenset[str | Symbol] = frozenset(), *, in_delta: bool = False
    ) -> Iterator[Symbol | Applied]:
        """The random symbols of an expression that nothing binds.

        One that is defined through what an integral binds follows that, but not where a delta compares the two.
        """
        match expr:
            case Expectation(given=given):
                for item in given:
                    yield from self.free_random(item, bound, in_delta=in_delta)
                yield from self.foreign(expr, bound)
                return
            case Integral(variable=variable, body=body) | ValueSum(variable=variable, body=body):
                whole = all(not isinstance(slot, Index) for slot in variable.slots)
                yield from self.free_random(body, bound | {variable.name if whole else variable}, in_delta=in_delta)
                return
            case Symbol(name=name) | Applied(name=name) if expr not in bound and name not in bound:
                reached = self.reached(name)
                follows = bool({b if isinstance(b, str) else b.name for b in bound} & reached)
                is_random = self.alphabets.is_random_name(name)
                if reached & self.alphabets.names and (not follows or (in_delta and is_random)):
                    yield expr
        for child in expr.children:
            yield from self.free_random(child, bound, in_delta=in_delta or isinstance(expr, Dirac))

    def foreign(self, expr: Expectation, bound: frozenset[str | Symbol] = frozenset()) -> Iterator[Symbol | Applied]:
        """What stands in an expectation and follows another law than its own, so that it is not over it."""
        given = {node.name for item in expr.given for node in walk(item) if isinstance(node, Symbol)}
        for argument in expr.arguments:
            for symbol in self.free_random(argument, bound):
                bases = self.reached(symbol.name) & self.alphabets.names
                if symbol.name not in given and any(self.law_of(name) != expr.law for name in bases - given):
                    yield symbol

    def law_of(self, name: str) -> str | None:
        declared = self.scope.symbols.get(name)
        return declared.law if declared is not None else None

    def free_values(self, sides: tuple[Expr, ...], places: Places) -> Env:
        """The values of what is defined through random quantities and that nothing binds: it follows no integral."""
        env: dict[tuple[str, At], Scalar] = {}
        for symbol in (symbol for side in sides for symbol in self.free_random(side)):
            is_random = isinstance(symbol, Symbol) and self.alphabets.is_random_name(symbol.name)
            if isinstance(symbol, Symbol) and is_random and self.alphabets.is_derived(symbol.name):
                components = self.filled(symbol, places) if free_indices(symbol) <= set(places) else ()
                env.update({(symbol.name, at): self.symbol(symbol.name, at, _NO_ENV) for at in components})
        return env

    def values(self) -> dict[str, str]:
        """The sizes and what was drawn, by printed name, as exact strings; and the outcomes that were used."""
        sizes = ((self.scope.ranges[name].size, size) for name, size in sorted(self.sizes.items()))
        named = {printed: str(size) for printed, size in sizes if not printed.isdigit()}
        for (name, at), value in sorted(self.base.items()):
            label = self._label(name, at)
            others = sum(other == label or other.startswith(f"{label} (") for other in named)
            named[f"{label} ({others + 1})" if others else label] = str(value)
        if self.family:
            named["operators are drawn as"] = self.family
        for name, at in sorted(self._said):
            named[f"the outcome of {_placed(name, at)}"] = _in_words(self._outcome(name, at))
        return named

    def _label(self, name: str, at: At) -> str:
        """How a base value is called: a weight or a density by its law, a value of a random quantity by its number."""
        what, blank, law = name.rpartition(" ")
        if blank and name not in self.scope.symbols:
            what = {"weight": "the weight of", "density": "the density of parameters under"}.get(
                what.split("-")[0], what
            )
            return f"{what} {_placed(law, at)}" if law in self.scope.symbols else _placed(name, at)
        declared = self.scope.symbols.get(name)
        slots = len(declared.slots) if declared is not None else len(at)
        arguments = self.draws.arguments(name, at[slots]) if len(at) > slots else None
        if arguments is not None:
            return _placed(f"{_placed(name, at[:slots])}({', '.join(map(_in_words, arguments))})", at[slots + 1 :])
        if len(at) > slots and self.alphabets.is_random_name(name):
            return f"{_placed(name, at[:slots])}, value {at[slots] + 1}"
        return _placed(name, at)


def _in_words(value: Scalar) -> str:
    """A number of a numeric instance, as a fraction where it is one."""
    return digits(Numeric.pair(value)[0]) if isinstance(value, acb) else str(value)


def _placed(name: str, at: At) -> str:
    return f"{name}_{{{','.join(str(n + 1) for n in at)}}}" if at else name


def _rows_and_columns(factors: tuple[Expr, ...]) -> tuple[list[Expr], Expr, Expr] | None:
    """The numbers, the row and the column of a product that is a row times a column."""
    rest = [factor for factor in factors if factor.type.axes]
    if [factor.type.kind for factor in rest] != ["row", "column"] or rest[0].type.axes != rest[1].type.axes:
        return None
    return [factor for factor in factors if not factor.type.axes], rest[0], rest[1]


def _above_sums(expr: Expr) -> Iterator[Expr]:
    """The nodes of an expression that no integral or sum over values in it binds."""
    yield expr
    if not isinstance(expr, Integral | ValueSum):
        for child in expr.children:
            yield from _above_sums(child)


def _name_of(expr: Expr) -> str | None:
    return expr.name if isinstance(expr, Symbol | Applied) else None


def _own_indices(node: Expr) -> set[Index]:
    """The indices of a node that none of its children has."""
    return free_indices(node) - set().union(*(free_indices(child) for child in node.children))


def _unbound(expr: Expr) -> Iterator[Symbol | Applied]:
    """The symbols outside expectations, and outside integrals and sums over their values."""
    match expr:
        case Expectation():
            return
        case Integral(variable=variable, body=body) | ValueSum(variable=variable, body=body):
            whole = all(not isinstance(slot, Index) for slot in variable.slots)
            yield from (s for s in _unbound(body) if s != variable and not (whole and s.name == variable.name))
        case _:
            if isinstance(expr, Symbol | Applied):
                yield expr
            for child in expr.children:
                yield from _unbound(child)


def _removes(variable: Symbol, argument: Expr) -> bool:
    """Whether the integral over a variable removes the delta of this: the variable less something else."""
    terms = argument.terms if isinstance(argument, Add) else (argument,)
    bare = [term for term in terms if term in (variable, Neg(variable))]
    others = [node for term in terms if term not in bare for node in walk(term)]
    return len(bare) == 1 and not any(isinstance(node, Symbol) and node.name == variable.name for node in others)


def pair(value: Scalar) -> tuple[arb, arb]:
    """The real and the imaginary part of a number of a numeric instance."""
    return Numeric.pair(value)


def needs_instance(scope: Scope, *sides: Expr) -> bool:
    """Whether statements of a scope, or these sides, speak of something that worlds have no model of."""
    symbols = scope.symbols.values()
    has_law = any(declared.kind == "density" or declared.law is not None for declared in symbols)
    if any(declared.kind in KINDS or (declared.domain == "binary" and has_law) for declared in symbols):
        return True
    names = {node.name for side in sides for node in walk(side) if isinstance(node, Symbol)}
    laws = [d.law for key, d in scope.symbols.items() if d.law is not None and d.kind == "quantity" and key in names]
    if len(set(laws)) < len(laws):
        return True
    operators = (Bra, Commutator, Curl, Dagger, ImaginaryUnit, Ket, StateMean)
    new = (*operators, Applied, Dirac, Kronecker, Partial, Rank, ValueSum)
    return any(isinstance(node, new) for side in sides for node in walk(side))


def sizes_of(scope: Scope, number: int, names: tuple[str, ...] = ()) -> dict[str, int]:
    """All ranges with this size (those named only, the others 1), but for those whose size is a printed number."""
    return {name: range_.size_in(number if not names or name in names else 1) for name, range_ in scope.ranges.items()}


def instances(
    scope: Scope,
    rules: tuple[Rule, ...],
    *,
    seeds: int = 3,
    scale: Mapping[str, Fraction] | None = None,
    least: int = 1,
    families: bool = False,
) -> Iterator[Instance]:
    """Numeric instances of growing size, up to 2 or to ``least``, a few draws each, general and special ones.

    With ``families`` they are those in which operators are of one family.
    """
    has_operators = any(declared.kind in ("state", *OPERATOR_KINDS) for declared in scope.symbols.values())
    cases = [sizes_of(scope, number) for number in range(1, max(2, least) + 1)]
    for sizes in cases if cases[0] != cases[1] else cases[:1]:
        for seed in range(seeds):
            if families:
                for family in OPERATOR_FAMILIES if has_operators else ():
                    yield Instance(scope, rules, sizes, seed, dict(scale or {}), special=True, family=family)
                continue
            for special in (False, True) if has_operators else (False,):
                yield Instance(scope, rules, sizes, seed, dict(scale or {}), special=special)
