"""Functions: the known ones, those of the notation, deltas, and the number of values of symbols."""

from __future__ import annotations

from derive.analytic import SPECIAL_FUNCTIONS, Special
from derive.constants import constant
from derive.expression import (
    SCALAR,
    Applied,
    Call,
    Count,
    Dirac,
    Element,
    Expr,
    Identity,
    Index,
    Kronecker,
    Pow,
    Slot,
    Symbol,
)
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


def delta(reader: Grammar, declared: Declared, subs: list[list[Token]], token: Token) -> Expr:
    """Kronecker's delta with two indices or two values below it, or Dirac's with its argument behind it.

    That of two indices is an entry of the identity matrix of their range.
    """
    if not subs:
        reader.take("(")
        argument = reader.fenced(")")
        if argument.type != SCALAR:
            raise reader.error(f"the delta of {argument.type.a} is not defined", token)
        return Dirac(argument)
    sides = _sides(subs[0])
    has_comma = sides != [[one] for one in subs[0]]
    if len(sides) == 2:
        if (pair := _two_indices(reader, sides, has_comma)) is not None:
            return Element(Identity(pair[0].range, declared.key), *pair)
        if has_comma:
            left, right = (reader.inner(side) for side in sides)
            return Kronecker(left, right)
    raise reader.error(f"below {declared.key} stand two indices, or two values with a comma between them", token)


def _sides(below: list[Token]) -> list[list[Token]]:
    """What stands between the commas below a delta; each token where there is no comma."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in below:
        depth += (token.text in "([{") - (token.text in ")]}")
        if token.text == "," and not depth:
            found.append([])
        else:
            found[-1].append(token)
    return found if len(found) > 1 else [[token] for token in below]


def _two_indices(reader: Grammar, sides: list[list[Token]], has_comma: bool) -> tuple[Index, Index] | None:
    """The two indices below a delta, of which one may be a number; None where there are values.

    Raises ReadError where it is not clear which of the two there are, or where the indices are not of one range.
    """
    found = [side[0] for side in sides if len(side) == 1]
    letters = [token for token in found if reader.scope.range_of_letter(token.text) is not None]
    only_indices = [token for token in letters if not has_comma or token.text not in reader.scope.symbols]
    if not letters:
        return None
    if len(found) < 2 or not all(token in letters or token.text.isdigit() for token in found):
        if has_comma and only_indices:
            raise reader.error(f"the index {only_indices[0].text} is compared with what is no index", only_indices[0])
        return None
    if not only_indices:
        said = f"{letters[0].text} is an index letter and a symbol: without the comma this is a delta of indices"
        raise reader.error(said, letters[0])
    range_ = reader.index(letters[0], "an index of a delta").range
    first, second = (
        Index(token.text, range_) if token.text.isdigit() else reader.index(token, "an index of a delta")
        for token in found
    )
    if first.range != second.range:
        said = f"the delta of {first.name} and {second.name} is of indices over {first.range} and {second.range}"
        raise reader.error(f"{said}: they must run over one range", found[1])
    return first, second


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
