"""A statement on operators and states at one point: dense matrices of complex balls with bounds on their rounding.

It shares with the compiler the tree and what the arguments are (:mod:`derive.kernels.states`), and nothing else: the
axes of states are one axis here, and products are products of whole matrices.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from flint import acb_mat, arb

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
)
from derive.kernels.complex_rounding import Complex
from derive.kernels.duals import ComplexDual
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.loops import imaginary
from derive.kernels.pointvalues import Places, Statement
from derive.kernels.rounding import Value
from derive.kernels.states import is_state, space

Rows = list[list[Any]]
PAULI = (
    (((0, 0), (1, 0)), ((1, 0), (0, 0))),
    (((0, 0), (0, -1)), ((0, 1), (0, 0))),
    (((1, 0), (0, 0)), ((0, 0), (-1, 0))),
)
"""Real and imaginary parts of the entries of the Pauli matrices."""
EXPONENTIAL = 16
"""How many units of the norm, times the number of rows, the exponential of a matrix may be off."""


class StateStatement(Statement):
    """A statement with operators, states or complex numbers at one point."""

    def __init__(
        self,
        kernel: KernelInput,
        inputs: Mapping[str, Mapping[tuple[int, ...], Fraction]],
        sizes: Mapping[str, int],
        wrt: tuple[str, ...] = (),
    ) -> None:
        super().__init__(kernel, inputs, sizes, wrt)
        self.kind: Any = ComplexDual if wrt else Complex
        self.shape = [sizes.get(axis, 2) for axis in space(kernel)]
        self.dimension = 1
        for size in self.shape:
            self.dimension *= size
        self.found: dict[tuple[Expr, frozenset[Any]], Rows] = {}

    def left_at(self, at: tuple[int, ...]) -> Any:
        left, right = self.kernel.left, self.kernel.right
        if left.type.kind not in STATE_KINDS:
            return super().left_at(at)
        letters = [slot for slot in getattr(left, "slots", ()) if isinstance(slot, Index) and not slot.is_label]
        return self.value(right, at[len(letters) :], dict(zip(letters, at, strict=False)))

    def symbol(self, name: str, at: tuple[int, ...]) -> Any:
        if imaginary(name) in self.inputs:
            return self.of(Complex.exact(self.inputs[name][at], self.inputs[imaginary(name)][at]))
        if name == r"\pi" and name not in self.inputs:
            return self.of(Complex.of(Value(arb.pi(), arb.pi())))
        return super().symbol(name, at)

    def value(self, expr: Expr, at: tuple[int, ...], places: Places) -> Any:
        match expr:
            case ImaginaryUnit():
                return self.of(Complex.exact(0, 1))
            case Pow(base=Abs(of=of), exponent=exponent) if constant(exponent) == 2:
                return self.value(of, (), places).squared_modulus()
            case StateMean(of=of, state=state):
                return self.value(Mul((Bra(state), of, Ket(state))), at, places)
            case Mul(factors=factors) if expr.type == SCALAR and any(f.type.kind in STATE_KINDS for f in factors):
                return self.dense(expr, places)[0][0]
        if expr.type.kind not in STATE_KINDS:
            return super().value(expr, at, places)
        half = 0 if expr.type.kind == "bra" else len(self.shape)
        return self.dense(expr, places)[self.flat(at[:half])][self.flat(at[half:])]

    def of(self, value: Complex) -> Any:
        """A value that depends on nothing by which there are derivatives."""
        return value if self.kind is Complex else ComplexDual(value, {})

    def flat(self, at: tuple[int, ...]) -> int:
        found = 0
        for size, value in zip(self.shape, at, strict=False):
            found = found * size + value
        return found

    def taken(self, function: Applied, places: Places) -> tuple[int, ...]:
        """The place in the array of an operator at which it is taken: by the point of a law, and its indices."""
        points = [places[one] for one in self.laws.points_of(function)]
        return (*points, *(self.place(slot, places) for slot in function.slots if isinstance(slot, Index)))

    # -- matrices ------------------------------------------------------------------------------------------------------

    def dense(self, expr: Expr, places: Places) -> Rows:
        """All entries of an operator, of a state as one column, or of its dual as one row."""
        key = expr, frozenset(places.items())
        if key not in self.found:
            self.found[key] = self.entries(expr, places)
        return self.found[key]

    def entries(self, expr: Expr, places: Places) -> Rows:
        match expr:
            case Zero():
                return [[self.kind.exact(0)] * self.dimension] * self.dimension
            case Symbol(slots=slots):
                return self.operator(
                    expr.name, tuple(self.place(slot, places) for slot in slots if isinstance(slot, Index)), places
                )
            case Applied(name=name):
                return self.operator(name, self.taken(expr, places), places)
            case Ket(of=of):
                return [[entry] for entry in self.state(of, places)]
            case Bra(of=of):
                return [[entry.conjugate() for entry in self.state(of, places)]]
            case Dagger(of=of):
                return [[entry.conjugate() for entry in column] for column in zip(*self.dense(of, places), strict=True)]
            case Add(terms=terms):
                return self.sum([self.dense(term, places) for term in terms])
            case Neg(term=term):
                return [[-entry for entry in row] for row in self.dense(term, places)]
            case Frac(top=top, bottom=bottom):
                below = self.value(bottom, (), places)
                return [[entry / below for entry in row] for row in self.dense(top, places)]
            case Commutator(left=left, right=right):
                a, b = self.dense(left, places), self.dense(right, places)
                return self.sum(
                    [self.multiplied([a, b]), [[-entry for entry in row] for row in self.multiplied([b, a])]]
                )
            case Dot(left=left, right=right):
                numbers = range(self.sizes[left.type.axes[0]])
                return self.sum(
                    [self.times(self.along(left, n, places), self.along(right, n, places)) for n in numbers]
                )
            case Pow(base=base) if base.type.kind == "operators":
                return self.dense(Dot(base, base), places)
            case Pow(base=base, exponent=exponent):
                power = constant(exponent)
                assert power is not None
                return self.multiplied([self.dense(base, places)] * int(power))
            case Over(operation="sum", index=index, excluded=excluded, body=body):
                without = tuple(self.place(other, places) for other in excluded)
                return self.sum([self.dense(body, {**places, index: n}) for n in self.terms(index.range, without)])
            case Integral(variable=variable, body=body):
                point = self.laws.point(variable.name)
                if point in places:
                    return self.dense(body, places)
                return self.sum([self.dense(body, {**places, point: n}) for n in range(self.sizes[point.range])])
            case ValueSum(variable=variable, body=body):
                return self.sum([self.dense(body, {**places, variable: sign}) for sign in (1, -1)])
            case Mul(factors=factors):
                found: Any = self.kind.exact(1)
                for factor in factors:
                    is_number = factor.type.kind not in STATE_KINDS
                    other = self.value(factor, (), places) if is_number else self.dense(factor, places)
                    found = self.times(found, other)
                    if isinstance(found, list) and len(found) == len(found[0]) == 1:
                        found = found[0][0]
                return found if isinstance(found, list) else [[found]]
            case Call(function="exp", argument=argument):
                return self.exponential(self.dense(argument, places))
        raise KernelError(f"{type(expr).__name__} of operators has no test vectors yet")

    def along(self, expr: Expr, direction: int, places: Places) -> Any:
        """A component of a vector: a number, or the entries of an operator."""
        if expr.type.kind != "operators":
            return super().value(expr, (direction,), places)
        match expr:
            case Symbol(name=name, slots=slots):
                at = tuple(
                    direction if isinstance(slot, Arrow) else self.place(slot, places)
                    for slot in slots
                    if isinstance(slot, Arrow | Index)
                )
                return self.operator(name, at, places)
            case Add(terms=terms):
                return self.sum([self.along(term, direction, places) for term in terms])
            case Neg(term=term):
                return [[-entry for entry in row] for row in self.along(term, direction, places)]
            case Mul(factors=factors):
                found: Any = self.kind.exact(1)
                for factor in factors:
                    found = self.times(
                        found,
                        self.along(factor, direction, places)
                        if factor.type.kind in ("vector", "operators")
                        else self.value(factor, (), places),
                    )
                return found
            case Frac(top=top, bottom=bottom):
                return self.times(
                    self.along(top, direction, places), self.kind.exact(1) / self.value(bottom, (), places)
                )
        raise KernelError(f"the components of {type(expr).__name__} have no test vectors yet")

    def operator(self, name: str, at: tuple[int, ...], places: Places) -> Rows:
        """The entries of an operator with a name: times the identity on the axes that it does not act on."""
        declared = self.kernel.scope.symbols.get(name)
        numbers = range(self.dimension)
        if declared is not None and "identity" in declared.properties:
            return [[self.kind.exact(int(i == j)) for j in numbers] for i in numbers]
        kind = declared.kind if declared is not None else "operator"
        rule = next((rule for rule in self.kernel.definitions if getattr(rule.left, "name", None) == name), None)
        if rule is not None and name not in self.inputs:
            return self.dense(rule.right, places)
        if kind == "Pauli":
            own = [[self.of(Complex.exact(*entry)) for entry in row] for row in PAULI[at[0]]]
            return self.beside(own, len(self.shape) == 2)
        if kind == "momentum":
            sites = range(self.shape[-1])
            return self.beside([[self.symbol(name, (*at, i, j)) for j in sites] for i in sites], False)
        if kind == "field":
            sites = range(self.shape[-1])
            zero = self.kind.exact(0)
            return self.beside([[self.symbol(name, (*at, i)) if i == j else zero for j in sites] for i in sites], False)
        keys = [self.unflat(n) for n in numbers]
        return [[self.symbol(name, (*at, *row, *column)) for column in keys] for row in keys]

    def beside(self, matrix: Rows, is_first: bool) -> Rows:
        """A matrix on one axis, times the identity on the other, if there is one."""
        if len(self.shape) == 1:
            return matrix
        inner = self.shape[-1]
        zero = self.kind.exact(0)

        def entry(i: int, j: int) -> Any:
            (a, b), (c, d) = divmod(i, inner), divmod(j, inner)
            return (matrix[a][c] if b == d else zero) if is_first else (matrix[b][d] if a == c else zero)

        return [[entry(i, j) for j in range(self.dimension)] for i in range(self.dimension)]

    def unflat(self, number: int) -> tuple[int, ...]:
        found: list[int] = []
        for size in reversed(self.shape):
            number, rest = divmod(number, size)
            found.append(rest)
        return tuple(reversed(found))

    def state(self, of: Symbol, places: Places) -> list[Any]:
        if is_state(of, self.kernel.scope):
            rule = next((r for r in self.kernel.definitions if getattr(r.left, "name", None) == of.name), None)
            if rule is not None:
                return [row[0] for row in self.dense(rule.right, places)]
            return [self.symbol(of.name, self.unflat(n)) for n in range(self.dimension)]
        if of.name in BASIS_STATES:
            return [self.kind.exact(int(n == BASIS_STATES.index(of.name))) for n in range(2)]
        value = places.get(of)
        if value is None:
            value = 1 if self.symbol(of.name, ()).ball.real > 0 else -1
        return [self.kind.exact(int(value == sign)) for sign in (1, -1)]

    def sum(self, matrices: list[Rows]) -> Rows:
        shape = [range(len(matrices[0])), range(len(matrices[0][0]))]
        return [[self.kind.total([one[i][j] for one in matrices]) for j in shape[1]] for i in shape[0]]

    def times(self, left: Any, right: Any) -> Any:
        """A product in which either may be a number."""
        if isinstance(left, list) and isinstance(right, list):
            return self.multiplied([left, right])
        if isinstance(left, list):
            return [[entry * right for entry in row] for row in left]
        return [[left * entry for entry in row] for row in right] if isinstance(right, list) else left * right

    def multiplied(self, matrices: list[Rows]) -> Rows:
        found = matrices[0]
        for other in matrices[1:]:
            columns = list(zip(*other, strict=True))
            found = [
                [self.kind.total([a * b for a, b in zip(row, column, strict=True)]) for column in columns]
                for row in found
            ]
        return found

    def exponential(self, rows: Rows) -> Rows:
        """The exponential of a matrix A.

        What A is off by passes on times the norm of the exponential, which is at most e to the largest eigenvalue of
        (A + A†)/2; Gershgorin's circles bound that. The algorithm adds units in proportion to the norm of A.
        """
        if self.kind is not Complex:
            raise KernelError("the exponential of an operator has no derivatives here")
        numbers = range(len(rows))
        balls = [[entry.ball for entry in row] for row in rows]
        found = acb_mat(balls).exp()
        norm = sum((abs(ball) ** 2 for row in balls for ball in row), arb(0)).sqrt()
        passed = sum((entry.rounding**2 for row in rows for entry in row), arb(0)).sqrt()
        circles = [
            balls[i][i].real + sum((abs(balls[i][j] + balls[j][i].conjugate()) / 2 for j in numbers if j != i), arb(0))
            for i in numbers
        ]
        growth = max(arb(0), *circles, key=lambda circle: float(circle.upper())).exp()
        rounding = (passed + EXPONENTIAL * len(rows) * (1 + norm)) * growth
        return [[Complex(found[i, j], rounding) for j in numbers] for i in numbers]


__all__ = ["StateStatement"]
