r"""What each symbol of a paper is: ``notation.toml``, scope by scope.

A scope names the index ranges, the symbols with their slots, domains and properties, the weight of each symbol in the
small parameters, and the law that expectations are under. A scope may extend another one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from derive.analytic import SPECIAL_FUNCTIONS
from derive.errors import EncodingError
from derive.expression import OPERATOR, SCALAR, Type
from derive.latex.tokens import tokens

WHOLE = ("integer", "nonnegative integer", "positive integer")
"""The domains of whole numbers."""
DOMAINS = ("real", "positive", "nonnegative", "nonzero", "unit", *WHOLE, "binary")
"""``unit`` is the open interval from 0 to 1."""
POSITIVE = ("positive", "positive integer", "unit")
"""The domains of positive numbers."""
NONNEGATIVE = (*POSITIVE, "nonnegative", "nonnegative integer")
PROPERTIES = (
    *("symmetric", "antisymmetric", "positive definite", "diagonal", "hollow", "invertible", "identity", "free"),
    *("Hermitian", "unitary", "unit", "even", "smooth", "column"),
)
KINDS = (
    *("quantity", "matrix", "parameters", "density", "gaussian", "expectation", "variance", "covariance"),
    "divergence",
    *("function", "functional", "delta", "imaginary unit", "state", "operator", "Pauli", "momentum", "field"),
    *("variable", "time", "coordinates", "Levi-Civita", "metric", "special function"),
)
OPERATOR_KINDS = ("operator", "Pauli", "momentum", "field")


@dataclass(frozen=True, slots=True)
class Range:
    """An index range: its symbolic size as printed (N), its letters, and whether arrows run over it."""

    name: str
    size: str
    letters: tuple[str, ...]
    vector: bool = False
    upper: bool = False
    """Whether the index of a row is printed above and that of a column below, as in ``X^a_b``."""
    first: int = 1
    """The number that its index starts from: 0 where time is counted among the directions."""
    lattice: bool = False
    """Whether it is the sites of a periodic lattice, so that an index may move by lattice vectors."""

    def size_in(self, number: int) -> int:
        """The size of the range where others have this one: a printed number stays what it is."""
        return int(self.size) if self.size.isdigit() else number


@dataclass(frozen=True, slots=True)
class Measured:
    """A number that was measured: its table in ``measured.toml``, what measured it, and the values found."""

    name: str
    by: str
    values: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """One symbol: what it is, what it ranges over, and its weight in each small parameter."""

    key: str
    kind: str = "quantity"
    slots: tuple[str, ...] = ()
    domain: str = "real"
    properties: frozenset[str] = frozenset()
    weights: Mapping[str, int] = field(default_factory=dict)
    law: str | None = None
    """For an expectation, the law it is under; for a random quantity, the law it follows."""
    part_of: tuple[str, str] | None = None
    """('diagonal', K) or ('off-diagonal', K): this matrix is that part of the matrix K."""
    meaning: str = ""
    dimension: str = ""
    implied: tuple[str, ...] = ()
    """Of a function: what it depends on by its printed name, as U_b on b."""
    of: tuple[str, ...] = ()
    """Of a function or operator: what it is a function of, where the print leaves that out."""
    template: tuple[str | None, ...] = ()
    r"""The subscript of a name with an index inside it, None where the index stands: ``("b", None)`` of ``r_{bn}``."""
    given: tuple[str, ...] = ()
    """Of an expectation: what its law is given."""
    constant: str = ""
    """Of a momentum operator: the constant in p = -i hbar grad."""
    over: tuple[str, ...] = ()
    """Of a matrix of which entries are summed over repeated indices: the ranges that it acts on."""
    parameters: tuple[str, ...] = ()
    """Of a density: the symbols that its form depends on, beside what stands in its bracket."""
    measured: Measured | None = None
    """Of a quantity: the values that were measured of it."""
    special: str = ""
    """Of a special function: its standard name."""

    @property
    def own_type(self) -> Type:
        if self.kind == "matrix":
            return Type("matrix", self.slots)
        if self.kind == "parameters":
            return Type("array", ("parameters",))
        return OPERATOR if self.kind in OPERATOR_KINDS else SCALAR


@dataclass(frozen=True, slots=True)
class Scope:
    """The meaning of symbols from one place of the paper to the next."""

    name: str
    ranges: Mapping[str, Range]
    symbols: Mapping[str, Declared]
    small: Mapping[str, str]
    """The small parameters and what each counts, such as powers of an inverse distance."""
    lineage: tuple[str, ...] = ()
    """Its own name and those of the scopes that it extends."""
    summation: bool = False
    """Whether an index that stands twice in a product is summed over (Einstein's convention)."""

    def range_of_letter(self, letter: str) -> Range | None:
        return next((r for r in self.ranges.values() if letter in r.letters), None)

    def range_of_size(self, size: str) -> Range | None:
        return next((r for r in self.ranges.values() if r.size == size), None)

    def of_kind(self, kind: str) -> Declared | None:
        """The symbol of a kind of which a scope has one, such as its state."""
        return next((declared for declared in self.symbols.values() if declared.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Notation:
    """The whole table: the paper's own data and its scopes."""

    title: str
    source: str
    scopes: Mapping[str, Scope]


EMPTY_SCOPE = Scope("", {}, {}, {})


def normal_key(text: str) -> str:
    r"""One spelling for a symbol's printed name, whatever its braces.

    >>> normal_key(r"\mathcal L_x"), normal_key(r"\mathbf{K}_{\text{diag}}"), normal_key("r'")
    ('\\mathcal{L}_{x}', '\\mathbf{K}_{\\text{diag}}', "r'")
    """
    pieces = [token.text for token in tokens(text)]
    if "_" in pieces:
        at = pieces.index("_")
        sub = [piece for piece in pieces[at + 1 :] if piece not in ("{", "}")]
        pieces = [*pieces[:at], "_{", *sub, "}"]
    return "".join(pieces)


def load_notation(path: Path) -> Notation:
    """Reads a notation table. Raises EncodingError with file and line for anything that is not understood."""
    where = path.name if path.parent == Path() else f"{path.parent.name}/{path.name}"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise EncodingError(f"this is not TOML: {error}", where) from error
    paper = data.get("paper", {})
    tables: dict[str, Any] = data.get("scope", {})
    scopes: dict[str, Scope] = {}

    def scope(name: str, seen: tuple[str, ...] = ()) -> Scope:
        if name in scopes:
            return scopes[name]
        if name not in tables or name in seen:
            raise EncodingError(f"there is no scope {name!r}; scopes: {', '.join(tables) or 'none'}", where)
        table = tables[name]
        parent = scope(table["extends"], (*seen, name)) if "extends" in table else EMPTY_SCOPE
        if "like" in table:
            parent = replace(scope(table["like"], (*seen, name)), lineage=parent.lineage)
        scopes[name] = _scope(name, table, parent, where, path.parent)
        return scopes[name]

    for name in tables:
        scope(name)
    return Notation(paper.get("title", path.parent.name), paper.get("source", ""), scopes)


def _scope(name: str, table: Mapping[str, Any], parent: Scope, where: str, folder: Path) -> Scope:
    place = f"{where} [scope.{name}]"
    known = {"extends", "like", "ranges", "symbols", "small", "meaning", "summation"}
    if unknown := sorted(set(table) - known):
        raise EncodingError(f"unknown key {unknown[0]!r}; keys of a scope: {', '.join(sorted(known))}", place)
    ranges = dict(parent.ranges)
    for key, value in table.get("ranges", {}).items():
        if not isinstance(value, Mapping) or not {"size", "indices"} <= set(value):
            raise EncodingError(f'the range {key} needs size and indices, as {{ size = "N", indices = "i j" }}', place)
        letters = tuple(str(value["indices"]).split())
        for other in ranges.values():
            if other.name != key and (shared := sorted(set(letters) & set(other.letters))):
                raise EncodingError(f"the ranges {other.name} and {key} share the index letter {shared[0]}", place)
        if value.get("rows", "lower") not in ("lower", "upper"):
            raise EncodingError(f'rows of the range {key} are printed "lower" or "upper"', place)
        ranges[key] = Range(
            key, str(value["size"]), letters, bool(value.get("vector", False)), value.get("rows") == "upper",
            int(value.get("from", 1)), bool(value.get("lattice", False)),
        )  # fmt: skip
    small = {**parent.small, **table.get("small", {})}
    symbols = dict(parent.symbols)
    for key, value in table.get("symbols", {}).items():
        declared = _declared(key, value, ranges, small, place, folder)
        symbols[declared.key] = declared
    for declared in symbols.values():
        _check_arguments(declared, symbols, ranges, place)
    if table.get("summation", "repeated") != "repeated":
        raise EncodingError('summation is "repeated", or left out', place)
    summation = "summation" in table or parent.summation
    return Scope(name, ranges, symbols, small, (name, *parent.lineage), summation)


def _check_arguments(
    declared: Declared, symbols: Mapping[str, Declared], ranges: Mapping[str, Range], place: str
) -> None:
    """Raises EncodingError for a function that does not say of what, or that is one of what the table does not have."""
    if declared.kind == "function" and not declared.of:
        raise EncodingError(
            f"a function says what it depends on, as  {declared.key} = {{ kind = 'function', of = 'x' }}", place
        )
    sizes = {range_.size for range_ in ranges.values()}
    for name in declared.of:
        pieces = [token.text for token in tokens(name)]
        if len(pieces) > 1 and all(piece[-1].isalpha() or piece in symbols for piece in pieces):
            raise EncodingError(
                f"{declared.key} is a function of {name!r}: put commas between what it depends on", place
            )
        is_letter = len(pieces) == 1 and name.removeprefix("\\").isalpha()
        if is_letter and name not in symbols and name not in sizes:
            raise EncodingError(
                f"{declared.key} is a function of {name}, which is not in the table of this scope", place
            )


def _declared(
    key: str,
    value: Mapping[str, Any],
    ranges: Mapping[str, Range],
    small: Mapping[str, str],
    place: str,
    folder: Path,
) -> Declared:
    place = f"{place} {key}"
    if not isinstance(value, Mapping):
        raise EncodingError('a symbol is declared as  { kind = "quantity", meaning = "…" }', place)
    known = {"kind", "slots", "domain", "properties", "weight", "law", "part", "meaning", "dimension"}
    known |= {"of", "constant", "given", "over", "parameters", "measured", "is"}
    if unknown := sorted(set(value) - known):
        raise EncodingError(f"unknown key {unknown[0]!r}; keys of a symbol: {', '.join(sorted(known))}", place)
    for said, what in value.items():
        if said == "weight" and not isinstance(what, Mapping):
            raise EncodingError("weight is a table, as  weight = { s = 1 }", place)
        if said != "weight" and not isinstance(what, str):
            raise EncodingError(
                f'{said} is written in quotes, as  {said} = "…", with what it lists in one string', place
            )
    kind = value.get("kind", "quantity")
    if kind not in KINDS:
        raise EncodingError(f"unknown kind {kind!r}; kinds: {', '.join(KINDS)}", place)
    special = value.get("is", "")
    if (kind == "special function") != (special in SPECIAL_FUNCTIONS and "is" in value):
        listed = ", ".join(name for name, function in SPECIAL_FUNCTIONS.items() if not function.command)
        raise EncodingError(f"a special function says which one it is, as is = 'gamma'; known: {listed}", place)
    domain = value.get("domain", "real")
    if domain not in DOMAINS:
        raise EncodingError(f"unknown domain {domain!r}; domains: {', '.join(DOMAINS)}", place)
    slots = tuple(value.get("slots", "").split())
    over = tuple(value.get("over", "").split())
    for slot in (*slots, *over):
        if slot not in ranges:
            raise EncodingError(f"unknown range {slot!r}; ranges: {', '.join(ranges) or 'none'}", place)
    properties = frozenset(p.strip() for p in value.get("properties", "").split(",") if p.strip())
    if wrong := sorted(properties - set(PROPERTIES)):
        raise EncodingError(f"unknown property {wrong[0]!r}; properties: {', '.join(PROPERTIES)}", place)
    weights = dict(value.get("weight", {}))
    if wrong := sorted(set(weights) - set(small)):
        raise EncodingError(f"{wrong[0]!r} is not a small parameter of this scope", place)
    part = None
    if "part" in value:
        which, _, of = value["part"].partition(" of ")
        if which not in ("diagonal", "off-diagonal"):
            raise EncodingError("a part is 'diagonal of K' or 'off-diagonal of K'", place)
        part = (which, normal_key(of))
    law = normal_law(value["law"]) if "law" in value else None
    name = normal_law(key) if kind == "density" else normal_key(key)
    return Declared(
        name,
        kind,
        slots,
        domain,
        properties,
        weights,
        law,
        part,
        value.get("meaning", ""),
        value.get("dimension", ""),
        *_arguments(value.get("of", "")),
        _template(name, slots, ranges),
        _arguments(value.get("given", ""))[1],
        normal_key(value.get("constant", "")),
        over,
        tuple(normal_key(part) for part in _arguments(value.get("parameters", ""))[1]),
        load_measured(folder, str(value["measured"]), place) if "measured" in value else None,
        special,
    )


def load_measured(folder: Path, name: str, where: str) -> Measured:
    """One table of ``measured.toml``. Raises EncodingError where there is none, or it is not what it should be."""
    path = folder / "measured.toml"
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise EncodingError(f"{name!r} is said to be measured, and there is no measured.toml", where) from error
    except tomllib.TOMLDecodeError as error:
        raise EncodingError(f"measured.toml is not TOML: {error}", where) from error
    table = data.get(name)
    if not isinstance(table, dict):
        raise EncodingError(f"measured.toml has no table {name!r}", where)
    values: list[Any] = table.get("values") or []
    try:
        numbers = tuple(Fraction(value) for value in values if isinstance(value, str))
    except (ValueError, ZeroDivisionError):
        numbers = ()
    if not numbers or len(numbers) != len(values):
        raise EncodingError(f"the values of {name!r} in measured.toml are numbers in quotes, one at least", where)
    return Measured(name, str(table.get("by", "")), numbers)


def _template(name: str, slots: tuple[str, ...], ranges: Mapping[str, Range]) -> tuple[str | None, ...]:
    """The subscript of a printed name by its pieces, None for an index; empty where none stands in it."""
    _, mark, sub = name.partition("_{")
    if not mark or not slots:
        return ()
    wanted = list(slots)
    found: list[str | None] = []
    for piece in (token.text for token in tokens(sub[:-1])):
        is_index = bool(wanted) and piece in ranges[wanted[0]].letters
        found.append(None if is_index else piece)
        del wanted[: int(is_index)]
    return tuple(found) if None in found else ()


def _arguments(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a function depends on: before a semicolon what its name says, behind it what stands in brackets."""
    first, mark, second = text.partition(";")
    implied, printed = (first, second) if mark else ("", first)
    return tuple(tuple(part.strip() for part in listed.split(",") if part.strip()) for listed in (implied, printed))  # type: ignore[return-value]


def normal_law(text: str) -> str:
    r"""One spelling for the name of a law.

    >>> normal_law(r"\mathcal{P}^{*}")
    '\\mathcal{P}^*'
    """
    if "_" in text:
        return normal_key(text)
    return "".join(token.text for token in tokens(text) if token.text not in ("{", "}"))
