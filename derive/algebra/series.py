r"""Expansion of normal forms in a declared small parameter, to any order.

Each symbol has a weight: the power of the small parameter that it carries (positions of weight -1 make inverse
distances of weight 1). A polynomial becomes its parts by weight; powers and functions of sums, inverses and
determinants are expanded about their part of least weight:

* a power by the binomial series, exp and log by theirs, sin, cos, sinh and cosh by Taylor's;
* (A + B)^{-1} by the Neumann series, B of higher weight than A;
* log det(A + B) = log det A + sum_k (-1)^{k+1} tr((A^{-1} B)^k) / k.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from math import factorial

from derive.algebra import matrix as mx
from derive.algebra.atoms import (
    GENERAL,
    Atom,
    Determinant,
    Entry,
    Factors,
    Fn,
    Mean,
    Moment,
    Root,
    Sym,
    Term,
    Trace,
    Value,
)
from derive.algebra.calculus import SLOPE, slope_of
from derive.algebra.contents import names_of
from derive.algebra.indexed import (
    Poly,
    apply_function,
    atom,
    canonical,
    collect,
    exp_of,
    freshen,
    log_of,
    number,
    parts_of,
    power_of,
    recanonical,
    rename_poly,
)
from derive.algebra.indices import indices_of_poly
from derive.algebra.lowering import Lowering
from derive.algebra.rules import Unsupported
from derive.expression import Index

Parts = dict[Fraction, Poly]
_OPEN = "open "
"""How the names of indices begin that are summed over when a term of a Taylor series is complete."""
_numbers = count()
_SEARCH = 5
"""How many weights are searched for a part of a sum that does not vanish."""


@dataclass(frozen=True)
class Expansion:
    """Expands in the small parameter ``parameter``; matrices and their entries through ``lowering``."""

    lowering: Lowering
    parameter: str

    def parts(self, poly: Poly, order: Fraction) -> Parts:
        """The canonical parts of a polynomial by weight, up to and including ``order``."""
        free = indices_of_poly(poly)
        total: Parts = {}
        for term, coefficient in poly.terms:
            for weight, part in self._term(term, coefficient, order).items():
                total[weight] = total.get(weight, Poly()) + part
        found = {weight: canonical(part, free) for weight, part in sorted(total.items())}
        return {weight: part for weight, part in found.items() if part}

    # -- products ------------------------------------------------------------------------------------------------

    def _term(self, term: Term, coefficient: Fraction, order: Fraction) -> Parts:
        ((term, coefficient),) = freshen(Poly(((term, coefficient),))).terms
        leads = [self._lead(which, power) for which, power in term.factors]
        slack = order - sum(leads, Fraction(0))
        result: Parts = {Fraction(0): number(coefficient)}
        if slack < 0:
            return {}
        for (which, power), lead in zip(term.factors, leads, strict=True):
            result = _times(result, self._factor(which, power, lead + slack), None)
        return {weight: _under(term, part) for weight, part in result.items() if weight <= order}

    def _lead(self, which: Atom, power: Fraction) -> Fraction:
        """The least weight of a power of an atom, or less. Never more: what is thought too small is not looked at.

        Raises Unsupported where the least weight is not known.
        """
        match which:
            case Sym(name=name):
                return self.weight(name) * power
            case Value(name=name, arguments=arguments):
                self._check_bounded(arguments, f"the value of {name}")
                return self.weight(name) * power
            case Mean(word=word):
                names = [name for letter in word for name in letter.names]
                self._check_bounded((part for letter in word for part in letter.parts), "the mean of an operator")
                return sum((self.weight(name) for name in names), Fraction(0)) * power
            case Root(base=base):
                lead = self._true_lead(base) if power < 0 else min(self._leads(base), default=Fraction(0))
                return lead * power
            case Moment(factors=factors):
                return self._weight_of(factors) * power
            case Trace(matrix=matrix):
                return sum((self._letter_weight(letter) for letter in matrix.words[0][0]), Fraction(0)) * power
            case Fn(name=name, argument=argument) if not self._has_no_weight(argument):
                least = min(self._leads(argument), default=Fraction(0))
                if least < 0 and name != "log":
                    raise Unsupported(f"the {name} of something that grows as the small parameter vanishes")
                if power < 0:
                    raise Unsupported(f"a negative power of {name} in an expansion")
                return least * power if name in ("sin", "tan", "sinh", "tanh") else Fraction(0)
            case Entry(matrix=matrix):
                word = matrix.single
                if word is not None and len(word) == 1 and isinstance(word[0], mx.Named):
                    return self.weight(word[0].name) * power
                if self._weightless_matrix(matrix):
                    return Fraction(0)
                if power < 0:
                    raise Unsupported("a negative power of an entry of an inverse in an expansion")
                return min(self.matrix(matrix, Fraction(0)), default=Fraction(0)) * power
            case Determinant(matrix=matrix) if not self._weightless_matrix(matrix):
                if min(self.matrix(matrix, Fraction(0)), default=None) != 0:
                    raise Unsupported("the determinant of a matrix whose leading part has a weight")
        return Fraction(0)

    def _check_bounded(self, arguments: Iterable[Poly], what: str) -> None:
        """Raises Unsupported where something that a function depends on grows as the small parameter vanishes."""
        for argument in arguments:
            if not self._has_no_weight(argument) and min(self._leads(argument), default=Fraction(0)) < 0:
                raise Unsupported(f"{what} at something that grows as the small parameter vanishes")

    def _true_lead(self, base: Poly) -> Fraction:
        """The weight of the first part that does not vanish, where leading parts of functions may cancel."""
        least = min(self._leads(base), default=Fraction(0))
        for further in range(_SEARCH):
            parts = self.parts(base, least + further)
            if parts:
                return min(parts)
        raise Unsupported("a sum whose leading part vanishes stands under a power")

    def _leads(self, poly: Poly) -> Iterable[Fraction]:
        for term, _ in poly.terms:
            yield sum((self._lead(which, power) for which, power in term.factors), Fraction(0))

    def _letter_weight(self, letter: mx.Letter) -> Fraction:
        """The weight of a letter of a trace, which is a declared matrix or the inverse of one."""
        if isinstance(letter, mx.InverseOf):
            return -self._letter_weight(letter.of)
        return self.weight(letter.name) if isinstance(letter, mx.Named) else Fraction(0)

    def weight(self, name: str) -> Fraction:
        declared = self.lowering.declared(name)
        return Fraction(declared.weights.get(self.parameter, 0)) if declared is not None else Fraction(0)

    def _weight_of(self, factors: Factors) -> Fraction:
        return sum((self._lead(which, power) for which, power in factors), Fraction(0))

    # -- atoms ---------------------------------------------------------------------------------------------------

    def _factor(self, which: Atom, power: Fraction, order: Fraction) -> Parts:
        match which:
            case Root(base=base):
                return self._power(base, power, order)
            case Fn(name=name, argument=argument):
                if self._has_no_weight(argument):
                    return {Fraction(0): atom(which, power)}
                return self._function(name, argument, power, order)
            case Entry(matrix=matrix, row=row, column=column):
                return self._entry(which, matrix, row, column, power, order)
            case Determinant(matrix=matrix):
                parts = self.matrix(matrix, order)
                if set(parts) == {Fraction(0)}:
                    return {Fraction(0): atom(which, power)}
                logs = self._log_determinant(matrix, order)
                return self._exp({w: p.scaled(power) for w, p in logs.items()}, order)
            case Value() if self._is_smooth(which) and not self._weightless(which):
                return self._value(which, power, order)
        return {self._lead(which, power): atom(which, power)}

    def _has_no_weight(self, poly: Poly) -> bool:
        """Whether nothing in a polynomial carries a weight."""
        return all(self._weightless(which) for term, _ in poly.terms for which, _ in term.factors)

    def _weightless(self, which: Atom) -> bool:
        match which:
            case Sym(name=name) | Value(name=name) if self.weight(name):
                return False
            case Value() | Mean():
                weights = any(self.weight(name) for name in names_of(which))
                return not weights and all(map(self._has_no_weight, parts_of(which)))
            case Fn(argument=inner) | Root(base=inner):
                return self._has_no_weight(inner)
            case Moment(factors=factors):
                return all(self._weightless(inner) for inner, _ in factors)
            case Entry(matrix=matrix) | Determinant(matrix=matrix) | Trace(matrix=matrix):
                return self._weightless_matrix(matrix)
        return True

    def _weightless_matrix(self, matrix: mx.Matrix) -> bool:
        return all(
            self._has_no_weight(coefficient) and all(self._weightless_letter(letter) for letter in word)
            for word, coefficient in matrix.words
        )

    def _weightless_letter(self, letter: mx.Letter) -> bool:
        match letter:
            case mx.Named(name=name):
                return self.lowering.matrices.parts(name) is None and not self.weight(name)
            case mx.InverseOf(of=inner):
                return self._weightless_letter(inner)
            case mx.Inverse(of=of) | mx.Function(of=of):
                return self._weightless_matrix(of)
            case mx.Table(diagonal=diagonal, off_diagonal=off):
                return self._has_no_weight(diagonal) and self._has_no_weight(off)
        return False

    def _power(self, base: Poly, power: Fraction, order: Fraction) -> Parts:
        lead = self._true_lead(base)
        if order < lead * power:
            return {}
        parts = self.parts(base, lead + (order - lead * power))
        first = parts.pop(lead)
        front = power_of(first, power)
        ratio = {w - lead: p * freshen(power_of(first, Fraction(-1))) for w, p in parts.items()}
        rest = order - lead * power
        result: Parts = {}
        coefficient, k, term = Fraction(1), 0, {Fraction(0): number(1)}
        while term:
            for weight, part in term.items():
                result[weight] = result.get(weight, Poly()) + part.scaled(coefficient)
            coefficient *= (power - k) / (k + 1)
            k += 1
            term = _times(term, ratio, rest) if coefficient else {}
        return {lead * power + w: front * freshen(p) for w, p in result.items()}

    def _function(self, name: str, argument: Poly, power: Fraction, order: Fraction) -> Parts:
        parts = self.parts(argument, order)
        if name == "exp":
            return self._exp({w: p.scaled(power) for w, p in parts.items()}, order)
        if name == "log":
            base = self._log(argument, order)
        else:
            base = self._taylor(name, parts, order)
        if power == 1:
            return base
        if power.denominator != 1 or power < 0:
            raise Unsupported(f"a negative or broken power of {name} in an expansion")
        result: Parts = {Fraction(0): number(1)}
        for _ in range(int(power)):
            result = _times(result, base, order)
        return result

    def _exp(self, parts: Parts, order: Fraction) -> Parts:
        if any(weight < 0 for weight in parts):
            raise Unsupported("the exponential of something that grows as the small parameter vanishes")
        front = exp_of(parts.get(Fraction(0), Poly()))
        rest = {w: p for w, p in parts.items() if w > 0}
        result: Parts = {}
        term: Parts = {Fraction(0): number(1)}
        k = 0
        while term:
            for weight, part in term.items():
                result[weight] = result.get(weight, Poly()) + part.scaled(Fraction(1, factorial(k)))
            k += 1
            term = _times(term, rest, order)
        return {w: front * freshen(p) for w, p in result.items()}

    def _log(self, argument: Poly, order: Fraction) -> Parts:
        lead = self._true_lead(argument)
        parts = self.parts(argument, order + lead)
        first = parts.pop(lead)
        ratio = {w - lead: p * freshen(power_of(first, Fraction(-1))) for w, p in parts.items()}
        result: Parts = {Fraction(0): log_of(first)}
        term, k = dict(ratio), 1
        while term:
            for weight, part in term.items():
                result[weight] = result.get(weight, Poly()) + part.scaled(Fraction((-1) ** (k + 1), k))
            k += 1
            term = _times(term, ratio, order)
        return result

    def _taylor(self, name: str, parts: Parts, order: Fraction) -> Parts:
        cycles: Mapping[str, list[tuple[str, int]]] = {
            "sin": [("sin", 1), ("cos", 1), ("sin", -1), ("cos", -1)],
            "cos": [("cos", 1), ("sin", -1), ("cos", -1), ("sin", 1)],
            "sinh": [("sinh", 1), ("cosh", 1)],
            "cosh": [("cosh", 1), ("sinh", 1)],
        }
        if name not in cycles or any(weight < 0 for weight in parts):
            raise Unsupported(f"the expansion of {name}")
        at = parts.get(Fraction(0), Poly())
        rest = {w: p for w, p in parts.items() if w > 0}
        result: Parts = {}
        term: Parts = {Fraction(0): number(1)}
        k = 0
        while term:
            which, sign = cycles[name][k % len(cycles[name])]
            value = apply_function(which, at).scaled(Fraction(sign, factorial(k)))
            for weight, part in term.items():
                result[weight] = result.get(weight, Poly()) + part * freshen(value)
            k += 1
            term = _times(term, rest, order)
        return result

    def _is_smooth(self, which: Value) -> bool:
        """Whether a function, or the derivative of one, has a Taylor series to every order that is asked for."""
        declared = self.lowering.declared(which.name.rpartition(" ")[2] if which.name.startswith(SLOPE) else which.name)
        return declared is not None and "smooth" in declared.properties

    def _value(self, which: Value, power: Fraction, order: Fraction) -> Parts:
        """A smooth function by its Taylor series about what its arguments are without the small parameter."""
        if power.denominator != 1 or power < 0 or self.weight(which.name):
            raise Unsupported(f"a negative or broken power of {which.name} in an expansion")
        parts = [self.parts(argument, order) for argument in which.arguments]
        middle = replace(which, arguments=tuple(part.get(Fraction(0), Poly()) for part in parts))
        beyond = [{w: p for w, p in part.items() if w > 0} for part in parts]
        base: Parts = {}
        step: list[tuple[Value, Parts]] = [(middle, {Fraction(0): number(1)})]
        k = 0
        while step:
            for value, factor in step:
                for weight, part in factor.items():
                    term = (freshen(part) * atom(value)).scaled(Fraction(1, factorial(k)))
                    base[weight] = base.get(weight, Poly()) + self._over_places(term)
            step = [longer for value, factor in step for longer in self._further(value, factor, beyond, order)]
            k += 1
        result: Parts = {Fraction(0): number(1)}
        for _ in range(int(power)):
            result = _times(result, base, order)
        return result

    def _further(
        self, value: Value, factor: Parts, beyond: list[Parts], order: Fraction
    ) -> Iterator[tuple[Value, Parts]]:
        """One derivative more, in each argument, times what that argument has beyond its leading part."""
        for n, (rest, axes) in enumerate(zip(beyond, value.axes, strict=True)):
            places = tuple(Index(f"{_OPEN}{next(_numbers)}", axis) for axis in axes)
            change = {Index(GENERAL, place.range): place for place in places}
            opened = {weight: rename_poly(part, change) for weight, part in rest.items()}
            product = _times(factor, opened, order)
            if product:
                yield slope_of(value, n, places), product

    def _over_places(self, term: Poly) -> Poly:
        """Summed over the components in which a function was differentiated."""
        opened = sorted((i for i in indices_of_poly(term) if i.name.startswith(_OPEN)), key=lambda i: i.name)
        for index in opened:
            term = self.lowering.summed(term, index)
        return recanonical(term)

    # -- matrices ------------------------------------------------------------------------------------------------

    def matrix(self, matrix: mx.Matrix, order: Fraction) -> dict[Fraction, mx.Matrix]:
        """The parts of a matrix by weight."""
        total: dict[Fraction, mx.Matrix] = {}
        for word, coefficient in matrix.words:
            product = {Fraction(0): mx.identity(matrix.axis)}
            for letter in word:
                product = _matrix_times(product, self._letter(letter, matrix.axis, order), order)
            for w, scalar in self.parts(coefficient, order).items():
                for v, part in product.items():
                    if w + v <= order:
                        total[w + v] = total.get(w + v, mx.Matrix(matrix.axis)) + part.scaled(scalar)
        return {w: part for w, part in sorted(total.items()) if part}

    def _letter(self, letter: mx.Letter, axis: str, order: Fraction) -> dict[Fraction, mx.Matrix]:
        match letter:
            case mx.Named(name=name):
                parts = self.lowering.matrices.parts(name)
                if parts is not None:
                    return self.matrix(parts, order)
                return {self.weight(name): mx.letter_matrix(axis, letter)}
            case mx.Table(diagonal=diagonal, off_diagonal=off):
                found: dict[Fraction, mx.Matrix] = {}
                on, beside = self.parts(diagonal, order), self.parts(off, order)
                for weight in {*on, *beside}:
                    table = mx.Table(on.get(weight, Poly()), beside.get(weight, Poly()))
                    found[weight] = mx.letter_matrix(axis, table)
                return found
            case mx.InverseOf(of=inner):
                return self._inverse(self._letter(inner, axis, order), letter, axis, order)
            case mx.Inverse(of=of):
                return self._inverse(self.matrix(of, order), letter, axis, order)
            case mx.Function(name="log", of=of):
                return self._matrix_log(self.matrix(of, order), letter, axis, order)
        raise Unsupported("this matrix in an expansion")

    def _inverse(
        self, parts: dict[Fraction, mx.Matrix], letter: mx.Letter, axis: str, order: Fraction
    ) -> dict[Fraction, mx.Matrix]:
        """The Neumann series about the part of weight zero."""
        if set(parts) == {Fraction(0)}:
            return {Fraction(0): mx.letter_matrix(axis, letter)}
        if not parts or min(parts) != 0:
            raise Unsupported("the inverse of a matrix whose leading part has a weight")
        front = mx.inverse_of(parts[Fraction(0)])
        rest = {w: -(front @ part) for w, part in parts.items() if w > 0}
        result = {Fraction(0): mx.identity(axis)}
        term = dict(result)
        while term := _matrix_times(term, rest, order):
            for weight, part in term.items():
                result[weight] = result.get(weight, mx.Matrix(axis)) + part
        return {w: part @ front for w, part in result.items()}

    def _matrix_log(
        self, parts: dict[Fraction, mx.Matrix], letter: mx.Letter, axis: str, order: Fraction
    ) -> dict[Fraction, mx.Matrix]:
        if set(parts) == {Fraction(0)}:
            return {Fraction(0): mx.letter_matrix(axis, letter)}
        if parts.get(Fraction(0)) != mx.identity(axis):
            raise Unsupported("the logarithm of a matrix that is not near the identity")
        rest = {w: part for w, part in parts.items() if w > 0}
        result: dict[Fraction, mx.Matrix] = {}
        term, k = dict(rest), 1
        while term:
            for weight, part in term.items():
                scaled = part.scaled(number(Fraction((-1) ** (k + 1), k)))
                result[weight] = result.get(weight, mx.Matrix(axis)) + scaled
            k += 1
            term = _matrix_times(term, rest, order)
        return result

    def _entry(self, which: Entry, matrix: mx.Matrix, row, column, power: Fraction, order: Fraction) -> Parts:
        parts = self.matrix(matrix, order)
        if len(parts) == 1 and next(iter(parts.values())) == matrix:
            return {next(iter(parts)) * power: atom(which, power)}
        entries = {w: recanonical(self.lowering.matrices.entry(p, row, column)) for w, p in parts.items()}
        entries = {w: p for w, p in entries.items() if p}
        if power == 1:
            return entries
        if power.denominator != 1 or power < 0:
            raise Unsupported("a negative power of an entry of an inverse in an expansion")
        result: Parts = {Fraction(0): number(1)}
        for _ in range(int(power)):
            result = _times(result, entries, order)
        return result

    def _log_determinant(self, matrix: mx.Matrix, order: Fraction) -> Parts:
        parts = self.matrix(matrix, order)
        if not parts or min(parts) != 0:
            raise Unsupported("the determinant of a matrix whose leading part has a weight")
        first = parts.pop(Fraction(0))
        front = mx.inverse_of(first)
        rest = {w: front @ part for w, part in parts.items()}
        result: Parts = {Fraction(0): log_of(self.lowering.matrices.determinant(first))}
        term, k = dict(rest), 1
        while term:
            for weight, part in term.items():
                trace = self._trace(part).scaled(Fraction((-1) ** (k + 1), k))
                result[weight] = result.get(weight, Poly()) + trace
            k += 1
            term = _matrix_times(term, rest, order)
        return {w: recanonical(p) for w, p in result.items()}

    def _trace(self, matrix: mx.Matrix) -> Poly:
        total = Poly()
        for word, coefficient in matrix.words:
            total = total + freshen(coefficient) * freshen(self.lowering.matrices.word_trace(word, matrix.axis))
        return total


def _under(term: Term, part: Poly) -> Poly:
    """The sums of a term put in front of what its factors have become."""
    return collect((Term(t.factors, term.bound + t.bound, term.distinct | t.distinct), c) for t, c in part.terms)


def _times(left: Parts, right: Parts, order: Fraction | None) -> Parts:
    result: Parts = {}
    for a, x in left.items():
        for b, y in right.items():
            if order is None or a + b <= order:
                result[a + b] = result.get(a + b, Poly()) + freshen(x) * freshen(y)
    return {weight: part for weight, part in result.items() if part}


def _matrix_times(
    left: dict[Fraction, mx.Matrix], right: dict[Fraction, mx.Matrix], order: Fraction
) -> dict[Fraction, mx.Matrix]:
    result: dict[Fraction, mx.Matrix] = {}
    for a, x in left.items():
        for b, y in right.items():
            if a + b <= order:
                product = x @ y
                result[a + b] = result[a + b] + product if a + b in result else product
    return {weight: part for weight, part in result.items() if part}
