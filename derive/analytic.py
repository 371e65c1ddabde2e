"""Nodes of analysis: integrals and sums between limits, factorials, binomial coefficients and special functions.

They are numbers, of numbers. Lines with them are decided as closed scalars (:func:`derive.decide`), and evaluated in
models by enclosures in ball arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from derive.expression import (
    SCALAR,
    Applied,
    Density,
    Dirac,
    Expectation,
    Expr,
    Gaussian,
    Integral,
    Neg,
    Number,
    Symbol,
    walk,
)

if TYPE_CHECKING:
    from derive.notation import Scope


@dataclass(frozen=True, slots=True)
class Infinity(Expr):
    """Infinity, as a limit."""


@dataclass(frozen=True, slots=True)
class Definite(Expr):
    """The integral of ``body`` over a real variable from ``lower`` to ``upper``; the variable is bound in ``body``."""

    variable: Symbol
    lower: Expr
    upper: Expr
    body: Expr


@dataclass(frozen=True, slots=True)
class Series(Expr):
    """The sum or product of ``body`` over the whole numbers from ``lower`` to ``upper``, which may be infinite.

    The variable is bound in ``body``. With ``upper`` one below ``lower`` it is empty; further below, where conventions
    differ, it has no value, and nothing is claimed.
    """

    operation: Literal["sum", "product"]
    variable: Symbol
    lower: Expr
    upper: Expr
    body: Expr


@dataclass(frozen=True, slots=True)
class Factorial(Expr):
    of: Expr


@dataclass(frozen=True, slots=True)
class Binomial(Expr):
    above: Expr
    below: Expr


@dataclass(frozen=True, slots=True)
class Special(Expr):
    """A special function by its standard name and as it is printed, with what stands in its subscript and bracket."""

    name: str
    printed: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class SpecialFunction:
    """A special function: how many of its arguments are printed in its subscript, and how many in the bracket."""

    subscripts: int
    arguments: int
    sympy: str
    """Its name in SymPy, with the same arguments in the same order."""
    command: str = ""
    """The LaTeX command that it has, so that it needs no notation."""


SPECIAL_FUNCTIONS = {
    "gamma": SpecialFunction(0, 1, "gamma"),
    "beta": SpecialFunction(0, 2, "beta"),
    "digamma": SpecialFunction(0, 1, "digamma"),
    "zeta": SpecialFunction(0, 1, "zeta"),
    "error function": SpecialFunction(0, 1, "erf"),
    "complementary error function": SpecialFunction(0, 1, "erfc"),
    "Bessel J": SpecialFunction(1, 1, "besselj"),
    "Bessel Y": SpecialFunction(1, 1, "bessely"),
    "Bessel I": SpecialFunction(1, 1, "besseli"),
    "Bessel K": SpecialFunction(1, 1, "besselk"),
    "Airy Ai": SpecialFunction(0, 1, "airyai"),
    "Airy Bi": SpecialFunction(0, 1, "airybi"),
    "Legendre P": SpecialFunction(1, 1, "legendre"),
    "Hermite H": SpecialFunction(1, 1, "hermite"),
    "Laguerre L": SpecialFunction(1, 1, "laguerre"),
    "Chebyshev T": SpecialFunction(1, 1, "chebyshevt"),
    "Chebyshev U": SpecialFunction(1, 1, "chebyshevu"),
    "arctan": SpecialFunction(0, 1, "atan", r"\arctan"),
    "arccos": SpecialFunction(0, 1, "acos", r"\arccos"),
    "cot": SpecialFunction(0, 1, "cot", r"\cot"),
    "coth": SpecialFunction(0, 1, "coth", r"\coth"),
    "sec": SpecialFunction(0, 1, "sec", r"\sec"),
    "csc": SpecialFunction(0, 1, "csc", r"\csc"),
}

LIMITED = (Definite, Series)
"""What binds a variable between limits."""
ANALYTIC = (Definite, Series, Factorial, Binomial, Special)


def over_all(expr: Expr, scope: Scope) -> Definite | None:
    """An integral without limits, of a number that follows no law, as one over all that its domain has.

    None for what is under a law, or over a column: that is an expectation, or no plain integral.
    """
    if not isinstance(expr, Integral) or expr.variable.slots or expr.body.type != SCALAR:
        return None
    declared = scope.symbols.get(expr.variable.name)
    if declared is None or declared.kind != "quantity" or declared.law is not None or declared.domain not in _LOWEST:
        return None
    if any(isinstance(node, Density | Gaussian | Dirac | Expectation | Applied) for node in walk(expr.body)):
        return None
    return Definite(expr.variable, _LOWEST[declared.domain], Infinity(), expr.body)


_LOWEST: dict[str, Expr] = {
    **dict.fromkeys(("real", "nonzero"), Neg(Infinity())),
    **dict.fromkeys(("positive", "nonnegative"), Number(Fraction(0))),
}
"""The lower end of domains that have no upper one."""


def free_names(expr: Expr) -> set[str]:
    """The names of the symbols of an expression that no integral or sum between limits binds."""
    if isinstance(expr, Integral):
        return free_names(expr.body) - {expr.variable.name}
    if isinstance(expr, Definite | Series):
        return free_names(expr.lower) | free_names(expr.upper) | (free_names(expr.body) - {expr.variable.name})
    own = {expr.name} if isinstance(expr, Symbol) else set()
    return own.union(*(free_names(child) for child in expr.children))
