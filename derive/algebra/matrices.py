"""Matrices of a statement: their words, their entries, traces and determinants, and what is known of them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derive.algebra import matrix as mx
from derive.algebra.atoms import Determinant, Term, Trace
from derive.algebra.indexed import (
    Poly,
    atom,
    canonical,
    collect,
    entry_atom,
    exp_of,
    freshen,
    is_positive_sum,
    kronecker,
    log_of,
    new_index,
    number,
    power_of,
    recanonical,
    rename_poly,
)
from derive.algebra.indices import indices_of_poly
from derive.algebra.rules import Unsupported, head
from derive.constants import constant
from derive.expression import (
    Add,
    Call,
    Element,
    Expr,
    Frac,
    Identity,
    Index,
    Mul,
    Neg,
    Pattern,
    Pow,
    Symbol,
    Transpose,
    substitute_indices,
)

if TYPE_CHECKING:
    from derive.algebra.lowering import Lowering


class Matrices:
    """The matrix side of a lowering."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering

    def words(self, expr: Expr) -> mx.Matrix:
        """The words of a matrix expression."""
        axis = expr.type.axes[0]
        if head(expr) is not None:
            right = self.lowering.rule_for(expr)
            if right is not None:
                return self.words(right)
        match expr:
            case Identity():
                return mx.identity(axis)
            case Symbol(name=name):
                return mx.letter_matrix(axis, mx.Named(name))
            case Add(terms=terms):
                return sum((self.words(term) for term in terms[1:]), self.words(terms[0]))
            case Neg(term=term):
                return -self.words(term)
            case Mul(factors=factors):
                result = mx.identity(axis)
                for factor in factors:
                    if factor.type.kind == "scalar":
                        result = result.scaled(self.lowering.scalar(factor))
                    else:
                        result = result @ self.words(factor)
                return result
            case Frac(top=top, bottom=bottom):
                return self.words(top).scaled(power_of(self.lowering.scalar(bottom), Fraction(-1)))
            case Pow(base=base, exponent=exponent):
                power = constant(exponent)
                if power is None or power.denominator != 1:
                    raise Unsupported("a matrix power that is not an integer")
                inner = self.words(base)
                if power < 0:
                    inner = mx.inverse_of(inner)
                result = mx.identity(axis)
                for _ in range(abs(int(power))):
                    result = result @ inner
                return result
            case Transpose(of=of):
                return self.transposed(self.words(of))
            case Pattern():
                return mx.letter_matrix(axis, self.table(expr))
            case Call(function=name, argument=argument) if name in ("exp", "log"):
                return mx.letter_matrix(axis, mx.Function(name, self.words(argument)))
        raise Unsupported(f"{type(expr).__name__} has no matrix normal form yet")

    def transposed(self, matrix: mx.Matrix) -> mx.Matrix:
        words = []
        for word, coefficient in matrix.words:
            flipped: tuple[mx.Letter, ...] = ()
            for letter in reversed(word):
                flipped += (self.transposed_letter(letter),)
            words.append((flipped, coefficient))
        return mx.collect_words(matrix.axis, words)

    def transposed_letter(self, letter: mx.Letter) -> mx.Letter:
        if self.is_symmetric(letter):
            return letter
        match letter:
            case mx.Named(name=name, transposed=transposed):
                return mx.Named(name, not transposed)
            case mx.InverseOf(of=inner):
                return mx.InverseOf(self.transposed_letter(inner))
            case mx.Inverse(of=of):
                return mx.Inverse(self.transposed(of))
            case mx.Function(name=name, of=of):
                return mx.Function(name, self.transposed(of))
        raise Unsupported("the transpose of this matrix")

    def table(self, pattern: Pattern) -> mx.Table:
        row, column = mx.row_of(pattern.axis), mx.column_of(pattern.axis)
        diagonal = recanonical(self.lowering.scalar(substitute_indices(pattern.diagonal, {pattern.row: row})))
        upper = recanonical(
            self.lowering.scalar(substitute_indices(pattern.upper, {pattern.row: row, pattern.column: column}))
        )
        lower = recanonical(
            self.lowering.scalar(substitute_indices(pattern.lower, {pattern.row: column, pattern.column: row}))
        )
        if upper != lower:
            raise Unsupported("a patterned matrix whose entries above and below the diagonal follow different rules")
        return mx.Table(diagonal, upper)

    def properties(self, name: str) -> frozenset[str]:
        declared = self.lowering.declared(name)
        if declared is None:
            return frozenset()
        found = set(declared.properties)
        if declared.part_of is not None:
            which, of = declared.part_of
            inner = self.properties(of)
            if which == "diagonal":
                found |= {"diagonal", "symmetric"} | (inner & {"positive definite"})
            else:
                found |= {"hollow"} | (inner & {"symmetric"})
        if "positive definite" in found:
            found |= {"symmetric", "invertible"}
        return frozenset(found)

    def is_symmetric(self, letter: mx.Letter) -> bool:
        match letter:
            case mx.Named(name=name):
                return bool(self.properties(name) & {"symmetric", "diagonal"})
            case mx.InverseOf(of=inner):
                return self.is_symmetric(inner)
            case mx.Inverse(of=of):
                return self.transposed(of) == of
            case mx.Table(off_diagonal=off):
                return True if not off else _is_symmetric_poly(off)
        return False

    def is_diagonal(self, letter: mx.Letter) -> bool:
        match letter:
            case mx.Named(name=name):
                return "diagonal" in self.properties(name) or self.is_diagonal_by_rule(name)
            case mx.InverseOf(of=inner):
                return self.is_diagonal(inner)
            case mx.Table(off_diagonal=off):
                return not off
        return False

    def is_diagonal_by_rule(self, name: str) -> bool:
        """Whether a rule gives the entries of a matrix, and zero for those off its diagonal, whatever their indices."""
        declared = self.lowering.declared(name)
        if declared is None or not any(isinstance(rule.left, Element) for rule in self.lowering.rules):
            return False
        row, column = mx.row_of(declared.slots[0]), mx.column_of(declared.slots[0])
        right = self.lowering.rule_for(Element(Symbol(name, (), declared.own_type), row, column))
        if right is None:
            return False
        entry = recanonical(self.lowering.scalar(right))
        return indices_of_poly(entry) <= {row, column} and not canonical(entry, frozenset((row, column)))

    def entry(self, matrix: mx.Matrix, row: Index, column: Index) -> Poly:
        """Entry (row, column) of a sum of words."""
        total = Poly()
        for word, coefficient in matrix.words:
            total = total + freshen(coefficient) * freshen(self.word_entry(word, row, column, matrix.axis))
        return total

    def word_entry(self, word: mx.Word, row: Index, column: Index, axis: str) -> Poly:
        if not word:
            return kronecker(row, column)
        result = number(1)
        inner: list[Index] = [row, *(new_index(axis) for _ in word[1:]), column]
        for letter, left, right in zip(word, inner, inner[1:], strict=False):
            result = result * freshen(self.letter_entry(letter, left, right, axis))
        for index in inner[1:-1]:
            result = self.lowering.summed(result, index)
        return result

    def letter_entry(self, letter: mx.Letter, row: Index, column: Index, axis: str) -> Poly:
        match letter:
            case mx.Table(diagonal=diagonal, off_diagonal=off):
                return self.table_entry(diagonal, off, row, column, axis)
            case mx.InverseOf(of=inner) if self.is_diagonal(inner):
                below = self.letter_entry(inner, row, row, axis)
                return self.on_diagonal(power_of(below, Fraction(-1)), row, column)
            case mx.Named(name=name, transposed=transposed):
                if transposed:
                    row, column = column, row
                return self.named_entry(name, row, column, axis)
            case mx.Function() | mx.InverseOf() | mx.Inverse():
                whole = letter.of if isinstance(letter, mx.Inverse) else None
                if whole is not None and whole.single is not None and self.is_diagonal(whole.single[0]):
                    return self.letter_entry(mx.InverseOf(whole.single[0]), row, column, axis)
                return atom(entry_atom(mx.letter_matrix(axis, letter), row, column, self.is_symmetric(letter)))
        raise Unsupported("an entry of this matrix")

    def table_entry(self, diagonal: Poly, off: Poly, row: Index, column: Index, axis: str) -> Poly:
        on = freshen(rename_poly(diagonal, {mx.row_of(axis): row}))
        if row == column:
            return on
        beside = freshen(rename_poly(off, {mx.row_of(axis): row, mx.column_of(axis): column}))
        return self.on_diagonal(on, row, column) + self.off_diagonal(beside, row, column)

    def on_diagonal(self, value: Poly, row: Index, column: Index) -> Poly:
        return value * kronecker(row, column)

    def off_diagonal(self, value: Poly, row: Index, column: Index) -> Poly:
        pair = frozenset((frozenset((row, column)),))
        return collect((Term(t.factors, t.bound, t.distinct | pair), c) for t, c in value.terms)

    def named_entry(self, name: str, row: Index, column: Index, axis: str) -> Poly:
        declared = self.lowering.declared(name)
        if declared is not None and declared.part_of is not None:
            which, of = declared.part_of
            if which == "diagonal":
                return self.on_diagonal(self.named_entry(of, row, row, axis), row, column)
            if row == column:
                return Poly()
            return self.off_diagonal(self.named_entry(of, row, column, axis), row, column)
        properties = self.properties(name)
        symbol = Symbol(name, (), declared.own_type if declared else Element.type)  # type: ignore[arg-type]
        right = self.lowering.rule_for(symbol)
        if isinstance(right, Pattern):
            table = self.table(right)
            return self.table_entry(table.diagonal, table.off_diagonal, row, column, axis)
        if any(isinstance(rule.left, Element) for rule in self.lowering.rules):
            on, off = Element(symbol, row, row), Element(symbol, row, column)
            on_rule, off_rule = self.lowering.rule_for(on), self.lowering.rule_for(off)
            if on_rule is not None and off_rule is not None:
                diagonal = self.lowering.scalar(on_rule)
                if row == column:
                    return diagonal
                return self.on_diagonal(diagonal, row, column) + self.off_diagonal(
                    self.lowering.scalar(off_rule), row, column
                )
        single = mx.letter_matrix(axis, mx.Named(name))
        value = atom(entry_atom(single, row, column, "symmetric" in properties))
        if row == column:
            return Poly() if "hollow" in properties else value
        if "diagonal" in properties:
            return self.on_diagonal(atom(entry_atom(single, row, row, True)), row, column)
        if "hollow" in properties:
            return self.off_diagonal(value, row, column)
        return value

    def trace(self, expr: Expr) -> Poly:
        matrix = self.words(expr)
        total = Poly()
        for word, coefficient in matrix.words:
            if len(word) == 1 and isinstance(word[0], mx.Function) and word[0].name == "log":
                self.lowering.used.add(
                    "tr log A = log det A, the principal logarithm existing where A has a positive spectrum"
                )
                if not self.has_positive_spectrum(word[0].of):
                    raise Unsupported("the logarithm of a matrix that is not known to have a positive spectrum")
                total = total + freshen(coefficient) * freshen(log_of(self.determinant(word[0].of)))
                continue
            total = total + freshen(coefficient) * freshen(self.word_trace(word, matrix.axis))
        return total

    def word_trace(self, word: mx.Word, axis: str) -> Poly:
        """The trace of a word: an atom for a product of matrices without known entries, else the sum of entries."""
        if self.lowering.traces and len(word) > 1 and all(self.is_opaque(letter) for letter in word):
            self.lowering.used.add("the trace of a product does not change when its factors are rotated")
            turned = [word[at:] + word[:at] for at in range(len(word))]
            if all(self.is_symmetric(letter) for letter in word):
                turned += [other[::-1] for other in turned]
            return atom(Trace(mx.word_matrix(axis, min(turned, key=repr))))
        index = new_index(axis)
        return self.lowering.summed(self.word_entry(word, index, index, axis), index)

    def is_opaque(self, letter: mx.Letter) -> bool:
        """Whether a letter is a declared matrix, or the inverse of one, of which nothing is known entry by entry."""
        if isinstance(letter, mx.InverseOf):
            return self.is_opaque(letter.of)
        if not isinstance(letter, mx.Named):
            return False
        declared = self.lowering.declared(letter.name)
        if declared is None or declared.law is not None or declared.part_of is not None:
            return False
        known = {"diagonal", "hollow", "identity"} & self.properties(letter.name)
        ruled = any(
            (rule.left.of if isinstance(rule.left, Element) else rule.left)
            == Symbol(letter.name, (), declared.own_type)
            for rule in self.lowering.rules
        )
        return not known and not ruled and self.parts(letter.name) is None

    def determinant(self, matrix: mx.Matrix) -> Poly:
        """The determinant, multiplied out over words and over pulled-out inverses."""
        pulled, rest = mx.determinant_words(matrix)
        result = number(1)
        for letter in pulled:
            self.lowering.used.add("det(AB) = det(A) det(B)")
            result = result * freshen(self.letter_determinant(letter, matrix.axis))
        single = rest.single
        if single is not None:
            for letter in single:
                result = result * freshen(self.letter_determinant(letter, matrix.axis))
            return result
        return result * atom(Determinant(rest, self.is_positive_definite(rest)))

    def letter_determinant(self, letter: mx.Letter, axis: str) -> Poly:
        match letter:
            case mx.InverseOf(of=inner):
                self.lowering.used.add("det(A^-1) = 1/det(A)")
                return power_of(self.letter_determinant(inner, axis), Fraction(-1))
            case mx.Inverse(of=of):
                self.lowering.used.add("det(A^-1) = 1/det(A)")
                return power_of(self.determinant(of), Fraction(-1))
        if self.is_diagonal(letter):
            index = new_index(axis)
            entry = recanonical(self.letter_entry(letter, index, index, axis))
            if is_positive_sum(entry):
                self.lowering.used.add("the determinant of a diagonal matrix is the product of its diagonal")
                return exp_of(self.lowering.summed(log_of(entry), index))
        matrix = mx.letter_matrix(axis, letter)
        return atom(Determinant(matrix, self.is_positive_definite(matrix)))

    def is_positive_definite(self, matrix: mx.Matrix) -> bool:
        """Whether a matrix is a declared positive definite one, or that one under the rules."""
        for name, declared in self.lowering.scope.symbols.items():
            if "positive definite" not in self.properties(name):
                continue
            symbol = Symbol(name, (), declared.own_type)
            if matrix.single == (mx.Named(name),) or self.words(symbol) == matrix:
                return True
            parts = self.parts(name)
            if parts is not None and parts == matrix:
                return True
        return False

    def parts(self, name: str) -> mx.Matrix | None:
        """A matrix as the sum of its declared diagonal and off-diagonal parts, if it has both."""
        found = {
            declared.part_of[0]: key
            for key, declared in self.lowering.scope.symbols.items()
            if declared.part_of is not None and declared.part_of[1] == name
        }
        if set(found) != {"diagonal", "off-diagonal"}:
            return None
        axis = self.lowering.scope.symbols[name].slots[0]
        return mx.letter_matrix(axis, mx.Named(found["diagonal"])) + mx.letter_matrix(
            axis, mx.Named(found["off-diagonal"])
        )

    def has_positive_spectrum(self, matrix: mx.Matrix) -> bool:
        """Whether it is positive definite, or the product of two positive definite matrices.

        A B has the spectrum of A^{1/2} B A^{1/2}, which is positive definite when A and B are.
        """
        if self.is_positive_definite(matrix):
            return True
        pulled, rest = mx.determinant_words(matrix)
        if len(pulled) == 1 and isinstance(pulled[0], mx.InverseOf):
            self.lowering.used.add("a product of two positive definite matrices has a positive spectrum")
            front = mx.letter_matrix(matrix.axis, pulled[0].of)
            return self.is_positive_definite(front) and self.is_positive_definite(rest)
        return False


def _is_symmetric_poly(off: Poly) -> bool:
    axes = {i.range for i in indices_of_poly(off)}
    for axis in axes:
        row, column = mx.row_of(axis), mx.column_of(axis)
        if recanonical(rename_poly(off, {row: column, column: row})) != recanonical(off):
            return False
    return True
