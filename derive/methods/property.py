r"""Properties: what the paper says that a thing is, or what its kind implies.

=============================  =====================================================================================
``density in X``               the line's right side is a product of Gaussian densities over X, each with a positive
                               definite covariance, and mean and covariance free of X
``E free of X, Y``             no X or Y is left in the normal form of E
``E symmetric in i, j``        E does not change when the two indices are exchanged
``E positive``                 every term of E is positive
``E Hermitian``                the operator E is its own adjoint
``E divergence of Q from P``   E is the Kullback-Leibler divergence of Q, a density of all that P is one of, from P
=============================  =====================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.algebra.atoms import Atom, Delta, Entry, Letter, Mean, Sym
from derive.algebra.contents import mentions
from derive.algebra.indexed import Poly, SingularTerm, atoms_in, is_positive, is_real, recanonical
from derive.algebra.lowering import Lowering
from derive.algebra.matrix import InverseOf, letter_matrix
from derive.algebra.operators import Exponential, Momentum, Pauli
from derive.algebra.rules import Rule, Unsupported
from derive.comparison import worlds
from derive.domains import NotRealisable, elsewhere
from derive.expression import (
    Abs,
    Apart,
    Call,
    Density,
    Element,
    Expectation,
    Expr,
    Frac,
    Gaussian,
    Index,
    Integral,
    Kronecker,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pow,
    Symbol,
    ValueSum,
    is_plainly_real,
    put_symbol,
    substitute_indices,
    walk,
)
from derive.methods import exact
from derive.methods.goal import Answer, Goal, at, coincidences, fixed_indices
from derive.model import World
from derive.notation import NONNEGATIVE, Scope
from derive.verdict import Witness


@dataclass(frozen=True, slots=True)
class Property:
    """A property as it is written: its kind, what it is about (None for the line's right side), and the rest."""

    kind: str
    about: str | None
    of: tuple[str, ...] = ()


def parse(value: str) -> Property | None:
    """The property that a text states, or None if it is a formula.

    >>> parse(r"\\mathbf{K} free of \\vec{\\mathbf{r}}_{1:N}").kind
    'free of'
    >>> parse("a = b") is None
    True
    """
    found = re.fullmatch(r"density in (.+)", value)
    if found:
        return Property("density", None, (found[1],))
    found = re.fullmatch(r"(.+?) free of (.+)", value)
    if found:
        return Property("free of", found[1], tuple(part.strip() for part in found[2].split(";")))
    found = re.fullmatch(r"(.+?) symmetric in (\w), (\w)", value)
    if found:
        return Property("symmetric", found[1], (found[2], found[3]))
    found = re.fullmatch(r"(.+?) divergence of (.+) from (.+)", value)
    if found:
        return Property("divergence", found[1], (found[2], found[3]))
    found = re.fullmatch(r"(.+?) (positive|Hermitian)", value)
    if found:
        return Property(found[2], found[1])
    return None


def symmetric(expr: Expr, first: Index, second: Index, scope: Scope, rules: tuple[Rule, ...]) -> Answer:
    """Whether exchanging two free indices changes nothing."""
    swapped = substitute_indices(expr, {first: second, second: first})
    return exact.prove(Goal(expr, swapped, scope, rules))


def positive(expr: Expr, scope: Scope, rules: tuple[Rule, ...]) -> Answer:
    """Whether no term of the normal form is negative, and one of them, in no sum that may be empty, is positive.

    Diagonal entries of positive definite matrices are positive; a square of something that may be zero is not.
    """
    lowering = Lowering(scope, rules)
    try:
        poly = lowering.scalar(expr)
    except Unsupported as problem:
        return Answer(False, "property: positive", why=str(problem))
    shown = all(
        c > 0 and all(_is_strictly_positive(which, lowering) or _is_no_less(which, power) for which, power in t.factors)
        for t, c in poly.terms
    ) and any(
        not t.distinct
        and all(_is_strictly_positive(a, lowering) or _is_nonzero_square(a, p, scope) for a, p in t.factors)
        for t, _ in poly.terms
    )
    return Answer(shown, "property: positive", tuple(sorted(lowering.used)), frozenset(lowering.applied))


def total(density: Expr, variables: tuple[Symbol, ...], scope: Scope) -> Expr:
    """The integral, and sum over values, of a density over its variables."""
    found = density
    for variable in reversed(variables):
        declared = scope.symbols.get(variable.name)
        binary = declared is not None and declared.domain == "binary"
        found = ValueSum(variable, found) if binary else Integral(variable, found)
    return found


def divergence(model: Expr, truth: Expr, scope: Scope) -> Expr:
    """The Kullback-Leibler divergence of a model from the truth, by its definition.

    Raises ValueError unless both are densities of the same variables.
    """
    if not isinstance(model, Density) or not isinstance(truth, Density) or set(model.of) != set(truth.of):
        raise ValueError("a divergence is between two densities of the same variables")
    variables = tuple(item for item in truth.of if isinstance(item, Symbol))
    return Neg(total(Mul((truth, Call("log", Frac(model, truth)))), variables, scope))


def is_nonnegative(expr: Expr, scope: Scope, binary: Symbol | None = None) -> bool:
    """Whether an expression is a product of exponentials, squares, deltas of values and positive symbols.

    Or one that at both values of a ``binary`` variable is positive, or zero.
    """
    if binary is not None and not is_nonnegative(expr, scope):
        values = [put_symbol(expr, binary, Number(Fraction(value))) for value in (-1, 1)]
        return all(is_nonnegative(value, scope) or _is_constant_or_positive(value, scope) for value in values)
    match expr:
        case Mul(factors=factors):
            return all(is_nonnegative(factor, scope) for factor in factors)
        case Frac(top=top, bottom=bottom):
            return is_nonnegative(top, scope) and is_nonnegative(bottom, scope)
        case Abs() | Norm() | Kronecker():
            return True
        case Element():
            return expr.is_delta
        case Call(function="exp", argument=argument):
            return expr.type.kind == "scalar" and is_plainly_real(argument)
        case Pow(base=base, exponent=Number(value=value)):
            squared = value % 2 == 0 and base.type.kind == "scalar" and is_plainly_real(base)
            return squared or is_nonnegative(base, scope)
        case Number(value=value):
            return value >= 0
        case Symbol(name=name):
            declared = scope.symbols.get(name)
            return declared is not None and declared.domain in NONNEGATIVE
    return False


def _is_constant_or_positive(expr: Expr, scope: Scope) -> bool:
    try:
        constant = recanonical(Lowering(scope).scalar(expr)).constant
    except (Unsupported, SingularTerm):
        return False
    return positive(expr, scope, ()).shown if constant is None else constant >= 0


def _is_strictly_positive(which: Atom, lowering: Lowering) -> bool:
    return is_positive(which) or _is_diagonal_entry(which, lowering)


def _is_no_less(which: Atom, power: Fraction) -> bool:
    """Whether the power of an atom is a square, or a Kronecker delta, and so not negative."""
    return (power % 2 == 0 and is_real(which)) or isinstance(which, Delta)


def _is_nonzero_square(which: Atom, power: Fraction, scope: Scope) -> bool:
    declared = scope.symbols.get(which.name) if isinstance(which, Sym) else None
    return power % 2 == 0 and declared is not None and declared.domain in ("nonzero", "binary")


def _is_diagonal_entry(which: Atom, lowering: Lowering) -> bool:
    return (
        isinstance(which, Entry) and which.row == which.column and lowering.matrices.is_positive_definite(which.matrix)
    )


def free_of(expr: Expr, names: frozenset[str], scope: Scope, rules: tuple[Rule, ...], apart: Apart = ()) -> Answer:
    """Whether no symbol with one of these names is left in the normal form, in any coincidence of free indices."""
    lowering = Lowering(scope, rules)
    method = "property: free of"
    labels = frozenset(i for i in fixed_indices(*(side for r in rules for side in (r.left, r.right))) if i.is_label)
    for change, _ in coincidences(expr, expr, labels, apart):
        try:
            poly = exact.subtract(at(expr, change), Number(Fraction(0)), lowering, labels)
        except SingularTerm as problem:
            if change:
                continue
            return Answer(False, method, why=str(problem))
        except Unsupported as problem:
            return Answer(False, method, why=str(problem))
        if any(mentions(poly, name) or _acts_in(poly, name, scope) for name in names):
            return Answer(False, method, tuple(sorted(lowering.used)), frozenset(lowering.applied), poly)
    return Answer(True, method, tuple(sorted(lowering.used)), frozenset(lowering.applied))


def _acts_in(poly: Poly, name: str, scope: Scope) -> bool:
    """Whether a mean in a normal form is in this state, of these Pauli matrices or of a momentum with this constant."""
    is_pauli = name in scope.symbols and scope.symbols[name].kind == "Pauli"
    for which in atoms_in(poly):
        if isinstance(which, Mean):
            letters = list(_letters(which.word))
            if which.state == name or (is_pauli and any(isinstance(letter, Pauli) for letter in letters)):
                return True
            if any(isinstance(letter, Momentum) and letter.constant == name for letter in letters):
                return True
    return False


def _letters(word: tuple[Letter, ...]) -> Iterator[Letter]:
    for letter in word:
        yield letter
        if isinstance(letter, Exponential):
            for inner, _ in letter.of.words:
                yield from _letters(inner)


def free_throughout(
    expr: Expr, names: frozenset[str], scope: Scope, rules: tuple[Rule, ...], more: tuple[Rule, ...], apart: Apart = ()
) -> Answer:
    """Whether none of these names is left under the rules, nor under ``more`` of them, which may bring one back."""
    answer = free_of(expr, names, scope, rules, apart)
    if answer.shown and not free_of(expr, names, scope, (*rules, *more), apart).shown:
        return replace(answer, shown=False)
    return answer


def independent_of(
    expr: Expr, names: frozenset[str], scope: Scope, rules: tuple[Rule, ...], more: tuple[Rule, ...]
) -> Answer:
    """The same where the names may be defined themselves: their definitions put nothing in the place of what they are.

    What is defined by others does not stay the same while these change, so nothing of them may be left either.
    """
    defining = [rule for rule in (*rules, *more) if isinstance(rule.left, Symbol) and rule.left.name in names]
    rules, more = (tuple(rule for rule in some if rule not in defining) for some in (rules, more))
    parts = {node.name for rule in defining for node in walk(rule.right) if isinstance(node, Symbol)}
    return free_throughout(expr, names | parts, scope, rules, more)


def varies_with(expr: Expr, names: frozenset[str], scope: Scope, rules: tuple[Rule, ...]) -> Witness | None:
    """Two worlds that differ only in these symbols and in the value of the expression."""
    for world in worlds(scope, rules, seeds=2):
        if not isinstance(world, World):
            return None
        other = World(scope, rules, world.sizes, world.seed, world.scale)
        try:
            first = world.value(expr, {})
            for (name, at), value in world.base.items():
                declared = scope.symbols.get(name)
                moved = elsewhere(value, declared.domain if declared else "positive")
                other.base[name, at] = moved if name in names else value
            second = other.value(expr, {})
        except NotRealisable:
            continue
        if not (first - second).contains(0):
            changed = {k: v for k, v in other.values().items() if world.values().get(k) != v}
            values = {**world.values(), **{f"{k}, then": v for k, v in changed.items()}}
            return Witness(tuple(values.items()), first.str(12, radius=False), second.str(12, radius=False))
    return None


@dataclass(frozen=True, slots=True)
class DensityAnswer:
    """Whether something is a density; ``dependent`` are what depends on the variable."""

    shown: bool
    why: str
    dependent: tuple[str, ...] = ()


def density(
    expr: Expr,
    variable: str,
    scope: Scope,
    rules: tuple[Rule, ...],
    frozen: frozenset[str],
    more: tuple[Rule, ...] = (),
) -> DensityAnswer:
    """Whether an expression is a product of Gaussian densities over all of ``variable``.

    ``frozen`` are the matrices that a hypothesis declares free of the variable. ``more`` are rules through which only
    the covariance may depend on it: a mean is often defined together with the variable, by their difference.
    """
    body = expr
    over: list[Index] = []
    while isinstance(body, Over) and body.operation == "product" and not body.excluded:
        over.append(body.index)
        body = body.body
    if not isinstance(body, Gaussian):
        return DensityAnswer(False, "the right side is not a product of Gaussian densities")
    if not isinstance(body.of, Symbol) or body.of.name != variable:
        return DensityAnswer(False, f"the Gaussian is not over {variable}")
    if sorted(over, key=repr) != sorted((slot for slot in body.of.slots if isinstance(slot, Index)), key=repr):
        return DensityAnswer(False, f"the product is not over the components of {variable}, each once")
    lowering = Lowering(scope, ())
    covariance = lowering.matrices.words(body.covariance)
    words = covariance.single
    letters = words if words is not None else ()
    plain = [letter.of if isinstance(letter, InverseOf) else letter for letter in letters]
    if len(plain) != 1 or not lowering.matrices.is_positive_definite(letter_matrix(covariance.axis, plain[0])):
        return DensityAnswer(False, "the covariance is not known to be positive definite")
    depends = tuple(
        sorted(
            node.name
            for part, known in ((body.covariance, (*rules, *more)), (body.mean, rules))
            for node in walk(part)
            if isinstance(node, Symbol) and node.name not in frozen and reaches(node, variable, scope, known)
        )
    )
    if depends:
        return DensityAnswer(False, f"{depends[0]} depends on {variable} itself", depends)
    return DensityAnswer(True, "a product of Gaussian densities with fixed mean and positive definite covariance")


def reaches(
    symbol: Symbol, name: str, scope: Scope, rules: tuple[Rule, ...], seen: frozenset[str] = frozenset()
) -> bool:
    """Whether a symbol is, or is defined through, the symbol with this name."""
    if symbol.name == name:
        return True
    if symbol.name in seen:
        return False
    seen = seen | {symbol.name}
    for rule in rules:
        left = rule.left.of if isinstance(rule.left, Element) else rule.left
        if isinstance(left, Symbol) and left.name == symbol.name:
            for node in _outside_laws(rule.right):
                if isinstance(node, Symbol) and reaches(node, name, scope, rules, seen):
                    return True
                if _through_moments(node, name, scope, rules, seen):
                    return True
    return False


def _outside_laws(expr: Expr) -> Iterator[Expr]:
    """The nodes of an expression, not going into expectations and integrals, whose variables are bound."""
    yield expr
    if not isinstance(expr, Expectation | Integral):
        for child in expr.children:
            yield from _outside_laws(child)


def _through_moments(node: Expr, name: str, scope: Scope, rules: tuple[Rule, ...], seen: frozenset[str]) -> bool:
    if not isinstance(node, Expectation):
        return False
    for rule in rules:
        if isinstance(rule.left, Expectation) and (rule.left.kind, rule.left.law) == (node.kind, node.law):
            for inner in walk(rule.right):
                if isinstance(inner, Symbol) and reaches(inner, name, scope, rules, seen):
                    return True
    return False


def not_positive_definite(matrix: Symbol, scope: Scope, rules: tuple[Rule, ...]) -> Witness | None:
    """A world whose values make the determinant of the matrix negative."""
    if matrix.own.kind != "matrix":
        return None
    near = dict.fromkeys(scope.small, Fraction(8))
    for world in worlds(scope, rules, seeds=6, scale=near, require_positive=False):
        if not isinstance(world, World):
            return None
        try:
            determinant = world.matrix_symbol(matrix, {}).det()
        except NotRealisable:
            continue
        if determinant < 0:
            return Witness(tuple(world.values().items()), f"det = {determinant.str(12, radius=False)}", "> 0")
    return None
