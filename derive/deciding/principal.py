"""Branches told by where arguments lie: logarithms, powers, arguments of products, inverse functions of functions.

Each factor of a product has an argument in an interval, told by the signs of its real and imaginary parts. If the sum
of the intervals lies in one strip of width two pi, then log(a b) = log(a) + log(b) - 2 pi i k with a known k, and
the same for powers and arguments (DLMF 4.8). acos(cos u), asin(sin u) and the like are u up to sign and multiples of
pi where u lies between two multiples.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from derive.deciding.certificates import Certificate, restated
from derive.deciding.domain import Problem
from derive.deciding.smoothness import Signs

Prove = Callable[[Problem], Certificate | None]
MAX_OPS = 150
PERIODS = range(-3, 4)
_WORTH = (sp.log, sp.arg, sp.acos, sp.asin, sp.atan, sp.acosh, sp.asinh, sp.atanh, sp.Abs,
          sp.LambertW)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """An interval of arguments, in units of pi."""

    low: Any
    high: Any
    low_in: bool = True
    high_in: bool = True

    def plus(self, other: Span) -> Span:
        """All sums."""
        low_in, high_in = self.low_in and other.low_in, self.high_in and other.high_in
        return Span(self.low + other.low, self.high + other.high, low_in, high_in)

    def times(self, factor: Any) -> Span:
        """All multiples by a real number."""
        if factor >= 0:
            return Span(self.low * factor, self.high * factor, self.low_in, self.high_in)
        return Span(self.high * factor, self.low * factor, self.high_in, self.low_in)

    def meets(self, other: Span) -> bool:
        """Is there a common point?"""
        for one, two in ((self, other), (other, self)):
            if one.high < two.low or (one.high == two.low and not (one.high_in and two.low_in)):
                return False
        return True


PRINCIPAL = Span(-1, 1, False, True)


def by_principal_values(problem: Problem, prove: Prove) -> Certificate | None:
    """A proof after all branches that can be told have been."""
    after = told(problem)
    if after is None:
        return None
    part = prove(restated(problem, after))
    return None if part is None else Certificate("branches", problem, (("said", "by where arguments lie"),), (part,))


def told(problem: Problem) -> Any | None:
    """The difference with its branches told; None if nothing changes."""
    difference = problem.lhs - problem.rhs
    if problem.solved or sp.count_ops(difference) > MAX_OPS or difference.has(sp.Sum, sp.Product, sp.Integral):
        return None
    powers = [p for p in difference.atoms(sp.Pow) if p.exp.is_integer is not True and p.base.free_symbols]
    if not difference.has(*_WORTH) and not powers:
        return None
    places = _Places(problem)
    after = difference.replace(lambda e: isinstance(e, (sp.Pow, sp.Function)), places.told)
    return None if after == difference else after


class _Places:
    """Where expressions lie, on the domain of a problem."""

    def __init__(self, problem: Problem) -> None:
        parts = {}
        for s in problem.symbols:
            if s.is_real or s.is_imaginary:
                continue
            x, y = (sp.Symbol(f"{part}({s.name})", real=True) for part in ("re", "im"))
            parts[s] = x + sp.I * y
        self.parts = parts
        conditions = tuple(c.xreplace(parts).doit() for c in problem.conditions)
        conditions = tuple(c for c in conditions if isinstance(c, sp.core.relational.Relational))
        symbols = {s for s in problem.symbols if s not in parts} | {s for e in parts.values() for s in e.free_symbols}
        ordered = tuple(sorted(symbols, key=lambda s: s.name))
        self.signs = Signs(replace(problem, lhs=sp.S.Zero, rhs=sp.S.Zero, conditions=conditions, symbols=ordered))

    def told(self, node: Any) -> Any:
        """The node with its branch told, or itself."""
        if isinstance(node, sp.log) and len(node.args) == 1:
            return self._log(node)
        if isinstance(node, sp.Pow):
            return self._power(node)
        if isinstance(node, sp.arg):
            return self._arg(node)
        if isinstance(node, sp.Abs) and isinstance(node.args[0], sp.Pow) and node.args[0].exp.is_real:
            return sp.Abs(node.args[0].base) ** node.args[0].exp
        rule = _INVERSES.get(node.func)
        return node if rule is None else rule(self, node)

    # -- products ------------------------------------------------------------------------------------------------

    def _mirrored(self, inner: Any) -> bool:
        """Is it the conjugate of what is certainly off the negative axis?"""
        parts = self._parts(inner.args[0]) if isinstance(inner, sp.conjugate) else None
        return parts is not None and (self.signs.positive(parts[0]) or self.signs.nonzero(parts[1]))

    def _log(self, node: Any) -> Any:
        inner = node.args[0]
        if self._mirrored(inner):
            return sp.conjugate(sp.log(inner.args[0]))
        if isinstance(inner, sp.exp):
            return self._log_exp(node)
        found = self._factors(inner)
        if found is None:
            return node
        factors, turns = found
        return sp.Add(*(e * sp.log(b) for b, e in factors)) - 2 * sp.pi * sp.I * turns

    def _arg(self, node: Any) -> Any:
        if self._mirrored(node.args[0]):
            return -sp.arg(node.args[0].args[0])
        found = self._factors(node.args[0])
        if found is None:
            return node
        factors, turns = found
        return sp.Add(*(e * sp.arg(b) for b, e in factors)) - 2 * sp.pi * turns

    def _power(self, node: Any) -> Any:
        if node.exp.is_integer or isinstance(node, sp.exp) or not node.base.free_symbols:
            return node
        found = self._factors(node.base)
        if found is None:
            return node
        factors, turns = found
        powers = sp.Mul(*(b ** (e * node.exp) for b, e in factors))
        return powers * sp.exp(-2 * sp.pi * sp.I * turns * node.exp)

    def _log_exp(self, node: Any) -> Any:
        u = node.args[0].args[0]
        parts = self._parts(u)
        if parts is None:
            return node
        height = parts[1]
        for k in PERIODS:
            shifted = height - 2 * k * sp.pi
            if self.signs.positive(shifted + sp.pi) and self.signs.of(sp.pi - shifted) in ("+", "0+"):
                return u - 2 * k * sp.pi * sp.I
        return node

    def _factors(self, base: Any) -> tuple[list[tuple[Any, Any]], int] | None:
        """Two or more factors with real exponents, and how many turns the sum of their arguments is off; or None."""
        product = sp.factor(base) if isinstance(base, sp.Add) else base
        factors = []
        for factor in sp.Mul.make_args(product):
            b, e = factor.as_base_exp() if not isinstance(factor, sp.exp) else (factor, sp.Integer(1))
            factors.append((b, e))
        if len(factors) == 1 and factors[0][1] == 1:
            return None
        if not any(b.free_symbols and b.is_real is not True for b, _ in factors):
            return None  # reals are the tower's
        raw = Span(0, 0)
        for b, e in factors:
            if not e.is_Rational:
                return None
            span = self.span(b)
            # A root has the argument of its base, divided; a whole power is a product.
            raw = raw.plus(span.times(e))
        near = self._by_parts(product) or PRINCIPAL
        turns = [k for k in PERIODS if raw.meets(near.plus(Span(2 * k, 2 * k)))]
        return (factors, turns[0]) if len(turns) == 1 else None

    def span(self, expr: Any) -> Span:
        """Where the argument of an expression lies."""
        if expr.is_positive:
            return Span(0, 0)
        if expr.is_negative:
            return Span(1, 1)
        return self._by_parts(expr) or PRINCIPAL

    def _parts(self, expr: Any) -> tuple[Any, Any] | None:
        whole = expr.xreplace(self.parts)
        if sp.count_ops(whole) > MAX_OPS:
            return None
        x, y = sp.expand(whole).as_real_imag()
        return None if x.has(sp.re, sp.im, sp.arg) or y.has(sp.re, sp.im, sp.arg) else (sp.expand(x), sp.expand(y))

    def _by_parts(self, expr: Any) -> Span | None:
        """By the signs of real and imaginary part."""
        parts = self._parts(expr)
        if parts is None:
            return None
        x, y = (("0" if part == 0 else self.signs.of(part)) for part in parts)
        half = sp.Rational(1, 2)
        if y == "0":
            return {"+": Span(0, 0), "0+": Span(0, 0), "-": Span(1, 1)}.get(x)
        if y == "+":
            return {"+": Span(0, half, False, False), "-": Span(half, 1, False, False)}.get(x, Span(0, 1, False, False))
        if y == "-":
            return {"+": Span(-half, 0, False, False), "-": Span(-1, -half, False, False)}.get(
                x, Span(-1, 0, False, False)
            )
        if x == "+":
            return Span(-half, half, False, False)
        return Span(0, 1) if y == "0+" else None

    # -- inverse functions ---------------------------------------------------------------------------------------

    def strip(self, u: Any, start: Any) -> int | None:
        """The k with start + k pi <= u <= start + (k + 1) pi everywhere; of a complex u strictly, for its real part."""
        parts = self._parts(u)
        if parts is None:
            return None
        allowed = ("+", "0+") if parts[1] == 0 else ("+",)
        for k in PERIODS:
            low, high = parts[0] - start - k * sp.pi, start + (k + 1) * sp.pi - parts[0]
            if all(self.signs.of(part) in allowed for part in (low, high)):
                return k
        return None


def _acos(places: _Places, node: Any) -> Any:
    inner = node.args[0]
    if isinstance(inner, sp.sin):
        return sp.pi / 2 - _asin(places, sp.asin(inner))
    if not isinstance(inner, sp.cos):
        return node
    u = inner.args[0]
    k = places.strip(u, 0)
    if k is None:
        return node
    return u - k * sp.pi if k % 2 == 0 else (k + 1) * sp.pi - u


def _asin(places: _Places, node: Any) -> Any:
    inner = node.args[0]
    if isinstance(inner, sp.cos):
        return sp.pi / 2 - _acos(places, sp.acos(inner))
    if not isinstance(inner, sp.sin):
        return node
    u = inner.args[0]
    k = places.strip(u, -sp.pi / 2)
    return node if k is None else (-1) ** k * (u - k * sp.pi)


def _atan(places: _Places, node: Any) -> Any:
    inner = node.args[0]
    if not isinstance(inner, sp.tan):
        return node
    u = inner.args[0]  # at the ends of a strip the tangent has no value
    k = places.strip(u, -sp.pi / 2)
    return node if k is None else u - k * sp.pi


def _area(kind: Any, even: bool) -> Callable[[_Places, Any], Any]:
    def rule(_: _Places, node: Any) -> Any:
        inner = node.args[0]
        if not isinstance(inner, kind) or inner.args[0].is_real is not True:
            return node
        return sp.Abs(inner.args[0]) if even else inner.args[0]

    return rule


def _lambert(places: _Places, node: Any) -> Any:
    """W(u e^u) = u for a real u >= -1 (DLMF 4.13.1)."""
    if len(node.args) != 1:
        return node
    inner = node.args[0]
    for u in (*inner.atoms(sp.log), *(e.args[0] for e in inner.atoms(sp.exp))):
        if u.is_real and sp.expand(inner - u * (u.args[0] if isinstance(u, sp.log) else sp.exp(u))) == 0:
            lowest = (u.args[0] - 1, sp.E * u.args[0] - 1) if isinstance(u, sp.log) else (u + 1,)
            if any(places.signs.of(low) in ("+", "0+") for low in lowest):
                return u
    return node


_INVERSES: dict[Any, Callable[[_Places, Any], Any]] = {
    sp.acos: _acos,
    sp.LambertW: _lambert,
    sp.asin: _asin,
    sp.atan: _atan,
    sp.acosh: _area(sp.cosh, True),
    sp.asinh: _area(sp.sinh, False),
    sp.atanh: _area(sp.tanh, False),
}
