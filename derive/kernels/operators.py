"""Complex numbers, states and operators as index loops: their entries over the axes of the space of states.

An entry is a pair of real values. A Pauli matrix is the places at which it is not 0.
"""

from __future__ import annotations

from derive.analytic import Series
from derive.constants import constant
from derive.expression import (
    BASIS_STATES,
    SCALAR,
    STATE_KINDS,
    Abs,
    Add,
    Applied,
    Arrow,
    Bra,
    Call,
    Commutator,
    Dagger,
    Dot,
    Expr,
    Frac,
    ImaginaryUnit,
    Index,
    Ket,
    Mul,
    Neg,
    Number,
    Over,
    Pow,
    StateMean,
    Symbol,
    ValueSum,
    Zero,
    is_plainly_real,
)
from derive.kernels import binary, pairs
from derive.kernels.chains import Chains
from derive.kernels.entries import Around, what
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.laws import Laws
from derive.kernels.loops import (
    ONE,
    TWO,
    ZERO,
    Fixed,
    Function,
    Negative,
    Node,
    Place,
    Product,
    Quotient,
    Same,
    Sum,
    imaginary,
)
from derive.kernels.pairs import Pair
from derive.kernels.states import is_state

Places = tuple[Place, ...]
PAULI = {
    1: ((0, 1, pairs.UNIT), (1, 0, pairs.UNIT)),
    2: ((0, 1, Pair(ZERO, pairs.negative(pairs.UNIT).real)), (1, 0, pairs.IMAGINARY)),
    3: ((0, 0, pairs.UNIT), (1, 1, pairs.negative(pairs.UNIT))),
}
"""Row, column and value of the entries of the Pauli matrices that are not 0."""


class Operators(Chains):
    """The complex numbers, states and operators of one kernel."""

    def __init__(self, kernel: KernelInput, laws: Laws) -> None:
        super().__init__(kernel, laws)
        self.printed = kernel.scope
        self.points: dict[str, tuple[Expr, ...]] = {}
        """Of what each function is taken."""

        self.complex = {name for name in self.scope.symbols if imaginary(name) in self.scope.symbols}
        """The symbols that have an imaginary part."""

    def is_real(self, expr: Expr) -> bool:
        return is_plainly_real(expr, self.complex)

    # -- numbers -------------------------------------------------------------------------------------------------------

    def scalar(self, expr: Expr, around: Around) -> Node:
        match expr:
            case Pow(base=Abs(of=of), exponent=exponent) if not self.is_real(of) and constant(exponent) == 2:
                return pairs.squared_modulus(self.number(of, around))
            case Abs(of=of) if not self.is_real(of):
                return Function("sqrt", pairs.squared_modulus(self.number(of, around)))
        return super().scalar(expr, around)

    def number(self, expr: Expr, around: Around) -> Pair:
        """A complex number."""
        if isinstance(expr, Symbol) and expr.name in self.complex:
            return self.loaded(expr.name, tuple(around.loop(slot) for slot in expr.slots if isinstance(slot, Index)))
        if self.is_real(expr):
            return Pair(self.scalar(expr, around))
        match expr:
            case ImaginaryUnit():
                return pairs.IMAGINARY
            case Add(terms=terms):
                return pairs.total(self.number(term, around) for term in terms)
            case Neg(term=term):
                return pairs.negative(self.number(term, around))
            case Mul(factors=factors):
                return self.amplitudes(factors, (), (), around)
            case Frac(top=top, bottom=bottom):
                return pairs.quotient(self.number(top, around), self.number(bottom, around))
            case Pow(base=base, exponent=exponent):
                power = constant(exponent)
                if power is None or power.denominator != 1:
                    raise KernelError("a complex number can be compiled to printed whole powers only")
                return pairs.power(self.number(base, around), int(power))
            case Over(operation="sum"):
                return self.summed(expr, (), (), around)
            case ValueSum():
                return pairs.total(self.number(term, around) for term in binary.terms(expr))
            case Series(operation="sum", body=body):
                loop, inner = self.counting(expr, around)
                return pairs.reduced(loop, self.number(body, inner))
            case StateMean(of=of, state=state):
                return self.amplitudes((Bra(state), of, Ket(state)), (), (), around)
            case Call(function=name, argument=argument):
                return pairs.function(name, self.number(argument, around))
        raise KernelError(f"a complex {what(expr)} cannot be compiled yet")

    def summed(self, expr: Over, rows: Places, columns: Places, around: Around) -> Pair:
        excluded = tuple(dict.fromkeys(around.loop(index) for index in expr.excluded))
        if len(excluded) > 1:
            raise KernelError(f"the sum over {expr.index.name} leaves out several values, and is one of operators")
        loop, inner = self.inside(around, expr.index.range, expr.index, excluded)
        return pairs.reduced(loop, self.amplitude(expr.body, rows, columns, inner))

    # -- entries of states and operators -------------------------------------------------------------------------------

    def amplitude(self, expr: Expr, rows: Places, columns: Places, around: Around) -> Pair:
        """An entry. A state has rows, its dual columns, an operator both, and a number neither."""
        if expr.type == SCALAR:
            return self.number(expr, around)
        if expr.type.kind not in STATE_KINDS:
            raise KernelError(f"{what(expr)} is {expr.type.a} among states and cannot be compiled yet")
        match expr:
            case Zero():
                return pairs.NOTHING
            case Symbol():
                return self.symbol(expr, rows, columns, around)
            case Applied(name=name):
                return self.loaded(name, (*self.at_point(expr, around), *rows, *columns))
            case Ket(of=of):
                return self.state(of, rows, around)
            case Bra(of=of):
                return pairs.conjugate(self.state(of, columns, around))
            case Dagger(of=of):
                return pairs.conjugate(self.amplitude(of, columns, rows, around))
            case Add(terms=terms):
                return pairs.total(self.amplitude(term, rows, columns, around) for term in terms)
            case Neg(term=term):
                return pairs.negative(self.amplitude(term, rows, columns, around))
            case Frac(top=top, bottom=bottom):
                return pairs.quotient(self.amplitude(top, rows, columns, around), self.number(bottom, around))
            case Mul(factors=factors):
                return self.amplitudes(factors, rows, columns, around)
            case Commutator(left=left, right=right):
                both = (self.amplitudes(order, rows, columns, around) for order in ((left, right), (right, left)))
                forward, backward = both
                return pairs.total((forward, pairs.negative(backward)))
            case Dot(left=left, right=right):
                return pairs.total(
                    self.amplitudes((component(left, d), component(right, d)), rows, columns, around)
                    for d in self.directions(expr)
                )
            case Pow(base=base) if base.type.kind == "operators":
                return self.amplitude(Dot(base, base), rows, columns, around)
            case Pow(base=base, exponent=exponent):
                power = constant(exponent)
                if power is None or power.denominator != 1 or power < 1:
                    raise KernelError("an operator can be compiled to positive whole powers only")
                return self.amplitudes((base,) * int(power), rows, columns, around)
            case Over(operation="sum"):
                return self.summed(expr, rows, columns, around)
            case ValueSum():
                return pairs.total(self.amplitude(term, rows, columns, around) for term in binary.terms(expr))
            case Call(function="exp", argument=argument):
                return self.exponential(argument, rows, columns)
        raise KernelError(f"the entries of {what(expr)} as {expr.type.a} cannot be compiled yet")

    def directions(self, expr: Dot) -> list[Index]:
        """The values of the index over which a scalar product sums."""
        axis = expr.left.type.axes[0]
        size = self.scope.ranges[axis].size
        if not size.isdigit():
            raise KernelError(f"a scalar product of operators over {size} dimensions cannot be compiled yet")
        return [Index(str(number + 1), axis) for number in range(int(size))]

    def symbol(self, symbol: Symbol, rows: Places, columns: Places, around: Around) -> Pair:
        """An entry of an operator that has a name: the identity on the axes that it does not act on."""
        declared = self.printed.symbols.get(symbol.name)
        kind = "operator" if declared is None else declared.kind
        if declared is not None and "identity" in declared.properties:
            return Pair(_same(rows, columns))
        slots = tuple(around.loop(slot) for slot in symbol.slots if isinstance(slot, Index))
        acts = {"Pauli": 0, "momentum": -1, "field": -1}.get(kind)
        if acts is None:
            return self.loaded(symbol.name, (*slots, *rows, *columns))
        rest = Pair(_same(rows[1:], columns[1:])) if acts == 0 else Pair(_same(rows[:-1], columns[:-1]))
        row, column = rows[acts], columns[acts]
        if kind == "momentum":
            return pairs.product(rest, self.loaded(symbol.name, (*slots, row, column)))
        if kind == "field":
            return pairs.product(rest, pairs.product(Pair(Same(row, column)), self.loaded(symbol.name, (*slots, row))))
        if not (slots and isinstance(slots[0], Fixed) and slots[0].value + 1 in PAULI):
            raise KernelError(f"{symbol.name} is a Pauli matrix and needs one of the numbers 1 to 3 here")
        entries = PAULI[slots[0].value + 1]
        own = [pairs.product(Pair(_same((row, column), (Fixed(r), Fixed(c)))), value) for r, c, value in entries]
        return pairs.product(rest, pairs.total(own))

    def state(self, of: Symbol, rows: Places, around: Around) -> Pair:
        """An entry of a state: an argument, or the basis state of a label or of a binary variable."""
        if is_state(of, self.printed) or of.name in self.complex:
            return self.loaded(of.name, rows)
        if len(rows) != 1:
            raise KernelError(f"the state of {of.name} says nothing of the places that this line is about")
        if of.name in BASIS_STATES:
            return Pair(Same(rows[0], Fixed(BASIS_STATES.index(of.name))))
        value = self.scalar(of, around)
        weights = ((ONE, value), (ONE, Negative(value)))
        halves = [Product((Same(rows[0], Fixed(n)), Quotient(Sum(one), TWO))) for n, one in enumerate(weights)]
        return Pair(Sum(tuple(halves)))

    def loaded(self, name: str, at: Places) -> Pair:
        """An entry of an argument or of an array that was filled, with its imaginary part if it has one."""
        real = self.load(name, at)
        return Pair(real, self.load(imaginary(name), at)) if name in self.complex else Pair(real)

    def at_point(self, function: Applied, around: Around) -> Places:
        """The index values of a function at the point that stands in the line; there is one point for each."""
        name = function.name
        free_ = tuple(one for one in function.arguments if not isinstance(one, Number))
        if self.points.setdefault(name, free_) != free_:
            raise KernelError(f"{name} is taken at several points, and can be an argument at one only")
        places = tuple(around.loop(slot) for slot in function.slots if isinstance(slot, Index))
        values = [one.value for one in function.arguments if isinstance(one, Number)]
        if values:
            raise KernelError(f"{name} is taken at printed numbers, and can be no argument")
        return places


def component(expr: Expr, direction: Index) -> Expr:
    """A component of a vector of numbers or of operators."""
    match expr:
        case Symbol(slots=slots):
            taken = tuple(direction if isinstance(slot, Arrow) else slot for slot in slots)
            return type(expr)(expr.name, taken, expr.own)
        case Add(terms=terms):
            return Add(tuple(component(term, direction) for term in terms))
        case Neg(term=term):
            return Neg(component(term, direction))
        case Frac(top=top, bottom=bottom):
            return Frac(component(top, direction), bottom)
        case Mul(factors=factors):
            return Mul(tuple(component(f, direction) if f.type.kind in ("vector", "operators") else f for f in factors))
        case Over(operation="sum"):
            return expr.map(lambda child: component(child, direction))
    raise KernelError(f"the components of {what(expr)} cannot be compiled yet")


def _same(left: Places, right: Places) -> Node:
    """1 where two lists of places are the same."""
    found = [Same(one, other) for one, other in zip(left, right, strict=True)]
    return ONE if not found else found[0] if len(found) == 1 else Product(tuple(found))


__all__ = ["Operators"]
