"""The domain of a decision: what every symbol ranges over, and which conditions the points satisfy.

The kinds are SymPy's assumptions under the names that papers use. An order relation is a statement on real numbers, so
the symbols that stand in it are taken as real. An equation among the assumptions that is linear in a symbol is solved
for it; any other equation only selects points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.facts import InconsistentAssumptions
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanFalse, BooleanTrue

from derive.deciding.errors import NoPoint, NoValue

KINDS: Mapping[str, Mapping[str, bool]] = {
    "complex": {"complex": True},
    "imaginary": {"imaginary": True},
    "real": {"real": True},
    "positive": {"positive": True},
    "negative": {"negative": True},
    "nonnegative": {"nonnegative": True},
    "nonpositive": {"nonpositive": True},
    "nonzero": {"nonzero": True},
    "rational": {"rational": True},
    "integer": {"integer": True},
    "natural": {"integer": True, "nonnegative": True},
    "positive integer": {"integer": True, "positive": True},
    "even": {"even": True},
    "odd": {"odd": True},
}
_ORDER = (sp.StrictGreaterThan, sp.StrictLessThan, sp.GreaterThan, sp.LessThan)
_UNDEFINED = (sp.nan, sp.zoo, sp.oo, -sp.oo)


@dataclass(frozen=True)
class Problem:
    """Two sides over symbols that carry their domain as SymPy assumptions, and what else the points satisfy."""

    lhs: sp.Expr
    rhs: sp.Expr
    conditions: tuple[Boolean, ...]
    solved: tuple[tuple[sp.Symbol, sp.Expr], ...]
    symbols: tuple[sp.Symbol, ...]

    def facts(self) -> list[tuple[sp.Expr, bool]]:
        """Expressions that are positive (True) or at least non-negative (False) on the whole domain."""
        found: list[tuple[sp.Expr, bool]] = []
        for condition in self.conditions:
            if isinstance(condition, _ORDER):
                strict = isinstance(condition, (sp.StrictGreaterThan, sp.StrictLessThan))
                found.append((_excess(condition), strict))
        for symbol, value in self.solved:
            if symbol.is_nonnegative:
                found.append((value, bool(symbol.is_positive)))
            elif symbol.is_nonpositive:
                found.append((-value, bool(symbol.is_negative)))
        return found

    def equations(self) -> list[sp.Expr]:
        """Polynomials in the symbols that vanish on the whole domain."""
        found = [_excess(c) for c in self.conditions if isinstance(c, sp.Equality)]
        return [expr for expr in found if expr.is_polynomial()]

    def connected(self) -> bool:
        """Is the domain a product of intervals, cut at most by linear inequalities (so that it is convex)?"""
        for symbol in self.symbols:
            # A real symbol known only as non-zero ranges over two half-lines; a complex one is left out for caution.
            halved = symbol.is_nonzero and symbol.is_positive is symbol.is_negative
            if not symbol.is_real or symbol.is_rational or halved:
                return False
        if any(
            symbol.is_zero is False or symbol.is_extended_nonnegative or symbol.is_extended_nonpositive
            for symbol, _ in self.solved
        ):
            return False
        for condition in self.conditions:
            if not isinstance(condition, _ORDER):
                return False
            difference = _excess(condition)
            if not difference.is_polynomial() or sp.Poly(difference, *difference.free_symbols).total_degree() > 1:
                return False
        return True


def pose(
    lhs: object, rhs: object, domain: Mapping[object, object] | None = None, assuming: Iterable[object] = ()
) -> Problem:
    """Check the input and put the domain into the symbols.

    >>> x = sp.Symbol("x")
    >>> pose(sp.sqrt(x**2), x, {x: "positive"}).lhs
    x
    >>> pose(x, sp.Float("0.5"))
    Traceback (most recent call last):
    ValueError: the right-hand side contains the floating-point number 0.5; write it as an exact fraction
    """
    left: Any = _scalar(lhs, "left-hand side")
    right: Any = _scalar(rhs, "right-hand side")
    conditions = [_condition(item) for item in _items(assuming)]
    kinds, conditions = _kinds(domain or {}, conditions)
    _one_symbol_per_name({left, right, *conditions, *kinds})
    for symbol in _symbols_in_order_relations(conditions):
        if symbol.is_real is None:
            kinds.setdefault(symbol, {}).setdefault("real", True)
    for symbol, known in [*_memberships(conditions), *_bounds(conditions)]:
        if not _contradicts(symbol, kinds.get(symbol, {}), known):
            kinds[symbol] = {**kinds.get(symbol, {}), **known}
    renaming = {symbol: _with_kind(symbol, kind) for symbol, kind in kinds.items()}
    left, right = left.xreplace(renaming), right.xreplace(renaming)
    posed: list[Boolean] = []
    for condition in conditions:
        posed.extend(_conjuncts(condition.xreplace(renaming), condition))
    left, right, posed, solved = _solve_equations(left, right, posed)
    free = set().union(left.free_symbols, right.free_symbols, *(c.free_symbols for c in posed))
    free |= {symbol for symbol, _ in solved}
    bases = set().union(*(expr.atoms(sp.IndexedBase) for expr in (left, right, *posed)))
    free -= {base.label for base in bases}
    symbols = tuple(sorted((s for s in free if isinstance(s, sp.Symbol)), key=lambda s: s.name))
    return Problem(left, right, tuple(posed), tuple(solved), symbols)


def _excess(relation: Any) -> sp.Expr:
    """The greater side minus the smaller one; for an equation, left minus right."""
    sides = ("lhs", "rhs") if isinstance(relation, sp.Equality) else ("gts", "lts")
    return getattr(relation, sides[0]) - getattr(relation, sides[1])


def _items(assuming: object) -> list[object]:
    if isinstance(assuming, (Boolean, bool)):
        return [assuming]
    if isinstance(assuming, (str, bytes)) or not isinstance(assuming, Iterable):
        raise TypeError(f"assuming takes SymPy relations, not {type(assuming).__name__}")
    return list(assuming)


def _scalar(value: object, side: str) -> sp.Expr:
    if isinstance(value, bool) or not isinstance(value, (int, sp.Expr)):
        raise TypeError(f"the {side} is a {type(value).__name__}; expected a SymPy scalar expression")
    expr = sp.Integer(value) if isinstance(value, int) else value
    if getattr(expr, "is_Matrix", False) or getattr(expr, "is_commutative", True) is False:
        raise TypeError(f"the {side} is not a commuting scalar: {expr}")
    walk = sp.preorder_traversal(expr)
    for node in walk:
        if isinstance(node, (sp.Sum, sp.Product, sp.Integral, sp.Limit)) and not node.has(sp.Float, sp.nan, sp.zoo):
            walk.skip()  # an infinity may stand in the limits
        if node in _UNDEFINED:
            raise NoValue(f"the {side} contains the undefined value {node}")
        if isinstance(node, sp.Float):
            raise ValueError(
                f"the {side} contains the floating-point number {float(node)}; write it as an exact fraction"
            )
    return expr


def _condition(item: object) -> Boolean:
    if isinstance(item, bool):
        return sp.true if item else sp.false
    if not isinstance(item, Boolean):
        raise TypeError(f"assuming takes SymPy relations, not {type(item).__name__}: {item}")
    if item.has(sp.Float):
        raise ValueError(f"the assumption {item} contains a floating-point number; write it as an exact fraction")
    return item


def _kinds(
    domain: Mapping[object, object], conditions: list[Boolean]
) -> tuple[dict[sp.Basic, dict[str, bool]], list[Boolean]]:
    if not isinstance(domain, Mapping):
        raise TypeError(f"domain is a mapping from symbols to kinds, not {type(domain).__name__}")
    kinds: dict[sp.Basic, dict[str, bool]] = {}
    more = list(conditions)
    for symbol, kind in domain.items():
        if not isinstance(symbol, (sp.Symbol, sp.IndexedBase)):
            raise TypeError(f"domain takes symbols as keys, not {type(symbol).__name__}: {symbol}")
        if isinstance(kind, sp.Set):
            kinds[symbol] = dict(_SETS.get(kind) or ({"real": True} if kind.is_subset(sp.S.Reals) else {}))
            more.append(sp.Contains(symbol, kind, evaluate=False))
        elif isinstance(kind, str) and kind in KINDS:
            kinds[symbol] = dict(KINDS[kind])
        else:
            raise ValueError(f"unknown domain {kind!r} for {symbol}; expected a SymPy set or one of {', '.join(KINDS)}")
    return kinds, more


def _one_symbol_per_name(exprs: Iterable[sp.Basic]) -> None:
    seen: dict[str, sp.Symbol] = {}
    for symbol in sorted(set().union(*(expr.free_symbols for expr in exprs)), key=str):
        if isinstance(symbol, sp.Symbol) and seen.setdefault(symbol.name, symbol) != symbol:
            raise ValueError(f"two different symbols are called {symbol.name}; their assumptions differ")


def _symbols_in_order_relations(conditions: Iterable[Boolean]) -> set[sp.Symbol]:
    relations = set().union(*(c.atoms(*_ORDER) for c in conditions)) if conditions else set()
    found: set[sp.Symbol] = set()
    for relation in relations:
        if not relation.has(sp.Abs, sp.re, sp.im, sp.arg, sp.conjugate):
            found |= {s for s in relation.free_symbols if isinstance(s, sp.Symbol)}
    return found


def _bounds(conditions: Iterable[Boolean]) -> list[tuple[sp.Symbol, dict[str, bool]]]:
    """What a relation between one symbol and a number says about its sign."""
    found = []
    for condition in conditions:
        for part in sp.And.make_args(_as_relation(condition)):
            if not isinstance(part, _ORDER):
                continue
            strict = isinstance(part, (sp.StrictGreaterThan, sp.StrictLessThan))
            more, less = _sides(part)
            if more.is_Symbol and less.is_Rational and less >= 0:
                found.append((more, {"positive": True} if strict or less > 0 else {"nonnegative": True}))
            elif less.is_Symbol and more.is_Rational and more <= 0:
                found.append((less, {"negative": True} if strict or more < 0 else {"nonpositive": True}))
    return found


_SETS: dict[Any, dict[str, bool]] = {
    sp.S.Complexes: {"complex": True}, sp.S.Reals: {"real": True}, sp.S.Rationals: {"rational": True},
    sp.S.Integers: {"integer": True}, sp.S.Naturals: dict(KINDS["positive integer"]),
    sp.S.Naturals0: dict(KINDS["natural"]),
}  # fmt: skip


def _memberships(conditions: Iterable[Boolean]) -> list[tuple[sp.Symbol, dict[str, bool]]]:
    """What membership in a set of numbers, a parity or an inequality to zero says about a symbol."""
    found: list[tuple[Any, dict[str, bool]]] = []
    for condition in conditions:
        for part in sp.And.make_args(condition):
            if isinstance(part, sp.Contains) and part.args[0].is_Symbol:
                known = _SETS.get(part.args[1])
                if known is None and isinstance(part.args[1], sp.Interval):
                    known = {"real": True}
                found += [(part.args[0], known)] if known else []
            elif isinstance(part, sp.Unequality) and part.lhs.is_Symbol and part.rhs == 0:
                found.append((part.lhs, {"zero": False}))
            elif isinstance(part, sp.Equality) and isinstance(part.lhs, sp.Mod) and part.lhs.args[1] == 2:
                (n, _), odd = part.lhs.args, part.rhs == 1
                if n.is_Symbol and part.rhs in (0, 1):
                    found.append((n, {"odd": True} if odd else {"even": True}))
    return found


def _sides(relation: Any) -> tuple[Any, Any]:
    return relation.gts, relation.lts


def _as_relation(condition: Any) -> Any:
    if isinstance(condition, sp.Contains) and isinstance(condition.args[1], sp.Interval):
        return condition.args[1].as_relational(condition.args[0])
    return condition


def _contradicts(symbol: sp.Symbol, kind: Mapping[str, bool], known: Mapping[str, bool]) -> bool:
    try:
        _with_kind(symbol, {**kind, **known})
    except ValueError:
        return True
    return False


def _with_kind(symbol: Any, kind: Mapping[str, bool]) -> Any:
    own = dict(getattr(symbol, "_assumptions_orig", {}))
    clash = {name for name in kind if name in own and own[name] != kind[name]}
    try:
        if clash:
            raise InconsistentAssumptions
        if isinstance(symbol, sp.IndexedBase):
            known: dict[str, Any] = dict(kind)
            return sp.IndexedBase(str(symbol.label), symbol.shape, **known)
        known = {**own, **kind}
        return sp.Symbol(symbol.name, **known)
    except InconsistentAssumptions:
        raise NoPoint(f"the domain of {symbol} contradicts its own assumptions {own}") from None


def _conjuncts(condition: Any, printed: Any) -> list[Boolean]:
    parts: list[Any] = []
    for part in sp.And.make_args(_as_relation(condition)):
        if isinstance(part, (BooleanFalse, bool)) and not part:
            raise NoPoint(f"no point of the domain satisfies the assumption {printed}")
        if not isinstance(part, BooleanTrue):
            parts.append(part)
    return parts


def _solve_equations(
    left: Any, right: Any, conditions: list[Boolean]
) -> tuple[Any, Any, list[Boolean], list[tuple[sp.Symbol, sp.Expr]]]:
    """Substitute each equation that is linear in a symbol, with a coefficient that is a number."""
    solved: list[tuple[sp.Symbol, sp.Expr]] = []
    progress = True
    while progress:
        progress = False
        for equation in conditions:
            rule = _linear_rule(equation)
            if rule is None:
                continue
            symbol, value = rule
            left, right = left.xreplace({symbol: value}), right.xreplace({symbol: value})
            rest = [c.xreplace({symbol: value}) for c in conditions if c is not equation]
            conditions = [part for c in rest for part in _conjuncts(c, c)]
            solved = [(s, v.xreplace({symbol: value})) for s, v in solved] + [(symbol, value)]
            progress = True
            break
    return left, right, conditions, solved


def _linear_rule(equation: Boolean) -> tuple[sp.Symbol, sp.Expr] | None:
    if not isinstance(equation, sp.Equality):
        return None
    difference = _excess(equation)
    if difference.has(AppliedUndef, sp.Indexed, Relational):
        return None
    symbols: list[Any] = sorted(difference.free_symbols, key=str, reverse=True)
    for symbol in symbols:
        slope = sp.diff(difference, symbol)
        if slope.is_Rational and slope != 0:
            return symbol, sp.expand(symbol - difference / slope)
    return None
