"""Lines of a paper expanded to any order, shown again from what was found, and measured in models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from derive.algebra.indexed import Poly, SingularTerm, canonical
from derive.algebra.matrix import Matrix
from derive.algebra.raising import Raising
from derive.algebra.rules import Rule, Unsupported
from derive.algebra.series import Expansion
from derive.comparison import slope
from derive.errors import DeriveError, EncodingError, ReadError, UnknownName
from derive.examination import SLOPE_TOLERANCE
from derive.expansions.orders import check_order
from derive.expansions.power_series import SIDES, Case, Part, PowerSeries, Side
from derive.expansions.trees import added, product
from derive.expression import Add, Call, Expr, Frac, Index, Mul, Neg, Norm, Number, Over, Pow, substitute_indices, walk
from derive.judgement import SoundnessError
from derive.latex.reader import read_expression
from derive.latex.tokens import tokens
from derive.latex.writer import write
from derive.methods import exact
from derive.methods import order as to_order
from derive.methods.goal import Answer, Goal, at, coincidences, fixed_indices
from derive.notation import Scope
from derive.paper import Paper, load_paper
from derive.statement import reread
from derive.verify import Verifier

_FURTHER = 4
"""How far a part is expanded again, to see that there is nothing of a higher order in it."""


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
    check_order(order)
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
    total = added([part.expr for part in parts], expr.type)
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
    first = Frac(expr.top, product(*plain)) if plain else Frac(expr.top, sums.pop(0))
    return product(first, *(Frac(Number(Fraction(1)), each) for each in sums))


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
