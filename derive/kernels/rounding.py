"""Values in ball arithmetic, each with a bound on the rounding that the same computation in doubles may add.

A running error analysis: every operation contributes its own result, and passes on what its arguments carry, by its
derivative. The bound is of first order, and of second where a first-order one could vanish.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flint import acb, arb, arb_series, fmpq

UNIT = arb(2) ** -53
"""The relative error of one operation in double precision."""


def whole_power(base: arb, exponent: int) -> arb:
    """An integer power by products, since a ball about zero has no logarithm."""
    if exponent < 0:
        return 1 / whole_power(base, -exponent)
    result, square = arb(1), base
    while exponent:
        result = result * square if exponent % 2 else result
        square, exponent = square * square, exponent // 2
    return result


@dataclass(frozen=True, slots=True)
class Value:
    """A ball, and what rounding may have added to it, in units of the precision."""

    ball: arb
    rounding: arb

    @staticmethod
    def exact(value: Fraction | int) -> Value:
        value = Fraction(value)
        return Value(arb(fmpq(value.numerator, value.denominator)), arb(0))

    @staticmethod
    def entry(value: Fraction, key: object) -> Value:
        """An entry of an argument, whichever it is."""
        del key
        return Value.exact(value)

    @staticmethod
    def rounded(value: Fraction) -> Value:
        return rounded(value)

    @staticmethod
    def total(values: list[Value]) -> Value:
        return total(values)

    @staticmethod
    def special(name: str, arguments: tuple[Value, ...]) -> Value:
        return special(name, arguments)

    @staticmethod
    def binomial(n: Value, k: Value) -> Value:
        return binomial(n, k)

    def __neg__(self) -> Value:
        return Value(-self.ball, self.rounding)

    def __abs__(self) -> Value:
        return Value(abs(self.ball), self.rounding + 2 * abs(self.ball))

    def __mul__(self, other: Value) -> Value:
        ball = self.ball * other.ball
        passed = abs(self.ball) * other.rounding + abs(other.ball) * self.rounding
        return Value(ball, passed + self.rounding * other.rounding * UNIT + abs(ball))

    def __truediv__(self, other: Value) -> Value:
        ball = self.ball / other.ball
        return Value(ball, (self.rounding + abs(ball) * other.clear().rounding) / abs(other.ball) + abs(ball))

    def clear(self) -> Value:
        """The value, if it is well away from zero for a double too. If not, its rounding is without bound."""
        return self if abs(self.ball) > 4 * UNIT * self.rounding else Value(self.ball, arb.pos_inf())

    def apply(self, name: str) -> Value:
        """A function of the value; its derivative passes the rounding on."""
        x = self.ball
        value = getattr(x, name)()
        if name == "sqrt" and not x > 4 * UNIT * self.rounding:
            return Value(value, (5 * self.rounding / UNIT).sqrt())
        slopes = {
            "exp": lambda: value,
            "log": lambda: 1 / x if abs(x) > 4 * UNIT * self.rounding else arb.pos_inf(),
            "sqrt": lambda: 1 / (2 * value),
            "sin": lambda: abs(x.cos()) + self.rounding * UNIT,
            "cos": lambda: abs(x.sin()) + self.rounding * UNIT,
            "tan": lambda: 1 + value * value,
            "sinh": lambda: x.cosh(),
            "cosh": lambda: abs(x.sinh()) + self.rounding * UNIT,
            "tanh": lambda: 1 - value * value,
        }
        return Value(value, abs(slopes[name]()) * self.rounding + 2 * abs(value))

    def power(self, exponent: Fraction) -> Value:
        n, whole = exponent.numerator, exponent.denominator == 1
        value = whole_power(self.ball, n) if whole else self.ball ** arb(fmpq(n, exponent.denominator))
        if whole and n >= 1:
            passed = n * whole_power(abs(self.ball) + self.rounding * UNIT, n - 1) * self.rounding
        elif n == 0:
            passed = arb(0)
        else:
            passed = abs(fmpq(n, exponent.denominator) * value / self.ball) * self.clear().rounding
        return Value(value, passed + (2 + abs(n)) * abs(value))


def whole(ball: object) -> int | None:
    """The whole number that a ball is: a double holds it, and came by sums and products of such without rounding."""
    if isinstance(ball, acb) and ball.imag == 0:
        ball = ball.real
    found = ball.unique_fmpz() if isinstance(ball, arb) and ball.is_exact() else None
    return None if found is None else int(found)


SPECIAL: dict[str, Callable[..., arb]] = {
    "gamma": arb.gamma,
    "log gamma": arb.lgamma,
    "digamma": arb.digamma,
    "zeta": arb.zeta,
    "error function": arb.erf,
    "complementary error function": arb.erfc,
    "arctan": arb.atan,
    "arcsin": arb.asin,
    "arccos": arb.acos,
    "Bessel J": lambda order, x: x.bessel_j(order),
    "Bessel Y": lambda order, x: x.bessel_y(order),
}
"""The functions that not every backend has, by their values."""
_UNITS = dict.fromkeys(SPECIAL, 2) | {"gamma": 4, "digamma": 8, "zeta": 4}
"""How many units in the last place their values are off; the test vectors allow eight times that."""


def special(name: str, arguments: tuple[Value, ...]) -> Value:
    """Such a function of its last argument; one before it is an order, a whole number.

    The libraries are right to some units in the last place; Bessel functions near a zero to those of their slope. JAX
    takes the gamma function as the exponential of its logarithm, and the complementary error function is far out that
    of a square, so that units of these count.
    """
    *orders, x = arguments
    numbers = [whole(order.ball) for order in orders]
    balls = [arb(number) for number in numbers if number is not None]
    if len(balls) < len(orders):
        return Value(arb.nan(), arb.pos_inf())
    value = SPECIAL[name](*balls, x.ball)
    slope = abs(_derivative(name, balls, x.ball, value))
    own = _UNITS[name] * abs(value)
    if name == "gamma":
        own += abs(abs(value).log()) * abs(value)
    if name == "complementary error function":
        own += x.ball * x.ball / 4 * abs(value)
    if orders:
        own += slope * abs(x.ball)
    return Value(value, slope * x.rounding + own)


def _derivative(name: str, orders: list[arb], x: arb, value: arb) -> arb:
    match name:
        case "gamma":
            return value * x.digamma()
        case "log gamma":
            return x.digamma()
        case "digamma":
            return acb(x).polygamma(acb(1)).real
        case "zeta":
            return arb_series([x, 1], prec=2).zeta()[1]
        case "error function" | "complementary error function":
            return 2 * (-x * x).exp() / arb.pi().sqrt()
        case "arctan":
            return 1 / (1 + x * x)
        case "arcsin" | "arccos":
            return 1 / (1 - x * x).sqrt()
    (order,) = orders
    return (SPECIAL[name](order - 1, x) - SPECIAL[name](order + 1, x)) / 2


def binomial(n: Value, k: Value) -> Value:
    """A binomial coefficient of a whole number k, by the product of k quotients. Each adds a unit or two."""
    count = whole(k.ball)
    if count is None:
        return Value(arb.nan(), arb.pos_inf())
    found, passed = arb(1 if count >= 0 else 0), arb(0)
    for j in range(1, count + 1):
        factor = n.ball - count + j
        passed = passed * abs(factor) / j + abs(found) * n.rounding / j
        found = found * factor / j
    return Value(found, passed + 3 * max(count, 0) * abs(found))


def rounded(value: Fraction) -> Value:
    """A printed number: a double holds it exactly or rounds it once."""
    exact = Value.exact(value)
    return exact if value.denominator == 1 else Value(exact.ball, abs(exact.ball))


def total(values: list[Value]) -> Value:
    """A sum, with the rounding that adding the terms in the worst order may cause."""
    ball = sum((value.ball for value in values), arb(0))
    size = sum((abs(value.ball) for value in values), arb(0))
    rounding = sum((value.rounding for value in values), arb(0))
    return Value(ball, rounding + max(len(values) - 1, 0) * size)
