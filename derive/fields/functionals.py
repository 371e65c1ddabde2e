r"""Losses, Hamiltonians and their derivatives by variables.

A functional is a sum of products of two columns, of functions of columns that nothing defines, and of line integrals.
Its derivative by a variable is a column: ``½ π^T V π`` gives ``½ (V + V^T) π``, by parts where there are derivatives.
The derivative of a function that nothing defines is a column of its own. The derivative of one variable by another is
the Jacobian of one step, read off from the dynamics where a premise gives these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product as cartesian

from derive.algebra.rules import Unsupported
from derive.constants import constant
from derive.expression import Applied, Expr, Index, Mul, Over, Pow, walk
from derive.fields.letters import HERE, Field, Matrix, Move, Moved, order_key
from derive.fields.nodes import Gradient, LineIntegral, SpaceIntegral, Variable, letters_of
from derive.fields.rules import Relation
from derive.fields.terms import free_letters, terms
from derive.fields.values import Axes, Ends, Factor, Values, contract
from derive.fields.words import ONE, Element, inverse, total, transposed
from derive.fields.written_out import assignments, put
from derive.notation import Scope


@dataclass(frozen=True)
class Function:
    """A function that a premise defines."""

    parameters: tuple[Expr, ...]
    slots: tuple[Index, ...]
    body: Expr
    scope: Scope
    source: str


@dataclass(frozen=True)
class Change:
    """One variable is an invertible matrix times another."""

    of: Field
    matrix: Element
    source: str


@dataclass
class Knowledge:
    """What premises say of functions and variables, besides being equations."""

    functions: dict[str, Function] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    steps: dict[tuple[str, tuple[str, ...]], tuple[Element, str]] = field(default_factory=dict)
    """What a variable is at the next time, and where that is said."""
    relations: list[Relation] = field(default_factory=list)
    """What derivatives of functions satisfy by the rules of differentiation."""
    required: list[Element] = field(default_factory=list)
    """What has to vanish for a line integral not to depend on its path."""
    used: set[str] = field(default_factory=set)
    gradients: dict[str, tuple[Applied, Element]] = field(default_factory=dict)
    """Of the derivative of a function by one of its arguments: the function, and the argument."""


@dataclass
class Functional:
    """A sum of products of columns, of unknown functions and of line integrals."""

    products: list[tuple[Field, Element]] = field(default_factory=list)
    functions: list[tuple[Fraction, Applied]] = field(default_factory=list)
    integrals: list[tuple[Fraction, Variable, Element]] = field(default_factory=list)


class Calculus(Values):
    """Values, with derivatives by variables."""

    def __init__(self, scope: Scope, sizes: Mapping[str, int], known: Knowledge) -> None:
        super().__init__(scope, sizes)
        self.known = known

    # -- derivatives ---------------------------------------------------------------------------------------------

    def gradient(self, expr: Gradient) -> Factor:
        self.check_times(expr)
        by, axes = self.taken_by(expr.by)
        match expr.of:
            case Applied() as function:
                value = self.partial(function, by)
                if expr.total:
                    for other in self.arguments(function):
                        if other.name != by.name:
                            value = value + transposed(self.jacobian(other, by)) * self.partial(function, other)
                return Factor(value, axes)
            case Variable() as variable:
                of, rows = self.taken_by(variable)
                return Factor(self.jacobian(of, by), rows, axes)
            case Gradient(of=Applied() as function) as inner:
                first, rows = self.taken_by(inner.by)
                if (first.name, first.labels) != (by.name, by.labels):
                    raise Unsupported("a second derivative by two variables")
                return Factor(self.hessian(function, by), rows, axes)
        raise Unsupported("a derivative of what is no function and no variable")

    @staticmethod
    def check_times(expr: Gradient) -> None:
        """Raises Unsupported for derivatives that are neither of this time nor of one step to the next."""
        if isinstance(expr.of, Variable):
            if (expr.of.time, expr.by.time) not in ((None, None), (1, 0), (1, None)):
                raise Unsupported("the Jacobian of other than one step")
            return
        variables = (node for node in walk(expr) if isinstance(node, Variable))
        if any(variable.time for variable in variables):
            raise Unsupported("a derivative of a function at another time")

    def taken_by(self, variable: Variable) -> tuple[Field, Axes]:
        """A variable that is differentiated by, as a field, and the letters of its places."""
        factor = self.variable(variable, HERE)
        ((_, word),) = factor.value.terms
        found = word[-1]
        if not isinstance(found, Field) or found.move.sites:
            raise Unsupported("a derivative by what is no variable at a place")
        return replace(found, move=HERE), factor.rows

    def arguments(self, function: Applied) -> list[Field]:
        """The variables that a function is of. Raises Unsupported for anything else among its arguments."""
        found = []
        for argument in function.arguments:
            if isinstance(argument, Variable) and not argument.places:
                found += self.components(argument)
                continue
            value = self.whole_argument(argument)
            if len(value.terms) != 1:
                raise Unsupported("a total derivative of a function of expressions")
            ((_, word),) = value.terms
            assert isinstance(word[-1], Field)
            found.append(replace(word[-1], move=HERE))
        return found

    def components(self, variable: Variable) -> list[Field]:
        """A whole variable, as its components in the ranges that are written out."""
        out = [range(1, self.sizes[name] + 1) for name in variable.axes if name in self.sizes]
        labels = [tuple(map(str, chosen)) for chosen in cartesian(*out)]
        return [Field(variable.name, chosen, HERE) for chosen in labels]

    def whole_argument(self, argument: Expr) -> Element:
        """An argument of a function as a column: φ, or ``\\phi_i - B_i^j \\pi_j`` over its free letter."""
        if isinstance(argument, Variable) and not argument.places:
            return Element.of(self.field_of(argument, ()))
        free = [letter for letter in free_letters(argument) if not self.is_written_out(letter)]
        return self.value(argument, Ends({letter.range: letter for letter in free}))

    def jacobian(self, of: Field, by: Field) -> Element:
        """How a variable at the next time depends on another one now."""
        step = self.known.steps.get((of.name, of.labels))
        if step is None:
            return Element.of(self.unknown_matrix(f"∂{of.name}/∂{by.name}", (*of.labels, *by.labels)))
        self.known.used.add(step[1])
        return derivative(step[0], by)

    def partial(self, function: Applied, by: Field) -> Element:
        """The derivative of a function by a variable, all others held."""
        defined = self.known.functions.get(function.name)
        change = self.known.changes.get(by.name)
        if defined is not None and self.is_of(function, defined):
            self.known.used.add(defined.source)
            calculus = Calculus(defined.scope, self.sizes, self.known)
            numbers = dict(zip(defined.slots, [s for s in function.slots if isinstance(s, Index)], strict=False))
            body = put(defined.body, {k: v for k, v in numbers.items() if v.is_label})
            names = {
                node.name for argument in defined.parameters for node in walk(argument) if isinstance(node, Variable)
            }
            found = calculus.functional(body)
            if by.name not in names and change is not None and change.of.name in names:
                self.known.used.add(change.source)
                return inverse(transposed(change.matrix)) * calculus.by_parameter(found, change.of, names)
            return calculus.by_parameter(found, by, names)
        return self.unknown(function, by)

    def by_parameter(self, functional: Functional, by: Field, parameters: set[str]) -> Element:
        """The derivative by a parameter. Raises Unsupported for a formula with variables that are no parameters."""
        for other in sorted(self.variables_of(functional), key=order_key):
            if other.name not in parameters:
                raise Unsupported(f"the formula of a function has {other.name}, of which it is no function")
        return self.derived(functional, by)

    def variables_of(self, functional: Functional) -> set[Field]:
        """The variables of which a functional has products or integrals, as they are now."""
        columns = [rest for _, rest in functional.products] + [column for *_, column in functional.integrals]
        ends = {left for left, _ in functional.products}
        ends |= {x for column in columns for _, word in column.terms for x in word if isinstance(x, Field)}
        ends |= {self.taken_by(variable)[0] for _, variable, _ in functional.integrals}
        return {replace(end, move=HERE) for end in ends if not end.gradient}

    def is_of(self, function: Applied, defined: Function) -> bool:
        """Whether a function is taken at the variables that it is defined for."""
        return tuple(map(_bare, function.arguments)) == tuple(map(_bare, defined.parameters))

    def unknown(self, function: Applied, by: Field) -> Element:
        """The derivative of a function that nothing defines, by the chain rule from those by its arguments."""
        values = [self.whole_argument(argument) for argument in function.arguments]
        time = min((x.move.time for v in values for _, w in v.terms for x in w if isinstance(x, Field)), default=0)
        back = Move(time=-time)
        keys = [sorted(_key(_moved_all(value, back))) for value in values]
        name = f"{function.name}{tuple(str(s) for s in function.slots if isinstance(s, Index) and s.is_label)}{keys}"
        found = []
        for number, value in enumerate(values):
            chain = derivative(_moved_all(value, back), by)
            if chain:
                column = Field(
                    f"∂{number}{name}", by.labels if len(value.terms) == 1 else (), Move(time=time), gradient=True
                )
                self.known.gradients[column.name] = (function, value)
                found.append(transposed(chain) * Element.of(column))
        change = self.known.changes.get(by.name)
        if not found and change is not None:
            for number, value in enumerate(values):
                if derivative(value, change.of) == Element.number(1):
                    mine = Field(f"∂{by.name}{name}", by.labels, gradient=True)
                    other = Field(f"∂{number}{name}", change.of.labels, gradient=True)
                    rest = transposed(change.matrix) * Element.of(mine)
                    self.known.relations.append(
                        Relation(Element.of(other) - rest, frozenset((change.source,)), Element.of(other))
                    )
                    return Element.of(replace(mine, move=Move(time=time)))
        return total(found)

    def hessian(self, function: Applied, by: Field) -> Element:
        """The matrix of second derivatives of a function that nothing defines; it is symmetric."""
        if function.name in self.known.functions:
            raise Unsupported("second derivatives of a function that is defined")
        if len(function.arguments) != 1 or self.whole_argument(function.arguments[0]) != Element.of(by):
            raise Unsupported("second derivatives of a function of other than one variable")
        letter = self.unknown_matrix(f"∂∂{function.name}/∂{by.name}", by.labels)
        relation = Element.of(replace(letter, transposed=True)) - Element.of(letter)
        self.known.relations.append(Relation(relation, frozenset()))
        return Element.of(letter)

    def unknown_matrix(self, name: str, labels: tuple[str, ...]) -> Matrix:
        """A matrix of which nothing is known but its name: it may depend on the time, and be any over the sites."""
        on_sites = any(which.lattice for which in self.scope.ranges.values())
        return Matrix(name, labels, moves=True, on_sites=on_sites)

    # -- functionals ---------------------------------------------------------------------------------------------

    def functional(self, expr: Expr) -> Functional:
        """What is differentiated, as products of two columns and what cannot be taken apart further."""
        found = Functional()
        for sign, factors in terms(expr):
            self.collect(factors, Fraction(sign), found)
        return found

    def collect(self, factors: tuple[Expr, ...], sign: Fraction, found: Functional) -> None:
        for number, factor in enumerate(factors):
            rest = (*factors[:number], *factors[number + 1 :])
            match factor:
                case Over(index=index, body=body, excluded=(), operation="sum"):
                    choices = assignments([index], self.scope, self.sizes) if self.is_written_out(index) else [{}]
                    for numbers in choices:
                        for inner, more in terms(put(body, numbers)):
                            self.collect((*factors[:number], *more, *factors[number + 1 :]), sign * inner, found)
                    return
                case SpaceIntegral(body=body):
                    for inner, more in terms(body):
                        self.collect((*rest, *more), sign * inner, found)
                    return
                case Pow(base=base, exponent=exponent) if constant(exponent) == 2 and _varies(base):
                    for inner, more in terms(Mul((base, base))):
                        self.collect((*factors[:number], *more, *factors[number + 1 :]), sign * inner, found)
                    return
        letters = Counter(letter for factor in factors for letter in letters_of(factor))
        out = [letter for letter in letters if self.is_written_out(letter)]
        if out:
            for numbers in assignments(sorted(out, key=lambda i: i.name), self.scope, self.sizes):
                self.collect(tuple(put(factor, numbers) for factor in factors), sign, found)
            return
        if any(isinstance(factor, Applied | LineIntegral) for factor in factors):
            self.special(factors, sign, found)
            return
        self.bilinear([self.factor(factor, Ends()) for factor in factors], sign, found)

    def special(self, factors: tuple[Expr, ...], sign: Fraction, found: Functional) -> None:
        """A number times a function that nothing defines, or a line integral."""
        special = [factor for factor in factors if isinstance(factor, Applied | LineIntegral)]
        number = contract([self.factor(f, Ends()) for f in factors if f not in special], Ends())
        if len(special) != 1 or not number.is_number:
            raise Unsupported("a product with a function that nothing defines")
        coefficient = sign * next(iter(number.terms.values()), Fraction(0))
        match special[0]:
            case Applied() as function:
                defined = self.known.functions.get(function.name)
                if defined is not None and self.is_of(function, defined):
                    self.known.used.add(defined.source)
                    for inner, more in terms(defined.body):
                        self.collect(more, coefficient * inner, found)
                    return
                found.functions.append((coefficient, function))
            case LineIntegral(by=by, body=body):
                _, rows = self.taken_by(by)
                found.integrals.append((coefficient, by, self.value(body, Ends(rows))))

    def bilinear(self, factors: list[Factor], sign: Fraction, found: Functional) -> None:
        columns = [factor for factor in factors if factor.columns is None and factor.value.is_column]
        if not columns:
            return
        if len(columns) != 2:
            raise Unsupported("a product of other than two columns in a functional")
        left = columns[0]
        rest = contract([factor for factor in factors if factor is not left], Ends(dict(left.rows)))
        for (scalars, word), n in left.value.terms.items():
            end = word[-1]
            assert isinstance(end, Field)
            before = Element({(scalars, word[:-1]): n * sign}) * Element.of(Moved(end.move))
            found.products.append((replace(end, move=HERE), transposed(before) * rest))

    def derived(self, functional: Functional, by: Field) -> Element:
        """The derivative of a functional by a variable, all others held."""
        found = [rest for left, rest in functional.products if (left.name, left.labels) == (by.name, by.labels)]
        for left, rest in functional.products:
            found.append(transposed(derivative(rest, by)) * Element.of(left))
        for n, function in functional.functions:
            found.append(self.partial(function, by).scaled(n))
        for n, variable, column in functional.integrals:
            taken, _ = self.taken_by(variable)
            if (taken.name, taken.labels) == (by.name, by.labels):
                slope = self.slope_of(column, by)
                self.known.required.append(slope - transposed(slope))
                found.append(column.scaled(n))
        return total(found)

    def slope_of(self, column: Element, by: Field) -> Element:
        """The Jacobian of a field of force by a variable, with the second derivatives of what it is a gradient of."""
        found = [derivative(column, by)]
        for (scalars, word), n in column.terms.items():
            end = word[-1]
            if isinstance(end, Field) and end.gradient:
                function, argument = self.known.gradients[end.name]
                if len(function.arguments) != 1 or argument != Element.of(by):
                    raise Unsupported("second derivatives of a function of several variables")
                hessian = self.hessian(function, by)
                found.append(Element({(scalars, word[:-1]): n}) * hessian)
        return total(found)


def derivative(column: Element, by: Field) -> Element:
    """The operator that takes a variable to what a column has of it."""
    found = []
    for (scalars, word), n in column.terms.items():
        end = word[-1]
        if isinstance(end, Field) and (end.name, end.labels) == (by.name, by.labels):
            found.append(Element({(scalars, word[:-1]): n}) * Element.of(Moved(end.move)))
    return total(found)


def _moved_all(column: Element, by: Move) -> Element:
    return column if by.is_nothing else Element.of(Moved(by)) * column


def _key(column: Element) -> list[str]:
    found = []
    for (scalars, word), n in column.terms.items():
        letters = [
            f"{type(x).__name__}{getattr(x, 'name', '')}{getattr(x, 'labels', '')}{getattr(x, 'move', '')}"
            for x in word
        ]
        found.append(f"{n}{scalars if scalars != ONE else ''}{letters}")
    return found


def _varies(expr: Expr) -> bool:
    return any(isinstance(node, Variable) for node in walk(expr))


def _bare(argument: Expr) -> Expr:
    """An argument without its time, its point and its places."""
    if isinstance(argument, Variable):
        return replace(argument, time=None, point=False, places=())
    return argument
