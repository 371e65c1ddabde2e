r"""Reading symbols with their places: variables, entries of matrices, functions, and the powers of all of these.

What a bracket behind a variable is, and whether a superscript is an index or a power, is decided here; where both
could be meant it is an error.
"""

from __future__ import annotations

from dataclasses import replace

from derive.constants import constant
from derive.expression import SCALAR, Applied, Expr, Identity, ImaginaryUnit, Pow, Slot, Symbol, Transpose
from derive.fields.nodes import Entry, InverseTranspose, MatrixPower, MatrixSymbol, Variable
from derive.latex.places import Printed, are_places, fill_entry, fill_slots, read_places
from derive.latex.reader import Reader
from derive.latex.shapes import acts, shape, total_size
from derive.latex.tokens import Token, tokens
from derive.notation import Declared, normal_key

_MATRICES = ("matrix", "Pauli", "Levi-Civita", "metric")
_VALUES = ("scalar", "column")
"""The kinds of what a function is of."""


class ComponentReader(Reader):
    """The part of a reader that reads symbols by their components."""

    # -- scripts -------------------------------------------------------------------------------------------------

    def scripts(self, base: Expr, token: Token) -> Expr:
        """Powers, and the indices of an entry, behind a bracket or a number."""
        sub, sup = self.script_groups()
        kind = shape(base)
        printed = read_places(sub, self.scope, above=False) if sub else []
        if printed and kind.kind != "matrix":
            raise self.error("a subscript can only follow a symbol, or a matrix in brackets", sub[0])
        if sup and kind.kind == "matrix" and are_places(sup, self.scope) and (printed or not sup[0].text.isdigit()):
            printed += read_places(sup, self.scope, above=True)
            sup = []
        if printed:
            base = self.entry_of(base, printed, token)
        return self.power(base, sup, token) if sup else base

    def script_groups(self) -> tuple[list[Token], list[Token]]:
        """The tokens of the subscript and of the superscript that follow, each empty if there is none."""
        found: dict[str, list[Token]] = {"_": [], "^": []}
        while True:
            if self.peek() == "{" and self.peek(1) == "}" and self.peek(2) in found:
                self.take()
                self.take()
            if self.peek() not in found:
                return found["_"], found["^"]
            mark = self.take()
            if found[mark.text]:
                raise self.error(f"a second {'superscript' if mark.text == '^' else 'subscript'}", mark)
            found[mark.text] = self.raw_group()

    def entry_of(self, base: Expr, printed: list[Printed], token: Token) -> Expr:
        """The entry of a matrix without labels of its own."""
        axis = shape(base).axes[0]
        over = tuple(axis.split())
        ranges = {item.place.index.range for item in printed if not item.is_number}
        if len(ranges) == 1 and not ranges & set(over):
            (only,) = ranges
            size = total_size(axis, self.scope)
            over = (only,) if size is not None and size == total_size(only, self.scope) else over
        filled = fill_entry("this matrix", (), over, printed, self.scope, token)
        return Entry(base, filled.rows, filled.columns)

    def power(self, base: Expr, found: list[Token], mark: Token) -> Expr:
        texts = [t.text for t in found if t.text not in ("{", "}")]
        kind = shape(base).kind
        if kind == "matrix" and texts in (["T"], [r"\top"]):
            return Transpose(base)
        if kind == "matrix" and texts == ["-", "T"]:
            return InverseTranspose(base)
        exponent = self.inner(found)
        value = constant(exponent)
        if shape(exponent) != SCALAR:
            raise self.error(f"the exponent is {shape(exponent).a}", mark)
        if kind == "matrix":
            whole = value is not None and value.denominator == 1
            if not whole and (value is not None or not isinstance(base, MatrixSymbol)):
                raise self.error("of a matrix only integer powers are defined", mark)
            return MatrixPower(base, exponent)
        if kind != "scalar" and (kind, value) != ("column", 2):
            raise self.error(f"a power of {shape(base).a} is not defined", mark)
        if acts(base):
            raise self.error("a power of a derivative is printed with the order of the derivative", mark)
        return Pow(base, exponent)

    # -- symbols -------------------------------------------------------------------------------------------------

    def symbol(self, token: Token) -> Expr:
        """A declared symbol with its indices, its time or point, and its arguments."""
        primes = 0
        while self.peek() == "'":
            self.take()
            primes += 1
        sub, sup = self.script_groups()
        name = token.text + "'" * primes
        flat = "".join(t.text for t in sub if t.text not in ("{", "}"))
        declared = self.scope.symbols.get(normal_key(f"{name}_{{{flat}}}")) if flat else None
        if declared is not None:
            sub = []
        else:
            declared = self.scope.symbols.get(name)
        if declared is None:
            return self.builtin(token, primes, [sub] if sub else [], [sup] if sup else [])
        if declared.kind in _MATRICES:
            return self.matrix_symbol(declared, token, sub, sup)
        match declared.kind:
            case "variable" | "quantity":
                return self.variable(declared, token, sub, sup)
            case "function":
                return self.function_value(declared, token, sub, sup)
            case "imaginary unit" if not sub:
                return self.power(ImaginaryUnit(), sup, token) if sup else ImaginaryUnit()
        raise self.error(f"{declared.key}, of the kind {declared.kind}, stands where a quantity was expected", token)

    def variable(self, declared: Declared, token: Token, sub: list[Token], sup: list[Token]) -> Expr:
        """A variable at its places, a time and a point; a quantity with its indices, which may depend on them too."""
        name, slots = declared.key, declared.slots
        is_variable = declared.kind == "variable" or "t" in declared.of
        is_variable = is_variable or any(self.scope.ranges[slot].lattice for slot in slots)
        printed = read_places(sub, self.scope, above=False) if sub else []
        if sup and are_places(sup, self.scope) and not self.is_exponent(slots, printed, sup):
            printed += read_places(sup, self.scope, above=True)
            sup = []
        places = fill_slots(name, slots, printed, self.scope, token, zero=not is_variable) if printed else ()
        if not is_variable:
            if slots and not places:
                raise self.error(f"{name} needs an index over the range {slots[0]}", token)
            if moved := next((p for p in places if p.steps or p.spelled), None):
                raise self.error(f"{name} is on no lattice: {moved.index.name} cannot move", token)
            filled: tuple[Slot, ...] = tuple(place.index for place in places)
            base: Expr = Symbol(name, filled)
        else:
            base = self.at_time_and_point(Variable(name, slots, places), token)
        return self.power(base, sup, token) if sup else self.powered_behind(base, token)

    def is_exponent(self, slots: tuple[str, ...], printed: list[Printed], sup: list[Token]) -> bool:
        """Whether a superscript that is a number is the power of a variable: no open slot has its indices above."""
        if len(sup) != 1 or not sup[0].text.isdigit():
            return False
        open_ = list(slots)
        for item in printed:
            if item.place.index.range in open_:
                open_.remove(item.place.index.range)
        return not any(self.scope.ranges[slot].upper for slot in open_)

    def powered_behind(self, base: Expr, token: Token) -> Expr:
        """A power printed behind the bracket of a time or point."""
        if self.peek() != "^" or not isinstance(base, Variable) or (base.time is None and not base.point):
            return base
        self.take()
        return self.power(base, self.raw_group(), token)

    def at_time_and_point(self, variable: Variable, token: Token) -> Variable:
        inside = self.bracketed()
        if inside is None:
            return variable
        texts = [t.text for t in inside]
        coordinates = self.scope.of_kind("coordinates")
        time = self.time(texts)
        if time is not None:
            variable = replace(variable, time=time)
        elif coordinates is not None and texts == [coordinates.key]:
            variable = replace(variable, point=True)
        elif variable.places and len(inside) > 1 and "," not in texts:
            return variable
        else:
            raise self.error(f"the bracket behind {variable.name} is no time and no point of this scope", token)
        self.skip_bracket()
        return variable

    def bracketed(self) -> list[Token] | None:
        """The tokens in the round bracket that stands here, without braces around all of them."""
        if self.peek() != "(":
            return None
        depth, end = 0, self.at
        for end in range(self.at, len(self.source)):
            depth += (self.source[end].text == "(") - (self.source[end].text == ")")
            if depth == 0:
                break
        inside = self.source[self.at + 1 : end]
        if len(inside) == 3 and (inside[0].text, inside[2].text) == ("{", "}"):
            inside = inside[1:2]
        return inside

    def skip_bracket(self) -> None:
        while self.take().text != ")":
            pass

    def time(self, texts: list[str]) -> int | None:
        """The n of ``t+n``; None for what is no time, or where the scope has none."""
        time = self.scope.of_kind("time")
        if time is None or texts[:1] != [time.key]:
            return None
        if len(texts) == 1:
            return 0
        if len(texts) == 3 and texts[1] in ("+", "-") and texts[2].isdigit() and int(texts[2]):
            return int(texts[1] + texts[2])
        return None

    def function_value(self, declared: Declared, token: Token, sub: list[Token], sup: list[Token]) -> Expr:
        """A function with its arguments in brackets, or of what the notation says where none are printed."""
        printed = read_places(sub, self.scope, above=False) if sub else []
        slots = fill_slots(declared.key, declared.slots, printed, self.scope, token)
        if any(place.steps or place.spelled for place in slots):
            raise self.error(f"the index of {declared.key} cannot move", token)
        closing = {"(": ")", "[": "]"}.get(self.peek())
        if closing is not None:
            self.take()
            arguments = self.listed(closing)
        else:
            arguments = [self.inner(tokens(text)) for text in declared.of]
        if len(arguments) != len(declared.of):
            raise self.error(f"{declared.key} takes {len(declared.of)} arguments, not {len(arguments)}", token)
        for argument in arguments:
            if shape(argument).kind not in _VALUES:
                raise self.error(f"{declared.key} is no function of {shape(argument).a}", token)
        value = Applied(declared.key, tuple(arguments), SCALAR, 0, tuple(place.index for place in slots))
        return self.power(value, sup, token) if sup else value

    def matrix_symbol(self, declared: Declared, token: Token, sub: list[Token], sup: list[Token]) -> Expr:
        """A matrix, or an entry of it where the indices of a row and a column are printed."""
        printed = read_places(sub, self.scope, above=False) if sub else []
        if sup and are_places(sup, self.scope):
            alone = len(sup) == 1 and sup[0].text.isdigit() and len(printed) == len(declared.slots)
            if not alone:
                printed += read_places(sup, self.scope, above=True)
                sup = []
        over = declared.over
        is_identity = "identity" in declared.properties
        if is_identity and not over:
            ranges = list(dict.fromkeys(item.place.index.range for item in printed if not item.is_number))
            if not ranges:
                raise self.error(f"the notation says no range for {declared.key}, and no index letter does", token)
            over = tuple(ranges)
        if not over:
            raise self.error(f"the notation says no range over which {declared.key} acts", token)
        filled = fill_entry(declared.key, declared.slots, over, printed, self.scope, token)
        if is_identity:
            base: Expr = Identity(" ".join(over), declared.key)
        else:
            base = MatrixSymbol(declared.key, over, filled.labels, self.matrix_time(declared))
        if filled.rows:
            if sup:
                raise self.error(f"a power of an entry of {declared.key} is not clear: use brackets", token)
            return Entry(base, filled.rows, filled.columns)
        return self.power(base, sup, token) if sup else base

    def matrix_time(self, declared: Declared) -> int | None:
        inside = self.bracketed() if "t" in declared.of else None
        time = self.time([t.text for t in inside]) if inside is not None else None
        if time is not None:
            self.skip_bracket()
        return time


__all__ = ["ComponentReader"]
