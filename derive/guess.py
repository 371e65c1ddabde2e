"""A first guess at the notation of displayed lines: which symbols there are, and which letters count things.

It is to be gone over by a person: what a symbol is, no print says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from derive.displays import Display
from derive.errors import ReadError
from derive.latex.chain import RELATIONS
from derive.latex.functions import FUNCTIONS
from derive.latex.tokens import tokens
from derive.notation import normal_key

_KNOWN = frozenset(
    rf"\{name}"
    for name in [
        *(
            "frac",
            "tfrac",
            "dfrac",
            "binom",
            "sqrt",
            "sum",
            "prod",
            "int",
            "partial",
            "nabla",
            "cdot",
            "times",
            "pm",
            "mp",
        ),
        *("det", "lim", "max", "min", "arg", "pi"),
        *("infty", "dagger", "prime", "langle", "rangle", "propto", "to", "in", "neq", "forall", "ll", "gg", "mid"),
        *("cdots", "ldots", "vdots", "ddots", "dots"),
    ]
) | set(FUNCTIONS)
_FUNCTIONS = {r"\Gamma": "gamma", r"\zeta": "zeta", r"\operatorname{erf}": "error function"}
"""What these are where a bracket follows, as a guess."""
_NAME = re.compile(r"[A-Za-z]$|\\[A-Za-z]+(\{.*\})?$")
_VECTOR = r"\vec{"
LETTERS = "dcefghklmnpqrstuvwxyzab"


@dataclass(slots=True)
class Guess:
    """A symbol: how many indices it has at most, whether it is a vector, and the lines that it stands in."""

    ranges: tuple[str, ...] = ()
    is_vector: bool = False
    said: str = 'kind = "quantity"'
    """What it is, as the table says it."""
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """Index letters by the size that they run to, and symbols by their printed name."""

    letters: dict[str, list[str]] = field(default_factory=dict)
    symbols: dict[str, Guess] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)
    """The letters of sums between limits that are no sizes, with their domain."""

    def size_of(self, letter: str) -> str | None:
        return next((size for size, letters in self.letters.items() if letter in letters), None)


def guess(lines: Iterable[Display]) -> Table:
    """What the lines let one guess of their notation; lines that are no formulas are passed over."""
    printed: list[tuple[str, list[str]]] = []
    for line in lines:
        try:
            printed.append((line.number, [token.text for token in tokens(line.latex)]))
        except ReadError:
            continue
    table = Table()
    for _, texts in printed:
        _find_letters(texts, table)
    sizes = set(table.letters)
    for number, texts in printed:
        for at, text in enumerate(texts):
            if not _NAME.match(text) or text in _KNOWN or text in RELATIONS or text in sizes or _is_index(texts, at):
                continue
            is_measure = text == "d" and r"\int" in texts[:at] and _NAME.match(" ".join(texts[at + 1 : at + 2]))
            is_exponential = text == "e" and texts[at + 1 : at + 2] == ["^"]
            if table.size_of(text) is not None or is_measure or is_exponential:
                continue
            _add(table, number, texts, at)
    return table


def _find_letters(texts: list[str], table: Table) -> None:
    """The letters below sums and products, each with the limit above it, else with N."""
    for at, text in enumerate(texts):
        if text not in (r"\sum", r"\prod") or texts[at + 1 : at + 2] != ["_"]:
            continue
        below, end = _group(texts, at + 2)
        above = _group(texts, end + 1)[0] if texts[end : end + 1] == ["^"] else []
        size = above[0] if len(above) == 1 and above[0].isalpha() else "N"
        if above and below[1:2] == ["="] and (above != [size] or below[2:] != ["1"]):
            from_below = "" if "-" in below[2:] else "nonnegative "
            table.whole.setdefault(below[0], f"{from_below}integer")
            continue
        for letter in _listed(below):
            if table.size_of(letter) is None and letter != size:
                table.letters.setdefault(size, []).append(letter)


def _listed(below: list[str]) -> list[str]:
    """The letters that a sum runs over: up to an equals sign or a condition, which may name others."""
    found: list[str] = []
    for text in below:
        if text in ("=", r"\neq", r"\in", "<", ">", r"\leq"):
            break
        if len(text) == 1 and text.isalpha():
            found.append(text)
    return found


def _group(texts: list[str], at: int) -> tuple[list[str], int]:
    """What a script says, in braces or one token, and where it ends."""
    if texts[at : at + 1] != ["{"]:
        return texts[at : at + 1], at + 1
    depth = 0
    for end in range(at, len(texts)):
        depth += (texts[end] == "{") - (texts[end] == "}")
        if depth == 0:
            return texts[at + 1 : end], end + 1
    return texts[at + 1 :], len(texts)


def _is_index(texts: list[str], at: int) -> bool:
    """Whether a token stands in a subscript, which its symbol takes up."""
    depth = 0
    for back in range(at - 1, -1, -1):
        depth += (texts[back] == "}") - (texts[back] == "{")
        if depth < 0:
            return texts[back - 1 : back] == ["_"]
        if back == at - 1 and texts[back] == "_":
            return True
    return False


def _add(table: Table, number: str, texts: list[str], at: int) -> None:
    """Takes down a symbol with the indices that it has here."""
    text = texts[at]
    is_vector = text.startswith(_VECTOR)
    name = text.removeprefix(_VECTOR).removesuffix("}") if is_vector else text
    name = re.sub(r"^\\math(bf|rm|it)\{(\w)\}$", r"\2", name) if is_vector else name
    below = _group(texts, at + 2)[0] if texts[at + 1 : at + 2] == ["_"] else []
    ranges = tuple(size for letter in below if (size := table.size_of(letter)) is not None)
    named = [part for part in below if table.size_of(part) is None and part not in (",", ":") and not part.isdigit()]
    if named and not ranges:
        name = normal_key(f"{name}_{{{' '.join(below)}}}")
    try:
        symbol = table.symbols.setdefault(normal_key(name), Guess())
    except ReadError:
        return
    symbol.is_vector = symbol.is_vector or is_vector
    if text in table.whole:
        symbol.said = f'domain = "{table.whole[text]}"'
    elif text in _FUNCTIONS and "(" in texts[at + 1 : at + 2]:
        symbol.said = f'kind = "special function", is = "{_FUNCTIONS[text]}"'
    symbol.ranges = max(symbol.ranges, ranges, key=len)
    if number not in symbol.lines:
        symbol.lines.append(number)


def written(table: Table, title: str) -> str:
    """The guess as ``notation.toml``, with a TODO for all that a person has to say."""
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    rows = ["[paper]", f'title = "{quoted}"', "", "[scope.main]", 'meaning = "TODO: what these lines are about"', ""]
    rows += ["# TODO: what is counted, how many there are, and the letters that count it", "[scope.main.ranges]"]
    names = {size: f"range{size}" for size in table.letters}
    for size, letters in table.letters.items():
        rows.append(f'{names[size]} = {{ size = "{size}", indices = "{" ".join(letters)}" }}')
    if any(symbol.is_vector for symbol in table.symbols.values()):
        taken = {letter for letters in table.letters.values() for letter in letters}
        letter = next(letter for letter in LETTERS if letter not in taken)
        size = next(size for size in ("D", "d", "3") if size not in table.letters)
        rows.append(f'space = {{ size = "{size}", indices = "{letter}", vector = true }}')
    rows += [
        "",
        "# TODO: kind, domain and meaning of each; quantity and real where nothing is said",
        "[scope.main.symbols]",
    ]
    for name, symbol in table.symbols.items():
        slots = [names[size] for size in symbol.ranges] + ["space"] * symbol.is_vector
        said = [f'slots = "{" ".join(slots)}"'] if slots else []
        where = ", ".join(f"({number})" for number in symbol.lines[:4]) + (", …" if len(symbol.lines) > 4 else "")
        said.append(f'{symbol.said}, meaning = "TODO"')
        rows.append(f"'{name}' = {{ {', '.join(said)} }}  # in {where}")
    return "\n".join(rows) + "\n"
