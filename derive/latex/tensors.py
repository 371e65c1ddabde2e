r"""Reading lines whose repeated indices are summed over: fields on lattices, matrices by their entries, derivatives.

A :class:`~derive.latex.reader.Reader` for scopes with ``summation = "repeated"``. It fails closed as that one does: a
bracket behind a variable is a time, a point or clearly a factor; a matrix without its indices does not stand beside
components that they would be summed with; an index is bound once, and once only.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from derive.constants import constant
from derive.errors import ReadError
from derive.expression import SCALAR, Add, Applied, Expr, Index, Mul, Neg, Number, Over, Slot, Zero
from derive.fields.nodes import ColumnOf, LineIntegral, SpaceIntegral, TensorProduct, Variable
from derive.fields.terms import free_letters, is_nothing, letters_in, printed_letters, terms
from derive.latex.chain import RELATIONS, Chain
from derive.latex.components import ComponentReader
from derive.latex.derivatives import derivative
from derive.latex.shapes import bare_matrix_beside, has_idle_derivative, is_one_matrix, same_shape, shape, total_size
from derive.latex.tokens import Token

_COLUMNS = ("scalar", "column")
"""The kinds of what stands in a column."""


class TensorReader(ComponentReader):
    """One pass over the tokens of a line in a scope that sums over repeated indices."""

    def check_bound(self, chain: Chain) -> None:
        """Raises ReadError where an index is neither summed over, nor bound, nor free on the left side, or misses."""
        if chain.first is None or not chain.links:
            return
        free = free_letters(chain.first)
        own = chain.first.slots if isinstance(chain.first, Applied) else ()
        for side in chain.sides:
            for _, factors in terms(side):
                if not is_nothing(factors):
                    self.check_term(factors, free, frozenset(own))

    def check_term(self, factors: tuple[Expr, ...], free: frozenset[Index], own: frozenset[Slot]) -> None:
        """``own`` are the indices of a function of which there are several; not all of its terms need to have them."""
        term = factors[0] if len(factors) == 1 else Mul(factors)
        for letters in printed_letters(term):
            for index, count in sorted(Counter(letters.outer).items(), key=lambda entry: entry[0].name):
                if index not in free and count == 1:
                    raise self.unbound(index)
                if index not in free and count > 2:
                    said = f"the index {index.name} stands {count} times in one product: its sum is not clear"
                    raise ReadError(said, self.last_of(index))
            for index in sorted((letters.inner | (letters.at - set(letters.outer))) - free, key=lambda i: i.name):
                raise self.unbound(index)
            for index in sorted(free - own - set(letters.outer) - letters.inner, key=lambda i: i.name):
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
                self.check_beside((previous, side), token)
            links.append((RELATIONS[token.text], side))
        if first is not None and not links and not self.display:
            raise self.error("there is no relation in this line")
        return Chain(first, tuple(links), self.conditions())

    def side(self) -> Expr:
        token = self.source[self.at] if self.at < len(self.source) else None
        side = self.sum()
        if has_idle_derivative(side):
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
            before = shape(Add(tuple(terms)))
            if terms and not same_shape(before, shape(term), self.scope):
                raise self.error(f"{shape(term).a} is added to {before.a}", token)
            if sign == "+" and not terms:
                raise self.error("a leading + says nothing", token)
            terms.append(Neg(term) if sign == "-" else term)
            self.check_beside(tuple(terms), token)
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
        self.last = factors[-1] if len(factors) > 1 else None
        if len(factors) == 1:
            return self.divided(factors[0])
        try:
            shape(found := Mul(tuple(factors)))
        except TypeError as problem:
            raise self.error(str(problem), start) from None
        self.check_beside(found.factors, start)
        outside = {letter for other in factors[:-1] for letter in letters_in(other)}
        last = factors[-1]
        while isinstance(last, Over):
            if last.index in outside:
                raise self.error(f"the index {last.index.name} stands before its sum too", start)
            last = last.body
        return self.divided(found)

    def check_beside(self, parts: tuple[Expr, ...], token: Token | None) -> None:
        """Raises ReadError where a matrix has lost the indices that its entries are multiplied or compared by."""
        if (axis := bare_matrix_beside(parts)) is not None:
            said = f"a matrix over {axis} stands without its indices beside components over {axis}"
            raise self.error(said, token)

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
        if not fitting:
            raise self.error(f"no range of this scope has the size {size * len(entries)} of this column", token)
        return ColumnOf(fitting[0], entries)


__all__ = ["TensorReader"]
