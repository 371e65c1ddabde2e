r"""Reading lines whose repeated indices are summed over: fields on lattices, matrices by their entries, derivatives.

A :class:`~derive.latex.reader.Reader` for scopes with ``summation = "repeated"``. It fails closed as that one does: a
bracket behind a variable is a time, a point or clearly a factor; a matrix without its indices does not stand beside
components that they would be summed with; an index is bound once, and once only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

from derive.errors import ReadError
from derive.expression import (
    SCALAR,
    Add,
    Applied,
    Expr,
    Identity,
    ImaginaryUnit,
    Index,
    Mul,
    Neg,
    Number,
    Over,
    Pow,
    Slot,
    Symbol,
    Transpose,
    Zero,
)
from derive.fields.nodes import (
    ColumnOf,
    Entry,
    InverseTranspose,
    LineIntegral,
    MatrixPower,
    MatrixSymbol,
    SpaceIntegral,
    TensorProduct,
    Variable,
)
from derive.fields.terms import free_letters, is_nothing, letters_in, printed_letters, terms
from derive.latex.derivatives import derivative
from derive.latex.places import Printed, are_places, fill_entry, fill_slots, read_places
from derive.latex.reader import RELATIONS, Chain, Reader, constant
from derive.latex.shapes import acts, bare_matrix_beside, is_one_matrix, same_shape, shape, total_size
from derive.latex.tokens import Token, tokens
from derive.notation import Declared, normal_key

_MATRICES = ("matrix", "Pauli", "Levi-Civita", "metric")


class TensorReader(Reader):
    """One pass over the tokens of a line in a scope that sums over repeated indices."""

    def check_bound(self, chain: Chain) -> None:
        """Raises ReadError where an index is neither summed over, nor bound, nor free on the left side, or misses."""
        if chain.first is None or not chain.links:
            return
        free = free_letters(chain.first)
        for side in chain.sides:
            for _, factors in terms(side):
                if not is_nothing(factors):
                    self.check_term(factors, free)

    def check_term(self, factors: tuple[Expr, ...], free: frozenset[Index]) -> None:
        term = factors[0] if len(factors) == 1 else Mul(factors)
        for letters in printed_letters(term):
            for index, count in sorted(Counter(letters.outer).items(), key=lambda entry: entry[0].name):
                if index not in free and count == 1:
                    raise self.unbound(index)
                if index not in free and count > 2:
                    said = f"the index {index.name} stands {count} times in one product: its sum is not clear"
                    raise ReadError(said, self.last_of(index))
            for index in sorted(letters.inner - free, key=lambda i: i.name):
                raise self.unbound(index)
            for index in sorted(free - set(letters.outer) - letters.inner, key=lambda i: i.name):
                from derive.latex.writer import write

                said = f"the index {index.name} of the left side is missing in {write(term, self.scope)}"
                raise ReadError(said, self.last_of(index))

    # -- relations, sums and products ----------------------------------------------------------------------------

    def chain(self) -> Chain:
        first = None if self.peek() in RELATIONS else self.side()
        links: list[tuple[str, Expr]] = []
        while self.peek() in RELATIONS:
            token = self.take()
            side = self.side()
            previous = links[-1][1] if links else first
            if previous is not None:
                wanted = shape(previous)
                if wanted != SCALAR and constant(side) == 0:
                    side = Zero(wanted)
                if not same_shape(wanted, shape(side), self.scope):
                    raise self.error(f"{wanted.a} is related to {shape(side).a}", token)
            links.append((RELATIONS[token.text], side))
        if first is not None and not links and not self.display:
            raise self.error("there is no relation in this line")
        return Chain(first, tuple(links), self.conditions())

    def side(self) -> Expr:
        token = self.source[self.at] if self.at < len(self.source) else None
        side = self.sum()
        if acts(side):
            raise self.error("a derivative has nothing behind it to differentiate", token)
        return side

    def sum(self) -> Expr:
        terms: list[Expr] = []
        while True:
            sign = self.take().text if self.peek() in ("+", "-") else None
            if sign is None and terms:
                break
            token = self.source[self.at] if self.at < len(self.source) else None
            term = self.product()
            if terms and not same_shape(shape(terms[0]), shape(term), self.scope):
                raise self.error(f"{shape(term).a} is added to {shape(terms[0]).a}", token)
            if sign == "+" and not terms:
                raise self.error("a leading + says nothing", token)
            terms.append(Neg(term) if sign == "-" else term)
            if self.peek() not in ("+", "-"):
                break
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def product(self) -> Expr:
        start = self.source[self.at] if self.at < len(self.source) else None
        result = self.juxtaposed()
        clear = self.factors == 1 or is_one_matrix(result)
        while self.peek() == r"\otimes":
            token = self.take()
            right = self.juxtaposed()
            clear = clear and (self.factors == 1 or is_one_matrix(right))
            kinds = (shape(result).kind, shape(right).kind)
            if kinds != ("matrix", "matrix"):
                raise self.error(f"the tensor product of {shape(result).a} and {shape(right).a} is not defined", token)
            if not clear:
                raise self.error(r"what stands on the sides of \otimes is not clear: use brackets", start)
            result = TensorProduct(result, right)
        return result

    def juxtaposed(self) -> Expr:
        """Factors that stand beside each other, perhaps with a dot between."""
        start = self.source[self.at] if self.at < len(self.source) else None
        factors: list[Expr] = []
        while self.starts_factor():
            factors.append(self.factor())
            if self.peek() == r"\cdot":
                token = self.take()
                if not self.starts_factor():
                    raise self.error(r"nothing follows \cdot", token)
        if not factors:
            raise self.error("an expression was expected here")
        self.factors = len(factors)
        if len(factors) == 1:
            return factors[0]
        try:
            shape(found := Mul(tuple(factors)))
        except TypeError as problem:
            raise self.error(str(problem), start) from None
        if (axis := bare_matrix_beside(tuple(factors))) is not None:
            said = f"a matrix over {axis} stands without its indices beside components over {axis}"
            raise self.error(said, start)
        return found

    def starts_factor(self) -> bool:
        return self.peek() not in (r"\otimes", "|") and super().starts_factor()

    def factor(self) -> Expr:
        text = self.peek()
        if text == "{" and self.peek(2) == "}":
            self.take()
            token = self.take()
            self.take()
            if token.text.isdigit():
                return self.scripts(Number(Fraction(token.text)), token)
            return self.symbol(token)
        if text == r"\frac" and (found := derivative(self)) is not None:
            return self.scripts(found, self.source[self.at - 1])
        if text == r"\begin{pmatrix}":
            return self.column(self.take())
        return super().factor()

    # -- sums, integrals and columns -----------------------------------------------------------------------------

    def over(self, operation: str, token: Token) -> Expr:
        r"""A sum sign, ``\sum_{\mu=1}^{3}`` or ``\sum_{i,j}``, with all that follows it in the product."""
        if operation != "sum":
            raise self.error("a product over an index cannot be read in this scope", token)
        if self.peek() != "_":
            raise self.error(f"{token.text} has no index below it", token)
        self.take()
        below = [t for t in self.raw_group() if t.text not in ("{", "}")]
        texts = [t.text for t in below]
        index = self.index(below[0], "the index of a sum")
        indices, excluded, explicit = [index], (), False
        if len(below) == 3 and texts[1] == "=":
            excluded, explicit = self.limits(index, below[2], token), True
        elif len(below) >= 3 and texts[1] in (r"\neq", r"\ne"):
            excluded = self.excluded(index, below[2:])
        elif len(below) % 2 and all(text == "," for text in texts[1::2]):
            indices += [self.index(t, "the index of a sum") for t in below[2::2]]
        else:
            raise self.error(f"{''.join(texts)} below {token.text} cannot be read", below[0])
        if self.peek() == "^":
            raise self.error(f"{token.text} has an upper limit and no lower one")
        if len(set(indices)) < len(indices) or any(i.is_label for i in indices):
            raise self.error(f"{''.join(texts)} below {token.text} are no different index letters", below[0])
        body = self.product()
        for index in reversed(indices):
            if index not in letters_in(body):
                raise self.error(f"the sum over {index.name} has no {index.name} in it", token)
            body = Over("sum", index, excluded, body, explicit)
        return body

    def limits(self, index: Index, lower: Token, token: Token) -> tuple[Index, ...]:
        """What the printed limits leave out of a range: nothing, or the 0 of one that starts from it."""
        range_ = self.scope.ranges[index.range]
        if self.peek() != "^":
            raise self.error(f"{token.text} has a lower limit and no upper one", token)
        self.take()
        upper = "".join(t.text for t in self.raw_group())
        last = str(int(range_.size) + range_.first - 1) if range_.size.isdigit() else range_.size
        if upper == last and (range_.size.isdigit() or range_.first == 1):
            if lower.text == str(range_.first):
                return ()
            if (range_.first, lower.text) == (0, "1"):
                return (Index("0", range_.name),)
        said = f"{token.text} over {index.name} runs from {range_.first} to {last} in this scope"
        raise self.error(said, lower)

    def integral(self, token: Token) -> Expr:
        r"""``\int dx^{D}`` over space, or ``\int d\phi_i`` along a path in the space of a variable."""
        if self.peek() != "d":
            raise self.error("the measure is expected right after the integral sign", token)
        self.take()
        coordinates = self.scope.of_kind("coordinates")
        if coordinates is not None and self.peek() == coordinates.key and self.peek(1) == "^":
            self.take()
            self.take()
            dimension = "".join(t.text for t in self.raw_group())
            return SpaceIntegral(self.product(), dimension)
        variable = self.factor()
        if not isinstance(variable, Variable) or not variable.places:
            raise self.error("the measure of this integral is no space and no component of a variable", token)
        return LineIntegral(variable, self.product())

    def column(self, token: Token) -> Expr:
        r"""A column between \\begin{pmatrix} and \\end{pmatrix}; an alignment mark beside a sign says nothing."""
        cells: list[list[Token]] = [[]]
        while (mark := self.take()).text != r"\end{pmatrix}":
            if mark.text == r"\\":
                cells.append([])
            elif mark.text != "&":
                cells[-1].append(mark)
            elif self.peek() not in ("+", "-") and not (cells[-1] and cells[-1][-1].text in ("+", "-")):
                raise self.error("a matrix with several columns cannot be read in this scope", mark)
        if not cells[-1]:
            cells.pop()
        entries = tuple(self.inner(cell) for cell in cells)
        shapes = {shape(entry) for entry in entries}
        sizes = {1 if s == SCALAR else total_size(s.axes[0], self.scope) for s in shapes if s.kind in _COLUMNS}
        size = next(iter(sizes)) if len(shapes) == len(sizes) == 1 else None
        if size is None:
            raise self.error("the entries of this column are no numbers and no columns over one range", token)
        fitting = [r.name for r in self.scope.ranges.values() if r.size == str(size * len(entries)) and not r.lattice]
        if len(fitting) != 1:
            count = f"{' and '.join(fitting)} both have" if fitting else "no range of this scope has"
            raise self.error(f"{count} the size {size * len(entries)} of this column", token)
        return ColumnOf(fitting[0], entries)

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
        raise self.error(f"{declared.key} is a {declared.kind} and stands where a quantity was expected", token)

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
            if shape(argument).kind not in _COLUMNS:
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


_COLUMNS = ("scalar", "column")
