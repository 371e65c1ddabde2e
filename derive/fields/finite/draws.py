"""Matrices of exact numbers that meet conditions: linear ones are solved, others met by sign matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, permutations, product
from random import Random

from derive.domains import NotRealisable
from derive.fields.finite.arrays import LEVI_CIVITA, PAULI, Array
from derive.fields.finite.polynomials import IMAGINARY, Contradiction, Gaussian, Poly, Solution, rational

ATTEMPTS = 400
"""How many small values are tried in all before a draw is given up; a large one counts as several."""
NUMBERS = tuple(Fraction(text) for text in ("-2", "-1", "1", "2", "3", "1/2", "-3/2", "5/3"))


@dataclass(frozen=True, slots=True)
class Key:
    """Which matrix: its name, the values of its labels, and the time where it depends on that."""

    name: str
    labels: tuple[object, ...] = ()
    time: int | None = None

    def __str__(self) -> str:
        labels = f"_{','.join(map(str, self.labels))}" if self.labels else ""
        return f"{self.name}{labels}" + (f"(t{self.time:+d})" if self.time else "")


@dataclass(slots=True)
class Unknown:
    """A matrix that is drawn: its shape, its declared properties, and what it may be made of."""

    rows: int
    columns: int
    properties: frozenset[str] = frozenset()
    is_inverted: bool = False
    spread: tuple[Array, ...] = ()
    """Where not empty, it is a combination of these matrices, so that there are few numbers to solve for."""


@dataclass(slots=True)
class Condition:
    """Equations between matrices: what they mention, which matrix they define if any, and what has to vanish."""

    keys: frozenset[Key]
    defines: Key | None
    residual: Callable[[dict[Key, Array]], list[Poly]]
    source: str = ""


def draw(
    unknowns: dict[Key, Unknown],
    conditions: Sequence[Condition],
    random: Random,
    *,
    complex_entries: bool = False,
    first_atom: int = 0,
) -> dict[Key, Array]:
    """Numbers for all matrices with which all conditions hold.

    Atoms from ``first_atom`` on are used for entries that are not known yet. Raises NotRealisable where none are found.
    """
    problem = ""
    tables = _Tables(complex_entries)
    for order in _orders(unknowns, conditions, random):
        search = _Search(unknowns, conditions, random, order, tables, first_atom)
        found = search.run()
        if found is not None:
            return _turned(search, found)
        problem = problem or search.problem
    raise NotRealisable(problem or "no matrices were found that meet the conditions on them")


class _Tables:
    """The matrices of signs of each size, and which of them meet conditions, found out once."""

    def __init__(self, complex_entries: bool) -> None:
        self.complex_entries = complex_entries
        self._candidates: dict[int, list[Array]] = {}
        self._met: dict[tuple[object, ...], tuple[Condition, tuple[Array, ...], bool]] = {}

    def candidates(self, size: int) -> list[Array]:
        if size not in self._candidates:
            self._candidates[size] = list(islice(sign_matrices(size, self.complex_entries), 1000))
        return self._candidates[size]

    def meets(self, condition: Condition, known: dict[Key, Array]) -> bool:
        """Whether matrices meet a condition."""
        values = tuple(known[key] for key in sorted(condition.keys, key=str))
        place = (id(condition), *map(id, values))
        if place not in self._met:
            # The matrices are kept, so that no other one gets their identity.
            self._met[place] = condition, values, not any(condition.residual(known))
        return self._met[place][2]


def _turned(search: _Search, found: dict[Key, Array]) -> dict[Key, Array]:
    """The same in another basis, in half of the draws, if that meets all conditions: matrices of signs are special."""
    sizes = {found[key].rows for key in search.searched}
    if len(sizes) != 1 or search.random.random() < 0.5:
        return found
    size = sizes.pop()
    basis = Array.identity(size)
    for row in range(size):
        for column in range(size):
            if row != column and search.random.random() < 0.4:
                shear = Array.identity(size) + Array(
                    size, size, {(row, column): Poly.number(search.random.choice((1, -1)))}
                )
                basis = basis * shear
    inverse = basis.inverse()
    search.preset = {key: basis * found[key] * inverse for key in search.searched}
    return search.run() or found


def _orders(unknowns: dict[Key, Unknown], conditions: Sequence[Condition], random: Random) -> Iterator[list[Key]]:
    """Orders in which matrices are drawn: what is defined comes behind what it is defined by."""
    needed: dict[Key, set[Key]] = {key: set() for key in unknowns}
    for condition in conditions:
        if condition.defines is not None:
            needed[condition.defines] |= condition.keys - {condition.defines}
    for _ in range(3):
        rest = list(unknowns)
        random.shuffle(rest)
        order: list[Key] = []
        while rest:
            nearest = min(rest, key=lambda key: (len(needed[key] - set(order)), len(needed[key])))
            order.append(nearest)
            rest.remove(nearest)
        yield order


class _Search:
    """A depth-first search through values of the matrices in one order."""

    def __init__(
        self,
        unknowns: dict[Key, Unknown],
        conditions: Sequence[Condition],
        random: Random,
        order: list[Key],
        tables: _Tables,
        first_atom: int,
    ) -> None:
        self.unknowns = unknowns
        self.random = random
        self.order = order
        self.tables = tables
        self.preset: dict[Key, Array] = {}
        """Values that are tried, and no others, for some matrices."""
        self.searched: set[Key] = set()
        """The matrices whose values were searched for and not solved for."""
        self.first_atom = first_atom
        self.tried = 0
        self.problem = ""
        self.due: dict[Key, list[Condition]] = {key: [] for key in order}
        """The conditions that are met when a matrix gets its value, since it is the last one in them."""
        for condition in conditions:
            places = [order.index(key) for key in condition.keys]
            if places:
                self.due[order[max(places)]].append(condition)

    def run(self) -> dict[Key, Array] | None:
        """Values of all matrices; None where none are found."""
        return self._from(0, {})

    def _from(self, level: int, known: dict[Key, Array]) -> dict[Key, Array] | None:
        if level == len(self.order):
            return known
        key = self.order[level]
        for value in self._values(key, known):
            self.tried += 1 + self.unknowns[key].rows ** 2 // 64
            if self.tried > ATTEMPTS:
                self.problem = self.problem or "no matrices were found that meet the conditions on them"
                return None
            found = self._from(level + 1, {**known, key: value})
            if found is not None:
                return found
        return None

    def _values(self, key: Key, known: dict[Key, Array]) -> Iterator[Array]:
        """Values of a matrix that meet what is due."""
        unknown = self.unknowns[key]
        if key in self.preset:
            value = self.preset[key]
            if not any(_properties(value, unknown.properties)) and all(
                self.tables.meets(condition, {**known, key: value}) for condition in self.due[key]
            ):
                yield value
            return
        symbolic, count = self._symbolic(unknown)
        equations: list[Poly] = _properties(symbolic, unknown.properties)
        try:
            for condition in self.due[key]:
                equations += condition.residual({**known, key: symbolic})
        except NotRealisable as error:
            self.problem = self.problem or str(error)
            return
        equations = [equation for equation in equations if equation]
        if all(equation.degree <= 1 for equation in equations):
            yield from self._solutions(key, symbolic, count, equations)
        else:
            yield from self._searched(key, known)

    def _symbolic(self, unknown: Unknown) -> tuple[Array, int]:
        """The matrix with atoms in the place of what is not known, and how many there are."""
        first = self.first_atom
        if unknown.spread:
            total = Array(unknown.rows, unknown.columns, {})
            for k, basis in enumerate(unknown.spread):
                total = total + basis.times(Poly.atom(first + k))
            return total, len(unknown.spread)
        places = list(product(range(unknown.rows), range(unknown.columns)))
        return Array(unknown.rows, unknown.columns, {p: Poly.atom(first + k) for k, p in enumerate(places)}), len(
            places
        )

    def _solutions(self, key: Key, symbolic: Array, count: int, equations: list[Poly]) -> Iterator[Array]:
        """Random points of the solutions of linear equations for the entries."""
        try:
            solution = Solution(equations)
        except Contradiction:
            self.problem = self.problem or f"no value of {key} meets the conditions on it"
            return
        atoms = range(self.first_atom, self.first_atom + count)
        free = [atom for atom in atoms if atom not in solution.solved]
        unknown = self.unknowns[key]
        singular: Array | None = None
        for _ in range(8 if free else 1):
            given: dict[int, Gaussian] = {}
            for atom in free:
                if len(free) <= 36 or self.random.random() < 36 / len(free):
                    given[atom] = rational(self.random.choice(NUMBERS))
            values = {a: Poly.number(value) for a, value in solution.values(given, atoms).items()}
            found = symbolic.map(lambda entry, values=values: entry.put(values))
            if _is_invertible(found):
                yield found
                if unknown.rows > 4:
                    return
            elif singular is None:
                singular = found
        if singular is not None and not (unknown.is_inverted or "invertible" in unknown.properties):
            yield singular
        elif singular is not None:
            self.problem = self.problem or f"no invertible value of {key} meets the conditions on it"

    def _searched(self, key: Key, known: dict[Key, Array]) -> Iterator[Array]:
        """Values among products of small matrices, for conditions that are not linear."""
        unknown = self.unknowns[key]
        if unknown.rows != unknown.columns or unknown.rows > 8:
            self.problem = self.problem or f"the conditions on {key}, of {unknown.rows} rows, are not linear"
            return
        candidates = list(self.tables.candidates(unknown.rows))
        self.random.shuffle(candidates)
        found = False
        for candidate in candidates:
            if any(_properties(candidate, unknown.properties)):
                continue
            if all(self.tables.meets(condition, {**known, key: candidate}) for condition in self.due[key]):
                found = True
                self.searched.add(key)
                yield candidate
        if not found:
            which = "complex" if self.tables.complex_entries else "real"
            said = f"no product of {which} Pauli-like matrices of size {unknown.rows} meets the conditions on {key}"
            others = sorted(str(other) for other in known if any(other in c.keys for c in self.due[key]))
            self.problem = self.problem or said + (f", for those found for {', '.join(others)}" if others else "")


def _properties(matrix: Array, properties: frozenset[str]) -> list[Poly]:
    """What has to vanish so that a matrix has its declared properties."""
    found: list[Poly] = []
    if "symmetric" in properties:
        found += (matrix + -matrix.transposed()).entries.values()
    if "antisymmetric" in properties:
        found += (matrix + matrix.transposed()).entries.values()
    if "diagonal" in properties:
        found += [value for (r, c), value in matrix.entries.items() if r != c]
    if "hollow" in properties:
        found += [value for (r, c), value in matrix.entries.items() if r == c]
    if unknown := properties & {"positive definite", "Hermitian", "unitary"}:
        raise NotRealisable(f"matrices with the property {min(unknown)!r} are not drawn")
    return found


def _is_invertible(matrix: Array) -> bool:
    if not matrix.is_square:
        return True
    try:
        matrix.inverse()
    except NotRealisable:
        return False
    return True


def sign_matrices(size: int, complex_entries: bool = False) -> Iterator[Array]:
    """Matrices of signs: tensor products of {1, σ1, iσ2, σ3}, with ±; with ±i as well if entries may be complex.

    Where the size is no power of two, signed permutations.

    >>> len(list(sign_matrices(2))), len(list(sign_matrices(4)))
    (8, 32)
    """
    factors = [rational(1), rational(-1)]
    if complex_entries:
        factors += [IMAGINARY, -IMAGINARY]
    for base in _real_products(size):
        for factor in factors:
            yield base.map(lambda entry, factor=factor: entry.times(factor))


def _real_products(size: int) -> Iterator[Array]:
    if size == 1:
        yield Array.identity(1)
    elif size % 2 == 0 and size & (size - 1) == 0:
        for left in (Array.identity(2), PAULI[1], LEVI_CIVITA, PAULI[3]):
            for right in _real_products(size // 2):
                yield left.tensor(right)
    else:
        for order in permutations(range(size)):
            for signs in product((1, -1), repeat=size - 1):
                yield Array(
                    size,
                    size,
                    {(k, c): Poly.number(s) for (k, c), s in zip(enumerate(order), (1, *signs), strict=True)},
                )


__all__ = ["ATTEMPTS", "Condition", "Key", "Unknown", "draw", "sign_matrices"]
