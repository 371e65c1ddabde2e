"""Expressions as a paper prints them: the tree that is proved, printed and compiled.

The tree is faithful to the print. Nothing is evaluated, cancelled or reordered on construction, since a derivation
is about exactly those steps: ``a + b - b`` stays what it is. SymPy's trees rewrite themselves, hence these.

Every node has a :class:`Type`: a scalar, a vector of space, a column or row over an index range, a matrix, or an
array with several open axes. Ranges are named (``particle``, ``space``) and have symbolic sizes, so that one tree
holds for every N and D.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, Literal

Kind = Literal["scalar", "vector", "column", "row", "matrix", "array", "operator", "operators", "ket", "bra", "list"]


@dataclass(frozen=True, slots=True)
class Type:
    """What kind of thing an expression is, and the index ranges of its open axes."""

    kind: Kind
    axes: tuple[str, ...] = ()

    def __str__(self) -> str:
        kind = "vector of operators" if self.kind == "operators" else self.kind
        return kind if not self.axes else f"{kind} over {' and '.join(self.axes)}"

    @property
    def a(self) -> str:
        """The same with its article, to be said in a message."""
        return f"{'an' if self.kind in ('operator', 'array') else 'a'} {self}"


SCALAR = Type("scalar")
OPERATOR = Type("operator")
"""An operator on the space of states; a vector of operators has the kind ``operators`` and its axis."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index letter such as the i of m_i, or a fixed label such as the 1 of m_1, with the range it runs over."""

    name: str
    range: str

    @property
    def is_label(self) -> bool:
        return self.name.isdigit()


Apart = tuple[tuple[Index, Index], ...]
"""Pairs of indices that are kept different, as a side condition ``i \\neq j`` does."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The grouping of a symbol over a whole range: the 1:N of a bold x_{1:N}."""

    range: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """The open axis of a vector: the arrow over r."""

    range: str


Slot = Index | Whole | Arrow


def _is_label(slot: Slot) -> bool:
    return isinstance(slot, Index) and slot.is_label


class Expr:
    """Base of all nodes. ``children`` are the fields that are expressions, in print order."""

    __slots__ = ()

    @property
    def type(self) -> Type:
        return SCALAR

    @property
    def children(self) -> tuple[Expr, ...]:
        found: list[Expr] = []
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, Expr):
                found.append(value)
            elif isinstance(value, tuple):
                found.extend(item for item in value if isinstance(item, Expr))
        return tuple(found)

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        """The same node with ``change`` applied to each child."""
        new: dict[str, Any] = {}
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, Expr):
                new[field.name] = change(value)
            elif isinstance(value, tuple) and any(isinstance(item, Expr) for item in value):
                new[field.name] = tuple(change(item) if isinstance(item, Expr) else item for item in value)
        return replace(self, **new) if new else self  # type: ignore[type-var]


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A rational number; the print only has non-negative integers."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Symbol(Expr):
    """A declared symbol with its slots filled: ``m_i`` is ``Symbol("m", (Index("i", "particle"),))``."""

    name: str
    slots: tuple[Slot, ...] = ()
    own: Type = SCALAR
    """The type of the symbol itself, before its slots: only a matrix symbol is not a scalar."""

    @property
    def type(self) -> Type:
        if self.own.kind == "operator":
            arrows = tuple(slot.range for slot in self.slots if isinstance(slot, Arrow))
            return Type("operators", arrows) if arrows else self.own
        if self.own.kind != "scalar":
            return self.own
        open_axes = tuple(slot.range for slot in self.slots if not isinstance(slot, Index))
        if not open_axes:
            return SCALAR
        if len(open_axes) == 1:
            arrow = any(isinstance(slot, Arrow) for slot in self.slots)
            return Type("vector" if arrow else "column", open_axes)
        return Type("array", open_axes)


@dataclass(frozen=True, slots=True)
class Zero(Expr):
    """The zero column, printed as a bold 0."""

    of: Type

    @property
    def type(self) -> Type:
        return self.of


@dataclass(frozen=True, slots=True)
class Identity(Expr):
    """The identity matrix over a range."""

    axis: str
    name: str = r"\mathbf{I}"

    @property
    def type(self) -> Type:
        return Type("matrix", (self.axis, self.axis))


DELTA = r"\delta"
"""The letter of Kronecker's delta of two indices where a scope has none of its own."""


@dataclass(frozen=True, slots=True)
class Size(Expr):
    """The number of values of an index range: N, D. A scalar, a non-negative integer."""

    range: str


@dataclass(frozen=True, slots=True)
class Add(Expr):
    terms: tuple[Expr, ...]

    @property
    def type(self) -> Type:
        return self.terms[0].type


@dataclass(frozen=True, slots=True)
class Neg(Expr):
    term: Expr

    @property
    def type(self) -> Type:
        return self.term.type


@dataclass(frozen=True, slots=True)
class Mul(Expr):
    """A product in print order; matrices, columns and rows multiply as matrices do."""

    factors: tuple[Expr, ...]

    @property
    def type(self) -> Type:
        result = SCALAR
        for factor in self.factors:
            result = product_type(result, factor.type)
        return result


_STATES = {
    ("operator", "operator"): OPERATOR,
    ("operator", "ket"): Type("ket"),
    ("bra", "operator"): Type("bra"),
    ("bra", "ket"): SCALAR,
    ("ket", "bra"): OPERATOR,
}


def product_type(left: Type, right: Type) -> Type:
    """The type of a product of two neighbours.

    Raises TypeError when the two don't multiply, as a column with a matrix to its right.
    """
    if left.kind == "scalar":
        return right
    if right.kind == "scalar":
        return left
    pair = (left.kind, right.kind)
    allowed = {
        ("matrix", "matrix"): "matrix",
        ("matrix", "column"): "column",
        ("row", "matrix"): "row",
        ("row", "column"): "scalar",
        ("column", "row"): "matrix",
    }
    if pair in _STATES:
        return _STATES[pair]
    if pair not in allowed or (left.axes[-1] != right.axes[0] and pair != ("column", "row")):
        raise TypeError(f"{left.a} cannot be multiplied by {right.a}")
    kind = allowed[pair]
    if kind == "scalar":
        return SCALAR
    if kind == "matrix":
        return Type("matrix", (left.axes[0], right.axes[-1]))
    return Type(kind, right.axes[-1:] if kind == "row" else left.axes[:1])  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Frac(Expr):
    top: Expr
    bottom: Expr

    @property
    def type(self) -> Type:
        return self.top.type


@dataclass(frozen=True, slots=True)
class Pow(Expr):
    """A power. Of a matrix only with an integer exponent; of a vector or column only the square, its squared length."""

    base: Expr
    exponent: Expr

    @property
    def type(self) -> Type:
        squares = {"vector": SCALAR, "column": SCALAR, "operators": OPERATOR}
        return squares.get(self.base.type.kind, self.base.type)


@dataclass(frozen=True, slots=True)
class Transpose(Expr):
    of: Expr

    @property
    def type(self) -> Type:
        kind, axes = self.of.type.kind, self.of.type.axes
        flipped: dict[str, Kind] = {"column": "row", "row": "column", "matrix": "matrix"}
        return Type(flipped[kind], axes[::-1])


@dataclass(frozen=True, slots=True)
class Dot(Expr):
    """The scalar product of two vectors of space; of a vector of operators with either, an operator."""

    left: Expr
    right: Expr

    @property
    def type(self) -> Type:
        return OPERATOR if "operators" in (self.left.type.kind, self.right.type.kind) else SCALAR


@dataclass(frozen=True, slots=True)
class Norm(Expr):
    """The length of a vector: bars around it, or its letter without the arrow."""

    of: Expr
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Abs(Expr):
    of: Expr


@dataclass(frozen=True, slots=True)
class Det(Expr):
    of: Expr


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A named function of one argument: exp, log, sqrt, sin, cos, Trace; exp and log of a matrix too."""

    function: str
    argument: Expr

    @property
    def type(self) -> Type:
        return SCALAR if self.function == "Trace" else self.argument.type


@dataclass(frozen=True, slots=True)
class Element(Expr):
    """Entry (row, column) of a matrix. That of an identity matrix is Kronecker's delta of the two indices."""

    of: Expr
    row: Index
    column: Index

    @property
    def is_delta(self) -> bool:
        return isinstance(self.of, Identity)


@dataclass(frozen=True, slots=True)
class Over(Expr):
    """A sum or product over an index of a range, leaving out the values of the ``excluded`` indices."""

    operation: Literal["sum", "product"]
    index: Index
    excluded: tuple[Index, ...]
    body: Expr
    explicit: bool = False
    """Whether the limits are printed (i=1 to N) or understood."""

    @property
    def type(self) -> Type:
        return self.body.type


@dataclass(frozen=True, slots=True)
class Pattern(Expr):
    """A matrix printed by its corner and dots, for any size.

    ``diagonal`` is its entry (i, i); ``upper`` its entry (i, j) with i before j; ``lower`` its entry (j, i), written
    with the same i before j. ``corner`` keeps the printed cells.
    """

    axis: str
    row: Index
    column: Index
    diagonal: Expr
    upper: Expr
    lower: Expr
    corner: int

    @property
    def type(self) -> Type:
        return Type("matrix", (self.axis, self.axis))


@dataclass(frozen=True, slots=True)
class Density(Expr):
    """The density or probability of ``of`` under a named law, perhaps given other things. A positive scalar."""

    law: str
    of: tuple[Expr, ...]
    given: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Gaussian(Expr):
    """The multivariate normal density of a column, with mean and covariance."""

    of: Expr
    mean: Expr
    covariance: Expr


@dataclass(frozen=True, slots=True)
class Integral(Expr):
    """The integral of ``body`` over all values of a real variable or a column of them; the measure is printed first."""

    variable: Symbol
    body: Expr

    @property
    def type(self) -> Type:
        return self.body.type


@dataclass(frozen=True, slots=True)
class ValueSum(Expr):
    """The sum of ``body`` over all values of a binary variable, or of a column of them: the b below the sum sign."""

    variable: Symbol
    body: Expr

    @property
    def type(self) -> Type:
        return self.body.type


@dataclass(frozen=True, slots=True)
class Applied(Expr):
    """The value of a declared function, such as U(b_i, b') or an operator that depends on x, H(x).

    The first ``implied`` arguments are part of its printed name, as the b of U_b(x).
    """

    name: str
    arguments: tuple[Expr, ...]
    own: Type = SCALAR
    implied: int = 0
    slots: tuple[Slot, ...] = ()

    @property
    def type(self) -> Type:
        return self.own


@dataclass(frozen=True, slots=True)
class Kronecker(Expr):
    """Kronecker's delta of two values: one where they are equal, else zero. Of indices it is an :class:`Element`."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Dirac(Expr):
    """Dirac's delta of a real quantity, under an integral."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class ImaginaryUnit(Expr):
    """The i with i² = -1."""


BASIS_STATES = ("0", "1")
"""The labels of the eigenstates of the third Pauli matrix with the eigenvalues 1 and -1."""


@dataclass(frozen=True, slots=True)
class Ket(Expr):
    """A state: of a declared state symbol, a basis state by its label, or that of a binary variable."""

    of: Symbol

    @property
    def type(self) -> Type:
        return Type("ket")


@dataclass(frozen=True, slots=True)
class Bra(Expr):
    """The dual of a state."""

    of: Symbol

    @property
    def type(self) -> Type:
        return Type("bra")


@dataclass(frozen=True, slots=True)
class StateMean(Expr):
    """The mean of an operator in the state of the scope, printed between angle brackets."""

    of: Expr
    state: Symbol


@dataclass(frozen=True, slots=True)
class Commutator(Expr):
    left: Expr
    right: Expr

    @property
    def type(self) -> Type:
        return OPERATOR


@dataclass(frozen=True, slots=True)
class Dagger(Expr):
    """The adjoint of an operator."""

    of: Expr

    @property
    def type(self) -> Type:
        return self.of.type


@dataclass(frozen=True, slots=True)
class Curl(Expr):
    """The curl of a vector field in three dimensions."""

    of: Expr

    @property
    def type(self) -> Type:
        return self.of.type


@dataclass(frozen=True, slots=True)
class Partial(Expr):
    """The derivative of a scalar in a symbol, all other symbols held fixed but for what is defined through it.

    In a column it is the gradient, a column.
    """

    of: Expr
    by: Expr

    @property
    def type(self) -> Type:
        return self.by.type


@dataclass(frozen=True, slots=True)
class Several(Expr):
    """A list of things, as on the left of an arrow that says what they are encoded in."""

    items: tuple[Expr, ...]

    @property
    def type(self) -> Type:
        return Type("list")


@dataclass(frozen=True, slots=True)
class Count(Expr):
    """How many numbers there are in the values of declared symbols: the number of parameters."""

    of: tuple[Symbol, ...]

    @property
    def shapes(self) -> tuple[tuple[str, ...], ...]:
        """The ranges that each symbol runs over: it has as many values as the product of their sizes.

        An index that stands twice runs once, as in J_ii, and a label such as the 0 of J_0i does not run.
        """
        running = (dict.fromkeys(slot for slot in symbol.slots if not _is_label(slot)) for symbol in self.of)
        return tuple(tuple(slot.range for slot in slots) for slots in running)


@dataclass(frozen=True, slots=True)
class Rank(Expr):
    """The largest rank at any point of the Jacobian of functions in symbols; an index stands for all its values."""

    of: tuple[Expr, ...]
    by: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Expectation(Expr):
    """E[f], Var[f] or Cov[f, g] under the law that the scope names."""

    kind: Literal["E", "Var", "Cov"]
    law: str
    arguments: tuple[Expr, ...]
    name: str = "E"
    """How it is printed, such as ``\\mathbb{E}``."""
    given: tuple[Expr, ...] = ()
    """What the law is given, as the x of an expectation under q(z|x)."""


def walk(expr: Expr) -> Iterator[Expr]:
    """The node and all below it, in print order."""
    yield expr
    for child in expr.children:
        yield from walk(child)


STATE_KINDS = ("operator", "operators", "ket", "bra")
"""The kinds of types that operators and states have."""


def is_plainly_real(expr: Expr, complex_: Container[str] = ()) -> bool:
    """Whether an expression is real by its form: nothing in it, outside bars, may be a complex number.

    The symbols ``complex_`` are. The mean of an operator is not real by its form.
    """
    if isinstance(expr, Abs | Norm):
        return True
    if isinstance(expr, ImaginaryUnit | StateMean) or expr.type.kind in STATE_KINDS:
        return False
    if isinstance(expr, Symbol) and expr.name in complex_:
        return False
    return all(is_plainly_real(child, complex_) for child in expr.children)


def free_indices(expr: Expr) -> set[Index]:
    """The index letters that no sum, product or pattern inside binds. Labels such as 1 are not counted."""
    match expr:
        case Symbol(slots=slots):
            return {slot for slot in slots if isinstance(slot, Index) and not slot.is_label}
        case Over(index=index, excluded=excluded, body=body):
            return (free_indices(body) | {other for other in excluded if not other.is_label}) - {index}
        case Pattern(row=row, column=column):
            inner = free_indices(expr.diagonal) | free_indices(expr.upper) | free_indices(expr.lower)
            return inner - {row, column}
        case Count() | Rank():
            return set()
        case Applied(arguments=arguments, slots=slots):
            own = {slot for slot in slots if isinstance(slot, Index) and not slot.is_label}
            return own.union(*(free_indices(argument) for argument in arguments))
        case Element(of=of, row=row, column=column):
            return free_indices(of) | {index for index in (row, column) if not index.is_label}
        case _:
            return set().union(*(free_indices(child) for child in expr.children)) if expr.children else set()


def substitute_indices(expr: Expr, change: dict[Index, Index]) -> Expr:
    """Renames free indices; a bound index that would capture a new name is renamed out of the way."""
    if not change:
        return expr

    def at(index: Index) -> Index:
        return change.get(index, index)

    match expr:
        case Rank():
            return expr
        case Symbol(slots=slots):
            return replace(expr, slots=tuple(at(s) if isinstance(s, Index) else s for s in slots))
        case Applied(slots=slots) if slots:
            filled = replace(expr, slots=tuple(at(s) if isinstance(s, Index) else s for s in slots))
            return filled.map(lambda child: substitute_indices(child, change))
        case Element(of=of, row=row, column=column):
            return Element(substitute_indices(of, change), at(row), at(column))
        case Over(index=index, excluded=excluded, body=body):
            inner = {old: new for old, new in change.items() if old != index}
            bound = index
            if index in inner.values():
                bound = fresh_index(index, set(inner.values()) | free_indices(body))
                body = substitute_indices(body, {index: bound})
            return replace(
                expr,
                index=bound,
                excluded=tuple(inner.get(e, e) for e in excluded),
                body=substitute_indices(body, inner),
            )
        case Pattern(row=row, column=column):
            inner = {old: new for old, new in change.items() if old not in (row, column)}
            return expr.map(lambda child: substitute_indices(child, inner))
        case _:
            return expr.map(lambda child: substitute_indices(child, change))


def put_symbol(expr: Expr, symbol: Symbol, value: Expr) -> Expr:
    """The expression with something in the place of a symbol with just these slots."""
    return value if expr == symbol else expr.map(lambda child: put_symbol(child, symbol, value))


def fresh_index(like: Index, taken: set[Index]) -> Index:
    """An index of the same range with a name that is not taken."""
    number = 0
    names = {index.name for index in taken}
    while f"{like.name}_{number}" in names:
        number += 1
    return Index(f"{like.name}_{number}", like.range)
