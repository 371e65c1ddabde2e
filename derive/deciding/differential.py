"""A differential ring over Q(x, parameters): polynomials in generators whose derivatives lie in the ring again.

Generators are exponentials, powers with constant exponents, logarithms and inverse functions, sines and cosines, and
the functions F, theta F, … of each class of generalised hypergeometric functions with one argument (DLMF 16.3, 16.8.1).
Members of a class differ by integers in their parameters: raising an upper or lowering a lower parameter is a
differential operator, (theta + a) F = a F(a + 1) and (theta + b - 1) F = (b - 1) F(b - 1), so all are written through
the one with the least upper and the greatest lower parameters.

An element is a mapping from monomials to rational functions; it is zero if it is empty, and otherwise satisfies a
linear differential equation, since its derivatives lie in a space of finite dimension.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from derive.deciding.errors import NotReducible
from derive.deciding.rationals import Rational, RationalField, dependency

Monomial = tuple[tuple[int, int], ...]
Element = dict[Monomial, Rational]
MAX_ORDER = 6
MAX_GENERATORS = 24
MAX_SHIFT = 12
_ONE: Monomial = ()


@dataclass
class HyperClass:
    """All members of one class; `places` are the generators theta**i F of its base."""

    upper: list[Any]
    lower: list[Any]
    argument: Any
    places: list[int] = field(default_factory=list)

    @property
    def order(self) -> int:
        """The order of the differential equation."""
        return max(len(self.upper), len(self.lower) + 1)


class DifferentialRing:
    """Reads expressions in x; parameters and constants are indeterminates of the coefficient field."""

    def __init__(self, x: Any, expr: Any) -> None:
        self.x = x
        self.constants: dict[Any, Any] = {}
        prepared = self._constants_held(expr)
        symbols = sorted(prepared.free_symbols - {x}, key=str)
        self.field = RationalField([x, *symbols])
        self.meaning: list[Any] = []
        self.slopes: list[Element | None] = []
        self.known: dict[Any, int] = {}
        self.classes: list[HyperClass] = _classes(prepared, x)
        self.element = self.read(prepared)

    def _constants_held(self, expr: Any) -> Any:
        """Constant subexpressions that are not rational in the parameters, as symbols."""
        if not expr.args:
            if expr.is_number and not isinstance(expr, sp.Rational):
                return self._held(expr)
            return expr
        if not expr.has(self.x):
            if expr.is_rational_function(*expr.free_symbols) and not expr.has(sp.I) and not _irrational(expr):
                return expr
            if isinstance(expr, (sp.Add, sp.Mul)) or (isinstance(expr, sp.Pow) and expr.exp.is_Integer):
                return expr.func(*(self._constants_held(arg) for arg in expr.args))
            return self._held(expr)
        if isinstance(expr, sp.hyper):
            return expr
        if isinstance(expr, sp.Pow) and not expr.exp.has(self.x) and not expr.exp.is_Integer:
            return expr
        return expr.func(*(self._constants_held(arg) if isinstance(arg, sp.Expr) else arg for arg in expr.args))

    def _held(self, expr: Any) -> Any:
        for symbol, value in self.constants.items():
            if value == expr:
                return symbol
        symbol = sp.Symbol(f"held{len(self.constants)}")
        self.constants[symbol] = expr
        return symbol

    # Elements --------------------------------------------------------------------------------------------------------

    def add(self, one: Element, two: Element) -> Element:
        """The sum."""
        total = dict(one)
        for monomial, c in two.items():
            value = total[monomial] + c if monomial in total else c
            if value:
                total[monomial] = value
            else:
                total.pop(monomial, None)
        return total

    def scale(self, one: Element, factor: Rational) -> Element:
        """A multiple."""
        return {monomial: c * factor for monomial, c in one.items()} if factor else {}

    def mul(self, one: Element, two: Element) -> Element:
        """The product."""
        total: Element = {}
        for m1, c1 in one.items():
            for m2, c2 in two.items():
                powers = dict(m1)
                for place, e in m2:
                    powers[place] = powers.get(place, 0) + e
                total = self.add(total, {tuple(sorted((p, e) for p, e in powers.items() if e)): c1 * c2})
        return total

    def derivative(self, one: Element) -> Element:
        """d/dx."""
        total: Element = {}
        for monomial, c in one.items():
            slope = self.field.derivative(c)
            if slope:
                total = self.add(total, {monomial: slope})
            for place, e in monomial:
                inner = self.slopes[place]
                if inner is None:
                    raise NotReducible("a derivative is not known")
                rest = tuple((p, k - (p == place)) for p, k in monomial if k - (p == place))
                scaled = self.scale(inner, c * self.field.constant(e))
                total = self.add(total, self.mul({rest: self.field.constant(1)}, scaled))
        return total

    def _generator(self, meaning: Any) -> int:
        if len(self.meaning) >= MAX_GENERATORS:
            raise NotReducible("too many functions")
        self.meaning.append(meaning)
        self.slopes.append(None)
        return len(self.meaning) - 1

    def generator(self, place: int) -> Element:
        """A generator as an element."""
        return {((place, 1),): self.field.constant(1)}

    # Reading ---------------------------------------------------------------------------------------------------------

    def read(self, expr: Any) -> Element:
        """An expression in x as an element."""
        if not expr.has(self.x) or expr == self.x:
            value = self.field.read(expr)
            return {_ONE: value} if value else {}
        if isinstance(expr, sp.Add):
            total: Element = {}
            for arg in expr.args:
                total = self.add(total, self.read(arg))
            return total
        if isinstance(expr, sp.Mul):
            total = {_ONE: self.field.constant(1)}
            for arg in expr.args:
                total = self.mul(total, self.read(arg))
            return total
        if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
            return self._integer_power(expr)
        if isinstance(expr, sp.hyper):
            return self._hyper(expr)
        return self._function(expr)

    def _integer_power(self, expr: Any) -> Element:
        n = int(expr.exp)
        base = self.read(expr.base)
        if set(base) <= {_ONE}:
            value = self.field.power(base.get(_ONE, self.field.constant(0)), n)
            return {_ONE: value} if value else {}
        if len(base) == 1:
            ((monomial, c),) = base.items()
            if n >= 0 or all(self._invertible(place) for place, _ in monomial):
                return {tuple((p, e * n) for p, e in monomial if e * n): self.field.power(c, n)}
        if not 0 <= n <= 8:
            raise NotReducible(f"{expr} has no linear differential equation here")
        total: Element = {_ONE: self.field.constant(1)}
        for _ in range(n):
            total = self.mul(total, base)
        return total

    def _invertible(self, place: int) -> bool:
        meaning = self.meaning[place]
        return isinstance(meaning, (sp.exp, sp.Pow))

    def _function(self, expr: Any) -> Element:
        """A function of a rational argument, or a power with a constant exponent."""
        if expr in self.known:
            return self.generator(self.known[expr])
        if isinstance(expr, sp.Pow):
            if expr.exp.has(self.x):
                raise NotReducible(f"{expr} is no power with a constant exponent")
            slope = expr.exp * sp.diff(expr.base, self.x) / expr.base
            place = self.known[expr] = self._generator(expr)
            self.slopes[place] = self.mul(self.read(self._constants_held(slope)), self.generator(place))
            return self.generator(place)
        u = expr.args[0]
        if isinstance(expr, sp.exp):
            place = self.known[expr] = self._generator(expr)
            self.slopes[place] = self.mul(self.read(sp.diff(u, self.x)), self.generator(place))
            return self.generator(place)
        pairs = {sp.sin: (sp.cos, 1), sp.cos: (sp.sin, -1), sp.sinh: (sp.cosh, 1), sp.cosh: (sp.sinh, 1)}
        if expr.func in pairs:
            other, sign = pairs[expr.func]
            place = self.known[expr] = self._generator(expr)
            mate = self.known[other(u)] = self._generator(other(u))
            slope = self.read(sp.diff(u, self.x))
            back = pairs[other][1]
            self.slopes[place] = self.scale(self.mul(slope, self.generator(mate)), self.field.constant(sign))
            self.slopes[mate] = self.scale(self.mul(slope, self.generator(place)), self.field.constant(back))
            return self.generator(place)
        if isinstance(expr, (sp.log, sp.atan, sp.asin, sp.acos, sp.asinh, sp.acosh, sp.atanh)):
            place = self.known[expr] = self._generator(expr)
            self.slopes[place] = self.read(self._constants_held(sp.diff(expr, self.x)))
            return self.generator(place)
        raise NotReducible(f"{expr} has no linear differential equation here")

    # Hypergeometric functions ----------------------------------------------------------------------------------------

    def _hyper(self, expr: Any) -> Element:
        home, ups, downs = _locate(self.classes, expr)
        if not home.places:
            self._start(home)
        vector = [self.field.constant(1 if i == 0 else 0) for i in range(home.order)]
        for parameter, count in ups:
            for j in range(count):
                vector = self._shift(home, vector, parameter + j)
        for parameter, count in downs:
            for j in range(count):
                vector = self._shift(home, vector, parameter - j - 1)
        total: Element = {}
        for place, c in zip(home.places, vector, strict=True):
            total = self.add(total, self.scale(self.generator(place), c))
        return total

    def _start(self, home: HyperClass) -> None:
        base = sp.hyper(home.upper, home.lower, home.argument)
        home.places = [self._generator((base, i)) for i in range(home.order)]
        g = self.field.read(home.argument)
        growth = self.field.derivative(g) / g
        for i, place in enumerate(home.places[:-1]):
            self.slopes[place] = self.scale(self.generator(home.places[i + 1]), growth)
        highest = self._theta([self.field.constant(0)] * (home.order - 1) + [self.field.constant(1)], home)
        total: Element = {}
        for place, c in zip(home.places, highest, strict=True):
            total = self.add(total, self.scale(self.generator(place), c * growth))
        self.slopes[home.places[-1]] = total

    def _theta(self, vector: list[Rational], home: HyperClass) -> list[Rational]:
        """theta = g d/dg of a combination of theta**i F, with rational coefficients."""
        g = self.field.read(home.argument)
        speed = g / self.field.derivative(g)
        result = [speed * self.field.derivative(c) for c in vector]
        for i, c in enumerate(vector[:-1]):
            result[i + 1] = result[i + 1] + c
        top = vector[-1]
        if top:
            for i, c in enumerate(self._reduction(home)):
                result[i] = result[i] + top * c
        return result

    def _reduction(self, home: HyperClass) -> list[Rational]:
        """theta**order F through lower powers: theta prod(theta + b - 1) F = g prod(theta + a) F."""
        g = self.field.read(home.argument)
        one = self.field.constant(1)
        left = [self.field.constant(0), one]
        for b in home.lower:
            left = _convolve(left, self.field.read(b - 1), self.field)
        right = [one]
        for a in home.upper:
            right = _convolve(right, self.field.read(a), self.field)
        size = home.order + 1
        left += [self.field.constant(0)] * (size - len(left))
        right += [self.field.constant(0)] * (size - len(right))
        total = [lo - g * hi for lo, hi in zip(left, right, strict=True)]
        return [-(c / total[-1]) for c in total[:-1]]

    def _shift(self, home: HyperClass, vector: list[Rational], parameter: Any) -> list[Rational]:
        """(theta + parameter)/parameter."""
        p = self.field.read(parameter)
        moved = self._theta(vector, home)
        return [(m + p * v) / p for m, v in zip(moved, vector, strict=True)]

    # The equation ----------------------------------------------------------------------------------------------------

    def equation(self) -> list[Rational] | None:
        """Coefficients c_0 … c_(r - 1), 1 of an equation c_0 y + … + y^(r) = 0 for the element, or None."""
        derivatives = [self.element]
        for _ in range(MAX_ORDER):
            derivatives.append(self.derivative(derivatives[-1]))
            monomials = sorted(set().union(*derivatives))
            zero = self.field.constant(0)
            rows = [[d.get(m, zero) for m in monomials] for d in derivatives]
            found = dependency(rows, self.field)
            if found is not None:
                return found
        return None


def _irrational(expr: Any) -> bool:
    return any(n.is_number and not isinstance(n, sp.Rational) for n in sp.preorder_traversal(expr) if not n.args)


def _convolve(poly: list[Rational], root: Rational, fld: RationalField) -> list[Rational]:
    """A polynomial in theta times (theta + root)."""
    result = [fld.constant(0)] * (len(poly) + 1)
    for i, c in enumerate(poly):
        result[i] = result[i] + c * root
        result[i + 1] = result[i + 1] + c
    return result


def _classes(expr: Any, x: Any) -> list[HyperClass]:
    """The classes, each with the base from which all its members are reached."""
    classes: list[HyperClass] = []
    for node in sorted((n for n in expr.atoms(sp.hyper) if n.has(x)), key=sp.default_sort_key):
        if any(a.has(x) for a in (*node.ap, *node.bq)):
            raise NotReducible("a parameter of a hypergeometric function varies")
        for home in classes:
            match = _match(home, node)
            if match is not None:
                ups, downs = match
                home.upper = [sp.expand(a + min(gap, 0)) for a, gap in zip(home.upper, ups, strict=True)]
                home.lower = [sp.expand(b + max(gap, 0)) for b, gap in zip(home.lower, downs, strict=True)]
                break
        else:
            classes.append(HyperClass(list(node.ap), list(node.bq), sp.cancel(node.argument)))
    return classes


def _match(home: HyperClass, node: Any) -> tuple[list[int], list[int]] | None:
    """The integers by which the parameters of a node lie above those of the class."""
    if sp.cancel(node.argument - home.argument) != 0:
        return None
    gaps = []
    for own, other in ((home.upper, list(node.ap)), (home.lower, list(node.bq))):
        if len(own) != len(other):
            return None
        found: list[int] = []
        left = list(other)
        for parameter in own:
            fit = next((o for o in left if (d := sp.expand(o - parameter)).is_Integer and abs(d) <= MAX_SHIFT), None)
            if fit is None:
                return None
            left.remove(fit)
            found.append(int(sp.expand(fit - parameter)))
        gaps.append(found)
    return gaps[0], gaps[1]


def _locate(classes: list[HyperClass], node: Any) -> tuple[HyperClass, list[tuple[Any, int]], list[tuple[Any, int]]]:
    for home in classes:
        match = _match(home, node)
        if match is not None and all(g >= 0 for g in match[0]) and all(g <= 0 for g in match[1]):
            ups = [(a, g) for a, g in zip(home.upper, match[0], strict=True) if g]
            downs = [(b, -g) for b, g in zip(home.lower, match[1], strict=True) if g]
            return home, ups, downs
    raise NotReducible("a hypergeometric function is out of reach")
