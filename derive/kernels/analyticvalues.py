"""Sums between limits, factorials and special functions at one point, in ball arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from derive.analytic import Binomial, Factorial, Infinity, Series, Special
from derive.expression import Expr
from derive.kernels.kernel import KernelError
from derive.kernels.rounding import whole

Places = Mapping[Any, int]
MOST = 2000
"""The most terms of a sum in a test vector."""
RECIPROCAL = {"cot": "tan", "sec": "cos", "csc": "sin", "coth": "tanh"}


class AnalyticValues:
    """What a statement needs for analysis. Whoever extends it evaluates all other expressions."""

    kind: Any
    value: Callable[[Expr, tuple[int, ...], Places], Any]
    product: Callable[[list[Any]], Any]

    def analytic(self, expr: Expr, places: Places) -> Any:
        """The value of such a number; no finite one where it has none."""
        match expr:
            case Series(operation=operation, variable=variable, body=body):
                numbers = self.between(expr, places)
                if numbers is None:
                    return self.kind.exact(1) / self.kind.exact(0)
                found = [self.value(body, (), {**places, variable: number}) for number in numbers]
                return self.kind.total(found) if operation == "sum" else self.product(found)
            case Factorial(of=of):
                found = self.value(of, (), places)
                number = None if getattr(found, "slopes", None) else whole(found.ball)
                more = self.kind.total([found, self.kind.exact(1)]) if number is None else self.kind.exact(number + 1)
                return self.kind.special("gamma", (more,))
            case Binomial(above=above, below=below):
                return self.kind.binomial(self.value(above, (), places), self.value(below, (), places))
            case Special(name="beta", arguments=arguments):
                a, b = (self.value(one, (), places) for one in arguments)
                one, two, three = (self.kind.special("gamma", (of,)) for of in (a, b, self.kind.total([a, b])))
                return one * two / three
            case Special(name=name, arguments=(argument,)) if name in RECIPROCAL:
                return self.kind.exact(1) / self.value(argument, (), places).apply(RECIPROCAL[name])
            case Special(name=name, arguments=arguments):
                return self.kind.special(name, tuple(self.value(one, (), places) for one in arguments))
        raise KernelError(f"{type(expr).__name__} has no test vectors")

    def between(self, expr: Series, places: Places) -> range | None:
        """The whole numbers of a sum; None where it has no value, or far too many terms for a test vector."""
        if isinstance(expr.lower, Infinity) or isinstance(expr.upper, Infinity):
            raise KernelError("an infinite series has no test vectors")
        limits = [self.value(limit, (), places) for limit in (expr.lower, expr.upper)]
        first, last = (whole(limit.ball) for limit in limits)
        if first is None or last is None or last < first - 1 or last - first > MOST:
            return None
        return range(first, last + 1)


__all__ = ["AnalyticValues"]
