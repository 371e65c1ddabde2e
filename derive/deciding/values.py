"""Single operations on values: exact rationals where the arithmetic stays rational, Arb balls elsewhere.

A ball encloses the true value, so two disjoint balls prove two values different (Johansson, "Arb: efficient
arbitrary-precision midpoint-radius interval arithmetic", 2017). Logarithms and powers take SymPy's principal branch,
with the argument in (-pi, pi]; inverse trigonometric functions have no value on their branch cuts, where conventions
differ.
`None` stands for a value that is undefined or could not be enclosed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import flint
import sympy as sp
from flint import acb, arb, fmpq

from derive.deciding.special import SPECIAL, off_ray

Value = Any  # fmpq | acb | bool | None: a union that no type checker can follow through the arithmetic
MAX_BITS = 200_000

_ENTIRE: dict[type, str] = {
    sp.exp: "exp", sp.sin: "sin", sp.cos: "cos", sp.tan: "tan", sp.cot: "cot", sp.sec: "sec", sp.csc: "csc",
    sp.sinh: "sinh", sp.cosh: "cosh", sp.tanh: "tanh", sp.coth: "coth", sp.sech: "sech", sp.csch: "csch",
    sp.log: "log", sp.gamma: "gamma", sp.digamma: "digamma", sp.erf: "erf", sp.erfc: "erfc",
    sp.erfi: "erfi",
}  # fmt: skip
_INVERSE: dict[type, str] = {
    sp.asin: "asin", sp.acos: "acos", sp.atan: "atan", sp.asinh: "asinh", sp.acosh: "acosh", sp.atanh: "atanh",
}  # fmt: skip
_AT_ZERO: dict[type, int] = {
    sp.exp: 1, sp.sin: 0, sp.cos: 1, sp.tan: 0, sp.sinh: 0, sp.cosh: 1, sp.tanh: 0, sp.sec: 1, sp.sech: 1,
    sp.asin: 0, sp.atan: 0, sp.asinh: 0, sp.atanh: 0, sp.erf: 0, sp.erfc: 1,
}  # fmt: skip
CONSTANTS: dict[sp.Basic, Callable[[], acb]] = {
    sp.pi: lambda: acb(arb.pi()),
    sp.E: lambda: acb(1).exp(),
    sp.I: lambda: acb(0, 1),
    sp.EulerGamma: lambda: acb(arb.const_euler()),
    sp.Catalan: lambda: acb(arb.const_catalan()),
    sp.GoldenRatio: lambda: (acb(5).sqrt() + 1) / 2,
}


@contextmanager
def precision(bits: int):
    """Arb's working precision, restored on leaving."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


class _Mode:
    """Whether functions have values only where they are certainly analytic."""

    analytic = False


_MODE = _Mode()


@contextmanager
def analytic_only(flag: bool):
    """Within, a function has no value on a ball on which it is not certainly analytic."""
    before = _MODE.analytic
    _MODE.analytic = flag
    try:
        yield
    finally:
        _MODE.analytic = before


def is_analytic_only() -> bool:
    """Is a value asked for only where functions are certainly analytic?"""
    return _MODE.analytic


def power(base: Value, exponent: Value) -> Value:
    """base**exponent on the principal branch; exact where both are rational and the result is."""
    if isinstance(exponent, fmpq) and exponent.q == 1:
        n = int(exponent.p)
        if isinstance(base, fmpq):
            if base == 0 and n < 0:
                return None
            if abs(n) * base.height_bits() <= MAX_BITS:
                return base**n
            base = acb(base)
        return acb(base) ** n if n >= 0 else 1 / acb(base) ** (-n)
    if _MODE.analytic and not isinstance(base, fmpq) and not off_ray(acb(base)):
        return None
    if isinstance(base, fmpq):
        if base == 0:
            return fmpq(0) if isinstance(exponent, fmpq) and exponent > 0 else None
        if base == 1:
            return base
        half = isinstance(exponent, fmpq) and exponent.q == 2
        if half and base > 0 and abs(exponent.p) * base.height_bits() <= MAX_BITS:
            roots = math.isqrt(int(base.p)), math.isqrt(int(base.q))
            if roots[0] ** 2 == base.p and roots[1] ** 2 == base.q:
                return fmpq(*roots) ** int(exponent.p)
    if isinstance(exponent, fmpq) and exponent.q == 2:
        root = acb(base).sqrt()
        n = int(exponent.p)
        return root**n if n >= 0 else 1 / root ** (-n)
    return (acb(base).log() * exponent).exp()


def real(value: Value) -> Any:  # arb | fmpq | None
    """The value as a real number, if it is certainly real."""
    if isinstance(value, fmpq):
        return value
    return value.real if isinstance(value, acb) and value.imag.is_zero() else None


def distinct(left: Value, right: Value) -> bool | None:
    """True: certainly different. False: certainly equal (both exact). None: the balls overlap, or there is no value."""
    if left is None or right is None:
        return None
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        return left != right
    return True if not (left - right).contains(acb(0)) else None


def function(kind: type, args: list[Value]) -> Value:
    """The value of a named function."""
    first: Any = args[0] if args else None
    exact = _exact(kind, first) if len(args) == 1 and isinstance(first, fmpq) else None
    if exact is not None:
        return exact
    if _MODE.analytic and kind in (sp.log, sp.Ei) and not off_ray(acb(first)):
        return None
    if kind in _ENTIRE and len(args) == 1:
        return getattr(acb(first), _ENTIRE[kind])()
    if kind in _INVERSE:
        return None if _on_cut(kind, acb(first)) else getattr(acb(first), _INVERSE[kind])()
    if kind in SPECIAL:
        return SPECIAL[kind](*args) if _arity(kind, len(args)) else None
    if _MODE.analytic and kind not in _ANALYTIC and not all(isinstance(arg, fmpq) for arg in args):
        return None
    rule = _RULES.get(kind)
    return rule(*args) if rule else None


def _arity(kind: type, count: int) -> bool:
    allowed: Any = kind.nargs  # type: ignore[attr-defined]
    return allowed is sp.S.Naturals0 or count in allowed


def _exact(kind: type, x: fmpq) -> Value:
    if x == 0 and kind in _AT_ZERO:
        return fmpq(_AT_ZERO[kind])
    if kind is sp.log and x == 1:
        return fmpq(0)
    if kind is sp.factorial or kind is sp.gamma:
        n = x if kind is sp.factorial else x - 1
        return fmpq(math.factorial(int(n.p))) if n.q == 1 and 0 <= n <= 2000 else None
    return None


def _on_cut(kind: type, z: Any) -> bool:
    """Is the argument on a branch cut (or not certainly off it)?"""
    one = arb(1)
    if kind in (sp.asin, sp.acos, sp.atanh):
        return z.imag.contains(arb(0)) and not abs(z.real) < one
    if kind in (sp.atan, sp.asinh):
        return z.real.contains(arb(0)) and not abs(z.imag) < one
    return z.imag.contains(arb(0)) and not z.real > one


def _sign(x: Value) -> Value:
    if isinstance(x, fmpq):
        return fmpq((x > 0) - (x < 0))
    r = real(x)
    if r is not None:
        return fmpq(1) if r > 0 else fmpq(-1) if r < 0 else None
    return x / acb(abs(x)) if not x.contains(acb(0)) else None


def _arg(x: Value) -> Value:
    z = acb(x)
    if z.contains(acb(0)) or (z.imag.contains(arb(0)) and not z.imag.is_zero() and not z.real > 0):
        return None
    return acb(z.arg())


def _floor(x: Value) -> Value:
    if isinstance(x, fmpq):
        return fmpq(x.floor())
    r = real(x)
    unique = r.floor().unique_fmpz() if r is not None else None
    return None if unique is None else fmpq(unique)


def _extreme(largest: bool) -> Callable[..., Value]:
    def pick(*args: Value) -> Value:
        best = args[0]
        for other in args[1:]:
            a, b = real(best), real(other)
            if a is None or b is None:
                return None
            if isinstance(a, fmpq) and isinstance(b, fmpq):
                best = max(a, b) if largest else min(a, b)
            else:
                best = acb(arb(a).max(arb(b)) if largest else arb(a).min(arb(b)))
        return best

    return pick


def _binomial(n: Value, k: Value) -> Value:
    if isinstance(n, fmpq) and isinstance(k, fmpq) and k.q == 1:
        if k < 0:
            return fmpq(0)
        if k <= 500:
            return fmpq(math.prod((n - i for i in range(int(k.p))), start=fmpq(1)) / math.factorial(int(k.p)))
    z, w = acb(n), acb(k)
    return (z + 1).gamma() * (w + 1).rgamma() * (z - w + 1).rgamma()


def _heaviside(x: Value, at_zero: Value = None) -> Value:
    s = _sign(x) if real(x) is not None else None
    return None if s is None else at_zero if s == 0 else fmpq(int(s > 0))


def _delta(i: Value, j: Value) -> Value:
    apart = distinct(i, j)
    return None if apart is None else fmpq(int(not apart))


def _atan2(y: Value, x: Value) -> Value:
    a, b = real(y), real(x)
    return None if a is None or b is None else _arg(acb(arb(b), arb(a)))


_ANALYTIC = frozenset({sp.factorial, sp.beta, sp.loggamma, sp.polygamma})
_RULES: dict[type, Callable[..., Value]] = {
    sp.Abs: lambda x: abs(x) if isinstance(x, fmpq) else acb(abs(x)),
    sp.re: lambda x: x if isinstance(x, fmpq) else acb(x.real),
    sp.im: lambda x: fmpq(0) if isinstance(x, fmpq) else acb(x.imag),
    sp.conjugate: lambda x: x if isinstance(x, fmpq) else x.conjugate(),
    sp.sign: _sign,
    sp.arg: _arg,
    sp.floor: _floor,
    sp.ceiling: lambda x: None if (f := _floor(-x)) is None else -f,
    sp.frac: lambda x: None if (f := _floor(x)) is None else x - f,
    sp.Mod: lambda x, m: x - m * (x / m).floor() if isinstance(x, fmpq) and isinstance(m, fmpq) and m != 0 else None,
    sp.Max: _extreme(True),
    sp.Min: _extreme(False),
    sp.factorial: lambda n: (acb(n) + 1).gamma(),
    sp.binomial: _binomial,
    sp.loggamma: lambda x: acb(x).lgamma() if off_ray(acb(x)) else None,
    sp.beta: lambda a, b: acb(a).gamma() * acb(b).gamma() * (acb(a) + acb(b)).rgamma(),
    sp.Heaviside: _heaviside,
    sp.KroneckerDelta: _delta,
    sp.atan2: _atan2,
    sp.acot: lambda x: None if x == 0 or _on_cut(sp.atan, 1 / acb(x)) else (1 / acb(x)).atan(),
    sp.sinc: lambda x: fmpq(1) if isinstance(x, fmpq) and x == 0 else acb(x).sin() / acb(x),
    sp.polygamma: lambda n, x: acb(x).polygamma(acb(n)),
}
