"""Whether a value is what the notation declares its symbol to be: its domain, and the properties of matrices.

Models draw base values as declared. A value that a rule gives is held against the declaration here, and a model in
which it is something else is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, TypeGuard

from flint import arb, arb_mat

from derive.notation import Declared


class NotRealisable(Exception):
    """This draw is outside the domain of something; the message says of what."""


class OutsideDomain(NotRealisable):
    """A function is undefined at its argument, or a symbol is given what it cannot be: what is said there is untrue."""


def is_in(value: arb, domain: str) -> bool:
    """Whether a value is in a domain; for a whole number, whether it may be one, which a ball cannot make certain.

    >>> is_in(arb(0), "nonnegative"), is_in(arb(0), "positive"), is_in(arb(-1), "binary"), is_in(arb(1) / 2, "integer")
    (True, False, True, False)
    """
    match domain:
        case "real":
            return True
        case "positive":
            return bool(value > 0)
        case "nonnegative":
            return not value < 0
        case "nonzero":
            return not value.contains(0)
        case "unit":
            return bool(value > 0) and bool(value < 1)
        case "integer":
            return bool(value.contains_integer())
        case "nonnegative integer":
            return bool(value.contains_integer()) and not value < 0
        case "positive integer":
            return bool(value.contains_integer()) and not value < 1
        case "binary":
            return bool(value.contains(1) or value.contains(-1))
    return False


def elsewhere(value: Fraction, domain: str) -> Fraction:
    """Another value of the same domain."""
    if domain == "binary":
        return -value
    if domain == "positive integer":
        return value + 1
    return value / 2 if domain == "unit" else value + (1 if value != -1 else 2)


def check_number(value: arb, declared: Declared | None) -> arb:
    """The value of a symbol, if it is in its domain. Raises OutsideDomain."""
    if declared is not None and not is_in(value, declared.domain):
        raise OutsideDomain(f"{declared.key} is not {declared.domain}, as it is declared")
    return value


def has_unit_length(declared: Declared | None) -> TypeGuard[Declared]:
    """Whether a symbol is a vector of length one, its last index being that of its components."""
    if declared is None or declared.kind != "quantity" or not declared.slots:
        return False
    return "unit" in declared.properties


def check_length(components: Iterable[arb], declared: Declared) -> None:
    """Raises OutsideDomain where a vector of length one has another length."""
    if not (sum((value * value for value in components), arb(0)) - 1).contains(0):
        raise OutsideDomain(f"{declared.key} is not of length one, as it is declared")


def on_sphere(foot: list[Any], one: Any, inverse: Callable[[Any], Any]) -> list[Any]:
    """The point on the sphere whose stereographic projection is ``foot``, in any ring with this one and inverse."""
    square = sum((t * t for t in foot), one - one)
    over = inverse(one + square)
    return [*((t + t) * over for t in foot), (square - one) * over]


def check_matrix(value: arb_mat, declared: Declared | None, *, positive: bool = True) -> arb_mat:
    """The value of a matrix, if it has its properties; that it is ``positive`` definite only where that is asked.

    Raises OutsideDomain.
    """
    if declared is None:
        return value
    of = declared.properties
    size = range(value.nrows())
    pairs = [(i, j) for i in size for j in size]
    symmetric = all((value[i, j] - value[j, i]).contains(0) for i, j in pairs)
    for property_, holds in (
        ("symmetric", symmetric),
        ("antisymmetric", all((value[i, j] + value[j, i]).contains(0) for i, j in pairs)),
        ("diagonal", all(value[i, j].contains(0) for i, j in pairs if i != j)),
        ("hollow", all(value[i, i].contains(0) for i in size)),
        ("identity", all((value[i, j] - int(i == j)).contains(0) for i, j in pairs)),
    ):
        if property_ in of and not holds:
            raise OutsideDomain(f"{declared.key} is not {property_}, as it is declared")
    if "invertible" in of and value.det().contains(0):
        raise OutsideDomain(f"{declared.key} is not invertible, as it is declared")
    if positive and "positive definite" in of and not (symmetric and _has_positive_minors(value)):
        raise OutsideDomain(f"{declared.key} is not positive definite")
    return value


def _has_positive_minors(value: arb_mat) -> bool:
    """Whether all leading principal minors are positive."""
    for k in range(1, value.nrows() + 1):
        minor = arb_mat(k, k, [value[i, j] for i in range(k) for j in range(k)])
        if not minor.det() > 0:
            return False
    return True
