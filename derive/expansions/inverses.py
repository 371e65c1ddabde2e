"""The inverse of a sum of matrices as a series of words, with an exact remainder."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.expansions.orders import check_order
from derive.expansions.splits import (
    BY_WHOLE,
    GENERIC,
    Equality,
    Split,
    confirmed,
    equality_of,
    split,
)
from derive.expansions.trees import added, inverse, less, power, product, scaled
from derive.expression import Expr
from derive.notation import Scope


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
        return tuple(scaled(c, product(*(a, f) * k, a)) for k, c in enumerate(self.coefficients))

    @property
    def sum(self) -> Expr:
        return added(self.terms, self.of.leading.type)

    @property
    def remainder(self) -> Expr:
        """(A + F)^{-1} less the sum, exactly."""
        n = self.order
        return scaled(Fraction(-1) ** (n + 1), product(power(self.of.ratio, n + 1), inverse(self.of.whole)))

    @property
    def residual(self) -> Expr:
        """1 less (A + F) times the sum, exactly: (-F A^{-1})^{n+1}, in which A + F is not inverted."""
        n = self.order
        return scaled(Fraction(-1) ** (n + 1), power(product(self.of.rest, self.of.inverse), n + 1))

    @property
    def latex(self) -> str:
        return self.of.write(inverse(self.of.whole)) + " = " + self.of.write(added([self.sum, self.remainder]))

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Its hypotheses."""
        return tuple(f"${self.of.write(each)}$ is invertible" for each in (self.of.leading, self.of.whole))

    @property
    def equalities(self) -> tuple[Equality, ...]:
        """What the series rests on, each for every size: the residual on either side, and the remainder."""
        other = InverseSeries(GENERIC, self.coefficients)
        return tuple(
            equality_of(self.of, printed, shown, rules)
            for printed, shown, rules in zip(_of_inverse(self), _of_inverse(other), ((), (), BY_WHOLE), strict=True)
        )


def _of_inverse(series: InverseSeries) -> tuple[tuple[Expr, Expr], ...]:
    whole, n = series.of.whole, series.order
    back = scaled(Fraction(-1) ** (n + 1), power(series.of.ratio, n + 1))
    return (
        (product(whole, series.sum), less(series.of.identity, series.residual)),
        (product(series.sum, whole), less(series.of.identity, back)),
        (less(inverse(whole), series.sum), series.remainder),
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
    check_order(order)
    return confirmed(InverseSeries(split(scope, leading, rest), tuple(Fraction(-1) ** k for k in range(order + 1))))
