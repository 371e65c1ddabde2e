r"""Re-derivation beyond the print: expansions to any order, each with what it leaves out.

Three series, and what makes them:

* :class:`PowerSeries`, by :func:`expand`: what a line of a paper is about, by powers of a small parameter of its scope,
  with the leading remainder and the power with which the numeric remainder goes in a model;
* :class:`InverseSeries`, by :func:`neumann`: (A + F)^{-1} as a sum of words in A^{-1} and F, with an exact remainder;
* :class:`LogDeterminantSeries`, by :func:`log_determinant`: log det(A + F) by traces of words, with an exact remainder.

All of them hold for every size of every range. The two series of matrices rest on identities between polynomials in
matrices that don't commute (:mod:`derive.algebra.matrix`), in which no order is counted. The series of a line is found
by the expansion of its normal form (:mod:`derive.algebra.series`), written as a tree, shown again from that tree by the
method for an order (:mod:`derive.methods.order`), and held against exact models (:mod:`derive.comparison`), which share
nothing but the tree with either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeVar

from derive.algebra.indexed import Poly, SingularTerm, canonical
from derive.algebra.lowering import Lowering
from derive.algebra.matrix import Matrix
from derive.algebra.raising import Raising
from derive.algebra.rules import Rule, Unsupported
from derive.algebra.series import Expansion
from derive.comparison import slope
from derive.errors import DeriveError, EncodingError, ReadError, UnknownName
from derive.examination import SLOPE_TOLERANCE
from derive.expression import (
    Add,
    Call,
    Det,
    Expr,
    Frac,
    Identity,
    Index,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pow,
    Symbol,
    Type,
    substitute_indices,
    walk,
)
from derive.judgement import SoundnessError
from derive.latex.reader import read_expression
from derive.latex.tokens import tokens
from derive.latex.writer import write
from derive.methods import exact
from derive.methods import order as to_order
from derive.methods.goal import Answer, Goal, at, coincidences, fixed_indices
from derive.notation import Declared, Range, Scope
from derive.paper import Paper, load_paper
from derive.statement import reread
from derive.verify import Verifier

Side = Literal["head", "left", "right", "rest", "step"]
"""Which expression of a line is expanded.

=====  ===================================================================================================
head   what the chain that the line belongs to begins with: the exact thing that the line is about
left   the line's own left side; of a line that starts with a relation, the last side of its first premise
right  the line's last side
rest   head less right: what the line leaves out of what it is about
step   left less right: what the step from the first premise leaves out
=====  ===================================================================================================
"""
SIDES: tuple[Side, ...] = ("head", "left", "right", "rest", "step")
_FURTHER = 4
"""How far a part is expanded again, to see that there is nothing of a higher order in it."""


# -- the series of a line --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """All of an expression that goes with one power of the small parameter.

    The parameter is not written: it counts the powers that symbols carry, and stands in no formula of the paper.
    """

    power: Fraction
    expr: Expr
    latex: str


@dataclass(frozen=True, slots=True)
class Case:
    """The series where free indices coincide as ``where`` says in words; it is empty where all of them differ."""

    where: str
    parts: tuple[Part, ...]
    """Those that do not vanish, up to the order asked for, by rising power."""
    remainder: Part | None
    """The first part beyond that order; None where there is none in the next orders that are looked at."""
    is_exact: bool
    """Whether the parts add up to the expression itself."""
    slope: float | None
    """The measured power of the parameter in the numeric remainder; None where that vanishes or no model was found."""


@dataclass(frozen=True, slots=True)
class PowerSeries:
    """An expression of a line, by powers of a small parameter up to an order.

    There is a case for each way in which its free indices may coincide without a denominator that vanishes, that of all
    different first; ``parts``, ``remainder``, ``is_exact`` and ``slope`` are those of the first.
    """

    paper: str
    number: str
    scope: Scope
    expr: Expr
    parameter: str
    order: int
    cases: tuple[Case, ...]
    rests_on: tuple[str, ...]
    """The lines and named hypotheses that were put in."""
    identities: tuple[str, ...]
    """The identities that were used on the way."""

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.cases[0].parts

    @property
    def remainder(self) -> Part | None:
        return self.cases[0].remainder

    @property
    def is_exact(self) -> bool:
        return self.cases[0].is_exact

    @property
    def slope(self) -> float | None:
        return self.cases[0].slope

    def part(self, power: int | Fraction) -> Part:
        """The part of one power, which may be zero. Raises DeriveError for a power beyond the order."""
        if power > self.order:
            raise DeriveError(f"the series goes to order {self.order}; the power {power} is beyond it")
        zero = _sum((), self.expr.type)
        found = (part for part in self.parts if part.power == power)
        return next(found, Part(Fraction(power), zero, self.write(zero)))

    @property
    def sum(self) -> Expr:
        """All parts added up."""
        return _sum([part.expr for part in self.parts], self.expr.type)

    def write(self, expr: Expr) -> str:
        """LaTeX in the notation of the scope."""
        return write(expr, self.scope)

    @property
    def latex(self) -> str:
        """The expression, its parts added up, and the order of what they leave out."""
        text = f"{self.write(self.expr)} = {self.write(self.sum)}"
        beyond = self.remainder.power if self.remainder is not None else self.order + 1
        return text if self.is_exact else rf"{text} + O\left( {self.parameter}^{{{beyond}}} \right)"


def expand(
    paper: Paper | str | Path,
    number: str,
    *,
    order: int,
    parameter: str,
    side: Side = "head",
    formula: str | None = None,
    corrected: bool = True,
    without: Sequence[str] = (),
    moments: bool = False,
) -> PowerSeries:
    r"""What a line is about, by powers of a small parameter of its scope, to any order.

    Expanded is the ``head`` of the chain that the line belongs to, which is the exact thing that it approximates, and
    not what is printed behind its last relation; ``side`` chooses another expression of the line (:data:`Side`), and
    ``formula`` is any other, in LaTeX, read as if it stood in the place of the line. A scalar may have free indices,
    and has a case for each way in which they coincide. A matrix is expanded in words. Of a vector or column, give a
    component as ``formula``.

    Put in are the definitions, assumptions and named hypotheses of the line's scope, as where the verifier shows an
    approximation the second time; a definition counts as corrected where a correction is recorded. Those named in
    ``without`` stay out, so that the symbols that they give stand in the result. With ``corrected=False`` a right side
    is taken as printed. With ``moments=True`` second moments are taken apart into covariances and means, where there
    are rules for these.

    Each symbol carries the power of the parameter that ``weight`` says in ``notation.toml``. That the series converges
    is not claimed; the remainder is that of an asymptotic series.

    Raises UnknownName for a paper, line, side, hypothesis or parameter that does not exist; EncodingError for a formula
    that cannot be read; DeriveError for an order that is negative and for what has no expansion; SoundnessError, an
    error of this program, where the parts do not add up or a model disagrees.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> tex = r'''% scope: springs
    ... % by: definition
    ... \begin{equation} E = \sum_i \sqrt{m_i^2 + g p_i^2} \end{equation}
    ... % from: 1
    ... % by: order 1 in s
    ... \begin{equation} \approx \sum_i \left( m_i + \frac{g p_i^2}{2 m_i} \right) \end{equation}
    ... '''
    >>> toml = '''[scope.springs]
    ... small = { s = "powers of the coupling" }
    ... ranges = { body = { size = "N", indices = "i j" } }
    ... [scope.springs.symbols]
    ... E = {}
    ... m = { slots = "body", domain = "positive" }
    ... p = { slots = "body" }
    ... g = { weight = { s = 1 } }
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "paper.tex").write_text(tex), (Path(folder) / "notation.toml").write_text(toml)
    ...     series = expand(folder, "2", order=2, parameter="s")
    >>> for part in series.parts:
    ...     print(part.power, part.latex)
    0 \sum_{i} m_{i}
    1 \sum_{i} \frac{g p_{i}^{2}}{2 m_{i}}
    2 -\sum_{i} \frac{g^{2} p_{i}^{4}}{8 m_{i}^{3}}
    >>> print(series.remainder.power, series.remainder.latex)
    3 \sum_{i} \frac{g^{3} p_{i}^{6}}{16 m_{i}^{5}}
    >>> round(series.slope, 2), series.rests_on
    (3.0, ('1',))
    """
    _check_order(order)
    verifier = Verifier(paper if isinstance(paper, Paper) else load_paper(paper))
    line = verifier.reading.line(number)
    if parameter not in line.scope.small:
        raise UnknownName(
            f"{parameter} is not a small parameter of the scope {line.scope.name or 'of this line'}; "
            f"declared: {', '.join(line.scope.small) or 'none'}"
        )
    expr = _side(verifier, number, side, corrected) if formula is None else _formula(verifier, number, formula)
    if expr.type.kind not in ("scalar", "matrix"):
        raise DeriveError(f"{expr.type.a} has no expansion of its own; give one of its components as formula=")
    rules = _rules(verifier, number, without)
    apart = line.chain.apart if formula is None else ()
    goal = Goal(expr, expr, line.scope, rules, (), rules, apart, moments=moments)
    try:
        found = list(_cases(goal, order, parameter))
    except (Unsupported, SingularTerm) as problem:
        raise DeriveError(f"({number}) has no expansion in {parameter}: {problem}") from problem
    applied = frozenset().union(*(answer.applied for _, answer in found))
    used = frozenset().union(*(answer.used for _, answer in found))
    return PowerSeries(
        verifier.paper.id,
        number,
        line.scope,
        expr,
        parameter,
        order,
        tuple(case for case, _ in found),
        tuple(dict.fromkeys(rule.source for rule in rules if rule.source in applied)),
        tuple(sorted(used)),
    )


def _check_order(order: object) -> None:
    if not isinstance(order, int) or isinstance(order, bool) or order < 0:
        raise DeriveError(f"the order of an expansion is a whole number from 0 on, and not {order!r}")


def _side(verifier: Verifier, number: str, side: str, corrected: bool) -> Expr:
    reading, line = verifier.reading, verifier.reading.line(number)
    match side:
        case "head":
            return reading.chain_head(number)
        case "left":
            return reading.left(line.equation, corrected)
        case "right":
            return line.last(corrected)
        case "rest":
            return Add((reading.chain_head(number), Neg(line.last(corrected))))
        case "step":
            return Add((reading.left(line.equation, corrected), Neg(line.last(corrected))))
    raise UnknownName(f"a line has no side {side!r}; sides: {', '.join(SIDES)}")


def _formula(verifier: Verifier, number: str, formula: str) -> Expr:
    """A formula in the notation of a line, under the re-readings of its scope."""
    equation = verifier.paper.equation(number)
    own = equation.annotation.all("read")
    try:
        source, _ = reread(tokens(formula), tuple(entry for entry in equation.reads if entry not in own), set())
        return read_expression(source, verifier.reading.scope(equation))
    except ReadError as error:
        raise EncodingError(error.message, f"the formula {formula}") from error


def _rules(verifier: Verifier, number: str, without: Sequence[str]) -> tuple[Rule, ...]:
    """What is put in: the definitions of the line's scope, and what the line itself introduces."""
    equation = verifier.paper.equation(number)
    rules = list(verifier.premises.root_rules(equation))
    entry = equation.annotation.one("by")
    if entry is not None and entry.value in ("definition", "assumption"):
        rules += verifier.premises.rules_of_root(number)
    sources = tuple(dict.fromkeys(rule.source for rule in rules))
    for name in without:
        if name not in sources:
            raise UnknownName(
                f"{name} is not put into ({number}), so that it cannot stay out; put in: {_listed(sources)}"
            )
    return tuple(rule for rule in rules if rule.source not in without)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


def _cases(goal: Goal, order: int, parameter: str) -> Iterator[tuple[Case, Answer]]:
    """The series in each coincidence of free indices.

    Raises Unsupported where there is none, SingularTerm where a denominator is zero though all indices differ.
    """
    for change, words in coincidences(goal.left, goal.left, goal.labels, goal.apart):
        try:
            yield _case(goal, at(goal.left, change), words, order, parameter)
        except SingularTerm:
            if not change:
                raise


def _case(goal: Goal, expr: Expr, where: str, order: int, parameter: str) -> tuple[Case, Answer]:
    free = fixed_indices(expr) | goal.labels
    scope = goal.scope
    parts = tuple(
        _part(power, found, scope, free) for power, found in _by_power(goal, expr, free, order, parameter).items()
    )
    apart = tuple((a, b) for a in free for b in free if a.range == b.range and a.name < b.name)
    total = _sum([part.expr for part in parts], expr.type)
    claim = Goal(expr, total, scope, goal.rules, (), goal.definitions, apart, moments=goal.moments)
    answer, beyond = to_order.prove(claim, order, parameter)
    if not answer.shown and answer.why:
        raise Unsupported(answer.why)
    if not answer.shown:
        raise SoundnessError(f"the parts of {write(expr, scope)} do not add up to it to order {order} in {parameter}")
    remainder = None
    if beyond is not None:
        left_over = beyond.matrix if beyond.poly is None else beyond.poly
        assert left_over is not None
        remainder = _part(beyond.order, left_over, scope, free)
    is_exact = remainder is None and exact.prove(claim).shown
    measured = _measured(claim, parameter)
    if measured is not None and (is_exact or measured < _least(order, remainder)):
        raise SoundnessError(
            f"{write(expr, scope)} was expanded to order {order} in {parameter}, but what is left out goes as "
            f"{parameter}^{measured:.3f} in a model"
        )
    return Case(where, parts, remainder, is_exact, measured), answer


def _least(order: int, remainder: Part | None) -> float:
    """The least slope that a remainder may have in a model; less than its power where a logarithm goes with it."""
    if remainder is None:
        return order + to_order.REACH[-1] - SLOPE_TOLERANCE
    with_log = any(isinstance(node, Call) and node.function == "log" for node in walk(remainder.expr))
    return order + SLOPE_TOLERANCE if with_log else float(remainder.power) - SLOPE_TOLERANCE


def _by_power(
    goal: Goal, expr: Expr, free: frozenset[Index], order: int, parameter: str
) -> dict[Fraction, Poly | Matrix]:
    """The parts of an expression whose free indices are all different, by rising power.

    Raises Unsupported where one of them has a higher one in it, as an inverse that stays whole. So that fewer do, one
    order more is expanded than is asked for.
    """
    lowering = to_order.lowering_of(goal, order + 1, parameter, expr)
    expansion = Expansion(lowering, parameter)

    def parts(of: Poly | Matrix, upto: Fraction) -> dict[Fraction, Poly | Matrix]:
        if isinstance(of, Matrix):
            return dict(expansion.matrix(of, upto))
        found = {power: canonical(part, free) for power, part in expansion.parts(of, upto).items()}
        return {power: part for power, part in found.items() if part}

    whole = lowering.matrices.words(expr) if expr.type.kind == "matrix" else canonical(lowering.scalar(expr), free)
    found = parts(whole, Fraction(order + 1))
    low = {power: part for power, part in sorted(found.items()) if power <= order}
    if any(set(parts(part, power + _FURTHER)) != {power} for power, part in low.items()):
        raise Unsupported("its parts could not be told from higher ones")
    return low


def _part(power: Fraction, found: Poly | Matrix, scope: Scope, free: frozenset[Index]) -> Part:
    raising = Raising(scope)
    try:
        expr = raising.matrix(found) if isinstance(found, Matrix) else raising.poly(found, free)
    except TypeError as error:
        raise Unsupported("a part of it is a matrix that has no name; give an entry of it as formula=") from error
    expr = _tidied(expr)
    return Part(power, expr, write(expr, scope))


def _tidied(expr: Expr) -> Expr:
    """The same with the indices that a sum leaves out in order, and each sum below a fraction bar under one of its own.

    Below one bar, as in 1/(m |r|^2), it would be multiplied out, and not be known again as 1/m 1/|r|^2.
    """
    expr = expr.map(_tidied)
    if isinstance(expr, Over):
        return replace(expr, excluded=tuple(sorted(expr.excluded, key=lambda index: index.name)))
    if not isinstance(expr, Frac) or not isinstance(expr.bottom, Mul):
        return expr
    sums = [each for each in expr.bottom.factors if _is_sum(each)]
    plain = [each for each in expr.bottom.factors if not _is_sum(each)]
    first = Frac(expr.top, _product(*plain)) if plain else Frac(expr.top, sums.pop(0))
    return _product(first, *(Frac(Number(Fraction(1)), each) for each in sums))


def _is_sum(expr: Expr) -> bool:
    """Whether a factor has more than one term once it is multiplied out: a sum, its powers, a squared length."""
    base = expr.base if isinstance(expr, Pow) else expr
    return isinstance(base, Add | Over) or (base != expr and isinstance(base, Norm))


def _measured(claim: Goal, parameter: str) -> float | None:
    """The slope of the numeric remainder, with each free index at a place of its own."""
    fixed = fixed_indices(claim.left, claim.right) | claim.labels
    taken = {index for index in fixed if index.is_label}
    change: dict[Index, Index] = {}
    for index in sorted(fixed - taken, key=lambda index: (index.range, index.name)):
        places = (Index(str(number), index.range) for number in range(1, len(fixed) + 1))
        change[index] = next(place for place in places if place not in taken)
        taken.add(change[index])
    left, right = (substitute_indices(side, change) for side in (claim.left, claim.right))
    return slope(left, right, claim.scope, claim.definitions, parameter)


# -- series of matrices ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Split:
    """A square matrix of any size as the sum A + F of an invertible one and the rest, in the notation of a scope."""

    scope: Scope
    leading: Expr
    rest: Expr

    @property
    def whole(self) -> Expr:
        return Add((self.leading, self.rest))

    @property
    def inverse(self) -> Expr:
        """A^{-1}."""
        return _inverse(self.leading)

    @property
    def ratio(self) -> Expr:
        """A^{-1} F."""
        return _product(self.inverse, self.rest)

    @property
    def identity(self) -> Expr:
        named = (key for key, declared in self.scope.symbols.items() if "identity" in declared.properties)
        return Identity(self.leading.type.axes[0], next(named, r"\mathbf{I}"))

    @property
    def path(self) -> Symbol:
        """A letter that the scope does not have, for a number from 0 to 1: the share t of F in A + tF."""
        taken = {*self.scope.symbols, *(letter for range_ in self.scope.ranges.values() for letter in range_.letters)}
        return Symbol(next(name for name in ("t", "u", r"\tau", r"\lambda", "t'") if name not in taken))

    def write(self, expr: Expr) -> str:
        """LaTeX in the notation of the scope."""
        return write(expr, self.scope)


@dataclass(frozen=True, slots=True)
class Equality:
    """An identity that a series rests on: the two sides, whether it was shown, and how."""

    left: Expr
    right: Expr
    latex: str
    holds: bool
    how: str


@dataclass(frozen=True, slots=True)
class InverseSeries:
    """(A + F)^{-1} = sum_k c_k (A^{-1} F)^k A^{-1} + remainder, for k from 0 to n, c_k in ``coefficients``.

    The remainder is (-A^{-1} F)^{n+1} (A + F)^{-1}. It is exact and belongs to c_k = (-1)^k: with other coefficients
    the ``equalities`` do not hold. No norm needs to be small; it is small where the spectral radius of A^{-1} F is
    below one.
    """

    of: Split
    coefficients: tuple[Fraction, ...]

    @property
    def order(self) -> int:
        return len(self.coefficients) - 1

    @property
    def terms(self) -> tuple[Expr, ...]:
        """The words with their coefficients, A^{-1} first."""
        a, f = self.of.inverse, self.of.rest
        return tuple(_scaled(c, _product(*(a, f) * k, a)) for k, c in enumerate(self.coefficients))

    @property
    def sum(self) -> Expr:
        return _sum(self.terms, self.of.leading.type)

    @property
    def remainder(self) -> Expr:
        """(A + F)^{-1} less the sum, exactly."""
        n = self.order
        return _scaled(Fraction(-1) ** (n + 1), _product(_power(self.of.ratio, n + 1), _inverse(self.of.whole)))

    @property
    def residual(self) -> Expr:
        """1 less (A + F) times the sum, exactly: (-F A^{-1})^{n+1}, in which A + F is not inverted."""
        n = self.order
        return _scaled(Fraction(-1) ** (n + 1), _power(_product(self.of.rest, self.of.inverse), n + 1))

    @property
    def latex(self) -> str:
        return self.of.write(_inverse(self.of.whole)) + " = " + self.of.write(_sum([self.sum, self.remainder]))

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Its hypotheses."""
        return tuple(f"${self.of.write(each)}$ is invertible" for each in (self.of.leading, self.of.whole))

    @property
    def equalities(self) -> tuple[Equality, ...]:
        """What the series rests on, each for every size: the residual on either side, and the remainder."""
        other = InverseSeries(GENERIC, self.coefficients)
        return tuple(
            _equality(self.of, printed, shown, rules)
            for printed, shown, rules in zip(_of_inverse(self), _of_inverse(other), ((), (), _BY_WHOLE), strict=True)
        )


def _of_inverse(series: InverseSeries) -> tuple[tuple[Expr, Expr], ...]:
    whole, n = series.of.whole, series.order
    back = _scaled(Fraction(-1) ** (n + 1), _power(series.of.ratio, n + 1))
    return (
        (_product(whole, series.sum), _less(series.of.identity, series.residual)),
        (_product(series.sum, whole), _less(series.of.identity, back)),
        (_less(_inverse(whole), series.sum), series.remainder),
    )


def neumann(
    order: int, *, scope: Scope | None = None, leading: str = r"\mathbf{A}", rest: str = r"\mathbf{F}"
) -> InverseSeries:
    r"""The inverse of A + F to any order in F, with its exact remainder: the Neumann series.

    ``leading`` and ``rest`` are square matrices over one index range in the notation of ``scope``, in LaTeX, such as
    the diagonal and the off-diagonal part of a covariance; without a scope they are two matrices of any size N of which
    nothing is known but that A is invertible. With P the sum and n the order, shown by cancelling letters next to their
    inverses are

    * (A + F) P = 1 - (-F A^{-1})^{n+1} and P (A + F) = 1 - (-A^{-1} F)^{n+1}, in which A + F is not inverted;
    * (A + F)^{-1} - P = (-A^{-1} F)^{n+1} (A + F)^{-1}, with A + F for a letter of its own and F for what that leaves
      of A.

    Hypotheses: A is invertible, and for the last one A + F is. Raises DeriveError for a negative order and for what is
    not a matrix, EncodingError for what cannot be read. Source: R. A. Horn and C. R. Johnson, Matrix Analysis, section
    5.6.

    >>> print(neumann(1).latex)
    \left( \mathbf{A} + \mathbf{F} \right)^{-1} = \mathbf{A}^{-1} - \mathbf{A}^{-1} \mathbf{F} \mathbf{A}^{-1}
        + \left( \mathbf{A}^{-1} \mathbf{F} \right)^{2} \left( \mathbf{A} + \mathbf{F} \right)^{-1}
    >>> print(neumann(0).equalities[0].latex)
    \left( \mathbf{A} + \mathbf{F} \right) \mathbf{A}^{-1} = \mathbf{I} + \mathbf{F} \mathbf{A}^{-1}
    >>> all(equality.holds for equality in neumann(4).equalities)
    True
    """
    _check_order(order)
    return _confirmed(InverseSeries(_split(scope, leading, rest), tuple(Fraction(-1) ** k for k in range(order + 1))))


@dataclass(frozen=True, slots=True)
class LogDeterminantSeries:
    """log det(A + F) = log det A + sum_k c_k tr((A^{-1} F)^k) + remainder, for k from 1 to n, c_k in ``coefficients``.

    The remainder is (-1)^n times the integral over t from 0 to 1 of t^n tr((A^{-1} F)^{n+1} (1 + t A^{-1} F)^{-1}). It
    is exact and belongs to c_k = (-1)^{k+1}/k: with other coefficients the ``equalities`` do not hold.
    """

    of: Split
    coefficients: tuple[Fraction, ...]

    @property
    def order(self) -> int:
        return len(self.coefficients)

    @property
    def terms(self) -> tuple[Expr, ...]:
        """log det A, and the traces with their coefficients."""
        x = self.of.ratio
        traces = (_scaled(c, _trace(_power(x, k))) for k, c in enumerate(self.coefficients, start=1))
        return (Call("log", Det(self.of.leading)), *traces)

    @property
    def sum(self) -> Expr:
        return _sum(self.terms)

    @property
    def along(self) -> Expr:
        """1 + t A^{-1} F, with t for ``of.path``."""
        return Add((self.of.identity, _product(self.of.path, self.of.ratio)))

    @property
    def integrand(self) -> Expr:
        """Integrated over ``of.path`` from 0 to 1 it is the remainder, exactly."""
        n = self.order
        trace = _trace(_product(_power(self.of.ratio, n + 1), _inverse(self.along)))
        return _scaled(Fraction(-1) ** n, _product(*_powers(self.of.path, n), trace))

    @property
    def remainder(self) -> str:
        """log det(A + F) less the sum, exactly, as LaTeX."""
        sign, body = ("-", self.integrand.term) if isinstance(self.integrand, Neg) else ("", self.integrand)
        return rf"{sign}\int_{{0}}^{{1}} {self.of.write(body)} \, d{self.of.path.name}"

    @property
    def leading_remainder(self) -> Expr:
        """The part of the remainder that is of order n + 1 in F: (-1)^n tr((A^{-1} F)^{n+1}) / (n + 1)."""
        n = self.order
        return _scaled(Fraction((-1) ** n, n + 1), _trace(_power(self.of.ratio, n + 1)))

    @property
    def latex(self) -> str:
        left = self.of.write(Call("log", Det(self.of.whole)))
        sign = "-" if self.remainder.startswith("-") else "+"
        return f"{left} = {self.of.write(self.sum)} {sign} {self.remainder.removeprefix('-')}"

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Its hypotheses, and the theorem that is taken for granted."""
        leading, t = self.of.write(self.of.leading), self.of.path.name
        moved = self.of.write(_product(self.of.path, self.of.rest))
        return (
            rf"$\left| {leading} \right| > 0$",
            rf"${leading} + {moved}$ is invertible for all ${t}$ from 0 to 1",
            rf"Jacobi's formula for the derivative of $\left| {leading} + {moved} \right|$ in ${t}$",
        )

    @property
    def equalities(self) -> tuple[Equality, ...]:
        """What the series rests on beside Jacobi's formula, d/dt log det(A + tF) = tr((A + tF)^{-1} F), for every size.

        With X = A^{-1} F, the first one makes that tr(X (1 + tX)^{-1}). The second says that this is the derivative of
        the series in t, term by term, plus the integrand, multiplied from the right by 1 + tX; the third says it as it
        stands, for t different from zero. At t = 0 the series is log det A. The last one is the leading remainder, as
        the expansion of a determinant finds it.
        """
        other = LogDeterminantSeries(GENERIC, self.coefficients)
        rules = (_BY_PATH, (), _BY_PATH)
        return (
            *(
                _equality(self.of, printed, shown, by)
                for printed, shown, by in zip(_of_logarithm(self), _of_logarithm(other), rules, strict=True)
            ),
            _by_expansion(self, other),
        )


def _of_logarithm(series: LogDeterminantSeries) -> tuple[tuple[Expr, Expr], ...]:
    of, n, t = series.of, series.order, series.of.path
    x, along = of.ratio, series.along
    slopes = [_scaled(k * c, _product(*_powers(t, k - 1), _power(x, k))) for k, c in enumerate(series.coefficients, 1)]
    derivative = _sum(slopes, x.type)
    left_over = _scaled(Fraction(-1) ** n, _product(*_powers(t, n), _power(x, n + 1)))
    moved = Add((of.leading, _product(t, of.rest)))
    return (
        (_product(_inverse(moved), of.rest), _product(x, _inverse(along))),
        (_less(x, _product(derivative, along)), left_over),
        (_less(_product(x, _inverse(along)), derivative), _product(left_over, _inverse(along))),
    )


def _by_expansion(series: LogDeterminantSeries, generic: LogDeterminantSeries) -> Equality:
    """That the leading remainder is the next term of log det(A + F), by the method for an order."""
    sides = [(Call("log", Det(each.of.whole)), _sum([each.sum, each.leading_remainder])) for each in (series, generic)]
    answer, _ = to_order.prove(Goal(*sides[1], MATRICES), series.order + 1, *MATRICES.small)
    left, right = sides[0]
    latex = rf"{series.of.write(left)} \approx {series.of.write(right)}"
    return Equality(left, right, latex, answer.shown, f"{answer.method}, each factor {_REST} being of order one")


def log_determinant(
    order: int, *, scope: Scope | None = None, leading: str = r"\mathbf{A}", rest: str = r"\mathbf{F}"
) -> LogDeterminantSeries:
    r"""log det(A + F) to any order in F, with its exact remainder.

    ``leading`` and ``rest`` are as in :func:`neumann`. The identities behind it (``equalities``) are shown by the word
    algebra, with coefficients that are polynomials in t. They say that the derivative of log det(A + tF) in t is that
    of the series plus an integrand, so that the integral of the latter from 0 to 1 is what the series leaves out.

    Hypotheses: det A > 0, and A + tF is invertible for all t from 0 to 1, as where A and A + F are positive definite.
    Jacobi's formula for the derivative of a determinant is taken for granted. Raises DeriveError for a negative order
    and for what is not a matrix, EncodingError for what cannot be read. Source: J. R. Magnus and H. Neudecker, Matrix
    Differential Calculus, section 8.3, for Jacobi's formula.

    >>> series = log_determinant(2)
    >>> print(series.of.write(series.sum))
    \log\left( \left| \mathbf{A} \right| \right) + \text{Trace}\left( \mathbf{A}^{-1} \mathbf{F} \right)
        - \frac{1}{2} \text{Trace}\left( \left( \mathbf{A}^{-1} \mathbf{F} \right)^{2} \right)
    >>> print(series.remainder)
    \int_{0}^{1} t^{2} \text{Trace}\left( \left( \mathbf{A}^{-1} \mathbf{F} \right)^{3}
        \left( \mathbf{I} + t \mathbf{A}^{-1} \mathbf{F} \right)^{-1} \right) \, dt
    >>> all(equality.holds for equality in series.equalities)
    True
    """
    _check_order(order)
    coefficients = tuple(Fraction((-1) ** (k + 1), k) for k in range(1, order + 1))
    return _confirmed(LogDeterminantSeries(_split(scope, leading, rest), coefficients))


# -- matrices of which nothing is known ------------------------------------------------------------------------------

_AXIS = "row"
_SQUARE = (_AXIS, _AXIS)
_LEADING, _REST, _LETTER, _ONE = r"\mathbf{A}", r"\mathbf{F}", r"\mathbf{S}", r"\mathbf{I}"
MATRICES = Scope(
    name="matrices",
    ranges={_AXIS: Range(_AXIS, "N", ("i", "j", "k", "l"))},
    symbols={
        declared.key: declared
        for declared in (
            Declared(_LEADING, kind="matrix", slots=_SQUARE, properties=frozenset({"invertible"})),
            Declared(_REST, kind="matrix", slots=_SQUARE, weights={"s": 1}),
            Declared(_LETTER, kind="matrix", slots=_SQUARE, properties=frozenset({"invertible"})),
            Declared(_ONE, kind="matrix", slots=_SQUARE, properties=frozenset({"identity"})),
        )
    },
    small={"s": "powers of F"},
    lineage=("matrices",),
)
"""The scope of two N by N matrices of which nothing is known but that A is invertible."""
_MATRIX = Type("matrix", _SQUARE)
GENERIC = Split(MATRICES, Symbol(_LEADING, (), _MATRIX), Symbol(_REST, (), _MATRIX))
"""Their sum. What is shown of it holds for any two matrices that are put for the letters."""


def _split(scope: Scope | None, leading: str, rest: str) -> Split:
    scope = MATRICES if scope is None else scope
    sides: list[Expr] = []
    for text in (leading, rest):
        try:
            sides.append(read_expression(tokens(text), scope))
        except ReadError as error:
            raise EncodingError(error.message, f"the formula {text}") from error
        if sides[-1].type.kind != "matrix":
            raise DeriveError(f"{text} is {sides[-1].type.a}, where a matrix is expected")
    if sides[0].type != sides[1].type:
        raise DeriveError(f"{sides[0].type.a} and {sides[1].type.a} cannot be added")
    return Split(scope, *sides)


_OTHER = Symbol(_LETTER, (), _MATRIX)
_BY_WHOLE = (Rule(GENERIC.rest, Add((_OTHER, Neg(GENERIC.leading))), "with a letter for A + F"),)
_BY_PATH = (
    Rule(
        GENERIC.rest,
        Frac(Mul((GENERIC.leading, Add((_OTHER, Neg(GENERIC.identity))))), GENERIC.path),
        "with a letter for 1 + t A^{-1} F",
    ),
)
"""F as given by a letter that stands for a matrix which is inverted; every F is given so, as t is not zero."""


def _equality(of: Split, printed: tuple[Expr, Expr], shown: tuple[Expr, Expr], rules: tuple[Rule, ...]) -> Equality:
    """An equality in the notation of ``of``, shown word by word for matrices of which nothing is known."""
    words = Lowering(MATRICES, rules).matrices.words
    holds = not words(shown[0]) - words(shown[1])
    how = ", ".join(("the word algebra", *(rule.source for rule in rules)))
    left, right = printed
    return Equality(left, right, f"{of.write(left)} = {of.write(right)}", holds, how)


_Series = TypeVar("_Series", InverseSeries, LogDeterminantSeries)


def _confirmed(series: _Series) -> _Series:
    for equality in series.equalities:
        if not equality.holds:
            raise SoundnessError(f"the series to order {series.order} was not shown: {equality.latex}")
    return series


# -- trees -----------------------------------------------------------------------------------------------------------


def _sum(terms: Sequence[Expr], type_: Type | None = None) -> Expr:
    """The terms added up, sums among them taken apart; of no terms the zero of a type."""
    flat = tuple(inner for term in terms for inner in (term.terms if isinstance(term, Add) else (term,)))
    if flat:
        return flat[0] if len(flat) == 1 else Add(flat)
    zero = Number(Fraction(0))
    return zero if type_ is None or type_.kind == "scalar" else Mul((zero, Identity(type_.axes[0])))


def _less(left: Expr, right: Expr) -> Expr:
    terms = right.terms if isinstance(right, Add) else (right,)
    return _sum([left, *(term.term if isinstance(term, Neg) else Neg(term) for term in terms)])


def _product(*factors: Expr) -> Expr:
    """The factors multiplied, products among them taken apart."""
    flat = tuple(inner for each in factors for inner in (each.factors if isinstance(each, Mul) else (each,)))
    return flat[0] if len(flat) == 1 else Mul(flat)


def _scaled(by: Fraction, expr: Expr) -> Expr:
    size = abs(by)
    if size != 1:
        number: Expr = Number(Fraction(size.numerator))
        expr = _product(number if size.denominator == 1 else Frac(number, Number(Fraction(size.denominator))), expr)
    return Neg(expr) if by < 0 else expr


def _power(base: Expr, exponent: int) -> Expr:
    return base if exponent == 1 else Pow(base, Number(Fraction(exponent)))


def _powers(base: Expr, exponent: int) -> tuple[Expr, ...]:
    """The factors of a power that may be the zeroth."""
    return (_power(base, exponent),) if exponent else ()


def _inverse(of: Expr) -> Expr:
    return Pow(of, Neg(Number(Fraction(1))))


def _trace(of: Expr) -> Expr:
    return Call("Trace", of)


__all__ = [
    "Case",
    "Equality",
    "InverseSeries",
    "LogDeterminantSeries",
    "Part",
    "PowerSeries",
    "Side",
    "Split",
    "expand",
    "log_determinant",
    "neumann",
]
