r"""From the tree of a printed expression to its normal form.

Vectors become their components, columns their entries, laws their moments; what a premise says about a symbol, an
entry, a determinant, a density or a moment is put in its place (:class:`Rule`). The identities used on the way
(linearity of the expectation, the normalisation of a law, det exp = exp tr, …) are collected in ``used``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.algebra import matrix as mx
from derive.algebra.indexed import (
    SIZE,
    Atom,
    Delta,
    Determinant,
    Entry,
    Factor,
    Fn,
    Moment,
    Opaque,
    Poly,
    Root,
    SingularTerm,
    Sym,
    Term,
    apply_function,
    atom,
    collect,
    entry_atom,
    exp_of,
    freshen,
    log_of,
    multiply,
    new_index,
    number,
    power_of,
    recanonical,
    rename_poly,
)
from derive.expression import (
    Abs,
    Add,
    Arrow,
    Call,
    Density,
    Det,
    Dot,
    Element,
    Expectation,
    Expr,
    Frac,
    Gaussian,
    Identity,
    Index,
    Integral,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pattern,
    Pow,
    Size,
    Symbol,
    Transpose,
    Whole,
    Zero,
    free_indices,
    substitute_indices,
    walk,
)
from derive.latex.reader import constant
from derive.notation import Declared, Scope


class Unsupported(Exception):
    """A construct that the normal form has no rule for; the message names it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An equation used from left to right. Its free indices are variables."""

    left: Expr
    right: Expr
    source: str
    """The id of the line, or the name of the hypothesis, that it comes from."""
    apart: tuple[tuple[Index, Index], ...] = ()
    """Indices that must differ for it to hold."""

    def admits(self, found: Mapping[Index, Index]) -> bool:
        """Whether indices put in for its own are known to differ where they must; a bound index might coincide."""
        pairs = [(found.get(a, a), found.get(b, b)) for a, b in self.apart]
        return all(a != b and not a.name.startswith("~") and not b.name.startswith("~") for a, b in pairs)


def head(expr: Expr) -> Expr | None:
    """The left side of an equation that can be used as a rule: a symbol, entry, determinant, density or moment."""
    match expr:
        case Symbol() | Element() | Density() | Expectation():
            return expr
        case Det(of=Symbol()):
            return expr
        case Pow(base=Symbol(), exponent=exponent) if expr.type.kind == "matrix" and constant(exponent) == -1:
            return expr
        case Norm(of=Symbol()):
            return expr
    return None


def as_variance(expr: Expectation, name: str) -> Expectation:
    """Cov[a, a] is Var[a]; anything else stays as it is."""
    if expr.kind == "Cov" and expr.arguments[0] == expr.arguments[1]:
        return replace(expr, kind="Var", arguments=expr.arguments[:1], name=name)
    return expr


def unify(pattern: Expr, expr: Expr, found: dict[Index, Index]) -> bool:
    """Whether ``expr`` is ``pattern`` with its free indices renamed; ``found`` collects how."""
    if type(pattern) is not type(expr):
        return False
    match pattern, expr:
        case Symbol(name=name, slots=slots), Symbol(name=other, slots=others):
            if name != other or len(slots) != len(others):
                return False
            return all(_unify_slot(a, b, found) for a, b in zip(slots, others, strict=True))
        case Element(), Element():
            return (
                unify(pattern.of, expr.of, found)
                and _unify_slot(pattern.row, expr.row, found)
                and _unify_slot(pattern.column, expr.column, found)
            )
        case (Over(), _) | (Pattern(), _):
            return pattern == expr
        case (Expectation(kind=kind, law=law), Expectation(kind=kind2, law=law2)) if (kind, law) != (kind2, law2):
            return False
        case (Density(), Density()) if (pattern.law, len(pattern.of)) != (expr.law, len(expr.of)):
            return False
        case (Call(function=name), Call(function=other)) if name != other:
            return False
        case Number(), Number():
            return pattern == expr
    mine, other_children = pattern.children, expr.children
    if len(mine) != len(other_children):
        return False
    if not mine:
        return pattern == expr
    return all(unify(a, b, found) for a, b in zip(mine, other_children, strict=True))


def _unify_slot(a: object, b: object, found: dict[Index, Index]) -> bool:
    if isinstance(a, Index) and isinstance(b, Index) and a.range == b.range and not a.is_label:
        return found.setdefault(a, b) == b
    return a == b


class Lowering:
    """Turns expressions of one scope into normal forms, under given rules."""

    def __init__(
        self,
        scope: Scope,
        rules: tuple[Rule, ...] = (),
        definitions: tuple[Rule, ...] = (),
        *,
        moments: bool = True,
    ) -> None:
        self.scope = scope
        self.moments = moments
        self.rules = rules
        self.definitions = definitions
        """What else the scope defines: never put in, but it tells what depends on a random quantity."""
        self.used: set[str] = set()
        """Names of the rules and identities that were used."""
        self.applied: set[str] = set()
        """Sources of the rules that were used."""
        self._busy: list[Rule] = []
        self._sought: list[str] = []
        self._tables: dict[str, mx.Table | None] = {}

    # -- rules ---------------------------------------------------------------------------------------------------

    def declared(self, name: str) -> Declared | None:
        return self.scope.symbols.get(name)

    def rule_for(self, expr: Expr) -> Expr | None:
        """The right side that some rule gives for ``expr``, its indices put in; None if no rule fits."""
        for rule in self.rules:
            if rule in self._busy:
                continue
            found: dict[Index, Index] = {}
            if unify(rule.left, expr, found):
                loose = free_indices(rule.right) - set(found)
                if loose or not rule.admits(found):
                    continue
                self.applied.add(rule.source)
                return substitute_indices(rule.right, found)
        return None

    def symbol_rule(self, symbol: Symbol, at: tuple[Index, ...]) -> Poly | None:
        """What a rule says of a symbol with all its slots filled by the indices ``at``."""
        for rule in self.rules:
            if rule in self._busy or not isinstance(rule.left, Symbol) or rule.left.name != symbol.name:
                continue
            if rule.left.own.kind != "scalar" or len(rule.left.slots) != len(at):
                continue
            found: dict[Index, Index] = {}
            open_axes: list[Index] = []
            fits = True
            for slot, index in zip(rule.left.slots, at, strict=True):
                if isinstance(slot, Index):
                    fits = fits and _unify_slot(slot, index, found)
                else:
                    open_axes.append(index)
            if not fits or free_indices(rule.right) - set(found) or not rule.admits(found):
                continue
            self.applied.add(rule.source)
            self._busy.append(rule)
            try:
                return self.entry(substitute_indices(rule.right, found), tuple(open_axes))
            finally:
                self._busy.pop()
        return None

    # -- scalars -------------------------------------------------------------------------------------------------

    def scalar(self, expr: Expr) -> Poly:
        """The polynomial of a scalar expression; bound indices get fresh names."""
        if expr.type.kind != "scalar":
            raise Unsupported(f"a {expr.type} stands where a scalar was expected")
        if isinstance(expr, Expectation):
            expr = as_variance(expr, self.variance_name())
        if not isinstance(expr, Symbol) and head(expr) is not None:
            right = self.rule_for(expr)
            if right is not None:
                return self.scalar(right)
        match expr:
            case Number(value=value):
                return number(value)
            case Size(range=range_):
                return atom(Sym(SIZE + range_, (), True))
            case Symbol():
                return self.symbol(expr, tuple(s for s in expr.slots if isinstance(s, Index)))
            case Add(terms=terms):
                return sum((self.scalar(term) for term in terms), Poly())
            case Neg(term=term):
                return -self.scalar(term)
            case Mul():
                return self.product(expr)
            case Frac(top=top, bottom=bottom):
                return self.scalar(top) * freshen(power_of(self.scalar(bottom), Fraction(-1)))
            case Pow():
                return self.power(expr)
            case Dot(left=left, right=right):
                (axis,) = left.type.axes
                index = new_index(axis)
                return self.summed(self.entry(left, (index,)) * freshen(self.entry(right, (index,))), index)
            case Norm(of=of):
                return power_of(recanonical(self.squared(of)), Fraction(1, 2))
            case Abs(of=of):
                inner = recanonical(self.scalar(of))
                return power_of(_squared_poly(inner), Fraction(1, 2))
            case Over(operation="sum", index=index, excluded=excluded, body=body):
                return self.over_sum(index, excluded, body)
            case Over(operation="product", index=index, excluded=excluded, body=body):
                bound = new_index(index.range)
                factor = self.scalar(substitute_indices(body, {index: bound}))
                if not _is_positive_sum(factor):
                    raise Unsupported("a product over an index of factors that are not known to be positive")
                logs = log_of(factor)
                self.used.add("a product of positive factors is the exponential of the sum of their logarithms")
                return exp_of(self.summed(logs, bound, excluded))
            case Call(function="Trace", argument=argument):
                return self.trace(argument)
            case Call(function=name, argument=argument):
                return apply_function(name, self.scalar(argument))
            case Det(of=of):
                return self.determinant(self.matrix(of))
            case Element(of=of, row=row, column=column):
                return self.matrix_entry(self.matrix(of), row, column)
            case Gaussian():
                return self.gaussian(expr)
            case Density():
                return atom(Opaque(expr, self.is_random(expr)))
            case Integral(variable=variable, body=body):
                return self.integral(variable, body)
            case Expectation():
                return self.expectation(expr)
        raise Unsupported(f"{type(expr).__name__} has no normal form yet")

    def symbol(self, symbol: Symbol, at: tuple[Index, ...]) -> Poly:
        by_rule = self.symbol_rule(symbol, at)
        if by_rule is not None:
            return by_rule
        declared = self.declared(symbol.name)
        positive = symbol.name == r"\pi" or (declared is not None and declared.domain in ("positive", "unit"))
        return atom(Sym(symbol.name, at, positive))

    def product(self, expr: Mul) -> Poly:
        """A product of scalars, or of a row, matrices and a column."""
        result = number(1)
        run: list[Expr] = []
        for factor in expr.factors:
            if factor.type.kind == "scalar" and not run:
                result = result * freshen(self.scalar(factor))
            else:
                run.append(factor)
        if run:
            result = result * freshen(self.sandwich(run))
        return result

    def sandwich(self, run: list[Expr]) -> Poly:
        """row · matrix · … · column as a double sum over entries; scalars in between are pulled out."""
        scalars = [factor for factor in run if factor.type.kind == "scalar"]
        rest = [factor for factor in run if factor.type.kind != "scalar"]
        if rest[0].type.kind != "row" or rest[-1].type.kind != "column":
            raise Unsupported("a product of these kinds is no scalar")
        (axis,) = rest[0].type.axes
        i, j = new_index(axis), new_index(axis)
        middle = mx.identity(axis)
        for factor in rest[1:-1]:
            middle = middle @ self.matrix(factor)
        body = self.entry(rest[0], (i,)) * freshen(self.matrix_entry(middle, i, j))
        body = body * freshen(self.entry(rest[-1], (j,)))
        for factor in scalars:
            body = body * freshen(self.scalar(factor))
        return self.summed(self.summed(body, j), i)

    def power(self, expr: Pow) -> Poly:
        exponent = constant(expr.exponent)
        if expr.base.type.kind == "vector":
            return self.squared(expr.base)
        if isinstance(expr.base, Norm) and exponent == 2:
            return self.squared(expr.base.of)
        base = self.scalar(expr.base)
        if exponent is not None:
            return power_of(base, exponent)
        if not _is_positive_sum(base):
            raise Unsupported("a power with a symbol in its exponent of something not known to be positive")
        self.used.add("a^b = exp(b log a) for positive a")
        return exp_of(self.scalar(expr.exponent) * freshen(log_of(base)))

    def squared(self, vector: Expr) -> Poly:
        (axis,) = vector.type.axes
        index = new_index(axis)
        component = self.entry(vector, (index,))
        return self.summed(component * freshen(component), index)

    def summed(self, body: Poly, index: Index, excluded: tuple[Index, ...] = ()) -> Poly:
        pairs = frozenset(frozenset((index, other)) for other in excluded)
        return collect((Term(t.factors, (*t.bound, index), t.distinct | pairs), c) for t, c in body.terms)

    def over_sum(self, index: Index, excluded: tuple[Index, ...], body: Expr) -> Poly:
        bound = new_index(index.range)
        return self.summed(self.scalar(substitute_indices(body, {index: bound})), bound, excluded)

    # -- components ----------------------------------------------------------------------------------------------

    def entry(self, expr: Expr, at: tuple[Index, ...]) -> Poly:
        """One entry of a vector, column, row or array: its open axes filled by the indices ``at``, in order."""
        if not at:
            return self.scalar(expr)
        match expr:
            case Symbol(slots=slots):
                rest = list(at)
                filled = tuple(slot if isinstance(slot, Index) else rest.pop(0) for slot in slots)
                return self.symbol(expr, filled)
            case Zero():
                return Poly()
            case Add(terms=terms):
                return sum((self.entry(term, at) for term in terms), Poly())
            case Neg(term=term):
                return -self.entry(term, at)
            case Frac(top=top, bottom=bottom):
                return self.entry(top, at) * freshen(power_of(self.scalar(bottom), Fraction(-1)))
            case Transpose(of=of) if of.type.kind in ("column", "row"):
                return self.entry(of, at)
            case Over(operation="sum", index=index, excluded=excluded, body=body):
                bound = new_index(index.range)
                return self.summed(self.entry(substitute_indices(body, {index: bound}), at), bound, excluded)
            case Mul(factors=factors):
                return self.product_entry(factors, at)
        raise Unsupported(f"the components of {type(expr).__name__} are not known")

    def product_entry(self, factors: tuple[Expr, ...], at: tuple[Index, ...]) -> Poly:
        result = number(1)
        others = [factor for factor in factors if factor.type.kind != "scalar"]
        for factor in factors:
            if factor.type.kind == "scalar":
                result = result * freshen(self.scalar(factor))
        if len(others) == 1:
            return result * freshen(self.entry(others[0], at))
        if others[-1].type.kind == "column":
            (axis,) = others[-1].type.axes
            inner = new_index(axis)
            middle = mx.identity(axis)
            for factor in others[:-1]:
                middle = middle @ self.matrix(factor)
            body = self.matrix_entry(middle, at[0], inner) * freshen(self.entry(others[-1], (inner,)))
            return result * freshen(self.summed(body, inner))
        raise Unsupported("a product of these kinds has no components")

    # -- matrices ------------------------------------------------------------------------------------------------

    def matrix(self, expr: Expr) -> mx.Matrix:
        """The words of a matrix expression."""
        axis = expr.type.axes[0]
        if head(expr) is not None:
            right = self.rule_for(expr)
            if right is not None:
                return self.matrix(right)
        match expr:
            case Identity():
                return mx.identity(axis)
            case Symbol(name=name):
                return mx.letter_matrix(axis, mx.Named(name))
            case Add(terms=terms):
                return sum((self.matrix(term) for term in terms[1:]), self.matrix(terms[0]))
            case Neg(term=term):
                return -self.matrix(term)
            case Mul(factors=factors):
                result = mx.identity(axis)
                for factor in factors:
                    if factor.type.kind == "scalar":
                        result = result.scaled(self.scalar(factor))
                    else:
                        result = result @ self.matrix(factor)
                return result
            case Frac(top=top, bottom=bottom):
                return self.matrix(top).scaled(power_of(self.scalar(bottom), Fraction(-1)))
            case Pow(base=base, exponent=exponent):
                power = constant(exponent)
                if power is None or power.denominator != 1:
                    raise Unsupported("a matrix power that is not an integer")
                inner = self.matrix(base)
                if power < 0:
                    inner = mx.inverse_of(inner)
                result = mx.identity(axis)
                for _ in range(abs(int(power))):
                    result = result @ inner
                return result
            case Transpose(of=of):
                return self.transposed(self.matrix(of))
            case Pattern():
                return mx.letter_matrix(axis, self.table(expr))
            case Call(function=name, argument=argument) if name in ("exp", "log"):
                return mx.letter_matrix(axis, mx.Function(name, self.matrix(argument)))
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
        diagonal = recanonical(self.scalar(substitute_indices(pattern.diagonal, {pattern.row: row})))
        upper = recanonical(self.scalar(substitute_indices(pattern.upper, {pattern.row: row, pattern.column: column})))
        lower = recanonical(self.scalar(substitute_indices(pattern.lower, {pattern.row: column, pattern.column: row})))
        if upper != lower:
            raise Unsupported("a patterned matrix whose entries above and below the diagonal follow different rules")
        return mx.Table(diagonal, upper)

    def properties(self, name: str) -> frozenset[str]:
        declared = self.declared(name)
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
                return "diagonal" in self.properties(name)
            case mx.InverseOf(of=inner):
                return self.is_diagonal(inner)
            case mx.Table(off_diagonal=off):
                return not off
        return False

    def matrix_entry(self, matrix: mx.Matrix, row: Index, column: Index) -> Poly:
        """Entry (row, column) of a sum of words."""
        total = Poly()
        for word, coefficient in matrix.words:
            total = total + freshen(coefficient) * freshen(self.word_entry(word, row, column, matrix.axis))
        return total

    def word_entry(self, word: mx.Word, row: Index, column: Index, axis: str) -> Poly:
        if not word:
            return atom(Delta(row, column)) if row != column else number(1)
        result = number(1)
        inner: list[Index] = [row, *(new_index(axis) for _ in word[1:]), column]
        for letter, left, right in zip(word, inner, inner[1:], strict=False):
            result = result * freshen(self.letter_entry(letter, left, right, axis))
        for index in inner[1:-1]:
            result = self.summed(result, index)
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
        return value if row == column else value * atom(Delta(*sorted((row, column), key=lambda i: i.name)))

    def off_diagonal(self, value: Poly, row: Index, column: Index) -> Poly:
        pair = frozenset((frozenset((row, column)),))
        return collect((Term(t.factors, t.bound, t.distinct | pair), c) for t, c in value.terms)

    def named_entry(self, name: str, row: Index, column: Index, axis: str) -> Poly:
        declared = self.declared(name)
        if declared is not None and declared.part_of is not None:
            which, of = declared.part_of
            if which == "diagonal":
                return self.on_diagonal(self.named_entry(of, row, row, axis), row, column)
            if row == column:
                return Poly()
            return self.off_diagonal(self.named_entry(of, row, column, axis), row, column)
        properties = self.properties(name)
        symbol = Symbol(name, (), declared.own_type if declared else Element.type)  # type: ignore[arg-type]
        right = self.rule_for(symbol)
        if isinstance(right, Pattern):
            table = self.table(right)
            return self.table_entry(table.diagonal, table.off_diagonal, row, column, axis)
        if any(isinstance(rule.left, Element) for rule in self.rules):
            on, off = Element(symbol, row, row), Element(symbol, row, column)
            on_rule, off_rule = self.rule_for(on), self.rule_for(off)
            if on_rule is not None and off_rule is not None:
                diagonal = self.scalar(on_rule)
                if row == column:
                    return diagonal
                return self.on_diagonal(diagonal, row, column) + self.off_diagonal(self.scalar(off_rule), row, column)
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
        matrix = self.matrix(expr)
        total = Poly()
        for word, coefficient in matrix.words:
            if len(word) == 1 and isinstance(word[0], mx.Function) and word[0].name == "log":
                self.used.add("tr log A = log det A, the principal logarithm existing where A has a positive spectrum")
                if not self.has_positive_spectrum(word[0].of):
                    raise Unsupported("the logarithm of a matrix that is not known to have a positive spectrum")
                total = total + freshen(coefficient) * freshen(log_of(self.determinant(word[0].of)))
                continue
            index = new_index(matrix.axis)
            total = total + self.summed(
                freshen(coefficient) * freshen(self.word_entry(word, index, index, matrix.axis)), index
            )
        return total

    # -- determinants --------------------------------------------------------------------------------------------

    def determinant(self, matrix: mx.Matrix) -> Poly:
        """The determinant, multiplied out over words and over pulled-out inverses."""
        pulled, rest = mx.determinant_words(matrix)
        result = number(1)
        for letter in pulled:
            self.used.add("det(AB) = det(A) det(B)")
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
                self.used.add("det(A^-1) = 1/det(A)")
                return power_of(self.letter_determinant(inner, axis), Fraction(-1))
            case mx.Inverse(of=of):
                self.used.add("det(A^-1) = 1/det(A)")
                return power_of(self.determinant(of), Fraction(-1))
        if self.is_diagonal(letter):
            index = new_index(axis)
            entry = recanonical(self.letter_entry(letter, index, index, axis))
            if all(_is_positive_term(term) and c > 0 for term, c in entry.terms) and entry:
                self.used.add("the determinant of a diagonal matrix is the product of its diagonal")
                return exp_of(self.summed(log_of(entry), index))
        matrix = mx.letter_matrix(axis, letter)
        return atom(Determinant(matrix, self.is_positive_definite(matrix)))

    def is_positive_definite(self, matrix: mx.Matrix) -> bool:
        """Whether a matrix is a declared positive definite one, or that one under the rules."""
        for name, declared in self.scope.symbols.items():
            if "positive definite" not in self.properties(name):
                continue
            symbol = Symbol(name, (), declared.own_type)
            if matrix.single == (mx.Named(name),) or self.matrix(symbol) == matrix:
                return True
            parts = self.parts(name)
            if parts is not None and parts == matrix:
                return True
        return False

    def parts(self, name: str) -> mx.Matrix | None:
        """A matrix as the sum of its declared diagonal and off-diagonal parts, if it has both."""
        found = {
            declared.part_of[0]: key
            for key, declared in self.scope.symbols.items()
            if declared.part_of is not None and declared.part_of[1] == name
        }
        if set(found) != {"diagonal", "off-diagonal"}:
            return None
        axis = self.scope.symbols[name].slots[0]
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
            self.used.add("a product of two positive definite matrices has a positive spectrum")
            front = mx.letter_matrix(matrix.axis, pulled[0].of)
            return self.is_positive_definite(front) and self.is_positive_definite(rest)
        return False

    # -- laws ----------------------------------------------------------------------------------------------------

    def gaussian(self, expr: Gaussian) -> Poly:
        """The density of the multivariate normal law, as the exponential of its logarithm."""
        (axis,) = expr.of.type.axes
        covariance = self.matrix(expr.covariance)
        i, j = new_index(axis), new_index(axis)
        inverse = mx.inverse_of(covariance)
        left = self.entry(expr.of, (i,)) - self.entry(expr.mean, (i,))
        right = self.entry(expr.of, (j,)) - self.entry(expr.mean, (j,))
        form = freshen(left) * freshen(self.matrix_entry(inverse, i, j))
        form = self.summed(self.summed(form * freshen(right), j), i)
        half = Fraction(-1, 2)
        two_pi = log_of(atom(Sym(r"\pi", (), True)).scaled(Fraction(2)))
        size = atom(Sym(SIZE + axis, (), True))
        self.used.add("the density of the multivariate normal law")
        exponent = (size * freshen(two_pi)).scaled(half)
        exponent = exponent + log_of(self.determinant(covariance)).scaled(half) + form.scaled(half)
        return exp_of(exponent)

    def is_random(self, expr: Expr, law: str | None = None) -> bool:
        """Whether an expression depends on a random quantity of the law (of any law if None)."""
        for node in walk(expr):
            if isinstance(node, Symbol):
                declared = self.declared(node.name)
                if declared is not None and declared.law is not None and (law is None or declared.law == law):
                    return True
        return False

    def integral(self, variable: Symbol, body: Expr) -> Poly:
        r"""\int dx P(x) f(x) is the expectation of f, when P is a law that x follows."""
        factors = body.factors if isinstance(body, Mul) else (body,)
        laws = [f for f in factors if isinstance(f, Density) and f.of == (variable,) and not f.given]
        declared = self.declared(variable.name)
        if len(laws) != 1 or declared is None or declared.law != laws[0].law:
            raise Unsupported("an integral whose integrand is not a density of its variable times a function")
        rest = tuple(f for f in factors if f is not laws[0])
        inner = self.scalar(Mul(rest)) if rest else number(1)
        return self.expect(laws[0].law, inner)

    def expectation(self, expr: Expectation) -> Poly:
        if expr.kind == "E":
            return self.expect(expr.law, self.scalar(expr.arguments[0]))
        first = expr.arguments[0]
        second = expr.arguments[-1]
        self.used.add("Cov[a, b] = E[ab] - E[a] E[b]")
        both = self.expect(expr.law, self.scalar(first) * freshen(self.scalar(second)))
        apart = self.expect(expr.law, self.scalar(first)) * freshen(self.expect(expr.law, self.scalar(second)))
        return both - apart

    def variance_name(self) -> str:
        return next((key for key, declared in self.scope.symbols.items() if declared.kind == "variance"), "Var")

    def expect(self, law: str, inner: Poly) -> Poly:
        """The expectation term by term: linear, one for the constant, the rest pulled out."""
        self.used.add("the expectation is linear, and the law is normalised")
        result = Poly()
        for term, coefficient in inner.terms:
            random: list[Factor] = [f for f in term.factors if self.is_random_atom(f[0], law)]
            fixed = tuple(f for f in term.factors if f not in random)
            factors = fixed
            if random:
                factors = multiply(fixed, ((Moment(law, tuple(random)), Fraction(1)),))
            result = result + Poly(((Term(factors, term.bound, term.distinct), coefficient),))
        return self.known_moments(result) if self.moment_rules(law) else result

    def moment_rules(self, law: str) -> list[Rule]:
        return [r for r in self.rules if isinstance(r.left, Expectation) and r.left.law == law and r not in self._busy]

    def known_moments(self, poly: Poly) -> Poly:
        """Moments that a rule gives, such as E[x_i x_j], put in once the coincidences of indices are split."""
        result = Poly()
        for term, coefficient in recanonical(poly).terms:
            fresh = freshen(Poly(((term, coefficient),)))
            (term, coefficient), *_ = fresh.terms
            product = Poly(((Term((), term.bound, term.distinct), coefficient),))
            for which, power in term.factors:
                product = product * freshen(self.known_moment(which, power))
            result = result + product
        return result

    def known_moment(self, which: Atom, power: Fraction) -> Poly:
        if not isinstance(which, Moment) or power.denominator != 1 or power < 0:
            return atom(which, power)
        symbols: list[tuple[str, Index]] = []
        for inner, exponent in which.factors:
            if not isinstance(inner, Sym) or len(inner.at) != 1 or exponent.denominator != 1 or exponent < 1:
                return atom(which, power)
            symbols.extend([(inner.name, inner.at[0])] * int(exponent))
        for rule in self.moment_rules(which.law):
            assert isinstance(rule.left, Expectation)
            value = self.matched_moment(rule, symbols)
            if value is not None:
                self.applied.add(rule.source)
                return power_of(value, power)
        by_covariance = None
        if self.moments and len(symbols) == 2:
            by_covariance = self.moment_by_covariance(which.law, symbols)
        return power_of(by_covariance, power) if by_covariance is not None else atom(which, power)

    def moment_by_covariance(self, law: str, symbols: list[tuple[str, Index]]) -> Poly | None:
        """E[ab] as Cov[a, b] + E[a] E[b] (E[a²] as Var[a] + E[a]²), where a rule gives the covariance or variance."""
        first, second = (Symbol(name, (index,)) for name, index in symbols)
        kind, arguments = ("Var", (first,)) if first == second else ("Cov", (first, second))
        expr = Expectation(kind, law, arguments)  # type: ignore[arg-type]
        right: Expr | None = None
        for rule in self.moment_rules(law):
            found: dict[Index, Index] = {}
            if unify(rule.left, expr, found) and all(found.get(a, a) != found.get(b, b) for a, b in rule.apart):
                self.applied.add(rule.source)
                right = substitute_indices(rule.right, found)
                break
        if right is None:
            return None
        self.used.add("E[ab] = Cov[a, b] + E[a] E[b]")
        means = [
            self.known_moment(Moment(law, ((Sym(name, (index,)), Fraction(1)),)), Fraction(1))
            for name, index in symbols
        ]
        return self.scalar(right) + freshen(means[0]) * freshen(means[1])

    def matched_moment(self, rule: Rule, symbols: list[tuple[str, Index]]) -> Poly | None:
        """The value a rule ``E[x_i x_j] = …`` gives to a moment, for different or equal indices."""
        assert isinstance(rule.left, Expectation)
        if rule.left.kind != "E":
            return None
        argument = rule.left.arguments[0]
        factors = argument.factors if isinstance(argument, Mul) else (argument,)
        if isinstance(argument, Pow) and constant(argument.exponent) == 2:
            factors = (argument.base, argument.base)
        if len(factors) != len(symbols) or not all(isinstance(f, Symbol) and len(f.slots) == 1 for f in factors):
            return None
        found: dict[Index, Index] = {}
        for factor, (name, index) in zip(factors, symbols, strict=True):
            assert isinstance(factor, Symbol)
            if factor.name != name or not _unify_slot(factor.slots[0], index, found):
                return None
        if any(found.get(a, a) == found.get(b, b) for a, b in rule.apart):
            return None
        self._busy.append(rule)
        try:
            return self.scalar(substitute_indices(rule.right, found))
        finally:
            self._busy.pop()

    def is_random_atom(self, which: Atom, law: str) -> bool:
        match which:
            case Sym(name=name):
                declared = self.declared(name)
                if declared is not None and declared.law == law:
                    return True
                if self.is_defined_through_random(name, law):
                    raise Unsupported(f"{name} is defined through random quantities, by no premise of this line")
                return False
            case Fn(argument=inner) | Root(base=inner):
                return any(self.is_random_atom(f, law) for t, _ in inner.terms for f, _ in t.factors)
            case Opaque(expr=expr):
                return self.is_random(expr, law)
            case Moment(law=inner_law, factors=factors):
                return inner_law != law and any(self.is_random_atom(inner, law) for inner, _ in factors)
            case Entry(matrix=matrix) | Determinant(matrix=matrix):
                if self.is_random_matrix(matrix, law):
                    raise Unsupported("the expectation of a function of a random matrix")
        return False

    def is_random_matrix(self, matrix: mx.Matrix, law: str) -> bool:
        def random_poly(poly: Poly) -> bool:
            return any(self.is_random_atom(which, law) for term, _ in poly.terms for which, _ in term.factors)

        def random_letter(letter: mx.Letter) -> bool:
            match letter:
                case mx.Named(name=name):
                    declared = self.declared(name)
                    whole = declared.part_of[1] if declared is not None and declared.part_of is not None else name
                    return any(
                        ((found := self.declared(part)) is not None and found.law == law)
                        or self.is_defined_through_random(part, law)
                        for part in (name, whole)
                    )
                case mx.Inverse(of=of) | mx.Function(of=of):
                    return self.is_random_matrix(of, law)
                case mx.InverseOf(of=inner):
                    return random_letter(inner)
                case mx.Table(diagonal=diagonal, off_diagonal=off):
                    return random_poly(diagonal) or random_poly(off)
            return True

        return any(random_poly(c) or any(random_letter(letter) for letter in word) for word, c in matrix.words)

    def is_defined_through_random(self, name: str, law: str) -> bool:
        """Whether a rule or definition gives a symbol, or the entries of a matrix, by random quantities of the law."""
        if name in self._sought:
            return False
        self._sought.append(name)
        try:
            return any(
                isinstance(left := rule.left.of if isinstance(rule.left, Element) else rule.left, Symbol)
                and left.name == name
                and self.is_random_outside_laws(rule.right, law)
                for rule in (*self.rules, *self.definitions)
            )
        finally:
            self._sought.pop()

    def is_random_outside_laws(self, expr: Expr, law: str) -> bool:
        """Whether an expression depends on a random quantity that no expectation or integral in it binds."""
        if isinstance(expr, Expectation | Integral):
            return False
        if isinstance(expr, Symbol):
            return self.is_random(expr, law) or self.is_defined_through_random(expr.name, law)
        return any(self.is_random_outside_laws(child, law) for child in expr.children)


def _is_positive_term(term: Term) -> bool:
    from derive.algebra.indexed import is_positive

    return all(is_positive(which) for which, _ in term.factors)


def _is_positive_sum(poly: Poly) -> bool:
    """Whether every term of a sum is positive."""
    return bool(poly) and all(c > 0 and _is_positive_term(term) for term, c in poly.terms)


def _squared_poly(inner: Poly) -> Poly:
    return inner * freshen(inner)


def _is_symmetric_poly(off: Poly) -> bool:
    axes = {i.range for i in _indices(off)}
    for axis in axes:
        row, column = mx.row_of(axis), mx.column_of(axis)
        if recanonical(rename_poly(off, {row: column, column: row})) != recanonical(off):
            return False
    return True


def _indices(poly: Poly) -> frozenset[Index]:
    from derive.algebra.indexed import indices_of_poly

    return indices_of_poly(poly)


__all__ = [
    "Arrow",
    "Entry",
    "Lowering",
    "Rule",
    "SingularTerm",
    "Unsupported",
    "Whole",
    "head",
    "unify",
]
