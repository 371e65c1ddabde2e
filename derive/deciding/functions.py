"""What is known of each function: how it enters the tower.

Trigonometric and hyperbolic functions become exponentials, Abs of a real argument a square root of a square, Max and
Min follow from Abs, inverse hyperbolic functions are the logarithms that define them, and factorials and binomials
follow from 1/gamma, which is entire (DLMF 4.37, 5.2, 5.5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sympy as sp
from flint import fmpq

from derive.deciding.errors import NotReducible
from derive.deciding.factors import NeedsOrder
from derive.deciding.fractions import Fraction, Generator

if TYPE_CHECKING:
    from derive.deciding.tower import Tower


def sign_of(expr: sp.Expr) -> str:
    """The sign of an expression as SymPy's assumptions know it."""
    if expr.is_positive or expr.is_negative:
        return "+" if expr.is_positive else "-"
    return "0+" if expr.is_nonnegative else "0-" if expr.is_nonpositive else ""


def generator_for(label: str, kind: str, expr: sp.Expr) -> Generator:
    return Generator(label, kind, real=bool(expr.is_real), sign=sign_of(expr), integer=bool(expr.is_integer))


def _wave(circular: bool, odd: bool) -> Callable[[Tower, sp.Expr], Fraction]:
    def rule(tower: Tower, argument: sp.Expr) -> Fraction:
        forward, backward = tower.exponentials(argument, circular)
        total = tower.scaled(tower.field.add([forward, tower.scaled(backward, -1 if odd else 1)]), fmpq(1, 2))
        return tower.field.mul([total, tower.ext.unity(fmpq(-1, 4))]) if circular and odd else total

    return rule


def _ratio(top: type, bottom: type) -> Callable[[Tower, sp.Expr], Fraction]:
    return lambda tower, argument: tower.quotient(tower.convert(top(argument)), tower.convert(bottom(argument)))


def _reciprocal(kind: type) -> Callable[[Tower, sp.Expr], Fraction]:
    return lambda tower, argument: tower.field.invert(tower.convert(kind(argument)))


def _inverse(kind: type) -> Callable[[Tower, sp.Expr], Fraction]:
    return lambda tower, argument: tower.inverse(kind, argument)


def _log(tower: Tower, argument: sp.Expr, *base: sp.Expr) -> Fraction:
    value = tower.ext.log(tower.convert(argument), sign_of(argument))
    return tower.quotient(value, _log(tower, *base)) if base else value


def _acos(tower: Tower, argument: sp.Expr) -> Fraction:
    quarter_turn = tower.scaled(tower.ext.constant("pi"), fmpq(1, 2))
    return tower.field.add([quarter_turn, tower.scaled(tower.convert(sp.asin(argument)), -1)])


def _area(argument: Callable[[sp.Expr], sp.Expr]) -> Callable[[Tower, sp.Expr], Fraction]:
    """An inverse hyperbolic function as the logarithm that defines its principal value."""

    def rule(tower: Tower, u: sp.Expr) -> Fraction:
        # u + sqrt(u**2 + 1) is positive for real u, and u + sqrt(u**2 - 1) where u > 1.
        positive = (u - 1).is_positive or (u.is_real and argument(sp.Integer(0)) == 1)
        return tower.ext.log(tower.convert(argument(u)), "+" if positive else "")

    return rule


def _signum(tower: Tower, argument: sp.Expr) -> Fraction | None:
    if not (argument.is_real and argument.is_nonzero):
        return None
    modulus = tower.modulus(argument)
    return None if modulus is None else tower.quotient(modulus, tower.convert(argument))


def _extreme(sign: int) -> Callable[..., Fraction | None]:
    def rule(tower: Tower, *arguments: sp.Expr) -> Fraction | None:
        best = arguments[0]
        for other in arguments[1:]:
            if not (best.is_real and other.is_real):
                return None
            best = (best + other + sign * sp.Abs(best - other)) / 2
        return tower.convert(best)

    return rule


def _reciprocal_gamma(tower: Tower, argument: sp.Expr) -> Fraction:
    """1/gamma(u), entire; the arguments that differ by an integer share a generator: 1/gamma(u) = u/gamma(u + 1)."""
    label = f"1/gamma mod 1 ({tower.label(argument - _whole_part(argument))})"
    shift = _whole_part(argument)
    highest = tower.ext.orders.setdefault(f"{label} +", shift)
    if shift > highest:
        tower.ext.orders[f"{label} +"] = shift
        raise NeedsOrder(f"{label} again", 1)
    if highest - shift > 200:
        raise NotReducible("gamma functions at arguments far apart")
    base = argument - shift + highest
    generator = tower.ext.places.get(label)
    if generator is None:
        generator = tower.ext.places[label] = tower.field.adjoin(Generator(label, "opaque", bool(base.is_real)))
    tower.meaning[generator] = 1 / sp.gamma(base)
    tower.ext.reductions.add("gamma(x + 1) = x gamma(x)")
    steps = [tower.convert(argument + k) for k in range(highest - shift)]
    return tower.field.mul([tower.field.element(generator), *steps])


def _whole_part(argument: sp.Expr) -> int:
    constant = sp.expand(argument).as_coeff_Add()[0]
    return int(sp.floor(constant)) if constant.is_Rational else 0


def _gamma(tower: Tower, argument: sp.Expr) -> Fraction:
    return tower.field.invert(_reciprocal_gamma(tower, argument))


def _binomial(tower: Tower, n: sp.Expr, k: sp.Expr) -> Fraction | None:
    # At negative integers n the gamma functions have poles that binomials do not (DLMF 1.2.6, upper negation).
    if n.is_integer and n.is_negative and k.is_integer and k.is_nonnegative:
        return tower.convert((-1) ** k * sp.binomial(k - n - 1, k))
    if not (n.is_nonnegative or n.is_integer is False):
        return None
    parts = [_gamma(tower, n + 1), _reciprocal_gamma(tower, k + 1), _reciprocal_gamma(tower, n - k + 1)]
    return tower.field.mul(parts)


RULES: dict[type, Callable[..., Fraction | None]] = {
    sp.exp: lambda tower, argument: tower.ext.exp(tower.convert(argument)),
    sp.log: _log,
    sp.sin: _wave(True, True), sp.cos: _wave(True, False), sp.sinh: _wave(False, True), sp.cosh: _wave(False, False),
    sp.tan: _ratio(sp.sin, sp.cos), sp.cot: _ratio(sp.cos, sp.sin),
    sp.tanh: _ratio(sp.sinh, sp.cosh), sp.coth: _ratio(sp.cosh, sp.sinh),
    sp.sec: _reciprocal(sp.cos), sp.csc: _reciprocal(sp.sin),
    sp.sech: _reciprocal(sp.cosh), sp.csch: _reciprocal(sp.sinh),
    sp.asin: _inverse(sp.asin), sp.atan: _inverse(sp.atan), sp.acos: _acos,
    sp.asinh: _area(lambda u: u + sp.sqrt(u**2 + 1)), sp.acosh: _area(lambda u: u + sp.sqrt(u - 1) * sp.sqrt(u + 1)),
    sp.atanh: lambda tower, u: tower.convert((sp.log(1 + u) - sp.log(1 - u)) / 2),
    sp.Abs: lambda tower, argument: tower.modulus(argument),
    sp.sign: _signum, sp.Max: _extreme(1), sp.Min: _extreme(-1),
    sp.gamma: _gamma, sp.factorial: lambda tower, n: _gamma(tower, n + 1), sp.binomial: _binomial,
}  # fmt: skip
