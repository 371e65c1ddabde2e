r"""The numbers of exact instances: complex balls, or rational functions of symbols.

:class:`Numeric` has python-flint's complex balls. :class:`Symbolic` has pairs (real part, imaginary part) of rational
functions in the drawn numbers, over the tower of logarithms, roots and exponentials of :mod:`derive.deciding`: a
logarithm is split over the irreducible factors that are positive, so that log p(x, b) - log p(x) - log p(b | x)
vanishes for ratios of sums of probabilities. Neither knows of the normal form in :mod:`derive.algebra`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from flint import acb, acb_mat, arb, fmpq

from derive.deciding import fractions
from derive.deciding.factors import Extensions
from derive.deciding.signs import Signs
from derive.domains import NotRealisable, OutsideDomain
from derive.notation import WHOLE

Scalar = Any
"""A number of a ring: ``acb`` or :class:`Complex`. It adds, subtracts, multiplies, negates and conjugates."""
Entries = tuple[Scalar, Scalar, Scalar, Scalar]
"""The entries of a 2 × 2 matrix, row by row."""
SIGNS = {"positive": "+", "unit": "+", "nonnegative": "0+"}
"""What the domain of a symbol says of its sign."""


class Ring(Protocol):
    """What an instance needs of its numbers. All raise NotRealisable outside the domain of a function."""

    letters: int
    """How many values a real random quantity has in the smallest instance."""
    degree: int
    """The degree of the polynomials that momenta act on, and of smooth functions."""
    numeric: bool
    """Whether its numbers are numbers, and not functions of symbols."""

    @property
    def i(self) -> Scalar: ...
    def number(self, value: Fraction | int) -> Scalar: ...
    def drawn(self, label: str, value: Fraction, domain: str) -> Scalar: ...
    def pi(self) -> Scalar: ...
    def inverse(self, value: Scalar) -> Scalar: ...
    def power(self, base: Scalar, exponent: int) -> Scalar: ...
    def modulus(self, value: Scalar) -> Scalar: ...
    def squared_modulus(self, value: Scalar) -> Scalar: ...
    def call(self, name: str, argument: Scalar) -> Scalar: ...
    def exp_of_matrix(self, entries: Entries) -> Entries: ...
    def equal(self, left: Scalar, right: Scalar) -> bool: ...
    def is_negative(self, value: Scalar) -> bool: ...
    def tidy(self, value: Scalar) -> Scalar: ...


class Numeric:
    """Complex balls at the working precision of the context."""

    letters = 3
    degree = 3
    numeric = True

    @property
    def i(self) -> acb:
        return acb(0, 1)

    def number(self, value: Fraction | int) -> acb:
        value = Fraction(value)
        return acb(fmpq(value.numerator, value.denominator))

    def drawn(self, label: str, value: Fraction, domain: str) -> acb:
        return self.number(value)

    def pi(self) -> acb:
        return acb.pi()

    def inverse(self, value: acb) -> acb:
        if value.contains(0):
            raise OutsideDomain("a denominator is zero")
        return 1 / value

    def power(self, base: acb, exponent: int) -> acb:
        return base**exponent if exponent >= 0 else self.inverse(base) ** -exponent

    def modulus(self, value: acb) -> acb:
        return acb(abs(value))

    def squared_modulus(self, value: acb) -> acb:
        return acb(value.real * value.real + value.imag * value.imag)

    def call(self, name: str, argument: acb) -> acb:
        if name == "log" and not (argument.imag.contains(0) and argument.real > 0):
            raise OutsideDomain("the logarithm of something that is not positive")
        if name == "sqrt" and (argument.real < 0 or not argument.imag.contains(0)):
            raise OutsideDomain("the square root of something that is not positive")
        if name == "arcsin":
            if not (argument.imag.contains(0) and abs(argument.real) < 1):
                raise OutsideDomain("the arcsine of something that is not between -1 and 1")
            return acb(argument.real.asin())
        return getattr(argument, name)()

    def exp_of_matrix(self, entries: Entries) -> Entries:
        result = acb_mat(2, 2, list(entries)).exp()
        return result[0, 0], result[0, 1], result[1, 0], result[1, 1]

    def equal(self, left: acb, right: acb) -> bool:
        return left is right or (left - right).contains(0)

    def is_negative(self, value: acb) -> bool:
        return not value.imag.contains(0) or bool(value.real < 0)

    def tidy(self, value: acb) -> acb:
        return value

    @staticmethod
    def pair(value: acb) -> tuple[arb, arb]:
        """The real and the imaginary part. Raises NotRealisable where the value is not finite."""
        if not value.is_finite():
            raise NotRealisable("a value is not finite")
        return value.real, value.imag


class Symbolic:
    """Rational functions of symbols with logarithms, roots and exponentials, in one field that grows.

    Its operations raise NotReducible beyond what the field does, and NeedsOrder where a root needs a finer exponent:
    then everything is computed again, with the ``orders`` that it names.
    """

    letters = 2
    degree = 2
    numeric = False

    def __init__(self, orders: dict[str, int] | None = None) -> None:
        self.field = fractions.Field()
        self.signs = Signs(self.field)
        self.extensions = Extensions(self.field, self.signs, {} if orders is None else orders)
        self.places: dict[str, int] = {}
        self.calls: dict[tuple[str, int], tuple[Complex, Complex]] = {}
        self.zero = self.field.constant(0)

    @property
    def i(self) -> Complex:
        return Complex(self, self.zero, self.field.constant(1))

    def number(self, value: Fraction | int) -> Complex:
        value = Fraction(value)
        return self.real(self.field.constant(fmpq(value.numerator, value.denominator)))

    def real(self, value: fractions.Fraction) -> Complex:
        return Complex(self, value, self.zero)

    def drawn(self, label: str, value: Fraction, domain: str) -> Complex:
        """A symbol of its own for each number drawn; a sign is the number itself."""
        if domain == "binary":
            return self.number(value)
        if domain in WHOLE:
            raise NotRealisable("no symbol stands for an integer here")
        if label not in self.places:
            known = fractions.Generator(f"drawn {label}", "symbol", real=True, sign=SIGNS.get(domain, ""))
            self.places[label] = self.field.adjoin(known)
        return self.real(self.field.element(self.places[label]))

    def pi(self) -> Complex:
        return self.real(self.extensions.constant("pi"))

    def inverse(self, value: Complex) -> Complex:
        if self.is_zero(value):
            raise OutsideDomain("a denominator is zero")
        if not value.is_real:
            return value.conjugate() * self.inverse(value * value.conjugate())
        return self.real(self.field.invert(value.re))

    def power(self, base: Complex, exponent: int) -> Complex:
        if exponent < 0:
            base, exponent = self.inverse(base), -exponent
        if base.is_real:
            return self.real(self.field.power(base.re, exponent))
        result = self.number(1)
        for _ in range(exponent):
            result = result * base
        return result

    def modulus(self, value: Complex) -> Complex:
        return self.call("sqrt", self.squared_modulus(value))

    def squared_modulus(self, value: Complex) -> Complex:
        return value * value.conjugate()

    def call(self, name: str, argument: Complex) -> Complex:
        known = self.calls.get((name, id(argument)))
        if known is None:
            known = self.calls[name, id(argument)] = argument, self._call(name, argument)
        return known[1]

    def _call(self, name: str, argument: Complex) -> Complex:
        if not argument.is_real:
            raise NotRealisable(f"the {name} of a complex number has no closed form here")
        if name == "exp":
            return self.real(self.extensions.exp(argument.re))
        if name == "sqrt" and self.is_zero(argument):
            return argument
        sign = self.sign(argument)
        if name == "log" and sign == "+":
            return self.real(self.extensions.log(argument.re, sign))
        if name == "sqrt" and sign in ("+", "0+"):
            return self.real(self.extensions.power(argument.re, fmpq(1, 2), sign))
        raise NotRealisable(f"the {name} of something that is not known to be positive")

    def sign(self, value: Complex) -> str:
        """The sign of a real value on the whole domain, or nothing where it is not known."""
        top, bottom = self.field.canonical(value.re)
        return self.signs.of(top * bottom)

    def exp_of_matrix(self, entries: Entries) -> Entries:
        raise NotRealisable("the exponential of an operator has no closed form here")

    def is_zero(self, value: Complex) -> bool:
        return all(self.field.reduce(part).num.is_zero() for part in (value.re, value.im))

    def equal(self, left: Complex, right: Complex) -> bool:
        return left is right or self.is_zero(left - right)

    def is_negative(self, value: Complex) -> bool:
        """Whether a probability is certainly none."""
        return not self.is_zero(self.real(value.im)) or self.sign(value) == "-"

    def tidy(self, value: Complex) -> Complex:
        """The same number without common factors above and below."""
        if not value.is_real:
            return value
        top, bottom = self.field.canonical(value.re)
        below = self.field.invert(fractions.Fraction(bottom))
        return self.real(self.field.mul([fractions.Fraction(top), below]))


@dataclass(frozen=True, eq=False)
class Complex:
    """A number of the symbolic ring: its real and imaginary part."""

    ring: Symbolic
    re: fractions.Fraction
    im: fractions.Fraction

    @property
    def is_real(self) -> bool:
        return self.im.num.is_zero()

    def __add__(self, other: Complex) -> Complex:
        field = self.ring.field
        return Complex(self.ring, field.add([self.re, other.re]), field.add([self.im, other.im]))

    def __neg__(self) -> Complex:
        return Complex(self.ring, fractions.Fraction(-self.re.num, self.re.den), self._negated_imaginary())

    def _negated_imaginary(self) -> fractions.Fraction:
        return fractions.Fraction(-self.im.num, self.im.den)

    def __sub__(self, other: Complex) -> Complex:
        return self + (-other)

    def __mul__(self, other: Complex) -> Complex:
        field = self.ring.field
        if self.is_real and other.is_real:
            return self.ring.real(field.mul([self.re, other.re]))
        a, b, c, d = self.re, self.im, other.re, other.im
        if self.is_real or other.is_real:
            real = field.mul([a, c])
            return Complex(self.ring, real, field.mul([a, d]) if self.is_real else field.mul([b, c]))
        minus = self._negated_imaginary()
        real = field.add([field.mul([a, c]), field.mul([minus, d])])
        return Complex(self.ring, real, field.add([field.mul([a, d]), field.mul([b, c])]))

    def conjugate(self) -> Complex:
        return Complex(self.ring, self.re, self._negated_imaginary())
