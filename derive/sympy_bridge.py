"""Closed scalar expressions as SymPy expressions, for the decision procedure and for users who go on in SymPy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy

from derive.algebra.functional import defined_for
from derive.algebra.rules import Rule, unify
from derive.analytic import (
    SPECIAL_FUNCTIONS,
    Binomial,
    Definite,
    Factorial,
    Infinity,
    Series,
    Special,
    free_names,
    over_all,
)
from derive.deciding.integrands import logarithms_apart
from derive.expression import (
    Abs,
    Add,
    Applied,
    Call,
    Element,
    Expr,
    Frac,
    Index,
    Integral,
    Mul,
    Neg,
    Number,
    Partial,
    Pow,
    Size,
    Symbol,
    free_indices,
    substitute_indices,
)
from derive.notation import Scope

MOST_TERMS = 24
"""How many terms a sum between numbers may have to be written out."""


class NotScalar(Exception):
    """The expression has sums over index ranges, vectors, matrices or laws in it."""


_ASSUMPTIONS: dict[str, dict[str, bool]] = {
    "real": {"real": True},
    "positive": {"positive": True},
    "nonnegative": {"nonnegative": True},
    "nonzero": {"real": True, "nonzero": True},
    "unit": {"positive": True},
    "integer": {"integer": True},
    "nonnegative integer": {"integer": True, "nonnegative": True},
    "positive integer": {"integer": True, "positive": True},
    "binary": {"real": True, "nonzero": True},
}
_FUNCTIONS: dict[str, Any] = {
    name: getattr(sympy, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")
} | {"arcsin": sympy.asin}


def to_sympy(expr: Expr, scope: Scope, rules: tuple[Rule, ...] = ()) -> sympy.Expr:
    """The SymPy expression of a closed scalar, symbols with the assumptions of their domain, rules put in.

    An indexed symbol becomes a symbol of its own for each choice of indices. Raises NotScalar for anything else.
    """
    return Bridge(scope, rules, (expr,)).sympy(expr)


class Bridge:
    """Expressions of a scope in SymPy; ``applied`` collects the sources of the rules that were put in.

    ``about`` are the expressions to come: what is bound in one of them is told apart from what is free in another.
    With ``all_different`` no two free indices coincide.
    """

    def __init__(
        self, scope: Scope, rules: tuple[Rule, ...] = (), about: Iterable[Expr] = (), *, all_different: bool = False
    ) -> None:
        self.scope = scope
        self.rules = rules
        self.fixed = {rule.left.name for rule in rules if isinstance(rule.left, Symbol)}
        """The symbols that something gives a value: what is said with them is not said for every value."""
        self.bound: dict[str, sympy.Symbol] = {}
        """The variables of integrals and sums around a place: any real or whole number, whatever their domain."""
        self.positive: set[sympy.Symbol] = set()
        """The bound variables that are nowhere negative, and zero only at the end of what is integrated over."""
        self.all_different = all_different
        self.applied: set[str] = set()
        self.differentiated = 0
        """In how many derivatives a place is."""
        self.exchanged = False
        """Whether an integral or a sum without an end was differentiated under its sign."""
        self.conditions: set[Any] = set()
        """What SymPy's assumptions on symbols cannot say of their domains."""
        self.free = {name for expr in (*(rule.right for rule in rules), *about) for name in free_names(expr)}
        """The names that may stand outside of what binds them: a bound variable is told apart from them by a prime."""

    def sympy(self, expr: Expr) -> Any:
        """The expression. Raises NotScalar."""
        match expr:
            case Number(value=value):
                return sympy.Rational(value.numerator, value.denominator)
            case Size(range=range_):
                return self.size(range_)
            case Symbol():
                return self.symbol(expr)
            case Applied() if expr.type.kind == "scalar":
                return self.applied_function(expr)
            case Add(terms=terms):
                return sympy.Add(*(self.sympy(term) for term in terms))
            case Neg(term=term):
                return -self.sympy(term)
            case Mul(factors=factors) if expr.type.kind == "scalar":
                return sympy.Mul(*(self.sympy(factor) for factor in factors))
            case Frac(top=top, bottom=bottom):
                return self.sympy(top) / self.sympy(bottom)
            case Pow(base=base, exponent=exponent) if base.type.kind == "scalar":
                power = self.argument(exponent)
                return (self.sympy(base) if power.is_Integer else self.argument(base)) ** power
            case Abs(of=of):
                return sympy.Abs(self.argument(of))
            case Call(function=name, argument=argument) if name in _FUNCTIONS:
                return _FUNCTIONS[name](self.argument(argument))
            case Element(row=row, column=column) if expr.is_delta:
                return self.delta(row, column)
            case Infinity():
                return sympy.oo
            case Definite(variable=variable, lower=lower, upper=upper, body=body):
                limits = self.sympy(lower), self.sympy(upper)
                x, inner = self.inside(variable, body, real=True, above=limits[0])
                return logarithms_apart(sympy.Integral(inner, (x, *limits)))
            case Integral() if (plain := over_all(expr, self.scope)) is not None:
                return self.sympy(plain)
            case Series(variable=variable, lower=lower, upper=upper, body=body):
                limits = self.sympy(lower), self.sympy(upper)
                n, inner = self.inside(variable, body, integer=True)
                return _repeated(expr.operation, inner, n, *limits)
            case Factorial(of=of):
                return sympy.factorial(self.argument(of))
            case Binomial(above=above, below=below):
                return sympy.binomial(self.argument(above), self.argument(below))
            case Partial(of=of, by=Symbol(slots=()) as by):
                return self.derivative(of, by)
            case Special(name=name, arguments=arguments):
                function = getattr(sympy, SPECIAL_FUNCTIONS[name].sympy)
                return function(*(self.argument(argument) for argument in arguments))
        raise NotScalar(type(expr).__name__)

    def delta(self, row: Index, column: Index) -> Any:
        """Kronecker's delta of two indices. Raises NotScalar where it is not known whether they coincide."""
        if row == column:
            return sympy.Integer(1)
        if self.all_different or (row.is_label and column.is_label):
            return sympy.Integer(0)
        raise NotScalar("a Kronecker delta of indices that may coincide")

    def argument(self, expr: Expr) -> Any:
        """What a function is of. Raises NotScalar for an integral or sum, which SymPy would evaluate in digits."""
        found = self.sympy(expr)
        if found.has(sympy.Integral, sympy.Sum, sympy.Product):
            raise NotScalar("a function of an integral or of a sum between limits")
        return found

    def applied_function(self, expr: Applied) -> Any:
        """A function at its arguments: what a rule says of it there, else a number of its own.

        A definition is for every argument that the table lets its variable be. Raises NotScalar where the number would
        have to depend on something bound.
        """
        for rule in self.rules:
            change: dict[Index, Index] = {}
            if unify(rule.left, expr, change) and free_indices(rule.right) <= set(change):
                self.applied.add(rule.source)
                return self.by_rule(rule, change)
            found = self.by_definition(rule, expr)
            if found is not None:
                return found
        if self.bound or self.differentiated:
            raise NotScalar(f"the function {expr.name} of something bound")
        return self.open_function(expr)

    def by_definition(self, rule: Rule, expr: Applied) -> Any:
        """The formula that defines a function, at other arguments; None where it is not defined there by this."""
        if not isinstance(rule.left, Applied) or (rule.left.name, rule.left.slots) != (expr.name, expr.slots):
            return None
        names = [of.name for of in defined_for(rule.left, rule.right, self.scope)]
        if not names or len(names) != len(expr.arguments) or self.fixed & set(names):
            return None
        values = [self.argument(argument) for argument in expr.arguments]
        if not all(self.may_be(value, name) for value, name in zip(values, names, strict=True)):
            return None
        self.applied.add(rule.source)
        outer, self.bound = self.bound, {**self.bound, **dict(zip(names, values, strict=True))}
        try:
            return self.by_rule(rule, {})
        finally:
            self.bound = outer

    def open_function(self, expr: Applied) -> Any:
        """A function at its arguments that no rule is for, as a symbol."""
        declared = self.scope.symbols.get(expr.name)
        at = ", ".join(str(self.argument(argument)) for argument in expr.arguments)
        places = ",".join(slot.name for slot in expr.slots if isinstance(slot, Index))
        return sympy.Symbol(
            f"{expr.name}[{places}]({at})" if places else f"{expr.name}({at})",
            **_ASSUMPTIONS[declared.domain if declared else "real"],
        )

    def derivative(self, of: Expr, by: Symbol) -> Any:
        """A derivative, carried out; what a rule defines through the variable is put in before."""
        self.differentiated += 1
        try:
            return self._derivative(of, by)
        finally:
            self.differentiated -= 1

    def _derivative(self, of: Expr, by: Symbol) -> Any:
        variable = self.symbol(by)
        if not isinstance(variable, sympy.Symbol):
            raise NotScalar("a derivative in what is defined by others")
        found = self.sympy(of)
        limits = (node for node in found.atoms(sympy.Integral, sympy.Sum) if variable in node.free_symbols)
        self.exchanged = self.exchanged or any(node.has(sympy.oo, -sympy.oo) for node in limits)
        return sympy.diff(found, variable)

    def inside(self, variable: Symbol, body: Expr, *, above: Any = None, **kind: bool) -> tuple[sympy.Symbol, Any]:
        """The bound variable of an integral or sum, and its body; no rule is put in for the variable."""
        name = variable.name
        taken = {str(symbol) for value in self.bound.values() for symbol in value.free_symbols}
        while name in self.free or name in taken:
            name += "'"
        outer, bound = dict(self.bound), sympy.Symbol(name, **kind)
        self.bound[variable.name] = bound
        if above is not None and above.is_nonnegative:
            self.positive.add(bound)
        try:
            return bound, self.sympy(body)
        finally:
            self.bound = outer

    def may_be(self, value: Any, name: str) -> bool:
        """Whether a value is one that the table lets a symbol have."""
        if value == sympy.Symbol(name, **_ASSUMPTIONS[self.domain(name)]):
            return True
        match self.domain(name):
            case "real":
                return bool(value.is_real)
            case "positive" | "nonnegative":
                return bool(value.is_positive) or value in self.positive
        return False

    def domain(self, name: str) -> str:
        declared = self.scope.symbols.get(name)
        return declared.domain if declared is not None else "real"

    def symbol(self, expr: Symbol) -> Any:
        if expr.name == r"\pi":
            return sympy.pi
        if any(not isinstance(slot, Index) for slot in expr.slots) or expr.own.kind != "scalar":
            raise NotScalar(expr.name)
        if not expr.slots and expr.name in self.bound:
            return self.bound[expr.name]
        for rule in self.rules:
            change: dict[Index, Index] = {}
            if not isinstance(rule.left, Symbol) or not unify(rule.left, expr, change):
                continue
            if free_indices(rule.right) <= set(change):
                self.applied.add(rule.source)
                return self.by_rule(rule, change)
        return self.base(expr)

    def by_rule(self, rule: Rule, change: dict[Index, Index]) -> Any:
        """What a rule says of a symbol; no rule is put into itself.

        What is defined through a variable that is bound here depends on it: with y = x^2, the y of an integral over x
        is a function of x.
        """
        rules = self.rules
        self.rules = tuple(other for other in rules if other is not rule)
        try:
            return self.sympy(substitute_indices(rule.right, change))
        finally:
            self.rules = rules

    def base(self, expr: Symbol) -> Any:
        """A symbol that no rule is for."""
        declared = self.scope.symbols.get(expr.name)
        assumptions = _ASSUMPTIONS[declared.domain if declared else "real"]
        at = ",".join(slot.name for slot in expr.slots if isinstance(slot, Index))
        symbol = sympy.Symbol(f"{expr.name}[{at}]" if at else expr.name, **assumptions)
        if declared is not None and declared.domain == "unit":
            self.conditions.add(symbol < 1)
        return symbol

    def size(self, range_: str) -> Any:
        return sympy.Symbol(self.scope.ranges[range_].size, integer=True, positive=True)


def _repeated(operation: str, body: Any, n: sympy.Symbol, low: Any, high: Any) -> Any:
    """A sum or product; one of few terms between numbers is written out."""
    if low.is_Integer and high.is_Integer and 0 <= high - low < MOST_TERMS:
        terms = (body.subs(n, k) for k in range(int(low), int(high) + 1))
        return sympy.Add(*terms) if operation == "sum" else sympy.Mul(*terms)
    return (sympy.Sum if operation == "sum" else sympy.Product)(body, (n, low, high))
