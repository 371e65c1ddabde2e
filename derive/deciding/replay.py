"""Certificates checked again, without the search that found them."""

from __future__ import annotations

from collections.abc import Callable

from derive.deciding.certificates import Certificate
from derive.deciding.errors import NotReducible
from derive.deciding.examination import trials

POINTS = 2


def replay(certificate: Certificate) -> bool:
    """Does the certificate prove what it says?"""
    check = CHECKS.get(certificate.kind)
    if check is None or not check(certificate):
        return False
    return all(replay(part) for part in certificate.parts)


def _structural(certificate: Certificate) -> bool:
    import sympy as sp

    return sp.expand(certificate.problem.lhs - certificate.problem.rhs, deep=False) == 0


def _normal_form(certificate: Certificate) -> bool:
    """The normal form once more, with the generators adjoined in another order."""
    from derive.deciding.proving import by_normal_form

    try:
        return by_normal_form(certificate.problem, backwards=True) is not None
    except NotReducible:
        return False


def agrees(certificate: Certificate) -> bool:
    """Both sides once more in balls, where they can be evaluated."""
    return not any(trial.apart for trial in trials(certificate.problem, POINTS))


CHECKS: dict[str, Callable[[Certificate], bool]] = {"structural": _structural, "normal form": _normal_form}
