"""Where an expression is a smooth function of one real variable, and its values at the ends of an interval.

Sufficient conditions only. Each node is asked whether its arguments stay where the function is analytic; signs come
from the tower's own rules (`signs`) after factoring, or from SymPy's assumptions.
"""

# SymPy's own types are partial: what it returns is narrower in fact than they say.
# pyright: reportOptionalOperand=false, reportOptionalMemberAccess=false, reportOperatorIssue=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false

from __future__ import annotations

from typing import Any

import sympy as sp

from derive.deciding.certificates import restated
from derive.deciding.domain import Problem
from derive.deciding.errors import NotReducible
from derive.deciding.factors import NeedsOrder
from derive.deciding.splitting import factor
from derive.deciding.strips import with_signs
from derive.deciding.tower import Tower

_EVERYWHERE = (
    sp.exp, sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh, sp.sech, sp.atan, sp.asinh, sp.erf, sp.erfc, sp.erfi, sp.Si,
    sp.Shi, sp.fresnels, sp.fresnelc, sp.airyai, sp.airybi, sp.airyaiprime, sp.airybiprime,
)  # fmt: skip


class Signs:
    """Signs of expressions on a domain."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def of(self, expr: Any) -> str:
        """ "+" or "-" where the sign is strict, "0+" or "0-" where it may be zero; "" if not known."""
        expr = sp.sympify(expr)
        if expr.is_positive:
            return "+"
        if expr.is_negative:
            return "-"
        known = self._of(expr)
        if known or not expr.has(sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc):
            return known
        waves = with_signs(expr, self.problem)
        return known if waves == expr else self.of(waves)

    def _of(self, expr: Any) -> str:
        try:
            tower = Tower(restated(self.problem, expr), {})
            top, bottom = tower.field.canonical(tower.convert(expr))
            if top.is_zero():
                return "0+"
            negative, strict = False, True
            for poly in (top, bottom):
                content, factors = factor(poly)
                negative ^= content < 0
                for base, exponent in factors:
                    sign = tower.signs.of(base)
                    if not sign and exponent % 2 == 0 and tower.signs.real(base):
                        sign = "0+"
                    if not sign:
                        return ""
                    strict = strict and not sign.startswith("0")
                    negative ^= sign.endswith("-") and bool(exponent % 2)
            return ("" if strict else "0") + ("-" if negative else "+")
        except (NotReducible, NeedsOrder, ArithmeticError, ValueError):
            return "0+" if expr.is_nonnegative else "0-" if expr.is_nonpositive else ""

    def positive(self, expr: Any) -> bool:
        """Certainly positive?"""
        return self.of(expr) == "+"

    def nonzero(self, expr: Any) -> bool:
        """Certainly not zero?"""
        return bool(expr.is_nonzero) or self.of(expr) in ("+", "-")


def smooth(expr: Any, x: Any, signs: Signs) -> bool:
    """Is the expression a smooth function of the real x at every point of the domain?"""
    if not expr.has(x):
        return True
    if expr == x:
        return True
    if isinstance(expr, (sp.Add, sp.Mul)):
        return all(smooth(arg, x, signs) for arg in expr.args)
    if isinstance(expr, sp.Pow):
        base, exponent = expr.args
        if not (smooth(base, x, signs) and smooth(exponent, x, signs)):
            return False
        if exponent.is_Integer:
            return bool(exponent >= 0) or signs.nonzero(base)
        return (not base.has(x) and bool(base.is_nonzero)) or signs.positive(base)
    if not all(smooth(arg, x, signs) for arg in expr.args if isinstance(arg, sp.Expr)):
        return False
    u = expr.args[-1] if expr.args else None
    if isinstance(expr, _EVERYWHERE):
        return True
    if isinstance(expr, sp.log) and _off_the_cut(u, x, signs):
        return True
    if u is None or not _real(u):
        return False
    if isinstance(expr, (sp.log, sp.Ci, sp.Chi)):
        return signs.positive(u)
    if isinstance(expr, (sp.tan, sp.cot)):
        return _between_poles(u, x, signs, sp.pi / 2 if isinstance(expr, sp.tan) else sp.Integer(0))
    if isinstance(expr, sp.Ei):
        return signs.nonzero(u)
    if isinstance(expr, (sp.asin, sp.acos, sp.atanh)):
        return signs.positive(1 - u) and signs.positive(1 + u)
    if isinstance(expr, sp.acosh):
        return signs.positive(u - 1)
    if isinstance(expr, sp.acot):
        return signs.nonzero(u)
    if isinstance(expr, sp.Abs):
        return signs.nonzero(u)
    if isinstance(expr, sp.atan2):
        return signs.positive(u)
    if isinstance(expr, (sp.polylog, sp.elliptic_k, sp.elliptic_e)):
        return not any(a.has(x) for a in expr.args[:-1]) and signs.positive(1 - u)
    if isinstance(expr, (sp.gamma, sp.loggamma, sp.digamma)):
        return signs.positive(u)
    if isinstance(expr, sp.polygamma):
        return not expr.args[0].has(x) and signs.positive(u)
    if isinstance(expr, sp.hyper):
        return _hyper(expr, x, signs)
    if isinstance(expr, (sp.besselj, sp.besseli, sp.bessely, sp.besselk, sp.uppergamma, sp.lowergamma, sp.expint)):
        return not expr.args[0].has(x) and signs.positive(u)
    if isinstance(expr, sp.LambertW):
        return signs.of(u) in ("+", "0+")
    return False


def _off_the_cut(u: Any, x: Any, signs: Signs) -> bool:
    """Does a complex u stay off the negative axis: in the right half-plane, or on one side of the real axis?"""
    u = sp.expand(u)
    im = u.coeff(sp.I, 1)
    re = sp.expand(u - sp.I * im)
    # What is smooth by the rules for real arguments is real; what is free of x has to be known as real.
    parts = [node for part in (re, im) for node in sp.preorder_traversal(part) if not node.has(x)]
    if not u.has(sp.I) or re.has(sp.I) or im.has(sp.I) or not all(node.is_real for node in parts):
        return False
    return smooth(re, x, signs) and smooth(im, x, signs) and (signs.positive(re) or signs.nonzero(im))


def _real(u: Any) -> bool:
    return u.is_real is not False and not u.has(sp.I)


def _between_poles(u: Any, x: Any, signs: Signs, pole: Any) -> bool:
    """Does u, linear in x, stay between two neighbouring poles on the interval of x?"""
    from derive.deciding.derivative import interval

    ends = interval(signs.problem, x)
    slope = sp.diff(u, x)
    if ends is None or any(end.is_infinite for end in ends) or slope.has(x) or u.free_symbols != {x}:
        return False
    one, two = sorted((u.subs(x, end) for end in ends), key=lambda v: float(v.evalf()))
    first = sp.floor((one - pole) / sp.pi)
    return first.is_Integer and (two <= pole + (first + 1) * sp.pi) == True  # noqa: E712


def _hyper(expr: Any, x: Any, signs: Signs) -> bool:
    if any(a.has(x) for a in (*expr.ap, *expr.bq)):
        return False
    if len(expr.ap) <= len(expr.bq):
        return True
    return len(expr.ap) == len(expr.bq) + 1 and signs.positive(1 - expr.argument)


def value_at(expr: Any, x: Any, end: Any, signs: Signs) -> Any | None:
    """The limit as x tends to a finite end of its interval: by continuity, or a power times logarithms; or None."""
    total = sp.Integer(0)
    for term in sp.Add.make_args(expr):
        value = _continuous(term, x, end, signs)
        if value is None:
            value = _small_times_log(term, x, end, signs)
        if value is None:
            return None
        total += value
    return total


def _continuous(expr: Any, x: Any, end: Any, signs: Signs) -> Any | None:
    if not expr.has(x):
        return expr
    if expr == x:
        return end
    values = [_continuous(arg, x, end, signs) if isinstance(arg, sp.Expr) else arg for arg in expr.args]
    if any(v is None for v in values):
        return None
    if isinstance(expr, (sp.Add, sp.Mul, *_EVERYWHERE)):
        return expr.func(*values)
    if isinstance(expr, sp.Pow):
        base, exponent = values
        if exponent.is_Integer and (exponent >= 0 or _nonzero(base, signs)):
            return base**exponent
        if signs.positive(base) or (exponent.is_positive and (base.is_zero or signs.of(base) == "0+")):
            return base**exponent
        return None
    u = values[-1]
    allowed = {
        sp.log: lambda: signs.positive(u) or _off_the_cut(u, x, signs),
        sp.acosh: lambda: signs.of(u - 1) in ("+", "0+") or u == 1,
        sp.asin: lambda: _within(u, signs), sp.acos: lambda: _within(u, signs),
        sp.atanh: lambda: signs.positive(1 - u) and signs.positive(1 + u),
        sp.atan2: lambda: signs.positive(u), sp.acot: lambda: _nonzero(u, signs), sp.Abs: lambda: _real(u),
        sp.polylog: lambda: signs.positive(1 - u) or (u == 1 and (expr.args[0] - 1).is_positive),
        sp.elliptic_k: lambda: signs.positive(1 - u), sp.elliptic_e: lambda: signs.positive(1 - u),
        sp.gamma: lambda: signs.positive(u), sp.hyper: lambda: signs.positive(1 - u) or len(expr.ap) <= len(expr.bq),
        sp.LambertW: lambda: signs.of(u) in ("+", "0+") or u.is_zero,
    }.get(expr.func)  # fmt: skip
    if allowed is None or not allowed():
        return None
    return expr.func(*values)


def _nonzero(u: Any, signs: Signs) -> bool:
    return signs.nonzero(u)


def _within(u: Any, signs: Signs) -> bool:
    return all(v.is_zero or signs.of(v) in ("+", "0+") for v in (1 - u, 1 + u))


def _small_times_log(term: Any, x: Any, end: Any, signs: Signs) -> Any | None:
    """log(u)**m times a factor that vanishes like a power of x - end: the limit is zero."""
    logs, rest = [], []
    for part in sp.Mul.make_args(term):
        base = part.base if isinstance(part, sp.Pow) and part.exp.is_Integer and part.exp > 0 else part
        (logs if isinstance(base, sp.log) else rest).append(part)
    growing = [p for p in logs if _continuous(p, x, end, signs) is None]
    others = sp.Mul(*[p for p in (*logs, *rest) if p not in growing])
    if not growing:
        return None
    for part in growing:
        inner = (part.base if isinstance(part, sp.Pow) else part).args[0]
        # The argument tends to zero like a whole power, so its logarithm grows like log|x - end|.
        if not inner.is_polynomial(x) or sp.expand(inner.subs(x, end)) != 0:
            return None
    small = _continuous(others, x, end, signs)
    if small is None or sp.expand(small) != 0:
        return None
    slope = _continuous(sp.diff(others, x), x, end, signs)
    return sp.Integer(0) if slope is not None else None
