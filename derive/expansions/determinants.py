"""The logarithm of the determinant of a sum of matrices as a series of traces, with an exact remainder."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.expansions.orders import check_order
from derive.expansions.splits import (
    BY_PATH,
    GENERIC,
    MATRICES,
    REST,
    Equality,
    Split,
    confirmed,
    equality_of,
    split,
)
from derive.expansions.trees import added, inverse, less, power, powers, product, scaled, trace_of
from derive.expression import Add, Call, Det, Expr, Neg
from derive.methods import order as to_order
from derive.methods.goal import Goal
from derive.notation import Scope


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
        traces = (scaled(c, trace_of(power(x, k))) for k, c in enumerate(self.coefficients, start=1))
        return (Call("log", Det(self.of.leading)), *traces)

    @property
    def sum(self) -> Expr:
        return added(self.terms)

    @property
    def along(self) -> Expr:
        """1 + t A^{-1} F, with t for ``of.path``."""
        return Add((self.of.identity, product(self.of.path, self.of.ratio)))

    @property
    def integrand(self) -> Expr:
        """Integrated over ``of.path`` from 0 to 1 it is the remainder, exactly."""
        n = self.order
        trace = trace_of(product(power(self.of.ratio, n + 1), inverse(self.along)))
        return scaled(Fraction(-1) ** n, product(*powers(self.of.path, n), trace))

    @property
    def remainder(self) -> str:
        """log det(A + F) less the sum, exactly, as LaTeX."""
        sign, body = ("-", self.integrand.term) if isinstance(self.integrand, Neg) else ("", self.integrand)
        return rf"{sign}\int_{{0}}^{{1}} {self.of.write(body)} \, d{self.of.path.name}"

    @property
    def leading_remainder(self) -> Expr:
        """The part of the remainder that is of order n + 1 in F: (-1)^n tr((A^{-1} F)^{n+1}) / (n + 1)."""
        n = self.order
        return scaled(Fraction((-1) ** n, n + 1), trace_of(power(self.of.ratio, n + 1)))

    @property
    def latex(self) -> str:
        left = self.of.write(Call("log", Det(self.of.whole)))
        sign = "-" if self.remainder.startswith("-") else "+"
        return f"{left} = {self.of.write(self.sum)} {sign} {self.remainder.removeprefix('-')}"

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Its hypotheses, and the theorem that is taken for granted."""
        leading, t = self.of.write(self.of.leading), self.of.path.name
        moved = self.of.write(product(self.of.path, self.of.rest))
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
        rules = (BY_PATH, (), BY_PATH)
        return (
            *(
                equality_of(self.of, printed, shown, by)
                for printed, shown, by in zip(_of_logarithm(self), _of_logarithm(other), rules, strict=True)
            ),
            _by_expansion(self, other),
        )


def _of_logarithm(series: LogDeterminantSeries) -> tuple[tuple[Expr, Expr], ...]:
    of, n, t = series.of, series.order, series.of.path
    x, along = of.ratio, series.along
    slopes = [scaled(k * c, product(*powers(t, k - 1), power(x, k))) for k, c in enumerate(series.coefficients, 1)]
    derivative = added(slopes, x.type)
    left_over = scaled(Fraction(-1) ** n, product(*powers(t, n), power(x, n + 1)))
    moved = Add((of.leading, product(t, of.rest)))
    return (
        (product(inverse(moved), of.rest), product(x, inverse(along))),
        (less(x, product(derivative, along)), left_over),
        (less(product(x, inverse(along)), derivative), product(left_over, inverse(along))),
    )


def _by_expansion(series: LogDeterminantSeries, generic: LogDeterminantSeries) -> Equality:
    """That the leading remainder is the next term of log det(A + F), by the method for an order."""
    sides = [(Call("log", Det(each.of.whole)), added([each.sum, each.leading_remainder])) for each in (series, generic)]
    answer, _ = to_order.prove(Goal(*sides[1], MATRICES), series.order + 1, *MATRICES.small)
    left, right = sides[0]
    latex = rf"{series.of.write(left)} \approx {series.of.write(right)}"
    return Equality(left, right, latex, answer.shown, f"{answer.method}, each factor {REST} being of order one")


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
    check_order(order)
    coefficients = tuple(Fraction((-1) ** (k + 1), k) for k in range(1, order + 1))
    return confirmed(LogDeterminantSeries(split(scope, leading, rest), coefficients))
