r"""Dimensional analysis of a printed line: how each side changes when the units of measurement change.

When the unit of a base dimension d is made smaller by a factor mu_d, an expression E becomes

    mu^weight (E + gain).

The weight is its dimension: a linear form in the log mu_d, whose coefficients are rational numbers, or polynomials in
the sizes of index ranges, since the determinant of an N x N matrix and a density over N variables carry the power N.
The gain is what a logarithm adds: log Q gains the weight of Q. It is kept as an expression, which goes through sums,
integrals and expectations as E itself does, so that -\int dx P(x) log P(x) is found to gain a constant. Terms that are
added, and the sides of a relation, must have one weight. Their gains may differ by a constant, and the line then holds
up to an additive constant under a change of units.

An unknown dimension is one more unit of its own. Each demand that a weight vanishes is solved for an unknown while
there is one; what is left without any is a mismatch. Symbols are taken to scale by their dimension alone: the gain of
a loss printed as a letter is zero. No premises are used.

SymPy's units do not serve here: to them the logarithm of a length is a length.
"""
