r"""Derivatives of normal forms: of polynomials in indexed sums, functions, laws and their expectations.

The derivative goes atom by atom. That of an expectation under a law q with parameters is

    d E_q[f] = E_q[df] + E_q[f d log q],

where d log q, the *score* of the law, is an atom of its own. It takes derivative and expectation to be exchanged, which
is a matter of regularity and is listed as used. As a law is normalised, E_q[d log q] = 0; and of two laws in one,
E_{q(z|x)}[d log q(x, z)] = d log q(x).

A law depends on what its declaration names as parameters and on nothing else. What is defined through the variable by
no premise of the line is refused, as are derivatives in what a density is a density of.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derive.algebra.atoms import (
    GENERAL,
    SIZE,
    Atom,
    Delta,
    Determinant,
    Entry,
    Factors,
    Fn,
    Imaginary,
    Mean,
    Moment,
    Opaque,
    Root,
    Sym,
    Term,
    Trace,
    Value,
)
from derive.algebra.contents import mentions, names_of
from derive.algebra.indexed import (
    Poly,
    apply_function,
    atom,
    freshen,
    kronecker,
    log_of,
    multiply,
    new_index,
    number,
    power_of,
    recanonical,
    rename_poly,
)
from derive.algebra.measures import MEASURE
from derive.algebra.rules import Unsupported
from derive.algebra.substitution import put
from derive.expression import Applied, Density, Element, Expectation, Expr, Index, Ket, Symbol, Whole, walk

if TYPE_CHECKING:
    from derive.algebra.lowering import Lowering

SLOPE = r"\partial^"
"""Name prefix of the atom that is a derivative of a function in one of its arguments, or of the log of a law."""
LOG = r" \log "
UNDER_THE_LAW = "derivative and expectation may be exchanged"
NORMALISED = "the mean of the derivative of log q under q is zero, as q is normalised"


class Calculus:
    """The derivatives of a lowering."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering

    def partial(self, of: Expr, by: Expr, at: tuple[Index, ...] = ()) -> Poly:
        """The derivative of a scalar in a symbol; ``at`` are the places of a component of a column.

        What a premise says of that symbol itself is put in afterwards.
        """
        if not isinstance(by, Symbol):
            raise Unsupported("a derivative in what is no symbol")
        rest = list(at)
        filled = tuple(slot if isinstance(slot, Index) else rest.pop(0) for slot in by.slots)
        lowering = self.lowering
        own = [
            rule
            for rule in lowering.rules
            if isinstance(rule.left, Symbol) and rule.left.name == by.name and rule not in lowering.busy
        ]
        before = len(lowering.busy)
        lowering.busy.extend(own)
        try:
            inner = recanonical(lowering.scalar(of))
            found = Derivative(lowering, by.name, filled).of(inner)
        finally:
            del lowering.busy[before:]
        if not own:
            return found

        def defined(which: Atom) -> Poly | None:
            is_it = isinstance(which, Sym) and which.name == by.name
            return lowering.symbol(by, which.at) if is_it and isinstance(which, Sym) else None

        return put(found, defined)


class Derivative:
    """The derivative in one symbol, at one place."""

    def __init__(self, lowering: Lowering, name: str, at: tuple[Index, ...]) -> None:
        self.lowering = lowering
        self.name = name
        self.at = at

    def of(self, poly: Poly) -> Poly:
        """The derivative of a polynomial, by the product rule."""
        total = Poly()
        for term, coefficient in freshen(poly).terms:
            for n, (which, power) in enumerate(term.factors):
                slope = self.factor(which, power)
                if not slope:
                    continue
                others = (*term.factors[:n], *term.factors[n + 1 :])
                front = Poly(((Term(multiply(others, ()), term.bound, term.distinct), coefficient),))
                total = total + front * freshen(slope)
        return recanonical(total)

    def factor(self, which: Atom, power: Fraction) -> Poly:
        slope = self.atom(which)
        if power == 1 or not slope:
            return slope
        base = which.base if isinstance(which, Root) else None
        lower = atom(which, power - 1) if base is None else power_of(base, power - 1)
        return (lower * freshen(slope)).scaled(power)

    def atom(self, which: Atom) -> Poly:
        """The derivative of an atom; of a root of its base, whose power the caller sees to."""
        match which:
            case Sym(name=name, at=at):
                return self.symbol(name, at)
            case Imaginary() | Delta():
                return Poly()
            case Fn(name=name, argument=argument):
                inner = self.of(argument)
                return self.outer(name, argument) * freshen(inner) if inner else inner
            case Root(base=base):
                return self.of(base)
            case Value():
                return self.value(which)
            case Moment(law=law, factors=factors, given=given):
                return self.moment(law, factors, given)
            case Opaque(expr=Density() as density):
                return self.density(which, density)
            case Mean() | Entry() | Determinant() | Trace() | Opaque():
                names = names_of(which) | ({which.state} if isinstance(which, Mean) else frozenset())
                if mentions(atom(which), self.name) or any(map(self.reaches, names)):
                    raise Unsupported(f"the derivative of what {self.name} is in, here")
                return Poly()
        raise Unsupported(f"the derivative of {type(which).__name__}")

    def symbol(self, name: str, at: tuple[Index, ...]) -> Poly:
        if name != self.name:
            if not name.startswith(SIZE) and self.reaches(name):
                raise Unsupported(f"{name} is defined through {self.name}, by no premise of this line")
            return Poly()
        found = number(1)
        for own, other in zip(self.at, at, strict=True):
            if own.range != other.range:
                return Poly()
            found = found * kronecker(own, other)
        return found

    def outer(self, name: str, argument: Poly) -> Poly:
        """The derivative of a function of one number at its argument."""
        one = number(1)

        def value(of: str) -> Poly:
            return freshen(apply_function(of, argument))

        match name:
            case "exp":
                return value("exp")
            case "log":
                return freshen(power_of(argument, Fraction(-1)))
            case "sin":
                return value("cos")
            case "cos":
                return -value("sin")
            case "tan":
                return one + value("tan") * value("tan")
            case "sinh":
                return value("cosh")
            case "cosh":
                return value("sinh")
            case "tanh":
                return one - value("tanh") * value("tanh")
            case "arcsin":
                return power_of(one - freshen(argument) * freshen(argument), Fraction(-1, 2))
        raise Unsupported(f"the derivative of {name}")

    # -- functions -----------------------------------------------------------------------------------------------

    def value(self, which: Value) -> Poly:
        """The chain rule for a declared function."""
        function = which.name
        while function.startswith(SLOPE) and LOG not in function:
            function = function.partition(" ")[2]
        if LOG in function:
            law = function.partition(LOG)[2]
            if self.moves(law) or any(mentions(argument, self.name) for argument in which.arguments):
                raise Unsupported("the second derivative of a law")
            return Poly()
        self.check_function(function)
        total = Poly()
        for n, (argument, axes) in enumerate(zip(which.arguments, which.axes, strict=True)):
            places = tuple(new_index(axis) for axis in axes)
            opened = rename_poly(argument, {Index(GENERAL, index.range): index for index in places})
            slope = self.of(opened)
            if not slope:
                continue
            if "smooth" not in self.properties(function):
                raise Unsupported(f"{function} is not declared smooth, so that it has no derivative")
            outer = atom(slope_of(which, n, places))
            term = outer * freshen(slope)
            for index in places:
                term = self.lowering.summed(term, index)
            total = total + term
        return total

    def properties(self, name: str) -> frozenset[str]:
        declared = self.lowering.declared(name)
        return declared.properties if declared is not None else frozenset()

    def check_function(self, name: str) -> None:
        """Raises Unsupported where a formula for a function, that the line does not use, has the variable in it."""
        for rule in self.lowering.definitions:
            if isinstance(rule.left, Applied) and rule.left.name == name:
                formal = {node.name for node in walk(rule.left) if isinstance(node, Symbol)}
                inside = {node.name for node in walk(rule.right) if isinstance(node, Symbol)} - formal
                if any(name == self.name or self.reaches(name) for name in inside):
                    raise Unsupported(f"{name} is defined through {self.name}, by no premise of this line")

    # -- laws ----------------------------------------------------------------------------------------------------

    def moves(self, law: str) -> bool:
        """Whether the form of a law depends on the variable."""
        declared = self.lowering.declared(law)
        if declared is not None and self.name in declared.parameters:
            return True
        for rule in (*self.lowering.rules, *self.lowering.definitions):
            left = rule.left
            if isinstance(left, Density | Expectation) and left.law == law and self.is_in(rule.right):
                raise Unsupported(f"{self.name} is in what is said of the law {law}, which does not name it")
        return False

    def moment(self, law: str, factors: Factors, given: tuple[str, ...]) -> Poly:
        whole = Poly(((Term(factors), Fraction(1)),))
        if law.startswith(MEASURE):
            if self.name != law[len(MEASURE) :] and mentions(whole, self.name):
                raise Unsupported("the derivative of an integral without a density")
            return Poly()
        if self.name in given or any(self.reaches(name) for name in given):
            raise Unsupported(f"the derivative of a law that is given {self.name}")
        declared = self.lowering.declared(self.name)
        if declared is not None and declared.law == law:
            return Poly()
        inner = self.of(whole)
        if self.moves(law):
            inner = inner + whole * freshen(self.score(law, given))
        if not inner:
            return inner
        self.lowering.used.add(UNDER_THE_LAW)
        return self.lowering.laws.expected(law, inner, given)

    def score(self, law: str, given: tuple[str, ...]) -> Poly:
        """The derivative of the logarithm of the law of all that is random, given what it is given."""
        lowering = self.lowering
        defined = {rule.left.name for rule in (*lowering.rules, *lowering.definitions) if isinstance(rule.left, Symbol)}
        of = [
            declared
            for declared in lowering.scope.symbols.values()
            if declared.law == law and declared.kind == "quantity" and declared.key not in {*given, *defined}
        ]
        if not of:
            raise Unsupported(f"nothing follows the law {law}")
        conditions = [lowering.scope.symbols[name] for name in given]
        whole = [
            tuple(Symbol(declared.key, tuple(Whole(slot) for slot in declared.slots)) for declared in group)
            for group in (of, conditions)
        ]
        return self.of(log_of(lowering.scalar(Density(law, whole[0], whole[1]))))

    def density(self, which: Opaque, density: Density) -> Poly:
        inside = [node for node in walk(density) if isinstance(node, Symbol)]
        if any(node.name == self.name or self.reaches(node.name) for node in inside):
            raise Unsupported(f"the derivative of a density in {self.name}, which it is of or given")
        if not self.moves(density.law):
            return Poly()
        arguments = tuple(self.lowering.argument(item) for item in density.of)
        axes = tuple(item.type.axes for item in density.of)
        score = Value(f"{SLOPE}{{{self.name}}}{LOG}{density.law}", self.at, arguments, axes)
        return atom(which) * atom(score)

    # -- what depends on the variable ----------------------------------------------------------------------------

    def is_it(self, node: Expr) -> bool:
        return isinstance(node, Symbol) and (node.name == self.name or self.reaches(node.name))

    def is_in(self, expr: Expr) -> bool:
        return any(self.is_it(node) for node in walk(expr))

    def reaches(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a symbol or matrix is defined, somewhere in the scope, through the variable."""
        if name in seen or name == self.name:
            return False
        for rule in self.lowering.definitions:
            left = rule.left.of if isinstance(rule.left, Element | Ket) else rule.left
            if not isinstance(left, Symbol) or left.name != name:
                continue
            for node in walk(rule.right):
                if isinstance(node, Symbol) and (node.name == self.name or self.reaches(node.name, seen | {name})):
                    return True
        return False


def derivative_of(name: str) -> tuple[int, str]:
    """How often the atom of a derivative differentiates a function in its first argument, and which; 0 for itself."""
    order = 0
    while name.startswith(f"{SLOPE}{{1}} ") and LOG not in name:
        order, name = order + 1, name.partition(" ")[2]
    return order, name


def slope_of(which: Value, argument: int, places: tuple[Index, ...]) -> Value:
    """The derivative of a function in one of its arguments; in a component of it, where that is a column."""
    name = f"{SLOPE}{{{argument + 1}}} {which.name}"
    return Value(name, (*which.at, *places), which.arguments, which.axes)


def without_scores(law: str, poly: Poly, given: tuple[str, ...], random: frozenset[str]) -> Poly:
    """E[d log q(x, z)] under q(z | x) as d log q(x), which is zero without an x; ``random`` is what follows the law."""
    ending = f"{LOG}{law}"

    def known(which: Atom) -> Poly | None:
        if not isinstance(which, Moment) or which.law != law or len(which.factors) != 1:
            return None
        ((score, power),) = which.factors
        if not isinstance(score, Value) or power != 1 or not score.name.endswith(ending):
            return None
        names = [_single(argument) for argument in score.arguments]
        if None in names or not set(given) <= set(names):
            return None
        rest = [name for name in names if name not in given]
        if not rest or not set(rest) <= random:
            return None
        kept = [n for n, name in enumerate(names) if name in given]
        if not kept:
            return Poly()
        arguments, axes = tuple(score.arguments[n] for n in kept), tuple(score.axes[n] for n in kept)
        return atom(Value(score.name, score.at, arguments, axes))

    return put(poly, known)


def _single(poly: Poly) -> str | None:
    """The name of the symbol that a polynomial is, or of the whole column."""
    if len(poly.terms) != 1:
        return None
    term, coefficient = poly.terms[0]
    if coefficient != 1 or term.bound or len(term.factors) != 1:
        return None
    which, power = term.factors[0]
    whole = isinstance(which, Sym) and power == 1 and all(index.name == GENERAL for index in which.at)
    return which.name if whole and isinstance(which, Sym) else None
