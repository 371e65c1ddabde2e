r"""Numbers that are sums over all sites of products of two columns: energies, norms, charges.

``\phi^i M_i^j \pi_j`` is the same as ``\pi^i (M^T)_i^j \phi_j``, and a shift of all sites changes no sum over them. So
each product becomes a word between two fields that are not moved in space, turned so that the fields stand in one
order, and between a field and itself only the symmetric part of a word counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from derive.algebra.rules import Unsupported
from derive.expression import Expr
from derive.fields.functionals import Calculus, Functional
from derive.fields.letters import Field, Move, Moved, order_key
from derive.fields.rewriting import Rewriter
from derive.fields.values import Ends, Factor, contract
from derive.fields.words import Element, total, transposed

Pair = tuple[Element, Element]


class Products(Calculus):
    """Takes the products of two columns out of a number."""

    def pairs(self, expr: Expr) -> list[Pair]:
        self.found: list[Pair] = []
        functional = self.functional(expr)
        if functional.functions or functional.integrals:
            raise Unsupported("a function among products of columns")
        return self.found

    def bilinear(self, factors: list[Factor], sign: Fraction, found: Functional) -> None:
        columns = [factor for factor in factors if factor.columns is None and factor.value.is_column]
        if len(columns) != 2:
            raise Unsupported("a sum of products of other than two columns")
        left = columns[0]
        rest = contract([factor for factor in factors if factor is not left], Ends(dict(left.rows)))
        self.found.append((left.value.scaled(sign), rest))


def vanishes(pairs: Iterable[Pair], rewriter: Rewriter) -> bool:
    """Whether a sum of products of two columns is zero by the rules."""
    words: dict[tuple[Field, Field], Element] = {}
    for left, right in pairs:
        for first, before in _ends(rewriter.reduced(left)):
            for second, behind in _ends(rewriter.reduced(right)):
                key, word = (first, second), transposed(before) * behind
                if order_key(second) < order_key(first):
                    key, word = (second, first), transposed(word)
                words[key] = total([words.get(key, Element()), word])
    for (first, second), word in words.items():
        if first == second:
            word = (word + transposed(word)).scaled(Fraction(1, 2))
        if rewriter.reduced(word):
            return False
    return True


def _ends(column: Element) -> list[tuple[Field, Element]]:
    """The fields of a column, not moved in space, each with the word in front of it."""
    found = []
    for (scalars, word), n in column.terms.items():
        end = word[-1]
        if not isinstance(end, Field) or end.move.slopes:
            raise Unsupported("a derivative in a sum over sites")
        bare = Field(end.name, end.labels, Move(time=end.move.time), end.gradient, end.space)
        before = Element({(scalars, word[:-1]): n}) * Element.of(Moved(Move(sites=end.move.sites)))
        found.append((bare, before))
    return found


__all__ = ["Pair", "Products", "vanishes"]
