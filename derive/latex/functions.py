"""Functions: the known ones, those of the notation, deltas, and the number of values of symbols."""

from __future__ import annotations

from derive.analytic import SPECIAL_FUNCTIONS, Special
from derive.constants import constant
from derive.expression import SCALAR, Applied, Call, Count, Dirac, Expr, Kronecker, Pow, Slot, Symbol
from derive.latex.grammar import FENCES, VALUES, Grammar
from derive.latex.slots import fill_subscripts
from derive.latex.states import opens_ket
from derive.latex.tokens import Token, tokens
from derive.notation import Declared

FUNCTIONS = {
    r"\log": "log",
    r"\ln": "log",
    r"\exp": "exp",
    r"\sin": "sin",
    r"\cos": "cos",
    r"\tan": "tan",
    r"\arcsin": "arcsin",
    r"\sinh": "sinh",
    r"\cosh": "cosh",
    r"\tanh": "tanh",
    r"\text{Trace}": "Trace",
    r"\text{Tr}": "Trace",
    r"\text{tr}": "Trace",
    r"\operatorname{tr}": "Trace",
    r"\operatorname{Tr}": "Trace",
} | {known.command: name for name, known in SPECIAL_FUNCTIONS.items() if known.command}


def function(reader: Grammar, name: str, token: Token) -> Expr:
    r"""A known function of its argument, with the power that may stand between: ``\log^2 (x)``."""
    power: Expr | None = None
    if reader.peek() == "^":
        reader.take()
        power = reader.inner(reader.raw_group())
        if (constant(power) or 0) < 0:
            raise reader.error(f"a negative power of {name} may be its inverse: write a fraction", token)
    if reader.peek() in FENCES:
        argument = reader.fenced(FENCES[reader.take().text])
    else:
        argument = reader.factor()
        if reader.peek() == "/" or (reader.starts_factor() and not opens_ket(reader)):
            raise reader.error(f"where the argument of {name} ends is not clear: put it in brackets", token)
    kind = argument.type.kind
    if name == "Trace":
        if kind != "matrix":
            raise reader.error(f"the trace of {argument.type.a} is not defined", token)
    elif kind != "scalar" and (kind, name) not in (("matrix", "exp"), ("matrix", "log"), ("operator", "exp")):
        raise reader.error(f"the {name} of {argument.type.a} is not defined", token)
    result: Expr = Special(name, token.text, (argument,)) if name in SPECIAL_FUNCTIONS else Call(name, argument)
    return reader.scripts(Pow(result, power) if power is not None else result, token)


def applied(reader: Grammar, declared: Declared, subs: list[list[Token]], token: Token) -> Expr:
    """A function with its arguments, which the print may leave out where the notation says of what it is one."""
    implied = tuple(reader.inner(tokens(text)) for text in declared.implied)
    slots: list[Slot | None] = [None] * len(declared.slots)
    if subs:
        fill_subscripts(reader, declared, slots, subs[0])
    if None in slots:
        raise reader.error(f"{declared.key} needs an index", token)
    if reader.peek() == "(":
        reader.take()
        arguments = reader.listed(")")
        if len(arguments) != len(declared.of):
            plural = "s" * (len(declared.of) != 1)
            said = f"{declared.key} takes {len(declared.of)} argument{plural}, not {len(arguments)}"
            raise reader.error(said, token)
    else:
        arguments = [reader.inner(tokens(text)) for text in declared.of]
    for argument in arguments:
        if argument.type.kind not in VALUES:
            raise reader.error(f"{declared.key} is no function of {argument.type.a}", token)
    return Applied(declared.key, (*implied, *arguments), declared.own_type, len(implied), tuple(slots))  # type: ignore[arg-type]


def delta(reader: Grammar, subs: list[list[Token]], token: Token) -> Expr:
    """Kronecker's delta with two values below it, or Dirac's with its argument behind it."""
    if not subs:
        reader.take("(")
        argument = reader.fenced(")")
        if argument.type != SCALAR:
            raise reader.error(f"the delta of {argument.type.a} is not defined", token)
        return Dirac(argument)
    inner = reader.reader_of(subs[0])
    left = inner.sum()
    inner.take(",")
    right = inner.sum()
    inner.expect_end()
    return Kronecker(left, right)


def count(reader: Grammar, token: Token) -> Expr:
    r"""The number of values of symbols: ``\#(J_{ij}, q_i)``."""
    reader.take("(")
    of = reader.listed(")")
    symbols = tuple(item for item in of if isinstance(item, Symbol))
    if len(symbols) != len(of):
        raise reader.error(r"\# counts the values of symbols", token)
    names = [symbol.name for symbol in symbols]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise reader.error(rf"\# counts the values of {twice} twice", token)
    return Count(symbols)
