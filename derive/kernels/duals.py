"""Values with their derivatives by the entries of the arguments, in ball arithmetic with bounds on rounding.

Forward differentiation, entry by entry: slow, and it shares nothing with the gradients that are compiled, which come
from the other end by structure. Each derivative is a value of its own, whose bound grows with the operations on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from derive.kernels.rounding import Value, rounded, total

ONE = Value.exact(1)


@dataclass(frozen=True, slots=True)
class Dual:
    """A value, and its derivatives by those entries on which it depends."""

    value: Value
    slopes: Mapping[object, Value]

    @staticmethod
    def exact(value: Fraction | int) -> Dual:
        return Dual(Value.exact(value), {})

    @staticmethod
    def entry(value: Fraction, key: object) -> Dual:
        """An entry by which there are derivatives."""
        return Dual(Value.exact(value), {key: ONE})

    @staticmethod
    def rounded(value: Fraction) -> Dual:
        return Dual(rounded(value), {})

    @staticmethod
    def total(values: list[Dual]) -> Dual:
        slopes: dict[object, list[Value]] = {}
        for one in values:
            for key, slope in one.slopes.items():
                slopes.setdefault(key, []).append(slope)
        return Dual(total([one.value for one in values]), {key: total(found) for key, found in slopes.items()})

    @property
    def ball(self):
        return self.value.ball

    @property
    def rounding(self):
        return self.value.rounding

    def chain(self, value: Value, slope: Value) -> Dual:
        return Dual(value, {key: slope * own for key, own in self.slopes.items()})

    def __neg__(self) -> Dual:
        return Dual(-self.value, {key: -slope for key, slope in self.slopes.items()})

    def __abs__(self) -> Dual:
        sign = ONE if self.value.ball > 0 else -ONE
        return self.chain(abs(self.value), sign)

    def __mul__(self, other: Dual) -> Dual:
        left = self.chain(self.value * other.value, other.value)
        right = other.chain(left.value, self.value)
        return Dual(left.value, Dual.total([left, right]).slopes)

    def __truediv__(self, other: Dual) -> Dual:
        value = self.value / other.value
        left = self.chain(value, ONE / other.value)
        right = other.chain(value, -(value / other.value))
        return Dual(value, Dual.total([left, right]).slopes)

    def apply(self, name: str) -> Dual:
        x, value = self.value, self.value.apply(name)
        slopes = {
            "exp": lambda: value,
            "log": lambda: ONE / x,
            "sqrt": lambda: ONE / (value * Value.exact(2)),
            "sin": lambda: x.apply("cos"),
            "cos": lambda: -x.apply("sin"),
            "tan": lambda: total([ONE, value * value]),
            "sinh": lambda: x.apply("cosh"),
            "cosh": lambda: x.apply("sinh"),
            "tanh": lambda: total([ONE, -(value * value)]),
        }
        return self.chain(value, slopes[name]()) if self.slopes else Dual(value, {})

    def power(self, exponent: Fraction) -> Dual:
        value = self.value.power(exponent)
        if not self.slopes or exponent == 0:
            return Dual(value, {})
        return self.chain(value, rounded(exponent) * self.value.power(exponent - 1))
