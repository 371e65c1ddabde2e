r"""A side of a verified statement in floating point, where no kernel can be exported of it.

Kernels are scalar loops. Statements about operators, states, determinants and integrals are evaluated here from the
same tree: NumPy arrays for symbols with indices, dense matrices for matrices and operators, vectors for states. A law
of which an integral is taken is a finite one, points with weights; symmetric points that have the law's mean and
covariance give integrals of polynomials up to the third degree exactly (:func:`cubature`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from derive.errors import DeriveError
from derive.expression import (
    Abs,
    Add,
    Applied,
    Arrow,
    Bra,
    Call,
    Commutator,
    Dagger,
    Density,
    Det,
    Dot,
    Element,
    Expr,
    Frac,
    Identity,
    ImaginaryUnit,
    Index,
    Integral,
    Ket,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pow,
    Size,
    Symbol,
    Transpose,
    ValueSum,
    Whole,
    walk,
)

Law = tuple[np.ndarray, np.ndarray]
"""Points, shape (count, …), and their weights, shape (count,)."""
FUNCTIONS = {name: getattr(np, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "cosh", "sinh", "tanh")}


def gauss_hermite(variance: float, count: int = 60) -> Law:
    """Points and weights of a Gaussian with mean zero: exact for polynomials of degree below 2 count."""
    points, weights = np.polynomial.hermite_e.hermegauss(count)
    return points * np.sqrt(variance), weights / weights.sum()


def cubature(covariance: np.ndarray) -> Law:
    """2 N points of equal weight with mean zero, the covariance (N, N), and no third moments."""
    count = len(covariance)
    steps = np.sqrt(count) * np.linalg.cholesky(covariance).T
    return np.concatenate((steps, -steps)), np.full(2 * count, 0.5 / count)


@dataclass(frozen=True)
class Formula:
    """A side of a statement. It is called with what its symbols stand for, by their printed names.

    A symbol is a number, an array over its indices, a matrix, a vector of operators (d, n, n) or a state (n,); a
    function or operator that depends on something is a Python function of that. ``laws`` has a finite law for each
    variable that is integrated over; a density of just this variable is then its weight. ``densities`` has other
    densities, as functions of the variables and of what they are given. ``at`` says where free indices are, counted
    from 0.

    Raises DeriveError for what is not known here.
    """

    expr: Expr

    def __call__(
        self,
        values: Mapping[str, Any],
        *,
        sizes: Mapping[str, int] | None = None,
        laws: Mapping[str, Law] | None = None,
        densities: Mapping[str, Callable[..., Any]] | None = None,
        at: Mapping[str, int] | None = None,
    ) -> Any:
        places = _Places(dict(values), sizes or {}, laws or {}, densities or {}, dict(at or {}))
        return places.value(self.expr)


@dataclass
class _Places:
    values: dict[str, Any]
    sizes: Mapping[str, int]
    laws: Mapping[str, Law]
    densities: Mapping[str, Callable[..., Any]]
    at: dict[str, int]
    integrated: tuple[str, ...] = field(default=())

    def value(self, expr: Expr) -> Any:
        match expr:
            case Number(value=value):
                return float(value)
            case Symbol(name=r"\pi"):
                return np.pi
            case ImaginaryUnit():
                return 1j
            case Size(range=name):
                return self.sizes[name]
            case Symbol():
                return self.symbol(expr)
            case Identity(axis=axis):
                return np.eye(self.sizes[axis])
            case Add(terms=terms):
                return sum((self.value(term) for term in terms[1:]), self.value(terms[0]))
            case Neg(term=term):
                return -self.value(term)
            case Mul(factors=factors):
                return self.product(factors)
            case Frac(top=top, bottom=bottom):
                return self.value(top) / self.value(bottom)
            case Pow(base=base, exponent=exponent):
                return self.power(base, exponent)
            case Transpose(of=of):
                return np.transpose(self.value(of))
            case Dot(left=left, right=right):
                return _dot(self.value(left), left.type.kind, self.value(right), right.type.kind)
            case Norm(of=of):
                return np.sqrt(np.sum(self.value(of) ** 2))
            case Abs(of=of):
                return np.abs(self.value(of))
            case Det(of=of):
                return np.linalg.det(self.value(of))
            case Call(function=name, argument=argument):
                return self.call(name, argument)
            case Element(of=of, row=row, column=column):
                return self.value(of)[self.place(row), self.place(column)]
            case Over(operation=operation, index=index, excluded=excluded, body=body):
                left_out = {self.place(other) for other in excluded}
                parts = [
                    self.with_index(index, n).value(body) for n in range(self.sizes[index.range]) if n not in left_out
                ]
                return np.sum(parts, axis=0) if operation == "sum" else np.prod(parts, axis=0)
            case Commutator(left=left, right=right):
                a, b = self.value(left), self.value(right)
                return a @ b - b @ a
            case Dagger(of=of):
                return np.conj(self.value(of)).T
            case Ket(of=of) | Bra(of=of):
                state = self.state(of)
                return np.conj(state) if isinstance(expr, Bra) else state
            case Applied(name=name, arguments=arguments):
                return self.values[name](*(self.value(argument) for argument in arguments))
            case ValueSum(variable=variable, body=body):
                return sum(self.with_value(variable.name, b).value(body) for b in (1, -1))
            case Integral(variable=variable, body=body):
                if not any(isinstance(node, Density) and node.of == (variable,) for node in walk(body)):
                    raise DeriveError(f"the integral over {variable.name} has no law of it to be evaluated with")
                points, weights = self.laws[variable.name]
                inner = [self.with_value(variable.name, point, integrated=True).value(body) for point in points]
                return np.tensordot(weights, np.array(inner), 1)
            case Density(law=law, of=of, given=given):
                if not given and all(isinstance(one, Symbol) and one.name in self.integrated for one in of):
                    return 1.0
                return self.densities[law](*(self.value(one) for one in (*of, *given) if self.is_known(one)))
        raise DeriveError(f"a formula with {type(expr).__name__} cannot be evaluated here")

    def with_index(self, index: Index, n: int) -> _Places:
        return _Places(self.values, self.sizes, self.laws, self.densities, {**self.at, index.name: n}, self.integrated)

    def with_value(self, name: str, value: Any, *, integrated: bool = False) -> _Places:
        more = (*self.integrated, name) if integrated else self.integrated
        return _Places({**self.values, name: value}, self.sizes, self.laws, self.densities, self.at, more)

    def is_known(self, expr: Expr) -> bool:
        """Parameters that stand in a density without a value are left out of its call."""
        return not isinstance(expr, Symbol) or expr.name in self.values

    def place(self, index: Index) -> int:
        return int(index.name) - 1 if index.is_label else self.at[index.name]

    def symbol(self, symbol: Symbol) -> Any:
        if symbol.name not in self.values:
            raise DeriveError(f"the formula needs a value of {symbol.name}")
        found = self.values[symbol.name]
        places = tuple(slice(None) if isinstance(slot, Whole | Arrow) else self.place(slot) for slot in symbol.slots)
        return np.asarray(found)[places] if places else found

    def state(self, symbol: Symbol) -> np.ndarray:
        """A state, or the basis state of a binary variable: (1, 0) for the value 1, (0, 1) for -1."""
        found = np.asarray(self.symbol(symbol))
        if found.ndim:
            return found
        return np.array([1.0, 0.0]) if found == 1 else np.array([0.0, 1.0])

    def product(self, factors: tuple[Expr, ...]) -> Any:
        result, kind = self.value(factors[0]), factors[0].type.kind
        for number, factor in enumerate(factors[1:], start=2):
            right, other = self.value(factor), factor.type.kind
            if (kind, other) in (("ket", "bra"), ("column", "row")):
                result = np.outer(result, right)
            elif kind == "scalar" or other == "scalar":
                result = result * right
            else:
                result = result @ right
            kind = Mul(factors[:number]).type.kind
        return result

    def power(self, base: Expr, exponent: Expr) -> Any:
        kind, value, power = base.type.kind, self.value(base), self.value(exponent)
        if kind == "operators":
            return sum(component @ component for component in value)
        if kind == "vector":
            return np.sum(np.asarray(value) ** 2)
        if kind in ("matrix", "operator"):
            return np.linalg.matrix_power(value, int(power))
        return value**power

    def call(self, name: str, argument: Expr) -> Any:
        from scipy.linalg import expm, logm

        value = self.value(argument)
        if name == "Trace":
            return np.trace(value)
        if argument.type.kind in ("matrix", "operator"):
            return {"exp": expm, "log": logm}[name](value)
        return FUNCTIONS[name](value)


def _dot(left: Any, of_left: str, right: Any, of_right: str) -> Any:
    if of_left == of_right == "operators":
        return sum(a @ b for a, b in zip(left, right, strict=True))
    return sum(a * b for a, b in zip(left, right, strict=True))
