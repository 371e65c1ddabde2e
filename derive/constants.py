"""The values of expressions made of numbers alone."""

from __future__ import annotations

from fractions import Fraction

from derive.expression import Add, Expr, Frac, Mul, Neg, Number


def constant(expr: Expr) -> Fraction | None:
    """The value of an expression made of numbers alone, or None."""
    match expr:
        case Number(value=value):
            return value
        case Neg(term=term):
            inner = constant(term)
            return None if inner is None else -inner
        case Frac(top=top, bottom=bottom):
            above, below = constant(top), constant(bottom)
            return None if above is None or not below else above / below
        case Add(terms=terms):
            values = [constant(term) for term in terms]
            return None if None in values else sum((v for v in values if v is not None), Fraction(0))
        case Mul(factors=factors):
            product = Fraction(1)
            for factor in factors:
                value = constant(factor)
                if value is None:
                    return None
                product *= value
            return product
    return None
