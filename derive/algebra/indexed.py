r"""Polynomials in indexed sums, with a normal form that holds for every size of every index range.

A :class:`derive.algebra.atoms.Term` is a product of powers of atoms, summed over bound indices. Its normal form splits
the sums by the coincidence of their indices, so that in a canonical term all indices of one range are different, counts
an index that occurs nowhere as the size of its range less the indices it must differ from, and names the bound indices
in the one way that sorts first. Two polynomials with the same normal form are equal for all sizes.

A product merges exponentials, whose argument is brought to normal form, and the normal form multiplies: so arithmetic,
renaming, the normal form, powers and functions are one recursion, and one module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import count, islice, permutations
from typing import TYPE_CHECKING, TypeVar

from derive.algebra.atoms import (
    GENERAL,
    SIZE,
    UNIT,
    Atom,
    Delta,
    Determinant,
    Entry,
    Factor,
    Factors,
    Fn,
    Imaginary,
    Mean,
    Moment,
    Opaque,
    Root,
    Sym,
    Term,
    Trace,
    Value,
    kept_once,
)
from derive.algebra.indices import indices_of_factors, indices_of_poly
from derive.algebra.rationals import factorise, rational_power
from derive.expression import Index, substitute_indices

if TYPE_CHECKING:
    from derive.algebra.matrix import Matrix


class SingularTerm(ArithmeticError):
    """A negative power of something that is zero."""


@kept_once
@dataclass(frozen=True)
class Poly:
    """A sum of terms with rational coefficients."""

    terms: tuple[tuple[Term, Fraction], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __add__(self, other: Poly) -> Poly:
        return collect([*self.terms, *other.terms])

    def __neg__(self) -> Poly:
        return Poly(tuple((term, -c) for term, c in self.terms))

    def __sub__(self, other: Poly) -> Poly:
        return self + (-other)

    def scaled(self, by: Fraction) -> Poly:
        return Poly(tuple((term, by * c) for term, c in self.terms)) if by else Poly()

    def __mul__(self, other: Poly) -> Poly:
        """The product; the bound indices of the two must have different names (see :func:`freshen`)."""
        return collect(
            (Term(multiply(a.factors, b.factors), a.bound + b.bound, a.distinct | b.distinct), x * y)
            for a, x in self.terms
            for b, y in other.terms
        )

    @cached_property
    def constant(self) -> Fraction | None:
        """The value of a polynomial that is a number, or None."""
        if not self.terms:
            return Fraction(0)
        if len(self.terms) == 1 and self.terms[0][0] == UNIT:
            return self.terms[0][1]
        return None


def number(value: int | Fraction) -> Poly:
    return Poly(((UNIT, Fraction(value)),)) if value else Poly()


def atom(which: Atom, exponent: int | Fraction = 1) -> Poly:
    return Poly(((Term(((which, Fraction(exponent)),)), Fraction(1)),))


def kronecker(left: Index, right: Index) -> Poly:
    """Kronecker's delta of two indices: 1 and 0 where it is known whether they coincide; two labels never do.

    >>> i, one, two = (Index(name, "site") for name in ("i", "1", "2"))
    >>> kronecker(i, i).constant, kronecker(one, two).constant, kronecker(i, one).constant
    (Fraction(1, 1), Fraction(0, 1), None)
    """
    if left == right:
        return number(1)
    if left.is_label and right.is_label:
        return Poly()
    return atom(Delta(*sorted((left, right), key=lambda index: index.name)))


def collect(terms: Iterable[tuple[Term, Fraction]]) -> Poly:
    """Equal terms added up, zero ones left out, sorted."""
    total: dict[Term, Fraction] = {}
    for term, coefficient in terms:
        total[term] = total.get(term, Fraction(0)) + coefficient
    found = [(term, c) for term, c in total.items() if c]
    return Poly(tuple(sorted(found, key=lambda item: item[0].sort_key)))


_Word = TypeVar("_Word", bound=tuple[object, ...])


def sum_of_words(words: Iterable[tuple[_Word, Poly]]) -> tuple[tuple[_Word, Poly], ...]:
    """Products that do not commute, each with its coefficient: equal ones added up, zero ones left out, sorted."""
    total: dict[_Word, Poly] = {}
    for word, coefficient in words:
        total[word] = total.get(word, Poly()) + coefficient
    found = ((word, recanonical(coefficient)) for word, coefficient in total.items())
    return tuple(sorted((item for item in found if item[1]), key=lambda item: (len(item[0]), repr(item))))


def multiply(left: Factors, right: Factors) -> Factors:
    """The product of two lists of powers; exponentials are merged into one."""
    powers: dict[Atom, Fraction] = {}
    exponent = Poly()
    for which, power in (*left, *right):
        if isinstance(which, Fn) and which.name == "exp":
            exponent = exponent + freshen(which.argument.scaled(power))
        else:
            powers[which] = powers.get(which, Fraction(0)) + power
            if isinstance(which, Sym) and which.binary and powers[which].denominator == 1:
                powers[which] %= 2
    factors = [(which, power) for which, power in powers.items() if power]
    if exponent:
        factors.append((Fn("exp", recanonical(exponent)), Fraction(1)))
    return tuple(sorted(factors, key=lambda item: item[0].sort_key))


# -- indices ---------------------------------------------------------------------------------------------------------

_numbers = count()


def new_index(range_: str) -> Index:
    """A bound index with a name that no other has."""
    return Index(f"~{next(_numbers)}", range_)


def rename_term(term: Term, change: Mapping[Index, Index]) -> Term:
    """The term with its indices renamed, bound ones too."""
    return Term(
        rename_factors(term.factors, change),
        tuple(change.get(index, index) for index in term.bound),
        frozenset(frozenset(change.get(index, index) for index in pair) for pair in term.distinct),
    )


def rename_factors(factors: Factors, change: Mapping[Index, Index]) -> Factors:
    return multiply(tuple((rename_atom(which, change), power) for which, power in factors), ())


def rename_poly(poly: Poly, change: Mapping[Index, Index]) -> Poly:
    """Free indices renamed, inside atoms too; a bound index that would capture a new name is renamed out of the way."""
    if not change:
        return poly
    renamed: list[tuple[Term, Fraction]] = []
    for term, coefficient in poly.terms:
        inner = {old: new for old, new in change.items() if old not in term.bound}
        captured = [index for index in term.bound if index in inner.values()]
        if captured:
            term = rename_term(term, {index: new_index(index.range) for index in captured})
        renamed.append((rename_term(term, inner), coefficient))
    return collect(renamed)


def rename_atom(which: Atom, change: Mapping[Index, Index]) -> Atom:
    def at(index: Index) -> Index:
        return change.get(index, index)

    match which:
        case Sym(at=indices):
            return replace(which, at=tuple(at(index) for index in indices)) if indices else which
        case Imaginary():
            return which
        case Value(at=indices, arguments=arguments):
            placed = tuple(at(index) for index in indices)
            inner = {old: new for old, new in change.items() if old.name != GENERAL}
            return replace(which, at=placed, arguments=renamed_arguments(arguments, inner))
        case Mean(state=state, word=word):
            return Mean(state, tuple(letter.renamed(change) for letter in word))
        case Delta(left=left, right=right):
            return Delta(*sorted((at(left), at(right)), key=lambda i: i.name))
        case Fn(name=name, argument=argument):
            return Fn(name, recanonical(rename_poly(argument, change)))
        case Root(base=base):
            return Root(recanonical(rename_poly(base, change)))
        case Entry(matrix=matrix, row=row, column=column, symmetric=symmetric):
            return entry_atom(matrix.renamed(change), at(row), at(column), symmetric)
        case Trace(matrix=matrix):
            return Trace(matrix.renamed(change))
        case Determinant(matrix=matrix, positive=positive):
            return Determinant(matrix.renamed(change), positive)
        case Moment(factors=factors):
            return replace(which, factors=rename_factors(factors, change))
        case Opaque(expr=expr, random=random):
            return Opaque(substitute_indices(expr, dict(change)), random)
    raise TypeError(f"unknown atom {which!r}")


def entry_atom(matrix: Matrix, row: Index, column: Index, symmetric: bool) -> Entry:
    if symmetric and (row.range, row.name) > (column.range, column.name):
        row, column = column, row
    return Entry(matrix, row, column, symmetric)


def freshen(poly: Poly) -> Poly:
    """The same polynomial with new names for all bound indices, so that it may be multiplied."""
    result = []
    for term, coefficient in poly.terms:
        change = {index: new_index(index.range) for index in term.bound}
        result.append((rename_term(term, change) if change else term, coefficient))
    return Poly(tuple(result))


def renamed_arguments(arguments: tuple[Poly, ...], change: Mapping[Index, Index]) -> tuple[Poly, ...]:
    return tuple(recanonical(rename_poly(argument, change)) for argument in arguments)


# -- the normal form -------------------------------------------------------------------------------------------------


def recanonical(poly: Poly) -> Poly:
    """A tidy form that holds whichever free indices coincide, as those inside a sum still may."""
    return _tidied(poly, None)


def canonical(poly: Poly, free: frozenset[Index] = frozenset()) -> Poly:
    """The normal form of a polynomial whose free indices (``free`` and all that occur) are different within a range.

    Raises SingularTerm when a coincidence of indices makes a denominator zero.
    """
    return _tidied(poly, free | indices_of_poly(poly))


def _tidied(poly: Poly, free: frozenset[Index] | None) -> Poly:
    done: list[tuple[Term, Fraction]] = []
    todo = list(poly.terms)
    while todo:
        term, coefficient = todo.pop()
        step = _step(term, free)
        if step is None and free is not None:
            step = _settled(term, free)
        if step is None:
            done.append((_named(term, free is not None), coefficient))
        else:
            todo.extend((new, coefficient * factor) for new, factor in step)
    return collect(done)


def _settled(term: Term, free: frozenset[Index]) -> list[tuple[Term, Fraction]] | None:
    """A term whose indices are all different with one argument in normal form, or None when they all are."""
    for which, power in term.factors:
        if isinstance(which, Fn):
            argument = canonical(which.argument, free)
            if argument == which.argument:
                continue
            value = apply_function(which.name, argument)
            opened = atom(which) if power == 1 and value == atom(which) else power_of(value, power)
        elif isinstance(which, Root):
            base = canonical(which.base, free)
            if base == which.base:
                continue
            opened = power_of(base, power)
        else:
            continue
        if opened == atom(which, power):
            continue
        rest = Poly(((Term(tuple(f for f in term.factors if f[0] != which), term.bound, term.distinct), Fraction(1)),))
        return list((rest * freshen(opened)).terms)
    return None


def _step(term: Term, free: frozenset[Index] | None) -> list[tuple[Term, Fraction]] | None:
    """One simplification of a term into others, or None when nothing is left to do.

    Without ``free`` only what holds in every coincidence of the free indices.
    """
    one = Fraction(1)
    for pair in term.distinct:
        if len(pair) == 1:
            return []
    occurring = indices_of_factors(term.factors)
    for which, power in term.factors:
        if isinstance(which, Delta):
            resolved = _resolve_delta(term, which, power, free is not None)
            if resolved is not None:
                return resolved
        if isinstance(which, Imaginary) and power not in (0, 1):
            if power.denominator != 1:
                raise SingularTerm("a broken power of the imaginary unit")
            others = tuple(f for f in term.factors if f[0] != which)
            turned = multiply(others, ((which, power % 2),)) if power % 2 else others
            return [(Term(turned, term.bound, term.distinct), Fraction(-1) if power % 4 in (2, 3) else one)]
        if isinstance(which, Root):
            expanded = _open_root(term, which, power)
            if expanded is not None:
                return expanded
        if isinstance(which, Fn) and which.name == "exp":
            settled = exp_of(freshen(which.argument))
            if settled != atom(which):
                rest = Poly(((Term(tuple(f for f in term.factors if f[0] != which), term.bound, term.distinct), one),))
                return list((rest * freshen(settled)).terms)
        if isinstance(which, Fn) and not which.argument and which.name in _AT_ZERO:
            value = _AT_ZERO[which.name]
            if not value and power < 0:
                raise SingularTerm("a denominator is zero where two indices coincide")
            rest = tuple(f for f in term.factors if f[0] != which)
            return [(Term(rest, term.bound, term.distinct), value)] if value else []
    constrained = frozenset().union(*term.distinct) if term.distinct else frozenset()
    for index in term.bound:
        if index not in occurring and index not in constrained:
            rest = tuple(other for other in term.bound if other != index)
            sized = multiply(term.factors, ((Sym(SIZE + index.range, (), True), one),))
            return [(Term(sized, rest, term.distinct), one)]
    for index in term.bound:
        for other in (*term.bound, *sorted(free or (), key=lambda i: i.name)):
            pair = frozenset((index, other))
            if other.range != index.range or other == index or pair in term.distinct:
                continue
            return [(_merged(term, index, other), one), (Term(term.factors, term.bound, term.distinct | {pair}), one)]
    for index in term.bound:
        if index not in occurring and (free is not None or not _apart(term, index) - set(term.bound)):
            rest = tuple(other for other in term.bound if other != index)
            others = {i for i in (*rest, *(free or ())) if i.range == index.range}
            kept = frozenset(pair for pair in term.distinct if index not in pair)
            sized = multiply(term.factors, ((Sym(SIZE + index.range, (), True), one),))
            return [(Term(sized, rest, kept), one), (Term(term.factors, rest, kept), Fraction(-len(others)))]
    return None


_AT_ZERO = {name: Fraction(0) for name in ("sin", "tan", "sinh", "tanh", "arcsin")} | {
    name: Fraction(1) for name in ("exp", "cos", "cosh")
}


def _apart(term: Term, index: Index) -> set[Index]:
    """The indices that a bound index must differ from."""
    return {other for pair in term.distinct if index in pair for other in pair} - {index}


def _merged(term: Term, index: Index, into: Index) -> Term:
    bound = tuple(other for other in term.bound if other != index)
    change = {index: into}
    return Term(
        rename_factors(term.factors, change),
        bound,
        frozenset(frozenset(change.get(i, i) for i in pair) for pair in term.distinct),
    )


def _resolve_delta(
    term: Term, which: Delta, power: Fraction, all_different: bool
) -> list[tuple[Term, Fraction]] | None:
    rest = Term(tuple(f for f in term.factors if f[0] != which), term.bound, term.distinct)
    if which.left == which.right:
        return [(rest, Fraction(1))]
    if power <= 0:
        raise SingularTerm("a Kronecker delta stands below a fraction bar")
    if which.left.is_label and which.right.is_label:
        return []
    for index, into in ((which.left, which.right), (which.right, which.left)):
        if index in term.bound:
            return [(_merged(rest, index, into), Fraction(1))]
    return [] if all_different else None


def _open_root(term: Term, which: Root, power: Fraction) -> list[tuple[Term, Fraction]] | None:
    """A power of a sum that has become a number, a single product or a whole power is multiplied out."""
    base = which.base
    if not base:
        if power < 0:
            raise SingularTerm("a denominator is zero where two indices coincide")
        return []
    opened = power_of(base, power)
    if len(opened.terms) == 1 and opened.terms[0][0].factors == ((which, power),):
        return None
    rest = Poly(((Term(tuple(f for f in term.factors if f[0] != which), term.bound, term.distinct), Fraction(1)),))
    return list((rest * freshen(opened)).terms)


def _named(term: Term, all_different: bool) -> Term:
    """Bound indices named in the way that sorts first; that free ones differ is understood if they all do."""
    pairs = frozenset(pair for pair in term.distinct if not all_different or pair & set(term.bound))
    if not term.bound:
        return Term(term.factors, (), pairs)
    bare = Term(term.factors, term.bound, pairs)
    best: Term | None = None
    for change in _namings(_classes(bare), _others(bare)):
        named = rename_term(bare, change)
        named = Term(named.factors, tuple(sorted(named.bound, key=lambda i: (i.range, i.name))), named.distinct)
        if best is None or named.sort_key < best.sort_key:
            best = named
    assert best is not None
    return best


def _others(term: Term) -> frozenset[Index]:
    return (indices_of_factors(term.factors) | frozenset().union(*term.distinct)) - set(term.bound)


def _classes(term: Term) -> list[list[Index]]:
    """The bound indices in classes that their places in the term tell apart, in an order that no name enters.

    Colour refinement: an index is told from another by the term with itself marked and all others by their class, as
    long as that splits classes. What is left in one class is tried in every order.
    """
    colour = {index: (index.range, 0) for index in term.bound}
    while len(set(colour.values())) < len(colour):
        marks: dict[Index, tuple[str, str]] = {}
        for index in term.bound:
            change = {other: Index(f"{colour[other][1]}?", other.range) for other in term.bound}
            change[index] = Index("!", index.range)
            factors = sorted(repr((rename_atom(which, change), power)) for which, power in term.factors)
            marks[index] = (index.range, f"{colour[index][1]:04}{factors}{_marked(term.distinct, change)}")
        ranks = {mark: rank for rank, mark in enumerate(sorted(set(marks.values())))}
        refined = {index: (index.range, ranks[mark]) for index, mark in marks.items()}
        if len(set(refined.values())) == len(set(colour.values())):
            break
        colour = refined
    classes: dict[tuple[str, int], list[Index]] = {}
    for index in term.bound:
        classes.setdefault(colour[index], []).append(index)
    return [classes[key] for key in sorted(classes)]


def _marked(distinct: frozenset[frozenset[Index]], change: Mapping[Index, Index]) -> list[list[str]]:
    return sorted(sorted(repr(change.get(index, index)) for index in pair) for pair in distinct)


def _namings(classes: list[list[Index]], taken: frozenset[Index]) -> Iterator[dict[Index, Index]]:
    """All ways to name the indices; a name that is free in the term, as inside a sum of an outer term, is left out."""
    if not classes:
        yield {}
        return
    indices, rest = classes[0], classes[1:]
    free_names = (Index(f"·{n}", indices[0].range) for n in count())
    names = list(islice((name for name in free_names if name not in taken), len(indices)))
    for order in permutations(indices):
        named = dict(zip(order, names, strict=True))
        for inner in _namings(rest, taken | set(names)):
            yield {**named, **inner}


# -- powers and functions --------------------------------------------------------------------------------------------


def power_of(base: Poly, exponent: Fraction) -> Poly:
    """A rational power: whole powers multiplied out, single products raised factor by factor where signs allow."""
    if exponent == 0:
        return number(1)
    if not base:
        if exponent < 0:
            raise SingularTerm("a denominator is zero")
        return Poly()
    if len(base.terms) == 1 and not base.terms[0][0].bound and not base.terms[0][0].distinct:
        single = _power_of_product(*base.terms[0], exponent)
        if single is not None:
            return single
    if exponent.denominator == 1 and exponent > 0:
        result = number(1)
        for _ in range(int(exponent)):
            result = result * freshen(base)
        return result
    base = recanonical(base)
    if not base:
        return power_of(base, exponent)
    leading = base.terms[0][1]
    scale = rational_power(leading if exponent.denominator == 1 else abs(leading), exponent)
    if scale is None or (len(base.terms) == 1 and base.terms[0][0].bound == () and abs(leading) == 1):
        return atom(Root(base), exponent)
    divisor = leading if exponent.denominator == 1 else abs(leading)
    return atom(Root(base.scaled(1 / divisor)), exponent).scaled(scale)


def _power_of_product(term: Term, coefficient: Fraction, exponent: Fraction) -> Poly | None:
    factors: list[Factor] = []
    for which, power in term.factors:
        if exponent.denominator != 1 and not is_positive(which):
            return None
        if isinstance(which, Fn) and which.name == "exp":
            factors.append((Fn("exp", which.argument.scaled(exponent)), power))
        else:
            factors.append((which, power * exponent))
    if exponent.denominator != 1 and coefficient < 0:
        return None
    scale = rational_power(coefficient, exponent)
    if scale is None:
        surd = [(prime, power * exponent) for prime, power in factorise(coefficient)]
        result = number(1)
        for prime, power in surd:
            whole = power.numerator // power.denominator
            part = power - whole
            result = result.scaled(Fraction(prime) ** whole)
            if part:
                result = result * atom(Root(number(prime)), part)
        return result * Poly(((Term(multiply(tuple(factors), ())), Fraction(1)),))
    return Poly(((Term(multiply(tuple(factors), ())), scale),))


def parts_of(which: Atom) -> tuple[Poly, ...]:
    """The normal forms inside an atom."""
    match which:
        case Fn(argument=inner) | Root(base=inner):
            return (inner,)
        case Value(arguments=arguments):
            return arguments
        case Moment(factors=factors):
            return (Poly(((Term(factors), Fraction(1)),)),)
        case Mean(word=word):
            return tuple(part for letter in word for part in letter.parts)
        case Entry(matrix=matrix) | Determinant(matrix=matrix) | Trace(matrix=matrix):
            return matrix.parts
    return ()


def atoms_in(poly: Poly) -> Iterator[Atom]:
    """All atoms of a normal form, at any depth."""
    for term, _ in poly.terms:
        for which, _ in term.factors:
            yield which
            for part in parts_of(which):
                yield from atoms_in(part)


def is_real(which: Atom) -> bool:
    """Whether an atom is known to be real: it is made of no imaginary unit, and of means of what is its own adjoint."""
    return not any(map(_may_be_complex, (which, *(inner for part in parts_of(which) for inner in atoms_in(part)))))


def _may_be_complex(which: Atom) -> bool:
    if isinstance(which, Mean):
        return tuple(letter.adjoint for letter in reversed(which.word)) != which.word
    return isinstance(which, Imaginary)


def is_positive(which: Atom) -> bool:
    match which:
        case Sym(positive=positive) | Determinant(positive=positive):
            return positive
        case Opaque():
            return True
        case Fn(name="exp"):
            return is_real(which)
        case Root(base=base):
            return is_square_sum(base) or (base.constant or 0) > 0
    return False


def _is_positive_term(term: Term) -> bool:
    return all(is_positive(which) for which, _ in term.factors)


def is_positive_sum(poly: Poly) -> bool:
    """Whether every term of a sum is positive, but for those with a Kronecker delta, which may be zero."""
    terms = [(Term(tuple(f for f in term.factors if not isinstance(f[0], Delta))), c) for term, c in poly.terms]
    has_plain = any(
        len(bare.factors) == len(term.factors) for (bare, _), (term, _) in zip(terms, poly.terms, strict=True)
    )
    return has_plain and all(c > 0 and _is_positive_term(bare) for bare, c in terms)


def is_square_sum(base: Poly) -> bool:
    """Whether a polynomial is a sum over one index of squares of real differences: a squared length."""
    if all(c > 0 and all(is_positive(a) or (p % 2 == 0 and is_real(a)) for a, p in t.factors) for t, c in base.terms):
        return True
    bounds = {term.bound for term, _ in base.terms}
    if len(bounds) != 1 or len(next(iter(bounds))) != 1:
        return False
    squares = {t.factors[0][0]: c for t, c in base.terms if len(t.factors) == 1 and t.factors[0][1] == 2}
    cross = [(t.factors, c) for t, c in base.terms if len(t.factors) == 2 and all(p == 1 for _, p in t.factors)]
    if len(squares) != 2 or len(cross) != 1 or len(base.terms) != 3:
        return False
    (first, a), (second, b) = squares.items()
    (pair, c) = cross[0]
    real = is_real(first) and is_real(second)
    return real and {which for which, _ in pair} == {first, second} and a > 0 and c * c <= 4 * a * b


def log_of(argument: Poly) -> Poly:
    """The logarithm; of a product of positive factors the sum of theirs."""
    argument = recanonical(argument)
    if len(argument.terms) == 1:
        term, coefficient = argument.terms[0]
        plain = not term.bound and not term.distinct
        if coefficient > 0 and plain and all(is_positive(which) for which, _ in term.factors):
            result = Poly()
            for prime, power in factorise(coefficient):
                result = result + atom(Fn("log", number(prime))).scaled(power)
            for which, power in term.factors:
                if isinstance(which, Fn) and which.name == "exp":
                    result = result + which.argument.scaled(power)
                elif isinstance(which, Root):
                    result = result + atom(Fn("log", which.base)).scaled(power)
                else:
                    result = result + atom(Fn("log", atom(which))).scaled(power)
            return result
    return atom(Fn("log", argument))


def exp_of(argument: Poly) -> Poly:
    """The exponential; exp of a rational multiple of a logarithm is a power."""
    argument = recanonical(argument)
    rest: list[tuple[Term, Fraction]] = []
    result = number(1)
    for term, coefficient in argument.terms:
        inner = _is_log(term)
        if inner is not None:
            result = result * freshen(power_of(inner, coefficient))
        else:
            rest.append((term, coefficient))
    exponent = collect(rest)
    return result * atom(Fn("exp", exponent)) if exponent else result


def _is_log(term: Term) -> Poly | None:
    """The argument of a term that is a bare logarithm of something positive."""
    if term.bound or term.distinct or len(term.factors) != 1:
        return None
    which, power = term.factors[0]
    if power == 1 and isinstance(which, Fn) and which.name == "log" and len(which.argument.terms) == 1:
        inner, coefficient = which.argument.terms[0]
        if coefficient > 0 and not inner.distinct and all(is_positive(a) for a, _ in inner.factors):
            return which.argument
    return None


def apply_function(name: str, argument: Poly) -> Poly:
    """A function of a scalar, with the identities that need no hypothesis."""
    if name == "exp":
        return exp_of(argument)
    if name == "log":
        return log_of(argument)
    if name == "sqrt":
        return power_of(argument, Fraction(1, 2))
    argument = recanonical(argument)
    odd = name in ("sin", "tan", "sinh", "tanh", "arcsin")
    if name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin") and argument and argument.terms[0][1] < 0:
        flipped = atom(Fn(name, -argument))
        return -flipped if odd else flipped
    if not argument and odd:
        return Poly()
    return atom(Fn(name, argument))
