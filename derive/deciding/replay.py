"""Certificates checked again, without the search that found them.

What was found is taken as given and verified by other means where there are any: a telescoping certificate by SymPy's
rational arithmetic, a differential equation by applying it, further coefficients of a power series, replaced series and
integrals against their enclosures, normal forms with the generators in another order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.deciding.casework import at, divided
from derive.deciding.certificates import Certificate, restated
from derive.deciding.constants import below, exponential, separation
from derive.deciding.derivative import extended, interval, is_convex
from derive.deciding.differential import DifferentialRing
from derive.deciding.domain import pose
from derive.deciding.errors import NotReducible
from derive.deciding.examination import trials
from derive.deciding.holonomic import POINTS as POINTS_OF_EXPANSION
from derive.deciding.holonomic import groups_at, last_root
from derive.deciding.induction import statements
from derive.deciding.power_series import Expansion
from derive.deciding.principal import told
from derive.deciding.proving import by_normal_form
from derive.deciding.rounding import rounded
from derive.deciding.smoothness import Signs, smooth, value_at
from derive.deciding.substitutions import substituted
from derive.deciding.sums import claimed_value, inhomogeneity, starting_values, term_of
from derive.deciding.telescoping import Telescoper
from derive.deciding.unrolling import unrolled

POINTS = 2
FURTHER = 3


def replay(certificate: Certificate) -> bool:
    """Does the certificate prove what it says?"""
    check = CHECKS.get(certificate.kind)
    if check is None or not check(certificate) or any(trial.apart for trial in trials(certificate.problem, POINTS)):
        return False
    return all(replay(part) for part in certificate.parts)


def _difference(certificate: Certificate) -> Any:
    return certificate.problem.lhs - certificate.problem.rhs


def _structural(certificate: Certificate) -> bool:
    return _difference(certificate) == 0 or sp.expand_mul(_difference(certificate), deep=False) == 0


def _normal_form(certificate: Certificate) -> bool:
    try:
        return by_normal_form(certificate.problem, backwards=True) is not None
    except NotReducible:
        return False


def _agree(certificate: Certificate, one: Any, two: Any) -> bool:
    """Two expressions on the domain of the certificate, in balls: nowhere apart."""
    return not any(trial.apart for trial in trials(restated(certificate.problem, one, two), POINTS))


def _relations(certificate: Certificate) -> bool:
    rewritten = certificate["rewritten"]
    (part,) = certificate.parts
    return part.problem.lhs == rewritten and _agree(certificate, _difference(certificate), rewritten)


def _numerator(certificate: Certificate) -> bool:
    top, _ = sp.fraction(sp.together(_difference(certificate)))
    return top == certificate["numerator"] == certificate.parts[0].problem.lhs


def _cases(certificate: Certificate) -> bool:
    n, difference = certificate["n"], _difference(certificate)
    positive = sp.Symbol(n.name, integer=True, positive=True)
    values = (at(difference, n, 0), difference.xreplace({n: positive}))
    return values == tuple(part.problem.lhs for part in certificate.parts)


def _branches(certificate: Certificate) -> bool:
    (part,) = certificate.parts
    after = told(certificate.problem)
    return after is not None and after == part.problem.lhs and _agree(certificate, _difference(certificate), after)


def _rounding(certificate: Certificate) -> bool:
    return rounded(certificate.problem) == [part.problem for part in certificate.parts]


def _casework(certificate: Certificate) -> bool:
    pieces = divided(certificate.problem, certificate["how"])
    return pieces is not None and [piece for _, piece in pieces] == [part.problem for part in certificate.parts]


def _substitution(certificate: Certificate) -> bool:
    (part,) = certificate.parts
    after = substituted(certificate.problem)
    # Names of variables of integration are made anew.
    same = after is not None and sp.expand(after.as_dummy() - part.problem.lhs.as_dummy()) == 0
    return same and _agree(certificate, _difference(certificate), part.problem.lhs)


def _written_out(certificate: Certificate) -> bool:
    (part,) = certificate.parts
    after = unrolled(certificate.problem)
    return after == part.problem.lhs and _agree(certificate, _difference(certificate), after)


def _separation(certificate: Certificate) -> bool:
    bound = separation(_difference(certificate))
    return not certificate.problem.symbols and bound is not None and below(_difference(certificate), bound[1] + 64)


def _exponential(certificate: Certificate) -> bool:
    (part,) = certificate.parts
    turned = exponential(sp.expand(_difference(certificate)), certificate["factor"])
    return not certificate.problem.symbols and (part.problem.lhs, part.problem.rhs) == (turned, 1)


def _slack(certificate: Certificate) -> bool:
    (part,) = certificate.parts
    lhs, rhs = certificate.problem.lhs, certificate.problem.rhs
    for symbol, value in certificate["substitutions"]:
        lhs, rhs = lhs.xreplace({symbol: value}), rhs.xreplace({symbol: value})
    return (lhs, rhs) == (part.problem.lhs, part.problem.rhs)


def _induction(certificate: Certificate) -> bool:
    found = statements(certificate.problem, certificate["n"])
    base, step = certificate.parts
    return found is not None and found == (base.problem.lhs, step.problem.lhs)


def _telescoping(certificate: Certificate) -> bool:
    if "closed" in dict(certificate.data):
        return _closed(certificate)
    known = term_of(certificate["sum"])
    if known is None:
        return False
    term, low, high = known
    n, claimed, recurrence = certificate["n"], certificate["claimed"], certificate["recurrence"]
    found = Telescoper(recurrence, certificate["certificate"].subs(certificate["index"], term.k))
    again = claimed_value(sp.expand_mul(_difference(certificate), deep=False), certificate["sum"])
    if again is None or sp.expand(again - claimed) != 0 or not found.holds(term, n):
        return False
    right = inhomogeneity(certificate["sum"], term, low, high, n, found)
    left = sp.Add(*(a * claimed.subs(n, n + j) for j, a in enumerate(recurrence)))
    step, *starts = certificate.parts
    if right is None or not _agree(certificate, step.problem.lhs - step.problem.rhs, left - right):
        return False
    values = starting_values(certificate["sum"], claimed, n, found)
    return values is not None and values == [part.problem.lhs for part in starts]


def _closed(certificate: Certificate) -> bool:
    """Sums and integrals against what they were replaced by, and the rest against the statement that was proved."""
    closed = dict(certificate["closed"])
    replaced = _difference(certificate).xreplace(closed)
    if not all(_agree(certificate, node, value) for node, value in closed.items()):
        return False
    return any(_agree(certificate, replaced, p.problem.lhs - p.problem.rhs) for p in certificate.parts)


def _derivative(certificate: Certificate) -> bool:
    x, point, difference = certificate["x"], certificate["point"], _difference(certificate)
    signs = Signs(certificate.problem)
    step, start = certificate.parts
    return (
        (interval(certificate.problem, x) is not None or is_convex(certificate.problem, x))
        and smooth(difference, x, signs)
        and sp.diff(difference, x) == step.problem.lhs
        and value_at(difference, x, point, signs) == start.problem.lhs
    )


def _extension(certificate: Certificate) -> bool:
    (part,) = certificate.parts
    return extended(certificate.problem) == part.problem


def _differential_equation(certificate: Certificate) -> bool:
    data = dict(certificate.data)
    direction = dict(POINTS_OF_EXPANSION)[int(data["point"])]
    t, groups = groups_at(_difference(certificate), data["x"], int(data["point"]), direction)
    shown = {group for name, group in data.items() if name.startswith("function")}
    for group in groups.values():
        if group not in shown and DifferentialRing(t, group).element:
            return False
    for name, equation in data.items():
        if not name.startswith("equation"):
            continue
        group = data[name.replace("equation", "function", 1)]
        ring = DifferentialRing(t, group)
        current, total = ring.element, {}
        for c in equation:
            total = ring.add(total, ring.scale(current, ring.field.read(c)))
            current = ring.derivative(current)
        last = last_root(ring, [ring.field.read(c) for c in equation])
        if total or last is None or not _vanishes(ring, max(last, 0) + FURTHER):
            return False
    return True


def _vanishes(ring: DifferentialRing, terms: int) -> bool:
    """Are the first coefficients zero, exactly or (with constants in them) in balls?"""
    _, series = Expansion(ring, terms).element(ring.element)
    for c in series:
        if c:
            value = ring.field.expression(c).xreplace(ring.constants)
            if any(trial.apart for trial in trials(pose(value, 0), POINTS)):
                return False
    return True


CHECKS: dict[str, Callable[[Certificate], bool]] = {
    "structural": _structural,
    "normal form": _normal_form,
    "relations": _relations,
    "slack": _slack,
    "cases": _cases,
    "branches": _branches,
    "rounding": _rounding,
    "substitution": _substitution,
    "written out": _written_out,
    "separation bound": _separation,
    "exponential": _exponential,
    "casework": _casework,
    "numerator": _numerator,
    "induction": _induction,
    "telescoping": _telescoping,
    "derivative": _derivative,
    "extension": _extension,
    "differential equation": _differential_equation,
    "series": _closed,
    "integral": _closed,
    "product": _closed,
}
