"""Laws: densities, normal laws, expectations, functionals of laws and divergences between them."""

from __future__ import annotations

from derive.expression import (
    SCALAR,
    Applied,
    Call,
    Density,
    Expectation,
    Expr,
    Frac,
    Gaussian,
    ImaginaryUnit,
    Size,
    Zero,
)
from derive.latex.functions import FUNCTIONS
from derive.latex.grammar import FENCES, VALUES, Grammar
from derive.latex.tokens import Token, tokens
from derive.notation import Declared


def density(reader: Grammar, declared: Declared, token: Token) -> Expr:
    """The density of a law, ``P(x, y | z)``."""
    reader.take("(")
    of: list[Expr] = []
    given: list[Expr] = []
    bars, reader.bars = reader.bars, 1
    target = of
    while True:
        where = reader.source[reader.at] if reader.at < len(reader.source) else token
        item = reader.sum()
        if item.type.kind not in VALUES or isinstance(item, Size | ImaginaryUnit):
            raise reader.error(f"{declared.key} is no law of {where.text}: it is no variable and no parameter", where)
        target.append(item)
        mark = reader.take()
        if mark.text == ")":
            break
        if mark.text == "|" and target is of:
            target = given
        elif mark.text != ",":
            raise reader.error(f"{mark.text} cannot separate the arguments of {declared.key}", mark)
    reader.bars = bars
    return Density(declared.key, tuple(of), tuple(given))


def gaussian(reader: Grammar, token: Token) -> Expr:
    """The density of a normal law, ``N(x; mean, covariance)``, of a number or a column."""
    reader.take("(")
    bars, reader.bars = reader.bars, 0
    of = reader.sum()
    reader.take(";")
    mean = reader.sum()
    reader.take(",")
    covariance = reader.sum()
    reader.take(")")
    reader.bars = bars
    if isinstance(mean, Zero):
        mean = Zero(of.type)
    if of.type == mean.type == covariance.type == SCALAR:
        return Gaussian(of, mean, covariance)
    wanted = ("column", of.type.axes)
    if (of.type.kind, mean.type) != ("column", of.type) or covariance.type.kind != "matrix":
        raise reader.error(f"a Gaussian is over a column, with a mean column and a covariance matrix {wanted}", token)
    return Gaussian(of, mean, covariance)


def expectation(reader: Grammar, declared: Declared, token: Token) -> Expr:
    """An expectation, a variance or a covariance under the law that the notation names."""
    kinds = {"expectation": "E", "variance": "Var", "covariance": "Cov"}
    closing = FENCES.get(reader.peek())
    if closing is None and reader.peek() not in FUNCTIONS:
        raise reader.error(f"{declared.key} is not followed by a bracket", token)
    if closing is None:
        arguments = [reader.factor()]
        if reader.starts_factor():
            raise reader.error(f"where the argument of {declared.key} ends is not clear: put it in brackets", token)
    else:
        reader.take()
        arguments = reader.listed(closing)
    wanted = 2 if declared.kind == "covariance" else 1
    if len(arguments) != wanted:
        raise reader.error(f"{declared.key} takes {wanted} argument{'s' * (wanted > 1)}", token)
    if declared.law is None:
        raise reader.error(f"the notation names no law for {declared.key}", token)
    given = tuple(reader.inner(tokens(text)) for text in declared.given)
    return Expectation(kinds[declared.kind], declared.law, tuple(arguments), declared.key, given)  # type: ignore[arg-type]


def functional(reader: Grammar, declared: Declared, token: Token) -> Expr:
    """A number that depends on a law, ``S[q(z | x)]``."""
    reader.take("[")
    of = reader.listed("]")
    if len(of) != 1 or not isinstance(of[0], Density):
        raise reader.error(f"{declared.key} is a functional of one law", token)
    return Applied(declared.key, (of[0],), SCALAR)


def divergence(reader: Grammar, token: Token) -> Expr:
    r"""The Kullback-Leibler divergence ``D(q || p)`` of two densities, as the expectation that it is."""
    reader.take("(")
    bars, reader.bars = reader.bars, 1
    of = reader.sum()
    if reader.peek() == "|":
        reader.take()
        reader.take("|")
    elif reader.peek() == r"\|":
        reader.take()
    else:
        reader.take(r"\parallel")
    other = reader.sum()
    reader.take(")")
    reader.bars = bars
    if not isinstance(of, Density) or not isinstance(other, Density) or of.of != other.of:
        raise reader.error("a divergence is between two densities of the same variables", token)
    names = (k for k, d in reader.scope.symbols.items() if d.kind == "expectation" and d.law == of.law)
    if (name := next(names, None)) is None:
        raise reader.error(f"the notation names no expectation under {of.law}", token)
    return Expectation("E", of.law, (Call("log", Frac(of, other)),), name, of.given)
