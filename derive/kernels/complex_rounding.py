"""Complex values in ball arithmetic, each with a bound on the rounding of the same computation in doubles.

The bounds are on moduli: the real and the imaginary part of a product each come from both parts of its factors.
Functions of values that are real by their form are those of :class:`Value`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flint import acb, arb

from derive.kernels.kernel import KernelError
from derive.kernels.rounding import UNIT, Value, rounded

OWN = 8
"""How many units a function may be off, whose parts are products of two real ones; a quotient of such four times."""
_SLOPES: dict[str, Callable[[acb, acb], acb]] = {
    "exp": lambda _, value: value,
    "log": lambda z, _: 1 / z,
    "sqrt": lambda _, value: 1 / (2 * value),
    "sin": lambda z, _: z.cos(),
    "cos": lambda z, _: z.sin(),
    "tan": lambda _, value: 1 + value * value,
    "sinh": lambda z, _: z.cosh(),
    "cosh": lambda z, _: z.sinh(),
    "tanh": lambda _, value: 1 - value * value,
}
"""The derivatives of functions, up to the sign, by the argument and the value."""
PRODUCT, QUOTIENT = 3, 8
"""How many units the product and the quotient of complex numbers may be off: more than √5, and with a square below."""


@dataclass(frozen=True, slots=True)
class Complex:
    """A complex ball, and what rounding may have added to it, in units of the precision."""

    ball: acb
    rounding: arb

    @staticmethod
    def of(value: Value) -> Complex:
        return Complex(acb(value.ball), value.rounding)

    @staticmethod
    def exact(value: Fraction | int, imaginary: Fraction | int = 0) -> Complex:
        return Complex(acb(Value.exact(value).ball, Value.exact(imaginary).ball), arb(0))

    @staticmethod
    def entry(value: Fraction, key: object) -> Complex:
        del key
        return Complex.exact(value)

    @staticmethod
    def rounded(value: Fraction) -> Complex:
        return Complex.of(rounded(value))

    @staticmethod
    def total(values: list[Complex]) -> Complex:
        ball = sum((value.ball for value in values), acb(0))
        size = sum((abs(value.ball) for value in values), arb(0))
        rounding = sum((value.rounding for value in values), arb(0))
        return Complex(ball, rounding + max(len(values) - 1, 0) * size)

    @staticmethod
    def special(name: str, arguments: tuple[Complex, ...]) -> Complex:
        if not all(one.is_real for one in arguments):
            raise KernelError(f"the function {name} of a complex number has no test vectors yet")
        return Complex.of(Value.special(name, tuple(one.real for one in arguments)))

    @staticmethod
    def binomial(n: Complex, k: Complex) -> Complex:
        if not (n.is_real and k.is_real):
            raise KernelError("a binomial coefficient of a complex number has no test vectors yet")
        return Complex.of(Value.binomial(n.real, k.real))

    @property
    def is_real(self) -> bool:
        return self.ball.imag == 0

    @property
    def real(self) -> Value:
        """The real part."""
        return Value(self.ball.real, self.rounding)

    def conjugate(self) -> Complex:
        return Complex(self.ball.conjugate(), self.rounding)

    def __neg__(self) -> Complex:
        return Complex(-self.ball, self.rounding)

    def __abs__(self) -> Complex:
        if self.is_real:
            return Complex.of(abs(self.real))
        return Complex.of(self.squared_modulus().real.apply("sqrt"))

    def squared_modulus(self) -> Complex:
        """The square of the modulus, which is real."""
        ball = abs(self.ball) ** 2
        passed = 2 * abs(self.ball) * self.rounding + self.rounding * self.rounding * UNIT
        return Complex(acb(ball), passed + PRODUCT * ball)

    def __mul__(self, other: Complex) -> Complex:
        ball = self.ball * other.ball
        passed = abs(self.ball) * other.rounding + abs(other.ball) * self.rounding
        own = 1 if self.is_real or other.is_real else PRODUCT
        return Complex(ball, passed + self.rounding * other.rounding * UNIT + own * abs(ball))

    def __truediv__(self, other: Complex) -> Complex:
        ball = self.ball / other.ball
        below = other.rounding if abs(other.ball) > 4 * UNIT * other.rounding else arb.pos_inf()
        own = 1 if other.is_real else QUOTIENT
        return Complex(ball, (self.rounding + abs(ball) * below) / abs(other.ball) + own * abs(ball))

    def apply(self, name: str) -> Complex:
        if self.is_real:
            return Complex.of(self.real.apply(name))
        if name not in _SLOPES:
            raise KernelError(f"the {name} of a complex number has no test vectors yet")
        z = self.ball
        value = getattr(z, name)()
        slope = abs(_SLOPES[name](z, value))
        own = OWN * abs(value) + (OWN if name == "log" else 0)
        if name in ("log", "sqrt") and not (z.real > 0 or abs(z.imag) > 4 * UNIT * self.rounding):
            return Complex(value, arb.pos_inf())
        return Complex(value, slope * self.rounding + own * (4 if name in ("tan", "tanh") else 1))

    def power(self, exponent: Fraction) -> Complex:
        if self.is_real:
            return Complex.of(self.real.power(exponent))
        if exponent.denominator != 1:
            raise KernelError("a complex number has test vectors for whole powers only")
        found, base = Complex.exact(1), self if exponent > 0 else Complex.exact(1) / self
        for _ in range(abs(exponent.numerator)):
            found = found * base
        return found
