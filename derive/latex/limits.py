"""Integrals and sums between limits, factorials, binomial coefficients, and special functions."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from derive.analytic import SPECIAL_FUNCTIONS, Binomial, Definite, Infinity, Series, Special
from derive.expression import Expr, Neg, Number, Symbol, walk
from derive.latex.chain import RELATIONS
from derive.latex.grammar import Grammar
from derive.latex.tokens import Token
from derive.notation import WHOLE, Declared

_DEEPER = {"(": 1, "[": 1, "{": 1, r"\{": 1, ")": -1, "]": -1, "}": -1, r"\}": -1}


def is_whole_variable(reader: Grammar, token: Token) -> bool:
    """Whether what stands below a sum sign is a whole number of the notation, and no index letter."""
    declared = reader.scope.symbols.get(token.text)
    return declared is not None and declared.domain in WHOLE and reader.scope.range_of_letter(token.text) is None


def series(reader: Grammar, operation: Literal["sum", "product"], below: list[Token], token: Token) -> Expr:
    r"""A sum or product over the whole numbers between limits: ``\sum_{n=0}^{\infty} f``."""
    if len(below) < 3 or below[1].text != "=" or reader.peek() != "^":
        name = below[0].text
        raise reader.error(rf"{token.text} over the whole number {name} needs limits, as _{{{name}=0}}^\infty", token)
    reader.take()
    variable = reader.inner(below[:1])
    assert isinstance(variable, Symbol)
    lower, upper = limit(reader, below[2:]), limit(reader, reader.raw_group())
    body = reader.product()
    if body.type.kind != "scalar":
        raise reader.error(f"{token.text} between limits of {body.type.a} cannot be read", token)
    if operation == "product" and reader.last is not None and variable not in walk(reader.last):
        raise reader.error(f"where the product over {variable.name} ends is not clear: use brackets", token)
    return Series(operation, variable, lower, upper, body)


def limit(reader: Grammar, source: list[Token]) -> Expr:
    r"""A limit: a number, or ``\infty`` with its sign."""
    texts = [token.text for token in source]
    if texts[-1:] == [r"\infty"] and texts[:-1] in ([], ["+"], ["-"]):
        return Neg(Infinity()) if texts[0] == "-" else Infinity()
    found = reader.inner(source)
    if found.type.kind != "scalar":
        raise reader.error(f"{found.type.a} cannot be a limit", source[0])
    return found


def definite(reader: Grammar, token: Token) -> Expr:
    r"""An integral between limits, its measure first, last, or on top of a fraction.

    ``\int_0^1 dx f`` and ``\int_0^1 \frac{dx}{x} f`` are of all that follows in the product; ``\int_0^1 f dx`` ends
    with its measure.
    """
    scripts: dict[str, list[Token]] = {}
    while reader.peek() in ("_", "^"):
        mark = reader.take()
        if mark.text in scripts:
            raise reader.error("a limit is printed twice", mark)
        scripts[mark.text] = reader.raw_group()
    if len(scripts) != 2:
        raise reader.error("this integral has one limit only", token)
    lower, upper = limit(reader, scripts["_"]), limit(reader, scripts["^"])
    if reader.peek() == "d":
        variable = _measure(reader, reader.at)
        reader.at += 2
        body = reader.product() if reader.starts_factor() else Number(Fraction(1))
        return _integral(reader, variable, lower, upper, body, token)
    if (last := measured_last(reader)) is not None:
        return _integral(reader, last[0], lower, upper, last[1], token)
    if (at := _on_top(reader)) is not None:
        variable = _measure(reader, at)
        is_alone = reader.source[at - 1].text == "{"
        one = [Token("1", reader.source[at].offset)] if is_alone else []
        reader.source = [*reader.source[:at], *one, *reader.source[at + 2 :]]
        return _integral(reader, variable, lower, upper, reader.product(), token)
    raise reader.error("this integral has no measure, such as dx, right behind its sign or behind its integrand", token)


def measured_last(reader: Grammar) -> tuple[Symbol, Expr] | None:
    """The variable and the body of an integral that ends with its measure; None, and nothing taken, where none does."""
    end = _end(reader)
    if end is None:
        return None
    variable = _measure(reader, end)
    body = reader.inner(reader.source[reader.at : end])
    reader.at = end + 2
    return variable, body


def _integral(reader: Grammar, variable: Symbol, lower: Expr, upper: Expr, body: Expr, token: Token) -> Expr:
    if body.type.kind != "scalar":
        raise reader.error(f"an integral between limits of {body.type.a} cannot be read", token)
    return Definite(variable, lower, upper, body)


def _is_measure(reader: Grammar, at: int) -> bool:
    """Whether a d and a symbol without slots stand at a place."""
    if at + 1 >= len(reader.source) or reader.source[at].text != "d" or "d" in reader.scope.symbols:
        return False
    declared = reader.scope.symbols.get(reader.source[at + 1].text)
    return declared is not None and declared.kind == "quantity" and not declared.slots


def _measure(reader: Grammar, at: int) -> Symbol:
    """The variable of a measure. Raises ReadError where it is none that one integrates over."""
    token = reader.source[min(at + 1, len(reader.source) - 1)]
    declared = reader.scope.symbols.get(token.text)
    if not _is_measure(reader, at) or declared is None:
        raise reader.error(f"d{token.text} is no measure: {token.text} is no declared number without indices", token)
    if declared.domain in (*WHOLE, "binary"):
        raise reader.error(f"{token.text} is declared as {declared.domain}, and is summed over, not integrated", token)
    return Symbol(declared.key)


def _end(reader: Grammar) -> int | None:
    """Where the measure of an integral stands that ends with it, not counting those of integrals inside."""
    depth = inner = 0
    for at in range(reader.at, len(reader.source)):
        text = reader.source[at].text
        depth += _DEEPER.get(text, 0)
        if depth < 0 or (depth == 0 and (text in RELATIONS or text in (",", "&", r"\\"))):
            return None
        if depth == 0 and text == r"\int":
            inner += 1
        elif depth == 0 and _is_measure(reader, at):
            if not inner:
                return at
            inner -= 1
    return None


def _on_top(reader: Grammar) -> int | None:
    r"""Where the measure stands in ``\frac{f dx}{g}``, at the end of what is above the bar."""
    if reader.peek() != r"\frac" or reader.peek(1) != "{":
        return None
    depth = 0
    for at in range(reader.at + 1, len(reader.source)):
        depth += {"{": 1, "}": -1}.get(reader.source[at].text, 0)
        if depth == 0:
            return at - 2 if _is_measure(reader, at - 2) else None
    return None


def binomial(reader: Grammar, token: Token) -> Expr:
    above, below = reader.group(), reader.group()
    if {above.type.kind, below.type.kind} != {"scalar"}:
        raise reader.error("a binomial coefficient is of two numbers", token)
    return Binomial(above, below)


def special(reader: Grammar, declared: Declared, subs: list[list[Token]], token: Token) -> Expr:
    """A special function with what stands in its subscript and its bracket."""
    known = SPECIAL_FUNCTIONS[declared.special]
    arguments: list[Expr] = []
    if known.subscripts and not subs:
        raise reader.error(f"{declared.key} needs its index", token)
    if known.subscripts:
        arguments.append(reader.inner(subs[0]))
    elif subs:
        raise reader.error(f"{declared.key} takes no subscript", subs[0][0])
    reader.take("(")
    listed = reader.listed(")")
    if len(listed) != known.arguments:
        said = f"{declared.key} is {declared.special}, which takes {known.arguments}"
        raise reader.error(f"{said}, not {len(listed)}", token)
    arguments += listed
    for argument in arguments:
        if argument.type.kind != "scalar":
            raise reader.error(f"{declared.key} is no function of {argument.type.a}", token)
    return Special(declared.special, declared.key, tuple(arguments))
