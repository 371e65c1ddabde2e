"""Writing the nodes of :mod:`derive.analytic` as LaTeX; reading what was written gives the same tree back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.analytic import SPECIAL_FUNCTIONS, Binomial, Definite, Factorial, Infinity, Series, Special
from derive.expression import Expr, Mul, Symbol, walk
from derive.latex.levels import BASE, FACTOR, PRODUCT, SUM

if TYPE_CHECKING:
    from derive.latex.writer import Writer


def write_analytic(writer: Writer, expr: Expr) -> tuple[str, int, bool] | None:
    """The text of a node, how tightly it binds, and whether it runs on to the end of a product; None for others."""
    match expr:
        case Infinity():
            return r"\infty", BASE, False
        case Definite(variable=variable, lower=lower, upper=upper, body=body):
            limits = rf"_{{{writer.at(lower, SUM)}}}^{{{writer.at(upper, SUM)}}}"
            return rf"\int{limits} d{writer.symbol(variable)} \, {writer.at(body, PRODUCT)}", PRODUCT, True
        case Series(variable=variable, lower=lower, upper=upper):
            sign = r"\sum" if expr.operation == "sum" else r"\prod"
            limits = rf"_{{{writer.symbol(variable)}={writer.at(lower, SUM)}}}^{{{writer.at(upper, SUM)}}}"
            return rf"{sign}{limits} {writer.at(expr.body, _place(expr))}", PRODUCT, True
        case Factorial(of=of):
            text = writer.at(of, BASE)
            plain = isinstance(of, Symbol) or text.isdigit() or text.startswith(r"\left(")
            return (f"{text}!" if plain else rf"\left( {text} \right)!"), FACTOR, False
        case Binomial(above=above, below=below):
            return rf"\binom{{{writer.at(above, SUM)}}}{{{writer.at(below, SUM)}}}", FACTOR, False
        case Special(name=name, printed=printed, arguments=arguments):
            count = SPECIAL_FUNCTIONS[name].subscripts
            below = f"_{{{writer.listed(arguments[:count])}}}" if count else ""
            return rf"{printed}{below}\left( {writer.listed(arguments[count:])} \right)", FACTOR, False
    return None


def _place(expr: Series) -> int:
    """How tightly the body of a sum or product has to bind: in brackets where its end would not be clear."""
    factors = expr.body.factors if isinstance(expr.body, Mul) else ()
    unclear = expr.operation == "product" and factors and expr.variable not in walk(factors[-1])
    return BASE if unclear else PRODUCT
