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

from derive.expansions.determinants import LogDeterminantSeries, log_determinant
from derive.expansions.inverses import InverseSeries, neumann
from derive.expansions.lines import expand
from derive.expansions.power_series import Case, Part, PowerSeries, Side
from derive.expansions.splits import Equality, Split

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
