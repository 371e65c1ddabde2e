"""A first guess at the notation of displayed lines: which symbols there are, and what their print says of them.

It is to be gone over by a person: what a symbol is, no print says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from derive.displays import Display
from derive.errors import ReadError
from derive.index_letters import Letters, letters_of
from derive.latex.tokens import tokens
from derive.notation import normal_key
from derive.occurrences import Occurrence, has_differential, is_name, left_side, occurrences

_SPECIAL = {r"\Gamma": "gamma", r"\zeta": "zeta", r"\operatorname{erf}": "error function"}
"""What these are where a bracket follows, as a guess."""
_MOMENTS = {"E": "expectation", "Var": "variance", "Cov": "covariance"}
_FONT = re.compile(r"\\(?:mathbb|mathrm|text|operatorname|mathbf|mathsf)\{(\w+)\}$")
_KINDS = tuple(_MOMENTS.values())
_DOTTED = re.compile(r"\\d?dot\{(.*)\}$")
_CONJUGATES = (r"\dagger", r"\top", "T")


@dataclass(slots=True)
class Guess:
    """A symbol: what the table says of it, the sizes that its indices run to, and the lines that it stands in."""

    said: dict[str, str] = field(default_factory=dict)
    """Its keys in the table, beside its slots."""
    sizes: tuple[str, ...] = ()
    is_vector: bool = False
    lines: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What a person may want to know, as comments."""


@dataclass(slots=True)
class Table:
    """The letters that count things, the symbols by their printed name, and where a name becomes another symbol."""

    letters: Letters = field(default_factory=Letters)
    symbols: dict[str, Guess] = field(default_factory=dict)
    later: dict[str, dict[str, Guess]] = field(default_factory=dict)
    """By the number of the line from which on they hold: symbols that are something else before."""
    introduced: dict[str, str] = field(default_factory=dict)
    """By the number of the line that has it on its left side first: a printed name."""


@dataclass(slots=True)
class _Name:
    """All occurrences of one printed name."""

    key: str
    found: list[tuple[str, Occurrence]] = field(default_factory=list)
    """With the number of the line of each."""
    of: tuple[str, ...] = ()
    """What it is a function of, if it is one."""

    @property
    def lines(self) -> list[str]:
        return list(dict.fromkeys(number for number, _ in self.found))

    @property
    def all(self) -> list[Occurrence]:
        return [one for _, one in self.found]


def guess(lines: Iterable[Display]) -> Table:
    """What the lines let one guess of their notation; lines that are no formulas are passed over."""
    printed: dict[str, list[str]] = {}
    for line in lines:
        try:
            printed[line.number] = [token.text for token in tokens(line.latex)]
        except ReadError:
            continue
    found = [(number, one) for number, texts in printed.items() for one in occurrences(texts)]
    variables = {one.name for _, one in found if "by" in one.under}
    variables |= {part[0] for _, one in found for part in one.arguments or () if len(part) == 1}
    found = [(number, _undotted(one, variables)) for number, one in found]
    if any(has_differential(texts) for texts in printed.values()):
        found = [(number, one) for number, one in found if one.name != "d" or one.sub]
    letters = letters_of(printed.values(), [one for _, one in found])
    letters.beside = {one.name for _, one in found if not one.sub and not one.arrow}
    table = Table(letters)
    names: dict[str, _Name] = {}
    for number, one in found:
        if one.name in table.letters.of_size or (table.letters.size_of(one.name) is not None and not one.sub):
            continue
        try:
            key = _key(one, table.letters)
        except ReadError:
            continue
        names.setdefault(key, _Name(key)).found.append((number, one))
    for number, texts in printed.items():
        left = left_side(texts)
        key = next((key for key in names if left is not None and _same(left, key, table.letters)), None)
        if key is None or key in table.introduced.values():
            continue
        if sum(_same(one, key, table.letters) for one in occurrences(texts)) == 1:
            table.introduced[number] = key
    for name in names.values():
        name.of = _arguments(name, set(table.introduced.values()), table.letters)
    _of_their_kind(names, set(table.introduced.values()))
    for name in [name for name in names.values() if name.key.endswith("'")]:
        if len(names[name.key.rstrip("'")].of if name.key.rstrip("'") in names else ()) == 1:
            del names[name.key]
    for variable in [variable for name in names.values() for variable in name.of]:
        names.setdefault(variable, _Name(variable))
    laws = _laws(names)
    counted = {argument: domain for name in names.values() for argument, domain in _counted(name).items()}
    for name in names.values():
        table.symbols[name.key] = _guessed(name, table.letters, laws, names)
    _give_laws(laws, names, table)
    for key, domain in counted.items():
        if key in table.symbols and not any({"by", "measure"} & one.under for one in names[key].all):
            table.symbols[key].said.setdefault("domain", domain)
    for name in names.values():
        _told_apart(name, table, printed)
    return table


def _undotted(one: Occurrence, variables: set[str]) -> Occurrence:
    r"""A name without its dots, which say that it is differentiated by time: ``\dot{x}`` is the derivative of x.

    One of those that others are differentiated by stays as it is: as the q of a Hamiltonian it is no function.
    """
    found = _DOTTED.match(one.name)
    if found is None or found[1] in variables:
        return one
    return replace(one, name=found[1], under=one.under | {"derived"}, by=("t",))


def _key(one: Occurrence, letters: Letters) -> str:
    """The name that the table has for an occurrence: with what of its subscript is no index, and with a star."""
    sub = [text for text in one.sub if text != ","]
    indices = [text for text in sub if letters.size_of(text) is not None]
    if one.sub[:2] == ("1", ":"):
        return normal_key(_plain(one.name))
    name = f"{one.name}^*" if one.sup == ("*",) and (not sub or indices) else one.name
    if one.name == r"\delta" and len(sub) == 2 and (indices or all(len(text) == 1 for text in sub)):
        return name
    if indices and len(indices) == len(sub) and one.name in letters.beside and not one.arrow:
        return normal_key(f"{name}_{{{' '.join(letters.first_of(text) for text in sub)}}}")
    if sub and not indices:
        name = f"{name}_{{{' '.join(one.sub)}}}"
    return normal_key(name)


def _same(one: Occurrence, key: str, letters: Letters) -> bool:
    try:
        return _key(one, letters) == key
    except ReadError:
        return False


def _plain(name: str) -> str:
    found = re.match(r"\\(?:mathbf|boldsymbol|bm)\{(.*)\}$", name)
    return found[1] if found else name


def _simple(argument: tuple[str, ...]) -> bool:
    """Whether an argument is one name, perhaps with scripts."""
    return (
        bool(argument)
        and is_name(argument[0])
        and (len(argument) == 1 or argument[1] in ("_", "'"))
        and not ({"+", "-", "=", "(", "/"} & set(argument))
    )


def _arguments(name: _Name, defined: set[str], letters: Letters) -> tuple[str, ...]:
    """What a name is a function of: what stands alone in its brackets, else what it is differentiated by."""
    called = [one.arguments for one in name.all if one.arguments is not None]
    usual: list[Counter[str]] = []
    for parts in called:
        if not all(_simple(part) for part in parts) or any("|" in part for part in parts):
            continue
        for at, part in enumerate(parts):
            if at == len(usual):
                usual.append(Counter())
            usual[at][normal_key("".join(part))] += 1
    if usual:
        return tuple(counts.most_common(1)[0][0] for counts in usual)
    if _FONT.match(name.key) and len(name.key) > len(r"\mathbf{x}") and called:
        return ("x",) * len(called[0])
    by = tuple(dict.fromkeys(variable for one in name.all if one.arguments is None for variable in one.by))
    is_indexed = any(letters.size_of(text) is not None for one in name.all for text in one.sub)
    is_variable = any("by" in one.under for one in name.all)
    if (
        by
        and name.key not in defined
        and not is_variable
        and not is_indexed
        and all(letters.size_of(v) is None for v in by)
    ):
        return by
    return ()


def _of_their_kind(names: dict[str, _Name], defined: set[str]) -> None:
    """Of names with one letter below them, as ``M_x`` and ``M_y``: where one is a function, all are."""
    for name in names.values():
        base, mark, sub = name.key.partition("_{")
        if not name.of or not mark or any(one.arguments is not None for one in name.all) or len(sub) != 2:
            continue
        for other in names.values():
            like, mark, below = other.key.partition("_{")
            if like == base and mark and len(below) == 2 and below[0].isalpha() == sub[0].isalpha() and not other.of:
                other.of = name.of if other.key not in defined else ()


def _counted(name: _Name) -> dict[str, str]:
    """The arguments that are printed with whole steps, as the t of ``x(t+1)``: they are whole numbers."""
    found: dict[str, str] = {}
    for at, variable in enumerate(name.of):
        parts = [one.arguments[at] for one in name.all if one.arguments is not None and at < len(one.arguments)]
        if any(p[:1] == (variable,) and len(p) == 3 and p[1] in "+-" and p[2].isdigit() for p in parts):
            found[variable] = "nonnegative integer" if ("0",) in parts else "integer"
    return found


def _laws(names: dict[str, _Name]) -> dict[str, str]:
    """The names that are densities, each with what says so."""
    found: dict[str, str] = {}
    for name in names.values():
        for one in name.all:
            if "|" in one.separators and not _is_divergence(one) and one.arguments is not None:
                found.setdefault(name.key, "it has a condition")
            if _moment(name.key) and (law := _law_below(one)):
                found.setdefault(law, "an expectation is under it")
    return {key: why for key, why in found.items() if key in names or why.startswith("an")}


def _give_laws(laws: dict[str, str], names: dict[str, _Name], table: Table) -> None:
    """The law of each variable that stands in a density before the bar: that of an expectation before any other."""
    under = [table.symbols[key].said.get("law", "") for key in names if table.symbols[key].said.get("kind") in _KINDS]
    for law in sorted((law for law in laws if law in names), key=lambda law: law not in under):
        _, _, below = law.partition("_{")
        if below[:-1] in table.symbols:
            table.symbols[law].said.setdefault("parameters", below[:-1])
        for one in names[law].all:
            for part in _before_the_bar(one):
                if _simple(part) and (key := normal_key("".join(part))) in table.symbols:
                    variable = table.symbols[key]
                    if not variable.said.get("kind") and variable.said.setdefault("law", law) == law:
                        variable.remarks = [r for r in variable.remarks if "law" not in r] + ["under this law?"]


def _before_the_bar(one: Occurrence) -> tuple[tuple[str, ...], ...]:
    """What a density is of: the parts of its bracket, without those behind a bar."""
    return (one.arguments or ())[: one.bar] if "|" in one.separators else one.arguments or ()


def _is_divergence(one: Occurrence) -> bool:
    doubled = one.arguments is not None and any(not part for part in one.arguments[1:-1])
    return bool({r"\|", r"\parallel"} & one.separators) or doubled


def _moment(key: str) -> str:
    """Which moment a name stands for: an expectation, a variance or a covariance; empty for any other name."""
    base = key.partition("_{")[0]
    found = _FONT.match(base)
    return _MOMENTS.get(found[1] if found else base, "")


def _law_below(one: Occurrence) -> str:
    r"""The law that stands below an expectation, as the q of ``\mathbb{E}_{q(z|x)}``; empty if none does."""
    sub = list(one.sub)
    if r"\sim" in sub:
        sub = sub[sub.index(r"\sim") + 1 :]
    if "(" in sub:
        sub = sub[: sub.index("(")]
    elif r"\sim" not in one.sub:
        return ""
    if not sub or not is_name(sub[0]):
        return ""
    try:
        return normal_key("".join(sub))
    except ReadError:
        return ""


def _guessed(name: _Name, letters: Letters, laws: dict[str, str], names: dict[str, _Name]) -> Guess:
    """What the table says of a name."""
    made = Guess(lines=name.lines, is_vector=any(one.arrow for one in name.all))
    subs = [[text for text in one.sub if text != ","] for one in name.all]
    sized = [tuple(size for text in sub if (size := letters.size_of(text)) is not None) for sub in subs]
    sized += [(one.sub[2],) for one in name.all if one.sub[:2] == ("1", ":") and len(one.sub) == 3]
    made.sizes = max(sized, key=len, default=())
    base = name.key.partition("_{")[0]
    square = any(one.square for one in name.all)
    called = any(one.arguments is not None for one in name.all)
    if name.key in letters.whole:
        made.said["domain"] = letters.whole[name.key]
    elif base == r"\delta" and (len(made.sizes) == 2 or any(len(sub) == 2 for sub in subs) or name.of):
        made.said, made.sizes = {"kind": "delta"}, ()
    elif base in _SPECIAL and called:
        made.said = {"kind": "special function", "is": _SPECIAL[base]}
    elif base == r"\mathcal{N}" and any(one.arguments and len(one.arguments) > 1 for one in name.all):
        made.said = {"kind": "gaussian"}
    elif any(_is_divergence(one) for one in name.all):
        made.said = {"kind": "divergence"}
    elif (kind := _moment(name.key)) and (square or base not in ("E", r"\mathbf{E}")) and not name.of:
        made.said = {"kind": kind}
        if law := _law_below(name.all[0]) or next(iter(laws), ""):
            made.said["law"] = law
            sub = list(name.all[0].sub)
            if "|" in sub and ")" in sub:
                made.said["given"] = "".join(sub[sub.index("|") + 1 : sub.index(")")])
    elif name.key in laws:
        made.said = {"kind": "density"}
        made.remarks.append(f"a law, since {laws[name.key]}; its parameters and those of its variables that follow it?")
    elif name.of and not made.is_vector:
        made.said = {"kind": "function", "of": ", ".join(name.of)}
        if any("derived" in one.under for one in name.all):
            made.said["properties"] = "smooth"
    elif name.key == "i" and letters.size_of("i") is None:
        made.said = {"kind": "imaginary unit"}
    if made.said.get("kind", "quantity") in ("quantity", "function"):
        made.remarks += _remarks(name, names)
    return made


def _is_moved(name: _Name) -> bool:
    """Whether a function is differentiated, or stands at different arguments."""
    arguments = {one.arguments for one in name.all if one.arguments is not None}
    return len(arguments) > 1 or any("derived" in one.under for one in name.all)


def _remarks(name: _Name, names: dict[str, _Name]) -> list[str]:
    """Questions that the print raises of a quantity or a function."""
    found: list[str] = []
    under = frozenset[str]().union(*(one.under for one in name.all))
    if where := [said for mark, said in (("root", "under a root"), ("log", "in a logarithm")) if mark in under]:
        found.append(f"positive? It stands {' and '.join(where)}")
    elif "below" in under:
        found.append("positive or nonzero? It stands in a denominator")
    if not name.of and any(one.arguments is not None for one in name.all):
        found.append("a factor of the bracket behind it, not a function?")
    if any(name.key in other.of and _is_moved(other) for other in names.values()):
        found.append('properties = "free", if equations about functions of it are for all its values?')
    if dotted := _DOTTED.match(name.key):
        found.append(f"a symbol of its own, not the derivative of {dotted[1]}")
    if any(set(one.sup) & set(_CONJUGATES) and len(one.sup) == 1 for one in name.all):
        found.append('a matrix? kind = "matrix", slots = the range twice; only square ones are read')
    base = name.key.partition("_{")[0]
    if base != name.key and any(one.sub and key == base for key, other in names.items() for one in other.all):
        found.append(f"a symbol of its own, not one of the {base}")
    return found


def _told_apart(name: _Name, table: Table, printed: dict[str, list[str]]) -> None:
    """Where a name is a quantity in the first lines and a function later on: two symbols, the second one from there."""
    if table.symbols[name.key].said.get("kind") != "function":
        return
    calls = {number for number, one in name.found if one.arguments is not None}
    bare = [number for number in name.lines if number not in calls]
    order = list(printed)
    if not calls or not bare or any("derived" in one.under for _, one in name.found):
        return
    first = min(order.index(number) for number in calls)
    if any(order.index(number) > first or set(name.of) & set(printed[number]) for number in bare):
        return
    whole = table.symbols[name.key]
    later = replace(whole, lines=[number for number in name.lines if number not in bare], remarks=[*whole.remarks])
    table.later.setdefault(order[first], {})[name.key] = later
    table.symbols[name.key] = replace(whole, said={}, lines=bare)
