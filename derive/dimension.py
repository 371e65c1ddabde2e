"""Dimensions: products of powers of base dimensions, as a notation declares them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from derive.errors import EncodingError
from derive.notation import Scope

_TOKEN = re.compile(
    r"\s*(?:(?P<slash>/)|(?:(?P<name>[^\W\d]\w*)(?:\^(?P<power>-?\d{1,9}|\(-?\d{1,9}(?:/[1-9]\d{0,8})?\)))?|1)(?=[\s/]|$))"
)


@dataclass(frozen=True)
class Dimension:
    """A product of powers of base dimensions, whose names are the paper's own; none is dimensionless.

    >>> speed = parse_dimension("length / time", "notation.toml")
    >>> print(speed**2 * parse_dimension("mass", "notation.toml"))
    length^2 mass / time^2
    >>> print(speed / speed, (speed ** Fraction(1, 2)).exponents["length"])
    1 1/2
    """

    exponents: Mapping[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {name: Fraction(power) for name, power in sorted(self.exponents.items()) if power}
        object.__setattr__(self, "exponents", kept)

    def __hash__(self) -> int:
        return hash(tuple(self.exponents.items()))

    def __mul__(self, other: Dimension) -> Dimension:
        names = {**self.exponents, **other.exponents}
        return Dimension({n: self.exponents.get(n, Fraction()) + other.exponents.get(n, Fraction()) for n in names})

    def __pow__(self, power: int | Fraction) -> Dimension:
        return Dimension({name: own * power for name, own in self.exponents.items()})

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other**-1

    def __str__(self) -> str:
        above = [written_power(name, str(power)) for name, power in self.exponents.items() if power > 0]
        below = [written_power(name, str(-power)) for name, power in self.exponents.items() if power < 0]
        return (" ".join(above) or "1") + (f" / {' '.join(below)}" if below else "")


def written_power(name: str, exponent: str) -> str:
    if exponent == "1":
        return name
    return f"{name}^{exponent}" if exponent.isalnum() else f"{name}^({exponent})"


def parse_dimension(text: str, where: str) -> Dimension:
    """Reads a dimension: names with whole or bracketed powers, all behind the one / below it; 1 is dimensionless.

    Raises EncodingError, with the place ``where``, for anything else.

    >>> print(parse_dimension("charge^(1/2) length^-1", "here"), "|", parse_dimension("1 / time charge", "here"))
    charge^(1/2) / length | 1 / charge time
    >>> parse_dimension("length^0.5", "notation.toml [scope.motion] v")
    Traceback (most recent call last):
    derive.errors.EncodingError: notation.toml [scope.motion] v: the dimension 'length^0.5' cannot be read at
    'length^0.5'; it is written as 'mass length^2 / time', 'charge^(1/2)', or '1' where there is none
    """
    found, shape, at, rest = Dimension(), "", 0, text.rstrip()
    while at < len(rest) and (token := _TOKEN.match(rest, at)) is not None:
        if name := token["name"]:
            power = Fraction((token["power"] or "1").strip("()"))
            found *= Dimension({name: -power if "/" in shape else power})
        shape, at = shape + (token["slash"] or ("n" if name else "1")), token.end()
    if at < len(rest) or not re.fullmatch("(1|n+)(/n+)?", shape):
        problem = f" at {rest[at:].strip()!r}" if at < len(rest) else ""
        raise EncodingError(
            f"the dimension {text!r} cannot be read{problem}; it is written as 'mass length^2 / time', "
            "'charge^(1/2)', or '1' where there is none",
            where,
        )
    return found


def declared_dimensions(scope: Scope, where: str) -> dict[str, Dimension | None]:
    """The dimensions that a scope declares, by symbol; None where it says nothing. Raises EncodingError."""
    return {
        key: parse_dimension(declared.dimension, f"{where} [scope.{scope.name}] {key}") if declared.dimension else None
        for key, declared in scope.symbols.items()
    }
