"""Exact polynomials over the Gaussian rationals in numbered atoms, and the solution of equations between them.

An atom is a number, such as the value of a field at a site and a time; what it stands for is known to the model that
handed it out. Polynomials are small dictionaries, since of thousands of atoms each occurs in few terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from sympy import QQ, QQ_I

Monomial = tuple[int, ...]
"""Atoms in ascending order, each as often as its power."""

Gaussian = Any
"""An element of Q(i), of SymPy's domain ``QQ_I``."""

ONE: Gaussian = QQ_I(1)
IMAGINARY: Gaussian = QQ_I(0, 1)


def rational(value: int | Fraction) -> Gaussian:
    """A rational number as an element of Q(i)."""
    value = Fraction(value)
    return QQ_I(QQ(value.numerator, value.denominator), QQ(0))


def spelled(value: Gaussian) -> str:
    """An element of Q(i) as text.

    >>> spelled(rational(Fraction(-1, 2))), spelled(IMAGINARY * rational(2) + ONE), spelled(IMAGINARY)
    ('-1/2', '1 + 2i', 'i')
    """
    real, imaginary = Fraction(str(value.x)), Fraction(str(value.y))
    if not imaginary:
        return str(real)
    size = "" if abs(imaginary) == 1 else str(abs(imaginary))
    sign = "-" if imaginary < 0 else "+"
    if not real:
        return f"{sign if sign == '-' else ''}{size}i"
    return f"{real} {sign} {size}i"


class Poly:
    """A polynomial: the coefficient, never zero, of each monomial.

    >>> x, y = Poly.atom(1), Poly.atom(2)
    >>> ((x + y) * (x - y)).terms == (x * x - y * y).terms
    True
    """

    __slots__ = ("terms",)

    def __init__(self, terms: dict[Monomial, Gaussian] | None = None) -> None:
        self.terms: dict[Monomial, Gaussian] = terms if terms is not None else {}

    @staticmethod
    def number(value: Gaussian | int | Fraction) -> Poly:
        if isinstance(value, int | Fraction):
            value = rational(value)
        return Poly({(): value}) if value else Poly()

    @staticmethod
    def atom(number: int) -> Poly:
        return Poly({(number,): ONE})

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __add__(self, other: Poly) -> Poly:
        if not other.terms:
            return self
        if not self.terms:
            return other
        terms = dict(self.terms)
        accumulate(terms, other.terms, None)
        return Poly(terms)

    def __neg__(self) -> Poly:
        return Poly({monomial: -value for monomial, value in self.terms.items()})

    def __sub__(self, other: Poly) -> Poly:
        if not other.terms:
            return self
        terms = dict(self.terms)
        accumulate(terms, other.terms, -ONE)
        return Poly(terms)

    def __mul__(self, other: Poly) -> Poly:
        if len(self.terms) < len(other.terms):
            self, other = other, self
        if not other.terms:
            return other
        if len(other.terms) == 1 and () in other.terms:
            return self.times(other.terms[()])
        terms: dict[Monomial, Gaussian] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                monomial = tuple(sorted(left + right)) if left and right else left + right
                accumulate(terms, {monomial: a * b}, None)
        return Poly(terms)

    def times(self, factor: Gaussian) -> Poly:
        if not factor:
            return Poly()
        if factor == ONE:
            return self
        return Poly({monomial: value * factor for monomial, value in self.terms.items()})

    def power(self, exponent: int) -> Poly:
        result = Poly.number(1)
        for _ in range(exponent):
            result = result * self
        return result

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    @property
    def degree(self) -> int:
        return max((len(monomial) for monomial in self.terms), default=0)

    @property
    def constant(self) -> Gaussian | None:
        """Its value where it is a number; None where atoms occur in it."""
        if not self.terms:
            return QQ_I(0)
        return self.terms[()] if len(self.terms) == 1 and () in self.terms else None

    def atoms(self) -> set[int]:
        return {atom for monomial in self.terms for atom in monomial}

    def over_atoms(self, change: Callable[[int], Poly]) -> Poly:
        """The sum over all atoms of the derivative by the atom, times what ``change`` makes of the atom."""
        terms: dict[Monomial, Gaussian] = {}
        for monomial, value in self.terms.items():
            for place, atom in enumerate(monomial):
                new = change(atom)
                if new:
                    rest = Poly({monomial[:place] + monomial[place + 1 :]: value})
                    accumulate(terms, (rest * new).terms, None)
        return Poly(terms)

    def put(self, values: Mapping[int, Poly]) -> Poly:
        """The polynomial with polynomials in the place of some atoms."""
        if not any(atom in values for monomial in self.terms for atom in monomial):
            return self
        terms: dict[Monomial, Gaussian] = {}
        for monomial, value in self.terms.items():
            product = Poly({tuple(atom for atom in monomial if atom not in values): value})
            for atom in monomial:
                if atom in values:
                    product = product * values[atom]
            accumulate(terms, product.terms, None)
        return Poly(terms)


def accumulate(terms: dict[Monomial, Gaussian], more: Mapping[Monomial, Gaussian], factor: Gaussian | None) -> None:
    """Adds a multiple of a polynomial's terms to ``terms``."""
    for monomial, value in more.items():
        new = value if factor is None else value * factor
        if monomial in terms:
            new = terms[monomial] + new
        if new:
            terms[monomial] = new
        else:
            terms.pop(monomial, None)


class Contradiction(Exception):
    """Equations have no solution."""


class Solution:
    """What follows from linear equations: each solved atom by others that come before it in an order.

    >>> x, y = Poly.atom(1), Poly.atom(2)
    >>> solved = Solution([x + y - Poly.number(3), x - y - Poly.number(1)])
    >>> solved.reduce(x * y).constant == rational(2)
    True
    """

    def __init__(self, equations: Iterable[Poly] = (), order: Callable[[int], Any] = lambda atom: atom) -> None:
        """Raises Contradiction where the linear ones among the equations have no solution.

        ``order`` says which atoms are solved for first: those for which it is largest.
        """
        self.order = order
        self.solved: dict[int, Poly] = {}
        self.left: list[Poly] = []
        """The equations that are not linear, also where those that are have been put in."""
        self._full: dict[int, Poly] = {}
        waiting = [equation for equation in equations if equation]
        while waiting:
            waiting.sort(key=lambda equation: (equation.degree > 1, len(equation.terms)))
            later: list[Poly] = []
            for equation in waiting:
                if equation.degree > 1:
                    equation = self.reduce(equation)
                if equation.degree > 1:
                    later.append(equation)
                else:
                    self._add(equation)
            if len(later) == len(waiting):
                self.left = later
                return
            waiting = [new for new in map(self.reduce, later) if new]

    def _add(self, equation: Poly) -> None:
        """Takes a linear equation in."""
        terms = dict(equation.terms)
        while True:
            atoms = [monomial[0] for monomial in terms if monomial]
            if not atoms:
                if terms:
                    raise Contradiction
                return
            known = [atom for atom in atoms if atom in self.solved]
            if not known:
                break
            first = max(known, key=self.order)
            value = terms.pop((first,))
            accumulate(terms, self.solved[first].terms, value)
        pivot = max(atoms, key=self.order)
        value = terms.pop((pivot,))
        self.solved[pivot] = Poly(terms).times(-ONE / value)
        self._full.clear()

    def _value(self, atom: int) -> Poly:
        """A solved atom by atoms that are not solved."""
        stack = [atom]
        while stack:
            top = stack[-1]
            if top in self._full:
                stack.pop()
                continue
            needed = [a for a in self.solved[top].atoms() if a in self.solved and a not in self._full]
            if needed:
                stack.extend(needed)
                continue
            self._full[top] = self.solved[top].put(self._full)
            stack.pop()
        return self._full[atom]

    def reduce(self, poly: Poly) -> Poly:
        """The polynomial with all solved atoms replaced."""
        known = [atom for atom in poly.atoms() if atom in self.solved]
        return poly.put({atom: self._value(atom) for atom in known}) if known else poly

    def values(self, free: Mapping[int, Gaussian], atoms: Iterable[int]) -> dict[int, Gaussian]:
        """Values of atoms in the solution in which the free atoms have the values given; zero where none is given."""
        given = {atom: Poly.number(value) for atom, value in free.items()}
        found: dict[int, Gaussian] = {}
        for atom in atoms:
            value = self.reduce(Poly.atom(atom))
            value = value.put({a: given.get(a, Poly()) for a in value.atoms()})
            found[atom] = value.constant
        return found


__all__ = ["IMAGINARY", "ONE", "Contradiction", "Gaussian", "Poly", "Solution", "accumulate", "rational", "spelled"]
