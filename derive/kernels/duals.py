"""Values with their derivatives by the entries of the arguments, in ball arithmetic with bounds on rounding.

Forward differentiation, entry by entry: slow, and it shares nothing with the gradients that are compiled, which come
from the other end by structure. Each derivative is a value of its own, whose bound grows with the operations on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from flint import arb

from derive.kernels.complex_rounding import Complex
from derive.kernels.kernel import KernelError
from derive.kernels.rounding import Value


@dataclass(frozen=True, slots=True)
class Dual:
    """A value, and its derivatives by those entries on which it depends."""

    value: Any
    slopes: Mapping[object, Any]
    plain: ClassVar[type[Value | Complex]] = Value
    """The values that this is made of."""

    @classmethod
    def exact(cls, value: Fraction | int) -> Self:
        return cls(cls.plain.exact(value), {})

    @classmethod
    def entry(cls, value: Fraction, key: object) -> Self:
        """An entry by which there are derivatives."""
        return cls(cls.plain.exact(value), {key: cls.plain.exact(1)})

    @classmethod
    def rounded(cls, value: Fraction) -> Self:
        return cls(cls.plain.rounded(value), {})

    @classmethod
    def total(cls, values: list[Self]) -> Self:
        slopes: dict[object, list[Any]] = {}
        for one in values:
            for key, slope in one.slopes.items():
                slopes.setdefault(key, []).append(slope)
        plain: Any = cls.plain
        return cls(plain.total([one.value for one in values]), {k: plain.total(found) for k, found in slopes.items()})

    @property
    def ball(self):
        return self.value.ball

    @property
    def rounding(self):
        return self.value.rounding

    def chain(self, value: Any, slope: Any) -> Self:
        return type(self)(value, {key: slope * own for key, own in self.slopes.items()})

    def __neg__(self) -> Self:
        return type(self)(-self.value, {key: -slope for key, slope in self.slopes.items()})

    def __abs__(self) -> Self:
        one = self.plain.exact(1)
        return self.chain(abs(self.value), one if self.value.ball > 0 else -one)

    def __mul__(self, other: Self) -> Self:
        left = self.chain(self.value * other.value, other.value)
        right = other.chain(left.value, self.value)
        return type(self)(left.value, self.total([left, right]).slopes)

    def __truediv__(self, other: Self) -> Self:
        value = self.value / other.value
        left = self.chain(value, self.plain.exact(1) / other.value)
        right = other.chain(value, -(value / other.value))
        return type(self)(value, self.total([left, right]).slopes)

    def apply(self, name: str) -> Self:
        x, value, plain = self.value, self.value.apply(name), self.plain
        one: Any = plain.exact(1)
        slopes = {
            "exp": lambda: value,
            "log": lambda: one / x,
            "sqrt": lambda: one / (value * plain.exact(2)),
            "sin": lambda: x.apply("cos"),
            "cos": lambda: -x.apply("sin"),
            "tan": lambda: plain.total([one, value * value]),
            "sinh": lambda: x.apply("cosh"),
            "cosh": lambda: x.apply("sinh"),
            "tanh": lambda: plain.total([one, -(value * value)]),
        }
        return self.chain(value, slopes[name]()) if self.slopes else type(self)(value, {})

    @classmethod
    def special(cls, name: str, arguments: tuple[Self, ...]) -> Self:
        """A special function of its last argument; one before it is an order."""
        plain: Any = cls.plain
        values = tuple(one.value for one in arguments)
        *orders, x = arguments
        value = plain.special(name, values)
        if any(order.slopes for order in orders):
            raise KernelError(f"the function {name} has no derivative by its order")
        return x.chain(value, cls.slope(name, value, values)) if x.slopes else cls(value, {})

    @classmethod
    def binomial(cls, n: Self, k: Self) -> Self:
        if n.slopes or k.slopes:
            raise KernelError("a binomial coefficient has no derivative here")
        plain: Any = cls.plain
        return cls(plain.binomial(n.value, k.value), {})

    @classmethod
    def slope(cls, name: str, value: Any, values: tuple[Any, ...]) -> Any:
        """The derivative of a special function."""
        plain: Any = cls.plain
        *orders, x = values
        one, two = plain.exact(1), plain.exact(2)
        square = x * x
        bell = two * (-square).apply("exp") / Value(arb.pi(), arb.pi()).apply("sqrt")
        slopes = {
            "gamma": lambda: value * plain.special("digamma", (x,)),
            "log gamma": lambda: plain.special("digamma", (x,)),
            "error function": lambda: bell,
            "complementary error function": lambda: -bell,
            "arctan": lambda: one / plain.total([one, square]),
            "arcsin": lambda: one / plain.total([one, -square]).apply("sqrt"),
            "arccos": lambda: -(one / plain.total([one, -square]).apply("sqrt")),
        }
        if orders and name in ("Bessel J", "Bessel Y"):
            below, above = (plain.total([orders[0], sign]) for sign in (-one, one))
            return plain.total([plain.special(name, (below, x)), -plain.special(name, (above, x))]) / two
        if name not in slopes:
            raise KernelError(f"the function {name} has no derivative here")
        return slopes[name]()

    def power(self, exponent: Fraction) -> Self:
        value = self.value.power(exponent)
        if not self.slopes or exponent == 0:
            return type(self)(value, {})
        return self.chain(value, self.plain.rounded(exponent) * self.value.power(exponent - 1))


class ComplexDual(Dual):
    """A complex value with its derivatives by real entries."""

    __slots__ = ()
    plain = Complex

    def conjugate(self) -> Self:
        return type(self)(self.value.conjugate(), {key: slope.conjugate() for key, slope in self.slopes.items()})

    def squared_modulus(self) -> Self:
        """The square of the modulus, whose derivative is twice the real part of that of z times the conjugate of z."""
        turned, two = self.value.conjugate(), Complex.exact(2)
        slopes = {key: two * Complex.of((slope * turned).real) for key, slope in self.slopes.items()}
        return type(self)(self.value.squared_modulus(), slopes)

    def __abs__(self) -> Self:
        if self.value.is_real:
            one = Complex.exact(1)
            return self.chain(abs(self.value), one if self.value.ball.real > 0 else -one)
        return self.squared_modulus().apply("sqrt")
