"""Sums and products between limits, factorials and special functions as loops and functions of libraries.

A sum stays a sum: its limits are computed while the kernel runs. Infinite series and integrals are refused, since no
number of terms or points bounds what is left out for all arguments.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from flint import fmpq

from derive.analytic import Binomial, Definite, Factorial, Infinity, Series, Special, free_names
from derive.constants import constant
from derive.deciding.balls import compile_program, run
from derive.deciding.values import precision
from derive.expression import Add, Call, Expr, Frac, Mul, Neg, Number, Pow, Symbol, walk
from derive.kernels import loops
from derive.kernels.arrange import add
from derive.kernels.kernel import KernelError
from derive.kernels.loops import ONE, Balanced, Const, Function, Loop, Node, Sum, Weighted
from derive.kernels.loops import Special as Called
from derive.kernels.matrices import Around
from derive.kernels.names import identifier
from derive.kernels.special import KNOWN
from derive.notation import Scope
from derive.sympy_bridge import to_sympy

RECIPROCAL = {"cot": "tan", "sec": "cos", "csc": "sin", "coth": "tanh"}
DIGITS = 128
"""To how many binary digits functions of printed numbers are computed, before they are rounded to a double."""
UNBOUNDED = "no number of terms or points bounds what is left out for all arguments"


class Endless(KernelError):
    """An infinite series, or an integral: there is no kernel of it, but perhaps one of its closed form."""


class Analysis:
    """What a kernel needs of analysis. Whoever extends it has all other numbers."""

    scope: Scope

    def scalar(self, expr: Expr, around: Around) -> Node:
        raise NotImplementedError

    def analytic(self, expr: Expr, around: Around) -> Node | None:
        """A number of analysis; None where an expression is none."""
        match expr:
            case Series():
                return self.series(expr, around)
            case Definite():
                raise Endless(f"an integral between limits cannot be compiled: {UNBOUNDED}")
            case Special(name=name, arguments=(argument,)) if name in RECIPROCAL:
                return loops.Quotient(ONE, Function(RECIPROCAL[name], self.scalar(argument, around)))
            case Mul() | Frac() | Special(name="beta") if (found := self.balanced(expr, around)) is not None:
                return found
            case Special() | Factorial() | Binomial() if not free_names(expr) and _is_closed(expr):
                return self.known(expr)
            case Factorial(of=of):
                return Called("gamma", (_plus(self.scalar(of, around), 1),))
            case Binomial(above=above, below=below):
                return Called("binomial", (self.scalar(above, around), self.scalar(below, around)))
            case Call(function="arcsin", argument=argument):
                return Called("arcsin", (self.scalar(argument, around),))
            case Special(name=name, arguments=arguments) if name in KNOWN:
                return Called(name, tuple(self.scalar(argument, around) for argument in arguments))
            case Special(name=name):
                raise KernelError(f"the function {name} is in the libraries of no backend")
        return None

    def series(self, expr: Series, around: Around) -> Node:
        """A sum or product over whole numbers."""
        loop, inner = self.counting(expr, around)
        return loops.reduced(expr.operation, loop, self.scalar(expr.body, inner))

    def counting(self, expr: Series, around: Around) -> tuple[Loop, Around]:
        """The loop of a sum or product between limits, and what is around its body."""
        if any(isinstance(one, Infinity) for limit in (expr.lower, expr.upper) for one in walk(limit)):
            raise Endless(f"an infinite {'series' if expr.operation == 'sum' else 'product'} cannot be compiled:"
                          f" {UNBOUNDED}")  # fmt: skip
        taken = {loop.name for loop in around.loops}
        name = identifier(expr.variable.name)
        while name in taken:
            name += "_"
        limits = tuple(self.scalar(limit, around) for limit in (expr.lower, expr.upper))
        loop = Loop(name, "", limits=limits)
        return loop, replace(around, loops=(*around.loops, loop), counters=(*around.counters, (expr.variable, loop)))

    def known(self, expr: Expr) -> Node:
        """The value of a function of printed numbers, as the double that is next to it."""
        with precision(DIGITS):
            (value,) = run(compile_program(to_sympy(expr, self.scope)), {})
        if isinstance(value, fmpq):
            return Const(Fraction(int(value.p), int(value.q)))
        found = getattr(value, "real", value)
        if value is None or not found.is_finite() or found.rel_accuracy_bits() < 60:
            raise KernelError("a function of printed numbers has no value that is known here")
        return Const(Fraction(float(found.mid())))

    # -- products that may overflow ----------------------------------------------------------------------------------

    def balanced(self, expr: Expr, around: Around) -> Node | None:
        """A product with factorials, and powers or exponentials beside them, whose factors may overflow together.

        None where it has no such factors.
        """
        parts = list(_parts(expr))
        open_ = [(up, part) for up, part in parts if _may_overflow(part)]
        if len(open_) < 2 or not any(_is_factorial(part) for _, part in open_):
            return None
        above = tuple(self.factor(part, around) for up, part in open_ if up)
        below = tuple(self.factor(part, around) for up, part in open_ if not up)
        logs = tuple(self.log(part, around) for side in (True, False) for up, part in open_ if up is side)
        found = Balanced(above, below, logs)
        rest = [(up, self.scalar(part, around)) for up, part in parts if (up, part) not in open_]
        top = loops.Product((*(part for up, part in rest if up), found))
        bottom = tuple(part for up, part in rest if not up)
        return loops.Quotient(top, loops.Product(bottom)) if bottom else top

    def factor(self, part: Expr, around: Around) -> Node:
        found = self.analytic(part, around) if not isinstance(part, Mul | Frac) else None
        return found if found is not None else self.scalar(part, around)

    def log(self, part: Expr, around: Around) -> Node:
        """The logarithm of the modulus of such a factor."""
        match part:
            case Factorial(of=of):
                return Called("log gamma", (_plus(self.scalar(of, around), 1),))
            case Special(name="gamma", arguments=(of,)):
                return Called("log gamma", (self.scalar(of, around),))
            case Binomial(above=above, below=below):
                return Called("log binomial", (self.scalar(above, around), self.scalar(below, around)))
            case Pow(base=base, exponent=exponent) if _is_factorial(base):
                return loops.Product((self.scalar(exponent, around), self.log(base, around)))
            case Pow(base=base, exponent=exponent):
                return Weighted(self.scalar(exponent, around), Called("log modulus", (self.scalar(base, around),)))
            case Call(argument=argument):
                return self.scalar(argument, around)
        raise AssertionError(f"{type(part).__name__} is no factor that may overflow")


def _parts(expr: Expr, up: bool = True) -> Any:
    """The factors of a product or fraction, and whether each stands above the line."""
    match expr:
        case Mul(factors=factors) if expr.type.kind == "scalar" and all(one.type.kind == "scalar" for one in factors):
            for factor in factors:
                yield from _parts(factor, up)
        case Frac(top=top, bottom=bottom):
            yield from _parts(top, up)
            yield from _parts(bottom, not up)
        case Neg(term=term):
            yield up, Number(Fraction(-1))
            yield from _parts(term, up)
        case Special(name="beta", arguments=(a, b)):
            yield from ((up, Special("gamma", "", (one,))) for one in (a, b))
            yield not up, Special("gamma", "", (Add((a, b)),))
        case _:
            yield up, expr


def _is_factorial(part: Expr) -> bool:
    """Whether a factor is a factorial or a binomial coefficient of what is no printed number, or a power of one."""
    if isinstance(part, Pow):
        return _is_factorial(part.base) and constant(part.exponent) is not None
    return (isinstance(part, Factorial | Binomial) or (isinstance(part, Special) and part.name == "gamma")) and not (
        _is_closed(part)
    )


def _may_overflow(part: Expr) -> bool:
    if _is_factorial(part) or (isinstance(part, Call) and part.function == "exp"):
        return True
    return isinstance(part, Pow) and part.base.type.kind == "scalar" and constant(part.exponent) is None


def _is_closed(expr: Expr) -> bool:
    """Whether an expression is made of printed numbers and π."""
    return all(not isinstance(one, Symbol) or one.name == r"\pi" for one in walk(expr)) and not any(
        isinstance(one, Series | Definite) or type(one).__name__ in ("Size", "Element", "Over") for one in walk(expr)
    )


def _plus(node: Node, number: int) -> Node:
    return add(node, Const(Fraction(number))) if isinstance(node, Const) else Sum((node, Const(Fraction(number))))


__all__ = ["Analysis", "Endless"]
